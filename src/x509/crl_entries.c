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
 *  section 5.3.3: of another issuer, it is another certificate. Of several entries the first counts
 *  that does not take the certificate off the list. */
static void question_answer(struct question *q, const struct crl *crl, const struct raw *raw,
                            struct bytes cert_issuer, size_t offset)
{
    const bool own = cert_issuer.p == NULL;
    if (!(own ? name_equal(crl->issuer, q->issuer) : general_names_hold(cert_issuer, q->issuer)))
        return;
    const size_t place = (size_t)(crl->entries.p - crl->der.p) + offset;
    if (q->found && q->out->reason != REASON_REMOVE_FROM_CRL &&
        (raw->reason == REASON_REMOVE_FROM_CRL || q->out->offset <= place))
        return;
    q->found = true;
    *q->out = (struct crl_entry){
        .serial = raw->serial,
        .revoked_at = content_time(raw->time, raw->time_tag),
        .reason = raw->reason,
        .invalidity = content_time(raw->invalidity, DER_GENERALIZED_TIME),
        .cert_issuer = cert_issuer,
        .offset = place,
    };
}

/* ---- the index: chains of entries whose serial numbers have one hash ---- */

/** The shortest entry: a serial number of one octet and a time without seconds. */
enum { SHORTEST_ENTRY = 18, BYTES_PER_BUCKET = 160 };

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

static inline size_t bucket_of(const struct crl_memory *memory, struct bytes serial)
{
    return (size_t)((serial_hash(serial) & UINT32_MAX) * memory->bucket_count >> 32);
}

void crl_forget_index(struct crl_memory *memory)
{
    free(memory->marks);
    free(memory->next);
    free(memory->buckets);
    free(memory->issuers);
    memory->marks = memory->next = memory->buckets = NULL;
    memory->issuers = NULL;
    memory->issuer_count = memory->issuer_cap = 0;
}

/** Room for as many entries as there can be: pages that are not needed are never touched. Without
 * room, or beyond the limit, every question walks. */
static void index_start(const struct crl *crl)
{
    struct crl_memory *memory = crl->memory;
    const size_t most = crl->entries.n / SHORTEST_ENTRY + 1;
    memory->cap = most < LIMIT_CRL_INDEX ? most : LIMIT_CRL_INDEX;
    if (crl->entries.n >= UINT32_MAX)
        return;
    memory->bucket_count = memory->cap * SHORTEST_ENTRY / BYTES_PER_BUCKET + 1;
    memory->marks = malloc((memory->cap / CRL_MARK + 1) * sizeof *memory->marks);
    memory->next = malloc(memory->cap * sizeof *memory->next);
    memory->buckets = calloc(memory->bucket_count, sizeof *memory->buckets);
    if (memory->marks == NULL || memory->next == NULL || memory->buckets == NULL)
        crl_forget_index(memory);
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

static inline void index_add(struct crl_memory *memory, const struct raw *raw, size_t offset)
{
    const size_t entry = memory->count;
    if (entry == memory->cap ||
        (raw->cert_issuer.p != NULL && !issuer_add(memory, (uint32_t)offset, raw->cert_issuer))) {
        crl_forget_index(memory);
        return;
    }
    if (entry % CRL_MARK == 0)
        memory->marks[entry / CRL_MARK] = (uint32_t)offset;
    uint32_t *bucket = &memory->buckets[bucket_of(memory, raw->serial)];
    memory->next[entry] = *bucket;
    *bucket = (uint32_t)entry + 1;
}

/** The certificateIssuer that applies to an entry: the last one up to it. */
static struct bytes issuer_at(const struct crl_memory *memory, size_t offset)
{
    size_t low = 0, high = memory->issuer_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (memory->issuers[middle].from <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? memory->issuers[low - 1].names : bytes_of(NULL, 0);
}

/** Walks to an entry from the mark before it; returns its offset. */
static size_t entry_seek(const struct crl *crl, size_t entry, struct raw *out)
{
    size_t offset = crl->memory->marks[entry / CRL_MARK];
    for (size_t left = entry % CRL_MARK;; left--) {
        const size_t n = raw_read(crl->entries.p + offset, crl->entries.n - offset, out);
        if (left == 0 || n == 0)
            return offset;
        offset += n;
    }
}

/** False: so many entries have this hash that walking is no slower. */
static bool index_ask(const struct crl *crl, struct question *q)
{
    const struct crl_memory *memory = crl->memory;
    uint32_t link = memory->buckets[bucket_of(memory, q->serial)];
    for (size_t steps = 0; link != 0; steps++) {
        struct raw raw;
        if (steps == LIMIT_CRL_CHAIN)
            return false;
        const size_t offset = entry_seek(crl, link - 1, &raw);
        if (serial_is(&raw, q->serial))
            question_answer(q, crl, &raw, issuer_at(memory, offset), offset);
        link = memory->next[link - 1];
    }
    return true;
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
    memory->count = 0;
    while (p < end) {
        const size_t n = raw_read(p, (size_t)(end - p), &raw);
        const size_t offset = (size_t)(p - crl->entries.p);
        if (raw.has_extensions || raw.padded || raw.malformed)
            note_oddities(crl, &raw);
        if (raw.malformed)
            break;
        if (raw.cert_issuer.p != NULL)
            issuer = raw.cert_issuer;
        if (serial_is(&raw, q->serial))
            question_answer(q, crl, &raw, issuer, offset);
        if (memory->buckets != NULL && !memory->walked)
            index_add(memory, &raw, offset);
        memory->count++;
        p += n;
    }
    memory->walked = true;
}

enum crl_listing crl_find(struct crl *crl, struct bytes issuer, struct bytes serial,
                          struct crl_entry *out)
{
    struct crl_memory *memory = crl->memory;
    struct question q = {.issuer = issuer, .serial = serial_plain(serial), .out = out};
    if (!crl->parsed)
        return CRL_ENTRIES_MALFORMED;
    if (serial.n == 0 || crl->entries.n == 0)
        return CRL_UNLISTED;
    if (memory->walked && memory->fault != CRL_UNLISTED)
        return memory->fault;
    if (!memory->walked)
        index_start(crl);
    if (!memory->walked || memory->buckets == NULL || !index_ask(crl, &q))
        walk(crl, &q);
    if (memory->fault != CRL_UNLISTED)
        return memory->fault;
    return q.found ? CRL_LISTED : CRL_UNLISTED;
}

size_t crl_entry_count(const struct crl *crl)
{
    return crl->memory->count;
}
