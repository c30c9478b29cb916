/* SPDX-License-Identifier: Apache-2.0 */
/* Healthy chains in many shapes, minted after faults were planted, and judged without sockets. */
#include <string.h>

#include "reasons.h"

enum { KEY_KINDS = 4, PROFILES_MAX = 64 };
static const char seed[] = "certwhy reasons";

/* ---- keys: derived once, by kind and member ---- */

static struct private_key *keys[KEY_KINDS][MEMBERS];

static const struct private_key *key_of(enum key_spec spec, int member)
{
    const size_t kind = spec == KEY_SPEC_P256       ? 0
                        : spec == KEY_SPEC_ED25519  ? 1
                        : spec == KEY_SPEC_RSA_2048 ? 2
                                                    : 3;
    struct private_key **key = &keys[kind][member];
    char label[16] = {'k', (char)('a' + member), '\0'};
    if (*key == NULL)
        *key = private_key_derive(spec, bytes_str(seed), label);
    return *key;
}

void keys_free(void)
{
    for (size_t i = 0; i < KEY_KINDS; i++)
        for (size_t k = 0; k < MEMBERS; k++)
            private_key_free(keys[i][k]);
}

/* ---- a healthy chain ---- */

/** SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine. */
uint64_t scene_draw(struct scene *s, uint64_t below)
{
    uint64_t z = s->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % below;
}

int scene_root(const struct scene *s)
{
    return s->depth + 1;
}

static struct bytes ca_name(struct scene *s, const char *organization, const char *cn)
{
    const struct mint_attribute attributes[] = {
        {OID_COUNTRY, DER_PRINTABLE_STRING, bytes_str("ZZ")},
        {OID_ORGANIZATION, DER_UTF8_STRING, bytes_str(organization)},
        {OID_CN, DER_UTF8_STRING, bytes_str(cn)},
    };
    return mint_name(&s->arena, attributes, 3);
}

static void ca_fill(struct scene *s, int member, struct bytes name, int years_before, int years)
{
    s->spec[member] = (struct mint_spec){
        .subject = name,
        .not_before = s->at - 365 * TIME_DAY * years_before,
        .not_after = s->at + 365 * TIME_DAY * years,
        .ca = true,
        .key_usage = KU_KEY_CERT_SIGN | KU_CRL_SIGN,
    };
}

static void leaf_fill(struct scene *s)
{
    struct mint_general_name *names = arena_array(&s->arena, 2, sizeof *names);
    names[0] = (struct mint_general_name){GN_DNS, bytes_str(s->name)};
    names[1] = (struct mint_general_name){GN_DNS, bytes_str("shop.lab.test")};
    const struct mint_attribute cn = {OID_CN, DER_UTF8_STRING, bytes_str(s->name)};
    s->spec[LEAF] = (struct mint_spec){
        .subject = mint_name(&s->arena, &cn, 1),
        .not_before = s->at - TIME_DAY * (cw_time)(10 + scene_draw(s, 30)),
        .not_after = s->at + TIME_DAY * (cw_time)(60 + scene_draw(s, 30)),
        .key_usage = KU_DIGITAL_SIGNATURE,
        .eku = EKU_SERVER_AUTH | EKU_CLIENT_AUTH,
        .names = names,
        .name_count = 2,
    };
}

void scene_start(struct scene *s, uint64_t number)
{
    *s = (struct scene){.random = number * UINT64_C(0x5851f42d4c957f2d) + 1,
                        .name = "www.lab.test",
                        .replaced = NO_MEMBER,
                        .twice = NO_MEMBER,
                        .swap = -1,
                        .at = REASONS_AT};
    const unsigned tag = (unsigned)scene_draw(s, 1000);
    s->depth = 2 + (int)scene_draw(s, 2);
    s->family = arena_printf(&s->arena, "Reasons CA %u", tag);
    for (int m = ISSUER; m <= s->depth; m++)
        ca_fill(s, m, ca_name(s, s->family, arena_printf(&s->arena, "Issuing CA %d of %u", m, tag)),
                1 + m, 2 + m);
    ca_fill(s, scene_root(s), ca_name(s, s->family, arena_printf(&s->arena, "Root CA of %u", tag)),
            8, 12);
    ca_fill(s, UNRELATED, ca_name(s, "Unrelated", "Unrelated CA"), 2, 5);
    ca_fill(s, OLD_ROOT, ca_name(s, "Ancestors", "Ancestors Root CA"), 15, -1);
    ca_fill(s, STRANGER, ca_name(s, "Strangers", "Strangers Root CA"), 5, 9);
    leaf_fill(s);
    for (int m = LEAF; m <= s->depth; m++)
        s->sent[m] = true;
    s->trusted[scene_root(s)] = true;
    const bool aia = scene_draw(s, 2) == 1;
    for (int m = LEAF; aia && m <= s->depth; m++)
        s->spec[m].ca_issuers_url = arena_printf(&s->arena, "http://aia.lab.test/%d.cer", m + 1);
}

