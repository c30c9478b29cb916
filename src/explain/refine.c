/* SPDX-License-Identifier: Apache-2.0 */
/* Which rule a fact means here. The clients' words are the same for a missing intermediate and for
 * a private root; the certificates are not. */
#include "internal.h"

#include <string.h>
#include <sys/socket.h>

/* A private CA in front of a public name at a public address: a company's hosts have private ones.
 * Timestamps of public logs are of public CAs. */
static bool is_odd_for_public(const struct explaining *e, const struct cert *leaf)
{
    const struct connection *primary = observation_primary(e->obs);
    uint8_t ip[16];
    if (!e->obs->public_name || !primary || !leaf || cert_sct_list(leaf).n > 0)
        return false;
    if (e->obs->proxy && *e->obs->proxy)
        return true;
    const char *address = primary->address;
    const size_t bracket = *address == '[';
    const char *end = bracket ? strchr(address, ']') : strrchr(address, ':');
    if (!end)
        return false;
    const size_t n = str_parse_ip(
        arena_strndup(e->arena, address + bracket, (size_t)(end - address) - bracket), ip);
    return n > 0 && address_is_public(n == 16 ? AF_INET6 : AF_INET, ip);
}

/* A private CA, or somebody on the way. */
static bool refine_interception(const struct explaining *e, struct draft *draft,
                                struct bytes ca_name)
{
    const struct cert *leaf =
        e->verdict->chain_count > 0 ? draft_cert(e, e->verdict->chain[0].node) : NULL;
    draft->interceptor = interceptor_find(e->arena, ca_name);
    if (!draft->interceptor && !is_odd_for_public(e, leaf))
        return false;
    draft->finding.rule = rule_find("trust.interception");
    draft->variant = draft->interceptor ? NULL : "public-name";
    return true;
}

/* Members of the clients' stores whose organisation is that of the name: a family the store knows.
 */
static size_t family_count(const struct explaining *e, struct bytes name)
{
    size_t most = 0;
    for (size_t i = 0; i < e->input->profile_count; i++) {
        size_t n = e->input->stores[i] ? store_count_organization(e->input->stores[i], name) : 0;
        most = n > most ? n : most;
    }
    return most;
}

bool draft_is_anchor(const struct explaining *e, int node)
{
    return draft_cert(e, node) && e->verdict->graph.nodes[node].stores != 0;
}

static bool node_is_sent(const struct explaining *e, int node)
{
    return draft_cert(e, node) && e->verdict->graph.nodes[node].position >= 0;
}

static bool node_is_leaf(const struct explaining *e, int node)
{
    const struct verdict *v = e->verdict;
    const struct path *best = v->best >= 0 ? &v->paths[v->best] : NULL;
    for (size_t i = 0; best && i < best->count; i++)
        if (best->nodes[i] == node)
            return i == 0; /* an issuer that stands first is still an issuer */
    return v->graph.nodes[node].position == 0;
}

static bool cert_has_issuer_url(const struct explaining *e, const struct cert *cert)
{
    const char *url;
    return cert_aia_urls(e->arena, cert, OID_AD_CA_ISSUERS, &url, 1) > 0;
}

/* Nothing is known about the issuer. A CA of an unknown family at the top: its root is private. A
 * leaf alone: an address to fetch its issuer from says that there is one to send. */
/* The issuer that is nowhere bears the name of a public root: the store lags behind. By name alone,
 * for there is no key to check the signature with. */
static bool refine_public_issuer(const struct explaining *e, struct draft *draft,
                                 const struct cert *cert)
{
    enum { NAMESAKES = 8 };
    const struct root_fact *facts[NAMESAKES];
    const size_t n = e->input->public_store ? root_facts_named(cert->issuer, facts, NAMESAKES) : 0;
    struct root_standing best = {0}, one;
    for (size_t i = 0; i < n; i++)
        if (root_standing_find(e->input->roots, root_fact_sha256(facts[i]), &one) &&
            root_standing_count(&one) > root_standing_count(&best))
            best = one;
    if (root_standing_count(&best) == 0)
        return false;
    draft->is_public_root = true;
    draft->root = best;
    draft->finding.rule = rule_find("trust.store-outdated");
    draft->variant = "by-name";
    return true;
}

