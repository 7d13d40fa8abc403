// SPDX-License-Identifier: GPL-2.0-or-later
#include "robot/verbs.h"

#include "robot/command.h"
#include "robot/states.h"

/* A number that is there twice, or beyond the last, does not compile. */
static const struct ohtd_verb_row rows[OHTD_COMMAND_LAST + 1] = {
#define OHTD_VERB(kind, number, word_, event_, event_word, role_, modes_, flags_, act) \
	[OHTD_COMMAND_##kind] = { \
		.word = (word_), .route = "POST robot/commands", .flags = OHTD_IS_VERB | (flags_), \
		.event = OHTD_EVENT_##event_, .role = OHTD_ROLE_##role_, \
		.modes = OHTD_MODES_##modes_, .elevation = OHTD_ELEVATION_NEVER, \
	},
#define OHTD_COMMAND(kind, number, word_, event_, role_, route_, elevation_, flags_, act) \
	[OHTD_COMMAND_##kind] = { \
		.word = (word_), .route = (route_), .flags = (flags_), \
		.event = OHTD_EVENT_##event_, .role = OHTD_ROLE_##role_, \
		.modes = OHTD_MODES_ANY, .elevation = OHTD_ELEVATION_##elevation_, \
	},
#include "robot/verbs.def"
};

static const uint8_t kinds[OHTD_VERBS] = {
#define OHTD_VERB(kind, ...)	[OHTD_VERB_##kind] = OHTD_COMMAND_##kind,
#include "robot/verbs.def"
};

/* An event belongs to one verb, or it does not compile either. */
static const uint8_t of_event[OHTD_EVENTS] = {
#define OHTD_VERB(kind, number, word, event, ...)	[OHTD_EVENT_##event] = OHTD_COMMAND_##kind,
#include "robot/verbs.def"
};

/* A person who sees a danger must be able to stop the robot. */
#define OHTD_VERB(kind, number, word, event, event_word, role, modes, flags, act) \
	_Static_assert(!((flags) & OHTD_ENDS_MOTION && (flags) & OHTD_NEEDS_CONTROL), \
		       #kind ": what ends a motion needs no control"); \
	_Static_assert(OHTD_ROLE_##role != OHTD_ROLE_NONE, #kind ": a verb has a role");
#include "robot/verbs.def"

const struct ohtd_verb_row *ohtd_verb_row(unsigned int kind)
{
	return &rows[kind <= OHTD_COMMAND_LAST ? kind : 0];
}

unsigned int ohtd_verb_kind(unsigned int verb)
{
	return verb < OHTD_VERBS ? kinds[verb] : 0;
}

unsigned int ohtd_verb_of_event(unsigned int event)
{
	return event < OHTD_EVENTS ? of_event[event] : 0;
}

unsigned int ohtd_robot_interrupts(unsigned int event)
{
	switch (event) {
	case OHTD_EVENT_ESTOP_TRIGGERED:
		return OHTD_WHY_STOP_LATCHED;
	case OHTD_EVENT_FAULT_DETECTED:
		return OHTD_WHY_IN_FAULT;
	case OHTD_EVENT_DISABLE_COMMAND:
		return OHTD_WHY_NOT_ENABLED;
	case OHTD_EVENT_STOP_COMMAND:
		return OHTD_WHY_CANCELLED;
	default:
		return ohtd_verb_row(ohtd_verb_of_event(event))->flags & OHTD_IS_MOTION ? OHTD_WHY_REPLACED : OHTD_WHY_NONE;
	}
}

const char *ohtd_verb_word(unsigned int kind)
{
	const char *word = ohtd_verb_row(kind)->word;

	return word ? word : "unknown";
}
