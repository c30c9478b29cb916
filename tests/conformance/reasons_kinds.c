/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of fault: how each is planted, and which two cannot stand together. Those that decide
 * what is sent, trusted and seen come first in the table, so that the others find a place. */
#include <fnmatch.h>
#include <string.h>

#include "reasons.h"

enum { TRIES = 40 };

/** An intermediate from `least` on whose fields are free and that somebody sees; NO_MEMBER none. */
static int intermediate_take(struct scene *s, int least, unsigned fields)
{
    if (s->depth < least)
        return NO_MEMBER;
    for (int i = 0; i < TRIES; i++) {
        const int m = least + (int)scene_draw(s, (uint64_t)(s->depth - least + 1));
        if (m != s->replaced && scene_take(s, m, fields))
            return m;
    }
    return NO_MEMBER;
}

static bool on_leaf(struct scene *s, const struct kind *kind, unsigned fields)
{
    if (!scene_take(s, LEAF, fields))
        return false;
    scene_expect(s, kind, LEAF, LEAF);
    return true;
}

static int on_intermediate(struct scene *s, const struct kind *kind, int least, unsigned fields)
{
    const int m = intermediate_take(s, least, fields);
    if (m != NO_MEMBER)
        scene_expect(s, kind, m, m);
    return m;
}

static int on_root(struct scene *s, const struct kind *kind, unsigned fields)
{
    const int root = scene_root(s);
    if (s->depth == 0 || !scene_take(s, root, fields))
        return NO_MEMBER;
    scene_expect(s, kind, root, root);
    return root;
}

/* ---- who is trusted ---- */

static bool self_signed(struct scene *s, const struct kind *kind)
{
    for (int m = ISSUER; m <= scene_root(s); m++)
        s->sent[m] = s->trusted[m] = false;
    s->depth = 0;
    s->hidden[scene_root(s)] = true;
    s->trusted[STRANGER] = true;
    s->trusted[ISSUER] = false;
    s->spec[ISSUER] = (struct mint_spec){0};
    return on_leaf(s, kind, SEAL | DIGEST | KEY_IDS | BASIC);
}

static bool self_signed_ca(struct scene *s, const struct kind *kind)
{
    s->spec[LEAF].ca = true;
    s->spec[LEAF].key_usage |= KU_KEY_CERT_SIGN;
    return self_signed(s, kind);
}

static bool untrust_root(struct scene *s)
{
    const int root = scene_root(s);
    if (s->depth == 0 || s->hidden[root] || !scene_take(s, root, PLACE))
        return false;
    s->trusted[root] = false;
    s->trusted[STRANGER] = true;
    return true;
}

static bool private_sent(struct scene *s, const struct kind *kind)
{
    const int root = scene_root(s);
    if (!untrust_root(s))
        return false;
    s->sent[root] = true;
    scene_expect(s, kind, root, root);
    return true;
}

static bool private_not_sent(struct scene *s, const struct kind *kind)
{
    const int top = s->depth;
    if (s->depth == 0 || !scene_take(s, top, SEAL) || !untrust_root(s))
        return false;
    s->hidden[scene_root(s)] = true;
    scene_expect(s, kind, top, top);
    return true;
}

static bool private_known(struct scene *s, const struct kind *kind)
{
    const int root = scene_root(s);
    if (!untrust_root(s))
        return false;
    s->pooled[root] = true;
    scene_expect(s, kind, root, root);
    return true;
}

static bool store_outdated(struct scene *s, const struct kind *kind)
{
    const struct mint_attribute sister[] = {
        {OID_ORGANIZATION, DER_UTF8_STRING, bytes_str(s->family)},
        {OID_CN, DER_UTF8_STRING, bytes_str("An older root")},
    };
    s->spec[STRANGER].subject = mint_name(&s->arena, sister, 2);
    return private_sent(s, kind);
}

static bool interception(struct scene *s, const struct kind *kind)
{
    const struct mint_attribute proxy[] = {
        {OID_ORGANIZATION, DER_UTF8_STRING, bytes_str("Zscaler Inc.")},
        {OID_CN, DER_UTF8_STRING, bytes_str("Zscaler Root CA")},
    };
    s->spec[scene_root(s)].subject = mint_name(&s->arena, proxy, 2);
    return private_sent(s, kind);
}

