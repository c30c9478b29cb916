/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be done for one client: recipes.def says which place, this file which files. */
#include <string.h>

#include "repair/repair.h"

enum place {
    PLACE_SYSTEM,
    PLACE_CACERTS,
    PLACE_NSSDB,
    PLACE_FIREFOX,
    PLACE_CURLRC,
    PLACE_WGETRC,
    PLACE_GIT,
    PLACE_PIP,
    PLACE_ENV_ADD,
    PLACE_ENV_ALL,
    PLACE_ENV_DIR,
    PLACE_DOCKER,
    PLACE_GUIDE,
};

static const struct recipe {
    const char *name;
    enum place place;
    const char *detail, *programs, *judged, *note;
} recipes[] = {
#define RECIPE(name, place, detail, programs, judged, note)                                        \
    {name, PLACE_##place, detail, programs, judged, note},
#define ALIAS(other, name)
#include "recipes.def"
#undef RECIPE
#undef ALIAS
};
static const struct {
    const char *other, *name;
} aliases[] = {
#define RECIPE(name, place, detail, programs, judged, note)
#define ALIAS(other, name) {other, name},
#include "recipes.def"
#undef RECIPE
#undef ALIAS
};
static const struct {
    const char *name, *text;
} guides[] = {
#define GUIDE(name, text) {name, text},
#include "guides.def"
#undef GUIDE
};
#define COUNT(array) (sizeof(array) / sizeof *(array))

const char *recipe_at(size_t i)
{
    return i < COUNT(recipes) ? recipes[i].name : NULL;
}

static const struct recipe *recipe_find(const char *name)
{
    for (size_t i = 0; i < COUNT(recipes); i++)
        if (str_equal_nocase(recipes[i].name, name))
            return &recipes[i];
    return NULL;
}

const char *recipe_named(const char *name)
{
    const struct recipe *recipe = recipe_find(name);
    for (size_t i = 0; i < COUNT(aliases) && !recipe; i++)
        if (str_equal_nocase(aliases[i].other, name))
            recipe = recipe_find(aliases[i].name);
    return recipe ? recipe->name : NULL;
}

static bool word_has(const char *words, const char *word)
{
    const size_t n = strlen(word);
    for (const char *p = words; *p; p += strcspn(p, " "), p += *p == ' ')
        if (strcspn(p, " ") == n && memcmp(p, word, n) == 0)
            return true;
    return false;
}

bool recipe_is_here(const struct installer *in, const char *name)
{
    size_t count;
    const struct recipe *recipe = recipe_find(name);
    const struct trust_program *programs = trust_programs(in->machine, &count);
    for (size_t i = 0; i < count; i++)
        if (word_has(recipe->programs, programs[i].name))
            return true;
    return false;
}

const char *install_guide(struct arena *arena, const char *name, const char *file, const char *slug)
{
    const char *text = NULL;
    for (size_t i = 0; i < COUNT(guides) && !text; i++)
        text = strcmp(guides[i].name, name) == 0 ? guides[i].text : NULL;
    if (!text)
        return NULL;
    BUF_CLEANUP out = {0};
    for (const char *p = text; *p;) {
        const bool is_file = str_starts(p, "{file}"), is_slug = str_starts(p, "{slug}");
        if (is_file || is_slug)
            buf_add_str(&out, is_file ? file : slug);
        else
            buf_add_byte(&out, (uint8_t)*p);
        p += is_file || is_slug ? sizeof "{file}" - 1 : 1;
    }
    return arena_strdup(arena, buf_cstr(&out));
}

/* ---- words and places ---- */

/** A plan in the making. */
struct planning {
    const struct installer *in;
    const struct recipe *recipe;
    struct trust_plan *plan;
};

static const char *home_path(const struct installer *in, const char *path)
{
    const char *home = environment_get(in->environment, "HOME");
    return home && *home == '/' ? arena_printf(in->arena, "%s%s", home, path) : "";
}

static const char *config_path(const struct installer *in, const char *path)
{
    const char *config = environment_get(in->environment, "XDG_CONFIG_HOME");
    return config && *config == '/' ? arena_printf(in->arena, "%s%s", config, path)
                                    : home_path(in, arena_printf(in->arena, "/.config%s", path));
}

static const char *own_path(const struct installer *in, const char *name)
{
    return trust_data_path(in->arena, in->environment, arena_printf(in->arena, "trust/%s", name));
}

static void impossible(struct planning *p, const char *why)
{
    p->plan->state = PLAN_IMPOSSIBLE;
    p->plan->why = why;
}

static struct trust_step *step_add(struct planning *p, enum step_kind kind, const char *path)
{
    struct trust_plan *plan = p->plan;
    if (plan->step_count == LIMIT_TRUST_STEPS) {
        impossible(p, "too many places");
        plan->step_count--;
    }
    struct trust_step *step = &plan->steps[plan->step_count++];
    *step = (struct trust_step){.kind = kind,
                                .path = path,
                                .text = "",
                                .section = "",
                                .name = "",
                                .value = "",
                                .base = "",
                                .words = ""};
    return step;
}

static void step_block(struct planning *p, const char *path, const char *text, bool own,
                       const char *words)
{
    struct trust_step *step = step_add(p, STEP_BLOCK, path);
    step->text = text;
    step->own = own;
    step->words = words;
}

/* The certificate as it stands in bundles: the line above it is how it is found again. */
static const char *pem_block(const struct installer *in)
{
    BUF_CLEANUP pem = {0};
    buf_printf(&pem, "# certwhy trust %s\n", str_hex(in->arena, bytes_of(in->cert->sha256, 32), 0));
    pem_write(&pem, "CERTIFICATE", in->cert->der);
    return arena_strdup(in->arena, buf_cstr(&pem));
}

static const struct trust_setting *setting_find(const struct installer *in, enum setting_id id)
{
    size_t count;
    const struct trust_setting *settings = trust_settings(in->machine, &count);
    for (size_t i = 0; i < count; i++)
        if (settings[i].id == id)
            return &settings[i];
    return NULL;
}

/* An own bundle of a client: its present roots, then the new one. */
static const char *bundle_steps(struct planning *p)
{
    const char *name = p->recipe->name;
    const char *path = own_path(p->in, arena_printf(p->in->arena, "%s.pem", name));
    struct trust_step *base = step_add(p, STEP_BASE, path);
    base->own = true;
    base->base = name;
    base->words = arena_printf(p->in->arena, "holds the roots that %s trusts today", name);
    step_block(p, path, pem_block(p->in), true, "… and this certificate");
    return path;
}

/* ---- by place ---- */

static bool has_tool(const struct installer *in, const char *path)
{
    return file_exists(in->root, path);
}

static void plan_guide(struct planning *p, const char *guide)
{
    p->plan->state = PLAN_PRINTED;
    p->plan->guide = guide;
}

static void plan_system(struct planning *p)
{
    const struct installer *in = p->in;
    if (has_tool(in, "/usr/bin/update-ca-trust")) {
        plan_guide(p, "rhel");
    } else if (!has_tool(in, "/usr/sbin/update-ca-certificates")) {
        impossible(p, "there is no update-ca-certificates here: install the package "
                      "ca-certificates");
    } else if (!has_tool(in, "/etc/debian_version")) {
        plan_guide(p, "alpine");
    } else if (!in->is_root) {
        impossible(p, "only root may change the system's store: run it with sudo");
    } else {
        const char *name = arena_printf(
            in->arena, "/usr/local/share/ca-certificates/certwhy-%s-%.8s.crt",
            cert_slug(in->arena, in->cert), str_hex(in->arena, bytes_of(in->cert->sha256, 32), 0));
        struct trust_step *step = step_add(p, STEP_SYSTEM, name);
        step->words = "runs update-ca-certificates, which takes it into /etc/ssl/certs";
    }
}

static bool part_holds(const struct installer *in, const struct trust_part *part)
{
    struct store *store = trust_part_store(in->machine, part);
    const bool holds = strcmp(in->how, "intermediate") != 0 && store_get(store, in->cert);
    store_unref(store);
    return holds;
}

/* Through a place that other additions made it may be there for as long as those stand. */
static bool client_holds(const struct installer *in, const char *client)
{
    const struct trust_view *view = trust_view_find(in->machine, client);
    const char *own = own_path(in, "");
    for (size_t i = 0; trust_client_known(client) && i < view->part_count; i++) {
        const struct trust_part *part = &view->parts[i];
        const bool ours = part->by && *own && strstr(part->by->value, own);
        if (!ours && part->kind != PART_PROGRAMME && part_holds(in, part))
            return true;
    }
    return false;
}

static bool was_added(const struct installer *in, const char *client)
{
    const char *sha256 = str_hex(in->arena, bytes_of(in->cert->sha256, 32), 0);
    for (size_t i = 0; i < in->journal->addition_count; i++) {
        const struct journal_addition *addition = &in->journal->additions[i];
        if (addition->progress == PROGRESS_DONE && strcmp(addition->client, client) == 0 &&
            strcmp(addition->sha256, sha256) == 0)
            return true;
    }
    return false;
}

/* Does the store show it, by whatever way? */
static bool store_holds(const struct installer *in, const char *client)
{
    return trust_client_known(client) &&
           store_get(trust_view_store(in->machine, trust_view_find(in->machine, client)), in->cert);
}

static bool step_has_identity(const struct planning *p, const char *path)
{
    uint64_t id[2], other[2];
    for (size_t i = 0; i < p->plan->step_count; i++)
        if (file_identity(p->in->root, path, id) &&
            file_identity(p->in->root, p->plan->steps[i].path, other) &&
            memcmp(id, other, sizeof id) == 0)
            return true;
    return false;
}

static const char *alias_of(const struct installer *in)
{
    return arena_printf(in->arena, "certwhy-%s-%.8s", cert_slug(in->arena, in->cert),
                        str_hex(in->arena, bytes_of(in->cert->sha256, 32), 0));
}

static void keystore_step(struct planning *p, const struct trust_part *part)
{
    const char *path = part->path;
    if (part->kind != PART_KEYSTORE || step_has_identity(p, path) || part_holds(p->in, part))
        return;
    struct trust_step *step = step_add(p, STEP_KEYTOOL, path);
    step->name = alias_of(p->in);
    step->words = arena_printf(p->in->arena, "keytool -importcert, alias %s", step->name);
}

/* What the JVM of this shell reads comes first; then every other JVM's. */
static void plan_java(struct planning *p)
{
    size_t count;
    const struct trust_view *view = trust_view_find(p->in->machine, "java");
    for (size_t i = 0; i < view->part_count; i++)
        keystore_step(p, &view->parts[i]);
    const struct trust_place *places = trust_places(p->in->machine, &count);
    for (size_t i = 0; i < count; i++)
        if (!*places[i].same_as && str_starts(places[i].name, "java"))
            keystore_step(p, &places[i].part);
    if (p->plan->step_count == 0 && !client_holds(p->in, "java"))
        impossible(p, "no keystore of a JVM was found here");
}

static void database_step(struct planning *p, const char *directory)
{
    const struct installer *in = p->in;
    struct trust_step *step = step_add(p, STEP_CERTUTIL, directory);
    step->name = alias_of(in);
    step->value = strcmp(in->how, "intermediate") == 0 ? ",," : "C,,";
    step->words = arena_printf(in->arena, "certutil -A, nickname %s, trust flags %s", step->name,
                               step->value);
}

static bool database_is_ours(const struct installer *in, const char *directory)
{
    for (size_t i = 0; i < in->journal->change_count; i++) {
        const struct journal_change *change = &in->journal->changes[i];
        if (change->kind == CHANGED_DATABASE && change->progress == PROGRESS_DONE &&
            strcmp(change->path, directory) == 0)
            return true;
    }
    return false;
}

static void plan_nssdb(struct planning *p)
{
    const char *directory = home_path(p->in, "/.pki/nssdb");
    const struct trust_view *view = trust_view_find(p->in->machine, "chrome");
    for (size_t i = 0; i < view->part_count; i++)
        if (view->parts[i].kind == PART_NSS)
            directory = arena_strndup(p->in->arena, view->parts[i].path,
                                      strlen(view->parts[i].path) - strlen("/cert9.db"));
    const char *file = arena_printf(p->in->arena, "%s/cert9.db", directory);
    if (database_is_ours(p->in, directory))
        step_add(p, STEP_DATABASE, directory)->words = "the database that certwhy made";
    else if (!file_exists(p->in->root, file))
        step_add(p, STEP_DATABASE, directory)->words = "certutil -N makes the database";
    database_step(p, directory);
}

static void plan_firefox(struct planning *p)
{
    size_t count;
    bool found = false;
    const struct trust_place *places = trust_places(p->in->machine, &count);
    for (size_t i = 0; i < count; i++) {
        const char *path = places[i].part.path;
        const bool firefox = str_starts(places[i].name, "firefox") && !*places[i].same_as;
        found = found || firefox;
        if (firefox && !part_holds(p->in, &places[i].part))
            database_step(p, arena_strndup(p->in->arena, path, strlen(path) - strlen("/cert9.db")));
    }
    if (!found)
        impossible(p, "there is no Firefox profile of this user: start Firefox once, or use the "
                      "policy (--for firefox-policy)");
}

/* A list of directories: the own one, then the one that OpenSSL reads without being told. */
static const char *beside_system(const struct installer *in, const char *own)
{
    const struct trust_view *view = trust_view_default(in->machine, "openssl");
    for (size_t i = 0; i < view->part_count; i++)
        if (view->parts[i].kind == PART_HASHED)
            return arena_printf(in->arena, "%s:%s", own, view->parts[i].path);
    return own;
}

/* A file of the own directory, named as openssl rehash would. */
static const char *directory_step(struct planning *p)
{
    const struct installer *in = p->in;
    const char *name =
        arena_printf(in->arena, "certs/%08x.0", (unsigned)crypto_subject_hash(in->cert->subject));
    step_block(p, own_path(in, name), pem_block(in), true, "holds the certificate");
    return own_path(in, "certs");
}

/* curl(1): values may stand in double quotes, where \ and " have a backslash before them. */
static const char *quoted(struct arena *arena, const char *text)
{
    BUF_CLEANUP out = {0};
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            buf_add_byte(&out, '\\');
        buf_add_byte(&out, (uint8_t)*c);
    }
    return arena_printf(arena, "\"%s\"", buf_cstr(&out));
}

