/* SPDX-License-Identifier: Apache-2.0 */
/* The observation as JSON. Key order is the order of the tables, so equal observations are equal
 * bytes. */
#include "case.h"

#include <string.h>

/* ---- blobs: each piece of DER once, referred to by its index ---- */

struct blobs {
    struct arena arena;
    json_t *list;
    struct bytes *items;
    size_t count, cap;
    size_t *slots; /**< index + 1 into items, 0 free; a power of two of them */
    size_t slot_count;
};

static size_t *blob_slot(const struct blobs *blobs, struct bytes der)
{
    size_t i = (size_t)bytes_hash(der) & (blobs->slot_count - 1);
    while (blobs->slots[i] && !bytes_equal(blobs->items[blobs->slots[i] - 1], der))
        i = (i + 1) & (blobs->slot_count - 1);
    return &blobs->slots[i];
}

static void blobs_rehash(struct blobs *blobs)
{
    blobs->slot_count = blobs->slot_count ? blobs->slot_count * 2 : 64;
    blobs->slots = arena_array(&blobs->arena, blobs->slot_count, sizeof *blobs->slots);
    for (size_t i = 0; i < blobs->count; i++)
        *blob_slot(blobs, blobs->items[i]) = i + 1;
}

static json_t *blob_write(struct blobs *blobs, struct bytes der)
{
    if (blobs->count * 2 >= blobs->slot_count)
        blobs_rehash(blobs);
    size_t *slot = blob_slot(blobs, der);
    if (*slot == 0) {
        blobs->items = arena_grow(&blobs->arena, blobs->items, blobs->count, &blobs->cap,
                                  sizeof *blobs->items);
        blobs->items[blobs->count++] = der;
        *slot = blobs->count;
        json_array_append_new(blobs->list, json_base64(der.p ? der : bytes_of("", 0)));
    }
    return json_integer((json_int_t)*slot - 1);
}

/* ---- the parts ---- */

