// SPDX-License-Identifier: GPL-2.0-or-later
/* Jogs: refreshed, left alone, at a limit, before an obstacle; with the simulator's rail. */
#include <math.h>
#include <stdio.h>

#include "drive_robot.h"

static void jog_refused(struct driver *d, double speed_mm_s, unsigned int code)
{
	struct ohtd_answer answer = driver_jog(d, speed_mm_s, "one");

	driver_refused(d, &answer, code);
	driver_state(d, OHTD_STATE_IDLE);
}

/* As a page does it: every 50 ms, whether the one before has been answered or not. */
static void jog_for_ms(struct driver *d, double speed_mm_s, unsigned int ms)
{
	for (; ms >= 50; ms -= 50) {
		driver_press(d, speed_mm_s, "one");
		driver_run_ms(d, 50);
	}
}

/* From the last refresh until both motors have echoed zero; 0 if they were never told anything else. */
static double ms_to_zero(struct driver *d, uint64_t last_ns)
{
	/* Kept also while a search has taken the set-points out of the plan. */
	const struct ohtd_setpoints *s = &d->f->control.modules.setpoints;
	unsigned int ms;

	for (ms = 0; d->f->control.state != OHTD_STATE_IDLE || s->echoed.speed_raw; ms++) {
		driver_run_ms(d, 1);
		assert_true(ms < 1000);
	}
	return s->echoed_ns > last_ns ? (double)(s->echoed_ns - last_ns) / OHTD_NS_PER_MS : 0;
}

/* At any moment of the plan, after a jog of any length, also one that waits for its direction. */
static void zero_is_echoed_within_150_ms_of_the_last_refresh(void **state)
{
	struct driver *d = driver_begin(15000);
	unsigned int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		uint64_t last_ns = 0;
		unsigned int n;

		driver_run_ms(d, virtual_roll(&d->run, 500));
		for (n = 2 + virtual_roll(&d->run, 20); n; n--) {
			last_ns = virtual_now_ns(&d->run);
			driver_press(d, i & 1 ? -200 : 200, "one");
			driver_run_ms(d, 50);
		}
		assert_in_range((unsigned int)ceil(ms_to_zero(d, last_ns)), 0, 150);
	}
	driver_end(d);
}

/* Nothing waits for the answer; one search follows the other. */
static void search_on(struct driver *d)
{
	const struct ohtd_command said = { .kind = OHTD_COMMAND_DISCOVER, .tag = 8, .valid_ms = 60000 };

	if (!d->f->control.snapshot.bus.discovering)
		assert_int_equal(ohtd_link_post(&d->f->links[1], &said), 0);
}

/* A question of a search that is longer than the slack takes a cycle of the plan, and the zero with it. */
static void zero_is_echoed_within_150_ms_while_units_are_searched(void **state)
{
	struct driver *d = driver_begin(15000);
	unsigned int i;

	(void)state;
	for (i = 0; i < 150; i++) {
		uint64_t last_ns = 0;
		unsigned int n;

		driver_run_ms(d, virtual_roll(&d->run, 500));
		for (n = 2 + virtual_roll(&d->run, 20); n; n--) {
			search_on(d);
			last_ns = virtual_now_ns(&d->run);
			driver_press(d, i & 1 ? -200 : 200, "one");
			driver_run_ms(d, 50);
		}
		assert_in_range((unsigned int)ceil(ms_to_zero(d, last_ns)), 0, 150);
	}
	/* They come to an end all the same. */
	assert_true(d->f->control.modules.identify.runs > 10);
	driver_end(d);
}

/* Back at once: the plan of the last reversal is young, so the speed is told later, and in another plan's cycles. */
static void zero_is_echoed_within_150_ms_when_the_jog_turns_at_once(void **state)
{
	struct driver *d = driver_begin(15000);
	unsigned int i, n;

	(void)state;
	for (i = 0; i < 300; i++) {
		uint64_t last_ns = 0;

		driver_run_ms(d, virtual_roll(&d->run, 300));
		for (n = 5 + virtual_roll(&d->run, 4); n; n--) {
			last_ns = virtual_now_ns(&d->run);
			driver_press(d, i & 1 ? -50 : 50, "one");
			driver_run_ms(d, 50);
		}
		assert_in_range((unsigned int)ceil(ms_to_zero(d, last_ns)), 0, 150);
	}
	driver_end(d);
}

