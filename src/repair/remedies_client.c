/* SPDX-License-Identifier: Apache-2.0 */
/* What the clients' side does: another name, a root to trust, the clock; and the session itself. */
#include <string.h>

#include "internal.h"

/* Labels that two names share at their end: what is nearest to the name that was meant. */
static size_t shared_suffix(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), shared = 0;
    for (size_t i = 1; i <= n && i <= m && (a[n - i] | 0x20) == (b[m - i] | 0x20); i++)
        shared += a[n - i] == '.' || i == n || i == m;
    return shared;
}

/** A name that the certificate lists, the nearest to the one that was used. */
bool use_listed_name(struct repairing *r, const struct finding *finding, struct change *change)
{
    const struct target *target = &r->input->observation->target;
    const struct cert *leaf = node_cert(r, finding->node);
    if (leaf == NULL || !leaf->parsed || target->name == NULL)
        return false;
    struct reader reader = cert_san(leaf);
    struct general_name name;
    size_t best = 0;
    for (size_t i = 0; i < LIMIT_SAN_NAMES && general_name_next(&reader, &name); i++) {
        if (name.kind != GN_DNS || name.value.n == 0 || name.value.n > 253)
            continue;
        const char *text = str_safe(r->arena, name.value);
        size_t shared = shared_suffix(text, target->name);
        if (!str_is_plain_host(text) || text[0] == '*' || (change->name && shared <= best))
            continue;
        change->name = text;
        best = shared;
    }
    return change->name != NULL && strcmp(change->name, target->name) != 0;
}

/** The root is known here, its owner's clients are to trust it. */
bool trust_root(struct repairing *r, const struct finding *finding, struct change *change)
{
    (void)finding;
    return change_trust(change, unknown_root(r));
}

/** A certificate that signed itself can only be trusted as such. */
bool trust_leaf(struct repairing *r, const struct finding *finding, struct change *change)
{
    const struct cert *leaf = node_cert(r, finding->node);
    return leaf != NULL && leaf->parsed && cert_is_self_issued(leaf) &&
           change_trust(change, finding->node);
}

/** The root's name is known and nothing more: its owner has it. */
bool get_root(struct repairing *r, const struct finding *finding, struct change *change)
{
    const struct cert *child = node_cert(r, finding->node);
    if (child == NULL || !child->parsed || cert_is_self_issued(child) || unknown_root(r) >= 0 ||
        change->supply_for >= 0)
        return false;
    struct cert_edit *edit = change_edit(r, change, finding->node);
    if (edit == NULL)
        return false;
    if (child->has & HAS_AKI)
        edit->authority_key_id = key_id_of(r, child);
    change->supply_for = finding->node;
    change->supply_root = true;
    return true;
}

/** The time that others say it is, or one at which every certificate of the path is valid. */
bool correct_clock(struct repairing *r, const struct finding *finding, struct change *change)
{
    const struct verdict *verdict = r->verdict;
    const struct fact *clock = verdict_fact(verdict, FACT_CLOCK_BEHIND, -1);
    clock = clock ? clock : verdict_fact(verdict, FACT_CLOCK_AHEAD, -1);
    if (clock && *clock->text) { /* others say what the time is */
        change->at = clock->limit;
        return finding->fact == clock->id;
    }
    cw_time from = TIME_NONE, until = INT64_MAX;
    if (verdict->best < 0)
        return false;
    const struct path *path = &verdict->paths[verdict->best];
    for (size_t i = 0; i < path->count; i++) {
        const struct cert *cert = node_cert(r, path->nodes[i]);
        if (cert->not_before == TIME_NONE || cert->not_after == TIME_NONE)
            return false;
        from = cert->not_before > from ? cert->not_before : from;
        until = cert->not_after < until ? cert->not_after : until;
    }
    if (from >= until)
        return false;
    change->at = from + (until - from) / 2;
    return true;
}

bool present_certificate(struct repairing *r, const struct finding *finding, struct change *change)
{
    (void)finding;
    change->session = r->input->observation->sent_count > 0;
    return change->session;
}

/** The issuers between its certificate and what the server knows, as far as they are known here. */
bool show_issuers(struct repairing *r, const struct finding *finding, struct change *change)
{
    const struct graph *graph = &r->verdict->graph;
    int node = finding->other;
    while (node_cert(r, node) != NULL && !cert_is_self_issued(node_cert(r, node)) &&
           change->client_issuer_count < PATH_KEEPS) {
        change->client_issuers[change->client_issuer_count++] = node;
        const struct bytes issuer = node_cert(r, node)->issuer;
        node = -1;
        for (size_t i = 0; i < graph->node_count && node < 0; i++)
            if (graph->nodes[i].cert->parsed && name_equal(graph->nodes[i].cert->subject, issuer))
                node = (int)i;
    }
    return change->client_issuer_count > 0;
}

bool send_sni(struct repairing *r, const struct finding *finding, struct change *change)
{
    (void)finding;
    const struct observation *obs = r->input->observation;
    change->with_sni = obs->default_probe && obs->without_sni_count > 0 && obs->probe_sni != NULL &&
                       obs->probe_sni[0] != '\0';
    return change->with_sni;
}

bool enable_tls12(struct repairing *r, const struct finding *finding, struct change *change)
{
    (void)r;
    (void)finding;
    change->session = change->modern = change->any_hello = true;
    return true;
}

bool take_any_hello(struct repairing *r, const struct finding *finding, struct change *change)
{
    (void)finding;
    change->any_hello = true;
    return r->input->observation->retried; /* else nobody knows what it would show */
}
