/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     the table of the journals of a device, for the files that pass records on.
 * Contexts: process.
 * Locks:    those of the journals, for the copy of one record.
 */
#ifndef OHT_JOURNALS_H
#define OHT_JOURNALS_H

#include <linux/oht.h>
#include <linux/poll.h>

struct oht_device;

/* Of the plan, of the units' health, of the stop. */
#define OHT_JOURNALS	3

/**
 * struct oht_journal_source - one journal
 * @type: of its records, enum oht_record_type
 * @wanted: its bit, OHT_SUBSCRIBE_*
 * @events: what poll() says when it has something
 * @newest: number of its newest record, 0: none yet
 * @read: copies record *next, or the oldest one after it that is still there, with its time;
 *	*next becomes the number after that; false if there is none
 */
struct oht_journal_source {
	u32 type;
	u32 wanted;
	__poll_t events;
	u64 (*newest)(struct oht_device *oht);
	bool (*read)(struct oht_device *oht, u64 *next, struct oht_record *record);
};

/* Of records of the same time, the last one here comes first. */
extern const struct oht_journal_source oht_journals[OHT_JOURNALS];

#endif /* OHT_JOURNALS_H */
