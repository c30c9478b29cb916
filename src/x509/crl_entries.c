/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of a CRL (RFC 5280 sections 5.1.2.6 and 5.3): walked where they lie. A list may have
 * millions, so what nearly every entry looks like is read without the general reader. */
#include <stdlib.h>
#include <string.h>

#include "crl_internal.h"

/** One entry as it lies there: its time is read only when somebody asks. */
struct raw {
    struct bytes serial; /* without redundant leading octets */
    struct bytes time;
    uint8_t time_tag;
    bool padded, critical_unknown, empty_extensions, malformed;
    int reason;
    bool has_extensions;
    struct bytes invalidity;  /* GeneralizedTime content */
    struct bytes cert_issuer; /* content of its GeneralNames, of this entry itself */
};

/** X.690 8.3.2: leading octets that say nothing, as some CAs wrote them. */
static struct bytes serial_plain(struct bytes serial)
{
    while (der_int_is_padded(serial))
        serial = bytes_of(serial.p + 1, serial.n - 1);
    return serial;
}

/* ---- one entry ---- */

/** The Extensions that are nothing but a cRLReason, up to its one octet. */
static const uint8_t only_reason[] = {0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55,
                                      0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01};

/** UTCTime with seconds and Z, or GeneralizedTime likewise: its length with header, or 0. */
static inline size_t plain_time(const uint8_t *p, size_t n)
{
    if (n >= 15 && p[0] == DER_UTC_TIME && p[1] == 13 && p[14] == 'Z')
        return 15;
    return n >= 17 && p[0] == DER_GENERALIZED_TIME && p[1] == 15 && p[16] == 'Z' ? 17 : 0;
}

/** The common form: lengths of one octet, no extension but a reason. Returns its whole length, or 0
 *  when the entry is of another form. */
static inline size_t raw_read_plain(const uint8_t *p, size_t left, struct raw *out)
{
    if (left < 6 || p[0] != DER_SEQUENCE || p[1] >= 0x80 || p[1] > left - 2)
        return 0;
    const size_t n = p[1], serial = p[3];
    const uint8_t *body = p + 2;
    if (n < 4 || body[0] != DER_INTEGER || serial == 0 || serial > n - 2)
        return 0;
    const size_t time = plain_time(body + 2 + serial, n - 2 - serial);
    if (time == 0)
        return 0;
    const uint8_t *extensions = body + 2 + serial + time;
    const size_t rest = n - 2 - serial - time;
    *out = (struct raw){
        .serial = {body + 2, serial},
        .time = {extensions - time + 2, time - 2},
        .time_tag = extensions[-(ptrdiff_t)time],
        .reason = REASON_ABSENT,
    };
    if (der_int_is_padded(out->serial)) {
        out->serial = serial_plain(out->serial);
        out->padded = true;
    }
    if (rest == 0)
        return 2 + n;
    if (rest != sizeof only_reason + 1 || memcmp(extensions, only_reason, sizeof only_reason) != 0)
        return 0;
    out->reason = extensions[sizeof only_reason];
    out->has_extensions = true;
    return 2 + n;
}

/** The one element that an entry extension's value is. */
static bool extension_value(const struct extension *e, uint8_t tag, struct der *out)
{
    struct reader r = reader_of(e->value, e->value_offset);
    return reader_expect(&r, tag, out) && reader_at_end(&r);
}

/** RFC 5280 section 5.3 */
static bool raw_read_extension(const struct extension *e, struct raw *out)
{
    struct der element;
    int64_t value;
    switch (e->id) {
    case OID_CRL_REASON:
        if (!extension_value(e, DER_ENUMERATED, &element) || !der_small_int(&element, &value))
            return false;
        out->reason = value <= REASON_AA_COMPROMISE ? (int)value : REASON_AA_COMPROMISE + 1;
        return true;
    case OID_INVALIDITY_DATE:
        if (!extension_value(e, DER_GENERALIZED_TIME, &element))
            return false;
        out->invalidity = element.body;
        return true;
    case OID_CERTIFICATE_ISSUER:
        if (!extension_value(e, DER_SEQUENCE, &element))
            return false;
        out->cert_issuer = element.body;
        return true;
    default:
        out->critical_unknown |= e->critical && e->id != OID_HOLD_INSTRUCTION;
        return true;
    }
}

static bool raw_read_extensions(const struct der *list, struct raw *out)
{
    struct reader r = reader_enter(list);
    struct extension e;
    out->has_extensions = true;
    out->empty_extensions = reader_at_end(&r);
    for (size_t i = 0; i < LIMIT_EXTENSIONS && extension_take(&r, &e); i++) {
        if (!raw_read_extension(&e, out))
            return false;
    }
    return !r.bad && reader_at_end(&r);
}

/** Any entry; malformed is set when it is none. Returns its whole length, 0 when not even that is
 *  known. */
