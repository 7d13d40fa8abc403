/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     one writer's structure that any number of readers copy while it is being replaced.
 * Contexts: publish: one thread, never waits. Copy: any thread, never waits for the writer.
 * Locks:    none; a count of publications. The writer fills one slot while readers copy the other
 *           one, so that a writer that is held up half way holds no reader up. All words are atomics,
 *           so that this is no data race in the language and thread sanitizers see the order.
 */
#ifndef OHTD_BASE_SEQLOCK_H
#define OHTD_BASE_SEQLOCK_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define OHTD_SEQLOCK_TRIES	64
#define OHTD_SEQLOCK_BYTES_MAX	16384

/**
 * struct ohtd_seqlock - the two slots
 * @sequence: how often something has been published; the slot to read is the one of its last bit
 * @words: both slots, each of @size_bytes / 8 words
 * @size_bytes: of the structure
 */
struct ohtd_seqlock {
	_Atomic uint64_t sequence;
	_Atomic uint64_t *words;
	size_t size_bytes;
};

/**
 * ohtd_seqlock_init() - allocate the slots, zeroed
 * @lock: to be ended with ohtd_seqlock_fini()
 * @size_bytes: a multiple of 8, at most OHTD_SEQLOCK_BYTES_MAX
 *
 * Return: 0 or -ENOMEM.
 */
int ohtd_seqlock_init(struct ohtd_seqlock *lock, size_t size_bytes);
void ohtd_seqlock_fini(struct ohtd_seqlock *lock);

/* Writer: replaces the content by @from. */
void ohtd_seqlock_publish(struct ohtd_seqlock *lock, const void *from);

/**
 * ohtd_seqlock_copy() - the newest content
 * @lock: see there
 * @to: gets a whole publication, or is left as it was
 *
 * Return: 0, or -EAGAIN when the writer published during each of OHTD_SEQLOCK_TRIES attempts.
 */
int ohtd_seqlock_copy(const struct ohtd_seqlock *lock, void *to);

/* How often something has been published: one load. */
static inline uint64_t ohtd_seqlock_version(const struct ohtd_seqlock *lock)
{
	return atomic_load_explicit(&lock->sequence, memory_order_acquire);
}

#endif
