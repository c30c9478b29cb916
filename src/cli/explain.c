/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy explain: what a rule means, why clients mind, what to do. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static int print_json(json_t *json, int status)
{
    char *text = json_dumps(json, JSON_INDENT(2));
    json_decref(json);
    BUF_CLEANUP out = {0};
    buf_printf(&out, "%s\n", text ? text : "{}");
    free(text);
    return output_write(NULL, buf_bytes(&out)) ? status : EXIT_UNUSABLE;
}

static json_t *rule_json(const struct rule *rule)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "rule", rule->id, "title",
                     rule->title, "severity", severity_name(rule->severity), "references",
                     rule->references, "wrong", rule->wrong, "why", rule->why, "fix", rule->fix,
                     "not_do", rule->not_do, "risks", rule->risks);
}

/* ---- one rule ---- */

static int show_rule(const struct rule *rule, bool as_json)
{
    if (as_json)
        return print_json(json_pack("{s:[], s:o}", "matches", "rule", rule_json(rule)),
                          EXIT_ACCEPTED);
    BUF_CLEANUP page = {0};
    rule_page(rule, output_width(), &page);
    return output_write(NULL, buf_bytes(&page)) ? EXIT_ACCEPTED : EXIT_UNUSABLE;
}

/* ---- all rules, or those of a family ("chain.") ---- */

static bool is_in_family(const struct rule *rule, const char *family)
{
    const size_t n = strlen(family);
    return n == 0 ||
           (strncmp(rule->id, family, n) == 0 && (family[n - 1] == '.' || rule->id[n] == '.'));
}

static size_t list_rules(const char *family, bool as_json, struct buf *out)
{
    size_t count = 0, listed = 0, width = 0;
    const struct rule *table = rule_table(&count);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        if (strlen(table[i].id) > width)
            width = strlen(table[i].id);
    for (size_t i = 0; i < count; i++) {
        if (!is_in_family(&table[i], family))
            continue;
        listed++;
        if (as_json)
            json_array_append_new(list, rule_json(&table[i]));
        else
            buf_printf(out, "%-*s  %-7s  %s\n", (int)width, table[i].id,
                       severity_name(table[i].severity), table[i].title);
    }
    if (as_json) {
        char *text = json_dumps(list, JSON_INDENT(2));
        buf_printf(out, "{\"matches\":[],\"rules\":%s}\n", text ? text : "[]");
        free(text);
    }
    json_decref(list);
    return listed;
}

/* ---- what is no rule ---- */

static const char *nearest_rule(struct arena *arena, const char *word)
{
    size_t count = 0;
    const struct rule *table = rule_table(&count);
    const char **ids = arena_array(arena, count + 1, sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = table[i].id;
    return str_nearest(word, ids);
}

static int nothing_matches(const struct command *command, const struct arguments *arguments,
                           const char *text, bool as_json)
{
    const char *near = nearest_rule(arguments->arena, text);
    struct error error = {0};
    if (near)
        error_set(&error, CW_E_USAGE, "there is no rule \"%.200s\": did you mean \"%s\"?", text,
                  near);
    else
        error_set(&error, CW_E_USAGE,
                  "\"%.200s\" is no rule id, and this version does not recognise "
                  "clients' error messages yet: certwhy explain lists the rules, "
                  "certwhy check TARGET finds the cause",
                  text);
    command_failed(command, &error);
    return as_json ? print_json(json_pack("{s:[]}", "matches"), EXIT_FINDINGS) : EXIT_FINDINGS;
}

static int explain_run(const struct command *command, const struct arguments *arguments)
{
    const bool as_json = argument_given(arguments, "json");
    BUF_CLEANUP text = {0};
    for (size_t i = 0; i < arguments->operand_count; i++)
        buf_printf(&text, "%s%s", i ? " " : "", arguments->operands[i]);
    const char *words = buf_cstr(&text);
    const struct rule *rule = *words ? rule_find(words) : NULL;
    if (rule)
        return show_rule(rule, as_json);
    BUF_CLEANUP list = {0};
    if (list_rules(words, as_json, &list) == 0)
        return nothing_matches(command, arguments, words, as_json);
    return output_write(NULL, buf_bytes(&list)) ? EXIT_ACCEPTED : EXIT_UNUSABLE;
}

static const struct option_spec options[] = {
    {.name = "json", .help = "as JSON"},
    {.name = NULL},
};

const struct command explain_command = {
    .name = "explain",
    .summary = "what a finding means: cause, fix, what not to do",
    .usage = "explain [RULE|FAMILY] [--json]",
    .about =
        "Prints the page of a rule, as it stands at the end of each finding of certwhy check.\n"
        "Without a rule all rules are listed. Exit status 1 when nothing matches.",
    .examples = "  certwhy explain chain.missing-intermediate\n"
                "  certwhy explain chain                       the rules of one family\n"
                "  certwhy explain                             all rules",
    .options = options,
    .run = explain_run,
};
