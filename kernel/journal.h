/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     a ring of numbered records, and how a reader keeps its place in it. Pure.
 * Contexts: any, hard interrupt included.
 * Locks:    the ring's, held by the caller.
 */
#ifndef OHT_JOURNAL_H
#define OHT_JOURNAL_H

#include <linux/kernel.h>
#include <linux/types.h>

/*
 * True: there is a record to read. @seq: number wanted, 0: none; moved on to the oldest one that is
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

/*
 * The newest records, numbered from 1; seq is the number of the newest one, 0: none yet.
 * @record_count is a power of two: where a long has 32 bits a 64-bit number is divided by nothing
 * else.
 */
#define OHT_DECLARE_JOURNAL(record_type, record_count)			\
	struct {							\
		u64 seq;						\
		record_type records[record_count];			\
	}

/* The place of record @number. */
#define oht_journal_at(journal, number)					\
({									\
	typeof(journal) at_ = (journal);				\
									\
	&at_->records[(number) % ARRAY_SIZE(at_->records)];		\
})

/* Counts one more record, and is its place, which the caller fills in. */
#define oht_journal_next(journal)					\
({									\
	typeof(journal) next_ = (journal);				\
									\
	oht_journal_at(next_, ++next_->seq);				\
})

/*
 * Copies the record with number @wanted to @record, or the oldest one that is kept; @wanted is then
 * the number after it. False: there is none, or @wanted is 0.
 */
#define oht_journal_read(journal, wanted, record)			\
({									\
	typeof(journal) read_ = (journal);				\
	u64 *wanted_ = (wanted);					\
	bool found_ = oht_journal_seek(wanted_, read_->seq,		\
				       ARRAY_SIZE(read_->records));	\
									\
	if (found_)							\
		*(record) = *oht_journal_at(read_, (*wanted_)++);	\
	found_;								\
})

#endif /* OHT_JOURNAL_H */
