// SPDX-License-Identifier: GPL-2.0-or-later
/* What the drive is told by the plan, from enable to stop, loss and another plan, in virtual time. */
#include "robot_fixture.h"

#include <errno.h>

#define MOTORS		2
#define CYCLE_NS	(OHTD_CYCLE_MS * OHTD_NS_PER_MS)
#define FORWARD		OHTD_DRIVE_FORWARD
#define REVERSE		OHTD_DRIVE_REVERSE

/* Canonical; the second motor's are 0x10 further on. */
static const uint16_t speed_at[] = { 0x0002, 0x0012 }, direction_at[] = { 0x0007, 0x0017 };

static uint16_t drive(const struct fixture *f, uint16_t address)
{
	return f->fake->units[MOTOR].words[address];
}

static const struct fake_exchange *exchange(const struct fixture *f, unsigned int index)
{
	return &f->fake->log[index % FAKE_LOG];
}

static bool is_output(const struct fake_exchange *e)
{
	return e->request.priority == OHT_PRIORITY_CYCLIC && e->request.function == OHT_WRITE_SINGLE;
}

/* Writes of the plan since exchange @from: all, or those to one register. */
static unsigned int outputs_since(const struct fixture *f, unsigned int from)
{
	unsigned int i, count = 0;

	for (i = from; i < f->fake->exchanges; i++)
		count += is_output(exchange(f, i));
	return count;
}

static unsigned int writes_since(const struct fixture *f, unsigned int from, uint16_t address)
{
	unsigned int i, count = 0;

	for (i = from; i < f->fake->exchanges; i++)
		count += is_output(exchange(f, i)) && exchange(f, i)->request.address == address;
	return count;
}

static void expect_only_zero_since(const struct fixture *f, unsigned int from)
{
	unsigned int i;

	for (i = from; i < f->fake->exchanges; i++)
		if (is_output(exchange(f, i)))
			assert_int_equal(exchange(f, i)->word, 0);
}

static void write_setpoint(struct fixture *f, uint16_t speed_raw, uint16_t direction)
{
	const struct ohtd_drive_setpoint setpoint = { speed_raw, direction };

	ohtd_setpoint_write(&f->control.modules, &setpoint);
}

static bool echoes(const struct fixture *f, uint16_t speed_raw, uint16_t direction)
{
	struct ohtd_drive_setpoint echoed;
	uint64_t at_ns;

	return ohtd_setpoint_echoed(&f->control.modules, &echoed, &at_ns) &&
	       echoed.speed_raw == speed_raw && echoed.direction == direction;
}

static bool echoes_something(const struct fixture *f)
{
	struct ohtd_drive_setpoint echoed;
	uint64_t at_ns;

	return ohtd_setpoint_echoed(&f->control.modules, &echoed, &at_ns);
}

/* How long until this is echoed; the caller writes it in every cycle, as motion does. */
static unsigned int ms_until_echoed(struct fixture *f, uint16_t speed_raw, uint16_t direction)
{
	unsigned int ms;

	for (ms = 0; ms < 3000 && !echoes(f, speed_raw, direction); ms++) {
		write_setpoint(f, speed_raw, direction);
		fixture_run_ms(f, 1);
	}
	assert_true(ms < 3000);
	return ms;
}

/* Going at @speed_raw; the state machine does not know of it. */
static struct fixture *fixture_going(uint16_t speed_raw)
{
	struct fixture *f = fixture_idle();

	fixture_run_ms(f, 500);
	ms_until_echoed(f, speed_raw, FORWARD);
	return f;
}

static void reset_and_enable(struct fixture *f)
{
	f->fake->pressed = false;
	fixture_run_ms(f, 600);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET).outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
}

/* The tests write set-points themselves; motion would write zero. */
void __wrap_ohtd_travel_step(struct ohtd_control *control, uint64_t passed_ns);

void __wrap_ohtd_travel_step(struct ohtd_control *control, uint64_t passed_ns)
{
	(void)control;
	(void)passed_ns;
}

