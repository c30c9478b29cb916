/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy explain MESSAGE: which client said it, what it can mean, how to find out. */
#include "explain_message.h"

#include <stdlib.h>
#include <string.h>

/* ---- the check that tells the causes apart ---- */

static const char *check_line(struct arena *arena, const struct message_match *match)
{
    const bool known = *match->host != '\0';
    const bool v6 = known && strchr(match->host, ':');
    const char *host = !known ? "HOST"
                       : v6   ? arena_printf(arena, "[%s]", match->host)
                              : match->host;
    const char *port = match->port ? arena_printf(arena, ":%u", match->port) : known ? "" : ":PORT";
    const struct profile *profile = *match->profile ? profile_find(match->profile) : NULL;
    return arena_printf(arena, "certwhy check %s%s%s%s", host, port, profile ? " --client " : "",
                        profile ? match->profile : "");
}

/* What to do about a bad file is told by the file, not by the server. */
static bool is_about_a_file(const struct rule *rule)
{
    return strncmp(rule->id, "file.", 5) == 0;
}

static const char *check_for(struct arena *arena, const struct message_match *match,
                             const struct rule *rule)
{
    if (strcmp(rule->id, "trust.env-override") == 0)
        return "certwhy trust env";
    return is_about_a_file(rule) ? "certwhy check FILE --key KEY" : check_line(arena, match);
}

/* ---- text ---- */

static const struct {
    const char *rule, *words;
} usual[] = {
    {"chain.missing-intermediate", "a missing intermediate"},
    {"trust.private-ca", "a private CA"},
    {"trust.self-signed", "a self-signed certificate"},
    {"validity.expired", "expiry"},
    {"name.mismatch", "a wrong name"},
    {"trust.interception", "interception"},
    {"revocation.revoked", "revocation"},
};

static bool names_cause(const struct message_match *match, const char *id)
{
    for (size_t i = 0; i < match->cause_count; i++)
        if (strcmp(match->causes[i]->id, id) == 0)
            return true;
    return false;
}

/* What the usual causes would have made this client say: other words. */
static void excluded_print(const struct message_match *match, struct buf *out)
{
    size_t count = 0;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (!names_cause(match, usual[i].rule))
            buf_printf(out, "%s%s", count++ ? ", " : "  Not        ", usual[i].words);
    if (count)
        buf_add_str(out, ": they have other words\n");
}

static void causes_print(const struct message_match *match, struct buf *out)
{
    static const char *const numbers[] = {"no", "one", "two", "three", "four", "five", "six"};
    const size_t n = match->cause_count;
    if (n == 0) {
        buf_add_str(out,
                    "  This message hides its cause: any fault of the certificate can be behind "
                    "it.\n");
        return;
    }
    if (n == 1)
        buf_add_str(out, "  It has one cause:\n");
    else if (n < sizeof numbers / sizeof *numbers)
        buf_printf(out, "  This text alone has %s causes. Most likely first:\n", numbers[n]);
    else
        buf_printf(out, "  This text alone has %zu causes. Most likely first:\n", n);
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "  %2zu  %-62s  %s\n", i + 1, match->causes[i]->title,
                   match->causes[i]->id);
}

static void match_print(struct arena *arena, const struct message_match *match, struct buf *out)
{
    buf_printf(out, "%s: \"%s\"", match->client, match->text);
    if (match->line > 1)
        buf_printf(out, "  (line %zu)", match->line);
    if (match->times > 1)
        buf_printf(out, "  %zu times", match->times);
    buf_add_str(out, "\n");
    if (*match->tells)
        buf_printf(out, "  %c%s.\n",
                   *match->tells >= 'a' && *match->tells <= 'z' ? *match->tells - 32
                                                                : *match->tells,
                   match->tells + 1);
    causes_print(match, out);
    if (match->cause_count)
        excluded_print(match, out);
    const bool file = match->cause_count && is_about_a_file(match->causes[0]);
    buf_printf(out, "  %-10s %s\n", match->cause_count == 1 ? "See it" : "Find out",
               file ? "certwhy check FILE --key KEY" : check_line(arena, match));
    if (*match->debug)
        buf_printf(out, "  Ask it     %s\n", match->debug);
    for (size_t i = 0; i < match->cause_count && i < 2; i++)
        buf_printf(out, "  Cure       certwhy explain %s\n", match->causes[i]->id);
    if (*match->never)
        buf_printf(out, "  Never      %s\n", match->never);
}

/* ---- JSON ---- */

static json_t *match_json(struct arena *arena, const struct message_match *match)
{
    json_t *causes = json_array();
    for (size_t i = 0; i < match->cause_count; i++) {
        const struct rule *rule = match->causes[i];
        json_array_append_new(causes, json_pack("{s:s, s:i, s:s, s:s}", "rule", rule->id, "rank",
                                                (int)i + 1, "why", rule->title, "check",
                                                check_for(arena, match, rule)));
    }
    return json_pack("{s:s, s:s, s:s, s:i, s:i, s:o, s:s, s:s, s:s, s:s, s:i, s:s}", "client",
                     match->client, "profile", match->profile, "message", match->text, "line",
                     (int)match->line, "times", (int)match->times, "causes", causes, "tells",
                     match->tells, "never", match->never, "debug", match->debug, "host",
                     match->host, "port", (int)match->port, "check", check_line(arena, match));
}

size_t explain_message(struct bytes text, bool as_json, struct arena *arena, struct buf *out)
{
    struct messages *messages = messages_new();
    struct message_match *matches = NULL;
    const size_t count = messages_find(messages, text, arena, &matches);
    messages_free(messages);
    if (as_json) {
        json_t *list = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(list, match_json(arena, &matches[i]));
        json_t *whole = json_pack("{s:o}", "matches", list);
        char *dump = json_dumps(whole, JSON_INDENT(2));
        buf_printf(out, "%s\n", dump ? dump : "{\"matches\":[]}");
        free(dump);
        json_decref(whole);
    } else {
        for (size_t i = 0; i < count; i++) {
            if (i)
                buf_add_str(out, "\n");
            match_print(arena, &matches[i], out);
        }
    }
    return count;
}
