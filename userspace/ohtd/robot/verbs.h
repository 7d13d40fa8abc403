/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what may be asked of the robot as data: commands.csv, compared with the code at start.
 * Contexts: load: main thread. Look-ups: any thread; constant after loading, no allocation.
 * Locks:    none.
 */
#ifndef OHTD_ROBOT_VERBS_H
#define OHTD_ROBOT_VERBS_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/role.h"
#include "common/csv.h"

/* A row of commands.csv each; names as in the file. */
enum ohtd_verb {
	OHTD_VERB_MOVE,
	OHTD_VERB_JOG,
	OHTD_VERB_HOME,
	OHTD_VERB_DOCK,
	OHTD_VERB_UNDOCK,
	OHTD_VERB_PAUSE,
	OHTD_VERB_RESUME,
	OHTD_VERB_STOP,
	OHTD_VERB_DISABLE,
	OHTD_VERB_RESET_FAULT,
	/* Those before are the verbs of POST robot/commands. */
	OHTD_VERB_CANCEL,
	OHTD_VERB_OVERRIDE,
	OHTD_VERB_EMERGENCY_STOP,
	OHTD_VERB_RESET,
	OHTD_VERB_ENABLE,
	OHTD_VERB_SELF_TEST,
	OHTD_VERB_MODE,
	OHTD_VERB_LIMITS,
	OHTD_VERB_RESTART,
	OHTD_VERB_SHUTDOWN,
	OHTD_VERBS,
};

/**
 * struct ohtd_verb_rule - what the file says of a verb
 * @role: lowest role that may, enum ohtd_role
 * @needs_control: only for the holder of the control lease, or for anybody while there is none
 * @line: of the file
 */
struct ohtd_verb_rule {
	uint8_t role;
	bool needs_control;
	unsigned int line;
};

struct ohtd_verbs {
	struct ohtd_verb_rule rule[OHTD_VERBS];
};

/**
 * ohtd_verbs_load() - read commands.csv and compare it with the code
 * @data_dir: folder; NULL for the installed one
 * @verbs: filled
 * @error: one line on failure: a verb that is unknown, missing or there twice, another endpoint or
 *	event than the code's, an unknown role, or a stop that needs control
 *
 * Return: 0 or a negative errno.
 */
int ohtd_verbs_load(const char *data_dir, struct ohtd_verbs *verbs, char error[OHT_ERROR_BYTES]);

/* What the file says of a command, enum ohtd_command_kind; NULL: the command is no verb. */
const struct ohtd_verb_rule *ohtd_verbs_of(const struct ohtd_verbs *verbs, unsigned int kind);

/* The event that a verb asks for, enum ohtd_event; OHTD_EVENTS: none. */
unsigned int ohtd_verb_event(unsigned int verb);

/* The verb of a command, OHTD_VERBS: it is none. */
unsigned int ohtd_verb_of(unsigned int kind);

/* "move"; never NULL. */
const char *ohtd_verb_name(unsigned int verb);

#endif
