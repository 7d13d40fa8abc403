// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/api.h"
#include "http/route.h"

const struct ohtd_route_table *const ohtd_route_tables[] = {
	&ohtd_auth_routes,
	&ohtd_session_routes,
	&ohtd_user_routes,
	&ohtd_health_routes,
	&ohtd_alert_routes,
	&ohtd_alert_rule_routes,
	&ohtd_alert_trial_routes,
	&ohtd_robot_routes,
	&ohtd_command_routes,
	&ohtd_factsheet_routes,
	&ohtd_control_routes,
	&ohtd_mode_routes,
	&ohtd_limits_routes,
	&ohtd_module_routes,
	&ohtd_register_routes,
	&ohtd_bus_routes,
	&ohtd_telemetry_routes,
	&ohtd_history_routes,
	&ohtd_safety_routes,
	&ohtd_journal_routes,
	&ohtd_latency_routes,
	&ohtd_live_routes,
	&ohtd_log_routes,
	&ohtd_metrics_routes,
	&ohtd_docs_routes,
	&ohtd_certificate_routes,
	&ohtd_restart_routes,
	NULL,
};
