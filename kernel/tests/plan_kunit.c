// SPDX-License-Identifier: GPL-2.0-only
/*
 * The arithmetic of plans: figures computed by hand, and random plans against a simulation that
 * lays their exchanges side by side, one cycle after another, until everything repeats.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "../plan.h"

#define PLANS_RANDOM	200
#define NS_PER_US	1000ULL

static struct oht_timing timing;
static struct oht_plan plan;
static struct oht_plan_figures figures;
static u32 bad_entry;

static u32 seed;

static u32 plan_random(u32 below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static void plan_line(struct kunit *test, u32 baud_bps)
{
	const struct oht_line line = { .baud_bps = baud_bps, .stop_bits = 1, .gap_char_bits = 11 };
	const char *what;

	KUNIT_ASSERT_EQ(test, oht_timing_init(&timing, &line, baud_bps * 1000ULL, &what), 0);
}

static int plan_init(struct kunit *test)
{
	memset(&plan, 0, sizeof(plan));
	plan.cycle_us = 25000;
	plan.whole_cycles = 8;
	seed = 1;
	plan_line(test, 115200);
	return 0;
}

static struct oht_plan_entry *plan_add(u8 unit, u8 function, u16 count)
{
	struct oht_plan_entry *entry = &plan.entry[plan.entries++];

	*entry = (struct oht_plan_entry) {
		.unit = unit,
		.function = function,
		.loss_errors = 3,
		.count = count,
		.period_cycles = 1,
		.timeout_us = 20000,
		.turnaround_us = 1750,
	};
	return entry;
}

static int plan_compute(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, oht_plan_check(&plan, &bad_entry), 0);
	KUNIT_EXPECT_EQ(test, bad_entry, plan.entries);
	return oht_plan_compute(&plan, &timing, true, &figures);
}

/* ---- figures by hand ---- */

/* Four units, 6 registers each, in every cycle: 22.7 ms, 91 %. */
static void plan_four_units(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		plan_add(2 + i, 3, 6);
	KUNIT_EXPECT_EQ(test, plan_compute(test), 0);
	/* 4 x (1.75 ms gap + 8 + 17 characters + 1.75 ms turnaround) */
	KUNIT_EXPECT_GE(test, figures.busy_worst_ns, 22680555);
	KUNIT_EXPECT_LE(test, figures.busy_worst_ns, 22680560);
	KUNIT_EXPECT_EQ(test, figures.worst_permille, 908);
	KUNIT_EXPECT_EQ(test, figures.mean_permille, 908);
	KUNIT_EXPECT_EQ(test, figures.hyperperiod_cycles, 1);
	KUNIT_EXPECT_EQ(test, figures.slack_min_ns, 25000000 - figures.busy_worst_ns);
	KUNIT_EXPECT_EQ(test, figures.slack_max_ns, figures.slack_min_ns);
	/* The slack of one cycle, all of the next one, then the own gap. */
	KUNIT_EXPECT_EQ(test, figures.command_wait_ns, 25000000 + 1750000);
}

/* That of the specification: two units in every cycle, one in every 4th, one in every 20th. */
static void plan_default(struct kunit *test)
{
	struct oht_plan_entry *dock, *power;

	plan_add(3, 3, 4);
	plan_add(4, 3, 6);
	dock = plan_add(5, 3, 3);
	dock->period_cycles = 4;
	power = plan_add(2, 3, 3);
	power->period_cycles = 20;
	power->phase_cycles = 2;
	plan.stop_budget_us = 10000;
	KUNIT_EXPECT_EQ(test, plan_compute(test), 0);
	KUNIT_EXPECT_EQ(test, figures.hyperperiod_cycles, 20);
	KUNIT_EXPECT_LE(test, figures.worst_permille, 650);
	KUNIT_EXPECT_LE(test, figures.mean_permille, figures.worst_permille);
	KUNIT_EXPECT_EQ(test, figures.longest_entry, 1);
}

/* Reads of 8 registers, turnaround 1.75 ms: see oht_timing_stop_bound_ns(). */
static void plan_stop_bound(struct kunit *test)
{
	plan_add(3, 3, 2);
	plan_add(4, 3, 8);
	plan_add(5, 3, 8);
	plan.stop_budget_us = 10000;
	KUNIT_EXPECT_EQ(test, plan_compute(test), 0);
	KUNIT_EXPECT_GE(test, figures.stop_ns, 6199000);
	KUNIT_EXPECT_LE(test, figures.stop_ns, 6201000);
	KUNIT_EXPECT_EQ(test, figures.longest_entry, 1);
}

