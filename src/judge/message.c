/* SPDX-License-Identifier: Apache-2.0 */
/* A client's own words: which of its reasons it shows, and how it says it. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "judge/internal.h"

struct spoken {
    const struct fact *fact;
    int depth, phase, step;
    bool root_first;
    bool hidden; /**< behind a reason that ends the client's look at the chain */
    size_t order;
};

/** Phases of what a client finds before, or beside, its look at the chain. */
enum { PHASE_BESIDE = 1000 };

static bool is_here(enum where where, int depth)
{
    if (depth >= DEPTH_ASIDE)
        return where == ANYWHERE || where == ASIDE;
    return where == ANYWHERE || (where != ASIDE && (where == AT_LEAF) == (depth <= 0));
}

/** The order in which a client meets its reasons: its own, or that of what it stands on. */
static const struct phase *phases_of(const struct profile *profile)
{
    while (profile->phases == NULL && profile->parent != NULL)
        profile = profile->parent;
    return profile->phases;
}

/** Rows of phases and words may be for one value (less one) or one limit only. */
static bool row_suits(int64_t only, int64_t limit, const struct fact *fact)
{
    return (only == 0 || only == fact->value + 1) && (limit == 0 || limit == fact->limit);
}

static const struct phase *phase_of(const struct phase *phases, const struct fact *fact, int depth)
{
    const struct phase *p = phases;
    while (p->phase >= 0 &&
           !(p->fact == fact->id && is_here(p->where, depth) && row_suits(p->only, p->limit, fact)))
        p++;
    return p->phase >= 0 ? p : NULL;
}