/* ---- refusals first ---- */

static void nothing_is_written_that_is_not_enabled(void **state)
{
	struct fixture *f = fixture_safe();
	unsigned int from = f->fake->exchanges;

	(void)state;
	write_setpoint(f, 100, FORWARD);
	fixture_run_ms(f, 2000);
	assert_int_equal(outputs_since(f, from), 0);
	assert_false(ohtd_setpoint_live(&f->control.modules));
	assert_false(echoes_something(f));
	/* And is not made up for. */
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	fixture_run_ms(f, 1000);
	expect_only_zero_since(f, from);
	assert_true(echoes(f, 0, 0));
	fixture_destroy(f);
}

static void without_outputs_there_is_no_setpoint(void **state)
{
	struct fixture *f = fixture_create(false);
	unsigned int from;

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	fixture_open(f);
	fixture_run_ms(f, 3000);
	from = f->fake->exchanges;
	write_setpoint(f, 100, FORWARD);
	fixture_run_ms(f, 1000);
	assert_int_equal(outputs_since(f, from), 0);
	assert_int_equal(f->fake->output_calls, 0);
	assert_false(ohtd_setpoint_live(&f->control.modules));
	fixture_destroy(f);
}

static void what_the_drive_does_not_take_is_not_written(void **state)
{
	struct fixture *f = fixture_going(10);
	unsigned int from = f->fake->exchanges;

	(void)state;
	write_setpoint(f, 65535, FORWARD);
	fixture_run_ms(f, 200);
	assert_int_equal(drive(f, speed_at[0]), 255);
	assert_int_equal(drive(f, speed_at[1]), 255);
	write_setpoint(f, 10, 3);
	fixture_run_ms(f, 1000);
	assert_int_equal(drive(f, speed_at[0]), 0);
	assert_int_equal(drive(f, direction_at[0]), FORWARD);
	assert_true(outputs_since(f, from) > 0);
	fixture_destroy(f);
}

/* ---- told ---- */

static void standing_robot_is_told_zero_again_and_again(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_snapshot s;
	unsigned int from, motor;

	(void)state;
	fixture_run_ms(f, 500);
	assert_true(ohtd_setpoint_live(&f->control.modules));
	from = f->fake->exchanges;
	fixture_run_ms(f, 10000);
	expect_only_zero_since(f, from);
	for (motor = 0; motor < MOTORS; motor++) {
		assert_in_range(writes_since(f, from, speed_at[motor]), 199, 201);
		assert_in_range(writes_since(f, from, direction_at[motor]), 49, 51);
	}
	s = fixture_snapshot(f);
	assert_int_equal(s.plan.missed, 0);
	assert_int_equal(s.plan.exceeded, 0);
	assert_int_equal(s.plan.given, 0);
	/* The sweep has its time all the same. */
	assert_true(f->fake->exchanges - from > 400 + 400 + 100 + 20 + 500 + 30);
	fixture_destroy(f);
}

static void setpoint_reaches_all_motors_soon(void **state)
{
	struct fixture *f = fixture_going(100);
	unsigned int motor, i;

	(void)state;
	for (motor = 0; motor < MOTORS; motor++) {
		assert_int_equal(drive(f, speed_at[motor]), 100);
		assert_int_equal(drive(f, direction_at[motor]), FORWARD);
	}
	/* At most two cycles to the next turn of the motors, and the look at its results. */
	for (i = 0; i < 40; i++) {
		fixture_run_ms(f, 13);
		assert_in_range(ms_until_echoed(f, (uint16_t)(101 + i), FORWARD), 1, 75);
	}
	assert_in_range(ms_until_echoed(f, 0, FORWARD), 1, 75);
	fixture_destroy(f);
}

static unsigned int reads_since(const struct fixture *f, unsigned int from, uint8_t unit)
{
	unsigned int i, count = 0;

	for (i = from; i < f->fake->exchanges; i++)
		count += exchange(f, i)->request.priority == OHT_PRIORITY_CYCLIC && exchange(f, i)->request.unit == unit;
	return count;
}

