/* SPDX-License-Identifier: Apache-2.0 */
/* x509/cert.c, extension.c, key.c, anomaly.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <ctype.h>
#include <limits.h>

#include "recipe.h"

static void assert_hex(struct bytes b, const char *hex)
{
    struct arena arena = {0};
    assert_string_equal(str_hex(&arena, b, 0), hex);
    arena_free(&arena);
}

static void test_fields(void **state)
{
    (void)state;
    struct cert *cert = recipe_cert(&(struct recipe){0});
    assert_true(cert->parsed);
    assert_int_equal(cert->anomaly_count, 0);
    assert_int_equal(cert->version, 3);
    assert_hex(cert->serial, "05");
    assert_hex(cert->issuer, NAME_A);
    assert_hex(cert->subject, NAME_B);
    assert_int_equal(cert->not_before, time_make(2026, 1, 1, 0, 0, 0));
    assert_int_equal(cert->not_after, time_make(2027, 1, 1, 0, 0, 0));
    assert_int_equal(cert->signature_algorithm, OID_SHA256_ECDSA);
    assert_int_equal(cert->signature_digest, DIGEST_SHA256);
    assert_hex(cert->signature, "3000");
    assert_int_equal(cert->key.kind, KEY_EC);
    assert_int_equal(cert->key.curve, OID_P256);
    assert_int_equal(cert->key.bits, 256);
    assert_int_equal(cert->key.bits_content.n, 65);
    assert_int_equal(cert->path_length, -1);
    assert_int_equal(cert->extension_count, 0);
    assert_true(cert->tbs.p == cert->der.p + 3); /* SEQUENCE with 81 length octets */
    uint8_t digest[32];
    crypto_sha256(cert->der, digest);
    assert_memory_equal(cert->sha256, digest, sizeof digest);
    assert_false(cert_is_self_issued(cert));
    assert_true(cert_has_subject(cert));
    cert_unref(cert);
}

