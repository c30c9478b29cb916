/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy trust remove, update and list --added: what add did, undone, made anew or shown. */
#include "trust_change.h"

#include <stdio.h>
#include <string.h>

/* ---- which additions ---- */

/** Lower-case hex digits of a fingerprint, however it is written; "" it is none. */
static const char *digits_of(struct arena *arena, const char *word)
{
    enum { LEAST = 8, MOST = 64 };
    BUF_CLEANUP digits = {0};
    for (const char *p = word; *p; p++) {
        const bool hex = (*p >= '0' && *p <= '9') || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'f');
        if (hex)
            buf_add_byte(&digits, (uint8_t)(*p >= 'A' && *p <= 'F' ? *p | 0x20 : *p));
        else if (*p != ':' && *p != ' ')
            return "";
    }
    return digits.n >= LEAST && digits.n <= MOST ? arena_strdup(arena, buf_cstr(&digits)) : "";
}

/* The fingerprint of the one certificate of a file. */
static const char *file_digits(struct changing *c, const char *path)
{
    BUF_CLEANUP content = {0};
    struct container container;
    uint8_t sha256[32];
    if (file_read(NULL, path, LIMIT_KEYSTORE_BYTES, &content, NULL) != CW_OK)
        return "";
    container_read(buf_bytes(&content), path, c->job->arena, &container);
    for (size_t i = 0; i < container.object_count; i++)
        if (container.objects[i].kind == OBJECT_CERTIFICATE) {
            crypto_sha256(container.objects[i].der, sha256);
            return str_hex(c->job->arena, bytes_of(sha256, sizeof sha256), 0);
        }
    return "";
}

static bool client_is_meant(const struct changing *c, const char *client)
{
    for (size_t i = 0; i < c->client_count; i++)
        if (strcmp(c->clients[i], client) == 0)
            return true;
    return c->client_count == 0;
}

static size_t additions_find(struct changing *c, const char *word,
                             const struct journal_addition **out, size_t max)
{
    const char *digits =
        file_exists(NULL, word) ? file_digits(c, word) : digits_of(c->job->arena, word);
    size_t count = 0;
    for (size_t i = c->journal.addition_count; i > 0 && count < max; i--) {
        const struct journal_addition *addition = &c->journal.additions[i - 1];
        const bool meant = strcmp(addition->id, word) == 0 || strcmp(word, "all") == 0 ||
                           (*digits && str_starts(addition->sha256, digits));
        if (meant && addition_stands(addition) && client_is_meant(c, addition->client))
            out[count++] = addition;
    }
    return count;
}

static enum cw_code clients_read(struct changing *c, struct error *error)
{
    const char *list = argument_value(c->job->arguments, "for");
    return list ? changing_clients(c, list, error) : CW_OK;
}

/* ---- words ---- */

static void addition_write(struct changing *c, const struct journal_addition *addition,
                           struct buf *out)
{
    struct arena *arena = c->job->arena;
    buf_printf(out, "%-5s %-10s %s%s\n", addition->id, addition->client,
               str_safe(arena, bytes_str(addition->subject)),
               addition->progress == PROGRESS_BEGUN
                   ? "  (interrupted: certwhy trust remove undoes what was done of it)"
                   : "");
    buf_printf(out, "      as %s on %s, valid until %s\n      %s\n", addition->how,
               trust_date(c->job, addition->time), trust_date(c->job, addition->not_after),
               addition->sha256);
}

static void changes_write(struct changing *c, const struct journal_addition *addition,
                          struct buf *out)
{
    for (size_t i = 0; i < addition->change_count; i++) {
        const struct journal_change *change =
            journal_change_find(&c->journal, addition->changes[i]);
        const bool stays = change && journal_is_needed(&c->journal, change->id, addition->id);
        if (change && change->progress != PROGRESS_UNDONE)
            buf_printf(out, "      %s%s\n", str_safe(c->job->arena, bytes_str(change->path)),
                       stays ? " (stays: another addition needs it)" : "");
    }
}

static json_t *addition_json(struct changing *c, const struct journal_addition *addition)
{
    json_t *paths = json_array();
    for (size_t i = 0; i < addition->change_count; i++) {
        const struct journal_change *change =
            journal_change_find(&c->journal, addition->changes[i]);
        if (change)
            json_array_append_new(paths,
                                  json_string(str_safe(c->job->arena, bytes_str(change->path))));
    }
    static const char *const states[] = {"interrupted", "stands", "removed"};
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "id", addition->id, "client",
                     addition->client, "how", addition->how, "subject",
                     str_safe(c->job->arena, bytes_str(addition->subject)), "sha256",
                     addition->sha256, "state", states[addition->progress], "added",
                     time_rfc3339(c->job->arena, addition->time), "paths", paths);
}

/* ---- list --added ---- */

