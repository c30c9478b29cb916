/* SPDX-License-Identifier: Apache-2.0 */
/* What a command line says of trust and target: the options of each client, as a table. */
#include <string.h>

#include "internal.h"

enum meaning {
    SETTING,  /* as the line of a configuration file */
    SWITCH,   /* the same; the option's presence is the value */
    ONLY_CA,  /* trusts this file and nothing else */
    NAME,     /* compares this name */
    ADDRESS,  /* "HOST:PORT", no URL */
    ASSIGNED, /* "NAME=VALUE" of which NAME is a setting: git -c */
};

static const struct option_row {
    const char *program, *option;
    enum meaning meaning;
    const char *setting, *value;
} rows[] = {
    {"curl", "--cacert", SETTING, "cacert", NULL},
    {"curl", "--capath", SETTING, "capath", NULL},
    {"curl", "-k", SWITCH, "insecure", "true"},
    {"curl", "--insecure", SWITCH, "insecure", "true"},
    {"wget", "--ca-certificate", SETTING, "ca_certificate", NULL},
    {"wget", "--ca-directory", SETTING, "ca_directory", NULL},
    {"wget", "--no-check-certificate", SWITCH, "check_certificate", "off"},
    {"git", "-c", ASSIGNED, "", NULL},
    {"pip", "--cert", SETTING, "cert", NULL},
    {"pip", "--trusted-host", SETTING, "trusted-host", NULL},
    {"npm", "--cafile", SETTING, "cafile", NULL},
    {"npm", "--strict-ssl", SETTING, "strict-ssl", NULL},
    {"java", "-Djavax.net.ssl.trustStore", SETTING, "-Djavax.net.ssl.trustStore", NULL},
    {"node", "--use-openssl-ca", SWITCH, "--use-openssl-ca", "true"},
    {"node", "--use-system-ca", SWITCH, "--use-system-ca", "true"},
    {"node", "--use-bundled-ca", SWITCH, "--use-bundled-ca", "true"},
    {"openssl", "-CAfile", ONLY_CA, "", NULL},
    {"openssl", "-CApath", ONLY_CA, "", NULL},
    {"openssl", "-verify_hostname", NAME, "", NULL},
    {"openssl", "-verify_ip", NAME, "", NULL},
    {"openssl", "-connect", ADDRESS, "", NULL},
    {"gnutls-cli", "--x509cafile", ONLY_CA, "", NULL},
    {"gnutls-cli", "--verify-hostname", NAME, "", NULL},
};

/* The value of an option at words[i]: behind "=" or the next word; NULL: it is another option. */
static const char *value_at(const struct option_row *row, const char *const *words, size_t count,
                            size_t i)
{
    const size_t n = strlen(row->option);
    if (strncmp(words[i], row->option, n) != 0)
        return NULL;
    if (row->meaning == SWITCH)
        return words[i][n] == '\0' ? row->value : NULL;
    if (words[i][n] == '=')
        return words[i] + n + 1;
    return words[i][n] == '\0' && i + 1 < count ? words[i + 1] : NULL;
}

static const char *password_of(const char *const *words, size_t count)
{
    static const char option[] = "-Djavax.net.ssl.trustStorePassword=";
    for (size_t i = 0; i < count; i++)
        if (str_starts(words[i], option))
            return words[i] + strlen(option);
    return NULL;
}

static void setting_said(struct arena *arena, struct said_options *out, const char *name,
                         const char *value, const char *password)
{
    out->settings = arena_grow(arena, out->settings, out->setting_count, &out->setting_cap,
                               sizeof *out->settings);
    out->settings[out->setting_count++] = (struct given_setting){
        .name = name, .value = value, .where = "command line", .password = password};
    out->chose_ca = out->chose_ca || *value == '/' || *value == '.';
}

/* "http.sslCAInfo=/x": names of git's settings compare without regard to case. */
static void assigned_said(struct arena *arena, struct said_options *out, const char *word)
{
    static const char *const names[] = {"http.sslCAInfo", "http.sslCAPath", "http.sslVerify"};
    const size_t n = strcspn(word, "=");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (n == strlen(names[i]) && strncasecmp(word, names[i], n) == 0)
            setting_said(arena, out, names[i], word[n] ? word + n + 1 : "true", NULL);
}

static void option_said(struct arena *arena, const struct option_row *row, const char *value,
                        const char *password, struct said_options *out)
{
    switch (row->meaning) {
    case SETTING:
    case SWITCH:
        setting_said(arena, out, row->setting, value, password);
        break;
    case ASSIGNED:
        assigned_said(arena, out, value);
        break;
    case ONLY_CA:
        out->only_ca = value;
        break;
    case NAME:
        out->name = value;
        break;
    case ADDRESS:
        out->url = *out->url ? out->url : value;
        break;
    }
}

