// SPDX-License-Identifier: GPL-2.0-only
/*
 * The 16550 port against registers in memory: one case for each peculiarity, with its source.
 *
 * PC16550D: its data sheet. DW: DesignWare DW_apb_uart databook, and the comments of 8250_dw.c.
 */
#include <linux/oht.h>
#include <kunit/device.h>
#include <kunit/test.h>
#include "chip_16550.h"

static const u8 *pattern(void)
{
	static u8 bytes[FAKE_WIRE_MAX];
	unsigned int i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = 0x40 + i;
	return bytes;
}

static int port_16550_init(struct kunit *test)
{
	chip_init();
	fake_uart_init(test, &chip_16550_registers);
	fake_uart.width_bytes = 1;
	return 0;
}

static void begin(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_uart_begin(&oht_port_16550), 0);
}

/* ---- on and off ---- */

/* PC16550D 8.3, 8.4: 24 MHz / (16 x 13) is 115385 baud; a quarter of the FIFO reports. */
static void test_start(struct kunit *test)
{
	chip_hear(0x55, UART_LSR_FE);
	begin(test);
	KUNIT_EXPECT_EQ(test, chip.divisor[0], 13);
	KUNIT_EXPECT_EQ(test, chip.divisor[1], 0);
	KUNIT_EXPECT_EQ(test, chip.lcr, UART_LCR_WLEN8);
	KUNIT_EXPECT_EQ(test, chip.ier, UART_IER_RDI | UART_IER_RLSI);
	KUNIT_EXPECT_EQ(test, chip.fcr & (UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_MASK),
			UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_4);
	KUNIT_EXPECT_EQ(test, chip.mcr, UART_MCR_OUT2);
	KUNIT_EXPECT_FALSE(test, chip_asserted());
	KUNIT_EXPECT_EQ(test, fake_uart.port->timing.baud_effective_millibps, 115384615);
	KUNIT_EXPECT_TRUE(test, fake_uart.port->caps == OHT_CAP_EXACT_TIMING);
}

static void test_line_settings(struct kunit *test)
{
	fake_uart.line.parity = OHT_PARITY_EVEN;
	fake_uart.line.baud_bps = 1200;
	begin(test);
	KUNIT_EXPECT_EQ(test, chip.lcr, UART_LCR_WLEN8 | UART_LCR_PARITY | UART_LCR_EPAR);
	KUNIT_EXPECT_EQ(test, chip.divisor[0] | chip.divisor[1] << 8, 1250);

	port_16550_init(test);
	fake_uart.line.parity = OHT_PARITY_ODD;
	begin(test);
	KUNIT_EXPECT_EQ(test, chip.lcr, UART_LCR_WLEN8 | UART_LCR_PARITY);

	port_16550_init(test);
	fake_uart.line.stop_bits = 2;
	begin(test);
	KUNIT_EXPECT_EQ(test, chip.lcr, UART_LCR_WLEN8 | UART_LCR_STOP);
}

/* A 32-bit access to registers that are closer together would touch two of them. */
static void test_width_beyond_shift(struct kunit *test)
{
	struct device *dev = kunit_device_register(test, "fake-narrow");

	chip_make_designware();
	fake_uart.shift = 1;
	KUNIT_EXPECT_EQ(test, oht_port_16550.probe(dev, &fake_uart.port), -EINVAL);
}

static void test_rate_out_of_reach(struct kunit *test)
{
	struct device *dev = kunit_device_register(test, "fake-fast");

	fake_uart.line.baud_bps = 230400;
	KUNIT_EXPECT_EQ(test, oht_port_16550.probe(dev, &fake_uart.port), -ERANGE);
}

static void test_no_clock(struct kunit *test)
{
	struct device *dev = kunit_device_register(test, "fake-still");

	fake_uart.clock_hz = 0;
	KUNIT_EXPECT_EQ(test, oht_port_16550.probe(dev, &fake_uart.port), -EINVAL);
}

static void test_stop(struct kunit *test)
{
	begin(test);
	fake_uart.port->ops->stop(fake_uart.port);
	KUNIT_EXPECT_EQ(test, chip.ier, 0);
	KUNIT_EXPECT_EQ(test, chip.mcr, 0);
	KUNIT_EXPECT_TRUE(test, !fake_uart.handler);
}

