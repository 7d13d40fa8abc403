// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands that wait: their order, what empties the queue and what keeps it, and all that is refused. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "drive_robot.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static void refused(struct driver *d, enum ohtd_command_kind kind, double target_mm,
		    unsigned int code)
{
	struct ohtd_snapshot before = fixture_snapshot(d->f), after;
	struct ohtd_answer answer = driver_append(d, kind, target_mm);

	driver_refused(d, &answer, code);
	after = fixture_snapshot(d->f);
	assert_int_equal(after.queue_count, before.queue_count);
	assert_int_equal(after.command.number, before.command.number);
}

static struct ohtd_answer cancel(struct driver *d, uint64_t number)
{
	const struct ohtd_command command = {
		.id = 6, .kind = OHTD_COMMAND_CANCEL, .tag = 7, .number = number,
	};

	return fixture_command(d->f, &command);
}

static void stands_at(struct driver *d, double position_mm)
{
	assert_near(d->rail->position_mm, position_mm, 2);
	assert_near(d->rail->speed_mm_s, 0, 0.001);
}

/* Until command @number is the present one, or has been. */
static void until_begun(struct driver *d, unsigned int number, unsigned int limit_ms)
{
	while (d->f->control.travel.command.number < number) {
		assert_true(limit_ms--);
		driver_run_ms(d, 1);
	}
}

/* On the way from 3000 to 4000, with moves to 3500 and 4500 that wait: commands 1, 2 and 3. */
static struct driver *begin_with_two(struct ohtd_event_reader *reader)
{
	struct driver *d = driver_begin(3000);

	driver_departs(d, 4000);
	assert_int_equal(driver_waits(d, OHTD_COMMAND_MOVE, 3500), 2);
	assert_int_equal(driver_waits(d, OHTD_COMMAND_MOVE, 4500), 3);
	driver_told(d, reader, "1 initializing, 1 running, 2 waiting, 3 waiting");
	return d;
}

/* ---- order ---- */

static void commands_run_one_behind_the_other(void **state)
{
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = begin_with_two(&reader);
	struct ohtd_snapshot s = fixture_snapshot(d->f);

	(void)state;
	assert_int_equal(s.queue[0].number, 2);
	assert_int_equal(s.queue[0].state, OHTD_COMMAND_STATE_WAITING);
	assert_near(s.queue[1].target_mm, 4500, 0);
	assert_string_equal(s.queue[1].user, "anna");
	until_begun(d, 2, 20000);
	stands_at(d, 4000);
	until_begun(d, 3, 20000);
	stands_at(d, 3500);
	driver_run_ms(d, 500);
	driver_until(d, OHTD_STATE_IDLE, 20000);
	stands_at(d, 4500);
	driver_told(d, &reader, "1 finished, 2 initializing, 2 running, 2 finished, "
		    "3 initializing, 3 running, 3 finished");
	assert_int_equal(fixture_snapshot(d->f).queue_count, 0);
	driver_stands(d);
	driver_end(d);
}

static void with_nothing_under_way_it_begins_at_once(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer = driver_append(d, OHTD_COMMAND_MOVE, 3400);

	(void)state;
	driver_done(&answer);
	assert_int_equal(answer.number, 1);
	driver_state(d, OHTD_STATE_MOVE);
	assert_int_equal(fixture_snapshot(d->f).queue_count, 0);
	driver_end(d);
}

static void to_the_dock_and_off_again(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_departs(d, 2000);
	driver_waits(d, OHTD_COMMAND_DOCK, 0);
	driver_waits(d, OHTD_COMMAND_UNDOCK, 0);
	driver_waits(d, OHTD_COMMAND_HOME, 0);
	assert_int_equal(driver_waits(d, OHTD_COMMAND_MOVE, 1500), 5);
	until_begun(d, 5, 240000);
	driver_run_ms(d, 500);
	driver_until(d, OHTD_STATE_IDLE, 60000);
	stands_at(d, 1500);
	assert_int_equal(d->f->control.travel.command.state, OHTD_COMMAND_STATE_FINISHED);
	driver_end(d);
}

