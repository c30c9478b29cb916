/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy fix: check, then write the certificate file that cures what was found. */
#include "fix.h"

#include <stdio.h>
#include <string.h>

/* ---- may it be written? ---- */

static bool is_proven(const struct chain_plan *chain)
{
    return chain->accepted > 0 && chain->rejected == 0;
}

static size_t accepting_now(const struct verdict *verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < verdict->client_count; i++)
        count += verdict->clients[i].accepts == 1;
    return count;
}

/* Another form of the same chain: nobody may be lost by it. */
static bool is_conversion(const struct fixing *f)
{
    const bool asked = f->form != NULL || argument_given(f->arguments, "with-root");
    return asked && f->chain.accepted >= accepting_now(&f->target->verdict);
}

static void say_lost(const struct fixing *f)
{
    for (size_t i = 0; i < f->chain.lost_count; i++) {
        const struct lost_block *lost = &f->chain.lost[i];
        if (lost->line > 0)
            fprintf(stderr, "certwhy fix: block %zu (lines %zu to %zu)", lost->block, lost->line,
                    lost->end_line);
        else
            fprintf(stderr, "certwhy fix: block %zu (from byte %zu)", lost->block, lost->offset);
        fputs(" cannot be saved: characters of it are missing or changed; copy that certificate "
              "again from its source, or let --pool FILE supply it\n",
              stderr);
    }
}

static bool is_file_target(const struct fixing *f)
{
    const struct target *target = &f->target->input.observation->target;
    return target->kind == TARGET_FILE && strcmp(target->path, "-") != 0;
}

static void say_why_not(const struct fixing *f, int status)
{
    const struct chain_plan *chain = &f->chain;
    if (chain->count == 0)
        fputs("certwhy fix: no certificate of a server could be read: no file was written\n",
              stderr);
    else if (chain->lost_count > 0 || chain->gap)
        fputs("certwhy fix: what is left is not proven to be accepted: no file was written "
              "(--unproven writes it)\n",
              stderr);
    else if (status == EXIT_FINDINGS && chain->unchanged && !is_file_target(f))
        fputs("certwhy fix: no certificate file cures this: the steps are in the report; no file "
              "was written\n",
              stderr);
    else if (status == EXIT_FINDINGS)
        fputs("certwhy fix: no certificate file cures this: the steps are in the report; no file "
              "was written (--unproven writes the chain as it should be sent)\n",
              stderr);
}

/* --prove-live: the real clients have the last word. */
static bool is_refuted(const struct fixing *f)
{
    return argument_given(f->arguments, "prove-live") && !live_proof_holds(&f->live);
}

/* True when the chain may be written; else says why not. */
static bool may_write(const struct fixing *f, int status)
{
    const struct chain_plan *chain = &f->chain;
    const bool whole = chain->lost_count == 0 && !chain->gap;
    const bool judged =
        is_proven(chain) ||
        (whole && chain->count > 0 && (f->target->plan.bundle.p != NULL || is_conversion(f)));
    if (judged && !is_refuted(f))
        return true;
    if (!judged)
        say_lost(f);
    if (chain->count > 0 && argument_given(f->arguments, "unproven"))
        return true;
    if (!judged)
        say_why_not(f, status);
    else
        fprintf(stderr, "certwhy fix: %s: no file was written (--unproven writes it)\n",
                f->live.count > 0 ? "not proven live" : "none of these clients can be run here");
    return false;
}

/* ---- what is there already ---- */

static bool same_bytes(const struct fixing *f, const char *path, struct bytes content)
{
    BUF_CLEANUP present = {0};
    struct error ignored = {0};
    const char *root = f->report->options->root;
    const bool same = file_read(root, path, LIMIT_FILE_BYTES, &present, &ignored) == CW_OK &&
                      bytes_equal(buf_bytes(&present), content);
    if (present.n > 0)
        explicit_bzero(present.p, present.n);
    return same;
}

/* The file that is there has nothing to be changed, down to its bytes; or the server sends this
 * chain already. */
static bool is_done(const struct fixing *f)
{
    const struct observation *obs = f->target->input.observation;
    if (f->form != NULL || argument_given(f->arguments, "with-root"))
        return false;
    if (!is_file_target(f))
        return obs->target.kind == TARGET_ENDPOINT && f->chain.unchanged;
    BUF_CLEANUP content = {0};
    const struct form_file plain = {"", PART_LEAF | PART_CHAIN};
    const struct form_input input = {.certs = f->chain.certs, .count = f->chain.count};
    return form_write(&plain, &input, &content) &&
           same_bytes(f, obs->target.path, buf_bytes(&content));
}

