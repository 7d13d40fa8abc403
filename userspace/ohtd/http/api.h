/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the handlers that the route table names, one file per resource.
 * Contexts: the loop that received the request.
 * Locks:    none.
 */
#ifndef OHTD_HTTP_API_H
#define OHTD_HTTP_API_H

#include <stdbool.h>
#include <stdint.h>

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
void ohtd_api_safety_self_test(struct ohtd_call *call);
void ohtd_api_safety_events(struct ohtd_call *call);
void ohtd_api_safety_latency(struct ohtd_call *call);

void ohtd_api_users(struct ohtd_call *call);
void ohtd_api_user_add(struct ohtd_call *call);
void ohtd_api_setup(struct ohtd_call *call);
void ohtd_api_user_change(struct ohtd_call *call);

void ohtd_api_logs(struct ohtd_call *call);
void ohtd_api_logs_level(struct ohtd_call *call);

/* Shared between the files. */
struct json_object *ohtd_json_safety(struct ohtd_call *call, const struct ohtd_snapshot *snapshot);
struct json_object *ohtd_json_modules(struct ohtd_call *call, const struct ohtd_snapshot *snapshot);
/* RFC 3339 with milliseconds, or null for 0. @time_ns: CLOCK_MONOTONIC. */
struct json_object *ohtd_json_time(struct ohtd_call *call, unsigned long long time_ns);
/* The same for a time of day since 1970; null if it cannot be said. */
struct json_object *ohtd_json_wall_time(int64_t wall_ns);
/* {"code","text","action"} of a cause of a stop */
struct json_object *ohtd_json_cause(unsigned int cause);
/* How the recorder of the journal does. */
struct json_object *ohtd_json_recorder(struct ohtd_call *call);
/* Entries have been waiting for the store for too long. */
bool ohtd_recorder_is_late(struct ohtd_call *call);
/* How the store does; and whether there is nothing to be said about it. */
struct json_object *ohtd_json_store(struct ohtd_call *call);
bool ohtd_store_is_well(struct ohtd_call *call);
/* Answers with why the store has refused: @error is its negative errno, 0 something else. */
void ohtd_reply_store_problem(struct ohtd_call *call, int error);
/* true, false, or null for a negative one */
struct json_object *ohtd_json_level(int level);

#endif /* OHTD_HTTP_API_H */
