// SPDX-License-Identifier: GPL-2.0-or-later
/* Legacy travel motor: speed or position along the rail in mm. */
#include <math.h>

#include "motor.h"

#define ACCEL_MM_S2		1000.0	/* when the register says 0 */
#define HARD_STOP_MM_S2		8000.0
#define ARRIVED_MM		0.5
#define LOAD_A_PER_MM_S		0.004
#define SUPPLY_V		24.0
#define FAULT_EMERGENCY_STOP	9

enum {
	ENABLE, SPEED_TARGET, SPEED_ACTUAL, POSITION_TARGET, POSITION_ACTUAL, DIRECTION, ACCEL,
	DECEL, TEMPERATURE, VOLTAGE, CURRENT, OPERATION, RUNNING, READY, EMERGENCY_STOP, MOVE,
	STOP, HOME, RESET, HARD_STOP, REACHED, TARGET_REACHED, COMPLETE, FAULT, REGISTERS,
};

enum { FORWARD = 1, REVERSE };

static const char *const names[REGISTERS + 1] = {
	[ENABLE] = "enable",
	[SPEED_TARGET] = "speed_target",
	[SPEED_ACTUAL] = "speed_actual",
	[POSITION_TARGET] = "position_target",
	[POSITION_ACTUAL] = "position_actual",
	[DIRECTION] = "direction",
	[ACCEL] = "acceleration",
	[DECEL] = "deceleration",
	[TEMPERATURE] = "temperature",
	[VOLTAGE] = "supply_voltage",
	[CURRENT] = "current",
	[OPERATION] = "operation_status",
	[RUNNING] = "running",
	[READY] = "ready",
	[EMERGENCY_STOP] = "emergency_stop",
	[MOVE] = "move_command",
	[STOP] = "stop_command",
	[HOME] = "home_command",
	[RESET] = "reset_faults",
	[HARD_STOP] = "hard_stop",
	[REACHED] = "position_reached",
	[TARGET_REACHED] = "target_reached",
	[COMPLETE] = "motion_complete",
	[FAULT] = "fault_code",
};

void oht_sim_positioner_init(struct oht_sim_positioner *p, struct oht_sim_bank *bank)
{
	oht_sim_model_bind(&p->m, bank, names);
	p->temperature_degc = 25;
}

/* Ends what is under way. Speed goes down by the ramp of step_speed(). */
static void halt(struct oht_sim_positioner *p)
{
	p->to_target = false;
	oht_sim_put(&p->m, DIRECTION, 0);
}

static bool is_driven(const struct oht_sim_positioner *p, const struct oht_sim_rail *rail)
{
	return oht_sim_is(&p->m, ENABLE) && oht_sim_powered(rail);
}

static void step_commands(struct oht_sim_positioner *p, const struct oht_sim_rail *rail)
{
	if (oht_sim_asked(&p->m, EMERGENCY_STOP)) {
		halt(p);
		oht_sim_put(&p->m, ENABLE, 0);
		oht_sim_put(&p->m, FAULT, FAULT_EMERGENCY_STOP);
	}
	if (oht_sim_asked(&p->m, HARD_STOP)) {
		halt(p);
		p->speed_mm_s = 0;
	}
	if (oht_sim_asked(&p->m, STOP))
		halt(p);
	if (oht_sim_asked(&p->m, RESET))
		oht_sim_put(&p->m, FAULT, 0);
	if (oht_sim_asked(&p->m, HOME)) {
		oht_sim_put(&p->m, POSITION_TARGET, 0);
		p->to_target = true;
	}
	if (oht_sim_asked(&p->m, MOVE))
		p->to_target = true;
	if (!is_driven(p, rail))
		p->to_target = false;
}

static double ramp_mm_s2(const struct oht_sim_positioner *p, unsigned int which)
{
	double rate = oht_sim_get(&p->m, which);

	return rate > 0 ? rate : ACCEL_MM_S2;
}

/* Speed that is wanted now: by direction, or what still lets it stop at the target. */
static double wanted_mm_s(struct oht_sim_positioner *p, const struct oht_sim_rail *rail)
{
	double limit = oht_sim_get(&p->m, SPEED_TARGET);
	double direction = oht_sim_get(&p->m, DIRECTION);
	double way = oht_sim_get(&p->m, POSITION_TARGET) - rail->position_mm;

	if (!is_driven(p, rail))
		return 0;
	if (!isnan(rail->own_mm_s))
		return rail->own_mm_s;
	if (p->to_target && fabs(way) < ARRIVED_MM)
		halt(p);
	if (p->to_target)
		return copysign(fmin(fmin(limit, sqrt(1.6 * ramp_mm_s2(p, DECEL) * fabs(way))),
				     fabs(way) / OHT_SIM_STEP_S), way);
	return direction == FORWARD ? limit : direction == REVERSE ? -limit : 0;
}

static void step_speed(struct oht_sim_positioner *p, const struct oht_sim_rail *rail)
{
	double wanted = wanted_mm_s(p, rail);
	bool faster = fabs(wanted) > fabs(p->speed_mm_s);
	double rate = ramp_mm_s2(p, faster ? ACCEL : DECEL);

	/* Near the target the braking curve itself is the ramp. */
	if (p->to_target && !faster)
		rate = HARD_STOP_MM_S2;
	if (!is_driven(p, rail))
		rate = HARD_STOP_MM_S2;
	/* Without load the drive keeps every rate up to that of a hard stop. */
	rate = fmin(rate, HARD_STOP_MM_S2 / oht_sim_inertia(rail));
	p->speed_mm_s = oht_sim_ramp(p->speed_mm_s, wanted, rate);
}

static void report(struct oht_sim_positioner *p, struct oht_sim_rail *rail)
{
	double way = oht_sim_get(&p->m, POSITION_TARGET) - rail->position_mm;
	bool there = fabs(way) < 1 && p->speed_mm_s == 0;

	rail->drive_load_a = fabs(p->speed_mm_s) * LOAD_A_PER_MM_S * oht_sim_inertia(rail);
	p->temperature_degc = oht_sim_lag(p->temperature_degc, 25 + rail->drive_load_a * 3, 120);
	oht_sim_put(&p->m, SPEED_ACTUAL, fabs(p->speed_mm_s));
	oht_sim_put(&p->m, POSITION_ACTUAL, rail->position_mm);
	oht_sim_put(&p->m, TEMPERATURE, p->temperature_degc);
	oht_sim_put(&p->m, VOLTAGE, SUPPLY_V - rail->drive_load_a * 0.05);
	oht_sim_put(&p->m, CURRENT, rail->drive_load_a);
	oht_sim_put(&p->m, OPERATION, 1);
	oht_sim_put(&p->m, RUNNING, p->speed_mm_s != 0);
	oht_sim_put(&p->m, READY, !oht_sim_is(&p->m, FAULT));
	oht_sim_put(&p->m, REACHED, there);
	oht_sim_put(&p->m, TARGET_REACHED, there);
	oht_sim_put(&p->m, COMPLETE, !p->to_target && p->speed_mm_s == 0);
}

void oht_sim_positioner_step(struct oht_sim_positioner *p, struct oht_sim_rail *rail)
{
	step_commands(p, rail);
	step_speed(p, rail);
	rail->wheel_mm_s = rail->swapped ? -p->speed_mm_s : p->speed_mm_s;
	report(p, rail);
}
