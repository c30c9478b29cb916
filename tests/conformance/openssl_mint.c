/* SPDX-License-Identifier: Apache-2.0 */
/* Valid chains of many shapes, minted with libcrypto's extension writers and our own deterministic
 * keys and signatures: the same bytes on every run. */
#include "openssl.h"

/* after ours: it has macros of the same names */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define AT INT64_C(1795262400) /* 2026-11-21T12:00:00Z */

/** Sections that extensions below point into. */
static const char sections[] =
    "[dn]\nO = Example\n"
    "[dn_other]\nO = Other\n"
    "[notice]\npolicyIdentifier = 1.2.3.4\nCPS.1 = http://c.example/\n"
    "[proxy]\nlanguage = id-ppl-inheritAll\n"
    "[proxy1]\nlanguage = id-ppl-inheritAll\npathlen = 1\n"
    "[point]\nfullname = URI:http://c.example/c.crl\nreasons = keyCompromise\n"
    "[empty_point]\nreasons = keyCompromise\n";

/** One certificate of a family. Members are numbered from the leaf. */
struct plan {
    const char *subject; /**< "/O=Example/CN=Leaf" */
    int issuer;          /**< member */
    enum key_spec key;
    int key_number; /**< equal numbers of a kind are one key */
    int version;
    const char *extensions[10]; /**< "name=value" */
};

struct family_plan {
    const char *name;
    unsigned sent, anchors;
    struct openssl_settings settings;
    struct plan certs[FAMILY_CERTS];
};

#define ROOT_EXT                                                                                   \
    "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign",                  \
        "subjectKeyIdentifier=hash"
#define CA_EXT ROOT_EXT, "authorityKeyIdentifier=keyid"
#define LEAF_EXT                                                                                   \
    "basicConstraints=CA:FALSE", "keyUsage=critical,digitalSignature",                             \
        "extendedKeyUsage=serverAuth,clientAuth", "subjectKeyIdentifier=hash",                     \
        "authorityKeyIdentifier=keyid"
#define LEAF_BARE                                                                                  \
    "basicConstraints=CA:FALSE", "keyUsage=critical,digitalSignature",                             \
        "extendedKeyUsage=serverAuth,clientAuth", "subjectKeyIdentifier=hash"
#define NAMES "subjectAltName=DNS:www.example.com,DNS:*.example.org,IP:192.0.2.1"
#define SERVER                                                                                     \
    {                                                                                              \
        .purpose = EKU_SERVER_AUTH, .auth_level = 1, .depth = OPENSSL_DEPTH, .at = AT              \
    }
#define P KEY_SPEC_P256
#define ED KEY_SPEC_ED25519