static void refine_unknown_issuer(const struct explaining *e, struct draft *draft)
{
    const struct cert *cert = draft_cert(e, draft->fact->node);
    if (!cert)
        return;
    if (refine_public_issuer(e, draft, cert))
        return;
    draft->family = family_count(e, cert->issuer);
    const char *rule = "trust.unknown-ca";
    const bool known_product = interceptor_find(e->arena, cert->issuer) != NULL;
    const bool is_private = cert->is_ca || !node_is_leaf(e, draft->fact->node);
    if ((known_product || (draft->family == 0 && is_private)) &&
        refine_interception(e, draft, cert->issuer))
        return;
    if (draft->family > 0) {
        rule = "chain.missing-intermediate";
        draft->variant = "family";
    } else if (is_private) {
        rule = "trust.private-ca";
        draft->variant = "not-sent";
    } else if (cert_has_issuer_url(e, cert)) {
        rule = "chain.missing-intermediate";
        draft->variant = "unfetched";
    }
    draft->finding.rule = rule_find(rule);
}

/* The issuer on the path that was meant, whoever may know it; -1 none. */
static int node_known_issuer(const struct explaining *e, int node)
{
    const struct verdict *v = e->verdict;
    const struct path *best = v->best >= 0 ? &v->paths[v->best] : NULL;
    for (size_t i = 0; best && i + 1 < best->count; i++)
        if (best->nodes[i] == node)
            return best->nodes[i + 1];
    return -1;
}

static const struct edge *edge_find(const struct explaining *e, int child, int issuer)
{
    const struct graph *graph = &e->verdict->graph;
    for (size_t i = 0; i < graph->edge_count; i++)
        if (graph->edges[i].child == child && graph->edges[i].issuer == issuer)
            return &graph->edges[i];
    return NULL;
}

/* A client may refuse, as the issuer, the very certificate that made the signature: key identifiers
 * or the spelling of names differ. */
static void refine_not_found(const struct explaining *e, struct draft *draft)
{
    int issuer = node_known_issuer(e, draft->fact->node);
    const struct edge *edge = edge_find(e, draft->fact->node, issuer);
    bool signed_by_it = edge && edge->signature == EDGE_SIG_GOOD;
    if (signed_by_it && (node_is_sent(e, issuer) || draft_is_anchor(e, issuer)))
        draft->finding.rule = rule_find("chain.issuer-mismatch");
    else
        refine_unknown_issuer(e, draft);
}

/* A public root that no store here holds: facts say whether the stores lag behind, or whether the
 * programmes have dropped it. With --only-ca the anchors are a choice, and no store lags. */
static bool refine_public_root(const struct explaining *e, struct draft *draft,
                               const struct cert *cert)
{
    draft->is_public_root =
        e->input->public_store && root_standing_find(e->input->roots, cert->sha256, &draft->root);
    if (!draft->is_public_root)
        return false;
    const bool trusted = root_standing_count(&draft->root) > 0;
    draft->finding.rule = rule_find(trusted ? "trust.store-outdated" : "trust.distrusted");
    draft->variant = trusted ? "programmes" : "dropped";
    return true;
}

static void refine_untrusted_root(const struct explaining *e, struct draft *draft)
{
    const struct cert *cert = draft_cert(e, draft->fact->node);
    if (!cert || refine_public_root(e, draft, cert))
        return;
    draft->family = e->input->public_store ? family_count(e, cert->subject) : 0;
    const bool known_product = interceptor_find(e->arena, cert->subject) != NULL;
    if ((known_product || draft->family == 0) && refine_interception(e, draft, cert->subject))
        return;
    if (draft->family > 0)
        draft->finding.rule = rule_find("trust.store-outdated");
}

