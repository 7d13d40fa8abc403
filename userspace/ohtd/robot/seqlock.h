/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     one writer's structure that any number of readers copy while it is being replaced.
 * Contexts: publish: one thread, never waits. Copy: any thread; gives up after a bound.
 * Locks:    none; a sequence count, odd while writing. All words are atomics, so that this is no
 *           data race in the language and thread sanitizers see the order.
 */
#ifndef OHTD_ROBOT_SEQLOCK_H
#define OHTD_ROBOT_SEQLOCK_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define OHTD_SEQLOCK_TRIES	64

/* @words points to @size_bytes / 8 of them. */
struct ohtd_seqlock {
	_Atomic uint64_t sequence;
	_Atomic uint64_t *words;
	size_t size_bytes;
};

/* Allocates the words, zeroed; @size_bytes is a multiple of 8. 0 or -ENOMEM. */
int ohtd_seqlock_init(struct ohtd_seqlock *lock, size_t size_bytes);
void ohtd_seqlock_fini(struct ohtd_seqlock *lock);

/* Writer: replaces the content by @from. */
void ohtd_seqlock_publish(struct ohtd_seqlock *lock, const void *from);

/* Reader: copies to @to; 0, or -EAGAIN after OHTD_SEQLOCK_TRIES disturbed attempts. */
int ohtd_seqlock_copy(const struct ohtd_seqlock *lock, void *to);

/* How often something has been published: one load. */
static inline uint64_t ohtd_seqlock_version(const struct ohtd_seqlock *lock)
{
	return atomic_load_explicit(&lock->sequence, memory_order_acquire) / 2;
}

#endif
