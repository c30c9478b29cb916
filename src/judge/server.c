/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about the endpoint, the file, and the chain as it was sent. */
#include <string.h>

#include "judge/internal.h"

static void fact_add(struct judging *j, enum fact_id id, int node, int other, int64_t value,
                     const char *text)
{
    fact_intern(j, &(struct fact){.id = id,
                                  .node = node,
                                  .other = other,
                                  .value = value,
                                  .text = text != NULL ? text : "",
                                  .on_best = true});
}

/** 10 for TLS 1.0 … 13; 0 for none or SSL. */
static int version_number(const char *version)
{
    static const struct {
        const char *name;
        int number;
    } table[] = {{"TLSv1.3", 13}, {"TLSv1.2", 12}, {"TLSv1.1", 11}, {"TLSv1", 10}, {"TLSv1.0", 10}};
    for (size_t i = 0; version != NULL && i < sizeof table / sizeof *table; i++)
        if (strcmp(version, table[i].name) == 0)
            return table[i].number;
    return 0;
}

/** RFC 6066 section 3: the server broke off, and with another name, or with none, it did not. */
static bool fact_of_name(struct judging *j, const struct handshake *hs)
{
    const struct observation *obs = j->obs;
    const bool no_sni = obs->target.sni == NULL || obs->target.sni[0] == '\0';
    const bool otherwise = obs->default_probe && obs->without_sni_count > 0;
    const bool named = hs->result == HS_ALERT && hs->alert == ALERT_UNRECOGNIZED_NAME;
    if (hs->certificate_count > 0 || (!otherwise && (no_sni || !named)))
        return false;
    const char *names =
        otherwise && !no_sni ? host_names_text(j->arena, obs->without_sni[0].cert, 5) : NULL;
    fact_add(j, no_sni ? FACT_SNI_REQUIRED : FACT_NAME_REFUSED, -1, -1, hs->alert, names);
    return true;
}

/** RFC 8446 section 6.2: what a fatal alert of the server means here. */
static void facts_of_alert(struct judging *j, const struct handshake *hs)
{
    if (fact_of_client_refusal(j, hs) || fact_of_name(j, hs))
        return;
    if (hs->alert == ALERT_PROTOCOL_VERSION && j->obs->attempt_count == 0)
        fact_add(j, FACT_OLD_PROTOCOL, -1, -1, 0, hs->version);
    else
        fact_add(j, FACT_ALERT, -1, -1, hs->alert, alert_name(hs->alert));
}

static void facts_of_handshake(struct judging *j, const struct handshake *hs)
{
    switch (hs->result) {
    case HS_NOT_TLS:
        fact_add(j, FACT_PLAINTEXT, -1, -1, 0, plaintext_protocol(hs->peek));
        break;
    case HS_NO_STARTTLS:
        fact_add(j, FACT_STARTTLS_REFUSED, -1, -1, 0, hs->error);
        break;
    case HS_ALERT:
        facts_of_alert(j, hs);
        break;
    case HS_LOCAL_REFUSAL:
        if (!hs->key_refuted)
            fact_add(j, FACT_HANDSHAKE_FAILED, -1, -1, hs->result, hs->error);
        break;
    case HS_CLOSED:
    case HS_RESET:
    case HS_TIMEOUT:
        if (!fact_of_client_refusal(j, hs) && !fact_of_name(j, hs))
            fact_add(j, FACT_HANDSHAKE_FAILED, -1, -1, hs->result, hs->error);
        break;
    case HS_DONE:
        fact_of_client_refusal(j, hs);
        break;
    }
    facts_of_client(j, hs);
    if (hs->key_refuted)
        fact_add(j, FACT_KEY_MISMATCH, j->first, -1, 1, NULL);
    const int version = version_number(hs->version);
    if (hs->result == HS_DONE && version > 0 && version < 12)
        fact_add(j, FACT_OLD_PROTOCOL, -1, -1, version, hs->version);
}

/** RFC 6066 section 3: the chain of a server that does not know the name it was asked for. */
static void facts_of_default(struct judging *j)
{
    const struct observation *obs = j->obs;
    if (!obs->default_probe || obs->without_sni_count == 0 || j->first < 0 ||
        obs->target.name_kind != NAME_DNS)
        return;
    const struct cert *leaf = j->graph->nodes[j->first].cert;
    const struct cert *other = obs->without_sni[0].cert;
    if (host_matches(&behaviour_all_facts, leaf, &obs->target))
        return;
    const bool asked_with_name = obs->probe_sni != NULL && obs->probe_sni[0] != '\0';
    if (asked_with_name && host_matches(&behaviour_all_facts, other, &obs->target))
        fact_add(j, FACT_SNI_REQUIRED, j->first, -1, -1, obs->probe_sni);
    else if (!asked_with_name && !observation_primary(obs)->handshake.sni_acknowledged &&
             cert_equal(leaf, other) && !node_is_self_signed(j, j->first))
        fact_add(j, FACT_DEFAULT_CERTIFICATE, j->first, -1, 0, host_names_text(j->arena, leaf, 5));
}

