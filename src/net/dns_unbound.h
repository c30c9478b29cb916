/* SPDX-License-Identifier: Apache-2.0 */
/* What dns.c must know of libunbound's interface, of version 1.5 and later (libunbound.so.8). */
#ifndef CERTWHY_NET_DNS_UNBOUND_H
#define CERTWHY_NET_DNS_UNBOUND_H

enum { UB_NOMEM = -2 };
struct ub_ctx;
struct ub_result {
    char *qname;
    int qtype, qclass;
    char **data; /* ends with NULL */
    int *len;
    char *canonname;
    int rcode;
    void *answer_packet;
    int answer_len;
    int havedata, nxdomain, secure, bogus;
    char *why_bogus;
    int was_ratelimited, ttl;
};

#endif
