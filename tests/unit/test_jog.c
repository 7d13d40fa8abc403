// SPDX-License-Identifier: GPL-2.0-or-later
/* Jogs: refreshed, left alone, at a limit, before an obstacle; with the simulator's rail. */
#include <math.h>
#include <stdio.h>
#include <string.h>

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
	/* The other way is another press. */
	driver_run_ms(d, 600);
	jog_for_ms(d, 250, 1000);
	assert_true(d->rail->position_mm > -3400);
	driver_end(d);
}

/*
 * On a short way the robot is still becoming faster when its plan brakes, and a drive with a lag rolls out at more than the speed of the
 * plan. Its soft limits hold all the same, for a jog and for a move, at both ends.
 */
static void short_ways_end_at_the_soft_limit(void **state)
{
	static const double ways_mm[] = { 12, 26, 38, 54, 90 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 4 * sizeof(ways_mm) / sizeof(ways_mm[0]); i++) {
		bool low = i & 1, moves = i & 2;
		double way_mm = ways_mm[i / 4], end_mm = low ? -3500 : 30500;
		struct driver *d = driver_begin(low ? end_mm + way_mm : end_mm - way_mm);
		double over_mm;

		if (moves)
			driver_arrives(d, end_mm);
		else
			jog_for_ms(d, low ? -200 : 200, 3000);
		over_mm = low ? end_mm - d->lowest_mm : d->highest_mm - end_mm;
		if (over_mm > 2)
			fail_msg("%s of %.0f mm to %.0f: %.1f mm beyond", moves ? "move" : "jog", way_mm, end_mm, over_mm);
		driver_end(d);
	}
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
	driver_run_ms(d, 600);
	jog_for_ms(d, -100, 500);
	driver_state(d, OHTD_STATE_MOVE);
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

/* ---- refused, and the key still held ---- */

static const struct ohtd_holder anna = {
	.user = "anna", .session = "a", .user_id = 1, .role = OHTD_ROLE_OPERATOR,
};
static const struct ohtd_holder bert = {
	.user = "bert", .session = "b", .user_id = 2, .role = OHTD_ROLE_ADMINISTRATOR,
};

/* The key of anna: while it is @down, a request each 50 ms, whatever else happens. */
struct key {
	struct driver *d;
	void (*inner)(void *context);
	void *inner_context;
	bool down;
	uint64_t next_ns;
	unsigned int done;	/* answers since it went down */
	unsigned int refused;
	unsigned int code;	/* of the newest refusal */
};

static void post_jog(struct driver *d, const char *id)
{
	struct ohtd_command said = {
		.kind = OHTD_COMMAND_JOG, .speed_mm_s = 240, .by = anna, .role = anna.role, .connection = 3,
	};

	snprintf(said.caller_id, sizeof(said.caller_id), "%s", id);
	ohtd_link_post(&d->f->links[1], &said);
}

static void hold_key(void *context)
{
	struct key *key = context;
	struct ohtd_answer answer;

	key->inner(key->inner_context);
	if (key->down && virtual_now_ns(&key->d->run) >= key->next_ns) {
		key->next_ns = virtual_now_ns(&key->d->run) + 50 * OHTD_NS_PER_MS;
		post_jog(key->d, "held");
	}
	while (ohtd_link_take(&key->d->f->links[1], &answer)) {
		if (answer.kind != OHTD_COMMAND_JOG)
			continue;
		key->done += answer.outcome == OHTD_OUTCOME_DONE;
		if (answer.outcome == OHTD_OUTCOME_DONE)
			continue;
		key->refused++;
		key->code = answer.why.items[0].code;
	}
}

static void key_down(struct key *key)
{
	key->down = true;
	key->done = key->refused = 0;
}

static void key_begin(struct key *key, struct driver *d)
{
	driver_asks(d, OHTD_COMMAND_CONTROL_RELEASE);
	*key = (struct key){ .d = d, .inner = d->f->watch, .inner_context = d->f->watch_context };
	d->f->watch = hold_key;
	d->f->watch_context = key;
}

static void asks(struct driver *d, const struct ohtd_holder *by, uint32_t kind)
{
	const struct ohtd_answer answer = fixture_command(d->f, &(struct ohtd_command){
		.id = 9, .kind = kind, .by = *by, .role = by->role, .text = "because", .to = { .user_id = anna.user_id, .role = anna.role } });

	driver_done(&answer);
}

static void sets_mode(struct driver *d, enum ohtd_mode mode)
{
	const struct ohtd_answer answer = fixture_command(d->f, &(struct ohtd_command){
		.id = 9, .kind = OHTD_COMMAND_MODE, .by = bert, .role = bert.role, .mode = (uint8_t)mode });

	driver_done(&answer);
	asks(d, &bert, OHTD_COMMAND_CONTROL_RELEASE);
}

static void enable(struct driver *d)
{
	asks(d, &bert, OHTD_COMMAND_ENABLE);
	asks(d, &bert, OHTD_COMMAND_CONTROL_RELEASE);
}

static void stop(struct driver *d)
{
	d->f->fake->bus.ops->stop(&d->f->fake->bus, 5);
	driver_until(d, OHTD_STATE_ESTOP, 100);
}

static void reset(struct driver *d)
{
	asks(d, &bert, OHTD_COMMAND_RESET);
	enable(d);
}

static void hang(struct driver *d)
{
	d->f->loops_hang = true;
	driver_until(d, OHTD_STATE_FAULT, 3000);
}

static void clear_fault(struct driver *d)
{
	d->f->loops_hang = false;
	driver_run_ms(d, 500);
	asks(d, &bert, OHTD_COMMAND_RESET_FAULT);
	enable(d);
}

static void take(struct driver *d)
{
	asks(d, &bert, OHTD_COMMAND_CONTROL_TAKE);
}

static void release(struct driver *d)
{
	asks(d, &bert, OHTD_COMMAND_CONTROL_RELEASE);
}

static void say_nothing(struct driver *d)
{
	driver_run_ms(d, 10500);
}

static void hand_over(struct driver *d)
{
	asks(d, &bert, OHTD_COMMAND_CONTROL_HAND_OVER);
}

static void maintain(struct driver *d)
{
	sets_mode(d, OHTD_MODE_MAINTENANCE);
}

static void by_hand(struct driver *d)
{
	sets_mode(d, OHTD_MODE_MANUAL);
}

static void automatic(struct driver *d)
{
	sets_mode(d, OHTD_MODE_AUTOMATIC);
}

static void obstruct(struct driver *d)
{
	driver_sim(d, "rail obstacle 15900");
	driver_run_ms(d, 300);
}

static void clear_way(struct driver *d)
{
	driver_sim(d, "rail obstacle none");
	driver_run_ms(d, 500);
}

static void depart(struct driver *d)
{
	const struct ohtd_answer answer = fixture_command(d->f, &(struct ohtd_command){
		.id = 9, .kind = OHTD_COMMAND_MOVE, .by = anna, .role = anna.role, .target_mm = 15300 });

	driver_done(&answer);
}

static void arrive(struct driver *d)
{
	driver_until(d, OHTD_STATE_IDLE, 15000);
}

static void undock(struct driver *d)
{
	asks(d, &anna, OHTD_COMMAND_UNDOCK);
	arrive(d);
}

static void nothing(struct driver *d)
{
	(void)d;
}

/* What refuses a jog, and the act by which it does not any more. */
static void refused_jog_does_not_begin_by_the_act_of_another(void **state)
{
	static const struct {
		const char *name;
		double from_mm;
		void (*refuses)(struct driver *d);
		unsigned int code;
		void (*ends)(struct driver *d);
	} cases[] = {
		{ "stop", 15000, stop, OHTD_WHY_STATE, reset },
		{ "fault", 15000, hang, OHTD_WHY_IN_FAULT, clear_fault },
		{ "control given back", 15000, take, OHTD_WHY_CONTROL_HELD, release },
		{ "control that runs out", 15000, take, OHTD_WHY_CONTROL_HELD, say_nothing },
		{ "control handed over", 15000, take, OHTD_WHY_CONTROL_HELD, hand_over },
		{ "mode", 15000, maintain, OHTD_WHY_MODE, automatic },
		{ "speed of a mode", 15000, by_hand, OHTD_WHY_JOG_SPEED, automatic },
		{ "obstacle", 15000, obstruct, OHTD_WHY_OBSTACLE, clear_way },
		{ "a move", 15000, depart, OHTD_WHY_STATE, arrive },
		{ "dock", 0, nothing, OHTD_WHY_DOCKED, undock },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct driver *d = driver_begin(cases[i].from_mm);
		double stands_mm;
		struct key key;

		key_begin(&key, d);
		cases[i].refuses(d);
		key_down(&key);
		driver_run_ms(d, 300);
		if (key.done || key.refused < 5 || key.code != cases[i].code)
			fail_msg("%s: %u done, %u refused: %s", cases[i].name, key.done, key.refused,
				 ohtd_why_name(key.code));
		cases[i].ends(d);
		driver_state(d, OHTD_STATE_IDLE);
		stands_mm = d->rail->position_mm;
		driver_run_ms(d, 1000);
		if (key.done || key.code != cases[i].code || d->f->control.travel.command.kind == OHTD_COMMAND_JOG)
			fail_msg("%s: the held key has moved the robot by %.1f mm, %u done, %u refused: %s",
				 cases[i].name, d->rail->position_mm - stands_mm, key.done, key.refused,
				 ohtd_why_name(key.code));
		/* Let go and pressed anew. */
		key.down = false;
		driver_run_ms(d, 600);
		key_down(&key);
		driver_run_ms(d, 500);
		if (!key.done || key.refused)
			fail_msg("%s: a new press, and %u done, %u refused: %s", cases[i].name, key.done,
				 key.refused, ohtd_why_name(key.code));
		driver_state(d, OHTD_STATE_MOVE);
		driver_end(d);
	}
}

/* The robot enables itself when it has started. */
static void refused_jog_does_not_begin_when_the_robot_has_started(void **state)
{
	struct driver *d = driver_begin(15000);
	struct key key;

	(void)state;
	key_begin(&key, d);
	atomic_store(&d->f->control.quit, true);
	driver_run_ms(d, 3000);
	key_down(&key);
	fixture_start_again(d->f, 1000);
	d->f->control.auto_enable = true;
	d->f->control.unclean_restart = false;
	driver_until(d, OHTD_STATE_IDLE, 5000);
	driver_run_ms(d, 1000);
	driver_state(d, OHTD_STATE_IDLE);
	assert_int_equal(key.done, 0);
	assert_int_equal(key.code, OHTD_WHY_STATE);
	driver_end(d);
}

/* The jog ends with the control; that it is free again begins no other one, not even between two requests. */
static void jog_that_control_has_left_does_not_go_on(void **state)
{
	struct driver *d = driver_begin(15000);
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct key key;

		key_begin(&key, d);
		key_down(&key);
		driver_run_ms(d, 500);
		driver_state(d, OHTD_STATE_MOVE);
		key.down = !i;
		asks(d, &bert, OHTD_COMMAND_CONTROL_TAKE_OVER);
		driver_until(d, OHTD_STATE_IDLE, 50);
		release(d);
		key.down = true;
		key.done = 0;
		driver_run_ms(d, 2000);
		assert_int_equal(key.done, 0);
		assert_int_equal(key.code, OHTD_WHY_CONTROL_HELD);
		driver_state(d, OHTD_STATE_IDLE);
		key.down = false;
		driver_run_ms(d, 600);
		d->f->watch = key.inner;
		d->f->watch_context = key.inner_context;
	}
	driver_end(d);
}

