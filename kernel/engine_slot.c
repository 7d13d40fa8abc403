// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine's view of a plan: which transfer may go between two points of the grid. Transfers of
 * the plan go first; all others only if their worst case ends before the next point, or if the
 * whole cycle was given to one of them.
 */
#include <linux/kernel.h>
#include <linux/time64.h>
#include "engine_internal.h"
#include "trace.h"

/*
 * The next point of the grid has passed and the plan's timer has not run yet: check again after
 * this.
 */
#define OHT_ENGINE_SLOT_LATE_NS	250000
/* The oldest of a class is given a cycle when it has been that for so many times whole_cycles. */
#define OHT_ENGINE_SLOT_OVERDUE	4ULL

static u64 oht_engine_slot_rest_ns(const struct oht_engine *e, const struct oht_xfer *x)
{
	return (u64)e->units[x->unit].policy.rest_us * NSEC_PER_USEC;
}

/* When @x may begin, as far as its unit is concerned. */
static u64 oht_engine_slot_from_ns(const struct oht_engine *e, const struct oht_xfer *x, u64 now_ns)
{
	return max(now_ns, e->units[x->unit].rest_until_ns);
}

/* The longest exchange that @x may cause; the longest possible one where only the unit knows. */
static struct oht_timing_exchange oht_engine_slot_exchange(const struct oht_engine *e,
							   const struct oht_xfer *x)
{
	const struct oht_frame_request req = oht_xfer_request(x);
	int request_bytes = oht_frame_request_bytes(&req);
	int reply_bytes = oht_frame_answer_bytes(&req);

	return (struct oht_timing_exchange) {
		.request_bytes = request_bytes >= 0 ? request_bytes : OHT_ADU_MAX_BYTES,
		.reply_bytes = reply_bytes >= 0 ? reply_bytes : OHT_ADU_MAX_BYTES,
		.turnaround_ns = e->slot.turnaround_ns,
		.pause_ns = (u64)e->units[x->unit].policy.pause_max_us * NSEC_PER_USEC,
		.rest_ns = oht_engine_slot_rest_ns(e, x),
	};
}

u64 oht_engine_slot_worst_ns(const struct oht_engine *e, const struct oht_xfer *x)
{
	const struct oht_timing_exchange exchange = oht_engine_slot_exchange(e, x);
	unsigned int chars = exchange.request_bytes + exchange.reply_bytes + 1;

	return e->timing.de_setup_ns + oht_timing_chars_ns(&e->timing, chars) +
	       (u64)x->timeout_us * NSEC_PER_USEC + exchange.reply_bytes * exchange.pause_ns +
	       e->timing.t35_ns;
}

/* How long it may keep the plan from a cycle that is given: its unit may have to rest first. */
static u64 oht_engine_slot_whole_ns(const struct oht_engine *e, const struct oht_xfer *x)
{
	return x->worst_ns + oht_engine_slot_rest_ns(e, x);
}

/*
 * It fits into the slack, and has found none for long: an answer that may still come keeps it back
 * until it is too late, or a unit that answers behind its time-out makes the line busy.
 */
static bool oht_engine_slot_is_overdue(const struct oht_engine *e, const struct oht_xfer *x,
				       u64 now_ns)
{
	u64 limit_ns = OHT_ENGINE_SLOT_OVERDUE * e->slot.left_cycles * e->slot.cycle_ns;
	unsigned int class;

	for (class = OHT_CLASS_COMMAND; class < OHT_ENGINE_CLASSES; class++)
		if (e->oldest[class].number == x->number &&
		    now_ns >= e->oldest[class].since_ns + limit_ns)
			return true;
	return false;
}

/*
 * Longer than the slack of any cycle, as it was computed or as it was lately: a unit of the plan
 * that is silent takes its time-out, and not the turnaround with which the plan counts. A unit that
 * the plan has asked last rests first.
 */
static bool oht_engine_slot_is_long(const struct oht_engine *e, const struct oht_xfer *x,
				    u64 now_ns)
{
	u64 whole_ns = oht_engine_slot_whole_ns(e, x);

	return whole_ns > e->slot.slack_max_ns ||
	       whole_ns + OHT_ENGINE_SLOT_LATE_NS > e->slot.left_ns ||
	       oht_engine_slot_is_overdue(e, x, now_ns);
}