static void test_irq_refused(struct kunit *test)
{
	fake_uart.irq_error = -EBUSY;
	KUNIT_EXPECT_EQ(test, fake_uart_begin(&oht_port_16550), -EBUSY);
	KUNIT_EXPECT_EQ(test, chip.ier, 0);
	KUNIT_EXPECT_EQ(test, chip.mcr, 0);
}

/* PC16550D 8.6.1: both FIFO bits of IIR; the 16550 without A has one, the 16450 none. */
static void test_no_fifo(struct kunit *test)
{
	chip.fifo_bits = 0x80;
	KUNIT_EXPECT_EQ(test, fake_uart_begin(&oht_port_16550), -ENODEV);
	port_16550_init(test);
	chip.fifo_bits = 0;
	KUNIT_EXPECT_EQ(test, fake_uart_begin(&oht_port_16550), -ENODEV);
	KUNIT_EXPECT_TRUE(test, !fake_uart.handler);
}

/* A boot loader's character that never leaves must not hold us up for ever. */
static void test_leftover(struct kunit *test)
{
	chip.shifting = true;
	chip.tx[chip.tx_tail++] = 0x11;
	begin(test);
	chip_shift();
	KUNIT_EXPECT_EQ(test, chip.wire_bytes, 0);
}

/* DW, CPR: the FIFO's depth in units of 16, if the version register looks like one. */
static void test_depth_by_parameters(struct kunit *test)
{
	chip_make_designware();
	chip.cpr = 0x00043ff2;
	chip.depth = 64;
	begin(test);
	fake_uart_send(pattern(), 100);
	KUNIT_EXPECT_EQ(test, fake_uart.out_bytes, 36);
}

static void test_depth_of_somebody_else(struct kunit *test)
{
	chip_make_designware();
	chip.designware = false;
	chip.alias = 0x0b0b0b0b;
	begin(test);
	fake_uart_send(pattern(), 100);
	KUNIT_EXPECT_EQ(test, fake_uart.out_bytes, 84);
}

/* ---- the DesignWare's line control ---- */

/* DW, LCR: "writeable only when the UART is not busy". Divisor bytes must not be sent instead. */
static void test_lcr_ignored_while_busy(struct kunit *test)
{
	chip_make_designware();
	chip.busy_tries = 3;
	begin(test);
	KUNIT_EXPECT_EQ(test, chip.divisor[0], 13);
	KUNIT_EXPECT_EQ(test, chip.lcr, UART_LCR_WLEN8);
	KUNIT_EXPECT_EQ(test, chip.tx_tail, 0);
	KUNIT_EXPECT_FALSE(test, chip_asserted());
}

/* DW, USR: unread characters make it busy as well; 8250_dw.c: dw8250_force_idle(). */
static void test_lcr_ignored_while_unread(struct kunit *test)
{
	chip_make_designware();
	chip_hear(1, 0);
	chip_hear(2, 0);
	begin(test);
	KUNIT_EXPECT_EQ(test, chip.divisor[0], 13);
	KUNIT_EXPECT_EQ(test, chip.tx_tail, 0);
}

/* A bus that is never silent: the loop-back keeps it away during set-up. */
static void test_lcr_in_babble(struct kunit *test)
{
	chip_make_designware();
	chip.babble = true;
	begin(test);
	KUNIT_EXPECT_EQ(test, chip.divisor[0], 13);
	KUNIT_EXPECT_EQ(test, chip.mcr, UART_MCR_OUT2);
}

static void test_lcr_never_taken(struct kunit *test)
{
	chip_make_designware();
	chip.deaf = true;
	KUNIT_EXPECT_EQ(test, fake_uart_begin(&oht_port_16550), -EBUSY);
	KUNIT_EXPECT_EQ(test, chip.tx_tail, 0);
	KUNIT_EXPECT_TRUE(test, !fake_uart.handler);
	KUNIT_EXPECT_EQ(test, chip.ier, 0);
}

/* The same without a status register: nothing beyond the registers is touched. */
static void test_lcr_never_taken_by_plain(struct kunit *test)
{
	chip.deaf = true;
	fake_uart.size_bytes = 8;
	KUNIT_EXPECT_EQ(test, fake_uart_begin(&oht_port_16550), -EBUSY);
}

/* ---- interrupts ---- */