static void test_extensions(void **state)
{
    (void)state;
    const struct recipe recipe = {
        .extensions = {
            {OID_BASIC_CONSTRAINTS, true, "30060101ff020103", NULL},
            {OID_KEY_USAGE, true, "03020106", NULL},
            {OID_EXT_KEY_USAGE, false, "301406082b0601050507030106082b06010505070302", NULL},
            {OID_SUBJECT_KEY_ID, false, "0403010203", NULL},
            {OID_AUTHORITY_KEY_ID, false,
             "300e80020a0ba104820278798202"
             "00ff",
             NULL},
            {OID_SUBJECT_ALT_NAME, false,
             "300b8206612e746573748701"
             "7f",
             NULL},
            {OID_TLS_FEATURE, false, "3003020105", NULL},
            {OID_NS_CERT_TYPE, false, "03020640", NULL},
        }};
    struct cert *cert = recipe_cert(&recipe);
    assert_int_equal(cert->extension_count, 8);
    assert_true(cert->is_ca);
    assert_int_equal(cert->path_length, 3);
    assert_int_equal(cert->key_usage, KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    assert_int_equal(cert->eku, EKU_SERVER_AUTH | EKU_CLIENT_AUTH);
    assert_hex(cert->ski, "010203");
    assert_hex(cert->aki_key_id, "0a0b");
    assert_hex(cert->aki_issuer, "82027879");
    assert_hex(cert->aki_serial, "00ff");
    assert_int_equal(cert->ns_cert_type, 0x40);
    assert_true((cert->has & HAS_MUST_STAPLE) != 0);
    assert_int_equal(cert->has, HAS_SAN | HAS_BASIC_CONSTRAINTS | HAS_KEY_USAGE | HAS_EKU |
                                    HAS_AKI | HAS_SKI | HAS_TLS_FEATURE | HAS_MUST_STAPLE |
                                    HAS_NS_CERT_TYPE);
    const struct extension *san = cert_extension(cert, OID_SUBJECT_ALT_NAME);
    assert_non_null(san);
    assert_true(san->value.p == cert->der.p + san->value_offset);
    assert_int_equal(cert->der.p[san->offset], DER_SEQUENCE);
    assert_null(cert_extension(cert, OID_SCT_LIST));
    /* the only oddity: the address of one octet, at its own place */
    assert_int_equal(cert->anomaly_count, 1);
    assert_int_equal(cert->anomalies[0].id, ANOMALY_SAN_BAD_IP);
    assert_int_equal(cert->anomalies[0].offset, san->value_offset + 10);
    cert_unref(cert);
}

/* ---- every anomaly has a certificate that shows it ---- */

#define EC_SPKI_HEAD "3059301306072a8648ce3d020106082a8648ce3d030107034200"
#define RSA_SPKI(length, algorithm_length, bits_length, null, key)                                 \
    "30" length "30" algorithm_length "06092a864886f70d010101" null "03" bits_length "00" key
#define SAN(value) .extensions = {{OID_SUBJECT_ALT_NAME, false, value, NULL}}
#define EXT(id, value) .extensions = {{OID_##id, false, value, NULL}}
#define CA(id, value)                                                                              \
    .extensions = {{OID_BASIC_CONSTRAINTS, true, "30030101ff", NULL},                              \
                   {OID_##id, false, value, NULL}}

static const struct {
    enum anomaly_id id;
    struct recipe recipe;
} odd[] = {
    {ANOMALY_TRAILING, {.after = "00"}},
    {ANOMALY_TBS_TRAILING, {.tbs_tail = "0500"}},
    {ANOMALY_TBS_TRAILING, {.outer_tail = "0500"}},
    {ANOMALY_LONG_LENGTH, {.serial = "02810105"}},
    {ANOMALY_MALFORMED, {.outer = "0500"}},
    {ANOMALY_MALFORMED, {.raw_extensions = "a3020500"}},
    {ANOMALY_MALFORMED, {.serial = "0200"}},
    {ANOMALY_SERIAL_ZERO, {.serial = "020100"}},
    {ANOMALY_SERIAL_NEGATIVE, {.serial = "0201ff"}},
    {ANOMALY_SERIAL_PADDED, {.serial = "02020001"}},
    {ANOMALY_SERIAL_LONG,
     {.serial = "0215"
                "010203040506070809101112131415161718192021"}},
    {ANOMALY_VERSION_UNKNOWN, {.version = "a003020103"}},
    {ANOMALY_VERSION_UNKNOWN, {.version = "a0030201ff"}},
    {ANOMALY_VERSION_UNKNOWN, {.version = "a000"}},
    {ANOMALY_VERSION_EXPLICIT_1, {.version = "a003020100"}},
    {ANOMALY_EXTENSIONS_NOT_V3, {.version = "a003020101", SAN("30088206612e74657374")}},
    {ANOMALY_EXTENSIONS_EMPTY, {.raw_extensions = "a3023000"}},
    {ANOMALY_EXTENSION_DUPLICATE,
     {.extensions = {{OID_SUBJECT_KEY_ID, false, "040101", NULL},
                     {OID_SUBJECT_KEY_ID, false, "040102", NULL}}}},
    {ANOMALY_EXTENSION_DUPLICATE_UNKNOWN,
     {.extensions = {{OID_UNKNOWN, false, "0500", NULL}, {OID_UNKNOWN, false, "0500", NULL}}}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(KEY_USAGE, "0500")}},
    {ANOMALY_EXTENSION_TRAILING,
     {EXT(KEY_USAGE, "03020106"
                     "0500")}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(KEY_USAGE, "03020900")}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(EXT_KEY_USAGE, "30020500")}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(BASIC_CONSTRAINTS, "30050102ffff01")}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(AUTHORITY_KEY_ID, "30028501")}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(CERTIFICATE_POLICIES, "3000")}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(POLICY_MAPPINGS, "30023000")}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(POLICY_CONSTRAINTS, "3000")}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(INHIBIT_ANY_POLICY, "0201ff")}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(AUTHORITY_INFO_ACCESS, "3000")}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(CRL_DISTRIBUTION_POINTS, "30020500")}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(TLS_FEATURE, "30020500")}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(NS_CERT_TYPE, "0300")}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(SCT_LIST, "04020001")}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(CT_POISON, "0400")}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(OCSP_NO_CHECK, "")}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(ISSUER_ALT_NAME, "30029f00")}},
    {ANOMALY_EXTENSION_MALFORMED, {CA(NAME_CONSTRAINTS, "3004a0020500")}},
    {ANOMALY_EXTENSION_MALFORMED,
     {.extensions = {{.raw = "3005"
                             "06032a0304"}}}},
    {ANOMALY_EXTENSION_MALFORMED, {.extensions = {{.raw = "0500"}}}},
    {ANOMALY_CRITICAL_FALSE,
     {.extensions = {{.raw = "300c"
                             "06032a0304"
                             "010100"
                             "04020500"}}}},
    {ANOMALY_BOOLEAN_NOT_FF,
     {.extensions = {{.raw = "300c"
                             "06032a0304"
                             "010101"
                             "04020500"}}}},
    {ANOMALY_BOOLEAN_NOT_FF, {EXT(BASIC_CONSTRAINTS, "3003010101")}},
    {ANOMALY_CA_FALSE, {EXT(BASIC_CONSTRAINTS, "3003010100")}},
    {ANOMALY_UNIQUE_ID, {.unique = "81020001"}},
    {ANOMALY_UNIQUE_ID, {.unique = "82020001"}},
    {ANOMALY_ALGORITHMS_DIFFER, {.outer = RSA_SHA256}},
    {ANOMALY_ALGORITHM_NO_NULL, {.inner = "300b06092a864886f70d01010b"}},
    {ANOMALY_ALGORITHM_PARAMETERS, {.inner = "300c06082a8648ce3d0403020500"}},
    {ANOMALY_ALGORITHM_PARAMETERS, {.inner = "300e06092a864886f70d01010b020101"}},
    {ANOMALY_ALGORITHM_PARAMETERS, {.inner = "300706032b65700500"}},
    {ANOMALY_TIME_NO_SECONDS,
     {.validity = "301c170b323630313031303030305a170d3237303130313030303030305a"}},
    {ANOMALY_TIME_OFFSET,
     {.validity = "3022170d3236303130313030303030305a17113237303130313030303030302b30313030"}},
    {ANOMALY_TIME_FRACTION,
     {.validity = "3022170d3236303130313030303030305a181132303630303130313030303030302e355a"}},
    {ANOMALY_TIME_NOT_UTC,
     {.validity = "3020180f32303236303130313030303030305a170d3237303130313030303030305a"}},
    {ANOMALY_TIME_UNREADABLE, {.validity = "3012170d3236303130313030303030305a170130"}},
    {ANOMALY_TIME_UNREADABLE, {.validity = "3000"}},
    {ANOMALY_TIME_REVERSED,
     {.validity = "301e170d3237303130313030303030305a170d3236303130313030303030305a"}},
    {ANOMALY_NAME_PRINTABLE, {.subject = "300c310a30080603550403130140"}},
    {ANOMALY_NAME_UTF8, {.subject = "300c310a300806035504030c01ff"}},
    {ANOMALY_NAME_STRING, {.subject = "300c310a300806035504031a0161"}},
    {ANOMALY_EXTENSION_NAME, {SAN("3010a40e300c310a300806035504031a0161")}},
    {ANOMALY_EXTENSION_TRAILING, {EXT(KEY_USAGE, "0302078000")}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(CERTIFICATE_POLICIES, "3007300506022a0301")}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(CRL_DISTRIBUTION_POINTS, "3006300481020080")}},
    {ANOMALY_EXTENSION_MALFORMED, {EXT(PROXY_CERT_INFO, "3000")}},
    {ANOMALY_NAME_STRING, {.subject = "300c310a300806035504031e0161"}},
    {ANOMALY_NAME_STRING, {.subject = "300d310b300906035504031e02d800"}},
    {ANOMALY_MALFORMED, {.extensions = {{OID_UNKNOWN, true, "", "300606022a800400"}}}},
    {ANOMALY_NAME_EMPTY_ISSUER, {.issuer = "3000"}},
    {ANOMALY_NAME_MALFORMED, {.subject = "30020500"}},
    {ANOMALY_NAME_MALFORMED, {.issuer = "300431020500"}},
    {ANOMALY_NAME_EMPTY_RDN, {.subject = "30023100"}},
    {ANOMALY_KEY_MALFORMED, {.spki = "3000"}},
    {ANOMALY_KEY_MALFORMED,
     {.spki = EC_SPKI_HEAD "05" /* form */
                           "01010101010101010101010101010101"
                           "01010101010101010101010101010101"
                           "01010101010101010101010101010101"
                           "01010101010101010101010101010101"}},
    {ANOMALY_KEY_MALFORMED, {.spki = "300a300506032b6570030100"}},
    {ANOMALY_KEY_PADDED,
     {.spki = RSA_SPKI("1b", "0d", "0a", "0500",
                       "3007020200050201"
                       "03")}},
    {ANOMALY_KEY_EXPONENT,
     {.spki = RSA_SPKI("1b", "0d", "0a", "0500",
                       "30070202010502"
                       "0102")}},
    {ANOMALY_KEY_EXPONENT,
     {.spki = RSA_SPKI("1b", "0d", "0a", "0500",
                       "30070202010502"
                       "0101")}},
    {ANOMALY_KEY_EXPONENT,
     {.spki = RSA_SPKI("1b", "0d", "0a", "0500",
                       "30070202010502"
                       "01fd")}},
    {ANOMALY_KEY_MALFORMED, {.spki = RSA_SPKI("1b", "0d", "0a", "0500", "300702028105020103")}},
    {ANOMALY_ALGORITHM_NO_NULL, {.spki = RSA_SPKI("19", "0b", "0a", "", "300702020105020103")}},
    {ANOMALY_KEY_EXPLICIT_CURVE,
     {.spki = "3023301c06072a8648ce3d02013011020101300c06072a8648ce3d0101020107"
              "0303000201"}},
    {ANOMALY_SIGNATURE_UNUSED_BITS, {.signature = "03020100"}},
    {ANOMALY_KEY_USAGE_EMPTY, {EXT(KEY_USAGE, "030100")}},
    {ANOMALY_KEY_USAGE_EMPTY, {EXT(KEY_USAGE, "03020700")}},
    {ANOMALY_KEY_USAGE_TRAILING_ZEROS, {EXT(KEY_USAGE, "03020080")}},
    {ANOMALY_EKU_EMPTY, {EXT(EXT_KEY_USAGE, "3000")}},
    {ANOMALY_SAN_EMPTY, {SAN("3000")}},
    {ANOMALY_SAN_BAD_IP,
     {SAN("30078705"
          "7f00000101")}},
    {ANOMALY_SAN_BAD_DNS,
     {SAN("30078205610074657"
          "3")}},
    {ANOMALY_SAN_BAD_DNS, {SAN("30028200")}},
    {ANOMALY_SAN_EMPTY_NAME, {SAN("30028200")}},
    {ANOMALY_SAN_BAD_DNS, {SAN("30078205612e2e7374")}},
    {ANOMALY_SAN_BAD_DNS, {SAN("30078205612e2a2e74")}},
    {ANOMALY_SAN_NOT_ASCII, {SAN("30048202c3a4")}},
    {ANOMALY_SAN_NOT_ASCII, {SAN("300481028040")}},
    {ANOMALY_SAN_NOT_ASCII, {SAN("30038601ff")}},
    {ANOMALY_SAN_MALFORMED, {SAN("61")}},
    {ANOMALY_SAN_MALFORMED, {SAN("30028901")}},
    {ANOMALY_SAN_MALFORMED, {SAN("30028a00")}},
    {ANOMALY_EXTENSION_TRAILING, {SAN("30088206612e746573740500")}},
    {ANOMALY_PATH_LENGTH_NOT_CA, {EXT(BASIC_CONSTRAINTS, "3003020100")}},
    {ANOMALY_PATH_LENGTH_NEGATIVE, {EXT(BASIC_CONSTRAINTS, "30060101ff0201ff")}},
    {ANOMALY_PATH_LENGTH_HUGE, {EXT(BASIC_CONSTRAINTS, "300a0101ff02050100000000")}},
    {ANOMALY_NC_EMPTY, {CA(NAME_CONSTRAINTS, "3000")}},
    {ANOMALY_NC_EMPTY, {CA(NAME_CONSTRAINTS, "3002a000")}},
    {ANOMALY_NC_MINIMUM, {CA(NAME_CONSTRAINTS, "300aa0083006820161800101")}},
    {ANOMALY_NC_NOT_CA, {EXT(NAME_CONSTRAINTS, "3007a0053003820161")}},
    {ANOMALY_NC_BAD_IP, {CA(NAME_CONSTRAINTS, "300aa008300687047f000001")}},
    {ANOMALY_NC_BAD_IP, {CA(NAME_CONSTRAINTS, "300ea00c300a87087f000001ff00ff00")}},
    {ANOMALY_AKI_CRITICAL, {.extensions = {{OID_AUTHORITY_KEY_ID, true, "3003800101", NULL}}}},
    {ANOMALY_SKI_CRITICAL, {.extensions = {{OID_SUBJECT_KEY_ID, true, "040101", NULL}}}},
    {ANOMALY_AKI_HALF, {EXT(AUTHORITY_KEY_ID, "3003820101")}},
    {ANOMALY_POLICY_DUPLICATE, {EXT(CERTIFICATE_POLICIES, "300c300406022a03300406022a03")}},
    {ANOMALY_POLICY_MAPS_ANY, {EXT(POLICY_MAPPINGS, "300c300a06022a030604551d2000")}},
};

