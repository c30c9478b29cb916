/* SPDX-License-Identifier: Apache-2.0 */
/* The judge and the explanation over whatever a file holds: its certificates are a chain, the last
 * of them is trusted, and every profile looks at them. The first byte chooses the name and the
 * time. */
#include "explain/explain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PROFILES_MAX = 128, CERTIFICATES_MAX = 12 };

static const char *const names[] = {"www.lab.test", "lab.test", "127.0.0.1", ""};

static size_t chain_read(struct bytes file, struct arena *arena, struct seen *sent)
{
    struct container container = {0};
    size_t count = 0;
    container_read(file, "fuzz", arena, &container);
    for (size_t i = 0; i < container.object_count && count < CERTIFICATES_MAX; i++)
        if (container.objects[i].kind == OBJECT_CERTIFICATE)
            sent[count++] = (struct seen){.cert = cert_parse(container.objects[i].der),
                                          .origin = {.kind = ORIGIN_FILE, .where = "fuzz"}};
    return count;
}

static void chain_judge(const struct observation *observation, struct store *store,
                        struct arena *arena)
{
    size_t count;
    const struct profile *const *profiles = profile_all(&count);
    struct store *stores[PROFILES_MAX];
    struct verdict verdict;
    struct findings findings;
    count = count < PROFILES_MAX ? count : PROFILES_MAX;
    for (size_t i = 0; i < count; i++)
        stores[i] = store;
    struct sig_memo *memo = sig_memo_new();
    const struct judge_input input = {.observation = observation,
                                      .profiles = profiles,
                                      .stores = stores,
                                      .profile_count = count,
                                      .at = observation->at,
                                      .memo = memo};
    judge(&input, arena, &verdict);
    explain(&input, &verdict, arena, &findings);
    sig_memo_free(memo);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct arena arena = {0};
    struct seen sent[CERTIFICATES_MAX];
    struct observation observation = {.at = (cw_time)1795262400 + (data[0] & 0xf0) * TIME_DAY};
    struct error error = {0};
    const char *name = names[data[0] & 3];
    observation.sent = sent;
    observation.sent_count = chain_read(bytes_of(data + 1, size - 1), &arena, sent);
    observation.target = (struct target){
        .kind = TARGET_FILE, .text = "fuzz", .path = "fuzz", .name = "", .sni = "", .connect = ""};
    if (name[0] != '\0' && target_set_name(&observation.target, name, &arena, &error) != CW_OK)
        __builtin_trap();
    struct store *store = store_new("fuzz");
    if (observation.sent_count > 0)
        store_add_cert(store, sent[observation.sent_count - 1].cert,
                       (struct origin){.kind = ORIGIN_STORE, .where = "fuzz"});
    chain_judge(&observation, store, &arena);
    store_unref(store);
    for (size_t i = 0; i < observation.sent_count; i++)
        cert_unref(sent[i].cert);
    arena_free(&arena);
    return 0;
}
