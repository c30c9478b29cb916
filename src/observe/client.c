/* SPDX-License-Identifier: Apache-2.0 */
/* --client-cert and --client-key: what the client shows to a server that asks for a certificate.
 * The key serves the handshakes of this run and is freed; nothing of it is kept. */
#include "internal.h"

#include <string.h>

static bool given(const char *option)
{
    return option && *option;
}

static void content_wipe(struct buf *content)
{
    if (content->n > 0)
        explicit_bzero(content->p, content->n);
}

/* The certificates of the file in its order. Whoever packs a keystore puts them in any order, and
 * every program then shows the key's own first. */
static void chain_take(struct arena *arena, const struct container *file, struct presented *out)
{
    size_t cap = 0;
    for (size_t i = 0; i < file->object_count && out->count < LIMIT_SENT_CERTS; i++) {
        if (file->objects[i].kind != OBJECT_CERTIFICATE)
            continue;
        out->chain = arena_grow(arena, out->chain, out->count, &cap, sizeof *out->chain);
        struct seen *seen = &out->chain[out->count];
        *seen = (struct seen){.cert = cert_parse(file->objects[i].der),
                              .origin = file->objects[i].origin};
        seen->origin.kind = ORIGIN_FILE;
        seen->origin.position = out->count++;
    }
}

static void pair(const struct private_key *key, bool keystore, struct presented *out)
{
    const size_t own = key_pair(key, out->chain, out->count);
    out->pairing = own == 0 ? KEY_PAIRS : own == SIZE_MAX ? KEY_PAIRS_NONE : KEY_PAIRS_OTHER;
    if (!keystore || out->pairing != KEY_PAIRS_OTHER)
        return;
    const struct seen first = out->chain[own];
    memmove(&out->chain[1], &out->chain[0], own * sizeof *out->chain);
    out->chain[0] = first;
    out->pairing = KEY_PAIRS;
}

static enum cw_code key_read(const struct observe_options *options, struct bytes content,
                             struct client *out, struct error *error)
{
    const char *path =
        given(options->client_key_path) ? options->client_key_path : options->client_cert_path;
    switch (private_key_read(content, options->key_pass, &out->key)) {
    case KEY_READ_OK:
        return CW_OK;
    case KEY_READ_ENCRYPTED:
        return error_set(error, CW_E_INPUT,
                         "the client's key in %s is encrypted: --key-pass-file must name a file "
                         "with its passphrase",
                         path);
    case KEY_READ_UNREADABLE:
        break;
    }
    if (!given(options->client_key_path))
        return error_set(error, CW_E_USAGE,
                         "%s holds no private key that can be read: --client-key must name its "
                         "file",
                         path);
    return error_set(error, CW_E_INPUT, "%s holds no private key that can be read", path);
}

static enum cw_code key_take(const struct observe_options *options, struct bytes certificates,
                             struct client *out, struct error *error)
{
    BUF_CLEANUP content = {0};
    if (!given(options->client_key_path))
        return key_read(options, certificates, out, error);
    TRY(file_read(options->root, options->client_key_path, LIMIT_KEY_BYTES, &content, error));
    const enum cw_code code = key_read(options, buf_bytes(&content), out, error);
    content_wipe(&content);
    return code;
}

static enum cw_code file_take(const struct observe_options *options, struct bytes content,
                              struct arena *arena, struct observation *obs, struct client *out,
                              struct error *error)
{
    struct container file;
    struct presented *presented = &obs->presented;
    container_read_with(content, options->client_cert_path, options->key_pass, arena, &file);
    chain_take(arena, &file, presented);
    if (presented->count == 0)
        return error_set(error, CW_E_INPUT, "%s holds no certificate%s%s",
                         options->client_cert_path, *file.keystore.problem ? ": " : "",
                         file.keystore.problem);
    TRY(key_take(options, content, out, error));
    pair(out->key, file.keystore.format != NULL, presented);
    struct bytes *chain = arena_array(arena, presented->count, sizeof *chain);
    for (size_t i = 0; i < presented->count; i++)
        chain[i] = presented->chain[i].cert->der;
    /* No program begins a handshake with a key that is another certificate's. */
    out->identity =
        (struct tls_identity){.chain = chain,
                              .chain_count = presented->pairing == KEY_PAIRS ? presented->count : 0,
                              .key = out->key};
    return CW_OK;
}

enum cw_code client_take(const struct observe_options *options, struct arena *arena,
                         struct observation *obs, struct client *out, struct error *error)
{
    BUF_CLEANUP content = {0};
    if (!given(options->client_cert_path))
        return given(options->client_key_path)
                   ? error_set(error, CW_E_USAGE, "--client-key needs --client-cert, too")
                   : CW_OK;
    obs->presented.file = arena_strdup(arena, options->client_cert_path);
    if (given(options->client_key_path))
        obs->presented.key_file = arena_strdup(arena, options->client_key_path);
    TRY(file_read(options->root, options->client_cert_path, LIMIT_KEY_BYTES, &content, error));
    const enum cw_code code = file_take(options, buf_bytes(&content), arena, obs, out, error);
    content_wipe(&content);
    return code;
}

void client_drop(struct client *client)
{
    private_key_free(client->key);
    *client = (struct client){0};
}
