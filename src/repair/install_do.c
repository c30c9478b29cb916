/* SPDX-License-Identifier: Apache-2.0 */
/* Carrying a plan out. A file goes from its old bytes to the new ones in one rename, and both are
 * in the journal before that: tools that edit a file get a copy. update-ca-certificates and
 * certutil work in place, as they were made to. */
#include <string.h>

#include "install_internal.h"

enum { MODE_PUBLIC = 0644, MODE_WORK = 0600 };
static const char copy_word[] = "{copy}";
const char *const nss_files[3] = {"cert9.db", "key4.db", "pkcs11.txt"};

/* ---- tools ---- */

static const char *host_path(const struct installer *in, const char *path)
{
    return *in->root ? arena_printf(in->arena, "%s%s", in->root, path) : path;
}

static const char *work_path(const struct installer *in, const char *name)
{
    return arena_printf(in->arena, "%s/%s", in->journal->directory, name);
}

/* The last line that is not empty: where tools say why. */
static const char *last_line(struct arena *arena, struct buf *text)
{
    const char *all = buf_cstr(text);
    size_t end = strlen(all);
    while (end && (all[end - 1] == '\n' || all[end - 1] == '\r'))
        end--;
    size_t start = end;
    while (start && all[start - 1] != '\n')
        start--;
    return str_safe(arena, bytes_of(all + start, end - start));
}

enum cw_code tool_run(const struct installer *in, const char *const argv[], struct buf *out,
                      struct error *error)
{
    /* A keystore's password is not for the list of processes. */
    static const char *const environment[] = {"CERTWHY_STOREPASS=changeit", "LC_ALL=C.UTF-8", NULL};
    if (in->run(in->context, argv, environment, out))
        return CW_OK;
    const char *said = last_line(in->arena, out);
    return error_set(error, CW_E_IO, "%s failed%s%.300s", argv[0], *said ? ": " : "", said);
}

enum cw_code tool_on_copy(const struct installer *in, struct bytes content,
                          const char *const argv[], struct buf *out, struct error *error)
{
    enum { WORDS_MAX = 20 };
    const char *work = work_path(in, "work"), *words[WORDS_MAX] = {0};
    for (size_t i = 0; argv[i] && i < WORDS_MAX - 1; i++)
        words[i] = strcmp(argv[i], copy_word) == 0 ? host_path(in, work) : argv[i];
    BUF_CLEANUP said = {0};
    TRY(file_write_atomic(in->root, work, content, MODE_WORK, error));
    enum cw_code code = tool_run(in, words, &said, error);
    if (code == CW_OK)
        code = file_read(in->root, work, LIMIT_KEYSTORE_BYTES, out, error);
    const enum cw_code removed = file_unlink(in->root, work, NULL);
    return code == CW_OK ? removed : code;
}

const char *nss_name(const struct installer *in, const char *directory)
{
    return arena_printf(in->arena, "sql:%s", host_path(in, directory));
}

/* The certificate in a file of its own, for tools: that of the user might change meanwhile. */
static enum cw_code certificate_file(const struct installer *in, const char **path,
                                     struct error *error)
{
    BUF_CLEANUP pem = {0};
    pem_write(&pem, "CERTIFICATE", in->cert->der);
    *path = host_path(in, work_path(in, "work.crt"));
    return file_write_atomic(in->root, work_path(in, "work.crt"), buf_bytes(&pem), MODE_WORK,
                             error);
}

/* ---- new contents ---- */

static size_t line_find(struct bytes text, const char *line)
{
    const size_t n = strlen(line);
    for (size_t at = 0; at + n <= text.n;) {
        const size_t found = bytes_find(bytes_slice(text, at, text.n), bytes_str("\n"));
        const size_t end = found == SIZE_MAX ? text.n : at + found; /* the last line may lack it */
        if (end - at >= n && memcmp(text.p + at, line, n) == 0)
            return end < text.n ? end + 1 : text.n;
        at = end + 1;
    }
    return SIZE_MAX;
}

/* Where a block goes: behind its section's line, else at the end. */
static void block_add(const struct installer *in, const struct trust_step *step, struct bytes old,
                      struct journal_change *change, struct buf *out)
{
    const char *text = step->text;
    size_t at = *step->section ? line_find(old, step->section) : SIZE_MAX;
    if (*step->section && at == SIZE_MAX)
        text = arena_printf(in->arena, "%s\n%s", step->section, text);
    at = at == SIZE_MAX ? old.n : at;
    if (at && old.p[at - 1] != '\n')
        text = arena_printf(in->arena, "\n%s", text);
    buf_add_bytes(out, bytes_slice(old, 0, at));
    buf_add_str(out, text);
    buf_add_bytes(out, bytes_slice(old, at, old.n));
    change->block = text;
}

