/* SPDX-License-Identifier: Apache-2.0 */
/* Asking for a passphrase on the terminal, without echo. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli.h"

enum { KEY_FILE_BYTES = 1 << 20, PASSPHRASE_BYTES = 1024 };

static bool key_is_encrypted(const struct cw_options *options)
{
    BUF_CLEANUP content = {0};
    struct error ignored = {0};
    struct private_key *key = NULL;
    if (file_read(options->root, options->key, KEY_FILE_BYTES, &content, &ignored) != CW_OK)
        return false; /* said where the key is used */
    const enum key_read result = private_key_read(buf_bytes(&content), NULL, &key);
    private_key_free(key);
    if (content.n > 0)
        explicit_bzero(content.p, content.n);
    return result == KEY_READ_ENCRYPTED;
}

static void on_interrupt(int number)
{
    (void)number; /* read(2) ends: that is all */
}

/* One line, without its end; *interrupted: by Ctrl-C, which ends us once the terminal is as it was.
 */
static size_t line_read(char *line, size_t size, bool *interrupted)
{
    size_t n = 0;
    ssize_t got = 1;
    while (n < size && (got = read(STDIN_FILENO, line + n, 1)) == 1 && line[n] != '\n')
        n++;
    *interrupted = got < 0 && errno == EINTR;
    return n;
}

void passphrase_ask(struct cw_options *options)
{
    struct termios shown, hidden;
    struct sigaction before;
    if (!*options->key || options->key_pass.n > 0 || !isatty(STDIN_FILENO) ||
        !key_is_encrypted(options) || tcgetattr(STDIN_FILENO, &shown) != 0)
        return;
    BUF_CLEANUP file = {0};
    str_safe_line(&file, bytes_str(options->key));
    fprintf(stderr, "passphrase of %s: ", buf_cstr(&file));
    fflush(stderr);
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_interrupt}, &before);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    char line[PASSPHRASE_BYTES];
    bool interrupted = false;
    const size_t n = line_read(line, sizeof line, &interrupted);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    sigaction(SIGINT, &before, NULL);
    fputc('\n', stderr);
    if (interrupted)
        raise(SIGINT);
    if (n > 0)
        options_key_pass(options, bytes_of(line, n));
    explicit_bzero(line, sizeof line);
}
