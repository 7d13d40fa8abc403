// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A mission that is under way while the robot stands: paused between two legs or in one, or while it waits for time, a signal, a release or a
 * person. Whatever interrupts the robot then, and is over before the mission looks, keeps it from going on by a word that was given before.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mission_rig.h"

#define START_MM	9000

/* ---- how it stands ---- */

struct stand {
	struct ohtd_mission_leg legs[2];
	int64_t count, through;
	bool pauses, drains;
	const char *state, *reason;
};

static struct ohtd_mission_leg leg(const char *kind, int64_t wait_s, const char *signal)
{
	struct ohtd_mission_leg made = rig_made_leg(kind, strcmp(kind, "move") ? (double)NAN : START_MM + 100);

	made.wait_s = wait_s;
	snprintf(made.signal, sizeof(made.signal), "%s", signal);
	/* There is no such charge. */
	if (*signal)
		made.at_least = 500;
	return made;
}

static int work_add(struct ohtd_db *db, void *arg)
{
	struct stand *stand = arg;
	struct ohtd_mission row = {
		.name = "stands", .state = OHTD_MISSION_WAITING, .leg = 1, .legs = stand->count, .made_legs = stand->count, .through_leg = stand->through,
		.rounds = 1, .round = 1, .revision = 1, .made_by = "anna",
	};
	int r = ohtd_mission_add(db, &row, stand->legs);

	return r ? r : (int)row.id;
}

/* The mission, which is as @stand says. */
static struct ohtd_mission begin(struct stand *stand)
{
	struct ohtd_mission row = { .id = __real_ohtd_store_call(rig.store, work_add, stand) };

	assert_true(row.id > 0);
	rig_ask(OHTD_MISSIONS_START, row.id);
	if (stand->pauses)
		rig_ask(OHTD_MISSIONS_PAUSE, row.id);
	if (stand->drains)
		rig_ask(OHTD_MISSIONS_DRAIN, row.id);
	rig_run_s(3);
	rig_is_mission(row.id, stand->state, stand->reason);
	return rig_mission(row.id);
}

/* ---- what comes ---- */

static void press_and_mend(void)
{
	rig_press();
	rig_mend();
	rig_by_hand(OHTD_COMMAND_ENABLE, NAN);
}

static void disable_and_enable(void)
{
	rig_by_hand(OHTD_COMMAND_DISABLE, NAN);
	fixture_run_ms(rig.robot->f, 1000);
	rig_by_hand(OHTD_COMMAND_ENABLE, NAN);
}

static void move_and_stop(void)
{
	rig_by_hand(OHTD_COMMAND_MOVE, START_MM + 50);
	fixture_run_ms(rig.robot->f, 4000);
}

static void restart(void)
{
	rig_restart();
}

static int resume(const struct ohtd_mission *row)
{
	struct ohtd_mission asked = { .id = row->id, .revision = row->revision };

	return ohtd_missions_act(rig.missions, OHTD_MISSIONS_RESUME, &rig_person, &asked);
}

static void comes(struct stand *stand, void (*come)(void), const char *why)
{
	struct ohtd_mission row;
	double at_mm;

	rig_begin();
	rig_pass_first();
	row = begin(stand);
	come();
	at_mm = rig.robot->rail->position_mm;
	if (!resume(&row))
		fail_msg("%s (%s), %s: goes on by a word of before", stand->state, stand->reason, why);
	rig_run_s(3);
	rig_is_mission(row.id, OHTD_MISSION_HELD, !strcmp(stand->reason, OHTD_MISSIONS_ACKNOWLEDGE) ? stand->reason : why);
	assert_near(rig.robot->rail->position_mm, at_mm, 2);
	assert_int_equal(resume(&row), -ESTALE);
	/* A word of now. */
	row = rig_mission(row.id);
	assert_int_equal(resume(&row), 0);
	assert_string_equal(rig_mission(row.id).state, OHTD_MISSION_RUNNING);
	rig_end();
}

