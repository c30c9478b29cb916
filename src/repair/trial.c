/* SPDX-License-Identifier: Apache-2.0 */
/* A change applied to a copy of the observation, the stores, the time; then judge() as for the real
 * one. Nothing of the original is touched. */
#include "internal.h"

enum { SAME_NAME = 8 }; /* anchors of one name that are kept in a changed store */

const struct cert *trial_successor(const struct trial *trial, const struct cert *cert)
{
    for (size_t i = 0; i < trial->edited_count; i++)
        if (cert_equal(trial->before[i], cert))
            return trial->after[i];
    return cert;
}

static void make_edited(const struct repairing *r, const struct change *change, struct trial *trial)
{
    trial->before = arena_array(&trial->arena, change->edit_count + 1, sizeof *trial->before);
    trial->after = arena_array(&trial->arena, change->edit_count + 1, sizeof *trial->after);
    for (size_t i = 0; i < change->edit_count; i++) {
        const struct cert *cert = node_cert(r, change->edits[i].node);
        struct cert *edited = cert_edited(cert, &change->edits[i].edit);
        if (edited == NULL)
            continue;
        trial->before[trial->edited_count] = cert;
        trial->after[trial->edited_count++] = edited;
    }
}

/* A CA of the name that nobody here has: made of the certificate it must have issued, which is the
 * nearest thing to it. Its key identifier is that certificate's own (see supply_child()). */
static void make_supplied(const struct repairing *r, const struct change *change,
                          struct trial *trial)
{
    const struct cert *child = node_cert(r, change->supply_for);
    if (child == NULL || !child->parsed)
        return;
    struct cert_edit edit = {
        .not_before = r->input->at - 365 * TIME_DAY,
        .not_after = r->input->at + 365 * TIME_DAY,
        .drop_eku = true,
        .fix_key_usage = true,
        .make_ca = true,
        .path_length = -1,
        .drop_unknown_critical = true,
        .drop_name_constraints = true,
        .drop_anomalies = true,
        .subject = child->issuer,
        .issuer = child->issuer,
        .authority_key_id = key_id_of(r, child),
    };
    const struct cert *anchor = change->supply_root ? NULL : public_anchor(r, child->issuer);
    if (anchor != NULL) {
        edit.issuer = anchor->subject;
        edit.authority_key_id = anchor->ski;
    }
    if (anchor != NULL || change->supply_root)
        trial->supplied = cert_edited(child, &edit);
}

/* ---- what is shown ---- */

struct shown {
    struct seen *items;
    size_t count, cap;
};

static void show(struct trial *trial, struct shown *shown, const struct cert *cert,
                 enum origin_kind kind)
{
    shown->items =
        arena_grow(&trial->arena, shown->items, shown->count, &shown->cap, sizeof *shown->items);
    shown->items[shown->count] = (struct seen){
        .cert = cert_ref(trial_successor(trial, cert)),
        .origin = {.kind = kind, .where = "", .position = shown->count},
    };
    shown->count++;
}

static void show_handshake(struct trial *trial, struct shown *shown, const struct handshake *hs)
{
    for (size_t i = 0; i < hs->certificate_count && i < LIMIT_SENT_CERTS; i++) {
        struct cert *cert = cert_parse(hs->certificates[i]);
        show(trial, shown, cert, ORIGIN_SENT);
        cert_unref(cert);
    }
}

static void show_all(struct trial *trial, struct shown *shown, const struct seen *seen,
                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        show(trial, shown, seen[i].cert, seen[i].origin.kind);
}

static void show_expected(struct trial *trial, struct shown *shown, const struct observation *obs)
{
    for (size_t i = 0; i < obs->expected_count; i++)
        show(trial, shown, obs->expected[i].cert, ORIGIN_SENT);
}

static void show_bundle(const struct repairing *r, struct trial *trial, struct shown *shown)
{
    int nodes[PATH_KEEPS];
    size_t count = bundle_nodes(r, nodes);
    bool file = r->input->observation->target.kind == TARGET_FILE;
    for (size_t i = 0; i < count; i++)
        show(trial, shown, node_cert(r, nodes[i]), file ? ORIGIN_FILE : ORIGIN_SENT);
}

static void change_shown(const struct repairing *r, const struct change *change,
                         struct trial *trial)
{
    const struct observation *obs = r->input->observation;
    struct shown shown = {0};
    if (change->expected)
        show_expected(trial, &shown, obs);
    else if (change->connection >= 0)
        show_handshake(trial, &shown, &obs->connections[change->connection].handshake);
    else if (change->with_sni)
        show_all(trial, &shown, obs->without_sni, obs->without_sni_count);
    else if (change->bundle)
        show_bundle(r, trial, &shown);
    else
        show_all(trial, &shown, obs->sent, obs->sent_count);
    if (trial->supplied != NULL && !change->supply_root)
        show(trial, &shown, trial->supplied, ORIGIN_SENT);
    trial->observation.sent = shown.items;
    trial->observation.sent_count = shown.count;
}

