// SPDX-License-Identifier: GPL-2.0-only
/* Transmit path: driver enable, transmitter, the end of the last stop bit. */
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/time64.h>
#include "engine_internal.h"
#include "trace.h"

/* A timer set nearer than this costs an interrupt and gains nothing. */
#define OHT_ENGINE_POLL_MIN_NS	1000
/* A transmitter that is busy for longer than this beyond its time is stuck. */
#define OHT_ENGINE_STUCK_CHARS	2
/*
 * CLOCK_MONOTONIC may run up to a tenth faster or slower than the line: NTP slews it, chrony by
 * 8.3 % at most.
 */
#define OHT_ENGINE_SLEW_PART	10
/* How often the transmitter is polled meanwhile when a transmission begins late. */
#define OHT_ENGINE_LATE_POLLS	16

struct oht_frame_request oht_xfer_request(const struct oht_xfer *x)
{
	return (struct oht_frame_request) {
		.unit = x->unit,
		.function = x->function,
		.any_unit = x->any_unit,
		.raw = x->raw,
		.address = x->address,
		.count = x->count,
		.write_address = x->write_address,
		.write_count = x->write_count,
		.words = x->words,
		.pdu = x->pdu,
	};
}

static void oht_engine_set_de(struct oht_engine *e, bool on)
{
	e->port->ops->set_de(e->port, on);
}

/*
 * The last @left characters have just been handed over. The clock is read again: the processor may
 * have been held up between its last reading and the FIFO, by what is below us.
 */
static void oht_engine_limit(struct oht_engine *e, unsigned int left)
{
	unsigned int chars = left + left / OHT_ENGINE_SLEW_PART + 1 + OHT_ENGINE_STUCK_CHARS;
	u64 limit_ns = e->clock->now_ns(e) + e->port->send_late_ns +
		       oht_timing_chars_ns(&e->timing, chars);

	/* Characters of an earlier fill may still be leaving. */
	e->tx_stuck_ns = max(e->tx_stuck_ns, limit_ns);
}

/*
 * The transmitter is looked at before the computed end, since it is empty earlier if the clock runs
 * slow: the driver would stay on into the answer. Only if it can be seen busy, and the time by
 * which a slow clock is wrong is longer than a character, as between two looks.
 */
static void oht_engine_await_end(struct oht_engine *e, u64 now_ns)
{
	unsigned int chars = e->tx_bytes / OHT_ENGINE_SLEW_PART;
	u64 from_ns = e->tx_end_ns;

	if (e->tx_paced && !e->port->send_late_ns)
		from_ns -= oht_timing_chars_ns(&e->timing, chars);
	if (now_ns >= from_ns)
		from_ns = min(now_ns + e->timing.char_ns, e->tx_end_ns);
	oht_engine_arm(e, from_ns);
}

static void oht_engine_send(struct oht_engine *e)
{
	u64 start_ns;

	oht_engine_enter(e, OHT_ENGINE_SEND);
	if (e->cur)
		e->cur->attempts++;
	e->stats.frames_sent++;
	/* The time now, not the start of the handler: else the end would be expected too early. */
	start_ns = e->clock->now_ns(e);
	e->tx_taken = e->port->ops->send(e->port, e->tx, e->tx_bytes);
	oht_engine_limit(e, e->tx_bytes);
	e->tx_paced = e->port->ops->transmitting(e->port);
	e->stats.bytes_sent += e->tx_taken;
	trace_oht_tx(e, e->tx_taken);
	e->tx_end_ns = oht_timing_tx_end_ns(&e->timing, start_ns, e->tx_bytes);
	oht_engine_meter_begin(e, start_ns);
	oht_engine_await_end(e, start_ns);
}

/* False: characters were heard during the set-up, and the line has not been silent since. */
static bool oht_engine_setup_is_silent(struct oht_engine *e, u64 now_ns)
{
	if (now_ns >= e->line_free_ns) {
		e->call_offs = 0;
		return true;
	}
	if (e->call_offs == OHT_ENGINE_CALL_OFFS_MAX)
		return true;
	e->call_offs++;
	return false;
}

