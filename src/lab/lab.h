/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of lab/: a local farm of deliberately broken TLS servers, with a PKI of its own. All
 * of it follows from a seed and a time: the same two give the same bytes on every run and machine.
 */
#ifndef CERTWHY_LAB_H
#define CERTWHY_LAB_H

#include "certwhy_internal.h"

/** The seed without --seed: public, so that every lab key is worthless and reproducible. */
#define LAB_DEFAULT_SEED "certwhy lab"

struct lab_request {
    const char *seed;
    cw_time at;                  /**< the time for which healthy certificates are healthy */
    bool at_given;               /**< clients must be told `at`: it need not be the present */
    const char *const *patterns; /**< scenarios by name, glob or beginning; none: all */
    size_t pattern_count;
    const char *dir;        /**< where files go; NULL: a temporary directory, removed at the end */
    const char *chain_file; /**< the servers send these certificates instead; NULL: as planted */
    /** Called, by any thread, with a JSON line when a client has left; NULL: nobody is told. */
    void (*heard)(const char *line);
};

/** The scenarios as text (name and title) or as a JSON array. */
enum cw_code lab_list(const struct lab_request *request, bool json, struct buf *out,
                      struct error *err);

/** Writes DIR/SCENARIO/{chain.pem,ca.pem,key.pem,pool.pem,scenario.json}. *count scenarios written.
 */
enum cw_code lab_write(const struct lab_request *request, size_t *count, struct error *err);

/** Running servers on free loopback ports. */
struct farm;
enum cw_code farm_start(const struct lab_request *request, struct farm **out, struct error *err);
/** One JSON object per line and server. */
void farm_describe(const struct farm *farm, struct buf *out);
/** One of the servers, as a client meets it. Views of the farm's. */
struct farm_server {
    const char *scenario, *title, *rule; /**< rule: of what is planted first; "" nothing */
    const char *name;                    /**< that a client asks for */
    const char *address;                 /**< "127.0.0.1:4443" */
    const char *dir;                     /**< with ca.pem, which clients are to trust */
    bool healthy;
    bool here_and_now; /**< a client that is told the address alone meets what was planted */
};
/** False behind the last one. */
bool farm_server(const struct farm *farm, size_t i, struct farm_server *out);
/** Connections that it has taken, so far. */
unsigned farm_visits(const struct farm *farm, size_t i);
enum farm_expectation { FARM_DIFFERS, FARM_ACCEPTED, FARM_REJECTED };
/** What these clients (a list of profiles) do with one server: FARM_DIFFERS, when not all do the
 *  same or that is not known. */
enum cw_code farm_expect(const struct farm *farm, size_t i, const char *clients,
                         enum farm_expectation *out, struct error *err);
/** Stops the servers, ends their connections and removes a temporary directory. NULL is fine. */
void farm_stop(struct farm *farm);

/** Serves, checks each server as its client would, compares what was planted with what is named.
 *  *same: no difference anywhere. */
enum cw_code lab_run(const struct lab_request *request, bool json, struct buf *out, bool *same,
                     struct error *err);

#endif
