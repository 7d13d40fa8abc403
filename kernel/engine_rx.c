// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receive path. A received byte belongs to our own echo, to noise, to the frame of another unit or
 * to the answer.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/time64.h>
#include "engine_internal.h"
#include "trace.h"

/* At most so many bytes are read per interrupt. The UART raises the next interrupt for the rest. */
#define OHT_ENGINE_READ_MAX	(2 * OHT_ADU_MAX_BYTES)

/* Latest end of an answer that has begun, with every pause that its unit may make. */
static u64 oht_engine_rx_whole_ns(const struct oht_engine *e)
{
	int chars = oht_frame_answer_bytes(&e->req);

	return oht_engine_patience_ns(e) + e->pause_ns * (chars > 0 ? chars : OHT_ADU_MAX_BYTES);
}

/* @chars were found together at @stamp_ns, the one before them at @before_ns. */
static void oht_engine_rx_note_pause(struct oht_engine *e, u64 stamp_ns, u64 before_ns,
				     unsigned int chars)
{
	u64 apart_ns = stamp_ns - min(stamp_ns, before_ns);
	u64 wire_ns = oht_timing_chars_ns(&e->timing, chars);
	u64 pause_ns = apart_ns - min(apart_ns, wire_ns);

	/* The first lump in rx has no silence before it. */
	if (e->rx_bytes <= chars || pause_ns <= e->timing.t15_ns)
		return;
	e->rx_pause_ns = max(e->rx_pause_ns, pause_ns);
	e->rx_pauses += pause_ns > e->timing.t35_ns;
}

static void oht_engine_rx_count_errors(struct oht_engine *e, u8 flags)
{
	e->stats.framing += !!(flags & OHT_BYTE_FRAMING);
	e->stats.parity += !!(flags & OHT_BYTE_PARITY);
	e->stats.overrun += !!(flags & OHT_BYTE_OVERRUN);
	e->stats.breaks += !!(flags & OHT_BYTE_BREAK);
}

/*
 * The time for an answer to begin is over, so noise that goes on puts the end of the exchange off
 * no longer. WAIT ends with its own deadline: a character that is found there came before it.
 */
static bool oht_engine_rx_is_behind(const struct oht_engine *e, u64 stamp_ns)
{
	return e->state == OHT_ENGINE_COLLECT && stamp_ns >= e->reply_deadline_ns;
}

static void oht_engine_rx_store(struct oht_engine *e, const struct oht_port_byte *byte,
				u64 stamp_ns)
{
	u64 frame_gap_ns = (u64)e->timing.t15_ns + e->timing.char_ns;

	/* Noise, or a frame of another unit, ended before this character. */
	if (e->rx_bytes && !oht_engine_held_is_ours(e) && stamp_ns > e->rx_last_ns + frame_gap_ns) {
		oht_engine_held_stray(e, e->rx_bytes);
		e->noted = OHT_DETAIL_SHORT;
		oht_engine_held_clear(e);
	}
	if (!e->rx_bytes && oht_engine_rx_is_behind(e, stamp_ns)) {
		oht_engine_held_stray(e, 1);
		return;
	}
	if (!e->rx_bytes && !oht_engine_held_may_begin(e, byte->data)) {
		oht_engine_held_stray(e, 1);
		if (e->state == OHT_ENGINE_WAIT)
			e->noted = OHT_DETAIL_SHORT;
		return;
	}
	if (e->rx_bytes == sizeof(e->rx)) {
		oht_engine_held_stray(e, 1);
		return;
	}
	if (!e->rx_bytes) {
		e->rx_first_ns = stamp_ns;
		e->rx_first_lump = 1;
		e->rx_limit_ns = stamp_ns + oht_engine_rx_whole_ns(e);
	}
	e->rx_flags[e->rx_bytes] = byte->flags;
	e->rx[e->rx_bytes++] = byte->data;
	if (oht_engine_held_may_echo(e) && oht_engine_held_is_echo(e, stamp_ns)) {
		oht_engine_held_stray(e, e->rx_bytes - e->tx_bytes);
		e->stats.bytes_echo += e->tx_bytes;
		e->echo_dropped = true;
		oht_engine_held_clear(e);
	}
}

