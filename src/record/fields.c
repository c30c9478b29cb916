/* SPDX-License-Identifier: Apache-2.0 */
#include "fields.h"

#include <string.h>

/* ---- base64 ---- */

json_t *json_base64(struct bytes b)
{
    if (!b.p)
        return json_null();
    struct arena arena = {0};
    json_t *json = json_string(str_base64(&arena, b));
    arena_free(&arena);
    return json;
}

bool json_unbase64(struct arena *arena, const json_t *value, struct bytes *out)
{
    size_t bad_at = 0;
    if (!json_is_string(value))
        return false;
    const struct bytes text = bytes_of(json_string_value(value), json_string_length(value));
    if (!str_unbase64(arena, text, out, &bad_at))
        return false;
    /* An empty string is empty bytes that were there; p NULL means that there were none. */
    if (!out->p)
        out->p = (const uint8_t *)"";
    return true;
}

/* ---- writing ---- */

static json_t *field_write(const struct field *field, const void *member)
{
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_RAW: {
        const char *const text = *(const char *const *)member;
        json_t *json = json_string(text ? text : "");
        /* A path need not be UTF-8; a case must be. */
        if (json)
            return json;
        struct arena arena = {0};
        json = json_string(str_safe(&arena, bytes_str(text)));
        arena_free(&arena);
        return json;
    }
    case FIELD_BOOL:
        return json_boolean(*(const bool *)member);
    case FIELD_INT:
        return json_integer(*(const int *)member);
    case FIELD_INT64:
        return json_integer(*(const int64_t *)member);
    case FIELD_SIZE:
        return json_integer((json_int_t) * (const size_t *)member);
    case FIELD_PORT:
        return json_integer(*(const uint16_t *)member);
    case FIELD_ENUM:
        return json_string(field->names[*(const int *)member]);
    case FIELD_BYTES:
        return json_base64(*(const struct bytes *)member);
    }
    return json_null();
}

json_t *fields_write(const struct field *fields, const void *base)
{
    json_t *object = json_object();
    for (const struct field *f = fields; f->key; f++)
        json_object_set_new(object, f->key, field_write(f, (const char *)base + f->offset));
    return object;
}

/* ---- reading ---- */

void fields_fail(struct field_reader *reader, const char *key, const char *what)
{
    if (!reader->failed)
        error_set(reader->error, CW_E_INPUT, "%s is not a usable case: in \"%s\": %s",
                  reader->where, key, what);
    reader->failed = true;
}

const char *fields_text(struct arena *arena, const char *text, size_t n)
{
    BUF_CLEANUP safe = {0};
    str_safe_line(&safe, bytes_of(text, n));
    return arena_strndup(arena, safe.p ? (const char *)safe.p : "", safe.n);
}

static bool enum_read(const char *const *names, const json_t *value, int *out)
{
    const char *text = json_string_value(value);
    for (int i = 0; text && names[i]; i++)
        if (strcmp(names[i], text) == 0) {
            *out = i;
            return true;
        }
    return false;
}

static bool int_read(const json_t *value, json_int_t min, json_int_t max, json_int_t *out)
{
    *out = json_integer_value(value);
    return json_is_integer(value) && *out >= min && *out <= max;
}

/* True when the value fits the member's type, which is then set. */
static bool field_read(struct arena *arena, const struct field *field, const json_t *value,
                       void *member)
{
    json_int_t number = 0;
    switch (field->type) {
    case FIELD_TEXT:
        if (!json_is_string(value))
            return false;
        *(const char **)member =
            fields_text(arena, json_string_value(value), json_string_length(value));
        return true;
    case FIELD_RAW:
        if (!json_is_string(value))
            return false;
        *(const char **)member = arena_strdup(arena, json_string_value(value));
        return true;
    case FIELD_BOOL:
        *(bool *)member = json_is_true(value);
        return json_is_boolean(value);
    case FIELD_INT:
        if (!int_read(value, INT32_MIN, INT32_MAX, &number))
            return false;
        *(int *)member = (int)number;
        return true;
    case FIELD_INT64:
        *(int64_t *)member = json_integer_value(value);
        return json_is_integer(value);
    case FIELD_SIZE:
        if (!int_read(value, -1, INT64_MAX, &number))
            return false;
        *(size_t *)member = (size_t)number;
        return true;
    case FIELD_PORT:
        if (!int_read(value, 0, 65535, &number))
            return false;
        *(uint16_t *)member = (uint16_t)number;
        return true;
    case FIELD_ENUM:
        return enum_read(field->names, value, member);
    case FIELD_BYTES:
        *(struct bytes *)member = (struct bytes){0};
        return json_is_null(value) || json_unbase64(arena, value, member);
    }
    return false;
}

void fields_read(struct field_reader *reader, const json_t *object, const struct field *fields,
                 void *base)
{
    for (const struct field *f = fields; f->key; f++) {
        void *member = (char *)base + f->offset;
        const json_t *value = json_object_get(object, f->key);
        const bool good = !reader->failed && field_read(reader->arena, f, value, member);
        /* Texts are read by everybody without a question: they are never NULL, even after a defect.
         */
        if (!good && (f->type == FIELD_TEXT || f->type == FIELD_RAW))
            *(const char **)member = "";
        if (!good)
            fields_fail(reader, f->key,
                        value ? "the value is not of the right kind" : "it is missing");
    }
}

const json_t *fields_array(struct field_reader *reader, const json_t *object, const char *key,
                           size_t limit, size_t *count)
{
    *count = 0;
    const json_t *array = json_object_get(object, key);
    if (!json_is_array(array)) {
        fields_fail(reader, key, array ? "it is not a list" : "it is missing");
        return NULL;
    }
    if (json_array_size(array) > limit) {
        fields_fail(reader, key, "it has more items than are looked at");
        return NULL;
    }
    if (!reader->failed)
        *count = json_array_size(array);
    return array;
}

const json_t *fields_object(struct field_reader *reader, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_object(value))
        fields_fail(reader, key, value ? "it is not an object" : "it is missing");
    return json_is_object(value) ? value : NULL;
}
