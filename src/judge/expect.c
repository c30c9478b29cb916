/* SPDX-License-Identifier: Apache-2.0 */
/* --expect: what each address serves, compared with the file that the server should have. Which of
 * two certificates is the newer one is what the CA wrote into them. */
#include <string.h>

#include "judge/internal.h"

static bool same_chain(const struct handshake *served, const struct observation *obs)
{
    bool same = served->certificate_count == obs->expected_count;
    for (size_t i = 0; same && i < obs->expected_count; i++)
        same = bytes_equal(served->certificates[i], obs->expected[i].cert->der);
    return same;
}

/* RFC 5280 section 4.1.2.5: a certificate is made anew with a later notBefore. */
static enum expect_result leaves_compare(const struct observation *obs, const struct cert *served)
{
    const struct cert *file = obs->expected[0].cert;
    if (!file->parsed || (obs->target.name_kind != NAME_NONE &&
                          !host_matches(&behaviour_all_facts, file, &obs->target)))
        return EXPECT_OTHER_NAME;
    if (!served->parsed || file->not_before == served->not_before)
        return EXPECT_OTHER;
    return file->not_before > served->not_before ? EXPECT_OLD : EXPECT_NEWER;
}

static enum expect_result compare(const struct observation *obs, const struct handshake *served)
{
    if (served->certificate_count == 0)
        return EXPECT_UNSEEN;
    if (same_chain(served, obs))
        return EXPECT_SAME;
    if (bytes_equal(served->certificates[0], obs->expected[0].cert->der))
        return EXPECT_CHAIN;
    struct cert *leaf = cert_parse(served->certificates[0]);
    const enum expect_result result = leaves_compare(obs, leaf);
    cert_unref(leaf);
    return result;
}

/** One fact for all addresses of one kind; its text names them. */
static void fact_expected(struct judging *j, enum expect_result result)
{
    const struct observation *obs = j->obs;
    const enum expect_result *seen = j->out->expected;
    BUF_CLEANUP list = {0};
    size_t same = 0;
    for (size_t i = 0; i < obs->connection_count; i++) {
        same += seen[i] == EXPECT_SAME;
        if (seen[i] == result)
            buf_printf(&list, "%s%s", list.n ? ", " : "", obs->connections[i].address);
    }
    if (list.n == 0)
        return;
    const bool old = result == EXPECT_OLD || result == EXPECT_CHAIN;
    const bool here = obs->primary < obs->connection_count && seen[obs->primary] == result;
    fact_intern(j, &(struct fact){.id = old ? FACT_NOT_RELOADED : FACT_EXPECTED_OTHER,
                                  .node = here ? j->first : -1,
                                  .other = -1,
                                  .value = (int64_t)result,
                                  .limit = (int64_t)same,
                                  .text = arena_strdup(j->arena, buf_cstr(&list)),
                                  .on_best = true});
}

void facts_of_expected(struct judging *j)
{
    static const enum expect_result told[] = {EXPECT_OLD, EXPECT_CHAIN, EXPECT_NEWER,
                                              EXPECT_OTHER_NAME, EXPECT_OTHER};
    const struct observation *obs = j->obs;
    if (obs->expected_count == 0)
        return;
    j->out->expected = arena_array(j->arena, obs->connection_count + 1, sizeof *j->out->expected);
    for (size_t i = 0; i < obs->connection_count; i++)
        j->out->expected[i] = compare(obs, &obs->connections[i].handshake);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        fact_expected(j, told[i]);
}
