// SPDX-License-Identifier: GPL-2.0-or-later
#include "robot/codes.h"

#include <string.h>

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

static const char *const severities[] = {
	[OHTD_SEVERITY_CRITICAL]	= "critical",
	[OHTD_SEVERITY_WARNING]		= "warning",
	[OHTD_SEVERITY_EMERGENCY]	= "emergency",
};

#define ENDS	true
#define FAILS	false

static const char see_robot[] = "See GET robot, and the log.";

static const struct {
	const char *name;
	const char *text;
	const char *action;
	bool ends;
} whys[] = {
	[OHTD_WHY_NONE] = { "none", "Nothing stands in the way.", see_robot },
#define OHTD_WHY(code_, alarm_, severity_, ends_, word_, text_, action_)	[OHTD_WHY_##code_] = { word_, text_, action_, ends_ },
#include "robot/whys.def"
};

_Static_assert(COUNT(state_names) == OHTD_STATES, "a name for every state");
_Static_assert(COUNT(command_state_names) == OHTD_COMMAND_STATES, "and for those of a command");
_Static_assert(OHTD_QUEUE_MAX == 32, "as the text of queue_full says");
_Static_assert(COUNT(severities) == OHTD_SEVERITIES, "a word for each severity");
_Static_assert(COUNT(whys) == OHTD_WHYS, "a text for every reason");

const char *ohtd_state_name(unsigned int state)
{
	return state < COUNT(state_names) ? state_names[state] : "unknown";
}

const char *ohtd_severity_name(unsigned int severity)
{
	return severity < COUNT(severities) ? severities[severity] : NULL;
}

/* No word is a part of another one. */
size_t ohtd_robot_severity_rank(unsigned int severity)
{
	static const char all[] = OHTD_ROBOT_SEVERITIES;

	return severity < COUNT(severities) ? (size_t)(strstr(all, severities[severity]) - all) : 0;
}

bool ohtd_robot_why_ends(unsigned int code)
{
	return code < COUNT(whys) && whys[code].ends;
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

const char *ohtd_robot_why_action(unsigned int code)
{
	return code < COUNT(whys) ? whys[code].action : see_robot;
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
