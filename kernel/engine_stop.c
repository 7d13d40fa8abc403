// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stop on the wire: writes are ended, and the bus is cleared for stop telegrams, which need no
 * user space. Source: docs/timing.md, The stop on the wire; docs/safety.md, Stop telegrams.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/time64.h>
#include "engine_internal.h"
#include "trace.h"

/* How many times the whole list is sent, whatever the answers are. */
#define OHT_STOP_ROUNDS			3U
/* The write of one register: the telegram of oht_plan_figures.stop_ns. */
#define OHT_STOP_TELEGRAM_BYTES		8
/* Minimum wait for an answer before the next telegram is sent. */
#define OHT_STOP_ANSWER_MIN_US		3000U
/*
 * A unit that answers right behind that wait talks into the next telegram. Rounds with the same
 * distances would lose the same telegram each time. So later rounds wait longer, if the telegram's
 * own limit allows.
 */
static const u32 oht_stop_answer_us[OHT_STOP_ROUNDS] = { OHT_STOP_ANSWER_MIN_US, 10000, 20000 };

/* ---- the list ---- */

static int oht_engine_check_telegram(const struct oht_telegram *telegram)
{
	const struct oht_frame_request req = {
		.unit = telegram->unit,
		.function = telegram->function,
		.address = telegram->address,
		.count = telegram->count,
		.words = telegram->words,
	};
	unsigned int i;

	if (telegram->reserved || telegram->reserved2)
		return -EINVAL;
	if (!oht_unit_is_good(telegram->unit) || telegram->turnaround_us > OHT_TURNAROUND_MAX_US)
		return -EINVAL;
	if (telegram->function != OHT_FC_WRITE_REGISTER &&
	    telegram->function != OHT_FC_WRITE_REGISTERS)
		return -EINVAL;
	if (telegram->count > OHT_TELEGRAM_WORDS_MAX || oht_frame_check(&req))
		return -EINVAL;
	for (i = telegram->count; i < OHT_TELEGRAM_WORDS_MAX; i++)
		if (telegram->words[i])
			return -EINVAL;
	return 0;
}

int oht_engine_set_telegrams(struct oht_engine *e, const struct oht_telegram *list,
			     unsigned int count)
{
	unsigned long flags;
	unsigned int i;
	int ret = 0;

	if (count > OHT_TELEGRAMS_MAX)
		return -EINVAL;
	for (i = 0; i < count; i++)
		if (oht_engine_check_telegram(&list[i]))
			return -EINVAL;
	raw_spin_lock_irqsave(&e->lock, flags);
	if (e->state == OHT_ENGINE_DEAD) {
		ret = -ENODEV;
	} else {
		memcpy(e->stop.set, list, count * sizeof(*list));
		e->stop.set_count = count;
	}
	raw_spin_unlock_irqrestore(&e->lock, flags);
	return ret;
}

u64 oht_engine_stop_rest_ns(const struct oht_engine *e)
{
	u64 rest_ns = 0;
	unsigned int i;

	for (i = 0; i < e->stop.set_count; i++)
		rest_ns = max_t(u64, rest_ns, e->units[e->stop.set[i].unit].policy.rest_us);
	if (!rest_ns)
		return 0;
	return rest_ns * NSEC_PER_USEC + e->timing.de_setup_ns +
	       oht_timing_chars_ns(&e->timing, OHT_STOP_TELEGRAM_BYTES);
}

void oht_engine_telegram_status(struct oht_engine *e, struct oht_telegram_status *status)
{
	const struct oht_engine_telegrams *stop = &e->stop;
	unsigned long flags;

	raw_spin_lock_irqsave(&e->lock, flags);
	status->flags = stop->round ? OHT_TELEGRAMS_RUNNING : 0;
	status->set = stop->set_count;
	status->count = stop->run_count;
	status->runs = stop->runs;
	status->asked_ns = stop->asked_ns;
	memcpy(status->results, stop->results, sizeof(status->results));
	raw_spin_unlock_irqrestore(&e->lock, flags);
}

/* ---- one after the other ---- */

static void oht_engine_stop_note(struct oht_telegram_result *result, const struct oht_xfer *x,
				 u64 now_ns)
{
	result->attempts += x->attempts;
	/* A telegram that was answered stays answered, whatever happens to its repeats. */
	if (result->answered_ns)
		return;
	result->status = x->status;
	result->detail = x->detail;
	if (!x->status)
		result->answered_ns = now_ns;
}

