/* SPDX-License-Identifier: Apache-2.0 */
/* What the templates are filled with: evidence.def lists the keys. Everything from outside is made
 * harmless here, before it is put into any sentence. */
#include "internal.h"

#include <string.h>

enum { EVIDENCE_MAX = 96, NAMES_TOLD = 6 };

void evidence_put(struct collecting *c, const char *key, const char *value)
{
    if (value && *value && c->count < EVIDENCE_MAX)
        c->items[c->count++] = (struct evidence_item){key, value};
}

static void put(struct collecting *c, const char *key, const char *value)
{
    evidence_put(c, key, value);
}

static void put_foreign(struct collecting *c, const char *key, const char *value)
{
    put(c, key, value ? str_safe(c->arena, bytes_str(value)) : NULL);
}

static void put_number(struct collecting *c, const char *key, int64_t value)
{
    put(c, key, arena_printf(c->arena, "%lld", (long long)value));
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* ---- the target ---- */

static void put_endpoint(struct collecting *c)
{
    const struct observation *obs = c->e->obs;
    put_foreign(c, "host", obs->target.host);
    put_number(c, "port", obs->target.port);
    put_foreign(c, "hostport", target_hostport(c->e));
    put_foreign(c, "sni", obs->target.sni);
    BUF_CLEANUP all = {0};
    for (size_t i = 0; i < obs->connection_count; i++)
        buf_printf(&all, "%s%s", i ? ", " : "", obs->connections[i].address);
    put_foreign(c, "addresses", arena_strdup(c->arena, buf_cstr(&all)));
    if (obs->primary < obs->connection_count)
        put_foreign(c, "address", obs->connections[obs->primary].address);
}

/* What the server should serve. */
static void put_expected(struct collecting *c)
{
    const struct observation *obs = c->e->obs;
    if (obs->expected_count == 0)
        return;
    const struct cert *cert = obs->expected[0].cert;
    put_foreign(c, "expected", obs->expected_file);
    if (!cert->parsed)
        return;
    put_foreign(c, "expected_subject", name_short(c->arena, cert->subject));
    put(c, "expected_not_before", time_date(c->arena, cert->not_before));
    put(c, "expected_not_after", time_date(c->arena, cert->not_after));
    put(c, "expected_serial", str_hex(c->arena, cert->serial, 0));
}

static void put_target(struct collecting *c)
{
    const struct observation *obs = c->e->obs;
    const struct target *t = &obs->target;
    bool endpoint = target_is_endpoint(c->e);
    put_foreign(c, "target", t->text);
    if (endpoint)
        put_endpoint(c);
    else
        put_foreign(c, "file", t->path);
    put(c, "sender", endpoint ? "the server" : "the file");
    put(c, "sends", endpoint ? "sends" : "holds");
    put(c, "send", endpoint ? "send" : "hold");
    put(c, "sent", endpoint ? "sent" : "in the file");
    put_foreign(c, "name", t->name);
    put_foreign(c, t->name_kind == NAME_IP ? "ip_name" : "dns_name", t->name);
    put_foreign(c, "proxy", obs->proxy);
    put_foreign(c, "proxy_from", obs->proxy_from);
    put_foreign(c, "key_file", obs->key_file);
    put_foreign(c, "ca", obs->ca_path);
    put(c, "at", time_rfc3339(c->arena, c->e->input->at));
}

/* ---- certificates ---- */

static const char *node_where(struct collecting *c, const struct node *node)
{
    const char *where = node->origin.where ? node->origin.where : "";
    if (node->from & FROM_SENT && target_is_endpoint(c->e))
        return "sent by the server";
    if (node->origin.kind == ORIGIN_FETCHED)
        return arena_printf(c->arena, "fetched from %s", where);
    if (node->origin.line > 0)
        return arena_printf(c->arena, "%s line %zu", file_name(where), node->origin.line);
    if (node->from & FROM_STORE)
        return "the trust store";
    return *where ? file_name(where) : "known here";
}

static const char *node_called(struct collecting *c, const struct node *node)
{
    const char *subject = name_short(c->arena, node->cert->subject);
    if (node->position >= 0)
        return arena_printf(c->arena, "certificate %d \"%s\"", node->position, subject);
    if (node->from & FROM_STORE)
        return arena_printf(c->arena, "the trusted %s \"%s\"",
                            cert_is_self_issued(node->cert) ? "root" : "certificate", subject);
    return arena_printf(c->arena, "the certificate \"%s\" (not %s)", subject,
                        target_is_endpoint(c->e) ? "sent" : "in the file");
}

const char *cert_fingerprint(struct arena *arena, const struct cert *cert)
{
    char *hex = str_hex(arena, bytes_of(cert->sha256, sizeof cert->sha256), ':');
    for (char *p = hex; *p; p++)
        *p = (char)(*p >= 'a' && *p <= 'f' ? *p - 'a' + 'A' : *p);
    return hex;
}

static const char *digest_name(enum digest_kind digest)
{
    static const char *const names[] = {
        [DIGEST_MD2] = "MD2",        [DIGEST_MD4] = "MD4",
        [DIGEST_MD5] = "MD5",        [DIGEST_SHA1] = "SHA-1",
        [DIGEST_SHA224] = "SHA-224", [DIGEST_SHA256] = "SHA-256",
        [DIGEST_SHA384] = "SHA-384", [DIGEST_SHA512] = "SHA-512",
        [DIGEST_INTRINSIC] = "",     [DIGEST_UNKNOWN] = "an unknown digest",
    };
    return names[digest];
}

struct bit_name {
    unsigned bit;
    const char *name;
};

static const char *bits_text(struct collecting *c, unsigned bits, const struct bit_name *names,
                             size_t count)
{
    BUF_CLEANUP out = {0};
    for (size_t i = 0; i < count; i++)
        if (bits & names[i].bit)
            buf_printf(&out, "%s%s", out.n ? ", " : "", names[i].name);
    return arena_strdup(c->arena, out.n ? buf_cstr(&out) : "nothing");
}

static const char *purposes_text(struct collecting *c, const struct cert *cert)
{
    static const struct bit_name purposes[] = {
        {EKU_SERVER_AUTH, "serverAuth"},
        {EKU_CLIENT_AUTH, "clientAuth"},
        {EKU_CODE_SIGNING, "codeSigning"},
        {EKU_EMAIL, "emailProtection"},
        {EKU_TIME_STAMPING, "timeStamping"},
        {EKU_OCSP_SIGNING, "OCSPSigning"},
        {EKU_ANY, "anyExtendedKeyUsage"},
        {EKU_NS_SGC, "nsSGC"},
        {EKU_MS_SGC, "msSGC"},
        {EKU_OTHER, "others"},
    };
    return bits_text(c, cert->eku, purposes, sizeof purposes / sizeof purposes[0]);
}

static void put_usages(struct collecting *c, const struct cert *cert)
{
    static const struct bit_name usages[] = {
        {KU_DIGITAL_SIGNATURE, "digitalSignature"},
        {KU_NON_REPUDIATION, "nonRepudiation"},
        {KU_KEY_ENCIPHERMENT, "keyEncipherment"},
        {KU_DATA_ENCIPHERMENT, "dataEncipherment"},
        {KU_KEY_AGREEMENT, "keyAgreement"},
        {KU_KEY_CERT_SIGN, "keyCertSign"},
        {KU_CRL_SIGN, "cRLSign"},
        {KU_ENCIPHER_ONLY, "encipherOnly"},
        {KU_DECIPHER_ONLY, "decipherOnly"},
    };
    if (cert->has & HAS_EKU)
        put(c, "purposes", purposes_text(c, cert));
    if (cert->has & HAS_KEY_USAGE)
        put(c, "usages", bits_text(c, cert->key_usage, usages, sizeof usages / sizeof usages[0]));
}

/* "a.example, *.b.example, 192.0.2.1 and 12 more" */
static void put_names(struct collecting *c, const struct cert *cert)
{
    BUF_CLEANUP out = {0};
    struct reader reader = cert_san(cert);
    struct general_name name;
    size_t count = 0, total = 0;
    for (; total < LIMIT_SAN_NAMES && general_name_next(&reader, &name); total++) {
        if (name.kind != GN_DNS && name.kind != GN_IP)
            continue;
        if (++count > NAMES_TOLD)
            continue;
        const char *text =
            name.kind == GN_IP ? str_ip(c->arena, name.value) : str_safe(c->arena, name.value);
        buf_printf(&out, "%s%s", out.n ? ", " : "", text);
    }
    if (count > NAMES_TOLD)
        buf_printf(&out, " and %zu more", count - NAMES_TOLD);
    put(c, "names", arena_strdup(c->arena, out.n ? buf_cstr(&out) : "no name at all"));
    put_number(c, "name_count", (int64_t)count);
    put(c, "common_name", name_attribute(c->arena, cert->subject, OID_CN));
}

static void put_dates(struct collecting *c, const struct cert *cert)
{
    if (cert->not_before != TIME_NONE)
        put(c, "not_before", time_date(c->arena, cert->not_before));
    if (cert->not_after != TIME_NONE)
        put(c, "not_after", time_date(c->arena, cert->not_after));
    if (cert->not_before != TIME_NONE && cert->not_after != TIME_NONE)
        put(c, "lifetime", time_words(c->arena, cert->not_after - cert->not_before));
}

static void put_certificate(struct collecting *c, const struct node *node)
{
    const struct cert *cert = node->cert;
    const char *url;
    put(c, "cert", node_called(c, node));
    if (node->position >= 0) {
        put_number(c, "position", node->position);
        put_number(c, "nth", node->position + 1);
    }
    put(c, "where", str_safe(c->arena, bytes_str(node_where(c, node))));
    put(c, "sha256", cert_fingerprint(c->arena, cert));
    if (!cert->parsed)
        return;
    put(c, "subject", name_short(c->arena, cert->subject));
    put(c, "subject_dn", name_text(c->arena, cert->subject));
    put(c, "issuer", name_short(c->arena, cert->issuer));
    put(c, "issuer_dn", name_text(c->arena, cert->issuer));
    put(c, "organization", name_attribute(c->arena, cert->issuer, OID_ORGANIZATION));
    put(c, "serial", str_hex(c->arena, cert->serial, 0));
    put(c, "key", key_text(c->arena, &cert->key));
    put(c, "signature", signature_text(c->arena, cert));
    put(c, "digest", digest_name(cert->signature_digest));
    put_number(c, "bits", cert->key.bits);
    put_dates(c, cert);
    put_usages(c, cert);
    put_names(c, cert);
    if (cert_aia_urls(c->arena, cert, OID_AD_CA_ISSUERS, &url, 1) > 0)
        put(c, "aia", url);
    put(c, "aia_tried", issuer_fetches(c->e, cert));
    put(c, "aia_get", issuer_address(c->e, cert));
}

static void put_other(struct collecting *c, const struct node *node)
{
    put(c, "other", node_called(c, node));
    if (node->position >= 0)
        put_number(c, "other_position", node->position);
    put(c, "other_subject", name_short(c->arena, node->cert->subject));
    put(c, "other_sha256", cert_fingerprint(c->arena, node->cert));
    if (node->cert->not_after != TIME_NONE)
        put(c, "other_not_after", time_date(c->arena, node->cert->not_after));
    put(c, "other_where", str_safe(c->arena, bytes_str(node_where(c, node))));
}

/* ---- what the fact measured ---- */

static const char *extension_text(struct collecting *c, const char *oid)
{
    BUF_CLEANUP der = {0};
    enum oid known = oid_from_text(oid, &der) ? oid_of(buf_bytes(&der)) : OID_UNKNOWN;
    return known == OID_UNKNOWN ? oid : arena_printf(c->arena, "%s (%s)", oid_name(known), oid);
}

static void put_positions(struct collecting *c, const struct draft *draft)
{
    enum { POSITIONS_TOLD = 8 };
    size_t n = draft->position_count, told = n > POSITIONS_TOLD ? POSITIONS_TOLD : n;
    BUF_CLEANUP out = {0};
    for (size_t i = 0; i < told; i++)
        buf_printf(&out, "%s%d", i == 0 ? "" : i + 1 == n ? " and " : ", ", draft->positions[i]);
    if (n > told)
        buf_printf(&out, " and %zu more", n - told);
    const char *list = arena_strdup(c->arena, buf_cstr(&out));
    if (draft->fault && draft->fault->line > 0)
        put(c, "place", arena_printf(c->arena, "line%s %s", n > 1 ? "s" : "", list));
    else
        put(c, "positions", list);
    if (n > 1)
        put_number(c, "count", (int64_t)n);
}

/* The date is that of the oldest part: no part of the sentence may rest on newer data. */
static const char *programmes_text(const struct collecting *c, const struct root_standing *root)
{
    enum { YEAR_DAYS = 365 };
    const struct judge_input *in = c->e->input;
    const cw_time oldest = root_table_oldest(in->roots);
    const char *old =
        in->at - oldest > YEAR_DAYS * TIME_DAY ? ", part of it older than a year" : "";
    const char *date = time_date(c->arena, oldest);
    const unsigned n = root_standing_count(root);
    return n ? arena_printf(c->arena, "%u of %d root programmes (%s; data of %s and later%s)", n,
                            PROGRAMME_COUNT, root_standing_list(c->arena, root), date, old)
             : arena_printf(c->arena, "none of %d root programmes (data of %s and later%s)",
                            PROGRAMME_COUNT, date, old);
}

static void put_measured(struct collecting *c, const struct draft *draft)
{
    const struct fact *fact = draft->fact;
    const bool moment = fact->id == FACT_REVOKED || fact->id == FACT_CA_REVOKED;
    int64_t value = fact->value < 0 && fact->value != INT64_MIN ? -fact->value : fact->value;
    if (moment)
        value = value < c->e->input->at ? c->e->input->at - value : 0;
    put(c, "ago", time_words(c->arena, value));
    put_number(c, "value", fact->value);
    if (fact->limit != INT64_MIN) /* a client's reason has no limit */
        put_number(c, "limit", fact->limit);
    put_foreign(c, "text", fact->text);
    if (fact->id == FACT_CRITICAL_EXTENSION)
        put_foreign(c, "extension", extension_text(c, fact->text));
    if (fact->id == FACT_ANOMALY || fact->id == FACT_UNPARSABLE)
        put_number(c, "offset", fact->offset);
    if (fact->id == FACT_ANOMALY)
        put(c, "fault",
            fact->value >= 0 && fact->value < ANOMALY_COUNT
                ? anomaly_text((enum anomaly_id)fact->value)
                : str_safe(c->arena, bytes_str(fact->text)));
    put_positions(c, draft);
    if (draft->family > 0)
        put(c, "family",
            draft->family == 1 ? "one certificate"
                               : arena_printf(c->arena, "%zu certificates", draft->family));
    put(c, "interceptor", draft->interceptor);
    if (fact->id == FACT_INSPECTED)
        put_foreign(c, "interceptor", fact->text);
    put_foreign(c, "proxies", c->e->obs->local_proxies);
    put_foreign(c, "through", c->e->obs->proxy);
    if (draft->is_public_root)
        put(c, "programmes", programmes_text(c, &draft->root));
}

static void put_clients(struct collecting *c, const struct draft *draft)
{
    const struct verdict *v = c->e->verdict;
    BUF_CLEANUP out = {0};
    for (size_t i = 0; i < v->client_count; i++)
        if (draft->rejected_by[i])
            buf_printf(&out, "%s%s", out.n ? ", " : "", profile_title(v->clients[i].profile));
    put(c, "clients", arena_strdup(c->arena, buf_cstr(&out)));
    put(c, verdict_fact(v, FACT_ISSUER_NOT_SENT, -2) ? "gap" : "complete", "yes");
}

/* How many cross-signed issuers of a certificate there are to choose from. */
static size_t choices_of(const struct graph *graph, int child)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->edge_count; i++)
        count += graph->edges[i].child == child && graph->edges[i].signature == EDGE_SIG_GOOD;
    return count;
}

