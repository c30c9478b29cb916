/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

static json_t *json_answer(struct arena *arena, const struct dns_answer *answer)
{
    json_t *out = json_object();
    json_object_set_new(out, "name", json_text(arena, answer->name));
    json_object_set_new(out, "type", json_string(dns_type_text(answer->type)));
    json_object_set_new(out, "result", json_string(dns_result_names[answer->result]));
    json_object_set_new(out, "security", json_string(dns_security_names[answer->security]));
    json_object_set_new(out, "why", json_text_or_null(arena, answer->why));
    json_object_set_new(out, "alias", json_text_or_null(arena, answer->alias));
    json_t *records = json_array();
    for (size_t i = 0; i < answer->record_count; i++)
        json_array_append_new(records, json_text(arena, dns_record_text(arena, answer, i)));
    json_object_set_new(out, "records", records);
    return out;
}

json_t *json_dns(struct arena *arena, const struct dns_seen *dns)
{
    json_t *out = json_object();
    json_object_set_new(out, "state", json_string(dns_state_names[dns->state]));
    json_object_set_new(out, "why", json_text_or_null(arena, dns->why));
    json_object_set_new(out, "server", json_text_or_null(arena, dns->server));
    json_t *answers = json_array();
    for (size_t i = 0; i < dns->count; i++)
        json_array_append_new(answers, json_answer(arena, &dns->answers[i]));
    json_object_set_new(out, "answers", answers);
    return out;
}
