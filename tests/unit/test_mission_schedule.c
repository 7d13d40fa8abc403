// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Schedules of missions: their times in zones with summer time, against a calendar that looks at each minute; and on a robot in virtual time,
 * what starts by itself, what waits, what is passed over, and what ends a release.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "mission_rig.h"

#define SYDNEY	"AEST-10AEDT,M10.1.0,M4.1.0/3"
/* Clocks are set by half an hour, and where it is midnight. */
#define LORD_HOWE	"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"
#define AZORES	"<-01>1<+00>,M3.5.0/0,M10.5.0/1"

/* ---- the calendar ---- */

static void is_at(const char *zone, int year, int month, int day, const char *shown, int64_t wanted_s)
{
	int hour, minute;

	rig_set_zone(zone);
	assert_int_equal(sscanf(shown, "%d:%d", &hour, &minute), 2);
	assert_int_equal(ohtd_mission_moment_ns(rig_utc_s(year, month, day, 0, 0) / 86400, hour * 60 + minute) / S, wanted_s);
}

static void a_time_that_is_left_out_is_later_and_one_that_comes_twice_is_the_first(void **state)
{
	(void)state;
	is_at(BERLIN, 2026, 11, 30, "06:00", rig_utc_s(2026, 11, 30, 5, 0));
	is_at(BERLIN, 2026, 7, 1, "06:00", rig_utc_s(2026, 7, 1, 4, 0));
	is_at(BERLIN, 2027, 3, 28, "01:59", rig_utc_s(2027, 3, 28, 0, 59));
	is_at(BERLIN, 2027, 3, 28, "02:30", rig_utc_s(2027, 3, 28, 1, 30));
	is_at(BERLIN, 2027, 3, 28, "03:00", rig_utc_s(2027, 3, 28, 1, 0));
	is_at(BERLIN, 2026, 10, 25, "02:30", rig_utc_s(2026, 10, 25, 0, 30));
	is_at(BERLIN, 2026, 10, 25, "03:00", rig_utc_s(2026, 10, 25, 2, 0));
	is_at(SYDNEY, 2026, 10, 4, "02:30", rig_utc_s(2026, 10, 3, 16, 30));
	is_at(AZORES, 2027, 3, 28, "00:30", rig_utc_s(2027, 3, 28, 1, 30));
	is_at("UTC0", 2027, 3, 28, "02:30", rig_utc_s(2027, 3, 28, 2, 30));
}

/* Is this minute one of the schedule by what clocks show then, the first time that they do? */
static bool shows(const struct ohtd_mission_schedule *schedule, int64_t at_s)
{
	const time_t at = (time_t)at_s;
	struct tm tm, earlier;
	int64_t minute;

	localtime_r(&at, &tm);
	minute = tm.tm_hour * 60 + tm.tm_min;
	if (!(schedule->days >> (tm.tm_wday + 6) % 7 & 1) || minute < schedule->from_min || minute > schedule->until_min ||
	    (schedule->every_min ? (minute - schedule->from_min) % schedule->every_min : minute != schedule->from_min))
		return false;
	/* Clocks go back by an hour at most. */
	for (int64_t before_s = at_s - 3600; before_s < at_s; before_s += 60) {
		const time_t before = (time_t)before_s;

		localtime_r(&before, &earlier);
		if (earlier.tm_mday == tm.tm_mday && earlier.tm_hour == tm.tm_hour && earlier.tm_min == tm.tm_min)
			return false;
	}
	return true;
}

/* Times that no clock shows are not among these: they only come on top, on nights in which clocks are set forward. */
static void agrees(const char *zone, const struct ohtd_mission_schedule *schedule, int64_t from_s, int64_t to_s, bool forward)
{
	int64_t last_s = from_s - 60;

	rig_set_zone(zone);
	for (int64_t at_s = from_s; at_s < to_s; at_s += 60) {
		int64_t next_s = ohtd_mission_schedule_next_ns(schedule, last_s * S) / S;

		if (!shows(schedule, at_s) && (next_s != at_s || !forward))
			continue;
		if (next_s != at_s)
			fail_msg("%s: behind %lld the next is %lld, and clocks show one at %lld", zone, (long long)last_s, (long long)next_s, (long long)at_s);
		assert_int_equal(ohtd_mission_schedule_newest_ns(schedule, at_s * S) / S, at_s);
		assert_int_equal(ohtd_mission_schedule_newest_ns(schedule, (at_s + 59) * S) / S, at_s);
		last_s = at_s;
	}
}

