/* SPDX-License-Identifier: Apache-2.0 */
/* reasons [--seed N] [--chains N] [--only N] [--bomb TEXT]: plants 2 to 5 faults in each of many
 * chains and holds the findings against them: causes are what was planted, on the right
 * certificate, and nothing else; whatever else is told follows from that. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reasons.h"

enum { CHAINS = 6000, REPLAYS = 300, KINDS_MAX = 64, PAIR_LEAST = 20, DRAWS = 200, SHOWN = 12 };

struct run {
    uint64_t seed;
    size_t chains, failed, shown, replays, replays_failed;
    bool verbose;
    unsigned pairs[KINDS_MAX][KINDS_MAX];
    unsigned blame[KINDS_MAX];
    struct sig_memo *memo;
};

/* ---- choosing what to plant ---- */

static bool suits(const size_t *chosen, size_t count, size_t kind)
{
    for (size_t i = 0; i < count; i++)
        if (chosen[i] == kind || kinds_exclude(&kinds[chosen[i]], &kinds[kind]) != NULL)
            return false;
    return true;
}

static unsigned coverage(const struct run *run, const size_t *chosen, size_t count, size_t kind)
{
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += run->pairs[chosen[i]][kind] < 2 * PAIR_LEAST ? run->pairs[chosen[i]][kind]
                                                            : 2 * PAIR_LEAST;
    return sum;
}

/** Of a few random kinds that suit, the one seen least beside those chosen already. */
static bool choose_next(struct run *run, struct scene *dice, size_t *chosen, size_t count)
{
    enum { CANDIDATES = 8 };
    unsigned least = UINT32_MAX;
    size_t found = 0;
    for (size_t i = 0; i < DRAWS && found < CANDIDATES; i++) {
        const size_t kind = (size_t)scene_draw(dice, kind_count);
        if (!suits(chosen, count, kind))
            continue;
        found++;
        const unsigned seen = coverage(run, chosen, count, kind);
        if (seen < least) {
            least = seen;
            chosen[count] = kind;
        }
    }
    return found > 0;
}

static int index_compare(const void *a, const void *b)
{
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return x < y ? -1 : x > y;
}

/** Plants in the table's order; false when the chain has no room for all. */
static bool plant_all(struct scene *scene, const size_t *chosen, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!kinds[chosen[i]].plant(scene, &kinds[chosen[i]]))
            return false;
    return true;
}

/** All that can be seen is not valid yet, or all expired: that is how a wrong clock looks, and it
 *  stands for them all. */
static bool looks_like_clock(const struct scene *s)
{
    bool early = true, expired = true;
    for (int m = LEAF; m <= scene_root(s); m++) {
        if (s->hidden[m])
            continue;
        early &= s->spec[m].not_before > s->at;
        expired &= s->spec[m].not_after < s->at;
    }
    for (size_t i = 0; i < s->plant_count; i++)
        if (strcmp(s->plants[i].rule, "validity.clock-wrong") == 0)
            return false;
    return s->depth > 0 && (early || expired);
}

/** A chain with its faults; false when this draw does not fit. */
static bool scene_make(struct run *run, uint64_t number, struct scene *scene, size_t *chosen,
                       size_t *count)
{
    struct scene dice = {.random = number ^ UINT64_C(0xabcdef)};
    *count = 0;
    /* 2 to 5, more often many: each chain of 5 covers ten pairs */
    static const size_t sizes[] = {2, 3, 3, 4, 4, 4, 5, 5, 5, 5};
    const size_t wanted = sizes[scene_draw(&dice, sizeof sizes / sizeof *sizes)];
    while (*count < wanted && choose_next(run, &dice, chosen, *count))
        ++*count;
    qsort(chosen, *count, sizeof *chosen, index_compare);
    for (uint64_t draw = 0; draw < DRAWS / 4; draw++) {
        scene_start(scene, number * DRAWS + draw);
        if (plant_all(scene, chosen, *count) && !looks_like_clock(scene))
            return true;
        scene_free(scene);
    }
    return false;
}

/* ---- comparing ---- */

static bool is_member(const struct stage *stage, int node, int member)
{
    if (member == NO_MEMBER || node < 0)
        return member == NO_MEMBER && node < 0;
    const struct cert *cert = stage->checked.report.verdict.graph.nodes[node].cert;
    return bytes_equal(cert->der, stage->scene->der[member]);
}

