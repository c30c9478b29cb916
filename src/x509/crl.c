/* SPDX-License-Identifier: Apache-2.0 */
/* CertificateList around its entries (RFC 5280 section 5.1) and its extensions (section 5.2). */
#include <stdlib.h>
#include <string.h>

#include "crl_internal.h"

static const struct {
    const char *name, *text, *reference;
} anomalies[CRL_ANOMALY_COUNT] = {
#define CRL_ANOMALY(id, name, text, reference) [CRL_##id] = {name, text, reference},
#include "crl_anomalies.def"
#undef CRL_ANOMALY
};
_Static_assert(CRL_ANOMALY_COUNT <= 32, "crl.anomalies has a bit for each");

const char *crl_anomaly_name(enum crl_anomaly id)
{
    return (unsigned)id < CRL_ANOMALY_COUNT ? anomalies[id].name : "";
}

const char *crl_anomaly_text(enum crl_anomaly id)
{
    return (unsigned)id < CRL_ANOMALY_COUNT ? anomalies[id].text : "";
}

const char *crl_anomaly_reference(enum crl_anomaly id)
{
    return (unsigned)id < CRL_ANOMALY_COUNT ? anomalies[id].reference : "";
}

bool crl_has_anomaly(const struct crl *crl, enum crl_anomaly id)
{
    return (crl->anomalies >> id & 1) != 0;
}

const char *revocation_reason_text(int reason)
{
    static const char *const names[] = {
        "unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
        "superseded",    "cessationOfOperation", "certificateHold", "unknown",
        "removeFromCRL", "privilegeWithdrawn",   "aACompromise",
    };
    if (reason == REASON_ABSENT)
        return "";
    return reason >= 0 && (size_t)reason < sizeof names / sizeof *names ? names[reason] : "unknown";
}

static bool take(struct crl *crl, struct reader *r, uint8_t tag, struct der *out)
{
    if (!reader_expect(r, tag, out))
        return false;
    if ((out->flags & DER_LONG_LENGTH) != 0)
        crl->anomalies |= CRL_BIT(LONG_LENGTH);
    return true;
}

/* ---- extensions ---- */

/** CRLNumber ::= INTEGER (0..MAX), 20 octets at most (RFC 5280 section 5.2.3). */
static bool read_number(struct crl *crl, const struct extension *e, struct bytes *out)
{
    struct reader r = reader_of(e->value, e->value_offset);
    struct der number;
    if (!take(crl, &r, DER_INTEGER, &number) || !reader_at_end(&r) || number.body.n == 0)
        return false;
    if (number.body.n > 20 || (number.body.p[0] & 0x80) != 0)
        crl->anomalies |= CRL_BIT(NUMBER_BAD);
    *out = number.body;
    return true;
}

static bool read_crl_number(struct crl *crl, const struct extension *e)
{
    if (e->critical)
        crl->anomalies |= CRL_BIT(NUMBER_CRITICAL);
    return read_number(crl, e, &crl->number);
}

/** RFC 5280 section 5.2.4 */
static bool read_delta(struct crl *crl, const struct extension *e)
{
    if (!e->critical)
        crl->anomalies |= CRL_BIT(DELTA_NOT_CRITICAL);
    crl->is_delta = true;
    return read_number(crl, e, &crl->base_number);
}

static bool read_authority(struct crl *crl, const struct extension *e)
{
    struct authority_id id;
    if (!authority_id_read(e->value, e->value_offset, &id))
        return false;
    crl->aki_key_id = id.key_id;
    crl->aki_issuer = id.issuer;
    crl->aki_serial = id.serial;
    return true;
}

/** BOOLEAN DEFAULT FALSE under an implicit tag. */
static bool read_flag(struct reader *r, uint8_t n, bool *out)
{
    struct der element;
    if (!reader_optional(r, (uint8_t)DER_CONTEXT(n), &element))
        return true;
    *out = element.body.n == 1 && element.body.p[0] != 0;
    return element.body.n == 1;
}

