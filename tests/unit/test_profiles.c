/* SPDX-License-Identifier: Apache-2.0 */
/* Every client profile: names that nobody else has, a page of evidence, words for whatever it can
 * object to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "judge/internal.h"

static size_t count;
static const struct profile *const *all;

static int table_read(void **state)
{
    (void)state;
    all = profile_all(&count);
    return count > 0 ? 0 : -1;
}

static bool is_called(const struct profile *profile, const char *name)
{
    if (strcmp(profile->name, name) == 0)
        return true;
    for (const char *const *alias = profile->aliases; *alias != NULL; alias++)
        if (strcmp(*alias, name) == 0)
            return true;
    return false;
}

static void each_name_is_one_client(void **state)
{
    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(profile_find(all[i]->name), all[i]);
        for (const char *const *alias = all[i]->aliases; *alias != NULL; alias++)
            for (size_t k = 0; k < count; k++)
                if (k != i && is_called(all[k], *alias))
                    fail_msg("%s and %s are both called %s", all[i]->name, all[k]->name, *alias);
    }
}

static void each_has_a_version_and_an_alias(void **state)
{
    (void)state;
    for (size_t i = 0; i < count; i++) {
        if (strchr(all[i]->name, '@') == NULL)
            fail_msg("%s: no version", all[i]->name);
        if (all[i]->aliases[0] == NULL)
            fail_msg("%s: no alias", all[i]->name);
        if (all[i]->title[0] == '\0' || all[i]->fallback == NULL || all[i]->note == NULL)
            fail_msg("%s: title, note or fallback is missing", all[i]->name);
        const bool measured = all[i]->evidence == EVIDENCE_MEASURED;
        if (measured != (all[i]->measured_with[0] != '\0'))
            fail_msg("%s: measured with what?", all[i]->name);
    }
}

/** Of each program that has several versions, one is meant by its bare name. */
static void each_program_has_a_bare_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < count; i++) {
        char family[64];
        const size_t n = strcspn(all[i]->name, "@");
        assert_true(n < sizeof family);
        memcpy(family, all[i]->name, n);
        family[n] = '\0';
        if (profile_find(family) == NULL)
            fail_msg("no client is called \"%s\"", family);
    }
}

/* ---- evidence ---- */

static bool page_names(const char *page, const char *name)
{
    BUF_CLEANUP text = {0};
    struct error error = {0};
    char path[128];
    snprintf(path, sizeof path, "data/profiles/%s.md", page);
    return file_read("", path, 1 << 20, &text, &error) == CW_OK &&
           bytes_find(buf_bytes(&text), bytes_str(name)) != SIZE_MAX;
}

/** Its page is that of its program, or of what it stands on. */
static bool has_evidence(const struct profile *profile)
{
    for (const struct profile *p = profile; p != NULL; p = p->parent) {
        char family[64];
        const size_t n = strcspn(p->name, "@");
        memcpy(family, p->name, n);
        family[n] = '\0';
        if (page_names(p->page != NULL ? p->page : family, profile->name))
            return true;
    }
    return false;
}

static void each_has_a_page_of_evidence(void **state)
{
    (void)state;
    size_t missing = 0;
    for (size_t i = 0; i < count; i++)
        if (!has_evidence(all[i])) {
            print_error("no page of data/profiles tells of %s\n", all[i]->name);
            missing++;
        }
    assert_int_equal(missing, 0);
}

/* ---- words ---- */

enum depth { LEAF, CA };

/** A fact that a client of some behaviour can object to. */
struct possible {
    enum fact_id fact;
    enum depth depth;
    bool (*raised)(const struct behaviour *b);
};

static bool always(const struct behaviour *b)
{
    (void)b;
    return true;
}

static bool compares_names(const struct behaviour *b)
{
    return !b->names_unchecked;
}

static bool wants_root(const struct behaviour *b)
{
    return b->anchor_must_be_root;
}

static bool denies_digests(const struct behaviour *b)
{
    return (b->digests_denied | b->ecdsa_digests_denied) != 0;
}

static bool measures_keys(const struct behaviour *b)
{
    return b->min_rsa != 0;
}

static bool denies_leaf_keys(const struct behaviour *b)
{
    return b->leaf_keys_denied != 0;
}

static bool looks_at_leaf_eku(const struct behaviour *b)
{
    return !b->leaf_eku_ignored;
}

static bool looks_at_chain_eku(const struct behaviour *b)
{
    return !b->chain_eku_ignored;
}

static bool looks_at_leaf_usage(const struct behaviour *b)
{
    return b->leaf_ku != LEAF_KU_IGNORE;
}

