/* SPDX-License-Identifier: Apache-2.0 */
/* Mutual TLS: what the server asks of its clients against the certificate that this one shows. The
 * server's own check is out of sight; facts say what would make it refuse, and whether it did. */
#include <string.h>

#include "judge/internal.h"

static void fact_add(struct judging *j, enum fact_id id, int other, int64_t value, int64_t limit,
                     const char *text)
{
    fact_intern(j, &(struct fact){.id = id,
                                  .node = -1,
                                  .other = other,
                                  .value = value,
                                  .limit = limit,
                                  .text = text,
                                  .on_best = true});
}

/* ---- what the server made of it ---- */

static bool contains(const char *text, const char *word)
{
    const size_t n = strlen(word);
    for (; *text != '\0'; text++)
        if (strncasecmp(text, word, n) == 0)
            return true;
    return false;
}

/** nginx ("400 No required SSL certificate was sent", "400 The SSL certificate error") and IIS
 *  ("403.7 … client certificate is required") complete the handshake and refuse in their answer. */
static bool answer_refuses(const char *answer)
{
    const char *status = answer != NULL ? strchr(answer, ' ') : NULL;
    return status != NULL && strncmp(answer, "HTTP/", 5) == 0 && status[1] == '4' &&
           (contains(answer, "SSL certificate") || contains(answer, "client certificate"));
}

bool fact_of_client_refusal(struct judging *j, const struct handshake *hs)
{
    if (!hs->client_certificate_requested)
        return false;
    const bool by_answer = hs->result == HS_DONE && answer_refuses(hs->client_answer);
    const bool ended = hs->result == HS_ALERT || hs->result == HS_CLOSED ||
                       hs->result == HS_RESET || hs->result == HS_TIMEOUT;
    if (!by_answer && (!ended || hs->certificate_count == 0))
        return false;
    const int64_t alert = hs->result == HS_ALERT ? hs->alert : -1;
    fact_add(
        j, hs->client_certificate_sent ? FACT_CLIENT_CERTIFICATE_REFUSED : FACT_CLIENT_CERTIFICATE,
        -1, alert, by_answer, by_answer ? hs->client_answer : "");
    return true;
}

/* ---- whose certificates the server takes ---- */

/** Names are compared as they are printed: servers copy them, and clients' CAs encode them anew. */
static bool is_acceptable(struct judging *j, const struct handshake *hs, struct bytes issuer)
{
    const char *name = name_text(j->arena, issuer);
    for (size_t i = 0; i < hs->acceptable_ca_count; i++)
        if (str_equal_nocase(hs->acceptable_cas[i], name))
            return true;
    return false;
}

static bool has_issued(struct judging *j, const struct cert *issuer, const struct cert *child)
{
    if (issuer == child || !issuer->parsed || !name_equal(issuer->subject, child->issuer))
        return false;
    if (child->hypothetical)
        return true;
    const struct signed_object object = {.algorithm = child->outer_algorithm,
                                         .tbs = child->tbs,
                                         .signature = child->signature,
                                         .sha256 = child->sha256};
    return sig_memo_verify(j->in->memo, key_public(&issuer->key), &object, &j->signatures_left) ==
           SIG_OK;
}

static int issuer_in_store(struct judging *j, struct store *store, unsigned from,
                           const struct cert *child)
{
    const struct anchor *found[LIMIT_CANDIDATES];
    const size_t n = store != NULL ? store_find_issuers(store, child, found, LIMIT_CANDIDATES) : 0;
    for (size_t i = 0; i < n && i < LIMIT_CANDIDATES; i++)
        if (has_issued(j, found[i]->cert, child))
            return node_add(j, found[i]->cert, from, &found[i]->origin);
    return -1;
}

/** An issuer that the client does not show and that is known here: fetched, of the pool, of a
 *  store, or sent by the server. */
static int issuer_known(struct judging *j, const struct cert *child)
{
    for (size_t i = 0; i < j->fetched_count; i++) {
        const struct origin origin = {.kind = ORIGIN_FETCHED, .where = j->fetched[i].where};
        if (has_issued(j, j->fetched[i].cert, child))
            return node_add(j, j->fetched[i].cert, FROM_FETCHED, &origin);
    }
    int node = issuer_in_store(j, j->in->pool, FROM_POOL, child);
    for (size_t s = 0; node < 0 && s < j->store_count; s++)
        node = issuer_in_store(j, j->stores[s], FROM_STORE, child);
    for (size_t i = 0; node < 0 && i < j->sent_count; i++)
        if (j->sent[i] >= 0 && has_issued(j, j->graph->nodes[j->sent[i]].cert, child))
            node = j->sent[i];
    return node;
}

static const struct cert *issuer_shown(struct judging *j, const struct cert *child)
{
    const struct presented *shown = &j->obs->presented;
    for (size_t i = 0; i < shown->count; i++)
        if (has_issued(j, shown->chain[i].cert, child))
            return shown->chain[i].cert;
    return NULL;
}

/** The client's chain from its certificate upwards. */
struct climb {
    const struct cert *end; /**< as far as it is known … */
    bool acceptable;        /**< … to one whose issuer the server names */
    int outside;            /**< node of the first issuer that the client does not show; -1 none */
};

static struct climb climb(struct judging *j, const struct handshake *hs)
{
    struct climb at = {.end = j->obs->presented.chain[0].cert, .outside = -1};
    for (int i = 0; i < LIMIT_PATH_LENGTH; i++) {
        at.acceptable = is_acceptable(j, hs, at.end->issuer);
        if (at.acceptable || cert_is_self_issued(at.end))
            break;
        const struct cert *next = issuer_shown(j, at.end);
        const int node = next == NULL ? issuer_known(j, at.end) : -1;
        if (next == NULL && node < 0)
            break;
        /* a root that the client does not show is the server's to know */
        if (node >= 0 && at.outside < 0 && !cert_is_self_issued(j->graph->nodes[node].cert))
            at.outside = node;
        at.end = next != NULL ? next : j->graph->nodes[node].cert;
    }
    return at;
}

