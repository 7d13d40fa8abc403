// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/time64.h>
#include "frame.h"
#include "plan.h"

/* ---- is it one ---- */

static const u16 oht_plan_nothing[OHT_WORDS_MAX];

static struct oht_frame_request oht_plan_request(const struct oht_plan_entry *entry)
{
	return (struct oht_frame_request) {
		.unit = entry->unit,
		.function = entry->function,
		.address = entry->address,
		.count = entry->count,
		.write_address = entry->write_address,
		.write_count = entry->write_count,
		.words = oht_plan_nothing,
	};
}

bool oht_plan_is_output(const struct oht_plan_entry *entry)
{
	return oht_frame_is_write(entry->function);
}

unsigned int oht_plan_output_words(const struct oht_plan_entry *entry)
{
	if (entry->function == OHT_FC_READ_WRITE)
		return entry->write_count;
	return oht_plan_is_output(entry) ? entry->count : 0;
}

static bool oht_plan_knows(u8 function)
{
	switch (function) {
	case OHT_FC_READ_HOLDING:
	case OHT_FC_READ_INPUT:
	case OHT_FC_WRITE_REGISTER:
	case OHT_FC_WRITE_REGISTERS:
	case OHT_FC_READ_WRITE:
		return true;
	default:
		return false;
	}
}

static int oht_plan_check_entry(const struct oht_plan_entry *entry)
{
	const struct oht_frame_request request = oht_plan_request(entry);

	if (entry->reserved[0] || entry->reserved[1] || !oht_unit_is_good(entry->unit))
		return -EINVAL;
	if (!oht_plan_knows(entry->function))
		return -EOPNOTSUPP;
	if (entry->function != OHT_FC_READ_WRITE && (entry->write_address || entry->write_count))
		return -EINVAL;
	if (entry->loss_action > OHT_LOSS_STOP || !entry->loss_errors)
		return -EINVAL;
	if (!entry->period_cycles || entry->period_cycles > OHT_PLAN_PERIOD_MAX_CYCLES ||
	    entry->phase_cycles >= entry->period_cycles)
		return -EINVAL;
	if (entry->timeout_us < OHT_TURNAROUND_MIN_US ||
	    entry->timeout_us > OHT_TURNAROUND_MAX_US || entry->turnaround_us > entry->timeout_us)
		return -EINVAL;
	return oht_frame_check(&request);
}

