// SPDX-License-Identifier: GPL-2.0-or-later
/* The life of commands: each phase is told once, and no command is executed twice. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "drive_robot.h"

static struct ohtd_command move_of(const char *id, double target_mm)
{
	struct ohtd_command command = {
		.id = 5, .kind = OHTD_COMMAND_MOVE, .tag = 7, .target_mm = target_mm,
		.by = { .user = "anna" },
	};

	snprintf(command.caller_id, sizeof(command.caller_id), "%s", id);
	return command;
}

static struct ohtd_answer ask(struct driver *d, const struct ohtd_command *command)
{
	return fixture_command(d->f, command);
}

#define DONE(d_, command_)	\
	assert_int_equal(ask(d_, command_).outcome, OHTD_OUTCOME_DONE)

static struct ohtd_command_view newest(struct driver *d)
{
	return fixture_snapshot(d->f).command;
}

static void each_phase_is_told_once(void **state)
{
	const struct ohtd_command move = move_of("order-5", 3400);
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = driver_begin(3000);
	struct ohtd_command_view view;

	(void)state;
	DONE(d, &move);
	driver_told(d, &reader, "1 initializing, 1 running");
	driver_until(d, OHTD_STATE_IDLE, 20000);
	driver_told(d, &reader, "1 finished");
	view = newest(d);
	assert_string_equal(view.caller_id, "order-5");
	assert_string_equal(view.user, "anna");
	assert_int_equal(view.tag, 7);
	assert_true(view.accepted_ns && view.began_ns >= view.accepted_ns &&
		    view.ended_ns > view.began_ns);
	driver_end(d);
}

static void pause_resume_and_stop_are_told(void **state)
{
	const struct ohtd_command move = move_of("", 9000);
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = driver_begin(3000);

	(void)state;
	DONE(d, &move);
	driver_run_ms(d, 500);
	assert_int_equal(driver_ask(d, OHTD_COMMAND_PAUSE).outcome, OHTD_OUTCOME_DONE);
	driver_until(d, OHTD_STATE_PAUSED, 5000);
	driver_run_ms(d, 3000);
	assert_int_equal(driver_ask(d, OHTD_COMMAND_RESUME).outcome, OHTD_OUTCOME_DONE);
	driver_run_ms(d, 500);
	assert_int_equal(driver_ask(d, OHTD_COMMAND_STOP).outcome, OHTD_OUTCOME_DONE);
	/* It fails when the robot stands, and not before. */
	driver_told(d, &reader, "1 initializing, 1 running, 1 paused, 1 running");
	driver_run_ms(d, 3000);
	driver_told(d, &reader, "1 failed cancelled");
	driver_end(d);
}

/* What follows while the command stays paused is no new phase. */
static void each_phase_of_an_obstacle_is_told_once(void **state)
{
	const struct ohtd_command move = move_of("", 9000);
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = driver_begin(3000);

	(void)state;
	DONE(d, &move);
	driver_told(d, &reader, "1 initializing, 1 running");
	driver_sim(d, "rail obstacle 6000");
	driver_until(d, OHTD_STATE_BLOCKED, 20000);
	driver_sim(d, "rail obstacle none");
	driver_until(d, OHTD_STATE_PAUSED, 5000);
	assert_int_equal(driver_ask(d, OHTD_COMMAND_PAUSE).outcome, OHTD_OUTCOME_DONE);
	driver_told(d, &reader, "1 retriable obstacle, 1 paused");
	driver_end(d);
}

