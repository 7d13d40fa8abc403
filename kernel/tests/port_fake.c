// SPDX-License-Identifier: GPL-2.0-only
/* The seams below and beside a port, for its register-level tests. */
#include <kunit/device.h>
#include "port_fake.h"

#define FAKE_SERVE_MAX	20

struct fake_uart fake_uart;

/* ---- port_mmio.c ---- */

u32 oht_mmio_read(const struct oht_mmio *io, unsigned int offset)
{
	KUNIT_EXPECT_LE(fake_uart.test, offset + io->width_bytes, fake_uart.size_bytes);
	return fake_uart.chip->read(offset);
}

void oht_mmio_write(const struct oht_mmio *io, unsigned int offset, u32 value)
{
	KUNIT_EXPECT_LE(fake_uart.test, offset + io->width_bytes, fake_uart.size_bytes);
	fake_uart.chip->write(offset, value);
}

bool oht_mmio_wait(const struct oht_mmio *io, unsigned int offset, u32 mask, u32 want)
{
	unsigned int i;

	for (i = 0; i < FAKE_SERVE_MAX; i++)
		if ((oht_mmio_read(io, offset) & mask) == want)
			return true;
	return false;
}

int oht_mmio_map(struct oht_mmio *io, struct device *dev, u32 widths_bytes)
{
	io->dev = dev;
	io->size_bytes = fake_uart.size_bytes;
	io->width_bytes = fake_uart.width_bytes;
	io->shift = fake_uart.shift;
	return 0;
}

int oht_mmio_clock(struct device *dev, const char *name, u32 *clock_hz)
{
	if (clock_hz)
		*clock_hz = fake_uart.clock_hz;
	return 0;
}

int oht_mmio_request_irq(const struct oht_mmio *io, irq_handler_t handler, void *context)
{
	if (fake_uart.irq_error)
		return fake_uart.irq_error;
	fake_uart.handler = handler;
	fake_uart.handler_context = context;
	return 0;
}

void oht_mmio_free_irq(const struct oht_mmio *io, void *context)
{
	KUNIT_EXPECT_TRUE(fake_uart.test, fake_uart.handler_context == context);
	fake_uart.handler = NULL;
}

/* ---- port.c ---- */

int oht_port_read_line(struct device *dev, struct oht_line *line)
{
	*line = fake_uart.line;
	return 0;
}

int oht_port_set_timing(struct oht_port *port, const struct oht_line *line, u64 effective_millibps)
{
	const char *what;

	return oht_timing_init(&port->timing, line, effective_millibps, &what);
}

int oht_port_get_de(struct oht_port *port, bool *rts)
{
	if (rts)
		*rts = fake_uart.rts;
	return 0;
}

void oht_port_set_de(struct oht_port *port, bool on)
{
	fake_uart.de = on;
}

/* ---- the engine ---- */

static void fake_uart_event(void *context, u64 stamp_ns)
{
	struct fake_uart *f = context;
	struct oht_port_byte byte;
	unsigned int taken;

	f->events++;
	while (f->heard_bytes < FAKE_WIRE_MAX && f->port->ops->receive(f->port, &byte))
		f->heard[f->heard_bytes++] = byte;
	if (!f->out_bytes)
		return;
	taken = f->port->ops->send(f->port, f->out, f->out_bytes);
	f->out += taken;
	f->out_bytes -= taken;
}

void fake_uart_send(const u8 *data, unsigned int bytes)
{
	struct oht_port *port = fake_uart.port;
	unsigned int taken = port->ops->send(port, data, bytes);

	fake_uart.out = data + taken;
	fake_uart.out_bytes = bytes - taken;
}

void fake_uart_init(struct kunit *test, const struct fake_chip *chip)
{
	memset(&fake_uart, 0, sizeof(fake_uart));
	fake_uart.test = test;
	fake_uart.chip = chip;
	fake_uart.line = (struct oht_line) {
		.baud_bps = 115200,
		.stop_bits = 1,
		.gap_char_bits = OHT_GAP_CHAR_BITS_DEFAULT,
	};
	fake_uart.clock_hz = 24000000;
	fake_uart.size_bytes = 0x100;
	fake_uart.width_bytes = 4;
}

int fake_uart_begin(const struct oht_port_backend *backend)
{
	/* A case may begin more than once, and two devices of one name would meet in sysfs. */
	static const char * const names[] = { "fake-uart-a", "fake-uart-b", "fake-uart-c" };
	static unsigned int turn;
	struct device *dev;

	turn = (turn + 1) % ARRAY_SIZE(names);
	dev = kunit_device_register(fake_uart.test, names[turn]);
	KUNIT_ASSERT_EQ(fake_uart.test, backend->probe(dev, &fake_uart.port), 0);
	fake_uart.port->event = fake_uart_event;
	fake_uart.port->event_context = &fake_uart;
	return fake_uart.port->ops->start(fake_uart.port);
}

irqreturn_t fake_uart_interrupt(void)
{
	KUNIT_ASSERT_TRUE(fake_uart.test, fake_uart.handler);
	return fake_uart.handler(0, fake_uart.handler_context);
}

unsigned int fake_uart_serve(void)
{
	unsigned int count = 0;

	while (fake_uart.chip->asserted() && count < FAKE_SERVE_MAX) {
		KUNIT_EXPECT_EQ(fake_uart.test, fake_uart_interrupt(), IRQ_HANDLED);
		count++;
	}
	KUNIT_EXPECT_LT(fake_uart.test, count, FAKE_SERVE_MAX);
	return count;
}
