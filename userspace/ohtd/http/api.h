/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the handlers that the route table names, one file per resource.
 * Contexts: the loop that received the request.
 * Locks:    none.
 */
#ifndef OHTD_HTTP_API_H
#define OHTD_HTTP_API_H

#include <stdint.h>

#include "http/route.h"

struct ohtd_call;
struct ohtd_module_view;
struct ohtd_snapshot;

/* Tables of routes, each beside its handlers; routes.c lists them. */
extern const struct ohtd_route_table ohtd_alert_routes;
extern const struct ohtd_route_table ohtd_docs_routes;
extern const struct ohtd_route_table ohtd_auth_routes;
extern const struct ohtd_route_table ohtd_bus_routes;
extern const struct ohtd_route_table ohtd_certificate_routes;
extern const struct ohtd_route_table ohtd_command_routes;
extern const struct ohtd_route_table ohtd_control_routes;
extern const struct ohtd_route_table ohtd_factsheet_routes;
extern const struct ohtd_route_table ohtd_health_routes;
extern const struct ohtd_route_table ohtd_journal_routes;
extern const struct ohtd_route_table ohtd_latency_routes;
extern const struct ohtd_route_table ohtd_live_routes;
extern const struct ohtd_route_table ohtd_log_routes;
extern const struct ohtd_route_table ohtd_limits_routes;
extern const struct ohtd_route_table ohtd_mode_routes;
extern const struct ohtd_route_table ohtd_module_routes;
extern const struct ohtd_route_table ohtd_metrics_routes;
extern const struct ohtd_route_table ohtd_register_routes;
extern const struct ohtd_route_table ohtd_restart_routes;
extern const struct ohtd_route_table ohtd_robot_routes;
extern const struct ohtd_route_table ohtd_safety_routes;
extern const struct ohtd_route_table ohtd_session_routes;
extern const struct ohtd_route_table ohtd_telemetry_routes;
extern const struct ohtd_route_table ohtd_history_routes;
extern const struct ohtd_route_table ohtd_user_routes;

/* Shared between the files. */
/* The module of the path {unit}; NULL: there is none, and the request has been answered. */
const struct ohtd_module_view *ohtd_find_module(struct ohtd_call *call);
/* "1.2" of a module's register; NULL: it has not told. In the memory of the request. */
const char *ohtd_version_text(struct ohtd_call *call, unsigned int version);
/* Answers with why the store has refused: @error is its negative errno, 0 something else. */
void ohtd_reply_store_problem(struct ohtd_call *call, int error);

#endif /* OHTD_HTTP_API_H */