/*
 * Wait for the longest turnaround lately seen from this unit plus a tenth, and at least as long as
 * @round asks for, within the configured time-out.
 */
static u32 oht_engine_stop_answer_us(const struct oht_engine *e,
				     const struct oht_telegram *telegram, unsigned int round)
{
	u64 learned_ns = oht_engine_unit_known_ns(e, telegram->unit, true);
	u64 wait_us = div_u64(learned_ns + div_u64(learned_ns, 10), NSEC_PER_USEC);

	wait_us = max_t(u64, wait_us, oht_stop_answer_us[min(round, OHT_STOP_ROUNDS) - 1]);
	return max_t(u32, min_t(u64, wait_us, telegram->turnaround_us), OHT_STOP_ANSWER_MIN_US);
}

static void oht_engine_stop_done(struct oht_xfer *x);

static void oht_engine_stop_queue(struct oht_engine *e)
{
	struct oht_engine_telegrams *stop = &e->stop;
	const struct oht_telegram *telegram = &stop->run[stop->next];
	struct oht_xfer *x = &stop->xfer;

	*x = (struct oht_xfer) {
		.state = OHT_XFER_QUEUED,
		.unit = telegram->unit,
		.function = telegram->function,
		.priority = OHT_PRIO_STOP,
		.address = telegram->address,
		.count = telegram->count,
		.timeout_us = oht_engine_stop_answer_us(e, telegram, stop->round),
		.done = oht_engine_stop_done,
	};
	memcpy(x->words, telegram->words, sizeof(telegram->words));
	list_add_tail(&x->node, &e->queue[OHT_CLASS_STOP]);
	trace_oht_submit(e, x);
}

/*
 * A late reply that was given up for this stop may have garbled the telegrams: the list is sent
 * once more when that reply must be over. A list that was answered was understood. Sending it
 * again, up to a time-out later, would only stop a machine that has been enabled meanwhile.
 */
static bool oht_engine_stop_repeats(const struct oht_engine_telegrams *stop)
{
	unsigned int i;

	for (i = 0; i < stop->run_count; i++)
		if (!stop->results[i].answered_ns)
			return stop->abandoned_ns != 0;
	return false;
}

/* The list that is set now, from its beginning. No telegram is queued nor under way. */
static void oht_engine_stop_start(struct oht_engine *e, u64 asked_ns)
{
	struct oht_engine_telegrams *stop = &e->stop;
	unsigned int i;

	stop->again_ns = 0;
	stop->round = 0;
	if (!stop->set_count)
		return;
	memcpy(stop->run, stop->set, sizeof(stop->run));
	memset(stop->results, 0, sizeof(stop->results));
	stop->run_count = stop->set_count;
	for (i = 0; i < stop->run_count; i++) {
		stop->results[i].status = -EINPROGRESS;
		stop->results[i].unit = stop->run[i].unit;
		stop->results[i].function = stop->run[i].function;
	}
	stop->next = 0;
	stop->round = 1;
	stop->runs++;
	stop->asked_ns = asked_ns;
	stop->not_before_ns = 0;
	/* The unit may still send a reply that was given up for the previous stop. */
	if (stop->abandoned_ns <= e->clock->now_ns(e))
		stop->abandoned_ns = 0;
	oht_engine_stop_queue(e);
}

/* Engine lock held: the next one is queued before the engine looks for its next transfer. */
static void oht_engine_stop_done(struct oht_xfer *x)
{
	struct oht_engine *e = container_of(x, struct oht_engine, stop.xfer);
	struct oht_engine_telegrams *stop = &e->stop;

	oht_engine_stop_note(&stop->results[stop->next], x, e->clock->now_ns(e));
	if (x->detail == OHT_DETAIL_GONE) {
		stop->round = 0;
		stop->again_ns = 0;
		return;
	}
	if (stop->again_ns) {
		oht_engine_stop_start(e, stop->again_ns);
		return;
	}
	if (++stop->next == stop->run_count) {
		stop->next = 0;
		stop->round++;
	}
	if (stop->round > OHT_STOP_ROUNDS)
		stop->not_before_ns = stop->abandoned_ns;
	if (stop->round > OHT_STOP_ROUNDS + 1 ||
	    (stop->round > OHT_STOP_ROUNDS && !oht_engine_stop_repeats(stop)))
		stop->round = 0;
	else
		oht_engine_stop_queue(e);
}

