/* SPDX-License-Identifier: Apache-2.0 */
/* Who did what: what the library wrote, sorted by process, and what /proc shows of those that no
 * library tells of. All of it may come from a program that lies: it is kept within limits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

enum { SOCKET_INODES = 64, LINK_BYTES = 4096, YOUNG_MS = 300 };

#define APPEND(processes, items, count, cap, limit, item)                                          \
    do                                                                                             \
        if ((count) < (limit)) {                                                                   \
            (items) = arena_grow((processes)->arena, items, count, &(cap), sizeof *(items));       \
            (items)[(count)++] = item;                                                             \
        }                                                                                          \
    while (0)

/* ---- one process ---- */

static struct process *process_find(struct processes *all, pid_t pid)
{
    for (size_t i = all->count; i > 0; i--) /* of a number that came twice, the later one */
        if (all->items[i - 1].pid == pid)
            return &all->items[i - 1];
    return NULL;
}

static struct process *process_add(struct processes *all, pid_t pid, const char *file)
{
    if (all->count >= LIMIT_WHY_PROCESSES)
        return NULL;
    all->items = arena_grow(all->arena, all->items, all->count, &all->cap, sizeof *all->items);
    all->items[all->count] = (struct process){.pid = pid, .file = file};
    return &all->items[all->count++];
}

static bool list_has(const char *const *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

static void word_add(struct processes *all, struct process *process, const char *text)
{
    APPEND(all, process->words, process->word_count, process->word_cap, LIMIT_WHY_SIGHTS, text);
}

static void setting_add(struct processes *all, struct process *process, const char *text)
{
    const size_t n = strcspn(text, "=");
    if (!text[n])
        return;
    const struct setting_pair pair = {arena_strndup(all->arena, text, n), text + n + 1};
    APPEND(all, process->settings, process->setting_count, process->setting_cap, LIMIT_WHY_SIGHTS,
           pair);
}

static void opened_add(struct processes *all, struct process *process, const char *path)
{
    if (!list_has(process->opened, process->opened_count, path))
        APPEND(all, process->opened, process->opened_count, process->opened_cap, LIMIT_WHY_SIGHTS,
               path);
}

/* ---- contacts ---- */

/* "ADDRESS PORT REST": false for anything else. */
static bool contact_read(struct arena *arena, const char *text, struct contact *out,
                         const char **rest)
{
    uint8_t ip[16];
    int64_t port = 0;
    const size_t address = strcspn(text, " ");
    if (!text[address])
        return false;
    const char *number = text + address + 1;
    const size_t digits = strcspn(number, " ");
    *out = (struct contact){.address = arena_strndup(arena, text, address),
                            .tunnel = "",
                            .scheme = "",
                            .clock = TIME_NONE};
    *rest = number[digits] ? number + digits + 1 : "";
    if (!str_parse_ip(out->address, ip) ||
        !str_to_int(arena_strndup(arena, number, digits), 1, 65535, &port))
        return false;
    out->port = (unsigned)port;
    return true;
}

static struct contact *contact_last(struct process *process, const struct contact *like)
{
    for (size_t i = process->contact_count; i > 0; i--) {
        struct contact *contact = &process->contacts[i - 1];
        if (contact->port == like->port && strcmp(contact->address, like->address) == 0)
            return contact;
    }
    return NULL;
}

/* What is sent on a connection says more of the last one to that address; a second ClientHello is
 * one of another connection, or the same again. */
static void contact_tell(struct processes *all, struct process *process, const struct sight *sight)
{
    const char *rest = "";
    struct contact told;
    if (!contact_read(all->arena, sight->text, &told, &rest))
        return;
    struct contact *last = contact_last(process, &told);
    if (!last || sight->kind == WITNESS_CONNECT || (sight->kind == WITNESS_TLS && last->sni)) {
        if (last && sight->kind == WITNESS_TLS)
            told = (struct contact){.address = last->address,
                                    .port = last->port,
                                    .tunnel = last->tunnel,
                                    .scheme = last->scheme};
        if (process->contact_count >= LIMIT_WHY_SIGHTS)
            return;
        APPEND(all, process->contacts, process->contact_count, process->contact_cap,
               LIMIT_WHY_SIGHTS, told);
        last = &process->contacts[process->contact_count - 1];
    }
    if (sight->kind == WITNESS_TUNNEL)
        last->tunnel = rest;
    else if (sight->kind == WITNESS_PLAIN)
        last->scheme = rest;
    else if (sight->kind == WITNESS_TLS) {
        last->sni = rest;
        last->clock = sight->clock;
    }
}

static void sight_take(struct processes *all, struct process *process, const struct sight *sight)
{
    switch (sight->kind) {
    case WITNESS_WORD:
        word_add(all, process, sight->text);
        break;
    case WITNESS_SETTING:
        setting_add(all, process, sight->text);
        break;
    case WITNESS_NAME:
        if (!list_has(process->names, process->name_count, sight->text))
            APPEND(all, process->names, process->name_count, process->name_cap, LIMIT_WHY_SIGHTS,
                   sight->text);
        break;
    case WITNESS_CONNECT:
    case WITNESS_TUNNEL:
    case WITNESS_PLAIN:
    case WITNESS_TLS:
        contact_tell(all, process, sight);
        break;
    case WITNESS_OPEN:
        if (sight->value == 0)
            opened_add(all, process, sight->text);
        break;
    case WITNESS_LIBRARY:
        APPEND(all, process->libraries, process->library_count, process->library_cap,
               LIMIT_WHY_SIGHTS, sight->text);
        break;
    case WITNESS_HELLO:
    case WITNESS_NONE:
        break;
    }
}

void processes_hear(struct processes *all, struct witness *witness, bool over)
{
    struct sight sight;
    while (witness && witness_next(witness, over, all->arena, &sight)) {
        struct process *process = process_find(all, sight.pid);
        if (sight.kind == WITNESS_HELLO || !process)
            process = process_add(all, sight.pid, sight.kind == WITNESS_HELLO ? sight.text : "");
        if (!process)
            continue;
        process->witnessed = true;
        sight_take(all, process, &sight);
        if (sight.kind == WITNESS_TLS || !process->last)
            process->last = ++all->sights;
    }
}

/* ---- /proc ---- */

/* Into a buffer of the caller's: it is asked for several times a second, for as long as the command
 * runs. */
static const char *link_of(const char *path, char text[LINK_BYTES])
{
    const ssize_t n = readlink(path, text, LINK_BYTES);
    text[n > 0 && n < LINK_BYTES ? n : 0] = '\0';
    return text;
}

/* A file of /proc as words that NULs end; false: the process is gone. */
static bool file_words_read(struct processes *all, struct process *process, const char *name,
                            void (*add)(struct processes *, struct process *, const char *))
{
    BUF_CLEANUP text = {0};
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)process->pid, name);
    if (file_read(NULL, path, LIMIT_WHY_ENVIRONMENT, &text, NULL) != CW_OK)
        return false;
    for (size_t at = 0; at < text.n;) {
        const size_t n = strnlen((const char *)text.p + at, text.n - at);
        add(all, process, arena_strndup(all->arena, (const char *)text.p + at, n));
        at += n + 1;
    }
    return true;
}

