// SPDX-License-Identifier: GPL-2.0-or-later
/* Legacy dock and location module: position, tags on the rail, proximity switches at the dock. */
#include <math.h>

#include "dock.h"

#define CONFIRM_MM		50.0	/* from the description of dock_confirmed in the data */
#define SWITCH_RANGE_MM		100.0
#define TAG_SPACING_MM		1000.0
#define TAG_RANGE_MM		60.0
#define FIRST_TAG		0x00100000u
#define STATUS_APPROACHING	(1 << 0)
#define STATUS_DOCKED		(1 << 3)

enum {
	POSITION, STATUS, DISTANCE, TAG, TAG_SIGNAL, TAG_PRESENT, TAG_AGE, ACCEL_X, ACCEL_Y,
	ACCEL_Z, ACCEL_TEMPERATURE, ACCEL_OK, SWITCH_1, SWITCH_2, SWITCH_1_MM, SWITCH_2_MM,
	CONFIRMED, START, STOP, EMERGENCY_STOP, RESET, CALIBRATE, FAULT, TEMPERATURE, VOLTAGE,
	CURRENT, UPTIME, REGISTERS,
};

static const char *const names[REGISTERS + 1] = {
	"position", "dock_status", "distance_to_dock", "rfid_tag_id", "rfid_signal_strength",
	"rfid_read_status", "rfid_last_read_time", "accel_x", "accel_y", "accel_z",
	"accel_temperature", "accel_ok", "proximity_1", "proximity_2", "proximity_1_distance",
	"proximity_2_distance", "dock_confirmed", "start_docking", "stop_docking",
	"emergency_stop", "reset_faults", "calibrate", "fault_code", "temperature",
	"supply_voltage", "current", "uptime",
};

#define FAULT_EMERGENCY_STOP	5

void oht_sim_docker_init(struct oht_sim_docker *d, struct oht_sim_bank *bank)
{
	oht_sim_model_bind(&d->m, bank, names);
}

static void step_tag(struct oht_sim_docker *d, const struct oht_sim_rail *rail)
{
	double nearest = round(rail->position_mm / TAG_SPACING_MM);
	double away = fabs(rail->position_mm - nearest * TAG_SPACING_MM);
	bool present = away < TAG_RANGE_MM && nearest >= 0;

	d->tag_age_s = present ? 0 : d->tag_age_s + OHT_SIM_STEP_S;
	oht_sim_put(&d->m, TAG_PRESENT, present);
	oht_sim_put(&d->m, TAG_SIGNAL, present ? 100 - away : 0);
	oht_sim_put(&d->m, TAG_AGE, d->tag_age_s * 1000);
	if (present)
		oht_sim_put(&d->m, TAG, FIRST_TAG + nearest);
}

static void step_commands(struct oht_sim_docker *d)
{
	if (oht_sim_asked(&d->m, START))
		d->approaching = true;
	if (oht_sim_asked(&d->m, STOP))
		d->approaching = false;
	if (oht_sim_asked(&d->m, EMERGENCY_STOP)) {
		d->approaching = false;
		oht_sim_put(&d->m, FAULT, FAULT_EMERGENCY_STOP);
	}
	if (oht_sim_asked(&d->m, RESET))
		oht_sim_put(&d->m, FAULT, 0);
	(void)oht_sim_asked(&d->m, CALIBRATE);	/* takes no time here */
}

static void step_dock(struct oht_sim_docker *d, const struct oht_sim_rail *rail)
{
	double way = fabs(rail->position_mm);
	bool seen = way < SWITCH_RANGE_MM;
	bool confirmed = seen && way < CONFIRM_MM;
	int status = confirmed ? STATUS_DOCKED : d->approaching ? STATUS_APPROACHING : 0;

	if (confirmed)
		d->approaching = false;
	oht_sim_put(&d->m, DISTANCE, way);
	oht_sim_put(&d->m, SWITCH_1, seen);
	oht_sim_put(&d->m, SWITCH_2, seen);
	oht_sim_put(&d->m, SWITCH_1_MM, way);
	oht_sim_put(&d->m, SWITCH_2_MM, way);
	oht_sim_put(&d->m, CONFIRMED, confirmed);
	oht_sim_put(&d->m, STATUS, status);
}

static void step_sensors(struct oht_sim_docker *d, struct oht_sim_rail *rail)
{
	oht_sim_put_acceleration(&d->m, ACCEL_X, rail);
	oht_sim_put(&d->m, ACCEL_TEMPERATURE, 26);
	oht_sim_put(&d->m, ACCEL_OK, 1);
	oht_sim_put(&d->m, TEMPERATURE, 28);
	oht_sim_put(&d->m, VOLTAGE, 24);
	oht_sim_put(&d->m, CURRENT, 0.12);
	oht_sim_put(&d->m, UPTIME, fmod(d->age_s, 65536));
}

void oht_sim_docker_step(struct oht_sim_docker *d, struct oht_sim_rail *rail)
{
	d->age_s += OHT_SIM_STEP_S;
	step_commands(d);
	oht_sim_put(&d->m, POSITION, rail->position_mm);
	step_tag(d, rail);
	step_dock(d, rail);
	step_sensors(d, rail);
}
