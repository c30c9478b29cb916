/* SPDX-License-Identifier: Apache-2.0 */
/* Text that went through another program: a form, a mail, a web page, a terminal, a Secret. Each
 * layer is taken off in one pass that keeps, for each byte, where it came from, so that faults are
 * still told with their place in the file. Only files that are wrong as they are come here. */
#include <string.h>

#include "layer.h"

enum { LAYERS_MAX = 8 }; /* taken off one file: base64 of a quoted mail of a form is three */

void layer_emit(struct layer *layer, uint8_t byte, size_t from)
{
    const uint32_t place = (uint32_t)from;
    buf_add_byte(&layer->out, byte);
    buf_append(&layer->from, &place, sizeof place);
}

void layer_emit_str(struct layer *layer, const char *text, size_t from)
{
    for (; *text; text++)
        layer_emit(layer, (uint8_t)*text, from);
}

/* UTF-8 of a code point of the basic plane. */
static void emit_code_point(struct layer *layer, unsigned code, size_t from)
{
    if (code < 0x80) {
        layer_emit(layer, (uint8_t)code, from);
    } else if (code < 0x800) {
        layer_emit(layer, (uint8_t)(0xc0 | code >> 6), from);
        layer_emit(layer, (uint8_t)(0x80 | (code & 0x3f)), from);
    } else {
        layer_emit(layer, (uint8_t)(0xe0 | (code >> 12 & 0xf)), from);
        layer_emit(layer, (uint8_t)(0x80 | (code >> 6 & 0x3f)), from);
        layer_emit(layer, (uint8_t)(0x80 | (code & 0x3f)), from);
    }
}

static bool has(struct bytes text, const char *word)
{
    return bytes_find(text, bytes_str(word)) != SIZE_MAX;
}

