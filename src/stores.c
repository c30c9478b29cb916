/* SPDX-License-Identifier: Apache-2.0 */
/* Whose trust store each client is judged with: what it has on this machine, --only-ca, or what a
 * case kept. And whether a variable or a configuration file is why a client rejects. */
#include "certwhy_internal.h"

#include <string.h>

enum { STORES_MAX = 32 }; /* a case says in 32 bits which of its stores hold an anchor */

/* ---- opening ---- */

enum cw_code stores_open(struct cw_report *report, struct error *error)
{
    const struct cw_options *options = report->options;
    report->machine = trust_machine_new(options->root, &options->environment, &report->arena);
    for (size_t i = 0; i < options->setting_count; i++)
        trust_machine_set(report->machine, options->settings[i].name, options->settings[i].value,
                          options->settings[i].where, options->settings[i].password);
    if (!options->only_ca) {
        for (size_t i = 0; i < options->ca.count; i++)
            TRY(trust_machine_add(report->machine, options->ca.items[i], error));
        return CW_OK;
    }
    if (options->ca.count == 0)
        return error_set(error, CW_E_USAGE, "--only-ca needs the anchors: add --ca FILE");
    report->only = store_new("--ca");
    for (size_t i = 0; i < options->ca.count; i++)
        TRY(store_add_path(report->only, options->root, options->ca.items[i], error));
    return CW_OK;
}

/* ---- which store is whose ---- */

/* A JVM or a Python environment has a store of its own: that of the one that stands for the
 * profile. */
static const char *home_of(const struct cw_report *report, const struct profile *profile)
{
    if (!trust_client_has_home(profile_store(profile)))
        return "";
    const struct trust_program *program = client_installed(report->machine, profile);
    return program ? program->home : "";
}

static const struct trust_view *view_of(const struct cw_report *report,
                                        const struct profile *profile)
{
    return trust_view_at(report->machine, profile_store(profile), home_of(report, profile));
}

static bool list_has(const char *list, const char *name)
{
    const size_t n = strlen(name);
    for (const char *p = list ? list : ""; *p; p += strcspn(p, ","), p += *p == ',')
        if (strcspn(p, ",") == n && strncmp(p, name, n) == 0)
            return true;
    return false;
}

static void list_add(struct arena *arena, const char **list, const char *name)
{
    if (!list_has(*list, name))
        *list = arena_printf(arena, "%s%s%s", *list, **list ? "," : "", name);
}

/* "SSL_CERT_FILE=/x (environment)" for each setting that had a hand in the view. */
static const char *view_settings(struct arena *arena, const struct trust_view *view)
{
    BUF_CLEANUP text = {0};
    const struct trust_setting *last = NULL;
    for (size_t i = 0; i < view->part_count; i++) {
        const struct trust_setting *by = view->parts[i].by;
        if (!by || by == last)
            continue;
        last = by;
        buf_printf(&text, "%s%s=%s (%s)", text.n ? ", " : "", by->name,
                   str_safe(arena, bytes_str(by->value)), str_safe(arena, bytes_str(by->where)));
    }
    return arena_strdup(arena, buf_cstr(&text));
}

static void identity_fill(struct arena *arena, const struct store *store,
                          struct store_identity *out)
{
    *out = (struct store_identity){.name = store_name(store),
                                   .count = store_count(store),
                                   .source_count = store_source_count(store),
                                   .clients = "",
                                   .setting = "",
                                   .hurt = "",
                                   .doubted = "",
                                   .doubt = "",
                                   .refusal = ""};
    out->sources = arena_array(arena, out->source_count + 1, sizeof *out->sources);
    for (size_t i = 0; i < out->source_count; i++)
        out->sources[i] = *store_source_at(store, i);
}

static size_t distinct_add(struct checked *checked, struct store *store)
{
    for (size_t i = 0; i < checked->distinct_count; i++)
        if (checked->distinct[i] == store)
            return i;
    if (checked->distinct_count == STORES_MAX)
        return STORES_MAX - 1;
    checked->distinct[checked->distinct_count] = store_ref(store);
    return checked->distinct_count++;
}