static bool wrong_root(struct scene *s, const struct kind *kind)
{
    const int top = s->depth, root = scene_root(s);
    const bool shown = scene_draw(s, 2) == 1;
    if (s->depth == 0 || (!shown && !scene_take(s, top, SEAL | KEY_IDS)) || !untrust_root(s))
        return false;
    s->spec[STRANGER].subject = s->spec[root].subject;
    s->sent[root] = shown;
    s->hidden[root] = !shown;
    scene_expect(s, kind, top, root);
    return true;
}

/* ---- what is sent ---- */

static bool missing_known(struct scene *s, const struct kind *kind)
{
    const int m = intermediate_take(s, ISSUER, PLACE);
    if (m == NO_MEMBER)
        return false;
    s->sent[m] = false;
    s->pooled[m] = true;
    scene_expect(s, kind, m - 1 == s->replaced && s->hidden[m - 1] ? NAMESAKE : m - 1, m - 1);
    return true;
}

/** The highest ones are missing, and nobody here has them: what is above the gap stays dark. */
static bool missing_unknown(struct scene *s, const struct kind *kind)
{
    if (s->depth == 0)
        return false;
    const int m = ISSUER + (int)scene_draw(s, (uint64_t)s->depth);
    if (m == ISSUER && (s->taken[LEAF] & DATES))
        return false; /* one certificate alone says nothing about the clock */
    for (int above = m; above <= scene_root(s); above++)
        if (s->taken[above] & ~(unsigned)DATES) /* all of them have, under a wrong clock */
            return false;
    if (!scene_take(s, m - 1, SEAL))
        return false;
    for (int above = m; above <= scene_root(s); above++) {
        s->hidden[above] = true;
        s->sent[above] = false;
    }
    scene_expect(s, kind, m - 1, m - 1);
    return true;
}

static bool wrong_intermediate(struct scene *s, const struct kind *kind)
{
    const bool known = scene_draw(s, 2) == 1;
    const int m = intermediate_take(s, ISSUER, PLACE);
    if (m == NO_MEMBER || !s->sent[m] || (s->taken[m] & ~(unsigned)(PLACE | DATES)) != 0 ||
        (!known && !scene_take(s, m - 1, SEAL | KEY_IDS)))
        return false;
    s->replaced = m;
    s->sent[m] = false;
    s->pooled[m] = known;
    s->hidden[m] = !known;
    s->spec[NAMESAKE] = s->spec[m];
    if (scene_draw(s, 3) == 0 &&
        !(s->taken[m] & DATES)) /* the one from before the keys were changed */
        s->spec[NAMESAKE].not_after = s->at - TIME_DAY;
    for (size_t i = 0; i < s->plant_count && !known; i++)
        if (s->plants[i].member == m)
            s->plants[i].member = NAMESAKE;
    scene_expect(s, kind, m - 1, m - 1);
    return true;
}

static bool root_sent(struct scene *s, const struct kind *kind)
{
    if (on_root(s, kind, PLACE) == NO_MEMBER)
        return false;
    s->sent[scene_root(s)] = true;
    return true;
}

static bool cross_sign(struct scene *s, const struct kind *kind)
{
    const int root = scene_root(s);
    if (s->depth == 0 || s->hidden[root])
        return false;
    s->spec[CROSS] = s->spec[root];
    s->spec[CROSS].not_before = s->at - 3000 * TIME_DAY;
    s->spec[CROSS].not_after = s->at - 100 * TIME_DAY;
    s->sent[CROSS] = true;
    scene_expect(s, kind, CROSS, CROSS);
    return true;
}

static bool unrelated(struct scene *s, const struct kind *kind)
{
    s->sent[UNRELATED] = true;
    scene_expect(s, kind, UNRELATED, UNRELATED);
    return true;
}

static bool duplicate(struct scene *s, const struct kind *kind)
{
    for (int i = 0; i < TRIES; i++) {
        const int m = (int)scene_draw(s, (uint64_t)s->depth + 1);
        if (!s->sent[m])
            continue;
        s->twice = m;
        scene_expect(s, kind, m, m);
        return true;
    }
    return false;
}

