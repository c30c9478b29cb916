/* SPDX-License-Identifier: Apache-2.0 */
/* One handshake as a client, with libssl between two memory buffers and our own socket calls, so
 * that every byte is seen and counted, deadlines hold, and no signal is raised. libssl never judges
 * a certificate here: it would stop at the first fault, and we want to see everything. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "x509/x509.h"

/* Certificate compression (RFC 8879) would hide the message as sent; OpenSSL before 3.2 has none.
 */
#ifndef SSL_OP_NO_RX_CERTIFICATE_COMPRESSION
#define SSL_OP_NO_RX_CERTIFICATE_COMPRESSION 0
#endif

enum {
    GREASE_TYPE = 0x1a1a,
    READ_BYTES = 16 << 10,
    BANNER_WAIT_MS = 300,     /* for the rest of a greeting that is not TLS */
    LATE_ALERT_WAIT_MS = 200, /* for the alert about a client certificate, TLS 1.3, and … */
    LATE_ALERT_ROUNDS = 3,    /* … times what the handshake took: the way may be long */
    ANSWER_WAIT_MS = 3000,    /* for an answer of HTTP, instead of it */
    ANSWER_BYTES = 4096,      /* of it: its title stands at the beginning */
};

struct session {
    int fd;
    const struct tls_request *request;
    struct arena *arena;
    struct handshake *out;
    SSL_CTX *context;
    SSL *ssl;
    BIO *in, *from_us; /* owned by ssl */
    uint8_t first[LIMIT_PEEK];
    size_t first_n;
    int alert_received, alert_sent;
    bool fatal_received, not_tls, write_reset, ticket_seen, data_seen;
};

static void session_close(struct session *session)
{
    SSL_free(session->ssl);
    SSL_CTX_free(session->context);
    ERR_clear_error();
}

/* ---- what libssl reports about messages ---- */

static void note_alert(struct session *session, bool ours, const uint8_t alert[2])
{
    const bool fatal = alert[0] == SSL3_AL_FATAL;
    log_line(2, "%s alert %s %s (%d)", ours ? "->" : "<-", fatal ? "fatal" : "warning",
             alert_name(alert[1]), alert[1]);
    if (ours) {
        if (alert[1] != SSL3_AD_CLOSE_NOTIFY)
            session->alert_sent = alert[1];
        return;
    }
    if (session->alert_received < 0 || fatal)
        session->alert_received = alert[1];
    session->fatal_received |= fatal;
}

static void note_message(struct session *session, bool ours, int version, struct bytes message)
{
    struct handshake *out = session->out;
    const int type = message.p[0];
    log_line(2, "%s %s, %zu bytes", ours ? "->" : "<-", handshake_type_name(type), message.n);
    if (ours) {
        /* an empty list is 7 octets long, in TLS 1.3 with an empty context 8 */
        out->client_certificate_sent |= type == SSL3_MT_CERTIFICATE && message.n > 8;
        return;
    }
    switch (type) {
    case SSL3_MT_SERVER_HELLO:
        out->saw_server_hello = true;
        break;
    case SSL3_MT_CERTIFICATE:
        if (out->certificate_message_bytes == 0)
            certificate_message_read(message, version == TLS1_3_VERSION, session->arena, out);
        break;
    case SSL3_MT_CERTIFICATE_REQUEST:
        out->client_certificate_requested = true;
        out->client_schemes = arena_bytes(
            session->arena, certificate_request_schemes(message, version == TLS1_3_VERSION));
        break;
    case SSL3_MT_CERTIFICATE_VERIFY: /* RFC 8446 section 4.4.3: the scheme comes first */
        if (message.n >= 6)
            out->scheme = big_endian(bytes_slice(message, 4, 2));
        break;
    case SSL3_MT_NEWSESSION_TICKET:
        session->ticket_seen = out->ticket = true;
        break;
    default:
        break;
    }
}

static void on_message(int ours, int version, int content_type, const void *data, size_t n,
                       SSL *ssl, void *context)
{
    (void)ssl;
    struct session *session = context;
    if (content_type == SSL3_RT_ALERT && n == 2)
        note_alert(session, ours != 0, data);
    else if (content_type == SSL3_RT_HANDSHAKE && n >= 4)
        note_message(session, ours != 0, version, bytes_of(data, n));
    else if (content_type == SSL3_RT_CHANGE_CIPHER_SPEC)
        log_line(2, "%s ChangeCipherSpec", ours != 0 ? "->" : "<-");
}

