/* SPDX-License-Identifier: Apache-2.0 */
/* What the server's side does with the certificates that exist. */
#include "internal.h"

/** Sends the best path's certificates, leaf first, without the root. */
bool send_bundle(struct repairing *r, const struct finding *finding, struct change *change)
{
    (void)finding;
    int nodes[PATH_KEEPS];
    change->bundle = bundle_nodes(r, nodes) > 0;
    return change->bundle;
}

/** As send_bundle(), when that really leaves something out. */
bool leave_out(struct repairing *r, const struct finding *finding, struct change *change)
{
    int nodes[PATH_KEEPS];
    size_t count = bundle_nodes(r, nodes), kept = 0;
    for (size_t i = 0; i < count; i++)
        kept += node_is_sent(r, nodes[i]);
    return kept < r->input->observation->sent_count && send_bundle(r, finding, change);
}

/** As send_bundle(), when that really brings a certificate that was missing. */
bool send_missing(struct repairing *r, const struct finding *finding, struct change *change)
{
    int nodes[PATH_KEEPS];
    size_t count = bundle_nodes(r, nodes);
    bool brings = false;
    for (size_t i = 0; i < count; i++)
        brings = brings || !node_is_sent(r, nodes[i]);
    return brings && send_bundle(r, finding, change);
}

/* The certificate as if the CA in question had issued it: the key identifiers fit. */
static bool reissue_under(struct repairing *r, struct change *change, int node, struct bytes key_id)
{
    struct cert_edit *edit = change_edit(r, change, node);
    if (edit == NULL)
        return false;
    if (node_cert(r, node)->has & HAS_AKI)
        edit->authority_key_id = key_id;
    return true;
}

/** The missing issuer is nowhere to be found here: its CA hands it out. */
bool get_intermediate(struct repairing *r, const struct finding *finding, struct change *change)
{
    if (finding->fact != FACT_ISSUER_NOT_FOUND || finding->node < 0 || change->supply_for >= 0)
        return false;
    const struct cert *child = node_cert(r, finding->node);
    change->supply_for = finding->node;
    change->supply_root = false;
    return reissue_under(r, change, finding->node, key_id_of(r, child));
}

/** A namesake was sent: the one whose key made the signature is not here. */
bool get_right_intermediate(struct repairing *r, const struct finding *finding,
                            struct change *change)
{
    const struct cert *sent = node_cert(r, finding->other);
    if (sent == NULL || finding->node < 0 || !sent->parsed)
        return false;
    return reissue_under(r, change, finding->node, sent->ski);
}

/* A block that cannot be saved is missing afterwards: then only what all accept is a repair. */
static bool has_lost_block(const struct repairing *r)
{
    const struct observation *obs = r->input->observation;
    for (size_t i = 0; i < obs->sent_count; i++)
        if (!obs->sent[i].cert->parsed)
            return true;
    return false;
}

/** The file written anew: what it holds in good order and form. */
bool write_file(struct repairing *r, const struct finding *finding, struct change *change)
{
    change->whole = has_lost_block(r);
    if (finding->fact != FACT_FILE_FAULT || !send_bundle(r, finding, change))
        return false;
    change->clean_file = true;
    return true;
}

static bool is_rejected(const struct repairing *r)
{
    for (size_t i = 0; i < r->verdict->client_count; i++)
        if (r->verdict->clients[i].accepts == 0)
            return true;
    return false;
}

/** All addresses show the certificate of the one that is accepted. */
bool same_certificate(struct repairing *r, const struct finding *finding, struct change *change)
{
    (void)finding;
    const struct observation *obs = r->input->observation;
    change->one_certificate = true;
    if (!is_rejected(r))
        return true;
    const struct handshake *shown = &observation_primary(obs)->handshake;
    for (size_t i = 0; i < obs->connection_count; i++) {
        const struct handshake *hs = &obs->connections[i].handshake;
        if (hs->certificate_count == 0 || shown->certificate_count == 0 ||
            bytes_equal(hs->certificates[0], shown->certificates[0]))
            continue;
        change->connection = (int)i;
        return true;
    }
    return false;
}

/** The server takes up the file that it should serve, unless that has expired as well. */
bool reload(struct repairing *r, const struct finding *finding, struct change *change)
{
    (void)finding;
    const struct observation *obs = r->input->observation;
    const struct cert *leaf = obs->expected_count > 0 ? obs->expected[0].cert : NULL;
    change->expected = leaf != NULL && leaf->parsed && r->input->at <= leaf->not_after;
    return change->expected;
}

/** The key that belongs to the certificate; of a file, that certificate put first. */
bool use_key(struct repairing *r, const struct finding *finding, struct change *change)
{
    const struct observation *obs = r->input->observation;
    if (obs->pairing == KEY_ENCRYPTED || obs->pairing == KEY_UNREADABLE)
        return false;
    change->key = true;
    int nodes[PATH_KEEPS];
    size_t count = bundle_nodes(r, nodes);
    bool first = count > 0 && obs->pairing == KEY_PAIRS_OTHER &&
                 obs->key_pairs_with < obs->sent_count &&
                 cert_equal(node_cert(r, nodes[0]), obs->sent[obs->key_pairs_with].cert);
    return obs->pairing != KEY_PAIRS_OTHER || (first && send_bundle(r, finding, change));
}

/** The server staples what its CA's responder says now. */
bool staple_fresh(struct repairing *r, const struct finding *finding, struct change *change)
{
    (void)r;
    (void)finding;
    change->staple = true;
    return true;
}

/** Only where the certificate does not demand a staple. */
bool staple_nothing(struct repairing *r, const struct finding *finding, struct change *change)
{
    const struct cert *cert = node_cert(r, finding->node);
    change->no_staple = true;
    return cert != NULL && !(cert->has & HAS_MUST_STAPLE);
}
