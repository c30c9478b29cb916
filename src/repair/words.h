/* SPDX-License-Identifier: Apache-2.0 */
/* A proven change in words, commands and files: private to repair/. */
#ifndef CERTWHY_REPAIR_WORDS_H
#define CERTWHY_REPAIR_WORDS_H

#include "internal.h"

/** One fix to be worded. */
struct wording {
    struct repairing *r;
    const struct finding *finding;
    const struct change *change;
    const char *json_path;     /**< where the JSON report holds this fix */
    const char *parts, *notes; /**< of a combined fix: its parts and their caveats, "" else */
};
/** Sets id, who, summary, commands, files and caveat. */
void fix_word(const struct wording *wording, const struct fix_text *text, struct fix *fix);
/** The fix as a part of a longer sentence. */
const char *fix_part(const struct wording *wording, const struct fix_text *text);
const char *fix_caveat(const struct wording *wording, const struct fix_text *text);
/** What the finding's certificate is called in a list of parts: certificate 0 "www.example.com". */
const char *fix_subject(const struct wording *wording);
/** The commands of one page, appended to those of the fix unless they are there already. */
void fix_commands(const struct wording *wording, const struct fix_text *text, struct fix *fix);
/** The PEM of the chain that a correct server sends; p NULL when a certificate of it has to be
 * issued first. */
struct bytes bundle_pem(const struct repairing *r, const struct change *change);

#endif
