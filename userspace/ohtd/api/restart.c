// SPDX-License-Identifier: GPL-2.0-or-later
/* POST system/restart: the daemon ends in order, and whoever watches over it starts it again. */
#include "api/api.h"
#include "server/call.h"

#include "base/log.h"
#include "views/words.h"

struct restart {
	int8_t after_stop;
};

OHTD_SHAPE(restart, "Restart",
	OHTD_TRISTATE(restart, after_stop,
		     .summary = "What moves comes to a controlled stop first; without it motion is a reason to refuse"));

struct restarting {
	unsigned int state;
	bool resumes;
};

OHTD_SHAPE(restarting, "Restarting",
	OHTD_WORD(restarting, state, .words = &ohtd_robot_state_words, .summary = "Of the robot, from now on"),
	OHTD_BOOLEAN(restarting, resumes,
		     .summary = "Live data is meant to go on in the same epoch; false: a new one begins"));

static void restarts(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	ohtd_log(OHTD_LOG_NOTICE, "http", "restart", "asked for by %s", call->who.user);
	OHTD_REPLY(call, 202, restarting, (&(struct restarting){
		.state = answer->state,
		.resumes = ohtd_call_supervisor(call) == OHTD_SUPERVISOR_KEEPS,
	}));
}

static void post_restart(struct ohtd_call *call)
{
	struct ohtd_command command = {
		.kind = OHTD_COMMAND_RESTART, .after_stop = OHTD_INPUT(call, restart)->after_stop == 1,
	};

	if (ohtd_call_supervisor(call) == OHTD_SUPERVISOR_NONE)
		ohtd_reply_problem(call, 409, "no_supervisor", "nobody would start the daemon again");
	else
		ohtd_call_command(call, &command, restarts);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_POST, .path = "system/restart", .role = OHTD_ROLE_ADMINISTRATOR,
		.flags = OHTD_ROUTE_COMMAND, .body_bytes_max = 1024, .body = &restart_shape,
		.replies = { { 202, &restarting_shape } }, .problems = { "no_supervisor" },
		.handle = post_restart,
		.summary = "End the daemon in order and have it started again; the robot is then in safe",
		.text = "Refused while anything moves, unless after_stop. Commands that wait are dropped. Sessions "
			"stay, and live data goes on where it ended.",
	},
};

OHTD_ROUTE_TABLE(ohtd_restart_routes, "System", routes);
