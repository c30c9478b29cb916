/* SPDX-License-Identifier: Apache-2.0 */
/* What was looked at beside the chain, and each fetch that failed. */
#include "json.h"

static json_t *json_document(struct arena *arena, const struct document *document)
{
    json_t *out = json_object();
    const bool asked = document->from == DOCUMENT_FETCHED;
    json_object_set_new(out, "kind", json_string(want_kind_names[document->kind]));
    json_object_set_new(out, "from", json_string(document_from_names[document->from]));
    json_object_set_new(out, "where", json_text(arena, document->where));
    json_object_set_new(out, "result", json_string(fetch_result_names[document->result]));
    json_object_set_new(out, "detail", json_text_or_null(arena, document->why));
    json_object_set_new(out, "status",
                        document->status ? json_integer(document->status) : json_null());
    json_object_set_new(out, "bytes", json_count(document->body.n));
    json_object_set_new(out, "ms",
                        asked ? json_integer((json_int_t)(document->took_us / 1000)) : json_null());
    return out;
}

json_t *json_documents(struct arena *arena, const struct observation *observation)
{
    json_t *list = json_array();
    for (size_t i = 0; i < observation->document_count; i++)
        json_array_append_new(list, json_document(arena, &observation->documents[i]));
    return list;
}