/* Why this one of several possible issuers: RFC 4158 section 3.5 leaves the choice to us. */
static void put_choice(struct collecting *c, const struct fact *fact)
{
    const struct verdict *v = c->e->verdict;
    const struct judge_input *in = c->e->input;
    const struct path *best = v->best >= 0 ? &v->paths[v->best] : NULL;
    const size_t choices = choices_of(&v->graph, fact->node);
    if (fact->id != FACT_ISSUER_NOT_SENT || choices < 2 || !best || !best->complete)
        return;
    const struct cert *root = v->graph.nodes[best->nodes[best->count - 1]].cert;
    size_t trusting = 0;
    for (size_t i = 0; i < in->profile_count; i++)
        trusting += store_get(in->stores[i], root) != NULL;
    cw_time end = root->not_after;
    for (size_t i = 1; i < best->count; i++) {
        const cw_time until = v->graph.nodes[best->nodes[i]].cert->not_after;
        end = until < end ? until : end;
    }
    put_number(c, "choices", (int64_t)choices);
    put_foreign(c, "choice_root", name_short(c->arena, root->subject));
    put(c, "choice_clients", arena_printf(c->arena, "%zu of %zu", trusting, in->profile_count));
    put(c, "choice_end", time_date(c->arena, end));
}

/* Verdicts on timestamps rest on a list with a date, which is said with each of them. */
static void put_dated(struct collecting *c, const struct fact *fact)
{
    enum { YEAR_DAYS = 365 };
    struct ct_logs logs;
    if (fact->id == FACT_ISSUED_TOO_LATE) {
        put(c, "issued", time_date(c->arena, fact->value));
        enum programme programme;
        if (programme_find(fact->text, &programme))
            put(c, "roots_date",
                time_date(c->arena, root_table_date(c->e->input->roots, programme)));
        put(c, "until", fact->limit == INT64_MIN ? "" : time_date(c->arena, fact->limit));
    }
    if ((fact->id != FACT_CT_MISSING && fact->id != FACT_CT_TOO_FEW &&
         fact->id != FACT_CT_INVALID) ||
        !ct_logs_read(c->arena, c->e->input->ct_logs, &logs))
        return;
    put_foreign(c, "log_list",
                arena_printf(c->arena, "%s of %s", logs.source, time_date(c->arena, logs.date)));
    if (c->e->input->at - logs.date > YEAR_DAYS * TIME_DAY)
        put(c, "log_list_old", "yes");
}