/* The new direction is echoed after 0.1 s; by then the key is up. */
static void jog_that_is_let_go_before_it_begins_does_not_begin(void **state)
{
	struct driver *d = driver_begin(15000);
	unsigned int i;

	(void)state;
	jog_for_ms(d, 200, 1000);
	driver_until(d, OHTD_STATE_IDLE, 1000);
	driver_run_ms(d, 2000);
	for (i = 0; i < 20; i++) {
		double before_mm = d->rail->position_mm;

		driver_run_ms(d, virtual_roll(&d->run, 200));
		jog_for_ms(d, -200, 100);
		driver_run_ms(d, 2000);
		driver_state(d, OHTD_STATE_IDLE);
		if (d->rail->position_mm < before_mm - 20)
			fail_msg("%.1f mm after the key was let go", before_mm - d->rail->position_mm);
		jog_for_ms(d, 200, 1000);
		driver_run_ms(d, 2000);
	}
	driver_end(d);
}

static void jog_goes_on_while_it_is_refreshed(void **state)
{
	struct driver *d = driver_begin(3000);
	uint64_t number;

	(void)state;
	jog_for_ms(d, 200, 100);
	number = fixture_snapshot(d->f).command.number;
	jog_for_ms(d, 200, 2000);
	assert_near(d->rail->speed_mm_s, 200, 10);
	jog_for_ms(d, 100, 1000);
	assert_near(d->rail->speed_mm_s, 100, 10);
	assert_int_equal(fixture_snapshot(d->f).command.number, number);
	driver_end(d);
}

/* A client that waits for each answer can jog too; one that sends nothing more does not go far. */
static void jog_of_one_command_ends_by_itself(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer = driver_jog(d, -250, "one");

	(void)state;
	driver_done(&answer);
	driver_until(d, OHTD_STATE_IDLE, 126);
	driver_run_ms(d, 1000);
	driver_stands(d);
	assert_in_range((int)(3000 - d->rail->position_mm), 1, 60);
	driver_end(d);
}

static bool told_zero(struct driver *d)
{
	struct ohtd_drive_setpoint echoed;
	uint64_t at_ns;

	return ohtd_setpoint_echoed(&d->f->control.modules, &echoed, &at_ns) && !echoed.speed_raw;
}

static void jog_ends_without_a_refresh(void **state)
{
	struct driver *d = driver_begin(3000);
	unsigned int ms;

	(void)state;
	jog_for_ms(d, 250, 2000);
	driver_press(d, 250, "one");
	driver_until(d, OHTD_STATE_IDLE, 126);
	for (ms = 0; !told_zero(d); ms++)
		driver_run_ms(d, 1);
	assert_in_range(ms, 0, 150);
	driver_run_ms(d, 2000);
	driver_stands(d);
	assert_int_equal(fixture_snapshot(d->f).command.state, OHTD_COMMAND_STATE_FINISHED);
	driver_arrives(d, 3000);
	driver_end(d);
}

static void jog_ends_at_the_soft_limit(void **state)
{
	struct driver *d = driver_begin(-3000);

	(void)state;
	jog_for_ms(d, -250, 6000);
	assert_near(d->rail->position_mm, -3500, 3);
	assert_true(d->lowest_mm > -3505);
	driver_run_ms(d, 2000);
	driver_arrives(d, -3500);
	jog_refused(d, -100, OHTD_WHY_SOFT_LIMIT);
	jog_for_ms(d, 250, 1000);
	assert_true(d->rail->position_mm > -3400);
	driver_end(d);
}

static void bad_jogs_are_refused(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;

	(void)state;
	jog_refused(d, 0, OHTD_WHY_JOG_SPEED);
	jog_refused(d, NAN, OHTD_WHY_JOG_SPEED);
	jog_refused(d, 251, OHTD_WHY_JOG_SPEED);
	jog_refused(d, -251, OHTD_WHY_JOG_SPEED);
	driver_stands(d);
	/* Another jog than the present one, and a move in between. */
	jog_for_ms(d, 100, 500);
	answer = driver_jog(d, 100, "two");
	driver_refused(d, &answer, OHTD_WHY_STATE);
	driver_run_ms(d, 1000);
	driver_departs(d, 5000);
	answer = driver_jog(d, 100, "one");
	driver_refused(d, &answer, OHTD_WHY_STATE);
	driver_end(d);
}

/* No refresh is faster than a first command may be; the jog that it was for ends by itself. */
static void bad_refreshes_are_refused(void **state)
{
	static const struct {
		double speed_mm_s;
		enum ohtd_mode mode;
	} bad[] = {
		{ 0, OHTD_MODE_AUTOMATIC }, { NAN, OHTD_MODE_AUTOMATIC }, { 251, OHTD_MODE_AUTOMATIC },
		{ -5000, OHTD_MODE_AUTOMATIC }, { -201, OHTD_MODE_MANUAL },
	};
	struct driver *d = driver_begin(15000);
	struct ohtd_travel *m = &d->f->control.travel;
	struct ohtd_answer answer;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		jog_for_ms(d, -200, 1000);
		d->f->control.mode = bad[i].mode;
		answer = driver_jog(d, bad[i].speed_mm_s, "one");
		driver_refused(d, &answer, OHTD_WHY_JOG_SPEED);
		driver_until(d, OHTD_STATE_IDLE, 150);
		driver_run_ms(d, 1000);
		assert_int_equal(m->command.state, OHTD_COMMAND_STATE_FINISHED);
		assert_true(m->axis.cap_mm_s[0] <= 250 && m->axis.cap_mm_s[1] <= 250);
	}
	driver_stands(d);
	assert_true(d->highest_mm < 15001 && d->fastest_mm_s < 210);
	driver_end(d);
}

