/* SPDX-License-Identifier: Apache-2.0 */
/* The text report of an audit. */
#include <string.h>

#include "audit.h"
#include "cli.h"

enum { LABEL = 12, SUITES_SHOWN = 6, NAMES_SHOWN = 8, WIDTH = 100, SERVER = 10 };

/** What all parts of one report need. */
struct page {
    const struct audited *target;
    const struct audit_printing *how;
    struct arena *arena;
    struct buf *out;
};

static void wrap(const struct page *page, const char *label, const char *text)
{
    const unsigned width = page->how->width ? page->how->width : WIDTH;
    struct buf *out = page->out;
    unsigned column = LABEL;
    buf_printf(out, "  %-*s", LABEL - 2, label);
    while (*text) {
        const size_t n = strcspn(text, " ");
        if (column > LABEL && column + n + 1 > width) {
            buf_printf(out, "\n%*s", LABEL, "");
            column = LABEL;
        } else if (column > LABEL) {
            buf_add_str(out, " ");
            column++;
        }
        buf_append(out, text, n);
        column += (unsigned)n;
        text += n + (text[n] == ' ');
    }
    buf_add_str(out, "\n");
}

static const char *refusal_text(const struct audit_version *v, struct arena *arena)
{
    if (!v->asked)
        return "unknown: it was not asked any more";
    switch (v->refusal) {
    case ANSWER_ALERT:
        return arena_printf(arena, "no   (alert %s)", alert_name(v->alert));
    case ANSWER_HELLO:
    case ANSWER_RETRY:
        return "no   (another version is answered)";
    case ANSWER_CLOSED:
        return "no   (the connection is closed)";
    case ANSWER_RESET:
        return "no   (the connection is reset)";
    case ANSWER_TIMEOUT:
        return "unknown: no answer in time";
    case ANSWER_NOT_TLS:
        return "no   (what comes back is not TLS)";
    case ANSWER_MALFORMED:
        return "unknown: the answer makes no sense";
    case ANSWER_SSL2:
        break;
    }
    return "no";
}

static void version_print(const struct page *page, const struct audit_version *v)
{
    static const char *const order[] = {"", ", in the server's order", ", in the client's order"};
    BUF_CLEANUP text = {0};
    if (!v->accepted) {
        wrap(page, version_text(v->version), refusal_text(v, page->arena));
        return;
    }
    buf_add_str(&text, "yes ");
    const bool all = page->how->verbose || v->suite_count <= SUITES_SHOWN;
    const size_t shown = all ? v->suite_count : SUITES_SHOWN - 1;
    for (size_t i = 0; i < shown; i++)
        buf_printf(&text, " %s%s", audit_suite_name(v->suites[i].id, page->arena),
                   i + 1 < v->suite_count ? "," : "");
    if (shown < v->suite_count)
        buf_printf(&text, " … %zu more (-v)", v->suite_count - shown);
    buf_printf(&text, "%s%s", order[v->preference],
               v->complete ? "" : " (perhaps more: the last question was not answered)");
    wrap(page, version_text(v->version), buf_cstr(&text));
}

/* ---- what else it accepts ---- */

static void groups_print(const struct page *page)
{
    static const char *const order[] = {"", ", the server prefers", ", the client prefers"};
    for (size_t i = 0; i < AUDIT_VERSIONS; i++) {
        const struct audit_version *v = &page->target->audit.versions[i];
        BUF_CLEANUP text = {0};
        if (!v->groups.asked || v->groups.count == 0)
            continue;
        buf_printf(&text, "%s: ", version_text(v->version));
        for (size_t k = 0; k < v->groups.count; k++) {
            const struct named_group *group = named_group_find(v->groups.items[k]);
            buf_printf(&text, "%s%s", k ? ", " : "", group ? group->name : "unknown");
        }
        buf_printf(&text, "%s%s", order[v->groups.preference],
                   v->groups.complete ? "" : " (perhaps more)");
        wrap(page, "Groups", buf_cstr(&text));
    }
}

static void quantum_print(const struct page *page)
{
    const struct audit *audit = &page->target->audit;
    static const char *const texts[] = {
        "unknown: the server could not be asked to the end",
        "no: none of X25519MLKEM768, SecP256r1MLKEM768, SecP384r1MLKEM1024",
        "yes: see the groups of TLSv1.3"};
    const enum audit_answer answer = config_post_quantum(audit);
    const char *text = texts[answer];
    if (answer == AUDIT_NO && !audit->versions[0].accepted)
        text = "no: it needs TLSv1.3, which is refused";
    wrap(page, "Quantum", text);
}

