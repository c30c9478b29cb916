/* SPDX-License-Identifier: Apache-2.0 */
/* Which finding follows from which. Two tables: a fact that only says less precisely what another
 * says is absorbed by it; a rule that follows from another is put under it. */
#include "internal.h"

#include <string.h>

/* `vague` about a certificate is not told when `precise` is known about the same one. */
static const struct {
    enum fact_id vague, precise;
} absorptions[] = {
    {FACT_NAME_MISMATCH, FACT_NAME_IP_NOT_IN_SAN},
    {FACT_NAME_MISMATCH, FACT_NAME_WILDCARD_DEPTH},
    {FACT_NAME_MISMATCH, FACT_NAME_WILDCARD_PARTIAL},
    {FACT_NAME_MISMATCH, FACT_NAME_CN_ONLY},
    {FACT_NAME_MISMATCH, FACT_NAME_NO_SAN},
    {FACT_NAME_MISMATCH, FACT_NAME_IDN},
    {FACT_NAME_MISMATCH, FACT_NAME_TRAILING_DOT},
    {FACT_NAME_NO_SAN, FACT_NAME_CN_ONLY},
    {FACT_NAME_NO_SAN, FACT_NAME_IP_NOT_IN_SAN},
    {FACT_SELF_SIGNED_LEAF, FACT_SELF_SIGNED_CA_LEAF},
    {FACT_CA_AS_LEAF, FACT_SELF_SIGNED_CA_LEAF},
    {FACT_ROOT_NOT_TRUSTED, FACT_SELF_SIGNED_LEAF},
    {FACT_ROOT_NOT_TRUSTED, FACT_SELF_SIGNED_CA_LEAF},
    {FACT_ISSUER_NOT_FOUND, FACT_SELF_SIGNED_LEAF},
    {FACT_ISSUER_NOT_FOUND, FACT_SELF_SIGNED_CA_LEAF},
    {FACT_SENT_ROOT, FACT_SELF_SIGNED_LEAF},
    {FACT_SENT_ROOT, FACT_SELF_SIGNED_CA_LEAF},
    {FACT_SENT_ROOT, FACT_ROOT_NOT_TRUSTED}, /* a private root that is shown helps to be known */
    {FACT_INSPECTED, FACT_ROOT_NOT_TRUSTED}, /* some do not trust it: that says more */
    {FACT_INSPECTED, FACT_ISSUER_NOT_FOUND},
    {FACT_ISSUER_NOT_FOUND, FACT_ROOT_OTHER_KEY},
    {FACT_ROOT_NOT_TRUSTED, FACT_ROOT_OTHER_KEY},
    {FACT_ISSUER_NOT_FOUND, FACT_ISSUER_OTHER_KEY},
    {FACT_ISSUER_NOT_FOUND, FACT_ROOT_NOT_TRUSTED},
    {FACT_ISSUER_NOT_FOUND, FACT_ISSUER_NOT_SENT}, /* a client does not know what we know */
    {FACT_ISSUER_NOT_FOUND, FACT_SIGNATURE_BAD},   /* nor asks who else could have signed */
    {FACT_EXPIRING, FACT_EXPIRED},
    {FACT_ALERT, FACT_CLIENT_CERTIFICATE},
    {FACT_ALERT, FACT_SNI_REQUIRED},
    {FACT_ALERT, FACT_OLD_PROTOCOL},
    {FACT_HANDSHAKE_FAILED, FACT_ALERT},
    {FACT_HANDSHAKE_FAILED, FACT_LARGE_HELLO},
    {FACT_HANDSHAKE_FAILED, FACT_TLS13_INTOLERANT},
    {FACT_HANDSHAKE_FAILED, FACT_NO_SHARED_CIPHER},
    {FACT_HANDSHAKE_FAILED, FACT_NO_SHARED_GROUP},
    {FACT_ALERT, FACT_LARGE_HELLO},
    {FACT_ALERT, FACT_TLS13_INTOLERANT},
    {FACT_ALERT, FACT_NO_SHARED_CIPHER},
    {FACT_ALERT, FACT_NO_SHARED_GROUP},
    {FACT_HANDSHAKE_FAILED, FACT_CLIENT_CERTIFICATE},
    {FACT_HANDSHAKE_FAILED, FACT_SNI_REQUIRED},
    {FACT_HANDSHAKE_FAILED, FACT_OLD_PROTOCOL},
    {FACT_HANDSHAKE_FAILED, FACT_PLAINTEXT},
    {FACT_HANDSHAKE_FAILED, FACT_KEY_MISMATCH},
    {FACT_NO_CERTIFICATE, FACT_PLAINTEXT},
    {FACT_NO_CERTIFICATE, FACT_STARTTLS_REFUSED},
    {FACT_NO_CERTIFICATE, FACT_ALERT},
    {FACT_NO_CERTIFICATE, FACT_HANDSHAKE_FAILED},
    {FACT_NO_CERTIFICATE, FACT_CLIENT_CERTIFICATE},
    {FACT_NO_CERTIFICATE, FACT_SNI_REQUIRED},
    {FACT_NO_CERTIFICATE, FACT_OLD_PROTOCOL},
    {FACT_NO_CERTIFICATE, FACT_LARGE_HELLO},
    {FACT_NO_CERTIFICATE, FACT_NAME_REFUSED},
    {FACT_NO_CERTIFICATE, FACT_TLS13_INTOLERANT},
    {FACT_NO_CERTIFICATE, FACT_NO_SHARED_CIPHER},
    {FACT_NO_CERTIFICATE, FACT_NO_SHARED_GROUP},
    {FACT_NO_CERTIFICATE, FACT_UNREACHABLE},
    {FACT_NO_CERTIFICATE, FACT_UNRESOLVABLE},
    {FACT_NO_CERTIFICATE, FACT_PROXY_UNUSABLE},
    {FACT_NO_CERTIFICATE, FACT_PROXY_UNTRUSTED},
    {FACT_NO_CERTIFICATE, FACT_PROXY_LOGIN},
    {FACT_NO_CERTIFICATE, FACT_PROXY_REFUSAL},
    {FACT_NO_CERTIFICATE, FACT_FILE_FAULT},
    {FACT_UNREACHABLE, FACT_UNRESOLVABLE},
};

