/* SPDX-License-Identifier: Apache-2.0 */
/* Name constraints as GnuTLS merges them (name_constraints.c): from the trusted end down the
 * permitted subtrees of each CA are intersected with those above it, and what is left binds the
 * leaf alone. */
#include <string.h>

#include "judge/internal.h"

/** A subtree, and the CA that is the last to have a say in it. An excluded dNSName or address
 *  without text stands for all. */
struct constraint {
    enum general_name_kind kind;
    struct bytes base;
    size_t ca;
};
struct constraints {
    struct constraint *items;
    size_t count, cap;
};
struct merge {
    const struct check *c;
    struct constraints permitted, excluded;
    bool old; /**< as 3.7 does */
};

static void add(struct merge *m, struct constraints *list, struct constraint item)
{
    if (list->count >= LIMIT_SAN_NAMES) {
        limit_hit(m->c->j, "LIMIT_SAN_NAMES");
        return;
    }
    list->items =
        arena_grow(m->c->j->arena, list->items, list->count, &list->cap, sizeof *list->items);
    list->items[list->count++] = item;
}

static unsigned kind_bit(enum general_name_kind kind)
{
    return 1u << kind;
}

static unsigned kinds_of(const struct constraints *list)
{
    unsigned kinds = 0;
    for (size_t i = 0; i < list->count; i++)
        kinds |= kind_bit(list->items[i].kind);
    return kinds;
}

static void violation(const struct merge *m, size_t ca, bool excluded, const char *name)
{
    reason_add(m->c, FACT_NAME_CONSTRAINT, between(0, (int)ca), excluded ? 1 : 0, 0, name);
}

/* ---- a name within a subtree ---- */

static uint8_t fold(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/** Case counts until 3.8.12, and before the "@" of an address. */
static bool same(const struct merge *m, struct bytes a, struct bytes b)
{
    bool case_counts = m->old;
    if (a.n != b.n)
        return false;
    for (size_t i = a.n; i > 0; i--) {
        const uint8_t x = a.p[i - 1], y = b.p[i - 1];
        if (case_counts ? x != y : fold(x) != fold(y))
            return false;
        case_counts |= x == '@';
    }
    return true;
}

static bool ends_with(const struct merge *m, struct bytes name, struct bytes tail)
{
    return name.n >= tail.n && same(m, bytes_slice(name, name.n - tail.n, name.n), tail);
}

static struct bytes without_dots(const struct merge *m, struct bytes name)
{
    while (!m->old && name.n > 0 && name.p[name.n - 1] == '.')
        name.n--;
    return name;
}

/** ".example.com" is for sub-domains alone, "example.com" for itself, too. */
static bool dns_within(const struct merge *m, struct bytes name, struct bytes base)
{
    name = without_dots(m, name);
    base = without_dots(m, base);
    if (same(m, name, base))
        return true;
    if (base.n > 0 && base.p[0] == '.')
        return name.n > base.n && ends_with(m, name, base);
    return name.n > base.n && ends_with(m, name, base) && name.p[name.n - base.n - 1] == '.';
}

static bool email_within(const struct merge *m, struct bytes name, struct bytes base)
{
    if (same(m, name, base))
        return true;
    if (name.n <= base.n || !ends_with(m, name, base))
        return false;
    return (base.n > 1 && base.p[0] == '.') || name.p[name.n - base.n - 1] == '@';
}

static bool ip_within(struct bytes ip, struct bytes base)
{
    for (size_t i = 0; i < ip.n; i++)
        if ((ip.p[i] & base.p[ip.n + i]) != (base.p[i] & base.p[ip.n + i]))
            return false;
    return true;
}

static bool name_within(const struct merge *m, enum general_name_kind kind, struct bytes name,
                        struct bytes base)
{
    if (kind == GN_IP)
        return ip_within(name, base);
    return kind == GN_DNS ? dns_within(m, name, base) : email_within(m, name, base);
}

/* ---- merging ---- */

/** Where two ranges overlap: both addresses and both masks. */
static bool ranges_intersect(const struct merge *m, struct bytes a, struct bytes b,
                             struct bytes *out)
{
    const size_t half = a.n / 2;
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < half; i++)
        if ((a.p[i] ^ b.p[i]) & a.p[half + i] & b.p[half + i])
            return false;
    uint8_t *both = arena_alloc(m->c->j->arena, a.n);
    for (size_t i = 0; i < half; i++) {
        both[half + i] = a.p[half + i] | b.p[half + i];
        both[i] = (uint8_t)((a.p[i] & a.p[half + i]) | (b.p[i] & b.p[half + i]));
    }
    *out = bytes_of(both, a.n);
    return true;
}

