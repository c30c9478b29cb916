/* SPDX-License-Identifier: Apache-2.0 */
/* Which proxies programs of this machine are told to use: variables, and configuration files that
 * name one. What stands before the @ of a proxy's URL is nobody's business. */
#include <string.h>

#include "machine.h"

struct collecting {
    struct trust_machine *machine;
    struct proxy_setting *out;
    size_t count, max;
    const char *const *names; /**< the keys of the file at hand; ends with NULL */
};

/* "http://user:secret@proxy.example:3128/" → "http://proxy.example:3128"; "" for none at all. */
static const char *without_credentials(struct arena *arena, struct bytes value)
{
    const char *text = arena_strndup(arena, (const char *)value.p, value.n);
    const char *scheme = strstr(text, "://");
    const char *start = scheme ? scheme + 3 : text;
    /* a password may hold what ends a host */
    const char *at = strrchr(start, '@');
    const char *host = at ? at + 1 : start;
    const size_t n = strcspn(host, "/?# \t;,\"'");
    return n ? str_safe(arena, bytes_str(arena_printf(arena, "%.*s%.*s", (int)(start - text), text,
                                                      (int)n, host)))
             : "";
}

static void collect(struct collecting *c, const char *where, struct bytes value)
{
    struct arena *arena = c->machine->arena;
    const char *proxy = without_credentials(arena, value);
    if (*proxy && c->count < c->max)
        c->out[c->count++] = (struct proxy_setting){.where = where, .proxy = proxy};
}

static void take_line(void *context, const struct config_line *line)
{
    struct collecting *c = context;
    struct arena *arena = c->machine->arena;
    for (const char *const *name = c->names; *name; name++)
        if (config_line_is(line, *name)) {
            collect(c, arena_printf(arena, "%s line %zu", line->path, line->number), line->value);
            return;
        }
}

/* Acquire::https::Proxy "http://proxy.example:3128"; (apt.conf(5)) */
static void take_apt_line(void *context, const struct config_line *line)
{
    struct collecting *c = context;
    static const char word[] = "::Proxy";
    const size_t at = bytes_find(line->value, bytes_str(word));
    struct bytes value = bytes_slice(line->value, at == SIZE_MAX ? line->value.n : at, SIZE_MAX);
    value = bytes_slice(value, sizeof word - 1, SIZE_MAX);
    while (value.n > 0 && (value.p[0] == ' ' || value.p[0] == '\t' || value.p[0] == '"'))
        value = bytes_slice(value, 1, SIZE_MAX);
    if (config_line_is(line, "Acquire"))
        collect(c, arena_printf(c->machine->arena, "%s line %zu", line->path, line->number), value);
}

static void environment_collect(struct collecting *c)
{
    static const char *const variables[] = {"https_proxy", "HTTPS_PROXY", "http_proxy",
                                            "HTTP_PROXY",  "all_proxy",   "ALL_PROXY"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        collect(c, variables[i], bytes_str(machine_variable(c->machine, variables[i])));
}

size_t trust_proxies(struct trust_machine *machine, struct proxy_setting *out, size_t max)
{
    static const char *const curl[] = {"proxy", "preproxy", NULL};
    static const char *const git[] = {"http.proxy", "https.proxy", NULL};
    static const char *const npm[] = {"proxy", "https-proxy", NULL};
    static const char *const pip[] = {"global.proxy", "install.proxy", NULL};
    static const char *const wget[] = {"https_proxy", "http_proxy", NULL};
    static const struct {
        enum setting_place place;
        const char *const *names;
    } places[] = {{PLACE_CURLRC, curl},
                  {PLACE_GITCONFIG, git},
                  {PLACE_NPMRC, npm},
                  {PLACE_PIPCONF, pip},
                  {PLACE_WGETRC, wget}};
    static const char *const session[] = {"https_proxy", "http_proxy", "all_proxy", NULL};
    static const char *const apt_files[] = {"/etc/apt/apt.conf", "/etc/apt/apt.conf.d/*"};
    struct collecting c = {.machine = machine, .out = out, .max = max};
    environment_collect(&c);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        c.names = places[i].names;
        config_lines(machine, places[i].place, take_line, &c);
    }
    c.names = session;
    config_file_lines(machine, "/etc/environment", take_line, &c);
    for (size_t i = 0; i < sizeof apt_files / sizeof *apt_files; i++)
        config_pattern_lines(machine, apt_files[i], take_apt_line, &c);
    return c.count;
}
