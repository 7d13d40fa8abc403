// SPDX-License-Identifier: GPL-2.0-only
/* Test only: inputs of the emulated PL061 driven from inside. See oht_pins.h. */
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/spinlock.h>

#include "oht_pins.h"

static DEFINE_RAW_SPINLOCK(pins_lock);

u64 oht_pins_drive(void __iomem *base, u8 pins, u8 levels)
{
	unsigned long flags;
	u64 edge_ns;
	u8 dir;

	raw_spin_lock_irqsave(&pins_lock, flags);
	dir = readb(base + OHT_PINS_DIR);
	writeb(dir | pins, base + OHT_PINS_DIR);
	writeb(levels, base + OHT_PINS_DATA(pins));
	edge_ns = ktime_get_ns();
	writeb(dir & ~pins, base + OHT_PINS_DIR);
	raw_spin_unlock_irqrestore(&pins_lock, flags);
	return edge_ns;
}
EXPORT_SYMBOL_GPL(oht_pins_drive);

MODULE_DESCRIPTION("Drives inputs of the emulated board for the tests of oht");
MODULE_AUTHOR("The oht developers");
MODULE_LICENSE("GPL");