/** Two neighbours of the path change places, neither of them the leaf or a namesake. */
static bool wrong_order(struct scene *s, const struct kind *kind)
{
    int place = 0, places[MEMBERS], members[MEMBERS], count = 0;
    for (int m = LEAF; m <= scene_root(s); m++) {
        if (m == s->replaced)
            place++;
        if (!s->sent[m])
            continue;
        places[count] = place++;
        members[count++] = m;
    }
    for (int i = 0; i < TRIES && count > 2; i++) {
        const int at = 1 + (int)scene_draw(s, (uint64_t)count - 2);
        if (places[at] + 1 != places[at + 1])
            continue;
        s->swap = places[at];
        scene_expect(s, kind, members[at], members[at + 1]);
        return true;
    }
    return false;
}

static bool leaf_last(struct scene *s, const struct kind *kind)
{
    bool others = s->replaced != NO_MEMBER || s->sent[UNRELATED] || s->sent[CROSS];
    for (int m = ISSUER; m <= scene_root(s); m++)
        others |= s->sent[m];
    if (!others || s->depth == 0)
        return false;
    s->leaf_last = true;
    scene_expect(s, kind, LEAF, LEAF);
    return true;
}

/* ---- names ---- */

static void san_set(struct scene *s, const char *text)
{
    struct mint_general_name *name = arena_alloc(&s->arena, sizeof *name);
    *name = (struct mint_general_name){GN_DNS, bytes_str(text)};
    s->spec[LEAF].names = name;
    s->spec[LEAF].name_count = 1;
}

static bool name_mismatch(struct scene *s, const struct kind *kind)
{
    s->name = "intranet.lab.test";
    return on_leaf(s, kind, NAMES);
}

static bool name_cn_only(struct scene *s, const struct kind *kind)
{
    s->spec[LEAF].name_count = 0;
    return on_leaf(s, kind, NAMES);
}

static bool name_no_san(struct scene *s, const struct kind *kind)
{
    const struct mint_attribute o = {OID_ORGANIZATION, DER_UTF8_STRING, bytes_str("Somebody")};
    s->spec[LEAF].subject = mint_name(&s->arena, &o, 1);
    s->spec[LEAF].name_count = 0;
    return on_leaf(s, kind, NAMES);
}

static bool name_ip(struct scene *s, const struct kind *kind)
{
    s->name = "192.0.2.1";
    return on_leaf(s, kind, NAMES);
}

static bool name_wildcard_depth(struct scene *s, const struct kind *kind)
{
    san_set(s, "*.lab.test");
    s->name = "a.www.lab.test";
    return on_leaf(s, kind, NAMES);
}

static bool name_wildcard_partial(struct scene *s, const struct kind *kind)
{
    san_set(s, "w*w.lab.test");
    return on_leaf(s, kind, NAMES);
}

/* ---- dates ---- */

static bool clock_behind(struct scene *s, const struct kind *kind)
{
    for (int m = LEAF; m <= scene_root(s); m++)
        s->taken[m] |= DATES;
    s->at -= 20 * 365 * TIME_DAY;
    scene_expect(s, kind, NO_MEMBER, NO_MEMBER);
    return true;
}

static bool clock_ahead(struct scene *s, const struct kind *kind)
{
    clock_behind(s, kind);
    s->at += 40 * 365 * TIME_DAY;
    return true;
}

static void expire(struct scene *s, int member)
{
    s->spec[member].not_after = s->at - TIME_DAY * (cw_time)(1 + scene_draw(s, 9));
    if (s->spec[member].not_before > s->spec[member].not_after)
        s->spec[member].not_before = s->spec[member].not_after - TIME_DAY;
}

static void postpone(struct scene *s, int member)
{
    s->spec[member].not_before = s->at + TIME_DAY * (cw_time)(1 + scene_draw(s, 30));
}

static bool expired_leaf(struct scene *s, const struct kind *kind)
{
    expire(s, LEAF);
    return on_leaf(s, kind, DATES);
}

static bool expired_intermediate(struct scene *s, const struct kind *kind)
{
    const int m = on_intermediate(s, kind, ISSUER, DATES);
    if (m != NO_MEMBER)
        expire(s, m);
    return m != NO_MEMBER;
}

