// SPDX-License-Identifier: GPL-2.0-or-later
/* The limits of motion in force, and reading their file again. */
#include "api/api.h"
#include "server/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/change.h"
#include "server/late.h"
#include "lists/list.h"
#include "control/motion_limits.h"
#include "control/robot.h"

#define FILE_NAME	"motion.csv"
#define COMPLAINTS_MAX	16

static const struct ohtd_words profile_words = {
	.name = ohtd_rule_profile_name, .end = OHTD_RULE_COMMON + 1,
};

/* In the memory of the request. */
static const struct ohtd_limits_block *look(struct ohtd_call *call)
{
	struct ohtd_limits_block *block = ohtd_call_alloc(call, sizeof(*block));

	ohtd_robot_limits(call->services->robot, block);
	return block;
}

/* ---- what is in force ---- */

struct motion_limit {
	const char *name;
	unsigned int profile;
	double value;
	const char *unit;
	double min;
	double max;
	const char *description;
};

OHTD_SHAPE(motion_limit, "MotionLimit",
	OHTD_TEXT(motion_limit, name, .summary = "As in the file"),
	OHTD_WORD(motion_limit, profile, .words = &profile_words,
		  .summary = "Layout of the drive for which it holds; common: both"),
	OHTD_NUMBER(motion_limit, value, .summary = "In its unit"),
	OHTD_TEXT(motion_limit, unit, .flags = OHTD_NULL, .summary = "Of value, min and max; null: none"),
	OHTD_NUMBER(motion_limit, min, .summary = "Least that the file permits"),
	OHTD_NUMBER(motion_limit, max, .summary = "Greatest that the file permits"),
	OHTD_TEXT(motion_limit, description, .summary = "What it is"));

