// SPDX-License-Identifier: GPL-2.0-or-later
/* Control of the robot, and its mode. */
#include "api/api.h"
#include "server/call.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "auth/session.h"
#include "base/blank.h"
#include "base/clock.h"
#include "control/lease.h"
#include "control/mode.h"
#include "robot/verbs.h"
#include "server/control.h"
#include "server/late.h"
#include "accounts/users.h"
#include "views/words.h"

#define SHORT_ID_CHARS	8

struct control {
	bool held;
	const char *holder;
	const char *session;
	bool mine;
	int64_t since;
	int64_t expires_in_ms;
	const char *reason;
};

OHTD_SHAPE(control, "Control",
	OHTD_BOOLEAN(control, held, .summary = "A session is in control"),
	OHTD_TEXT(control, holder, .flags = OHTD_NULL, .summary = "Name of its user; null: no session is"),
	OHTD_TEXT(control, session, .flags = OHTD_NULL, .example = "\"9c1b8a7d\"",
		  .summary = "Beginning of its id; null: none, of the local socket, or control was handed "
			     "over and the user has sent nothing yet"),
	OHTD_BOOLEAN(control, mine, .summary = "It is the session of this request"),
	OHTD_TIME(control, since, .flags = OHTD_NULL, .summary = "When that session got control"),
	OHTD_INTEGER(control, expires_in_ms, .flags = OHTD_NULL, .unit = "ms",
		     .summary = "Until control ends, unless the session sends something"),
	OHTD_TEXT(control, reason, .flags = OHTD_NULL,
		  .summary = "Why it was taken over from another session; null: it was not"));

static int64_t expires_in_ms(struct ohtd_call *call, const struct ohtd_control_view *view)
{
	uint64_t now_ns = ohtd_clock_boottime_ns(call->services->clock);

	return now_ns < view->expires_boot_ns ?
	       (int64_t)((view->expires_boot_ns - now_ns) / OHTD_NS_PER_MS) : 0;
}

static void reply_control(struct ohtd_call *call)
{
	const struct ohtd_control_view *view = &ohtd_call_snapshot(call)->control;
	const struct ohtd_holder own = ohtd_holder_of(&call->who);
	struct control control = { .since = OHTD_NONE, .expires_in_ms = OHTD_NONE };

	if (view->held) {
		control = (struct control){
			.held = true, .holder = view->holder.user,
			.mine = ohtd_lease_is_of(view, &own),
			.since = ohtd_call_wall_ns(call, view->since_ns),
			.expires_in_ms = expires_in_ms(call, view),
			.reason = *view->reason ? view->reason : NULL,
		};
		if (view->holder.user_id && !view->offered)
			control.session = ohtd_call_text_of(call, "%.*s", SHORT_ID_CHARS,
							    view->holder.session);
	}
	OHTD_REPLY(call, 200, control, &control);
}

static void get_control(struct ohtd_call *call)
{
	reply_control(call);
}

/* ---- what changes it ---- */

static void done(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	(void)answer;
	reply_control(call);
}

static void post_control(struct ohtd_call *call)
{
	struct ohtd_command command = { .kind = OHTD_COMMAND_CONTROL_TAKE };

	ohtd_call_command(call, &command, done);
}

static void delete_control(struct ohtd_call *call)
{
	struct ohtd_command command = { .kind = OHTD_COMMAND_CONTROL_RELEASE };

	ohtd_call_command(call, &command, done);
}

struct take_over {
	const char *reason;
};

OHTD_SHAPE(take_over, "ControlTakeOver",
	OHTD_TEXT(take_over, reason, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_REASON_BYTES - 1,
		  .unfit = ohtd_line_unfit, .summary = "Why; told to whoever was in control", .example = "\"The way is blocked\""));

