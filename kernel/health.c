// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include "health.h"

void oht_health_init(struct oht_health *health)
{
	raw_spin_lock_init(&health->lock);
}

void oht_health_add(struct oht_health *health, const struct oht_unit_record *record)
{
	struct oht_unit_record *slot;
	unsigned long flags;

	raw_spin_lock_irqsave(&health->lock, flags);
	slot = oht_journal_next(&health->journal);
	*slot = *record;
	slot->journal_seq = health->journal.seq;
	raw_spin_unlock_irqrestore(&health->lock, flags);
}

u64 oht_health_seq(struct oht_health *health)
{
	unsigned long flags;
	u64 seq;

	raw_spin_lock_irqsave(&health->lock, flags);
	seq = health->journal.seq;
	raw_spin_unlock_irqrestore(&health->lock, flags);
	return seq;
}

bool oht_health_read(struct oht_health *health, u64 *seq, struct oht_unit_record *record)
{
	unsigned long flags;
	bool found;

	raw_spin_lock_irqsave(&health->lock, flags);
	found = oht_journal_read(&health->journal, seq, record);
	raw_spin_unlock_irqrestore(&health->lock, flags);
	return found;
}
