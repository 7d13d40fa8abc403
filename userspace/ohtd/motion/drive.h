/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The drive: from the axis' set-point to the registers of speed and direction, and what the
 * readings say of it.
 *
 * Owns:     the position loop, quantisation, supervision of one drive. position.h and told.h are parts.
 * Contexts: one thread, as axis.h. No allocation, no lock, no clock.
 * Locks:    none.
 *
 * Each cycle, after ohtd_axis_step(): ohtd_drive_step() with the sample and what the modules have
 * sent. Write what it returns. While the outputs are off ohtd_drive_off(), or to begin anew after a
 * fault ohtd_drive_reset(), with a position; then ohtd_axis_reset() with position.estimate_mm.
 *
 * Method: the speed of the sample goes to the drive directly, with the lag of the drive taken off
 * (feed-forward: speed + lag x acceleration); a bounded correction in proportion to the following
 * error is added. It never turns the drive around against the plan. The drive takes whole steps
 * only (canonical: 255 of them); the rest of each rounding is carried into the next cycle, so the
 * mean speed is exact. Once the axis has arrived, what is left of the error is removed by creeping:
 * one way, at few steps, ended where the lag will carry the vehicle to the target; then a pause
 * for a reading, and again if need be.
 *
 * The direction is written while the speed is zero, and speed only once the drive has echoed the
 * direction.
 */
#ifndef OHTD_MOTION_DRIVE_H
#define OHTD_MOTION_DRIVE_H

#include <stdint.h>

#include "motion/axis.h"
#include "motion/position.h"
#include "motion/told.h"

/* Values of the direction registers in the data, both profiles. */
enum ohtd_drive_direction {
	OHTD_DRIVE_IDLE = 0,
	OHTD_DRIVE_FORWARD = 1,
	OHTD_DRIVE_REVERSE = 2,
};

struct ohtd_drive_rules {
	double full_speed_mm_s;		/* calibration: speed at @full_raw */
	uint16_t full_raw;		/* canonical 255; legacy: full speed in mm/s */
	double gain_per_s;		/* correction for each mm of following error */
	double correction_mm_s;		/* at most this */
	double dead_band_mm;		/* at rest and nearer than this to the target: settled */
	double settle_s;		/* at rest for so long before the error counts */
	double settle_max_s;		/* arrived, but not settled for longer: a fault */
	double standstill_mm_s;
	double following_mm;		/* error above this for longer than the time: a fault */
	double following_s;
	double stall_mm_s;		/* told at least this speed, and moved less than */
	double stall_mm;		/* this way */
	double stall_s;			/* in this time: a fault */
	double stray_mm;		/* told zero and at rest: turned this far: a fault */
	double stand_s;			/* told zero for so long counts as at rest */
	double slack;			/* of the comparison of what is told and reported: see told.h; 0 is 1 */
	struct ohtd_position_rules position;
};

enum ohtd_drive_refusal {
	OHTD_DRIVE_OK,
	OHTD_DRIVE_BAD_FULL_SPEED,
	OHTD_DRIVE_BAD_FULL_RAW,
	OHTD_DRIVE_BAD_GAIN,
	OHTD_DRIVE_BAD_CORRECTION,
	OHTD_DRIVE_BAD_SETTLING,
	OHTD_DRIVE_BAD_STANDSTILL,
	OHTD_DRIVE_BAD_FOLLOWING,
	OHTD_DRIVE_BAD_STALL,
	OHTD_DRIVE_BAD_STANDING,
	OHTD_DRIVE_BAD_POSITION,
};

/* Kept until ohtd_drive_reset(). The set-points go on: the caller stops the axis. */
enum ohtd_drive_fault {
	OHTD_DRIVE_NO_FAULT,
	OHTD_DRIVE_FOLLOWING,
	OHTD_DRIVE_STALLED,
	OHTD_DRIVE_NOT_SETTLED,
};

/* What to write to the drive. */
struct ohtd_drive_setpoint {
	uint16_t speed_raw;
	uint16_t direction;
};

/* What came from the modules in this cycle. Not a number: nothing. */
struct ohtd_drive_feedback {
	double position_mm;
	double speed_mm_s;	/* that the drive reports; its sign does not matter */
	double module_mm_s;	/* that the module of the position reports with it */
	uint16_t direction;	/* that the drive has (echo or reading) */
	bool module_signed;	/* @module_mm_s has a sign, and a register of its own */
	double motor_mm_s[2];	/* what each motor reports, without sign, if it is new */
	double holds_mm_s[2];	/* highest speed that a motor may still have taken: forward, reverse */
};

