/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a CPU that does nothing but spin with interrupts off for a while.
 * Contexts: one thread, which moves to another CPU; the spinning is done by a thread of its own.
 * Locks:    none.
 */
#ifndef STUCK_H
#define STUCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

struct stuck {
	pthread_t thread;
	int stim;
	int cpu;
	unsigned int us;
	atomic_ullong begin_ns;		/* just before; 0: not yet */
	uint64_t end_ns;		/* just after; valid once it was joined */
};

/* CPU 0 or 1; the caller goes to the other one. Returns when it is about to begin, or has. */
void stuck_begin(struct stuck *stuck, int stim, int cpu, unsigned int us);
void stuck_end(struct stuck *stuck);

#endif /* STUCK_H */
