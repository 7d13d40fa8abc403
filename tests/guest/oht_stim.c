// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test only: presses the emulated board's button from inside, and watches the enable outputs from
 * another CPU than the one that handles the interrupt. See oht_stim.h.
 */
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/gpio/driver.h>
#include <linux/hrtimer.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <dt-bindings/gpio/gpio.h>

#include "../../kernel/compat.h"
#include "oht_stim.h"

#define STIM_DATA(mask)	((mask) << 2)	/* the address says which pins a data access touches */
#define STIM_DIR	0x400
#define STIM_IE		0x410
#define STIM_IC		0x41c
#define STIM_CHANNELS	2
#define STIM_OUTPUTS	2
/* Nobody's, unless a test's tree has a reset button or a pulse output there. */
#define STIM_FREE_PIN	BIT(7)
#define STIM_STORMS_MAX	(OHT_STIM_FREE | OHT_STIM_A | OHT_STIM_B)

#define STIM_RELAY_NS		NSEC_PER_MSEC
#define STIM_RELAY_MAX_US	USEC_PER_SEC
#define STIM_WATCH_MAX_US	2000
#define STIM_AHEAD_MAX_NS	(10 * NSEC_PER_MSEC)
#define STIM_BURST_MAX_NS	NSEC_PER_MSEC

static void __iomem *stim_base;
static DEFINE_MUTEX(stim_mutex);
static u8 stim_channel[STIM_CHANNELS];		/* pin mask */
static bool stim_closed_high[STIM_CHANNELS];	/* level of a closed contact */
static u8 stim_output[STIM_OUTPUTS];		/* pin mask */

/* The pins are driven by the caller's CPU and by the relays' timer. */
static DEFINE_RAW_SPINLOCK(stim_pins_lock);

static struct hrtimer stim_relay_timer;
static u8 stim_contact[STIM_OUTPUTS];		/* pin mask */
static bool stim_closed_is_high[STIM_OUTPUTS];
static int stim_contacts;
static u8 stim_reset;				/* pin mask, 0: no reset button */
static bool stim_pressed_is_high;
static u8 stim_pulse;				/* pin mask, 0: no pulse output */
static struct oht_stim_relays stim_relays;	/* under stim_pins_lock */

static struct gpio_chip *stim_chip;
static int (*stim_chip_get)(struct gpio_chip *chip, unsigned int offset);	/* the chip's own */
static u8 stim_unreadable;			/* pin mask */

static u32 stim_relay_outputs;			/* what the relays have been told, and when */
static u64 stim_relay_told_ns;

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

/* Interrupts off, with stim_pins_lock. The edge is the last of the writes; returns its time. */
static u64 stim_drive_pins(u8 pins, u8 levels)
{
	u8 dir = readb(stim_base + STIM_DIR);
	u64 edge_ns;

	writeb(dir | pins, stim_base + STIM_DIR);
	writeb(levels, stim_base + STIM_DATA(pins));
	edge_ns = ktime_get_ns();
	writeb(dir & ~pins, stim_base + STIM_DIR);
	return edge_ns;
}

