/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate Transparency and dated rules, by logs and "public" roots of our own: what counts, for
 * whom, and that no private CA is ever asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judge/judge.h"
#include "made_sct.h"

enum { A1, A2, B1, STATIC_A, STATIC_B, RETIRED, REJECTED, PENDING, UNLISTED, LOGS };
enum { CHROMIUM, FIREFOX, APPLE, CURL, CLIENTS };

struct world {
    struct arena arena;
    struct made_ca root, leaf;
    struct private_key *logs[LOGS];
    cw_time list_date, at;
    const char *programmes, *until; /* of the root; NULL: it is no public one */
    struct buf stamps;
    struct cert *cert;
    struct bytes tls_list;
    struct store *store;
    struct verdict verdict;
    struct sig_memo *memo;
};

static void leaf_make(struct world *w, cw_time start, int days, unsigned eku)
{
    const struct mint_general_name name = {GN_DNS, bytes_str("ct.example")};
    const struct mint_spec spec = {.subject = made_name_of(&w->arena, "ct.example"),
                                   .key = w->leaf.key,
                                   .issuer = {w->root.name, w->root.key},
                                   .not_before = start,
                                   .not_after = start + days * TIME_DAY,
                                   .key_usage = KU_DIGITAL_SIGNATURE,
                                   .eku = eku,
                                   .names = &name,
                                   .name_count = 1};
    cert_unref(w->leaf.cert);
    w->leaf.cert = cert_parse(mint_certificate(&w->arena, bytes_str("ct"), &spec));
}

static int setup(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);
    w->root = made_root(&w->arena, "Public Root");
    w->leaf.key = private_key_derive(KEY_SPEC_P256, bytes_str("ct"), "leaf");
    for (size_t i = 0; i < LOGS; i++)
        w->logs[i] =
            private_key_derive(KEY_SPEC_P256, bytes_str("ct"), arena_printf(&w->arena, "%zu", i));
    w->at = MADE_AT;
    w->list_date = MADE_AT - 10 * TIME_DAY;
    w->programmes = "mca";
    w->until = "-";
    leaf_make(w, MADE_AT - 20 * TIME_DAY, 90, EKU_SERVER_AUTH);
    *state = w;
    return 0;
}

static void forget(struct world *w)
{
    cert_unref(w->cert);
    w->cert = NULL;
    store_unref(w->store);
    w->store = NULL;
    sig_memo_free(w->memo);
    w->memo = NULL;
}

static int teardown(void **state)
{
    struct world *w = *state;
    forget(w);
    for (size_t i = 0; i < LOGS; i++)
        private_key_free(w->logs[i]);
    made_free(&w->root);
    made_free(&w->leaf);
    buf_free(&w->stamps);
    arena_free(&w->arena);
    free(w);
    return 0;
}

/* ---- the tables ---- */

static struct bytes table_of_logs(struct world *w)
{
    static const struct {
        enum ct_state state;
        bool rfc6962;
        const char *operator_name;
    } rows[] = {[A1] = {CT_USABLE, true, "A"},         [A2] = {CT_QUALIFIED, true, "A"},
                [B1] = {CT_READONLY, true, "B"},       [STATIC_A] = {CT_USABLE, false, "A"},
                [STATIC_B] = {CT_USABLE, false, "B"},  [RETIRED] = {CT_RETIRED, true, "C"},
                [REJECTED] = {CT_REJECTED, true, "D"}, [PENDING] = {CT_PENDING, true, "E"}};
    struct ct_log items[UNLISTED] = {0};
    const struct ct_logs logs = {items, UNLISTED, w->list_date, "a test's list"};
    BUF_CLEANUP out = {0};
    for (size_t i = 0; i < UNLISTED; i++) {
        BUF_CLEANUP spki = {0};
        private_key_spki(w->logs[i], &spki);
        items[i] = (struct ct_log){.key = arena_bytes(&w->arena, buf_bytes(&spki)),
                                   .state = rows[i].state,
                                   .rfc6962 = rows[i].rfc6962,
                                   .since = w->list_date - 100 * TIME_DAY,
                                   .start = TIME_NONE,
                                   .end = TIME_NONE,
                                   .operator_name = rows[i].operator_name,
                                   .name = arena_printf(&w->arena, "log %zu", i)};
        crypto_sha256(items[i].key, items[i].id);
    }
    ct_logs_write(&logs, NULL, &out);
    return arena_bytes(&w->arena, buf_bytes(&out));
}