static int spoken_compare(const void *a, const void *b)
{
    const struct spoken *x = a, *y = b;
    if (x->phase != y->phase)
        return x->phase < y->phase ? -1 : 1;
    if (x->hidden != y->hidden)
        return x->hidden ? 1 : -1;
    if (x->depth != y->depth) {
        const bool first = x->root_first ? x->depth > y->depth : x->depth < y->depth;
        return first ? -1 : 1;
    }
    if (x->step != y->step)
        return x->step < y->step ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static const struct words *words_find(const struct words *words, const struct spoken *s)
{
    for (const struct words *w = words; w != NULL && w->text != NULL; w++) {
        if (w->fact == s->fact->id && row_suits(w->only, w->limit, s->fact) &&
            is_here(w->where, s->depth) && w->hidden == s->hidden)
            return w;
    }
    return NULL;
}

static const struct words *words_for(const struct profile *profile, const struct spoken *s)
{
    const struct words *w = NULL;
    for (; w == NULL && profile != NULL; profile = profile->parent)
        w = words_find(profile->words, s);
    return w;
}

bool profile_saying(const struct profile *profile, size_t i, struct saying *out)
{
    const struct words *words = profile->words;
    for (size_t k = 0; words && words[k].text; k++)
        if (k == i) {
            *out = (struct saying){
                .text = words[k].text, .code = words[k].code, .fact = words[k].fact};
            return true;
        }
    return false;
}

const struct words *words_of(const struct profile *profile, const struct fact *fact, int depth)
{
    return words_for(profile, &(struct spoken){.fact = fact, .depth = depth});
}

static const char *code_name(const struct code_name *codes, const char *code)
{
    if (codes == NULL || code[0] == '\0')
        return code;
    while (codes->code != NULL && strcmp(codes->code, code) != 0)
        codes++;
    return codes->name;
}

/** What message.c itself knows of a text's variable parts; the rest stands in placeholder.c. */
struct parts {
    const struct spoken *spoken;
    const char *code, *message;
    const struct words *words;
};

static char *capital(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    if (copy[0] >= 'a' && copy[0] <= 'z')
        copy[0] = (char)(copy[0] - 'a' + 'A');
    return copy;
}

static const char *part(struct judging *j, const struct parts *parts, struct bytes key)
{
    const struct words *w = parts->words;
    if (bytes_equal_str(key, "message"))
        return parts->message;
    if (bytes_equal_str(key, "Message"))
        return capital(j->arena, parts->message);
    if (bytes_equal_str(key, "code"))
        return parts->code;
    if (bytes_equal_str(key, "depth"))
        return arena_printf(j->arena, "%d", parts->spoken->depth > 0 ? parts->spoken->depth : 0);
    if (bytes_equal_str(key, "library"))
        return w != NULL && w->library != NULL ? w->library : "";
    if (bytes_equal_str(key, "function"))
        return w != NULL && w->function != NULL ? w->function : "";
    return placeholder_value(j, parts->spoken->fact, key);
}

static char *words_fill(struct judging *j, const char *text, const struct parts *parts)
{
    BUF_CLEANUP out = {0};
    for (const char *p = text; *p != '\0'; p++) {
        const char *end = *p == '{' ? strchr(p, '}') : NULL;
        if (end == NULL) {
            buf_append(&out, p, 1);
            continue;
        }
        buf_add_str(&out, part(j, parts, bytes_of(p + 1, (size_t)(end - p) - 1)));
        p = end;
    }
    return arena_strdup(j->arena, buf_cstr(&out));
}

/** Adds the lines of text that are not there yet; what only a blank separates are sentences. */
static void lines_add(struct buf *out, const char *text, const char *separator)
{
    const bool sentences = separator[1] == '\0';
    while (*text != '\0') {
        const char *end = sentences ? NULL : strstr(text, separator);
        const size_t n = end != NULL ? (size_t)(end - text) : strlen(text);
        if (bytes_find(buf_bytes(out), bytes_of(text, n)) == SIZE_MAX) {
            if (out->n > 0)
                buf_add_str(out, separator);
            buf_append(out, text, n);
        }
        text += n + (end != NULL ? strlen(separator) : 0);
    }
}

/** All lines, each once, in phase order: for clients that print a line per problem. */
static void speak_all(struct judging *j, const struct spoken *list, size_t count,
                      struct client_verdict *verdict)
{
    const struct profile *profile = verdict->profile;
    BUF_CLEANUP out = {0};
    struct parts all = {.spoken = &list[0], .code = "", .message = "", .words = NULL};
    const struct words *first = words_for(profile, &list[0]);
    verdict->code = "";
    if (first != NULL && first->bare) {
        verdict->message = verdict->gist = words_fill(j, first->text, &all);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct words *w = words_for(profile, &list[i]);
        if (w == NULL && list[i].hidden)
            continue;
        const char *text = w != NULL ? w->text : profile->fallback;
        const struct parts parts = {.spoken = &list[i], .code = "", .message = "", .words = w};
        lines_add(&out, words_fill(j, text, &parts), profile->separator);
    }
    verdict->gist = all.message = arena_strdup(j->arena, buf_cstr(&out));
    verdict->message =
        profile->wrapper != NULL ? words_fill(j, profile->wrapper, &all) : all.message;
}

static void speak_one(struct judging *j, const struct profile *profile, const struct spoken *s,
                      struct client_verdict *out)
{
    const struct words *w = words_for(profile, s);
    const bool bare = w != NULL && w->bare, failure = w != NULL && w->library != NULL;
    const char *wrapper = bare ? NULL : failure ? profile->failure_wrapper : profile->wrapper;
    struct parts parts = {.spoken = s,
                          .code = w != NULL && w->code != NULL ? w->code : "",
                          .message = "",
                          .words = w};
    if (!bare && !failure)
        parts.code = code_name(profile->codes, parts.code);
    parts.message = words_fill(j, w != NULL ? w->text : profile->fallback, &parts);
    out->code = failure && profile->failure_code != NULL ? profile->failure_code : parts.code;
    out->gist = parts.message;
    out->message = wrapper == NULL ? parts.message : words_fill(j, wrapper, &parts);
}

/** Flags of a bit mask, added up; what comes before the flags stands alone. */
static void speak_flags(struct judging *j, const struct profile *profile, const struct spoken *list,
                        size_t count, struct client_verdict *out)
{
    BUF_CLEANUP lines = {0};
    unsigned long flags = 0;
    const char *wrapper = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct words *w = words_for(profile, &list[i]);
        if (w == NULL || w->bare)
            continue;
        flags |= strtoul(w->code, NULL, 16);
        wrapper = i == 0 || wrapper == w->alone ? w->alone : NULL;
        const struct parts parts = {.spoken = &list[i], .code = "", .message = "", .words = w};
        lines_add(&lines, words_fill(j, w->text, &parts), profile->separator);
    }
    out->code = arena_printf(j->arena, "0x%lx", flags);
    const struct parts parts = {
        .spoken = &list[0], .code = out->code, .message = buf_cstr(&lines), .words = NULL};
    out->gist = arena_strdup(j->arena, buf_cstr(&lines));
    out->message = words_fill(j, wrapper != NULL ? wrapper : profile->wrapper, &parts);
}

