/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     what UARTs behind memory-mapped registers have in common: access, clock, reset, line.
 * Contexts: read and write: any; all else: process, may sleep.
 * Locks:    none.
 *
 * The register-level tests bring functions of these names of their own, with a UART in memory.
 */
#ifndef OHT_PORT_MMIO_H
#define OHT_PORT_MMIO_H

#include <linux/interrupt.h>
#include <linux/types.h>

struct device;

/**
 * struct oht_mmio - the registers and the interrupt of one UART; constant after oht_mmio_map()
 * @dev: whose they are
 * @base: first register
 * @size_bytes: how far they reach
 * @width_bytes: of one access: 1, 2 or 4
 * @shift: registers without a byte address of their own are 1 << @shift bytes apart
 * @irq: its interrupt
 */
struct oht_mmio {
	struct device *dev;
	void __iomem *base;
	size_t size_bytes;
	u32 width_bytes;
	u32 shift;
	int irq;
};

/* One register, @offset bytes from the first. Any context. Not ordered against memory. */
u32 oht_mmio_read(const struct oht_mmio *io, unsigned int offset);
void oht_mmio_write(const struct oht_mmio *io, unsigned int offset, u32 value);

/**
 * oht_mmio_wait() - poll a register each 100 us until (value & @mask) == @want
 * @io: mapped
 * @offset: of the register
 * @mask: bits that matter
 * @want: what they must be
 *
 * Gives up after 20 ms: two characters at the slowest rate. Return: whether it came to that.
 */
bool oht_mmio_wait(const struct oht_mmio *io, unsigned int offset, u32 mask, u32 want);

/**
 * oht_mmio_map() - map reg, find the interrupt, release the reset; reg-io-width and reg-shift
 * @io: out
 * @dev: of a platform device
 * @widths_bytes: BIT(n) for both allowed reg-io-widths n; the smaller one is the default
 *
 * Everything is devm-managed. Return: 0 or the errno that was reported.
 */
int oht_mmio_map(struct oht_mmio *io, struct device *dev, u32 widths_bytes);

/**
 * oht_mmio_clock() - enable a clock, for as long as the device is bound
 * @dev: the device; only we enable its clocks
 * @name: in clock-names, NULL for the first one
 * @clock_hz: out, 0 if there is no such clock; NULL: the rate does not matter
 *
 * Return: 0 or the errno that was reported.
 */
int oht_mmio_clock(struct device *dev, const char *name, u32 *clock_hz);

/**
 * oht_mmio_request_irq() - claim the interrupt, as a hard one also on PREEMPT_RT
 * @io: mapped
 * @handler: must return IRQ_NONE if it was not its UART
 * @context: its argument
 *
 * A line may be shared. On PREEMPT_RT that only works with handlers that run hard as well: one
 * that is shared with a thread is refused, and the other user is named.
 *
 * Return: 0 or the errno that was reported.
 */
int oht_mmio_request_irq(const struct oht_mmio *io, irq_handler_t handler, void *context);
void oht_mmio_free_irq(const struct oht_mmio *io, void *context);

#endif /* OHT_PORT_MMIO_H */
