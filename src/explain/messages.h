/* SPDX-License-Identifier: Apache-2.0 */
/* Recognising what clients say: the tables of data/messages, and what the files that look for them
 * share. Text is compared by its letters and digits alone, so that line wraps, colours, quotes,
 * escapes, hyphens and boxes drawn around it do not matter. */
#ifndef CERTWHY_EXPLAIN_MESSAGES_H
#define CERTWHY_EXPLAIN_MESSAGES_H

#include "explain/explain.h"

/* ---- data/messages, generated ---- */

struct message_client {
    const char *id, *name; /**< "gnutls", "GnuTLS" */
    const char *profile;   /**< for --client; "" none */
    const char *never;     /**< what people do instead of curing it */
    const char *debug;     /**< how to make it say more */
    uint64_t speaks[2];    /**< bit per client whose words it repeats */
};
struct message_row {
    uint16_t client;
    const char *pattern; /**< <…> varies; a leading "=" asks for the word itself */
    const char *causes;  /**< ids of rules, most likely first; "-" none told; "?" no sign alone */
    const char *tells;   /**< "" nothing more */
    bool wary;           /**< too common to mean TLS without a word of TLS beside it */
};
extern const struct message_client message_clients[];
extern const size_t message_client_count;
extern const struct message_row message_rows[];
extern const size_t message_row_count;

/** The catalogue, and besides what the profiles predict that clients say, in one list. */
struct message_row *messages_gather(struct arena *arena, size_t *count);

static inline bool client_speaks(size_t client, size_t other)
{
    return message_clients[client].speaks[other / 64] >> other % 64 & 1;
}

/* ---- message_text.c: letters and digits of a text ---- */

enum { LETTERS = 36, CLASS_SKIP = 0, CLASS_SPECIAL = LETTERS + 1, CLASSES = LETTERS + 2 };
/** By octet: 1 … 36 for digits and letters of either case, CLASS_SPECIAL where an escape may begin.
 */
extern const uint8_t message_class[256];
/** Octets of the escape (of a terminal, of JSON, of HTML) at the start of `text`, whose letters
 * mean nothing; at least 1. */
size_t message_escape(struct bytes text);

/** A stretch of text as its letters: class and offset of each. */
struct letters {
    uint8_t *classes;
    size_t *at; /**< offset in the text */
    size_t count;
    size_t from, to; /**< the stretch */
};
/** Reads text[from, to) into `out`, whose arrays have room for to - from letters. */
void letters_read(struct bytes text, size_t from, size_t to, struct letters *out);

/* ---- message_pattern.c: one pattern against one place ---- */

enum { FRAGMENTS_MAX = 12, CAPTURE_MAX = 160 };
/** A pattern's fixed parts as letters. */
struct message_pattern {
    const uint8_t *fragments[FRAGMENTS_MAX];
    size_t lengths[FRAGMENTS_MAX];
    const char *gaps[FRAGMENTS_MAX]; /**< name of what stands behind fragment i: "host" */
    size_t count, anchor;            /**< anchor: index of the fragment that is searched for */
    const char *exact;               /**< of "=0x80090325": the word; NULL */
};
void pattern_read(const char *text, struct arena *arena, struct message_pattern *out);

/** Where a pattern was found. */
struct message_hit {
    const struct message_row *said;
    size_t start, end;                 /**< offsets in the text */
    size_t host, host_n, port, port_n; /**< captured; *_n 0: not */
};
/** Does it stand in `letters` with its anchor ending at letter `last`? */
bool pattern_matches(const struct message_pattern *pattern, struct bytes text,
                     const struct letters *letters, size_t last, struct message_hit *out);

/* ---- message_scan.c: which patterns may stand where ---- */

/** Called for a pattern whose anchor (its longest fixed part) ends at text[end]; returns whether
 * the scan goes on. */
typedef bool anchor_seen(void *context, size_t row, size_t end);
struct scanner;
struct scanner *scanner_new(const struct message_pattern *patterns, size_t count);
void scanner_free(struct scanner *scanner);
void scanner_run(const struct scanner *scanner, struct bytes text, anchor_seen *seen,
                 void *context);

/* ---- message_place.c: what stands around a message ---- */

struct place {
    const char *host; /**< "" unknown */
    unsigned port;    /**< 0 unknown */
};
/** A host name or address at the start of p. */
bool place_host(const char *p, size_t n, struct arena *arena, struct place *out);
/** The first URL, "host:port" or the like in text[from, to). */
void place_find(struct bytes text, size_t from, size_t to, struct arena *arena, struct place *out);
/** How many "Caused by" stand above it in the same block. */
unsigned place_depth(struct bytes text, size_t at);

#endif
