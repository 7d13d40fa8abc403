// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads in the background, as the gateway posts them, beside everything else, in virtual time. */
#include "robot_fixture.h"

#include <string.h>

#define NOBODY		200
#define TYPE		0x0104
#define UNDER_WAY	4
#define RUN_MS		10000
#define STEP_MS		5

static const uint8_t asked[UNDER_WAY] = { 2, 3, MOTOR, NOBODY };

/* What a client of the gateway has got so far. */
struct reader {
	unsigned int done[256];
	unsigned int failed[256];
	bool under_way[UNDER_WAY];
	uint64_t silent_until_ns;	/* as the gateway leaves alone who does not answer */
};

static struct ohtd_command background(uint64_t id, uint8_t unit)
{
	return (struct ohtd_command){
		.id = id, .kind = OHTD_COMMAND_READ, .unit = unit, .address = TYPE, .count = 1,
		.background = true, .valid_ms = 1000,
	};
}

/* One of each at any time. */
static void keep_asking(struct fixture *f, struct reader *reader)
{
	struct ohtd_answer answer;
	unsigned int i;

	while (ohtd_link_take(&f->links[1], &answer)) {
		reader->under_way[answer.id] = false;
		if (answer.outcome == OHTD_OUTCOME_DONE)
			reader->done[asked[answer.id]]++;
		else
			reader->failed[asked[answer.id]]++;
		if (answer.id == UNDER_WAY - 1)
			reader->silent_until_ns = f->control.now_ns + OHTD_NS_PER_S;
	}
	for (i = 0; i < UNDER_WAY; i++) {
		struct ohtd_command command = background(i, asked[i]);

		if (i == UNDER_WAY - 1 && f->control.now_ns < reader->silent_until_ns)
			continue;
		if (!reader->under_way[i])
			assert_int_equal(ohtd_link_post(&f->links[1], &command), 0);
		reader->under_way[i] = true;
	}
}

static void run(struct fixture *f, struct reader *reader, uint32_t ms)
{
	for (uint32_t at = 0; at < ms; at += STEP_MS) {
		keep_asking(f, reader);
		fixture_run_ms(f, STEP_MS);
	}
}

static uint64_t oldest_value_ns(const struct fixture *f, uint8_t unit)
{
	const struct ohtd_unit *of = &f->control.modules.units[unit - 1];
	uint64_t oldest_ns = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < of->values.count; i++)
		if (of->values.values[i].state == OHTD_REGISTER_OK &&
		    of->values.values[i].time_ns < oldest_ns)
			oldest_ns = of->values.values[i].time_ns;
	return f->control.now_ns - oldest_ns;
}

static void no_cycle_is_missed_and_the_sweep_goes_on(void **state)
{
	struct fixture *f = fixture_idle();
	struct reader reader = { 0 };
	struct ohtd_snapshot before, after;
	uint8_t unit;

	(void)state;
	fixture_run_ms(f, RUN_MS);
	before = fixture_snapshot(f);
	run(f, &reader, RUN_MS);
	after = fixture_snapshot(f);
	assert_int_equal(after.plan.missed, before.plan.missed);
	assert_int_equal(after.plan.exceeded, before.plan.exceeded);
	assert_int_equal(after.plan.given, before.plan.given);
	assert_int_equal(after.bus.cycles_missed, before.bus.cycles_missed);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	for (unit = 2; unit <= DOCK; unit++) {
		assert_int_equal(f->control.modules.units[unit - 1].view.health, OHTD_HEALTH_GOOD);
		assert_in_range(oldest_value_ns(f, unit), 0, 15 * OHTD_NS_PER_S);
	}
	/* Each of those that answer had its turn. */
	assert_in_range(reader.done[2], 5, 10000);
	assert_in_range(reader.done[3], 5, 10000);
	assert_in_range(reader.done[MOTOR], 5, 10000);
	assert_int_equal(reader.done[NOBODY], 0);
	assert_in_range(reader.failed[NOBODY], 1, 10000);
	fixture_destroy(f);
}

static void commands_of_the_api_go_first(void **state)
{
	const struct ohtd_command read = {
		.id = 9, .kind = OHTD_COMMAND_READ, .unit = MOTOR, .address = TYPE, .count = 1,
	};
	struct fixture *f = fixture_idle();
	struct reader reader = { 0 };
	unsigned int round;

	(void)state;
	for (round = 0; round < 50; round++) {
		struct ohtd_answer answer;

		run(f, &reader, 35);
		assert_int_equal(ohtd_link_post(&f->links[0], &read), 0);
		run(f, &reader, 500);
		assert_int_equal(ohtd_link_take(&f->links[0], &answer), 1);
		assert_int_equal(answer.outcome, OHTD_OUTCOME_DONE);
		assert_in_range(answer.took_us, 0, 400000);
	}
	fixture_destroy(f);
}

