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

struct bytes machine_roots(struct trust_machine *machine)
{
    if (!machine->roots_opened) {
        struct error ignored;
        const char *path = trust_data_path(machine->arena, &machine->environment, "roots.tsv");
        if (*path && file_exists(machine->root, path))
            file_map(machine->root, path, &machine->roots, &ignored);
        machine->roots_opened = true;
    }
    return bytes_of(machine->roots.p, machine->roots.n);
}
