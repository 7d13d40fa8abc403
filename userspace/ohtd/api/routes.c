// SPDX-License-Identifier: GPL-2.0-or-later
/* What is served: all routes, and what each channel and topic of live data tells. */
#include "api/api.h"
#include "http/route.h"
#include "live/channels.h"
#include "views/scene.h"

const struct ohtd_route_table *const ohtd_route_tables[] = {
	&ohtd_auth_routes,
	&ohtd_session_routes,
	&ohtd_user_routes,
	&ohtd_health_routes,
	&ohtd_alert_routes,
	&ohtd_alert_comment_routes,
	&ohtd_alert_shelf_routes,
	&ohtd_alert_summary_routes,
	&ohtd_alert_rule_routes,
	&ohtd_webhook_routes,
	&ohtd_webhook_delivery_routes,
	&ohtd_robot_routes,
	&ohtd_command_routes,
	&ohtd_factsheet_routes,
	&ohtd_control_routes,
	&ohtd_mode_routes,
	&ohtd_limits_routes,
	&ohtd_config_routes,
	&ohtd_config_document_routes,
	&ohtd_audit_routes,
	&ohtd_module_routes,
	&ohtd_register_routes,
	&ohtd_bus_routes,
	&ohtd_telemetry_routes,
	&ohtd_history_routes,
	&ohtd_timeline_routes,
	&ohtd_analytics_routes,
	&ohtd_safety_routes,
	&ohtd_journal_routes,
	&ohtd_live_routes,
	&ohtd_log_routes,
	&ohtd_metrics_routes,
	&ohtd_docs_routes,
	&ohtd_certificate_routes,
	&ohtd_restart_routes,
	&ohtd_backup_routes,
	&ohtd_job_routes,
	NULL,
};

/* The view that its route answers with. */
const struct ohtd_channel_table ohtd_channel_table = {
	.channels = {
		[OHTD_CHANNEL_SAFETY] = { OHTD_ROLE_VIEWER, &ohtd_stop_view },
		[OHTD_CHANNEL_ROBOT] = { OHTD_ROLE_VIEWER, &ohtd_robot_view },
		[OHTD_CHANNEL_MODULES] = { OHTD_ROLE_VIEWER, &ohtd_modules_view },
		[OHTD_CHANNEL_COMMANDS] = { OHTD_ROLE_VIEWER, &ohtd_commands_view },
		[OHTD_CHANNEL_TELEMETRY] = { OHTD_ROLE_VIEWER, &ohtd_telemetry_view, .filters = true },
		[OHTD_CHANNEL_BUS] = { OHTD_ROLE_VIEWER, &ohtd_live_bus_view },
		[OHTD_CHANNEL_LOGS] = { OHTD_ROLE_SUPERVISOR, &ohtd_live_logs_view },
		[OHTD_CHANNEL_SYSTEM] = { OHTD_ROLE_VIEWER, &ohtd_health_view },
		[OHTD_CHANNEL_ALERTS] = { OHTD_ROLE_VIEWER, &ohtd_alerts_view },
	},
	.topics = {
		[OHTD_TOPIC_SAFETY] = { &ohtd_stop_view, 0 },
		[OHTD_TOPIC_ROBOT] = { &ohtd_robot_view, 100 },
		[OHTD_TOPIC_MODULES] = { &ohtd_modules_view, 100 },
		[OHTD_TOPIC_COMMANDS] = { &ohtd_commands_view, 0 },
		[OHTD_TOPIC_BUS] = { &ohtd_bus_view, 100 },
		[OHTD_TOPIC_TELEMETRY] = { &ohtd_values_view, 0 },
	},
};