static const struct family_plan plans[] = {
    {"plain",
     3,
     4,
     SERVER,
     {{"/O=Example/CN=www.example.com",
       1,
       P,
       0,
       3,
       {LEAF_EXT, NAMES, "certificatePolicies=1.2.3.5,@notice",
        "crlDistributionPoints=URI:http://c.example/c.crl",
        "authorityInfoAccess=caIssuers;URI:http://c.example/c.crt"}},
      {"/O=Example/CN=Inter", 2, P, 1, 3, {CA_EXT, "extendedKeyUsage=serverAuth,clientAuth"}},
      {"/O=Example/CN=Root", 2, P, 2, 3, {ROOT_EXT}}}},
    {"ed25519",
     3,
     4,
     SERVER,
     {{"/CN=www.example.com", 1, ED, 0, 3, {LEAF_EXT, NAMES}},
      {"/C=DE/O=Example/CN=Inter", 2, ED, 1, 3, {CA_EXT}},
      {"/C=DE/O=Example/CN=Root", 2, ED, 2, 3, {CA_EXT}}}},
    {"rsa",
     3,
     4,
     SERVER,
     {{"/CN=www.example.com", 1, P, 0, 3, {LEAF_EXT, NAMES}},
      {"/O=Example/CN=Inter", 2, P, 1, 3, {CA_EXT}},
      {"/O=Example/CN=Root", 2, KEY_SPEC_RSA_2048, 0, 3, {ROOT_EXT}}}},
    {"rsa-leaf",
     3,
     4,
     SERVER,
     {{"/CN=www.example.com", 1, KEY_SPEC_RSA_2048, 0, 3, {LEAF_EXT, NAMES}},
      {"/O=Example/CN=Inter", 2, P, 1, 3, {CA_EXT}},
      {"/O=Example/CN=Root", 2, KEY_SPEC_P384, 2, 3, {ROOT_EXT}}}},
    {"constraints",
     3,
     4,
     SERVER,
     {{"/O=Example/CN=www.example.com/emailAddress=a@example.com",
       1,
       P,
       0,
       3,
       {LEAF_EXT, "subjectAltName=DNS:www.example.com,IP:192.0.2.1,email:b@example.com,"
                  "URI:http://www.example.com/x,dirName:dn,otherName:1.2.3.4;UTF8:x"}},
      {"/O=Example/CN=Inter",
       2,
       P,
       1,
       3,
       {CA_EXT, "nameConstraints=critical,permitted;DNS:example.com,permitted;IP:192.0.2.0/"
                "255.255.255.0,permitted;email:example.com,permitted;URI:.example.com,permitted;"
                "dirName:dn,excluded;DNS:bad.example.com,excluded;email:x@example.com"}},
      {"/O=Example/CN=Root",
       2,
       P,
       2,
       3,
       {ROOT_EXT, "nameConstraints=excluded;DNS:example.net,excluded;dirName:dn_other"}}}},
    {"common-name",
     3,
     4,
     SERVER,
     {{"/CN=www.example.com", 1, P, 0, 3, {LEAF_EXT}},
      {"/CN=Inter", 2, P, 1, 3, {CA_EXT, "nameConstraints=permitted;DNS:example.com"}},
      {"/CN=Root", 2, P, 2, 3, {ROOT_EXT}}}},
    {"policies",
     7,
     8,
     {.auth_level = 1,
      .depth = OPENSSL_DEPTH,
      .at = AT,
      .policy_check = true,
      .explicit_policy = true,
      .policies = {"1.2.3.4", "1.2.3.5"}},
     {{"/CN=www.example.com", 1, P, 0, 3, {LEAF_EXT, NAMES, "certificatePolicies=1.2.3.4,1.2.3.6"}},
      {"/CN=Inter 2",
       2,
       P,
       1,
       3,
       {CA_EXT, "certificatePolicies=1.2.3.4,1.2.3.5,2.5.29.32.0", "inhibitAnyPolicy=0"}},
      {"/CN=Inter",
       3,
       P,
       2,
       3,
       {CA_EXT, "certificatePolicies=2.5.29.32.0", "policyConstraints=requireExplicitPolicy:1"}},
      {"/CN=Root", 3, P, 3, 3, {ROOT_EXT}}}},
    {"mapped",
     7,
     8,
     {.auth_level = 1,
      .depth = OPENSSL_DEPTH,
      .at = AT,
      .policy_check = true,
      .explicit_policy = true,
      .policies = {"1.2.3.4"}},
     {{"/CN=www.example.com", 1, P, 0, 3, {LEAF_EXT, NAMES, "certificatePolicies=1.2.3.6"}},
      {"/CN=Inter 2",
       2,
       P,
       1,
       3,
       {CA_EXT, "certificatePolicies=1.2.3.5", "policyMappings=1.2.3.5:1.2.3.6"}},
      {"/CN=Inter",
       3,
       P,
       2,
       3,
       {CA_EXT, "certificatePolicies=1.2.3.4,2.5.29.32.0", "policyMappings=1.2.3.4:1.2.3.5",
        "policyConstraints=inhibitPolicyMapping:2"}},
      {"/CN=Root", 3, P, 3, 3, {ROOT_EXT}}}},
    {"crossed",
     11,
     16,
     SERVER,
     {{"/CN=www.example.com", 1, P, 0, 3, {LEAF_EXT, NAMES}},
      {"/CN=Inter", 2, P, 1, 3, {CA_EXT}},
      {"/CN=New Root", 2, P, 2, 3, {ROOT_EXT}},
      {"/CN=New Root", 4, P, 2, 3, {CA_EXT}},
      {"/CN=Old Root", 4, P, 3, 3, {ROOT_EXT}}}},
    {"crossed-both",
     11,
     20,
     SERVER,
     {{"/CN=www.example.com", 1, P, 0, 3, {LEAF_EXT, NAMES}},
      {"/CN=Inter", 2, P, 1, 3, {CA_EXT}},
      {"/CN=New Root", 2, P, 2, 3, {ROOT_EXT}},
      {"/CN=New Root", 4, P, 2, 3, {CA_EXT}},
      {"/CN=Old Root", 4, P, 3, 3, {ROOT_EXT}}}},
    {"namesakes",
     3,
     12,
     SERVER,
     {{"/CN=www.example.com", 1, P, 0, 3, {LEAF_BARE, NAMES}},
      {"/CN=Inter", 2, P, 1, 3, {"basicConstraints=critical,CA:TRUE"}},
      {"/CN=Root", 2, P, 2, 3, {"basicConstraints=critical,CA:TRUE"}},
      {"/CN=Root", 3, ED, 3, 3, {"basicConstraints=critical,CA:TRUE"}}}},
    {"long",
     31,
     32,
     SERVER,
     {{"/CN=www.example.com", 1, P, 0, 3, {LEAF_BARE, NAMES}},
      {"/CN=Inter 4",
       2,
       P,
       1,
       3,
       {"basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=keyCertSign"}},
      {"/CN=Inter 3",
       3,
       P,
       2,
       3,
       {"basicConstraints=critical,CA:TRUE,pathlen:1", "keyUsage=keyCertSign"}},
      {"/CN=Inter 2",
       4,
       P,
       3,
       3,
       {"basicConstraints=critical,CA:TRUE,pathlen:2", "keyUsage=keyCertSign"}},
      {"/CN=Inter 1",
       5,
       P,
       4,
       3,
       {"basicConstraints=critical,CA:TRUE,pathlen:3", "keyUsage=keyCertSign"}},
      {"/CN=Root",
       5,
       P,
       5,
       3,
       {"basicConstraints=critical,CA:TRUE,pathlen:4", "keyUsage=keyCertSign"}}}},
    {"version-1",
     3,
     4,
     SERVER,
     {{"/CN=www.example.com", 1, P, 0, 3, {LEAF_EXT, NAMES}},
      {"/CN=Inter", 2, P, 1, 3, {ROOT_EXT}},
      {"/CN=Root", 2, P, 2, 1, {NULL}}}},
    {"self-signed", 1, 1, SERVER, {{"/CN=www.example.com", 0, P, 0, 3, {NAMES}}}},
    {"self-signed-ca",
     1,
     1,
     SERVER,
     {{"/CN=www.example.com",
       0,
       P,
       0,
       3,
       {"basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign,digitalSignature", NAMES}}}},
    {"netscape",
     3,
     4,
     SERVER,
     {{"/CN=www.example.com", 1, P, 0, 3, {NAMES, "nsCertType=server"}},
      {"/CN=Inter", 2, P, 1, 3, {CA_EXT, "nsCertType=sslCA"}},
      {"/CN=Root", 2, P, 2, 3, {"nsCertType=sslCA,emailCA", "subjectKeyIdentifier=hash"}}}},
    {"key-usage-root",
     3,
     4,
     SERVER,
     {{"/CN=www.example.com", 1, P, 0, 3, {LEAF_EXT, NAMES}},
      {"/CN=Inter", 2, P, 1, 3, {ROOT_EXT}},
      {"/CN=Root", 2, P, 2, 3, {"keyUsage=keyCertSign"}}}},
    {"partial",
     1,
     2,
     {.purpose = EKU_SERVER_AUTH,
      .auth_level = 2,
      .depth = OPENSSL_DEPTH,
      .at = AT,
      .partial_chain = true},
     {{"/CN=www.example.com", 1, P, 0, 3, {LEAF_EXT, NAMES}},
      {"/CN=Inter", 2, P, 1, 3, {CA_EXT}},
      {"/CN=Root", 2, P, 2, 3, {ROOT_EXT}}}},
    {"partial-leaf",
     3,
     1,
     {.purpose = EKU_SERVER_AUTH,
      .auth_level = 2,
      .depth = OPENSSL_DEPTH,
      .at = AT,
      .partial_chain = true},
     {{"/CN=www.example.com", 1, P, 0, 3, {LEAF_EXT, NAMES}},
      {"/CN=Inter", 2, P, 1, 3, {CA_EXT}},
      {"/CN=Root", 2, P, 2, 3, {ROOT_EXT}}}},
    {"proxy",
     7,
     8,
     {.auth_level = 1, .depth = OPENSSL_DEPTH, .at = AT, .allow_proxy = true},
     {{"/CN=user/CN=p",
       1,
       P,
       0,
       3,
       {"basicConstraints=CA:FALSE", "keyUsage=digitalSignature", "proxyCertInfo=critical,@proxy"}},
      {"/CN=user",
       2,
       P,
       1,
       3,
       {"basicConstraints=CA:FALSE", "keyUsage=digitalSignature", "subjectKeyIdentifier=hash"}},
      {"/CN=Inter", 3, P, 2, 3, {CA_EXT}},
      {"/CN=Root", 3, P, 3, 3, {ROOT_EXT}}}},
    {"rollover",
     7,
     8,
     SERVER,
     {{"/CN=www.example.com", 1, P, 0, 3, {LEAF_EXT, NAMES}},
      {"/CN=Inter", 2, P, 1, 3, {CA_EXT}},
      {"/CN=Inter", 3, P, 2, 3, {CA_EXT}},
      {"/CN=Root",
       3,
       P,
       3,
       3,
       {"basicConstraints=critical,CA:TRUE,pathlen:1", "subjectKeyIdentifier=hash"}}}},
    {"issuer-serial",
     3,
     4,
     SERVER,
     {{"/CN=www.example.com", 1, P, 0, 3, {NAMES, "authorityKeyIdentifier=keyid,issuer:always"}},
      {"/CN=Inter", 2, P, 1, 3, {ROOT_EXT, "authorityKeyIdentifier=keyid:always,issuer:always"}},
      {"/CN=Root", 2, P, 2, 3, {ROOT_EXT, "authorityKeyIdentifier=keyid:always,issuer:always"}}}},
};

