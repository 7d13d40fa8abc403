// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cyclic side. At every point of the grid the entries that are due go to the engine, and their
 * results into the process image. No cycle is dropped silently: a cycle that could not start is
 * counted as missed, one that ends late as exceeded, one that yields its slot as given.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/time64.h>
#include "cycle.h"

static u64 oht_cycle_ns(const struct oht_cycle_layout *layout)
{
	return (u64)layout->plan.cycle_us * NSEC_PER_USEC;
}

/* ---- what is told ---- */

struct oht_cycle_record *oht_cycle_record(struct oht_cycle *cycle, u32 kind, u32 count)
{
	struct oht_cycle_record *record = oht_journal_next(&cycle->journal);

	*record = (struct oht_cycle_record) {
		.journal_seq = cycle->journal.seq,
		.event_ns = oht_cycle_now_ns(cycle),
		.cycle = cycle->status.cycles,
		.kind = kind,
		.count = count,
		.generation = cycle->header.generation,
	};
	cycle->ops->recorded(cycle->context);
	return record;
}

static void oht_cycle_show_header(struct oht_cycle *cycle)
{
	struct oht_image_header *header = &cycle->header;
	const struct oht_plan *plan = cycle->running ? &cycle->running->plan : NULL;

	header->entries = plan ? plan->entries : 0;
	header->cycle_us = plan ? plan->cycle_us : 0;
	header->flags &= OHT_PLAN_GONE;
	header->flags |= (plan ? OHT_PLAN_RUNNING : 0) | (cycle->next ? OHT_PLAN_PENDING : 0);
	header->safety_state = oht_cycle_state(cycle);
	header->cycles = cycle->status.cycles;
	header->cycle_start_ns = cycle->begin_ns;
	header->missed = cycle->status.missed;
	header->exceeded = cycle->status.exceeded;
	header->given = cycle->status.given;
	oht_image_write_header(cycle->image, header);
}

static void oht_cycle_show_entry(struct oht_cycle *cycle, u16 index)
{
	const struct oht_plan_entry *planned = &cycle->running->plan.entry[index];
	const struct oht_image_slot slot = {
		.generation = cycle->running->generation,
		.unit = planned->unit,
		.function = planned->function,
		.status = -ENODATA,
		.address = planned->address,
		.count = planned->count,
		.period_cycles = planned->period_cycles,
		.phase_cycles = planned->phase_cycles,
		.loss_action = planned->loss_action,
		.loss_errors = planned->loss_errors,
	};

	oht_image_write_slot(cycle->image, index, &slot);
}

/* True if outputs are not sent: there are none, or the machine may not move. */
static void oht_cycle_show_unsent(struct oht_cycle *cycle, u16 index, u8 detail, int status)
{
	struct oht_image_slot *slot = oht_image_begin(cycle->image, index);

	slot->detail = detail;
	slot->status = status;
	slot->exception = 0;
	oht_image_end(slot);
}

static void oht_cycle_show_result(struct oht_cycle *cycle, u16 index, const struct oht_xfer *x,
				  u64 now_ns)
{
	const struct oht_cycle_entry *entry = &cycle->running->entry[index];
	struct oht_image_slot *slot = oht_image_begin(cycle->image, index);

	slot->detail = x->detail;
	slot->exception = x->exception;
	slot->status = x->status;
	slot->errors = entry->errors;
	slot->turnaround_ns = x->turnaround_ns;
	/* A degraded unit is not asked. */
	if (x->attempts)
		slot->tried_ns = now_ns;
	if (!x->status) {
		slot->timestamp_ns = now_ns;
		memcpy(slot->words, x->words, x->count * sizeof(x->words[0]));
	}
	oht_image_end(slot);
}

/* ---- the end of exchanges ---- */

/* The exchange ended for a reason that does not concern its unit. */
static bool oht_cycle_is_void(u8 detail)
{
	return detail == OHT_DETAIL_STOPPED || detail == OHT_DETAIL_CANCELLED ||
	       detail == OHT_DETAIL_GONE;
}

static void oht_cycle_exceed(struct oht_cycle *cycle)
{
	if (cycle->overrun)
		return;
	cycle->overrun = true;
	cycle->status.exceeded++;
	oht_cycle_record(cycle, OHT_CYCLE_EXCEEDED, 1);
}

static void oht_cycle_finish(struct oht_cycle *cycle, u64 now_ns)
{
	cycle->status.busy_max_ns = max(cycle->status.busy_max_ns, now_ns - cycle->begin_ns);
	if (now_ns > cycle->end_ns)
		oht_cycle_exceed(cycle);
}

