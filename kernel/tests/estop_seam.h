/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     what the stop calls below and beside itself, as the tests have it (estop_fake.c).
 * Contexts: said at estop_fake.h.
 * Locks:    none.
 */
#ifndef OHT_ESTOP_SEAM_H
#define OHT_ESTOP_SEAM_H

#include <linux/types.h>

struct gpio_desc;
struct irq_work;
struct work_struct;

int fake_gpio_get(const struct gpio_desc *gpio);
void fake_gpio_set(struct gpio_desc *gpio, int value);
u64 fake_estop_now_ns(void);
bool fake_estop_in_task(void);
void fake_estop_queue(struct irq_work *work);
void fake_estop_mask(int irq);
void fake_estop_unmask(int irq);

#endif /* OHT_ESTOP_SEAM_H */
