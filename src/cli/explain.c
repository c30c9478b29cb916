/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy explain: what a rule means, why clients mind, what to do; or what a client's message
 * means.
 */
#include "explain_message.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* ---- as a document ---- */

static const char *format_of(const struct arguments *arguments)
{
    const char *format = argument_value(arguments, "format");
    return format ? format : "text";
}

static bool is_json(const struct arguments *arguments)
{
    return strcmp(format_of(arguments), "json") == 0;
}

/* HTML and man pages are made of rules alone: one, a family, or all. */
static int print_document(const struct command *command, const struct arguments *arguments,
                          const char *words)
{
    size_t count = 0, chosen = 0;
    const struct rule *table = rule_table(&count), *one = *words ? rule_find(words) : NULL;
    const struct rule **rules = arena_array(arguments->arena, count + 1, sizeof *rules);
    BUF_CLEANUP out = {0};
    for (size_t i = 0; i < count; i++)
        if (one ? &table[i] == one : is_in_family(&table[i], words))
            rules[chosen++] = &table[i];
    if (chosen == 0)
        return command_unusable(command, "--format %s is for rules: there is none \"%.200s\"",
                                format_of(arguments), words);
    rule_pages(rules, chosen, strcmp(format_of(arguments), "html") == 0 ? PAGE_HTML : PAGE_MAN,
               &out);
    return output_write(NULL, buf_bytes(&out)) ? EXIT_ACCEPTED : EXIT_UNUSABLE;
}

/* ---- servers: where they log what clients say ---- */

static json_t *server_json(const struct server_page *server)
{
    return json_pack("{s:s, s:s, s:s}", "server", server->id, "title", server->title, "page",
                     server->text);
}

static int show_server(const struct server_page *server, bool as_json)
{
    if (as_json)
        return print_json(json_pack("{s:[], s:o}", "matches", "server", server_json(server)),
                          EXIT_ACCEPTED);
    BUF_CLEANUP out = {0};
    buf_printf(&out, "%s\n", server->text);
    return output_write(NULL, buf_bytes(&out)) ? EXIT_ACCEPTED : EXIT_UNUSABLE;
}

/* `certwhy explain servers`: of each what is so and what to do. */
static int list_servers(bool as_json)
{
    BUF_CLEANUP out = {0};
    json_t *list = json_array();
    for (size_t i = 0; i < server_page_count; i++) {
        const struct server_page *server = &server_pages[i];
        const char *rest = strstr(server->text, "\n\n");
        json_array_append_new(list, server_json(server));
        buf_printf(&out, "%.*s\n  certwhy explain %s\n\n",
                   rest ? (int)(rest - server->text) : (int)strlen(server->text), server->text,
                   server->id);
    }
    if (as_json)
        return print_json(json_pack("{s:[], s:o}", "matches", "servers", list), EXIT_ACCEPTED);
    json_decref(list);
    buf_add_str(&out,
                "What a line of such a log means: certwhy explain 'THE LINE', or explain FILE.\n");
    return output_write(NULL, buf_bytes(&out)) ? EXIT_ACCEPTED : EXIT_UNUSABLE;
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
                           const char *text)
{
    struct client_words words;
    const bool client = profile_find(text) || client_words_find(text, &words);
    const char *near = strchr(text, ' ') ? NULL : nearest_rule(arguments->arena, text);
    struct error error = {0};
    if (client)
        error_set(&error, CW_E_USAGE,
                  "\"%.200s\" is a client, no message: its page is certwhy clients %.200s", text,
                  text);
    else if (near)
        error_set(&error, CW_E_USAGE, "there is no rule \"%.200s\": did you mean \"%s\"?", text,
                  near);
    else
        error_set(&error, CW_E_USAGE,
                  "no client is known to say what stands in \"%.200s\": paste more of what it "
                  "printed, or ask "
                  "the server itself: certwhy check HOST:PORT",
                  text);
    command_failed(command, &error);
    return EXIT_FINDINGS;
}

/* ---- where the text comes from ---- */

/* `certwhy explain` alone lists the rules; behind a pipe it reads. */
static bool stdin_has_text(void)
{
    struct stat about;
    return fstat(STDIN_FILENO, &about) == 0 &&
           (S_ISFIFO(about.st_mode) || S_ISREG(about.st_mode) || S_ISSOCK(about.st_mode));
}

