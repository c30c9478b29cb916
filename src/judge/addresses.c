/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses of a name compared: which shows what, and which cannot be reached. A client meets
 * any of them. */
#include <string.h>

#include "judge/internal.h"

/** Until when the first certificate is valid, its serial number and how many came. */
static void chain_describe(struct judging *j, const struct handshake *hs, struct buf *out)
{
    enum { SERIAL_BYTES = 4 }; /* tells two apart, and can be read aloud */
    if (hs->certificate_count == 0) {
        buf_add_str(out, "no certificate");
        return;
    }
    struct cert *cert = cert_parse(hs->certificates[0]);
    if (cert->parsed)
        buf_printf(out, "%s until %s (serial number %s%s)", name_short(j->arena, cert->subject),
                   time_date(j->arena, cert->not_after),
                   str_hex(j->arena, bytes_slice(cert->serial, 0, SERIAL_BYTES), 0),
                   cert->serial.n > SERIAL_BYTES ? "…" : "");
    else
        buf_add_str(out, "a certificate that cannot be read");
    if (hs->certificate_count > 1)
        buf_printf(out, " and %zu more", hs->certificate_count - 1);
    cert_unref(cert);
}

/** "192.0.2.1:443 and [2001:db8::1]:443 show …; 192.0.2.2:443 shows …" */
static void group_describe(struct judging *j, size_t first, struct buf *out)
{
    const struct observation *obs = j->obs;
    const struct handshake *hs = &obs->connections[first].handshake;
    size_t count = 0;
    buf_add_str(out, out->n ? "; " : "");
    for (size_t i = first; i < obs->connection_count; i++)
        if (obs->connections[i].net == NET_OK &&
            handshakes_show_same(&obs->connections[i].handshake, hs))
            buf_printf(out, "%s%s", count++ ? ", " : "", obs->connections[i].address);
    buf_add_str(out, count > 1 ? " show " : " shows ");
    chain_describe(j, hs, out);
}

static void fact_differ(struct judging *j)
{
    const struct observation *obs = j->obs;
    BUF_CLEANUP text = {0};
    for (size_t i = 0; i < obs->connection_count; i++) {
        bool told = obs->connections[i].net != NET_OK;
        for (size_t k = 0; k < i && !told; k++)
            told = obs->connections[k].net == NET_OK &&
                   handshakes_show_same(&obs->connections[k].handshake,
                                        &obs->connections[i].handshake);
        if (!told)
            group_describe(j, i, &text);
    }
    fact_intern(j, &(struct fact){.id = FACT_ADDRESSES_DIFFER,
                                  .node = -1,
                                  .other = -1,
                                  .value = (int64_t)obs->connection_count,
                                  .text = arena_strdup(j->arena, buf_cstr(&text)),
                                  .on_best = true});
}

static bool is_v6(const struct connection *c)
{
    return c->address[0] == '[';
}

/** A machine without IPv6 finds no way to any such address: that says nothing of the server. */
static bool has_no_way(const struct observation *obs, bool v6)
{
    for (size_t i = 0; i < obs->connection_count; i++)
        if (is_v6(&obs->connections[i]) == v6 && obs->connections[i].net != NET_UNREACHABLE)
            return false;
    return true;
}

/** RFC 8305: clients that try all addresses at once hide it, others wait or fail. */
static void fact_fails(struct judging *j)
{
    const struct observation *obs = j->obs;
    BUF_CLEANUP text = {0};
    size_t good = 0, count = 0;
    for (size_t i = 0; i < obs->connection_count; i++) {
        const struct connection *c = &obs->connections[i];
        good += c->net == NET_OK;
        if (c->net == NET_OK || has_no_way(obs, is_v6(c)))
            continue;
        const char *why = c->net == NET_PROXY ? c->why : net_result_text(c->net);
        buf_printf(&text, "%s%s (%s)", count++ ? ", " : "", c->address, why);
    }
    if (count == 0 || good == 0)
        return;
    fact_intern(j, &(struct fact){.id = FACT_ADDRESS_FAILS,
                                  .node = -1,
                                  .other = -1,
                                  .value = (int64_t)count,
                                  .limit = (int64_t)obs->connection_count,
                                  .text = arena_strdup(j->arena, buf_cstr(&text)),
                                  .on_best = true});
}

void facts_of_every_address(struct judging *j)
{
    if (j->obs->addresses_differ)
        fact_differ(j);
    if (j->obs->connection_count > 1)
        fact_fails(j);
}
