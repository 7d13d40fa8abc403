// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bytes received since our request began (rx): where our own echo or the answer stands in
 * them. A frame is the answer if its unit, function and count fit the request, its CRC is good
 * and, after a write, its echo fits. Up to OHT_ENGINE_LEAD_MAX bytes in front of it, and all bytes
 * behind it, are counted and change nothing.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include "engine_internal.h"

void oht_engine_held_clear(struct oht_engine *e)
{
	e->rx_bytes = 0;
	e->rx_pause_ns = 0;
	e->rx_pauses = 0;
}

void oht_engine_held_stray(struct oht_engine *e, unsigned int bytes)
{
	e->stats.bytes_stray += bytes;
	e->units[e->req.unit].bytes_stray += bytes;
}

void oht_engine_held_extra(struct oht_engine *e, unsigned int bytes)
{
	e->stats.bytes_extra += bytes;
	e->units[e->extra_unit].bytes_extra += bytes;
}

void oht_engine_held_drop(struct oht_engine *e, unsigned int bytes)
{
	e->rx_bytes -= bytes;
	memmove(e->rx, e->rx + bytes, e->rx_bytes);
	memmove(e->rx_flags, e->rx_flags + bytes, e->rx_bytes);
	if (bytes < e->rx_first_lump) {
		e->rx_first_lump -= bytes;
		return;
	}
	bytes -= e->rx_first_lump - 1;
	e->rx_first_ns = min(e->rx_first_ns + oht_timing_chars_ns(&e->timing, bytes),
			     e->rx_last_ns);
	e->rx_first_lump = 1;
}

/*
 * No unit has address 0, and one above 247 only the unit that was addressed there. A transceiver
 * that switches its driver produces such bytes.
 */
bool oht_engine_held_may_begin(const struct oht_engine *e, u8 data)
{
	return e->req.unit == OHT_UNIT_BROADCAST || data == e->req.unit ||
	       oht_unit_is_good(data);
}

/* The UART reported no error. Characters lost before the first one belong to another frame. */
static bool oht_engine_held_is_clean(const struct oht_engine *e, unsigned int at,
				     unsigned int bytes)
{
	return !bytes || (!(e->rx_flags[at] & ~OHT_BYTE_OVERRUN) &&
			  !memchr_inv(e->rx_flags + at + 1, 0, bytes - 1));
}

/* The bytes at @at match unit and function of the answer, as far as they have arrived. */
static bool oht_engine_held_begins(const struct oht_engine *e, unsigned int at)
{
	return e->rx[at] == e->req.unit &&
	       (at + 1 == e->rx_bytes ||
		(e->rx[at + 1] & ~OHT_FC_EXCEPTION) == e->req.function);
}

int oht_engine_held_echo_at(const struct oht_engine *e)
{
	unsigned int last = oht_engine_held_is_ours(e) ? 0 : OHT_ENGINE_LEAD_MAX;
	unsigned int at, left;

	if (!oht_engine_held_may_echo(e))
		return -1;
	for (at = 0; at <= last && at < e->rx_bytes; at++) {
		left = e->rx_bytes - at;
		if (left <= e->tx_bytes && !memcmp(e->rx + at, e->tx, left))
			return at;
	}
	return -1;
}

/*
 * An answer may consist of the bytes of our request: to some writes, and perhaps to what is raw.
 * What a unit says to a broadcast is none of our own either.
 */
static bool oht_engine_held_may_be_both(const struct oht_engine *e)
{
	int bytes = oht_frame_answer_bytes(&e->req);

	return oht_frame_is_write(e->req.function) && (bytes <= 0 || bytes == (int)e->tx_bytes);
}

/*
 * All of our request has been heard. If that may be the answer, too, only time tells: an answer
 * cannot be complete before it has been sent, an echo ends with us.
 */
bool oht_engine_held_is_echo(const struct oht_engine *e, u64 stamp_ns)
{
	unsigned int lead = e->rx_bytes - e->tx_bytes;

	if (e->rx_bytes < e->tx_bytes || lead > OHT_ENGINE_LEAD_MAX ||
	    memcmp(e->rx + lead, e->tx, e->tx_bytes))
		return false;
	if (e->echo == OHT_ECHO_YES || !oht_engine_held_may_be_both(e))
		return true;
	return stamp_ns < e->tx_end_ns + oht_timing_chars_ns(&e->timing, e->tx_bytes) / 2;
}

