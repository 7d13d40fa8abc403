// SPDX-License-Identifier: GPL-2.0-or-later
/* What would become of a mission: the robot is asked for each leg, as if it began now. */
#include "missions/private.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <string.h>

#include "motion/axis.h"
#include "robot/codes.h"
#include "robot/verbs.h"

/* Each answer publishes the robot, so that only some of them are made in one cycle. */
#define AT_ONCE		4
/* Many cycles: a robot that has not answered by then does not answer. */
#define ANSWER_MS	1000

void ohtd_missions_take_verdict(struct ohtd_missions *missions, const struct ohtd_answer *answer)
{
	uint64_t place = answer->id - OHTD_MISSIONS_OF_CHECK;
	struct ohtd_missions_verdict *verdict;

	/* It may come behind the check that it is for: that one is over then. */
	if (!missions->check || place >= OHTD_MISSION_LEGS_MAX || !missions->check->verdicts[place].asked)
		return;
	verdict = &missions->check->verdicts[place];
	verdict->asked = false;
	verdict->why = answer->why;
}

/* ---- asking the robot ---- */

static bool waits_for(const struct ohtd_missions_check *check)
{
	for (int64_t i = 0; i < check->row.legs; i++)
		if (check->verdicts[i].asked)
			return true;
	return false;
}

/* 0 or -EAGAIN. */
static int await(struct ohtd_missions *missions)
{
	struct pollfd fd = { .fd = ohtd_link_fd(missions->setup.link), .events = POLLIN };

	while (waits_for(missions->check)) {
		if (poll(&fd, 1, ANSWER_MS) <= 0)
			return -EAGAIN;
		ohtd_missions_hear(missions);
	}
	return 0;
}

static int ask(struct ohtd_missions *missions, const struct ohtd_missions_person *person, int64_t place)
{
	struct ohtd_missions_verdict *verdict = &missions->check->verdicts[place];
	const struct ohtd_mission_leg *leg = &missions->check->legs[place];
	struct ohtd_command command = {
		.id = OHTD_MISSIONS_OF_CHECK + (uint64_t)place, .kind = OHTD_COMMAND_TRY, .tried = (uint8_t)ohtd_missions_kind_of(leg),
		.tag = ohtd_principal_tag(&person->who), .role = (uint8_t)person->who.role, .by = person->by,
	};

	verdict->own[1] = ohtd_missions_awaited(missions, leg);
	/* That one begins, and waits. */
	if (!strcmp(leg->kind, "signal") && verdict->own[1] && !strcmp(verdict->own[1], OHTD_MISSIONS_CONDITION))
		verdict->own[1] = NULL;
	if (!strcmp(leg->kind, "write"))
		verdict->own[2] = ohtd_missions_write_refused(missions, &missions->snapshot, &person->who, leg);
	if (!command.tried)
		return 0;
	if (!ohtd_missions_aim(missions, leg, &command)) {
		verdict->own[2] = OHTD_MISSIONS_NO_STATION;
		return 0;
	}
	verdict->asked = !ohtd_link_post(missions->setup.link, &command);
	if (!verdict->asked)
		return -EAGAIN;
	return place % AT_ONCE == AT_ONCE - 1 ? await(missions) : 0;
}

/* ---- what only a leg before changes ---- */

static void drop(struct ohtd_why_list *why, unsigned int code)
{
	uint32_t kept = 0, known = why->count < OHTD_WHY_MAX ? why->count : OHTD_WHY_MAX;

	for (uint32_t i = 0; i < known; i++)
		if (why->items[i].code != code)
			why->items[kept++] = why->items[i];
	why->count -= known - kept;
}

/* @docked: behind the leg before. */
static void judge_dock(struct ohtd_missions_verdict *verdict, unsigned int kind, bool docked)
{
	drop(&verdict->why, OHTD_WHY_DOCKED);
	drop(&verdict->why, OHTD_WHY_NOT_DOCKED);
	if (docked == (kind == OHTD_COMMAND_UNDOCK) || verdict->why.count >= OHTD_WHY_MAX)
		return;
	verdict->why.items[verdict->why.count++] = (struct ohtd_why){ .code = docked ? OHTD_WHY_DOCKED : OHTD_WHY_NOT_DOCKED };
}

/* ---- how long it takes ---- */