/* From outside, the soft limit is the other way: it would be driven to against the key. */
static void refresh_that_leads_out_is_refused(void **state)
{
	struct driver *d = driver_begin(-3600);
	struct ohtd_answer answer;

	(void)state;
	jog_for_ms(d, 100, 500);
	answer = driver_jog(d, -100, "one");
	driver_refused(d, &answer, OHTD_WHY_SOFT_LIMIT);
	driver_until(d, OHTD_STATE_IDLE, 150);
	driver_run_ms(d, 1000);
	driver_stands(d);
	assert_true(d->lowest_mm > -3601 && d->highest_mm < -3500);
	driver_end(d);
	/* Within the limits a jog turns. */
	d = driver_begin(15000);
	jog_for_ms(d, 100, 500);
	jog_for_ms(d, -100, 2000);
	assert_near(d->rail->speed_mm_s, -100, 10);
	driver_end(d);
}

/* ---- ended by others, and the key still held ---- */

/* Each request says why, and nothing moves; what has not been pressed for a while is another press. */
static void held_in_vain(struct driver *d, unsigned int code)
{
	uint64_t number = fixture_snapshot(d->f).command.number;
	double before_mm;

	jog_for_ms(d, 200, 500);
	before_mm = d->rail->position_mm;
	jog_for_ms(d, 200, 3000);
	assert_near(d->rail->position_mm, before_mm, 1);
	jog_refused(d, 200, code);
	assert_int_equal(fixture_snapshot(d->f).command.number, number);
	driver_stands(d);
	jog_for_ms(d, 200, 500);
	assert_int_equal(fixture_snapshot(d->f).command.number, number + 1);
}

static void jog_that_another_person_has_stopped_does_not_go_on(void **state)
{
	struct driver *d = driver_begin(15000);
	struct ohtd_command other = {
		.id = 5, .kind = OHTD_COMMAND_JOG, .tag = 7, .speed_mm_s = 200, .connection = 3,
		.caller_id = "one",
	};

	(void)state;
	jog_for_ms(d, 200, 1000);
	driver_asks(d, OHTD_COMMAND_STOP);
	held_in_vain(d, OHTD_WHY_CANCELLED);
	/* Between two requests that came too slowly. */
	driver_until(d, OHTD_STATE_IDLE, 150);
	driver_asks(d, OHTD_COMMAND_STOP);
	held_in_vain(d, OHTD_WHY_CANCELLED);
	/* Another press, and another connection, are another jog. */
	driver_asks(d, OHTD_COMMAND_STOP);
	driver_run_ms(d, 200);
	jog_refused(d, 200, OHTD_WHY_CANCELLED);
	assert_int_equal(driver_jog(d, 200, "two").outcome, OHTD_OUTCOME_DONE);
	driver_asks(d, OHTD_COMMAND_STOP);
	assert_int_equal(fixture_command(d->f, &other).outcome, OHTD_OUTCOME_DONE);
	driver_end(d);
}

static void jog_that_a_pause_or_a_move_has_ended_does_not_go_on(void **state)
{
	struct driver *d = driver_begin(15000);

	(void)state;
	jog_for_ms(d, 200, 1000);
	driver_asks(d, OHTD_COMMAND_PAUSE);
	jog_for_ms(d, 200, 1000);
	driver_state(d, OHTD_STATE_PAUSED);
	driver_asks(d, OHTD_COMMAND_STOP);
	held_in_vain(d, OHTD_WHY_CANCELLED);
	driver_departs(d, 16000);
	while (d->f->control.state == OHTD_STATE_MOVE)
		jog_for_ms(d, 200, 50);
	held_in_vain(d, OHTD_WHY_REPLACED);
	driver_end(d);
}

static void jog_that_an_obstacle_has_ended_does_not_go_on(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_sim(d, "rail obstacle 4500");
	do
		jog_for_ms(d, 200, 50);
	while (d->f->control.state == OHTD_STATE_MOVE);
	assert_near(4500 - d->rail->position_mm, 1000, 30);
	driver_sim(d, "rail obstacle none");
	held_in_vain(d, OHTD_WHY_OBSTACLE);
	driver_end(d);
}

