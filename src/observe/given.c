/* SPDX-License-Identifier: Apache-2.0 */
/* Documents that need no fetch: files of --crl and --ocsp, and what the server stapled. */
#include <string.h>

#include "internal.h"

/* A file that is named and holds no such thing is the user's mistake, not the world's. */
static enum cw_code check_usable(const struct document *document, struct error *error)
{
    if (document->crl || document->ocsp)
        return CW_OK;
    return error_set(error, CW_E_INPUT, "cannot use %s: %s", document->where, document->why);
}

static enum cw_code file_give(const char *root, const char *path, enum want_kind kind,
                              struct arena *arena, struct observation *out, struct error *error)
{
    struct document document = {.kind = kind,
                                .from = DOCUMENT_GIVEN,
                                .where = str_safe(arena, bytes_str(path)),
                                .result = FETCH_OK,
                                .why = ""};
    TRY(file_map(root, path, &document.map, error));
    document.body = bytes_of(document.map.p, document.map.n);
    const size_t at = out->document_count;
    observation_add_document(out, &document, arena);
    log_line(1, "%s: %zu bytes%s%s", document.where, document.body.n,
             *out->documents[at].why ? ": " : "", out->documents[at].why);
    return check_usable(&out->documents[at], error);
}

enum cw_code documents_give(const struct observe_options *options, struct arena *arena,
                            struct observation *out, struct error *error)
{
    for (size_t i = 0; i < options->crl_count; i++)
        TRY(file_give(options->root, options->crls[i], WANT_CRL, arena, out, error));
    for (size_t i = 0; i < options->ocsp_count; i++)
        TRY(file_give(options->root, options->ocsps[i], WANT_OCSP, arena, out, error));
    return CW_OK;
}
