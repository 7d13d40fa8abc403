// SPDX-License-Identifier: GPL-2.0-only
/* The queue, the calls from outside, where transactions end, and the end of the engine. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/time64.h>
#include "compat.h"
#include "engine_internal.h"
#include "trace.h"

static const int oht_engine_errnos[] = {
	[OHT_DETAIL_OK] = 0,
	[OHT_DETAIL_TIMEOUT] = -ETIMEDOUT,
	[OHT_DETAIL_SHORT] = -EBADMSG,
	[OHT_DETAIL_CRC] = -EBADMSG,
	[OHT_DETAIL_LENGTH] = -EBADMSG,
	[OHT_DETAIL_UNIT] = -EPROTO,
	[OHT_DETAIL_FUNCTION] = -EPROTO,
	[OHT_DETAIL_ECHO] = -EPROTO,
	[OHT_DETAIL_EXCEPTION] = -EREMOTEIO,
	[OHT_DETAIL_LINE] = -EIO,
	[OHT_DETAIL_TX_STUCK] = -EIO,
	[OHT_DETAIL_CANCELLED] = -EINTR,
	[OHT_DETAIL_STOPPED] = -ECANCELED,
	[OHT_DETAIL_GONE] = -ENODEV,
	[OHT_DETAIL_DEGRADED] = -EHOSTUNREACH,
	[OHT_DETAIL_BUDGET] = -EDQUOT,
	[OHT_DETAIL_NOT_CONTROLLER] = -EPERM,
	[OHT_DETAIL_PAUSED] = -EBADMSG,
};

/* ---- the clock of the real machine ---- */

/*
 * The timer that starts a frame expires this much early, and its handler waits for the exact time.
 * So the latency of the interrupt, and of a section with interrupts off, up to this much delays no
 * frame. The price: the button's interrupt may have to wait this long for the handler, and each
 * frame may cost as much CPU time. Other deadlines need no such precision.
 */
#define OHT_ENGINE_LEAD_NS	15000

/*
 * Called without the lock, so that other CPUs can take it meanwhile. A timer that is armed again
 * during the wait expires once more, so either of its two times may be awaited here.
 */
static void oht_engine_clock_wait(struct oht_engine *e)
{
	u64 at_ns = READ_ONCE(e->exact_ns);
	u64 limit_ns = ktime_get_ns() + OHT_ENGINE_LEAD_NS;

	/* Too short for cpu_relax(), with which some emulators hand over to another CPU. */
	while (ktime_get_ns() < min(at_ns, limit_ns))
		;
}

static enum hrtimer_restart oht_engine_timer(struct hrtimer *timer)
{
	struct oht_engine *e = container_of(timer, struct oht_engine, timer);

	oht_engine_clock_wait(e);
	oht_engine_tick(e);
	/* If the tick wants another one, it has started the timer itself. */
	return HRTIMER_NORESTART;
}

static u64 oht_engine_clock_now(struct oht_engine *e)
{
	return ktime_get_ns();
}

static void oht_engine_clock_arm(struct oht_engine *e, u64 at_ns)
{
	bool exact = e->state == OHT_ENGINE_GAP && at_ns > OHT_ENGINE_LEAD_NS;

	WRITE_ONCE(e->exact_ns, exact ? at_ns : 0);
	if (exact)
		at_ns -= OHT_ENGINE_LEAD_NS;
	hrtimer_start(&e->timer, ns_to_ktime(at_ns), HRTIMER_MODE_ABS_PINNED_HARD);
}

static void oht_engine_clock_disarm(struct oht_engine *e)
{
	hrtimer_try_to_cancel(&e->timer);
}

static void oht_engine_clock_drain(struct oht_engine *e)
{
	hrtimer_cancel(&e->timer);
}

static const struct oht_engine_clock oht_engine_real_clock = {
	.now_ns = oht_engine_clock_now,
	.arm = oht_engine_clock_arm,
	.disarm = oht_engine_clock_disarm,
	.drain = oht_engine_clock_drain,
};

