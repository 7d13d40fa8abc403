// SPDX-License-Identifier: GPL-2.0-or-later
/* robot/factsheet: what a fleet must know of the robot before the first command. */
#include "api/api.h"
#include "server/call.h"

#include <math.h>

#include "base/clock.h"
#include "live/channels.h"
#include "live/messages.h"
#include "clients/command.h"
#include "json/json_scan.h"
#include "views/words.h"
#include "control/lease.h"
#include "control/life.h"
#include "control/motion_limits.h"
#include "control/robot.h"
#include "robot/verbs.h"
#include "journal/command_rows.h"

/* ---- limits and lengths ---- */

struct facts_limits {
	double speed_mm_s;
	double accel_mm_s2;
	double decel_mm_s2;
	double jerk_mm_s3;
	double jog_mm_s;
	double homing_mm_s;
	double slow_mm_s;
	double docking_mm_s;
};

OHTD_SHAPE(facts_limits, "FactsLimits",
	OHTD_NUMBER(facts_limits, speed_mm_s, .unit = "mm/s", .summary = "Highest speed of a move"),
	OHTD_NUMBER(facts_limits, accel_mm_s2, .unit = "mm/s2", .summary = "Highest acceleration"),
	OHTD_NUMBER(facts_limits, decel_mm_s2, .unit = "mm/s2", .summary = "Highest deceleration"),
	OHTD_NUMBER(facts_limits, jerk_mm_s3, .unit = "mm/s3", .summary = "Fastest change of both"),
	OHTD_NUMBER(facts_limits, jog_mm_s, .unit = "mm/s", .summary = "Highest speed of a jog"),
	OHTD_NUMBER(facts_limits, homing_mm_s, .unit = "mm/s", .summary = "Speed of home"),
	OHTD_NUMBER(facts_limits, slow_mm_s, .unit = "mm/s",
		    .summary = "Highest speed in the slow zone of an obstacle"),
	OHTD_NUMBER(facts_limits, docking_mm_s, .unit = "mm/s",
		    .summary = "Highest speed near the dock, and of undock"));

struct facts_lengths {
	double soft_min_mm;
	double soft_max_mm;
	double home_position_mm;
	double dock_position_mm;
	double undock_position_mm;
	double tolerance_mm;
	double sight_mm;
	double slow_zone_mm;
};

OHTD_SHAPE(facts_lengths, "FactsLengths",
	OHTD_NUMBER(facts_lengths, soft_min_mm, .unit = "mm", .summary = "Lowest target"),
	OHTD_NUMBER(facts_lengths, soft_max_mm, .unit = "mm", .summary = "Highest target"),
	OHTD_NUMBER(facts_lengths, home_position_mm, .unit = "mm", .summary = "Where home ends"),
	OHTD_NUMBER(facts_lengths, dock_position_mm, .unit = "mm", .summary = "Where the dock is"),
	OHTD_NUMBER(facts_lengths, undock_position_mm, .unit = "mm", .summary = "Where undock ends"),
	OHTD_NUMBER(facts_lengths, tolerance_mm, .unit = "mm",
		    .summary = "A target counts as reached so near to it"),
	OHTD_NUMBER(facts_lengths, sight_mm, .unit = "mm", .summary = "How far the distance sensors see"),
	OHTD_NUMBER(facts_lengths, slow_zone_mm, .unit = "mm",
		    .summary = "Nearer than this to an obstacle the robot is slow"));

/* ---- kinds of commands ---- */

struct facts_command {
	unsigned int verb;
	bool can_wait;
	bool can_be_paused;
	bool can_be_cancelled;
	bool needs_target;
};

OHTD_SHAPE(facts_command, "FactsCommand",
	OHTD_WORD(facts_command, verb, .words = &ohtd_motion_verb_words, .summary = "Of POST robot/commands"),
	OHTD_BOOLEAN(facts_command, can_wait, .summary = "It takes queue, and can wait behind others"),
	OHTD_BOOLEAN(facts_command, can_be_paused,
		     .summary = "pause keeps it, and resume goes on with it"),
	OHTD_BOOLEAN(facts_command, can_be_cancelled, .summary = "stop ends it before its end"),
	OHTD_BOOLEAN(facts_command, needs_target, .summary = "It wants position_mm"));

