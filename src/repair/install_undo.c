/* SPDX-License-Identifier: Apache-2.0 */
/* Undoing. What is still as it was left becomes byte for byte what it was; of what others changed
 * meanwhile exactly the own part is taken out, by its text or by the tool that put it in. */
#include <string.h>

#include "install_internal.h"

/** One addition while it is undone. */
struct undoing {
    const struct installer *in;
    const struct journal_addition *addition;
    struct buf *says;
};

static void say(const struct undoing *u, const char *path, const char *what)
{
    buf_printf(u->says, "%s: %s\n", str_safe(u->in->arena, bytes_str(path)), what);
}

/* ---- one file ---- */

static bool path_is_in_use(const struct undoing *u, const struct journal_change *change)
{
    const struct journal *j = u->in->journal;
    for (size_t i = 0; i < j->change_count; i++)
        if (strcmp(j->changes[i].id, change->id) != 0 &&
            j->changes[i].progress != PROGRESS_UNDONE &&
            strcmp(j->changes[i].path, change->path) == 0)
            return true;
    return false;
}

/* A file that others changed: the block alone goes. */
static enum cw_code block_remove(const struct undoing *u, const struct journal_change *change,
                                 struct bytes now, struct error *error)
{
    const struct installer *in = u->in;
    const struct bytes block = bytes_str(change->block);
    const size_t at = bytes_find(now, block);
    if (at >= now.n) {
        say(u, change->path, "what was added is no longer there; left as it is");
        return CW_OK;
    }
    BUF_CLEANUP rest = {0};
    buf_add_bytes(&rest, bytes_slice(now, 0, at));
    buf_add_bytes(&rest, bytes_slice(now, at + block.n, now.n));
    const bool made = change->own || change->before.what == FILE_NOTHING;
    if (rest.n == 0 && made)
        return file_unlink(in->root, change->path, error);
    if (!change->own)
        say(u, change->path, "changed by others since: only what was added was taken out");
    return file_write_atomic(in->root, change->path, buf_bytes(&rest), change->before.mode, error);
}

static enum cw_code git_remove(const struct undoing *u, const struct journal_change *change,
                               struct bytes now, struct error *error)
{
    const char *const argv[] = {"git",        "config",        "--file",
                                "{copy}",     "--fixed-value", "--unset-all",
                                change->name, change->value,   NULL};
    BUF_CLEANUP rest = {0};
    if (bytes_find(now, bytes_str(change->value)) >= now.n) {
        say(u, change->path, "what was added is no longer there; left as it is");
        return CW_OK;
    }
    TRY(tool_on_copy(u->in, now, argv, &rest, error));
    say(u, change->path, "changed by others since: only what was added was taken out");
    return file_write_atomic(u->in->root, change->path, buf_bytes(&rest), change->before.mode,
                             error);
}

/* keytool -list says "…certificate fingerprint (SHA-256): 9B:1F…" of the alias. */
static bool alias_is_ours(const struct undoing *u, const struct journal_change *change,
                          struct bytes now)
{
    struct container container;
    container_read(now, change->path, u->in->arena, &container);
    for (size_t i = 0; i < container.object_count; i++) {
        const struct object *object = &container.objects[i];
        uint8_t sha256[32];
        crypto_sha256(object->der, sha256);
        if (object->kind == OBJECT_CERTIFICATE && object->origin.alias &&
            strcmp(object->origin.alias, change->name) == 0)
            return strcmp(str_hex(u->in->arena, bytes_of(sha256, sizeof sha256), 0),
                          u->addition->sha256) == 0;
    }
    return false;
}

static enum cw_code keystore_remove(const struct undoing *u, const struct journal_change *change,
                                    struct bytes now, struct error *error)
{
    const char *const argv[] = {"keytool",        "-delete",           "-alias",
                                change->name,     "-keystore",         "{copy}",
                                "-storepass:env", "CERTWHY_STOREPASS", NULL};
    BUF_CLEANUP rest = {0};
    if (!alias_is_ours(u, change, now)) {
        say(u, change->path,
            arena_printf(u->in->arena,
                         "the alias %s is gone, or is another certificate now; left "
                         "as it is",
                         change->name));
        return CW_OK;
    }
    TRY(tool_on_copy(u->in, now, argv, &rest, error));
    say(u, change->path, "changed by others since: only the alias was taken out");
    return file_write_atomic(u->in->root, change->path, buf_bytes(&rest), change->before.mode,
                             error);
}

