// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A robot that moves with its outputs low: it is an emergency from the time on that a stop needs, as long as it lasts, and the drive is
 * told to stop again and again. What rolls out, a module that takes a new reference, and noise are none.
 */
#include <math.h>
#include <stdio.h>

#include "drive_robot.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
/* stand_s, 10 mm, and readings each 100 ms. */
#define TOLD_MS		1500
/* Its telegrams, each 250 ms in turn, and the brake. */
#define ENDED_MS	1500
/* Until it is seen to stand: 500 ms without a motion. */
#define SEEN_MS		1000
/* Two lost modules are asked every 2 s, and a search has up to six questions, each in a cycle that is given. */
#define FOUND_MS	8000

static const struct ohtd_fault *the_fault(const struct driver *d)
{
	unsigned int i;

	for (i = 0; i < d->f->control.fault_count; i++)
		if (d->f->control.faults[i].why.code == OHTD_WHY_MOVES_UNPOWERED)
			return &d->f->control.faults[i];
	return NULL;
}

/* All that clients can see of it: the alert of a fault that is not over. */
static bool stands_as(const struct driver *d, unsigned int code)
{
	struct ohtd_snapshot s = fixture_snapshot(d->f);
	unsigned int i;

	for (i = 0; i < s.alert_count; i++)
		if (s.alerts[i].why.code == code)
			return s.alerts[i].fault && !s.alerts[i].over;
	return false;
}

static bool stands(const struct driver *d)
{
	return stands_as(d, OHTD_WHY_MOVES_UNPOWERED);
}

static bool is_low(const struct driver *d)
{
	return d->f->fake->status.state != OHT_STATE_ENABLED;
}

/* How fast its wheels turn. */
static double turns_mm_s(const struct driver *d)
{
	return fabs(d->rail->wheel_mm_s);
}

/* At @mm_s, whatever it is told in @deaf, with its power on for ever. */
static struct driver *runaway(enum oht_profile profile, const char *deaf)
{
	struct driver *d = driver_begin_as(profile, 3000);
	char line[160];

	driver_departs(d, 25000);
	driver_run_ms(d, 3500);
	driver_sim(d, "fault 4 welded");
	snprintf(line, sizeof(line), "fault 4 ignore %s", deaf);
	driver_sim(d, line);
	driver_ask(d, OHTD_COMMAND_STOP);
	while (!is_low(d))
		driver_run_ms(d, 1);
	assert_true(turns_mm_s(d) > 300);
	return d;
}

static void goes_on_for_ms(struct driver *d, unsigned int ms)
{
	while (ms--) {
		driver_run_ms(d, 1);
		if (!stands(d))
			fail_msg("turns at %.0f mm/s with outputs low, and it is not told", turns_mm_s(d));
	}
	assert_true(turns_mm_s(d) > 300);
}

static void is_refused(struct driver *d, enum ohtd_command_kind kind)
{
	struct ohtd_answer answer = driver_ask(d, kind);

	driver_refused(d, &answer, OHTD_WHY_MOVES_UNPOWERED);
}

/* What no longer moves is over, and a person clears it; then the robot drives again. */
static void comes_back(struct driver *d)
{
	driver_sim(d, "clear");
	driver_run_ms(d, SEEN_MS);
	assert_true(turns_mm_s(d) == 0);
	assert_false(stands(d));
	assert_non_null(the_fault(d));
	driver_state(d, OHTD_STATE_FAULT);
	driver_run_ms(d, 1000);
	driver_asks(d, OHTD_COMMAND_RESET_FAULT);
	assert_null(the_fault(d));
	/* Moved unseen, as far as its position tells. */
	if (d->f->control.travel.location.lost)
		assert_int_equal(driver_says_place(d, NAN).outcome, OHTD_OUTCOME_DONE);
	driver_asks(d, OHTD_COMMAND_ENABLE);
	driver_run_ms(d, 500);
	driver_arrives(d, d->rail->position_mm - 300);
	driver_end(d);
}