static void a_blocked_way_can_be_tried_again(void **state)
{
	const struct ohtd_command move = move_of("", 12000);
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = driver_begin(3000);

	(void)state;
	DONE(d, &move);
	driver_told(d, &reader, "1 initializing, 1 running");
	driver_run_ms(d, 1500);
	driver_sim(d, "rail obstacle 8000");
	driver_until(d, OHTD_STATE_BLOCKED, 30000);
	driver_run_ms(d, 2000);
	driver_told(d, &reader, "1 retriable obstacle");
	driver_sim(d, "rail obstacle none");
	driver_until(d, OHTD_STATE_PAUSED, 5000);
	driver_told(d, &reader, "1 paused");
	assert_int_equal(driver_ask(d, OHTD_COMMAND_RESUME).outcome, OHTD_OUTCOME_DONE);
	driver_until(d, OHTD_STATE_IDLE, 60000);
	/* What is over leaves no reason behind. */
	driver_told(d, &reader, "1 running, 1 finished");
	driver_end(d);
}

static void a_stop_of_a_blocked_way_is_the_end(void **state)
{
	const struct ohtd_command move = move_of("", 12000);
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = driver_begin(3000);

	(void)state;
	DONE(d, &move);
	driver_run_ms(d, 1500);
	driver_sim(d, "rail obstacle 8000");
	driver_until(d, OHTD_STATE_BLOCKED, 30000);
	assert_int_equal(driver_ask(d, OHTD_COMMAND_STOP).outcome, OHTD_OUTCOME_DONE);
	driver_run_ms(d, 1000);
	driver_told(d, &reader, "1 initializing, 1 running, 1 retriable obstacle, 1 failed cancelled");
	driver_end(d);
}

static void a_new_command_ends_the_one_before(void **state)
{
	const struct ohtd_command there = move_of("there", 9000), back = move_of("back", 2000);
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = driver_begin(3000);

	(void)state;
	DONE(d, &there);
	driver_run_ms(d, 500);
	DONE(d, &back);
	driver_told(d, &reader, "1 initializing, 1 running, 1 failed replaced, 2 initializing, "
		    "2 running");
	driver_end(d);
}

/* The drive is told the same on and on; that it still answers is all that can be waited for. */
static void a_new_command_at_the_same_speed_goes_on(void **state)
{
	const struct ohtd_command first = move_of("first", 20000), second = move_of("second", 25000);
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = driver_begin(3000);

	(void)state;
	DONE(d, &first);
	driver_run_ms(d, 8000);
	DONE(d, &second);
	driver_run_ms(d, 3000);
	driver_state(d, OHTD_STATE_MOVE);
	assert_near(d->rail->speed_mm_s, 1000, 30);
	driver_told(d, &reader, "1 initializing, 1 running, 1 failed replaced, 2 initializing, "
		    "2 running");
	driver_end(d);
}

/* It does not drive, so nothing is ahead; the settling is not over yet. */
static void a_thing_behind_does_not_block_an_arrival(void **state)
{
	const struct ohtd_command move = move_of("", 4000);
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = driver_begin(3000);

	(void)state;
	DONE(d, &move);
	while (d->rail->position_mm < 3900)
		driver_run_ms(d, 1);
	driver_sim(d, "rail obstacle 3400");
	driver_until(d, OHTD_STATE_IDLE, 10000);
	driver_told(d, &reader, "1 initializing, 1 running, 1 finished");
	driver_end(d);
}

/* The first is never answered as done; the second drives. */
static void who_drives_by_a_second_command_is_in_control(void **state)
{
	struct ohtd_command move = move_of("", 9000);
	struct driver *d = driver_begin(3000);
	struct ohtd_answer a;

	(void)state;
	driver_asks(d, OHTD_COMMAND_CONTROL_RELEASE);
	snprintf(move.by.session, sizeof(move.by.session), "aaaa");
	move.role = OHTD_ROLE_OPERATOR;
	assert_int_equal(ohtd_link_post(&d->f->links[1], &move), 0);
	driver_until(d, OHTD_STATE_MOVE, 100);
	move.target_mm = 8000;
	DONE(d, &move);
	assert_int_equal(ohtd_link_take(&d->f->links[1], &a), 1);
	assert_int_equal(a.outcome, OHTD_OUTCOME_FAILED);
	assert_string_equal(fixture_snapshot(d->f).control.holder.session, "aaaa");
	driver_state(d, OHTD_STATE_MOVE);
	driver_end(d);
}