/* The certificate whose key made the signature, preferring one that was sent; -1 none. */
static int node_good_issuer(const struct explaining *e, int child)
{
    const struct graph *graph = &e->verdict->graph;
    int found = -1;
    for (size_t i = 0; i < graph->edge_count; i++) {
        const struct edge *edge = &graph->edges[i];
        bool good =
            edge->child == child && edge->issuer != child && edge->signature == EDGE_SIG_GOOD;
        if (good && (found < 0 || node_is_sent(e, edge->issuer)))
            found = edge->issuer;
    }
    return found;
}

const struct fact *fact_retold(const struct explaining *e, const struct fact *fact)
{
    if (fact->id != FACT_ISSUER_OTHER_KEY || !node_is_sent(e, fact->other) ||
        !node_is_sent(e, node_good_issuer(e, fact->node)))
        return fact;
    struct fact *stray = arena_alloc(e->arena, sizeof *stray);
    *stray = (struct fact){.id = FACT_SENT_UNRELATED,
                           .node = fact->other,
                           .other = -1,
                           .value = e->verdict->graph.nodes[fact->other].position,
                           .text = "",
                           .on_best = true};
    return stray;
}

/* A signature that fails under a namesake's key is not damaged: the namesake did not make it. */
static void refine_bad_signature(const struct explaining *e, struct draft *draft)
{
    const struct fact *fact = draft->fact;
    const struct edge *edge = edge_find(e, fact->node, fact->other);
    bool other_key = edge && edge->child != edge->issuer &&
                     (edge->key_id == AKI_MISMATCH || node_good_issuer(e, fact->node) >= 0);
    if (other_key)
        draft->finding.rule =
            rule_find(node_is_sent(e, fact->other) ? "chain.wrong-intermediate"
                                                   : "trust.wrong-root-same-name");
}

static void refine_validity(const struct explaining *e, struct draft *draft)
{
    const struct cert *cert = draft_cert(e, draft->fact->node);
    if (!cert || node_is_leaf(e, draft->fact->node))
        return;
    bool root = draft_is_anchor(e, draft->fact->node) || cert_is_self_issued(cert);
    draft->finding.rule =
        rule_find(root ? "validity.root-expired" : "validity.intermediate-expired");
}

static void refine_pairing(const struct explaining *e, struct draft *draft)
{
    switch (e->obs->pairing) {
    case KEY_PAIRS_OTHER:
        draft->variant = "other-block";
        break;
    case KEY_ENCRYPTED:
        draft->finding.rule = rule_find("file.encrypted-key");
        break;
    case KEY_UNREADABLE:
        draft->finding.rule = rule_find("file.wrong-kind");
        draft->variant = "key";
        break;
    case KEY_PAIRS_NONE:
        draft->variant = "no-block";
        break;
    case KEY_NOT_GIVEN:
    case KEY_PAIRS:
        break;
    }
}

/* Without key identifiers and without the right issuer at hand only this is certain: the signature
 * does not verify. */
static void refine_other_key(const struct explaining *e, struct draft *draft)
{
    if (draft->fact->value == 0 && node_good_issuer(e, draft->fact->node) < 0)
        draft->finding.rule = rule_find("signature.bad");
}

/* The client sent no name: it was refused, or shown the certificate of some other site. */
static void refine_sni(const struct explaining *e, struct draft *draft)
{
    if (draft->fact->node >= 0 && e->obs->sent_count > 0)
        draft->variant = "default";
}

/* RFC 6066 section 3: "unrecognized_name" to a client that named nobody. */
static void refine_alert(const struct explaining *e, struct draft *draft)
{
    enum { UNRECOGNIZED_NAME = 112 };
    const char *sni = e->obs->target.sni;
    if (draft->fact->value == UNRECOGNIZED_NAME && (!sni || !*sni))
        draft->finding.rule = rule_find("server.sni-required");
}

