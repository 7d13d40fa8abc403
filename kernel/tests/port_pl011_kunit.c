// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PL011 port against registers in memory: one case for each peculiarity, with its source.
 *
 * TRM: PrimeCell UART (PL011) Technical Reference Manual.
 */
#include <linux/amba/serial.h>
#include <kunit/test.h>
#include "port_fake.h"

#define FIFO_BYTES	32
#define RX_LEVEL	(FIFO_BYTES / 8)
#define TX_LEVEL	(FIFO_BYTES / 2)
#define RX_IRQS		(UART011_RXIS | UART011_RTIS)
#define CR_ON		(UART01x_CR_UARTEN | UART011_CR_TXE | UART011_CR_RXE)

static struct fake_pl011 {
	u16 cr, lcrh, imsc, ris, ifls;
	u32 ibrd, fbrd;
	u32 latched_ibrd, latched_fbrd;	/* in force */
	u16 rx[FAKE_WIRE_MAX];
	unsigned int rx_head, rx_tail;
	u16 late;			/* arrives with the first read, then silence */
	u8 tx[FAKE_WIRE_MAX];
	unsigned int tx_head, tx_tail;
	bool shifting;
	u8 wire[FAKE_WIRE_MAX];
	unsigned int wire_bytes;
	unsigned int ecr_writes;
	unsigned int reprogrammed_on;	/* line control written while it ran */
	u16 cleared;			/* bits ever written to ICR since the start */
} chip;

static unsigned int chip_rx_bytes(void)
{
	return chip.rx_tail - chip.rx_head;
}

static void chip_hear(u16 word)
{
	if (chip_rx_bytes() == FIFO_BYTES)
		return;
	chip.rx[chip.rx_tail++] = word;
	/* TRM 3.3.10: the report comes when the level is crossed, not while it is exceeded. */
	if (chip_rx_bytes() == RX_LEVEL)
		chip.ris |= UART011_RXIS;
}

/* 32 bit times without a character, with some in the FIFO. */
static void chip_silence(void)
{
	if (chip_rx_bytes())
		chip.ris |= UART011_RTIS;
}

static u32 chip_read_dr(void)
{
	u16 word = 0;

	if (chip.late) {
		chip_hear(chip.late);
		chip_silence();
		chip.late = 0;
	}
	if (chip_rx_bytes())
		word = chip.rx[chip.rx_head++];
	if (chip_rx_bytes() < RX_LEVEL)
		chip.ris &= ~UART011_RXIS;
	if (!chip_rx_bytes())
		chip.ris &= ~UART011_RTIS;
	return word;
}

static u32 chip_read_fr(void)
{
	u32 fr = 0;

	if (!chip_rx_bytes())
		fr |= UART01x_FR_RXFE;
	if (chip.tx_tail - chip.tx_head == FIFO_BYTES)
		fr |= UART01x_FR_TXFF;
	if (chip.shifting || chip.tx_tail != chip.tx_head)
		fr |= UART01x_FR_BUSY;
	return fr;
}

static u32 chip_read(unsigned int offset)
{
	switch (offset) {
	case UART01x_DR:
		return chip_read_dr();
	case UART01x_FR:
		return chip_read_fr();
	case UART011_MIS:
		return chip.ris & chip.imsc;
	default:
		return 0;
	}
}

static void chip_write_dr(u8 value)
{
	KUNIT_EXPECT_LT(fake_uart.test, chip.tx_tail - chip.tx_head, FIFO_BYTES);
	chip.tx[chip.tx_tail++] = value;
	if (chip.tx_tail - chip.tx_head > TX_LEVEL)
		chip.ris &= ~UART011_TXIS;
}

static void chip_write_lcrh(u16 value)
{
	/* TRM 3.3.7: not while it is enabled; 3.3.6: this write takes the divisor over. */
	if (chip.cr & UART01x_CR_UARTEN)
		chip.reprogrammed_on++;
	chip.latched_ibrd = chip.ibrd;
	chip.latched_fbrd = chip.fbrd;
	if (!(value & UART01x_LCRH_FEN))
		chip.tx_head = chip.tx_tail;
	chip.lcrh = value;
}

