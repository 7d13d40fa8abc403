// SPDX-License-Identifier: GPL-2.0-only
/*
 * 16550A and what is compatible with it, DesignWare's APB UART included; no tty, no 8250 driver.
 *
 * The receiver reports at a quarter of its depth and after four characters of silence; in between
 * the engine's timer looks at the predicted end of the frame. The transmitter is filled each time
 * that it is empty.
 * Sources: PC16550D data sheet; DesignWare DW_apb_uart databook, and what the 8250_dw driver's
 * comments say about it. Its peculiarities are handled without asking whether it is one: on a
 * plain 16550 they cannot occur.
 */
#include <linux/bits.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/property.h>
#include <linux/serial_reg.h>
#include <linux/oht.h>
#include "port.h"
#include "port_mmio.h"

#define OHT_16550_IER_RX	(UART_IER_RDI | UART_IER_RLSI)
#define OHT_16550_FCR_ON	(UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_4)
/* The receiver reports after so much silence. */
#define OHT_16550_SILENCE_CHARS	4
#define OHT_16550_FIFO_BYTES	16
/* Both set: the FIFOs are there and on. */
#define OHT_16550_IIR_FIFO	0xc0
/* Which interrupt it is, and whether there is one. */
#define OHT_16550_IIR_MASK	(UART_IIR_ID | UART_IIR_NO_INT)
/* Times that a line control is written, 20 ms or nothing apart. */
#define OHT_16550_LCR_TRIES	4

/* A 16550's own, of 1 << reg-shift bytes each */
#define OHT_16550_REGISTERS	8U

/* DesignWare: status register, in steps of reg-shift; the other two always at these bytes. */
#define OHT_DW_USR		0x1f
#define OHT_DW_USR_BUSY		BIT(0)
#define OHT_DW_CPR		0xf4
#define OHT_DW_UCV		0xf8
#define OHT_DW_FIFO_MODE(cpr)	(((cpr) >> 16) & 0xff)

/**
 * struct oht_16550 - one 16550
 * @port: what the engine sees
 * @io: registers and interrupt, constant
 * @rts: driver enable is the RTS output, constant
 * @divisor: constant after probe
 * @lcr: line control value, constant after probe
 * @fifo_bytes: what the empty transmitter takes, constant after start
 * @ier: interrupt mask as written last; engine lock, or before start and after stop
 * @errors: LSR bits that were read before their character was: they are gone from the register;
 *	engine lock
 * @timeout: the receiver has reported silence, and was not read yet; set by the handler,
 *	cleared under the engine lock
 */
struct oht_16550 {
	struct oht_port port;
	struct oht_mmio io;
	bool rts;
	struct oht_divisor divisor;
	u8 lcr;
	unsigned int fifo_bytes;
	u8 ier;
	u8 errors;
	bool timeout;
};

static struct oht_16550 *oht_16550_from(struct oht_port *port)
{
	return container_of(port, struct oht_16550, port);
}

static u8 oht_16550_read(struct oht_16550 *u, unsigned int reg)
{
	return oht_mmio_read(&u->io, reg << u->io.shift);
}

static void oht_16550_write(struct oht_16550 *u, unsigned int reg, u8 value)
{
	oht_mmio_write(&u->io, reg << u->io.shift, value);
}

static void oht_16550_enable(struct oht_16550 *u, u8 ier)
{
	if (u->ier == ier)
		return;
	u->ier = ier;
	oht_16550_write(u, UART_IER, ier);
}

/* Reading it clears the errors of the next character: keep them until that is read. */
static u8 oht_16550_status(struct oht_16550 *u)
{
	u8 lsr = oht_16550_read(u, UART_LSR);

	u->errors |= lsr & UART_LSR_BRK_ERROR_BITS;
	return lsr;
}

/* Read a DesignWare's status register: ends its report of being busy. False: there is none. */
static bool oht_16550_rest(struct oht_16550 *u)
{
	unsigned int offset = OHT_DW_USR << u->io.shift;

	if (offset + u->io.width_bytes > u->io.size_bytes)
		return false;
	oht_mmio_read(&u->io, offset);
	return true;
}

/* ---- interrupt ---- */

