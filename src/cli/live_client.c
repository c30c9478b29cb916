/* SPDX-License-Identifier: Apache-2.0 */
/* The real clients as a table: what each is called with, and how it says what it thinks. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "live.h"

enum {
    QUICK = 30,     /* seconds that a client may take; busy machines exist */
    COMPILED = 180, /* … when it is compiled first, with its library */
    WORDS_MAX = 40,
    SETTLE_MS = 3000, /* for our side of a handshake to be over when the client's is */
};

#define WORDS(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

/* Words: {url} {name} {port} {proxy} {ca} {directory} {none} (an empty directory) {source} (its
 * program) {program} {folder} (where it was found) {python}. In front of a word: "ca:" only when
 * its roots are given, "name:" and "address:" only for such a name. */
struct live_client {
    const char *family; /* of profiles */
    const char *const *argv;
    const char *const *environment;
    const char *says;          /* begins the line that tells why; what follows "…|" too */
    const char *reached;       /* ends otherwise, having got what it came for: then it says this */
    const char *file, *source; /* its program, where it takes one; it says "live: " and why */
    int seconds;
};

static const char python_source[] =
    "import importlib, ssl, sys, urllib.request\n"
    "library, url, ca = sys.argv[1:4]\n"
    "if library != 'python':\n"
    "    globals()[library] = importlib.import_module(library)\n"
    "try:\n"
    "    if library == 'python':\n"
    "        context = ssl.create_default_context(cafile=ca or None)\n"
    "        urllib.request.urlopen(url, timeout=20, context=context).read()\n"
    "    elif library == 'requests':\n"
    "        requests.get(url, timeout=20, verify=ca or True)\n"
    "    elif library == 'httpx':\n"
    "        httpx.get(url, timeout=20, verify=ca or True)\n"
    "    elif library == 'aiohttp':\n"
    "        import asyncio\n"
    "        async def get():\n"
    "            context = ssl.create_default_context(cafile=ca or None)\n"
    "            async with aiohttp.ClientSession(trust_env=True) as session:\n"
    "                async with session.get(url, ssl=context) as answer:\n"
    "                    await answer.read()\n"
    "        asyncio.run(asyncio.wait_for(get(), 20))\n"
    "except Exception as e:\n"
    "    sys.exit('live: %s: %s' % (type(e).__name__, e))\n";

static const char node_source[] =
    "const fs = require('fs'), net = require('net'), tls = require('tls');\n"
    "const [name, port, ca] = process.argv.slice(2);\n"
    "const t = tls.connect({ socket: net.connect(port, '127.0.0.1'), host: name,\n"
    "  servername: net.isIP(name) ? '' : name, ca: ca ? fs.readFileSync(ca) : undefined },\n"
    "  () => t.write('GET / HTTP/1.0\\r\\n\\r\\n'));\n"
    "t.resume();\n"
    "t.on('error', (e) => { console.log(`live: ${e.code}: ${e.message}`); process.exit(1); });\n";

static const char java_source[] =
    "import java.io.*;\n"
    "import java.net.*;\n"
    "import java.security.*;\n"
    "import java.security.cert.*;\n"
    "import javax.net.ssl.*;\n"
    "class Live {\n"
    "    static SSLContext trusting(String file) throws Exception {\n"
    "        KeyStore store = KeyStore.getInstance(\"PKCS12\");\n"
    "        store.load(null, null);\n"
    "        try (InputStream in = new BufferedInputStream(new FileInputStream(file))) {\n"
    "            CertificateFactory factory = CertificateFactory.getInstance(\"X.509\");\n"
    "            for (int n = 0; in.available() > 0; n++)\n"
    "                store.setCertificateEntry(\"ca\" + n, factory.generateCertificate(in));\n"
    "        }\n"
    "        TrustManagerFactory factory = TrustManagerFactory.getInstance(\"PKIX\");\n"
    "        factory.init(store);\n"
    "        SSLContext context = SSLContext.getInstance(\"TLS\");\n"
    "        context.init(null, factory.getTrustManagers(), null);\n"
    "        return context;\n"
    "    }\n"
    "    public static void main(String[] words) throws Exception {\n"
    "        Proxy proxy = new Proxy(Proxy.Type.HTTP,\n"
    "            new InetSocketAddress(\"127.0.0.1\", Integer.parseInt(words[1])));\n"
    "        HttpsURLConnection c = (HttpsURLConnection) new URL(words[0]).openConnection(proxy);\n"
    "        if (words.length > 2)\n"
    "            c.setSSLSocketFactory(trusting(words[2]).getSocketFactory());\n"
    "        c.setConnectTimeout(20000);\n"
    "        c.setReadTimeout(20000);\n"
    "        try (InputStream in = c.getInputStream()) {\n"
    "            in.readAllBytes();\n"
    "        } catch (IOException e) {\n"
    "            System.out.println(\"live: \" + e);\n"
    "            System.exit(1);\n"
    "        }\n"
    "    }\n"
    "}\n";