/** The narrower of two subtrees; until 3.8 only when it is the lower CA's. */
static bool intersect(const struct merge *m, const struct constraint *upper,
                      const struct constraint *lower, struct constraint *out)
{
    *out = *lower;
    if (upper->kind != lower->kind)
        return false;
    if (upper->kind == GN_IP)
        return ranges_intersect(m, upper->base, lower->base, &out->base);
    if (name_within(m, upper->kind, lower->base, upper->base))
        return true;
    *out = *upper;
    return !m->old && name_within(m, upper->kind, upper->base, lower->base);
}

static bool is_compared(enum general_name_kind kind)
{
    return kind == GN_DNS || kind == GN_EMAIL || kind == GN_IP;
}

/** What only one of the two CAs constrains stays as it is. */
static void keep_apart(struct merge *m, struct constraints *out, const struct constraints *from,
                       unsigned other_kinds)
{
    for (size_t i = 0; i < from->count; i++)
        if (!is_compared(from->items[i].kind) || !(other_kinds & kind_bit(from->items[i].kind)))
            add(m, out, from->items[i]);
}

static void exclude_all(struct merge *m, enum general_name_kind kind, size_t ca)
{
    static const uint8_t any[32];
    if (kind != GN_IP) {
        add(m, &m->excluded, (struct constraint){kind, bytes_of(NULL, 0), ca});
        return;
    }
    add(m, &m->excluded, (struct constraint){kind, bytes_of(any, 8), ca});
    add(m, &m->excluded, (struct constraint){kind, bytes_of(any, 32), ca});
}

static void intersect_all(struct merge *m, const struct constraints *upper,
                          const struct constraints *lower, struct constraints *out)
{
    struct constraint both;
    for (size_t i = 0; i < upper->count; i++) {
        for (size_t k = 0; k < lower->count && is_compared(upper->items[i].kind); k++) {
            if (--m->c->j->nc_left < 0)
                return;
            if (intersect(m, &upper->items[i], &lower->items[k], &both))
                add(m, out, both);
        }
    }
}

static void merge_permitted(struct merge *m, const struct constraints *lower, size_t ca)
{
    static const enum general_name_kind kinds[] = {GN_DNS, GN_EMAIL, GN_IP};
    const struct constraints upper = m->permitted;
    const unsigned upper_kinds = kinds_of(&upper), lower_kinds = kinds_of(lower);
    struct constraints out = {NULL, 0, 0};
    unsigned in_common = 0;
    if (upper.count == 0 || lower->count == 0) {
        /* 3.7 forgets what is permitted below a CA that only excludes */
        if (upper.count == 0 && (!m->old || m->excluded.count == 0))
            m->permitted = *lower;
        return;
    }
    intersect_all(m, &upper, lower, &out);
    const unsigned left = kinds_of(&out);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const unsigned bit = kind_bit(kinds[k]);
        in_common |= upper_kinds & lower_kinds & bit;
        if (upper_kinds & lower_kinds & ~left & bit)
            exclude_all(m, kinds[k], ca);
    }
    keep_apart(m, &out, &upper, lower_kinds);
    /* … and, where anything intersects, what only the lower CA constrains */
    if (!m->old || in_common == 0)
        keep_apart(m, &out, lower, upper_kinds);
    m->permitted = out;
}

/* ---- a CA ---- */

/** 1.3.6.1.4.1.311.20.2.3, the one otherName of which GnuTLS reads constraints. */
static bool is_user_principal(struct bytes other)
{
    static const uint8_t upn[] = {0x2b, 6, 1, 4, 1, 0x82, 0x37, 0x14, 2, 3};
    struct reader r = reader_of(other, 0);
    struct der oid;
    return reader_expect(&r, DER_OID, &oid) && bytes_equal(oid.body, bytes_of(upn, sizeof upn));
}

/** Eight or 32 octets, of which the second half is a mask without holes. */
static bool is_range(struct bytes base)
{
    bool ended = false;
    if (base.n != 8 && base.n != 32)
        return false;
    for (size_t i = base.n / 2; i < base.n; i++)
        for (unsigned bit = 0x80; bit != 0; bit >>= 1) {
            if (ended && (base.p[i] & bit))
                return false;
            ended |= !(base.p[i] & bit);
        }
    return true;
}

static bool has_empty_label(struct bytes name)
{
    for (size_t i = 0; i + 1 < name.n; i++)
        if (name.p[i] == '.' && name.p[i + 1] == '.')
            return true;
    return name.n == 1 && name.p[0] == '.';
}

