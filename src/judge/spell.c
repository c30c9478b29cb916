/* SPDX-License-Identifier: Apache-2.0 */
/* How libraries spell what they show: names, purposes, bytes and times, each in its own way. Found
 * by placeholder.c when a client's words ask for one. */
#include <string.h>

#include "judge/internal.h"

enum { NAMES_SHOWN = 100 };

struct spelling {
    struct judging *j;
    const struct fact *fact;
};

static const struct cert *cert_of(const struct spelling *s)
{
    const int node = s->fact->node >= 0 ? s->fact->node : s->j->first;
    return s->j->graph->nodes[node].cert;
}

static const struct cert *leaf_of(const struct spelling *s)
{
    return s->j->graph->nodes[s->j->first].cert;
}

/** Braces that a client prints: those in words.c stand for something. */
static const char *spell_open(const struct spelling *s)
{
    (void)s;
    return "{";
}

static const char *spell_close(const struct spelling *s)
{
    (void)s;
    return "}";
}

static char *unix_time(const struct spelling *s, cw_time time)
{
    return arena_printf(s->j->arena, "%lld", (long long)time);
}

static const char *spell_at(const struct spelling *s)
{
    return unix_time(s, s->j->in->at);
}

static const char *spell_limit(const struct spelling *s)
{
    return unix_time(s, s->fact->limit);
}

/** A reader that stops at the first one too many never sees the rest. */
static const char *spell_first_too_many(const struct spelling *s)
{
    return arena_printf(s->j->arena, "%lld", (long long)s->fact->limit + 1);
}

/** The extension that an anomaly's offset points at. */
static const char *spell_oid(const struct spelling *s)
{
    const struct cert *cert = cert_of(s);
    for (size_t i = 0; i < cert->extension_count; i++)
        if (cert->extensions[i].offset == s->fact->offset)
            return oid_text(s->j->arena, cert->extensions[i].oid);
    return "";
}

static const char *spell_bad_ip_length(const struct spelling *s)
{
    struct reader names = cert_san(cert_of(s));
    struct general_name name;
    for (int i = 0; i < LIMIT_SAN_NAMES && general_name_next(&names, &name); i++)
        if (name.kind == GN_IP && name.value.n != 4 && name.value.n != 16)
            return arena_printf(s->j->arena, "%zu", name.value.n);
    return "";
}

/** The leaf's first Common Name: what GnuTLS shows of several. */
static const char *spell_first_cn(const struct spelling *s)
{
    const struct bytes cn = name_attribute_utf8(s->j->arena, leaf_of(s)->subject, OID_CN, 0);
    return cn.p != NULL ? str_safe(s->j->arena, cn) : "";
}

/* ---- rustls ---- */

/** webpki's Display of an address: IPv6 in groups, the first run of zeros but one left out. */
static void add_rustls_ip(struct buf *out, struct bytes ip)
{
    if (ip.n == 4) {
        buf_printf(out, "%u.%u.%u.%u", ip.p[0], ip.p[1], ip.p[2], ip.p[3]);
        return;
    }
    bool skipped = false;
    for (size_t i = 0; i + 1 < ip.n; i += 2) {
        const unsigned group = (unsigned)(ip.p[i] << 8 | ip.p[i + 1]);
        size_t run = i;
        while (!skipped && run + 1 < ip.n && ip.p[run] == 0 && ip.p[run + 1] == 0)
            run += 2;
        if (run > i + 2) {
            buf_add_str(out, i == 0 ? "0:" : ":");
            skipped = true;
            i = run - 2;
            continue;
        }
        buf_printf(out, "%s%x", i > 0 ? ":" : "", group);
    }
}

static void add_rustls_name(struct buf *out, const struct general_name *name)
{
    switch (name->kind) {
    case GN_DNS:
        buf_add_str(out, "DnsName(\"");
        str_safe_append(out, name->value);
        buf_add_str(out, "\")");
        break;
    case GN_IP:
        buf_add_str(out, "IpAddress(");
        add_rustls_ip(out, name->value);
        buf_add_str(out, ")");
        break;
    case GN_DIRECTORY:
        buf_add_str(out, "DirectoryName");
        break;
    default:
        buf_printf(out, "Unsupported(0x%02x)", (unsigned)name->kind);
    }
}

/** error.rs, Display for InvalidNameContext: "only valid for A, B or C". */
static const char *spell_rustls_names(const struct spelling *s)
{
    BUF_CLEANUP out = {0};
    struct reader names = cert_san(leaf_of(s));
    struct general_name name;
    size_t count = 0, shown = 0;
    while (count < NAMES_SHOWN && general_name_next(&names, &name))
        count++;
    if (count == 0)
        return "not valid for any names (according to its subjectAltName extension)";
    names = cert_san(leaf_of(s));
    buf_add_str(&out, "only valid for ");
    while (shown < count && general_name_next(&names, &name)) {
        if (shown > 0)
            buf_add_str(&out, shown + 1 == count ? " or " : ", ");
        add_rustls_name(&out, &name);
        shown++;
    }
    return arena_strdup(s->j->arena, buf_cstr(&out));
}

/** The arcs of an OID, separated by ", ". */
static void add_arcs(const struct spelling *s, struct buf *out, struct bytes oid)
{
    for (const char *p = oid_text(s->j->arena, oid); *p != '\0'; p++) {
        if (*p == '.')
            buf_add_str(out, ", ");
        else
            buf_append(out, p, 1);
    }
}

