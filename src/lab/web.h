/* SPDX-License-Identifier: Apache-2.0 */
/* web: what serves a farm's sites, over HTTP (web.c) and LDAP (web_ldap.c) on one port: a client's
 * first byte tells the two apart. */
#ifndef CERTWHY_LAB_WEB_H
#define CERTWHY_LAB_WEB_H

#include "net/net.h"
#include "site.h"

enum {
    WEB_SECONDS = 120,           /* for one dialogue, whatever it waits for */
    WEB_REQUEST_BYTES = 1 << 16, /* of one request; OCSP's have about 120 */
};

/** Serves one accepted connection; closing the socket from elsewhere ends it. */
void web_serve(int fd, const struct site *const *sites, size_t count);

/* Between the files of web. */

struct web {
    int fd;
    const struct site *const *sites;
    size_t count;
    struct deadline deadline;
    struct arena arena;
    struct buf in; /**< what was read and not used yet */
};
/** Reads something more into web->in; false at the end, or when that is too much. */
bool web_read(struct web *web);
const struct site_document *web_find(const struct web *web, struct bytes folder, struct bytes name);
void web_serve_ldap(struct web *web);

#endif
