/* SPDX-License-Identifier: Apache-2.0 */
/* The only user of libunbound: it asks, follows aliases and validates signatures (RFC 4035). Loaded
 * when somebody asks, so that a check that does not pays nothing. Its declarations are written out
 * here, since no header is needed to build (tests/unit/test_dns.c compares them with it). */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "dns_unbound.h"
#include "internal.h"

const char *const dns_result_names[] = {"records", "no-records", "no-name",
                                        "failed",  "silent",     NULL};
const char *const dns_security_names[] = {"unchecked", "insecure", "secure", "bogus", NULL};
const char *const dns_state_names[] = {"not-asked",   "asked",    "offline",
                                       "unavailable", "unusable", NULL};

/* The root's keys, KSK-2017 and KSK-2024 (data.iana.org/root-anchors). */
static const char *const root_anchors[] = {
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
};

/* ---- loading ---- */

struct unbound {
    struct ub_ctx *(*create)(void);
    void (*destroy)(struct ub_ctx *ctx);
    int (*set_option)(struct ub_ctx *ctx, const char *option, const char *value);
    int (*resolvconf)(struct ub_ctx *ctx, const char *path);
    int (*hosts)(struct ub_ctx *ctx, const char *path);
    int (*forward)(struct ub_ctx *ctx, const char *address);
    int (*add_anchor)(struct ub_ctx *ctx, const char *record);
    int (*debug_to)(struct ub_ctx *ctx, void *file);
    int (*async)(struct ub_ctx *ctx, int by_thread);
    int (*zone_remove)(struct ub_ctx *ctx, const char *zone);
    int (*resolve)(struct ub_ctx *ctx, const char *name, int type, int class, void *context,
                   void (*take)(void *, int, struct ub_result *), int *id);
    int (*fd)(struct ub_ctx *ctx);
    int (*process)(struct ub_ctx *ctx);
    void (*result_free)(struct ub_result *result);
    const char *(*error_text)(int code);
};

static const struct {
    const char *name;
    size_t offset;
} symbols[] = {
    {"ub_ctx_create", offsetof(struct unbound, create)},
    {"ub_ctx_delete", offsetof(struct unbound, destroy)},
    {"ub_ctx_set_option", offsetof(struct unbound, set_option)},
    {"ub_ctx_resolvconf", offsetof(struct unbound, resolvconf)},
    {"ub_ctx_hosts", offsetof(struct unbound, hosts)},
    {"ub_ctx_set_fwd", offsetof(struct unbound, forward)},
    {"ub_ctx_add_ta", offsetof(struct unbound, add_anchor)},
    {"ub_ctx_debugout", offsetof(struct unbound, debug_to)},
    {"ub_ctx_async", offsetof(struct unbound, async)},
    {"ub_ctx_zone_remove", offsetof(struct unbound, zone_remove)},
    {"ub_resolve_async", offsetof(struct unbound, resolve)},
    {"ub_fd", offsetof(struct unbound, fd)},
    {"ub_process", offsetof(struct unbound, process)},
    {"ub_resolve_free", offsetof(struct unbound, result_free)},
    {"ub_strerror", offsetof(struct unbound, error_text)},
};

