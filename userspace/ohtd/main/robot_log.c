// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/robot_log.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/role.h"
#include "control/life.h"
#include "control/motion_limits.h"
#include "robot/states.h"

#define REASONS_BYTES	512
/* With the rest of the line it is one that GET logs keeps whole; room for one change more, or a count. */
#define CHANGES_BYTES	400
#define CHANGE_BYTES	96

/* ", for module_lost of unit 4, sensors"; "" without a reason. */
static void put_reasons(const struct ohtd_why_list *list, char *text, size_t size)
{
	size_t count = list->count < OHTD_WHY_MAX ? list->count : OHTD_WHY_MAX;
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count && length < size; i++) {
		const struct ohtd_why *why = &list->items[i];
		char unit[24] = "";

		if (why->unit)
			snprintf(unit, sizeof(unit), " of unit %u", why->unit);
		length += (size_t)snprintf(text + length, size - length, "%s %s%s",
					   i ? "," : ", for", ohtd_why_name(why->code), unit);
	}
}

static bool is_control(const struct ohtd_event_record *record)
{
	return record->kind >= OHTD_RECORD_CONTROL_TAKEN && record->kind <= OHTD_RECORD_CONTROL_ENDED;
}

static int level_of(const struct ohtd_event_record *record)
{
	if (is_control(record) || record->kind == OHTD_RECORD_MODE ||
	    record->kind == OHTD_RECORD_LIMITS)
		return OHTD_LOG_NOTICE;
	if (record->kind == OHTD_RECORD_ALERT || record->kind == OHTD_RECORD_WAIT_LATE)
		return OHTD_LOG_WARNING;
	if (record->kind == OHTD_RECORD_TRANSITION && record->from != record->to)
		return OHTD_LOG_NOTICE;
	/* 20 each second while somebody jogs: with them the log would hold back what matters. */
	if (record->kind == OHTD_RECORD_TRANSITION && record->event == OHTD_EVENT_JOG_REFRESH)
		return OHTD_LOG_DEBUG;
	return OHTD_LOG_INFO;
}

/* "supervisor, before: operator" */
static void tell_control(const struct ohtd_event_record *record)
{
	ohtd_log(level_of(record), "robot", ohtd_record_name(record->kind), "%s%s%s",
		 *record->user ? record->user : "nobody", *record->before ? ", before: " : "",
		 record->before);
}

/* "17 move: failed by operator, for cancelled" */
static void tell_command(const struct ohtd_event_record *record)
{
	const struct ohtd_command_view *view = &record->command;

	ohtd_log(OHTD_LOG_INFO, "robot", ohtd_record_name(record->kind), "%llu %s: %s by %s%s%s",
		 (unsigned long long)view->number, ohtd_life_verb(view),
		 ohtd_command_state_name(view->state), *view->user ? view->user : "itself",
		 view->reason.code ? ", for " : "",
		 view->reason.code ? ohtd_why_name(view->reason.code) : "");
}

/* "automatic -> manual by anna" */
static void tell_mode(const struct ohtd_event_record *record)
{
	ohtd_log(level_of(record), "robot", ohtd_record_name(record->kind), "%s -> %s by %s",
		 ohtd_mode_name(record->mode_before), ohtd_mode_name(record->mode),
		 *record->user ? record->user : "itself");
}

/* ": jog_mm_s 250 -> 200, soft_min_mm legacy 0 -> 10"; what does not fit is counted. */
static void put_changes(const struct ohtd_limits_change *changes, int count, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (int i = 0; i < count; i++) {
		const struct ohtd_limits_change *change = &changes[i];
		bool common = change->profile == OHTD_RULE_COMMON;

		if (length + CHANGE_BYTES > size) {
			snprintf(text + length, size - length, ", and %d more", count - i);
			return;
		}
		length += (size_t)snprintf(text + length, size - length, "%s %s%s%s %.10g -> %.10g",
					   i ? "," : ":", ohtd_rule_name(change->rule),
					   common ? "" : " ",
					   common ? "" : ohtd_rule_profile_name(change->profile),
					   change->before, change->now);
	}
}