static void test_each_oddity_is_found(void **state)
{
    (void)state;
    uint64_t seen = UINT64_C(1) << ANOMALY_EXTENSIONS_TOO_MANY; /* has its own test */
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct cert *cert = recipe_cert(&odd[i].recipe);
        if (!cert->parsed || !cert_has_anomaly(cert, odd[i].id))
            fail_msg("row %zu does not show %s", i, anomaly_name(odd[i].id));
        bool listed = false;
        for (size_t j = 0; j < cert->anomaly_count; j++) {
            listed |= cert->anomalies[j].id == odd[i].id;
            assert_true(cert->anomalies[j].offset <= cert->der.n);
        }
        assert_true(listed);
        seen |= UINT64_C(1) << odd[i].id;
        cert_unref(cert);
    }
    for (unsigned id = 0; id < ANOMALY_COUNT; id++) {
        if ((seen >> id & 1) == 0)
            fail_msg("no certificate shows %s", anomaly_name((enum anomaly_id)id));
    }
}

static void test_anomaly_names(void **state)
{
    (void)state;
    static const char *const ids[] = {
#define ANOMALY(id, text, reference) #id,
#include "x509/anomalies.def"
#undef ANOMALY
    };
    for (unsigned i = 0; i < ANOMALY_COUNT; i++) {
        const char *name = anomaly_name((enum anomaly_id)i);
        assert_int_equal(strlen(name), strlen(ids[i]));
        for (size_t j = 0; name[j] != '\0'; j++)
            assert_int_equal(name[j], ids[i][j] == '_' ? '-' : tolower(ids[i][j]));
        assert_true(strlen(anomaly_text((enum anomaly_id)i)) > 0);
        assert_true(strlen(anomaly_reference((enum anomaly_id)i)) > 0);
    }
}

