// SPDX-License-Identifier: GPL-2.0-or-later
/* Canonical dock and location module: position, speed, acceleration, docking by distance. */
#include <math.h>

#include "dock.h"

#define DOCKED_MM		5.0
#define ALIGNING_MM		50.0
#define NEAR_MM			500.0
#define RANGE_MM		65536.0
#define QUATERNION_ONE		0.99997

enum {
	POSITION, VELOCITY, ACCELERATION, ACCEL_X, ACCEL_Y, ACCEL_Z, GYRO_X, GYRO_Y, GYRO_Z,
	IMU_TEMPERATURE, QUATERNION_W, FIELD_X, FIELD_Z, FIELD, STATUS, MODE, TARGET, ERROR_X,
	DISTANCE, ALIGNED, SUCCESSES, REGISTERS,
};

static const char *const names[REGISTERS + 1] = {
	"position_x", "velocity_x", "acceleration_x", "accel_x", "accel_y", "accel_z", "gyro_x",
	"gyro_y", "gyro_z", "imu_temperature", "quaternion_w", "magnetic_field_x",
	"magnetic_field_z", "magnetic_strength", "docking_status", "docking_mode",
	"docking_target_x", "docking_error_x", "docking_distance", "docking_alignment",
	"docking_success_count",
};

/* Codes of docking_status, from its description in the data. */
enum { IDLE, APPROACHING, ALIGNING, DOCKING, DOCKED };

void oht_sim_navigator_init(struct oht_sim_navigator *n, struct oht_sim_bank *bank)
{
	oht_sim_model_bind(&n->m, bank, names);
	n->reported = oht_sim_bank_get(bank, n->m.reg[POSITION]);
}

/* A write to the position says where the vehicle is; the vehicle does not move by it. */
static void step_position(struct oht_sim_navigator *n, const struct oht_sim_rail *rail)
{
	if (oht_sim_bank_get(n->m.bank, n->m.reg[POSITION]) != n->reported)
		n->offset_mm = oht_sim_get(&n->m, POSITION) - rail->position_mm;
	/* 16 bits: beyond the range the count goes on from the other end. */
	oht_sim_put(&n->m, POSITION, remainder(rail->position_mm + n->offset_mm, RANGE_MM));
	n->reported = oht_sim_bank_get(n->m.bank, n->m.reg[POSITION]);
	oht_sim_put(&n->m, VELOCITY, rail->speed_mm_s);
	oht_sim_put(&n->m, ACCELERATION, rail->accel_mm_s2);
}

static void step_inertial(struct oht_sim_navigator *n, struct oht_sim_rail *rail)
{
	unsigned int i;

	oht_sim_put_acceleration(&n->m, ACCEL_X, rail);
	for (i = GYRO_X; i <= GYRO_Z; i++)
		oht_sim_put(&n->m, i, 0.02 * oht_sim_prng_noise(&rail->prng));
	oht_sim_put(&n->m, IMU_TEMPERATURE, 27);
	oht_sim_put(&n->m, QUATERNION_W, QUATERNION_ONE);
	oht_sim_put(&n->m, FIELD_X, 20);
	oht_sim_put(&n->m, FIELD_Z, 44);
	oht_sim_put(&n->m, FIELD, hypot(20, 44));
}

static int docking_status(const struct oht_sim_navigator *n, double way_mm, bool docked)
{
	if (docked)
		return DOCKED;
	if (!oht_sim_is(&n->m, MODE))
		return IDLE;
	if (way_mm > NEAR_MM)
		return APPROACHING;
	return way_mm > ALIGNING_MM ? ALIGNING : DOCKING;
}

static void step_docking(struct oht_sim_navigator *n, const struct oht_sim_rail *rail)
{
	double error = oht_sim_get(&n->m, TARGET) - oht_sim_get(&n->m, POSITION);
	bool aligned = fabs(error) <= DOCKED_MM;
	bool docked = aligned && rail->docked;

	n->successes = (n->successes + (docked && !n->was_docked && oht_sim_is(&n->m, MODE))) &
		       UINT16_MAX;
	n->was_docked = docked;
	oht_sim_put(&n->m, STATUS, docking_status(n, fabs(error), docked));
	oht_sim_put(&n->m, ERROR_X, error);
	oht_sim_put(&n->m, DISTANCE, fabs(error));
	oht_sim_put(&n->m, ALIGNED, aligned);
	oht_sim_put(&n->m, SUCCESSES, (double)n->successes);
}

void oht_sim_navigator_step(struct oht_sim_navigator *n, struct oht_sim_rail *rail)
{
	step_position(n, rail);
	step_inertial(n, rail);
	step_docking(n, rail);
}
