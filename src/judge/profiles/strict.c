/* SPDX-License-Identifier: Apache-2.0 */
/* Readings of the standards rather than of a program: what facts are computed with, and the strict
 * profiles that the conformance suites are judged under. */
#include "judge/profile.h"

enum { DENY_ALL = DENY_MD2 | DENY_MD4 | DENY_MD5 | DENY_SHA1 };

/** Whatever any verifier could object to. */
const struct behaviour behaviour_all_facts = {
    .strategy = STRATEGY_DFS,
    .names = EQUAL_CANONICAL,
    .anchor_issued_leaf = true,
    .anchor_bc = ANCHOR_BC_REQUIRED,
    .anchor_eku = true,
    .digests_denied = DENY_ALL,
    .min_rsa = 2048,
    .cn = CN_NEVER,
    .wildcard_min_dots = 2,
    .empty_subject_needs_critical_san = true,
    .leaf_eku_any_refused = true,
    .leaf_ku = LEAF_KU_ANY_SERVER_USE,
    .leaf_ca_refused = true,
    .policy = POLICY_PROCESS,
    .critical = CRIT_RFC5280 | CRIT_CRLDP | CRIT_AIA | CRIT_TLSF,
    .aki_required = true,
    .ski_required = true,
    .nc_wildcard_excluded = true,
    .must_staple = true,
    .staple_fatal = UINT32_MAX,
    .asks_ocsp = LOOKUP_SOFT,
    .asks_crl = LOOKUP_SOFT,
    .asks_for_cas = true,
    .asks_anyway = true,
    .tls_features = true,
    .ct = CT_ANY,
    .anomalies_fatal = UINT64_MAX,
};

static const struct behaviour rfc5280 = {
    .strategy = STRATEGY_DFS,
    .names = EQUAL_CANONICAL,
    .anchor_time_ignored = false,
    .anchor_bc = ANCHOR_BC_IF_PRESENT,
    .digests_denied = DENY_ALL,
    .cn = CN_NEVER,
    .wildcard_min_dots = 2,
    .leaf_ku = LEAF_KU_ANY_SERVER_USE,
    .policy = POLICY_PROCESS,
    .critical = CRIT_RFC5280 | CRIT_CRLDP,
    .nc_email_strict = true,
    .anomalies_fatal = ANOMALIES_FATAL_TO_ALL,
};

static const struct behaviour webpki = {
    .strategy = STRATEGY_DFS,
    .names = EQUAL_CANONICAL,
    .anchor_bc = ANCHOR_BC_REQUIRED,
    .digests_denied = DENY_ALL,
    .min_rsa = 2048,
    .cn = CN_NEVER,
    .wildcard_min_dots = 2,
    .empty_subject_needs_critical_san = true,
    .leaf_ku = LEAF_KU_IGNORE,
    .policy = POLICY_PROCESS,
    .critical = CRIT_RFC5280 | CRIT_CRLDP,
    .rfc_strict = true,
    .baseline = true,
    .odd_names_whole = true,
    .nc_wildcard_excluded = true,
    .nc_email_strict = true,
    .anomalies_fatal = ANOMALIES_FATAL_TO_ALL | ANOMALY_BIT(SAN_BAD_IP),
};

static const char *const no_aliases[] = {NULL};

const struct profile profile_rfc5280 = {
    .name = "rfc5280",
    .title = "RFC 5280",
    .aliases = no_aliases,
    .evidence = EVIDENCE_DOCUMENTED,
    .measured_with = "",
    .note = "RFC 5280 section 6, read strictly",
    .behaviour = &rfc5280,
};

const struct profile profile_webpki = {
    .name = "webpki",
    .title = "Web PKI",
    .aliases = no_aliases,
    .evidence = EVIDENCE_DOCUMENTED,
    .measured_with = "",
    .note = "RFC 5280 and the CA/Browser Forum's requirements, read strictly",
    .behaviour = &webpki,
};