static bool expired_root(struct scene *s, const struct kind *kind)
{
    const int m = on_root(s, kind, DATES);
    if (m != NO_MEMBER)
        expire(s, m);
    return m != NO_MEMBER;
}

static bool early_leaf(struct scene *s, const struct kind *kind)
{
    postpone(s, LEAF);
    return on_leaf(s, kind, DATES);
}

static bool early_intermediate(struct scene *s, const struct kind *kind)
{
    const int m = on_intermediate(s, kind, ISSUER, DATES);
    if (m != NO_MEMBER)
        postpone(s, m);
    return m != NO_MEMBER;
}

/* ---- signatures and keys ---- */

static bool flipped_leaf(struct scene *s, const struct kind *kind)
{
    s->spec[LEAF].faults |= MINT_FLIP_SIGNATURE;
    return on_leaf(s, kind, SEAL | KEY_IDS);
}

static bool tampered_leaf(struct scene *s, const struct kind *kind)
{
    s->spec[LEAF].faults |= MINT_TAMPER_TBS;
    return on_leaf(s, kind, SEAL | KEY_IDS | NAMES);
}

static bool flipped_intermediate(struct scene *s, const struct kind *kind)
{
    const int m = on_intermediate(s, kind, ISSUER, SEAL | KEY_IDS);
    if (m != NO_MEMBER)
        s->spec[m].faults |= MINT_FLIP_SIGNATURE;
    return m != NO_MEMBER;
}

static bool sha1_leaf(struct scene *s, const struct kind *kind)
{
    s->digest[LEAF] = DIGEST_SHA1;
    return on_leaf(s, kind, DIGEST);
}

static bool sha1_intermediate(struct scene *s, const struct kind *kind)
{
    const int m = on_intermediate(s, kind, ISSUER, DIGEST);
    if (m != NO_MEMBER)
        s->digest[m] = DIGEST_SHA1;
    return m != NO_MEMBER;
}

static bool md5_leaf(struct scene *s, const struct kind *kind)
{
    s->digest[LEAF] = DIGEST_MD5;
    s->needs_rsa[ISSUER] = true;
    return on_leaf(s, kind, DIGEST);
}

static bool md5_intermediate(struct scene *s, const struct kind *kind)
{
    const int m = on_intermediate(s, kind, ISSUER, DIGEST);
    if (m == NO_MEMBER)
        return false;
    s->digest[m] = DIGEST_MD5;
    s->needs_rsa[m + 1] = true;
    return true;
}

static bool weak_leaf(struct scene *s, const struct kind *kind)
{
    s->weak[LEAF] = true;
    return on_leaf(s, kind, KEY);
}

static bool weak_intermediate(struct scene *s, const struct kind *kind)
{
    const int m = on_intermediate(s, kind, ISSUER, KEY);
    if (m != NO_MEMBER)
        s->weak[m] = true;
    return m != NO_MEMBER;
}

static bool weak_root(struct scene *s, const struct kind *kind)
{
    const int m = on_root(s, kind, KEY);
    if (m != NO_MEMBER)
        s->weak[m] = true;
    return m != NO_MEMBER;
}

static bool wrong_key_id(struct scene *s, const struct kind *kind)
{
    const bool leaf = scene_draw(s, 2) == 0;
    const int m = leaf ? LEAF : intermediate_take(s, ISSUER, SEAL | KEY_IDS);
    if (m == NO_MEMBER || (leaf && !scene_take(s, LEAF, SEAL | KEY_IDS)))
        return false;
    if (s->hidden[m + 1] || (s->spec[m + 1].faults & MINT_VERSION_1))
        return false; /* no key identifier to differ from */
    s->spec[m].faults |= MINT_WRONG_AUTHORITY_ID;
    scene_expect(s, kind, m, m);
    return true;
}

/* ---- usage ---- */

static bool eku_leaf(struct scene *s, const struct kind *kind)
{
    s->spec[LEAF].eku = EKU_CLIENT_AUTH;
    return on_leaf(s, kind, EKU);
}

