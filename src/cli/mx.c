/* SPDX-License-Identifier: Apache-2.0 */
/* --mx: a mail domain stands for the servers that take its mail. */
#include <string.h>

#include "cli.h"

static enum cw_code domain_read(const char *text, struct arena *arena, const char **out,
                                struct error *error)
{
    struct target target;
    TRY(target_parse(text, "/nonexistent", arena, &target, error));
    TRY(target_set_name(&target, "", arena, error));
    if (target.kind != TARGET_ENDPOINT || target.name_kind != NAME_DNS || strchr(text, '/'))
        return error_set(error, CW_E_USAGE, "--mx: \"%s\" is not a mail domain",
                         str_safe(arena, bytes_str(text)));
    *out = *target.sni ? target.sni : target.host; /* without a dot at the end */
    return CW_OK;
}

/* Why there is nobody to ask, in words. */
static enum cw_code nobody(const struct mx_list *list, const char *domain, struct error *error)
{
    switch (list->result) {
    case MX_NULL:
        return error_set(error, CW_E_NOBODY,
                         "%s takes no mail: its MX record names nobody (RFC 7505)", domain);
    case MX_NO_NAME:
        return error_set(error, CW_E_NOBODY, "%s does not exist in the DNS", domain);
    default:
        return error_set(error, CW_E_NOBODY, "the mail servers of %s could not be looked up: %s",
                         domain, list->why);
    }
}

enum cw_code mx_add(struct cw_report *report, const char *text, struct error *error)
{
    const struct cw_options *options = report->options;
    struct arena *arena = &report->arena;
    const struct dns_settings settings = {.server = options->dns_server,
                                          .anchors = options->dns_anchors,
                                          .seconds = options->timeout};
    struct mx_list list;
    const char *domain = "";
    TRY(domain_read(text, arena, &domain, error));
    mx_lookup(&settings, domain, arena, &list);
    if (list.result == MX_NONE) { /* RFC 5321 section 5.1: the domain itself */
        TRY(report_add(report, arena_printf(arena, "smtp://%s:25", domain), error));
        report_note_mail(report, domain, -1);
        return CW_OK;
    }
    if (list.count == 0)
        return nobody(&list, domain, error);
    for (size_t i = 0; i < list.count; i++) {
        TRY(report_add(report, arena_printf(arena, "smtp://%s:25", list.items[i].host), error));
        report_note_mail(report, domain, list.items[i].preference);
    }
    return CW_OK;
}
