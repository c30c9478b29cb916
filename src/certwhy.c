/* SPDX-License-Identifier: Apache-2.0 */
/* The main flow: observe → judge → explain → repair; report/ renders what is left here. */
#include "certwhy_internal.h"

#include "built.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- opened once, shared by all targets ---- */

static enum cw_code pool_open(const struct cw_options *options, struct store **out,
                              struct error *error)
{
    struct arena arena = {0};
    struct error ignored;
    const char *installed = trust_data_path(&arena, &options->environment, "pool");
    const bool found = *installed && file_exists(options->root, installed);
    if (found || options->pool.count)
        *out = store_new_pool("--pool");
    if (found && store_add_path(*out, options->root, installed, &ignored) != CW_OK)
        log_line(1, "%s", ignored.text);
    arena_free(&arena);
    if (!*out)
        return CW_OK;
    for (size_t i = 0; i < options->pool.count; i++)
        TRY(store_add_path(*out, options->root, options->pool.items[i], error));
    log_line(1, "pool of known issuers: %zu certificates", store_count(*out));
    return CW_OK;
}

enum cw_code report_new(const struct cw_options *options, struct cw_report **out,
                        struct error *error)
{
    struct cw_report *report = xcalloc(1, sizeof *report);
    report->options = options;
    report->memo = sig_memo_new();
    report->fetcher = fetcher_open(options, &report->arena);
    enum cw_code code = stores_open(report, error);
    if (code == CW_OK)
        code = pool_open(options, &report->pool, error);
    tables_open(report);
    if (code != CW_OK) {
        cw_report_free(report);
        report = NULL;
    }
    *out = report;
    return code;
}

/* ---- observe ---- */

/* --resolve HOST:PORT:ADDR applies to its own host and port only, as in curl. */
static const char *resolved_by_option(const struct cw_options *options, const char *text,
                                      struct arena *arena)
{
    struct target target;
    struct error ignored;
    if (options->resolve.count == 0 ||
        target_parse(text, options->root, arena, &target, &ignored) != CW_OK ||
        target.kind != TARGET_ENDPOINT)
        return "";
    const char *prefix = arena_printf(arena, "%s:%u:", target.host, (unsigned)target.port);
    for (size_t i = 0; i < options->resolve.count; i++)
        if (strncasecmp(options->resolve.items[i], prefix, strlen(prefix)) == 0)
            return options->resolve.items[i] + strlen(prefix);
    return "";
}

/* One of those named knows nothing newer than TLS 1.2, so that the server's refusal of it counts.
 */
static bool client_lacks_tls13(struct cw_report *report)
{
    size_t all = 0;
    if (*report->options->clients == '\0')
        return false;
    profile_all(&all);
    const struct profile **profiles = arena_array(&report->arena, all, sizeof *profiles);
    bool *selected = arena_array(&report->arena, all, sizeof *selected), lacks = false;
    const size_t count =
        clients_select(&report->arena, report->options->clients, "", profiles, selected);
    for (size_t i = 0; i < count; i++)
        lacks |= profile_lacks_tls13(profiles[i]);
    return lacks;
}

static struct observe_options what_to_observe(struct cw_report *report, const char *target)
{
    const struct cw_options *options = report->options;
    return (struct observe_options){
        .target = target,
        .root = options->root,
        .name = options->name,
        .unnamed = options->unnamed,
        .connect = *options->connect ? options->connect
                                     : resolved_by_option(options, target, &report->arena),
        .sni = options->sni,
        .key_path = options->key,
        .key_pass = options->key_pass.n > 0 ? (const char *)options->key_pass.p : NULL,
        .client_cert_path = options->client_cert,
        .client_key_path = options->client_key,
        .family = options->ipv4   ? AF_INET
                  : options->ipv6 ? AF_INET6
                                  : AF_UNSPEC,
        .timeout = options->timeout,
        .also_tls12 = client_lacks_tls13(report),
        .at = options->at == TIME_NONE ? time_now() : options->at,
        .at_given = options->at != TIME_NONE,
        .crls = options->crl.items,
        .crl_count = options->crl.count,
        .ocsps = options->ocsp.items,
        .ocsp_count = options->ocsp.count,
        .alpn = options->alpn,
        .expect = options->expect,
        .proxy = options->proxy,
        .environment = &options->environment,
        .cas = options->ca.items,
        .ca_count = options->ca.count,
        .only_ca = options->only_ca,
        .clock = options->clock,
        .sntp = options->sntp,
        .at_us = time_monotonic_us(),
        .built = CERTWHY_BUILT,
        .dns = options->dns,
        .offline = options->offline,
        .dns_server = options->dns_server,
        .dns_anchors = options->dns_anchors,
    };
}

