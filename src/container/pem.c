/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs BEGIN and END markers and turns what lies between into objects. RFC 7468, read forgivingly:
 * every fault is named, none ends the reading, and what can be saved without guessing is saved. */
#include <string.h>

#include "internal.h"

struct pem {
    struct builder *b;
    struct bytes text;
    struct marker_scan scan;
    struct place place; /* moves forward only */
    size_t last_end;    /* behind the last marker */
    bool last_was_end;
    size_t blocks;
};

/* One block while it is read. */
struct block {
    const struct marker *begin, *end; /* end: NULL when missing */
    size_t to, index;
    struct place at_begin, at_end;
    const struct label *label; /* NULL: a kind that we do not know */
    bool lost_lines, escaped, indented;
};

static const struct bytes no_excerpt = {0};

static struct place pem_place(struct pem *pem, size_t at)
{
    pem->place = place_advance(pem->text, pem->place, at);
    return pem->place;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static bool is_break(uint8_t c)
{
    return c == '\n' || c == '\r';
}

static size_t skip_blanks(struct bytes text, size_t at, size_t to)
{
    while (at < to && is_blank(text.p[at]))
        at++;
    return at;
}

/* The end of the character before `at` on its line that is not blank, or `from`. */
static size_t skip_blanks_back(struct bytes text, size_t from, size_t at)
{
    while (at > from && is_blank(text.p[at - 1]))
        at--;
    return at;
}

/* ---- what stands beside the markers ---- */

static void marker_faults(struct pem *pem, const struct marker *marker, struct place place,
                          size_t block)
{
    const struct bytes shown = bytes_slice(pem->text, marker->at, marker->end - marker->at);
    if (marker->style & MARKER_SMART)
        builder_fault(pem->b, FAULT_SMART_DASH, place, block, shown);
    if (marker->style & MARKER_BENT)
        builder_fault(pem->b, FAULT_WRONG_DASHES, place, block, shown);
}

/* Text behind BEGIN on its line, not written as \n: where line breaks were lost (a variable without
 * quotes), blanks or nothing stand for them. */
static bool begin_has_company(struct bytes text, const struct marker *begin, size_t to)
{
    const size_t at = skip_blanks(text, begin->end, to);
    return at < to && !is_break(text.p[at]) && text.p[at] != '\\';
}

static bool end_has_company_before(struct bytes text, const struct block *block)
{
    const size_t from = block->begin ? block->begin->end : 0;
    const size_t at = skip_blanks_back(text, from, block->end->at);
    return at > from && !is_break(text.p[at - 1]);
}

/* Text behind END that is not the next BEGIN, which is a seam and told there. */
static bool end_has_company_behind(struct bytes text, const struct marker *end)
{
    enum { NEAR = 16 };
    const size_t at = skip_blanks(text, end->end, text.n);
    if (at == text.n || is_break(text.p[at]))
        return false;
    return bytes_find(bytes_slice(text, at, NEAR), bytes_str("BEGIN ")) == SIZE_MAX;
}

static bool begin_is_indented(const struct pem *pem, const struct marker *begin)
{
    const size_t before = skip_blanks_back(pem->text, pem->last_end, begin->at);
    return before < begin->at && (before == 0 || is_break(pem->text.p[before - 1]));
}

/* Faults of the place where BEGIN stands: behind an END, behind other text, indented. */
static void begin_faults(struct pem *pem, const struct block *block)
{
    const size_t at = block->begin->at;
    const size_t before = skip_blanks_back(pem->text, pem->last_end, at);
    if (before == pem->last_end && pem->last_was_end) {
        if (before == at || !block->lost_lines)
            builder_fault(pem->b, FAULT_SEAM, block->at_begin, block->index,
                          bytes_slice(pem->text, at, block->begin->end - at));
        return;
    }
    const bool line_start = before == 0 || is_break(pem->text.p[before - 1]);
    if (block->indented)
        builder_fault(pem->b, FAULT_INDENTED, block->at_begin, block->index, no_excerpt);
    else if (!line_start && !block->lost_lines && !block->escaped && !pem->b->map)
        builder_fault(pem->b, FAULT_LOST_NEWLINES, block->at_begin, block->index, no_excerpt);
}

static void end_faults(struct pem *pem, const struct block *block)
{
    const struct marker *end = block->end;
    marker_faults(pem, end, block->at_end, block->index);
    if (!bytes_equal(block->begin->label, end->label))
        builder_fault(pem->b, FAULT_LABEL_MISMATCH, block->at_end, block->index, end->label);
    if (block->lost_lines || block->escaped)
        return;
    if (end_has_company_before(pem->text, block) || end_has_company_behind(pem->text, end))
        builder_fault(pem->b, FAULT_LOST_NEWLINES, block->at_end, block->index, no_excerpt);
}

/* ---- objects ---- */

static struct object object_of(const struct pem *pem, const struct block *block)
{
    struct object object = {.kind = block->label ? block->label->kind : OBJECT_OTHER};
    object.label = block->label
                       ? block->label->text
                       : str_safe(pem->b->arena, block->begin ? block->begin->label : no_excerpt);
    object.origin.line = builder_line(pem->b, block->at_begin);
    object.origin.offset = builder_offset(pem->b, block->at_begin.at);
    object.end_line = builder_line(pem->b, block->at_end);
    object.encrypted = block->label && block->label->encrypted;
    return object;
}

static void private_key_object(struct pem *pem, const struct block *block, bool encrypted)
{
    struct object object = object_of(pem, block);
    object.kind = OBJECT_PRIVATE_KEY;
    object.encrypted = encrypted;
    builder_fault(pem->b, FAULT_PRIVATE_KEY, block->at_begin, block->index,
                  bytes_str(object.label));
    builder_object(pem->b, object);
}

/* A traditional key says so in an RFC 1421 header; OpenSSH's own format names its cipher first, and
 * "none" in base64 reads as below. */
static bool key_is_encrypted(const struct pem *pem, const struct block *block)
{
    enum { HEAD = 256 };
    const size_t from = block->begin->end;
    const size_t n = block->to - from < HEAD ? block->to - from : HEAD;
    const struct bytes head = bytes_slice(pem->text, from, n);
    if (bytes_equal_str(block->begin->label, "OPENSSH PRIVATE KEY"))
        return bytes_find(head, bytes_str("AAAABG5vbmU")) == SIZE_MAX;
    return (block->label && block->label->encrypted) ||
           bytes_find(head, bytes_str("ENCRYPTED")) != SIZE_MAX;
}

/* Certificates that follow the first one in the same block, because the lines END and BEGIN between
 * them were removed. Returns how many bytes from `from` on they fill. */
static size_t add_joined(struct pem *pem, const struct block *block, struct bytes der, size_t from)
{
    size_t at = from;
    while (at < der.n && !pem->b->full) {
        const char *what;
        bool encrypted;
        const struct bytes rest = bytes_slice(der, at, der.n);
        const size_t claimed = der_claimed(rest);
        if (claimed == 0 || claimed > rest.n ||
            der_recognise(rest, &what, &encrypted) != OBJECT_CERTIFICATE)
            break;
        struct object object = object_of(pem, block);
        object.der = bytes_slice(rest, 0, claimed);
        builder_object(pem->b, object);
        at += claimed;
    }
    return at - from;
}

static bool is_whole(struct bytes der)
{
    const size_t claimed = der_claimed(der);
    return claimed > 0 && claimed <= der.n;
}

static void wipe(struct bytes secret)
{
    if (secret.n)
        explicit_bzero((void *)(uintptr_t)secret.p, secret.n);
}

/* The decoded content under a label that we know. */
static void add_objects(struct pem *pem, const struct block *block, struct bytes der)
{
    const char *what;
    bool encrypted;
    const enum object_kind found = der_recognise(der, &what, &encrypted);
    if (found == OBJECT_PRIVATE_KEY) {
        private_key_object(pem, block, encrypted);
        wipe(der);
        return;
    }
    struct object object = object_of(pem, block);
    const bool checked = object.kind != OBJECT_OTHER && found != OBJECT_PKCS7;
    const bool whole = is_whole(der);
    if (checked && !whole)
        builder_fault(pem->b, FAULT_BAD_DER, block->at_begin, block->index, no_excerpt);
    if (found != OBJECT_OTHER && found != object.kind) {
        object.kind = found;
        if (found != OBJECT_PKCS7)
            builder_fault(pem->b, FAULT_WRONG_KIND, block->at_begin, block->index, bytes_str(what));
    }
    /* OpenSSL's TRUSTED CERTIFICATE goes on with its own attributes behind the certificate, a block
     * without END with whatever text followed. */
    const bool cut = !block->end || bytes_equal_str(block->begin->label, "TRUSTED CERTIFICATE");
    object.der = whole && cut ? bytes_slice(der, 0, der_claimed(der)) : der;
    const size_t first = whole ? der_claimed(der) : der.n;
    const size_t at = pem->b->out->object_count;
    builder_object(pem->b, object);
    if (object.kind == OBJECT_PKCS7 && pkcs7_read(pem->b, der, &object) > 0)
        builder_fault(pem->b, FAULT_WRONG_KIND, block->at_begin, block->index,
                      bytes_str("a PKCS#7 bundle"));
    if (object.kind != OBJECT_CERTIFICATE || pem->b->out->object_count == at)
        return;
    if (add_joined(pem, block, der, first) > 0) {
        pem->b->out->objects[at].der = bytes_slice(der, 0, first);
        if (block->end)
            builder_fault(pem->b, FAULT_NO_END, block->at_begin, block->index, no_excerpt);
    }
}

/* ---- blocks ---- */

/* A sentence about markers ("paste it between -----BEGIN … and -----END …") is no block. */
static bool is_prose(struct bytes text, const struct marker *begin, const struct marker *end)
{
    enum { SHORTEST = 32 };
    if (!end || end->at - begin->end >= SHORTEST)
        return false;
    for (size_t i = begin->end; i < end->at; i++)
        if (is_break(text.p[i]) || text.p[i] == '\\')
            return false;
    return end->at > begin->end;
}

static void block_content(struct pem *pem, struct block *block)
{
    if (label_is_private(block->begin->label)) {
        const bool encrypted = key_is_encrypted(pem, block);
        block->escaped =
            bytes_find(bytes_slice(pem->text, block->begin->end, 2), bytes_str("\\n")) == 0;
        private_key_object(pem, block, encrypted);
        return;
    }
    if (!block->label) {
        builder_object(pem->b, object_of(pem, block));
        return;
    }
    const struct body_request request = {
        .text = pem->text,
        .from = pem_place(pem, block->begin->end),
        .to = block->to,
        .block = block->index,
        .open = !block->end,
        .loose = block->lost_lines,
        .indented = block->indented,
    };
    struct body body;
    body_read(pem->b, &request, &body);
    pem->place = body.stop;
    block->escaped = body.escaped;
    block->at_end = block->end ? pem_place(pem, block->end->at) : body.stop;
    add_objects(pem, block, body.der);
}

static void block_read(struct pem *pem, const struct marker *begin, const struct marker *end,
                       size_t to)
{
    struct block block = {
        .begin = begin,
        .end = end,
        .to = to,
        .index = pem->blocks++,
        .at_begin = pem_place(pem, begin->at),
        .label = label_find(begin->label),
        .lost_lines = begin_has_company(pem->text, begin, to),
        .indented = begin_is_indented(pem, begin),
    };
    marker_faults(pem, begin, block.at_begin, block.index);
    block.at_end = block.at_begin;
    if (end && (!block.label || label_is_private(begin->label))) /* not decoded, so not walked */
        block.at_end = place_advance(pem->text, block.at_begin, end->at);
    block_content(pem, &block);
    if (block.lost_lines)
        builder_fault(pem->b, FAULT_LOST_NEWLINES, block.at_begin, block.index, no_excerpt);
    begin_faults(pem, &block);
    if (end) {
        block.at_end = pem_place(pem, end->at);
        end_faults(pem, &block);
    } else {
        builder_fault(pem->b, FAULT_NO_END, block.at_begin, block.index, begin->label);
    }
    pem->last_end = end ? end->end : begin->end;
    pem->last_was_end = end != NULL;
}

/* ---- base64 without its BEGIN ---- */

/* A line of nothing but base64, blanks around it allowed. */
static bool is_base64_line(struct bytes line)
{
    size_t from = skip_blanks(line, 0, line.n), to = line.n;
    while (to > from && (is_blank(line.p[to - 1]) || is_break(line.p[to - 1])))
        to--;
    if (from == to)
        return false;
    for (; from < to; from++)
        if (str_base64_value(line.p[from]) < 0 && line.p[from] != '=')
            return false;
    return true;
}

/* Where the run of base64 lines starts that ends before `at`. */
static size_t base64_run_start(struct bytes text, size_t from, size_t at)
{
    size_t start = at;
    while (start > from) {
        size_t line = start - 1; /* the line break that ends the line above */
        while (line > from && text.p[line - 1] != '\n')
            line--;
        if (!is_base64_line(bytes_slice(text, line, start - line)))
            break;
        start = line;
    }
    return skip_blanks(text, start, at);
}

static void bare_read(struct pem *pem, const struct marker *end, size_t from, size_t to)
{
    static const struct label certificate = {"CERTIFICATE", OBJECT_CERTIFICATE, false};
    const struct label *label = end ? label_find(end->label) : &certificate;
    struct block block = {
        .end = end,
        .to = to,
        .index = end ? pem->blocks++ : 0,
        .at_begin = pem_place(pem, from),
        .label = label,
    };
    bool saved = false;
    /* DER starts with SEQUENCE, 0x30: "M" in base64. */
    if (label && label->kind != OBJECT_PRIVATE_KEY && from < to && pem->text.p[from] == 'M') {
        const struct marker nothing = {.label = bytes_str(label->text)};
        const struct body_request request = {.text = pem->text,
                                             .from = block.at_begin,
                                             .to = to,
                                             .block = block.index,
                                             .bare = true};
        struct body body;
        body_read(pem->b, &request, &body);
        pem->place = body.stop;
        block.at_end = body.stop;
        block.begin = &nothing;
        saved = is_whole(body.der);
        if (saved)
            add_objects(pem, &block, body.der);
        else
            wipe(body.der);
    }
    const struct place place = end ? pem_place(pem, end->at) : block.at_begin;
    if (end)
        marker_faults(pem, end, place, block.index);
    if (end && !saved && label && label->kind == OBJECT_CERTIFICATE)
        builder_fault(pem->b, FAULT_UNSAVED, place, block.index, no_excerpt);
    builder_fault(pem->b, end ? FAULT_NO_BEGIN : FAULT_NO_MARKERS, place, block.index,
                  end ? end->label : no_excerpt);
    pem->last_end = end ? end->end : to;
    pem->last_was_end = true;
}

/* No marker at all: base64 and nothing else, as Windows and APIs give it. */
static bool bare_file_read(struct pem *pem)
{
    size_t from = 0, to = pem->text.n;
    while (from < to && (is_blank(pem->text.p[from]) || is_break(pem->text.p[from])))
        from++;
    while (to > from && (is_blank(pem->text.p[to - 1]) || is_break(pem->text.p[to - 1])))
        to--;
    if (from == to || pem->text.p[from] != 'M' || base64_run_start(pem->text, from, to) != from)
        return false;
    bare_read(pem, NULL, from, to);
    return pem->b->out->object_count > 0;
}

bool pem_read(struct builder *b, struct bytes text)
{
    struct pem pem = {
        .b = b, .text = text, .scan = marker_scan_of(text), .place = {.line = 1, .column = 1}};
    struct marker marker, next;
    bool found = false;
    bool more = marker_next(&pem.scan, 0, &marker);
    if (!more)
        return bare_file_read(&pem);
    while (more && !b->full) {
        const bool has_next = marker_next(&pem.scan, marker.end, &next);
        const bool pair = marker.begin && has_next && !next.begin;
        const bool prose = pair && is_prose(text, &marker, &next);
        found = found || !prose;
        if (!marker.begin)
            bare_read(&pem, &marker, base64_run_start(text, pem.last_end, marker.at), marker.at);
        else if (!prose)
            block_read(&pem, &marker, pair ? &next : NULL, has_next ? next.at : text.n);
        if (pair) {
            more = marker_next(&pem.scan, next.end, &marker);
        } else {
            marker = next;
            more = has_next;
        }
    }
    return found;
}
