// SPDX-License-Identifier: GPL-2.0-only
/* The pins of the emulated board: found in the device tree, driven and read beside its driver. */
#include <linux/gpio/driver.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/rcupdate.h>
#include <dt-bindings/gpio/gpio.h>

#include "../../../kernel/compat.h"
#include "stim.h"

struct stim_board stim_board;

static struct gpio_chip *stim_chip;
static int (*stim_chip_get)(struct gpio_chip *chip, unsigned int offset);	/* the chip's own */
static u8 stim_unreadable;			/* pin mask */

u8 stim_pins(u32 channels)
{
	u8 pins = 0;
	int i;

	for (i = 0; i < STIM_CHANNELS; i++)
		if (channels & BIT(i))
			pins |= stim_board.channel[i];
	return pins;
}

/* The levels of @channels when they are closed, or open. */
static u8 stim_levels(u32 channels, bool closed)
{
	u8 levels = 0;
	int i;

	for (i = 0; i < STIM_CHANNELS; i++)
		if ((channels & BIT(i)) && stim_board.closed_high[i] == closed)
			levels |= stim_board.channel[i];
	return levels;
}

/* Returns the moment just before the edge. */
u64 stim_drive_pins(u8 pins, u8 levels)
{
	return oht_pins_drive(stim_board.base, pins, levels);
}

/* Returns the moment just before the edge. */
u64 stim_drive(u32 channels, bool closed)
{
	return stim_drive_pins(stim_pins(channels), stim_levels(channels, closed));
}

u32 stim_outputs(void)
{
	u8 data = readb(stim_data(stim_board.output[0] | stim_board.output[1]));
	u32 outputs = 0;
	int i;

	for (i = 0; i < STIM_OUTPUTS; i++)
		if (data & stim_board.output[i])
			outputs |= BIT(i);
	return outputs;
}

long stim_deaf(u32 channels)
{
	u8 pins = stim_pins(OHT_STIM_A | OHT_STIM_B), deaf = stim_pins(channels);
	unsigned long flags;

	if (channels & ~(OHT_STIM_A | OHT_STIM_B))
		return -EINVAL;
	local_irq_save(flags);
	writeb((readb(stim_board.base + STIM_IE) | pins) & ~deaf, stim_board.base + STIM_IE);
	local_irq_restore(flags);
	return 0;
}

long stim_press_reset(bool pressed)
{
	if (!stim_board.reset)
		return -ENODEV;
	stim_drive_pins(stim_board.reset,
			pressed == stim_board.pressed_high ? stim_board.reset : 0);
	return 0;
}

long stim_pulse_level(void)
{
	return stim_board.pulse ? !!readb(stim_data(stim_board.pulse)) : -ENODEV;
}

long stim_force(u32 outputs)
{
	int i;

	if (outputs & ~(OHT_STIM_ENABLE_1 | OHT_STIM_ENABLE_2))
		return -EINVAL;
	for (i = 0; i < STIM_OUTPUTS; i++)
		if (outputs & BIT(i))
			writeb(stim_board.output[i], stim_data(stim_board.output[i]));
	return 0;
}

/* ---- levels that cannot be read ---- */

static int stim_get(struct gpio_chip *chip, unsigned int offset)
{
	return READ_ONCE(stim_unreadable) & BIT(offset) ? -EIO : stim_chip_get(chip, offset);
}

/* 0: this board does not have it. */
static u8 stim_pin_of(u32 line)
{
	switch (line) {
	case OHT_STIM_CONTACT_1:
		return stim_board.contact[0];
	case OHT_STIM_CONTACT_2:
		return stim_board.contact[1];
	case OHT_STIM_RESET_BUTTON:
		return stim_board.reset;
	default:
		return stim_pins(line);
	}
}

long stim_make_unreadable(unsigned long lines)
{
	unsigned int line;
	u8 pins = 0;

	for_each_set_bit(line, &lines, BITS_PER_LONG) {
		if (BIT(line) > OHT_STIM_RESET_BUTTON || !stim_pin_of(BIT(line)))
			return -EINVAL;
		pins |= stim_pin_of(BIT(line));
	}
	WRITE_ONCE(stim_unreadable, pins);
	return 0;
}

/* ---- the device tree ---- */

/* One line of the device under test: its pin, and whether it is active high. */
static int stim_find_line(struct device_node *oht, const char *property, int index, u8 *pin,
			  bool *active_high)
{
	struct of_phandle_args args;
	int ret;

	ret = of_parse_phandle_with_args(oht, property, "#gpio-cells", index, &args);
	if (ret)
		return ret;
	*pin = BIT(args.args[0]);
	*active_high = !(args.args[1] & GPIO_ACTIVE_LOW);
	if (!stim_board.base && of_device_is_compatible(args.np, "arm,pl061")) {
		stim_board.base = of_iomap(args.np, 0);
		stim_chip = oht_gpio_chip(of_fwnode_handle(args.np));
	}
	of_node_put(args.np);
	return stim_board.base && stim_chip ? 0 : -ENODEV;
}

static int stim_find_lines(struct device_node *oht)
{
	bool active_high;
	int i, ret;

	for (i = 0; i < STIM_CHANNELS; i++) {
		ret = stim_find_line(oht, "estop-gpios", i, &stim_board.channel[i],
				     &stim_board.closed_high[i]);
		/* One channel is a board too. */
		if (ret && !(i && ret == -ENOENT))
			return ret;
	}
	for (i = 0; i < STIM_OUTPUTS; i++) {
		ret = stim_find_line(oht, "enable-gpios", i, &stim_board.output[i], &active_high);
		if (ret)
			return ret;
	}
	for (i = 0; i < STIM_OUTPUTS; i++) {
		if (stim_find_line(oht, "enable-feedback-gpios", i, &stim_board.contact[i],
				   &stim_board.contact_high[i]))
			break;
		stim_board.contacts++;
	}
	if (stim_find_line(oht, "reset-gpios", 0, &stim_board.reset, &stim_board.pressed_high))
		stim_board.reset = 0;
	if (stim_find_line(oht, "enable-pulse-gpios", 0, &stim_board.pulse, &active_high))
		stim_board.pulse = 0;
	return 0;
}

int stim_board_find(struct device_node *oht)
{
	int ret = stim_find_lines(oht);

	if (ret && stim_board.base)
		iounmap(stim_board.base);
	return ret;
}

/* Between the chip and whoever asks it: nobody sees that it is there. */
void stim_board_begin(void)
{
	stim_chip_get = stim_chip->get;
	WRITE_ONCE(stim_chip->get, stim_get);
}

void stim_board_end(void)
{
	WRITE_ONCE(stim_chip->get, stim_chip_get);
	/* Whoever has gone through here asks with preemption off. */
	synchronize_rcu();
	iounmap(stim_board.base);
}
