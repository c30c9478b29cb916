/* SPDX-License-Identifier: Apache-2.0 */
/* "If it were reissued with …": writes a certificate as its CA would issue it after a fix, with an
 * empty signature, and parses it like any other. */
#include <string.h>

#include "internal.h"

/** One certificate being written anew. */
struct reissue {
    const struct cert *cert;
    const struct cert_edit *edit;
    struct key_info key; /* of the new certificate */
    bool is_ca;          /* the new certificate's */
    struct writer w;
};

static void reissue_cleanup(struct reissue *re)
{
    writer_free(&re->w);
}

/* ---- DER as it should have been ---- */

/** Copies elements with shortest lengths, TRUE as 0xFF and PrintableString only for what fits in
 *  one. Content that is no DER stays as it is. */
static void put_canonical(struct writer *w, struct bytes der, unsigned depth)
{
    struct reader r = reader_of(der, 0);
    struct der element;
    while (reader_next(&r, &element)) {
        const bool constructed = (element.tag & 0x20) != 0;
        if (constructed && depth < LIMIT_DER_DEPTH / 2) {
            writer_open(w, element.tag);
            put_canonical(w, element.body, depth + 1);
            writer_close(w);
        } else if (element.tag == DER_BOOLEAN && element.body.n == 1) {
            writer_bool(w, element.body.p[0] != 0);
        } else if (element.tag == DER_PRINTABLE_STRING && !is_printable_string(element.body) &&
                   str_is_utf8(element.body)) {
            writer_put(w, DER_UTF8_STRING, element.body);
        } else {
            writer_put(w, element.tag, element.body);
        }
    }
    writer_raw(w, r.rest);
}

static void put_der(struct reissue *re, struct bytes der)
{
    if (re->edit->drop_anomalies)
        put_canonical(&re->w, der, 0);
    else
        writer_raw(&re->w, der);
}

/* ---- the fields before the extensions ---- */

static void put_serial(struct reissue *re)
{
    const struct cert *cert = re->cert;
    const bool odd = cert_has_anomaly(cert, ANOMALY_SERIAL_ZERO) ||
                     cert_has_anomaly(cert, ANOMALY_SERIAL_NEGATIVE) ||
                     cert_has_anomaly(cert, ANOMALY_SERIAL_PADDED) ||
                     cert_has_anomaly(cert, ANOMALY_SERIAL_LONG);
    /* A CA would draw a new number; ours must be the same at each run. */
    if (re->edit->drop_anomalies && odd)
        writer_uint(&re->w, bytes_of(cert->sha256, 16));
    else
        writer_put(&re->w, DER_INTEGER, cert->serial);
}

/** RFC 4055 section 3.1, with SHA-256 for digest and mask. */
static void put_pss_parameters(struct writer *w)
{
    writer_open(w, DER_SEQUENCE);
    for (uint8_t field = 0; field < 2; field++) {
        writer_open(w, (uint8_t)DER_CONTEXT_CONS(field));
        writer_open(w, DER_SEQUENCE);
        if (field == 1) {
            writer_oid(w, OID_MGF1);
            writer_open(w, DER_SEQUENCE);
        }
        writer_oid(w, OID_SHA256);
        writer_null(w);
        if (field == 1)
            writer_close(w);
        writer_close(w);
        writer_close(w);
    }
    writer_open(w, DER_CONTEXT_CONS(2));
    writer_int(w, 32);
    writer_close(w);
    writer_close(w);
}

/** The algorithm to write: the edit's, or for a clean reissue the known one that was meant. */
static enum oid wanted_algorithm(const struct reissue *re)
{
    if (re->edit->signature_algorithm != OID_UNKNOWN)
        return re->edit->signature_algorithm;
    const enum oid original = re->cert->signature_algorithm;
    return re->edit->drop_anomalies && original != OID_RSASSA_PSS ? original : OID_UNKNOWN;
}

static void put_algorithm(struct reissue *re, struct bytes original)
{
    const enum oid id = wanted_algorithm(re);
    if (id == OID_UNKNOWN) {
        put_der(re, original);
        return;
    }
    writer_open(&re->w, DER_SEQUENCE);
    writer_oid(&re->w, id);
    if (id == OID_RSASSA_PSS)
        put_pss_parameters(&re->w);
    else if (signature_needs_null(id))
        writer_null(&re->w);
    writer_close(&re->w);
}