/*
 * From standstill, at any moment of the plan: four cycles at most, of which the first brings the directions' plan in force. That
 * takes no time from the modules that it leaves out but its own.
 */
static void another_direction_is_echoed_within_four_cycles(void **state)
{
	struct fixture *f = fixture_going(100);
	unsigned int i, from = f->fake->exchanges;
	uint64_t began_ns = atomic_load(&f->time.now_ns), passed_ms;
	struct ohtd_snapshot s;

	(void)state;
	for (i = 0; i < 40; i++) {
		ms_until_echoed(f, 0, i & 1 ? REVERSE : FORWARD);
		fixture_run_ms(f, 300 + 13 * i);
		assert_in_range(ms_until_echoed(f, 100, i & 1 ? FORWARD : REVERSE), 1, 101);
	}
	passed_ms = (atomic_load(&f->time.now_ns) - began_ns) / OHTD_NS_PER_MS;
	assert_true(reads_since(f, from, SAFETY) + 2 * 40 >= passed_ms / OHTD_CYCLE_MS);
	assert_true(reads_since(f, from, DOCK) >= passed_ms / 150);
	assert_true(reads_since(f, from, POWER) >= passed_ms / 1000);
	s = fixture_snapshot(f);
	assert_int_equal(s.plan.missed, 0);
	assert_int_equal(s.plan.exceeded, 0);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	fixture_destroy(f);
}

/* No drive takes it, so the echo never comes. */
static void direction_without_echo_takes_no_module_from_the_plan(void **state)
{
	struct fixture *f = fixture_idle();
	unsigned int from;

	(void)state;
	fixture_run_ms(f, 500);
	from = f->fake->exchanges;
	write_setpoint(f, 0, 3);
	fixture_run_ms(f, 5000);
	assert_true(reads_since(f, from, DOCK) >= 5000 / 250);
	assert_true(reads_since(f, from, POWER) >= 5000 / 1000);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	fixture_destroy(f);
}

/* A ramp changes in every cycle: the echo follows it. */
static void echo_follows_a_ramp(void **state)
{
	struct fixture *f = fixture_going(1);
	struct ohtd_drive_setpoint echoed = { 0 };
	uint16_t speed, last = 0;
	uint64_t at_ns = 0;

	(void)state;
	for (speed = 2; speed < 250; speed++) {
		write_setpoint(f, speed, FORWARD);
		fixture_run_ms(f, OHTD_CYCLE_MS);
		assert_true(ohtd_setpoint_echoed(&f->control.modules, &echoed, &at_ns));
		assert_true(echoed.speed_raw >= last && echoed.speed_raw + 4 >= speed);
		assert_true(atomic_load(&f->time.now_ns) - at_ns < 4 * CYCLE_NS);
		last = echoed.speed_raw;
	}
	fixture_destroy(f);
}

/* Whatever the caller writes: checked at each write on the wire. */
static void direction_changes_at_zero_speed_only(void **state)
{
	struct fixture *f = fixture_idle();
	unsigned int at = f->fake->exchanges, motor, dice = 7, turns = 0, runs = 0, i;
	uint16_t speed[MOTORS] = { 0 }, direction[MOTORS] = { 0 };

	(void)state;
	for (i = 0; i < 4000; i++) {
		dice = dice * 1103515245 + 12345;
		if (dice >> 16 & 1)
			write_setpoint(f, (uint16_t)(dice >> 17 & 1) * (uint16_t)(dice >> 20 & 255),
				       (uint16_t)(dice >> 18 & 3));
		fixture_run_ms(f, 10 + (dice >> 24) % 90);
		for (; at < f->fake->exchanges; at++) {
			const struct fake_exchange *e = exchange(f, at);

			for (motor = 0; is_output(e) && motor < MOTORS; motor++)
				if (e->request.address == direction_at[motor]) {
					turns += e->word != direction[motor];
					assert_true(e->word == direction[motor] ||
						    (!speed[0] && !speed[1]));
					direction[motor] = e->word;
				} else if (e->request.address == speed_at[motor]) {
					runs += e->word && !speed[motor];
					assert_true(!e->word || direction[0] == direction[1]);
					speed[motor] = e->word;
				}
		}
	}
	assert_true(turns > 50 && runs > 50);
	fixture_destroy(f);
}

