/* SPDX-License-Identifier: Apache-2.0 */
/* A client profile: how one verifier behaves, as data. Each field is an axis on which real
 * verifiers were measured to differ; data/profiles/ holds the evidence. A zero field is the most
 * common behaviour, so a table states only what differs. */
#ifndef CERTWHY_JUDGE_PROFILE_H
#define CERTWHY_JUDGE_PROFILE_H

#include "judge/judge.h"
#include "judge/revocation.h"

/** How a client finds its path. */
enum strategy {
    STRATEGY_DFS, /**< depth first, tries the next candidate after a defect (Go, browsers, webpki)
                   */
    STRATEGY_GREEDY, /**< trusted first, one choice per step, never back (OpenSSL) */
    STRATEGY_LIST,   /**< sorts what was sent, cuts it at the first trusted issuer (GnuTLS) */
    STRATEGY_LIST_OR_SEARCH, /**< the list as it was sent if it leads to an anchor's name, and then
                                nothing else; a search if not (Java) */
    STRATEGY_ORDERED,  /**< one issuer per step, never back, only what stands further on in the
                          list (mbedTLS) */
    STRATEGY_TOP_DOWN, /**< every sent certificate, last first, each good CA being one more that
                          may sign (wolfSSL) */
    STRATEGY_ITERATE,  /**< depth first, whole paths are judged, every look for an issuer counts
                          (BoringSSL's path builder) */
};
enum name_equality {
    EQUAL_DER,
    EQUAL_CANONICAL,
    EQUAL_TEXT,      /**< string type ignored, case not */
    EQUAL_PRINTABLE, /**< case ignored, in UTF8Strings and PrintableStrings of equal length */
};
enum akid_use { AKID_IGNORE, AKID_KEY, AKID_KEY_AND_SERIAL };
enum anchor_pick { ANCHOR_ALL, ANCHOR_FIRST, ANCHOR_LAST };
/** A name of a kind that is not compared, under a constraint on that kind. */
enum nc_kind {
    NC_KIND_IGNORED,
    NC_KIND_FATAL_IF_CRITICAL,
    NC_KIND_FATAL,
};

/** Constraints of the CAs of a path: RFC 5280's, each by itself, or as GnuTLS merges them. */
enum nc_merge {
    NC_EACH,
    NC_MERGED,       /**< 3.8.13 */
    NC_MERGED_3_7,   /**< case counts, and some constraints get lost */
    NC_MERGED_3_7_1, /**< … and no otherName is known */
};

enum anchor_bc {
    ANCHOR_BC_IF_PRESENT,
    ANCHOR_BC_REQUIRED,
    ANCHOR_BC_OR_CERT_SIGN, /**< keyCertSign does instead */
    ANCHOR_BC_NONE,
    ANCHOR_BC_ROOT_MAY_LACK,       /**< only a self-signed one may be without */
    ANCHOR_BC_REQUIRED_WITH_USAGE, /**< needed when there is a keyUsage */
    ANCHOR_BC_OR_LEGACY, /**< or keyCertSign, a self-signed version 1, or Netscape's type */
};
enum anchor_v1 { ANCHOR_V1_ANY, ANCHOR_V1_SELF_SIGNED, ANCHOR_V1_NO };
enum cn_use { CN_NEVER, CN_NO_DNS_SAN, CN_NO_DNS_OR_IP_SAN, CN_NO_SAN };
enum cn_pick { CN_ANY, CN_LAST, CN_SINGLE };
enum empty_san { EMPTY_SAN_PRESENT, EMPTY_SAN_ABSENT };
enum leaf_ku {
    LEAF_KU_DIGITAL_SIGNATURE,
    LEAF_KU_ANY_SERVER_USE,
    LEAF_KU_IGNORE,
    LEAF_KU_ANY_CLIENT_USE, /**< digitalSignature or keyAgreement */
};
/** RFC 3820: proxyCertInfo is an extension like any other; refused wherever it occurs; processed.
 */
enum proxy_use { PROXY_ANY_EXTENSION, PROXY_REFUSED, PROXY_ALLOWED };
enum policy_use { POLICY_IGNORE, POLICY_CRITICAL_FATAL, POLICY_PROCESS };