/* A pause ends a jog: nothing is kept of it. In the last phase of docking nothing is paused. */
static size_t fill_commands(struct facts_command *commands)
{
	size_t count = 0;

	for (unsigned int verb = 0; verb < OHTD_VERBS; verb++) {
		unsigned int kind = ohtd_verb_kind(verb), flags = ohtd_verb_row(kind)->flags;

		if (flags & OHTD_IS_MOTION)
			commands[count++] = (struct facts_command){
				.verb = kind,
				.can_wait = flags & OHTD_IS_TASK,
				.can_be_paused = flags & OHTD_IS_TASK,
				.can_be_cancelled = true,
				.needs_target = flags & OHTD_TAKES_TARGET,
			};
	}
	return count;
}

/* ---- how much and how often ---- */

struct facts_array_limits {
	uint32_t queue;
	uint32_t id_characters;
	uint32_t known_ids;
	uint32_t commands_kept;
	uint32_t message_bytes;
	uint32_t body_bytes;
	uint32_t json_depth;
};

OHTD_SHAPE(facts_array_limits, "FactsArrayLimits",
	OHTD_INTEGER(facts_array_limits, queue, .summary = "Commands that wait"),
	OHTD_INTEGER(facts_array_limits, id_characters, .summary = "Of a command's id"),
	OHTD_INTEGER(facts_array_limits, known_ids, .summary = "Commands that are known by their ids"),
	OHTD_INTEGER(facts_array_limits, commands_kept, .summary = "Commands in GET robot/commands"),
	OHTD_INTEGER(facts_array_limits, message_bytes, .unit = "bytes",
		     .summary = "Of a message over a WebSocket"),
	OHTD_INTEGER(facts_array_limits, body_bytes, .unit = "bytes", .summary = "Of a command's body"),
	OHTD_INTEGER(facts_array_limits, json_depth, .summary = "Arrays and objects in one another"));

struct facts_intervals {
	uint32_t cycle_ms;
	uint32_t update_ms;
	uint32_t quiet_ms;
	uint32_t jog_expiry_ms;
	uint32_t control_ms;
	uint32_t valid_for_ms;
	uint32_t valid_for_max_ms;
};

OHTD_SHAPE(facts_intervals, "FactsIntervals",
	OHTD_INTEGER(facts_intervals, cycle_ms, .unit = "ms", .summary = "Of the control cycle"),
	OHTD_INTEGER(facts_intervals, update_ms, .unit = "ms",
		     .summary = "Shortest between two messages of a channel of state"),
	OHTD_INTEGER(facts_intervals, quiet_ms, .unit = "ms",
		     .summary = "Longest between two messages of a channel"),
	OHTD_INTEGER(facts_intervals, jog_expiry_ms, .unit = "ms",
		     .summary = "A jog must be repeated within this time"),
	OHTD_INTEGER(facts_intervals, control_ms, .unit = "ms",
		     .summary = "Control ends so long after the last word of its session"),
	OHTD_INTEGER(facts_intervals, valid_for_ms, .unit = "ms",
		     .summary = "valid_for_ms of a command that says nothing else"),
	OHTD_INTEGER(facts_intervals, valid_for_max_ms, .unit = "ms", .summary = "Longest valid_for_ms"));

/* ---- battery and versions ---- */

struct facts_battery {
	double percent;
	bool charges_at_dock;
};

OHTD_SHAPE(facts_battery, "FactsBattery",
	OHTD_NUMBER(facts_battery, percent, .flags = OHTD_NULL, .unit = "%",
		    .summary = "State of charge; null: not known now"),
	OHTD_BOOLEAN(facts_battery, charges_at_dock,
		     .summary = "A charge is asked for once the robot has docked"));

