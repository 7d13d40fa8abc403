/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     what the files of the emergency stop (estop*.c) share among themselves.
 * Contexts: said at each call.
 * Locks:    none of its own; see estop.h.
 */
#ifndef OHT_ESTOP_INTERNAL_H
#define OHT_ESTOP_INTERNAL_H

#include <linux/interrupt.h>

#include "estop.h"

/* estop.c: hard timer interrupt. Re-reads the inputs, checks the deadman. */
void oht_estop_supervise(struct oht_estop *estop);

/* estop.c: hard interrupt, one per edge; @channel is a struct oht_estop_channel. */
irqreturn_t oht_estop_edge(int irq, void *channel);

/*
 * estop.c: lowers the outputs for good without any lock and without the clock. For panic and
 * restart only, when another CPU may have been stopped with estop->lock held. Any context.
 */
void oht_estop_cut_outputs(struct oht_estop *estop);

/* estop_gpio.c: the lines and the numbers of the device tree. Process context. */
int oht_estop_gpio_init(struct oht_estop *estop, struct platform_device *pdev);
int oht_estop_gpio_watch(struct oht_estop *estop);
void oht_estop_gpio_unwatch(struct oht_estop *estop, unsigned int channels);

/* estop_supervise.c: the timer and its place. Process context. */
void oht_estop_supervise_init(struct oht_estop *estop);
int oht_estop_supervise_start(struct oht_estop *estop);
void oht_estop_supervise_stop(struct oht_estop *estop);

/* estop_hooks.c: panic, reboot, restart, suspend. Process context. */
int oht_estop_hooks_register(struct oht_estop *estop);
void oht_estop_hooks_unregister(struct oht_estop *estop);

#endif /* OHT_ESTOP_INTERNAL_H */
