/* SPDX-License-Identifier: Apache-2.0 */
/* Options by their command-line names: one table, one place where values are understood. */
#include "certwhy_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double TIMEOUT_DEFAULT = 10, TIMEOUT_MIN = 0.1, TIMEOUT_MAX = 600;

typedef enum cw_code option_setter(struct cw_options *options, const char *value,
                                   struct error *error);

static const char *shown(struct cw_options *options, const char *value)
{
    return str_safe(&options->arena, bytes_str(value));
}

static void word_add(struct cw_options *options, struct word_list *list, const char *word)
{
    list->items =
        arena_grow(&options->arena, list->items, list->count, &list->cap, sizeof *list->items);
    list->items[list->count++] = arena_strdup(&options->arena, word);
}

/* ---- values that need more than a copy ---- */

static enum cw_code set_sni(struct cw_options *options, const char *value, struct error *error)
{
    if (*value == '\0')
        return error_set(error, CW_E_USAGE, "--sni takes a host name or \"none\"");
    options->sni = strcmp(value, "none") == 0 ? "" : arena_strdup(&options->arena, value);
    return CW_OK;
}

/* RFC 7301 section 3.1: names of 1 to 255 octets, all of them in 65535. */
static enum cw_code set_alpn(struct cw_options *options, const char *value, struct error *error)
{
    enum { NAME_OCTETS = 255, LIST_OCTETS = 1024 };
    bool good = *value != '\0' && strlen(value) <= LIST_OCTETS && str_is_safe(bytes_str(value));
    for (const char *p = value; good; p += strcspn(p, ",") + 1) {
        const size_t n = strcspn(p, ",");
        good = n > 0 && n <= NAME_OCTETS;
        if (p[n] == '\0')
            break;
    }
    if (!good)
        return error_set(error, CW_E_USAGE, "--alpn takes protocols with commas: h2,http/1.1");
    options->alpn = arena_strdup(&options->arena, value);
    return CW_OK;
}

static bool is_address(const char *text)
{
    struct target target;
    struct arena arena = {0};
    const bool good = *text && !strchr(text, '/') &&
                      target_parse(text, "/nonexistent", &arena, &target, NULL) == CW_OK;
    arena_free(&arena);
    return good;
}

static enum cw_code set_connect(struct cw_options *options, const char *value, struct error *error)
{
    bool good = *value != '\0';
    for (const char *p = value; *p; p += strcspn(p, ","), p += *p == ',')
        good = good && is_address(arena_strndup(&options->arena, p, strcspn(p, ",")));
    if (!good)
        return error_set(error, CW_E_USAGE,
                         "--connect \"%s\": an address or host is needed, with or without :port",
                         shown(options, value));
    options->connect = arena_strdup(&options->arena, value);
    return CW_OK;
}

/* HOST:PORT:ADDR as in curl; a leading + (curl: times out) means nothing here. */
static enum cw_code set_resolve(struct cw_options *options, const char *value, struct error *error)
{
    int64_t number = 0;
    const char *start = value + (*value == '+');
    const char *port = strchr(start, ':');
    const char *address = port ? strchr(port + 1, ':') : NULL;
    if (!address || port == start || !address[1] ||
        !str_to_int(arena_strndup(&options->arena, port + 1, (size_t)(address - port - 1)), 1,
                    65535, &number))
        return error_set(error, CW_E_USAGE, "--resolve \"%s\": HOST:PORT:ADDRESS is needed",
                         shown(options, value));
    word_add(options, &options->resolve, start);
    return CW_OK;
}

/* As curl's --proxy: without a scheme it is an HTTP proxy. What is wrong is said without the value,
 * which may hold a password. */
static enum cw_code set_proxy(struct cw_options *options, const char *value, struct error *error)
{
    struct proxy proxy;
    if (strcmp(value, "none") != 0 && !proxy_parse(value, &options->arena, &proxy))
        return error_set(error, CW_E_USAGE,
                         "--proxy takes [http|https|socks4|socks4a|socks5|socks5h://]"
                         "[USER:PASSWORD@]HOST[:PORT], or \"none\"");
    options->proxy = arena_strdup(&options->arena, value);
    return CW_OK;
}