static bool eku_intermediate(struct scene *s, const struct kind *kind)
{
    const int m = on_intermediate(s, kind, ISSUER, EKU);
    if (m != NO_MEMBER)
        s->spec[m].eku = EKU_CLIENT_AUTH;
    return m != NO_MEMBER;
}

static bool usage_leaf(struct scene *s, const struct kind *kind)
{
    s->spec[LEAF].key_usage = KU_NON_REPUDIATION;
    return on_leaf(s, kind, USAGE);
}

static bool usage_intermediate(struct scene *s, const struct kind *kind)
{
    const int m = on_intermediate(s, kind, ISSUER, USAGE);
    if (m != NO_MEMBER)
        s->spec[m].key_usage = KU_CRL_SIGN;
    return m != NO_MEMBER;
}

static bool not_a_ca(struct scene *s, const struct kind *kind)
{
    const int m = on_intermediate(s, kind, ISSUER, BASIC | LENGTH | USAGE);
    if (m == NO_MEMBER)
        return false;
    s->spec[m].ca = false;
    if (scene_draw(s, 2) == 1)
        s->spec[m].faults |= MINT_NO_BASIC_CONSTRAINTS;
    return true;
}

static bool version_1(struct scene *s, const struct kind *kind)
{
    const int m = on_intermediate(s, kind, ISSUER, EXTENSIONS);
    if (m == NO_MEMBER)
        return false;
    s->spec[m].ca = false;
    s->spec[m].faults |= MINT_VERSION_1;
    return true;
}

static bool path_length(struct scene *s, const struct kind *kind)
{
    const int m = on_intermediate(s, kind, ISSUER + 1, LENGTH);
    if (m == NO_MEMBER)
        return false;
    s->spec[m].limit_path = true;
    s->spec[m].path_length = (int)scene_draw(s, (uint64_t)m - 1);
    return true;
}

static int constrain(struct scene *s, const struct kind *kind, const char *tree, bool excluded)
{
    const int m = intermediate_take(s, ISSUER, SUBTREES);
    if (m == NO_MEMBER)
        return m;
    struct mint_general_name *base = arena_alloc(&s->arena, sizeof *base);
    *base = (struct mint_general_name){GN_DNS, bytes_str(tree)};
    s->spec[m].permitted = s->spec[m].excluded = base;
    s->spec[m].permitted_count = excluded ? 0 : 1;
    s->spec[m].excluded_count = excluded ? 1 : 0;
    scene_expect(s, kind, LEAF, LEAF);
    return m;
}

static bool not_permitted(struct scene *s, const struct kind *kind)
{
    return constrain(s, kind, "corp.example", false) != NO_MEMBER;
}

static bool excluded(struct scene *s, const struct kind *kind)
{
    return constrain(s, kind, "lab.test", true) != NO_MEMBER;
}

static bool critical_leaf(struct scene *s, const struct kind *kind)
{
    s->spec[LEAF].faults |= MINT_UNKNOWN_CRITICAL;
    return on_leaf(s, kind, CRITICAL);
}

static bool critical_intermediate(struct scene *s, const struct kind *kind)
{
    const int m = on_intermediate(s, kind, ISSUER, CRITICAL);
    if (m != NO_MEMBER)
        s->spec[m].faults |= MINT_UNKNOWN_CRITICAL;
    return m != NO_MEMBER;
}

/* ---- the server ---- */

static bool key_mismatch(struct scene *s, const struct kind *kind)
{
    s->key_mismatch = true;
    scene_expect(s, kind, LEAF, LEAF);
    return true;
}

static bool old_protocol(struct scene *s, const struct kind *kind)
{
    s->old_protocol = true;
    scene_expect(s, kind, NO_MEMBER, NO_MEMBER);
    return true;
}