static enum cw_code foreign_change(const struct undoing *u, const struct journal_change *change,
                                   struct error *error)
{
    BUF_CLEANUP now = {0};
    TRY(file_read(u->in->root, change->path, LIMIT_KEYSTORE_BYTES, &now, error));
    if (*change->block)
        return block_remove(u, change, buf_bytes(&now), error);
    if (strcmp(change->tool, "git") == 0)
        return git_remove(u, change, buf_bytes(&now), error);
    if (strcmp(change->tool, "keytool") == 0)
        return keystore_remove(u, change, buf_bytes(&now), error);
    if (change->own)
        return path_is_in_use(u, change) ? CW_OK : file_unlink(u->in->root, change->path, error);
    return error_set(error, CW_E_INPUT, "%s was changed by others since: look at it yourself",
                     str_safe(u->in->arena, bytes_str(change->path)));
}

static enum cw_code file_undo(const struct undoing *u, const struct journal_change *change,
                              struct error *error)
{
    struct mark now;
    TRY(mark_take(u->in->journal, change->path, true, false, &now, error));
    if (now.what == FILE_NOTHING || mark_equal(&now, &change->before))
        return CW_OK;
    if (mark_equal(&now, &change->after))
        return mark_restore(u->in->journal, change->path, true, &change->before, error);
    return foreign_change(u, change, error);
}

/* ---- the system's store ---- */

/* Nobody touched what the tool wrote, though an earlier undoing may have been interrupted: true
 * only of a change that was finished. */
static bool paths_are_as_left(const struct undoing *u, const struct journal_change *change)
{
    for (size_t i = 0; i < change->path_count; i++) {
        struct mark now;
        if (mark_take(u->in->journal, change->paths[i].path, false, false, &now, NULL) != CW_OK ||
            (!mark_equal(&now, &change->paths[i].after) &&
             !mark_equal(&now, &change->paths[i].before)))
            return false;
    }
    return change->progress == PROGRESS_DONE;
}

/* "certwhy-corp-root-9b1f0a22.pem": what the tool calls the link. */
static const char *pem_name(const struct undoing *u, const struct journal_change *change)
{
    const char *name = strrchr(change->path, '/') + 1;
    return arena_printf(u->in->arena, "%.*s.pem", (int)(strlen(name) - strlen(".crt")), name);
}

static const struct mark *java_before(const struct journal_change *change)
{
    for (size_t i = 0; i < change->path_count; i++)
        if (str_ends(change->paths[i].path, "/java/cacerts") &&
            change->paths[i].before.what == FILE_REGULAR)
            return &change->paths[i].before;
    return NULL;
}

/* update-ca-certificates counts no file that is gone: links to it would stay, and what a killed one
 * had begun it would append to. */
static enum cw_code links_drop(const struct undoing *u, const struct journal_change *change,
                               struct error *error)
{
    const struct installer *in = u->in;
    const char **names, *link = pem_name(u, change);
    size_t count;
    TRY(file_list(in->root, ETC_CERTS, LIMIT_STORE_FILES, in->arena, &names, &count, error));
    for (size_t i = 0; i < count; i++) {
        const char *path = arena_printf(in->arena, ETC_CERTS "/%s", names[i]);
        const char *target = file_state(in->root, path, in->arena).target;
        if (strcmp(target, change->path) == 0 || (*target && strcmp(target, link) == 0) ||
            strcmp(names[i], "ca-certificates.crt.new") == 0)
            TRY(file_unlink(in->root, path, error));
    }
    return CW_OK;
}

/* Debian's hook adds to the JVMs' keystore, and does not see that the file is gone. */
static enum cw_code java_drop(const struct undoing *u, const struct journal_change *change,
                              struct error *error)
{
    static const char path[] = ETC_CERTS "/java/cacerts";
    const struct installer *in = u->in;
    BUF_CLEANUP now = {0};
    const struct journal_change alias = {
        .path = path, .name = arena_printf(in->arena, "debian:%s", pem_name(u, change))};
    if (!file_exists(in->root, path))
        return CW_OK;
    TRY(file_read(in->root, path, LIMIT_KEYSTORE_BYTES, &now, error));
    struct container container;
    container_read(buf_bytes(&now), path, in->arena, &container);
    const struct mark *kept = java_before(change);
    if (container.object_count == 0 && kept) /* a hook that was killed while it wrote */
        return mark_restore(in->journal, path, false, kept, error);
    return alias_is_ours(u, &alias, buf_bytes(&now))
               ? keystore_remove(u, &alias, buf_bytes(&now), error)
               : CW_OK;
}

static enum cw_code system_undo(const struct undoing *u, const struct journal_change *change,
                                struct error *error)
{
    const struct installer *in = u->in;
    const bool as_left = paths_are_as_left(u, change);
    TRY(file_undo(u, change, error));
    for (size_t i = 0; as_left && i < change->path_count; i++)
        TRY(mark_restore(in->journal, change->paths[i].path, false, &change->paths[i].before,
                         error));
    if (as_left)
        return CW_OK;
    if (change->progress == PROGRESS_DONE)
        say(u, ETC_CERTS, "changed by others since: update-ca-certificates made it anew");
    TRY(links_drop(u, change, error));
    TRY(java_drop(u, change, error));
    return system_update(in, error);
}

