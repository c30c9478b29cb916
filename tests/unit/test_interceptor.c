/* SPDX-License-Identifier: Apache-2.0 */
/* Which names are those of inspection products, and which only look like them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judge/judge.h"
#include "lab/mint.h"

static const char *product_of(struct arena *arena, enum oid attribute, const char *value)
{
    const struct mint_attribute name[] = {{OID_CN, DER_UTF8_STRING, bytes_str("Some CA")},
                                          {attribute, DER_UTF8_STRING, bytes_str(value)}};
    return interceptor_find(arena, mint_name(arena, attribute == OID_CN ? name + 1 : name,
                                             attribute == OID_CN ? 1 : 2));
}

static void products_are_known(void **state)
{
    static const struct {
        enum oid attribute;
        const char *value, *product;
    } rows[] = {
        {OID_ORGANIZATION, "Zscaler Inc.", "Zscaler"},
        {OID_CN, "Zscaler Intermediate Root CA (zscalerthree.net)", "Zscaler"},
        {OID_ORGANIZATION, "netSkope Inc", "Netskope"},
        {OID_CN, "caadmin.netskope.com", "Netskope"},
        {OID_CN, "FortiGate CA", "Fortinet"},
        {OID_CN, "Fortinet_CA_SSL", "Fortinet"},
        {OID_CN, "Sophos SSL CA_C01001ABC", "Sophos"},
        {OID_CN, "Cisco Umbrella Root CA", "Cisco Umbrella"},
        {OID_CN, "McAfee Web Gateway", "McAfee Web Gateway"},
        {OID_CN, "Kaspersky Anti-Virus Personal Root Certificate", "Kaspersky"},
        {OID_CN, "avast! Web/Mail Shield Root", "Avast"},
        {OID_CN, "ESET SSL Filter CA", "ESET"},
        {OID_CN, "Bitdefender Personal CA.Net-Defender", "Bitdefender"},
        {OID_CN, "mitmproxy", "mitmproxy"},
        {OID_CN, "Charles Proxy CA (1 Jan 2026, host)", "Charles"},
        {OID_CN, "DO_NOT_TRUST_FiddlerRoot", "Fiddler"},
        {OID_CN, "PortSwigger CA", "Burp Suite"},
        {OID_CN, "Squid CA", "Squid"},
        {OID_CN, "Gateway CA - Cloudflare Managed G1 0123", "Cloudflare Gateway"},
        {OID_CN, "SonicWALL Firewall DPI-SSL", "SonicWall"},
        {OID_CN, "Proxyman CA (1 Jan 2026)", "Proxyman"},
        {OID_CN, "Fireware HTTPS Proxy CA", "WatchGuard"},
    };
    struct arena arena = {0};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *product = product_of(&arena, rows[i].attribute, rows[i].value);
        if (!product || strcmp(product, rows[i].product) != 0)
            fail_msg("%s: %s", rows[i].value, product ? product : "not known");
    }
    arena_free(&arena);
}

static void companies_are_not(void **state)
{
    static const struct {
        enum oid attribute;
        const char *value;
    } rows[] = {
        {OID_CN, "Squidward Holding CA"},
        {OID_CN, "Calamarisquid CA"},
        {OID_ORGANIZATION, "Sophosynthesis AG"},
        {OID_ORGANIZATION, "Fortinet Fan Club"},
        {OID_ORGANIZATION, "AVG Transport"},
        {OID_ORGANIZATION, "Charles Schwab"},
        {OID_CN, "Charles Schwab Issuing CA"},
        {OID_CN, "My mitmproxy lesson"},
        {OID_CN, "Corp Root G2"},
        {OID_ORGANIZATION, "Cloudflare, Inc."},
        {OID_ORGANIZATION, "Cisco Systems"},
        {OID_CN, "Untanglement GmbH Root"},
        {OID_CN, ""},
    };
    struct arena arena = {0};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *product = product_of(&arena, rows[i].attribute, rows[i].value);
        if (product)
            fail_msg("%s: %s", rows[i].value, product);
    }
    assert_null(interceptor_find(&arena, bytes_of("\x30\x05\x31", 3)));
    assert_null(interceptor_find(&arena, bytes_of("", 0)));
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_known),
        cmocka_unit_test(companies_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
