/* SPDX-License-Identifier: Apache-2.0 */
/* Name constraints as OpenSSL compares them (v3_ncons.c): each name with the subtrees of its kind,
 * and whatever cannot be compared is a violation. */
#include <string.h>

#include "judge/internal.h"

enum within { INSIDE, OUTSIDE, DOUBTFUL };

static uint8_t fold(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool same_nocase(struct bytes a, struct bytes b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (fold(a.p[i]) != fold(b.p[i]))
            return false;
    return true;
}

static bool ends_with(struct bytes name, struct bytes tail)
{
    return name.n >= tail.n && same_nocase(bytes_slice(name, name.n - tail.n, tail.n), tail);
}

static enum within as_within(bool inside)
{
    return inside ? INSIDE : OUTSIDE;
}

/** Position of the last "@", SIZE_MAX without one. */
static size_t last_at(struct bytes text)
{
    for (size_t i = text.n; i > 0; i--)
        if (text.p[i - 1] == '@')
            return i - 1;
    return SIZE_MAX;
}

static enum within dns_within(struct bytes name, struct bytes base)
{
    if (base.n == 0)
        return INSIDE;
    if (!ends_with(name, base))
        return OUTSIDE;
    return as_within(name.n == base.n || base.p[0] == '.' || name.p[name.n - base.n - 1] == '.');
}

static bool begins_with_dot(struct bytes base)
{
    return base.n > 0 && base.p[0] == '.';
}

/** The part before "@": case counts. */
static enum within local_within(struct bytes local, struct bytes base)
{
    if (base.n == 0)
        return INSIDE;
    if (local.n != base.n)
        return OUTSIDE;
    if (memchr(local.p, 0, local.n) != NULL || memchr(base.p, 0, base.n) != NULL)
        return DOUBTFUL;
    return as_within(bytes_equal(local, base));
}

static enum within email_within(struct bytes email, struct bytes base)
{
    const size_t at = last_at(email), base_at = last_at(base);
    if (at == SIZE_MAX)
        return DOUBTFUL;
    if (base_at == SIZE_MAX && begins_with_dot(base))
        return as_within(email.n > base.n && ends_with(email, base));
    if (base_at != SIZE_MAX) {
        const enum within local =
            local_within(bytes_slice(email, 0, at), bytes_slice(base, 0, base_at));
        if (local != INSIDE)
            return local;
        base = bytes_slice(base, base_at + 1, base.n);
    }
    return as_within(same_nocase(bytes_slice(email, at + 1, email.n), base));
}

static size_t find_byte(struct bytes text, uint8_t c)
{
    const uint8_t *p = text.n > 0 ? memchr(text.p, c, text.n) : NULL;
    return p != NULL ? (size_t)(p - text.p) : SIZE_MAX;
}

static enum within uri_within(struct bytes uri, struct bytes base)
{
    const size_t colon = find_byte(uri, ':');
    if (colon == SIZE_MAX || uri.n - colon < 3 || uri.p[colon + 1] != '/' ||
        uri.p[colon + 2] != '/')
        return DOUBTFUL;
    struct bytes host = bytes_slice(uri, colon + 3, uri.n);
    const size_t port = find_byte(host, ':');
    host = bytes_slice(host, 0, port != SIZE_MAX ? port : find_byte(host, '/'));
    if (host.n == 0)
        return DOUBTFUL;
    if (begins_with_dot(base))
        return as_within(host.n > base.n && ends_with(host, base));
    return as_within(same_nocase(host, base));
}

static enum within ip_within(struct bytes ip, struct bytes base)
{
    if ((ip.n != 4 && ip.n != 16) || (base.n != 8 && base.n != 32))
        return DOUBTFUL;
    if (base.n != 2 * ip.n)
        return OUTSIDE;
    for (size_t i = 0; i < ip.n; i++)
        if ((ip.p[i] & base.p[ip.n + i]) != (base.p[i] & base.p[ip.n + i]))
            return OUTSIDE;
    return INSIDE;
}

/* ---- a name ---- */

/** An otherName's type, and its value without the explicit tag. */
static bool other_read(struct bytes content, struct bytes *type, struct der *value)
{
    struct reader r = reader_of(content, 0);
    struct der oid, wrapper;
    if (!reader_expect(&r, DER_OID, &oid) || !reader_expect(&r, DER_CONTEXT_CONS(0), &wrapper))
        return false;
    struct reader inner = reader_enter(&wrapper);
    *type = oid.body;
    return reader_next(&inner, value);
}

/** RFC 8398 section 6: this otherName is an address, and addresses' constraints hold for it. */
static bool is_smtp_utf8(struct bytes type)
{
    static const uint8_t smtp_utf8_mailbox[] = {0x2b, 6, 1, 5, 5, 7, 8, 9};
    return bytes_equal(type, bytes_of(smtp_utf8_mailbox, sizeof smtp_utf8_mailbox));
}

/** As email_within(), but only the host of an address in UTF-8 can be constrained. */
static enum within smtp_utf8_within(const struct der *value, struct bytes base)
{
    const struct bytes email = value->body;
    const size_t at = last_at(email);
    if (value->tag != DER_UTF8_STRING || at == SIZE_MAX || find_byte(base, 0) != SIZE_MAX)
        return DOUBTFUL;
    if (begins_with_dot(base))
        return as_within(email.n > base.n && ends_with(email, base));
    return as_within(same_nocase(bytes_slice(email, at + 1, email.n), base));
}

/** A name and the kind of subtree that holds for it. */
struct subject_name {
    enum general_name_kind kind;
    struct bytes value, other_type;
    struct der other;
};

static bool concerns(const struct subject_name *name, const struct subtree *tree)
{
    struct bytes type;
    struct der value;
    if (tree->base.kind != name->kind)
        return false;
    return name->kind != GN_OTHER ||
           (other_read(tree->base.value, &type, &value) && bytes_equal(type, name->other_type));
}

static enum within name_within(const struct subject_name *name, struct bytes base)
{
    switch (name->kind) {
    case GN_DNS:
        return dns_within(name->value, base);
    case GN_EMAIL:
        return name->other_type.n > 0 ? smtp_utf8_within(&name->other, base)
                                      : email_within(name->value, base);
    case GN_URI:
        return uri_within(name->value, base);
    case GN_IP:
        return ip_within(name->value, base);
    case GN_DIRECTORY:
        return as_within(name_is_empty(base) || name_is_within(name->value, base));
    default:
        return DOUBTFUL;
    }
}

enum { VIOLATES_PERMITTED, VIOLATES_EXCLUDED, VIOLATES_SYNTAX, VIOLATES_NOTHING };

/** OpenSSL's order: all permitted subtrees, then the excluded ones, until one decides. */
static int match(const struct subtrees *trees, const struct subject_name *name)
{
    bool permitted_seen = false, permitted = false;
    for (size_t i = 0; i < trees->count; i++) {
        const struct subtree *tree = &trees->items[i];
        if (tree->excluded || !concerns(name, tree))
            continue;
        if (tree->is_limited)
            return VIOLATES_SYNTAX;
        if (permitted)
            continue;
        permitted_seen = true;
        const enum within within = name_within(name, tree->base.value);
        if (within == DOUBTFUL)
            return VIOLATES_SYNTAX;
        permitted = within == INSIDE;
    }
    if (permitted_seen && !permitted)
        return VIOLATES_PERMITTED;
    for (size_t i = 0; i < trees->count; i++) {
        const struct subtree *tree = &trees->items[i];
        if (!tree->excluded || !concerns(name, tree))
            continue;
        const enum within within =
            tree->is_limited ? DOUBTFUL : name_within(name, tree->base.value);
        if (within != OUTSIDE)
            return within == INSIDE ? VIOLATES_EXCLUDED : VIOLATES_SYNTAX;
    }
    return VIOLATES_NOTHING;
}

/* ---- a certificate ---- */

struct comparing {
    const struct check *c;
    const struct subtrees *trees;
    size_t ca, depth;
};

static void violation(const struct comparing *k, int value, struct bytes name)
{
    reason_add(k->c, FACT_NAME_CONSTRAINT, between((int)k->depth, (int)k->ca), value, 0,
               str_safe(k->c->j->arena, name));
}

static bool passes(const struct comparing *k, const struct subject_name *name)
{
    const int found = match(k->trees, name);
    if (found == VIOLATES_NOTHING)
        return true;
    if (name->kind == GN_DIRECTORY)
        violation(k, found, bytes_str(name_text(k->c->j->arena, name->value)));
    else
        violation(k, found, name->value);
    return false;
}

/** A walk over all attributes of a Name. */
struct attributes {
    struct reader rdns, set;
    size_t left;
};
struct part {
    struct bytes type;
    struct der value;
};

static struct attributes attributes_of(struct bytes name)
{
    struct reader outer = reader_of(name, 0);
    struct der sequence;
    struct attributes out = {.left = LIMIT_NAME_ATTRIBUTES};
    if (reader_expect(&outer, DER_SEQUENCE, &sequence))
        out.rdns = reader_enter(&sequence);
    return out;
}

static bool attribute_next(struct attributes *a, struct part *out)
{
    struct der element, oid;
    while (reader_at_end(&a->set)) {
        if (a->left == 0 || !reader_expect(&a->rdns, DER_SET, &element))
            return false;
        a->set = reader_enter(&element);
    }
    if (a->left-- == 0 || !reader_expect(&a->set, DER_SEQUENCE, &element))
        return false;
    struct reader fields = reader_enter(&element);
    if (!reader_expect(&fields, DER_OID, &oid) || !reader_next(&fields, &out->value))
        return false;
    out->type = oid.body;
    return true;
}

static size_t attribute_count(struct bytes name)
{
    struct attributes a = attributes_of(name);
    struct part part;
    size_t n = 0;
    while (attribute_next(&a, &part))
        n++;
    return n;
}

/** The subject, and every address in it: IA5String alone can be compared. */
static bool subject_passes(const struct comparing *k, const struct cert *cert)
{
    struct attributes a = attributes_of(cert->subject);
    struct part part;
    if (!cert_has_subject(cert))
        return true;
    if (!passes(k, &(struct subject_name){.kind = GN_DIRECTORY, .value = cert->subject}))
        return false;
    while (attribute_next(&a, &part)) {
        if (oid_of(part.type) != OID_EMAIL_ADDRESS)
            continue;
        if (part.value.tag != DER_IA5_STRING) {
            violation(k, VIOLATES_SYNTAX, part.value.body);
            return false;
        }
        if (!passes(k, &(struct subject_name){.kind = GN_EMAIL, .value = part.value.body}))
            return false;
    }
    return true;
}

static bool is_label_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/** At least two labels of letters, digits and underscores, with hyphens and dots inside. */
static bool looks_like_host(struct bytes cn)
{
    bool dotted = false;
    for (size_t i = 0; i < cn.n; i++) {
        const uint8_t c = cn.p[i];
        if (is_label_char(c))
            continue;
        if (i == 0 || i + 1 >= cn.n)
            return false;
        if (c == '-')
            continue;
        if (c != '.' || cn.p[i + 1] == '.' || cn.p[i - 1] == '-' || cn.p[i + 1] == '-')
            return false;
        dotted = true;
    }
    return dotted;
}

/** A leaf without a dNSName: its common names count when they look like one. */
static void common_names_pass(const struct comparing *k, const struct cert *cert)
{
    for (size_t n = 0; n < LIMIT_NAME_ATTRIBUTES; n++) {
        struct bytes cn = name_attribute_utf8(k->c->j->arena, cert->subject, OID_CN, n);
        if (cn.p == NULL)
            return;
        while (cn.n > 0 && cn.p[cn.n - 1] == 0)
            cn.n--;
        if (find_byte(cn, 0) != SIZE_MAX) {
            violation(k, VIOLATES_SYNTAX, cn);
            return;
        }
        if (looks_like_host(cn) && !passes(k, &(struct subject_name){.kind = GN_DNS, .value = cn}))
            return;
    }
}

static struct subject_name name_of(const struct general_name *name)
{
    struct subject_name out = {.kind = name->kind, .value = name->value};
    if (name->kind == GN_OTHER && other_read(name->value, &out.other_type, &out.other) &&
        is_smtp_utf8(out.other_type))
        out.kind = GN_EMAIL;
    return out;
}

static size_t san_count(const struct cert *cert)
{
    struct reader names = cert_san(cert);
    struct general_name name;
    size_t n = 0;
    while (n < LIMIT_SAN_NAMES && general_name_next(&names, &name))
        n++;
    return n;
}

void check_constraints_of(const struct check *c, size_t ca, size_t depth)
{
    const struct cert *cert = check_cert(c, depth);
    const struct comparing k = {.c = c, .trees = subtrees_of(c, ca), .ca = ca, .depth = depth};
    const size_t names = attribute_count(cert->subject) + san_count(cert);
    struct reader san = cert_san(cert);
    struct general_name name;
    bool has_dns = false;
    if (names > 0 && k.trees->count > LIMIT_NC_COMPARISONS / names) {
        violation(&k, VIOLATES_SYNTAX, bytes_str("more names and constraints than are compared"));
        return;
    }
    /* libcrypto's limit is for each pair of certificates, ours for all of them */
    const int work = (int)(names * k.trees->count);
    c->j->nc_left = work <= c->j->nc_total ? c->j->nc_left : -1;
    if (c->j->nc_left < 0)
        return;
    c->j->nc_total -= work;
    if (!subject_passes(&k, cert))
        return;
    for (size_t i = 0; i < LIMIT_SAN_NAMES && general_name_next(&san, &name); i++) {
        const struct subject_name presented = name_of(&name);
        has_dns |= name.kind == GN_DNS;
        if (!passes(&k, &presented))
            return;
    }
    if (depth == 0 && !has_dns)
        common_names_pass(&k, cert);
}