/* RFC 6066 section 3: a server that uses our name answers with an empty extension of that type. */
static void on_extension(SSL *ssl, int from_server, int type, const unsigned char *data, int n,
                         void *context)
{
    (void)ssl;
    (void)data;
    struct session *session = context;
    if (from_server != 0 && type == TLSEXT_TYPE_server_name)
        session->out->sni_acknowledged = true;
    if (from_server != 0)
        log_line(2, "<-   %s (%d), %d bytes", extension_type_name(type), type, n);
}

/* RFC 6962 section 3.3.1: the list comes in ServerHello, in TLS 1.3 with the first certificate. */
static int on_timestamps(SSL *ssl, unsigned type, unsigned context, const unsigned char *data,
                         size_t n, X509 *certificate, size_t position, int *alert, void *argument)
{
    (void)type;
    (void)context;
    (void)certificate;
    (void)alert;
    (void)argument;
    struct session *session = SSL_get_app_data(ssl);
    if (position == 0 && session->out->sct_list.p == NULL)
        session->out->sct_list = arena_bytes(session->arena, bytes_of(data, n));
    return 1;
}

/* RFC 8701: an extension that means nothing. It is as long as a share of X25519MLKEM768 (1184 + 32
 * octets, draft-ietf-tls-ecdhe-mlkem), so that the ClientHello meets what those of browsers meet.
 */
static int on_grease(SSL *ssl, unsigned type, unsigned context, const unsigned char **data,
                     size_t *n, X509 *certificate, size_t position, int *alert, void *argument)
{
    static const unsigned char nothing[1184 + 32] = {0};
    (void)ssl;
    (void)type;
    (void)context;
    (void)certificate;
    (void)position;
    (void)alert;
    (void)argument;
    *data = nothing;
    *n = sizeof nothing;
    return 1;
}

/* ---- setting up ---- */

static int accept_any_chain(X509_STORE_CTX *store, void *context)
{
    (void)store;
    (void)context;
    return 1;
}

/* Leaf keys on unusual curves are only shown to clients that know the curve. OpenSSL 3.5 and later
 * can add to their own list; older ones take a whole list, in the order that is their default. */
static void offer_groups(SSL_CTX *context)
{
    static const char added[] = "DEFAULT:?brainpoolP256r1:?brainpoolP384r1:?brainpoolP512r1:"
                                "?secp256k1:?P-224:?P-192";
    static const char whole[] = "X25519:P-256:X448:P-521:P-384:ffdhe2048:ffdhe3072:ffdhe4096:"
                                "brainpoolP256r1:brainpoolP384r1:brainpoolP512r1:secp256k1:"
                                "P-224:P-192";
    if (SSL_CTX_set1_groups_list(context, added) != 1)
        SSL_CTX_set1_groups_list(context, whole);
    ERR_clear_error();
}

/* Whatever a server may still speak: what is too weak is a client profile's business. */
static SSL_CTX *context_make(const struct tls_request *request)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL)
        return NULL;
    const int min = version_number(request->min_version);
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, min != 0 ? min : TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, version_number(request->max_version));
    SSL_CTX_set_cipher_list(context, "ALL:!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=0");
    offer_groups(context);
    SSL_CTX_set_options(context, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                     SSL_OP_NO_RX_CERTIFICATE_COMPRESSION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(context, LIMIT_TLS_MESSAGE);
    SSL_CTX_set_cert_verify_callback(context, accept_any_chain, NULL);
    if (!request->short_hello)
        SSL_CTX_add_custom_ext(context, GREASE_TYPE, SSL_EXT_CLIENT_HELLO, on_grease, NULL, NULL,
                               NULL, NULL);
    SSL_CTX_add_custom_ext(context, TLSEXT_TYPE_signed_certificate_timestamp,
                           SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO |
                               SSL_EXT_TLS1_3_CERTIFICATE,
                           NULL, NULL, NULL, on_timestamps, NULL);
    return context;
}

