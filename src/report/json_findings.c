/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

static json_t *json_files(struct arena *arena, const struct fix *fix)
{
    json_t *list = json_array();
    for (size_t i = 0; i < fix->file_count; i++) {
        json_t *file = json_object();
        json_object_set_new(file, "path", json_text(arena, fix->files[i].path));
        struct bytes content = fix->files[i].content;
        /* PEM that we wrote: a line break is part of it, so str_safe() is not for it */
        json_t *text = json_stringn((const char *)content.p, content.n);
        json_object_set_new(file, "content", text != NULL ? text : json_string(""));
        json_array_append_new(list, file);
    }
    return list;
}

static json_t *json_live(struct arena *arena, const struct live_proof *live)
{
    json_t *list = json_array();
    for (size_t i = 0; i < live->count; i++) {
        const struct live_visit *visit = &live->visits[i];
        json_t *out = json_object();
        json_object_set_new(out, "client", json_text(arena, profile_name(visit->profile)));
        json_object_set_new(out, "program", json_text(arena, visit->program));
        json_object_set_new(out, "version", json_text(arena, visit->version));
        json_object_set_new(out, "accepts", json_boolean(visit->accepts));
        json_object_set_new(out, "message", json_text(arena, visit->message));
        json_array_append_new(list, out);
    }
    return list;
}

json_t *json_fix(struct arena *arena, const struct fix *fix)
{
    json_t *out = json_object();
    json_object_set_new(out, "id", json_text(arena, fix->id));
    json_object_set_new(out, "who", json_string(fix_who_name(fix->who)));
    json_object_set_new(out, "summary", json_text(arena, fix->summary));
    json_object_set_new(out, "commands", json_texts(arena, fix->commands, fix->command_count));
    json_object_set_new(out, "files", json_files(arena, fix));
    if (fix->caveat != NULL && fix->caveat[0] != '\0')
        json_object_set_new(out, "caveat", json_text(arena, fix->caveat));
    json_t *proven = json_object();
    json_object_set_new(proven, "by", json_string(live_proof_holds(&fix->live) ? "live" : "model"));
    json_object_set_new(proven, "accepted_by",
                        json_profiles(fix->accepted_by, fix->accepted_count));
    json_object_set_new(proven, "rejected_by",
                        json_profiles(fix->rejected_by, fix->rejected_count));
    json_object_set_new(proven, "partial", json_boolean(fix->partial));
    if (fix->live.count > 0)
        json_object_set_new(proven, "live", json_live(arena, &fix->live));
    json_object_set_new(out, "proven", proven);
    return out;
}

static json_t *json_fixes(struct arena *arena, const struct plan *plan, size_t finding)
{
    json_t *list = json_array();
    if (finding >= plan->finding_count)
        return list;
    const struct finding_fixes *fixes = &plan->per_finding[finding];
    for (size_t i = 0; i < fixes->count; i++)
        json_array_append_new(list, json_fix(arena, &fixes->items[i]));
    return list;
}

static json_t *json_evidence(struct arena *arena, const struct finding *finding)
{
    json_t *out = json_object();
    for (size_t i = 0; i < finding->evidence_count; i++)
        json_object_set_new(out, show_guard(arena, finding->evidence[i].key),
                            json_text(arena, finding->evidence[i].value));
    return out;
}

static json_t *json_because(struct arena *arena, const struct findings *findings,
                            const struct finding *finding)
{
    json_t *list = json_array();
    for (size_t i = 0; i < finding->because_count; i++)
        json_array_append_new(list, json_text(arena, findings->items[finding->because[i]].id));
    return list;
}

static json_t *json_finding(struct arena *arena, const struct target_report *target, size_t i)
{
    const struct finding *finding = &target->findings.items[i];
    json_t *out = json_object();
    json_object_set_new(out, "id", json_text(arena, finding->id));
    json_object_set_new(out, "rule", json_text(arena, finding->rule->id));
    json_object_set_new(out, "severity", json_string(severity_name(finding->severity)));
    json_object_set_new(out, "cause", json_boolean(finding->cause));
    json_object_set_new(out, "because", json_because(arena, &target->findings, finding));
    json_object_set_new(out, "certificate",
                        finding->certificate < 0 ? json_null()
                                                 : json_integer(finding->certificate));
    json_object_set_new(out, "summary", json_text(arena, finding->summary));
    json_object_set_new(out, "detail", json_text(arena, finding->detail));
    json_object_set_new(out, "evidence", json_evidence(arena, finding));
    json_object_set_new(out, "clients", json_profiles(finding->clients, finding->client_count));
    json_object_set_new(out, "fixes", json_fixes(arena, &target->plan, i));
    json_object_set_new(out, "not_this", json_text(arena, finding->not_this));
    json_object_set_new(out, "verify", json_text(arena, finding->verify));
    return out;
}

json_t *json_findings(struct arena *arena, const struct target_report *target)
{
    json_t *list = json_array();
    for (size_t i = 0; i < target->findings.count; i++)
        json_array_append_new(list, json_finding(arena, target, i));
    return list;
}
