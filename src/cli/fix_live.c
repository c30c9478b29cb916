/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy fix --prove-live: what the report would have changed is shown, with the server's key, to
 * the real clients that are here. Only whoever holds that key can do so: no other stands in for it.
 */
#include <stdio.h>
#include <string.h>

#include "fix.h"

enum { SHOWS = 6, CLOCK_SECONDS = 3600 };

/* ---- can it be done? ---- */

static enum cw_code can_prove(const struct fixing *f, struct error *error)
{
    const struct judge_input *input = &f->target->input;
    const char *name = input->observation->target.name;
    const cw_time apart = input->at - time_now();
    if (input->observation->stores_from_case)
        return error_set(error, CW_E_USAGE,
                         "--prove-live is not for a saved case, which has its own clients and "
                         "time: name the server or a certificate file");
    if (!*f->report->options->key)
        return error_set(error, CW_E_USAGE,
                         "--prove-live shows the chain as the server would, which takes the "
                         "server's private key: --key FILE");
    if (!name || !str_is_plain_host(name) || *name == '*')
        return error_set(error, CW_E_USAGE,
                         "--prove-live has clients ask for a name: which one? --name NAME");
    if (apart > CLOCK_SECONDS || apart < -CLOCK_SECONDS)
        return error_set(error, CW_E_USAGE,
                         "--prove-live: real clients live by this machine's clock, and the report "
                         "is about %s: leave --at away",
                         time_rfc3339(f->arena, input->at));
    if (*f->report->options->root)
        return error_set(error, CW_E_USAGE,
                         "--prove-live: the clients of another root are not run");
    return CW_OK;
}

/* ---- what is shown ---- */

/* One change, and the visits that it got. */
struct shown {
    struct live_show show;
    struct live_proof proof;
};
struct proving {
    struct fixing *f;
    struct live_request request;
    struct shown done[SHOWS];
    size_t count;
};

static bool same_show(const struct live_show *a, const struct live_show *b)
{
    bool same = a->count == b->count && bytes_equal(a->roots, b->roots);
    for (size_t i = 0; same && i < a->count; i++)
        same = bytes_equal(a->chain[i], b->chain[i]);
    return same;
}

/* The visits of a change; those of an equal one before it are its own. */
static enum cw_code prove(struct proving *p, const struct live_show *show, struct live_proof *out,
                          struct error *error)
{
    size_t i = 0;
    while (i < p->count && !same_show(&p->done[i].show, show))
        i++;
    if (i == SHOWS)
        return CW_OK;
    if (i == p->count) {
        p->done[i].show = *show;
        TRY(live_show(&p->request, show, &p->done[i].proof, error));
        p->count++;
    }
    const struct live_proof *proof = &p->done[i].proof;
    out->count = proof->count;
    out->visits = arena_array(p->f->arena, proof->count + 1, sizeof *out->visits);
    for (size_t k = 0; k < proof->count; k++)
        out->visits[k] = proof->visits[k];
    return CW_OK;
}

/* ---- the chain that is written ---- */

static void expect_of_chain(const struct fixing *f, struct live_visit *visit)
{
    const struct judge_input *input = &f->target->input;
    for (size_t i = 0; i < input->profile_count; i++)
        if (input->profiles[i] == visit->profile)
            visit->expected = f->chain.accepts[i];
}

static enum cw_code chain_prove(struct proving *p, struct error *error)
{
    struct fixing *f = p->f;
    struct bytes *chain = arena_array(f->arena, f->chain.count + 1, sizeof *chain);
    for (size_t i = 0; i < f->chain.count; i++)
        chain[i] = f->chain.certs[i]->der;
    TRY(prove(p, &(struct live_show){.chain = chain, .count = f->chain.count}, &f->live, error));
    for (size_t i = 0; i < f->live.count; i++)
        expect_of_chain(f, &f->live.visits[i]);
    return CW_OK;
}

/* ---- the fixes of the report ---- */

static bool lists(const struct profile *const *profiles, size_t count, const struct profile *one)
{
    for (size_t i = 0; i < count; i++)
        if (profiles[i] == one)
            return true;
    return false;
}

/* The certificates of a file that the fix has the server send, else what it sends now. */
static void show_of(const struct fixing *f, const struct fix *fix, struct live_show *show)
{
    const struct observation *obs = f->target->input.observation;
    const struct fix_file *bundle = NULL;
    for (size_t i = 0; i < fix->file_count; i++) {
        if (strcmp(fix->files[i].path, "fullchain.pem") == 0)
            bundle = &fix->files[i];
        else
            show->roots = fix->files[i].content;
    }
    struct container file = {0};
    if (bundle)
        container_read(bundle->content, bundle->path, f->arena, &file);
    const size_t count = bundle ? file.object_count : obs->sent_count;
    struct bytes *chain = arena_array(f->arena, count + 1, sizeof *chain);
    for (size_t i = 0; i < count; i++)
        chain[i] = bundle ? file.objects[i].der : obs->sent[i].cert->der;
    show->chain = chain;
    show->count = count;
}

