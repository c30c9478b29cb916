/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a version beyond its suites: who prefers, which groups and signature schemes,
 * which extensions. */
#include <string.h>

#include "audit.h"

enum {
    NO_APPLICATION_PROTOCOL = 120, /* RFC 7301 section 3.2 */
    PADDING = 1400, /* with it a ClientHello is as long as one with a share of X25519MLKEM768 */
};

static bool is_rsa_scheme(unsigned scheme)
{
    return (scheme & 0xff) == 1 || (scheme >= 0x0804 && scheme <= 0x0806) ||
           (scheme >= 0x0809 && scheme <= 0x080b);
}

static size_t suites_where(const struct audit_version *v, enum key_exchange kx,
                           enum suite_auth auth, uint16_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < v->suite_count; i++) {
        const struct cipher_suite *suite = cipher_suite_find(v->suites[i].id);
        if (suite && suite->kx == kx && suite->auth == auth)
            out[n++] = (uint16_t)suite->id;
    }
    return n;
}

/* ---- who prefers; what is there besides ---- */

/** What one question asks at the same time, and may have to ask apart. */
struct bundle {
    bool padded, alpn, groups_left;
};

static bool bundle_ask(struct asking *a, const struct audit_version *v, const struct bundle *bundle,
                       struct server_answer *answer)
{
    uint16_t reversed[AUDIT_SUITES_MAX];
    for (size_t i = 0; i < v->suite_count; i++)
        reversed[i] = (uint16_t)v->suites[v->suite_count - 1 - i].id;
    const struct offered left = offered_left(&a->groups, &v->groups);
    struct hello_offer offer = audit_offer(a, v->version, reversed, v->suite_count);
    if (bundle->groups_left) {
        offer.groups = left.items;
        offer.group_count = left.count;
    }
    offer.padding = bundle->padded ? PADDING : 0;
    offer.alpn = bundle->alpn ? "h2,http/1.1" : NULL;
    offer.compression = offer.ticket = offer.heartbeat = offer.status_request =
        offer.encrypt_then_mac = v->version != TLS_1_3;
    return audit_ask(a, &offer, answer);
}

static void extensions_note(struct audit *audit, int version, const struct server_answer *answer)
{
    if (version == TLS_1_3)
        return;
    audit->compression = answer->compression ? AUDIT_YES : AUDIT_NO;
    if (version == SSL_3_0) /* it has no extensions */
        return;
    audit->tickets = answer->ticket ? AUDIT_YES : AUDIT_NO;
    audit->heartbeat = answer->heartbeat ? AUDIT_YES : AUDIT_NO;
    audit->stapling = answer->status ? AUDIT_YES : AUDIT_NO;
    audit->encrypt_then_mac = answer->encrypt_then_mac ? AUDIT_YES : AUDIT_UNKNOWN;
    if (strcmp(answer->alpn, "h2") == 0)
        audit->h2 = AUDIT_YES;
    else
        audit->h2 = AUDIT_NO;
    if (strcmp(answer->alpn, "http/1.1") == 0)
        audit->http11 = AUDIT_YES;
}

static void bundle_note(struct asking *a, struct audit_version *v,
                        const struct server_answer *answer)
{
    extensions_note(a->audit, v->version, answer);
    audit_note(a, answer);
    if (v->version == TLS_1_3)
        audit_list_add(&v->groups, answer->group);
    if (v->suite_count > 1)
        v->preference = answer->suite == v->suites[0].id ? PREFERENCE_SERVER : PREFERENCE_CLIENT;
}

/* Leaves out of the bundle what may be the reason for a refusal. False: nothing is. */
static bool bundle_lighten(struct bundle *bundle, struct audit_version *v,
                           const struct server_answer *answer)
{
    if (bundle->padded && !audit_refused(answer)) {
        bundle->padded = false;
    } else if (bundle->alpn && answer->alert == NO_APPLICATION_PROTOCOL) {
        bundle->alpn = false;
    } else if (bundle->groups_left && audit_refused(answer)) {
        bundle->groups_left = false;
        v->groups.complete = true;
    } else {
        return false;
    }
    return true;
}

