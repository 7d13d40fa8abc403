// SPDX-License-Identifier: GPL-2.0-or-later
/* The speed override: what it scales and what it leaves, and that no target or time limit is lost by it. */
#include <errno.h>
#include <math.h>

#include "drive_robot.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static void set(struct driver *d, uint64_t percent)
{
	const struct ohtd_command command = {
		.id = 8, .kind = OHTD_COMMAND_OVERRIDE, .tag = 7, .percent = percent,
	};
	struct ohtd_answer answer = fixture_command(d->f, &command);

	driver_done(&answer);
	assert_int_equal(fixture_snapshot(d->f).limits.override_percent, percent);
}

/* The fastest of the next @ms. */
static double fastest_in(struct driver *d, unsigned int ms)
{
	d->fastest_mm_s = 0;
	driver_run_ms(d, ms);
	return d->fastest_mm_s;
}

static void finishes_at(struct driver *d, double position_mm, unsigned int limit_ms)
{
	const struct ohtd_travel *m = &d->f->control.travel;

	driver_until(d, OHTD_STATE_IDLE, limit_ms);
	assert_int_equal(m->command.state, OHTD_COMMAND_STATE_FINISHED);
	assert_int_equal(m->command.number, 1);
	assert_near(d->rail->position_mm, position_mm, 2);
}

static void a_move_is_scaled_while_it_runs(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	assert_int_equal(fixture_snapshot(d->f).limits.override_percent, 100);
	driver_departs(d, 20000);
	assert_true(fastest_in(d, 4000) > 950);
	set(d, 50);
	driver_run_ms(d, 2000);
	assert_near(fastest_in(d, 1000), 500, 15);
	assert_near(fixture_snapshot(d->f).command.target_mm, 20000, 0);
	set(d, 100);
	driver_run_ms(d, 2000);
	assert_true(fastest_in(d, 1000) > 950);
	finishes_at(d, 20000, 60000);
	assert_true(d->highest_mm < 20002);
	driver_end(d);
}

/* What is accepted is carried out: the least speed of either verb under the least override, and what is less for a jog is refused. */
static void least_speed_is_carried_out(void **state)
{
	static const double speeds_mm_s[] = { 1, 1.01, 2.5, 7.8 };
	static const double too_slow_mm_s[] = { 0, 1e-320, 0.1, 0.5, 0.99 };
	struct ohtd_answer answer;
	unsigned int i, percent;

	(void)state;
	for (i = 0; i < 2 * ARRAY_SIZE(speeds_mm_s); i++) {
		struct driver *d = driver_begin_as(i & 1 ? OHT_PROFILE_LEGACY : OHT_PROFILE_CANONICAL, 3000);
		double speed_mm_s = speeds_mm_s[i / 2];

		for (percent = 1; percent <= 100; percent += 99) {
			set(d, percent);
			answer = driver_move(d, 3500, speed_mm_s);
			driver_done(&answer);
			driver_asks(d, OHTD_COMMAND_STOP);
			driver_run_ms(d, 2000);
			answer = driver_jog(d, speed_mm_s, "one");
			driver_done(&answer);
			driver_run_ms(d, 1000);
		}
		driver_end(d);
	}
	for (i = 0; i < ARRAY_SIZE(too_slow_mm_s); i++) {
		struct driver *d = driver_begin(3000);

		answer = driver_jog(d, -too_slow_mm_s[i], "one");
		driver_refused(d, &answer, OHTD_WHY_JOG_SPEED);
		driver_end(d);
	}
}

static void a_speed_of_ones_own_is_scaled(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;

	(void)state;
	set(d, 50);
	answer = driver_move(d, 6000, 400);
	driver_done(&answer);
	assert_near(fastest_in(d, 4000), 200, 10);
	finishes_at(d, 6000, 60000);
	driver_end(d);
}

static void a_jog_is_scaled(void **state)
{
	struct driver *d = driver_begin(3000);
	unsigned int i;

	(void)state;
	set(d, 50);
	for (i = 0; i < 40; i++) {
		driver_press(d, 200, "one");
		driver_run_ms(d, 50);
	}
	assert_true(d->fastest_mm_s > 90 && d->fastest_mm_s < 110);
	driver_end(d);
}

/* What the move has been planned for is not what it takes now. */
static void a_slower_move_is_not_too_late(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_departs(d, 9000);
	driver_run_ms(d, 2000);
	set(d, 3);
	finishes_at(d, 9000, 400000);
	driver_end(d);
}

static void the_slowest_arrives(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;

	(void)state;
	set(d, 1);
	answer = driver_move(d, 3040, 0);
	driver_done(&answer);
	finishes_at(d, 3040, 60000);
	driver_end(d);
}

static void homing_and_docking_keep_their_speeds(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;

	(void)state;
	set(d, 1);
	answer = driver_ask(d, OHTD_COMMAND_DOCK);
	driver_done(&answer);
	assert_true(fastest_in(d, 3000) > 300);
	driver_until(d, OHTD_STATE_IDLE, 60000);
	assert_int_equal(d->f->control.travel.command.state, OHTD_COMMAND_STATE_FINISHED);
	driver_end(d);
}

static void it_holds_over_a_stop(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	set(d, 20);
	driver_departs(d, 9000);
	driver_run_ms(d, 1000);
	fake_bus_press(d->f->fake);
	driver_run_ms(d, 2000);
	d->f->fake->pressed = false;
	driver_run_ms(d, 500);
	assert_int_equal(driver_ask(d, OHTD_COMMAND_RESET).outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(driver_ask(d, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	driver_departs(d, 9000);
	assert_near(fastest_in(d, 3000), 200, 10);
	driver_end(d);
}

static void other_numbers_are_not_taken(void **state)
{
	static const uint64_t bad[] = { 0, 101, 255, 257, UINT64_MAX };
	struct driver *d = driver_begin(3000);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct ohtd_command command = {
			.id = 8, .kind = OHTD_COMMAND_OVERRIDE, .percent = bad[i],
		};

		assert_int_equal(ohtd_link_post(&d->f->links[0], &command), -EINVAL);
	}
	assert_int_equal(fixture_snapshot(d->f).limits.override_percent, 100);
	driver_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_move_is_scaled_while_it_runs),
		cmocka_unit_test(least_speed_is_carried_out),
		cmocka_unit_test(a_speed_of_ones_own_is_scaled),
		cmocka_unit_test(a_jog_is_scaled),
		cmocka_unit_test(a_slower_move_is_not_too_late),
		cmocka_unit_test(the_slowest_arrives),
		cmocka_unit_test(homing_and_docking_keep_their_speeds),
		cmocka_unit_test(it_holds_over_a_stop),
		cmocka_unit_test(other_numbers_are_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
