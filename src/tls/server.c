/* SPDX-License-Identifier: Apache-2.0 */
/* The lab's servers: one accepted connection each, with whatever chain the scenario wants. libssl
 * re-emits the original bytes of every certificate that it can load, so flipped bits and tampered
 * fields reach the wire unchanged; chains that it cannot load are sent by raw.c. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

enum {
    SERVE_SECONDS = 10,
    LINGER_MS = 500, /* for the client to read what we said before the socket goes */
    READ_BYTES = 16 << 10,
    REQUEST_BYTES = 16 << 10, /* of an HTTP request */
    FIRST_RECORD = 5 + (1 << 14),
};

struct service {
    int fd;
    const struct tls_server_config *config;
    struct deadline deadline;
    SSL_CTX *context;
    SSL *ssl;
    BIO *in, *from_us; /* owned by ssl */
    struct private_key *forged;
    struct tls_heard heard;
};

static void service_close(struct service *service)
{
    SSL_free(service->ssl);
    SSL_CTX_free(service->context);
    private_key_free(service->forged);
    ERR_clear_error();
}

static void certificate_drop(X509 **certificate)
{
    X509_free(*certificate);
}
#define CERTIFICATE_CLEANUP __attribute__((cleanup(certificate_drop))) X509

/* ---- identities ---- */

/** The certificate, when libssl would send exactly these bytes for it; else NULL. */
static X509 *certificate_load(struct bytes der)
{
    const unsigned char *p = der.p;
    unsigned char *again = NULL;
    X509 *certificate = der.n <= LIMIT_CERT_BYTES ? d2i_X509(NULL, &p, (long)der.n) : NULL;
    const int n = certificate != NULL ? i2d_X509(certificate, &again) : -1;
    const bool same = n >= 0 && bytes_equal(bytes_of(again, (size_t)n), der);
    OPENSSL_free(again);
    if (same)
        return certificate;
    X509_free(certificate);
    return NULL;
}

static bool identity_is_loadable(const struct tls_identity *identity)
{
    bool loadable = true;
    for (size_t i = 0; i < identity->chain_count && loadable; i++) {
        CERTIFICATE_CLEANUP *certificate = certificate_load(identity->chain[i]);
        loadable = certificate != NULL && (i > 0 || X509_get0_pubkey(certificate) != NULL);
    }
    ERR_clear_error();
    return loadable;
}

/** The key to sign with: where it is not the leaf's, libssl needs one that claims to be. */
static EVP_PKEY *signing_key(struct service *service, const struct tls_identity *identity,
                             const X509 *leaf)
{
    EVP_PKEY *own = private_key_handle(identity->key);
    if (EVP_PKEY_eq(X509_get0_pubkey(leaf), own) == 1)
        return own;
    unsigned char *spki = NULL;
    const int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &spki);
    if (n > 0)
        service->forged = private_key_forge(identity->key, bytes_of(spki, (size_t)n));
    OPENSSL_free(spki);
    return service->forged != NULL ? private_key_handle(service->forged) : NULL;
}

static bool identity_install(struct service *service, SSL *ssl, const struct tls_identity *identity)
{
    if (identity->chain_count == 0)
        return true; /* a server without a certificate: libssl finds no cipher suite */
    CERTIFICATE_CLEANUP *leaf = certificate_load(identity->chain[0]);
    EVP_PKEY *key = leaf != NULL ? signing_key(service, identity, leaf) : NULL;
    if (key == NULL || SSL_use_certificate(ssl, leaf) != 1 || SSL_use_PrivateKey(ssl, key) != 1)
        return false;
    for (size_t i = 1; i < identity->chain_count; i++) {
        X509 *certificate = certificate_load(identity->chain[i]);
        if (certificate == NULL || SSL_add0_chain_cert(ssl, certificate) != 1) {
            X509_free(certificate);
            return false;
        }
    }
    return true;
}

