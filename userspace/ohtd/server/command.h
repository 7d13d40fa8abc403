/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     commands to the control thread on their way through a loop, for any kind of client:
 *           a request (call.h) or a WebSocket.
 * Contexts: the loop that posts the command.
 * Locks:    none.
 */
#ifndef OHTD_SERVER_COMMAND_H
#define OHTD_SERVER_COMMAND_H

#include <stddef.h>

#include "json/input.h"
#include "robot/command.h"
#include "robot/snapshot.h"
#include "tables/commands.h"

/* The heading of POST robot/commands, which a key must permit for a verb, by whichever way that comes. */
#define OHTD_COMMAND_TAG	"Robot"

struct ohtd_call;
struct ohtd_courses_lack;
struct ohtd_clock;
struct ohtd_loop;
struct ohtd_principal;
struct ohtd_robot;
struct robot_command;

/* What waits for an answer begins with it. @take is called once; the object is then its own again. */
struct ohtd_waiting {
	void (*take)(struct ohtd_waiting *waiting, const struct ohtd_answer *answer);
};

/**
 * ohtd_command_post() - hand a command to the control thread; an order with an id of its client when that is on the disk
 * @who: whose it is
 * @command: id, role and session are filled in, tag too when it is 0
 * @waiting: gets the answer, at the latest shortly after the command's deadline
 * @lack: out: the course that is missing
 *
 * Return: 0, -EACCES: the key of @who does not permit it, -ENOKEY: see @lack, or a negative errno of ohtd_link_post(); then nothing will come.
 */
int ohtd_command_post(struct ohtd_loop *loop, const struct ohtd_principal *who,
		      struct ohtd_command *command, struct ohtd_waiting *waiting, struct ohtd_courses_lack *lack);

/**
 * struct ohtd_refusal - why a command was not done, as clients are told
 * @status: of HTTP
 * @code: of the catalogue
 * @detail: sentence for people
 * @errors: each reason
 * @errors_count: of @errors
 */
struct ohtd_refusal {
	int status;
	const char *code;
	const char *detail;
	struct ohtd_error errors[OHTD_WHY_MAX];
	size_t errors_count;
};

/* Of an answer that is not DONE; its texts are in @memory. */
void ohtd_refusal_of(const struct ohtd_answer *answer, const struct ohtd_memory *memory,
		     struct ohtd_refusal *refusal);
/* Of a course that is missing; its texts are in @memory. */
void ohtd_refusal_lacks(const struct ohtd_courses_lack *lack, const struct ohtd_memory *memory, struct ohtd_refusal *refusal);
/* Of what else ohtd_command_post() has returned. */
void ohtd_refusal_not_taken(int error, struct ohtd_refusal *refusal);

/* The sentence of one of its reasons, with the state, the cause or the holder that it is about; good for the call. */
const char *ohtd_reason_text_of(struct ohtd_call *call, const struct ohtd_answer *answer, size_t reason);

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

#endif /* OHTD_SERVER_COMMAND_H */
