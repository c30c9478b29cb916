/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "tls/tls.h"

static void names_of_the_standard(void **state)
{
    (void)state;
    assert_string_equal(alert_name(40), "handshake_failure");
    assert_string_equal(alert_name(112), "unrecognized_name");
    assert_string_equal(alert_name(116), "certificate_required");
    assert_string_equal(alert_name(0), "close_notify");
    assert_string_equal(alert_name(-1), "unknown");
    assert_string_equal(alert_name(255), "unknown");
}

/* Each alert that has a name has a sentence of its own. */
static void meanings_are_sentences(void **state)
{
    (void)state;
    int known = 0;
    for (int i = -1; i < 256; i++) {
        const char *meaning = alert_meaning(i);
        assert_true(str_ends(meaning, "."));
        assert_true(meaning[0] >= 'A' && meaning[0] <= 'Z');
        if (strcmp(alert_name(i), "unknown") == 0)
            assert_string_equal(meaning, alert_meaning(-1));
        else
            known++;
    }
    assert_int_equal(known, 35);
}

static void greetings(void **state)
{
    (void)state;
#define BYTES(text)                                                                                \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }
    static const struct {
        struct bytes first;
        const char *protocol;
    } rows[] = {
        {BYTES("HTTP/1.1 400 Bad Request\r\n"), "HTTP"},
        {BYTES("<!DOCTYPE HTML>\n"), "HTTP"},
        {BYTES("\0\0\x12\x04\0\0\0\0\0\0\3\0\0\0d"), "HTTP/2"},
        {BYTES("220 mail.example ESMTP Postfix\r\n"), "SMTP"},
        {BYTES("220 mx\r\n"), "SMTP"},
        {BYTES("554 no service\r\n"), "SMTP"},
        {BYTES("220 ProFTPD Server\r\n"), "FTP"},
        {BYTES("220 box LMTP ready\r\n"), "LMTP"},
        {BYTES("200 news.example InterNetNews\r\n"), "NNTP"},
        {BYTES("* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n"), "IMAP"},
        {BYTES("+OK Dovecot ready.\r\n"), "POP3"},
        {BYTES("-ERR unknown command"), "Redis"},
        {BYTES("SSH-2.0-OpenSSH_9.2p1\r\n"), "SSH"},
        {BYTES("J\0\0\0\n8.0.33\0\x0b\0\0\0"), "MySQL"},
        {BYTES("E\0\0\0uSFATAL\0VFATAL\0C08P01\0"), "PostgreSQL"},
        {BYTES("RFB 003.008\n"), "VNC"},
        {BYTES(":irc.example NOTICE * :*** Looking up"), "IRC"},
        {BYTES("\"IMPLEMENTATION\" \"Dovecot\"\r\n"), "ManageSieve"},
        {BYTES("\xff\xfd\x18"), "Telnet"},
        {BYTES("hello"), NULL},
        {BYTES("\0\0\0\0\0\0\0\0\0\0"), NULL},
        {BYTES(":"), NULL},
        {BYTES("E"), NULL},
        {BYTES(""), NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *protocol = plaintext_protocol(rows[i].first);
        if (rows[i].protocol == NULL)
            assert_null(protocol);
        else
            assert_string_equal(protocol != NULL ? protocol : "(none)", rows[i].protocol);
    }
    assert_null(plaintext_protocol(bytes_of(NULL, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_the_standard),
        cmocka_unit_test(meanings_are_sentences),
        cmocka_unit_test(greetings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