static const char go_source[] =
    "package main\n"
    "import (\n"
    "\t\"crypto/tls\"\n"
    "\t\"crypto/x509\"\n"
    "\t\"fmt\"\n"
    "\t\"io\"\n"
    "\t\"net/http\"\n"
    "\t\"net/url\"\n"
    "\t\"os\"\n"
    "\t\"time\"\n"
    ")\n"
    "func visit() error {\n"
    "\tproxy, err := url.Parse(os.Args[2])\n"
    "\tconfig := &tls.Config{}\n"
    "\tif err == nil && len(os.Args) > 3 {\n"
    "\t\tvar pem []byte\n"
    "\t\tpem, err = os.ReadFile(os.Args[3])\n"
    "\t\tconfig.RootCAs = x509.NewCertPool()\n"
    "\t\tconfig.RootCAs.AppendCertsFromPEM(pem)\n"
    "\t}\n"
    "\tif err != nil {\n"
    "\t\treturn err\n"
    "\t}\n"
    "\tway := &http.Transport{TLSClientConfig: config, Proxy: http.ProxyURL(proxy)}\n"
    "\tclient := &http.Client{Transport: way, Timeout: 20 * time.Second}\n"
    "\tanswer, err := client.Get(os.Args[1])\n"
    "\tif err != nil {\n"
    "\t\treturn err\n"
    "\t}\n"
    "\tdefer answer.Body.Close()\n"
    "\t_, err = io.Copy(io.Discard, answer.Body)\n"
    "\treturn err\n"
    "}\n"
    "func main() {\n"
    "\tif err := visit(); err != nil {\n"
    "\t\tfmt.Println(\"live: \" + err.Error())\n"
    "\t\tos.Exit(1)\n"
    "\t}\n"
    "}\n";

static const char *const nothing[] = {NULL};
static const char *const by_proxy[] = {"https_proxy={proxy}", NULL};

#define PYTHON_LIBRARY(library)                                                                    \
    {                                                                                              \
        library, WORDS("{python}", "-B", "{source}", library, "{url}", "{ca}"), by_proxy,          \
            "live: ", NULL, "live.py", python_source, QUICK                                        \
    }

static const struct live_client clients[] = {
    {"curl",
     WORDS("{program}", "ca:-q", "-sS", "--noproxy", "*", "-o", "/dev/null", "--max-time", "20",
           "ca:--cacert", "ca:{ca}", "ca:--capath", "ca:{none}", "--connect-to",
           "::127.0.0.1:{port}", "{url}"),
     nothing, "curl: (", NULL, NULL, NULL, QUICK},
    {"wget",
     WORDS("{program}", "ca:--no-config", "-e", "https_proxy={proxy}", "-e", "use_proxy=on",
           "--no-hsts", "-O", "/dev/null", "--tries=1", "--timeout=20", "ca:--ca-certificate={ca}",
           "ca:--ca-directory={none}", "{url}"),
     nothing, "ERROR: |GnuTLS: |OpenSSL: ", NULL, NULL, NULL, QUICK},
    {"git",
     WORDS("git", "-c", "http.proxy={proxy}", "ca:-c", "ca:http.sslCAInfo={ca}", "ca:-c",
           "ca:http.sslCAPath={none}", "ls-remote", "{url}"),
     WORDS("GIT_TERMINAL_PROMPT=0"), "fatal: ", "' not found|not valid: is this a git repository",
     NULL, NULL, QUICK},
    {"openssl",
     WORDS("{program}", "s_client", "-connect", "127.0.0.1:{port}", "name:-servername",
           "name:{name}", "address:-noservername", "name:-verify_hostname", "address:-verify_ip",
           "{name}", "ca:-CAfile", "ca:{ca}", "ca:-no-CApath", "ca:-no-CAstore",
           "-verify_return_error", "-brief"),
     nothing, "verify error:|Verification error", NULL, NULL, NULL, QUICK},
    {"gnutls-cli",
     WORDS("{program}", "ca:--x509cafile={ca}", "name:--sni-hostname={name}",
           "address:--disable-sni", "--verify-hostname={name}", "-p", "{port}", "127.0.0.1"),
     nothing, "- Status: |*** ", NULL, NULL, NULL, QUICK},
    PYTHON_LIBRARY("python"),
    PYTHON_LIBRARY("requests"),
    PYTHON_LIBRARY("httpx"),
    PYTHON_LIBRARY("aiohttp"),
    {"node", WORDS("{program}", "{source}", "{name}", "{port}", "ca:{ca}"), nothing, "live: ", NULL,
     "live.js", node_source, QUICK},
    {"java", WORDS("{folder}/bin/java", "{source}", "{url}", "{port}", "ca:{ca}"), nothing,
     "live: ", NULL, "Live.java", java_source, QUICK},
    {"go", WORDS("{folder}/bin/go", "run", "{source}", "{url}", "{proxy}", "ca:{ca}"),
     WORDS("GO111MODULE=off", "GOFLAGS=", "CGO_ENABLED=0", "GOTOOLCHAIN=local"), "live: ", NULL,
     "live.go", go_source, COMPILED},
};