static void jog_stops_before_an_obstacle(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_sim(d, "rail obstacle 4500");
	while (d->f->control.state == OHTD_STATE_IDLE && d->rail->position_mm < 3400)
		jog_for_ms(d, 250, 50);
	while (d->f->control.state == OHTD_STATE_MOVE) {
		driver_press(d, 250, "one");
		driver_run_ms(d, 20);
	}
	driver_state(d, OHTD_STATE_IDLE);
	driver_run_ms(d, 1000);
	assert_near(4500 - d->rail->position_mm, 1000, 6);
	jog_refused(d, 100, OHTD_WHY_OBSTACLE);
	jog_for_ms(d, -100, 500);
	driver_end(d);
}

/* Whoever began it may be gone, and an answer that does not come is refreshed by nobody. */
static void jog_that_is_never_answered_ends_by_itself(void **state)
{
	struct ohtd_command said = {
		.id = 1, .kind = OHTD_COMMAND_JOG, .speed_mm_s = 200, .tag = 7, .role = OHTD_ROLE_OPERATOR,
		.valid_ms = 60000, .caller_id = "one",
	};
	struct driver *d = driver_begin(15000);
	struct ohtd_answer answer = { 0 };
	unsigned int ms;
	double from_mm;

	(void)state;
	driver_arrives(d, 15200);
	driver_run_ms(d, 500);
	from_mm = d->rail->position_mm;
	/* In the direction of the last set-point. One motor does not echo what follows. */
	if (d->f->control.modules.setpoints.told.direction == OHTD_DRIVE_REVERSE)
		said.speed_mm_s = -200;
	d->f->control.modules.setpoints.echoed_number = UINT32_MAX;
	assert_int_equal(ohtd_link_post(&d->f->links[0], &said), 0);
	driver_until(d, OHTD_STATE_MOVE, 100);
	ms = driver_until(d, OHTD_STATE_IDLE, 1000);
	assert_in_range(ms, 350, 500);
	while (!ohtd_link_take(&d->f->links[0], &answer))
		driver_run_ms(d, 1);
	assert_int_equal(answer.outcome, OHTD_OUTCOME_EXPIRED);
	driver_run_ms(d, 2000);
	assert_true(fabs(d->rail->position_mm - from_mm) < 120);
	driver_state(d, OHTD_STATE_IDLE);
	driver_stands(d);
	driver_end(d);
}

/* A person lets go and presses the other key, while the carriage still rolls or has just come to rest. */
static void jog_back_soon_is_no_fault(void **state)
{
	unsigned int pause_ms, i;

	(void)state;
	for (pause_ms = 100; pause_ms <= 600; pause_ms += 100) {
		struct driver *d = driver_begin(8000);

		for (i = 0; i < 30; i++) {
			driver_press(d, -200, "x");
			driver_run_ms(d, 50);
		}
		driver_run_ms(d, pause_ms - 50);
		for (i = 0; i < 60; i++) {
			driver_press(d, 200, "x");
			driver_run_ms(d, 50);
			if (d->f->control.state == OHTD_STATE_FAULT)
				fail_msg("%s, %u ms behind a press %u ms later", ohtd_why_name(d->f->control.faults[0].why.code), 50 * i, pause_ms);
		}
		driver_end(d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jog_that_is_never_answered_ends_by_itself),
		cmocka_unit_test(zero_is_echoed_within_150_ms_of_the_last_refresh),
		cmocka_unit_test(zero_is_echoed_within_150_ms_while_units_are_searched),
		cmocka_unit_test(zero_is_echoed_within_150_ms_when_the_jog_turns_at_once),
		cmocka_unit_test(jog_that_is_let_go_before_it_begins_does_not_begin),
		cmocka_unit_test(jog_goes_on_while_it_is_refreshed),
		cmocka_unit_test(jog_of_one_command_ends_by_itself),
		cmocka_unit_test(jog_ends_without_a_refresh),
		cmocka_unit_test(jog_ends_at_the_soft_limit),
		cmocka_unit_test(bad_jogs_are_refused),
		cmocka_unit_test(bad_refreshes_are_refused),
		cmocka_unit_test(refresh_that_leads_out_is_refused),
		cmocka_unit_test(jog_that_another_person_has_stopped_does_not_go_on),
		cmocka_unit_test(jog_that_a_pause_or_a_move_has_ended_does_not_go_on),
		cmocka_unit_test(jog_that_an_obstacle_has_ended_does_not_go_on),
		cmocka_unit_test(jog_stops_before_an_obstacle),
		cmocka_unit_test(jog_back_soon_is_no_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