/* Of a move between two places, by the planner; not a number: not known. */
static double duration_s(const struct ohtd_missions *missions, const struct ohtd_rules *rules, double from_mm, const struct ohtd_command *to)
{
	const struct ohtd_axis_caps caps = {
		.forward_mm_s = INFINITY, .reverse_mm_s = INFINITY, .mode_mm_s = to->speed_mm_s > 0 ? to->speed_mm_s : INFINITY,
		.override_percent = missions->snapshot.limits.override_percent,
	};
	struct ohtd_axis_sample sample;
	struct ohtd_axis axis;

	if (!isfinite(from_mm) || ohtd_axis_init(&axis, &rules->axis) || ohtd_axis_reset(&axis, from_mm, 0) || ohtd_axis_set_caps(&axis, &caps) ||
	    ohtd_axis_move(&axis, to->target_mm) || ohtd_axis_step(&axis, 0, &sample))
		return NAN;
	return sample.left_s;
}

/* Durations and the dock, leg by leg from where the robot stands. */
static void go_through(struct ohtd_missions *missions, struct ohtd_missions_check *check)
{
	const struct ohtd_snapshot *robot = &missions->snapshot;
	const struct ohtd_rules *rules = &check->block.table.rules[robot->limits.profile];
	double at_mm = robot->position_mm.valid ? robot->position_mm.value : NAN;
	bool moved = false, docked = !ohtd_missions_undocked(missions);

	for (int64_t i = 0; i < check->row.legs; i++) {
		struct ohtd_missions_verdict *verdict = &check->verdicts[i];
		const struct ohtd_mission_leg *leg = &check->legs[i];
		unsigned int kind = ohtd_missions_kind_of(leg);
		struct ohtd_command command;

		if (ohtd_missions_passed(leg))
			continue;
		verdict->duration_s = strcmp(leg->kind, "wait") ? NAN : (double)leg->wait_s;
		if (!strcmp(leg->kind, "charge") && !docked)
			verdict->own[2] = ohtd_why_name(OHTD_WHY_NOT_DOCKED);
		if (!kind)
			continue;
		if (moved)
			judge_dock(verdict, kind, docked);
		moved = true;
		docked = kind == OHTD_COMMAND_DOCK;
		if (kind == OHTD_COMMAND_MOVE) {
			bool known = ohtd_missions_aim(missions, leg, &command);

			verdict->duration_s = known ? duration_s(missions, rules, at_mm, &command) : NAN;
			at_mm = known ? command.target_mm : NAN;
		} else {
			at_mm = rules->value[OHTD_RULE_DOCK_POSITION_MM] + (docked ? 0 : rules->value[OHTD_RULE_UNDOCK_MM]);
		}
	}
}

/* ---- all of it ---- */

static int judge(struct ohtd_missions *missions, const struct ohtd_missions_person *person, struct ohtd_missions_check *check)
{
	bool driven = missions->row.id == check->row.id;
	const char *prevented;
	int r = ohtd_robot_snapshot(missions->setup.robot, &missions->snapshot) ? -EAGAIN : 0;

	prevented = ohtd_missions_prevented(missions);
	/* The mission that is driven prevents the legs of others, and not its own. */
	if (!prevented && !driven && ohtd_missions_commands(missions))
		prevented = ohtd_why_name(OHTD_WHY_REPLACED);
	for (int64_t i = 0; !r && i < check->row.legs; i++) {
		struct ohtd_missions_verdict *verdict = &check->verdicts[i];

		if (ohtd_missions_passed(&check->legs[i]))
			continue;
		verdict->own[0] = ohtd_missions_forbidden(missions, person, ohtd_missions_kind_of(&check->legs[i]));
		if (!verdict->own[0])
			verdict->own[0] = prevented;
		if (!verdict->own[0])
			verdict->own[0] = ohtd_missions_uncharged(missions, &check->legs[i]);
		r = ask(missions, person, i);
	}
	return r ? r : await(missions);
}

int ohtd_missions_check(struct ohtd_missions *missions, const struct ohtd_missions_person *person, struct ohtd_missions_check *check)
{
	int r;

	ohtd_robot_limits(missions->setup.robot, &check->block);
	pthread_mutex_lock(&missions->lock);
	ohtd_missions_hear(missions);
	r = ohtd_missions_load(missions, &check->row);
	if (!r && ohtd_mission_is_over(&check->row))
		r = -EALREADY;
	if (!r)
		r = ohtd_missions_load_legs(missions, &check->row, check->legs);
	if (!r) {
		missions->check = check;
		r = judge(missions, person, check);
		missions->check = NULL;
	}
	if (!r)
		go_through(missions, check);
	pthread_mutex_unlock(&missions->lock);
	return r;
}