static void test_too_many_extensions(void **state)
{
    (void)state;
    struct writer list = {0};
    for (int i = 0; i < LIMIT_EXTENSIONS + 1; i++)
        put_hex(&list,
                "300b06032a0304"
                "0404"
                "05000500",
                "");
    struct writer w = {0};
    writer_open(&w, DER_CONTEXT_CONS(3));
    writer_open(&w, DER_SEQUENCE);
    writer_raw(&w, buf_bytes(&list.out));
    writer_close(&w);
    writer_close(&w);
    struct arena arena = {0};
    struct cert *cert =
        recipe_cert(&(struct recipe){.raw_extensions = str_hex(&arena, buf_bytes(&w.out), 0)});
    assert_true(cert->parsed);
    assert_int_equal(cert->extension_count, LIMIT_EXTENSIONS);
    assert_true(cert_has_anomaly(cert, ANOMALY_EXTENSIONS_TOO_MANY));
    assert_true(cert_has_anomaly(cert, ANOMALY_EXTENSION_DUPLICATE_UNKNOWN));
    assert_true(cert->anomaly_count <= LIMIT_ANOMALIES);
    cert_unref(cert);
    arena_free(&arena);
    writer_free(&w);
    writer_free(&list);
}

/* ---- a broken part does not hide the rest ---- */

