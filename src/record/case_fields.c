/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

/* Names of enumerators in their order: what a case says instead of numbers, which could change. */
static const char *const target_kinds[] = {"endpoint", "file", NULL};
static const char *const net_results[] = {
    "ok",    "name-unknown", "resolver-failed", "refused", "unreachable", "timeout",
    "reset", "closed",       "failed",          "proxy",   NULL};
static const char *const handshake_results[] = {
    "done", "alert", "not-tls", "closed", "reset", "timeout", "local-refusal", "no-starttls", NULL};
static const char *const answer_results[] = {"hello", "retry",   "ssl2",    "alert",     "closed",
                                             "reset", "timeout", "not-tls", "malformed", NULL};
static const char *const origin_kinds[] = {"sent",    "file", "store", "pool",
                                           "fetched", "made", NULL};
static const char *const object_kinds[] = {"certificate", "private-key", "csr", "crl",
                                           "pkcs7",       "other",       NULL};
static const char *const file_kinds[] = {"empty", "pem",  "der",  "pkcs7", "pkcs12",
                                         "jks",   "case", "html", "other", NULL};
static const char *const pairings[] = {"not-given",  "pairs",     "pairs-other", "pairs-none",
                                       "unreadable", "encrypted", NULL};
static const char *const fault_names[] = {
#define FILE_FAULT(id, rule, text) #id,
#include "container/faults.def"
#undef FILE_FAULT
    NULL,
};

#define MEMBER(type, member, kind)                                                                 \
    {                                                                                              \
#member, FIELD_##kind, offsetof(struct type, member), NULL                                 \
    }
#define NAMED(type, member, names)                                                                 \
    {                                                                                              \
#member, FIELD_ENUM, offsetof(struct type, member), names                                  \
    }

const struct field case_target_fields[] = {
    NAMED(target, kind, target_kinds), MEMBER(target, text, RAW),
    MEMBER(target, host, TEXT),        MEMBER(target, port, PORT),
    MEMBER(target, scheme, TEXT),      MEMBER(target, path, RAW),
    MEMBER(target, name, TEXT),        MEMBER(target, sni, TEXT),
    MEMBER(target, connect, TEXT),     FIELD_END,
};

const struct field case_observation_fields[] = {
    MEMBER(observation, observed_by, TEXT),
    MEMBER(observation, at, INT64),
    MEMBER(observation, at_given, BOOL),
    NAMED(observation, resolve, net_results),
    MEMBER(observation, resolve_why, TEXT),
    MEMBER(observation, primary, SIZE),
    MEMBER(observation, sent_limit_hit, BOOL),
    MEMBER(observation, addresses_differ, BOOL),
    MEMBER(observation, default_probe, BOOL),
    MEMBER(observation, probe_sni, TEXT),
    NAMED(observation, pairing, pairings),
    MEMBER(observation, key_pairs_with, SIZE),
    FIELD_END,
};

const struct field case_option_fields[] = {
    MEMBER(observation, clients, TEXT), MEMBER(observation, own_ca, BOOL),
    MEMBER(observation, only_ca, BOOL), MEMBER(observation, ca_path, RAW),
    MEMBER(observation, key_file, RAW), FIELD_END,
};

const struct field case_connection_fields[] = {
    MEMBER(connection, address, TEXT),
    NAMED(connection, net, net_results),
    MEMBER(connection, why, TEXT),
    MEMBER(connection, connect_us, INT64),
    FIELD_END,
};

/* Of observations through a proxy alone. */
const struct field case_proxy_fields[] = {
    MEMBER(observation, proxy, TEXT),
    MEMBER(observation, proxy_from, TEXT),
    FIELD_END,
};

/* Of targets by --mx alone. */
const struct field case_mail_fields[] = {
    MEMBER(target, mail_domain, TEXT),
    MEMBER(target, mail_preference, INT),
    FIELD_END,
};

/* Of observations with --expect alone. */
const struct field case_expected_fields[] = {
    MEMBER(observation, expected_file, RAW),
    FIELD_END,
};

/* Of connections that a proxy did not open. */
const struct field case_refusal_fields[] = {
    NAMED(connection, proxy_result, proxy_result_names),
    MEMBER(connection, proxy_status, INT),
    FIELD_END,
};

const struct field case_handshake_fields[] = {
    NAMED(handshake, result, handshake_results),
    MEMBER(handshake, version, TEXT),
    MEMBER(handshake, cipher, TEXT),
    MEMBER(handshake, group, TEXT),
    MEMBER(handshake, alert, INT),
    MEMBER(handshake, alert_is_ours, BOOL),
    MEMBER(handshake, error, TEXT),
    MEMBER(handshake, saw_server_hello, BOOL),
    MEMBER(handshake, client_certificate_requested, BOOL),
    MEMBER(handshake, sni_acknowledged, BOOL),
    MEMBER(handshake, key_proven, BOOL),
    MEMBER(handshake, key_refuted, BOOL),
    MEMBER(handshake, certificate_message_bytes, SIZE),
    MEMBER(handshake, stapled_ocsp, BYTES),
    MEMBER(handshake, peek, BYTES),
    MEMBER(handshake, alpn, TEXT),
    MEMBER(handshake, handshake_us, INT64),
    MEMBER(handshake, bytes_in, SIZE),
    MEMBER(handshake, bytes_out, SIZE),
    FIELD_END,
};

