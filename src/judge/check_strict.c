/* SPDX-License-Identifier: Apache-2.0 */
/* What OpenSSL makes of a certificate's extensions beyond their meaning: which of them it decodes
 * whatever they are needed for (v3_purp.c), X509_V_FLAG_X509_STRICT (x509_vfy.c check_extensions),
 * and RFC 3820 proxy certificates. */
#include "judge/internal.h"

/* ---- certificates that cannot be used at all ---- */

bool cert_is_unread(const struct behaviour *b, const struct cert *cert)
{
    return !cert->parsed || (cert->anomaly_set & b->anomalies_unread) != 0;
}

/** Its place is inside the extension; a second one of a kind is noted at its beginning, which is
 * where the one before it ends. */
static bool extension_holds(const struct extension *ext, const struct anomaly *a)
{
    if (a->id == ANOMALY_EXTENSION_DUPLICATE)
        return a->offset == ext->offset;
    return a->offset > ext->offset && a->offset <= ext->value_offset + ext->value.n;
}

/** The anomaly lies in an extension that this client always decodes. */
static bool anomaly_counts(const struct behaviour *b, const struct cert *cert,
                           const struct anomaly *a)
{
    for (size_t i = 0; i < cert->extension_count; i++)
        if (extension_holds(&cert->extensions[i], a) &&
            (extension_bit(cert->extensions[i].id) & b->cached_extensions) != 0)
            return true;
    return false;
}

/** RFC 3820 sections 3.5 to 3.7: a proxy is no CA and has no alternative names. */
static bool proxy_is_invalid(const struct cert *cert)
{
    return cert_extension(cert, OID_PROXY_CERT_INFO) != NULL &&
           (cert->is_ca || (cert->has & HAS_SAN) ||
            cert_extension(cert, OID_ISSUER_ALT_NAME) != NULL);
}

bool cert_is_invalid(const struct behaviour *b, const struct cert *cert)
{
    const uint64_t of_extensions = ANOMALIES_OF_EXTENSIONS | ANOMALY_BIT(EXTENSION_NAME);
    if ((cert->anomaly_set & b->anomalies_invalid) != 0)
        return true;
    if ((b->cached_extensions & CRIT_PROXY) && proxy_is_invalid(cert))
        return true;
    if (b->cached_extensions == 0 || (cert->anomaly_set & of_extensions) == 0)
        return false;
    for (unsigned i = 0; i < cert->anomaly_count && i < LIMIT_ANOMALIES; i++)
        if ((of_extensions & UINT64_C(1) << cert->anomalies[i].id) != 0 &&
            anomaly_counts(b, cert, &cert->anomalies[i]))
            return true;
    return false;
}

/* ---- X509_V_FLAG_X509_STRICT ---- */

static bool is_critical(const struct cert *cert, enum oid id)
{
    const struct extension *ext = cert_extension(cert, id);
    return ext != NULL && ext->critical;
}

static bool may_sign(const struct cert *cert)
{
    return (cert->has & HAS_KEY_USAGE) && (cert->key_usage & KU_KEY_CERT_SIGN);
}

static bool path_length_not_ca(const struct cert *cert)
{
    return cert->path_length >= 0 && !cert->is_ca;
}

static bool path_length_without_usage(const struct cert *cert)
{
    return cert->path_length >= 0 && !may_sign(cert);
}

static bool ca_not_critical(const struct cert *cert)
{
    return cert->is_ca && !is_critical(cert, OID_BASIC_CONSTRAINTS);
}

static bool ca_without_usage(const struct cert *cert)
{
    return cert->is_ca && !(cert->has & HAS_KEY_USAGE);
}

static bool usage_not_ca(const struct cert *cert)
{
    return !cert->is_ca && may_sign(cert);
}

static bool issuer_empty(const struct cert *cert)
{
    return name_is_empty(cert->issuer);
}

static bool subject_empty(const struct cert *cert)
{
    const bool crl_sign = (cert->has & HAS_KEY_USAGE) && (cert->key_usage & KU_CRL_SIGN);
    return !cert_has_subject(cert) && (cert->is_ca || crl_sign || !(cert->has & HAS_SAN));
}

static bool subject_empty_san_not_critical(const struct cert *cert)
{
    return !cert_has_subject(cert) && (cert->has & HAS_SAN) &&
           !is_critical(cert, OID_SUBJECT_ALT_NAME);
}

static bool san_empty(const struct cert *cert)
{
    return cert_has_anomaly(cert, ANOMALY_SAN_EMPTY);
}

