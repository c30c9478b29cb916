/* SPDX-License-Identifier: Apache-2.0 */
/* Products that put themselves between client and server, by the names of their CAs. */
#include "judge/interceptor.h"

#include <string.h>

#include "judge/internal.h"

static bool is_letter(char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (unsigned char)c >= 0x80;
}

/* "Squid CA", not "Squidward CA". */
static bool has_words(const char *value, const char *words)
{
    const size_t n = strlen(words);
    for (const char *p = value; *p; p++)
        if (((*p ^ *words) & ~0x20) == 0 && strncasecmp(p, words, n) == 0 &&
            !(p > value && is_letter(p[-1]) && is_letter(*p)) &&
            !(is_letter(p[n]) && is_letter(words[n - 1])))
            return true;
    return false;
}

const char *interceptor_find(struct arena *arena, struct bytes name)
{
    static const enum oid attributes[] = {OID_CN, OID_ORGANIZATION, OID_ORGANIZATIONAL_UNIT};
    for (size_t a = 0; a < sizeof attributes / sizeof *attributes; a++) {
        const char *value = name_attribute(arena, name, attributes[a]);
        for (size_t i = 0; value && *value && i < interceptor_row_count; i++) {
            const struct interceptor_row *row = &interceptor_rows[i];
            if (row->attribute == attributes[a] &&
                (row->whole ? str_equal_nocase(value, row->text) : has_words(value, row->text)))
                return row->product;
        }
    }
    return NULL;
}

/* Its root stands in a client's store: somebody saw to it, and other clients may not have it. */
void facts_of_interception(struct judging *j)
{
    const struct path *best = j->out->best >= 0 ? &j->out->paths[j->out->best] : NULL;
    if (!best || !best->complete || best->count < 2)
        return;
    const int top = best->nodes[best->count - 1];
    const struct cert *root = j->graph->nodes[top].cert;
    if (!j->in->is_public_root || j->in->is_public_root(root))
        return;
    for (size_t i = 1; i < best->count; i++) {
        const struct cert *cert = j->graph->nodes[best->nodes[i]].cert;
        const char *product = cert->parsed ? interceptor_find(j->arena, cert->subject) : NULL;
        if (!product)
            continue;
        fact_intern(j, &(struct fact){.id = FACT_INSPECTED,
                                      .node = -1,
                                      .other = best->nodes[i],
                                      .text = product,
                                      .on_best = true});
        return;
    }
}
