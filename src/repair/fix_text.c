/* SPDX-License-Identifier: Apache-2.0 */
#include "fix_text.h"

#include <string.h>

const struct fix_text *fix_text_find(const char *id)
{
    size_t low = 0, high = fix_text_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(id, fix_text_table[middle].id);
        if (order == 0)
            return &fix_text_table[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *fix_who_name(enum fix_who who)
{
    static const char *const names[] = {
        [FIX_SERVER] = "server",
        [FIX_CLIENT] = "client",
        [FIX_CA] = "ca",
    };
    return names[who];
}