static bool looks_at_ca_usage(const struct behaviour *b)
{
    return !b->ca_cert_sign_ignored;
}

static bool refuses_ca(const struct behaviour *b)
{
    return b->leaf_ca_refused;
}

static bool knows_constraints(const struct behaviour *b)
{
    return !b->nc_unsupported;
}

static bool processes_policies(const struct behaviour *b)
{
    return b->policy == POLICY_PROCESS;
}

static bool wants_key_ids(const struct behaviour *b)
{
    return b->strict || b->aki_required || b->ski_required;
}

static bool wants_subject(const struct behaviour *b)
{
    return b->strict || b->empty_subject_needs_critical_san;
}

static bool bounds_lifetime(const struct behaviour *b)
{
    return b->max_days != 0;
}

static bool bounds_length(const struct behaviour *b)
{
    return b->max_intermediates != 0 || b->max_sent != 0;
}

static bool bounds_protocol(const struct behaviour *b)
{
    return b->min_version != 0;
}

static const struct possible possibles[] = {
    {FACT_ISSUER_NOT_FOUND, LEAF, always},
    {FACT_ISSUER_NOT_FOUND, CA, always},
    {FACT_ROOT_NOT_TRUSTED, CA, always},
    {FACT_SELF_SIGNED_LEAF, LEAF, always},
    {FACT_SELF_SIGNED_CA_LEAF, LEAF, always},
    {FACT_ANCHOR_NOT_ROOT, CA, wants_root},
    {FACT_PATH_TOO_LONG, LEAF, bounds_length},
    {FACT_NAME_MISMATCH, LEAF, compares_names},
    {FACT_NAME_CN_ONLY, LEAF, compares_names},
    {FACT_NAME_NO_SAN, LEAF, compares_names},
    {FACT_NAME_IP_NOT_IN_SAN, LEAF, compares_names},
    {FACT_NAME_WILDCARD_DEPTH, LEAF, compares_names},
    {FACT_NAME_WILDCARD_PARTIAL, LEAF, compares_names},
    {FACT_NAME_TRAILING_DOT, LEAF, compares_names},
    {FACT_EXPIRED, LEAF, always},
    {FACT_EXPIRED, CA, always},
    {FACT_NOT_YET_VALID, LEAF, always},
    {FACT_NOT_YET_VALID, CA, always},
    {FACT_VALID_TOO_LONG, LEAF, bounds_lifetime},
    {FACT_SIGNATURE_BAD, LEAF, always},
    {FACT_SIGNATURE_BAD, CA, always},
    {FACT_SIGNATURE_UNSUPPORTED, LEAF, always},
    {FACT_WEAK_DIGEST, LEAF, denies_digests},
    {FACT_WEAK_DIGEST, CA, denies_digests},
    {FACT_WEAK_KEY, LEAF, measures_keys},
    {FACT_WEAK_KEY, CA, measures_keys},
    {FACT_KEY_UNSUPPORTED, LEAF, denies_leaf_keys},
    {FACT_EKU_MISSING, LEAF, looks_at_leaf_eku},
    {FACT_EKU_MISSING, CA, looks_at_chain_eku},
    {FACT_KEY_USAGE_LEAF, LEAF, looks_at_leaf_usage},
    {FACT_KEY_USAGE_CA, CA, looks_at_ca_usage},
    {FACT_NOT_A_CA, CA, always},
    {FACT_CA_AS_LEAF, LEAF, refuses_ca},
    {FACT_PATH_LENGTH, CA, always},
    {FACT_NAME_CONSTRAINT, LEAF, knows_constraints},
    {FACT_CRITICAL_EXTENSION, LEAF, always},
    {FACT_CRITICAL_EXTENSION, CA, always},
    {FACT_POLICY, LEAF, processes_policies},
    {FACT_CA_MISSING_KEY_ID, CA, wants_key_ids},
    {FACT_SUBJECT_EMPTY, LEAF, wants_subject},
    {FACT_UNPARSABLE, LEAF, always},
    {FACT_OLD_PROTOCOL, LEAF, bounds_protocol},
    {FACT_KEY_MISMATCH, LEAF, always},
    {FACT_CLIENT_CERTIFICATE, LEAF, always},
};

/** OpenSSL's strict profiles tell the rules apart by their number, in the fact's limit. */
static int64_t limit_of(const struct profile *profile, enum fact_id fact)
{
    if (!profile->behaviour->strict)
        return 0;
    return fact == FACT_CA_MISSING_KEY_ID ? 85 : fact == FACT_SUBJECT_EMPTY ? 84 : 0;
}

