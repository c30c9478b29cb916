/* SPDX-License-Identifier: Apache-2.0 */
/* Which change could cure which rule: the server's and the CA's first, the client's after them. */
#include <string.h>

#include "internal.h"

static const struct remedy remedies[] = {
    {"chain.missing-intermediate", "server.send-chain", send_missing},
    {"chain.missing-intermediate", "server.get-intermediate", get_intermediate,
     .last_resort = true},
    {"chain.wrong-intermediate", "server.send-right-intermediate", send_missing},
    {"chain.wrong-intermediate", "server.get-right-intermediate", get_right_intermediate,
     .last_resort = true},
    {"chain.wrong-order", "server.reorder-chain", send_bundle},
    {"chain.duplicate", "server.remove-duplicate", send_bundle},
    {"chain.unrelated", "server.remove-unrelated", leave_out},
    {"chain.root-sent", "server.remove-root", send_bundle},
    {"chain.cross-sign-expired", "server.remove-cross-sign", leave_out},
    {"chain.path-too-long", "server.remove-unrelated", leave_out},
    {"chain.issuer-mismatch", "ca.reissue-issuer", reissue_issuer},
    {"name.", "ca.reissue-names", reissue_names},
    {"name.", "client.use-listed-name", use_listed_name},
    {"validity.expired", "ca.renew", renew},
    {"validity.expiring", "ca.renew", renew},
    {"validity.intermediate-expired", "server.send-current-intermediate", send_missing},
    {"validity.intermediate-expired", "server.get-current-intermediate", renew,
     .last_resort = true},
    {"validity.intermediate-expired", "client.trust-root", trust_root},
    {"validity.root-expired", "ca.renew-root", renew},
    {"validity.not-yet-valid", "ca.reissue-earlier", renew_leaf},
    {"validity.not-yet-valid", "server.get-current-intermediate", renew_issuer},
    {"validity.not-yet-valid", "client.correct-clock", correct_clock},
    {"validity.clock-wrong", "client.correct-clock", correct_clock},
    {"trust.self-signed", "ca.replace-self-signed", replace_issuer},
    {"trust.self-signed", "client.trust-certificate", trust_leaf},
    {"trust.self-signed-ca-as-leaf", "ca.reissue-usage", drop_ca},
    {"trust.self-signed-ca-as-leaf", "ca.replace-self-signed", replace_issuer},
    {"trust.self-signed-ca-as-leaf", "client.trust-certificate", trust_leaf},
    {"trust.store-outdated", "client.update-store", trust_root},
    {"trust.store-outdated", "client.update-store", get_root},
    {"trust.store-missing", "client.install-store", trust_root},
    {"trust.store-missing", "client.install-store", get_root},
    {"trust.distrusted", "ca.replace-issuer", replace_issuer},
    {"trust.private-ca", "client.trust-root", trust_root},
    {"trust.private-ca", "client.get-root", get_root},
    {"trust.unknown-ca", "client.trust-root", trust_root},
    {"trust.unknown-ca", "client.get-root", get_root},
    {"trust.interception", "client.trust-root", trust_root},
    {"trust.interception", "client.get-root", get_root},
    {"trust.wrong-root-same-name", "client.trust-root", trust_root},
    {"trust.wrong-root-same-name", "client.get-root", get_root},
    {"signature.bad", "ca.reissue-signature", reissue_signature},
    {"signature.weak-digest", "ca.reissue-digest", reissue_digest},
    {"signature.weak-key", "ca.reissue-key", reissue_key},
    {"signature.unsupported-algorithm", "ca.reissue-algorithm", reissue_algorithm},
    {"usage.encoding", "ca.reissue-encoding", reissue_encoding},
    {"usage.ca-missing-key-id", "ca.reissue-usage", reissue_key_ids},
    {"usage.policy", "ca.reissue-usage", reissue_policies},
    {"usage.", "ca.reissue-usage", reissue_usage},
    {"revocation.revoked", "ca.reissue-revoked", reissue_key},
    {"revocation.ca-revoked", "ca.replace-revoked-issuer", replace_revoked},
    {"revocation.must-staple", "server.enable-stapling", staple_fresh},
    {"revocation.must-staple", "ca.drop-must-staple", drop_must_staple},
    {"revocation.staple-bad", "server.renew-staple", staple_fresh},
    {"revocation.staple-bad", "server.stop-stapling", staple_nothing},
    {"revocation.staple-missing", "server.enable-stapling", staple_fresh},
    {"dns.tlsa-mismatch", "server.publish-tlsa", publish_tlsa},
    {"dns.tlsa-fragile", "server.publish-tlsa", publish_tlsa},
    {"dns.caa-forbids", "server.publish-caa", publish_caa},
    {"server.default-certificate", "server.configure-name", reissue_names},
    {"server.addresses-differ", "server.same-certificate", same_certificate},
    {"server.not-reloaded", "server.reload", reload},
    {"server.old-protocol", "server.enable-tls12", enable_tls12},
    {"server.protocol-too-new", "server.enable-tls12", enable_tls12},
    {"server.large-hello", "server.read-whole-hello", take_any_hello},
    {"server.tls13-intolerant", "server.tolerate-tls13", take_any_hello},
    {"server.sni-required", "client.send-sni", send_sni},
    {"server.client-certificate-required", "client.present-certificate", present_certificate},
    {"client.missing-intermediate", "client.show-intermediate", show_issuers},
    {"client.key-mismatch", "client.use-matching-key", present_certificate},
    {"client.certificate-expired", "client.renew-certificate", present_certificate},
    {"client.not-yet-valid", "client.use-valid-certificate", present_certificate},
    {"client.", "client.get-certificate", present_certificate, .last_resort = true},
    {"file.key-mismatch", "server.use-matching-key", use_key},
    {"file.", "file.rewrite", write_file},
};

const struct remedy *remedy_table(size_t *count)
{
    *count = sizeof remedies / sizeof remedies[0];
    return remedies;
}

bool remedy_suits(const struct remedy *remedy, const struct finding *finding)
{
    const char *rule = finding->rule->id;
    return str_ends(remedy->rule, ".") ? str_starts(rule, remedy->rule)
                                       : strcmp(rule, remedy->rule) == 0;
}

int remedy_node(const struct finding *finding)
{
    /* name constraints are the CA's, the finding is about the certificate outside of them */
    return finding->fact == FACT_NAME_CONSTRAINT ? finding->other : finding->node;
}
