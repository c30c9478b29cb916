/* SPDX-License-Identifier: Apache-2.0 */
/* --key: does the server's private key belong to its certificate? The key is read, its public half
 * is compared, and it is gone: nothing of it is kept. */
#include "internal.h"

#include <string.h>

/* Compares the key material and not the SubjectPublicKeyInfo: the same RSA key may be labelled
 * rsaEncryption in one place and RSASSA-PSS in the other (RFC 4055 section 1.2). */
static bool same_key(const struct key_info *a, const struct key_info *b)
{
    return a->curve == b->curve && a->bits_content.n &&
           bytes_equal(a->bits_content, b->bits_content);
}

size_t key_pair(const struct private_key *key, const struct seen *chain, size_t count)
{
    BUF_CLEANUP spki = {0};
    struct key_info info = {0};
    if (private_key_spki(key, &spki))
        key_info_read(buf_bytes(&spki), &info);
    for (size_t i = 0; i < count; i++)
        if (same_key(&info, &chain[i].cert->key))
            return i;
    return SIZE_MAX;
}

static enum key_pairing pair(const struct private_key *key, struct observation *out)
{
    const size_t own = key_pair(key, out->sent, out->sent_count);
    if (own == SIZE_MAX)
        return KEY_PAIRS_NONE;
    out->key_pairs_with = own;
    return own == 0 ? KEY_PAIRS : KEY_PAIRS_OTHER;
}

enum cw_code key_observe(const struct observe_options *options, struct arena *arena,
                         struct observation *out, struct error *error)
{
    BUF_CLEANUP content = {0};
    out->key_file = arena_strdup(arena, options->key_path);
    TRY(file_read(options->root, options->key_path, LIMIT_KEY_BYTES, &content, error));
    struct private_key *key = NULL;
    switch (private_key_read(buf_bytes(&content), options->key_pass, &key)) {
    case KEY_READ_OK:
        out->pairing = pair(key, out);
        break;
    case KEY_READ_ENCRYPTED:
        out->pairing = KEY_ENCRYPTED;
        break;
    case KEY_READ_UNREADABLE:
        out->pairing = KEY_UNREADABLE;
        break;
    }
    private_key_free(key);
    explicit_bzero(content.p, content.n);
    return CW_OK;
}