/* The stores of this machine: each client's own, one identity for each that differs. */
static void choose_here(struct cw_report *report, struct checked *checked, size_t count)
{
    struct arena *arena = &report->arena;
    struct observation *seen = &checked->observation;
    seen->stores = arena_array(arena, STORES_MAX, sizeof *seen->stores);
    for (size_t i = 0; i < count; i++) {
        const struct profile *profile = checked->profiles[i];
        const struct trust_view *view = report->only ? NULL : view_of(report, profile);
        struct store *store = view ? trust_view_store(report->machine, view) : report->only;
        const size_t known = checked->distinct_count, at = distinct_add(checked, store);
        struct store_identity *identity = &seen->stores[at];
        if (at == known)
            identity_fill(arena, store, identity);
        list_add(arena, &identity->clients, profile_name(profile));
        if (view && !*identity->setting)
            identity->setting = view_settings(arena, view);
        if (view && !*identity->refusal)
            identity->refusal = trust_view_refusal(report->machine, view, arena);
        checked->stores[i] = store;
    }
    seen->store_count = checked->distinct_count;
    if (count)
        log_line(1, "trust store: %s, %zu certificates", store_name(checked->stores[0]),
                 store_count(checked->stores[0]));
}

/* ---- replay ---- */

/* A list that is compiled into a client: what it holds beside the case's anchors is known by facts.
 */
static void lists_restore(struct store *store, const struct store_identity *identity)
{
    enum programme programme;
    for (size_t i = 0; i < identity->source_count; i++)
        if (programme_find(identity->sources[i].programme, &programme))
            store_add_programme(store, programme);
}

/* The case's stores replace this machine's: a replay must not depend on where it runs. */
static struct store *store_of_case(const struct observation *seen, size_t index)
{
    struct store *store = store_new(index < seen->store_count ? seen->stores[index].name : "case");
    for (size_t i = 0; i < seen->case_anchor_count; i++) {
        const struct seen *anchor = &seen->case_anchors[i];
        if (anchor->stores == 0 || anchor->stores >> index & 1)
            store_add_cert(store, anchor->cert, anchor->origin);
    }
    if (index < seen->store_count)
        lists_restore(store, &seen->stores[index]);
    return store;
}

static size_t identity_of(const struct observation *seen, const struct profile *profile)
{
    const struct store_identity *identity = observation_store(seen, profile_name(profile));
    const size_t i = identity ? (size_t)(identity - seen->stores) : 0;
    return i < STORES_MAX ? i : 0;
}

static void choose_of_case(struct checked *checked, size_t count)
{
    struct observation *seen = &checked->observation;
    const size_t n = seen->store_count == 0           ? 1
                     : seen->store_count > STORES_MAX ? STORES_MAX
                                                      : seen->store_count;
    for (size_t i = 0; i < n; i++)
        checked->distinct[checked->distinct_count++] = store_of_case(seen, i);
    for (size_t i = 0; i < count; i++)
        checked->stores[i] = checked->distinct[identity_of(seen, checked->profiles[i])];
    if (seen->pool_count == 0)
        return;
    checked->pool = store_new("--pool");
    for (size_t i = 0; i < seen->pool_count; i++)
        store_add_cert(checked->pool, seen->pool[i].cert, seen->pool[i].origin);
}

void stores_choose(struct cw_report *report, struct checked *checked, size_t count)
{
    checked->distinct = arena_array(&report->arena, STORES_MAX, sizeof *checked->distinct);
    if (checked->observation.stores_from_case) {
        choose_of_case(checked, count);
        return;
    }
    choose_here(report, checked, count);
    checked->pool = report->pool ? store_ref(report->pool) : NULL;
}

void stores_drop(struct checked *checked)
{
    for (size_t i = 0; i < checked->distinct_count; i++)
        store_unref(checked->distinct[i]);
    store_unref(checked->pool);
}

/* ---- is a setting the reason? ---- */

/* The proof: the clients that reject with a store that somebody set are judged with the one that
 * they would have had. */
