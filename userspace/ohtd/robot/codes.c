// SPDX-License-Identifier: GPL-2.0-or-later
#include "codes.h"

#include "oht_client.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static const char *const state_names[] = {
	[OHTD_STATE_BOOT]	= "boot",
	[OHTD_STATE_INIT]	= "init",
	[OHTD_STATE_IDLE]	= "idle",
	[OHTD_STATE_MOVE]	= "move",
	[OHTD_STATE_PAUSED]	= "paused",
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

static const char *const health_names[] = {
	[OHTD_HEALTH_ABSENT]	= "absent",
	[OHTD_HEALTH_GOOD]	= "good",
	[OHTD_HEALTH_DEGRADED]	= "degraded",
	[OHTD_HEALTH_LOST]	= "lost",
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
	[OHTD_WHY_MODULE_DEGRADED] = { "module_degraded", "A module answers only now and then." },
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
	[OHTD_WHY_DEADMAN] = { "deadman", "The control thread was too late for its heartbeat." },
};

_Static_assert(COUNT(state_names) == OHTD_STATES, "a name for every state");
_Static_assert(COUNT(whys) == OHTD_WHYS, "a text for every reason");

const char *ohtd_state_name(unsigned int state)
{
	return state < COUNT(state_names) ? state_names[state] : "unknown";
}

const char *ohtd_safety_state_name(unsigned int state)
{
	return state < COUNT(safety_state_names) ? safety_state_names[state] : "unknown";
}

const char *ohtd_health_name(unsigned int health)
{
	return health < COUNT(health_names) ? health_names[health] : "unknown";
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
