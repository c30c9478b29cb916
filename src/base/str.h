/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CERTWHY_BASE_STR_H
#define CERTWHY_BASE_STR_H

#include "arena.h"
#include "buf.h"

/** Lower-case hex of b, optionally with a separator between bytes (0: none). */
char *str_hex(struct arena *arena, struct bytes b, char separator);
/** Bytes of a hex string (separators ':' and ' ' allowed); n = 0 and p = NULL when it is not hex.
 */
struct bytes str_unhex(struct arena *arena, const char *hex);

/** Foreign bytes made harmless for a terminal, a log or a file: valid UTF-8, with control
 *  characters, ANSI escapes, bidirectional marks, zero-width characters, line separators and
 *  invalid bytes written as \xNN or \u{NNNN}, and the backslash doubled. */
char *str_safe(struct arena *arena, struct bytes b);
void str_safe_append(struct buf *out, struct bytes b);
/** As str_safe_append(), but the backslash stays: for whole sentences that may hold text that was
 * made safe before. Harmless, not reversible. */
void str_safe_line(struct buf *out, struct bytes b);
/** True when str_safe() would return b unchanged. */
bool str_is_safe(struct bytes b);
/** True for strictly valid UTF-8 (no overlong forms, no surrogates). */
bool str_is_utf8(struct bytes b);

/** One word for a POSIX shell: as it is when it needs no quotes, else in single quotes. */
char *str_shell(struct arena *arena, const char *s);
/** True for a plain DNS host name (LDH and underscore labels, optional wildcard label first), or an
 *  IPv4/IPv6 literal: the only names that are ever placed in a command or configuration line. */
bool str_is_plain_host(const char *s);
/** What the DNS may hold besides: labels that begin or end with a hyphen. Not for commands. */
bool str_is_dns_host(const char *s);
/** Parses an IPv4 or IPv6 literal (no brackets) into 4 or 16 bytes; returns the length or 0. */
size_t str_parse_ip(const char *s, uint8_t out[16]);
/** Text of a 4- or 16-byte address; of other lengths, hex. */
char *str_ip(struct arena *arena, struct bytes ip);

bool str_equal_nocase(const char *a, const char *b);
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
/** A whole decimal number within [min, max]; false when s is anything else. */
bool str_to_int(const char *s, int64_t min, int64_t max, int64_t *out);
/** "did you mean": the nearest of `candidates` (NULL-terminated) within 1/3 of its length, or NULL.
 */
const char *str_nearest(const char *word, const char *const *candidates);
/** Base64 (RFC 4648 section 4) with no line breaks. */
char *str_base64(struct arena *arena, struct bytes b);
/** Decodes the whole groups of four base64 digits that `text` starts with: stops at the first group
 *  with anything else in it, and before '='. Returns how many characters were taken; three bytes
 * are written for each four. The fast inner loop of every PEM reader. */
size_t str_unbase64_groups(struct bytes text, uint8_t *out);
/** The value of a base64 digit, or -1. */
int str_base64_value(uint8_t c);
/** Strict base64 decode ignoring ASCII white space; false at the first bad byte (*bad_at). */
bool str_unbase64(struct arena *arena, struct bytes text, struct bytes *out, size_t *bad_at);

#endif
