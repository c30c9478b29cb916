/* SPDX-License-Identifier: Apache-2.0 */
/* Which client a process was: by its file, by the libraries that it loaded, by how it spoke. */
#include <string.h>

#include "internal.h"

/* Programs by the name of their file; what they stand on decides about certificates. */
static const struct program_row {
    const char *file;    /* the name, "python3*" with anything behind */
    const char *program; /* of programs.def, or the profile itself */
    const char *title;   /* NULL: the name of the file */
} programs[] = {
    {"curl", "curl", NULL},
    {"wget", "wget", NULL},
    {"git-remote-http*", "git", "git"},
    {"git-http-*", "git", "git"},
    {"git", "git", NULL},
    {"openssl", "openssl", "openssl"},
    {"gnutls-cli*", "gnutls-cli", "gnutls-cli"},
    {"python*", "python", "Python"},
    {"pypy*", "python", "PyPy"},
    {"node", "node", "Node.js"},
    {"nodejs", "node", "Node.js"},
    {"java", "java", "Java"},
    {"go", "go", "go"},
    {"docker", "go", NULL},
    {"dockerd", "go", NULL},
    {"podman", "go", NULL},
    {"kubectl", "go", NULL},
    {"helm", "go", NULL},
    {"terraform", "go", NULL},
    {"gh", "go", NULL},
    {"psql", "openssl", NULL},
    {"pg_*", "openssl", NULL},
    {"ruby*", "openssl", NULL},
    {"php*", "openssl", NULL},
    {"perl*", "openssl", NULL},
    {"mosquitto_*", "openssl", NULL},
    {"socat*", "openssl", NULL},
    {"nc", "openssl", NULL},
    {"ncat", "openssl", NULL},
    {"mysql*", "openssl", NULL},
    {"mariadb*", "openssl", NULL},
    {"ldap*", "gnutls-cli", NULL}, /* Debian's libldap */
    {"aria2c", "gnutls-cli", NULL},
    {"https", "gnutls-cli", "apt"}, /* /usr/lib/apt/methods/https */
    {"http", "gnutls-cli", "apt"},
    {"dotnet", "dotnet", ".NET"},
    {"chromium*", "chromium", NULL},
    {"chrome*", "chromium", NULL},
    {"firefox*", "firefox", NULL},
};

/* Python libraries: whoever is loaded and stands first speaks, unless the output names another. */
static const struct library_row {
    const char *name, *program, *title;
    const char *words; /* in a traceback of it */
} libraries[] = {
    {"pip", "pip", "pip", "pip._"},
    {"openai", "openai", "OpenAI SDK (httpx)", "openai."},
    {"anthropic", "httpx", "Anthropic SDK (httpx)", "anthropic."},
    {"langchain", "httpx", "LangChain (httpx)", "langchain"},
    {"azure", "requests", "Azure SDK (requests)", "azure."},
    {"botocore", "requests", "AWS SDK (botocore)", "botocore."},
    {"aiohttp", "aiohttp", "aiohttp", "aiohttp"},
    {"httpx", "httpx", "httpx", "httpx"},
    {"requests", "requests", "requests", "requests.exceptions"},
    {"httplib2", "python", "httplib2", "httplib2"},
    {"websockets", "python", "websockets", "websockets"},
};
enum { LIBRARIES = sizeof libraries / sizeof *libraries };

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool name_matches(const char *pattern, const char *name)
{
    const size_t n = strlen(pattern);
    return n && pattern[n - 1] == '*' ? strncmp(pattern, name, n - 1) == 0
                                      : strcmp(pattern, name) == 0;
}

/* ---- versions ---- */

/* The installed program that is this very file, or has its library store there. */
static const struct trust_program *program_installed(struct trust_machine *machine,
                                                     const char *program, const char *file)
{
    uint64_t id[2];
    size_t count = 0;
    const struct trust_program *all = trust_programs(machine, &count);
    const bool known = file_identity(NULL, file, id);
    for (size_t i = 0; i < count; i++) {
        const size_t n = strlen(all[i].home);
        if (strcmp(all[i].name, program) == 0 &&
            ((known && memcmp(id, all[i].id, sizeof id) == 0) ||
             (n && strncmp(file, all[i].home, n) == 0 && file[n] == '/')))
            return &all[i];
    }
    return NULL;
}

/* The last number in a path that is a version: "…/node-24/…", "…/python3.11". */
static const char *version_in_path(struct arena *arena, const char *path)
{
    const char *found = "";
    for (const char *p = path; *p;) {
        const size_t n = strspn(p, "0123456789.");
        const bool at_word = p == path || strchr("/-v@n", p[-1]);
        if (n && *p != '.' && at_word)
            found = arena_strndup(arena, p, n);
        p += n ? n : 1;
    }
    return found;
}

static bool is_installed(struct trust_machine *machine, const char *program)
{
    size_t count = 0;
    const struct trust_program *all = trust_programs(machine, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(all[i].name, program) == 0)
            return true;
    return false;
}