/* DW, IIR 0x7: bit 0 says "none pending", and only reading USR ends it. */
static void test_busy_detect(struct kunit *test)
{
	chip_make_designware();
	begin(test);
	chip.busy_pending = true;
	chip.usr_reads = 0;
	KUNIT_EXPECT_EQ(test, fake_uart_serve(), 1);
	KUNIT_EXPECT_EQ(test, chip.usr_reads, 1);
	KUNIT_EXPECT_EQ(test, fake_uart.events, 0);
}

static void test_not_ours(struct kunit *test)
{
	begin(test);
	KUNIT_EXPECT_EQ(test, fake_uart_interrupt(), IRQ_NONE);
	KUNIT_EXPECT_EQ(test, fake_uart.events, 0);
}

/* PC16550D 8.6.1: an interrupt at the trigger level; the rest after four silent characters. */
static void test_level_and_silence(struct kunit *test)
{
	unsigned int i;

	begin(test);
	for (i = 0; i < 6; i++) {
		chip_hear(i, 0);
		KUNIT_EXPECT_EQ(test, fake_uart_serve(), i == 3);
	}
	chip_fall_silent();
	KUNIT_EXPECT_EQ(test, fake_uart_serve(), 1);
	KUNIT_EXPECT_FALSE(test, chip_asserted());
	KUNIT_EXPECT_EQ(test, fake_uart.heard_bytes, 6);
	KUNIT_EXPECT_EQ(test, fake_uart.heard[5].data, 5);
	KUNIT_EXPECT_EQ(test, fake_uart.heard[5].flags, 0);
	KUNIT_EXPECT_EQ(test, chip.empty_reads, 0);
}

/*
 * A read before the time-out interrupt gets the characters; the interrupt does not come any more.
 */
static void test_looked_at_early(struct kunit *test)
{
	struct oht_port_byte byte;

	begin(test);
	chip_hear(0x42, 0);
	KUNIT_EXPECT_TRUE(test, fake_uart.port->ops->receive(fake_uart.port, &byte));
	KUNIT_EXPECT_EQ(test, byte.data, 0x42);
	KUNIT_EXPECT_FALSE(test, fake_uart.port->ops->receive(fake_uart.port, &byte));
	chip_fall_silent();
	KUNIT_EXPECT_FALSE(test, chip_asserted());
	KUNIT_EXPECT_EQ(test, chip.empty_reads, 0);
}

/* 8250_dw.c, dw8250_handle_irq(): a time-out without data comes for ever until RBR is read. */
static void test_timeout_without_data(struct kunit *test)
{
	chip_make_designware();
	begin(test);
	chip.stuck_timeout = true;
	KUNIT_EXPECT_EQ(test, fake_uart_serve(), 1);
	KUNIT_EXPECT_EQ(test, fake_uart.heard_bytes, 0);
	chip_hear(0x21, 0);
	chip_fall_silent();
	fake_uart_serve();
	KUNIT_EXPECT_EQ(test, fake_uart.heard_bytes, 1);
	KUNIT_EXPECT_EQ(test, fake_uart.heard[0].data, 0x21);
}

static bool late_character;

/* A character arrives just when the port has seen that there is none. */
static u32 chip_read_late(unsigned int offset)
{
	u32 value = chip_read(offset);

	if (offset >> fake_uart.shift == UART_LSR && !(value & UART_LSR_DR) && late_character) {
		late_character = false;
		chip.stuck_timeout = false;
		chip_hear(0x77, 0);
	}
	return value;
}

static void test_timeout_spares_a_character(struct kunit *test)
{
	const struct fake_chip late = {
		.read = chip_read_late,
		.write = chip_write,
		.asserted = chip_asserted,
	};

	chip_make_designware();
	begin(test);
	fake_uart.chip = &late;
	chip.stuck_timeout = true;
	late_character = true;
	fake_uart_serve();
	chip_fall_silent();
	fake_uart_serve();
	KUNIT_EXPECT_EQ(test, fake_uart.heard_bytes, 1);
	KUNIT_EXPECT_EQ(test, fake_uart.heard[0].data, 0x77);
}

/* The timer may have read what the report was about: then there is nothing to be read any more. */
static u32 chip_read_drained(unsigned int offset)
{
	if (offset >> fake_uart.shift == UART_LSR)
		chip.stuck_timeout = false;
	return chip_read(offset);
}

