// SPDX-License-Identifier: GPL-2.0-or-later
#include "grid.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define NS_PER_US		1000ull
#define NS_PER_MS		1000000ull
#define CYCLE_MIN_US		1000
#define CYCLE_MAX_US		1000000
#define PERIOD_MAX_CYCLES	1000
#define HYPERPERIOD_MAX_CYCLES	10000
#define TIMEOUT_MIN_US		1000
#define WORDS_WRITE_MAX		123
#define WORDS_WRITE_READ_MAX	121
/* Unit, function, address, count or value, CRC. */
#define SHORT_BYTES		8
/* Unit, function, byte count, CRC. */
#define ANSWER_BYTES		5
/* A byte count, and another address and count. */
#define MULTIPLE_BYTES		1
#define WRITE_READ_BYTES	5

static_assert(OHT_CYCLIC_ENTRIES_MAX <= 64, "a bit for each entry");

/* ---- what a plan is, and what it comes to ---- */

bool ohtd_grid_writes_only(const struct oht_cyclic_entry *entry)
{
	return entry->function == OHT_WRITE_SINGLE || entry->function == OHT_WRITE_MULTIPLE;
}

static unsigned int words_max(const struct oht_cyclic_entry *entry)
{
	if (entry->function == OHT_WRITE_SINGLE)
		return 1;
	return entry->function == OHT_WRITE_MULTIPLE ? WORDS_WRITE_MAX : OHT_REGISTERS_MAX;
}

static int check_entry(const struct oht_cyclic_entry *entry)
{
	bool write_read = entry->function == OHT_WRITE_READ;

	if (entry->function != OHT_READ_HOLDING && entry->function != OHT_READ_INPUT &&
	    !ohtd_grid_writes_only(entry) && !write_read)
		return -EOPNOTSUPP;
	if (entry->unit < 1 || entry->unit > 247 || !entry->count ||
	    entry->count > words_max(entry) || entry->address + entry->count > 0x10000)
		return -EINVAL;
	if (write_read != !!entry->write_count || entry->write_count > WORDS_WRITE_READ_MAX ||
	    entry->write_address + entry->write_count > 0x10000)
		return -EINVAL;
	if (entry->loss > OHT_CYCLIC_LOSS_STOP || !entry->loss_errors || !entry->period_cycles ||
	    entry->period_cycles > PERIOD_MAX_CYCLES ||
	    entry->phase_cycles >= entry->period_cycles)
		return -EINVAL;
	return entry->timeout_us < TIMEOUT_MIN_US || entry->turnaround_us > entry->timeout_us
		       ? -EINVAL : 0;
}