static struct bytes table_of_roots(struct world *w)
{
    if (!w->programmes)
        return bytes_str("# none\n");
    const char *digest = str_hex(&w->arena, bytes_of(w->root.cert->sha256, 32), 0);
    return bytes_str(arena_printf(&w->arena, "# a test's\n%s\tx\ty\tz\t%s\t%s\tRoot\n", digest,
                                  w->programmes, w->until));
}

/* ---- judging ---- */

static const struct client_verdict *client(const struct world *w, size_t i)
{
    return &w->verdict.clients[i];
}

/** curl, which looks at none of this, accepts what is a server's. */
static void run_for(struct world *w, bool server)
{
    static const char *const names[CLIENTS] = {"chromium", "firefox", "apple", "curl@7.88"};
    const struct profile **profiles = arena_array(&w->arena, CLIENTS, sizeof *profiles);
    struct store **stores = arena_array(&w->arena, CLIENTS, sizeof *stores);
    struct observation *seen = arena_alloc(&w->arena, sizeof *seen);
    struct connection *connection = arena_alloc(&w->arena, sizeof *connection);
    forget(w);
    w->store = store_new("test");
    w->memo = sig_memo_new();
    store_add_cert(w->store, w->root.cert, (struct origin){.kind = ORIGIN_STORE, .where = "test"});
    for (size_t i = 0; i < CLIENTS; i++) {
        profiles[i] = profile_find(names[i]);
        assert_non_null(profiles[i]);
        stores[i] = w->store;
    }
    w->cert = w->stamps.n
                  ? made_with_scts(w->leaf.cert, w->root.key, made_sct_list(&w->arena, &w->stamps))
                  : cert_ref(w->leaf.cert);
    assert_true(w->cert->parsed);
    *connection = (struct connection){.address = "",
                                      .why = "",
                                      .handshake = {.result = HS_DONE,
                                                    .sct_list = w->tls_list,
                                                    .certificate_count = 1,
                                                    .alert = -1,
                                                    .version = "TLSv1.3",
                                                    .key_proven = true}};
    seen->connections = connection;
    seen->connection_count = 1;
    seen->sent = arena_alloc(&w->arena, sizeof *seen->sent);
    seen->sent[0] = (struct seen){.cert = w->cert};
    seen->sent_count = 1;
    const struct judge_input input = {.observation = seen,
                                      .profiles = profiles,
                                      .stores = stores,
                                      .profile_count = CLIENTS,
                                      .at = w->at,
                                      .roots = table_of_roots(w),
                                      .ct_logs = table_of_logs(w),
                                      .memo = w->memo};
    judge(&input, &w->arena, &w->verdict);
    assert_int_equal(client(w, CURL)->accepts, server);
}

static void run(struct world *w)
{
    run_for(w, true);
}

/** What the certificate carries, and who accepts it: a bit per client. */
static void expect(struct world *w, const char *what, const int *logs, unsigned accepting)
{
    w->stamps.n = 0;
    for (; *logs >= 0; logs++)
        made_sct(&w->stamps, w->logs[*logs], w->leaf.cert, w->root.cert, MADE_AT - 20 * TIME_DAY);
    run(w);
    for (size_t i = 0; i < CURL; i++)
        if ((client(w, i)->accepts == 1) != (accepting >> i & 1))
            fail_msg("%s: client %zu %s: %s", what, i,
                     client(w, i)->accepts == 1 ? "accepts" : "rejects", client(w, i)->message);
}