bool oht_engine_listens(const struct oht_engine *e)
{
	switch (e->state) {
	case OHT_ENGINE_SEND:
	case OHT_ENGINE_DRAIN:
	case OHT_ENGINE_DE_HOLD:
	case OHT_ENGINE_WAIT:
	case OHT_ENGINE_COLLECT:
		return true;
	default:
		return false;
	}
}

static void oht_engine_rx_byte(struct oht_engine *e, const struct oht_port_byte *byte,
			       u64 stamp_ns)
{
	u64 end_ns;

	e->stats.bytes_received++;
	oht_engine_rx_count_errors(e, byte->flags);
	if (oht_engine_listens(e)) {
		oht_engine_rx_store(e, byte, stamp_ns);
	} else if (stamp_ns < e->extra_until_ns) {
		oht_engine_held_extra(e, 1);
		end_ns = oht_timing_rx_end_ns(&e->timing, stamp_ns);
		e->extra_until_ns = oht_timing_next_ns(&e->timing, end_ns);
	} else {
		e->stats.bytes_stray++;
	}
	e->rx_last_ns = stamp_ns;
}

/*
 * Can what comes now be of the unit that was asked last: in the exchange, right behind its answer,
 * or as an answer that comes too late? Noise comes at any time, and would begin a rest anew for
 * ever.
 */
static bool oht_engine_rx_is_units(const struct oht_engine *e, u64 stamp_ns)
{
	if (oht_engine_listens(e))
		return true;
	return !oht_engine_slot_is_taken(e) &&
	       stamp_ns < max(e->extra_until_ns, e->late[e->req.unit].until_ns);
}

void oht_engine_receive(struct oht_engine *e, u64 stamp_ns)
{
	bool is_units = oht_engine_rx_is_units(e, stamp_ns);
	u64 before_ns = e->rx_last_ns;
	struct oht_port_byte byte;
	unsigned int i;
	u64 looked_ns, end_ns;

	for (i = 0; i < OHT_ENGINE_READ_MAX && e->port->ops->receive(e->port, &byte); i++)
		oht_engine_rx_byte(e, &byte, stamp_ns);
	/*
	 * Bytes that arrived during the read are younger than the stamp: silence counts from the
	 * last look.
	 */
	looked_ns = e->clock->now_ns(e);
	oht_engine_meter_heard(e, i, looked_ns);
	if (!i)
		return;
	trace_oht_rx(e, i);
	end_ns = oht_timing_rx_end_ns(&e->timing, looked_ns);
	e->line_free_ns = max(e->line_free_ns, oht_timing_next_ns(&e->timing, end_ns));
	if (is_units)
		oht_engine_unit_rest(e);
	if (e->rx_bytes && e->rx_first_ns == stamp_ns)
		e->rx_first_lump = e->rx_bytes;
	oht_engine_rx_note_pause(e, stamp_ns, before_ns, i);
	oht_engine_rx_judge(e, stamp_ns);
}

void oht_engine_rx_drop_noise(struct oht_engine *e)
{
	unsigned int noise = e->rx_bytes;
	int at;

	if (!noise || oht_engine_held_echo_at(e) >= 0)
		return;
	at = oht_engine_held_early_at(e);
	if (at >= 0)
		noise = at;
	oht_engine_held_stray(e, noise);
	if (noise == e->rx_bytes)
		oht_engine_held_clear(e);
	else if (noise)
		oht_engine_held_drop(e, noise);
}

/* End of the first t3.5 of silence behind the bytes in rx. */
static u64 oht_engine_rx_silent_ns(const struct oht_engine *e)
{
	return e->rx_last_ns + e->timing.char_ns / 2 + e->timing.t35_ns;
}

