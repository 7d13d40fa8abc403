// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/words.h"

#include <string.h>

#include "base/role.h"
#include "base/log.h"
#include "oht_client.h"
#include "robot/codes.h"
#include "robot/command.h"
#include "robot/snapshot.h"
#include "robot/verbs.h"

const struct ohtd_words ohtd_robot_state_words = {
	.name = ohtd_state_name, .end = OHTD_STATES,
};

const struct ohtd_words ohtd_mode_words = {
	.name = ohtd_mode_name, .end = OHTD_MODES,
};

const struct ohtd_words ohtd_safety_state_words = {
	.name = ohtd_safety_state_name, .end = OHTD_SAFETY_UNKNOWN + 1,
};

const struct ohtd_words ohtd_module_health_words = {
	.name = ohtd_health_name, .end = OHTD_HEALTH_QUARANTINED + 1,
};

const struct ohtd_words ohtd_why_words = {
	.name = ohtd_why_name, .first = OHTD_WHY_NONE + 1, .end = OHTD_WHYS,
};

const struct ohtd_words ohtd_command_state_words = {
	.name = ohtd_command_state_name, .first = OHTD_COMMAND_STATE_WAITING,
	.end = OHTD_COMMAND_STATES,
};

/* Of POST robot/commands. */
static const char *motion_verb_name(unsigned int kind)
{
	const struct ohtd_verb_row *row = ohtd_verb_row(kind);

	return row->flags & OHTD_IS_VERB ? row->word : NULL;
}

const struct ohtd_words ohtd_motion_verb_words = {
	.name = motion_verb_name, .end = OHTD_COMMAND_LAST + 1,
};

static const char *role_name(unsigned int role)
{
	return ohtd_role_name((int)role);
}

const struct ohtd_words ohtd_role_words = {
	.name = role_name, .first = OHTD_ROLE_VIEWER, .end = OHTD_ROLE_ADMINISTRATOR + 1,
};

static const char *level_name(unsigned int level)
{
	return ohtd_log_level_name((int)level);
}

const struct ohtd_words ohtd_log_level_words = {
	.name = level_name, .first = OHTD_LOG_ERROR, .end = OHTD_LOG_DEBUG + 1,
};

const struct ohtd_words ohtd_device_state_words = {
	.name = oht_state_name, .end = OHT_STATE_ENABLED + 1, .open = true,
};

/* liboht has a word for numbers that it does not know; as a filter it would mean nothing. */
static const char *cause_name(unsigned int cause)
{
	const char *name = oht_cause_name(cause);

	return strcmp(name, "unknown") ? name : NULL;
}

const struct ohtd_words ohtd_cause_words = {
	.name = cause_name, .first = 1, .end = OHT_CAUSES_MAX, .open = true,
};
