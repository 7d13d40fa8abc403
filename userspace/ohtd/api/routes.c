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
 * struct act - an act of the audit for people
 * @act: as records have it
 * @verb: of a refusal: "tried to log in"
 * @done: of what was done: "logged in"
 * @rest: behind either
 * @daily: of no route, and comes every day; all other acts of no route, also those of programs of before, last
 */
struct act {
	const char *act;
	const char *verb;
	const char *done;
	const char *rest;
	bool daily;
};

static const struct act acts[] = {
	{ "POST alerts/{id}/comments", "comment", "commented", " on an alert" },
	{ "POST alerts/{id}/acknowledge", "acknowledge", "acknowledged", " an alert" },
	{ "POST alerts/{id}/shelve", "shelve", "shelved", " an alert" },
	{ "POST alerts/{id}/unshelve", "take", "took", " an alert off its shelf" },
	{ "POST alert-rules", "make", "made", " a rule on values" },
	{ "PUT alert-rules/{name}", "change", "changed", " a rule on values" },
	{ "DELETE alert-rules/{name}", "delete", "deleted", " a rule on values" },
	{ "POST alert-rules/{name}/test", "try", "tried", " a rule on values" },
	{ "POST alert-trials", "try", "tried", " a rule on values" },
	{ "POST auth/login", "log", "logged", " in" },
	{ "POST auth/device/challenge", "draw", "drew", " a challenge for a device" },
	{ "POST auth/device/enrol", "ask", "asked", " for a device to be let in" },
	{ "POST auth/device/state", "ask", "asked", " what became of a device" },
	{ "POST auth/device/login", "log", "logged", " in as a device" },
	{ "POST devices/{id}/accept", "accept", "accepted", " a device" },
	{ "POST devices/{id}/reject", "reject", "rejected", " a device" },
	{ "DELETE devices/{id}", "remove", "removed", " a device" },
	{ "POST system/signing-keys/rotate", "change", "changed", " the key that signs tokens" },
	{ "POST auth/logout", "log", "logged", " out" },
	{ "POST auth/refresh", "renew", "renewed", " a session" },
	{ "POST auth/ticket", "draw", "drew", " a ticket" },
	{ "POST auth/password/change", "change", "changed", " the own password" },
	{ "POST auth/reset", "set", "set", " a new password by a code" },
	{ "POST auth/register", "ask", "asked", " for an account" },
	{ "PATCH auth/me", "change", "changed", " the own profile" },
	{ "POST auth/elevate", "elevate", "elevated", " the session" },
	{ "POST auth/elevate/pin", "elevate", "elevated", " the session by the PIN" },
	{ "PUT auth/pin", "set", "set", " the own PIN" },
	{ "DELETE auth/pin", "end", "ended", " the own PIN" },
	{ "POST auth/totp", "begin", "began", " a second factor" },
	{ "POST auth/totp/confirm", "switch", "switched", " the second factor on" },
	{ "POST auth/totp/recovery", "draw", "drew", " recovery codes" },
	{ "DELETE auth/totp", "switch", "switched", " the second factor off" },
	{ "DELETE auth/elevate", "end", "ended", " the elevation" },
	{ "DELETE auth/sessions/{name}", "end", "ended", " a session" },
	{ "POST setup", "make", "made", " the first account" },
	{ "POST users", "make", "made", " an account" },
	{ "PATCH users/{id}", "change", "changed", " an account" },
	{ "DELETE users/{id}", "delete", "deleted", " an account" },
	{ "POST users/import", "make", "made", " accounts from a table" },
	{ "POST users/{id}/approve", "approve", "approved", " a registration" },
	{ "POST users/{id}/reject", "reject", "rejected", " a registration" },
	{ "POST users/{id}/reset-code", "give", "gave", " a code for a new password" },
	{ "DELETE users/{id}/pin", "end", "ended", " a PIN" },
	{ "DELETE users/{id}/totp", "take", "took", " a second factor away" },
	{ "POST users/{id}/keys", "make", "made", " a key" },
	{ "POST users/{id}/keys/{name}/rotate", "rotate", "rotated", " a key" },
	{ "DELETE users/{id}/keys/{name}", "end", "ended", " a key" },
	{ "POST courses", "make", "made", " a course" },
	{ "PATCH courses/{id}", "change", "changed", " a course" },
	{ "DELETE courses/{id}", "delete", "deleted", " a course" },
	{ "POST certificates", "grant", "granted", " a certificate" },
	{ "DELETE certificates/{id}", "revoke", "revoked", " a certificate" },
	{ "POST certificates/override", "ask", "asked", " for an override of a course" },
	{ "POST certificates/{id}/confirm", "confirm", "confirmed", " an override of a course" },
	{ "PUT agents/{name}/heartbeat", "report", "reported", " an agent at work" },
	{ "DELETE agents/{name}", "take", "took", " an agent out" },
	{ "DELETE jobs/{id}", "cancel", "cancelled", " a job" },
	{ "POST backups", "make", "made", " a backup" },
	{ "GET backups/{id}/content", "take", "took", " a backup away" },
	{ "DELETE backups/{id}", "delete", "deleted", " a backup" },
	{ "POST backups/{id}/verify", "verify", "verified", " a backup" },
	{ "POST backups/{id}/restore", "order", "ordered", " the restore of a backup" },
	{ "DELETE backups/{id}/restore", "withdraw", "withdrew", " the restore of a backup" },
	{ "POST robot/commands", "send", "sent", " the robot a command" },
	{ "DELETE robot/commands/{id}", "take", "took", " a command out of the queue" },
	{ "POST missions", "make", "made", " a mission" },
	{ "POST missions/{id}/copy", "make", "made", " a mission like another one" },
	{ "PATCH missions/{id}", "change", "changed", " a mission" },
	{ "DELETE missions/{id}", "delete", "deleted", " a mission" },
	{ "POST missions/{id}/start", "start", "started", " a mission" },
	{ "POST missions/{id}/pause", "pause", "paused", " a mission" },
	{ "POST missions/{id}/resume", "resume", "resumed", " a mission" },
	{ "POST missions/{id}/cancel", "cancel", "cancelled", " a mission" },
	{ "POST missions/{id}/legs", "put", "put", " legs behind a mission" },
	{ "POST missions/{id}/release", "release", "released", " legs of a mission" },
	{ "POST missions/{id}/check", "check", "checked", " a mission" },
	{ "POST missions/{id}/drain", "drain", "drained", " a mission" },
	{ "POST missions/schedules", "make", "made", " a schedule of missions" },
	{ "DELETE missions/schedules/{id}", "delete", "deleted", " a schedule of missions" },
	{ "POST missions/schedules/{id}/release", "release", "released", " a schedule of missions" },
	{ "DELETE missions/schedules/{id}/release", "withdraw", "withdrew", " the release of a schedule of missions" },
	{ "POST missions/battery/release", "release", "released", " the way to the dock" },
	{ "DELETE missions/battery/release", "withdraw", "withdrew", " the release of the way to the dock" },
	{ "POST analytics/odometer/done", "note", "noted", " a service of the machine as done" },
	{ "POST scenarios", "begin", "began", " a scenario" },
	{ "POST scenarios/{id}/mend", "mend", "mended", " the fault of a scenario" },
	{ "POST scenarios/{id}/end", "end", "ended", " a scenario" },
	{ "POST robot/position", "say", "said", " where the robot is" },
	{ "PUT robot/override", "change", "changed", " the override" },
	{ "PUT robot/mode", "choose", "chose", " the mode" },
	{ "POST robot/limits/reload", "reload", "reloaded", " the limits" },
	{ "POST robot/stations/{name}/teach", "teach", "taught", " a station" },
	{ "PATCH config", "change", "changed", " the configuration" },
	{ "POST config/check", "check", "checked", " a configuration" },
	{ "DELETE config/pending", "give", "gave", " a version of the configuration up" },
	{ "POST config/confirm", "confirm", "confirmed", " a version of the configuration" },
	{ "POST config/extend", "extend", "extended", " the time of a version of the configuration" },
	{ "POST config/versions/{id}/rollback", "bring", "brought", " a version of the configuration back" },
	{ "PUT config/versions/{id}/rescue", "name", "named", " the rescue of the configuration" },
	{ "POST config/rescue", "bring", "brought", " the rescue of the configuration back" },
	{ "POST config/import", "import", "imported", " a configuration" },
	{ "POST config/import/check", "check", "checked", " a configuration" },
	{ "POST control", "take", "took", " control" },
	{ "DELETE control", "give", "gave", " control back" },
	{ "POST control/take-over", "take", "took", " control over" },
	{ "POST control/hand-over", "hand", "handed", " control over" },
	{ "PUT logs/level", "change", "changed", " the level of the log" },
	{ "POST modules/discover", "look", "looked", " for modules" },
	{ "POST modules/{unit}/ping", "ping", "pinged", " a module" },
	{ "POST modules/{unit}/quarantine", "put", "put", " a module in quarantine" },
	{ "DELETE modules/{unit}/quarantine", "take", "took", " a module out of quarantine" },
	{ "PUT modules/{unit}/registers/{name}", "write", "wrote", " a register" },
	{ "POST modules/{unit}/reset", "reset", "reset", " a module" },
	{ "POST safety/stop", "stop", "stopped", " the robot" },
	{ "POST safety/reset", "reset", "reset", " the stop" },
	{ "POST safety/enable", "enable", "enabled", " the robot" },
	{ "POST safety/self-test", "test", "tested", " the stop" },
	{ "POST system/certificate", "renew", "renewed", " the certificate" },
	{ "POST system/restart", "restart", "restarted", " ohtd" },
	{ "POST webhooks", "make", "made", " a webhook" },
	{ "PUT webhooks/{id}", "change", "changed", " a webhook" },
	{ "DELETE webhooks/{id}", "delete", "deleted", " a webhook" },
	{ "POST webhooks/{id}/secret", "draw", "drew", " a secret of a webhook" },
	{ "POST webhooks/{id}/test", "test", "tested", " a webhook" },
	{ "POST webhook-deliveries/{id}/resend", "send", "sent", " a delivery again" },
	{ "message command", "send", "sent", " the robot a command", true },
	{ "message stop", "stop", "stopped", " the robot", true },
	{ OHTD_ACT_START, "", "started", "", true },
	{ OHTD_ACT_CLOCK, "", "noticed", " that the time of day was set", true },
	{ "gap", "", "waited", " with records", true },
	{ "left out", "", "counted", " what was left out", true },
	{ "found altered", "", "found", " the audit altered" },
	{ "signed anew", "", "signed", " what was removed anew" },
	{ "scenario passed", "", "saw", " that a scenario was passed" },
	{ "certificate granted", "", "granted", " a certificate for scenarios that were passed" },
	{ "restore", "", "restored", " a backup" },
	{ "restore undone", "", "undid", " the restore of a backup" },
	{ "ohtd --add-user", "", "made", " an account" },
	{ "ohtd --machine", "", "said", " which machine this is" },
};

static const struct act *find_act(const char *act)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (!strcmp(act, acts[i].act))
			return &acts[i];
	return NULL;
}

bool ohtd_act_text(const char *act, bool done, char text[OHTD_ACT_TEXT_BYTES])
{
	const struct act *found = find_act(act);

	if (!found)
		return false;
	snprintf(text, OHTD_ACT_TEXT_BYTES, "%s%s%s", done ? "" : "tried to ", done ? found->done : found->verb, found->rest);
	return true;
}

static bool is_act(const struct ohtd_route *route, const char *act)
{
	const char *method = ohtd_method_name(route->method);
	size_t n = strlen(method);

	return !strncmp(act, method, n) && act[n] == ' ' && !strcmp(act + n + 1, route->path);
}

bool ohtd_act_lasts(const char *act)
{
	const struct act *found = find_act(act);

	if (found && found->daily)
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
