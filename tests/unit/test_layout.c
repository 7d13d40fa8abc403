// SPDX-License-Identifier: GPL-2.0-or-later
/* The plan that the control thread gives the bus, and what it takes from the image, in virtual time. */
#include "robot_fixture.h"

#include <errno.h>
#include <string.h>

#define CYCLE_NS	(OHTD_CYCLE_MS * OHTD_NS_PER_MS)

static const struct ohtd_grid_plan *plan_of(const struct fixture *f)
{
	return &f->fake->grid.plan;
}

static bool asks(const struct fixture *f, uint8_t unit)
{
	unsigned int i;

	for (i = 0; i < plan_of(f)->count; i++)
		if (plan_of(f)->entry[i].unit == unit)
			return true;
	return false;
}

static unsigned int due_in(const struct fixture *f, unsigned int cycle, uint8_t unit,
			   uint8_t function)
{
	unsigned int i, count = 0;

	for (i = 0; i < plan_of(f)->count; i++) {
		const struct oht_cyclic_entry *entry = &plan_of(f)->entry[i];

		if (entry->unit == unit && entry->function == function &&
		    cycle % entry->period_cycles == entry->phase_cycles)
			count++;
	}
	return count;
}

static unsigned int read_in(const struct fixture *f, unsigned int cycle, uint8_t unit)
{
	return due_in(f, cycle, unit, OHT_READ_HOLDING);
}

static void plan_is_that_of_the_data(void **state)
{
	static const enum oht_profile profiles[] = { OHT_PROFILE_CANONICAL, OHT_PROFILE_LEGACY };
	unsigned int i, cycle;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct fixture *f = fixture_create(true);

		fixture_plug_all(f, profiles[i]);
		fixture_open(f);
		fixture_run_ms(f, 3000);
		for (cycle = 0; cycle < 200; cycle++) {
			unsigned int motors = profiles[i] == OHT_PROFILE_CANONICAL ? 2 : 1;
			bool direction = cycle % 8 == 3 || (motors == 2 && cycle % 8 == 7);

			assert_int_equal(read_in(f, cycle, SAFETY), 1);
			assert_int_equal(read_in(f, cycle, MOTOR), 1);
			assert_int_equal(read_in(f, cycle, DOCK), cycle % 4 == 1);
			assert_int_equal(read_in(f, cycle, POWER), cycle % 20 == 7);
			assert_int_equal(due_in(f, cycle, MOTOR, OHT_WRITE_SINGLE),
					 cycle % 2 ? direction : motors);
		}
		fixture_destroy(f);
	}
}

/* Every other loss is the control thread's to judge. */
static void bus_itself_stops_for_the_safety_module_only(void **state)
{
	struct fixture *f = fixture_safe();
	unsigned int i;

	(void)state;
	for (i = 0; i < plan_of(f)->count; i++) {
		const struct oht_cyclic_entry *entry = &plan_of(f)->entry[i];

		assert_int_equal(entry->loss, entry->unit == SAFETY ? OHT_CYCLIC_LOSS_STOP
								    : OHT_CYCLIC_LOSS_NONE);
		assert_in_range(entry->count, 1, OHTD_READ_MAX);
		/* What writes is a register of the drive. */
		if (entry->function != OHT_READ_HOLDING) {
			assert_int_equal(entry->function, OHT_WRITE_SINGLE);
			assert_int_equal(entry->unit, MOTOR);
		}
	}
	fixture_destroy(f);
}

