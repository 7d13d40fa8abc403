/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     what the engine knows of each unit, and how it treats one that does not answer.
 * Contexts: said at each call; the first group is for the rest of the engine: interrupts off.
 * Locks:    engine.lock: held for the first group, taken by the second.
 */
#ifndef OHT_ENGINE_UNIT_H
#define OHT_ENGINE_UNIT_H

#include <linux/types.h>
#include <linux/oht.h>

struct oht_engine;
struct oht_xfer;

#define OHT_ENGINE_DETAILS	(OHT_DETAIL_PAUSED + 1)
/* Numbers that enum oht_side, enum oht_rule and enum oht_verdict have. */
#define OHT_ENGINE_SIDES	(OHT_SIDE_THEIRS + 1)
#define OHT_ENGINE_RULES	(OHT_RULE_T15 + 1)
#define OHT_ENGINE_VERDICTS	(OHT_VERDICT_NOT_JUDGED + 1)

/**
 * struct oht_engine_policy - how a unit is treated; see struct oht_unit_set
 * @set: user space has set it
 * @retries: for transfers without a time-out of their own
 * @degrade_after: transfers that fail in a row until it is degraded, 0: never
 * @timeout_us: for transfers without one of their own
 * @backoff_first_ms: wait before the first probe
 * @backoff_max_ms: longest wait
 * @pause_max_us: longest silence inside an answer that is waited out, 0: none
 * @rest_us: no request to it earlier than this behind its answer, 0: t3.5 is enough
 */
struct oht_engine_policy {
	bool set;
	u8 retries;
	u8 degrade_after;
	u32 timeout_us;
	u32 backoff_first_ms;
	u32 backoff_max_ms;
	u32 pause_max_us;
	u32 rest_us;
};

/* A unit may take long to write what it reads at once. */
enum oht_engine_kind {
	OHT_KIND_READ = 0,
	OHT_KIND_WRITE,		/* raw requests too: their effect is not known */
	OHT_KINDS
};

/* A turnaround is forgotten by so many answers behind it, or twice as many at most. */
#define OHT_LEARN_ANSWERS	256

/**
 * struct oht_engine_learned - how long a unit is silent before answers of one kind
 * @before_ns: longest of the last OHT_LEARN_ANSWERS answers that were counted in full
 * @longest_ns: longest of those since
 * @answers: how many they are
 */
struct oht_engine_learned {
	u64 before_ns;
	u64 longest_ns;
	u32 answers;
};

/**
 * struct oht_engine_unit - one unit
 * @policy: as set; all zero: never degraded
 * @health: enum oht_unit_health
 * @errors_in_row: transfers that failed since it answered last
 * @backoff_ms: the present wait, 0 if not degraded
 * @probe_from_ns: from here on a command may take the place of the coming probe
 * @next_probe_ns: from here on any transfer may be that probe
 * @rest_until_ns: no request to it before this
 * @changed_ns: when @health changed last
 * @last_good_ns: when it answered last
 * @turnaround_max_ns: longest silence before an answer of it, 0: never answered; never reset
 * @learned: by enum oht_engine_kind, what a stop gives it
 * @pauses: longer than t3.5, inside answers that were whole all the same
 * @bytes_stray: dropped as noise while its answer was awaited
 * @bytes_extra: received after its answer, before the silence that must follow
 * @details: ends of attempts by enum oht_detail
 * @meter: frames by enum oht_side, enum oht_rule, enum oht_verdict
 */
struct oht_engine_unit {
	struct oht_engine_policy policy;
	u8 health;
	u32 errors_in_row;
	u32 backoff_ms;
	u64 probe_from_ns;
	u64 next_probe_ns;
	u64 rest_until_ns;
	u64 changed_ns;
	u64 last_good_ns;
	u64 turnaround_max_ns;
	struct oht_engine_learned learned[OHT_KINDS];
	u64 pauses;
	u64 bytes_stray;
	u64 bytes_extra;
	u64 details[OHT_ENGINE_DETAILS];
	u64 meter[OHT_ENGINE_SIDES][OHT_ENGINE_RULES][OHT_ENGINE_VERDICTS];
};

/* ---- for the engine itself ---- */

/* Gives @x the unit's time-out and retries if it has none. -EINVAL: the unit has none either. */
int oht_engine_unit_fill(struct oht_engine *e, struct oht_xfer *x);

/* False: its unit is degraded, and it is not the turn of @x to see whether it is back. */
bool oht_engine_unit_admits(struct oht_engine *e, const struct oht_xfer *x, u64 now_ns);

/* In which class (enum oht_engine_class) @x waits: what probes waits behind all of its kind. */
unsigned int oht_engine_unit_class(const struct oht_engine *e, const struct oht_xfer *x);

bool oht_engine_unit_is_degraded(const struct oht_engine *e, u8 unit);

/*
 * An attempt at the present request has ended. @forgiven: a failure does not count: another attempt
 * follows, or it was a stop telegram, which waits for less than other transfers.
 */
void oht_engine_unit_ended(struct oht_engine *e, u8 detail, bool forgiven);

/*
 * The rest of the unit that was asked last begins behind the last character on the line that can be
 * the unit's, be it the end of an answer that comes too late.
 */
void oht_engine_unit_rest(struct oht_engine *e);

/* The present request was answered @turnaround_ns after its end. */
void oht_engine_unit_learn(struct oht_engine *e, u64 turnaround_ns);

/* Longest lately before an answer of @unit to a write or, if none was answered, or not, a read. */
u64 oht_engine_unit_known_ns(const struct oht_engine *e, u8 unit, bool writes);

/*
 * How long a stop takes the silence of @unit for a wait. A unit that never answered is probably
 * absent: the longest of all reads lately.
 */
u64 oht_engine_unit_silence_ns(const struct oht_engine *e, u8 unit, bool writes);

/* ---- for its owner ---- */

/**
 * oht_engine_set_policy() - say how a unit is treated, and begin anew with it
 * @e: engine
 * @unit: 1..247
 * @policy: checked by the caller; copied
 *
 * Any context, takes the engine lock. Transfers that wait already keep waiting.
 *
 * Return: 0, -EBUSY (pause_max_us or rest_us would change while a plan is in force).
 */
int oht_engine_set_policy(struct oht_engine *e, u8 unit, const struct oht_engine_policy *policy);

/* Copy of what is known of @unit, 1..247. Any context, takes the engine lock. */
void oht_engine_get_unit(struct oht_engine *e, u8 unit, struct oht_engine_unit *copy);

#endif /* OHT_ENGINE_UNIT_H */
