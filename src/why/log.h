/* SPDX-License-Identifier: Apache-2.0 */
/* The log that the preloaded library writes and witness.c reads: a header and slots of one size in
 * memory that all processes of the command share. Whoever writes takes the next slot and marks it
 * last, so that no lock is needed, in a signal handler neither. Private to why/. */
#ifndef CERTWHY_WHY_LOG_H
#define CERTWHY_WHY_LOG_H

#include <stdint.h>

/** Where the log is: "/proc/PID/fd/N", of the certwhy that started the command. */
#define WITNESS_VARIABLE "CERTWHY_WITNESS"
#define WITNESS_LIBRARY_FILE "libcertwhy-witness.so"

enum {
    WITNESS_MAGIC = 0x77687931, /* "why1" */
    WITNESS_SLOTS = 1 << 16,    /* 16 MiB of which only what is written takes memory; a build of
                                   10,000 processes with a few connections each fits */
    WITNESS_TEXT = 232,
};

enum witness_kind {
    WITNESS_NONE,    /**< not written yet */
    WITNESS_HELLO,   /**< a program began: its file */
    WITNESS_WORD,    /**< of its command line, in order, before the first thing that it does */
    WITNESS_SETTING, /**< "NAME=value" of the variables that clients listen to */
    WITNESS_NAME,    /**< asked for the addresses of this host */
    WITNESS_CONNECT, /**< "ADDRESS PORT" */
    WITNESS_TUNNEL,  /**< asked a proxy for a tunnel: "ADDRESS PORT HOST:PORT" */
    WITNESS_PLAIN,   /**< asked for TLS amid a protocol: "ADDRESS PORT SCHEME" */
    WITNESS_TLS,     /**< sent a ClientHello: "ADDRESS PORT SERVERNAME" */
    WITNESS_OPEN,    /**< opened a file that looks like certificates; value: errno, 0 fine */
    WITNESS_LIBRARY, /**< loaded a library that is known by name: its file */
};

/** Variables that change whom a program trusts, where its files are, or through whom it goes. */
static const char *const witness_settings[] = {
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "GIT_SSL_NO_VERIFY",
    "PIP_CERT",
    "NODE_EXTRA_CA_CERTS",
    "NODE_USE_SYSTEM_CA",
    "NODE_OPTIONS",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "npm_config_cafile",
    "AWS_CA_BUNDLE",
    "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
    "HTTPLIB2_CA_CERTS",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    "NIX_SSL_CERT_FILE",
    "CARGO_HTTP_CAINFO",
    "DENO_CERT",
    "LDAPTLS_CACERT",
    "LDAPTLS_REQCERT",
    "LDAPTLS_CERT",
    "LDAPTLS_KEY",
    "PGSSLROOTCERT",
    "PGSSLMODE",
    "PGSSLCERT",
    "PGSSLKEY",
    "PERL_LWP_SSL_CA_FILE",
    "_JAVA_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "JAVA_TOOL_OPTIONS",
    "JAVA_HOME",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "HOME",
    "XDG_CONFIG_HOME",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
};

struct witness_slot {
    _Atomic uint32_t kind; /**< enum witness_kind, written last */
    uint32_t pid;
    int32_t fd; /**< of the connection; -1 none */
    uint32_t value;
    int64_t clock;           /**< what the program takes for the time, seconds */
    char text[WITNESS_TEXT]; /**< NUL-terminated; cut off where it is longer */
};

struct witness_log {
    uint32_t magic, slots;
    _Atomic uint32_t used; /**< may exceed `slots`: the rest was not kept */
    uint32_t reserved[61];
    struct witness_slot slot[];
};

#endif
