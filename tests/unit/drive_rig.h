/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Axis, drive and the simulator's vehicle in one process and one time, as the control core has
 * them: 25 ms cycles, the position each 100 ms, one drive written per cycle.
 *
 * Owns:     the rig. Contexts: one test program, one thread. Locks: none.
 */
#ifndef OHT_TEST_DRIVE_RIG_H
#define OHT_TEST_DRIVE_RIG_H

#include <math.h>

#include "motion/axis.h"
#include "motion/drive.h"
#include "sim_fixture.h"

#define RIG_CYCLE_S	0.025

struct rig {
	struct line line;
	bool canonical;
	uint64_t now_ns;
	unsigned long cycle;
	struct ohtd_axis axis;
	struct ohtd_drive drive;
	struct ohtd_axis_sample sample;
	struct ohtd_drive_setpoint told;
	double cap_mm_s;
	double fastest_mm_s;	/* of the true speed since rig_watch() */
	bool deaf;		/* no readings reach the drive */
};

void rig_open(struct rig *rig, enum oht_profile profile);
void rig_close(struct rig *rig);
struct oht_sim_rail *rig_rail(struct rig *rig);
/* Stands the vehicle somewhere, and tells axis and drive. */
void rig_place(struct rig *rig, double position_mm);
/* One cycle; fails the test if the direction changes while the vehicle moves. */
void rig_cycle(struct rig *rig);
void rig_pass(struct rig *rig, double time_s);
/* Until the drive has settled, at most @limit_s. Returns the time that it took. */
double rig_settle(struct rig *rig, double limit_s);
void rig_write(struct rig *rig, const char *name, uint16_t raw);
double rig_read(struct rig *rig, uint8_t unit, const char *name);
const struct ohtd_drive_rules *rig_rules(enum oht_profile profile);
extern const struct ohtd_axis_limits rig_limits;

#endif
