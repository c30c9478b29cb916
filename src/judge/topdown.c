/* SPDX-License-Identifier: Apache-2.0 */
/* wolfSSL's way to a path (internal.c ProcessPeerCerts, asn.c ParseCertRelative): every certificate
 * that was sent is verified, the last one first; each that is a good CA may sign what comes before
 * it. CAs without a known signer are passed over, any other defect is final. */
#include <stddef.h>
#include <string.h>

#include "judge/internal.h"

enum { SENT_MAX = 9 };       /**< MAX_CHAIN_DEPTH: what comes after is not looked at */
enum { ROWS = 11, ID = 20 }; /**< CA_TABLE_SIZE, KEYID_SIZE */

enum state { STATE_UNSEEN, STATE_GOOD, STATE_BAD, STATE_UNSIGNED };

/** What became of a certificate, and who signed it: an anchor, or a sent certificate. */
struct member {
    int node, signer;
    enum state state;
};

/** A CA that may sign, under its key's identifier. */
struct signer {
    int node;
    uint8_t id[ID];
};

struct manager {
    struct judging *j;
    const struct behaviour *b;
    uint32_t mask;
    struct signer *signers; /**< in the order in which they came */
    size_t signer_count;
    struct member sent[SENT_MAX];
    size_t sent_count;
};

static const struct cert *cert_of(const struct manager *m, int node)
{
    return m->j->graph->nodes[node].cert;
}

/** GetHashId: an identifier of another length than 20 octets is hashed. */
static void id_shorten(struct bytes id, uint8_t out[ID])
{
    if (id.n == ID)
        memcpy(out, id.p, ID);
    else
        crypto_sha1(id, out);
}

/** The public key as wolfSSL keeps it: of RSA what stands in the BIT STRING, of others all of it.
 */
static struct bytes key_kept(const struct cert *cert)
{
    struct reader r = reader_of(cert->key.spki, 0);
    struct der spki, algorithm, key;
    if (cert->key.kind != KEY_RSA || !reader_expect(&r, DER_SEQUENCE, &spki))
        return cert->key.spki;
    struct reader in = reader_enter(&spki);
    if (!reader_expect(&in, DER_SEQUENCE, &algorithm) ||
        !reader_expect(&in, DER_BIT_STRING, &key) || key.body.n < 1)
        return cert->key.spki;
    return bytes_slice(key.body, 1, key.body.n);
}

/** ParseCertRelative: without a subjectKeyIdentifier, the hash of the key. */
static void id_of(const struct cert *cert, uint8_t out[ID])
{
    if (cert->ski.p != NULL)
        id_shorten(cert->ski, out);
    else
        crypto_sha1(key_kept(cert), out);
}

static int signer_by_id(const struct manager *m, const uint8_t id[ID])
{
    for (size_t i = 0; i < m->signer_count; i++)
        if (memcmp(m->signers[i].id, id, ID) == 0)
            return m->signers[i].node;
    return -1;
}

/** AddCA: a second certificate with the same key identifier is not added. */
static void signer_add(struct manager *m, int node)
{
    struct signer *signer = &m->signers[m->signer_count];
    signer->node = node;
    id_of(cert_of(m, node), signer->id);
    if (signer_by_id(m, signer->id) < 0)
        m->signer_count++;
}

static size_t row_of(const struct signer *signer)
{
    const uint8_t *id = signer->id;
    return ((uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3]) % ROWS;
}

/** GetCAByName: through the rows of the table, in each of which the last that came stands first. */
static int signer_by_name(const struct manager *m, struct bytes name)
{
    int best = -1;
    size_t best_row = ROWS;
    for (size_t i = 0; i < m->signer_count; i++)
        if (row_of(&m->signers[i]) <= best_row &&
            name_equal_der(cert_of(m, m->signers[i].node)->subject, name)) {
            best = m->signers[i].node;
            best_row = row_of(&m->signers[i]);
        }
    return best;
}

static int node_of(const struct manager *m, const struct cert *cert)
{
    for (size_t n = 0; n < m->j->graph->node_count; n++)
        if ((m->j->graph->nodes[n].stores & m->mask) && cert_equal(cert_of(m, (int)n), cert))
            return (int)n;
    return -1;
}