/* How it ended says where to look. What we refused ourselves is told as it is. */
static void refine_handshake(const struct explaining *e, struct draft *draft)
{
    static const struct {
        enum handshake_result result;
        const char *rule;
    } rules[] = {
        {HS_RESET, "server.reset"}, {HS_CLOSED, "server.closed"}, {HS_TIMEOUT, "server.silent"}};
    if (draft->fact->limit == 1) {
        draft->variant = "once";
        return;
    }
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].result == draft->fact->value)
            draft->finding.rule = rule_find(rules[i].rule);
    const struct attempt *nothing = observation_attempt(e->obs, ATTEMPT_NOTHING);
    const bool unasked =
        nothing && (nothing->result == ANSWER_CLOSED || nothing->result == ANSWER_RESET);
    if (unasked && (draft->fact->value == HS_RESET || draft->fact->value == HS_CLOSED))
        draft->variant = "unasked";
}

/* Protocols that begin in plain text have a scheme to ask them with. */
static void refine_plaintext(const struct explaining *e, struct draft *draft)
{
    static const char *const plain[] = {"SMTP",       "LMTP",  "IMAP",        "POP3",
                                        "FTP",        "NNTP",  "LDAP",        "XMPP",
                                        "PostgreSQL", "MySQL", "ManageSieve", "IRC"};
    (void)e;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (strcmp(draft->fact->text, plain[i]) == 0)
            draft->variant = "starttls";
}

/* No answer about a name, or the answer that there is none. */
static void refine_unresolvable(const struct explaining *e, struct draft *draft)
{
    (void)e;
    if (draft->fact->value == NET_RESOLVER_FAILED)
        draft->variant = "no-answer";
}

static void refine_unreachable(const struct explaining *e, struct draft *draft)
{
    (void)e;
    if (draft->fact->value == NET_REFUSED)
        draft->finding.rule = rule_find("server.refused");
    if (draft->fact->value == NET_RESET) {
        draft->finding.rule = rule_find("server.reset");
        draft->variant = "unasked";
    } else if (draft->fact->value == NET_TIMEOUT)
        draft->finding.rule = rule_find("server.filtered");
}

static void refine_shared_group(const struct explaining *e, struct draft *draft)
{
    (void)e;
    if (draft->fact->limit == 1)
        draft->variant = "post-quantum";
}

/* Post-quantum algorithms (FIPS 204 and 205) have a word of their own: who knows them is known. */
static void refine_unsupported(const struct explaining *e, struct draft *draft)
{
    const struct cert *cert = draft_cert(e, draft->fact->node);
    if (!cert)
        return;
    const bool key = draft->fact->id == FACT_KEY_UNSUPPORTED;
    const char *algorithm = key ? key_text(e->arena, &cert->key) : signature_text(e->arena, cert);
    if (str_starts(algorithm, "ML-DSA-") || str_starts(algorithm, "SLH-DSA-"))
        draft->variant = key ? "post-quantum-key" : "post-quantum";
}

static bool der_is_current(struct bytes der, cw_time at)
{
    struct cert *cert = cert_parse(der);
    bool current = cert->parsed && cert->not_after != TIME_NONE && at <= cert->not_after;
    cert_unref(cert);
    return current;
}

/* One machine behind the name was forgotten when the certificate was renewed. */
static void refine_addresses(const struct explaining *e, struct draft *draft)
{
    bool expired = verdict_fact(e->verdict, FACT_EXPIRED, -2) != NULL;
    for (size_t i = 0; expired && i < e->obs->connection_count; i++) {
        const struct handshake *hs = &e->obs->connections[i].handshake;
        if (i != e->obs->primary && hs->certificate_count > 0 &&
            der_is_current(hs->certificates[0], e->input->at))
            draft->variant = "stale";
    }
}

/* Enough timestamps, and yet not the ones that policies ask for. */
static void refine_timestamps(const struct explaining *e, struct draft *draft)
{
    static const char *const variants[] = {[CT_LACKS_OPERATORS] = "operators",
                                           [CT_LACKS_CURRENT] = "retired",
                                           [CT_LACKS_RFC6962] = "static"};
    (void)e;
    if (draft->fact->offset < sizeof variants / sizeof *variants)
        draft->variant = variants[draft->fact->offset];
}

