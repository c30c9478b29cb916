/* SPDX-License-Identifier: Apache-2.0 */
/* IANA's registries as far as audits speak of them: cipher suites, groups, signature schemes. */
#include "internal.h"

#define SUITE(id, name, openssl, kx, auth, bits, flags)                                            \
    {id, name, openssl, KX_##kx, AUTH_##auth, bits, flags},
static const struct cipher_suite suites[] = {
#include "suites.def"
};
#undef SUITE
enum { SUITE_COUNT = sizeof suites / sizeof *suites };

const struct cipher_suite *cipher_suites(size_t *count)
{
    *count = SUITE_COUNT;
    return suites;
}

const struct cipher_suite *cipher_suite_find(unsigned id)
{
    for (size_t i = 0; i < SUITE_COUNT; i++)
        if (suites[i].id == id)
            return &suites[i];
    return NULL;
}

/* What Chromium, Firefox, OpenSSL, Go and Java have in common. */
static const uint16_t usual_suites[] = {0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f,
                                        0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013,
                                        0xc014, 0x009c, 0x009d, 0x002f, 0x0035};
static const uint16_t usual_groups[] = {GROUP_X25519, 0x0017, 0x0018};
enum {
    USUAL_TLS13 = 3,
    USUAL_SUITES = sizeof usual_suites / sizeof *usual_suites,
    USUAL_GROUPS = sizeof usual_groups / sizeof *usual_groups,
};

const uint16_t *cipher_suites_usual(size_t *count, size_t *tls13)
{
    *count = USUAL_SUITES;
    *tls13 = USUAL_TLS13;
    return usual_suites;
}

const uint16_t *named_groups_usual(size_t *count)
{
    *count = USUAL_GROUPS;
    return usual_groups;
}

static bool is_listed(const uint16_t *list, size_t count, unsigned id)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == id)
            return true;
    return false;
}

bool cipher_suite_is_usual(unsigned id)
{
    return is_listed(usual_suites, USUAL_SUITES, id);
}

bool named_group_is_usual(unsigned id)
{
    return is_listed(usual_groups, USUAL_GROUPS, id);
}

/* draft-ietf-tls-ecdhe-mlkem, RFC 8446 section 4.2.7, RFC 7919, RFC 8422, RFC 7027, RFC 8734; and
 * the number under which hybrid exchange was tried out first. Those that matter most stand first.
 */
static const struct named_group groups[] = {
    {0x11ec, "X25519MLKEM768", 192, true},
    {0x11eb, "SecP256r1MLKEM768", 192, true},
    {0x11ed, "SecP384r1MLKEM1024", 256, true},
    {0x6399, "X25519Kyber768Draft00", 192, true},
    {0x0201, "MLKEM768", 192, true},
    {0x0202, "MLKEM1024", 256, true},
    {0x0200, "MLKEM512", 128, true},
    {0x001d, "x25519", 128, false},
    {0x0017, "secp256r1", 128, false},
    {0x0018, "secp384r1", 192, false},
    {0x0019, "secp521r1", 256, false},
    {0x001e, "x448", 224, false},
    {0x0100, "ffdhe2048", 112, false},
    {0x0101, "ffdhe3072", 128, false},
    {0x0102, "ffdhe4096", 150, false},
    {0x0103, "ffdhe6144", 175, false},
    {0x0104, "ffdhe8192", 192, false},
    {0x001f, "brainpoolP256r1tls13", 128, false},
    {0x0020, "brainpoolP384r1tls13", 192, false},
    {0x0021, "brainpoolP512r1tls13", 256, false},
    {0x001a, "brainpoolP256r1", 128, false},
    {0x001b, "brainpoolP384r1", 192, false},
    {0x001c, "brainpoolP512r1", 256, false},
    {0x0016, "secp256k1", 128, false},
    {0x0015, "secp224r1", 112, false},
    {0x0014, "secp224k1", 112, false},
    {0x0013, "secp192r1", 96, false},
    {0x0012, "secp192k1", 96, false},
    {0x000e, "sect571r1", 256, false},
    {0x000d, "sect571k1", 256, false},
    {0x000c, "sect409r1", 192, false},
    {0x000b, "sect409k1", 192, false},
    {0x000a, "sect283r1", 128, false},
    {0x0009, "sect283k1", 128, false},
    {0x0007, "sect233r1", 112, false},
    {0x0006, "sect233k1", 112, false},
    {0x0003, "sect163r2", 80, false},
    {0x0001, "sect163k1", 80, false},
    {0x0010, "secp160r1", 80, false},
    {0x0011, "secp160r2", 80, false},
    {0x000f, "secp160k1", 80, false},
};
enum { GROUP_COUNT = sizeof groups / sizeof *groups };

const struct named_group *named_groups(size_t *count)
{
    *count = GROUP_COUNT;
    return groups;
}

const struct named_group *named_group_find(unsigned id)
{
    for (size_t i = 0; i < GROUP_COUNT; i++)
        if (groups[i].id == id)
            return &groups[i];
    return NULL;
}

/* RFC 8446 section 4.2.3, RFC 5246 section 7.4.1.4.1. */
static const struct {
    uint16_t id;
    const char *name;
} schemes[] = {
    {0x0403, "ecdsa_secp256r1_sha256"},
    {0x0503, "ecdsa_secp384r1_sha384"},
    {0x0603, "ecdsa_secp521r1_sha512"},
    {0x0804, "rsa_pss_rsae_sha256"},
    {0x0805, "rsa_pss_rsae_sha384"},
    {0x0806, "rsa_pss_rsae_sha512"},
    {0x0809, "rsa_pss_pss_sha256"},
    {0x080a, "rsa_pss_pss_sha384"},
    {0x080b, "rsa_pss_pss_sha512"},
    {0x0807, "ed25519"},
    {0x0808, "ed448"},
    {0x081a, "ecdsa_brainpoolP256r1tls13_sha256"},
    {0x081b, "ecdsa_brainpoolP384r1tls13_sha384"},
    {0x081c, "ecdsa_brainpoolP512r1tls13_sha512"},
    {0x0904, "mldsa44"},
    {0x0905, "mldsa65"},
    {0x0906, "mldsa87"},
    {0x0401, "rsa_pkcs1_sha256"},
    {0x0501, "rsa_pkcs1_sha384"},
    {0x0601, "rsa_pkcs1_sha512"},
    {0x0303, "ecdsa_sha224"},
    {0x0301, "rsa_pkcs1_sha224"},
    {0x0203, "ecdsa_sha1"},
    {0x0201, "rsa_pkcs1_sha1"},
    {0x0402, "dsa_sha256"},
    {0x0302, "dsa_sha224"},
    {0x0202, "dsa_sha1"},
    {0x0101, "rsa_pkcs1_md5"},
};

const char *signature_scheme_name(unsigned id)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (schemes[i].id == id)
            return schemes[i].name;
    return "";
}

const char *version_text(int version)
{
    static const char *const names[] = {"SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
    if (version == SSL_2_0)
        return "SSLv2";
    return version >= SSL_3_0 && version <= TLS_1_3 ? names[version - SSL_3_0] : "";
}
