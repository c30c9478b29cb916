/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of tls/ share. Nobody else includes this. */
#ifndef CERTWHY_TLS_INTERNAL_H
#define CERTWHY_TLS_INTERNAL_H

#include "tls.h"

/** The certificates of one Certificate message (RFC 5246 section 7.4.2, RFC 8446 section 4.4.2), in
 *  the order sent, as they are. `message` includes the four octets of the handshake header. Stops
 *  at the first length that does not fit and keeps what came before. */
void certificate_message_read(struct bytes message, bool tls13, struct arena *arena,
                              struct handshake *out);
/** False when the first `n` bytes that a server sent cannot begin a TLS record. */
bool record_plausible(const uint8_t *p, size_t n);
/** "ClientHello" … of RFC 8446 section 4 and older. */
const char *handshake_type_name(int type);
/** The protocol version number of "TLSv1.2", or 0 for NULL and unknown names. */
int version_number(const char *name);
/** Writes Certificate and what goes before it without libssl: for chains that libssl cannot load.
 *  `client_hello` is what the client sent. False when it offers nothing that could be answered. */
bool raw_flight_write(struct bytes client_hello, const struct tls_identity *identity, int version,
                      struct buf *out);

#endif