static void oht_cycle_end(struct oht_cycle_entry *entry, const struct oht_xfer *x)
{
	struct oht_cycle_layout *layout = entry->layout;
	struct oht_cycle *cycle = layout->cycle;
	u16 index = entry - layout->entry;
	u64 now_ns = oht_cycle_now_ns(cycle);

	if (layout != cycle->running)
		return;
	if (!x->status)
		oht_cycle_loss_heard(cycle, index, now_ns);
	else if (!oht_cycle_is_void(x->detail))
		oht_cycle_loss_failed(cycle, index, now_ns);
	oht_cycle_show_result(cycle, index, x, now_ns);
	if (cycle->engine->slot.planned)
		return;
	oht_cycle_finish(cycle, now_ns);
	oht_engine_slot_left(cycle->engine, now_ns);
	if (!cycle->beginning)
		oht_cycle_tell_unsent(cycle, OHT_FATE_UNSENT, now_ns);
}

/* Interrupts off, engine lock held. */
static void oht_cycle_done(struct oht_xfer *x)
{
	struct oht_cycle_entry *entry = container_of(x, struct oht_cycle_entry, xfer);

	oht_cycle_end(entry, x);
}

static void oht_cycle_urgent_done(struct oht_xfer *x)
{
	struct oht_cycle_entry *entry = container_of(x, struct oht_cycle_entry, urgent);

	oht_cycle_end(entry, x);
}

/* ---- the beginning of exchanges ---- */

/*
 * Outputs hold until the next stop or DISABLE. The abort of a stop may come after the machine has
 * been enabled again, so the count decides. The state is read before, so that the count is not
 * older than it.
 */
static bool oht_cycle_has_outputs(struct oht_cycle *cycle, const struct oht_cycle_entry *entry)
{
	return entry->has_outputs && entry->halts == oht_cycle_halts(cycle);
}

/* May the entry write? If not, a combined exchange only reads, and a pure write is not started. */
static bool oht_cycle_may_write(struct oht_cycle *cycle, u16 index)
{
	const struct oht_plan_entry *planned = &cycle->running->plan.entry[index];
	bool enabled = oht_cycle_state(cycle) == OHT_ESTOP_ENABLED;

	if (enabled && oht_cycle_has_outputs(cycle, &cycle->running->entry[index]))
		return true;
	if (planned->function == OHT_FC_READ_WRITE)
		return false;
	oht_cycle_show_unsent(cycle, index, enabled ? OHT_DETAIL_OK : OHT_DETAIL_STOPPED,
			      enabled ? -ENODATA : -ECANCELED);
	oht_cycle_loss_excuse(cycle, index, cycle->begin_ns);
	return false;
}

/* What waits writes the newest outputs, so that no older ones go out behind them. */
static void oht_cycle_renew(struct oht_cycle_entry *entry)
{
	if (entry->xfer.state == OHT_XFER_QUEUED)
		memcpy(entry->xfer.words, entry->outputs, sizeof(entry->xfer.words));
	if (entry->urgent.state == OHT_XFER_QUEUED)
		memcpy(entry->urgent.words, entry->outputs, sizeof(entry->urgent.words));
}

/*
 * The turn of @entry is served by what has not ended: the exchange of a cycle that is late, or one
 * out of turn. What is on the wire with older outputs does not serve it.
 */
static bool oht_cycle_is_served(struct oht_cycle_entry *entry)
{
	if (entry->xfer.state == OHT_XFER_NEW && entry->urgent.state == OHT_XFER_NEW)
		return false;
	/* A combined exchange reads and writes from one place, and is never out of turn. */
	if (oht_frame_is_write(entry->xfer.function) && entry->xfer.function != OHT_FC_READ_WRITE)
		oht_cycle_renew(entry);
	return entry->xfer.state != OHT_XFER_NEW || entry->urgent.state == OHT_XFER_QUEUED ||
	       !memcmp(entry->urgent.words, entry->outputs, sizeof(entry->urgent.words));
}

