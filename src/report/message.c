/* SPDX-License-Identifier: Apache-2.0 */
/* The message to whoever must act, ready to be sent: what is wrong, how it shows, what to do, what
 * to look at afterwards. For the server's administrator and the CA; what a client can do about
 * itself needs no letter. */
#include <string.h>

#include "show.h"

struct message {
    const struct target_report *target;
    const struct chain_plan *chain;
    const char *case_path;
    struct arena arena;
    struct buf *out;
};

static void say(struct message *m, const char *text)
{
    str_safe_line(m->out, bytes_str(text));
}

static void say_line(struct message *m, const char *before, const char *text)
{
    if (!text || !*text)
        return;
    buf_add_str(m->out, before);
    say(m, text);
    buf_add_byte(m->out, '\n');
}

/* ---- who must act ---- */

static bool concerns(const struct fix *fix, enum fix_who who)
{
    return fix->who == who;
}

static bool anybody(const struct message *m, enum fix_who who)
{
    const struct plan *plan = &m->target->plan;
    for (size_t i = 0; i < plan->finding_count; i++)
        for (size_t k = 0; k < plan->per_finding[i].count; k++)
            if (concerns(&plan->per_finding[i].items[k], who))
                return true;
    return plan->together && concerns(plan->together, who);
}

static void subject(struct message *m)
{
    const struct verdict *verdict = &m->target->verdict;
    const struct target *target = &m->target->input.observation->target;
    size_t rejected = 0;
    for (size_t i = 0; i < verdict->client_count; i++)
        rejected += verdict->clients[i].accepts == 0;
    buf_add_str(m->out, "Subject: the TLS certificate of ");
    say(m, target->text);
    buf_printf(m->out, " is rejected by %zu of %zu clients\n\n", rejected, verdict->client_count);
    const bool server = anybody(m, FIX_SERVER), ca = anybody(m, FIX_CA);
    buf_add_str(m->out, server && ca ? "To the administrator of the server, and its CA:\n"
                        : ca         ? "To the CA that issued the certificate:\n"
                        : server     ? "To the administrator of the server:\n"
                                     : "Neither the server nor its CA must act: what is wrong is "
                                       "the clients' to repair.\n");
}

/* ---- what is wrong, what to do ---- */

static void clients_of(struct message *m, const struct finding *finding)
{
    const char *names = "";
    for (size_t i = 0; i < finding->client_count; i++)
        names = arena_printf(&m->arena, "%s%s%s", names, i > 0 ? ", " : "",
                             profile_title(finding->clients[i]));
    say_line(m, "   rejected by: ", names);
}

static void one_fault(struct message *m, const struct finding *finding, unsigned number)
{
    buf_printf(m->out, "%u. ", number);
    say(m, finding->summary);
    buf_add_byte(m->out, '\n');
    say_line(m, "   ", finding->detail);
    clients_of(m, finding);
    say_line(m, "   see it: ", finding->verify);
    say_line(m, "   rule: certwhy explain ", finding->rule->id);
}

static void faults(struct message *m)
{
    const struct findings *findings = &m->target->findings;
    unsigned number = 0;
    buf_add_str(m->out, "\nWhat is wrong\n\n");
    for (size_t i = 0; i < findings->count; i++)
        if (findings->items[i].cause && findings->items[i].because_count == 0)
            one_fault(m, &findings->items[i], ++number);
    if (number == 0)
        buf_add_str(m->out, "Nothing: every client accepts it.\n");
}

/* Who took it for real. */
static const char *live_clients(struct message *m, const struct live_proof *live)
{
    const char *names = "";
    for (size_t i = 0; i < live->count && live_proof_holds(live); i++)
        if (live->visits[i].accepts)
            names = arena_printf(&m->arena, "%s%s%s %s", names, *names ? ", " : "",
                                 live->visits[i].program, live->visits[i].version);
    return names;
}