static json_t *seen_write(struct blobs *blobs, const struct seen *seen, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *item = fields_write(case_origin_fields, &seen[i].origin);
        json_object_set_new(item, "der", blob_write(blobs, seen[i].cert->der));
        if (seen[i].stores)
            json_object_set_new(item, "stores", json_integer((json_int_t)seen[i].stores));
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *handshake_write(struct blobs *blobs, const struct handshake *handshake)
{
    json_t *object = fields_write(case_handshake_fields, handshake);
    json_t *cas = json_array();
    for (size_t i = 0; i < handshake->acceptable_ca_count; i++)
        json_array_append_new(cas, json_string(handshake->acceptable_cas[i]));
    json_object_set_new(object, "acceptable_cas", cas);
    if (handshake->sct_list.p)
        json_object_set_new(object, "sct_list", json_base64(handshake->sct_list));
    if (handshake->client_certificate_requested)
        json_object_set_new(object, "client_request",
                            fields_write(case_client_request_fields, handshake));
    json_t *certificates = json_array();
    for (size_t i = 0; i < handshake->certificate_count; i++)
        json_array_append_new(certificates, blob_write(blobs, handshake->certificates[i]));
    json_object_set_new(object, "certificates", certificates);
    return object;
}

static json_t *connections_write(struct blobs *blobs, const struct observation *observation)
{
    json_t *list = json_array();
    for (size_t i = 0; i < observation->connection_count; i++) {
        const struct connection *connection = &observation->connections[i];
        json_t *item = fields_write(case_connection_fields, connection);
        if (connection->net == NET_PROXY)
            json_object_set_new(item, "refusal", fields_write(case_refusal_fields, connection));
        json_object_set_new(item, "handshake", handshake_write(blobs, &connection->handshake));
        json_array_append_new(list, item);
    }
    return list;
}

/* What most cases do not have is left out. */
static void attempts_write(json_t *root, struct blobs *blobs, const struct observation *observation)
{
    json_t *list = json_array();
    for (size_t i = 0; i < observation->attempt_count; i++)
        json_array_append_new(list, fields_write(case_attempt_fields, &observation->attempts[i]));
    if (observation->attempt_count)
        json_object_set(root, "attempts", list);
    json_decref(list);
    if (observation->retried)
        json_object_set_new(root, "first_handshake",
                            handshake_write(blobs, &observation->first_handshake));
}

static json_t *presented_write(struct blobs *blobs, const struct presented *presented)
{
    json_t *object = fields_write(case_presented_fields, presented);
    json_object_set_new(object, "chain", seen_write(blobs, presented->chain, presented->count));
    return object;
}

static json_t *object_write(struct blobs *blobs, const struct object *object)
{
    json_t *item = fields_write(case_object_fields, object);
    json_object_set_new(item, "origin", fields_write(case_origin_fields, &object->origin));
    /* A key's bytes are not in the container either; this line keeps it so whatever happens there.
     */
    const bool secret = object->kind == OBJECT_PRIVATE_KEY;
    json_object_set_new(item, "der", blob_write(blobs, secret ? bytes_of("", 0) : object->der));
    return item;
}

static json_t *file_write(struct blobs *blobs, const struct container *file)
{
    json_t *object = fields_write(case_file_fields, file);
    json_t *objects = json_array();
    for (size_t i = 0; i < file->object_count; i++)
        json_array_append_new(objects, object_write(blobs, &file->objects[i]));
    json_object_set_new(object, "objects", objects);
    json_t *faults = json_array();
    for (size_t i = 0; i < file->fault_count; i++)
        json_array_append_new(faults, fields_write(case_fault_fields, &file->faults[i]));
    json_object_set_new(object, "faults", faults);
    return object;
}

/* Left out where one store is everybody's: the usual case stays as it always was. */
static void store_owners_write(const struct store_identity *store, json_t *item)
{
    if (store->doubt && *store->doubt) {
        json_object_set_new(item, "doubted", json_string(store->doubted));
        json_object_set_new(item, "doubt", json_string(store->doubt));
    }
    json_object_set_new(item, "clients", json_string(store->clients));
    json_object_set_new(item, "setting", json_string(store->setting));
    json_object_set_new(item, "hurt", json_string(store->hurt));
    json_object_set_new(item, "refusal", json_string(store->refusal));
}

/* What most cases do not have is left out. */
static json_t *options_write(const struct observation *observation)
{
    json_t *object = fields_write(case_option_fields, observation);
    if (observation->private_fetch)
        json_object_set_new(object, "private_fetch", json_true());
    if (observation->default_clients && *observation->default_clients)
        json_object_set_new(object, "default_clients", json_string(observation->default_clients));
    json_t *more = json_array();
    for (size_t i = 0; i < observation->more_ca_count; i++) {
        json_t *path = json_string(observation->more_ca[i]);
        struct arena arena = {0};
        /* A path need not be UTF-8; a case must be. */
        json_array_append_new(
            more, path ? path : json_string(str_safe(&arena, bytes_str(observation->more_ca[i]))));
        arena_free(&arena);
    }
    if (observation->more_ca_count)
        json_object_set(object, "more_ca", more);
    json_decref(more);
    return object;
}

static json_t *stores_write(const struct observation *observation)
{
    json_t *list = json_array();
    for (size_t i = 0; i < observation->store_count; i++) {
        const struct store_identity *store = &observation->stores[i];
        json_t *item = fields_write(case_store_fields, store);
        json_t *sources = json_array();
        for (size_t k = 0; k < store->source_count; k++) {
            json_t *source = fields_write(case_source_fields, &store->sources[k]);
            char hex[65] = "";
            for (size_t b = 0; b < 32; b++)
                snprintf(hex + 2 * b, 3, "%02x", store->sources[k].sha256[b]);
            json_object_set_new(source, "sha256", json_string(hex));
            if (store->sources[k].programme && *store->sources[k].programme)
                json_object_set_new(source, "programme", json_string(store->sources[k].programme));
            if (store->sources[k].unknown)
                json_object_set_new(source, "unknown", json_true());
            json_array_append_new(sources, source);
        }
        json_object_set_new(item, "sources", sources);
        if (observation->store_count > 1 || (store->setting && *store->setting))
            store_owners_write(store, item);
        json_array_append_new(list, item);
    }
    return list;
}

/* ---- documents: in their order while there is room; base64 makes four bytes of three ---- */

static bool document_is_kept(const struct document *document, size_t *room)
{
    const bool kept = document->body.n <= *room;
    *room -= kept ? document->body.n : 0;
    return kept;
}

size_t case_omissions(const struct observation *observation)
{
    size_t room = LIMIT_CASE_DOCUMENTS, omitted = 0;
    for (size_t i = 0; i < observation->document_count; i++)
        if (observation->documents[i].from != DOCUMENT_STAPLED)
            omitted += !document_is_kept(&observation->documents[i], &room);
    return omitted;
}

/* What was stapled stands in its handshake. */
static json_t *documents_write(struct blobs *blobs, const struct observation *observation)
{
    size_t room = LIMIT_CASE_DOCUMENTS;
    json_t *list = json_array();
    for (size_t i = 0; i < observation->document_count; i++) {
        const struct document *document = &observation->documents[i];
        if (document->from == DOCUMENT_STAPLED)
            continue;
        json_t *item = fields_write(case_document_fields, document);
        if (document_is_kept(document, &room))
            json_object_set_new(item, "body", blob_write(blobs, document->body));
        else
            json_object_set_new(item, "omitted", json_integer((json_int_t)document->body.n));
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *dns_write(const struct dns_seen *dns)
{
    json_t *object = fields_write(case_dns_fields, dns);
    json_t *answers = json_array();
    for (size_t i = 0; i < dns->count; i++) {
        const struct dns_answer *answer = &dns->answers[i];
        json_t *item = fields_write(case_dns_answer_fields, answer);
        json_t *records = json_array();
        for (size_t k = 0; k < answer->record_count; k++)
            json_array_append_new(records, json_base64(answer->records[k]));
        json_object_set_new(item, "records", records);
        json_array_append_new(answers, item);
    }
    json_object_set_new(object, "answers", answers);
    return object;
}

/* The usual case has nothing to say of the time. */
static bool clock_was_asked(const struct observation *observation)
{
    const struct clock_seen *clock = &observation->clock;
    return clock->asked || clock->date != TIME_NONE || clock->sntp != TIME_NONE ||
           (clock->built != TIME_NONE && observation->at < clock->built);
}

static int buf_sink(const char *text, size_t n, void *context)
{
    struct buf *out = context;
    if (out->n + n > LIMIT_CASE_BYTES)
        return -1;
    buf_append(out, text, n);
    return 0;
}

static const char *service_banner(const struct observation *observation)
{
    return observation->service.banner ? observation->service.banner : "";
}

enum cw_code case_write(const struct observation *observation, const struct seen *anchors,
                        size_t anchor_count, const struct seen *pool, size_t pool_count,
                        struct buf *out, struct error *err)
{
    struct blobs blobs = {.list = json_array()};
    JSON_CLEANUP *root = json_object();
    json_object_set_new(root, "schema", json_string(CASE_SCHEMA));
    json_object_set_new(root, "target", fields_write(case_target_fields, &observation->target));
    json_object_set_new(root, "options", options_write(observation));
    json_object_set_new(root, "observation", fields_write(case_observation_fields, observation));
    json_object_set_new(root, "connections", connections_write(&blobs, observation));
    json_object_set_new(root, "sent",
                        seen_write(&blobs, observation->sent, observation->sent_count));
    json_object_set_new(
        root, "without_sni",
        seen_write(&blobs, observation->without_sni, observation->without_sni_count));
    json_object_set_new(root, "second_handshake",
                        handshake_write(&blobs, &observation->no_sni_handshake));
    attempts_write(root, &blobs, observation);
    if (observation->presented.count)
        json_object_set_new(root, "presented", presented_write(&blobs, &observation->presented));
    json_object_set_new(root, "file", file_write(&blobs, &observation->file));
    json_object_set_new(root, "anchors", seen_write(&blobs, anchors, anchor_count));
    json_object_set_new(root, "pool", seen_write(&blobs, pool, pool_count));
    json_object_set_new(root, "stores", stores_write(observation));
    json_t *documents = documents_write(&blobs, observation);
    if (json_array_size(documents))
        json_object_set(root, "documents", documents);
    json_decref(documents);
    if (observation->proxy && *observation->proxy)
        json_object_set_new(root, "through", fields_write(case_proxy_fields, observation));
    if (clock_was_asked(observation))
        json_object_set_new(root, "clock", fields_write(case_clock_fields, &observation->clock));
    if (observation->dns.state != DNS_NOT_ASKED)
        json_object_set_new(root, "dns", dns_write(&observation->dns));
    if (observation->target.mail_domain && *observation->target.mail_domain)
        json_object_set_new(root, "mail", fields_write(case_mail_fields, &observation->target));
    if (observation->alpn_offered && *observation->alpn_offered)
        json_object_set_new(root, "alpn_offered", json_string(observation->alpn_offered));
    if (observation->expected_count) {
        json_t *expected = fields_write(case_expected_fields, observation);
        json_object_set_new(expected, "certificates",
                            seen_write(&blobs, observation->expected, observation->expected_count));
        json_object_set_new(root, "expected", expected);
    }
    if (observation->service.asked || *service_banner(observation))
        json_object_set_new(root, "service",
                            fields_write(case_service_fields, &observation->service));
    if (observation->resolvers && *observation->resolvers)
        json_object_set_new(root, "resolvers", json_string(observation->resolvers));
    if (observation->public_name)
        json_object_set_new(root, "public_name", json_true());
    if (observation->local_proxies && *observation->local_proxies)
        json_object_set_new(root, "local_proxies", json_string(observation->local_proxies));
    if (observation->below_registry)
        json_object_set_new(root, "below_registry", json_true());
    if (observation->roots.p)
        json_object_set_new(root, "roots", json_base64(observation->roots));
    if (observation->ct_logs.p)
        json_object_set_new(root, "ct_logs", json_base64(observation->ct_logs));
    json_object_set_new(root, "blobs", blobs.list);
    const int failed = json_dump_callback(root, buf_sink, out, JSON_INDENT(1));
    buf_append(out, "\n", 1);
    arena_free(&blobs.arena);
    if (failed)
        return error_set(err, CW_E_LIMIT, "the case would be larger than %d MiB",
                         LIMIT_CASE_BYTES >> 20);
    return CW_OK;
}