void oht_engine_arm(struct oht_engine *e, u64 at_ns)
{
	e->armed = true;
	e->armed_generation = e->generation;
	e->deadline_ns = at_ns;
	e->clock->arm(e, at_ns);
}

static void oht_engine_disarm(struct oht_engine *e)
{
	e->armed = false;
	e->clock->disarm(e);
}

void oht_engine_enter(struct oht_engine *e, enum oht_engine_state state)
{
	trace_oht_state(e, state);
	e->state = state;
}

/* ---- the queues ---- */

/* An urgent transfer goes behind the last one that waits, else in front of all. */
static struct list_head *oht_engine_queue_urgent(struct oht_engine *e, unsigned int class)
{
	struct list_head *behind = &e->queue[class];
	struct oht_xfer *x;

	list_for_each_entry(x, &e->queue[class], node)
		if (x->urgent)
			behind = &x->node;
	return behind;
}

/* As many transfers of each other descriptor go first as of this one. */
void oht_engine_queue(struct oht_engine *e, struct oht_xfer *x, unsigned int class)
{
	struct list_head *before = &e->queue[class];
	struct oht_xfer *other;

	x->state = OHT_XFER_QUEUED;
	x->class = class;
	x->turn = e->turn[class];
	if (list_empty(&e->queue[class])) {
		e->passed[false][class] = 0;
		e->passed[true][class] = 0;
	}
	if (!x->planned) {
		list_for_each_entry(other, &e->queue[class], node)
			if (other->owner == x->owner)
				x->turn = max(x->turn, other->turn + 1);
		list_for_each_entry(other, &e->queue[class], node) {
			if (other->turn <= x->turn)
				continue;
			before = &other->node;
			break;
		}
	}
	if (x->urgent)
		list_add(&x->node, oht_engine_queue_urgent(e, class));
	else
		list_add_tail(&x->node, before);
}

/* The places of the descriptor stay: @x takes the first one, and what waits in them moves on. */
void oht_engine_queue_again(struct oht_engine *e, struct oht_xfer *x)
{
	unsigned int class = oht_engine_class(e, x);
	struct oht_xfer *other, *next;

	list_for_each_entry_safe(other, next, &e->queue[class], node) {
		if (other->owner != x->owner)
			continue;
		x->state = OHT_XFER_QUEUED;
		x->class = class;
		x->turn = other->turn;
		list_replace(&other->node, &x->node);
		x = other;
	}
	oht_engine_queue(e, x, class);
}

/* The first transfer of a controller: what others had queued before does not go before it. */
static void oht_engine_queue_guests(struct oht_engine *e)
{
	struct oht_xfer *x, *next;
	unsigned int class;

	e->ordered = oht_engine_session(e);
	for (class = OHT_CLASS_COMMAND; class < OHT_CLASS_BACKGROUND; class++) {
		list_for_each_entry_safe(x, next, &e->queue[class], node) {
			if (!oht_engine_is_guests(e, x))
				continue;
			list_del(&x->node);
			oht_engine_queue(e, x, OHT_CLASS_BACKGROUND);
		}
	}
}

/* @x has its turn: the classes below it, if something waits in them, have been passed once more. */
static void oht_engine_queue_pass(struct oht_engine *e, const struct oht_xfer *x)
{
	u8 *passed = e->passed[e->slot.whole];
	unsigned int class;

	if (x->class < OHT_CLASS_COMMAND)
		return;
	passed[x->class] = 0;
	for (class = x->class + 1; class < OHT_ENGINE_CLASSES; class++)
		if (!list_empty(&e->queue[class]) && passed[class] < OHT_PASSES_MAX)
			passed[class]++;
}

/* @x has its turn and leaves its queue: the next of its owner has its turn in the next round. */
static void oht_engine_queue_take(struct oht_engine *e, struct oht_xfer *x)
{
	list_del(&x->node);
	e->turn[x->class] = max(e->turn[x->class], x->turn + 1);
	oht_engine_queue_pass(e, x);
}

/* ---- the end of transfers ---- */

