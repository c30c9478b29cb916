/* SPDX-License-Identifier: Apache-2.0 */
/* The same input gives the same bytes: judged twice, and judged again from a saved case, on what
 * stands in the case alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certwhy.h"
#include "reasons.h"

static bool file_put(const char *path, struct bytes content)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return false;
    const bool written = fwrite(content.p, 1, content.n, file) == content.n;
    return fclose(file) == 0 && written;
}

/** The report of a saved case, and the case that it would be saved as. */
static bool replay(const char *path, struct buf *json, struct buf *again)
{
    struct cw_options *options = cw_options_new();
    struct cw_report *report = NULL;
    struct cw_error error = {0};
    struct error save = {0};
    char *text = NULL;
    bool done = cw_check(path, options, &report, &error) == CW_OK &&
                cw_report_render(report, "json", &text, &error) == CW_OK &&
                report_case(report, 0, again, &save) == CW_OK;
    if (done)
        buf_add_str(json, text);
    else
        printf("  %s %s\n", error.text, save.text);
    free(text);
    cw_report_free(report);
    cw_options_free(options);
    return done;
}

/** Where two texts part, for a person. */
static void difference_print(const char *what, const struct buf *a, const struct buf *b)
{
    size_t i = 0;
    while (i < a->n && i < b->n && a->p[i] == b->p[i])
        i++;
    const size_t from = i > 60 ? i - 60 : 0;
    printf("  %s: …%.*s…\n  %*s but …%.*s…\n", what, (int)(a->n - from < 160 ? a->n - from : 160),
           (const char *)a->p + from, (int)strlen(what), "",
           (int)(b->n - from < 160 ? b->n - from : 160), (const char *)b->p + from);
}

static bool same(const char *what, const struct buf *a, const struct buf *b)
{
    const bool equal = bytes_equal(buf_bytes(a), buf_bytes(b));
    if (!equal)
        difference_print(what, a, b);
    return equal;
}

bool replay_is_same(struct scene *scene, const char *path)
{
    struct stage stage, twin;
    struct sig_memo *memo = sig_memo_new(), *fresh = sig_memo_new();
    BUF_CLEANUP first = {0};
    BUF_CLEANUP second = {0};
    BUF_CLEANUP saved = {0};
    BUF_CLEANUP replayed = {0};
    BUF_CLEANUP resaved = {0};
    stage_run(&stage, scene, memo, true);
    stage_json(&stage, &first);
    stage_run(&twin, scene, fresh, true);
    stage_json(&twin, &second);
    const bool done = stage_case(&stage, &saved) && file_put(path, buf_bytes(&saved)) &&
                      replay(path, &replayed, &resaved);
    const bool equal = done && same("judged twice", &first, &second) &&
                       same("replayed", &first, &replayed) && same("saved again", &saved, &resaved);
    stage_free(&stage);
    stage_free(&twin);
    sig_memo_free(memo);
    sig_memo_free(fresh);
    return equal;
}
