/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of explain/ share. */
#ifndef CERTWHY_EXPLAIN_INTERNAL_H
#define CERTWHY_EXPLAIN_INTERNAL_H

#include "explain/explain.h"

/* The generated table, sorted by id. */
extern const struct rule rule_rows[];
extern const size_t rule_row_count;

enum { BECAUSE_MAX = 8 }; /* causes that are named for one consequence */

/** A finding in the making: what it rests on stays at hand until its words are written. */
struct draft {
    struct finding finding;
    const struct fact *fact;
    const char *variant;     /**< case of the rule's words, NULL: the plain ones */
    const char *interceptor; /**< a known inspection product, NULL none */
    const struct file_fault *fault;
    int *positions; /**< hygiene facts of one rule are one finding: all of them */
    size_t position_count, position_cap;
    size_t family;             /**< store members of the issuer's organisation */
    bool is_public_root;       /**< it is about a public root … */
    struct root_standing root; /**< … which stands in these programmes */
    bool dropped;              /**< another draft says it better: see absorber */
    int absorber;              /**< index of that draft, -1 none */
    int because[BECAUSE_MAX];  /**< indexes of drafts */
    size_t because_count;
    bool *rejected_by; /**< per client of the verdict */
};

/** One explanation in progress. */
struct explaining {
    const struct judge_input *input;
    const struct verdict *verdict;
    const struct observation *obs;
    struct arena *arena;
    struct draft *drafts;
    size_t count, cap;
};

/* collect.c: facts → drafts */
void drafts_collect(struct explaining *e);
/** What is good to know beside the findings that are left. */
void drafts_advise(struct explaining *e);
/** What a client's reason means: some do not see the root that they have, because it expired. */
struct reason reason_meant(const struct explaining *e, const struct reason *reason);
/** The draft that rests on the fact of this reason, absorbed or not; NULL none. */
struct draft *draft_find(const struct explaining *e, const struct reason *reason);
const struct cert *draft_cert(const struct explaining *e, int node);

/* refine.c: which rule a fact means here, when its default is not the whole truth */
void draft_refine(const struct explaining *e, struct draft *draft);
/** True when the fact tells nobody anything here. */
bool fact_is_idle(const struct explaining *e, const struct fact *fact);
/** The fact as it is to be told: a namesake beside the right issuer is only a stray certificate. */
const struct fact *fact_retold(const struct explaining *e, const struct fact *fact);
bool draft_is_anchor(const struct explaining *e, int node);

/* cause.c: which finding follows from which */
void drafts_absorb(struct explaining *e);
void drafts_link(struct explaining *e);

/* fetched.c */
/** Where a person could fetch its issuer with curl, unless that was tried in vain; "" nowhere. */
const char *issuer_address(const struct explaining *e, const struct cert *cert);
/** Why the addresses that this certificate names gave no issuer of it; "" when one did, or none was
 *  asked. */
const char *issuer_fetches(const struct explaining *e, const struct cert *cert);

/* evidence.c */
struct collecting {
    struct explaining *e;
    struct arena *arena;
    struct evidence_item *items;
    size_t count;
};
/** Adds a value that is harmless already; nothing for NULL and "". */
void evidence_put(struct collecting *c, const char *key, const char *value);
/* evidence_revocation.c */
void evidence_revocation(struct collecting *c, const struct fact *fact);
/* evidence_dns.c */
void evidence_dns(struct collecting *c, const struct fact *fact);
void evidence_fill(struct explaining *e, struct draft *draft);
/** The value of a key, "" when it has none. */
const char *evidence_value(const struct evidence_item *items, size_t count, const char *key);

/* commands.c: command lines that show the same evidence */
bool target_is_endpoint(const struct explaining *e);
const char *target_hostport(const struct explaining *e);
const char *verify_line(const struct explaining *e, const struct draft *draft);

/* template.c */
/** As template_fill() with shell set; the values of `raw` are placed as they are, because they are
 *  command lines that were put together from quoted words. */
char *template_command(struct arena *arena, const char *text, const struct evidence_item *items,
                       size_t count, const struct evidence_item *raw, size_t raw_count);

/* rule.c */
const struct rule_variant *rule_variant(const struct rule *rule, const char *id);

#endif