/* True if there is an exchange now. */
static bool oht_cycle_begin_entry(struct oht_cycle *cycle, u16 index)
{
	const struct oht_plan_entry *planned = &cycle->running->plan.entry[index];
	struct oht_cycle_entry *entry = &cycle->running->entry[index];
	struct oht_xfer *x = &entry->xfer;
	bool writes = oht_plan_is_output(planned);
	u8 function = planned->function;
	u32 enabled;
	int err;

	oht_cycle_loss_turn(cycle, index);
	entry->next_due = oht_plan_next_due(planned, cycle->index);
	entry->due_ns = cycle->begin_ns + planned->period_cycles * oht_cycle_ns(cycle->running);
	entry->early = false;
	entry->yielded = false;
	/*
	 * Read before the outputs: if the machine is enabled anew in between, the engine drops the
	 * transfer.
	 */
	enabled = oht_engine_enabled(cycle->engine);
	if (writes && !oht_cycle_may_write(cycle, index)) {
		if (planned->function != OHT_FC_READ_WRITE)
			return false;
		function = OHT_FC_READ_HOLDING;
		writes = false;
	}
	if (oht_cycle_is_served(entry))
		return false;
	x->urgent = false;
	x->extra = false;
	x->function = function;
	x->enabled = enabled;
	x->write_address = writes ? planned->write_address : 0;
	x->write_count = writes ? planned->write_count : 0;
	if (writes)
		memcpy(x->words, entry->outputs, sizeof(x->words));
	err = oht_engine_slot_add(cycle->engine, x);
	if (err)
		oht_cycle_show_unsent(cycle, index, OHT_DETAIL_OK, err);
	return !err;
}

/* ---- out of turn ---- */

/*
 * When the bus is free of what the plan has not brought: that ends before the next point of the
 * grid, or in a cycle that was given.
 */
static u64 oht_cycle_free_ns(const struct oht_cycle *cycle)
{
	const struct oht_engine *e = cycle->engine;
	u64 now_ns = oht_cycle_now_ns(cycle);

	if (!oht_engine_slot_is_taken(e) || (e->cur && e->cur->planned))
		return now_ns;
	return max(now_ns, max(e->slot.until_ns, e->slot.hold_until_ns));
}

/*
 * An exchange of @entry out of turn puts off no cycle for too long, and no unit whose loss stops is
 * lost because of it.
 */
static bool oht_cycle_may_hurry(const struct oht_cycle *cycle, const struct oht_cycle_entry *entry)
{
	u64 urgent_ns = cycle->urgent_ns + entry->busy_ns;
	u64 busy_ns = urgent_ns + cycle->running->figures.busy_worst_ns;

	return urgent_ns <= OHT_OUTPUTS_NOW_MAX_US * NSEC_PER_USEC &&
	       oht_cycle_free_ns(cycle) + busy_ns <= oht_cycle_loss_next_ns(cycle);
}

/* What carries new outputs of @entry: what waits, else what is not on the wire. */
static struct oht_xfer *oht_cycle_carrier(struct oht_cycle_entry *entry)
{
	if (entry->urgent.state == OHT_XFER_QUEUED)
		return &entry->urgent;
	if (entry->xfer.state == OHT_XFER_QUEUED || entry->urgent.state == OHT_XFER_ACTIVE)
		return &entry->xfer;
	return &entry->urgent;
}

void oht_cycle_hurry(struct oht_cycle *cycle, u16 index)
{
	struct oht_cycle_entry *entry = &cycle->running->entry[index];
	struct oht_xfer *x = oht_cycle_carrier(entry);
	u32 enabled = oht_engine_enabled(cycle->engine);

	oht_cycle_renew(entry);
	if (x->state == OHT_XFER_QUEUED && x->urgent)
		return;
	/* A degraded unit is asked in its turn, else each call would count as one more failure. */
	if (oht_cycle_state(cycle) != OHT_ESTOP_ENABLED || !oht_cycle_has_outputs(cycle, entry) ||
	    oht_engine_unit_is_degraded(cycle->engine, x->unit) ||
	    !oht_cycle_may_hurry(cycle, entry))
		return;
	cycle->urgent_ns += entry->busy_ns;
	cycle->late = true;
	if (x->state == OHT_XFER_QUEUED) {
		oht_engine_slot_hurry(cycle->engine, x);
		return;
	}
	x->urgent = true;
	x->extra = true;
	x->function = cycle->running->plan.entry[index].function;
	x->enabled = enabled;
	memcpy(x->words, entry->outputs, sizeof(x->words));
	oht_engine_slot_add(cycle->engine, x);
}

/* When an entry that is due may be sent in the present cycle, if something is behind. */
enum oht_cycle_turn {
	OHT_CYCLE_TURN_LAST,	/* it has to be heard before its next turn is over */
	OHT_CYCLE_TURN_FIRST,	/* it was not sent in its cycle; its next one may be missed */
	OHT_CYCLE_TURN_OVERDUE,	/* its next one has been missed too */
	OHT_CYCLE_TURN_OWN,
	OHT_CYCLE_TURN_ROOM,	/* it was not sent in its cycle: if there is room */
	OHT_CYCLE_TURN_ANY,	/* nothing is behind: all in their order */
};

