// SPDX-License-Identifier: GPL-2.0-or-later
#include "analytics/figures.h"

#include "base/clock.h"
#include "robot/codes.h"
#include "robot/model.h"
#include "robot/telemetry.h"

#define CYCLE_S		(OHTD_CYCLE_MS / 1e3)

/* ---- speed: distance and time of motion ---- */

static bool speed_tells(const struct ohtd_column *speed, int64_t cycles)
{
	(void)cycles;
	return !speed->count || speed->min > OHTD_STANDING_MM_S || speed->max < -OHTD_STANDING_MM_S ||
	       (speed->min >= -OHTD_STANDING_MM_S && speed->max <= OHTD_STANDING_MM_S);
}

static void speed_add(const struct ohtd_figure *figure, struct ohtd_cell *cell,
		      struct ohtd_figure_memory *memory, const struct ohtd_column *speed)
{
	(void)figure;
	(void)memory;
	if (!speed->count)
		return;
	ohtd_sum(&cell->speed_known, speed->count);
	if (speed->min <= OHTD_STANDING_MM_S && speed->max >= -OHTD_STANDING_MM_S)
		return;
	ohtd_sum(&cell->moving, speed->count);
	/* A sum of a damaged file may be INT64_MIN. */
	ohtd_sum(&cell->way, speed->sum >= 0 ? speed->sum : speed->sum == INT64_MIN ? INT64_MAX :
							       -speed->sum);
}

/* ---- power: energy ---- */

/* The product of each sample summed up, if one of the two is constant. False: it is too great. */
static bool power_of(const struct ohtd_column *columns, int64_t *power)
{
	const struct ohtd_column *v = &columns[0], *a = &columns[1];

	if (v->min == v->max)
		return !__builtin_mul_overflow(v->min, a->sum, power);
	return !__builtin_mul_overflow(a->min, v->sum, power);
}

/*
 * The mean of a product is not the product of means: one of the two must be constant. What goes
 * in and out is summed up apart: the sign must not change.
 */
static bool power_tells(const struct ohtd_column *columns, int64_t cycles)
{
	const struct ohtd_column *v = &columns[0], *a = &columns[1];
	int64_t power;

	if (!v->count || !a->count || cycles == 1)
		return true;
	return v->count == cycles && a->count == cycles && v->min >= 0 &&
	       (a->min >= 0 || a->max <= 0) && (v->min == v->max || a->min == a->max) &&
	       power_of(columns, &power);
}

static void power_add(const struct ohtd_figure *figure, struct ohtd_cell *cell,
		      struct ohtd_figure_memory *memory, const struct ohtd_column *columns)
{
	int64_t power;

	(void)figure;
	(void)memory;
	if (!columns[0].count || !columns[1].count || !power_of(columns, &power))
		return;
	ohtd_sum(&cell->power_known, columns[0].count);
	if (power > 0)
		ohtd_sum(&cell->charged, power);
	else
		ohtd_sum(&cell->used, power == INT64_MIN ? INT64_MAX : -power);
}

/* ---- what a column always says ---- */

static bool always_tells(const struct ohtd_column *column, int64_t cycles)
{
	(void)column;
	(void)cycles;
	return true;
}

static void enabled_add(const struct ohtd_figure *figure, struct ohtd_cell *cell,
			struct ohtd_figure_memory *memory, const struct ohtd_column *enabled)
{
	(void)figure;
	(void)memory;
	ohtd_sum(&cell->enabled, enabled->sum);
	ohtd_sum(&cell->enabled_known, enabled->count);
}

static void late_add(const struct ohtd_figure *figure, struct ohtd_cell *cell,
		     struct ohtd_figure_memory *memory, const struct ohtd_column *late)
{
	(void)figure;
	(void)memory;
	if (!late->count)
		return;
	ohtd_sum(&cell->late, late->sum);
	ohtd_sum(&cell->late_known, late->count);
	if (late->max > cell->late_max)
		cell->late_max = late->max;
}

/*
 * By how much the counter has passed the greatest value so far. It counts from the start of the
 * daemon, which is that of the run; it falls only when a module is taken out with its errors,
 * and those are not counted again when it comes back.
 */
static int64_t increase(struct ohtd_figure_memory *memory, const struct ohtd_column *counter)
{
	int64_t more;

	if (!counter->count)
		return 0;
	if (!memory->begun)
		memory->greatest = counter->first;
	memory->begun = true;
	if (counter->max <= memory->greatest ||
	    __builtin_sub_overflow(counter->max, memory->greatest, &more))
		return 0;
	memory->greatest = counter->max;
	return more;
}

static void exchanges_add(const struct ohtd_figure *figure, struct ohtd_cell *cell,
			  struct ohtd_figure_memory *memory, const struct ohtd_column *counter)
{
	(void)figure;
	ohtd_sum(&cell->exchanges, increase(memory, counter));
	ohtd_sum(&cell->bus_known, counter->count);
}

