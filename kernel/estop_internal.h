/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     what the files of the emergency stop (estop*.c) share among themselves.
 * Contexts: said at each call.
 * Locks:    none of its own; estop->lock as estop.h has it.
 */
#ifndef OHT_ESTOP_INTERNAL_H
#define OHT_ESTOP_INTERNAL_H

#include <linux/interrupt.h>

#include "estop.h"
#include "passed.h"

/*
 * estop.c: any context but NMI. Whatever changed under the lock is made known when it is dropped:
 * to the engine at once, to readers by irq_work.
 */
unsigned long oht_estop_lock(struct oht_estop *estop) __acquires(&estop->lock);
void oht_estop_unlock(struct oht_estop *estop, unsigned long flags) __releases(&estop->lock);

/* estop_inputs.c, with estop->lock held. */
void oht_estop_read_inputs(struct oht_estop *estop);
/* Reads the channels and draws every conclusion from them and from the clock. */
void oht_estop_check_channels(struct oht_estop *estop, u64 now);
/* An edge of @channel shows that it was open, whatever its level is now. */
void oht_estop_note_edge(struct oht_estop_channel *channel, u64 now);
/* Does a discrepancy, or a channel that has opened alone, forbid a reset? */
bool oht_estop_disagrees(const struct oht_estop *estop);

/* estop.c, all of them with estop->lock held. */
/* Reads everything that can be read and draws every conclusion from it and from the clock. */
void oht_estop_check(struct oht_estop *estop, u64 now);
/* Raises the outputs if nothing forbids it, before and after; else they are low. */
bool oht_estop_raise(struct oht_estop *estop, u64 now);
void oht_estop_lower(struct oht_estop *estop);
/* Stops on request of a caller. */
void oht_estop_stop_locked(struct oht_estop *estop, u32 cause, u64 now);
/* Stops for @cause; @kind is enum oht_safety_kind. Lowers outputs unless they have been. */
void oht_estop_latch(struct oht_estop *estop, u32 cause, u32 kind, u64 event_ns);
/* As latch, unless it is stopped for that cause already. */
void oht_estop_find(struct oht_estop *estop, u32 cause, u64 now);
bool oht_estop_is_late(const struct oht_estop *estop, u64 now);
/* A unit whose loss stops has not been heard in time. */
bool oht_estop_is_bus_lost(const struct oht_estop *estop, u64 now);
/* Does a CPU stand still? And stops if so. */
bool oht_estop_is_stalled(const struct oht_estop *estop, u64 now);
void oht_estop_check_cpus(struct oht_estop *estop, u64 now);
/* Latched or disabled: the new state has been written, outputs from before count no more. */
static inline void oht_estop_count_halt(struct oht_estop *estop)
{
	/* Pairs with oht_estop_halts(): a reader of the new count finds no older state. */
	smp_store_release(&estop->halts, estop->halts + 1);
}

/* The next entry of the journal, with what is common to all filled in. */
struct oht_safety_record *oht_estop_record(struct oht_estop *estop, u32 kind, u32 from,
					   u64 event_ns);

/* estop_inputs.c, with estop->lock held. Compares the contacts with the outputs. */
void oht_estop_check_contacts(struct oht_estop *estop, u64 now);
/* The outputs have been written low: from now on the contacts are to open. */
void oht_estop_contacts_lowered(struct oht_estop *estop, u64 low_ns);
/* OHT_CAUSE_BIT() mask of what the contacts, as last read, forbid while the outputs are low. */
u64 oht_estop_contacts_standing(const struct oht_estop *estop);

/* estop_inputs.c, with estop->lock held: only from the supervision timer, which comes regularly. */
void oht_estop_poll_button(struct oht_estop *estop, u64 now);

/*
 * estop_inputs.c: masking the interrupt of a line that storms. Decided under estop->lock, done
 * after it was dropped: once each, and the one before the other. Until then no other CPU may mask
 * the interrupt.
 */
/* Hard interrupt of that line, after oht_storm_edge() said so. */
void oht_estop_mask(struct oht_estop_channel *channel, int irq);
/* Supervision, with estop->lock held: OHT_INPUT_* of the lines to be unmasked. */
u32 oht_estop_poll_storms(struct oht_estop *estop, u64 now);
/* Supervision, without it. */
void oht_estop_unmask(struct oht_estop *estop, u32 inputs);
/* With estop->lock held: is a line masked? */
bool oht_estop_storms(const struct oht_estop *estop);

/*
 * estop_command.c, with estop->lock held: stopped -> ready if nothing stands. @tag is that of a
 * command, or NULL. 0, -ECANCELED (not stopped), -EBUSY (causes in @blocking).
 */
int oht_estop_reset_locked(struct oht_estop *estop, const u64 *tag, u64 *blocking);

/* estop_machine.c, with estop->lock held: OHT_CAUSE_BIT() mask of what the machine lacks. */
u64 oht_estop_missing(const struct oht_estop *estop);
/* Is it still there, if enabled? And stops if not. */
void oht_estop_check_machine(struct oht_estop *estop, u64 now);

/*
 * estop_machine.c: process context. The first reads the device tree. An enable is between the third
 * and the fourth, which hold estop->awake_lock: CPUs wake quickly before the outputs rise, and
 * afterwards if they have risen.
 */
int oht_estop_require_init(struct oht_estop *estop);
int oht_estop_machine_init(struct oht_estop *estop);
void oht_estop_prepare(struct oht_estop *estop);
void oht_estop_prepared(struct oht_estop *estop);
void oht_estop_machine_end(struct oht_estop *estop);

/* estop.c: hard timer interrupt. Re-reads the inputs, checks the deadman. */
void oht_estop_supervise(struct oht_estop *estop);

/* estop.c: hard interrupt, one per edge; @channel is a struct oht_estop_channel. */
irqreturn_t oht_estop_edge(int irq, void *channel);

/*
 * estop.c: lowers the outputs for good without any lock and without the clock. For panic and
 * restart only, when another CPU may have been stopped with estop->lock held. Any context.
 */
void oht_estop_cut_outputs(struct oht_estop *estop);

/*
 * estop.c: records that need no lock at any price: without a word if it is not to be had. Any
 * context. The kernel had a fault and goes on; it panics, and the outputs were cut in @from.
 */
void oht_estop_note_fault(struct oht_estop *estop);
void oht_estop_note_panic(struct oht_estop *estop, u32 from);

/* estop_gpio.c: the lines and the numbers of the device tree. Process context. */
int oht_estop_gpio_init(struct oht_estop *estop, struct device *dev);
int oht_estop_gpio_watch(struct oht_estop *estop);
void oht_estop_gpio_unwatch(struct oht_estop *estop, unsigned int channels);

/* estop_supervise.c: the timers and their places. Process context. */
void oht_estop_supervise_init(struct oht_estop *estop);
int oht_estop_supervise_start(struct oht_estop *estop);
void oht_estop_supervise_stop(struct oht_estop *estop);

/* estop_hooks.c: panic, reboot, restart, suspend. Process context. */
int oht_estop_hooks_register(struct oht_estop *estop);
void oht_estop_hooks_unregister(struct oht_estop *estop);

#endif /* OHT_ESTOP_INTERNAL_H */