void oht_engine_complete(struct oht_engine *e, struct oht_xfer *x, u8 detail)
{
	x->state = OHT_XFER_NEW;
	if (x->planned) {
		e->slot.planned--;
	} else if (!oht_engine_is_telegram(x)) {
		e->held--;
		e->held_moves -= x->moves;
	}
	x->detail = detail;
	x->status = oht_engine_errnos[detail];
	trace_oht_done(e, x);
	x->done(x);
}

/* No further attempt after an answer, after a stop, or after a refusal. */
static bool oht_engine_is_final(u8 detail)
{
	switch (detail) {
	case OHT_DETAIL_OK:
	case OHT_DETAIL_EXCEPTION:
	case OHT_DETAIL_CANCELLED:
	case OHT_DETAIL_STOPPED:
	case OHT_DETAIL_GONE:
	case OHT_DETAIL_BUDGET:
	case OHT_DETAIL_NOT_CONTROLLER:
		return true;
	default:
		return false;
	}
}

void oht_engine_resolve(struct oht_engine *e, u8 detail)
{
	struct oht_xfer *x = e->cur;
	bool telegram = oht_engine_is_telegram(x);
	bool again;

	oht_engine_late_note(e, detail);
	if (x)
		x->tries++;
	again = x && !oht_engine_is_final(detail) && x->tries <= x->retries &&
		!oht_engine_unit_is_degraded(e, x->unit);
	e->cur = NULL;
	e->stats.details[detail]++;
	if (again) {
		e->stats.retries++;
		oht_engine_queue_again(e, x);
	} else if (x) {
		oht_engine_complete(e, x, detail);
	}
	oht_engine_unit_ended(e, detail, again || telegram);
}

void oht_engine_finish(struct oht_engine *e, u8 detail, u64 now_ns)
{
	e->generation++;
	oht_engine_enter(e, OHT_ENGINE_IDLE);
	if (e->cur) {
		e->cur->received = e->rx_bytes;
		e->cur->pause_us = min_t(u64, div_u64(e->rx_pause_ns, NSEC_PER_USEC), U32_MAX);
	}
	oht_engine_resolve(e, detail);
	oht_engine_next(e, now_ns);
}

/* ---- the choice of the next one ---- */

u64 oht_engine_patience_ns(const struct oht_engine *e)
{
	return oht_timing_chars_ns(&e->timing, 2 * OHT_ADU_MAX_BYTES) + OHT_ENGINE_PATIENCE_NS;
}

struct oht_xfer *oht_engine_first(struct oht_engine *e, unsigned int class)
{
	for (; class < OHT_ENGINE_CLASSES; class++)
		if (!list_empty(&e->queue[class]))
			return list_first_entry(&e->queue[class], struct oht_xfer, node);
	return NULL;
}

/* When to look at @x again; 0: nothing keeps it from being sent now. */
static u64 oht_engine_opens_ns(const struct oht_engine *e, const struct oht_xfer *x, u64 now_ns)
{
	u64 opens_ns = oht_engine_slot_opens_ns(e, x, now_ns);

	if (opens_ns)
		return opens_ns;
	if (oht_engine_is_telegram(x) && now_ns < e->stop.not_before_ns)
		return e->stop.not_before_ns;
	opens_ns = e->units[x->unit].rest_until_ns;
	if (now_ns < opens_ns)
		return opens_ns;
	opens_ns = e->late[x->unit].until_ns;
	return !oht_engine_is_telegram(x) && now_ns < opens_ns && oht_engine_late_fits(e, x) &&
	       !oht_engine_slot_presses(e, x, now_ns) ? opens_ns : 0;
}

/* @x is in no queue any more. */
static void oht_engine_give_back(struct oht_engine *e, struct oht_xfer *x, u8 detail)
{
	e->stats.details[detail]++;
	oht_engine_complete(e, x, detail);
}

void oht_engine_drop(struct oht_engine *e, struct oht_xfer *x, u8 detail)
{
	list_del(&x->node);
	oht_engine_give_back(e, x, detail);
}