/* curl(1): the first that exists is read, and no other. */
static const char *curlrc_path(const struct installer *in)
{
    const char *curl_home = environment_get(in->environment, "CURL_HOME");
    const char *const candidates[] = {
        curl_home && *curl_home == '/' ? arena_printf(in->arena, "%s/.curlrc", curl_home) : "",
        config_path(in, "/curlrc"),
        home_path(in, "/.curlrc"),
        home_path(in, "/.config/curlrc"),
    };
    for (size_t i = 0; i < COUNT(candidates); i++)
        if (*candidates[i] && file_exists(in->root, candidates[i]))
            return candidates[i];
    return home_path(in, "/.curlrc");
}

static void plan_curlrc(struct planning *p)
{
    const struct installer *in = p->in;
    const char *own = own_path(in, "certs");
    const struct trust_setting *present = setting_find(in, SETTING_CURLRC_CAPATH);
    if (present && !strstr(present->value, own)) {
        impossible(p, arena_printf(in->arena,
                                   "%s sets capath already: put the certificate into that "
                                   "directory and run openssl rehash there",
                                   str_safe(in->arena, bytes_str(present->where))));
        return;
    }
    directory_step(p);
    step_block(p, curlrc_path(in),
               arena_printf(in->arena, "capath = %s\n", quoted(in->arena, beside_system(in, own))),
               false, "has curl read that directory beside the system's bundle");
}

