/* SPDX-License-Identifier: Apache-2.0 */
/* What a certificate may be used for: basicConstraints, keyUsage, extendedKeyUsage, critical
 * extensions, path lengths. RFC 5280 sections 4.2.1 and 6.1.4. */
#include "judge/internal.h"

static bool allows_purpose(const struct check *c, unsigned eku, bool any_refused, bool sgc)
{
    if (eku == 0)
        return c->b->eku_empty_ok;
    const unsigned purpose = c->b->purpose != 0 ? c->b->purpose : (unsigned)EKU_SERVER_AUTH;
    return (eku & purpose) || ((eku & EKU_ANY) && !any_refused) ||
           (sgc && purpose == EKU_SERVER_AUTH &&
            (eku & (c->b->eku_ms_sgc_refused ? EKU_NS_SGC : EKU_NS_SGC | EKU_MS_SGC)));
}

/** The store says so, whatever the certificate says (x509_vfy.c check_purpose). */
static bool is_trusted_for_use(const struct check *c, size_t depth)
{
    return (c->route->trusted_for_use >> depth & 1) != 0;
}

/** RFC 5280 section 4.2.1.12: the purposes listed must include the one at hand. */
static void check_leaf_eku(const struct check *c, const struct cert *cert, int depth)
{
    if (!(cert->has & HAS_EKU) && c->b->leaf_eku_wanted)
        reason_add(c, FACT_EKU_MISSING, at_depth(depth), 0, 0, "absent");
    if (!(cert->has & HAS_EKU) || c->b->leaf_eku_ignored)
        return;
    if (!allows_purpose(c, cert->eku, c->b->leaf_eku_any_refused,
                        c->b->chain_eku_sgc && !c->b->leaf_eku_sgc_refused) ||
        (c->b->eku_forbid_ocsp && (cert->eku & EKU_OCSP_SIGNING)))
        reason_add(c, FACT_EKU_MISSING, at_depth(depth), cert->eku, 0, NULL);
}

/** nsCertType bit 1: SSL server, bit 0: client (Netscape's extension, still honoured by OpenSSL and
 *  Java). */
static void check_leaf_ns_type(const struct check *c, const struct cert *cert, int depth)
{
    const unsigned wanted = c->b->purpose == EKU_CLIENT_AUTH ? 0x80 : 0x40;
    if (c->b->ns_cert_type && (cert->has & HAS_NS_CERT_TYPE) && !(cert->ns_cert_type & wanted))
        reason_add(c, FACT_EKU_MISSING, at_depth(depth), 0, 1, "netscapeCertType");
}

/** RFC 5280 section 4.2.1.3; RFC 8446 section 4.4.2.2: signing needs digitalSignature. */
static void check_leaf_ku(const struct check *c, const struct cert *cert, int depth)
{
    if (!(cert->has & HAS_KEY_USAGE))
        return;
    static const unsigned uses[] = {
        [LEAF_KU_DIGITAL_SIGNATURE] = KU_DIGITAL_SIGNATURE,
        [LEAF_KU_ANY_SERVER_USE] = KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT,
        [LEAF_KU_ANY_CLIENT_USE] = KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT,
        [LEAF_KU_IGNORE] = 0,
    };
    const unsigned wanted = uses[c->b->leaf_ku];
    const bool refused = c->b->leaf_ku != LEAF_KU_IGNORE && (cert->key_usage & wanted) == 0 &&
                         !(cert->key_usage == 0 && c->b->ku_zero_ok);
    if (refused || (cert->key_usage == 0 && !c->b->ku_zero_ok))
        reason_add(c, FACT_KEY_USAGE_LEAF, at_depth(depth), cert->key_usage, wanted, NULL);
    if (c->b->leaf_cert_sign_refused && (cert->key_usage & KU_KEY_CERT_SIGN) && !cert->is_ca)
        reason_add(c, FACT_KEY_USAGE_LEAF, at_depth(depth), cert->key_usage, KU_KEY_CERT_SIGN,
                   "keyCertSign");
}