/** The sockets of a process. */
struct inodes {
    uint64_t items[SOCKET_INODES];
    size_t count;
};

static void inodes_read(pid_t pid, struct inodes *out)
{
    struct arena arena = {0};
    const char **names = NULL;
    size_t count = 0;
    const char *folder = arena_printf(&arena, "/proc/%ld/fd", (long)pid);
    if (file_list(NULL, folder, LIMIT_WHY_SIGHTS, &arena, &names, &count, NULL) == CW_OK)
        for (size_t i = 0; i < count && out->count < SOCKET_INODES; i++) {
            char text[LINK_BYTES];
            const char *link = link_of(arena_printf(&arena, "%s/%s", folder, names[i]), text);
            if (str_starts(link, "socket:["))
                out->items[out->count++] = strtoull(link + strlen("socket:["), NULL, 10);
        }
    arena_free(&arena);
}

/* "0100007F" or 32 digits: words in the machine's order */
static bool address_read(const char *hex, size_t digits, uint8_t ip[16])
{
    if (digits != 8 && digits != 32)
        return false;
    for (size_t at = 0; at < digits; at += 8) {
        char word[9] = "";
        memcpy(word, hex + at, 8);
        const uint32_t value = (uint32_t)strtoul(word, NULL, 16);
        memcpy(ip + at / 2, &value, sizeof value);
    }
    return true;
}

