// SPDX-License-Identifier: GPL-2.0-or-later
/* The queue of events, actions that wait, and the ring of what has happened. */
#include "robot_fixture.h"

#include <string.h>

static const struct ohtd_why lost_motor = { .code = OHTD_WHY_MODULE_LOST, .unit = MOTOR };

/* Takes what the ring has; a bit for each kind of record. */
static uint32_t ring_kinds(struct fixture *f, struct ohtd_event_reader *reader)
{
	struct ohtd_event_record record;
	uint32_t kinds = 0;

	while (ohtd_event_ring_next(&f->control.event_ring, reader, &record))
		kinds |= 1u << record.kind;
	return kinds;
}

static bool ring_says(struct fixture *f, struct ohtd_event_reader *reader,
		      enum ohtd_record_kind kind)
{
	return ring_kinds(f, reader) & 1u << kind;
}

static void skip_ring(struct fixture *f, struct ohtd_event_reader *reader)
{
	ring_kinds(f, reader);
}

/* As if a move were under way. */
static struct fixture *moving(uint16_t speed)
{
	struct fixture *f = fixture_idle();

	f->control.state = OHTD_STATE_MOVE;
	f->control.travel.drive.stand.stood = false;
	fake_bus_set(f->fake, f->control.model, "travel_motor", "motor1_actual_speed", speed);
	fake_bus_set(f->fake, f->control.model, "travel_motor", "motor1_speed", speed);
	fixture_run_ms(f, 100);
	assert_true(ohtd_moving(&f->control));
	return f;
}

/* What the drive does not know of: its wheels stand, and the robot still slides. */
static struct fixture *sliding(void)
{
	struct fixture *f = fixture_idle();

	f->control.state = OHTD_STATE_MOVE;
	fake_bus_set(f->fake, f->control.model, "dock_location", "velocity_x", 20);
	fixture_run_ms(f, 300);
	assert_true(ohtd_moving(&f->control));
	return f;
}

/* ---- order of the queue ---- */

static void stop_goes_before_all_that_waits(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_event_reader reader = { 0 };
	struct ohtd_event_record record;

	(void)state;
	skip_ring(f, &reader);
	ohtd_event_raise(&f->control, OHTD_EVENT_FAULT_DETECTED, &lost_motor);
	ohtd_event_raise(&f->control, OHTD_EVENT_DISABLE_COMMAND, NULL);
	ohtd_event_raise(&f->control, OHTD_EVENT_ESTOP_TRIGGERED, &lost_motor);
	ohtd_events_take(&f->control);
	assert_int_equal(ohtd_event_ring_next(&f->control.event_ring, &reader, &record), 1);
	assert_int_equal(record.event, OHTD_EVENT_ESTOP_TRIGGERED);
	assert_int_equal(record.to, OHTD_STATE_ESTOP);
	assert_int_equal(record.why.items[0].code, OHTD_WHY_MODULE_LOST);
	assert_int_equal(f->control.state, OHTD_STATE_ESTOP);
	assert_int_equal(f->fake->status.state, OHT_STATE_STOPPED);
	assert_int_equal(f->control.events.count, 0);
	fixture_destroy(f);
}

static void same_event_for_the_same_reason_waits_once(void **state)
{
	const struct ohtd_why other = { .code = OHTD_WHY_MODULE_LOST, .unit = 5 };
	struct fixture *f = fixture_idle();

	(void)state;
	ohtd_event_raise(&f->control, OHTD_EVENT_FAULT_DETECTED, &lost_motor);
	ohtd_event_raise(&f->control, OHTD_EVENT_FAULT_DETECTED, &lost_motor);
	assert_int_equal(f->control.events.count, 1);
	ohtd_event_raise(&f->control, OHTD_EVENT_FAULT_DETECTED, &other);
	assert_int_equal(f->control.events.count, 2);
	fixture_destroy(f);
}

