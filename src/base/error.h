/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CERTWHY_BASE_ERROR_H
#define CERTWHY_BASE_ERROR_H

#include "certwhy.h"

/** Why *we* could not work. The caller's, usually on the stack. For the world's faults: facts. */
struct error {
    enum cw_code code;
    char text[512];
    const char *file;
    int line;
};

#define error_set(err, code, ...) error_set_at((err), (code), __FILE__, __LINE__, __VA_ARGS__)

/** Fills err (may be NULL) and returns code, so that `return error_set(...)` reads well. */
enum cw_code error_set_at(struct error *err, enum cw_code code, const char *file, int line,
                          const char *format, ...) __attribute__((format(printf, 5, 6)));

/** The one macro with hidden control flow: leave the function with the code of a failed call. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        enum cw_code try_code_ = (call);                                                           \
        if (try_code_ != CW_OK)                                                                    \
            return try_code_;                                                                      \
    } while (0)

#endif