static void put_store(struct collecting *c)
{
    const struct judge_input *in = c->e->input;
    if (in->profile_count == 0 || !in->stores[0])
        return;
    put_foreign(c, "store", store_name(in->stores[0]));
    /* A replayed store holds only what a case kept: the case says how many there were. */
    const struct observation *seen = in->observation;
    const size_t count = seen->store_count ? seen->stores[0].count : store_count(in->stores[0]);
    put_number(c, "store_count", (int64_t)count);
}

/* ---- handshake and file ---- */

/* Protocols that begin in plain text, by what they say, or by the port that is usually theirs. */
static void put_instead(struct collecting *c, const char *spoken)
{
    static const struct {
        const char *protocol, *scheme;
        unsigned ports[2];
    } rows[] = {
        {"SMTP", "smtp", {25, 587}},
        {"LMTP", "lmtp", {24}},
        {"IMAP", "imap", {143}},
        {"POP3", "pop3", {110}},
        {"FTP", "ftp", {21}},
        {"NNTP", "nntp", {119}},
        {"LDAP", "ldap", {389, 3268}},
        {"XMPP", "xmpp", {5222}},
        {"XMPP between servers", "xmpp-server", {5269}},
        {"PostgreSQL", "postgres", {5432}},
        {"MySQL", "mysql", {3306}},
        {"ManageSieve", "sieve", {4190}},
        {"IRC", "irc", {6667}},
        {"RDP", "rdp", {3389}},
    };
    const struct target *t = &c->e->obs->target;
    if (t->scheme && net_needs_starttls(t->scheme))
        return;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const bool by_port =
            !*spoken && (t->port == rows[i].ports[0] || t->port == rows[i].ports[1]);
        if (!by_port && strcmp(spoken, rows[i].protocol) != 0)
            continue;
        const bool v6 = strchr(t->host, ':') != NULL;
        put(c, "instead_protocol", rows[i].protocol);
        put_foreign(c, "instead",
                    arena_printf(c->arena, v6 ? "%s://[%s]:%u" : "%s://%s:%u", rows[i].scheme,
                                 t->host, (unsigned)t->port));
        return;
    }
}