static void plan_wgetrc(struct planning *p)
{
    const struct installer *in = p->in;
    const struct trust_setting *present = setting_find(in, SETTING_WGETRC_CA_CERTIFICATE);
    const char *own = own_path(in, "wget.pem");
    if (present && strcmp(present->path, own) != 0) {
        impossible(p, arena_printf(in->arena,
                                   "%s sets ca_certificate already: put the certificate into that "
                                   "file",
                                   str_safe(in->arena, bytes_str(present->where))));
        return;
    }
    step_block(p, own, pem_block(in), true, "holds the certificate");
    step_block(p, home_path(in, "/.wgetrc"), arena_printf(in->arena, "ca_certificate = %s\n", own),
               false, "has wget read it beside the system's bundle");
}

static const char *gitconfig_path(const struct installer *in)
{
    const char *global = environment_get(in->environment, "GIT_CONFIG_GLOBAL");
    const char *plain = home_path(in, "/.gitconfig"), *other = config_path(in, "/git/config");
    if (global && *global == '/')
        return global;
    return !file_exists(in->root, plain) && file_exists(in->root, other) ? other : plain;
}

static void plan_git(struct planning *p)
{
    const char *bundle = bundle_steps(p);
    struct trust_step *step = step_add(p, STEP_GIT, gitconfig_path(p->in));
    step->name = "http.sslCAInfo";
    step->value = bundle;
    step->words = arena_printf(p->in->arena, "git config --global http.sslCAInfo %s",
                               str_shell(p->in->arena, bundle));
}