/*
 * A good answer is complete by count and CRC, so silence only ends a broken one. A broken one gets
 * as much time as the whole answer takes, since bridges and emulated UARTs pass characters on in
 * lumps. What can be no answer ends with the first silence, and at the deadline of the wait.
 */
static u64 oht_engine_rx_limit_ns(const struct oht_engine *e)
{
	u64 silence_ns = max_t(u64, e->timing.t35_ns, (u64)e->timeout_us * NSEC_PER_USEC);

	if (!oht_engine_held_may_answer(e))
		return min(oht_engine_rx_silent_ns(e), e->reply_deadline_ns);
	/*
	 * While a stop telegram waits, t3.5 of silence ends the frame: lumps of a bridge are not
	 * awaited.
	 */
	if (oht_engine_stop_waits(e) || oht_engine_is_telegram(e->cur))
		silence_ns = (u64)e->timing.t35_ns + e->timing.char_ns;
	/* A unit with a tolerance for pauses may still send the next character. */
	if (e->pause_ns)
		silence_ns = max(silence_ns, e->pause_ns + e->timing.char_ns);
	return min(e->rx_last_ns + silence_ns, e->rx_limit_ns);
}

/*
 * Judge again when the frame should be complete, at the latest when it must be. If only silence
 * can end it (@missing is 0), judge after the first t3.5, and accept it only if it is sound then.
 */
static void oht_engine_rx_await(struct oht_engine *e, unsigned int missing)
{
	u64 expected_ns = e->rx_last_ns + e->timing.char_ns / 2 +
			  oht_timing_chars_ns(&e->timing, missing);
	u64 limit_ns = oht_engine_rx_limit_ns(e);
	u32 slack_ns = e->timing.char_ns / 4;
	bool stands;

	if (!missing)
		expected_ns = oht_engine_rx_silent_ns(e);
	expected_ns = min(expected_ns, limit_ns);
	/*
	 * The frame arrives as predicted. Setting the timer again would be the most expensive part
	 * here.
	 */
	stands = e->state == OHT_ENGINE_COLLECT && e->armed &&
		 expected_ns + slack_ns > e->deadline_ns && expected_ns < e->deadline_ns + slack_ns;
	oht_engine_enter(e, OHT_ENGINE_COLLECT);
	if (!stands)
		oht_engine_arm(e, expected_ns);
}

/* The lump was found at once: its first character came at least that many characters earlier. */
static u64 oht_engine_rx_came_ns(const struct oht_engine *e)
{
	return e->rx_first_ns - oht_timing_chars_ns(&e->timing, e->rx_first_lump - 1);
}

static u64 oht_engine_rx_turnaround_ns(const struct oht_engine *e)
{
	u64 start_ns = oht_timing_rx_start_ns(&e->timing, oht_engine_rx_came_ns(e));

	return start_ns > e->tx_end_ns ? start_ns - e->tx_end_ns : 1;
}

/* The frame at @at answers the previous request, which asked for something else. */
static bool oht_engine_rx_is_old(const struct oht_engine *e, unsigned int at, unsigned int bytes)
{
	return e->answered_tx_crc != oht_frame_crc(e->tx, e->tx_bytes) &&
	       e->answered_rx_crc == oht_frame_crc(e->rx + at, bytes);
}

/*
 * The frame began before our request had left, so another unit talks over us, for example one that
 * repeats its last answer. A frame with the bytes of our request is then its echo: a receiver that
 * reports late hands it over in one lump after our end. The first character of an answer without
 * turnaround is reported almost a character after our end, that of an echo before it.
 *
 * Only where neither our UART nor the far end keeps wire time, as in an emulator with a program on
 * a pseudo terminal, an answer may be that early. Then it is an old one if it has the same bytes,
 * and comes no faster than a line allows.
 */