static enum cw_code fix_prove(struct proving *p, struct fix *fix, struct error *error)
{
    struct live_show show = {0};
    if (fix->file_count == 0)
        return CW_OK;
    show_of(p->f, fix, &show);
    /* the key is of the leaf that is written, and of no other */
    if (show.count == 0 || !bytes_equal(show.chain[0], p->f->chain.certs[0]->der))
        return CW_OK;
    TRY(prove(p, &show, &fix->live, error));
    /* the chain that is written is judged with the right key, as it is shown; the fix of one cause
     * may be judged with another still there */
    const bool is_chain = same_show(&show, &p->done[0].show);
    for (size_t i = 0; i < fix->live.count; i++) {
        struct live_visit *visit = &fix->live.visits[i];
        if (is_chain) {
            expect_of_chain(p->f, visit);
            continue;
        }
        visit->expected = lists(fix->accepted_by, fix->accepted_count, visit->profile)   ? 1
                          : lists(fix->rejected_by, fix->rejected_count, visit->profile) ? 0
                                                                                         : -1;
    }
    return CW_OK;
}

static enum cw_code all_prove(struct proving *p, struct error *error)
{
    const struct plan *plan = &p->f->target->plan;
    TRY(chain_prove(p, error));
    for (size_t i = 0; i < plan->finding_count; i++)
        for (size_t k = 0; k < plan->per_finding[i].count; k++)
            TRY(fix_prove(p, &plan->per_finding[i].items[k], error));
    return plan->together ? fix_prove(p, plan->together, error) : CW_OK;
}

enum cw_code fix_live(struct fixing *f, struct error *error)
{
    TRY(can_prove(f, error));
    if (f->chain.count == 0)
        return CW_OK; /* said where the file is not written */
    TRY(fix_key_open(f, error));
    struct proving p = {.f = f,
                        .request = {.report = f->report,
                                    .target = f->target,
                                    .key = f->key,
                                    .directory = live_directory_make(f->arena)}};
    if (!p.request.directory)
        return error_set(error, CW_E_IO, "no temporary directory can be made");
    const enum cw_code code = all_prove(&p, error);
    live_directory_remove(p.request.directory);
    return code;
}

/* ---- what came of it ---- */

static bool is_as_judged(const struct live_visit *visit)
{
    return visit->expected < 0 || visit->expected == visit->accepts;
}

/* "certwhy fix: live, on loopback: accepted by curl 7.88.1, …" */
static void say_as_judged(const struct live_proof *live, bool accepts)
{
    const char *lead = accepts ? "certwhy fix: live, on loopback: accepted by "
                               : "certwhy fix: live, on loopback: rejected, as judged, by ";
    size_t count = 0;
    for (size_t i = 0; i < live->count; i++) {
        const struct live_visit *visit = &live->visits[i];
        if (visit->accepts == accepts && is_as_judged(visit))
            fprintf(stderr, "%s%s %s", count++ ? ", " : lead, visit->program, visit->version);
    }
    if (count)
        fputc('\n', stderr);
}

/* Who was judged and could not be asked. */
static void say_unasked(const struct fixing *f)
{
    const struct judge_input *input = &f->target->input;
    size_t count = 0;
    for (size_t i = 0; i < input->profile_count; i++) {
        bool asked = false;
        for (size_t k = 0; k < f->live.count && !asked; k++)
            asked = f->live.visits[k].profile == input->profiles[i];
        if (!asked)
            fprintf(stderr, "%s%s", count++ ? ", " : "certwhy fix: by the model alone: ",
                    profile_title(input->profiles[i]));
    }
    if (count)
        fputc('\n', stderr);
}

void fix_live_say(const struct fixing *f)
{
    say_as_judged(&f->live, true);
    say_as_judged(&f->live, false);
    for (size_t i = 0; i < f->live.count; i++) {
        const struct live_visit *visit = &f->live.visits[i];
        if (!is_as_judged(visit))
            fprintf(stderr, "certwhy fix: live, on loopback: %s %s %s%s\n", visit->program,
                    visit->version,
                    visit->accepts ? "accepts what it was judged to reject"
                                   : "rejects what it was judged to accept: ",
                    visit->message);
    }
    say_unasked(f);
}