static bool view_is_default(const struct trust_view *view)
{
    for (size_t i = 0; i < view->part_count; i++)
        if (view->parts[i].by)
            return false;
    return true;
}

static void roots_write(struct trust_machine *machine, const struct trust_view *view,
                        struct buf *out)
{
    struct store *store = trust_view_store(machine, view);
    for (size_t i = 0; i < store_count(store); i++) {
        const struct anchor *anchor = store_at(store, i);
        if (anchor && !anchor->distrusted)
            pem_write(out, "CERTIFICATE", anchor->cert->der);
    }
}

static enum cw_code base_make(const struct installer *in, const struct trust_step *step,
                              struct journal_change *change, struct buf *out, struct error *error)
{
    const struct trust_view *view = trust_view_find(in->machine, step->base);
    change->base = step->base;
    change->value = "";
    if (*step->value)
        return file_read(in->root, step->value, LIMIT_KEYSTORE_BYTES, out, error);
    roots_write(in->machine, view, out);
    change->value = view_is_default(view) ? "default" : "";
    if (out->n == 0)
        return error_set(error, CW_E_INPUT,
                         "no root that %s trusts is known here: a bundle with this certificate "
                         "alone would cut it off from the public web",
                         step->base);
    return CW_OK;
}

static enum cw_code git_edit(const struct installer *in, const struct trust_step *step,
                             struct bytes old, struct journal_change *change, struct buf *out,
                             struct error *error)
{
    const char *const argv[] = {"git",   "config",   "--file",    copy_word,
                                "--add", step->name, step->value, NULL};
    change->tool = "git";
    change->name = step->name;
    change->value = step->value;
    return tool_on_copy(in, old, argv, out, error);
}

static enum cw_code keystore_edit(const struct installer *in, const struct trust_step *step,
                                  struct bytes old, struct journal_change *change, struct buf *out,
                                  struct error *error)
{
    const char *file;
    TRY(certificate_file(in, &file, error));
    const char *const argv[] = {
        "keytool", "-importcert", "-noprompt", "-alias",         step->name,          "-file",
        file,      "-keystore",   copy_word,   "-storepass:env", "CERTWHY_STOREPASS", NULL};
    change->tool = "keytool";
    change->name = step->name;
    const enum cw_code code = tool_on_copy(in, old, argv, out, error);
    const enum cw_code removed = file_unlink(in->root, work_path(in, "work.crt"), NULL);
    return code == CW_OK ? removed : code;
}

static enum cw_code content_make(const struct installer *in, const struct trust_step *step,
                                 struct bytes old, struct journal_change *change, struct buf *out,
                                 struct error *error)
{
    switch (step->kind) {
    case STEP_BASE:
        return base_make(in, step, change, out, error);
    case STEP_GIT:
        return git_edit(in, step, old, change, out, error);
    case STEP_KEYTOOL:
        return keystore_edit(in, step, old, change, out, error);
    default:
        block_add(in, step, old, change, out);
        return CW_OK;
    }
}

/* ---- directories ---- */

/* Those above a path that are not there yet, outermost first. */
static void directories_find(const struct installer *in, const char *path,
                             struct journal_change *change)
{
    enum { DEPTH_MAX = 32 };
    change->made = arena_array(in->arena, DEPTH_MAX, sizeof *change->made);
    for (const char *slash = strchr(path + 1, '/'); slash && change->made_count < DEPTH_MAX;
         slash = strchr(slash + 1, '/')) {
        const char *directory = arena_strndup(in->arena, path, (size_t)(slash - path));
        if (!file_exists(in->root, directory))
            change->made[change->made_count++] = directory;
    }
}

static enum cw_code directories_make(const struct installer *in,
                                     const struct journal_change *change, struct error *error)
{
    if (change->made_count == 0)
        return CW_OK;
    return file_make_dir(in->root, change->made[change->made_count - 1], error);
}

/* ---- one file ---- */

static enum cw_code begin(const struct installer *in, struct journal_change *change,
                          struct error *error)
{
    change->progress = PROGRESS_BEGUN;
    TRY(journal_put_change(in->journal, change, error));
    return directories_make(in, change, error);
}

static enum cw_code done(const struct installer *in, struct journal_change *change,
                         struct error *error)
{
    change->progress = PROGRESS_DONE;
    return journal_put_change(in->journal, change, error);
}