enum digest_bit {
    DENY_MD2 = 1,
    DENY_MD4 = 2,
    DENY_MD5 = 4,
    DENY_SHA1 = 8,
    DENY_SHA224 = 16,
    DENY_UNKNOWN = 32, /**< a signature algorithm whose strength the client does not know */
    DENY_SHA512 = 64,
};
enum key_bit {
    KEYS_SECP256K1 = 1,
    KEYS_BRAINPOOL = 2,
    KEYS_P224 = 4,
    KEYS_P521 = 8,
    KEYS_ED25519 = 16,
    KEYS_ED448 = 32,
    KEYS_PSS = 64,
    KEYS_DSA = 128,
    KEYS_P192 = 256,
};
enum wildcard_bit {
    WILD_PREFIX = 1 /**< w* */,
    WILD_SUFFIX = 2 /**< *w */,
    WILD_MIDDLE = 4 /**< w*w */
};
/** What is looked at in each certificate that was sent, whether it is needed or not. */
enum parse_bit {
    PARSE_ENCODING = 1, /**< anomalies_fatal */
    PARSE_CRITICAL = 2, /**< critical extensions are a matter of the parser */
    PARSE_KEYS = 4,     /**< so are curves */
};
enum underscore_use { UNDERSCORE_ANY, UNDERSCORE_EXACT, UNDERSCORE_NONE };
enum anchor_skip { SKIP_TIME = 1, SKIP_EKU = 2, SKIP_KU = 4, SKIP_CRIT = 8 };

/** Does a client ask whether a certificate is revoked? */
enum lookup {
    LOOKUP_NONE,
    LOOKUP_SOFT, /**< it asks, and goes on when there is no answer */
    LOOKUP_HARD, /**< no good answer, no connection */
};

/** What may be wrong with a stapled response. */
#define STAPLE_REVOKED SOURCE_BIT(REVOKED)
#define STAPLE_UNKNOWN (SOURCE_BIT(UNKNOWN) | SOURCE_BIT(NOT_YET))
#define STAPLE_OLD (SOURCE_BIT(STALE) | SOURCE_BIT(TOO_OLD))
#define STAPLE_BROKEN                                                                              \
    (SOURCE_BIT(ERROR) | SOURCE_BIT(MALFORMED) | SOURCE_BIT(DATA_MALFORMED) | SOURCE_BIT(OTHER) |  \
     SOURCE_BIT(CRITICAL) | SOURCE_BIT(NO_SIGNER) | SOURCE_BIT(SIGNER_UNFIT) |                     \
     SOURCE_BIT(BAD_SIGNATURE))

/** Critical extensions that a client handles; all others are fatal when critical. */
enum crit_bit {
    CRIT_KU = 1 << 0,
    CRIT_SAN = 1 << 1,
    CRIT_IAN = 1 << 2,
    CRIT_BC = 1 << 3,
    CRIT_NC = 1 << 4,
    CRIT_CP = 1 << 5,
    CRIT_PC = 1 << 6,
    CRIT_PM = 1 << 7,
    CRIT_IAP = 1 << 8,
    CRIT_EKU = 1 << 9,
    CRIT_CRLDP = 1 << 10,
    CRIT_NSCT = 1 << 11,
    CRIT_AKI = 1 << 12,
    CRIT_SKI = 1 << 13,
    CRIT_AIA = 1 << 14,
    CRIT_TLSF = 1 << 15,
    CRIT_RFC3779 = 1 << 16,
    CRIT_PROXY = 1 << 17,
    CRIT_NO_CHECK = 1 << 18,
    CRIT_SCT = 1 << 19,
    CRIT_MS_POLICIES = 1 << 20, /**< Microsoft's application policies, beside an extendedKeyUsage */
    CRIT_RFC5280 =
        CRIT_KU | CRIT_SAN | CRIT_BC | CRIT_NC | CRIT_CP | CRIT_PC | CRIT_PM | CRIT_IAP | CRIT_EKU,
};

