/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

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
    seen_free(observation->pool, observation->pool_count);
    seen_free(observation->case_anchors, observation->case_anchor_count);
    documents_free(observation->documents, observation->document_count);
    observation->sent_count = observation->without_sni_count = observation->document_count = 0;
    observation->pool_count = observation->case_anchor_count = 0;
}

const struct connection *observation_primary(const struct observation *observation)
{
    if (observation->primary < observation->connection_count)
        return &observation->connections[observation->primary];
    return NULL;
}

bool observation_has_certificates(const struct observation *observation)
{
    return observation->sent_count > 0;
}