static void chip_write(unsigned int offset, u32 value)
{
	switch (offset) {
	case UART01x_DR:
		chip_write_dr(value);
		break;
	case UART01x_ECR:
		chip.ecr_writes++;
		break;
	case UART011_IBRD:
		chip.ibrd = value;
		break;
	case UART011_FBRD:
		chip.fbrd = value;
		break;
	case UART011_LCRH:
		chip_write_lcrh(value);
		break;
	case UART011_CR:
		chip.cr = value;
		break;
	case UART011_IFLS:
		chip.ifls = value;
		break;
	case UART011_IMSC:
		chip.imsc = value;
		break;
	case UART011_ICR:
		chip.ris &= ~value;
		chip.cleared |= value;
		break;
	}
}

static bool chip_asserted(void)
{
	return chip.ris & chip.imsc;
}

static const struct fake_chip chip_pl011 = {
	.read = chip_read,
	.write = chip_write,
	.asserted = chip_asserted,
};

/* One character time passes. */
static void chip_shift(void)
{
	chip.shifting = chip.tx_head != chip.tx_tail && (chip.cr & UART01x_CR_UARTEN);
	if (!chip.shifting)
		return;
	chip.wire[chip.wire_bytes++] = chip.tx[chip.tx_head++];
	if (chip.tx_tail - chip.tx_head == TX_LEVEL)
		chip.ris |= UART011_TXIS;
}

static const u8 *pattern(void)
{
	static u8 bytes[FAKE_WIRE_MAX];
	unsigned int i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = 0x40 + i;
	return bytes;
}

static int port_pl011_init(struct kunit *test)
{
	memset(&chip, 0, sizeof(chip));
	fake_uart_init(test, &chip_pl011);
	return 0;
}

static void begin(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_uart_begin(&oht_port_pl011), 0);
	chip.cleared = 0;
}

/* ---- on and off ---- */

/* TRM 3.3.6: 24 MHz / (16 x 115200) = 13 1/64; the divisor is in force after LCRH is written. */
static void test_start(struct kunit *test)
{
	begin(test);
	KUNIT_EXPECT_EQ(test, chip.latched_ibrd, 13);
	KUNIT_EXPECT_EQ(test, chip.latched_fbrd, 1);
	KUNIT_EXPECT_EQ(test, chip.lcrh, UART01x_LCRH_WLEN_8 | UART01x_LCRH_FEN);
	KUNIT_EXPECT_EQ(test, chip.cr, CR_ON);
	KUNIT_EXPECT_EQ(test, chip.imsc, RX_IRQS);
	KUNIT_EXPECT_EQ(test, chip.ifls, UART011_IFLS_RX1_8 | UART011_IFLS_TX4_8);
	KUNIT_EXPECT_EQ(test, chip.reprogrammed_on, 0);
}

static void test_line_settings(struct kunit *test)
{
	fake_uart.line.parity = OHT_PARITY_EVEN;
	fake_uart.line.stop_bits = 2;
	begin(test);
	KUNIT_EXPECT_EQ(test, chip.lcrh, UART01x_LCRH_WLEN_8 | UART01x_LCRH_FEN |
			UART01x_LCRH_PEN | UART01x_LCRH_EPS | UART01x_LCRH_STP2);

	port_pl011_init(test);
	fake_uart.line.parity = OHT_PARITY_ODD;
	begin(test);
	KUNIT_EXPECT_EQ(test, chip.lcrh,
			UART01x_LCRH_WLEN_8 | UART01x_LCRH_FEN | UART01x_LCRH_PEN);
}

/* TRM 3.3.2: what a boot loader left in the FIFO and in the error flags is not ours. */
static void test_leftover(struct kunit *test)
{
	chip_hear('x' | UART011_DR_FE);
	chip_hear('y');
	chip_silence();
	chip.tx[chip.tx_tail++] = 'z';
	begin(test);
	KUNIT_EXPECT_EQ(test, chip_rx_bytes(), 0);
	KUNIT_EXPECT_GT(test, chip.ecr_writes, 0);
	KUNIT_EXPECT_EQ(test, fake_uart_serve(), 0);
	chip_shift();
	KUNIT_EXPECT_EQ(test, chip.wire_bytes, 0);
}

