// SPDX-License-Identifier: GPL-2.0-only
/* The engine's end of the wire: a UART with FIFOs of 16, and a driver enable that is watched. */
#include <linux/device.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/oht.h>

#include "../compat.h"
#include "sim.h"

static struct oht_sim_wire *oht_sim_from(struct oht_port *port)
{
	return container_of(port, struct oht_sim_wire, port);
}

/*
 * What the wire itself costs is no part of what the bus costs: it is counted. But for the two calls
 * between the end of a frame and the driver's: there the counting would be seen.
 */
static unsigned long oht_sim_enter(struct oht_sim_wire *w) __acquires(&w->lock)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&w->lock, flags);
	w->entered_ns = ktime_get_ns();
	return flags;
}

static void oht_sim_leave(struct oht_sim_wire *w, unsigned long flags) __releases(&w->lock)
{
	w->own_ns += ktime_get_ns() - w->entered_ns;
	raw_spin_unlock_irqrestore(&w->lock, flags);
}

/* Half of the FIFO has left since it was full. */
static bool oht_sim_has_room(struct oht_sim_uart *u, u64 now_ps)
{
	if (!u->wants_room || oht_sim_tx_waiting(u, now_ps) > u->tx_fifo / 2)
		return false;
	u->wants_room = false;
	return true;
}

/* The interrupt of both UARTs. */
static enum hrtimer_restart oht_sim_timer(struct hrtimer *timer)
{
	struct oht_sim_wire *w = container_of(timer, struct oht_sim_wire, timer);
	bool for_uart, for_tty;
	u64 stamp_ns = ktime_get_ns();
	unsigned long flags;

	flags = oht_sim_enter(w);
	oht_sim_advance(w, stamp_ns * 1000);
	for_uart = oht_sim_has_room(&w->uart, stamp_ns * 1000) ||
		   oht_sim_rx_raises(w, &w->uart, stamp_ns * 1000);
	for_uart &= w->uart.on;
	for_tty = w->tty.on && (w->tty.rx_in != w->tty.rx_out || w->tty.tx_in == w->tty.tx_out);
	oht_sim_leave(w, flags);
	if (for_uart)
		w->port.event(w->port.event_context, stamp_ns);
	if (for_tty)
		oht_sim_tty_event();
	flags = oht_sim_enter(w);
	oht_sim_kick(w);
	oht_sim_leave(w, flags);
	return HRTIMER_NORESTART;
}

void oht_sim_settle(struct oht_sim_wire *w)
{
	unsigned long flags;

	hrtimer_cancel(&w->timer);
	flags = oht_sim_enter(w);
	oht_sim_kick(w);
	oht_sim_leave(w, flags);
}

static int oht_sim_start(struct oht_port *port)
{
	struct oht_sim_wire *w = oht_sim_from(port);
	unsigned long flags;

	flags = oht_sim_enter(w);
	oht_sim_advance(w, oht_sim_now_ps());
	w->uart.rx_out = w->uart.rx_in;
	w->uart.on = true;
	oht_sim_leave(w, flags);
	return 0;
}

static void oht_sim_stop(struct oht_port *port)
{
	struct oht_sim_wire *w = oht_sim_from(port);
	unsigned long flags;

	flags = oht_sim_enter(w);
	oht_sim_advance(w, oht_sim_now_ps());
	oht_sim_cut(&w->uart, w->line.char_ps, oht_sim_now_ps());
	w->uart.on = false;
	oht_sim_leave(w, flags);
	oht_sim_settle(w);
}

static void oht_sim_set_de(struct oht_port *port, bool on)
{
	struct oht_sim_wire *w = oht_sim_from(port);
	unsigned long flags;
	u64 now_ps;

	raw_spin_lock_irqsave(&w->lock, flags);
	now_ps = oht_sim_now_ps();
	oht_sim_advance(w, now_ps);
	oht_sim_judge_de(&w->uart, on, now_ps);
	raw_spin_unlock_irqrestore(&w->lock, flags);
}

static unsigned int oht_sim_port_send(struct oht_port *port, const u8 *data, unsigned int bytes)
{
	struct oht_sim_wire *w = oht_sim_from(port);
	unsigned long flags;
	unsigned int taken;

	flags = oht_sim_enter(w);
	taken = oht_sim_send(w, &w->uart, data, bytes);
	oht_sim_leave(w, flags);
	return taken;
}

