/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the axis is: readings of a module that come now and then, and an estimate between them.
 *
 * Owns:     the estimate, and whether it may be trusted.
 * Contexts: one thread; time comes in as the length of the cycle. No allocation, no lock.
 * Locks:    none.
 *
 * Between two readings the position goes on with the speed that the drive was told, as a drive
 * with a lag follows it. A reading replaces the estimate. A reading that is far from the estimate
 * is left out; several in a row, one that is off by about the register's range (it has wrapped),
 * or none for too long take the trust away. Trust comes back by ohtd_position_begin() only:
 * somebody or something has to say where the axis is.
 */
#ifndef OHTD_MOTION_POSITION_H
#define OHTD_MOTION_POSITION_H

#include <stdbool.h>

struct ohtd_position_rules {
	double lag_s;		/* from a set-point of speed to the speed */
	double latency_s;	/* age of a reading when it comes */
	double jump_mm;		/* a reading further than this from the estimate is left out */
	double wrap_mm;		/* range of the register; 0: it does not wrap */
	double silent_s;	/* without a reading for longer: no trust */
	unsigned int jumps_max;	/* so many in a row: no trust */
};

enum ohtd_position_trust {
	OHTD_POSITION_UNKNOWN,		/* no reading yet */
	OHTD_POSITION_TRUSTED,
	OHTD_POSITION_WRAPPED,
	OHTD_POSITION_JUMPED,
	OHTD_POSITION_SILENT,
};

struct ohtd_position {
	struct ohtd_position_rules rules;
	enum ohtd_position_trust trust;
	double estimate_mm;
	double speed_mm_s;	/* estimated */
	double silent_s;	/* since the last reading */
	unsigned int jumps;	/* in a row */
};

/**
 * ohtd_position_check() - may these rules be used?
 * @rules: all finite; jump, silence and number of jumps positive, the others not negative; the
 *	jump below half the wrap
 *
 * Return: true if so.
 */
bool ohtd_position_check(const struct ohtd_position_rules *rules);

/**
 * ohtd_position_begin() - the axis stands at a known place
 * @position: its rules are set
 * @reading_mm: the place; not a number: unknown
 */
void ohtd_position_begin(struct ohtd_position *position, double reading_mm);

/**
 * ohtd_position_step() - one cycle
 * @position: begun
 * @cycle_s: its length
 * @commanded_mm_s: speed that the drive was told during the cycle, signed
 * @reading_mm: that came in this cycle; not a number: none
 */
void ohtd_position_step(struct ohtd_position *position, double cycle_s, double commanded_mm_s,
			double reading_mm);

/**
 * ohtd_position_jumps() - is the step between two readings more than a motion of the robot can be?
 * @step_mm: from one reading to the next; not a number: there was none before
 * @jump_mm: of the rules; a shorter step is always a motion
 * @full_speed_mm_s: of the drive
 * @since_s: time between the two readings
 *
 * The bound grows with the time: jump_mm may be less than a robot at speed moves between two readings.
 *
 * Return: true if it is a jump of the module or a wrap, so it shows no motion.
 */
bool ohtd_position_jumps(double step_mm, double jump_mm, double full_speed_mm_s, double since_s);

/**
 * ohtd_position_certain() - may something begin that goes by this position?
 * @position: begun
 *
 * One reading far from the estimate may be a slip of the module, so a motion that is under way goes on.
 * But until the next reading either of the two may be wrong.
 *
 * Return: true if it is trusted and the newest reading agrees with it.
 */
bool ohtd_position_certain(const struct ohtd_position *position);

#endif