static bool unbound_load(struct unbound *out)
{
    void *library = dlopen("libunbound.so.8", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    bool good = library != NULL;
    for (size_t i = 0; good && i < sizeof symbols / sizeof *symbols; i++) {
        void *address = dlsym(library, symbols[i].name);
        /* ISO C has no conversion from an object to a function pointer: POSIX dlsym() does. */
        memcpy((char *)out + symbols[i].offset, &address, sizeof address);
        good = address != NULL;
    }
    return good;
}

/* ---- one run of questions ---- */

struct asking {
    const struct unbound *lib;
    const struct dns_settings *settings;
    struct ub_ctx *ctx;
    struct arena *arena;
    struct deadline until;
    size_t pending;
};

/** A question under way: what libunbound hands back to us. */
struct errand {
    struct asking *asking;
    struct dns_answer *answer;
};

static enum dns_result result_of(const struct ub_result *result)
{
    enum { RCODE_NOERROR = 0, RCODE_NXDOMAIN = 3 };
    if (result->havedata)
        return DNS_RECORDS;
    if (result->nxdomain || result->rcode == RCODE_NXDOMAIN)
        return DNS_NO_NAME;
    return result->rcode == RCODE_NOERROR ? DNS_NO_RECORDS : DNS_FAILED;
}

/* Servers rotate records: two looks at the same zone are to read the same. */
static int records_compare(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static void records_take(struct arena *arena, const struct ub_result *result,
                         struct dns_answer *out)
{
    size_t count = 0;
    while (result->havedata && result->data[count])
        count++;
    out->cut = count > LIMIT_DNS_RECORDS;
    count = out->cut ? LIMIT_DNS_RECORDS : count;
    out->records = arena_array(arena, count + 1, sizeof *out->records);
    for (size_t i = 0; i < count && result->len[i] >= 0; i++)
        out->records[out->record_count++] =
            arena_bytes(arena, bytes_of(result->data[i], (size_t)result->len[i]));
    qsort(out->records, out->record_count, sizeof *out->records, records_compare);
}

static const char *without_dot(struct arena *arena, const char *name)
{
    const size_t n = strlen(name);
    return str_safe(arena, bytes_of(name, n > 1 && name[n - 1] == '.' ? n - 1 : n));
}

static void answer_take(void *context, int code, struct ub_result *result)
{
    struct errand *errand = context;
    struct asking *asking = errand->asking;
    struct dns_answer *answer = errand->answer;
    struct arena *arena = asking->arena;
    asking->pending--;
    if (code != 0 || !result) {
        answer->result = DNS_FAILED;
        answer->why = str_safe(arena, bytes_str(asking->lib->error_text(code)));
        return;
    }
    answer->result = result_of(result);
    answer->security = result->bogus ? DNS_BOGUS : result->secure ? DNS_SECURE : DNS_INSECURE;
    if (result->bogus && result->why_bogus)
        answer->why = str_safe(arena, bytes_str(result->why_bogus));
    if (result->canonname && !str_equal_nocase(result->canonname, answer->name)) {
        const char *alias = without_dot(arena, result->canonname);
        answer->alias = str_equal_nocase(alias, answer->name) ? "" : alias;
    }
    records_take(arena, result, answer);
    asking->lib->result_free(result);
}

/* "127.0.0.1:5353", "[::1]:5353", "[::1]" → "127.0.0.1@5353", "::1@5353", "::1" */
static const char *forward_address(struct arena *arena, const char *server)
{
    uint8_t ip[16];
    const bool bracketed = *server == '[';
    const char *end = bracketed ? strchr(server, ']') : strrchr(server, ':');
    if (str_parse_ip(server, ip) || !end)
        return server;
    const char *port = bracketed ? end + 1 : end;
    const int n = (int)(end - server) - bracketed;
    return arena_printf(arena, "%.*s%s%s", n, server + bracketed, *port ? "@" : "",
                        *port ? port + 1 : "");
}

static int anchors_add(struct asking *asking)
{
    const struct bytes text = asking->settings->anchors;
    int code = 0;
    for (size_t i = 0; !text.p && code == 0 && i < sizeof root_anchors / sizeof *root_anchors; i++)
        code = asking->lib->add_anchor(asking->ctx, root_anchors[i]);
    for (size_t start = 0; code == 0 && start < text.n;) {
        const uint8_t *end = memchr(text.p + start, '\n', text.n - start);
        const size_t n = end ? (size_t)(end - text.p) - start : text.n - start;
        const char *line = arena_strndup(asking->arena, (const char *)text.p + start, n);
        if (n > 0 && *line != ';' && *line != '#' && *line != '\r')
            code = asking->lib->add_anchor(asking->ctx, line);
        start += n + 1;
    }
    return code;
}

/* Zones that libunbound answers itself unless told otherwise: the resolver may well know them. The
 * first call is also the one that finds unusable anchors. */
static int zones_open(struct asking *asking)
{
    static const char *const zones[] = {"test.", "home.arpa."};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof zones / sizeof *zones; i++)
        code = asking->lib->zone_remove(asking->ctx, zones[i]);
    return code;
}

static int context_ready(struct asking *asking, bool validate)
{
    const struct unbound *lib = asking->lib;
    const char *server = asking->settings->server;
    lib->debug_to(asking->ctx, NULL);
    /* a resolver on this machine (127.0.0.53) is as good as any */
    lib->set_option(asking->ctx, "do-not-query-localhost:", "no");
    lib->set_option(asking->ctx, "trust-anchor-signaling:", "no");
    int code = *server ? lib->forward(asking->ctx, forward_address(asking->arena, server))
                       : lib->resolvconf(asking->ctx, NULL);
    if (code == 0 && *server == '\0')
        lib->hosts(asking->ctx, NULL); /* no such file: nothing stands in it */
    if (code == 0 && validate)
        code = anchors_add(asking);
    if (code == 0)
        code = lib->async(asking->ctx, 1);
    return code == 0 ? zones_open(asking) : code;
}

static void questions_send(struct asking *asking, struct dns_seen *seen)
{
    enum { CLASS_IN = 1 };
    struct errand *errands = arena_array(asking->arena, seen->count + 1, sizeof *errands);
    for (size_t i = 0; i < seen->count; i++) {
        struct dns_answer *answer = &seen->answers[i];
        *answer = (struct dns_answer){.name = answer->name,
                                      .type = answer->type,
                                      .result = DNS_SILENT,
                                      .why = "",
                                      .alias = ""};
        errands[i] = (struct errand){.asking = asking, .answer = answer};
        asking->pending++;
        const int code = asking->lib->resolve(asking->ctx, answer->name, answer->type, CLASS_IN,
                                              &errands[i], answer_take, NULL);
        if (code != 0)
            answer_take(&errands[i], code, NULL);
    }
}

/* One run; libunbound's code, 0 good. A thread of its own does the work; answers are taken in this
 * one. */
static int run(struct asking *asking, bool validate, struct dns_seen *seen)
{
    asking->pending = 0;
    asking->ctx = asking->lib->create();
    if (!asking->ctx)
        return UB_NOMEM;
    int code = context_ready(asking, validate);
    if (code == 0)
        questions_send(asking, seen);
    while (code == 0 && asking->pending > 0 &&
           net_wait(asking->lib->fd(asking->ctx), false, asking->until) == NET_OK)
        code = asking->lib->process(asking->ctx);
    asking->lib->destroy(asking->ctx);
    return code;
}

/* ---- the whole ---- */

static bool any_answered(const struct dns_seen *seen)
{
    for (size_t i = 0; i < seen->count; i++)
        if (seen->answers[i].result != DNS_SILENT)
            return true;
    return false;
}

/* With the root's anchors everything below the root must show signatures or the proof that it has
 * none. A resolver that strips them makes the whole world look forged: the root's own keys tell. */
static bool resolver_passes_signatures(const struct dns_seen *seen)
{
    const struct dns_answer *probe = &seen->answers[seen->count - 1];
    return probe->security == DNS_SECURE;
}

static void uncheck(struct dns_seen *seen)
{
    for (size_t i = 0; i < seen->count; i++)
        seen->answers[i].security = DNS_UNCHECKED;
}

/* Asks with validation by the root's anchors, and again without where that cannot be had. */
static int run_from_root(struct asking *asking, struct dns_seen *seen)
{
    struct dns_seen with_probe = *seen;
    with_probe.count = seen->count + 1;
    with_probe.answers = arena_array(asking->arena, with_probe.count, sizeof *with_probe.answers);
    memcpy(with_probe.answers, seen->answers, seen->count * sizeof *seen->answers);
    with_probe.answers[seen->count] = (struct dns_answer){.name = ".", .type = DNS_DNSKEY};
    int code = run(asking, true, &with_probe);
    memcpy(seen->answers, with_probe.answers, seen->count * sizeof *seen->answers);
    if (code != 0 || resolver_passes_signatures(&with_probe))
        return code;
    if (any_answered(&with_probe))
        code = run(asking, false, seen);
    uncheck(seen);
    seen->why = any_answered(seen) ? "the resolver does not pass DNSSEC signatures on"
                                   : "no resolver answers";
    return code;
}

void dns_ask(const struct dns_settings *settings, struct arena *arena, struct dns_seen *seen)
{
    struct unbound lib;
    seen->why = "";
    seen->server = settings->server;
    seen->state = unbound_load(&lib) ? DNS_ASKED : DNS_UNAVAILABLE;
    if (seen->state == DNS_UNAVAILABLE || seen->count == 0) {
        seen->count = 0;
        return;
    }
    struct asking asking = {
        .lib = &lib, .settings = settings, .arena = arena, .until = deadline_in(settings->seconds)};
    const int code = settings->anchors.p ? run(&asking, true, seen) : run_from_root(&asking, seen);
    if (code == 0)
        return;
    seen->state = DNS_UNUSABLE;
    seen->why = str_safe(arena, bytes_str(lib.error_text(code)));
    seen->count = 0;
}
