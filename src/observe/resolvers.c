/* SPDX-License-Identifier: Apache-2.0 */
/* Who is asked for names here, as the C library reads it (resolv.conf(5), nsswitch.conf(5)). Only
 * looked up when a name was not found: to know whose answer that was. */
#include "internal.h"

#include <string.h>

enum { CONFIGURATION_BYTES = 1 << 16, SERVERS_MAX = 3 /* MAXNS of resolv.h */ };

/** The rest of the next line that begins with `word`; NULL when there is none. */
static const char *line_after(const char **text, const char *word, struct arena *arena)
{
    const size_t n = strlen(word);
    while (**text) {
        const char *line = *text + strspn(*text, " \t");
        const size_t length = strcspn(line, "\n");
        *text = line + length + (line[length] == '\n');
        if (length > n && strncmp(line, word, n) == 0 && strchr(" \t", line[n])) {
            const size_t space = n + strspn(line + n, " \t");
            return str_safe(arena, bytes_of(line + space, strcspn(line + space, " \t#;\r\n")));
        }
    }
    return NULL;
}

static const char *file_text(const char *root, const char *path, struct arena *arena)
{
    BUF_CLEANUP file = {0};
    if (file_read(root, path, CONFIGURATION_BYTES, &file, NULL) != CW_OK)
        return "";
    return arena_strndup(arena, (const char *)file.p, file.n);
}

/* "hosts: files mdns4_minimal [NOTFOUND=return] dns" */
static const char *hosts_order(const char *text, struct arena *arena)
{
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const size_t n = strcspn(line, "#\n");
        if (n > 6 && strncmp(line, "hosts:", 6) == 0) {
            const size_t space = 6 + strspn(line + 6, " \t");
            return space < n ? str_safe(arena, bytes_of(line + space, n - space)) : "";
        }
    }
    return "";
}

const char *resolvers_text(const char *root, struct arena *arena)
{
    const char *text = file_text(root, "/etc/resolv.conf", arena);
    const char *order = hosts_order(file_text(root, "/etc/nsswitch.conf", arena), arena);
    BUF_CLEANUP out = {0};
    size_t servers = 0;
    for (const char *server;
         servers < SERVERS_MAX && (server = line_after(&text, "nameserver", arena));)
        buf_printf(&out, "%s%s", servers++ ? ", " : "", server);
    if (servers)
        buf_add_str(&out, " (/etc/resolv.conf)");
    else
        buf_add_str(&out, "no name server (/etc/resolv.conf names none)");
    if (*order)
        buf_printf(&out, ", in the order \"%s\" (/etc/nsswitch.conf)", order);
    return arena_strdup(arena, buf_cstr(&out));
}
