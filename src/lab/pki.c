/* SPDX-License-Identifier: Apache-2.0 */
/* Turns a scenario's plan into certificates: place by place, what the plan does not change is
 * healthy. */
#include <string.h>

#include "pki.h"

enum { MAX_NAMES = 300 };

/* ---- keys: derived once per process, by kind and label ---- */

struct lab_key {
    const char *label;
    enum key_spec spec;
    struct private_key *key;
};

static const struct private_key *lab_key(struct lab *lab, enum plan_key kind, const char *label)
{
    static const enum key_spec specs[] = {
        [PLAN_P256] = KEY_SPEC_P256,         [PLAN_P384] = KEY_SPEC_P384,
        [PLAN_P521] = KEY_SPEC_P521,         [PLAN_RSA_2048] = KEY_SPEC_RSA_2048,
        [PLAN_RSA_1024] = KEY_SPEC_RSA_1024, [PLAN_ED25519] = KEY_SPEC_ED25519};
    for (size_t i = 0; i < lab->key_count; i++)
        if (lab->keys[i].spec == specs[kind] && strcmp(lab->keys[i].label, label) == 0)
            return lab->keys[i].key;
    lab->keys =
        arena_grow(&lab->arena, lab->keys, lab->key_count, &lab->key_cap, sizeof lab->keys[0]);
    struct lab_key *key = &lab->keys[lab->key_count++];
    *key = (struct lab_key){.label = arena_strdup(&lab->arena, label),
                            .spec = specs[kind],
                            .key = private_key_derive(specs[kind], lab->seed, label)};
    return key->key;
}

void lab_free(struct lab *lab)
{
    for (size_t i = 0; i < lab->key_count; i++)
        private_key_free(lab->keys[i].key);
    arena_free(&lab->arena);
    *lab = (struct lab){0};
}

/* ---- places: what a healthy certificate is, per letter ---- */

struct place {
    char member;
    const char *key_label;
    const char *names[2]; /* common name, per family; NULL: the leaf's host name */
    int from_days, to_days;
    bool ca;
};
enum { YEAR = 365 };

static const struct place places[] = {
    {'L', "leaf", {NULL, NULL}, -10, 80, false},
    {'M', "second leaf", {NULL, NULL}, -10, 80, false},
    {'1',
     "ca 1",
     {"Certwhy Lab Issuing CA R1", "Example Corp Issuing CA 1"},
     -2 * YEAR,
     5 * YEAR,
     true},
    {'2',
     "ca 2",
     {"Certwhy Lab Policy CA P2", "Example Corp Policy CA 2"},
     -3 * YEAR,
     7 * YEAR,
     true},
    {'3',
     "ca 3",
     {"Certwhy Lab Bridge CA B3", "Example Corp Division CA 3"},
     -4 * YEAR,
     8 * YEAR,
     true},
    {'R', "root", {"Certwhy Lab Root X1", "Example Corp Root CA"}, -8 * YEAR, 17 * YEAR, true},
    {'O',
     "old root",
     {"Certwhy Lab Root X0", "Example Corp Old Root CA"},
     -12 * YEAR,
     8 * YEAR,
     true},
    {'W',
     "other ca 1",
     {"Certwhy Lab Issuing CA R1", "Example Corp Issuing CA 1"},
     -2 * YEAR,
     5 * YEAR,
     true},
    {'Q',
     "other root",
     {"Certwhy Lab Root X1", "Example Corp Root CA"},
     -8 * YEAR,
     17 * YEAR,
     true},
    {'U',
     "unrelated ca",
     {"Unrelated Issuing CA", "Unrelated Issuing CA"},
     -2 * YEAR,
     5 * YEAR,
     true},
    {'C',
     "crl issuer",
     {"Certwhy Lab CRL Issuer C1", "Example Corp CRL Issuer"},
     -YEAR,
     5 * YEAR,
     true},
    {'D', "ocsp responder", {NULL, NULL}, -10, 80, false},
    {'V', "unrelated root", {"Unrelated Root CA", "Unrelated Root CA"}, -8 * YEAR, 17 * YEAR, true},
};
static const char *const organizations[] = {"Certwhy Lab", "Example Corp (certwhy lab)"};
static const char default_host[] = "www.lab.test";
static const struct cert_plan no_change;
/* RFC 6960 section 4.2.2.2: who answers for the CA has its own certificate, for that alone. */
static const struct cert_plan responder = {.common_name = "Certwhy Lab OCSP Responder",
                                           .eku = EKU_OCSP_SIGNING,
                                           .aia = {.form = ISSUER_ABSENT},
                                           .changes = PLAN_NO_SAN};