bool scene_take(struct scene *s, int member, unsigned fields)
{
    if (s->hidden[member] || (s->taken[member] & fields))
        return false;
    s->taken[member] |= fields;
    return true;
}

void scene_expect(struct scene *s, const struct kind *kind, int member, int or_member)
{
    s->plants[s->plant_count++] =
        (struct plant){.kind = kind, .rule = kind->rule, .member = member, .or_member = or_member};
}

void scene_free(struct scene *s)
{
    arena_free(&s->arena);
}

/* ---- minting ---- */

static int issuer_of(const struct scene *s, int member)
{
    if (member == LEAF && s->depth == 0)
        return LEAF;
    if (member == NAMESAKE)
        return s->replaced + 1;
    if (member == CROSS)
        return OLD_ROOT;
    return member > s->depth ? member : member + 1;
}

static enum key_spec key_spec_of(struct scene *s, int member)
{
    const bool edwards = scene_draw(s, 4) == 0;
    if (s->weak[member])
        return KEY_SPEC_RSA_1024;
    if (s->needs_rsa[member])
        return KEY_SPEC_RSA_2048;
    for (int m = 0; m < MEMBERS; m++)
        if (issuer_of(s, m) == member && s->digest[m] == DIGEST_SHA1)
            return KEY_SPEC_P256;
    return edwards ? KEY_SPEC_ED25519 : KEY_SPEC_P256;
}

static enum oid signature_of(const struct scene *s, int member, const enum key_spec *specs)
{
    const enum key_spec issuer = specs[issuer_of(s, member)];
    const bool rsa = issuer == KEY_SPEC_RSA_1024 || issuer == KEY_SPEC_RSA_2048;
    if (s->digest[member] == DIGEST_MD5)
        return OID_MD5_RSA;
    if (s->digest[member] == DIGEST_SHA1)
        return rsa ? OID_SHA1_RSA : OID_SHA1_ECDSA;
    return OID_UNKNOWN;
}

static void sent_arrange(struct scene *s)
{
    const int root = scene_root(s);
    s->order_count = 0;
    for (int m = LEAF; m <= root; m++) {
        if (m == s->replaced)
            s->order[s->order_count++] = NAMESAKE;
        else if (s->sent[m])
            s->order[s->order_count++] = m;
    }
    if (s->swap >= 0) {
        const int first = s->order[s->swap];
        s->order[s->swap] = s->order[s->swap + 1];
        s->order[s->swap + 1] = first;
    }
    if (s->sent[CROSS])
        s->order[s->order_count++] = CROSS;
    if (s->sent[UNRELATED])
        s->order[s->order_count++] = UNRELATED;
    if (s->twice != NO_MEMBER)
        s->order[s->order_count++] = s->twice;
    if (s->leaf_last) {
        memmove(s->order, s->order + 1, (s->order_count - 1) * sizeof *s->order);
        s->order[s->order_count - 1] = LEAF;
    }
}

void scene_mint(struct scene *s)
{
    enum key_spec specs[MEMBERS];
    for (int m = 0; m < MEMBERS; m++)
        specs[m] = key_spec_of(s, m);
    specs[CROSS] = specs[scene_root(s)];
    for (int m = 0; m < MEMBERS; m++)
        s->spec[m].key = key_of(specs[m], m == CROSS ? scene_root(s) : m);
    for (int m = 0; m < MEMBERS; m++) {
        if (s->spec[m].subject.p == NULL)
            continue;
        const int issuer = issuer_of(s, m);
        struct bytes name = s->spec[issuer].subject;
        s->spec[m].issuer = (struct mint_issuer){.name = name, .key = s->spec[issuer].key};
        s->spec[m].signature = signature_of(s, m, specs);
        s->der[m] = mint_certificate(&s->arena, bytes_str(seed), &s->spec[m]);
    }
    sent_arrange(s);
}

/* ---- judging ---- */

static struct store *store_of(const struct scene *s, const bool *members, const char *name,
                              enum origin_kind kind)
{
    struct store *store = store_new(name);
    for (int m = 0; m < MEMBERS; m++) {
        if (!members[m])
            continue;
        struct cert *cert = cert_parse(s->der[m]);
        store_add_cert(store, cert, (struct origin){.kind = kind, .where = name, .line = 1});
        cert_unref(cert);
    }
    return store;
}

