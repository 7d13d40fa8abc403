// SPDX-License-Identifier: GPL-2.0-or-later
#include "robot/codes.h"

#include "oht_client.h"
#include "robot/snapshot.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static const char *const state_names[] = {
	[OHTD_STATE_BOOT]	= "boot",
	[OHTD_STATE_INIT]	= "init",
	[OHTD_STATE_IDLE]	= "idle",
	[OHTD_STATE_MOVE]	= "move",
	[OHTD_STATE_PAUSED]	= "paused",
	[OHTD_STATE_BLOCKED]	= "blocked",
	[OHTD_STATE_DOCK]	= "dock",
	[OHTD_STATE_CONFIG]	= "config",
	[OHTD_STATE_FAULT]	= "fault",
	[OHTD_STATE_ESTOP]	= "estop",
	[OHTD_STATE_SAFE]	= "safe",
	[OHTD_STATE_SHUTDOWN]	= "shutdown",
};

static const char *const safety_state_names[] = {
	[OHTD_SAFETY_STOPPED]	= "stopped",
	[OHTD_SAFETY_READY]	= "ready",
	[OHTD_SAFETY_ENABLED]	= "enabled",
	[OHTD_SAFETY_UNKNOWN]	= "unknown",
};

static const char *const mode_names[] = {
	[OHTD_MODE_AUTOMATIC]	= "automatic",
	[OHTD_MODE_MANUAL]	= "manual",
	[OHTD_MODE_MAINTENANCE]	= "maintenance",
};

static const char *const command_state_names[] = {
	[OHTD_COMMAND_STATE_NONE]	= "none",
	[OHTD_COMMAND_STATE_WAITING]	= "waiting",
	[OHTD_COMMAND_STATE_INITIALIZING] = "initializing",
	[OHTD_COMMAND_STATE_RUNNING]	= "running",
	[OHTD_COMMAND_STATE_PAUSED]	= "paused",
	[OHTD_COMMAND_STATE_RETRIABLE]	= "retriable",
	[OHTD_COMMAND_STATE_FINISHED]	= "finished",
	[OHTD_COMMAND_STATE_FAILED]	= "failed",
};

static const char *const health_names[] = {
	[OHTD_HEALTH_ABSENT]	= "absent",
	[OHTD_HEALTH_GOOD]	= "good",
	[OHTD_HEALTH_DEGRADED]	= "degraded",
	[OHTD_HEALTH_LOST]	= "lost",
	[OHTD_HEALTH_NOT_POLLED] = "not_polled",
	[OHTD_HEALTH_QUARANTINED] = "quarantined",
};

