// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtu_latch.h"

#include <errno.h>
#include <string.h>

#define LATCH_STATE	0x03ull		/* enum oht_stop_state */
#define LATCH_START	0x04ull		/* causes since the stop began */
#define LATCH_SOFTWARE	0x08ull
#define LATCH_FAREWELL	0x10ull
#define LATCH_CLOSE	0x20ull
#define LATCH_CAUSES	(LATCH_START | LATCH_SOFTWARE | LATCH_FAREWELL | LATCH_CLOSE)
/* The cause that began the stop, and the one of the newest stop: one of those bits, shifted. */
#define LATCH_FIRST	4
#define LATCH_NEWEST	8
#define LATCH_COUNT	0x4000ull	/* lowest bit of the number of stops */

static const struct {
	uint64_t bit;
	enum oht_stop_cause cause;
} latch_causes[] = {
	{ LATCH_START, OHT_STOPPED_BY_START },
	{ LATCH_SOFTWARE, OHT_STOPPED_BY_SOFTWARE },
	{ LATCH_FAREWELL, OHT_STOPPED_BY_FAREWELL },
	{ LATCH_CLOSE, OHT_STOPPED_BY_CLOSE },
};

#define LATCH_BITS	(sizeof(latch_causes) / sizeof(latch_causes[0]))

/* The mask of the causes whose bits are set in @bits. */
static uint64_t causes_in(uint64_t bits)
{
	uint64_t mask = 0;
	unsigned int i;

	for (i = 0; i < LATCH_BITS; i++)
		if (bits & latch_causes[i].bit)
			mask |= oht_cause_mask(latch_causes[i].cause);
	return mask;
}

/* The one cause whose bit is set in @bits, OHT_STOPPED_BY_NOTHING without one. */
static unsigned int cause_in(uint64_t bits)
{
	unsigned int i;

	for (i = 0; i < LATCH_BITS; i++)
		if (bits & latch_causes[i].bit)
			return latch_causes[i].cause;
	return OHT_STOPPED_BY_NOTHING;
}

static uint64_t bit_of(enum oht_stop_cause cause)
{
	unsigned int i;

	for (i = 0; i < LATCH_BITS; i++)
		if (latch_causes[i].cause == cause)
			return latch_causes[i].bit;
	return LATCH_SOFTWARE;
}

void rtu_latch_init(struct rtu_latch *latch, uint64_t now_ns)
{
	atomic_init(&latch->word, OHT_STATE_STOPPED | LATCH_START | LATCH_START << LATCH_FIRST);
	atomic_init(&latch->since_ns, now_ns);
	atomic_init(&latch->tag, 0);
	latch->told = 0;
}

void rtu_latch_stop(struct rtu_latch *latch, enum oht_stop_cause cause, uint64_t tag,
		    uint64_t now_ns)
{
	uint64_t bit = bit_of(cause), old = atomic_load(&latch->word);
	uint64_t new;

	do {
		new = (old & ~(LATCH_STATE | LATCH_CAUSES << LATCH_NEWEST)) | OHT_STATE_STOPPED |
		      bit | bit << LATCH_NEWEST;
		if (!(old & LATCH_CAUSES))
			new |= bit << LATCH_FIRST;
		new += LATCH_COUNT;
	} while (!atomic_compare_exchange_weak(&latch->word, &old, new));
	if ((old & LATCH_STATE) != OHT_STATE_STOPPED)
		atomic_store(&latch->since_ns, now_ns);
	atomic_store(&latch->tag, tag);
}

int rtu_latch_reset(struct rtu_latch *latch, uint64_t tag, uint64_t now_ns)
{
	uint64_t old = atomic_load(&latch->word);

	if ((old & LATCH_STATE) != OHT_STATE_STOPPED)
		return -ECANCELED;
	/* A stop that comes now changes the count: then it wins. */
	if (!atomic_compare_exchange_strong(&latch->word, &old,
					    (old & ~(LATCH_STATE | LATCH_CAUSES |
						     LATCH_CAUSES << LATCH_FIRST)) |
					    OHT_STATE_READY))
		return -EBUSY;
	atomic_store(&latch->since_ns, now_ns);
	atomic_store(&latch->tag, tag);
	return 0;
}

void rtu_latch_look(const struct rtu_latch *latch, struct oht_stop_status *status)
{
	uint64_t word = atomic_load(&latch->word);

	memset(status, 0, sizeof(*status));
	status->state = (uint32_t)(word & LATCH_STATE);
	status->since_ns = atomic_load(&latch->since_ns);
	status->journal_seq = word / LATCH_COUNT;
	status->causes = causes_in(word);
	status->first_cause = cause_in(word >> LATCH_FIRST);
}

bool rtu_latch_news(struct rtu_latch *latch, struct oht_event *event)
{
	uint64_t word = atomic_load(&latch->word);

	if (word / LATCH_COUNT == latch->told)
		return false;
	latch->told = word / LATCH_COUNT;
	memset(event, 0, sizeof(*event));
	event->type = OHT_EVENT_SAFETY;
	event->seq = latch->told;
	event->time_ns = atomic_load(&latch->since_ns);
	event->safety = (struct oht_safety_event){
		.journal_seq = latch->told,
		.event_ns = event->time_ns,
		.tag = atomic_load(&latch->tag),
		.cause = cause_in(word >> LATCH_NEWEST),
		.kind = OHT_KIND_STOP,
		.state_to = OHT_STATE_STOPPED,
	};
	return true;
}
