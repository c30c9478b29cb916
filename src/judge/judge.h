/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of judge/: a pure function of observation + stores + profiles + time → facts,
 * candidate paths and one verdict per client. Touches no network, clock, environment, file or
 * global.
 *
 * Facts are the same for every client and are computed for all candidate certificates, edges and
 * paths. A profile is data: which path a client would choose, which facts are fatal to it, its
 * words. Indexes: `node` into graph.nodes, `fact` into facts, `chain` into verdict.chain. */
#ifndef CERTWHY_JUDGE_H
#define CERTWHY_JUDGE_H

#include "record/record.h"

/* ---- the graph: who could have issued whom ---- */

enum node_from {
    FROM_SENT = 1,    /**< in the observed chain */
    FROM_STORE = 2,   /**< a member of a store: a possible trust anchor */
    FROM_POOL = 4,    /**< --pool: known, not trusted */
    FROM_FETCHED = 8, /**< AIA */
    FROM_HTTP = 16,   /**< … and by HTTP, as browsers ask; not only by LDAP */
};
struct node {
    const struct cert *cert; /**< owned by observation, store or pool */
    unsigned from;           /**< OR of enum node_from */
    int position;            /**< first wire position, -1 not sent */
    uint32_t stores;         /**< bit per input.stores index that holds it as an anchor */
    struct origin origin;
};

enum edge_sig { EDGE_SIG_GOOD, EDGE_SIG_BAD, EDGE_SIG_UNSUPPORTED, EDGE_SIG_UNCHECKED };
enum edge_aki { AKI_ABSENT, AKI_MATCH, AKI_MISMATCH };
/** `issuer`'s subject is `child`'s issuer name. */
struct edge {
    int child, issuer;
    bool same_der;               /**< names equal byte for byte, not only by RFC 5280 7.1 */
    enum edge_aki key_id;        /**< keyIdentifier against subjectKeyIdentifier */
    enum edge_aki issuer_serial; /**< authorityCertIssuer and serial number */
    enum edge_sig signature;
    uint8_t
        likely; /**< names and kind of key agree as OpenSSL wants: 0 not looked at, 1 no, 2 yes */
};
struct graph {
    struct node *nodes;
    size_t node_count, node_cap;
    struct edge *edges;
    size_t edge_count, edge_cap;
};

/* ---- facts ---- */

enum fact_id {
#define FACT(id, rule, reference) FACT_##id,
#include "facts.def"
#undef FACT
    FACT_COUNT,
};
/** What a certificate's timestamps lack: offset of FACT_CT_TOO_FEW. */
enum ct_lack {
    CT_LACKS_NOTHING,
    CT_LACKS_NUMBER,
    CT_LACKS_OPERATORS, /**< all are of one operator */
    CT_LACKS_CURRENT,   /**< all are of retired logs */
    CT_LACKS_RFC6962,   /**< all are of static logs */
};

/** The product whose CAs have such names (data/interceptors); NULL: none that is known. */
const char *interceptor_find(struct arena *arena, struct bytes name);
/** What a set of CAA records says of one CA: limit of FACT_CAA_FORBIDS. */
enum caa_verdict {
    CAA_ALLOWS,
    CAA_OTHERS,           /**< others may issue, and it may not */
    CAA_NOBODY,           /**< nobody may */
    CAA_UNKNOWN_CRITICAL, /**< a critical tag that no CA knows */
    CAA_UNCLEAR,          /**< the records cannot be read */
};
/** The identifiers of the CA that issued this certificate, with blanks, the usual one first; NULL:
 *  its organisation is not known (data/caa). */
const char *caa_identifiers(struct arena *arena, const struct cert *leaf);
/** The records that count for a name (RFC 8659 section 3); NULL: there are none, or a question on
 *  the way has no answer. */
const struct dns_answer *caa_relevant(const struct dns_seen *dns, const char *name);
/** RFC 8659 section 4. */
enum caa_verdict caa_judge(const struct dns_answer *answer, const char *identifiers, bool wildcard);
/** Selector and matching type of RFC 6698 section 2.1, whatever the usage. */
bool tlsa_matches(const struct tlsa *tlsa, const struct cert *cert);

/** One checkable truth. */
struct fact {
    enum fact_id id;
    int node;         /**< the certificate it is about, -1: the endpoint or file */
    int other;        /**< the issuer, for facts about an edge; else -1 */
    int64_t value;    /**< seconds past, bits, count … see facts.def */
    int64_t limit;    /**< what value was compared with */
    const char *text; /**< harmless evidence text, "" none */
    uint32_t offset;  /**< byte offset in the certificate, for anomalies */
    bool on_best;     /**< the fact lies on the best path (or on leaf, name, endpoint) */
};
const char *fact_rule(enum fact_id id);      /**< default rule, "validity.expired" */
const char *fact_reference(enum fact_id id); /**< "RFC 5280 section 6.1.3 (a)(2)" */
const char *fact_name(enum fact_id id);      /**< "expired" */

