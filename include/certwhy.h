/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy.h - the public API of libcertwhy: one header, header-as-manual.
 *
 * libcertwhy says why a client rejects a TLS server's certificate, which clients do, and what
 * exactly fixes it. The library never prints and never exits. What is wrong with the *world*
 * (an expired certificate, a refused connection) is a finding in a report and cw_check()
 * succeeds; what is wrong with *us* (an unusable option, an unreadable file) is a negative
 * enum cw_code and a sentence in struct cw_error.
 *
 * Typical use:
 *
 *     struct cw_options *options = cw_options_new();
 *     struct cw_error error = {0};
 *     struct cw_report *report = NULL;
 *     if (cw_options_set(options, "name", "www.example.com", &error) != CW_OK ||
 *         cw_check("www.example.com:443", options, &report, &error) != CW_OK)
 *         fprintf(stderr, "%s\n", error.text);
 *     else
 *         puts(cw_report_outcome(report));
 *     cw_report_free(report);
 *     cw_options_free(options);
 *
 * Threads: the library keeps no global state; different threads may work on different objects.
 *
 * What it does NOT do: it never changes a server or a trust store, never sends a certificate's
 * private key anywhere, and never calls a certificate valid that it did not see.
 */
#ifndef CERTWHY_H
#define CERTWHY_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CW_API __attribute__((visibility("default")))
#else
#define CW_API
#endif

/** Why *we* could not work. Zero is success; each failure comes with a sentence. */
enum cw_code {
    CW_OK = 0,
    CW_E_USAGE = -1,    /**< an argument or option cannot be used */
    CW_E_INPUT = -2,    /**< a file or case that was named cannot be read or understood */
    CW_E_IO = -3,       /**< the operating system refused */
    CW_E_LIMIT = -4,    /**< a named budget was spent (base/limits.h) */
    CW_E_TIMEOUT = -5,  /**< a deadline passed */
    CW_E_INTERNAL = -6, /**< a defect of certwhy */
    CW_E_NOBODY = -7,   /**< there is nobody to look at: a mail domain without servers */
};

/** A failure in words. The caller owns it (usually on the stack); text is never NULL. */
struct cw_error {
    enum cw_code code;
    char text[512];
};

struct cw_options;
struct cw_report;

/** One finding of a report. All strings are UTF-8, owned by the report, harmless to print. */
struct cw_finding {
    const char *id;       /**< "f1", unique in its target */
    const char *rule;     /**< "chain.missing-intermediate" */
    const char *severity; /**< "error", "warning" or "notice" */
    int cause;            /**< 1: a root cause; 0: a consequence of another finding, or advice */
    int certificate;      /**< index into the report's chain; -1: about the endpoint */
    const char *summary;  /**< one sentence */
    const char *detail;   /**< one paragraph, or "" */
};

/** What one client would do. Strings are owned by the report. */
struct cw_client {
    const char *client;   /**< profile name, "curl@7.88" */
    const char *evidence; /**< "measured" or "documented" */
    int accepts;          /**< 1, 0, or -1: no certificate seen, or not modelled */
    const char *message;  /**< the client's own words when it rejects, else "" */
};

/** The version of the library, "0.1.0". Static. */
CW_API const char *cw_version(void);

/** New options with the defaults of the command line. Free with cw_options_free(). */
CW_API struct cw_options *cw_options_new(void);
CW_API void cw_options_free(struct cw_options *options);

/** Set an option by its command-line name without dashes ("name", "ca", "only-ca", "pool", "at",
 *  "client", "timeout", "connect", "sni", "key", "crl", "offline" …). A repeatable option adds.
 *  Flags take "true" or "false". Returns CW_E_USAGE with a sentence for what cannot be used. */
CW_API enum cw_code cw_options_set(struct cw_options *options, const char *name, const char *value,
                                   struct cw_error *error);

/** Diagnose one target: "host[:port]", "[v6]:port", a URL, a certificate file or a saved case.
 *  Fetches issuers, CRLs and OCSP responses that certificates name, unless "offline" is set.
 *  On CW_OK *report is to be freed with cw_report_free(); else it is NULL. */
CW_API enum cw_code cw_check(const char *target, const struct cw_options *options,
                             struct cw_report **report, struct cw_error *error);

CW_API void cw_report_free(struct cw_report *report);

/** "accepted", "rejected", "mixed", "unreachable" or "error". Static. */
CW_API const char *cw_report_outcome(const struct cw_report *report);

/** The exit status that the command line would use for this report: 0, 1, 2 or 3. */
CW_API int cw_report_exit_status(const struct cw_report *report);

/** Findings and clients by index; NULL past the end. Valid until the next call or free. */
CW_API const struct cw_finding *cw_report_finding(struct cw_report *report, size_t i);
CW_API const struct cw_client *cw_report_client(struct cw_report *report, size_t i);

/** The whole report as "text", "json" or "ndjson". *out is NUL-terminated and owned by the
 *  caller: release it with cw_string_free(). */
CW_API enum cw_code cw_report_render(const struct cw_report *report, const char *format, char **out,
                                     struct cw_error *error);
CW_API void cw_string_free(char *text);

#ifdef __cplusplus
}
#endif
#endif
