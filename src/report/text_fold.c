/* SPDX-License-Identifier: Apache-2.0 */
/* Many clients in one table: versions that agree become ranges, clients that reject for the same
 * reason one row. */
#include <string.h>

#include "text.h"

enum { GISTS_SHOWN = 3 };

/** Which clients a row is about. */
struct fold {
    const struct page *page;
    bool *taken; /**< per client of the verdict */
};

static const struct client_verdict *client_at(const struct page *page, size_t i)
{
    return &page->target->verdict.clients[i];
}

static size_t client_count(const struct page *page)
{
    return page->target->verdict.client_count;
}

/* ---- names: "curl@7.88", "openssl@3.0-strict" ---- */

static const char *version_of(const struct page *page, size_t i)
{
    const char *at = strchr(profile_name(client_at(page, i)->profile), '@');
    return at != NULL ? at + 1 : "";
}

/** What follows the version: a switch or a build of the same program; "" the program itself. */
static const char *variant_of(const struct page *page, size_t i)
{
    const char *dash = strchr(version_of(page, i), '-');
    return dash != NULL ? dash + 1 : "";
}

static const char *number_of(const struct page *page, size_t i)
{
    const char *version = version_of(page, i);
    return arena_strndup(page->arena, version, strcspn(version, "-"));
}

static bool same_title(const struct page *page, size_t a, size_t b)
{
    return strcmp(profile_title(client_at(page, a)->profile),
                  profile_title(client_at(page, b)->profile)) == 0;
}

static bool same_family(const struct page *page, size_t a, size_t b)
{
    return same_title(page, a, b) && strcmp(variant_of(page, a), variant_of(page, b)) == 0;
}

static unsigned number_take(const char **p)
{
    unsigned n = 0;
    for (; **p >= '0' && **p <= '9' && n < 100000; (*p)++)
        n = 10 * n + (unsigned)(**p - '0');
    *p += **p != '\0';
    return n;
}

/** 3.9 is older than 3.13. */
static bool is_older(const struct page *page, size_t a, size_t b)
{
    const char *x = number_of(page, a), *y = number_of(page, b);
    while (*x != '\0' || *y != '\0') {
        const unsigned m = number_take(&x), n = number_take(&y);
        if (m != n)
            return m < n;
    }
    return false;
}

/** Clients of the family that `i` belongs to which were judged and count as it does. */
struct family {
    size_t *members; /**< oldest first */
    size_t count;
};

static struct family family_of(const struct page *page, size_t i)
{
    struct family f = {.members = arena_array(page->arena, client_count(page), sizeof *f.members)};
    for (size_t k = 0; k < client_count(page); k++) {
        if (!same_family(page, i, k) ||
            client_counts(page->target, client_at(page, i)) !=
                client_counts(page->target, client_at(page, k)) ||
            client_at(page, k)->accepts < 0)
            continue;
        size_t at = f.count++;
        for (; at > 0 && is_older(page, k, f.members[at - 1]); at--)
            f.members[at] = f.members[at - 1];
        f.members[at] = k;
    }
    return f;
}

static bool all_taken(const struct fold *fold, size_t i,
                      bool (*same)(const struct page *, size_t, size_t))
{
    for (size_t k = 0; k < client_count(fold->page); k++)
        if (same(fold->page, i, k) && !fold->taken[k])
            return false;
    return true;
}

/** "7.74", "7.88–8.23", "≥3.13": the members from `from` to `to`. */
static const char *range_text(const struct page *page, const struct family *f, size_t from,
                              size_t to)
{
    const char *first = number_of(page, f->members[from]), *last = number_of(page, f->members[to]);
    if (from == to)
        return first;
    if (to + 1 == f->count)
        return arena_printf(page->arena, "≥%s", first);
    return from == 0 ? arena_printf(page->arena, "≤%s", last)
                     : arena_printf(page->arena, "%s–%s", first, last);
}

/** "curl", "Python ≥3.13", "openssl s_client (strict) 3.0". */
static const char *family_text(const struct fold *fold, size_t i)
{
    const struct page *page = fold->page;
    const char *title = profile_title(client_at(page, i)->profile);
    if (all_taken(fold, i, same_title))
        return title;
    if (*variant_of(page, i) != '\0')
        title = arena_printf(page->arena, "%s (%s)", title, variant_of(page, i));
    if (all_taken(fold, i, same_family))
        return title;
    const struct family f = family_of(page, i);
    BUF_CLEANUP out = {0};
    buf_add_str(&out, title);
    for (size_t from = 0; from < f.count; from++) {
        size_t to = from;
        if (!fold->taken[f.members[from]])
            continue;
        while (to + 1 < f.count && fold->taken[f.members[to + 1]])
            to++;
        buf_printf(&out, "%s%s", out.n > strlen(title) ? ", " : " ",
                   range_text(page, &f, from, to));
        from = to;
    }
    return arena_strdup(page->arena, buf_cstr(&out));
}