/** The present Validity element: what lies between the two names. */
static struct bytes present_validity(const struct cert *cert)
{
    const uint8_t *start = cert->issuer.p + cert->issuer.n;
    return bytes_of(start, (size_t)(cert->subject.p - start));
}

static void put_validity(struct reissue *re)
{
    const struct cert_edit *edit = re->edit;
    if (edit->not_before == TIME_NONE && edit->not_after == TIME_NONE && !edit->drop_anomalies) {
        writer_raw(&re->w, present_validity(re->cert));
        return;
    }
    enum { DAYS_WHEN_UNREADABLE = 90 };
    cw_time from = edit->not_before != TIME_NONE ? edit->not_before : re->cert->not_before;
    cw_time to = edit->not_after != TIME_NONE ? edit->not_after : re->cert->not_after;
    if (from == TIME_NONE)
        from = to == TIME_NONE ? 0 : to - DAYS_WHEN_UNREADABLE * TIME_DAY;
    if (to == TIME_NONE)
        to = from + DAYS_WHEN_UNREADABLE * TIME_DAY;
    writer_open(&re->w, DER_SEQUENCE);
    writer_time(&re->w, from);
    writer_time(&re->w, to);
    writer_close(&re->w);
}

/* ---- extensions ---- */

/** Opens Extension { id, critical, extnValue { … */
static void extension_open(struct reissue *re, struct bytes oid, bool critical)
{
    writer_open(&re->w, DER_SEQUENCE);
    writer_put(&re->w, DER_OID, oid);
    if (critical)
        writer_bool(&re->w, true);
    writer_open(&re->w, DER_OCTET_STRING);
}

static void extension_close(struct reissue *re)
{
    writer_close(&re->w);
    writer_close(&re->w);
}

static bool san_has(const struct cert *cert, enum general_name_kind kind, struct bytes value)
{
    struct reader names = cert_san(cert);
    struct general_name name;
    while (general_name_next(&names, &name)) {
        if (name.kind == kind && bytes_equal(name.value, value))
            return true;
    }
    return false;
}

static bool san_entry_is_good(const struct general_name *name)
{
    return name->kind == GN_DNS  ? dns_is_plausible(name->value)
           : name->kind == GN_IP ? name->value.n == 4 || name->value.n == 16
                                 : name->kind != GN_BAD;
}

static void put_present_names(struct reissue *re)
{
    struct reader names = cert_san(re->cert), element_at = names;
    struct general_name name;
    struct der element;
    while (general_name_next(&names, &name) && reader_next(&element_at, &element)) {
        if (!re->edit->drop_anomalies || san_entry_is_good(&name))
            writer_raw(&re->w, element.whole);
    }
}

static bool replaces_names(const struct cert_edit *edit)
{
    return edit->dns_names != NULL || edit->ip_addresses != NULL;
}

static void put_san(struct reissue *re)
{
    const struct cert_edit *edit = re->edit;
    const bool keep = edit->keep_names || !replaces_names(edit);
    writer_open(&re->w, DER_SEQUENCE);
    if (keep)
        put_present_names(re);
    for (size_t i = 0; edit->dns_names != NULL && edit->dns_names[i] != NULL; i++) {
        const struct bytes name = bytes_str(edit->dns_names[i]);
        if (!keep || !san_has(re->cert, GN_DNS, name))
            writer_put(&re->w, DER_CONTEXT(GN_DNS), name);
    }
    for (size_t i = 0; edit->ip_addresses != NULL && edit->ip_addresses[i] != NULL; i++) {
        uint8_t address[16];
        const struct bytes ip = bytes_of(address, str_parse_ip(edit->ip_addresses[i], address));
        if (ip.n > 0 && (!keep || !san_has(re->cert, GN_IP, ip)))
            writer_put(&re->w, DER_CONTEXT(GN_IP), ip);
    }
    writer_close(&re->w);
}

