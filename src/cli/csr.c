/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy csr: a certificate request with the names of a present certificate, and more. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "cli.h"

enum { NAMES_MAX = 100, KEY_FILE_BYTES = 1 << 20, RSA_LEAST = 2048 };

/** One request in the making. */
struct requesting {
    const struct arguments *arguments;
    struct arena *arena;
    struct observation seen;
    const struct cert *leaf; /* the certificate to go by, or … */
    struct csr old;          /* … the request */
    struct bytes subject;
    struct bytes kept; /* GeneralNames that it has */
    const char *dns_names[NAMES_MAX + 1];
    size_t dns_count;
    struct bytes ip_addresses[NAMES_MAX];
    size_t ip_count;
    struct private_key *key;
    bool key_is_new;
    struct buf key_pass;
};

static void requesting_free(struct requesting *r)
{
    observation_free(&r->seen);
    private_key_free(r->key);
    if (r->key_pass.n > 0)
        explicit_bzero(r->key_pass.p, r->key_pass.n);
    buf_free(&r->key_pass);
}

/* ---- what there is ---- */

/* The one certificate that is no CA's, else the first. */
static const struct cert *leaf_of(const struct observation *seen)
{
    for (size_t i = 0; i < seen->sent_count; i++)
        if (seen->sent[i].cert->parsed && !seen->sent[i].cert->is_ca)
            return seen->sent[i].cert;
    return seen->sent_count > 0 && seen->sent[0].cert->parsed ? seen->sent[0].cert : NULL;
}

static bool request_of(const struct observation *seen, struct csr *out)
{
    for (size_t i = 0; i < seen->file.object_count; i++)
        if (seen->file.objects[i].kind == OBJECT_CSR && csr_parse(seen->file.objects[i].der, out))
            return true;
    return false;
}

static enum cw_code look(struct requesting *r, struct error *error)
{
    const char *name = argument_value(r->arguments, "name"),
               *connect = argument_value(r->arguments, "connect"),
               *proxy = argument_value(r->arguments, "proxy"),
               *ca = argument_value(r->arguments, "ca");
    const struct environment environment = environment_own();
    const struct observe_options what = {
        .target = r->arguments->operands[0],
        .root = "",
        .name = name ? name : "",
        .connect = connect ? connect : "",
        .sni = NULL,
        .key_path = "",
        .family = AF_UNSPEC,
        .timeout = 10,
        .at = time_now(),
        .proxy = proxy ? proxy : "",
        .environment = &environment,
        .cas = &ca,
        .ca_count = ca != NULL,
    };
    TRY(observe(&what, r->arena, &r->seen, error));
    r->leaf = leaf_of(&r->seen);
    if (r->leaf) {
        const struct extension *san = cert_extension(r->leaf, OID_SUBJECT_ALT_NAME);
        struct reader reader = reader_of(san ? san->value : bytes_of(NULL, 0), 0);
        struct der list;
        r->subject = r->leaf->subject;
        if (san && reader_expect(&reader, DER_SEQUENCE, &list))
            r->kept = list.body;
        return CW_OK;
    }
    if (!request_of(&r->seen, &r->old))
        return error_set(error, CW_E_INPUT, "%s shows no certificate and no request to go by",
                         str_safe(r->arena, bytes_str(r->arguments->operands[0])));
    r->subject = r->old.subject;
    r->kept = r->old.names;
    return CW_OK;
}

/* ---- the names ---- */

static enum cw_code name_add(struct requesting *r, const char *name, struct error *error)
{
    struct target target = {0};
    const bool wildcard = str_starts(name, "*.");
    if (r->dns_count == NAMES_MAX || r->ip_count == NAMES_MAX)
        return error_set(error, CW_E_USAGE, "more than %d names for one certificate", NAMES_MAX);
    if (target_set_name(&target, wildcard ? name + 2 : name, r->arena, NULL) != CW_OK)
        return error_set(error, CW_E_USAGE, "--add-name %s is no host name and no address",
                         str_safe(r->arena, bytes_str(name)));
    if (target.name_kind == NAME_IP && !wildcard) {
        r->ip_addresses[r->ip_count++] =
            arena_bytes(r->arena, bytes_of(target.ip, target.ip_length));
        return CW_OK;
    }
    size_t n = strlen(target.name);
    n -= n > 0 && target.name[n - 1] == '.'; /* RFC 5280 has names without the last dot */
    const char *plain = arena_printf(r->arena, "%s%.*s", wildcard ? "*." : "", (int)n, target.name);
    if (!str_is_plain_host(plain))
        return error_set(error, CW_E_USAGE, "--add-name %s is no host name and no address",
                         str_safe(r->arena, bytes_str(name)));
    r->dns_names[r->dns_count++] = plain;
    return CW_OK;
}