enum { NOBODY = 0, ALL = 7, NOT_CHROMIUM = 6 };
#define OF(...) ((const int[]){__VA_ARGS__, -1})

static void what_policies_count(void **state)
{
    struct world *w = *state;
    expect(w, "two logs, two operators", OF(A1, B1), ALL);
    expect(w, "one log", OF(A1), NOBODY);
    expect(w, "one log twice", OF(A1, A1), NOBODY);
    expect(w, "one operator", OF(A1, A2), NOBODY);
    expect(w, "three logs", OF(A1, A2, B1), ALL);
    expect(w, "static logs alone", OF(STATIC_A, STATIC_B), NOT_CHROMIUM);
    expect(w, "one static log", OF(STATIC_A, B1), ALL);
    expect(w, "a rejected log", OF(A1, REJECTED), NOBODY);
    expect(w, "a pending log", OF(A1, PENDING), NOBODY);
    expect(w, "a log that is not listed", OF(A1, UNLISTED), NOBODY);
}

static void nothing_at_all_is_named(void **state)
{
    struct world *w = *state;
    expect(w, "no timestamp", OF(-1), NOBODY);
    assert_non_null(verdict_fact(&w->verdict, FACT_CT_MISSING, -2));
    assert_string_equal(client(w, CHROMIUM)->code, "ERR_CERTIFICATE_TRANSPARENCY_REQUIRED");
    assert_string_equal(client(w, FIREFOX)->code,
                        "MOZILLA_PKIX_ERROR_INSUFFICIENT_CERTIFICATE_TRANSPARENCY");
    assert_true(client_has_reason(client(w, APPLE), FACT_CT_MISSING, 0));
}

static void a_long_certificate_needs_three(void **state)
{
    struct world *w = *state;
    leaf_make(w, MADE_AT - 20 * TIME_DAY, 181, EKU_SERVER_AUTH);
    expect(w, "two of three", OF(A1, B1), NOBODY);
    const struct fact *fact = verdict_fact(&w->verdict, FACT_CT_TOO_FEW, -2);
    assert_int_equal(fact->value, 2);
    assert_int_equal(fact->limit, 3);
    expect(w, "three", OF(A1, A2, B1), ALL);
    leaf_make(w, MADE_AT - 20 * TIME_DAY, 180, EKU_SERVER_AUTH);
    expect(w, "180 days", OF(A1, B1), ALL);
}

static void a_retired_log_counts_for_what_it_had_signed(void **state)
{
    struct world *w = *state;
    expect(w, "signed after it was retired", OF(A1, RETIRED), NOBODY);
    w->stamps.n = 0;
    made_sct(&w->stamps, w->logs[A1], w->leaf.cert, w->root.cert, MADE_AT - 20 * TIME_DAY);
    made_sct(&w->stamps, w->logs[RETIRED], w->leaf.cert, w->root.cert, MADE_AT - 200 * TIME_DAY);
    run(w);
    assert_int_equal(client(w, CHROMIUM)->accepts, 1);
}

static void private_and_other_roots_are_never_asked(void **state)
{
    struct world *w = *state;
    w->programmes = NULL;
    expect(w, "a private root", OF(-1), ALL);
    assert_null(verdict_fact(&w->verdict, FACT_CT_MISSING, -2));
    w->programmes = "wjd";
    expect(w, "a root of no browser", OF(-1), ALL);
    w->programmes = "m";
    expect(w, "Mozilla's alone", OF(-1), 1 << CHROMIUM | 1 << APPLE);
    w->programmes = "-";
    expect(w, "a root of former years", OF(-1), ALL);
}