/* ---- NSS ---- */

static bool nickname_is_added(const struct undoing *u, const struct journal_change *change)
{
    const char *const argv[] = {"certutil", "-L",         "-d", nss_name(u->in, change->path),
                                "-n",       change->name, "-r", NULL};
    BUF_CLEANUP der = {0};
    uint8_t sha256[32];
    if (tool_run(u->in, argv, &der, NULL) != CW_OK)
        return false;
    crypto_sha256(buf_bytes(&der), sha256);
    return strcmp(str_hex(u->in->arena, bytes_of(sha256, sizeof sha256), 0), u->addition->sha256) ==
           0;
}

static enum cw_code nss_undo(const struct undoing *u, const struct journal_change *change,
                             struct error *error)
{
    const char *const database = nss_name(u->in, change->path);
    const char *const drop[] = {"certutil",   "-D", "-d",        database, "-n",
                                change->name, "-f", "/dev/null", NULL};
    const char *const flags[] = {"certutil", "-M",          "-d", database,    "-n", change->name,
                                 "-t",       change->value, "-f", "/dev/null", NULL};
    BUF_CLEANUP said = {0};
    if (!nickname_is_added(u, change))
        return CW_OK;
    return tool_run(u->in, *change->value ? flags : drop, &said, error);
}

/* Made for the certificate; it goes when nothing else came into it. */
static enum cw_code database_undo(const struct undoing *u, const struct journal_change *change,
                                  struct error *error)
{
    const struct installer *in = u->in;
    const char *const list[] = {"certutil", "-L", "-d", nss_name(in, change->path), NULL};
    const char *const keys[] = {"certutil", "-K", "-d", nss_name(in, change->path), NULL};
    BUF_CLEANUP said = {0}, ignored = {0};
    const bool reads = tool_run(in, list, &said, NULL) == CW_OK;
    const bool has_keys = tool_run(in, keys, &ignored, NULL) == CW_OK;
    const char *flags = strstr(buf_cstr(&said), "SSL,S/MIME");
    const char *rest = flags ? strchr(flags, '\n') : "";
    if (reads && (has_keys || (rest && rest[strspn(rest, " \n")]))) {
        say(u, change->path, "the database holds other certificates now: it stays");
        return CW_OK;
    }
    for (size_t i = 0; i < sizeof nss_files / sizeof *nss_files; i++)
        TRY(file_unlink(in->root, arena_printf(in->arena, "%s/%s", change->path, nss_files[i]),
                        error));
    return CW_OK;
}

/* ---- an addition ---- */

/* A directory may have been made for another addition, which is gone already. */
static void directories_drop(const struct undoing *u, const struct journal_change *change)
{
    const struct journal *j = u->in->journal;
    const char *path = arena_printf(u->in->arena, "%s/", change->path);
    for (size_t i = 0; i < j->change_count; i++)
        for (size_t k = j->changes[i].made_count; k > 0; k--)
            if (str_starts(path, arena_printf(u->in->arena, "%s/", j->changes[i].made[k - 1])))
                file_remove_dir(u->in->root, j->changes[i].made[k - 1]);
}

static enum cw_code change_undo(const struct undoing *u, struct journal_change change,
                                struct error *error)
{
    switch (change.kind) {
    case CHANGED_FILE:
        TRY(file_undo(u, &change, error));
        break;
    case CHANGED_SYSTEM:
        TRY(system_undo(u, &change, error));
        break;
    case CHANGED_NSS:
        TRY(nss_undo(u, &change, error));
        break;
    case CHANGED_DATABASE:
        TRY(database_undo(u, &change, error));
        break;
    }
    file_drop_temporaries(u->in->root, change.path);
    directories_drop(u, &change);
    change.progress = PROGRESS_UNDONE;
    return journal_put_change(u->in->journal, &change, error);
}

static const struct journal_addition *addition_find(const struct journal *j, const char *id)
{
    for (size_t i = 0; i < j->addition_count; i++)
        if (strcmp(j->additions[i].id, id) == 0)
            return &j->additions[i];
    return NULL;
}

enum cw_code install_undo(const struct installer *in, const char *id, struct buf *says,
                          struct error *error)
{
    struct journal *j = in->journal;
    const struct journal_addition *found = addition_find(j, id);
    if (!found || !addition_stands(found))
        return CW_OK;
    struct journal_addition addition = *found;
    const struct undoing undoing = {.in = in, .addition = &addition, .says = says};
    for (size_t i = addition.change_count; i > 0; i--) {
        const struct journal_change *change = journal_change_find(j, addition.changes[i - 1]);
        if (change && change->progress != PROGRESS_UNDONE &&
            !journal_is_needed(j, change->id, addition.id))
            TRY(change_undo(&undoing, *change, error));
    }
    addition.progress = PROGRESS_UNDONE;
    return journal_put_addition(j, &addition, error);
}