#define ANOMALY_BIT(id) (UINT64_C(1) << ANOMALY_##id)
/** What every verifier that was measured refuses. */
#define ANOMALIES_FATAL_TO_ALL                                                                     \
    (ANOMALY_BIT(MALFORMED) | ANOMALY_BIT(ALGORITHMS_DIFFER) | ANOMALY_BIT(EXTENSION_DUPLICATE) |  \
     ANOMALY_BIT(EXTENSION_MALFORMED) | ANOMALY_BIT(EXTENSION_TRAILING) |                          \
     ANOMALY_BIT(SAN_MALFORMED) | ANOMALY_BIT(TIME_UNREADABLE) | ANOMALY_BIT(KEY_MALFORMED) |      \
     ANOMALY_BIT(NAME_MALFORMED))

/** Whose rules for public roots hold, for roots of its own programme: Certificate Transparency
 *  (ct.c), and what has a date (calendar.c). */
enum ct_use {
    CT_NONE,
    CT_CHROME,
    CT_FIREFOX,
    CT_APPLE,
    CT_ANY, /**< what all of them ask for */
};
/** The behaviour of a verifier. Booleans are named so that false is the common case. */
struct behaviour {
    /* path building */
    enum strategy strategy;
    enum name_equality names;
    bool anchor_names_der; /**< a store is asked for names byte for byte, whatever `names` says */
    enum akid_use akid;
    enum anchor_pick anchor_pick;
    unsigned max_sent;          /**< certificates a server may send; 0: no limit */
    unsigned max_intermediates; /**< 0: no limit of its own */
    bool no_intermediates;
    unsigned max_steps;                /**< search steps, 0: LIMIT_PATH_STEPS */
    unsigned max_signatures;           /**< checked in one search; 0: LIMIT_SIGNATURES */
    unsigned search_max_intermediates; /**< of a path that a search found; 0: no limit */
    unsigned sent_all_parsed; /**< enum parse_bit: one sent certificate that fails ends it all */
    unsigned anchor_parsed;   /**< enum parse_bit: an anchor that fails is not in the store */
    bool fetches_aia;         /**< by HTTP */
    bool fetches_ldap;        /**< and by LDAP */
    bool sent_all_read; /**< every certificate that was sent is decoded before any is judged, so
                           that one which cannot be ends it all */
    unsigned cached_extensions; /**< enum crit_bit: when one of these occurs twice or cannot be
                                   decoded, the certificate neither issues nor was issued */
    bool leaf_key_decoded;      /**< a leaf whose key cannot be decoded is refused */
    bool not_after_excluded;    /**< a certificate has expired at notAfter, not only after it */
    unsigned max_days;          /**< that a leaf may be valid, when it was issued … */
    cw_time max_days_since;     /**< … since then; 0: no such bound */
    unsigned times_refused;     /**< enum der_time_fault that makes a time unreadable */
    enum proxy_use proxies;
    /* anchors */
    bool anchor_self_signature; /**< a root's signature of itself is checked */
    bool anchor_must_be_root;   /**< a CA that is not self-signed is no anchor */
    bool anchor_issued_leaf; /**< a leaf that stands in the store is trusted although a CA issued it
                              */
    bool anchor_leaf_needs_no_ca, anchor_leaf_needs_ca; /**< of a self-signed leaf in the store */
    unsigned
        anchor_leaf_skips;  /**< enum anchor_skip: not checked on a leaf that is its own anchor */
    bool leaf_under_itself; /**< a self-signed leaf in the store is judged as issued by itself: as a
                               leaf, and once more as an anchor */
    bool anchor_leaf_signature; /**< checks the digest of a trusted leaf's own signature */
    bool anchor_time_ignored, anchor_pathlen_ignored, anchor_nc_ignored, anchor_crit_ignored;
    bool anchor_cert_sign_ignored;
    enum anchor_bc anchor_bc;
    enum anchor_v1 anchor_v1;
    bool anchor_eku; /**< extendedKeyUsage of the anchor counts */
    /* algorithms */
    unsigned digests_denied;       /**< enum digest_bit */
    unsigned ecdsa_digests_denied; /**< enum digest_bit: of ECDSA signatures, besides */
    bool sent_root_digest;         /**< the digest of a sent root's signature of itself counts */
    int min_key_security; /**< bits of security that libcrypto gives to each key below the anchor,
                             and to the anchor's own; 0: not asked */
    unsigned min_rsa, max_rsa; /**< bits; 0: none */
    unsigned keys_unread;      /**< enum key_bit: with PARSE_KEYS, what cannot be parsed */
    unsigned leaf_keys_denied, ca_keys_denied; /**< enum key_bit */
    bool explicit_curves; /**< EC parameters that are written out are accepted */
    /* names */
    enum cn_use cn;
    enum cn_pick cn_pick;
    bool cn_not_beside_uri; /**< a URI in the SAN precludes the CN like the kinds that `cn` names */
    bool cn_ip;             /**< CN counts for addresses when there is no SAN */
    bool cn_ip_always;      /**< CN counts for addresses beside a SAN, too */
    enum empty_san empty_san;
    unsigned partial_wildcards; /**< enum wildcard_bit */
    unsigned
        wildcard_min_dots;  /**< labels that must follow "*." beside the first; 2: not "*.com" */
    bool wildcard_repeated; /**< "**" is one star */
    bool wildcard_anywhere;
    bool wildcard_not_for_a_label;  /**< "*" does not stand for "xn--…" */
    bool wildcard_in_a_label;       /**< "xn--*" is a pattern like any other */
    bool wildcard_not_below_suffix; /**< "*.co.uk" and, of unknown domains, "*.test" are refused */
    bool wildcard_for_ip;           /**< "*.0.0.1" stands for an address, with ip_in_dns */
    bool no_ip_san4, no_ip_san6, ip_v4mapped, ip_in_dns;
    bool odd_names_whole; /**< what is no host name is compared whole, and wildcards not at all */
    bool keep_host_dot;   /**< a trailing dot of the host is not removed before comparing */
    bool strip_san_dot;
    enum underscore_use underscore;
    bool hyphen_edge_refused;
    bool names_unchecked;       /**< names are not compared at all */
    bool ip_ranges;             /**< an iPAddress of 8 or 32 octets is an address and a mask */
    bool bad_ip_voids_san;      /**< with an iPAddress of odd length there is no SAN at all */
    bool crldp_relative_fatal;  /**< cRLDistributionPoints relative to the issuer's name */
    bool leaf_key_any;          /**< a leaf's key is not looked at */
    unsigned unread_extensions; /**< enum crit_bit: whatever these hold, it is not looked at */
    bool malformed_if_critical; /**< the content of other extensions may be anything */
    bool leaf_v3_required;      /**< a leaf of version 1 or 2 is unreadable */
    bool ip_v4mapped_fatal;     /**< an IPv4-mapped iPAddress makes a certificate unreadable */
    bool empty_subject_needs_critical_san;
    /* usage */
    unsigned purpose;     /**< enum eku_bit that a chain must allow; 0: EKU_SERVER_AUTH */
    bool leaf_eku_wanted; /**< a leaf without extendedKeyUsage is refused */
    bool leaf_eku_ignored, leaf_eku_any_refused, eku_empty_ok, eku_forbid_ocsp;
    bool tls_features; /**< what a CA has of them, all below it must have */
    bool chain_eku_ignored, chain_eku_any_refused, chain_eku_sgc;
    bool eku_ms_sgc_refused;   /**< chain_eku_sgc is for Netscape's alone */
    bool leaf_eku_sgc_refused; /**< chain_eku_sgc is for CAs only */
    enum leaf_ku leaf_ku;
    bool ku_zero_ok;
    bool leaf_ca_refused, leaf_cert_sign_refused;
    bool ca_cert_sign_ignored, ca_ku_required;
    bool ca_ku_zero_ok; /**< a keyUsage without any bit is none */
    bool pathlen_counts_self_issued;
    bool pathlen_negative_none; /**< a negative limit is none */
    bool pathlen_on_leaf_fatal;
    bool ns_cert_type;
    enum policy_use policy;
    bool anchor_policies; /**< what the anchor says of policies counts, too */
    bool policy_tree; /**< pcy_cache.c, pcy_tree.c: policies that cannot be read or occur twice are
                         fatal below the anchor; a certificate that is its own anchor needs none;
                         and who asked for none is not served when one is required */
    bool initial_explicit_policy, initial_mapping_inhibit, initial_any_inhibit;
    const struct bytes *user_policies; /**< OID contents; none: any policy will do */
    size_t user_policy_count;
    unsigned critical;           /**< enum crit_bit */
    bool critical_any_policy;    /**< critical policies are read when they are anyPolicy alone */
    bool policy_qualifiers_none; /**< critical policies with any qualifier are refused */
    bool policy_qualifiers;      /**< critical policies with an unknown qualifier are refused */
    bool strict;                 /**< X509_V_FLAG_X509_STRICT and the like */
    bool ski_required;
    bool aki_required; /**< on every certificate that is not self-signed */
    bool rfc_strict;   /**< what RFC 5280 asks of CAs too, not only of verifiers */
    bool baseline;     /**< besides, the CA/Browser Forum's rules for public server certificates */
    /* name constraints */
    bool nc_unsupported, nc_no_directory, nc_no_ip, nc_no_uri, nc_no_email;
    /** critical constraints on these kinds of name are fatal: registeredID and the like, otherName,
     *  directoryName */
    bool nc_unknown_fatal, nc_other_fatal, nc_directory_fatal;
    bool nc_wildcard_excluded; /**< a wildcard that could expand into an excluded tree is refused */
    bool nc_empty_dns_matches_none;
    bool nc_empty_dns_fatal; /**< the verifier ends on an empty dNSName subtree */
    enum nc_kind nc_kind;    /**< of names of kinds that are not compared */
    enum nc_merge nc_merge;  /**< how the constraints of several CAs are put together */
    bool nc_email_strict;    /**< under a constraint on addresses an odd one is a violation */
    bool
        nc_self_issued_too; /**< constraints bind certificates that bear the name of their issuer */
    bool nc_san_only;       /**< the subject is not compared */
    bool nc_hosts_as_domains; /**< hosts in constraints on addresses and URIs cover sub-domains */
    bool nc_on_itself;        /**< a CA's constraints bind its own names, too */
    bool nc_uri_is_host;      /**< a URI subtree that is no host makes the constraints unreadable */
    bool nc_none_fatal;       /**< constraints without any subtree make a certificate unreadable */
    unsigned nc_limit;        /**< comparisons that the client makes; 0: LIMIT_NC_COMPARISONS */
    bool nc_unlimited;        /**< when we give up comparing, the client would not have */
    bool nc_direct_issuer_only;      /**< a CA's constraints bind only what it issued itself */
    bool nc_directory_excluded_all;  /**< an excluded directoryName excludes every one */
    bool nc_empty_directory_ignored; /**< an empty directoryName subtree covers nothing */
    bool nc_on_any_cn; /**< constraints on hosts bind the CN of whatever has no names beside it */
    bool nc_leaf_only, nc_on_cn;
    bool nc_doubt_fatal; /**< a name or subtree of the same kind that cannot be compared is a
                            violation, and all of the subject's addresses count (v3_ncons.c) */
    /* encoding */
    uint64_t anomalies_fatal; /**< ANOMALY_BIT() of what makes a certificate unreadable */
    uint64_t
        anomalies_anchor_ok; /**< … of what matters only in a certificate between leaf and anchor
                              */
    uint64_t anomalies_unread;   /**< ANOMALY_BIT() of what cannot be decoded at all: such an anchor
                                    is   not in the store, and see sent_all_read */
    uint64_t anomalies_invalid;  /**< … of what makes a certificate as cached_extensions says */
    uint64_t anomalies_unsigned; /**< … of what fails wherever the signature is checked */
    /* revocation */
    bool must_staple;        /**< RFC 7633: the leaf asks for a staple and there is none */
    uint32_t staple_fatal;   /**< SOURCE_BIT() of what a stapled response may be to be refused */
    uint32_t staple_retried; /**< … of these, what a good answer of the responder makes up for */
    enum lookup asks_ocsp, asks_crl;
    bool asks_for_cas;     /**< not of the leaf alone */
    bool asks_anyway;      /**< although a good response was stapled */
    bool asks_private;     /**< only below roots of no root programme: for others, see filter */
    bool unknown_is_fatal; /**< a responder that does not know the certificate is believed */
    const char *filter;    /**< "CRLSet": its own list of revoked certificates, below the roots of
                              root programmes; it is not modelled. NULL none */
    /* rules for public roots */
    enum ct_use ct;
    /* the connection */
    int min_version;  /**< oldest TLS version that it speaks: 10, 11, 12 */
    int max_version;  /**< newest: 12; 0: TLS 1.3 */
    bool ml_dsa;      /**< its library verifies ML-DSA; ours may not, and then nothing is known */
    bool large_hello; /**< sends a post-quantum key share: a ClientHello of two segments */
};

