/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the cells of an analysis: hours, days or shifts, each with its sums.
 * Contexts: any thread; pure functions.
 * Locks:    none.
 */
#ifndef OHTD_ANALYTICS_CELLS_H
#define OHTD_ANALYTICS_CELLS_H

#include <stddef.h>
#include <stdint.h>

#include "settings/shifts.h"

#define OHTD_CELLS_MAX		1000	/* of one analysis */
#define OHTD_CELL_MODULES	4	/* whose health is a signal */
#define OHTD_CELL_CAUSES	32	/* enum oht_stop_cause; the last one also stands for all above */

enum ohtd_cells_by {
	OHTD_BY_HOUR,
	OHTD_BY_DAY,
	OHTD_BY_SHIFT,
	OHTD_BY_END,
};

/**
 * struct ohtd_module_sums - one module, in cycles with a known health
 * @up: it answered, also with errors
 * @down: it was lost
 * @failures: how often it was lost while it answered
 */
struct ohtd_module_sums {
	int64_t up, down, failures;
};

/**
 * struct ohtd_cell - a time and what happened in it
 * @from_ns: time of day, since 1970
 * @to_ns: behind it
 * @shift: place of the shift, OHTD_BY_SHIFT only
 * @twice_ns: time of runs in it in which an earlier run was, too
 * @way: speed without its sign, in units of the signal, times cycles; only while it moved
 * @moving: cycles in which it moved
 * @speed_known: cycles with a good speed
 * @used: battery's voltage times current out of it, in units of both signals, times cycles
 * @charged: the same into it
 * @power_known: cycles in which both are good
 * @enabled: cycles with the outputs on
 * @enabled_known: cycles in which that is known
 * @available: cycles in a state in which the robot works or can be asked to
 * @state_known: cycles with a known state
 * @late: sum of the control thread's lateness, in units of the signal
 * @late_max: greatest of them
 * @late_known: cycles with one
 * @exchanges: of the bus
 * @errors: the same without a good answer
 * @bus_known: cycles in which the counter was read
 * @modules: in the order of ohtd_figure_modules()
 * @moves_finished: moves and homings that ended as they should
 * @moves_failed: the others
 * @docks: attempts to dock
 * @docks_finished: those that succeeded
 * @commands_lost_ns: so long the commands that ended are not kept any more
 * @ending: place of the first reason of @moves_failed; -1: none
 * @stops: new stops, by cause
 * @entries_missing: entries of the journal of the stop that were not read
 */
struct ohtd_cell {
	int64_t from_ns, to_ns;
	unsigned int shift;
	int64_t twice_ns;
	int64_t way, moving, speed_known;
	int64_t used, charged, power_known;
	int64_t enabled, enabled_known;
	int64_t available, state_known;
	int64_t late, late_max, late_known;
	int64_t exchanges, errors, bus_known;
	struct ohtd_module_sums modules[OHTD_CELL_MODULES];
	int64_t moves_finished, moves_failed;
	int64_t docks, docks_finished;
	int64_t commands_lost_ns;
	int ending;
	uint32_t stops[OHTD_CELL_CAUSES];
	uint64_t entries_missing;
};

/* Adds; stops at the ends of int64_t, as only a damaged file leads there. */
void ohtd_sum(int64_t *to, int64_t value);

/* End of the cell that has @at_ns; hours, days and shifts are those of UTC. */
int64_t ohtd_cell_end(enum ohtd_cells_by by, const struct ohtd_shifts *shifts, int64_t at_ns);

/**
 * ohtd_cells_make() - the empty cells of a span; the first and the last are cut to it
 * @by: how it is divided
 * @shifts: for OHTD_BY_SHIFT
 * @from_ns: time of day, not negative
 * @to_ns: later
 * @cells: room for OHTD_CELLS_MAX; NULL: only counts
 *
 * Return: how many there are, OHTD_CELLS_MAX + 1: too many.
 */
size_t ohtd_cells_make(enum ohtd_cells_by by, const struct ohtd_shifts *shifts, int64_t from_ns,
		       int64_t to_ns, struct ohtd_cell *cells);

/* The cell of a time of day; NULL: none. @hint: place to look at first; moved on. */
struct ohtd_cell *ohtd_cell_find(struct ohtd_cell *cells, size_t count, int64_t at_ns, size_t *hint);

#endif /* OHTD_ANALYTICS_CELLS_H */
