/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the handlers that the route table names, one file per resource.
 * Contexts: the loop that received the request.
 * Locks:    none.
 */
#ifndef OHTD_API_API_H
#define OHTD_API_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/route.h"
#include "json/member.h"
#include "views/scene.h"

struct ohtd_analytics_sight;
struct ohtd_call;
struct ohtd_change;
struct ohtd_channel_table;
struct ohtd_module_view;
struct ohtd_server;
struct ohtd_snapshot;

/* routes.c: all tables, ends with NULL. */
extern const struct ohtd_route_table *const ohtd_route_tables[];

/* Does the act of a record of the audit last, so that it is kept for long? routes.c. */
bool ohtd_act_lasts(const char *act);

#define OHTD_ACT_TEXT_BYTES	96

/* Such an act in words, as "logged in"; one that was not @done: "tried to log in". False: there are none. routes.c. */
bool ohtd_act_text(const char *act, bool done, char text[OHTD_ACT_TEXT_BYTES]);

/* Tables of routes, each beside its handlers: ohtd_auth_routes. */
#define OHTD_ROUTES(name_)	extern const struct ohtd_route_table ohtd_##name_##_routes;
#include "api/routes.def"

/* What the channels of live data tell; routes.c. */
extern const struct ohtd_channel_table ohtd_channel_table;

/* Views, each beside its route. */
extern const struct ohtd_view ohtd_robot_view;
extern const struct ohtd_view ohtd_stop_view;
extern const struct ohtd_view ohtd_modules_view;
extern const struct ohtd_view ohtd_telemetry_view;
extern const struct ohtd_view ohtd_health_view;
extern const struct ohtd_view ohtd_alerts_view;
extern const struct ohtd_view ohtd_bus_view;
/* For channels only. */
extern const struct ohtd_view ohtd_commands_view;
extern const struct ohtd_view ohtd_live_bus_view;
extern const struct ohtd_view ohtd_live_logs_view;
extern const struct ohtd_view ohtd_api_missions_view;
/* The good values of the signals, each as a member of its own. */
extern const struct ohtd_view ohtd_values_view;

/* service_level.c: adds the requests and the live data that were counted since the start of @server. Any thread. */
void ohtd_api_see_service(const struct ohtd_server *server, struct ohtd_analytics_sight *sight);

/* telemetry.c: the views and openapi.json get the signals of the user's tables. Before there are other threads. */
void ohtd_telemetry_add_own(void);

/* Shared between the files. */
extern const struct ohtd_words ohtd_severity_words;
/* The module of the path {unit}; NULL: there is none, and the request has been answered. */
const struct ohtd_module_view *ohtd_find_module(struct ohtd_call *call);
/* "1.2" of a module's register; NULL: it has not told. In the memory of the request. */
const char *ohtd_version_text(struct ohtd_call *call, unsigned int version);

/* config.c: the query of a check. */
struct ohtd_config_why {
	const char *reason;
};

/* When a change is live, and how long: members of its query. */
struct ohtd_config_when {
	int64_t confirm_within_s;
	int64_t apply_at;
	int64_t wait_s;
};

/* The query of a change. */
struct ohtd_config_confirm {
	struct ohtd_config_when when;
	const char *reason;
};

extern const struct ohtd_shape ohtd_config_why_shape, ohtd_config_confirm_shape;

/* An item that has another value. */
struct ohtd_config_difference {
	const char *pointer;
	struct ohtd_scalar before;
	struct ohtd_scalar now;
};

extern const struct ohtd_shape ohtd_config_difference_shape, ohtd_config_change_shape;

/* All of @change, in the memory of the request. */
const struct ohtd_config_difference *ohtd_config_differences(struct ohtd_call *call, const struct ohtd_change *change);

/**
 * struct ohtd_config_body - how the body of a request changes the configuration
 * @trial: only find out
 * @document: it is an exported one, not a merge patch
 * @with_calibration: of a document, also that
 * @reason: or NULL
 * @when: as asked; NULL of a trial
 */
struct ohtd_config_body {
	bool trial;
	bool document;
	bool with_calibration;
	const char *reason;
	const struct ohtd_config_when *when;
};

/* Has a change done by the request's body, and answers as PATCH config. */
void ohtd_config_take(struct ohtd_call *call, const struct ohtd_config_body *body);

/* Body of a rollback, and of the way back to the rescue. */
struct ohtd_rollback {
	const char *reason;
	uint32_t valid_for_ms;
};

#endif /* OHTD_API_API_H */
