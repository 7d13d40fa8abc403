// SPDX-License-Identifier: GPL-2.0-or-later
#include "motion/charge.h"

#include <math.h>

static void take_value(struct ohtd_motion_charge *charge, double passed_s, double percent, double min_percent)
{
	/* Also behind a time without a value. */
	const double back_percent = charge->low ? fmin(min_percent + OHTD_CHARGE_BACK, 100) : min_percent;
	const uint8_t first = !charge->read;

	charge->percent = percent;
	charge->silent_s = 0;
	charge->read = 1;
	if (percent >= back_percent) {
		charge->state = OHTD_CHARGE_ENOUGH;
		charge->low = 0;
		charge->below_s = 0;
		return;
	}
	charge->below_s += passed_s;
	if (!first && charge->state == OHTD_CHARGE_ENOUGH && charge->below_s < OHTD_CHARGE_LOW_S)
		return;
	charge->state = OHTD_CHARGE_LOW;
	charge->low = 1;
}

void ohtd_motion_charge_look(struct ohtd_motion_charge *charge, double passed_s, double percent, double min_percent)
{
	charge->silent_s += passed_s;
	if (isfinite(percent))
		take_value(charge, passed_s, percent, min_percent);
	else if (charge->silent_s >= OHTD_CHARGE_UNKNOWN_S)
		charge->state = OHTD_CHARGE_UNKNOWN;
	if (min_percent > 0)
		return;
	charge->state = OHTD_CHARGE_ENOUGH;
	charge->low = 0;
}
