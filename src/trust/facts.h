/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of data/roots as tools/gen_roots.py writes them. Private to trust/. */
#ifndef CERTWHY_TRUST_FACTS_H
#define CERTWHY_TRUST_FACTS_H

#include "trust.h"

enum { SUBJECT_KEY_BYTES = 8 };
/* The order of enum programme. */
#define ROOT_LETTERS "mcawjd"

/** One root certificate. Days since 1970-01-01; 0 no date. */
struct root_fact {
    uint8_t sha256[32];
    uint8_t subject[SUBJECT_KEY_BYTES]; /**< of the SHA-256 of its subject's DER */
    int32_t until[PROGRAMME_COUNT];
    int32_t not_before, not_after;
    uint32_t name;      /**< offset into root_fact_names */
    uint8_t programmes; /**< bit per enum programme */
};
struct programme_row {
    const char *title, *source;
    int32_t day;
};

/** Column of a line of the table's text form; empty when it has fewer. */
struct bytes root_table_column(struct bytes line, size_t wanted);
/** The next line about a root; false at the end. */
bool root_table_line(struct bytes *table, struct bytes *line);
void root_standing_read(struct bytes line, struct root_standing *out);
const char *root_table_source(struct arena *arena, struct bytes table, enum programme programme);

extern const struct programme_row programme_rows[];
extern const struct root_fact root_facts[]; /**< sorted by fingerprint */
extern const size_t root_fact_total;
extern const uint16_t root_facts_by_subject[];
extern const char root_fact_names[];

#endif
