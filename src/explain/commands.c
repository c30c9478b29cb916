/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines that show the evidence of a finding with tools that everybody has. Every word that
 * comes from outside is quoted; where one cannot be placed there is no line. */
#include "internal.h"

#include <string.h>

bool target_is_endpoint(const struct explaining *e)
{
    const struct target *t = &e->obs->target;
    return t->kind == TARGET_ENDPOINT || (t->kind == TARGET_CASE && t->host && *t->host);
}

/* "host:port" as s_client wants it: --connect when it was given, IPv6 in brackets. */
const char *target_hostport(const struct explaining *e)
{
    const struct target *t = &e->obs->target;
    const char *host = t->connect && *t->connect ? t->connect : t->host ? t->host : "";
    uint8_t ip[16];
    const struct connection *judged = observation_primary(e->obs);
    if (strchr(host, ',') && judged) /* --connect lists several: the one that is judged */
        return judged->address;
    if (str_parse_ip(host, ip) == 16)
        return arena_printf(e->arena, "[%s]:%u", host, t->port);
    const char *colon = strrchr(host, ':');
    bool has_port = colon && colon[1] && !strchr(colon, ']');
    return has_port ? host : arena_printf(e->arena, "%s:%u", host, t->port);
}

static const char *connect_command(const struct explaining *e)
{
    const char *sni = e->obs->target.sni ? e->obs->target.sni : "";
    const char *proxy = e->obs->proxy ? e->obs->proxy : "";
    const bool http = str_starts(proxy, "http://"); /* the one kind that s_client knows */
    struct evidence_item items[] = {{"hostport", target_hostport(e)},
                                    {"sni", sni},
                                    {"hostport", http ? proxy + strlen("http://") : ""}};
    const char *text = *sni ? "openssl s_client -connect {hostport} -servername {sni}"
                            : "openssl s_client -connect {hostport} -noservername";
    if (!target_is_endpoint(e) || (*proxy && !http))
        return "";
    const char *line = template_fill(e->arena, text, items, 2, true);
    const char *through = template_fill(e->arena, " -proxy {hostport}", &items[2], 1, true);
    return http && *line ? arena_printf(e->arena, "%s%s", line, through) : line;
}

/* Prints the certificate at a position as PEM: from the wire, or from the file. */
static const char *pick_command(const struct explaining *e, const char *connect, int node)
{
    int position = draft_cert(e, node) ? e->verdict->graph.nodes[node].position : -1;
    if (position < 0 || (target_is_endpoint(e) && !*connect))
        return "";
    const char *count = arena_printf(e->arena, "awk '/BEGIN CERT/{{n++}} n==%d'", position + 1);
    struct evidence_item raw = {"connect", connect};
    struct evidence_item file = {"file", e->obs->target.path ? e->obs->target.path : ""};
    const char *text = "{connect} </dev/null 2>/dev/null";
    if (target_is_endpoint(e) && position > 0)
        text = arena_printf(e->arena, "{connect} -showcerts </dev/null 2>/dev/null | %s", count);
    else if (!target_is_endpoint(e))
        text =
            position > 0 ? arena_printf(e->arena, "%s {file}", count) : "openssl x509 -in {file}";
    return template_command(e->arena, text, &file, 1, &raw, 1);
}

const char *verify_line(const struct explaining *e, const struct draft *draft)
{
    const struct finding *f = &draft->finding;
    const char *connect = connect_command(e);
    struct evidence_item raw[] = {
        {"connect", connect},
        {"pick", pick_command(e, connect, draft->fact->node)},
        {"pick_other", pick_command(e, connect, draft->fact->other)},
    };
    const char *line =
        template_command(e->arena, target_is_endpoint(e) ? f->rule->verify : f->rule->file_verify,
                         f->evidence, f->evidence_count, raw, 3);
    if (*line)
        return line;
    /* the certificate lies in a store, or the page has no line: show everything */
    return template_command(e->arena,
                            target_is_endpoint(e) ? "{connect} -showcerts </dev/null"
                                                  : "openssl storeutl -noout -text -certs {file}",
                            f->evidence, f->evidence_count, raw, 3);
}