static void trial_judge(struct cw_report *report, struct checked *checked, const size_t *which,
                        size_t count)
{
    struct arena *arena = &report->arena;
    const struct judge_input *input = &checked->report.input;
    const struct profile **profiles = arena_array(arena, count, sizeof *profiles);
    struct store **stores = arena_array(arena, count, sizeof *stores);
    for (size_t i = 0; i < count; i++) {
        profiles[i] = input->profiles[which[i]];
        stores[i] = trust_view_store(
            report->machine, trust_view_default_at(report->machine, profile_store(profiles[i]),
                                                   home_of(report, profiles[i])));
    }
    struct judge_input trial = *input;
    struct verdict verdict;
    trial.profiles = profiles;
    trial.stores = stores;
    trial.profile_count = count;
    judge(&trial, arena, &verdict);
    for (size_t i = 0; i < count; i++) {
        struct store_identity *identity =
            &checked->observation.stores[identity_of(&checked->observation, profiles[i])];
        if (verdict.clients[i].accepts == 1 || *identity->refusal)
            list_add(arena, &identity->hurt, profile_name(profiles[i]));
    }
}

static void hurt_find(struct cw_report *report, struct checked *checked)
{
    const struct verdict *verdict = &checked->report.verdict;
    const struct observation *seen = &checked->observation;
    size_t *which = arena_array(&report->arena, verdict->client_count + 1, sizeof *which);
    size_t count = 0;
    for (size_t i = 0; i < verdict->client_count; i++) {
        const struct store_identity *identity =
            &seen->stores[identity_of(seen, checked->profiles[i])];
        const bool refuses = *identity->refusal != '\0';
        if (*identity->setting && (verdict->clients[i].accepts == 0 || refuses))
            which[count++] = i;
    }
    if (count)
        trial_judge(report, checked, which, count);
}

static void client_blame(struct arena *arena, struct client_verdict *client,
                         const struct store_identity *identity)
{
    struct reason *reasons = arena_array(arena, client->reason_count + 1, sizeof *reasons);
    if (client->reason_count)
        memcpy(reasons, client->reasons, client->reason_count * sizeof *reasons);
    reasons[client->reason_count] = (struct reason){.fact = FACT_STORE_OVERRIDDEN,
                                                    .node = -1,
                                                    .other = -1,
                                                    .depth = -1,
                                                    .text = identity->setting};
    client->reasons = reasons;
    client->reason_count++;
    client->accepts = 0;
    if (*identity->refusal) {
        client->message = identity->refusal;
        client->code = "";
    }
}

/* What is known of the settings becomes a fact, and a reason of the clients that it hurts. */
static void hurt_tell(struct cw_report *report, struct checked *checked)
{
    struct arena *arena = &report->arena;
    struct verdict *verdict = &checked->report.verdict;
    const struct observation *seen = &checked->observation;
    BUF_CLEANUP text = {0};
    const struct store_identity *last = NULL;
    for (size_t i = 0; i < verdict->client_count && seen->store_count; i++) {
        const struct store_identity *identity =
            &seen->stores[identity_of(seen, checked->profiles[i])];
        if (!list_has(identity->hurt, profile_name(checked->profiles[i])))
            continue;
        client_blame(arena, &verdict->clients[i], identity);
        if (identity != last &&
            bytes_find(buf_bytes(&text), bytes_str(identity->setting)) == SIZE_MAX)
            buf_printf(&text, "%s%s", text.n ? ", " : "", identity->setting);
        last = identity;
    }
    if (text.n == 0)
        return;
    verdict->facts = arena_grow(arena, verdict->facts, verdict->fact_count, &verdict->fact_cap,
                                sizeof *verdict->facts);
    verdict->facts[verdict->fact_count++] =
        (struct fact){.id = FACT_STORE_OVERRIDDEN,
                      .node = -1,
                      .other = -1,
                      .text = arena_strdup(arena, buf_cstr(&text)),
                      .on_best = true};
}

/* ---- is the store known well enough? ---- */