static void a_speed_of_its_own_goes_with_each(void **state)
{
	struct ohtd_command slow = driver_queued(OHTD_COMMAND_MOVE, 3000);
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;

	(void)state;
	driver_departs(d, 4000);
	slow.speed_mm_s = 150;
	answer = fixture_command(d->f, &slow);
	driver_done(&answer);
	until_begun(d, 2, 20000);
	d->fastest_mm_s = 0;
	driver_run_ms(d, 500);
	driver_until(d, OHTD_STATE_IDLE, 20000);
	assert_true(d->fastest_mm_s > 100 && d->fastest_mm_s < 152);
	driver_end(d);
}

/* ---- what empties it ---- */

static void a_stop_empties_it(void **state)
{
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = begin_with_two(&reader);

	(void)state;
	driver_run_ms(d, 500);
	driver_asks(d, OHTD_COMMAND_STOP);
	assert_int_equal(fixture_snapshot(d->f).queue_count, 0);
	/* What waited has ended at once, what moved ends when it stands. */
	driver_told(d, &reader, "2 failed cancelled, 3 failed cancelled");
	driver_run_ms(d, 3000);
	driver_told(d, &reader, "1 failed cancelled");
	driver_stands(d);
	driver_end(d);
}

static void a_stop_of_a_pause_empties_it(void **state)
{
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = begin_with_two(&reader);

	(void)state;
	driver_asks(d, OHTD_COMMAND_PAUSE);
	driver_run_ms(d, 3000);
	driver_told(d, &reader, "1 paused");
	driver_asks(d, OHTD_COMMAND_STOP);
	driver_told(d, &reader, "2 failed cancelled, 3 failed cancelled, 1 failed cancelled");
	driver_stands(d);
	driver_end(d);
}

static void an_emergency_stop_empties_it_for_good(void **state)
{
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = begin_with_two(&reader);

	(void)state;
	driver_run_ms(d, 500);
	fake_bus_press(d->f->fake);
	driver_run_ms(d, 100);
	driver_state(d, OHTD_STATE_ESTOP);
	driver_told(d, &reader, "2 failed stop_cause, 3 failed stop_cause, 1 failed stop_cause");
	d->f->fake->pressed = false;
	driver_run_ms(d, 2000);
	driver_asks(d, OHTD_COMMAND_RESET);
	driver_asks(d, OHTD_COMMAND_ENABLE);
	driver_stands(d);
	driver_state(d, OHTD_STATE_IDLE);
	driver_told(d, &reader, "");
	driver_end(d);
}

static void a_disable_empties_it(void **state)
{
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = begin_with_two(&reader);

	(void)state;
	driver_asks(d, OHTD_COMMAND_PAUSE);
	driver_run_ms(d, 3000);
	driver_asks(d, OHTD_COMMAND_DISABLE);
	driver_told(d, &reader, "1 paused, 2 failed cancelled, 3 failed cancelled, 1 failed cancelled");
	driver_end(d);
}

static void a_fault_empties_it(void **state)
{
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = begin_with_two(&reader);
	const char *reason;
	char wanted[160];

	(void)state;
	driver_run_ms(d, 500);
	driver_sim(d, "rail slip 100");
	driver_until(d, OHTD_STATE_FAULT, 20000);
	reason = ohtd_why_name(fixture_snapshot(d->f).command.reason.code);
	snprintf(wanted, sizeof(wanted), "2 failed %s, 3 failed %s, 1 failed %s", reason, reason,
		 reason);
	driver_told(d, &reader, wanted);
	driver_end(d);
}

static void a_command_that_replaces_takes_the_place_of_all(void **state)
{
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = begin_with_two(&reader);

	(void)state;
	driver_run_ms(d, 500);
	driver_departs(d, 3200);
	driver_told(d, &reader, "2 failed replaced, 3 failed replaced, 1 failed replaced, "
		    "4 initializing, 4 running");
	driver_until(d, OHTD_STATE_IDLE, 20000);
	driver_stands(d);
	stands_at(d, 3200);
	driver_end(d);
}

/* A refusal changes nothing. */
static void a_refused_replacement_leaves_it(void **state)
{
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = begin_with_two(&reader);
	struct ohtd_answer answer = driver_move(d, 1e6, 0);

	(void)state;
	driver_refused(d, &answer, OHTD_WHY_SOFT_LIMIT);
	assert_int_equal(fixture_snapshot(d->f).queue_count, 2);
	driver_told(d, &reader, "");
	driver_end(d);
}

