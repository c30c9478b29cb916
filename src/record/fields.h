/* SPDX-License-Identifier: Apache-2.0 */
/* A struct's members as a table, so that one description both writes and reads them as JSON. */
#ifndef CERTWHY_RECORD_FIELDS_H
#define CERTWHY_RECORD_FIELDS_H

#include <jansson.h>

#include "base/base.h"

enum field_type {
    FIELD_TEXT, /**< const char *; NULL is written as "" */
    FIELD_RAW,  /**< as FIELD_TEXT, but read as it is: what the user typed, which reports make
                   harmless */
    FIELD_BOOL,
    FIELD_INT,   /**< int */
    FIELD_INT64, /**< int64_t, cw_time */
    FIELD_SIZE,  /**< size_t; SIZE_MAX is -1 */
    FIELD_PORT,  /**< uint16_t */
    FIELD_ENUM,  /**< an enum, by `names` */
    FIELD_BYTES, /**< struct bytes as base64; p NULL is written as null */
};
struct field {
    const char *key;
    enum field_type type;
    size_t offset;
    const char *const *names; /**< FIELD_ENUM: names by value, NULL-terminated */
};
#define FIELD_END                                                                                  \
    {                                                                                              \
        NULL, FIELD_TEXT, 0, NULL                                                                  \
    }

/** Where reading stands: the first defect wins, and every reader is harmless after it. */
struct field_reader {
    struct arena *arena;
    struct error *error;
    const char *where; /**< the file */
    bool failed;
};

/** A JSON object of the members at `base`. */
json_t *fields_write(const struct field *fields, const void *base);
/** Reads the members from `object`. A missing member, another type or a value out of range fails.
 */
void fields_read(struct field_reader *reader, const json_t *object, const struct field *fields,
                 void *base);
/** Records the first defect: "CASE: in "key": what is wrong". */
void fields_fail(struct field_reader *reader, const char *key, const char *what);
/** The array under `key`, of at most `limit` items; NULL (and failed) when it is none. */
const json_t *fields_array(struct field_reader *reader, const json_t *object, const char *key,
                           size_t limit, size_t *count);
const json_t *fields_object(struct field_reader *reader, const json_t *object, const char *key);
/** A string made harmless, in the arena; what str_safe() made before comes back as it was. */
const char *fields_text(struct arena *arena, const char *text, size_t n);

json_t *json_base64(struct bytes b);
bool json_unbase64(struct arena *arena, const json_t *value, struct bytes *out);

static inline void json_cleanup(json_t **json)
{
    json_decref(*json);
}
#define JSON_CLEANUP __attribute__((cleanup(json_cleanup))) json_t

#endif