static void what_is_no_server_is_not_asked(void **state)
{
    struct world *w = *state;
    leaf_make(w, MADE_AT - 20 * TIME_DAY, 900, EKU_CLIENT_AUTH);
    w->stamps.n = 0;
    run_for(w, false);
    assert_null(verdict_fact(&w->verdict, FACT_CT_MISSING, -2));
    assert_null(verdict_fact(&w->verdict, FACT_VALID_TOO_LONG, -2));
}

static void an_old_list_is_no_reason_to_reject(void **state)
{
    struct world *w = *state;
    w->list_date = MADE_AT - 71 * TIME_DAY;
    expect(w, "an unknown log, an old list", OF(A1, UNLISTED), ALL);
    expect(w, "a pending log, an old list", OF(A1, PENDING), ALL);
    expect(w, "nothing, an old list", OF(-1), NOBODY);
    expect(w, "one, an old list", OF(UNLISTED), NOBODY);
}

static void an_invalid_timestamp_is_told_and_does_not_count(void **state)
{
    struct world *w = *state;
    w->stamps.n = 0;
    made_sct(&w->stamps, w->logs[A1], w->leaf.cert, w->root.cert, MADE_AT - 20 * TIME_DAY);
    made_sct(&w->stamps, w->logs[B1], w->leaf.cert, w->leaf.cert, MADE_AT - 20 * TIME_DAY);
    run(w);
    assert_int_equal(client(w, CHROMIUM)->accepts, 0);
    const struct fact *fact = verdict_fact(&w->verdict, FACT_CT_INVALID, -2);
    assert_non_null(fact);
    assert_string_equal(fact->text, "log 2 (its signature does not verify)");
    made_sct(&w->stamps, w->logs[STATIC_B], w->leaf.cert, w->root.cert, MADE_AT - 20 * TIME_DAY);
    run(w);
    assert_int_equal(client(w, CHROMIUM)->accepts, 1);
    assert_non_null(verdict_fact(&w->verdict, FACT_CT_INVALID, -2));
    w->stamps.n = 0;
    made_sct(&w->stamps, w->logs[A1], w->leaf.cert, w->root.cert, MADE_AT + TIME_DAY);
    made_sct(&w->stamps, w->logs[B1], w->leaf.cert, w->root.cert, MADE_AT - TIME_DAY);
    run(w);
    assert_int_equal(client(w, FIREFOX)->accepts, 0);
}

static void a_damaged_list_harms_nobody(void **state)
{
    struct world *w = *state;
    w->stamps.n = 0;
    buf_add_str(&w->stamps, "\x01\xff not what it says");
    run(w);
    assert_int_equal(client(w, CHROMIUM)->accepts, 0);
    assert_non_null(verdict_fact(&w->verdict, FACT_CT_INVALID, -2));
}

static void the_connection_may_bring_them(void **state)
{
    struct world *w = *state;
    BUF_CLEANUP scts = {0};
    made_sct(&scts, w->logs[A1], w->leaf.cert, NULL, MADE_AT - TIME_DAY);
    w->tls_list = made_sct_list(&w->arena, &scts);
    expect(w, "one by TLS", OF(-1), NOBODY);
    made_sct(&scts, w->logs[B1], w->leaf.cert, NULL, MADE_AT - TIME_DAY);
    w->tls_list = made_sct_list(&w->arena, &scts);
    expect(w, "two by TLS", OF(-1), ALL);
    scts.n = 0;
    made_sct(&scts, w->logs[A1], w->leaf.cert, w->root.cert, MADE_AT - TIME_DAY);
    made_sct(&scts, w->logs[B1], w->leaf.cert, w->root.cert, MADE_AT - TIME_DAY);
    w->tls_list = made_sct_list(&w->arena, &scts);
    expect(w, "those of a precertificate by TLS", OF(-1), NOBODY);
}

/* ---- dated rules ---- */

static cw_time day(int year, int month, int day_of)
{
    return time_make(year, month, day_of, 0, 0, 0);
}