static const struct {
	enum oht_profile profile;
	const char *deaf;
	const char *deaf_to_speed;
} drives[] = {
	{ OHT_PROFILE_CANONICAL, "register=motor1_speed register=motor1_enable", "register=motor1_speed" },
	{ OHT_PROFILE_LEGACY, "register=speed_target register=emergency_stop register=enable register=direction",
	  "register=speed_target" },
};

/* Neither zero nor stop is heard: it is told as long as it lasts, and nothing lets the robot be enabled. */
static void lasts_as_long_as_it_moves(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(drives); i++) {
		struct driver *d = runaway(drives[i].profile, drives[i].deaf);

		driver_run_ms(d, TOLD_MS);
		goes_on_for_ms(d, 4000);
		driver_state(d, OHTD_STATE_FAULT);
		is_refused(d, OHTD_COMMAND_RESET_FAULT);
		driver_asks(d, OHTD_COMMAND_STOP);
		goes_on_for_ms(d, 1000);
		/* Also beside a stop, and its reset. */
		fake_bus_press(d->f->fake);
		goes_on_for_ms(d, 500);
		driver_state(d, OHTD_STATE_ESTOP);
		d->f->fake->pressed = false;
		goes_on_for_ms(d, 1500);
		is_refused(d, OHTD_COMMAND_RESET);
		driver_end(d);
	}
}

/* The relay stays welded, and the drive obeys again: what it is told again and again ends it. */
static void ends_when_the_drive_obeys_again(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(drives); i++) {
		struct driver *d = runaway(drives[i].profile, drives[i].deaf);

		driver_run_ms(d, TOLD_MS);
		goes_on_for_ms(d, 2000);
		driver_sim(d, "clear");
		driver_sim(d, "fault 4 welded");
		driver_run_ms(d, ENDED_MS);
		assert_true(turns_mm_s(d) == 0 && d->rail->welded);
		comes_back(d);
	}
}

/* One that takes no set-point is stopped by its own enable. */
static void stop_follows_zero(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(drives); i++) {
		struct driver *d = runaway(drives[i].profile, drives[i].deaf_to_speed);

		driver_run_ms(d, TOLD_MS + ENDED_MS);
		assert_true(turns_mm_s(d) == 0 && d->rail->welded);
		comes_back(d);
	}
}

/* The daemon that comes finds it so. */
static void is_seen_by_a_daemon_that_comes(void **state)
{
	struct driver *d = runaway(drives[0].profile, drives[0].deaf);

	(void)state;
	fixture_crash(d->f);
	driver_run_ms(d, 500);
	fixture_start_again(d->f, d->f->control.travel.numbers);
	driver_run_ms(d, 5000);
	goes_on_for_ms(d, 1000);
	driver_end(d);
}

/* Neither drive nor position say anything: what was seen to move is not over. A drive without its main power has gone silent, and the position stands. */
static void silence_ends_nothing(void **state)
{
	struct driver *d = runaway(drives[0].profile, drives[0].deaf);

	(void)state;
	driver_run_ms(d, TOLD_MS);
	driver_sim(d, "fault 4 silence");
	driver_sim(d, "fault 5 silence");
	goes_on_for_ms(d, 5000);
	driver_sim(d, "rail power off");
	driver_run_ms(d, 3000);
	assert_true(turns_mm_s(d) == 0);
	assert_true(stands(d));
	driver_sim(d, "clear 5");
	driver_run_ms(d, 5000);
	assert_false(stands(d));
	driver_end(d);
}

/* The position is, and comes back. */
static void is_silent_for_ms(struct driver *d, unsigned int ms)
{
	driver_sim(d, "fault 5 silence");
	goes_on_for_ms(d, ms);
	driver_sim(d, "clear 5");
	goes_on_for_ms(d, 1500);
}

/* The first reading behind a pause shows how far the robot has come, and no rest. */
static void pauses_of_the_position_are_no_rest(void **state)
{
	static const unsigned int pauses_ms[] = { 300, 450, 550, 600, 700, 2000 };
	struct driver *d = runaway(drives[0].profile, drives[0].deaf);
	unsigned int i;

	(void)state;
	driver_run_ms(d, TOLD_MS);
	driver_sim(d, "fault 4 silence");
	for (i = 0; i < ARRAY_SIZE(pauses_ms); i++)
		is_silent_for_ms(d, pauses_ms[i]);
	driver_end(d);
}