struct facts_module {
	uint32_t address;
	const char *name;
	const char *profile;
	const char *firmware;
	const char *hardware;
};

OHTD_SHAPE(facts_module, "FactsModule",
	OHTD_INTEGER(facts_module, address, .summary = "Unit address"),
	OHTD_TEXT(facts_module, name, .summary = "What it is"),
	OHTD_TEXT(facts_module, profile, .flags = OHTD_NULL, .summary = "Of its registers; null: not known"),
	OHTD_TEXT(facts_module, firmware, .flags = OHTD_NULL, .summary = "Version; null: not known"),
	OHTD_TEXT(facts_module, hardware, .flags = OHTD_NULL, .summary = "Version; null: not known"));

struct facts_versions {
	const char *ohtd;
	const char *api;
	const char *bus;
	const struct facts_module *modules;
	size_t modules_count;
};

OHTD_SHAPE(facts_versions, "FactsVersions",
	OHTD_TEXT(facts_versions, ohtd, .summary = "Of the daemon"),
	OHTD_TEXT(facts_versions, api, .summary = "Of the API", .example = "\"v1\""),
	OHTD_TEXT(facts_versions, bus, .summary = "Back-end of the bus", .example = "\"kernel\""),
	OHTD_LIST(facts_versions, modules, facts_module, .summary = "Modules that are there or missing"));

/* ---- all of it ---- */

struct factsheet {
	const struct facts_limits *limits;
	const struct facts_lengths *lengths;
	const struct facts_command *commands;
	size_t commands_count;
	const struct facts_array_limits *array_limits;
	const struct facts_intervals *intervals;
	const struct facts_battery *battery;
	const struct facts_versions *versions;
};

OHTD_SHAPE(factsheet, "Factsheet",
	OHTD_OBJECT(factsheet, limits, facts_limits, .summary = "Speeds and ramps"),
	OHTD_OBJECT(factsheet, lengths, facts_lengths, .summary = "Places and distances along the rail"),
	OHTD_LIST(factsheet, commands, facts_command, .summary = "Kinds of commands of motion"),
	OHTD_OBJECT(factsheet, array_limits, facts_array_limits, .summary = "How much is taken"),
	OHTD_OBJECT(factsheet, intervals, facts_intervals, .summary = "How often"),
	OHTD_OBJECT(factsheet, battery, facts_battery, .summary = "The battery"),
	OHTD_OBJECT(factsheet, versions, facts_versions, .summary = "What runs"));

/* By enum ohtd_rule, of the drive that is there. In the request's memory. */
static const double *rules_of(struct ohtd_call *call)
{
	struct ohtd_limits_block *block = ohtd_call_alloc(call, sizeof(*block));

	ohtd_robot_limits(call->services->robot, block);
	return block->table.rules[ohtd_call_snapshot(call)->limits.profile].value;
}

static struct facts_limits limits_of(const double *rule)
{
	return (struct facts_limits){
		.speed_mm_s = rule[OHTD_RULE_SPEED_MM_S],
		.accel_mm_s2 = rule[OHTD_RULE_ACCEL_MM_S2],
		.decel_mm_s2 = rule[OHTD_RULE_DECEL_MM_S2],
		.jerk_mm_s3 = rule[OHTD_RULE_JERK_MM_S3],
		.jog_mm_s = rule[OHTD_RULE_JOG_MM_S],
		.homing_mm_s = rule[OHTD_RULE_HOMING_MM_S],
		.slow_mm_s = rule[OHTD_RULE_SLOW_MM_S],
		.docking_mm_s = rule[OHTD_RULE_DOCK_ALIGN_MM_S],
	};
}

static struct facts_lengths lengths_of(const double *rule)
{
	double dock_mm = rule[OHTD_RULE_DOCK_POSITION_MM];

