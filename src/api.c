/* SPDX-License-Identifier: Apache-2.0 */
/* include/certwhy.h on top of the main flow. */
#include "certwhy_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *cw_version(void)
{
    return CERTWHY_VERSION;
}

static enum cw_code error_hand_out(const struct error *from, struct cw_error *to)
{
    if (to) {
        to->code = from->code;
        snprintf(to->text, sizeof to->text, "%s", from->text);
    }
    return from->code;
}

enum cw_code cw_options_set(struct cw_options *options, const char *name, const char *value,
                            struct cw_error *error)
{
    struct error why = {0};
    options_set(options, name, value ? value : "", &why);
    return error_hand_out(&why, error);
}

enum cw_code cw_check(const char *target, const struct cw_options *options,
                      struct cw_report **report, struct cw_error *error)
{
    struct error why = {0};
    *report = NULL;
    if (report_new(options, report, &why) == CW_OK && report_add(*report, target, &why) != CW_OK) {
        cw_report_free(*report);
        *report = NULL;
    }
    return error_hand_out(&why, error);
}

const char *cw_report_outcome(const struct cw_report *report)
{
    return outcome_name(report->report.targets[0]->outcome);
}

int cw_report_exit_status(const struct cw_report *report)
{
    return report_exit_status(report);
}

const struct cw_finding *cw_report_finding(struct cw_report *report, size_t i)
{
    const struct findings *findings = &report->report.targets[0]->findings;
    if (i >= findings->count)
        return NULL;
    const struct finding *finding = &findings->items[i];
    report->finding = (struct cw_finding){
        .id = finding->id,
        .rule = finding->rule->id,
        .severity = severity_name(finding->severity),
        .cause = finding->cause,
        .certificate = finding->certificate,
        .summary = finding->summary,
        .detail = finding->detail ? finding->detail : "",
    };
    return &report->finding;
}

const struct cw_client *cw_report_client(struct cw_report *report, size_t i)
{
    const struct verdict *verdict = &report->report.targets[0]->verdict;
    if (i >= verdict->client_count)
        return NULL;
    const struct client_verdict *client = &verdict->clients[i];
    const bool measured = profile_evidence(client->profile) == EVIDENCE_MEASURED;
    report->client = (struct cw_client){
        .client = profile_name(client->profile),
        .evidence = measured ? "measured" : "documented",
        .accepts = client->accepts,
        .message = client->message ? client->message : "",
    };
    return &report->client;
}

enum cw_code cw_report_render(const struct cw_report *report, const char *format, char **out,
                              struct cw_error *error)
{
    struct error why = {0};
    *out = NULL;
    const struct renderer *renderer = renderer_find(format);
    if (renderer) {
        BUF_CLEANUP text = {0};
        const struct render_options plain = {0};
        renderer->render(&report->report, &plain, &text);
        *out = strdup(buf_cstr(&text));
    }
    if (!renderer)
        error_set(&why, CW_E_USAGE, "there is no format \"%s\"", format);
    else if (!*out)
        error_set(&why, CW_E_IO, "out of memory");
    return error_hand_out(&why, error);
}

void cw_string_free(char *text)
{
    free(text);
}
