/* SPDX-License-Identifier: Apache-2.0 */
/* One adapter per corpus: how a line becomes a trial, and what its label says. */
#include <stdio.h>
#include <string.h>

#include "corpus.h"
#include "judge/internal.h"

static const char *text(json_t *json, const char *key)
{
    const char *s = json_string_value(json_object_get(json, key));
    return s != NULL ? s : "";
}

/* ---- what real clients said ---- */

/** "40A71155D77F0000:error:…": OpenSSL puts the thread before its errors. Its length, 0 none. */
static size_t thread_length(const char *in)
{
    const size_t n = strspn(in, "0123456789ABCDEF");
    return n >= 12 && strncmp(in + n, ":error:", 7) == 0 ? n + 1 : 0;
}

/** Lines that say nothing about certificates. */
static const char *noise_skip(const char *in)
{
    static const char *const noise[] = {"ERROR: Cannot open directory /nonexistent. | ",
                                        "Connecting to 127.0.0.1 | ", "requests.exceptions."};
    for (size_t i = 0; i < sizeof noise / sizeof *noise; i++)
        if (strncmp(in, noise[i], strlen(noise[i])) == 0)
            in += strlen(noise[i]);
    if (strncmp(in, "trust load ", 11) == 0 && strchr(in, ';') != NULL)
        in = strchr(in, ';') + 2; /* how the harness loaded mbedTLS's or wolfSSL's store */
    return in;
}

/** Ports, paths, threads and times differ from run to run: "https://host:1234/x/" and "2026-…Z" are
 *  equal. Of OpenSSL's queue of errors the first counts, and not where in its source it arose. */
static void message_normalise(const char *message, char *out, size_t size)
{
    const char *in = noise_skip(message);
    bool queue = false;
    size_t n = 0;
    while (*in != '\0' && *in != '\n' && n + 1 < size &&
           !(queue && (strncmp(in, " | ", 3) == 0 || strncmp(in, ":../", 4) == 0))) {
        if (thread_length(in) > 0) {
            in += thread_length(in);
            queue = true;
            continue;
        }
        if (strncmp(in, "port=", 5) == 0) {
            n += (size_t)snprintf(out + n, size - n, "port");
            in += 5 + strspn(in + 5, "0123456789");
            continue;
        }
        if (strncmp(in, "https://", 8) == 0) {
            n += (size_t)snprintf(out + n, size - n, "URL");
            in += strcspn(in, "\"' ");
        } else if (strncmp(in, "CAfile: ", 8) == 0) {
            n += (size_t)snprintf(out + n, size - n, "CAfile");
            in += strcspn(in + 8, " ") + 8;
        } else if (strncmp(in, " (category ", 11) == 0) {
            in += strcspn(in, ")") + 1; /* the harness's note on a browser's error */
        } else if (strcmp(in, "; flags=0x0 ") == 0 || strcmp(in, "; flags=0xffffffff ") == 0) {
            break; /* no flags: the handshake did not get that far */
        } else if (strncmp(in, "failed... | ", 12) == 0) {
            n += (size_t)snprintf(out + n, size - n, "failed...");
            break; /* what gnutls-cli says on its way out */
        } else if (strncmp(in, " [Exception... ", 15) == 0 || strncmp(in, " <- ", 4) == 0) {
            break; /* likewise, and Java's causes below the first line */
        } else if (strspn(in, "0123456789") >= 6) {
            in += strspn(in, "0123456789"); /* seconds */
        } else if (in[0] == '2' && in[1] == '0' && in[4] == '-' && in[7] == '-') {
            n += (size_t)snprintf(out + n, size - n, "TIME");
            in += strcspn(in, " \"");
        } else {
            out[n++] = *in++;
        }
        if (n >= size)
            n = size - 1;
    }
    out[n] = '\0';
}

/** Which field of the corpus a profile is measured against: the alias that stands in it. */
static json_t *column(json_t *verdicts, const struct profile *profile)
{
    for (const char *const *a = profile_aliases(profile); *a != NULL; a++)
        if (json_object_get(verdicts, *a) != NULL)
            return json_object_get(verdicts, *a);
    return NULL;
}

