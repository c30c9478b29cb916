/* SPDX-License-Identifier: Apache-2.0 */
/* What a proxy answers, of each kind, and URLs of proxies. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/net.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const urls[] = {"http://u:p@h", "socks4a://h", "socks5h://u:p@h",
                                       "socks5h://h"};
    struct arena arena = {0};
    struct proxy proxy;
    struct proxy_answer out;
    int ends[2];
    proxy_parse(arena_strndup(&arena, (const char *)data, size), &arena, &proxy);
    if (size > 1 && proxy_parse(urls[data[0] % 4], &arena, &proxy) &&
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0) {
        (void)!write(ends[1], data + 1, size - 1);
        shutdown(ends[1], SHUT_WR);
        proxy_ask(ends[0], &proxy, "a.test", 443, deadline_in(1), &out);
        close(ends[0]);
        close(ends[1]);
    }
    arena_free(&arena);
    return 0;
}