	return (struct facts_lengths){
		.soft_min_mm = rule[OHTD_RULE_SOFT_MIN_MM],
		.soft_max_mm = rule[OHTD_RULE_SOFT_MAX_MM],
		.home_position_mm = rule[OHTD_RULE_HOME_POSITION_MM],
		.dock_position_mm = dock_mm,
		.undock_position_mm = dock_mm + rule[OHTD_RULE_UNDOCK_MM],
		.tolerance_mm = rule[OHTD_RULE_TOLERANCE_MM],
		.sight_mm = rule[OHTD_RULE_DISTANCE_RANGE_MM],
		.slow_zone_mm = rule[OHTD_RULE_SLOW_ZONE_MM],
	};
}

static const struct facts_module *modules_of(struct ohtd_call *call, size_t *count)
{
	const struct ohtd_snapshot *snapshot = ohtd_call_snapshot(call);
	struct facts_module *modules = ohtd_call_alloc(call, OHTD_MODULES_MAX * sizeof(*modules));

	for (*count = 0; *count < snapshot->module_count; ++*count) {
		const struct ohtd_module_view *view = &snapshot->modules[*count];

		modules[*count] = (struct facts_module){
			.address = view->unit, .name = view->name,
			.profile = *view->profile ? view->profile : NULL,
			.firmware = ohtd_version_text(call, view->firmware_version),
			.hardware = ohtd_version_text(call, view->hardware_version),
		};
	}
	return modules;
}

static void get_factsheet(struct ohtd_call *call)
{
	const struct ohtd_snapshot *snapshot = ohtd_call_snapshot(call);
	const double *rule = rules_of(call);
	const struct facts_array_limits array_limits = {
		.queue = OHTD_QUEUE_MAX, .id_characters = OHTD_ID_CHARACTERS,
		.known_ids = OHTD_RECENT_COMMANDS, .commands_kept = OHTD_COMMANDS_KEPT,
		.message_bytes = OHTD_MESSAGE_BYTES_MAX, .body_bytes = OHTD_COMMAND_BODY_BYTES_MAX,
		.json_depth = OHTD_JSON_DEPTH_MAX,
	};
	const struct facts_intervals intervals = {
		.cycle_ms = snapshot->bus.cycle_ms, .update_ms = 1000 / OHTD_RATE_HZ_MAX,
		.quiet_ms = OHTD_QUIET_MS, .jog_expiry_ms = snapshot->limits.jog_expiry_ms,
		.control_ms = OHTD_LEASE_NS / OHTD_NS_PER_MS,
		.valid_for_ms = OHTD_VALID_MS, .valid_for_max_ms = OHTD_VALID_MS_MAX,
	};
	const struct facts_battery battery = {
		.percent = snapshot->battery_percent.valid ? snapshot->battery_percent.value : NAN,
		.charges_at_dock = rule[OHTD_RULE_CHARGE_AT_DOCK] != 0,
	};
	const struct facts_limits limits = limits_of(rule);
	const struct facts_lengths lengths = lengths_of(rule);
	struct facts_command commands[OHTD_VERBS];
	struct facts_versions versions = {
		.ohtd = OHT_VERSION, .api = "v1", .bus = snapshot->bus.backend,
	};

	versions.modules = modules_of(call, &versions.modules_count);
	OHTD_REPLY(call, 200, factsheet, (&(struct factsheet){
		.limits = &limits, .lengths = &lengths,
		.commands = commands, .commands_count = fill_commands(commands),
		.array_limits = &array_limits, .intervals = &intervals, .battery = &battery,
		.versions = &versions,
	}));
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "robot/factsheet", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &factsheet_shape } },
		.handle = get_factsheet,
		.summary = "What a fleet must know of the robot",
		.text = "Limits, lengths, kinds of commands, how much and how often, battery, versions. "
			"While the daemon runs only battery and modules change, and limits and lengths by a change of "
			"the configuration or another drive.",
	},
};

OHTD_ROUTE_TABLE(ohtd_factsheet_routes, "Robot", routes);
