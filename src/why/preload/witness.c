/* SPDX-License-Identifier: Apache-2.0 */
/* libcertwhy-witness.so, preloaded into the command of `certwhy why` and whatever that starts:
 * notes whom it connects to, under which name it asks for TLS, and which files of certificates it
 * opens. It does nothing else, and nothing at all when there is no log. No lock, no allocation, no
 * printing: each wrapper may run in a signal handler and in any thread. errno stays what the real
 * call made it.
 *
 * Built apart from all else: it must not bring our libraries into foreign programs. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "why/log.h"

#define EXPORT __attribute__((visibility("default")))
enum { WORDS_MAX = 64, MODE_ANY = 07777 };

static char log_path[32];
static char **words;
static struct witness_log *_Atomic the_log;
static atomic_bool absent;
static _Atomic pid_t introduced;

/* ---- writing ---- */

static void note(enum witness_kind kind, int fd, int value, const char *text)
{
    struct witness_log *log = atomic_load(&the_log);
    const uint32_t i = atomic_fetch_add(&log->used, 1);
    if (i >= WITNESS_SLOTS)
        return;
    struct witness_slot *slot = &log->slot[i];
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    slot->pid = (uint32_t)getpid();
    slot->fd = fd;
    slot->value = (uint32_t)value;
    slot->clock = now.tv_sec;
    size_t n = 0;
    for (; n + 1 < WITNESS_TEXT && text[n]; n++)
        slot->text[n] = text[n];
    slot->text[n] = '\0';
    atomic_store_explicit(&slot->kind, (uint32_t)kind, memory_order_release);
}

static void greet(void)
{
    char file[WITNESS_TEXT];
    const ssize_t n = readlink("/proc/self/exe", file, sizeof file - 1);
    file[n > 0 ? n : 0] = '\0';
    note(WITNESS_HELLO, -1, 0, file);
}

static void setting_note(const char *name)
{
    const char *value = getenv(name);
    char text[WITNESS_TEXT];
    size_t n = strlen(name), v = value ? strlen(value) : 0;
    if (!value || n + v + 2 > sizeof text)
        return;
    memcpy(text, name, n);
    text[n] = '=';
    memcpy(text + n + 1, value, v + 1);
    note(WITNESS_SETTING, -1, 0, text);
}

/* Who does it: told before the first thing that a process does; most never do any. */
static void introduce(void)
{
    const pid_t self = getpid();
    if (atomic_exchange(&introduced, self) == self)
        return;
    greet();
    for (size_t i = 0; words && words[i] && i < WORDS_MAX; i++)
        note(WITNESS_WORD, -1, 0, words[i]);
    for (size_t i = 0; i < sizeof witness_settings / sizeof *witness_settings; i++)
        setting_note(witness_settings[i]);
}

/* ---- the log ---- */

static bool is_log(const struct stat *st)
{
    return S_ISREG(st->st_mode) && st->st_nlink == 0 &&
           st->st_size ==
               (off_t)(sizeof(struct witness_log) + sizeof(struct witness_slot) * WITNESS_SLOTS);
}

/* The path may lead to anything when certwhy is gone and another process has its number: nothing is
 * opened that does not look like the log. Two threads at once map it twice: no harm. */