/* So long may each of its characters be waited for. */
static void plan_stop_pauses(struct kunit *test)
{
	u64 stop_ns;

	plan_add(3, 3, 8);
	KUNIT_EXPECT_EQ(test, oht_plan_compute(&plan, &timing, true, &figures), 0);
	stop_ns = figures.stop_ns;
	plan.pause_us[0] = 2000;
	KUNIT_EXPECT_EQ(test, oht_plan_compute(&plan, &timing, true, &figures), 0);
	KUNIT_EXPECT_EQ(test, figures.stop_ns, stop_ns + 21 * 2000 * NS_PER_US);
	plan.stop_budget_us = 10000;
	KUNIT_EXPECT_EQ(test, oht_plan_compute(&plan, &timing, true, &figures), -EDQUOT);
}

static u64 plan_busy_ns(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, plan_compute(test), 0);
	return figures.busy_worst_ns;
}

/*
 * A unit rests while the others are asked; what is longer than that is time of the cycle, and so is
 * each rest between two exchanges with the same unit.
 */
static void plan_rests(struct kunit *test)
{
	u64 one_ns, all_ns;

	plan_add(3, 3, 8);
	one_ns = plan_busy_ns(test);
	plan_add(4, 3, 8);
	plan_add(5, 3, 8);
	all_ns = plan_busy_ns(test);
	plan.rest_us[2] = 2 * one_ns / NS_PER_US;
	KUNIT_EXPECT_EQ(test, plan_busy_ns(test), all_ns);
	plan.rest_us[2] += 1000;
	KUNIT_EXPECT_GE(test, plan_busy_ns(test), all_ns + 999 * NS_PER_US);
	KUNIT_EXPECT_LE(test, figures.busy_worst_ns, all_ns + 1000 * NS_PER_US);
	/* In the worst case a stop meets the end of its answer. */
	KUNIT_EXPECT_EQ(test, figures.longest_entry, 2);
	/* The others rest as well: none of them is asked meanwhile. */
	plan.rest_us[0] = 2000;
	plan.rest_us[1] = 2000;
	plan.rest_us[2] = 3000;
	KUNIT_EXPECT_EQ(test, plan_busy_ns(test), all_ns + 3000 * NS_PER_US);
	/* Twice in a cycle, with one rest between the two that nothing else fills. */
	plan.rest_us[0] = 0;
	plan.rest_us[1] = 3000;
	plan.entry[2].unit = 4;
	KUNIT_EXPECT_EQ(test, plan_busy_ns(test), all_ns + 3000 * NS_PER_US);
	/* Not in the same cycle: none. */
	plan.entry[1].period_cycles = 2;
	plan.entry[2].period_cycles = 2;
	plan.entry[2].phase_cycles = 1;
	KUNIT_EXPECT_EQ(test, plan_busy_ns(test), 2 * one_ns);
}

/* Refused with the figures; one microsecond less is taken. */
static void plan_rests_refused(struct kunit *test)
{
	plan_add(3, 3, 8);
	plan_add(3, 3, 8);
	plan.rest_us[0] = (23750000 - plan_busy_ns(test)) / NS_PER_US / 2;
	plan.rest_us[1] = plan.rest_us[0];
	KUNIT_EXPECT_EQ(test, plan_compute(test), 0);
	KUNIT_EXPECT_EQ(test, figures.worst_permille, 950);
	plan.rest_us[0] += 2;
	plan.rest_us[1] = plan.rest_us[0];
	KUNIT_EXPECT_EQ(test, plan_compute(test), -EDQUOT);
	KUNIT_EXPECT_EQ(test, figures.worst_permille, 951);
	/* And by the budget of a stop, which the telegram to that unit waits for. */
	plan.rest_us[0] = 3000;
	plan.rest_us[1] = 3000;
	KUNIT_EXPECT_EQ(test, plan_compute(test), 0);
	plan.stop_budget_us = figures.stop_ns / NS_PER_US;
	KUNIT_EXPECT_EQ(test, plan_compute(test), -EDQUOT);
	plan.rest_us[0] = 2999;
	plan.rest_us[1] = 2999;
	KUNIT_EXPECT_EQ(test, plan_compute(test), 0);
}

