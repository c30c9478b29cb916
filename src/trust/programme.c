/* SPDX-License-Identifier: Apache-2.0 */
/* The list that a browser or Node brings along, as far as this machine holds its certificates: the
 * system's store, seen through the facts of a root programme. What the programme trusts and this
 * machine has no certificate of is known by its fingerprint alone, and counted. */
#include "facts.h"
#include "machine.h"

#include <string.h>

void store_set_base(struct store *store, struct store *base, enum programme programme,
                    struct bytes roots)
{
    const cw_time date = root_table_date(roots, programme);
    store->base = store_ref(base);
    store->programme = programme;
    store->roots = roots;
    struct source *source = store_add_source(store, programme_title(programme));
    source->shown.read = true;
    source->shown.programme = programme_title(programme);
    source->shown.count = programme_count(store);
    source->shown.modified = date;
    source->shown.problem = arena_printf(&store->arena, "compiled into the client: facts of %s",
                                         time_date(&store->arena, date));
}

void store_add_programme(struct store *store, enum programme programme)
{
    struct store *nothing = store_new(store->name);
    store_set_base(store, nothing, programme, bytes_of(NULL, 0));
    store_unref(nothing);
}

size_t programme_count(const struct store *store)
{
    size_t count = 0;
    struct root_standing standing;
    const struct root_fact *fact;
    for (size_t i = 0; !store->roots.p && (fact = root_fact_at(i)); i++)
        count += root_fact_in(fact, store->programme);
    struct bytes rest = store->roots, line;
    while (root_table_line(&rest, &line)) {
        root_standing_read(line, &standing);
        count += standing.programmes >> store->programme & 1;
    }
    return count;
}

/* The anchor as this programme sees it, or NULL. Its base's own is shared unless the programme has
 * a date for it. */
static const struct anchor *seen(struct store *store, const struct anchor *anchor)
{
    struct root_standing standing;
    if (!root_standing_find(store->roots, anchor->cert->sha256, &standing) ||
        !(standing.programmes >> store->programme & 1) || store_bans(store, anchor->cert))
        return NULL;
    const cw_time until = standing.until[store->programme];
    if (until == TIME_NONE || store->programme == PROGRAMME_MICROSOFT)
        return anchor;
    struct anchor *dated = arena_alloc(&store->arena, sizeof *dated);
    *dated = *anchor;
    dated->until = until;
    return dated;
}

const struct anchor *programme_at(struct store *store, size_t i)
{
    if (!store->base_walked) {
        const size_t all = store_count(store->base);
        store->base_walked = true;
        store->base_members = arena_array(&store->arena, all + 1, sizeof *store->base_members);
        for (size_t k = 0; k < all; k++) {
            const struct anchor *anchor = store_at(store->base, k);
            const struct anchor *shown = anchor ? seen(store, anchor) : NULL;
            if (shown)
                store->base_members[store->base_count++] = shown;
        }
    }
    return i < store->base_count ? store->base_members[i] : NULL;
}

size_t programme_find_named(struct store *store, const struct name_key *key,
                            const struct anchor **out, size_t max)
{
    enum { NAMESAKES = 64 };
    const struct anchor *all[NAMESAKES];
    size_t n = store_find_key(store->base, *key, all, NAMESAKES), found = 0;
    for (size_t i = 0; i < n && i < NAMESAKES; i++) {
        const struct anchor *shown = seen(store, all[i]);
        if (shown && found < max)
            out[found] = shown;
        found += shown != NULL;
    }
    return found;
}

/* A root that was sent, or found in a pool, is known by its fingerprint, though the machine has no
 * copy of it. */
static const struct anchor *absent_get(struct store *store, const struct cert *cert)
{
    for (size_t i = 0; i < store->absent_count; i++)
        if (cert_equal(store->absent[i]->cert, cert))
            return store->absent[i];
    struct root_standing standing;
    if (!root_standing_find(store->roots, cert->sha256, &standing) ||
        !(standing.programmes >> store->programme & 1))
        return NULL;
    struct anchor *anchor = arena_alloc(&store->arena, sizeof *anchor);
    anchor->cert = cert_ref(cert);
    anchor->origin =
        (struct origin){.kind = store->origin_kind, .where = programme_title(store->programme)};
    store->absent = arena_grow(&store->arena, store->absent, store->absent_count,
                               &store->absent_cap, sizeof *store->absent);
    store->absent[store->absent_count++] = anchor;
    return anchor;
}

const struct anchor *programme_get(struct store *store, const struct cert *cert)
{
    const struct anchor *anchor = store_get(store->base, cert);
    anchor = anchor ? anchor : absent_get(store, cert);
    return anchor ? seen(store, anchor) : NULL;
}

const char *store_find_absent(struct store *store, struct bytes name)
{
    enum { NAMESAKES = 16 };
    const struct root_fact *facts[NAMESAKES];
    const struct anchor *here[NAMESAKES];
    if (!store->base)
        return NULL;
    const size_t n = root_facts_named(name, facts, NAMESAKES);
    size_t trusted = 0;
    const char *absent = NULL;
    for (size_t i = 0; i < n; i++)
        if (root_fact_in(facts[i], store->programme)) {
            trusted++;
            absent = root_fact_name(facts[i]);
        }
    const struct name_key key = name_key_of(name);
    return trusted > programme_find_named(store, &key, here, NAMESAKES) ? absent : NULL;
}

size_t programme_count_organization(struct store *store, struct bytes name)
{
    struct arena arena = {0};
    const char *wanted = name_attribute(&arena, name, OID_ORGANIZATION);
    size_t count = 0;
    for (size_t i = 0; wanted && *wanted && programme_at(store, i); i++) {
        const struct bytes subject = programme_at(store, i)->cert->subject;
        const char *organization = name_attribute(&arena, subject, OID_ORGANIZATION);
        count += organization && str_equal_nocase(organization, wanted);
    }
    arena_free(&arena);
    return count;
}
