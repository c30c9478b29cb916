/* SPDX-License-Identifier: Apache-2.0 */
/* What a verifier's behaviour objects to on one route: RFC 5280 section 6.1, check by check, each
 * independent of the others, so that no reason hides another. */
#include <string.h>

#include "judge/internal.h"

const struct cert *check_cert(const struct check *c, size_t depth)
{
    return c->j->graph->nodes[c->route->nodes[depth]].cert;
}

/** The last certificate of a complete route is its trust anchor. */
bool check_is_anchor(const struct check *c, size_t depth)
{
    return c->route->complete && depth + 1 == c->route->count;
}

void reason_add(const struct check *c, enum fact_id id, struct place place, int64_t value,
                int64_t limit, const char *text)
{
    struct reasons *out = c->out;
    struct arena *arena = c->j->arena;
    out->items = arena_grow(arena, out->items, out->count, &out->cap, sizeof *out->items);
    out->depths = arena_grow(arena, out->depths, out->count, &out->depth_cap, sizeof *out->depths);
    out->items[out->count] =
        (struct fact){.id = id,
                      .node = place.depth < 0 ? -1 : c->route->nodes[place.depth],
                      .other = place.other < 0 ? -1 : c->route->nodes[place.other],
                      .value = value,
                      .limit = limit,
                      .text = text != NULL ? text : ""};
    out->depths[out->count++] = place.depth;
}

void reason_add_aside(const struct check *c, const struct fact *fact, size_t position)
{
    reason_add(c, fact->id, at_depth(-1), fact->value, fact->limit, fact->text);
    c->out->items[c->out->count - 1] = *fact;
    c->out->depths[c->out->count - 1] = DEPTH_ASIDE + (int)position;
}

/** RFC 5280 section 6.1.3 (a)(2): the certificate validity period includes the current time. */
void check_validity(const struct check *c, size_t depth)
{
    const struct cert *cert = check_cert(c, depth);
    const cw_time at = c->j->in->at;
    const int d = (int)depth;
    if (check_is_anchor(c, depth) && depth > 0 && c->b->anchor_time_ignored)
        return;
    if (check_is_anchor(c, depth) && depth == 0 && (c->b->anchor_leaf_skips & SKIP_TIME))
        return;
    /* a path that ends without a root, or with a stored certificate that is trusted as it stands:
     * x509_vfy.c internal_verify begins below it */
    const bool ends = depth + 1 == c->route->count && !c->route->complete;
    if (((c->route->trusted_for_use >> depth & 1) || ends) && depth > 0 &&
        c->b->anchor_must_be_root && !node_is_self_signed(c->j, c->route->nodes[depth]))
        return;
    const unsigned refused = c->b->times_refused;
    const bool no_begin = cert->not_before == TIME_NONE || (cert->not_before_faults & refused);
    const bool no_end = cert->not_after == TIME_NONE || (cert->not_after_faults & refused);
    if (no_begin || no_end) {
        reason_add(c, FACT_TIME_UNREADABLE, at_depth(d), (no_begin ? 1 : 0) | (no_end ? 2 : 0), 0,
                   NULL);
        return;
    }
    if (at > cert->not_after || (at == cert->not_after && c->b->not_after_excluded))
        reason_add(c, FACT_EXPIRED, at_depth(d), at - cert->not_after, cert->not_after, NULL);
    if (at < cert->not_before)
        reason_add(c, FACT_NOT_YET_VALID, at_depth(d), cert->not_before - at, cert->not_before,
                   NULL);
}

/** Not RFC 5280's: what the CA/Browser Forum and Apple allow. */
static void check_lifetime(const struct check *c)
{
    const struct cert *leaf = check_cert(c, 0);
    enum { DAY = 86400 };
    if (c->b->max_days == 0 || leaf->not_before < c->b->max_days_since ||
        leaf->not_before == TIME_NONE || leaf->not_after == TIME_NONE || check_is_anchor(c, 0))
        return;
    const int64_t days = (leaf->not_after - leaf->not_before) / DAY;
    if (days > c->b->max_days)
        reason_add(c, FACT_VALID_TOO_LONG, at_depth(0), days, c->b->max_days, NULL);
}