static bool algorithms_differ(const struct cert *cert)
{
    return cert_has_anomaly(cert, ANOMALY_ALGORITHMS_DIFFER);
}

static bool aki_critical(const struct cert *cert)
{
    return is_critical(cert, OID_AUTHORITY_KEY_ID);
}

static bool ski_critical(const struct cert *cert)
{
    return is_critical(cert, OID_SUBJECT_KEY_ID);
}

static bool aki_missing(const struct cert *cert)
{
    return cert->version >= 3 && cert->aki_key_id.p == NULL;
}

static bool ski_missing(const struct cert *cert)
{
    return cert->version >= 3 && cert->is_ca && !(cert->has & HAS_SKI);
}

static bool extensions_too_early(const struct cert *cert)
{
    return cert->version < 3 && cert->extension_count > 0;
}

enum { NO_ANOMALY = -1, MISSING_AKI = 0, MISSING_SKI = 1 };

/** In the order in which OpenSSL asks; the codes are its X509_V_ERR numbers. */
static const struct {
    bool (*broken)(const struct cert *cert);
    enum fact_id fact;
    int value, code;
    const char *text; /**< NULL: that of the anomaly */
    bool not_last;    /**< not asked of the chain's last certificate */
} strict_rules[] = {
    {path_length_not_ca, FACT_ANOMALY, ANOMALY_PATH_LENGTH_NOT_CA, 80, NULL, false},
    {path_length_without_usage, FACT_ANOMALY, NO_ANOMALY, 81,
     "pathLenConstraint without keyCertSign in keyUsage", false},
    {ca_not_critical, FACT_ANOMALY, NO_ANOMALY, 89, "basicConstraints of a CA is not critical",
     false},
    {ca_without_usage, FACT_KEY_USAGE_CA, 0, 92, "absent", false},
    {usage_not_ca, FACT_KEY_USAGE_LEAF, 0, 82, "keyCertSign", false},
    {issuer_empty, FACT_ANOMALY, ANOMALY_NAME_EMPTY_ISSUER, 83, NULL, false},
    {subject_empty, FACT_SUBJECT_EMPTY, 0, 84, "", false},
    {subject_empty_san_not_critical, FACT_SUBJECT_EMPTY, 0, 88, "", false},
    {san_empty, FACT_ANOMALY, ANOMALY_SAN_EMPTY, 87, NULL, false},
    {algorithms_differ, FACT_ANOMALY, ANOMALY_ALGORITHMS_DIFFER, 78, NULL, false},
    {aki_critical, FACT_ANOMALY, ANOMALY_AKI_CRITICAL, 90, NULL, false},
    {ski_critical, FACT_ANOMALY, ANOMALY_SKI_CRITICAL, 91, NULL, false},
    {aki_missing, FACT_CA_MISSING_KEY_ID, MISSING_AKI, 85, "authorityKeyIdentifier", true},
    {ski_missing, FACT_CA_MISSING_KEY_ID, MISSING_SKI, 86, "subjectKeyIdentifier", false},
    {extensions_too_early, FACT_ANOMALY, ANOMALY_EXTENSIONS_NOT_V3, 93, NULL, false},
};

/** v3_purp.c check_ca: a leaf that does not say what it is, but could pass for a CA of old. */
static bool leaf_is_half_a_ca(const struct check *c, const struct cert *cert)
{
    enum { NS_ANY_CA = 7 };
    if ((cert->has & HAS_BASIC_CONSTRAINTS) || cert_is_invalid(c->b, cert))
        return false;
    if (cert->has & HAS_KEY_USAGE)
        return may_sign(cert);
    return (cert->version == 1 && node_is_root(c->j, c->route->nodes[0])) ||
           ((cert->has & HAS_NS_CERT_TYPE) && (cert->ns_cert_type & NS_ANY_CA));
}

/** RFC 6818 section 2: a self-signed leaf alone is no chain, and none of this applies to it. */
void check_strict(const struct check *c, size_t depth)
{
    const struct cert *cert = check_cert(c, depth);
    const bool last = depth + 1 == c->route->count;
    if (depth == 0 && leaf_is_half_a_ca(c, cert))
        reason_add(c, FACT_NOT_A_CA, at_depth(0), 0, 0, NULL);
    if (c->route->count < 2)
        return;
    for (size_t i = 0; i < sizeof strict_rules / sizeof *strict_rules; i++) {
        const char *text = strict_rules[i].text;
        if (!strict_rules[i].broken(cert) || (last && strict_rules[i].not_last))
            continue;
        if (text == NULL)
            text = anomaly_text((enum anomaly_id)strict_rules[i].value);
        reason_add(c, strict_rules[i].fact, at_depth((int)depth), strict_rules[i].value,
                   strict_rules[i].code, text);
    }
}