/* What a client says that knows no anchor for what was sent, and nothing else that is wrong. */
static bool lacks_anchor_only(const struct client_verdict *client)
{
    static const enum fact_id facts[] = {FACT_ISSUER_NOT_FOUND, FACT_ISSUER_NOT_SENT,
                                         FACT_SELF_SIGNED_LEAF, FACT_SELF_SIGNED_CA_LEAF,
                                         FACT_ROOT_NOT_TRUSTED, FACT_STORE_EMPTY};
    for (size_t i = 0; i < client->reason_count; i++) {
        bool found = client->reasons[i].later;
        for (size_t k = 0; k < sizeof facts / sizeof facts[0]; k++)
            found = found || client->reasons[i].fact == facts[k];
        if (!found)
            return false;
    }
    return client->reason_count > 0;
}

/* Why the store may hold an anchor for the end of this client's path; NULL when it does not. */
static const char *doubt_of(struct arena *arena, const struct verdict *verdict,
                            const struct client_verdict *client, struct store *store)
{
    for (size_t i = 0; i < store_source_count(store); i++) {
        const struct store_source *source = store_source_at(store, i);
        if (source->unknown)
            return arena_printf(arena, "its store %s could not be read (%s)",
                                str_safe(arena, bytes_str(source->path)), source->problem);
    }
    if (client->path_count == 0)
        return NULL;
    const int top = client->path[client->path_count - 1];
    const struct cert *cert = verdict->graph.nodes[top].cert;
    const char *root = store_find_absent(store, cert->issuer);
    return root
               ? arena_printf(arena,
                              "it trusts \"%s\", of which this machine has no certificate to check "
                              "the chain with",
                              root)
               : NULL;
}

/* A list may trust a root only for what was issued before some day: by the certificate's own date
 * (Mozilla) or that of its transparency log (Chrome), which may differ by days. */
static const char *date_doubt_of(struct arena *arena, const struct verdict *verdict,
                                 const struct client_verdict *client, struct store *store)
{
    if (client->path_count == 0)
        return NULL;
    const struct cert *root = verdict->graph.nodes[client->path[client->path_count - 1]].cert;
    const struct cert *leaf = verdict->graph.nodes[client->path[0]].cert;
    const struct anchor *anchor = store_get(store, root);
    if (!anchor || anchor->until == 0 || leaf->not_before == TIME_NONE ||
        leaf->not_before <= anchor->until)
        return NULL;
    return arena_printf(arena, "its list trusts \"%s\" for certificates issued until %s only",
                        name_short(arena, root->subject), time_date(arena, anchor->until));
}

static void doubt_find(struct cw_report *report, struct checked *checked)
{
    const struct verdict *verdict = &checked->report.verdict;
    const struct observation *seen = &checked->observation;
    for (size_t i = 0; i < verdict->client_count; i++) {
        const struct client_verdict *client = &verdict->clients[i];
        struct store *store = checked->stores[i];
        const char *why = NULL;
        if (client->accepts > 0)
            why = date_doubt_of(&report->arena, verdict, client, store);
        else if (client->accepts == 0 && lacks_anchor_only(client))
            why = doubt_of(&report->arena, verdict, client, store);
        struct store_identity *identity = &seen->stores[identity_of(seen, client->profile)];
        if (!why)
            continue;
        list_add(&report->arena, &identity->doubted, profile_name(client->profile));
        identity->doubt = why;
    }
}

/* A verdict that rests on what is not known is none. */
static void doubt_tell(struct checked *checked)
{
    const struct observation *seen = &checked->observation;
    struct verdict *verdict = &checked->report.verdict;
    for (size_t i = 0; i < verdict->client_count && seen->store_count; i++) {
        struct client_verdict *client = &verdict->clients[i];
        const struct store_identity *identity = &seen->stores[identity_of(seen, client->profile)];
        if (client->accepts < 0 || !list_has(identity->doubted, profile_name(client->profile)))
            continue;
        client->accepts = -1;
        client->message = client->code = client->gist = "";
        client->said = -1;
        client->reason_count = 0;
        client->unknown = identity->doubt;
    }
}

void stores_doubt(struct cw_report *report, struct checked *checked)
{
    if (!checked->observation.stores_from_case && !report->only)
        doubt_find(report, checked);
    doubt_tell(checked);
}

void stores_blame(struct cw_report *report, struct checked *checked)
{
    if (!checked->observation.stores_from_case && !report->only &&
        observation_has_certificates(&checked->observation))
        hurt_find(report, checked);
    hurt_tell(report, checked);
}
