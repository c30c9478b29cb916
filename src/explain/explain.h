/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of explain/: facts → findings, the root cause first, consequences under their cause.
 * The words are in data/rules/: every sentence is a template of a rule page filled with evidence.
 */
#ifndef CERTWHY_EXPLAIN_H
#define CERTWHY_EXPLAIN_H

#include "judge/judge.h"

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTICE };
const char *severity_name(enum severity severity);
/** SHA-256 as people compare it: upper-case pairs with colons. */
const char *cert_fingerprint(struct arena *arena, const struct cert *cert);

/** Other words of the same rule for one case, "not-sent". */
struct rule_variant {
    const char *id, *summary, *detail;
};
/** One page of data/rules/, compiled in. Generated: do not write by hand. */
struct rule {
    const char *id, *title;
    enum severity severity;
    const char *references; /**< "RFC 5280 section 6.1.3" */
    const char *summary;    /**< template: "certificate {position} {subject} expired {ago} ago" */
    const char *detail;     /**< template, one paragraph */
    const char *not_this;   /**< one line: what not to do */
    const char *verify;     /**< template of an openssl or curl line that shows the same evidence */
    const char *file_verify;                        /**< the same when the target is a file */
    const char *wrong, *why, *fix, *not_do, *risks; /**< the page's sections */
    const char *no_fix;                             /**< why there is no fix, or "" */
    const char *minded_by;      /**< why those clients reject that do: "they …"; "" all do */
    const char *const *aliases; /**< older ids, NULL-terminated */
    const struct rule_variant *variants; /**< ends with a NULL id */
};
/** By id or alias; NULL unknown. */
const struct rule *rule_find(const char *id);
const struct rule *rule_table(size_t *count);

/** A line of configuration on a rule's page, complete. */
struct server_line {
    const char *server, *text; /**< "nginx", "ssl_protocols TLSv1.2 TLSv1.3;" */
};
/** All of them; several for one server stand next to each other. */
struct server_line *server_lines(const struct rule *rule, struct arena *arena, size_t *count);
/** The servers that pages have lines for. */
const char *const *server_names(size_t *count);

/** Evidence: keys of the templates, values harmless for print. */
struct evidence_item {
    const char *key, *value;
};

struct finding {
    const char *id; /**< "f1" */
    const struct rule *rule;
    enum severity severity;
    bool cause;
    const int *because; /**< indexes of findings */
    size_t because_count;
    int certificate;   /**< index into verdict.chain, -1 the endpoint or file */
    enum fact_id fact; /**< what it rests on */
    int node, other;   /**< as in the fact */
    int64_t value;     /**< as in the fact */
    const char *summary, *detail, *verify, *not_this;
    const struct evidence_item *evidence;
    size_t evidence_count;
    const struct profile **clients; /**< who rejects because of it */
    size_t client_count;
};
struct findings {
    struct finding *items; /**< causes first, then consequences, then advice; worst first */
    size_t count;
};

void explain(const struct judge_input *input, const struct verdict *verdict, struct arena *arena,
             struct findings *out);

/** One paragraph, wrapped at `width` columns; lines behind the first are indented. */
void paragraph_wrap(const char *text, unsigned width, unsigned indent, struct buf *out);
/** The rule page as text for a terminal (width columns) into out. */
void rule_page(const struct rule *rule, unsigned width, struct buf *out);
enum page_form { PAGE_HTML, PAGE_MAN };
/** The pages of several rules as one document of HTML, or certwhy-rules(7). */
void rule_pages(const struct rule *const *rules, size_t count, enum page_form form,
                struct buf *out);
/** Fills a template: {key} becomes the item's value ({Key}: with a capital letter), {?key:text}
 * becomes `text` when the key has a value, {{ and }} are braces. Unknown keys become "". With shell
 * set, values are quoted as shell words, and only plain hosts, addresses, numbers, dates, paths and
 * http addresses are placed in the line: where any other value, or none, would stand outside of a
 * {?key:…}, the result is "" as a whole, because a command with a hole does something else. */
char *template_fill(struct arena *arena, const char *text, const struct evidence_item *items,
                    size_t count, bool shell);

/* ---- what clients say ---- */

enum { MESSAGE_CAUSES_MAX = 16 };
/** One message of a client, found in a text. Strings live in the arena given or for good. */
struct message_match {
    const char *client;  /**< who says it: "curl", "Java" */
    const char *profile; /**< its name for --client, "" none */
    const char *text;    /**< what stood there, harmless, on one line, shortened */
    size_t line;         /**< where, from 1 */
    size_t times;        /**< how often the same was said */
    const struct rule *causes[MESSAGE_CAUSES_MAX]; /**< most likely first */
    size_t cause_count;                            /**< 0: this message hides its cause */
    const char *tells;                             /**< what the text tells besides; "" nothing */
    const char *never; /**< what people do instead of curing it; "" unknown */
    const char *debug; /**< how to make the client say more; "" unknown */
    const char *host;  /**< whom it talked to, as far as the text says; "" unknown */
    unsigned port;     /**< 0 unknown */
};
/** What is known of a client beside how it judges: a file of data/messages. */
struct client_words {
    const char *id, *name; /**< "psql", "psql, libpq" */
    const char *profile;   /**< for --client, "" none */
    const char *never, *debug;
};
/** By the file's name; false: there is none. */
bool client_words_find(const char *id, struct client_words *out);
/** Of the family of a profile: "python" for aiohttp@3.8. */
bool client_words_of(const struct profile *profile, struct client_words *out);

/** Where a server logs what clients say, and in which words: a page of data/servers. */
struct server_page {
    const char *id, *title;
    const char *const *aliases; /**< NULL-terminated */
    const char *text;           /**< its first line says what is so, its second what to do */
};
extern const struct server_page server_pages[];
extern const size_t server_page_count;
/** By name or alias, in any case; NULL: there is none. */
const struct server_page *server_page_find(const char *name);

struct messages;
/** Readies the catalogue (data/messages): some milliseconds. Free with messages_free(). */
struct messages *messages_new(void);
void messages_free(struct messages *messages);
/** Finds what clients said in `text`, a message or a whole log: the deepest cause first. At most
 *  LIMIT_MESSAGES. Returns how many. */
size_t messages_find(const struct messages *messages, struct bytes text, struct arena *arena,
                     struct message_match **out);

#endif
