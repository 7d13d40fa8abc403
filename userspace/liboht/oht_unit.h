/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * liboht: how the units of the bus stand. Included by oht_client.h, whose conventions hold here as
 * well.
 *
 * Owns:     struct oht_unit_policy, struct oht_unit_view, struct oht_unit_event.
 * Contexts: any thread.
 * Locks:    none.
 */
#ifndef OHT_UNIT_H
#define OHT_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct oht_dev;

enum oht_unit_state {
	OHT_UNIT_UNKNOWN	= 0,	/* has not answered yet, nor failed too often */
	OHT_UNIT_GOOD		= 1,	/* has answered, and not failed too often since */
	OHT_UNIT_DEGRADED	= 2,	/* failed too often in a row: asked once per back-off */
};

/**
 * struct oht_unit_policy - how a unit is treated
 * @unit: 1..247
 * @retries: attempts after the first one, for requests whose timeout_us is 0; 0..10
 * @degrade_after: requests that fail in a row until it is degraded; 0: never
 * @rest_ms: no request to it earlier than this behind its answer, 0..50; others are asked meanwhile,
 *	a stop telegram to it waits for that too; 0: the silence of the bus is enough
 * @timeout_us: for requests whose own is 0; 1000..oht_dev_info.turnaround_max_us
 * @backoff_first_ms: wait before the first probe, 10..60000; 0 if @degrade_after is 0
 * @backoff_max_ms: each wait is twice the one before, at most this, up to 3600000; 0 if
 *	@degrade_after is 0
 * @pause_max_us: longest silence inside a reply that is waited out, 0..50000; a stop may have to
 *	wait for that too, per byte; 0: none
 */
struct oht_unit_policy {
	uint8_t unit;
	uint8_t retries;
	uint8_t degrade_after;
	uint8_t rest_ms;
	uint32_t timeout_us;
	uint32_t backoff_first_ms;
	uint32_t backoff_max_ms;
	uint32_t pause_max_us;
};

/* oht_unit_view.conformance[side][rule][verdict] */
enum { OHT_FRAMES_SENT, OHT_FRAMES_HEARD };
enum { OHT_GAP_T35, OHT_GAP_T15 };
enum { OHT_GAP_OK, OHT_GAP_VIOLATION, OHT_GAP_NOT_JUDGED };
/* Room for numbers that are not given yet. */
enum { OHT_FRAMES_SIDES_MAX = 2, OHT_GAP_RULES_MAX = 4, OHT_GAP_VERDICTS_MAX = 4 };

/* More than there are outcomes. */
#define OHT_OUTCOMES_MAX	32

/**
 * struct oht_unit_view - what is known of a unit
 * @policy: as it was set; all but the unit zero without
 * @configured: a policy was set
 * @state: enum oht_unit_state
 * @errors_in_row: requests that failed since it answered last
 * @backoff_ms: wait before the next probe, 0 if not degraded
 * @turnaround_max_ns: longest silence before an answer of it
 * @last_good_ns: when it answered last, 0: never
 * @changed_ns: when its state changed last, 0: never
 * @next_probe_ns: when the next probe is due, 0 if not degraded
 * @pauses: silences longer than t3.5 inside replies that were whole all the same
 * @outcomes: attempts by enum oht_outcome since the counters were reset
 * @conformance: frames by side, rule and verdict since then
 * @bytes_stray: dropped as noise while a reply of it was awaited, those directly in front of the
 *	reply too
 * @bytes_extra: received behind a reply of it
 */
struct oht_unit_view {
	struct oht_unit_policy policy;
	bool configured;
	uint8_t state;
	uint32_t errors_in_row;
	uint32_t backoff_ms;
	uint64_t turnaround_max_ns;
	uint64_t last_good_ns;
	uint64_t changed_ns;
	uint64_t next_probe_ns;
	uint64_t pauses;
	uint64_t outcomes[OHT_OUTCOMES_MAX];
	uint64_t conformance[OHT_FRAMES_SIDES_MAX][OHT_GAP_RULES_MAX][OHT_GAP_VERDICTS_MAX];
	uint64_t bytes_stray;
	uint64_t bytes_extra;
};

/**
 * struct oht_unit_event - the state of a unit with a policy has changed
 * @journal_seq: counts these changes, from 1 without gaps
 * @changed_ns: when
 * @last_good_ns: when it had answered last before that, 0: never
 * @unit: 1..247
 * @from: enum oht_unit_state before
 * @to: after; OHT_UNIT_DEGRADED: lost, OHT_UNIT_GOOD: found
 * @outcome: enum oht_outcome that made the difference
 * @errors_in_row: requests that had failed since it answered last
 */
struct oht_unit_event {
	uint64_t journal_seq;
	uint64_t changed_ns;
	uint64_t last_good_ns;
	uint8_t unit;
	uint8_t from;
	uint8_t to;
	uint8_t outcome;
	uint32_t errors_in_row;
};

/**
 * oht_dev_unit_set() - say how a unit is treated
 * @dev: handle of the controller
 * @policy: for one unit
 *
 * The unit starts anew, with state unknown. The policy stays when the controller goes. Without one
 * a unit is never degraded. While it is, requests to it end at once with OHT_OUTCOME_DEGRADED,
 * but for one per back-off that sees whether it is back.
 *
 * Return: 0, or -1 with EINVAL (a value out of its range), EPERM (not the controller), EBADF,
 * EOPNOTSUPP (no bus), ENODEV.
 * Context: any thread, no allocation, one system call.
 */
int oht_dev_unit_set(struct oht_dev *dev, const struct oht_unit_policy *policy);

/**
 * oht_dev_unit_get() - what is known of a unit
 * @dev: handle
 * @unit: 1..247
 * @view: out
 *
 * Return: 0, or -1 with EINVAL (unit), EOPNOTSUPP (no bus), ENODEV.
 * Context: any thread, no allocation, one system call.
 */
int oht_dev_unit_get_sized(struct oht_dev *dev, uint8_t unit, struct oht_unit_view *view,
			   size_t view_bytes);
static inline int oht_dev_unit_get(struct oht_dev *dev, uint8_t unit, struct oht_unit_view *view)
{
	return oht_dev_unit_get_sized(dev, unit, view, sizeof(*view));
}

/* Word for enum oht_unit_state, "unknown" also for numbers that are not listed. */
const char *oht_unit_state_name(unsigned int state);

#ifdef __cplusplus
}
#endif

#endif /* OHT_UNIT_H */
