/* SPDX-License-Identifier: Apache-2.0 */
/* The lab's servers below libssl: reading a ClientHello, and answering it with a chain that libssl
 * refuses to load, byte for byte. */
#include <string.h>

#include "internal.h"

enum { CLIENT_HELLO = 1 };
enum { EXTENSION_SERVER_NAME = 0, EXTENSION_GROUPS = 10, EXTENSION_SUPPORTED_VERSIONS = 43 };
enum { RECORD_BYTES = 1 << 14 };

/* RFC 6066 section 3: the first host_name of the list. */
static void read_server_name(struct bytes extension, struct client_hello *out)
{
    struct bytes list, type, name;
    if (take_vector(&extension, 2, &list) && take(&list, 1, &type) && type.p[0] == 0 &&
        take_vector(&list, 2, &name))
        out->sni = name;
}

/* RFC 8446 section 4.2.1: when present, this list alone says what the client supports. */
static void read_versions(struct bytes extension, struct client_hello *out)
{
    struct bytes list, item;
    out->version = 0;
    if (!take_vector(&extension, 1, &list))
        return;
    out->versions = list;
    while (take(&list, 2, &item)) {
        const int version = (int)big_endian(item);
        if (version >= TLS_1_0 && version <= TLS_1_2 && version > out->version)
            out->version = version;
    }
}

/* RFC 8446 section 4.1.2. */
bool client_hello_read(struct bytes record, struct client_hello *out)
{
    struct bytes type, version, body, handshake_type, hello, session, compressions, extensions;
    *out = (struct client_hello){0};
    if (!take(&record, 1, &type) || type.p[0] != RECORD_HANDSHAKE || !take(&record, 2, &version) ||
        !take_vector(&record, 2, &body) || !take(&body, 1, &handshake_type) ||
        handshake_type.p[0] != CLIENT_HELLO || !take_vector(&body, 3, &hello))
        return false;
    if (!take(&hello, 2, &version) || !take(&hello, RANDOM_BYTES, &out->random) ||
        !take_vector(&hello, 1, &session) || !take_vector(&hello, 2, &out->ciphers) ||
        !take_vector(&hello, 1, &compressions))
        return false;
    const int legacy = (int)big_endian(version);
    out->version = legacy < TLS_1_2 ? legacy : TLS_1_2;
    if (!take_vector(&hello, 2, &extensions))
        return true; /* a hello of TLS 1.0 may end here */
    struct bytes number, extension;
    while (take(&extensions, 2, &number) && take_vector(&extensions, 2, &extension)) {
        if (big_endian(number) == EXTENSION_SERVER_NAME)
            read_server_name(extension, out);
        else if (big_endian(number) == EXTENSION_SUPPORTED_VERSIONS)
            read_versions(extension, out);
        else if (big_endian(number) == EXTENSION_GROUPS)
            take_vector(&extension, 2, &out->groups);
    }
    return true;
}

static bool name_is(const struct tls_identity *identity, struct bytes sni)
{
    return identity->sni != NULL && sni.p != NULL && strlen(identity->sni) == sni.n &&
           strncasecmp(identity->sni, (const char *)sni.p, sni.n) == 0;
}

/* As nginx chooses: the named one, else the default, else the first. */
const struct tls_identity *identity_choose(const struct tls_server_config *config, struct bytes sni)
{
    const struct tls_identity *fallback = NULL;
    for (size_t i = 0; i < config->identity_count; i++) {
        if (name_is(&config->identities[i], sni))
            return &config->identities[i];
        if (fallback == NULL && config->identities[i].sni == NULL)
            fallback = &config->identities[i];
    }
    if (config->require_sni && (sni.p == NULL || fallback == NULL))
        return NULL;
    if (fallback == NULL && config->identity_count > 0)
        fallback = &config->identities[0];
    return fallback;
}

/* ---- writing ---- */

static void put_number(struct buf *out, size_t value, unsigned width)
{
    for (unsigned i = width; i-- > 0;)
        buf_add_byte(out, (uint8_t)(value >> (8 * i)));
}

static void put_message(struct buf *out, int type, const struct buf *body)
{
    put_number(out, (size_t)type, 1);
    put_number(out, body->n, 3);
    buf_add_bytes(out, buf_bytes(body));
}

/** A cipher suite of the client's with ECDHE, which all present clients would go on with; else its
 *  first that is not of TLS 1.3 or a signal. */
static unsigned cipher_choose(struct bytes offered)
{
    struct bytes item;
    unsigned first = 0;
    while (take(&offered, 2, &item)) {
        const unsigned suite = big_endian(item), family = suite >> 8;
        if (family == 0xc0 || family == 0xcc)
            return suite;
        if (first == 0 && family != 0x13 && suite != 0x00ff && (suite & 0x0f0f) != 0x0a0a)
            first = suite;
    }
    return first;
}

void raw_flight_write(const struct client_hello *hello, const struct tls_identity *identity,
                      int version, struct buf *out)
{
    BUF_CLEANUP server_hello = {0}, list = {0}, certificate = {0}, flight = {0};
    uint8_t random[RANDOM_BYTES];
    crypto_derive(hello->random, "lab server random", random, sizeof random);
    put_number(&server_hello, (size_t)version, 2);
    buf_append(&server_hello, random, sizeof random);
    put_number(&server_hello, 0, 1); /* no session */
    put_number(&server_hello, cipher_choose(hello->ciphers), 2);
    put_number(&server_hello, 0, 1); /* no compression */
    put_message(&flight, SERVER_HELLO, &server_hello);

    for (size_t i = 0; i < identity->chain_count; i++) {
        put_number(&list, identity->chain[i].n, 3);
        buf_add_bytes(&list, identity->chain[i]);
    }
    put_number(&certificate, list.n, 3);
    buf_add_bytes(&certificate, buf_bytes(&list));
    put_message(&flight, CERTIFICATE, &certificate);

    for (size_t at = 0; at < flight.n; at += RECORD_BYTES) {
        const struct bytes part = bytes_slice(buf_bytes(&flight), at, RECORD_BYTES);
        put_number(out, RECORD_HANDSHAKE, 1);
        put_number(out, (size_t)version, 2);
        put_number(out, part.n, 2);
        buf_add_bytes(out, part);
    }
}
