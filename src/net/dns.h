/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to the DNS with their DNSSEC state. Part of net.h. */
#ifndef CERTWHY_NET_DNS_H
#define CERTWHY_NET_DNS_H

enum dns_type {
    DNS_A = 1,
    DNS_MX = 15,
    DNS_AAAA = 28,
    DNS_DNSKEY = 48,
    DNS_TLSA = 52,
    DNS_CAA = 257
};

enum dns_result {
    DNS_RECORDS,    /**< there are such records */
    DNS_NO_RECORDS, /**< the name exists and has none of them (RFC 2308 section 2.2) */
    DNS_NO_NAME,    /**< the name does not exist (RFC 2308 section 2.1) */
    DNS_FAILED,     /**< the resolver failed: SERVFAIL and the like */
    DNS_SILENT,     /**< no answer in time */
};
extern const char *const dns_result_names[]; /**< "records" …; ends with NULL */

/** RFC 4033 section 5. */
enum dns_security {
    DNS_UNCHECKED, /**< nobody could check it here */
    DNS_INSECURE,  /**< proven not to be signed */
    DNS_SECURE,    /**< signatures lead from the trust anchor to it */
    DNS_BOGUS,     /**< they should, and do not */
};
extern const char *const dns_security_names[]; /**< "unchecked" …; ends with NULL */

/** A question, and what came. Strings and bytes are the arena's, harmless to print. */
struct dns_answer {
    const char *name; /**< a plain name without a final dot */
    int type;         /**< enum dns_type */
    enum dns_result result;
    enum dns_security security;
    const char *why;       /**< why it is bogus or failed, "" nothing more is known */
    const char *alias;     /**< the name that the records stand at when the one asked for is an
                                alias; "" */
    struct bytes *records; /**< the data of each record (RFC 1035 section 3.2.1) */
    size_t record_count;
    bool cut; /**< there were more than LIMIT_DNS_RECORDS */
};

enum dns_state {
    DNS_NOT_ASKED,
    DNS_ASKED,
    DNS_OFFLINE,     /**< --offline */
    DNS_UNAVAILABLE, /**< libunbound is not installed */
    DNS_UNUSABLE,    /**< it refuses the server or the anchors: see why */
};
extern const char *const dns_state_names[]; /**< "not-asked" …; ends with NULL */

struct dns_seen {
    enum dns_state state;
    const char *why;    /**< of DNS_UNUSABLE, or why nothing is known of signatures; "" */
    const char *server; /**< --dns-server, "" the system's resolvers */
    struct dns_answer *answers;
    size_t count;
};

struct dns_settings {
    const char *server;   /**< "ADDR" or "ADDR:PORT"; "" those of /etc/resolv.conf */
    struct bytes anchors; /**< DS or DNSKEY records, one a line; p NULL: the root's */
    double seconds;       /**< for all questions together */
};
/** Asks what seen->answers name, all at once, through libunbound, which is loaded now. Blocks for
 *  at most settings->seconds; what has not answered then is DNS_SILENT. Never fails: see
 *  seen->state. Where the resolver passes no signatures on, answers are DNS_UNCHECKED and not
 *  bogus: that is the resolver's doing, not the names'. */
void dns_ask(const struct dns_settings *settings, struct arena *arena, struct dns_seen *seen);

/** The answer to this question; NULL: it was not asked. */
const struct dns_answer *dns_find(const struct dns_seen *seen, const char *name, int type);
/** "example.com" of "www.example.com"; NULL above the last label. */
const char *dns_parent(const char *name);

const char *dns_type_text(int type); /**< "CAA"; "?" for what is never asked */
/** A record's data as a zone file has it; what cannot be read as hex. */
const char *dns_record_text(struct arena *arena, const struct dns_answer *answer, size_t i);
/** The first few of them with semicolons, and how many more. */
const char *dns_records_text(struct arena *arena, const struct dns_answer *answer);

/** A CAA record: who may issue (RFC 8659). Views into the data. */
struct caa {
    uint8_t flags;
    bool critical; /**< an issuer that does not know the tag must not issue */
    struct bytes tag, value;
};
bool caa_parse(struct bytes data, struct caa *out);
/** Tags are compared without case. */
bool caa_is(const struct caa *caa, const char *tag);
/** The issuer's domain of an issue or issuewild value; empty: nobody. */
struct bytes caa_issuer(const struct caa *caa);
/** As in a zone file: 0 issue "letsencrypt.org". */
const char *caa_text(struct arena *arena, const struct caa *caa);

/** A TLSA record: what the certificate must be (RFC 6698, RFC 7671). Views into the data. */
struct tlsa {
    uint8_t usage;    /**< 0 PKIX-TA, 1 PKIX-EE, 2 DANE-TA, 3 DANE-EE */
    uint8_t selector; /**< 0 the whole certificate, 1 its public key */
    uint8_t matching; /**< 0 as it is, 1 SHA-256, 2 SHA-512 */
    struct bytes data;
};
bool tlsa_parse(struct bytes data, struct tlsa *out);
/** As in a zone file: 3 1 1 0123…. */
const char *tlsa_text(struct arena *arena, const struct tlsa *tlsa);

#endif
