/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the walk through all samples of a span, one cycle after the other, in constant memory.
 * Contexts: a thread that may wait (worker); one walk belongs to one thread at a time.
 * Locks:    as history.h, for each piece.
 *
 * Between two pieces nothing is held: neither a connection of the store nor a lock. The place in
 * the walk is a run and a cycle, so that a clock that is set repeats nothing and leaves nothing out.
 */
#ifndef OHTD_HISTORY_EXPORT_H
#define OHTD_HISTORY_EXPORT_H

#include <stddef.h>
#include <stdint.h>

#include "robot/telemetry.h"
#include "history/rows.h"

struct ohtd_export;
struct ohtd_history;

/* Quality of a sample that was kept and cannot be read any more, behind those of telemetry. */
#define OHTD_EXPORT_DAMAGED	OHTD_TELEMETRY_QUALITIES

/**
 * struct ohtd_export_query - what is asked for
 * @from_ns: the first time of day, since 1970
 * @to_ns: behind the last one
 * @begin_run: the run in which it begins, whatever its times; @from_ns is then for those behind it. 0: none
 * @begin_cycle: first cycle in that run
 * @signals: enum ohtd_telemetry of each
 * @count: of @signals
 */
struct ohtd_export_query {
	int64_t from_ns, to_ns;
	int64_t begin_run, begin_cycle;
	unsigned int signals[OHTD_TELEMETRY_SIGNALS];
	unsigned int count;
};

/**
 * struct ohtd_export_item - a cycle with its samples, or a time without any
 * @run: with @cycle the place from which a walk begins with this item again; 0: in front of all runs
 * @cycle: the first one without a sample, or the one of the samples
 * @time_ns: of the cycle, time of day
 * @to_ns: where the time without samples ends; only with @reason
 * @reason: why there are none; "": this is a cycle with samples
 * @values: of the first signal; that of signal i is values[i * stride]. There until the next call
 * @quality: the same, enum ohtd_telemetry_quality or OHTD_EXPORT_DAMAGED; @values says nothing
 *	of OHTD_TELEMETRY_NONE and above
 * @stride: see @values
 */
struct ohtd_export_item {
	int64_t run, cycle, time_ns, to_ns;
	char reason[OHTD_HISTORY_REASON_BYTES];
	const int64_t *values;
	const uint8_t *quality;
	size_t stride;
};

/* NULL: out of memory. The query is copied. */
struct ohtd_export *ohtd_export_begin(struct ohtd_history *history,
				      const struct ohtd_export_query *query);

/**
 * ohtd_export_next() - the next cycle in which one of the signals had a value, or the next gap
 * @export: where
 * @item: filled
 *
 * Return: 1, 0 at the end, -EAGAIN: much has been read without finding anything, ask again; or a
 * negative errno of the store: -ENOENT while its file is not open, -ENODATA: @begin_run is not kept.
 */
int ohtd_export_next(struct ohtd_export *export, struct ohtd_export_item *item);

/* NULL is allowed. */
void ohtd_export_end(struct ohtd_export *export);

#endif /* OHTD_HISTORY_EXPORT_H */