static const cw_time measured_at = 1795264200; /* 2026-11-21T12:30:00Z */

static bool needs_more(json_t *line)
{
    return json_object_get(line, "staple") != NULL || json_object_get(line, "ocspd") != NULL ||
           json_object_get(line, "crl") != NULL || strstr(text(line, "what"), "reachable") != NULL;
}

/** What a message says, without what it says it of: no names, numbers and quotations. */
static void message_class(const char *message, const char *host, char *out, size_t size)
{
    static const char quotes[] = "'\"[";
    size_t n = 0;
    for (const char *in = message; *in != '\0' && n + 1 < size; in++) {
        const char *closing = *in == '[' ? "]" : *in == '"' ? "\"" : "'";
        const char *end = strchr(quotes, *in) != NULL ? strpbrk(in + 1, closing) : NULL;
        if (strncmp(in, host, strlen(host)) == 0)
            in += strlen(host) - 1;
        else if (end != NULL)
            in = end;
        else if (*in < '0' || *in > '9')
            out[n++] = *in;
    }
    out[n] = '\0';
}

enum compare { COMPARE_VERDICTS, COMPARE_WORDS, COMPARE_CLASSES };

static void clients_run_with(struct score *score, json_t *line, enum compare what)
{
    size_t count;
    const struct profile *const *profiles = profile_all(&count);
    struct trial t = {0};
    if (needs_more(line)) {
        score->skipped++;
        return;
    }
    trial_send(&t, text(line, "sent"));
    trial_trust(&t, text(line, "trusted"));
    trial_name(&t, text(line, "name"));
    trial_judge(&t, profiles, count, measured_at);
    for (size_t i = 0; i < count; i++) {
        json_t *cell = column(json_object_get(line, "verdicts"), profiles[i]);
        const struct client_verdict *v = &t.verdict.clients[i];
        char id[128], wanted[1024], said[1024];
        if (cell == NULL)
            continue;
        const bool accepts = json_is_true(json_object_get(cell, "accepts"));
        snprintf(id, sizeof id, "%s/%s", text(line, "id"), profile_name(profiles[i]));
        message_normalise(text(cell, "message"), wanted, sizeof wanted);
        message_normalise(v->message, said, sizeof said);
        if (what == COMPARE_CLASSES) {
            char class[1024];
            message_class(wanted, text(line, "name"), class, sizeof class);
            memcpy(wanted, class, sizeof class);
            message_class(said, text(line, "name"), class, sizeof class);
            memcpy(said, class, sizeof class);
        }
        if (what == COMPARE_VERDICTS)
            score_case(score, id, accepts ? "accepts" : "rejects",
                       v->accepts == 1 ? "accepts" : "rejects",
                       v->reason_count > 0 ? fact_name(v->reasons[0].fact) : text(line, "what"));
        else if (accepts == (v->accepts == 1))
            score_case(score, id, wanted, said, text(line, "what"));
    }
    trial_free(&t);
}

static void clients_run(struct score *score, json_t *line)
{
    clients_run_with(score, line, COMPARE_VERDICTS);
}

static void words_run(struct score *score, json_t *line)
{
    clients_run_with(score, line, COMPARE_WORDS);
}

static void reasons_run(struct score *score, json_t *line)
{
    clients_run_with(score, line, COMPARE_CLASSES);
}

/* ---- chains with a label ---- */