static void wire_carries_the_plan_and_no_cycle_is_missed(void **state)
{
	struct fixture *f = fixture_safe();
	unsigned int cyclic[FAKE_UNITS] = { 0 };
	unsigned int from = f->fake->exchanges, i;
	struct ohtd_snapshot s = fixture_snapshot(f);
	uint64_t cycles = s.plan.cycles;

	(void)state;
	fixture_run_ms(f, 10000);
	for (i = from; i < f->fake->exchanges; i++)
		if (f->fake->log[i % FAKE_LOG].request.priority == OHT_PRIORITY_CYCLIC)
			cyclic[f->fake->log[i % FAKE_LOG].request.unit]++;
	assert_in_range(cyclic[SAFETY], 399, 401);
	assert_in_range(cyclic[MOTOR], 399, 401);
	assert_in_range(cyclic[DOCK], 99, 101);
	assert_in_range(cyclic[POWER], 19, 21);
	s = fixture_snapshot(f);
	assert_in_range(s.plan.cycles - cycles, 399, 401);
	assert_int_equal(s.plan.missed, 0);
	assert_int_equal(s.plan.exceeded, 0);
	/* The sweep goes beside it and takes no cycle. */
	assert_true(f->fake->exchanges - from > 400 + 400 + 100 + 20 + 200);
	assert_int_equal(s.plan.given, 0);
	assert_int_equal(s.plan.refused, 0);
	assert_int_equal(s.plan.entries, plan_of(f)->count);
	assert_in_range(s.plan.worst_permille, 900, 920);
	assert_in_range(s.plan.mean_permille, 700, 800);
	fixture_destroy(f);
}

/* Each exchange of the plan is seen once. */
static void control_cycle_follows_the_exchanges(void **state)
{
	struct fixture *f = fixture_safe();
	uint64_t requests = f->control.modules.units[MOTOR - 1].view.requests;
	uint64_t phase_ns;

	(void)state;
	phase_ns = (f->control.next_tick_ns - f->fake->grid.head.cycle_start_ns) % CYCLE_NS;
	assert_in_range(phase_ns, f->control.snapshot.plan.busy_worst_ns,
			f->control.snapshot.plan.busy_worst_ns + 2 * OHTD_NS_PER_MS);
	fixture_run_ms(f, 1000);
	requests = f->control.modules.units[MOTOR - 1].view.requests - requests;
	/* And the sweep's: one of four modules in each cycle. */
	assert_in_range(requests, 40, 55);
	assert_in_range(f->fake->longest_heartbeat_ns, 1, 26 * OHTD_NS_PER_MS);
	fixture_destroy(f);
}

/* The bus goes on while the control thread sleeps. Returns when the first cycle of plan @generation began. */
static uint64_t sleep_from_begin_of_plan(struct fixture *f, uint32_t generation, unsigned int ms)
{
	struct oht_cyclic_head head;
	uint64_t begin_ns = 0;

	while (ms--) {
		ohtd_manual_clock_advance(&f->time, OHTD_NS_PER_MS);
		fake_bus_run(f->fake);
		assert_int_equal(f->fake->bus.ops->image_head(&f->fake->bus, &head), 0);
		if (!begin_ns && head.generation == generation)
			begin_ns = head.cycle_start_ns;
	}
	return begin_ns;
}

/* When an echo is due is computed from the begin of the plan, so a late thread must not move it. */
static void begin_of_a_plan_is_known_behind_its_first_cycles(void **state)
{
	unsigned int slept_ms;

	(void)state;
	for (slept_ms = 5; slept_ms < 90; slept_ms += 20) {
		struct fixture *f = fixture_safe();
		const struct ohtd_layout *layout = &f->control.modules.layout;
		uint32_t generation = layout->generation;
		uint64_t begin_ns;

		f->control.modules.layout.backlog = true;
		while (layout->generation == generation)
			fixture_run_ms(f, 1);
		begin_ns = sleep_from_begin_of_plan(f, layout->generation, slept_ms);
		fixture_run_ms(f, CYCLE_NS / OHTD_NS_PER_MS);
		assert_true(begin_ns);
		assert_int_equal(layout->begin_ns, begin_ns);
		fixture_destroy(f);
	}
}

/* One missing answer costs nothing but itself. */
static void one_missing_answer_is_no_loss(void **state)
{
	static const uint8_t units[] = { SAFETY, MOTOR, DOCK, POWER };
	unsigned int i, ms;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct fixture *f = fixture_idle();
		uint64_t timeouts = f->control.modules.units[units[i] - 1].view.timeouts;

		f->fake->units[units[i]].fault = FAKE_SILENT;
		for (ms = 0; ms < 2000; ms++) {
			fixture_run_ms(f, 1);
			if (f->control.modules.units[units[i] - 1].view.timeouts != timeouts)
				break;
		}
		assert_true(ms < 2000);
		f->fake->units[units[i]].fault = FAKE_GOOD;
		fixture_run_ms(f, 3000);
		assert_string_equal(ohtd_state_name(f->control.state), "idle");
		assert_int_equal(f->control.modules.units[units[i] - 1].view.health, OHTD_HEALTH_GOOD);
		assert_true(asks(f, POWER) && asks(f, SAFETY) && asks(f, MOTOR) && asks(f, DOCK));
		fixture_destroy(f);
	}
}