static void plan_pip(struct planning *p)
{
    const struct installer *in = p->in;
    const struct trust_setting *present = setting_find(in, SETTING_PIPCONF_CERT);
    const char *own = own_path(in, "pip.pem"), *path = config_path(in, "/pip/pip.conf");
    if (present && strcmp(present->where, path) == 0 && strcmp(present->path, own) != 0) {
        impossible(p, arena_printf(in->arena,
                                   "%s sets global.cert already: put the certificate into that "
                                   "file",
                                   str_safe(in->arena, bytes_str(present->where))));
        return;
    }
    bundle_steps(p);
    step_block(p, path, arena_printf(in->arena, "cert = %s\n", own), false,
               arena_printf(in->arena, "as pip config set global.cert %s does",
                            str_shell(in->arena, own)));
    p->plan->steps[p->plan->step_count - 1].section = "[global]";
}

/* ---- variables ---- */

/* env.sh is read by login shells, environment.d by systemd for sessions and their services
 * (environment.d(5)). */
static void variable_steps(struct planning *p, const char *variable, const char *value)
{
    static const char *const startups[] = {"/.profile", "/.bash_profile", "/.bash_login",
                                           "/.zprofile"};
    const struct installer *in = p->in;
    const char *script = own_path(in, "env.sh");
    const char *word = str_shell(in->arena, script);
    p->plan->variable = variable;
    p->plan->value = value;
    step_block(p, script,
               arena_printf(in->arena, "export %s=%s\n", variable, str_shell(in->arena, value)),
               true, "sets the variable");
    step_block(p, config_path(in, "/environment.d/60-certwhy.conf"),
               arena_printf(in->arena, "%s=%s\n", variable, quoted(in->arena, value)), true,
               "… for desktop sessions and the user's services");
    for (size_t i = 0; i < COUNT(startups); i++) {
        const char *path = home_path(in, startups[i]);
        if (i == 0 || file_exists(in->root, path))
            step_block(p, path,
                       arena_printf(in->arena, "[ ! -r %s ] || . %s # certwhy trust\n", word, word),
                       false, "… for login shells");
    }
}

