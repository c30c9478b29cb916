/* SPDX-License-Identifier: Apache-2.0 */
/* The text report: the verdict first, then the cause, the chain, who says what, what to do. */
#include <string.h>

#include "text.h"

enum { DEFAULT_WIDTH = 100, LEAST_WIDTH = 80 };

static bool saw_certificate(const struct target_report *target)
{
    return target->verdict.chain_count > 0;
}

static const char *clients_word(size_t n)
{
    return n == 1 ? "client" : "clients";
}

/* Why nothing can be said about a certificate, when no finding says it better. */
static const char *not_observed(const struct page *page)
{
    const struct observation *observation = page->target->input.observation;
    if (observation->target.kind == TARGET_FILE)
        return "no certificate could be read from it";
    if (observation->resolve != NET_OK)
        return net_result_text(observation->resolve);
    const struct connection *primary = observation_primary(observation);
    if (primary == NULL)
        return "no address was tried";
    if (primary->net != NET_OK)
        return net_result_text(primary->net);
    return "the server showed no certificate";
}

static const char *accepted_sentence(const struct page *page, struct tally tally)
{
    if (tally.judged == 1)
        return "accepted by the one client asked";
    return arena_printf(page->arena, "accepted by all %zu clients", tally.judged);
}

static const char *verdict_sentence(const struct page *page, struct tally tally)
{
    if (!saw_certificate(page->target))
        return arena_printf(page->arena, "could not be checked: %s", not_observed(page));
    if (tally.judged == 0)
        return "no client's answer is known";
    size_t causes = finding_cause_count(&page->target->findings);
    bool file = page->target->input.observation->target.kind == TARGET_FILE;
    if (tally.rejecting == 0 && causes == 0)
        return accepted_sentence(page, tally);
    if (tally.rejecting == 0 && causes == 1 && show_has_revoked(page->target))
        return arena_printf(page->arena, "revoked, yet %s: %s not look",
                            accepted_sentence(page, tally),
                            tally.judged == 1 ? "it does" : "they do");
    if (tally.rejecting == 0)
        return arena_printf(page->arena, "%s, but %s", accepted_sentence(page, tally),
                            file ? "not every server can load the file" : "something is wrong");
    const char *reasons = causes > 1 ? arena_printf(page->arena, ", for %zu reasons", causes) : "";
    return arena_printf(page->arena, "rejected by %zu of %zu %s%s", tally.rejecting, tally.judged,
                        clients_word(tally.judged), reasons);
}

static void verdict_line(struct page *page, struct tally tally)
{
    bool unknown = !saw_certificate(page->target) || tally.judged == 0;
    bool rejected = tally.rejecting > 0 || finding_cause_count(&page->target->findings) > 0;
    enum style style = unknown ? STYLE_YELLOW : rejected ? STYLE_RED : STYLE_GREEN;
    page_style(page, style, unknown ? "!" : rejected ? "✗" : "✓");
    page_spaces(page, 1);
    const char *target = show_target(page->arena, &page->target->input.observation->target);
    const char *name = show_guard(page->arena, page->target->input.observation->target.name);
    const char *host = page->target->input.observation->target.host;
    bool other_name = name[0] != '\0' && (host == NULL || strcmp(host, name) != 0);
    const char *as = other_name ? arena_printf(page->arena, " as %s", name) : "";
    const char *line =
        arena_printf(page->arena, "%s%s — %s", target, as, verdict_sentence(page, tally));
    page_wrap(page, rejected ? STYLE_BOLD : STYLE_PLAIN, line, 2, 2);
}

static void limits(struct page *page)
{
    const struct verdict *verdict = &page->target->verdict;
    if (verdict->limit_count == 0)
        return;
    const char *names = text_join(page->arena, verdict->limits_hit, verdict->limit_count, ", ");
    page_item(page, "Limits", arena_printf(page->arena, "not everything was looked at: %s", names));
}

/* What was seen was seen through it, and a proxy may show something else than the server. */
static void proxy(struct page *page)
{
    const struct observation *obs = page->target->input.observation;
    if (!show_has_proxy(obs))
        return;
    page_end(page);
    page_item(page, "Through",
              arena_printf(page->arena, "the proxy %s (%s)", show_guard(page->arena, obs->proxy),
                           show_guard(page->arena, obs->proxy_from)));
}

/* RFC 7301 section 3.2: a server that does not know the extension chooses none. */
static void alpn(struct page *page)
{
    const struct observation *obs = page->target->input.observation;
    const struct connection *primary = observation_primary(obs);
    if (obs->alpn_offered == NULL || obs->alpn_offered[0] == '\0' || primary == NULL ||
        primary->handshake.version[0] == '\0')
        return;
    const char *chosen = primary->handshake.alpn;
    page_item(page, "ALPN",
              chosen[0] != '\0'
                  ? arena_printf(page->arena, "%s, of %s", show_guard(page->arena, chosen),
                                 show_guard(page->arena, obs->alpn_offered))
                  : arena_printf(page->arena, "none of %s was chosen",
                                 show_guard(page->arena, obs->alpn_offered)));
}

