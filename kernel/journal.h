/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     how a reader keeps its place in a ring of numbered records. Pure.
 * Contexts: any, hard interrupt included.
 * Locks:    the ring's, held by whoever calls.
 */
#ifndef OHT_JOURNAL_H
#define OHT_JOURNAL_H

#include <linux/types.h>

/*
 * Is there something to read? @seq: number wanted, 0: none; moved on to the oldest one that is
 * still there. @newest: number of the newest record, 0: none yet. @kept: how many the ring holds.
 */
static inline bool oht_journal_seek(u64 *seq, u64 newest, u64 kept)
{
	if (!*seq || *seq > newest)
		return false;
	if (newest - *seq >= kept)
		*seq = newest - kept + 1;
	return true;
}

#endif /* OHT_JOURNAL_H */