enum relation {
    ANY,     /* whatever certificates the two are about */
    SAME,    /* both about the same certificate */
    PAIR,    /* both about the same two certificates */
    OTHERS,  /* the consequence is about the cause's other certificate */
    STRAY,   /* the same, and it is no part of the path that was meant */
    FIRST,   /* the leaf is not first, and the consequence is about what stands there instead */
    CA_ONLY, /* about what only a CA may have, and the same certificate, which is none */
    STALE,   /* another address shows a certificate that is still valid */
    RENEWED, /* the same certificate, and the one that was expected is valid */
    THEN,    /* it is no fault at the time that the cause says it is */
    THEIRS,  /* whom the consequence stops, the cause stops as well */
};
/* A rule that ends in '.' stands for its family. */
static const struct {
    const char *consequence, *cause;
    enum relation relation;
} because_table[] = {
    {"name.", "server.default-certificate", ANY},
    {"trust.self-signed", "server.default-certificate", ANY},
    {"trust.self-signed-ca-as-leaf", "server.default-certificate", ANY},
    {"server.handshake-failure", "server.sni-required", ANY},
    {"server.handshake-failure", "server.old-protocol", ANY},
    {"server.handshake-failure", "server.client-certificate-required", ANY},
    {"server.handshake-failure", "file.key-mismatch", ANY},
    {"server.handshake-failure", "usage.encoding", ANY}, /* libssl cannot read it either */
    {"server.handshake-failure", "signature.unsupported-algorithm", ANY},
    {"name.", "server.sni-required", ANY},
    {"trust.self-signed", "server.sni-required", ANY},
    {"trust.self-signed-ca-as-leaf", "server.sni-required", ANY},
    {"server.alert", "server.sni-required", ANY},
    {"server.alert", "server.old-protocol", ANY},
    {"server.alert", "server.client-certificate-required", ANY},
    {"client.certificate-refused", "client.", ANY},
    {"server.client-certificate-required", "client.key-mismatch", ANY},
    {"server.client-certificate-required", "client.signature-algorithm", ANY},
    {"client.certificate-expired", "validity.clock-wrong", THEN},
    {"client.not-yet-valid", "validity.clock-wrong", THEN},
    {"validity.expired", "validity.clock-wrong", THEN},
    {"validity.intermediate-expired", "validity.clock-wrong", THEN},
    {"validity.root-expired", "validity.clock-wrong", THEN},
    {"validity.not-yet-valid", "validity.clock-wrong", THEN},
    {"validity.", "chain.cross-sign-expired", SAME}, /* which has to go, whatever else it is */
    {"trust.", "chain.cross-sign-expired", SAME},
    {"signature.", "chain.cross-sign-expired", SAME},
    {"usage.", "chain.cross-sign-expired", SAME},
    {"chain.missing-intermediate", "chain.cross-sign-expired", SAME},
    {"signature.bad", "chain.wrong-intermediate", PAIR},
    {"chain.missing-intermediate", "chain.wrong-intermediate", SAME},
    {"trust.private-ca", "chain.wrong-intermediate", SAME},
    {"trust.unknown-ca", "chain.wrong-intermediate", SAME},
    {"chain.unrelated", "chain.wrong-intermediate", OTHERS},
    {"chain.missing-intermediate", "chain.wrong-intermediate", STRAY},
    {"trust.", "chain.wrong-intermediate", STRAY},
    {"validity.", "chain.wrong-intermediate", OTHERS}, /* it has to go as well */
    {"signature.", "chain.wrong-intermediate", OTHERS},
    {"usage.", "chain.wrong-intermediate", OTHERS},
    {"signature.bad", "trust.wrong-root-same-name", PAIR},
    {"trust.private-ca", "trust.wrong-root-same-name", ANY},
    {"trust.unknown-ca", "trust.wrong-root-same-name", ANY},
    {"trust.store-outdated", "trust.wrong-root-same-name", ANY},
    {"chain.root-sent", "trust.wrong-root-same-name", ANY},
    {"trust.private-ca", "trust.env-override", THEIRS},
    {"trust.unknown-ca", "trust.env-override", THEIRS},
    {"trust.store-outdated", "trust.env-override", THEIRS},
    {"trust.store-missing", "trust.env-override", THEIRS},
    {"trust.self-signed", "trust.env-override", THEIRS},
    {"trust.interception", "trust.env-override", THEIRS},
    {"chain.missing-intermediate", "trust.env-override", THEIRS},
    {"trust.private-ca", "trust.store-missing", ANY},
    {"trust.unknown-ca", "trust.store-missing", ANY},
    {"trust.self-signed", "trust.store-missing", ANY},
    {"name.", "chain.wrong-order", FIRST},
    {"trust.", "chain.wrong-order", FIRST},
    {"usage.", "chain.wrong-order", FIRST},
    {"file.key-mismatch", "chain.wrong-order", FIRST},
    {"chain.missing-intermediate", "chain.wrong-order", FIRST},
    {"usage.key-usage", "usage.not-a-ca", SAME},
    {"usage.ca-missing-key-id", "usage.not-a-ca", SAME},
    {"usage.encoding", "usage.not-a-ca", CA_ONLY},
    {"chain.no-aia", "chain.missing-intermediate", SAME}, /* clients could fetch it otherwise */
    {"validity.expired", "server.addresses-differ", STALE},
    {"validity.expired", "server.not-reloaded", RENEWED},
    {"validity.expiring", "server.not-reloaded", RENEWED},
    {"name.", "server.not-reloaded",
     SAME}, /* the file is for the name, or it would be another rule */
    {"server.default-certificate", "server.not-reloaded", SAME},
    {"server.addresses-differ", "server.not-reloaded", ANY},
    {"revocation.unknown", "revocation.revoked", SAME}, /* one source says it, others nothing */
    {"revocation.unreachable", "revocation.revoked", SAME},
    {"revocation.stale", "revocation.revoked", SAME},
    {"revocation.staple-bad", "revocation.revoked", SAME},
    {"revocation.unknown", "revocation.ca-revoked", SAME},
    {"revocation.unreachable", "revocation.ca-revoked", SAME},
    {"revocation.stale", "revocation.ca-revoked", SAME},
    {"revocation.", "validity.clock-wrong", THEN},
    {"revocation.staple-bad", "validity.expired", SAME}, /* responders forget what has expired */
    {"chain.missing-intermediate", "file.bad-base64", ANY},
    {"trust.unknown-ca", "file.bad-base64", ANY},
    {"usage.encoding", "file.bad-base64", ANY},
    {"file.key-mismatch", "file.bad-base64", ANY},
};