static enum cw_code file_change(const struct installer *in, const struct trust_step *step,
                                struct journal_change *change, struct error *error)
{
    BUF_CLEANUP old = {0}, new = {0};
    const struct file_state there = file_state(in->root, step->path, in->arena);
    change->kind = CHANGED_FILE;
    if (in->is_root && !*in->root && there.what == FILE_LINK && there.owner != 0)
        return error_set(error, CW_E_INPUT,
                         "%s is a link that another user made, which root does not follow: run "
                         "this part without sudo",
                         str_safe(in->arena, bytes_str(step->path)));
    TRY(mark_take(in->journal, step->path, true, true, &change->before, error));
    if (change->before.what != FILE_NOTHING && change->before.what != FILE_REGULAR)
        return error_set(error, CW_E_INPUT, "%s is no regular file",
                         str_safe(in->arena, bytes_str(step->path)));
    if (change->before.what == FILE_REGULAR)
        TRY(file_read(in->root, step->path, LIMIT_KEYSTORE_BYTES, &old, error));
    TRY(content_make(in, step, buf_bytes(&old), change, &new, error));
    change->after = mark_of(buf_bytes(&new), MODE_PUBLIC);
    TRY(begin(in, change, error));
    TRY(file_write_atomic(in->root, step->path, buf_bytes(&new), MODE_PUBLIC, error));
    return done(in, change, error);
}

/* ---- the system's store ---- */

enum cw_code system_update(const struct installer *in, struct error *error)
{
    static const char tool[] = "/usr/sbin/update-ca-certificates";
    const char *const here[] = {tool, NULL};
    const char *const there[] = {"chroot", in->root, tool, NULL};
    BUF_CLEANUP said = {0};
    return tool_run(in, *in->root ? there : here, &said, error);
}

/** Everything that update-ca-certificates writes. */
struct census {
    struct changed_path *paths; /* `before` alone is set */
    size_t count, cap;
};

static enum cw_code census_add(const struct installer *in, struct census *census, const char *path,
                               bool keep, struct error *error)
{
    struct changed_path item = {.path = path};
    TRY(mark_take(in->journal, path, false, keep, &item.before, error));
    item.after = item.before;
    census->paths = arena_grow(in->arena, census->paths, census->count, &census->cap, sizeof item);
    census->paths[census->count++] = item;
    return CW_OK;
}

static enum cw_code census_take(const struct installer *in, bool keep, struct census *out,
                                struct error *error)
{
    const char **names;
    size_t count;
    TRY(file_list(in->root, ETC_CERTS, LIMIT_STORE_FILES, in->arena, &names, &count, error));
    for (size_t i = 0; i < count; i++) {
        const char *path = arena_printf(in->arena, ETC_CERTS "/%s", names[i]);
        if (!file_is_dir(in->root, path))
            TRY(census_add(in, out, path, keep, error));
    }
    return census_add(in, out, ETC_CERTS "/java/cacerts", keep, error);
}

static const struct changed_path *census_find(const struct census *census, const char *path)
{
    for (size_t i = 0; i < census->count; i++)
        if (strcmp(census->paths[i].path, path) == 0)
            return &census->paths[i];
    return NULL;
}

/* What differs between two looks. */
static void census_compare(const struct installer *in, const struct census *before,
                           const struct census *after, struct journal_change *change)
{
    const struct mark nothing = {.what = FILE_NOTHING, .target = ""};
    change->paths = arena_array(in->arena, before->count + after->count + 1, sizeof *change->paths);
    change->path_count = 0;
    for (size_t i = 0; i < after->count; i++) {
        const struct changed_path *old = census_find(before, after->paths[i].path);
        const struct mark was = old ? old->before : nothing;
        if (!mark_equal(&was, &after->paths[i].before))
            change->paths[change->path_count++] =
                (struct changed_path){after->paths[i].path, was, after->paths[i].before};
    }
    for (size_t i = 0; i < before->count; i++)
        if (!census_find(after, before->paths[i].path))
            change->paths[change->path_count++] =
                (struct changed_path){before->paths[i].path, before->paths[i].before, nothing};
}

static enum cw_code system_change(const struct installer *in, const struct trust_step *step,
                                  struct journal_change *change, struct error *error)
{
    struct census before = {0}, after = {0};
    BUF_CLEANUP pem = {0};
    change->kind = CHANGED_SYSTEM;
    pem_write(&pem, "CERTIFICATE", in->cert->der);
    TRY(mark_take(in->journal, step->path, true, true, &change->before, error));
    change->after = mark_of(buf_bytes(&pem), MODE_PUBLIC);
    TRY(census_take(in, true, &before, error));
    change->paths = &before.paths[before.count - 1]; /* the keystore: a hook may be killed in it */
    change->path_count = 1;
    TRY(begin(in, change, error));
    TRY(file_write_atomic(in->root, step->path, buf_bytes(&pem), MODE_PUBLIC, error));
    TRY(system_update(in, error));
    TRY(census_take(in, false, &after, error));
    census_compare(in, &before, &after, change);
    return done(in, change, error);
}

