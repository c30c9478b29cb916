/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include <string.h>

static void seen_free(struct seen *seen, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cert_unref(seen[i].cert);
}

static void documents_free(struct document *documents, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < documents[i].cert_count; k++)
            cert_unref(documents[i].certs[k]);
        crl_free(documents[i].crl);
        ocsp_unref(documents[i].ocsp);
        file_unmap(&documents[i].map);
    }
}

void observation_free(struct observation *observation)
{
    if (!observation)
        return;
    seen_free(observation->sent, observation->sent_count);
    seen_free(observation->without_sni, observation->without_sni_count);
    seen_free(observation->expected, observation->expected_count);
    seen_free(observation->presented.chain, observation->presented.count);
    seen_free(observation->pool, observation->pool_count);
    seen_free(observation->case_anchors, observation->case_anchor_count);
    documents_free(observation->documents, observation->document_count);
    observation->sent_count = observation->without_sni_count = observation->document_count = 0;
    observation->expected_count = 0;
    observation->presented.count = 0;
    observation->pool_count = observation->case_anchor_count = 0;
}

const struct connection *observation_primary(const struct observation *observation)
{
    if (observation->primary < observation->connection_count)
        return &observation->connections[observation->primary];
    return NULL;
}

const char *const attempt_kind_names[] = {"nothing", "usual", "large", "tls12",
                                          "all13",   "all12", "old",   NULL};

const struct attempt *observation_attempt(const struct observation *observation,
                                          enum attempt_kind kind)
{
    for (size_t i = 0; i < observation->attempt_count; i++)
        if (observation->attempts[i].kind == kind)
            return &observation->attempts[i];
    return NULL;
}

bool handshakes_show_same(const struct handshake *a, const struct handshake *b)
{
    bool same = a->certificate_count == b->certificate_count;
    for (size_t i = 0; same && i < a->certificate_count; i++)
        same = bytes_equal(a->certificates[i], b->certificates[i]);
    return same;
}

bool observation_has_certificates(const struct observation *observation)
{
    return observation->sent_count > 0;
}

static bool list_has(const char *list, const char *name)
{
    const size_t n = strlen(name);
    for (const char *p = list ? list : ""; *p; p += strcspn(p, ","), p += *p == ',')
        if (strcspn(p, ",") == n && strncmp(p, name, n) == 0)
            return true;
    return false;
}

struct store_identity *observation_store(const struct observation *observation, const char *client)
{
    for (size_t i = 0; i < observation->store_count; i++)
        if (list_has(observation->stores[i].clients, client))
            return &observation->stores[i];
    return observation->store_count ? &observation->stores[0] : NULL;
}
