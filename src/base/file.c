/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "arena.h"
#include "time.h"

static void fd_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}
#define FD_CLEANUP __attribute__((cleanup(fd_close))) int

static void arena_close(struct arena *arena)
{
    arena_free(arena);
}
#define ARENA_CLEANUP __attribute__((cleanup(arena_close))) struct arena

/* ---- opening below a root ---- */

static bool has_root(const char *root, const char *path)
{
    return root && *root && strcmp(root, "/") != 0 && *path == '/';
}

/* Opens path; below `root`, absolute symbolic links stay inside of it, as they would in a chroot
 * (Fedora's bundles are such links). Kernels without openat2 get the plain prefix. */
static int open_under(const char *root, const char *path, int flags, unsigned mode)
{
    if (!has_root(root, path))
        return open(path, flags | O_CLOEXEC, mode);
    FD_CLEANUP dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return -1;
    const struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        .mode = flags & O_CREAT ? mode : 0,
        .resolve = RESOLVE_IN_ROOT,
    };
    const long fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
        return (int)fd;
    struct arena arena = {0};
    const int plain = open(arena_printf(&arena, "%s%s", root, path), flags | O_CLOEXEC, mode);
    const int saved = errno;
    arena_free(&arena);
    errno = saved;
    return plain;
}

static bool stat_under(const char *root, const char *path, struct stat *out)
{
    if (!has_root(root, path))
        return stat(path, out) == 0;
    FD_CLEANUP fd = open_under(root, path, O_PATH, 0);
    return fd >= 0 && fstat(fd, out) == 0;
}

/* ---- saying what went wrong ---- */

static const char *next_step(int errnum)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
        return "check the spelling of the path";
    case EACCES:
    case EPERM:
        return "run as a user who may, or copy the file";
    case EROFS:
    case ENOSPC:
    case EDQUOT:
        return "choose another place";
    case EISDIR:
        return "name a file";
    default:
        return "check the path and the file system";
    }
}

static enum cw_code fail_errno(struct error *err, const char *what, const char *root,
                               const char *path)
{
    const int errnum = errno;
    const char *prefix = has_root(root, path) ? root : "";
    const enum cw_code code = errnum == ENOENT || errnum == ENOTDIR ? CW_E_INPUT : CW_E_IO;
    return error_set(err, code, "cannot %s %s%s: %s; %s", what, prefix, path, strerror(errnum),
                     next_step(errnum));
}

static enum cw_code fail_kind(struct error *err, const char *path, mode_t mode)
{
    const char *kind = S_ISDIR(mode)    ? "a directory"
                       : S_ISCHR(mode)  ? "a character device"
                       : S_ISBLK(mode)  ? "a block device"
                       : S_ISSOCK(mode) ? "a socket"
                       : S_ISFIFO(mode) ? "a pipe"
                                        : "not a regular file";
    return error_set(err, CW_E_INPUT, "cannot read %s: it is %s; name a file", path, kind);
}

static enum cw_code fail_size(struct error *err, const char *path, size_t limit)
{
    return error_set(err, CW_E_LIMIT,
                     "cannot read %s: it is larger than %zu bytes, the limit for such a file; "
                     "check that it is the right file",
                     path, limit);
}

/* ---- reading ---- */

