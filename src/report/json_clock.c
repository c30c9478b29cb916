/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

static json_t *time_or_null(struct arena *arena, cw_time t)
{
    return t > 0 ? json_string(time_rfc3339(arena, t)) : json_null();
}

json_t *json_clock(struct arena *arena, const struct clock_seen *clock)
{
    json_t *out = json_object();
    json_object_set_new(out, "server_date", time_or_null(arena, clock->date));
    json_object_set_new(out, "sntp", time_or_null(arena, clock->sntp));
    json_object_set_new(out, "sntp_server", json_text_or_null(arena, clock->sntp_server));
    json_object_set_new(out, "sntp_why", json_text_or_null(arena, clock->sntp_why));
    return out;
}