/* ---- the key ---- */

enum cw_code fix_key_open(struct fixing *f, struct error *error)
{
    const struct cw_options *options = f->report->options;
    BUF_CLEANUP content = {0}, spki = {0};
    if (f->key)
        return CW_OK;
    if (!*options->key)
        return f->form && f->form->needs_key
                   ? error_set(error, CW_E_USAGE,
                               "--for %s wants the private key in the file: --key FILE",
                               f->form->name)
                   : CW_OK;
    TRY(file_read(options->root, options->key, 1 << 20, &content, error));
    const char *passphrase = options->key_pass.n > 0 ? (const char *)options->key_pass.p : NULL;
    const enum key_read result = private_key_read(buf_bytes(&content), passphrase, &f->key);
    if (content.n > 0)
        explicit_bzero(content.p, content.n);
    if (result != KEY_READ_OK)
        return error_set(error, CW_E_INPUT, "%s: %s", str_safe(f->arena, bytes_str(options->key)),
                         result == KEY_READ_ENCRYPTED
                             ? "its passphrase is needed (--key-pass-file FILE)"
                             : "no private key that can be read");
    struct key_info info = {0};
    if (private_key_spki(f->key, &spki))
        key_info_read(buf_bytes(&spki), &info);
    if (!bytes_equal(info.bits_content, f->chain.certs[0]->key.bits_content))
        return error_set(error, CW_E_INPUT,
                         "%s does not belong to the certificate that comes first, \"%s\": no file "
                         "was written",
                         str_safe(f->arena, bytes_str(options->key)),
                         name_short(f->arena, f->chain.certs[0]->subject));
    return CW_OK;
}

/* ---- the whole ---- */

static int finish(struct fixing *f, int status)
{
    struct error error = {0};
    enum cw_code code = fix_key_open(f, &error);
    if (code == CW_OK)
        code = fix_files_write(f, &error);
    if (code != CW_OK)
        return command_failed(&fix_command, &error);
    fix_files_say(f);
    fprintf(stderr, "certwhy fix: %s\n",
            is_proven(&f->chain)       ? "proven: with it every client accepts"
            : f->target->plan.bundle.p ? "it cures its finding, others remain: see the report"
            : argument_given(f->arguments, "unproven")
                ? "not proven: see the report"
                : "another form of the same chain: see the report");
    if (*f->chain.choice)
        fprintf(stderr, "certwhy fix: %s\n", f->chain.choice);
    return is_proven(&f->chain) ? EXIT_ACCEPTED : status;
}

static bool write_message(const struct fixing *f)
{
    BUF_CLEANUP text = {0};
    message_write(f->target, &f->chain, argument_value(f->arguments, "save"), &text);
    return output_write(argument_value(f->arguments, "message"), buf_bytes(&text));
}

/* Before the report is printed: what it says of fixes may be proven live. */
static enum cw_code fix_prepare(const struct judging_command *judging, struct cw_report *report,
                                struct error *error)
{
    struct fixing *f = judging->context;
    f->report = report;
    f->target = report->report.targets[0];
    f->arena = &report->arena;
    if (argument_given(f->arguments, "expect") || report_exit_status(report) == EXIT_UNSEEN)
        return CW_OK;
    repair_chain(&f->target->input, &f->target->verdict, f->arena, &f->chain);
    return argument_given(f->arguments, "prove-live") ? fix_live(f, error) : CW_OK;
}

static int fix_write(struct fixing *f, int status)
{
    if (!may_write(f, status))
        return status == EXIT_ACCEPTED ? EXIT_FINDINGS : status;
    if (is_done(f)) {
        fputs(status == EXIT_ACCEPTED
                  ? "certwhy fix: nothing is wrong with the chain: no file was written\n"
                  : "certwhy fix: the chain is as it should be; what is wrong is in the report: no "
                    "file was written\n",
              stderr);
        return status;
    }
    return finish(f, status);
}

