/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Part of linux/oht.h, whose rules hold here too: the units at the far end of the bus.
 *
 * Owns:     how a unit is treated, what is known of it, what is told of it.
 * Contexts: none; only definitions.
 * Locks:    none.
 */
#ifndef _UAPI_LINUX_OHT_UNIT_H
#define _UAPI_LINUX_OHT_UNIT_H

#include <linux/types.h>

enum oht_unit_health {
	OHT_HEALTH_UNKNOWN	= 0,	/* has not answered yet, nor failed too often */
	OHT_HEALTH_GOOD		= 1,	/* has answered; may have failed since, but not too often */
	OHT_HEALTH_DEGRADED	= 2,	/* failed too often in a row: asked once per back-off */
};

/**
 * struct oht_unit_set - how a unit is treated (OHT_IOC_UNIT_SET)
 * @size: sizeof(struct oht_unit_set)
 * @unit: 1..247
 * @retries: attempts after the first one, for transfers without a time-out of their own; 0..10
 * @degrade_after: transfers that fail in a row until it is degraded; 0: never
 * @pad: zero
 * @flags: zero
 * @timeout_us: for transfers without one of their own; 1000..oht_info.turnaround_max_us
 * @backoff_first_ms: wait before the first probe, 10..60000; 0 if @degrade_after is 0
 * @backoff_max_ms: each wait is twice the one before, at most this, @backoff_first_ms..3600000;
 *	0 if @degrade_after is 0
 * @pause_max_us: longest silence inside a reply that is waited out, 0..50000. The reply gets so
 *	much more time per byte, and so does a stop that has to wait for it. 0: a stop waits for
 *	t3.5, every other transfer for its time-out
 * @rest_us: rest of the unit: no request to it earlier than this behind the last character of its
 *	answer, 0..50000; less than t3.5 changes nothing. Other units are asked meanwhile. A stop
 *	telegram to it waits as well, and nothing goes out before that telegram
 *
 * For the controller only (EPERM), since it affects all descriptors' transfers; EOPNOTSUPP without
 * a bus; EBUSY: @pause_max_us or @rest_us would change while a plan waits or is in force, whose
 * figures were computed with them. It stays when the controller goes. The unit starts anew: health
 * unknown, no failure in a row; its counters and its learned turnarounds stay. Without this call a
 * unit is never degraded.
 *
 * A transfer fails if its last attempt does; an exception is an answer; what was cancelled, stopped
 * or never sent does not count. While a unit is degraded its transfers of the classes cyclic and
 * background end at once with OHT_DETAIL_DEGRADED, until a probe is due: then they wait for a
 * background slot, the first of them goes out, once, and if it fails so do the others. One of the
 * class command may take the place of the coming probe before that is due. So a dead unit costs
 * one time-out per back-off, whatever is asked of it. Stop telegrams always go out.
 */
struct oht_unit_set {
	__u32 size;
	__u8 unit;
	__u8 retries;
	__u8 degrade_after;
	__u8 pad;
	__u32 flags;
	__u32 timeout_us;
	__u32 backoff_first_ms;
	__u32 backoff_max_ms;
	__u32 pause_max_us;
	__u32 rest_us;
};

/* oht_unit_status.conformance[side][rule][verdict] */
enum oht_side {
	OHT_SIDE_OURS	= 0,	/* requests to the unit */
	OHT_SIDE_THEIRS	= 1,	/* what it answered */
};

enum oht_rule {
	OHT_RULE_T35	= 0,	/* at least t3.5 of silence before the frame */
	OHT_RULE_T15	= 1,	/* no more than t1.5 of silence inside it */
};

enum oht_verdict {
	OHT_VERDICT_OK		= 0,
	OHT_VERDICT_VIOLATION	= 1,	/* whatever the uncertainty of the stamps */
	OHT_VERDICT_NOT_JUDGED	= 2,	/* the stamps allow both */
};