static void labelled_run(struct score *score, json_t *line, const struct profile *profile,
                         const struct behaviour *behaviour)
{
    struct profile adapted = *profile;
    const struct profile *const profiles[] = {&adapted};
    struct trial t = {0};
    adapted.behaviour = behaviour;
    trial_send_all(&t, line);
    trial_name(&t, json_string_value(json_object_get(line, "host")));
    json_t *time = json_object_get(line, "time");
    trial_judge(&t, profiles, 1,
                json_is_integer(time) ? json_integer_value(time) : measured_at - 1800);
    json_t *expected = json_object_get(line, "expected");
    const struct client_verdict *v = &t.verdict.clients[0];
    char detail[400];
    snprintf(detail, sizeof detail, "[%s %s] %.*s",
             v->reason_count > 0 ? fact_name(v->reasons[0].fact) : "",
             v->reason_count > 0 ? v->reasons[0].text : "",
             (int)strcspn(text(expected, "detail"), "\n") < 90
                 ? (int)strcspn(text(expected, "detail"), "\n")
                 : 90,
             text(expected, "detail"));
    score_case(score, text(line, "id"),
               json_is_true(json_object_get(expected, "valid")) ? "valid" : "invalid",
               v->accepts == 1 ? "valid" : "invalid", detail);
    /* the budgets of base/limits.h keep even the cases that were made to be slow below this */
    if (t.cpu_ms > 100)
        score_case(score, text(line, "id"), "at most 100 ms", "more", detail);
    trial_free(&t);
}

static void bettertls_run(struct score *score, json_t *line)
{
    labelled_run(score, line, &profile_rfc5280, profile_rfc5280.behaviour);
}

/** limbo: purpose and depth are options of the case. */
static void limbo_run(struct score *score, json_t *line)
{
    struct behaviour b = *profile_webpki.behaviour;
    json_t *depth = json_object_get(line, "max_depth");
    if (strncmp(text(line, "id"), "crl::", 5) == 0) {
        score->skipped++;
        return;
    }
    b.baseline = strncmp(text(line, "id"), "webpki::", 8) == 0;
    if (strcmp(text(line, "purpose"), "client") == 0)
        b.purpose = EKU_CLIENT_AUTH;
    if (json_is_integer(depth)) {
        b.max_intermediates = (unsigned)json_integer_value(depth);
        b.no_intermediates = b.max_intermediates == 0;
    }
    labelled_run(score, line, &profile_webpki, &b);
}

/* ---- NIST PKITS ---- */

/** "NIST-test-policy-3" is 2.16.840.1.101.3.2.1.48.3. */
static size_t policies_read(struct arena *arena, json_t *names, struct bytes *out, size_t max)
{
    size_t i, n = 0;
    json_t *name;
    json_array_foreach(names, i, name)
    {
        struct buf der = {0};
        const char *s = json_string_value(name);
        const char *oid = s;
        if (strcmp(s, "anyPolicy") == 0)
            oid = "2.5.29.32.0";
        else if (strncmp(s, "NIST-test-policy-", 17) == 0)
            oid = arena_printf(arena, "2.16.840.1.101.3.2.1.48.%s", s + 17);
        if (n < max && oid_from_text(oid, &der))
            out[n++] = arena_bytes(arena, buf_bytes(&der));
        buf_free(&der);
    }
    return n;
}

static bool option(json_t *line, const char *name)
{
    return json_is_true(json_object_get(json_object_get(line, "options"), name));
}

void pkits_options(json_t *line, struct arena *arena, struct bytes *policies, size_t max,
                   struct behaviour *b)
{
    b->leaf_eku_ignored = b->chain_eku_ignored = true;
    b->leaf_ku = LEAF_KU_IGNORE;
    b->digests_denied = DENY_MD2 | DENY_MD4 | DENY_MD5; /* the suite is older than SHA-1's end */
    b->user_policies = policies;
    b->user_policy_count = policies_read(
        arena, json_object_get(json_object_get(line, "options"), "initial_policy_set"), policies,
        max);
    b->initial_explicit_policy = option(line, "initial_explicit_policy");
    b->initial_mapping_inhibit = option(line, "initial_policy_mapping_inhibit");
    b->initial_any_inhibit = option(line, "initial_inhibit_any_policy");
}

/** Sections 4.4, 4.14 and 4.15 are about CRLs, and so are some tests of others: pkits-crl judges
 *  them all. */