/** Whether the key of the certificate at `depth` made its signature. */
static bool is_signed_by_itself(const struct check *c, size_t depth)
{
    const struct cert *cert = check_cert(c, depth);
    const struct signed_object object = {.algorithm = cert->outer_algorithm,
                                         .tbs = cert->tbs,
                                         .signature = cert->signature,
                                         .sha256 = cert->sha256};
    return sig_memo_verify(c->j->in->memo, key_public(&cert->key), &object,
                           &c->j->signatures_left) == SIG_OK;
}

/** RFC 5280 section 6.1.3 (a)(1): the basic signature can be verified with the issuer's key. */
void check_signature(const struct check *c, size_t depth)
{
    if (depth + 1 >= c->route->count)
        return;
    if (c->route->nodes[depth] == c->route->nodes[depth + 1]) { /* behaviour.leaf_under_itself */
        if (!check_cert(c, depth)->hypothetical && !is_signed_by_itself(c, depth))
            reason_add(c, FACT_SIGNATURE_BAD, between((int)depth, (int)depth + 1), 0, 0, NULL);
        return;
    }
    const int edge = graph_edge(c->j, c->route->nodes[depth], c->route->nodes[depth + 1]);
    if (edge < 0)
        return;
    const struct edge *e = &c->j->graph->edges[edge];
    if ((check_cert(c, depth)->anomaly_set & c->b->anomalies_unsigned) != 0) {
        reason_add(c, FACT_SIGNATURE_BAD, between((int)depth, (int)depth + 1), 2, 0, NULL);
        return;
    }
    switch (edge_signature(c->j, edge)) {
    case EDGE_SIG_BAD:
        reason_add(c, FACT_SIGNATURE_BAD, between((int)depth, (int)depth + 1),
                   e->key_id == AKI_MISMATCH ? 1 : 0, 0, NULL);
        break;
    case EDGE_SIG_UNSUPPORTED:
        reason_add(c, FACT_SIGNATURE_UNSUPPORTED, between((int)depth, (int)depth + 1), 0, 0,
                   signature_text(c->j->arena, check_cert(c, depth)));
        break;
    case EDGE_SIG_GOOD:
    case EDGE_SIG_UNCHECKED:
        break;
    }
}

static unsigned digest_bit(enum digest_kind digest)
{
    switch (digest) {
    case DIGEST_MD2:
        return DENY_MD2;
    case DIGEST_MD4:
        return DENY_MD4;
    case DIGEST_MD5:
        return DENY_MD5;
    case DIGEST_SHA1:
        return DENY_SHA1;
    case DIGEST_SHA224:
        return DENY_SHA224;
    case DIGEST_SHA512:
        return DENY_SHA512;
    case DIGEST_UNKNOWN:
        return DENY_UNKNOWN;
    default:
        return 0;
    }
}

static bool signature_is_ecdsa(const struct cert *cert)
{
    switch (cert->signature_algorithm) {
    case OID_SHA1_ECDSA:
    case OID_SHA224_ECDSA:
    case OID_SHA256_ECDSA:
    case OID_SHA384_ECDSA:
    case OID_SHA512_ECDSA:
        return true;
    default:
        return false;
    }
}

void check_digest(const struct check *c, size_t depth)
{
    const struct cert *cert = check_cert(c, depth);
    if (check_is_anchor(c, depth) && !(depth == 0 && c->b->anchor_leaf_signature))
        return;
    /* x509_vfy.c check_auth_level: nor that of the last certificate of a path that ends nowhere */
    if (c->b->strategy == STRATEGY_GREEDY && depth + 1 == c->route->count)
        return;
    /* a root's signature of itself protects nothing: nobody looks at its digest */
    if (depth > 0 && node_is_self_signed(c->j, c->route->nodes[depth]) && !c->b->sent_root_digest)
        return;
    const bool ecdsa = c->b->ecdsa_digests_denied != 0 && signature_is_ecdsa(cert);
    if (digest_bit(cert->signature_digest) &
        (c->b->digests_denied | (ecdsa ? c->b->ecdsa_digests_denied : 0)))
        reason_add(c, FACT_WEAK_DIGEST, at_depth((int)depth), cert->signature_digest, 0,
                   signature_text(c->j->arena, cert));
}

