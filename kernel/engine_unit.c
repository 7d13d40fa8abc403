// SPDX-License-Identifier: GPL-2.0-only
/*
 * One dead unit costs one time-out per back-off, never the bus. The rules as a user sees them
 * are at struct oht_unit_set.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/time64.h>
#include "engine_internal.h"

static struct oht_engine_unit *oht_engine_unit_of(struct oht_engine *e, u8 unit)
{
	return &e->units[unit];
}

int oht_engine_unit_fill(struct oht_engine *e, struct oht_xfer *x)
{
	const struct oht_engine_policy *policy = &e->units[x->unit].policy;

	if (x->timeout_us)
		return 0;
	if (!policy->set || x->retries)
		return -EINVAL;
	x->timeout_us = policy->timeout_us;
	x->retries = policy->retries;
	return 0;
}

bool oht_engine_unit_is_degraded(const struct oht_engine *e, u8 unit)
{
	return e->units[unit].health == OHT_HEALTH_DEGRADED;
}

bool oht_engine_unit_admits(struct oht_engine *e, const struct oht_xfer *x, u64 now_ns)
{
	const struct oht_engine_unit *u = oht_engine_unit_of(e, x->unit);

	if (u->health != OHT_HEALTH_DEGRADED || x->priority < OHT_PRIO_COMMAND)
		return true;
	return now_ns >= (x->priority == OHT_PRIO_COMMAND ? u->probe_from_ns : u->next_probe_ns);
}

unsigned int oht_engine_unit_class(const struct oht_engine *e, const struct oht_xfer *x)
{
	if (x->priority > OHT_PRIO_COMMAND && oht_engine_unit_is_degraded(e, x->unit))
		return x->planned ? OHT_CLASS_PLAN_PROBE : OHT_CLASS_BACKGROUND;
	return oht_engine_class(e, x);
}

/* ---- how long it takes ---- */

static u64 oht_engine_unit_longest_ns(const struct oht_engine_learned *learned)
{
	return max(learned->before_ns, learned->longest_ns);
}

static void oht_engine_unit_add(struct oht_engine_learned *learned, u64 turnaround_ns)
{
	learned->longest_ns = max(learned->longest_ns, turnaround_ns);
	if (++learned->answers < OHT_LEARN_ANSWERS)
		return;
	learned->before_ns = learned->longest_ns;
	learned->longest_ns = 0;
	learned->answers = 0;
}

void oht_engine_unit_learn(struct oht_engine *e, u64 turnaround_ns)
{
	unsigned int kind = oht_engine_writes(&e->req) ? OHT_KIND_WRITE : OHT_KIND_READ;
	struct oht_engine_unit *u = oht_engine_unit_of(e, e->req.unit);

	u->turnaround_max_ns = max(u->turnaround_max_ns, turnaround_ns);
	oht_engine_unit_add(&u->learned[kind], turnaround_ns);
	if (kind == OHT_KIND_READ)
		oht_engine_unit_add(&e->units[0].learned[kind], turnaround_ns);
}

u64 oht_engine_unit_known_ns(const struct oht_engine *e, u8 unit, bool writes)
{
	const struct oht_engine_learned *learned = e->units[unit].learned;
	u64 known_ns = writes ? oht_engine_unit_longest_ns(&learned[OHT_KIND_WRITE]) : 0;

	return known_ns ?: oht_engine_unit_longest_ns(&learned[OHT_KIND_READ]);
}

u64 oht_engine_unit_silence_ns(const struct oht_engine *e, u8 unit, bool writes)
{
	return oht_engine_unit_known_ns(e, unit, writes) ?: oht_engine_unit_known_ns(e, 0, false);
}

/* ---- whether it answers ---- */

static void oht_engine_unit_change(struct oht_engine *e, u8 unit, u8 health, u8 detail)
{
	struct oht_engine_unit *u = oht_engine_unit_of(e, unit);
	const struct oht_unit_record record = {
		.changed_ns = e->clock->now_ns(e),
		.last_good_ns = u->last_good_ns,
		.unit = unit,
		.from = u->health,
		.to = health,
		.detail = detail,
		.errors_in_row = u->errors_in_row,
	};

	u->health = health;
	u->changed_ns = record.changed_ns;
	if (u->policy.set && e->gate.health)
		e->gate.health(e->gate.context, &record);
}

/* Transfers that waited for a successful probe return to their own class. */
static void oht_engine_unit_requeue_class(struct oht_engine *e, u8 unit, unsigned int class)
{
	struct oht_xfer *x, *next;

	list_for_each_entry_safe(x, next, &e->queue[class], node) {
		if (x->unit != unit || oht_engine_class(e, x) == class)
			continue;
		list_del(&x->node);
		oht_engine_queue(e, x, oht_engine_class(e, x));
	}
}

static void oht_engine_unit_requeue(struct oht_engine *e, u8 unit)
{
	oht_engine_unit_requeue_class(e, unit, OHT_CLASS_PLAN_PROBE);
	oht_engine_unit_requeue_class(e, unit, OHT_CLASS_BACKGROUND);
}