static size_t raw_read_any(const uint8_t *p, size_t left, struct raw *out)
{
    struct reader r = reader_of(bytes_of(p, left), 0);
    struct der entry, serial, time, extensions;
    *out = (struct raw){.reason = REASON_ABSENT, .malformed = true};
    if (!reader_expect(&r, DER_SEQUENCE, &entry))
        return 0;
    struct reader fields = reader_enter(&entry);
    cw_time t;
    if (!reader_expect(&fields, DER_INTEGER, &serial) || serial.body.n == 0 ||
        !reader_next(&fields, &time) || (der_time(&time, &t) & DER_TIME_UNREADABLE) != 0)
        return entry.whole.n;
    out->serial = serial_plain(serial.body);
    out->padded = out->serial.n != serial.body.n;
    out->time = time.body;
    out->time_tag = time.tag;
    out->malformed = reader_optional(&fields, DER_SEQUENCE, &extensions) &&
                     !raw_read_extensions(&extensions, out);
    out->malformed |= fields.bad || !reader_at_end(&fields);
    return entry.whole.n;
}

static inline size_t raw_read(const uint8_t *p, size_t left, struct raw *out)
{
    const size_t n = raw_read_plain(p, left, out);
    return n > 0 ? n : raw_read_any(p, left, out);
}

static cw_time content_time(struct bytes content, uint8_t tag)
{
    cw_time t = TIME_NONE;
    if (content.p != NULL)
        der_time(&(struct der){.tag = tag, .body = content}, &t);
    return t;
}

/* ---- one question ---- */

struct question {
    struct bytes issuer, serial;
    bool found;
    struct crl_entry *out;
};

static inline bool serial_is(const struct raw *raw, struct bytes serial)
{
    return raw->serial.n == serial.n && raw->serial.p[serial.n - 1] == serial.p[serial.n - 1] &&
           memcmp(raw->serial.p, serial.p, serial.n) == 0;
}

/** An entry of the serial number asked for, and the certificateIssuer that applies to it. RFC 5280
 *  section 5.3.3: of another issuer, it is another certificate. Of two entries, one that takes the
 *  certificate off the list says less than one that puts it on. */
static void question_answer(struct question *q, const struct crl *crl, const struct raw *raw,
                            struct bytes cert_issuer, size_t offset)
{
    const bool own = cert_issuer.p == NULL;
    if (!(own ? name_equal(crl->issuer, q->issuer) : general_names_hold(cert_issuer, q->issuer)))
        return;
    if (q->found && q->out->reason != REASON_REMOVE_FROM_CRL)
        return;
    q->found = true;
    *q->out = (struct crl_entry){
        .serial = raw->serial,
        .revoked_at = content_time(raw->time, raw->time_tag),
        .reason = raw->reason,
        .invalidity = content_time(raw->invalidity, DER_GENERALIZED_TIME),
        .cert_issuer = cert_issuer,
        .offset = (size_t)(crl->entries.p - crl->der.p) + offset,
    };
}

/* ---- the walk over all of them ---- */

/** What is learnt of an entry that is not as nearly all are. */
static void note_oddities(struct crl *crl, const struct raw *raw)
{
    struct crl_memory *memory = crl->memory;
    if (raw->padded)
        crl->anomalies |= CRL_BIT(ENTRY_SERIAL_PADDED);
    if (raw->empty_extensions)
        crl->anomalies |= CRL_BIT(ENTRY_EXTENSIONS_EMPTY);
    if (raw->has_extensions && crl->version < 2)
        crl->anomalies |= CRL_BIT(ENTRY_EXTENSIONS_NOT_V2);
    if (raw->malformed)
        memory->fault = CRL_ENTRIES_MALFORMED;
    else if (raw->critical_unknown && memory->fault == CRL_UNLISTED)
        memory->fault = CRL_ENTRY_CRITICAL;
}

static void walk(struct crl *crl, struct question *q)
{
    struct crl_memory *memory = crl->memory;
    const uint8_t *p = crl->entries.p, *end = p + crl->entries.n;
    struct bytes issuer = {0};
    struct raw raw;
    size_t count = 0;
    while (p < end) {
        const size_t n = raw_read(p, (size_t)(end - p), &raw);
        if (raw.has_extensions || raw.padded || raw.malformed)
            note_oddities(crl, &raw);
        if (raw.malformed)
            break;
        if (raw.cert_issuer.p != NULL)
            issuer = raw.cert_issuer;
        if (serial_is(&raw, q->serial))
            question_answer(q, crl, &raw, issuer, (size_t)(p - crl->entries.p));
        count++;
        p += n;
    }
    memory->count = count;
    memory->walked = true;
}

/* ---- the index ---- */

/** Serial numbers are random or consecutive: both ends of one are mixed, and its length. */
static inline uint64_t serial_hash(struct bytes serial)
{
    uint64_t head = 0, tail = 0;
    if (serial.n >= 8) {
        memcpy(&head, serial.p, 8);
        memcpy(&tail, serial.p + serial.n - 8, 8);
    } else {
        memcpy(&head, serial.p, serial.n);
    }
    uint64_t h = (head + serial.n) * UINT64_C(0x9e3779b97f4a7c15) ^ tail;
    h ^= h >> 32;
    h *= UINT64_C(0xd6e8feb86659fd93);
    return h ^ h >> 32;
}