/** A root's signature of itself, for those who ask (X509_V_FLAG_CHECK_SS_SIGNATURE). RFC 6818
 *  section 2: only a CA needs keyCertSign for it. */
static void check_self_signature(const struct check *c)
{
    const size_t last = c->route->count - 1;
    const struct cert *cert = check_cert(c, last);
    if (!c->b->anchor_self_signature || !node_is_root(c->j, c->route->nodes[last]))
        return;
    if (!is_signed_by_itself(c, last) || (cert->anomaly_set & c->b->anomalies_unsigned) != 0)
        reason_add(c, FACT_SIGNATURE_BAD, between((int)last, (int)last), 0, 0, NULL);
    if (cert->is_ca && (cert->has & HAS_KEY_USAGE) && !(cert->key_usage & KU_KEY_CERT_SIGN) &&
        !cert_is_invalid(c->b, cert))
        reason_add(c, FACT_KEY_USAGE_CA, at_depth((int)last), cert->key_usage, KU_KEY_CERT_SIGN,
                   NULL);
}

/** Where the route ends without an anchor, why. */
static void check_end(const struct check *c)
{
    const int last = (int)c->route->count - 1;
    const struct cert *cert = check_cert(c, (size_t)last);
    struct arena *arena = c->j->arena;
    if (c->route->complete || !cert->parsed)
        return;
    if (c->route->too_long)
        reason_add(c, FACT_PATH_TOO_LONG, at_depth(0), last, c->b->max_intermediates, NULL);
    else if (c->route->distrusted)
        reason_add(c, FACT_ANCHOR_DISTRUSTED, at_depth(last), 0, 0,
                   name_short(arena, cert->subject));
    else if (!node_is_self_signed(c->j, c->route->nodes[last]))
        reason_add(c, FACT_ISSUER_NOT_FOUND, at_depth(last), cert_is_invalid(c->b, cert), 0,
                   name_short(arena, cert->issuer));
    else if (last == 0 && cert->is_ca)
        reason_add(c, FACT_SELF_SIGNED_CA_LEAF, at_depth(last), 0, 0,
                   name_short(arena, cert->subject));
    else if (last == 0)
        reason_add(c, FACT_SELF_SIGNED_LEAF, at_depth(last), 0, 0,
                   name_short(arena, cert->subject));
    else
        reason_add(c, FACT_ROOT_NOT_TRUSTED, at_depth(last), 0, 0,
                   name_short(arena, cert->subject));
}

/** Intermediates as RFC 5280 section 4.2.1.9 counts them: self-issued ones are free. */
static size_t intermediates_count(const struct check *c)
{
    const size_t end = c->route->count - (c->route->complete ? 1 : 0);
    size_t count = 0;
    for (size_t depth = 1; depth < end; depth++)
        if (c->b->pathlen_counts_self_issued || !node_is_self_issued(c->j, c->route->nodes[depth]))
            count++;
    return count;
}

static void check_lengths(const struct check *c)
{
    const size_t intermediates = intermediates_count(c);
    if ((c->b->max_intermediates != 0 || c->b->no_intermediates) &&
        intermediates > c->b->max_intermediates)
        reason_add(c, FACT_PATH_TOO_LONG, at_depth(0), (int64_t)intermediates,
                   c->b->max_intermediates, NULL);
    if (c->b->max_sent != 0 && c->j->sent_count > c->b->max_sent)
        reason_add(c, FACT_PATH_TOO_LONG, at_depth(0), (int64_t)c->j->sent_count, c->b->max_sent,
                   NULL);
}

/** Decoders that read the whole message before anything is judged: one certificate that cannot be
 *  read ends it all (libssl's tls_process_server_certificate, PEM_read_bio_X509). */
static void check_sent_all(const struct check *c)
{
    for (size_t i = 0; c->b->sent_all_read && i < c->j->sent_count; i++) {
        const int node = c->j->sent[i];
        if (node < 0 || !cert_is_unread(c->b, c->j->graph->nodes[node].cert))
            continue;
        const struct cert *cert = c->j->graph->nodes[node].cert;
        if (cert->parsed)
            check_anomalies(c, cert, c->b->anomalies_unread, at_depth(-1));
        else
            reason_add(c, FACT_UNPARSABLE, at_depth(-1), cert->bad_at, 0, NULL);
        for (size_t k = 0; k < c->out->count; k++)
            if (c->out->depths[k] < 0)
                c->out->items[k].node = node;
        return;
    }
    if (c->b->leaf_key_decoded &&
        sig_memo_key_security(c->j->in->memo, key_public(&check_cert(c, 0)->key)) < 0)
        reason_add(c, FACT_KEY_UNSUPPORTED, at_depth(0), 0, 0, NULL);
}