static uint32_t gcd(uint32_t a, uint32_t b)
{
	while (b) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* After so many cycles everything repeats; 0: that is too long, because of @bad_entry. */
static uint32_t hyperperiod(const struct oht_cyclic_plan *plan, unsigned int *bad_entry)
{
	uint32_t cycles = 1;

	for (*bad_entry = 0; *bad_entry < plan->count; ++*bad_entry) {
		uint32_t period = plan->entries[*bad_entry].period_cycles;

		cycles *= period / gcd(cycles, period);
		if (cycles > HYPERPERIOD_MAX_CYCLES)
			return 0;
	}
	return cycles;
}

uint64_t ohtd_grid_exchange_ns(const struct oht_cyclic_entry *entry, uint32_t wait_us,
			       uint64_t char_ns, uint64_t gap_ns)
{
	uint64_t chars = SHORT_BYTES + ANSWER_BYTES + 2ull * entry->count;

	if (entry->function == OHT_WRITE_SINGLE)
		chars = 2 * SHORT_BYTES;
	else if (entry->function == OHT_WRITE_MULTIPLE)
		chars = 2 * SHORT_BYTES + MULTIPLE_BYTES + 2ull * entry->count;
	else if (entry->function == OHT_WRITE_READ)
		chars += WRITE_READ_BYTES + 2ull * entry->write_count;
	return chars * char_ns + gap_ns + wait_us * NS_PER_US;
}

static uint32_t permille(uint64_t part_ns, uint64_t whole_ns)
{
	return (uint32_t)((part_ns * 1000 + whole_ns - 1) / whole_ns);
}

static bool is_due(const struct oht_cyclic_entry *entry, uint32_t cycle)
{
	return cycle % entry->period_cycles == entry->phase_cycles;
}

/*
 * How long the line may be idle in a cycle, because each unit that is still to be asked rests: the first rest of the one
 * that is asked last has begun before the cycle, and the units without a rest, @ready_ns, are asked in it.
 */
static uint64_t idle_ns(const struct oht_cyclic_plan *plan, const uint8_t *rest_ms, uint32_t cycle, uint64_t ready_ns)
{
	uint8_t turns[UINT8_MAX + 1] = { 0 };
	uint64_t longest_ns = 0;
	uint32_t i;

	for (i = 0; rest_ms && i < plan->count; i++) {
		uint8_t unit = plan->entries[i].unit;
		uint64_t rest_ns = rest_ms[unit] * NS_PER_MS, sum_ns = turns[unit] * rest_ns;

		if (!rest_ns || !is_due(&plan->entries[i], cycle))
			continue;
		sum_ns += rest_ns > ready_ns ? rest_ns - ready_ns : 0;
		longest_ns = sum_ns > longest_ns ? sum_ns : longest_ns;
		turns[unit]++;
	}
	return longest_ns;
}

static uint64_t busy_ns_of(const struct oht_cyclic_plan *plan, const uint64_t *entry_ns, const uint8_t *rest_ms,
			   uint32_t cycle)
{
	uint64_t busy_ns = 0, ready_ns = 0;
	uint32_t i;

	for (i = 0; i < plan->count; i++) {
		if (!is_due(&plan->entries[i], cycle))
			continue;
		busy_ns += entry_ns[i];
		if (!rest_ms || !rest_ms[plan->entries[i].unit])
			ready_ns += entry_ns[i];
	}
	return busy_ns + idle_ns(plan, rest_ms, cycle, ready_ns);
}

static void add_up(const struct oht_cyclic_plan *plan, const uint64_t *entry_ns, const uint8_t *rest_ms,
		   struct oht_cyclic_figures *figures)
{
	uint64_t cycle_ns = plan->cycle_us * NS_PER_US;
	uint64_t sum_ns = 0, least_ns = UINT64_MAX;
	uint32_t cycle;

	for (cycle = 0; cycle < figures->hyperperiod_cycles; cycle++) {
		uint64_t busy_ns = busy_ns_of(plan, entry_ns, rest_ms, cycle);

		sum_ns += busy_ns;
		least_ns = busy_ns < least_ns ? busy_ns : least_ns;
		if (busy_ns > figures->busy_worst_ns)
			figures->busy_worst_ns = busy_ns;
	}
	figures->worst_permille = permille(figures->busy_worst_ns, cycle_ns);
	figures->mean_permille = permille(sum_ns, cycle_ns * figures->hyperperiod_cycles);
	if (figures->busy_worst_ns < cycle_ns)
		figures->slack_min_ns = cycle_ns - figures->busy_worst_ns;
	if (least_ns < cycle_ns)
		figures->slack_max_ns = cycle_ns - least_ns;
}

static int check_plan(const struct oht_cyclic_plan *plan, uint32_t *cycles, unsigned int *bad_entry)
{
	int ret;

	*bad_entry = plan->count;
	if (!plan->count || plan->count > OHT_CYCLIC_ENTRIES_MAX || plan->cycle_us < CYCLE_MIN_US ||
	    plan->cycle_us > CYCLE_MAX_US || plan->whole_cycles < 2 ||
	    plan->whole_cycles > PERIOD_MAX_CYCLES)
		return -EINVAL;
	for (*bad_entry = 0; *bad_entry < plan->count; ++*bad_entry) {
		ret = check_entry(&plan->entries[*bad_entry]);
		if (ret)
			return ret;
	}
	*cycles = hyperperiod(plan, bad_entry);
	return *cycles ? 0 : -EINVAL;
}

uint64_t ohtd_grid_hold_max_ns(const struct oht_cyclic_plan *plan)
{
	uint64_t least = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < plan->count; i++) {
		const struct oht_cyclic_entry *entry = &plan->entries[i];
		uint64_t cycles = (entry->loss_errors - 1ull) * entry->period_cycles;

		if (entry->loss == OHT_CYCLIC_LOSS_STOP && cycles < least)
			least = cycles;
	}
	if (least == UINT64_MAX)
		return 0;
	return (least ? least : 1) * plan->cycle_us * NS_PER_US;
}

