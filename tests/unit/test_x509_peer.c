/* SPDX-License-Identifier: Apache-2.0 */
/* Our certificate parser and OpenSSL's, side by side over every certificate of ../shared: wherever
 * libcrypto can read a field, ours says the same. Skipped where ../shared is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <openssl/x509v3.h>

#undef KU_DIGITAL_SIGNATURE
#undef KU_NON_REPUDIATION
#undef KU_KEY_ENCIPHERMENT
#undef KU_DATA_ENCIPHERMENT
#undef KU_KEY_AGREEMENT
#undef KU_KEY_CERT_SIGN
#undef KU_CRL_SIGN
#undef KU_ENCIPHER_ONLY
#undef KU_DECIPHER_ONLY
#include "x509/x509.h"

enum { NEIGHBOURS = 8 }; /* earlier certificates whose names each one is compared with */

struct peer {
    struct cert *ours;
    X509 *theirs;
};
struct comparison {
    struct peer recent[NEIGHBOURS];
    size_t certificates, unreadable, mismatches, pairs, equal_pairs;
    const char *file;
};

static void mismatch(struct comparison *c, const struct cert *cert, const char *field)
{
    struct arena arena = {0};
    c->mismatches++;
    if (c->mismatches <= 40)
        fprintf(stderr, "%s: %s: %s differs\n", c->file,
                str_hex(&arena, bytes_of(cert->sha256, 8), 0), field);
    arena_free(&arena);
}

static struct bytes name_der(const X509_NAME *name)
{
    const unsigned char *p;
    size_t n;
    X509_NAME_get0_der((X509_NAME *)name, &p, &n);
    return bytes_of(p, n);
}

static bool same_octets(struct bytes ours, const ASN1_OCTET_STRING *theirs)
{
    if (theirs == NULL)
        return ours.n == 0;
    return bytes_equal(ours, bytes_of(theirs->data, (size_t)theirs->length));
}

static void compare_times(struct comparison *c, const struct peer *p)
{
    const ASN1_TIME *theirs[] = {X509_get0_notBefore(p->theirs), X509_get0_notAfter(p->theirs)};
    const cw_time ours[] = {p->ours->not_before, p->ours->not_after};
    for (size_t i = 0; i < 2; i++) {
        struct tm tm;
        if (ASN1_TIME_to_tm(theirs[i], &tm) == 1) {
            if (ours[i] != timegm(&tm))
                mismatch(c, p->ours, "a time");
        } else if (p->ours->time_faults == 0) {
            mismatch(c, p->ours, "a time's validity");
        }
    }
}

static void compare_key(struct comparison *c, const struct peer *p)
{
    EVP_PKEY *key = X509_get0_pubkey(p->theirs);
    if (key == NULL) {
        c->unreadable++;
        return;
    }
    const int type = EVP_PKEY_base_id(key);
    const enum key_kind kind = type == EVP_PKEY_RSA       ? KEY_RSA
                               : type == EVP_PKEY_RSA_PSS ? KEY_RSA_PSS
                               : type == EVP_PKEY_EC      ? KEY_EC
                               : type == EVP_PKEY_DSA     ? KEY_DSA
                               : type == EVP_PKEY_ED25519 ? KEY_ED25519
                               : type == EVP_PKEY_ED448   ? KEY_ED448
                                                          : KEY_UNKNOWN;
    if (p->ours->key.kind != kind)
        mismatch(c, p->ours, "the kind of key");
    /* libcrypto counts the bits of Edwards keys in its own way */
    if (kind != KEY_UNKNOWN && kind != KEY_ED25519 && kind != KEY_ED448 &&
        (int)p->ours->key.bits != EVP_PKEY_bits(key))
        mismatch(c, p->ours, "the key's bits");
    if (cert_has_anomaly(p->ours, ANOMALY_KEY_MALFORMED))
        mismatch(c, p->ours, "the key's readability");
    const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(p->theirs);
    if (!same_octets(p->ours->key.bits_content, bits))
        mismatch(c, p->ours, "the key's BIT STRING");
}

static size_t count_names(const struct cert *cert)
{
    struct reader names = cert_san(cert);
    struct general_name name;
    size_t count = 0;
    while (general_name_next(&names, &name))
        count++;
    return count;
}

static void compare_san(struct comparison *c, const struct peer *p)
{
    int critical;
    GENERAL_NAMES *names = X509_get_ext_d2i(p->theirs, NID_subject_alt_name, &critical, NULL);
    if (names != NULL && count_names(p->ours) != (size_t)sk_GENERAL_NAME_num(names))
        mismatch(c, p->ours, "the number of SAN entries");
    if (names != NULL && cert_has_anomaly(p->ours, ANOMALY_SAN_MALFORMED))
        mismatch(c, p->ours, "the SAN's readability");
    if (names == NULL && critical >= 0 && !cert_has_anomaly(p->ours, ANOMALY_SAN_MALFORMED))
        mismatch(c, p->ours, "the SAN's unreadability");
    GENERAL_NAMES_free(names);
}

