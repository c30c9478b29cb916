/* SPDX-License-Identifier: Apache-2.0 */
/* Takes files and directories into a store. A bundle as tools write it is indexed in one pass that
 * decodes no more than what lies before each subject; any other file is read by container/. */
#include <stdlib.h>
#include <string.h>

#include "machine.h"

/* ---- clean bundles ---- */

struct scan {
    struct store *store;
    struct bytes text;
    uint32_t file;
    size_t at, line;
    size_t found;      /* certificates, duplicates too */
    struct buf prefix; /* of the certificate at hand */
};

static bool text_has(struct bytes text, size_t at, const char *word)
{
    return bytes_equal(bytes_slice(text, at, strlen(word)), bytes_str(word));
}

static bool at_line_end(struct bytes text, size_t at)
{
    return at >= text.n || text.p[at] == '\n' || text_has(text, at, "\r\n");
}

static size_t count_lines(struct bytes text, size_t from, size_t to)
{
    size_t lines = 0;
    for (const uint8_t *p = text.p + from; (p = memchr(p, '\n', (size_t)(text.p + to - p))); p++)
        lines++;
    return lines;
}

/* The text behind "-----BEGIN " or "-----END ". */
static const char *certificate_label(struct bytes text, size_t at)
{
    static const char *const labels[] = {"CERTIFICATE-----", "TRUSTED CERTIFICATE-----",
                                         "X509 CERTIFICATE-----"};
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        if (text_has(text, at, labels[i]))
            return labels[i];
    return NULL;
}

/* Enough for the subject of almost every certificate: 1024 digits are 768 bytes. */
enum { PREFIX_TEXT = 1024 + 1024 / 64 };

static bool add_block(struct scan *scan, struct bytes body, size_t begin)
{
    struct bytes subject;
    if (!base64_lines(bytes_slice(body, 0, PREFIX_TEXT), SIZE_MAX, &scan->prefix))
        return false;
    if (!subject_in_prefix(buf_bytes(&scan->prefix), &subject) &&
        !base64_lines(body, SIZE_MAX, &scan->prefix))
        return false;
    const struct candidate candidate = {
        .p = body.p,
        .n = body.n,
        .offset = begin,
        .line = scan->line,
        .file = scan->file,
        .pem = true,
        .der = buf_bytes(&scan->prefix),
    };
    store_add_member(scan->store, &candidate);
    scan->found++;
    return true;
}

/* Between two blocks there may be comments, but no marker in whatever form. */
static bool gap_is_clean(struct bytes gap)
{
    return bytes_find(gap, bytes_str("BEGIN ")) == SIZE_MAX &&
           bytes_find(gap, bytes_str("END ")) == SIZE_MAX;
}

/* One block from its BEGIN marker on; false: container/ must read this file. */
static bool scan_block(struct scan *scan, size_t begin)
{
    static const char begin_word[] = "-----BEGIN ", end_word[] = "-----END ";
    const struct bytes text = scan->text;
    const bool line_start = begin == 0 || text.p[begin - 1] == '\n';
    const size_t label_at = begin + sizeof begin_word - 1;
    const char *label = certificate_label(text, label_at);
    if (!line_start || !label || !at_line_end(text, label_at + strlen(label)))
        return false;
    const size_t body = label_at + strlen(label);
    const uint8_t *dash = body < text.n ? memchr(text.p + body, '-', text.n - body) : NULL;
    const size_t end = dash ? (size_t)(dash - text.p) : text.n;
    if (!text_has(text, end, end_word) || text.p[end - 1] != '\n')
        return false;
    const size_t behind = end + sizeof end_word - 1 + strlen(label);
    if (!text_has(text, end + sizeof end_word - 1, label) || !at_line_end(text, behind))
        return false;
    if (!add_block(scan, bytes_slice(text, body, end - body), begin))
        return false;
    scan->line += count_lines(text, body, end);
    scan->at = behind;
    return true;
}