static void put_basic_constraints(struct reissue *re)
{
    const int length = re->edit->path_length == -2 ? re->cert->path_length : re->edit->path_length;
    writer_open(&re->w, DER_SEQUENCE);
    if (re->is_ca) {
        writer_bool(&re->w, true);
        if (length >= 0)
            writer_int(&re->w, length);
    }
    writer_close(&re->w);
}

/** RFC 5280 section 4.2.1.3, RFC 8446 section 4.4.2.2: what a CA and a TLS server need. */
static unsigned needed_usage(const struct reissue *re)
{
    const unsigned ca = KU_KEY_CERT_SIGN | KU_CRL_SIGN;
    const unsigned present = (re->cert->has & HAS_KEY_USAGE) ? re->cert->key_usage : 0;
    if (!re->edit->fix_key_usage)
        return present;
    if (re->is_ca)
        return present | ca;
    const unsigned server =
        re->key.kind == KEY_RSA ? KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT : KU_DIGITAL_SIGNATURE;
    return (present & ~ca) | server;
}

/** Named bits without trailing zeros (X.690 11.2.2). */
static void put_key_usage(struct reissue *re)
{
    const unsigned usage = needed_usage(re);
    uint8_t body[3] = {0};
    size_t last = 0;
    for (unsigned bit = 0; bit < 9; bit++) {
        if ((usage >> bit & 1) == 0)
            continue;
        body[1 + bit / 8] = (uint8_t)(body[1 + bit / 8] | 0x80 >> bit % 8);
        body[0] = (uint8_t)(7 - bit % 8);
        last = 1 + bit / 8;
    }
    writer_put(&re->w, DER_BIT_STRING, bytes_of(body, 1 + last));
}

static void put_eku(struct reissue *re)
{
    writer_open(&re->w, DER_SEQUENCE);
    writer_oid(&re->w, OID_SERVER_AUTH);
    writer_close(&re->w);
}

/** RFC 5280 section 4.2.1.2, method (1): SHA-1 of the key's bits. */
static void put_ski(struct reissue *re)
{
    uint8_t id[20];
    crypto_sha1(re->key.bits_content, id);
    writer_put(&re->w, DER_OCTET_STRING, bytes_of(id, sizeof id));
}

static void put_aki(struct reissue *re)
{
    const struct bytes wanted = re->edit->authority_key_id;
    const struct bytes id = wanted.n > 0 ? wanted : re->cert->aki_key_id;
    writer_open(&re->w, DER_SEQUENCE);
    if (id.n > 0)
        writer_put(&re->w, DER_CONTEXT(0), id);
    writer_close(&re->w);
}

/* Which extensions are written anew. `needed`: even when the certificate has none so far. */

static bool san_changes(const struct reissue *re, bool *needed)
{
    *needed = replaces_names(re->edit);
    return *needed ||
           (re->edit->drop_anomalies && (cert_has_anomaly(re->cert, ANOMALY_SAN_BAD_DNS) ||
                                         cert_has_anomaly(re->cert, ANOMALY_SAN_NOT_ASCII) ||
                                         cert_has_anomaly(re->cert, ANOMALY_SAN_BAD_IP)));
}

static bool basic_constraints_change(const struct reissue *re, bool *needed)
{
    const struct cert_edit *edit = re->edit;
    *needed = edit->make_ca;
    return edit->make_ca || edit->drop_ca || edit->path_length != -2 || edit->drop_anomalies;
}

static bool key_usage_changes(const struct reissue *re, bool *needed)
{
    *needed = re->edit->fix_key_usage;
    return *needed || (re->edit->drop_anomalies && re->cert->key_usage != 0);
}

static bool eku_changes(const struct reissue *re, bool *needed)
{
    *needed = re->edit->server_auth;
    return *needed;
}

static bool ski_changes(const struct reissue *re, bool *needed)
{
    /* RFC 5280 section 4.2.1.2: every CA certificate has one. */
    *needed = re->is_ca && (re->edit->make_ca || re->edit->drop_anomalies) &&
              (re->cert->has & HAS_SKI) == 0;
    return *needed || re->edit->spki.n > 0;
}