static bool oht_engine_has_turn(const struct oht_engine *e, unsigned int class)
{
	return e->passed[e->slot.whole][class] == OHT_PASSES_MAX;
}

/* The first transfer of user space, of a class that has been passed too often if there is one. */
static struct oht_xfer *oht_engine_first_in_turn(struct oht_engine *e)
{
	unsigned int class;

	for (class = OHT_CLASS_COMMAND; class < OHT_ENGINE_CLASSES; class++)
		if (oht_engine_has_turn(e, class) && !list_empty(&e->queue[class]))
			return list_first_entry(&e->queue[class], struct oht_xfer, node);
	return oht_engine_first(e, OHT_CLASS_COMMAND);
}

/*
 * The line has not been silent for long. All that the plan has brought fails, since it was brought
 * at once and no other cycle begins before its end, and of user space the first transfer, in its
 * turn. Only a stop telegram waits on, for as long as it takes.
 */
static void oht_engine_gap_fail(struct oht_engine *e)
{
	struct oht_xfer *x;

	while ((x = oht_engine_first(e, OHT_CLASS_PLAN)) && x->planned)
		oht_engine_drop(e, x, OHT_DETAIL_LINE);
	x = oht_engine_first_in_turn(e);
	if (!x)
		return;
	oht_engine_queue_take(e, x);
	oht_engine_give_back(e, x, OHT_DETAIL_LINE);
}

/* A transfer that was put off waits for silence from now on, as all queued transfers do. */
static void oht_engine_gap_wait(struct oht_engine *e, u64 now_ns)
{
	u64 limit_ns;

	e->gap_since_ns = min(e->gap_since_ns, now_ns);
	limit_ns = e->gap_since_ns + oht_engine_patience_ns(e);
	if (now_ns >= limit_ns) {
		oht_engine_gap_fail(e);
		e->gap_since_ns = now_ns;
		limit_ns = now_ns + oht_engine_patience_ns(e);
	}
	oht_engine_arm(e, min(e->line_free_ns, limit_ns));
}

u8 oht_engine_may_send(const struct oht_engine *e, const struct oht_xfer *x)
{
	u8 refusal = oht_engine_stop_refuses(e, x);

	if (refusal)
		return refusal;
	return oht_engine_slot_too_long(e, x) ? OHT_DETAIL_BUDGET : OHT_DETAIL_OK;
}

/*
 * The first transfer of @class that may begin. A transfer that may no longer be sent is dropped on
 * the way. Returns NULL if the class is empty, or if all of it has to wait, until @until_ns.
 */
static struct oht_xfer *oht_engine_pick_of(struct oht_engine *e, unsigned int class, u64 now_ns,
					   u64 *until_ns)
{
	struct oht_xfer *x, *next;
	u64 opens_ns;
	u8 refusal;

	list_for_each_entry_safe(x, next, &e->queue[class], node) {
		opens_ns = oht_engine_opens_ns(e, x, now_ns);
		if (opens_ns) {
			*until_ns = min(*until_ns, opens_ns);
			/* Nothing goes before a telegram whose unit rests. */
			if (oht_engine_stop_waits(e))
				return NULL;
			continue;
		}
		refusal = oht_engine_may_send(e, x);
		if (!refusal)
			return x;
		oht_engine_drop(e, x, refusal);
	}
	return NULL;
}

/*
 * Visit each waiting transfer at most once: those in front of the classes of user space, then a
 * class that has been passed too often, then the others in their order. Interrupts are off here, so
 * a visit must be cheap. Returns NULL if no transfer is left, or if all have to wait, until
 * @until_ns.
 */
static struct oht_xfer *oht_engine_pick(struct oht_engine *e, u64 now_ns, u64 *until_ns)
{
	struct oht_xfer *x = NULL;
	unsigned int class;

