// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands and the stop over a WebSocket, as POST robot/commands and POST safety/stop; answered by the client's id of the message. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "courses/courses.h"
#include "server/audited.h"
#include "clients/command.h"
#include "server/command.h"
#include "clients/lease.h"
#include "http/problem.h"
#include "live/socket_private.h"
#include "clients/stop.h"
#include "control/robot.h"
#include "robot/verbs.h"


struct socket_problem {
	int status;
	const char *code;
	const char *detail;
	const struct ohtd_error *errors;
	size_t errors_count;
};

OHTD_SHAPE(socket_problem, "SocketProblem",
	OHTD_INTEGER(socket_problem, status, .summary = "Of HTTP"),
	OHTD_TEXT(socket_problem, code, .summary = "Why not, for programs; GET errors has all"),
	OHTD_TEXT(socket_problem, detail, .summary = "Why not, for people"),
	OHTD_LIST(socket_problem, errors, ohtd_error, .flags = OHTD_OMIT,
		  .summary = "Single reasons"));

/* An answer to a message of the client; they differ in what @data is. */
#define SOCKET_ANSWER(S_, title_, word_, Data_, summary_)					\
	struct S_ {										\
		const char *type;								\
		struct ohtd_scalar id;								\
		int status;									\
		const struct Data_ *data;							\
	};											\
	OHTD_SHAPE_SHARED(S_, title_,								\
		OHTD_TEXT(S_, type, .summary = (word_)),					\
		OHTD_SCALAR(S_, id, .flags = OHTD_OMIT,						\
			    .summary = "Of the message that is answered; a stop may have none"),	\
		OHTD_INTEGER(S_, status, .summary = "Of HTTP"),					\
		OHTD_OBJECT(S_, data, Data_, .summary = (summary_)))

SOCKET_ANSWER(socket_result, "SocketResult", "result", command_result, "What was done");
SOCKET_ANSWER(socket_refusal, "SocketRefusal", "result", socket_problem, "Why it was not done");
SOCKET_ANSWER(socket_stopped, "SocketStopped", "stopped", stopped, "As POST safety/stop answers");

static void say(struct ohtd_socket *socket, const struct ohtd_memory *memory,
		const struct ohtd_shape *shape, const void *view)
{
	struct ohtd_writer writer;

	ohtd_writer_begin(&writer, memory, 256);
	ohtd_write_shape(&writer, shape, view);
	ohtd_socket_reply(socket, ohtd_message_of(&(struct ohtd_message_piece){ writer.text, writer.used }, 1));
}

static void refuse(struct ohtd_socket *socket, const struct ohtd_memory *memory,
		   const struct ohtd_scalar *id, const struct ohtd_refusal *refusal)
{
	const struct socket_problem problem = {
		.status = refusal->status, .code = refusal->code, .detail = refusal->detail,
		.errors = refusal->errors_count ? refusal->errors : NULL,
		.errors_count = refusal->errors_count,
	};

	say(socket, memory, &socket_refusal_shape, &(struct socket_refusal){
		.type = "result", .id = *id, .status = refusal->status, .data = &problem,
	});
}

/* ---- the audit ---- */

/* @code: NULL: it was done. */
static const char act_command[] = "message command", act_stop[] = "message stop";

static void record(struct ohtd_socket *socket, const char *act, unsigned int verb, int status, const char *code)
{
	ohtd_audited_message(socket->loop, &(struct ohtd_audited_message){
		.who = &socket->who, .source = socket->address, .act = act,
		.object = verb ? ohtd_verb_row(verb)->word : NULL, .status = status, .code = code,
		.repeats = verb == OHTD_COMMAND_JOG,
	});
}

/* ---- under way ---- */

struct ohtd_socket_command {
	struct ohtd_waiting waiting;
	struct ohtd_socket *socket;	/* NULL: gone */
	unsigned int place;		/* in @socket->commands */
	struct ohtd_scalar id;		/* its text is @id_text */
	char id_text[OHTD_SOCKET_ID_BYTES_MAX + 1];
	char caller_id[OHTD_CALLER_ID_BYTES];
};

static void reply(const struct ohtd_socket_command *command, const struct ohtd_memory *memory,
		  const struct ohtd_answer *said)
{
	const struct command_result result = ohtd_command_result(said, command->caller_id);
	struct ohtd_refusal refusal;

	if (said->outcome == OHTD_OUTCOME_DONE) {
		record(command->socket, act_command, said->kind, 200, NULL);
		say(command->socket, memory, &socket_result_shape, &(struct socket_result){
			.type = "result", .id = command->id, .status = 200, .data = &result,
		});
		return;
	}
	ohtd_refusal_of(said, memory, &refusal);
	record(command->socket, act_command, said->kind, refusal.status, refusal.code);
	refuse(command->socket, memory, &command->id, &refusal);
}

static void take(struct ohtd_waiting *waiting, const struct ohtd_answer *said)
{
	struct ohtd_socket_command *command = (struct ohtd_socket_command *)waiting;
	struct ohtd_socket *socket = command->socket;
	struct ohtd_memory memory;
	h2o_mem_pool_t pool;

	if (socket) {
		socket->commands[command->place] = NULL;
		/* Should that be one answer too many, the socket must outlive this function. */
		socket->in_message = true;
		h2o_mem_init_pool(&pool);
		memory = ohtd_pool_memory(&pool);
		reply(command, &memory, said);
		h2o_mem_clear_pool(&pool);
		ohtd_socket_pump(socket);
		socket->in_message = false;
		if (socket->close_by_ms && socket->ws->sock)
			h2o_websocket_proceed(socket->ws);
	}
	free(command);
}

