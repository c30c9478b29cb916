/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's own test of `openssl verify`: each case's options as a behaviour of our profile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "openssl.h"

/** Security levels: x509_vfy.c minbits_table; of a digest, half its bits (x509_set.c). */
static void apply_level(int level, struct behaviour *b)
{
    static const struct {
        int security;
        unsigned digests;
    } levels[] = {
        {0, 0},
        {80, DENY_MD2 | DENY_MD4 | DENY_MD5 | DENY_SHA1},
        {112, DENY_MD2 | DENY_MD4 | DENY_MD5 | DENY_SHA1},
        {128, DENY_MD2 | DENY_MD4 | DENY_MD5 | DENY_SHA1 | DENY_SHA224},
    };
    b->min_key_security = levels[level].security;
    b->digests_denied = levels[level].digests;
}

/** x509_vpm.c and v3_purp.c: which of the purposes that OpenSSL knows by name. */
static void apply_purpose(unsigned purpose, struct behaviour *b)
{
    b->purpose = purpose;
    if (purpose == EKU_CLIENT_AUTH) {
        b->chain_eku_sgc = false;
        b->leaf_ku = LEAF_KU_ANY_CLIENT_USE;
    }
    if (purpose != 0)
        return;
    b->leaf_eku_ignored = b->chain_eku_ignored = true;
    b->leaf_ku = LEAF_KU_IGNORE;
    b->ns_cert_type = false;
}

static void apply_policies(const struct openssl_settings *s, struct arena *arena,
                           struct behaviour *b)
{
    const size_t max = sizeof s->policies / sizeof *s->policies;
    struct bytes *policies = arena_array(arena, max, sizeof *policies);
    for (size_t i = 0; i < max && s->policies[i] != NULL; i++) {
        struct buf der = {0};
        if (oid_from_text(s->policies[i], &der))
            policies[b->user_policy_count++] = arena_bytes(arena, buf_bytes(&der));
        buf_free(&der);
    }
    b->user_policies = policies;
    b->policy = s->policy_check ? POLICY_PROCESS : POLICY_IGNORE;
    b->initial_explicit_policy = s->explicit_policy;
    b->initial_mapping_inhibit = s->inhibit_map;
    b->initial_any_inhibit = s->inhibit_any;
}

void openssl_behave(const struct openssl_settings *s, struct arena *arena, struct behaviour *out)
{
    *out = *profile_openssl_verify.behaviour;
    apply_level(s->auth_level, out);
    apply_purpose(s->purpose, out);
    apply_policies(s, arena, out);
    out->anchor_must_be_root = !s->partial_chain;
    out->anchor_issued_leaf = s->partial_chain;
    out->strict = s->strict;
    out->max_intermediates = (unsigned)s->depth;
    out->no_intermediates = s->depth == 0;
    out->anchor_self_signature = s->check_ss;
    out->proxies = s->allow_proxy ? PROXY_ALLOWED : PROXY_REFUSED;
}

/* ---- the suite ---- */

/** One option of `openssl verify`, as 25-test_verify.t gives them. Returns how many words it took.
 */
static size_t option_read(const char *name, const char *value, struct openssl_settings *s)
{
    static const struct {
        const char *name;
        size_t field;
    } flags[] = {
        {"-partial_chain", offsetof(struct openssl_settings, partial_chain)},
        {"-x509_strict", offsetof(struct openssl_settings, strict)},
        {"-check_ss_sig", offsetof(struct openssl_settings, check_ss)},
        {"-allow_proxy_certs", offsetof(struct openssl_settings, allow_proxy)},
        {"-policy_check", offsetof(struct openssl_settings, policy_check)},
        {"-explicit_policy", offsetof(struct openssl_settings, explicit_policy)},
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(flags[i].name, name) == 0) {
            *(bool *)((char *)s + flags[i].field) = true;
            return 1;
        }
    if (strcmp(name, "-auth_level") == 0)
        s->auth_level = (int)strtol(value, NULL, 10);
    else if (strcmp(name, "-verify_depth") == 0)
        s->depth = (int)strtol(value, NULL, 10);
    else if (strcmp(name, "-attime") == 0)
        s->at = strtol(value, NULL, 10);
    else if (strcmp(name, "-policy") == 0)
        s->policies[0] = value;
    else
        return 0;
    return 2;
}

static const cw_time suite_at = 1795262400; /* 2026-11-21T12:00:00Z */

/** False when an option is not one that we know. */
static bool openssl_settings_read(json_t *line, struct openssl_settings *out)
{
    json_t *options = json_object_get(line, "options");
    json_t *words = json_object_get(options, "opts");
    json_t *time = json_object_get(line, "time");
    const char *purpose = json_string_value(json_object_get(line, "purpose"));
    *out = (struct openssl_settings){.depth = OPENSSL_DEPTH};
    out->auth_level = (int)json_integer_value(json_object_get(options, "auth_level"));
    out->at = json_is_integer(time) ? json_integer_value(time) : suite_at;
    if (purpose != NULL && strcmp(purpose, "server") == 0)
        out->purpose = EKU_SERVER_AUTH;
    if (purpose != NULL && strcmp(purpose, "client") == 0)
        out->purpose = EKU_CLIENT_AUTH;
    for (size_t i = 0; i < json_array_size(words);) {
        const char *value = json_string_value(json_array_get(words, i + 1));
        const size_t took =
            option_read(json_string_value(json_array_get(words, i)), value ? value : "", out);
        if (took == 0)
            return false;
        i += took;
    }
    return true;
}

/** Roots through a file, as programs load them: TRUSTED CERTIFICATE blocks say for what. */
static void trust_file(struct trial *t, json_t *roots)
{
    char path[] = "/tmp/certwhy-roots-XXXXXX";
    const int fd = mkstemp(path);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    struct error err = {0};
    size_t i;
    json_t *pem;
    if (file == NULL)
        return;
    json_array_foreach(roots, i, pem) fputs(json_string_value(pem), file);
    fclose(file);
    store_unref(t->store);
    t->store = store_new("roots");
    store_add_path(t->store, NULL, path, &err);
    unlink(path);
}

void openssl_run(struct score *score, json_t *line)
{
    struct openssl_settings settings;
    struct profile adapted = profile_openssl_verify;
    const struct profile *const profiles[] = {&adapted};
    struct trial t = {0};
    struct behaviour b;
    if (!openssl_settings_read(line, &settings)) {
        score->skipped++;
        return;
    }
    openssl_behave(&settings, &t.arena, &b);
    adapted.behaviour = &b;
    trial_send_all(&t, line);
    trust_file(&t, json_object_get(line, "roots"));
    trial_name(&t, NULL);
    trial_judge(&t, profiles, 1, settings.at);
    const struct client_verdict *v = &t.verdict.clients[0];
    const bool valid = json_is_true(json_object_get(json_object_get(line, "expected"), "valid"));
    score_case(score, json_string_value(json_object_get(line, "id")), valid ? "valid" : "invalid",
               v->accepts == 1 ? "valid" : "invalid",
               v->reason_count > 0 ? fact_name(v->reasons[0].fact) : "");
    trial_free(&t);
}