static u32 oht_plan_gcd(u32 a, u32 b)
{
	while (b) {
		u32 rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* After so many cycles everything repeats; @bad_entry is the first with which it is too long. */
static u32 oht_plan_hyperperiod(const struct oht_plan *plan, u32 *bad_entry)
{
	u32 cycles = 1;

	for (*bad_entry = 0; *bad_entry < plan->entries; ++*bad_entry) {
		u32 period = plan->entry[*bad_entry].period_cycles;

		cycles *= period / oht_plan_gcd(cycles, period);
		if (cycles > OHT_PLAN_HYPERPERIOD_MAX_CYCLES)
			break;
	}
	return cycles;
}

int oht_plan_check(const struct oht_plan *plan, u32 *bad_entry)
{
	int ret;

	*bad_entry = plan->entries;
	if (!plan->entries || plan->entries > OHT_PLAN_ENTRIES_MAX)
		return -EINVAL;
	if (plan->cycle_us < OHT_PLAN_CYCLE_MIN_US || plan->cycle_us > OHT_PLAN_CYCLE_MAX_US ||
	    plan->stop_budget_us > OHT_PLAN_STOP_BUDGET_MAX_US)
		return -EINVAL;
	if (plan->whole_cycles < 2 || plan->whole_cycles > OHT_PLAN_PERIOD_MAX_CYCLES)
		return -EINVAL;
	for (*bad_entry = 0; *bad_entry < plan->entries; ++*bad_entry) {
		ret = oht_plan_check_entry(&plan->entry[*bad_entry]);
		if (ret)
			return ret;
	}
	oht_plan_hyperperiod(plan, bad_entry);
	return *bad_entry < plan->entries ? -EINVAL : 0;
}

/* ---- the grid ---- */

u64 oht_plan_next_due(const struct oht_plan_entry *entry, u64 cycle)
{
	u64 next = cycle + 1;
	u64 periods;

	if (next <= entry->phase_cycles)
		return entry->phase_cycles;
	/* Rounded up to the next whole period behind the phase. */
	periods = div64_u64(next - entry->phase_cycles + entry->period_cycles - 1,
			    entry->period_cycles);
	return entry->phase_cycles + periods * entry->period_cycles;
}

/* ---- what it takes ---- */

static struct oht_timing_exchange oht_plan_exchange(const struct oht_plan_entry *entry)
{
	const struct oht_frame_request request = oht_plan_request(entry);

	return (struct oht_timing_exchange) {
		.request_bytes = oht_frame_request_bytes(&request),
		.reply_bytes = oht_frame_answer_bytes(&request),
		.turnaround_ns = (u64)entry->turnaround_us * NSEC_PER_USEC,
	};
}

u64 oht_plan_entry_ns(const struct oht_plan_entry *entry, const struct oht_timing *t)
{
	const struct oht_timing_exchange exchange = oht_plan_exchange(entry);

	return t->t35_ns + t->de_setup_ns + exchange.turnaround_ns +
	       oht_timing_chars_ns(t, exchange.request_bytes + exchange.reply_bytes);
}

/*
 * A unit whose loss stops may miss all turns that count but the last one, at least a cycle. That
 * one ends in time: in the cycle in which the unit must be heard there is room for all exchanges.
 */
static u64 oht_plan_hold_max_ns(const struct oht_plan *plan)
{
	u64 cycles, least = U64_MAX;
	u32 i;

	for (i = 0; i < plan->entries; i++) {
		if (plan->entry[i].loss_action != OHT_LOSS_STOP)
			continue;
		cycles = (plan->entry[i].loss_errors - 1ull) * plan->entry[i].period_cycles;
		least = min(least, max(cycles, 1ull));
	}
	return least == U64_MAX ? 0 : least * plan->cycle_us * NSEC_PER_USEC;
}

/* From its first start bit until the line is free again, if its unit answers as late as it may. */
static u64 oht_plan_hold_ns(const struct oht_plan *plan, u32 index, const struct oht_timing *t)
{
	const struct oht_plan_entry *entry = &plan->entry[index];
	const struct oht_timing_exchange exchange = oht_plan_exchange(entry);

	return oht_plan_entry_ns(entry, t) + oht_timing_chars_ns(t, 1) +
	       (u64)(entry->timeout_us - entry->turnaround_us) * NSEC_PER_USEC +
	       (u64)exchange.reply_bytes * plan->pause_us[index] * NSEC_PER_USEC;
}

int oht_plan_check_holds(const struct oht_plan *plan, const struct oht_timing *t, u32 *bad_entry)
{
	u64 max_ns = oht_plan_hold_max_ns(plan);

	for (*bad_entry = 0; *bad_entry < plan->entries; ++*bad_entry)
		if (max_ns && oht_plan_hold_ns(plan, *bad_entry, t) > max_ns)
			return -EDQUOT;
	return 0;
}

static u64 oht_plan_rest_ns(const struct oht_plan *plan, u32 index)
{
	return (u64)plan->rest_us[index] * NSEC_PER_USEC;
}

/* If its unit takes @turnaround_ns. */
static u64 oht_plan_entry_stop_ns(const struct oht_plan *plan, u32 index, u64 turnaround_ns,
				  const struct oht_timing *t)
{
	struct oht_timing_exchange exchange = oht_plan_exchange(&plan->entry[index]);

	exchange.turnaround_ns = turnaround_ns;
	exchange.pause_ns = (u64)plan->pause_us[index] * NSEC_PER_USEC;
	exchange.rest_ns = oht_plan_rest_ns(plan, index);
	return oht_timing_stop_ns(t, &exchange);
}

void oht_plan_longest(const struct oht_plan *plan, const struct oht_timing *t,
		      const u64 *silence_ns, struct oht_plan_figures *figures)
{
	u64 turnaround_ns, stop_ns;
	u32 i;

	figures->stop_ns = 0;
	figures->longest_entry = 0;
	for (i = 0; i < plan->entries; i++) {
		turnaround_ns = (u64)plan->entry[i].turnaround_us * NSEC_PER_USEC;
		if (silence_ns)
			turnaround_ns = max(turnaround_ns, silence_ns[i]);
		stop_ns = oht_plan_entry_stop_ns(plan, i, turnaround_ns, t);
		if (stop_ns <= figures->stop_ns)
			continue;
		figures->stop_ns = stop_ns;
		figures->longest_entry = i;
	}
}

static bool oht_plan_is_due(const struct oht_plan_entry *entry, u32 cycle)
{
	return cycle % entry->period_cycles == entry->phase_cycles;
}

/*
 * How long the line may be idle between the exchanges of a cycle. It is idle only while each unit
 * that is still to be asked rests, the one that is asked last as well. The first rest of that unit
 * has begun by the beginning of the cycle at the latest, and all exchanges with units that need no
 * rest, @ready_ns, are over before the line is idle in it.
 */
static u64 oht_plan_idle_ns(const struct oht_plan *plan, u32 cycle, u64 ready_ns)
{
	u8 turns[OHT_UNIT_MAX + 1] = {};
	u64 rest_ns, sum_ns, idle_ns = 0;
	u32 i;

	for (i = 0; i < plan->entries; i++) {
		rest_ns = oht_plan_rest_ns(plan, i);
		if (!rest_ns || !oht_plan_is_due(&plan->entry[i], cycle))
			continue;
		sum_ns = turns[plan->entry[i].unit] * rest_ns + rest_ns - min(rest_ns, ready_ns);
		idle_ns = max(idle_ns, sum_ns);
		turns[plan->entry[i].unit]++;
	}
	return idle_ns;
}

/* What the exchanges of each entry take; computed once, added up for every cycle. */
static u64 oht_plan_busy_ns(const struct oht_plan *plan, const u64 *entry_ns, u32 cycle)
{
	u64 ready_ns = 0, busy_ns = 0;
	u32 i;

	for (i = 0; i < plan->entries; i++) {
		if (!oht_plan_is_due(&plan->entry[i], cycle))
			continue;
		busy_ns += entry_ns[i];
		if (!plan->rest_us[i])
			ready_ns += entry_ns[i];
	}
	return busy_ns + oht_plan_idle_ns(plan, cycle, ready_ns);
}

/*
 * A command has to wait longest if something else has just taken all the slack of a cycle, so that
 * the exchanges of the next one come first as well.
 */
static u64 oht_plan_wait_ns(u64 cycle_ns, u64 before_ns, u64 busy_ns)
{
	return (before_ns < cycle_ns ? cycle_ns - before_ns : 0) + busy_ns;
}

static u32 oht_plan_permille(u64 part_ns, u64 whole_ns)
{
	return min_t(u64, div64_u64(part_ns * 1000 + whole_ns - 1, whole_ns), U32_MAX);
}

static void oht_plan_add_up(const struct oht_plan *plan, const u64 *entry_ns, u64 cycle_ns,
			    struct oht_plan_figures *figures)
{
	u64 before_ns, busy_ns, sum_ns = 0, least_ns = U64_MAX;
	u32 cycle;

	before_ns = oht_plan_busy_ns(plan, entry_ns, figures->hyperperiod_cycles - 1);
	for (cycle = 0; cycle < figures->hyperperiod_cycles; cycle++) {
		busy_ns = oht_plan_busy_ns(plan, entry_ns, cycle);
		sum_ns += busy_ns;
		least_ns = min(least_ns, busy_ns);
		figures->busy_worst_ns = max(figures->busy_worst_ns, busy_ns);
		figures->command_wait_ns = max(figures->command_wait_ns,
					       oht_plan_wait_ns(cycle_ns, before_ns, busy_ns));
		before_ns = busy_ns;
	}
	figures->worst_permille = oht_plan_permille(figures->busy_worst_ns, cycle_ns);
	figures->mean_permille = oht_plan_permille(sum_ns, cycle_ns * figures->hyperperiod_cycles);
	if (figures->busy_worst_ns < cycle_ns)
		figures->slack_min_ns = cycle_ns - figures->busy_worst_ns;
	if (least_ns < cycle_ns)
		figures->slack_max_ns = cycle_ns - least_ns;
}

int oht_plan_compute(const struct oht_plan *plan, const struct oht_timing *t, bool exact,
		     struct oht_plan_figures *figures)
{
	u64 cycle_ns = (u64)plan->cycle_us * NSEC_PER_USEC;
	u64 entry_ns[OHT_PLAN_ENTRIES_MAX] = {};
	u32 i;

	memset(figures, 0, sizeof(*figures));
	figures->hyperperiod_cycles = oht_plan_hyperperiod(plan, &i);
	for (i = 0; i < plan->entries; i++)
		entry_ns[i] = oht_plan_entry_ns(&plan->entry[i], t);
	oht_plan_add_up(plan, entry_ns, cycle_ns, figures);
	/* The command's own gap and driver enable. */
	figures->command_wait_ns += t->t35_ns + t->de_setup_ns;
	oht_plan_longest(plan, t, NULL, figures);
	figures->hold_max_ns = oht_plan_hold_max_ns(plan);
	if (!exact)
		figures->stop_ns = OHT_PLAN_UNBOUNDED_NS;

	if (figures->busy_worst_ns > oht_plan_load_max_ns(plan))
		return -EDQUOT;
	if (plan->stop_budget_us && figures->stop_ns > (u64)plan->stop_budget_us * NSEC_PER_USEC)
		return -EDQUOT;
	return oht_plan_check_holds(plan, t, &i);
}
