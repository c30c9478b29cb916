/* SPDX-License-Identifier: Apache-2.0 */
/* What every renderer says in the same words: small helpers, private to report/. */
#ifndef CERTWHY_REPORT_SHOW_H
#define CERTWHY_REPORT_SHOW_H

#include "report/report.h"

/** A second lock on the door: text that should be harmless already is returned as it is when it is
 *  (its backslashes are escapes), else made so. NULL becomes "". */
const char *show_guard(struct arena *arena, const char *s);
/** Foreign bytes, made harmless. */
const char *show_bytes(struct arena *arena, struct bytes b);

/** "www.example.com:443", "[::1]:4443", or the file's name. */
const char *show_target(struct arena *arena, const struct target *target);

/** "leaf", "intermediate" or "root". */
const char *show_role(const struct verdict *verdict, size_t chain_index);
/** "sent", "file", "fetched", "pool" or "store". */
const char *show_origin(const struct target_report *target, size_t chain_index);
/** "public", "private", "self" or "unknown". */
const char *show_issued(enum issued_by issued);
const struct node *show_node(const struct verdict *verdict, size_t chain_index);
const struct cert *show_cert(const struct verdict *verdict, size_t chain_index);

/** What is known about whether a certificate is revoked. */
struct show_revocation {
    const char *status;          /**< "good", "revoked", "unknown", "no-source", "not-needed" */
    const char *from;            /**< "staple", "ocsp", "crl"; NULL: nobody said anything */
    const char *source;          /**< address, file or "(stapled)"; NULL */
    const char *why;             /**< unknown: what stood in the way; "" */
    bool doubtful;               /**< … which may be this machine's own fault */
    const struct answer *answer; /**< NULL without a source */
};
/** False for certificates that nobody would ask about: roots, and what is not on the path. */
bool show_revocation(const struct target_report *target, size_t chain_index,
                     struct show_revocation *out);
/** Is there a finding that a certificate is revoked? */
bool show_has_revoked(const struct target_report *target);

/** The names of a certificate's SAN, harmless; at most LIMIT_NAMES_SHOWN each, the rest is counted.
 */
struct show_names {
    const char **dns, **ip;
    size_t dns_count, ip_count, more;
};
void show_names(struct arena *arena, const struct cert *cert, struct show_names *out);

/** How many of the clients looked at trust this node as an anchor. */
size_t show_trusting(const struct target_report *target, const struct node *node);

/** Whether the server proved to hold the leaf's key: "proven", "refuted" or "not-checked". */
const char *show_possession(const struct handshake *handshake);
/** What the server makes of the client's certificate, or of there being none: "not-requested",
 *  "not-sent", "sent" (and no objection was heard), "accepted", "refused". */
const char *show_client_outcome(const struct handshake *handshake);
/** The same as a sentence about the certificate that was given; "" when nothing is worth saying. */
const char *show_client_sentence(struct arena *arena, const struct target_report *target);
const char *show_handshake_result(enum handshake_result result); /**< "done", "alert" … */
/** Did the way to the endpoint lead through a proxy? */
bool show_has_proxy(const struct observation *observation);
const char *show_net_result(enum net_result result); /**< "ok", "refused" … */
const char *show_pairing(enum key_pairing pairing);  /**< "pairs" … */

void render_text(const struct report *report, const struct render_options *options,
                 struct buf *out);
void render_json(const struct report *report, const struct render_options *options,
                 struct buf *out);
void render_ndjson(const struct report *report, const struct render_options *options,
                   struct buf *out);

#endif