/** What may be planted anywhere. */
static const char *const pool[] = {
    "basicConstraints=CA:TRUE",
    "basicConstraints=critical,CA:TRUE,pathlen:0",
    "basicConstraints=CA:FALSE",
    "basicConstraints=critical,CA:FALSE,pathlen:3",
    "keyUsage=digitalSignature",
    "keyUsage=critical,keyCertSign",
    "keyUsage=keyEncipherment",
    "keyUsage=keyAgreement,decipherOnly",
    "keyUsage=cRLSign",
    "keyUsage=nonRepudiation,keyCertSign",
    "extendedKeyUsage=serverAuth",
    "extendedKeyUsage=clientAuth",
    "extendedKeyUsage=critical,codeSigning",
    "extendedKeyUsage=anyExtendedKeyUsage",
    "extendedKeyUsage=msSGC",
    "extendedKeyUsage=nsSGC,1.2.3.4",
    "subjectAltName=DNS:www.example.com",
    "subjectAltName=critical,DNS:a.bad.example.com",
    "subjectAltName=IP:192.0.3.1",
    "subjectAltName=email:x@example.com",
    "subjectAltName=email:a@b@example.com",
    "subjectAltName=URI:http://www.example.net/",
    "subjectAltName=URI:nothing",
    "subjectAltName=RID:1.2.3.4",
    "subjectAltName=dirName:dn_other",
    "subjectAltName=otherName:1.2.3.4;UTF8:x",
    "subjectAltName=otherName:1.3.6.1.5.5.7.8.9;UTF8:x@example.com",
    "issuerAltName=DNS:example.com",
    "nameConstraints=permitted;DNS:example.com",
    "nameConstraints=critical,excluded;DNS:.example.com",
    "nameConstraints=permitted;DNS:",
    "nameConstraints=excluded;DNS:www.example.com",
    "nameConstraints=permitted;email:.example.com",
    "nameConstraints=permitted;IP:192.0.2.0/255.255.0.255",
    "nameConstraints=permitted;URI:example.com",
    "nameConstraints=permitted;dirName:dn",
    "nameConstraints=excluded;dirName:dn",
    "nameConstraints=excluded;otherName:1.2.3.4;UTF8:x",
    "nameConstraints=permitted;RID:1.2.3.4",
    "nameConstraints=excluded;email:a@example.com",
    "certificatePolicies=1.2.3.4",
    "certificatePolicies=critical,2.5.29.32.0",
    "certificatePolicies=1.2.3.4,1.2.3.5",
    "certificatePolicies=1.2.3.6,@notice",
    "policyConstraints=requireExplicitPolicy:0",
    "policyConstraints=critical,requireExplicitPolicy:2,inhibitPolicyMapping:0",
    "policyConstraints=inhibitPolicyMapping:1",
    "policyMappings=1.2.3.4:1.2.3.5",
    "policyMappings=1.2.3.5:1.2.3.4,1.2.3.4:1.2.3.6",
    "inhibitAnyPolicy=0",
    "inhibitAnyPolicy=critical,1",
    "subjectKeyIdentifier=00112233",
    "nsCertType=server",
    "nsCertType=client,sslCA",
    "nsCertType=critical,objCA",
    "nsComment=x",
    "crlDistributionPoints=URI:http://c.example/",
    "crlDistributionPoints=critical,point",
    "crlDistributionPoints=empty_point",
    "authorityInfoAccess=OCSP;URI:http://c.example/",
    "tlsfeature=status_request",
    "noCheck=critical,ignored",
    "noCheck=ignored",
    "proxyCertInfo=critical,@proxy",
    "proxyCertInfo=@proxy1",
    "1.2.3.4=DER:0500",
    "1.2.3.4=critical,DER:0500",
    "freshestCRL=URI:http://c.example/",
    "subjectKeyIdentifier=critical,hash",
    "authorityKeyIdentifier=critical,keyid",
    "issuingDistributionPoint=critical,point",
};