/* RFC 6066 section 3. Called also when no name was sent. */
static int on_server_name(SSL *ssl, int *alert, void *context)
{
    struct service *service = context;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const struct bytes sni = name != NULL ? bytes_str(name) : bytes_of(NULL, 0);
    const struct tls_identity *identity = identity_choose(service->config, sni);
    if (identity == NULL) {
        *alert = SSL_AD_UNRECOGNIZED_NAME;
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    if (!identity_install(service, ssl, identity)) {
        *alert = SSL_AD_INTERNAL_ERROR;
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    /* A server acknowledges a name that it has a certificate for, not one that gets the default;
     * with a single identity there is no other to be the default of. */
    const bool known =
        name != NULL && (identity->sni != NULL ? str_equal_nocase(name, identity->sni)
                                               : service->config->identity_count == 1);
    return known ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

/* ---- setting up ---- */

static int accept_client(int ok, X509_STORE_CTX *store)
{
    (void)ok;
    (void)store;
    return 1; /* any client certificate will do; none will not */
}

static int on_status_request(SSL *ssl, void *context)
{
    const struct service *service = context;
    const struct bytes staple = service->config->stapled_ocsp;
    unsigned char *copy = staple.n > 0 ? OPENSSL_memdup(staple.p, staple.n) : NULL;
    if (copy == NULL)
        return SSL_TLSEXT_ERR_NOACK;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)staple.n);
    return SSL_TLSEXT_ERR_OK;
}

/* RFC 7301 section 3.2. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n,
                   const unsigned char *in, unsigned in_n, void *context)
{
    (void)ssl;
    const struct service *service = context;
    struct bytes offered = bytes_of(in, in_n), name;
    while (take_vector(&offered, 1, &name)) {
        if (!bytes_equal_str(name, service->config->alpn))
            continue;
        *out = name.p;
        *out_n = (unsigned char)name.n;
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

static int refuse_client(int ok, X509_STORE_CTX *store)
{
    (void)ok;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REVOKED);
    return 0;
}

/** Clients are verified as OpenSSL does it: chain, time, purpose. */
static void trust_client_cas(SSL_CTX *context, const struct tls_server_config *config,
                             STACK_OF(X509_NAME) * names)
{
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    for (size_t i = 0; i < config->client_ca_count; i++) {
        CERTIFICATE_CLEANUP *certificate = certificate_load(config->client_cas[i]);
        if (certificate == NULL)
            continue;
        X509_STORE_add_cert(store, certificate);
        X509_NAME *name = X509_NAME_dup(X509_get_subject_name(certificate));
        if (name != NULL && sk_X509_NAME_push(names, name) <= 0)
            X509_NAME_free(name);
    }
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(context), (time_t)config->at);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       config->refuse_clients ? refuse_client : NULL);
    SSL_CTX_set0_CA_list(context, names);
}

/** Names the authorities whose client certificates would do: the issuers of our own chain. */
static void ask_for_client_certificate(SSL_CTX *context, const struct tls_server_config *config)
{
    STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
    if (config->client_schemes != NULL)
        SSL_CTX_set1_client_sigalgs_list(context, config->client_schemes);
    if (config->client_ca_count > 0 && names != NULL) {
        trust_client_cas(context, config, names);
        return;
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_client);
    const struct tls_identity *first = config->identity_count > 0 ? config->identities : NULL;
    for (size_t i = 0; names != NULL && first != NULL && i < first->chain_count; i++) {
        CERTIFICATE_CLEANUP *certificate = certificate_load(first->chain[i]);
        X509_NAME *issuer =
            certificate != NULL ? X509_NAME_dup(X509_get_issuer_name(certificate)) : NULL;
        if (issuer != NULL && sk_X509_NAME_push(names, issuer) <= 0)
            X509_NAME_free(issuer);
    }
    SSL_CTX_set0_CA_list(context, names);
}

/** The program starts libcrypto without its table of digests. libssl looks there for what signed
 *  our certificates when a client sends signature_algorithms_cert (RFC 8446 section 4.2.3), as Java
 *  does, and without it finds no certificate fit to be sent. */
static void digests_add(void)
{
    EVP_add_digest(EVP_md5());
    EVP_add_digest(EVP_sha1());
    EVP_add_digest(EVP_sha224());
    EVP_add_digest(EVP_sha256());
    EVP_add_digest(EVP_sha384());
    EVP_add_digest(EVP_sha512());
}

