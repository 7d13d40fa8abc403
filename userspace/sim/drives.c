// SPDX-License-Identifier: GPL-2.0-or-later
/* Canonical travel motor: two drives, each with mode, enable, set-point and direction. */
#include <math.h>

#include "motor.h"

#define LAG_S			0.15	/* from set-point to speed, without load */
#define BRAKE_PERCENT_PER_S	250.0	/* without enable the mechanical brake falls in */
#define RAMP_TICK_S		0.1	/* linear mode: one step per tick */
#define STANDSTILL_PERCENT	0.2
#define LOAD_A_PER_PERCENT	0.08

enum { MODE, ENABLE, SPEED, LINEAR_INPUT, LINEAR_UNIT, LINEAR_STATE, ACTUAL, DIRECTION, STATUS,
       PER_DRIVE };
enum { OUTPUTS = 2 * PER_DRIVE, DO1, DO1_FUNCTION, DO2, DO2_FUNCTION, REGISTERS };
enum { MODE_ON_OFF = 1, MODE_LINEAR, MODE_PID };
enum { FORWARD = 1, REVERSE };

static const char *const names[REGISTERS + 1] = {
	"motor1_control_mode", "motor1_enable",	      "motor1_speed",
	"motor1_linear_input", "motor1_linear_unit",  "motor1_linear_state",
	"motor1_actual_speed", "motor1_direction",    "motor1_status_word",
	"motor2_control_mode", "motor2_enable",	      "motor2_speed",
	"motor2_linear_input", "motor2_linear_unit",  "motor2_linear_state",
	"motor2_actual_speed", "motor2_direction",    "motor2_status_word",
	"digital_outputs",     "do1_control",	      "do1_assignment",
	"do2_control",	       "do2_assignment",
};

void oht_sim_drives_init(struct oht_sim_drives *d, struct oht_sim_bank *bank)
{
	oht_sim_model_bind(&d->m, bank, names);
}

static double set_point_percent(struct oht_sim_drives *d, int i, bool driven)
{
	unsigned int at = (unsigned int)i * PER_DRIVE;

	if (!driven)
		d->ramp_percent[i] = 0;
	if (oht_sim_get(&d->m, at + MODE) != MODE_LINEAR)
		return oht_sim_get(&d->m, at + SPEED);
	d->ramp_percent[i] = oht_sim_ramp(d->ramp_percent[i],
					  oht_sim_get(&d->m, at + LINEAR_INPUT),
					  oht_sim_get(&d->m, at + LINEAR_UNIT) / RAMP_TICK_S);
	return d->ramp_percent[i];
}

static void step_drive(struct oht_sim_drives *d, int i, const struct oht_sim_rail *rail)
{
	unsigned int at = (unsigned int)i * PER_DRIVE;
	double direction = oht_sim_get(&d->m, at + DIRECTION);
	double sign = direction == FORWARD ? 1 : direction == REVERSE ? -1 : 0;
	bool enabled = oht_sim_is(&d->m, at + ENABLE) && oht_sim_powered(rail);
	double inertia = oht_sim_inertia(rail);
	double before = d->speed_percent[i], now;
	double target = sign * set_point_percent(d, i, enabled && sign != 0);

	if (!isnan(rail->own_mm_s))
		target = rail->own_mm_s / OHT_SIM_FULL_SPEED_MM_S * 100;
	now = enabled ? oht_sim_lag(before, target, LAG_S * inertia) :
			oht_sim_ramp(before, 0, BRAKE_PERCENT_PER_S / inertia);
	if ((!enabled || target == 0) && fabs(now) < STANDSTILL_PERCENT)
		now = 0;
	d->speed_percent[i] = now;
	oht_sim_put(&d->m, at + ACTUAL, fabs(now));
	oht_sim_put(&d->m, at + LINEAR_STATE, fabs(now) > fabs(before) + 1e-6);
	oht_sim_put(&d->m, at + STATUS, now != 0);
}

/* Outputs: driven by hand, or "motor 1 running" (1) and "ready" (4) of the data's functions. */
static int output(const struct oht_sim_drives *d, unsigned int control)
{
	double function = oht_sim_get(&d->m, control + 1);

	if (function == 1)
		return d->speed_percent[0] != 0;
	return function == 4 || oht_sim_is(&d->m, control);
}

void oht_sim_drives_step(struct oht_sim_drives *d, struct oht_sim_rail *rail)
{
	double inertia = oht_sim_inertia(rail), percent;

	step_drive(d, 0, rail);
	step_drive(d, 1, rail);
	oht_sim_put(&d->m, OUTPUTS, output(d, DO1) | output(d, DO2) << 1);
	/* Both act on one axle: each carries half. */
	percent = (d->speed_percent[0] + d->speed_percent[1]) / 2;
	rail->wheel_mm_s = (rail->swapped ? -percent : percent) / 100 * OHT_SIM_FULL_SPEED_MM_S;
	rail->drive_load_a = fabs(percent) * LOAD_A_PER_PERCENT * inertia;
}
