/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of judge/ share. */
#ifndef CERTWHY_JUDGE_INTERNAL_H
#define CERTWHY_JUDGE_INTERNAL_H

#include "judge/judge.h"
#include "judge/profile.h"

enum { STORES_MAX = 32 };

/** The subtrees of one CA's nameConstraints. */
struct subtrees {
    struct arena *arena;
    struct subtree *items;
    size_t count, cap;
};

/** What a certificate says of policies: certificatePolicies sorted, policyMappings in order. */
struct policies {
    struct bytes *items;
    size_t count;
    struct policy_mapping *mappings;
    size_t mapping_count;
};

/** What the search needs to know of a node and the report does not. */
struct node_extra {
    int edge_first, edge_count; /**< edges to its candidate issuers, best first */
    bool expanded;
    uint8_t self_issued, self_signed, root; /**< 0 not looked at, 1 no, 2 yes */
    struct subtrees *subtrees;              /**< NULL until they are asked for */
    struct policies *policies;              /**< likewise */
    bool reached; /**< some path from the leaf leads to it over good signatures */
};

/** The last comparison of a leaf's names with the target's. */
struct host_answer {
    const struct behaviour *b;
    const struct cert *leaf;
    bool covered;
    enum fact_id fact;
    int64_t others, compared;
    const char *names;
};

/** The documents beside the chain, sorted by what they are. */
struct papers {
    struct crl **crls;
    const struct document **crl_of; /**< per CRL: where it came from */
    size_t crl_count;
    const struct ocsp **ocsps;
    const struct document **ocsp_of;
    size_t ocsp_count;
    const struct document *staple; /**< readable or not, NULL none */
    const struct cert **signers;   /**< certificates that may have signed a CRL */
    size_t signer_count;
};

/** A certificate that was fetched as somebody's issuer. */
struct fetched_issuer {
    const struct cert *cert;
    const char *where;
};

/** One judgement in progress. */
struct judging {
    const struct judge_input *in;
    const struct observation *obs;
    struct arena *arena;
    struct verdict *out;
    struct graph *graph; /**< &out->graph */
    struct store *pool;  /**< known issuers; NULL while what clients have leads to a root */
    struct store *stores[STORES_MAX];
    size_t store_count;
    const int *store_of; /**< per profile: index into stores */
    int *sent;           /**< node of each wire position */
    size_t sent_count;
    struct fetched_issuer *fetched;
    size_t fetched_count;
    int first;                /**< node of position 0: what clients take for the leaf; -1 none */
    int leaf;                 /**< the leaf that was meant: differs from first in a reversed file */
    struct node_extra *extra; /**< per node */
    size_t extra_cap;
    int *buckets; /**< node index + 1 by certificate hash, open addressing */
    size_t bucket_count;
    struct host_answer host;
    struct stamps *stamps; /**< ct.c: the timestamps of the leaf looked at last */
    struct papers papers;
    const struct cert *client_end; /**< of the client's chain: its issuer is known nowhere; NULL */
    int signatures_left;
    int nc_left;       /**< of the path at hand */
    int nc_total;      /**< of all paths and clients */
    int policies_left; /**< nodes of all policy graphs */
    int steps_left;    /**< of all clients' searches */
};

/** A path with how far it got, and what a verifier says of it. */
struct route {
    int nodes[LIMIT_PATH_LENGTH];
    size_t count;
    bool complete;   /**< its last node is an anchor of the store in question */
    bool too_long;   /**< it ends where the client's limit is, not for want of an issuer */
    bool distrusted; /**< its last node stands in the store as not to be trusted for this */
    uint32_t trusted_for_use; /**< bit per depth: the store says that this use is fine, whatever the
                                 certificate says */
};
/** Depth of what was sent and is not on the path: this and the position. */
enum { DEPTH_ASIDE = 1000 };
struct reasons {
    struct fact *items;
    int *depths;
    size_t count, cap, depth_cap;
    bool search_failed; /**< they are of one path of several, or of none */
};

/* graph.c */
void graph_build(struct judging *j);
/** The node of this certificate, made if need be; -1 when there is no room for more. */
int node_add(struct judging *j, const struct cert *cert, unsigned from,
             const struct origin *origin);
/** Edge from child to issuer, -1 none. */
int graph_edge(const struct judging *j, int child, int issuer);
enum edge_sig edge_signature(struct judging *j, int edge);
bool node_is_self_signed(struct judging *j, int node);
bool node_is_self_issued(struct judging *j, int node);
/** The same name and key: a loop when both are on one path (RFC 4158 section 5.2). */
bool node_is_twin(const struct judging *j, int a, int b);
void limit_hit(struct judging *j, const char *name);

/* path.c */
/** How much a fact speaks against a path being the one that was meant. */
unsigned fact_weight(enum fact_id id);
void paths_enumerate(struct judging *j);
size_t path_clients(const struct judging *j, const struct path *path);

