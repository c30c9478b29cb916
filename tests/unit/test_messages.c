/* SPDX-License-Identifier: Apache-2.0 */
/* Recognising what clients say: the catalogue against itself and against what profiles predict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "explain/messages.h"
#include "judge/profile.h"

static bool has_cause(const struct message_match *matches, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < matches[i].cause_count; c++)
            if (strcmp(matches[i].causes[c]->id, id) == 0)
                return true;
    return false;
}

static bool has_client(const struct message_match *matches, size_t count, const char *client)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(matches[i].client, client) == 0)
            return true;
    return false;
}

/* A pattern as it may stand in a text. */
static char *instance(struct arena *arena, const char *pattern)
{
    char *out = arena_strdup(arena, pattern + (*pattern == '='));
    for (char *p = out; (p = strchr(p, '<')); p++) {
        char *end = strchr(p, '>');
        if (!end)
            break;
        *p = ' ';
        *end = ' ';
    }
    return out;
}

static void test_each_row_is_found(void **state)
{
    (void)state;
    struct messages *messages = messages_new();
    for (size_t i = 0; i < message_row_count; i++) {
        const struct message_row *row = &message_rows[i];
        struct arena arena = {0};
        struct message_match *found = NULL;
        const char *text = instance(&arena, row->pattern);
        const size_t count = messages_find(messages, bytes_str(text), &arena, &found);
        if (row->causes[0] == '?') {
            if (has_client(found, count, message_clients[row->client].name))
                fail_msg("\"%s\" alone is no sign of TLS", text);
        } else if (!has_client(found, count, message_clients[row->client].name))
            fail_msg("\"%s\" is not found as %s's", text, message_clients[row->client].name);
        arena_free(&arena);
    }
    messages_free(messages);
}

static void test_each_cause_is_a_rule(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t i = 0; i < message_row_count; i++) {
        const char *p = message_rows[i].causes;
        if (*p == '-' || *p == '?')
            continue;
        for (size_t n; *p; p += n + (p[n] == ' ')) {
            n = strcspn(p, " ");
            if (!rule_find(arena_strndup(&arena, p, n)))
                fail_msg("\"%s\": there is no rule %.*s", message_rows[i].pattern, (int)n, p);
        }
    }
    for (size_t i = 0; i < message_client_count; i++)
        if (*message_clients[i].profile && !profile_find(message_clients[i].profile))
            fail_msg("%s: there is no profile \"%s\"", message_clients[i].id,
                     message_clients[i].profile);
    arena_free(&arena);
}

/* What a client prints, {…} being filled with anything; the letters that are its own are counted.
 */
static char *said(struct arena *arena, const struct words *w, size_t *letters)
{
    BUF_CLEANUP out = {0};
    *letters = 0;
    for (const char *p = w->text; *p; p++) {
        const char *end = *p == '{' ? strchr(p, '}') : NULL;
        const bool code = end && strncmp(p, "{code}", 6) == 0 && w->code;
        if (code)
            *letters += strlen(w->code);
        else if (!end)
            *letters += message_class[(uint8_t)*p] % CLASS_SPECIAL != 0;
        buf_printf(&out, "%s", code ? w->code : end ? " x " : "");
        if (!end)
            buf_add_byte(&out, (uint8_t)*p);
        p = end ? end : p;
    }
    return arena_strdup(arena, buf_cstr(&out));
}

/* Nobody can tell wolfSSL's "certificate verify failed" from OpenSSL's, which hides the reason. */
static bool is_shared(const char *text)
{
    return strcmp(text, "certificate verify failed") == 0;
}

static void test_what_profiles_predict_is_recognised(void **state)
{
    (void)state;
    struct messages *messages = messages_new();
    size_t count = 0, lost = 0;
    const struct profile *const *table = profile_all(&count);
    for (size_t i = 0; i < count; i++)
        for (const struct words *w = table[i]->words; w && w->text; w++) {
            struct arena arena = {0};
            struct message_match *found = NULL;
            size_t letters = 0;
            const char *text = said(&arena, w, &letters);
            const size_t n = messages_find(messages, bytes_str(text), &arena, &found);
            if (letters >= 10 && !is_shared(text) && !has_cause(found, n, fact_rule(w->fact))) {
                print_message("%s: \"%s\" does not tell %s\n", table[i]->name, w->text,
                              fact_rule(w->fact));
                lost++;
            }
            arena_free(&arena);
        }
    messages_free(messages);
    assert_int_equal(lost, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_row_is_found),
        cmocka_unit_test(test_each_cause_is_a_rule),
        cmocka_unit_test(test_what_profiles_predict_is_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