/* The file that the variable names now, when it is not ours: what it holds must not be lost. */
static const struct trust_setting *variable_present(const struct planning *p, const char *own)
{
    size_t count;
    const struct trust_setting *settings = trust_settings(p->in->machine, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(settings[i].name, p->recipe->detail) == 0 &&
            strcmp(settings[i].where, "environment") == 0 && !strstr(settings[i].value, own))
            return &settings[i];
    return NULL;
}

static void plan_variable_file(struct planning *p)
{
    const struct installer *in = p->in;
    const char *own = own_path(in, "");
    const struct trust_setting *present = variable_present(p, own);
    if (p->recipe->place == PLACE_ENV_ALL) {
        variable_steps(p, p->recipe->detail, bundle_steps(p));
        return;
    }
    const char *path =
        own_path(in, present ? arena_printf(in->arena, "%s.pem", p->recipe->name) : "added.pem");
    if (present) {
        struct trust_step *base = step_add(p, STEP_BASE, path);
        base->own = true;
        base->base = p->recipe->name;
        base->value = present->path;
        base->words = arena_printf(in->arena, "holds what %s names today, %s", present->name,
                                   str_safe(in->arena, bytes_str(present->path)));
    }
    step_block(p, path, pem_block(in), true, "holds the certificate");
    variable_steps(p, p->recipe->detail, path);
}

static bool reads_system(const struct installer *in, const char *client)
{
    const struct trust_view *view = trust_view_find(in->machine, client);
    for (size_t i = 0; i < view->part_count; i++)
        if (view->parts[i].kind != PART_PROGRAMME && view->parts[i].kind != PART_KEYSTORE &&
            view->parts[i].kind != PART_NSS && str_starts(view->parts[i].path, "/etc/ssl/"))
            return true;
    return false;
}

