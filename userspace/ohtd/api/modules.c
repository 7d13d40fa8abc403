// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/api.h"
#include "server/call.h"

#include <assert.h>

#include "base/log.h"
#include "lists/list.h"
#include "views/words.h"
#include "control/robot.h"
#include "robot/user_maps.h"

#define DISCOVER_MS	10000

const char *ohtd_version_text(struct ohtd_call *call, unsigned int version)
{
	return version ? ohtd_call_text_of(call, "%u.%02u", version >> 8, version & 0xff) : NULL;
}

/* ---- the list ---- */

struct module {
	unsigned int address;
	const char *name;
	unsigned int type;
	const char *profile;
	unsigned int profile_by;
	bool layout_changed;
	const char *profile_seen;
	unsigned int health;
	int64_t age_ms;
	bool required;
	bool assigned;
};

static const char *decider_name(unsigned int by)
{
	static const char *const names[OHTD_PROFILE_BYS] = {
		[OHTD_PROFILE_UNDECIDED] = "undecided", [OHTD_PROFILE_BY_FIRST_SIGHT] = "first_sight",
		[OHTD_PROFILE_BY_CONFIGURATION] = "configuration",
	};

	return by < OHTD_PROFILE_BYS ? names[by] : NULL;
}

static const struct ohtd_words decider_words = { .name = decider_name, .end = OHTD_PROFILE_BYS };

OHTD_SHAPE(module, "Module",
	OHTD_INTEGER(module, address, .summary = "Unit address"),
	OHTD_TEXT(module, name, .summary = "Name of modules.csv, or unknown"),
	OHTD_INTEGER(module, type, .summary = "Type code as the module says it; 0: not known"),
	OHTD_TEXT(module, profile, .flags = OHTD_NULL,
		  .summary = "Register profile in use; null: not identified"),
	OHTD_WORD(module, profile_by, .words = &decider_words,
		  .summary = "What has decided its profile: a person, its first sight, or nothing yet"),
	OHTD_BOOLEAN(module, layout_changed, .summary = "It shows the registers of another profile than the one in use"),
	OHTD_TEXT(module, profile_seen, .flags = OHTD_NULL, .summary = "That other profile; null: it shows none"),
	OHTD_WORD(module, health, .words = &ohtd_module_health_words, .summary = "How it answers"),
	OHTD_INTEGER(module, age_ms, .flags = OHTD_NULL | OHTD_DRIFTS, .unit = "ms",
		     .summary = "Age of its last good answer; null: there was none"),
	OHTD_BOOLEAN(module, required, .summary = "The robot does not operate without it"),
	OHTD_BOOLEAN(module, assigned,
		     .summary = "Its type belongs to this address; others are shown but not polled"));

static struct module module_of(const struct ohtd_scene *scene, const struct ohtd_module_view *view)
{
	return (struct module){
		.address = view->unit, .name = view->name, .type = view->type_code,
		.profile = *view->profile ? view->profile : NULL, .profile_by = view->profile_by,
		.layout_changed = view->profile_seen != OHTD_SOME_NONE,
		.profile_seen = view->profile_seen ? oht_profile_name(ohtd_profile_of(view->profile_seen)) : NULL,
		.health = view->health,
		.age_ms = ohtd_scene_age_ms(scene, view->last_good_ns),
		.required = view->required, .assigned = view->assigned,
	};
}

struct module_list {
	const struct module *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(module_list, "ModuleList",
	OHTD_LIST(module_list, items, module, .summary = "Modules found, and required ones that are missing"),
	OHTD_NEXT_CURSOR(module_list));

static struct module_list list_modules(const struct ohtd_scene *scene)
{
	struct module *items = ohtd_scene_alloc(scene, OHTD_MODULES_MAX * sizeof(*items));
	const struct ohtd_snapshot *snapshot = scene->snapshot;
	struct module_list list = { .items = items };