static void oht_engine_unit_fail_waiting(struct oht_engine *e, u8 unit)
{
	struct oht_xfer *x, *next;
	unsigned int class;

	for (class = OHT_CLASS_PLAN; class < OHT_ENGINE_CLASSES; class++)
		list_for_each_entry_safe(x, next, &e->queue[class], node)
			if (x->unit == unit)
				oht_engine_drop(e, x, OHT_DETAIL_DEGRADED);
}

static void oht_engine_unit_answered(struct oht_engine *e, u8 unit, u8 detail)
{
	struct oht_engine_unit *u = oht_engine_unit_of(e, unit);

	if (u->health != OHT_HEALTH_GOOD) {
		oht_engine_unit_change(e, unit, OHT_HEALTH_GOOD, detail);
		oht_engine_unit_requeue(e, unit);
	}
	u->last_good_ns = e->clock->now_ns(e);
	u->errors_in_row = 0;
	u->backoff_ms = 0;
	u->probe_from_ns = 0;
	u->next_probe_ns = 0;
}

/*
 * Time of the next probe. If a command took the place of this probe early, the rest of the wait
 * still has to pass, and no other command may come before its end.
 */
static void oht_engine_unit_back_off(struct oht_engine_unit *u, u32 backoff_ms, u64 now_ns)
{
	u->backoff_ms = backoff_ms;
	u->probe_from_ns = max(now_ns, u->next_probe_ns);
	u->next_probe_ns = u->probe_from_ns + (u64)backoff_ms * NSEC_PER_MSEC;
}

static void oht_engine_unit_failed(struct oht_engine *e, u8 unit, u8 detail)
{
	struct oht_engine_unit *u = oht_engine_unit_of(e, unit);
	const struct oht_engine_policy *policy = &u->policy;
	u64 now_ns = e->clock->now_ns(e);

	if (u->errors_in_row < U32_MAX)
		u->errors_in_row++;
	if (u->health == OHT_HEALTH_DEGRADED) {
		oht_engine_unit_back_off(u, min(2 * u->backoff_ms, policy->backoff_max_ms), now_ns);
	} else if (policy->degrade_after && u->errors_in_row >= policy->degrade_after) {
		oht_engine_unit_change(e, unit, OHT_HEALTH_DEGRADED, detail);
		oht_engine_unit_back_off(u, policy->backoff_first_ms, now_ns);
	} else {
		return;
	}
	oht_engine_unit_fail_waiting(e, unit);
}

void oht_engine_unit_rest(struct oht_engine *e)
{
	struct oht_engine_unit *u = oht_engine_unit_of(e, e->req.unit);
	u64 end_ns = e->line_free_ns - e->timing.t35_ns;

	u->rest_until_ns = end_ns + (u64)u->policy.rest_us * NSEC_PER_USEC;
}

void oht_engine_unit_ended(struct oht_engine *e, u8 detail, bool forgiven)
{
	u8 unit = e->req.unit;

	/* A broadcast has no answer. */
	if (!unit)
		return;
	oht_engine_unit_rest(e);
	oht_engine_unit_of(e, unit)->details[detail]++;
	switch (detail) {
	case OHT_DETAIL_OK:
	case OHT_DETAIL_EXCEPTION:
		oht_engine_unit_answered(e, unit, detail);
		break;
	case OHT_DETAIL_TX_STUCK:	/* our own fault */
	case OHT_DETAIL_CANCELLED:
	case OHT_DETAIL_STOPPED:
	case OHT_DETAIL_GONE:
		break;
	default:
		if (!forgiven)
			oht_engine_unit_failed(e, unit, detail);
		break;
	}
}

/* ---- for its owner ---- */

int oht_engine_set_policy(struct oht_engine *e, u8 unit, const struct oht_engine_policy *policy)
{
	struct oht_engine_unit *u = oht_engine_unit_of(e, unit);
	unsigned long flags;

	raw_spin_lock_irqsave(&e->lock, flags);
	if (e->slot.pauses_held && (u->policy.pause_max_us != policy->pause_max_us ||
				    u->policy.rest_us != policy->rest_us)) {
		raw_spin_unlock_irqrestore(&e->lock, flags);
		return -EBUSY;
	}
	u->policy = *policy;
	u->health = OHT_HEALTH_UNKNOWN;
	u->errors_in_row = 0;
	u->backoff_ms = 0;
	u->probe_from_ns = 0;
	u->next_probe_ns = 0;
	oht_engine_unit_requeue(e, unit);
	raw_spin_unlock_irqrestore(&e->lock, flags);
	return 0;
}

void oht_engine_get_unit(struct oht_engine *e, u8 unit, struct oht_engine_unit *copy)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&e->lock, flags);
	*copy = *oht_engine_unit_of(e, unit);
	raw_spin_unlock_irqrestore(&e->lock, flags);
}
