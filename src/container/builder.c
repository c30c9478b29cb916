/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "internal.h"

/* Enough of the offending text to recognise it by. */
enum { EXCERPT_BYTES = 80 };

size_t builder_offset(const struct builder *b, size_t at)
{
    return b->start + (b->map ? b->map[at] : at) * b->unit;
}

/* Lines are counted afresh for each place: only in what is wrapped, and of few places. */
static struct place outer_place(const struct builder *b, struct place place)
{
    const struct place top = {.line = 1, .column = 1};
    return b->map ? place_advance(b->outer, top, b->map[place.at]) : place;
}

size_t builder_line(struct builder *b, struct place place)
{
    if (!b->map)
        return place.line;
    /* blocks come in the order of the file */
    const size_t at = b->map[place.at];
    if (at < b->outer_place.at || b->outer_place.line == 0)
        b->outer_place = (struct place){.line = 1, .column = 1};
    b->outer_place = place_advance(b->outer, b->outer_place, at);
    return b->outer_place.line;
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