static enum cw_code names_collect(struct requesting *r, struct error *error)
{
    /* a certificate of old that has a common name alone: clients read names from the SAN */
    const char *common = name_attribute(r->arena, r->subject, OID_CN);
    if (r->kept.n == 0 && common && str_is_plain_host(common))
        TRY(name_add(r, common, error));
    for (size_t i = 0; i < r->arguments->option_count; i++)
        if (strcmp(r->arguments->options[i].name, "add-name") == 0)
            TRY(name_add(r, r->arguments->options[i].value, error));
    if (r->kept.n == 0 && r->dns_count + r->ip_count == 0)
        return error_set(error, CW_E_USAGE,
                         "there is no name to ask for: add those of the server with --add-name");
    return CW_OK;
}

/* ---- the key ---- */

static const struct key_info *present_key(const struct requesting *r)
{
    return r->leaf ? &r->leaf->key : &r->old.key;
}

static bool is_weak(const struct key_info *key)
{
    const bool rsa = key->kind == KEY_RSA || key->kind == KEY_RSA_PSS;
    return (rsa && key->bits < RSA_LEAST) || (key->kind == KEY_EC && key->bits < 256) ||
           (!rsa && key->kind != KEY_EC && key->kind != KEY_ED25519);
}

static enum cw_code key_spec_of(const struct requesting *r, enum key_spec *out, struct error *error)
{
    static const struct {
        const char *name;
        enum key_spec spec;
    } kinds[] = {{"rsa2048", KEY_SPEC_RSA_2048}, {"rsa4096", KEY_SPEC_RSA_4096},
                 {"p256", KEY_SPEC_P256},        {"p384", KEY_SPEC_P384},
                 {"p521", KEY_SPEC_P521},        {"ed25519", KEY_SPEC_ED25519}};
    const char *name = argument_value(r->arguments, "key-type");
    const struct key_info *key = present_key(r);
    *out = KEY_SPEC_P256;
    for (size_t i = 0; name && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, name) == 0) {
            *out = kinds[i].spec;
            return CW_OK;
        }
    if (name)
        return error_set(error, CW_E_USAGE,
                         "--key-type %s: rsa2048, rsa4096, p256, p384, p521 or ed25519 is needed",
                         str_safe(r->arena, bytes_str(name)));
    /* as it was, where that is strong: who uses RSA may have clients that know nothing else */
    if (key->kind == KEY_RSA && !is_weak(key))
        *out = key->bits > 3072 ? KEY_SPEC_RSA_4096 : KEY_SPEC_RSA_2048;
    else if (key->kind == KEY_EC && key->curve == OID_P384)
        *out = KEY_SPEC_P384;
    else if (key->kind == KEY_ED25519)
        *out = KEY_SPEC_ED25519;
    return CW_OK;
}

static enum cw_code key_read_old(struct requesting *r, const char *path, struct error *error)
{
    BUF_CLEANUP content = {0}, spki = {0};
    const char *pass_file = argument_value(r->arguments, "key-pass-file");
    if (pass_file) {
        TRY(file_read(NULL, pass_file, 1024, &r->key_pass, error));
        buf_add_byte(&r->key_pass, 0);
        r->key_pass.p[strcspn((const char *)r->key_pass.p, "\r\n")] = 0;
    }
    TRY(file_read(NULL, path, KEY_FILE_BYTES, &content, error));
    const enum key_read result = private_key_read(
        buf_bytes(&content), pass_file ? (const char *)r->key_pass.p : NULL, &r->key);
    if (content.n > 0)
        explicit_bzero(content.p, content.n);
    if (result != KEY_READ_OK)
        return error_set(error, CW_E_INPUT, "%s: %s", str_safe(r->arena, bytes_str(path)),
                         result == KEY_READ_ENCRYPTED
                             ? "its passphrase is needed (--key-pass-file FILE)"
                             : "no private key that can be read");
    struct key_info info = {0};
    if (!private_key_spki(r->key, &spki))
        return error_set(error, CW_E_INPUT, "that key has no public half that can be written");
    key_info_read(buf_bytes(&spki), &info);
    if (is_weak(&info))
        return error_set(error, CW_E_INPUT,
                         "the key is %s, which clients and CAs refuse: make another with "
                         "--new-key FILE",
                         key_text(r->arena, &info));
    return CW_OK;
}