static bool too_long(struct world *w, cw_time start, int days, size_t who)
{
    leaf_make(w, start, days, EKU_SERVER_AUTH);
    w->at = start + TIME_DAY;
    w->list_date = w->at;
    expect(w, "lifetime", OF(-1), w->programmes ? NOBODY : ALL);
    return client_has_reason(client(w, who), FACT_VALID_TOO_LONG, 0);
}

static void how_long_depends_on_the_day(void **state)
{
    static const struct {
        int year, month, day, days;
    } bounds[] = {{2020, 9, 1, 398},  {2026, 3, 14, 398}, {2026, 3, 15, 200},
                  {2027, 3, 14, 200}, {2027, 3, 15, 100}, {2029, 3, 15, 47}};
    struct world *w = *state;
    w->root.cert->not_before = day(2019, 1, 1);
    w->root.cert->not_after = day(2040, 1, 1);
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        const cw_time start = day(bounds[i].year, bounds[i].month, bounds[i].day);
        assert_false(too_long(w, start, bounds[i].days, CHROMIUM));
        assert_true(too_long(w, start, bounds[i].days + 1, CHROMIUM));
        assert_false(too_long(w, start, bounds[i].days + 1, FIREFOX));
    }
    assert_false(too_long(w, day(2026, 4, 1), 398, APPLE));
    assert_true(too_long(w, day(2026, 4, 1), 400, APPLE));
    w->programmes = NULL;
    assert_false(too_long(w, day(2026, 4, 1), 700, CHROMIUM));
    assert_null(verdict_fact(&w->verdict, FACT_VALID_TOO_LONG, -2));
}

static void a_root_may_lose_its_new_certificates(void **state)
{
    struct world *w = *state;
    w->until = "m=2026-10-31,c=2026-10-31";
    expect(w, "issued later", OF(A1, B1), 1 << APPLE);
    assert_string_equal(client(w, FIREFOX)->code, "MOZILLA_PKIX_ERROR_ISSUER_NO_LONGER_TRUSTED");
    assert_string_equal(client(w, CHROMIUM)->code, "ERR_CERT_AUTHORITY_INVALID");
    w->until = "m=2026-11-30,c=2026-11-30";
    expect(w, "issued before", OF(A1, B1), ALL);
    w->until = "m=2026-10-31"; /* Mozilla goes by notBefore, Chrome by the first timestamp */
    expect(w, "Mozilla's date alone", OF(A1, B1), 1 << APPLE | 1 << CHROMIUM);
    w->until = "c=2026-10-31";
    w->stamps.n = 0;
    made_sct(&w->stamps, w->logs[A1], w->leaf.cert, w->root.cert, day(2026, 10, 30));
    made_sct(&w->stamps, w->logs[B1], w->leaf.cert, w->root.cert, day(2026, 11, 2));
    run(w);
    assert_int_equal(client(w, CHROMIUM)->accepts, 1);
}

static void client_certificates_go(void **state)
{
    struct world *w = *state;
    expect(w, "server", OF(A1, B1), ALL);
    assert_null(verdict_fact(&w->verdict, FACT_CLIENT_AUTH_ENDS, -2));
    leaf_make(w, MADE_AT - 20 * TIME_DAY, 90, EKU_SERVER_AUTH | EKU_CLIENT_AUTH);
    expect(w, "both", OF(A1, B1), ALL);
    assert_non_null(verdict_fact(&w->verdict, FACT_CLIENT_AUTH_ENDS, -2));
    w->programmes = NULL;
    expect(w, "both, private", OF(-1), ALL);
    assert_null(verdict_fact(&w->verdict, FACT_CLIENT_AUTH_ENDS, -2));
}

/* ---- the table of logs ---- */