static void compare_constraints(struct comparison *c, const struct peer *p)
{
    int critical;
    BASIC_CONSTRAINTS *basic = X509_get_ext_d2i(p->theirs, NID_basic_constraints, &critical, NULL);
    if (basic != NULL) {
        if (p->ours->is_ca != (basic->ca != 0))
            mismatch(c, p->ours, "cA");
        const bool negative = basic->pathlen != NULL && (basic->pathlen->type & V_ASN1_NEG) != 0;
        const long length = basic->pathlen != NULL ? ASN1_INTEGER_get(basic->pathlen) : -1;
        if (!negative && length < 1000 && p->ours->path_length != length)
            mismatch(c, p->ours, "pathLenConstraint");
    }
    BASIC_CONSTRAINTS_free(basic);
    ASN1_BIT_STRING *usage = X509_get_ext_d2i(p->theirs, NID_key_usage, &critical, NULL);
    for (int bit = 0; usage != NULL && bit < 9; bit++) {
        if (ASN1_BIT_STRING_get_bit(usage, bit) != (int)(p->ours->key_usage >> bit & 1))
            mismatch(c, p->ours, "keyUsage");
    }
    ASN1_BIT_STRING_free(usage);
    EXTENDED_KEY_USAGE *purposes = X509_get_ext_d2i(p->theirs, NID_ext_key_usage, &critical, NULL);
    bool server = false;
    for (int i = 0; i < sk_ASN1_OBJECT_num(purposes); i++)
        server |= OBJ_obj2nid(sk_ASN1_OBJECT_value(purposes, i)) == NID_server_auth;
    if (purposes != NULL && server != ((p->ours->eku & EKU_SERVER_AUTH) != 0))
        mismatch(c, p->ours, "extendedKeyUsage");
    EXTENDED_KEY_USAGE_free(purposes);
    NAME_CONSTRAINTS *names = X509_get_ext_d2i(p->theirs, NID_name_constraints, &critical, NULL);
    if (names != NULL && cert_has_anomaly(p->ours, ANOMALY_EXTENSION_MALFORMED))
        mismatch(c, p->ours, "the readability of nameConstraints");
    NAME_CONSTRAINTS_free(names);
}

static void compare_key_ids(struct comparison *c, const struct peer *p)
{
    const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(p->theirs);
    const ASN1_OCTET_STRING *aki = X509_get0_authority_key_id(p->theirs);
    if (ski != NULL && !same_octets(p->ours->ski, ski))
        mismatch(c, p->ours, "subjectKeyIdentifier");
    if (aki != NULL && !same_octets(p->ours->aki_key_id, aki))
        mismatch(c, p->ours, "authorityKeyIdentifier");
    const ASN1_INTEGER *serial = X509_get0_authority_serial(p->theirs);
    if ((serial != NULL) != (p->ours->aki_serial.p != NULL))
        mismatch(c, p->ours, "authorityCertSerialNumber");
}

static void compare_extensions(struct comparison *c, const struct peer *p)
{
    const int count = X509_get_ext_count(p->theirs);
    if ((size_t)count != p->ours->extension_count && count <= LIMIT_EXTENSIONS) {
        mismatch(c, p->ours, "the number of extensions");
        return;
    }
    for (int i = 0; i < count && i < LIMIT_EXTENSIONS; i++) {
        X509_EXTENSION *theirs = X509_get_ext(p->theirs, i);
        const struct extension *ours = &p->ours->extensions[i];
        if ((X509_EXTENSION_get_critical(theirs) != 0) != ours->critical)
            mismatch(c, p->ours, "critical");
        if (!same_octets(ours->value, X509_EXTENSION_get_data(theirs)))
            mismatch(c, p->ours, "an extension's value");
        const ASN1_OBJECT *object = X509_EXTENSION_get_object(theirs);
        if (!bytes_equal(ours->oid, bytes_of(OBJ_get0_data(object), OBJ_length(object))))
            mismatch(c, p->ours, "an extension's OID");
    }
}

static void compare_head(struct comparison *c, const struct peer *p)
{
    if (!bytes_equal(p->ours->subject, name_der(X509_get_subject_name(p->theirs))))
        mismatch(c, p->ours, "the subject");
    if (!bytes_equal(p->ours->issuer, name_der(X509_get_issuer_name(p->theirs))))
        mismatch(c, p->ours, "the issuer");
    if ((long)p->ours->version != X509_get_version(p->theirs) + 1)
        mismatch(c, p->ours, "the version");
    struct arena arena = {0};
    char text[128];
    const X509_ALGOR *algorithm;
    const ASN1_BIT_STRING *signature;
    X509_get0_signature(&signature, &algorithm, p->theirs);
    OBJ_obj2txt(text, sizeof text, algorithm->algorithm, 1);
    struct reader r = reader_of(p->ours->outer_algorithm, 0);
    struct der element, oid = {0};
    if (reader_next(&r, &element)) {
        r = reader_enter(&element);
        reader_next(&r, &oid);
    }
    if (strcmp(text, oid_text(&arena, oid.body)) != 0)
        mismatch(c, p->ours, "the signature algorithm");
    if (!same_octets(p->ours->signature, signature))
        mismatch(c, p->ours, "the signature");
    arena_free(&arena);
}