static const struct cert_plan responder_unfit = {.common_name = "Certwhy Lab OCSP Responder",
                                                 .eku = EKU_CLIENT_AUTH,
                                                 .aia = {.form = ISSUER_ABSENT},
                                                 .changes = PLAN_NO_SAN};

static const struct place *place_of(char member)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (places[i].member == member)
            return &places[i];
    return NULL;
}

int pki_depth(const struct pki_plan *plan)
{
    if (plan->intermediates == DIRECT)
        return 0;
    return plan->intermediates > 0 ? plan->intermediates : 1;
}

const struct cert_plan *pki_cert_plan(const struct pki_plan *plan, char member)
{
    switch (member) {
    case 'L':
        return &plan->leaf;
    case 'M':
        return &plan->second_leaf;
    case '1':
    case '2':
    case '3':
        return &plan->ca[member - '1'];
    case 'R':
        return &plan->root;
    case 'O':
        return &plan->old_root;
    case 'X':
        return &plan->cross;
    case 'D':
        return plan->leaf.status.signer == SIGNER_DELEGATED_UNFIT ? &responder_unfit : &responder;
    default:
        return &no_change;
    }
}

/* Whose certificate this is: a cross-sign carries the name and key of what it stands for. */
static char identity_of(const struct pki_plan *plan, char member)
{
    if (member != 'X')
        return member;
    return plan->cross_signs_intermediate ? '1' : 'R';
}

char pki_issuer(const struct pki_plan *plan, char member)
{
    const int depth = pki_depth(plan);
    switch (member) {
    case 'L':
    case 'M':
    case 'D':
        return depth > 0 ? '1' : 'R';
    case '1':
        return depth > 1 ? '2' : 'R';
    case '2':
        return depth > 2 ? '3' : 'R';
    case '3':
        return 'R';
    case 'X':
        return 'O';
    case 'W':
    case 'C':
        return 'R';
    case 'U':
        return 'V';
    default:
        return member;
    }
}

/* ---- names ---- */

struct name_list {
    struct mint_general_name *items;
    size_t count;
};

static void list_add(struct name_list *list, enum general_name_kind kind, struct bytes value)
{
    if (list->count < MAX_NAMES)
        list->items[list->count++] = (struct mint_general_name){.kind = kind, .value = value};
}

/* "192.0.2.0/24" as address and mask (RFC 5280 section 4.2.1.10). */
static bool address_range(struct arena *arena, const char *text, struct bytes *out)
{
    const char *slash = strchr(text, '/');
    int64_t bits;
    uint8_t ip[32] = {0};
    if (!slash || !str_to_int(slash + 1, 0, 128, &bits))
        return false;
    const size_t n = str_parse_ip(arena_strndup(arena, text, (size_t)(slash - text)), ip);
    if (n == 0 || (size_t)bits > n * 8)
        return false;
    for (size_t i = 0; i < (size_t)bits; i++)
        ip[n + i / 8] |= (uint8_t)(0x80 >> (i % 8));
    *out = arena_bytes(arena, bytes_of(ip, 2 * n));
    return true;
}

/* One word of a plan's names: an address, an address range, a dNSName. */
static void list_add_word(struct arena *arena, struct name_list *list, const char *word)
{
    uint8_t ip[16];
    struct bytes range;
    const size_t n = str_parse_ip(word, ip);
    if (str_starts(word, "dns:"))
        list_add(list, GN_DNS, bytes_str(word + 4));
    else if (n > 0)
        list_add(list, GN_IP, arena_bytes(arena, bytes_of(ip, n)));
    else if (address_range(arena, word, &range))
        list_add(list, GN_IP, range);
    else
        list_add(list, GN_DNS, bytes_str(word));
}

static struct name_list name_list_of(struct arena *arena, const char *words)
{
    struct name_list list = {.items = arena_array(arena, MAX_NAMES, sizeof list.items[0])};
    while (words && *words != '\0') {
        const size_t n = strcspn(words, " ");
        if (n > 0)
            list_add_word(arena, &list, arena_strndup(arena, words, n));
        words += n + strspn(words + n, " ");
    }
    return list;
}

static struct name_list odd_names(struct arena *arena, const struct odd_text *odd)
{
    struct name_list list = {.items = arena_array(arena, MAX_NAMES, sizeof list.items[0])};
    for (size_t i = 2; odd[i].p; i++)
        list_add(&list, GN_DNS, bytes_of(odd[i].p, odd[i].n));
    return list;
}

static const char *leaf_common_name(struct arena *arena, const struct cert_plan *plan)
{
    if (plan->common_name)
        return plan->common_name;
    const char *names = plan->names ? plan->names : default_host;
    if (str_starts(names, "dns:"))
        names += 4;
    return arena_strndup(arena, names, strcspn(names, " "));
}