/* More holds than are kept: what was refused is not known, so nothing begins. */
static void press_many(struct driver *d)
{
	char id[2] = "A";

	for (; id[0] < 'A' + 3 * OHTD_HOLDS_MAX; id[0]++)
		post_jog(d, id);
	driver_run_ms(d, 50);
}

static void refused_jogs_that_are_not_kept_do_not_begin(void **state)
{
	struct driver *d = driver_begin(15000);
	unsigned int i;
	struct key key;

	(void)state;
	key_begin(&key, d);
	take(d);
	press_many(d);
	assert_int_equal(key.refused, 3 * OHTD_HOLDS_MAX);
	release(d);
	for (i = 0; i < 20; i++)
		press_many(d);
	assert_int_equal(key.done, 0);
	driver_run_ms(d, 600);
	press_many(d);
	driver_run_ms(d, 100);
	assert_int_equal(key.done, 1);
	driver_end(d);
}

/* The link itself refuses it, as others wait there for their answers. */
static void jog_that_found_no_room_does_not_begin(void **state)
{
	const struct ohtd_command ping = { .kind = OHTD_COMMAND_PING, .unit = 2, .role = OHTD_ROLE_OPERATOR };
	struct driver *d = driver_begin(15000);
	struct key key;
	unsigned int i;

	(void)state;
	for (i = 0; i < OHTD_LINK_COMMANDS; i++)
		assert_int_equal(ohtd_link_post(&d->f->links[1], &ping), 0);
	key_begin(&key, d);
	post_jog(d, "held");
	driver_run_ms(d, 400);
	key_down(&key);
	driver_run_ms(d, 2000);
	assert_int_equal(key.done, 0);
	assert_int_equal(key.code, OHTD_WHY_BUSY);
	key.down = false;
	driver_run_ms(d, 600);
	key_down(&key);
	driver_run_ms(d, 500);
	assert_int_equal(key.refused, 0);
	driver_state(d, OHTD_STATE_MOVE);
	driver_end(d);
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
		cmocka_unit_test(short_ways_end_at_the_soft_limit),
		cmocka_unit_test(bad_jogs_are_refused),
		cmocka_unit_test(bad_refreshes_are_refused),
		cmocka_unit_test(refresh_that_leads_out_is_refused),
		cmocka_unit_test(jog_that_another_person_has_stopped_does_not_go_on),
		cmocka_unit_test(jog_that_a_pause_or_a_move_has_ended_does_not_go_on),
		cmocka_unit_test(jog_that_an_obstacle_has_ended_does_not_go_on),
		cmocka_unit_test(jog_stops_before_an_obstacle),
		cmocka_unit_test(refused_jog_does_not_begin_by_the_act_of_another),
		cmocka_unit_test(refused_jog_does_not_begin_when_the_robot_has_started),
		cmocka_unit_test(jog_that_control_has_left_does_not_go_on),
		cmocka_unit_test(refused_jogs_that_are_not_kept_do_not_begin),
		cmocka_unit_test(jog_that_found_no_room_does_not_begin),
		cmocka_unit_test(jog_back_soon_is_no_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