/* The regular turn of an entry is in the present cycle. */
static bool oht_cycle_is_own(const struct oht_cycle *cycle, u16 index)
{
	return oht_plan_next_due(&cycle->running->plan.entry[index], cycle->index - 1) ==
	       cycle->index;
}

static enum oht_cycle_turn oht_cycle_turn(const struct oht_cycle *cycle, u16 index)
{
	const struct oht_cycle_layout *layout = cycle->running;
	const struct oht_plan_entry *planned = &layout->plan.entry[index];
	const struct oht_cycle_entry *entry = &layout->entry[index];
	u64 next, over_ns;
	bool own = oht_cycle_is_own(cycle, index);

	if (entry->heard_by_ns && !entry->lost) {
		/* The machine must not stop for what has only waited for its next turn. */
		next = oht_plan_next_due(planned, cycle->index);
		over_ns = cycle->end_ns + (next - cycle->index) * oht_cycle_ns(layout);
		if (entry->heard_by_ns < over_ns)
			return OHT_CYCLE_TURN_LAST;
		/* The bus is taken: the cycle may end so late that the next turn is missed. */
		if (cycle->taken && !own)
			return OHT_CYCLE_TURN_FIRST;
	}
	if (entry->next_due + planned->period_cycles <= cycle->index)
		return OHT_CYCLE_TURN_OVERDUE;
	return own ? OHT_CYCLE_TURN_OWN : OHT_CYCLE_TURN_ROOM;
}

/* There is room for @entry in the cycle behind exchanges that end at @end_ns. */
static bool oht_cycle_has_room(const struct oht_cycle *cycle, const struct oht_cycle_entry *entry,
			       u64 end_ns)
{
	return end_ns + entry->busy_ns <=
	       cycle->begin_ns + oht_plan_load_max_ns(&cycle->running->plan);
}

/*
 * Those of one turn, with @room only if there is room. The exchanges that have been begun end at
 * @end_ns; returns the new end.
 */
static u64 oht_cycle_begin_turn(struct oht_cycle *cycle, enum oht_cycle_turn turn, bool room,
				u64 end_ns)
{
	const struct oht_cycle_layout *layout = cycle->running;
	u16 i;

	for (i = 0; i < layout->plan.entries; i++) {
		if (layout->entry[i].next_due > cycle->index)
			continue;
		if (turn != OHT_CYCLE_TURN_ANY && oht_cycle_turn(cycle, i) != turn)
			continue;
		if (room && !oht_cycle_has_room(cycle, &layout->entry[i], end_ns))
			continue;
		if (oht_cycle_begin_entry(cycle, i))
			end_ns += layout->entry[i].busy_ns;
	}
	return end_ns;
}

/* The entry of turn @turn, which is LAST or FIRST, that must be heard first; -1: none is left. */
static int oht_cycle_find_soonest(const struct oht_cycle *cycle, enum oht_cycle_turn turn)
{
	const struct oht_cycle_layout *layout = cycle->running;
	int first = -1;
	u16 i;

	for (i = 0; i < layout->plan.entries; i++) {
		if (layout->entry[i].next_due > cycle->index)
			continue;
		/* Compared first: to tell the turn takes divisions. */
		if (first >= 0 && layout->entry[i].heard_by_ns >= layout->entry[first].heard_by_ns)
			continue;
		if (oht_cycle_turn(cycle, i) == turn)
			first = i;
	}
	return first;
}

/*
 * By the time by which each must be heard, not in the plan's order: exchanges of two cycles may be
 * behind, and there is time for those of one before the first loss. An entry that is begun is not
 * due any more.
 */
static u64 oht_cycle_begin_soonest(struct oht_cycle *cycle, enum oht_cycle_turn turn, u64 end_ns)
{
	int i;

	while ((i = oht_cycle_find_soonest(cycle, turn)) >= 0)
		if (oht_cycle_begin_entry(cycle, i))
			end_ns += cycle->running->entry[i].busy_ns;
	return end_ns;
}

/*
 * The entry in turn OVERDUE that has waited for longest. An entry of another cycle must have room
 * as well. -1: none is left.
 */
