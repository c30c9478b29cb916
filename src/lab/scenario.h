/* SPDX-License-Identifier: Apache-2.0 */
/* scenario: one broken (or healthy) server as data: what is planted, which certificates it sends,
 * how it behaves, and what its client believes. */
#ifndef CERTWHY_LAB_SCENARIO_H
#define CERTWHY_LAB_SCENARIO_H

#include "pki.h"
#include "tls/tls.h"

enum bind_to {
    BIND_IPV4,
    BIND_IPV6,
    BIND_BOTH /**< one port on both, with the second identity on IPv6 */
};

/** How the server behaves, beside what it sends. */
struct server_plan {
    enum bind_to bind;
    const char *min_version, *max_version; /**< "TLSv1.0" …, NULL: what libssl has */
    const char *sni;          /**< the first identity is for this name only; NULL: for every name */
    const char *second_sends; /**< members of the second identity, NULL: none */
    const char *second_sni;   /**< NULL: for every name */
    bool client_certificate;  /**< demands one */
    const char *accepts;  /**< … issued by these members, and verifies it; NULL: any will do */
    bool refuses_clients; /**< … and has something against each */
    const char *client_schemes; /**< what it may be signed with; NULL: anything */
    bool require_sni;           /**< refuses names that it does not know, and none */
    bool plain_http;
    struct server_fault fault; /**< how it fails before it shows a certificate */
    bool forged_key;           /**< holds another key than the leaf's */
    struct status_plan staple; /**< the OCSP response that it staples; without a source: none */
    char staple_of;            /**< the member that it is about; 0: the leaf */
};

enum { SCENARIO_RULES = 4 };

struct scenario {
    const char *name, *title;
    const char *plants[SCENARIO_RULES]; /**< rules of the causes that a report must name */
    const char *where; /**< per plant, the member at fault; NULL or '-': not compared */
    const char *consequences[SCENARIO_RULES]; /**< rules that may stand beside them */
    struct pki_plan pki;
    const char *sends;          /**< members in wire order */
    const char *trusts;         /**< members that the client trusts; NULL: "R" */
    const char *pool;           /**< members that the client knows, without trust; NULL: none */
    const char *client_name;    /**< NULL: "www.lab.test" */
    const char *client_sni;     /**< NULL: the name; "none" */
    const char *client_shows;   /**< members that the client shows, with the key of M; NULL: none */
    const char *client_timeout; /**< its patience in seconds; NULL: as usual */
    int clock_days;             /**< how far the client's clock is off */
    struct server_plan server;
};

/** All scenarios, in the order of `lab list`. */
const struct scenario *scenario_table(size_t *count);
const char *scenario_client_name(const struct scenario *scenario);
const char *scenario_trusts(const struct scenario *scenario);
/** Nothing is wrong: no finding of severity error or warning may come of it. */
bool scenario_is_healthy(const struct scenario *scenario);
bool scenario_plants(const struct scenario *scenario, const char *rule);
/** The rule may appear: it is planted, or a known consequence of what is. */
bool scenario_expects(const struct scenario *scenario, const char *rule);

/** The scenarios that any of the patterns selects, in table order; all without patterns. A pattern
 * is a name, a shell glob, or the beginning of names. CW_E_USAGE, with the nearest name, for one
 * that selects none. */
enum cw_code scenario_select(const char *const *patterns, size_t pattern_count, struct arena *arena,
                             const struct scenario ***out, size_t *count, struct error *err);

#endif
