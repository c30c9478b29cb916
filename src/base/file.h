/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CERTWHY_BASE_FILE_H
#define CERTWHY_BASE_FILE_H

#include "buf.h"
#include "error.h"
#include "limits.h"

/* The only place where files are opened. `root` is prefixed to absolute paths ("" or NULL: none),
 * so that tests and chroots see their own machine. */

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
/** Names in a directory, sorted, without "." and "..", at most `limit`; for arena's lifetime. */
struct arena;
enum cw_code file_list(const char *root, const char *path, size_t limit, struct arena *arena,
                       const char ***names, size_t *count, struct error *err);

#endif
