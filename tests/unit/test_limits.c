// SPDX-License-Identifier: GPL-2.0-or-later
/* The limits of motion: when others are taken, that nothing jumps then, and what is refused. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drive_robot.h"

struct swap {
	const char *key;	/* beginning of the row that is replaced */
	const char *row;
};

static void write_table(const char *path, const struct swap *swaps)
{
	FILE *from = fopen(OHT_SOURCE_DATADIR "/motion.csv", "r");
	FILE *to = fopen(path, "w");
	char line[512];
	unsigned int i;

	assert_non_null(from);
	assert_non_null(to);
	while (fgets(line, sizeof(line), from)) {
		for (i = 0; swaps[i].key && strncmp(line, swaps[i].key, strlen(swaps[i].key)); i++)
			;
		if (swaps[i].key)
			fprintf(to, "%s\n", swaps[i].row);
		else
			fputs(line, to);
	}
	fclose(from);
	fclose(to);
}

/* The shipped file with other rows; @swaps ends with NULL. */
static struct ohtd_rule_table *read_table(const struct swap *swaps)
{
	struct ohtd_rule_table *table = malloc(sizeof(*table));
	char dir[] = "/tmp/oht-limits-XXXXXX";
	char path[128], error[OHT_ERROR_BYTES];

	assert_non_null(table);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/motion.csv", dir);
	write_table(path, swaps);
	if (ohtd_rules_load(dir, table, NULL, error))
		fail_msg("%s", error);
	unlink(path);
	rmdir(dir);
	return table;
}

static uint32_t offer(struct ohtd_limits *limits, const struct swap *swaps)
{
	struct ohtd_rule_table *table = read_table(swaps);
	uint32_t generation = ohtd_limits_offer(limits, table, NULL, NULL, NULL, 1);

	free(table);
	return generation;
}

static const struct swap slower[] = {
	{ "speed_mm_s,", "speed_mm_s,common,400,mm/s,10,10000,slower" },
	{ "soft_max_mm,", "soft_max_mm,common,6000,mm,-32768,32767,nearer" },
	{ NULL, NULL },
};

static const struct swap near_only[] = {
	{ "soft_max_mm,", "soft_max_mm,common,2500,mm,-32768,32767,nearer" },
	{ NULL, NULL },
};

static struct ohtd_answer take(struct driver *d, uint32_t generation)
{
	return fixture_command(d->f, &(struct ohtd_command){
		.kind = OHTD_COMMAND_LIMITS, .generation = generation, .tag = 7,
		.by = { .user = "anna" } });
}

static uint32_t in_force(struct driver *d)
{
	return ohtd_limits_block(&d->f->control.limits)->generation;
}

static void taken(struct driver *d, const struct swap *swaps)
{
	uint32_t generation = offer(&d->f->control.limits, swaps);
	struct ohtd_answer answer = take(d, generation);

	driver_done(&answer);
	assert_int_equal(in_force(d), generation);
}

/* Nothing changes, and the offer can be taken when the way is free. */
static void refused(struct driver *d, unsigned int code)
{
	uint32_t before = in_force(d);
	const struct ohtd_rules *rules = d->f->control.travel.rules;
	struct ohtd_answer answer = take(d, offer(&d->f->control.limits, slower));

	driver_refused(d, &answer, code);
	assert_int_equal(in_force(d), before);
	assert_ptr_equal(d->f->control.travel.rules, rules);
	assert_near(fixture_snapshot(d->f).limits.speed_mm_s, 1000, 0);
}

/* ---- taken ---- */

static void new_limits_hold_from_the_next_command_on(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;

	(void)state;
	assert_int_equal(in_force(d), 1);
	taken(d, slower);
	assert_near(fixture_snapshot(d->f).limits.speed_mm_s, 400, 0);
	assert_near(fixture_snapshot(d->f).limits.soft_max_mm, 6000, 0);
	driver_stands(d);
	assert_near(d->rail->position_mm, 3000, 0.001);
	answer = driver_move(d, 6001, 0);
	driver_refused(d, &answer, OHTD_WHY_SOFT_LIMIT);
	driver_stands(d);
	d->fastest_mm_s = 0;
	driver_arrives(d, 6000);
	assert_in_range((int)d->fastest_mm_s, 300, 405);
	/* And back to those of the start. */
	taken(d, &slower[2]);
	assert_near(fixture_snapshot(d->f).limits.speed_mm_s, 1000, 0);
	d->fastest_mm_s = 0;
	driver_arrives(d, 2000);
	assert_true(d->fastest_mm_s > 800);
	driver_end(d);
}

