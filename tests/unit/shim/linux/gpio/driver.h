/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     names that compat.h mentions, for modules of the board.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_GPIO_DRIVER_H
#define OHT_SHIM_LINUX_GPIO_DRIVER_H

struct fwnode_handle;
struct gpio_device;
struct gpio_chip;

struct gpio_device *gpio_device_find_by_fwnode(const struct fwnode_handle *fwnode);
struct gpio_chip *gpio_device_get_chip(struct gpio_device *device);
void gpio_device_put(struct gpio_device *device);

#endif /* OHT_SHIM_LINUX_GPIO_DRIVER_H */
