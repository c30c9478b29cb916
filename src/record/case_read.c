/* SPDX-License-Identifier: Apache-2.0 */
/* A saved case → the observation. Cases come from strangers: everything is checked as foreign
 * input. */
#include "case.h"

#include <string.h>

struct blob_table {
    struct bytes *items;
    size_t count;
};

static void blobs_read(struct field_reader *reader, const json_t *root, struct blob_table *out)
{
    const json_t *list = fields_array(reader, root, "blobs", LIMIT_OBJECTS, &out->count);
    out->items = arena_array(reader->arena, out->count + 1, sizeof *out->items);
    for (size_t i = 0; i < out->count; i++)
        if (!json_unbase64(reader->arena, json_array_get(list, i), &out->items[i]))
            fields_fail(reader, "blobs", "an item is not base64 text");
}

static struct bytes blob_at(struct field_reader *reader, const struct blob_table *blobs,
                            const json_t *index)
{
    const json_int_t i = json_integer_value(index);
    if (json_is_integer(index) && i >= 0 && (size_t)i < blobs->count)
        return blobs->items[i];
    fields_fail(reader, "der", "it is not the index of a blob");
    return bytes_of("", 0);
}

static struct seen *seen_read(struct field_reader *reader, const json_t *root, const char *key,
                              const struct blob_table *blobs, size_t limit, size_t *count)
{
    size_t n = 0;
    const json_t *list = fields_array(reader, root, key, limit, &n);
    struct seen *seen = arena_array(reader->arena, n + 1, sizeof *seen);
    for (size_t i = 0; i < n && !reader->failed; i++) {
        const json_t *item = json_array_get(list, i);
        fields_read(reader, item, case_origin_fields, &seen[i].origin);
        seen[i].cert = cert_parse(blob_at(reader, blobs, json_object_get(item, "der")));
        seen[i].stores = (uint32_t)json_integer_value(json_object_get(item, "stores"));
        *count = i + 1; /* counted one by one: observation_free() drops what was made */
    }
    return seen;
}

static void handshake_read(struct field_reader *reader, const json_t *object,
                           const struct blob_table *blobs, struct handshake *out)
{
    fields_read(reader, object, case_handshake_fields, out);
    const json_t *scts = json_object_get(object, "sct_list");
    if (scts && !json_unbase64(reader->arena, scts, &out->sct_list))
        fields_fail(reader, "sct_list", "it is not base64");
    out->client_answer = "";
    if (json_object_get(object, "client_request")) /* cases of before do not have it */
        fields_read(reader, fields_object(reader, object, "client_request"),
                    case_client_request_fields, out);
    size_t n = 0;
    const json_t *cas = fields_array(reader, object, "acceptable_cas", LIMIT_CASE_NAMES, &n);
    out->acceptable_cas = arena_array(reader->arena, n + 1, sizeof *out->acceptable_cas);
    for (size_t i = 0; i < n; i++) {
        const json_t *text = json_array_get(cas, i);
        if (!json_is_string(text))
            fields_fail(reader, "acceptable_cas", "an item is not text");
        out->acceptable_cas[i] =
            fields_text(reader->arena, json_is_string(text) ? json_string_value(text) : "",
                        json_string_length(text));
    }
    out->acceptable_ca_count = n;
    const json_t *certificates =
        fields_array(reader, object, "certificates", LIMIT_OBJECTS, &out->certificate_count);
    out->certificates =
        arena_array(reader->arena, out->certificate_count + 1, sizeof *out->certificates);
    for (size_t i = 0; i < out->certificate_count; i++)
        out->certificates[i] = blob_at(reader, blobs, json_array_get(certificates, i));
}

static void connections_read(struct field_reader *reader, const json_t *root,
                             const struct blob_table *blobs, struct observation *out)
{
    const json_t *list =
        fields_array(reader, root, "connections", LIMIT_ADDRESSES, &out->connection_count);
    out->connections =
        arena_array(reader->arena, out->connection_count + 1, sizeof *out->connections);
    for (size_t i = 0; i < out->connection_count; i++) {
        const json_t *item = json_array_get(list, i);
        fields_read(reader, item, case_connection_fields, &out->connections[i]);
        if (out->connections[i].net == NET_PROXY)
            fields_read(reader, fields_object(reader, item, "refusal"), case_refusal_fields,
                        &out->connections[i]);
        handshake_read(reader, fields_object(reader, item, "handshake"), blobs,
                       &out->connections[i].handshake);
    }
    if (out->primary && out->primary >= out->connection_count)
        fields_fail(reader, "primary", "there is no such connection");
}