static void schemes_print(const struct page *page)
{
    const struct audit_list *schemes = &page->target->audit.schemes;
    BUF_CLEANUP text = {0};
    for (size_t i = 0; i < schemes->count; i++)
        buf_printf(&text, "%s%s", i ? ", " : "", signature_scheme_name(schemes->items[i]));
    if (text.n)
        wrap(page, "Signs", buf_cstr(&text));
}

static void leaves_print(const struct page *page)
{
    const struct audit *audit = &page->target->audit;
    for (size_t i = 0; i < audit->leaf_count; i++) {
        struct cert *leaf = cert_parse(audit->leaves[i]);
        const char *until = time_rfc3339(page->arena, leaf->not_after);
        wrap(page, "Shows",
             arena_printf(page->arena, "%s, %s, signed with %s, until %.10s",
                          key_text(page->arena, &leaf->key), name_text(page->arena, leaf->subject),
                          signature_text(page->arena, leaf), until));
        cert_unref(leaf);
    }
    if (*audit->session)
        wrap(page, "", arena_printf(page->arena, "(no whole handshake: %s)", audit->session));
}

static void dh_print(const struct page *page)
{
    const struct audit *audit = &page->target->audit;
    const char *whose = dh_prime_name(audit->dh_prime);
    if (audit->dh_bits)
        wrap(page, "DH",
             arena_printf(page->arena, "a prime of %u bits%s%s", audit->dh_bits, *whose ? ": " : "",
                          whose));
}

static void options_print(const struct page *page)
{
    const struct audit *a = &page->target->audit;
    const struct {
        const char *name;
        enum audit_answer answer;
    } rows[] = {
        {"secure renegotiation", a->renegotiation_info},
        {"extended master secret", a->extended_master_secret},
        {"session tickets", a->tickets},
        {"OCSP stapling", a->stapling},
        {"heartbeat", a->heartbeat},
        {"compression", a->compression},
        {"fallback refused", a->fallback_scsv},
        {"downgrade marked", a->downgrade_sentinel},
        {"ALPN h2", a->h2},
        {"ALPN http/1.1", a->http11},
    };
    BUF_CLEANUP yes = {0}, no = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf *list = rows[i].answer == AUDIT_YES ? &yes : &no;
        if (rows[i].answer != AUDIT_UNKNOWN)
            buf_printf(list, "%s%s", list->n ? ", " : "", rows[i].name);
    }
    if (yes.n)
        wrap(page, "Has", buf_cstr(&yes));
    if (no.n)
        wrap(page, "Has not", buf_cstr(&no));
}

static void http_print(const struct page *page)
{
    const struct audit_http *http = &page->target->audit.http;
    if (http->status)
        wrap(page, "HTTP",
             arena_printf(page->arena, "%d%s%s; %s%s", http->status, *http->server ? ", " : "",
                          http->server, *http->hsts ? "HSTS " : "no HSTS", http->hsts));
}

/* ---- findings ---- */

/* The server that the HTTP answer names, as pages write it; NULL: it names none of them. */
static const char *server_seen(const char *field)
{
    size_t count = 0;
    const char *const *names = server_names(&count);
    for (size_t i = 0; i < count; i++) {
        const size_t n = strlen(names[i]);
        const struct bytes start = bytes_slice(bytes_str(field), 0, n);
        struct arena arena = {0};
        const bool same = start.n == n && strcspn(field, "/ ") == n &&
                          str_equal_nocase(arena_strndup(&arena, field, n), names[i]);
        arena_free(&arena);
        if (same)
            return names[i];
    }
    return NULL;
}

static bool lines_equal(const struct server_line *a, const struct server_line *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(a[i].server, b[i].server) != 0 || strcmp(a[i].text, b[i].text) != 0)
            return false;
    return true;
}

/* Several findings may have one cure: then its lines stand once. */
static bool lines_before(const struct page *page, size_t at, const struct server_line *lines,
                         size_t count)
{
    for (size_t i = 0; i < at; i++) {
        size_t n = 0;
        const struct rule *rule = rule_find(page->target->verdict.issues[i].rule);
        const struct server_line *before = rule ? server_lines(rule, page->arena, &n) : NULL;
        if (n == count && n && lines_equal(before, lines, n)) {
            wrap(page, "Fix", arena_printf(page->arena, "the lines of %s above", rule->id));
            return true;
        }
    }
    return false;
}