void ohtd_socket_commands_forget(struct ohtd_socket *socket)
{
	for (unsigned int i = 0; i < OHTD_SOCKET_COMMANDS; i++)
		if (socket->commands[i])
			socket->commands[i]->socket = NULL;
	if (socket->jogs)
		ohtd_clients_hung_up(socket->loop->link, socket->number);
}

/* A place for one more, or NULL. */
static struct ohtd_socket_command *make(struct ohtd_socket *socket, const struct ohtd_scalar *id,
					const char *caller_id)
{
	struct ohtd_socket_command *command;
	unsigned int place = 0;

	while (place < OHTD_SOCKET_COMMANDS && socket->commands[place])
		place++;
	if (place == OHTD_SOCKET_COMMANDS)
		return NULL;
	command = calloc(1, sizeof(*command));
	if (!command)
		return NULL;
	*command = (struct ohtd_socket_command){
		.waiting = { take }, .socket = socket, .place = place, .id = *id,
	};
	if (id->text)
		command->id.text = strcpy(command->id_text, id->text);
	snprintf(command->caller_id, sizeof(command->caller_id), "%s", caller_id);
	socket->commands[place] = command;
	return command;
}

static void drop(struct ohtd_socket_command *command)
{
	command->socket->commands[command->place] = NULL;
	free(command);
}

/* ---- what the client says ---- */

struct say_command {
	const char *type;
	struct ohtd_scalar id;
	const struct robot_command *command;
};

OHTD_SHAPE_SHARED(say_command, "SocketCommand",
	OHTD_TEXT(say_command, type, .flags = OHTD_NEEDED, .min = 1, .max = 16,
		  .summary = "What the message is"),
	OHTD_SCALAR(say_command, id, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_SOCKET_ID_BYTES_MAX,
		    .summary = "Any number or text; the result has it too"),
	OHTD_OBJECT(say_command, command, robot_command, .flags = OHTD_NEEDED,
		    .summary = "As the body of POST robot/commands"));

void ohtd_socket_take_command(struct ohtd_socket *socket, const struct ohtd_memory *memory,
			      const void *view)
{
	const struct say_command *said = view;
	struct ohtd_socket_command *waiting;
	struct ohtd_command command;
	struct ohtd_courses_lack lack;
	struct ohtd_refusal refusal;
	int r = -EAGAIN;

	if (socket->who.role < OHTD_ROLE_OPERATOR) {
		record(socket, act_command, 0, 403, "role");
		refuse(socket, memory, &said->id, &(struct ohtd_refusal){
			.status = 403, .code = "role", .detail = "commands need the role operator",
		});
		return;
	}
	if (!ohtd_robot_command_read(said->command, socket->loop->server->services->clock,
				     socket->loop->server->services->robot,
				     &command, &refusal)) {
		record(socket, act_command, 0, refusal.status, refusal.code);
		refuse(socket, memory, &said->id, &refusal);
		return;
	}
	command.connection = socket->number;
	socket->jogs |= command.kind == OHTD_COMMAND_JOG;
	waiting = make(socket, &said->id, command.caller_id);
	if (waiting)
		r = ohtd_command_post(socket->loop, &socket->who, &command, &waiting->waiting, &lack);
	if (!r)
		return;
	if (waiting)
		drop(waiting);
	if (r == -ENOKEY)
		ohtd_clients_refusal_lacks(&lack, memory, &refusal);
	else
		ohtd_refusal_not_taken(r, &refusal);
	record(socket, act_command, command.kind, refusal.status, refusal.code);
	refuse(socket, memory, &said->id, &refusal);
}

/* ---- the stop ---- */

struct say_stop {
	const char *type;
	struct ohtd_scalar id;
};

OHTD_SHAPE_SHARED(say_stop, "SocketStop",
	OHTD_TEXT(say_stop, type, .flags = OHTD_NEEDED, .min = 1, .max = 16,
		  .summary = "What the message is"),
	OHTD_SCALAR(say_stop, id, .min = 1, .max = OHTD_SOCKET_ID_BYTES_MAX,
		    .summary = "Any number or text; the answer has it too"));

static void record_stop(struct ohtd_socket *socket, int error, const struct stopped *stopped)
{
	ohtd_audited_message(socket->loop, &(struct ohtd_audited_message){
		.who = &socket->who, .source = socket->address, .act = act_stop,
		.status = error ? 503 : 200, .code = error ? "device_gone" : NULL,
		.repeats = !error && stopped->repeated,
	});
}

void ohtd_socket_take_stop(struct ohtd_socket *socket, const struct ohtd_memory *memory,
			   const void *view)
{
	const struct say_stop *said = view;

	ohtd_socket_stop(socket, memory, &said->id);
}

/* The stop waits for no place among the commands: the loop makes it here and now. */
bool ohtd_socket_stop(struct ohtd_socket *socket, const struct ohtd_memory *memory, const struct ohtd_scalar *id)
{
	struct stopped stopped;
	int r;

	if (socket->who.role < OHTD_ROLE_OPERATOR) {
		record(socket, act_stop, 0, 403, "role");
		refuse(socket, memory, id, &(struct ohtd_refusal){
			.status = 403, .code = "role", .detail = "the stop needs the role operator",
		});
		return false;
	}
	r = ohtd_clients_stop(socket->loop->link, &socket->who, &stopped);
	if (r)
		refuse(socket, memory, id, &(struct ohtd_refusal){
			.status = 503, .code = "device_gone", .detail = OHTD_STOP_UNCONFIRMED,
		});
	else
		say(socket, memory, &socket_stopped_shape, &(struct socket_stopped){
			.type = "stopped", .id = *id, .status = 200, .data = &stopped,
		});
	ohtd_clients_log_stop(&socket->who, r, &stopped);
	record_stop(socket, r, &stopped);
	return !r;
}
