/* SPDX-License-Identifier: Apache-2.0 */
/* A text as its letters and digits. Logs wrap lines in the middle of words, colour them, quote them
 * in JSON and draw boxes around them; what remains the same is the order of the letters. */
#include <string.h>

#include "explain/messages.h"

#define LETTER(upper, lower, value) [upper] = (value), [lower] = (value)
const uint8_t message_class[256] = {
    ['0'] = 1,
    ['1'] = 2,
    ['2'] = 3,
    ['3'] = 4,
    ['4'] = 5,
    ['5'] = 6,
    ['6'] = 7,
    ['7'] = 8,
    ['8'] = 9,
    ['9'] = 10,
    LETTER('A', 'a', 11),
    LETTER('B', 'b', 12),
    LETTER('C', 'c', 13),
    LETTER('D', 'd', 14),
    LETTER('E', 'e', 15),
    LETTER('F', 'f', 16),
    LETTER('G', 'g', 17),
    LETTER('H', 'h', 18),
    LETTER('I', 'i', 19),
    LETTER('J', 'j', 20),
    LETTER('K', 'k', 21),
    LETTER('L', 'l', 22),
    LETTER('M', 'm', 23),
    LETTER('N', 'n', 24),
    LETTER('O', 'o', 25),
    LETTER('P', 'p', 26),
    LETTER('Q', 'q', 27),
    LETTER('R', 'r', 28),
    LETTER('S', 's', 29),
    LETTER('T', 't', 30),
    LETTER('U', 'u', 31),
    LETTER('V', 'v', 32),
    LETTER('W', 'w', 33),
    LETTER('X', 'x', 34),
    LETTER('Y', 'y', 35),
    LETTER('Z', 'z', 36),
    ['\\'] = CLASS_SPECIAL,
    ['&'] = CLASS_SPECIAL,
    [0x1b] = CLASS_SPECIAL,
};

enum { TERMINAL_ESCAPE_MAX = 32 };

/* ECMA-48: ESC [ parameters final. Anything longer than a colour is not one. */
static size_t terminal_escape(struct bytes text)
{
    if (text.n < 2 || text.p[1] != '[')
        return text.n < 2 ? 1 : 2;
    for (size_t i = 2; i < text.n && i < TERMINAL_ESCAPE_MAX; i++)
        if (text.p[i] >= 0x40 && text.p[i] <= 0x7e)
            return i + 1;
    return 2;
}

/* RFC 8259 section 7, and what shells and C print alike. A letter behind a backslash is no letter.
 */
static size_t backslash_escape(struct bytes text)
{
    if (text.n < 2)
        return 1;
    switch (text.p[1]) {
    case 'n':
    case 'r':
    case 't':
        return 2;
    case 'u':
        return text.n < 6 ? text.n : 6;
    case 'x':
        return text.n < 4 ? text.n : 4;
    default:
        return 1;
    }
}

static size_t entity(struct bytes text)
{
    static const char *const known[] = {"&quot;", "&apos;", "&amp;",  "&lt;",
                                        "&gt;",   "&#39;",  "&#x27;", "&#34;"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const size_t n = strlen(known[i]);
        if (text.n >= n && memcmp(text.p, known[i], n) == 0)
            return n;
    }
    return 1;
}

size_t message_escape(struct bytes text)
{
    return text.p[0] == 0x1b  ? terminal_escape(text)
           : text.p[0] == '&' ? entity(text)
                              : backslash_escape(text);
}

void letters_read(struct bytes text, size_t from, size_t to, struct letters *out)
{
    out->count = 0;
    out->from = from;
    out->to = to;
    for (size_t i = from; i < to;) {
        const uint8_t class = message_class[text.p[i]];
        if (class == CLASS_SPECIAL) {
            i += message_escape(bytes_of(text.p + i, text.n - i));
            continue;
        }
        if (class != CLASS_SKIP) {
            out->classes[out->count] = class;
            out->at[out->count++] = i;
        }
        i++;
    }
}
