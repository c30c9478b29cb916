/* SPDX-License-Identifier: Apache-2.0 */
/* What the variable parts of a client's words stand for: {host}, {cn}, {limit} … Each is worked out
 * only when a text asks for it. */
#include <string.h>

#include "judge/internal.h"

enum { NAMES_SHOWN = 100 }; /* a longer list helps nobody, whoever prints it */

struct filling {
    struct judging *j;
    const struct fact *fact;
};

static const struct cert *cert_of_leaf(const struct filling *f)
{
    return f->j->graph->nodes[f->j->first].cert;
}

/** The certificate that the fact is about; the leaf for those about the endpoint. */
static const struct cert *cert_of_fact(const struct filling *f)
{
    return f->fact->node >= 0 ? f->j->graph->nodes[f->fact->node].cert : cert_of_leaf(f);
}

/** The issuer that the fact names; NULL when it names none. */
static const struct cert *cert_of_other(const struct filling *f)
{
    return f->fact->other >= 0 ? f->j->graph->nodes[f->fact->other].cert : NULL;
}

static const char *fill_host(const struct filling *f)
{
    return str_safe(f->j->arena, bytes_str(f->j->obs->target.name));
}

/* RFC 3986 section 3.2.2: an IPv6 address stands in brackets. */
static const char *fill_url(const struct filling *f)
{
    const struct target *t = &f->j->obs->target;
    const char *host = fill_host(f);
    if (strchr(host, ':') != NULL)
        host = arena_printf(f->j->arena, "[%s]", host);
    if (t->port == 443 || t->port == 0)
        return arena_printf(f->j->arena, "https://%s", host);
    return arena_printf(f->j->arena, "https://%s:%u", host, (unsigned)t->port);
}

/** Without the trailing dot that Node takes away and puts back. */
static const char *fill_host_bare(const struct filling *f)
{
    const struct bytes host = bytes_str(f->j->obs->target.name);
    const bool dot = host.n > 0 && host.p[host.n - 1] == '.';
    return str_safe(f->j->arena, bytes_slice(host, 0, host.n - (dot ? 1 : 0)));
}

static const char *fill_port(const struct filling *f)
{
    const unsigned port = f->j->obs->target.port;
    return arena_printf(f->j->arena, "%u", port != 0 ? port : 443);
}

static const char *fill_text(const struct filling *f)
{
    return f->fact->text;
}

static const char *fill_at(const struct filling *f)
{
    return time_rfc3339(f->j->arena, f->j->in->at);
}

static const char *fill_limit(const struct filling *f)
{
    const bool is_time = f->fact->id == FACT_EXPIRED || f->fact->id == FACT_NOT_YET_VALID;
    return is_time ? time_rfc3339(f->j->arena, f->fact->limit)
                   : arena_printf(f->j->arena, "%lld", (long long)f->fact->limit);
}

static const char *fill_value(const struct filling *f)
{
    return arena_printf(f->j->arena, "%lld", (long long)f->fact->value);
}

/* ---- names of certificates ---- */

static const char *fill_cn(const struct filling *f)
{
    return name_attribute(f->j->arena, cert_of_leaf(f)->subject, OID_CN);
}

/** The last of several, as curl and Java look at it. */
static const char *fill_cn_last(const struct filling *f)
{
    struct bytes last = bytes_of(NULL, 0);
    for (size_t n = 0; n < LIMIT_NAME_ATTRIBUTES; n++) {
        const struct bytes cn =
            name_attribute_utf8(f->j->arena, cert_of_leaf(f)->subject, OID_CN, n);
        if (cn.p == NULL)
            break;
        last = cn;
    }
    return str_safe(f->j->arena, last);
}

/** What kind of host curl was asked for. */
static const char *fill_host_kind(const struct filling *f)
{
    const struct target *t = &f->j->obs->target;
    if (t->name_kind != NAME_IP)
        return "hostname";
    return t->ip_length == 4 ? "IPv4 address" : "IPv6 address";
}

