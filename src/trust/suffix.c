/* SPDX-License-Identifier: Apache-2.0 */
/* Where registries register: the ICANN part of the public suffix list, the one that `certwhy
 * update-data --psl` installed or else that of libpsl, which is loaded when it is asked. */
#include <dlfcn.h>
#include <libpsl.h>
#include <string.h>

#include "internal.h"

static const char icann_begin[] = "===BEGIN ICANN DOMAINS===";
static const char icann_end[] = "===END ICANN DOMAINS===";

/* ---- the list as text: publicsuffix.org/list ---- */

static bool icann_part(struct bytes list, struct bytes *out)
{
    const size_t begin = bytes_find(list, bytes_str(icann_begin));
    const size_t end = bytes_find(list, bytes_str(icann_end));
    if (begin == SIZE_MAX || end == SIZE_MAX || end < begin)
        return false;
    *out = bytes_slice(list, begin, end - begin);
    return true;
}

static bool has_rule(struct bytes list, const char *mark, const char *domain)
{
    struct arena arena = {0};
    const char *line = arena_printf(&arena, "\n%s%s\n", mark, domain);
    const bool found = bytes_find(list, bytes_str(line)) != SIZE_MAX;
    arena_free(&arena);
    return found;
}

size_t suffix_list_rules(struct bytes list)
{
    struct bytes icann;
    size_t rules = 0;
    if (!icann_part(list, &icann))
        return 0;
    for (size_t i = 0; i + 1 < icann.n; i++) {
        const uint8_t next = icann.p[i + 1];
        rules += icann.p[i] == '\n' && next != '\n' && next != '/' && next != '\r';
    }
    return rules;
}

/* An exception outweighs a rule, "*" stands for one label. */
static bool list_says(struct bytes list, const char *domain)
{
    struct bytes icann;
    const char *parent = strchr(domain, '.');
    return icann_part(list, &icann) && !has_rule(icann, "!", domain) &&
           (has_rule(icann, "", domain) || (parent && has_rule(icann, "*.", parent + 1)));
}

/* ---- libpsl's own ---- */

static bool library_says(const char *domain)
{
    void *library = dlopen("libpsl.so.5", RTLD_NOW | RTLD_LOCAL);
    __typeof__(psl_builtin) *builtin;
    __typeof__(psl_is_public_suffix2) *is_suffix;
    if (!library)
        return false;
    /* As POSIX dlsym() documents it. */
    *(void **)&builtin = dlsym(library, "psl_builtin");
    *(void **)&is_suffix = dlsym(library, "psl_is_public_suffix2");
    const psl_ctx_t *list = builtin && is_suffix ? builtin() : NULL;
    const bool says = list && is_suffix(list, domain, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE);
    dlclose(library);
    return says;
}

bool suffix_is_registry(struct bytes list, const char *domain)
{
    return list.p ? list_says(list, domain) : library_says(domain);
}