static void errors_add(const struct ohtd_figure *figure, struct ohtd_cell *cell,
		       struct ohtd_figure_memory *memory, const struct ohtd_column *counter)
{
	(void)figure;
	ohtd_sum(&cell->errors, increase(memory, counter));
}

/* ---- words ---- */

static bool word_tells(const struct ohtd_column *word, int64_t cycles)
{
	(void)cycles;
	return !word->count || word->min == word->max;
}

/* In the others it waits for a person, or is not ready yet. */
static bool is_available(int64_t state)
{
	return state == OHTD_STATE_IDLE || state == OHTD_STATE_MOVE || state == OHTD_STATE_PAUSED ||
	       state == OHTD_STATE_BLOCKED || state == OHTD_STATE_DOCK;
}

static void state_add(const struct ohtd_figure *figure, struct ohtd_cell *cell,
		      struct ohtd_figure_memory *memory, const struct ohtd_column *state)
{
	(void)figure;
	(void)memory;
	if (!state->count)
		return;
	ohtd_sum(&cell->state_known, state->count);
	if (is_available(state->min))
		ohtd_sum(&cell->available, state->count);
}

/* A module that is absent, not polled or taken out by a person is neither up nor down. */
static void health_add(const struct ohtd_figure *figure, struct ohtd_cell *cell,
		       struct ohtd_figure_memory *memory, const struct ohtd_column *health)
{
	struct ohtd_module_sums *sums = &cell->modules[figure->module];

	if (!health->count)
		return;
	if (health->min == OHTD_HEALTH_GOOD || health->min == OHTD_HEALTH_DEGRADED) {
		ohtd_sum(&sums->up, health->count);
		memory->up = true;
		return;
	}
	if (health->min == OHTD_HEALTH_LOST) {
		ohtd_sum(&sums->down, health->count);
		sums->failures += memory->up;
	}
	memory->up = false;
}

/* ---- the table ---- */

#define SIGNAL(name_)	.signals = { OHTD_TELEMETRY_##name_ }, .count = 1
#define MODULE(place_, name_)							\
	[OHTD_FIGURE_MODULES + (place_)] = { SIGNAL(name_##_health), .module = (place_),	\
					     .tells = word_tells, .add = health_add }

const struct ohtd_figure ohtd_figures[OHTD_FIGURES] = {
	[OHTD_FIGURE_SPEED] = { SIGNAL(speed_mm_s), .tells = speed_tells, .add = speed_add },
	[OHTD_FIGURE_POWER] = { .signals = { OHTD_TELEMETRY_battery_v, OHTD_TELEMETRY_battery_a },
				.count = 2, .tells = power_tells, .add = power_add },
	[OHTD_FIGURE_ENABLED] = { SIGNAL(enabled), .tells = always_tells, .add = enabled_add },
	[OHTD_FIGURE_STATE] = { SIGNAL(state), .tells = word_tells, .add = state_add },
	[OHTD_FIGURE_LATE] = { SIGNAL(cycle_late_us), .tells = always_tells, .add = late_add },
	[OHTD_FIGURE_EXCHANGES] = { SIGNAL(bus_transfers), .tells = always_tells,
				    .add = exchanges_add },
	[OHTD_FIGURE_ERRORS] = { SIGNAL(bus_errors), .tells = always_tells, .add = errors_add },
	MODULE(0, power),
	MODULE(1, safety),
	MODULE(2, travel_motor),
	MODULE(3, dock_location),
};

const char *ohtd_figure_module(unsigned int place)
{
	return ohtd_telemetry_origin(ohtd_figures[OHTD_FIGURE_MODULES + place].signals[0])->module;
}

/* ---- units ---- */

static double unit_of(unsigned int signal)
{
	double unit = 1;

	for (unsigned int i = 0; i < ohtd_telemetry_origin(signal)->decimals; i++)
		unit /= 10;
	return unit;
}

double ohtd_cell_s(int64_t cycles)
{
	return (double)cycles * CYCLE_S;
}

double ohtd_cell_distance_m(const struct ohtd_cell *cell)
{
	return (double)cell->way * unit_of(OHTD_TELEMETRY_speed_mm_s) * CYCLE_S / 1e3;
}

double ohtd_cell_energy_wh(int64_t power)
{
	return (double)power * unit_of(OHTD_TELEMETRY_battery_v) *
	       unit_of(OHTD_TELEMETRY_battery_a) * CYCLE_S / 3600;
}

double ohtd_cell_unknown_s(const struct ohtd_cell *cell, int64_t cycles)
{
	/* A time of day that came twice has values of both runs. */
	double unknown_s = (double)(cell->to_ns - cell->from_ns + cell->twice_ns) / (double)OHTD_NS_PER_S -
			   ohtd_cell_s(cycles);

	/* A cell need not begin with a cycle. */
	return unknown_s > CYCLE_S ? unknown_s : 0;
}