static void facts_of_file(struct judging *j)
{
    const struct observation *obs = j->obs;
    for (size_t i = 0; i < obs->file.fault_count && i < LIMIT_FILE_FAULTS; i++)
        fact_add(j, FACT_FILE_FAULT, -1, -1, (int64_t)i, file_fault_text(obs->file.faults[i].id));
    if (obs->sent_count == 0 && obs->file.fault_count == 0)
        fact_add(j, FACT_NO_CERTIFICATE, -1, -1, 0, NULL);
}

/** The way led through a proxy, which did not open it: nothing is known of the server. */
static void fact_proxy(struct judging *j, const struct connection *c)
{
    enum fact_id id = FACT_PROXY_UNUSABLE;
    switch (c->proxy_result) {
    case PROXY_CERTIFICATE:
        id = FACT_PROXY_UNTRUSTED;
        break;
    case PROXY_AUTH:
        id = FACT_PROXY_LOGIN;
        break;
    case PROXY_DENIED:
        id = FACT_PROXY_REFUSAL;
        break;
    default:
        break;
    }
    fact_intern(j, &(struct fact){.id = id,
                                  .node = -1,
                                  .other = -1,
                                  .value = (int64_t)c->proxy_result,
                                  .limit = c->proxy_status,
                                  .text = c->why,
                                  .on_best = true});
}

void facts_of_endpoint(struct judging *j)
{
    const struct observation *obs = j->obs;
    const struct connection *c = observation_primary(obs);
    /* a key of another block pairs once the order is right; a key of none never does */
    if (obs->pairing == KEY_PAIRS_NONE || obs->pairing == KEY_PAIRS_OTHER)
        fact_add(j, FACT_KEY_MISMATCH, obs->pairing == KEY_PAIRS_NONE ? j->leaf : j->first, -1, 0,
                 obs->key_file);
    if (obs->target.kind == TARGET_FILE) {
        facts_of_file(j);
        return;
    }
    if (obs->resolve != NET_OK) {
        fact_add(j, FACT_UNRESOLVABLE, -1, -1, obs->resolve, obs->resolve_why);
        return;
    }
    if (c == NULL)
        return;
    if (c->net == NET_PROXY) {
        fact_proxy(j, c);
        return;
    }
    if (c->net != NET_OK) {
        fact_add(j, FACT_UNREACHABLE, -1, -1, c->net, net_result_text(c->net));
        return;
    }
    facts_of_handshake(j, &c->handshake);
    facts_of_attempts(j);
    facts_of_default(j);
    facts_of_every_address(j);
}

/* ---- the chain as it was sent ---- */

/** Marks every certificate that good signatures connect with the leaf. */
static void mark_reached(struct judging *j, int node, unsigned depth)
{
    if (j->extra[node].reached || depth > LIMIT_PATH_LENGTH)
        return;
    j->extra[node].reached = true;
    const struct node_extra extra = j->extra[node];
    for (int e = extra.edge_first; e < extra.edge_first + extra.edge_count; e++)
        if ((j->graph->nodes[j->graph->edges[e].issuer].from & FROM_SENT) &&
            edge_signature(j, e) == EDGE_SIG_GOOD)
            mark_reached(j, j->graph->edges[e].issuer, depth + 1);
}

static void fact_duplicates(struct judging *j)
{
    for (size_t i = 1; i < j->sent_count; i++) {
        const int node = j->sent[i];
        if (node >= 0 && j->graph->nodes[node].position < (int)i)
            fact_add(j, FACT_SENT_DUPLICATE, node, -1, (int64_t)i, NULL);
    }
}

/** A namesake that signed nothing harms nobody where the path needs no issuer, or has the one that
 *  signed, of the same standing: sent too, or an anchor too. */
static bool namesake_is_harmless(struct judging *j, const struct path *best, size_t i,
                                 const struct node *namesake)
{
    if (j->graph->nodes[best->nodes[i]].stores != 0)
        return true;
    if (i + 1 >= best->count)
        return false;
    const int edge = graph_edge(j, best->nodes[i], best->nodes[i + 1]);
    const struct node *right = &j->graph->nodes[best->nodes[i + 1]];
    if (edge < 0 || edge_signature(j, edge) != EDGE_SIG_GOOD)
        return false;
    return namesake->from & FROM_SENT ? (right->from & FROM_SENT) != 0 : right->stores != 0;
}

