// SPDX-License-Identifier: GPL-2.0-or-later
/* What is served: all routes, and what each channel and topic of live data tells. */
#include "api/api.h"
#include "http/route.h"
#include "live/channels.h"
#include "views/scene.h"

const struct ohtd_route_table *const ohtd_route_tables[] = {
#define OHTD_ROUTES(name_)	&ohtd_##name_##_routes,
#include "api/routes.def"
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