static const struct {
	const char *name;
	const char *text;
} whys[] = {
	[OHTD_WHY_NONE] = { "none", "Nothing stands in the way." },
	[OHTD_WHY_STATE] = { "wrong_state", "Not possible in this state of the robot." },
	[OHTD_WHY_IN_FAULT] = { "in_fault",
		"The robot is in fault: that has to be cleared first (command reset_fault)." },
	[OHTD_WHY_EXPIRED] = { "expired", "It could not be carried out in time and was dropped." },
	[OHTD_WHY_UNSUPPORTED] = { "unsupported",
		"This bus has no outputs that could be switched on." },
	[OHTD_WHY_BUSY] = { "busy", "The same is already under way." },
	[OHTD_WHY_NOT_CONTROLLER] = { "not_controller",
		"Another program is the controller of the device." },
	[OHTD_WHY_DEVICE] = { "device", "The device is not there or does not answer." },
	[OHTD_WHY_SHUTTING_DOWN] = { "shutting_down", "The daemon is shutting down." },
	[OHTD_WHY_BAD_REQUEST] = { "bad_request", "No such unit, or not so many registers." },
	[OHTD_WHY_STOP_CAUSE] = { "stop_cause", "A cause of the stop still stands." },
	[OHTD_WHY_STOP_LATCHED] = { "stop_latched", "The stop has not been reset." },
	[OHTD_WHY_INPUTS_NOT_STABLE] = { "inputs_not_stable",
		"The stop button has not been released long enough." },
	[OHTD_WHY_RESET_BUTTON] = { "reset_button",
		"Only the reset button at the machine resets: press it for 0.1 to 3 s." },
	[OHTD_WHY_NOT_STOPPED] = { "not_stopped",
		"This is done only while the machine is stopped: stop it first." },
	[OHTD_WHY_CONTACTS_MOVING] = { "contacts_moving",
		"The contacts behind the outputs may still be moving: try again in a moment." },
	[OHTD_WHY_NOT_PREPARED] = { "not_prepared",
		"The computer is not prepared to let the machine move." },
	[OHTD_WHY_NOT_ENABLED] = { "not_enabled", "The enable outputs are off." },
	[OHTD_WHY_STOPPED_MEANWHILE] = { "stopped_meanwhile",
		"A stop came while it was carried out." },
	[OHTD_WHY_MODULE_MISSING] = { "module_missing", "A required module has not been found." },
	[OHTD_WHY_MODULE_DEGRADED] = { "module_degraded", "A module answers only now and then, or not for all of its values." },
	[OHTD_WHY_MODULE_LOST] = { "module_lost", "A module does not answer any more." },
	[OHTD_WHY_MODULE_NO_ANSWER] = { "module_no_answer",
		"The module did not answer this request." },
	[OHTD_WHY_MODULE_PAUSES] = { "module_pauses",
		"The answer of the module came with pauses, and not all of it in time: "
		"a bridge or adapter on the line holds characters up." },
	[OHTD_WHY_MODULE_EXCEPTION] = { "module_exception", "The module refused this request." },
	[OHTD_WHY_SAFETY_MODULE] = { "safety_module",
		"The safety module reports a stop or a fault." },
	[OHTD_WHY_SENSORS] = { "sensors", "A distance or the position is old or out of range." },
	[OHTD_WHY_MOVING] = { "moving", "The robot does not stand still." },
	[OHTD_WHY_BOOT_TIMEOUT] = { "boot_timeout", "The start took too long." },
	[OHTD_WHY_INIT_TIMEOUT] = { "init_timeout",
		"Not all required modules were ready in time." },
	[OHTD_WHY_CONTROL_PLANE_STALLED] = { "control_plane_stalled",
		"A part of the daemon made no progress." },
	[OHTD_WHY_DEVICE_GONE] = { "device_gone", "The device went away." },
	[OHTD_WHY_NOT_AVAILABLE] = { "not_available",
		"This version cannot do that yet." },
	[OHTD_WHY_ROLE] = { "role", "The role is too low for this." },
	[OHTD_WHY_EVENTS_LOST] = { "events_lost",
		"More happened at once than could be handled." },
	[OHTD_WHY_PLAN_REFUSED] = { "plan_refused",
		"The bus refuses the plan of its exchanges: a cycle would be too full, or a stop would wait too long." },
	[OHTD_WHY_CONTROL_HELD] = { "control_held", "Another session is in control of the robot." },
	[OHTD_WHY_CONTROL_FREE] = { "control_free", "No session is in control of the robot." },
	[OHTD_WHY_ID_REUSED] = { "id_reused", "Another command has this id already." },
	[OHTD_WHY_STOP_CHANGED] = { "stop_changed",
		"More has happened at the stop than was seen: look at its causes again." },
	[OHTD_WHY_ENABLED] = { "enabled",
		"This is done only while the enable outputs are off: disable the robot first." },
	[OHTD_WHY_MODULE_QUARANTINED] = { "module_quarantined",
		"The module is in quarantine and is not asked." },
	[OHTD_WHY_NOT_QUARANTINED] = { "not_quarantined", "The module is not in quarantine." },
	[OHTD_WHY_MODULE_CHANGED] = { "module_changed",
		"Another module answers at this address now." },
	[OHTD_WHY_MOTION_REGISTER] = { "motion_register",
		"A write to this register can move the robot or change where it believes it is." },
	[OHTD_WHY_NO_TARGET] = { "no_target", "No target is kept that could be gone on with." },
	[OHTD_WHY_SOFT_LIMIT] = { "soft_limit", "This is beyond a soft limit." },
	[OHTD_WHY_OBSTACLE] = { "obstacle",
		"Something is in the way: a distance is below its stop zone." },
	[OHTD_WHY_DOCKED] = { "docked", "The robot is at the dock: undock first." },
	[OHTD_WHY_NOT_DOCKED] = { "not_docked", "The robot is not at the dock." },
	[OHTD_WHY_DOCK_FINAL] = { "dock_final", "The last phase of docking cannot be paused." },
	[OHTD_WHY_JOG_SPEED] = { "jog_speed", "The speed of a jog is nought or above its limit." },
	[OHTD_WHY_MODE] = { "mode", "The mode of the robot does not permit it." },
	[OHTD_WHY_REPLACED] = { "replaced", "Another command took its place." },
	[OHTD_WHY_CANCELLED] = { "cancelled", "It was stopped." },
	[OHTD_WHY_EARLIER_FAILED] = { "earlier_failed",
		"The command before it in the queue has failed." },
	[OHTD_WHY_QUEUE_FULL] = { "queue_full", "The queue is full: 32 commands wait." },
	[OHTD_WHY_JOG_RUNS] = { "jog_runs", "A jog is under way, behind which nothing can wait." },
	[OHTD_WHY_NOT_WAITING] = { "not_waiting",
		"No such command waits: it is under way, or it has ended." },
	[OHTD_WHY_POSITION_LOST] = { "position_lost",
		"The readings of the position cannot be trusted any more." },
	[OHTD_WHY_DRIVE_FOLLOWING] = { "drive_following",
		"The robot was too far from where it should have been." },
	[OHTD_WHY_DRIVE_STALLED] = { "drive_stalled", "The drive was told to move and did not." },
	[OHTD_WHY_DRIVE_NOT_SETTLED] = { "drive_not_settled",
		"The robot did not come to rest at its target." },
	[OHTD_WHY_DRIVE_DISOBEYS] = { "drive_disobeys",
		"The drive does not do what it is told: it refuses or ignores set-points, or turns by itself." },
	[OHTD_WHY_MOVE_TIMEOUT] = { "move_timeout", "The move took too long." },
	[OHTD_WHY_DOCK_TIMEOUT] = { "dock_timeout", "Docking took too long." },
	[OHTD_WHY_DOCK_FAILED] = { "dock_failed", "Docking failed." },
	[OHTD_WHY_DOCK_NOT_CONFIRMED] = { "dock_not_confirmed",
		"The dock module did not confirm the dock." },
	[OHTD_WHY_PAUSE_LONG] = { "pause_long", "The robot has been paused for long." },
	[OHTD_WHY_BLOCKED_LONG] = { "blocked_long", "The robot has been blocked for long." },
	[OHTD_WHY_DEADMAN] = { "deadman", "The control thread was too late for its heartbeat." },
};