/** A certificate that is used by itself: the leaf, and what a proxy stands for. */
static void check_leaf(const struct check *c, size_t depth)
{
    const struct cert *cert = check_cert(c, depth);
    const bool trusted = check_is_anchor(c, depth);
    const int d = (int)depth;
    if (cert_is_invalid(c->b, cert)) {
        /* x509_vfy.c check_purpose: a use that cannot be told matters to -x509_strict alone */
        if (c->b->strict && !c->b->leaf_eku_ignored)
            reason_add(c, FACT_EKU_MISSING, at_depth(d), 0, 2, "unknowable");
        return;
    }
    if (!(trusted && (c->b->anchor_leaf_skips & SKIP_EKU)) && !is_trusted_for_use(c, depth)) {
        check_leaf_eku(c, cert, d);
        check_leaf_ns_type(c, cert, d);
    }
    if (!(trusted && (c->b->anchor_leaf_skips & SKIP_KU)) && !is_trusted_for_use(c, depth))
        check_leaf_ku(c, cert, d);
    if (cert->is_ca && c->b->leaf_ca_refused && c->route->count > 1)
        reason_add(c, FACT_CA_AS_LEAF, at_depth(d), 0, 0, NULL);
}

/** v3_purp.c check_ca and check_ssl_ca: what passes for a CA beside one that says so. keyCertSign
 * is asked for by itself. */
static bool legacy_may_sign(const struct check *c, const struct cert *cert, size_t depth)
{
    enum { NS_ANY_CA = 7, NS_SSL_CA = 4 };
    if (cert->has & HAS_BASIC_CONSTRAINTS)
        return cert->is_ca;
    if (c->b->strict)
        return false;
    if (cert->version == 1 && node_is_root(c->j, c->route->nodes[depth]))
        return true;
    const unsigned type = c->b->ns_cert_type ? NS_SSL_CA : NS_ANY_CA;
    return (cert->has & HAS_KEY_USAGE) ||
           ((cert->has & HAS_NS_CERT_TYPE) && (cert->ns_cert_type & type) != 0);
}

/** RFC 5280 section 6.1.4 (k), for an anchor: what the profile asks of one. */
static bool anchor_may_sign(const struct check *c, const struct cert *cert, size_t depth)
{
    if (c->b->anchor_bc == ANCHOR_BC_OR_LEGACY)
        return legacy_may_sign(c, cert, depth);
    if (cert->version < 3 && !(cert->has & HAS_BASIC_CONSTRAINTS)) {
        if (c->b->anchor_v1 == ANCHOR_V1_NO)
            return false;
        return c->b->anchor_v1 == ANCHOR_V1_ANY ||
               node_is_self_signed(c->j, c->route->nodes[depth]);
    }
    const bool has = (cert->has & HAS_BASIC_CONSTRAINTS) != 0;
    switch (c->b->anchor_bc) {
    case ANCHOR_BC_NONE:
        return true;
    case ANCHOR_BC_REQUIRED:
        return has && cert->is_ca;
    case ANCHOR_BC_ROOT_MAY_LACK:
        return has ? cert->is_ca : node_is_self_signed(c->j, c->route->nodes[depth]);
    case ANCHOR_BC_REQUIRED_WITH_USAGE:
        return has ? cert->is_ca : !(cert->has & HAS_KEY_USAGE);
    case ANCHOR_BC_OR_CERT_SIGN:
        return has ? cert->is_ca
                   : (cert->has & HAS_KEY_USAGE) && (cert->key_usage & KU_KEY_CERT_SIGN);
    case ANCHOR_BC_IF_PRESENT:
    case ANCHOR_BC_OR_LEGACY:
        break;
    }
    return !has || cert->is_ca;
}

static bool has_cert_sign(const struct cert *cert)
{
    return (cert->has & HAS_KEY_USAGE) && (cert->key_usage & KU_KEY_CERT_SIGN);
}

/** What the certificate says instead of being a CA; see facts.def. */
static int how_no_ca(const struct cert *cert)
{
    enum { UNSAID, SAYS_NO, CANNOT_SAY, SAYS_OTHERWISE };
    if (cert->version < 3)
        return CANNOT_SAY;
    if (cert->has & HAS_BASIC_CONSTRAINTS)
        return SAYS_NO;
    return has_cert_sign(cert) ? SAYS_OTHERWISE : UNSAID;
}

