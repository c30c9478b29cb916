/* SPDX-License-Identifier: Apache-2.0 */
/* The text report of an audit. */
#include <string.h>

#include "audit.h"
#include "cli.h"

enum { LABEL = 12, SUITES_SHOWN = 6 };

static void wrap(struct buf *out, const char *label, const char *text)
{
    const unsigned width = output_width();
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

static const char *suite_text(unsigned id, struct arena *arena)
{
    const struct cipher_suite *suite = cipher_suite_find(id);
    if (!suite)
        return arena_printf(arena, "0x%04x", id & 0xffff);
    return *suite->openssl ? suite->openssl : suite->name;
}

static const char *refusal_text(const struct audit_version *v, struct arena *arena)
{
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

static void version_print(const struct audit_version *v, int verbose, struct arena *arena,
                          struct buf *out)
{
    static const char *const order[] = {"", ", in the server's order", ", in the client's order"};
    BUF_CLEANUP text = {0};
    if (!v->accepted) {
        wrap(out, version_text(v->version), refusal_text(v, arena));
        return;
    }
    buf_add_str(&text, "yes ");
    const size_t shown =
        verbose || v->suite_count <= SUITES_SHOWN ? v->suite_count : SUITES_SHOWN - 1;
    for (size_t i = 0; i < shown; i++)
        buf_printf(&text, " %s%s", suite_text(v->suites[i].id, arena),
                   i + 1 < v->suite_count ? "," : "");
    if (shown < v->suite_count)
        buf_printf(&text, " … %zu more (-v)", v->suite_count - shown);
    buf_add_str(&text, order[v->preference]);
    wrap(out, version_text(v->version), buf_cstr(&text));
}

static void groups_print(const struct audit *audit, struct buf *out)
{
    BUF_CLEANUP text = {0};
    for (size_t i = 0; i < audit->group_count; i++) {
        const struct named_group *group = named_group_find(audit->groups[i]);
        buf_printf(&text, "%s%s", i ? ", " : "", group ? group->name : "unknown");
    }
    if (text.n)
        wrap(out, "Groups", buf_cstr(&text));
}

static void options_print(const struct audit *a, struct buf *out)
{
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
    };
    BUF_CLEANUP yes = {0}, no = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf *list = rows[i].answer == AUDIT_YES ? &yes : &no;
        if (rows[i].answer != AUDIT_UNKNOWN)
            buf_printf(list, "%s%s", list->n ? ", " : "", rows[i].name);
    }
    if (*a->alpn)
        buf_printf(&yes, "%sALPN %s", yes.n ? ", " : "", a->alpn);
    if (yes.n)
        wrap(out, "Has", buf_cstr(&yes));
    if (no.n)
        wrap(out, "Has not", buf_cstr(&no));
}

static void issues_print(const struct audited *target, struct arena *arena, struct buf *out)
{
    const struct config_verdict *verdict = &target->verdict;
    for (size_t i = 0; i < verdict->count; i++) {
        const struct config_issue *issue = &verdict->issues[i];
        buf_add_str(out, "\n");
        wrap(out, severity_name((enum severity)issue->weight), audit_summary(issue, arena));
        wrap(out, "Fix", arena_printf(arena, "certwhy explain %s", issue->rule));
    }
}

static void unseen_print(const struct audited *target, struct buf *out)
{
    const struct audit *audit = &target->audit;
    if (audit->net != NET_OK)
        buf_printf(out, "? %s — %s%s%s\n", target->text, net_result_text(audit->net),
                   *audit->why ? ": " : "", audit->why);
    else
        buf_printf(out, "? %s — no version of TLS is accepted\n", target->text);
}

void audit_print_text(const struct audited *target, int verbose, struct arena *arena,
                      struct buf *out)
{
    const struct config_verdict *verdict = &target->verdict;
    if (!verdict->seen) {
        unseen_print(target, out);
        if (target->audit.net != NET_OK && *target->proxy)
            wrap(out, "Through", arena_printf(arena, "the proxy %s", target->proxy));
        if (target->audit.net != NET_OK)
            return;
    } else {
        const char *grade = config_profile_name(verdict->grade);
        buf_printf(out, "%s %s — ",
                   verdict->count && verdict->issues[0].weight == CONFIG_ERROR ? "✗" : "✓",
                   target->text);
        if (*grade)
            buf_printf(out, "keeps the profile \"%s\" of the %s\n", grade, config_guidelines());
        else
            buf_printf(out, "keeps no profile of the %s\n", config_guidelines());
    }
    if (*target->proxy)
        wrap(out, "Through", arena_printf(arena, "the proxy %s", target->proxy));
    for (size_t i = 0; i < AUDIT_VERSIONS; i++)
        version_print(&target->audit.versions[i], verbose, arena, out);
    groups_print(&target->audit, out);
    options_print(&target->audit, out);
    issues_print(target, arena, out);
}
