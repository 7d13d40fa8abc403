// SPDX-License-Identifier: GPL-2.0-only
/* The schedule of the wire: which sender puts which character on it, in order, up to now. */
#include <linux/kernel.h>
#include <linux/string.h>

#include "sim.h"

static u64 oht_sim_talk_start_ps(const struct oht_sim_talk *t, unsigned int i)
{
	u64 pause_ps = t->pause_at && i >= t->pause_at ? t->pause_ps : 0;

	return t->start_ps + i * (t->char_ps + t->pause_each_ps) + pause_ps;
}

/* When a receiver reports the character. */
static u64 oht_sim_talk_report_ps(const struct oht_sim_wire *w, const struct oht_sim_talk *t,
				  unsigned int i)
{
	return oht_sim_talk_start_ps(t, i) + t->char_ps - w->line.stop_rest_ps;
}

bool oht_sim_talk_overlaps(const struct oht_sim_talk *t, u64 from_ps, u64 until_ps)
{
	unsigned int first = t->pause_at ?: t->bytes;
	u64 end_ps = t->start_ps + first * (t->char_ps + t->pause_each_ps);

	if (!t->active)
		return false;
	if (t->start_ps < until_ps && end_ps > from_ps)
		return true;
	if (first >= t->bytes)
		return false;
	end_ps = oht_sim_talk_start_ps(t, t->bytes);
	return oht_sim_talk_start_ps(t, first) < until_ps && end_ps > from_ps;
}

struct oht_sim_talk *oht_sim_talk_get(struct oht_sim_wire *w)
{
	struct oht_sim_talk *t;

	for (t = w->talk; t < w->talk + OHT_SIM_TALKS; t++) {
		if (t->active)
			continue;
		memset(t, 0, sizeof(*t));
		t->framing_at = UINT_MAX;
		return t;
	}
	return NULL;
}

/* ---- from the far end to us ---- */

static void oht_sim_receive(struct oht_sim_uart *u, struct oht_port_byte byte, u64 at_ps)
{
	unsigned int limit = oht_sim_settings.coarse ? OHT_SIM_RING : u->rx_fifo;

	if (u->rx_in - u->rx_out >= limit) {
		u->seen.overruns += !u->rx_overrun;
		u->rx_overrun = true;
		return;
	}
	if (u->rx_overrun)
		byte.flags |= OHT_BYTE_OVERRUN;
	u->rx_overrun = false;
	u->rx[u->rx_in++ % OHT_SIM_RING] = byte;
	u->rx_last_ps = at_ps;
	u->seen.received++;
}

/* Two at a time are none. */
static bool oht_sim_is_collision(const struct oht_sim_wire *w, const struct oht_sim_talk *mine,
				 u64 from_ps, u64 until_ps)
{
	const struct oht_sim_talk *t;

	for (t = w->talk; t < w->talk + OHT_SIM_TALKS; t++)
		if (t != mine && oht_sim_talk_overlaps(t, from_ps, until_ps))
			return true;
	return false;
}

/* Something that the far end has not heard yet is on the wire meanwhile. */
static bool oht_sim_is_sending(const struct oht_sim_uart *u, u64 from_ps, u64 until_ps)
{
	return u->tx_out != u->tx_in && u->tx_end_ps > from_ps &&
	       u->tx_start_ps[u->tx_out % OHT_SIM_RING] < until_ps;
}

static void oht_sim_deliver(struct oht_sim_wire *w, struct oht_sim_talk *t)
{
	u64 start_ps = oht_sim_talk_start_ps(t, t->next);
	u64 end_ps = start_ps + t->char_ps;
	struct oht_port_byte byte = {};
	struct oht_sim_uart *uarts[] = { &w->uart, &w->tty };
	unsigned int i;

	byte.data = t->random ? prandom_u32_state(&w->rnd) : t->data[t->next];
	if (t->next == t->framing_at)
		byte.flags |= OHT_BYTE_FRAMING;
	if (oht_sim_is_collision(w, t, start_ps, end_ps)) {
		byte.data ^= prandom_u32_state(&w->rnd);
		byte.flags |= OHT_BYTE_FRAMING;
	}
	for (i = 0; i < ARRAY_SIZE(uarts); i++) {
		if (!uarts[i]->on)
			continue;
		if (oht_sim_is_sending(uarts[i], start_ps, end_ps))
			uarts[i]->spoiled = true;
		/* A receiver decides in the middle of the start bit that there is one. */
		if (oht_sim_was_driving(uarts[i], start_ps + w->line.bit_ps / 2))
			uarts[i]->seen.deaf++;
		else
			oht_sim_receive(uarts[i], byte, end_ps - w->line.stop_rest_ps);
	}
	w->far_end_ps = max(w->far_end_ps, end_ps);
	if (++t->next == t->bytes)
		t->active = false;
}