static void silent_unit_leaves_the_plan_and_comes_back(void **state)
{
	struct fixture *f = fixture_idle();
	uint64_t missed;

	(void)state;
	f->fake->units[DOCK].fault = FAKE_SILENT;
	fixture_run_ms(f, 2500);
	assert_int_equal(f->control.modules.units[DOCK - 1].view.health, OHTD_HEALTH_LOST);
	assert_false(asks(f, DOCK));
	assert_true(asks(f, POWER) && asks(f, SAFETY) && asks(f, MOTOR));
	f->fake->units[DOCK].fault = FAKE_GOOD;
	fixture_run_ms(f, 4000);
	assert_int_equal(f->control.modules.units[DOCK - 1].view.health, OHTD_HEALTH_GOOD);
	assert_true(asks(f, DOCK));
	missed = f->fake->grid.head.missed;
	fixture_run_ms(f, 5000);
	assert_int_equal(f->fake->grid.head.missed, missed);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	fixture_destroy(f);
}

/* Its answers come too late for its neighbours: it is asked beside the plan, and is well. */
static void slow_unit_is_asked_beside_the_plan(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	f->fake->units[DOCK].turnaround_us = 12000;
	fixture_run_ms(f, 3000);
	assert_false(asks(f, DOCK));
	assert_int_equal(f->control.modules.units[DOCK - 1].view.health, OHTD_HEALTH_GOOD);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	f->fake->units[DOCK].turnaround_us = 1750;
	fixture_run_ms(f, 3000);
	assert_true(asks(f, DOCK));
	fixture_destroy(f);
}

static void refused_plan_is_a_fault_with_its_figures(void **state)
{
	struct fixture *f = fixture_create(true);
	struct ohtd_snapshot s;

	(void)state;
	f->fake->plan_error = -EDQUOT;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	fixture_open(f);
	fixture_run_ms(f, 2000);
	s = fixture_snapshot(f);
	assert_int_equal(s.plan.refused, 1);
	assert_int_equal(s.plan.entries, 0);
	assert_true(s.plan.worst_permille > 0);
	assert_true(fixture_says(&s.faults, OHTD_WHY_PLAN_REFUSED, 0));
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_REFUSED);
	/* The same plan is not offered again and again. */
	assert_in_range(f->fake->plan_calls, 1, f->control.snapshot.bus.cycles / 2);
	f->fake->plan_error = 0;
	fixture_run_ms(f, 8000);
	s = fixture_snapshot(f);
	assert_int_equal(s.plan.refused, 0);
	assert_true(asks(f, POWER) && asks(f, SAFETY) && asks(f, MOTOR) && asks(f, DOCK));
	fixture_destroy(f);
}

/*
 * Programs beside ohtd may not keep a stop from the bus for much longer than its own reads do. A device
 * that cannot keep that budget gets the plan without one.
 */
static void plan_has_a_stop_budget(void **state)
{
	static const uint64_t stops_ns[] = { 6200000, 80000000 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct fixture *f = fixture_create(true);

		f->fake->stop_ns = stops_ns[i];
		fixture_plug_all(f, OHT_PROFILE_CANONICAL);
		fixture_open(f);
		fixture_run_ms(f, 3000);
		assert_int_equal(fixture_snapshot(f).plan.refused, 0);
		assert_true(asks(f, POWER) && asks(f, SAFETY) && asks(f, MOTOR) && asks(f, DOCK));
		/* Between the read of 8 registers, which takes 6.2 ms, and that of 100. */
		if (i)
			assert_int_equal(f->fake->stop_budget_us, 0);
		else
			assert_in_range(f->fake->stop_budget_us, 6200, 20000);
		fixture_destroy(f);
	}
}

