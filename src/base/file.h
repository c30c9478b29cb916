/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CERTWHY_BASE_FILE_H
#define CERTWHY_BASE_FILE_H

#include "buf.h"
#include "error.h"
#include "limits.h"

/* The only place where files are opened. `root` is prefixed to absolute paths ("" or NULL: none),
 * so that tests and chroots see their own machine. */

struct arena;

/** A file mapped read-only. p is NULL for an empty file. Release with file_unmap(). */
struct mapping {
    const uint8_t *p;
    size_t n;
};

enum cw_code file_read(const char *root, const char *path, size_t limit, struct buf *out,
                       struct error *err);
/** Reads standard input to its end, at most `limit` bytes. */
enum cw_code file_read_stdin(size_t limit, struct buf *out, struct error *err);
enum cw_code file_map(const char *root, const char *path, struct mapping *out, struct error *err);
void file_unmap(struct mapping *mapping);
/** A regular file that is read here and there. Release with file_close(). */
struct open_file {
    int fd; /**< -1: there is none */
    size_t n;
};
bool file_open(const char *root, const char *path, struct open_file *out);
/** Reads up to n octets from an offset on; returns how many there were. */
size_t file_read_at(const struct open_file *file, size_t offset, void *p, size_t n);
void file_close(struct open_file *file);
/** Takes a piece of a file and says how much of it is done with: the rest comes again with what
 *  follows. SIZE_MAX: enough was read. */
typedef size_t file_taker(void *context, struct bytes piece);
/** Reads a regular file from its beginning on in pieces of at most 32 KiB; the last one may end in
 *  the middle of whatever is looked for. CW_E_IO: it cannot be read (further). */
enum cw_code file_read_pieces(const char *root, const char *path, file_taker *take, void *context);
/** Writes a temporary file beside path, fsyncs and renames it: the old file or the new one, never
 *  half. `mode` as in chmod; an existing file keeps its own mode. */
enum cw_code file_write_atomic(const char *root, const char *path, struct bytes content,
                               unsigned mode, struct error *err);
/** Removes what a file_write_atomic() of this file left that was killed. For who knows that nobody
 * is writing it now. */
void file_drop_temporaries(const char *root, const char *path);
/** Makes a directory and its parents; existing is fine. */
enum cw_code file_make_dir(const char *root, const char *path, struct error *err);
/** Makes a directory that nobody but this user may enter, with its parents. False: it cannot be
 *  made, or what is there belongs to somebody else or is open to others; root does not leave files
 *  in the home of another user. */
bool file_make_private_dir(const char *path);
/** A directory of this user's, where nobody else may write. */
bool file_is_private_dir(const char *path);
/** Bytes, or -1 when nothing is there. */
int64_t file_size(const char *root, const char *path);
bool file_remove(const char *path);
/** /dev/null for the streams of a child; the caller closes it. */
int file_open_null(void);
bool file_exists(const char *root, const char *path);
bool file_is_dir(const char *root, const char *path);
/** Modification time in seconds, or INT64_MIN. */
int64_t file_mtime(const char *root, const char *path);
/** Device and inode: equal for two names of one file. False when nothing is there. */
bool file_identity(const char *root, const char *path, uint64_t id[2]);

/** What stands at a path itself: a link is not followed. */
enum file_what { FILE_NOTHING, FILE_REGULAR, FILE_LINK, FILE_DIRECTORY, FILE_OTHER };
struct file_state {
    enum file_what what;
    unsigned mode;      /**< as in chmod */
    const char *target; /**< of a link; "" */
    int64_t owner;      /**< user id; -1 of nothing */
};
struct file_state file_state(const char *root, const char *path, struct arena *arena);
/** Makes or replaces a symbolic link: the old thing or the new link, never nothing. */
enum cw_code file_write_link(const char *root, const char *path, const char *target,
                             struct error *err);
/** Removes a file or link, and makes sure that it stays so; nothing there is fine. */
enum cw_code file_unlink(const char *root, const char *path, struct error *err);
/** Removes an empty directory; false when it is not empty, or is none. */
bool file_remove_dir(const char *root, const char *path);
/** Waits until nobody else holds the lock of this file, which is made when it is missing; held
 *  until file_close(). */
enum cw_code file_lock(const char *root, const char *path, struct open_file *out,
                       struct error *err);
/** A library of ours to be preloaded into other programs: beside this program in a build tree, in
 * the library directory once installed. NULL: not there, or at a path that LD_PRELOAD cannot hold.
 */
const char *file_find_preload(struct arena *arena, const char *name);
/** Names in a directory, sorted, without "." and "..", at most `limit`; for arena's lifetime. */
enum cw_code file_list(const char *root, const char *path, size_t limit, struct arena *arena,
                       const char ***names, size_t *count, struct error *err);

#endif