static enum cw_code text_read(const char *path, struct buf *out, struct error *error)
{
    if (strcmp(path, "-") == 0)
        return file_read_stdin(LIMIT_LOG_BYTES, out, error);
    return file_read("", path, LIMIT_LOG_BYTES, out, error);
}

static bool is_file(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

static int explain_text(const struct command *command, const struct arguments *arguments,
                        struct bytes text, const char *shown)
{
    const bool as_json = is_json(arguments);
    BUF_CLEANUP out = {0};
    const size_t count = explain_message(text, as_json, arguments->arena, &out);
    if (out.n && !output_write(NULL, buf_bytes(&out)))
        return EXIT_UNUSABLE;
    return count ? EXIT_ACCEPTED : nothing_matches(command, arguments, shown);
}

/* A word that is no rule: a family of rules, a file, or a message. */
static int explain_words(const struct command *command, const struct arguments *arguments,
                         const char *words)
{
    BUF_CLEANUP out = {0};
    struct error error = {0};
    if (list_rules(words, is_json(arguments), &out) > 0)
        return output_write(NULL, buf_bytes(&out)) ? EXIT_ACCEPTED : EXIT_UNUSABLE;
    if (!is_file(words))
        return explain_text(command, arguments, bytes_str(words), words);
    BUF_CLEANUP text = {0};
    if (text_read(words, &text, &error) != CW_OK)
        return command_failed(command, &error);
    return explain_text(command, arguments, buf_bytes(&text), words);
}

static int explain_run(const struct command *command, const struct arguments *arguments)
{
    BUF_CLEANUP words = {0}, text = {0};
    struct error error = {0};
    for (size_t i = 0; i < arguments->operand_count; i++)
        buf_printf(&words, "%s%s", i ? " " : "", arguments->operands[i]);
    const char *format = format_of(arguments);
    if (strcmp(format, "html") == 0 || strcmp(format, "man") == 0)
        return print_document(command, arguments, buf_cstr(&words));
    if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
        return command_unusable(command, "--format takes text, json, html or man");
    const bool reads = strcmp(buf_cstr(&words), "-") == 0 || (!words.n && stdin_has_text());
    if (reads && text_read("-", &text, &error) != CW_OK)
        return command_failed(command, &error);
    if (text.n)
        return explain_text(command, arguments, buf_bytes(&text), "this text");
    const struct rule *rule = words.n ? rule_find(buf_cstr(&words)) : NULL;
    const struct server_page *server = words.n ? server_page_find(buf_cstr(&words)) : NULL;
    if (rule)
        return show_rule(rule, is_json(arguments));
    if (server)
        return show_server(server, is_json(arguments));
    if (strcmp(buf_cstr(&words), "servers") == 0)
        return list_servers(is_json(arguments));
    return explain_words(command, arguments, buf_cstr(&words));
}

static const struct option_spec options[] = {
    {.name = "format",
     .value = "text|json|html|man",
     .help = "how to print; html and man: pages of rules alone (default: text)"},
    {.name = "json", .alias = "format", .fixed = "json", .help = "short for --format json"},
    {.name = NULL},
};

const struct command explain_command = {
    .name = "explain",
    .summary = "what a client's error message or a finding means: cause, fix, what not to do",
    .usage = "explain [MESSAGE|FILE|-|RULE|FAMILY|SERVER|servers] [options]",
    .about =
        "Recognises what a client said in a message, a file or standard input (a whole log will "
        "do):\n"
        "which client it was, what it can mean, most likely first, and how to find out which.\n"
        "With the id of a rule, which stands at the end of each finding of certwhy check, prints\n"
        "its page; with nothing, lists all rules. Exit status 1 when nothing is recognised.\n"
        "With the name of a server (nginx, apache, haproxy, postfix …): where it logs that a "
        "client\n"
        "rejected its certificate, in which words, and how to make it say more; servers: all.",
    .examples = "  certwhy explain 'x509: certificate signed by unknown authority'\n"
                "  pip install requests 2>&1 | certwhy explain\n"
                "  certwhy explain build.log\n"
                "  certwhy explain chain.missing-intermediate\n"
                "  certwhy explain chain                       the rules of one family\n"
                "  certwhy explain                             all rules\n"
                "  certwhy explain nginx                       where nginx logs what clients say\n"
                "  certwhy explain --format html > rules.html  all pages",
    .options = options,
    .run = explain_run,
};