/** A search that failed says only that it did. */
static void speak_search(struct judging *j, const struct profile *profile, const struct spoken *s,
                         struct client_verdict *out)
{
    struct parts parts = {.spoken = s, .code = profile->search_code, .message = "", .words = NULL};
    parts.message = words_fill(j, profile->search_failed, &parts);
    out->code = profile->search_code;
    out->gist = parts.message;
    out->message = words_fill(j, profile->wrapper, &parts);
}

/* ---- which reasons a client meets ---- */

static bool is_about_names(enum fact_id fact)
{
    return fact >= FACT_NAME_MISMATCH && fact <= FACT_NAME_IDN;
}

/** The certificate whose verification meets this reason: what an issuer lacks is found out with the
 *  certificate below. */
static int met_at(const struct spoken *s)
{
    const bool of_issuer = s->fact->id == FACT_NOT_A_CA || s->fact->id == FACT_KEY_USAGE_CA ||
                           s->fact->id == FACT_PATH_LENGTH;
    return of_issuer && s->depth > 0 ? s->depth - 1 : s->depth;
}

/** GnuTLS judges staples beside the chain (cert-session.c check_ocsp_response). */
static bool is_about_revocation(enum fact_id fact)
{
    return fact >= FACT_REVOKED && fact <= FACT_NO_SOURCE;
}

static bool is_of_chain(const struct profile *profile, const struct spoken *s)
{
    const bool on_path = s->fact->node >= 0 && s->depth >= 0 && s->depth < DEPTH_ASIDE;
    return on_path && !is_about_names(s->fact->id) && !is_about_revocation(s->fact->id) &&
           s->phase >= profile->search_phase;
}

/** verify.c _gnutls_verify_crt_status: from the top, up to the first certificate that is bad;
 *  purposes are looked at beside it. */
static void hide_below_bad(const struct profile *profile, struct spoken *list, size_t count)
{
    int top = -1;
    for (size_t i = 0; i < count; i++)
        if (is_of_chain(profile, &list[i]) && list[i].fact->id != FACT_EKU_MISSING &&
            met_at(&list[i]) > top)
            top = met_at(&list[i]);
    for (size_t i = 0; i < count; i++)
        list[i].hidden = is_of_chain(profile, &list[i]) && list[i].fact->id != FACT_EKU_MISSING &&
                         met_at(&list[i]) < top;
}

/** verify_certificate_chain.cc PathVerifier::Run: a signature that fails, or cannot be checked,
 * ends it there; without an anchor it does not begin. */
static void hide_below_unsigned(const struct profile *profile, struct spoken *list, size_t count)
{
    int top = -1;
    for (size_t i = 0; i < count; i++) {
        const enum fact_id id = list[i].fact->id;
        const bool ends =
            id == FACT_SIGNATURE_BAD || id == FACT_SIGNATURE_UNSUPPORTED || id == FACT_WEAK_DIGEST;
        if (id == FACT_ISSUER_NOT_FOUND || id == FACT_ROOT_NOT_TRUSTED ||
            id == FACT_SELF_SIGNED_LEAF || id == FACT_SELF_SIGNED_CA_LEAF ||
            id == FACT_PATH_TOO_LONG)
            top = INT_MAX;
        else if (ends && list[i].depth > top)
            top = list[i].depth;
        else if (id == FACT_KEY_UNSUPPORTED && list[i].depth - 1 > top)
            top = list[i].depth - 1;
    }
    for (size_t i = 0; i < count; i++) {
        const enum fact_id id = list[i].fact->id;
        const bool here =
            list[i].depth == top && (id == FACT_SIGNATURE_BAD || id == FACT_SIGNATURE_UNSUPPORTED ||
                                     id == FACT_WEAK_DIGEST);
        const bool end =
            top == INT_MAX && (id == FACT_ISSUER_NOT_FOUND || id == FACT_ROOT_NOT_TRUSTED ||
                               id == FACT_SELF_SIGNED_LEAF || id == FACT_SELF_SIGNED_CA_LEAF ||
                               id == FACT_PATH_TOO_LONG);
        list[i].hidden = is_of_chain(profile, &list[i]) && list[i].depth <= top && !here && !end;
    }
}

