// SPDX-License-Identifier: GPL-2.0-or-later
/* Estimate between readings, and trust. */
#include "motion/position.h"

#include <math.h>

/* From one reading to the next; a shorter time is jitter of their arrival. */
#define READING_S	0.1
/* A drive at a speed of its own, with a calibration that is not true, is no faster than this times its full speed. */
#define FASTEST		2.0

bool ohtd_position_check(const struct ohtd_position_rules *r)
{
	return isfinite(r->lag_s) && r->lag_s >= 0 && isfinite(r->latency_s) &&
	       r->latency_s >= 0 && isfinite(r->jump_mm) && r->jump_mm > 0 &&
	       isfinite(r->wrap_mm) && r->wrap_mm >= 0 && isfinite(r->silent_s) &&
	       r->silent_s > 0 && r->jumps_max &&
	       (r->wrap_mm == 0 || r->jump_mm < r->wrap_mm / 2);
}

void ohtd_position_begin(struct ohtd_position *p, double reading_mm)
{
	bool known = isfinite(reading_mm);

	p->trust = known ? OHTD_POSITION_TRUSTED : OHTD_POSITION_UNKNOWN;
	p->estimate_mm = known ? reading_mm : 0;
	p->speed_mm_s = 0;
	p->silent_s = 0;
	p->jumps = 0;
}

/* First-order lag over one cycle, exactly. */
static void predict(struct ohtd_position *p, double cycle_s, double commanded_mm_s)
{
	double lag_s = p->rules.lag_s;
	double behind = p->speed_mm_s - commanded_mm_s;
	double left = lag_s > 0 ? exp(-cycle_s / lag_s) : 0;

	p->estimate_mm += commanded_mm_s * cycle_s + behind * lag_s * (1 - left);
	p->speed_mm_s = commanded_mm_s + behind * left;
}

static void distrust(struct ohtd_position *p, enum ohtd_position_trust why)
{
	if (p->trust == OHTD_POSITION_TRUSTED)
		p->trust = why;
}

static void correct(struct ohtd_position *p, double reading_mm)
{
	double now_mm = reading_mm + p->speed_mm_s * p->rules.latency_s;
	double off_mm = fabs(now_mm - p->estimate_mm);

	p->silent_s = 0;
	if (p->rules.wrap_mm > 0 && off_mm > p->rules.wrap_mm / 2) {
		distrust(p, OHTD_POSITION_WRAPPED);
		return;
	}
	if (off_mm > p->rules.jump_mm) {
		if (++p->jumps >= p->rules.jumps_max)
			distrust(p, OHTD_POSITION_JUMPED);
		return;
	}
	p->jumps = 0;
	p->estimate_mm = now_mm;
}

void ohtd_position_step(struct ohtd_position *position, double cycle_s, double commanded_mm_s,
			double reading_mm)
{
	predict(position, cycle_s, commanded_mm_s);
	position->silent_s += cycle_s;
	if (isfinite(reading_mm))
		correct(position, reading_mm);
	else if (position->silent_s > position->rules.silent_s)
		distrust(position, OHTD_POSITION_SILENT);
}

bool ohtd_position_jumps(double step_mm, double jump_mm, double full_speed_mm_s, double since_s)
{
	return !(fabs(step_mm) <= fmax(jump_mm, FASTEST * full_speed_mm_s * fmax(since_s, READING_S)));
}

bool ohtd_position_certain(const struct ohtd_position *position)
{
	return position->trust == OHTD_POSITION_TRUSTED && !position->jumps;
}
