/* SPDX-License-Identifier: Apache-2.0 */
/* Words and what stands for them: the same everywhere, of the same length, letters for letters. */
#ifndef CERTWHY_RECORD_WORDS_H
#define CERTWHY_RECORD_WORDS_H

#include "base/base.h"

struct word {
    const char *plain; /* lower case */
    const char *other; /* NULL: it stays */
};
struct words {
    struct arena arena;
    struct bytes seed; /* random: without it a word cannot be guessed and tried */
    struct word *items;
    size_t count, cap;
};
/** Words of this text are no secret: they stay wherever they stand. */
void words_keep(struct words *words, struct bytes text);
/** Words of this text are secret, unless they are kept; the last label of host names stays. */
void words_hide(struct words *words, struct bytes text);
/** Replaces all that is secret, in place. Returns whether anything was. */
bool words_replace(const struct words *words, uint8_t *text, size_t n);
void words_free(struct words *words);

#endif