void oht_engine_slot_left(struct oht_engine *e, u64 now_ns)
{
	struct oht_engine_slot *slot = &e->slot;
	u64 from_ns = max(now_ns, e->line_free_ns);

	if (from_ns < slot->until_ns)
		slot->left_max_ns = max(slot->left_max_ns, slot->until_ns - from_ns);
}

void oht_engine_slot_point(struct oht_engine *e)
{
	struct oht_engine_slot *slot = &e->slot;

	if (++slot->left_points < slot->left_cycles)
		return;
	slot->left_ns = slot->left_max_ns;
	slot->left_max_ns = 0;
	slot->left_points = 0;
}

/*
 * A retry goes to the front of its class, so the oldest need not be the first. Only the time as the
 * oldest counts, or a mere queue would cost the plan its cycles.
 */
void oht_engine_slot_age(struct oht_engine *e, u64 now_ns)
{
	const struct oht_xfer *x;
	unsigned int class;
	u64 least;

	lockdep_assert_held(&e->lock);
	for (class = OHT_CLASS_COMMAND; class < OHT_ENGINE_CLASSES; class++) {
		least = U64_MAX;
		list_for_each_entry(x, &e->queue[class], node)
			least = min(least, x->number);
		if (e->oldest[class].number == least)
			continue;
		e->oldest[class].number = least;
		e->oldest[class].since_ns = now_ns;
	}
}

/* Longer than the units whose loss stops may stay unheard. */
static bool oht_engine_slot_holds(const struct oht_engine *e, const struct oht_xfer *x)
{
	return e->slot.hold_max_ns && oht_engine_slot_whole_ns(e, x) > e->slot.hold_max_ns;
}

/*
 * May @x, which is long, begin in the given cycle, of which some may have passed? One that must not
 * begin at all has its turn to be refused.
 */
static bool oht_engine_slot_is_given(const struct oht_engine *e, const struct oht_xfer *x,
				     u64 now_ns)
{
	const struct oht_engine_slot *slot = &e->slot;

	if (!slot->hold_max_ns || oht_engine_slot_holds(e, x))
		return true;
	return oht_engine_slot_from_ns(e, x, now_ns) + x->worst_ns <= slot->hold_until_ns;
}

static bool oht_engine_slot_is_open(const struct oht_engine *e, const struct oht_xfer *x,
				    u64 now_ns)
{
	const struct oht_engine_slot *slot = &e->slot;

	if (!slot->until_ns || x->planned || x->priority < OHT_PRIO_COMMAND)
		return true;
	if (slot->planned)
		return false;
	if (slot->whole)
		return oht_engine_slot_is_long(e, x, now_ns) &&
		       oht_engine_slot_is_given(e, x, now_ns);
	return oht_engine_slot_from_ns(e, x, now_ns) + x->worst_ns <= slot->until_ns;
}

bool oht_engine_slot_is_kept(const struct oht_engine *e, unsigned int class, u64 now_ns)
{
	const struct oht_xfer *x;

	if (!e->slot.whole)
		return false;
	list_for_each_entry(x, &e->queue[class], node)
		if (oht_engine_slot_is_open(e, x, now_ns))
			return true;
	return false;
}

/* Else, if a late answer may come in each cycle, it would wait for ever. */
bool oht_engine_slot_presses(const struct oht_engine *e, const struct oht_xfer *x, u64 now_ns)
{
	return e->slot.whole && oht_engine_slot_is_overdue(e, x, now_ns);
}

u64 oht_engine_slot_opens_ns(const struct oht_engine *e, const struct oht_xfer *x, u64 now_ns)
{
	if (oht_engine_slot_is_open(e, x, now_ns))
		return 0;
	/*
	 * The plan's tick restarts the queue by itself. A tick at the same time would have to wait
	 * for it.
	 */
	return max(e->slot.until_ns, now_ns) + OHT_ENGINE_SLOT_LATE_NS;
}