/** RFC 8446 section 6: alerts that a client's words depend on. */
enum { ALERT_HANDSHAKE_FAILURE = 40, ALERT_PROTOCOL_VERSION = 70, ALERT_UNRECOGNIZED_NAME = 112 };

/** In which order a client meets its reasons, so that the first one is the one it shows. */
enum where { ANYWHERE, AT_LEAF, AT_CA, ASIDE /**< sent, but not on the path */ };
struct phase {
    enum fact_id fact;
    int phase;       /**< lower comes first */
    bool root_first; /**< within the phase, from the top of the chain down */
    enum where where;
    int step;      /**< within the phase, of one certificate: lower comes first */
    int64_t only;  /**< 0: any; else the fact's value + 1 */
    int64_t limit; /**< 0: any; else the fact's limit (which of OpenSSL's strict checks) */
};
enum pick {
    PICK_FIRST,
    PICK_LAST,
    PICK_ALL,
    PICK_FLAGS,  /**< all, and their codes, which are hexadecimal numbers, are added up */
    PICK_STATUS, /**< the first, but those of phase 0 only when no other phase below that of names
                    has one */
};
/** Which reasons a client does not get to see because of another one. */
enum hides {
    HIDES_NOTHING,
    HIDES_BELOW_BAD,      /**< it ends at the first bad certificate, from the top (GnuTLS) */
    HIDES_BELOW_UNSIGNED, /**< it ends where a signature fails, from the top, and does not begin
                             without an anchor (BoringSSL) */
};