static bool holds_too_long(const struct oht_cyclic_plan *plan, uint64_t char_ns, uint64_t gap_ns,
			   unsigned int *bad_entry)
{
	uint64_t max_ns = ohtd_grid_hold_max_ns(plan);

	for (*bad_entry = 0; max_ns && *bad_entry < plan->count; ++*bad_entry) {
		const struct oht_cyclic_entry *entry = &plan->entries[*bad_entry];

		if (ohtd_grid_exchange_ns(entry, entry->timeout_us, char_ns, gap_ns) + char_ns > max_ns)
			return true;
	}
	*bad_entry = plan->count;
	return false;
}

int ohtd_grid_check(const struct oht_cyclic_plan *plan, uint64_t char_ns, uint64_t gap_ns,
		    const uint8_t *rest_ms, struct oht_cyclic_figures *figures, unsigned int *bad_entry)
{
	uint64_t entry_ns[OHT_CYCLIC_ENTRIES_MAX];
	uint64_t longest_ns = 0;
	unsigned int i;
	int ret;

	memset(figures, 0, sizeof(*figures));
	ret = check_plan(plan, &figures->hyperperiod_cycles, bad_entry);
	if (ret)
		return ret;
	for (i = 0; i < plan->count; i++) {
		const struct oht_cyclic_entry *entry = &plan->entries[i];

		entry_ns[i] = ohtd_grid_exchange_ns(entry, entry->turnaround_us, char_ns, gap_ns);
		if (entry_ns[i] > longest_ns) {
			longest_ns = entry_ns[i];
			figures->longest_entry = i;
		}
	}
	add_up(plan, entry_ns, rest_ms, figures);
	figures->stop_ns = OHT_UNBOUNDED_NS;
	figures->command_wait_ns = plan->cycle_us * NS_PER_US + figures->busy_worst_ns;
	return figures->worst_permille > OHT_CYCLIC_LOAD_MAX_PERMILLE || plan->stop_budget_us ||
	       holds_too_long(plan, char_ns, gap_ns, bad_entry) ? -EDQUOT : 0;
}

/* ---- the grid ---- */

static void show_entry(struct ohtd_grid *grid, unsigned int index)
{
	const struct oht_cyclic_entry *entry = &grid->plan.entry[index];

	grid->value[index] = (struct oht_cyclic_value){
		.generation = grid->plan.generation,
		.unit = entry->unit,
		.function = entry->function,
		.outcome = ohtd_grid_writes_only(entry) ? OHT_OUTCOME_STOPPED : OHT_OUTCOME_OK,
		.error = ohtd_grid_writes_only(entry) ? ECANCELED : ENODATA,
		.address = entry->address,
		.count = entry->count,
		.period_cycles = entry->period_cycles,
		.phase_cycles = entry->phase_cycles,
	};
}

void ohtd_grid_start(struct ohtd_grid *grid, const struct ohtd_grid_plan *plan, uint64_t now_ns)
{
	bool runs = grid->plan.count != 0;
	unsigned int i;

	grid->plan = *plan;
	grid->index = 0;
	grid->due = 0;
	grid->judged = 0;
	grid->writes = 0;
	grid->urgents = 0;
	grid->late = false;
	/* One grid for all plans that follow one another. */
	if (!runs)
		grid->grid_ns = now_ns;
	for (i = 0; i < plan->count; i++) {
		grid->next_due[i] = plan->entry[i].phase_cycles;
		show_entry(grid, i);
	}
	grid->head.generation = plan->generation;
	grid->head.entries = plan->count;
	grid->head.running = plan->count != 0;
	grid->head.cycle_us = plan->count ? plan->cycle_us : 0;
}

static void begin(struct ohtd_grid *grid)
{
	unsigned int i;

	for (i = 0; i < grid->plan.count; i++) {
		const struct oht_cyclic_entry *entry = &grid->plan.entry[i];

		if (grid->next_due[i] > grid->index)
			continue;
		grid->judged &= ~(1ull << i);
		while (grid->next_due[i] <= grid->index)
			grid->next_due[i] += entry->period_cycles;
		if (!ohtd_grid_writes_only(entry) || (grid->writes & (1ull << i)))
			grid->due |= 1ull << i;
	}
}

static uint64_t entry_ns(const struct ohtd_grid *grid, unsigned int index)
{
	const struct oht_cyclic_entry *entry = &grid->plan.entry[index];

	return ohtd_grid_exchange_ns(entry, entry->turnaround_us, grid->char_ns, grid->gap_ns);
}

/* Was the rest of the present cycle, behind the exchange on the wire, put off by outputs out of turn? */
static bool is_put_off(const struct ohtd_grid *grid)
{
	uint64_t open = grid->due & (grid->due - 1), open_ns = 0;

	for (; open; open &= open - 1)
		open_ns += entry_ns(grid, (unsigned int)__builtin_ctzll(open));
	return grid->late && open_ns <= grid->urgent_ns;
}

