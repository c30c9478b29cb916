/* SPDX-License-Identifier: Apache-2.0 */
/* Tables with a date: what is compiled in, what `certwhy update-data` installed in its place, what
 * a case was judged by. */
#include "certwhy_internal.h"

#include <stdlib.h>
#include <string.h>

/* An installed table, when there is one that can be mapped. */
static struct bytes table_open(struct cw_report *report, const char *name, struct mapping *map)
{
    const struct cw_options *options = report->options;
    const char *path = trust_data_path(&report->arena, &options->environment, name);
    struct error error = {0};
    if (!*path || !file_exists(options->root, path))
        return bytes_of(NULL, 0);
    if (file_map(options->root, path, map, &error) != CW_OK)
        log_line(1, "%s", error.text);
    return bytes_of(map->p, map->n);
}

/* "*.co.uk" for x.co.uk: only then does anybody ask for the list. */
static bool shows_wildcard(const struct observation *seen, const char *domain)
{
    struct arena arena = {0};
    const struct bytes pattern = bytes_str(arena_printf(&arena, "*.%s", domain));
    bool shown = false;
    for (size_t i = 0; i < seen->sent_count && !shown; i++)
        shown = bytes_find(seen->sent[i].cert->der, pattern) != SIZE_MAX;
    arena_free(&arena);
    return shown;
}

static bool is_below_registry(const struct cw_report *report, const struct observation *seen)
{
    const char *dot = seen->target.name_kind == NAME_DNS ? strchr(seen->target.name, '.') : NULL;
    return dot && strchr(dot + 1, '.') && shows_wildcard(seen, dot + 1) &&
           suffix_is_registry(report->suffixes, dot + 1);
}

void tables_open(struct cw_report *report)
{
    struct ct_logs logs;
    report->roots = table_open(report, "roots.tsv", &report->roots_map);
    report->ct_logs = table_open(report, "ct-logs.tsv", &report->ct_logs_map);
    report->suffixes = table_open(report, "public_suffix_list.dat", &report->suffixes_map);
    if (report->ct_logs.p && !ct_logs_read(&report->arena, report->ct_logs, &logs)) {
        log_line(1, "the installed list of transparency logs is damaged");
        report->ct_logs = bytes_of(NULL, 0);
    }
    if (!report->ct_logs.p)
        report->ct_logs = bytes_str(ct_logs_text);
}

void tables_close(struct cw_report *report)
{
    file_unmap(&report->roots_map);
    file_unmap(&report->ct_logs_map);
    file_unmap(&report->suffixes_map);
}

void tables_choose(const struct cw_report *report, struct checked *checked)
{
    struct observation *seen = &checked->observation;
    struct judge_input *input = &checked->report.input;
    const bool replay = seen->stores_from_case;
    if (!replay)
        seen->below_registry = is_below_registry(report, seen);
    input->roots = replay ? seen->roots : report->roots;
    input->ct_logs = replay ? seen->ct_logs : report->ct_logs;
    if (!input->ct_logs.p) /* a case of before cases held such tables */
        input->ct_logs = bytes_str(ct_logs_text);
}

/* ---- for a case ---- */

static bool mentions(const struct observation *seen, const struct ct_log *log)
{
    const struct bytes id = bytes_of(log->id, sizeof log->id);
    const struct connection *connection = observation_primary(seen);
    bool found = connection && (bytes_find(connection->handshake.sct_list, id) != SIZE_MAX ||
                                bytes_find(connection->handshake.stapled_ocsp, id) != SIZE_MAX);
    for (size_t i = 0; i < seen->sent_count && !found; i++)
        found = bytes_find(seen->sent[i].cert->der, id) != SIZE_MAX;
    return found;
}

static bool is_public(const struct checked *checked)
{
    const struct graph *graph = &checked->report.verdict.graph;
    const struct bytes roots = checked->report.input.roots;
    struct root_standing standing;
    for (size_t i = 0; i < graph->node_count; i++)
        if (graph->nodes[i].stores &&
            root_standing_find(roots, graph->nodes[i].cert->sha256, &standing))
            return true;
    return false;
}

static struct bytes logs_keep(struct arena *arena, const struct checked *checked)
{
    struct ct_logs logs;
    BUF_CLEANUP text = {0};
    if (!is_public(checked) || !ct_logs_read(arena, checked->report.input.ct_logs, &logs))
        return bytes_of(NULL, 0);
    bool *wanted = arena_array(arena, logs.count + 1, sizeof *wanted);
    for (size_t i = 0; i < logs.count; i++)
        wanted[i] = mentions(&checked->observation, &logs.items[i]);
    ct_logs_write(&logs, wanted, &text);
    return arena_bytes(arena, buf_bytes(&text));
}

static int compare_digests(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

/* Lines of the table that was installed, in its order; what is compiled in is the same in each
 * program of this version. */
static struct bytes roots_keep(struct arena *arena, const struct checked *checked)
{
    const struct graph *graph = &checked->report.verdict.graph;
    BUF_CLEANUP text = {0};
    if (!checked->report.input.roots.p)
        return bytes_of(NULL, 0);
    uint8_t(*digests)[32] = arena_array(arena, graph->node_count + 1, sizeof *digests);
    for (size_t i = 0; i < graph->node_count; i++)
        memcpy(digests[i], graph->nodes[i].cert->sha256, sizeof digests[i]);
    if (graph->node_count > 1)
        qsort(digests, graph->node_count, sizeof *digests, compare_digests);
    root_table_head(checked->report.input.roots, &text);
    for (size_t i = 0; i < graph->node_count; i++)
        root_table_add(&text, checked->report.input.roots, digests[i]);
    return arena_bytes(arena, buf_bytes(&text));
}

void tables_keep(struct arena *arena, const struct checked *checked, struct observation *out)
{
    out->ct_logs = logs_keep(arena, checked);
    out->roots = roots_keep(arena, checked);
}