/** validate_name_constraints_node */
static bool is_readable(const struct merge *m, const struct general_name *base)
{
    switch (base->kind) {
    case GN_DNS:
    case GN_EMAIL:
        return m->old || !has_empty_label(base->value);
    case GN_IP:
        return is_range(base->value);
    case GN_URI:
    case GN_DIRECTORY:
        return true;
    case GN_OTHER:
        return m->c->b->nc_merge != NC_MERGED_3_7_1 && is_user_principal(base->value);
    default:
        return false;
    }
}

/** An empty directoryName passes for the end of the list (_gnutls_parse_general_name2). */
static void merge_collect(struct merge *m, const struct subtrees *trees, bool excluded, size_t ca,
                          struct constraints *out)
{
    static const uint8_t empty_name[] = {0x30, 0};
    for (size_t i = 0; i < trees->count; i++) {
        const struct general_name *base = &trees->items[i].base;
        if (trees->items[i].excluded != excluded)
            continue;
        if (base->kind == GN_DIRECTORY && bytes_equal(base->value, bytes_of(empty_name, 2)))
            return;
        add(m, out, (struct constraint){base->kind, base->value, ca});
    }
}

/** The constraints of one CA; false when one cannot be read, which counts even where the extension
 *  is not critical. */
static bool merge_ca(struct merge *m, size_t ca)
{
    const struct subtrees *trees = subtrees_of(m->c, ca);
    struct constraints lower = {NULL, 0, 0};
    for (size_t i = 0; i < trees->count; i++)
        if (!is_readable(m, &trees->items[i].base))
            return false;
    merge_collect(m, trees, false, ca, &lower);
    merge_permitted(m, &lower, ca);
    merge_collect(m, trees, true, ca, &m->excluded);
    return true;
}

/* ---- the leaf ---- */

static bool concerns(const struct constraint *item, enum general_name_kind kind, struct bytes name)
{
    return item->kind == kind && (kind != GN_IP || item->base.n == 2 * name.n);
}

static bool passes(struct merge *m, enum general_name_kind kind, struct bytes name,
                   const char *text)
{
    const struct constraint *missed = NULL;
    for (size_t i = 0; i < m->excluded.count; i++) {
        const struct constraint *item = &m->excluded.items[i];
        if (concerns(item, kind, name) && --m->c->j->nc_left >= 0 &&
            (item->base.n == 0 || name_within(m, kind, name, item->base))) {
            violation(m, item->ca, true, text);
            return false;
        }
    }
    for (size_t i = 0; i < m->permitted.count; i++) {
        const struct constraint *item = &m->permitted.items[i];
        if (!concerns(item, kind, name) || item->base.n == 0 || --m->c->j->nc_left < 0)
            continue;
        if (name_within(m, kind, name, item->base))
            return true;
        missed = item;
    }
    if (missed == NULL || m->c->j->nc_left < 0)
        return true;
    violation(m, missed->ca, false, text);
    return false;
}

/** The names of one kind in the SAN: false when one of them is outside. */
static bool san_passes(struct merge *m, enum general_name_kind kind, bool *seen)
{
    struct reader names = cert_san(check_cert(m->c, 0));
    struct general_name name;
    struct arena *arena = m->c->j->arena;
    for (int i = 0; i < LIMIT_SAN_NAMES && general_name_next(&names, &name); i++) {
        if (name.kind != kind)
            continue;
        *seen = true;
        const char *text = kind == GN_IP ? str_ip(arena, name.value) : str_safe(arena, name.value);
        if (!passes(m, kind, name.value, text))
            return false;
    }
    return true;
}

/** The one attribute of the subject that stands for a name where the SAN has none of its kind. */
static bool attribute_passes(struct merge *m, enum general_name_kind kind, enum oid oid)
{
    struct arena *arena = m->c->j->arena;
    const struct bytes subject = check_cert(m->c, 0)->subject;
    const struct bytes first = name_attribute_utf8(arena, subject, oid, 0);
    if (first.p == NULL || !((kinds_of(&m->permitted) | kinds_of(&m->excluded)) & kind_bit(kind)))
        return true;
    if (name_attribute_utf8(arena, subject, oid, 1).p == NULL)
        return passes(m, kind, first, str_safe(arena, first));
    violation(m, 1, false, "several names of one kind in the subject");
    return false;
}