static void plan_stop_budget(struct kunit *test)
{
	plan_add(4, 3, 100);
	KUNIT_EXPECT_EQ(test, plan_compute(test), 0);
	plan.stop_budget_us = 23000;
	KUNIT_EXPECT_EQ(test, plan_compute(test), 0);
	plan.stop_budget_us = 22000;
	KUNIT_EXPECT_EQ(test, plan_compute(test), -EDQUOT);
	/* 1 + 205 + 8 characters, 3.5 ms of silence */
	KUNIT_EXPECT_GE(test, figures.stop_ns, 22000000);
	KUNIT_EXPECT_LE(test, figures.stop_ns, 23000000);
}

/* To the microsecond: what fits exactly is accepted, one less is not. */
static void plan_stop_budget_edge(struct kunit *test)
{
	plan_line(test, 1000000);
	plan_add(4, 3, 1)->turnaround_us = 3000;
	/* Two characters of 10 us and a bit, turnaround, 7 characters, gap, 8 characters. */
	plan.stop_budget_us = 21 + 3000 + 70 + 1750 + 80;
	KUNIT_EXPECT_EQ(test, plan_compute(test), 0);
	plan.stop_budget_us--;
	KUNIT_EXPECT_EQ(test, plan_compute(test), -EDQUOT);
}

/* No exchange of a plan may keep those whose loss stops from the bus until they are lost. */
static void plan_holds(struct kunit *test)
{
	struct oht_plan_entry *entry = plan_add(3, 3, 4), *other = plan_add(4, 3, 1);

	other->timeout_us = 1000000;
	KUNIT_EXPECT_EQ(test, plan_compute(test), 0);
	KUNIT_EXPECT_EQ(test, figures.hold_max_ns, 0);
	entry->loss_action = OHT_LOSS_STOP;
	entry->loss_errors = 4;
	KUNIT_EXPECT_EQ(test, oht_plan_check_holds(&plan, &timing, &bad_entry), -EDQUOT);
	KUNIT_EXPECT_EQ(test, bad_entry, 1);
	/* 75 ms, of which 16 characters and the gap take 3.14. */
	other->timeout_us = 71800;
	KUNIT_EXPECT_EQ(test, oht_plan_check_holds(&plan, &timing, &bad_entry), 0);
	KUNIT_EXPECT_EQ(test, plan_compute(test), 0);
	KUNIT_EXPECT_EQ(test, figures.hold_max_ns, 75000000);
	/* Seven characters of its reply, and as many pauses. */
	plan.pause_us[1] = 100;
	KUNIT_EXPECT_EQ(test, plan_compute(test), -EDQUOT);
	other->timeout_us = 71100;
	KUNIT_EXPECT_EQ(test, plan_compute(test), 0);
	other->timeout_us = 71900;
	plan.pause_us[1] = 0;
	KUNIT_EXPECT_EQ(test, plan_compute(test), -EDQUOT);
	/* The least of all counts, with its period, and never less than a cycle. */
	entry->period_cycles = 2;
	KUNIT_EXPECT_EQ(test, plan_compute(test), 0);
	KUNIT_EXPECT_EQ(test, figures.hold_max_ns, 150000000);
	other->timeout_us = 20000;
	other->loss_action = OHT_LOSS_STOP;
	other->loss_errors = 1;
	KUNIT_EXPECT_EQ(test, plan_compute(test), 0);
	KUNIT_EXPECT_EQ(test, figures.hold_max_ns, 25000000);
}

static void plan_no_exact_timing(struct kunit *test)
{
	plan_add(3, 3, 2);
	KUNIT_EXPECT_EQ(test, oht_plan_compute(&plan, &timing, false, &figures), 0);
	KUNIT_EXPECT_TRUE(test, figures.stop_ns == OHT_PLAN_UNBOUNDED_NS);
	plan.stop_budget_us = OHT_PLAN_STOP_BUDGET_MAX_US;
	KUNIT_EXPECT_EQ(test, oht_plan_compute(&plan, &timing, false, &figures), -EDQUOT);
	KUNIT_EXPECT_GT(test, figures.busy_worst_ns, 0);
}

/* 95 % is the last that is accepted: at 1 Mbit/s a character is 10 us. */
static void plan_load_edge(struct kunit *test)
{
	plan_line(test, 1000000);
	/* 1750 + 150 + turnaround = 9500 us of 10000 */
	plan.cycle_us = 10000;
	plan_add(4, 3, 1)->turnaround_us = 7600;
	KUNIT_EXPECT_EQ(test, plan_compute(test), 0);
	KUNIT_EXPECT_EQ(test, figures.worst_permille, 950);
	plan.entry[0].turnaround_us = 7601;
	KUNIT_EXPECT_EQ(test, plan_compute(test), -EDQUOT);
	KUNIT_EXPECT_EQ(test, figures.worst_permille, 951);
	KUNIT_EXPECT_EQ(test, figures.slack_min_ns, 499000);
}

