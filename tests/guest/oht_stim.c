// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test only: presses the emulated board's button from inside, and watches the enable outputs from
 * another CPU than the one that handles the interrupt. See oht_stim.h.
 */
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/uaccess.h>
#include <dt-bindings/gpio/gpio.h>

#include "oht_stim.h"

#define STIM_DATA(mask)	((mask) << 2)	/* the address says which pins a data access touches */
#define STIM_DIR	0x400
#define STIM_IE		0x410
#define STIM_IC		0x41c
#define STIM_CHANNELS	2
#define STIM_OUTPUTS	2

#define STIM_WATCH_MAX_US	2000
#define STIM_AHEAD_MAX_NS	(10 * NSEC_PER_MSEC)
#define STIM_BURST_MAX_NS	NSEC_PER_MSEC

static void __iomem *stim_base;
static DEFINE_MUTEX(stim_mutex);
static u8 stim_channel[STIM_CHANNELS];		/* pin mask */
static bool stim_closed_high[STIM_CHANNELS];	/* level of a closed contact */
static u8 stim_output[STIM_OUTPUTS];		/* pin mask */

static u8 stim_pins(u32 channels)
{
	u8 pins = 0;
	int i;

	for (i = 0; i < STIM_CHANNELS; i++)
		if (channels & BIT(i))
			pins |= stim_channel[i];
	return pins;
}

/* The levels of @channels when they are closed, or open. */
static u8 stim_levels(u32 channels, bool closed)
{
	u8 levels = 0;
	int i;

	for (i = 0; i < STIM_CHANNELS; i++)
		if ((channels & BIT(i)) && stim_closed_high[i] == closed)
			levels |= stim_channel[i];
	return levels;
}

/* Interrupts off. The edge is the last of the writes. */
static void stim_drive(u32 channels, bool closed)
{
	u8 pins = stim_pins(channels), dir = readb(stim_base + STIM_DIR);

	writeb(dir | pins, stim_base + STIM_DIR);
	writeb(stim_levels(channels, closed), stim_base + STIM_DATA(pins));
	writeb(dir & ~pins, stim_base + STIM_DIR);
}

static u32 stim_outputs(void)
{
	u8 data = readb(stim_base + STIM_DATA(stim_output[0] | stim_output[1]));
	u32 outputs = 0;
	int i;

	for (i = 0; i < STIM_OUTPUTS; i++)
		if (data & stim_output[i])
			outputs |= BIT(i);
	return outputs;
}

static void stim_wait_until(u64 at_ns)
{
	while ((s64)(at_ns - ktime_get_ns()) > 0)
		cpu_relax();
}

static void stim_watch(struct oht_stim_press *press)
{
	u64 end = press->edge_ns + (u64)press->watch_us * NSEC_PER_USEC;
	u64 before, now = press->edge_ns;

	press->low_ns = 0;
	press->high_ns = 0;
	do {
		before = now;
		press->outputs = stim_outputs();
		now = ktime_get_ns();
		if (press->outputs) {
			press->high_ns = before;
			press->low_ns = 0;
		} else if (!press->low_ns) {
			press->low_ns = now;
		}
		/* With one thread for all emulated CPUs (icount) this lets the others run. */
		cpu_relax();
	} while (now < end);
}

static long stim_press(struct oht_stim_press *press)
{
	unsigned long flags;

	if (!press->channels || (press->channels & ~(OHT_STIM_A | OHT_STIM_B)))
		return -EINVAL;
	if (!press->watch_us || press->watch_us > STIM_WATCH_MAX_US)
		return -EINVAL;
	if ((s64)(press->at_ns - ktime_get_ns()) > (s64)STIM_AHEAD_MAX_NS)
		return -EINVAL;
	local_irq_save(flags);
	stim_wait_until(press->at_ns);
	press->edge_ns = ktime_get_ns();
	stim_drive(press->channels, false);
	press->open_ns = ktime_get_ns();
	stim_watch(press);
	local_irq_restore(flags);
	return 0;
}

static long stim_press_lost(u32 channels)
{
	u8 enabled, pins = stim_pins(channels);
	unsigned long flags;

	if (!channels || (channels & ~(OHT_STIM_A | OHT_STIM_B)))
		return -EINVAL;
	local_irq_save(flags);
	enabled = readb(stim_base + STIM_IE);
	writeb(enabled & ~pins, stim_base + STIM_IE);
	stim_drive(channels, false);
	writeb(pins, stim_base + STIM_IC);
	writeb(enabled, stim_base + STIM_IE);
	local_irq_restore(flags);
	return 0;
}

static long stim_release(u32 channels)
{
	unsigned long flags;

	if (!channels || (channels & ~(OHT_STIM_A | OHT_STIM_B)))
		return -EINVAL;
	local_irq_save(flags);
	stim_drive(channels, true);
	local_irq_restore(flags);
	return 0;
}