/* More than fit: what is lost might have been a stop. */
static void full_queue_stops_the_machine(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_event_reader reader = { 0 };
	struct ohtd_event_record record;
	const struct ohtd_asked asked = { .command.role = OHTD_ROLE_OPERATOR };
	unsigned int i;

	(void)state;
	skip_ring(f, &reader);
	for (i = 0; i < OHTD_EVENTS_WAITING_MAX; i++) {
		const struct ohtd_why why = { .code = OHTD_WHY_MODULE_LOST, .detail = (uint8_t)i };

		ohtd_event_raise(&f->control, OHTD_EVENT_FAULT_DETECTED, &why);
	}
	assert_false(f->control.events.lost);
	/* A command is refused instead. */
	assert_false(ohtd_event_ask(&f->control, OHTD_EVENT_STOP_COMMAND, &asked));
	assert_false(f->control.events.lost);
	ohtd_event_raise(&f->control, OHTD_EVENT_TIMEOUT, NULL);
	assert_true(f->control.events.lost);
	ohtd_events_take(&f->control);
	assert_int_equal(f->control.state, OHTD_STATE_ESTOP);
	assert_int_equal(f->fake->status.state, OHT_STATE_STOPPED);
	assert_int_equal(ohtd_event_ring_next(&f->control.event_ring, &reader, &record), 1);
	assert_int_equal(record.why.items[0].code, OHTD_WHY_EVENTS_LOST);
	assert_int_equal(f->control.events.count, 0);
	fixture_destroy(f);
}

/* The device goes while an action talks to it: that event waits until this one is through. */
static void event_out_of_an_action_waits_for_its_turn(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_event_reader reader = { 0 };
	struct ohtd_event_record record;
	unsigned int i;
	/* init -> fault in whole, then fault -> estop */
	static const uint8_t kinds[] = { OHTD_RECORD_TRANSITION, OHTD_RECORD_ALERT,
					 OHTD_RECORD_TRANSITION };

	(void)state;
	/* From idle a ramp would come first. */
	f->control.state = OHTD_STATE_INIT;
	skip_ring(f, &reader);
	f->fake->gone = true;
	f->fake->there = false;
	ohtd_event_raise(&f->control, OHTD_EVENT_FAULT_DETECTED, &lost_motor);
	ohtd_events_take(&f->control);
	for (i = 0; i < sizeof(kinds); i++) {
		assert_int_equal(ohtd_event_ring_next(&f->control.event_ring, &reader, &record), 1);
		assert_int_equal(record.kind, kinds[i]);
	}
	assert_int_equal(record.from, OHTD_STATE_FAULT);
	assert_int_equal(record.to, OHTD_STATE_ESTOP);
	assert_int_equal(record.why.items[0].code, OHTD_WHY_DEVICE_GONE);
	fixture_destroy(f);
}

/* A reset and an enable of one turn: the enable sees what the reset has led to. */
static void commands_of_one_turn_see_one_another(void **state)
{
	const struct ohtd_command disable = {
		.id = 1, .kind = OHTD_COMMAND_DISABLE, .role = OHTD_ROLE_OPERATOR,
	};
	struct fixture *f = fixture_idle();
	struct ohtd_answer a;

	(void)state;
	assert_int_equal(ohtd_link_post(&f->links[0], &disable), 0);
	assert_int_equal(ohtd_link_post(&f->links[1], &disable), 0);
	fixture_run_ms(f, 1);
	assert_int_equal(ohtd_link_take(&f->links[0], &a), 1);
	assert_int_equal(a.outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(ohtd_link_take(&f->links[1], &a), 1);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_STATE, 0));
	fixture_destroy(f);
}

