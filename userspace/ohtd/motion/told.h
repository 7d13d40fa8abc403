/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does the robot do what its drive is told? Each quantity that is told and reported is compared, with its sign.
 *
 * Owns:     the model of the told speed, and how far each reported quantity is beyond it.
 * Contexts: one thread; time comes in as the length of the cycle. No allocation, no lock.
 * Locks:    none.
 *
 * The model is the fastest that a healthy robot can be, for each direction: at once as fast as it is told, and slower only as a
 * loaded drive becomes slower. A margin covers calibration and the steps of the registers. What a quantity shows beyond that is
 * added up as a way: a speed by the time since its last reading, a position as it is. A direction that is not told has the
 * speed 0, so a robot that goes the wrong way is beyond the model like one that is too fast.
 *
 * Too slow is no fault of its own while the position is read: following_mm covers it. Without readings the position is what the
 * drive was told, so a drive that reports far less than that, because it is held up or turns around, is beyond the model as well.
 * With readings, each 100 ms, they may come too late for a drive that turns around at speed. Its motors have no sign, but their speed
 * passes zero, and what they report behind that is added up as the wrong way until the module shows the told one.
 *
 * One reading of one quantity proves nothing: the module may have slipped. It counts when a second reading, of the
 * same or of another quantity, shows the same side soon after.
 */
#ifndef OHTD_MOTION_TOLD_H
#define OHTD_MOTION_TOLD_H

#include <stdbool.h>

/* The reported quantities. Each has its own register. */
enum ohtd_watched {
	OHTD_WATCHED_MOTOR_1,		/* speed that the drive reports */
	OHTD_WATCHED_MOTOR_2,
	OHTD_WATCHED_MODULE_SPEED,	/* speed that the module of the position reports */
	OHTD_WATCHED_POSITION,
	OHTD_WATCHED
};

/* What a quantity shows that the drive is not told. */
enum ohtd_beyond {
	OHTD_BEYOND_NOTHING,
	OHTD_BEYOND_DRIVE_SPEED,	/* a motor is faster than told */
	OHTD_BEYOND_MODULE_SPEED,	/* the module's speed is higher than told, or does not become zero */
	OHTD_BEYOND_POSITION,		/* the position goes further than told, or is in front of the plan */
	OHTD_BEYOND_WRONG_WAY,		/* position or speed of the module go against the told direction */
	OHTD_BEYOND_STAND,		/* the position moves, and the drive is told zero and has stood */
	OHTD_BEYOND_SLOWER,		/* a motor is slower than told and no position is read, or its speed passes zero */
};

struct ohtd_told_rules {
	double lag_s;			/* from a set-point to the speed, without load */
	double standstill_mm_s;		/* slower than this is standing */
	double full_speed_mm_s;		/* no drive is faster */
	double jump_mm;			/* a shorter step of the position is always a motion: see position.h */
	double slack;			/* 1; more on a machine that makes readings late */
};

/* Sides of the model: faster forward, faster in reverse, and slower. */
#define OHTD_TOLD_SIDES	3

/* Of this cycle. Forward and reverse are 0 and 1. */
struct ohtd_told_cycle {
	double passed_s;
	double told_mm_s[2];		/* highest speed that a motor may have taken for each direction */
	double last_mm_s;		/* speed that was told last, without sign */
	bool reverse;			/* the direction that is told, or was last */
	bool stands;			/* told zero, and it has stood since */
	/* New readings; not a number: none. */
	double motor_mm_s[2];		/* without sign */
	double module_mm_s;		/* with sign, in the answer of the position; not a number: none, or without sign */
	double position_mm;
	double age_s;			/* of the position */
};

struct ohtd_told {
	double most_mm_s[2];			/* the model */
	double least_mm_s;			/* and the slowest that a healthy robot can be */
	double way_mm[2];			/* that it allows since the last reading of the position */
	double place_mm;			/* that reading; not a number: none */
	double place_s;				/* its age */
	double over_mm[OHTD_WATCHED][OHTD_TOLD_SIDES];	/* beyond the model */
	double doubt_mm[OHTD_WATCHED][OHTD_TOLD_SIDES];	/* of one reading that nothing has confirmed yet */
	double since_s[OHTD_WATCHED];		/* since the last reading */
	double seen_mm_s[OHTD_WATCHED];		/* speed that it shows, without sign */
	double shown_s[OHTD_TOLD_SIDES];	/* since any reading was beyond the model */
	double heard_mm_s, heard_s;		/* the newest speed of either motor, and its age */
	double low_mm_s;			/* the lowest of two in turn that were too slow; infinite: none were */
	double slow_s;				/* since a motor was slower than the slowest */
	double turned_mm;			/* that it may have gone the wrong way since then */
	double stuck_s;				/* the module reports a speed of a robot that stands */
};

/**
 * ohtd_told_off() - begin with the outputs low
 * @told: filled
 * @rules: of the drive
 * @stands: the robot does not move; else it may be as fast as the drive can make it
 */
void ohtd_told_off(struct ohtd_told *told, const struct ohtd_told_rules *rules, bool stands);

/**
 * ohtd_told_step() - one cycle
 * @told: begun
 * @rules: as before
 * @cycle: what is told and reported
 *
 * Return: what is beyond what is told.
 */
enum ohtd_beyond ohtd_told_step(struct ohtd_told *told, const struct ohtd_told_rules *rules, const struct ohtd_told_cycle *cycle);

/**
 * ohtd_told_speed() - how fast the robot is at most, by all that is reported
 * @told: begun
 * @rules: as before
 *
 * Return: without sign; infinite if neither motor, or neither position nor its module, has said something lately.
 */
double ohtd_told_speed(const struct ohtd_told *told, const struct ohtd_told_rules *rules);

#endif