static void plan_variable_directory(struct planning *p)
{
    const struct installer *in = p->in;
    const char *own = directory_step(p);
    const struct trust_setting *present = variable_present(p, own);
    variable_steps(p, p->recipe->detail,
                   present ? arena_printf(in->arena, "%s:%s", own, present->value)
                           : beside_system(in, own));
}

static void plan_docker(struct planning *p)
{
    const struct installer *in = p->in;
    if (!*in->host || *in->host == '.' || strchr(in->host, '/'))
        impossible(p, "Docker trusts a CA for one registry: name it with --against HOST:PORT");
    else if (!in->is_root)
        impossible(p, "only root may write into /etc/docker: run it with sudo");
    else
        step_block(p, arena_printf(in->arena, "/etc/docker/certs.d/%s/ca.crt", in->host),
                   pem_block(in), false, "is what Docker trusts for that registry");
}

/* ---- the whole ---- */

static bool is_of_user(enum place place)
{
    return place != PLACE_SYSTEM && place != PLACE_CACERTS && place != PLACE_DOCKER &&
           place != PLACE_GUIDE;
}

/* root does not leave files in the home of another user. */
static const char *home_problem(const struct installer *in)
{
    const char *home = home_path(in, "");
    const struct file_state state = file_state(in->root, home, in->arena);
    if (!*home || state.what != FILE_DIRECTORY)
        return "no home directory is known (HOME)";
    if (in->is_root && !*in->root && state.owner != 0)
        return "HOME belongs to another user: run this part without sudo";
    return "";
}

static void plan_place(struct planning *p)
{
    switch (p->recipe->place) {
    case PLACE_SYSTEM:
        plan_system(p);
        break;
    case PLACE_CACERTS:
        plan_java(p);
        break;
    case PLACE_NSSDB:
        plan_nssdb(p);
        break;
    case PLACE_FIREFOX:
        plan_firefox(p);
        break;
    case PLACE_CURLRC:
        plan_curlrc(p);
        break;
    case PLACE_WGETRC:
        plan_wgetrc(p);
        break;
    case PLACE_GIT:
        plan_git(p);
        break;
    case PLACE_PIP:
        plan_pip(p);
        break;
    case PLACE_ENV_ADD:
    case PLACE_ENV_ALL:
        plan_variable_file(p);
        break;
    case PLACE_ENV_DIR:
        plan_variable_directory(p);
        break;
    case PLACE_DOCKER:
        plan_docker(p);
        break;
    case PLACE_GUIDE:
        plan_guide(p, p->recipe->detail);
        break;
    }
}

void install_plan(const struct installer *in, const char *name, bool with_system,
                  struct trust_plan *out)
{
    const struct recipe *recipe = recipe_find(name);
    *out = (struct trust_plan){.client = recipe->name,
                               .judged = recipe->judged,
                               .why = "",
                               .guide = "",
                               .note = recipe->note,
                               .variable = "",
                               .value = ""};
    struct planning planning = {.in = in, .recipe = recipe, .plan = out};
    const bool nss = recipe->place == PLACE_NSSDB || recipe->place == PLACE_FIREFOX;
    const bool system = recipe->place == PLACE_SYSTEM || recipe->place == PLACE_GUIDE;
    const char *problem = is_of_user(recipe->place) ? home_problem(in) : "";
    if (strcmp(in->how, "intermediate") == 0 && !nss)
        impossible(&planning, "its store holds trust anchors alone: there is no place for an "
                              "intermediate; the server has to send it");
    else if (strcmp(in->how, "pin") == 0 && nss)
        impossible(&planning, "a certificate that is no CA cannot be pinned in its store so that "
                              "it counts: visit the page and make an exception there");
    else if (*problem)
        impossible(&planning, problem);
    else if (with_system && !system && reads_system(in, recipe->name))
        out->state = PLAN_SYSTEM;
    else
        plan_place(&planning);
    const bool many = recipe->place == PLACE_CACERTS || recipe->place == PLACE_FIREFOX;
    const bool again = was_added(in, recipe->name) && store_holds(in, recipe->name);
    if (out->state == PLAN_STEPS && again)
        out->state = PLAN_HAS;
    if (out->state == PLAN_STEPS && (many ? out->step_count == 0 : client_holds(in, recipe->name)))
        out->state = PLAN_HAS;
}
