// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which entries of the plan are lost, and the stop for those whose loss stops.
 *
 * An entry is lost when it has failed in loss_errors periods on end. Only the first exchange of a
 * period counts: outputs out of turn, and plans that follow one another, may make more of them.
 *
 * Counting alone would make a stop wait for the exchanges to end: whatever keeps the bus from them
 * (a unit that babbles, a long transfer, a timer that does not come) would keep the stop from
 * coming as well. So an entry whose loss stops must be heard by a certain time too. The earliest of
 * these times is told to the stop, whose supervision looks at it on a CPU that need not be that of
 * the plan's timer.
 */
#include <linux/math64.h>
#include <linux/time64.h>
#include "cycle.h"

/* The timer is stuck if it has not come so long behind a point of the grid. */
#define OHT_CYCLE_STUCK_CYCLES	4
#define OHT_CYCLE_STUCK_NS	(100 * NSEC_PER_MSEC)

static void oht_cycle_loss_record(struct oht_cycle *cycle, u32 kind, u16 index, u32 count)
{
	const struct oht_cycle_entry *entry = &cycle->running->entry[index];
	struct oht_cycle_record *record = oht_cycle_record(cycle, kind, count);

	record->entry = index;
	record->unit = entry->xfer.unit;
	record->detail = entry->xfer.detail;
}

/* ---- by when it must be heard ---- */

static u64 oht_cycle_loss_ns(const struct oht_cycle *cycle, u64 cycles)
{
	return cycles * cycle->running->plan.cycle_us * NSEC_PER_USEC;
}

/* Cycles from one that was answered to the end of the one in which the last exchange may fail. */
static u64 oht_cycle_loss_cycles(const struct oht_plan_entry *planned)
{
	u64 cycles = (u64)planned->loss_errors * planned->period_cycles + 1;

	/* The only exchange that counts may come a cycle later, if its own is given away. */
	return cycles + (planned->loss_errors == 1);
}

/*
 * The plan's timer is on one CPU. If that is stuck, no output is renewed and no transfer goes out,
 * also where no entry's loss stops.
 */
static u64 oht_cycle_loss_tick_by_ns(const struct oht_cycle *cycle)
{
	u64 late_ns = max_t(u64, oht_cycle_loss_ns(cycle, OHT_CYCLE_STUCK_CYCLES),
			    OHT_CYCLE_STUCK_NS);

	return cycle->grid_ns + max(late_ns, cycle->stall_ns);
}

/* Told only if it has changed. */
void oht_cycle_loss_tick(struct oht_cycle *cycle)
{
	u64 by_ns = cycle->heard_by_ns;

	if (cycle->running)
		by_ns = min(by_ns ?: U64_MAX, oht_cycle_loss_tick_by_ns(cycle));
	if (by_ns == cycle->told_by_ns)
		return;
	cycle->told_by_ns = by_ns;
	cycle->ops->await(cycle->context, by_ns);
}

/* Find the earliest time of all entries. */
static void oht_cycle_loss_tell(struct oht_cycle *cycle)
{
	const struct oht_cycle_layout *layout = cycle->running;
	u64 by_ns, first_ns = 0;
	u32 i;

	for (i = 0; layout && i < layout->plan.entries; i++) {
		by_ns = layout->entry[i].heard_by_ns;
		if (by_ns && (!first_ns || by_ns < first_ns))
			first_ns = by_ns;
	}
	cycle->heard_by_ns = first_ns;
	oht_cycle_loss_tick(cycle);
}

u64 oht_cycle_loss_next_ns(const struct oht_cycle *cycle)
{
	const struct oht_cycle_entry *entry;
	u64 next_ns = U64_MAX;
	u32 i;

	for (i = 0; i < cycle->running->plan.entries; i++) {
		entry = &cycle->running->entry[i];
		if (entry->heard_by_ns && !entry->lost)
			next_ns = min(next_ns, entry->heard_by_ns);
	}
	return next_ns;
}

static void oht_cycle_loss_set(struct oht_cycle *cycle, u16 index, u64 by_ns)
{
	struct oht_cycle_entry *entry = &cycle->running->entry[index];
	bool first = !cycle->heard_by_ns || entry->heard_by_ns == cycle->heard_by_ns ||
		     by_ns < cycle->heard_by_ns;

	if (cycle->running->plan.entry[index].loss_action != OHT_LOSS_STOP)
		return;
	entry->heard_by_ns = by_ns;
	if (first)
		oht_cycle_loss_tell(cycle);
}

