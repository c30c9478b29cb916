/* SPDX-License-Identifier: Apache-2.0 */
/* TLS to an https:// proxy. What runs inside is itself TLS and wants a socket: it gets one end of a
 * socket pair, and a thread carries octets between the other end and libssl. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

enum { BLOCK_BYTES = 16 << 10 };

struct tls_tunnel {
    int outer;        /* to the proxy */
    int plain, inner; /* the two ends of the pair: ours to give away, the thread's */
    struct deadline deadline;
    SSL_CTX *context;
    SSL *ssl;
    BIO *in, *from_us; /* owned by ssl */
    pthread_t thread;
    long verified;     /* X509_V_… of the proxy's certificate … */
    char subject[200]; /* … and whose it is */
};

/* ---- trust ---- */

static void anchors_add(SSL_CTX *context, const struct tunnel_request *request)
{
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    /* as curl does: an intermediate that the user trusts is an anchor */
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    for (size_t i = 0; i < request->anchor_count; i++) {
        const unsigned char *p = request->anchors[i].p;
        X509 *cert = d2i_X509(NULL, &p, (long)request->anchors[i].n);
        if (cert != NULL)
            X509_STORE_add_cert(store, cert);
        X509_free(cert);
    }
    ERR_clear_error();
}

/* RFC 9525 section 6: the name or the address must stand in the certificate. */
static bool name_expect(SSL *ssl, const char *host)
{
    uint8_t ip[16];
    const size_t n = str_parse_ip(host, ip);
    if (n > 0)
        return X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), ip, n) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

/* The program starts libcrypto without its tables of names (crypto/digest.c), and without a
 * digest's name no signature is strong enough for X509_verify_cert(). */
static void digests_name(void)
{
    EVP_add_digest(EVP_sha1());
    EVP_add_digest(EVP_sha224());
    EVP_add_digest(EVP_sha256());
    EVP_add_digest(EVP_sha384());
    EVP_add_digest(EVP_sha512());
}

/* libssl forgets a certificate that it refuses: what is wrong with which one is noted here. */
static int verify(X509_STORE_CTX *verifying, void *context)
{
    struct tls_tunnel *t = context;
    const X509 *cert = X509_STORE_CTX_get0_cert(verifying);
    if (cert != NULL)
        X509_NAME_oneline(X509_get_subject_name(cert), t->subject, sizeof t->subject);
    const int good = X509_verify_cert(verifying);
    t->verified = X509_STORE_CTX_get_error(verifying);
    return good;
}