/** The names of the clients taken, families in the order of the verdict, each once. */
static const char *names_text(const struct fold *fold)
{
    const struct page *page = fold->page;
    const char **names = arena_array(page->arena, client_count(page) + 1, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < client_count(page); i++) {
        if (!fold->taken[i])
            continue;
        const char *name = family_text(fold, i);
        bool said = false;
        for (size_t k = 0; k < count && !said; k++)
            said = strcmp(names[k], name) == 0;
        if (!said)
            names[count++] = name;
    }
    return text_join(page->arena, names, count, ", ");
}

/* ---- rows ---- */

/** Two rejections for the same reason: the same rule about the same certificate. */
static bool same_reason(const struct client_verdict *a, const struct client_verdict *b)
{
    if (a->said < 0 || b->said < 0)
        return a->said == b->said && strcmp(a->gist, b->gist) == 0;
    const struct reason *x = &a->reasons[a->said], *y = &b->reasons[b->said];
    return x->node == y->node && strcmp(fact_rule(x->fact), fact_rule(y->fact)) == 0;
}

static bool same_words(const struct page *page, size_t a, size_t b)
{
    return strcmp(client_words(page->arena, client_at(page, a)),
                  client_words(page->arena, client_at(page, b))) == 0;
}

static bool is_taken_before(const struct fold *fold, size_t i, const char *gist)
{
    for (size_t k = 0; k < i; k++)
        if (fold->taken[k] && str_equal_nocase(client_at(fold->page, k)->gist, gist))
            return true;
    return false;
}

/** What they say of it, each wording once, under the first who says so. */
static void sayings_find(const struct fold *fold, struct fold_row *out)
{
    const struct page *page = fold->page;
    for (size_t i = 0; i < client_count(page); i++) {
        const char *gist = fold->taken[i] ? client_at(page, i)->gist : "";
        if (*gist == '\0' || is_taken_before(fold, i, gist))
            continue;
        if (out->saying_count < GISTS_SHOWN)
            out->sayings[out->saying_count] = (struct fold_saying){
                profile_title(client_at(page, i)->profile), show_guard(page->arena, gist)};
        out->saying_count++;
    }
}

const char *fold_names(const struct page *page, int accepts, bool counting)
{
    struct fold fold = {.page = page,
                        .taken = arena_array(page->arena, client_count(page), sizeof(bool))};
    for (size_t i = 0; i < client_count(page); i++)
        fold.taken[i] = client_at(page, i)->accepts == accepts &&
                        client_counts(page->target, client_at(page, i)) == counting;
    return names_text(&fold);
}

/** Of one program some versions are in the row and others not: what is special about these. */
static const char *note_text(const struct fold *fold, size_t i)
{
    for (size_t k = 0; k < client_count(fold->page); k++)
        if (fold->taken[k] && !same_title(fold->page, i, k))
            return "";
    return all_taken(fold, i, same_title) ? "" : profile_note(client_at(fold->page, i)->profile);
}

static const char *rule_text(const struct client_verdict *client)
{
    return client->said < 0 ? "" : fact_rule(client->reasons[client->said].fact);
}

bool fold_row(const struct page *page, size_t i, bool by_words, struct fold_row *out)
{
    struct fold fold = {.page = page,
                        .taken = arena_array(page->arena, client_count(page), sizeof(bool))};
    for (size_t k = 0; k < client_count(page); k++) {
        fold.taken[k] = client_at(page, k)->accepts == 0 &&
                        client_counts(page->target, client_at(page, k)) &&
                        (by_words ? same_words(page, i, k)
                                  : same_reason(client_at(page, i), client_at(page, k)));
        if (fold.taken[k] && k < i)
            return false; /* an earlier row has it */
    }
    if (!fold.taken[i])
        return false;
    *out = (struct fold_row){
        .names = names_text(&fold),
        .words = by_words ? client_words(page->arena, client_at(page, i)) : "",
        .note = by_words ? "" : note_text(&fold, i),
        .rule = rule_text(client_at(page, i)),
    };
    if (!by_words)
        sayings_find(&fold, out);
    return true;
}