static void taken_wherever_nothing_moves(void **state)
{
	const struct ohtd_why why = { .code = OHTD_WHY_DRIVE_STALLED };
	struct driver *d = driver_safe(3000);

	(void)state;
	taken(d, slower);
	driver_asks(d, OHTD_COMMAND_ENABLE);
	driver_arrives(d, 3500);
	taken(d, &slower[2]);
	fake_bus_press(d->f->fake);
	driver_until(d, OHTD_STATE_ESTOP, 100);
	driver_run_ms(d, 3000);
	taken(d, slower);
	driver_end(d);
	d = driver_begin(3000);
	ohtd_event_raise(&d->f->control, OHTD_EVENT_FAULT_DETECTED, &why);
	driver_until(d, OHTD_STATE_FAULT, 3000);
	driver_run_ms(d, 3000);
	taken(d, slower);
	assert_near(fixture_snapshot(d->f).limits.speed_mm_s, 400, 0);
	driver_end(d);
}

static void told_with_the_person_and_the_values(void **state)
{
	struct ohtd_limits_change changes[OHTD_RULE_ROWS_MAX];
	struct driver *d = driver_safe(3000);
	struct ohtd_event_reader reader = { 0 };
	struct ohtd_event_record record;
	unsigned int told = 0;

	(void)state;
	while (ohtd_event_ring_next(&d->f->control.event_ring, &reader, &record) == 1)
		assert_int_not_equal(record.kind, OHTD_RECORD_LIMITS);
	taken(d, slower);
	while (ohtd_event_ring_next(&d->f->control.event_ring, &reader, &record) == 1) {
		if (record.kind != OHTD_RECORD_LIMITS)
			continue;
		told++;
		assert_string_equal(record.user, "anna");
		assert_int_equal(record.generation, 2);
		assert_int_equal(record.role, OHTD_ROLE_ADMINISTRATOR);
		assert_int_equal(record.tag, 7);
		assert_int_equal(record.from, OHTD_STATE_SAFE);
		assert_near(record.position_mm.value, 3000, 1);
	}
	assert_int_equal(told, 1);
	assert_int_equal(ohtd_limits_changed(&d->f->control.limits, 1, changes), -ENOENT);
	assert_int_equal(ohtd_limits_changed(&d->f->control.limits, 2, changes), 2);
	assert_string_equal(ohtd_rule_name(changes[0].rule), "speed_mm_s");
	assert_int_equal(changes[0].profile, OHTD_RULE_COMMON);
	assert_near(changes[0].before, 1000, 0);
	assert_near(changes[0].now, 400, 0);
	assert_string_equal(ohtd_rule_name(changes[1].rule), "soft_max_mm");
	driver_end(d);
}

static void layouts_of_the_drive_have_their_own(void **state)
{
	static const struct swap swaps[] = {
		{ "soft_min_mm,legacy", "soft_min_mm,legacy,200,mm,-32768,32767," },
		{ "dock_position_mm", "dock_position_mm,common,600,mm,-32768,32767," },
		{ NULL, NULL },
	};
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;

	(void)state;
	assert_int_equal(fixture_snapshot(d->f).limits.profile, OHT_PROFILE_CANONICAL);
	taken(d, swaps);
	driver_arrives(d, 100);
	driver_end(d);
	d = driver_begin_as(OHT_PROFILE_LEGACY, 3000);
	assert_int_equal(fixture_snapshot(d->f).limits.profile, OHT_PROFILE_LEGACY);
	taken(d, swaps);
	assert_int_equal(fixture_snapshot(d->f).limits.profile, OHT_PROFILE_LEGACY);
	assert_near(fixture_snapshot(d->f).limits.soft_min_mm, 200, 0);
	answer = driver_move(d, 100, 0);
	driver_refused(d, &answer, OHTD_WHY_SOFT_LIMIT);
	driver_arrives(d, 300);
	driver_end(d);
}

