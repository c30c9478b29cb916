/* SPDX-License-Identifier: Apache-2.0 */
/* A machine made of a temporary directory and a list of variables. Shared by the tests of
 * trust/places.c, sources*.c and env*.c. */
#ifndef CERTWHY_TESTS_FAKE_ROOT_H
#define CERTWHY_TESTS_FAKE_ROOT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "made_cert.h"
#include "trust/trust.h"

enum { FAKE_VARIABLES = 16 };

struct fake {
    struct arena arena;
    char root[64];
    const char *variables[FAKE_VARIABLES][2];
    size_t variable_count;
    struct trust_machine *machine;
};

static inline const char *fake_get(void *context, const char *name)
{
    const struct fake *fake = context;
    for (size_t i = 0; i < fake->variable_count; i++)
        if (strcmp(fake->variables[i][0], name) == 0)
            return fake->variables[i][1];
    return NULL;
}

static inline int fake_set_up(void **state)
{
    struct fake *fake = xcalloc(1, sizeof *fake);
    snprintf(fake->root, sizeof fake->root, "/tmp/certwhy-fake-XXXXXX");
    *state = fake;
    return mkdtemp(fake->root) ? 0 : -1;
}

static inline int fake_tear_down(void **state)
{
    struct fake *fake = *state;
    trust_machine_free(fake->machine);
    const char *const argv[] = {"rm", "-rf", fake->root, NULL};
    const pid_t child = fork();
    if (child == 0) {
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    arena_free(&fake->arena);
    free(fake);
    return 0;
}

static inline void fake_variable(struct fake *fake, const char *name, const char *value)
{
    assert_true(fake->variable_count < FAKE_VARIABLES);
    fake->variables[fake->variable_count][0] = name;
    fake->variables[fake->variable_count++][1] = value;
}

static inline void fake_file(struct fake *fake, const char *path, struct bytes content)
{
    const char *directory = arena_strndup(&fake->arena, path, (size_t)(strrchr(path, '/') - path));
    if (*directory)
        assert_int_equal(file_make_dir(fake->root, directory, NULL), CW_OK);
    assert_int_equal(file_write_atomic(fake->root, path, content, 0644, NULL), CW_OK);
}

static inline void fake_text(struct fake *fake, const char *path, const char *text)
{
    fake_file(fake, path, bytes_str(text));
}

/* A PEM file of made certificates, one for each word of `names`. */
static inline void fake_bundle(struct fake *fake, const char *path, const char *names)
{
    BUF_CLEANUP pem = {0};
    for (const char *p = names; *p; p += strcspn(p, " "), p += *p == ' ') {
        const char *name = arena_strndup(&fake->arena, p, strcspn(p, " "));
        pem_write(&pem, "CERTIFICATE",
                  made_cert(&fake->arena, NULL, name, (unsigned char)*name, 200));
    }
    fake_file(fake, path, buf_bytes(&pem));
}

static inline void fake_copy(struct fake *fake, const char *path, const char *from)
{
    BUF_CLEANUP content = {0};
    assert_int_equal(file_read(NULL, from, 1 << 20, &content, NULL), CW_OK);
    fake_file(fake, path, buf_bytes(&content));
}

static inline struct trust_machine *fake_machine(struct fake *fake)
{
    const struct environment environment = {.get = fake_get, .context = fake};
    fake->machine = trust_machine_new(fake->root, &environment, &fake->arena);
    return fake->machine;
}

/* The names of a client's certificates, sorted as the store has them, with blanks between. */
static inline const char *fake_names(struct fake *fake, const char *client)
{
    struct store *store = trust_view_store(fake->machine, trust_view_find(fake->machine, client));
    BUF_CLEANUP text = {0};
    for (size_t i = 0; i < store_count(store); i++) {
        const struct anchor *anchor = store_at(store, i);
        if (anchor)
            buf_printf(&text, "%s%s", text.n ? " " : "",
                       name_short(&fake->arena, anchor->cert->subject));
    }
    return arena_strdup(&fake->arena, buf_cstr(&text));
}

#endif