const struct live_client *live_client_find(const char *profile)
{
    const size_t n = strcspn(profile, "@");
    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++)
        if (strlen(clients[i].family) == n && strncmp(clients[i].family, profile, n) == 0)
            return &clients[i];
    return NULL;
}

/* ---- its words ---- */

struct blank {
    const char *name, *value;
};

static const char *folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? arena_strndup(arena, path, (size_t)(slash - path)) : ".";
}

/* What runs a library of Python: /usr/lib/python3.11/ssl.py is /usr/bin/python3.11's. */
static const char *python_of(struct arena *arena, const char *path)
{
    const char *lib = strstr(path, "/lib/python");
    if (!lib)
        return path;
    const char *version = lib + strlen("/lib/");
    return arena_printf(arena, "%.*s/bin/%.*s", (int)(lib - path), path, (int)strcspn(version, "/"),
                        version);
}

static const char *filled(struct arena *arena, const char *word, const struct blank *blanks)
{
    const char *out = "";
    while (*word) {
        const struct blank *blank = blanks;
        while (blank->name && !str_starts(word, blank->name))
            blank++;
        const size_t n = blank->name ? strlen(blank->name) : 1 + strcspn(word + 1, "{");
        out = blank->name ? arena_printf(arena, "%s%s", out, blank->value)
                          : arena_printf(arena, "%s%.*s", out, (int)n, word);
        word += n;
    }
    return out;
}

static bool is_meant(const char **word, const struct live_errand *errand)
{
    uint8_t ip[16];
    const bool address = str_parse_ip(errand->name, ip) > 0;
    const struct {
        const char *mark;
        bool holds;
    } conditions[] = {{"ca:", errand->ca != NULL}, {"name:", !address}, {"address:", address}};
    for (size_t i = 0; i < 3; i++)
        if (str_starts(*word, conditions[i].mark)) {
            *word += strlen(conditions[i].mark);
            return conditions[i].holds;
        }
    return true;
}

static const char **words_fill(const struct live_errand *errand, const char *const *template,
                               const struct blank *blanks)
{
    const char **words = arena_array(errand->arena, WORDS_MAX + 1, sizeof *words);
    size_t count = 0;
    for (; *template && count < WORDS_MAX; template ++) {
        const char *word = *template;
        if (is_meant(&word, errand))
            words[count++] = filled(errand->arena, word, blanks);
    }
    return words;
}

/* ---- its environment ---- */

static bool has_name(const char *variable, const char *const *names)
{
    for (; *names; names++)
        if (strncasecmp(variable, *names, strlen(*names)) == 0)
            return true;
    return false;
}

/* Nothing leads past our server. A client that is told its roots has no other settings; one that is
 * not keeps all that its owner has set. */
static const char **environment_make(const struct live_client *client,
                                     const struct live_errand *errand, const struct blank *blanks)
{
    static const char *const proxies[] = {
        "http_proxy=", "https_proxy=", "all_proxy=", "no_proxy=", "LC_ALL=", "LANG=", NULL};
    static const char *const needed[] = {"PATH=", "TMPDIR=", "GOCACHE=", NULL};
    struct arena *arena = errand->arena;
    size_t all = 0, count = 0;
    while (environ[all])
        all++;
    const char **list = arena_array(arena, all + WORDS_MAX + 4, sizeof *list);
    for (size_t i = 0; i < all; i++)
        if (errand->ca ? has_name(environ[i], needed) : !has_name(environ[i], proxies))
            list[count++] = environ[i];
    const char *home = getenv("HOME");
    if (errand->ca)
        list[count++] = arena_printf(arena, "HOME=%s", errand->directory);
    if (errand->ca && !getenv("GOCACHE") && home) /* the library is compiled already, perhaps */
        list[count++] = arena_printf(arena, "GOCACHE=%s/.cache/go-build", home);
    list[count++] = "LC_ALL=C.UTF-8";
    for (const char **more = words_fill(errand, client->environment, blanks); *more; more++)
        list[count++] = *more;
    return list;
}