/* "reading 2 by anna: jog_mm_s 250 -> 200" */
static void tell_limits(struct ohtd_robot *robot, const struct ohtd_event_record *record)
{
	struct ohtd_limits_change changes[OHTD_RULE_ROWS_MAX];
	int count = ohtd_robot_limits_changed(robot, record->generation, changes);
	char text[CHANGES_BYTES];

	put_changes(changes, count, text, sizeof(text));
	ohtd_log(level_of(record), "robot", ohtd_record_name(record->kind), "reading %u by %s%s%s",
		 record->generation, record->user,
		 count > 0 ? "" : count ? ", replaced by now" : ", no limit of motion is another one", text);
}

/* "3 home at 500 mm, 500 mm behind the one before" */
static void tell_passage(const struct ohtd_event_record *record)
{
	const struct ohtd_passage_view *passage = &record->passage;
	char way[48] = "";

	if (isfinite(passage->distance_mm))
		snprintf(way, sizeof(way), ", %.0f mm behind the one before", passage->distance_mm);
	ohtd_log(OHTD_LOG_DEBUG, "robot", ohtd_record_name(record->kind), "%llu %s at %.0f mm%s",
		 (unsigned long long)passage->number, passage->name, passage->position_mm, way);
}

/* On a line without outputs: "unit 4 has not confirmed its stop and may still have power, for module_no_answer" */
static void tell_drive_left_on(const struct ohtd_event_record *record)
{
	const struct ohtd_why *why = &record->why.items[0];

	ohtd_log(OHTD_LOG_WARNING, "robot", ohtd_record_name(record->kind),
		 "unit %u has not confirmed its stop and may still have power, for %s", why->unit,
		 ohtd_why_name(why->code));
}

static void tell(const struct ohtd_event_record *record)
{
	const char *by = record->role <= OHTD_ROLE_ADMINISTRATOR ? ohtd_role_name(record->role)
								 : "itself";
	char reasons[REASONS_BYTES];
	char way[64];

	put_reasons(&record->why, reasons, sizeof(reasons));
	if (record->kind == OHTD_RECORD_TRANSITION && record->from != record->to)
		snprintf(way, sizeof(way), "%s -> %s", ohtd_state_name(record->from),
			 ohtd_state_name(record->to));
	else
		snprintf(way, sizeof(way), "%s", ohtd_state_name(record->to));
	ohtd_log(level_of(record), "robot", ohtd_record_name(record->kind), "%s: %s by %s%s", way,
		 ohtd_robot_event_name(record->event), by, reasons);
}

void ohtd_robot_log(struct ohtd_robot *robot, struct ohtd_event_reader *reader)
{
	struct ohtd_event_record record;
	uint64_t lost = reader->lost;

	while (ohtd_robot_event(robot, reader, &record)) {
		if (is_control(&record))
			tell_control(&record);
		else if (record.kind == OHTD_RECORD_COMMAND)
			tell_command(&record);
		else if (record.kind == OHTD_RECORD_MODE)
			tell_mode(&record);
		else if (record.kind == OHTD_RECORD_LIMITS)
			tell_limits(robot, &record);
		else if (record.kind == OHTD_RECORD_PASSAGE)
			tell_passage(&record);
		else if (record.kind == OHTD_RECORD_DRIVE_LEFT_ON)
			tell_drive_left_on(&record);
		else if (record.kind != OHTD_RECORD_STOP)	/* its transition is logged */
			tell(&record);
	}
	if (reader->lost != lost)
		ohtd_log(OHTD_LOG_WARNING, "robot", "records_lost",
			 "%llu records of the robot were not read in time",
			 (unsigned long long)(reader->lost - lost));
}