void oht_engine_stop_sent(struct oht_engine *e)
{
	struct oht_telegram_result *result = &e->stop.results[e->stop.next];

	if (oht_engine_is_telegram(e->cur) && !result->sent_ns)
		result->sent_ns = e->tx_end_ns;
}

/* The telegrams of an earlier stop that are still to be sent are all of the list. */
static bool oht_engine_stop_is_served(const struct oht_engine_telegrams *stop)
{
	return stop->round < OHT_STOP_ROUNDS ||
	       (stop->round == OHT_STOP_ROUNDS && !stop->next &&
		stop->xfer.state == OHT_XFER_QUEUED);
}

/*
 * A telegram of an earlier stop is under way: the one behind it tells of the new stop, so it waits
 * no longer than in a first round.
 */
static void oht_engine_stop_hurry(struct oht_engine *e)
{
	const struct oht_engine_telegrams *stop = &e->stop;

	e->timeout_us = min(e->timeout_us,
			    oht_engine_stop_answer_us(e, &stop->run[stop->next], 1));
	if (e->state != OHT_ENGINE_WAIT && e->state != OHT_ENGINE_COLLECT)
		return;
	e->reply_deadline_ns = min(e->reply_deadline_ns,
				   oht_timing_deadline_ns(&e->timing, e->tx_end_ns, e->timeout_us));
	if (e->state == OHT_ENGINE_WAIT)
		oht_engine_arm(e, e->reply_deadline_ns);
}

void oht_engine_stop_begin(struct oht_engine *e, u64 now_ns)
{
	struct oht_engine_telegrams *stop = &e->stop;

	if (e->state == OHT_ENGINE_DEAD)
		return;
	if (oht_engine_is_telegram(e->cur))
		oht_engine_stop_hurry(e);
	if (stop->round) {
		if (oht_engine_stop_is_served(stop))
			return;
		/* The telegram on the wire began before this stop: begin the list anew. */
		if (stop->xfer.state != OHT_XFER_QUEUED) {
			stop->again_ns = now_ns;
			return;
		}
		list_del(&stop->xfer.node);
	}
	oht_engine_stop_start(e, now_ns);
}

/* ---- the way ---- */

bool oht_engine_stop_waits(const struct oht_engine *e)
{
	return !list_empty(&e->queue[OHT_CLASS_STOP]) && !e->stop.not_before_ns;
}

/*
 * If an answer comes later than it did lately, it collides with one of the repeats at worst. A
 * broadcast has no answer.
 */
u64 oht_engine_stop_deadline_ns(const struct oht_engine *e, u64 deadline_ns)
{
	u64 learned_ns = 0;

	if (e->req.unit != OHT_UNIT_BROADCAST)
		learned_ns = oht_engine_unit_silence_ns(e, e->req.unit, oht_engine_writes(&e->req));
	if (!oht_engine_stop_waits(e))
		return deadline_ns;
	return min(deadline_ns, e->tx_end_ns + oht_timing_stop_silence_ns(&e->timing, learned_ns));
}

/*
 * The transfer did not fail by itself: it goes before what its descriptor has queued. But not for
 * ever, since a read that holds the bus for long may itself be why the next stop comes.
 */
static void oht_engine_stop_put_back(struct oht_engine *e)
{
	struct oht_xfer *x = e->cur;

	e->cur = NULL;
	if (!x)
		return;
	if (x->put_back == OHT_PUT_BACKS_MAX) {
		oht_engine_complete(e, x, OHT_DETAIL_STOPPED);
		return;
	}
	x->put_back++;
	oht_engine_queue_again(e, x);
}

bool oht_engine_stop_give_up(struct oht_engine *e, u64 now_ns)
{
	u64 latest_ns = oht_timing_deadline_ns(&e->timing, e->tx_end_ns, e->timeout_us);

	if (!oht_engine_stop_waits(e) || now_ns >= latest_ns)
		return false;
	latest_ns += oht_timing_chars_ns(&e->timing, OHT_ADU_MAX_BYTES);
	e->stop.abandoned_ns = max(e->stop.abandoned_ns, latest_ns);
	oht_engine_stop_put_back(e);
	return true;
}

