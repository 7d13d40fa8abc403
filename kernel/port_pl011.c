// SPDX-License-Identifier: GPL-2.0-only
/*
 * ARM PrimeCell UART (PL011), registers owned by us: no tty, no amba bus driver.
 *
 * The FIFOs are on. The receiver reports at an eighth of its depth and after 32 silent bit times;
 * in between the engine's timer looks at the predicted end of the frame, so nothing waits for the
 * report. Source of the register rules: PrimeCell UART (PL011) Technical Reference Manual.
 */
#include <linux/amba/serial.h>
#include <linux/bits.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/oht.h>
#include "port.h"
#include "port_mmio.h"

#define OHT_PL011_CR_ON		(UART01x_CR_UARTEN | UART011_CR_TXE | UART011_CR_RXE)
#define OHT_PL011_IRQ_RX	(UART011_RXIM | UART011_RTIM)
#define OHT_PL011_IRQ_ALL	0x7ff
/* Deepest receive FIFO of the ARM revisions; read twice at most when it is thrown away. */
#define OHT_PL011_FIFO_BYTES	32
/* Up to the last register that is used. */
#define OHT_PL011_BYTES		(UART011_DMACR + 4)
/* The receiver reports after so much silence. */
#define OHT_PL011_SILENCE_BITS	32

/**
 * struct oht_pl011 - one PL011
 * @port: what the engine sees
 * @io: registers and interrupt, constant
 * @divisor: constant after probe
 * @lcrh: line control value, constant after probe
 * @imsc: interrupt mask as written last; engine lock, or before start and after stop
 */
struct oht_pl011 {
	struct oht_port port;
	struct oht_mmio io;
	struct oht_divisor divisor;
	u16 lcrh;
	u16 imsc;
};

static struct oht_pl011 *oht_pl011_from(struct oht_port *port)
{
	return container_of(port, struct oht_pl011, port);
}

static u16 oht_pl011_read(struct oht_pl011 *u, unsigned int reg)
{
	return oht_mmio_read(&u->io, reg);
}

static void oht_pl011_write(struct oht_pl011 *u, unsigned int reg, u16 value)
{
	oht_mmio_write(&u->io, reg, value);
}

static void oht_pl011_mask(struct oht_pl011 *u, u16 imsc)
{
	if (u->imsc == imsc)
		return;
	u->imsc = imsc;
	oht_pl011_write(u, UART011_IMSC, imsc);
}

static irqreturn_t oht_pl011_interrupt(int irq, void *context)
{
	struct oht_pl011 *u = context;
	u64 stamp_ns = ktime_get_ns();
	u16 status = oht_pl011_read(u, UART011_MIS);

	if (!status)
		return IRQ_NONE;
	/*
	 * RXIS and TXIS come when a FIFO crosses its level and must never be cleared by hand: with
	 * the FIFO already beyond the level they would not come again. Emptying and filling clears
	 * them. The silence report is cleared before the FIFO is read, so that a character which
	 * arrives meanwhile gets its own.
	 */
	oht_pl011_write(u, UART011_ICR, status & ~(UART011_RXIS | UART011_TXIS));
	u->port.event(u->port.event_context, stamp_ns);
	return IRQ_HANDLED;
}

static void oht_pl011_discard(struct oht_pl011 *u)
{
	unsigned int i;

	for (i = 0; i < 2 * OHT_PL011_FIFO_BYTES; i++) {
		if (oht_pl011_read(u, UART01x_FR) & UART01x_FR_RXFE)
			break;
		oht_pl011_read(u, UART01x_DR);
	}
	oht_pl011_write(u, UART01x_ECR, 0);
}

/* TRM 3.3.8: disable, let the character under way end, flush, reprogram, enable. */
static void oht_pl011_program(struct oht_pl011 *u)
{
	oht_pl011_write(u, UART011_CR, 0);
	oht_pl011_write(u, UART011_LCRH, 0);
	oht_pl011_write(u, UART011_DMACR, 0);
	oht_pl011_write(u, UART011_FBRD, u->divisor.fraction);
	oht_pl011_write(u, UART011_IBRD, u->divisor.integer);
	/* The divisor is taken over by the write of LCRH, so that comes last. */
	oht_pl011_write(u, UART011_LCRH, u->lcrh);
	oht_pl011_write(u, UART011_IFLS, UART011_IFLS_RX1_8 | UART011_IFLS_TX4_8);
	oht_pl011_write(u, UART011_CR, OHT_PL011_CR_ON);
}

static int oht_pl011_start(struct oht_port *port)
{
	struct oht_pl011 *u = oht_pl011_from(port);
	int err;

	u->imsc = 0;
	oht_pl011_write(u, UART011_IMSC, 0);
	/* What a boot loader left: whether it has left or not, after this it is thrown away. */
	oht_mmio_wait(&u->io, UART01x_FR, UART01x_FR_BUSY, 0);
	oht_pl011_program(u);
	oht_pl011_discard(u);
	oht_pl011_write(u, UART011_ICR, OHT_PL011_IRQ_ALL);
	err = oht_mmio_request_irq(&u->io, oht_pl011_interrupt, u);
	if (err) {
		oht_pl011_write(u, UART011_CR, 0);
		return err;
	}
	oht_pl011_mask(u, OHT_PL011_IRQ_RX);
	return 0;
}

static void oht_pl011_stop(struct oht_port *port)
{
	struct oht_pl011 *u = oht_pl011_from(port);

	oht_pl011_mask(u, 0);
	oht_mmio_free_irq(&u->io, u);
	oht_pl011_write(u, UART011_ICR, OHT_PL011_IRQ_ALL);
	oht_pl011_write(u, UART011_CR, 0);
	oht_pl011_write(u, UART011_LCRH, 0);
}