static void put_handshake(struct collecting *c, const struct fact *fact)
{
    const struct observation *obs = c->e->obs;
    const struct connection *connection =
        obs->primary < obs->connection_count ? &obs->connections[obs->primary] : NULL;
    if (fact->id == FACT_NAME_REFUSED && fact->value >= 0)
        put(c, "alert_name", alert_name((int)fact->value));
    if (fact->id == FACT_ALERT) {
        put_number(c, "alert", fact->value);
        put(c, "alert_name", alert_name((int)fact->value));
        put(c, "alert_meaning", alert_meaning((int)fact->value));
    }
    if (fact->id == FACT_STARTTLS_REFUSED)
        put_foreign(c, "words", fact->text);
    if (fact->id == FACT_PLAINTEXT || fact->id == FACT_OLD_PROTOCOL)
        put_foreign(c, "protocol", fact->text);
    if (fact->id == FACT_PLAINTEXT || fact->id == FACT_HANDSHAKE_FAILED)
        put_instead(c, fact->id == FACT_PLAINTEXT ? fact->text : "");
    if (fact->id == FACT_UNRESOLVABLE) {
        put_foreign(c, "words", obs->resolve_why);
        put_foreign(c, "resolvers", obs->resolvers);
    }
    if (!connection)
        return;
    const struct handshake *hs = &connection->handshake;
    if (fact->id == FACT_UNREACHABLE)
        put_foreign(c, "words",
                    connection->why && *connection->why ? connection->why
                                                        : net_result_text(connection->net));
    if (connection->net == NET_PROXY)
        put_foreign(c, "words", connection->why);
    if (fact->id == FACT_HANDSHAKE_FAILED)
        put_foreign(c, "words", hs->error);
    BUF_CLEANUP cas = {0};
    for (size_t i = 0; i < hs->acceptable_ca_count && i < NAMES_TOLD; i++)
        buf_printf(&cas, "%s%s", i ? "; " : "", hs->acceptable_cas[i]);
    put_foreign(c, "acceptable", arena_strdup(c->arena, buf_cstr(&cas)));
}