static void test_goes_on_after_a_broken_extension(void **state)
{
    (void)state;
    const struct recipe recipe = {
        .extensions = {{OID_KEY_USAGE, true, "0500", NULL},
                       {OID_SUBJECT_ALT_NAME, false, "30088206612e74657374", NULL}}};
    struct cert *cert = recipe_cert(&recipe);
    assert_true(cert->parsed);
    assert_int_equal(cert->extension_count, 2);
    assert_true((cert->has & HAS_KEY_USAGE) != 0);
    assert_int_equal(cert->anomaly_count, 1);
    assert_int_equal(cert->anomalies[0].offset, cert->extensions[0].value_offset);
    struct reader names = cert_san(cert);
    struct general_name name;
    assert_true(general_name_next(&names, &name));
    assert_true(bytes_equal_str(name.value, "a.test"));
    cert_unref(cert);
}

static void test_trailing_bytes_are_not_ours(void **state)
{
    (void)state;
    struct cert *plain = recipe_cert(&(struct recipe){0});
    struct cert *followed = recipe_cert(&(struct recipe){.after = "0a0d00"});
    assert_true(cert_equal(plain, followed));
    assert_int_equal(followed->anomalies[0].id, ANOMALY_TRAILING);
    assert_int_equal(followed->anomalies[0].offset, plain->der.n);
    cert_unref(plain);
    cert_unref(followed);
}

