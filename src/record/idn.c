/* SPDX-License-Identifier: Apache-2.0 */
/* The only user of libidn2. It is loaded when a name has a non-ASCII character and not before: with
 * its tables of Unicode it would be the largest part of the start-up of a program that rarely needs
 * it. */
#include "idn.h"

#include <dlfcn.h>
#include <idn2.h>

/* IDNA2008 as UTS 46 maps it, and the older transitional mapping for what that one refuses: curl
 * does the same two steps. */
static const int idn_modes[] = {IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL, IDN2_TRANSITIONAL};

static void library_close(void **library)
{
    if (*library)
        dlclose(*library);
}

static const char *convert(void *library, struct arena *arena, const char *name)
{
    __typeof__(idn2_to_ascii_8z) *to_ascii;
    __typeof__(idn2_free) *release;
    /* ISO C has no conversion from an object to a function pointer: POSIX dlsym() documents this
     * way. */
    *(void **)&to_ascii = dlsym(library, "idn2_to_ascii_8z");
    *(void **)&release = dlsym(library, "idn2_free");
    if (!to_ascii || !release)
        return NULL;
    for (size_t i = 0; i < sizeof idn_modes / sizeof *idn_modes; i++) {
        char *ascii = NULL;
        if (to_ascii(name, &ascii, idn_modes[i]) == IDN2_OK) {
            const char *copy = arena_strdup(arena, ascii);
            release(ascii);
            return copy;
        }
    }
    return NULL;
}

const char *idn_to_ascii(struct arena *arena, const char *name, const char **why)
{
    __attribute__((cleanup(library_close))) void *library =
        dlopen("libidn2.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        *why = "the library libidn2, which converts international names, is not installed "
               "(write the name in its xn-- form)";
        return NULL;
    }
    const char *ascii = convert(library, arena, name);
    if (!ascii)
        *why = "it is not a valid international host name (IDNA 2008)";
    return ascii;
}
