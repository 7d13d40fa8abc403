// SPDX-License-Identifier: GPL-2.0-or-later
/* What is done with one module: writes that are read back, pings, quarantine, in virtual time. */
#include "robot_fixture.h"

#include <string.h>

#define STRANGER	7

static struct ohtd_unit *unit_of(struct fixture *f, uint8_t unit)
{
	return &f->control.modules.units[unit - 1];
}

static const struct oht_register *find(struct fixture *f, uint8_t unit, const char *name)
{
	const struct oht_register *reg = oht_regmap_find(unit_of(f, unit)->plan->map, name);

	assert_non_null(reg);
	return reg;
}

/* The first register of the unit that may be written, needs one word, and does not move anything. */
static const struct oht_register *writable(struct fixture *f, uint8_t unit, bool motion)
{
	const struct oht_regmap *map = unit_of(f, unit)->plan->map;
	size_t i;

	for (i = 0; i < map->count; i++)
		if (map->reg[i].access == OHT_ACCESS_RW && map->reg[i].words == 1 &&
		    map->reg[i].motion == motion)
			return &map->reg[i];
	fail_msg("no such register");
	return NULL;
}

static struct ohtd_command write_of(struct fixture *f, uint8_t unit, const struct oht_register *reg,
				    int64_t raw)
{
	struct ohtd_command command = {
		.id = 5, .kind = OHTD_COMMAND_WRITE, .unit = unit, .address = reg->address,
		.count = reg->words, .generation = unit_of(f, unit)->view.generation,
	};

	command.words[0] = (uint16_t)raw;
	command.words[1] = (uint16_t)(raw >> 16);
	return command;
}

static struct ohtd_answer ask(struct fixture *f, uint32_t kind, uint8_t unit)
{
	const struct ohtd_command command = { .id = 6, .kind = kind, .unit = unit };

	return fixture_command(f, &command);
}

static unsigned int writes_on_the_wire(const struct fixture *f)
{
	unsigned int i, count = 0;

	for (i = 0; i < f->fake->exchanges && i < FAKE_LOG; i++)
		count += f->fake->log[i].request.function == OHT_WRITE_SINGLE ||
			 f->fake->log[i].request.function == OHT_WRITE_MULTIPLE;
	return count;
}

static void refused(struct fixture *f, const struct ohtd_command *command, unsigned int code)
{
	unsigned int before = writes_on_the_wire(f);
	struct ohtd_answer answer = fixture_command(f, command);

	assert_int_equal(answer.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&answer.why, code, 0));
	assert_int_equal(writes_on_the_wire(f), before);
}

/* ---- writes ---- */