static void changes_are_named_once(void **state)
{
	static const struct swap legacy_only[] = {
		{ "gain_per_s,legacy", "gain_per_s,legacy,3,1/s,0,20," }, { NULL, NULL },
	};
	struct ohtd_limits_change changes[OHTD_RULE_ROWS_MAX];
	struct driver *d = driver_safe(3000);

	(void)state;
	taken(d, legacy_only);
	assert_int_equal(ohtd_limits_changed(&d->f->control.limits, 2, changes), 1);
	assert_int_equal(changes[0].profile, OHT_PROFILE_LEGACY);
	assert_near(changes[0].before, 2, 0);
	/* The same once more. */
	taken(d, legacy_only);
	assert_int_equal(ohtd_limits_changed(&d->f->control.limits, 3, changes), 0);
	driver_end(d);
}

/* ---- a robot that is outside, or lost ---- */

static void robot_outside_can_only_come_back(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;

	(void)state;
	taken(d, near_only);
	driver_stands(d);
	answer = driver_move(d, 3000, 0);
	driver_refused(d, &answer, OHTD_WHY_SOFT_LIMIT);
	answer = driver_move(d, 4000, 0);
	driver_refused(d, &answer, OHTD_WHY_SOFT_LIMIT);
	answer = driver_jog(d, 100, "out");
	driver_refused(d, &answer, OHTD_WHY_SOFT_LIMIT);
	driver_stands(d);
	answer = driver_jog(d, -100, "back");
	driver_done(&answer);
	driver_until(d, OHTD_STATE_IDLE, 2000);
	driver_run_ms(d, 2000);
	assert_true(d->rail->position_mm < 2999);
	assert_near(d->highest_mm, 3000, 1);
	driver_arrives(d, 2000);
	driver_arrives(d, 2500);
	driver_end(d);
}

static void position_that_is_not_trusted_is_not_trusted_by_it(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_position *position = &d->f->control.travel.drive.position;
	struct ohtd_answer answer;

	(void)state;
	position->trust = OHTD_POSITION_JUMPED;
	taken(d, slower);
	assert_int_equal(position->trust, OHTD_POSITION_JUMPED);
	assert_near(position->estimate_mm, 3000, 1);
	answer = driver_move(d, 4000, 0);
	assert_int_equal(answer.outcome, OHTD_OUTCOME_REFUSED);
	driver_stands(d);
	driver_end(d);
}

/* ---- refused ---- */

static void refused_while_anything_moves(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_departs(d, 8000);
	refused(d, OHTD_WHY_STATE);
	driver_run_ms(d, 2000);
	refused(d, OHTD_WHY_STATE);
	driver_asks(d, OHTD_COMMAND_PAUSE);
	driver_run_ms(d, 3000);
	refused(d, OHTD_WHY_STATE);
	/* Idle at once, and still on its way to rest. */
	driver_asks(d, OHTD_COMMAND_RESUME);
	driver_run_ms(d, 1500);
	driver_asks(d, OHTD_COMMAND_STOP);
	driver_state(d, OHTD_STATE_IDLE);
	refused(d, OHTD_WHY_MOVING);
	driver_run_ms(d, 3000);
	driver_arrives(d, 8000);
	/* Of all these readings only the newest can be taken. */
	taken(d, slower);
	driver_end(d);
}

static void refused_until_the_carriage_has_come_to_rest(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_departs(d, 8000);
	driver_run_ms(d, 3000);
	fake_bus_press(d->f->fake);
	driver_until(d, OHTD_STATE_ESTOP, 100);
	refused(d, OHTD_WHY_MOVING);
	driver_run_ms(d, 5000);
	taken(d, slower);
	driver_end(d);
}

static void refused_at_the_dock_s_approach(void **state)
{
	struct driver *d = driver_begin(1500);

	(void)state;
	driver_asks(d, OHTD_COMMAND_DOCK);
	driver_run_ms(d, 500);
	refused(d, OHTD_WHY_STATE);
	driver_until(d, OHTD_STATE_IDLE, 60000);
	driver_end(d);
}

