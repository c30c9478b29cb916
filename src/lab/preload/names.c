/* SPDX-License-Identifier: Apache-2.0 */
/* libcertwhy-names.so, preloaded into the command of `certwhy lab test`: the one name in
 * CERTWHY_LAB_NAME leads to 127.0.0.1, where the lab's servers are; all others are looked up as
 * ever. Programs with a resolver of their own (Go without cgo) do not see it.
 *
 * Built apart from all else: it must not bring our libraries into foreign programs. */
#include <dlfcn.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
static const char loopback[] = "127.0.0.1";

/* A final dot says only that the name is whole. */
static bool is_ours(const char *name)
{
    const char *ours = getenv("CERTWHY_LAB_NAME");
    size_t n = name ? strlen(name) : 0;
    if (n && name[n - 1] == '.')
        n--;
    return ours && n && strlen(ours) == n && strncasecmp(ours, name, n) == 0;
}

static void *next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    return found ? found : dlsym(RTLD_DEFAULT, name);
}
#define NEXT(type, name) type *const real = (type *)(uintptr_t)next(#name)

typedef int getaddrinfo_type(const char *, const char *, const struct addrinfo *,
                             struct addrinfo **);
EXPORT int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **out)
{
    NEXT(getaddrinfo_type, getaddrinfo);
    return real(is_ours(name) ? loopback : name, service, hints, out);
}

typedef struct hostent *gethostbyname_type(const char *);
EXPORT struct hostent *gethostbyname(const char *name)
{
    NEXT(gethostbyname_type, gethostbyname);
    return real(is_ours(name) ? loopback : name);
}

typedef struct hostent *gethostbyname2_type(const char *, int);
EXPORT struct hostent *gethostbyname2(const char *name, int family)
{
    NEXT(gethostbyname2_type, gethostbyname2);
    return real(is_ours(name) ? loopback : name, family);
}

typedef int gethostbyname_r_type(const char *, struct hostent *, char *, size_t, struct hostent **,
                                 int *);
EXPORT int gethostbyname_r(const char *name, struct hostent *entry, char *room, size_t n,
                           struct hostent **out, int *error)
{
    NEXT(gethostbyname_r_type, gethostbyname_r);
    return real(is_ours(name) ? loopback : name, entry, room, n, out, error);
}