/* `together` says itself who does what. */
static void one_fix(struct message *m, const struct fix *fix, bool together)
{
    buf_add_str(m->out, together ? "- " : fix->who == FIX_CA ? "- CA: " : "- Server: ");
    say(m, fix->summary);
    buf_add_byte(m->out, '\n');
    for (size_t i = 0; i < fix->command_count; i++)
        say_line(m, "    ", fix->commands[i]);
    if (fix->rejected_count == 0 && fix->accepted_count > 0)
        buf_printf(m->out, "  Proven: judged again with it, all %zu clients accept.\n",
                   fix->accepted_count);
    say_line(m, "  Accepted live, served on loopback, by ", live_clients(m, &fix->live));
    say_line(m, "  ", fix->caveat);
}

static void fixes(struct message *m)
{
    const struct plan *plan = &m->target->plan;
    buf_add_str(m->out, "\nWhat to do\n\n");
    if (plan->together && plan->together->who != FIX_CLIENT) {
        one_fix(m, plan->together, true);
        return;
    }
    for (size_t i = 0; i < plan->finding_count; i++) {
        const struct finding *finding = &m->target->findings.items[i];
        for (size_t k = 0; k < plan->per_finding[i].count && finding->cause; k++)
            if (plan->per_finding[i].items[k].who != FIX_CLIENT)
                one_fix(m, &plan->per_finding[i].items[k], false);
    }
    for (size_t i = 0; i < m->target->findings.count; i++)
        if (m->target->findings.items[i].cause)
            say_line(m, "- Not this: ", m->target->findings.items[i].not_this);
}

/* ---- the chain ---- */

static bool is_sent(const struct message *m, const struct cert *cert)
{
    const struct observation *obs = m->target->input.observation;
    for (size_t i = 0; i < obs->sent_count; i++)
        if (cert_equal(obs->sent[i].cert, cert))
            return true;
    return false;
}

static void missing(struct message *m)
{
    bool first = true;
    for (size_t i = 1; i < m->chain->count; i++) {
        const struct cert *cert = m->chain->certs[i];
        const char *url = "";
        if (is_sent(m, cert))
            continue;
        if (first)
            buf_add_str(m->out, "\nCertificates that are missing\n\n");
        first = false;
        cert_aia_urls(&m->arena, m->chain->certs[i - 1], OID_AD_CA_ISSUERS, &url, 1);
        say_line(m, "- ", name_text(&m->arena, cert->subject));
        say_line(m, "  SHA-256 ", cert_fingerprint(&m->arena, cert));
        say_line(m, "  to be had from ", *url ? url : "its CA; it stands below");
    }
}

static void corrected(struct message *m)
{
    if (m->chain->count == 0 || m->chain->unchanged)
        return;
    buf_add_str(m->out, "\nThe chain as it should be sent, leaf first\n\n");
    say_line(m, "Why this one: ", m->chain->choice);
    for (size_t i = 0; i < m->chain->count; i++)
        pem_write(m->out, "CERTIFICATE", m->chain->certs[i]->der);
}

static void afterwards(struct message *m)
{
    const struct target *target = &m->target->input.observation->target;
    const char *again = m->target->plan.again;
    const bool named = target->name && *target->name && str_is_plain_host(target->name);
    const bool endpoint = target->kind == TARGET_ENDPOINT && str_is_safe(bytes_str(target->text));
    buf_add_str(m->out, "\nAfterwards\n\n");
    buf_add_str(m->out, "- reload the server: a file that was replaced is not read by itself\n");
    if (endpoint && m->chain->count > 0 && !m->chain->unchanged)
        say_line(m, "- is it what is sent now, the chain above as fullchain.pem? ",
                 arena_printf(&m->arena, "certwhy fix %s%s%s --expect fullchain.pem",
                              str_shell(&m->arena, target->text), named ? " --name " : "",
                              named ? target->name : ""));
    if (again && *again)
        say_line(m, "- exit status 0 says that it is cured: ", again);
    if (m->case_path)
        say_line(m, "- all that was seen is in the attached case, which replays anywhere: ",
                 arena_printf(&m->arena, "certwhy check %s", m->case_path));
}

void message_write(const struct target_report *target, const struct chain_plan *chain,
                   const char *case_path, struct buf *out)
{
    struct message m = {.target = target, .chain = chain, .case_path = case_path, .out = out};
    subject(&m);
    faults(&m);
    fixes(&m);
    missing(&m);
    corrected(&m);
    afterwards(&m);
    arena_free(&m.arena);
}
