/* SPDX-License-Identifier: Apache-2.0 */
/* What is said in the end, on standard error: the command's standard output is its own. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { RULE_WIDTH = 76, TEXT_WIDTH = 100 };

static const char *client_text(const struct telling *telling)
{
    const struct sighting *sighting = telling->sighting;
    const char *title = *sighting->client.title ? sighting->client.title : "the client";
    return *sighting->client.version
               ? arena_printf(telling->arena, "%s %s", title, sighting->client.version)
               : title;
}

/* "the command failed with status 128": what it was besides. */
static const char *failure_text(const struct telling *telling)
{
    if (telling->end->signal)
        return arena_printf(telling->arena, "was ended by signal %d", telling->end->signal);
    return arena_printf(telling->arena, "failed with status %d", telling->end->status);
}

/* ---- where it went and whom it trusts ---- */

static const struct store_identity *store_of(const struct telling *telling)
{
    const struct target_report *target = telling->report->report.targets[0];
    if (target->verdict.client_count != 1)
        return NULL;
    return observation_store(target->input.observation,
                             profile_name(target->verdict.clients[0].profile));
}

/* Each place that roots came from: "…/cacert.pem (137 roots, of 2022-09-24)". */
static void sources_add(const struct telling *telling, const struct store_identity *store,
                        struct buf *out)
{
    size_t told = 0;
    for (size_t i = 0; i < store->source_count && told < 3; i++) {
        const struct store_source *source = &store->sources[i];
        if (!source->read && !*source->programme)
            continue;
        buf_printf(out, "%s%s", told++ ? " and " : " It trusts ",
                   str_safe(telling->arena, bytes_str(source->path)));
        if (source->count)
            buf_printf(out, " (%zu certificate%s", source->count, source->count == 1 ? "" : "s");
        if (source->count && source->modified != TIME_NONE)
            buf_printf(out, ", of %s", time_date(telling->arena, source->modified));
        buf_add_str(out, source->count ? ")" : "");
    }
    if (told)
        buf_add_str(out, *store->setting ? "" : ".");
    if (*store->setting)
        buf_printf(out, "%s %s.", told ? ", because of" : " Its roots are replaced by",
                   store->setting);
}

static void way_add(const struct telling *telling, struct buf *out)
{
    struct arena *arena = telling->arena;
    const struct sighting *sighting = telling->sighting;
    const struct contact *contact = sighting->contact;
    buf_printf(out, "%s %s %s", client_text(telling), contact ? "talked to" : "was to talk to",
               str_safe(arena, bytes_str(sighting->target)));
    if (contact && *contact->tunnel)
        buf_printf(out, " through the proxy %s", sighting->connect);
    else if (contact && strcmp(contact->address, sighting->name) != 0)
        buf_printf(out, " at %s", sighting->connect);
    if (sighting->sni && !*sighting->sni)
        buf_add_str(out, ", naming no server (no SNI)");
    buf_add_str(out, ".");
    const struct store_identity *store = store_of(telling);
    if (store)
        sources_add(telling, store, out);
}

static void said_add(const struct telling *telling, struct buf *out)
{
    const struct message_match *message = telling->message;
    if (message)
        buf_printf(out, "It said: %s", message->text);
}

/* ---- verdicts ---- */

static const struct target_report *target_of(const struct telling *telling)
{
    return telling->report ? telling->report->report.targets[0] : NULL;
}

/* The server, not its certificates: whatever a client thinks of those, it gets no further. */
static bool server_fails(const struct target_report *target)
{
    for (size_t i = 0; i < target->findings.count; i++) {
        const struct finding *finding = &target->findings.items[i];
        if (finding->severity == SEVERITY_ERROR && str_starts(finding->rule->id, "server."))
            return true;
    }
    return false;
}

/* Nothing that this client minds: whatever failed was something else. What others would mind, or
 * this one does not look at (revocation), is no cause here. */
bool target_is_accepted(const struct target_report *target)
{
    for (size_t i = 0; i < target->verdict.client_count; i++)
        if (target->verdict.clients[i].accepts != 1)
            return false;
    return target->verdict.client_count > 0 && !server_fails(target);
}

/* ---- without a report ---- */

static void tell_accepted(const struct telling *telling, struct buf *out)
{
    const bool failed = telling->end->status || telling->end->signal;
    if (!telling->sighting) {
        buf_add_str(out, "certwhy: no TLS connection was seen");
        if (failed)
            buf_printf(out, "; the command %s for another reason", failure_text(telling));
    } else {
        buf_printf(out, "certwhy: the client accepted it: %s, %s", client_text(telling),
                   str_safe(telling->arena, bytes_str(telling->sighting->target)));
        if (telling->sighting->said.unverified)
            buf_add_str(out, ", as it would any certificate: it verifies none");
        if (failed)
            buf_printf(out, "; the command %s for another reason", failure_text(telling));
    }
    buf_add_str(out, "\n");
}