static void bundle_survey(struct asking *a, struct audit_version *v, bool newest)
{
    const bool tls13 = v->version == TLS_1_3;
    struct server_answer answer;
    /* SSL 3.0 has no extensions to pad with. */
    const bool padded = newest && v->version > SSL_3_0;
    struct bundle bundle = {.padded = padded,
                            .alpn = a->options->http && !tls13,
                            .groups_left = tls13 && !v->groups.complete && !v->modest};
    for (;;) {
        if (!bundle_ask(a, v, &bundle, &answer))
            return;
        if (audit_chosen(&answer, v->version))
            break;
        if (!bundle_lighten(&bundle, v, &answer))
            return;
    }
    if (padded)
        a->audit->long_hello = bundle.padded ? AUDIT_YES : AUDIT_NO;
    bundle_note(a, v, &answer);
}

/* ---- groups and signature schemes ---- */

/** Two lists that one question asks about at the same time: what the server chooses of each is
 *  dropped. */
struct pass {
    uint16_t suites[AUDIT_SUITES_MAX];
    size_t suite_count;
    struct offered groups, schemes; /* what is left of them */
    bool groups_done, schemes_done;
    bool groups_complete, schemes_complete;
    unsigned kept; /* RFC 8422 section 5.1: without the curve of its key a certificate cannot be
                      used, so that this one stays in the list; 0 none */
};

static bool pass_ask(struct asking *a, struct audit_version *v, const struct pass *pass,
                     bool groups_left, struct server_answer *answer)
{
    struct offered groups = pass->groups;
    struct hello_offer offer = audit_offer(a, v->version, pass->suites, pass->suite_count);
    if (pass->kept)
        groups.items[groups.count++] = (uint16_t)pass->kept;
    if (groups_left) {
        offer.groups = groups.items;
        offer.group_count = groups.count;
    }
    if (!pass->schemes_done) {
        offer.schemes = pass->schemes.items;
        offer.scheme_count = pass->schemes.count;
    }
    return audit_ask(a, &offer, answer);
}

static void pass_note(struct asking *a, struct audit_version *v, struct pass *pass,
                      bool groups_left, const struct server_answer *answer)
{
    audit_note(a, answer);
    if (groups_left && !pass->groups_done) {
        audit_list_add(&v->groups, answer->group);
        if (!offered_drop(&pass->groups, answer->group) || pass->groups.count == 0)
            pass->groups_done = pass->groups_complete = true;
    }
    if (!pass->schemes_done) {
        audit_list_add(&a->audit->schemes, answer->scheme);
        if (!offered_drop(&pass->schemes, answer->scheme) || pass->schemes.count == 0)
            pass->schemes_done = pass->schemes_complete = true;
    }
}

/* Nothing was chosen. Where two lists were asked about, all groups tell which of them is empty. */
static void pass_refused(struct asking *a, struct audit_version *v, struct pass *pass,
                         const struct server_answer *refusal)
{
    struct server_answer answer;
    const bool clean = audit_refused(refusal);
    if (pass->groups_done) {
        pass->schemes_done = true;
        pass->schemes_complete = clean;
    } else if (pass->schemes_done) {
        pass->groups_done = true;
        pass->groups_complete = clean;
    } else if (pass_ask(a, v, pass, false, &answer) && audit_chosen(&answer, v->version)) {
        pass->groups_done = true;
        pass->groups_complete = clean;
        pass_note(a, v, pass, false, &answer);
    } else {
        pass->schemes_done = true;
        pass->schemes_complete = audit_refused(&answer);
    }
}

static void pass_run(struct asking *a, struct audit_version *v, struct pass *pass)
{
    struct server_answer answer;
    pass->groups_done |= pass->groups.count == 0;
    pass->schemes_done |= pass->schemes.count == 0;
    while (pass->suite_count && !(pass->groups_done && pass->schemes_done)) {
        if (!pass_ask(a, v, pass, !pass->groups_done, &answer))
            return;
        if (audit_chosen(&answer, v->version))
            pass_note(a, v, pass, !pass->groups_done, &answer);
        else
            pass_refused(a, v, pass, &answer);
    }
}

static struct offered schemes_left(const struct asking *a, bool rsa)
{
    const struct offered left = offered_left(&a->schemes, &a->audit->schemes);
    struct offered out = {.count = 0};
    for (size_t i = 0; i < left.count; i++)
        if (is_rsa_scheme(left.items[i]) == rsa)
            out.items[out.count++] = left.items[i];
    return out;
}

