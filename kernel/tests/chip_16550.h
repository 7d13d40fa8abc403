/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     a 16550 in memory, and what a DesignWare has beside it.
 * Contexts: a test, one thread.
 * Locks:    none.
 */
#ifndef OHT_CHIP_16550_H
#define OHT_CHIP_16550_H

#include <linux/serial_reg.h>
#include "port_fake.h"

#define DW_USR		0x1f	/* in steps of reg-shift; the other two in bytes */
#define DW_CPR		0xf4
#define DW_UCV		0xf8
#define CHIP_FIFO_BYTES	16

struct fake_char {
	u8 data;
	u8 errors;
};

struct chip_16550 {
	u8 ier, fcr, lcr, mcr, divisor[2];
	u8 fifo_bits;			/* of IIR: what the FIFOs are worth */
	unsigned int depth;

	struct fake_char rx[FAKE_WIRE_MAX];
	unsigned int rx_head, rx_tail;
	bool silent;			/* for four characters, with some in the receiver */
	bool overrun;
	u8 tx[FAKE_WIRE_MAX];
	unsigned int tx_head, tx_tail;	/* from FIFO to wire */
	bool shifting;			/* a character is in the shift register */
	bool temt_late;			/* the empty bit is not up yet */
	bool thre_pending;
	u8 wire[FAKE_WIRE_MAX];
	unsigned int wire_bytes;

	bool designware;
	bool babble;			/* somebody talks all the time, unless looped back */
	bool deaf;			/* takes no line control at all */
	unsigned int busy_tries;	/* times that it is still busy */
	bool busy_pending;
	bool stuck_timeout;
	unsigned int empty_reads;	/* of the receiver, with nothing there nor stuck */
	unsigned int usr_reads;
	u32 cpr, ucv;
	u32 alias;			/* what reads where there is nothing */
};

extern struct chip_16550 chip;
extern const struct fake_chip chip_16550_registers;

void chip_init(void);

/* As systems-on-chip have it: 32-bit registers four bytes apart. */
void chip_make_designware(void);

u32 chip_read(unsigned int offset);
void chip_write(unsigned int offset, u32 value);

/* Its interrupt output. */
bool chip_asserted(void);

/* A character arrives. */
void chip_hear(u8 data, u8 errors);

/* Four character times pass without one. */
void chip_fall_silent(void);

/* One character time passes: what was shifting has left, the next one moves up. */
void chip_shift(void);

#endif /* OHT_CHIP_16550_H */