static irqreturn_t oht_16550_interrupt(int irq, void *context)
{
	struct oht_16550 *u = context;
	u64 stamp_ns = ktime_get_ns();
	u8 cause = oht_16550_read(u, UART_IIR) & OHT_16550_IIR_MASK;

	/* Its lowest bit says "none", but it is one: only reading the status register ends it. */
	if (cause == UART_IIR_BUSY) {
		oht_16550_rest(u);
		return IRQ_HANDLED;
	}
	if (cause & UART_IIR_NO_INT)
		return IRQ_NONE;
	if (cause == UART_IIR_RX_TIMEOUT)
		WRITE_ONCE(u->timeout, true);
	u->port.event(u->port.event_context, stamp_ns);
	return IRQ_HANDLED;
}

/*
 * A DesignWare UART may report its receive time-out for ever although the FIFO is empty. One read
 * of the empty FIFO ends that. LSR is read once more before, so that no new character is lost.
 */
static void oht_16550_unstick(struct oht_16550 *u)
{
	WRITE_ONCE(u->timeout, false);
	if ((oht_16550_read(u, UART_IIR) & OHT_16550_IIR_MASK) != UART_IIR_RX_TIMEOUT)
		return;
	if (!(oht_16550_status(u) & UART_LSR_DR))
		oht_16550_read(u, UART_RX);
}

static u8 oht_16550_flags(u8 errors)
{
	u8 flags = 0;

	if (errors & UART_LSR_OE)
		flags |= OHT_BYTE_OVERRUN;
	if (errors & UART_LSR_BI)	/* comes with a framing error of its own */
		flags |= OHT_BYTE_BREAK;
	else if (errors & UART_LSR_FE)
		flags |= OHT_BYTE_FRAMING;
	else if (errors & UART_LSR_PE)
		flags |= OHT_BYTE_PARITY;
	return flags;
}

static bool oht_16550_receive(struct oht_port *port, struct oht_port_byte *byte)
{
	struct oht_16550 *u = oht_16550_from(port);

	if (!(oht_16550_status(u) & UART_LSR_DR)) {
		if (READ_ONCE(u->timeout))
			oht_16550_unstick(u);
		return false;
	}
	byte->data = oht_16550_read(u, UART_RX);
	byte->flags = oht_16550_flags(u->errors);
	u->errors = 0;
	WRITE_ONCE(u->timeout, false);
	return true;
}

/* ---- the way out ---- */

static unsigned int oht_16550_send(struct oht_port *port, const u8 *data, unsigned int bytes)
{
	struct oht_16550 *u = oht_16550_from(port);
	unsigned int i, room;

	/* How much is in the FIFO cannot be read: there is room when it is empty, and only then. */
	room = oht_16550_status(u) & UART_LSR_THRE ? u->fifo_bytes : 0;
	for (i = 0; i < bytes && i < room; i++)
		oht_16550_write(u, UART_TX, data[i]);
	oht_16550_enable(u, i < bytes ? OHT_16550_IER_RX | UART_IER_THRI : OHT_16550_IER_RX);
	return i;
}

static bool oht_16550_transmitting(struct oht_port *port)
{
	/* An empty FIFO (THRE) is not an idle line. */
	return !(oht_16550_status(oht_16550_from(port)) & UART_LSR_TEMT);
}

static void oht_16550_cut(struct oht_port *port)
{
	struct oht_16550 *u = oht_16550_from(port);

	oht_16550_enable(u, OHT_16550_IER_RX);
	oht_16550_write(u, UART_FCR, OHT_16550_FCR_ON | UART_FCR_CLEAR_XMIT);
}

static void oht_16550_cut_end(struct oht_port *port)
{
	/* The bit clears itself: the transmitter has been ready all the time. */
}

static void oht_16550_set_de(struct oht_port *port, bool on)
{
	struct oht_16550 *u = oht_16550_from(port);

	if (u->rts)
		oht_16550_write(u, UART_MCR, UART_MCR_OUT2 | (on ? UART_MCR_RTS : 0));
	else
		oht_port_set_de(port, on);
}

/* ---- on and off ---- */