static bool aki_changes(const struct reissue *re, bool *needed)
{
    *needed = re->edit->authority_key_id.n > 0;
    return *needed || (re->edit->drop_anomalies && re->cert->aki_key_id.n > 0);
}

static bool policies_change(const struct reissue *re, bool *needed)
{
    *needed = re->edit->policies.n > 0;
    return *needed;
}

static void put_policies(struct reissue *re)
{
    writer_raw(&re->w, re->edit->policies);
}

static const struct rewrite {
    enum oid id;
    bool critical; /* when the certificate has none so far, or a wrong one */
    bool (*changes)(const struct reissue *re, bool *needed);
    void (*put)(struct reissue *re);
} rewrites[] = {
    {OID_SUBJECT_ALT_NAME, false, san_changes, put_san},
    {OID_BASIC_CONSTRAINTS, true, basic_constraints_change, put_basic_constraints},
    {OID_KEY_USAGE, true, key_usage_changes, put_key_usage},
    {OID_EXT_KEY_USAGE, false, eku_changes, put_eku},
    {OID_SUBJECT_KEY_ID, false, ski_changes, put_ski},
    {OID_AUTHORITY_KEY_ID, false, aki_changes, put_aki},
    {OID_CERTIFICATE_POLICIES, false, policies_change, put_policies},
};
enum { REWRITES = sizeof rewrites / sizeof *rewrites };

static bool is_key_id(enum oid id)
{
    return id == OID_AUTHORITY_KEY_ID || id == OID_SUBJECT_KEY_ID;
}

static void put_rewritten(struct reissue *re, const struct rewrite *rewrite,
                          const struct extension *present)
{
    const bool critical =
        present != NULL && !is_key_id(rewrite->id) ? present->critical : rewrite->critical;
    extension_open(re, oid_der(rewrite->id), critical);
    rewrite->put(re);
    extension_close(re);
}

/** Critical extensions that a path validator must process (RFC 5280 section 6.1) are known ones. */
static bool is_processed(enum oid id)
{
    switch (id) {
    case OID_KEY_USAGE:
    case OID_SUBJECT_ALT_NAME:
    case OID_BASIC_CONSTRAINTS:
    case OID_NAME_CONSTRAINTS:
    case OID_CERTIFICATE_POLICIES:
    case OID_POLICY_MAPPINGS:
    case OID_POLICY_CONSTRAINTS:
    case OID_INHIBIT_ANY_POLICY:
    case OID_EXT_KEY_USAGE:
        return true;
    default:
        return false;
    }
}

/** Something in the extension's content is odd beyond what copying it canonically cures. */
static bool is_broken(const struct cert *cert, const struct extension *extension)
{
    const size_t end = extension->value_offset + extension->value.n;
    for (size_t i = 0; i < cert->anomaly_count && i < LIMIT_ANOMALIES; i++) {
        const struct anomaly *anomaly = &cert->anomalies[i];
        const bool cured =
            anomaly->id == ANOMALY_LONG_LENGTH || anomaly->id == ANOMALY_CRITICAL_FALSE ||
            anomaly->id == ANOMALY_BOOLEAN_NOT_FF || anomaly->id == ANOMALY_AKI_CRITICAL ||
            anomaly->id == ANOMALY_SKI_CRITICAL || anomaly->id == ANOMALY_NAME_PRINTABLE;
        /* What is missing is missing at the end, where the next extension begins. */
        const bool missing =
            anomaly->offset == end &&
            (anomaly->id == ANOMALY_EXTENSION_MALFORMED || anomaly->id == ANOMALY_SAN_MALFORMED);
        const bool inside = anomaly->offset >= extension->offset && anomaly->offset < end;
        if (!cured && (inside || missing))
            return true;
    }
    return false;
}

static bool is_dropped(const struct reissue *re, const struct extension *extension)
{
    const struct cert_edit *edit = re->edit;
    return (edit->drop_eku && extension->id == OID_EXT_KEY_USAGE) ||
           (edit->drop_name_constraints && extension->id == OID_NAME_CONSTRAINTS) ||
           (edit->drop_tls_feature && extension->id == OID_TLS_FEATURE) ||
           /* the poison and what nobody knows go; what only informs becomes non-critical */
           (edit->drop_unknown_critical && extension->critical &&
            (extension->id == OID_UNKNOWN || extension->id == OID_CT_POISON)) ||
           (edit->drop_anomalies && is_broken(re->cert, extension));
}