static bool oht_engine_rx_is_collision(const struct oht_engine *e, unsigned int at,
				       unsigned int bytes)
{
	/* Of all answers but the earliest the stamps alone say that nothing collides. */
	if (oht_engine_rx_came_ns(e) >= e->tx_end_ns + e->timing.char_ns / 2)
		return false;
	if (e->rx_first_ns >= e->tx_end_ns && !oht_engine_held_is_same(e, at, bytes))
		return false;
	if (e->tx_paced || bytes < OHT_ADU_MIN_BYTES)
		return true;
	return oht_engine_rx_is_old(e, at, bytes) &&
	       e->rx_last_ns - e->rx_first_ns >
		       oht_timing_chars_ns(&e->timing, e->rx_bytes - 1) / 2;
}

/*
 * The line had no echo so far, and the received bytes are not the answer. They count if they begin
 * with our request. OHT_ENGINE_ECHO_AGAINST such transactions, without one in between that shows
 * no echo, are an adapter that echoes now: the echo is unknown again, and answers are searched
 * behind it. A transaction that succeeds costs nothing here.
 */
static void oht_engine_rx_doubt_echo(struct oht_engine *e)
{
	if (e->echo != OHT_ECHO_NO || e->echo_dropped || !oht_engine_held_is_request(e))
		return;
	e->echo_dropped = true;
	if (++e->echo_against < OHT_ENGINE_ECHO_AGAINST)
		return;
	e->echo_against = 0;
	e->echo = OHT_ECHO_UNKNOWN;
}

/* An answer that differs from its request shows whether our receiver hears our own requests. */
static void oht_engine_rx_learn_echo(struct oht_engine *e)
{
	if (!e->echo_dropped) {
		e->echo = OHT_ECHO_NO;
		e->echo_against = 0;
	} else if (e->echo != OHT_ECHO_NO) {
		e->echo = OHT_ECHO_YES;
	}
}

static void oht_engine_rx_answered(struct oht_engine *e, u8 detail, u8 exception, u64 now_ns)
{
	u64 turnaround_ns = oht_engine_rx_turnaround_ns(e);
	struct oht_xfer *x = e->cur;

	if (x && e->prior) {
		x->priors++;
		oht_engine_queue_again(e, x);
		x = NULL;
		e->cur = NULL;
	}
	if (!oht_engine_held_is_same(e, 0, e->rx_bytes))
		oht_engine_rx_learn_echo(e);
	e->answered_tx_crc = oht_frame_crc(e->tx, e->tx_bytes);
	e->answered_rx_crc = oht_frame_crc(e->rx, e->rx_bytes);
	e->stats.turnaround_max_ns = max(e->stats.turnaround_max_ns, turnaround_ns);
	oht_engine_unit_learn(e, turnaround_ns);
	oht_engine_measure(e, OHT_HISTOGRAM_TURNAROUND, turnaround_ns);
	e->extra_until_ns = e->line_free_ns;
	if (detail == OHT_DETAIL_OK)
		e->stats.replies_ok++;
	e->stats.pauses += e->rx_pauses;
	e->units[e->req.unit].pauses += e->rx_pauses;
	if (x) {
		x->exception = exception;
		x->turnaround_ns = min_t(u64, turnaround_ns, U32_MAX);
		if (detail == OHT_DETAIL_OK)
			x->reply_bytes = oht_frame_pdu(&e->req, e->rx, e->rx_bytes, x->pdu) ?:
					 2 * oht_frame_words(&e->req, e->rx, x->words);
	}
	oht_engine_finish(e, detail, now_ns);
}

/* Nothing is held: wait for the first byte, within the same deadline. */
static void oht_engine_rx_wait_on(struct oht_engine *e, u64 now_ns)
{
	oht_engine_enter(e, OHT_ENGINE_WAIT);
	if (now_ns >= e->reply_deadline_ns)
		oht_engine_rx_expire(e, now_ns);
	else
		oht_engine_arm(e, e->reply_deadline_ns);
}