static void version_find(struct trust_machine *machine, const char *file, struct arena *arena,
                         struct client_found *out)
{
    const struct trust_program *here = program_installed(machine, out->program, file);
    size_t count = 0;
    const struct trust_program *all = trust_programs(machine, &count);
    /* helpers have no version of their own; another copy of the program has one in its path */
    for (size_t i = 0; !here && i < count; i++)
        if (strcmp(all[i].name, out->program) == 0 && !*version_in_path(arena, file))
            here = &all[i];
    out->version = here ? here->version : version_in_path(arena, file);
    out->profile =
        here && *here->profile ? here->profile : trust_program_profile(out->program, out->version);
    const struct profile *named = *out->profile ? NULL : profile_find(out->program);
    if (named)
        out->profile = profile_name(named);
}

/* ---- Python ---- */

static const char *library_file(const struct process *process, const char *name)
{
    for (size_t i = 0; i < process->library_count; i++) {
        const char *tail = strstr(process->libraries[i], "-packages/");
        const size_t n = strlen(name);
        if (tail && strncmp(tail + strlen("-packages/"), name, n) == 0 &&
            tail[strlen("-packages/") + n] == '/')
            return process->libraries[i];
    }
    return NULL;
}

static bool is_run_as(const struct process *process, const char *name)
{
    for (size_t i = 0; i < process->word_count && i < 4; i++)
        if (strcmp(file_name(process->words[i]), name) == 0)
            return true;
    return false;
}

static const struct library_row *library_of(const struct process *process, struct bytes output)
{
    const struct library_row *loaded = NULL;
    for (size_t i = 0; i < LIBRARIES; i++) {
        const struct library_row *row = &libraries[i];
        const bool is_pip = strcmp(row->name, "pip") == 0;
        if (!library_file(process, row->name) ||
            (is_pip && !is_run_as(process, "pip") && !is_run_as(process, "pip3")))
            continue;
        if (is_pip || bytes_find(output, bytes_str(row->words)) != SIZE_MAX)
            return row;
        loaded = loaded ? loaded : row;
    }
    return loaded;
}

static void python_recognise(struct trust_machine *machine, const struct process *process,
                             struct bytes output, struct arena *arena, struct client_found *out)
{
    const struct library_row *row = library_of(process, output);
    if (!row) {
        version_find(machine, process->file, arena, out);
        return;
    }
    const char *file = library_file(process, row->name);
    out->title = row->title;
    out->program = row->program;
    const struct trust_program *here = program_installed(machine, row->program, file);
    out->version = here ? here->version : "";
    out->profile =
        here && *here->profile ? here->profile : trust_program_profile(row->program, out->version);
    if (!*out->profile) /* pip before 24.2 is requests with a bundle of its own */
        out->profile = trust_program_profile("requests", "");
}

/* ---- all ---- */

static size_t head_look(void *context, struct bytes head)
{
    bool *is_go = context;
    *is_go = bytes_find(head, bytes_str("Go build ID: ")) != SIZE_MAX;
    return SIZE_MAX;
}

/* The linker of Go writes its mark at the beginning of a program's code. */
static bool is_go(const char *file)
{
    bool found = false;
    return *file && file_read_pieces(NULL, file, head_look, &found) == CW_OK && found;
}

static const struct program_row *row_of(const char *file)
{
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (name_matches(programs[i].file, file_name(file)))
            return &programs[i];
    return NULL;
}

/* They know no store but the file that an option, a variable or a configuration file names. */
static bool trusts_opened_alone(const char *file)
{
    static const char *const patterns[] = {"psql", "pg_*", "mysql*", "mariadb*", "ldap*"};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (name_matches(patterns[i], file_name(file)))
            return true;
    return false;
}

void client_recognise(struct trust_machine *machine, const struct process *process,
                      struct bytes output, struct arena *arena, struct client_found *out)
{
    static const struct program_row go = {"", "go", NULL};
    const struct program_row *row = row_of(process->file);
    if (!row && !process->witnessed && is_go(process->file))
        row = &go;
    *out = (struct client_found){.title = str_safe(arena, bytes_str(file_name(process->file))),
                                 .version = "",
                                 .profile = "",
                                 .program = row ? row->program : "",
                                 .is_opened_alone = trusts_opened_alone(process->file)};
    if (!row)
        return;
    out->title = row->title ? row->title : out->title;
    if (strcmp(row->program, "python") == 0) {
        python_recognise(machine, process, output, arena, out);
        return;
    }
    const bool own = is_installed(machine, row->program) &&
                     strcmp(file_name(process->file), row->program) != 0 &&
                     strcmp(row->title ? row->title : "", row->program) != 0 &&
                     strcmp(row->program, "node") != 0 && strcmp(row->program, "java") != 0;
    /* what stands behind it has another version than "…/postgresql/15/bin/psql" */
    version_find(machine, own ? "" : process->file, arena, out);
    if (own)
        out->version = "";
    if (strcmp(row->program, "node") == 0 && is_run_as(process, "npm"))
        out->title = "npm";
    if (strcmp(row->program, "node") == 0 && is_run_as(process, "npm-cli.js"))
        out->title = "npm";
    if (strcmp(row->program, "java") == 0 && bytes_find(output, bytes_str("[ERROR]")) != SIZE_MAX)
        out->title = "Maven (Java)";
}
