/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL 3.0 itself: X509_verify_cert as `openssl verify` calls it without options, but for a
 * server. tests/conformance compares it with libcrypto, verdict by verdict. */
#include "judge/profile.h"

static const struct behaviour openssl_verify = {
    .strategy = STRATEGY_GREEDY,
    .names = EQUAL_CANONICAL,
    .akid = AKID_KEY_AND_SERIAL,
    .anchor_must_be_root = true,
    .anchor_bc = ANCHOR_BC_OR_LEGACY,
    .anchor_eku = true,
    .sent_all_read = true,
    .leaf_key_decoded = true,
    .not_after_excluded = true,
    .times_refused = DER_TIME_NO_SECONDS | DER_TIME_OFFSET | DER_TIME_FRACTION,
    .proxies = PROXY_REFUSED,
    /* v3_utl.c X509_check_host */
    .cn = CN_NO_DNS_SAN,
    .empty_san = EMPTY_SAN_ABSENT,
    .partial_wildcards = WILD_PREFIX | WILD_SUFFIX,
    .wildcard_min_dots = 2,
    .keep_host_dot = true,
    .underscore = UNDERSCORE_EXACT,
    /* v3_purp.c check_purpose_ssl_server */
    .purpose = EKU_SERVER_AUTH,
    .leaf_eku_any_refused = true,
    .chain_eku_any_refused = true,
    .chain_eku_sgc = true,
    .leaf_ku = LEAF_KU_ANY_SERVER_USE,
    .ns_cert_type = true,
    .nc_doubt_fatal = true,
    .critical = CRIT_RFC5280 | CRIT_CRLDP | CRIT_NSCT | CRIT_RFC3779 | CRIT_PROXY | CRIT_NO_CHECK,
    /* v3_purp.c ossl_x509v3_cache_extensions */
    .cached_extensions = CRIT_BC | CRIT_PROXY | CRIT_KU | CRIT_EKU | CRIT_NSCT | CRIT_SKI |
                         CRIT_AKI | CRIT_SAN | CRIT_NC | CRIT_CRLDP | CRIT_RFC3779,
    .anomalies_invalid = ANOMALY_BIT(KEY_USAGE_EMPTY) | ANOMALY_BIT(PATH_LENGTH_NEGATIVE),
    .anomalies_unread = ANOMALY_BIT(MALFORMED) | ANOMALY_BIT(SERIAL_PADDED) |
                        ANOMALY_BIT(TRAILING) | ANOMALY_BIT(TBS_TRAILING) | ANOMALY_BIT(NAME_UTF8) |
                        ANOMALY_BIT(NAME_MALFORMED) | ANOMALY_BIT(NAME_STRING),
    .anomalies_unsigned = ANOMALY_BIT(SIGNATURE_UNUSED_BITS) | ANOMALY_BIT(ALGORITHMS_DIFFER),
};

static const struct phase no_phases[] = {{.phase = -1}};
static const struct words no_words[] = {{.text = NULL}};
static const char *const aliases[] = {"openssl-verify", NULL};

const struct profile profile_openssl_verify = {
    .name = "openssl-verify@3.0",
    .title = "openssl verify",
    .aliases = aliases,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "OpenSSL 3.0.22",
    .note = "X509_verify_cert with its defaults, for a server",
    .behaviour = &openssl_verify,
    .phases = no_phases,
    .pick = PICK_FIRST,
    .words = no_words,
    .wrapper = "{message}",
    .fallback = "certificate verify failed",
};