/* One report of zero behind a pause is no rest either: the drive alone shows the motion, the register of the position is stuck. */
static void pauses_of_the_drive_are_no_rest(void **state)
{
	struct driver *d = runaway(drives[0].profile, drives[0].deaf);
	char line[160];
	unsigned int i;

	(void)state;
	snprintf(line, sizeof(line), "set 5 position_x %d", (int)d->rail->position_mm);
	driver_sim(d, line);
	driver_run_ms(d, TOLD_MS + 1000);
	driver_sim(d, "fault 5 silence");
	goes_on_for_ms(d, 1000);
	snprintf(line, sizeof(line), "fault 4 ignore %s", drives[0].deaf);
	for (i = 0; i < 3; i++) {
		driver_sim(d, "fault 4 silence");
		goes_on_for_ms(d, 700);
		driver_sim(d, "set 4 motor1_actual_speed 0");
		driver_sim(d, "set 4 motor2_actual_speed 0");
		driver_sim(d, "clear 4");
		driver_sim(d, "fault 4 welded");
		driver_sim(d, line);
		goes_on_for_ms(d, 150);
		driver_sim(d, "unset 4 motor1_actual_speed");
		driver_sim(d, "unset 4 motor2_actual_speed");
		goes_on_for_ms(d, 1000);
	}
	driver_end(d);
}

/*
 * A drive that was lost for a while acknowledges each repeated telegram before it is found again. Each of its writes takes a cycle that is
 * given, and the search needs such cycles, too.
 */
static void a_lost_drive_is_found_beside_its_telegrams(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(drives); i++) {
		struct driver *d = runaway(drives[i].profile, drives[i].deaf);

		driver_run_ms(d, TOLD_MS);
		driver_sim(d, "fault 4 silence");
		driver_sim(d, "fault 5 silence");
		goes_on_for_ms(d, 5000);
		driver_sim(d, "clear");
		driver_run_ms(d, FOUND_MS);
		assert_true(turns_mm_s(d) == 0);
		assert_false(stands(d));
		driver_end(d);
	}
}

/* So is a stop that the safety module has reported. */
static void silence_does_not_end_the_stop_of_a_module(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_sim(d, "set 3 estop_active 1");
	driver_run_ms(d, 500);
	assert_true(stands_as(d, OHTD_WHY_SAFETY_MODULE));
	driver_sim(d, "fault 3 silence");
	driver_run_ms(d, 3000);
	assert_true(stands_as(d, OHTD_WHY_SAFETY_MODULE));
	driver_sim(d, "clear 3");
	driver_run_ms(d, 3000);
	assert_true(stands_as(d, OHTD_WHY_SAFETY_MODULE));
	driver_sim(d, "set 3 estop_active 0");
	driver_run_ms(d, 500);
	assert_false(stands_as(d, OHTD_WHY_SAFETY_MODULE));
	driver_end(d);
}

static void push(struct driver *d, double mm_s, unsigned int ms)
{
	while (ms--) {
		d->rail->position_mm += mm_s / 1000;
		driver_run_ms(d, 1);
	}
}

/* A person is no more seen than a slope: it is told while it lasts, and over when the robot is let go. */
static void push_is_told_by_the_position(void **state)
{
	/* Its steps from reading to reading may be longer than the least position_jump_mm. */
	static const struct {
		double mm_s, jump_mm;
	} pushes[] = { { 40, 500 }, { 150, 500 }, { -800, 500 }, { 150, 10 }, { -1000, 10 } };
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(pushes); i++) {
		struct driver *d = driver_safe(3000);

		driver_set_jump(d, pushes[i].jump_mm);
		push(d, pushes[i].mm_s, 700);
		assert_true(stands(d));
		push(d, pushes[i].mm_s, 2000);
		assert_true(stands(d));
		comes_back(d);
	}
}