static inline size_t slot_of(const struct crl_memory *memory, struct bytes serial)
{
    return (size_t)((serial_hash(serial) & UINT32_MAX) * memory->cap >> 32);
}

void crl_forget_index(struct crl_memory *memory)
{
    free(memory->slots);
    free(memory->issuers);
    memory->slots = NULL;
    memory->issuers = NULL;
    memory->issuer_count = memory->issuer_cap = 0;
}

static bool slot_take(struct crl_memory *memory, struct bytes serial, uint32_t place)
{
    size_t slot = slot_of(memory, serial);
    for (size_t i = 0; i < LIMIT_CRL_PROBES; i++) {
        if (memory->slots[slot] == 0) {
            memory->slots[slot] = place;
            return true;
        }
        slot = slot + 1 == memory->cap ? 0 : slot + 1;
    }
    return false;
}

static bool issuer_add(struct crl_memory *memory, uint32_t from, struct bytes names)
{
    if (memory->issuer_count == LIMIT_CRL_ISSUERS)
        return false;
    if (memory->issuer_count == memory->issuer_cap) {
        memory->issuer_cap = memory->issuer_cap > 0 ? 2 * memory->issuer_cap : 16;
        struct crl_issuer *larger = xcalloc(memory->issuer_cap, sizeof *larger);
        if (memory->issuer_count > 0)
            memcpy(larger, memory->issuers, memory->issuer_count * sizeof *larger);
        free(memory->issuers);
        memory->issuers = larger;
    }
    memory->issuers[memory->issuer_count++] = (struct crl_issuer){from, names};
    return true;
}

static bool index_fill(const struct crl *crl)
{
    struct crl_memory *memory = crl->memory;
    const uint8_t *p = crl->entries.p, *end = p + crl->entries.n;
    struct raw raw;
    while (p < end) {
        const size_t n = raw_read(p, (size_t)(end - p), &raw);
        const uint32_t place = (uint32_t)(p - crl->entries.p) + 1;
        if (raw.cert_issuer.p != NULL && !issuer_add(memory, place, raw.cert_issuer))
            return false;
        /* malformed: the file was changed under its mapping since it was walked */
        if (raw.malformed || !slot_take(memory, raw.serial, place))
            return false;
        p += n;
    }
    return true;
}

/** Four fifths of the slots are taken, so that an index costs five bytes per entry. */
static void index_build(const struct crl *crl)
{
    struct crl_memory *memory = crl->memory;
    if (memory->no_index || memory->slots != NULL)
        return;
    memory->no_index = memory->count > LIMIT_CRL_INDEX || crl->entries.n >= UINT32_MAX;
    if (memory->no_index)
        return;
    memory->cap = memory->count + memory->count / 4 + 8;
    memory->slots = xcalloc(memory->cap, sizeof *memory->slots);
    if (!index_fill(crl)) {
        memory->no_index = true;
        crl_forget_index(memory);
    }
}

/** The certificateIssuer that applies to an entry: the last one up to it. */
static struct bytes issuer_at(const struct crl_memory *memory, uint32_t place)
{
    size_t low = 0, high = memory->issuer_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (memory->issuers[middle].from <= place)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? memory->issuers[low - 1].names : bytes_of(NULL, 0);
}

static void index_ask(const struct crl *crl, struct question *q)
{
    const struct crl_memory *memory = crl->memory;
    size_t slot = slot_of(memory, q->serial);
    for (size_t i = 0; i < LIMIT_CRL_PROBES && memory->slots[slot] != 0; i++) {
        const uint32_t place = memory->slots[slot];
        const size_t offset = place - 1;
        struct raw raw;
        raw_read(crl->entries.p + offset, crl->entries.n - offset, &raw);
        if (serial_is(&raw, q->serial))
            question_answer(q, crl, &raw, issuer_at(memory, place), offset);
        slot = slot + 1 == memory->cap ? 0 : slot + 1;
    }
}

enum crl_listing crl_find(struct crl *crl, struct bytes issuer, struct bytes serial,
                          struct crl_entry *out)
{
    struct crl_memory *memory = crl->memory;
    struct question q = {.issuer = issuer, .serial = serial_plain(serial), .out = out};
    if (!crl->parsed)
        return CRL_ENTRIES_MALFORMED;
    if (serial.n == 0)
        return CRL_UNLISTED;
    if (memory->walked && memory->fault != CRL_UNLISTED)
        return memory->fault;
    if (memory->walked)
        index_build(crl);
    if (memory->slots != NULL)
        index_ask(crl, &q);
    else
        walk(crl, &q);
    if (memory->fault != CRL_UNLISTED)
        return memory->fault;
    return q.found ? CRL_LISTED : CRL_UNLISTED;
}

size_t crl_entry_count(const struct crl *crl)
{
    return crl->memory->count;
}