/* The draft that finally stands for this one. */
static size_t draft_root(const struct explaining *e, size_t i)
{
    for (size_t step = 0; step < e->count && e->drafts[i].absorber >= 0; step++)
        i = (size_t)e->drafts[i].absorber;
    return i;
}

/* "Nobody knows the issuer" is a client's view; the root that it does not have is known here, or
 * the namesake that it has instead. */
static bool is_root_of(const struct explaining *e, const struct fact *unknown,
                       const struct fact *root)
{
    bool namesake = root->id == FACT_ROOT_OTHER_KEY;
    const struct cert *child = draft_cert(e, unknown->node);
    const struct cert *cert = draft_cert(e, namesake ? root->other : root->node);
    return (namesake || root->id == FACT_ROOT_NOT_TRUSTED) && child && cert &&
           name_equal(child->issuer, cert->subject);
}

static void draft_absorb(struct explaining *e, size_t vague, size_t precise)
{
    const struct fact *v = e->drafts[vague].fact, *p = e->drafts[precise].fact;
    bool same = v->node == p->node || p->node < 0 || v->node < 0 || is_root_of(e, v, p);
    if (vague == precise || e->drafts[vague].dropped || !same || draft_root(e, precise) == vague)
        return;
    e->drafts[vague].dropped = true;
    e->drafts[vague].absorber = (int)precise;
}