/** RFC 5280 section 6.1.4 (k) and (n): a CA says so, and its key may sign certificates. */
static void check_ca(const struct check *c, size_t depth)
{
    const struct cert *cert = check_cert(c, depth);
    const bool anchor = check_is_anchor(c, depth);
    /* x509_vfy.c check_extensions is strict below the path's last certificate, anchor or not */
    const bool ends = c->b->anchor_bc == ANCHOR_BC_OR_LEGACY && depth + 1 == c->route->count;
    const bool may = anchor || ends ? anchor_may_sign(c, cert, depth) : cert->is_ca;
    if (!may)
        /* limit 1: an anchor, 2: it has keyCertSign, to a client that looks for this first */
        reason_add(c, FACT_NOT_A_CA, at_depth((int)depth), how_no_ca(cert),
                   anchor                                                ? 1
                   : c->b->leaf_cert_sign_refused && has_cert_sign(cert) ? 2
                                                                         : 0,
                   NULL);
    const bool ignored = (anchor ? c->b->anchor_cert_sign_ignored : c->b->ca_cert_sign_ignored) ||
                         (c->b->ca_ku_zero_ok && cert->key_usage == 0);
    if ((cert->has & HAS_KEY_USAGE) && !(cert->key_usage & KU_KEY_CERT_SIGN) && !ignored)
        reason_add(c, FACT_KEY_USAGE_CA, at_depth((int)depth), cert->key_usage, anchor, NULL);
    if (c->b->ca_ku_required && !(cert->has & HAS_KEY_USAGE) && !anchor)
        reason_add(c, FACT_KEY_USAGE_CA, at_depth((int)depth), 0, 0, "absent");
    if ((cert->has & HAS_EKU) && !c->b->chain_eku_ignored && (!anchor || c->b->anchor_eku) &&
        !is_trusted_for_use(c, depth) &&
        !allows_purpose(c, cert->eku, c->b->chain_eku_any_refused, c->b->chain_eku_sgc))
        reason_add(c, FACT_EKU_MISSING, at_depth((int)depth), cert->eku, 0, NULL);
}

/** RFC 3820 section 3.1: an end entity that may sign, though no certificates but its proxies. */
static void check_proxy_issuer(const struct check *c, size_t depth)
{
    const struct cert *cert = check_cert(c, depth);
    check_leaf(c, depth);
    const bool barred = (cert->has & HAS_KEY_USAGE) && !(cert->key_usage & KU_KEY_CERT_SIGN);
    if (!barred && legacy_may_sign(c, cert, depth))
        reason_add(c, FACT_CA_AS_LEAF, at_depth((int)depth), 0, 0, NULL);
    if ((cert->has & HAS_KEY_USAGE) && !(cert->key_usage & KU_DIGITAL_SIGNATURE))
        reason_add(c, FACT_KEY_USAGE_LEAF, at_depth((int)depth), cert->key_usage,
                   KU_DIGITAL_SIGNATURE, NULL);
}

void check_usage(const struct check *c, size_t depth)
{
    if (depth == 0)
        check_leaf(c, 0);
    else if (check_stands_for_proxy(c, depth))
        check_proxy_issuer(c, depth);
    else
        check_ca(c, depth);
}

/* ---- critical extensions ---- */