/** The plant that a finding tells, not told yet; NULL none. */
static struct plant *plant_of(struct stage *stage, const struct finding *f)
{
    struct scene *s = stage->scene;
    for (size_t i = 0; i < s->plant_count; i++) {
        struct plant *p = &s->plants[i];
        if (!p->seen && strcmp(p->rule, f->rule->id) == 0 &&
            (is_member(stage, f->node, p->member) || is_member(stage, f->node, p->or_member)))
            return p;
    }
    return NULL;
}

static bool leads_to_plant(const struct findings *all, const bool *planted, size_t i,
                           unsigned depth)
{
    const struct finding *f = &all->items[i];
    if (planted[i])
        return true;
    if (f->because_count == 0 || depth > 5)
        return false;
    for (size_t b = 0; b < f->because_count; b++)
        if (!leads_to_plant(all, planted, (size_t)f->because[b], depth + 1))
            return false;
    return true;
}

/** What is wrong with the findings, in words; "" nothing. */
static const char *findings_judge(struct stage *stage)
{
    const struct findings *all = &stage->checked.report.findings;
    struct arena *arena = &stage->arena;
    bool *planted = arena_array(arena, all->count + 1, sizeof *planted);
    BUF_CLEANUP out = {0};
    for (size_t i = 0; i < all->count; i++) {
        const struct finding *f = &all->items[i];
        struct plant *p = plant_of(stage, f);
        planted[i] = p != NULL;
        if (p == NULL)
            continue;
        p->seen = true;
        if (!f->cause && (!p->kind->notice || f->because_count > 0))
            buf_printf(&out, " -%s(%s)", p->kind->name, f->because_count ? "follows" : "advice");
        if (f->node >= 0 && f->certificate < 0)
            buf_printf(&out, " %s: not in the chain shown", p->kind->name);
    }
    for (size_t i = 0; i < stage->scene->plant_count; i++)
        if (!stage->scene->plants[i].seen)
            buf_printf(&out, " -%s", stage->scene->plants[i].kind->name);
    for (size_t i = 0; i < all->count; i++)
        if (!planted[i] && (all->items[i].cause || !leads_to_plant(all, planted, i, 0)))
            buf_printf(&out, " +%s", all->items[i].rule->id);
    return arena_strdup(arena, buf_cstr(&out));
}

static char member_letter(const struct stage *stage, int node)
{
    for (int m = 0; node >= 0 && m < MEMBERS; m++)
        if (stage->scene->der[m].p != NULL && is_member(stage, node, m))
            return "L123456789"[m] == (char)('0' + scene_root(stage->scene)) ? 'R'
                   : m >= NAMESAKE                                           ? "WUXS"[m - NAMESAKE]
                                                                             : "L1234"[m];
    return '-';
}

static void scene_print(const struct stage *stage, uint64_t number, const char *what)
{
    const struct scene *s = stage->scene;
    const struct findings *all = &stage->checked.report.findings;
    printf("chain %llu, sent ", (unsigned long long)number);
    for (size_t i = 0; i < s->order_count; i++)
        putchar(s->order[i] == scene_root(s) ? 'R'
                : s->order[i] >= NAMESAKE    ? "WUXS"[s->order[i] - NAMESAKE]
                                             : "L1234"[s->order[i]]);
    for (int m = 0; m < MEMBERS; m++)
        if (s->pooled[m])
            printf(" pool %d", m);
    printf(" depth %d:", s->depth);
    for (size_t i = 0; i < s->plant_count; i++)
        printf(" %s@%d", s->plants[i].kind->name, s->plants[i].member);
    printf("\n  wrong:%s\n", what);
    for (size_t i = 0; i < all->count; i++) {
        const struct finding *f = &all->items[i];
        printf("    %s %s %s@%c/%c", f->id,
               f->cause           ? "CAUSE"
               : f->because_count ? "follows"
                                  : "advice",
               f->rule->id, member_letter(stage, f->node), member_letter(stage, f->other));
        for (size_t b = 0; b < f->because_count; b++)
            printf(" <- f%d", f->because[b] + 1);
        printf("  %s\n", fact_name(f->fact));
    }
}