static void command_below_the_role_of_its_row_is_refused(void **state)
{
	struct ohtd_command reset = {
		.id = 1, .kind = OHTD_COMMAND_RESET, .role = OHTD_ROLE_OPERATOR,
	};
	struct ohtd_command enable = {
		.id = 2, .kind = OHTD_COMMAND_ENABLE, .role = OHTD_ROLE_VIEWER,
	};
	struct fixture *f = fixture_idle();
	struct ohtd_answer a;

	(void)state;
	fake_bus_press(f->fake);
	fixture_run_ms(f, 300);
	f->fake->pressed = false;
	fixture_run_ms(f, 300);
	a = fixture_command(f, &reset);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_int_equal(a.why.items[0].code, OHTD_WHY_ROLE);
	assert_int_equal(a.why.items[0].detail, OHTD_ROLE_SUPERVISOR);
	assert_int_equal(f->fake->status.state, OHT_STATE_STOPPED);
	reset.role = OHTD_ROLE_SUPERVISOR;
	assert_int_equal(fixture_command(f, &reset).outcome, OHTD_OUTCOME_DONE);
	a = fixture_command(f, &enable);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_int_equal(a.why.items[0].code, OHTD_WHY_ROLE);
	/* Not even begun. */
	assert_int_equal(f->control.enable.step, OHTD_ENABLE_IDLE);
	assert_int_equal(f->fake->enables, 1);
	enable.role = OHTD_ROLE_OPERATOR;
	assert_int_equal(fixture_command(f, &enable).outcome, OHTD_OUTCOME_DONE);
	fixture_destroy(f);
}

/* A stop while the set-points are being made nought: nothing moves afterwards either. */
static void stop_command_ends_what_is_being_switched_on(void **state)
{
	const struct ohtd_command enable = {
		.id = 5, .kind = OHTD_COMMAND_ENABLE, .role = OHTD_ROLE_OPERATOR,
	};
	struct fixture *f = fixture_safe();
	struct ohtd_answer a;

	(void)state;
	assert_int_equal(ohtd_link_post(&f->links[1], &enable), 0);
	fixture_run_ms(f, 1);
	assert_int_equal(f->control.enable.step, OHTD_ENABLE_ZERO);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_STOP).outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(ohtd_link_take(&f->links[1], &a), 1);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_STOPPED_MEANWHILE, 0));
	fixture_run_ms(f, 500);
	assert_int_equal(f->fake->enables, 0);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	fixture_destroy(f);
}

/* ---- actions that wait ---- */

/* "controlled stop when drive answers; outputs off": not the outputs first. */
static void outputs_go_off_only_when_the_drive_stands(void **state)
{
	struct fixture *f = moving(3);
	struct ohtd_event_reader reader = { 0 };

	(void)state;
	skip_ring(f, &reader);
	ohtd_event_raise(&f->control, OHTD_EVENT_FAULT_DETECTED, &lost_motor);
	fixture_run_ms(f, 300);
	assert_string_equal(ohtd_state_name(f->control.state), "fault");
	assert_int_equal(f->fake->units[MOTOR].words[0x0002], 0);
	assert_int_equal(f->fake->status.state, OHT_STATE_ENABLED);
	assert_true(ring_says(f, &reader, OHTD_RECORD_WAIT_BEGUN));
	/* It stands. */
	fake_bus_set(f->fake, f->control.model, "travel_motor", "motor1_actual_speed", 0);
	fixture_run_ms(f, 150);
	assert_int_equal(f->fake->status.state, OHT_STATE_ENABLED);
	fixture_run_ms(f, 250);
	assert_int_equal(f->fake->status.state, OHT_STATE_READY);
	assert_true(ring_says(f, &reader, OHTD_RECORD_WAIT_OVER));
	assert_int_equal(f->fake->stops, 0);
	fixture_destroy(f);
}

static void wait_for_a_standstill_has_a_limit(void **state)
{
	struct fixture *f = sliding();
	struct ohtd_event_reader reader = { 0 };

	(void)state;
	ohtd_event_raise(&f->control, OHTD_EVENT_FAULT_DETECTED, &lost_motor);
	fixture_run_ms(f, 1900);
	assert_int_equal(f->fake->status.state, OHT_STATE_ENABLED);
	fixture_run_ms(f, 200);
	assert_int_equal(f->fake->status.state, OHT_STATE_READY);
	assert_true(ring_says(f, &reader, OHTD_RECORD_WAIT_LATE));
	fixture_destroy(f);
}