/* ---- minting ---- */

static struct private_key *key_of(enum key_spec spec, int number)
{
    char label[40];
    snprintf(label, sizeof label, "differential %d %d", (int)spec, number);
    return private_key_derive(spec, bytes_str("certwhy"), label);
}

static enum oid algorithm_of(enum key_spec issuer)
{
    switch (issuer) {
    case KEY_SPEC_RSA_2048:
        return OID_SHA256_RSA;
    case KEY_SPEC_ED25519:
        return OID_ED25519;
    case KEY_SPEC_P384:
        return OID_SHA384_ECDSA;
    default:
        return OID_SHA256_ECDSA;
    }
}

static X509_EXTENSION *extension_make(CONF *conf, X509V3_CTX *context, const char *text)
{
    char name[60], value[600];
    const char *equals = strchr(text, '=');
    snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    snprintf(value, sizeof value, "%s", equals + 1);
    X509_EXTENSION *made = X509V3_EXT_nconf(conf, context, name, value);
    ERR_clear_error();
    return made;
}

/** "/O=Example/CN=Leaf" */
static X509_NAME *name_make(const char *text)
{
    X509_NAME *name = X509_NAME_new();
    while (*text == '/') {
        const size_t n = strcspn(text + 1, "/"), type = strcspn(text + 1, "=");
        char field[40];
        snprintf(field, sizeof field, "%.*s", (int)type, text + 1);
        X509_NAME_add_entry_by_txt(name, field, MBSTRING_ASC,
                                   (const unsigned char *)text + type + 2, (int)(n - type - 1), -1,
                                   0);
        text += n + 1;
    }
    return name;
}