/** Cut anywhere, a certificate is unreadable, and the place is where the bytes end. */
static void test_truncated(void **state)
{
    (void)state;
    struct writer w = {0};
    recipe_write(&w, &(struct recipe){SAN("30088206612e74657374")});
    for (size_t n = 0; n < w.out.n; n++) {
        struct cert *cert = cert_parse(bytes_of(w.out.p, n));
        assert_false(cert->parsed);
        assert_int_equal(cert->der.n, n);
        assert_true(cert->bad_at <= n);
        if (n > 3)
            assert_int_equal(cert->bad_at, n);
        assert_true(cert_has_anomaly(cert, ANOMALY_MALFORMED));
        cert_unref(cert);
    }
    writer_free(&w);
}

/** One flipped bit at each place: never a crash, and every view stays inside. */
static void test_each_bit_flipped(void **state)
{
    (void)state;
    struct writer w = {0};
    recipe_write(&w, &(struct recipe){CA(NAME_CONSTRAINTS, "3007a0053003820161")});
    for (size_t bit = 0; bit < w.out.n * 8; bit++) {
        w.out.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct cert *cert = cert_parse(buf_bytes(&w.out));
        assert_true(cert->parsed || cert->bad_at <= cert->der.n);
        for (size_t i = 0; i < cert->extension_count; i++) {
            const struct extension *e = &cert->extensions[i];
            assert_true(e->value_offset + e->value.n <= cert->der.n);
        }
        cert_unref(cert);
        w.out.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    writer_free(&w);
}

static void test_oversized(void **state)
{
    (void)state;
    const size_t n = LIMIT_CERT_BYTES + 100;
    uint8_t *der = calloc(1, n);
    const size_t length = n - 5;
    der[0] = 0x30;
    der[1] = 0x83;
    der[2] = (uint8_t)(length >> 16);
    der[3] = (uint8_t)(length >> 8);
    der[4] = (uint8_t)length;
    struct cert *cert = cert_parse(bytes_of(der, n));
    assert_false(cert->parsed);
    assert_int_equal(cert->bad_at, LIMIT_CERT_BYTES);
    assert_int_equal(cert->der.n, LIMIT_CERT_BYTES);
    cert_unref(cert);
    free(der);
}

static void test_not_a_certificate(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "0", "-----BEGIN", "\x30\x00", "\x30\x80\x00\x00"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct cert *cert = cert_parse(bytes_str(texts[i]));
        struct arena arena = {0};
        assert_false(cert->parsed);
        assert_false(cert_is_self_issued(cert) && cert->issuer.n > 0);
        assert_string_equal(key_text(&arena, &cert->key), "unreadable key");
        assert_string_equal(signature_text(&arena, cert), "unreadable");
        assert_non_null(name_short(&arena, cert->subject));
        arena_free(&arena);
        cert_unref(cert);
    }
}

/* ---- versions, keys, algorithms ---- */

static void test_version_1(void **state)
{
    (void)state;
    struct cert *cert = recipe_cert(&(struct recipe){.version = ""});
    assert_int_equal(cert->version, 1);
    assert_int_equal(cert->anomaly_count, 0);
    cert_unref(cert);
}

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        const char *spki;
        enum key_kind kind;
        unsigned bits;
        const char *text;
    } rows[] = {
        {RSA_SPKI("1b", "0d", "0a", "0500", "300702020105020103"), KEY_RSA, 9, "RSA 9"},
        {RSA_SPKI("1c", "0d", "0b", "0500", "30080203008001020103"), KEY_RSA, 16, "RSA 16"},
        {"3018300b06092a864886f70d01010a0309003006020107020103", KEY_RSA_PSS, 3, "RSA-PSS 3"},
        {"302a300506032b6570032100"
         "0101010101010101010101010101010101010101010101010101010101010101",
         KEY_ED25519, 255, "Ed25519"},
        {"302a300506032b656e032100"
         "0101010101010101010101010101010101010101010101010101010101010101",
         KEY_UNKNOWN, 0, "X25519"},
        {"300d300806042a030405"
         "0500"
         "03010"
         "0",
         KEY_UNKNOWN, 0, "1.2.3.4.5"},
        {"3017301006072a8648ce3d020106052b8104000703030002"
         "01",
         KEY_EC, 0, "EC 1.3.132.0.7"},
        {"301e301906072a8648ce3804013"
         "00e0203008001020103020103"
         "020103"
         "0301"
         "00",
         KEY_DSA, 16, "DSA 16"},
        {"3023301c06072a8648ce3d02013011020101300c06072a8648ce3d0101020107"
         "0303000201",
         KEY_EC, 3, "EC explicit curve of 3 bits"},
        {"3011300b0609608648016503040311030200"
         "01",
         KEY_PQ, 0, "ML-DSA-44"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct key_info key;
        key_info_read(str_unhex(&arena, rows[i].spki), &key);
        if (key.kind != rows[i].kind || key.bits != rows[i].bits)
            fail_msg("row %zu: kind %d, %u bits", i, key.kind, key.bits);
        assert_string_equal(key_text(&arena, &key), rows[i].text);
        arena_free(&arena);
    }
}

