// SPDX-License-Identifier: GPL-2.0-or-later
/* POST auth/register, GET registrations, POST users/{id}/approve and reject: accounts that persons ask for. */
#include "people/people.h"
#include "server/call.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "auth/accounts.h"
#include "auth/password.h"
#include "auth/session.h"
#include "base/blank.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/role.h"
#include "lists/stored_list.h"
#include "people/account.h"
#include "server/late.h"
#include "settings/settings.h"
#include "accounts/users.h"
#include "views/words.h"

#define TEXT_MAX(member_)	(sizeof(((struct ohtd_account_registration *)0)->member_) - 1)

/* ---- a person asks ---- */

struct register_input {
	const char *username;
	const char *password;
	const char *full_name;
	const char *note;
	int64_t role;
};

OHTD_SHAPE(register_input, "Registration",
	OHTD_TEXT(register_input, username, .flags = OHTD_NEEDED | OHTD_PRIVATE, .min = 1, .max = OHTD_USER_NAME_MAX,
		  .unfit = ohtd_account_name_unfit, .pattern = OHTD_USER_NAME_PATTERN, .summary = "The wished name: letters, digits and . _ - @",
		  .example = "\"berta\""),
	OHTD_TEXT(register_input, password, .flags = OHTD_NEEDED | OHTD_SECRET, .min = OHTD_PASSWORD_BYTES_MIN, .max = OHTD_PASSWORD_BYTES_MAX,
		  .summary = "Password of the account; its length counts in bytes of UTF-8", .example = "\"correct horse battery\""),
	OHTD_TEXT(register_input, full_name, .flags = OHTD_PRIVATE, .max = TEXT_MAX(full_name), .unfit = ohtd_optional_line_unfit,
		  .summary = "For the administrator", .example = "\"Berta Falk\""),
	OHTD_TEXT(register_input, note, .flags = OHTD_PRIVATE, .max = TEXT_MAX(note), .unfit = ohtd_optional_line_unfit,
		  .summary = "For the administrator: one line", .example = "\"late shift, hall 7\""),
	OHTD_WORD(register_input, role, .words = &ohtd_role_words, .preset = OHTD_ROLE_VIEWER, .summary = "The wished role"));

struct pending_view {
	int64_t id;
	const char *state;
	int expires_in;
};

OHTD_SHAPE(pending_view, "RegistrationPending",
	OHTD_INTEGER(pending_view, id, .summary = "Number of the registration, for the administrator"),
	OHTD_TEXT(pending_view, state, .summary = "pending: an administrator decides", .example = "\"pending\""),
	OHTD_INTEGER(pending_view, expires_in, .unit = "s", .summary = "Without a decision the registration ends then"));

struct register_late {
	struct ohtd_late late;
	struct ohtd_password_new password;
	struct ohtd_account_registration row;
};

static int work_add(struct ohtd_db *db, void *arg)
{
	return ohtd_account_registration_add(db, &((struct register_late *)arg)->row);
}

/* On a thread for passwords. */
static int act_register(struct ohtd_late *late)
{
	struct register_late *job = (struct register_late *)late;
	int r = ohtd_password_hash(&job->password, job->row.password_hash, sizeof(job->row.password_hash));

	ohtd_secret_forget(&job->password.secret);
	return r ? r : ohtd_server_store_late(late, work_add);
}

/* The name may be a password in the wrong field: it is not told. */
static void settle_register(struct ohtd_late *late)
{
	const struct register_late *job = (const struct register_late *)late;

	if (!late->result)
		ohtd_log(OHTD_LOG_NOTICE, "auth", "registration_waits", "number %lld, from %s", (long long)job->row.id, job->row.address);
}

static void answer_register(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct register_late *job = (const struct register_late *)late;

	if (late->result == -EDOM)
		ohtd_people_refuse_password(call, "/password", &job->password);
	else if (late->result == -EMFILE)
		ohtd_reply_problem(call, 429, "too_many_registrations", "%d registrations from this address wait for an administrator",
				   OHTD_REGISTRATIONS_OF_CLIENT);
	else if (late->result == -ENFILE)
		ohtd_reply_problem(call, 429, "too_many_registrations", "%d registrations wait for an administrator", OHTD_REGISTRATIONS_MAX);
	else if (late->result)
		ohtd_reply_store_problem(call, late->result);
	else
		OHTD_REPLY(call, 202, pending_view, (&(struct pending_view){ job->row.id, "pending", OHTD_REGISTRATION_LIFE_S }));
}