static void post_take_over(struct ohtd_call *call)
{
	const struct take_over *said = OHTD_INPUT(call, take_over);
	struct ohtd_command command = { .kind = OHTD_COMMAND_CONTROL_TAKE_OVER };

	snprintf(command.text, sizeof(command.text), "%s", said->reason);
	ohtd_log(OHTD_LOG_NOTICE, "http", "take_over", "asked for by %s: %s", call->who.user,
		 said->reason);
	ohtd_call_command(call, &command, done);
}

/* ---- to another person ---- */

struct hand_over {
	const char *to;
};

OHTD_SHAPE(hand_over, "ControlHandOver",
	OHTD_TEXT(hand_over, to, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_USER_NAME_MAX,
		  .summary = "Name of a user who has logged in", .example = "\"anna\""));

struct hand_over_job {
	struct ohtd_late late;
	struct ohtd_user user;
};

static int work_find(struct ohtd_db *db, void *arg)
{
	struct hand_over_job *job = arg;

	return ohtd_db_user_find(db, &job->user);
}

/* True if it has been refused. */
static bool refuse_user(struct ohtd_call *call, const struct hand_over_job *job)
{
	const struct ohtd_user *user = &job->user;
	struct ohtd_session session;

	if (job->late.result)
		ohtd_reply_problem(call, 404, "not_found", "there is no user '%s'", user->name);
	else if (user->role < OHTD_ROLE_OPERATOR)
		ohtd_reply_problem(call, 409, "role_too_low", "%s is %s: control needs an operator",
				   user->name, ohtd_role_name(user->role));
	else if (!ohtd_auth_sessions(call->services->auth, user->id, &session, 1))
		ohtd_reply_problem(call, 409, "not_logged_in", "%s has not logged in", user->name);
	else
		return false;
	return true;
}

static void answer_found(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct hand_over_job *job = (const struct hand_over_job *)late;
	struct ohtd_command command = {
		.kind = OHTD_COMMAND_CONTROL_HAND_OVER,
		.to = { .user_id = job->user.id, .role = (uint8_t)job->user.role },
	};

	if (refuse_user(call, job))
		return;
	snprintf(command.to.user, sizeof(command.to.user), "%s", job->user.name);
	ohtd_call_command(call, &command, done);
}

static void post_hand_over(struct ohtd_call *call)
{
	struct hand_over_job *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	snprintf(job->user.name, sizeof(job->user.name), "%s", OHTD_INPUT(call, hand_over)->to);
	ohtd_late_read(call, &job->late, work_find, answer_found);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "control", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &control_shape } },
		.handle = get_control,
		.summary = "Who is in control",
	}, {
		.method = OHTD_POST, .path = "control", .role = OHTD_ROLE_OPERATOR,
		.act = { "take", "took", " control" },
		.flags = OHTD_ROUTE_REPEATS | OHTD_ROUTE_COMMAND, .body_bytes_max = 4096,
		.replies = { { 200, &control_shape } },
		.handle = post_control,
		.summary = "Take control, or keep it",
		.text = "It ends 10 s after the last command, change of control or WebSocket message of "
			"its session. A command that needs control takes it by itself when it is free.",
	}, {
		.method = OHTD_DELETE, .path = "control", .role = OHTD_ROLE_OPERATOR,
		.act = { "give", "gave", " control back" },
		.flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_NO_COURSE, .body_bytes_max = 4096,
		.replies = { { 200, &control_shape } },
		.handle = delete_control,
		.summary = "Give control back",
	}, {
		.method = OHTD_POST, .path = "control/take-over", .role = OHTD_ROLE_OPERATOR,
		.act = { "take", "took", " control over" },
		.flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_LASTING, .body_bytes_max = 4096, .body = &take_over_shape,
		.replies = { { 200, &control_shape } },
		.handle = post_take_over,
		.summary = "Take control from another session",
		.text = "Of the same role or a lower one. The reason is told to that session.",
	}, {
		.method = OHTD_POST, .path = "control/hand-over", .role = OHTD_ROLE_OPERATOR,
		.act = { "hand", "handed", " control over" },
		.flags = OHTD_ROUTE_DAILY | OHTD_ROUTE_MEMORY | OHTD_ROUTE_COMMAND | OHTD_ROUTE_STORE, .body_bytes_max = 4096,
		.body = &hand_over_shape,
		.replies = { { 200, &control_shape } },
		.problems = { "not_found", "role_too_low", "not_logged_in" },
		.handle = post_hand_over,
		.summary = "Give control to another user",
		.text = "The session of that user which sends something first is in control; if none does "
			"within 10 s, control is free.",
	},
};