/* ---- what it says ---- */

/* The next line of the output; false at its end. */
static bool line_next(struct bytes *output, struct bytes *line)
{
    const size_t end = bytes_find(*output, bytes_str("\n"));
    const size_t n = end == SIZE_MAX ? output->n : end;
    const bool more = output->n > 0;
    *line = bytes_slice(*output, 0, n);
    *output = bytes_slice(*output, n + 1, output->n);
    return more;
}

/* The first line that begins with (or holds) `mark`; p NULL: none. */
static struct bytes line_find(struct bytes output, struct bytes mark, bool anywhere)
{
    struct bytes line;
    while (line_next(&output, &line)) {
        const size_t at = bytes_find(line, mark);
        if (at == 0 || (anywhere && at != SIZE_MAX))
            return line;
    }
    return (struct bytes){0};
}

/* The same for the first of "this|that" that is there. */
static struct bytes line_find_any(struct bytes output, const char *marks, bool anywhere)
{
    struct bytes line = {0};
    for (size_t n; marks && *marks && !line.p; marks += n + (marks[n] == '|')) {
        n = strcspn(marks, "|");
        line = line_find(output, bytes_of(marks, n), anywhere);
    }
    return line;
}

/* The line that tells, else the last that is not empty. */
static const char *message_of(const struct live_client *client, struct arena *arena,
                              struct bytes output)
{
    static const char ours[] = "live: ";
    struct bytes line = line_find_any(output, client->says, false), last = {0};
    for (struct bytes next; line_next(&output, &next);)
        last = next.n > 0 ? next : last;
    line = line.p ? line : last;
    const bool own = bytes_find(line, bytes_str(ours)) == 0;
    return str_safe(arena, bytes_slice(line, own ? strlen(ours) : 0, line.n));
}

/* A client may be gone before our end of its handshake is over. */
static bool was_completed(const struct live_server *server, size_t before)
{
    const struct deadline deadline = deadline_in(SETTLE_MS / 1000.0);
    while (live_server_completed(server) == before && !deadline_passed(deadline))
        poll(NULL, 0, 10);
    return live_server_completed(server) > before;
}

bool live_client_visit(const struct live_client *client, const struct trust_program *found,
                       const struct live_errand *errand, struct live_visit *visit)
{
    struct arena *arena = errand->arena;
    struct error error = {0};
    const unsigned port = live_server_port(errand->server);
    const char *source =
        client->file ? arena_printf(arena, "%s/%s", errand->directory, client->file) : "";
    const char *brackets = strchr(errand->name, ':') ? "[]" : "";
    const struct blank blanks[] = {
        {"{url}", arena_printf(arena, "https://%.1s%s%s/", brackets, errand->name,
                               *brackets ? brackets + 1 : "")},
        {"{name}", errand->name},
        {"{port}", arena_printf(arena, "%u", port)},
        {"{proxy}", arena_printf(arena, "http://127.0.0.1:%u", port)},
        {"{ca}", errand->ca ? errand->ca : ""},
        {"{directory}", errand->directory},
        {"{none}", arena_printf(arena, "%s/none", errand->directory)},
        {"{source}", source},
        {"{program}", found->path},
        {"{folder}", folder_of(arena, found->path)},
        {"{python}", python_of(arena, found->path)},
        {NULL, NULL},
    };
    if (client->file &&
        file_write_atomic(NULL, source, bytes_str(client->source), 0600, &error) != CW_OK)
        return false;
    const struct program program = {.argv = words_fill(errand, client->argv, blanks),
                                    .environment = environment_make(client, errand, blanks),
                                    /* no repository, module or configuration of this place */
                                    .directory = errand->directory,
                                    .seconds = client->seconds,
                                    .ends_with_us = true,
                                    .errors_too = true};
    BUF_CLEANUP output = {0};
    const size_t before = live_server_completed(errand->server);
    const int status = program_status(&program, &output);
    const bool content = status == 0 || line_find_any(buf_bytes(&output), client->reached, true).p;
    const bool told = line_find_any(buf_bytes(&output), client->says, false).p != NULL;
    /* a runtime without a compiler, a library that is not whole: no client was there */
    if (status == 127 || (client->source && !content && !told))
        return false;
    visit->accepts = content && was_completed(errand->server, before);
    visit->message = visit->accepts ? ""
                     : status < 0   ? arena_printf(arena, "no answer within %d s", client->seconds)
                                    : message_of(client, arena, buf_bytes(&output));
    return true;
}