static void log_find(void)
{
    struct stat st;
    if (!*log_path || stat(log_path, &st) != 0 || !is_log(&st))
        return;
    const int fd = open(log_path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    void *p = MAP_FAILED;
    if (fstat(fd, &st) == 0 && is_log(&st) && fcntl(fd, F_GET_SEALS) >= F_SEAL_SHRINK)
        p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    struct witness_log *found = p == MAP_FAILED ? NULL : p;
    if (found && found->magic == WITNESS_MAGIC && found->slots == WITNESS_SLOTS)
        atomic_store(&the_log, found);
}

/* Before main(): as little as possible, for most programs never do what is to be told. */
__attribute__((constructor)) static void begin(int argc, char **argv, char **envp)
{
    (void)envp;
    const char *path = getenv(WITNESS_VARIABLE);
    words = argc > 0 ? argv : NULL;
    if (path && strlen(path) < sizeof log_path)
        memcpy(log_path, path, strlen(path) + 1);
}

static void tell(enum witness_kind kind, int fd, int value, const char *text)
{
    if (!atomic_load(&the_log) && !atomic_load(&absent)) {
        log_find();
        atomic_store(&absent, atomic_load(&the_log) == NULL);
    }
    if (!atomic_load(&the_log))
        return;
    introduce();
    note(kind, fd, value, text);
}

/* The real function behind a wrapper, or before it where the C library itself was preloaded. Looked
 * up at its first call: twice at the same time is fine. */
static void *next(void *_Atomic *known, const char *name)
{
    void *found = atomic_load_explicit(known, memory_order_relaxed);
    if (!found) {
        found = dlsym(RTLD_NEXT, name);
        found = found ? found : dlsym(RTLD_DEFAULT, name);
        atomic_store_explicit(known, found, memory_order_relaxed);
    }
    return found;
}
#define NEXT(type, name)                                                                           \
    static void *_Atomic known_##name;                                                             \
    type *const real = (type *)(uintptr_t)next(&known_##name, #name)

/* ---- files ---- */

static bool ends(const char *text, size_t n, const char *with)
{
    const size_t m = strlen(with);
    return n >= m && strcasecmp(text + n - m, with) == 0;
}

/* "5ed36f99.0": names as openssl rehash makes them */
static bool is_hashed(const char *name)
{
    return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && name[9] >= '0' &&
           name[9] <= '9' && name[10] == '\0';
}

static bool looks_like_trust(const char *path)
{
    static const char *const ending[] = {
        ".pem",   ".crt", ".cer",    ".der",      ".p7b",     ".p12",     ".pfx",           ".jks",
        ".jceks", ".bks", "cacerts", "ca-bundle", "cert9.db", "cert8.db", "ca-certificates"};
    const size_t n = strlen(path);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        if (ends(path, n, ending[i]))
            return true;
    const char *slash = strrchr(path, '/');
    return is_hashed(slash ? slash + 1 : path);
}

/* ".../site-packages/requests/__init__.py", or as it is when compiled */
static bool is_known_library(const char *path)
{
    static const char *const names[] = {"pip/",     "requests/",  "httpx/",      "aiohttp/",
                                        "openai/",  "anthropic/", "langchain/",  "botocore/",
                                        "urllib3/", "azure/",     "websockets/", "httplib2/"};
    const char *tail = strstr(path, "-packages/");
    if (!tail)
        return false;
    tail += strlen("-packages/");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const size_t n = strlen(names[i]);
        if (strncmp(tail, names[i], n) == 0)
            return strncmp(tail + n, "__init__.", 9) == 0 ||
                   strncmp(tail + n, "__pycache__/__init__.", 21) == 0;
    }
    return false;
}

static void opened(const char *path, int error)
{
    char text[WITNESS_TEXT] = "";
    const bool trust = looks_like_trust(path);
    if (!trust && (error || !is_known_library(path)))
        return;
    size_t n = 0;
    if (*path != '/' && getcwd(text, sizeof text - 1)) {
        n = strlen(text);
        text[n++] = '/';
    }
    if (n + strlen(path) >= sizeof text)
        return; /* half a path is none */
    memcpy(text + n, path, strlen(path) + 1);
    tell(trust ? WITNESS_OPEN : WITNESS_LIBRARY, -1, error, text);
}

static mode_t mode_of(int flags, va_list *args)
{
    const bool given = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
    return given ? va_arg(*args, mode_t) & MODE_ANY : 0;
}

typedef int open_call(const char *, int, ...);
typedef int openat_call(int, const char *, int, ...);
typedef FILE *fopen_call(const char *, const char *);

static void opened_fd(int dir, const char *path, int fd)
{
    const int saved = errno;
    if (path && (dir == AT_FDCWD || *path == '/'))
        opened(path, fd >= 0 ? 0 : saved);
    errno = saved;
}

#define OPEN(name)                                                                                 \
    EXPORT int name(const char *path, int flags, ...)                                              \
    {                                                                                              \
        NEXT(open_call, name);                                                                     \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        const mode_t mode = mode_of(flags, &args);                                                 \
        va_end(args);                                                                              \
        const int fd = real(path, flags, mode);                                                    \
        opened_fd(AT_FDCWD, path, fd);                                                             \
        return fd;                                                                                 \
    }
#define OPENAT(name)                                                                               \
    EXPORT int name(int dir, const char *path, int flags, ...)                                     \
    {                                                                                              \
        NEXT(openat_call, name);                                                                   \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        const mode_t mode = mode_of(flags, &args);                                                 \
        va_end(args);                                                                              \
        const int fd = real(dir, path, flags, mode);                                               \
        opened_fd(dir, path, fd);                                                                  \
        return fd;                                                                                 \
    }
#define FOPEN(name)                                                                                \
    EXPORT FILE *name(const char *path, const char *mode)                                          \
    {                                                                                              \
        NEXT(fopen_call, name);                                                                    \
        FILE *file = real(path, mode);                                                             \
        opened_fd(AT_FDCWD, path, file ? 0 : -1);                                                  \
        return file;                                                                               \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
FOPEN(fopen)
FOPEN(fopen64)

/* ---- names and connections ---- */

typedef int getaddrinfo_call(const char *, const char *, const struct addrinfo *,
                             struct addrinfo **);

EXPORT int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **out)
{
    NEXT(getaddrinfo_call, getaddrinfo);
    const int result = real(node, service, hints, out);
    const int saved = errno;
    if (node && *node)
        tell(WITNESS_NAME, -1, result, node);
    errno = saved;
    return result;
}

/* Appends at most up to the end of `out`; returns where the NUL stands. */
static size_t add(char *out, size_t n, size_t room, const char *text)
{
    while (*text && n + 1 < room)
        out[n++] = *text++;
    out[n] = '\0';
    return n;
}

static size_t add_number(char *out, size_t n, size_t room, unsigned number)
{
    char digits[12];
    size_t at = sizeof digits - 1;
    digits[at] = '\0';
    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) && at);
    return add(out, n, room, digits + at);
}

