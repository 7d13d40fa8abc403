/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the look at a robot whose enable outputs are low: it must not move.
 * Contexts: control thread only.
 * Locks:    none.
 */
#ifndef OHTD_CONTROL_UNPOWERED_H
#define OHTD_CONTROL_UNPOWERED_H

#include <stdbool.h>
#include <stdint.h>

struct ohtd_control;

/**
 * struct ohtd_unpowered - what has been seen since the outputs fell
 * @low_ns: when they were first seen low, 0: they are high
 * @position_ns: time of the newest reading of the position
 * @stepped_ns: when a reading last differed from the one before
 * @turned_ns: when the drive last reported a speed
 * @spoke_ns: when the drive last reported anything
 * @reported_ns: time of its newest report
 * @slow_ns: for so long its reports have shown no speed
 * @still_ns: for so long the readings of the position have shown no motion
 * @turned_mm: how far the wheels have turned in this motion, by that speed
 * @from_mm: where the position was behind the first step of this motion; not a number: it stands
 * @forward: which way it goes
 * @seen_mm: newest reading
 * @told_ns: when a telegram was last under way
 * @stop_next: the stop telegram has the next turn, else zero speed
 * @moves: the fault stands
 */
struct ohtd_unpowered {
	uint64_t low_ns;
	uint64_t position_ns;
	uint64_t stepped_ns;
	uint64_t turned_ns;
	uint64_t spoke_ns;
	uint64_t reported_ns;
	uint64_t slow_ns;
	uint64_t still_ns;
	double turned_mm;
	double from_mm;
	bool forward;
	double seen_mm;
	uint64_t told_ns;
	bool stop_next;
	bool moves;
};

void ohtd_unpowered_init(struct ohtd_control *control);

/*
 * In each cycle, behind the readings: raises the fault moves_unpowered while the robot moves with its outputs low for longer
 * than a stop needs, settles it when readings show that it stands, and repeats zero to the drive as long as it turns.
 */
void ohtd_unpowered_watch(struct ohtd_control *control, uint64_t passed_ns);

#endif