static const char *how_refused(struct collecting *c, const struct fact *fact)
{
    if (fact->limit == 1)
        return arena_printf(c->arena, "the answer %s", fact->text);
    if (fact->value >= 0)
        return arena_printf(c->arena, "the alert %s (%d)", alert_name((int)fact->value),
                            (int)fact->value);
    return "the end of the connection";
}

static void put_client(struct collecting *c, const struct fact *fact)
{
    const struct presented *shown = &c->e->obs->presented;
    if (fact->id == FACT_CLIENT_CERTIFICATE || fact->id == FACT_CLIENT_CERTIFICATE_REFUSED) {
        put_foreign(c, "answer", fact->limit == 1 ? fact->text : "");
        put_foreign(c, "verdict_of_server", how_refused(c, fact));
        if (fact->value >= 0)
            put(c, "alert_name", alert_name((int)fact->value));
    }
    if (fact->id == FACT_CLIENT_CA && fact->value == 1)
        put(c, "because_unknown", "yes");
    if (fact->id == FACT_CLIENT_EXPIRED)
        put(c, "not_after", time_date(c->arena, fact->limit));
    if (fact->id == FACT_CLIENT_NOT_YET_VALID)
        put(c, "not_before", time_date(c->arena, fact->limit));
    if (shown->count == 0)
        return;
    const struct cert *cert = shown->chain[0].cert;
    put_foreign(c, "client_file", shown->file);
    put_foreign(c, "client_key_file", *shown->key_file ? shown->key_file : shown->file);
    put_number(c, "client_count", (int64_t)shown->count);
    if (!cert->parsed)
        return;
    put(c, "client_cert", name_short(c->arena, cert->subject));
    put(c, "client_issuer", name_short(c->arena, cert->issuer));
    put(c, "client_key", key_text(c->arena, &cert->key));
    if (cert->has & HAS_EKU)
        put(c, "client_purposes", purposes_text(c, cert));
}