static int oht_cycle_find_overdue(const struct oht_cycle *cycle, u64 end_ns)
{
	const struct oht_cycle_layout *layout = cycle->running;
	int first = -1;
	u16 i;

	for (i = 0; i < layout->plan.entries; i++) {
		if (layout->entry[i].next_due >= cycle->index ||
		    (first >= 0 && layout->entry[i].next_due >= layout->entry[first].next_due))
			continue;
		if (oht_cycle_turn(cycle, i) == OHT_CYCLE_TURN_OVERDUE &&
		    (oht_cycle_is_own(cycle, i) ||
		     oht_cycle_has_room(cycle, &layout->entry[i], end_ns)))
			first = i;
	}
	return first;
}

/*
 * A unit that is silent for longer than a cycle may make the same cycles missed each time. What is
 * due in those takes the room of what has its own turn now.
 */
static u64 oht_cycle_begin_overdue(struct oht_cycle *cycle, u64 end_ns)
{
	int i;

	while ((i = oht_cycle_find_overdue(cycle, end_ns)) >= 0)
		if (oht_cycle_begin_entry(cycle, i))
			end_ns += cycle->running->entry[i].busy_ns;
	return end_ns;
}

static bool oht_cycle_is_behind(const struct oht_cycle *cycle)
{
	const struct oht_cycle_entry *entry;
	u16 i;

	for (i = 0; i < cycle->running->plan.entries; i++) {
		entry = &cycle->running->entry[i];
		if (entry->next_due < cycle->index ||
		    (entry->early && entry->next_due == cycle->index))
			return true;
	}
	return false;
}

/*
 * Entries due in a cycle that was not begun fit into no later one beside its own entries if the
 * plan is full: the cycle would exceed, the next one be missed, and so on for ever.
 */
static void oht_cycle_begin_entries(struct oht_cycle *cycle, u64 now_ns)
{
	u64 own_ns, end_ns = max(now_ns, cycle->engine->line_free_ns);

	if (!oht_cycle_is_behind(cycle)) {
		oht_cycle_begin_turn(cycle, OHT_CYCLE_TURN_ANY, false, end_ns);
		return;
	}
	end_ns = oht_cycle_begin_soonest(cycle, OHT_CYCLE_TURN_LAST, end_ns);
	end_ns = oht_cycle_begin_soonest(cycle, OHT_CYCLE_TURN_FIRST, end_ns);
	own_ns = oht_cycle_begin_overdue(cycle, end_ns);
	end_ns = oht_cycle_begin_turn(cycle, OHT_CYCLE_TURN_OWN, own_ns > end_ns, own_ns);
	oht_cycle_begin_turn(cycle, OHT_CYCLE_TURN_ROOM, true, end_ns);
}

static void oht_cycle_begin(struct oht_cycle *cycle, u64 now_ns)
{
	struct oht_cycle_layout *layout = cycle->running;
	struct oht_engine_slot *slot = &cycle->engine->slot;

	cycle->begin_ns = cycle->grid_ns;
	cycle->end_ns = cycle->grid_ns + oht_cycle_ns(layout);
	cycle->overrun = false;
	cycle->taken = oht_engine_slot_is_taken(cycle->engine);
	oht_cycle_note_start(cycle, &slot->start, now_ns);
	slot->begun = false;
	cycle->beginning = true;
	oht_cycle_begin_entries(cycle, now_ns);
	cycle->beginning = false;
	if (slot->planned)
		return;
	oht_engine_slot_left(cycle->engine, now_ns);
	oht_cycle_tell_unsent(cycle, OHT_FATE_EMPTY, now_ns);
}

/* The plan that waits comes in force; all exchanges of the old one are over. */
static void oht_cycle_swap(struct oht_cycle *cycle)
{
	const struct oht_cycle_layout *before = cycle->running;
	struct oht_cycle_layout *layout = cycle->next;
	struct oht_engine_slot *slot = &cycle->engine->slot;
	u32 i;

	cycle->running = layout;
	cycle->next = NULL;
	cycle->index = 0;
	cycle->header.generation = layout->generation;
	slot->cycle_ns = oht_cycle_ns(layout);
	slot->slack_max_ns = layout->figures.slack_max_ns;
	/* A row of plans is measured as one, since no plan of it lasts long enough. */
	if (!before) {
		slot->left_ns = slot->slack_max_ns + slot->cycle_ns;
		slot->left_max_ns = 0;
		slot->left_points = 0;
	}
	slot->left_cycles = layout->plan.whole_cycles;
	slot->budget_ns = (u64)layout->plan.stop_budget_us * NSEC_PER_USEC;
	slot->hold_max_ns = layout->figures.hold_max_ns;
	slot->turnaround_ns = 0;
	for (i = 0; i < layout->plan.entries; i++) {
		slot->turnaround_ns = max(slot->turnaround_ns, layout->plan.entry[i].turnaround_us *
					  (u64)NSEC_PER_USEC);
		oht_cycle_show_entry(cycle, i);
	}
	oht_cycle_loss_begin(cycle, before);
}

