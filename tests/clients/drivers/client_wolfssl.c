/* SPDX-License-Identifier: Apache-2.0 */
/* Visits one server per line of standard input, and says how wolfSSL took it. */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "visit.h"

static int dial(const struct visit *visit)
{
    struct addrinfo *found = NULL, hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    if (getaddrinfo(visit->host, visit->port, &hints, &found) != 0)
        return -1;
    const int fd = socket(found->ai_family, found->ai_socktype, 0);
    if (fd >= 0)
        (void)!connect(fd, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return fd;
}

static const char request[] = "GET / HTTP/1.0\r\n\r\n";

static bool is_address(const char *name)
{
    return strchr(name, ':') != NULL || name[strspn(name, "0123456789.")] == '\0';
}

void visit_make(const struct visit *visit, struct answer *answer)
{
    WOLFSSL_CTX *context = wolfSSL_CTX_new(wolfTLS_client_method());
    wolfSSL_CTX_load_verify_locations_ex(context, visit->ca, NULL, WOLFSSL_LOAD_FLAG_IGNORE_ERR);
    wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_PEER, NULL);
    WOLFSSL *ssl = wolfSSL_new(context);
    const int fd = dial(visit);
    if (!is_address(visit->name))
        wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, visit->name,
                       (unsigned short)strlen(visit->name));
    wolfSSL_check_domain_name(ssl, visit->name);
    wolfSSL_set_fd(ssl, fd);
    int ret = wolfSSL_connect(ssl);
    if (ret == SSL_SUCCESS) { /* in TLS 1.3 a server complains after the handshake */
        char data[1024];
        wolfSSL_write(ssl, request, (int)sizeof request - 1);
        ret = wolfSSL_read(ssl, data, sizeof data) > 0 ? SSL_SUCCESS : SSL_FAILURE;
    }
    answer->accepts = ret == SSL_SUCCESS;
    if (!answer->accepts) {
        char error[WOLFSSL_MAX_ERROR_SZ];
        const int code = wolfSSL_get_error(ssl, ret);
        snprintf(answer->message, sizeof answer->message, "%d %s", code,
                 wolfSSL_ERR_error_string((unsigned long)code, error));
    } else {
        wolfSSL_shutdown(ssl);
    }
    wolfSSL_free(ssl);
    wolfSSL_CTX_free(context);
    close(fd);
}

const char *visit_version(void)
{
    return wolfSSL_lib_version();
}