/* ---- proxy certificates ---- */

/** RFC 3820 section 3.8.1: pCPathLenConstraint, -1 when there is none. */
static int64_t proxy_path_length(const struct cert *cert)
{
    const struct extension *ext = cert_extension(cert, OID_PROXY_CERT_INFO);
    struct reader top = reader_of(ext->value, ext->value_offset);
    struct der info, number;
    int64_t length;
    if (!reader_expect(&top, DER_SEQUENCE, &info))
        return -1;
    struct reader fields = reader_enter(&info);
    return reader_optional(&fields, DER_INTEGER, &number) && der_small_int(&number, &length)
               ? length
               : -1;
}

static bool cert_is_proxy(const struct cert *cert)
{
    return cert_extension(cert, OID_PROXY_CERT_INFO) != NULL;
}

/** RFC 3820 section 3.4: the subject is the issuer's name and one more common name. */
static bool proxy_name_fits(struct arena *arena, const struct cert *cert)
{
    struct reader top = reader_of(cert->subject, 0);
    struct der name, rdn, last = {0};
    if (!reader_expect(&top, DER_SEQUENCE, &name))
        return false;
    struct reader rdns = reader_enter(&name);
    struct writer w = {0};
    writer_open(&w, DER_SEQUENCE);
    for (size_t i = 0; i < LIMIT_NAME_ATTRIBUTES && reader_next(&rdns, &rdn); i++) {
        if (i > 0)
            writer_raw(&w, last.whole);
        last = rdn;
    }
    writer_close(&w);
    struct der attribute, type;
    struct reader set = reader_enter(&last);
    bool fits = reader_expect(&set, DER_SEQUENCE, &attribute) && reader_at_end(&set);
    struct reader fields = reader_enter(&attribute);
    fits = fits && reader_expect(&fields, DER_OID, &type) && oid_of(type.body) == OID_CN;
    const struct bytes rest = arena_bytes(arena, buf_bytes(&w.out));
    writer_free(&w);
    return fits && !name_is_empty(rest) && name_equal(rest, cert->issuer);
}

/** RFC 3820 section 4.1 (b): how many proxies stand below, as far as they let that be counted. */
static int64_t proxies_counted(const struct check *c, size_t depth)
{
    int64_t length = 0;
    for (size_t i = 0; i < depth && cert_is_proxy(check_cert(c, i)); i++) {
        const int64_t limit = proxy_path_length(check_cert(c, i));
        length = (limit >= 0 ? limit : length) + 1;
    }
    return length;
}

int64_t proxies_below(const struct check *c, size_t depth)
{
    return c->b->proxies == PROXY_ALLOWED ? proxies_counted(c, depth) : 0;
}

bool check_stands_for_proxy(const struct check *c, size_t depth)
{
    return c->b->proxies == PROXY_ALLOWED && depth > 0 && cert_is_proxy(check_cert(c, depth - 1));
}

static void check_proxy(const struct check *c, size_t depth)
{
    const struct cert *cert = check_cert(c, depth);
    const int64_t limit = proxy_path_length(cert), below = proxies_counted(c, depth);
    if (limit >= 0 && below > limit)
        reason_add(c, FACT_PATH_LENGTH, at_depth((int)depth), below, limit, NULL);
    /* x509_vfy.c check_name_constraints passes over what is self-issued */
    if (!(depth > 0 && node_is_self_issued(c->j, c->route->nodes[depth])) &&
        !proxy_name_fits(c->j->arena, cert))
        reason_add(c, FACT_NAME_CONSTRAINT, at_depth((int)depth), 0, 0,
                   "a proxy's subject is its issuer's with one more common name");
}

void check_proxies(const struct check *c)
{
    for (size_t depth = 0; depth < c->route->count; depth++) {
        if (!cert_is_proxy(check_cert(c, depth)))
            continue;
        if (c->b->proxies == PROXY_REFUSED)
            reason_add(c, FACT_CRITICAL_EXTENSION, at_depth((int)depth), 0, 0,
                       oid_name(OID_PROXY_CERT_INFO));
        else if (c->b->proxies == PROXY_ALLOWED)
            check_proxy(c, depth);
    }
}