static void only_the_newest_reading_is_taken(void **state)
{
	struct driver *d = driver_safe(3000);
	uint32_t first = offer(&d->f->control.limits, slower);
	uint32_t second = offer(&d->f->control.limits, near_only);
	struct ohtd_answer answer = take(d, first);

	(void)state;
	driver_refused(d, &answer, OHTD_WHY_BUSY);
	answer = take(d, second + 1);
	driver_refused(d, &answer, OHTD_WHY_BUSY);
	answer = take(d, 0);
	driver_refused(d, &answer, OHTD_WHY_BUSY);
	assert_int_equal(in_force(d), 1);
	answer = take(d, second);
	driver_done(&answer);
	assert_near(fixture_snapshot(d->f).limits.soft_max_mm, 2500, 0);
	assert_near(fixture_snapshot(d->f).limits.speed_mm_s, 1000, 0);
	/* What is in force is not offered. */
	answer = take(d, second);
	driver_refused(d, &answer, OHTD_WHY_BUSY);
	driver_end(d);
}

static void post(struct driver *d, uint32_t generation, uint32_t valid_ms)
{
	const struct ohtd_command command = {
		.kind = OHTD_COMMAND_LIMITS, .generation = generation, .valid_ms = valid_ms,
		.role = OHTD_ROLE_ADMINISTRATOR,
	};

	assert_int_equal(ohtd_link_post(&d->f->links[0], &command), 0);
}

static void answered(struct driver *d, unsigned int outcome, unsigned int code)
{
	struct ohtd_answer answer;

	assert_int_equal(ohtd_link_take(&d->f->links[0], &answer), 1);
	assert_int_equal(answer.outcome, outcome);
	assert_true(fixture_says(&answer.why, code, 0));
}

/* Just behind a cycle, so that the next one is 25 ms away. */
static void run_to_a_cycle(struct driver *d)
{
	uint64_t before = d->f->control.snapshot.bus.cycles;

	while (d->f->control.snapshot.bus.cycles == before)
		fixture_run_ms(d->f, 1);
}

static void it_waits_for_the_edge_of_a_cycle(void **state)
{
	struct driver *d = driver_safe(3000);
	uint32_t generation = offer(&d->f->control.limits, slower);
	struct ohtd_answer answer;

	(void)state;
	run_to_a_cycle(d);
	post(d, generation, 0);
	post(d, generation, 0);
	fixture_run_ms(d->f, 10);
	/* One at a time. */
	answered(d, OHTD_OUTCOME_REFUSED, OHTD_WHY_BUSY);
	assert_int_equal(in_force(d), 1);
	run_to_a_cycle(d);
	assert_int_equal(in_force(d), generation);
	assert_int_equal(ohtd_link_take(&d->f->links[0], &answer), 1);
	driver_done(&answer);
	driver_end(d);
}

static void late_or_at_the_end_nothing_is_taken(void **state)
{
	struct driver *d = driver_safe(3000);
	uint32_t generation = offer(&d->f->control.limits, slower);

	(void)state;
	run_to_a_cycle(d);
	post(d, generation, 1);
	fixture_run_ms(d->f, 50);
	answered(d, OHTD_OUTCOME_EXPIRED, OHTD_WHY_EXPIRED);
	assert_int_equal(in_force(d), 1);
	run_to_a_cycle(d);
	post(d, generation, 0);
	fixture_run_ms(d->f, 5);
	assert_true(d->f->control.limits_asked.used);
	atomic_store(&d->f->control.quit, true);
	fixture_run_ms(d->f, 3000);
	answered(d, OHTD_OUTCOME_REFUSED, OHTD_WHY_SHUTTING_DOWN);
	assert_int_equal(in_force(d), 1);
	driver_end(d);
}