static const char *spell_rustls_purposes(const struct spelling *s)
{
    BUF_CLEANUP out = {0};
    const struct extension *ext = cert_extension(cert_of(s), OID_EXT_KEY_USAGE);
    struct der list, purpose;
    if (ext == NULL)
        return "";
    struct reader r = reader_of(ext->value, ext->value_offset);
    if (!reader_next(&r, &list))
        return "";
    r = reader_enter(&list);
    for (int i = 0; i < LIMIT_NAME_ATTRIBUTES && reader_next(&r, &purpose); i++) {
        buf_add_str(&out, i > 0 ? ", " : "");
        if (bytes_equal(purpose.body, oid_der(OID_CLIENT_AUTH)))
            buf_add_str(&out, "client authentication");
        else if (bytes_equal(purpose.body, oid_der(OID_SERVER_AUTH)))
            buf_add_str(&out, "server authentication");
        else
            add_arcs(s, &out, purpose.body);
    }
    return arena_strdup(s->j->arena, buf_cstr(&out));
}

/** Octets as Rust's Debug shows a Vec<u8>: those inside an AlgorithmIdentifier. */
static const char *octets(const struct spelling *s, struct bytes algorithm)
{
    BUF_CLEANUP out = {0};
    struct reader r = reader_of(algorithm, 0);
    struct der sequence;
    buf_add_str(&out, "[");
    if (reader_next(&r, &sequence))
        for (size_t i = 0; i < sequence.body.n; i++)
            buf_printf(&out, "%s%u", i > 0 ? ", " : "", sequence.body.p[i]);
    buf_add_str(&out, "]");
    return arena_strdup(s->j->arena, buf_cstr(&out));
}

static const char *spell_signature_bytes(const struct spelling *s)
{
    return octets(s, cert_of(s)->outer_algorithm);
}

static const char *spell_key_bytes(const struct spelling *s)
{
    return octets(s, cert_of(s)->key.algorithm);
}

/** The signature of what the certificate in question issued here. */
static const char *spell_child_signature_bytes(const struct spelling *s)
{
    for (size_t e = 0; e < s->j->graph->edge_count; e++)
        if (s->j->graph->edges[e].issuer == s->fact->node)
            return octets(s, s->j->graph->nodes[s->j->graph->edges[e].child].cert->outer_algorithm);
    return "[]";
}

/* ---- Java ---- */

/** X500Principal.toString: the attributes from the last to the first. */
static const char *spell_java_subject(const struct spelling *s)
{
    BUF_CLEANUP out = {0};
    const char *name = name_text(s->j->arena, cert_of(s)->subject);
    size_t end = strlen(name);
    for (size_t i = end; i-- > 0;) {
        const bool separator =
            name[i] == ',' && name[i + 1] == ' ' && (i == 0 || name[i - 1] != '\\');
        if (!separator)
            continue;
        buf_append(&out, name + i + 2, end - i - 2);
        buf_add_str(&out, ", ");
        end = i;
    }
    buf_append(&out, name, end);
    return arena_strdup(s->j->arena, buf_cstr(&out));
}

/** sun.security.util.KeyUtil and CurveDB: "secp224r1 [NIST P-224] (1.3.132.0.33)". */
static const char *spell_java_key(const struct spelling *s)
{
    const struct cert *cert = cert_of(s);
    return arena_printf(s->j->arena, "%s %u bit key",
                        cert->key.kind == KEY_EC    ? "EC"
                        : cert->key.kind == KEY_DSA ? "DSA"
                                                    : "RSA",
                        cert->key.bits);
}

/** "SHA1withRSA" */
static const char *spell_java_algorithm(const struct spelling *s)
{
    switch (cert_of(s)->signature_algorithm) {
    case OID_MD2_RSA:
        return "MD2withRSA";
    case OID_MD5_RSA:
        return "MD5withRSA";
    default:
        return "SHA1withRSA";
    }
}

/* ---- Go ---- */

/** x509.HostnameError for an address. */
static const char *spell_go_ip_mismatch(const struct spelling *s)
{
    const struct cert *leaf = leaf_of(s);
    const char *host = s->j->obs->target.name;
    const char *cn = name_attribute(s->j->arena, leaf->subject, OID_CN);
    if (!(leaf->has & HAS_SAN) && cn != NULL && strcmp(cn, host) == 0)
        return "x509: certificate relies on legacy Common Name field, use SANs instead";
    return arena_printf(s->j->arena,
                        "x509: cannot validate certificate for %s because it doesn't contain any "
                        "IP SANs",
                        str_safe(s->j->arena, bytes_str(host)));
}

static const struct {
    const char *key;
    const char *(*spell)(const struct spelling *s);
} table[] = {
    {"open", spell_open},
    {"close", spell_close},
    {"at_unix", spell_at},
    {"limit_unix", spell_limit},
    {"first_too_many", spell_first_too_many},
    {"oid", spell_oid},
    {"bad_ip_length", spell_bad_ip_length},
    {"first_cn", spell_first_cn},
    {"rustls_names", spell_rustls_names},
    {"rustls_purposes", spell_rustls_purposes},
    {"signature_bytes", spell_signature_bytes},
    {"child_signature_bytes", spell_child_signature_bytes},
    {"key_bytes", spell_key_bytes},
    {"java_subject", spell_java_subject},
    {"java_key", spell_java_key},
    {"java_algorithm", spell_java_algorithm},
    {"go_ip_mismatch", spell_go_ip_mismatch},
};

const char *spell_value(struct judging *j, const struct fact *fact, struct bytes key)
{
    const struct spelling spelling = {.j = j, .fact = fact};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (bytes_equal_str(key, table[i].key))
            return table[i].spell(&spelling);
    return "";
}