/* ---- revocation ---- */

/** Who said whether a certificate is revoked. */
enum answer_from { ANSWER_STAPLE, ANSWER_OCSP, ANSWER_CRL, ANSWER_FROMS };
enum answer_status { ANSWER_UNKNOWN, ANSWER_GOOD, ANSWER_REVOKED };
/** What the documents of one kind say of a certificate (RFC 6960 section 3.2, RFC 5280 section
 *  6.3). */
struct answer {
    enum answer_status status;
    const struct document *source; /**< that decided it, or came nearest; NULL: none is about it */
    int result;                    /**< what the source came to: enum source_result */
    const char *why;               /**< the same in words; "" without a source */
    bool is_crl;
    cw_time this_update, next_update; /**< TIME_NONE unknown */
    cw_time revoked_at, invalidity;   /**< TIME_NONE unless revoked */
    int reason;                       /**< enum revocation_reason */
};
/** What is known of one certificate under one issuer. */
struct standing {
    int node, issuer;
    struct answer by[ANSWER_FROMS];
    const char *obstacle; /**< why a source gave nothing: "http://…: HTTP status 404"; "" */
    bool may_be_ours;     /**< … which may be the fault of this machine: it resolves no names */
};
/** The answer that counts: the gravest that is certain, else what came nearest. */
const struct answer *standing_answer(const struct standing *standing);
/** Lives so short that its CA need not say whether it is revoked (CA/Browser Forum Baseline
 *  Requirements section 1.6.1, "Short-lived Subscriber Certificate"). */
bool cert_is_short_lived(const struct cert *cert);

/* ---- paths ---- */

/** A candidate path: leaf first. Incomplete ones end where no issuer was found. */
struct path {
    int *nodes;
    size_t count;
    bool complete;   /**< ends at an anchor of some store */
    uint32_t stores; /**< which stores hold its last certificate */
    int *facts;      /**< facts about its certificates, edges and as a whole */
    size_t fact_count;
    unsigned cost; /**< how much is wrong with it: the best path has the least */
};

/* ---- clients ---- */

enum evidence { EVIDENCE_MEASURED, EVIDENCE_DOCUMENTED };
struct profile;
const char *profile_name(const struct profile *profile);           /**< "curl@7.88" */
const char *const *profile_aliases(const struct profile *profile); /**< NULL-terminated */
enum evidence profile_evidence(const struct profile *profile);
/** Its newest version is TLS 1.2. */
bool profile_lacks_tls13(const struct profile *profile);
const char *profile_measured_with(
    const struct profile *profile);                       /**< "curl 7.88.1 / OpenSSL 3.0.22" */
const char *profile_title(const struct profile *profile); /**< "curl" for people */
const char *profile_note(const struct profile *profile);  /**< one line: how it decides */
/** Whose trust store it uses ("system", "curl", "java"): a name of trust/clients.def. */
const char *profile_store(const struct profile *profile);
/** One thing that a client says: {…} stands for what varies. */
struct saying {
    const char *text;
    const char *code;  /**< of the client, for {code}; NULL none */
    enum fact_id fact; /**< why */
};
/** The i-th of what a profile can say in words of its own (its parent's not counted); false: there
 *  are no more. */
bool profile_saying(const struct profile *profile, size_t i, struct saying *out);
/** What it does about revocation when nobody tells it to: "nothing", "checks a staple". */
const char *profile_revocation(const struct profile *profile);
/** How to make it look, a command or a setting; "" when it cannot. */
const char *profile_looks(const struct profile *profile);
/** The profiles that are asked unless others are chosen; *count of them. */
const struct profile *const *profile_table(size_t *count);
/** Every profile that can be chosen by name, those of profile_table() first. */
const struct profile *const *profile_all(size_t *count);
/** By name or alias; NULL unknown. */
const struct profile *profile_find(const char *name);

