/* SPDX-License-Identifier: Apache-2.0 */
/* The text report: a page of at most `width` columns, private to report/. */
#ifndef CERTWHY_REPORT_TEXT_H
#define CERTWHY_REPORT_TEXT_H

#include "show.h"

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_RED, STYLE_GREEN, STYLE_YELLOW, STYLE_CYAN };

enum { PAGE_INDENT = 2, PAGE_BODY = 13 /* where text stands behind its label */ };

struct page {
    struct buf *out;
    struct arena *arena;
    unsigned width;
    bool color;
    int verbose;
    const struct target_report *target;
};

/** Columns that UTF-8 text takes on a terminal: combining marks none, wide characters two. */
unsigned text_columns(const char *s);
/** Text cut in its middle to `columns`, or as it is when it fits. */
const char *text_cut(struct arena *arena, const char *s, unsigned columns);
/** "curl, wget and Go". */
const char *text_join(struct arena *arena, const char *const *items, size_t count,
                      const char *last);

void page_style(struct page *page, enum style style, const char *text);
void page_spaces(struct page *page, unsigned n);
/** A cell of a row: cut and padded to `columns`. */
void page_cell(struct page *page, enum style style, const char *text, unsigned columns);
void page_end(struct page *page); /**< ends a line */
/** Words from column `at` on, further lines indented to `indent`; ends the last line. */
void page_wrap(struct page *page, enum style style, const char *text, unsigned at, unsigned indent);
/** "  Label      ": the line is at PAGE_BODY afterwards. NULL: only the indent. */
void page_label(struct page *page, enum style style, const char *label);
/** A label and its text. */
void page_item(struct page *page, const char *label, const char *text);
/** A shell command from column `at` on: broken between words with a backslash when it is long. A
 *  configuration line ("nginx: …") is wrapped as text. */
void page_command(struct page *page, unsigned at, const char *command);

/* ---- the parts of the page ---- */

void text_chain(struct page *page);
/** "revoked on 2026-11-19 (keyCompromise), says the CRL http://…"; NULL: nothing is to be said. */
const char *revocation_words(const struct page *page, size_t chain_index, enum style *style);
/** How clients that overlook a revocation can be made to look. */
void text_lookers(struct page *page);
/** One line for a healthy chain: names, end of validity, issuer. */
void text_chain_brief(struct page *page);

/** Clients that count for the verdict: measured ones; documented ones only when there are no
 * others. */
struct tally {
    size_t accepting, rejecting, judged;
};
bool client_counts(const struct target_report *target, const struct client_verdict *client);
struct tally client_tally(const struct target_report *target);
/** A client's message, with its code where that is not in it. */
const char *client_words(struct arena *arena, const struct client_verdict *client);
void text_clients(struct page *page);
/** What the DNS said, when it was asked (--dns). */
void text_dns(struct page *page);
/** What others say of the time (--clock, --sntp). */
void text_clock(struct page *page);
/** What stands beside the verdict: documented clients, and that no name was judged. */
void text_clients_aside(struct page *page);

/** Clients of one row, versions that agree as ranges: "curl, Python ≥3.13". */
struct fold_row {
    const char *names, *words, *note;
    const char *rule;    /**< of the reason that they give; "" none */
    struct fold_saying { /**< not by words: what they say, each wording once, under who says so */
        const char *name, *words;
    } sayings[3];
    size_t saying_count; /**< may exceed what is kept */
};
/** The row that begins with client `i`: those that reject for the same reason, or by_words with the
 *  very same message. False when it does not reject, or an earlier row has it. */
bool fold_row(const struct page *page, size_t i, bool by_words, struct fold_row *out);
/** All clients of this verdict, of those that count or of the others. */
const char *fold_names(const struct page *page, int accepts, bool counting);

/** A cause of a rejection; the others are consequences, warnings and notices. */
bool finding_is_cause(const struct finding *finding);
size_t finding_cause_count(const struct findings *findings);
/** Its number among the causes, from 1. */
size_t finding_cause_number(const struct findings *findings, size_t index);
/** The causes: one as a paragraph, several numbered, consequences under them. */
void text_causes(struct page *page);
void text_fixes(struct page *page);
/** Warnings and notices that are no cause of a rejection. */
void text_notes(struct page *page);
void text_footer(struct page *page);

#endif