/* A message without a server that could be asked. */
static void tell_message(const struct telling *telling, struct buf *out)
{
    const struct message_match *message = telling->message;
    buf_printf(out, "%s said: %s\n", message->client, message->text);
    buf_add_str(
        out, "No connection was seen, and no server is named that could be asked. It can mean:\n");
    for (size_t i = 0; i < message->cause_count; i++)
        buf_printf(out, "  %-62s  %s\n", message->causes[i]->title, message->causes[i]->id);
}

/* ---- with a report ---- */

static void rule_line(struct buf *out)
{
    buf_add_str(out, "── certwhy ");
    for (size_t i = strlen("-- certwhy "); i < RULE_WIDTH; i++)
        buf_add_str(out, "─");
    buf_add_str(out, "\n");
}

static void tell_report(const struct telling *telling, struct buf *out)
{
    const struct renderer *text = renderer_find("text");
    BUF_CLEANUP way = {0}, said = {0};
    way_add(telling, &way);
    said_add(telling, &said);
    paragraph_wrap(buf_cstr(&way), TEXT_WIDTH, 2, out);
    if (said.n)
        paragraph_wrap(buf_cstr(&said), TEXT_WIDTH, 2, out);
    if (telling->message && target_is_accepted(target_of(telling)))
        paragraph_wrap("What the server shows now, this client accepts: it was another answer, "
                       "another address or a setting that was not seen.",
                       TEXT_WIDTH, 2, out);
    buf_add_str(out, "\n");
    text->render(&telling->report->report, &telling->request->how, out);
}

/* What other clients would do says nothing of one that failed and is not known. */
static bool client_is_known(const struct telling *telling)
{
    return *telling->request->client || (telling->sighting && *telling->sighting->client.profile);
}

/* ---- as JSON ---- */

/* The command itself shows that its client was content, or could not but be. */
static bool is_without_fault(const struct telling *telling)
{
    const struct sighting *sighting = telling->sighting;
    return !telling->message &&
           (telling->end->status == 0 || (sighting && sighting->said.unverified));
}

static json_t *command_json(const struct telling *telling)
{
    struct arena *arena = telling->arena;
    const struct sighting *sighting = telling->sighting;
    /* the program alone: reports are passed on, and words hold passwords */
    const char *program = telling->request->command[0];
    json_t *words = json_pack("[s]", str_safe(arena, bytes_str(program)));
    const struct target_report *target = target_of(telling);
    const bool accepts = target && target_is_accepted(target), known = client_is_known(telling);
    json_t *accepted = target && !accepts                                   ? json_false()
                       : telling->message || (accepts && !known)            ? json_null()
                       : accepts || (sighting && is_without_fault(telling)) ? json_true()
                                                                            : json_null();
    return json_pack(
        "{s:o, s:i, s:i, s:s?, s:s?, s:s?, s:s?, s:s?, s:o}", "words", words, "status",
        telling->end->status, "signal", telling->end->signal, "client",
        sighting && *sighting->client.profile ? sighting->client.profile : NULL, "title",
        sighting && *sighting->client.title ? sighting->client.title : NULL, "version",
        sighting && *sighting->client.version ? sighting->client.version : NULL, "target",
        sighting ? str_safe(arena, bytes_str(sighting->target)) : NULL, "message",
        telling->message ? telling->message->text : NULL, "accepted", accepted);
}

static void tell_json(const struct telling *telling, struct buf *out)
{
    static const struct report nothing;
    BUF_CLEANUP text = {0};
    const struct report *report = telling->report ? &telling->report->report : &nothing;
    renderer_find("json")->render(report, &telling->request->how, &text);
    json_t *whole = json_loadb((const char *)text.p, text.n, 0, NULL);
    if (whole)
        json_object_set_new(whole, "command", command_json(telling));
    char *dump = whole ? json_dumps(whole, JSON_INDENT(2)) : NULL;
    buf_printf(out, "%s\n", dump ? dump : "{}");
    free(dump);
    json_decref(whole);
}

/* ---- where it goes ---- */

static void write_out(const struct telling *telling, struct buf *text)
{
    struct error error = {0};
    const char *path = telling->request->output;
    if (path && file_write_atomic(NULL, path, buf_bytes(text), 0644, &error) != CW_OK)
        fprintf(stderr, "certwhy why: %s\n", error.text);
    if (!path)
        fwrite(buf_cstr(text), 1, text->n, stderr);
}

void tell(const struct telling *telling)
{
    BUF_CLEANUP out = {0};
    const struct target_report *target = target_of(telling);
    const bool accepted =
        target ? target_is_accepted(target) && !telling->message && client_is_known(telling)
               : is_without_fault(telling) || (!telling->message && !telling->sighting);
    const bool json = strcmp(telling->request->format, "text") != 0;
    if (json)
        tell_json(telling, &out);
    else if (accepted)
        tell_accepted(telling, &out);
    else if (target)
        tell_report(telling, &out);
    else if (telling->message)
        tell_message(telling, &out);
    if (accepted && telling->request->quiet && !telling->request->output)
        return;
    if (!json && !accepted && !telling->request->output) {
        BUF_CLEANUP line = {0};
        rule_line(&line);
        fwrite(buf_cstr(&line), 1, line.n, stderr);
    }
    write_out(telling, &out);
}
