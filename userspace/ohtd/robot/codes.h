/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the vocabulary of the control thread: states, health, why a thing was refused.
 * Contexts: any thread; constants and pure functions only.
 * Locks:    none.
 */
#ifndef OHTD_ROBOT_CODES_H
#define OHTD_ROBOT_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/severity.h"

/* Top-level states of the robot; names as in state_machine.csv. */
enum ohtd_state {
	OHTD_STATE_BOOT,
	OHTD_STATE_INIT,
	OHTD_STATE_IDLE,
	OHTD_STATE_MOVE,
	OHTD_STATE_PAUSED,
	OHTD_STATE_BLOCKED,
	OHTD_STATE_DOCK,
	OHTD_STATE_CONFIG,
	OHTD_STATE_FAULT,
	OHTD_STATE_ESTOP,
	OHTD_STATE_SAFE,
	OHTD_STATE_SHUTDOWN,
	OHTD_STATES,
};

/* How the robot may be driven (mode.h). */
enum ohtd_mode {
	OHTD_MODE_AUTOMATIC,
	OHTD_MODE_MANUAL,	/* only by hand, slowly */
	OHTD_MODE_MAINTENANCE,	/* by no command of motion */
	OHTD_MODES,
};

/* State of the stop, as the bus back-end knows it. */
enum ohtd_safety_state {
	OHTD_SAFETY_STOPPED,	/* latched; outputs low */
	OHTD_SAFETY_READY,	/* reset done; outputs low */
	OHTD_SAFETY_ENABLED,	/* outputs high */
	OHTD_SAFETY_UNKNOWN,	/* no device */
};

enum ohtd_health {
	OHTD_HEALTH_ABSENT,	/* never answered since start */
	OHTD_HEALTH_GOOD,
	OHTD_HEALTH_DEGRADED,	/* some polls fail */
	OHTD_HEALTH_LOST,	/* silent longer than its loss time */
	OHTD_HEALTH_NOT_POLLED,	/* answered when it was searched for, and has no place in the plan */
	OHTD_HEALTH_QUARANTINED, /* a person has taken it out: it is not asked */
};

/* The words, the least severe first. This is the one place that orders severities, also for SQL. */
#define OHTD_ROBOT_SEVERITIES	"warning critical emergency"

/* As programs read it; NULL: no severity has the number. */
const char *ohtd_severity_name(unsigned int severity);

/* A greater rank is more severe. */
size_t ohtd_robot_severity_rank(unsigned int severity);

/* Why something was refused or a fault stands. OHTD_WHY_NONE never stands in a list. */
enum ohtd_why_code {
	OHTD_WHY_NONE,
#define OHTD_WHY(code_, alarm_, severity_, ends_, word_, text_, action_)	OHTD_WHY_##code_,
#include "robot/whys.def"
	OHTD_WHYS,
};

/**
 * struct ohtd_why - one reason, in a form that a program and a person can read
 * @code: enum ohtd_why_code
 * @unit: unit address of the module, 0 when none is meant
 * @detail: see whys.def, else 0
 */
struct ohtd_why {
	uint16_t code;
	uint8_t unit;
	uint8_t detail;
};

/* Stable names for JSON ("module_lost", "estop"), and sentences for people. Never NULL. */
const char *ohtd_state_name(unsigned int state);
/* Of a command, enum ohtd_command_state (snapshot.h): "running". */
const char *ohtd_command_state_name(unsigned int state);
/* The outputs are on in this state; the device must be enabled. */
bool ohtd_state_is_enabled(unsigned int state);
/* The states in which the carriage is meant to travel. */
bool ohtd_state_in_motion(unsigned int state);
/* A state in which nothing is under way: limits are taken there, once the robot stands. */
bool ohtd_state_stands(unsigned int state);
const char *ohtd_safety_state_name(unsigned int state);
const char *ohtd_mode_name(unsigned int mode);
const char *ohtd_health_name(unsigned int health);
/* What stands in the way when a module that is needed is so: enum ohtd_why_code; OHTD_WHY_NONE: nothing. */
unsigned int ohtd_why_of_health(unsigned int health);
const char *ohtd_why_name(unsigned int code);
const char *ohtd_why_text(unsigned int code);
/* What to do, for people. */
const char *ohtd_robot_why_action(unsigned int code);
/* The robot itself ends a command for this reason; otherwise the wire or the device has failed. */
bool ohtd_robot_why_ends(unsigned int code);
/* Of a request to a module that has failed: enum ohtd_why_code for enum oht_outcome. */
unsigned int ohtd_why_code_of(unsigned int outcome);

/*
 * The tag that our own stop leaves in the device's journal: letters, then why. A tag of a person's
 * act is the number of the user.
 */
uint64_t ohtd_why_tag(const struct ohtd_why *why);
/* False if @tag is not of that kind. */
bool ohtd_why_of_tag(uint64_t tag, struct ohtd_why *why);
/* Words for causes of a stop and outcomes of transfers are those of liboht (oht_client.h). */

#endif