/* "ADDRESS PORT "; 0: it is no address of the internet */
static size_t peer_text(const struct sockaddr *peer, socklen_t length, char *out, size_t room)
{
    char ip[INET6_ADDRSTRLEN];
    const struct sockaddr_in *v4 = (const void *)peer;
    const struct sockaddr_in6 *v6 = (const void *)peer;
    const bool is_v4 = peer->sa_family == AF_INET;
    if ((!is_v4 && peer->sa_family != AF_INET6) || length < (is_v4 ? sizeof *v4 : sizeof *v6))
        return 0;
    const void *address = is_v4 ? (const void *)&v4->sin_addr : (const void *)&v6->sin6_addr;
    if (!inet_ntop(peer->sa_family, address, ip, sizeof ip))
        return 0;
    size_t n = add(out, 0, room, ip);
    n = add(out, n, room, " ");
    n = add_number(out, n, room, ntohs(is_v4 ? v4->sin_port : v6->sin6_port));
    return add(out, n, room, " ");
}

static bool is_stream(int fd)
{
    int type = 0;
    socklen_t n = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_STREAM;
}

typedef int connect_call(int, const struct sockaddr *, socklen_t);

EXPORT int connect(int fd, const struct sockaddr *peer, socklen_t length)
{
    NEXT(connect_call, connect);
    const int result = real(fd, peer, length);
    const int saved = errno;
    char text[WITNESS_TEXT];
    if (peer && length >= sizeof(struct sockaddr_in) && is_stream(fd) &&
        peer_text(peer, length, text, sizeof text))
        tell(WITNESS_CONNECT, fd, result == 0 ? 0 : saved, text);
    errno = saved;
    return result;
}

/* ---- what is sent first ---- */

struct view {
    const uint8_t *p;
    size_t n;
};

static struct view skip(struct view v, size_t n)
{
    return n > v.n ? (struct view){v.p, 0} : (struct view){v.p + n, v.n - n};
}

static size_t number(struct view v, size_t octets)
{
    size_t n = 0;
    if (v.n < octets)
        return 0;
    for (size_t i = 0; i < octets; i++)
        n = n << 8 | v.p[i];
    return n;
}

/* A vector that begins with its length in so many octets: what stands behind it. */
static struct view past(struct view v, size_t octets)
{
    return skip(v, octets + number(v, octets));
}

/* The server_name of a ClientHello (RFC 6066 section 3), as far as this record holds it. */
static size_t server_name(struct view hello, char *out, size_t n, size_t room)
{
    enum { BEFORE_SESSION = 5 + 4 + 2 + 32, EXTENSION_HEAD = 4, NAME_HEAD = 5, SERVER_NAME = 0 };
    struct view v = past(past(past(skip(hello, BEFORE_SESSION), 1), 2), 1);
    for (v = skip(v, 2); v.n > EXTENSION_HEAD; v = skip(past(skip(v, 2), 2), 0)) {
        if (number(v, 2) != SERVER_NAME)
            continue;
        const struct view name = skip(v, EXTENSION_HEAD + NAME_HEAD);
        const size_t length = number(skip(v, EXTENSION_HEAD + 3), 2);
        for (size_t i = 0; i < length && i < name.n && n + 1 < room && name.p[i] > ' '; i++)
            out[n++] = (char)name.p[i];
        break;
    }
    out[n] = '\0';
    return n;
}