bool oht_engine_held_is_same(const struct oht_engine *e, unsigned int at, unsigned int bytes)
{
	return bytes == e->tx_bytes && !memcmp(e->rx + at, e->tx, bytes);
}

/*
 * The received bytes are those of our request, as far as they have come. Where no echo is expected
 * they are judged as an answer, and an answer's count may end them before the echo is complete.
 */
bool oht_engine_held_is_request(const struct oht_engine *e)
{
	unsigned int bytes = min(e->rx_bytes, e->tx_bytes);

	return bytes >= OHT_ADU_MIN_BYTES && !memcmp(e->rx, e->tx, bytes);
}

/*
 * If our UART keeps wire time there is no answer yet, and noise must not stand in front of the one
 * that comes.
 */
int oht_engine_held_early_at(const struct oht_engine *e)
{
	unsigned int last = e->tx_paced ? 0 : OHT_ENGINE_LEAD_MAX;
	unsigned int at;

	for (at = 0; at <= last && at < e->rx_bytes; at++)
		if (oht_engine_held_begins(e, at) &&
		    oht_engine_held_is_clean(e, at, e->rx_bytes - at))
			return at;
	return -1;
}

unsigned int oht_engine_held_bytes(const struct oht_engine *e, unsigned int at)
{
	unsigned int left = e->rx_bytes - at;
	int need = oht_frame_reply_bytes(e->rx + at, left);

	return min_t(unsigned int, left, need > 0 ? need : OHT_ADU_MAX_BYTES);
}

u8 oht_engine_held_verify(const struct oht_engine *e, unsigned int at, unsigned int bytes,
			  u8 *exception)
{
	if (!oht_engine_held_is_clean(e, at, bytes))
		return OHT_DETAIL_LINE;
	return oht_frame_verify(&e->req, e->rx + at, bytes, exception);
}

bool oht_engine_held_is_answer(u8 detail)
{
	return detail == OHT_DETAIL_OK || detail == OHT_DETAIL_EXCEPTION;
}

/* The bytes at @at may be the answer: the count matches too, as far as it has arrived. */
static bool oht_engine_held_fits(const struct oht_engine *e, unsigned int at)
{
	int need, good;

	if (!oht_engine_held_begins(e, at))
		return false;
	need = oht_frame_reply_bytes(e->rx + at, e->rx_bytes - at);
	good = oht_frame_answer_bytes(&e->req);
	return !need || good < 0 || need == good || e->rx[at + 1] & OHT_FC_EXCEPTION;
}

/* Three places and one CRC each at most: this runs in the hard interrupt. */
unsigned int oht_engine_held_seek(const struct oht_engine *e, unsigned int *missing)
{
	unsigned int at, left, bytes, lacks;
	u8 detail, exception;
	int need;

	*missing = 0;
	for (at = 1; at <= OHT_ENGINE_LEAD_MAX && at < e->rx_bytes; at++) {
		if (!oht_engine_held_fits(e, at))
			continue;
		left = e->rx_bytes - at;
		need = oht_frame_reply_bytes(e->rx + at, left);
		if (need && need <= (int)left) {
			bytes = oht_engine_held_bytes(e, at);
			detail = oht_engine_held_verify(e, at, bytes, &exception);
			if (oht_engine_held_is_answer(detail))
				return at;
			continue;
		}
		lacks = need ? (unsigned int)need - left : 1;
		if (oht_engine_held_is_clean(e, at, left))
			*missing = *missing ? min(*missing, lacks) : lacks;
	}
	return 0;
}

bool oht_engine_held_may_answer(const struct oht_engine *e)
{
	unsigned int missing;

	return oht_engine_held_is_ours(e) || oht_engine_held_seek(e, &missing) || missing ||
	       oht_engine_held_echo_at(e) >= 0;
}

void oht_engine_held_take(struct oht_engine *e, unsigned int at, unsigned int bytes)
{
	if (at) {
		oht_engine_held_stray(e, at);
		oht_engine_held_drop(e, at);
	}
	e->extra_unit = e->req.unit;
	oht_engine_held_extra(e, e->rx_bytes - bytes);
	e->rx_bytes = bytes;
}