/** Why one client rejects: a fact that is fatal to it, where on its path. */
struct reason {
    enum fact_id fact;
    int node, other; /**< as in the fact */
    int depth;       /**< position on the client's path, -1 the endpoint */
    int64_t value;   /**< as in the fact */
    const char *text;
    bool later; /**< it would reject for this too, once its present reasons are cured */
};
struct client_verdict {
    const struct profile *profile;
    int accepts;         /**< 1, 0, or -1: no certificate was seen or not modelled */
    const char *message; /**< verbatim, variable parts filled in; "" when it accepts */
    const char *code;    /**< "20", "CERT_HAS_EXPIRED"; "" none */
    const char *gist;    /**< the message without what this client puts around each one */
    int alert;           /**< that it sends (RFC 8446 section 6.2); -1: none, or not known */
    int said;            /**< index of the reason that the message tells, -1 none */
    int *path;           /**< nodes of the path it chose, leaf first */
    size_t path_count;
    struct reason *reasons;
    size_t reason_count, reason_cap;
    const char *unmodelled; /**< "CRLSet": a list of its own that is not modelled may hold what is
                               revoked here, so that accepts is -1; NULL none */
    bool blind;             /**< it accepts a certificate that is revoked: it does not look */
    const char *unknown;    /**< another reason why accepts is -1, as a sentence's end; NULL none */
    bool name_judged;       /**< false: no name was given, so names were not compared */
};

/* ---- the whole ---- */

struct chain_entry {
    int node;
    int position; /**< wire index, -1 for certificates that were not sent */
};
enum issued_by { ISSUED_PUBLIC, ISSUED_PRIVATE, ISSUED_SELF, ISSUED_UNKNOWN };

/** What an address serves, compared with --expect's file. */
enum expect_result {
    EXPECT_UNSEEN, /**< nothing was shown there */
    EXPECT_SAME,
    EXPECT_OLD,        /**< the file's certificate is newer */
    EXPECT_CHAIN,      /**< the same leaf with other certificates behind it, or in another order */
    EXPECT_NEWER,      /**< the server's is newer */
    EXPECT_OTHER_NAME, /**< the file's is not for the name that the client uses */
    EXPECT_OTHER,
};

struct verdict {
    struct graph graph;
    struct fact *facts;
    size_t fact_count, fact_cap;
    struct path *paths;
    size_t path_count, path_cap;
    int best;                  /**< index of the best path, -1 none */
    struct chain_entry *chain; /**< as sent, then the other certificates of the best path */
    size_t chain_count;
    enum issued_by *issued; /**< per chain entry */
    struct client_verdict *clients;
    size_t client_count;
    struct want *wants;
    size_t want_count, want_cap;
    struct standing **standings; /**< of the certificates that were asked about */
    size_t standing_count, standing_cap;
    enum expect_result *expected; /**< per connection: --expect; NULL: it was not given */
    const char **limits_hit;      /**< names of budgets that were spent */
    size_t limit_count;
};

/** Everything judge() looks at. stores[i] is what profiles[i] trusts; entries may repeat. */
struct judge_input {
    const struct observation *observation;
    const struct profile *const *profiles;
    struct store *const *stores;
    size_t profile_count;
    struct store *pool; /**< known issuers, not trusted; NULL none */
    bool public_store;  /**< the stores are the system's public roots, not --only-ca */
    cw_time at;
    struct bytes roots;   /**< a newer table of roots as text (trust/standing.c); p NULL: the one
                             that is compiled in */
    struct bytes ct_logs; /**< the table of logs as text (trust/ct.c); p NULL: Certificate
                             Transparency is not judged */
    /** Is this domain a public suffix ("co.uk", "github.io")? NULL: not asked. */
    bool (*is_public_suffix)(const char *domain);
    /** Is this a root of a public CA, by its fingerprint? NULL: whatever a public store holds is.
     */
    bool (*is_public_root)(const struct cert *cert);
    /** The same without the list's private part: where registries register. NULL: only top-level
     *  domains are. */
    bool (*is_registry_suffix)(const char *domain);
    struct sig_memo *memo; /**< shared by all judgements of a run */
};

/** Judges. Deterministic: the same input gives the same verdict, byte for byte. */
void judge(const struct judge_input *input, struct arena *arena, struct verdict *out);

/** Chain index of a node, -1 when the report's chain does not show it. */
int verdict_chain_index(const struct verdict *verdict, int node);
/** What is known about whether this certificate is revoked, under its issuer on the best path; NULL
 *  when no document was at hand. */
const struct standing *verdict_standing(const struct verdict *verdict, int node);
/** … under this issuer, whatever the path. */
const struct standing *verdict_standing_under(const struct verdict *verdict, int node, int issuer);
/** First fact of this id about this node (-2: any), or NULL. */
const struct fact *verdict_fact(const struct verdict *verdict, enum fact_id id, int node);
bool client_has_reason(const struct client_verdict *client, enum fact_id fact, int node);

/* The judgement of configurations; it needs nothing of the above. */
#include "config.h"

#endif