/* The turn of the second comes, and it cannot be done: neither can what relied on it. */
static void what_cannot_begin_fails_with_all_behind_it(void **state)
{
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_departs(d, 4000);
	driver_waits(d, OHTD_COMMAND_MOVE, 9000);
	driver_waits(d, OHTD_COMMAND_MOVE, 3500);
	driver_told(d, &reader, "1 initializing, 1 running, 2 waiting, 3 waiting");
	driver_run_ms(d, 1500);
	driver_sim(d, "rail obstacle 6500");
	driver_until(d, OHTD_STATE_IDLE, 20000);
	stands_at(d, 4000);
	driver_told(d, &reader, "1 finished, 2 failed obstacle, 3 failed earlier_failed");
	driver_stands(d);
	driver_end(d);
}

/* ---- what keeps it ---- */

static void a_pause_keeps_it(void **state)
{
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = begin_with_two(&reader);

	(void)state;
	driver_run_ms(d, 500);
	driver_asks(d, OHTD_COMMAND_PAUSE);
	driver_run_ms(d, 10000);
	driver_stands(d);
	assert_int_equal(fixture_snapshot(d->f).queue_count, 2);
	/* It takes more meanwhile. */
	assert_int_equal(driver_waits(d, OHTD_COMMAND_MOVE, 3800), 4);
	driver_asks(d, OHTD_COMMAND_RESUME);
	until_begun(d, 4, 60000);
	stands_at(d, 4500);
	driver_end(d);
}

static void an_obstacle_keeps_it(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_departs(d, 12000);
	assert_int_equal(driver_waits(d, OHTD_COMMAND_MOVE, 11000), 2);
	driver_run_ms(d, 1500);
	driver_sim(d, "rail obstacle 8000");
	driver_until(d, OHTD_STATE_BLOCKED, 30000);
	driver_run_ms(d, 3000);
	driver_stands(d);
	assert_int_equal(fixture_snapshot(d->f).queue_count, 1);
	driver_sim(d, "rail obstacle none");
	driver_until(d, OHTD_STATE_PAUSED, 5000);
	assert_int_equal(fixture_snapshot(d->f).queue_count, 1);
	driver_asks(d, OHTD_COMMAND_RESUME);
	until_begun(d, 2, 60000);
	stands_at(d, 12000);
	driver_end(d);
}

/* Control is needed to append; what waits goes on without, as a move does. */
static void control_that_changes_hands_keeps_it(void **state)
{
	struct ohtd_command move = driver_queued(OHTD_COMMAND_MOVE, 4000);
	struct ohtd_command over = {
		.id = 9, .kind = OHTD_COMMAND_CONTROL_TAKE_OVER, .tag = 8, .text = "shift change",
		.by = { .user = "bert", .session = "two", .user_id = 2 },
	};
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;

	(void)state;
	driver_asks(d, OHTD_COMMAND_CONTROL_RELEASE);
	strcpy(move.by.session, "one");
	move.by.user_id = 1;
	answer = fixture_command(d->f, &move);
	driver_done(&answer);
	move.target_mm = 3500;
	answer = fixture_command(d->f, &move);
	driver_done(&answer);
	answer = fixture_command(d->f, &over);
	driver_done(&answer);
	assert_int_equal(fixture_snapshot(d->f).queue_count, 1);
	answer = fixture_command(d->f, &move);
	driver_refused(d, &answer, OHTD_WHY_CONTROL_HELD);
	/* And control expires. */
	until_begun(d, 2, 20000);
	driver_run_ms(d, 500);
	driver_until(d, OHTD_STATE_IDLE, 20000);
	stands_at(d, 3500);
	driver_end(d);
}

/* ---- one of them ---- */

static void one_that_waits_can_be_cancelled(void **state)
{
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = begin_with_two(&reader);
	struct ohtd_answer answer = cancel(d, 2);

	(void)state;
	driver_done(&answer);
	driver_told(d, &reader, "2 failed cancelled");
	assert_int_equal(fixture_snapshot(d->f).queue[0].number, 3);
	until_begun(d, 3, 20000);
	stands_at(d, 4000);
	driver_end(d);
}