/** Those of the store that bear a name which some certificate asks for, in the store's order. */
static void anchors_collect(struct manager *m, struct store *store)
{
    const struct graph *graph = m->j->graph;
    for (size_t child = 0; child < graph->node_count; child++) {
        const struct anchor *found[LIMIT_CANDIDATES];
        const size_t n = store_find_key(store, cert_issuer_key(graph->nodes[child].cert), found,
                                        LIMIT_CANDIDATES);
        for (size_t i = 0; i < n && i < LIMIT_CANDIDATES; i++) {
            const int node = node_of(m, found[i]->cert);
            if (node >= 0 && m->signer_count < graph->node_count &&
                anchor_is_loaded(m->j, m->b, node))
                signer_add(m, node);
        }
    }
}

static struct member *member_of(struct manager *m, int node)
{
    for (size_t i = 0; i < m->sent_count; i++)
        if (m->sent[i].node == node)
            return &m->sent[i];
    return NULL;
}

/** ParseCertRelative: by key identifier, of the issuer or of the certificate itself, and never one
 *  of another name; by name only where no key identifier is asked for. */
static int signer_find(const struct manager *m, int child)
{
    const struct cert *cert = cert_of(m, child);
    uint8_t id[ID];
    int found = -1;
    if (cert->aki_key_id.p != NULL) {
        id_shorten(cert->aki_key_id, id);
        found = signer_by_id(m, id);
    }
    if (found < 0 && cert->ski.p != NULL) {
        id_shorten(cert->ski, id);
        found = signer_by_id(m, id);
    }
    if (found >= 0 && name_equal_der(cert->issuer, cert_of(m, found)->subject))
        return found;
    return cert->aki_key_id.p == NULL ? signer_by_name(m, cert->issuer) : -1;
}

/** Follows the signers from the route's last certificate up to an anchor. */
static void route_follow(struct manager *m, struct route *route)
{
    while (route->count < LIMIT_PATH_LENGTH) {
        const int node = route->nodes[route->count - 1];
        const struct member *member = member_of(m, node);
        const int signer = member != NULL ? member->signer : -1;
        if (signer < 0)
            return;
        route->nodes[route->count++] = signer;
        if (member_of(m, signer) == NULL || (m->j->graph->nodes[signer].stores & m->mask)) {
            route->complete = true;
            return;
        }
    }
}

/** What is wrong with a sent certificate under its signer. */
static void member_check(struct manager *m, const struct member *member, struct reasons *reasons)
{
    struct route route = {.nodes = {m->j->first, member->node}, .count = 2};
    struct reasons found = {0};
    const struct check c = {.j = m->j, .b = m->b, .route = &route, .out = &found};
    route_follow(m, &route);
    check_validity(&c, 1);
    check_signature(&c, 1);
    check_digest(&c, 1);
    check_keys(&c, 1);
    check_extensions(&c, 1);
    if (cert_of(m, member->node)->is_ca)
        check_usage(&c, 1);
    check_path_length(&c);
    check_name_constraints(&c);
    for (size_t i = 0; i < found.count; i++)
        if (found.items[i].node == member->node || found.items[i].id == FACT_PATH_LENGTH)
            reason_add_aside(&(struct check){.j = m->j, .b = m->b, .route = &route, .out = reasons},
                             &found.items[i], (size_t)(member - m->sent));
}

static void reasons_move_aside(struct reasons *reasons, ptrdiff_t position)
{
    for (size_t i = 0; i < reasons->count; i++)
        reasons->depths[i] = DEPTH_ASIDE + (int)position;
}

