// SPDX-License-Identifier: GPL-2.0-or-later
/* What is served: all routes, and what each channel and topic of live data tells. */
#include "api/api.h"
#include "http/route.h"
#include "live/channels.h"
#include "tables/timeline.h"
#include "views/scene.h"

#include <string.h>

const struct ohtd_route_table *const ohtd_route_tables[] = {
#define OHTD_ROUTES(name_)	&ohtd_##name_##_routes,
#include "api/routes.def"
	NULL,
};

/* Records of no route that come every day; all other acts of no route, also those of programs of before, last. */
static const char *const passing_acts[] = {
	OHTD_ACT_START, OHTD_ACT_CLOCK, "gap", "left out", "message command", "message stop",
};

static bool is_act(const struct ohtd_route *route, const char *act)
{
	const char *method = ohtd_method_name(route->method);
	size_t n = strlen(method);

	return !strncmp(act, method, n) && act[n] == ' ' && !strcmp(act + n + 1, route->path);
}

bool ohtd_act_lasts(const char *act)
{
	for (size_t i = 0; i < sizeof(passing_acts) / sizeof(passing_acts[0]); i++)
		if (!strcmp(act, passing_acts[i]))
			return false;
	for (const struct ohtd_route_table *const *table = ohtd_route_tables; *table; table++)
		for (size_t i = 0; i < (*table)->count; i++)
			if (is_act(&(*table)->routes[i], act))
				return ohtd_route_is_kept(&(*table)->routes[i]);
	return true;
}

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