static void oht_cycle_miss(struct oht_cycle *cycle, u64 count)
{
	cycle->status.missed += count;
	oht_cycle_record(cycle, OHT_CYCLE_MISSED, min_t(u64, count, U32_MAX));
}

/*
 * The timer was late by more than a cycle: the cycles that should have started meanwhile are
 * missed.
 */
static void oht_cycle_catch_up(struct oht_cycle *cycle, u64 now_ns)
{
	u64 cycle_ns, passed;

	cycle->passed = 0;
	if (!cycle->running) {
		cycle->grid_ns = now_ns;
		return;
	}
	cycle_ns = oht_cycle_ns(cycle->running);
	if (now_ns < cycle->grid_ns + cycle_ns)
		return;
	passed = div64_u64(now_ns - cycle->grid_ns, cycle_ns);
	cycle->passed = passed;
	cycle->grid_ns += passed * cycle_ns;
	cycle->index += passed;
	cycle->status.cycles += passed;
	oht_cycle_miss(cycle, passed);
}

/*
 * A transfer that wants the whole coming cycle must be queued when the cycle before it starts:
 * visiting all waiting transfers takes time that the start of a cycle does not have.
 */
static void oht_cycle_plan_give(struct oht_cycle *cycle, u64 now_ns)
{
	oht_engine_slot_age(cycle->engine, now_ns);
	cycle->give = cycle->status.cycles >= cycle->give_cycle &&
		      oht_engine_slot_wanted(cycle->engine, now_ns, false);
}

/*
 * An entry that finds no room in the cycles of others yields its turn once, not each time: else it
 * would never be sent if its cycle is always the one that is given.
 */
static bool oht_cycle_is_claimed(const struct oht_cycle *cycle)
{
	u16 i;

	for (i = 0; i < cycle->running->plan.entries; i++)
		if (cycle->running->entry[i].yielded && oht_cycle_is_own(cycle, i))
			return true;
	return false;
}

/*
 * Behind the transfer there must be time for all exchanges of a cycle before a unit must be heard:
 * what was due before, and has found no room, is with them.
 */
static bool oht_cycle_may_give(struct oht_cycle *cycle, u64 now_ns)
{
	struct oht_engine_slot *slot = &cycle->engine->slot;
	u64 by_ns, busy_ns = cycle->running->figures.busy_worst_ns;

	if (!cycle->give || oht_cycle_is_claimed(cycle))
		return false;
	by_ns = oht_cycle_loss_next_ns(cycle);
	slot->hold_until_ns = by_ns - min(by_ns, busy_ns);
	return slot->until_ns <= slot->hold_until_ns &&
	       oht_engine_slot_wanted(cycle->engine, now_ns, true);
}

static void oht_cycle_give(struct oht_cycle *cycle)
{
	u16 i;

	for (i = 0; i < cycle->running->plan.entries; i++)
		cycle->running->entry[i].yielded |=
			cycle->running->entry[i].next_due <= cycle->index;
	cycle->give_cycle = cycle->status.cycles + cycle->running->plan.whole_cycles;
	cycle->engine->slot.whole = true;
	cycle->status.given++;
	oht_cycle_record(cycle, OHT_CYCLE_GIVEN, 1);
}

/* What the exchanges of the present cycle that wait will take; @left: some have not ended. */
static u64 oht_cycle_left_ns(const struct oht_cycle *cycle, bool *left)
{
	const struct oht_cycle_layout *layout = cycle->running;
	u64 left_ns = 0;
	u16 i;

	*left = false;
	for (i = 0; i < layout->plan.entries; i++) {
		const struct oht_xfer *x = &layout->entry[i].xfer;

		if (x->state == OHT_XFER_NEW || x->extra)
			continue;
		*left = true;
		if (x->state == OHT_XFER_QUEUED)
			left_ns += layout->entry[i].busy_ns;
	}
	return left_ns;
}

/*
 * A cycle begins behind exchanges out of turn and behind what these have put off of the cycle
 * before it. If more than that is left, it is missed as ever.
 */