static void test_signature_algorithms(void **state)
{
    (void)state;
    static const struct {
        const char *algorithm;
        enum digest_kind digest;
        const char *text;
    } rows[] = {
        {RSA_SHA256, DIGEST_SHA256, "sha256WithRSAEncryption"},
        {"300d06092a864886f70d0101040500", DIGEST_MD5, "md5WithRSAEncryption"},
        {"300d06092a864886f70d0101050500", DIGEST_SHA1, "sha1WithRSAEncryption"},
        {"300506032b6571", DIGEST_INTRINSIC, "Ed448"},
        {"300b0609608648016503040312", DIGEST_INTRINSIC, "ML-DSA-65"},
        /* RSASSA-PSS: SHA-1 by default, an explicit SHA-384, parameters left out */
        {"300d06092a864886f70d01010a3000", DIGEST_SHA1, "rsassaPss with SHA-1"},
        {"301e06092a864886f70d01010a3011a00f300d06096086480165030402020500", DIGEST_SHA384,
         "rsassaPss with SHA-384"},
        {"300b06092a864886f70d01010a", DIGEST_UNKNOWN, "rsassaPss with an unknown digest"},
        {"300406022a03", DIGEST_UNKNOWN, "1.2.3"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct cert *cert = recipe_cert(&(struct recipe){.inner = rows[i].algorithm});
        assert_int_equal(cert->signature_digest, rows[i].digest);
        assert_string_equal(signature_text(&arena, cert), rows[i].text);
        assert_int_equal(cert->anomaly_count, 0);
        cert_unref(cert);
        arena_free(&arena);
    }
}

static void test_key_usage_bits(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        unsigned usage;
    } rows[] = {
        {"03020780", KU_DIGITAL_SIGNATURE},
        {"030205a0", KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT},
        {"03020001", KU_ENCIPHER_ONLY},
        {"0303070080", KU_DECIPHER_ONLY},
        {"030207ff", KU_DIGITAL_SIGNATURE}, /* unused bits say nothing */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cert *cert = recipe_cert(&(struct recipe){EXT(KEY_USAGE, rows[i].value)});
        assert_int_equal(cert->key_usage, rows[i].usage);
        cert_unref(cert);
    }
}

static void test_path_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int length;
    } rows[] = {
        {"30030101ff", -1},
        {"30060101ff020100", 0},
        {"30060101ff0201ff", 0}, /* negative: as OpenSSL takes it */
        {"300a0101ff0205"
         "0100000000",
         INT_MAX},
        {"30100101ff020b"
         "0100000000000000000000",
         INT_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cert *cert = recipe_cert(&(struct recipe){EXT(BASIC_CONSTRAINTS, rows[i].value)});
        assert_true(cert->is_ca);
        assert_int_equal(cert->path_length, rows[i].length);
        cert_unref(cert);
    }
}

/* ---- the extensions that are read when asked ---- */

static void test_addresses(void **state)
{
    (void)state;
    const struct recipe recipe = {.extensions = {{OID_AUTHORITY_INFO_ACCESS, false,
                                                  "3028"
                                                  "301206082b060105050730018606"
                                                  "687474703a61"
                                                  "301206082b060105050730028606"
                                                  "687474703a1b",
                                                  NULL},
                                                 {OID_CRL_DISTRIBUTION_POINTS, false,
                                                  "300e300ca00aa008860668747470"
                                                  "3a63",
                                                  NULL}}};
    struct cert *cert = recipe_cert(&recipe);
    struct arena arena = {0};
    const char *urls[4];
    assert_int_equal(cert->anomaly_count, 0);
    assert_int_equal(cert_aia_urls(&arena, cert, OID_AD_OCSP, urls, 4), 1);
    assert_string_equal(urls[0], "http:a");
    assert_int_equal(cert_aia_urls(&arena, cert, OID_AD_CA_ISSUERS, urls, 4), 1);
    assert_string_equal(urls[0], "http:\\x1b");
    assert_int_equal(cert_aia_urls(&arena, cert, OID_AD_OCSP, urls, 0), 0);
    assert_int_equal(cert_crl_urls(&arena, cert, urls, 4), 1);
    assert_string_equal(urls[0], "http:c");
    arena_free(&arena);
    cert_unref(cert);
}