/* check*.c: what `b` objects to on a route, in no particular order */
struct check {
    struct judging *j;
    const struct behaviour *b;
    const struct route *route;
    struct reasons *out;
};
void check_route(struct judging *j, const struct behaviour *b, const struct route *route,
                 struct reasons *out);
/** Only what concerns one certificate while it is a candidate: for pruning a search. */
bool check_candidate(struct judging *j, const struct behaviour *b, const struct route *route);
/** Where on the route an objection lies: the certificate, and for an edge its issuer; -1 none. */
struct place {
    int depth, other;
};
static inline struct place at_depth(int depth)
{
    return (struct place){.depth = depth, .other = -1};
}
static inline struct place between(int depth, int other)
{
    return (struct place){.depth = depth, .other = other};
}
void reason_add(const struct check *c, enum fact_id id, struct place place, int64_t value,
                int64_t limit, const char *text);
/** The same for a certificate that was sent and is not on the route. */
void reason_add_aside(const struct check *c, const struct fact *fact, size_t position);
bool check_is_anchor(const struct check *c, size_t depth);
/** RFC 5280 section 6.1.3 (a): validity, signature, and what the client thinks of its digest. */
void check_validity(const struct check *c, size_t depth);
void check_signature(const struct check *c, size_t depth);
void check_digest(const struct check *c, size_t depth);
/** False for a stored certificate that this client's loader would have refused. */
bool anchor_is_loaded(struct judging *j, const struct behaviour *b, int node);
const struct cert *check_cert(const struct check *c, size_t depth);
void check_keys(const struct check *c, size_t depth);
/** What a parser makes of the key, wherever the certificate stands. */
void check_key_parse(const struct check *c, size_t depth);
void check_usage(const struct check *c, size_t depth);
void check_extensions(const struct check *c, size_t depth);
void check_path_length(const struct check *c);
void check_name_constraints(const struct check *c);
void check_policies(const struct check *c);
void check_encoding(const struct check *c, size_t depth);
/** Each anomaly of the certificate that is in `fatal`, once. */
void check_anomalies(const struct check *c, const struct cert *cert, uint64_t fatal,
                     struct place place);
/** What makes an extension unusable. */
#define ANOMALIES_OF_EXTENSIONS                                                                    \
    (ANOMALY_BIT(EXTENSION_MALFORMED) | ANOMALY_BIT(EXTENSION_DUPLICATE) |                         \
     ANOMALY_BIT(SAN_MALFORMED))
/** The CA/Browser Forum's requirements for public certificates, beyond RFC 5280. */
void check_baseline(const struct check *c);

/** RFC 3820, and X.509v3 extensions as OpenSSL caches them (x509_vfy.c, v3_purp.c). */
void check_proxies(const struct check *c);
/** One certificate against the constraints of one CA, for profiles to which doubt is fatal. */
void check_constraints_of(const struct check *c, size_t ca, size_t depth);
const struct subtrees *subtrees_of(const struct check *c, size_t depth);
/** The leaf against the constraints of all CAs, for profiles that merge them. */
void check_merged_constraints(const struct check *c);
/** The same features in certificates below a CA that has them, for profiles that ask. */
void check_tls_features(const struct check *c);
void check_strict(const struct check *c, size_t depth);
/** The proxies below this certificate, as far as they may be counted: they lengthen what a CA's
 *  pathLenConstraint allows. */
int64_t proxies_below(const struct check *c, size_t depth);
/** The certificate below is a proxy of this one, which therefore is no CA. */
bool check_stands_for_proxy(const struct check *c, size_t depth);
/** The enum crit_bit of an extension, 0 for one that has none. */
unsigned extension_bit(enum oid oid);
/** The certificate has an extension that this client decodes always, and which it cannot decode. */
bool cert_is_invalid(const struct behaviour *b, const struct cert *cert);
bool cert_is_unread(const struct behaviour *b, const struct cert *cert);

/* ct.c */
void check_ct(const struct check *c);
/** When the first log saw the certificate; TIME_NONE: it has no timestamp, or logs are not known.
 */
cw_time ct_first_timestamp(struct judging *j, const struct cert *leaf, const struct cert *issuer);
/** A leaf that programmes have rules for: of a server, and no CA that somebody looks at by itself.
 */
bool leaf_is_servers(const struct cert *leaf);
/** calendar.c: rules for public roots that hold from a date on. */
void check_public(const struct check *c);
/** The route's anchor stands in this root programme (data/roots); PROGRAMME_COUNT: in a browser's.
 */
bool anchor_is_public(const struct check *c, enum programme programme);

/* host.c */
void check_host(const struct check *c);
/** True when the names of a certificate cover the target under these rules. */
/** Compares what the addresses of a name show (addresses.c). */
void facts_of_every_address(struct judging *j);
/** Compares what the addresses serve with --expect's file (expect.c). */
void facts_of_expected(struct judging *j);
bool host_matches(const struct behaviour *b, const struct cert *cert, const struct target *target);
/** One presented dNSName pattern against a reference name. */
bool host_pattern_matches(const struct behaviour *b, const char *pattern, const char *host);
/** A presented dNSName against the target's host, trailing dot and all. */
bool host_presented_matches(const struct behaviour *b, const char *presented,
                            const struct target *target);
