/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and encodings that a verifier does not take. */
#include <string.h>

#include "judge/internal.h"

static unsigned key_bit(const struct key_info *key)
{
    switch (key->kind) {
    case KEY_RSA_PSS:
        return KEYS_PSS;
    case KEY_ED25519:
        return KEYS_ED25519;
    case KEY_ED448:
        return KEYS_ED448;
    case KEY_DSA:
        return KEYS_DSA;
    case KEY_EC:
        break;
    default:
        return 0;
    }
    switch (key->curve) {
    case OID_SECP256K1:
        return KEYS_SECP256K1;
    case OID_P192:
        return KEYS_P192;
    case OID_P224:
        return KEYS_P224;
    case OID_P521:
        return KEYS_P521;
    case OID_BRAINPOOL_P256R1:
    case OID_BRAINPOOL_P384R1:
    case OID_BRAINPOOL_P512R1:
        return KEYS_BRAINPOOL;
    default:
        return 0;
    }
}

static void check_rsa(const struct check *c, size_t depth, const struct key_info *key)
{
    if (key->bits < c->b->min_rsa)
        reason_add(c, FACT_WEAK_KEY, at_depth((int)depth), key->bits, c->b->min_rsa,
                   key_text(c->j->arena, key));
    if (c->b->max_rsa != 0 && key->bits > c->b->max_rsa)
        reason_add(c, FACT_KEY_UNSUPPORTED, at_depth((int)depth), key->bits, c->b->max_rsa,
                   key_text(c->j->arena, key));
}

/** x509_vfy.c check_key_level. */
static void check_security(const struct check *c, size_t depth, const struct key_info *key)
{
    const int bits = sig_memo_key_security(c->j->in->memo, key_public(key));
    if (bits < c->b->min_key_security)
        reason_add(c, FACT_WEAK_KEY, at_depth((int)depth), bits, c->b->min_key_security,
                   key_text(c->j->arena, key));
}

void check_key_parse(const struct check *c, size_t depth)
{
    const struct key_info *key = &check_cert(c, depth)->key;
    if ((key_bit(key) & c->b->keys_unread) != 0)
        reason_add(c, FACT_KEY_UNSUPPORTED, at_depth((int)depth), key->bits, key_bit(key),
                   key_text(c->j->arena, key));
    if (key->explicit_curve && !c->b->explicit_curves)
        reason_add(c, FACT_ANOMALY, at_depth((int)depth), ANOMALY_KEY_EXPLICIT_CURVE, 0,
                   anomaly_text(ANOMALY_KEY_EXPLICIT_CURVE));
}

void check_keys(const struct check *c, size_t depth)
{
    const struct key_info *key = &check_cert(c, depth)->key;
    if (c->b->min_key_security > 0)
        check_security(c, depth, key);
    if (key->kind == KEY_RSA || key->kind == KEY_RSA_PSS)
        check_rsa(c, depth, key);
    const unsigned denied = depth == 0 ? c->b->leaf_keys_denied : c->b->ca_keys_denied;
    /* where libcrypto decodes every key anyway, it says which ones it knows */
    const bool unknown = (key->kind == KEY_UNKNOWN || key->kind == KEY_PQ) &&
                         !c->b->leaf_key_decoded && !(depth == 0 && c->b->leaf_key_any);
    if ((key_bit(key) & denied) != 0 || unknown)
        reason_add(c, FACT_KEY_UNSUPPORTED, at_depth((int)depth), key->bits, key_bit(key),
                   key_text(c->j->arena, key));
    if (key->explicit_curve && !c->b->explicit_curves && c->route->count > 1)
        reason_add(c, FACT_ANOMALY, at_depth((int)depth), ANOMALY_KEY_EXPLICIT_CURVE, 0,
                   anomaly_text(ANOMALY_KEY_EXPLICIT_CURVE));
}

/** An IPv4 address written as an IPv6 one, which some parsers refuse. */
static bool has_v4mapped(const struct cert *cert)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    struct reader names = cert_san(cert);
    struct general_name name;
    for (int i = 0; i < LIMIT_SAN_NAMES && general_name_next(&names, &name); i++)
        if (name.kind == GN_IP && name.value.n == 16 && memcmp(name.value.p, mapped, 12) == 0)
            return true;
    return false;
}

/** RFC 5280 section 4.2.1.13: nameRelativeToCRLIssuer, which few implement. */
static bool has_relative_distribution_point(const struct cert *cert)
{
    const struct extension *ext = cert_extension(cert, OID_CRL_DISTRIBUTION_POINTS);
    struct der list, point, name, part;
    if (ext == NULL)
        return false;
    struct reader r = reader_of(ext->value, ext->value_offset);
    if (!reader_expect(&r, DER_SEQUENCE, &list))
        return false;
    struct reader points = reader_enter(&list);
    for (int i = 0; i < LIMIT_EXTENSIONS && reader_expect(&points, DER_SEQUENCE, &point); i++) {
        struct reader in = reader_enter(&point);
        if (!reader_optional(&in, 0xa0, &name))
            continue;
        struct reader parts = reader_enter(&name);
        if (reader_next(&parts, &part) && part.tag == 0xa1)
            return true;
    }
    return false;
}