const struct field case_attempt_fields[] = {
    NAMED(attempt, kind, attempt_kind_names),
    NAMED(attempt, result, answer_results),
    MEMBER(attempt, hello_bytes, SIZE),
    MEMBER(attempt, alert, INT),
    MEMBER(attempt, version, INT),
    MEMBER(attempt, suite, INT),
    MEMBER(attempt, group, INT),
    FIELD_END,
};

const struct field case_service_fields[] = {
    MEMBER(service_seen, asked, BOOL),
    MEMBER(service_seen, answers, BOOL),
    MEMBER(service_seen, protocol, TEXT),
    MEMBER(service_seen, server, TEXT),
    MEMBER(service_seen, banner, TEXT),
    MEMBER(service_seen, status, INT),
    FIELD_END,
};

const struct field case_client_request_fields[] = {
    MEMBER(handshake, client_schemes, BYTES),
    MEMBER(handshake, client_certificate_sent, BOOL),
    MEMBER(handshake, client_certificate_accepted, BOOL),
    MEMBER(handshake, client_answer, TEXT),
    FIELD_END,
};

const struct field case_presented_fields[] = {
    MEMBER(presented, file, RAW),
    MEMBER(presented, key_file, RAW),
    NAMED(presented, pairing, pairings),
    FIELD_END,
};

const struct field case_document_fields[] = {
    NAMED(document, kind, want_kind_names),
    NAMED(document, from, document_from_names),
    MEMBER(document, where, TEXT),
    NAMED(document, result, fetch_result_names),
    MEMBER(document, why, TEXT),
    MEMBER(document, status, INT),
    MEMBER(document, took_us, INT64),
    MEMBER(document, request, BYTES),
    FIELD_END,
};

const struct field case_clock_fields[] = {
    MEMBER(clock_seen, asked, BOOL),
    MEMBER(clock_seen, date, INT64),
    MEMBER(clock_seen, sntp, INT64),
    MEMBER(clock_seen, sntp_server, TEXT),
    MEMBER(clock_seen, sntp_why, TEXT),
    MEMBER(clock_seen, built, INT64),
    FIELD_END,
};

const struct field case_dns_fields[] = {
    NAMED(dns_seen, state, dns_state_names),
    MEMBER(dns_seen, why, TEXT),
    MEMBER(dns_seen, server, TEXT),
    FIELD_END,
};

const struct field case_dns_answer_fields[] = {
    MEMBER(dns_answer, name, TEXT),
    MEMBER(dns_answer, type, INT),
    NAMED(dns_answer, result, dns_result_names),
    NAMED(dns_answer, security, dns_security_names),
    MEMBER(dns_answer, why, TEXT),
    MEMBER(dns_answer, alias, TEXT),
    MEMBER(dns_answer, cut, BOOL),
    FIELD_END,
};

const struct field case_origin_fields[] = {
    NAMED(origin, kind, origin_kinds), MEMBER(origin, where, TEXT),    MEMBER(origin, line, SIZE),
    MEMBER(origin, offset, SIZE),      MEMBER(origin, position, SIZE), FIELD_END,
};

const struct field case_file_fields[] = {
    NAMED(container, kind, file_kinds),
    MEMBER(container, limit_hit, BOOL),
    FIELD_END,
};

const struct field case_object_fields[] = {
    NAMED(object, kind, object_kinds),
    MEMBER(object, label, TEXT),
    MEMBER(object, end_line, SIZE),
    MEMBER(object, encrypted, BOOL),
    FIELD_END,
};

const struct field case_fault_fields[] = {
    NAMED(file_fault, id, fault_names),
    MEMBER(file_fault, line, SIZE),
    MEMBER(file_fault, column, SIZE),
    MEMBER(file_fault, offset, SIZE),
    MEMBER(file_fault, block, SIZE),
    MEMBER(file_fault, excerpt, TEXT),
    FIELD_END,
};

const struct field case_store_fields[] = {
    MEMBER(store_identity, name, TEXT),
    MEMBER(store_identity, count, SIZE),
    FIELD_END,
};

const struct field case_source_fields[] = {
    MEMBER(store_source, path, TEXT),      MEMBER(store_source, read, BOOL),
    MEMBER(store_source, problem, TEXT),   MEMBER(store_source, count, SIZE),
    MEMBER(store_source, modified, INT64), FIELD_END,
};
