/* SPDX-License-Identifier: Apache-2.0 */
/* Layers of a wrapped text: what wrapped.c peels off, one at a time. */
#ifndef CERTWHY_CONTAINER_LAYER_H
#define CERTWHY_CONTAINER_LAYER_H

#include "internal.h"

/** One layer being taken off `text`; emit as one goes, each byte with the place that it came from.
 */
struct layer {
    struct bytes text;
    struct buf out, from; /* from: for each byte of out its index in text, an uint32_t */
    size_t first;         /* where something was changed first, SIZE_MAX nowhere */
    struct bytes between; /* decoration: what separates two lines */
    size_t digits;        /* decoration: base64 digits since the last separator */
    bool marked;          /* tags: there are markers already */
    bool form;            /* percent-encoding: a plus is a blank */
};

void layer_emit(struct layer *layer, uint8_t byte, size_t from);
void layer_emit_str(struct layer *layer, const char *text, size_t from);

/** How a layer is taken off: `starts` says whether it is there at all; `step` looks at one place,
 * emits what it stands for and returns how many bytes that took: 0, it is not of this layer. */
struct layer_kind {
    const char *words;
    bool (*starts)(struct layer *layer);
    size_t (*step)(struct layer *layer, size_t at);
};

/* decoration.c */
bool decoration_starts(struct layer *layer);
size_t decoration_step(struct layer *layer, size_t at);
bool respelled_starts(struct layer *layer);
size_t respelled_step(struct layer *layer, size_t at);
bool bare_starts(struct layer *layer);
size_t bare_step(struct layer *layer, size_t at);

#endif