static bool scan_bundle(struct scan *scan)
{
    const struct bytes begin_word = bytes_str("-----BEGIN ");
    for (;;) {
        const struct bytes rest = bytes_slice(scan->text, scan->at, scan->text.n);
        const size_t gap = bytes_find(rest, begin_word);
        if (!gap_is_clean(bytes_slice(rest, 0, gap)))
            return false;
        if (gap == SIZE_MAX)
            return scan->found > 0;
        scan->line += count_lines(scan->text, scan->at, scan->at + gap);
        if (!scan_block(scan, scan->at + gap))
            return false;
    }
}

/* ---- files ---- */

static void add_object(struct store *store, uint32_t file, const struct object *object)
{
    const struct candidate candidate = {
        .p = object->der.p,
        .n = object->der.n,
        .offset = object->origin.offset,
        .line = object->origin.line,
        .file = file,
        .alias = object->origin.alias,
        .der = object->der,
    };
    store_add_member(store, &candidate);
}

/* What the fast pass added before it gave up is met again as duplicates, which adding ignores. */
static size_t add_objects(struct store *store, uint32_t file, const struct trust_part *part,
                          const struct container *container)
{
    size_t found = 0;
    for (size_t i = 0; i < container->object_count; i++) {
        const struct object *object = &container->objects[i];
        const bool wanted = part->kind != PART_KEYSTORE || object->java_anchor;
        if (object->kind != OBJECT_CERTIFICATE || object->der.n == 0 || !wanted)
            continue;
        add_object(store, file, object);
        found++;
    }
    return found;
}

/* What Java makes of a keystore beyond its certificates, measured with OpenJDK 17. NULL: it reads
 * it. */
static const char *java_problem(const struct container *container, const char *password)
{
    const struct keystore *keystore = &container->keystore;
    if (!keystore->format)
        return "it is no keystore: Java refuses it (Invalid keystore format)";
    if (keystore->encrypted && !password)
        return "it is a PKCS#12 file under a password, which Java is not told: it sees no entry in "
               "it (the trustAnchors parameter must be non-empty); add "
               "-Djavax.net.ssl.trustStorePassword";
    const bool other = keystore->password
                           ? password && strcmp(keystore->password, password) != 0
                           : keystore->encrypted || keystore->integrity == INTEGRITY_UNPROVEN;
    if (password && other)
        return "the password that Java is told does not fit, or it was altered: Java refuses it";
    return NULL;
}

static const char *no_anchor_text(const struct container *container)
{
    if (*container->keystore.problem)
        return container->keystore.problem;
    return "its certificates lack the mark with which Java knows a trusted one "
           "(trustedKeyUsage): import them with keytool";
}

static const char *no_certificate_text(struct arena *arena, const struct container *container)
{
    const struct file_fault *fault = container->fault_count ? &container->faults[0] : NULL;
    for (size_t i = 0; i < container->fault_count; i++)
        if (container->faults[i].id == FAULT_WRONG_KIND)
            fault = &container->faults[i];
    if (!fault)
        return "holds no certificate";
    if (fault->id == FAULT_WRONG_KIND && *fault->excerpt)
        return arena_printf(arena, "holds no certificate: it is %s", fault->excerpt);
    return arena_printf(arena, "holds no certificate: %s", file_fault_text(fault->id));
}

static uint32_t add_file(struct store *store, const char *path, struct mapping map)
{
    store->files = arena_grow(&store->arena, store->files, store->file_count, &store->file_cap,
                              sizeof *store->files);
    store->files[store->file_count] =
        (struct file){.where = arena_strdup(&store->arena, path), .map = map};
    return (uint32_t)store->file_count++;
}