/** The limit of a fact about names: which names the client had to compare. */
enum compared {
    COMPARED_SAN = 1,
    COMPARED_CN,
    COMPARED_NOTHING,
    COMPARED_NOT, /**< the client does not take it for a host name */
};

/** A client's words for one fact. {host} {names} {cn} {at} {limit} {ca} … are filled: the keys
 * stand in placeholder.c, {code} {message} {depth} {library} {function} in message.c. */
struct words {
    enum fact_id fact;
    enum where where;
    const char *code, *text;
    bool bare;            /**< printed without the client's wrapper */
    const char *library;  /**< not NULL: no verdict of the verifier, but an error that the library
                             left in its queue, for the client's failure_wrapper */
    const char *function; /**< where it arose, for those who print it */
    int64_t only;         /**< 0: any; else the fact's value + 1 (which anomaly, which alert) */
    int64_t limit;        /**< 0: any; else the fact's limit */
    bool hidden;          /**< what is said although the chain's verifier does not get there */
    const char *alone;    /**< wrapper when nothing else is said */
};

/** RFC 8446 section 6.2: the alerts that a client sends when it rejects a certificate. */
enum {
    ALERT_NONE = -1, /**< it closes the connection without one, or judges after the handshake */
    ALERTS_END = -2, /**< what comes next stands in the parent's table */
    ALERT_BAD_CERTIFICATE = 42,
    ALERT_UNSUPPORTED_CERTIFICATE = 43,
    ALERT_CERTIFICATE_REVOKED = 44,
    ALERT_CERTIFICATE_EXPIRED = 45,
    ALERT_CERTIFICATE_UNKNOWN = 46,
    ALERT_UNKNOWN_CA = 48,
    ALERT_ACCESS_DENIED = 49,
    ALERT_DECRYPT_ERROR = 51,
    ALERT_INTERNAL_ERROR = 80,
};

