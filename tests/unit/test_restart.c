// SPDX-License-Identifier: GPL-2.0-or-later
/* The end by command: refused while anything moves, else the same end as after a signal, safe all the while. */
#include <errno.h>

#include "drive_robot.h"

static struct ohtd_answer ask_as(struct driver *d, bool after_stop, enum ohtd_role role)
{
	return fixture_command(d->f, &(struct ohtd_command){
		.kind = OHTD_COMMAND_RESTART, .after_stop = after_stop, .role = (uint8_t)role });
}

static struct ohtd_answer ask(struct driver *d, bool after_stop)
{
	return ask_as(d, after_stop, OHTD_ROLE_ADMINISTRATOR);
}

static bool leaves(const struct driver *d)
{
	return atomic_load(&d->f->control.leaves);
}

/* What the main thread does when it sees that the robot leaves. */
static void ends(struct driver *d)
{
	atomic_store(&d->f->control.quit, true);
	driver_run_ms(d, 3000);
	assert_true(d->f->control.ended);
	assert_int_equal(d->f->fake->farewells, 1);
	assert_int_equal(d->f->fake->status.first_cause, OHT_STOPPED_BY_FAREWELL);
}

/* Nothing is begun any more, whoever asks. */
static void takes_nothing(struct driver *d)
{
	assert_int_equal(ohtd_link_post(&d->f->links[0], &(struct ohtd_command){
		.kind = OHTD_COMMAND_ENABLE, .role = OHTD_ROLE_ADMINISTRATOR }), -ESHUTDOWN);
}

static void refused_while_it_moves(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;

	(void)state;
	driver_departs(d, 4000);
	driver_run_ms(d, 500);
	answer = ask(d, false);
	driver_refused(d, &answer, OHTD_WHY_MOVING);
	assert_false(leaves(d));
	driver_until(d, OHTD_STATE_IDLE, 20000);
	assert_near(d->rail->position_mm, 4000, 2);
	driver_end(d);
}

static void refused_until_it_stands(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;

	(void)state;
	driver_departs(d, 5000);
	driver_run_ms(d, 1000);
	driver_asks(d, OHTD_COMMAND_STOP);
	driver_state(d, OHTD_STATE_IDLE);
	/* The state is that of rest, the carriage still rolls. */
	answer = ask(d, false);
	driver_refused(d, &answer, OHTD_WHY_MOVING);
	driver_run_ms(d, 4000);
	driver_stands(d);
	answer = ask(d, false);
	driver_done(&answer);
	assert_true(leaves(d));
	ends(d);
	driver_end(d);
}

static void after_stop_comes_to_rest_first(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;
	double where_mm;

	(void)state;
	driver_departs(d, 5000);
	driver_waits(d, OHTD_COMMAND_MOVE, 3000);
	driver_run_ms(d, 1000);
	answer = ask(d, true);
	driver_done(&answer);
	assert_int_equal(answer.state, OHTD_STATE_SHUTDOWN);
	takes_nothing(d);
	/* The outputs stay on while it brakes, and what waited is not begun. */
	assert_true(d->f->fake->status.outputs);
	ends(d);
	assert_int_equal(d->f->fake->status.outputs, 0);
	assert_int_equal(fixture_snapshot(d->f).queue_count, 0);
	where_mm = d->rail->position_mm;
	assert_true(where_mm > 3000 && where_mm < 4990);
	driver_run_ms(d, 1000);
	assert_near(d->rail->position_mm, where_mm, 0.001);
	driver_end(d);
}

static void only_an_administrator(void **state)
{
	struct driver *d = driver_safe(3000);

	(void)state;
	driver_run_ms(d, 1000);
	for (unsigned int role = OHTD_ROLE_VIEWER; role < OHTD_ROLE_ADMINISTRATOR; role++) {
		struct ohtd_answer answer = ask_as(d, true, role);

		driver_refused(d, &answer, OHTD_WHY_ROLE);
		assert_false(leaves(d));
	}
	driver_state(d, OHTD_STATE_SAFE);
	driver_end(d);
}

/* Two loops ask in the same turn: one is told that it ends already. */
static void twice_at_once(void **state)
{
	struct driver *d = driver_safe(3000);
	struct ohtd_command command = {
		.kind = OHTD_COMMAND_RESTART, .role = OHTD_ROLE_ADMINISTRATOR,
	};
	struct ohtd_answer answer;

	(void)state;
	driver_run_ms(d, 1000);
	assert_int_equal(ohtd_link_post(&d->f->links[0], &command), 0);
	assert_int_equal(ohtd_link_post(&d->f->links[0], &command), 0);
	driver_run_ms(d, 50);
	assert_int_equal(ohtd_link_take(&d->f->links[0], &answer), 1);
	driver_done(&answer);
	assert_int_equal(ohtd_link_take(&d->f->links[0], &answer), 1);
	assert_int_equal(answer.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&answer.why, OHTD_WHY_SHUTTING_DOWN, 0));
	ends(d);
	driver_end(d);
}

/* A stop that comes in between stays the cause, which the next life finds; the end comes all the same. */
static void a_stop_in_between(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;

	(void)state;
	driver_departs(d, 5000);
	driver_run_ms(d, 1000);
	answer = ask(d, true);
	driver_done(&answer);
	fake_bus_press(d->f->fake);
	driver_run_ms(d, 100);
	assert_int_equal(d->f->fake->status.outputs, 0);
	takes_nothing(d);
	atomic_store(&d->f->control.quit, true);
	driver_run_ms(d, 3000);
	assert_true(d->f->control.ended);
	assert_int_equal(d->f->fake->status.first_cause, OHT_STOPPED_BY_BUTTON_A);
	driver_end(d);
}

/* The daemon may be restarted because the device is gone. */
static void without_a_device(void **state)
{
	struct driver *d = driver_safe(3000);
	struct ohtd_answer answer;

	(void)state;
	driver_run_ms(d, 1000);
	ohtd_device_close(&d->f->control, false);
	d->f->control.device.next_open_ns = UINT64_MAX;
	answer = ask(d, true);
	driver_done(&answer);
	assert_true(leaves(d));
	atomic_store(&d->f->control.quit, true);
	driver_run_ms(d, 3000);
	assert_true(d->f->control.ended);
	driver_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_while_it_moves),
		cmocka_unit_test(refused_until_it_stands),
		cmocka_unit_test(after_stop_comes_to_rest_first),
		cmocka_unit_test(only_an_administrator),
		cmocka_unit_test(twice_at_once),
		cmocka_unit_test(a_stop_in_between),
		cmocka_unit_test(without_a_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