/* ---- NSS ---- */

static enum cw_code database_change(const struct installer *in, const struct trust_step *step,
                                    struct journal_change *change, struct error *error)
{
    const char *const argv[] = {"certutil",         "-N", "-d", nss_name(in, step->path),
                                "--empty-password", NULL};
    BUF_CLEANUP said = {0};
    change->kind = CHANGED_DATABASE;
    directories_find(in, arena_printf(in->arena, "%s/", step->path), change);
    TRY(begin(in, change, error));
    TRY(tool_run(in, argv, &said, error));
    return done(in, change, error);
}

/* Is the certificate in the database under this nickname? */
static bool nickname_is_ours(const struct installer *in, const char *directory, const char *name)
{
    const char *const argv[] = {"certutil", "-L", "-d", nss_name(in, directory),
                                "-n",       name, "-r", NULL};
    BUF_CLEANUP der = {0};
    return tool_run(in, argv, &der, NULL) == CW_OK && bytes_equal(buf_bytes(&der), in->cert->der);
}

/* certutil -L: a nickname in a column of 60, then the flags. */
static bool nickname_find(const struct installer *in, const char *directory, const char **name,
                          const char **flags)
{
    const char *const argv[] = {"certutil", "-L", "-d", nss_name(in, directory), NULL};
    BUF_CLEANUP list = {0};
    size_t seen = 0;
    if (tool_run(in, argv, &list, NULL) != CW_OK)
        return false;
    for (const char *p = buf_cstr(&list); *p && seen < LIMIT_NSS_NAMES; seen++) {
        const size_t n = strcspn(p, "\n");
        size_t end = n, from = n;
        while (end && p[end - 1] == ' ')
            end--;
        for (from = end; from && p[from - 1] != ' ';)
            from--;
        *flags = arena_strndup(in->arena, p + from, end - from);
        while (from && p[from - 1] == ' ')
            from--;
        *name = arena_strndup(in->arena, p, from);
        if (**name && strchr(*flags, ',') && nickname_is_ours(in, directory, *name))
            return true;
        p += n + (p[n] == '\n');
    }
    return false;
}

static enum cw_code certutil_change(const struct installer *in, const struct trust_step *step,
                                    struct journal_change *change, struct error *error)
{
    const char *file, *flags = "";
    BUF_CLEANUP said = {0};
    change->kind = CHANGED_NSS;
    change->tool = "certutil";
    change->name = step->name;
    const bool there = nickname_find(in, step->path, &change->name, &flags);
    change->name = there ? change->name : step->name;
    change->value = there ? flags : "";
    TRY(certificate_file(in, &file, error));
    TRY(begin(in, change, error));
    const char *const database = nss_name(in, step->path);
    /* -f: nobody is asked for a password */
    const char *const add[] = {"certutil",  "-A", "-d", database, "-n",        change->name, "-t",
                               step->value, "-i", file, "-f",     "/dev/null", NULL};
    const char *const modify[] = {"certutil", "-M",        "-d", database,    "-n", change->name,
                                  "-t",       step->value, "-f", "/dev/null", NULL};
    const enum cw_code code = tool_run(in, there ? modify : add, &said, error);
    const enum cw_code cleared = file_unlink(in->root, work_path(in, "work.crt"), NULL);
    if (code != CW_OK && bytes_find(buf_bytes(&said), bytes_str("BAD_PASSWORD")) < said.n)
        return error_set(error, code,
                         "%s has a password of its own, which certwhy does not ask for: add the "
                         "certificate in the browser's settings, or by its policy",
                         str_safe(in->arena, bytes_str(step->path)));
    TRY(code);
    return cleared == CW_OK ? done(in, change, error)
                            : error_set(error, CW_E_IO, "%s cannot be removed", file);
}

/* ---- a plan ---- */

static bool file_holds(const struct installer *in, const char *path, const char *text)
{
    BUF_CLEANUP content = {0};
    return file_read(in->root, path, LIMIT_KEYSTORE_BYTES, &content, NULL) == CW_OK &&
           bytes_find(buf_bytes(&content), bytes_str(text)) < content.n;
}