/** Some programs say one thing whatever is wrong: then their fallback is what they say. OpenSSL's
 *  users tell everything apart. */
static bool has_words(const struct profile *profile, const struct possible *p)
{
    const struct fact fact = {.id = p->fact, .limit = limit_of(profile, p->fact)};
    return words_of(profile, &fact, p->depth == LEAF ? 0 : 1) != NULL ||
           strcmp(profile->fallback, "certificate verify failed") != 0;
}

static void each_has_words_for_what_it_can_object_to(void **state)
{
    (void)state;
    size_t missing = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t p = 0; p < sizeof possibles / sizeof *possibles; p++) {
            if (!possibles[p].raised(all[i]->behaviour) || has_words(all[i], &possibles[p]))
                continue;
            print_error("%s has no words for %s %s\n", all[i]->name, fact_name(possibles[p].fact),
                        possibles[p].depth == LEAF ? "of the leaf" : "of a CA");
            missing++;
        }
    assert_int_equal(missing, 0);
}

/** What makes a certificate unreadable to a client is told in words of that client. */
static void each_has_words_for_encodings(void **state)
{
    (void)state;
    size_t missing = 0;
    for (size_t i = 0; i < count; i++)
        for (int anomaly = 0; anomaly < ANOMALY_COUNT; anomaly++) {
            const struct behaviour *b = all[i]->behaviour;
            const struct fact fact = {.id = FACT_ANOMALY, .value = anomaly};
            if (!((b->anomalies_fatal | b->anomalies_unread) >> anomaly & 1) ||
                words_of(all[i], &fact, 0) != NULL ||
                strcmp(all[i]->fallback, "certificate verify failed") != 0)
                continue;
            print_error("%s has no words for: %s\n", all[i]->name,
                        anomaly_text((enum anomaly_id)anomaly));
            missing++;
        }
    assert_int_equal(missing, 0);
}

/** A child states only what differs: what is its parent's it leaves out. */
static void each_child_states_only_what_differs(void **state)
{
    (void)state;
    size_t repeated = 0;
    for (size_t i = 0; i < count; i++) {
        const struct profile *p = all[i], *parent = p->parent;
        if (parent == NULL)
            continue;
        const bool copied = p->behaviour != parent->behaviour &&
                            memcmp(p->behaviour, parent->behaviour, sizeof *p->behaviour) == 0;
        const bool words = p->words != NULL && p->words == parent->words;
        const bool alerts = p->alerts != NULL && p->alerts == parent->alerts;
        if (copied || words || alerts) {
            print_error("%s repeats its parent's %s\n", p->name,
                        copied  ? "behaviour"
                        : words ? "words"
                                : "alerts");
            repeated++;
        }
    }
    assert_int_equal(repeated, 0);
}

static void assert_same_behaviour(const struct behaviour *expected, const struct profile *profile)
{
    if (memcmp(expected, profile->behaviour, sizeof *expected) != 0)
        fail_msg("%s differs by more than its rules", profile->name);
}

/** What the evidence says of families, said in data. */
static void families_differ_by_their_rules_alone(void **state)
{
    (void)state;
    struct behaviour b = *profile_python_3_11.behaviour;
    b.cn = CN_NEVER;
    b.keep_host_dot = false;
    assert_same_behaviour(&b, &profile_requests_2_34);

    b = *profile_python_3_11.behaviour;
    b.strict = true;
    b.anchor_must_be_root = false;
    b.anchor_issued_leaf = true;
    assert_same_behaviour(&b, &profile_python_3_13);

    b = *profile_gnutls_3_7.behaviour;
    b.leaf_eku_ignored = b.chain_eku_ignored = true;
    b.keep_host_dot = true;
    assert_same_behaviour(&b, &profile_git_2_39);
    b.keep_host_dot = false;
    b.leaf_ku = LEAF_KU_IGNORE;
    assert_same_behaviour(&b, &profile_wget_1_21);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_is_one_client),
        cmocka_unit_test(each_has_a_version_and_an_alias),
        cmocka_unit_test(each_program_has_a_bare_name),
        cmocka_unit_test(each_has_a_page_of_evidence),
        cmocka_unit_test(each_has_words_for_what_it_can_object_to),
        cmocka_unit_test(each_has_words_for_encodings),
        cmocka_unit_test(each_child_states_only_what_differs),
        cmocka_unit_test(families_differ_by_their_rules_alone),
    };
    return cmocka_run_group_tests(tests, table_read, NULL);
}