/* Members that cases of a healthy handshake do not have. */
static void attempts_read(struct field_reader *reader, const json_t *root,
                          const struct blob_table *blobs, struct observation *out)
{
    const json_t *list =
        json_object_get(root, "attempts")
            ? fields_array(reader, root, "attempts", ATTEMPT_KINDS, &out->attempt_count)
            : NULL;
    out->attempts = arena_array(reader->arena, out->attempt_count + 1, sizeof *out->attempts);
    for (size_t i = 0; i < out->attempt_count; i++)
        fields_read(reader, json_array_get(list, i), case_attempt_fields, &out->attempts[i]);
    out->retried = json_object_get(root, "first_handshake") != NULL;
    if (out->retried)
        handshake_read(reader, fields_object(reader, root, "first_handshake"), blobs,
                       &out->first_handshake);
}

/* A member that most cases do not have. */
static void presented_read(struct field_reader *reader, const json_t *root,
                           const struct blob_table *blobs, struct presented *out)
{
    out->file = out->key_file = "";
    if (!json_object_get(root, "presented"))
        return;
    const json_t *object = fields_object(reader, root, "presented");
    fields_read(reader, object, case_presented_fields, out);
    out->chain = seen_read(reader, object, "chain", blobs, LIMIT_SENT_CERTS, &out->count);
    if (out->count == 0)
        fields_fail(reader, "chain", "it holds no certificate");
}

static void objects_read(struct field_reader *reader, const json_t *file,
                         const struct blob_table *blobs, struct container *out)
{
    const json_t *list = fields_array(reader, file, "objects", LIMIT_OBJECTS, &out->object_count);
    out->objects = arena_array(reader->arena, out->object_count + 1, sizeof *out->objects);
    for (size_t i = 0; i < out->object_count; i++) {
        const json_t *item = json_array_get(list, i);
        fields_read(reader, item, case_object_fields, &out->objects[i]);
        fields_read(reader, fields_object(reader, item, "origin"), case_origin_fields,
                    &out->objects[i].origin);
        out->objects[i].der = blob_at(reader, blobs, json_object_get(item, "der"));
    }
}

static void file_read_json(struct field_reader *reader, const json_t *root,
                           const struct blob_table *blobs, struct container *out)
{
    const json_t *file = fields_object(reader, root, "file");
    fields_read(reader, file, case_file_fields, out);
    objects_read(reader, file, blobs, out);
    const json_t *list = fields_array(reader, file, "faults", LIMIT_FILE_FAULTS, &out->fault_count);
    out->faults = arena_array(reader->arena, out->fault_count + 1, sizeof *out->faults);
    for (size_t i = 0; i < out->fault_count; i++)
        fields_read(reader, json_array_get(list, i), case_fault_fields, &out->faults[i]);
}

/* A member that cases of one store do not have. */
static const char *text_or_nothing(struct field_reader *reader, const json_t *item, const char *key)
{
    const json_t *value = json_object_get(item, key);
    if (!value)
        return "";
    if (!json_is_string(value))
        fields_fail(reader, key, "it is not text");
    return json_is_string(value)
               ? fields_text(reader->arena, json_string_value(value), json_string_length(value))
               : "";
}

static void sources_read(struct field_reader *reader, const json_t *item,
                         struct store_identity *out)
{
    const json_t *list =
        fields_array(reader, item, "sources", LIMIT_CASE_NAMES, &out->source_count);
    out->sources = arena_array(reader->arena, out->source_count + 1, sizeof *out->sources);
    for (size_t i = 0; i < out->source_count; i++) {
        const json_t *source = json_array_get(list, i);
        fields_read(reader, source, case_source_fields, &out->sources[i]);
        out->sources[i].programme = text_or_nothing(reader, source, "programme");
        out->sources[i].unknown = json_is_true(json_object_get(source, "unknown"));
        const char *hex = json_string_value(json_object_get(source, "sha256"));
        const struct bytes digest = hex ? str_unhex(reader->arena, hex) : (struct bytes){0};
        if (digest.n == sizeof out->sources[i].sha256)
            memcpy(out->sources[i].sha256, digest.p, digest.n);
        else
            fields_fail(reader, "sha256", "it is not a SHA-256 digest");
    }
}