static void role_and_control_are_asked_for(void **state)
{
	struct driver *d = driver_safe(3000);
	struct ohtd_answer answer = fixture_command(d->f, &(struct ohtd_command){
		.kind = OHTD_COMMAND_LIMITS, .role = OHTD_ROLE_OPERATOR,
		.generation = offer(&d->f->control.limits, slower) });

	(void)state;
	driver_refused(d, &answer, OHTD_WHY_ROLE);
	driver_other(d, OHTD_COMMAND_CONTROL_TAKE);
	refused(d, OHTD_WHY_CONTROL_HELD);
	driver_other(d, OHTD_COMMAND_CONTROL_RELEASE);
	taken(d, slower);
	driver_end(d);
}

/* ---- threads ---- */

#define READINGS	400

struct race {
	struct ohtd_limits limits;
	struct ohtd_rule_table table;
	_Atomic uint32_t offered;
	atomic_bool ended;
	unsigned int torn;
};

/* Each reading says its number in all of its values. */
static bool is_whole(const struct ohtd_limits_block *block)
{
	unsigned int rule;

	for (rule = 0; rule < OHTD_RULES; rule++)
		if (block->generation > 1 &&
		    (block->table.rules[0].value[rule] != block->generation ||
		     block->table.rules[1].value[rule] != block->generation))
			return false;
	return true;
}

static void *read_on(void *context)
{
	struct race *race = context;
	struct ohtd_limits_block *block = malloc(sizeof(*block));

	assert_non_null(block);
	while (!atomic_load(&race->ended)) {
		ohtd_limits_copy(&race->limits, block);
		race->torn += !is_whole(block);
	}
	free(block);
	return NULL;
}

static void *offer_on(void *context)
{
	struct race *race = context;
	unsigned int i, rule;

	for (i = 2; i < READINGS + 2; i++) {
		for (rule = 0; rule < OHTD_RULES; rule++)
			race->table.rules[0].value[rule] = race->table.rules[1].value[rule] = i;
		atomic_store(&race->offered, ohtd_limits_offer(&race->limits, &race->table, NULL, NULL, NULL, i));
	}
	atomic_store(&race->ended, true);
	return NULL;
}

/* This thread takes, as the control thread does: without the lock. */
static void no_block_is_seen_while_it_is_filled(void **state)
{
	struct race *race = calloc(1, sizeof(*race));
	pthread_t threads[2];
	char error[OHT_ERROR_BYTES];
	unsigned int taken_count = 0;

	(void)state;
	assert_non_null(race);
	assert_int_equal(ohtd_limits_init(&race->limits, OHT_SOURCE_DATADIR, NULL, 1, error), 0);
	assert_int_equal(pthread_create(&threads[0], NULL, read_on, race), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, offer_on, race), 0);
	while (!atomic_load(&race->ended)) {
		uint32_t generation = atomic_load(&race->offered);

		taken_count += ohtd_limits_take(&race->limits, generation);
		assert_true(is_whole(ohtd_limits_block(&race->limits)));
	}
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	taken_count += ohtd_limits_take(&race->limits, READINGS + 1);
	assert_true(taken_count >= 1);
	assert_int_equal(ohtd_limits_block(&race->limits)->generation, READINGS + 1);
	assert_int_equal(race->torn, 0);
	ohtd_limits_fini(&race->limits);
	free(race);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_limits_hold_from_the_next_command_on),
		cmocka_unit_test(taken_wherever_nothing_moves),
		cmocka_unit_test(told_with_the_person_and_the_values),
		cmocka_unit_test(layouts_of_the_drive_have_their_own),
		cmocka_unit_test(changes_are_named_once),
		cmocka_unit_test(robot_outside_can_only_come_back),
		cmocka_unit_test(position_that_is_not_trusted_is_not_trusted_by_it),
		cmocka_unit_test(refused_while_anything_moves),
		cmocka_unit_test(refused_until_the_carriage_has_come_to_rest),
		cmocka_unit_test(refused_at_the_dock_s_approach),
		cmocka_unit_test(only_the_newest_reading_is_taken),
		cmocka_unit_test(it_waits_for_the_edge_of_a_cycle),
		cmocka_unit_test(late_or_at_the_end_nothing_is_taken),
		cmocka_unit_test(role_and_control_are_asked_for),
		cmocka_unit_test(no_block_is_seen_while_it_is_filled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