/* A drive that is told zero. It lasts until the drive is told a speed or the outputs are low, whatever place is given to the drive. */
struct ohtd_stand {
	double zero_s;		/* told zero for so long */
	bool stood;		/* and at rest since */
	bool placed;		/* a reading has come since */
	double from_mm;		/* the first one, with the jumps of the module since */
	double seen_mm;		/* the newest one */
	double seen_mm_s;	/* and the speed that it shows */
	double unseen_s;	/* its age */
	double burst_mm;	/* of the motion that goes on, by the speed that the drive reports */
};

struct ohtd_drive {
	struct ohtd_drive_rules rules;
	struct ohtd_position position;
	struct ohtd_drive_setpoint setpoint;	/* of the cycle before */
	enum ohtd_drive_fault fault;
	enum ohtd_beyond beyond;	/* what it does that it is not told, until ohtd_drive_reset() */
	bool settled;		/* arrived, at rest, within the dead band by a reading */
	double error_mm;	/* following error: set-point minus estimate */
	double ahead_mm;	/* in front of the plan, at the newest reading */
	double wanted_mm;	/* set-point of the cycle before */
	double carry;		/* rest of the rounding, in steps */
	int creep;		/* direction of the creeping: 1, -1, 0 */
	double reported_mm_s;	/* the newest speed that the drive reported, 0 at first */
	double rest_s;		/* told zero for so long, and slow */
	bool fresh;		/* a reading came since the vehicle rests */
	double settling_s;
	double following_s;
	double stall_s;
	double stall_from_mm;	/* reading when the time of the stall began */
	double speed_silent_s;	/* at zero: the drive has not reported a speed for so long */
	struct ohtd_stand stand;
	struct ohtd_told told;
};

/**
 * ohtd_drive_init() - a drive whose position is unknown
 * @drive: filled
 * @rules: finite and positive, but gain, correction and times of position may be 0
 *
 * Return: OHTD_DRIVE_OK, else what is refused.
 */
enum ohtd_drive_refusal ohtd_drive_init(struct ohtd_drive *drive,
					const struct ohtd_drive_rules *rules);

/**
 * ohtd_drive_reset() - begin at a place, without faults
 * @drive: initialised
 * @reading_mm: where the vehicle stands; not a number: unknown
 *
 * How far it strays from where it stood is counted on.
 */
void ohtd_drive_reset(struct ohtd_drive *drive, double reading_mm);

/**
 * ohtd_drive_off() - the same while the outputs are low, when the vehicle may be moved
 * @drive: initialised
 * @reading_mm: where it is; not a number: unknown
 * @stands: it does not move now: once the outputs are high, it counts as at rest from its first reading on
 */
void ohtd_drive_off(struct ohtd_drive *drive, double reading_mm, bool stands);

/**
 * ohtd_drive_step() - one cycle
 * @drive: initialised
 * @cycle_s: its length
 * @sample: of ohtd_axis_step() in the same cycle
 * @cap_mm_s: no set-point is faster, unless the sample is
 * @feedback: of the modules
 *
 * Without a trusted position the speed of the sample alone is followed.
 *
 * Return: what to write.
 */
struct ohtd_drive_setpoint ohtd_drive_step(struct ohtd_drive *drive, double cycle_s,
					   const struct ohtd_axis_sample *sample, double cap_mm_s,
					   const struct ohtd_drive_feedback *feedback);

/**
 * ohtd_drive_watch() - does the drive do what it is told?
 * @drive: initialised
 * @passed_s: since the last call, also where ohtd_drive_step() was given a cycle of 0
 * @feedback: what ohtd_drive_step() is given in the same cycle
 *
 * In front of ohtd_drive_step(), so that what is seen ends in the same cycle. Sets drive->beyond when something that is
 * reported is beyond what was told (told.h). A drive that is told zero and has stood, or has been told zero for stand_s, is
 * also held to stray_mm: of its wheels, and of the position by the time of its next reading.
 */
void ohtd_drive_watch(struct ohtd_drive *drive, double passed_s, const struct ohtd_drive_feedback *feedback);

/**
 * ohtd_drive_lags() - the robot is much slower than @speed_mm_s
 * @drive: initialised
 * @speed_mm_s: of the plan
 *
 * Return: how fast it is at most, without sign, by all that is reported; not a number: it is not much slower.
 */
double ohtd_drive_lags(const struct ohtd_drive *drive, double speed_mm_s);

#endif
