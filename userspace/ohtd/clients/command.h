/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a command as clients write it, as they are answered, and as the store keeps it.
 * Contexts: any; it only looks at its arguments.
 * Locks:    none.
 */
#ifndef OHTD_CLIENTS_COMMAND_H
#define OHTD_CLIENTS_COMMAND_H

#include <stddef.h>

#include "clients/refusal.h"
#include "journal/command_rows.h"
#include "robot/snapshot.h"

struct ohtd_clock;
struct ohtd_robot;
struct robot_command;

#define OHTD_COMMAND_BODY_BYTES_MAX	4096

/* The body of POST robot/commands, which is a part of messages too. */
extern const struct ohtd_shape robot_command_shape;
/* Does the command, a struct robot_command, only take motion away? It is served when places are few. */
bool ohtd_robot_command_ends_motion(const void *input);
/* The client's own id, or NULL. */
const char *ohtd_robot_command_id(const struct robot_command *said);

struct verb_reason {
	unsigned int code;
	const char *text;
	int64_t address;
};

extern const struct ohtd_shape verb_reason_shape;

/* What POST robot/commands and a message are answered when the command has been done. */
struct command_result {
	const char *id;
	int64_t number;
	uint32_t state;
	const struct verb_reason *why_not;
	size_t why_not_count;
};

extern const struct ohtd_shape command_result_shape;
/* @caller_id: the client's own, NULL or "": none */
struct command_result ohtd_command_result(const struct ohtd_answer *answer, const char *caller_id);

/* A command as the store keeps it. */
struct ohtd_command_row ohtd_command_row_of(const struct ohtd_command_view *view,
					    struct ohtd_clock *clock);

/* False, with what does not fit its verb, or the station that @robot does not have. */
bool ohtd_robot_command_read(const struct robot_command *said, struct ohtd_clock *clock,
			     struct ohtd_robot *robot, struct ohtd_command *command,
			     struct ohtd_refusal *refusal);

#endif /* OHTD_CLIENTS_COMMAND_H */