/* ---- the endpoint and the file ---- */

static void complete(struct handshake *hs)
{
    hs->result = HS_DONE;
    hs->alert = -1;
    hs->alert_is_ours = false;
    hs->error = "";
    hs->client_certificate_requested = false;
}

/* The chain is judged again against what the server asks for; that it goes on then is assumed. */
static void change_client(const struct repairing *r, const struct change *change,
                          struct trial *trial, struct handshake *hs)
{
    struct presented *presented = &trial->observation.presented;
    const size_t total = presented->count + change->client_issuer_count;
    struct seen *chain = arena_array(&trial->arena, total, sizeof *chain);
    for (size_t i = 0; i < presented->count; i++)
        chain[i] = presented->chain[i];
    for (size_t i = 0; i < change->client_issuer_count; i++)
        chain[presented->count + i] =
            (struct seen){.cert = cert_ref(r->verdict->graph.nodes[change->client_issuers[i]].cert),
                          .origin = {.kind = ORIGIN_MADE, .where = ""}};
    trial->shown_first = presented->count;
    presented->chain = chain;
    presented->count = total;
    complete(hs);
    hs->client_certificate_requested = true;
    hs->client_answer = "";
}

static void change_endpoint(const struct repairing *r, const struct change *change,
                            struct trial *trial)
{
    struct observation *obs = &trial->observation;
    struct connection *connections =
        arena_array(&trial->arena, obs->connection_count + 1, sizeof *connections);
    for (size_t i = 0; i < obs->connection_count; i++)
        connections[i] = obs->connections[i];
    obs->connections = connections;
    if (change->connection >= 0)
        obs->primary = (size_t)change->connection;
    if (obs->primary >= obs->connection_count)
        return;
    struct handshake *hs = &connections[obs->primary].handshake;
    if (change->with_sni) {
        *hs = obs->no_sni_handshake;
        obs->target.sni = obs->probe_sni;
    }
    if (change->session || change->key)
        complete(hs);
    if (change->any_hello) {
        obs->attempt_count = 0;
        obs->retried = false;
    }
    if (change->client_issuer_count > 0)
        change_client(r, change, trial, hs);
    if (change->modern)
        hs->version = "TLSv1.2";
    if (change->key) {
        hs->key_refuted = false;
        hs->key_proven = true;
    }
}

static void add_staple(struct trial *trial, struct document *out, bool assumed, struct ocsp *ocsp)
{
    *out = (struct document){.kind = WANT_OCSP,
                             .from = DOCUMENT_STAPLED,
                             .where = "(stapled)",
                             .why = "",
                             .assumed = assumed,
                             .ocsp = ocsp};
    trial->staple = ocsp;
}

/* Documents are the original's: only the list is copied. Another handshake has its own staple. */
static void change_staple(const struct change *change, struct trial *trial)
{
    struct observation *obs = &trial->observation;
    const bool other = change->connection >= 0 || change->with_sni || change->expected;
    if (!change->staple && !change->no_staple && !other)
        return;
    struct document *documents =
        arena_array(&trial->arena, obs->document_count + 1, sizeof *documents);
    size_t count = 0;
    for (size_t i = 0; i < obs->document_count; i++)
        if (obs->documents[i].from != DOCUMENT_STAPLED)
            documents[count++] = obs->documents[i];
    struct handshake *hs =
        obs->primary < obs->connection_count ? &obs->connections[obs->primary].handshake : NULL;
    if (change->staple)
        add_staple(trial, &documents[count++], true, NULL);
    else if (other && !change->no_staple && !change->expected && hs != NULL &&
             hs->stapled_ocsp.n > 0)
        add_staple(trial, &documents[count++], false, ocsp_parse(hs->stapled_ocsp));
    obs->documents = documents;
    obs->document_count = count;
    if (hs != NULL && (change->staple || change->no_staple))
        hs->stapled_ocsp = (struct bytes){0};
}

