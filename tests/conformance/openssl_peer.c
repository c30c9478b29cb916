/* SPDX-License-Identifier: Apache-2.0 */
/* libcrypto's own verdict. */
#include "openssl.h"

/* after ours: it has macros of the same names */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>

/** NULL when libcrypto cannot decode it; `why` says which field of which type stopped it. */
static X509 *decode(struct bytes der, char why[200])
{
    const unsigned char *p = der.p;
    const char *data = "";
    ERR_clear_error();
    X509 *cert = d2i_X509(NULL, &p, (long)der.n);
    const unsigned long error = cert == NULL ? ERR_get_error_all(NULL, NULL, NULL, &data, NULL) : 0;
    const char *reason = error != 0 ? ERR_reason_error_string(error) : "trailing bytes";
    for (unsigned long e = error; e != 0 && *data == '\0';)
        e = ERR_get_error_all(NULL, NULL, NULL, &data, NULL);
    snprintf(why, 200, "not decoded: %s, %s", reason != NULL ? reason : "", data);
    if (cert != NULL && p != der.p + der.n) {
        X509_free(cert); /* libssl: SSL_R_CERT_LENGTH_MISMATCH */
        cert = NULL;
    }
    return cert;
}

static void set_flags(const struct openssl_settings *s, X509_VERIFY_PARAM *param)
{
    const struct {
        bool set;
        unsigned long flag;
    } flags[] = {
        {s->partial_chain, X509_V_FLAG_PARTIAL_CHAIN},
        {s->strict, X509_V_FLAG_X509_STRICT},
        {s->check_ss, X509_V_FLAG_CHECK_SS_SIGNATURE},
        {s->allow_proxy, X509_V_FLAG_ALLOW_PROXY_CERTS},
        {s->policy_check, X509_V_FLAG_POLICY_CHECK},
        {s->explicit_policy, X509_V_FLAG_EXPLICIT_POLICY},
        {s->inhibit_any, X509_V_FLAG_INHIBIT_ANY},
        {s->inhibit_map, X509_V_FLAG_INHIBIT_MAP},
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (flags[i].set)
            X509_VERIFY_PARAM_set_flags(param, flags[i].flag);
}

static void set_param(const struct openssl_settings *s, X509_VERIFY_PARAM *param)
{
    set_flags(s, param);
    X509_VERIFY_PARAM_set_auth_level(param, s->auth_level);
    X509_VERIFY_PARAM_set_depth(param, s->depth);
    X509_VERIFY_PARAM_set_time(param, s->at);
    if (s->purpose != 0)
        X509_VERIFY_PARAM_set_purpose(param, s->purpose == EKU_SERVER_AUTH
                                                 ? X509_PURPOSE_SSL_SERVER
                                                 : X509_PURPOSE_SSL_CLIENT);
    for (size_t i = 0; s->policy_check && i < 4 && s->policies[i] != NULL; i++)
        X509_VERIFY_PARAM_add0_policy(param, OBJ_txt2obj(s->policies[i], 1));
    if (s->host != NULL && !X509_VERIFY_PARAM_set1_ip_asc(param, s->host))
        X509_VERIFY_PARAM_set1_host(param, s->host, 0);
}

static bool verify(const struct openssl_settings *s, X509_STORE *store, STACK_OF(X509) * sent,
                   char why[200])
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, sk_X509_value(sent, 0), sent);
    set_param(s, X509_STORE_CTX_get0_param(context));
    const bool accepts = X509_verify_cert(context) == 1;
    const int error = X509_STORE_CTX_get_error(context);
    snprintf(why, 200, "%d at depth %d: %s", error, X509_STORE_CTX_get_error_depth(context),
             X509_verify_cert_error_string(error));
    X509_STORE_CTX_free(context);
    return accepts;
}

bool openssl_accepts(const struct openssl_settings *s, const struct ders *sent,
                     const struct ders *anchors, char why[200])
{
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *chain = sk_X509_new_null();
    bool accepts = sent->count > 0;
    for (size_t i = 0; i < anchors->count; i++) {
        X509 *cert = decode(anchors->items[i], why);
        if (cert != NULL)
            X509_STORE_add_cert(store, cert);
        X509_free(cert);
    }
    for (size_t i = 0; accepts && i < sent->count; i++) {
        X509 *cert = decode(sent->items[i], why);
        if (cert != NULL)
            sk_X509_push(chain, cert);
        accepts = cert != NULL;
    }
    accepts = accepts && verify(s, store, chain, why);
    sk_X509_pop_free(chain, X509_free);
    X509_STORE_free(store);
    ERR_clear_error();
    return accepts;
}