static void legacy_drive_has_one_motor(void **state)
{
	struct fixture *f = fixture_create(true);
	unsigned int from;

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_LEGACY);
	fixture_open(f);
	fixture_run_ms(f, 3000);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	fixture_run_ms(f, 500);
	from = f->fake->exchanges;
	ms_until_echoed(f, 1234, REVERSE);
	assert_int_equal(drive(f, 0x0002), 1234);
	assert_int_equal(drive(f, 0x0006), REVERSE);
	write_setpoint(f, 65535, REVERSE);
	fixture_run_ms(f, 200);
	assert_int_equal(drive(f, 0x0002), 10000);
	assert_int_equal(writes_since(f, from, 0x0012), 0);
	fixture_destroy(f);
}

/* ---- what ends it ---- */

static void stop_ends_it_for_good(void **state)
{
	struct fixture *f = fixture_going(100);
	unsigned int from;

	(void)state;
	fake_bus_press(f->fake);
	from = f->fake->exchanges;
	/* Nobody has noticed yet. */
	write_setpoint(f, 120, FORWARD);
	fixture_run_ms(f, 1000);
	assert_false(ohtd_setpoint_live(&f->control.modules));
	assert_false(echoes_something(f));
	assert_int_equal(outputs_since(f, from), 0);
	reset_and_enable(f);
	fixture_run_ms(f, 1000);
	expect_only_zero_since(f, from);
	assert_true(outputs_since(f, from) > 0);
	assert_true(echoes(f, 0, 0));
	fixture_destroy(f);
}

static void disable_ends_it_for_good(void **state)
{
	struct fixture *f = fixture_going(100);
	unsigned int from;

	(void)state;
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_DISABLE).outcome, OHTD_OUTCOME_DONE);
	from = f->fake->exchanges;
	write_setpoint(f, 120, FORWARD);
	fixture_run_ms(f, 1000);
	assert_false(ohtd_setpoint_live(&f->control.modules));
	assert_int_equal(outputs_since(f, from), 0);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	fixture_run_ms(f, 1000);
	expect_only_zero_since(f, from);
	assert_true(ohtd_setpoint_live(&f->control.modules));
	fixture_destroy(f);
}

static void lost_drive_leaves_with_its_outputs(void **state)
{
	struct fixture *f = fixture_going(100);
	unsigned int from;

	(void)state;
	f->fake->units[MOTOR].fault = FAKE_SILENT;
	fixture_run_ms(f, 2000);
	assert_false(ohtd_setpoint_live(&f->control.modules));
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	assert_int_equal(f->control.modules.units[SAFETY - 1].view.health, OHTD_HEALTH_GOOD);
	from = f->fake->exchanges;
	fixture_run_ms(f, 1000);
	assert_int_equal(outputs_since(f, from), 0);
	f->fake->units[MOTOR].fault = FAKE_GOOD;
	fixture_run_ms(f, 4000);
	reset_and_enable(f);
	fixture_run_ms(f, 1000);
	expect_only_zero_since(f, from);
	fixture_destroy(f);
}

/* Back before it is lost: it is told zero until somebody wants something else. */
static void absent_drive_forgets_what_it_was_told(void **state)
{
	struct fixture *f = fixture_going(100);
	unsigned int ms, from;

	(void)state;
	f->fake->units[MOTOR].fault = FAKE_SILENT;
	for (ms = 0; ms < 500 && ohtd_setpoint_live(&f->control.modules); ms++)
		fixture_run_ms(f, 1);
	assert_true(ms < 500);
	f->fake->units[MOTOR].fault = FAKE_GOOD;
	from = f->fake->exchanges;
	/* A cycle that was missed in a young plan keeps the set-points out for 10 s. */
	fixture_run_ms(f, 12000);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	assert_true(ohtd_setpoint_live(&f->control.modules));
	expect_only_zero_since(f, from);
	assert_int_equal(drive(f, speed_at[0]), 0);
	fixture_destroy(f);
}

