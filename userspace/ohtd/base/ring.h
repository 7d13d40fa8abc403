/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the two counters of a bounded ring between exactly one writer and one reader thread.
 * Contexts: writer calls from one thread, reader calls from one thread, both at the same time.
 * Locks:    none; never waits, never allocates. The slots are an array of the user's.
 */
#ifndef OHTD_BASE_RING_H
#define OHTD_BASE_RING_H

#include <stdatomic.h>
#include <stdint.h>

/* Zeroed is empty, but for @size: number of slots, a power of two. */
struct ohtd_ring {
	uint32_t size;
	_Atomic uint32_t written;	/* writer counts up */
	_Atomic uint32_t read;		/* reader counts up */
};

/* Writer: index of the slot to fill, -1 when the ring is full. */
static inline int ohtd_ring_space(struct ohtd_ring *ring)
{
	uint32_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
	uint32_t read = atomic_load_explicit(&ring->read, memory_order_acquire);

	return written - read == ring->size ? -1 : (int)(written & (ring->size - 1));
}

/* Writer: the slot of ohtd_ring_space() is filled. */
static inline void ohtd_ring_put(struct ohtd_ring *ring)
{
	uint32_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);

	atomic_store_explicit(&ring->written, written + 1, memory_order_release);
}

/* Reader: index of the oldest filled slot, -1 when the ring is empty. */
static inline int ohtd_ring_next(struct ohtd_ring *ring)
{
	uint32_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
	uint32_t written = atomic_load_explicit(&ring->written, memory_order_acquire);

	return written == read ? -1 : (int)(read & (ring->size - 1));
}

/* Reader: done with the slot of ohtd_ring_next(). */
static inline void ohtd_ring_done(struct ohtd_ring *ring)
{
	uint32_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);

	atomic_store_explicit(&ring->read, read + 1, memory_order_release);
}

#endif