void drafts_absorb(struct explaining *e)
{
    for (size_t row = 0; row < sizeof absorptions / sizeof absorptions[0]; row++)
        for (size_t i = 0; i < e->count; i++)
            for (size_t k = 0; e->drafts[i].fact->id == absorptions[row].vague && k < e->count; k++)
                if (e->drafts[k].fact->id == absorptions[row].precise)
                    draft_absorb(e, i, k);
}

static bool rule_is(const struct rule *rule, const char *pattern)
{
    return str_ends(pattern, ".") ? str_starts(rule->id, pattern) : strcmp(rule->id, pattern) == 0;
}

/* Whether every client that the one stops is stopped by the other. */
static bool clients_within(const struct explaining *e, const struct draft *inner,
                           const struct draft *outer)
{
    for (size_t c = 0; c < e->verdict->client_count; c++)
        if (inner->rejected_by[c] && !outer->rejected_by[c])
            return false;
    return true;
}

/* A certificate that had expired long before stays expired by a clock that is right. */
static bool holds_then(const struct explaining *e, const struct draft *follower,
                       const struct fact *clock)
{
    const cw_time then = clock->limit;
    const struct cert *cert = draft_cert(e, follower->fact->node);
    if (*clock->text == '\0') /* by the chain alone: all of it lies on one side */
        return true;
    if (follower->fact->id == FACT_REVOCATION_STALE)
        return follower->fact->limit >= then;
    if (str_starts(follower->finding.rule->id, "revocation."))
        return clock->value > TIME_DAY;
    return cert && cert->not_before <= then && then <= cert->not_after;
}

