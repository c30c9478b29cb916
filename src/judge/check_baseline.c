/* SPDX-License-Identifier: Apache-2.0 */
/* What the CA/Browser Forum's TLS Baseline Requirements and a strict reading of RFC 5280 ask of
 * publicly trusted certificates: one small predicate per rule, all in one table. */
#include <string.h>

#include "judge/internal.h"

enum role { LEAF = 1, INTERMEDIATE = 2, ANCHOR = 4, CA = INTERMEDIATE | ANCHOR, ANY = LEAF | CA };

static bool is_critical(const struct cert *cert, enum oid id)
{
    const struct extension *ext = cert_extension(cert, id);
    return ext != NULL && ext->critical;
}

static bool present_not_critical(const struct cert *cert, enum oid id)
{
    return cert_extension(cert, id) != NULL && !is_critical(cert, id);
}

static bool no_san(const struct check *c, const struct cert *cert)
{
    (void)c;
    return !(cert->has & HAS_SAN);
}

static bool san_critical(const struct check *c, const struct cert *cert)
{
    (void)c;
    return is_critical(cert, OID_SUBJECT_ALT_NAME) && cert_has_subject(cert);
}

static bool no_eku(const struct check *c, const struct cert *cert)
{
    (void)c;
    return !(cert->has & HAS_EKU);
}

static bool any_eku(const struct check *c, const struct cert *cert)
{
    (void)c;
    return (cert->has & HAS_EKU) && (cert->eku & EKU_ANY);
}

static bool critical_eku(const struct check *c, const struct cert *cert)
{
    (void)c;
    return is_critical(cert, OID_EXT_KEY_USAGE);
}

static bool has_eku(const struct check *c, const struct cert *cert)
{
    (void)c;
    return (cert->has & HAS_EKU) != 0;
}

static bool cert_sign_without_ca(const struct check *c, const struct cert *cert)
{
    (void)c;
    return (cert->has & HAS_KEY_USAGE) && (cert->key_usage & KU_KEY_CERT_SIGN) && !cert->is_ca;
}

static bool constraints_not_critical(const struct check *c, const struct cert *cert)
{
    (void)c;
    return present_not_critical(cert, OID_NAME_CONSTRAINTS);
}

static bool constraints_in_leaf(const struct check *c, const struct cert *cert)
{
    (void)c;
    return (cert->has & HAS_NAME_CONSTRAINTS) && !cert->is_ca;
}

static bool policy_constraints_not_critical(const struct check *c, const struct cert *cert)
{
    (void)c;
    return present_not_critical(cert, OID_POLICY_CONSTRAINTS);
}

static bool basic_constraints_not_critical(const struct check *c, const struct cert *cert)
{
    (void)c;
    return present_not_critical(cert, OID_BASIC_CONSTRAINTS);
}

static bool subject_missing(const struct check *c, const struct cert *cert)
{
    (void)c;
    return !cert_has_subject(cert);
}

static bool serial_wrong(const struct check *c, const struct cert *cert)
{
    (void)c;
    return cert_has_anomaly(cert, ANOMALY_SERIAL_ZERO) ||
           cert_has_anomaly(cert, ANOMALY_SERIAL_NEGATIVE) ||
           cert_has_anomaly(cert, ANOMALY_SERIAL_LONG);
}

/** BR 6.1.5 and 6.1.6: RSA of at least 2048 bits in whole octets, or one of three curves. */
static bool key_forbidden(const struct check *c, const struct cert *cert)
{
    (void)c;
    if (cert->key.kind == KEY_RSA)
        return cert->key.bits % 8 != 0;
    const enum oid curve = cert->key.curve;
    return cert->key.kind != KEY_EC ||
           (curve != OID_P256 && curve != OID_P384 && curve != OID_P521);
}

static bool leaf_is_ca(const struct check *c, const struct cert *cert)
{
    return cert->is_ca && c->route->count > 1;
}

/** RFC 5280 section 4.2.1.1: keyIdentifier in all but self-signed certificates. */
static bool key_id_missing(const struct check *c, const struct cert *cert)
{
    (void)c;
    return cert->aki_key_id.p == NULL && !cert_is_self_issued(cert);
}

static bool subject_key_id_missing(const struct check *c, const struct cert *cert)
{
    (void)c;
    return cert->ski.p == NULL;
}