/*
 * The last characters, without which no unit takes a cut request for a whole one. If the last
 * character of a request is zero, the checksum is right without it: a unit that judges by silence
 * and checksum alone would accept the part that has left, and answer into the telegram.
 */
static unsigned int oht_engine_stop_tail(const struct oht_engine *e)
{
	return e->tx[e->tx_bytes - 1] ? 1 : OHT_TIMING_TAIL_MAX;
}

/*
 * The character in the shift register leaves in any case. If it belongs to that tail, the unit has
 * the request and will answer. The same holds if the transmitter takes no time.
 */
static bool oht_engine_stop_can_cut(const struct oht_engine *e, u64 now_ns)
{
	unsigned int tail;

	switch (e->state) {
	case OHT_ENGINE_DE_SETUP:
		return true;
	case OHT_ENGINE_SEND:
	case OHT_ENGINE_DRAIN:
		tail = oht_engine_stop_tail(e);
		return e->tx_taken + tail <= e->tx_bytes ||
		       (e->tx_paced &&
			now_ns + oht_timing_chars_ns(&e->timing, tail) + e->timing.bit_ns <
				e->tx_end_ns);
	default:
		return false;
	}
}

void oht_engine_make_way(struct oht_engine *e, u64 now_ns)
{
	bool waits = oht_engine_stop_waits(e);

	if ((waits || e->moves) && oht_engine_stop_can_cut(e, now_ns)) {
		oht_engine_stop_put_back(e);
		oht_engine_cut(e, now_ns);
	}
	if (!waits)
		return;
	switch (e->state) {
	case OHT_ENGINE_IDLE:
	case OHT_ENGINE_GAP:
		oht_engine_next(e, now_ns);
		break;
	case OHT_ENGINE_WAIT:
	case OHT_ENGINE_COLLECT:
		oht_engine_rx_hurry(e, now_ns);
		break;
	default:
		break;
	}
}

/* ---- what moves ---- */

/*
 * A stop latches first and aborts later, without a lock of ours. If the machine was enabled again
 * in between, the number of the enable differs from that at submit.
 */
u8 oht_engine_stop_refuses(const struct oht_engine *e, const struct oht_xfer *x)
{
	bool reserved = x->unit > OHT_UNIT_MAX;
	u32 enabled;

	if (!x->moves && !reserved)
		return OHT_DETAIL_OK;
	enabled = oht_engine_enabled(e);
	/* Reserved addresses are for setting up a unit, which an enabled machine does not allow. */
	if (enabled && reserved)
		return OHT_DETAIL_NOT_CONTROLLER;
	if (!x->moves)
		return OHT_DETAIL_OK;
	if (!x->while_stopped && (!enabled || x->enabled != enabled))
		return OHT_DETAIL_STOPPED;
	if (enabled && !oht_engine_is_controllers(e, x))
		return OHT_DETAIL_NOT_CONTROLLER;
	return OHT_DETAIL_OK;
}

static void oht_engine_abort_queued(struct oht_engine *e)
{
	struct oht_xfer *x, *next;
	unsigned int class;

	for (class = OHT_CLASS_PLAN; class < OHT_ENGINE_CLASSES; class++)
		list_for_each_entry_safe(x, next, &e->queue[class], node)
			if (x->moves)
				oht_engine_drop(e, x, OHT_DETAIL_STOPPED);
}

void oht_engine_abort(struct oht_engine *e)
{
	struct oht_xfer *x;
	unsigned long flags;
	u64 now_ns;

	raw_spin_lock_irqsave(&e->lock, flags);
	now_ns = e->clock->now_ns(e);
	trace_oht_abort(e);
	oht_engine_abort_queued(e);
	x = e->moves ? e->cur : NULL;
	if (x) {
		e->cur = NULL;
		e->stats.details[OHT_DETAIL_STOPPED]++;
		oht_engine_complete(e, x, OHT_DETAIL_STOPPED);
	}
	oht_engine_stop_begin(e, now_ns);
	/* The characters of a reply that has begun, or ended, may still be unread. */
	if (oht_engine_stop_waits(e))
		oht_engine_receive(e, now_ns);
	/* A write is cut also if its owner has cancelled it meanwhile. */
	oht_engine_make_way(e, now_ns);
	raw_spin_unlock_irqrestore(&e->lock, flags);
}
