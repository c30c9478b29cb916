/* SPDX-License-Identifier: Apache-2.0 */
/* x509/name.c, name_text.c, chars.c, and GeneralNames of x509/general.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "recipe.h"

/** One attribute of a name; `joined`: in the same RDN as the one before. */
struct part {
    enum oid type;
    uint8_t tag;
    const char *value;
    size_t n; /* 0: strlen(value) */
    bool joined;
};

static struct bytes make_name(struct arena *arena, const struct part *parts, size_t count)
{
    struct writer w = {0};
    writer_open(&w, DER_SEQUENCE);
    for (size_t i = 0; i < count; i++) {
        if (!parts[i].joined)
            writer_open(&w, DER_SET);
        writer_open(&w, DER_SEQUENCE);
        writer_oid(&w, parts[i].type);
        const size_t n = parts[i].n > 0 ? parts[i].n : strlen(parts[i].value);
        writer_put(&w, parts[i].tag, bytes_of(parts[i].value, n));
        writer_close(&w);
        if (i + 1 == count || !parts[i + 1].joined)
            writer_close(&w);
    }
    writer_close(&w);
    const struct bytes name = arena_bytes(arena, buf_bytes(&w.out));
    writer_free(&w);
    return name;
}

#define NAME(...)                                                                                  \
    make_name(&arena, (const struct part[]){__VA_ARGS__},                                          \
              sizeof((const struct part[]){__VA_ARGS__}) / sizeof(struct part))
#define CN(tag, value)                                                                             \
    {                                                                                              \
        OID_CN, tag, value, 0, false                                                               \
    }

static void assert_same(struct bytes a, struct bytes b)
{
    assert_true(name_equal(a, b));
    assert_true(name_equal(b, a));
    assert_true(name_hash(a) == name_hash(b));
}

static void assert_different(struct bytes a, struct bytes b)
{
    assert_false(name_equal(a, b));
    assert_false(name_equal(b, a));
    assert_true(name_hash(a) != name_hash(b)); /* by construction of these cases */
}

static void test_folding(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct bytes plain = NAME(CN(DER_UTF8_STRING, "Example CA"));
    assert_same(plain, NAME(CN(DER_PRINTABLE_STRING, "Example CA")));
    assert_same(plain, NAME(CN(DER_PRINTABLE_STRING, "EXAMPLE ca")));
    assert_same(plain, NAME(CN(DER_IA5_STRING, "  example \t  CA ")));
    assert_same(plain, NAME(CN(DER_TELETEX_STRING, "Example\nCA")));
    assert_same(plain, NAME({OID_CN, DER_BMP_STRING, "\0E\0x\0a\0m\0p\0l\0e\0 \0C\0A", 20, false}));
    assert_different(plain, NAME(CN(DER_UTF8_STRING, "ExampleCA")));
    assert_different(plain, NAME(CN(DER_UTF8_STRING, "Example CB")));
    assert_different(plain, NAME(CN(DER_UTF8_STRING, "Example CA 2")));
    assert_different(plain, NAME({OID_ORGANIZATION, DER_UTF8_STRING, "Example CA", 0, false}));
    assert_same(NAME(CN(DER_UTF8_STRING, "   ")), NAME(CN(DER_UTF8_STRING, "")));
    arena_free(&arena);
}

static void test_beyond_ascii(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct bytes utf8 = NAME(CN(DER_UTF8_STRING, "Z\xc3\xbcrich"));
    assert_same(utf8, NAME(CN(DER_TELETEX_STRING, "Z\xfcrich")));
    assert_same(utf8, NAME({OID_CN, DER_BMP_STRING, "\0Z\0\xfc\0r\0i\0c\0h", 12, false}));
    assert_same(utf8, NAME({OID_CN, DER_UNIVERSAL_STRING,
                            "\0\0\0Z\0\0\0\xfc\0\0\0r\0\0\0i\0\0\0c\0\0\0h", 24, false}));
    /* case beyond ASCII is not folded: characters must be the same */
    assert_different(utf8, NAME(CN(DER_UTF8_STRING, "Z\xc3\x9crich")));
    /* invalid octets equal nothing but themselves */
    assert_different(utf8, NAME(CN(DER_UTF8_STRING, "Z\xfcrich")));
    /* U+1F512 as UTF-8 and as a surrogate pair */
    assert_same(NAME(CN(DER_UTF8_STRING, "\xf0\x9f\x94\x92")),
                NAME({OID_CN, DER_BMP_STRING, "\xd8\x3d\xdd\x12", 4, false}));
    /* what is no string is compared octet by octet, type included */
    assert_different(NAME({OID_CN, DER_OCTET_STRING, "A", 0, false}),
                     NAME({OID_CN, DER_OCTET_STRING, "a", 0, false}));
    assert_different(NAME({OID_CN, DER_OCTET_STRING, "A", 0, false}),
                     NAME({OID_CN, DER_UTF8_STRING, "A", 0, false}));
    arena_free(&arena);
}

