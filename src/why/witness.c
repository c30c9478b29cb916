/* SPDX-License-Identifier: Apache-2.0 */
/* The side of certwhy: makes the log, gives the command the library, reads what was written. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

extern char **environ;

static const size_t LOG_BYTES =
    sizeof(struct witness_log) + sizeof(struct witness_slot) * WITNESS_SLOTS;

struct witness {
    struct arena arena;
    const char *library;
    struct witness_log *log;
    int fd;
    uint32_t read;
};

static bool log_make(struct witness *witness)
{
    witness->fd = memfd_create("certwhy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (witness->fd < 0 || ftruncate(witness->fd, (off_t)LOG_BYTES) != 0)
        return false;
    void *p = mmap(NULL, LOG_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, witness->fd, 0);
    if (p == MAP_FAILED)
        return false;
    witness->log = p;
    witness->log->magic = WITNESS_MAGIC;
    witness->log->slots = WITNESS_SLOTS;
    /* Nobody can make it shorter: neither we nor others would survive that. */
    return fcntl(witness->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
}

struct witness *witness_new(void)
{
    struct witness *witness = xcalloc(1, sizeof *witness);
    witness->fd = -1;
    witness->library = file_find_preload(&witness->arena, WITNESS_LIBRARY_FILE);
    if (witness->library && log_make(witness))
        return witness;
    log_line(1, "no %s: only /proc tells what the command does",
             witness->library ? "shared memory" : WITNESS_LIBRARY_FILE);
    witness_free(witness);
    return NULL;
}

void witness_free(struct witness *witness)
{
    if (!witness)
        return;
    if (witness->log)
        munmap(witness->log, LOG_BYTES);
    if (witness->fd >= 0)
        close(witness->fd);
    arena_free(&witness->arena);
    free(witness);
}

char **witness_environment(const struct witness *witness, struct arena *arena)
{
    static const char preload[] = "LD_PRELOAD=", variable[] = WITNESS_VARIABLE "=";
    const char *before = "";
    size_t count = 0, n = 0;
    while (environ[count])
        count++;
    char **out = arena_array(arena, count + 3, sizeof *out);
    for (size_t i = 0; i < count; i++) {
        if (str_starts(environ[i], preload))
            before = environ[i] + strlen(preload);
        else if (!str_starts(environ[i], variable))
            out[n++] = environ[i];
    }
    out[n++] =
        arena_printf(arena, "%s%s%s%s", preload, before, *before ? ":" : "", witness->library);
    out[n++] = arena_printf(arena, "%s/proc/%ld/fd/%d", variable, (long)getpid(), witness->fd);
    return out;
}

/* Slots that were taken and never written belong to who was killed in between: at the end they are
 * passed over. */
static const struct witness_slot *slot_next(struct witness *witness, bool over)
{
    const uint32_t used = atomic_load(&witness->log->used);
    const uint32_t count = used < WITNESS_SLOTS ? used : WITNESS_SLOTS;
    while (witness->read < count) {
        const struct witness_slot *slot = &witness->log->slot[witness->read];
        const bool written = atomic_load_explicit(&slot->kind, memory_order_acquire);
        if (!written && !over)
            break;
        witness->read++;
        if (written)
            return slot;
    }
    return NULL;
}

bool witness_next(struct witness *witness, bool over, struct arena *arena, struct sight *out)
{
    const struct witness_slot *slot = slot_next(witness, over);
    if (!slot)
        return false;
    const uint32_t kind = atomic_load(&slot->kind);
    *out = (struct sight){
        .kind = kind <= WITNESS_LIBRARY ? (enum witness_kind)kind : WITNESS_NONE,
        .pid = (pid_t)slot->pid,
        .fd = slot->fd,
        .value = slot->value,
        .clock = slot->clock,
        .text = arena_strndup(arena, slot->text, strnlen(slot->text, WITNESS_TEXT)),
    };
    return true;
}
