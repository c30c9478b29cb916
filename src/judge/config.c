/* SPDX-License-Identifier: Apache-2.0 */
/* A server's TLS configuration: what of it is broken, weak or missing, and which of Mozilla's
 * profiles it keeps. */
#include <string.h>

#include "judge/internal.h"

enum {
    ALL = CONFIG_MODERN | CONFIG_INTERMEDIATE | CONFIG_OLD,
    MODERN_AND_INTERMEDIATE = CONFIG_MODERN | CONFIG_INTERMEDIATE,
    DH_LEAST = 2048,  /* RFC 9325 section 4.1 */
    DH_BROKEN = 1024, /* Logjam, 2015: a nation's budget breaks the primes that everybody shares */
    RSA_LEAST = 2048,
    HSTS_LEAST = 180 * 86400, /* shorter ones are trials: less than the holidays of a visitor */
};

const char *config_profile_name(enum config_profile profile)
{
    return profile == CONFIG_MODERN         ? "modern"
           : profile == CONFIG_INTERMEDIATE ? "intermediate"
           : profile == CONFIG_OLD          ? "old"
                                            : "";
}

const char *config_guidelines(void)
{
    return "Mozilla server-side TLS guidelines 5.7";
}

/* Ciphers of the profiles for TLS 1.2 and older, OpenSSL's names. Modern has none. */
static const char *const intermediate_suites[] = {
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
    "DHE-RSA-AES128-GCM-SHA256",     "DHE-RSA-AES256-GCM-SHA384",
    "DHE-RSA-CHACHA20-POLY1305",     NULL};
static const char *const old_suites[] = {"ECDHE-ECDSA-AES128-SHA256",
                                         "ECDHE-RSA-AES128-SHA256",
                                         "ECDHE-ECDSA-AES128-SHA",
                                         "ECDHE-RSA-AES128-SHA",
                                         "ECDHE-ECDSA-AES256-SHA384",
                                         "ECDHE-RSA-AES256-SHA384",
                                         "ECDHE-ECDSA-AES256-SHA",
                                         "ECDHE-RSA-AES256-SHA",
                                         "DHE-RSA-AES128-SHA256",
                                         "DHE-RSA-AES256-SHA256",
                                         "AES128-GCM-SHA256",
                                         "AES256-GCM-SHA384",
                                         "AES128-SHA256",
                                         "AES256-SHA256",
                                         "AES128-SHA",
                                         "AES256-SHA",
                                         "DES-CBC3-SHA",
                                         NULL};