void oht_engine_slot_taken(struct oht_engine *e, const struct oht_xfer *x, u64 now_ns)
{
	struct oht_engine_slot *slot = &e->slot;
	u64 late_ns;

	if (!x->planned) {
		slot->whole = false;
		return;
	}
	if (slot->begun || x->extra)
		return;
	slot->begun = true;
	late_ns = now_ns - min(now_ns, slot->start.grid_ns);
	oht_engine_measure(e, OHT_HISTOGRAM_CYCLE_LATE, late_ns);
	slot->late_max_ns = max(slot->late_max_ns, late_ns);
	trace_oht_cycle(e, &slot->start, OHT_FATE_BEGUN, now_ns);
}

void oht_engine_slot_look(const struct oht_engine *e, struct oht_engine_start *start, u64 now_ns)
{
	start->tick_ns = now_ns;
	start->quiet_ns = e->line_free_ns - min(e->line_free_ns, now_ns);
	start->state = e->state;
	if (!oht_engine_slot_is_taken(e)) {
		start->holder = OHT_HOLDER_NONE;
		start->unit = 0;
		start->function = 0;
		return;
	}
	start->holder = e->cur ? e->cur->class : OHT_HOLDER_ABANDONED;
	start->unit = e->req.unit;
	start->function = e->req.function;
}

bool oht_engine_slot_too_long(const struct oht_engine *e, const struct oht_xfer *x)
{
	struct oht_timing_exchange exchange;

	/*
	 * Transfers of the plan are judged as a whole at commit; a telegram is what a stop waits
	 * for.
	 */
	if (x->planned || x->priority < OHT_PRIO_COMMAND)
		return false;
	/* In no state: the loss that it makes would forbid the reset. */
	if (oht_engine_slot_holds(e, x))
		return true;
	if (!oht_engine_enabled(e))
		return false;
	/* Only the controller may hold the plan up for longer than one cycle. */
	if (e->slot.cycle_ns && oht_engine_slot_whole_ns(e, x) > e->slot.cycle_ns &&
	    !oht_engine_is_controllers(e, x))
		return true;
	if (!e->slot.budget_ns)
		return false;
	exchange = oht_engine_slot_exchange(e, x);
	return oht_timing_stop_ns(&e->timing, &exchange) > e->slot.budget_ns;
}

int oht_engine_slot_add(struct oht_engine *e, struct oht_xfer *x)
{
	int err;

	lockdep_assert_held(&e->lock);
	x->planned = true;
	x->priority = OHT_PRIO_CYCLIC;
	/* The controller set these values, and releasing the role stops the machine. */
	x->session = oht_engine_session(e);
	/* The transfer may have ended when this returns. */
	e->slot.planned++;
	err = oht_engine_prepare(x) ?: oht_engine_enqueue(e, x);
	if (err)
		e->slot.planned--;
	return err;
}

void oht_engine_slot_hurry(struct oht_engine *e, struct oht_xfer *x)
{
	lockdep_assert_held(&e->lock);
	if (x->urgent)
		return;
	list_del(&x->node);
	x->urgent = true;
	oht_engine_queue(e, x, x->class);
}

bool oht_engine_slot_wanted(const struct oht_engine *e, u64 now_ns, bool begin)
{
	const struct oht_xfer *x;
	unsigned int class;

	lockdep_assert_held(&e->lock);
	for (class = OHT_CLASS_COMMAND; class < OHT_ENGINE_CLASSES; class++)
		list_for_each_entry(x, &e->queue[class], node)
			if (oht_engine_slot_is_long(e, x, now_ns) &&
			    (!begin || oht_engine_slot_is_given(e, x, now_ns)))
				return true;
	return false;
}

void oht_engine_slot_run(struct oht_engine *e, u64 now_ns)
{
	lockdep_assert_held(&e->lock);
	if (e->state == OHT_ENGINE_DEAD)
		return;
	/* A character that has not been read yet makes the line busy. */
	oht_engine_receive(e, now_ns);
	if (!oht_engine_slot_is_taken(e))
		oht_engine_next(e, now_ns);
}