static bool read_scope_fields(struct crl *crl, struct reader *r)
{
    struct crl_scope *scope = &crl->scope;
    struct der element;
    if (reader_optional(r, DER_CONTEXT_CONS(0), &element) &&
        !point_name_read(&element, &scope->name))
        return false;
    if (!read_flag(r, 1, &scope->only_user) || !read_flag(r, 2, &scope->only_ca))
        return false;
    if (reader_optional(r, DER_CONTEXT(3), &element) &&
        !reason_flags_read(&element, &scope->reasons))
        return false;
    return read_flag(r, 4, &scope->indirect) && read_flag(r, 5, &scope->only_attribute) &&
           !r->bad && reader_at_end(r);
}

/** RFC 5280 section 5.2.5 */
static bool read_scope(struct crl *crl, const struct extension *e)
{
    struct reader outer = reader_of(e->value, e->value_offset);
    struct der list;
    crl->has_scope = true;
    crl->scope.reasons = REASONS_ALL;
    crl->scope_value = e->value;
    if (!e->critical)
        crl->anomalies |= CRL_BIT(SCOPE_NOT_CRITICAL);
    if (!take(crl, &outer, DER_SEQUENCE, &list) || !reader_at_end(&outer))
        return false;
    if (list.body.n == 0)
        crl->anomalies |= CRL_BIT(SCOPE_EMPTY);
    struct reader r = reader_enter(&list);
    const bool good = read_scope_fields(crl, &r);
    if (crl->scope.only_user + crl->scope.only_ca + crl->scope.only_attribute > 1)
        crl->anomalies |= CRL_BIT(SCOPE_CONTRADICTS);
    return good;
}

static bool read_freshest(struct crl *crl, const struct extension *e)
{
    crl->freshest = e->value;
    return true;
}

static bool read_nothing(struct crl *crl, const struct extension *e)
{
    (void)crl, (void)e;
    return true;
}

/** What is understood, so that it may be critical. */
static bool (*const readers[OID_COUNT])(struct crl *crl, const struct extension *e) = {
    [OID_CRL_NUMBER] = read_crl_number,         [OID_DELTA_CRL_INDICATOR] = read_delta,
    [OID_AUTHORITY_KEY_ID] = read_authority,    [OID_ISSUING_DISTRIBUTION_POINT] = read_scope,
    [OID_FRESHEST_CRL] = read_freshest,         [OID_ISSUER_ALT_NAME] = read_nothing,
    [OID_AUTHORITY_INFO_ACCESS] = read_nothing, [OID_EXPIRED_CERTS_ON_CRL] = read_nothing,
};

static void read_extension(struct crl *crl, const struct extension *e)
{
    if (readers[e->id] == NULL) {
        if (e->critical && crl->critical_unknown.p == NULL)
            crl->critical_unknown = e->oid;
        return;
    }
    if (!readers[e->id](crl, e))
        crl->anomalies |= CRL_BIT(EXTENSION_MALFORMED);
}

/** RFC 5280 section 5.2: version 2 lists have a cRLNumber and an authorityKeyIdentifier. */
static void read_extensions(struct crl *crl, const struct der *wrapper)
{
    struct reader list;
    struct extension e;
    struct bytes seen[LIMIT_EXTENSIONS];
    size_t count = 0;
    if (crl->version < 2)
        crl->anomalies |= CRL_BIT(EXTENSIONS_NOT_V2);
    if (!extensions_enter(wrapper, &list)) {
        crl->anomalies |= CRL_BIT(MALFORMED);
        return;
    }
    if (reader_at_end(&list))
        crl->anomalies |= CRL_BIT(EXTENSIONS_EMPTY);
    while (count < LIMIT_EXTENSIONS && extension_take(&list, &e)) {
        bool twice = false;
        for (size_t i = 0; i < count && !twice; i++)
            twice = bytes_equal(seen[i], e.oid);
        if (twice)
            crl->anomalies |= CRL_BIT(EXTENSION_DUPLICATE);
        else
            read_extension(crl, &e);
        seen[count++] = e.oid;
    }
    if (list.bad)
        crl->anomalies |= CRL_BIT(MALFORMED);
    else if (!reader_at_end(&list))
        crl->anomalies |= CRL_BIT(EXTENSIONS_TOO_MANY);
}