static bool begins(struct view v, const char *with)
{
    const size_t n = strlen(with);
    return v.n >= n && memcmp(v.p, with, n) == 0;
}

static bool holds(struct view v, const char *what)
{
    return memmem(v.p, v.n, what, strlen(what)) != NULL;
}

/* By which protocol TLS is asked for; NULL: it is not. */
static const char *plain_scheme(struct view v)
{
    static const uint8_t postgres[8] = {0, 0, 0, 8, 4, 210, 22, 47};
    enum { MYSQL_REQUEST = 36, MYSQL_SSL = 8 /* CLIENT_SSL in the second octet of capabilities */ };
    if (v.n == sizeof postgres && memcmp(v.p, postgres, sizeof postgres) == 0)
        return "postgres";
    if (v.n == MYSQL_REQUEST && number(v, 4) == 0x20000001 && (v.p[5] & MYSQL_SSL))
        return "mysql";
    if (holds(v, "1.3.6.1.4.1.1466.20037"))
        return "ldap";
    if (begins(v, "STLS\r"))
        return "pop3";
    if (begins(v, "AUTH TLS") || begins(v, "AUTH SSL"))
        return "ftp";
    if (begins(v, "<starttls"))
        return "xmpp";
    if (begins(v, "STARTTLS"))
        return "smtp";
    return holds(v, " STARTTLS") ? "imap" : NULL;
}

static void sent_to(int fd, enum witness_kind kind, struct view v, const char *word)
{
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    char text[WITNESS_TEXT];
    if (!is_stream(fd) || getpeername(fd, (struct sockaddr *)&peer, &length) != 0)
        return;
    size_t n = peer_text((const struct sockaddr *)&peer, length, text, sizeof text);
    if (n == 0)
        return;
    if (kind == WITNESS_TLS)
        server_name(v, text, n, sizeof text);
    else if (kind == WITNESS_PLAIN)
        add(text, n, sizeof text, word);
    else
        for (size_t i = strlen("CONNECT "); i < v.n && v.p[i] > ' ' && n + 1 < sizeof text; i++) {
            text[n++] = (char)v.p[i];
            text[n] = '\0';
        }
    tell(kind, fd, 0, text);
}

/* Looks at the first octets of what goes out; nearly always that is all. */
static void sent(int fd, const void *p, size_t n)
{
    enum { RECORD_HANDSHAKE = 22, HELLO_CLIENT = 1, PLAIN_LONGEST = 64 };
    if (!*log_path || !p || n < 5)
        return;
    const int saved = errno;
    const struct view v = {p, n};
    const char *scheme = NULL;
    if (v.p[0] == RECORD_HANDSHAKE && v.p[1] == 3 && n > 43 && v.p[5] == HELLO_CLIENT)
        sent_to(fd, WITNESS_TLS, v, NULL);
    else if (begins(v, "CONNECT "))
        sent_to(fd, WITNESS_TUNNEL, v, NULL);
    else if (n <= PLAIN_LONGEST && (scheme = plain_scheme(v)))
        sent_to(fd, WITNESS_PLAIN, v, scheme);
    errno = saved;
}

typedef ssize_t write_call(int, const void *, size_t);
typedef ssize_t send_call(int, const void *, size_t, int);
typedef ssize_t sendto_call(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
typedef ssize_t writev_call(int, const struct iovec *, int);
typedef ssize_t sendmsg_call(int, const struct msghdr *, int);

EXPORT ssize_t write(int fd, const void *p, size_t n)
{
    NEXT(write_call, write);
    sent(fd, p, n);
    return real(fd, p, n);
}

EXPORT ssize_t send(int fd, const void *p, size_t n, int flags)
{
    NEXT(send_call, send);
    sent(fd, p, n);
    return real(fd, p, n, flags);
}

EXPORT ssize_t sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *peer,
                      socklen_t length)
{
    NEXT(sendto_call, sendto);
    sent(fd, p, n);
    return real(fd, p, n, flags, peer, length);
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    NEXT(writev_call, writev);
    if (parts && count > 0)
        sent(fd, parts[0].iov_base, parts[0].iov_len);
    return real(fd, parts, count);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    NEXT(sendmsg_call, sendmsg);
    if (message && message->msg_iovlen > 0 && message->msg_iov)
        sent(fd, message->msg_iov[0].iov_base, message->msg_iov[0].iov_len);
    return real(fd, message, flags);
}
