/* SPDX-License-Identifier: Apache-2.0 */
/* The clients that certwhy knows: one row each. */
#include <strings.h>

#include "judge/profile.h"

/** Those that are asked unless others are chosen come first. */
static const struct profile *const table[] = {
    &profile_curl_7_88,
    &profile_git_2_39,
    &profile_wget_1_21,
    &profile_go_1_19,
    /* asked when chosen by name */
    &profile_go_1_27,
    &profile_go_1_27_mod_1_19,
    &profile_gnutls_3_7_1,
    &profile_gnutls_3_7,
    &profile_gnutls_3_8,
    &profile_git_2_55,
    &profile_wget_1_25,
    &profile_java_17,
    &profile_java_25,
    &profile_rustls_0_23,
    &profile_mbedtls_2_28,
    &profile_mbedtls_3_6,
    &profile_wolfssl_5_5,
    &profile_wolfssl_5_9,
    &profile_chromium_156,
    &profile_firefox_153,
    &profile_openssl_1_1_1,
    &profile_openssl_1_1_1_sec1,
    &profile_openssl_1_1_1_strict,
    &profile_openssl_3_0,
    &profile_openssl_3_0_sec1,
    &profile_openssl_3_0_strict,
    &profile_openssl_3_0_partial,
    &profile_openssl_3_6,
    &profile_openssl_3_6_strict,
    &profile_openssl_3_6_partial,
    &profile_curl_7_74,
    &profile_curl_8_23,
    &profile_python_3_9,
    &profile_python_3_11,
    &profile_python_3_13,
    &profile_python_3_13_nostrict,
    &profile_python_3_14,
    &profile_requests_2_28,
    &profile_requests_2_34,
    &profile_httpx_0_23,
    &profile_httpx_0_28,
    &profile_openai_1,
    &profile_aiohttp_3_8,
    &profile_pip_24_2,
    &profile_node_20,
    &profile_node_22_23,
    &profile_node_24,
    &profile_node_24_debian,
    &profile_git_2_39_openssl,
    &profile_wget_1_21_openssl,
    &profile_postman_11,
    &profile_dotnet_8,
    &profile_windows_10,
    &profile_apple_15,
    &profile_android_14,
};
enum { DEFAULT_COUNT = 4 };

const struct profile *const *profile_table(size_t *count)
{
    *count = DEFAULT_COUNT;
    return table;
}

const struct profile *const *profile_all(size_t *count)
{
    *count = sizeof table / sizeof *table;
    return table;
}

static bool profile_is_called(const struct profile *profile, const char *name)
{
    if (strcasecmp(profile->name, name) == 0)
        return true;
    for (const char *const *alias = profile->aliases; *alias != NULL; alias++)
        if (strcasecmp(*alias, name) == 0)
            return true;
    return false;
}

const struct profile *profile_find(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (profile_is_called(table[i], name))
            return table[i];
    if (profile_is_called(&profile_rfc5280, name))
        return &profile_rfc5280;
    return profile_is_called(&profile_webpki, name) ? &profile_webpki : NULL;
}

const char *profile_name(const struct profile *profile)
{
    return profile->name;
}

const char *const *profile_aliases(const struct profile *profile)
{
    return profile->aliases;
}

bool profile_lacks_tls13(const struct profile *profile)
{
    return profile->behaviour->max_version == 12;
}

enum evidence profile_evidence(const struct profile *profile)
{
    return profile->evidence;
}

const char *profile_measured_with(const struct profile *profile)
{
    return profile->measured_with;
}

const char *profile_title(const struct profile *profile)
{
    return profile->title;
}

const char *profile_note(const struct profile *profile)
{
    return profile->note;
}

const char *profile_revocation(const struct profile *profile)
{
    while (profile != NULL && profile->revocation == NULL)
        profile = profile->parent;
    return profile != NULL ? profile->revocation : "nothing";
}

const char *profile_looks(const struct profile *profile)
{
    while (profile != NULL && profile->looks == NULL)
        profile = profile->parent;
    return profile != NULL ? profile->looks : "";
}

const char *profile_store(const struct profile *profile)
{
    return profile->store ? profile->store : "system";
}