	*until_ns = U64_MAX;
	for (class = 0; !x && class < OHT_CLASS_COMMAND; class++) {
		x = oht_engine_pick_of(e, class, now_ns, until_ns);
		if (!x && oht_engine_stop_waits(e))
			return NULL;
	}
	for (class = OHT_CLASS_COMMAND; !x && class < OHT_ENGINE_CLASSES; class++) {
		if (!oht_engine_has_turn(e, class))
			continue;
		x = oht_engine_pick_of(e, class, now_ns, until_ns);
		/* The cycle is kept for it until its unit has rested. */
		if (!x && oht_engine_slot_is_kept(e, class, now_ns))
			return NULL;
	}
	for (class = OHT_CLASS_COMMAND; !x && class < OHT_ENGINE_CLASSES; class++)
		if (!oht_engine_has_turn(e, class))
			x = oht_engine_pick_of(e, class, now_ns, until_ns);
	return x;
}

static void oht_engine_rest(struct oht_engine *e)
{
	oht_engine_enter(e, OHT_ENGINE_IDLE);
	oht_engine_disarm(e);
}

void oht_engine_next(struct oht_engine *e, u64 now_ns)
{
	struct oht_xfer *x;
	u64 until_ns;

	if (!oht_engine_first(e, OHT_CLASS_STOP)) {
		oht_engine_rest(e);
		return;
	}
	if (e->state != OHT_ENGINE_GAP) {
		oht_engine_enter(e, OHT_ENGINE_GAP);
		e->gap_since_ns = now_ns;
	}
	if (now_ns < e->line_free_ns) {
		oht_engine_gap_wait(e, now_ns);
		return;
	}
	x = oht_engine_pick(e, now_ns, &until_ns);
	if (x) {
		oht_engine_queue_take(e, x);
		oht_engine_slot_taken(e, x, now_ns);
		oht_engine_begin(e, x, now_ns);
	} else if (oht_engine_first(e, OHT_CLASS_STOP)) {
		e->gap_since_ns = until_ns;
		oht_engine_arm(e, until_ns);
	} else {
		oht_engine_rest(e);
	}
}

/* ---- events ---- */

static void oht_engine_event(void *context, u64 stamp_ns)
{
	struct oht_engine *e = context;
	struct oht_port_byte byte;
	unsigned long flags;

	raw_spin_lock_irqsave(&e->lock, flags);
	if (e->state == OHT_ENGINE_DEAD) {
		/* Read the byte although it is not wanted, or the interrupt never ends. */
		e->port->ops->receive(e->port, &byte);
	} else {
		oht_engine_receive(e, stamp_ns);
		if ((e->state == OHT_ENGINE_SEND || e->state == OHT_ENGINE_DRAIN) &&
		    e->tx_taken < e->tx_bytes)
			oht_engine_feed(e, e->clock->now_ns(e));
	}
	raw_spin_unlock_irqrestore(&e->lock, flags);
}

static bool oht_engine_is_due(const struct oht_engine *e, u64 now_ns)
{
	return e->armed && e->armed_generation == e->generation && now_ns >= e->deadline_ns;
}

void oht_engine_tick(struct oht_engine *e)
{
	unsigned long flags;
	u64 now_ns;

	raw_spin_lock_irqsave(&e->lock, flags);
	now_ns = e->clock->now_ns(e);
	/* Bytes in the receiver came before this tick, and may extend the deadline. */
	if (oht_engine_is_due(e, now_ns))
		oht_engine_receive(e, now_ns);
	if (!oht_engine_is_due(e, now_ns))
		goto out;
	e->armed = false;
	switch (e->state) {
	case OHT_ENGINE_GAP:
		oht_engine_next(e, now_ns);
		break;
	case OHT_ENGINE_WAIT:
	case OHT_ENGINE_COLLECT:
		oht_engine_rx_expire(e, now_ns);
		break;
	default:
		oht_engine_tx_expire(e, now_ns);
		break;
	}
out:
	raw_spin_unlock_irqrestore(&e->lock, flags);
}

/* ---- calls ---- */

void oht_engine_begin_silent(struct oht_engine *e)
{
	u64 now_ns = e->clock->now_ns(e);

	e->line_free_ns = oht_timing_next_ns(&e->timing, now_ns);
	e->meter.end.to_ns = now_ns;
}

