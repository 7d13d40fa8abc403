// SPDX-License-Identifier: GPL-2.0-or-later
/* All routes, and the shape of each channel and topic of live data. */
#include "api/api.h"
#include "http/route.h"
#include "live/channels.h"
#include "journal/timeline.h"
#include "views/scene.h"

#include <stdio.h>
#include <string.h>

const struct ohtd_route_table *const ohtd_route_tables[] = {
#define OHTD_ROUTES(name_)	&ohtd_##name_##_routes,
#include "api/routes.def"
	NULL,
};

/**
 * struct act - an act of the audit that is of no route
 * @act: as records have it
 * @words: for people
 * @daily: comes every day; all others, also those of programs of before, last
 */
struct act {
	const char *act;
	struct ohtd_http_act words;
	bool daily;
};

static const struct act acts[] = {
	{ "message command", { "send", "sent", " the robot a command" }, true },
	{ "message stop", { "stop", "stopped", " the robot" }, true },
	{ OHTD_ACT_START, { "", "started", "" }, true },
	{ OHTD_ACT_CLOCK, { "", "noticed", " that the time of day was set" }, true },
	{ "gap", { "", "waited", " with records" }, true },
	{ "left out", { "", "counted", " what was left out" }, true },
	{ "found altered", { "", "found", " the audit altered" } },
	{ "signed anew", { "", "signed", " what was removed anew" } },
	{ "scenario passed", { "", "saw", " that a scenario was passed" } },
	{ "certificate granted", { "", "granted", " a certificate for scenarios that were passed" } },
	{ "restore", { "", "restored", " a backup" } },
	{ "restore undone", { "", "undid", " the restore of a backup" } },
	{ "ohtd --add-user", { "", "made", " an account" } },
	{ "ohtd --machine", { "", "said", " which machine this is" } },
};

static const struct act *find_act(const char *act)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (!strcmp(act, acts[i].act))
			return &acts[i];
	return NULL;
}

static bool is_act(const struct ohtd_route *route, const char *act)
{
	const char *method = ohtd_method_name(route->method);
	size_t n = strlen(method);

	return !strncmp(act, method, n) && act[n] == ' ' && !strcmp(act + n + 1, route->path);
}

static const struct ohtd_route *find_route(const char *act)
{
	for (const struct ohtd_route_table *const *table = ohtd_route_tables; *table; table++)
		for (size_t i = 0; i < (*table)->count; i++)
			if (is_act(&(*table)->routes[i], act))
				return &(*table)->routes[i];
	return NULL;
}

bool ohtd_act_text(const char *act, bool done, char text[OHTD_ACT_TEXT_BYTES])
{
	const struct act *found = find_act(act);
	const struct ohtd_route *route = found ? NULL : find_route(act);
	const struct ohtd_http_act *words = found ? &found->words : route ? &route->act : NULL;

	if (!words || !words->done)
		return false;
	snprintf(text, OHTD_ACT_TEXT_BYTES, "%s%s%s", done ? "" : "tried to ", done ? words->done : words->verb, words->rest);
	return true;
}

bool ohtd_act_lasts(const char *act)
{
	const struct act *found = find_act(act);
	const struct ohtd_route *route = found ? NULL : find_route(act);

	return found ? !found->daily : !route || ohtd_route_is_kept(route);
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
		[OHTD_CHANNEL_MISSIONS] = { OHTD_ROLE_VIEWER, &ohtd_api_missions_view },
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