/* Never over something that is there: it may be the only copy of a key. */
static enum cw_code key_make_new(struct requesting *r, const char *path, struct error *error)
{
    enum key_spec spec;
    BUF_CLEANUP pem = {0};
    TRY(key_spec_of(r, &spec, error));
    if (file_exists(NULL, path))
        return error_set(error, CW_E_USAGE, "--new-key %s: that file exists; choose another name",
                         str_safe(r->arena, bytes_str(path)));
    r->key = private_key_new(spec);
    r->key_is_new = true;
    if (!r->key || !private_key_pem(r->key, "", &pem))
        return error_set(error, CW_E_INTERNAL, "no key of that kind can be made here");
    const enum cw_code code = file_write_atomic(NULL, path, buf_bytes(&pem), 0600, error);
    explicit_bzero(pem.p, pem.n);
    return code;
}

static enum cw_code key_open(struct requesting *r, struct error *error)
{
    const char *old = argument_value(r->arguments, "key"),
               *made = argument_value(r->arguments, "new-key");
    if (!old == !made)
        return error_set(error, CW_E_USAGE,
                         "a request is for one key: --key FILE (the present one) or --new-key FILE "
                         "(made and written there)");
    return old ? key_read_old(r, old, error) : key_make_new(r, made, error);
}

/* ---- what else can be done with these names ---- */

/* " OPTION NAME" for each name, without those that are no host names or addresses. */
static const char *joined(const struct requesting *r, const struct csr *csr, const char *option,
                          bool addresses)
{
    struct reader reader = reader_of(csr->names, 0);
    struct general_name name;
    const char *line = "";
    for (size_t i = 0; i < NAMES_MAX && general_name_next(&reader, &name); i++) {
        const char *text = name.kind == GN_DNS               ? str_safe(r->arena, name.value)
                           : name.kind == GN_IP && addresses ? str_ip(r->arena, name.value)
                                                             : "";
        if (str_is_plain_host(text))
            line = arena_printf(r->arena, "%s %s%s", line, option, str_shell(r->arena, text));
    }
    return line;
}

static const char *first_name(const struct requesting *r, const struct csr *csr)
{
    struct reader reader = reader_of(csr->names, 0);
    struct general_name name;
    while (general_name_next(&reader, &name)) {
        const char *text = str_safe(r->arena, name.value);
        if (name.kind == GN_DNS && str_is_plain_host(text))
            return text;
    }
    return "server";
}

/* A wildcard is proven by DNS alone (RFC 8555 section 7.1.3). */
static void say_acme(const struct requesting *r, const struct csr *csr)
{
    const char *domains = joined(r, csr, "-d ", false);
    const bool dns = strstr(domains, "*.") != NULL;
    if (!*domains)
        return;
    fputs("The same by ACME, which renews by itself:\n", stderr);
    fprintf(stderr, "  certbot certonly %s%s\n",
            dns ? "--manual --preferred-challenges dns" : "--webroot -w /var/www/html", domains);
    fprintf(stderr, "  lego --email YOU@EXAMPLE.COM %s%s run\n", dns ? "--dns PROVIDER" : "--http",
            domains);
    fprintf(stderr, "  acme.sh --issue %s%s\n", dns ? "--dns dns_PROVIDER" : "-w /var/www/html",
            domains);
    fprintf(stderr, "  step ca certificate %s server.crt server.key%s\n",
            str_shell(r->arena, first_name(r, csr)), joined(r, csr, "--san ", true));
}