const struct kind kinds[] = {
    {"self-signed", "trust.self-signed", false, self_signed},
    {"self-signed-ca", "trust.self-signed-ca-as-leaf", false, self_signed_ca},
    {"private-root-sent", "trust.private-ca", false, private_sent},
    {"private-root-not-sent", "trust.private-ca", false, private_not_sent},
    {"private-root-known", "trust.private-ca", false, private_known},
    {"interception", "trust.interception", false, interception},
    {"store-outdated", "trust.store-outdated", false, store_outdated},
    {"wrong-root", "trust.wrong-root-same-name", false, wrong_root},
    {"clock-behind", "validity.clock-wrong", false, clock_behind},
    {"clock-ahead", "validity.clock-wrong", false, clock_ahead},
    {"wrong-intermediate", "chain.wrong-intermediate", false, wrong_intermediate},
    {"missing-unknown", "chain.missing-intermediate", false, missing_unknown},
    {"missing-known", "chain.missing-intermediate", false, missing_known},
    {"root-sent", "chain.root-sent", true, root_sent},
    {"cross-sign-expired", "chain.cross-sign-expired", true, cross_sign},
    {"unrelated", "chain.unrelated", true, unrelated},
    {"duplicate", "chain.duplicate", true, duplicate},
    {"wrong-order", "chain.wrong-order", true, wrong_order},
    {"leaf-not-first", "chain.wrong-order", false, leaf_last},
    {"version-1-intermediate", "usage.not-a-ca", false, version_1},
    {"not-a-ca-intermediate", "usage.not-a-ca", false, not_a_ca},
    {"path-length-intermediate", "usage.path-length", false, path_length},
    {"not-permitted-intermediate", "usage.name-constraint", false, not_permitted},
    {"excluded-intermediate", "usage.name-constraint", false, excluded},
    {"name-mismatch", "name.mismatch", false, name_mismatch},
    {"name-cn-only", "name.cn-only", false, name_cn_only},
    {"name-no-san", "name.no-san", false, name_no_san},
    {"name-ip", "name.ip-not-in-san", false, name_ip},
    {"name-wildcard-depth", "name.wildcard-depth", false, name_wildcard_depth},
    {"name-wildcard-partial", "name.wildcard-partial", false, name_wildcard_partial},
    {"expired-leaf", "validity.expired", false, expired_leaf},
    {"early-leaf", "validity.not-yet-valid", false, early_leaf},
    {"expired-intermediate", "validity.intermediate-expired", false, expired_intermediate},
    {"early-intermediate", "validity.not-yet-valid", false, early_intermediate},
    {"expired-root", "validity.root-expired", false, expired_root},
    {"flipped-leaf", "signature.bad", false, flipped_leaf},
    {"tampered-leaf", "signature.bad", false, tampered_leaf},
    {"flipped-intermediate", "signature.bad", false, flipped_intermediate},
    {"wrong-key-id", "chain.issuer-mismatch", false, wrong_key_id},
    {"sha1-leaf", "signature.weak-digest", false, sha1_leaf},
    {"md5-leaf", "signature.weak-digest", false, md5_leaf},
    {"sha1-intermediate", "signature.weak-digest", false, sha1_intermediate},
    {"md5-intermediate", "signature.weak-digest", false, md5_intermediate},
    {"weak-key-leaf", "signature.weak-key", false, weak_leaf},
    {"weak-key-intermediate", "signature.weak-key", false, weak_intermediate},
    {"weak-key-root", "signature.weak-key", false, weak_root},
    {"eku-leaf", "usage.eku-missing", false, eku_leaf},
    {"eku-intermediate", "usage.eku-missing", false, eku_intermediate},
    {"key-usage-leaf", "usage.key-usage", false, usage_leaf},
    {"key-usage-intermediate", "usage.key-usage", false, usage_intermediate},
    {"critical-leaf", "usage.critical-extension", false, critical_leaf},
    {"critical-intermediate", "usage.critical-extension", false, critical_intermediate},
    {"key-mismatch", "file.key-mismatch", false, key_mismatch},
    {"old-protocol", "server.old-protocol", false, old_protocol},
};
const size_t kind_count = sizeof kinds / sizeof kinds[0];

/* ---- what cannot stand together ---- */

