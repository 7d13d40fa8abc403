/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     every difference between the kernels we build for; no other file asks for a version.
 * Contexts: those of the functions that are wrapped.
 * Locks:    none.
 */
#ifndef OHT_COMPAT_H
#define OHT_COMPAT_H

#include <linux/device/class.h>
#include <linux/gpio/driver.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/platform_device.h>
#include <linux/version.h>

/* 6.4 dropped the owner argument of class_create(). */
#if KERNEL_VERSION(6, 4, 0) > LINUX_VERSION_CODE
#define oht_class_create(name)	class_create(THIS_MODULE, name)
#else
#define oht_class_create(name)	class_create(name)
#endif

/* 6.13 joined hrtimer_init() and the assignment of the callback into hrtimer_setup(). */
static inline void oht_hrtimer_setup(struct hrtimer *timer,
				     enum hrtimer_restart (*function)(struct hrtimer *),
				     clockid_t clock, enum hrtimer_mode mode)
{
#if KERNEL_VERSION(6, 13, 0) > LINUX_VERSION_CODE
	hrtimer_init(timer, clock, mode);
	timer->function = function;
#else
	hrtimer_setup(timer, function, clock, mode);
#endif
}

/* 6.3 made the flags of a mapping read-only but for functions that check the lock. */
static inline void oht_vm_flags_clear(struct vm_area_struct *vma, unsigned long flags)
{
#if KERNEL_VERSION(6, 3, 0) > LINUX_VERSION_CODE
	vma->vm_flags &= ~flags;
#else
	vm_flags_clear(vma, flags);
#endif
}

/*
 * Until 6.10 platform_driver.remove returned an int without any use.
 * OHT_PLATFORM_REMOVE(name, fn) defines function name for .remove from void fn().
 */
#if KERNEL_VERSION(6, 11, 0) > LINUX_VERSION_CODE
#define OHT_PLATFORM_REMOVE(name, fn)				\
	static int name(struct platform_device *pdev)		\
	{							\
		fn(pdev);					\
		return 0;					\
	}
#else
#define OHT_PLATFORM_REMOVE(name, fn)				\
	static void name(struct platform_device *pdev)		\
	{							\
		fn(pdev);					\
	}
#endif

/*
 * What other modules of ours may use is in the namespace OHT; 6.13 made its name a string.
 * A user says OHT_IMPORT() once in each module.
 */
#if KERNEL_VERSION(6, 13, 0) > LINUX_VERSION_CODE
#define EXPORT_SYMBOL_OHT(symbol)	EXPORT_SYMBOL_NS_GPL(symbol, OHT)
#define OHT_IMPORT()			MODULE_IMPORT_NS(OHT)
#else
#define EXPORT_SYMBOL_OHT(symbol)	EXPORT_SYMBOL_NS_GPL(symbol, "OHT")
#define OHT_IMPORT()			MODULE_IMPORT_NS("OHT")
#endif

/* Until 6.6 tty_operations.write counted in int. */
#if KERNEL_VERSION(6, 6, 0) > LINUX_VERSION_CODE
#define OHT_TTY_SSIZE	int
#define OHT_TTY_SIZE	int
#else
#define OHT_TTY_SSIZE	ssize_t
#define OHT_TTY_SIZE	size_t
#endif

/* 6.9 made the return type of serdev_device_ops.receive_buf a size. */
#if KERNEL_VERSION(6, 9, 0) > LINUX_VERSION_CODE
#define OHT_SERDEV_COUNT	int
#else
#define OHT_SERDEV_COUNT	size_t
#endif

/*
 * The GPIO chip of a node of the device tree, NULL without one; for tests, which do not let it go.
 * 6.7 made the device behind it what is looked for, and counted it.
 */
#if KERNEL_VERSION(6, 7, 0) > LINUX_VERSION_CODE
static inline int oht_gpio_chip_is(struct gpio_chip *chip, void *fwnode)
{
	return chip->fwnode == fwnode || (chip->parent && dev_fwnode(chip->parent) == fwnode);
}

static inline struct gpio_chip *oht_gpio_chip(struct fwnode_handle *fwnode)
{
	return gpiochip_find(fwnode, oht_gpio_chip_is);
}
#else
static inline struct gpio_chip *oht_gpio_chip(struct fwnode_handle *fwnode)
{
	struct gpio_device *device = gpio_device_find_by_fwnode(fwnode);
	struct gpio_chip *chip = device ? gpio_device_get_chip(device) : NULL;

	gpio_device_put(device);
	return chip;
}
#endif

/*
 * Attributes of the request that began a dump; 6.7 put them one level deeper. Needs
 * net/genetlink.h, which the tests of the other files do without.
 */
#if KERNEL_VERSION(6, 7, 0) > LINUX_VERSION_CODE
#define oht_genl_dump_attrs(cb)	(genl_dumpit_info(cb)->attrs)
#else
#define oht_genl_dump_attrs(cb)	(genl_dumpit_info(cb)->info.attrs)
#endif

#endif /* OHT_COMPAT_H */
