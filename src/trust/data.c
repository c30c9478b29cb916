/* SPDX-License-Identifier: Apache-2.0 */
/* Where newer data lies than what is compiled in: what `certwhy update-data` installs. */
#include "machine.h"

const char *trust_data_path(struct arena *arena, const struct environment *environment,
                            const char *name)
{
    /* XDG Base Directory Specification: a relative value is none */
    const char *data = environment_get(environment, "XDG_DATA_HOME");
    const char *home = environment_get(environment, "HOME");
    if (data && *data == '/')
        return arena_printf(arena, "%s/certwhy/%s", data, name);
    if (home && *home == '/')
        return arena_printf(arena, "%s/.local/share/certwhy/%s", home, name);
    return "";
}