/** ALPN's wire form of "h2,http/1.1" (RFC 7301 section 3.1). */
static void alpn_offer(SSL *ssl, const char *list)
{
    BUF_CLEANUP wire = {0};
    while (list != NULL && *list != '\0') {
        const size_t n = strcspn(list, ",");
        if (n > 0 && n < 256) {
            buf_add_byte(&wire, (uint8_t)n);
            buf_append(&wire, list, n);
        }
        list += list[n] == ',' ? n + 1 : n;
    }
    if (wire.n > 0)
        SSL_set_alpn_protos(ssl, wire.p, (unsigned)wire.n);
}

/** What the client shows of itself, as it stands in its file: no issuers are added, and libssl
 * sends nothing where key and certificate do not belong together. */
static void client_install(SSL *ssl, const struct tls_identity *client)
{
    SSL_set_mode(ssl, SSL_MODE_NO_AUTO_CHAIN);
    for (size_t i = 0; i < client->chain_count; i++) {
        const unsigned char *p = client->chain[i].p;
        X509 *certificate = d2i_X509(NULL, &p, (long)client->chain[i].n);
        const bool used = certificate != NULL && (i > 0 ? SSL_add1_chain_cert(ssl, certificate)
                                                        : SSL_use_certificate(ssl, certificate));
        X509_free(certificate);
        if (!used)
            log_line(1, "libssl does not take certificate %zu of the client's", i);
    }
    if (SSL_use_PrivateKey(ssl, private_key_handle(client->key)) != 1)
        log_line(1, "libssl does not take the client's key for its certificate");
    ERR_clear_error();
}

static bool session_open(struct session *session)
{
    session->context = context_make(session->request);
    session->ssl = session->context != NULL ? SSL_new(session->context) : NULL;
    session->in = BIO_new(BIO_s_mem());
    session->from_us = BIO_new(BIO_s_mem());
    if (session->ssl == NULL || session->in == NULL || session->from_us == NULL) {
        BIO_free(session->in);
        BIO_free(session->from_us);
        return false;
    }
    SSL_set_app_data(session->ssl, session);
    SSL_set_bio(session->ssl, session->in, session->from_us);
    SSL_set_connect_state(session->ssl);
    SSL_set_msg_callback(session->ssl, on_message);
    SSL_set_msg_callback_arg(session->ssl, session);
    SSL_set_tlsext_debug_callback(session->ssl, on_extension);
    SSL_set_tlsext_debug_arg(session->ssl, session);
    SSL_set_tlsext_status_type(session->ssl, TLSEXT_STATUSTYPE_ocsp);
    alpn_offer(session->ssl, session->request->alpn);
    if (session->request->client != NULL && session->request->client->chain_count > 0)
        client_install(session->ssl, session->request->client);
    const char *schemes = session->request->schemes;
    if (schemes != NULL && SSL_set1_sigalgs_list(session->ssl, schemes) != 1)
        return false;
    const char *sni = session->request->sni;
    if (sni != NULL && SSL_set_tlsext_host_name(session->ssl, sni) != 1)
        log_line(1, "the name \"%s\" cannot be sent as SNI", sni);
    return true;
}

/* ---- moving bytes ---- */

/** Sends what libssl has written. A reset is remembered only: an alert may still wait to be read.
 */
static enum net_result session_flush(struct session *session, struct deadline deadline)
{
    const uint8_t *p = NULL;
    const long n = BIO_get_mem_data(session->from_us, (char **)&p);
    if (n <= 0)
        return NET_OK;
    const enum net_result result = net_write_all(session->fd, bytes_of(p, (size_t)n), deadline);
    if (result == NET_OK)
        session->out->bytes_out += (size_t)n;
    (void)BIO_reset(session->from_us);
    if (result != NET_RESET && result != NET_CLOSED)
        return result;
    session->write_reset = true;
    return NET_OK;
}

static void keep_first(struct session *session, const uint8_t *p, size_t n)
{
    const size_t room = sizeof session->first - session->first_n;
    const size_t take = n < room ? n : room;
    memcpy(session->first + session->first_n, p, take);
    session->first_n += take;
}