/* CA names are "C, O, CN" as public CAs write them; a public leaf is its CN alone. */
static struct bytes subject_of(struct lab *lab, const struct pki_plan *pki, char member)
{
    const struct place *place = place_of(identity_of(pki, member));
    const struct cert_plan *plan = pki_cert_plan(pki, identity_of(pki, member));
    struct mint_attribute attributes[3];
    size_t n = 0;
    const char *organization = str_starts(place->key_label, "unrelated")
                                   ? "Unrelated Certificates"
                                   : organizations[pki->family];
    const char *cn = plan->common_name ? plan->common_name : place->names[pki->family];
    struct bytes organization_text = bytes_str(organization);
    struct bytes cn_text = bytes_str(place->ca ? cn : leaf_common_name(&lab->arena, plan));
    if (plan->odd) {
        cn_text = bytes_of(plan->odd[0].p, plan->odd[0].n);
        organization_text = bytes_of(plan->odd[1].p, plan->odd[1].n);
    }
    if (place->ca)
        attributes[n++] =
            (struct mint_attribute){OID_COUNTRY, DER_PRINTABLE_STRING, bytes_str("ZZ")};
    if (place->ca || pki->family == FAMILY_PRIVATE || plan->odd)
        attributes[n++] =
            (struct mint_attribute){OID_ORGANIZATION, DER_UTF8_STRING, organization_text};
    if (cn_text.n > 0)
        attributes[n++] = (struct mint_attribute){OID_CN, DER_UTF8_STRING, cn_text};
    return mint_name(&lab->arena, attributes, n);
}

/* ---- one member ---- */

static const struct private_key *key_of(struct lab *lab, const struct pki_plan *pki, char member)
{
    const char who = identity_of(pki, member);
    const char *family = pki->family == FAMILY_PUBLIC ? "public" : "private";
    return lab_key(lab, pki_cert_plan(pki, who)->key,
                   arena_printf(&lab->arena, "%s %s", family, place_of(who)->key_label));
}

static void fill_usage(struct mint_spec *spec, const struct cert_plan *plan, bool ca)
{
    spec->ca = (ca || plan->changes & PLAN_CA) && !(plan->changes & PLAN_NOT_CA);
    spec->key_usage = ca ? KU_KEY_CERT_SIGN | KU_CRL_SIGN : KU_DIGITAL_SIGNATURE;
    spec->eku = ca ? 0 : EKU_SERVER_AUTH | EKU_CLIENT_AUTH;
    if (plan->key_usage)
        spec->key_usage = plan->key_usage;
    if (plan->eku)
        spec->eku = plan->eku;
    if (plan->changes & PLAN_NO_KEY_USAGE)
        spec->key_usage = 0;
    if (plan->changes & PLAN_NO_EKU)
        spec->eku = 0;
    spec->limit_path = plan->path_length > 0;
    spec->path_length = plan->path_length - 1;
}

static void fill_names(struct lab *lab, struct mint_spec *spec, const struct cert_plan *plan,
                       bool ca)
{
    struct name_list names = {0};
    if (plan->odd)
        names = odd_names(&lab->arena, plan->odd);
    else if (!ca)
        names = name_list_of(&lab->arena, plan->names ? plan->names : default_host);
    if (!ca && !(plan->changes & PLAN_NO_SAN)) {
        spec->names = names.items;
        spec->name_count = names.count;
    }
    const struct name_list permitted = name_list_of(&lab->arena, plan->permitted);
    const struct name_list excluded = name_list_of(&lab->arena, plan->excluded);
    spec->permitted = permitted.items;
    spec->permitted_count = permitted.count;
    spec->excluded = excluded.items;
    spec->excluded_count = excluded.count;
}

/* ---- where certificates say that more is to be found ---- */

const char *pki_url(struct lab *lab, const char *name, enum delivery delivery)
{
    const char *host = lab->host ? lab->host : "pki.lab.test";
    const char *folder = lab->folder ? lab->folder : "lab";
    const char *attribute = str_ends(name, ".crl") ? "certificateRevocationList" : "cACertificate";
    if (delivery == DELIVER_LDAP || delivery == DELIVER_LDAP_NOWHERE)
        return arena_printf(&lab->arena, "ldap://%s/CN=%s,OU=%s,O=Certwhy%%20Lab?%s;binary?base",
                            delivery == DELIVER_LDAP ? host : "", name, folder, attribute);
    return arena_printf(&lab->arena, "http://%s/%s/%s", host, folder, name);
}

const char *pki_document(struct lab *lab, const struct pki_plan *plan, char member,
                         const char *ending)
{
    return arena_printf(&lab->arena, "%c%s", pki_issuer(plan, member), ending);
}