/** One sent certificate: its signer, and whether it is good. A CA without signer is passed over. */
static void member_verify(struct manager *m, struct member *member, struct reasons *faults)
{
    const struct cert *cert = cert_of(m, member->node);
    struct reasons reasons = {0};
    struct route nothing = {.nodes = {member->node}, .count = 1};
    const struct route unread = {.nodes = {m->j->first, member->node}, .count = 2};
    member->signer = -1;
    member->state = STATE_BAD;
    member->signer = signer_find(m, member->node);
    check_encoding(&(struct check){.j = m->j, .b = m->b, .route = &unread, .out = &reasons}, 1);
    if (reasons.count > 0 || !cert->parsed)
        reasons_move_aside(&reasons, member - m->sent);
    else if (member->signer >= 0)
        member_check(m, member, &reasons);
    else if (cert->is_ca)
        member->state = STATE_UNSIGNED;
    else
        reason_add_aside(&(struct check){.j = m->j, .b = m->b, .route = &nothing, .out = &reasons},
                         &(struct fact){.id = FACT_ISSUER_NOT_FOUND,
                                        .node = member->node,
                                        .other = -1,
                                        .text = name_short(m->j->arena, cert->issuer)},
                         (size_t)(member - m->sent));
    if (member->signer >= 0 && reasons.count == 0)
        member->state = cert->is_ca ? STATE_GOOD : STATE_UNSIGNED;
    if (member->state == STATE_GOOD)
        signer_add(m, member->node);
    const struct check into = {.j = m->j, .b = m->b, .route = &nothing, .out = faults};
    for (size_t i = 0; i < reasons.count; i++)
        reason_add_aside(&into, &reasons.items[i], (size_t)(member - m->sent));
}

/** For the leaf without signer: the certificate that would have been it, and was refused. */
static int signer_refused(struct manager *m, int child)
{
    const struct cert *cert = cert_of(m, child);
    for (size_t i = 1; i < m->sent_count; i++) {
        const struct cert *ca = cert_of(m, m->sent[i].node);
        if (m->sent[i].node != child && m->sent[i].state != STATE_GOOD &&
            name_equal_der(cert->issuer, ca->subject) &&
            (cert->aki_key_id.p == NULL || bytes_equal(cert->aki_key_id, ca->ski)))
            return m->sent[i].node;
    }
    return -1;
}

/** The anchor is judged as one: what is wrong with its sent copy is told aside. */
static bool on_route(const struct manager *m, const struct route *route, int node, int position)
{
    if (m->sent[position].node == node && m->j->graph->nodes[node].position != position)
        return false; /* it was sent twice: the first one is the one on the route */
    for (size_t i = 0; i + route->complete < route->count; i++)
        if (route->nodes[i] == node)
            return true;
    return false;
}

/** The leaf's path: who signed it, and who signed that. */
static void route_build(struct manager *m, struct route *out)
{
    int signer = signer_find(m, m->j->first);
    m->sent[0].signer = signer >= 0 ? signer : signer_refused(m, m->j->first);
    route_follow(m, out);
}

void route_top_down(struct judging *j, const struct behaviour *b, int store, struct route *out,
                    struct reasons *reasons)
{
    struct manager *m = arena_alloc(j->arena, sizeof *m);
    struct reasons faults = {0};
    *m = (struct manager){.j = j, .b = b, .mask = UINT32_C(1) << store};
    *out = (struct route){.nodes = {j->first}, .count = 1};
    if (j->graph->nodes[j->first].stores & m->mask) {
        out->complete = true; /* MatchTrustedPeer: the rest of the list is not verified */
        return;
    }
    m->signers = arena_array(j->arena, j->graph->node_count + SENT_MAX + 1, sizeof *m->signers);
    anchors_collect(m, j->stores[store]);
    for (size_t i = 0; i < j->sent_count && i < SENT_MAX; i++)
        if (j->sent[i] >= 0)
            m->sent[m->sent_count++] = (struct member){.node = j->sent[i], .signer = -1};
    for (size_t i = m->sent_count; i-- > 1;)
        member_verify(m, &m->sent[i], &faults);
    route_build(m, out);
    const struct check c = {.j = j, .b = b, .route = out, .out = reasons};
    for (size_t i = 0; i < faults.count; i++)
        if (!on_route(m, out, faults.items[i].node, faults.depths[i] - DEPTH_ASIDE))
            reason_add_aside(&c, &faults.items[i], (size_t)(faults.depths[i] - DEPTH_ASIDE));
}
