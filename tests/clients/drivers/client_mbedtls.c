/* SPDX-License-Identifier: Apache-2.0 */
/* Visits one server per line of standard input, and says how mbedTLS took it. */
#include <stdio.h>
#include <string.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>

#include "visit.h"

struct client {
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
    mbedtls_x509_crt roots;
    mbedtls_net_context net;
};

static int client_visit(struct client *c, const struct visit *visit)
{
    mbedtls_x509_crt_parse_file(&c->roots, visit->ca); /* what cannot be parsed is passed over */
    int ret = mbedtls_ctr_drbg_seed(&c->random, mbedtls_entropy_func, &c->entropy, NULL, 0);
    ret = ret ? ret : mbedtls_net_connect(&c->net, visit->host, visit->port, MBEDTLS_NET_PROTO_TCP);
    ret =
        ret ? ret
            : mbedtls_ssl_config_defaults(&c->config, MBEDTLS_SSL_IS_CLIENT,
                                          MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    if (ret != 0)
        return ret;
    mbedtls_ssl_conf_ca_chain(&c->config, &c->roots, NULL);
    mbedtls_ssl_conf_rng(&c->config, mbedtls_ctr_drbg_random, &c->random);
    ret = mbedtls_ssl_setup(&c->ssl, &c->config);
    ret = ret ? ret : mbedtls_ssl_set_hostname(&c->ssl, visit->name);
    if (ret != 0)
        return ret;
    mbedtls_ssl_set_bio(&c->ssl, &c->net, mbedtls_net_send, mbedtls_net_recv, NULL);
    do
        ret = mbedtls_ssl_handshake(&c->ssl);
    while (ret == MBEDTLS_ERR_SSL_WANT_READ || ret == MBEDTLS_ERR_SSL_WANT_WRITE);
    return ret;
}

/** "-0x2700 X509 - Certificate verification failed…; flags=0x1 The certificate … | …" */
static void client_explain(struct client *c, int ret, char *out, size_t size)
{
    char error[200], flags[1000];
    const uint32_t bits = mbedtls_ssl_get_verify_result(&c->ssl);
    mbedtls_strerror(ret, error, sizeof error);
    size_t n = (size_t)snprintf(out, size, "-0x%04x %s", (unsigned)-ret, error);
    if (bits == 0 || bits == UINT32_MAX)
        return;
    mbedtls_x509_crt_verify_info(flags, sizeof flags, "", bits);
    n += (size_t)snprintf(out + n, size - n, "; flags=0x%x ", (unsigned)bits);
    for (const char *in = flags; *in != '\0' && n + 4 < size; in++)
        n += (size_t)snprintf(out + n, size - n, *in == '\n' ? " | " : "%c", *in);
}

void visit_make(const struct visit *visit, struct answer *answer)
{
    struct client c;
    mbedtls_entropy_init(&c.entropy);
    mbedtls_ctr_drbg_init(&c.random);
    mbedtls_ssl_config_init(&c.config);
    mbedtls_ssl_init(&c.ssl);
    mbedtls_x509_crt_init(&c.roots);
    mbedtls_net_init(&c.net);
    const int ret = client_visit(&c, visit);
    answer->accepts = ret == 0;
    if (ret != 0)
        client_explain(&c, ret, answer->message, sizeof answer->message);
    else
        mbedtls_ssl_close_notify(&c.ssl);
    mbedtls_net_free(&c.net);
    mbedtls_x509_crt_free(&c.roots);
    mbedtls_ssl_free(&c.ssl);
    mbedtls_ssl_config_free(&c.config);
    mbedtls_ctr_drbg_free(&c.random);
    mbedtls_entropy_free(&c.entropy);
}

const char *visit_version(void)
{
    return MBEDTLS_VERSION_STRING;
}