/*
 * Nothing has been sent yet, and the set-up takes up to 100 ms: whatever allowed the transfer may
 * have ended meanwhile. A transfer that must wait again takes the first place of its
 * descriptor, and the queue decides anew. A request whose transfer was cancelled is not sent.
 */
static void oht_engine_setup_end(struct oht_engine *e, u64 now_ns)
{
	struct oht_xfer *x = e->cur;
	u8 refusal = x ? oht_engine_may_send(e, x) : OHT_DETAIL_CANCELLED;

	if (!refusal && oht_engine_setup_is_silent(e, now_ns)) {
		oht_engine_send(e);
		return;
	}
	oht_engine_set_de(e, false);
	e->generation++;
	e->cur = NULL;
	oht_engine_enter(e, OHT_ENGINE_IDLE);
	if (x)
		oht_engine_queue_again(e, x);
	if (x && refusal)
		oht_engine_drop(e, x, refusal);
	oht_engine_next(e, now_ns);
}

static void oht_engine_load(struct oht_engine *e, const struct oht_xfer *x)
{
	e->req = oht_xfer_request(x);
	e->prior = oht_engine_late_lead(e);
	e->tx_bytes = oht_frame_build(e->tx, &e->req);
	/* The copy may outlive the transfer. Judging the answer needs no data of the PDU. */
	memcpy(e->words, x->words, sizeof(e->words));
	e->req.words = e->words;
	e->req.pdu = NULL;
	e->timeout_us = x->timeout_us;
	e->pause_ns = (u64)e->units[x->unit].policy.pause_max_us * NSEC_PER_USEC;
	e->moves = x->moves;
	e->tx_taken = 0;
	e->tx_stuck_ns = 0;
	e->rx_bytes = 0;
	e->rx_pause_ns = 0;
	e->rx_pauses = 0;
	e->echo_dropped = false;
	e->noted = OHT_DETAIL_OK;
}

void oht_engine_begin(struct oht_engine *e, struct oht_xfer *x, u64 now_ns)
{
	u64 allowed_ns = max(e->line_free_ns, e->gap_since_ns);

	if (now_ns > allowed_ns)
		e->stats.gap_late_max_ns = max(e->stats.gap_late_max_ns, now_ns - allowed_ns);
	oht_engine_measure(e, OHT_HISTOGRAM_GAP_LATE, now_ns - min(now_ns, allowed_ns));
	x->state = OHT_XFER_ACTIVE;
	e->cur = x;
	oht_engine_load(e, x);
	oht_engine_set_de(e, true);
	if (!e->timing.de_setup_ns) {
		oht_engine_send(e);
		return;
	}
	oht_engine_enter(e, OHT_ENGINE_DE_SETUP);
	oht_engine_arm(e, now_ns + e->timing.de_setup_ns);
}

void oht_engine_feed(struct oht_engine *e, u64 now_ns)
{
	unsigned int left = e->tx_bytes - e->tx_taken;
	unsigned int taken = e->port->ops->send(e->port, e->tx + e->tx_taken, left);
	u64 end_ns;

	if (!taken)
		return;
	oht_engine_limit(e, left);
	e->tx_taken += taken;
	e->stats.bytes_sent += taken;
	trace_oht_tx(e, taken);
	oht_engine_meter_feed(e, left, now_ns);
	/*
	 * If the refill was in time, the computed end stays. If the transmitter had run dry, it
	 * starts again now, and the remaining characters take their full time from here.
	 */
	end_ns = oht_timing_tx_end_ns(&e->timing, now_ns, left);
	e->tx_end_ns = max(e->tx_end_ns, end_ns);
	oht_engine_enter(e, OHT_ENGINE_SEND);
	oht_engine_await_end(e, now_ns);
}

static void oht_engine_release(struct oht_engine *e, u64 now_ns)
{
	oht_engine_set_de(e, false);
	oht_engine_meter_release(e);
	oht_engine_enter(e, OHT_ENGINE_WAIT);
	e->line_free_ns = max(e->line_free_ns,
			      oht_timing_next_ns(&e->timing, e->tx_end_ns));
	e->reply_deadline_ns = oht_timing_deadline_ns(&e->timing, e->tx_end_ns, e->timeout_us);
	e->reply_deadline_ns = oht_engine_stop_deadline_ns(e, e->reply_deadline_ns);
	oht_engine_arm(e, e->reply_deadline_ns);
	/* A far end that keeps no wire time may have answered already. */
	oht_engine_rx_judge(e, now_ns);
}