static void what_does_not_wait_cannot_be_cancelled(void **state)
{
	static const uint64_t numbers[] = { 0, 1, 4, UINT64_MAX };
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = begin_with_two(&reader);
	struct ohtd_answer answer;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		answer = cancel(d, numbers[i]);
		driver_refused(d, &answer, OHTD_WHY_NOT_WAITING);
	}
	answer = cancel(d, 3);
	driver_done(&answer);
	answer = cancel(d, 3);
	driver_refused(d, &answer, OHTD_WHY_NOT_WAITING);
	driver_state(d, OHTD_STATE_MOVE);
	driver_told(d, &reader, "3 failed cancelled");
	driver_end(d);
}

static void the_same_once_more_waits_once(void **state)
{
	struct ohtd_command move = driver_queued(OHTD_COMMAND_MOVE, 3500);
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;

	(void)state;
	strcpy(move.caller_id, "order-5");
	driver_departs(d, 4000);
	answer = fixture_command(d->f, &move);
	assert_int_equal(answer.number, 2);
	answer = fixture_command(d->f, &move);
	driver_done(&answer);
	assert_int_equal(answer.number, 2);
	assert_int_equal(fixture_snapshot(d->f).queue_count, 1);
	assert_string_equal(fixture_snapshot(d->f).queue[0].caller_id, "order-5");
	/* The same id, but not to wait: another command. */
	move.append = false;
	answer = fixture_command(d->f, &move);
	driver_refused(d, &answer, OHTD_WHY_ID_REUSED);
	/* Nor is it executed again after its end. */
	until_begun(d, 2, 20000);
	driver_run_ms(d, 500);
	driver_until(d, OHTD_STATE_IDLE, 20000);
	move.append = true;
	answer = fixture_command(d->f, &move);
	driver_done(&answer);
	driver_stands(d);
	driver_end(d);
}

/* ---- refusals ---- */

static void no_more_than_32_wait(void **state)
{
	struct driver *d = driver_begin(3000);
	unsigned int i;

	(void)state;
	driver_departs(d, 12000);
	for (i = 0; i < OHTD_QUEUE_MAX; i++)
		driver_waits(d, OHTD_COMMAND_MOVE, 3000 + 100 * i);
	refused(d, OHTD_COMMAND_MOVE, 3000, OHTD_WHY_QUEUE_FULL);
	assert_non_null(strstr(ohtd_why_text(OHTD_WHY_QUEUE_FULL), "32"));
	/* One less, and there is a place. */
	assert_int_equal(cancel(d, 7).outcome, OHTD_OUTCOME_DONE);
	driver_waits(d, OHTD_COMMAND_MOVE, 3000);
	refused(d, OHTD_COMMAND_HOME, 0, OHTD_WHY_QUEUE_FULL);
	driver_asks(d, OHTD_COMMAND_STOP);
	driver_run_ms(d, 4000);
	driver_stands(d);
	driver_end(d);
}

static void what_can_be_known_is_refused_at_once(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_departs(d, 4000);
	refused(d, OHTD_COMMAND_MOVE, 1e6, OHTD_WHY_SOFT_LIMIT);
	refused(d, OHTD_COMMAND_MOVE, -1e6, OHTD_WHY_SOFT_LIMIT);
	refused(d, OHTD_COMMAND_MOVE, NAN, OHTD_WHY_SOFT_LIMIT);
	refused(d, OHTD_COMMAND_UNDOCK, 0, OHTD_WHY_NOT_DOCKED);
	driver_waits(d, OHTD_COMMAND_DOCK, 0);
	refused(d, OHTD_COMMAND_MOVE, 3000, OHTD_WHY_DOCKED);
	refused(d, OHTD_COMMAND_HOME, 0, OHTD_WHY_DOCKED);
	driver_waits(d, OHTD_COMMAND_UNDOCK, 0);
	driver_waits(d, OHTD_COMMAND_MOVE, 3000);
	driver_end(d);
}

static void nothing_waits_behind_a_jog(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer = driver_jog(d, 100, "one");

	(void)state;
	driver_done(&answer);
	refused(d, OHTD_COMMAND_MOVE, 4000, OHTD_WHY_JOG_RUNS);
	driver_end(d);
}