static void what_comes_while_a_mission_stands_is_no_word_to_go_on(void **state)
{
	struct stand stands[] = {
		{ { leg("wait", 1, ""), leg("move", 0, "") }, 2, 2, true, false, OHTD_MISSION_PAUSED, "" },
		{ { leg("wait", 600, ""), leg("move", 0, "") }, 2, 2, true, false, OHTD_MISSION_PAUSED, "" },
		{ { leg("wait", 600, ""), leg("move", 0, "") }, 2, 2, true, true, OHTD_MISSION_PAUSED, OHTD_MISSIONS_DRAINS },
		{ { leg("wait", 600, ""), leg("move", 0, "") }, 2, 2, false, false, OHTD_MISSION_RUNNING, "" },
		{ { leg("wait", 600, ""), leg("move", 0, "") }, 2, 2, false, true, OHTD_MISSION_RUNNING, OHTD_MISSIONS_DRAINS },
		{ { leg("signal", 0, "battery_percent"), leg("move", 0, "") }, 2, 2, false, false, OHTD_MISSION_RUNNING, "" },
		{ { leg("move", 0, "battery_percent") }, 1, 1, false, false, OHTD_MISSION_RUNNING, OHTD_MISSIONS_CONDITION },
		{ { leg("wait", 1, ""), leg("move", 0, "") }, 2, 1, false, false, OHTD_MISSION_RUNNING, OHTD_MISSIONS_NOT_RELEASED },
		{ { leg("acknowledge", 0, ""), leg("move", 0, "") }, 2, 2, false, false, OHTD_MISSION_HELD, OHTD_MISSIONS_ACKNOWLEDGE },
	};

	for (size_t i = 0; i < sizeof(stands) / sizeof(stands[0]); i++) {
		const struct {
			void (*come)(void);
			const char *why;
		} all[] = {
			{ rig_stop_it, "cancelled" }, { press_and_mend, "stop_latched" }, { disable_and_enable, "not_enabled" }, { restart, "restart" },
			{ move_and_stop, "replaced" },
		};

		/* What a person drives by hand beside a mission that waits for this person is part of the work. */
		for (size_t j = 0; j < sizeof(all) / sizeof(all[0]) - !strcmp(stands[i].state, OHTD_MISSION_HELD); j++) {
			assert_int_equal(rig_set_up(state), 0);
			comes(&stands[i], all[j].come, all[j].why);
			assert_int_equal(rig_tear_down(state), 0);
		}
	}
}

/* The mission was held by the first stop, and a person has looked at it; then comes the next one. */
static void each_stop_gives_a_mission_that_is_held_another_revision(void **state)
{
	struct stand stand = { { leg("acknowledge", 0, ""), leg("move", 0, "") }, 2, 2, false, false, OHTD_MISSION_HELD, OHTD_MISSIONS_ACKNOWLEDGE };
	struct ohtd_mission row, later;

	(void)state;
	rig_begin();
	rig_pass_first();
	row = begin(&stand);
	press_and_mend();
	/* The disk takes nothing at that moment. */
	rig.failing = 2;
	assert_int_equal(resume(&row), -ENOSPC);
	rig_run_s(1);
	assert_int_equal(rig.failing, 0);
	later = rig_mission(row.id);
	assert_true(later.revision > row.revision);
	assert_int_equal(resume(&row), -ESTALE);
	/* By hand to where it is loaded. */
	move_and_stop();
	rig_run_s(1);
	assert_int_equal(rig_mission(row.id).revision, later.revision);
	assert_int_equal(resume(&later), 0);
	rig_run_s(10);
	rig_is_mission(row.id, OHTD_MISSION_FINISHED, "");
	rig_end();
}