/** RFC 8446 sections 4.2.4 and 4.4.2: the chain must lead to one of the authorities that the
 *  server names, and hold what is between. An empty list leaves the choice to the client. */
static void facts_of_issuers(struct judging *j, const struct handshake *hs)
{
    const bool listed =
        hs->acceptable_ca_count > 0 && hs->acceptable_ca_count < LIMIT_ACCEPTABLE_CAS;
    const struct climb at = climb(j, hs);
    const bool open = !at.acceptable && !cert_is_self_issued(at.end);
    if (open)
        j->client_end = at.end;
    if (listed && !at.acceptable)
        fact_add(j, FACT_CLIENT_CA, -1, open, 0, name_short(j->arena, at.end->issuer));
    else if (at.outside >= 0)
        fact_add(j, FACT_CLIENT_CHAIN, at.outside, listed, 0, name_short(j->arena, at.end->issuer));
}

/* ---- the certificate itself ---- */

/** RFC 8446 section 4.2.3, RFC 8422 section 5.1.1: whether a signature of this scheme can be made
 *  with the key. In TLS 1.2 the number of ECDSA's schemes says nothing of the curve. */
static bool scheme_suits(unsigned scheme, const struct key_info *key, bool tls13)
{
    enum { RSA = 1, ECDSA = 3 };
    switch (key->kind) {
    case KEY_RSA:
        return (!tls13 && (scheme & 0xff) == RSA && scheme < 0x0700) ||
               (scheme >= 0x0804 && scheme <= 0x0806);
    case KEY_RSA_PSS:
        return scheme >= 0x0809 && scheme <= 0x080b;
    case KEY_EC:
        if (!tls13)
            return (scheme & 0xff) == ECDSA && scheme < 0x0700;
        return (scheme == 0x0403 && key->curve == OID_P256) ||
               (scheme == 0x0503 && key->curve == OID_P384) ||
               (scheme == 0x0603 && key->curve == OID_P521);
    case KEY_ED25519:
        return scheme == 0x0807;
    case KEY_ED448:
        return scheme == 0x0808;
    default:
        return true; /* not known: nothing is said */
    }
}

/** RFC 8446 section 4.3.2: a client whose key fits none of the schemes shows no certificate. */
static void fact_schemes(struct judging *j, const struct handshake *hs)
{
    const struct key_info *key = &j->obs->presented.chain[0].cert->key;
    const struct bytes list = hs->client_schemes;
    const bool tls13 = hs->version != NULL && strcmp(hs->version, "TLSv1.3") == 0;
    BUF_CLEANUP names = {0};
    for (size_t i = 0; i + 1 < list.n; i += 2) {
        const unsigned scheme = (unsigned)list.p[i] << 8 | list.p[i + 1];
        if (scheme_suits(scheme, key, tls13))
            return;
        const char *name = signature_scheme_name(scheme);
        buf_printf(&names, "%s%s", names.n > 0 ? ", " : "",
                   *name != '\0' ? name : arena_printf(j->arena, "0x%04x", scheme));
    }
    if (list.n >= 2)
        fact_add(j, FACT_CLIENT_SCHEME, -1, 0, 0, arena_strdup(j->arena, buf_cstr(&names)));
}

/** RFC 5280 section 6.1.3 (a)(2): of the first one that is out of its time. */
static void fact_validity(struct judging *j)
{
    const struct presented *shown = &j->obs->presented;
    const cw_time at = j->in->at;
    for (size_t i = 0; i < shown->count; i++) {
        const struct cert *cert = shown->chain[i].cert;
        if (!cert->parsed)
            continue;
        const char *name = name_short(j->arena, cert->subject);
        if (cert->not_after != TIME_NONE && at > cert->not_after)
            fact_add(j, FACT_CLIENT_EXPIRED, -1, at - cert->not_after, cert->not_after, name);
        else if (cert->not_before != TIME_NONE && at < cert->not_before)
            fact_add(j, FACT_CLIENT_NOT_YET_VALID, -1, cert->not_before - at, cert->not_before,
                     name);
        else
            continue;
        return;
    }
}

/** RFC 5280 section 4.2.1.12. */
static void fact_purpose(struct judging *j)
{
    const struct cert *cert = j->obs->presented.chain[0].cert;
    if ((cert->has & HAS_EKU) != 0 && (cert->eku & (EKU_CLIENT_AUTH | EKU_ANY)) == 0)
        fact_add(j, FACT_CLIENT_PURPOSE, -1, 0, 0, name_short(j->arena, cert->subject));
}

void facts_of_client(struct judging *j, const struct handshake *hs)
{
    const struct presented *shown = &j->obs->presented;
    if (shown->count == 0 || !hs->client_certificate_requested || !shown->chain[0].cert->parsed)
        return;
    if (shown->pairing != KEY_PAIRS) {
        fact_add(j, FACT_CLIENT_KEY, -1, shown->pairing, 0, "");
        return;
    }
    if (hs->client_certificate_accepted && !answer_refuses(hs->client_answer))
        return; /* whatever there may be to say, this server does not mind */
    if (!hs->client_certificate_sent)
        fact_schemes(j, hs);
    fact_validity(j);
    fact_purpose(j);
    facts_of_issuers(j, hs);
}