static void change_observation(const struct repairing *r, const struct change *change,
                               struct trial *trial)
{
    struct observation *obs = &trial->observation;
    *obs = *r->input->observation;
    change_shown(r, change, trial);
    change_endpoint(r, change, trial);
    change_staple(change, trial);
    if (change->key && obs->pairing != KEY_NOT_GIVEN)
        obs->pairing = KEY_PAIRS;
    if (change->dns)
        obs->dns = *change->dns;
    if (change->clean_file)
        obs->file.fault_count = 0;
    if (change->expected)
        obs->expected_count = 0; /* it is served: nothing is left to compare */
    if (change->one_certificate || change->connection >= 0 || change->expected)
        obs->addresses_differ = false;
    /* the second handshake was compared with the first: it says nothing about another leaf or name
     */
    if (change->edit_count > 0 || change->name != NULL || change->with_sni ||
        change->connection >= 0 || change->expected)
        obs->default_probe = false;
    struct error ignored = {0};
    if (change->name != NULL)
        target_set_name(&obs->target, change->name, &trial->arena, &ignored);
}

/* ---- the stores ---- */

static bool touches_stores(const struct repairing *r, const struct change *change)
{
    if (change->trusted_count > 0 || (change->supply_for >= 0 && change->supply_root))
        return true;
    for (size_t i = 0; i < change->edit_count; i++)
        if (node_is_anchor(r, change->edits[i].node))
            return true;
    return false;
}

static void add_namesakes(struct trial *trial, struct store *old, struct store *made,
                          struct bytes name)
{
    const struct anchor *found[SAME_NAME];
    size_t count = store_find(old, name, found, SAME_NAME);
    for (size_t i = 0; i < count && i < SAME_NAME; i++)
        store_add_cert(made, trial_successor(trial, found[i]->cert), found[i]->origin);
}

/* A store is large and immutable; the members that any path of this trial can reach are few. */
static struct store *store_changed(const struct repairing *r, const struct change *change,
                                   struct trial *trial, struct store *old)
{
    struct store *made = store_new(store_name(old));
    const struct graph *graph = &r->verdict->graph;
    struct origin origin = {.kind = ORIGIN_STORE, .where = store_name(old)};
    for (size_t i = 0; i < graph->node_count; i++)
        if (graph->nodes[i].stores != 0 && store_get(old, graph->nodes[i].cert) != NULL)
            store_add_cert(made, trial_successor(trial, graph->nodes[i].cert), origin);
    for (size_t i = 0; i < trial->observation.sent_count; i++) {
        const struct cert *cert = trial->observation.sent[i].cert;
        if (cert->parsed)
            add_namesakes(trial, old, made, cert->issuer);
    }
    for (size_t i = 0; i < change->trusted_count; i++)
        store_add_cert(made, trial_successor(trial, node_cert(r, change->trusted[i])), origin);
    if (change->supply_root && trial->supplied != NULL)
        store_add_cert(made, trial->supplied, origin);
    return made;
}

static void change_stores(const struct repairing *r, const struct change *change,
                          struct trial *trial)
{
    const struct judge_input *input = r->input;
    struct store **stores = arena_array(&trial->arena, input->profile_count + 1, sizeof *stores);
    trial->made_stores =
        arena_array(&trial->arena, input->profile_count + 1, sizeof *trial->made_stores);
    for (size_t i = 0; i < input->profile_count; i++) {
        for (size_t k = 0; k < i && stores[i] == NULL; k++)
            if (input->stores[k] == input->stores[i])
                stores[i] = stores[k];
        if (stores[i] != NULL || input->stores[i] == NULL)
            continue;
        stores[i] = store_changed(r, change, trial, input->stores[i]);
        trial->made_stores[trial->made_store_count++] = stores[i];
    }
    trial->input.stores = stores;
}

/* ---- the whole ---- */

void trial_run(struct repairing *r, const struct change *change, struct trial *trial)
{
    *trial = (struct trial){.input = *r->input, .shown_first = SIZE_MAX};
    make_edited(r, change, trial);
    if (change->supply_for >= 0)
        make_supplied(r, change, trial);
    change_observation(r, change, trial);
    if (touches_stores(r, change))
        change_stores(r, change, trial);
    if (change->at != TIME_NONE)
        trial->input.at = trial->observation.at = change->at;
    trial->input.observation = &trial->observation;
    judge(&trial->input, &trial->arena, &trial->verdict);
}

void trial_free(struct trial *trial)
{
    for (size_t i = 0; i < trial->observation.sent_count; i++)
        cert_unref(trial->observation.sent[i].cert);
    for (size_t i = 0; i < trial->edited_count; i++)
        cert_unref(trial->after[i]);
    for (size_t i = trial->shown_first; i < trial->observation.presented.count; i++)
        cert_unref(trial->observation.presented.chain[i].cert);
    cert_unref(trial->supplied);
    ocsp_unref(trial->staple);
    for (size_t i = 0; i < trial->made_store_count; i++)
        store_unref(trial->made_stores[i]);
    arena_free(&trial->arena);
    *trial = (struct trial){0};
}