static void post_register(struct ohtd_call *call)
{
	const struct register_input *said = OHTD_INPUT(call, register_input);
	const char *agent = ohtd_call_header(call, "user-agent");
	struct ohtd_account_registration *row;
	struct register_late *job;

	if (!ohtd_settings_takes_registrations(call->services->settings)) {
		ohtd_reply_problem(call, 403, "registration_off", "this robot takes no registrations; an administrator makes accounts");
		return;
	}
	job = ohtd_late_make(call, sizeof(*job));
	if (!job)
		return;
	job->late.settle = settle_register;
	ohtd_people_take_password(call, &job->password, said->password);
	row = &job->row;
	row->role = (int)said->role;
	row->created_s = ohtd_clock_wall_s(call->services->clock);
	row->until_s = row->created_s + OHTD_REGISTRATION_LIFE_S;
	snprintf(row->name, sizeof(row->name), "%s", said->username);
	strcpy(job->password.user, row->name);
	snprintf(row->full_name, sizeof(row->full_name), "%s", said->full_name ? said->full_name : "");
	snprintf(row->note, sizeof(row->note), "%s", said->note ? said->note : "");
	snprintf(row->address, sizeof(row->address), "%s", ohtd_call_address(call));
	ohtd_address_fold(row->client, row->address);
	ohtd_agent_set(row->agent, agent ? agent : "", agent ? strlen(agent) : 0);
	ohtd_late_check(call, &job->late, row->address, act_register, answer_register);
}

/* ---- an administrator looks ---- */

struct registration_view {
	int64_t id;
	const char *username;
	bool taken;
	const char *full_name;
	int role;
	const char *note;
	const char *address;
	const char *user_agent;
	int64_t created;
	int64_t expires;
};

OHTD_SHAPE(registration_view, "RegistrationWaiting",
	OHTD_INTEGER(registration_view, id, .summary = "Number of the registration, which users/{id}/approve and reject take"),
	OHTD_TEXT(registration_view, username, .summary = "The wished name", .example = "\"berta\""),
	OHTD_BOOLEAN(registration_view, taken, .summary = "An account has the name: the registration can only be rejected"),
	OHTD_TEXT(registration_view, full_name, .summary = "As the person says it; empty: not said", .example = "\"Berta Falk\""),
	OHTD_WORD(registration_view, role, .words = &ohtd_role_words, .summary = "The wished role"),
	OHTD_TEXT(registration_view, note, .summary = "What the person says; empty: nothing", .example = "\"late shift, hall 7\""),
	OHTD_TEXT(registration_view, address, .summary = "Address from which it came", .example = "\"192.0.2.7\""),
	OHTD_TEXT(registration_view, user_agent, .summary = "What the client calls itself", .example = "\"Mozilla/5.0\""),
	OHTD_TIME(registration_view, created, .flags = OHTD_NULL, .summary = "When it came"),
	OHTD_TIME(registration_view, expires, .flags = OHTD_NULL, .summary = "When it ends without a decision"));