static bool oht_sim_transmitting(struct oht_port *port)
{
	struct oht_sim_wire *w = oht_sim_from(port);
	unsigned long flags;
	bool busy;

	raw_spin_lock_irqsave(&w->lock, flags);
	busy = oht_sim_now_ps() < w->uart.tx_end_ps;
	raw_spin_unlock_irqrestore(&w->lock, flags);
	return busy;
}

static void oht_sim_port_cut(struct oht_port *port)
{
	struct oht_sim_wire *w = oht_sim_from(port);
	unsigned long flags;
	u64 now_ps;

	flags = oht_sim_enter(w);
	now_ps = oht_sim_now_ps();
	oht_sim_advance(w, now_ps);
	oht_sim_cut(&w->uart, w->line.char_ps, now_ps);
	oht_sim_leave(w, flags);
}

/* Nothing is left to do: what was cut is gone. */
static void oht_sim_cut_end(struct oht_port *port)
{
}

static bool oht_sim_port_receive(struct oht_port *port, struct oht_port_byte *byte)
{
	struct oht_sim_wire *w = oht_sim_from(port);
	unsigned long flags;
	bool some;

	flags = oht_sim_enter(w);
	oht_sim_advance(w, oht_sim_now_ps());
	some = w->uart.rx_out != w->uart.rx_in;
	if (some)
		*byte = w->uart.rx[w->uart.rx_out++ % OHT_SIM_RING];
	oht_sim_leave(w, flags);
	return some;
}

const struct oht_port_ops oht_sim_port_ops = {
	.start = oht_sim_start,
	.stop = oht_sim_stop,
	.set_de = oht_sim_set_de,
	.send = oht_sim_port_send,
	.transmitting = oht_sim_transmitting,
	.cut = oht_sim_port_cut,
	.cut_end = oht_sim_cut_end,
	.receive = oht_sim_port_receive,
};

/*
 * The observer's own arithmetic, from MODBUS over Serial Line 1.02, 2.5.1.1: 3.5 characters of 11
 * bits up to 19200 bit/s, 1.75 ms above. An override of the device tree is obeyed.
 */
static void oht_sim_line_init(struct oht_sim_line *line, const struct oht_line *set)
{
	u64 bits = 1 + 8 + (set->parity != OHT_PARITY_NONE) + set->stop_bits;
	u64 gap_bits = max_t(u64, bits, set->gap_char_bits);
	u64 second_ps = 1000000000000ULL;

	line->char_ps = div_u64(bits * second_ps, set->baud_bps);
	line->bit_ps = div_u64(second_ps, set->baud_bps);
	line->stop_rest_ps = div_u64((2 * set->stop_bits - 1) * second_ps, 2 * set->baud_bps);
	line->t15_ps = 750000000;
	line->t35_ps = 1750000000;
	if (set->baud_bps <= 19200) {
		line->t15_ps = div_u64(3 * gap_bits * second_ps, 2 * set->baud_bps);
		line->t35_ps = div_u64(7 * gap_bits * second_ps, 2 * set->baud_bps);
	}
	if (set->inter_frame_us)
		line->t35_ps = set->inter_frame_us * 1000000ULL;
	line->t15_ps = min(line->t15_ps, line->t35_ps);
}

int oht_sim_port_init(struct oht_sim_wire *w, struct device *dev)
{
	struct oht_line set;
	int err;

	err = oht_port_read_line(dev, &set);
	if (err)
		return err;
	w->port.ops = &oht_sim_port_ops;
	w->port.dev = dev;
	w->port.caps = OHT_CAP_EXACT_TIMING;
	/* A crystal that makes exactly what was asked for. */
	err = oht_port_set_timing(&w->port, &set, (u64)set.baud_bps * 1000);
	if (err)
		return err;
	oht_sim_line_init(&w->line, &set);
	raw_spin_lock_init(&w->lock);
	oht_hrtimer_setup(&w->timer, oht_sim_timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_HARD);
	w->uart.tx_fifo = OHT_SIM_FIFO_BYTES;
	w->uart.rx_fifo = OHT_SIM_FIFO_BYTES;
	/* There reading takes as long as receiving: a bigger UART's, or what is tested is that. */
	if (IS_ENABLED(CONFIG_KASAN))
		w->uart.rx_fifo *= 4;
	w->tty.tx_fifo = OHT_SIM_RING / 2;
	w->tty.rx_fifo = OHT_SIM_RING;
	w->tty.automatic = true;
	return 0;
}