_Static_assert(COUNT(state_names) == OHTD_STATES, "a name for every state");
_Static_assert(COUNT(command_state_names) == OHTD_COMMAND_STATES, "and for those of a command");
_Static_assert(OHTD_QUEUE_MAX == 32, "as the text of queue_full says");
_Static_assert(COUNT(whys) == OHTD_WHYS, "a text for every reason");

const char *ohtd_state_name(unsigned int state)
{
	return state < COUNT(state_names) ? state_names[state] : "unknown";
}

bool ohtd_state_is_enabled(unsigned int state)
{
	switch (state) {
	case OHTD_STATE_IDLE:
	case OHTD_STATE_MOVE:
	case OHTD_STATE_PAUSED:
	case OHTD_STATE_BLOCKED:
	case OHTD_STATE_DOCK:
	case OHTD_STATE_CONFIG:
		return true;
	default:
		return false;
	}
}

bool ohtd_state_in_motion(unsigned int state)
{
	return state == OHTD_STATE_MOVE || state == OHTD_STATE_DOCK;
}

bool ohtd_state_stands(unsigned int state)
{
	return state == OHTD_STATE_IDLE || state == OHTD_STATE_SAFE || state == OHTD_STATE_ESTOP ||
	       state == OHTD_STATE_FAULT || state == OHTD_STATE_CONFIG;
}

const char *ohtd_safety_state_name(unsigned int state)
{
	return state < COUNT(safety_state_names) ? safety_state_names[state] : "unknown";
}

const char *ohtd_mode_name(unsigned int mode)
{
	return mode < COUNT(mode_names) ? mode_names[mode] : "unknown";
}

const char *ohtd_command_state_name(unsigned int state)
{
	return state < COUNT(command_state_names) ? command_state_names[state] : "unknown";
}

const char *ohtd_health_name(unsigned int health)
{
	return health < COUNT(health_names) ? health_names[health] : "unknown";
}

unsigned int ohtd_why_of_health(unsigned int health)
{
	static const uint16_t codes[] = {
		[OHTD_HEALTH_ABSENT] = OHTD_WHY_MODULE_MISSING,
		[OHTD_HEALTH_GOOD] = OHTD_WHY_NONE,
		[OHTD_HEALTH_DEGRADED] = OHTD_WHY_MODULE_DEGRADED,
		[OHTD_HEALTH_LOST] = OHTD_WHY_MODULE_LOST,
		[OHTD_HEALTH_NOT_POLLED] = OHTD_WHY_MODULE_MISSING,
		[OHTD_HEALTH_QUARANTINED] = OHTD_WHY_MODULE_QUARANTINED,
	};

	return codes[health];
}

const char *ohtd_why_name(unsigned int code)
{
	return code < COUNT(whys) ? whys[code].name : "unknown";
}

unsigned int ohtd_why_code_of(unsigned int outcome)
{
	switch (outcome) {
	case OHT_OUTCOME_EXCEPTION:
		return OHTD_WHY_MODULE_EXCEPTION;
	case OHT_OUTCOME_PAUSED:
		return OHTD_WHY_MODULE_PAUSES;
	default:
		return OHTD_WHY_MODULE_NO_ANSWER;
	}
}

const char *ohtd_why_text(unsigned int code)
{
	return code < COUNT(whys) ? whys[code].text : "Unknown reason.";
}

#define TAG_LETTERS	0x6f6874ull	/* "oht" */
#define TAG_SHIFT	40

uint64_t ohtd_why_tag(const struct ohtd_why *why)
{
	return TAG_LETTERS << TAG_SHIFT | (uint64_t)why->code << 16 | (uint64_t)why->unit << 8 |
	       why->detail;
}

bool ohtd_why_of_tag(uint64_t tag, struct ohtd_why *why)
{
	why->code = (uint16_t)(tag >> 16);
	why->unit = (uint8_t)(tag >> 8);
	why->detail = (uint8_t)tag;
	return ohtd_why_tag(why) == tag;
}