static void observe_chain(struct stage *stage)
{
    const struct scene *s = stage->scene;
    struct observation *obs = &stage->checked.observation;
    struct bytes *raw = arena_array(&stage->arena, s->order_count, sizeof *raw);
    obs->sent = arena_array(&stage->arena, s->order_count, sizeof *obs->sent);
    obs->sent_count = s->order_count;
    for (size_t i = 0; i < s->order_count; i++) {
        raw[i] = s->der[s->order[i]];
        obs->sent[i] =
            (struct seen){.cert = cert_parse(raw[i]),
                          .origin = {.kind = ORIGIN_SENT, .where = "192.0.2.1:443", .position = i}};
    }
    stage->connection.handshake.certificates = raw;
    stage->connection.handshake.certificate_count = s->order_count;
}

static void observe_endpoint(struct stage *stage)
{
    const struct scene *s = stage->scene;
    stage->connection = (struct connection){
        .address = "192.0.2.1:443",
        .why = "",
        .handshake = {.result = HS_DONE,
                      .version = s->old_protocol ? "TLSv1" : "TLSv1.3",
                      .cipher = "TLS_AES_256_GCM_SHA384",
                      .group = "X25519",
                      .alert = -1,
                      .error = "",
                      .saw_server_hello = true,
                      .sni_acknowledged = true,
                      .key_proven = true,
                      .alpn = ""},
    };
    stage->checked.observation = (struct observation){
        .target = {.kind = TARGET_ENDPOINT,
                   .text = "192.0.2.1",
                   .host = "192.0.2.1",
                   .port = 443,
                   .scheme = "https",
                   .path = "",
                   .connect = "",
                   .name = "",
                   .sni = s->name},
        .at = s->at,
        .resolve_why = "",
        .observed_by = "test",
        .connections = &stage->connection,
        .connection_count = 1,
        .clients = "",
        .ca_path = "",
        .key_file = s->key_mismatch ? "server.key" : "",
        .pairing = s->key_mismatch ? KEY_PAIRS_NONE : KEY_NOT_GIVEN,
        .probe_sni = "",
    };
    struct error err = {0};
    target_set_name(&stage->checked.observation.target, s->name, &stage->arena, &err);
}

void stage_run(struct stage *stage, struct scene *scene, struct sig_memo *memo, bool repaired)
{
    *stage = (struct stage){.scene = scene};
    struct checked *checked = &stage->checked;
    struct target_report *t = &checked->report;
    observe_endpoint(stage);
    observe_chain(stage);
    checked->distinct = arena_array(&stage->arena, 1, sizeof *checked->distinct);
    checked->distinct[0] = store_of(scene, scene->trusted, "store", ORIGIN_STORE);
    checked->distinct_count = 1;
    stage->identity =
        (struct store_identity){.name = "store", .count = store_count(checked->distinct[0])};
    checked->observation.stores = &stage->identity;
    checked->observation.store_count = 1;
    bool pool = false;
    for (int m = 0; m < MEMBERS; m++)
        pool |= scene->pooled[m];
    if (pool)
        checked->pool = store_of(scene, scene->pooled, "--pool", ORIGIN_POOL);
    size_t count;
    const struct profile *const *profiles = profile_table(&count);
    checked->stores = arena_array(&stage->arena, count, sizeof *checked->stores);
    for (size_t i = 0; i < count; i++)
        checked->stores[i] = checked->distinct[0];
    t->input = (struct judge_input){.observation = &checked->observation,
                                    .profiles = profiles,
                                    .stores = checked->stores,
                                    .profile_count = count,
                                    .pool = checked->pool,
                                    .public_store = true,
                                    .is_public_root = cert_is_public_root,
                                    .at = scene->at,
                                    .memo = memo};
    judge(&t->input, &stage->arena, &t->verdict);
    explain(&t->input, &t->verdict, &stage->arena, &t->findings);
    if (repaired)
        repair(&t->input, &t->verdict, &t->findings, &stage->arena, &t->plan);
}

void stage_json(struct stage *stage, struct buf *out)
{
    struct cw_options options = {.fail_on = SEVERITY_ERROR, .at = TIME_NONE};
    struct render_options how = {.width = 100};
    stage->checked.selected = arena_array(&stage->arena, stage->checked.report.verdict.client_count,
                                          sizeof *stage->checked.selected);
    outcome_decide(&options, &stage->checked);
    struct target_report *one[] = {&stage->checked.report};
    const struct report report = {.targets = one, .count = 1};
    renderer_find("json")->render(&report, &how, out);
}

bool stage_case(struct stage *stage, struct buf *out)
{
    struct checked *one[] = {&stage->checked};
    const struct cw_report report = {.checked = one};
    struct error err = {0};
    return report_case(&report, 0, out, &err) == CW_OK;
}

void stage_free(struct stage *stage)
{
    observation_free(&stage->checked.observation);
    stores_drop(&stage->checked);
    arena_free(&stage->arena);
}