static void without_outputs_nothing_waits(void **state)
{
	struct driver *d = driver_safe(3000);

	(void)state;
	refused(d, OHTD_COMMAND_MOVE, 4000, OHTD_WHY_STATE);
	refused(d, OHTD_COMMAND_HOME, 0, OHTD_WHY_STATE);
	driver_end(d);
}

/* ---- too late ---- */

static void what_is_late_does_not_come_into_it(void **state)
{
	struct ohtd_command move = driver_queued(OHTD_COMMAND_MOVE, 3500);
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;

	(void)state;
	driver_departs(d, 4000);
	move.valid_ms = 1;
	assert_int_equal(ohtd_link_post(&d->f->links[0], &move), 0);
	atomic_fetch_add(&d->f->time.now_ns, 3 * OHTD_NS_PER_MS);
	driver_run_ms(d, 50);
	assert_int_equal(ohtd_link_take(&d->f->links[0], &answer), 1);
	assert_int_equal(answer.outcome, OHTD_OUTCOME_EXPIRED);
	assert_int_equal(fixture_snapshot(d->f).queue_count, 0);
	driver_end(d);
}

/* valid_for_ms ends with the acceptance: a command waits longer than that. */
static void what_waits_does_not_expire_by_itself(void **state)
{
	struct ohtd_command move = driver_queued(OHTD_COMMAND_MOVE, 3500);
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;

	(void)state;
	driver_departs(d, 12000);
	move.valid_ms = 100;
	answer = fixture_command(d->f, &move);
	driver_done(&answer);
	until_begun(d, 2, 30000);
	driver_run_ms(d, 500);
	assert_int_equal(d->f->control.travel.command.state, OHTD_COMMAND_STATE_RUNNING);
	driver_end(d);
}

static void a_bound_of_its_own_drops_it_with_all_behind_it(void **state)
{
	struct ohtd_command move = driver_queued(OHTD_COMMAND_MOVE, 3300);
	struct ohtd_event_reader reader = { 0 };
	struct driver *d = begin_with_two(&reader);
	struct ohtd_answer answer;

	(void)state;
	move.not_after_ns = d->f->control.now_ns + 500 * OHTD_NS_PER_MS;
	answer = fixture_command(d->f, &move);
	driver_done(&answer);
	assert_int_equal(driver_waits(d, OHTD_COMMAND_MOVE, 3400), 5);
	driver_told(d, &reader, "4 waiting, 5 waiting");
	driver_run_ms(d, 450);
	driver_told(d, &reader, "");
	driver_run_ms(d, 100);
	driver_told(d, &reader, "4 failed expired, 5 failed earlier_failed");
	assert_int_equal(fixture_snapshot(d->f).queue_count, 2);
	driver_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_run_one_behind_the_other),
		cmocka_unit_test(with_nothing_under_way_it_begins_at_once),
		cmocka_unit_test(to_the_dock_and_off_again),
		cmocka_unit_test(a_speed_of_its_own_goes_with_each),
		cmocka_unit_test(a_stop_empties_it),
		cmocka_unit_test(a_stop_of_a_pause_empties_it),
		cmocka_unit_test(an_emergency_stop_empties_it_for_good),
		cmocka_unit_test(a_disable_empties_it),
		cmocka_unit_test(a_fault_empties_it),
		cmocka_unit_test(a_command_that_replaces_takes_the_place_of_all),
		cmocka_unit_test(a_refused_replacement_leaves_it),
		cmocka_unit_test(what_cannot_begin_fails_with_all_behind_it),
		cmocka_unit_test(a_pause_keeps_it),
		cmocka_unit_test(an_obstacle_keeps_it),
		cmocka_unit_test(control_that_changes_hands_keeps_it),
		cmocka_unit_test(one_that_waits_can_be_cancelled),
		cmocka_unit_test(what_does_not_wait_cannot_be_cancelled),
		cmocka_unit_test(the_same_once_more_waits_once),
		cmocka_unit_test(no_more_than_32_wait),
		cmocka_unit_test(what_can_be_known_is_refused_at_once),
		cmocka_unit_test(nothing_waits_behind_a_jog),
		cmocka_unit_test(without_outputs_nothing_waits),
		cmocka_unit_test(what_is_late_does_not_come_into_it),
		cmocka_unit_test(what_waits_does_not_expire_by_itself),
		cmocka_unit_test(a_bound_of_its_own_drops_it_with_all_behind_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