static void say(const struct requesting *r, const struct csr *csr)
{
    const struct key_info *present = present_key(r);
    const bool same = bytes_equal(present->bits_content, csr->key.bits_content);
    fprintf(stderr, "certwhy csr: for%s; key: %s, %s\n", joined(r, csr, "", true),
            key_text(r->arena, &csr->key),
            r->key_is_new ? "new"
            : same        ? "that of the present certificate"
                          : "not that of the present certificate");
    if (is_weak(present))
        fprintf(stderr, "certwhy csr: the present key (%s) is too weak for another certificate\n",
                key_text(r->arena, present));
    if (r->leaf && (r->leaf->has & HAS_MUST_STAPLE))
        fputs("certwhy csr: must-staple is not asked for again: CAs end their OCSP services\n",
              stderr);
    say_acme(r, csr);
}

/* ---- the whole ---- */

static enum cw_code request_write(struct requesting *r, struct error *error)
{
    BUF_CLEANUP der = {0}, pem = {0};
    struct csr csr;
    const struct csr_wish wish = {
        .subject = r->subject,
        .names = r->kept,
        .dns_names = r->dns_names,
        .ip_addresses = r->ip_addresses,
        .ip_count = r->ip_count,
    };
    if (!csr_make(&wish, r->key, &der) || !csr_parse(buf_bytes(&der), &csr) || !csr_is_signed(&csr))
        return error_set(error, CW_E_INTERNAL, "this key cannot sign a request");
    pem_write(&pem, "CERTIFICATE REQUEST", buf_bytes(&der));
    if (!output_write(argument_value(r->arguments, "output"), buf_bytes(&pem)))
        return error_set(error, CW_E_IO, "the request was not written");
    say(r, &csr);
    return CW_OK;
}

static int csr_run(const struct command *command, const struct arguments *arguments)
{
    __attribute__((cleanup(requesting_free))) struct requesting r = {.arguments = arguments,
                                                                     .arena = arguments->arena};
    struct error error = {0};
    if (arguments->operand_count != 1)
        return command_unusable(command, "one target is needed: a server, a certificate file or a "
                                         "request");
    enum cw_code code = look(&r, &error);
    if (code == CW_OK)
        code = names_collect(&r, &error);
    if (code == CW_OK)
        code = key_open(&r, &error);
    if (code == CW_OK)
        code = request_write(&r, &error);
    if (code == CW_OK)
        return EXIT_ACCEPTED;
    return code == CW_E_USAGE ? command_unusable(command, "%s", error.text)
                              : command_failed(command, &error);
}

static const struct option_spec options[] = {
    {.name = "add-name", .value = "NAME", .help = "a host name or an address to add; repeatable"},
    {.name = "key", .value = "FILE", .help = "the private key to go on with"},
    {.name = "key-pass-file", .value = "FILE", .help = "its passphrase, the first line there"},
    {.name = "new-key", .value = "FILE", .help = "make a new key and write it there (mode 600)"},
    {.name = "key-type",
     .value = "TYPE",
     .help = "of the new key: rsa2048, rsa4096, p256, p384, p521, ed25519"},
    {.name = "output", .letter = 'o', .value = "FILE", .help = "write the request there"},
    {.name = "name", .value = "NAME", .help = "the name that the client uses"},
    {.name = "connect", .value = "ADDR[:PORT]", .help = "dial this instead of the target's host"},
    {.name = "proxy",
     .value = "URL|none",
     .help = "go through this proxy (default: that of the environment)"},
    {.name = "ca", .value = "FILE|DIR", .help = "roots of an https:// proxy, beside the system's"},
    {.name = NULL},
};

const struct command csr_command = {
    .name = "csr",
    .summary = "a certificate request with the names of a present certificate, and more",
    .usage = "csr TARGET|FILE --key FILE|--new-key FILE [--add-name NAME]… [-o FILE]",
    .about =
        "Takes subject and names of the certificate that a server shows or a file holds (or of an\n"
        "older request), adds names, and signs a new request for them. The key is the present\n"
        "one, or a new one of the same kind; a weak kind is not taken again, must-staple is not\n"
        "asked for again. Beside it, the same names for certbot, lego, acme.sh and step.\n"
        "Exit status: 0 written, 2 not.",
    .examples =
        "  certwhy csr example.com --add-name www.example.com --new-key new.key -o new.csr\n"
        "  certwhy csr fullchain.pem --key server.key --add-name 192.0.2.7 -o new.csr\n",
    .options = options,
    .run = csr_run,
};
