/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is known of each command: the rows of verbs.def, by kind, verb or event.
 * Contexts: any thread; constants only.
 * Locks:    none.
 */
#ifndef OHTD_ROBOT_VERBS_H
#define OHTD_ROBOT_VERBS_H

#include <stdint.h>

#include "base/elevation.h"
#include "base/role.h"
#include "robot/codes.h"

/* The words of POST robot/commands. */
enum ohtd_verb {
#define OHTD_VERB(kind, ...)	OHTD_VERB_##kind,
#include "robot/verbs.def"
	OHTD_VERBS,
};

enum ohtd_verb_flags {
	OHTD_NEEDS_CONTROL	= 1 << 0,	/* for who is in control; or nobody is */
	OHTD_ENDS_MOTION	= 1 << 1,	/* only that: served when places are few */
	OHTD_BEGINS_MOTION	= 1 << 2,	/* answered when the drive has echoed a set-point */
	OHTD_IS_MOTION		= 1 << 3,	/* a motion of its own, which stop ends */
	OHTD_IS_TASK		= 1 << 4,	/* and which ends by itself: a row of OHTD_TASK */
	OHTD_IS_VERB		= 1 << 5,	/* a row of OHTD_TASK or OHTD_VERB */
	OHTD_TAKES_TARGET	= 1 << 6,	/* where to: one of position_mm and station */
	OHTD_TAKES_LIMIT	= 1 << 7,	/* speed_mm_s: at most, above 0 */
	OHTD_TAKES_SPEED	= 1 << 8,	/* speed_mm_s: signed, and needed */
	OHTD_OBEYS_OVERRIDE	= 1 << 9,	/* PUT robot/override scales its speed */
	OHTD_BY_POSITION	= 1 << 10,	/* needs the position, unasked by the state table */
	OHTD_TO_DOCK		= 1 << 11,	/* behind it the robot is at the dock */
	OHTD_AT_DOCK		= 1 << 12,	/* only from the dock */
	OHTD_OFF_DOCK		= 1 << 13,	/* only while not at the dock */
};

#define OHTD_TASK_FLAGS	(OHTD_NEEDS_CONTROL | OHTD_BEGINS_MOTION | OHTD_IS_MOTION | OHTD_IS_TASK)

enum ohtd_modes {
	OHTD_MODES_AUTOMATIC	= 1 << OHTD_MODE_AUTOMATIC,
	OHTD_MODES_BY_HAND	= OHTD_MODES_AUTOMATIC | 1 << OHTD_MODE_MANUAL,
	OHTD_MODES_ANY		= OHTD_MODES_BY_HAND | 1 << OHTD_MODE_MAINTENANCE,
};

/**
 * struct ohtd_verb_row - what verbs.def says of a command
 * @word: NULL: the daemon says it by itself
 * @route: "POST robot/commands"; NULL: none, or more than one
 * @flags: enum ohtd_verb_flags
 * @event: enum ohtd_event that it raises; OHTD_EVENT_NONE
 * @role: lowest role that may, enum ohtd_role; OHTD_ROLE_NONE: as its route says
 * @modes: enum ohtd_modes
 * @elevation: enum ohtd_elevation
 */
struct ohtd_verb_row {
	const char *word;
	const char *route;
	uint16_t flags;
	uint8_t event;
	uint8_t role;
	uint8_t modes;
	uint8_t elevation;
};

/* The row of @kind, enum ohtd_command_kind; never NULL, of other numbers an empty one. */
const struct ohtd_verb_row *ohtd_verb_row(unsigned int kind);

/* The command that a verb, enum ohtd_verb, asks for. */
unsigned int ohtd_verb_kind(unsigned int verb);

/* The verb whose event, enum ohtd_event, this is, as enum ohtd_command_kind; 0: of none. */
unsigned int ohtd_verb_of_event(unsigned int event);

/*
 * Why a plan that one person has made does not go on behind this event of another, enum ohtd_event: an enum ohtd_why_code;
 * OHTD_WHY_NONE: it may. Pause and resume are no reasons.
 */
unsigned int ohtd_robot_interrupts(unsigned int event);

/* "move"; never NULL. */
const char *ohtd_verb_word(unsigned int kind);

#endif
