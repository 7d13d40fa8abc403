/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the handlers that the route table names, one file per resource.
 * Contexts: the loop that received the request.
 * Locks:    none.
 */
#ifndef OHTD_HTTP_API_H
#define OHTD_HTTP_API_H

struct json_object;
struct ohtd_call;
struct ohtd_clock;
struct ohtd_snapshot;

void ohtd_api_health(struct ohtd_call *call);
void ohtd_api_health_live(struct ohtd_call *call);
void ohtd_api_health_ready(struct ohtd_call *call);

void ohtd_api_login(struct ohtd_call *call);
void ohtd_api_refresh(struct ohtd_call *call);

void ohtd_api_robot(struct ohtd_call *call);
void ohtd_api_robot_command(struct ohtd_call *call);

void ohtd_api_modules(struct ohtd_call *call);
void ohtd_api_module(struct ohtd_call *call);
void ohtd_api_module_registers(struct ohtd_call *call);
void ohtd_api_modules_discover(struct ohtd_call *call);

void ohtd_api_safety(struct ohtd_call *call);
void ohtd_api_safety_stop(struct ohtd_call *call);
void ohtd_api_safety_reset(struct ohtd_call *call);
void ohtd_api_safety_enable(struct ohtd_call *call);

/* Shared between the files. */
struct json_object *ohtd_json_safety(struct ohtd_call *call, const struct ohtd_snapshot *snapshot);
struct json_object *ohtd_json_modules(struct ohtd_call *call, const struct ohtd_snapshot *snapshot);
/* RFC 3339 with milliseconds, or null for 0. @time_ns: CLOCK_MONOTONIC. */
struct json_object *ohtd_json_time(struct ohtd_call *call, unsigned long long time_ns);
/* true, false, or null for a negative one */
struct json_object *ohtd_json_level(int level);

#endif /* OHTD_HTTP_API_H */
