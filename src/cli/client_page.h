/* SPDX-License-Identifier: Apache-2.0 */
/* The page of one client, for clients.c. */
#ifndef CERTWHY_CLI_CLIENT_PAGE_H
#define CERTWHY_CLI_CLIENT_PAGE_H

#include <jansson.h>

#include "cli.h"

/** Whom a word means: a profile, a client of data/messages, a name of trust/clients.def. */
struct client_page {
    struct trust_machine *machine;
    struct arena *arena;
    const char *word;
    const struct profile *profile; /**< NULL: it is not modelled */
    struct client_words words;     /**< "" where nothing is known */
    const char *title, *store;     /**< store: of trust/clients.def; "" unknown */
};
/** Fills the rest in; false: nobody is called so. */
bool client_page_find(struct client_page *page);
/** The nearest name that somebody has; NULL: none is near. */
const char *client_page_nearest(struct arena *arena, const char *word);
void client_page_text(const struct client_page *page, struct buf *out);
json_t *client_page_json(const struct client_page *page);

#endif