static void test_stop(struct kunit *test)
{
	begin(test);
	fake_uart.port->ops->stop(fake_uart.port);
	KUNIT_EXPECT_EQ(test, chip.imsc, 0);
	KUNIT_EXPECT_EQ(test, chip.cr, 0);
	KUNIT_EXPECT_TRUE(test, !fake_uart.handler);
}

static void test_irq_refused(struct kunit *test)
{
	fake_uart.irq_error = -EBUSY;
	KUNIT_EXPECT_EQ(test, fake_uart_begin(&oht_port_pl011), -EBUSY);
	KUNIT_EXPECT_EQ(test, chip.cr, 0);
	KUNIT_EXPECT_EQ(test, chip.imsc, 0);
}

/* ---- the way in ---- */

static void test_not_ours(struct kunit *test)
{
	begin(test);
	KUNIT_EXPECT_EQ(test, fake_uart_interrupt(), IRQ_NONE);
	KUNIT_EXPECT_EQ(test, fake_uart.events, 0);
}

/* TRM 3.3.10: RXIS rises as the level is crossed; cleared by hand it would not rise again. */
static void test_level(struct kunit *test)
{
	unsigned int i;

	begin(test);
	for (i = 0; i < RX_LEVEL - 1; i++)
		chip_hear(i);
	KUNIT_EXPECT_EQ(test, fake_uart_serve(), 0);
	for (; i < 3 * RX_LEVEL; i++)
		chip_hear(i);
	KUNIT_EXPECT_EQ(test, fake_uart_serve(), 1);
	KUNIT_EXPECT_EQ(test, fake_uart.heard_bytes, 3 * RX_LEVEL);
	KUNIT_EXPECT_EQ(test, chip.cleared & UART011_RXIS, 0);
	for (i = 0; i < RX_LEVEL; i++)
		chip_hear(i);
	KUNIT_EXPECT_EQ(test, fake_uart_serve(), 1);
	KUNIT_EXPECT_EQ(test, fake_uart.heard_bytes, 4 * RX_LEVEL);
}

/* TRM 2.8.3: fewer characters than the level are reported after 32 silent bit times. */
static void test_silence(struct kunit *test)
{
	begin(test);
	chip_hear(0x21);
	chip_silence();
	KUNIT_EXPECT_EQ(test, fake_uart_serve(), 1);
	KUNIT_EXPECT_EQ(test, fake_uart.heard_bytes, 1);
	KUNIT_EXPECT_EQ(test, fake_uart.heard[0].data, 0x21);
}

/* A byte that comes while the FIFO is read has its own silence, which must not be cleared. */
static void test_silence_of_a_late_one(struct kunit *test)
{
	begin(test);
	chip_hear(0x21);
	chip_silence();
	chip.late = 0x22;
	fake_uart_serve();
	KUNIT_EXPECT_EQ(test, fake_uart.heard_bytes, 2);
	KUNIT_EXPECT_EQ(test, fake_uart.heard[1].data, 0x22);
}

/* TRM 3.3.1: the errors stand beside their character, and are gone with it. */
static void test_errors(struct kunit *test)
{
	static const struct {
		u16 bits;
		u8 flags;
	} cases[] = {
		{ UART011_DR_OE, OHT_BYTE_OVERRUN },
		{ UART011_DR_FE, OHT_BYTE_FRAMING },
		{ UART011_DR_PE, OHT_BYTE_PARITY },
		{ UART011_DR_FE | UART011_DR_PE, OHT_BYTE_FRAMING },
		{ UART011_DR_BE | UART011_DR_FE | UART011_DR_PE, OHT_BYTE_BREAK },
		{ UART011_DR_OE | UART011_DR_PE, OHT_BYTE_OVERRUN | OHT_BYTE_PARITY },
		{ 0, 0 },
	};
	unsigned int i;

	begin(test);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		chip_hear(0x5a | cases[i].bits);
	chip_silence();
	fake_uart_serve();
	KUNIT_EXPECT_EQ(test, fake_uart.heard_bytes, ARRAY_SIZE(cases));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		KUNIT_EXPECT_EQ(test, fake_uart.heard[i].data, 0x5a);
		KUNIT_EXPECT_EQ(test, fake_uart.heard[i].flags, cases[i].flags);
	}
}

/* ---- the way out ---- */