/* "*.co.uk" for x.co.uk: as deep as it should be, and too wide. */
static void refine_wildcard(const struct explaining *e, struct draft *draft)
{
    const char *dot = strchr(e->obs->target.name, '.');
    const char *pattern = dot ? arena_printf(e->arena, "*%s", dot) : "";
    if (*pattern && strstr(draft->fact->text, pattern))
        draft->variant = "wide";
}

static void refine_distrust(const struct explaining *e, struct draft *draft)
{
    (void)e;
    draft->variant = "new";
}

static void refine_order(const struct explaining *e, struct draft *draft)
{
    (void)e;
    if (draft->fact->limit == 0)
        draft->variant = "leaf";
}

static void refine_path_length(const struct explaining *e, struct draft *draft)
{
    (void)e;
    if (draft->fact->limit == 0)
        draft->variant = "none";
}

static void refine_not_a_ca(const struct explaining *e, struct draft *draft)
{
    const struct cert *cert = draft_cert(e, draft->fact->node);
    if (cert && !(cert->has & HAS_BASIC_CONSTRAINTS))
        draft->variant = "unsaid";
}

static void refine_ca_as_leaf(const struct explaining *e, struct draft *draft)
{
    const struct cert *cert = draft_cert(e, draft->fact->node);
    if (cert && !cert_is_self_issued(cert))
        draft->variant = "issued";
}

static void refine_ca_revoked(const struct explaining *e, struct draft *draft)
{
    if (draft_is_anchor(e, draft->fact->other))
        draft->variant = "root-child";
}

static void refine_staple(const struct explaining *e, struct draft *draft)
{
    const int64_t due = draft->fact->limit;
    if (due != 0 && due != INT64_MIN && due < e->input->at)
        draft->variant = "expired";
}

/* By others, not by the chain alone. */
static void refine_clock(const struct explaining *e, struct draft *draft)
{
    (void)e;
    if (*draft->fact->text)
        draft->variant =
            draft->fact->id == FACT_CLOCK_BEHIND ? "witnessed-behind" : "witnessed-ahead";
}

static void refine_caa(const struct explaining *e, struct draft *draft)
{
    (void)e;
    if (draft->fact->limit == CAA_NOBODY)
        draft->variant = "nobody";
    else if (draft->fact->limit == CAA_UNKNOWN_CRITICAL)
        draft->variant = "critical";
}

static void refine_must_staple(const struct explaining *e, struct draft *draft)
{
    if (e->obs->target.kind == TARGET_FILE)
        draft->variant = "file";
}

/* --expect: what the server has instead of the file, and whether all addresses have it. */
static void refine_expected(const struct explaining *e, struct draft *draft)
{
    (void)e;
    switch ((enum expect_result)draft->fact->value) {
    case EXPECT_CHAIN:
        draft->variant = "chain";
        break;
    case EXPECT_NEWER:
        draft->variant = "newer";
        break;
    case EXPECT_OTHER_NAME:
        draft->variant = "name";
        break;
    default:
        if (draft->fact->id == FACT_NOT_RELOADED && draft->fact->limit > 0)
            draft->variant = "some";
        break;
    }
}

