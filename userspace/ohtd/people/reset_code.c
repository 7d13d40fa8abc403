// SPDX-License-Identifier: GPL-2.0-or-later
/* POST users/{id}/reset-code: an administrator gives the person of an account a code for a new password. */
#include "people/people.h"
#include "server/call.h"

#include <stdio.h>

#include "auth/session.h"
#include "base/log.h"
#include "people/account.h"
#include "server/late.h"

struct code_view {
	const char *username;
	const char *reset_code;
	int expires_in;
	int tries;
};

OHTD_SHAPE(code_view, "ResetCode",
	OHTD_TEXT(code_view, username, .summary = "Name of the account", .example = "\"anna\""),
	OHTD_TEXT(code_view, reset_code, .flags = OHTD_SECRET, .summary = "The code, which is shown once", .example = "\"K7QM-2F9X-TR4C-0ZBD\""),
	OHTD_INTEGER(code_view, expires_in, .unit = "s", .summary = "How long it is good in this boot of the robot"),
	OHTD_INTEGER(code_view, tries, .summary = "So many wrong ones end it"));

/**
 * struct code_late - a code is given
 * @by_id, @by_epoch, @by_role: of the account that gives it
 * @text: the code
 */
struct code_late {
	struct ohtd_late late;
	struct ohtd_account_reset_code code;
	struct ohtd_user user;
	int64_t by_id, by_epoch;
	int by_role;
	char by[OHTD_USER_NAME_MAX + 1];
	char text[OHTD_CODE_TEXT_BYTES];
};

static int work_give(struct ohtd_db *db, void *arg)
{
	struct code_late *job = arg;
	int r = ohtd_people_giver_check(db, job->by_id, job->by_epoch);

	return r ? r : ohtd_account_reset_give(db, &job->code, job->by_role, &job->user);
}

/* Also when the client has left: it has been done. */
static void settle(struct ohtd_late *late)
{
	const struct code_late *job = (const struct code_late *)late;

	if (!late->result)
		ohtd_log(OHTD_LOG_NOTICE, "auth", "reset_code_given", "%s by %s", job->user.name, job->by);
}

static void answer_give(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct code_late *job = (const struct code_late *)late;
	struct ohtd_store_problem problem;

	if (late->result) {
		problem = ohtd_account_problem(late->result);
		ohtd_reply_problem(call, problem.status, problem.code, "%s", problem.detail);
		return;
	}
	OHTD_REPLY(call, 201, code_view, (&(struct code_view){
		.username = job->user.name, .reset_code = job->text, .expires_in = OHTD_RESET_LIFE_S, .tries = OHTD_RESET_TRIES,
	}));
}

static void post_code(struct ohtd_call *call)
{
	struct code_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->late.settle = settle;
	job->by_id = call->who.user_id;
	job->by_epoch = call->who.epoch;
	job->by_role = (int)call->who.role;
	snprintf(job->by, sizeof(job->by), "%s", call->who.user);
	if (ohtd_auth_reset_draw(call->services->auth, &job->code, job->text)) {
		ohtd_reply_problem(call, 503, "busy", "there are no random numbers");
		ohtd_late_drop(&job->late);
		return;
	}
	job->code.user_id = call->params.id;
	ohtd_late_write(call, &job->late, work_give, answer_give);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_POST, .path = "users/{id}/reset-code", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "give", "gave", " a code for a new password" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024,
		.replies = { { 201, &code_view_shape } },
		.problems = { "not_found", "role_above_own", "service_account", "account_disabled" },
		.handle = post_code,
		.summary = "Give the person of an account a code for a new password",
		.text = "It is shown in this answer and never again, takes the place of an earlier one, and is used by POST auth/reset. Password and sessions "
			"stay as they are until then.",
	},
};

OHTD_ROUTE_TABLE(ohtd_reset_code_routes, "Accounts", routes);