/* "https://…", "ldaps://…"; ssh and files are no business of ours. */
static bool is_url(const char *word)
{
    static const char *const others[] = {"ssh://", "git://", "file://", "http://", "git+ssh://"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (str_starts(word, others[i]))
            return false;
    const size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz+");
    return n > 0 && strncmp(word + n, "://", 3) == 0 && word[n + 3];
}

/* A URL may stand behind "=" (--index-url=…), and "git+https://…" is one. */
static const char *url_in(const char *word)
{
    const char *value = strchr(word, '=');
    if (is_url(word))
        return str_starts(word, "git+") ? word + strlen("git+") : word;
    return *word == '-' && value && is_url(value + 1) ? value + 1 : "";
}

/* Programs that compare the server's name only when an option asks for it. */
static bool compares_no_name(const char *file, const char *const *words, size_t count)
{
    static const struct {
        const char *file, *option;
    } asked[] = {{"openssl", "-verify_hostname"},
                 {"openssl", "-verify_ip"},
                 {"psql", "verify-full"},
                 {"pg_", "verify-full"},
                 {"mysql", "--ssl-verify-server-cert"},
                 {"mariadb", "--ssl-verify-server-cert"}};
    const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
    bool known = false;
    for (size_t k = 0; k < sizeof asked / sizeof *asked; k++) {
        if (!str_starts(name, asked[k].file))
            continue;
        known = true;
        for (size_t i = 1; i < count; i++)
            if (strstr(words[i], asked[k].option))
                return false;
    }
    return known;
}

/* Options for the client's own certificate and its key; without dashes a word of a libpq connection
 * string. */
static const struct own_row {
    const char *program, *option;
    bool key;
} own_rows[] = {
    {"curl", "-E", false},
    {"curl", "--cert", false},
    {"curl", "--key", true},
    {"wget", "--certificate", false},
    {"wget", "--private-key", true},
    {"openssl", "-cert", false},
    {"openssl", "-key", true},
    {"openssl", "--ssl-cert", false},
    {"openssl", "--ssl-key", true},
    {"openssl", "sslcert", false},
    {"openssl", "sslkey", true},
    {"gnutls-cli", "--x509certfile", false},
    {"gnutls-cli", "--x509keyfile", true},
};
enum { OWN_ROWS = sizeof own_rows / sizeof *own_rows };

/* What the option has at words[i], and its length: the next word, behind "=", or in a string or URL
 * of settings; NULL: nothing. */
static const char *own_value(const char *option, const char *const *words, size_t count, size_t i,
                             size_t *length)
{
    const size_t n = strlen(option);
    const char *at = strstr(words[i], option), *value = NULL;
    if (at == words[i] && at[n] == '\0' && i + 1 < count)
        value = words[i + 1];
    else if (at && at[n] == '=' && (at == words[i] || (*option != '-' && strchr(" ?&", at[-1]))))
        value = at + n + 1;
    *length = value ? strcspn(value, *option == '-' ? "" : " &") : 0;
    return value;
}

static const char *own_file(struct arena *arena, const char *program, const char *const *words,
                            size_t count, bool key)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = 0; k < OWN_ROWS; k++) {
            const struct own_row *row = &own_rows[k];
            size_t n = 0;
            if (row->key != key || strcmp(row->program, program) != 0)
                continue;
            const char *value = own_value(row->option, words, count, i, &n);
            if (value && !key && strcmp(program, "curl") == 0)
                n = strcspn(value, ":"); /* "FILE:PASSPHRASE" */
            if (value)
                return arena_strndup(arena, value, n);
        }
    return "";
}

void words_read(struct arena *arena, const char *program, const char *const *words, size_t count,
                struct said_options *out)
{
    *out = (struct said_options){.url = "", .name = "", .only_ca = ""};
    out->client_cert = own_file(arena, program, words, count, false);
    out->client_key = own_file(arena, program, words, count, true);
    const char *password = password_of(words, count);
    out->unnamed = count && compares_no_name(words[0], words, count);
    for (size_t i = 1; i < count; i++) {
        for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
            const char *value =
                strcmp(rows[k].program, program) == 0 ? value_at(&rows[k], words, count, i) : NULL;
            if (value)
                option_said(arena, &rows[k], value, password, out);
        }
        if (!*out->url)
            out->url = url_in(words[i]);
    }
}

bool words_name_own(const char *const *words, size_t count, const char *path)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = 0; k < OWN_ROWS; k++) {
            size_t n = 0;
            const char *value = own_value(own_rows[k].option, words, count, i, &n);
            if (value && n == strlen(path) && strncmp(value, path, n) == 0)
                return true;
        }
    return false;
}
