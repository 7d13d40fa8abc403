// SPDX-License-Identifier: GPL-2.0-only
/*
 * ttyOHT0: the same wire for any other master. Its rate and format are those of the wire, whatever
 * is set; it drives the line exactly while it sends. It does not hear our UART, nor our UART it:
 * two masters at a time are no use to anybody.
 */
#include <linux/err.h>
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>
#include <linux/tty_port.h>

#include "../compat.h"
#include "sim.h"

#define OHT_SIM_TTY_CHUNK	64

static struct tty_driver *oht_sim_tty_driver;
static struct tty_port oht_sim_tty_port;
static struct irq_work oht_sim_tty_work;

static unsigned int oht_sim_tty_take(struct oht_sim_wire *w, u8 *data, u8 *flags, bool *sent)
{
	struct oht_sim_uart *u = &w->tty;
	struct oht_port_byte byte;
	unsigned long irq_flags;
	unsigned int i;

	raw_spin_lock_irqsave(&w->lock, irq_flags);
	for (i = 0; i < OHT_SIM_TTY_CHUNK && u->rx_out != u->rx_in; i++) {
		byte = u->rx[u->rx_out++ % OHT_SIM_RING];
		data[i] = byte.data;
		flags[i] = byte.flags & OHT_BYTE_FRAMING ? TTY_FRAME : TTY_NORMAL;
	}
	*sent = u->tx_in == u->tx_out;
	raw_spin_unlock_irqrestore(&w->lock, irq_flags);
	return i;
}

/* Where flip buffers may be filled and sleepers woken: on PREEMPT_RT that is a thread. */
static void oht_sim_tty_push(struct irq_work *work)
{
	struct oht_sim_wire *w = oht_sim_tty_driver->driver_state;
	u8 data[OHT_SIM_TTY_CHUNK], flags[OHT_SIM_TTY_CHUNK];
	unsigned int bytes, all = 0;
	bool sent;

	do {
		bytes = oht_sim_tty_take(w, data, flags, &sent);
		tty_insert_flip_string_flags(&oht_sim_tty_port, data, flags, bytes);
		all += bytes;
	} while (bytes);
	if (all)
		tty_flip_buffer_push(&oht_sim_tty_port);
	if (sent)
		tty_port_tty_wakeup(&oht_sim_tty_port);
}

void oht_sim_tty_event(void)
{
	irq_work_queue(&oht_sim_tty_work);
}

static struct oht_sim_wire *oht_sim_tty_wire(struct tty_struct *tty)
{
	return tty->driver->driver_state;
}

static void oht_sim_tty_switch(bool on)
{
	struct oht_sim_wire *w = oht_sim_tty_driver->driver_state;
	unsigned long flags;

	raw_spin_lock_irqsave(&w->lock, flags);
	oht_sim_advance(w, oht_sim_now_ps());
	w->tty.rx_out = w->tty.rx_in;
	w->tty.on = on;
	raw_spin_unlock_irqrestore(&w->lock, flags);
}

static int oht_sim_tty_activate(struct tty_port *port, struct tty_struct *tty)
{
	oht_sim_tty_switch(true);
	return 0;
}

static void oht_sim_tty_deactivate(struct tty_port *port)
{
	oht_sim_tty_switch(false);
}

static const struct tty_port_operations oht_sim_tty_port_ops = {
	.activate = oht_sim_tty_activate,
	.shutdown = oht_sim_tty_deactivate,
};

static int oht_sim_tty_open(struct tty_struct *tty, struct file *file)
{
	return tty_port_open(&oht_sim_tty_port, tty, file);
}

static void oht_sim_tty_close(struct tty_struct *tty, struct file *file)
{
	tty_port_close(&oht_sim_tty_port, tty, file);
}

static void oht_sim_tty_hangup(struct tty_struct *tty)
{
	tty_port_hangup(&oht_sim_tty_port);
}

static OHT_TTY_SSIZE oht_sim_tty_write(struct tty_struct *tty, const u8 *data, OHT_TTY_SIZE bytes)
{
	struct oht_sim_wire *w = oht_sim_tty_wire(tty);
	unsigned long flags;
	unsigned int taken;

	raw_spin_lock_irqsave(&w->lock, flags);
	taken = oht_sim_send(w, &w->tty, data, bytes);
	w->tty.wants_room = false;
	raw_spin_unlock_irqrestore(&w->lock, flags);
	return taken;
}

static unsigned int oht_sim_tty_waiting(struct tty_struct *tty)
{
	struct oht_sim_wire *w = oht_sim_tty_wire(tty);
	unsigned long flags;
	unsigned int waiting;

	raw_spin_lock_irqsave(&w->lock, flags);
	oht_sim_advance(w, oht_sim_now_ps());
	waiting = w->tty.tx_in - w->tty.tx_out;
	raw_spin_unlock_irqrestore(&w->lock, flags);
	return waiting;
}

static unsigned int oht_sim_tty_room(struct tty_struct *tty)
{
	return OHT_SIM_RING / 2 - oht_sim_tty_waiting(tty);
}

static const struct tty_operations oht_sim_tty_ops = {
	.open = oht_sim_tty_open,
	.close = oht_sim_tty_close,
	.hangup = oht_sim_tty_hangup,
	.write = oht_sim_tty_write,
	.write_room = oht_sim_tty_room,
	.chars_in_buffer = oht_sim_tty_waiting,
};

int oht_sim_tty_add(struct oht_sim_wire *w)
{
	struct tty_driver *driver;
	int err;

	driver = tty_alloc_driver(1, TTY_DRIVER_REAL_RAW);
	if (IS_ERR(driver))
		return PTR_ERR(driver);
	driver->driver_name = "oht_sim";
	driver->name = "ttyOHT";
	driver->type = TTY_DRIVER_TYPE_SERIAL;
	driver->subtype = SERIAL_TYPE_NORMAL;
	driver->init_termios = tty_std_termios;
	driver->driver_state = w;
	tty_set_operations(driver, &oht_sim_tty_ops);
	tty_port_init(&oht_sim_tty_port);
	oht_sim_tty_port.ops = &oht_sim_tty_port_ops;
	init_irq_work(&oht_sim_tty_work, oht_sim_tty_push);
	tty_port_link_device(&oht_sim_tty_port, driver, 0);
	oht_sim_tty_driver = driver;
	err = tty_register_driver(driver);
	if (!err)
		return 0;
	tty_driver_kref_put(driver);
	tty_port_destroy(&oht_sim_tty_port);
	return err;
}

void oht_sim_tty_remove(struct oht_sim_wire *w)
{
	tty_port_tty_hangup(&oht_sim_tty_port, false);
	tty_unregister_driver(oht_sim_tty_driver);
	oht_sim_tty_switch(false);
	oht_sim_settle(w);
	irq_work_sync(&oht_sim_tty_work);
	tty_driver_kref_put(oht_sim_tty_driver);
	tty_port_destroy(&oht_sim_tty_port);
}