struct seen {
    size_t permitted, excluded, minimum;
};

static bool count_subtree(void *context, const struct subtree *subtree)
{
    struct seen *seen = context;
    seen->permitted += !subtree->excluded;
    seen->excluded += subtree->excluded;
    seen->minimum += subtree->has_minimum;
    return true;
}

static void test_name_constraints(void **state)
{
    (void)state;
    const struct recipe recipe = {CA(NAME_CONSTRAINTS, "3016a00a300382016130038201"
                                                       "62a1083006820163800100")};
    struct cert *cert = recipe_cert(&recipe);
    struct seen seen = {0};
    assert_true(cert_name_constraints(cert, count_subtree, &seen));
    assert_int_equal(seen.permitted, 2);
    assert_int_equal(seen.excluded, 1);
    assert_int_equal(seen.minimum, 1);
    cert_unref(cert);
}

static void test_policies(void **state)
{
    (void)state;
    const struct recipe recipe = {
        .extensions = {{OID_CERTIFICATE_POLICIES, false, "300c300406022a03300406022a04", NULL},
                       {OID_POLICY_MAPPINGS, false, "300a300806022a0306022a05", NULL},
                       {OID_POLICY_CONSTRAINTS, false, "3006800101810102", NULL},
                       {OID_INHIBIT_ANY_POLICY, false, "020103", NULL}}};
    struct cert *cert = recipe_cert(&recipe);
    assert_int_equal(cert->anomaly_count, 0);
    struct bytes policies[3];
    assert_int_equal(cert_policies(cert, policies, 3), 2);
    assert_hex(policies[1], "2a04");
    assert_int_equal(cert_policies(cert, policies, 1), 1);
    struct policy_mapping mapping[2];
    assert_int_equal(cert_policy_mappings(cert, mapping, 2), 1);
    assert_hex(mapping[0].subject_domain, "2a05");
    int explicit_policy, mappings, any;
    cert_policy_constraints(cert, &explicit_policy, &mappings, &any);
    assert_int_equal(explicit_policy, 1);
    assert_int_equal(mappings, 2);
    assert_int_equal(any, 3);
    cert_unref(cert);
}

static void test_peek_names(void **state)
{
    (void)state;
    struct writer w = {0};
    recipe_write(&w, &(struct recipe){0});
    struct bytes issuer, subject;
    assert_true(cert_peek_names(buf_bytes(&w.out), &issuer, &subject));
    assert_hex(issuer, NAME_A);
    assert_hex(subject, NAME_B);
    assert_false(cert_peek_names(bytes_of(w.out.p, 40), &issuer, &subject));
    writer_free(&w);
    recipe_write(&w, &(struct recipe){.version = ""});
    assert_true(cert_peek_names(buf_bytes(&w.out), &issuer, &subject));
    assert_hex(subject, NAME_B);
    writer_free(&w);
}

static void test_references(void **state)
{
    (void)state;
    struct cert *cert = recipe_cert(&(struct recipe){0});
    assert_ptr_equal(cert_ref(cert), cert);
    cert_unref(cert);
    assert_int_equal(cert->refs, 1);
    cert_unref(cert);
    cert_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_extensions),
        cmocka_unit_test(test_each_oddity_is_found),
        cmocka_unit_test(test_anomaly_names),
        cmocka_unit_test(test_too_many_extensions),
        cmocka_unit_test(test_goes_on_after_a_broken_extension),
        cmocka_unit_test(test_trailing_bytes_are_not_ours),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_each_bit_flipped),
        cmocka_unit_test(test_oversized),
        cmocka_unit_test(test_not_a_certificate),
        cmocka_unit_test(test_version_1),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_signature_algorithms),
        cmocka_unit_test(test_key_usage_bits),
        cmocka_unit_test(test_path_lengths),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_name_constraints),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_peek_names),
        cmocka_unit_test(test_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
