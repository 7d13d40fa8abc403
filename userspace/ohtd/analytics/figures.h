/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the figures that are made of values: which signals each needs, and what a column adds to it.
 * Contexts: any thread; pure functions.
 * Locks:    none.
 *
 * A column is added only where it says exactly what all its samples would have said; where it does
 * not, finer columns are read instead, and in the end the samples. So a sum does not depend on
 * the level from which it was made.
 */
#ifndef OHTD_ANALYTICS_FIGURES_H
#define OHTD_ANALYTICS_FIGURES_H

#include <stdbool.h>

#include "analytics/cells.h"
#include "history/walk.h"

/* Faster than this is moving, either way: an encoder that jitters at rest travels no distance. */
#define OHTD_STANDING_MM_S	2

enum ohtd_figures {
	OHTD_FIGURE_SPEED,
	OHTD_FIGURE_POWER,
	OHTD_FIGURE_ENABLED,
	OHTD_FIGURE_STATE,
	OHTD_FIGURE_LATE,
	OHTD_FIGURE_EXCHANGES,
	OHTD_FIGURE_ERRORS,
	OHTD_FIGURE_MODULES,	/* the first of OHTD_CELL_MODULES */
	OHTD_FIGURES = OHTD_FIGURE_MODULES + OHTD_CELL_MODULES,
};

/**
 * struct ohtd_figure_memory - what a figure keeps from one column of a run to the next
 * @begun: @greatest is known
 * @up: the module answered by then
 * @greatest: value of the counter so far
 */
struct ohtd_figure_memory {
	bool begun, up;
	int64_t greatest;
};

/**
 * struct ohtd_figure - one figure
 * @signals: enum ohtd_telemetry of each
 * @count: of @signals
 * @module: of OHTD_FIGURE_MODULES on: its place
 * @tells: does a column of so many cycles, one of each signal, say all? Of one cycle it always does
 * @add: adds it to the cell; called for the columns of a run in their order
 */
struct ohtd_figure {
	unsigned int signals[OHTD_WALK_SIGNALS];
	unsigned int count;
	unsigned int module;
	bool (*tells)(const struct ohtd_column *columns, int64_t cycles);
	void (*add)(const struct ohtd_figure *figure, struct ohtd_cell *cell,
		    struct ohtd_figure_memory *memory, const struct ohtd_column *columns);
};

/* By enum ohtd_figures. */
extern const struct ohtd_figure ohtd_figures[OHTD_FIGURES];

/* Name of the module at a place of ohtd_cell.modules. */
const char *ohtd_figure_module(unsigned int place);

/* Sums of a cell in units of people: m, Wh. */
double ohtd_cell_distance_m(const struct ohtd_cell *cell);
double ohtd_cell_energy_wh(int64_t power);
/* Seconds of so many cycles. */
double ohtd_cell_s(int64_t cycles);
/* Time of the cell without values, if they are known in so many cycles. */
double ohtd_cell_unknown_s(const struct ohtd_cell *cell, int64_t cycles);

#endif /* OHTD_ANALYTICS_FIGURES_H */