static void put_present(struct reissue *re, const struct extension *extension)
{
    const struct cert_edit *edit = re->edit;
    const bool critical = extension->critical &&
                          (!edit->drop_unknown_critical || is_processed(extension->id)) &&
                          (!edit->drop_anomalies || !is_key_id(extension->id));
    if (!edit->drop_anomalies && critical == extension->critical) {
        struct reader r =
            reader_of(bytes_slice(re->cert->der, extension->offset, re->cert->der.n), 0);
        struct der whole;
        if (reader_next(&r, &whole))
            writer_raw(&re->w, whole.whole);
        return;
    }
    extension_open(re, extension->oid, critical);
    put_der(re, extension->value);
    extension_close(re);
}

static void put_extensions(struct reissue *re)
{
    bool written[REWRITES] = {false};
    for (size_t i = 0; i < re->cert->extension_count; i++) {
        const struct extension *extension = &re->cert->extensions[i];
        bool needed = false;
        size_t row = 0;
        while (row < REWRITES &&
               (rewrites[row].id != extension->id || !rewrites[row].changes(re, &needed)))
            row++;
        if (row < REWRITES && !written[row]) {
            put_rewritten(re, &rewrites[row], extension);
            written[row] = true;
        } else if (row == REWRITES && !is_dropped(re, extension)) {
            put_present(re, extension);
        }
    }
    for (size_t row = 0; row < REWRITES; row++) {
        bool needed = false;
        rewrites[row].changes(re, &needed);
        if (needed && !written[row])
            put_rewritten(re, &rewrites[row], NULL);
    }
}

/* ---- the whole ---- */

/** version, when it is not 1. */
static void put_version(struct reissue *re, bool extensions)
{
    const unsigned version = extensions || re->cert->version > 3 ? 3 : re->cert->version;
    if (version < 2)
        return;
    writer_open(&re->w, DER_CONTEXT_CONS(0));
    writer_int(&re->w, (int)version - 1);
    writer_close(&re->w);
}

static void put_tbs(struct reissue *re, struct bytes extensions)
{
    const struct cert *cert = re->cert;
    const struct cert_edit *edit = re->edit;
    writer_open(&re->w, DER_SEQUENCE);
    put_version(re, extensions.n > 0);
    put_serial(re);
    put_algorithm(re, cert->inner_algorithm);
    put_der(re, edit->issuer.n > 0 ? edit->issuer : cert->issuer);
    put_validity(re);
    put_der(re, edit->subject.n > 0 ? edit->subject : cert->subject);
    writer_raw(&re->w, re->key.spki);
    if (extensions.n > 0) {
        writer_open(&re->w, DER_CONTEXT_CONS(3));
        writer_open(&re->w, DER_SEQUENCE);
        writer_raw(&re->w, extensions);
        writer_close(&re->w);
        writer_close(&re->w);
    }
    writer_close(&re->w);
}

struct cert *cert_edited(const struct cert *cert, const struct cert_edit *edit)
{
    if (!cert->parsed)
        return NULL;
    struct reissue re __attribute__((cleanup(reissue_cleanup))) = {
        .cert = cert,
        .edit = edit,
        .key = cert->key,
        .is_ca = edit->make_ca || (cert->is_ca && !edit->drop_ca),
    };
    if (edit->spki.n > 0)
        key_info_read(edit->spki, &re.key);
    put_extensions(&re);
    BUF_CLEANUP extensions = re.w.out;
    re.w = (struct writer){0};
    writer_open(&re.w, DER_SEQUENCE);
    put_tbs(&re, buf_bytes(&extensions));
    put_algorithm(&re, cert->outer_algorithm);
    writer_bits(&re.w, bytes_of(NULL, 0));
    writer_close(&re.w);
    struct cert *edited = cert_parse(buf_bytes(&re.w.out));
    edited->hypothetical = true;
    return edited;
}