static size_t load_slowly(struct store *store, uint32_t file, const struct trust_part *part,
                          const char **problem)
{
    const struct file *from = &store->files[file];
    struct container container;
    container_read_with(bytes_of(from->map.p, from->map.n), from->where, part->password,
                        &store->arena, &container);
    const char *refusal =
        part->kind == PART_KEYSTORE ? java_problem(&container, part->password) : NULL;
    const size_t found = refusal ? 0 : add_objects(store, file, part, &container);
    if (refusal)
        *problem = refusal;
    else if (found == 0)
        *problem = container.keystore.format && container.object_count
                       ? no_anchor_text(&container)
                       : no_certificate_text(&store->arena, &container);
    return found;
}

/* Roots that nobody compared with anything must not become trusted by their kind of file. */
static size_t load_pool(struct store *store, uint32_t file, const char **problem)
{
    const struct file *from = &store->files[file];
    struct pool *pool;
    *problem = "a pool of known issuers holds nothing to trust: give it with --pool";
    if (store->origin_kind != ORIGIN_POOL ||
        !pool_open(&store->arena, bytes_of(from->map.p, from->map.n), from->where, &pool, problem))
        return 0;
    store->pools = arena_grow(&store->arena, store->pools, store->pool_count, &store->pool_cap,
                              sizeof *store->pools);
    store->pools[store->pool_count++] = pool;
    *problem = pool->count ? "" : "the pool file holds no certificate";
    return pool->count;
}

/* Returns how many certificates the file holds; 0 with *problem when none. */
static size_t load_file(struct store *store, const char *root, const struct trust_part *part,
                        uint32_t *file, const char **problem)
{
    struct mapping map;
    struct error err;
    *file = MEMBER_NONE;
    if (file_map(root, part->path, &map, &err) != CW_OK) {
        *problem = arena_strdup(&store->arena, err.text);
        return 0;
    }
    *file = add_file(store, part->path, map);
    if (part->kind == PART_BUNDLE && pool_is_one(bytes_of(map.p, map.n)))
        return load_pool(store, *file, problem);
    struct scan scan = {.store = store, .text = bytes_of(map.p, map.n), .file = *file, .line = 1};
    const bool clean = part->kind != PART_KEYSTORE && scan_bundle(&scan);
    buf_free(&scan.prefix);
    return clean ? scan.found : load_slowly(store, *file, part, problem);
}

/* ---- directories ---- */

/* HASH.0, as openssl rehash makes them. */
static bool is_hashed_name(const char *name)
{
    enum { HASH_DIGITS = 8 };
    return strspn(name, "0123456789abcdef") == HASH_DIGITS && name[HASH_DIGITS] == '.' &&
           name[HASH_DIGITS + 1] >= '0' && name[HASH_DIGITS + 1] <= '9' &&
           name[HASH_DIGITS + 2] == 0;
}

/* Which names of a directory a part is made of. */
static bool is_wanted(enum part_kind kind, const char *name)
{
    static const char *const endings[] = {".pem", ".crt", ".cer", ".der"};
    if (kind == PART_FILES || is_hashed_name(name))
        return true;
    for (size_t i = 0; kind != PART_HASHED && i < sizeof endings / sizeof endings[0]; i++)
        if (str_ends(name, endings[i]))
            return true;
    return false;
}

/* A file of a directory, by device and inode: hashed directories name each file at least twice. */
struct entry {
    const char *path;
    size_t order;
    uint64_t id[2];
};

static int compare_ids(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    for (int i = 0; i < 2; i++)
        if (x->id[i] != y->id[i])
            return x->id[i] < y->id[i] ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static int compare_order(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return (x->order > y->order) - (x->order < y->order);
}

/* The files to read, each once, in the order of their names. */
static size_t list_files(struct arena *arena, const char *root, const struct trust_part *part,
                         struct entry **out, struct error *err)
{
    const char **names;
    size_t count, n = 0;
    if (file_list(root, part->path, LIMIT_STORE_FILES, arena, &names, &count, err) != CW_OK)
        return 0;
    struct entry *entries = arena_array(arena, count + 1, sizeof *entries);
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = &entries[n];
        entry->path = arena_printf(arena, "%s/%s", part->path, names[i]);
        entry->order = i;
        if (is_wanted(part->kind, names[i]) && file_identity(root, entry->path, entry->id))
            n++;
    }
    if (n > 1)
        qsort(entries, n, sizeof *entries, compare_ids);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || memcmp(entries[kept - 1].id, entries[i].id, sizeof entries[i].id) != 0)
            entries[kept++] = entries[i];
    if (kept > 1)
        qsort(entries, kept, sizeof *entries, compare_order);
    *out = entries;
    return kept;
}

