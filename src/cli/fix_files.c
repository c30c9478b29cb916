/* SPDX-License-Identifier: Apache-2.0 */
/* The files of certwhy fix: written whole or not at all, the old bytes kept. */
#include <stdio.h>
#include <string.h>

#include "fix.h"

enum { MODE_SECRET = 0600, MODE_PUBLIC = 0644, BACKUPS_MAX = 1000 };

static const struct server_form plain_form = {.name = "", .files = {{"", PART_LEAF | PART_CHAIN}}};

static const struct server_form *form_of(const struct fixing *f)
{
    return f->form ? f->form : &plain_form;
}

static bool holds_key(const struct form_file *file)
{
    return (file->parts & PART_KEY) != 0;
}

static void wipe(struct buf *content)
{
    if (content->n > 0)
        explicit_bzero(content->p, content->n);
}

/* ---- a backup ---- */

static bool is_target(const struct fixing *f, const char *path)
{
    const char *root = f->report->options->root;
    const struct target *target = &f->target->input.observation->target;
    uint64_t one[2], other[2];
    return target->kind == TARGET_FILE && file_identity(root, path, one) &&
           file_identity(root, target->path, other) && one[0] == other[0] && one[1] == other[1];
}

static bool holds_private_key(const struct observation *obs)
{
    for (size_t i = 0; i < obs->file.object_count; i++)
        if (obs->file.objects[i].kind == OBJECT_PRIVATE_KEY)
            return true;
    return false;
}

/* FILE.bak, or FILE.bak.1 … where earlier ones stand. Made readable to nobody else when the file
 * held a key. */
static enum cw_code backup_make(struct fixing *f, const char *path, struct error *error)
{
    const char *root = f->report->options->root;
    const bool key = holds_private_key(f->target->input.observation);
    BUF_CLEANUP old = {0};
    TRY(file_read(root, path, LIMIT_FILE_BYTES, &old, error));
    f->backup = arena_printf(f->arena, "%s.bak", path);
    for (unsigned i = 1; file_exists(root, f->backup) && i < BACKUPS_MAX; i++)
        f->backup = arena_printf(f->arena, "%s.bak.%u", path, i);
    const enum cw_code code =
        file_write_atomic(root, f->backup, buf_bytes(&old), key ? MODE_SECRET : MODE_PUBLIC, error);
    wipe(&old);
    return code;
}

/* ---- writing ---- */

static const char *store_password(struct fixing *f, struct error *error)
{
    enum { PASSWORD_BYTES = 1024 };
    const char *path = argument_value(f->arguments, "store-pass-file");
    BUF_CLEANUP content = {0};
    if (!path)
        return "changeit";
    if (file_read(f->report->options->root, path, PASSWORD_BYTES, &content, error) != CW_OK)
        return NULL;
    const size_t n = strcspn(buf_cstr(&content), "\r\n");
    return arena_strndup(f->arena, (const char *)content.p, n);
}

/* What goes into the files; the certificates with the root when that is asked for. */
static struct form_input input_of(struct fixing *f)
{
    struct chain_plan *chain = &f->chain;
    if (argument_given(f->arguments, "with-root") && chain->root != NULL &&
        chain->certs[chain->count - 1] != chain->root)
        chain->certs[chain->count++] = chain->root; /* the array has room for one more */
    const char *name = f->target->input.observation->target.name;
    const bool plain = name && str_is_plain_host(name);
    return (struct form_input){.certs = chain->certs,
                               .count = chain->count,
                               .key = f->key,
                               .name = plain ? name : "server"};
}

/* Files are whole already when the first is replaced: a failure changes nothing. */
static enum cw_code contents_make(const struct fixing *f, const struct form_input *input,
                                  struct buf contents[3], struct error *error)
{
    const struct server_form *form = form_of(f);
    for (size_t i = 0; i < 3 && form->files[i].parts; i++)
        if (!form_write(&form->files[i], input, &contents[i]))
            return error_set(error, CW_E_INPUT,
                             "the %s cannot be made of this key and these certificates",
                             form->files[i].parts & PART_PKCS12 ? "keystore" : "file");
    return CW_OK;
}

