/* SPDX-License-Identifier: Apache-2.0 */
/* --expect: the file that the server should serve. A key in it is neither looked at nor kept. */
#include "internal.h"

#include <string.h>

enum cw_code expect_observe(const struct observe_options *options, struct arena *arena,
                            struct observation *out, struct error *error)
{
    const char *path = options->expect;
    BUF_CLEANUP content = {0};
    struct container file;
    TRY(file_read(options->root, path, LIMIT_FILE_BYTES, &content, error));
    container_read(buf_bytes(&content), path, arena, &file);
    if (content.n > 0)
        explicit_bzero(content.p, content.n);
    out->expected_file = arena_strdup(arena, path);
    out->expected = arena_array(arena, LIMIT_SENT_CERTS, sizeof *out->expected);
    for (size_t i = 0; i < file.object_count && out->expected_count < LIMIT_SENT_CERTS; i++) {
        const struct object *object = &file.objects[i];
        if (object->kind != OBJECT_CERTIFICATE)
            continue;
        struct seen *seen = &out->expected[out->expected_count];
        *seen = (struct seen){.cert = cert_parse(object->der), .origin = object->origin};
        seen->origin.kind = ORIGIN_FILE;
        seen->origin.position = out->expected_count++;
    }
    if (out->expected_count > 0)
        return CW_OK;
    return error_set(error, CW_E_INPUT, "--expect %s: there is no certificate in it",
                     str_safe(arena, bytes_str(path)));
}
