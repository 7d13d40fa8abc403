/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     a UART in memory for the tests of the ports: a chip behind oht_mmio_read() and
 *           oht_mmio_write(), an interrupt line, and an engine that only listens and feeds.
 * Contexts: a test, one thread.
 * Locks:    none: nothing runs beside.
 */
#ifndef OHT_PORT_FAKE_H
#define OHT_PORT_FAKE_H

#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "../port.h"
#include "../port_mmio.h"

#define FAKE_WIRE_MAX	128

/* What the registers of a kind of UART do; offsets in bytes. */
struct fake_chip {
	u32 (*read)(unsigned int offset);
	void (*write)(unsigned int offset, u32 value);
	bool (*asserted)(void);		/* its interrupt output */
};

struct fake_uart {
	struct kunit *test;
	const struct fake_chip *chip;
	struct oht_port *port;

	/* What the probe finds. */
	struct oht_line line;
	u32 clock_hz;
	u32 size_bytes;			/* of the registers; whatever is beyond fails the test */
	u32 width_bytes;
	u32 shift;
	bool rts;			/* oht,de-rts */
	int irq_error;			/* of claiming the interrupt */

	irq_handler_t handler;
	void *handler_context;
	bool de;

	/* What the engine would have read, and what it wants to send. */
	struct oht_port_byte heard[FAKE_WIRE_MAX];
	unsigned int heard_bytes;
	const u8 *out;
	unsigned int out_bytes;
	unsigned int events;
};

extern struct fake_uart fake_uart;

void fake_uart_init(struct kunit *test, const struct fake_chip *chip);

/* Probe and start; the first must work, the second returns what it did. */
int fake_uart_begin(const struct oht_port_backend *backend);

/* Let the interrupt line be served as long as it is asserted; fails the test after 20 times. */
unsigned int fake_uart_serve(void);

/* Call the handler once, as for a shared line. */
irqreturn_t fake_uart_interrupt(void);

/* Hand @bytes over as the engine does: what is not taken goes with later events. */
void fake_uart_send(const u8 *data, unsigned int bytes);

#endif /* OHT_PORT_FAKE_H */