static long stim_storm(struct oht_stim_storm *storm)
{
	unsigned long flags;
	bool burst;
	u64 at_ns;
	u32 i;

	if (storm->channel != OHT_STIM_A && storm->channel != OHT_STIM_B)
		return -EINVAL;
	if (storm->edges < 2 || storm->edges > 1000000 ||
	    storm->period_ns < 1000 || storm->period_ns > 1000000)
		return -EINVAL;
	burst = (u64)storm->edges * storm->period_ns <= STIM_BURST_MAX_NS;
	local_irq_save(flags);
	at_ns = ktime_get_ns();
	for (i = 0; i < storm->edges; i++) {
		at_ns += storm->period_ns;
		stim_wait_until(at_ns);
		stim_drive(storm->channel, i & 1);
		if (!burst) {
			local_irq_restore(flags);
			local_irq_save(flags);
		}
	}
	local_irq_restore(flags);
	stim_release(storm->channel);
	storm->outputs = stim_outputs();
	return 0;
}

static long stim_irqs_off(unsigned long us)
{
	unsigned long flags;

	if (!us || us > USEC_PER_SEC)
		return -EINVAL;
	local_irq_save(flags);
	stim_wait_until(ktime_get_ns() + us * NSEC_PER_USEC);
	local_irq_restore(flags);
	return 0;
}

static long stim_deaf(u32 channels)
{
	u8 pins = stim_pins(OHT_STIM_A | OHT_STIM_B), deaf = stim_pins(channels);
	unsigned long flags;

	if (channels & ~(OHT_STIM_A | OHT_STIM_B))
		return -EINVAL;
	local_irq_save(flags);
	writeb((readb(stim_base + STIM_IE) | pins) & ~deaf, stim_base + STIM_IE);
	local_irq_restore(flags);
	return 0;
}

/* Not BUG(): the machine is to go on with one process less, which its lock must not notice. */
static long stim_oops(void)
{
	return READ_ONCE(*(long *)8);
}

static long stim_ioctl_press(void __user *user)
{
	struct oht_stim_press press;
	long ret;

	if (copy_from_user(&press, user, sizeof(press)))
		return -EFAULT;
	ret = stim_press(&press);
	if (!ret && copy_to_user(user, &press, sizeof(press)))
		return -EFAULT;
	return ret;
}

static long stim_ioctl_storm(void __user *user)
{
	struct oht_stim_storm storm;
	long ret;

	if (copy_from_user(&storm, user, sizeof(storm)))
		return -EFAULT;
	ret = stim_storm(&storm);
	if (!ret && copy_to_user(user, &storm, sizeof(storm)))
		return -EFAULT;
	return ret;
}

static long stim_dispatch(unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case OHT_STIM_IOC_PRESS:
		return stim_ioctl_press((void __user *)arg);
	case OHT_STIM_IOC_RELEASE:
		return stim_release(arg);
	case OHT_STIM_IOC_PRESS_LOST:
		return stim_press_lost(arg);
	case OHT_STIM_IOC_STORM:
		return stim_ioctl_storm((void __user *)arg);
	case OHT_STIM_IOC_DEAF:
		return stim_deaf(arg);
	default:
		return -ENOTTY;
	}
}

static long stim_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	long ret;

	/* These go on beside a press, or do not come back. */
	if (cmd == OHT_STIM_IOC_OUTPUTS)
		return stim_outputs();
	if (cmd == OHT_STIM_IOC_IRQS_OFF)
		return stim_irqs_off(arg);
	if (cmd == OHT_STIM_IOC_OOPS)
		return stim_oops();
	mutex_lock(&stim_mutex);
	ret = stim_dispatch(cmd, arg);
	mutex_unlock(&stim_mutex);
	return ret;
}

static const struct file_operations stim_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = stim_ioctl,
};

static struct miscdevice stim_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "oht_stim",
	.fops = &stim_fops,
};

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
	if (!stim_base && of_device_is_compatible(args.np, "arm,pl061"))
		stim_base = of_iomap(args.np, 0);
	of_node_put(args.np);
	return stim_base ? 0 : -ENODEV;
}

static int stim_find_lines(struct device_node *oht)
{
	bool active_high;
	int i, ret;

	for (i = 0; i < STIM_CHANNELS; i++) {
		ret = stim_find_line(oht, "estop-gpios", i, &stim_channel[i],
				     &stim_closed_high[i]);
		/* One channel is a board too. */
		if (ret && !(i && ret == -ENOENT))
			return ret;
	}
	for (i = 0; i < STIM_OUTPUTS; i++) {
		ret = stim_find_line(oht, "enable-gpios", i, &stim_output[i], &active_high);
		if (ret)
			return ret;
	}
	return 0;
}

static int __init stim_init(void)
{
	struct device_node *oht = of_find_compatible_node(NULL, NULL, "oht,rs485-pl011");
	int ret;

	if (!oht)
		oht = of_find_compatible_node(NULL, NULL, "oht,rs485-sim");
	if (!oht) {
		pr_err("oht_stim: no device to press the button of\n");
		return -ENODEV;
	}
	ret = stim_find_lines(oht);
	of_node_put(oht);
	if (!ret)
		ret = misc_register(&stim_misc);
	if (ret && stim_base)
		iounmap(stim_base);
	if (ret)
		pr_err("oht_stim: its button is not on a PL061 (%d)\n", ret);
	return ret;
}
module_init(stim_init);

static void __exit stim_exit(void)
{
	misc_deregister(&stim_misc);
	iounmap(stim_base);
}
module_exit(stim_exit);

MODULE_DESCRIPTION("Presses the emulated board's button for the tests of oht");
MODULE_AUTHOR("The oht developers");
MODULE_LICENSE("GPL");