/** cert_verify_proc_builtin.cc MapPathBuilderErrorsToCertStatus: what has no status of its own
 *  counts only when nothing else is wrong with the path; but cert_verify_proc.cc
 *  InspectSignatureAlgorithmsInChain sets INVALID whatever else there is, for all certificates but
 *  the last, be that an anchor or not. */
static void hide_general(struct spoken *list, size_t count, size_t path_count)
{
    bool special = false;
    for (size_t i = 0; i < count; i++)
        special |= !list[i].hidden && list[i].phase > 0 && !is_about_names(list[i].fact->id) &&
                   list[i].phase < PHASE_BESIDE;
    for (size_t i = 0; i < count; i++) {
        const enum fact_id id = list[i].fact->id;
        const bool own = id == FACT_WEAK_DIGEST || id == FACT_SIGNATURE_UNSUPPORTED;
        if (own && list[i].depth >= 0 && (size_t)list[i].depth + 1 < path_count)
            list[i].hidden = false;
        else
            list[i].hidden |= special && list[i].phase == 0;
    }
}

static void reasons_hide(const struct profile *profile, struct spoken *list, size_t count,
                         size_t path_count)
{
    if (profile->hides == HIDES_BELOW_BAD)
        hide_below_bad(profile, list, count);
    else if (profile->hides == HIDES_BELOW_UNSIGNED)
        hide_below_unsigned(profile, list, count);
    if (profile->pick == PICK_STATUS)
        hide_general(list, count, path_count);
}

/** The reason that a client shows: the first, or last, that it meets. */
static const struct spoken *reason_shown(const struct profile *profile, const struct spoken *list,
                                         size_t count)
{
    if (profile->pick == PICK_LAST)
        return &list[count - 1];
    for (size_t i = 0; i < count; i++)
        if (!list[i].hidden)
            return &list[i];
    return &list[0];
}

/** Says it; the reason that it tells. */
static const struct spoken *spoken_say(struct judging *j, const struct spoken *list, size_t count,
                                       bool search_failed, struct client_verdict *out)
{
    const struct profile *profile = out->profile;
    if (profile->pick == PICK_FLAGS) {
        const struct words *w = words_for(profile, &list[0]);
        if (w != NULL && !w->bare) {
            speak_flags(j, profile, list, count, out);
            return &list[0];
        }
    }
    if (profile->pick == PICK_ALL) {
        speak_all(j, list, count, out);
        return &list[0];
    }
    const struct spoken *shown = reason_shown(profile, list, count);
    if (search_failed && profile->search_failed != NULL && shown->phase >= profile->search_phase)
        speak_search(j, profile, shown, out);
    else
        speak_one(j, profile, shown, out);
    return shown;
}

void client_speak(struct judging *j, const struct reasons *reasons, struct client_verdict *out)
{
    const struct profile *profile = out->profile;
    const struct phase *phases = phases_of(profile);
    if (reasons->count == 0 || phases == NULL)
        return;
    struct spoken *list = arena_array(j->arena, reasons->count, sizeof *list);
    for (size_t i = 0; i < reasons->count; i++) {
        const struct phase *phase = phase_of(phases, &reasons->items[i], reasons->depths[i]);
        list[i] = (struct spoken){.fact = &reasons->items[i],
                                  .depth = reasons->depths[i],
                                  .phase = phase != NULL ? phase->phase : 1000,
                                  .step = phase != NULL ? phase->step : 0,
                                  .root_first = phase != NULL && phase->root_first,
                                  .order = i};
    }
    qsort(list, reasons->count, sizeof *list, spoken_compare);
    reasons_hide(profile, list, reasons->count, out->path_count);
    qsort(list, reasons->count, sizeof *list, spoken_compare);
    const struct spoken *shown = spoken_say(j, list, reasons->count, reasons->search_failed, out);
    const struct fact *told = shown->fact;
    const bool blurred = reasons->search_failed && profile->search_failed != NULL &&
                         shown->phase >= profile->search_phase;
    const struct fact no_path = {.id = FACT_ISSUER_NOT_FOUND, .node = told->node, .text = ""};
    out->alert = profile->pick == PICK_FLAGS
                     ? alert_of_all(profile, reasons)
                     : alert_of(profile, blurred ? &no_path : told, shown->depth);
    for (size_t i = 0; i < out->reason_count && out->said < 0; i++)
        if (out->reasons[i].fact == told->id && out->reasons[i].node == told->node)
            out->said = (int)i;
}