static void fill_live_urls(struct lab *lab, struct mint_spec *spec, const struct pki_plan *pki,
                           char member)
{
    const struct cert_plan *plan = pki_cert_plan(pki, member);
    const struct status_plan *status = &plan->status;
    const struct issuer_plan *aia = &plan->aia;
    if (aia->form != ISSUER_ABSENT)
        spec->ca_issuers_url = pki_url(
            lab, pki_document(lab, pki, member, aia->form == ISSUER_PKCS7 ? ".p7c" : ".cer"),
            aia->delivery);
    if (status->sources & STATUS_OCSP)
        spec->ocsp_url = pki_url(lab, pki_document(lab, pki, member, ".ocsp"), status->delivery);
    if (!(status->sources & STATUS_CRL))
        return;
    spec->crl_url = pki_url(lab, pki_document(lab, pki, member, ".crl"), status->delivery);
    if (status->faults & STATUS_LDAP_FIRST)
        spec->crl_first_url =
            pki_url(lab, pki_document(lab, pki, member, ".crl"), DELIVER_LDAP_NOWHERE);
    if (status->shape == SHAPE_DELTA)
        spec->freshest_url =
            pki_url(lab, pki_document(lab, pki, member, "-delta.crl"), status->delivery);
    if (status->shape == SHAPE_INDIRECT)
        spec->crl_issuer = subject_of(lab, pki, 'C');
}

/* Public CAs say where their certificates are; nothing listens at the lab's address. */
static void fill_urls(struct lab *lab, struct mint_spec *spec, const struct pki_plan *pki,
                      const struct cert_plan *plan, char issuer)
{
    if (pki->family != FAMILY_PUBLIC || plan->changes & (PLAN_NO_AIA | PLAN_SELF_SIGNED))
        return;
    spec->ca_issuers_url = arena_printf(&lab->arena, "http://aia.lab.test/%c.cer", issuer);
    spec->ocsp_url = "http://ocsp.lab.test/";
}

struct mint_issuer pki_signer(struct lab *lab, const struct pki_plan *plan, char member)
{
    return (struct mint_issuer){.name = subject_of(lab, plan, member),
                                .key = key_of(lab, plan, member)};
}

static struct mint_issuer signer_of(struct lab *lab, const struct pki_plan *pki, char member)
{
    const struct cert_plan *plan = pki_cert_plan(pki, member);
    char issuer = plan->changes & PLAN_SELF_SIGNED ? member : pki_issuer(pki, member);
    const struct bytes name = subject_of(lab, pki, issuer);
    if (plan->changes & PLAN_OTHER_ISSUER_KEY)
        issuer = issuer == '1' ? 'W' : 'Q';
    return (struct mint_issuer){.name = name, .key = key_of(lab, pki, issuer)};
}

static bool has_member(const struct pki_plan *pki, char member)
{
    if (member >= '1' && member <= '3')
        return member - '0' <= pki_depth(pki);
    return member == 'X' || place_of(member);
}

struct bytes pki_member(struct lab *lab, const struct pki_plan *pki, char member)
{
    if (member == 'r') {
        const struct pki_plan other = {.family = pki->family == FAMILY_PUBLIC ? FAMILY_PRIVATE
                                                                              : FAMILY_PUBLIC};
        return pki_member(lab, &other, 'R');
    }
    if (!has_member(pki, member))
        return (struct bytes){0};
    const struct cert_plan *plan = pki_cert_plan(pki, member);
    const struct place *place = place_of(identity_of(pki, member));
    const bool own_dates = plan->from_days != 0 || plan->to_days != 0;
    const char issuer = pki_issuer(pki, member);
    struct mint_spec spec = {
        .subject = subject_of(lab, pki, member),
        .key = key_of(lab, pki, member),
        .issuer = signer_of(lab, pki, member),
        .not_before = lab->at + TIME_DAY * (own_dates ? plan->from_days : place->from_days),
        .not_after = lab->at + TIME_DAY * (own_dates ? plan->to_days : place->to_days) - 1,
        .signature = plan->signature,
        .must_staple = plan->changes & PLAN_MUST_STAPLE,
        .ocsp_no_check = member == 'D',
        .faults = plan->faults,
    };
    fill_usage(&spec, plan, place->ca);
    fill_names(lab, &spec, plan, place->ca);
    if (issuer != member && pki->live)
        fill_live_urls(lab, &spec, pki, member);
    else if (issuer != member)
        fill_urls(lab, &spec, pki, plan, issuer);
    return mint_certificate(&lab->arena, lab->seed, &spec);
}

const struct private_key *pki_key(struct lab *lab, const struct pki_plan *pki, char member)
{
    return key_of(lab, pki, member);
}