/** What makes this client's parser stop at a certificate at this depth. */
static void check_parse(const struct check *c, size_t depth, unsigned what)
{
    struct behaviour lenient;
    struct check wide = *c;
    if (c->b->anomalies_anchor_ok != 0) {
        lenient = *c->b;
        lenient.anomalies_fatal &= ~c->b->anomalies_anchor_ok;
        wide.b = &lenient;
    }
    if (what & PARSE_ENCODING)
        check_encoding(&wide, depth);
    if (!check_cert(c, depth)->parsed)
        return;
    if (what & PARSE_CRITICAL)
        check_extensions(c, depth);
    if (what & PARSE_KEYS)
        check_key_parse(c, depth);
}

bool anchor_is_loaded(struct judging *j, const struct behaviour *b, int node)
{
    struct reasons reasons = {0};
    const struct route route = {.nodes = {node, node}, .count = 2};
    if (b->anchor_parsed != 0)
        check_parse(&(struct check){.j = j, .b = b, .route = &route, .out = &reasons}, 1,
                    b->anchor_parsed);
    return reasons.count == 0;
}

static bool on_route(const struct route *route, int node)
{
    for (size_t i = 0; i < route->count; i++)
        if (route->nodes[i] == node)
            return true;
    return false;
}

/** Clients whose parser sees the whole message: what is wrong with certificates that are not even
 *  needed. */
static void check_aside(const struct check *c)
{
    for (size_t i = 1; c->b->sent_all_parsed != 0 && i < c->j->sent_count; i++) {
        const int node = c->j->sent[i];
        struct reasons reasons = {0};
        const struct route route = {.nodes = {c->j->first, node}, .count = 2};
        if (node < 0 || on_route(c->route, node))
            continue;
        check_parse(&(struct check){.j = c->j, .b = c->b, .route = &route, .out = &reasons}, 1,
                    c->b->sent_all_parsed);
        for (size_t r = 0; r < reasons.count; r++)
            reason_add_aside(c, &reasons.items[r], i);
    }
}

void check_route(struct judging *j, const struct behaviour *b, const struct route *route,
                 struct reasons *out)
{
    const struct check c = {.j = j, .b = b, .route = route, .out = out};
    for (size_t depth = 0; depth < route->count; depth++) {
        check_encoding(&c, depth);
        if (!check_cert(&c, depth)->parsed)
            continue; /* of what could not be read nothing more is known */
        check_validity(&c, depth);
        check_signature(&c, depth);
        check_digest(&c, depth);
        check_keys(&c, depth);
        check_usage(&c, depth);
        check_extensions(&c, depth);
    }
    check_end(&c);
    check_lifetime(&c);
    check_self_signature(&c);
    check_sent_all(&c);
    check_aside(&c);
    check_proxies(&c);
    check_lengths(&c);
    check_path_length(&c);
    check_name_constraints(&c);
    if (b->tls_features)
        check_tls_features(&c);
    check_policies(&c);
    check_host(&c);
    check_revocation(&c);
    check_ct(&c);
    check_public(&c);
    if (b->rfc_strict)
        check_baseline(&c);
}

/** The last certificate of the route as a candidate: whatever is wrong with it alone. */
bool check_candidate(struct judging *j, const struct behaviour *b, const struct route *route)
{
    struct reasons reasons = {0};
    const struct check c = {.j = j, .b = b, .route = route, .out = &reasons};
    const size_t depth = route->count - 1;
    check_encoding(&c, depth);
    check_validity(&c, depth);
    check_digest(&c, depth);
    check_keys(&c, depth);
    check_usage(&c, depth);
    check_extensions(&c, depth);
    if (depth > 0)
        check_signature(&c, depth - 1);
    return reasons.count == 0;
}
