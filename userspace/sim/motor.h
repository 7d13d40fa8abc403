/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     physics of the travel motor, in the layout of either profile; moves the rail.
 * Contexts: the simulator's one thread.
 * Locks:    none.
 */
#ifndef OHT_SIM_MOTOR_H
#define OHT_SIM_MOTOR_H

#include "model.h"

/* Speed at set-point 255 (canonical). The drive is calibrated by the master, not by the data. */
#define OHT_SIM_FULL_SPEED_MM_S	2000.0

/* Two drives on one axle (canonical). */
struct oht_sim_drives {
	struct oht_sim_model m;
	double ramp_percent[2];
	double speed_percent[2];	/* signed */
};

void oht_sim_drives_init(struct oht_sim_drives *drives, struct oht_sim_bank *bank);
void oht_sim_drives_step(struct oht_sim_drives *drives, struct oht_sim_rail *rail);

/* One positioning drive (legacy). */
struct oht_sim_positioner {
	struct oht_sim_model m;
	double speed_mm_s;	/* signed */
	bool to_target;		/* on its way to position_target */
	double temperature_degc;
};

void oht_sim_positioner_init(struct oht_sim_positioner *p, struct oht_sim_bank *bank);
void oht_sim_positioner_step(struct oht_sim_positioner *p, struct oht_sim_rail *rail);

#endif