/* oht_unit_status.flags */
#define OHT_UNIT_CONFIGURED	(1U << 0)	/* OHT_IOC_UNIT_SET was called for it */

/* Room in oht_unit_status for numbers that are not given yet. */
#define OHT_DETAILS_MAX		32
#define OHT_SIDES_MAX		2
#define OHT_RULES_MAX		4
#define OHT_VERDICTS_MAX	4

/**
 * struct oht_unit_status - a unit as the bus knows it (OHT_IOC_UNIT_GET)
 * @size: sizeof(struct oht_unit_status)
 * @unit: in: 1..247; all else is out, zero on entry
 * @health: enum oht_unit_health
 * @retries: of OHT_IOC_UNIT_SET, as are @degrade_after, @timeout_us, @backoff_first_ms and
 *	@backoff_max_ms; zero without it
 * @degrade_after: see @retries
 * @flags: OHT_UNIT_*
 * @timeout_us: see @retries
 * @backoff_first_ms: see @retries
 * @backoff_max_ms: see @retries
 * @errors_in_row: transfers that failed since it answered last
 * @backoff_ms: wait before the probe that is next, 0 if not degraded
 * @turnaround_max_ns: longest silence that was seen before an answer of it; not reset
 * @last_good_ns: when it answered last, 0: never
 * @changed_ns: when its health changed last, 0: never
 * @next_probe_ns: when a probe is due, 0 if not degraded
 * @pause_max_us: see @retries
 * @rest_us: see @retries; zero on entry
 * @bytes_stray: dropped as noise while a reply of it was awaited, those directly in front of the
 *	reply too, since the counters were reset
 * @bytes_extra: received behind a reply of it, before the silence that must follow, likewise
 * @pauses: silences longer than t3.5 inside replies that were whole all the same, likewise
 * @details: ends of attempts by enum oht_detail since the counters were reset, beyond the known
 *	ones 0
 * @conformance: frames by enum oht_side, enum oht_rule and enum oht_verdict, likewise
 *
 * EOPNOTSUPP without a bus.
 */
struct oht_unit_status {
	__u32 size;
	__u8 unit;
	__u8 health;
	__u8 retries;
	__u8 degrade_after;
	__u32 flags;
	__u32 timeout_us;
	__u32 backoff_first_ms;
	__u32 backoff_max_ms;
	__u32 errors_in_row;
	__u32 backoff_ms;
	__aligned_u64 turnaround_max_ns;
	__aligned_u64 last_good_ns;
	__aligned_u64 changed_ns;
	__aligned_u64 next_probe_ns;
	__u32 pause_max_us;
	__u32 rest_us;
	__aligned_u64 bytes_stray;
	__aligned_u64 bytes_extra;
	__aligned_u64 pauses;
	__aligned_u64 details[OHT_DETAILS_MAX];
	__aligned_u64 conformance[OHT_SIDES_MAX][OHT_RULES_MAX][OHT_VERDICTS_MAX];
};

/**
 * struct oht_unit_record - the health of a unit has changed
 * @journal_seq: counts these changes, from 1 without gaps
 * @changed_ns: when
 * @last_good_ns: when it had answered last before that, 0: never
 * @unit: 1..247
 * @from: enum oht_unit_health before
 * @to: enum oht_unit_health after: DEGRADED: lost; GOOD: found
 * @detail: enum oht_detail of the attempt that made the difference
 * @errors_in_row: transfers that had failed since it answered last
 * @reserved: zero
 *
 * Only for units with OHT_UNIT_CONFIGURED. The call that makes it does not make a record.
 */
struct oht_unit_record {
	__aligned_u64 journal_seq;
	__aligned_u64 changed_ns;
	__aligned_u64 last_good_ns;
	__u8 unit;
	__u8 from;
	__u8 to;
	__u8 detail;
	__u32 errors_in_row;
	__aligned_u64 reserved[2];
};

#endif /* _UAPI_LINUX_OHT_UNIT_H */