/* Interrupts off. Returns the moment just before the edge. */
static u64 stim_drive(u32 channels, bool closed)
{
	u64 edge_ns;

	raw_spin_lock(&stim_pins_lock);
	edge_ns = stim_drive_pins(stim_pins(channels), stim_levels(channels, closed));
	raw_spin_unlock(&stim_pins_lock);
	return edge_ns;
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

static bool stim_relay_closed(int relay, bool settled)
{
	u8 pin = stim_contact[relay];

	switch (stim_relays.mode[relay]) {
	case OHT_STIM_STUCK_OPEN:
		return false;
	case OHT_STIM_STUCK_CLOSED:
		return true;
	}
	if (settled)
		return stim_relay_outputs & BIT(relay);
	return !!(readb(stim_base + STIM_DATA(pin)) & pin) == stim_closed_is_high[relay];
}

/* With stim_pins_lock. */
static void stim_move_relays(u64 now)
{
	u32 outputs = stim_outputs();
	bool settled;
	int i;

	if (outputs != stim_relay_outputs) {
		stim_relay_outputs = outputs;
		stim_relay_told_ns = now;
	}
	settled = now - stim_relay_told_ns >= (u64)stim_relays.delay_us * NSEC_PER_USEC;
	for (i = 0; i < stim_contacts; i++)
		stim_drive_pins(stim_contact[i],
				stim_relay_closed(i, settled) == stim_closed_is_high[i] ?
				stim_contact[i] : 0);
}

static enum hrtimer_restart stim_relay_tick(struct hrtimer *timer)
{
	raw_spin_lock(&stim_pins_lock);
	stim_move_relays(ktime_get_ns());
	raw_spin_unlock(&stim_pins_lock);
	hrtimer_forward_now(timer, ns_to_ktime(STIM_RELAY_NS));
	return HRTIMER_RESTART;
}

static long stim_set_relays(const struct oht_stim_relays *relays)
{
	unsigned long flags;

	if (!stim_contacts)
		return -ENODEV;
	if (relays->reserved || relays->delay_us > STIM_RELAY_MAX_US ||
	    relays->mode[0] > OHT_STIM_STUCK_CLOSED || relays->mode[1] > OHT_STIM_STUCK_CLOSED)
		return -EINVAL;
	raw_spin_lock_irqsave(&stim_pins_lock, flags);
	stim_relays = *relays;
	stim_move_relays(ktime_get_ns());
	raw_spin_unlock_irqrestore(&stim_pins_lock, flags);
	if (!hrtimer_active(&stim_relay_timer))
		hrtimer_start(&stim_relay_timer, ns_to_ktime(STIM_RELAY_NS),
			      HRTIMER_MODE_REL_HARD);
	return 0;
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
	press->edge_ns = stim_drive(press->channels, false);
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

/* Interrupts off. One edge of a storm; in the middle of one beside the button that is pressed. */
static void stim_storm_edge(const struct oht_stim_storm *storm, u32 edge)
{
	u32 pressed = storm->channel & ~OHT_STIM_FREE;

	if (!(storm->channel & OHT_STIM_FREE)) {
		stim_drive(storm->channel, edge & 1);
		return;
	}
	raw_spin_lock(&stim_pins_lock);
	stim_drive_pins(STIM_FREE_PIN, edge & 1 ? STIM_FREE_PIN : 0);
	raw_spin_unlock(&stim_pins_lock);
	if (pressed && edge == storm->edges / 2)
		stim_drive(pressed, false);
}

static long stim_storm(struct oht_stim_storm *storm)
{
	bool free_pin = !stim_reset && !stim_pulse;
	unsigned long flags;
	bool burst;
	u64 at_ns;
	u32 i;

	if (storm->channel & OHT_STIM_FREE ? !free_pin || storm->channel > STIM_STORMS_MAX :
	    storm->channel != OHT_STIM_A && storm->channel != OHT_STIM_B)
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
		stim_storm_edge(storm, i);
		if (!burst) {
			local_irq_restore(flags);
			local_irq_save(flags);
		}
	}
	local_irq_restore(flags);
	if (!(storm->channel & OHT_STIM_FREE))
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

/* Not even for an IPI: as a CPU whose firmware or driver never comes back. */
static void stim_stick(void)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
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

static long stim_press_reset(bool pressed)
{
	unsigned long flags;

	if (!stim_reset)
		return -ENODEV;
	raw_spin_lock_irqsave(&stim_pins_lock, flags);
	stim_drive_pins(stim_reset, pressed == stim_pressed_is_high ? stim_reset : 0);
	raw_spin_unlock_irqrestore(&stim_pins_lock, flags);
	return 0;
}

static long stim_pulse_level(void)
{
	return stim_pulse ? !!readb(stim_base + STIM_DATA(stim_pulse)) : -ENODEV;
}

static long stim_force(u32 outputs)
{
	int i;

	if (outputs & ~(OHT_STIM_ENABLE_1 | OHT_STIM_ENABLE_2))
		return -EINVAL;
	for (i = 0; i < STIM_OUTPUTS; i++)
		if (outputs & BIT(i))
			writeb(stim_output[i], stim_base + STIM_DATA(stim_output[i]));
	return 0;
}

static int stim_get(struct gpio_chip *chip, unsigned int offset)
{
	return READ_ONCE(stim_unreadable) & BIT(offset) ? -EIO : stim_chip_get(chip, offset);
}

/* 0: this board does not have it. */
static u8 stim_pin_of(u32 line)
{
	switch (line) {
	case OHT_STIM_CONTACT_1:
		return stim_contact[0];
	case OHT_STIM_CONTACT_2:
		return stim_contact[1];
	case OHT_STIM_RESET_BUTTON:
		return stim_reset;
	default:
		return stim_pins(line);
	}
}

static long stim_make_unreadable(unsigned long lines)
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

static long stim_ioctl_relays(void __user *user)
{
	struct oht_stim_relays relays;

	if (copy_from_user(&relays, user, sizeof(relays)))
		return -EFAULT;
	return stim_set_relays(&relays);
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
	case OHT_STIM_IOC_RELAYS:
		return stim_ioctl_relays((void __user *)arg);
	case OHT_STIM_IOC_RESET:
		return stim_press_reset(arg);
	case OHT_STIM_IOC_FORCE:
		return stim_force(arg);
	case OHT_STIM_IOC_UNREADABLE:
		return stim_make_unreadable(arg);
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
	if (cmd == OHT_STIM_IOC_PULSE)
		return stim_pulse_level();
	if (cmd == OHT_STIM_IOC_STICK)
		stim_stick();
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
	if (!stim_base && of_device_is_compatible(args.np, "arm,pl061")) {
		stim_base = of_iomap(args.np, 0);
		stim_chip = oht_gpio_chip(of_fwnode_handle(args.np));
	}
	of_node_put(args.np);
	return stim_base && stim_chip ? 0 : -ENODEV;
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
	for (i = 0; i < STIM_OUTPUTS; i++) {
		if (stim_find_line(oht, "enable-feedback-gpios", i, &stim_contact[i],
				   &stim_closed_is_high[i]))
			break;
		stim_contacts++;
	}
	if (stim_find_line(oht, "reset-gpios", 0, &stim_reset, &stim_pressed_is_high))
		stim_reset = 0;
	if (stim_find_line(oht, "enable-pulse-gpios", 0, &stim_pulse, &active_high))
		stim_pulse = 0;
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
	oht_hrtimer_setup(&stim_relay_timer, stim_relay_tick, CLOCK_MONOTONIC,
			  HRTIMER_MODE_REL_HARD);
	ret = stim_find_lines(oht);
	of_node_put(oht);
	if (!ret)
		ret = misc_register(&stim_misc);
	if (!ret) {
		/* Between the chip and whoever asks it: nobody sees that it is there. */
		stim_chip_get = stim_chip->get;
		WRITE_ONCE(stim_chip->get, stim_get);
	}
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
	hrtimer_cancel(&stim_relay_timer);
	WRITE_ONCE(stim_chip->get, stim_chip_get);
	/* Whoever has gone through here asks with preemption off. */
	synchronize_rcu();
	iounmap(stim_base);
}
module_exit(stim_exit);

MODULE_DESCRIPTION("Presses the emulated board's button for the tests of oht");
MODULE_AUTHOR("The oht developers");
MODULE_LICENSE("GPL");