static void stores_read(struct field_reader *reader, const json_t *root, struct observation *out)
{
    const json_t *list = fields_array(reader, root, "stores", LIMIT_CASE_NAMES, &out->store_count);
    out->stores = arena_array(reader->arena, out->store_count + 1, sizeof *out->stores);
    for (size_t i = 0; i < out->store_count; i++) {
        const json_t *item = json_array_get(list, i);
        fields_read(reader, item, case_store_fields, &out->stores[i]);
        sources_read(reader, item, &out->stores[i]);
        out->stores[i].clients = text_or_nothing(reader, item, "clients");
        out->stores[i].setting = text_or_nothing(reader, item, "setting");
        out->stores[i].hurt = text_or_nothing(reader, item, "hurt");
        out->stores[i].refusal = text_or_nothing(reader, item, "refusal");
        out->stores[i].doubted = text_or_nothing(reader, item, "doubted");
        out->stores[i].doubt = text_or_nothing(reader, item, "doubt");
    }
}

static void options_read(struct field_reader *reader, const json_t *root, struct observation *out)
{
    const json_t *object = fields_object(reader, root, "options");
    fields_read(reader, object, case_option_fields, out);
    out->private_fetch = json_is_true(json_object_get(object, "private_fetch"));
    out->default_clients = text_or_nothing(reader, object, "default_clients");
    if (!json_object_get(object, "more_ca"))
        return;
    const json_t *list =
        fields_array(reader, object, "more_ca", LIMIT_CASE_NAMES, &out->more_ca_count);
    out->more_ca = arena_array(reader->arena, out->more_ca_count + 1, sizeof *out->more_ca);
    for (size_t i = 0; i < out->more_ca_count; i++) {
        const char *path = json_string_value(json_array_get(list, i));
        if (!path)
            fields_fail(reader, "more_ca", "an item is not text");
        out->more_ca[i] = arena_strdup(reader->arena, path ? path : "");
    }
}

/* The bytes were too many for a case: known to have been there, and no more. */
static void document_omit(struct field_reader *reader, const json_t *size, struct document *out)
{
    const json_int_t n = json_integer_value(size);
    if (!json_is_integer(size) || n < 0)
        fields_fail(reader, "omitted", "it is not a size");
    out->result = FETCH_SIZE;
    out->why =
        arena_printf(reader->arena, "the case does not hold its %" JSON_INTEGER_FORMAT " bytes", n);
}

/* A member that cases without documents do not have. */
static void documents_read(struct field_reader *reader, const json_t *root,
                           const struct blob_table *blobs, struct observation *out)
{
    size_t n = 0;
    const json_t *list = json_object_get(root, "documents")
                             ? fields_array(reader, root, "documents", LIMIT_OBJECTS, &n)
                             : NULL;
    for (size_t i = 0; i < n && !reader->failed; i++) {
        const json_t *item = json_array_get(list, i);
        struct document document = {0};
        fields_read(reader, item, case_document_fields, &document);
        if (json_object_get(item, "omitted"))
            document_omit(reader, json_object_get(item, "omitted"), &document);
        else
            document.body = blob_at(reader, blobs, json_object_get(item, "body"));
        if (document.from == DOCUMENT_STAPLED)
            fields_fail(reader, "from", "what was stapled stands in its handshake");
        if (!reader->failed)
            observation_add_document(out, &document, reader->arena);
    }
}

static void dns_answer_read(struct field_reader *reader, const json_t *item, struct dns_answer *out)
{
    size_t n = 0;
    fields_read(reader, item, case_dns_answer_fields, out);
    const json_t *list = fields_array(reader, item, "records", LIMIT_DNS_RECORDS, &n);
    out->records = arena_array(reader->arena, n + 1, sizeof *out->records);
    for (size_t i = 0; i < n && !reader->failed; i++)
        if (!json_unbase64(reader->arena, json_array_get(list, i), &out->records[i]))
            fields_fail(reader, "records", "an item is not base64 text");
    out->record_count = n;
}

/* A member that only cases with --dns have. */
static void dns_read(struct field_reader *reader, const json_t *root, struct dns_seen *out)
{
    if (!json_object_get(root, "dns"))
        return;
    const json_t *object = fields_object(reader, root, "dns");
    fields_read(reader, object, case_dns_fields, out);
    const json_t *list = fields_array(reader, object, "answers", LIMIT_DNS_QUESTIONS, &out->count);
    out->answers = arena_array(reader->arena, out->count + 1, sizeof *out->answers);
    for (size_t i = 0; i < out->count && !reader->failed; i++)
        dns_answer_read(reader, json_array_get(list, i), &out->answers[i]);
    if (reader->failed)
        out->count = 0;
}