/*
 * The first @bytes are not the answer: note their detail and keep waiting, within the same
 * deadline. Returns true if bytes that arrived together with them are still to be judged.
 */
static bool oht_engine_rx_skip(struct oht_engine *e, u8 detail, bool sound, unsigned int bytes,
			       u64 now_ns)
{
	e->noted = detail;
	if (sound)
		e->stats.frames_foreign++;
	else
		oht_engine_held_stray(e, bytes);
	oht_engine_held_drop(e, bytes);
	for (bytes = 0; bytes < e->rx_bytes; bytes++)
		if (now_ns < e->reply_deadline_ns && oht_engine_held_may_begin(e, e->rx[bytes]))
			break;
	oht_engine_held_stray(e, bytes);
	oht_engine_held_drop(e, bytes);
	if (e->rx_bytes) {
		e->rx_limit_ns = e->rx_first_ns + oht_engine_rx_whole_ns(e);
		e->rx_pause_ns = 0;
		e->rx_pauses = 0;
		oht_engine_meter_split(e);
		return true;
	}
	oht_engine_held_clear(e);
	oht_engine_rx_wait_on(e, now_ns);
	return false;
}

/* An answer to something else, or of another unit. */
static bool oht_engine_rx_is_foreign(u8 detail, bool whole)
{
	switch (detail) {
	case OHT_DETAIL_UNIT:
	case OHT_DETAIL_FUNCTION:
	case OHT_DETAIL_ECHO:
		return true;
	case OHT_DETAIL_LENGTH:
		return whole;
	default:
		return false;
	}
}

/* A stop does not wait for an answer that may stand inside a broken frame. */
static bool oht_engine_rx_is_urgent(const struct oht_engine *e)
{
	return oht_engine_held_is_ours(e) &&
	       (oht_engine_stop_waits(e) || oht_engine_is_telegram(e->cur));
}

/*
 * A frame has ended, by its count or, if @over, by silence. Returns true if bytes are left to
 * judge.
 */
static bool oht_engine_rx_conclude(struct oht_engine *e, bool over, u64 now_ns)
{
	int need = oht_frame_reply_bytes(e->rx, e->rx_bytes);
	bool whole = need > 0 && need <= (int)e->rx_bytes;
	unsigned int bytes = oht_engine_held_bytes(e, 0), at = 0, missing;
	u8 exception = 0;
	u8 detail = oht_engine_held_verify(e, 0, bytes, &exception);
	bool sound = oht_engine_rx_is_foreign(detail, whole);
	bool collides;

	if (!oht_engine_held_is_answer(detail)) {
		at = oht_engine_held_seek(e, &missing);
		/*
		 * Inside a sound frame such bytes are register values of its unit, not an answer.
		 */
		if (sound && at + oht_engine_held_bytes(e, at) <= bytes)
			at = 0;
		if (!at && missing && !over && !oht_engine_rx_is_urgent(e)) {
			oht_engine_rx_await(e, missing);
			return false;
		}
	}
	if (at) {
		sound = false;
		bytes = oht_engine_held_bytes(e, at);
		detail = oht_engine_held_verify(e, at, bytes, &exception);
	}
	collides = oht_engine_rx_is_collision(e, at, bytes);
	if (collides || !oht_engine_held_is_answer(detail))
		oht_engine_rx_doubt_echo(e);
	if (!collides && oht_engine_held_is_answer(detail))
		oht_engine_held_take(e, at, bytes);
	oht_engine_meter_conclude(e);
	if (collides)
		return oht_engine_rx_skip(e, OHT_DETAIL_LINE, false, e->rx_bytes, now_ns);
	if (sound || !oht_engine_held_is_ours(e))
		return oht_engine_rx_skip(e, detail, sound, over ? e->rx_bytes : bytes, now_ns);
	if (oht_engine_held_is_answer(detail))
		oht_engine_rx_answered(e, detail, exception, now_ns);
	else
		oht_engine_finish(e, whole || !e->rx_pauses ? detail : OHT_DETAIL_PAUSED, now_ns);
	return false;
}

