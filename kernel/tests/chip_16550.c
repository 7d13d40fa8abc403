// SPDX-License-Identifier: GPL-2.0-only
/* PC16550D: its data sheet. DW: DesignWare DW_apb_uart databook. */
#include "chip_16550.h"

struct chip_16550 chip;

static bool chip_busy(void)
{
	bool talk = chip.babble && !(chip.mcr & UART_MCR_LOOP);

	return chip.designware && (chip.busy_tries || talk || chip.rx_head != chip.rx_tail);
}

/* PC16550D 8.4, FCR bits 6 and 7, for 16 characters. */
static unsigned int chip_level(void)
{
	static const u8 levels[] = { 1, 4, 8, 14 };

	return levels[chip.fcr >> 6];
}

static u8 chip_cause(void)
{
	unsigned int waiting = chip.rx_tail - chip.rx_head;
	bool data = waiting;

	if (chip.busy_pending)
		return UART_IIR_BUSY;
	if ((chip.ier & UART_IER_RLSI) &&
	    (chip.overrun || (data && chip.rx[chip.rx_head].errors)))
		return UART_IIR_RLSI;
	if ((chip.ier & UART_IER_RDI) && waiting >= chip_level())
		return UART_IIR_RDI;
	if ((chip.ier & UART_IER_RDI) && ((data && chip.silent) || chip.stuck_timeout))
		return UART_IIR_RX_TIMEOUT;
	if ((chip.ier & UART_IER_THRI) && chip.thre_pending)
		return UART_IIR_THRI;
	return UART_IIR_NO_INT;
}

bool chip_asserted(void)
{
	return chip_cause() != UART_IIR_NO_INT;
}

static u8 chip_read_iir(void)
{
	u8 cause = chip_cause();

	if (cause == UART_IIR_THRI)
		chip.thre_pending = false;
	return cause | (chip.fcr & UART_FCR_ENABLE_FIFO ? chip.fifo_bits : 0);
}

static u8 chip_read_lsr(void)
{
	u8 lsr = 0;

	if (chip.rx_head != chip.rx_tail) {
		lsr |= UART_LSR_DR | chip.rx[chip.rx_head].errors;
		chip.rx[chip.rx_head].errors = 0;
	}
	if (chip.overrun)
		lsr |= UART_LSR_OE;
	chip.overrun = false;
	if (chip.tx_head == chip.tx_tail)
		lsr |= UART_LSR_THRE;
	if (chip.tx_head == chip.tx_tail && !chip.shifting && !chip.temt_late)
		lsr |= UART_LSR_TEMT;
	return lsr;
}

static u8 chip_read_rx(void)
{
	if (chip.rx_head == chip.rx_tail && !chip.stuck_timeout)
		chip.empty_reads++;
	chip.stuck_timeout = false;
	chip.silent = false;
	if (chip.rx_head == chip.rx_tail)
		return 0;
	return chip.rx[chip.rx_head++].data;
}

u32 chip_read(unsigned int offset)
{
	unsigned int reg = offset >> fake_uart.shift;

	if (chip.designware && offset == DW_CPR)
		return chip.cpr;
	if (chip.designware && offset == DW_UCV)
		return chip.ucv;
	switch (reg) {
	case UART_RX:
		return chip.lcr & UART_LCR_DLAB ? chip.divisor[0] : chip_read_rx();
	case UART_IIR:
		return chip_read_iir();
	case UART_LCR:
		return chip.lcr;
	case UART_LSR:
		return chip_read_lsr();
	case DW_USR:
		chip.usr_reads++;
		chip.busy_pending = false;
		if (chip.busy_tries)
			chip.busy_tries--;
		return chip_busy();
	default:
		return chip.alias;
	}
}

static void chip_write_tx(u8 value)
{
	KUNIT_EXPECT_LT(fake_uart.test, chip.tx_tail - chip.tx_head, chip.depth);
	chip.tx[chip.tx_tail++] = value;
	chip.thre_pending = false;
}

static void chip_write_fcr(u8 value)
{
	chip.fcr = value;
	if (value & UART_FCR_CLEAR_RCVR)
		chip.rx_head = chip.rx_tail;
	if (value & UART_FCR_CLEAR_XMIT)
		chip.tx_head = chip.tx_tail;
}

static void chip_write_lcr(u8 value)
{
	if (chip.deaf || chip_busy()) {
		chip.busy_pending = chip.designware;
		return;
	}
	chip.lcr = value;
}

void chip_write(unsigned int offset, u32 value)
{
	bool latch = chip.lcr & UART_LCR_DLAB;

	switch (offset >> fake_uart.shift) {
	case UART_TX:
		if (latch)
			chip.divisor[0] = value;
		else
			chip_write_tx(value);
		break;
	case UART_IER:
		if (latch) {
			chip.divisor[1] = value;
			break;
		}
		/* PC16550D 8.6.3: enabling it while the FIFO is empty reports at once. */
		if ((value & ~chip.ier & UART_IER_THRI) && chip.tx_head == chip.tx_tail)
			chip.thre_pending = true;
		chip.ier = value;
		break;
	case UART_FCR:
		chip_write_fcr(value);
		break;
	case UART_LCR:
		chip_write_lcr(value);
		break;
	case UART_MCR:
		chip.mcr = value;
		break;
	}
}

const struct fake_chip chip_16550_registers = {
	.read = chip_read,
	.write = chip_write,
	.asserted = chip_asserted,
};

void chip_hear(u8 data, u8 errors)
{
	chip.silent = false;
	if (chip.rx_tail - chip.rx_head == chip.depth) {
		chip.overrun = true;
		return;
	}
	chip.rx[chip.rx_tail++] = (struct fake_char) { data, errors };
}

void chip_fall_silent(void)
{
	chip.silent = true;
}

void chip_shift(void)
{
	chip.shifting = chip.tx_head != chip.tx_tail;
	if (!chip.shifting)
		return;
	chip.wire[chip.wire_bytes++] = chip.tx[chip.tx_head++];
	if (chip.tx_head == chip.tx_tail)
		chip.thre_pending = true;
}

void chip_init(void)
{
	memset(&chip, 0, sizeof(chip));
	chip.fifo_bits = 0xc0;
	chip.depth = CHIP_FIFO_BYTES;
}

void chip_make_designware(void)
{
	chip.designware = true;
	chip.ucv = 0x3430312a;	/* "401*" */
	chip.cpr = 0x00013ff2;
	fake_uart.width_bytes = 4;
	fake_uart.shift = 2;
}