/* RFC 7672 section 1.3: what leads from the domain to the host is not authenticated by TLS. */
static void mail(struct page *page)
{
    const struct target *target = &page->target->input.observation->target;
    const char *domain = target->mail_domain;
    if (domain == NULL || domain[0] == '\0')
        return;
    const char *how = target->mail_preference < 0
                          ? "it has no MX record"
                          : arena_printf(page->arena, "MX %d", target->mail_preference);
    page_end(page);
    page_item(page, "Mail",
              arena_printf(page->arena,
                           "for %s goes here (%s). The name that is judged is this host's; that it "
                           "is the right host for the domain is proven by DANE or MTA-STS alone.",
                           show_guard(page->arena, domain), how));
}

static void expected(struct page *page)
{
    const struct target_report *target = page->target;
    const struct observation *obs = target->input.observation;
    size_t same = 0;
    for (size_t i = 0; target->verdict.expected && i < obs->connection_count; i++)
        same += target->verdict.expected[i] == EXPECT_SAME;
    if (same == 0)
        return;
    page_item(page, "Expected",
              arena_printf(page->arena, "%zu of %zu %s what is in %s", same, obs->connection_count,
                           obs->connection_count == 1 ? "address serves" : "addresses serve",
                           show_guard(page->arena, obs->expected_file)));
}

static void client_certificate(struct page *page)
{
    const char *sentence = show_client_sentence(page->arena, page->target);
    if (*sentence != '\0')
        page_item(page, "Client", sentence);
}

/* Where clients reject: whether it is the verification alone that fails. */
static void service(struct page *page, struct tally tally)
{
    const struct service_seen *seen = &page->target->input.observation->service;
    const char *server = show_guard(page->arena, seen->server ? seen->server : "");
    const char *banner = show_guard(page->arena, seen->banner ? seen->banner : "");
    if (tally.rejecting == 0 || !saw_certificate(page->target))
        return;
    const char *line = "";
    if (seen->status >= 500)
        line = arena_printf(page->arena,
                            "answers behind that certificate with HTTP %d%s%s: it is not only the "
                            "verification that fails",
                            seen->status, *server ? ", " : "", server);
    else if (seen->status)
        line = arena_printf(page->arena,
                            "answers behind that certificate (HTTP %d%s%s): only the verification "
                            "fails",
                            seen->status, *server ? ", " : "", server);
    else if (*banner)
        line = arena_printf(page->arena, "answers (\"%s\"): only the verification fails", banner);
    else if (seen->answers)
        line = "answers behind that certificate: only the verification fails";
    else if (seen->asked)
        line = "did not answer behind that certificate either";
    if (*line)
        page_item(page, "Service", line);
}

static void diagnosis(struct page *page)
{
    text_causes(page);
    mail(page);
    proxy(page);
    text_chain(page);
    if (saw_certificate(page->target))
        text_clients(page);
    service(page, client_tally(page->target));
    text_clock(page);
    text_dns(page);
    alpn(page);
    expected(page);
    client_certificate(page);
    text_fixes(page);
    text_notes(page);
    limits(page);
    text_footer(page);
}

static void text_target(struct page *page, bool quiet)
{
    struct tally tally = client_tally(page->target);
    verdict_line(page, tally);
    if (quiet)
        return;
    bool calm = saw_certificate(page->target) && tally.judged > 0 && tally.rejecting == 0 &&
                finding_cause_count(&page->target->findings) == 0;
    if (!calm) {
        diagnosis(page);
        return;
    }
    if (page->verbose > 0)
        text_chain(page);
    else
        text_chain_brief(page);
    mail(page);
    proxy(page);
    alpn(page);
    expected(page);
    client_certificate(page);
    text_clients_aside(page);
    text_clock(page);
    text_dns(page);
    text_notes(page);
    limits(page);
}

static unsigned page_width(unsigned asked)
{
    unsigned width = asked == 0 || asked > DEFAULT_WIDTH ? DEFAULT_WIDTH : asked;
    return width < LEAST_WIDTH ? LEAST_WIDTH : width;
}

void render_text(const struct report *report, const struct render_options *options, struct buf *out)
{
    for (size_t i = 0, shown = 0; i < report->count; i++) {
        struct arena arena = {0};
        if (report->targets[i]->error)
            continue; /* said by the command */
        struct page page = {
            .out = out,
            .arena = &arena,
            .width = page_width(options->width),
            .color = options->color,
            .verbose = options->verbose,
            .target = report->targets[i],
        };
        if (shown++ > 0 && !options->quiet)
            buf_add_byte(out, '\n');
        text_target(&page, options->quiet);
        arena_free(&arena);
    }
}