static unsigned int oht_pl011_send(struct oht_port *port, const u8 *data, unsigned int bytes)
{
	struct oht_pl011 *u = oht_pl011_from(port);
	unsigned int i;

	for (i = 0; i < bytes; i++) {
		if (oht_pl011_read(u, UART01x_FR) & UART01x_FR_TXFF)
			break;
		oht_pl011_write(u, UART01x_DR, data[i]);
	}
	/* A full FIFO will cross its level on the way down; only then is there a report. */
	oht_pl011_mask(u, i < bytes ? OHT_PL011_IRQ_RX | UART011_TXIM : OHT_PL011_IRQ_RX);
	return i;
}

static bool oht_pl011_transmitting(struct oht_port *port)
{
	return oht_pl011_read(oht_pl011_from(port), UART01x_FR) & UART01x_FR_BUSY;
}

static void oht_pl011_cut(struct oht_port *port)
{
	struct oht_pl011 *u = oht_pl011_from(port);

	oht_pl011_mask(u, OHT_PL011_IRQ_RX);
	oht_pl011_write(u, UART011_CR, 0);
}

static void oht_pl011_cut_end(struct oht_port *port)
{
	struct oht_pl011 *u = oht_pl011_from(port);

	/* FIFOs off and on again: the only way to empty the one of the transmitter. */
	oht_pl011_write(u, UART011_LCRH, u->lcrh & ~UART01x_LCRH_FEN);
	oht_pl011_write(u, UART011_LCRH, u->lcrh);
	oht_pl011_write(u, UART011_CR, OHT_PL011_CR_ON);
}

static bool oht_pl011_receive(struct oht_port *port, struct oht_port_byte *byte)
{
	struct oht_pl011 *u = oht_pl011_from(port);
	u16 value;

	if (oht_pl011_read(u, UART01x_FR) & UART01x_FR_RXFE)
		return false;
	/* The errors stand in the same word as the character and are gone after the read. */
	value = oht_pl011_read(u, UART01x_DR);
	byte->data = value & 0xff;
	byte->flags = 0;
	if (value & UART011_DR_OE)
		byte->flags |= OHT_BYTE_OVERRUN;
	if (value & UART011_DR_BE)	/* comes with framing and parity errors of its own */
		byte->flags |= OHT_BYTE_BREAK;
	else if (value & UART011_DR_FE)
		byte->flags |= OHT_BYTE_FRAMING;
	else if (value & UART011_DR_PE)
		byte->flags |= OHT_BYTE_PARITY;
	return true;
}

static const struct oht_port_ops oht_pl011_ops = {
	.start = oht_pl011_start,
	.stop = oht_pl011_stop,
	.send = oht_pl011_send,
	.transmitting = oht_pl011_transmitting,
	.cut = oht_pl011_cut,
	.cut_end = oht_pl011_cut_end,
	.receive = oht_pl011_receive,
	.set_de = oht_port_set_de,
};

static u16 oht_pl011_lcrh(const struct oht_line *line)
{
	u16 lcrh = UART01x_LCRH_WLEN_8 | UART01x_LCRH_FEN;

	if (line->stop_bits == 2)
		lcrh |= UART01x_LCRH_STP2;
	if (line->parity != OHT_PARITY_NONE)
		lcrh |= UART01x_LCRH_PEN;
	if (line->parity == OHT_PARITY_EVEN)
		lcrh |= UART01x_LCRH_EPS;
	return lcrh;
}

/* Only we enable the clocks: without "arm,primecell" the bus does not. */
static int oht_pl011_get_clock(struct device *dev, u32 *clock_hz)
{
	int err;

	err = oht_mmio_clock(dev, "apb_pclk", NULL);
	if (!err)
		err = oht_mmio_clock(dev, "uartclk", clock_hz);
	if (!err && !*clock_hz)
		return dev_err_probe(dev, -EINVAL, "clocks: uartclk is missing or 0 Hz\n");
	return err;
}

static int oht_pl011_set_rate(struct oht_pl011 *u, u32 clock_hz)
{
	struct oht_line line;
	int err;

	err = oht_port_set_rate(&u->port, clock_hz, oht_timing_pl011_divisor, &u->divisor, &line);
	if (err)
		return err;
	u->lcrh = oht_pl011_lcrh(&line);
	u->port.rx_hold_ns = OHT_PL011_SILENCE_BITS * u->port.timing.bit_ns + OHT_PORT_LATENCY_NS;
	return 0;
}

static int oht_pl011_map(struct oht_pl011 *u)
{
	int err = oht_mmio_map(&u->io, u->port.dev, BIT(2) | BIT(4));

	if (!err && u->io.size_bytes < OHT_PL011_BYTES)
		return dev_err_probe(u->port.dev, -EINVAL,
				     "reg: %#zx bytes, must be at least %#x\n", u->io.size_bytes,
				     OHT_PL011_BYTES);
	return err;
}

static int oht_pl011_probe(struct device *dev, struct oht_port **port)
{
	struct oht_pl011 *u;
	u32 clock_hz;
	int err;

	u = devm_kzalloc(dev, sizeof(*u), GFP_KERNEL);
	if (!u)
		return -ENOMEM;
	u->port.ops = &oht_pl011_ops;
	u->port.dev = dev;
	u->port.caps = OHT_CAP_EXACT_TIMING;
	err = oht_pl011_get_clock(dev, &clock_hz);
	if (!err)
		err = oht_pl011_set_rate(u, clock_hz);
	if (!err)
		err = oht_port_get_de(&u->port, NULL);
	if (!err)
		err = oht_pl011_map(u);
	if (!err)
		*port = &u->port;
	return err;
}

const struct oht_port_backend oht_port_pl011 = {
	.kind = "pl011",
	.probe = oht_pl011_probe,
};