/* More than a whole cycle: nothing is left, and nothing wraps around. */
static void plan_far_too_heavy(struct kunit *test)
{
	unsigned int i;

	plan_line(test, 1200);
	plan.cycle_us = OHT_PLAN_CYCLE_MIN_US;
	for (i = 0; i < OHT_PLAN_ENTRIES_MAX; i++) {
		struct oht_plan_entry *entry = plan_add(1 + i, 3, 125);

		entry->timeout_us = OHT_TURNAROUND_MAX_US;
		entry->turnaround_us = OHT_TURNAROUND_MAX_US;
	}
	KUNIT_EXPECT_EQ(test, plan_compute(test), -EDQUOT);
	KUNIT_EXPECT_EQ(test, figures.slack_min_ns, 0);
	KUNIT_EXPECT_EQ(test, figures.slack_max_ns, 0);
	KUNIT_EXPECT_GT(test, figures.worst_permille, 64 * 5000000);
}

/* ---- simulation ---- */

static void plan_make_random(void)
{
	static const u8 functions[] = { 3, 4, 6, 16, 23 };
	static const u16 periods[] = { 1, 1, 2, 3, 4, 5, 6, 8, 20 };
	unsigned int entries = 1 + plan_random(8);

	plan.entries = 0;
	plan.cycle_us = 20000 + plan_random(200000);
	while (plan.entries < entries) {
		u8 function = functions[plan_random(ARRAY_SIZE(functions))];
		struct oht_plan_entry *entry;

		entry = plan_add(1 + plan_random(247), function,
				 function == 6 ? 1 : 1 + plan_random(20));
		if (function == 23)
			entry->write_count = 1 + plan_random(20);
		entry->period_cycles = periods[plan_random(ARRAY_SIZE(periods))];
		entry->phase_cycles = plan_random(entry->period_cycles);
		entry->turnaround_us = plan_random(5000);
	}
}

/* How long the bus is busy in one cycle: the exchanges one after the other. */
static u64 plan_simulate_cycle(u64 cycle)
{
	u64 busy_ns = 0;
	u32 i;

	for (i = 0; i < plan.entries; i++) {
		const struct oht_plan_entry *entry = &plan.entry[i];

		/* Due by its definition, not as the code under test has it. */
		if ((cycle + entry->period_cycles - entry->phase_cycles) % entry->period_cycles)
			continue;
		busy_ns += oht_plan_entry_ns(entry, &timing);
	}
	return busy_ns;
}

/* Longest wait of a command that arrives at the beginning of the slack of @cycle, just too late. */
static u64 plan_simulate_wait(u64 cycle)
{
	u64 cycle_ns = plan.cycle_us * NS_PER_US;
	u64 arrives_ns = cycle * cycle_ns + plan_simulate_cycle(cycle);
	u64 starts_ns = (cycle + 1) * cycle_ns + plan_simulate_cycle(cycle + 1);

	return starts_ns - arrives_ns + timing.t35_ns + timing.de_setup_ns;
}

static void plan_compare(struct kunit *test, int refused)
{
	u64 cycle_ns = plan.cycle_us * NS_PER_US;
	u64 worst_ns = 0, least_ns = U64_MAX, wait_ns = 0, sum_ns = 0, busy_ns;
	u64 cycles = 2ULL * figures.hyperperiod_cycles;
	u64 cycle;

	for (cycle = 0; cycle < cycles; cycle++) {
		busy_ns = plan_simulate_cycle(cycle);
		worst_ns = max(worst_ns, busy_ns);
		least_ns = min(least_ns, busy_ns);
		wait_ns = max(wait_ns, plan_simulate_wait(cycle));
		sum_ns += busy_ns;
		KUNIT_EXPECT_EQ(test, busy_ns,
				plan_simulate_cycle(cycle + figures.hyperperiod_cycles));
	}
	KUNIT_EXPECT_EQ(test, figures.busy_worst_ns, worst_ns);
	KUNIT_EXPECT_EQ(test, refused, worst_ns * 1000 > cycle_ns * 950 ? -EDQUOT : 0);
	KUNIT_EXPECT_GE(test, figures.mean_permille * cycle_ns * cycles, sum_ns * 1000);
	KUNIT_EXPECT_LT(test, (figures.mean_permille - 1) * cycle_ns * cycles, sum_ns * 1000);
	if (refused)
		return;
	KUNIT_EXPECT_EQ(test, figures.slack_min_ns, cycle_ns - worst_ns);
	KUNIT_EXPECT_EQ(test, figures.slack_max_ns, cycle_ns - least_ns);
	KUNIT_EXPECT_EQ(test, figures.command_wait_ns, wait_ns);
}