static void another_plan_keeps_the_speed(void **state)
{
	struct fixture *f = fixture_going(100);
	uint32_t generation = f->control.modules.layout.generation;
	unsigned int from = f->fake->exchanges, i;
	uint64_t last_ns[MOTORS] = { 0 };

	(void)state;
	f->fake->units[DOCK].fault = FAKE_SILENT;
	fixture_run_ms(f, 300);
	assert_int_not_equal(f->control.modules.layout.generation, generation);
	assert_true(ohtd_setpoint_live(&f->control.modules));
	assert_true(echoes(f, 100, FORWARD));
	for (i = from; i < f->fake->exchanges; i++) {
		const struct fake_exchange *e = exchange(f, i);
		unsigned int motor = e->request.address == speed_at[1];

		if (!is_output(e) || (e->request.address != speed_at[0] && !motor))
			continue;
		assert_int_equal(e->word, 100);
		/* A silent dock takes three cycles; a plan that comes in force, one more. */
		assert_true(!last_ns[motor] || e->start_ns - last_ns[motor] <= 6 * CYCLE_NS);
		last_ns[motor] = e->start_ns;
	}
	assert_true(last_ns[0] && last_ns[1]);
	fixture_destroy(f);
}

/* What the drive has acknowledged to a plan that is not in force any more is not known; its registers show it. */
static void acknowledgement_that_a_new_plan_takes_along_is_no_disobedience(void **state)
{
	struct fixture *f = fixture_going(100);
	struct ohtd_modules *modules = &f->control.modules;
	unsigned int ms, i;

	(void)state;
	for (i = 0; i < 500; i++) {
		bool turn = i % 2;

		for (ms = 0; ms < 1000; ms++) {
			/* The same plan anew, as after a backlog, and at any time within the cycle of the old one. */
			if (ms == i) {
				modules->layout.backlog = true;
				f->control.next_tick_ns = f->control.now_ns;
			}
			write_setpoint(f, turn ? 0 : (uint16_t)(100 + ms / 25 % 40), i / 2 % 2 ? FORWARD : REVERSE);
			fixture_run_ms(f, 1);
			if (f->control.state != OHTD_STATE_IDLE)
				fail_msg("%s, %u ms after change %u", ohtd_why_name(f->control.faults[0].why.code), ms, i);
		}
	}
	fixture_destroy(f);
}

/* ---- zero for the state machine ---- */

static unsigned int telegrams_since(const struct fixture *f, unsigned int from)
{
	unsigned int i, count = 0;

	for (i = from; i < f->fake->exchanges; i++)
		count += exchange(f, i)->request.function == OHT_WRITE_SINGLE &&
			 exchange(f, i)->request.priority == OHT_PRIORITY_COMMAND;
	return count;
}

static void stop_command_goes_by_the_plan(void **state)
{
	struct fixture *f = fixture_going(100);
	unsigned int from = f->fake->exchanges;

	(void)state;
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_STOP).outcome, OHTD_OUTCOME_DONE);
	fixture_run_ms(f, 100);
	assert_int_equal(drive(f, speed_at[0]), 0);
	assert_int_equal(drive(f, speed_at[1]), 0);
	assert_int_equal(telegrams_since(f, from), 0);
	assert_false(ohtd_setpoint_zero_waits(&f->control.modules));
	fixture_destroy(f);
}

