/* SPDX-License-Identifier: Apache-2.0 */
/* What the verdicts and findings of one target come to: outcome and exit status. */
#include "certwhy_internal.h"

#include <string.h>

/* ---- --ignore ---- */

static bool names_target(const char *name, const struct target *target)
{
    return *name == '\0' || str_equal_nocase(name, target->name) ||
           str_equal_nocase(name, target->host) || strcmp(name, target->text) == 0;
}

static bool is_named(const struct cw_options *options, const struct observation *seen,
                     const struct finding *finding)
{
    for (size_t i = 0; i < options->ignore_count; i++) {
        const struct ignore_rule *ignore = &options->ignore[i];
        if (rule_find(ignore->rule) == finding->rule && names_target(ignore->name, &seen->target) &&
            (ignore->until == TIME_NONE || seen->at < ignore->until))
            return true;
    }
    return false;
}

/* A consequence is ignored with its causes: nobody should have to list what follows from what. */
static bool is_ignored(const struct cw_options *options, const struct checked *checked,
                       const struct finding *finding)
{
    if (is_named(options, &checked->observation, finding))
        return true;
    size_t named = 0;
    for (size_t i = 0; i < finding->because_count; i++)
        named += is_named(options, &checked->observation,
                          &checked->report.findings.items[finding->because[i]]);
    return finding->because_count && named == finding->because_count;
}

static bool finding_has_client(const struct finding *finding, const struct profile *profile)
{
    for (size_t i = 0; i < finding->client_count; i++)
        if (finding->clients[i] == profile)
            return true;
    return false;
}

/* A rejection counts unless each finding that it rests on is ignored. */
static bool rejection_counts(const struct cw_options *options, const struct checked *checked,
                             const struct profile *profile)
{
    size_t ignored = 0;
    for (size_t i = 0; i < checked->report.findings.count; i++) {
        const struct finding *finding = &checked->report.findings.items[i];
        if (!finding_has_client(finding, profile))
            continue;
        if (!is_ignored(options, checked, finding))
            return true;
        ignored++;
    }
    return ignored == 0;
}

/* ---- the outcome ---- */

struct tally {
    size_t accepted, rejected, unknown;
    bool rejection_counts;
};

static struct tally clients_count(const struct cw_options *options, const struct checked *checked)
{
    struct tally tally = {0};
    for (size_t i = 0; i < checked->report.verdict.client_count; i++) {
        const struct client_verdict *client = &checked->report.verdict.clients[i];
        /* What is only documented does not alter the outcome unless it was asked for. */
        if (!checked->selected[i] && profile_evidence(client->profile) == EVIDENCE_DOCUMENTED)
            continue;
        tally.accepted += client->accepts == 1;
        tally.rejected += client->accepts == 0;
        tally.unknown += client->accepts < 0;
        if (client->accepts == 0 && rejection_counts(options, checked, client->profile))
            tally.rejection_counts = true;
    }
    return tally;
}

/* Whatever the certificates are worth: a connection that ended before Finished was not accepted. */
static bool handshake_broke(const struct observation *seen)
{
    const struct connection *primary = observation_primary(seen);
    return primary && primary->handshake.result != HS_DONE;
}

static enum outcome outcome_of(const struct observation *seen, const struct tally *tally)
{
    const bool is_file = seen->target.kind == TARGET_FILE;
    if (!observation_has_certificates(seen) || tally->accepted + tally->rejected == 0)
        return is_file ? OUTCOME_ERROR : OUTCOME_UNREACHABLE;
    if (tally->accepted == 0 || handshake_broke(seen))
        return OUTCOME_REJECTED;
    return tally->rejected + tally->unknown ? OUTCOME_MIXED : OUTCOME_ACCEPTED;
}

static bool finding_counts(const struct cw_options *options, const struct checked *checked)
{
    for (size_t i = 0; i < checked->report.findings.count; i++) {
        const struct finding *finding = &checked->report.findings.items[i];
        if (finding->severity <= options->fail_on && !is_ignored(options, checked, finding))
            return true;
    }
    return false;
}

/* A key that was named and could not be compared: "accepted" would be read as "and the key pairs".
 */
static bool key_was_not_compared(const struct observation *seen)
{
    return seen->pairing == KEY_UNREADABLE || seen->pairing == KEY_ENCRYPTED;
}

void outcome_decide(const struct cw_options *options, struct checked *checked)
{
    struct target_report *report = &checked->report;
    const struct tally tally = clients_count(options, checked);
    report->outcome = outcome_of(&checked->observation, &tally);
    if (report->outcome == OUTCOME_UNREACHABLE)
        report->exit_status = 3;
    else if (report->outcome == OUTCOME_ERROR)
        report->exit_status = 2;
    else
        report->exit_status = tally.rejection_counts || tally.unknown ||
                              finding_counts(options, checked) ||
                              handshake_broke(&checked->observation);
    if (key_was_not_compared(&checked->observation))
        report->exit_status = exit_status_graver(report->exit_status, 2);
}

int exit_status_graver(int a, int b)
{
    static const int gravity[] = {0, 1, 3, 2};
    return gravity[a & 3] >= gravity[b & 3] ? a : b;
}

int report_exit_status(const struct cw_report *report)
{
    int status = 0;
    for (size_t i = 0; i < report->report.count; i++)
        status = exit_status_graver(status, report->report.targets[i]->exit_status);
    return status;
}
