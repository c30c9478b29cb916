/* SPDX-License-Identifier: Apache-2.0 */
/* base/file.c */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"

static struct arena arena;
static char top[] = "/tmp/certwhy-test-XXXXXX";

static const char *in_top(const char *name)
{
    return arena_printf(&arena, "%s/%s", top, name);
}

static void put(const char *name, const char *content)
{
    struct error err;
    assert_int_equal(file_write_atomic(NULL, in_top(name), bytes_str(content), 0600, &err), CW_OK);
}

static void assert_content(const char *path, const char *content)
{
    BUF_CLEANUP buf = {0};
    struct error err = {0};
    assert_int_equal(file_read(NULL, path, 1 << 24, &buf, &err), CW_OK);
    assert_string_equal(buf_cstr(&buf), content);
}

static void assert_refused(enum cw_code code, enum cw_code want, const struct error *err,
                           const char *word)
{
    assert_int_equal(code, want);
    assert_int_equal(err->code, want);
    assert_non_null(strstr(err->text, word));
    assert_non_null(strchr(err->text, ';')); /* what, where: why; what next */
}

static void test_read(void **state)
{
    (void)state;
    struct error err = {0};
    BUF_CLEANUP buf = {0};
    put("a", "hello");
    buf_add_str(&buf, ">");
    assert_int_equal(file_read(NULL, in_top("a"), 5, &buf, &err), CW_OK);
    assert_string_equal(buf_cstr(&buf), ">hello");
    assert_refused(file_read(NULL, in_top("a"), 4, &buf, &err), CW_E_LIMIT, &err, "larger than 4");
    assert_string_equal(buf_cstr(&buf), ">hello");
    assert_refused(file_read(NULL, in_top("none"), 9, &buf, &err), CW_E_INPUT, &err, "none");
    assert_refused(file_read(NULL, top, 9, &buf, &err), CW_E_INPUT, &err, "a directory");
    assert_refused(file_read(NULL, "/dev/zero", 9, &buf, &err), CW_E_INPUT, &err, "device");
    assert_int_equal(file_read(NULL, "/dev/null", 9, &buf, &err), CW_OK);
    assert_int_equal(buf.n, 6);
}

static void test_socket(void **state)
{
    (void)state;
    struct error err = {0};
    BUF_CLEANUP buf = {0};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", in_top("socket"));
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_refused(file_read(NULL, in_top("socket"), 9, &buf, &err), CW_E_INPUT, &err, "a socket");
    close(fd);
}

/* What a shell's <(command) gives: /dev/fd/N. */
static void test_pipe(void **state)
{
    (void)state;
    struct error err = {0};
    BUF_CLEANUP buf = {0};
    struct mapping map;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "through a pipe", 14), 14);
    close(ends[1]);
    const char *path = arena_printf(&arena, "/dev/fd/%d", ends[0]);
    assert_refused(file_map(NULL, path, &map, &err), CW_E_INPUT, &err, "a pipe");
    assert_int_equal(file_read(NULL, path, 100, &buf, &err), CW_OK);
    assert_string_equal(buf_cstr(&buf), "through a pipe");
    close(ends[0]);
}

static void test_stdin(void **state)
{
    (void)state;
    struct error err = {0};
    BUF_CLEANUP buf = {0};
    const int saved = dup(STDIN_FILENO);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "0123456789", 10), 10);
    close(ends[1]);
    assert_true(dup2(ends[0], STDIN_FILENO) >= 0);
    close(ends[0]);
    assert_refused(file_read_stdin(9, &buf, &err), CW_E_LIMIT, &err, "standard input");
    put("in", "0123456789");
    const int fd = open(in_top("in"), O_RDONLY);
    assert_true(dup2(fd, STDIN_FILENO) >= 0);
    close(fd);
    assert_int_equal(file_read_stdin(10, &buf, &err), CW_OK);
    assert_string_equal(buf_cstr(&buf), "0123456789");
    assert_true(dup2(saved, STDIN_FILENO) >= 0);
    close(saved);
}