/* Members that cases of before do not have. */
static void table_read(struct field_reader *reader, const json_t *root, const char *key,
                       struct bytes *out)
{
    const json_t *value = json_object_get(root, key);
    if (value && !json_unbase64(reader->arena, value, out))
        fields_fail(reader, key, "it is not base64");
}

static void digest_read(struct field_reader *reader, const json_t *item, const char *key,
                        uint8_t out[32])
{
    const char *hex = json_string_value(json_object_get(item, key));
    const struct bytes digest = hex ? str_unhex(reader->arena, hex) : (struct bytes){0};
    if (digest.n == 32)
        memcpy(out, digest.p, 32);
    else
        fields_fail(reader, key, "it is not a SHA-256 digest");
}

/* A member that only redacted cases have. */
static void signatures_read(struct field_reader *reader, const json_t *root,
                            struct observation *out)
{
    if (!json_object_get(root, "signatures"))
        return;
    const json_t *list =
        fields_array(reader, root, "signatures", LIMIT_MEMO_CHECKS, &out->signature_count);
    out->signatures = arena_array(reader->arena, out->signature_count + 1, sizeof *out->signatures);
    for (size_t i = 0; i < out->signature_count && !reader->failed; i++) {
        const json_t *item = json_array_get(list, i);
        const json_int_t result = json_integer_value(json_object_get(item, "result"));
        digest_read(reader, item, "key", out->signatures[i].key);
        digest_read(reader, item, "object", out->signatures[i].object);
        if (result < SIG_OK || result > SIG_KEY_MISMATCH)
            fields_fail(reader, "result", "there is no such result");
        out->signatures[i].result = (enum sig_result)result;
    }
}

static void target_read(struct field_reader *reader, const json_t *root, struct target *out)
{
    fields_read(reader, fields_object(reader, root, "target"), case_target_fields, out);
    if (reader->failed)
        return;
    const char *sni = out->sni;
    struct error why;
    /* An empty name means that none was judged, even for an endpoint. */
    if (*out->name && target_set_name(out, out->name, reader->arena, &why) != CW_OK)
        fields_fail(reader, "name", why.text);
    out->sni = sni;
}

/* Times are subtracted from each other: those that no calendar has would overflow. */
static void time_check(struct field_reader *reader, const char *key, cw_time time)
{
    if (time < time_make(0, 1, 1, 0, 0, 0) || time > time_make(9999, 12, 31, 23, 59, 59))
        fields_fail(reader, key, "there is no such time");
}

/* A member that only cases have where somebody was asked what the time is. */
static void clock_read(struct field_reader *reader, const json_t *root, struct clock_seen *out)
{
    *out = (struct clock_seen){.date = TIME_NONE,
                               .sntp = TIME_NONE,
                               .built = TIME_NONE,
                               .sntp_server = "",
                               .sntp_why = ""};
    if (!json_object_get(root, "clock"))
        return;
    fields_read(reader, fields_object(reader, root, "clock"), case_clock_fields, out);
    const cw_time times[] = {out->date, out->sntp, out->built};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (times[i] != TIME_NONE)
            time_check(reader, "clock", times[i]);
}