/* ---- plan behind plan ---- */

/* Of one unit. */
static bool oht_cycle_loss_is_same(const struct oht_plan_entry *a, const struct oht_plan_entry *b)
{
	return a->function == b->function && a->address == b->address;
}

/*
 * What the plan before knows of @planned: the same entry or, whatever is asked of the unit now, the
 * one whose loss stops that must be heard first. NULL: nothing.
 */
static const struct oht_cycle_entry *
oht_cycle_loss_before(const struct oht_cycle_layout *before, const struct oht_plan_entry *planned)
{
	const struct oht_cycle_entry *entry, *same = NULL, *first = NULL;
	bool stops = planned->loss_action == OHT_LOSS_STOP;
	u32 i;

	for (i = 0; before && i < before->plan.entries; i++) {
		entry = &before->entry[i];
		if (before->plan.entry[i].unit != planned->unit)
			continue;
		if (oht_cycle_loss_is_same(&before->plan.entry[i], planned)) {
			if (entry->heard_by_ns || !stops)
				return entry;
			same = entry;
		}
		if (entry->heard_by_ns && (!first || entry->heard_by_ns < first->heard_by_ns))
			first = entry;
	}
	return stops && first ? first : same;
}

/* Its turn in cycle @cycles comes before its own one, because plans before owe it. */
static void oht_cycle_loss_hasten(struct oht_cycle_entry *entry, u64 cycles)
{
	if (cycles >= entry->next_due)
		return;
	entry->next_due = cycles;
	entry->early = true;
}

/* Its turn comes when a period is over since the last one, however many plans follow each other. */
static void oht_cycle_loss_keep_turn(struct oht_cycle *cycle, struct oht_cycle_entry *entry,
				     const struct oht_cycle_entry *before)
{
	u64 left_ns = before->due_ns - min(before->due_ns, cycle->grid_ns);
	u64 cycle_ns = oht_cycle_loss_ns(cycle, 1);

	entry->due_ns = before->due_ns;
	oht_cycle_loss_hasten(entry, div64_u64(left_ns + cycle_ns - 1, cycle_ns));
}

/*
 * A plan behind another one gives no new time. Only once since it was heard is there one exchange
 * more, since the last one that the plan before would have made may be missing. If the timer was
 * late and the time is over already, the unit is lost, and this plan has to hear it.
 */
static void oht_cycle_loss_keep_time(struct oht_cycle *cycle, u16 index,
				     const struct oht_cycle_entry *before)
{
	const struct oht_plan_entry *planned = &cycle->running->plan.entry[index];
	struct oht_cycle_entry *entry = &cycle->running->entry[index];
	u64 once_ns = cycle->grid_ns + oht_cycle_loss_ns(cycle, 1 + (planned->loss_errors == 1));
	u64 by_ns = before->heard_by_ns;

	entry->put_off = before->put_off;
	if (!by_ns || by_ns >= entry->heard_by_ns)
		return;
	if (by_ns >= cycle->grid_ns && by_ns < once_ns && !entry->put_off && !entry->lost) {
		entry->put_off = true;
		by_ns = once_ns;
	}
	entry->heard_by_ns = by_ns;
	/* It is asked before its time is over. */
	if (by_ns < cycle->grid_ns + oht_cycle_loss_ns(cycle, entry->next_due + 1))
		oht_cycle_loss_hasten(entry, 0);
}

void oht_cycle_loss_begin(struct oht_cycle *cycle, const struct oht_cycle_layout *layout_before)
{
	const struct oht_cycle_entry *before;
	const struct oht_plan_entry *planned;
	struct oht_cycle_entry *entry;
	u64 cycles;
	u32 i;

	for (i = 0; i < cycle->running->plan.entries; i++) {
		planned = &cycle->running->plan.entry[i];
		entry = &cycle->running->entry[i];
		before = oht_cycle_loss_before(layout_before, planned);
		entry->due_ns = cycle->grid_ns + oht_cycle_loss_ns(cycle, planned->phase_cycles);
		/* As if it had been heard one period before its first exchange. */
		cycles = planned->phase_cycles - planned->period_cycles +
			 oht_cycle_loss_cycles(planned);
		if (planned->loss_action == OHT_LOSS_STOP)
			entry->heard_by_ns = cycle->grid_ns + oht_cycle_loss_ns(cycle, cycles);
		if (!before)
			continue;
		entry->errors = before->errors;
		entry->judged = before->judged;
		entry->judge_ns = min(before->judge_ns, cycle->grid_ns +
				      oht_cycle_loss_ns(cycle, planned->period_cycles));
		entry->lost = before->lost;
		entry->yielded = before->yielded;
		oht_cycle_loss_keep_turn(cycle, entry, before);
		if (planned->loss_action == OHT_LOSS_STOP)
			oht_cycle_loss_keep_time(cycle, i, before);
	}
	oht_cycle_loss_tell(cycle);
}