/* On both sides of the size from which files are really mapped. */
static void test_map(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 4096, (1 << 20) - 1, 1 << 20, (1 << 20) + 1};
    struct error err = {0};
    struct mapping map;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t *data = xcalloc(1, sizes[i]);
        data[0] = 'a';
        data[sizes[i] - 1] = 'z';
        const struct bytes content = bytes_of(data, sizes[i]);
        assert_int_equal(file_write_atomic(NULL, in_top("m"), content, 0600, &err), CW_OK);
        assert_int_equal(file_map(NULL, in_top("m"), &map, &err), CW_OK);
        assert_true(bytes_equal(bytes_of(map.p, map.n), content));
        file_unmap(&map);
        assert_null(map.p);
        free(data);
    }
    put("empty", "");
    assert_int_equal(file_map(NULL, in_top("empty"), &map, &err), CW_OK);
    assert_int_equal(map.n, 0);
    file_unmap(&map);
    assert_int_equal(file_map(NULL, "/dev/null", &map, &err), CW_OK);
    assert_refused(file_map(NULL, top, &map, &err), CW_E_INPUT, &err, "a directory");
    assert_refused(file_map(NULL, in_top("none"), &map, &err), CW_E_INPUT, &err, "spelling");
}

static unsigned mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void test_write(void **state)
{
    (void)state;
    struct error err = {0};
    const mode_t old = umask(077);
    assert_int_equal(file_write_atomic(NULL, in_top("w"), bytes_str("one"), 0644, &err), CW_OK);
    umask(old);
    assert_int_equal(mode_of(in_top("w")), 0644);
    assert_content(in_top("w"), "one");
    assert_int_equal(chmod(in_top("w"), 0640), 0);
    assert_int_equal(file_write_atomic(NULL, in_top("w"), bytes_str("two"), 0644, &err), CW_OK);
    assert_int_equal(mode_of(in_top("w")), 0640);
    assert_content(in_top("w"), "two");
    assert_refused(file_write_atomic(NULL, top, bytes_str("x"), 0644, &err), CW_E_IO, &err, top);
    assert_refused(file_write_atomic(NULL, in_top("no/x"), bytes_str("x"), 0644, &err), CW_E_INPUT,
                   &err, "no/x");
    assert_int_equal(file_write_atomic(NULL, "/dev/null", bytes_str("x"), 0644, &err), CW_OK);
    struct stat st;
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
}