static bool oht_cycle_may_begin(struct oht_cycle *cycle, u64 now_ns)
{
	u64 left_ns;
	bool left;

	if (!cycle->engine->slot.planned) {
		cycle->late = false;
		/* A stop leaves an exchange on the wire that is in no cycle any more. */
		if (!oht_engine_slot_is_taken(cycle->engine) &&
		    now_ns >= cycle->engine->line_free_ns)
			cycle->urgent_ns = 0;
		return true;
	}
	if (!cycle->late)
		return false;
	left_ns = oht_cycle_left_ns(cycle, &left);
	if (left)
		oht_cycle_exceed(cycle);
	return left_ns <= cycle->urgent_ns;
}

u64 oht_cycle_tick(struct oht_cycle *cycle)
{
	struct oht_engine *e = cycle->engine;
	unsigned long flags;
	u64 now_ns, next_ns = 0;

	raw_spin_lock_irqsave(&e->lock, flags);
	if (e->state == OHT_ENGINE_DEAD || (!cycle->running && !cycle->next))
		goto out;
	now_ns = oht_cycle_now_ns(cycle);
	oht_cycle_catch_up(cycle, now_ns);
	e->slot.whole = false;
	oht_engine_slot_point(e);
	if (cycle->next && !e->slot.planned)
		oht_cycle_swap(cycle);
	/* Set before the first exchange starts, since all later ones are judged by it. */
	e->slot.until_ns = cycle->grid_ns + oht_cycle_ns(cycle->running);
	if (!oht_cycle_may_begin(cycle, now_ns)) {
		oht_cycle_exceed(cycle);
		oht_cycle_miss(cycle, 1);
		oht_cycle_tell(cycle, OHT_FATE_MISSED, now_ns);
	} else if (!e->slot.planned && oht_cycle_may_give(cycle, now_ns)) {
		oht_cycle_give(cycle);
		oht_cycle_tell(cycle, OHT_FATE_GIVEN, now_ns);
	} else {
		oht_cycle_begin(cycle, now_ns);
	}
	cycle->index++;
	cycle->status.cycles++;
	cycle->grid_ns = e->slot.until_ns;
	oht_cycle_loss_tick(cycle);
	oht_cycle_show_header(cycle);
	next_ns = cycle->grid_ns;
	oht_engine_slot_run(e, now_ns);
	oht_cycle_loss_look(cycle, now_ns);
	oht_cycle_plan_give(cycle, now_ns);
out:
	raw_spin_unlock_irqrestore(&e->lock, flags);
	return next_ns;
}

/* ---- plans ---- */

void oht_cycle_init(struct oht_cycle *cycle, struct oht_engine *engine, struct oht_image *image,
		    bool exact)
{
	cycle->engine = engine;
	cycle->image = image;
	cycle->exact = exact;
}

int oht_cycle_stage(struct oht_cycle *cycle, const struct oht_plan *plan, u32 *bad_entry)
{
	int ret = oht_plan_check(plan, bad_entry) ?:
		  oht_plan_check_holds(plan, &cycle->engine->timing, bad_entry);

	if (ret)
		return ret;
	cycle->staged = *plan;
	cycle->has_staged = true;
	return 0;
}

static void oht_cycle_lay_out(struct oht_cycle *cycle, struct oht_cycle_layout *layout,
			      const struct oht_plan_figures *figures)
{
	u32 i;

	memset(layout, 0, sizeof(*layout));
	layout->cycle = cycle;
	layout->plan = cycle->staged;
	layout->figures = *figures;
	for (i = 0; i < layout->plan.entries; i++) {
		const struct oht_plan_entry *planned = &layout->plan.entry[i];
		struct oht_cycle_entry *entry = &layout->entry[i];

		entry->layout = layout;
		entry->next_due = planned->phase_cycles;
		entry->busy_ns = oht_plan_entry_ns(planned, &cycle->engine->timing) +
				 (u64)layout->plan.rest_us[i] * NSEC_PER_USEC;
		entry->xfer.unit = planned->unit;
		entry->xfer.address = planned->address;
		entry->xfer.count = planned->count;
		entry->xfer.timeout_us = planned->timeout_us;
		entry->xfer.done = oht_cycle_done;
		entry->urgent = entry->xfer;
		entry->urgent.done = oht_cycle_urgent_done;
	}
}

/*
 * The pauses and rests of the units, for the figures of the plan that is laid ready. With @hold
 * they do not change until oht_cycle_settle_pauses().
 */
