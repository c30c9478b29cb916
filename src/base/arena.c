/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    alignas(max_align_t) uint8_t data[];
};

/* The first block is small, because many arenas live for one line of text; later ones double. */
enum { FIRST_BLOCK = 2048, LARGEST_BLOCK = 1 << 20 };

void *xcalloc(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p)
        abort();
    return p;
}

static struct arena_block *block_new(size_t size)
{
    if (size > SIZE_MAX - sizeof(struct arena_block))
        abort();
    struct arena_block *block = xcalloc(1, sizeof *block + size);
    block->size = size;
    return block;
}

static size_t block_size_after(const struct arena_block *block)
{
    if (!block)
        return FIRST_BLOCK;
    return block->size >= LARGEST_BLOCK / 2 ? LARGEST_BLOCK : block->size * 2;
}

static struct arena_block *block_for(struct arena *arena, size_t size)
{
    struct arena_block *head = arena->blocks;
    if (head && head->size - head->used >= size)
        return head;
    const size_t usual = block_size_after(head);
    if (head && size > usual / 2) {
        /* Large: a block of its own behind the head, whose room stays in use. */
        struct arena_block *own = block_new(size);
        own->next = head->next;
        head->next = own;
        return own;
    }
    struct arena_block *block = block_new(size > usual ? size : usual);
    block->next = head;
    arena->blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size > SIZE_MAX / 2)
        abort();
    const size_t rounded = (size + align - 1) / align * align;
    struct arena_block *block = block_for(arena, rounded ? rounded : align);
    void *p = block->data + block->used;
    block->used += rounded ? rounded : align;
    return p;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        abort();
    return arena_alloc(arena, total);
}

char *arena_strndup(struct arena *arena, const char *s, size_t n)
{
    const size_t length = strnlen(s, n);
    char *copy = arena_alloc(arena, length + 1);
    memcpy(copy, s, length);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *s)
{
    return arena_strndup(arena, s, strlen(s));
}

struct bytes arena_bytes(struct arena *arena, struct bytes b)
{
    uint8_t *copy = arena_alloc(arena, b.n);
    if (b.n)
        memcpy(copy, b.p, b.n);
    return bytes_of(copy, b.n);
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, format, args);
    if (n < 0)
        abort();
    char *text = arena_alloc(arena, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

void *arena_grow(struct arena *arena, void *items, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return items;
    size_t larger;
    if (__builtin_mul_overflow(*cap, (size_t)2, &larger))
        abort();
    larger = larger < 8 ? 8 : larger;
    void *copy = arena_array(arena, larger, size);
    if (n)
        memcpy(copy, items, n * size);
    *cap = larger;
    return copy;
}

void arena_adopt(struct arena *arena, struct arena *child)
{
    struct arena_block *last = child->blocks;
    if (!last)
        return;
    while (last->next)
        last = last->next;
    /* Behind the head, whose room stays in use. */
    struct arena_block **at = arena->blocks ? &arena->blocks->next : &arena->blocks;
    last->next = *at;
    *at = child->blocks;
    child->blocks = NULL;
}

void arena_free(struct arena *arena)
{
    struct arena_block *block = arena->blocks;
    while (block) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena->blocks = NULL;
}