/** Waits for more bytes of a server that does not speak TLS: its greeting names the service. */
static void read_greeting(struct session *session)
{
    const struct deadline soon = deadline_in(BANNER_WAIT_MS / 1000.0);
    const struct deadline deadline =
        soon.at_us < session->request->deadline.at_us ? soon : session->request->deadline;
    uint8_t data[LIMIT_PEEK];
    size_t got = 0;
    while (session->first_n < sizeof session->first &&
           net_read_some(session->fd, data, sizeof data, &got, deadline) == NET_OK) {
        session->out->bytes_in += got;
        keep_first(session, data, got);
    }
}

/** Reads once from the network and hands it to libssl. */
static enum net_result session_fill(struct session *session, struct deadline deadline)
{
    uint8_t data[READ_BYTES];
    size_t got = 0;
    if (session->out->bytes_in >= LIMIT_TLS_FLIGHT) {
        session->out->error = "the server sent too much before it had finished";
        return NET_FAILED;
    }
    const enum net_result result = net_read_some(session->fd, data, sizeof data, &got, deadline);
    if (result == NET_CLOSED && session->write_reset)
        return NET_RESET;
    if (result != NET_OK)
        return result;
    const bool early = session->out->bytes_in < 3;
    session->out->bytes_in += got;
    if (early) {
        keep_first(session, data, got);
        session->not_tls = !record_plausible(session->first, session->first_n);
        if (session->not_tls) {
            read_greeting(session);
            return NET_FAILED;
        }
    }
    return BIO_write(session->in, data, (int)got) == (int)got ? NET_OK : NET_FAILED;
}

/* ---- the outcome ---- */

static bool reason_is_queued(int reason)
{
    bool found = false;
    for (unsigned long e = ERR_get_error(); e != 0; e = ERR_get_error())
        found |= ERR_GET_LIB(e) == ERR_LIB_SSL && ERR_GET_REASON(e) == reason;
    return found;
}

static enum handshake_result result_of_net(enum net_result net)
{
    switch (net) {
    case NET_TIMEOUT:
        return HS_TIMEOUT;
    case NET_CLOSED:
        return HS_CLOSED;
    case NET_RESET:
        return HS_RESET;
    default:
        return HS_LOCAL_REFUSAL;
    }
}

static void conclude_failure(struct session *session, enum net_result net)
{
    struct handshake *out = session->out;
    const char *words = ERR_reason_error_string(ERR_peek_error());
    if (words != NULL)
        out->error = str_safe(session->arena, bytes_str(words));
    out->alert = session->alert_received;
    if (session->not_tls) {
        out->result = HS_NOT_TLS;
        out->error = "";
        out->peek = arena_bytes(session->arena, bytes_of(session->first, session->first_n));
    } else if (session->fatal_received) {
        out->result = HS_ALERT;
    } else if (session->alert_sent >= 0) {
        out->result = HS_LOCAL_REFUSAL;
        out->alert = session->alert_sent;
        out->alert_is_ours = true;
        out->key_refuted = reason_is_queued(SSL_R_BAD_SIGNATURE);
    } else if (session->alert_received == SSL3_AD_CLOSE_NOTIFY) {
        out->result = HS_CLOSED;
    } else {
        out->result = result_of_net(net);
    }
}

/** Drives libssl until both sides have sent Finished. */
static void session_connect(struct session *session)
{
    const struct deadline deadline = session->request->deadline;
    for (;;) {
        ERR_clear_error();
        const int done = SSL_do_handshake(session->ssl);
        const int state = SSL_get_error(session->ssl, done);
        enum net_result net = session_flush(session, deadline);
        if (done == 1) {
            session->out->result = HS_DONE;
            session->out->key_proven = true;
            session->out->alert = session->alert_received;
            return;
        }
        if (state != SSL_ERROR_WANT_READ && net == NET_OK)
            net = NET_FAILED;
        if (net == NET_OK)
            net = session_fill(session, deadline);
        if (net != NET_OK) {
            conclude_failure(session, net);
            return;
        }
    }
}

/** Asks for "/" and keeps the beginning of the answer: what a server that leaves it to HTTP says of
 *  a client certificate stands there. */
