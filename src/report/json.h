/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the JSON report, private to report/. Each returns a new reference. */
#ifndef CERTWHY_REPORT_JSON_H
#define CERTWHY_REPORT_JSON_H

#include <jansson.h>

#include "show.h"

json_t *json_text(struct arena *arena, const char *s);
json_t *json_text_or_null(struct arena *arena, const char *s); /**< null for NULL and "" */
json_t *json_texts(struct arena *arena, const char *const *items, size_t count);
json_t *json_profiles(const struct profile *const *items, size_t count);
json_t *json_count(size_t n);
json_t *json_sha256(struct arena *arena, const struct cert *cert);

json_t *json_findings(struct arena *arena, const struct target_report *target);
json_t *json_fix(struct arena *arena, const struct fix *fix);
json_t *json_endpoint(struct arena *arena, const struct target_report *target);
json_t *json_documents(struct arena *arena, const struct observation *observation);
json_t *json_stores(struct arena *arena, const struct observation *observation);
json_t *json_clock(struct arena *arena, const struct clock_seen *clock);
json_t *json_dns(struct arena *arena, const struct dns_seen *dns);
json_t *json_file(struct arena *arena, const struct observation *observation);

#endif