/* It is told nought and goes on turning. */
static void drive_that_does_not_obey_is_waited_for_no_longer(void **state)
{
	struct fixture *f = moving(3);

	(void)state;
	ohtd_event_raise(&f->control, OHTD_EVENT_FAULT_DETECTED, &lost_motor);
	fixture_run_ms(f, 800);
	assert_int_equal(f->fake->status.state, OHT_STATE_ENABLED);
	fixture_run_ms(f, 900);
	assert_int_equal(f->fake->status.state, OHT_STATE_READY);
	fixture_destroy(f);
}

static void drive_that_does_not_answer_is_not_waited_for(void **state)
{
	struct fixture *f = moving(3);

	(void)state;
	/* The drive knows neither set-point any more. */
	f->fake->units[MOTOR].known[0x0002] = false;
	f->fake->units[MOTOR].known[0x0012] = false;
	ohtd_event_raise(&f->control, OHTD_EVENT_FAULT_DETECTED, &lost_motor);
	fixture_run_ms(f, 200);
	assert_int_equal(f->fake->status.state, OHT_STATE_READY);
	fixture_destroy(f);
}

static void stop_ends_the_wait_at_once(void **state)
{
	struct fixture *f = moving(3);
	struct ohtd_event_reader reader = { 0 };
	uint32_t kinds;

	(void)state;
	ohtd_event_raise(&f->control, OHTD_EVENT_FAULT_DETECTED, &lost_motor);
	fixture_run_ms(f, 100);
	assert_non_null(f->control.steps.row);
	skip_ring(f, &reader);
	ohtd_event_raise(&f->control, OHTD_EVENT_ESTOP_TRIGGERED, &lost_motor);
	ohtd_events_take(&f->control);
	assert_null(f->control.steps.row);
	assert_int_equal(f->fake->status.state, OHT_STATE_STOPPED);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	/* What stood behind the wait is done all the same: the alert of the fault. */
	kinds = ring_kinds(f, &reader);
	assert_true(kinds & 1u << OHTD_RECORD_WAIT_CUT);
	assert_true(kinds & 1u << OHTD_RECORD_ALERT);
	fixture_destroy(f);
}

static void button_ends_the_wait_at_once(void **state)
{
	struct fixture *f = moving(3);

	(void)state;
	ohtd_event_raise(&f->control, OHTD_EVENT_FAULT_DETECTED, &lost_motor);
	fixture_run_ms(f, 100);
	assert_non_null(f->control.steps.row);
	fake_bus_press(f->fake);
	fixture_run_ms(f, 5);
	assert_null(f->control.steps.row);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	fixture_destroy(f);
}

/* A further fault does not let the robot coast, nor does it start the wait anew. */
static void event_that_stays_leaves_the_wait_alone(void **state)
{
	const struct ohtd_why other = { .code = OHTD_WHY_MODULE_LOST, .unit = 5 };
	struct fixture *f = sliding();

	(void)state;
	ohtd_event_raise(&f->control, OHTD_EVENT_FAULT_DETECTED, &lost_motor);
	fixture_run_ms(f, 1000);
	ohtd_event_raise(&f->control, OHTD_EVENT_FAULT_DETECTED, &other);
	fixture_run_ms(f, 900);
	assert_non_null(f->control.steps.row);
	assert_int_equal(f->fake->status.state, OHT_STATE_ENABLED);
	fixture_run_ms(f, 200);
	assert_null(f->control.steps.row);
	assert_int_equal(f->fake->status.state, OHT_STATE_READY);
	fixture_destroy(f);
}

/* The end of the program waits for the standstill, then cuts and says farewell. */
static void shutdown_waits_for_the_standstill(void **state)
{
	struct fixture *f = moving(3);

	(void)state;
	atomic_store(&f->control.quit, true);
	fixture_run_ms(f, 500);
	assert_false(f->control.ended);
	assert_int_equal(f->fake->status.state, OHT_STATE_ENABLED);
	fake_bus_set(f->fake, f->control.model, "travel_motor", "motor1_actual_speed", 0);
	fixture_run_ms(f, 800);
	assert_true(f->control.ended);
	assert_int_equal(f->fake->farewells, 1);
	fixture_destroy(f);
}

