/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest useful program on libcertwhy: diagnose one target, print what is wrong and whom it
 * concerns. Build it against the installed library:
 *
 *     cc check.c -o check $(pkg-config --cflags --libs certwhy)
 *     ./check www.example.com:443
 *     ./check chain.pem www.example.com my-root.pem
 */
#include <certwhy.h>
#include <stdio.h>

static enum cw_code set_options(struct cw_options *options, int argc, char **argv,
                                struct cw_error *error)
{
    enum cw_code code = CW_OK;
    if (argc > 2)
        code = cw_options_set(options, "name", argv[2], error);
    if (code == CW_OK && argc > 3)
        code = cw_options_set(options, "ca", argv[3], error);
    return code;
}

static void print(struct cw_report *report)
{
    printf("outcome: %s\n", cw_report_outcome(report));
    const struct cw_finding *finding;
    for (size_t i = 0; (finding = cw_report_finding(report, i)) != NULL; i++)
        printf("%s%s [%s] %s\n", finding->cause ? "" : "  ", finding->severity, finding->rule,
               finding->summary);
    const struct cw_client *client;
    for (size_t i = 0; (client = cw_report_client(report, i)) != NULL; i++)
        printf("%s: %s\n", client->client,
               client->accepts == 1   ? "accepts"
               : client->accepts == 0 ? client->message
                                      : "not judged");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: check TARGET [NAME [CA-FILE]]\n");
        return 2;
    }
    struct cw_options *options = cw_options_new();
    struct cw_error error = {0};
    struct cw_report *report = NULL;
    int status = 2;
    if (set_options(options, argc, argv, &error) != CW_OK ||
        cw_check(argv[1], options, &report, &error) != CW_OK) {
        fprintf(stderr, "%s\n", error.text);
    } else {
        print(report);
        status = cw_report_exit_status(report);
    }
    cw_report_free(report);
    cw_options_free(options);
    return status;
}
