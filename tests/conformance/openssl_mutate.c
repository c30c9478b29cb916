/* SPDX-License-Identifier: Apache-2.0 */
/* One change to one certificate: a bit, a DER element, a field, an extension. Elements are changed
 * in a tree, so that lengths stay right and a decoder gets as far as the change; most certificates
 * are then signed again, so that a verifier does too. */
#include <stdio.h>
#include <string.h>

#include "openssl.h"

uint64_t chance_next(struct chance *c)
{
    /* splitmix64 */
    uint64_t z = (c->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

size_t chance_below(struct chance *c, size_t n)
{
    return n > 0 ? (size_t)(chance_next(c) % n) : 0;
}

/* ---- DER as a tree ---- */

struct element {
    uint8_t tag;
    bool wraps;        /**< a primitive whose content is DER: extnValue */
    bool long_length;  /**< to be written with an octet too many */
    bool indefinite;   /**< to be written without its length */
    struct bytes body; /**< of a leaf */
    struct element *first, *next;
};

enum { NODES_MAX = 4000, DEPTH_MAX = 24 };

struct tree {
    struct arena *arena;
    struct element *nodes[NODES_MAX];
    size_t count;
};

static struct element *tree_node(struct tree *t)
{
    struct element *node = arena_alloc(t->arena, sizeof *node);
    if (t->count < NODES_MAX)
        t->nodes[t->count++] = node;
    return node;
}

/** True when the bytes are elements from end to end. */
static bool is_der(struct bytes content)
{
    struct reader r = reader_of(content, 0);
    struct der element;
    while (reader_next(&r, &element))
        ;
    return content.n > 1 && !r.bad;
}

static struct element *tree_read(struct tree *t, struct bytes content, int depth)
{
    struct reader r = reader_of(content, 0);
    struct der element;
    struct element *first = NULL, **end = &first;
    while (reader_next(&r, &element)) {
        struct element *node = tree_node(t);
        node->tag = element.tag;
        node->body = element.body;
        node->wraps = element.tag == DER_OCTET_STRING && is_der(element.body);
        if (depth < DEPTH_MAX && ((element.tag & 0x20) != 0 || node->wraps))
            node->first = tree_read(t, element.body, depth + 1);
        *end = node;
        end = &node->next;
    }
    return first;
}

static void put_length(struct buf *out, size_t n, bool too_long)
{
    uint8_t octets[8];
    size_t count = 0;
    if (n < 0x80 && !too_long) {
        buf_add_byte(out, (uint8_t)n);
        return;
    }
    for (size_t left = n; left > 0 || count == 0; left >>= 8)
        octets[count++] = (uint8_t)left;
    if (too_long && n >= 0x80)
        octets[count++] = 0;
    buf_add_byte(out, (uint8_t)(0x80 | count));
    while (count-- > 0)
        buf_add_byte(out, octets[count]);
}

static void tree_write(const struct element *node, struct buf *out)
{
    for (; node != NULL; node = node->next) {
        struct buf body = {0};
        if (node->first != NULL)
            tree_write(node->first, &body);
        else
            buf_add_bytes(&body, node->body);
        buf_add_byte(out, node->tag);
        if (node->indefinite)
            buf_add_byte(out, 0x80);
        else
            put_length(out, body.n, node->long_length);
        buf_add_bytes(out, buf_bytes(&body));
        if (node->indefinite)
            buf_append(out, "\0\0", 2);
        buf_free(&body);
    }
}

static struct bytes tree_bytes(struct arena *arena, const struct element *node)
{
    struct buf out = {0};
    tree_write(node, &out);
    const struct bytes copy = arena_bytes(arena, buf_bytes(&out));
    buf_free(&out);
    return copy;
}

/* ---- changes to any element ---- */

struct change {
    struct chance *c;
    struct arena *arena;
    const struct families *families;
    struct tree tree;
    char what[200];
};

static struct bytes body_of(const struct change *k, const struct element *node)
{
    return node->first != NULL ? tree_bytes(k->arena, node->first) : node->body;
}

static void set_body(struct element *node, struct bytes body)
{
    node->first = NULL;
    node->body = body;
}

static struct bytes copy_of(struct arena *arena, struct bytes from, size_t room, uint8_t **writable)
{
    *writable = arena_array(arena, from.n + room + 1, 1);
    if (from.n > 0)
        memcpy(*writable, from.p, from.n);
    return bytes_of(*writable, from.n);
}

static void element_bit(struct change *k, struct element *node)
{
    uint8_t *p;
    struct bytes body = copy_of(k->arena, body_of(k, node), 0, &p);
    if (body.n == 0)
        return;
    const size_t bit = chance_below(k->c, body.n * 8);
    p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    set_body(node, body);
}

static void element_tag(struct change *k, struct element *node)
{
    static const uint8_t tags[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x12, 0x13, 0x14,
                                   0x16, 0x17, 0x18, 0x1a, 0x1c, 0x1e, 0x30, 0x31, 0x80, 0x81, 0x82,
                                   0x83, 0x86, 0x87, 0x88, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa8};
    node->tag = tags[chance_below(k->c, sizeof tags)];
}

static void element_delete(struct change *k, struct element *node)
{
    (void)k;
    if (node->next != NULL)
        *node = *node->next;
    else
        set_body(node, bytes_of(NULL, 0));
}

static void element_double(struct change *k, struct element *node)
{
    struct element *copy = arena_alloc(k->arena, sizeof *copy);
    *copy = *node;
    node->next = copy;
}

static void element_swap(struct change *k, struct element *node)
{
    (void)k;
    struct element *next = node->next;
    if (next == NULL)
        return;
    struct element copy = *node;
    *node = *next;
    copy.next = next->next;
    *next = copy;
    node->next = next;
}

static void element_cut(struct change *k, struct element *node)
{
    const struct bytes body = body_of(k, node);
    set_body(node, bytes_slice(body, 0, chance_below(k->c, body.n)));
}

static void element_grow(struct change *k, struct element *node)
{
    uint8_t *p;
    const struct bytes body = copy_of(k->arena, body_of(k, node), 1, &p);
    const bool front = chance_below(k->c, 2) != 0;
    if (front)
        memmove(p + 1, p, body.n);
    p[front ? 0 : body.n] = (uint8_t)(chance_below(k->c, 2) ? 0 : chance_next(k->c));
    set_body(node, bytes_of(p, body.n + 1));
}

static void element_other(struct change *k, struct element *node)
{
    const struct element *other = k->tree.nodes[chance_below(k->c, k->tree.count)];
    set_body(node, body_of(k, other));
    if (chance_below(k->c, 2))
        node->tag = other->tag;
}

static void element_long(struct change *k, struct element *node)
{
    (void)k;
    node->long_length = true;
}

static void element_indefinite(struct change *k, struct element *node)
{
    (void)k;
    node->indefinite = (node->tag & 0x20) != 0;
}

static const struct {
    const char *name;
    void (*apply)(struct change *k, struct element *node);
} element_changes[] = {
    {"bit", element_bit},
    {"bit", element_bit},
    {"tag", element_tag},
    {"deleted", element_delete},
    {"doubled", element_double},
    {"swapped", element_swap},
    {"cut", element_cut},
    {"grown", element_grow},
    {"copied over", element_other},
    {"long length", element_long},
    {"indefinite", element_indefinite},
};

/* ---- changes to a field ---- */

/** TBSCertificate's members without version. */
enum field { SERIAL, ALGORITHM, ISSUER, VALIDITY, SUBJECT, SPKI, EXTENSIONS };

static struct element *field_node(struct element *tbs, enum field field)
{
    struct element *node = tbs->first;
    if (node != NULL && node->tag == DER_CONTEXT_CONS(0))
        node = node->next;
    for (int i = 0; i < (int)field && node != NULL; i++)
        node = node->next;
    return node;
}

static void set_text(struct change *k, struct element *node, uint8_t tag, const char *text)
{
    node->tag = tag;
    set_body(node, arena_bytes(k->arena, bytes_str(text)));
}

static void change_time(struct change *k, struct element *tbs)
{
    static const struct {
        uint8_t tag;
        const char *text;
    } times[] = {
        {DER_UTC_TIME, "200101000000Z"},
        {DER_UTC_TIME, "300101000000Z"},
        {DER_UTC_TIME, "261121120000Z"},
        {DER_UTC_TIME, "261121120001Z"},
        {DER_UTC_TIME, "261121115959Z"},
        {DER_UTC_TIME, "2611211200Z"},
        {DER_UTC_TIME, "261121120000+0100"},
        {DER_GENERALIZED_TIME, "20300101000000Z"},
        {DER_GENERALIZED_TIME, "20300101000000.5Z"},
        {DER_GENERALIZED_TIME, "99991231235959Z"},
        {DER_GENERALIZED_TIME, "00000101000000Z"},
        {DER_UTC_TIME, "261321120000Z"},
        {DER_UTC_TIME, "260230120000Z"},
        {DER_UTC_TIME, "500101000000Z"},
        {DER_UTC_TIME, "491231235959Z"},
        {DER_UTC_TIME, "261121240000Z"},
        {DER_UTC_TIME, "261121120060Z"},
        {DER_UTC_TIME, "26112112000aZ"},
        {DER_GENERALIZED_TIME, "203001010000Z"},
        {DER_GENERALIZED_TIME, "20300101000000"},
        {DER_UTC_TIME, ""},
    };
    const size_t n = chance_below(k->c, sizeof times / sizeof *times);
    struct element *validity = field_node(tbs, VALIDITY);
    struct element *time = validity != NULL ? validity->first : NULL;
    if (time != NULL && chance_below(k->c, 2))
        time = time->next;
    if (time != NULL)
        set_text(k, time, times[n].tag, times[n].text);
}

/** A name's text: its case, blanks, string type. */
static void change_name(struct change *k, struct element *tbs)
{
    static const uint8_t tags[] = {DER_UTF8_STRING,    DER_PRINTABLE_STRING, DER_IA5_STRING,
                                   DER_TELETEX_STRING, DER_BMP_STRING,       DER_VISIBLE_STRING,
                                   DER_NUMERIC_STRING};
    struct element *name = field_node(tbs, chance_below(k->c, 2) ? ISSUER : SUBJECT);
    struct element *rdn = name != NULL ? name->first : NULL;
    while (rdn != NULL && rdn->next != NULL && chance_below(k->c, 2))
        rdn = rdn->next;
    if (rdn == NULL || rdn->first == NULL || rdn->first->first == NULL ||
        rdn->first->first->next == NULL)
        return;
    struct element *value = rdn->first->first->next;
    char text[200];
    static const char *const around[][2] = {
        {"", " "}, {" ", ""}, {"", ""}, {"", "\xc3\xa4"}, {"", "\xff"}};
    const char *const *form = around[chance_below(k->c, 5)];
    snprintf(text, sizeof text, "%s%.*s%s", form[0], (int)value->body.n,
             (const char *)value->body.p, form[1]);
    for (char *p = text; *p != '\0' && chance_below(k->c, 2); p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 32);
    set_text(k, value, tags[chance_below(k->c, sizeof tags)], text);
}

static void change_names_empty(struct change *k, struct element *tbs)
{
    struct element *name = field_node(tbs, chance_below(k->c, 3) ? SUBJECT : ISSUER);
    if (name != NULL)
        set_body(name, bytes_of(NULL, 0));
}

static void change_serial(struct change *k, struct element *tbs)
{
    static const char *const serials[] = {"\x01", "\x80", "\xff\x80", "\x7f\xff", "\x11\x11"};
    struct element *serial = field_node(tbs, SERIAL);
    if (serial != NULL)
        set_text(k, serial, DER_INTEGER, serials[chance_below(k->c, 5)]);
}

static void change_key(struct change *k, struct element *tbs)
{
    struct element *spki = field_node(tbs, SPKI);
    if (spki == NULL || k->families->spki_count == 0)
        return;
    const struct bytes other = k->families->spkis[chance_below(k->c, k->families->spki_count)];
    struct element *read = tree_read(&k->tree, other, 0);
    spki->first = read->first;
    spki->body = read->body;
}

static void change_version(struct change *k, struct element *tbs)
{
    static const char versions[][2] = {"\0", "\1", "\2", "\3", "\4"};
    struct element *version = tbs->first;
    if (version != NULL && version->tag == DER_CONTEXT_CONS(0) && version->first != NULL)
        set_body(
            version->first,
            arena_bytes(k->arena, bytes_of((const uint8_t *)versions[chance_below(k->c, 5)], 1)));
}

static struct element *extension_list(struct element *tbs)
{
    struct element *node = tbs->first;
    while (node != NULL && node->tag != DER_CONTEXT_CONS(3))
        node = node->next;
    return node != NULL ? node->first : NULL;
}

static struct element *extension_draw(struct change *k, struct element *tbs)
{
    struct element *list = extension_list(tbs);
    size_t count = 0;
    for (struct element *e = list != NULL ? list->first : NULL; e != NULL; e = e->next)
        count++;
    struct element *e = count > 0 ? list->first : NULL;
    for (size_t n = chance_below(k->c, count); e != NULL && n > 0; n--)
        e = e->next;
    return e;
}

static void change_critical(struct change *k, struct element *tbs)
{
    struct element *extension = extension_draw(k, tbs);
    struct element *oid = extension != NULL ? extension->first : NULL;
    if (oid == NULL || oid->next == NULL)
        return;
    if (oid->next->tag == DER_BOOLEAN) {
        oid->next = oid->next->next;
        return;
    }
    struct element *critical = tree_node(&k->tree);
    critical->next = oid->next;
    set_text(k, critical, DER_BOOLEAN, chance_below(k->c, 4) ? "\xff" : "\x01");
    oid->next = critical;
}

static void change_extension_removed(struct change *k, struct element *tbs)
{
    struct element *extension = extension_draw(k, tbs);
    if (extension != NULL)
        element_delete(k, extension);
}

static void change_extension_doubled(struct change *k, struct element *tbs)
{
    struct element *extension = extension_draw(k, tbs);
    if (extension != NULL)
        element_double(k, extension);
}

static bool same_oid(const struct element *a, const struct element *b)
{
    return a->first != NULL && b->first != NULL && bytes_equal(a->first->body, b->first->body);
}

/** Another extension of the pool, in the place of one of its kind if there is one. */
static void change_extension_planted(struct change *k, struct element *tbs)
{
    struct element *list = extension_list(tbs);
    const struct bytes der = k->families->pool[chance_below(k->c, k->families->pool_count)];
    struct element *planted = tree_read(&k->tree, der, 0);
    if (list == NULL)
        return;
    for (struct element *e = list->first; e != NULL; e = e->next)
        if (same_oid(e, planted)) {
            planted->next = e->next;
            *e = *planted;
            return;
        }
    planted->next = list->first;
    list->first = planted;
}

static const struct {
    const char *name;
    void (*apply)(struct change *k, struct element *tbs);
} field_changes[] = {
    {"time", change_time},
    {"name", change_name},
    {"name emptied", change_names_empty},
    {"serial", change_serial},
    {"key", change_key},
    {"version", change_version},
    {"criticality", change_critical},
    {"criticality", change_critical},
    {"extension removed", change_extension_removed},
    {"extension removed", change_extension_removed},
    {"extension doubled", change_extension_doubled},
    {"extension planted", change_extension_planted},
    {"extension planted", change_extension_planted},
    {"extension planted", change_extension_planted},
    {"extension planted", change_extension_planted},
};

/* ---- a certificate ---- */

static struct bytes any_bit(struct change *k, struct bytes der)
{
    uint8_t *p;
    const struct bytes copy = copy_of(k->arena, der, 0, &p);
    const size_t bit = chance_below(k->c, der.n * 8);
    p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    snprintf(k->what, sizeof k->what, "bit %zu", bit);
    return copy;
}

static void tbs_change(struct change *k, struct element *tbs)
{
    if (chance_below(k->c, 2)) {
        const size_t n = chance_below(k->c, sizeof field_changes / sizeof *field_changes);
        snprintf(k->what, sizeof k->what, "%s", field_changes[n].name);
        field_changes[n].apply(k, tbs);
        return;
    }
    const size_t n = chance_below(k->c, sizeof element_changes / sizeof *element_changes);
    const size_t at = chance_below(k->c, k->tree.count);
    snprintf(k->what, sizeof k->what, "element %zu (tag %02x) %s", at, k->tree.nodes[at]->tag,
             element_changes[n].name);
    element_changes[n].apply(k, k->tree.nodes[at]);
}

struct bytes mutate_certificate(struct arena *arena, struct chance *c,
                                const struct families *families, const struct family *family,
                                size_t cert, struct bytes der, char *what, size_t size)
{
    struct change k = {.c = c, .arena = arena, .families = families, .tree.arena = arena};
    struct bytes out = {0};
    const bool sign = chance_below(c, 8) != 0;
    if (chance_below(c, 8) == 0) {
        out = any_bit(&k, der);
    } else {
        struct element *whole = tree_read(&k.tree, der, 0);
        if (whole->first != NULL)
            tbs_change(&k, whole->first);
        if (sign && whole->first != NULL) {
            struct element tbs = *whole->first;
            tbs.next = NULL;
            out = family_sign(arena, family, cert, tree_bytes(arena, &tbs));
        }
        if (out.p == NULL)
            out = tree_bytes(arena, whole);
    }
    snprintf(what, size, " %zu %s%s;", cert, k.what, sign ? " signed" : "");
    return out;
}
