// SPDX-License-Identifier: GPL-2.0-or-later
/* The grid of the back-ends that are not the kernel: what is due when, and how that is counted. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "bus/grid.h"

#define CHAR_NS		86806ull
#define GAP_NS		1750000ull
/* A read of eight registers. */
#define ONE_NS		(29 * CHAR_NS + 3500000)
#define CYCLE_NS	25000000ull
#define T0		1000000000ull

static struct oht_cyclic_entry entry(uint8_t unit, uint16_t period, uint16_t phase)
{
	return (struct oht_cyclic_entry){
		.unit = unit, .function = OHT_READ_HOLDING, .loss_errors = 4, .count = 8,
		.period_cycles = period, .phase_cycles = phase, .timeout_us = 20000,
		.turnaround_us = 1750,
	};
}

static struct ohtd_grid_plan three(void)
{
	return (struct ohtd_grid_plan){
		.count = 3, .cycle_us = 25000, .generation = 5,
		.entry = { entry(3, 1, 0), entry(5, 4, 1), entry(2, 20, 2) },
	};
}

static void finish(struct ohtd_grid *grid, uint64_t now_ns)
{
	const struct oht_reply reply = { .words = { 7 } };

	while (ohtd_grid_next(grid) >= 0)
		ohtd_grid_done(grid, ohtd_grid_next(grid), &reply, now_ns);
}

static void figures_are_those_of_the_line(void **state)
{
	const struct ohtd_grid_plan plan = three();
	struct oht_cyclic_plan asked = {
		.entries = plan.entry, .count = 3, .cycle_us = 25000, .whole_cycles = 4,
	};
	struct oht_cyclic_figures figures;
	uint8_t rest_ms[UINT8_MAX + 1] = { 0 };
	unsigned int bad;

	(void)state;
	assert_int_equal(ohtd_grid_check(&asked, CHAR_NS, GAP_NS, NULL, &figures, &bad), 0);
	/* 8 + 21 characters, 1.75 ms of silence, 1.75 ms until the answer. */
	assert_int_equal(figures.busy_worst_ns, 2 * ONE_NS);
	assert_int_equal(figures.worst_permille, 482);
	assert_int_equal(figures.hyperperiod_cycles, 20);
	assert_int_equal(figures.slack_max_ns, CYCLE_NS - 29 * CHAR_NS - 3500000);
	assert_true(figures.stop_ns == OHT_UNBOUNDED_NS);
	/* The entry of every cycle fills the rest of the other unit, or a part of it. */
	rest_ms[asked.entries[1].unit] = 5;
	assert_int_equal(ohtd_grid_check(&asked, CHAR_NS, GAP_NS, rest_ms, &figures, &bad), 0);
	assert_int_equal(figures.busy_worst_ns, 2 * ONE_NS);
	rest_ms[asked.entries[1].unit] = 9;
	assert_int_equal(ohtd_grid_check(&asked, CHAR_NS, GAP_NS, rest_ms, &figures, &bad), 0);
	assert_int_equal(figures.busy_worst_ns, ONE_NS + 9000000);
	rest_ms[asked.entries[1].unit] = 19;
	assert_int_equal(ohtd_grid_check(&asked, CHAR_NS, GAP_NS, rest_ms, &figures, &bad), -EDQUOT);
	/* A budget cannot be kept where there is no bound. */
	asked.stop_budget_us = 10000;
	assert_int_equal(ohtd_grid_check(&asked, CHAR_NS, GAP_NS, NULL, &figures, &bad), -EDQUOT);
}

static void bad_entry_is_named(void **state)
{
	struct ohtd_grid_plan plan = three();
	const struct oht_cyclic_plan asked = {
		.entries = plan.entry, .count = 3, .cycle_us = 25000, .whole_cycles = 4,
	};
	struct oht_cyclic_figures figures;
	unsigned int bad;

	(void)state;
	plan.entry[1].unit = 0;
	assert_int_equal(ohtd_grid_check(&asked, CHAR_NS, GAP_NS, NULL, &figures, &bad), -EINVAL);
	assert_int_equal(bad, 1);
	plan = three();
	plan.entry[0].period_cycles = 997;
	plan.entry[2].period_cycles = 991;
	assert_int_equal(ohtd_grid_check(&asked, CHAR_NS, GAP_NS, NULL, &figures, &bad), -EINVAL);
	assert_int_equal(bad, 2);
}