static const char *empty_directory_text(enum part_kind kind)
{
    switch (kind) {
    case PART_HASHED:
        return "the directory holds no file named HASH.0, which is what OpenSSL looks for: run "
               "openssl rehash on it";
    case PART_FILES:
        return "the directory holds no certificate in any of its files";
    default:
        return "the directory holds no certificate in a file named *.pem, *.crt, *.cer, *.der or "
               "HASH.0";
    }
}

static size_t load_directory(struct store *store, const char *root, const struct trust_part *part,
                             const char **problem)
{
    struct arena arena = {0};
    struct entry *entries = NULL;
    struct error err = {0};
    size_t found = 0;
    const size_t count = list_files(&arena, root, part, &entries, &err);
    for (size_t i = 0; i < count; i++) {
        const struct trust_part one = {.kind = PART_BUNDLE, .path = entries[i].path};
        uint32_t file;
        const char *ignored;
        found += load_file(store, root, &one, &file, &ignored);
    }
    if (found == 0)
        *problem =
            err.code ? arena_strdup(&store->arena, err.text) : empty_directory_text(part->kind);
    arena_free(&arena);
    return found;
}

/* What a user gave to a browser; to have given nothing is the usual case. */
static size_t load_nss(struct store *store, const char *root, const struct trust_part *part,
                       struct source *source)
{
    struct mapping map;
    struct error err;
    size_t found = 0;
    if (file_map(root, part->path, &map, &err) != CW_OK) {
        source->shown.problem = arena_strdup(&store->arena, err.text);
        source->shown.unknown = true;
        return 0;
    }
    source->file = add_file(store, part->path, map);
    source->shown.read =
        nss_read(store, source->file, bytes_of(map.p, map.n), &found, &source->shown.problem);
    source->shown.unknown = !source->shown.read;
    return found;
}

static size_t load_part(struct store *store, const char *root, const struct trust_part *part,
                        struct source *source)
{
    switch (part->kind) {
    case PART_BUNDLE:
    case PART_KEYSTORE:
        return load_file(store, root, part, &source->file, &source->shown.problem);
    case PART_DIRECTORY:
    case PART_HASHED:
    case PART_FILES:
        return load_directory(store, root, part, &source->shown.problem);
    case PART_NSS:
        return load_nss(store, root, part, source);
    case PART_PROGRAMME:
        source->shown.problem = "a list that is compiled in";
        break;
    }
    return 0;
}

bool store_add_part(struct store *store, const char *root, const struct trust_part *part)
{
    struct source *source = store_add_source(store, part->path);
    const size_t before = store_count(store);
    const size_t found = load_part(store, root, part, source);
    source->shown.count = store_count(store) - before;
    source->shown.modified = file_mtime(root, part->path);
    source->shown.read = source->shown.read || found > 0;
    return source->shown.read;
}

enum cw_code store_add_path(struct store *store, const char *root, const char *path,
                            struct error *err)
{
    const struct trust_part part = {.kind = file_is_dir(root, path) ? PART_DIRECTORY : PART_BUNDLE,
                                    .path = path};
    if (store_add_part(store, root, &part))
        return CW_OK;
    return error_set(err, CW_E_INPUT, "cannot take trusted certificates from %s: %s", path,
                     store->sources[store->source_count - 1]->shown.problem);
}