static void test_timeout_of_a_read_character(struct kunit *test)
{
	const struct fake_chip drained = {
		.read = chip_read_drained,
		.write = chip_write,
		.asserted = chip_asserted,
	};

	chip_make_designware();
	begin(test);
	fake_uart.chip = &drained;
	chip.stuck_timeout = true;
	KUNIT_EXPECT_EQ(test, fake_uart_serve(), 1);
	KUNIT_EXPECT_EQ(test, chip.empty_reads, 0);
}

/* ---- errors ---- */

static void expect_flags(struct kunit *test, u8 errors, u8 flags)
{
	fake_uart.heard_bytes = 0;
	chip_hear(0x5a, errors);
	chip_fall_silent();
	fake_uart_serve();
	KUNIT_EXPECT_EQ(test, fake_uart.heard_bytes, 1);
	KUNIT_EXPECT_EQ(test, fake_uart.heard[0].flags, flags);
}

static void test_errors(struct kunit *test)
{
	begin(test);
	expect_flags(test, UART_LSR_PE, OHT_BYTE_PARITY);
	expect_flags(test, UART_LSR_FE, OHT_BYTE_FRAMING);
	expect_flags(test, UART_LSR_FE | UART_LSR_PE, OHT_BYTE_FRAMING);
	expect_flags(test, UART_LSR_BI | UART_LSR_FE, OHT_BYTE_BREAK);
	expect_flags(test, 0, 0);
}

static void test_overrun(struct kunit *test)
{
	unsigned int i;

	begin(test);
	for (i = 0; i < CHIP_FIFO_BYTES + 3; i++)
		chip_hear(i, 0);
	fake_uart_serve();
	KUNIT_EXPECT_EQ(test, fake_uart.heard_bytes, CHIP_FIFO_BYTES);
	KUNIT_EXPECT_EQ(test, fake_uart.heard[0].flags, OHT_BYTE_OVERRUN);
	KUNIT_EXPECT_EQ(test, fake_uart.heard[1].flags, 0);
}

/*
 * PC16550D 8.6.2: reading LSR clears the errors; 8250.h, serial_lsr_in(). A question about the
 * transmitter meanwhile must not take them from the character, nor give them to the next one.
 */
static void test_errors_survive_a_question(struct kunit *test)
{
	begin(test);
	chip_hear(0x5a, UART_LSR_PE);
	chip_hear(0x5b, 0);
	fake_uart.port->ops->transmitting(fake_uart.port);
	chip_fall_silent();
	fake_uart_serve();
	KUNIT_EXPECT_EQ(test, fake_uart.heard_bytes, 2);
	KUNIT_EXPECT_EQ(test, fake_uart.heard[0].flags, OHT_BYTE_PARITY);
	KUNIT_EXPECT_EQ(test, fake_uart.heard[1].flags, 0);
}

/* ---- the way out ---- */

/* PC16550D 8.6.3: the FIFO's depth at once, the rest each time that it has run empty. */
static void test_refill(struct kunit *test)
{
	unsigned int i;

	begin(test);
	fake_uart_send(pattern(), 40);
	KUNIT_EXPECT_EQ(test, fake_uart.out_bytes, 24);
	for (i = 0; i < 41; i++) {
		chip_shift();
		fake_uart_serve();
	}
	KUNIT_EXPECT_EQ(test, chip.wire_bytes, 40);
	KUNIT_EXPECT_EQ(test, memcmp(chip.wire, pattern(), 40), 0);
	KUNIT_EXPECT_EQ(test, fake_uart.events, 2);
	KUNIT_EXPECT_EQ(test, chip.ier, UART_IER_RDI | UART_IER_RLSI);
}

/* How many are left in the FIFO cannot be known: not empty is full. */
static void test_not_empty_is_full(struct kunit *test)
{
	begin(test);
	fake_uart_send(pattern(), 10);
	KUNIT_EXPECT_EQ(test, fake_uart.port->ops->send(fake_uart.port, pattern(), 4), 0);
	KUNIT_EXPECT_EQ(test, chip.ier & UART_IER_THRI, UART_IER_THRI);
}

