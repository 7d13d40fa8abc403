// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The plan of the rtu back-end, in the line's thread: the entries of a cycle in their order, then
 * requests until the next point of the grid, and at least one, so that neither holds the other up
 * for ever; but not at once behind a wait in vain, which is many cycles long: modules that answer
 * come before the next one.
 */
#include <errno.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/poke.h"
#include "rtu_private.h"

#define SPARE_CYCLES	2

/* ---- the line's thread ---- */

static void show_values(struct rtu_bus *rtu)
{
	unsigned int i;

	for (i = 0; i < rtu->grid.plan.count; i++)
		ohtd_seqlock_publish(&rtu->values[i], &rtu->grid.value[i]);
}

/* The plan that waits comes in force at a point of the grid, behind the exchanges of the old one. */
static bool take_plan(struct rtu_bus *rtu)
{
	if (!atomic_load(&rtu->has_next) ||
	    (rtu->next_plan.count && ohtd_monotonic_ns() < ohtd_grid_next_ns(&rtu->grid) &&
	     rtu->grid.plan.count))
		return false;
	ohtd_grid_start(&rtu->grid, &rtu->next_plan, ohtd_monotonic_ns());
	atomic_store(&rtu->has_next, false);
	show_values(rtu);
	ohtd_seqlock_publish(&rtu->head, &rtu->grid.head);
	return true;
}

/* The words of an entry that writes; false: a stop or a disable has made them void since. */
static bool take_words(struct rtu_bus *rtu, int entry, struct rtu_output *output)
{
	return rtu_outputs_take(&rtu->outputs, (unsigned int)entry, rtu->grid.plan.generation,
				rtu_latch_epoch(&rtu->latch), output) &&
	       rtu_latch_may_write(&rtu->latch, output->epoch);
}

static void note_gone(struct rtu_bus *rtu, const struct oht_reply *reply)
{
	if (reply->outcome != OHT_OUTCOME_GONE)
		return;
	atomic_store(&rtu->gone, true);
	ohtd_poke(rtu->ready_fd);
}

static void exchange_entry(struct rtu_bus *rtu, int entry)
{
	struct oht_request request = ohtd_grid_request(&rtu->grid, entry);
	struct oht_reply reply = { .unit = request.unit, .function = request.function };
	struct rtu_gate gate = { .latch = &rtu->latch };
	struct rtu_output output;

	if (rtu_writes(&request)) {
		if (!take_words(rtu, entry, &output)) {
			ohtd_grid_leave_out(&rtu->grid, entry, ohtd_monotonic_ns());
			return;
		}
		request.words = output.words;
		gate.epoch = output.epoch;
		rtu_told_note(&rtu->told, &request, output.epoch);
	}
	rtu_line_exchange(&rtu->line, &request, rtu_writes(&request) ? &gate : NULL, &reply);
	if (reply.outcome == OHT_OUTCOME_STOPPED) {
		ohtd_grid_leave_out(&rtu->grid, entry, ohtd_monotonic_ns());
		return;
	}
	if (rtu_writes(&request) && reply.outcome == OHT_OUTCOME_OK)
		memcpy(reply.words, output.words, request.count * sizeof(reply.words[0]));
	ohtd_grid_done(&rtu->grid, entry, &reply, ohtd_monotonic_ns());
	ohtd_seqlock_publish(&rtu->values[entry], &rtu->grid.value[entry]);
	if (reply.outcome == OHT_OUTCOME_TIMEOUT && !rtu->spare)
		rtu->spare = SPARE_CYCLES;
	note_gone(rtu, &reply);
}

static uint64_t words_given(const struct rtu_bus *rtu)
{
	uint64_t epoch = rtu_latch_epoch(&rtu->latch);

	if (!rtu_latch_may_write(&rtu->latch, epoch))
		return 0;
	return rtu_outputs_mask(&rtu->outputs, rtu->grid.plan.count, rtu->grid.plan.generation,
				epoch);
}