static const char *oid_dotted(enum oid oid)
{
    static const struct {
        enum oid oid;
        const char *text;
    } table[] = {{OID_SHA256_RSA, "1.2.840.113549.1.1.11"},
                 {OID_ED25519, "1.3.101.112"},
                 {OID_SHA384_ECDSA, "1.2.840.10045.4.3.3"},
                 {OID_SHA256_ECDSA, "1.2.840.10045.4.3.2"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].oid == oid)
            return table[i].text;
    return "";
}

static X509 *template_make(const struct plan *plan, int serial)
{
    X509 *cert = X509_new();
    X509_NAME *subject = name_make(plan->subject);
    X509_set_version(cert, plan->version - 1);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 0x1000 + serial);
    ASN1_TIME_set(X509_getm_notBefore(cert), AT - 100 * 86400);
    ASN1_TIME_set(X509_getm_notAfter(cert), AT + 300 * 86400);
    X509_set_subject_name(cert, subject);
    X509_NAME_free(subject);
    return cert;
}

struct bytes family_sign(struct arena *arena, const struct family *family, size_t cert,
                         struct bytes tbs)
{
    struct reader top = reader_of(tbs, 0);
    struct der whole, field;
    struct buf signature = {0};
    struct bytes out = {0};
    if (!reader_expect(&top, DER_SEQUENCE, &whole))
        return out;
    struct reader fields = reader_enter(&whole);
    reader_optional(&fields, DER_CONTEXT_CONS(0), &field);
    reader_next(&fields, &field); /* serialNumber */
    struct der algorithm, oid;
    if (!reader_expect(&fields, DER_SEQUENCE, &algorithm))
        return out;
    struct reader identifier = reader_enter(&algorithm);
    if (!reader_expect(&identifier, DER_OID, &oid) ||
        !private_key_sign(family->certs[family->certs[cert].issuer].key, oid_of(oid.body), tbs,
                          &signature))
        return out;
    struct writer w = {0};
    writer_open(&w, DER_SEQUENCE);
    writer_raw(&w, tbs);
    writer_raw(&w, algorithm.whole);
    writer_bits(&w, buf_bytes(&signature));
    writer_close(&w);
    out = arena_bytes(arena, buf_bytes(&w.out));
    writer_free(&w);
    buf_free(&signature);
    return out;
}