/* The plan before is not in force yet: again in the next cycle. */
static void busy_bus_gets_the_plan_later(void **state)
{
	struct fixture *f = fixture_create(true);
	struct ohtd_snapshot s;

	(void)state;
	f->fake->plan_error = -EBUSY;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	fixture_open(f);
	fixture_run_ms(f, 400);
	s = fixture_snapshot(f);
	assert_int_equal(s.plan.refused, 0);
	f->fake->plan_error = 0;
	fixture_run_ms(f, 3000);
	assert_true(asks(f, SAFETY));
	fixture_destroy(f);
}

/* A plan outlives its controller. */
static void plan_of_another_program_is_replaced(void **state)
{
	struct fixture *f = fixture_create(true);
	const struct ohtd_grid_plan foreign = {
		.count = 1, .cycle_us = 25000, .generation = 77,
		.entry = { {
			.unit = 7, .function = OHT_READ_HOLDING, .loss_errors = 1, .count = 1,
			.period_cycles = 1, .timeout_us = 20000,
		} },
	};

	(void)state;
	f->fake->generation = 77;
	ohtd_grid_start(&f->fake->grid, &foreign, atomic_load(&f->time.now_ns));
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	fixture_open(f);
	fixture_run_ms(f, 3000);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	assert_false(asks(f, 7));
	assert_true(asks(f, SAFETY));
	fixture_destroy(f);
}

static void shutdown_ends_the_plan(void **state)
{
	struct fixture *f = fixture_safe();

	(void)state;
	assert_true(plan_of(f)->count > 0);
	atomic_store(&f->control.quit, true);
	fixture_run_ms(f, 500);
	assert_true(f->control.ended);
	assert_int_equal(plan_of(f)->count, 0);
	fixture_destroy(f);
}

/* What the unit says of its registers becomes part of the plan. */
static void plan_follows_the_registers_that_a_unit_knows(void **state)
{
	struct fixture *f = fixture_create(true);
	unsigned int i;

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	f->fake->units[SAFETY].known[0x0003] = false;
	fixture_open(f);
	fixture_run_ms(f, 3000);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	for (i = 0; i < plan_of(f)->count; i++) {
		const struct oht_cyclic_entry *entry = &plan_of(f)->entry[i];

		if (entry->unit == SAFETY)
			assert_false(entry->address <= 3 && entry->address + entry->count > 3);
	}
	fixture_destroy(f);
}

static void lateness_of_every_cycle_is_counted(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_snapshot s;
	uint64_t sum = 0;
	unsigned int i;

	(void)state;
	ohtd_manual_clock_advance(&f->time, CYCLE_NS + 20 * OHTD_NS_PER_MS);
	fixture_run_ms(f, 100);
	s = fixture_snapshot(f);
	for (i = 0; i < OHTD_LATE_BUCKETS; i++)
		sum += s.bus.late[i];
	assert_int_equal(sum, s.bus.cycles);
	assert_int_equal(s.bus.late[0], sum - 1);
	assert_in_range(s.bus.late_sum_ns, 20 * OHTD_NS_PER_MS, 45 * OHTD_NS_PER_MS);
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan_is_that_of_the_data),
		cmocka_unit_test(bus_itself_stops_for_the_safety_module_only),
		cmocka_unit_test(wire_carries_the_plan_and_no_cycle_is_missed),
		cmocka_unit_test(control_cycle_follows_the_exchanges),
		cmocka_unit_test(begin_of_a_plan_is_known_behind_its_first_cycles),
		cmocka_unit_test(one_missing_answer_is_no_loss),
		cmocka_unit_test(silent_unit_leaves_the_plan_and_comes_back),
		cmocka_unit_test(slow_unit_is_asked_beside_the_plan),
		cmocka_unit_test(refused_plan_is_a_fault_with_its_figures),
		cmocka_unit_test(plan_has_a_stop_budget),
		cmocka_unit_test(busy_bus_gets_the_plan_later),
		cmocka_unit_test(plan_of_another_program_is_replaced),
		cmocka_unit_test(shutdown_ends_the_plan),
		cmocka_unit_test(plan_follows_the_registers_that_a_unit_knows),
		cmocka_unit_test(lateness_of_every_cycle_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