static bool relation_holds(const struct explaining *e, enum relation relation,
                           const struct draft *follower, const struct draft *cause)
{
    const struct fact *consequence = follower->fact;
    const struct cert *cert = draft_cert(e, consequence->node);
    switch (relation) {
    case ANY:
        return true;
    case SAME:
        return consequence->node == cause->fact->node;
    case PAIR:
        return consequence->node == cause->fact->node && consequence->other == cause->fact->other;
    case OTHERS:
        return consequence->node == cause->fact->other;
    case STRAY:
        return consequence->node == cause->fact->other && !consequence->on_best;
    case FIRST:
        /* what is wrong with it in its own place is no consequence */
        return cause->fact->limit == 0 && cert && !consequence->on_best &&
               e->verdict->graph.nodes[consequence->node].position == 0;
    case CA_ONLY:
        return consequence->node == cause->fact->node && consequence->id == FACT_ANOMALY &&
               (consequence->value == ANOMALY_NC_NOT_CA ||
                consequence->value == ANOMALY_PATH_LENGTH_NOT_CA);
    case STALE:
        return cause->variant && strcmp(cause->variant, "stale") == 0;
    case RENEWED: {
        const struct cert *renewed = e->obs->expected_count ? e->obs->expected[0].cert : NULL;
        return consequence->node == cause->fact->node && renewed && renewed->parsed &&
               e->input->at <= renewed->not_after;
    }
    case THEN:
        return holds_then(e, follower, cause->fact);
    case THEIRS:
        return clients_within(e, follower, cause);
    }
    return false;
}

static bool draft_follows(const struct explaining *e, const struct draft *consequence,
                          const struct draft *cause)
{
    for (size_t row = 0; row < sizeof because_table / sizeof because_table[0]; row++)
        if (rule_is(consequence->finding.rule, because_table[row].consequence) &&
            rule_is(cause->finding.rule, because_table[row].cause) &&
            relation_holds(e, because_table[row].relation, consequence, cause))
            return true;
    return false;
}

/* A client stops at the first certificate that is missing; it would stop at the next one as well.
 */
static void client_attribute(struct explaining *e, size_t draft, size_t client)
{
    bool gap = e->drafts[draft].fact->id == FACT_ISSUER_NOT_SENT;
    e->drafts[draft].rejected_by[client] = true;
    for (size_t i = 0; gap && i < e->count; i++)
        if (e->drafts[i].fact->id == FACT_ISSUER_NOT_SENT &&
            e->drafts[i].finding.rule == e->drafts[draft].finding.rule)
            e->drafts[i].rejected_by[client] = true;
}

/* Who rejects because of the facts themselves. */
static void clients_attribute(struct explaining *e)
{
    for (size_t c = 0; c < e->verdict->client_count; c++) {
        const struct client_verdict *client = &e->verdict->clients[c];
        for (size_t r = 0; client->accepts == 0 && r < client->reason_count; r++) {
            const struct reason reason = reason_meant(e, &client->reasons[r]);
            struct draft *draft = draft_find(e, &reason);
            if (draft)
                client_attribute(e, draft_root(e, (size_t)(draft - e->drafts)), c);
        }
    }
}

static void draft_pass_clients(const struct explaining *e, const struct draft *draft)
{
    for (size_t b = 0; b < draft->because_count; b++)
        for (size_t c = 0; c < e->verdict->client_count; c++)
            e->drafts[draft->because[b]].rejected_by[c] |= draft->rejected_by[c];
}

/* Who is stopped by a consequence is stopped by its cause. Causes have causes: a few rounds. */
static void clients_inherit(struct explaining *e)
{
    enum { CAUSE_DEPTH = 3 };
    for (int round = 0; round < CAUSE_DEPTH; round++)
        for (size_t i = 0; i < e->count; i++)
            draft_pass_clients(e, &e->drafts[i]);
}

static void draft_link(struct explaining *e, struct draft *draft)
{
    for (size_t k = 0; k < e->count && draft->because_count < BECAUSE_MAX; k++) {
        const struct draft *cause = &e->drafts[k];
        if (cause != draft && !cause->dropped && draft_follows(e, draft, cause))
            draft->because[draft->because_count++] = (int)k;
    }
}

void drafts_link(struct explaining *e)
{
    clients_attribute(e);
    for (size_t i = 0; i < e->count; i++)
        if (!e->drafts[i].dropped)
            draft_link(e, &e->drafts[i]);
    clients_inherit(e);
}
