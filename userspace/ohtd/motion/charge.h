/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is there enough charge to begin a motion? The power module reports it, and may be silent or have no value.
 *
 * Owns:     the state of the charge, from its readings.
 * Contexts: one thread; pure data, no clock. No allocation, no lock.
 * Locks:    none.
 */
#ifndef OHTD_MOTION_CHARGE_H
#define OHTD_MOTION_CHARGE_H

#include <stdint.h>

/* A charge that is low is enough again when it is so much higher, in percent. */
#define OHTD_CHARGE_BACK	2.0
/* Readings below the limit for so long are a low charge; one alone is not, unless it is the first. */
#define OHTD_CHARGE_LOW_S	5
/* Without a value for so long the charge is unknown. */
#define OHTD_CHARGE_UNKNOWN_S	60

enum ohtd_motion_charge_state {
	OHTD_CHARGE_ENOUGH,
	OHTD_CHARGE_LOW,
	OHTD_CHARGE_UNKNOWN,
};

/**
 * struct ohtd_motion_charge - what is known of the charge; zeros: nothing yet
 * @percent: the newest value; not to be used before @read
 * @silent_s: since there was a value, or since the first look
 * @below_s: for so long each value was below the limit
 * @state: enum ohtd_motion_charge_state
 * @read: there was a value
 * @low: a value was low, and none has been enough again since
 */
struct ohtd_motion_charge {
	double percent;
	double silent_s;
	double below_s;
	uint8_t state;
	uint8_t read;
	uint8_t low;
};

/**
 * ohtd_motion_charge_look() - take the value of a control cycle
 * @charge: see struct ohtd_motion_charge
 * @passed_s: since the look before
 * @percent: the newest value while it is fresh; not a number: there is none
 * @min_percent: the limit; 0: there is none, and the charge is enough whatever it is
 */
void ohtd_motion_charge_look(struct ohtd_motion_charge *charge, double passed_s, double percent, double min_percent);

#endif
