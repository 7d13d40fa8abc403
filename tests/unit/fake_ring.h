/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal of a driver in shared memory, behind the library's system calls.
 *
 * Owns:     the ring, and the one descriptor that a process may have.
 * Contexts: any process and thread of the test; one descriptor's calls from one thread.
 * Locks:    a spin lock in the shared memory.
 *
 * As in the kernel: the newest 256 entries are kept, and a descriptor says from which one on it wants
 * them.
 */
#ifndef FAKE_RING_H
#define FAKE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <linux/oht.h>

#include "oht_client.h"

#define FAKE_KEPT	OHT_SAFETY_RECORDS_MAX

/* The driver: shared with the processes that are killed. */
struct fake_ring {
	atomic_flag lock;
	atomic_bool present;
	_Atomic uint32_t generation;
	uint64_t seq;
	struct oht_safety_record ring[FAKE_KEPT];
	atomic_uint subscriptions;
	int wake_fd;
};

extern struct fake_ring *fake_ring;

/* Make and install it, with a driver bound; take it away. */
void fake_ring_install(void);
void fake_ring_remove(void);

/* A driver is bound (again): its entries begin at 1. */
void fake_ring_bind(void);
/* Entry n happened at n * 1000 ns and has the tag n * 3. */
void fake_ring_add(unsigned int count);
/* For ohtd_recorder_setup. */
int fake_ring_identify(struct oht_dev *dev, uint64_t *device);

#endif /* FAKE_RING_H */