/** One row of them: the first that matches counts. */
struct alert_row {
    enum fact_id fact;
    enum where where; /**< ANYWHERE, AT_LEAF, AT_CA */
    int64_t only;     /**< 0: any; else the fact's value + 1 */
    int64_t limit;    /**< 0: any; else the fact's limit */
    int alert;
    bool rest;    /**< whatever else is wrong with a certificate */
    bool library; /**< whatever is told as an error of the library (struct words) */
};

/** What a client calls its library's codes. */
struct code_name {
    const char *code; /**< of the library's words; NULL ends the list and names the rest */
    const char *name;
};

struct profile {
    const char *name, *title;
    const char *const *aliases;
    const struct profile *parent; /**< what it stands on: speaks where this one has no words, and
                                     its phases are this one's when it has none */
    enum evidence evidence;
    const char *measured_with, *note;
    const char *revocation; /**< what it does about revocation when nobody tells it to; NULL: the
                               parent's, or nothing */
    const char *looks;      /**< how to make it look; NULL: the parent's; "" it cannot */
    const char *page;  /**< data/profiles/PAGE.md holds its evidence; NULL: that of its program */
    const char *store; /**< whose trust store it uses: a name of trust/clients.def; NULL "system" */
    const struct behaviour *behaviour;
    const struct phase *phases; /**< ends with phase < 0 */
    enum pick pick;
    const char *separator;          /**< PICK_ALL: between texts */
    const struct words *words;      /**< ends with text NULL */
    const struct code_name *codes;  /**< NULL: the library's codes are the client's */
    const struct alert_row *alerts; /**< ends with a row for the rest, or ALERTS_END; NULL: its
                                       parent's, or not known */
    const char *wrapper;            /**< "curl: (60) SSL certificate problem: {message}" */
    const char *failure_wrapper; /**< of a library's error: "curl: (35) error:{code}:{message}" */
    const char *failure_code;    /**< the client's code of those; NULL the library's */
    const char *fallback;        /**< text for a fact without words */
    enum hides hides;
    const char *search_failed; /**< text of all that kept a search from an anchor, in phases from
                                  `search_phase` on */
    const char *search_code;   /**< … and the client's code for it */
    int search_phase;
};

