// SPDX-License-Identifier: GPL-2.0-or-later
/* The order in hand on the disk: JSON by the same tables as messages. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "oht-fleet/job.h"

#define FILE_BYTES	(1024 * 1024)

#define SAME(name)		{ name, name }
#define AT(type, member)	.at = offsetof(struct type, member)
#define TEXT(type, member)                                                                                                                  \
	{ SAME(#member), .kind = FORM_TEXT, .flags = FORM_OPTIONAL, AT(type, member), .bytes = sizeof(((struct type *)0)->member) }
#define COUNT(type, member)	{ SAME(#member), .kind = FORM_COUNT, AT(type, member) }
#define FLAG(type, member)	{ SAME(#member), .kind = FORM_FLAG, AT(type, member) }
/* The file of an earlier program does not have it. */
#define LATER_FLAG(type, member)	{ SAME(#member), .kind = FORM_FLAG, .flags = FORM_OPTIONAL, AT(type, member) }
#define NUMBER(type, member)	{ SAME(#member), .kind = FORM_NUMBER, .flags = FORM_OPTIONAL, AT(type, member) }
#define LIST(member, counter, its_rows)                                                                                                     \
	{ SAME(#member), .kind = FORM_LIST, AT(fleet_job, member), .bytes = sizeof(((struct fleet_job *)0)->member[0]),                     \
	  .count_at = offsetof(struct fleet_job, counter),                                                                                  \
	  .max = sizeof(((struct fleet_job *)0)->member) / sizeof(((struct fleet_job *)0)->member[0]), .rows = (its_rows) }
#define END			{ .kind = FORM_END }

static const struct form_row node_rows[] = {
	TEXT(fleet_job_node, id), COUNT(fleet_job_node, sequence), FLAG(fleet_job_node, released), NUMBER(fleet_job_node, at_mm),
	TEXT(fleet_job_node, edge), END,
};

static const struct form_row action_rows[] = {
	TEXT(fleet_job_action, id), TEXT(fleet_job_action, type), COUNT(fleet_job_action, sequence),
	{ SAME("status"), .kind = FORM_COUNT, AT(fleet_job_action, status), .high = FLEET_FAILED }, FLAG(fleet_job_action, retriable), END,
};

static const struct form_row leg_rows[] = {
	TEXT(fleet_job_leg, kind), TEXT(fleet_job_leg, station), NUMBER(fleet_job_leg, position_mm), NUMBER(fleet_job_leg, speed_mm_s),
	COUNT(fleet_job_leg, wait_s), COUNT(fleet_job_leg, sequence), TEXT(fleet_job_leg, action), LATER_FLAG(fleet_job_leg, by_fleet), END,
};

static const struct form_row past_rows[] = {
	TEXT(fleet_job_past, order), COUNT(fleet_job_past, update), TEXT(fleet_job_past, digest), COUNT(fleet_job_past, mission), END,
};

static const struct form_row job_rows[] = {
	TEXT(fleet_job, order), COUNT(fleet_job, update), TEXT(fleet_job, digest), TEXT(fleet_job, last_node), COUNT(fleet_job, last_sequence),
	NUMBER(fleet_job, last_mm), NUMBER(fleet_job, toward_mm), TEXT(fleet_job, base_node), COUNT(fleet_job, base_sequence),
	LIST(nodes, node_count, node_rows), LIST(actions, action_count, action_rows), LIST(legs, leg_count, leg_rows),
	COUNT(fleet_job, mission), COUNT(fleet_job, piece), COUNT(fleet_job, asked), COUNT(fleet_job, sent), COUNT(fleet_job, done),
	FLAG(fleet_job, cancelling), FLAG(fleet_job, cancelled), FLAG(fleet_job, paused), LATER_FLAG(fleet_job, stopped), LIST(past, past_count, past_rows), END,
};

static void empty(struct fleet_job *job)
{
	memset(job, 0, sizeof(*job));
	job->last_mm = job->toward_mm = NAN;
}

/* A file that contradicts itself would be read past the end of its lists. */
static bool holds_together(const struct fleet_job *job)
{
	return job->done <= job->sent && job->sent <= job->asked && job->asked <= job->leg_count && job->asked <= FLEET_MISSION_LEGS_MAX;
}

int fleet_job_load(struct fleet_job *job, const char *path)
{
	struct form_fault fault = { 0 };
	struct json_object *object;
	char *text;
	bool good;
	int r;

	job->last_mm = job->toward_mm = NAN;
	r = oht_file_read(path, FILE_BYTES, &text, NULL);
	if (r) {
		/* A file that is larger than any of them is damaged, as one with other words. */
		errno = r == -EFBIG ? EINVAL : -r;
		return r == -ENOENT ? 0 : -1;
	}
	object = json_tokener_parse(text);
	free(text);
	good = !form_read(job_rows, FLEET_V3_0, object, job, &fault) && holds_together(job);
	json_object_put(object);
	if (good)
		return 0;
	empty(job);
	errno = EINVAL;
	return -1;
}

int fleet_job_save(const struct fleet_job *job, const char *path)
{
	struct json_object *object = form_write(job_rows, FLEET_V3_0, job, 0);
	const char *text = object ? json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN) : NULL;
	int r = text ? oht_file_replace(path, text, strlen(text), 0600) : -ENOMEM;

	json_object_put(object);
	errno = -r;
	return r ? -1 : 0;
}