/* A drive with an encoder reports the speed of a push: of one that turns by itself nothing tells it apart. */
static void push_is_told_by_the_drive(void **state)
{
	struct driver *d = driver_safe(3000);

	(void)state;
	driver_sim(d, "set 4 motor2_actual_speed 3");
	driver_run_ms(d, 1000);
	assert_true(stands(d));
	driver_sim(d, "unset 4 motor2_actual_speed");
	comes_back(d);
}

static void is_not_told(struct driver *d)
{
	assert_null(the_fault(d));
	driver_end(d);
}

/* From full speed with a full load, by a press and by the loss of the drive: the brake needs its time. */
static void rolling_out_is_none(void **state)
{
	struct driver *d = driver_begin(3000);
	unsigned int i;

	(void)state;
	driver_sim(d, "rail load 100");
	for (i = 0; i < 2; i++) {
		driver_departs(d, 25000);
		driver_run_ms(d, 4000);
		assert_true(turns_mm_s(d) > 800);
		if (i)
			driver_sim(d, "fault 4 silence");
		else
			fake_bus_press(d->f->fake);
		driver_run_ms(d, 5000);
		assert_true(is_low(d) && turns_mm_s(d) == 0);
		assert_null(the_fault(d));
		driver_sim(d, "clear");
		d->f->fake->pressed = false;
		driver_run_ms(d, 3000);
		driver_asks(d, OHTD_COMMAND_RESET);
		driver_asks(d, OHTD_COMMAND_ENABLE);
		driver_run_ms(d, 500);
	}
	is_not_told(d);
}

/* What a drive reported before it fell silent is no motion of later, however short stand_s is. */
static void silence_while_it_rolls_out_is_none(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_departs(d, 25000);
	driver_run_ms(d, 3500);
	fake_bus_press(d->f->fake);
	driver_run_ms(d, 50);
	assert_true(is_low(d) && turns_mm_s(d) > 500);
	driver_sim(d, "fault 4 silence");
	d->f->control.travel.drive.rules.stand_s = 0.2;
	driver_run_ms(d, 2000);
	assert_true(turns_mm_s(d) == 0);
	is_not_told(d);
}

/* New references of the module, wrong readings, noise, and a creep that readings do not show. */
static void readings_of_a_robot_that_stands_are_none(void **state)
{
	static const double steps_mm[] = { 300, -450, 30, 5000 };
	struct driver *d = driver_safe(3000);
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(steps_mm); i++) {
		d->rail->position_mm += steps_mm[i];
		driver_run_ms(d, 1000);
	}
	for (i = 0; i < ARRAY_SIZE(steps_mm); i++) {
		d->rail->position_mm += steps_mm[i];
		driver_run_ms(d, 100);
		d->rail->position_mm -= steps_mm[i];
		driver_run_ms(d, 1000);
	}
	for (i = 0; i < 100; i++) {
		d->rail->position_mm += i % 2 ? 1 : -1;
		driver_run_ms(d, 103);
	}
	push(d, 1, 20000);
	is_not_told(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lasts_as_long_as_it_moves),
		cmocka_unit_test(ends_when_the_drive_obeys_again),
		cmocka_unit_test(stop_follows_zero),
		cmocka_unit_test(is_seen_by_a_daemon_that_comes),
		cmocka_unit_test(silence_ends_nothing),
		cmocka_unit_test(a_lost_drive_is_found_beside_its_telegrams),
		cmocka_unit_test(pauses_of_the_position_are_no_rest),
		cmocka_unit_test(pauses_of_the_drive_are_no_rest),
		cmocka_unit_test(silence_does_not_end_the_stop_of_a_module),
		cmocka_unit_test(push_is_told_by_the_position),
		cmocka_unit_test(push_is_told_by_the_drive),
		cmocka_unit_test(rolling_out_is_none),
		cmocka_unit_test(silence_while_it_rolls_out_is_none),
		cmocka_unit_test(readings_of_a_robot_that_stands_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