static const char *file_kind_text(const struct container *file)
{
    static const char *const kinds[] = {
        [FILE_KIND_EMPTY] = "an empty file",      [FILE_KIND_PEM] = "a PEM file of another kind",
        [FILE_KIND_DER] = "a DER file",           [FILE_KIND_PKCS7] = "a PKCS#7 bundle",
        [FILE_KIND_PKCS12] = "a PKCS#12 archive", [FILE_KIND_JKS] = "a Java key store",
        [FILE_KIND_CASE] = "a saved case",        [FILE_KIND_HTML] = "a web page",
        [FILE_KIND_OTHER] = "something else",
    };
    static const char *const objects[] = {
        [OBJECT_CERTIFICATE] = "a certificate", [OBJECT_PRIVATE_KEY] = "a private key",
        [OBJECT_CSR] = "a certificate request", [OBJECT_CRL] = "a list of revoked certificates",
        [OBJECT_PKCS7] = "a PKCS#7 bundle",     [OBJECT_OTHER] = "something else",
    };
    bool one = file->kind == FILE_KIND_PEM && file->object_count == 1;
    return one ? objects[file->objects[0].kind] : kinds[file->kind];
}

static void put_file_fault(struct collecting *c, const struct file_fault *fault)
{
    put(c, "fault", file_fault_text(fault->id));
    if (fault->line > 0)
        put_number(c, "line", (int64_t)fault->line);
    if (fault->column > 0)
        put_number(c, "column", (int64_t)fault->column);
    if (fault->line > 0 || fault->offset > 0)
        put_number(c, "byte", (int64_t)fault->offset);
    if (fault->block != SIZE_MAX)
        put_number(c, "block", (int64_t)fault->block + 1);
    put_foreign(c, "excerpt", fault->excerpt);
    put(c, "kind", file_kind_text(&c->e->obs->file));
}

void evidence_fill(struct explaining *e, struct draft *draft)
{
    const struct fact *fact = draft->fact;
    const struct graph *graph = &e->verdict->graph;
    struct collecting c = {
        .e = e, .arena = e->arena, .items = arena_array(e->arena, EVIDENCE_MAX, sizeof *c.items)};
    if (draft_cert(e, fact->node))
        put_certificate(&c, &graph->nodes[fact->node]);
    if (draft_cert(e, fact->other))
        put_other(&c, &graph->nodes[fact->other]);
    put_measured(&c, draft);
    evidence_revocation(&c, fact);
    evidence_dns(&c, fact);
    if (draft->fault)
        put_file_fault(&c, draft->fault);
    put_handshake(&c, fact);
    put_client(&c, fact);
    put_clients(&c, draft);
    put_choice(&c, fact);
    put_dated(&c, fact);
    put_store(&c);
    put_target(&c);
    put_expected(&c);
    if (fact->id == FACT_KEY_MISMATCH && e->obs->pairing == KEY_PAIRS_OTHER)
        put_number(&c, "block", (int64_t)e->obs->key_pairs_with + 1);
    draft->finding.evidence = c.items;
    draft->finding.evidence_count = c.count;
}