/* Lines to copy are not wrapped. */
static void fix_print(const struct page *page, size_t at)
{
    const struct rule *rule = rule_find(page->target->verdict.issues[at].rule);
    const char *only = page->how->server;
    size_t count = 0, printed = 0;
    const struct server_line *lines = rule ? server_lines(rule, page->arena, &count) : NULL;
    if (!only)
        only = server_seen(page->target->audit.http.server);
    if (lines_before(page, at, lines, count))
        return;
    for (size_t i = 0; i < count; i++)
        if (!only || strcmp(only, lines[i].server) == 0)
            buf_printf(page->out, "  %-*s%-*s%s\n", LABEL - 2, printed++ ? "" : "Fix", SERVER,
                       lines[i].server, lines[i].text);
}

/* Long lists of names are shortened. */
static struct config_issue issue_short(const struct page *page, const struct config_issue *issue)
{
    struct config_issue out = *issue;
    size_t commas = 0, all = 0;
    const char *cut = NULL;
    for (const char *p = issue->what; (p = strchr(p, ',')); p++, all++)
        if (++commas == NAMES_SHOWN)
            cut = p;
    if (!page->how->verbose && cut && all > NAMES_SHOWN)
        out.what = arena_printf(page->arena, "%.*s and %zu more (-v)", (int)(cut - issue->what),
                                issue->what, all + 1 - NAMES_SHOWN);
    return out;
}

static void issues_print(const struct page *page)
{
    const struct config_verdict *verdict = &page->target->verdict;
    for (size_t i = 0; i < verdict->count; i++) {
        const struct config_issue issue = issue_short(page, &verdict->issues[i]);
        const struct rule *rule = rule_find(issue.rule);
        buf_add_str(page->out, "\n");
        wrap(page, severity_name((enum severity)issue.weight), audit_summary(&issue, page->arena));
        if (rule && page->how->verbose) {
            wrap(page, "", rule->detail);
            wrap(page, "Not", rule->not_this);
        }
        fix_print(page, i);
        const char *verify = audit_verify(&issue, page->target, page->arena);
        if (*verify && page->how->verbose)
            buf_printf(page->out, "  %-*s%s\n", LABEL - 2, "Check", verify);
        wrap(page, "More", arena_printf(page->arena, "certwhy explain %s", issue.rule));
    }
}

/* ---- the whole ---- */

static void unseen_print(const struct page *page)
{
    const struct audit *audit = &page->target->audit;
    if (audit->net != NET_OK)
        buf_printf(page->out, "? %s — %s%s%s\n", page->target->text, net_result_text(audit->net),
                   *audit->why ? ": " : "", audit->why);
    else
        buf_printf(page->out, "? %s — no version of TLS is accepted\n", page->target->text);
}

static void through_print(const struct page *page)
{
    if (*page->target->proxy)
        wrap(page, "Through", arena_printf(page->arena, "the proxy %s", page->target->proxy));
}

static void head_print(const struct page *page)
{
    const struct config_verdict *verdict = &page->target->verdict;
    const char *grade = config_profile_name(verdict->grade);
    buf_printf(page->out, "%s %s — ",
               verdict->count && verdict->issues[0].weight == CONFIG_ERROR ? "✗" : "✓",
               page->target->text);
    if (page->how->suites_only)
        buf_add_str(page->out, "versions and cipher suites\n");
    else if (page->target->audit.cut)
        buf_add_str(page->out, "not audited to the end\n");
    else if (*grade)
        buf_printf(page->out, "keeps the profile \"%s\" of the %s\n", grade, config_guidelines());
    else
        buf_printf(page->out, "keeps no profile of the %s\n", config_guidelines());
}

void audit_print_text(const struct audited *target, const struct audit_printing *how,
                      struct arena *arena, struct buf *out)
{
    const struct page page = {.target = target, .how = how, .arena = arena, .out = out};
    const struct audit *audit = &target->audit;
    if (!target->verdict.seen) {
        unseen_print(&page);
        through_print(&page);
        if (audit->net != NET_OK)
            return;
    } else {
        head_print(&page);
        through_print(&page);
    }
    for (size_t i = 0; i < AUDIT_VERSIONS; i++)
        version_print(&page, &audit->versions[i]);
    if (target->verdict.seen && !how->suites_only) {
        groups_print(&page);
        quantum_print(&page);
        schemes_print(&page);
        leaves_print(&page);
        dh_print(&page);
        options_print(&page);
        http_print(&page);
    }
    if (audit->cut)
        wrap(&page, "Cut short",
             arena_printf(arena, "after %zu questions: %s%s%s", audit->connections,
                          net_result_text(audit->net), *audit->why ? ": " : "", audit->why));
    issues_print(&page);
}