struct registration_page {
	const struct registration_view *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(registration_page, "RegistrationPage",
	OHTD_LIST(registration_page, items, registration_view, .summary = "Registrations in the order asked for"),
	OHTD_NEXT_CURSOR(registration_page));

static const char *const sorts[] = { OHTD_SORT_BY("id"), OHTD_SORT_BY("username"), OHTD_SORT_BY("created") };
OHTD_WORDS_OF(sort_words, sorts);

struct registration_query {
	struct ohtd_page page;
	int64_t sort;
};

OHTD_SHAPE(registration_query, "RegistrationQuery",
	OHTD_PART(registration_query, page, ohtd_page),
	OHTD_SORT(registration_query, sort_words));

static void show(struct ohtd_call *call, const void *row, void *item)
{
	const struct ohtd_account_registration *kept = row;

	(void)call;
	*(struct registration_view *)item = (struct registration_view){
		.id = kept->id, .username = kept->name, .taken = kept->taken, .full_name = kept->full_name, .role = kept->role,
		.note = kept->note, .address = kept->address, .user_agent = kept->agent,
		.created = kept->created_s * (int64_t)OHTD_NS_PER_S, .expires = kept->until_s * (int64_t)OHTD_NS_PER_S,
	};
}

static const struct ohtd_stored_list kept_registrations = { .row = &ohtd_account_registrations, .show = show };

/* ---- an administrator decides ---- */

struct approval {
	int64_t role;
};

OHTD_SHAPE(approval, "RegistrationApproval",
	OHTD_WORD(approval, role, .words = &ohtd_role_words, .preset = OHTD_NONE, .summary = "Role of the account; left out: the wished one"));

struct decide_late {
	struct ohtd_late late;
	int64_t by_id, by_epoch;
	char by[OHTD_USER_NAME_MAX + 1];
	struct ohtd_account_decision decision;
};

static int work_decide(struct ohtd_db *db, void *arg)
{
	struct decide_late *job = arg;
	int r = ohtd_people_giver_check(db, job->by_id, job->by_epoch);

	return r ? r : ohtd_account_registration_decide(db, &job->decision);
}

/* Also when the client has left: it has been done. */
static void settle_decide(struct ohtd_late *late)
{
	const struct decide_late *job = (const struct decide_late *)late;
	const struct ohtd_account_decision *decision = &job->decision;

	if (late->result)
		return;
	if (decision->approve)
		ohtd_log(OHTD_LOG_NOTICE, "auth", "user_made", "%s (%s) by %s, registration %lld", decision->user.name,
			 ohtd_role_name(decision->user.role), job->by, (long long)decision->id);
	else
		ohtd_log(OHTD_LOG_NOTICE, "auth", "registration_rejected", "number %lld, by %s", (long long)decision->id, job->by);
}

static void answer_decide(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct decide_late *job = (const struct decide_late *)late;
	struct ohtd_account_view view = ohtd_account_view_of(&job->decision.user);
	struct ohtd_store_problem problem;

	if (late->result == -ENOENT) {
		ohtd_reply_problem(call, 404, "not_found", "registration %lld does not wait: there is none, it was decided, or it has ended",
				   (long long)job->decision.id);
	} else if (late->result) {
		problem = ohtd_account_problem(late->result);
		ohtd_reply_problem(call, problem.status, problem.code, "%s", problem.detail);
	} else if (job->decision.approve) {
		call->noted.object = ohtd_call_text_of(call, "%s", view.username);
		OHTD_REPLY(call, 201, ohtd_account_view, &view);
	} else {
		ohtd_reply_empty(call, 204);
	}
}

static void decide(struct ohtd_call *call, bool approve, int64_t role)
{
	struct decide_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->late.settle = settle_decide;
	job->by_id = call->who.user_id;
	job->by_epoch = call->who.epoch;
	snprintf(job->by, sizeof(job->by), "%s", call->who.user);
	job->decision = (struct ohtd_account_decision){
		.id = call->params.id, .approve = approve, .role = role == OHTD_NONE ? 0 : (int)role,
		.by_role = (int)call->who.role, .now_s = ohtd_clock_wall_s(call->services->clock),
	};
	ohtd_late_write(call, &job->late, work_decide, answer_decide);
}

/* The audit keeps it: the row goes, and the person is told nothing. */
struct rejection {
	const char *reason;
};

OHTD_SHAPE(rejection, "RegistrationRejection",
	OHTD_TEXT(rejection, reason, .max = TEXT_MAX(note), .unfit = ohtd_optional_line_unfit, .summary = "For the audit: one line; the person is not told",
		  .example = "\"not known in hall 7\""));

static void post_approve(struct ohtd_call *call)
{
	decide(call, true, OHTD_INPUT(call, approval)->role);
}

static void post_reject(struct ohtd_call *call)
{
	decide(call, false, OHTD_NONE);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_POST, .path = "auth/register", .rate = OHTD_RATE_LOGIN,
		.act = { "ask", "asked", " for an account" },
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 2048, .body = &register_input_shape,
		.replies = { { 202, &pending_view_shape } },
		.problems = { "registration_off", "too_many_registrations" },
		.handle = post_register,
		.summary = "Ask for an account, which an administrator approves or rejects",
		.text = "Off unless /access/registration is yes. The answer is the same for a name that an account has.",
	}, {
		.method = OHTD_GET, .path = "registrations", .role = OHTD_ROLE_ADMINISTRATOR,
		.flags = OHTD_ROUTE_STORE,
		.query = &registration_query_shape,
		.replies = { { 200, &registration_page_shape } },
		.handle = ohtd_stored_list_get, .list = &kept_registrations,
		.summary = "Accounts that persons have asked for",
	}, {
		.method = OHTD_POST, .path = "users/{id}/approve", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "approve", "approved", " a registration" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED | OHTD_ROUTE_ATOMIC, .body_bytes_max = 1024, .body = &approval_shape,
		.replies = { { 201, &ohtd_account_view_shape } },
		.problems = { "not_found", "user_exists", "role_above_own" },
		.handle = post_approve,
		.summary = "Make the account that a registration asks for; id: number of the registration",
	}, {
		.method = OHTD_POST, .path = "users/{id}/reject", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "reject", "rejected", " a registration" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024, .body = &rejection_shape,
		.replies = { { 204, NULL } },
		.problems = { "not_found" },
		.handle = post_reject,
		.summary = "Reject a registration; id: number of the registration",
	},
};

OHTD_ROUTE_TABLE(ohtd_registration_routes, "Accounts", routes);