bool rtu_plan_take_back(struct rtu_bus *rtu)
{
	struct oht_request request;
	struct oht_reply reply = { 0 };

	if (!rtu_told_next(&rtu->told, &rtu->latch, &request))
		return false;
	rtu_line_exchange(&rtu->line, &request, NULL, &reply);
	rtu_told_done(&rtu->told, &request, &reply);
	note_gone(rtu, &reply);
	return true;
}

/* Between two exchanges: what was given since then to be sent out of turn. */
static void take_urgent(struct rtu_bus *rtu)
{
	uint64_t writes = 0;
	int slot = ohtd_ring_next(&rtu->now);

	if (slot >= 0)
		writes = words_given(rtu);
	for (; slot >= 0; slot = ohtd_ring_next(&rtu->now)) {
		if (writes & (1ull << rtu->now_entry[slot]))
			ohtd_bus_hurry(&rtu->grid, rtu->now_entry[slot]);
		ohtd_ring_done(&rtu->now);
	}
}

static uint64_t ready_ns(const struct rtu_bus *rtu, int entry)
{
	return rtu->line.ready_ns[rtu->grid.plan.entry[entry].unit];
}

/*
 * Entries out of turn come first, then those that are due, each only when its unit is ready. While all units rest, the entry that is
 * ready first. -1: there is no entry.
 */
static int next_entry(const struct rtu_bus *rtu)
{
	const struct ohtd_grid *grid = &rtu->grid;
	uint64_t now_ns = ohtd_monotonic_ns();
	int i, entry, best = -1;

	for (i = 0; i < (int)(grid->urgents + grid->plan.count); i++) {
		entry = i < (int)grid->urgents ? grid->urgent[i] : i - (int)grid->urgents;
		if (i >= (int)grid->urgents && !(grid->due & (1ull << entry)))
			continue;
		if (ready_ns(rtu, entry) <= now_ns)
			return entry;
		if (best < 0 || ready_ns(rtu, entry) < ready_ns(rtu, best))
			best = entry;
	}
	return best;
}

/* One exchange of the plan, or the beginning of a cycle; false: neither is due. */
bool rtu_plan_run(struct rtu_bus *rtu)
{
	uint64_t until_ns = UINT64_MAX;
	int entry;

	if (atomic_load(&rtu->gone))
		return false;
	if (rtu_plan_take_back(rtu))
		return true;
	take_urgent(rtu);
	entry = next_entry(rtu);
	if (entry >= 0) {
		if (!atomic_load(&rtu->has_next) || !ohtd_grid_give_up(&rtu->grid, ohtd_monotonic_ns()))
			exchange_entry(rtu, entry);
		return true;
	}
	if (!rtu->served && rtu->spare < SPARE_CYCLES && rtu_next_job(rtu, &until_ns) >= 0)
		return false;
	if (take_plan(rtu))
		return true;
	rtu->grid.writes = words_given(rtu);
	if (!ohtd_grid_tick(&rtu->grid, ohtd_monotonic_ns(), false))
		return false;
	rtu->served = false;
	rtu->spare -= rtu->spare > 0;
	ohtd_seqlock_publish(&rtu->head, &rtu->grid.head);
	return true;
}

/* ---- ops ---- */

int rtu_plan_set(struct ohtd_bus *bus, const struct oht_cyclic_plan *plan,
		 struct oht_cyclic_figures *figures, uint32_t *generation)
{
	struct rtu_bus *rtu = rtu_of(bus);
	uint8_t rest_ms[UINT8_MAX + 1];
	unsigned int bad_entry, unit;
	int ret = 0;

	*generation = 0;
	memset(figures, 0, sizeof(*figures));
	if (!atomic_load(&rtu->latch.is_controller))
		return -EPERM;
	if (atomic_load(&rtu->has_next))
		return -EBUSY;
	for (unit = 0; unit <= UINT8_MAX; unit++)
		rest_ms[unit] = atomic_load(&rtu->line.rest_ms[unit]);
	if (plan->count)
		ret = ohtd_grid_check(plan, rtu->line.char_ns, rtu->line.gap_ns, rest_ms, figures,
				      &bad_entry);
	if (ret)
		return ret;
	rtu->next_plan = (struct ohtd_grid_plan){
		.count = plan->count,
		.cycle_us = plan->cycle_us,
		.generation = ++rtu->generation,
	};
	if (plan->count)
		memcpy(rtu->next_plan.entry, plan->entries,
		       plan->count * sizeof(rtu->next_plan.entry[0]));
	*generation = rtu->generation;
	atomic_store(&rtu->has_next, true);
	ohtd_poke(rtu->wake_fd);
	return 0;
}