static void refused_zero_is_said_by_the_telegram(void **state)
{
	struct fixture *f = fixture_going(100);
	unsigned int from = f->fake->exchanges;

	(void)state;
	f->fake->units[MOTOR].known[speed_at[1]] = false;
	ohtd_setpoint_zero(&f->control.modules);
	assert_true(ohtd_setpoint_zero_waits(&f->control.modules));
	fixture_run_ms(f, 500);
	assert_false(ohtd_setpoint_zero_waits(&f->control.modules));
	assert_int_equal(drive(f, speed_at[0]), 0);
	assert_true(telegrams_since(f, from) >= 2);
	fixture_destroy(f);
}

/* ---- the plan ---- */

/* It takes a whole cycle, and two cycles' exchanges do not fit into the one after it. */
static void given_cycle_leaves_no_backlog(void **state)
{
	const struct ohtd_command read = {
		.id = 1, .kind = OHTD_COMMAND_READ, .unit = 7, .address = 0x100, .count = 1,
	};
	struct fixture *f = fixture_going(100);
	struct ohtd_snapshot s;

	(void)state;
	assert_int_equal(fixture_command(f, &read).outcome, OHTD_OUTCOME_FAILED);
	fixture_run_ms(f, 300);
	s = fixture_snapshot(f);
	fixture_run_ms(f, 3000);
	assert_int_equal(fixture_snapshot(f).plan.missed, s.plan.missed);
	assert_int_equal(fixture_snapshot(f).plan.exceeded, s.plan.exceeded);
	assert_true(s.plan.given > 0);
	assert_true(echoes(f, 100, FORWARD));
	fixture_destroy(f);
}

static void search_beside_a_moving_drive_takes_nothing_from_it(void **state)
{
	struct fixture *f = fixture_going(100);
	unsigned int from = f->fake->exchanges;

	(void)state;
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_DISCOVER).outcome, OHTD_OUTCOME_DONE);
	assert_true(ohtd_setpoint_live(&f->control.modules));
	assert_true(writes_since(f, from, speed_at[0]) > 0);
	assert_int_equal(drive(f, speed_at[0]), 100);
	fixture_destroy(f);
}

/* While the robot stands the search has the time of the set-points, and gives it back. */
static void search_of_a_standing_robot_is_quick(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	fixture_run_ms(f, 500);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_DISCOVER).outcome, OHTD_OUTCOME_DONE);
	assert_in_range(f->control.snapshot.bus.discovery_ms, 1, 499);
	fixture_run_ms(f, 400);
	assert_true(ohtd_setpoint_live(&f->control.modules));
	assert_true(echoes(f, 0, 0));
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_written_that_is_not_enabled),
		cmocka_unit_test(without_outputs_there_is_no_setpoint),
		cmocka_unit_test(what_the_drive_does_not_take_is_not_written),
		cmocka_unit_test(standing_robot_is_told_zero_again_and_again),
		cmocka_unit_test(setpoint_reaches_all_motors_soon),
		cmocka_unit_test(another_direction_is_echoed_within_four_cycles),
		cmocka_unit_test(direction_without_echo_takes_no_module_from_the_plan),
		cmocka_unit_test(echo_follows_a_ramp),
		cmocka_unit_test(direction_changes_at_zero_speed_only),
		cmocka_unit_test(legacy_drive_has_one_motor),
		cmocka_unit_test(stop_ends_it_for_good),
		cmocka_unit_test(disable_ends_it_for_good),
		cmocka_unit_test(lost_drive_leaves_with_its_outputs),
		cmocka_unit_test(absent_drive_forgets_what_it_was_told),
		cmocka_unit_test(another_plan_keeps_the_speed),
		cmocka_unit_test(acknowledgement_that_a_new_plan_takes_along_is_no_disobedience),
		cmocka_unit_test(stop_command_goes_by_the_plan),
		cmocka_unit_test(refused_zero_is_said_by_the_telegram),
		cmocka_unit_test(given_cycle_leaves_no_backlog),
		cmocka_unit_test(search_beside_a_moving_drive_takes_nothing_from_it),
		cmocka_unit_test(search_of_a_standing_robot_is_quick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
