/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how the physics of a module gets at its registers: by name, bound once.
 * Contexts: the simulator's one thread.
 * Locks:    none.
 */
#ifndef OHT_SIM_MODEL_H
#define OHT_SIM_MODEL_H

#include "bank.h"
#include "prng.h"

#define OHT_SIM_MODEL_REGISTERS	48
/* Physics advances in steps of this length whatever the clock does, so that runs repeat. */
#define OHT_SIM_STEP_MS		10
#define OHT_SIM_STEP_S		(OHT_SIM_STEP_MS / 1000.0)

/* What the modules share: the vehicle on its rail. */
struct oht_sim_rail {
	double position_mm;	/* 0 at the dock */
	double speed_mm_s;	/* forward positive */
	double wheel_mm_s;	/* what the drive makes of its wheels */
	double accel_mm_s2;
	double drive_load_a;	/* what the drive draws from the battery */
	bool docked;		/* standing at the dock */
	double load_kg;		/* carried */
	double slip_percent;	/* of the wheels' way that the vehicle does not make */
	double obstacle_mm;	/* something on the rail; NAN: nothing */
	bool power_cut;		/* somebody has taken the drive's power away */
	bool outputs_low;	/* the board's enable outputs, which feed the drive */
	bool welded;		/* it has power whatever they are: welded contacts, or a drive that is not behind them */
	double own_mm_s;	/* the drive goes at this speed, whatever it is told; NAN: it obeys */
	bool swapped;		/* the wires of the motors: all turn the other way, which no register shows */
	double push_mm_s;	/* something else moves the vehicle, with the wheels or without */
	struct oht_sim_prng prng;
};

/* The vehicle itself; a load of the same mass makes all changes of speed take twice as long. */
#define OHT_SIM_VEHICLE_KG	100.0

static inline double oht_sim_inertia(const struct oht_sim_rail *rail)
{
	return 1 + rail->load_kg / OHT_SIM_VEHICLE_KG;
}

/* As behind a drive's STO: its logic has power always and answers, its motors only then. Else the brake falls in. */
static inline bool oht_sim_powered(const struct oht_sim_rail *rail)
{
	return !rail->power_cut && (!rail->outputs_low || rail->welded);
}

struct oht_sim_model {
	struct oht_sim_bank *bank;	/* NULL: there is no such module */
	/* NULL where its profile has no such register. */
	const struct oht_register *reg[OHT_SIM_MODEL_REGISTERS];
};

/* Finds @names (NULL-terminated, at most OHT_SIM_MODEL_REGISTERS) in the bank's map. */
void oht_sim_model_bind(struct oht_sim_model *model, struct oht_sim_bank *bank,
			const char *const *names);

/* Acceleration sensor at rest or driving: x, y and z in registers @first to @first + 2, in mg. */
void oht_sim_put_acceleration(struct oht_sim_model *model, unsigned int first,
			      struct oht_sim_rail *rail);

static inline double oht_sim_get(const struct oht_sim_model *m, unsigned int which)
{
	return oht_sim_bank_value(m->bank, m->reg[which]);
}

static inline void oht_sim_put(struct oht_sim_model *m, unsigned int which, double value)
{
	oht_sim_bank_put_value(m->bank, m->reg[which], value);
}

static inline bool oht_sim_is(const struct oht_sim_model *m, unsigned int which)
{
	return oht_sim_bank_get(m->bank, m->reg[which]) != 0;
}

static inline bool oht_sim_asked(struct oht_sim_model *m, unsigned int which)
{
	return oht_sim_bank_take(m->bank, m->reg[which]);
}

static inline bool oht_sim_pinned(const struct oht_sim_model *m, unsigned int which)
{
	return oht_sim_bank_pinned(m->bank, m->reg[which]);
}

static inline bool oht_sim_has(const struct oht_sim_model *m, unsigned int which)
{
	return m->reg[which] != NULL;
}

/* @value moved towards @target by the share that a first-order lag of @tau_s makes in one step. */
static inline double oht_sim_lag(double value, double target, double tau_s)
{
	return value + (target - value) * OHT_SIM_STEP_S / (tau_s + OHT_SIM_STEP_S);
}

/* @value moved towards @target by at most @rate_per_s. */
static inline double oht_sim_ramp(double value, double target, double rate_per_s)
{
	double step = rate_per_s * OHT_SIM_STEP_S;

	if (target > value + step)
		return value + step;
	return target < value - step ? value - step : target;
}

#endif
