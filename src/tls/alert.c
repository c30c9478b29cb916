/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts in words: what each tells, and what it cannot tell. */

#include "tls.h"

struct alert_row {
    int number;
    const char *name, *meaning;
};

/* RFC 8446 section 6, and section 7.2 of RFC 5246 and older for what TLS 1.3 dropped. */
static const struct alert_row alerts[] = {
    {0, "close_notify",
     "The other side ended the connection in an orderly way; it says nothing about why."},
    {10, "unexpected_message",
     "The server met a message that it did not expect now: a defect on one side, or the port "
     "speaks "
     "another protocol first (STARTTLS); it says nothing about certificates."},
    {20, "bad_record_mac",
     "A record could not be decrypted: often a device in between that alters traffic, or a server "
     "whose "
     "private key does not belong to its certificate (RSA key exchange); it does not say which."},
    {21, "decryption_failed", "An old form of bad_record_mac: a record could not be decrypted."},
    {22, "record_overflow",
     "A record was longer than TLS allows: usually the other side does not speak TLS."},
    {30, "decompression_failure",
     "A compressed record could not be unpacked; compression is obsolete."},
    {40, "handshake_failure",
     "The server found no set of parameters that both sides accept (version, cipher suite, group, "
     "signature algorithm), has no certificate for this name, or wanted a client certificate; it "
     "does "
     "not say which."},
    {41, "no_certificate", "SSL 3.0: the client has no certificate to show."},
    {42, "bad_certificate",
     "The server could not use the certificate that the client sent; it is not about the server's "
     "own."},
    {43, "unsupported_certificate",
     "The server does not accept the kind of certificate that the client sent; not about its own."},
    {44, "certificate_revoked",
     "The server holds the client's certificate for revoked; not its own."},
    {45, "certificate_expired",
     "The server holds the client's certificate for expired; not its own."},
    {46, "certificate_unknown",
     "The server rejects the client's certificate for a reason that it does not tell; not its "
     "own."},
    {47, "illegal_parameter",
     "A field of the hello was out of range or contradicted another one: a defect on one side, or "
     "a "
     "device in between that rewrites it."},
    {48, "unknown_ca",
     "The server does not trust the authority that issued the client's certificate; not about its "
     "own."},
    {49, "access_denied",
     "The client's certificate is valid, and the server's access rules still refuse this client."},
    {50, "decode_error",
     "A message could not be taken apart: lengths do not fit, or it was cut short."},
    {51, "decrypt_error",
     "A signature or Finished did not verify: a private key that does not belong to the "
     "certificate, or "
     "traffic altered on the way."},
    {60, "export_restriction", "An obsolete export rule forbids the offer."},
    {70, "protocol_version",
     "The server supports none of the offered TLS versions; it does not say which it would "
     "accept."},
    {71, "insufficient_security",
     "The server insists on stronger cipher suites than those offered; it does not say which."},
    {80, "internal_error",
     "The server failed by itself: often a certificate or key that it cannot load, or no "
     "certificate "
     "for this name; its own log says more."},
    {86, "inappropriate_fallback",
     "The server supports a higher version than this deliberate retry with a lower one (RFC "
     "7507)."},
    {90, "user_canceled", "The handshake was given up for a reason outside TLS."},
    {100, "no_renegotiation", "A new handshake on this connection was refused; a warning only."},
    {109, "missing_extension",
     "The hello lacked an extension that the server needs; behind it may be a required server "
     "name."},
    {110, "unsupported_extension", "An extension was answered that had not been offered."},
    {111, "certificate_unobtainable",
     "A certificate named by URL could not be fetched (RFC 6066)."},
    {112, "unrecognized_name",
     "The server has no certificate for the name in SNI, or none was sent where it needs one; as a "
     "warning it continues with its default certificate."},
    {113, "bad_certificate_status_response",
     "A stapled OCSP answer could not be used by its reader."},
    {114, "bad_certificate_hash_value",
     "A certificate fetched by URL did not match its hash (RFC 6066)."},
    {115, "unknown_psk_identity", "The server does not know the offered pre-shared key."},
    {116, "certificate_required",
     "The server demands a client certificate and none was sent; its own certificate is not the "
     "matter."},
    {120, "no_application_protocol",
     "The server supports none of the offered application protocols (ALPN, RFC 7301)."},
    {121, "ech_required",
     "The server insists on encrypted client hello with another configuration."},
};

static const struct alert_row *alert_find(int alert)
{
    for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++)
        if (alerts[i].number == alert)
            return &alerts[i];
    return NULL;
}

const char *alert_name(int alert)
{
    const struct alert_row *row = alert_find(alert);
    return row != NULL ? row->name : "unknown";
}

const char *alert_meaning(int alert)
{
    const struct alert_row *row = alert_find(alert);
    return row != NULL ? row->meaning : "An alert number that no standard defines.";
}
