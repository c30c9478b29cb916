/* SPDX-License-Identifier: Apache-2.0 */
/* One flat JSON object per line of standard input; one per line of standard output. With an
 * argument: the library's version. */
#include "visit.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/** The values that we are sent hold no escapes. */
static void field(const char *json, const char *name, char *out, size_t size)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\": ", name);
    const char *at = strstr(json, key);
    at = at != NULL ? at + strlen(key) : "";
    at += *at == '"';
    snprintf(out, size, "%.*s", (int)strcspn(at, "\",}"), at);
}

static void answer_write(const struct answer *answer)
{
    printf("{\"accepts\": %s, \"message\": \"", answer->accepts ? "true" : "false");
    for (const char *p = answer->message; *p != '\0'; p++)
        if ((unsigned char)*p < 32 || *p == '"' || *p == '\\')
            printf("\\u%04x", (unsigned char)*p);
        else
            putchar(*p);
    puts("\"}");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    char line[4096];
    (void)argv;
    if (argc > 1) {
        puts(visit_version());
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    while (fgets(line, sizeof line, stdin) != NULL) {
        struct visit visit;
        struct answer answer = {0};
        field(line, "name", visit.name, sizeof visit.name);
        field(line, "host", visit.host, sizeof visit.host);
        field(line, "port", visit.port, sizeof visit.port);
        field(line, "ca", visit.ca, sizeof visit.ca);
        visit_make(&visit, &answer);
        answer_write(&answer);
    }
    return 0;
}