static const char *fill_subject(const struct filling *f)
{
    return name_attribute(f->j->arena, cert_of_fact(f)->subject, OID_CN);
}

static const char *fill_issuer(const struct filling *f)
{
    return name_attribute(f->j->arena, cert_of_fact(f)->issuer, OID_CN);
}

static const char *fill_ca(const struct filling *f)
{
    const struct cert *ca = cert_of_other(f);
    return ca != NULL ? name_attribute(f->j->arena, ca->subject, OID_CN) : "";
}

/** The names of one kind in the leaf's SAN. */
static const char *names_of_kind(const struct filling *f, enum general_name_kind kind)
{
    BUF_CLEANUP out = {0};
    struct reader names = cert_san(cert_of_leaf(f));
    struct general_name name;
    size_t shown = 0;
    while (shown < NAMES_SHOWN && general_name_next(&names, &name)) {
        if (name.kind != kind)
            continue;
        buf_add_str(&out, shown++ > 0 ? ", " : "");
        if (kind == GN_IP)
            buf_add_str(&out, str_ip(f->j->arena, name.value));
        else
            str_safe_append(&out, name.value);
    }
    return arena_strdup(f->j->arena, buf_cstr(&out));
}

/** src/crypto/crypto_common.cc PrintAltName: what could be taken for something else stands within
 *  quotation marks. */
static void add_altname(struct buf *out, struct bytes name)
{
    bool safe = true;
    for (size_t i = 0; i < name.n; i++)
        safe &= name.p[i] >= ' ' && name.p[i] <= '~' && strchr("\"\\,'", name.p[i]) == NULL;
    if (safe) {
        str_safe_append(out, name);
        return;
    }
    buf_add_str(out, "\"");
    for (size_t i = 0; i < name.n; i++) {
        const uint8_t c = name.p[i];
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c >= ' ' && c <= '~' && c != ',')
            buf_append(out, &name.p[i], 1);
        else
            buf_printf(out, "\\u%04x", c);
    }
    buf_add_str(out, "\"");
}

/** The SAN as OpenSSL prints it and Node shows it: "DNS:a.example, IP Address:192.0.2.1". */
static const char *fill_altnames(const struct filling *f)
{
    static const char *const kinds[] = {
        [GN_DNS] = "DNS:", [GN_IP] = "IP Address:",     [GN_EMAIL] = "email:",
        [GN_URI] = "URI:", [GN_DIRECTORY] = "DirName:", [GN_REGISTERED] = "Registered ID:",
    };
    BUF_CLEANUP out = {0};
    struct reader names = cert_san(cert_of_leaf(f));
    struct general_name name;
    for (size_t n = 0; n < NAMES_SHOWN && general_name_next(&names, &name); n++) {
        buf_add_str(&out, n > 0 ? ", " : "");
        if ((size_t)name.kind >= sizeof kinds / sizeof *kinds || kinds[name.kind] == NULL) {
            buf_add_str(&out, "othername:<unsupported>");
            continue;
        }
        buf_add_str(&out, kinds[name.kind]);
        if (name.kind == GN_IP)
            buf_add_str(&out, str_ip(f->j->arena, name.value));
        else if (name.kind == GN_DIRECTORY)
            add_altname(&out, bytes_str(name_text(f->j->arena, name.value)));
        else if (name.kind == GN_REGISTERED)
            buf_add_str(&out, oid_text(f->j->arena, name.value));
        else
            add_altname(&out, name.value);
    }
    if (out.n == 0)
        buf_add_str(&out, "DNS:"); /* of an empty list there is one empty name */
    return arena_strdup(f->j->arena, buf_cstr(&out));
}

/** One name within apostrophes, as Python's repr() shows it, and shows what shows it. */
static void add_quoted(struct buf *out, const char *name, size_t *count)
{
    buf_add_str(out, (*count)++ > 0 ? ", '" : "'");
    for (; *name != '\0'; name++) {
        buf_add_str(out, *name == '\\' ? "\\" : "");
        buf_append(out, name, 1);
    }
    buf_add_str(out, "'");
}