/* The curve of the certificate for ECDSA. */
static unsigned leaf_curve(const struct audit *audit)
{
    static const struct {
        enum oid oid;
        unsigned group;
    } curves[] = {{OID_P256, 0x0017},
                  {OID_P384, 0x0018},
                  {OID_P521, 0x0019},
                  {OID_SECP256K1, 0x0016},
                  {OID_BRAINPOOL_P256R1, 0x001a},
                  {OID_BRAINPOOL_P384R1, 0x001b},
                  {OID_BRAINPOOL_P512R1, 0x001c}};
    unsigned group = 0;
    for (size_t i = 0; i < audit->leaf_count && !group; i++) {
        struct cert *leaf = cert_parse(audit->leaves[i]);
        for (size_t k = 0; k < sizeof curves / sizeof *curves; k++)
            if (leaf->key.kind == KEY_EC && leaf->key.curve == curves[k].oid)
                group = curves[k].group;
        cert_unref(leaf);
    }
    return group;
}

/* Without a key share a server of TLS 1.3 asks for the group that it wants, so that no group has to
 * be computed with, post-quantum ones included (RFC 8446 section 4.1.4). */
static void groups13_survey(struct asking *a, struct audit_version *v)
{
    struct pass pass = {.groups = offered_left(&a->groups, &v->groups),
                        .groups_done = v->groups.complete,
                        .groups_complete = v->groups.complete,
                        .schemes_done = true};
    pass.suite_count = suites_where(v, KX_ANY, AUTH_ANY, pass.suites);
    if (!v->modest)
        pass_run(a, v, &pass);
    v->groups.asked = true;
    v->groups.complete = pass.groups_complete;
}

/* A group that was chosen again and again, though it was offered last. */
static void group_preference_note(struct audit_version *v)
{
    size_t chosen = 0;
    for (size_t i = 0; i < v->suite_count; i++)
        chosen += v->suites[i].group != 0;
    if (v->groups.count < 2)
        v->groups.preference = PREFERENCE_UNKNOWN;
    else if (v->groups.preference == PREFERENCE_UNKNOWN && chosen > 1)
        v->groups.preference = PREFERENCE_SERVER;
}

/* RSA's suites tell the groups, whatever curve another certificate needs; each key tells its
 * schemes. TLS 1.1 and older have no schemes to choose from. */
static void lists_survey(struct asking *a, struct audit_version *v)
{
    static const enum suite_auth auths[] = {AUTH_RSA, AUTH_ECDSA};
    struct audit *audit = a->audit;
    const bool schemes = v->version == TLS_1_2;
    bool complete = schemes;
    for (size_t i = 0; i < 2; i++) {
        struct pass pass = {.groups = offered_left(&a->groups, &v->groups),
                            .groups_done = v->groups.asked,
                            .schemes_done = !schemes};
        pass.suite_count = suites_where(v, KX_ECDHE, auths[i], pass.suites);
        if (pass.suite_count == 0) {
            pass.groups_done = true;
            pass.suite_count = suites_where(v, KX_DHE, auths[i], pass.suites);
        }
        if (pass.suite_count == 0)
            continue;
        if (schemes)
            pass.schemes = schemes_left(a, auths[i] == AUTH_RSA);
        const bool asks_groups = !pass.groups_done;
        if (asks_groups && auths[i] == AUTH_ECDSA)
            pass.kept = leaf_curve(audit);
        pass_run(a, v, &pass);
        complete = complete && pass.schemes_complete;
        v->groups.asked |= asks_groups;
        v->groups.complete |= asks_groups && pass.groups_complete;
    }
    if (schemes) {
        audit->schemes.asked = audit->schemes.count > 0;
        audit->schemes.complete = complete && audit->schemes.asked;
        audit->scheme_version = v->version;
    }
    group_preference_note(v);
}

void audit_survey(struct asking *a, struct audit_version *v, bool newest)
{
    bundle_survey(a, v, newest);
    if (v->version == TLS_1_3)
        groups13_survey(a, v);
    else
        lists_survey(a, v);
}