struct limits_in_force {
	unsigned int profile;
	const char *file;
	uint32_t generation;
	int64_t read;
	const struct motion_limit *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(limits_in_force, "LimitsInForce",
	OHTD_WORD(limits_in_force, profile, .words = &profile_words,
		  .summary = "Layout of the drive that is there: these values and the common ones hold"),
	OHTD_TEXT(limits_in_force, file, .summary = "What describes them, in the folder of the data files"),
	OHTD_INTEGER(limits_in_force, generation,
		     .summary = "Goes up with each change of limits or stations; 1: those of the start"),
	OHTD_TIME(limits_in_force, read, .flags = OHTD_NULL, .summary = "When they were read or changed"),
	OHTD_LIST(limits_in_force, items, motion_limit, .summary = "All values, in the order of the file"),
	OHTD_NEXT_CURSOR(limits_in_force));

static struct motion_limit limit_of(const struct ohtd_rule_row *row)
{
	return (struct motion_limit){
		.name = ohtd_rule_name(row->rule), .profile = row->profile, .value = row->value,
		.unit = *row->unit ? row->unit : NULL, .min = row->min, .max = row->max,
		.description = row->description,
	};
}

/* Those from the first rule to the last. */
static void reply_limits(struct ohtd_call *call, unsigned int first, unsigned int last)
{
	const struct ohtd_limits_block *block = look(call);
	struct motion_limit items[OHTD_RULE_ROWS_MAX];
	struct limits_in_force view = {
		.profile = ohtd_call_snapshot(call)->limits.profile, .file = FILE_NAME,
		.generation = block->generation,
		.read = ohtd_call_wall_ns(call, block->read_ns),
		.items = items,
	};

	for (size_t i = 0; i < block->table.rows; i++)
		if (block->table.row[i].rule >= first && block->table.row[i].rule <= last)
			items[view.items_count++] = limit_of(&block->table.row[i]);
	OHTD_REPLY(call, 200, limits_in_force, &view);
}

static void get_limits(struct ohtd_call *call)
{
	reply_limits(call, 0, OHTD_RULES - 1);
}

/* rules.h has them side by side. */
static void get_zones(struct ohtd_call *call)
{
	reply_limits(call, OHTD_RULE_DISTANCE_1_WAYS, OHTD_RULE_ZONE_HYSTERESIS_MM);
}

/* ---- reading them again ---- */

struct limit_change {
	const char *name;
	unsigned int profile;
	double before;
	double now;
};

OHTD_SHAPE(limit_change, "LimitChange",
	OHTD_TEXT(limit_change, name, .summary = "Of the value"),
	OHTD_WORD(limit_change, profile, .words = &profile_words,
		  .summary = "Layout of the drive for which it holds; common: both"),
	OHTD_NUMBER(limit_change, before, .summary = "What it was"),
	OHTD_NUMBER(limit_change, now, .summary = "What it is"));

struct limits_reloaded {
	const char *file;
	uint32_t generation;
	int64_t read;
	const struct limit_change *changed;
	size_t changed_count;
};

OHTD_SHAPE(limits_reloaded, "LimitsReloaded",
	OHTD_TEXT(limits_reloaded, file, .summary = "Where they are from, in the folder of the data files"),
	OHTD_INTEGER(limits_reloaded, generation, .summary = "As in GET robot/limits"),
	OHTD_TIME(limits_reloaded, read, .flags = OHTD_NULL, .summary = "When the file was read"),
	OHTD_LIST(limits_reloaded, changed, limit_change,
		  .summary = "Values that are other ones than before; empty: all are the same"));

struct reload_limits {
	uint32_t valid_for_ms;
};

OHTD_SHAPE(reload_limits, "ReloadLimits",
	OHTD_INTEGER(reload_limits, valid_for_ms, .min = 1, .max = OHTD_VALID_MS_MAX,
		     .preset = OHTD_VALID_MS, .unit = "ms",
		     .summary = "From the reading; if they do not hold by then, all is as before"));

/* @lines: the first complaints of @count */
struct reload_job {
	struct ohtd_late late;
	struct ohtd_complaints_of_job {
		struct oht_complaints head;
		unsigned int count;
		char lines[COMPLAINTS_MAX][OHT_ERROR_BYTES];
	} complaints;
	struct ohtd_robot *robot;
	struct ohtd_rule_table *table;
};

/* Of reload_job.late.result; below 0 are troubles of the daemon. */
enum { READ, WRONG, NO_MEMORY };

static void note(struct oht_complaints *head, const char *line)
{
	struct ohtd_complaints_of_job *complaints = (struct ohtd_complaints_of_job *)head;

	if (complaints->count < COMPLAINTS_MAX)
		snprintf(complaints->lines[complaints->count], OHT_ERROR_BYTES, "%s", line);
	complaints->count++;
}

/* On a worker. */
static int read_file(struct ohtd_late *late)
{
	struct reload_job *job = (struct reload_job *)late;

	job->table = malloc(sizeof(*job->table));
	if (!job->table)
		return NO_MEMORY;
	switch (ohtd_robot_limits_read(job->robot, &job->complaints.head, job->table)) {
	case 0:
		return READ;
	case -ENOMEM:
		return NO_MEMORY;
	default:
		return WRONG;
	}
}

static void release(struct ohtd_late *late)
{
	free(((struct reload_job *)late)->table);
}

static void refuse_file(struct ohtd_call *call, const struct reload_job *job)
{
	struct ohtd_error errors[COMPLAINTS_MAX];
	size_t count = job->complaints.count < COMPLAINTS_MAX ? job->complaints.count
							      : COMPLAINTS_MAX;
	const char *detail = ohtd_call_text_of(call, "%s was not taken, all is as before: %u %s",
					       FILE_NAME, job->complaints.count,
					       job->complaints.count == 1 ? "complaint" : "complaints");

	for (size_t i = 0; i < count; i++)
		errors[i] = (struct ohtd_error){
			.pointer = "", .code = "file_line", .detail = job->complaints.lines[i],
		};
	ohtd_log(OHTD_LOG_NOTICE, "http", "limits_refused", "for %s: %u complaints, %s",
		 call->who.user, job->complaints.count, job->complaints.lines[0]);
	ohtd_reply_errors(call, 422, "limits_file", detail, errors, count);
}

/* The limits in force, and their changes. The line in the log comes from the control thread. */
static void reply_reloaded(struct ohtd_call *call, const struct ohtd_change *change)
{
	const struct ohtd_limits_block *block = look(call);
	struct limit_change changed[OHTD_RULE_ROWS_MAX];
	struct limits_reloaded view = {
		.file = FILE_NAME, .generation = block->generation,
		.read = ohtd_call_wall_ns(call, block->read_ns),
		.changed = changed, .changed_count = block->changes,
	};

	(void)change;
	for (size_t i = 0; i < view.changed_count; i++)
		changed[i] = (struct limit_change){
			.name = ohtd_rule_name(block->change[i].rule),
			.profile = block->change[i].profile,
			.before = block->change[i].before, .now = block->change[i].now,
		};
	OHTD_REPLY(call, 200, limits_reloaded, &view);
}

/* The file as a version of the configuration. */
static void change_to(struct ohtd_call *call, struct reload_job *job)
{
	struct ohtd_change *change = ohtd_call_change_make(call);

	if (!change)
		return;
	change->table = job->table;
	job->table = NULL;
	change->valid_ms = OHTD_INPUT(call, reload_limits)->valid_for_ms;
	snprintf(change->reason, sizeof(change->reason), "%s was read again", FILE_NAME);
	ohtd_call_change(call, change, ohtd_settings_change, reply_reloaded);
}

static void take_file(struct ohtd_call *call, struct ohtd_late *late)
{
	struct reload_job *job = (struct reload_job *)late;

	if (late->result == READ)
		change_to(call, job);
	else if (late->result == WRONG)
		refuse_file(call, job);
	else
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
}

static void post_reload(struct ohtd_call *call)
{
	struct reload_job *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->robot = call->services->robot;
	job->late.release = release;
	job->complaints.head.take = note;
	ohtd_late_act(call, &job->late, OHTD_LATE_MS, read_file, take_file);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "robot/limits", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &limits_in_force_shape } },
		.handle = get_limits,
		.summary = "The limits of motion in force: limits, calibration, zones, times, tolerances",
	}, {
		.method = OHTD_GET, .path = "safety/zones", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &limits_in_force_shape } },
		.handle = get_zones,
		.summary = "Of the limits of motion in force those in front of obstacles: sensors, zones, speeds in them",
		.text = "A view of GET robot/limits. They are items of the configuration: PATCH config changes them.",
	}, {
		.method = OHTD_POST, .path = "robot/limits/reload", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "reload", "reloaded", " the limits" },
		.flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED, .body_bytes_max = 4096,
		.body = &reload_limits_shape,
		.replies = { { 200, &limits_reloaded_shape } },
		.elevation = OHTD_ELEVATION_BY_ITEM,
		.problems = { "limits_file", "config_contradiction", "config_pending", "layer", "out_of_memory", "no_answer_in_time" },
		.handle = post_reload,
		.summary = "Read the file with the limits of motion again",
		.text = "All of it is checked as at the start, written down as a version of the configuration, and "
			"taken as a whole at the edge of a control cycle, while nothing moves, by who is in control. A "
			"refusal changes nothing.",
	},
};

OHTD_ROUTE_TABLE(ohtd_limits_routes, "Robot", routes);