static enum cw_code client_known(struct cw_options *options, const char *word, struct error *error)
{
    if (strcmp(word, "all") == 0 || strcmp(word, "default") == 0 || profile_find(word))
        return CW_OK;
    size_t count = 0;
    const struct profile *const *table = profile_all(&count);
    const char **names = arena_array(&options->arena, 8 * count + 1, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        names[n++] = profile_name(table[i]);
        const char *const *aliases = profile_aliases(table[i]);
        for (size_t k = 0; aliases && aliases[k] && k < 7; k++)
            names[n++] = aliases[k];
    }
    const char *near = str_nearest(word, names);
    return error_set(
        error, CW_E_USAGE, "--client \"%s\" is not known%s%s%s; certwhy clients lists them",
        shown(options, word), near ? ": did you mean \"" : "", near ? near : "", near ? "\"" : "");
}

static enum cw_code set_client(struct cw_options *options, const char *value, struct error *error)
{
    if (*value == '\0')
        return error_set(error, CW_E_USAGE,
                         "--client takes a list of clients, \"default\" or \"all\"");
    for (const char *p = value; *p; p += strcspn(p, ","), p += *p == ',')
        TRY(client_known(options, arena_strndup(&options->arena, p, strcspn(p, ",")), error));
    options->clients = *options->clients
                           ? arena_printf(&options->arena, "%s,%s", options->clients, value)
                           : arena_strdup(&options->arena, value);
    return CW_OK;
}

static enum cw_code time_read(struct cw_options *options, const char *name, const char *value,
                              cw_time *out, struct error *error)
{
    /* X.509 knows the years 0 to 9999 (RFC 5280 section 4.1.2.5). */
    if (time_parse(value, out) && *out >= time_make(0, 1, 1, 0, 0, 0) &&
        *out <= time_make(9999, 12, 31, 23, 59, 59))
        return CW_OK;
    return error_set(error, CW_E_USAGE,
                     "--%s \"%s\" is not a time: write 2026-11-21T12:00:00Z, "
                     "2026-11-21 or @SECONDS",
                     name, shown(options, value));
}

static enum cw_code set_at(struct cw_options *options, const char *value, struct error *error)
{
    cw_time at = TIME_NONE;
    TRY(time_read(options, "at", value, &at, error));
    options->at = at;
    return CW_OK;
}

static enum cw_code set_timeout(struct cw_options *options, const char *value, struct error *error)
{
    char *end = NULL;
    const double seconds = strtod(value, &end);
    if (end == value || *end || !isfinite(seconds) || seconds < TIMEOUT_MIN ||
        seconds > TIMEOUT_MAX)
        return error_set(error, CW_E_USAGE, "--timeout \"%s\": seconds from %g to %g are needed",
                         shown(options, value), TIMEOUT_MIN, TIMEOUT_MAX);
    options->timeout = seconds;
    return CW_OK;
}

static enum cw_code set_fail_on(struct cw_options *options, const char *value, struct error *error)
{
    for (enum severity s = SEVERITY_ERROR; s <= SEVERITY_NOTICE; s++)
        if (strcmp(value, severity_name(s)) == 0) {
            options->fail_on = s;
            return CW_OK;
        }
    return error_set(error, CW_E_USAGE, "--fail-on \"%s\": error, warning or notice is needed",
                     shown(options, value));
}

