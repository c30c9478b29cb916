/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void certs_read(struct trial *t, const char *pem,
                       void (*each)(struct trial *, struct object *))
{
    struct container c = {0};
    container_read(bytes_str(pem), "corpus", &t->arena, &c);
    for (size_t i = 0; i < c.object_count; i++)
        if (c.objects[i].kind == OBJECT_CERTIFICATE)
            each(t, &c.objects[i]);
}

void trial_send_der(struct trial *t, struct bytes der)
{
    struct observation *obs = &t->observation;
    size_t cap = obs->sent_count;
    obs->sent = arena_grow(&t->arena, obs->sent, obs->sent_count, &cap, sizeof *obs->sent);
    obs->sent[obs->sent_count] = (struct seen){
        .cert = cert_parse(der),
        .origin = {.kind = ORIGIN_SENT, .where = "corpus", .position = obs->sent_count}};
    obs->sent_count++;
}

static void send_one(struct trial *t, struct object *object)
{
    trial_send_der(t, object->der);
}

void trial_trust_der(struct trial *t, struct bytes der)
{
    if (t->store == NULL)
        t->store = store_new("corpus");
    struct cert *cert = cert_parse(der);
    store_add_cert(t->store, cert, (struct origin){.kind = ORIGIN_STORE, .where = "corpus"});
    cert_unref(cert);
}

static void trust_one(struct trial *t, struct object *object)
{
    trial_trust_der(t, object->der);
}

void trial_send(struct trial *t, const char *pem)
{
    certs_read(t, pem, send_one);
}

void trial_trust(struct trial *t, const char *pem)
{
    certs_read(t, pem, trust_one);
}

static const char *pem_of(json_t *line, const char *key)
{
    const char *pem = json_string_value(json_object_get(line, key));
    return pem != NULL ? pem : "";
}

void trial_send_all(struct trial *t, json_t *line)
{
    size_t i;
    json_t *pem;
    trial_send(t, pem_of(line, "leaf"));
    json_array_foreach(json_object_get(line, "intermediates"), i, pem)
        trial_send(t, json_string_value(pem));
    json_array_foreach(json_object_get(line, "roots"), i, pem)
        trial_trust(t, json_string_value(pem));
}

void trial_name(struct trial *t, const char *host)
{
    struct target *target = &t->observation.target;
    struct error err = {0};
    target->kind = TARGET_FILE;
    target->name = target->sni = "";
    if (host != NULL && target_set_name(target, host, &t->arena, &err) != CW_OK) {
        /* a name that no URL can hold is still one that a certificate can be asked for */
        target->name = arena_strdup(&t->arena, host);
        target->name_kind = NAME_DNS;
    }
}

/** The public suffixes that the corpora ask about: the judge takes the look-up from its caller. */
static bool is_public_suffix(const char *domain)
{
    static const char *const suffixes[] = {"com", "co.uk", "uk", "s3.amazonaws.com", "github.io"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (str_equal_nocase(domain, suffixes[i]))
            return true;
    return false;
}

/** … without the list's private part. */
static bool is_registry_suffix(const char *domain)
{
    static const char *const suffixes[] = {"com", "co.uk", "uk"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (str_equal_nocase(domain, suffixes[i]))
            return true;
    return false;
}

void trial_judge(struct trial *t, const struct profile *const *profiles, size_t count, cw_time at)
{
    if (t->store == NULL)
        t->store = store_new("corpus");
    struct store **stores = arena_array(&t->arena, count, sizeof *stores);
    for (size_t i = 0; i < count; i++)
        stores[i] = t->store;
    t->memo = sig_memo_new();
    t->observation.at = at;
    const struct judge_input input = {.observation = &t->observation,
                                      .profiles = profiles,
                                      .stores = stores,
                                      .profile_count = count,
                                      .at = at,
                                      .is_public_suffix = is_public_suffix,
                                      .is_registry_suffix = is_registry_suffix,
                                      .memo = t->memo};
    const clock_t start = clock();
    judge(&input, &t->arena, &t->verdict);
    t->cpu_ms = (double)(clock() - start) * 1000 / CLOCKS_PER_SEC;
}

void trial_free(struct trial *t)
{
    observation_free(&t->observation);
    store_unref(t->store);
    sig_memo_free(t->memo);
    arena_free(&t->arena);
}

/* ---- exceptions and scores ---- */

static char *field(char **rest)
{
    char *start = *rest;
    char *tab = start != NULL ? strchr(start, '\t') : NULL;
    *rest = tab != NULL ? tab + 1 : NULL;
    if (tab != NULL)
        *tab = '\0';
    return start != NULL ? strdup(start) : strdup("");
}

struct exceptions exceptions_read(const char *suite)
{
    struct exceptions out = {0};
    char path[512];
    const char *source = getenv("CERTWHY_SOURCE");
    snprintf(path, sizeof path, "%s/tests/conformance/exceptions/%s.tsv",
             source != NULL ? source : ".", suite);
    FILE *file = fopen(path, "r");
    char line[4096];
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#' || line[0] == '\0')
            continue;
        char *rest = line;
        out.items = realloc(out.items, (out.count + 1) * sizeof *out.items);
        struct exception *e = &out.items[out.count++];
        *e = (struct exception){.id = field(&rest)};
        e->expected = field(&rest);
        e->actual = field(&rest);
    }
    if (file != NULL)
        fclose(file);
    return out;
}

void score_case(struct score *score, const char *id, const char *expected, const char *actual,
                const char *detail)
{
    if (strcmp(expected, actual) == 0) {
        score->passed++;
        return;
    }
    for (size_t i = 0; i < score->exceptions.count; i++) {
        struct exception *e = &score->exceptions.items[i];
        if (strcmp(e->id, id) == 0 && strcmp(e->expected, expected) == 0 &&
            strcmp(e->actual, actual) == 0) {
            e->used = true;
            score->excepted++;
            return;
        }
    }
    score->failed++;
    printf("  %s %s: expected %s, certwhy says %s: %s\n", score->suite, id, expected, actual,
           detail);
}

void score_finish(struct score *score)
{
    for (size_t i = 0; i < score->exceptions.count; i++) {
        struct exception *e = &score->exceptions.items[i];
        if (!e->used) {
            score->failed++;
            printf("  %s %s: the exception no longer applies\n", score->suite, e->id);
        }
        free(e->id);
        free(e->expected);
        free(e->actual);
    }
    free(score->exceptions.items);
    printf("%s: %zu agree, %zu excepted, %zu differ, %zu not mapped\n", score->suite, score->passed,
           score->excepted, score->failed, score->skipped);
}
