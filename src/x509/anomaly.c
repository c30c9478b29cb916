/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

_Static_assert(ANOMALY_COUNT <= 64, "anomaly_set has a bit for each");

static const struct {
    const char *text, *reference;
} anomalies[ANOMALY_COUNT] = {
#define ANOMALY(id, text, reference) [ANOMALY_##id] = {text, reference},
#include "anomalies.def"
#undef ANOMALY
};

/* Lower case with hyphens, as reports show them: no macro can make them of the identifiers. */
static const char *const anomaly_names[ANOMALY_COUNT] = {
    [ANOMALY_TRAILING] = "trailing",
    [ANOMALY_TBS_TRAILING] = "tbs-trailing",
    [ANOMALY_LONG_LENGTH] = "long-length",
    [ANOMALY_MALFORMED] = "malformed",
    [ANOMALY_SERIAL_ZERO] = "serial-zero",
    [ANOMALY_SERIAL_NEGATIVE] = "serial-negative",
    [ANOMALY_SERIAL_PADDED] = "serial-padded",
    [ANOMALY_SERIAL_LONG] = "serial-long",
    [ANOMALY_VERSION_UNKNOWN] = "version-unknown",
    [ANOMALY_VERSION_EXPLICIT_1] = "version-explicit-1",
    [ANOMALY_EXTENSIONS_NOT_V3] = "extensions-not-v3",
    [ANOMALY_EXTENSIONS_EMPTY] = "extensions-empty",
    [ANOMALY_EXTENSION_DUPLICATE] = "extension-duplicate",
    [ANOMALY_EXTENSION_DUPLICATE_UNKNOWN] = "extension-duplicate-unknown",
    [ANOMALY_EXTENSION_MALFORMED] = "extension-malformed",
    [ANOMALY_EXTENSION_NAME] = "extension-name",
    [ANOMALY_EXTENSION_TRAILING] = "extension-trailing",
    [ANOMALY_EXTENSIONS_TOO_MANY] = "extensions-too-many",
    [ANOMALY_CRITICAL_FALSE] = "critical-false",
    [ANOMALY_CA_FALSE] = "ca-false",
    [ANOMALY_BOOLEAN_NOT_FF] = "boolean-not-ff",
    [ANOMALY_UNIQUE_ID] = "unique-id",
    [ANOMALY_ALGORITHMS_DIFFER] = "algorithms-differ",
    [ANOMALY_ALGORITHM_NO_NULL] = "algorithm-no-null",
    [ANOMALY_ALGORITHM_PARAMETERS] = "algorithm-parameters",
    [ANOMALY_TIME_NO_SECONDS] = "time-no-seconds",
    [ANOMALY_TIME_OFFSET] = "time-offset",
    [ANOMALY_TIME_FRACTION] = "time-fraction",
    [ANOMALY_TIME_NOT_UTC] = "time-not-utc",
    [ANOMALY_TIME_UNREADABLE] = "time-unreadable",
    [ANOMALY_TIME_REVERSED] = "time-reversed",
    [ANOMALY_NAME_PRINTABLE] = "name-printable",
    [ANOMALY_NAME_UTF8] = "name-utf8",
    [ANOMALY_NAME_STRING] = "name-string",
    [ANOMALY_NAME_EMPTY_ISSUER] = "name-empty-issuer",
    [ANOMALY_NAME_MALFORMED] = "name-malformed",
    [ANOMALY_NAME_EMPTY_RDN] = "name-empty-rdn",
    [ANOMALY_KEY_MALFORMED] = "key-malformed",
    [ANOMALY_KEY_PADDED] = "key-padded",
    [ANOMALY_KEY_EXPONENT] = "key-exponent",
    [ANOMALY_KEY_EXPLICIT_CURVE] = "key-explicit-curve",
    [ANOMALY_SIGNATURE_UNUSED_BITS] = "signature-unused-bits",
    [ANOMALY_KEY_USAGE_EMPTY] = "key-usage-empty",
    [ANOMALY_KEY_USAGE_TRAILING_ZEROS] = "key-usage-trailing-zeros",
    [ANOMALY_EKU_EMPTY] = "eku-empty",
    [ANOMALY_SAN_EMPTY] = "san-empty",
    [ANOMALY_SAN_BAD_IP] = "san-bad-ip",
    [ANOMALY_SAN_BAD_DNS] = "san-bad-dns",
    [ANOMALY_SAN_NOT_ASCII] = "san-not-ascii",
    [ANOMALY_SAN_EMPTY_NAME] = "san-empty-name",
    [ANOMALY_SAN_MALFORMED] = "san-malformed",
    [ANOMALY_PATH_LENGTH_NOT_CA] = "path-length-not-ca",
    [ANOMALY_PATH_LENGTH_NEGATIVE] = "path-length-negative",
    [ANOMALY_PATH_LENGTH_HUGE] = "path-length-huge",
    [ANOMALY_NC_EMPTY] = "nc-empty",
    [ANOMALY_NC_MINIMUM] = "nc-minimum",
    [ANOMALY_NC_NOT_CA] = "nc-not-ca",
    [ANOMALY_NC_BAD_IP] = "nc-bad-ip",
    [ANOMALY_AKI_CRITICAL] = "aki-critical",
    [ANOMALY_SKI_CRITICAL] = "ski-critical",
    [ANOMALY_AKI_HALF] = "aki-half",
    [ANOMALY_POLICY_DUPLICATE] = "policy-duplicate",
    [ANOMALY_POLICY_MAPS_ANY] = "policy-maps-any",
};

void anomaly_add(struct cert *cert, enum anomaly_id id, size_t offset)
{
    if (cert == NULL)
        return;
    const uint64_t bit = UINT64_C(1) << id;
    const unsigned kept = cert->anomaly_count;
    /* Half of the room is for the first of each kind, or a list of 250 odd names would hide the
     * rest. */
    const bool keep = kept < LIMIT_ANOMALIES / 2 || (cert->anomaly_set & bit) == 0;
    if (keep && kept < LIMIT_ANOMALIES)
        cert->anomalies[kept] = (struct anomaly){.id = id, .offset = (uint32_t)offset};
    if (keep)
        cert->anomaly_count++;
    cert->anomaly_set |= bit;
}

bool element_take(struct cert *cert, struct reader *reader, uint8_t tag, struct der *out)
{
    if (!reader_expect(reader, tag, out))
        return false;
    if ((out->flags & DER_LONG_LENGTH) != 0)
        anomaly_add(cert, ANOMALY_LONG_LENGTH, out->offset);
    return true;
}

bool cert_has_anomaly(const struct cert *cert, enum anomaly_id id)
{
    return (cert->anomaly_set >> id & 1) != 0;
}

const char *anomaly_text(enum anomaly_id id)
{
    return (unsigned)id < ANOMALY_COUNT ? anomalies[id].text : "";
}

const char *anomaly_reference(enum anomaly_id id)
{
    return (unsigned)id < ANOMALY_COUNT ? anomalies[id].reference : "";
}

const char *anomaly_name(enum anomaly_id id)
{
    return (unsigned)id < ANOMALY_COUNT ? anomaly_names[id] : "";
}