int oht_engine_init(struct oht_engine *e, struct oht_port *port, const struct oht_timing *timing,
		    const struct oht_engine_gate *gate)
{
	unsigned int class;

	e->port = port;
	e->timing = *timing;
	e->gate = *gate;
	e->clock = &oht_engine_real_clock;
	raw_spin_lock_init(&e->lock);
	for (class = 0; class < OHT_ENGINE_CLASSES; class++)
		INIT_LIST_HEAD(&e->queue[class]);
	oht_hrtimer_setup(&e->timer, oht_engine_timer, CLOCK_MONOTONIC,
			  HRTIMER_MODE_ABS_PINNED_HARD);
	oht_engine_begin_silent(e);
	port->event_context = e;
	port->event = oht_engine_event;
	return port->ops->start(port);
}

static int oht_engine_check(const struct oht_xfer *x)
{
	const struct oht_frame_request req = oht_xfer_request(x);

	if (x->priority < OHT_PRIO_COMMAND || x->priority > OHT_PRIO_BACKGROUND)
		return -EINVAL;
	if (x->timeout_us > OHT_TURNAROUND_MAX_US ||
	    (x->timeout_us && x->timeout_us < OHT_TURNAROUND_MIN_US))
		return -EINVAL;
	if (x->retries > OHT_RETRIES_MAX)
		return -EINVAL;
	return oht_frame_check(&req);
}

int oht_engine_prepare(struct oht_xfer *x)
{
	const struct oht_frame_request req = oht_xfer_request(x);
	int err = oht_engine_check(x);

	if (err)
		return err;
	x->moves = oht_engine_writes(&req);
	x->blind = oht_frame_is_blind(&req);
	/* An entry of the plan must begin on time, and hardly ever needs its key. */
	if (x->blind && !x->planned)
		x->key = oht_engine_late_key(x);
	return 0;
}

/* Some places are for the controller alone. */
static bool oht_engine_is_full(const struct oht_engine *e, const struct oht_xfer *x)
{
	bool controllers = oht_engine_is_controllers(e, x);

	if (x->planned)
		return false;
	if (x->moves &&
	    e->held_moves >= OHT_DEVICE_WRITES_MAX - (controllers ? 0 : OHT_CONTROLLER_WRITES))
		return true;
	return e->held >= OHT_DEVICE_TRANSFERS_MAX - (controllers ? 0 : OHT_CONTROLLER_TRANSFERS);
}

int oht_engine_enqueue(struct oht_engine *e, struct oht_xfer *x)
{
	u64 now_ns = e->clock->now_ns(e);
	u8 refusal;
	int err;

	if (e->state == OHT_ENGINE_DEAD)
		return -ENODEV;
	if (x->state != OHT_XFER_NEW)
		return -EBUSY;
	if (oht_engine_is_full(e, x))
		return -EAGAIN;
	err = oht_engine_unit_fill(e, x);
	if (err)
		return err;
	if (!x->planned)
		x->worst_ns = oht_engine_slot_worst_ns(e, x);
	refusal = oht_engine_may_send(e, x);
	if (refusal == OHT_DETAIL_NOT_CONTROLLER || refusal == OHT_DETAIL_BUDGET)
		return oht_engine_errnos[refusal];
	if (!x->planned) {
		e->held++;
		e->held_moves += x->moves;
	}
	x->attempts = 0;
	x->tries = 0;
	x->put_back = 0;
	x->priors = 0;
	x->number = ++e->submits;
	x->exception = 0;
	x->turnaround_ns = 0;
	x->reply_bytes = 0;
	x->received = 0;
	x->pause_us = 0;
	trace_oht_submit(e, x);
	if (!refusal && !oht_engine_unit_admits(e, x, now_ns))
		refusal = OHT_DETAIL_DEGRADED;
	if (refusal) {
		e->stats.details[refusal]++;
		oht_engine_complete(e, x, refusal);
		return 0;
	}
	if (oht_engine_is_controllers(e, x) && e->ordered != x->session)
		oht_engine_queue_guests(e);
	oht_engine_queue(e, x, oht_engine_unit_class(e, x));
	/* A character that has not been read yet makes the line busy. */
	oht_engine_receive(e, now_ns);
	if (e->state == OHT_ENGINE_IDLE || e->state == OHT_ENGINE_GAP)
		oht_engine_next(e, now_ns);
	return 0;
}

