/* SPDX-License-Identifier: Apache-2.0 */
/* What a CA does: a certificate issued anew with what it lacks. */
#include <string.h>

#include "internal.h"

/* The certificate that the finding is about, or the leaf when it names none. */
static int subject_node(const struct repairing *r, const struct finding *finding)
{
    if (remedy_node(finding) >= 0)
        return remedy_node(finding);
    return r->verdict->chain_count > 0 ? r->verdict->chain[0].node : -1;
}

static struct cert_edit *subject_edit(struct repairing *r, const struct finding *finding,
                                      struct change *change)
{
    return change_edit(r, change, subject_node(r, finding));
}

static const char *const *one_name(struct repairing *r, const char *name)
{
    const char **list = arena_array(r->arena, 2, sizeof *list);
    list[0] = name;
    return list;
}

/** The same names and the one that the client uses. */
bool reissue_names(struct repairing *r, const struct finding *finding, struct change *change)
{
    const struct target *target = &r->input->observation->target;
    if (target->name == NULL || !str_is_plain_host(target->name))
        return false;
    struct cert_edit *edit = subject_edit(r, finding, change);
    if (edit == NULL)
        return false;
    size_t n = strlen(target->name);
    edit->keep_names = true;
    if (target->name_kind == NAME_IP) {
        edit->ip_addresses = one_name(r, str_ip(r->arena, bytes_of(target->ip, target->ip_length)));
    } else {
        n -= n > 0 && target->name[n - 1] == '.';
        edit->dns_names = one_name(r, arena_strndup(r->arena, target->name, n));
    }
    return true;
}

/** The same lifetime from now on. */
bool renew(struct repairing *r, const struct finding *finding, struct change *change)
{
    const struct cert *cert = node_cert(r, subject_node(r, finding));
    struct cert_edit *edit = subject_edit(r, finding, change);
    if (edit == NULL)
        return false;
    const cw_time least = 90 * TIME_DAY, most = 20 * 365 * TIME_DAY;
    bool readable = cert->not_before != TIME_NONE && cert->not_after != TIME_NONE;
    cw_time life = readable ? cert->not_after - cert->not_before : least;
    life = life < least ? least : life > most ? most : life;
    edit->not_before = r->input->at - TIME_DAY;
    edit->not_after = r->input->at + life;
    return true;
}

bool renew_leaf(struct repairing *r, const struct finding *finding, struct change *change)
{
    return path_index(r, finding->node) <= 0 && renew(r, finding, change);
}

bool renew_issuer(struct repairing *r, const struct finding *finding, struct change *change)
{
    return path_index(r, finding->node) > 0 && renew(r, finding, change);
}

/** As it is, but signed rightly: every edited certificate counts as that. */
bool reissue_signature(struct repairing *r, const struct finding *finding, struct change *change)
{
    return subject_edit(r, finding, change) != NULL;
}

/* SHA-256 with the issuer's kind of key. */
static enum oid sound_algorithm(const struct repairing *r, int node)
{
    const struct cert *issuer = node_cert(r, path_neighbour(r, node, 1));
    if (issuer != NULL && issuer->key.kind == KEY_EC)
        return OID_SHA256_ECDSA;
    if (issuer != NULL && issuer->key.kind == KEY_ED25519)
        return OID_ED25519;
    return OID_SHA256_RSA;
}

bool reissue_digest(struct repairing *r, const struct finding *finding, struct change *change)
{
    struct cert_edit *edit = subject_edit(r, finding, change);
    if (edit == NULL)
        return false;
    edit->signature_algorithm = sound_algorithm(r, subject_node(r, finding));
    return true;
}

/* Deriving P-256 is cheap and needs no randomness; the private half is dropped at once. */
static struct bytes strong_spki(struct repairing *r)
{
    if (r->new_spki.p != NULL)
        return r->new_spki;
    BUF_CLEANUP spki = {0};
    struct private_key *key = private_key_derive(KEY_SPEC_P256, bytes_str("certwhy"), "repair");
    if (key != NULL && private_key_spki(key, &spki))
        r->new_spki = arena_bytes(r->arena, buf_bytes(&spki));
    private_key_free(key);
    return r->new_spki;
}