OHTD_ROUTE_TABLE(ohtd_control_routes, "Control", routes);

struct robot_mode {
	unsigned int mode;
	const char *const *forbids;
	size_t forbids_count;
	double jog_mm_s;
};

OHTD_SHAPE(robot_mode, "RobotMode",
	OHTD_WORD(robot_mode, mode, .words = &ohtd_mode_words, .summary = "How the robot may be driven"),
	OHTD_TEXTS(robot_mode, forbids, .summary = "Verbs of POST robot/commands that it forbids"),
	OHTD_NUMBER(robot_mode, jog_mm_s, .unit = "mm/s", .summary = "Highest speed of a jog in it"));

struct choose_mode {
	unsigned int mode;
	uint32_t valid_for_ms;
};

OHTD_SHAPE(choose_mode, "ChooseMode",
	OHTD_WORD(choose_mode, mode, .words = &ohtd_mode_words, .flags = OHTD_NEEDED,
		  .summary = "manual: only jogs, slowly; maintenance: no motion"),
	OHTD_INTEGER(choose_mode, valid_for_ms, .min = 1, .max = OHTD_VALID_MS_MAX,
		     .preset = OHTD_VALID_MS, .unit = "ms",
		     .summary = "From now; what is not done by then is dropped"));

static void get_mode(struct ohtd_call *call)
{
	const struct ohtd_snapshot *snapshot = ohtd_call_snapshot(call);
	const char *forbids[OHTD_VERBS];
	struct robot_mode view = {
		.mode = snapshot->mode, .forbids = forbids, .jog_mm_s = snapshot->limits.jog_mm_s,
	};

	for (unsigned int verb = 0; verb < OHTD_VERBS; verb++)
		if (ohtd_mode_forbids(snapshot->mode, ohtd_verb_row(ohtd_verb_kind(verb))->event))
			forbids[view.forbids_count++] = ohtd_verb_word(ohtd_verb_kind(verb));
	OHTD_REPLY(call, 200, robot_mode, &view);
}

static void mode_done(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	/* The line in the log comes from the control thread, also when the client has left. */
	(void)answer;
	get_mode(call);
}

static void put_mode(struct ohtd_call *call)
{
	const struct choose_mode *input = OHTD_INPUT(call, choose_mode);
	struct ohtd_command command = {
		.kind = OHTD_COMMAND_MODE, .mode = (uint8_t)input->mode,
		.valid_ms = input->valid_for_ms,
	};

	ohtd_call_command(call, &command, mode_done);
}

static const struct ohtd_route mode_routes[] = {
	{
		.method = OHTD_GET, .path = "robot/mode", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &robot_mode_shape } },
		.handle = get_mode,
		.summary = "How the robot may be driven",
	}, {
		.method = OHTD_PUT, .path = "robot/mode", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "choose", "chose", " the mode" },
		.flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_LASTING, .body_bytes_max = 4096, .body = &choose_mode_shape,
		.replies = { { 200, &robot_mode_shape } }, .elevation = OHTD_ELEVATION_BY_MODE,
		.handle = put_mode,
		.summary = "Choose the mode",
		.text = "In the state safe, or in idle at standstill, by who is in control. What ends a motion is "
			"possible in every mode.",
	},
};

OHTD_ROUTE_TABLE(ohtd_mode_routes, "Robot", mode_routes);