/* ---- from us to the far end ---- */

/* Everything that was taken has been on the wire: a while after its end, so that the far end's
 * thoughts do not keep the CPU busy when we let go of the driver. Our own echo cannot wait.
 */
static u64 oht_sim_heard_ps(const struct oht_sim_wire *w, const struct oht_sim_uart *u)
{
	if (u->tx_out == u->tx_in)
		return U64_MAX;
	if (!oht_sim_settings.echo)
		return u->tx_end_ps + w->line.char_ps / 2;
	return u->tx_start_ps[u->tx_out % OHT_SIM_RING] + w->line.char_ps - w->line.stop_rest_ps;
}

static void oht_sim_hear_char(struct oht_sim_wire *w, struct oht_sim_uart *u)
{
	unsigned int number = u->tx_out++;
	u64 start_ps = u->tx_start_ps[number % OHT_SIM_RING];
	u8 data = u->tx[number % OHT_SIM_RING];
	bool goes_on;

	if (u->frame_bytes == sizeof(u->frame) ||
	    (u->frame_bytes && start_ps > u->frame_end_ps + w->line.t15_ps)) {
		w->broken++;
		u->frame_bytes = 0;
	}
	u->frame[u->frame_bytes++] = data;
	u->frame_end_ps = start_ps + w->line.char_ps;
	if (oht_sim_settings.echo)
		oht_sim_receive(u, (struct oht_port_byte) { .data = data },
				u->frame_end_ps - w->line.stop_rest_ps);
	goes_on = u->tx_out != u->tx_in &&
		  u->tx_start_ps[u->tx_out % OHT_SIM_RING] == u->frame_end_ps;
	if (!goes_on)
		oht_sim_slaves_hear(w, u);
}

static void oht_sim_hear(struct oht_sim_wire *w, struct oht_sim_uart *u)
{
	do {
		oht_sim_hear_char(w, u);
	} while (u->tx_out != u->tx_in && !oht_sim_settings.echo);
}

unsigned int oht_sim_tx_waiting(const struct oht_sim_uart *u, u64 now_ps)
{
	unsigned int number = u->tx_in;

	while (number != u->tx_out && u->tx_start_ps[(number - 1) % OHT_SIM_RING] > now_ps)
		number--;
	return u->tx_in - number;
}

unsigned int oht_sim_send(struct oht_sim_wire *w, struct oht_sim_uart *u, const u8 *data,
			  unsigned int bytes)
{
	u64 now_ps = oht_sim_now_ps(), start_ps;
	unsigned int i, waiting;

	oht_sim_advance(w, now_ps);
	waiting = oht_sim_tx_waiting(u, now_ps);
	for (i = 0; i < bytes && waiting < u->tx_fifo; i++) {
		start_ps = max(now_ps, u->tx_end_ps);
		oht_sim_judge_start(w, u, data[i], start_ps);
		if (u->automatic && start_ps > u->tx_end_ps)
			u->de_on_ps = start_ps;
		u->tx[u->tx_in % OHT_SIM_RING] = data[i];
		u->tx_start_ps[u->tx_in % OHT_SIM_RING] = start_ps;
		u->tx_in++;
		u->tx_end_ps = start_ps + w->line.char_ps;
		waiting += start_ps > now_ps;
	}
	if (u->automatic)
		u->de_off_ps = u->tx_end_ps;
	u->wants_room = i < bytes;
	w->next_ps = 0;
	oht_sim_kick(w);
	return i;
}

void oht_sim_cut(struct oht_sim_uart *u, u64 char_ps, u64 now_ps)
{
	unsigned int waiting = oht_sim_tx_waiting(u, now_ps);

	u->wants_room = false;
	if (!waiting)
		return;
	u->tx_in -= waiting;
	u->tx_end_ps = u->tx_start_ps[(u->tx_in - 1) % OHT_SIM_RING] + char_ps;
}

/* ---- time ---- */

/* The next sender. */
struct oht_sim_next {
	u64 at_ps;
	struct oht_sim_uart *uart;
	struct oht_sim_talk *talk;
};

