// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtu_latch.h"

#include <errno.h>
#include <string.h>

#define NS_PER_MS	1000000ull

#define LATCH_STATE	0x03ull		/* enum oht_stop_state */
#define LATCH_START	0x04ull		/* causes since the stop began */
#define LATCH_SOFTWARE	0x08ull
#define LATCH_FAREWELL	0x10ull
#define LATCH_CLOSE	0x20ull
#define LATCH_DEADMAN	0x40ull
#define LATCH_CAUSES	(LATCH_START | LATCH_SOFTWARE | LATCH_FAREWELL | LATCH_CLOSE | LATCH_DEADMAN)
/* The cause that began the stop, and the one of the newest stop: one of those bits, shifted. */
#define LATCH_FIRST	5
#define LATCH_NEWEST	10
/* The number of stops, 32 bits, and above it that of disables. */
#define LATCH_STOPS	17
#define LATCH_DISABLES	49

static const struct {
	uint64_t bit;
	enum oht_stop_cause cause;
} latch_causes[] = {
	{ LATCH_START, OHT_STOPPED_BY_START },
	{ LATCH_SOFTWARE, OHT_STOPPED_BY_SOFTWARE },
	{ LATCH_FAREWELL, OHT_STOPPED_BY_FAREWELL },
	{ LATCH_CLOSE, OHT_STOPPED_BY_CLOSE },
	{ LATCH_DEADMAN, OHT_STOPPED_BY_DEADMAN },
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

static unsigned int state_in(uint64_t word)
{
	return (unsigned int)(word & LATCH_STATE);
}

static uint64_t stops_in(uint64_t word)
{
	return (word >> LATCH_STOPS) & UINT32_MAX;
}

static uint64_t epoch_in(uint64_t word)
{
	return word >> LATCH_STOPS;
}

void rtu_latch_init(struct rtu_latch *latch, bool outputs, uint64_t now_ns)
{
	atomic_init(&latch->word, OHT_STATE_STOPPED | LATCH_START | LATCH_START << LATCH_FIRST);
	atomic_init(&latch->since_ns, now_ns);
	atomic_init(&latch->tag, 0);
	atomic_init(&latch->is_controller, false);
	atomic_init(&latch->deadman_ms, 0);
	atomic_init(&latch->heartbeat_ns, now_ns);
	latch->outputs = outputs;
	latch->told = 0;
	latch->state_told = OHT_STATE_STOPPED;
}

/* ---- the controller ---- */

int rtu_latch_take(struct rtu_latch *latch, uint32_t *deadman_ms, uint64_t now_ns)
{
	uint32_t period_ms = 0;

	if (latch->outputs) {
		period_ms = deadman_ms && *deadman_ms ? *deadman_ms : RTU_DEADMAN_DEFAULT_MS;
		if (period_ms < RTU_DEADMAN_MIN_MS || period_ms > RTU_DEADMAN_MAX_MS)
			return -EINVAL;
	}
	if (deadman_ms)
		*deadman_ms = period_ms;
	atomic_store(&latch->heartbeat_ns, now_ns);
	atomic_store(&latch->deadman_ms, period_ms);
	atomic_store(&latch->is_controller, true);
	return 0;
}

bool rtu_latch_leave(struct rtu_latch *latch, enum oht_stop_cause cause, uint64_t now_ns)
{
	if (!atomic_exchange(&latch->is_controller, false))
		return false;
	atomic_store(&latch->deadman_ms, 0);
	rtu_latch_stop(latch, cause, 0, now_ns);
	return true;
}

int rtu_latch_heartbeat(struct rtu_latch *latch, uint64_t now_ns)
{
	if (!atomic_load(&latch->is_controller))
		return -EPERM;
	atomic_store(&latch->heartbeat_ns, now_ns);
	return 0;
}

/* When the heartbeat is late, UINT64_MAX: never. */
static uint64_t late_ns(const struct rtu_latch *latch)
{
	uint32_t period_ms = atomic_load(&latch->deadman_ms);

	return period_ms ? atomic_load(&latch->heartbeat_ns) + period_ms * NS_PER_MS : UINT64_MAX;
}

uint64_t rtu_latch_watch(struct rtu_latch *latch, uint64_t now_ns, bool *stopped)
{
	uint64_t until_ns = late_ns(latch);

	*stopped = false;
	if (rtu_latch_state(latch) == OHT_STATE_STOPPED)
		return UINT64_MAX;
	if (now_ns < until_ns)
		return until_ns;
	rtu_latch_stop(latch, OHT_STOPPED_BY_DEADMAN, 0, now_ns);
	*stopped = true;
	return UINT64_MAX;
}

/* ---- the states ---- */

void rtu_latch_stop(struct rtu_latch *latch, enum oht_stop_cause cause, uint64_t tag,
		    uint64_t now_ns)
{
	uint64_t bit = bit_of(cause), old = atomic_load(&latch->word);
	uint64_t new;

	do {
		/* The event of the stop has both, so they are stored before the stop can be seen. */
		if (state_in(old) != OHT_STATE_STOPPED)
			atomic_store(&latch->since_ns, now_ns);
		atomic_store(&latch->tag, tag);
		new = (old & ~(LATCH_STATE | LATCH_CAUSES << LATCH_NEWEST)) | OHT_STATE_STOPPED |
		      bit | bit << LATCH_NEWEST;
		if (!(old & LATCH_CAUSES))
			new |= bit << LATCH_FIRST;
		/* Behind the last of 32 bits the count begins anew and leaves the disables alone. */
		new = (new & ~(UINT32_MAX * (1ull << LATCH_STOPS))) |
		      ((stops_in(old) + 1) & UINT32_MAX) << LATCH_STOPS;
	} while (!atomic_compare_exchange_weak(&latch->word, &old, new));
}

static void note_act(struct rtu_latch *latch, enum oht_stop_state state, uint64_t tag, uint64_t now_ns)
{
	atomic_store(&latch->since_ns, now_ns);
	atomic_store(&latch->tag, tag);
	latch->state_told = state;
}

int rtu_latch_reset(struct rtu_latch *latch, uint64_t tag, uint64_t *blocking, uint64_t now_ns)
{
	uint64_t old = atomic_load(&latch->word);

	*blocking = 0;
	if (!atomic_load(&latch->is_controller))
		return -EPERM;
	if (state_in(old) != OHT_STATE_STOPPED)
		return -ECANCELED;
	if (now_ns >= late_ns(latch)) {
		*blocking = oht_cause_mask(OHT_STOPPED_BY_DEADMAN);
		return -EBUSY;
	}
	/* A stop that comes now changes the count: then it wins. */
	if (!atomic_compare_exchange_strong(&latch->word, &old,
					    (old & ~(LATCH_STATE | LATCH_CAUSES |
						     LATCH_CAUSES << LATCH_FIRST)) |
					    OHT_STATE_READY))
		return -EBUSY;
	note_act(latch, OHT_STATE_READY, tag, now_ns);
	return 0;
}

int rtu_latch_enable(struct rtu_latch *latch, uint64_t tag, uint64_t *blocking, uint64_t now_ns)
{
	uint64_t old = atomic_load(&latch->word);

	*blocking = 0;
	if (!latch->outputs)
		return -EOPNOTSUPP;
	if (!atomic_load(&latch->is_controller))
		return -EPERM;
	if (state_in(old) != OHT_STATE_READY ||
	    !atomic_compare_exchange_strong(&latch->word, &old,
					    (old & ~LATCH_STATE) | OHT_STATE_ENABLED)) {
		*blocking = causes_in(old);
		return -ECANCELED;
	}
	note_act(latch, OHT_STATE_ENABLED, tag, now_ns);
	return 0;
}

int rtu_latch_disable(struct rtu_latch *latch, uint64_t tag, uint64_t now_ns)
{
	uint64_t old = atomic_load(&latch->word);

	if (latch->outputs && !atomic_load(&latch->is_controller))
		return -EPERM;
	/* Behind the last of the upper bits their count begins anew. */
	if (state_in(old) != OHT_STATE_ENABLED ||
	    !atomic_compare_exchange_strong(&latch->word, &old,
					    ((old & ~LATCH_STATE) | OHT_STATE_READY) +
						    (1ull << LATCH_DISABLES)))
		return -ECANCELED;
	note_act(latch, OHT_STATE_READY, tag, now_ns);
	return 0;
}

/* ---- looking ---- */

unsigned int rtu_latch_state(const struct rtu_latch *latch)
{
	return state_in(atomic_load(&latch->word));
}

uint64_t rtu_latch_epoch(const struct rtu_latch *latch)
{
	return epoch_in(atomic_load(&latch->word));
}

bool rtu_latch_may_write(const struct rtu_latch *latch, uint64_t epoch)
{
	uint64_t word = atomic_load(&latch->word);

	return state_in(word) == OHT_STATE_ENABLED && epoch_in(word) == epoch;
}

bool rtu_gate_is_open(const struct rtu_gate *gate)
{
	uint64_t word = gate ? atomic_load(&gate->latch->word) : 0;

	return !gate || (state_in(word) != OHT_STATE_STOPPED && epoch_in(word) == gate->epoch);
}

void rtu_latch_look(const struct rtu_latch *latch, struct oht_stop_status *status)
{
	uint64_t word = atomic_load(&latch->word);

	memset(status, 0, sizeof(*status));
	status->state = state_in(word);
	status->since_ns = atomic_load(&latch->since_ns);
	status->journal_seq = stops_in(word);
	status->causes = causes_in(word);
	status->first_cause = cause_in(word >> LATCH_FIRST);
	status->is_controller = atomic_load(&latch->is_controller);
	status->has_controller = status->is_controller;
	status->deadman_ms = atomic_load(&latch->deadman_ms);
	if (state_in(word) == OHT_STATE_ENABLED)
		status->outputs = OHT_OUT_ENABLE_1 | OHT_OUT_ENABLE_2;
}

bool rtu_latch_news(struct rtu_latch *latch, struct oht_event *event)
{
	uint64_t word = atomic_load(&latch->word);
	bool begins = latch->state_told != OHT_STATE_STOPPED;
	unsigned int first = cause_in(word >> LATCH_FIRST), newest = cause_in(word >> LATCH_NEWEST);

	if (stops_in(word) == latch->told)
		return false;
	latch->told = stops_in(word);
	memset(event, 0, sizeof(*event));
	event->type = OHT_EVENT_SAFETY;
	event->seq = latch->told;
	event->time_ns = atomic_load(&latch->since_ns);
	event->safety = (struct oht_safety_event){
		.journal_seq = latch->told,
		.event_ns = event->time_ns,
		.tag = atomic_load(&latch->tag),
		.cause = begins && first ? first : newest,
		.causes = causes_in(word),
		.kind = OHT_KIND_STOP,
		.state_from = latch->state_told,
		.state_to = OHT_STATE_STOPPED,
	};
	latch->state_told = OHT_STATE_STOPPED;
	return true;
}