static void times_are_those_that_clocks_show(void **state)
{
	static const struct ohtd_mission_schedule schedules[] = {
		{ .days = 127, .from_min = 150, .until_min = 150 }, { .days = 64, .from_min = 0, .until_min = 1439, .every_min = 5 },
		{ .days = 1 << 5 | 1 << 6, .from_min = 90, .until_min = 215, .every_min = 25 }, { .days = 2, .from_min = 0, .until_min = 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(schedules) / sizeof(schedules[0]); i++) {
		agrees(BERLIN, &schedules[i], rig_utc_s(2026, 10, 23, 0, 0), rig_utc_s(2026, 10, 28, 0, 0), false);
		agrees(BERLIN, &schedules[i], rig_utc_s(2027, 3, 26, 0, 0), rig_utc_s(2027, 3, 30, 0, 0), true);
		agrees(LORD_HOWE, &schedules[i], rig_utc_s(2027, 4, 2, 0, 0), rig_utc_s(2027, 4, 6, 0, 0), false);
		agrees(AZORES, &schedules[i], rig_utc_s(2027, 3, 26, 0, 0), rig_utc_s(2027, 3, 30, 0, 0), true);
	}
}

/* ---- what starts by itself ---- */

static void only_a_released_schedule_moves_the_robot(void **state)
{
	(void)state;
	rig_begin();
	rig_run_s(15);
	rig_is_last("");
	rig_is_newest(OHTD_MISSION_WAITING, OHTD_MISSIONS_SCHEDULE_NOT_RELEASED);
	assert_string_equal(rig_newest().made_by, "bert");
	assert_near(rig.robot->rail->position_mm, 9000, 2);
	/* A release says nothing of a mission that waits already, and the next time has to wait for its end. */
	rig_release();
	rig_run_s(300);
	rig_is_last(OHTD_MISSION_NOT_OVER);
	rig_are(1);
	assert_near(rig.robot->rail->position_mm, 9000, 2);
	rig_cancel_newest();
	assert_false(rig_is_released());
	rig_release();
	rig_run_s(300);
	rig_is_last("");
	rig_is_newest(OHTD_MISSION_FINISHED, "");
	assert_string_equal(rig_newest().driven_by, "anna");
	assert_near(rig.robot->rail->position_mm, 9100, 3);
	assert_true(rig_is_released());
	rig_are(2);
	rig_run_s(300);
	rig_is_newest(OHTD_MISSION_FINISHED, "");
	rig_are(3);
	assert_true(rig_is_released());
	rig_end();
}

static void disable(void)
{
	rig_by_hand(OHTD_COMMAND_DISABLE, NAN);
	fixture_run_ms(rig.robot->f, 1000);
}

static void press_and_mend(void)
{
	rig_press();
	rig_mend();
	rig_by_hand(OHTD_COMMAND_ENABLE, NAN);
}

static void disable_and_enable(void)
{
	disable();
	rig_by_hand(OHTD_COMMAND_ENABLE, NAN);
}

static void move_away(void)
{
	rig_by_hand(OHTD_COMMAND_MOVE, 9050);
}

static void jog(void)
{
	struct ohtd_command command = {
		.id = ++rig.robot->run.asked, .kind = OHTD_COMMAND_JOG, .by = rig_person.by, .role = OHTD_ROLE_OPERATOR, .speed_mm_s = -100,
	};

	assert_int_equal(fixture_command(rig.robot->f, &command).outcome, OHTD_OUTCOME_DONE);
}

static void log_out(void)
{
	rig.forbidden = true;
}

/* What has happened is over when the time comes. */
static void whatever_interrupts_the_robot_ends_a_release(void **state)
{
	static void (*const interruptions[])(void) = { rig_stop_it, press_and_mend, disable_and_enable, move_away, log_out, rig_restart };

	(void)state;
	rig_begin();
	for (size_t i = 0; i < sizeof(interruptions) / sizeof(interruptions[0]); i++) {
		rig_release();
		rig_run_s(1);
		assert_true(rig_is_released());
		interruptions[i]();
		rig_run_s(2);
		assert_false(rig_is_released());
		rig.forbidden = false;
		rig_run_s(298);
		if (strcmp(rig_newest().state, OHTD_MISSION_WAITING))
			fail_msg("interruption %zu: %s", i, rig_newest().state);
		rig_is_newest(OHTD_MISSION_WAITING, OHTD_MISSIONS_SCHEDULE_NOT_RELEASED);
		rig_cancel_newest();
	}
	assert_true(rig.robot->rail->position_mm < 9060);
	rig_end();
}

/* A release that is given beside a stop would hold behind the reset and enable of another person. */
static void what_would_hold_a_mission_refuses_a_release(void **state)
{
	(void)state;
	rig_begin();
	rig_pass_first();
	rig_press();
	assert_string_equal(rig_try_release(), "stop_latched");
	rig_mend();
	assert_string_equal(rig_try_release(), "not_enabled");
	rig_by_hand(OHTD_COMMAND_ENABLE, NAN);
	disable();
	assert_string_equal(rig_try_release(), "not_enabled");
	rig_by_hand(OHTD_COMMAND_ENABLE, NAN);
	jog();
	assert_string_equal(rig_try_release(), "replaced");
	rig_stop_it();
	rig_run_s(2);
	move_away();
	assert_string_equal(rig_try_release(), "replaced");
	rig_run_s(4);
	assert_false(rig_is_released());
	/* Nothing of them holds: each was refused, and the time comes. */
	rig_run_s(290);
	rig_is_newest(OHTD_MISSION_WAITING, OHTD_MISSIONS_SCHEDULE_NOT_RELEASED);
	rig_ask(OHTD_MISSIONS_START, rig_newest().id);
	assert_string_equal(rig_newest().state, OHTD_MISSION_RUNNING);
	fixture_run_ms(rig.robot->f, 200);
	/* The motion of a mission is no reason. */
	rig_release();
	rig_run_s(20);
	rig_is_newest(OHTD_MISSION_FINISHED, "");
	assert_true(rig_is_released());
	rig_end();
}

/* The stop is in the ring of events already, and not yet in the copy by which the release is judged. */
static void a_stop_at_the_moment_of_a_release_ends_it(void **state)
{
	static struct ohtd_snapshot before;

	(void)state;
	rig_begin();
	rig_pass_first();
	assert_int_equal(ohtd_seqlock_copy(&rig.robot->f->control.published, &before), 0);
	rig_press();
	rig.stale = &before;
	rig_release();
	rig.stale = NULL;
	assert_true(rig_is_released());
	rig_run_s(1);
	assert_false(rig_is_released());
	rig_mend();
	rig_by_hand(OHTD_COMMAND_ENABLE, NAN);
	rig_run_s(300);
	rig_is_newest(OHTD_MISSION_WAITING, OHTD_MISSIONS_SCHEDULE_NOT_RELEASED);
	rig_end();
}

static void a_mission_that_is_held_or_cancelled_ends_the_release_of_its_schedule(void **state)
{
	(void)state;
	rig_begin();
	rig_release();
	rig_run_s(9);
	rig_is_newest(OHTD_MISSION_RUNNING, "");
	rig_stop_it();
	rig_run_s(2);
	rig_is_newest(OHTD_MISSION_HELD, "cancelled");
	assert_false(rig_is_released());
	rig_ask(OHTD_MISSIONS_RESUME, rig_newest().id);
	rig_run_s(20);
	rig_is_newest(OHTD_MISSION_FINISHED, "");
	assert_false(rig_is_released());
	/* Released anew, and the mission is cancelled while it is driven. */
	rig_release();
	rig_run_s(270);
	rig_is_newest(OHTD_MISSION_FINISHED, "");
	assert_true(rig_is_released());
	rig_end();
}

/* ---- what waits, and what is passed over ---- */

static void a_clock_that_nothing_keeps_right_starts_nothing(void **state)
{
	(void)state;
	rig_begin();
	rig.unkept = true;
	rig_release();
	rig_run_s(15);
	rig_is_newest(OHTD_MISSION_WAITING, OHTD_MISSIONS_CLOCK_UNKEPT);
	rig.unkept = false;
	assert_near(rig.robot->rail->position_mm, 9000, 2);
	rig_end();
}

static void a_time_over_which_the_clock_is_set_is_passed_over(void **state)
{
	int64_t next_ns;

	(void)state;
	rig_begin();
	rig_release();
	rig_set_clock(400 * S);
	rig_run_s(2);
	rig_is_last(OHTD_MISSION_CLOCK_SET);
	rig_are(0);
	/* Set back, that time comes once more, and is not dealt with twice. */
	rig_set_clock(-420 * S);
	rig_run_s(60);
	rig_is_last(OHTD_MISSION_CLOCK_SET);
	rig_are(0);
	/* A clock that was years ahead said its last time then. */
	rig_set_clock(365 * 86400 * S);
	rig_run_s(2);
	rig_is_last(OHTD_MISSION_CLOCK_SET);
	rig_set_clock(-365 * 86400 * S);
	rig_run_s(2);
	next_ns = ohtd_mission_schedule_next_ns(&rig.row, rig_now_ns());
	while (rig_now_ns() < next_ns + 5 * S)
		rig_run_s(5);
	rig_is_last("");
	rig_are(1);
	assert_in_range((uint64_t)rig.row.last_ns, (uint64_t)(next_ns - 1), (uint64_t)next_ns);
	rig_end();
}

static void a_robot_that_was_off_makes_nothing_up_for(void **state)
{
	(void)state;
	rig_begin();
	fixture_run_ms(rig.robot->f, 3 * 300 * 1000);
	rig_restart();
	rig_run_s(2);
	rig_is_last(OHTD_MISSION_MISSED);
	rig_are(0);
	/* The computer slept. */
	atomic_fetch_add(&rig.robot->f->time.slept_ns, 3 * 300 * OHTD_NS_PER_S);
	atomic_fetch_add(&rig.robot->f->time.realtime_ns, 3 * 300 * S);
	rig_run_s(2);
	rig_is_last(OHTD_MISSION_MISSED);
	rig_are(0);
	rig_end();
}

/* What the last run left is held as soon as the disk takes it, and then schedules go on. */
static void a_disk_that_is_full_at_the_start_does_not_end_schedules(void **state)
{
	(void)state;
	rig_begin();
	rig.failing = 4;
	rig_restart();
	assert_string_equal(rig_try_release(), "");
	rig.forbidden = true;
	rig_run_s(1);
	assert_int_not_equal(rig.failing, 0);
	assert_false(rig_is_released());
	rig.forbidden = false;
	rig_release();
	rig_run_s(15);
	rig_is_newest(OHTD_MISSION_FINISHED, "");
	rig_end();
}

static void a_store_that_takes_nothing_makes_none_and_none_twice(void **state)
{
	(void)state;
	rig_begin();
	rig_release();
	/* The mission is made, and its start is not written. */
	rig.calls_left = 2;
	rig.failing = 1;
	rig_run_s(20);
	rig_is_last("");
	rig_is_newest(OHTD_MISSION_WAITING, "");
	rig_are(1);
	rig_cancel_newest();
	/* Tried again until it is too late for it. */
	rig_release();
	rig_run_s(270);
	rig.failing = 80;
	rig.calls_left = 0;
	rig_run_s(120);
	assert_int_equal(rig.failing, 0);
	rig_is_last(OHTD_MISSION_MISSED);
	rig_are(1);
	rig_end();
}

static int work_drop(struct ohtd_db *db, void *arg)
{
	struct ohtd_mission row = { .id = *(int64_t *)arg };

	return ohtd_mission_delete(db, &row);
}

static void a_template_goes_with_its_schedules(void **state)
{
	static struct ohtd_missions_schedule_board board;
	struct ohtd_mission row = { .id = 0 };

	(void)state;
	rig_begin();
	rig_release();
	row.id = rig.row.template;
	assert_int_equal(ohtd_missions_delete(rig.missions, &row), 0);
	rig_run_s(1);
	ohtd_missions_look_at_schedules(rig.missions, &board);
	assert_int_equal(board.count + board.release_count, 0);
	assert_int_equal(__real_ohtd_store_call(rig.store, work_drop, &rig.row.template), -ENOENT);
	rig_run_s(20);
	rig_are(0);
	rig_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_that_is_left_out_is_later_and_one_that_comes_twice_is_the_first),
		cmocka_unit_test(times_are_those_that_clocks_show),
		cmocka_unit_test_setup_teardown(only_a_released_schedule_moves_the_robot, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(whatever_interrupts_the_robot_ends_a_release, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(what_would_hold_a_mission_refuses_a_release, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(a_stop_at_the_moment_of_a_release_ends_it, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(a_mission_that_is_held_or_cancelled_ends_the_release_of_its_schedule, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(a_clock_that_nothing_keeps_right_starts_nothing, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(a_time_over_which_the_clock_is_set_is_passed_over, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(a_robot_that_was_off_makes_nothing_up_for, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(a_disk_that_is_full_at_the_start_does_not_end_schedules, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(a_store_that_takes_nothing_makes_none_and_none_twice, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(a_template_goes_with_its_schedules, rig_set_up, rig_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
