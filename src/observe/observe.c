/* SPDX-License-Identifier: Apache-2.0 */
/* Where looking starts: the target decides whether we dial, read a file or replay a case. */
#include "internal.h"

#include <string.h>

static bool given(const char *option)
{
    return option && *option;
}

/* Strings of an observation are never NULL. */
static void observation_begin(const struct observe_options *options, struct observation *out)
{
    *out = (struct observation){
        .at = options->at,
        .at_given = options->at_given,
        .resolve = NET_OK,
        .resolve_why = "",
        .resolvers = "",
        .service = {.protocol = "", .server = "", .banner = ""},
        .proxy = "",
        .proxy_from = "",
        .observed_by = "certwhy " CERTWHY_VERSION,
        .probe_sni = "",
        .alpn_offered = "",
        .expected_file = "",
        .presented = {.file = "", .key_file = ""},
        .no_sni_handshake = {.version = "",
                             .cipher = "",
                             .group = "",
                             .error = "",
                             .alpn = "",
                             .client_answer = "",
                             .alert = -1},
        .key_file = "",
        .clients = "",
        .default_clients = "",
        .local_proxies = "",
        .clock = {.date = TIME_NONE,
                  .sntp = TIME_NONE,
                  .built = TIME_NONE,
                  .sntp_server = "",
                  .sntp_why = ""},
        .ca_path = "",
    };
}

static enum cw_code only_for_endpoints(const struct observe_options *options, const char *what,
                                       struct error *error)
{
    if (given(options->expect))
        return error_set(error, CW_E_USAGE, "%s is no server: --expect does not apply to it", what);
    if (given(options->connect) || options->sni || given(options->alpn) ||
        given(options->client_cert_path))
        return error_set(
            error, CW_E_USAGE,
            "%s is not dialled: --connect, --sni, --alpn and --client-cert do not apply to it",
            what);
    return CW_OK;
}

/* A case is judged as it was seen; the name to compare and the time may be asked for anew. */
static enum cw_code case_adjust(const struct observe_options *options, struct arena *arena,
                                struct observation *out, struct error *error)
{
    TRY(only_for_endpoints(options, "a saved case", error));
    if (given(options->key_path))
        return error_set(error, CW_E_USAGE, "--key does not apply to a saved case");
    if (options->crl_count || options->ocsp_count)
        return error_set(error, CW_E_USAGE, "--crl and --ocsp do not apply to a saved case");
    if (options->at_given) {
        out->at = options->at;
        out->at_given = true;
    }
    if (!given(options->name))
        return CW_OK;
    const char *sent = out->target.sni;
    TRY(target_set_name(&out->target, options->name, arena, error));
    out->target.sni = sent;
    return CW_OK;
}

static enum cw_code sni_set(const struct observe_options *options, struct arena *arena,
                            struct target *target, struct error *error)
{
    if (!options->sni)
        return CW_OK;
    struct target other = *target;
    if (given(options->sni))
        TRY(target_set_name(&other, options->sni, arena, error));
    if (given(options->sni) && other.name_kind != NAME_DNS)
        return error_set(error, CW_E_USAGE,
                         "--sni takes a host name or \"none\": TLS has no SNI for "
                         "addresses (RFC 6066 section 3)");
    target->sni = given(options->sni) ? other.sni : "";
    return CW_OK;
}

static enum cw_code endpoint_look(const struct observe_options *options, struct arena *arena,
                                  struct observation *out, struct error *error)
{
    CLIENT_CLEANUP client = {0};
    TRY(client_take(options, arena, out, &client, error));
    struct observe_options with_client = *options;
    with_client.client = client.key ? &client.identity : NULL;
    return endpoint_observe(&with_client, arena, out, error);
}

static enum cw_code look(const struct observe_options *options, struct arena *arena,
                         struct observation *out, struct error *error)
{
    TRY(target_parse(options->target, options->root, arena, &out->target, error));
    TRY(target_set_name(&out->target, options->name, arena, error));
    if (out->target.kind == TARGET_ENDPOINT) {
        TRY(sni_set(options, arena, &out->target, error));
        if (options->unnamed) {
            out->target.name = "";
            out->target.name_kind = NAME_NONE;
        }
        out->alpn_offered = arena_strdup(arena, given(options->alpn) ? options->alpn : "");
        out->target.connect = arena_strdup(arena, given(options->connect) ? options->connect : "");
        TRY(endpoint_look(options, arena, out, error));
    } else {
        TRY(file_observe(options, arena, out, error));
        if (out->stores_from_case)
            return case_adjust(options, arena, out, error);
        TRY(only_for_endpoints(options, "a file", error));
        out->target.sni = "";
    }
    TRY(documents_give(options, arena, out, error));
    if (given(options->expect))
        TRY(expect_observe(options, arena, out, error));
    if (given(options->key_path))
        TRY(key_observe(options, arena, out, error));
    clock_ask_others(options, arena, out);
    if (options->dns)
        dns_observe(options, arena, out);
    return CW_OK;
}

enum cw_code observe(const struct observe_options *options, struct arena *arena,
                     struct observation *out, struct error *error)
{
    observation_begin(options, out);
    const enum cw_code code = look(options, arena, out, error);
    if (code != CW_OK)
        observation_free(out);
    return code;
}