/** What urllib3 1.26 compared: the SAN's names and addresses, else the Common Names. */
static const char *fill_quoted_names(const struct filling *f)
{
    BUF_CLEANUP out = {0};
    struct reader names = cert_san(cert_of_leaf(f));
    struct general_name name;
    size_t count = 0;
    while (count < NAMES_SHOWN && general_name_next(&names, &name))
        if (name.kind == GN_DNS)
            add_quoted(&out, str_safe(f->j->arena, name.value), &count);
        else if (name.kind == GN_IP)
            add_quoted(&out, str_ip(f->j->arena, name.value), &count);
    for (size_t n = 0; f->fact->limit == COMPARED_CN && n < LIMIT_NAME_ATTRIBUTES; n++) {
        const struct bytes cn =
            name_attribute_utf8(f->j->arena, cert_of_leaf(f)->subject, OID_CN, n);
        if (cn.p == NULL)
            break;
        add_quoted(&out, str_safe(f->j->arena, cn), &count);
    }
    return count > 1 ? arena_printf(f->j->arena, "either of %s", buf_cstr(&out))
                     : arena_strdup(f->j->arena, buf_cstr(&out));
}

static const char *fill_dns_names(const struct filling *f)
{
    return names_of_kind(f, GN_DNS);
}

static const char *fill_ip_addresses(const struct filling *f)
{
    return names_of_kind(f, GN_IP);
}

/* ---- name constraints ---- */

static const char *fill_subtree(const struct filling *f)
{
    return f->fact->value == 1 ? "excluded" : "permitted";
}

/** Go's name for the kind of the name that is outside. */
static const char *fill_name_kind(const struct filling *f)
{
    uint8_t ip[16];
    if (str_parse_ip(f->fact->text, ip) > 0)
        return "IP address";
    if (strstr(f->fact->text, "://") != NULL)
        return "URI";
    return strchr(f->fact->text, '@') != NULL ? "email address" : "DNS name";
}

struct exclusion {
    struct bytes name, base;
    uint8_t ip[16];
    size_t ip_length;
};

/** The name lies in the domain, or as a wildcard could reach into it. */
static bool domain_holds(struct bytes base, struct bytes name)
{
    if (name.n > 1 && name.p[0] == '*')
        name = bytes_slice(name, 1, name.n);
    const struct bytes *tail = base.n <= name.n ? &base : &name;
    const struct bytes *whole = base.n <= name.n ? &name : &base;
    return bytes_equal(bytes_slice(*whole, whole->n - tail->n, whole->n), *tail);
}

static bool network_holds(struct bytes base, const struct exclusion *x)
{
    bool holds = x->ip_length > 0 && base.n == 2 * x->ip_length;
    for (size_t i = 0; holds && i < x->ip_length; i++)
        holds = (x->ip[i] & base.p[x->ip_length + i]) == (base.p[i] & base.p[x->ip_length + i]);
    return holds;
}

/** Takes the first excluded domain or network that the name lies in. */
static bool exclusion_take(void *context, const struct subtree *tree)
{
    struct exclusion *x = context;
    const struct bytes base = tree->base.value;
    const bool holds = tree->excluded && (tree->base.kind == GN_DNS  ? domain_holds(base, x->name)
                                          : tree->base.kind == GN_IP ? network_holds(base, x)
                                                                     : false);
    if (holds)
        x->base = base;
    return !holds;
}

/** "10.0.0.0/8" */
static const char *network_text(struct arena *arena, struct bytes base)
{
    unsigned bits = 0;
    for (size_t i = base.n / 2; i < base.n; i++)
        for (unsigned octet = base.p[i]; octet != 0; octet = octet << 1 & 0xff)
            bits++;
    return arena_printf(arena, "%s/%u", str_ip(arena, bytes_slice(base, 0, base.n / 2)), bits);
}

