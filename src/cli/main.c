/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <sys/resource.h>

#include "cli.h"
#include "crypto/crypto.h"

int main(int argc, char **argv)
{
    /* A reader that goes away ("certwhy … | head -1") is an error of write(2), not the end of us.
     */
    signal(SIGPIPE, SIG_IGN);
    /* Nor does a crash leave a private key in a core file: Linux takes a limit of one byte, unlike
     * none, as a word to programs that core_pattern pipes it to, too (fs/coredump.c). */
    setrlimit(RLIMIT_CORE, &(struct rlimit){.rlim_cur = 1, .rlim_max = 1});
    crypto_start();
    return command_main(argc, argv);
}