/** BR 7.1.2.1.3: a root's authorityKeyIdentifier holds its own key identifier and nothing else. */
static bool root_key_id_wrong(const struct check *c, const struct cert *cert)
{
    (void)c;
    if (!cert_is_self_issued(cert) || cert_extension(cert, OID_AUTHORITY_KEY_ID) == NULL)
        return false;
    return cert->aki_key_id.p == NULL || cert->aki_issuer.p != NULL || cert->aki_serial.p != NULL ||
           !bytes_equal(cert->aki_key_id, cert->ski);
}

static bool constraints_empty(const struct check *c, const struct cert *cert)
{
    (void)c;
    return cert_has_anomaly(cert, ANOMALY_NC_EMPTY);
}

static bool san_holds(const struct check *c, const struct cert *cert, struct bytes text)
{
    struct reader names = cert_san(cert);
    struct general_name name;
    uint8_t ip[16];
    char buffer[256];
    size_t ip_length = 0;
    if (text.n < sizeof buffer) {
        memcpy(buffer, text.p, text.n);
        buffer[text.n] = '\0';
        ip_length = str_parse_ip(buffer, ip);
    }
    for (int i = 0; i < LIMIT_SAN_NAMES && general_name_next(&names, &name); i++) {
        if (name.kind == GN_DNS && bytes_equal(name.value, text))
            return true;
        if (name.kind == GN_IP && ip_length > 0 &&
            bytes_equal(name.value, bytes_of(ip, ip_length)) &&
            strcmp(str_ip(c->j->arena, name.value), buffer) == 0)
            return true;
    }
    return false;
}

/** BR 7.1.4.3: a commonName is a character-for-character copy of a SAN entry. */
static bool cn_not_in_san(const struct check *c, const struct cert *cert)
{
    for (size_t n = 0; n < LIMIT_NAME_ATTRIBUTES; n++) {
        const struct bytes cn = name_attribute_utf8(c->j->arena, cert->subject, OID_CN, n);
        if (cn.p == NULL)
            return false;
        if (!san_holds(c, cert, cn))
            return true;
    }
    return false;
}