static void ask_http(struct session *session)
{
    BUF_CLEANUP request = {0};
    buf_printf(&request,
               "GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: certwhy\r\nAccept: */*\r\n"
               "Connection: close\r\n\r\n",
               session->request->http_host);
    log_line(2, "-> GET / HTTP/1.1");
    SSL_write(session->ssl, request.p, (int)request.n);
    session_flush(session, session->request->deadline);
}

static struct deadline wait_for_client_verdict(const struct session *session)
{
    const int64_t us =
        session->request->http_host != NULL
            ? ANSWER_WAIT_MS * INT64_C(1000)
            : LATE_ALERT_WAIT_MS * INT64_C(1000) + LATE_ALERT_ROUNDS * session->out->handshake_us;
    const struct deadline soon = deadline_in((double)us / 1e6);
    return soon.at_us < session->request->deadline.at_us ? soon : session->request->deadline;
}

/* RFC 8446 section 4.4.2.4: in TLS 1.3 the server refuses a client certificate, or that there is
 * none, only after our Finished. A session ticket or data says that it has accepted; a server of
 * HTTP may refuse in its answer, so that one is waited for. */
static void await_client_verdict(struct session *session)
{
    const struct deadline deadline = wait_for_client_verdict(session);
    const bool http = session->request->http_host != NULL;
    BUF_CLEANUP answer = {0};
    enum net_result net = NET_OK;
    if (http)
        ask_http(session);
    while (net == NET_OK && !session->fatal_received && (http || !session->ticket_seen) &&
           answer.n < ANSWER_BYTES) {
        uint8_t data[1024];
        ERR_clear_error();
        const int n = SSL_read(session->ssl, data, sizeof data);
        if (n > 0)
            buf_append(&answer, data, (size_t)n);
        session->data_seen |= n > 0;
        if (n > 0 && http && bytes_find(buf_bytes(&answer), bytes_str("</title>")) == SIZE_MAX)
            continue;
        if (n > 0 || SSL_get_error(session->ssl, n) != SSL_ERROR_WANT_READ)
            break;
        net = session_fill(session, deadline);
    }
    session->out->client_answer = http_answer_text(session->arena, buf_bytes(&answer));
    if (session->fatal_received) {
        const char *words = ERR_reason_error_string(ERR_peek_error());
        session->out->result = HS_ALERT;
        session->out->alert = session->alert_received;
        session->out->error = words != NULL ? str_safe(session->arena, bytes_str(words)) : "";
    }
}

static bool reply_is_whole(const struct buf *reply, bool greeting)
{
    const struct bytes b = buf_bytes(reply);
    return b.n >= LIMIT_REPLY_BYTES ||
           bytes_find(b, bytes_str(greeting ? "\n" : "\r\n\r\n")) != SIZE_MAX;
}

/* The head of an answer is all that is wanted, and it need not come at all. */
static void session_ask(struct session *session)
{
    const struct deadline soon = deadline_in(LIMIT_REPLY_SECONDS);
    const struct deadline deadline =
        soon.at_us < session->request->deadline.at_us ? soon : session->request->deadline;
    const struct bytes ask = session->request->ask;
    BUF_CLEANUP reply = {0};
    enum net_result net = NET_FAILED;
    ERR_clear_error();
    if (ask.n == 0 || SSL_write(session->ssl, ask.p, (int)ask.n) > 0)
        net = session_flush(session, deadline);
    while (net == NET_OK && !session->fatal_received &&
           !reply_is_whole(&reply, session->request->greeting)) {
        uint8_t some[1024];
        ERR_clear_error();
        const int n = SSL_read(session->ssl, some, sizeof some);
        if (n > 0)
            buf_append(&reply, some, (size_t)n);
        else if (SSL_get_error(session->ssl, n) == SSL_ERROR_WANT_READ)
            net = session_fill(session, deadline);
        else
            break;
    }
    if (reply.n > 0)
        session->out->reply = arena_bytes(session->arena, buf_bytes(&reply));
}

/** What became of the client's certificate, or of there being none. */
static void client_conclude(struct session *session)
{
    struct handshake *out = session->out;
    const bool tls13 = SSL_version(session->ssl) == TLS1_3_VERSION;
    if (tls13 || session->request->http_host != NULL)
        await_client_verdict(session);
    out->client_certificate_accepted = out->client_certificate_sent && out->result == HS_DONE &&
                                       (!tls13 || session->ticket_seen || session->data_seen);
}