static void time_out_is_raised_once_in_each_stay(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_event_reader reader = { 0 };
	struct ohtd_event_record record;
	unsigned int timeouts = 0;

	(void)state;
	fake_bus_set(f->fake, f->control.model, "safety", "distance_1", 500);
	f->control.state = OHTD_STATE_BLOCKED;
	f->control.state_since_ns = f->control.now_ns;
	fixture_run_ms(f, 61000);
	while (ohtd_event_ring_next(&f->control.event_ring, &reader, &record))
		timeouts += record.event == OHTD_EVENT_TIMEOUT &&
			    record.kind == OHTD_RECORD_TRANSITION;
	assert_int_equal(timeouts, 1);
	assert_string_equal(ohtd_state_name(f->control.state), "blocked");
	fixture_destroy(f);
}

/* ---- the ring ---- */

static void ring_tells_the_way_to_idle(void **state)
{
	static const struct {
		uint8_t from, event, to;
	} way[] = {
		{ OHTD_STATE_BOOT, OHTD_EVENT_BOOT_COMPLETE, OHTD_STATE_INIT },
		{ OHTD_STATE_INIT, OHTD_EVENT_INIT_COMPLETE, OHTD_STATE_SAFE },
		{ OHTD_STATE_SAFE, OHTD_EVENT_SAFE_RESET, OHTD_STATE_IDLE },
	};
	struct fixture *f = fixture_idle();
	struct ohtd_event_reader reader = { 0 };
	struct ohtd_event_record record;
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(ohtd_event_ring_next(&f->control.event_ring, &reader, &record), 1);
		assert_int_equal(record.number, i + 1);
		assert_int_equal(record.kind, OHTD_RECORD_TRANSITION);
		assert_int_equal(record.from, way[i].from);
		assert_int_equal(record.event, way[i].event);
		assert_int_equal(record.to, way[i].to);
		assert_true(record.line > 1);
	}
	/* A person's act. */
	assert_int_equal(record.tag, 99);
	assert_int_equal(record.role, OHTD_ROLE_ADMINISTRATOR);
	/* With it the person has taken control. */
	assert_int_equal(ohtd_event_ring_next(&f->control.event_ring, &reader, &record), 1);
	assert_int_equal(record.kind, OHTD_RECORD_CONTROL_TAKEN);
	assert_int_equal(ohtd_event_ring_next(&f->control.event_ring, &reader, &record), 0);
	assert_int_equal(reader.lost, 0);
	assert_int_equal(f->control.snapshot.transitions, 3);
	fixture_destroy(f);
}

static void ring_names_every_reason_of_a_refusal(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_event_reader reader = { 0 };
	struct ohtd_event_record record;
	struct ohtd_answer a;

	(void)state;
	fake_bus_press(f->fake);
	fixture_run_ms(f, 100);
	skip_ring(f, &reader);
	a = fixture_ask(f, OHTD_COMMAND_RESET);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_int_equal(ohtd_event_ring_next(&f->control.event_ring, &reader, &record), 1);
	assert_int_equal(record.kind, OHTD_RECORD_REFUSAL);
	assert_int_equal(record.why.count, a.why.count);
	assert_memory_equal(record.why.items, a.why.items, sizeof(a.why.items));
	fixture_destroy(f);
}