static bool at_word(struct bytes text, size_t at, const char *word)
{
    return bytes_equal_str(bytes_slice(text, at, strlen(word)), word);
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const uint8_t letter = c | 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* `digits` hex digits at `at`, or -1. */
static int hex_at(struct bytes text, size_t at, size_t digits)
{
    int value = 0;
    for (size_t i = 0; i < digits; i++) {
        const int digit = at + i < text.n ? hex_value(text.p[at + i]) : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* ---- percent-encoding (RFC 3986 section 2.1; forms write a blank as a plus) ---- */

static bool percent_starts(struct layer *layer)
{
    const struct bytes text = layer->text;
    layer->form = has(text, "BEGIN+") || has(text, "begin+") || has(text, "%2B");
    return layer->form || has(text, "BEGIN%20") || has(text, "begin%20") || has(text, "%0A");
}

static size_t percent_step(struct layer *layer, size_t at)
{
    const uint8_t c = layer->text.p[at];
    const int value = c == '%' ? hex_at(layer->text, at + 1, 2) : -1;
    if (value >= 0)
        layer_emit(layer, (uint8_t)value, at);
    else if (layer->form && c == '+')
        layer_emit(layer, ' ', at);
    else
        return 0;
    return value >= 0 ? 3 : 1;
}

/* ---- quoted-printable (RFC 2045 section 6.7) ---- */

/* The length of "=" at the end of a line, which joins it with the next. */
static size_t soft_break(struct bytes text, size_t at)
{
    if (at_word(text, at, "=\r\n"))
        return 3;
    return at_word(text, at, "=\n") ? 2 : 0;
}

/* Padding ends a line too, but then a marker follows, or the next certificate. */
static bool quoted_starts(struct layer *layer)
{
    enum { LONG = 70, OFTEN = 2 }; /* such lines are 76 characters long */
    const struct bytes text = layer->text;
    size_t line = 0, seen = 0, found = 0;
    if (has(text, "=3D") || has(text, "=E2=80"))
        return true;
    for (size_t at = 0; at < text.n && found < OFTEN; at++) {
        const uint8_t *sign = memchr(text.p + at, '=', text.n - at);
        if (!sign)
            break;
        at = (size_t)(sign - text.p);
        const size_t n = soft_break(text, at), next = at + n;
        for (; seen < at; seen++)
            line = text.p[seen] == '\n' ? seen + 1 : line;
        found += n > 0 && next < text.n && at - line >= LONG &&
                 str_base64_value(text.p[next]) >= 0 && !at_word(text, next, "MI");
    }
    return found >= OFTEN;
}

static size_t quoted_step(struct layer *layer, size_t at)
{
    if (layer->text.p[at] != '=')
        return 0;
    const size_t soft = soft_break(layer->text, at);
    const int value = soft ? -1 : hex_at(layer->text, at + 1, 2);
    if (soft)
        return soft;
    if (value < 0)
        return 0;
    layer_emit(layer, (uint8_t)value, at);
    return 3;
}

/* ---- character references of HTML and XML, escapes of JSON ---- */

static bool references_start(struct layer *layer)
{
    static const char *const signs[] = {"&#", "&quot;", "&lt;", "\\u00", "\\/", "\\x", "\\n"};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (has(layer->text, signs[i]))
            return true;
    return false;
}

/* "&#10;" and "&#xA;" */
static size_t numeric_reference(struct layer *layer, size_t at)
{
    enum { DIGITS = 6 };
    const struct bytes text = layer->text;
    const bool hex = at + 2 < text.n && (text.p[at + 2] | 0x20) == 'x';
    size_t i = at + 2 + hex;
    unsigned code = 0;
    const size_t start = i;
    for (; i < text.n && i - start < DIGITS && text.p[i] != ';'; i++) {
        const int digit = hex_value(text.p[i]);
        if (digit < 0 || (!hex && digit > 9))
            return 0;
        code = code * (hex ? 16 : 10) + (unsigned)digit;
    }
    if (i == start || i >= text.n || text.p[i] != ';' || code > 0xffff)
        return 0;
    emit_code_point(layer, code, at);
    return i + 1 - at;
}

static size_t named_reference(struct layer *layer, size_t at)
{
    static const struct {
        const char *name;
        char stands_for;
    } names[] = {
        {"&quot;", '"'}, {"&lt;", '<'}, {"&gt;", '>'},   {"&amp;", '&'}, {"\\/", '/'},
        {"\\n", '\n'},   {"\\r", ' '},  {"\\\\n", '\n'}, {"\\\\r", ' '}, {"\\\"", '"'},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (at_word(layer->text, at, names[i].name)) {
            layer_emit(layer, (uint8_t)names[i].stands_for, at);
            return strlen(names[i].name);
        }
    return 0;
}

static size_t references_step(struct layer *layer, size_t at)
{
    const struct bytes text = layer->text;
    if (text.p[at] != '&' && text.p[at] != '\\')
        return 0;
    if (at_word(text, at, "&#"))
        return numeric_reference(layer, at);
    const size_t digits = at_word(text, at, "\\u") ? 4 : at_word(text, at, "\\x") ? 2 : 0;
    const int code = digits ? hex_at(text, at + 2, digits) : -1;
    if (code < 0)
        return named_reference(layer, at);
    emit_code_point(layer, (unsigned)code, at);
    return 2 + digits;
}

/* ---- tags ---- */

static const char certificate_tag[] = "X509Certificate>"; /* XML Signature, so SAML metadata */

static bool tags_start(struct layer *layer)
{
    layer->marked = has(layer->text, "BEGIN CERTIFICATE-");
    return has(layer->text, certificate_tag) || has(layer->text, "<br") ||
           has(layer->text, "<pre") || has(layer->text, "<p>") || has(layer->text, "</");
}

static size_t tags_step(struct layer *layer, size_t at)
{
    enum { TAG_BYTES = 200 };
    const struct bytes text = layer->text;
    const uint8_t *start = text.p + at;
    if (*start != '<' || at + 1 >= text.n)
        return 0;
    const uint8_t *end = memchr(start, '>', text.n - at < TAG_BYTES ? text.n - at : TAG_BYTES);
    const uint8_t next = start[1] | 0x20;
    if (!end ||
        (start[1] != '/' && start[1] != '!' && start[1] != '?' && (next < 'a' || next > 'z')))
        return 0;
    const size_t n = (size_t)(end - start) + 1, word = strlen(certificate_tag);
    const bool certificate = n > word && at_word(text, at + n - word, certificate_tag);
    if (certificate && !layer->marked)
        layer_emit_str(layer,
                       start[1] == '/' ? "\n-----END CERTIFICATE-----\n"
                                       : "\n-----BEGIN CERTIFICATE-----\n",
                       at);
    else if (at + n < text.n && text.p[at + n] != '\n' && text.p[at + n] != '\r')
        layer_emit(layer, '\n', at);
    return n;
}

/* ---- what is not seen ---- */

static bool anything(struct layer *layer)
{
    return layer->text.n > 0;
}

/* Control sequences of terminals (ECMA-48 section 5.4). */
static size_t colours_step(struct layer *layer, size_t at)
{
    enum { SEQUENCE_BYTES = 32 };
    const struct bytes text = layer->text;
    if (!at_word(text, at, "\x1b["))
        return 0;
    for (size_t i = at + 2; i < text.n && i - at < SEQUENCE_BYTES; i++)
        if (text.p[i] >= 0x40 && text.p[i] <= 0x7e)
            return i + 1 - at;
    return 0;
}

/* Zero-width characters, soft hyphens and marks are nothing; odd blanks are blanks. */
static size_t invisible_step(struct layer *layer, size_t at)
{
    static const struct {
        const char *bytes;
        bool blank;
    } characters[] = {
        {"\xc2\xa0", true},      {"\xc2\xad", false},     {"\xe2\x80\x8b", false},
        {"\xe2\x80\x8c", false}, {"\xe2\x80\x8d", false}, {"\xe2\x80\x8e", false},
        {"\xe2\x80\x8f", false}, {"\xe2\x81\xa0", false}, {"\xef\xbb\xbf", false},
        {"\xe2\x80\x82", true},  {"\xe2\x80\x83", true},  {"\xe2\x80\x89", true},
        {"\xe2\x80\xaf", true},  {"\xe3\x80\x80", true},
    };
    if (layer->text.p[at] < 0xc2)
        return layer->text.p[at] == 0; /* what text.c made of them in UTF-16 */
    for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++)
        if (at_word(layer->text, at, characters[i].bytes)) {
            if (characters[i].blank)
                layer_emit(layer, ' ', at);
            return strlen(characters[i].bytes);
        }
    return 0;
}

/* ---- base64 of the whole: Secrets of Kubernetes, kubeconfig, APIs ---- */

static bool is_white(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

enum { TEXT_SHOWN = 96, RUN_LEAST = 128 }; /* bytes that tell text from DER; digits of them */

/* Base64 of a text: what it stands for begins with characters that are printed, as DER never does.
 */
static bool is_base64_of_text(struct bytes text, size_t at)
{
    uint8_t plain[TEXT_SHOWN];
    const struct bytes run = bytes_slice(text, at, RUN_LEAST);
    size_t odd = 0;
    if (run.n < RUN_LEAST || str_unbase64_groups(run, plain) < RUN_LEAST)
        return false;
    for (size_t i = 0; i < TEXT_SHOWN; i++) {
        odd += plain[i] >= 0x7f;
        if (plain[i] < ' ' && !is_white(plain[i]) && plain[i] != 0x1b)
            return false;
    }
    return odd < TEXT_SHOWN / 2;
}

static bool base64_starts(struct layer *layer)
{
    return layer->text.n >= RUN_LEAST;
}

/* Nothing but base64 up to the end of the line: it goes on there. */
static bool base64_line_follows(struct bytes text, size_t at)
{
    for (; at < text.n && text.p[at] != '\n'; at++)
        if (str_base64_value(text.p[at]) < 0 && text.p[at] != '=' && !is_white(text.p[at]))
            return false;
    return true;
}

static size_t base64_step(struct layer *layer, size_t at)
{
    const struct bytes text = layer->text;
    if ((at > 0 && str_base64_value(text.p[at - 1]) >= 0) || !is_base64_of_text(text, at))
        return 0;
    uint32_t group = 0;
    unsigned bits = 0;
    size_t i = at;
    for (; i < text.n; i++) {
        const int value = str_base64_value(text.p[i]);
        if (value < 0 &&
            (!is_white(text.p[i]) || (text.p[i] == '\n' && !base64_line_follows(text, i + 1))))
            break;
        if (value < 0)
            continue;
        group = group << 6 | (uint32_t)value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            layer_emit(layer, (uint8_t)(group >> bits), i);
        }
    }
    layer_emit(layer, '\n', i < text.n ? i : text.n - 1);
    while (i < text.n && text.p[i] == '=')
        i++;
    return i - at;
}

/* ---- the flow ---- */

static const struct layer_kind kinds[] = {
    {"percent-encoding (a form or an address)", percent_starts, percent_step},
    {"quoted-printable (a mail)", quoted_starts, quoted_step},
    {"character references or escapes (HTML, XML, JSON)", references_start, references_step},
    {"base64 once more (a Secret of Kubernetes, an API)", base64_starts, base64_step},
    {"control sequences of a terminal", anything, colours_step},
    {"tags (HTML, XML)", tags_start, tags_step},
    {"invisible characters", anything, invisible_step},
    {"text before or behind each line", decoration_starts, decoration_step},
    {"markers that are spelt otherwise", respelled_starts, respelled_step},
    {"certificates without their markers", bare_starts, bare_step},
};

static void layer_free(struct layer *layer)
{
    if (layer->out.n) /* it may hold a private key */
        explicit_bzero(layer->out.p, layer->out.n);
    buf_free(&layer->out);
    buf_free(&layer->from);
}
#define LAYER_CLEANUP __attribute__((cleanup(layer_free))) struct layer

static bool layer_take_off(const struct layer_kind *kind, struct layer *layer)
{
    layer->first = SIZE_MAX;
    if (!kind->starts(layer))
        return false;
    for (size_t at = 0; at < layer->text.n;) {
        const size_t took = kind->step(layer, at);
        if (took > 0 && layer->first == SIZE_MAX)
            layer->first = at;
        if (took == 0)
            layer_emit(layer, layer->text.p[at], at);
        at += took ? took : 1;
    }
    return layer->first != SIZE_MAX;
}

/* The text without the layer, and where each byte of it stands in the file. */
static void wrapped_keep(struct builder *b, const struct layer *layer, struct bytes *text)
{
    const size_t n = layer->out.n;
    uint32_t *map = arena_array(b->arena, n + 1, sizeof *map);
    for (size_t i = 0; i < n; i++) {
        memcpy(&map[i], layer->from.p + i * sizeof *map, sizeof *map);
        map[i] = b->map ? b->map[map[i]] : map[i];
    }
    map[n] = (uint32_t)b->outer.n;
    b->map = map;
    *text = arena_bytes(b->arena, buf_bytes(&layer->out));
}

bool wrapped_open(struct builder *b, struct bytes *text)
{
    unsigned taken = 0;
    bool again = true;
    if (text->n == 0 || text->n > LIMIT_WRAPPED_BYTES)
        return false;
    b->outer = *text;
    while (again && taken < LAYERS_MAX) {
        again = false;
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && taken < LAYERS_MAX; i++) {
            LAYER_CLEANUP layer = {.text = *text};
            if (!layer_take_off(&kinds[i], &layer))
                continue;
            const struct place top = {.line = 1, .column = 1};
            builder_fault(b, FAULT_WRAPPED, place_advance(*text, top, layer.first), SIZE_MAX,
                          bytes_str(kinds[i].words));
            const struct bytes old = *text;
            wrapped_keep(b, &layer, text);
            if (old.p != b->outer.p)
                explicit_bzero((void *)(uintptr_t)old.p, old.n);
            taken++;
            again = true;
        }
    }
    return taken > 0;
}
