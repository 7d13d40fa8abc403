// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test only: presses the emulated board's button from inside, and watches the enable outputs from
 * another CPU than the one that handles the interrupt. See oht_stim.h. Here: its door.
 */
#include <linux/fs.h>
#include <linux/irqflags.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/uaccess.h>

#include "stim.h"

static DEFINE_MUTEX(stim_mutex);

/* Not even for an IPI: as a CPU whose firmware or driver never comes back. */
static void stim_stick(void)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
}

/* Not BUG(): the machine is to go on with one process less, which its lock must not notice. */
static long stim_oops(void)
{
	return READ_ONCE(*(long *)8);
}

/* What a command brings with it; taken back as it is then, where the command answers. */
static long stim_with_struct(unsigned int cmd, void __user *user)
{
	union {
		struct oht_stim_press press;
		struct oht_stim_storm storm;
		struct oht_stim_relays relays;
	} given;
	long ret;

	if (copy_from_user(&given, user, _IOC_SIZE(cmd)))
		return -EFAULT;
	if (cmd == OHT_STIM_IOC_PRESS)
		ret = stim_press(&given.press);
	else if (cmd == OHT_STIM_IOC_STORM)
		ret = stim_storm(&given.storm);
	else
		ret = stim_set_relays(&given.relays);
	if (!ret && (_IOC_DIR(cmd) & _IOC_READ) && copy_to_user(user, &given, _IOC_SIZE(cmd)))
		return -EFAULT;
	return ret;
}

static long stim_dispatch(unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case OHT_STIM_IOC_PRESS:
	case OHT_STIM_IOC_STORM:
	case OHT_STIM_IOC_RELAYS:
		return stim_with_struct(cmd, (void __user *)arg);
	case OHT_STIM_IOC_RELEASE:
		return stim_release(arg);
	case OHT_STIM_IOC_PRESS_LOST:
		return stim_press_lost(arg);
	case OHT_STIM_IOC_DEAF:
		return stim_deaf(arg);
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
	if (cmd == OHT_STIM_IOC_HOLD)
		return stim_hold(arg);
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
	stim_relays_init();
	stim_press_init();
	ret = stim_board_find(oht);
	of_node_put(oht);
	if (ret) {
		pr_err("oht_stim: its button is not on a PL061 (%d)\n", ret);
		return ret;
	}
	ret = stim_hold_init();
	if (ret)
		return ret;
	stim_board_begin();
	ret = misc_register(&stim_misc);
	if (ret) {
		stim_board_end();
		stim_hold_end();
	}
	return ret;
}
module_init(stim_init);

static void __exit stim_exit(void)
{
	misc_deregister(&stim_misc);
	stim_relays_end();
	stim_board_end();
	stim_hold_end();
}
module_exit(stim_exit);

MODULE_DESCRIPTION("Presses the emulated board's button for the tests of oht");
MODULE_AUTHOR("The oht developers");
MODULE_LICENSE("GPL");
