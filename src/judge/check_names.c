/* SPDX-License-Identifier: Apache-2.0 */
/* Name constraints, RFC 5280 sections 4.2.1.10 and 6.1.3 (b) and (c): every name of a certificate
 * against the subtrees of every CA above it. */
#include <string.h>
#include <strings.h>

#include "judge/internal.h"

static uint8_t fold(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool equal_nocase(struct bytes a, struct bytes b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (fold(a.p[i]) != fold(b.p[i]))
            return false;
    return true;
}

static bool ends_nocase(struct bytes name, struct bytes tail)
{
    return name.n >= tail.n && equal_nocase(bytes_slice(name, name.n - tail.n, tail.n), tail);
}

/** A host within a domain constraint: with a leading dot sub-domains only, else itself too. */
static bool host_within(struct bytes host, struct bytes base, bool itself)
{
    if (base.n > 0 && base.p[0] == '.')
        return host.n > base.n && ends_nocase(host, base);
    if (itself && equal_nocase(host, base))
        return true;
    return itself && host.n > base.n && ends_nocase(host, base) &&
           host.p[host.n - base.n - 1] == '.';
}

/** "*.example.com" could stand for a host inside the excluded tree "www.example.com". */
static bool wildcard_reaches(struct bytes name, struct bytes base)
{
    if (name.n < 3 || name.p[0] != '*' || name.p[1] != '.')
        return false;
    const struct bytes parent = bytes_slice(name, 1, name.n);
    return base.n > parent.n && ends_nocase(base, parent);
}

static bool dns_within(const struct behaviour *b, const struct subtree *tree, struct bytes name)
{
    if (tree->base.value.n == 0)
        return !b->nc_empty_dns_matches_none;
    if (host_within(name, tree->base.value, true))
        return true;
    return tree->excluded && b->nc_wildcard_excluded && wildcard_reaches(name, tree->base.value);
}

/** A range of addresses within another: the mask, too, is at least as narrow. */
static bool range_within(struct bytes range, struct bytes base)
{
    const size_t half = base.n / 2;
    for (size_t i = 0; i < half; i++) {
        const uint8_t mask = base.p[half + i];
        if ((range.p[i] & mask) != (base.p[i] & mask) || (range.p[half + i] & mask) != mask)
            return false;
    }
    return true;
}

static bool ip_within(const struct behaviour *b, struct bytes ip, struct bytes base)
{
    if (b->ip_ranges && ip.n == base.n && (ip.n == 8 || ip.n == 32))
        return range_within(ip, base);
    if (base.n != 2 * ip.n)
        return false;
    for (size_t i = 0; i < ip.n; i++)
        if ((ip.p[i] & base.p[ip.n + i]) != (base.p[i] & base.p[ip.n + i]))
            return false;
    return true;
}

/** Position of the last "@", SIZE_MAX without one. */
static size_t last_at(struct bytes text)
{
    size_t i = text.n;
    while (i > 0 && text.p[i - 1] != '@')
        i--;
    return i > 0 ? i - 1 : SIZE_MAX;
}

static bool email_within(const struct behaviour *b, struct bytes email, struct bytes base)
{
    const size_t at = last_at(email);
    if (at == SIZE_MAX)
        return false;
    const size_t base_at = last_at(base);
    const struct bytes host = bytes_slice(email, at + 1, email.n);
    if (base_at == SIZE_MAX)
        return host_within(host, base, b->nc_hosts_as_domains) || equal_nocase(host, base);
    return bytes_equal(bytes_slice(email, 0, at), bytes_slice(base, 0, base_at)) &&
           equal_nocase(host, bytes_slice(base, base_at + 1, base.n));
}

/** Characters of an address without quotes, one "@" between them (RFC 5321 section 4.1.2). */
static bool email_is_plain(struct bytes email)
{
    size_t at = SIZE_MAX;
    for (size_t i = 0; i < email.n; i++) {
        const uint8_t c = fold(email.p[i]);
        const bool letter =
            (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
        if (c == '@' && at == SIZE_MAX)
            at = i;
        else if (!letter && (c == 0 || at != SIZE_MAX || strchr("!#$%&'*+/=?^_`{|}~", c) == NULL))
            return false;
    }
    return at != SIZE_MAX && at > 0 && at + 1 < email.n;
}

/** The host of a URI: between "//" (and user information) and the port, path, query or fragment. */
static struct bytes uri_host(struct bytes uri)
{
    const size_t start = bytes_find(uri, bytes_str("//"));
    if (start == SIZE_MAX)
        return bytes_of(NULL, 0);
    struct bytes rest = bytes_slice(uri, start + 2, uri.n);
    size_t end = 0;
    while (end < rest.n && strchr("/?#", rest.p[end]) == NULL)
        end++;
    rest = bytes_slice(rest, 0, end);
    const size_t user = bytes_find(rest, bytes_str("@"));
    if (user != SIZE_MAX)
        rest = bytes_slice(rest, user + 1, rest.n);
    const size_t port = bytes_find(rest, bytes_str(":"));
    return port == SIZE_MAX ? rest : bytes_slice(rest, 0, port);
}

static bool uri_within(const struct behaviour *b, struct bytes uri, struct bytes base)
{
    const struct bytes host = uri_host(uri);
    if (host.n == 0)
        return false;
    return host_within(host, base, b->nc_hosts_as_domains) || equal_nocase(host, base);
}

static bool name_within(const struct behaviour *b, const struct subtree *tree,
                        const struct general_name *name)
{
    switch (name->kind) {
    case GN_DNS:
        return dns_within(b, tree, name->value);
    case GN_IP:
        return ip_within(b, name->value, tree->base.value);
    case GN_EMAIL:
        return email_within(b, name->value, tree->base.value);
    case GN_URI:
        return uri_within(b, name->value, tree->base.value);
    case GN_DIRECTORY:
        if (b->nc_empty_directory_ignored && tree->base.value.n <= 2)
            return false;
        return name_is_within(name->value, tree->base.value);
    default:
        return false;
    }
}

/** One name against all subtrees of one CA. */
struct comparison {
    bool permitted_seen, permitted, excluded;
};

static bool kind_is_compared(const struct behaviour *b, enum general_name_kind kind)
{
    if (kind == GN_DIRECTORY)
        return !b->nc_no_directory;
    if (kind == GN_IP)
        return !b->nc_no_ip;
    if (kind == GN_URI)
        return !b->nc_no_uri;
    if (kind == GN_EMAIL)
        return !b->nc_no_email;
    return kind == GN_DNS;
}

static bool kind_is_constrained(const struct subtrees *trees, enum general_name_kind kind)
{
    for (size_t i = 0; i < trees->count; i++)
        if (trees->items[i].base.kind == kind)
            return true;
    return false;
}

/** A name of a kind that this verifier does not compare, under a constraint of that kind. */
static bool violates_kind(const struct check *c, size_t ca, enum general_name_kind kind)
{
    const struct extension *ext = cert_extension(check_cert(c, ca), OID_NAME_CONSTRAINTS);
    if (c->b->nc_kind == NC_KIND_IGNORED)
        return false;
    return (c->b->nc_kind == NC_KIND_FATAL || ext->critical) &&
           kind_is_constrained(subtrees_of(c, ca), kind);
}

static struct comparison compare_subtrees(const struct check *c, const struct subtrees *trees,
                                          const struct general_name *name)
{
    struct comparison cmp = {false, false, false};
    for (size_t i = 0; i < trees->count; i++) {
        const struct subtree *tree = &trees->items[i];
        if (tree->base.kind != name->kind)
            continue;
        if (--c->j->nc_left < 0)
            break;
        const bool within =
            (tree->excluded && name->kind == GN_DIRECTORY && c->b->nc_directory_excluded_all) ||
            name_within(c->b, tree, name);
        cmp.excluded |= tree->excluded && within;
        cmp.permitted_seen |= !tree->excluded;
        cmp.permitted |= !tree->excluded && within;
    }
    return cmp;
}

static bool subtree_take(void *context, const struct subtree *tree)
{
    struct subtrees *trees = context;
    if (trees->count >= LIMIT_SAN_NAMES)
        return false;
    trees->items =
        arena_grow(trees->arena, trees->items, trees->count, &trees->cap, sizeof *trees->items);
    trees->items[trees->count++] = *tree;
    return true;
}

/** The constraints of a CA, read once per judgement. */
const struct subtrees *subtrees_of(const struct check *c, size_t depth)
{
    struct node_extra *extra = &c->j->extra[c->route->nodes[depth]];
    if (extra->subtrees == NULL) {
        extra->subtrees = arena_alloc(c->j->arena, sizeof *extra->subtrees);
        extra->subtrees->arena = c->j->arena;
        cert_name_constraints(check_cert(c, depth), subtree_take, extra->subtrees);
    }
    return extra->subtrees;
}

static char *general_name_text(struct arena *arena, const struct general_name *name)
{
    if (name->kind == GN_IP)
        return str_ip(arena, name->value);
    return name->kind == GN_DIRECTORY ? name_text(arena, name->value)
                                      : str_safe(arena, name->value);
}

/** 1 when a domain among the subtrees is no domain: "*.example.com". */
static int has_malformed_base(const struct subtrees *trees)
{
    for (size_t i = 0; i < trees->count; i++)
        if (trees->items[i].base.kind == GN_DNS &&
            bytes_find(trees->items[i].base.value, bytes_str("*")) != SIZE_MAX)
            return 1;
    return 0;
}

/** False when the name lies outside: the violation is recorded. value: 1 excluded, 0 not permitted.
 */
static bool compare_name(const struct check *c, size_t ca, size_t depth,
                         const struct general_name *name)
{
    const struct subtrees *trees = subtrees_of(c, ca);
    struct comparison cmp = {false, false, false};
    if (!kind_is_compared(c->b, name->kind))
        cmp.excluded = violates_kind(c, ca, name->kind);
    else if (name->kind == GN_EMAIL && c->b->nc_email_strict &&
             kind_is_constrained(trees, GN_EMAIL) && !email_is_plain(name->value))
        cmp.excluded = true;
    else
        cmp = compare_subtrees(c, trees, name);
    const bool cut_short = c->j->nc_left < 0;
    if (cut_short || (!cmp.excluded && (!cmp.permitted_seen || cmp.permitted)))
        return true;
    reason_add(c, FACT_NAME_CONSTRAINT, between((int)depth, (int)ca), cmp.excluded ? 1 : 0,
               has_malformed_base(trees), general_name_text(c->j->arena, name));
    return false;
}

/** The leaf's common names: all, or the last one only, that look like a host's. */
static bool compare_common_names(const struct check *c, size_t ca)
{
    const struct cert *cert = check_cert(c, 0);
    struct arena *arena = c->j->arena;
    for (size_t n = 0; n < LIMIT_NAME_ATTRIBUTES; n++) {
        const struct bytes cn = name_attribute_utf8(arena, cert->subject, OID_CN, n);
        if (cn.p == NULL)
            break;
        const char *text = arena_strndup(arena, (const char *)cn.p, cn.n);
        const bool skipped = c->b->cn_pick == CN_LAST &&
                             name_attribute_utf8(arena, cert->subject, OID_CN, n + 1).p != NULL;
        if (!skipped && str_is_plain_host(text) && text[strlen(text) - 1] != '.' &&
            !compare_name(c, ca, 0, &(struct general_name){GN_DNS, cn, 0}))
            return false;
    }
    return true;
}

/** wolfSSL's ConfirmNameConstraints takes the last Common Name for a host, whatever it is. */
static bool compare_last_cn(const struct check *c, size_t ca, size_t depth)
{
    const struct cert *cert = check_cert(c, depth);
    struct bytes last = {NULL, 0};
    for (size_t n = 0; n < LIMIT_NAME_ATTRIBUTES; n++) {
        const struct bytes cn = name_attribute_utf8(c->j->arena, cert->subject, OID_CN, n);
        if (cn.p == NULL)
            break;
        last = cn;
    }
    return last.p == NULL || compare_name(c, ca, depth, &(struct general_name){GN_DNS, last, 0});
}

/** RFC 5280 4.2.1.10: the subject, and its e-mail addresses when no rfc822Name stands for them. */
static bool compare_subject(const struct check *c, size_t ca, size_t depth, bool has_email,
                            bool has_dns, bool has_names)
{
    const struct cert *cert = check_cert(c, depth);
    struct arena *arena = c->j->arena;
    if (cert_has_subject(cert) &&
        !compare_name(c, ca, depth, &(struct general_name){GN_DIRECTORY, cert->subject, 0}))
        return false;
    for (size_t n = 0; !has_email && !c->b->nc_no_email && n < LIMIT_NAME_ATTRIBUTES; n++) {
        const struct bytes email = name_attribute_utf8(arena, cert->subject, OID_EMAIL_ADDRESS, n);
        if (email.p == NULL)
            break;
        if (!compare_name(c, ca, depth, &(struct general_name){GN_EMAIL, email, 0}))
            return false;
    }
    if (c->b->nc_on_any_cn && !has_names && !compare_last_cn(c, ca, depth))
        return false;
    return has_dns || depth != 0 || !c->b->nc_on_cn || compare_common_names(c, ca);
}

static void compare_cert(const struct check *c, size_t ca, size_t depth)
{
    struct reader names = cert_san(check_cert(c, depth));
    struct general_name name;
    bool has_email = false, has_dns = false, has_names = false;
    for (int i = 0; i < LIMIT_SAN_NAMES && general_name_next(&names, &name); i++) {
        has_names |= name.kind == GN_DNS || name.kind == GN_IP || name.kind == GN_URI;
        has_email |= name.kind == GN_EMAIL;
        has_dns |= name.kind == GN_DNS;
        if (!compare_name(c, ca, depth, &name))
            return; /* one name outside is enough evidence for one certificate */
    }
    if (!c->b->nc_san_only)
        compare_subject(c, ca, depth, has_email, has_dns, has_names);
}

static bool kind_is_fatal(const struct behaviour *b, enum general_name_kind kind)
{
    switch (kind) {
    case GN_DNS:
    case GN_IP:
    case GN_EMAIL:
    case GN_URI:
        return false;
    case GN_DIRECTORY:
        return b->nc_directory_fatal;
    case GN_OTHER:
        return b->nc_other_fatal;
    default:
        return b->nc_unknown_fatal;
    }
}

/** An empty dNSName subtree ends some verifiers: sun.security.x509.DNSName.constrains. */
static void check_empty_subtrees(const struct check *c, size_t ca)
{
    const struct subtrees *trees = subtrees_of(c, ca);
    for (size_t i = 0; i < trees->count; i++)
        if (trees->items[i].base.kind == GN_DNS && trees->items[i].base.value.n == 0) {
            reason_add(c, FACT_NAME_CONSTRAINT, between(0, (int)ca), 3, 0, "");
            return;
        }
}

/** A critical constraint of a kind that this verifier does not know is fatal to it (RFC 5280
 *  section 4.2.1.10: "reject the certificate" or process it). */
static void check_unknown_subtrees(const struct check *c, size_t ca)
{
    const struct extension *ext = cert_extension(check_cert(c, ca), OID_NAME_CONSTRAINTS);
    const struct subtrees *trees = subtrees_of(c, ca);
    bool fatal = false;
    for (size_t i = 0; i < trees->count; i++)
        fatal |= kind_is_fatal(c->b, trees->items[i].base.kind);
    if (fatal && ext != NULL && ext->critical)
        /* limit 2: on a kind of name that is not processed */
        reason_add(c, FACT_CRITICAL_EXTENSION, at_depth((int)ca), ext->offset, 2,
                   oid_name(OID_NAME_CONSTRAINTS));
}

/** java URIName.nameConstraint: a host, perhaps with a leading dot, and nothing else. */
static bool is_readable(const struct check *c, size_t ca)
{
    const struct subtrees *trees = subtrees_of(c, ca);
    for (size_t i = 0; c->b->nc_uri_is_host && i < trees->count; i++)
        if ((trees->items[i].base.kind == GN_URI &&
             bytes_find(trees->items[i].base.value, bytes_str("/")) != SIZE_MAX) ||
            (trees->items[i].base.kind == GN_IP && trees->items[i].base.value.n != 8 &&
             trees->items[i].base.value.n != 32))
            return false;
    return true;
}

/** What binds nobody: what an anchor says where that is ignored, and what cannot be read unless it
 *  is critical. */
static bool is_void(const struct check *c, size_t ca)
{
    const struct extension *ext = cert_extension(check_cert(c, ca), OID_NAME_CONSTRAINTS);
    if (ext == NULL || (check_is_anchor(c, ca) && c->b->anchor_nc_ignored))
        return true;
    if (is_readable(c, ca))
        return false;
    if (ext->critical)
        reason_add(c, FACT_ANOMALY, at_depth((int)ca), ANOMALY_EXTENSION_MALFORMED, 1,
                   oid_name(OID_NAME_CONSTRAINTS));
    return true;
}

static bool has_constraints(const struct check *c)
{
    for (size_t ca = 1; ca < c->route->count; ca++)
        if (check_cert(c, ca)->has & HAS_NAME_CONSTRAINTS)
            return !c->b->nc_unsupported;
    return false;
}

void check_name_constraints(const struct check *c)
{
    struct judging *j = c->j;
    if (!has_constraints(c))
        return;
    if (c->b->nc_merge != NC_EACH) {
        check_merged_constraints(c);
        return;
    }
    const int allowed = c->b->nc_limit != 0 ? (int)c->b->nc_limit : LIMIT_NC_COMPARISONS;
    const int start = j->nc_total < allowed ? j->nc_total : allowed;
    j->nc_left = start;
    for (size_t ca = 1; ca < c->route->count && j->nc_left >= 0; ca++) {
        if (is_void(c, ca))
            continue;
        check_unknown_subtrees(c, ca);
        if (c->b->nc_empty_dns_fatal)
            check_empty_subtrees(c, ca);
        const size_t end = c->b->nc_on_itself ? ca + 1 : ca;
        for (size_t depth = c->b->nc_direct_issuer_only ? ca - 1 : 0; depth < end; depth++) {
            const bool exempt =
                depth > 0 &&
                (c->b->nc_leaf_only ||
                 (!c->b->nc_self_issued_too && node_is_self_issued(c->j, c->route->nodes[depth])));
            if (!exempt && c->b->nc_doubt_fatal)
                check_constraints_of(c, ca, depth);
            else if (!exempt)
                compare_cert(c, ca, depth);
        }
    }
    j->nc_total -= j->nc_left >= 0 ? start - j->nc_left : start;
    if (j->nc_left >= 0)
        return;
    limit_hit(j, start < allowed ? "LIMIT_NC_TOTAL" : "LIMIT_NC_COMPARISONS");
    if (c->b->nc_unlimited)
        return;
    reason_add(c, FACT_NAME_CONSTRAINT, at_depth(0), 2, LIMIT_NC_COMPARISONS,
               "more names and constraints than are compared");
}