bool ohtd_grid_tick(struct ohtd_grid *grid, uint64_t now_ns, bool give)
{
	uint64_t cycle_ns = grid->plan.cycle_us * NS_PER_US;
	uint64_t passed;

	if (!grid->plan.count || now_ns < grid->grid_ns)
		return false;
	passed = (now_ns - grid->grid_ns) / cycle_ns;
	grid->grid_ns += passed * cycle_ns;
	grid->index += passed;
	grid->head.cycles += passed;
	grid->head.missed += passed;
	if (!grid->due && !grid->urgents) {
		grid->late = false;
		/* Where exchanges are waited for, this is called behind one that has put the cycle off. */
		if (grid->ended_ns <= grid->grid_ns)
			grid->urgent_ns = 0;
	}
	grid->head.exceeded += grid->due != 0;
	if (grid->due && !is_put_off(grid)) {
		grid->head.missed++;
	} else if (give && !grid->due && !grid->urgents) {
		grid->head.given++;
	} else {
		begin(grid);
	}
	grid->head.cycle_start_ns = grid->grid_ns;
	grid->head.cycles++;
	grid->index++;
	grid->grid_ns += cycle_ns;
	return true;
}

static bool is_urgent(const struct ohtd_grid *grid, int entry)
{
	unsigned int i;

	for (i = 0; i < grid->urgents; i++)
		if (grid->urgent[i] == entry)
			return true;
	return false;
}

void ohtd_bus_hurry(struct ohtd_grid *grid, int entry)
{
	uint64_t urgent_ns = grid->urgent_ns + entry_ns(grid, (unsigned int)entry);

	if (is_urgent(grid, entry) || urgent_ns > OHT_CYCLIC_NOW_MAX_US * NS_PER_US)
		return;
	grid->urgent_ns = urgent_ns;
	grid->late = true;
	grid->urgent[grid->urgents++] = (uint8_t)entry;
}

/* It is over: its turn, and its place out of turn. */
static void close_entry(struct ohtd_grid *grid, int entry, uint64_t now_ns)
{
	unsigned int i, kept = 0;

	grid->ended_ns = now_ns;
	grid->due &= ~(1ull << entry);
	for (i = 0; i < grid->urgents; i++)
		if (grid->urgent[i] != entry)
			grid->urgent[kept++] = grid->urgent[i];
	grid->urgents = kept;
}

int ohtd_grid_next(const struct ohtd_grid *grid)
{
	if (grid->urgents)
		return grid->urgent[0];
	return grid->due ? __builtin_ctzll(grid->due) : -1;
}

struct oht_request ohtd_grid_request(const struct ohtd_grid *grid, int entry)
{
	const struct oht_cyclic_entry *planned = &grid->plan.entry[entry];

	return (struct oht_request){
		.unit = planned->unit,
		/* No entry is told what to write beside its read, so it only reads. */
		.function = planned->function == OHT_WRITE_READ ? OHT_READ_HOLDING
								: planned->function,
		.priority = OHT_PRIORITY_CYCLIC,
		.address = planned->address,
		.count = planned->count,
		.timeout_us = planned->timeout_us,
	};
}

void ohtd_grid_leave_out(struct ohtd_grid *grid, int entry, uint64_t now_ns)
{
	close_entry(grid, entry, now_ns);
}

bool ohtd_grid_give_up(struct ohtd_grid *grid, uint64_t now_ns)
{
	if (now_ns < ohtd_grid_next_ns(grid))
		return false;
	grid->due = 0;
	grid->urgents = 0;
	return true;
}

void ohtd_grid_done(struct ohtd_grid *grid, int entry, const struct oht_reply *reply,
		    uint64_t now_ns)
{
	struct oht_cyclic_value *value = &grid->value[entry];
	bool judged = grid->judged & (1ull << entry);

	grid->judged |= 1ull << entry;
	close_entry(grid, entry, now_ns);
	value->outcome = reply->outcome;
	value->exception = reply->exception;
	value->error = reply->error;
	value->turnaround_ns = reply->turnaround_ns;
	value->tried_ns = now_ns;
	if (reply->error) {
		value->errors += !judged;
		return;
	}
	value->errors = 0;
	value->timestamp_ns = now_ns;
	memcpy(value->words, reply->words, value->count * sizeof(value->words[0]));
}
