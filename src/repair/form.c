/* SPDX-License-Identifier: Apache-2.0 */
/* The forms in which servers take certificate, chain and key: a table and one writer. */
#include <string.h>

#include "repair/repair.h"

#define LINES(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
enum { FULL = PART_LEAF | PART_CHAIN, ALL = PART_KEY | FULL };

static const struct server_form forms[] = {
    {"nginx",
     {{"", FULL}},
     false,
     LINES("ssl_certificate {0};", "ssl_certificate_key {key};",
           "then: nginx -t && nginx -s reload")},
    {"apache",
     {{"", FULL}},
     false, /* 2.4.8 and later */
     LINES("SSLCertificateFile {0}", "SSLCertificateKeyFile {key}",
           "then: apachectl configtest && apachectl graceful")},
    {"apache-old",
     {{"", PART_LEAF}, {".chain", PART_CHAIN}},
     false,
     LINES("SSLCertificateFile {0}", "SSLCertificateChainFile {1}", "SSLCertificateKeyFile {key}",
           "then: apachectl configtest && apachectl graceful")},
    {"haproxy",
     {{"", ALL}},
     true,
     LINES("bind :443 ssl crt {0}", "then: haproxy -c -f haproxy.cfg && systemctl reload haproxy")},
    {"postfix",
     {{"", ALL}},
     true, /* 3.4 and later: the key comes first */
     LINES("smtpd_tls_chain_files = {0}", "then: postfix reload")},
    {"dovecot",
     {{"", FULL}},
     false,
     LINES("ssl_cert = <{0}", "ssl_key = <{key}", "then: doveadm reload")},
    {"tomcat",
     {{"", ALL | PART_PKCS12}},
     true,
     LINES("<Certificate certificateKeystoreFile=\"{0}\" certificateKeystoreType=\"PKCS12\" "
           "certificateKeystorePassword=\"…\"/>",
           "then: restart Tomcat")},
    {"java",
     {{"", ALL | PART_PKCS12}},
     true,
     LINES("-Djavax.net.ssl.keyStore={0} -Djavax.net.ssl.keyStoreType=PKCS12",
           "see it: keytool -list -v -keystore {0}")},
    {"iis",
     {{"", ALL | PART_PKCS12}},
     true,
     LINES("Import-PfxCertificate -FilePath {0} -CertStoreLocation Cert:\\LocalMachine\\My",
           "then: choose it in the site's https binding")},
    {"node",
     {{"", FULL}},
     false,
     LINES("https.createServer({ cert: fs.readFileSync('{0}'), key: fs.readFileSync('{key}') })")},
    {"go", {{"", FULL}}, false, LINES("tls.LoadX509KeyPair(\"{0}\", \"{key}\")")},
    {"kubernetes", {{"", ALL | PART_SECRET}}, true, LINES("kubectl apply -f {0}")},
    {"cloudpath",
     {{"", PART_LEAF}, {".chain", PART_CHAIN}, {".key", PART_KEY}},
     true,
     LINES("upload {0} as the certificate, {1} as the additional chain, {2} as the private key")},
};

const struct server_form *server_form_find(const char *name)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strcmp(forms[i].name, name) == 0)
            return &forms[i];
    return NULL;
}

const char *server_form_names(struct arena *arena)
{
    const char *names = forms[0].name;
    for (size_t i = 1; i < sizeof forms / sizeof forms[0]; i++)
        names = arena_printf(arena, "%s, %s", names, forms[i].name);
    return names;
}

static bool write_pem(unsigned parts, const struct form_input *input, struct buf *out)
{
    if ((parts & PART_KEY) && (!input->key || !private_key_pem(input->key, "", out)))
        return false;
    for (size_t i = 0; i < input->count; i++)
        if (parts & (i == 0 ? PART_LEAF : PART_CHAIN))
            pem_write(out, "CERTIFICATE", input->certs[i]->der);
    return true;
}

static bool write_pkcs12(const struct form_input *input, struct buf *out)
{
    struct arena arena = {0};
    struct bytes *ders = arena_array(&arena, input->count + 1, sizeof *ders);
    for (size_t i = 0; i < input->count; i++)
        ders[i] = input->certs[i]->der;
    const bool written = input->key && pkcs12_write(input->key, ders, input->count, input->name,
                                                    input->password, out);
    arena_free(&arena);
    return written;
}

/* RFC 1123 label characters alone: what Kubernetes takes as a name. */
static void write_secret_name(const char *name, struct buf *out)
{
    const size_t start = out->n;
    for (; *name; name++) {
        const char c = *name >= 'A' && *name <= 'Z' ? (char)(*name | 0x20) : *name;
        const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (plain || (c == '-' && out->n > start) || (c == '.' && out->n > start))
            buf_add_byte(out, (uint8_t)(c == '.' ? '-' : c));
    }
    buf_add_str(out, out->n > start ? "-tls" : "server-tls");
}

static bool write_secret(const struct form_input *input, struct buf *out)
{
    struct arena arena = {0};
    BUF_CLEANUP chain = {0}, key = {0};
    const bool made = write_pem(FULL, input, &chain) && write_pem(PART_KEY, input, &key);
    if (made) {
        char *secret = str_base64(&arena, buf_bytes(&key));
        buf_add_str(out, "apiVersion: v1\nkind: Secret\nmetadata:\n  name: ");
        write_secret_name(input->name, out);
        buf_printf(out, "\ntype: kubernetes.io/tls\ndata:\n  tls.crt: %s\n  tls.key: ",
                   str_base64(&arena, buf_bytes(&chain)));
        buf_add_str(out, secret);
        buf_add_byte(out, '\n');
        explicit_bzero(secret, strlen(secret));
    }
    if (key.n > 0)
        explicit_bzero(key.p, key.n);
    arena_free(&arena);
    return made;
}

bool form_write(const struct form_file *file, const struct form_input *input, struct buf *out)
{
    if (file->parts & PART_PKCS12)
        return write_pkcs12(input, out);
    if (file->parts & PART_SECRET)
        return write_secret(input, out);
    return write_pem(file->parts, input, out);
}

const char *form_path(struct arena *arena, const char *path, const struct form_file *file)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    const bool ending = dot && (!slash || dot > slash + 1) && dot != path;
    const size_t stem = ending ? (size_t)(dot - path) : strlen(path);
    return arena_printf(arena, "%.*s%s%s", (int)stem, path, file->suffix, path + stem);
}

const char *form_line(struct arena *arena, const char *line, const char *const paths[3],
                      const char *key_path)
{
    static const char *const marks[] = {"{0}", "{1}", "{2}", "{key}"};
    const char *out = "";
    while (*line) {
        size_t which = 0;
        while (which < 4 && !str_starts(line, marks[which]))
            which++;
        if (which == 4) {
            out = arena_printf(arena, "%s%c", out, *line++);
            continue;
        }
        const char *value = which < 3 ? paths[which] : key_path;
        out = arena_printf(arena, "%s%s", out, value ? value : "/path/to/key.pem");
        line += strlen(marks[which]);
    }
    return out;
}
