/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the fixes. They are written in data/fixes/<fix-id>.md; tools/gen_rules.py makes the
 * table below of them (its format: data/fixes/README.md). */
#ifndef CERTWHY_REPAIR_FIX_TEXT_H
#define CERTWHY_REPAIR_FIX_TEXT_H

#include "repair/repair.h"

/** One page of data/fixes/, compiled in. Every text is a template for template_fill(). */
struct fix_text {
    const char *id;              /**< "server.send-chain" */
    enum fix_who who;            /**< FIX_SERVER, FIX_CLIENT, FIX_CA */
    const char *summary;         /**< one sentence: what to do */
    const char *part;            /**< the same as a part of a longer sentence, no full stop */
    const char *const *commands; /**< NULL-terminated; a line whose {key} is unknown is left out */
    const char *caveat;          /**< "" none */
};

/** Generated, sorted by id. */
extern const struct fix_text fix_text_table[];
extern const size_t fix_text_count;

/** NULL when there is no page of this id. */
const struct fix_text *fix_text_find(const char *id);

#endif
