/* SPDX-License-Identifier: Apache-2.0 */
/* Where the system's trust store is. */
#include "machine.h"

/* Debian and Alpine; Fedora and RHEL 6 and 7; SUSE; OpenELEC; Fedora and RHEL now; BSD, macOS,
 * Alpine. The list and order of Go's crypto/x509 (root_linux.go, root_bsd.go). */
static const char *const bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
};
static const char hashed_directory[] = "/etc/ssl/certs";

static const char *nothing_found(struct store *store)
{
    BUF_CLEANUP text = {0};
    buf_add_str(&text, "this machine has no trust store in any of the usual places (");
    for (size_t i = 0; i < sizeof bundles / sizeof bundles[0]; i++)
        buf_printf(&text, "%s, ", bundles[i]);
    buf_printf(&text, "%s/); install the package ca-certificates, or name a file with --ca",
               hashed_directory);
    return arena_strdup(&store->arena, buf_cstr(&text));
}

const char *system_bundle(const char *root)
{
    for (size_t i = 0; i < sizeof bundles / sizeof bundles[0]; i++)
        if (file_exists(root, bundles[i]))
            return bundles[i];
    return NULL;
}

/* OPENSSLDIR/certs: Debian's /usr/lib/ssl/certs is a link to the first; Fedora and RHEL. */
const char *system_hashed(const char *root)
{
    static const char *const directories[] = {hashed_directory, "/etc/pki/tls/certs"};
    for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
        if (file_is_dir(root, directories[i]))
            return directories[i];
    return NULL;
}

struct store *store_system(const char *root)
{
    struct store *store = store_new("system");
    for (size_t i = 0; i < sizeof bundles / sizeof bundles[0]; i++)
        if (file_exists(root, bundles[i]) && store_add_path(store, root, bundles[i], NULL) == CW_OK)
            return store;
    if (file_is_dir(root, hashed_directory) &&
        store_add_path(store, root, hashed_directory, NULL) == CW_OK)
        return store;
    if (store->source_count == 0)
        store_add_source(store, bundles[0]);
    store->sources[store->source_count - 1]->shown.problem = nothing_found(store);
    return store;
}