/** Names are equal for both or for neither, and equal names have equal hashes. */
static void compare_names(struct comparison *c, struct bytes ours, const X509_NAME *theirs,
                          struct bytes our_other, const X509_NAME *their_other,
                          const struct cert *cert)
{
    const bool equal = name_equal(ours, our_other);
    c->pairs++;
    c->equal_pairs += equal;
    if (equal != (X509_NAME_cmp(theirs, their_other) == 0))
        mismatch(c, cert, "the equality of two names");
    if (equal && name_hash(ours) != name_hash(our_other))
        mismatch(c, cert, "the hash of two equal names");
}

static void remember(struct comparison *c, struct peer p)
{
    struct peer *slot = &c->recent[c->certificates % NEIGHBOURS];
    for (size_t i = 0; i < NEIGHBOURS; i++) {
        if (c->recent[i].theirs == NULL)
            continue;
        compare_names(c, p.ours->subject, X509_get_subject_name(p.theirs),
                      c->recent[i].ours->issuer, X509_get_issuer_name(c->recent[i].theirs), p.ours);
        compare_names(c, p.ours->issuer, X509_get_issuer_name(p.theirs), c->recent[i].ours->subject,
                      X509_get_subject_name(c->recent[i].theirs), p.ours);
    }
    cert_unref(slot->ours);
    X509_free(slot->theirs);
    *slot = p;
}

static void compare_certificate(struct comparison *c, struct bytes der)
{
    const unsigned char *at = der.p;
    struct peer p = {.ours = cert_parse(der), .theirs = d2i_X509(NULL, &at, (long)der.n)};
    c->certificates++;
    if (p.theirs == NULL) {
        c->unreadable++;
        cert_unref(p.ours);
        return;
    }
    if (!p.ours->parsed) {
        mismatch(c, p.ours, "readability");
        cert_unref(p.ours);
        X509_free(p.theirs);
        return;
    }
    compare_head(c, &p);
    compare_times(c, &p);
    compare_key(c, &p);
    compare_extensions(c, &p);
    compare_san(c, &p);
    compare_constraints(c, &p);
    compare_key_ids(c, &p);
    compare_names(c, p.ours->subject, X509_get_subject_name(p.theirs), p.ours->issuer,
                  X509_get_issuer_name(p.theirs), p.ours);
    remember(c, p);
}

/** Base64 text up to "-----END", in which a JSON string writes line breaks as \n. */
static void decode_block(struct comparison *c, const char *text, size_t n)
{
    struct arena arena = {0};
    char *digits = arena_alloc(&arena, n + 1);
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\\')
            i++;
        else
            digits[count++] = text[i];
    }
    struct bytes der;
    size_t bad_at;
    if (str_unbase64(&arena, bytes_of(digits, count), &der, &bad_at))
        compare_certificate(c, der);
    arena_free(&arena);
}

static bool compare_file(struct comparison *c, const char *path)
{
    struct buf content = {0};
    struct error err;
    if (file_read(NULL, path, LIMIT_FILE_BYTES, &content, &err) != CW_OK)
        return false;
    c->file = path;
    const char *p = buf_cstr(&content);
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    while ((p = strstr(p, begin)) != NULL) {
        p += sizeof begin - 1;
        const char *end = strstr(p, "-----END");
        if (end == NULL)
            break;
        decode_block(c, p, (size_t)(end - p));
        p = end;
    }
    buf_free(&content);
    return true;
}

static void test_agrees_with_libcrypto(void **state)
{
    (void)state;
    static const char *const files[] = {
        "conformance/badssl_pregen.jsonl",     "conformance/bettertls_pathbuilding.jsonl",
        "conformance/boringssl_verify.jsonl",  "conformance/limbo.jsonl",
        "conformance/openssl_verify.jsonl",    "conformance/pkits.jsonl",
        "pki-data/historic_union.pem",         "pki-data/microsoft_2025-08-28.pem",
        "pki-data/mozilla_nss_2026-05-01.pem",
    };
    const char *shared = getenv("CERTWHY_SHARED");
    struct comparison c = {0};
    bool any = false;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct arena arena = {0};
        any |= compare_file(
            &c, arena_printf(&arena, "%s/%s", shared != NULL ? shared : "../shared", files[i]));
        arena_free(&arena);
    }
    const char *more = getenv("CERTWHY_PEER_FILE");
    any |= more != NULL && compare_file(&c, more);
    for (size_t i = 0; i < NEIGHBOURS; i++) {
        cert_unref(c.recent[i].ours);
        X509_free(c.recent[i].theirs);
    }
    if (!any)
        skip();
    fprintf(stderr,
            "# %zu certificates, %zu that libcrypto cannot read; %zu name pairs, %zu equal\n",
            c.certificates, c.unreadable, c.pairs, c.equal_pairs);
    assert_true(c.certificates > 1000);
    assert_int_equal(c.mismatches, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_agrees_with_libcrypto)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
