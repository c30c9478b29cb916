/* SPDX-License-Identifier: Apache-2.0 */
/* What is read from handshake messages without libssl: raw, and also when libssl gives up. */
#include "internal.h"

bool take(struct bytes *rest, size_t n, struct bytes *out)
{
    if (n > rest->n)
        return false;
    *out = bytes_slice(*rest, 0, n);
    *rest = bytes_slice(*rest, n, rest->n - n);
    return true;
}

uint32_t big_endian(struct bytes b)
{
    uint32_t n = 0;
    for (size_t i = 0; i < b.n; i++)
        n = n << 8 | b.p[i];
    return n;
}

bool take_vector(struct bytes *rest, size_t width, struct bytes *out)
{
    struct bytes length, after = *rest;
    if (!take(&after, width, &length) || !take(&after, big_endian(length), out))
        return false;
    *rest = after;
    return true;
}

void handshake_begin(struct handshake *out)
{
    *out = (struct handshake){.result = HS_LOCAL_REFUSAL,
                              .version = "",
                              .cipher = "",
                              .group = "",
                              .error = "",
                              .alpn = "",
                              .client_answer = "",
                              .alert = -1};
}

void certificate_message_read(struct bytes message, bool tls13, struct arena *arena,
                              struct handshake *out)
{
    enum { HEADER = 4 };
    struct bytes rest = arena_bytes(arena, bytes_slice(message, HEADER, message.n));
    struct bytes context, list, certificate, extensions;
    size_t cap = 0;
    out->certificate_message_bytes = message.n;
    if (tls13 && !take_vector(&rest, 1, &context))
        return;
    /* A list that claims more than the message holds is read as far as it goes. */
    if (!take_vector(&rest, 3, &list))
        list = rest.n > 3 ? bytes_slice(rest, 3, rest.n) : bytes_of(NULL, 0);
    while (out->certificate_count < LIMIT_SENT_CERTS && take_vector(&list, 3, &certificate)) {
        out->certificates = arena_grow(arena, out->certificates, out->certificate_count, &cap,
                                       sizeof *out->certificates);
        out->certificates[out->certificate_count++] = certificate;
        if (tls13 && !take_vector(&list, 2, &extensions))
            return;
    }
}

/* RFC 8446 section 5.1: a server's first record is a handshake message or an alert, major
 * version 3. */
bool record_plausible(const uint8_t *p, size_t n)
{
    enum { ALERT = 21, HANDSHAKE = 22, MAJOR = 3, MINOR_MAX = 4 };
    return (n < 1 || p[0] == ALERT || p[0] == HANDSHAKE) && (n < 2 || p[1] == MAJOR) &&
           (n < 3 || p[2] <= MINOR_MAX);
}

const char *handshake_type_name(int type)
{
    static const char *const names[] = {
        [0] = "HelloRequest",
        [1] = "ClientHello",
        [2] = "ServerHello",
        [4] = "NewSessionTicket",
        [5] = "EndOfEarlyData",
        [8] = "EncryptedExtensions",
        [11] = "Certificate",
        [12] = "ServerKeyExchange",
        [13] = "CertificateRequest",
        [14] = "ServerHelloDone",
        [15] = "CertificateVerify",
        [16] = "ClientKeyExchange",
        [20] = "Finished",
        [21] = "CertificateURL",
        [22] = "CertificateStatus",
        [24] = "KeyUpdate",
        [25] = "CompressedCertificate",
    };
    const size_t count = sizeof names / sizeof names[0];
    return type >= 0 && (size_t)type < count && names[type] != NULL ? names[type]
                                                                    : "unknown message";
}

const char *extension_type_name(int type)
{
    static const struct {
        int type;
        const char *name;
    } names[] = {
        {0, "server_name"},
        {5, "status_request"},
        {10, "supported_groups"},
        {11, "ec_point_formats"},
        {16, "alpn"},
        {18, "signed_certificate_timestamp"},
        {22, "encrypt_then_mac"},
        {23, "extended_master_secret"},
        {35, "session_ticket"},
        {43, "supported_versions"},
        {51, "key_share"},
        {47, "certificate_authorities"},
        {13, "signature_algorithms"},
        {65281, "renegotiation_info"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].type == type)
            return names[i].name;
    return "unknown extension";
}

int version_number(const char *name)
{
    static const struct {
        const char *name;
        int number;
    } versions[] = {
        {"TLSv1", 0x0301},   {"TLSv1.0", 0x0301}, {"TLSv1.1", 0x0302},
        {"TLSv1.2", 0x0303}, {"TLSv1.3", 0x0304},
    };
    for (size_t i = 0; name != NULL && i < sizeof versions / sizeof versions[0]; i++)
        if (str_equal_nocase(versions[i].name, name))
            return versions[i].number;
    return 0;
}

struct bytes certificate_request_schemes(struct bytes message, bool tls13)
{
    enum { SIGNATURE_ALGORITHMS = 13 };
    struct bytes rest = bytes_slice(message, 4, message.n), skipped, schemes = {0}, extensions;
    if (!take_vector(&rest, 1, &skipped)) /* certificate types, or the context of TLS 1.3 */
        return schemes;
    if (!tls13)
        return take_vector(&rest, 2, &schemes) ? schemes : (struct bytes){0};
    if (!take_vector(&rest, 2, &extensions))
        return schemes;
    struct bytes type, content;
    while (take(&extensions, 2, &type) && take_vector(&extensions, 2, &content))
        if (big_endian(type) == SIGNATURE_ALGORITHMS && take_vector(&content, 2, &schemes))
            return schemes;
    return (struct bytes){0};
}