static void oht_engine_sent(struct oht_engine *e, u64 now_ns)
{
	u64 off_ns = e->tx_end_ns + e->timing.de_hold_ns;

	oht_engine_stop_sent(e);
	oht_engine_meter_sent(e);
	oht_engine_rx_drop_noise(e);
	if (off_ns <= now_ns) {
		oht_engine_release(e, now_ns);
		return;
	}
	oht_engine_enter(e, OHT_ENGINE_DE_HOLD);
	oht_engine_arm(e, off_ns);
}

/*
 * Our clock says that the request has not left yet. A UART that is empty all the same is given one
 * character more: some say so a little before their last stop bit is out.
 */
static void oht_engine_look_early(struct oht_engine *e, u64 now_ns)
{
	u64 end_ns = now_ns + e->timing.char_ns;

	if (e->tx_taken == e->tx_bytes && end_ns < e->tx_end_ns &&
	    !e->port->ops->transmitting(e->port)) {
		oht_engine_meter_early(e, now_ns);
		e->tx_end_ns = end_ns;
	}
	oht_engine_await_end(e, now_ns);
}

/*
 * By our clock the request has left. The UART confirms that within three characters and a tenth of
 * the request.
 */
static void oht_engine_drain(struct oht_engine *e, u64 now_ns)
{
	u64 poll_ns = max_t(u64, e->timing.bit_ns / 4, OHT_ENGINE_POLL_MIN_NS);
	bool was_busy = e->state == OHT_ENGINE_DRAIN;

	if (now_ns < e->tx_end_ns) {
		oht_engine_look_early(e, now_ns);
		return;
	}
	oht_engine_enter(e, OHT_ENGINE_DRAIN);
	if (e->tx_taken < e->tx_bytes) {
		oht_engine_feed(e, now_ns);
		if (e->state == OHT_ENGINE_SEND)
			return;
	} else if (!e->port->ops->transmitting(e->port)) {
		/* It was busy at the last look, so it ended between that look and now. */
		if (was_busy)
			e->tx_end_ns = now_ns;
		oht_engine_sent(e, now_ns);
		return;
	}
	if (now_ns >= e->tx_stuck_ns) {
		oht_engine_resolve(e, OHT_DETAIL_TX_STUCK);
		oht_engine_cut(e, now_ns);
		return;
	}
	oht_engine_meter_busy(e, now_ns);
	/* A port that sends late raises an interrupt when it has sent, so poll it rarely. */
	oht_engine_arm(e, now_ns + max(poll_ns, e->port->send_late_ns / OHT_ENGINE_LATE_POLLS));
}

void oht_engine_cut(struct oht_engine *e, u64 now_ns)
{
	e->generation++;
	oht_engine_enter(e, OHT_ENGINE_CUT);
	e->port->ops->cut(e->port);
	oht_engine_arm(e, now_ns + e->timing.char_ns + e->timing.bit_ns);
}

static void oht_engine_cut_end(struct oht_engine *e, u64 now_ns)
{
	e->port->ops->cut_end(e->port);
	oht_engine_set_de(e, false);
	e->line_free_ns = max(e->line_free_ns, oht_timing_next_ns(&e->timing, now_ns));
	oht_engine_enter(e, OHT_ENGINE_IDLE);
	oht_engine_next(e, now_ns);
}

void oht_engine_tx_expire(struct oht_engine *e, u64 now_ns)
{
	switch (e->state) {
	case OHT_ENGINE_DE_SETUP:
		oht_engine_setup_end(e, now_ns);
		break;
	case OHT_ENGINE_SEND:
	case OHT_ENGINE_DRAIN:
		oht_engine_drain(e, now_ns);
		break;
	case OHT_ENGINE_DE_HOLD:
		oht_engine_release(e, now_ns);
		break;
	case OHT_ENGINE_CUT:
		oht_engine_cut_end(e, now_ns);
		break;
	default:
		break;
	}
}