/* ---- what was agreed ---- */

/** "x25519", "secp256r1"; "DH 2048" for a group that has no name. */
static const char *group_text(struct session *session)
{
    const char *name = SSL_group_to_name(session->ssl, (int)SSL_get_negotiated_group(session->ssl));
    if (name != NULL)
        return arena_strdup(session->arena, name);
    EVP_PKEY *key = NULL;
    const char *text = "";
    if (SSL_get_peer_tmp_key(session->ssl, &key) == 1 && EVP_PKEY_is_a(key, "DH"))
        text = arena_printf(session->arena, "DH %d", EVP_PKEY_get_bits(key));
    EVP_PKEY_free(key);
    return text;
}

static void note_agreement(struct session *session)
{
    struct handshake *out = session->out;
    const SSL *ssl = session->ssl;
    if (!out->saw_server_hello)
        return;
    const char *version = SSL_get_version(ssl);
    out->version =
        strcmp(version, "TLSv1") == 0 ? "TLSv1.0" : arena_strdup(session->arena, version);
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    if (cipher == NULL)
        cipher = SSL_get_pending_cipher(ssl);
    if (cipher != NULL)
        out->cipher = arena_strdup(session->arena, SSL_CIPHER_get_name(cipher));
    out->group = group_text(session);
}

static void note_extensions(struct session *session)
{
    struct handshake *out = session->out;
    const unsigned char *p = NULL;
    const long staple_n = SSL_get_tlsext_status_ocsp_resp(session->ssl, &p);
    if (p != NULL && staple_n > 0)
        out->stapled_ocsp = arena_bytes(session->arena, bytes_of(p, (size_t)staple_n));
    unsigned n = 0;
    SSL_get0_alpn_selected(session->ssl, &p, &n);
    if (n > 0)
        out->alpn = str_safe(session->arena, bytes_of(p, n));
}

static void note_acceptable_cas(struct session *session)
{
    const STACK_OF(X509_NAME) *names = SSL_get0_peer_CA_list(session->ssl);
    const int count = names != NULL ? sk_X509_NAME_num(names) : 0;
    const int kept = count < LIMIT_ACCEPTABLE_CAS ? count : LIMIT_ACCEPTABLE_CAS;
    if (kept <= 0)
        return;
    struct handshake *out = session->out;
    out->acceptable_cas = arena_array(session->arena, (size_t)kept, sizeof *out->acceptable_cas);
    for (int i = 0; i < kept; i++) {
        const unsigned char *der = NULL;
        size_t n = 0;
        if (X509_NAME_get0_der(sk_X509_NAME_value(names, i), &der, &n) == 1)
            out->acceptable_cas[out->acceptable_ca_count++] =
                name_text(session->arena, bytes_of(der, n));
    }
}

void tls_handshake(int fd, const struct tls_request *request, struct arena *arena,
                   struct handshake *out)
{
    handshake_begin(out);
    struct session __attribute__((cleanup(session_close))) session = {.fd = fd,
                                                                      .request = request,
                                                                      .arena = arena,
                                                                      .out = out,
                                                                      .alert_received = -1,
                                                                      .alert_sent = -1};
    if (!session_open(&session)) {
        out->error = "libssl could not be started";
        return;
    }
    const int64_t start = time_monotonic_us();
    session_connect(&session);
    out->handshake_us = time_monotonic_us() - start;
    note_agreement(&session);
    note_extensions(&session);
    note_acceptable_cas(&session);
    if (out->result != HS_DONE)
        return;
    const bool agreed = request->ask_if == NULL || strcmp(out->alpn, request->ask_if) == 0;
    const bool asks = request->ask.n > 0 && agreed;
    if (out->client_certificate_requested)
        client_conclude(&session);
    else if (request->await_ticket && !asks && SSL_version(session.ssl) == TLS1_3_VERSION)
        await_client_verdict(&session);
    if (out->result == HS_DONE && (asks || request->greeting))
        session_ask(&session);
    SSL_shutdown(session.ssl);
    session_flush(&session, request->deadline);
    log_line(2, "%zu bytes received, %zu sent", out->bytes_in, out->bytes_out);
}