static void the_table_that_is_compiled_in(void **state)
{
    struct arena arena = {0};
    struct ct_logs logs, again;
    BUF_CLEANUP out = {0};
    (void)state;
    assert_true(ct_logs_read(&arena, bytes_str(ct_logs_text), &logs));
    assert_true(logs.count > 30);
    assert_true(logs.date > day(2026, 1, 1));
    ct_logs_write(&logs, NULL, &out);
    assert_string_equal(buf_cstr(&out), ct_logs_text);
    for (size_t i = 0; i < logs.count; i++) {
        const struct bytes id = bytes_of(logs.items[i].id, 32);
        assert_ptr_equal(ct_log_find(&logs, id), &logs.items[i]);
    }
    for (size_t n = 0; n < 3000; n += 7)
        ct_logs_read(&arena, bytes_of(ct_logs_text, n), &again);
    arena_free(&arena);
}

/* ---- the table of roots ---- */

/* What is compiled in, written out, is what its generator read. */
static void the_roots_that_are_compiled_in(void **state)
{
    BUF_CLEANUP file = {0}, out = {0}, again = {0};
    struct root_change change;
    struct error error = {0};
    (void)state;
    assert_int_equal(file_read(NULL, "data/roots/roots.tsv", LIMIT_TABLE_BYTES, &file, &error),
                     CW_OK);
    root_table_write(bytes_of(NULL, 0), NULL, &out, &change);
    const char *text = buf_cstr(&file);
    while (*text == '#')
        text += strcspn(text, "\n") + 1;
    assert_string_equal(buf_cstr(&out), text);
    root_table_write(buf_bytes(&out), NULL, &again, &change);
    assert_string_equal(buf_cstr(&again), text);
    const struct root_fact *fact;
    for (size_t i = 0; (fact = root_fact_at(i)); i++) {
        struct root_standing a, b;
        assert_true(root_standing_find(buf_bytes(&out), root_fact_sha256(fact), &a));
        assert_true(root_standing_find(bytes_of(NULL, 0), root_fact_sha256(fact), &b));
        assert_memory_equal(&a, &b, sizeof a);
    }
}

static void a_programme_gets_another_list(void **state)
{
    struct world *w = *state;
    BUF_CLEANUP out = {0};
    struct root_change change;
    struct root_standing standing;
    const struct cert *certs[] = {w->root.cert, w->root.cert};
    const struct root_list list = {.programme = PROGRAMME_CHROME,
                                   .certs = certs,
                                   .count = 2,
                                   .date = MADE_AT,
                                   .source = "a\tlist\n"};
    root_table_write(bytes_of(NULL, 0), &list, &out, &change);
    assert_int_equal(change.count, 1);
    assert_int_equal(change.added, 1);
    assert_true(change.gone > 50);
    assert_true(root_standing_find(buf_bytes(&out), w->root.cert->sha256, &standing));
    assert_int_equal(standing.programmes, 1U << PROGRAMME_CHROME);
    assert_int_equal(root_table_date(buf_bytes(&out), PROGRAMME_CHROME), day(2026, 11, 21));
    assert_int_equal(root_table_date(buf_bytes(&out), PROGRAMME_JAVA),
                     programme_date(PROGRAMME_JAVA));
}

#define SETUP(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SETUP(what_policies_count),
        SETUP(nothing_at_all_is_named),
        SETUP(a_long_certificate_needs_three),
        SETUP(a_retired_log_counts_for_what_it_had_signed),
        SETUP(private_and_other_roots_are_never_asked),
        SETUP(what_is_no_server_is_not_asked),
        SETUP(an_old_list_is_no_reason_to_reject),
        SETUP(an_invalid_timestamp_is_told_and_does_not_count),
        SETUP(a_damaged_list_harms_nobody),
        SETUP(the_connection_may_bring_them),
        SETUP(how_long_depends_on_the_day),
        SETUP(a_root_may_lose_its_new_certificates),
        SETUP(client_certificates_go),
        cmocka_unit_test(the_table_that_is_compiled_in),
        cmocka_unit_test(the_roots_that_are_compiled_in),
        SETUP(a_programme_gets_another_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