static void entries_are_due_in_their_order(void **state)
{
	const struct ohtd_grid_plan plan = three();
	struct ohtd_grid grid = { 0 };
	unsigned int cycle, dock = 0, power = 0;

	(void)state;
	assert_int_equal(ohtd_grid_next_ns(&grid), UINT64_MAX);
	ohtd_grid_start(&grid, &plan, T0);
	for (cycle = 0; cycle < 40; cycle++) {
		assert_int_equal(ohtd_grid_next_ns(&grid), T0 + cycle * CYCLE_NS);
		assert_false(ohtd_grid_tick(&grid, T0 + cycle * CYCLE_NS - 1, false));
		assert_true(ohtd_grid_tick(&grid, T0 + cycle * CYCLE_NS, false));
		assert_int_equal(ohtd_grid_next(&grid), 0);
		dock += grid.due >> 1 & 1;
		power += grid.due >> 2 & 1;
		assert_true((grid.due & 6) != 6);
		finish(&grid, T0 + cycle * CYCLE_NS + 1);
		assert_int_equal(ohtd_grid_next(&grid), -1);
	}
	assert_int_equal(dock, 10);
	assert_int_equal(power, 2);
	assert_int_equal(grid.head.cycles, 40);
	assert_int_equal(grid.head.missed, 0);
}

static void what_is_late_is_counted_and_comes_next(void **state)
{
	const struct ohtd_grid_plan plan = three();
	struct ohtd_grid grid = { 0 };

	(void)state;
	ohtd_grid_start(&grid, &plan, T0);
	ohtd_grid_tick(&grid, T0, false);
	/* Not over when the next one should begin. */
	assert_true(ohtd_grid_tick(&grid, T0 + CYCLE_NS, false));
	assert_int_equal(grid.head.exceeded, 1);
	assert_int_equal(grid.head.missed, 1);
	finish(&grid, T0 + CYCLE_NS + 5);
	/* Looked at after another two. */
	assert_true(ohtd_grid_tick(&grid, T0 + 4 * CYCLE_NS + 3, false));
	assert_int_equal(grid.head.missed, 3);
	assert_int_equal(grid.head.cycles, 5);
	assert_int_equal(grid.head.cycle_start_ns, T0 + 4 * CYCLE_NS);
	/* All that should have been exchanged meanwhile. */
	assert_int_equal(grid.due, 7);
	finish(&grid, T0 + 4 * CYCLE_NS + 5);
	/* Given away: nothing of it is forgotten. */
	assert_true(ohtd_grid_tick(&grid, T0 + 5 * CYCLE_NS, true));
	assert_int_equal(ohtd_grid_next(&grid), -1);
	assert_int_equal(grid.head.given, 1);
	assert_true(ohtd_grid_tick(&grid, T0 + 6 * CYCLE_NS, false));
	assert_int_equal(grid.due, 3);
}

static void values_stay_and_errors_count(void **state)
{
	const struct oht_reply silence = {
		.outcome = OHT_OUTCOME_TIMEOUT, .error = ETIMEDOUT,
	};
	const struct ohtd_grid_plan plan = three(), none = { .generation = 6 };
	struct ohtd_grid grid = { 0 };

	(void)state;
	ohtd_grid_start(&grid, &plan, T0);
	assert_int_equal(grid.value[0].error, ENODATA);
	assert_int_equal(grid.value[0].generation, 5);
	ohtd_grid_tick(&grid, T0, false);
	finish(&grid, T0 + 9);
	assert_int_equal(grid.value[0].error, 0);
	assert_int_equal(grid.value[0].words[0], 7);
	assert_int_equal(grid.value[0].timestamp_ns, T0 + 9);
	ohtd_grid_tick(&grid, T0 + CYCLE_NS, false);
	ohtd_grid_done(&grid, 0, &silence, T0 + CYCLE_NS + 9);
	assert_int_equal(grid.value[0].error, ETIMEDOUT);
	assert_int_equal(grid.value[0].errors, 1);
	assert_int_equal(grid.value[0].words[0], 7);
	assert_int_equal(grid.value[0].timestamp_ns, T0 + 9);
	assert_int_equal(grid.value[0].tried_ns, T0 + CYCLE_NS + 9);
	ohtd_grid_start(&grid, &none, T0 + 2 * CYCLE_NS);
	assert_false(grid.head.running);
	assert_false(ohtd_grid_tick(&grid, T0 + 3 * CYCLE_NS, false));
}

/* Nothing is ever enabled there. */
static void outputs_are_not_sent(void **state)
{
	struct ohtd_grid_plan plan = three();
	struct ohtd_grid grid = { 0 };

	(void)state;
	plan.entry[0].function = OHT_WRITE_SINGLE;
	plan.entry[0].count = 1;
	plan.entry[1].function = OHT_WRITE_READ;
	plan.entry[1].write_count = 1;
	plan.entry[1].phase_cycles = 0;
	ohtd_grid_start(&grid, &plan, T0);
	ohtd_grid_tick(&grid, T0, false);
	assert_int_equal(grid.value[0].error, ECANCELED);
	assert_int_equal(ohtd_grid_next(&grid), 1);
	assert_int_equal(ohtd_grid_request(&grid, 1).function, OHT_READ_HOLDING);
	assert_int_equal(ohtd_grid_request(&grid, 1).write_count, 0);
}