static bool is_about_crls(const char *id)
{
    static const char *const prefixes[] = {"4.4.",   "4.14.",  "4.15.",  "4.5.2/",
                                           "4.5.5/", "4.5.7/", "4.7.4/", "4.7.5/"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(id, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

static void pkits_run(struct score *score, json_t *line)
{
    struct arena arena = {0};
    struct bytes policies[8];
    struct behaviour b = *profile_rfc5280.behaviour;
    const char *id = text(line, "id");
    if (is_about_crls(id)) {
        score->skipped++;
        return;
    }
    pkits_options(line, &arena, policies, 8, &b);
    labelled_run(score, line, &profile_rfc5280, &b);
    arena_free(&arena);
}

/* ---- BoringSSL's verify_certificate_chain ---- */

/** Chromium's verifier on one given chain: the anchor is a name and a key, nothing else of it
 * counts. */
static const struct behaviour boringssl = {
    .strategy = STRATEGY_DFS,
    .names = EQUAL_CANONICAL,
    .anchor_time_ignored = true,
    .anchor_pathlen_ignored = true,
    .anchor_nc_ignored = true,
    .anchor_crit_ignored = true,
    .anchor_cert_sign_ignored = true,
    .anchor_bc = ANCHOR_BC_NONE,
    .anchor_leaf_needs_ca = true,
    .anchor_leaf_needs_no_ca = true,
    .digests_denied = DENY_MD2 | DENY_MD4 | DENY_MD5,
    .min_rsa = 1024,
    .leaf_ku = LEAF_KU_IGNORE,
    .ku_zero_ok = true,
    .policy = POLICY_PROCESS,
    .policy_qualifiers = true,
    .critical = CRIT_RFC5280 | CRIT_MS_POLICIES,
    .nc_wildcard_excluded = true,
    .nc_no_uri = true,
    .anomalies_fatal = ANOMALIES_FATAL_TO_ALL,
};

/** The class of an error text: the fact that it states. */
static const char *boringssl_class(const char *message)
{
    static const struct {
        const char *text, *fact;
    } table[] = {
        {"Time is after notAfter", "EXPIRED"},
        {"Time is before notBefore", "NOT_YET_VALID"},
        {"VerifySignedData failed", "SIGNATURE_BAD"},
        {"Basic Constraints indicates not a CA", "NOT_A_CA"},
        {"Does not have Basic Constraints", "NOT_A_CA"},
        {"The extended key usage does not include server auth", "EKU_MISSING"},
        {"keyCertSign bit is not set", "KEY_USAGE_CA"},
        {"Unacceptable signature algorithm", "WEAK_DIGEST"},
        {"Unacceptable public key", "WEAK_KEY"},
        {"Unconsumed critical extension", "CRITICAL_EXTENSION"},
        {"Too many name constraints checks", "NAME_CONSTRAINT"},
        {"Couldn't parse SubjectPublicKeyInfo", "ANOMALY"},
        {"Certificate is not a trust anchor", "ISSUER_NOT_FOUND"},
        {"max_path_length reached", "PATH_LENGTH"},
        {"No valid policy", "POLICY"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strncmp(message, table[i].text, strlen(table[i].text)) == 0)
            return table[i].fact;
    return message;
}

/** The first error listed: the lowest certificate that has one. */
static void boringssl_expect(json_t *line, char *out, size_t size)
{
    size_t i;
    json_t *e;
    snprintf(out, size, "valid");
    json_array_foreach(json_object_get(json_object_get(line, "expected"), "errors"), i, e)
    {
        if (strcmp(text(e, "level"), "ERROR") != 0)
            continue;
        snprintf(out, size, "%d %s", (int)json_integer_value(json_object_get(e, "cert")),
                 boringssl_class(text(e, "msg")));
        return;
    }
}

static void boringssl_say(const struct client_verdict *v, char *out, size_t size)
{
    const struct reason *first = NULL;
    /* it walks down from the anchor and ends at a signature or key that it cannot use */
    int end = 0;
    for (size_t i = 0; i < v->reason_count; i++)
        if ((v->reasons[i].fact == FACT_SIGNATURE_BAD || v->reasons[i].fact == FACT_ANOMALY) &&
            v->reasons[i].depth > end)
            end = v->reasons[i].depth;
    for (size_t i = 0; i < v->reason_count; i++)
        if (!v->reasons[i].later && v->reasons[i].depth >= end &&
            (first == NULL || v->reasons[i].depth < first->depth))
            first = &v->reasons[i];
    snprintf(out, size, "valid");
    if (v->accepts != 1)
        snprintf(out, size, "%d %s", first != NULL ? first->depth : -1,
                 first != NULL ? fact_name(first->fact) : "?");
}

static const char *expected_only_verdict(const char *said)
{
    return strcmp(said, "valid") == 0 ? "valid" : "invalid";
}

static void boringssl_run_with(struct score *score, json_t *line, bool errors)
{
    struct profile adapted = profile_rfc5280;
    const struct profile *const profiles[] = {&adapted};
    struct trial t = {0};
    char wanted[200], said[200];
    if (!json_is_true(json_object_get(line, "comparable"))) {
        score->skipped++;
        return;
    }
    struct behaviour b = boringssl;
    if (strcmp(text(json_object_get(line, "options"), "digest_policy"), "STRONG") == 0)
        b.digests_denied |= DENY_SHA1;
    adapted.behaviour = &b;
    trial_send_all(&t, line);
    trial_name(&t, NULL);
    trial_judge(&t, profiles, 1, json_integer_value(json_object_get(line, "time")));
    boringssl_expect(line, wanted, sizeof wanted);
    boringssl_say(&t.verdict.clients[0], said, sizeof said);
    if (errors)
        score_case(score, text(line, "id"), wanted, said, "");
    else
        score_case(
            score, text(line, "id"), expected_only_verdict(wanted), expected_only_verdict(said),
            t.verdict.clients[0].reason_count > 0 ? t.verdict.clients[0].reasons[0].text : "");
    trial_free(&t);
}

static void boringssl_run(struct score *score, json_t *line)
{
    boringssl_run_with(score, line, false);
}

static void boringssl_errors_run(struct score *score, json_t *line)
{
    boringssl_run_with(score, line, true);
}

/* ---- host names ---- */

static void hostnames_run(struct score *score, json_t *line)
{
    char id[600];
    struct behaviour b = *profile_webpki.behaviour;
    const char *presented = text(line, "presented"), *reference = text(line, "reference");
    struct trial t = {0};
    snprintf(id, sizeof id, "%s/%s/%s", text(line, "suite"), presented, reference);
    /* the two sources differ here: Go takes "*.com", curl takes addresses and trailing dots */
    const bool go = strcmp(text(line, "suite"), "go") == 0;
    b.wildcard_min_dots = go ? 1 : 2;
    b.ip_in_dns = b.strip_san_dot = !go;
    b.odd_names_whole = go;
    trial_name(&t, reference);
    if (go && reference[0] == '[')
        t.observation.target.name_kind = NAME_IP;
    score_case(score, id, text(line, "expect"),
               host_presented_matches(&b, presented, &t.observation.target) ? "match" : "mismatch",
               "");
    trial_free(&t);
}

const struct suite suites[] = {
    {"clients", "client-verdicts/scenarios.jsonl", clients_run},
    {"client-words", "client-verdicts/scenarios.jsonl", words_run},
    {"client-reasons", "client-verdicts/scenarios.jsonl", reasons_run},
    {"engines", "conformance/verdicts.jsonl", engines_run},
    {"bettertls", "conformance/bettertls_pathbuilding.jsonl", bettertls_run},
    {"limbo", "conformance/limbo.jsonl", limbo_run},
    {"pkits", "conformance/pkits.jsonl", pkits_run},
    {"boringssl", "conformance/boringssl_verify.jsonl", boringssl_run},
    {"boringssl-errors", "conformance/boringssl_verify.jsonl", boringssl_errors_run},
    {"openssl", "conformance/openssl_verify.jsonl", openssl_run},
    {"boringssl-crl", "conformance/boringssl_crl.jsonl", boringssl_crl_run},
    {"boringssl-ocsp", "conformance/boringssl_ocsp.jsonl", boringssl_ocsp_run},
    {"pkits-crl", "conformance/pkits.jsonl", pkits_crl_run},
    {"limbo-crl", "conformance/limbo.jsonl", limbo_crl_run},
    {"hostnames", "conformance/hostnames.jsonl", hostnames_run},
    {NULL, NULL, NULL},
};