/* 8250_port.c, __stop_tx(): an empty FIFO is not an idle line; and the bit may come late. */
static void test_transmitting(struct kunit *test)
{
	begin(test);
	KUNIT_EXPECT_FALSE(test, fake_uart.port->ops->transmitting(fake_uart.port));
	fake_uart_send(pattern(), 1);
	KUNIT_EXPECT_TRUE(test, fake_uart.port->ops->transmitting(fake_uart.port));
	chip_shift();
	KUNIT_EXPECT_TRUE(test, fake_uart.port->ops->transmitting(fake_uart.port));
	chip.temt_late = true;
	chip_shift();
	KUNIT_EXPECT_TRUE(test, fake_uart.port->ops->transmitting(fake_uart.port));
	chip.temt_late = false;
	KUNIT_EXPECT_FALSE(test, fake_uart.port->ops->transmitting(fake_uart.port));
}

/* PC16550D 8.4, FCR bit 2: clears the FIFO, not the shift register; the receiver keeps its own. */
static void test_cut(struct kunit *test)
{
	begin(test);
	fake_uart_send(pattern(), 40);
	chip_shift();
	chip_hear(0x33, 0);
	fake_uart.out_bytes = 0;
	fake_uart.port->ops->cut(fake_uart.port);
	chip_shift();
	fake_uart.port->ops->cut_end(fake_uart.port);
	chip_fall_silent();
	fake_uart_serve();
	KUNIT_EXPECT_EQ(test, chip.wire_bytes, 1);
	KUNIT_EXPECT_EQ(test, chip.ier, UART_IER_RDI | UART_IER_RLSI);
	KUNIT_EXPECT_EQ(test, fake_uart.heard_bytes, 1);
	KUNIT_EXPECT_EQ(test, fake_uart.heard[0].data, 0x33);

	fake_uart_send(pattern(), 3);
	KUNIT_EXPECT_EQ(test, fake_uart.out_bytes, 0);
}

static void test_driver_enable(struct kunit *test)
{
	begin(test);
	fake_uart.port->ops->set_de(fake_uart.port, true);
	KUNIT_EXPECT_TRUE(test, fake_uart.de);
	KUNIT_EXPECT_EQ(test, chip.mcr & UART_MCR_RTS, 0);

	port_16550_init(test);
	fake_uart.rts = true;
	begin(test);
	KUNIT_EXPECT_EQ(test, chip.mcr & UART_MCR_RTS, 0);
	fake_uart.port->ops->set_de(fake_uart.port, true);
	KUNIT_EXPECT_EQ(test, chip.mcr, UART_MCR_RTS | UART_MCR_OUT2);
	fake_uart.port->ops->set_de(fake_uart.port, false);
	KUNIT_EXPECT_EQ(test, chip.mcr, UART_MCR_OUT2);
	KUNIT_EXPECT_FALSE(test, fake_uart.de);
}

static struct kunit_case port_16550_cases[] = {
	KUNIT_CASE(test_start),
	KUNIT_CASE(test_line_settings),
	KUNIT_CASE(test_width_beyond_shift),
	KUNIT_CASE(test_rate_out_of_reach),
	KUNIT_CASE(test_no_clock),
	KUNIT_CASE(test_stop),
	KUNIT_CASE(test_irq_refused),
	KUNIT_CASE(test_no_fifo),
	KUNIT_CASE(test_leftover),
	KUNIT_CASE(test_depth_by_parameters),
	KUNIT_CASE(test_depth_of_somebody_else),
	KUNIT_CASE(test_lcr_ignored_while_busy),
	KUNIT_CASE(test_lcr_ignored_while_unread),
	KUNIT_CASE(test_lcr_in_babble),
	KUNIT_CASE(test_lcr_never_taken),
	KUNIT_CASE(test_lcr_never_taken_by_plain),
	KUNIT_CASE(test_busy_detect),
	KUNIT_CASE(test_not_ours),
	KUNIT_CASE(test_level_and_silence),
	KUNIT_CASE(test_looked_at_early),
	KUNIT_CASE(test_timeout_without_data),
	KUNIT_CASE(test_timeout_spares_a_character),
	KUNIT_CASE(test_timeout_of_a_read_character),
	KUNIT_CASE(test_errors),
	KUNIT_CASE(test_overrun),
	KUNIT_CASE(test_errors_survive_a_question),
	KUNIT_CASE(test_refill),
	KUNIT_CASE(test_not_empty_is_full),
	KUNIT_CASE(test_transmitting),
	KUNIT_CASE(test_cut),
	KUNIT_CASE(test_driver_enable),
	{}
};

static struct kunit_suite port_16550_suite = {
	.name = "oht-port-16550",
	.init = port_16550_init,
	.test_cases = port_16550_cases,
};

kunit_test_suites(&port_16550_suite);