static int on_timestamps_wanted(SSL *ssl, unsigned type, unsigned context,
                                const unsigned char **data, size_t *n, X509 *certificate,
                                size_t position, int *alert, void *argument)
{
    (void)ssl;
    (void)type;
    (void)context;
    (void)certificate;
    (void)alert;
    const struct service *service = argument;
    *data = service->config->sct_list.p;
    *n = service->config->sct_list.n;
    return *n > 0 && position == 0; /* 0: the extension is left out */
}

static SSL_CTX *context_make(struct service *service)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
    digests_add();
    const struct tls_server_config *config = service->config;
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context == NULL)
        return NULL;
    const int min = version_number(config->min_version);
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, min != 0 ? min : TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, version_number(config->max_version));
    SSL_CTX_set_cipher_list(context, "ALL:!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=0");
    SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_tlsext_servername_callback(context, on_server_name);
    SSL_CTX_set_tlsext_servername_arg(context, service);
    SSL_CTX_set_tlsext_status_cb(context, on_status_request);
    SSL_CTX_set_tlsext_status_arg(context, service);
    SSL_CTX_add_custom_ext(context, TLSEXT_TYPE_signed_certificate_timestamp,
                           SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO |
                               SSL_EXT_TLS1_3_CERTIFICATE,
                           on_timestamps_wanted, NULL, service, NULL, NULL);
    if (config->alpn != NULL)
        SSL_CTX_set_alpn_select_cb(context, on_alpn, service);
    if (config->require_client_certificate)
        ask_for_client_certificate(context, config);
    return context;
}

/* RFC 8446 section 6.1: close_notify is no complaint, and user_canceled says nothing of us. */
static void on_info(const SSL *ssl, int where, int value)
{
    struct service *service = SSL_get_app_data(ssl);
    const int alert = value & 0xff;
    const bool fatal = alert != SSL_AD_CLOSE_NOTIFY && alert != SSL_AD_USER_CANCELLED;
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && fatal && service->heard.alert < 0)
        service->heard.alert = alert;
}

static bool service_open(struct service *service)
{
    service->context = context_make(service);
    service->ssl = service->context != NULL ? SSL_new(service->context) : NULL;
    service->in = BIO_new(BIO_s_mem());
    service->from_us = BIO_new(BIO_s_mem());
    if (service->ssl == NULL || service->in == NULL || service->from_us == NULL) {
        BIO_free(service->in);
        BIO_free(service->from_us);
        return false;
    }
    SSL_set_bio(service->ssl, service->in, service->from_us);
    SSL_set_accept_state(service->ssl);
    SSL_set_app_data(service->ssl, service);
    SSL_set_info_callback(service->ssl, on_info);
    return true;
}

/* ---- talking ---- */

static bool service_flush(struct service *service)
{
    const uint8_t *p = NULL;
    const long n = BIO_get_mem_data(service->from_us, (char **)&p);
    if (n <= 0)
        return true;
    const enum net_result result =
        net_write_all(service->fd, bytes_of(p, (size_t)n), service->deadline);
    (void)BIO_reset(service->from_us);
    return result == NET_OK;
}

/** After a call of libssl: sends what it wrote and, where it wants more, reads. False: give up. */
static bool service_move(struct service *service, int returned)
{
    uint8_t data[READ_BYTES];
    size_t got = 0;
    const int state = SSL_get_error(service->ssl, returned);
    return service_flush(service) && state == SSL_ERROR_WANT_READ &&
           net_read_some(service->fd, data, sizeof data, &got, service->deadline) == NET_OK &&
           BIO_write(service->in, data, (int)got) == (int)got;
}

static bool service_accept(struct service *service)
{
    for (;;) {
        ERR_clear_error();
        const int done = SSL_do_handshake(service->ssl);
        if (done == 1)
            return service_flush(service);
        if (!service_move(service, done))
            return false;
    }
}

static bool request_is_whole(const struct buf *request)
{
    return bytes_find(buf_bytes(request), bytes_str("\r\n\r\n")) != SIZE_MAX ||
           bytes_find(buf_bytes(request), bytes_str("\n\n")) != SIZE_MAX;
}