/* An earlier addition may have done the very same, and it still stands. */
static const char *change_reusable(const struct installer *in, const struct trust_step *step)
{
    const struct journal *j = in->journal;
    for (size_t i = 0; i < j->change_count; i++) {
        const struct journal_change *c = &j->changes[i];
        if (c->progress != PROGRESS_DONE || strcmp(c->path, step->path) != 0)
            continue;
        const bool same =
            step->kind == STEP_BLOCK
                ? *c->block && strstr(c->block, step->text) && file_holds(in, c->path, c->block)
            : step->kind == STEP_BASE ? *c->base && file_exists(in->root, c->path)
            : step->kind == STEP_GIT
                ? strcmp(c->value, step->value) == 0 && file_holds(in, c->path, step->value)
                : step->kind == STEP_DATABASE && c->kind == CHANGED_DATABASE;
        if (same)
            return c->id;
    }
    return NULL;
}

static enum cw_code step_do(const struct installer *in, const struct trust_step *step,
                            const char *id, struct error *error)
{
    struct journal_change change = {
        .id = id,
        .path = step->path,
        .own = step->own,
        .block = "",
        .tool = "",
        .name = "",
        .value = "",
        .base = "",
        .before = {.target = ""},
        .after = {.target = ""},
    };
    directories_find(in, step->path, &change);
    switch (step->kind) {
    case STEP_SYSTEM:
        return system_change(in, step, &change, error);
    case STEP_DATABASE:
        change.made_count = 0;
        return database_change(in, step, &change, error);
    case STEP_CERTUTIL:
        return certutil_change(in, step, &change, error);
    default:
        return file_change(in, step, &change, error);
    }
}

/* The addition names a change before it is begun. */
static enum cw_code steps_do(const struct installer *in, const struct trust_plan *plan,
                             struct journal_addition *addition, struct error *error)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        const char *again = change_reusable(in, &plan->steps[i]);
        const char *id = again ? again : journal_new_id(in->journal, 'c');
        addition->changes[addition->change_count++] = id;
        TRY(journal_put_addition(in->journal, addition, error));
        if (!again)
            TRY(step_do(in, &plan->steps[i], id, error));
    }
    addition->progress = PROGRESS_DONE;
    return journal_put_addition(in->journal, addition, error);
}

enum cw_code install_do(const struct installer *in, const struct trust_plan *plan, const char **id,
                        struct error *error)
{
    struct journal_addition addition = {
        .id = journal_new_id(in->journal, 't'),
        .sha256 = str_hex(in->arena, bytes_of(in->cert->sha256, sizeof in->cert->sha256), 0),
        .subject = name_short(in->arena, in->cert->subject),
        .client = plan->client,
        .how = in->how,
        .variable = plan->variable,
        .value = plan->value,
        .time = in->now,
        .not_after = in->cert->not_after,
        .changes = arena_array(in->arena, plan->step_count + 1, sizeof(const char *)),
    };
    *id = addition.id;
    const enum cw_code code = steps_do(in, plan, &addition, error);
    if (code == CW_OK)
        return CW_OK;
    BUF_CLEANUP says = {0};
    struct error ignored = {0};
    if (install_undo(in, addition.id, &says, &ignored) != CW_OK) {
        const struct error first = *error;
        return error_set(error, code,
                         "%.300s. It could not be undone at once (%.100s): then run certwhy trust "
                         "remove %s",
                         first.text, ignored.text, addition.id);
    }
    return code;
}

/* ---- bundles made anew ---- */

static void blocks_write(const struct journal *j, const char *path, struct buf *out)
{
    for (size_t i = 0; i < j->change_count; i++) {
        const struct journal_change *c = &j->changes[i];
        if (c->progress == PROGRESS_DONE && *c->block && strcmp(c->path, path) == 0)
            buf_add_str(out, c->block);
    }
}

enum cw_code install_refresh(const struct installer *in, size_t *changed, struct error *error)
{
    *changed = 0;
    for (size_t i = 0; i < in->journal->change_count; i++) {
        const struct journal_change *c = &in->journal->changes[i];
        if (c->progress != PROGRESS_DONE || !*c->base || strcmp(c->value, "default") != 0 ||
            !trust_client_known(c->base))
            continue;
        BUF_CLEANUP new = {0}, old = {0};
        roots_write(in->machine, trust_view_default(in->machine, c->base), &new);
        if (new.n == 0)
            continue;
        blocks_write(in->journal, c->path, &new);
        TRY(file_read(in->root, c->path, LIMIT_KEYSTORE_BYTES, &old, error));
        if (bytes_equal(buf_bytes(&old), buf_bytes(&new)))
            continue;
        TRY(file_write_atomic(in->root, c->path, buf_bytes(&new), MODE_PUBLIC, error));
        ++*changed;
    }
    return CW_OK;
}