/* FIFOs on, and empty. */
static void oht_16550_discard(struct oht_16550 *u)
{
	oht_16550_write(u, UART_FCR, OHT_16550_FCR_ON);
	oht_16550_write(u, UART_FCR,
			OHT_16550_FCR_ON | UART_FCR_CLEAR_RCVR | UART_FCR_CLEAR_XMIT);
	if (oht_16550_read(u, UART_LSR) & UART_LSR_DR)
		oht_16550_read(u, UART_RX);
	if ((oht_16550_read(u, UART_IIR) & OHT_16550_IIR_MASK) == UART_IIR_BUSY)
		oht_16550_rest(u);
	u->errors = 0;
	WRITE_ONCE(u->timeout, false);
}

/*
 * A DesignWare that is busy ignores the write. It must not be believed: with the latch not open,
 * a divisor would be sent as two characters.
 */
static int oht_16550_set_lcr(struct oht_16550 *u, u8 lcr)
{
	unsigned int i;

	for (i = 0; i < OHT_16550_LCR_TRIES; i++) {
		oht_16550_write(u, UART_LCR, lcr);
		/* Only waits if it was not taken, then for a character to end. */
		if (oht_16550_read(u, UART_LCR) == lcr)
			return 0;
		oht_16550_discard(u);
		if (oht_16550_rest(u))
			oht_mmio_wait(&u->io, OHT_DW_USR << u->io.shift, OHT_DW_USR_BUSY, 0);
	}
	return dev_err_probe(u->port.dev, -EBUSY,
			     "reg: line control %#x is not taken, reads %#x\n", lcr,
			     oht_16550_read(u, UART_LCR));
}

/* 16, unless a DesignWare says in its component parameters that there are more. */
static unsigned int oht_16550_depth(struct oht_16550 *u)
{
	u32 version, depth;

	if (u->io.width_bytes < sizeof(u32) || u->io.size_bytes < OHT_DW_UCV + sizeof(u32))
		return OHT_16550_FIFO_BYTES;
	/* Three digits and an asterisk in ASCII; other UARTs have something else at this offset. */
	version = oht_mmio_read(&u->io, OHT_DW_UCV);
	if ((version & 0xf0f0f0ff) != 0x3030302a)
		return OHT_16550_FIFO_BYTES;
	depth = OHT_DW_FIFO_MODE(oht_mmio_read(&u->io, OHT_DW_CPR)) * 16;
	return max_t(u32, depth, OHT_16550_FIFO_BYTES);
}

static int oht_16550_program(struct oht_16550 *u)
{
	u8 iir;
	int err;

	/* Looped back, so that what others say does not keep it busy. Lets go of RTS as well. */
	oht_16550_write(u, UART_MCR, UART_MCR_LOOP);
	oht_16550_discard(u);
	err = oht_16550_set_lcr(u, UART_LCR_DLAB | u->lcr);
	if (err)
		return err;
	oht_16550_write(u, UART_DLL, u->divisor.integer & 0xff);
	oht_16550_write(u, UART_DLM, u->divisor.integer >> 8);
	err = oht_16550_set_lcr(u, u->lcr);
	if (err)
		return err;
	/* That register cannot be read; what came of it stands here. */
	iir = oht_16550_read(u, UART_IIR);
	if ((iir & OHT_16550_IIR_FIFO) != OHT_16550_IIR_FIFO)
		return dev_err_probe(u->port.dev, -ENODEV,
				     "reg: no 16550A, its FIFOs do not work (IIR %#x)\n", iir);
	u->fifo_bytes = oht_16550_depth(u);
	oht_16550_write(u, UART_MCR, UART_MCR_OUT2);
	return 0;
}

static void oht_16550_off(struct oht_16550 *u)
{
	u->ier = 0;
	oht_16550_write(u, UART_IER, 0);
	oht_16550_write(u, UART_FCR, 0);
	oht_16550_write(u, UART_MCR, 0);
}

static int oht_16550_start(struct oht_port *port)
{
	struct oht_16550 *u = oht_16550_from(port);
	int err;

	u->ier = 0;
	oht_16550_write(u, UART_IER, 0);
	/* What a boot loader left: whether it has left or not, after this it is thrown away. */
	oht_mmio_wait(&u->io, UART_LSR << u->io.shift, UART_LSR_TEMT, UART_LSR_TEMT);
	err = oht_16550_program(u);
	if (!err) {
		oht_16550_discard(u);
		err = oht_mmio_request_irq(&u->io, oht_16550_interrupt, u);
	}
	if (err) {
		oht_16550_off(u);
		return err;
	}
	oht_16550_enable(u, OHT_16550_IER_RX);
	return 0;
}

