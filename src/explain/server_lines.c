/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration lines on a rule's page: "    nginx     ssl_protocols TLSv1.2 TLSv1.3;". */
#include <string.h>

#include "internal.h"

enum { INDENT = 4, LINES_MAX = 24 };

static const char *const servers[] = {"nginx",   "Apache", "HAProxy", "Postfix",
                                      "Dovecot", "Tomcat", "Envoy",   "Caddy"};
enum { SERVERS = sizeof servers / sizeof *servers };

const char *const *server_names(size_t *count)
{
    *count = SERVERS;
    return servers;
}

/** The next line of a page without its end; false: there is none. */
static bool line_next(const char **text, struct bytes *out)
{
    if (**text == '\0')
        return false;
    const size_t n = strcspn(*text, "\n");
    *out = bytes_of(*text, n);
    *text += n + ((*text)[n] == '\n');
    return true;
}

static bool is_indented(struct bytes line)
{
    return line.n > INDENT && memcmp(line.p, "    ", INDENT) == 0 && line.p[INDENT] != ' ';
}

/* Which server a line is for: its name, then two spaces or more. */
static const char *server_of(struct bytes line, size_t *after)
{
    for (size_t i = 0; i < SERVERS && is_indented(line); i++) {
        const size_t n = strlen(servers[i]);
        const size_t at = INDENT + n;
        if (line.n <= at + 1 || memcmp(line.p + INDENT, servers[i], n) != 0 || line.p[at] != ' ')
            continue;
        *after = at;
        while (*after < line.n && line.p[*after] == ' ')
            (*after)++;
        return servers[i];
    }
    return NULL;
}

/* "LIST is, on one line:" is followed by the list, wrapped for the page. */
static const char *list_of(const char *page, struct arena *arena)
{
    const char *text = strstr(page, "LIST is");
    BUF_CLEANUP list = {0};
    struct bytes line;
    size_t after;
    if (!text)
        return "";
    line_next(&text, &line);
    while (line_next(&text, &line) &&
           (line.n == 0 || (is_indented(line) && !server_of(line, &after))))
        if (line.n)
            buf_add_bytes(&list, bytes_slice(line, INDENT, line.n));
        else if (list.n)
            break;
    return arena_strdup(arena, buf_cstr(&list));
}

/* LIST becomes the list; [LIST] the same with commas, as YAML has it. */
static const char *line_fill(const char *line, const char *list, struct arena *arena)
{
    const char *at = strstr(line, "LIST");
    if (!at || !*list)
        return line;
    const bool commas = at > line && at[-1] == '[';
    BUF_CLEANUP out = {0};
    buf_append(&out, line, (size_t)(at - line));
    for (const char *p = list; *p; p++)
        if (commas && *p == ':')
            buf_add_str(&out, ", ");
        else
            buf_add_byte(&out, (uint8_t)*p);
    buf_add_str(&out, at + strlen("LIST"));
    return arena_strdup(arena, buf_cstr(&out));
}

struct server_line *server_lines(const struct rule *rule, struct arena *arena, size_t *count)
{
    struct server_line *out = arena_array(arena, LINES_MAX, sizeof *out);
    const char *list = list_of(rule->fix, arena), *page = rule->fix;
    struct bytes line;
    size_t after = 0;
    *count = 0;
    while (*count < LINES_MAX && line_next(&page, &line)) {
        const char *server = server_of(line, &after);
        if (!server)
            continue;
        const struct bytes rest = bytes_slice(line, after, line.n);
        out[(*count)++] = (struct server_line){
            .server = server,
            .text = line_fill(arena_strndup(arena, (const char *)rest.p, rest.n), list, arena)};
    }
    return out;
}