static void test_rdns(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct part c = {OID_COUNTRY, DER_PRINTABLE_STRING, "DE", 0, false};
    const struct part o = {OID_ORGANIZATION, DER_UTF8_STRING, "X", 0, false};
    const struct part ou = {OID_ORGANIZATIONAL_UNIT, DER_UTF8_STRING, "Y", 0, false};
    struct part joined_o = o, joined_ou = ou;
    joined_o.joined = joined_ou.joined = true;
    /* a sequence of RDNs has an order, the attributes of one RDN have none */
    assert_different(NAME(c, o), NAME(o, c));
    assert_same(NAME(c, o, joined_ou), NAME(c, ou, joined_o));
    assert_different(NAME(o, ou), NAME(o, joined_ou));
    assert_different(NAME(o, joined_ou), NAME(o, joined_o));
    assert_different(NAME(o), NAME(o, ou));

    assert_true(name_is_within(NAME(c, o, ou), NAME(c, o)));
    assert_true(name_is_within(NAME(c, o), NAME(c, o)));
    assert_true(name_is_within(NAME(c), bytes_of("\x30\x00", 2)));
    assert_false(name_is_within(NAME(c), NAME(c, o)));
    assert_false(name_is_within(NAME(c, ou), NAME(c, o)));
    assert_false(name_is_within(NAME(o, c), NAME(c)));
    arena_free(&arena);
}

static void test_unreadable_names(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct bytes bad = bytes_of("\x30\x02\x05\x00", 4), worse = bytes_of("\x30\x05", 2);
    const struct bytes empty = bytes_of("\x30\x00", 2), none = bytes_of(NULL, 0);
    assert_true(name_equal(bad, bad));
    assert_false(name_equal(bad, worse));
    assert_false(name_equal(bad, empty));
    assert_false(name_equal(none, empty));
    assert_true(name_hash(bad) == name_hash(bad));
    assert_true(name_is_empty(empty));
    assert_false(name_is_empty(bad));
    assert_string_equal(name_text(&arena, bad), "(unreadable)");
    assert_string_equal(name_text(&arena, none), "(unreadable)");
    assert_string_equal(name_text(&arena, empty), "");
    assert_string_equal(name_short(&arena, empty), "(no name)");
    assert_string_equal(name_short(&arena, bad), "(unreadable)");
    assert_null(name_attribute(&arena, bad, OID_CN));
    /* a readable start is shown */
    struct buf half = {0};
    buf_add_bytes(&half, NAME(CN(DER_UTF8_STRING, "A")));
    half.p[1] = 14;
    buf_append(&half, "\x05\x00", 2);
    assert_string_equal(name_text(&arena, buf_bytes(&half)), "CN=A, (unreadable)");
    buf_free(&half);
    arena_free(&arena);
}

/** More attributes in one RDN than are looked at: compared byte by byte, in bounded time. */
static void test_too_many_attributes(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct part parts[LIMIT_RDN_ATTRIBUTES + 1];
    for (size_t i = 0; i < LIMIT_RDN_ATTRIBUTES + 1; i++)
        parts[i] = (struct part){OID_CN, DER_UTF8_STRING, "A", 0, i > 0};
    const struct bytes fits = make_name(&arena, parts, LIMIT_RDN_ATTRIBUTES);
    const struct bytes more = make_name(&arena, parts, LIMIT_RDN_ATTRIBUTES + 1);
    parts[3].value = "a";
    assert_same(fits, make_name(&arena, parts, LIMIT_RDN_ATTRIBUTES));
    assert_false(name_equal(more, make_name(&arena, parts, LIMIT_RDN_ATTRIBUTES + 1)));
    assert_true(name_equal(more, more));
    arena_free(&arena);
}

