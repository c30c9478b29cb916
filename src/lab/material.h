/* SPDX-License-Identifier: Apache-2.0 */
/* material: what one scenario consists of, minted: chains, anchors, pool, keys; and its files. */
#ifndef CERTWHY_LAB_MATERIAL_H
#define CERTWHY_LAB_MATERIAL_H

#include "site.h"

struct der_list {
    struct bytes *items;
    size_t count;
};

struct material {
    const struct scenario *scenario;
    struct der_list chain, second_chain, anchors, pool;
    struct der_list accepted, client; /**< of clients: their CAs, and what this one shows */
    const struct private_key *key, *second_key; /**< the lab's */
    struct private_key *forged;                 /**< the server's key instead of `key`; NULL none */
    struct site site;
};

/** Mints all of a scenario into the lab's arena. Release with material_free(). */
enum cw_code material_mint(struct lab *lab, const struct scenario *scenario, struct material *out,
                           struct error *err);
void material_free(struct material *material);

/** The time that the scenario's client believes it to be. */
cw_time material_client_time(const struct lab *lab, const struct scenario *scenario);

/** Writes the scenario's files into dir, which is made. */
enum cw_code material_write(struct lab *lab, const struct material *material, const char *dir,
                            const char *description, struct error *err);
/** Removes what material_write() wrote, and dir when nothing else is in it. */
void material_remove(const struct material *material, const char *dir);

#endif