static void plan_random_plans(struct kunit *test)
{
	unsigned int accepted = 0, i;
	int refused;

	for (i = 0; i < PLANS_RANDOM; i++) {
		plan_make_random();
		refused = plan_compute(test);
		plan_compare(test, refused);
		accepted += !refused;
	}
	/* Both kinds were among them. */
	KUNIT_EXPECT_GT(test, accepted, PLANS_RANDOM / 4);
	KUNIT_EXPECT_LT(test, accepted, PLANS_RANDOM);
}

/* The next cycle in which an entry is due, against a search. */
static void plan_next_due(struct kunit *test)
{
	struct oht_plan_entry *entry = plan_add(1, 3, 1);
	u64 cycle, next;

	for (entry->period_cycles = 1; entry->period_cycles < 9; entry->period_cycles++) {
		for (entry->phase_cycles = 0; entry->phase_cycles < entry->period_cycles;
		     entry->phase_cycles++) {
			for (cycle = 0; cycle < 40; cycle++) {
				next = cycle + 1;
				while (next % entry->period_cycles != entry->phase_cycles)
					next++;
				KUNIT_EXPECT_EQ(test, oht_plan_next_due(entry, cycle), next);
			}
		}
	}
	/* Before the first cycle. */
	entry->period_cycles = 4;
	entry->phase_cycles = 3;
	KUNIT_EXPECT_EQ(test, oht_plan_next_due(entry, U64_MAX), 3);
	entry->phase_cycles = 0;
	KUNIT_EXPECT_EQ(test, oht_plan_next_due(entry, U64_MAX), 0);
}

/* ---- refusals ---- */

static void plan_expect_bad(struct kunit *test, int error, u32 entry)
{
	KUNIT_EXPECT_EQ(test, oht_plan_check(&plan, &bad_entry), error);
	KUNIT_EXPECT_EQ(test, bad_entry, entry);
}

#define PLAN_REFUSE_ENTRY(error, member, value)				\
	do {								\
		struct oht_plan_entry kept = plan.entry[1];		\
									\
		plan.entry[1].member = (value);				\
		plan_expect_bad(test, error, 1);			\
		plan.entry[1] = kept;					\
	} while (0)

/* No plan talks to all units, or to an address that is reserved, whatever it wants to do there. */
static void plan_refuse_unit(struct kunit *test)
{
	static const u8 functions[] = { 3, 4, 6, 16, 23 };
	struct oht_plan_entry *entry;
	unsigned int i, unit;

	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		plan_init(test);
		plan_add(3, 3, 2);
		entry = plan_add(4, functions[i], 1);
		entry->write_count = functions[i] == 23;
		for (unit = 0; unit <= 255; unit++) {
			entry->unit = unit;
			if (unit >= 1 && unit <= 247)
				plan_expect_bad(test, 0, 2);
			else
				plan_expect_bad(test, -EINVAL, 1);
		}
	}
}