void draft_refine(const struct explaining *e, struct draft *draft)
{
    static const struct {
        enum fact_id fact;
        void (*refine)(const struct explaining *, struct draft *);
    } refiners[] = {
        {FACT_ISSUER_NOT_FOUND, refine_not_found},
        {FACT_ROOT_NOT_TRUSTED, refine_untrusted_root},
        {FACT_SIGNATURE_BAD, refine_bad_signature},
        {FACT_EXPIRED, refine_validity},
        {FACT_KEY_MISMATCH, refine_pairing},
        {FACT_CA_AS_LEAF, refine_ca_as_leaf},
        {FACT_ISSUER_OTHER_KEY, refine_other_key},
        {FACT_SNI_REQUIRED, refine_sni},
        {FACT_ALERT, refine_alert},
        {FACT_HANDSHAKE_FAILED, refine_handshake},
        {FACT_UNREACHABLE, refine_unreachable},
        {FACT_UNRESOLVABLE, refine_unresolvable},
        {FACT_SIGNATURE_UNSUPPORTED, refine_unsupported},
        {FACT_KEY_UNSUPPORTED, refine_unsupported},
        {FACT_PLAINTEXT, refine_plaintext},
        {FACT_NO_SHARED_GROUP, refine_shared_group},
        {FACT_ADDRESSES_DIFFER, refine_addresses},
        {FACT_NOT_A_CA, refine_not_a_ca},
        {FACT_PATH_LENGTH, refine_path_length},
        {FACT_CT_TOO_FEW, refine_timestamps},
        {FACT_NAME_WILDCARD_DEPTH, refine_wildcard},
        {FACT_ISSUED_TOO_LATE, refine_distrust},
        {FACT_SENT_ORDER, refine_order},
        {FACT_CA_REVOKED, refine_ca_revoked},
        {FACT_STAPLE_BAD, refine_staple},
        {FACT_MUST_STAPLE, refine_must_staple},
        {FACT_CAA_FORBIDS, refine_caa},
        {FACT_NOT_RELOADED, refine_expected},
        {FACT_EXPECTED_OTHER, refine_expected},
        {FACT_CLOCK_BEHIND, refine_clock},
        {FACT_CLOCK_AHEAD, refine_clock},
    };
    static const struct {
        enum fact_id fact;
        const char *variant;
    } variants[] = {
        {FACT_TIME_UNREADABLE, "unreadable"}, {FACT_CLOCK_BEHIND, "behind"},
        {FACT_CLOCK_AHEAD, "ahead"},          {FACT_ANCHOR_NOT_ROOT, "not-root"},
        {FACT_KEY_UNSUPPORTED, "key"},        {FACT_KEY_USAGE_CA, "ca"},
        {FACT_SUBJECT_EMPTY, "subject"},      {FACT_TLS_FEATURE, "feature"},
        {FACT_UNPARSABLE, "unparsable"},      {FACT_NO_CERTIFICATE, "no-certificate"},
    };
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++)
        if (variants[i].fact == draft->fact->id)
            draft->variant = variants[i].variant;
    for (size_t i = 0; i < sizeof refiners / sizeof refiners[0]; i++)
        if (refiners[i].fact == draft->fact->id)
            refiners[i].refine(e, draft);
}

/* A certificate is renewed when a third of its life is left; 30 days before the end is late. */
static bool expiry_is_near(const struct cert *cert, cw_time at)
{
    if (cert->not_after == TIME_NONE || cert->not_before == TIME_NONE)
        return true;
    cw_time left = cert->not_after - at, life = cert->not_after - cert->not_before;
    return left < 30 * TIME_DAY && left < life / 3;
}

static bool path_holds(const struct path *path, int node)
{
    for (size_t i = 0; i < path->count; i++)
        if (path->nodes[i] == node)
            return true;
    return false;
}

bool fact_is_idle(const struct explaining *e, const struct fact *fact)
{
    const struct cert *cert = draft_cert(e, fact->node);
    const struct verdict *v = e->verdict;
    switch (fact->id) {
    case FACT_EXPIRING:
        return cert && !expiry_is_near(cert, e->input->at);
    case FACT_CLOCK_BEHIND:
    case FACT_CLOCK_AHEAD:
        if (*fact->text)
            return false; /* others say so */
        /* one expired certificate says nothing about the clock */
        return v->best >= 0 && v->paths[v->best].count < 2;
    case FACT_ROOT_OTHER_KEY:
        /* the right root is trusted as well: a change of roots, as it should be */
        return v->best >= 0 && v->paths[v->best].complete &&
               !path_holds(&v->paths[v->best], fact->other);
    case FACT_WEAK_DIGEST:
        /* nobody checks the signature that a trusted root made over itself */
        return draft_is_anchor(e, fact->node) && cert_is_self_issued(cert);
    default:
        return false;
    }
}