/* The plan that follows takes no value of this one: a cycle that is too long is left for it. */
static void cycle_that_exceeds_is_given_up(void **state)
{
	const struct ohtd_grid_plan plan = three();
	struct ohtd_grid grid = { 0 };

	(void)state;
	ohtd_grid_start(&grid, &plan, T0);
	assert_true(ohtd_grid_tick(&grid, T0, false));
	assert_false(ohtd_grid_give_up(&grid, T0 + CYCLE_NS - 1));
	assert_int_equal(ohtd_grid_next(&grid), 0);
	assert_true(ohtd_grid_give_up(&grid, T0 + CYCLE_NS));
	assert_int_equal(ohtd_grid_next(&grid), -1);
	assert_int_equal(grid.value[0].tried_ns, 0);
}

/* What goes out of turn takes 10 ms in all until a cycle begins in time, not until one begins. */
static void cycle_that_was_put_off_has_no_new_time_out_of_turn(void **state)
{
	const struct oht_reply reply = { 0 };
	struct ohtd_grid_plan plan = three();
	struct ohtd_grid grid = { .char_ns = CHAR_NS, .gap_ns = GAP_NS };
	uint64_t now_ns = T0 + CYCLE_NS - 1, two_ns = 2 * (16 * CHAR_NS + 3500000);
	int i;

	(void)state;
	for (i = 1; i < 3; i++) {
		plan.entry[i].function = OHT_WRITE_SINGLE;
		plan.entry[i].count = 1;
	}
	ohtd_grid_start(&grid, &plan, T0);
	ohtd_grid_tick(&grid, T0, false);
	finish(&grid, T0 + ONE_NS);
	ohtd_bus_hurry(&grid, 1);
	ohtd_bus_hurry(&grid, 2);
	assert_int_equal(grid.urgents, 2);
	now_ns += two_ns;
	ohtd_grid_done(&grid, 1, &reply, now_ns - two_ns / 2);
	/* A stop has ended it on the wire. */
	ohtd_grid_leave_out(&grid, 2, now_ns);
	/* The exchanges were waited for, and the point of the grid has passed meanwhile. */
	assert_true(ohtd_grid_tick(&grid, now_ns, false));
	ohtd_bus_hurry(&grid, 1);
	assert_int_equal(ohtd_grid_next(&grid), 0);
	finish(&grid, now_ns + ONE_NS);
	assert_true(ohtd_grid_tick(&grid, T0 + 2 * CYCLE_NS, false));
	ohtd_bus_hurry(&grid, 1);
	assert_int_equal(ohtd_grid_next(&grid), 1);
	assert_int_equal(grid.head.missed, 0);
}

/* What fails out of turn is no further error of a period, and its answer ends the row. */
static void errors_are_those_of_turns(void **state)
{
	const struct oht_reply good = { 0 }, silent = { .outcome = OHT_OUTCOME_TIMEOUT, .error = ETIMEDOUT };
	struct ohtd_grid grid = { .char_ns = CHAR_NS, .gap_ns = GAP_NS, .writes = ~0ull };
	struct ohtd_grid_plan plan = three();
	unsigned int turn;

	(void)state;
	plan.entry[0].function = OHT_WRITE_SINGLE;
	plan.entry[0].count = 1;
	ohtd_grid_start(&grid, &plan, T0);
	for (turn = 0; turn < 4; turn++) {
		assert_true(ohtd_grid_tick(&grid, T0 + turn * CYCLE_NS, false));
		ohtd_grid_done(&grid, 0, &silent, grid.grid_ns - CYCLE_NS / 2);
		assert_int_equal(grid.value[0].errors, turn + 1);
		finish(&grid, grid.grid_ns - CYCLE_NS / 3);
		ohtd_bus_hurry(&grid, 0);
		assert_int_equal(ohtd_grid_next(&grid), 0);
		ohtd_grid_done(&grid, 0, &silent, grid.grid_ns - CYCLE_NS / 4);
		assert_int_equal(grid.value[0].errors, turn + 1);
	}
	ohtd_grid_done(&grid, 0, &good, grid.grid_ns - 2);
	ohtd_grid_done(&grid, 0, &silent, grid.grid_ns - 1);
	assert_int_equal(grid.value[0].errors, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_are_those_of_the_line),
		cmocka_unit_test(bad_entry_is_named),
		cmocka_unit_test(entries_are_due_in_their_order),
		cmocka_unit_test(what_is_late_is_counted_and_comes_next),
		cmocka_unit_test(values_stay_and_errors_count),
		cmocka_unit_test(errors_are_those_of_turns),
		cmocka_unit_test(outputs_are_not_sent),
		cmocka_unit_test(cycle_that_exceeds_is_given_up),
		cmocka_unit_test(cycle_that_was_put_off_has_no_new_time_out_of_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
