/* SPDX-License-Identifier: Apache-2.0 */
/* File targets: judged as if a server had sent the certificates in the order of the file. */
#include "internal.h"

#include <string.h>

static void sent_from_file(struct arena *arena, struct observation *out)
{
    size_t cap = 0;
    for (size_t i = 0; i < out->file.object_count; i++) {
        const struct object *object = &out->file.objects[i];
        if (object->kind != OBJECT_CERTIFICATE)
            continue;
        if (out->sent_count == LIMIT_SENT_CERTS) {
            out->sent_limit_hit = true;
            return;
        }
        out->sent = arena_grow(arena, out->sent, out->sent_count, &cap, sizeof *out->sent);
        struct seen *seen = &out->sent[out->sent_count];
        *seen = (struct seen){.cert = cert_parse(object->der), .origin = object->origin};
        seen->origin.kind = ORIGIN_FILE;
        seen->origin.position = out->sent_count++;
    }
}

enum cw_code file_observe(const struct observe_options *options, struct arena *arena,
                          struct observation *out, struct error *error)
{
    const char *path = out->target.path;
    BUF_CLEANUP content = {0};
    log_line(1, "reading %s", path);
    if (strcmp(path, "-") == 0)
        TRY(file_read_stdin(LIMIT_FILE_BYTES, &content, error));
    else
        TRY(file_read(options->root, path, LIMIT_FILE_BYTES, &content, error));
    if (case_recognise(buf_bytes(&content))) {
        log_line(1, "replaying a saved case");
        return case_read(buf_bytes(&content), path, arena, out, error);
    }
    const char *where = strcmp(path, "-") == 0 ? "(standard input)" : path;
    container_read(buf_bytes(&content), where, arena, &out->file);
    sent_from_file(arena, out);
    log_line(1, "%zu bytes, %zu objects, %zu certificates, %zu faults", content.n,
             out->file.object_count, out->sent_count, out->file.fault_count);
    return CW_OK;
}
