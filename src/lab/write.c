/* SPDX-License-Identifier: Apache-2.0 */
/* `lab list` and `lab write`: the scenarios as text, JSON and files. */
#include <stdlib.h>

#include "describe.h"
#include "lab.h"
#include "material.h"

static void list_text(const struct scenario *const *scenarios, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%-34s %s\n", scenarios[i]->name, scenarios[i]->title);
}

static void list_json(const struct scenario *const *scenarios, size_t count, struct buf *out)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, scenario_json(scenarios[i]));
    char *text = json_dumps(array, JSON_INDENT(1));
    buf_add_str(out, text ? text : "[]");
    buf_add_byte(out, '\n');
    free(text);
    json_decref(array);
}

enum cw_code lab_list(const struct lab_request *request, bool json, struct buf *out,
                      struct error *err)
{
    struct arena arena = {0};
    const struct scenario **scenarios;
    size_t count;
    const enum cw_code code =
        scenario_select(request->patterns, request->pattern_count, &arena, &scenarios, &count, err);
    if (code == CW_OK)
        (json ? list_json : list_text)(scenarios, count, out);
    arena_free(&arena);
    return code;
}

static enum cw_code scenario_write(struct lab *lab, const struct scenario *scenario,
                                   const char *dir, struct error *err)
{
    struct material material;
    BUF_CLEANUP text = {0};
    const struct whereabouts where = {
        .at = time_rfc3339(&lab->arena, material_client_time(lab, scenario))};
    json_line(whereabouts_json(scenario, &where, &lab->arena), &text);
    enum cw_code code = material_mint(lab, scenario, &material, err);
    if (code == CW_OK)
        code =
            material_write(lab, &material, arena_printf(&lab->arena, "%s/%s", dir, scenario->name),
                           buf_cstr(&text), err);
    material_free(&material);
    return code;
}

enum cw_code lab_write(const struct lab_request *request, size_t *count, struct error *err)
{
    struct lab lab = {.seed = bytes_str(request->seed), .at = request->at};
    const struct scenario **scenarios;
    *count = 0;
    enum cw_code code = scenario_select(request->patterns, request->pattern_count, &lab.arena,
                                        &scenarios, count, err);
    for (size_t i = 0; code == CW_OK && i < *count; i++)
        code = scenario_write(&lab, scenarios[i], request->dir, err);
    lab_free(&lab);
    return code;
}