/* And if none of them drives, nobody is. */
static void who_drives_by_no_command_is_not_in_control(void **state)
{
	struct ohtd_command move = move_of("", 9000);
	struct driver *d = driver_begin(3000);
	struct ohtd_answer a;

	(void)state;
	driver_asks(d, OHTD_COMMAND_CONTROL_RELEASE);
	snprintf(move.by.session, sizeof(move.by.session), "aaaa");
	move.role = OHTD_ROLE_OPERATOR;
	assert_int_equal(ohtd_link_post(&d->f->links[1], &move), 0);
	driver_until(d, OHTD_STATE_MOVE, 100);
	assert_int_equal(ohtd_link_post(&d->f->links[1], &move), 0);
	driver_run_ms(d, 1);
	assert_int_equal(fixture_snapshot(d->f).control.held, 1);
	driver_asks(d, OHTD_COMMAND_STOP);
	driver_run_ms(d, 3000);
	while (ohtd_link_take(&d->f->links[1], &a))
		assert_int_equal(a.outcome, OHTD_OUTCOME_FAILED);
	assert_int_equal(fixture_snapshot(d->f).control.held, 0);
	driver_end(d);
}

static void the_same_once_more_is_not_executed_again(void **state)
{
	const struct ohtd_command move = move_of("order-5", 3400);
	struct ohtd_command other = move_of("order-5", 3500);
	struct driver *d = driver_begin(3000);
	struct ohtd_answer a;

	(void)state;
	DONE(d, &move);
	DONE(d, &move);
	assert_int_equal(newest(d).number, 1);
	/* With another content it is another command, and that one is not taken for this one. */
	a = ask(d, &other);
	driver_refused(d, &a, OHTD_WHY_ID_REUSED);
	assert_true(newest(d).target_mm == 3400);
	driver_until(d, OHTD_STATE_IDLE, 20000);
	/* Nor later. */
	DONE(d, &move);
	driver_run_ms(d, 500);
	driver_state(d, OHTD_STATE_IDLE);
	assert_int_equal(newest(d).number, 1);
	/* Ids are those of a person. */
	other.tag = 8;
	DONE(d, &other);
	assert_int_equal(newest(d).number, 2);
	driver_end(d);
}

/* The answer to the command that waits for the drive's echo, when something else has come first. */
static void answered_as(struct driver *d, const char *what, unsigned int state)
{
	struct ohtd_answer a = { 0 };

	driver_run_ms(d, 1);
	if (!ohtd_link_take(&d->f->links[1], &a) || a.outcome != OHTD_OUTCOME_DONE ||
	    a.number != newest(d).number || a.command_state != state)
		fail_msg("%s: outcome %u, number %llu of %llu, %s", what, a.outcome, (unsigned long long)a.number,
			 (unsigned long long)newest(d).number, ohtd_command_state_name(a.command_state));
}

static void begins(struct driver *d, uint32_t kind, double target_mm, unsigned int state)
{
	const struct ohtd_command command = {
		.id = 5, .kind = kind, .tag = 7, .target_mm = target_mm, .role = OHTD_ROLE_OPERATOR,
	};

	assert_int_equal(ohtd_link_post(&d->f->links[1], &command), 0);
	driver_until(d, state, 100);
}

static void what_is_paused_before_it_begins_is_answered_with_its_number(void **state)
{
	static const struct {
		const char *name;
		uint32_t kind;
		unsigned int state;
	} cases[] = {
		{ "move", OHTD_COMMAND_MOVE, OHTD_STATE_MOVE }, { "home", OHTD_COMMAND_HOME, OHTD_STATE_MOVE },
		{ "dock", OHTD_COMMAND_DOCK, OHTD_STATE_DOCK }, { "resume", OHTD_COMMAND_RESUME, OHTD_STATE_DOCK },
	};
	struct driver *d = driver_begin(3000);
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].kind != OHTD_COMMAND_RESUME) {
			driver_asks(d, OHTD_COMMAND_STOP);
			driver_run_ms(d, 500);
		}
		begins(d, cases[i].kind, 9000, cases[i].state);
		driver_asks(d, OHTD_COMMAND_PAUSE);
		answered_as(d, cases[i].name, OHTD_COMMAND_STATE_PAUSED);
	}
	assert_near(d->rail->position_mm, 3000, 1);
	driver_end(d);
}