static const struct {
    enum oid oid;
    unsigned bit;
} critical_bits[] = {
    {OID_KEY_USAGE, CRIT_KU},
    {OID_SUBJECT_ALT_NAME, CRIT_SAN},
    {OID_ISSUER_ALT_NAME, CRIT_IAN},
    {OID_BASIC_CONSTRAINTS, CRIT_BC},
    {OID_NAME_CONSTRAINTS, CRIT_NC},
    {OID_CERTIFICATE_POLICIES, CRIT_CP},
    {OID_POLICY_CONSTRAINTS, CRIT_PC},
    {OID_POLICY_MAPPINGS, CRIT_PM},
    {OID_INHIBIT_ANY_POLICY, CRIT_IAP},
    {OID_EXT_KEY_USAGE, CRIT_EKU},
    {OID_CRL_DISTRIBUTION_POINTS, CRIT_CRLDP},
    {OID_NS_CERT_TYPE, CRIT_NSCT},
    {OID_AUTHORITY_KEY_ID, CRIT_AKI},
    {OID_SUBJECT_KEY_ID, CRIT_SKI},
    {OID_AUTHORITY_INFO_ACCESS, CRIT_AIA},
    {OID_TLS_FEATURE, CRIT_TLSF},
    {OID_IP_ADDR_BLOCKS, CRIT_RFC3779},
    {OID_AS_IDENTIFIERS, CRIT_RFC3779},
    {OID_PROXY_CERT_INFO, CRIT_PROXY},
    {OID_OCSP_NO_CHECK, CRIT_NO_CHECK},
    {OID_SCT_LIST, CRIT_SCT},
};

unsigned extension_bit(enum oid oid)
{
    for (size_t i = 0; i < sizeof critical_bits / sizeof *critical_bits; i++)
        if (critical_bits[i].oid == oid)
            return critical_bits[i].bit;
    return 0;
}

/** RFC 5280 section 4.2.1.4: a qualifier other than a CPS pointer or a user notice (id-qt 1 and 2);
 *  with `any`, those too. */
static bool has_qualifier(const struct extension *ext, bool any)
{
    static const uint8_t id_qt[] = {0x2b, 6, 1, 5, 5, 7, 2};
    struct reader r = reader_of(ext->value, ext->value_offset);
    struct der list, info, policy, qualifiers, qualifier, id;
    if (!reader_expect(&r, DER_SEQUENCE, &list))
        return false;
    struct reader policies = reader_enter(&list);
    for (int n = 0; n < LIMIT_POLICY_NODES && reader_expect(&policies, DER_SEQUENCE, &info); n++) {
        struct reader in = reader_enter(&info);
        if (!reader_expect(&in, DER_OID, &policy) ||
            !reader_optional(&in, DER_SEQUENCE, &qualifiers))
            continue;
        struct reader each = reader_enter(&qualifiers);
        for (int q = 0; q < LIMIT_EXTENSIONS && reader_expect(&each, DER_SEQUENCE, &qualifier);
             q++) {
            struct reader what = reader_enter(&qualifier);
            if (any || !reader_expect(&what, DER_OID, &id) || id.body.n != 8 ||
                !bytes_equal(bytes_slice(id.body, 0, 7), bytes_of(id_qt, 7)) ||
                (id.body.p[7] != 1 && id.body.p[7] != 2))
                return true;
        }
    }
    return false;
}

/** x509_crt.c x509_get_certificate_policies knows no other policy. */
static bool has_any_policy_alone(const struct extension *ext)
{
    static const uint8_t any[] = {0x55, 0x1d, 0x20, 0};
    struct reader r = reader_of(ext->value, ext->value_offset);
    struct der list, info, policy;
    if (!reader_expect(&r, DER_SEQUENCE, &list))
        return false;
    struct reader policies = reader_enter(&list);
    for (int n = 0; n < LIMIT_POLICY_NODES && reader_expect(&policies, DER_SEQUENCE, &info); n++) {
        struct reader in = reader_enter(&info);
        if (!reader_expect(&in, DER_OID, &policy) || !bytes_equal(policy.body, bytes_of(any, 4)))
            return false;
    }
    return true;
}