static bool subtree_seen(void *context, const struct subtree *tree)
{
    (void)tree;
    *(bool *)context = true;
    return false;
}

static bool has_subtree(const struct cert *cert)
{
    bool seen = false;
    cert_name_constraints(cert, subtree_seen, &seen);
    return seen;
}

/** Encodings that make a certificate unreadable for this verifier. An anchor was read when its
 * store was loaded. */
/** An iPAddress that is neither an address nor one with its mask. */
static bool has_bad_address(const struct cert *cert)
{
    struct reader names = cert_san(cert);
    struct general_name name;
    for (int i = 0; i < LIMIT_SAN_NAMES && general_name_next(&names, &name); i++)
        if (name.kind == GN_IP && name.value.n != 4 && name.value.n != 8 && name.value.n != 16 &&
            name.value.n != 32)
            return true;
    return false;
}

void check_encoding(const struct check *c, size_t depth)
{
    const struct cert *cert = check_cert(c, depth);
    if (!cert->parsed) {
        reason_add(c, FACT_UNPARSABLE, at_depth((int)depth), cert->bad_at, 0, NULL);
        return;
    }
    if (depth == 0 && c->b->leaf_v3_required && cert->version < 3)
        reason_add(c, FACT_ANOMALY, at_depth(0), ANOMALY_VERSION_UNKNOWN, 0,
                   "the version is not 3");
    if (c->b->crldp_relative_fatal && has_relative_distribution_point(cert))
        reason_add(c, FACT_ANOMALY, at_depth((int)depth), ANOMALY_EXTENSION_MALFORMED, 1,
                   oid_name(OID_CRL_DISTRIBUTION_POINTS));
    if (c->b->nc_none_fatal && (cert->has & HAS_NAME_CONSTRAINTS) && !has_subtree(cert))
        reason_add(c, FACT_ANOMALY, at_depth((int)depth), ANOMALY_NC_EMPTY, 0,
                   anomaly_text(ANOMALY_NC_EMPTY));
    if (c->b->ip_v4mapped_fatal && has_v4mapped(cert))
        reason_add(c, FACT_ANOMALY, at_depth((int)depth), ANOMALY_SAN_BAD_IP, 16,
                   anomaly_text(ANOMALY_SAN_BAD_IP));
    uint64_t fatal = c->b->anomalies_fatal;
    if (c->b->ip_ranges && !has_bad_address(cert))
        fatal &= ~ANOMALY_BIT(SAN_BAD_IP);
    /* a trusted leaf is taken as it is (x509_vfy.c check_trust, lookup_cert_match) */
    if (!c->route->complete && cert_is_invalid(c->b, cert))
        fatal |= ANOMALIES_OF_EXTENSIONS | c->b->anomalies_invalid;
    if (!check_is_anchor(c, depth) || depth == 0)
        check_anomalies(c, cert, fatal, at_depth((int)depth));
}

/** Whether this verifier never decodes what is odd here. */
static bool is_unread(const struct behaviour *b, const struct cert *cert, const struct anomaly *a)
{
    if (a->id != ANOMALY_EXTENSION_MALFORMED && a->id != ANOMALY_EXTENSION_TRAILING)
        return false;
    for (size_t i = 0; i < cert->extension_count; i++) {
        const struct extension *ext = &cert->extensions[i];
        if (a->offset >= ext->value_offset && a->offset <= ext->value_offset + ext->value.n)
            return (extension_bit(ext->id) & b->unread_extensions) != 0 ||
                   (b->malformed_if_critical && !ext->critical);
    }
    return false;
}

void check_anomalies(const struct check *c, const struct cert *cert, uint64_t fatal,
                     struct place place)
{
    if ((cert->anomaly_set & fatal) == 0)
        return;
    uint64_t seen = 0;
    for (unsigned i = 0; i < cert->anomaly_count && i < LIMIT_ANOMALIES; i++) {
        const struct anomaly *a = &cert->anomalies[i];
        const uint64_t bit = UINT64_C(1) << a->id;
        if ((bit & fatal) == 0 || (bit & seen) != 0 || is_unread(c->b, cert, a))
            continue;
        seen |= bit;
        reason_add(c, FACT_ANOMALY, place, a->id, 0, anomaly_text(a->id));
        c->out->items[c->out->count - 1].offset = a->offset;
    }
}