static int fix_finish(const struct judging_command *judging, struct cw_report *report, int status)
{
    struct fixing *f = judging->context;
    (void)report;
    if (argument_given(f->arguments, "expect"))
        return fix_expect(f, status);
    if (status == EXIT_UNSEEN)
        return status;
    if (argument_given(f->arguments, "prove-live"))
        fix_live_say(f);
    if (argument_given(f->arguments, "message") && !write_message(f))
        return EXIT_UNUSABLE;
    if (f->path || argument_given(f->arguments, "in-place"))
        return fix_write(f, status);
    const bool refuted = argument_given(f->arguments, "prove-live") && !live_proof_holds(&f->live);
    return refuted && status == EXIT_ACCEPTED ? EXIT_FINDINGS : status;
}

/* What cannot be meant, before anything is looked at. */
static int usage_check(const struct command *command, const struct arguments *arguments)
{
    const bool output = argument_given(arguments, "output"),
               in_place = argument_given(arguments, "in-place");
    if (arguments->operand_count > 1)
        return command_unusable(command, "one target at a time: its file is written to -o FILE");
    if (argument_given(arguments, "expect"))
        return EXIT_ACCEPTED;
    if (!output && !in_place && !argument_given(arguments, "message") &&
        !argument_given(arguments, "prove-live"))
        return command_unusable(command, "-o FILE is needed: where the repaired file goes");
    if (output && in_place)
        return command_unusable(command, "-o FILE or --in-place, not both");
    if (in_place && argument_given(arguments, "for"))
        return command_unusable(command, "--for makes another kind of file: write it with -o FILE");
    if (argument_given(arguments, "for") && !server_form_find(argument_value(arguments, "for")))
        return command_unusable(
            command, "--for %s is not known: %s",
            str_safe(arguments->arena, bytes_str(argument_value(arguments, "for"))),
            server_form_names(arguments->arena));
    return EXIT_ACCEPTED;
}

static int fix_run(const struct command *command, const struct arguments *arguments)
{
    struct fixing f = {.arguments = arguments, .path = argument_value(arguments, "output")};
    const struct judging_command judging = {
        .command = command, .context = &f, .prepare = fix_prepare, .finish = fix_finish};
    int status = usage_check(command, arguments);
    if (argument_given(arguments, "for"))
        f.form = server_form_find(argument_value(arguments, "for"));
    if (status == EXIT_ACCEPTED)
        status = judging_run(&judging, arguments);
    private_key_free(f.key);
    return status;
}

static const struct option_spec options[] = {
    {.name = "output", .letter = 'o', .value = "FILE", .help = "write the repaired file there"},
    {.name = "in-place", .help = "replace the file itself; FILE.bak keeps what it was"},
    {.name = "for",
     .value = "SERVER",
     .help = "as it takes it: nginx, haproxy, tomcat, iis, … (a wrong name lists all)"},
    {.name = "with-root", .help = "add the root at the end, for those who ask for it"},
    {.name = "store-pass-file",
     .value = "FILE",
     .help = "the password of a PKCS#12 keystore is its first line (default: changeit)"},
    {.name = "unproven", .help = "write the chain although it is not proven to cure anything"},
    {.name = "prove-live",
     .help = "show it to the real curl, Java, Go, … here, on loopback; takes --key"},
    {.name = "message",
     .value = "FILE",
     .help = "write the text to send to the server's administrator or the CA"},
    {.name = NULL},
};

const struct command fix_command = {
    .name = "fix",
    .summary = "write the certificate file that repairs a server's chain",
    .usage = "fix TARGET -o FILE [options]",
    .about =
        "Checks TARGET as `certwhy check` does, prints the report, and writes the corrected file:\n"
        "leaf first, then the intermediates, no root. Only what was proven by judging again is\n"
        "written. A private key is copied only where --for SERVER needs it and --key gives it.\n"
        "Exit status: 0 every client accepts with the file (or nothing was wrong), 1 something\n"
        "remains, 2 unusable arguments or input, 3 the target could not be observed.",
    .examples =
        "  certwhy fix example.com -o fullchain.pem --pool intermediates.pem\n"
        "  certwhy fix bundle.pem --name example.com -o fixed.pem     a mangled or unordered file\n"
        "  certwhy fix chain.p7b --for haproxy --key server.key -o site.pem\n"
        "  certwhy fix example.com --save case.json --message letter.txt    somebody else must "
        "act\n"
        "  certwhy fix example.com -o chain.pem --key site.key --prove-live   what do real clients "
        "say?\n"
        "  certwhy fix example.com --expect fullchain.pem             was the server reloaded?\n",
    .options = judging_options,
    .more = options,
    .run = fix_run,
};