static struct oht_sim_next oht_sim_first(struct oht_sim_wire *w)
{
	struct oht_sim_uart *uarts[] = { &w->uart, &w->tty };
	struct oht_sim_next next = { .at_ps = U64_MAX };
	struct oht_sim_talk *t;
	unsigned int i;
	u64 at_ps;

	for (i = 0; i < ARRAY_SIZE(uarts); i++) {
		at_ps = oht_sim_heard_ps(w, uarts[i]);
		if (at_ps < next.at_ps)
			next = (struct oht_sim_next) { .at_ps = at_ps, .uart = uarts[i] };
	}
	for (t = w->talk; t < w->talk + OHT_SIM_TALKS; t++) {
		if (!t->active)
			continue;
		at_ps = oht_sim_talk_report_ps(w, t, t->next);
		if (at_ps < next.at_ps)
			next = (struct oht_sim_next) { .at_ps = at_ps, .talk = t };
	}
	return next;
}

void oht_sim_advance(struct oht_sim_wire *w, u64 now_ps)
{
	struct oht_sim_next next;

	if (now_ps < w->next_ps)
		return;
	next = oht_sim_first(w);
	while (next.at_ps <= now_ps) {
		if (next.uart)
			oht_sim_hear(w, next.uart);
		else
			oht_sim_deliver(w, next.talk);
		next = oht_sim_first(w);
	}
	w->next_ps = next.at_ps;
}

/* Room in the FIFO, and what was sent has been heard. */
static u64 oht_sim_uart_wakes_ps(const struct oht_sim_wire *w, const struct oht_sim_uart *u)
{
	u64 at_ps = oht_sim_heard_ps(w, u);
	unsigned int number;

	if (u->wants_room && u->tx_in - u->tx_out > u->tx_fifo / 2) {
		number = u->tx_in - u->tx_fifo / 2 - 1;
		at_ps = min(at_ps, u->tx_start_ps[number % OHT_SIM_RING]);
	}
	return at_ps;
}

/* Coarse: whatever comes without a pause, up to a ring full. */
static unsigned int oht_sim_level(void)
{
	if (oht_sim_settings.coarse)
		return OHT_SIM_RING / 2;
	return clamp(oht_sim_settings.level, 1u, OHT_SIM_LEVEL_MAX);
}

/* How long a receiver waits for more than it has, as 16550 and PL011 do. */
static u64 oht_sim_rx_timeout_ps(const struct oht_sim_wire *w)
{
	return oht_sim_settings.coarse ? 0 : OHT_SIM_TIMEOUT_BITS * w->line.bit_ps;
}

bool oht_sim_rx_raises(const struct oht_sim_wire *w, const struct oht_sim_uart *u, u64 now_ps)
{
	unsigned int waiting = u->rx_in - u->rx_out;

	return waiting >= oht_sim_level() ||
	       (waiting && now_ps >= u->rx_last_ps + oht_sim_rx_timeout_ps(w));
}

/* When @t fills the receiver of the engine up to its level, or leaves it below that. */
static u64 oht_sim_talk_wakes_ps(const struct oht_sim_wire *w, const struct oht_sim_talk *t)
{
	unsigned int waiting = w->uart.rx_in - w->uart.rx_out, level = oht_sim_level();
	unsigned int lacks = waiting < level ? level - waiting : 1;
	unsigned int end = t->next < t->pause_at ? min(t->pause_at, t->bytes) : t->bytes;

	if (!t->active)
		return U64_MAX;
	if (t->next + lacks <= end)
		return oht_sim_talk_report_ps(w, t, t->next + lacks - 1);
	return oht_sim_talk_report_ps(w, t, end - 1) + oht_sim_rx_timeout_ps(w);
}

void oht_sim_kick(struct oht_sim_wire *w)
{
	u64 at_ps = min(oht_sim_uart_wakes_ps(w, &w->uart), oht_sim_uart_wakes_ps(w, &w->tty));
	struct oht_sim_talk *t;

	for (t = w->talk; t < w->talk + OHT_SIM_TALKS; t++)
		at_ps = min(at_ps, oht_sim_talk_wakes_ps(w, t));
	/* No character follows, but those received are not read. */
	if (at_ps == U64_MAX && w->uart.on && w->uart.rx_in != w->uart.rx_out)
		at_ps = w->uart.rx_last_ps + oht_sim_rx_timeout_ps(w);
	if (at_ps == U64_MAX)
		return;
	/* Not before: what it would look for has not happened then. */
	hrtimer_start(&w->timer, ns_to_ktime(div_u64(at_ps + 999, 1000)),
		      HRTIMER_MODE_ABS_PINNED_HARD);
}
