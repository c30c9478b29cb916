/* SPDX-License-Identifier: Apache-2.0 */
/* Distinguished names in words. */
#include "internal.h"

static void append_utf8(struct buf *out, int32_t c)
{
    if (c >= CHARS_INVALID) {
        buf_add_byte(out, (uint8_t)(c - CHARS_INVALID)); /* str_safe() makes \xNN of it */
    } else if (c < 0x80) {
        buf_add_byte(out, (uint8_t)c);
    } else if (c < 0x800) {
        buf_add_byte(out, (uint8_t)(0xc0 | c >> 6));
        buf_add_byte(out, (uint8_t)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        buf_add_byte(out, (uint8_t)(0xe0 | c >> 12));
        buf_add_byte(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        buf_add_byte(out, (uint8_t)(0x80 | (c & 0x3f)));
    } else {
        buf_add_byte(out, (uint8_t)(0xf0 | c >> 18));
        buf_add_byte(out, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
        buf_add_byte(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        buf_add_byte(out, (uint8_t)(0x80 | (c & 0x3f)));
    }
}

/** RFC 4514 section 2.4: "#" and the hex of the value's DER. */
static void append_hex(struct buf *out, const struct attribute *attribute)
{
    struct writer w = {0};
    writer_put(&w, attribute->tag, attribute->value);
    buf_add_byte(out, '#');
    for (size_t i = 0; i < w.out.n; i++)
        buf_printf(out, "%02x", w.out.p[i]);
    writer_free(&w);
}

/** The value as UTF-8, or in hex when it is no text. */
static void append_value(struct buf *out, const struct attribute *attribute)
{
    const struct bytes value = attribute->value;
    if (!tag_is_text(attribute->tag)) {
        append_hex(out, attribute);
        return;
    }
    const bool wide = attribute->tag == DER_BMP_STRING || attribute->tag == DER_UNIVERSAL_STRING;
    /* Many put UTF-8 into types that are not made for it: it is read as what it evidently is. */
    const bool is_utf8 = attribute->tag == DER_UTF8_STRING || (!wide && str_is_utf8(value));
    if (is_utf8) {
        buf_add_bytes(out, value);
        return;
    }
    struct chars chars = chars_of(value, attribute->tag);
    for (int32_t c = chars_next(&chars); c != CHARS_END; c = chars_next(&chars))
        append_utf8(out, c);
}

struct bytes name_attribute_utf8(struct arena *arena, struct bytes name, enum oid type, size_t n)
{
    struct rdns rdns = rdns_of(name, 0);
    struct rdn rdn;
    while (rdn_next(&rdns, &rdn)) {
        for (size_t i = 0; i < rdn.n; i++) {
            if (oid_of(rdn.attributes[i].type) != type || n-- > 0)
                continue;
            BUF_CLEANUP text = {0};
            append_value(&text, &rdn.attributes[i]);
            return arena_bytes(arena, buf_bytes(&text)); /* of an empty value too: not NULL */
        }
    }
    return bytes_of(NULL, 0);
}

char *name_attribute(struct arena *arena, struct bytes name, enum oid type)
{
    struct rdns rdns = rdns_of(name, 0);
    struct rdn rdn;
    BUF_CLEANUP text = {0};
    bool found = false;
    while (rdn_next(&rdns, &rdn)) {
        for (size_t i = 0; i < rdn.n; i++) {
            if (oid_of(rdn.attributes[i].type) != type)
                continue;
            text.n = 0;
            append_value(&text, &rdn.attributes[i]);
            found = true;
        }
    }
    return found ? str_safe(arena, buf_bytes(&text)) : NULL;
}

/** The value made harmless, and "," and "+" in it told apart from ours. */
static void append_safe(struct buf *out, struct bytes value)
{
    BUF_CLEANUP safe = {0};
    str_safe_append(&safe, value);
    for (size_t i = 0; i < safe.n; i++) {
        if (safe.p[i] == ',' || safe.p[i] == '+')
            buf_add_byte(out, '\\');
        buf_add_byte(out, safe.p[i]);
    }
}

static void append_attribute(struct arena *arena, struct buf *out,
                             const struct attribute *attribute)
{
    const enum oid type = oid_of(attribute->type);
    buf_add_str(out, type != OID_UNKNOWN ? oid_name(type) : oid_text(arena, attribute->type));
    buf_add_byte(out, '=');
    BUF_CLEANUP value = {0};
    append_value(&value, attribute);
    append_safe(out, buf_bytes(&value));
}

char *name_text(struct arena *arena, struct bytes name)
{
    struct rdns rdns = rdns_of(name, 0);
    struct rdn rdn;
    BUF_CLEANUP text = {0};
    while (rdn_next(&rdns, &rdn)) {
        for (size_t i = 0; i < rdn.n; i++) {
            if (text.n > 0)
                buf_add_str(&text, i > 0 ? "+" : ", ");
            append_attribute(arena, &text, &rdn.attributes[i]);
        }
    }
    if (rdns.reader.bad)
        buf_add_str(&text, text.n > 0 ? ", (unreadable)" : "(unreadable)");
    return arena_strndup(arena, buf_cstr(&text), text.n);
}

char *name_short(struct arena *arena, struct bytes name)
{
    static const enum oid types[] = {OID_CN, OID_ORGANIZATIONAL_UNIT, OID_ORGANIZATION};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char *text = name_attribute(arena, name, types[i]);
        if (text != NULL && *text != '\0')
            return text;
    }
    return name_is_empty(name) ? arena_strdup(arena, "(no name)") : name_text(arena, name);
}