static void cert_make(struct families *all, struct family *family, const struct family_plan *plan,
                      CONF *conf, X509 **minted, size_t i)
{
    const struct plan *p = &plan->certs[i];
    const enum oid algorithm = algorithm_of(plan->certs[p->issuer].key);
    X509 *cert = minted[i];
    X509V3_CTX context;
    X509_set_issuer_name(cert, X509_get_subject_name(minted[p->issuer]));
    X509_set_pubkey(cert, private_key_handle(family->certs[i].key));
    X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)X509_get0_tbs_sigalg(cert),
                    OBJ_txt2obj(oid_dotted(algorithm), 1),
                    algorithm == OID_SHA256_RSA ? V_ASN1_NULL : V_ASN1_UNDEF, NULL);
    X509V3_set_ctx(&context, minted[p->issuer], cert, NULL, NULL, 0);
    X509V3_set_nconf(&context, conf);
    for (size_t e = 0; e < 10 && p->extensions[e] != NULL; e++) {
        X509_EXTENSION *extension = extension_make(conf, &context, p->extensions[e]);
        if (extension == NULL)
            printf("  %s: no extension %s\n", plan->name, p->extensions[e]);
        else
            X509_add_ext(cert, extension, -1);
        X509_EXTENSION_free(extension);
    }
    unsigned char *tbs = NULL;
    const int n = i2d_re_X509_tbs(cert, &tbs);
    family->certs[i].der = family_sign(&all->arena, family, i, bytes_of(tbs, (size_t)n));
    OPENSSL_free(tbs);
}

