/* SPDX-License-Identifier: Apache-2.0 */
/* Which root stands in which root programme: look-ups in the compiled-in table. */
#include "facts.h"

#include <string.h>

static cw_time day_start(int32_t day)
{
    return day ? day * TIME_DAY : TIME_NONE;
}

const struct root_fact *root_fact_find(const uint8_t sha256[32])
{
    size_t low = 0, high = root_fact_total;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = memcmp(root_facts[middle].sha256, sha256, 32);
        if (order == 0)
            return &root_facts[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

size_t root_facts_named(struct bytes subject, const struct root_fact **out, size_t max)
{
    uint8_t key[32];
    crypto_sha256(subject, key);
    size_t low = 0, high = root_fact_total, count = 0;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (memcmp(root_facts[root_facts_by_subject[middle]].subject, key, SUBJECT_KEY_BYTES) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < root_fact_total && count < max; low++) {
        const struct root_fact *fact = &root_facts[root_facts_by_subject[low]];
        if (memcmp(fact->subject, key, SUBJECT_KEY_BYTES) != 0)
            break;
        out[count++] = fact;
    }
    return count;
}

bool cert_is_public_root(const struct cert *cert)
{
    return root_fact_find(cert->sha256) != NULL;
}

const struct root_fact *root_fact_at(size_t i)
{
    return i < root_fact_total ? &root_facts[i] : NULL;
}

const char *root_fact_name(const struct root_fact *fact)
{
    return root_fact_names + fact->name;
}

const uint8_t *root_fact_sha256(const struct root_fact *fact)
{
    return fact->sha256;
}

cw_time root_fact_not_before(const struct root_fact *fact)
{
    return day_start(fact->not_before);
}

cw_time root_fact_not_after(const struct root_fact *fact)
{
    return day_start(fact->not_after);
}

bool root_fact_in(const struct root_fact *fact, enum programme programme)
{
    return fact->programmes >> programme & 1;
}

unsigned root_fact_programmes(const struct root_fact *fact)
{
    return (unsigned)__builtin_popcount(fact->programmes);
}

cw_time root_fact_until(const struct root_fact *fact, enum programme programme)
{
    /* The named day is still inside. */
    const cw_time start = day_start(fact->until[programme]);
    return start == TIME_NONE ? TIME_NONE : start + TIME_DAY - 1;
}

const char *root_fact_list(struct arena *arena, const struct root_fact *fact)
{
    BUF_CLEANUP text = {0};
    for (enum programme p = 0; p < PROGRAMME_COUNT; p++)
        if (root_fact_in(fact, p))
            buf_printf(&text, "%s%s", text.n ? ", " : "", programme_title(p));
    return arena_strdup(arena, buf_cstr(&text));
}

const char *programme_title(enum programme programme)
{
    return programme_rows[programme].title;
}

const char *programme_source(enum programme programme)
{
    return programme_rows[programme].source;
}

cw_time programme_date(enum programme programme)
{
    return day_start(programme_rows[programme].day);
}

bool programme_find(const char *name, enum programme *out)
{
    for (enum programme p = 0; p < PROGRAMME_COUNT; p++)
        if (str_equal_nocase(name, programme_title(p))) {
            *out = p;
            return true;
        }
    return false;
}

cw_time root_facts_date(void)
{
    cw_time oldest = programme_date(0);
    for (enum programme p = 1; p < PROGRAMME_COUNT; p++)
        if (programme_date(p) < oldest)
            oldest = programme_date(p);
    return oldest;
}

bool facts_are_old(cw_time date, cw_time at)
{
    enum { YEAR_DAYS = 365 };
    return date != TIME_NONE && at - date > YEAR_DAYS * TIME_DAY;
}

bool root_facts_are_old(cw_time at)
{
    return facts_are_old(root_facts_date(), at);
}
