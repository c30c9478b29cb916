/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a certificate is one that a client should trust as asked for. */
#include <string.h>

#include "repair/repair.h"

static bool is_self_signed(const struct cert *cert)
{
    return cert_is_self_issued(cert) && crypto_verify(cert->key.spki, cert->outer_algorithm,
                                                      cert->tbs, cert->signature) == SIG_OK;
}

/* CA/Browser Forum Baseline Requirements section 6.1.5. */
static bool key_is_weak(const struct key_info *key)
{
    enum { RSA_LEAST = 2048, EC_LEAST = 256 };
    const bool rsa = key->kind == KEY_RSA || key->kind == KEY_RSA_PSS;
    return (rsa && key->bits < RSA_LEAST) || (key->kind == KEY_EC && key->bits < EC_LEAST) ||
           key->kind == KEY_DSA || key->kind == KEY_UNKNOWN;
}

static bool digest_is_broken(enum digest_kind digest)
{
    return digest == DIGEST_MD2 || digest == DIGEST_MD4 || digest == DIGEST_MD5;
}

static void refuse(struct install_check *out, const char *refusal, const char *advice)
{
    if (*out->refusal)
        return;
    out->refusal = refusal;
    out->advice = advice;
}

static void warn(struct install_check *out, const char *text)
{
    if (out->warning_count < sizeof out->warnings / sizeof out->warnings[0])
        out->warnings[out->warning_count++] = text;
}

static void check_times(struct arena *arena, const struct cert *cert, cw_time now,
                        struct install_check *out)
{
    enum { SOON_DAYS = 90 };
    if (cert->not_before == TIME_NONE || cert->not_after == TIME_NONE)
        refuse(out, "its dates cannot be read", "ask its owner for a sound one");
    else if (now > cert->not_after)
        refuse(out,
               arena_printf(arena, "it expired on %s: clients would go on rejecting",
                            time_date(arena, cert->not_after)),
               "ask the owner of the CA for the present one");
    else if (now < cert->not_before)
        refuse(out,
               arena_printf(arena, "it is not valid before %s", time_date(arena, cert->not_before)),
               "is the clock of this machine right?");
    else if (cert->not_after - now < SOON_DAYS * TIME_DAY)
        warn(out,
             arena_printf(arena, "it expires in %s", time_words(arena, cert->not_after - now)));
}

static void check_strength(struct arena *arena, const struct cert *cert, bool root,
                           struct install_check *out)
{
    if (key_is_weak(&cert->key))
        refuse(out,
               arena_printf(arena,
                            "its key (%s) is too weak: whoever breaks it speaks for every "
                            "name",
                            key_text(arena, &cert->key)),
               "ask the owner of the CA for a new root");
    if (digest_is_broken(cert->signature_digest) ||
        (!root && cert->signature_digest == DIGEST_SHA1))
        refuse(out,
               arena_printf(arena, "its signature (%s) is of an algorithm that is broken",
                            signature_text(arena, cert)),
               "ask its owner for one with SHA-256");
    else if (cert->signature_digest == DIGEST_SHA1)
        warn(out, "it signed itself with SHA-1: no client looks at that signature of a root, yet "
                  "what it issues must not use it");
}

/* RFC 5280 section 4.2.1.9: cA; section 4.2.1.3: keyCertSign. */
static void check_root(const struct cert *cert, struct install_check *out)
{
    if (!cert_is_self_issued(cert) && cert->is_ca)
        refuse(out,
               "it is an intermediate CA, not a root: the server should send it, and clients "
               "should trust the root above it",
               "trust its root; or give it to one client's store of intermediates with "
               "--as-intermediate");
    else if (!cert->is_ca && cert_is_self_issued(cert))
        refuse(out, "it is no CA: a server's certificate that signed itself",
               "have a CA issue one; or trust this very certificate with --pin, for as long as it "
               "lives");
    else if (!cert->is_ca)
        refuse(out, "it is no CA but a server's own certificate",
               "trust the root that its chain ends in: certwhy check shows which");
    else if (!is_self_signed(cert))
        refuse(out, "its own signature does not verify: the file is damaged or forged",
               "get it again from its owner");
    else if ((cert->has & HAS_KEY_USAGE) && !(cert->key_usage & KU_KEY_CERT_SIGN))
        refuse(out, "its key usage does not let it sign certificates (keyCertSign)",
               "ask the owner of the CA for a sound one");
    else if (!(cert->has & HAS_NAME_CONSTRAINTS))
        warn(out, "no name constraints: whoever holds its key can speak for every name");
}

static void check_intermediate(const struct cert *cert, struct install_check *out)
{
    if (cert_is_self_issued(cert))
        refuse(out, "it is no intermediate: it issued itself", "add it without --as-intermediate");
    else if (!cert->is_ca)
        refuse(out, "it is no CA but a server's own certificate",
               "the server sends it by itself; look for its issuer");
}

static void check_pin(const struct cert *cert, struct install_check *out)
{
    if (!is_self_signed(cert))
        refuse(out, "it did not sign itself: most clients look for its issuer however it is stored",
               "trust the root that its chain ends in");
    else if (cert->is_ca)
        refuse(out, "it is a CA: to pin it would be to trust all that it issues",
               "add it without --pin");
    warn(out, "a pinned certificate has to be replaced in every client when it is renewed, and "
              "when its key is lost nobody can revoke it");
}

void install_check(struct arena *arena, const struct cert *cert, const char *how, cw_time now,
                   struct install_check *out)
{
    *out = (struct install_check){.refusal = "", .advice = ""};
    if (!cert->parsed) {
        refuse(out, "it is no certificate that can be read", "get it again from its owner");
        return;
    }
    if (strcmp(how, "intermediate") == 0)
        check_intermediate(cert, out);
    else if (strcmp(how, "pin") == 0)
        check_pin(cert, out);
    else
        check_root(cert, out);
    check_times(arena, cert, now, out);
    check_strength(arena, cert, strcmp(how, "root") == 0, out);
    const struct root_fact *fact = root_fact_find(cert->sha256);
    if (fact && root_fact_programmes(fact) == 0)
        warn(out, "a public root of former years: every root programme took it out");
}

/* ---- names for files and people ---- */

const char *cert_slug(struct arena *arena, const struct cert *cert)
{
    enum { SLUG_LENGTH = 28 };
    const char *name = cert->parsed ? name_short(arena, cert->subject) : "";
    char slug[SLUG_LENGTH + 1];
    size_t n = 0;
    for (const char *p = name; *p && n < SLUG_LENGTH; p++) {
        const bool upper = *p >= 'A' && *p <= 'Z';
        const bool plain = upper || (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9');
        if (plain)
            slug[n++] = (char)(upper ? *p | 0x20 : *p);
        else if (n && slug[n - 1] != '-')
            slug[n++] = '-';
    }
    while (n && slug[n - 1] == '-')
        n--;
    slug[n] = 0;
    return n ? arena_strdup(arena, slug) : "root";
}