static void test_text(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct bytes name = NAME({OID_COUNTRY, DER_PRINTABLE_STRING, "DE", 0, false},
                                   {OID_ORGANIZATION, DER_UTF8_STRING, "A, B + C\\", 0, false},
                                   {OID_ORGANIZATIONAL_UNIT, DER_UTF8_STRING, "U", 0, true},
                                   {OID_CN, DER_UTF8_STRING, "first", 0, false},
                                   {OID_CN, DER_TELETEX_STRING, "\xfc\x1b[31m\n", 0, false});
    assert_string_equal(name_text(&arena, name), "C=DE, O=A\\, B \\+ C\\\\+OU=U, CN=first, "
                                                 "CN=\xc3\xbc\\x1b[31m\\x0a");
    assert_string_equal(name_short(&arena, name), "\xc3\xbc\\x1b[31m\\x0a");
    assert_string_equal(name_attribute(&arena, name, OID_COUNTRY), "DE");
    assert_null(name_attribute(&arena, name, OID_LOCALITY));
    assert_true(bytes_equal_str(name_attribute_utf8(&arena, name, OID_CN, 0), "first"));
    assert_true(
        bytes_equal_str(name_attribute_utf8(&arena, name, OID_CN, 1), "\xc3\xbc\x1b[31m\n"));
    assert_null(name_attribute_utf8(&arena, name, OID_CN, 2).p);
    assert_string_equal(
        name_short(&arena, NAME({OID_ORGANIZATION, DER_UTF8_STRING, "O", 0, false})), "O");
    assert_string_equal(name_short(&arena, NAME({OID_LOCALITY, DER_UTF8_STRING, "L", 0, false})),
                        "L=L");
    arena_free(&arena);
}

static void test_hostile_text(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct bytes nul = NAME({OID_CN, DER_UTF8_STRING, "a\0b", 3, false});
    assert_string_equal(name_text(&arena, nul), "CN=a\\x00b");
    assert_int_equal(name_attribute_utf8(&arena, nul, OID_CN, 0).n, 3);
    assert_string_equal(name_text(&arena, NAME(CN(DER_UTF8_STRING, "x\xe2\x80\xaey"))),
                        "CN=x\\u{202e}y");
    assert_string_equal(name_text(&arena, NAME(CN(DER_UTF8_STRING, "\xff"))), "CN=\\xff");
    assert_string_equal(name_text(&arena, NAME({OID_CN, DER_BMP_STRING, "\0a\0", 3, false})),
                        "CN=a\\x00");
    /* UTF-8 in a type that is not made for it, and no text at all */
    assert_string_equal(name_text(&arena, NAME(CN(DER_PRINTABLE_STRING, "\xc3\xa9"))),
                        "CN=\xc3\xa9");
    assert_string_equal(name_text(&arena, NAME(CN(DER_OCTET_STRING, "\x01\x02"))), "CN=#04020102");
    arena_free(&arena);
}

static void test_general_names(void **state)
{
    (void)state;
    struct arena arena = {0};
    static const struct {
        const char *hex;
        enum general_name_kind kind;
    } rows[] = {
        {"a00706012aa0020500", GN_OTHER},
        {"a0020500", GN_BAD},
        {"880180", GN_BAD},
        {"810161", GN_EMAIL},
        {"820161", GN_DNS},
        {"a300", GN_X400},
        {"a4023000", GN_DIRECTORY},
        {"a500", GN_EDI},
        {"860161", GN_URI},
        {"870161", GN_IP},
        {"88012a", GN_REGISTERED},
        {"a4020500", GN_BAD},
        {"a400", GN_BAD},
        {"a40430003000", GN_BAD},
        {"a20161", GN_BAD},
        {"8900", GN_BAD},
        {"020100", GN_BAD},
        {"840161", GN_BAD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reader names = reader_of(str_unhex(&arena, rows[i].hex), 7);
        struct general_name name;
        assert_true(general_name_next(&names, &name));
        assert_int_equal(name.kind, rows[i].kind);
        assert_int_equal(name.offset, 7);
        assert_false(general_name_next(&names, &name));
        assert_false(names.bad);
    }
    struct reader wrong = general_names(bytes_of("\x31\x00", 2), 0);
    struct general_name name;
    assert_true(wrong.bad);
    assert_false(general_name_next(&wrong, &name));
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folding),
        cmocka_unit_test(test_beyond_ascii),
        cmocka_unit_test(test_rdns),
        cmocka_unit_test(test_unreadable_names),
        cmocka_unit_test(test_too_many_attributes),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_hostile_text),
        cmocka_unit_test(test_general_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