static enum cw_code rule_known(struct cw_options *options, const char *id, struct error *error)
{
    if (rule_find(id))
        return CW_OK;
    size_t count = 0;
    const struct rule *table = rule_table(&count);
    const char **ids = arena_array(&options->arena, count + 1, sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = table[i].id;
    const char *near = str_nearest(id, ids);
    return error_set(error, CW_E_USAGE,
                     "--ignore: there is no rule \"%s\"%s%s%s; certwhy explain lists "
                     "them",
                     shown(options, id), near ? ": did you mean \"" : "", near ? near : "",
                     near ? "\"" : "");
}

/* RULE[@NAME][=until DATE] */
static enum cw_code set_ignore(struct cw_options *options, const char *value, struct error *error)
{
    struct arena *arena = &options->arena;
    struct ignore_rule ignore = {.name = "", .until = TIME_NONE};
    const char *until = strstr(value, "=until ");
    const char *head = until ? arena_strndup(arena, value, (size_t)(until - value)) : value;
    if (until)
        TRY(time_read(options, "ignore …=until", until + strlen("=until "), &ignore.until, error));
    const size_t n = strcspn(head, "@");
    ignore.rule = arena_strndup(arena, head, n);
    if (head[n])
        ignore.name = arena_strdup(arena, head + n + 1);
    TRY(rule_known(options, ignore.rule, error));
    options->ignore = arena_grow(arena, options->ignore, options->ignore_count,
                                 &options->ignore_cap, sizeof *options->ignore);
    options->ignore[options->ignore_count++] = ignore;
    return CW_OK;
}

/* The first line of the file. It is kept in memory that is wiped, and nowhere else. */
static enum cw_code set_key_pass_file(struct cw_options *options, const char *value,
                                      struct error *error)
{
    enum { PASSPHRASE_BYTES = 1024 };
    BUF_CLEANUP content = {0};
    TRY(file_read(options->root, value, PASSPHRASE_BYTES, &content, error));
    const size_t n = strcspn(buf_cstr(&content), "\r\n");
    options_key_pass(options, bytes_of(content.p, n));
    explicit_bzero(content.p, content.n);
    if (n == 0)
        return error_set(error, CW_E_USAGE, "--key-pass-file %s: its first line is empty",
                         shown(options, value));
    return CW_OK;
}

void options_add_setting(struct cw_options *options, const struct given_setting *setting)
{
    struct arena *arena = &options->arena;
    options->settings = arena_grow(arena, options->settings, options->setting_count,
                                   &options->setting_cap, sizeof *options->settings);
    options->settings[options->setting_count++] = (struct given_setting){
        .name = arena_strdup(arena, setting->name),
        .value = arena_strdup(arena, setting->value),
        .where = arena_strdup(arena, setting->where),
        .password = setting->password ? arena_strdup(arena, setting->password) : NULL,
    };
}

void options_key_pass(struct cw_options *options, struct bytes passphrase)
{
    if (options->key_pass.n > 0)
        explicit_bzero(options->key_pass.p, options->key_pass.n);
    options->key_pass.n = 0;
    buf_add_bytes(&options->key_pass, passphrase);
    buf_add_byte(&options->key_pass, 0);
}

static enum cw_code set_sntp(struct cw_options *options, const char *value, struct error *error)
{
    if (!is_address(value))
        return error_set(error, CW_E_USAGE,
                         "--sntp \"%s\": a time server is needed, with or without :port",
                         shown(options, value));
    options->clock = true;
    options->sntp = arena_strdup(&options->arena, value);
    return CW_OK;
}

static enum cw_code set_dns_server(struct cw_options *options, const char *value,
                                   struct error *error)
{
    struct target server;
    uint8_t ip[16];
    if (target_parse(value, "/nonexistent", &options->arena, &server, NULL) != CW_OK ||
        server.kind != TARGET_ENDPOINT || !str_parse_ip(server.host, ip) || strchr(value, '/'))
        return error_set(error, CW_E_USAGE,
                         "--dns-server \"%s\": an IP address is needed, with or without :port",
                         shown(options, value));
    options->dns = true;
    options->dns_server = arena_strdup(&options->arena, value);
    return CW_OK;
}

static enum cw_code set_dns_anchor(struct cw_options *options, const char *value,
                                   struct error *error)
{
    BUF_CLEANUP content = {0};
    TRY(file_read(options->root, value, LIMIT_DNS_ANCHOR_BYTES, &content, error));
    if (content.n == 0 || memchr(content.p, 0, content.n))
        return error_set(error, CW_E_USAGE,
                         "--dns-anchor %s: DS or DNSKEY records are needed, one a line",
                         shown(options, value));
    options->dns = true;
    options->dns_anchors = arena_bytes(&options->arena, buf_bytes(&content));
    return CW_OK;
}

/* ---- the table ---- */

enum option_kind { OPTION_TEXT, OPTION_WORDS, OPTION_FLAG, OPTION_SETTER };
struct option_row {
    const char *name;
    enum option_kind kind;
    size_t offset;
    option_setter *set;
};
#define ROW(option, type, member)                                                                  \
    {                                                                                              \
        option, OPTION_##type, offsetof(struct cw_options, member), NULL                           \
    }
static const struct option_row rows[] = {
    ROW("name", TEXT, name),
    ROW("key", TEXT, key),
    ROW("expect", TEXT, expect),
    ROW("client-cert", TEXT, client_cert),
    ROW("client-key", TEXT, client_key),
    ROW("root", TEXT, root),
    ROW("ca", WORDS, ca),
    ROW("pool", WORDS, pool),
    ROW("crl", WORDS, crl),
    ROW("ocsp", WORDS, ocsp),
    ROW("only-ca", FLAG, only_ca),
    ROW("offline", FLAG, offline),
    ROW("no-cache", FLAG, no_cache),
    ROW("allow-private-fetch", FLAG, allow_private_fetch),
    ROW("no-service-probe", FLAG, no_service_probe),
    ROW("clock", FLAG, clock),
    ROW("dns", FLAG, dns),
    ROW("ipv4", FLAG, ipv4),
    ROW("ipv6", FLAG, ipv6),
    {"sntp", OPTION_SETTER, 0, set_sntp},
    {"dns-server", OPTION_SETTER, 0, set_dns_server},
    {"dns-anchor", OPTION_SETTER, 0, set_dns_anchor},
    {"proxy", OPTION_SETTER, 0, set_proxy},
    {"key-pass-file", OPTION_SETTER, 0, set_key_pass_file},
    {"connect", OPTION_SETTER, 0, set_connect},
    {"resolve", OPTION_SETTER, 0, set_resolve},
    {"sni", OPTION_SETTER, 0, set_sni},
    {"alpn", OPTION_SETTER, 0, set_alpn},
    {"client", OPTION_SETTER, 0, set_client},
    {"at", OPTION_SETTER, 0, set_at},
    {"timeout", OPTION_SETTER, 0, set_timeout},
    {"fail-on", OPTION_SETTER, 0, set_fail_on},
    {"ignore", OPTION_SETTER, 0, set_ignore},
};
enum { ROW_COUNT = sizeof rows / sizeof *rows };

static enum cw_code unknown(struct cw_options *options, const char *name, struct error *error)
{
    const char *names[ROW_COUNT + 1] = {NULL};
    for (size_t i = 0; i < ROW_COUNT; i++)
        names[i] = rows[i].name;
    const char *near = str_nearest(name, names);
    return error_set(error, CW_E_USAGE, "there is no option \"%s\"%s%s%s", shown(options, name),
                     near ? ": did you mean \"" : "", near ? near : "", near ? "\"" : "");
}

static enum cw_code set_flag(bool *flag, const char *name, const char *value, struct error *error)
{
    *flag = strcmp(value, "true") == 0;
    if (*flag || strcmp(value, "false") == 0)
        return CW_OK;
    return error_set(error, CW_E_USAGE, "--%s is a flag: true or false", name);
}

static enum cw_code row_set(struct cw_options *options, const struct option_row *row,
                            const char *value, struct error *error)
{
    void *member = (char *)options + row->offset;
    switch (row->kind) {
    case OPTION_FLAG:
        return set_flag(member, row->name, value, error);
    case OPTION_SETTER:
        return row->set(options, value, error);
    case OPTION_TEXT:
    case OPTION_WORDS:
        break;
    }
    if (*value == '\0')
        return error_set(error, CW_E_USAGE, "--%s needs a value that is not empty", row->name);
    if (row->kind == OPTION_WORDS)
        word_add(options, member, value);
    else
        *(const char **)member = arena_strdup(&options->arena, value);
    return CW_OK;
}

enum cw_code options_set(struct cw_options *options, const char *name, const char *value,
                         struct error *error)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (strcmp(rows[i].name, name) == 0)
            return row_set(options, &rows[i], value, error);
    return unknown(options, name, error);
}

struct cw_options *cw_options_new(void)
{
    struct cw_options *options = xcalloc(1, sizeof *options);
    options->root = options->name = options->connect = options->key = options->clients = "";
    options->client_cert = options->client_key = "";
    options->alpn = options->proxy = options->expect = options->dns_server = options->sntp = "";
    options->at = TIME_NONE;
    options->timeout = TIMEOUT_DEFAULT;
    options->fail_on = SEVERITY_ERROR;
    return options;
}

void cw_options_free(struct cw_options *options)
{
    if (!options)
        return;
    options_key_pass(options, bytes_of(NULL, 0));
    buf_free(&options->key_pass);
    arena_free(&options->arena);
    free(options);
}