static void pairs_count(struct run *run, const size_t *chosen, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++)
            run->pairs[chosen[i]][chosen[k]]++;
}

static void chain_run(struct run *run, uint64_t number)
{
    struct scene scene;
    struct stage stage;
    size_t chosen[MOST_PLANTS], count;
    if (!scene_make(run, number, &scene, chosen, &count))
        return;
    scene_mint(&scene);
    stage_run(&stage, &scene, run->memo, false);
    const char *what = findings_judge(&stage);
    run->chains++;
    pairs_count(run, chosen, count);
    if (*what != '\0') {
        run->failed++;
        for (size_t i = 0; i < count; i++)
            run->blame[chosen[i]]++;
        if (run->verbose || run->shown++ < SHOWN)
            scene_print(&stage, number, what);
    } else if (run->verbose) {
        scene_print(&stage, number, " nothing");
    }
    stage_free(&stage);
    scene_free(&scene);
}

/* ---- the whole ---- */

static size_t pairs_report(const struct run *run)
{
    size_t compatible = 0, excluded = 0, thin = 0;
    for (size_t a = 0; a < kind_count; a++)
        for (size_t b = a + 1; b < kind_count; b++) {
            if (kinds_exclude(&kinds[a], &kinds[b]) != NULL) {
                excluded++;
                continue;
            }
            compatible++;
            if (run->pairs[a][b] >= PAIR_LEAST)
                continue;
            if (thin++ < SHOWN)
                printf("  %s with %s: only %u times\n", kinds[a].name, kinds[b].name,
                       run->pairs[a][b]);
        }
    printf("figure: %zu kinds of fault, %zu pairs that can stand together, %zu that cannot, %zu of "
           "the former fewer than %d times\n",
           kind_count, compatible, excluded, thin, PAIR_LEAST);
    return thin;
}

/** Judging again, and from a saved case, gives the same bytes. */
static void replays_run(struct run *run, size_t wanted)
{
    char path[] = "/tmp/certwhy-reasons-XXXXXX";
    const int fd = mkstemp(path);
    if (fd < 0) {
        run->failed++;
        return;
    }
    close(fd);
    for (uint64_t n = 0; run->replays < wanted && n < 4 * wanted; n++) {
        struct scene scene;
        size_t chosen[MOST_PLANTS], count;
        const uint64_t number = run->seed * UINT64_C(1000003) + n;
        if (!scene_make(run, number, &scene, chosen, &count))
            continue;
        scene_mint(&scene);
        run->replays++;
        if (!replay_is_same(&scene, path)) {
            run->replays_failed++;
            printf("  chain %llu is another when replayed\n", (unsigned long long)number);
        }
        scene_free(&scene);
    }
    remove(path);
}

int main(int argc, char **argv)
{
    static struct run run = {.seed = 1};
    size_t wanted = CHAINS;
    uint64_t only = UINT64_MAX;
    const char *bomb = NULL;
    for (int i = 1; i + 1 < argc; i += 2) {
        const uint64_t value = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--seed") == 0)
            run.seed = value;
        else if (strcmp(argv[i], "--chains") == 0)
            wanted = (size_t)value;
        else if (strcmp(argv[i], "--only") == 0)
            only = value;
        else if (strcmp(argv[i], "--bomb") == 0)
            bomb = argv[i + 1];
    }
    run.memo = sig_memo_new();
    for (uint64_t n = 0; run.chains < wanted && n < 4 * wanted; n++) {
        run.verbose = run.seed * UINT64_C(1000003) + n == only;
        chain_run(&run, run.seed * UINT64_C(1000003) + n);
    }
    for (size_t i = 0; i < kind_count; i++)
        if (run.blame[i] > 0)
            printf("  in %u of the chains that differ: %s\n", run.blame[i], kinds[i].name);
    const size_t thin = wanted >= CHAINS ? pairs_report(&run) : 0;
    replays_run(&run, wanted < REPLAYS ? wanted : REPLAYS);
    sig_memo_free(run.memo);
    keys_free();
    size_t passed = run.chains - run.failed + run.replays - run.replays_failed;
    const size_t failed = run.failed + run.replays_failed + thin + bombs_run(&passed, bomb);
    printf("%zu passed, %zu failed, 0 skipped\n", passed, failed);
    return failed > 0;
}