/* TRM 3.3.10: TXIS comes on the way down through the level, so only after a full FIFO. */
static void test_refill(struct kunit *test)
{
	unsigned int i;

	begin(test);
	fake_uart_send(pattern(), 80);
	KUNIT_EXPECT_EQ(test, fake_uart.out_bytes, 80 - FIFO_BYTES);
	KUNIT_EXPECT_EQ(test, chip.imsc, RX_IRQS | UART011_TXIM);
	for (i = 0; i < 81; i++) {
		chip_shift();
		fake_uart_serve();
	}
	KUNIT_EXPECT_EQ(test, chip.wire_bytes, 80);
	KUNIT_EXPECT_EQ(test, memcmp(chip.wire, pattern(), 80), 0);
	KUNIT_EXPECT_EQ(test, chip.imsc, RX_IRQS);
	KUNIT_EXPECT_EQ(test, chip.cleared & UART011_TXIS, 0);
}

static void test_short_request_asks_for_nothing(struct kunit *test)
{
	begin(test);
	fake_uart_send(pattern(), 8);
	KUNIT_EXPECT_EQ(test, fake_uart.out_bytes, 0);
	KUNIT_EXPECT_EQ(test, chip.imsc, RX_IRQS);
}

/* TRM 3.3.3: BUSY until the last stop bit has left the shift register. */
static void test_transmitting(struct kunit *test)
{
	begin(test);
	KUNIT_EXPECT_FALSE(test, fake_uart.port->ops->transmitting(fake_uart.port));
	fake_uart_send(pattern(), 1);
	chip_shift();
	KUNIT_EXPECT_TRUE(test, fake_uart.port->ops->transmitting(fake_uart.port));
	chip_shift();
	KUNIT_EXPECT_FALSE(test, fake_uart.port->ops->transmitting(fake_uart.port));
}

/* TRM 3.3.8: disabled, it ends the character under way; only FEN off and on empties the FIFO. */
static void test_cut(struct kunit *test)
{
	unsigned int i;

	begin(test);
	fake_uart_send(pattern(), 60);
	chip_shift();
	fake_uart.out_bytes = 0;
	fake_uart.port->ops->cut(fake_uart.port);
	chip_shift();
	fake_uart.port->ops->cut_end(fake_uart.port);
	for (i = 0; i < FIFO_BYTES; i++)
		chip_shift();
	KUNIT_EXPECT_EQ(test, chip.wire_bytes, 1);
	KUNIT_EXPECT_EQ(test, chip.imsc, RX_IRQS);
	KUNIT_EXPECT_EQ(test, chip.cr, CR_ON);
	KUNIT_EXPECT_EQ(test, chip.lcrh, UART01x_LCRH_WLEN_8 | UART01x_LCRH_FEN);
	KUNIT_EXPECT_EQ(test, chip.reprogrammed_on, 0);
	fake_uart_send(pattern(), 1);
	chip_shift();
	KUNIT_EXPECT_EQ(test, chip.wire_bytes, 2);
}

static void test_driver_enable(struct kunit *test)
{
	begin(test);
	fake_uart.port->ops->set_de(fake_uart.port, true);
	KUNIT_EXPECT_TRUE(test, fake_uart.de);
	fake_uart.port->ops->set_de(fake_uart.port, false);
	KUNIT_EXPECT_FALSE(test, fake_uart.de);
}

static struct kunit_case port_pl011_cases[] = {
	KUNIT_CASE(test_start),
	KUNIT_CASE(test_line_settings),
	KUNIT_CASE(test_leftover),
	KUNIT_CASE(test_stop),
	KUNIT_CASE(test_irq_refused),
	KUNIT_CASE(test_not_ours),
	KUNIT_CASE(test_level),
	KUNIT_CASE(test_silence),
	KUNIT_CASE(test_silence_of_a_late_one),
	KUNIT_CASE(test_errors),
	KUNIT_CASE(test_refill),
	KUNIT_CASE(test_short_request_asks_for_nothing),
	KUNIT_CASE(test_transmitting),
	KUNIT_CASE(test_cut),
	KUNIT_CASE(test_driver_enable),
	{}
};

static struct kunit_suite port_pl011_suite = {
	.name = "oht-port-pl011",
	.init = port_pl011_init,
	.test_cases = port_pl011_cases,
};

kunit_test_suites(&port_pl011_suite);
