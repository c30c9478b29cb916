/* SPDX-License-Identifier: Apache-2.0 */
/* The trust stores that clients were judged with, as JSON: what each is made of, and of which date.
 */
#include "json.h"

static json_t *json_source(struct arena *arena, const struct store_source *source, cw_time at)
{
    json_t *out = json_object();
    const bool programme = source->programme && *source->programme;
    json_object_set_new(out, programme ? "programme" : "path", json_text(arena, source->path));
    json_object_set_new(out, "read", json_boolean(source->read));
    /* What could not be read has no count: not 0. */
    json_object_set_new(out, "count", source->read ? json_count(source->count) : json_null());
    json_object_set_new(out, "date",
                        source->modified == TIME_NONE
                            ? json_null()
                            : json_string(time_date(arena, source->modified)));
    if (programme && facts_are_old(source->modified, at))
        json_object_set_new(out, "old", json_true());
    if (!source->read)
        json_object_set_new(out, "problem", json_text(arena, source->problem));
    return out;
}

static json_t *json_store(struct arena *arena, const struct store_identity *store, cw_time at)
{
    json_t *out = json_object();
    json_t *sources = json_array();
    for (size_t i = 0; i < store->source_count; i++)
        json_array_append_new(sources, json_source(arena, &store->sources[i], at));
    json_object_set_new(out, "count", json_count(store->count));
    json_object_set_new(out, "sources", sources);
    if (store->setting && *store->setting)
        json_object_set_new(out, "setting", json_text(arena, store->setting));
    return out;
}

json_t *json_stores(struct arena *arena, const struct observation *observation)
{
    json_t *list = json_array();
    for (size_t i = 0; i < observation->store_count; i++)
        json_array_append_new(list, json_store(arena, &observation->stores[i], observation->at));
    return list;
}