/** A key of a strength and kind that all clients take; what it had signed is signed again. */
bool reissue_key(struct repairing *r, const struct finding *finding, struct change *change)
{
    int node = subject_node(r, finding);
    struct cert_edit *edit = change_edit(r, change, node);
    struct bytes spki = strong_spki(r);
    if (edit == NULL || spki.p == NULL)
        return false;
    edit->spki = spki;
    change->new_key = path_index(r, node) <= 0;
    int below = path_neighbour(r, node, -1);
    if (below < 0)
        return true;
    edit = change_edit(r, change, below);
    if (edit == NULL)
        return false;
    edit->signature_algorithm = OID_SHA256_ECDSA;
    if (node_cert(r, below)->has & HAS_AKI)
        edit->authority_key_id = key_id_of_spki(r, spki);
    return true;
}

bool reissue_algorithm(struct repairing *r, const struct finding *finding, struct change *change)
{
    bool key = finding->fact == FACT_KEY_UNSUPPORTED;
    return key ? reissue_key(r, finding, change) : reissue_digest(r, finding, change);
}

static bool set_usage(struct cert_edit *edit, const struct finding *finding, bool leaf)
{
    switch (finding->fact) {
    case FACT_EKU_MISSING:
        edit->server_auth = leaf;
        edit->drop_eku = !leaf;
        return true;
    case FACT_KEY_USAGE_LEAF:
    case FACT_KEY_USAGE_CA:
        edit->fix_key_usage = true;
        return true;
    case FACT_NOT_A_CA:
        edit->make_ca = true;
        edit->fix_key_usage = true;
        return true;
    case FACT_PATH_LENGTH:
        edit->path_length = -1;
        return true;
    case FACT_NAME_CONSTRAINT:
        edit->drop_name_constraints = true;
        return true;
    case FACT_CRITICAL_EXTENSION:
        edit->drop_unknown_critical = true;
        return true;
    default:
        return false;
    }
}

static const char *usage_need(const struct finding *finding, bool leaf)
{
    switch (finding->fact) {
    case FACT_EKU_MISSING:
        return leaf ? "the extended key usage serverAuth"
                    : "no extended key usage that excludes "
                      "serverAuth";
    case FACT_KEY_USAGE_LEAF:
        return "the key usage digitalSignature";
    case FACT_KEY_USAGE_CA:
        return "the key usage keyCertSign";
    case FACT_NOT_A_CA:
        return "the basic constraint CA:TRUE and the key usage keyCertSign";
    case FACT_PATH_LENGTH:
        return "a path length that allows the CAs below it, or none";
    case FACT_NAME_CONSTRAINT:
        return "name constraints that permit the server's names";
    default:
        return "no critical extension that clients do not know";
    }
}

/** The usage, limit or extension that the finding is about, put right. */
bool reissue_usage(struct repairing *r, const struct finding *finding, struct change *change)
{
    int node = subject_node(r, finding);
    struct cert_edit *edit = change_edit(r, change, node);
    bool leaf = path_index(r, node) == 0;
    if (edit == NULL || !set_usage(edit, finding, leaf))
        return false;
    change->need = usage_need(finding, leaf);
    return true;
}

/** A policy that its issuer lists (RFC 5280 section 6.1.3 (d)); none of a server's is "any". */
bool reissue_policies(struct repairing *r, const struct finding *finding, struct change *change)
{
    static const uint8_t any_policy[] = {0x06, 0x04, 0x55, 0x1d, 0x20, 0x00};
    const int node = subject_node(r, finding);
    const struct cert *issuer = node_cert(r, path_neighbour(r, node, 1));
    const struct extension *policies =
        issuer != NULL && issuer->parsed ? cert_extension(issuer, OID_CERTIFICATE_POLICIES) : NULL;
    if (policies == NULL ||
        bytes_find(policies->value, bytes_of(any_policy, sizeof any_policy)) != SIZE_MAX)
        return false;
    struct cert_edit *edit = change_edit(r, change, node);
    if (edit == NULL)
        return false;
    edit->policies = policies->value;
    change->need = arena_printf(r->arena, "a certificate policy that \"%s\" lists",
                                name_short(r->arena, issuer->subject));
    return true;
}

/* A subject of one common name, for a certificate whose own cannot be read by all. */
static struct bytes subject_of(struct repairing *r, const char *common_name)
{
    struct writer w = {0};
    writer_open(&w, DER_SEQUENCE);
    writer_open(&w, DER_SET);
    writer_open(&w, DER_SEQUENCE);
    writer_oid(&w, OID_CN);
    writer_put(&w, DER_UTF8_STRING, bytes_str(common_name));
    writer_close(&w);
    writer_close(&w);
    writer_close(&w);
    struct bytes name = arena_bytes(r->arena, buf_bytes(&w.out));
    writer_free(&w);
    return name;
}

