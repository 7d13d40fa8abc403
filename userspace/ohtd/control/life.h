/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the life of commands of motion: each phase is told, and none is executed twice.
 * Contexts: control thread; names: any thread.
 * Locks:    none.
 */
#ifndef OHTD_CONTROL_LIFE_H
#define OHTD_CONTROL_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include "robot/command.h"
#include "robot/snapshot.h"

struct ohtd_asked;
struct ohtd_control;

#define OHTD_RECENT_COMMANDS	64	/* whose ids are known */

/**
 * struct ohtd_recent - a command that was accepted, as its client asked for it
 * @number: 0: none
 * @tag: of the person
 * @append: it was to wait
 * @earlier: of an earlier run of the daemon; @append is not known then
 * @state: enum ohtd_command_state, as it was told last
 * @caller_id: the client's own id; not ""
 */
struct ohtd_recent {
	uint64_t number;
	uint64_t tag;
	uint32_t kind;
	uint32_t append;
	uint32_t state;
	bool earlier;
	double target_mm;
	double speed_mm_s;
	char caller_id[OHTD_CALLER_ID_BYTES];
};

/* The newest commands with an id, also of earlier runs. */
struct ohtd_life {
	struct ohtd_recent recent[OHTD_RECENT_COMMANDS];
	uint32_t next;
};

enum ohtd_known {
	OHTD_KNOWN_NOT,		/* a new command */
	OHTD_KNOWN_SAME,	/* the same once more: it is not executed again */
	OHTD_KNOWN_OTHER,	/* the id is that of another command of this person */
};

/* Is @command known by its id when it comes again? */
bool ohtd_life_knows(const struct ohtd_command *command);

/* @number: of the command that is known as the same. */
enum ohtd_known ohtd_life_known(const struct ohtd_life *life, const struct ohtd_command *command,
				uint64_t *number);

/* Takes a command of an earlier run; the newest first. False: there is no room for another one. */
bool ohtd_life_recall(struct ohtd_life *life, const struct ohtd_recent *recent);

/* The command has been accepted under this number. */
void ohtd_life_note(struct ohtd_life *life, const struct ohtd_command *command, uint64_t number);

/* The last state that was told of the command with @number; NONE: it is not known any more. */
uint32_t ohtd_life_state(const struct ohtd_life *life, uint64_t number);

/* A command of motion with a number, as clients see it in @state. */
struct ohtd_command_view ohtd_life_view(const struct ohtd_command *command, unsigned int state);

/* A command has come into another state: a record of the ring says so. */
void ohtd_life_tell(struct ohtd_control *control, const struct ohtd_command_view *view);

/* "move"; never NULL. */
const char *ohtd_life_verb(const struct ohtd_command_view *view);

#endif