/* A line of /proc/PID/net/tcp: "sl local remote state …"; a connection to another side counts. */
static void connection_take(struct processes *all, struct process *process, const char *line,
                            const struct inodes *inodes)
{
    enum { LISTENS = 10 };
    char remote[40] = "";
    unsigned port = 0, state = 0;
    unsigned long long inode = 0;
    uint8_t ip[16];
    if (sscanf(line, " %*d: %*39[0-9A-F]:%*x %39[0-9A-F]:%x %x %*s %*s %*s %*u %*u %llu", remote,
               &port, &state, &inode) != 4 ||
        state == LISTENS || port == 0 || port > 65535 || !address_read(remote, strlen(remote), ip))
        return;
    bool own = false;
    for (size_t i = 0; i < inodes->count; i++)
        own = own || inodes->items[i] == inode;
    if (!own)
        return;
    struct arena arena = {
        0}; /* it is looked at several times a second: what is known is not kept */
    struct contact contact = {
        .address = str_ip(&arena, bytes_of(ip, strlen(remote) / 2)),
        .port = port,
        .tunnel = "",
        .scheme = "",
        .clock = TIME_NONE,
    };
    const bool known = contact_last(process, &contact);
    contact.address = known ? "" : arena_strdup(all->arena, contact.address);
    arena_free(&arena);
    if (known)
        return;
    APPEND(all, process->contacts, process->contact_count, process->contact_cap, LIMIT_WHY_SIGHTS,
           contact);
    process->last = ++all->sights;
}

static void connections_look(struct processes *all, struct process *process)
{
    static const char *const tables[] = {"tcp", "tcp6"};
    struct inodes inodes = {0};
    inodes_read(process->pid, &inodes);
    for (size_t i = 0; inodes.count && i < sizeof tables / sizeof *tables; i++) {
        BUF_CLEANUP text = {0};
        char path[64];
        snprintf(path, sizeof path, "/proc/%ld/net/%s", (long)process->pid, tables[i]);
        if (file_read(NULL, path, LIMIT_WHY_CONNECTIONS, &text, NULL) != CW_OK)
            continue;
        for (const char *line = strchr(buf_cstr(&text), '\n'); line && line[1];
             line = strchr(line + 1, '\n'))
            connection_take(all, process, line + 1, &inodes);
    }
}

static bool is_preloaded(pid_t pid)
{
    BUF_CLEANUP text = {0};
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/maps", (long)pid);
    return file_read(NULL, path, LIMIT_WHY_MAPS, &text, NULL) == CW_OK &&
           bytes_find(buf_bytes(&text), bytes_str(WITNESS_LIBRARY_FILE)) != SIZE_MAX;
}

/* Whoever has the library in it tells by itself; the others are looked at. */
static bool process_look(struct processes *all, pid_t pid)
{
    char path[64], text[LINK_BYTES];
    snprintf(path, sizeof path, "/proc/%ld/exe", (long)pid);
    const char *file = link_of(path, text);
    struct process *process = process_find(all, pid);
    if (!*file || (process && process->witnessed && strcmp(process->file, file) == 0))
        return false;
    if (!process || strcmp(process->file, file) != 0) {
        process = process_add(all, pid, arena_strdup(all->arena, file));
        if (!process)
            return false;
        process->witnessed = is_preloaded(pid);
        if (process->witnessed)
            return false;
        process->since = time_monotonic_us() / 1000;
        file_words_read(all, process, "cmdline", word_add);
        file_words_read(all, process, "environ", setting_add);
    }
    connections_look(all, process);
    return process->since && time_monotonic_us() / 1000 - process->since < YOUNG_MS;
}

bool processes_look(struct processes *all, pid_t root)
{
    pid_t queue[LIMIT_WHY_TREE] = {root};
    size_t count = 1;
    bool young = false;
    for (size_t i = 0; i < count; i++) {
        BUF_CLEANUP text = {0};
        char path[64];
        young = process_look(all, queue[i]) || young;
        snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)queue[i], (long)queue[i]);
        if (file_read(NULL, path, LIMIT_WHY_ENVIRONMENT, &text, NULL) != CW_OK)
            continue;
        char *end = NULL;
        for (const char *p = buf_cstr(&text); count < LIMIT_WHY_TREE; p = end) {
            const long pid = strtol(p, &end, 10);
            if (end == p || pid <= 0)
                break;
            queue[count++] = (pid_t)pid;
        }
    }
    return young;
}