static void oht_16550_stop(struct oht_port *port)
{
	struct oht_16550 *u = oht_16550_from(port);

	oht_16550_enable(u, 0);
	oht_mmio_free_irq(&u->io, u);
	oht_16550_off(u);
}

static const struct oht_port_ops oht_16550_ops = {
	.start = oht_16550_start,
	.stop = oht_16550_stop,
	.send = oht_16550_send,
	.transmitting = oht_16550_transmitting,
	.cut = oht_16550_cut,
	.cut_end = oht_16550_cut_end,
	.receive = oht_16550_receive,
	.set_de = oht_16550_set_de,
};

/* ---- probe ---- */

static u8 oht_16550_lcr(const struct oht_line *line)
{
	u8 lcr = UART_LCR_WLEN8;

	if (line->stop_bits == 2)
		lcr |= UART_LCR_STOP;
	if (line->parity != OHT_PARITY_NONE)
		lcr |= UART_LCR_PARITY;
	if (line->parity == OHT_PARITY_EVEN)
		lcr |= UART_LCR_EPAR;
	return lcr;
}

static int oht_16550_get_clock(struct device *dev, u32 *clock_hz)
{
	u32 fixed_hz = 0;
	int err;

	err = oht_mmio_clock(dev, "apb_pclk", NULL);
	if (!err)
		err = oht_mmio_clock(dev, "baudclk", clock_hz);
	if (!err && !*clock_hz)
		err = oht_mmio_clock(dev, NULL, clock_hz);
	if (err)
		return err;
	device_property_read_u32(dev, "clock-frequency", &fixed_hz);
	if (fixed_hz)
		*clock_hz = fixed_hz;
	if (!*clock_hz)
		return dev_err_probe(dev, -EINVAL,
				     "clocks: no rate, and no clock-frequency either\n");
	return 0;
}

static int oht_16550_set_rate(struct oht_16550 *u, u32 clock_hz)
{
	struct oht_line line;
	int err;

	err = oht_port_set_rate(&u->port, clock_hz, oht_timing_16550_divisor, &u->divisor, &line);
	if (err)
		return err;
	u->lcr = oht_16550_lcr(&line);
	u->port.rx_hold_ns = OHT_16550_SILENCE_CHARS * u->port.timing.char_ns + OHT_PORT_LATENCY_NS;
	return 0;
}

static int oht_16550_map(struct oht_16550 *u)
{
	int err;

	err = oht_mmio_map(&u->io, u->port.dev, BIT(1) | BIT(4));
	if (err)
		return err;
	if (u->io.width_bytes > 1U << u->io.shift)
		return dev_err_probe(u->port.dev, -EINVAL,
				     "reg-io-width: %u needs a reg-shift of 2\n",
				     u->io.width_bytes);
	if (u->io.size_bytes < OHT_16550_REGISTERS << u->io.shift)
		return dev_err_probe(u->port.dev, -EINVAL,
				     "reg: %#zx bytes, must be at least %#x\n", u->io.size_bytes,
				     OHT_16550_REGISTERS << u->io.shift);
	return 0;
}

static int oht_16550_probe(struct device *dev, struct oht_port **port)
{
	struct oht_16550 *u;
	u32 clock_hz;
	int err;

	u = devm_kzalloc(dev, sizeof(*u), GFP_KERNEL);
	if (!u)
		return -ENOMEM;
	u->port.ops = &oht_16550_ops;
	u->port.dev = dev;
	u->port.caps = OHT_CAP_EXACT_TIMING;
	err = oht_16550_get_clock(dev, &clock_hz);
	if (!err)
		err = oht_16550_set_rate(u, clock_hz);
	if (!err)
		err = oht_port_get_de(&u->port, &u->rts);
	if (!err)
		err = oht_16550_map(u);
	if (!err)
		*port = &u->port;
	return err;
}

const struct oht_port_backend oht_port_16550 = {
	.kind = "16550",
	.probe = oht_16550_probe,
};