/* The target of a link is replaced, not the link; nothing temporary stays behind. */
static void test_write_link(void **state)
{
    (void)state;
    struct error err = {0};
    const char **names;
    size_t count;
    assert_int_equal(file_make_dir(NULL, in_top("links/sub"), &err), CW_OK);
    put("links/sub/real", "old");
    assert_int_equal(symlink("sub/real", in_top("links/link")), 0);
    assert_int_equal(file_write_atomic(NULL, in_top("links/link"), bytes_str("new"), 0600, &err),
                     CW_OK);
    struct stat st;
    assert_int_equal(lstat(in_top("links/link"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_content(in_top("links/sub/real"), "new");
    assert_int_equal(file_list(NULL, in_top("links/sub"), 10, &arena, &names, &count, &err), CW_OK);
    assert_int_equal(count, 1);
    assert_string_equal(names[0], "real");
}

/* A failed write leaves the old content and no litter. */
static void test_write_fails(void **state)
{
    (void)state;
    struct error err = {0};
    const char **names;
    size_t count;
    if (geteuid() == 0)
        return; /* root may write everywhere */
    assert_int_equal(file_make_dir(NULL, in_top("closed"), &err), CW_OK);
    put("closed/f", "old");
    assert_int_equal(chmod(in_top("closed"), 0500), 0);
    assert_refused(file_write_atomic(NULL, in_top("closed/f"), bytes_str("new"), 0600, &err),
                   CW_E_IO, &err, "closed/f");
    assert_int_equal(chmod(in_top("closed"), 0700), 0);
    assert_content(in_top("closed/f"), "old");
    assert_int_equal(file_list(NULL, in_top("closed"), 10, &arena, &names, &count, &err), CW_OK);
    assert_int_equal(count, 1);
}

static void test_make_dir(void **state)
{
    (void)state;
    struct error err = {0};
    assert_int_equal(file_make_dir(NULL, in_top("d/e//f/"), &err), CW_OK);
    assert_true(file_is_dir(NULL, in_top("d/e/f")));
    assert_int_equal(file_make_dir(NULL, in_top("d/e"), &err), CW_OK);
    put("d/plain", "x");
    assert_int_not_equal(file_make_dir(NULL, in_top("d/plain"), &err), CW_OK);
    assert_int_not_equal(file_make_dir(NULL, in_top("d/plain/x"), &err), CW_OK);
    assert_false(file_is_dir(NULL, in_top("d/plain")));
    assert_true(file_exists(NULL, in_top("d/plain")));
}

static void test_list(void **state)
{
    (void)state;
    struct error err = {0};
    const char **names;
    size_t count;
    assert_int_equal(file_make_dir(NULL, in_top("list"), &err), CW_OK);
    put("list/b", "");
    put("list/a", "");
    put("list/.c", "");
    assert_int_equal(file_list(NULL, in_top("list"), 10, &arena, &names, &count, &err), CW_OK);
    assert_int_equal(count, 3);
    assert_string_equal(names[0], ".c");
    assert_string_equal(names[1], "a");
    assert_string_equal(names[2], "b");
    assert_int_equal(file_list(NULL, in_top("list"), 2, &arena, &names, &count, &err), CW_OK);
    assert_int_equal(count, 2);
    assert_refused(file_list(NULL, in_top("none"), 2, &arena, &names, &count, &err), CW_E_INPUT,
                   &err, "none");
    assert_int_equal(count, 0);
}

/* Absolute links below a root stay below it, as in a chroot: Fedora's bundle is such a link. */
static void test_root(void **state)
{
    (void)state;
    struct error err = {0};
    struct mapping map;
    const char *root = in_top("root");
    assert_int_equal(file_make_dir(NULL, in_top("root/etc/real"), &err), CW_OK);
    put("root/etc/real/bundle", "inside");
    assert_int_equal(symlink("/etc/real/bundle", in_top("root/etc/link")), 0);
    assert_int_equal(symlink("/etc/passwd", in_top("root/etc/outside")), 0);
    assert_int_equal(symlink("../../../../../../etc/passwd", in_top("root/etc/up")), 0);
    assert_int_equal(file_map(root, "/etc/link", &map, &err), CW_OK);
    assert_true(bytes_equal_str(bytes_of(map.p, map.n), "inside"));
    file_unmap(&map);
    assert_true(file_exists(root, "/etc/link"));
    assert_false(file_exists(root, "/etc/outside"));
    assert_false(file_exists(root, "/etc/up"));
    assert_true(file_is_dir(root, "/etc"));
    assert_true(file_mtime(root, "/etc/link") > 0);
    assert_true(file_mtime(root, "/etc/none") == INT64_MIN);
    assert_int_equal(file_write_atomic(root, "/etc/link", bytes_str("changed"), 0600, &err), CW_OK);
    assert_content(in_top("root/etc/real/bundle"), "changed");
    assert_int_equal(file_write_atomic(root, "/etc/new", bytes_str("n"), 0600, &err), CW_OK);
    assert_content(in_top("root/etc/new"), "n");
    assert_int_equal(file_make_dir(root, "/var/lib", &err), CW_OK);
    assert_true(file_is_dir(NULL, in_top("root/var/lib")));
    assert_refused(file_map(root, "/etc/none", &map, &err), CW_E_INPUT, &err, root);
    uint64_t a[2], b[2];
    assert_true(file_identity(root, "/etc/link", a));
    assert_true(file_identity(NULL, in_top("root/etc/real/bundle"), b));
    assert_memory_equal(a, b, sizeof a);
    assert_false(file_identity(root, "/etc/none", a));
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(top) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    const char *rm[] = {"rm", "-rf", top, NULL};
    const pid_t child = fork();
    if (child == 0) {
        execvp(rm[0], (char *const *)(uintptr_t)rm);
        _exit(127);
    }
    int status = -1;
    arena_free(&arena);
    return child > 0 && waitpid(child, &status, 0) == child ? status : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),       cmocka_unit_test(test_socket),
        cmocka_unit_test(test_pipe),       cmocka_unit_test(test_stdin),
        cmocka_unit_test(test_map),        cmocka_unit_test(test_write),
        cmocka_unit_test(test_write_link), cmocka_unit_test(test_write_fails),
        cmocka_unit_test(test_make_dir),   cmocka_unit_test(test_list),
        cmocka_unit_test(test_root),
    };
    return cmocka_run_group_tests_name("file", tests, set_up, tear_down);
}
