/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the drive is told in the cycles of the plan, and what the drive has echoed.
 * Contexts: control thread only; nothing here allocates, locks or logs.
 * Locks:    none.
 *
 * A set-point is remembered while the device is enabled and the drive is in the plan; every change
 * of that makes the set-point zero again: stop, disable, a new enable, loss of the drive. A commit of
 * another plan changes nothing: the set-point is given to the new plan as soon as that is in force.
 *
 * The motors have their turns in different cycles (plan.csv). Whatever the caller writes, the drive
 * is told another direction only after all motors have echoed the speed zero, and a speed only
 * after all motors have echoed its direction.
 */
#ifndef OHTD_MODULES_SETPOINT_H
#define OHTD_MODULES_SETPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "motion/drive.h"
#include "robot/model.h"

struct ohtd_modules;
struct ohtd_place;

/* So many set-points back an echo is still understood. */
#define OHTD_SETPOINTS_KEPT	8

/**
 * struct ohtd_written - a register of the drive that the plan writes
 * @known: the drive has acknowledged a value in this stay
 * @word: that value
 * @at_ns: when
 * @taken: number of the newest set-point that it agrees with
 * @errors: exchanges that failed on end; a refusal counts for several
 * @refusals: of these, on end
 * @doubted: the last one failed: the register may hold what it said, or not
 * @before: what @word took the place of
 * @taken_before: and what @taken was then
 * @changed_ns: when
 * @read_ns: newest reading of the register
 * @strays: readings on end that showed what the drive had not acknowledged
 */
struct ohtd_written {
	bool known;
	uint16_t word;
	uint64_t at_ns;
	uint32_t taken;
	uint32_t errors;
	uint32_t refusals;
	bool doubted;
	uint16_t before;
	uint32_t taken_before;
	uint64_t changed_ns;
	uint64_t read_ns;
	uint32_t strays;
};

/**
 * struct ohtd_setpoints - the set-point and its echo
 * @there: the plan has places for the drive
 * @since_ns: the stay of the device in enabled that all of this belongs to, 0: none
 * @wanted: what the caller has written
 * @told: what the drive is told of it; number @number
 * @number: counts set-points that differ from the one before; 0: none in this stay
 * @kept: the newest ones, by number
 * @given_number: newest set-point that the plan of @given_generation has
 * @given_generation: 0: no plan has any
 * @written: by enum ohtd_output
 * @has_echo: @echoed is valid
 * @echoed: what all motors have taken
 * @echoed_number: its number
 * @echoed_ns: when the last motor took it
 * @zero_waits: the state machine waits for an echo of zero, from @zero_ns on
 * @zero_ns: when the state machine asked for zero
 */
struct ohtd_setpoints {
	bool there;
	uint64_t since_ns;
	struct ohtd_drive_setpoint wanted;
	struct ohtd_drive_setpoint told;
	uint32_t number;
	struct ohtd_drive_setpoint kept[OHTD_SETPOINTS_KEPT];
	uint32_t given_number;
	uint32_t given_generation;
	struct ohtd_written written[OHTD_OUTPUTS];
	bool has_echo;
	struct ohtd_drive_setpoint echoed;
	uint32_t echoed_number;
	uint64_t echoed_ns;
	bool zero_waits;
	uint64_t zero_ns;
};

/*
 * What the drive is told from the next cycle on. Remembered; sent as soon as the plan has the
 * places. Too fast for the register: its largest value; no direction of the drive: speed zero. While
 * the device is not enabled nothing is remembered.
 */
void ohtd_setpoint_write(struct ohtd_modules *modules, const struct ohtd_drive_setpoint *setpoint);

/* Are set-points being sent: drive in the plan, device enabled, outputs given since the last stop? */
bool ohtd_setpoint_live(const struct ohtd_modules *modules);

/*
 * What the drive has echoed: all its motors have taken this set-point, or a newer one. False: nothing
 * echoed since the last stop, or since the drive left the plan.
 */
bool ohtd_setpoint_echoed(const struct ohtd_modules *modules, struct ohtd_drive_setpoint *echoed,
			  uint64_t *at_ns);

/* Have all motors acknowledged a speed since then? An older echo does not say that the drive still answers. */
bool ohtd_setpoint_answers_since(const struct ohtd_modules *modules, uint64_t time_ns);

/*
 * Highest speed that a motor may have now for @direction: what it has acknowledged, and all that it has been told since, as an
 * acknowledgement may have been lost. A motor whose direction is not known counts for each.
 */
uint16_t ohtd_setpoint_holds(const struct ohtd_modules *modules, enum ohtd_drive_direction direction);

/* When all motors will have echoed a speed that is told at @told_ns; @told_ns where that is not known. */
uint64_t ohtd_setpoint_echo_due_ns(const struct ohtd_modules *modules, uint64_t told_ns);

/*
 * The drive refuses set-points, or does not acknowledge them, or acknowledges them and its registers show
 * something else: it is told in vain.
 */
bool ohtd_setpoint_fails(const struct ohtd_modules *modules);

/* What the drive's registers show; of several the highest one counts. */
enum ohtd_shown { OHTD_SHOWN_ZERO, OHTD_SHOWN_NOTHING, OHTD_SHOWN_OTHER };

/**
 * ohtd_setpoint_shows_zero() - does the drive show the zero that it has acknowledged?
 * @since_ns: only readings behind this moment count
 *
 * Return: OHTD_SHOWN_NOTHING: a speed has not been read since. A drive without such registers shows OHTD_SHOWN_ZERO.
 */
enum ohtd_shown ohtd_setpoint_shows_zero(struct ohtd_modules *modules, uint64_t since_ns);

/* Speed zero for the state machine: by the plan when live, else by the telegram. */
void ohtd_setpoint_zero(struct ohtd_modules *modules);
/* Is its echo still awaited? */
bool ohtd_setpoint_zero_waits(const struct ohtd_modules *modules);

/* ---- for the control cycle ---- */

/* Nothing is told but zero, and the robot is in no state that moves it. */
bool ohtd_setpoint_rests(const struct ohtd_modules *modules);

/* The drive stands and is to reverse: until all motors have echoed the direction, and then the first speed. */
bool ohtd_setpoint_reverses(const struct ohtd_modules *modules);

/* Before an enable: from its first cycle on the drive is told zero, and never what was before. */
void ohtd_setpoint_prepare(struct ohtd_modules *modules);
/* An exchange of a place that writes has ended. */
void ohtd_setpoint_taken(struct ohtd_modules *modules, const struct ohtd_place *place,
			 const struct oht_cyclic_value *value);
/* After the image was read: what follows from state and echoes. */
void ohtd_setpoint_look(struct ohtd_modules *modules);
/* At the end of a turn: gives the plan what has changed. */
void ohtd_setpoint_give(struct ohtd_modules *modules);

#endif
