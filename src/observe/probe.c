/* SPDX-License-Identifier: Apache-2.0 */
/* The second handshake: made where the first one failed or showed another name, because what a
 * server does without SNI (or with the right one) tells a missing virtual host from a missing
 * certificate. */
#include "internal.h"

#include <string.h>

static bool dns_entry_covers(struct bytes entry, const char *name)
{
    const size_t n = strlen(name);
    if (entry.n == n && strncasecmp((const char *)entry.p, name, n) == 0)
        return true;
    const char *dot = strchr(name, '.');
    const struct bytes rest = bytes_slice(entry, 1, entry.n);
    return dot && entry.n > 2 && entry.p[0] == '*' && rest.n == strlen(dot) &&
           strncasecmp((const char *)rest.p, dot, rest.n) == 0;
}

/* Not a judgement (that is judge/'s): only whether asking again could tell more. */
static bool leaf_covers_name(const struct seen *leaf, const struct target *target, const char *dns)
{
    struct reader names = cert_san(leaf->cert);
    struct general_name name;
    for (int i = 0; i < LIMIT_SAN_NAMES && general_name_next(&names, &name); i++) {
        if (target->name_kind == NAME_DNS && name.kind == GN_DNS &&
            dns_entry_covers(name.value, dns))
            return true;
        if (target->name_kind == NAME_IP && name.kind == GN_IP &&
            bytes_equal(name.value, bytes_of(target->ip, target->ip_length)))
            return true;
    }
    return false;
}

/* Failures that the choice of SNI can explain: the server itself ended the handshake before showing
 * anything. A silent or a plaintext port would only be silent again. */
static bool sni_may_explain(const struct handshake *handshake)
{
    if (handshake->certificate_count)
        return false;
    return (handshake->result == HS_ALERT && !handshake->alert_is_ours) ||
           handshake->result == HS_CLOSED || handshake->result == HS_RESET;
}

/* The name as SNI would carry it, or "" when it has none. */
static const char *name_as_sni(const struct target *target, struct arena *arena)
{
    if (target->name_kind != NAME_DNS)
        return "";
    const size_t n = strlen(target->name);
    return arena_strndup(arena, target->name, n - (target->name[n - 1] == '.'));
}

static bool is_worth_asking(const struct observation *out, const char *dns)
{
    const struct connection *primary = &out->connections[out->primary];
    if (primary->net != NET_OK)
        return false;
    if (sni_may_explain(&primary->handshake))
        return true;
    return out->sent_count && out->target.name_kind != NAME_NONE &&
           !leaf_covers_name(&out->sent[0], &out->target, dns);
}

void probe_observe(const struct dialogue *like, struct arena *arena, struct observation *out)
{
    const char *dns = name_as_sni(&out->target, arena);
    if (!is_worth_asking(out, dns))
        return;
    /* With the client's name when the first one went without it, else without any. */
    const bool sent_name = str_equal_nocase(out->target.sni, dns);
    const char *sni = sent_name ? "" : dns;
    if (str_equal_nocase(out->target.sni, sni))
        return;
    log_line(1, "asking again %s%s: what the server shows then tells more",
             *sni ? "with SNI " : "without SNI", sni);
    struct dialogue dialogue = *like;
    dialogue.sni = sni;
    struct connection connection;
    dialogues_run(&dialogue, 1);
    dialogue_take(&dialogue, arena, &connection);
    if (connection.net != NET_OK)
        return;
    out->default_probe = true;
    out->probe_sni = sni;
    out->no_sni_handshake = connection.handshake;
    seen_from_wire(arena, &connection.handshake, connection.address, &out->without_sni,
                   &out->without_sni_count);
}