static bool is_among(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

/* ---- issues ---- */

static void issue_add(struct config_verdict *out, const char *rule, enum config_weight weight,
                      unsigned breaks, const char *what)
{
    if (out->count == CONFIG_ISSUES_MAX)
        return;
    size_t at = out->count++;
    for (; at > 0 && out->issues[at - 1].weight > weight; at--)
        out->issues[at] = out->issues[at - 1];
    out->issues[at] =
        (struct config_issue){.rule = rule, .weight = weight, .what = what, .breaks = breaks};
}

/** Names that belong to one issue, once each. */
struct names {
    struct buf text;
    size_t count;
};

static void name_add(struct names *names, const char *name)
{
    const size_t n = strlen(name);
    const char *had = buf_cstr(&names->text);
    for (const char *p = had; (p = strstr(p, name)); p += n)
        if ((p == had || p[-1] == ' ') && (p[n] == '\0' || p[n] == ','))
            return;
    buf_printf(&names->text, "%s%s", names->count++ ? ", " : "", name);
}

static const char *names_end(struct names *names, struct arena *arena)
{
    const char *text = arena_strdup(arena, buf_cstr(&names->text));
    buf_free(&names->text);
    return text;
}

static void names_issue(struct config_verdict *out, struct arena *arena, const char *rule,
                        enum config_weight weight, unsigned breaks, struct names *names)
{
    const bool any = names->count > 0;
    const char *text = names_end(names, arena);
    if (any)
        issue_add(out, rule, weight, breaks, text);
}

/* ---- versions: RFC 6176, RFC 7568, RFC 8996 ---- */

static bool accepts(const struct audit *audit, int version)
{
    for (size_t i = 0; i < AUDIT_VERSIONS; i++)
        if (audit->versions[i].version == version)
            return audit->versions[i].accepted;
    return false;
}

static void versions_judge(const struct audit *audit, struct arena *arena,
                           struct config_verdict *out)
{
    static const int broken[] = {SSL_2_0, SSL_3_0}, withdrawn[] = {TLS_1_0, TLS_1_1};
    struct names worst = {0}, old = {0};
    for (size_t i = 0; i < 2; i++) {
        if (accepts(audit, broken[i]))
            name_add(&worst, version_text(broken[i]));
        if (accepts(audit, withdrawn[i]))
            name_add(&old, version_text(withdrawn[i]));
    }
    names_issue(out, arena, "config.old-protocol-enabled", CONFIG_ERROR, ALL, &worst);
    names_issue(out, arena, "config.old-protocol-enabled", CONFIG_WARNING, MODERN_AND_INTERMEDIATE,
                &old);
    if (!audit->versions[0].accepted && audit->versions[0].complete)
        issue_add(out, "config.no-tls13", CONFIG_NOTICE, MODERN_AND_INTERMEDIATE,
                  "TLSv1.3 is refused");
}

/* ---- suites: RFC 9325 section 4 ---- */

enum { BROKEN = SUITE_NULL | SUITE_EXPORT | SUITE_RC4 | SUITE_DES | SUITE_ANON | SUITE_MD5 };

static const char *suite_name(const struct cipher_suite *suite)
{
    return *suite->openssl ? suite->openssl : suite->name;
}

static bool is_forward_secret(const struct cipher_suite *suite)
{
    return suite->kx == KX_ECDHE || suite->kx == KX_DHE || suite->kx == KX_ANY;
}

struct suite_names {
    struct names broken, weak, outside, unsecret;
    size_t secret; /* accepted suites with forward secrecy */
};

static void suite_judge(const struct cipher_suite *suite, struct suite_names *names)
{
    const char *name = suite_name(suite);
    names->secret += is_forward_secret(suite);
    if (!is_forward_secret(suite))
        name_add(&names->unsecret, name);
    if (suite->flags & BROKEN)
        name_add(&names->broken, name);
    else if (suite->kx == KX_ANY)
        return;
    else if (suite->bits < 128)
        name_add(&names->weak, name);
    else if (!is_among(intermediate_suites, name) && !is_among(old_suites, name))
        name_add(&names->outside, name);
}

static bool only_intermediate(const struct audit *audit)
{
    for (size_t i = 0; i < AUDIT_VERSIONS; i++)
        for (size_t k = 0; k < audit->versions[i].suite_count; k++) {
            const struct cipher_suite *suite = cipher_suite_find(audit->versions[i].suites[k].id);
            if (suite && suite->kx != KX_ANY && !is_among(intermediate_suites, suite_name(suite)))
                return false;
        }
    return true;
}

static void suites_judge(const struct audit *audit, struct arena *arena, struct config_verdict *out)
{
    struct suite_names names = {0};
    for (size_t i = 0; i < AUDIT_VERSIONS; i++)
        for (size_t k = 0; k < audit->versions[i].suite_count; k++) {
            const struct cipher_suite *suite = cipher_suite_find(audit->versions[i].suites[k].id);
            if (suite)
                suite_judge(suite, &names);
        }
    names_issue(out, arena, "config.weak-cipher", CONFIG_ERROR, ALL, &names.broken);
    names_issue(out, arena, "config.weak-cipher", CONFIG_WARNING, MODERN_AND_INTERMEDIATE,
                &names.weak);
    names_issue(out, arena, "config.unusual-cipher", CONFIG_NOTICE, ALL, &names.outside);
    names_issue(out, arena, "config.no-forward-secrecy",
                names.secret ? CONFIG_NOTICE : CONFIG_WARNING, MODERN_AND_INTERMEDIATE,
                &names.unsecret);
}

/* ---- key exchange ---- */

enum audit_answer config_post_quantum(const struct audit *audit)
{
    const struct audit_version *tls13 = &audit->versions[0];
    for (size_t i = 0; i < tls13->groups.count; i++) {
        const struct named_group *group = named_group_find(tls13->groups.items[i]);
        if (group && group->post_quantum)
            return AUDIT_YES;
    }
    /* Hybrid groups exist in TLS 1.3 alone. */
    const bool known = tls13->accepted ? tls13->groups.complete : tls13->complete;
    return known ? AUDIT_NO : AUDIT_UNKNOWN;
}

static const char *dh_text(const struct audit *audit, struct arena *arena)
{
    const char *whose = dh_prime_name(audit->dh_prime);
    return *whose ? arena_printf(arena, "a prime of %u bits that many servers share (%s)",
                                 audit->dh_bits, whose)
                  : arena_printf(arena, "a prime of %u bits", audit->dh_bits);
}

static void groups_judge(const struct audit *audit, struct arena *arena, struct config_verdict *out)
{
    if (accepts(audit, TLS_1_3) && config_post_quantum(audit) == AUDIT_NO)
        issue_add(out, "config.no-pq-group", CONFIG_NOTICE, 0, "no hybrid group is accepted");
    if (audit->long_hello == AUDIT_NO)
        issue_add(out, "config.long-hello", CONFIG_WARNING, 0, "no answer to a long ClientHello");
    if (audit->dh_bits && audit->dh_bits < DH_LEAST)
        issue_add(
            out, "config.weak-dh", audit->dh_bits <= DH_BROKEN ? CONFIG_ERROR : CONFIG_WARNING,
            audit->dh_bits < DH_BROKEN ? ALL : MODERN_AND_INTERMEDIATE, dh_text(audit, arena));
}

/* ---- extensions and what belongs to them ---- */

/* RFC 9155. */
enum audit_answer config_weak_signatures(const struct audit *audit)
{
    for (size_t i = 0; i < audit->schemes.count; i++) {
        const unsigned hash = audit->schemes.items[i] >> 8;
        enum { MD5 = 1, SHA1 = 2 };
        if (hash == MD5 || hash == SHA1)
            return AUDIT_YES;
    }
    return audit->schemes.complete ? AUDIT_NO : AUDIT_UNKNOWN;
}

static void downgrade_judge(const struct audit *audit, struct config_verdict *out)
{
    const bool fallback = audit->fallback_scsv == AUDIT_NO;
    const bool sentinel = audit->downgrade_sentinel == AUDIT_NO;
    if (fallback || sentinel)
        issue_add(out, "config.downgrade", CONFIG_NOTICE, 0,
                  fallback && sentinel ? "TLS_FALLBACK_SCSV is ignored, no mark in the random"
                  : fallback           ? "TLS_FALLBACK_SCSV is ignored"
                                       : "no mark in the random (RFC 8446 section 4.1.3)");
}

static void options_judge(const struct audit *audit, struct config_verdict *out)
{
    if (audit->compression == AUDIT_YES)
        issue_add(out, "config.compression", CONFIG_ERROR, ALL, "DEFLATE is accepted");
    if (audit->renegotiation_info == AUDIT_NO)
        issue_add(out, "config.renegotiation", CONFIG_WARNING, ALL,
                  "no renegotiation_info is answered");
    if (audit->extended_master_secret == AUDIT_NO)
        issue_add(out, "config.no-extended-master-secret", CONFIG_NOTICE, 0,
                  "no extended_master_secret is answered");
    if (config_weak_signatures(audit) == AUDIT_YES)
        issue_add(out, "config.sigalg", CONFIG_WARNING, 0, "handshakes signed with SHA-1");
    downgrade_judge(audit, out);
}

/* ---- the certificate's key, and HSTS ---- */

static void keys_judge(const struct audit *audit, struct arena *arena, struct config_verdict *out)
{
    struct names weak = {0};
    for (size_t i = 0; i < audit->leaf_count; i++) {
        struct cert *leaf = cert_parse(audit->leaves[i]);
        const bool rsa = leaf->key.kind == KEY_RSA || leaf->key.kind == KEY_RSA_PSS;
        if (rsa && leaf->key.bits < RSA_LEAST)
            name_add(&weak, key_text(arena, &leaf->key));
        cert_unref(leaf);
    }
    names_issue(out, arena, "config.weak-key", CONFIG_ERROR, ALL, &weak);
}

struct hsts hsts_read(const char *field)
{
    struct arena arena = {0};
    struct hsts out = {.max_age = -1};
    while (*field) {
        const size_t n = strcspn(field, ";");
        char *word = arena_strndup(&arena, field, n);
        word += strspn(word, " \t");
        word[strcspn(word, " \t")] = '\0';
        const char *value = strchr(word, '=');
        const char *name = value ? arena_strndup(&arena, word, (size_t)(value - word)) : word;
        if (str_equal_nocase(name, "includeSubDomains"))
            out.subdomains = true;
        else if (str_equal_nocase(name, "preload"))
            out.preload = true;
        else if (value && str_equal_nocase(name, "max-age")) {
            value += 1 + (value[1] == '"');
            const char *digits = arena_strndup(&arena, value, strspn(value, "0123456789"));
            if (!str_to_int(digits, 0, INT64_MAX, &out.max_age))
                out.max_age = -1;
        }
        field += n + (field[n] == ';');
    }
    arena_free(&arena);
    return out;
}

/* RFC 6797 sections 7.1 and 8.1.1. */
static void hsts_judge(const struct audit *audit, struct arena *arena, struct config_verdict *out)
{
    enum { DAY = 86400 };
    if (!audit->http.status || !audit->http.named)
        return;
    const struct hsts hsts = hsts_read(audit->http.hsts);
    if (hsts.max_age < 0)
        issue_add(out, "config.no-hsts", CONFIG_NOTICE, 0,
                  *audit->http.hsts ? "a Strict-Transport-Security without max-age"
                                    : "no Strict-Transport-Security");
    else if (hsts.max_age < HSTS_LEAST)
        issue_add(out, "config.no-hsts", CONFIG_NOTICE, 0,
                  arena_printf(arena, "Strict-Transport-Security for %d days only",
                               (int)(hsts.max_age / DAY)));
}

/* A refusal that could be told, in whatever way: only silence and nonsense leave it open. */
static bool is_known(const struct audit_version *v)
{
    return v->asked && v->refusal != ANSWER_TIMEOUT && v->refusal != ANSWER_MALFORMED;
}

static enum config_profile grade_of(const struct audit *audit, const struct config_verdict *verdict)
{
    unsigned broken = 0;
    for (size_t i = 0; i < AUDIT_VERSIONS; i++)
        if (audit->cut || !is_known(&audit->versions[i]))
            return 0;
    for (size_t i = 0; i < verdict->count; i++)
        broken |= verdict->issues[i].breaks;
    if (accepts(audit, TLS_1_2) || !accepts(audit, TLS_1_3))
        broken |= CONFIG_MODERN;
    if (!only_intermediate(audit))
        broken |= MODERN_AND_INTERMEDIATE;
    static const enum config_profile profiles[] = {CONFIG_MODERN, CONFIG_INTERMEDIATE, CONFIG_OLD};
    for (size_t i = 0; i < 3; i++)
        if (!(broken & profiles[i]))
            return profiles[i];
    return 0;
}

void config_judge(const struct audit *audit, struct arena *arena, struct config_verdict *out)
{
    *out = (struct config_verdict){0};
    for (size_t i = 0; i < AUDIT_VERSIONS; i++)
        out->seen = out->seen || audit->versions[i].accepted;
    if (!out->seen)
        return;
    versions_judge(audit, arena, out);
    suites_judge(audit, arena, out);
    groups_judge(audit, arena, out);
    options_judge(audit, out);
    keys_judge(audit, arena, out);
    hsts_judge(audit, arena, out);
    out->grade = grade_of(audit, out);
}