/** X509_verify_cert() as `openssl verify` calls it: what tests compare with libcrypto itself. */
extern const struct profile profile_openssl_verify;
extern const struct profile profile_openssl_1_1_1, profile_openssl_1_1_1_sec1,
    profile_openssl_1_1_1_strict, profile_openssl_3_0, profile_openssl_3_0_sec1,
    profile_openssl_3_0_strict, profile_openssl_3_0_partial, profile_openssl_3_6,
    profile_openssl_3_6_strict, profile_openssl_3_6_partial;
extern const struct profile profile_curl_7_74, profile_curl_8_23;
extern const struct profile profile_python_3_9, profile_python_3_11, profile_python_3_13,
    profile_python_3_13_nostrict, profile_python_3_14;
extern const struct profile profile_requests_2_28, profile_requests_2_34, profile_httpx_0_23,
    profile_httpx_0_28, profile_openai_1, profile_aiohttp_3_8, profile_pip_24_2;
extern const struct profile profile_node_20, profile_node_22_23, profile_node_24,
    profile_node_24_debian, profile_postman_11, profile_dotnet_8, profile_windows_10,
    profile_apple_15, profile_android_14;
extern const struct profile profile_curl_7_88, profile_git_2_39, profile_wget_1_21, profile_go_1_19;
extern const struct profile profile_gnutls_3_7_1, profile_gnutls_3_7, profile_gnutls_3_8;
extern const struct profile profile_git_2_55, profile_wget_1_25, profile_git_2_39_openssl,
    profile_wget_1_21_openssl;
extern const struct profile profile_mbedtls_2_28, profile_mbedtls_3_6;
extern const struct profile profile_wolfssl_5_5, profile_wolfssl_5_9;
extern const struct profile profile_java_17, profile_java_25;
extern const struct profile profile_go_1_27, profile_go_1_27_mod_1_19;
extern const struct profile profile_rustls_0_23, profile_chromium_156, profile_firefox_153;
/** Everything that any verifier could object to: what facts are computed with. */
extern const struct behaviour behaviour_all_facts;
/** What libraries share that leave everything to the ssl module. */
extern const struct behaviour behaviour_python_3_11;
/** Strict readings of the standards, for conformance: RFC 5280, and the web's rules on top. */
extern const struct profile profile_rfc5280, profile_webpki;

#endif