static unsigned int exchanges_with(const struct fixture *f, uint8_t unit, uint8_t function)
{
	unsigned int i, count = 0;

	for (i = 0; i < f->fake->exchanges && i < FAKE_LOG; i++)
		count += f->fake->log[i].request.unit == unit &&
			 f->fake->log[i].request.function == function;
	return count;
}

static struct ohtd_answer ask(struct fixture *f, const struct ohtd_command *command)
{
	struct ohtd_answer answer = fixture_command(f, command);

	return answer;
}

/* The registry asks it by itself; nobody else waits for its time-out. */
static void module_that_is_lost_is_not_asked(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_command command = background(1, DOCK);
	struct ohtd_answer answer;
	unsigned int before;

	(void)state;
	f->fake->units[DOCK].fault = FAKE_SILENT;
	fixture_run_ms(f, 10000);
	assert_int_equal(f->control.modules.units[DOCK - 1].view.health, OHTD_HEALTH_LOST);
	before = exchanges_with(f, DOCK, OHT_READ_HOLDING);
	answer = ask(f, &command);
	assert_int_equal(answer.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&answer.why, OHTD_WHY_MODULE_LOST, DOCK));
	assert_in_range(exchanges_with(f, DOCK, OHT_READ_HOLDING), before, before + 1);
	/* A person may ask all the same. */
	command.background = false;
	assert_int_equal(ask(f, &command).outcome, OHTD_OUTCOME_FAILED);
	/* Back, it is asked again. */
	f->fake->units[DOCK].fault = FAKE_GOOD;
	fixture_run_ms(f, 5000);
	command.background = true;
	assert_int_equal(ask(f, &command).outcome, OHTD_OUTCOME_DONE);
	fixture_destroy(f);
}

static void module_in_quarantine_is_not_asked(void **state)
{
	const struct ohtd_command quarantine = { .id = 2, .kind = OHTD_COMMAND_QUARANTINE, .unit = DOCK };
	struct fixture *f = fixture_safe();
	struct ohtd_command command = background(1, DOCK);
	struct ohtd_answer answer;

	(void)state;
	assert_int_equal(fixture_command(f, &quarantine).outcome, OHTD_OUTCOME_DONE);
	answer = ask(f, &command);
	assert_int_equal(answer.outcome, OHTD_OUTCOME_REFUSED);
	assert_int_equal(answer.why.items[0].code, OHTD_WHY_MODULE_QUARANTINED);
	fixture_destroy(f);
}

static void input_registers_are_asked_as_such(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_command command = background(1, MOTOR);
	unsigned int i;

	(void)state;
	assert_int_equal(exchanges_with(f, MOTOR, OHT_READ_INPUT), 0);
	f->fake->exchanges = 0;
	command.input = true;
	ask(f, &command);
	assert_int_equal(exchanges_with(f, MOTOR, OHT_READ_INPUT), 1);
	for (i = 0; i < f->fake->exchanges; i++)
		if (f->fake->log[i].request.function == OHT_READ_INPUT)
			assert_int_equal(f->fake->log[i].request.priority, OHT_PRIORITY_BACKGROUND);
	fixture_destroy(f);
}

static void device_that_goes_answers_reads_of_the_background(void **state)
{
	struct fixture *f = fixture_safe();
	struct reader reader = { 0 };
	struct ohtd_answer answer;
	unsigned int answers = 0;

	(void)state;
	keep_asking(f, &reader);
	fixture_run_ms(f, 1);
	f->fake->gone = true;
	f->fake->there = false;
	fixture_run_ms(f, 200);
	while (ohtd_link_take(&f->links[1], &answer))
		answers++;
	assert_int_equal(answers, UNDER_WAY);
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_cycle_is_missed_and_the_sweep_goes_on),
		cmocka_unit_test(commands_of_the_api_go_first),
		cmocka_unit_test(module_that_is_lost_is_not_asked),
		cmocka_unit_test(module_in_quarantine_is_not_asked),
		cmocka_unit_test(input_registers_are_asked_as_such),
		cmocka_unit_test(device_that_goes_answers_reads_of_the_background),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
