/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the vocabulary of the control thread: states, health, why a thing was refused.
 * Contexts: any thread; constants and pure functions only.
 * Locks:    none.
 */
#ifndef OHTD_ROBOT_CODES_H
#define OHTD_ROBOT_CODES_H

#include <stdbool.h>
#include <stdint.h>

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

/* Why something was refused or a fault stands. OHTD_WHY_NONE never stands in a list. */
enum ohtd_why_code {
	OHTD_WHY_NONE,
	/* the request itself */
	OHTD_WHY_STATE,			/* not possible in the robot state detail - 1; 0: not said */
	OHTD_WHY_IN_FAULT,		/* the fault comes first: reset_fault */
	OHTD_WHY_EXPIRED,		/* its deadline passed before it could be carried out */
	OHTD_WHY_UNSUPPORTED,		/* the bus back-end cannot do it */
	OHTD_WHY_BUSY,			/* the same is already under way */
	OHTD_WHY_NOT_CONTROLLER,	/* another program is the controller of the device */
	OHTD_WHY_DEVICE,		/* the device is not there or does not answer */
	OHTD_WHY_SHUTTING_DOWN,
	OHTD_WHY_BAD_REQUEST,		/* no such unit, or not so many registers */
	/* the stop; detail is enum oht_stop_cause (liboht) */
	OHTD_WHY_STOP_CAUSE,		/* a cause of the stop stands */
	OHTD_WHY_STOP_LATCHED,		/* the stop has not been reset */
	OHTD_WHY_INPUTS_NOT_STABLE,	/* the button has not been released long enough */
	OHTD_WHY_NOT_ENABLED,		/* the outputs are off */
	OHTD_WHY_STOPPED_MEANWHILE,	/* a stop came while it was carried out */
	/* modules; unit is set */
	OHTD_WHY_MODULE_MISSING,	/* a required module has not been found */
	OHTD_WHY_MODULE_DEGRADED,
	OHTD_WHY_MODULE_LOST,
	OHTD_WHY_MODULE_NO_ANSWER,	/* to this request; detail is enum oht_outcome (liboht) */
	OHTD_WHY_MODULE_PAUSES,		/* inside its answer, which did not come in time */
	OHTD_WHY_MODULE_EXCEPTION,	/* detail is the Modbus exception code */
	OHTD_WHY_SAFETY_MODULE,		/* the safety module reports a stop or a fault */
	OHTD_WHY_SENSORS,		/* a distance or the position is old or out of range */
	OHTD_WHY_MOVING,		/* no standstill */
	/* faults */
	OHTD_WHY_BOOT_TIMEOUT,
	OHTD_WHY_INIT_TIMEOUT,
	OHTD_WHY_CONTROL_PLANE_STALLED,	/* a loop of the daemon made no progress; detail is its index */
	OHTD_WHY_DEVICE_GONE,
	OHTD_WHY_DEADMAN,		/* our own heartbeat came too late */
	OHTD_WHY_RESET_BUTTON,		/* only the button at the machine resets */
	OHTD_WHY_NOT_STOPPED,		/* only while the machine is stopped */
	OHTD_WHY_CONTACTS_MOVING,	/* the contacts behind the outputs may not have settled */
	OHTD_WHY_NOT_PREPARED,		/* detail is what the machine lacks for an enable */
	/* the state machine */
	OHTD_WHY_NOT_AVAILABLE,		/* the state machine has it, this program does not */
	OHTD_WHY_ROLE,			/* detail is the lowest role that may, enum ohtd_role */
	OHTD_WHY_EVENTS_LOST,		/* more events at once than the queue holds */
	OHTD_WHY_PLAN_REFUSED,		/* the bus does not take the plan of its exchanges */
	OHTD_WHY_CONTROL_HELD,		/* another session is in control */
	OHTD_WHY_CONTROL_FREE,		/* no session is in control */
	OHTD_WHY_ID_REUSED,		/* the client has given this id to another command */
	OHTD_WHY_STOP_CHANGED,		/* the journal of the stop has more than the person has seen */
	/* one module; unit is set */
	OHTD_WHY_ENABLED,		/* only while the enable outputs are off */
	OHTD_WHY_MODULE_QUARANTINED,	/* a person has taken it out */
	OHTD_WHY_NOT_QUARANTINED,
	OHTD_WHY_MODULE_CHANGED,	/* another module answers at its address */
	OHTD_WHY_MOTION_REGISTER,	/* a write can move the robot */
	/* motion: refusals */
	OHTD_WHY_NO_TARGET,		/* nothing is kept that could be gone on with */
	OHTD_WHY_SOFT_LIMIT,		/* beyond a soft limit */
	OHTD_WHY_OBSTACLE,		/* a stop zone is in the way; detail is the sensor, from 1 */
	OHTD_WHY_DOCKED,		/* at the dock: undock first */
	OHTD_WHY_NOT_DOCKED,
	OHTD_WHY_DOCK_FINAL,		/* the last phase of docking cannot be paused */
	OHTD_WHY_JOG_SPEED,		/* nought, or above the limit */
	OHTD_WHY_MODE,			/* the mode forbids it; detail is enum ohtd_mode */
	OHTD_WHY_REPLACED,		/* another command took its place */
	OHTD_WHY_CANCELLED,		/* a person has stopped it */
	/* the queue */
	OHTD_WHY_EARLIER_FAILED,	/* the command before it has failed */
	OHTD_WHY_QUEUE_FULL,		/* OHTD_QUEUE_MAX wait */
	OHTD_WHY_JOG_RUNS,		/* nothing waits behind a jog */
	OHTD_WHY_NOT_WAITING,		/* it runs, or it has ended */
	/* motion: faults */
	OHTD_WHY_POSITION_LOST,		/* detail is enum ohtd_position_trust */
	OHTD_WHY_DRIVE_FOLLOWING,
	OHTD_WHY_DRIVE_STALLED,
	OHTD_WHY_DRIVE_NOT_SETTLED,
	OHTD_WHY_DRIVE_DISOBEYS,	/* unit is set when its registers show it */
	/* motion: what ends or delays a command */
	OHTD_WHY_MOVE_TIMEOUT,
	OHTD_WHY_DOCK_TIMEOUT,
	OHTD_WHY_DOCK_FAILED,
	OHTD_WHY_DOCK_NOT_CONFIRMED,
	OHTD_WHY_PAUSE_LONG,
	OHTD_WHY_BLOCKED_LONG,
	OHTD_WHYS,
};

/**
 * struct ohtd_why - one reason, in a form that a program and a person can read
 * @code: enum ohtd_why_code
 * @unit: unit address of the module, 0 when none is meant
 * @detail: see enum ohtd_why_code, else 0
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
