/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of an audit share. */
#ifndef CERTWHY_OBSERVE_AUDIT_H
#define CERTWHY_OBSERVE_AUDIT_H

#include "internal.h"

enum {
    AUDIT_SUITES_MAX = 400, /* of the registry, for one version */
    AUDIT_GROUPS_MAX = 64,
    AUDIT_SCHEMES_MAX = 32,
};

/** Numbers to offer. */
struct offered {
    uint16_t items[AUDIT_GROUPS_MAX];
    size_t count;
};

/** One audit in progress. */
struct asking {
    const struct audit_options *options;
    struct audit *audit;
    struct arena *arena;  /**< the audit's */
    struct arena scratch; /**< of the last answer alone */
    struct deadline until;
    struct offered groups, schemes; /**< all that there are */
    size_t received;                /**< octets of all answers */
    unsigned silent;                /**< questions that were not answered in time */
    int64_t started_us, said_us;
    uint8_t random[32];
};

/** Dials, with what the scheme says before TLS. False: the audit notes why. */
bool audit_dial(struct asking *a, struct deadline deadline, struct line *line);
/** One question. False: it could not be asked. The answer lives until the next question. */
bool audit_ask(struct asking *a, const struct hello_offer *offer, struct server_answer *out);
/** Everything that a version can have, with these suites. */
struct hello_offer audit_offer(const struct asking *a, int version, const uint16_t *suites,
                               size_t count);
/** Did the server agree on that version? */
bool audit_chosen(const struct server_answer *answer, int version);
/** A refusal in good order, by an alert or in another version: the server has read the question. */
bool audit_refused(const struct server_answer *answer);
/** Adds what is new to a list. */
void audit_list_add(struct audit_list *list, unsigned item);
/** `all` without those of the list, in their order. */
struct offered offered_left(const struct offered *all, const struct audit_list *seen);
/** Takes one out; false: it is not there. */
bool offered_drop(struct offered *offered, unsigned item);
/** What every answer tells besides. */
void audit_note(struct asking *a, const struct server_answer *answer);
void audit_leaf(struct asking *a, struct bytes der);
/** The newest accepted version from index `from` on; NULL none. */
struct audit_version *audit_newest(struct audit *audit, size_t from);

/** audit_survey.c: preferences, groups, signature schemes and extensions of one version. */
void audit_survey(struct asking *a, struct audit_version *v, bool newest);
/** audit_session.c: certificates that TLS 1.3 hides, ALPN, tickets, and HTTP. */
void audit_sessions(struct asking *a);

#endif