int oht_engine_submit(struct oht_engine *e, struct oht_xfer *x)
{
	unsigned long flags;
	int err;

	err = x->state == OHT_XFER_NEW ? oht_engine_prepare(x) : -EBUSY;
	if (err)
		return err;
	raw_spin_lock_irqsave(&e->lock, flags);
	x->enabled = oht_engine_enabled(e);
	err = oht_engine_enqueue(e, x);
	raw_spin_unlock_irqrestore(&e->lock, flags);
	return err;
}

int oht_engine_cancel(struct oht_engine *e, struct oht_xfer *x)
{
	unsigned long flags;
	int err = 0;

	raw_spin_lock_irqsave(&e->lock, flags);
	if (x->state == OHT_XFER_QUEUED) {
		oht_engine_drop(e, x, OHT_DETAIL_CANCELLED);
	} else if (x->state == OHT_XFER_ACTIVE) {
		/* The transaction goes on without its transfer and receives the answer. */
		e->cur = NULL;
		e->stats.details[OHT_DETAIL_CANCELLED]++;
		oht_engine_complete(e, x, OHT_DETAIL_CANCELLED);
	} else {
		err = -ENOENT;
	}
	raw_spin_unlock_irqrestore(&e->lock, flags);
	return err;
}

/* ---- the end, for good or until a suspend is over ---- */

/* Stop telegrams are queued again unless the device is gone. */
static void oht_engine_complete_all(struct oht_engine *e, u8 detail)
{
	struct oht_xfer *x;

	x = e->cur;
	e->cur = NULL;
	if (x)
		oht_engine_complete(e, x, oht_engine_is_telegram(x) ? OHT_DETAIL_GONE : detail);
	while ((x = oht_engine_first(e, OHT_CLASS_STOP)))
		oht_engine_drop(e, x, oht_engine_is_telegram(x) ? OHT_DETAIL_GONE : detail);
}

static void oht_engine_end(struct oht_engine *e, u8 detail)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&e->lock, flags);
	if (e->state == OHT_ENGINE_DEAD) {
		raw_spin_unlock_irqrestore(&e->lock, flags);
		return;
	}
	if (oht_engine_listens(e))
		oht_engine_late_note(e, detail);
	if (e->state == OHT_ENGINE_SEND || e->state == OHT_ENGINE_DRAIN)
		e->port->ops->cut(e->port);
	e->port->ops->set_de(e->port, false);
	e->generation++;
	oht_engine_enter(e, OHT_ENGINE_DEAD);
	e->armed = false;
	oht_engine_complete_all(e, detail);
	raw_spin_unlock_irqrestore(&e->lock, flags);
	e->clock->drain(e);
	e->port->ops->stop(e->port);
}

void oht_engine_shutdown(struct oht_engine *e)
{
	oht_engine_end(e, OHT_DETAIL_GONE);
}

void oht_engine_suspend(struct oht_engine *e)
{
	oht_engine_end(e, OHT_DETAIL_STOPPED);
}

int oht_engine_resume(struct oht_engine *e)
{
	unsigned long flags;
	int err;

	/* The engine is dead: drop the bytes received so far. */
	err = e->port->ops->start(e->port);
	if (err)
		return err;
	raw_spin_lock_irqsave(&e->lock, flags);
	e->rx_bytes = 0;
	oht_engine_begin_silent(e);
	/* A request that the suspend has cut leaves with the character that had begun. */
	e->line_free_ns += e->timing.char_ns;
	e->extra_until_ns = 0;
	oht_engine_enter(e, OHT_ENGINE_IDLE);
	raw_spin_unlock_irqrestore(&e->lock, flags);
	return 0;
}