static enum cw_code contents_write(struct fixing *f, const char *path, struct buf contents[3],
                                   struct error *error)
{
    const struct server_form *form = form_of(f);
    for (size_t i = 0; i < 3 && form->files[i].parts; i++) {
        const char *to = form_path(f->arena, path, &form->files[i]);
        TRY(file_write_atomic(f->report->options->root, to, buf_bytes(&contents[i]),
                              holds_key(&form->files[i]) ? MODE_SECRET : MODE_PUBLIC, error));
        f->written[i] = to;
    }
    return CW_OK;
}

enum cw_code fix_files_write(struct fixing *f, struct error *error)
{
    const struct observation *obs = f->target->input.observation;
    const char *path = f->path ? f->path : obs->target.path;
    struct buf contents[3] = {0};
    if (!f->path && (obs->target.kind != TARGET_FILE || strcmp(path, "-") == 0))
        return error_set(error, CW_E_USAGE, "--in-place is for a file; write with -o FILE");
    if (is_target(f, path)) {
        if (holds_private_key(obs) && !f->key)
            return error_set(error, CW_E_USAGE,
                             "%s holds a private key too, which would be gone: write with -o FILE, "
                             "or name a server that takes both (--for haproxy --key FILE)",
                             str_safe(f->arena, bytes_str(path)));
        TRY(backup_make(f, path, error));
    }
    struct form_input input = input_of(f);
    input.password = store_password(f, error);
    enum cw_code code = input.password ? CW_OK : CW_E_INPUT;
    if (code == CW_OK)
        code = contents_make(f, &input, contents, error);
    if (code == CW_OK)
        code = contents_write(f, path, contents, error);
    for (size_t i = 0; i < 3; i++) {
        wipe(&contents[i]);
        buf_free(&contents[i]);
    }
    return code;
}

/* ---- what was written ---- */

static void say_parts(const struct fixing *f, const struct form_file *file, const char *path)
{
    BUF_CLEANUP shown = {0};
    str_safe_line(&shown, bytes_str(path));
    const size_t certs =
        (file->parts & PART_LEAF ? 1 : 0) + (file->parts & PART_CHAIN ? f->chain.count - 1 : 0);
    const char *key = !holds_key(file) ? "" : certs ? "the private key and " : "the private key";
    fprintf(stderr, "certwhy fix: %s: %s", buf_cstr(&shown), key);
    if (certs || !holds_key(file))
        fprintf(stderr, "%zu certificate%s%s", certs, certs == 1 ? "" : "s",
                file->parts & PART_LEAF ? ", leaf first" : "");
    fputc('\n', stderr);
}

void fix_files_say(const struct fixing *f)
{
    const struct server_form *form = form_of(f);
    for (size_t i = 0; i < 3 && f->written[i]; i++)
        say_parts(f, &form->files[i], f->written[i]);
    if (f->backup) {
        BUF_CLEANUP shown = {0};
        str_safe_line(&shown, bytes_str(f->backup));
        fprintf(stderr, "certwhy fix: %s keeps what it was\n", buf_cstr(&shown));
    }
    const char *const *line = form->lines;
    if (form->files[0].parts & PART_PKCS12 && !argument_given(f->arguments, "store-pass-file"))
        fputs("certwhy fix: its password is \"changeit\", as everybody's: its permissions protect "
              "the key, or choose one with --store-pass-file\n",
              stderr);
    for (; line && *line; line++) {
        BUF_CLEANUP shown = {0};
        const char *key = f->report->options->key;
        str_safe_line(&shown, bytes_str(form_line(f->arena, *line, f->written, *key ? key : NULL)));
        fprintf(stderr, "  %s\n", buf_cstr(&shown));
    }
}

/* ---- --expect ---- */

int fix_expect(const struct fixing *f, int status)
{
    const struct observation *obs = f->target->input.observation;
    const enum expect_result *seen = f->target->verdict.expected;
    bool same = seen != NULL;
    if (status == EXIT_UNSEEN)
        return status;
    for (size_t i = 0; same && i < obs->connection_count; i++)
        same = seen[i] == EXPECT_SAME || seen[i] == EXPECT_UNSEEN;
    fprintf(stderr, "certwhy fix: %s\n",
            same ? "the server sends what is in the file"
                 : "the server does not send what is in the file: it was not reloaded, or uses "
                   "another file");
    return same ? status : EXIT_FINDINGS;
}
