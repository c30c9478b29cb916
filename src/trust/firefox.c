/* SPDX-License-Identifier: Apache-2.0 */
/* Which of a user's Firefox profiles starts: profiles.ini says. */
#include <string.h>

#include "machine.h"

static const char *const bases[] = {
    "/.mozilla/firefox",
    "/snap/firefox/common/.mozilla/firefox",
    "/.var/app/org.mozilla.firefox/.mozilla/firefox",
};

/** What the lines so far say. */
struct profiles {
    const char *installed; /* of an [Install…] section: what that Firefox starts with; "" none */
    const char *marked;    /* of the section with Default=1, as it was before there were those */
    const char *first;
    const char *path; /* of the section at hand */
    bool in_install;
};

static void line_take(struct profiles *p, const char *line)
{
    static const char install[] = "[Install", path[] = "Path=", chosen[] = "Default=";
    if (*line == '[') {
        p->in_install = str_starts(line, install);
        p->path = "";
    } else if (str_starts(line, path)) {
        p->path = line + sizeof path - 1;
        p->first = *p->first ? p->first : p->path;
    } else if (p->in_install && str_starts(line, chosen)) {
        p->installed = *p->installed ? p->installed : line + sizeof chosen - 1;
    } else if (strcmp(line, "Default=1") == 0) {
        p->marked = p->path;
    }
}

static const char *profile_of(struct arena *arena, const char *text)
{
    struct profiles p = {.installed = "", .marked = "", .first = "", .path = ""};
    for (const char *at = text; *at; at += *at == '\n') {
        const size_t n = strcspn(at, "\n");
        const size_t kept = n && at[n - 1] == '\r' ? n - 1 : n;
        line_take(&p, arena_strndup(arena, at, kept));
        at += n;
    }
    return *p.installed ? p.installed : *p.marked ? p.marked : p.first;
}

const char *firefox_database(struct trust_machine *m)
{
    enum { INI_BYTES = 1 << 16 };
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        const char *base = machine_home_path(m, bases[i]);
        BUF_CLEANUP ini = {0};
        if (!*base || file_read(m->root, arena_printf(m->arena, "%s/profiles.ini", base), INI_BYTES,
                                &ini, NULL) != CW_OK)
            continue;
        const char *profile = profile_of(m->arena, buf_cstr(&ini));
        const char *path = *profile == '/'
                               ? arena_printf(m->arena, "%s/cert9.db", profile)
                               : arena_printf(m->arena, "%s/%s/cert9.db", base, profile);
        if (*profile && file_exists(m->root, path))
            return path;
    }
    return NULL;
}