/** The issuer that the chain wants stands there by name only: another key made the signature. */
static void fact_other_key(struct judging *j, const struct path *best)
{
    for (size_t i = 0; i < best->count; i++) {
        const struct node_extra extra = j->extra[best->nodes[i]];
        for (int e = extra.edge_first; e < extra.edge_first + extra.edge_count; e++) {
            const struct edge *edge = &j->graph->edges[e];
            const struct node *issuer = &j->graph->nodes[edge->issuer];
            if (edge_signature(j, e) != EDGE_SIG_BAD || j->extra[edge->issuer].reached ||
                namesake_is_harmless(j, best, i, issuer))
                continue;
            /* a matching key identifier says that the key is right and the signature is not */
            const bool same_key = edge->key_id == AKI_MATCH;
            if ((issuer->from & FROM_SENT) && !same_key)
                fact_add(j, FACT_ISSUER_OTHER_KEY, edge->child, edge->issuer,
                         edge->key_id == AKI_MISMATCH, NULL);
            else if (issuer->stores != 0 && !same_key)
                fact_add(j, FACT_ROOT_OTHER_KEY, edge->child, edge->issuer,
                         edge->key_id == AKI_MISMATCH, NULL);
        }
    }
}

static bool on_path(const struct path *path, int node)
{
    for (size_t i = 0; i < path->count; i++)
        if (path->nodes[i] == node)
            return true;
    return false;
}

/** An expired certificate with the name and key of one on the best path: an old cross-sign. */
static void fact_cross_signs(struct judging *j, const struct path *best)
{
    for (size_t i = 0; i < j->sent_count; i++) {
        const int node = j->sent[i];
        if (node < 0 || on_path(best, node))
            continue;
        const struct cert *cert = j->graph->nodes[node].cert;
        for (size_t k = 1; k < best->count; k++) {
            const struct cert *twin = j->graph->nodes[best->nodes[k]].cert;
            if (bytes_equal(twin->key.spki, cert->key.spki) &&
                name_equal(twin->subject, cert->subject) && cert->not_after != TIME_NONE &&
                j->in->at > cert->not_after)
                fact_add(j, FACT_CROSS_SIGN_EXPIRED, node, best->nodes[k],
                         j->in->at - cert->not_after, NULL);
        }
    }
}

static void fact_unrelated(struct judging *j)
{
    for (size_t i = 0; i < j->sent_count; i++) {
        const int node = j->sent[i];
        if (node < 0 || j->extra[node].reached || j->graph->nodes[node].position < (int)i)
            continue;
        bool named = false; /* it stands in for an issuer, as a fact of its own says */
        for (size_t f = 0; f < j->out->fact_count; f++) {
            const struct fact *fact = &j->out->facts[f];
            named |=
                fact->other == node || (fact->id == FACT_CROSS_SIGN_EXPIRED && fact->node == node);
        }
        if (!named)
            fact_add(j, FACT_SENT_UNRELATED, node, -1, (int64_t)i, NULL);
    }
}

/** RFC 5246 section 7.4.2: each certificate directly certifies the one preceding it. */
static void fact_order(struct judging *j, const struct path *best)
{
    int last = -1;
    for (size_t i = 0; i < best->count; i++) {
        const int position = j->graph->nodes[best->nodes[i]].position;
        if (position < 0)
            continue;
        if (position < last || (i == 0 && position > 0)) {
            const struct fact fact = {.id = FACT_SENT_ORDER,
                                      .node = best->nodes[i],
                                      .other = -1,
                                      .value = position,
                                      .limit = (int64_t)i,
                                      .text = "",
                                      .on_best = true};
            fact_intern(j, &fact);
            return;
        }
        last = position;
    }
}

void facts_of_sent(struct judging *j)
{
    if (j->leaf < 0 || j->out->best < 0)
        return;
    const struct path *best = &j->out->paths[j->out->best];
    mark_reached(j, j->leaf, 0);
    fact_duplicates(j);
    fact_other_key(j, best);
    /* what stands above a bad signature, or above a gap that is filled here, belongs there too */
    for (size_t i = 0; i < best->count; i++)
        mark_reached(j, best->nodes[i], 0);
    fact_cross_signs(j, best);
    fact_unrelated(j);
    fact_order(j, best);
    for (size_t i = 1; i < j->sent_count; i++) {
        const int node = j->sent[i];
        if (node >= 0 && j->graph->nodes[node].position == (int)i && j->extra[node].reached &&
            node_is_self_signed(j, node))
            fact_add(j, FACT_SENT_ROOT, node, -1, (int64_t)i, NULL);
    }
}
