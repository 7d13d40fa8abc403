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

	lock->words = malloc(size_bytes);
	if (!lock->words)
		return -ENOMEM;
	lock->size_bytes = size_bytes;
	for (i = 0; i < size_bytes / WORD_BYTES; i++)
		atomic_init(&lock->words[i], 0);
	atomic_init(&lock->sequence, 0);
	return 0;
}

void ohtd_seqlock_fini(struct ohtd_seqlock *lock)
{
	free(lock->words);
	lock->words = NULL;
}

/*
 * Every word is stored with release and loaded with acquire: a reader that sees a new word also
 * sees the odd count that was stored before it, and no load of the count moves up before a word.
 */
void ohtd_seqlock_publish(struct ohtd_seqlock *lock, const void *from)
{
	uint64_t sequence = atomic_load_explicit(&lock->sequence, memory_order_relaxed);
	const unsigned char *bytes = from;
	uint64_t word;
	size_t i;

	atomic_store_explicit(&lock->sequence, sequence + 1, memory_order_relaxed);
	for (i = 0; i < lock->size_bytes / WORD_BYTES; i++) {
		memcpy(&word, bytes + i * WORD_BYTES, WORD_BYTES);
		atomic_store_explicit(&lock->words[i], word, memory_order_release);
	}
	atomic_store_explicit(&lock->sequence, sequence + 2, memory_order_release);
}

static bool copy_once(const struct ohtd_seqlock *lock, unsigned char *bytes)
{
	uint64_t before = atomic_load_explicit(&lock->sequence, memory_order_acquire);
	uint64_t word;
	size_t i;

	if (before & 1)
		return false;
	for (i = 0; i < lock->size_bytes / WORD_BYTES; i++) {
		word = atomic_load_explicit(&lock->words[i], memory_order_acquire);
		memcpy(bytes + i * WORD_BYTES, &word, WORD_BYTES);
	}
	return atomic_load_explicit(&lock->sequence, memory_order_relaxed) == before;
}

int ohtd_seqlock_copy(const struct ohtd_seqlock *lock, void *to)
{
	unsigned int tries;

	for (tries = 0; tries < OHTD_SEQLOCK_TRIES; tries++)
		if (copy_once(lock, to))
			return 0;
	return -EAGAIN;
}