/** RFC 5280 section 4.2: a critical extension that is not recognised rejects the certificate. */
static void check_critical(const struct check *c, size_t depth, const struct extension *ext)
{
    if (!ext->critical)
        return;
    const bool beside_eku = ext->id == OID_MS_APPLICATION_POLICIES &&
                            (c->b->critical & CRIT_MS_POLICIES) &&
                            (check_cert(c, depth)->has & HAS_EKU);
    const bool unsupported =
        (ext->id == OID_CERTIFICATE_POLICIES &&
         (c->b->policy_qualifiers || c->b->policy_qualifiers_none) &&
         has_qualifier(ext, c->b->policy_qualifiers_none)) ||
        (ext->id == OID_NAME_CONSTRAINTS && c->b->nc_unsupported) ||
        (ext->id == OID_POLICY_CONSTRAINTS && c->b->policy == POLICY_CRITICAL_FATAL);
    const bool any_policy = ext->id == OID_CERTIFICATE_POLICIES && c->b->critical_any_policy &&
                            has_any_policy_alone(ext);
    if (beside_eku || any_policy ||
        ((extension_bit(ext->id) & c->b->critical) != 0 && !unsupported))
        return;
    const char *name = oid_name(ext->id);
    /* limit 1: on an anchor */
    reason_add(c, FACT_CRITICAL_EXTENSION, at_depth((int)depth), ext->offset,
               check_is_anchor(c, depth), name[0] != '\0' ? name : oid_text(c->j->arena, ext->oid));
}

/* ---- what strict verifiers ask besides ---- */

/** Key identifiers that RFC 5280 sections 4.2.1.1 and 4.2.1.2 demand. */
static void check_key_ids(const struct check *c, size_t depth)
{
    const struct cert *cert = check_cert(c, depth);
    const bool root = node_is_self_signed(c->j, c->route->nodes[depth]);
    const bool anchor = check_is_anchor(c, depth);
    if (c->b->aki_required && !root && cert->aki_key_id.p == NULL && !anchor &&
        depth + 1 < c->route->count)
        reason_add(c, FACT_CA_MISSING_KEY_ID, at_depth((int)depth), 0, 0, "authorityKeyIdentifier");
    if (c->b->ski_required && depth > 0 && cert->ski.p == NULL)
        reason_add(c, FACT_CA_MISSING_KEY_ID, at_depth((int)depth), 1, 0, "subjectKeyIdentifier");
}

/** RFC 5280 section 4.1.2.6: with an empty subject, subjectAltName must be critical. */
static void check_subject(const struct check *c)
{
    const struct cert *cert = check_cert(c, 0);
    const struct extension *san = cert_extension(cert, OID_SUBJECT_ALT_NAME);
    if (c->b->empty_subject_needs_critical_san && !cert_has_subject(cert) &&
        (san == NULL || !san->critical))
        reason_add(c, FACT_SUBJECT_EMPTY, at_depth(0), 0, 0, NULL);
}

void check_extensions(const struct check *c, size_t depth)
{
    const struct cert *cert = check_cert(c, depth);
    const bool anchor = check_is_anchor(c, depth);
    const bool skip = anchor && (depth == 0 ? (c->b->anchor_leaf_skips & SKIP_CRIT) != 0
                                            : c->b->anchor_crit_ignored);
    for (size_t i = 0; !skip && i < cert->extension_count; i++)
        check_critical(c, depth, &cert->extensions[i]);
    if (depth == 0)
        check_subject(c);
    check_key_ids(c, depth);
    if (c->b->strict)
        check_strict(c, depth);
}

/* ---- path length ---- */

/** RFC 5280 section 6.1.4 (l) and (m): non-self-issued intermediates below a CA against its
 *  pathLenConstraint; section 4.2.1.9 does not count the last certificate. */
void check_path_length(const struct check *c)
{
    int64_t below = 0;
    for (size_t depth = 1; depth < c->route->count; depth++) {
        const struct cert *cert = check_cert(c, depth);
        const bool ignored =
            (check_is_anchor(c, depth) && c->b->anchor_pathlen_ignored) ||
            (c->b->pathlen_negative_none && cert_has_anomaly(cert, ANOMALY_PATH_LENGTH_NEGATIVE));
        if (cert->path_length >= 0 && !ignored &&
            below > cert->path_length + proxies_below(c, depth))
            reason_add(c, FACT_PATH_LENGTH, at_depth((int)depth), below, cert->path_length, NULL);
        if (c->b->pathlen_counts_self_issued || !node_is_self_issued(c->j, c->route->nodes[depth]))
            below++;
    }
}