bool reissue_encoding(struct repairing *r, const struct finding *finding, struct change *change)
{
    int node = subject_node(r, finding);
    struct cert_edit *edit = change_edit(r, change, node);
    if (edit == NULL)
        return false;
    edit->drop_anomalies = true;
    const char *name = r->input->observation->target.name;
    if (path_index(r, node) == 0 && name != NULL && str_is_plain_host(name) && strlen(name) <= 64 &&
        cert_has_anomaly(node_cert(r, node), ANOMALY_NAME_UTF8))
        edit->subject = subject_of(r, name);
    return true;
}

/** RFC 5280 sections 4.2.1.1 and 4.2.1.2: who issued it, by key; and which key it holds. */
bool reissue_key_ids(struct repairing *r, const struct finding *finding, struct change *change)
{
    int node = subject_node(r, finding);
    struct cert_edit *edit = change_edit(r, change, node);
    const struct cert *cert = node_cert(r, node);
    const struct cert *issuer = node_cert(r, path_neighbour(r, node, 1));
    if (edit == NULL)
        return false;
    edit->drop_anomalies = true;
    if (issuer != NULL && cert->aki_key_id.n == 0)
        edit->authority_key_id = key_id_of(r, issuer);
    change->need = "its key identifiers";
    return true;
}

/** The issuer whose key made the signature, named as it names itself. */
bool reissue_issuer(struct repairing *r, const struct finding *finding, struct change *change)
{
    const struct graph *graph = &r->verdict->graph;
    const struct cert *issuer = NULL;
    for (size_t i = 0; i < graph->edge_count && issuer == NULL; i++)
        if (graph->edges[i].child == finding->node && graph->edges[i].issuer != finding->node &&
            graph->edges[i].signature == EDGE_SIG_GOOD)
            issuer = node_cert(r, graph->edges[i].issuer);
    struct cert_edit *edit = issuer != NULL ? subject_edit(r, finding, change) : NULL;
    if (edit == NULL)
        return false;
    edit->issuer = issuer->subject;
    edit->authority_key_id = key_id_of(r, issuer);
    return true;
}

bool drop_ca(struct repairing *r, const struct finding *finding, struct change *change)
{
    struct cert_edit *edit = subject_edit(r, finding, change);
    if (finding->fact != FACT_CA_AS_LEAF || edit == NULL)
        return false;
    edit->drop_ca = true;
    edit->server_auth = true;
    edit->fix_key_usage = true;
    change->need = "the basic constraint CA:FALSE";
    return true;
}

/** The leaf issued by this CA, for the names it has. */
static bool replace_by(struct repairing *r, struct change *change, const struct cert *anchor)
{
    int node = r->verdict->chain_count > 0 ? r->verdict->chain[0].node : -1;
    struct cert_edit *edit = anchor != NULL ? change_edit(r, change, node) : NULL;
    if (edit == NULL)
        return false;
    edit->issuer = anchor->subject;
    edit->authority_key_id = anchor->ski;
    edit->drop_ca = true;
    edit->server_auth = true;
    edit->fix_key_usage = true;
    edit->path_length = -1;
    edit->signature_algorithm = anchor->key.kind == KEY_EC ? OID_SHA256_ECDSA : OID_SHA256_RSA;
    return true;
}

/** Issued by a CA that the clients trust. */
bool replace_issuer(struct repairing *r, const struct finding *finding, struct change *change)
{
    (void)finding;
    return replace_by(r, change, public_anchor(r, (struct bytes){0}));
}

/** Issued below the same root, but not by what is revoked. */
bool replace_revoked(struct repairing *r, const struct finding *finding, struct change *change)
{
    const struct cert *cert = node_cert(r, finding->node);
    return cert != NULL && cert->parsed && replace_by(r, change, public_anchor(r, cert->issuer));
}

/** Without the TLS feature that demands a staple. */
bool drop_must_staple(struct repairing *r, const struct finding *finding, struct change *change)
{
    struct cert_edit *edit = subject_edit(r, finding, change);
    if (edit == NULL)
        return false;
    edit->drop_tls_feature = true;
    return true;
}