/* Patterns as of a shell, matched in both orders. */
static const struct {
    const char *a, *b, *reason;
} exclusions[] = {
    /* the same field of the same certificate */
    {"name-*", "name-*", "one certificate stands in one relation to one name"},
    {"expired-leaf", "early-leaf", "one pair of dates"},
    {"clock-*", "clock-*", "one clock"},
    {"clock-*", "expired-*", "under a wrong clock every date is wrong"},
    {"clock-*", "early-*", "under a wrong clock every date is wrong"},
    {"flipped-leaf", "tampered-leaf", "one signature, bad either way"},
    {"tampered-leaf", "name-*", "the subject is what is tampered with"},
    {"sha1-leaf", "md5-leaf", "one digest"},
    {"wrong-order", "leaf-not-first", "one order"},
    {"missing-known", "missing-unknown", "both say the same of different places"},
    /* one root, trusted or not in one way */
    {"self-signed*", "self-signed*", "one certificate, a CA or not"},
    {"private-root-*", "private-root-*", "one root"},
    {"private-root-*", "interception", "one root"},
    {"private-root-*", "store-outdated", "one root"},
    {"private-root-*", "wrong-root", "one root"},
    {"interception", "store-outdated", "one root"},
    {"interception", "wrong-root", "one root"},
    {"store-outdated", "wrong-root", "one root"},
    {"root-sent", "private-root-*",
     "that a private root is sent is no fault: it lets people see it"},
    {"root-sent", "interception", "that a private root is sent is no fault: it lets people see it"},
    {"root-sent", "store-outdated", "that an unknown root is sent is no fault"},
    {"root-sent", "wrong-root", "that an unknown root is sent is no fault"},
    /* a self-signed certificate stands alone */
    {"self-signed*", "*-intermediate", "it has no intermediate"},
    {"self-signed*", "*-root", "its root is itself"},
    {"self-signed*", "private-root-*", "its root is itself"},
    {"self-signed*", "interception", "its root is itself"},
    {"self-signed*", "store-outdated", "its root is itself"},
    {"self-signed*", "root-sent", "its root is itself"},
    {"self-signed*", "missing-*", "no intermediate is missing"},
    {"self-signed*", "cross-sign-expired", "it has no root to cross-sign"},
    {"self-signed*", "wrong-order", "one certificate has no order"},
    {"self-signed*", "leaf-not-first", "which certificate was meant follows from the chain alone"},
    {"self-signed*", "clock-*", "one certificate says nothing about the clock"},
    {"self-signed*", "wrong-key-id", "it has no other issuer"},
    {"self-signed*", "flipped-leaf", "nobody relies on what it says of itself"},
    {"self-signed*", "tampered-leaf", "nobody relies on what it says of itself"},
    {"self-signed*", "sha1-leaf", "nobody relies on what it says of itself"},
    {"self-signed*", "md5-leaf", "nobody relies on what it says of itself"},
    /* what nobody can see */
    {"missing-unknown", "*-root*", "nobody sees beyond the gap"},
    {"missing-unknown", "root-sent", "a root that nothing leads to is a stray certificate"},
    {"missing-unknown", "interception", "nobody sees beyond the gap"},
    {"missing-unknown", "store-outdated", "nobody sees beyond the gap"},
    {"missing-unknown", "cross-sign-expired", "nobody sees beyond the gap"},
    {"*permitted*", "name-no-san", "a certificate without a name violates no constraint on names"},
    {"excluded*", "name-no-san", "a certificate without a name violates no constraint on names"},
    {"missing-unknown", "clock-ahead", "an expired chain without a trusted root may just be old"},
    {"interception", "clock-ahead", "an expired chain without a trusted root may just be old"},
    {"store-outdated", "clock-ahead", "an expired chain without a trusted root may just be old"},
    {"wrong-root", "clock-ahead", "an expired chain without a trusted root may just be old"},
    {"private-root-not-sent", "*-root", "nobody sees the root"},
    {"private-root-not-sent", "cross-sign-expired", "then the cross-sign is the path"},
    {"private-root-*", "clock-ahead", "an expired chain without a trusted root may just be old"},
};

static bool both_match(const char *a, const char *b, const char *x, const char *y)
{
    return fnmatch(a, x, 0) == 0 && fnmatch(b, y, 0) == 0;
}

const char *kinds_exclude(const struct kind *x, const struct kind *y)
{
    for (size_t i = 0; i < sizeof exclusions / sizeof exclusions[0]; i++)
        if (both_match(exclusions[i].a, exclusions[i].b, x->name, y->name) ||
            both_match(exclusions[i].a, exclusions[i].b, y->name, x->name))
            return exclusions[i].reason;
    return NULL;
}