/** Of names that GnuTLS does not compare any exclusion counts; of URIs only when there is one. */
static bool uncompared_pass(struct merge *m)
{
    struct reader names = cert_san(check_cert(m->c, 0));
    struct general_name name;
    bool has_uri = false;
    for (int i = 0; i < LIMIT_SAN_NAMES && general_name_next(&names, &name); i++)
        has_uri |= name.kind == GN_URI;
    for (size_t i = 0; i < m->excluded.count; i++) {
        const struct constraint *item = &m->excluded.items[i];
        if (item->kind == GN_DIRECTORY || (item->kind == GN_URI && has_uri)) {
            violation(m, item->ca, true, item->kind == GN_URI ? "a URI" : "the subject");
            return false;
        }
    }
    return true;
}

/** MAX_NC_CHECKS, counted before anything is compared (Debian's 3.7.9 and 3.8.10 on). */
static bool is_too_much(const struct merge *m)
{
    struct reader names = cert_san(check_cert(m->c, 0));
    struct general_name name;
    size_t count = 0;
    while (count < LIMIT_SAN_NAMES && general_name_next(&names, &name))
        count++;
    return count * (m->permitted.count + m->excluded.count) > (1 << 20);
}

static void check_leaf(struct merge *m)
{
    bool has_dns = false, has_email = false, has_ip = false;
    if (is_too_much(m)) {
        violation(m, 1, false, "more names and constraints than are compared");
        return;
    }
    if (!san_passes(m, GN_DNS, &has_dns) || (!has_dns && !attribute_passes(m, GN_DNS, OID_CN)))
        return;
    if (!san_passes(m, GN_EMAIL, &has_email) ||
        (!has_email && !attribute_passes(m, GN_EMAIL, OID_EMAIL_ADDRESS)))
        return;
    if (uncompared_pass(m))
        san_passes(m, GN_IP, &has_ip);
}

/* ---- TLS features ---- */

static struct reader features_of(const struct cert *cert)
{
    struct der list;
    const struct extension *ext = cert_extension(cert, OID_TLS_FEATURE);
    struct reader r = reader_of(ext != NULL ? ext->value : bytes_of(NULL, 0), 0);
    return reader_expect(&r, DER_SEQUENCE, &list) ? reader_enter(&list)
                                                  : reader_of(bytes_of(NULL, 0), 0);
}

static bool has_feature(const struct cert *cert, struct bytes feature)
{
    struct reader features = features_of(cert);
    struct der item;
    for (int i = 0; i < LIMIT_EXTENSIONS && reader_expect(&features, DER_INTEGER, &item); i++)
        if (bytes_equal(item.body, feature))
            return true;
    return false;
}

/** RFC 7633 section 4.2.2: what a CA has of them, all below it must have. */
void check_tls_features(const struct check *c)
{
    for (size_t ca = c->route->count; ca-- > 1;) {
        struct reader features = features_of(check_cert(c, ca));
        struct der item;
        for (int i = 0; i < LIMIT_EXTENSIONS && reader_expect(&features, DER_INTEGER, &item); i++)
            for (size_t depth = ca; depth-- > 0;)
                if (!has_feature(check_cert(c, depth), item.body)) {
                    reason_add(c, FACT_TLS_FEATURE, between((int)depth, (int)ca), 0, 0, NULL);
                    return;
                }
    }
}

void check_merged_constraints(const struct check *c)
{
    struct judging *j = c->j;
    struct merge m = {.c = c, .old = c->b->nc_merge != NC_MERGED};
    j->nc_left = j->nc_total < LIMIT_NC_COMPARISONS ? j->nc_total : LIMIT_NC_COMPARISONS;
    const int start = j->nc_left;
    for (size_t ca = c->route->count - 1; ca > 0; ca--) {
        if (!(check_cert(c, ca)->has & HAS_NAME_CONSTRAINTS) || merge_ca(&m, ca))
            continue;
        /* limit 2: on a kind of name that is not processed */
        reason_add(c, FACT_CRITICAL_EXTENSION, at_depth((int)ca),
                   cert_extension(check_cert(c, ca), OID_NAME_CONSTRAINTS)->offset, 2,
                   oid_name(OID_NAME_CONSTRAINTS));
        return;
    }
    check_leaf(&m);
    j->nc_total -= j->nc_left >= 0 ? start - j->nc_left : start;
    if (j->nc_left >= 0)
        return;
    limit_hit(j, start < LIMIT_NC_COMPARISONS ? "LIMIT_NC_TOTAL" : "LIMIT_NC_COMPARISONS");
    reason_add(c, FACT_NAME_CONSTRAINT, at_depth(0), 2, LIMIT_NC_COMPARISONS,
               "more names and constraints than are compared");
}