	for (unsigned int i = 0; i < snapshot->module_count && i < OHTD_MODULES_MAX; i++)
		if (snapshot->modules[i].unit)
			items[list.items_count++] = module_of(scene, &snapshot->modules[i]);
	return list;
}

static const void *make_modules(const struct ohtd_scene *scene)
{
	struct module_list *list = ohtd_scene_alloc(scene, sizeof(*list));

	*list = list_modules(scene);
	return list;
}

const struct ohtd_view ohtd_modules_view = { &module_list_shape, make_modules };

struct module_query {
	struct ohtd_page page;
};

OHTD_SHAPE(module_query, "ModuleQuery",
	OHTD_PART(module_query, page, ohtd_page));

static_assert(OHTD_MODULES_MAX <= OHTD_LIMIT_PRESET, "who says no limit gets all of them");

static void get_modules(struct ohtd_call *call)
{
	const struct module_query *asked = OHTD_QUERY(call, module_query);
	const struct ohtd_scene scene = ohtd_call_scene(call);
	struct module_list list = list_modules(&scene);
	size_t limit = asked->page.limit;
	uint64_t after = 0;

	if (ohtd_cursor_take(call, &asked->page, &after, 1) < 0)
		return;
	/* They stand in the order of their addresses. */
	for (; list.items_count && list.items->address <= after; list.items++)
		list.items_count--;
	if (list.items_count > limit) {
		list.items_count = limit;
		list.next_cursor = ohtd_cursor_text(call, (uint64_t[]){
			list.items[limit - 1].address }, 1);
	}
	OHTD_REPLY(call, 200, module_list, &list);
}

/* ---- where their registers come from ---- */

struct profile {
	const char *name;
	bool built_in;
	bool used;
	unsigned int registers;
	const char *problem;
};

OHTD_SHAPE(profile, "Profile",
	OHTD_TEXT(profile, name, .summary = "canonical, legacy, or the name of a file of the user"),
	OHTD_BOOLEAN(profile, built_in, .summary = "It comes with ohtd; a file of the user adds to these"),
	OHTD_BOOLEAN(profile, used, .summary = "Its registers are known"),
	OHTD_INTEGER(profile, registers, .summary = "How many it describes, of all modules together"),
	OHTD_TEXT(profile, problem, .flags = OHTD_NULL,
		  .summary = "The first thing that is wrong, with line, column and value; of one that is used, the column that is skipped; null: nothing is"));

struct profile_list {
	const struct profile *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(profile_list, "ProfileList",
	OHTD_LIST(profile_list, items, profile, .summary = "The built-in ones, then the files of the user"),
	OHTD_NEXT_CURSOR(profile_list));

static void get_profiles(struct ohtd_call *call)
{
	const struct ohtd_user_maps *maps = ohtd_robot_user_maps(call->services->robot);
	struct profile items[OHT_PROFILES + OHT_ADDED_FILES_MAX + 1];
	struct profile_list list = { .items = items };

	for (unsigned int i = 0; i < OHT_PROFILES; i++)
		items[list.items_count++] = (struct profile){
			.name = oht_profile_name(i), .built_in = true, .used = true,
			.registers = ohtd_robot_registers_of(call->services->robot, i),
		};
	for (unsigned int i = 0; i < maps->count; i++)
		items[list.items_count++] = (struct profile){
			.name = maps->items[i].name, .used = maps->items[i].used,
			.registers = maps->items[i].registers,
			.problem = *maps->items[i].error ? maps->items[i].error : NULL,
		};
	OHTD_REPLY(call, 200, profile_list, &list);
}

/* ---- one ---- */

struct module_statistics {
	uint64_t requests;
	uint64_t replies;
	uint64_t timeouts;
	uint64_t crc_errors;
	uint64_t exceptions;
	uint64_t other_errors;
	int64_t bytes_stray;
	int64_t bytes_extra;
	uint32_t errors_in_row;
	int64_t turnaround_us;
	int64_t turnaround_max_us;
};

OHTD_SHAPE(module_statistics, "ModuleStatistics",
	OHTD_INTEGER(module_statistics, requests, .summary = "Attempts that went on the wire"),
	OHTD_INTEGER(module_statistics, replies, .summary = "Good answers"),
	OHTD_INTEGER(module_statistics, timeouts, .summary = "No answer"),
	OHTD_INTEGER(module_statistics, crc_errors, .summary = "Answers with a wrong CRC or broken off"),
	OHTD_INTEGER(module_statistics, exceptions, .summary = "Modbus exceptions"),
	OHTD_INTEGER(module_statistics, other_errors, .summary = "Everything else"),
	OHTD_INTEGER(module_statistics, bytes_stray, .flags = OHTD_NULL,
		     .summary = "Noise while its answer was awaited, also directly in front of it; null: the bus does not count it"),
	OHTD_INTEGER(module_statistics, bytes_extra, .flags = OHTD_NULL,
		     .summary = "Bytes behind its answers; null: the bus does not count them"),
	OHTD_INTEGER(module_statistics, errors_in_row, .summary = "Failures since the last good answer"),
	OHTD_INTEGER(module_statistics, turnaround_us, .unit = "us", .flags = OHTD_NULL,
		     .summary = "From the request's end to the answer's beginning, the last time; null: none, or the bus does not measure it"),
	OHTD_INTEGER(module_statistics, turnaround_max_us, .unit = "us", .flags = OHTD_NULL,
		     .summary = "Longest of all; null: none, or the bus does not measure it"));

struct module_detail {
	struct module module;
	unsigned int device_id;
	const char *firmware;
	const char *hardware;
	const struct module_statistics *statistics;
};

OHTD_SHAPE(module_detail, "ModuleDetail",
	OHTD_PART(module_detail, module, module),
	OHTD_INTEGER(module_detail, device_id, .summary = "Register 0x0100"),
	OHTD_TEXT(module_detail, firmware, .flags = OHTD_NULL, .summary = "Version of its firmware"),
	OHTD_TEXT(module_detail, hardware, .flags = OHTD_NULL, .summary = "Version of its hardware"),
	OHTD_OBJECT(module_detail, statistics, module_statistics, .summary = "Traffic since the start"));

const struct ohtd_module_view *ohtd_find_module(struct ohtd_call *call)
{
	const struct ohtd_module_view *module =
		ohtd_snapshot_module(ohtd_call_snapshot(call), call->params.unit);

	if (!module)
		ohtd_reply_problem(call, 404, "module_not_found", "there is no module at unit address %u",
				   call->params.unit);
	return module;
}

static int64_t counted(int64_t bytes)
{
	return bytes < 0 ? OHTD_NONE : bytes;
}

static int64_t measured(uint32_t us)
{
	return us ? us : OHTD_NONE;
}

static void get_module(struct ohtd_call *call)
{
	const struct ohtd_module_view *view = ohtd_find_module(call);
	const struct ohtd_scene scene = ohtd_call_scene(call);
	struct module_statistics statistics;

	if (!view)
		return;
	statistics = (struct module_statistics){
		view->requests, view->replies, view->timeouts, view->crc_errors, view->exceptions,
		view->other_errors, counted(view->bytes_stray), counted(view->bytes_extra),
		view->errors_in_row, measured(view->turnaround_us),
		measured(view->turnaround_max_us),
	};
	OHTD_REPLY(call, 200, module_detail, (&(struct module_detail){
		.module = module_of(&scene, view),
		.device_id = view->device_id,
		.firmware = ohtd_version_text(call, view->firmware_version),
		.hardware = ohtd_version_text(call, view->hardware_version),
		.statistics = &statistics,
	}));
}

/* ---- asking one ---- */

struct ping {
	unsigned int address;
	unsigned int device_id;
	int64_t turnaround_us;
	uint32_t took_us;
	uint32_t attempts;
};

OHTD_SHAPE(ping, "Ping",
	OHTD_INTEGER(ping, address, .summary = "Unit address"),
	OHTD_INTEGER(ping, device_id, .summary = "What the module answers: its device id"),
	OHTD_INTEGER(ping, turnaround_us, .unit = "us", .flags = OHTD_NULL,
		     .summary = "From the request's end to the answer's beginning; null: the bus does not measure it"),
	OHTD_INTEGER(ping, took_us, .unit = "us",
		     .summary = "From the command to the answer, with the wait for the plan of the bus"),
	OHTD_INTEGER(ping, attempts, .summary = "How often it was asked: the second time is more patient"));

static void ping_done(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	OHTD_REPLY(call, 200, ping, (&(struct ping){
		.address = call->params.unit, .device_id = answer->words[0],
		.turnaround_us = measured(answer->turnaround_us), .took_us = answer->took_us,
		.attempts = answer->attempts,
	}));
}

static void post_ping(struct ohtd_call *call)
{
	struct ohtd_command command = {
		.kind = OHTD_COMMAND_PING,
		.unit = (uint8_t)call->params.unit,
	};

	if (ohtd_find_module(call))
		ohtd_call_command(call, &command, ping_done);
}

/* ---- quarantine ---- */

static void quarantine_done(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	ohtd_log(OHTD_LOG_NOTICE, "http", "quarantine", "unit %u %s by %s", call->params.unit,
		 answer->kind == OHTD_COMMAND_QUARANTINE ? "taken out" : "let back", call->who.user);
	get_module(call);
}

static void change_quarantine(struct ohtd_call *call, enum ohtd_command_kind kind)
{
	struct ohtd_command command = { .kind = kind, .unit = (uint8_t)call->params.unit };

	if (ohtd_find_module(call))
		ohtd_call_command(call, &command, quarantine_done);
}

static void post_quarantine(struct ohtd_call *call)
{
	change_quarantine(call, OHTD_COMMAND_QUARANTINE);
}

static void delete_quarantine(struct ohtd_call *call)
{
	change_quarantine(call, OHTD_COMMAND_RELEASE);
}

/* ---- searching ---- */

struct discover {
	uint32_t valid_for_ms;
};

OHTD_SHAPE(discover, "Discover",
	OHTD_INTEGER(discover, valid_for_ms, .min = 1, .max = OHTD_VALID_MS_MAX,
		     .preset = DISCOVER_MS, .unit = "ms",
		     .summary = "From now; what is not done by then is dropped"));

struct discovered {
	struct module_list list;
	uint32_t duration_ms;
};

OHTD_SHAPE(discovered, "Discovered",
	OHTD_PART(discovered, list, module_list),
	OHTD_INTEGER(discovered, duration_ms, .unit = "ms", .summary = "How long the search took"));

static void discover_done(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	const struct ohtd_scene scene = ohtd_call_scene(call);

	(void)answer;
	OHTD_REPLY(call, 200, discovered, (&(struct discovered){
		.list = list_modules(&scene),
		.duration_ms = ohtd_call_snapshot(call)->bus.discovery_ms,
	}));
}

static void post_discover(struct ohtd_call *call)
{
	struct ohtd_command command = {
		.kind = OHTD_COMMAND_DISCOVER,
		.valid_ms = OHTD_INPUT(call, discover)->valid_for_ms,
	};

	ohtd_call_command(call, &command, discover_done);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "modules", .role = OHTD_ROLE_VIEWER,
		.query = &module_query_shape,
		.replies = { { 200, &module_list_shape } },
		.handle = get_modules,
		.summary = "Modules on the bus",
	}, {
		.method = OHTD_GET, .path = "modules/profiles", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &profile_list_shape } },
		.handle = get_profiles,
		.summary = "Where the registers of modules are described",
	}, {
		.method = OHTD_POST, .path = "modules/discover", .role = OHTD_ROLE_OPERATOR,
		.act = { "look", "looked", " for modules" },
		.flags = OHTD_ROUTE_COMMAND, .body_bytes_max = 4096, .body = &discover_shape,
		.replies = { { 200, &discovered_shape } },
		.handle = post_discover,
		.summary = "Search the bus for modules",
	}, {
		.method = OHTD_GET, .path = "modules/{unit}", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &module_detail_shape } },
		.problems = { "module_not_found" },
		.handle = get_module,
		.summary = "One module",
	}, {
		.method = OHTD_POST, .path = "modules/{unit}/ping", .role = OHTD_ROLE_OPERATOR,
		.act = { "ping", "pinged", " a module" },
		.flags = OHTD_ROUTE_QUIET | OHTD_ROUTE_COMMAND,
		.replies = { { 200, &ping_shape } },
		.problems = { "module_not_found" },
		.handle = post_ping,
		.summary = "Ask a module whether it answers, and how soon",
	}, {
		.method = OHTD_POST, .path = "modules/{unit}/quarantine", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "put", "put", " a module in quarantine" },
		.flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_LASTING,
		.replies = { { 200, &module_detail_shape } },
		.problems = { "module_not_found" },
		.handle = post_quarantine,
		.summary = "Ask a module no more, until it is let back or the daemon starts anew",
	}, {
		.method = OHTD_DELETE, .path = "modules/{unit}/quarantine", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "take", "took", " a module out of quarantine" },
		.flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_LASTING,
		.replies = { { 200, &module_detail_shape } },
		.problems = { "module_not_found" },
		.handle = delete_quarantine,
		.summary = "Let a module back out of quarantine",
	},
};

OHTD_ROUTE_TABLE(ohtd_module_routes, "Modules", routes);