int rtu_plan_head(struct ohtd_bus *bus, struct oht_cyclic_head *head)
{
	return ohtd_seqlock_copy(&rtu_of(bus)->head, head);
}

int rtu_plan_value(struct ohtd_bus *bus, unsigned int entry, struct oht_cyclic_value *value)
{
	if (entry >= OHT_CYCLIC_ENTRIES_MAX)
		return -EINVAL;
	return ohtd_seqlock_copy(&rtu_of(bus)->values[entry], value);
}

/* The plan in force is the one of the newest call once the thread has taken it. */
int rtu_plan_give(struct ohtd_bus *bus, uint32_t generation, unsigned int entry,
		  const uint16_t *words, unsigned int count, bool now)
{
	struct rtu_bus *rtu = rtu_of(bus);
	const struct ohtd_grid_plan *plan = &rtu->next_plan;
	struct rtu_output output = {
		.epoch = rtu_latch_epoch(&rtu->latch), .generation = generation,
	};
	int slot;

	if (!rtu->latch.outputs)
		return -EOPNOTSUPP;
	if (!atomic_load(&rtu->latch.is_controller))
		return -EPERM;
	if (atomic_load(&rtu->has_next) || !plan->count || generation != plan->generation)
		return -ENOENT;
	if (entry >= plan->count || !ohtd_grid_writes_only(&plan->entry[entry]) ||
	    count != plan->entry[entry].count)
		return -EINVAL;
	/* After the epoch: a stop that comes in between makes the words void. */
	if (rtu_latch_state(&rtu->latch) == OHT_STATE_STOPPED)
		return -ECANCELED;
	memcpy(output.words, words, count * sizeof(words[0]));
	rtu_outputs_give(&rtu->outputs, entry, &output);
	slot = now ? ohtd_ring_space(&rtu->now) : -1;
	if (slot < 0)
		return 0;
	rtu->now_entry[slot] = (uint8_t)entry;
	ohtd_ring_put(&rtu->now);
	ohtd_poke(rtu->wake_fd);
	return 0;
}

int rtu_plan_init(struct rtu_bus *rtu)
{
	int ret = ohtd_seqlock_init(&rtu->head, sizeof(rtu->grid.head));
	unsigned int i;

	for (i = 0; !ret && i < OHT_CYCLIC_ENTRIES_MAX; i++)
		ret = ohtd_seqlock_init(&rtu->values[i], sizeof(rtu->grid.value[i]));
	return ret ? ret : rtu_outputs_init(&rtu->outputs);
}

void rtu_plan_fini(struct rtu_bus *rtu)
{
	unsigned int i;

	ohtd_seqlock_fini(&rtu->head);
	for (i = 0; i < OHT_CYCLIC_ENTRIES_MAX; i++)
		ohtd_seqlock_fini(&rtu->values[i]);
	rtu_outputs_fini(&rtu->outputs);
}

void rtu_plan_reset(struct rtu_bus *rtu)
{
	memset(&rtu->grid, 0, sizeof(rtu->grid));
	memset(&rtu->next_plan, 0, sizeof(rtu->next_plan));
	memset(&rtu->told, 0, sizeof(rtu->told));
	rtu->grid.char_ns = rtu->line.char_ns;
	rtu->grid.gap_ns = rtu->line.gap_ns;
	rtu->now = (struct ohtd_ring){ .size = RTU_NOW };
	atomic_store(&rtu->has_next, false);
	ohtd_seqlock_publish(&rtu->head, &rtu->grid.head);
}