static void observation_read(struct field_reader *reader, const json_t *root,
                             struct observation *out)
{
    struct blob_table blobs = {0};
    blobs_read(reader, root, &blobs);
    target_read(reader, root, &out->target);
    options_read(reader, root, out);
    fields_read(reader, fields_object(reader, root, "observation"), case_observation_fields, out);
    time_check(reader, "at", out->at);
    out->proxy = out->proxy_from = "";
    if (json_object_get(root, "through"))
        fields_read(reader, fields_object(reader, root, "through"), case_proxy_fields, out);
    connections_read(reader, root, &blobs, out);
    handshake_read(reader, fields_object(reader, root, "second_handshake"), &blobs,
                   &out->no_sni_handshake);
    attempts_read(reader, root, &blobs, out);
    presented_read(reader, root, &blobs, &out->presented);
    file_read_json(reader, root, &blobs, &out->file);
    stores_read(reader, root, out);
    out->sent = seen_read(reader, root, "sent", &blobs, LIMIT_SENT_CERTS, &out->sent_count);
    out->without_sni =
        seen_read(reader, root, "without_sni", &blobs, LIMIT_SENT_CERTS, &out->without_sni_count);
    out->case_anchors =
        seen_read(reader, root, "anchors", &blobs, LIMIT_NODES, &out->case_anchor_count);
    out->pool = seen_read(reader, root, "pool", &blobs, LIMIT_NODES, &out->pool_count);
    out->alpn_offered = text_or_nothing(reader, root, "alpn_offered");
    out->target.mail_domain = "";
    if (json_object_get(root, "mail"))
        fields_read(reader, fields_object(reader, root, "mail"), case_mail_fields, &out->target);
    out->expected_file = "";
    if (json_object_get(root, "expected")) {
        const json_t *expected = fields_object(reader, root, "expected");
        fields_read(reader, expected, case_expected_fields, out);
        out->expected = seen_read(reader, expected, "certificates", &blobs, LIMIT_SENT_CERTS,
                                  &out->expected_count);
    }
    out->stores_from_case = true;
    out->service = (struct service_seen){.protocol = "", .server = "", .banner = ""};
    if (json_object_get(root, "service"))
        fields_read(reader, fields_object(reader, root, "service"), case_service_fields,
                    &out->service);
    out->resolvers = text_or_nothing(reader, root, "resolvers");
    out->public_name = json_is_true(json_object_get(root, "public_name"));
    out->local_proxies = text_or_nothing(reader, root, "local_proxies");
    out->below_registry = json_is_true(json_object_get(root, "below_registry"));
    table_read(reader, root, "roots", &out->roots);
    table_read(reader, root, "ct_logs", &out->ct_logs);
    signatures_read(reader, root, out);
    observation_set_staple(out, reader->arena);
    documents_read(reader, root, &blobs, out);
    dns_read(reader, root, &out->dns);
    clock_read(reader, root, &out->clock);
    if (out->pairing == KEY_PAIRS_OTHER && out->key_pairs_with >= out->sent_count)
        fields_fail(reader, "key_pairs_with", "there is no such certificate");
}

/* jansson allocates for each value, many times the text's size for "[1,1,1…": count before parsing.
 */
static bool has_too_many_values(struct bytes file)
{
    size_t values = 0;
    for (size_t i = 0; i < file.n; i++)
        values += file.p[i] == ',' || file.p[i] == '[' || file.p[i] == '{';
    return values > LIMIT_CASE_VALUES;
}

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && strchr(" \t\r\n", *p) && *p)
        p++;
    return p;
}

bool case_recognise(struct bytes file)
{
    if (file.n == 0)
        return false;
    /* The schema is searched everywhere: an editor that sorts keys moves it behind the blobs. */
    const char *p = (const char *)file.p, *end = p + file.n;
    p = skip_space(p, end);
    return p < end && *p == '{' && bytes_find(file, bytes_str("\"certwhy/case/")) != SIZE_MAX;
}

static enum cw_code parse_json(struct bytes file, const char *where, json_t **out,
                               struct error *err)
{
    if (file.n > LIMIT_CASE_BYTES || has_too_many_values(file))
        return error_set(err, CW_E_INPUT, "%s is not a usable case: it is too large", where);
    json_error_t json_error;
    *out = json_loadb((const char *)file.p, file.n, JSON_REJECT_DUPLICATES, &json_error);
    if (!*out) {
        struct arena arena = {0};
        error_set(err, CW_E_INPUT, "%s is not a usable case: line %d, column %d: %s", where,
                  json_error.line, json_error.column, str_safe(&arena, bytes_str(json_error.text)));
        arena_free(&arena);
        return CW_E_INPUT;
    }
    return CW_OK;
}

enum cw_code case_read(struct bytes file, const char *where, struct arena *arena,
                       struct observation *out, struct error *err)
{
    *out = (struct observation){0};
    JSON_CLEANUP *root = NULL;
    const char *shown = str_safe(arena, bytes_str(where));
    TRY(parse_json(file, shown, &root, err));
    const char *schema = json_string_value(json_object_get(root, "schema"));
    if (!schema || strcmp(schema, CASE_SCHEMA) != 0)
        return error_set(err, CW_E_INPUT,
                         "%s is a case of another kind than %s: a newer certwhy may "
                         "have written it",
                         shown, CASE_SCHEMA);
    struct error ignored;
    struct field_reader reader = {.arena = arena, .error = err ? err : &ignored, .where = shown};
    observation_read(&reader, root, out);
    if (!reader.failed)
        return CW_OK;
    observation_free(out);
    *out = (struct observation){0};
    return CW_E_INPUT;
}