static void plan_refuse_entry(struct kunit *test)
{
	plan_add(3, 3, 2);
	plan_add(4, 3, 2);
	plan_expect_bad(test, 0, 2);
	PLAN_REFUSE_ENTRY(-EOPNOTSUPP, function, 0);
	PLAN_REFUSE_ENTRY(-EOPNOTSUPP, function, 1);
	PLAN_REFUSE_ENTRY(-EOPNOTSUPP, function, 5);
	PLAN_REFUSE_ENTRY(-EOPNOTSUPP, function, 22);
	PLAN_REFUSE_ENTRY(-EOPNOTSUPP, function, 0x83);
	PLAN_REFUSE_ENTRY(-EINVAL, function, 6);
	PLAN_REFUSE_ENTRY(-EINVAL, function, 23);
	PLAN_REFUSE_ENTRY(-EINVAL, loss_action, 2);
	PLAN_REFUSE_ENTRY(-EINVAL, loss_errors, 0);
	PLAN_REFUSE_ENTRY(-EINVAL, count, 0);
	PLAN_REFUSE_ENTRY(-EINVAL, count, 126);
	PLAN_REFUSE_ENTRY(-EINVAL, address, 0xffff);
	PLAN_REFUSE_ENTRY(-EINVAL, write_address, 1);
	PLAN_REFUSE_ENTRY(-EINVAL, write_count, 1);
	PLAN_REFUSE_ENTRY(-EINVAL, period_cycles, 0);
	PLAN_REFUSE_ENTRY(-EINVAL, period_cycles, OHT_PLAN_PERIOD_MAX_CYCLES + 1);
	PLAN_REFUSE_ENTRY(-EINVAL, phase_cycles, 1);
	PLAN_REFUSE_ENTRY(-EINVAL, timeout_us, OHT_TURNAROUND_MIN_US - 1);
	PLAN_REFUSE_ENTRY(-EINVAL, timeout_us, OHT_TURNAROUND_MAX_US + 1);
	PLAN_REFUSE_ENTRY(-EINVAL, turnaround_us, 20001);
	PLAN_REFUSE_ENTRY(-EINVAL, reserved[0], 1);
	PLAN_REFUSE_ENTRY(-EINVAL, reserved[1], 1);
	plan_expect_bad(test, 0, 2);
}

static void plan_refuse_exchange(struct kunit *test)
{
	plan_add(3, 3, 2);
	plan_add(4, 23, 2)->write_count = 121;
	plan_expect_bad(test, 0, 2);
	PLAN_REFUSE_ENTRY(-EINVAL, write_count, 0);
	PLAN_REFUSE_ENTRY(-EINVAL, write_count, 122);
	PLAN_REFUSE_ENTRY(-EINVAL, write_address, 0xffff);
}

static void plan_refuse_value(struct kunit *test, u32 *member, u32 value)
{
	u32 kept = *member;

	*member = value;
	plan_expect_bad(test, -EINVAL, plan.entries);
	*member = kept;
}

static void plan_refuse_plan(struct kunit *test)
{
	plan_refuse_value(test, &plan.cycle_us, 25000);
	plan_add(3, 3, 2);
	plan_refuse_value(test, &plan.cycle_us, OHT_PLAN_CYCLE_MIN_US - 1);
	plan_refuse_value(test, &plan.cycle_us, OHT_PLAN_CYCLE_MAX_US + 1);
	plan_refuse_value(test, &plan.stop_budget_us, OHT_PLAN_STOP_BUDGET_MAX_US + 1);
	plan_refuse_value(test, &plan.whole_cycles, 1);
	plan_refuse_value(test, &plan.whole_cycles, OHT_PLAN_PERIOD_MAX_CYCLES + 1);
	plan_expect_bad(test, 0, 1);
}

/* 8 x 9 x 5 x 7 is fine, 11 more is not: told by the entry with which it becomes too long. */
static void plan_refuse_hyperperiod(struct kunit *test)
{
	static const u16 periods[] = { 8, 9, 5, 7, 11, 13 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(periods); i++)
		plan_add(1 + i, 3, 1)->period_cycles = periods[i];
	plan_expect_bad(test, -EINVAL, 4);
	plan.entries = 4;
	KUNIT_EXPECT_EQ(test, plan_compute(test), 0);
	KUNIT_EXPECT_EQ(test, figures.hyperperiod_cycles, 2520);
}

static struct kunit_case plan_cases[] = {
	KUNIT_CASE(plan_four_units),
	KUNIT_CASE(plan_default),
	KUNIT_CASE(plan_stop_bound),
	KUNIT_CASE(plan_stop_pauses),
	KUNIT_CASE(plan_rests),
	KUNIT_CASE(plan_rests_refused),
	KUNIT_CASE(plan_stop_budget),
	KUNIT_CASE(plan_stop_budget_edge),
	KUNIT_CASE(plan_holds),
	KUNIT_CASE(plan_no_exact_timing),
	KUNIT_CASE(plan_load_edge),
	KUNIT_CASE(plan_far_too_heavy),
	KUNIT_CASE(plan_random_plans),
	KUNIT_CASE(plan_next_due),
	KUNIT_CASE(plan_refuse_unit),
	KUNIT_CASE(plan_refuse_entry),
	KUNIT_CASE(plan_refuse_exchange),
	KUNIT_CASE(plan_refuse_plan),
	KUNIT_CASE(plan_refuse_hyperperiod),
	{}
};

static struct kunit_suite plan_suite = {
	.name = "oht_plan",
	.init = plan_init,
	.test_cases = plan_cases,
};

kunit_test_suites(&plan_suite);