static const char *fill_exclusion(const struct filling *f)
{
    struct exclusion x = {.name = bytes_str(f->fact->text), .base = bytes_of(NULL, 0)};
    x.ip_length = str_parse_ip(f->fact->text, x.ip);
    if (cert_of_other(f) != NULL)
        cert_name_constraints(cert_of_other(f), exclusion_take, &x);
    return x.ip_length > 0 && x.base.n == 2 * x.ip_length ? network_text(f->j->arena, x.base)
                                                          : str_safe(f->j->arena, x.base);
}

/* ---- keys and algorithms, in each library's words ---- */

/** Go's words for a check that failed, by kind of key. */
static const char *go_failure(enum key_kind kind)
{
    if (kind == KEY_RSA)
        return "crypto/rsa: verification error";
    return kind == KEY_ED25519 ? "Ed25519 verification failure" : "ECDSA verification failure";
}

/** … of a signature in a certificate. */
static const char *fill_verification(const struct filling *f)
{
    const struct cert *issuer = cert_of_other(f);
    const enum key_kind kind = issuer != NULL ? issuer->key.kind : KEY_EC;
    return arena_printf(f->j->arena, "%s%s", kind == KEY_RSA ? "" : "x509: ", go_failure(kind));
}

/** … of the server's signature in the handshake. */
static const char *fill_handshake_verification(const struct filling *f)
{
    return go_failure(cert_of_leaf(f)->key.kind);
}

/** Go's names of the signature algorithms that it refuses. */
static const char *fill_algorithm(const struct filling *f)
{
    switch (cert_of_fact(f)->signature_algorithm) {
    case OID_SHA1_RSA:
        return "SHA1-RSA";
    case OID_SHA1_ECDSA:
        return "ECDSA-SHA1";
    case OID_MD5_RSA:
        return "MD5-RSA";
    default:
        return "DSA-SHA1";
    }
}

static bool issuer_is_rsa(const struct filling *f)
{
    const struct cert *issuer = cert_of_other(f);
    return issuer != NULL && issuer->key.kind == KEY_RSA;
}

/** What libcrypto leaves in its queue for a signature that does not verify: RSA stops at the
 *  padding, before there is a digest to compare. */
static const char *fill_signature_error(const struct filling *f)
{
    return issuer_is_rsa(f) ? "error:0200008A:rsa routines::invalid padding"
                            : "error:06880006:asn1 encoding routines::EVP lib";
}

/** … of version 1.1.1, whose codes name the function too. */
static const char *fill_signature_error_1(const struct filling *f)
{
    return issuer_is_rsa(f)
               ? "error:0407008A:rsa routines:RSA_padding_check_PKCS1_type_1:invalid padding"
               : "error:0D0C5006:asn1 encoding routines:ASN1_item_verify:EVP lib";
}

static const struct {
    const char *key;
    const char *(*fill)(const struct filling *f);
} table[] = {
    {"host", fill_host},
    {"url", fill_url},
    {"names", fill_text},
    {"text", fill_text},
    {"at", fill_at},
    {"limit", fill_limit},
    {"value", fill_value},
    {"cn", fill_cn},
    {"cn_last", fill_cn_last},
    {"host_kind", fill_host_kind},
    {"port", fill_port},
    {"host_bare", fill_host_bare},
    {"altnames", fill_altnames},
    {"quoted_names", fill_quoted_names},
    {"subject", fill_subject},
    {"issuer", fill_issuer},
    {"ca", fill_ca},
    {"dns_names", fill_dns_names},
    {"ip_addresses", fill_ip_addresses},
    {"subtree", fill_subtree},
    {"name_kind", fill_name_kind},
    {"exclusion", fill_exclusion},
    {"verification", fill_verification},
    {"handshake_verification", fill_handshake_verification},
    {"algorithm", fill_algorithm},
    {"signature_error", fill_signature_error},
    {"signature_error_1", fill_signature_error_1},
};

const char *placeholder_value(struct judging *j, const struct fact *fact, struct bytes key)
{
    const struct filling filling = {.j = j, .fact = fact};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (!bytes_equal_str(key, table[i].key))
            continue;
        const char *value = table[i].fill(&filling);
        return value != NULL ? value : "";
    }
    return spell_value(j, fact, key);
}