static bool label_is_preferred(const char *label, size_t n)
{
    if (n == 0 || n > 63 || label[0] == '-' || label[n - 1] == '-')
        return false;
    for (size_t i = 0; i < n; i++) {
        const char ch = label[i];
        if (!((ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
              ch == '-'))
            return false;
    }
    return true;
}

/** RFC 5280 section 4.2.1.6: a dNSName is in the preferred name syntax of RFC 1034 section 3.5. */
static bool dns_is_preferred(struct bytes name, bool wildcard)
{
    const char *p = (const char *)name.p;
    size_t left = name.n;
    if (wildcard && left > 2 && p[0] == '*' && p[1] == '.') {
        p += 2;
        left -= 2;
    }
    while (left > 0) {
        const char *dot = memchr(p, '.', left);
        const size_t n = dot != NULL ? (size_t)(dot - p) : left;
        if (!label_is_preferred(p, n) || n + 1 == left)
            return false;
        p += dot != NULL ? n + 1 : n;
        left -= dot != NULL ? n + 1 : n;
    }
    return name.n > 0;
}

static bool dns_name_wrong(const struct check *c, const struct cert *cert)
{
    (void)c;
    struct reader names = cert_san(cert);
    struct general_name name;
    for (int i = 0; i < LIMIT_SAN_NAMES && general_name_next(&names, &name); i++)
        if (name.kind == GN_DNS && !dns_is_preferred(name.value, true))
            return true;
    return false;
}

/** BR 3.2.2.6: no wildcard directly below a public suffix. */
static bool wildcard_below_suffix(const struct check *c, const struct cert *cert)
{
    struct reader names = cert_san(cert);
    struct general_name name;
    for (int i = 0; i < LIMIT_SAN_NAMES && general_name_next(&names, &name); i++) {
        if (name.kind != GN_DNS || name.value.n < 3 || name.value.p[0] != '*' ||
            c->j->in->is_public_suffix == NULL)
            continue;
        char *domain = arena_strndup(c->j->arena, (const char *)name.value.p + 2, name.value.n - 2);
        if (c->j->in->is_public_suffix(domain))
            return true;
    }
    return false;
}

static bool dns_constraint_has_dot(void *context, const struct subtree *tree)
{
    if (tree->base.kind == GN_DNS && tree->base.value.n > 0 && tree->base.value.p[0] == '.')
        *(bool *)context = true;
    return true;
}

/** RFC 5280 section 4.2.1.10: a dNSName constraint has no leading dot. */
static bool dns_constraint_dotted(const struct check *c, const struct cert *cert)
{
    (void)c;
    bool dotted = false;
    cert_name_constraints(cert, dns_constraint_has_dot, &dotted);
    return dotted;
}

struct other_names {
    const struct cert *leaf;
    bool hit;
};

static bool other_name_constrained(void *context, const struct subtree *tree)
{
    struct other_names *o = context;
    if (tree->base.kind != GN_OTHER && tree->base.kind != GN_REGISTERED)
        return true;
    struct reader names = cert_san(o->leaf);
    struct general_name name;
    for (int i = 0; i < LIMIT_SAN_NAMES && general_name_next(&names, &name); i++)
        o->hit |= name.kind == tree->base.kind;
    return true;
}

/** RFC 5280 section 4.2.1.10: a constrained kind of name that is not processed rejects the leaf. */
static bool other_name_unprocessed(const struct check *c, const struct cert *cert)
{
    struct other_names o = {.leaf = check_cert(c, 0)};
    cert_name_constraints(cert, other_name_constrained, &o);
    return o.hit;
}

/** Whose rule it is: RFC 5280's own, the CA/Browser Forum's on top, or one that the latter relaxes.
 */
enum source { RFC, BR, RFC_NOT_BR };

static const struct {
    unsigned roles;
    enum source source;
    bool (*broken)(const struct check *c, const struct cert *cert);
    const char *text;
} rules[] = {
    {LEAF, RFC, cert_sign_without_ca, "keyCertSign without CA"},
    {ANY, RFC_NOT_BR, constraints_not_critical, "nameConstraints is not critical"},
    {LEAF, RFC, constraints_in_leaf, "nameConstraints in a certificate that is no CA"},
    {CA, RFC, dns_constraint_dotted, "a dNSName constraint starts with a dot"},
    {CA, RFC, other_name_unprocessed, "a constraint on a kind of name that is not processed"},
    {ANY, RFC, policy_constraints_not_critical, "policyConstraints is not critical"},
    {CA, RFC, basic_constraints_not_critical, "basicConstraints is not critical"},
    {CA, RFC, subject_missing, "a CA without subject"},
    {LEAF | INTERMEDIATE, RFC, serial_wrong, "the serial number is zero, negative or too long"},
    {LEAF | INTERMEDIATE, RFC, key_id_missing, "no authorityKeyIdentifier"},
    {CA, RFC, subject_key_id_missing, "no subjectKeyIdentifier"},
    {LEAF, RFC, dns_name_wrong, "a dNSName is not in the preferred name syntax"},
    {LEAF, BR, no_san, "no subjectAltName"},
    {LEAF, BR, san_critical, "subjectAltName is critical beside a subject"},
    {LEAF, BR, no_eku, "no extendedKeyUsage"},
    {LEAF, BR, any_eku, "anyExtendedKeyUsage"},
    {LEAF, BR, critical_eku, "extendedKeyUsage is critical"},
    {LEAF, BR, leaf_is_ca, "a CA certificate as a server's"},
    {ANCHOR, BR, has_eku, "a root with extendedKeyUsage"},
    {ANY, BR, constraints_empty, "nameConstraints is empty"},
    {ANY, BR, key_forbidden, "a key that is neither RSA of whole octets nor P-256, P-384, P-521"},
    {ANCHOR, BR, root_key_id_wrong, "a root's authorityKeyIdentifier is not its own key alone"},
    {LEAF, BR, cn_not_in_san, "the common name is no copy of a SAN entry"},
    {LEAF, BR, wildcard_below_suffix, "a wildcard directly below a public suffix"},
};

static bool applies(const struct behaviour *b, enum source source)
{
    return source == RFC || (source == BR) == b->baseline;
}

void check_baseline(const struct check *c)
{
    for (size_t depth = 0; depth < c->route->count; depth++) {
        const unsigned role = depth == 0 ? LEAF : check_is_anchor(c, depth) ? ANCHOR : INTERMEDIATE;
        for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
            if ((rules[i].roles & role) && applies(c->b, rules[i].source) &&
                rules[i].broken(c, check_cert(c, depth)))
                reason_add(c, FACT_BASELINE, at_depth((int)depth), (int64_t)i, 0, rules[i].text);
    }
}