static void write_is_read_back_and_kept(void **state)
{
	struct fixture *f = fixture_safe();
	const struct oht_register *reg = find(f, POWER, "use_voltage_threshold");
	struct ohtd_command command = write_of(f, POWER, reg, 118);
	struct ohtd_answer answer = fixture_command(f, &command);
	size_t place = (size_t)(reg - unit_of(f, POWER)->plan->map->reg);

	(void)state;
	assert_int_equal(answer.outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(answer.verified, OHTD_VERIFIED);
	assert_int_equal(answer.words[0], 118);
	assert_int_equal(f->fake->units[POWER].words[reg->address], 118);
	assert_int_equal(unit_of(f, POWER)->values.values[place].words[0], 118);
	fixture_destroy(f);
}

static void write_goes_out_while_enabled_and_standing(void **state)
{
	struct fixture *f = fixture_idle();
	const struct oht_register *reg = find(f, POWER, "use_voltage_threshold");
	struct ohtd_command command = write_of(f, POWER, reg, 119);

	(void)state;
	assert_int_equal(fixture_command(f, &command).verified, OHTD_VERIFIED);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	fixture_destroy(f);
}

/* All that is written: by name, telegrams, set-points of a move, and what stays with the device. */
static void module_of_function_16_is_written_by_no_other(void **state)
{
	struct fixture *f = fixture_create(true);
	struct ohtd_command move = { .id = 7, .kind = OHTD_COMMAND_MOVE, .target_mm = 900 };
	unsigned int i, sixteen = 0;

	(void)state;
	((struct oht_module *)ohtd_model_by_unit(f->control.model, MOTOR)->module)->write_function = OHT_WRITE_MULTIPLE;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	fixture_open(f);
	fixture_run_ms(f, 3000);
	assert_int_equal(ask(f, OHTD_COMMAND_ENABLE, 0).outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(fixture_command(f, &move).outcome, OHTD_OUTCOME_DONE);
	fixture_run_ms(f, 300);
	assert_int_equal(ask(f, OHTD_COMMAND_STOP, 0).outcome, OHTD_OUTCOME_DONE);
	fixture_run_ms(f, 3000);
	move = write_of(f, MOTOR, find(f, MOTOR, "reset_error_command"), 1);
	assert_int_equal(fixture_command(f, &move).outcome, OHTD_OUTCOME_DONE);
	move = write_of(f, POWER, find(f, POWER, "use_voltage_threshold"), 118);
	assert_int_equal(fixture_command(f, &move).outcome, OHTD_OUTCOME_DONE);
	assert_true(f->fake->exchanges < FAKE_LOG);
	for (i = 0; i < f->fake->exchanges; i++) {
		const struct oht_request *request = &f->fake->log[i].request;

		if (request->function == OHT_WRITE_SINGLE)
			assert_int_equal(request->unit, POWER);
		sixteen += request->function == OHT_WRITE_MULTIPLE && request->unit == MOTOR;
	}
	assert_true(sixteen > 10);
	assert_int_equal(f->fake->telegram_count, 2);
	for (i = 0; i < f->fake->telegram_count; i++)
		assert_int_equal(f->fake->telegrams[i].function, OHT_WRITE_MULTIPLE);
	fixture_destroy(f);
}

static void write_only_register_is_not_read_back(void **state)
{
	struct fixture *f = fixture_safe();
	const struct oht_register *reg = find(f, DOCK, "reset_error_command");
	struct ohtd_command command = write_of(f, DOCK, reg, 1);
	struct ohtd_answer answer = fixture_command(f, &command);

	(void)state;
	assert_int_equal(answer.outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(answer.verified, OHTD_VERIFIED_UNKNOWN);
	assert_int_equal(answer.count, 0);
	fixture_destroy(f);
}

static void write_is_refused_with_its_reason(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_command command;

	(void)state;
	command = write_of(f, POWER, find(f, POWER, "battery_voltage"), 1);
	refused(f, &command, OHTD_WHY_BAD_REQUEST);
	command = write_of(f, POWER, find(f, POWER, "charger_voltage_setpoint"), 601);
	refused(f, &command, OHTD_WHY_BAD_REQUEST);
	command = write_of(f, POWER, find(f, POWER, "use_voltage_threshold"), 1);
	command.address = 0x7777;
	refused(f, &command, OHTD_WHY_BAD_REQUEST);
	command = write_of(f, POWER, find(f, POWER, "use_voltage_threshold"), 1);
	command.count = 2;
	refused(f, &command, OHTD_WHY_BAD_REQUEST);
	command.count = 1;
	command.generation++;
	refused(f, &command, OHTD_WHY_MODULE_CHANGED);
	command.generation--;
	command.unit = STRANGER;
	refused(f, &command, OHTD_WHY_MODULE_CHANGED);
	command.unit = 200;
	refused(f, &command, OHTD_WHY_BAD_REQUEST);
	command = write_of(f, MOTOR, writable(f, MOTOR, true), 1);
	refused(f, &command, OHTD_WHY_MOTION_REGISTER);
	command.count = OHTD_WRITE_MAX + 1;
	assert_int_equal(ohtd_link_post(&f->links[0], &command), -22);
	fixture_destroy(f);
}

static void write_is_refused_while_something_moves(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_command command = write_of(f, POWER, find(f, POWER, "use_voltage_threshold"), 1);

	(void)state;
	fake_bus_set(f->fake, f->control.model, "travel_motor", "motor1_actual_speed", 100);
	fixture_run_ms(f, 100);
	refused(f, &command, OHTD_WHY_MOVING);
	fixture_destroy(f);
}

static void what_only_stops_is_written_while_something_moves(void **state)
{
	struct fixture *f = fixture_create(true);
	struct ohtd_command command;

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_LEGACY);
	fixture_open(f);
	fixture_run_ms(f, 3000);
	command = write_of(f, MOTOR, find(f, MOTOR, "stop_command"), 1);
	f->fake->units[MOTOR].words[find(f, MOTOR, "speed_actual")->address] = 100;
	fixture_run_ms(f, 100);
	assert_int_equal(f->control.facts[OHTD_FACT_STANDSTILL], 0);
	assert_int_equal(fixture_command(f, &command).outcome, OHTD_OUTCOME_DONE);
	command = write_of(f, DOCK, find(f, DOCK, "config_accuracy"), 1);
	refused(f, &command, OHTD_WHY_MOVING);
	fixture_destroy(f);
}

/* Accepted, and then the robot moves before the line is free for it. */
static void write_that_waits_is_refused_when_something_moves(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_command command = write_of(f, POWER, find(f, POWER, "use_voltage_threshold"), 1);
	struct ohtd_answer answer = { 0 };

	(void)state;
	command.role = OHTD_ROLE_ADMINISTRATOR;
	command.valid_ms = 5000;
	f->fake->swallow = true;
	fixture_run_ms(f, 30);
	assert_int_equal(ohtd_link_post(&f->links[0], &command), 0);
	fixture_run_ms(f, 1);
	f->control.rest = (struct ohtd_rest){ 0 };
	f->control.facts[OHTD_FACT_STANDSTILL] = 0;
	f->fake->swallow = false;
	fixture_run_ms(f, 150);
	assert_int_equal(ohtd_link_take(&f->links[0], &answer), 1);
	assert_int_equal(answer.outcome, OHTD_OUTCOME_REFUSED);
	assert_int_equal(f->fake->units[POWER].words[command.address] == 1, 0);
	fixture_destroy(f);
}

static void silent_module_fails_the_write(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_command command = write_of(f, DOCK, writable(f, DOCK, false), 1);
	struct ohtd_answer answer;

	(void)state;
	f->fake->units[DOCK].fault = FAKE_SILENT;
	answer = fixture_command(f, &command);
	assert_int_equal(answer.outcome, OHTD_OUTCOME_FAILED);
	assert_true(fixture_says(&answer.why, OHTD_WHY_MODULE_NO_ANSWER, DOCK));
	fixture_destroy(f);
}

/* ---- ping ---- */

static void ping_tells_how_soon(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_answer answer;

	(void)state;
	f->fake->units[DOCK].turnaround_us = 2345;
	answer = ask(f, OHTD_COMMAND_PING, DOCK);
	assert_int_equal(answer.outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(answer.turnaround_us, 2345);
	assert_int_equal(answer.words[0], DOCK);
	assert_int_equal(answer.attempts, 1);
	assert_in_range(answer.took_us, 2345, 200000);
	f->fake->units[DOCK].fault = FAKE_SILENT;
	answer = ask(f, OHTD_COMMAND_PING, DOCK);
	assert_int_equal(answer.outcome, OHTD_OUTCOME_FAILED);
	assert_true(fixture_says(&answer.why, OHTD_WHY_MODULE_NO_ANSWER, DOCK));
	fixture_destroy(f);
}

/* ---- quarantine ---- */

static unsigned int asked_of(struct fixture *f, uint8_t unit, uint32_t ms)
{
	unsigned int from = f->fake->exchanges, count = 0, i;

	fixture_run_ms(f, ms);
	for (i = from; i < f->fake->exchanges; i++)
		count += f->fake->log[i % FAKE_LOG].request.unit == unit;
	return count;
}

static void quarantined_module_is_not_asked(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_snapshot s;

	(void)state;
	assert_int_equal(ask(f, OHTD_COMMAND_QUARANTINE, DOCK).outcome, OHTD_OUTCOME_DONE);
	/* What was on its way ends. */
	fixture_run_ms(f, 200);
	assert_int_equal(asked_of(f, DOCK, 5000), 0);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_DISCOVER).outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(asked_of(f, DOCK, 1000), 0);
	s = fixture_snapshot(f);
	assert_int_equal(s.modules[3].unit, DOCK);
	assert_string_equal(ohtd_health_name(s.modules[3].health), "quarantined");
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	assert_true(fixture_says(&s.why_not_enable, OHTD_WHY_MODULE_QUARANTINED, DOCK));
	assert_true(fixture_says(&(struct ohtd_why_list){ 1, { ask(f, OHTD_COMMAND_PING, DOCK).why.items[0] } },
				 OHTD_WHY_MODULE_QUARANTINED, DOCK));
	/* And back. */
	assert_int_equal(ask(f, OHTD_COMMAND_RELEASE, DOCK).outcome, OHTD_OUTCOME_DONE);
	fixture_run_ms(f, 500);
	assert_int_equal(unit_of(f, DOCK)->view.health, OHTD_HEALTH_GOOD);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	fixture_destroy(f);
}

static void quarantine_is_refused_with_its_reason(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_answer answer;

	(void)state;
	answer = ask(f, OHTD_COMMAND_QUARANTINE, DOCK);
	assert_int_equal(answer.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&answer.why, OHTD_WHY_ENABLED, DOCK));
	assert_int_equal(unit_of(f, DOCK)->view.health, OHTD_HEALTH_GOOD);
	answer = ask(f, OHTD_COMMAND_RELEASE, DOCK);
	assert_true(fixture_says(&answer.why, OHTD_WHY_NOT_QUARANTINED, DOCK));
	/* Nothing has ever been there. */
	answer = ask(f, OHTD_COMMAND_QUARANTINE, STRANGER);
	assert_true(fixture_says(&answer.why, OHTD_WHY_BAD_REQUEST, STRANGER));
	answer = ask(f, OHTD_COMMAND_QUARANTINE, 99);
	assert_true(fixture_says(&answer.why, OHTD_WHY_BAD_REQUEST, 99));
	fixture_destroy(f);
}

static void module_without_a_task_may_go_while_enabled(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	f->fake->units[STRANGER] = f->fake->units[MOTOR];
	fixture_ask(f, OHTD_COMMAND_DISCOVER);
	assert_int_equal(unit_of(f, STRANGER)->view.health, OHTD_HEALTH_NOT_POLLED);
	assert_int_equal(ask(f, OHTD_COMMAND_QUARANTINE, STRANGER).outcome, OHTD_OUTCOME_DONE);
	fixture_run_ms(f, 100);
	assert_int_equal(asked_of(f, STRANGER, 12000), 0);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	fixture_destroy(f);
}

/* A person lets it back although it is silent: nothing is stopped for that. */
static void released_and_silent_is_no_new_loss(void **state)
{
	struct fixture *f = fixture_safe();

	(void)state;
	ask(f, OHTD_COMMAND_QUARANTINE, POWER);
	f->fake->units[POWER].fault = FAKE_SILENT;
	ask(f, OHTD_COMMAND_RELEASE, POWER);
	fixture_run_ms(f, 20000);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	assert_int_equal(unit_of(f, POWER)->view.health, OHTD_HEALTH_LOST);
	fixture_destroy(f);
}

/* ---- now and then ---- */

static void stranger_that_leaves_is_noticed(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	f->fake->units[STRANGER] = f->fake->units[MOTOR];
	fixture_ask(f, OHTD_COMMAND_DISCOVER);
	fixture_run_ms(f, 15000);
	assert_int_equal(unit_of(f, STRANGER)->view.health, OHTD_HEALTH_NOT_POLLED);
	f->fake->units[STRANGER].present = false;
	fixture_run_ms(f, 11000);
	assert_int_equal(unit_of(f, STRANGER)->view.health, OHTD_HEALTH_LOST);
	f->fake->units[STRANGER].present = true;
	fixture_run_ms(f, 3000);
	assert_int_equal(unit_of(f, STRANGER)->view.health, OHTD_HEALTH_NOT_POLLED);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(write_is_read_back_and_kept),
		cmocka_unit_test(write_goes_out_while_enabled_and_standing),
		cmocka_unit_test(module_of_function_16_is_written_by_no_other),
		cmocka_unit_test(write_only_register_is_not_read_back),
		cmocka_unit_test(write_is_refused_with_its_reason),
		cmocka_unit_test(write_is_refused_while_something_moves),
		cmocka_unit_test(what_only_stops_is_written_while_something_moves),
		cmocka_unit_test(write_that_waits_is_refused_when_something_moves),
		cmocka_unit_test(silent_module_fails_the_write),
		cmocka_unit_test(ping_tells_how_soon),
		cmocka_unit_test(quarantined_module_is_not_asked),
		cmocka_unit_test(quarantine_is_refused_with_its_reason),
		cmocka_unit_test(module_without_a_task_may_go_while_enabled),
		cmocka_unit_test(released_and_silent_is_no_new_loss),
		cmocka_unit_test(stranger_that_leaves_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