/* ---- the fields of TBSCertList ---- */

/** RFC 5280 section 5.1.2.1: version 2 is written as 1; version 1 is not written at all. */
static void read_version(struct crl *crl, const struct der *number)
{
    int64_t value;
    crl->version = 0;
    if (der_small_int(number, &value) && value < INT32_MAX)
        crl->version = (unsigned)value + 1;
    if (crl->version == 1)
        crl->anomalies |= CRL_BIT(VERSION_EXPLICIT_1);
    else if (crl->version != 2)
        crl->anomalies |= CRL_BIT(VERSION_UNKNOWN);
}

/** RFC 5280 section 5.1.2.4: the forms are those of certificates (section 4.1.2.5). */
static cw_time read_time(struct crl *crl, const struct der *element)
{
    cw_time t;
    const unsigned faults = der_time(element, &t);
    if ((faults & DER_TIME_UNREADABLE) != 0)
        crl->anomalies |= CRL_BIT(TIME_UNREADABLE);
    else if (faults != 0)
        crl->anomalies |= CRL_BIT(TIME_ODD);
    return t;
}

static bool is_time(uint8_t tag)
{
    return tag == DER_UTC_TIME || tag == DER_GENERALIZED_TIME;
}

static bool read_times(struct crl *crl, struct reader *r)
{
    struct der element;
    if (!is_time(reader_peek(r)) || !reader_next(r, &element)) {
        r->bad_at = r->bad ? r->bad_at : r->offset;
        r->bad = true;
        return false;
    }
    crl->this_update = read_time(crl, &element);
    if (is_time(reader_peek(r)) && reader_next(r, &element))
        crl->next_update = read_time(crl, &element);
    else
        crl->anomalies |= CRL_BIT(NO_NEXT_UPDATE);
    return !r->bad;
}

static bool read_tbs(struct crl *crl, struct reader *r)
{
    struct der element;
    crl->version = 1;
    if (reader_optional(r, DER_INTEGER, &element))
        read_version(crl, &element);
    if (!take(crl, r, DER_SEQUENCE, &element))
        return false;
    crl->inner_algorithm = element.whole;
    if (!take(crl, r, DER_SEQUENCE, &element))
        return false;
    crl->issuer = element.whole;
    if (element.body.n == 0)
        crl->anomalies |= CRL_BIT(ISSUER_EMPTY);
    if (!read_times(crl, r))
        return false;
    if (reader_peek(r) == DER_SEQUENCE && take(crl, r, DER_SEQUENCE, &element)) {
        crl->entries = element.body;
        /* RFC 5280 section 5.1.2.6: "when there are no revoked certificates, the revoked
         * certificates list MUST be absent". */
        if (element.body.n == 0)
            crl->anomalies |= CRL_BIT(REVOKED_EMPTY);
    }
    if (reader_optional(r, DER_CONTEXT_CONS(0), &element))
        read_extensions(crl, &element);
    if (!r->bad && !reader_at_end(r)) {
        r->bad = true;
        r->bad_at = r->offset;
    }
    return !r->bad;
}

