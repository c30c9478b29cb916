/* SPDX-License-Identifier: Apache-2.0 */
/* The way to a server: straight, or through a proxy that is chosen as curl chooses it. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

/* ---- which proxy ---- */

static bool is_none(const char *word)
{
    return str_equal_nocase(word, "none");
}

/* The variable, in lower case or (unless it is http_proxy, which a CGI program gets from a "Proxy:"
 * header) in upper case. An empty one is none. */
static const char *variable(const struct observe_options *options, const char *name,
                            struct arena *arena, const char **found)
{
    const char *value = environment_get(options->environment, name);
    *found = name;
    if ((!value || !*value) && strcmp(name, "http_proxy") != 0) {
        char *upper = arena_strdup(arena, name);
        for (char *p = upper; *p; p++)
            *p = (char)toupper((unsigned char)*p);
        value = environment_get(options->environment, upper);
        *found = upper;
    }
    return value ? value : "";
}

/* curl(1), "ENVIRONMENT": [scheme]_proxy, then all_proxy. A target without a scheme is most often
 * meant as https. */
static const char *proxy_by_environment(const struct observe_options *options,
                                        const struct target *target, struct arena *arena,
                                        const char **from)
{
    const char *scheme = target->scheme, *ignored;
    if (!options->environment ||
        no_proxy_holds(variable(options, "no_proxy", arena, &ignored), target->host))
        return "";
    if (strcmp(scheme, "tls") == 0 || strcmp(scheme, "wss") == 0)
        scheme = "https";
    const char *value = variable(options, arena_printf(arena, "%s_proxy", scheme), arena, from);
    return *value ? value : variable(options, "all_proxy", arena, from);
}

static void addresses_find(struct route *route)
{
    char why[128];
    const enum net_result found =
        net_resolve(route->proxy.host, route->proxy.port, AF_UNSPEC, &route->addresses, why);
    if (found == NET_OK)
        return;
    BUF_CLEANUP safe = {0};
    str_safe_line(&safe, bytes_str(why));
    route->trouble.result = PROXY_NAME;
    snprintf(route->trouble.why, sizeof route->trouble.why, "%s: %s", route->proxy.host,
             buf_cstr(&safe));
}

/* As libssl is given them. A store parses when it is asked, which is not for several threads. */
static enum cw_code roots_find(const struct observe_options *options, struct arena *arena,
                               struct route *route, struct error *error)
{
    route->roots = options->only_ca ? store_new("--ca") : store_system(options->root);
    for (size_t i = 0; i < options->ca_count; i++)
        TRY(store_add_path(route->roots, options->root, options->cas[i], error));
    const size_t all = store_count(route->roots);
    struct bytes *anchors = arena_array(arena, all + 1, sizeof *anchors);
    for (size_t i = 0; i < all; i++) {
        const struct anchor *anchor = store_at(route->roots, i);
        if (anchor && !anchor->distrusted)
            anchors[route->anchor_count++] = anchor->cert->der;
    }
    route->anchors = anchors;
    return CW_OK;
}

enum cw_code route_find(const struct observe_options *options, const struct target *target,
                        struct arena *arena, struct route *out, struct error *error)
{
    const char *text = options->proxy && *options->proxy ? options->proxy : "";
    *out = (struct route){.from = "--proxy"};
    if (is_none(text))
        return CW_OK;
    if (!*text)
        text = proxy_by_environment(options, target, arena, &out->from);
    if (!*text)
        return CW_OK;
    if (!proxy_parse(text, arena, &out->proxy)) {
        out->proxy.host = NULL;
        return error_set(error, CW_E_USAGE,
                         "%s does not name a proxy: "
                         "[http|https|socks4|socks4a|socks5|socks5h://][USER:PASSWORD@]HOST[:PORT]",
                         out->from);
    }
    log_line(1, "through the proxy %s (%s)", out->proxy.shown, out->from);
    addresses_find(out);
    return out->proxy.kind == PROXY_HTTPS ? roots_find(options, arena, out, error) : CW_OK;
}

void route_free(struct route *route)
{
    store_unref(route->roots);
    route->roots = NULL;
}

/* ---- opening ---- */

static enum net_result refuse(struct line *line, enum proxy_result result, const char *why)
{
    line->answer.result = result;
    snprintf(line->answer.why, sizeof line->answer.why, "%s", why);
    return NET_PROXY;
}

/* A proxy of several addresses: the first that answers. */
static enum net_result proxy_connect(const struct route *route, struct deadline deadline,
                                     struct line *line)
{
    char why[128] = "";
    enum net_result net = NET_FAILED;
    for (size_t i = 0; i < route->addresses.count && net != NET_OK; i++)
        net = net_connect(&route->addresses.items[i], deadline, &line->fd, why);
    if (net == NET_OK)
        return NET_OK;
    return refuse(line, net == NET_TIMEOUT ? PROXY_TIMEOUT : PROXY_CONNECT, net_result_text(net));
}

static enum net_result tunnel_open(const struct route *route, struct deadline deadline,
                                   struct line *line)
{
    char why[256] = "";
    const struct tunnel_request request = {.host = route->proxy.host,
                                           .anchors = route->anchors,
                                           .anchor_count = route->anchor_count,
                                           .deadline = deadline};
    const enum tunnel_result result = tls_tunnel_open(line->fd, &request, &line->tunnel, why);
    line->fd = -1; /* the tunnel's, or closed */
    if (result == TUNNEL_OPEN)
        line->fd = tls_tunnel_fd(line->tunnel);
    if (result == TUNNEL_UNTRUSTED)
        return refuse(line, PROXY_CERTIFICATE, why);
    return result == TUNNEL_OPEN ? NET_OK : refuse(line, PROXY_TLS, why);
}

static enum net_result line_through(const struct route *route, const struct destination *to,
                                    struct deadline deadline, struct line *line)
{
    char ip[64];
    enum net_result net = proxy_connect(route, deadline, line);
    if (net == NET_OK && route->proxy.kind == PROXY_HTTPS)
        net = tunnel_open(route, deadline, line);
    if (net != NET_OK)
        return net;
    struct arena arena = {0};
    const size_t n = to->address.family == AF_INET6 ? 16 : 4;
    snprintf(ip, sizeof ip, "%s", str_ip(&arena, bytes_of(to->address.ip, n)));
    arena_free(&arena);
    proxy_ask(line->fd, &route->proxy, to->name ? to->name : ip, to->address.port, deadline,
              &line->answer);
    log_line(1, "%s: %s %s%s%s", to->text, route->proxy.shown,
             line->answer.result == PROXY_OPEN ? "opened the connection"
                                               : "did not open the connection",
             *line->answer.why ? ": " : "", line->answer.why);
    return line->answer.result == PROXY_OPEN ? NET_OK : NET_PROXY;
}

enum net_result line_open(const struct route *route, const struct destination *to,
                          struct deadline deadline, struct line *line)
{
    *line = (struct line){.fd = -1};
    if (!route || !route->proxy.host)
        return net_connect(&to->address, deadline, &line->fd, line->why);
    if (route->trouble.result != PROXY_OPEN) {
        line->answer = route->trouble;
        return NET_PROXY;
    }
    const enum net_result net = line_through(route, to, deadline, line);
    if (net != NET_OK)
        line_close(line);
    return net;
}

const char *line_why(const struct line *line)
{
    return *line->answer.why ? line->answer.why : line->why;
}

void line_close(struct line *line)
{
    if (line->tunnel)
        tls_tunnel_close(line->tunnel);
    else
        net_close(line->fd);
    line->tunnel = NULL;
    line->fd = -1;
}
