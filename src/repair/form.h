/* SPDX-License-Identifier: Apache-2.0 */
/* What a server wants its certificate as: which files, what in each, and the lines of its
 * configuration that name them. Included by repair.h. */
#ifndef CERTWHY_REPAIR_FORM_H
#define CERTWHY_REPAIR_FORM_H

#include "explain/explain.h"

enum form_part {
    PART_KEY = 1,
    PART_LEAF = 2,
    PART_CHAIN = 4,   /**< the intermediates, and the root when it is wanted */
    PART_PKCS12 = 8,  /**< all of it as a keystore */
    PART_SECRET = 16, /**< all of it as a Secret of Kubernetes */
};
/** One file. Its name is FILE.pem → FILE + suffix + .pem, other endings likewise. */
struct form_file {
    const char *suffix; /**< "": the file that was asked for */
    unsigned parts;     /**< enum form_part, written in the order key, leaf, chain */
};
struct server_form {
    const char *name;          /**< "nginx" */
    struct form_file files[3]; /**< ends with one of no parts */
    bool needs_key;
    const char *const *lines; /**< NULL-terminated; {0} {1} {2}: the files, {key}: the key's path */
};
/** NULL: there is none of this name. */
const struct server_form *server_form_find(const char *name);
/** "nginx, apache, …" */
const char *server_form_names(struct arena *arena);

/** What goes into the files. */
struct form_input {
    const struct cert *const *certs; /**< leaf first */
    size_t count;
    const struct private_key *key; /**< NULL: none was given */
    const char *password;          /**< of a keystore */
    const char *name;              /**< of the entry, the Secret: a plain host name */
};
/** Appends the content of one file; false when it cannot be made. Wipe it when it holds a key. */
bool form_write(const struct form_file *file, const struct form_input *input, struct buf *out);
/** The path of one file, given the path of the first. */
const char *form_path(struct arena *arena, const char *path, const struct form_file *file);
/** One line of configuration with its paths. */
const char *form_line(struct arena *arena, const char *line, const char *const paths[3],
                      const char *key_path);

#endif
