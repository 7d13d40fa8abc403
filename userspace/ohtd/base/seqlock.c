// SPDX-License-Identifier: GPL-2.0-or-later
#include "seqlock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BYTES	sizeof(uint64_t)

int ohtd_seqlock_init(struct ohtd_seqlock *lock, size_t size_bytes)
{
	size_t i;

	if (size_bytes > OHTD_SEQLOCK_BYTES_MAX)
		return -EINVAL;
	lock->words = malloc(2 * size_bytes);
	if (!lock->words)
		return -ENOMEM;
	lock->size_bytes = size_bytes;
	for (i = 0; i < 2 * size_bytes / WORD_BYTES; i++)
		atomic_init(&lock->words[i], 0);
	atomic_init(&lock->sequence, 0);
	return 0;
}

void ohtd_seqlock_fini(struct ohtd_seqlock *lock)
{
	free(lock->words);
	lock->words = NULL;
}

static _Atomic uint64_t *slot_of(const struct ohtd_seqlock *lock, uint64_t sequence)
{
	return lock->words + (sequence & 1) * (lock->size_bytes / WORD_BYTES);
}

/*
 * Every word is stored with release and loaded with acquire: a reader that sees a word of the next
 * publication but one also sees the count of the next publication, and so knows that its copy is
 * mixed. No load of the count moves up before a word.
 */
void ohtd_seqlock_publish(struct ohtd_seqlock *lock, const void *from)
{
	uint64_t sequence = atomic_load_explicit(&lock->sequence, memory_order_relaxed) + 1;
	_Atomic uint64_t *slot = slot_of(lock, sequence);
	const unsigned char *bytes = from;
	uint64_t word;
	size_t i;

	for (i = 0; i < lock->size_bytes / WORD_BYTES; i++) {
		memcpy(&word, bytes + i * WORD_BYTES, WORD_BYTES);
		atomic_store_explicit(&slot[i], word, memory_order_release);
	}
	atomic_store_explicit(&lock->sequence, sequence, memory_order_release);
}

/* False: something was published meanwhile, and the writer may have gone on into this slot. */
static bool copy_once(const struct ohtd_seqlock *lock, unsigned char *bytes)
{
	uint64_t before = atomic_load_explicit(&lock->sequence, memory_order_acquire);
	_Atomic uint64_t *slot = slot_of(lock, before);
	uint64_t word;
	size_t i;

	for (i = 0; i < lock->size_bytes / WORD_BYTES; i++) {
		word = atomic_load_explicit(&slot[i], memory_order_acquire);
		memcpy(bytes + i * WORD_BYTES, &word, WORD_BYTES);
	}
	return atomic_load_explicit(&lock->sequence, memory_order_relaxed) == before;
}

int ohtd_seqlock_copy(const struct ohtd_seqlock *lock, void *to)
{
	unsigned char scratch[OHTD_SEQLOCK_BYTES_MAX];
	unsigned int tries;

	for (tries = 0; tries < OHTD_SEQLOCK_TRIES; tries++) {
		if (!copy_once(lock, scratch))
			continue;
		memcpy(to, scratch, lock->size_bytes);
		return 0;
	}
	return -EAGAIN;
}
