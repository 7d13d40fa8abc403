/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is the robot where the position module says it is? A module that starts anew counts from somewhere else, and its register looks
 * the same.
 *
 * Owns:     the place where the robot was last, and the offset between the module's position and the robot's.
 * Contexts: one thread; pure data, no clock. No allocation, no lock.
 * Locks:    none.
 *
 * A reading that is near that place is believed, and the place follows it. One that is further off means *not located*: the robot
 * was moved unseen, or the module counts from another zero. That ends by a person who says where the robot is, or when the same
 * module reads the place again and the robot has not moved meanwhile. A robot of which nothing was ever kept believes its first
 * reading.
 */
#ifndef OHTD_ROBOT_LOCATION_H
#define OHTD_ROBOT_LOCATION_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct ohtd_kept_location - what is kept from run to run
 * @position_mm: where the robot was; not a number: not known
 * @offset_mm: to be added to what the module says
 * @device_id: of the module
 * @unit: address of the module; 0: nothing was ever kept
 * @profile: of the module, enum oht_profile
 * @left: the robot has left @position_mm: it is somewhere else
 */
struct ohtd_kept_location {
	double position_mm;
	double offset_mm;
	uint16_t device_id;
	uint8_t unit;
	uint8_t profile;
	uint8_t left;
	uint8_t pad[3];
};

/**
 * struct ohtd_location - where the robot is, as far as that is sure
 * @kept: the newest place that was believed; @kept.left is set only before the first reading
 * @read_mm: the newest reading, with the offset
 * @lost: not located
 * @strayed: it has moved since then: no reading can confirm the place
 */
struct ohtd_location {
	struct ohtd_kept_location kept;
	double read_mm;
	bool lost;
	bool strayed;
};

/**
 * ohtd_location_read() - the module says where the robot is, and nothing else does
 * @location: begun with what was kept
 * @source: unit, device and profile of the module that says it
 * @read_mm: with the offset
 * @near_mm: so far from the place it is believed
 */
void ohtd_location_read(struct ohtd_location *location, const struct ohtd_kept_location *source, double read_mm, double near_mm);

/* The drive leads the robot, and its position agrees with what the drive was told: @position_mm. */
void ohtd_location_follow(struct ohtd_location *location, double position_mm);

/* Motion was seen. */
void ohtd_location_moves(struct ohtd_location *location);

/**
 * ohtd_location_set() - a person says where the robot is
 * @location: has a reading
 * @source: unit, device and profile of the module
 * @position_mm: not a number: where the module says, with the offset
 */
void ohtd_location_set(struct ohtd_location *location, const struct ohtd_kept_location *source, double position_mm);

#endif
