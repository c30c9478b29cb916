/* SPDX-License-Identifier: Apache-2.0 */
/* conformance SHARED [SUITE...]: judges the corpora under SHARED and compares with their labels. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus.h"

const char *shared_folder = "../shared";

static bool is_wanted(int argc, char **argv, const char *name)
{
    if (argc < 3)
        return true;
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return false;
}

/** False when the file is not there. */
static bool suite_run(const struct suite *suite, const char *shared, struct score *score)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", shared, suite->file);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, file) > 0) {
        json_t *json = json_loads(line, 0, NULL);
        if (json != NULL)
            suite->run(score, json);
        json_decref(json);
    }
    free(line);
    fclose(file);
    return true;
}

int main(int argc, char **argv)
{
    size_t passed = 0, failed = 0, skipped = 0;
    const char *shared = argc > 1 ? argv[1] : shared_folder;
    shared_folder = shared;
    for (const struct suite *suite = suites; suite->name != NULL; suite++) {
        if (!is_wanted(argc, argv, suite->name))
            continue;
        struct score score = {.suite = suite->name, .exceptions = exceptions_read(suite->name)};
        if (!suite_run(suite, shared, &score)) {
            printf("skipped %s: %s/%s is not there\n", suite->name, shared, suite->file);
            skipped++;
            continue;
        }
        score_finish(&score);
        passed += score.passed + score.excepted;
        failed += score.failed;
        skipped += score.skipped;
    }
    engines_free();
    printf("%zu passed, %zu failed, %zu skipped\n", passed, failed, skipped);
    return failed != 0;
}
