/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "internal.h"

/* Enough of the offending text to recognise it by. */
enum { EXCERPT_BYTES = 80 };

size_t builder_offset(const struct builder *b, size_t at)
{
    return b->start + (b->map ? b->map[at] : at) * b->unit;
}

/* Where each line of the outer text starts. */
static void lines_index(struct builder *b)
{
    size_t cap = 0;
    for (size_t i = 0; i <= b->outer.n; i++) {
        const uint8_t c = i > 0 ? b->outer.p[i - 1] : '\n';
        if (c != '\n' && (c != '\r' || (i < b->outer.n && b->outer.p[i] == '\n')))
            continue;
        b->lines = arena_grow(b->arena, b->lines, b->line_count, &cap, sizeof *b->lines);
        b->lines[b->line_count++] = (uint32_t)i;
    }
}

static struct place outer_place(struct builder *b, struct place place)
{
    if (!b->map)
        return place;
    if (b->line_count == 0)
        lines_index(b);
    const size_t at = b->map[place.at];
    size_t low = 0, high = b->line_count; /* the line starts at or before `at` */
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (b->lines[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    return (struct place){.at = at, .line = low + 1, .column = at - b->lines[low] + 1};
}

size_t builder_line(struct builder *b, struct place place)
{
    return outer_place(b, place).line;
}

void builder_fault(struct builder *b, enum file_fault_id id, struct place place, size_t block,
                   struct bytes excerpt)
{
    struct container *out = b->out;
    if (out->fault_count >= LIMIT_FILE_FAULTS || b->faults_of_kind[id] >= LIMIT_FAULTS_OF_A_KIND) {
        out->limit_hit = true;
        return;
    }
    b->faults_of_kind[id]++;
    const size_t offset = builder_offset(b, place.at);
    place = outer_place(b, place);
    out->faults =
        arena_grow(b->arena, out->faults, out->fault_count, &b->fault_cap, sizeof *out->faults);
    out->faults[out->fault_count++] = (struct file_fault){
        .id = id,
        .line = place.line,
        .column = place.column,
        .offset = offset,
        .block = block,
        .excerpt = str_safe(b->arena, bytes_slice(excerpt, 0, EXCERPT_BYTES)),
    };
}

void builder_object(struct builder *b, struct object object)
{
    struct container *out = b->out;
    if (out->object_count >= LIMIT_OBJECTS) {
        b->full = out->limit_hit = true;
        return;
    }
    object.origin.kind = ORIGIN_FILE;
    object.origin.where = b->where;
    object.origin.position = b->objects_of_kind[object.kind]++;
    out->objects =
        arena_grow(b->arena, out->objects, out->object_count, &b->object_cap, sizeof object);
    out->objects[out->object_count++] = object;
}

static int compare_faults(const void *a, const void *b)
{
    const struct file_fault *x = a, *y = b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

void builder_sort(struct builder *b)
{
    if (b->out->fault_count > 1)
        qsort(b->out->faults, b->out->fault_count, sizeof *b->out->faults, compare_faults);
}