/* Each reader at its own pace; the slow one is told what it has missed. */
/* Stops and further causes of them, after the robot was made ready; how many of them are in the ring. */
static unsigned int stops_in_ring(bool hardware_stop)
{
	struct fixture *f = fixture_create(hardware_stop);
	struct ohtd_event_reader reader = { 0 };
	struct ohtd_event_record record;
	unsigned int stops = 0;

	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	fixture_open(f);
	fixture_run_ms(f, 3000);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	fake_bus_stop(f->fake, OHT_STOPPED_BY_DEADMAN);
	fake_bus_stop(f->fake, OHT_STOPPED_BY_SOFTWARE);
	fixture_run_ms(f, 100);
	while (ohtd_event_ring_next(&f->control.event_ring, &reader, &record))
		if (record.kind == OHTD_RECORD_STOP) {
			assert_int_equal(record.stop.cause, OHT_STOPPED_BY_DEADMAN);
			assert_int_equal(record.stop.state_from, OHT_STATE_READY);
			stops++;
		}
	fixture_destroy(f);
	return stops;
}

/* The journal of a device has it. */
static void stop_is_told_once_and_only_without_a_journal(void **state)
{
	(void)state;
	assert_int_equal(stops_in_ring(false), 1);
	assert_int_equal(stops_in_ring(true), 0);
}

static void slow_reader_is_told_what_it_lost(void **state)
{
	static struct ohtd_event_ring ring;
	struct ohtd_event_reader slow = { 0 }, quick = { 0 };
	struct ohtd_event_record record = { 0 };
	unsigned int i;

	(void)state;
	memset(&ring, 0, sizeof(ring));
	for (i = 0; i < OHTD_EVENT_RECORDS; i++) {
		record.time_ns = i;
		ohtd_event_ring_put(&ring, &record);
		assert_int_equal(ohtd_event_ring_next(&ring, &quick, &record), 1);
		assert_int_equal(record.time_ns, i);
	}
	/* Just as much as it holds: nothing is lost yet. */
	assert_int_equal(ohtd_event_ring_next(&ring, &slow, &record), 1);
	assert_int_equal(record.number, 1);
	assert_int_equal(slow.lost, 0);
	for (i = 0; i < 11; i++)
		ohtd_event_ring_put(&ring, &record);
	assert_int_equal(ohtd_event_ring_next(&ring, &slow, &record), 1);
	assert_int_equal(record.number, 12);
	assert_int_equal(slow.lost, 10);
	for (i = 0; ohtd_event_ring_next(&ring, &slow, &record); i++)
		assert_int_equal(record.number, 13 + i);
	assert_int_equal(i, OHTD_EVENT_RECORDS - 1);
	assert_int_equal(slow.seen, OHTD_EVENT_RECORDS + 11);
}

static void every_record_has_a_name(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < OHTD_RECORDS; i++)
		assert_string_not_equal(ohtd_record_name(i), "unknown");
	assert_string_equal(ohtd_record_name(OHTD_RECORDS), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stop_goes_before_all_that_waits),
		cmocka_unit_test(same_event_for_the_same_reason_waits_once),
		cmocka_unit_test(full_queue_stops_the_machine),
		cmocka_unit_test(event_out_of_an_action_waits_for_its_turn),
		cmocka_unit_test(commands_of_one_turn_see_one_another),
		cmocka_unit_test(command_below_the_role_of_its_row_is_refused),
		cmocka_unit_test(stop_command_ends_what_is_being_switched_on),
		cmocka_unit_test(outputs_go_off_only_when_the_drive_stands),
		cmocka_unit_test(wait_for_a_standstill_has_a_limit),
		cmocka_unit_test(drive_that_does_not_obey_is_waited_for_no_longer),
		cmocka_unit_test(drive_that_does_not_answer_is_not_waited_for),
		cmocka_unit_test(stop_ends_the_wait_at_once),
		cmocka_unit_test(button_ends_the_wait_at_once),
		cmocka_unit_test(event_that_stays_leaves_the_wait_alone),
		cmocka_unit_test(shutdown_waits_for_the_standstill),
		cmocka_unit_test(time_out_is_raised_once_in_each_stay),
		cmocka_unit_test(ring_tells_the_way_to_idle),
		cmocka_unit_test(ring_names_every_reason_of_a_refusal),
		cmocka_unit_test(stop_is_told_once_and_only_without_a_journal),
		cmocka_unit_test(slow_reader_is_told_what_it_lost),
		cmocka_unit_test(every_record_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