/* The same id again is told what became of the command, also behind later ones. */
static void what_has_failed_is_not_answered_as_finished(void **state)
{
	const struct ohtd_command first = move_of("order-5", 9000), second = move_of("order-6", 8000);
	struct driver *d = driver_begin(3000);
	struct ohtd_answer a;

	(void)state;
	DONE(d, &first);
	DONE(d, &second);
	driver_asks(d, OHTD_COMMAND_STOP);
	driver_run_ms(d, 2000);
	a = ask(d, &first);
	driver_done(&a);
	assert_int_equal(a.number, 1);
	assert_string_equal(ohtd_command_state_name(a.command_state), "failed");
	a = ask(d, &second);
	assert_string_equal(ohtd_command_state_name(a.command_state), "failed");
	driver_arrives(d, 3500);
	a = ask(d, &second);
	assert_int_equal(a.number, 2);
	assert_string_equal(ohtd_command_state_name(a.command_state), "failed");
	driver_end(d);
}

static void what_was_refused_has_no_life(void **state)
{
	const struct ohtd_command away = move_of("order-5", 1e6), move = move_of("order-5", 3400);
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = driver_begin(3000);

	(void)state;
	assert_int_equal(ask(d, &away).outcome, OHTD_OUTCOME_REFUSED);
	driver_told(d, &reader, "");
	DONE(d, &move);
	assert_int_equal(newest(d).number, 1);
	driver_end(d);
}

/* It went to the disk first: what a person has stopped or begun meanwhile stays. */
static void an_order_that_was_overtaken_is_refused(void **state)
{
	static const struct ohtd_command later[] = {
		{ .kind = OHTD_COMMAND_STOP }, { .kind = OHTD_COMMAND_PAUSE }, { .kind = OHTD_COMMAND_MOVE, .target_mm = 3500 },
	};
	struct ohtd_command move = move_of("order-5", 3400);
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;

	(void)state;
	move.noted = 1;
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		struct ohtd_command said = later[i];

		if (said.kind != OHTD_COMMAND_MOVE)
			driver_departs(d, 6000);
		move.posted_ns = virtual_now_ns(&d->run);
		driver_run_ms(d, 100);
		said.id = 6;
		said.tag = 7;
		answer = fixture_command(d->f, &said);
		driver_done(&answer);
		answer = ask(d, &move);
		driver_refused(d, &answer, OHTD_WHY_REPLACED);
		assert_true(newest(d).target_mm != 3400);
		driver_asks(d, OHTD_COMMAND_STOP);
		driver_until(d, OHTD_STATE_IDLE, 20000);
	}
	/* Its time runs from when it was asked for. */
	move.posted_ns = virtual_now_ns(&d->run);
	driver_run_ms(d, 2100);
	answer = ask(d, &move);
	assert_int_equal(answer.outcome, OHTD_OUTCOME_EXPIRED);
	move.posted_ns = virtual_now_ns(&d->run);
	driver_run_ms(d, 100);
	DONE(d, &move);
	assert_true(newest(d).target_mm == 3400);
	driver_end(d);

	/* Outputs that have risen since: a stop and its reset may lie in between. */
	d = driver_safe(3000);
	move.posted_ns = virtual_now_ns(&d->run);
	driver_run_ms(d, 100);
	driver_asks(d, OHTD_COMMAND_ENABLE);
	answer = ask(d, &move);
	driver_refused(d, &answer, OHTD_WHY_STOPPED_MEANWHILE);
	driver_end(d);
}