static bool request_read(struct service *service)
{
    BUF_CLEANUP request = {0};
    while (!request_is_whole(&request) && request.n < REQUEST_BYTES) {
        char data[1024];
        ERR_clear_error();
        const int n = SSL_read(service->ssl, data, sizeof data);
        if (n > 0)
            buf_append(&request, data, (size_t)n);
        else if (!service_move(service, n))
            return false;
    }
    return true;
}

static const char answer_ok[] = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n"
                                "Content-Length: 12\r\nConnection: close\r\n\r\ncertwhy lab\n";
static const char answer_bad[] = "HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\n"
                                 "Content-Length: 26\r\nConnection: close\r\n\r\n"
                                 "this is not an HTTP query\n";

static void serve_tls(struct service *service, struct bytes first)
{
    if (!service_open(service) || BIO_write(service->in, first.p, (int)first.n) != (int)first.n)
        return;
    if (!service_accept(service)) {
        service_flush(service); /* the alert */
        return;
    }
    service->heard.finished = true;
    if (request_read(service))
        SSL_write(service->ssl, answer_ok, sizeof answer_ok - 1);
    SSL_shutdown(service->ssl);
    service_flush(service);
}

static void serve_http(struct service *service, struct bytes first)
{
    const bool query = bytes_equal_str(bytes_slice(first, 0, 4), "GET ") ||
                       bytes_equal_str(bytes_slice(first, 0, 5), "HEAD ");
    net_write_all(service->fd, bytes_str(query ? answer_ok : answer_bad), service->deadline);
}

static void serve_raw(struct service *service, const struct client_hello *hello,
                      const struct tls_identity *identity)
{
    static const uint8_t protocol_version_alert[] = {21, 3, 1, 0, 2, 2, 70};
    const int max = version_number(service->config->max_version);
    const int version = max != 0 && max < hello->version ? max : hello->version;
    BUF_CLEANUP flight = {0};
    if (version == 0 || version < version_number(service->config->min_version))
        buf_append(&flight, protocol_version_alert, sizeof protocol_version_alert);
    else
        raw_flight_write(hello, identity, version, &flight);
    net_write_all(service->fd, buf_bytes(&flight), service->deadline);
}

/** Reads until the first record is whole (RFC 8446 section 5.1), or what came instead of one. */
static void first_record_read(struct service *service, struct buf *out)
{
    enum { HEADER = 5 };
    size_t wanted = HEADER;
    while (out->n < wanted && out->n < FIRST_RECORD) {
        uint8_t data[READ_BYTES];
        size_t got = 0;
        if (net_read_some(service->fd, data, sizeof data, &got, service->deadline) != NET_OK)
            return;
        buf_append(out, data, got);
        if (service->config->plain_http || !record_plausible(out->p, out->n))
            return;
        if (out->n >= HEADER)
            wanted = HEADER + big_endian(bytes_of(out->p + 3, 2));
    }
}

/** Closing a socket with unread input resets it, and the client may lose our last words. */
static void linger(struct service *service)
{
    const struct deadline deadline = deadline_in(LINGER_MS / 1000.0);
    uint8_t data[1024];
    size_t got = 0;
    shutdown(service->fd, SHUT_WR);
    while (!deadline_passed(deadline) &&
           net_read_some(service->fd, data, sizeof data, &got, deadline) == NET_OK)
        continue;
}

struct tls_heard tls_serve(int fd, const struct tls_server_config *config)
{
    struct service __attribute__((cleanup(service_close))) service = {
        .fd = fd, .config = config, .deadline = deadline_in(SERVE_SECONDS), .heard = {.alert = -1}};
    BUF_CLEANUP first = {0};
    if (fault_serve_unasked(fd, &config->fault, service.deadline))
        return service.heard;
    first_record_read(&service, &first);
    if (first.n == 0 || fault_serve(fd, &config->fault, buf_bytes(&first), service.deadline))
        return service.heard;
    struct client_hello hello;
    const struct tls_identity *identity = NULL;
    if (client_hello_read(buf_bytes(&first), &hello))
        identity = identity_choose(config, hello.sni);
    if (config->plain_http)
        serve_http(&service, buf_bytes(&first));
    else if (identity != NULL && !identity_is_loadable(identity))
        serve_raw(&service, &hello, identity);
    else
        serve_tls(&service, buf_bytes(&first));
    linger(&service);
    return service.heard;
}
