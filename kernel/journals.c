// SPDX-License-Identifier: GPL-2.0-only
#include "core.h"
#include "journals.h"

static struct oht_cycle *oht_journals_cycle(struct oht_device *oht)
{
	return oht_core_has_bus(oht) ? oht_run_cycle(oht->run) : NULL;
}

static u64 oht_journals_newest_cycle(struct oht_device *oht)
{
	struct oht_cycle *cycle = oht_journals_cycle(oht);

	return cycle ? oht_cycle_journal_seq(cycle) : 0;
}

static bool oht_journals_read_cycle(struct oht_device *oht, u64 *next, struct oht_record *record)
{
	struct oht_cycle *cycle = oht_journals_cycle(oht);

	if (!cycle || !oht_cycle_journal_read(cycle, next, &record->cycle))
		return false;
	record->time_ns = record->cycle.event_ns;
	return true;
}

static u64 oht_journals_newest_health(struct oht_device *oht)
{
	return oht_health_seq(&oht->health);
}

static bool oht_journals_read_health(struct oht_device *oht, u64 *next, struct oht_record *record)
{
	if (!oht_health_read(&oht->health, next, &record->unit))
		return false;
	record->time_ns = record->unit.changed_ns;
	return true;
}

static u64 oht_journals_newest_safety(struct oht_device *oht)
{
	return oht_estop_journal_seq(&oht->estop);
}

static bool oht_journals_read_safety(struct oht_device *oht, u64 *next, struct oht_record *record)
{
	if (!oht_estop_journal_read(&oht->estop, next, &record->safety))
		return false;
	record->time_ns = record->safety.event_ns;
	return true;
}

const struct oht_journal_source oht_journals[OHT_JOURNALS] = {
	{ OHT_RECORD_CYCLE, OHT_SUBSCRIBE_CYCLE, EPOLLIN | EPOLLRDNORM,
	  oht_journals_newest_cycle, oht_journals_read_cycle },
	{ OHT_RECORD_UNIT, OHT_SUBSCRIBE_UNITS, EPOLLIN | EPOLLRDNORM,
	  oht_journals_newest_health, oht_journals_read_health },
	{ OHT_RECORD_SAFETY, OHT_SUBSCRIBE_SAFETY, EPOLLIN | EPOLLRDNORM | EPOLLPRI,
	  oht_journals_newest_safety, oht_journals_read_safety },
};