/** RFC 5280 sections 5.1.1.2 and 5.1.1.3 */
static bool read_signature(struct crl *crl, struct reader *r)
{
    struct der element;
    struct algorithm algorithm;
    unsigned unused;
    if (!take(crl, r, DER_SEQUENCE, &element))
        return false;
    crl->outer_algorithm = element.whole;
    if (!algorithm_read(element.whole, element.offset, &algorithm))
        crl->anomalies |= CRL_BIT(MALFORMED);
    crl->signature_algorithm = algorithm.id;
    crl->signature_digest = signature_digest(NULL, &algorithm);
    if (!bytes_equal(crl->inner_algorithm, crl->outer_algorithm))
        crl->anomalies |= CRL_BIT(ALGORITHMS_DIFFER);
    if (!take(crl, r, DER_BIT_STRING, &element))
        return false;
    if (!der_bit_string(&element, &crl->signature, &unused))
        crl->anomalies |= CRL_BIT(MALFORMED);
    else if (unused != 0)
        crl->anomalies |= CRL_BIT(SIGNATURE_UNUSED_BITS);
    if (!reader_at_end(r))
        crl->anomalies |= CRL_BIT(MALFORMED);
    return true;
}

static void read_list(struct crl *crl, struct bytes der)
{
    struct reader outer = reader_of(der, 0);
    struct der whole, tbs;
    struct reader r = outer;
    if (take(crl, &outer, DER_SEQUENCE, &whole)) {
        if (!reader_at_end(&outer))
            crl->anomalies |= CRL_BIT(TRAILING);
        crl->der = whole.whole;
        r = reader_enter(&whole);
        if (take(crl, &r, DER_SEQUENCE, &tbs)) {
            struct reader fields = reader_enter(&tbs);
            crl->tbs = tbs.whole;
            if (!read_tbs(crl, &fields))
                r = fields;
            else
                crl->parsed = read_signature(crl, &r);
        }
    }
    if (crl->parsed)
        return;
    crl->bad_at = outer.bad ? outer.bad_at : r.bad_at;
    crl->anomalies |= CRL_BIT(MALFORMED);
}

struct crl *crl_parse(struct bytes der)
{
    struct crl *crl = xcalloc(1, sizeof *crl);
    crl->der = der;
    crl->this_update = crl->next_update = TIME_NONE;
    read_list(crl, der);
    /* RFC 5280 sections 5.2.1 and 5.2.3: "CRL issuers MUST include". */
    if (crl->parsed && crl->number.p == NULL)
        crl->anomalies |= CRL_BIT(NO_NUMBER);
    if (crl->parsed && crl->aki_key_id.p == NULL && crl->aki_issuer.p == NULL)
        crl->anomalies |= CRL_BIT(NO_AUTHORITY_KEY_ID);
    crl->memory = xcalloc(1, sizeof *crl->memory);
    return crl;
}

void crl_free(struct crl *crl)
{
    if (crl == NULL)
        return;
    crl_forget_index(crl->memory);
    free(crl->memory);
    free(crl);
}

static struct bytes without_zeros(struct bytes number)
{
    while (number.n > 0 && number.p[0] == 0)
        number = bytes_slice(number, 1, number.n - 1);
    return number;
}

int crl_number_compare(struct bytes a, struct bytes b)
{
    a = without_zeros(a);
    b = without_zeros(b);
    if (a.n != b.n)
        return a.n < b.n ? -1 : 1;
    return a.n == 0 ? 0 : memcmp(a.p, b.p, a.n);
}

enum sig_result crl_verify(struct crl *crl, struct bytes spki)
{
    struct crl_memory *memory = crl->memory;
    uint8_t id[32];
    crypto_sha256(spki, id);
    for (size_t i = 0; i < CRL_KEYS; i++) {
        if (memory->checked[i].result != 0 && memcmp(memory->checked[i].spki, id, 32) == 0)
            return memory->checked[i].result;
    }
    const enum sig_result result =
        crypto_verify(spki, crl->outer_algorithm, crl->tbs, crl->signature);
    memcpy(memory->checked[memory->next_key].spki, id, 32);
    memory->checked[memory->next_key].result = result;
    memory->next_key = (memory->next_key + 1) % CRL_KEYS;
    return result;
}