static enum cw_code look(struct cw_report *report, const char *target, struct observation *out,
                         struct error *error)
{
    const struct observe_options what = what_to_observe(report, target);
    return observe(&what, &report->arena, out, error);
}

/* ---- what is judged, and by whom ---- */

/* What the observation must say about the options for a case to be judged again without them. */
static void options_note(struct cw_report *report, struct observation *out)
{
    const struct cw_options *options = report->options;
    if (*options->clients || !out->stores_from_case)
        out->clients = arena_strdup(&report->arena, options->clients);
    if (out->stores_from_case)
        return;
    out->private_fetch = options->allow_private_fetch;
    if (clients_ask_default(options->clients)) {
        if (!report->found)
            report->found = clients_here(report->machine, &report->arena);
        out->default_clients = report->found;
    }
    out->own_ca = options->ca.count > 0;
    out->only_ca = options->only_ca;
    out->ca_path = arena_strdup(&report->arena, options->ca.count ? options->ca.items[0] : "");
    out->more_ca = arena_array(&report->arena, options->ca.count + 1, sizeof *out->more_ca);
    for (size_t i = 1; i < options->ca.count; i++)
        out->more_ca[out->more_ca_count++] = arena_strdup(&report->arena, options->ca.items[i]);
}

static enum cw_code input_fill(struct cw_report *report, struct checked *checked,
                               struct error *error)
{
    struct arena *arena = &report->arena;
    size_t all = 0;
    profile_all(&all);
    checked->profiles = arena_array(arena, all, sizeof *checked->profiles);
    checked->stores = arena_array(arena, all, sizeof *checked->stores);
    checked->selected = arena_array(arena, all, sizeof *checked->selected);
    const struct observation *seen = &checked->observation;
    const size_t count = clients_select(arena, seen->clients, seen->default_clients,
                                        checked->profiles, checked->selected);
    if (count == 0)
        return error_set(
            error, CW_E_INPUT,
            "this version knows none of the clients that the case was saved for: choose "
            "some with --client");
    stores_choose(report, checked, count);
    checked->report.input = (struct judge_input){
        .observation = &checked->observation,
        .profiles = checked->profiles,
        .stores = checked->stores,
        .profile_count = count,
        .pool = checked->pool,
        .public_store = !checked->observation.only_ca,
        .is_public_root = cert_is_public_root,
        .at = checked->observation.at,
        .memo = checked->memo ? checked->memo : report->memo,
    };
    tables_choose(report, checked);
    return CW_OK;
}

/* ---- the flow ---- */

static void checked_free(struct checked *checked)
{
    stores_drop(checked);
    sig_memo_free(checked->memo);
    observation_free(&checked->observation);
}

static size_t rejections(const struct verdict *verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < verdict->client_count; i++)
        count += verdict->clients[i].accepts != 1;
    return count;
}

/* Judges, fetches what judging would have liked to see, and judges again. */
static void judge_fully(struct cw_report *report, struct checked *checked)
{
    struct target_report *out = &checked->report;
    do
        judge(&out->input, &report->arena, &out->verdict);
    while (observe_wants(out->verdict.wants, out->verdict.want_count, report->fetcher,
                         &checked->budget, &report->arena, &checked->observation));
}

/* Where the addresses of a name show different chains, a client meets any of them: the report is
 * about the one that most clients reject. A case was saved with that choice made. */
static void address_choose(struct cw_report *report, struct checked *checked)
{
    struct observation *obs = &checked->observation;
    struct target_report *out = &checked->report;
    size_t worst = obs->primary, most = rejections(&out->verdict);
    if (!obs->addresses_differ || obs->stores_from_case)
        return;
    const size_t first = obs->primary;
    for (size_t i = 0; i < obs->connection_count; i++) {
        if (i == first || obs->connections[i].handshake.certificate_count == 0)
            continue;
        observe_address(obs, i, &report->arena);
        judge_fully(report, checked);
        if (rejections(&out->verdict) > most) {
            worst = i;
            most = rejections(&out->verdict);
        }
    }
    observe_address(obs, worst, &report->arena);
    judge_fully(report, checked);
}