static bool session_open(struct tls_tunnel *t, const struct tunnel_request *request)
{
    static const unsigned char alpn[] = "\x08http/1.1";
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
    t->context = SSL_CTX_new(TLS_client_method());
    if (t->context == NULL)
        return false;
    digests_name();
    anchors_add(t->context, request);
    SSL_CTX_set_verify(t->context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(t->context, verify, t);
    t->ssl = SSL_new(t->context);
    t->in = BIO_new(BIO_s_mem());
    t->from_us = BIO_new(BIO_s_mem());
    if (t->ssl == NULL || t->in == NULL || t->from_us == NULL) {
        BIO_free(t->in);
        BIO_free(t->from_us);
        return false;
    }
    SSL_set_bio(t->ssl, t->in, t->from_us);
    BIO_set_mem_eof_return(t->in, -1);
    SSL_set_connect_state(t->ssl);
    return SSL_set_alpn_protos(t->ssl, alpn, sizeof alpn - 1) == 0 &&
           name_expect(t->ssl, request->host);
}

/* ---- octets ---- */

/** What libssl has written goes to the proxy. */
static enum net_result flush(struct tls_tunnel *t)
{
    char *p = NULL;
    const long n = BIO_get_mem_data(t->from_us, &p);
    if (n <= 0)
        return NET_OK;
    const enum net_result result = net_write_all(t->outer, bytes_of(p, (size_t)n), t->deadline);
    (void)BIO_reset(t->from_us);
    return result;
}

static enum net_result fill(struct tls_tunnel *t)
{
    uint8_t block[BLOCK_BYTES];
    size_t got = 0;
    const enum net_result result = net_read_some(t->outer, block, sizeof block, &got, t->deadline);
    if (result != NET_OK)
        return result;
    return BIO_write(t->in, block, (int)got) == (int)got ? NET_OK : NET_FAILED;
}

static enum net_result shake_hands(struct tls_tunnel *t)
{
    for (;;) {
        ERR_clear_error();
        const int done = SSL_do_handshake(t->ssl);
        const int state = SSL_get_error(t->ssl, done);
        enum net_result net = flush(t);
        if (done == 1 || net != NET_OK)
            return net;
        if (state != SSL_ERROR_WANT_READ)
            return NET_FAILED;
        /* libssl skips some messages (HelloRequest) as often as they come */
        net = deadline_passed(t->deadline) ? NET_TIMEOUT : fill(t);
        if (net != NET_OK)
            return net;
    }
}

/** From the proxy: decrypts what there is, and hands it in. False at the end. */
static bool carry_in(struct tls_tunnel *t)
{
    uint8_t block[BLOCK_BYTES];
    if (fill(t) != NET_OK)
        return false;
    for (;;) {
        ERR_clear_error();
        const int n = SSL_read(t->ssl, block, sizeof block);
        if (n <= 0)
            return SSL_get_error(t->ssl, n) == SSL_ERROR_WANT_READ && flush(t) == NET_OK;
        if (net_write_all(t->inner, bytes_of(block, (size_t)n), t->deadline) != NET_OK)
            return false;
    }
}

static bool carry_out(struct tls_tunnel *t)
{
    uint8_t block[BLOCK_BYTES];
    size_t got = 0;
    if (net_read_some(t->inner, block, sizeof block, &got, t->deadline) != NET_OK)
        return false;
    ERR_clear_error();
    return SSL_write(t->ssl, block, (int)got) == (int)got && flush(t) == NET_OK;
}

static void *carry(void *context)
{
    struct tls_tunnel *t = context;
    bool open = true;
    while (open && !deadline_passed(t->deadline)) {
        struct pollfd ends[] = {{.fd = t->inner, .events = POLLIN},
                                {.fd = t->outer, .events = POLLIN}};
        if (poll(ends, 2, deadline_left_ms(t->deadline)) <= 0)
            continue;
        if (ends[0].revents)
            open = carry_out(t);
        if (open && ends[1].revents)
            open = carry_in(t);
    }
    SSL_shutdown(t->ssl);
    flush(t);
    shutdown(t->inner, SHUT_RDWR);
    ERR_clear_error();
    return NULL;
}

/* ---- the whole ---- */

static void tunnel_free(struct tls_tunnel *t)
{
    net_close(t->plain);
    net_close(t->inner);
    net_close(t->outer);
    SSL_free(t->ssl);
    SSL_CTX_free(t->context);
    ERR_clear_error();
    free(t);
}

/* In words: what libssl has against the certificate, and whose that is. */
static void distrust_say(const struct tls_tunnel *t, const struct tunnel_request *request,
                         char why[256])
{
    BUF_CLEANUP safe = {0};
    str_safe_line(&safe, bytes_str(t->subject));
    snprintf(why, 256, "%s (%ld); the certificate is for %.150s",
             request->anchor_count ? X509_verify_cert_error_string(t->verified)
                                   : "there are no roots to verify it with",
             t->verified, safe.n ? buf_cstr(&safe) : "nobody");
}

static enum tunnel_result tunnel_fail(const struct tls_tunnel *t,
                                      const struct tunnel_request *request, enum net_result net,
                                      char why[256])
{
    const unsigned long error = ERR_peek_error();
    const char *words = ERR_reason_error_string(error);
    if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
        ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        distrust_say(t, request, why);
        return TUNNEL_UNTRUSTED;
    }
    snprintf(why, 256, "%s", net == NET_FAILED && words != NULL ? words : net_result_text(net));
    return TUNNEL_FAILED;
}

static bool carrier_start(struct tls_tunnel *t)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
        return false;
    t->plain = pair[0];
    t->inner = pair[1];
    return pthread_create(&t->thread, NULL, carry, t) == 0;
}

enum tunnel_result tls_tunnel_open(int fd, const struct tunnel_request *request,
                                   struct tls_tunnel **out, char why[256])
{
    struct tls_tunnel *t = xcalloc(1, sizeof *t);
    *t = (struct tls_tunnel){.outer = fd, .plain = -1, .inner = -1, .deadline = request->deadline};
    enum tunnel_result result = TUNNEL_FAILED;
    snprintf(why, 256, "%s", "libssl could not be started");
    if (session_open(t, request)) {
        const enum net_result net = shake_hands(t);
        if (net != NET_OK)
            result = tunnel_fail(t, request, net, why);
        else if (carrier_start(t))
            result = TUNNEL_OPEN;
    }
    if (result != TUNNEL_OPEN) {
        tunnel_free(t);
        t = NULL;
    }
    *out = t;
    return result;
}

int tls_tunnel_fd(const struct tls_tunnel *tunnel)
{
    return tunnel->plain;
}

void tls_tunnel_close(struct tls_tunnel *tunnel)
{
    if (tunnel == NULL)
        return;
    shutdown(tunnel->plain, SHUT_RDWR);
    pthread_join(tunnel->thread, NULL);
    tunnel_free(tunnel);
}