static void oht_cycle_note_pauses(struct oht_cycle *cycle, bool hold)
{
	struct oht_plan *plan = &cycle->staged;
	const struct oht_engine_policy *policy;
	unsigned long flags;
	u32 i;

	raw_spin_lock_irqsave(&cycle->engine->lock, flags);
	for (i = 0; i < plan->entries; i++) {
		policy = &cycle->engine->units[plan->entry[i].unit].policy;
		plan->pause_us[i] = policy->pause_max_us;
		plan->rest_us[i] = policy->rest_us;
	}
	if (hold)
		cycle->engine->slot.pauses_held = true;
	raw_spin_unlock_irqrestore(&cycle->engine->lock, flags);
}

/* The commit is over: a plan that waits or is in force keeps the pauses as they are. */
static void oht_cycle_settle_pauses(struct oht_cycle *cycle)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&cycle->engine->lock, flags);
	cycle->engine->slot.pauses_held = cycle->running || cycle->next;
	raw_spin_unlock_irqrestore(&cycle->engine->lock, flags);
}

/* Memory for a new layout; nothing else uses it while no layout waits. */
static struct oht_cycle_layout *oht_cycle_spare(struct oht_cycle *cycle)
{
	struct oht_cycle_layout *spare = NULL;
	unsigned long flags;

	raw_spin_lock_irqsave(&cycle->engine->lock, flags);
	if (!cycle->next)
		spare = &cycle->layout[cycle->running == &cycle->layout[0]];
	raw_spin_unlock_irqrestore(&cycle->engine->lock, flags);
	return spare;
}

static int oht_cycle_try_commit(struct oht_cycle *cycle, bool dry,
				struct oht_plan_figures *figures, u32 *generation)
{
	struct oht_cycle_layout *spare;
	unsigned long flags;
	int ret;

	ret = oht_plan_compute(&cycle->staged, &cycle->engine->timing, cycle->exact, figures);
	if (ret || dry)
		return ret;
	spare = oht_cycle_spare(cycle);
	if (!spare)
		return -EBUSY;
	oht_cycle_lay_out(cycle, spare, figures);

	raw_spin_lock_irqsave(&cycle->engine->lock, flags);
	spare->generation = ++cycle->generation;
	*generation = spare->generation;
	cycle->next = spare;
	oht_cycle_show_header(cycle);
	raw_spin_unlock_irqrestore(&cycle->engine->lock, flags);
	return 0;
}

int oht_cycle_commit(struct oht_cycle *cycle, bool dry, struct oht_plan_figures *figures,
		     u32 *generation)
{
	int ret;

	*generation = 0;
	if (!cycle->has_staged)
		return -ENOENT;
	oht_cycle_note_pauses(cycle, !dry);
	ret = oht_cycle_try_commit(cycle, dry, figures, generation);
	if (!dry)
		oht_cycle_settle_pauses(cycle);
	return ret;
}

void oht_cycle_clear(struct oht_cycle *cycle)
{
	struct oht_engine *e = cycle->engine;
	struct oht_cycle_layout *ended;
	unsigned long flags;
	u32 i;

	cycle->has_staged = false;
	raw_spin_lock_irqsave(&e->lock, flags);
	ended = cycle->running;
	if (cycle->running || cycle->next)
		cycle->header.generation = ++cycle->generation;
	cycle->running = NULL;
	cycle->next = NULL;
	e->slot.until_ns = 0;
	e->slot.cycle_ns = 0;
	e->slot.budget_ns = 0;
	e->slot.hold_max_ns = 0;
	e->slot.whole = false;
	e->slot.pauses_held = false;
	oht_cycle_loss_end(cycle);
	oht_cycle_show_header(cycle);
	raw_spin_unlock_irqrestore(&e->lock, flags);

	for (i = 0; ended && i < ended->plan.entries; i++) {
		oht_engine_cancel(e, &ended->entry[i].xfer);
		oht_engine_cancel(e, &ended->entry[i].urgent);
	}
	/* Transfers that waited for slack may go now. */
	raw_spin_lock_irqsave(&e->lock, flags);
	oht_engine_slot_run(e, oht_cycle_now_ns(cycle));
	raw_spin_unlock_irqrestore(&e->lock, flags);
}

/* ---- calls ---- */

void oht_cycle_stopped(struct oht_cycle *cycle)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&cycle->engine->lock, flags);
	oht_cycle_show_header(cycle);
	raw_spin_unlock_irqrestore(&cycle->engine->lock, flags);
}

void oht_cycle_gone(struct oht_cycle *cycle)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&cycle->engine->lock, flags);
	cycle->running = NULL;
	cycle->next = NULL;
	cycle->header.flags |= OHT_PLAN_GONE;
	oht_cycle_loss_end(cycle);
	oht_cycle_show_header(cycle);
	raw_spin_unlock_irqrestore(&cycle->engine->lock, flags);
}
