/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the outside of a GPIO line; what is inside belongs to the test.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_GPIO_CONSUMER_H
#define OHT_SHIM_LINUX_GPIO_CONSUMER_H

struct gpio_desc;

int gpiod_get_value(const struct gpio_desc *desc);
void gpiod_set_value(struct gpio_desc *desc, int value);

#endif /* OHT_SHIM_LINUX_GPIO_CONSUMER_H */
