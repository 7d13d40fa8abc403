/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the shape of an interrupt handler.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_INTERRUPT_H
#define OHT_SHIM_LINUX_INTERRUPT_H

typedef enum { IRQ_NONE, IRQ_HANDLED } irqreturn_t;
typedef irqreturn_t (*irq_handler_t)(int irq, void *context);

void disable_irq_nosync(unsigned int irq);
void enable_irq(unsigned int irq);

#endif /* OHT_SHIM_LINUX_INTERRUPT_H */