/* /dev/null stands for "no certificates" in many a configuration. */
static bool is_null_device(const struct stat *st)
{
    return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* A pipe (or terminal) that the user named is read like standard input; other devices are not. */
static bool is_stream(int fd, const struct stat *st)
{
    return S_ISFIFO(st->st_mode) || (S_ISCHR(st->st_mode) && isatty(fd));
}

/* Opened without waiting, so that neither a pipe without a writer nor a device can hold us in
 * open(); a pipe is then waited for in poll(), which a signal can end. */
static enum cw_code open_for_reading(const char *root, const char *path, bool streams, int *fd,
                                     struct stat *st, struct error *err)
{
    *fd = open_under(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (*fd < 0 && errno == ENXIO)
        return fail_kind(err, path, S_IFSOCK);
    if (*fd < 0 || fstat(*fd, st) != 0)
        return fail_errno(err, "read", root, path);
    if (S_ISREG(st->st_mode) || is_null_device(st))
        return CW_OK;
    if (!streams || !is_stream(*fd, st))
        return fail_kind(err, path, st->st_mode);
    const int flags = fcntl(*fd, F_GETFL);
    if (flags < 0 || fcntl(*fd, F_SETFL, flags & ~O_NONBLOCK) != 0)
        return fail_errno(err, "read", root, path);
    struct pollfd ready = {.fd = *fd, .events = POLLIN};
    if (poll(&ready, 1, -1) < 0)
        return fail_errno(err, "read", root, path);
    return CW_OK;
}

static enum cw_code read_all(int fd, const char *root, const char *path, size_t limit,
                             struct buf *out, struct error *err)
{
    enum { CHUNK = 65536 };
    const size_t start = out->n;
    for (;;) {
        buf_reserve(out, CHUNK);
        const ssize_t got = read(fd, out->p + out->n, CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(err, "read", root, path);
        if (got == 0)
            return CW_OK;
        out->n += (size_t)got;
        if (out->n - start > limit) {
            out->n = start;
            return fail_size(err, path, limit);
        }
    }
}

enum cw_code file_read(const char *root, const char *path, size_t limit, struct buf *out,
                       struct error *err)
{
    FD_CLEANUP fd = -1;
    struct stat st;
    TRY(open_for_reading(root, path, true, &fd, &st, err));
    if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > limit)
        return fail_size(err, path, limit);
    return read_all(fd, root, path, limit, out, err);
}

enum cw_code file_read_stdin(size_t limit, struct buf *out, struct error *err)
{
    return read_all(STDIN_FILENO, NULL, "standard input", limit, out, err);
}

/* Up to this size a file is copied: that costs no more than mapping it, and a file that another
 * process truncates under a mapping would end us with SIGBUS. */
enum { MAP_FROM = 1 << 20 };

static enum cw_code map_copy(int fd, size_t size, const char *root, const char *path,
                             struct mapping *out, struct error *err)
{
    uint8_t *copy = xcalloc(1, size);
    size_t n = 0;
    while (n < size) {
        const ssize_t got = read(fd, copy + n, size - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            const enum cw_code code = fail_errno(err, "read", root, path);
            free(copy);
            return code;
        }
        if (got == 0)
            break;
        n += (size_t)got;
    }
    *out = (struct mapping){.p = copy, .n = n};
    if (n == 0)
        file_unmap(out);
    return CW_OK;
}

enum cw_code file_map(const char *root, const char *path, struct mapping *out, struct error *err)
{
    FD_CLEANUP fd = -1;
    struct stat st;
    *out = (struct mapping){0};
    TRY(open_for_reading(root, path, false, &fd, &st, err));
    if (!S_ISREG(st.st_mode) || st.st_size == 0)
        return CW_OK;
    if (st.st_size > LIMIT_FILE_BYTES)
        return fail_size(err, path, LIMIT_FILE_BYTES);
    const size_t size = (size_t)st.st_size;
    if (size < MAP_FROM)
        return map_copy(fd, size, root, path, out, err);
    void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED)
        return fail_errno(err, "map", root, path);
    *out = (struct mapping){.p = p, .n = size};
    return CW_OK;
}

void file_unmap(struct mapping *mapping)
{
    /* The casts drop const from memory that is ours. */
    if (mapping->n < MAP_FROM)
        free((void *)(uintptr_t)mapping->p);
    else
        munmap((void *)(uintptr_t)mapping->p, mapping->n);
    *mapping = (struct mapping){0};
}

bool file_open(const char *root, const char *path, struct open_file *out)
{
    struct stat st;
    *out = (struct open_file){.fd = open_under(root, path, O_RDONLY | O_NONBLOCK, 0)};
    if (out->fd >= 0 && fstat(out->fd, &st) == 0 && S_ISREG(st.st_mode))
        out->n = (size_t)st.st_size;
    else
        file_close(out);
    return out->fd >= 0;
}

size_t file_read_at(const struct open_file *file, size_t offset, void *p, size_t n)
{
    ssize_t got = -1;
    do
        got = pread(file->fd, p, n, (off_t)offset);
    while (got < 0 && errno == EINTR);
    return got > 0 ? (size_t)got : 0;
}

void file_close(struct open_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    *file = (struct open_file){.fd = -1};
}

enum cw_code file_read_pieces(const char *root, const char *path, file_taker *take, void *context)
{
    enum { PIECE_BYTES = 1 << 15 };
    uint8_t piece[PIECE_BYTES];
    FD_CLEANUP fd = open_under(root, path, O_RDONLY | O_NONBLOCK, 0);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return CW_E_IO;
    for (size_t n = 0;;) {
        const ssize_t got = read(fd, piece + n, PIECE_BYTES - n);
        if (got < 0 && errno == EINTR)
            continue;
        n += got > 0 ? (size_t)got : 0;
        const size_t used = n ? take(context, bytes_of(piece, n)) : SIZE_MAX;
        if (got <= 0 || used > n)
            return got < 0 ? CW_E_IO : CW_OK;
        /* What does not fit into a piece is nothing that anybody looks for. */
        const size_t done = used == 0 && n == PIECE_BYTES ? n : used;
        n -= done;
        memmove(piece, piece + done, n);
    }
}

/* ---- writing ---- */

static bool write_all(int fd, struct bytes content)
{
    while (content.n > 0) {
        const ssize_t put = write(fd, content.p, content.n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        content = bytes_slice(content, (size_t)put, content.n);
    }
    return true;
}

/* The file itself when path is a symbolic link, so that writing replaces the target and not the
 * link; NULL when nothing is there. Not below a root any more: the answer is the host's path. */
static char *resolve_existing(struct arena *arena, const char *root, const char *path)
{
    FD_CLEANUP fd = open_under(root, path, O_PATH, 0);
    if (fd < 0)
        return NULL;
    char target[PATH_MAX];
    const ssize_t n =
        readlink(arena_printf(arena, "/proc/self/fd/%d", fd), target, sizeof target - 1);
    if (n <= 0 || target[0] != '/')
        return NULL;
    return arena_strndup(arena, target, (size_t)n);
}

static void split_path(struct arena *arena, const char *path, const char **dir, const char **name)
{
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    *dir = !slash ? "." : slash == path ? "/" : arena_strndup(arena, path, (size_t)(slash - path));
}

/* A new file that nobody else has, beside the one to be replaced: rename() works within one file
 * system only. */
static int make_temporary(struct arena *arena, int dir, const char *name, const char **temporary)
{
    enum { ATTEMPTS = 100 };
    for (int i = 0; i < ATTEMPTS; i++) {
        *temporary = arena_printf(arena, ".%.200s.%ld-%lld", name, (long)getpid(),
                                  (long long)time_monotonic_us());
        const int fd =
            openat(dir, *temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

/* What is to replace what, in an open directory. */
struct replacement {
    int dir, fd; /* fd: of the temporary file */
    const char *temporary, *name;
    unsigned mode;
    const struct stat *old; /* NULL: nothing is there yet */
};

static bool replace_file(const struct replacement *r, struct bytes content)
{
    /* Best effort: only root may give a file away; the content matters more than its owner. */
    if (r->old && fchown(r->fd, r->old->st_uid, r->old->st_gid) != 0)
        errno = 0;
    if (fchmod(r->fd, (mode_t)r->mode) == 0 && write_all(r->fd, content) && fsync(r->fd) == 0 &&
        renameat(r->dir, r->temporary, r->dir, r->name) == 0)
        return fsync(r->dir) == 0 || errno == EINVAL;
    const int saved = errno;
    unlinkat(r->dir, r->temporary, 0);
    errno = saved;
    return false;
}

static enum cw_code write_stream(const char *root, const char *path, struct bytes content,
                                 struct error *err)
{
    FD_CLEANUP fd = open_under(root, path, O_WRONLY | O_NOCTTY, 0);
    if (fd < 0 || !write_all(fd, content))
        return fail_errno(err, "write", root, path);
    return CW_OK;
}

enum cw_code file_write_atomic(const char *root, const char *path, struct bytes content,
                               unsigned mode, struct error *err)
{
    ARENA_CLEANUP arena = {0};
    struct stat old;
    const bool exists = stat_under(root, path, &old);
    if (exists && S_ISDIR(old.st_mode)) {
        errno = EISDIR;
        return fail_errno(err, "write", root, path);
    }
    if (exists && !S_ISREG(old.st_mode)) /* /dev/stdout, a pipe: nothing to replace */
        return write_stream(root, path, content, err);
    const char *resolved = exists ? resolve_existing(&arena, root, path) : NULL;
    const char *directory, *name;
    split_path(&arena, resolved ? resolved : path, &directory, &name);
    FD_CLEANUP dir = open_under(resolved ? NULL : root, directory, O_RDONLY | O_DIRECTORY, 0);
    if (dir < 0 || *name == 0)
        return fail_errno(err, "write", root, path);
    struct replacement replacement = {
        .dir = dir,
        .name = name,
        .mode = exists ? old.st_mode & 07777 : mode,
        .old = exists ? &old : NULL,
    };
    FD_CLEANUP fd = make_temporary(&arena, dir, name, &replacement.temporary);
    replacement.fd = fd;
    if (fd < 0 || !replace_file(&replacement, content))
        return fail_errno(err, "write", root, path);
    return CW_OK;
}

/* Makes one directory below an open or named parent; existing is fine. */
static bool make_one(const char *root, const char *path)
{
    if (!has_root(root, path))
        return mkdir(path, 0777) == 0 || errno == EEXIST;
    ARENA_CLEANUP arena = {0};
    const char *directory, *name;
    split_path(&arena, path, &directory, &name);
    FD_CLEANUP dir = open_under(root, directory, O_PATH | O_DIRECTORY, 0);
    return dir >= 0 && (mkdirat(dir, name, 0777) == 0 || errno == EEXIST);
}

enum cw_code file_make_dir(const char *root, const char *path, struct error *err)
{
    ARENA_CLEANUP arena = {0};
    char *part = arena_strdup(&arena, path);
    for (size_t n = strlen(part); n > 1 && part[n - 1] == '/'; n--)
        part[n - 1] = 0;
    for (char *p = part + (*part != 0); *p; p++) {
        if (*p != '/')
            continue;
        *p = 0;
        const bool made = make_one(root, part);
        *p = '/';
        if (!made)
            return fail_errno(err, "make the directory", root, path);
    }
    if (!make_one(root, part))
        return fail_errno(err, "make the directory", root, path);
    if (!file_is_dir(root, part)) {
        errno = ENOTDIR;
        return fail_errno(err, "make the directory", root, path);
    }
    return CW_OK;
}

static bool is_ours(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

bool file_is_private_dir(const char *path)
{
    struct stat st;
    return is_ours(path) && stat(path, &st) == 0 && (st.st_mode & 0022) == 0;
}

bool file_make_private_dir(const char *path)
{
    ARENA_CLEANUP arena = {0};
    struct stat st;
    if (*path != '/')
        return false;
    /* The nearest directory that is there says whose place this is. */
    char *parent = arena_strdup(&arena, path);
    while (stat(parent, &st) != 0 && strrchr(parent, '/') != parent)
        *strrchr(parent, '/') = 0;
    if (!is_ours(parent) || (strcmp(parent, path) != 0 && file_make_dir(NULL, path, NULL) != CW_OK))
        return false;
    if (strcmp(parent, path) != 0 && chmod(path, 0700) != 0)
        return false;
    return file_is_private_dir(path);
}

bool file_remove(const char *path)
{
    return unlink(path) == 0;
}

/* ---- what stands at a path itself ---- */

/* The directory of a path, opened, and the name in it; -1 when there is none. */
static int open_parent(struct arena *arena, const char *root, const char *path, const char **name)
{
    const char *directory;
    split_path(arena, path, &directory, name);
    return open_under(root, directory, O_RDONLY | O_DIRECTORY, 0);
}

struct file_state file_state(const char *root, const char *path, struct arena *arena)
{
    struct file_state state = {.target = "", .owner = -1};
    const char *name;
    struct stat st;
    FD_CLEANUP dir = open_parent(arena, root, path, &name);
    if (dir < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return state;
    char target[PATH_MAX];
    const ssize_t n = S_ISLNK(st.st_mode) ? readlinkat(dir, name, target, sizeof target) : 0;
    state.what = S_ISREG(st.st_mode)   ? FILE_REGULAR
                 : S_ISLNK(st.st_mode) ? FILE_LINK
                 : S_ISDIR(st.st_mode) ? FILE_DIRECTORY
                                       : FILE_OTHER;
    state.mode = st.st_mode & 07777;
    state.owner = st.st_uid;
    state.target = n > 0 ? arena_strndup(arena, target, (size_t)n) : "";
    return state;
}

enum cw_code file_write_link(const char *root, const char *path, const char *target,
                             struct error *err)
{
    ARENA_CLEANUP arena = {0};
    const char *name;
    FD_CLEANUP dir = open_parent(&arena, root, path, &name);
    const char *temporary = arena_printf(&arena, ".%.200s.%ld-%lld", name, (long)getpid(),
                                         (long long)time_monotonic_us());
    if (dir < 0 || symlinkat(target, dir, temporary) != 0)
        return fail_errno(err, "link", root, path);
    if (renameat(dir, temporary, dir, name) == 0)
        return CW_OK;
    const enum cw_code code = fail_errno(err, "link", root, path);
    unlinkat(dir, temporary, 0);
    return code;
}

enum cw_code file_unlink(const char *root, const char *path, struct error *err)
{
    ARENA_CLEANUP arena = {0};
    const char *name;
    FD_CLEANUP dir = open_parent(&arena, root, path, &name);
    if (dir < 0)
        return errno == ENOENT ? CW_OK : fail_errno(err, "remove", root, path);
    if (unlinkat(dir, name, 0) != 0 && errno != ENOENT)
        return fail_errno(err, "remove", root, path);
    return fsync(dir) == 0 || errno == EINVAL ? CW_OK : fail_errno(err, "remove", root, path);
}

bool file_remove_dir(const char *root, const char *path)
{
    ARENA_CLEANUP arena = {0};
    const char *name;
    FD_CLEANUP dir = open_parent(&arena, root, path, &name);
    return dir >= 0 && unlinkat(dir, name, AT_REMOVEDIR) == 0;
}

enum cw_code file_lock(const char *root, const char *path, struct open_file *out, struct error *err)
{
    *out = (struct open_file){.fd = open_under(root, path, O_RDWR | O_CREAT, 0600)};
    if (out->fd < 0)
        return fail_errno(err, "lock", root, path);
    while (flock(out->fd, LOCK_EX) != 0)
        if (errno != EINTR)
            return fail_errno(err, "lock", root, path);
    return CW_OK;
}

/* ---- looking ---- */

bool file_exists(const char *root, const char *path)
{
    struct stat st;
    return stat_under(root, path, &st);
}

bool file_is_dir(const char *root, const char *path)
{
    struct stat st;
    return stat_under(root, path, &st) && S_ISDIR(st.st_mode);
}

int64_t file_mtime(const char *root, const char *path)
{
    struct stat st;
    return stat_under(root, path, &st) ? (int64_t)st.st_mtime : INT64_MIN;
}

int64_t file_size(const char *root, const char *path)
{
    struct stat st;
    return stat_under(root, path, &st) ? (int64_t)st.st_size : -1;
}

bool file_identity(const char *root, const char *path, uint64_t id[2])
{
    struct stat st;
    if (!stat_under(root, path, &st))
        return false;
    id[0] = (uint64_t)st.st_dev;
    id[1] = (uint64_t)st.st_ino;
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void dir_close(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

enum cw_code file_list(const char *root, const char *path, size_t limit, struct arena *arena,
                       const char ***names, size_t *count, struct error *err)
{
    *names = NULL;
    *count = 0;
    const int fd = open_under(root, path, O_RDONLY | O_DIRECTORY, 0);
    __attribute__((cleanup(dir_close))) DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        const enum cw_code code = fail_errno(err, "list", root, path);
        if (fd >= 0)
            close(fd);
        return code;
    }
    size_t cap = 0;
    const struct dirent *entry;
    while (*count < limit && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        *names = arena_grow(arena, *names, *count, &cap, sizeof **names);
        (*names)[(*count)++] = arena_strdup(arena, entry->d_name);
    }
    if (*count)
        qsort(*names, *count, sizeof **names, compare_names);
    return CW_OK;
}

const char *file_find_preload(struct arena *arena, const char *name)
{
    static const char *const places[] = {"", "../" CERTWHY_LIBDIR "/certwhy/"};
    char self[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    const char *slash = strrchr(self, '/');
    for (size_t i = 0; slash && i < sizeof places / sizeof *places; i++) {
        const char *path =
            arena_printf(arena, "%.*s%s%s", (int)(slash + 1 - self), self, places[i], name);
        /* a blank or a colon parts the libraries of LD_PRELOAD */
        if (file_exists(NULL, path) && !strpbrk(path, " :"))
            return path;
    }
    return NULL;
}

/* As make_temporary() names them: .NAME.PID-MICROSECONDS */
static bool is_temporary(const char *entry, const char *name)
{
    const size_t n = strlen(name);
    if (*entry != '.' || strncmp(entry + 1, name, n) != 0 || entry[n + 1] != '.')
        return false;
    const char *pid = entry + n + 2, *rest = pid + strspn(pid, "0123456789");
    return rest > pid && *rest == '-' && rest[1] && rest[1 + strspn(rest + 1, "0123456789")] == 0;
}

void file_drop_temporaries(const char *root, const char *path)
{
    ARENA_CLEANUP arena = {0};
    const char *directory, *name, **names;
    size_t count;
    split_path(&arena, path, &directory, &name);
    if (file_list(root, directory, LIMIT_STORE_FILES, &arena, &names, &count, NULL) != CW_OK)
        return;
    for (size_t i = 0; i < count; i++)
        if (is_temporary(names[i], name))
            file_unlink(root, arena_printf(&arena, "%s/%s", directory, names[i]), NULL);
}

int file_open_null(void)
{
    return open("/dev/null", O_RDWR | O_CLOEXEC);
}
