/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include <string.h>

#include "crypto/crypto.h"

enum {
    WORD_LEAST = 3,  /* shorter ones tell nobody anything, and too few stand for them */
    WORD_MOST = 128, /* longer ones are cut into pieces of this */
    TRIES = 1000,    /* to find one that stands for no other word */
};

/* What certificates, addresses and reports are made of, whoever they are about. */
static const char *const common[] = {
    "http",   "https",     "ldap",   "tls",      "ssl",         "smtp",         "imap",
    "pop3",   "ftp",       "www",    "com",      "org",         "net",          "gov",
    "edu",    "test",      "local",  "lan",      "localhost",   "example",      "invalid",
    "pem",    "crt",       "cer",    "der",      "key",         "csr",          "crl",
    "p12",    "p7b",       "p7c",    "pfx",      "jks",         "json",         "case",
    "etc",    "usr",       "share",  "var",      "tmp",         "home",         "root",
    "certs",  "cert",      "ca",     "bundle",   "certificate", "certificates", "chain",
    "socks4", "socks4a",   "socks5", "socks5h",  "proxy",       "proxies",      "socks",
    "leaf",   "server",    "client", "standard", "input",       "intermediate", "issuing",
    "policy", "authority", "rsa",    "ecc",      "ecdsa",       "sha256",       "system",
    "trust",  "store",     "the",    "and",      "for",         "with",         "from",
    "curl",   "wget",      "python", "java",     "node",        "firefox",      "chromium",
    "chrome", "openssl",   "gnutls", "pool",     "stapled",     "file",         "end",
};

static bool is_letter(uint8_t c)
{
    const uint8_t low = c | 0x20;
    return (low >= 'a' && low <= 'z') || c >= 0x80; /* a foreign letter is two or three of these */
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* The next word at or behind *at: letters and digits, one letter at least. */
static bool next_word(struct bytes text, size_t *at, size_t *n)
{
    while (*at < text.n) {
        size_t end = *at;
        bool letter = false;
        while (end < text.n && end - *at < WORD_MOST &&
               (is_letter(text.p[end]) || is_digit(text.p[end]))) {
            letter = letter || is_letter(text.p[end]);
            end++;
        }
        *n = end - *at;
        if (*n >= WORD_LEAST && letter)
            return true;
        *at = end > *at ? end : end + 1;
    }
    return false;
}

static const char *folded(struct arena *arena, struct bytes word)
{
    char *out = arena_strndup(arena, (const char *)word.p, word.n);
    for (size_t i = 0; i < word.n; i++)
        out[i] = (char)lower(word.p[i]);
    return out;
}

static struct word *find(const struct words *words, struct bytes word)
{
    for (size_t i = 0; i < words->count; i++) {
        const char *plain = words->items[i].plain;
        size_t k = 0;
        while (k < word.n && plain[k] && (uint8_t)plain[k] == lower(word.p[k]))
            k++;
        if (k == word.n && !plain[k])
            return &words->items[i];
    }
    return NULL;
}

static bool is_taken(const struct words *words, const char *text)
{
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->items[i].plain, text) == 0 ||
            (words->items[i].other && strcmp(words->items[i].other, text) == 0))
            return true;
    return false;
}

static void add(struct words *words, const char *plain, const char *other)
{
    words->items =
        arena_grow(&words->arena, words->items, words->count, &words->cap, sizeof *words->items);
    words->items[words->count++] = (struct word){plain, other};
}

/* Letters for letters and digits for digits, by the seed: the same word, the same answer. */
static const char *invent(struct words *words, const char *plain)
{
    const size_t n = strlen(plain);
    char *other = arena_strdup(&words->arena, plain);
    uint8_t noise[WORD_MOST];
    for (unsigned try = 0; try < TRIES; try++) {
        const char *label = arena_printf(&words->arena, "%u %s", try, plain);
        crypto_derive(words->seed, label, noise, n);
        for (size_t i = 0; i < n; i++)
            other[i] = is_digit((uint8_t)plain[i]) ? (char)('0' + noise[i] % 10)
                                                   : (char)('a' + noise[i] % 26);
        if (!is_taken(words, other))
            return other;
    }
    return other;
}

static void add_common(struct words *words)
{
    if (words->count > 0)
        return;
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        add(words, common[i], NULL);
}

void words_keep(struct words *words, struct bytes text)
{
    add_common(words);
    for (size_t at = 0, n; next_word(text, &at, &n); at += n)
        if (!find(words, bytes_slice(text, at, n)))
            add(words, folded(&words->arena, bytes_slice(text, at, n)), NULL);
}

/* A top-level domain: what follows the last dot of a text without blanks. And the end of a label in
 * punycode says where its foreign letters go (RFC 3492 section 3.1): any other would be none. */
static bool stays(struct bytes text, size_t at, size_t n)
{
    const bool last = at + n == text.n || text.p[at + n] == ':' || text.p[at + n] == '/';
    const bool host = memchr(text.p, ' ', text.n) == NULL && memchr(text.p, '.', text.n) != NULL;
    size_t label = at;
    while (label > 0 && text.p[label - 1] != '.' && text.p[label - 1] != '/')
        label--;
    const bool label_end = at + n == text.n || text.p[at + n] == '.';
    const bool puny = bytes_equal_str(bytes_slice(text, label, 4), "xn--");
    return (host && last && at > 0 && text.p[at - 1] == '.') || (puny && label_end);
}

void words_hide(struct words *words, struct bytes text)
{
    add_common(words);
    for (size_t at = 0, n; next_word(text, &at, &n); at += n) {
        const struct bytes word = bytes_slice(text, at, n);
        if (find(words, word) || stays(text, at, n))
            continue;
        const char *plain = folded(&words->arena, word);
        add(words, plain, invent(words, plain));
    }
}

bool words_replace(const struct words *words, uint8_t *text, size_t n)
{
    const struct bytes whole = bytes_of(text, n);
    bool changed = false;
    for (size_t at = 0, length; next_word(whole, &at, &length); at += length) {
        const struct word *word = find(words, bytes_slice(whole, at, length));
        if (!word || !word->other)
            continue;
        for (size_t i = 0; i < length; i++) {
            const bool upper = text[at + i] >= 'A' && text[at + i] <= 'Z';
            text[at + i] =
                (uint8_t)(upper && word->other[i] >= 'a' ? word->other[i] - 0x20 : word->other[i]);
        }
        changed = true;
    }
    return changed;
}

void words_free(struct words *words)
{
    arena_free(&words->arena);
    *words = (struct words){0};
}