/* Behind a certificate that is rejected: does the service work, so that only verification fails? */
static void service_look(struct cw_report *report, const char *target, struct checked *checked)
{
    const struct verdict *verdict = &checked->report.verdict;
    size_t rejecting = 0;
    for (size_t i = 0; i < verdict->client_count; i++)
        rejecting += verdict->clients[i].accepts == 0;
    if (rejecting == 0 || checked->observation.stores_from_case ||
        checked->observation.target.kind != TARGET_ENDPOINT || report->options->offline ||
        report->options->no_service_probe)
        return;
    const struct observe_options what = what_to_observe(report, target);
    observe_service(&what, &report->arena, &checked->observation);
}

/* A redacted case says what its altered certificates' signatures were worth; it says so of itself
 * alone. */
static void signatures_take(struct checked *checked)
{
    const struct observation *seen = &checked->observation;
    if (seen->signature_count == 0)
        return;
    checked->memo = sig_memo_new();
    for (size_t i = 0; i < seen->signature_count; i++)
        sig_memo_put(checked->memo, seen->signatures[i].key, seen->signatures[i].object,
                     seen->signatures[i].result);
}

static enum cw_code diagnose(struct cw_report *report, const char *target, struct checked *checked,
                             struct error *error)
{
    struct arena *arena = &report->arena;
    struct target_report *out = &checked->report;
    TRY(look(report, target, &checked->observation, error));
    options_note(report, &checked->observation);
    signatures_take(checked);
    TRY(input_fill(report, checked, error));
    log_line(1, "judging %zu certificates for %zu clients", checked->observation.sent_count,
             out->input.profile_count);
    fetch_budget_begin(&checked->budget, time_now());
    judge_fully(report, checked);
    address_choose(report, checked);
    interception_look(report, checked);
    service_look(report, target, checked);
    stores_blame(report, checked);
    stores_doubt(report, checked);
    explain(&out->input, &out->verdict, arena, &out->findings);
    repair(&out->input, &out->verdict, &out->findings, arena, &out->plan);
    outcome_decide(report->options, checked);
    return CW_OK;
}

static void checked_keep(struct cw_report *report, struct checked *checked)
{
    struct arena *arena = &report->arena;
    const size_t n = report->report.count;
    report->checked =
        arena_grow(arena, report->checked, n, &report->checked_cap, sizeof *report->checked);
    report->report.targets = arena_grow(arena, report->report.targets, n, &report->target_cap,
                                        sizeof *report->report.targets);
    report->checked[n] = checked;
    report->report.targets[n] = &checked->report;
    report->report.count++;
}

void report_add_failed(struct cw_report *report, const char *target, const struct error *error)
{
    struct arena *arena = &report->arena;
    struct checked *checked = arena_alloc(arena, sizeof *checked);
    const cw_time at = report->options->at;
    checked->observation = (struct observation){
        .target = {.kind = TARGET_FILE,
                   .text = arena_strdup(arena, target),
                   .path = arena_strdup(arena, target),
                   .name = ""},
        .at = at == TIME_NONE ? time_now() : at,
        .observed_by = "",
        .key_file = "",
    };
    checked->report = (struct target_report){
        .input = {.observation = &checked->observation, .at = checked->observation.at},
        .verdict = {.best = -1},
        .outcome = OUTCOME_ERROR,
        .exit_status = error->code == CW_E_NOBODY ? 3 : 2,
        .error = str_safe(arena, bytes_str(error->text)),
    };
    checked_keep(report, checked);
}

void report_note_mail(struct cw_report *report, const char *domain, int preference)
{
    struct target *target = &report->checked[report->report.count - 1]->observation.target;
    target->mail_domain = arena_strdup(&report->arena, domain);
    target->mail_preference = preference;
}

enum cw_code report_add(struct cw_report *report, const char *target, struct error *error)
{
    struct arena *arena = &report->arena;
    struct checked *checked = arena_alloc(arena, sizeof *checked);
    const enum cw_code code = diagnose(report, target, checked, error);
    if (code != CW_OK) {
        checked_free(checked);
        return code;
    }
    checked_keep(report, checked);
    return CW_OK;
}

void cw_report_free(struct cw_report *report)
{
    if (!report)
        return;
    for (size_t i = 0; i < report->report.count; i++)
        checked_free(report->checked[i]);
    store_unref(report->only);
    trust_machine_free(report->machine);
    store_unref(report->pool);
    tables_close(report);
    sig_memo_free(report->memo);
    fetcher_free(report->fetcher);
    arena_free(&report->arena);
    free(report);
}