int trust_added(const struct trust_job *job)
{
    struct error error = {0};
    CHANGING_CLEANUP c = {.job = job};
    BUF_CLEANUP out = {0};
    if (changing_open(&c, &error) != CW_OK)
        return command_failed(job->command, &error);
    json_t *list = json_array();
    for (size_t i = 0; i < c.journal.addition_count; i++) {
        const struct journal_addition *addition = &c.journal.additions[i];
        if (!addition_stands(addition))
            continue;
        json_array_append_new(list, addition_json(&c, addition));
        addition_write(&c, addition, &out);
        changes_write(&c, addition, &out);
    }
    if (job->json)
        return trust_print_json(
            json_pack("{s:s, s:o}", "schema", "certwhy/trust-added/1", "additions", list),
            EXIT_ACCEPTED);
    json_decref(list);
    if (out.n == 0)
        buf_printf(&out, "Nothing that certwhy trust add added stands (%s).\n",
                   str_safe(job->arena, bytes_str(c.journal.directory)));
    return output_write(NULL, buf_bytes(&out)) ? EXIT_ACCEPTED : EXIT_UNUSABLE;
}

/* ---- remove ---- */

enum { ADDITIONS_MAX = 1000 };

static int remove_all(struct changing *c, const struct journal_addition *const *found, size_t count,
                      struct buf *out)
{
    const struct installer in = changing_installer(c, c->job->machine);
    struct error busy = {0};
    int status = EXIT_ACCEPTED;
    /* the journal is read anew: what is wanted of the records is taken first */
    const char **ids = arena_array(c->job->arena, count, sizeof *ids);
    const char **clients = arena_array(c->job->arena, count, sizeof *clients);
    for (size_t i = 0; i < count; i++) {
        ids[i] = found[i]->id;
        clients[i] = found[i]->client;
    }
    if (changing_lock(c, &busy) != CW_OK)
        return command_failed(c->job->command, &busy);
    for (size_t i = 0; i < count; i++) {
        BUF_CLEANUP says = {0};
        struct error error = {0};
        const enum cw_code code = install_undo(&in, ids[i], &says, &error);
        buf_printf(out, "  %s %s %s%s%s\n", code == CW_OK ? "✓" : "✗", ids[i], clients[i],
                   code == CW_OK ? ": removed" : ": ", code == CW_OK ? "" : error.text);
        for (const char *p = buf_cstr(&says); *p; p += strcspn(p, "\n"), p += *p == '\n')
            trust_wrap(c->job, out, 6, arena_strndup(c->job->arena, p, strcspn(p, "\n")));
        status = code == CW_OK ? status : EXIT_FINDINGS;
    }
    if (journal_prune(&c->journal, &busy) != CW_OK)
        return command_failed(c->job->command, &busy);
    return status;
}

static int none_found(struct changing *c, const char *word)
{
    const bool all = strcmp(word, "all") == 0;
    if (all && c->client_count == 0)
        return output_write(NULL, bytes_str("Nothing to remove.\n")) ? EXIT_ACCEPTED
                                                                     : EXIT_UNUSABLE;
    return command_unusable(c->job->command,
                            "nothing that certwhy trust add did here matches \"%s\" "
                            "(certwhy trust list --added shows what it did; what root added, sudo "
                            "shows)",
                            word);
}

int trust_remove(const struct trust_job *job, const char *word)
{
    struct error error = {0};
    CHANGING_CLEANUP c = {.job = job};
    const struct journal_addition *found[ADDITIONS_MAX];
    const bool dry = argument_given(job->arguments, "dry-run");
    enum cw_code code = changing_open(&c, &error);
    if (code == CW_OK)
        code = clients_read(&c, &error);
    if (code != CW_OK)
        return command_failed(job->command, &error);
    const size_t count = additions_find(&c, word, found, ADDITIONS_MAX);
    if (count == 0)
        return none_found(&c, word);
    BUF_CLEANUP out = {0}, after = {0};
    for (size_t i = 0; i < count; i++) {
        addition_write(&c, found[i], &out);
        changes_write(&c, found[i], &out);
    }
    if (!job->json && !output_write(NULL, buf_bytes(&out)))
        return EXIT_UNUSABLE;
    if (dry)
        return EXIT_ACCEPTED;
    if (!changing_ask(&c, "Undo these?"))
        return EXIT_UNUSABLE;
    const int status = remove_all(&c, found, count, &after);
    if (!job->json)
        return output_write(NULL, buf_bytes(&after)) ? status : EXIT_UNUSABLE;
    json_t *list = json_array();
    for (size_t i = 0; i < c.journal.addition_count; i++)
        json_array_append_new(list, addition_json(&c, &c.journal.additions[i]));
    return trust_print_json(
        json_pack("{s:s, s:o}", "schema", "certwhy/trust-added/1", "additions", list), status);
}

/* ---- update ---- */

int trust_update(const struct trust_job *job)
{
    struct error error = {0};
    size_t changed = 0;
    CHANGING_CLEANUP c = {.job = job};
    enum cw_code code = changing_open(&c, &error);
    if (code == CW_OK)
        code = changing_lock(&c, &error);
    struct trust_machine *machine = changing_machine(&c);
    const struct installer in = changing_installer(&c, machine);
    if (code == CW_OK)
        code = install_refresh(&in, &changed, &error);
    trust_machine_free(machine);
    if (code != CW_OK)
        return command_failed(job->command, &error);
    BUF_CLEANUP out = {0};
    buf_printf(&out,
               "%zu bundle%s of certwhy's own made anew from the roots that their clients "
               "have now.\n",
               changed, changed == 1 ? "" : "s");
    return output_write(NULL, buf_bytes(&out)) ? EXIT_ACCEPTED : EXIT_UNUSABLE;
}
