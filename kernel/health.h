/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     the list of changes in the health of units, of which a reader keeps its place.
 * Contexts: any, hard interrupt included.
 * Locks:    health->lock (raw), for the copy of one record. Order: engine.lock -> this.
 */
#ifndef OHT_HEALTH_H
#define OHT_HEALTH_H

#include <linux/oht.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "journal.h"

/* A reader that falls further behind loses the oldest, and the sequence number shows it. */
#define OHT_HEALTH_RECORDS	64

/**
 * struct oht_health - the newest changes
 * @lock: protects the rest
 * @journal: of them
 */
struct oht_health {
	raw_spinlock_t lock;
	OHT_DECLARE_JOURNAL(struct oht_unit_record, OHT_HEALTH_RECORDS) journal;
};

void oht_health_init(struct oht_health *health);

/* Appends @record with the next number. */
void oht_health_add(struct oht_health *health, const struct oht_unit_record *record);

/* Number of the newest one, 0: none yet. */
u64 oht_health_seq(struct oht_health *health);

/**
 * oht_health_read() - copy the next record
 * @health: the list
 * @seq: in: number wanted, moved on to the oldest one kept, 0 for none; out: the one after it
 * @record: out
 *
 * Return: true if there was one.
 */
bool oht_health_read(struct oht_health *health, u64 *seq, struct oht_unit_record *record);

#endif /* OHT_HEALTH_H */