static void family_make(struct families *all, const struct family_plan *plan, CONF *conf)
{
    struct family *family = &all->items[all->count++];
    X509 *minted[FAMILY_CERTS];
    *family = (struct family){.name = plan->name,
                              .sent = plan->sent,
                              .anchors = plan->anchors,
                              .settings = plan->settings};
    while (family->count < FAMILY_CERTS && plan->certs[family->count].subject != NULL)
        family->count++;
    for (size_t i = 0; i < family->count; i++) {
        minted[i] = template_make(&plan->certs[i], (int)(all->count * 16 + i));
        family->certs[i].issuer = plan->certs[i].issuer;
        family->certs[i].key = key_of(plan->certs[i].key, plan->certs[i].key_number);
    }
    /* issuers first: key identifiers are copied from them */
    for (size_t i = family->count; i-- > 0;)
        cert_make(all, family, plan, conf, minted, i);
    for (size_t i = 0; i < family->count; i++)
        X509_free(minted[i]);
}

static void pool_make(struct families *all, CONF *conf)
{
    X509 *root = X509_new();
    X509V3_CTX context;
    struct private_key *key = key_of(P, 2);
    X509_set_pubkey(root, private_key_handle(key));
    X509V3_set_ctx(&context, root, root, NULL, NULL, 0);
    X509V3_set_nconf(&context, conf);
    for (size_t i = 0; i < sizeof pool / sizeof *pool; i++) {
        unsigned char *der = NULL;
        X509_EXTENSION *extension = extension_make(conf, &context, pool[i]);
        const int n = extension != NULL ? i2d_X509_EXTENSION(extension, &der) : 0;
        if (n > 0 && all->pool_count < POOL_EXTENSIONS)
            all->pool[all->pool_count++] = arena_bytes(&all->arena, bytes_of(der, (size_t)n));
        OPENSSL_free(der);
        X509_EXTENSION_free(extension);
    }
    X509_free(root);
    private_key_free(key);
}

static void spkis_make(struct families *all)
{
    static const enum key_spec specs[] = {KEY_SPEC_RSA_1024, KEY_SPEC_RSA_2048, KEY_SPEC_P256,
                                          KEY_SPEC_P384,     KEY_SPEC_P521,     KEY_SPEC_ED25519,
                                          KEY_SPEC_ED448};
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        struct private_key *key = key_of(specs[i], 0);
        struct buf spki = {0};
        if (key != NULL && private_key_spki(key, &spki))
            all->spkis[all->spki_count++] = arena_bytes(&all->arena, buf_bytes(&spki));
        buf_free(&spki);
        private_key_free(key);
    }
}

void families_make(struct families *out)
{
    BIO *text = BIO_new_mem_buf(sections, -1);
    CONF *conf = NCONF_new(NULL);
    long line;
    NCONF_load_bio(conf, text, &line);
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++)
        family_make(out, &plans[i], conf);
    pool_make(out, conf);
    spkis_make(out);
    NCONF_free(conf);
    BIO_free(text);
}

void families_free(struct families *families)
{
    for (size_t f = 0; f < families->count; f++)
        for (size_t i = 0; i < families->items[f].count; i++)
            private_key_free(families->items[f].certs[i].key);
    arena_free(&families->arena);
}