/* There is no leg to drive to its end. */
static void a_drain_between_two_legs_holds_at_once(void **state)
{
	struct stand stand = { { leg("wait", 1, ""), leg("move", 0, "") }, 2, 2, true, false, OHTD_MISSION_PAUSED, "" };
	struct ohtd_mission row;

	(void)state;
	rig_begin();
	rig_pass_first();
	row = begin(&stand);
	rig_ask(OHTD_MISSIONS_DRAIN, row.id);
	rig_is_mission(row.id, OHTD_MISSION_HELD, OHTD_MISSIONS_DRAINED);
	assert_int_equal(resume(&row), -ESTALE);
	rig_end();
}

/* The records of the robot are there before the copy of its state. */
static void a_copy_of_a_moment_ago_holds_no_mission(void **state)
{
	struct stand stand = { { leg("move", 0, ""), leg("wait", 600, "") }, 2, 2, false, false, OHTD_MISSION_RUNNING, "" };
	static struct ohtd_snapshot before;
	struct ohtd_mission row;

	(void)state;
	rig_begin();
	rig_pass_first();
	row = (struct ohtd_mission){ .id = __real_ohtd_store_call(rig.store, work_add, &stand) };
	rig_ask(OHTD_MISSIONS_START, row.id);
	while (rig.robot->f->control.state != OHTD_STATE_MOVE)
		rig_turn();
	assert_int_equal(ohtd_seqlock_copy(&rig.robot->f->control.published, &before), 0);
	fixture_run_ms(rig.robot->f, 10000);
	rig.stale = &before;
	rig_turn();
	rig.stale = NULL;
	rig_is_mission(row.id, OHTD_MISSION_RUNNING, "");
	assert_int_equal(rig_mission(row.id).leg, 2);
	rig_run_s(1);
	rig_is_mission(row.id, OHTD_MISSION_RUNNING, "");
	rig_end();
}

/* Between the look of the mission and the control thread: the robot is in the pause of another command by then. */
static void a_resume_on_its_way_lets_no_command_of_others_go_on(void **state)
{
	struct stand stand = { { leg("move", 0, "") }, 1, 1, false, false, OHTD_MISSION_RUNNING, "" };
	struct ohtd_command other = {
		.id = 900001, .kind = OHTD_COMMAND_MOVE, .by = rig_person.by, .role = OHTD_ROLE_ADMINISTRATOR, .target_mm = START_MM + 50,
	};
	struct ohtd_mission row;

	(void)state;
	rig_begin();
	rig_pass_first();
	row = (struct ohtd_mission){ .id = __real_ohtd_store_call(rig.store, work_add, &stand) };
	rig_ask(OHTD_MISSIONS_START, row.id);
	while (rig.robot->f->control.state != OHTD_STATE_MOVE)
		rig_turn();
	rig_ask(OHTD_MISSIONS_PAUSE, row.id);
	rig_run_s(3);
	rig_is_mission(row.id, OHTD_MISSION_PAUSED, "");
	snprintf(other.caller_id, sizeof(other.caller_id), "other");
	assert_int_equal(ohtd_link_post(&rig.robot->f->links[0], &other), 0);
	other.id++;
	other.kind = OHTD_COMMAND_PAUSE;
	assert_int_equal(ohtd_link_post(&rig.robot->f->links[0], &other), 0);
	row = rig_mission(row.id);
	assert_int_equal(resume(&row), 0);
	fixture_run_ms(rig.robot->f, 3000);
	assert_int_equal(rig.robot->f->control.state, OHTD_STATE_PAUSED);
	assert_string_equal(rig.robot->f->control.travel.caller_id, "other");
	rig_turn();
	rig_is_mission(row.id, OHTD_MISSION_HELD, ohtd_why_name(OHTD_WHY_REPLACED));
	rig_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_while_a_mission_stands_is_no_word_to_go_on),
		cmocka_unit_test_setup_teardown(each_stop_gives_a_mission_that_is_held_another_revision, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(a_drain_between_two_legs_holds_at_once, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(a_resume_on_its_way_lets_no_command_of_others_go_on, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(a_copy_of_a_moment_ago_holds_no_mission, rig_set_up, rig_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