/* Posted behind a stop that its sender has not heard of: the time of its post says nothing of that. */
static void an_order_of_who_has_not_heard_of_a_stop_is_refused(void **state)
{
	struct driver *d = driver_begin(3000);
	const struct ohtd_event_ring *ring = &d->f->control.event_ring;
	struct ohtd_command move = move_of("order-6", 3400);
	struct ohtd_answer answer;

	(void)state;
	move.heard = atomic_load(&ring->newest);
	driver_asks(d, OHTD_COMMAND_STOP);
	answer = ask(d, &move);
	driver_refused(d, &answer, OHTD_WHY_REPLACED);
	driver_asks(d, OHTD_COMMAND_DISABLE);
	move.heard = atomic_load(&ring->newest) - 1;
	driver_asks(d, OHTD_COMMAND_ENABLE);
	driver_state(d, OHTD_STATE_IDLE);
	answer = ask(d, &move);
	driver_refused(d, &answer, OHTD_WHY_REPLACED);
	/* An enable alone interrupts nothing. */
	move.heard = atomic_load(&ring->newest);
	DONE(d, &move);
	assert_true(newest(d).target_mm == 3400);
	driver_end(d);
}

static void a_jog_ends_with_its_connection(void **state)
{
	struct ohtd_command jog = {
		.id = 5, .kind = OHTD_COMMAND_JOG, .tag = 7, .speed_mm_s = 100, .connection = 3,
		.caller_id = "one",
	};
	struct ohtd_command hung_up = { .id = 6, .kind = OHTD_COMMAND_HUNG_UP, .connection = 4 };
	struct driver *d = driver_begin(3000);

	(void)state;
	DONE(d, &jog);
	DONE(d, &hung_up);
	driver_state(d, OHTD_STATE_MOVE);
	hung_up.connection = 3;
	DONE(d, &hung_up);
	driver_state(d, OHTD_STATE_IDLE);
	driver_run_ms(d, 1000);
	assert_int_equal(newest(d).state, OHTD_COMMAND_STATE_FINISHED);
	driver_end(d);
}

static void a_move_outlives_its_connection(void **state)
{
	struct ohtd_command move = move_of("order-5", 3400);
	const struct ohtd_command hung_up = { .id = 6, .kind = OHTD_COMMAND_HUNG_UP, .connection = 3 };
	struct driver *d = driver_begin(3000);

	(void)state;
	move.connection = 3;
	DONE(d, &move);
	DONE(d, &hung_up);
	driver_state(d, OHTD_STATE_MOVE);
	driver_until(d, OHTD_STATE_IDLE, 20000);
	assert_int_equal(newest(d).state, OHTD_COMMAND_STATE_FINISHED);
	driver_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_phase_is_told_once),
		cmocka_unit_test(pause_resume_and_stop_are_told),
		cmocka_unit_test(each_phase_of_an_obstacle_is_told_once),
		cmocka_unit_test(a_blocked_way_can_be_tried_again),
		cmocka_unit_test(a_stop_of_a_blocked_way_is_the_end),
		cmocka_unit_test(a_new_command_ends_the_one_before),
		cmocka_unit_test(a_new_command_at_the_same_speed_goes_on),
		cmocka_unit_test(a_thing_behind_does_not_block_an_arrival),
		cmocka_unit_test(who_drives_by_a_second_command_is_in_control),
		cmocka_unit_test(who_drives_by_no_command_is_not_in_control),
		cmocka_unit_test(the_same_once_more_is_not_executed_again),
		cmocka_unit_test(what_is_paused_before_it_begins_is_answered_with_its_number),
		cmocka_unit_test(what_has_failed_is_not_answered_as_finished),
		cmocka_unit_test(what_was_refused_has_no_life),
		cmocka_unit_test(an_order_that_was_overtaken_is_refused),
		cmocka_unit_test(an_order_of_who_has_not_heard_of_a_stop_is_refused),
		cmocka_unit_test(a_jog_ends_with_its_connection),
		cmocka_unit_test(a_move_outlives_its_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