/* True if the frame in front has ended by its count; else judge again later. */
static bool oht_engine_rx_is_whole(struct oht_engine *e)
{
	int need, at = oht_engine_held_echo_at(e);
	unsigned int lacks, missing;

	if (at >= 0 && e->rx_bytes - at < e->tx_bytes) {
		oht_engine_rx_await(e, e->tx_bytes + at - e->rx_bytes);
		return false;
	}
	need = oht_frame_reply_bytes(e->rx, e->rx_bytes);
	if ((need > 0 && need <= (int)e->rx_bytes) || e->rx_bytes == sizeof(e->rx))
		return true;
	lacks = need > 0 ? need - e->rx_bytes : 0;
	/*
	 * Another unit's frame may hold what looks like our answer; then more bytes follow. Only
	 * silence shows that the bytes in front were noise.
	 */
	if (!oht_engine_held_is_ours(e)) {
		if (oht_engine_held_seek(e, &missing))
			lacks = 0;
		else if (missing && (!lacks || missing < lacks))
			lacks = missing;
	}
	oht_engine_rx_await(e, lacks);
	return false;
}

void oht_engine_rx_judge(struct oht_engine *e, u64 now_ns)
{
	if (e->state != OHT_ENGINE_WAIT && e->state != OHT_ENGINE_COLLECT)
		return;
	if (e->req.unit == OHT_UNIT_BROADCAST)
		return;
	if (!e->rx_bytes) {
		/* What had been collected was dropped as noise. */
		if (e->state == OHT_ENGINE_COLLECT)
			oht_engine_rx_wait_on(e, now_ns);
		return;
	}
	while (oht_engine_rx_is_whole(e) && oht_engine_rx_conclude(e, false, now_ns))
		;
}

/* t3.5 of silence ends a sound frame of unknown length, and what stood in front of the answer. */
static bool oht_engine_rx_is_ended(const struct oht_engine *e)
{
	unsigned int missing;

	if (oht_frame_reply_bytes(e->rx, e->rx_bytes) < 0 &&
	    oht_frame_is_sound(e->rx, e->rx_bytes))
		return true;
	return oht_engine_held_seek(e, &missing);
}

void oht_engine_rx_expire(struct oht_engine *e, u64 now_ns)
{
	u64 limit_ns;

	if (e->req.unit == OHT_UNIT_BROADCAST) {
		/* The turnaround delay is over; no answer was expected. */
		oht_engine_held_stray(e, e->rx_bytes);
		oht_engine_finish(e, OHT_DETAIL_OK, now_ns);
		return;
	}
	if (e->state == OHT_ENGINE_WAIT) {
		e->late[e->req.unit].until_ns =
			e->reply_deadline_ns + (u64)e->timeout_us * NSEC_PER_USEC;
		if (oht_engine_stop_give_up(e, now_ns))
			oht_engine_finish(e, OHT_DETAIL_STOPPED, now_ns);
		else
			oht_engine_finish(e, e->noted ?: OHT_DETAIL_TIMEOUT, now_ns);
		return;
	}
	limit_ns = oht_engine_rx_limit_ns(e);
	if (now_ns < limit_ns && oht_engine_rx_is_ended(e))
		limit_ns = min(limit_ns, oht_engine_rx_silent_ns(e));
	if (now_ns < limit_ns)
		oht_engine_arm(e, limit_ns);
	else
		oht_engine_rx_conclude(e, true, now_ns);
}

void oht_engine_rx_hurry(struct oht_engine *e, u64 now_ns)
{
	e->reply_deadline_ns = oht_engine_stop_deadline_ns(e, e->reply_deadline_ns);
	if (e->state == OHT_ENGINE_COLLECT)
		oht_engine_rx_judge(e, now_ns);
	else
		oht_engine_arm(e, e->reply_deadline_ns);
}