/** The names of a certificate for people: "a.example, *.b.example, 192.0.2.1 and 12 more". */
char *host_names_text(struct arena *arena, const struct cert *cert, size_t max);

/* server.c: facts about the endpoint, the chain as sent, the file */
void facts_of_endpoint(struct judging *j);
void facts_of_attempts(struct judging *j);
/* client.c: facts about the certificate that the client shows to the server */
/** What the server's demand for a client certificate came to. False: it made none, or went on. */
bool fact_of_client_refusal(struct judging *j, const struct handshake *hs);
void facts_of_client(struct judging *j, const struct handshake *hs);
void facts_of_sent(struct judging *j);
/* interceptor.c */
void facts_of_interception(struct judging *j);
/* clock.c */
void facts_of_clock(struct judging *j);
/* dns.c */
void facts_of_dns(struct judging *j);
int fact_intern(struct judging *j, const struct fact *fact);

/* standing.c: what the documents at hand say of the certificates */
void papers_collect(struct judging *j);
bool has_papers(const struct judging *j);
/** Of the certificate at this depth of a path, the last one excepted; worked out once. */
struct standing *standing_of(struct judging *j, const int *path, size_t count, size_t depth);

/** Is the last certificate of this path a root of some root programme? */
bool path_is_public(const struct judging *j, const int *path, size_t count);

/* check_revocation.c: what a client makes of it */
void check_revocation(const struct check *c);
/** Of a client that accepts: does it overlook what is revoked, or is that left to its own list? */
void note_revoked(struct judging *j, const struct behaviour *b, const struct route *route,
                  struct client_verdict *out);
/** Facts about the sources of the best path: unreachable, stale, unknown, none. */
void facts_of_revocation(struct judging *j);

/* wants.c: what judging would have liked to see */
void wants_collect(struct judging *j);

/* engine.c */
void client_judge(struct judging *j, size_t profile_index, struct client_verdict *out);
/** The route that a client of this behaviour chooses, with its objections. True: it accepts. */
bool route_choose(struct judging *j, const struct behaviour *b, int store, struct route *out,
                  struct reasons *reasons);
/** Counts one step of a client's search. False: it has taken as many as it may. */
bool search_step(struct judging *j, const struct behaviour *b, size_t *steps);
bool edge_suits(struct judging *j, const struct behaviour *b, int edge);
/** Did this client fetch it? Only what its behaviour fetches, and by which protocol. */
bool node_is_fetched_by(const struct behaviour *b, const struct node *node);
/** list.c, greedy.c, search.c: one strategy each; the route is complete or ends where it got stuck.
 */
/** OpenSSL's idea of self-signed: key identifiers, authority's issuer and kind of key fit as well.
 */
bool node_is_root(struct judging *j, int node);
void route_greedy(struct judging *j, const struct behaviour *b, int store, struct route *out);
void route_list(struct judging *j, const struct behaviour *b, int store, struct route *out);
bool route_search(struct judging *j, const struct behaviour *b, int store, struct route *out);
/** iterate.c, java.c, ordered.c, topdown.c: those of BoringSSL, Java, mbedTLS and wolfSSL. */
bool route_iterate(struct judging *j, const struct behaviour *b, int store, struct route *out,
                   struct reasons *reasons);
bool route_list_or_search(struct judging *j, const struct behaviour *b, int store,
                          struct route *out, struct reasons *reasons);
void route_ordered(struct judging *j, const struct behaviour *b, int store, struct route *out);
void route_top_down(struct judging *j, const struct behaviour *b, int store, struct route *out,
                    struct reasons *reasons);
/** After a failed search: the candidate path that this client minds least. */
void route_least_bad(struct judging *j, const struct behaviour *b, int store, struct route *out,
                     struct reasons *reasons);
/** Names as mbedTLS compares them (x509_crt.c x509_name_cmp). */
bool name_equal_printable(struct bytes a, struct bytes b);

/* placeholder.c: what {key} stands for in a client's words; "" for an unknown key */
const char *placeholder_value(struct judging *j, const struct fact *fact, struct bytes key);

/* spell.c: more of them, which libraries spell their own way */
const char *spell_value(struct judging *j, const struct fact *fact, struct bytes key);

/* message.c */
/** A client's words for a fact at a depth of its path, its own or its parents'; NULL none. */
const struct words *words_of(const struct profile *profile, const struct fact *fact, int depth);
/** alert.c: what the client sends for one complaint, or for all of them together; ALERT_NONE. */
int alert_of(const struct profile *profile, const struct fact *fact, int depth);
int alert_of_all(const struct profile *profile, const struct reasons *reasons);
void client_speak(struct judging *j, const struct reasons *reasons, struct client_verdict *out);

#endif