void oht_cycle_loss_end(struct oht_cycle *cycle)
{
	oht_cycle_loss_tell(cycle);
}

/* ---- what becomes of the exchanges ---- */

void oht_cycle_loss_turn(struct oht_cycle *cycle, u16 index)
{
	struct oht_cycle_entry *entry = &cycle->running->entry[index];

	if (cycle->begin_ns >= entry->judge_ns)
		entry->judged = false;
}

static void oht_cycle_loss_judge(struct oht_cycle_entry *entry)
{
	entry->judged = true;
	entry->judge_ns = entry->due_ns;
}

void oht_cycle_loss_excuse(struct oht_cycle *cycle, u16 index, u64 now_ns)
{
	const struct oht_plan_entry *planned = &cycle->running->plan.entry[index];
	u64 cycle_ns = oht_cycle_loss_ns(cycle, 1);
	/*
	 * The grid counts: the cycle that was begun, or a later one that was missed meanwhile. If
	 * the timer does not come, what ended is not older than it is.
	 */
	u64 from_ns = max(cycle->begin_ns, max(cycle->grid_ns, now_ns) - cycle_ns);

	cycle->running->entry[index].put_off = false;
	oht_cycle_loss_set(cycle, index,
			   from_ns + oht_cycle_loss_ns(cycle, oht_cycle_loss_cycles(planned)));
}

void oht_cycle_loss_heard(struct oht_cycle *cycle, u16 index, u64 now_ns)
{
	struct oht_cycle_entry *entry = &cycle->running->entry[index];

	oht_cycle_loss_excuse(cycle, index, now_ns);
	oht_cycle_loss_judge(entry);
	entry->errors = 0;
	if (!entry->lost)
		return;
	entry->lost = false;
	oht_cycle_loss_record(cycle, OHT_CYCLE_FOUND, index, 1);
}

static void oht_cycle_loss_lose(struct oht_cycle *cycle, u16 index, u64 now_ns)
{
	const struct oht_plan_entry *planned = &cycle->running->plan.entry[index];
	struct oht_cycle_entry *entry = &cycle->running->entry[index];

	if (!entry->lost) {
		entry->lost = true;
		cycle->status.losses++;
		oht_cycle_loss_record(cycle, OHT_CYCLE_LOST, index, entry->errors);
	}
	if (planned->loss_action != OHT_LOSS_STOP)
		return;
	/*
	 * It stands from here on, not from before its record, until the entry is heard, or need
	 * not be.
	 */
	now_ns = oht_cycle_now_ns(cycle);
	if (now_ns < entry->heard_by_ns)
		oht_cycle_loss_set(cycle, index, now_ns);
	/*
	 * A stopped device is not stopped again: its telegrams would delay the exchange, which
	 * is lost again, and so on for ever. The supervision adds the cause.
	 */
	if (oht_cycle_state(cycle) != OHT_ESTOP_STOPPED)
		cycle->ops->lost(cycle->context);
}

void oht_cycle_loss_failed(struct oht_cycle *cycle, u16 index, u64 now_ns)
{
	const struct oht_plan_entry *planned = &cycle->running->plan.entry[index];
	struct oht_cycle_entry *entry = &cycle->running->entry[index];

	cycle->status.errors++;
	if (!entry->judged) {
		oht_cycle_loss_judge(entry);
		if (entry->errors < U32_MAX)
			entry->errors++;
	}
	if (entry->errors >= planned->loss_errors)
		oht_cycle_loss_lose(cycle, index, now_ns);
}

void oht_cycle_loss_look(struct oht_cycle *cycle, u64 now_ns)
{
	const struct oht_cycle_layout *layout = cycle->running;
	u32 i;

	if (!cycle->heard_by_ns || now_ns < cycle->heard_by_ns)
		return;
	for (i = 0; i < layout->plan.entries; i++)
		if (layout->entry[i].heard_by_ns && now_ns >= layout->entry[i].heard_by_ns &&
		    !layout->entry[i].lost)
			oht_cycle_loss_lose(cycle, i, now_ns);
}
