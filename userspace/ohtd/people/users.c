// SPDX-License-Identifier: GPL-2.0-or-later
/* users, users/{id}, POST setup. */
#include "people/people.h"
#include "server/call.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

#include "auth/accounts.h"
#include "auth/session.h"
#include "auth/setup.h"
#include "base/clock.h"
#include "courses/courses.h"
#include "people/account.h"
#include "server/late.h"
#include "lists/stored_list.h"
#include "settings/settings.h"
#include "views/words.h"
#include "auth/password.h"
#include "lists/list.h"
#include "accounts/users.h"

/* ---- accounts as all routes show and take them (account.h) ---- */

struct ohtd_store_problem ohtd_account_problem(int error)
{
	switch (error) {
	case -ENOENT:
		return (struct ohtd_store_problem){ 404, "not_found", "there is no such account" };
	case -EEXIST:
		return (struct ohtd_store_problem){ 409, "user_exists",
						      "there is such a user already" };
	case -EPERM:
		return (struct ohtd_store_problem){ 409, "last_administrator",
						      "this is the last administrator who can log in" };
	case -EACCES:
		return (struct ohtd_store_problem){ 403, "role_above_own",
						      "nobody makes or changes an account above his own role" };
	case -ENOTSUP:
		return (struct ohtd_store_problem){ 409, "service_account",
						      "a service account has no password: programs come in with its keys" };
	case -EKEYREVOKED:
		return (struct ohtd_store_problem){ 409, "account_disabled",
						      "the account is disabled; to enable it would end the code" };
	case -ECANCELED:
		return (struct ohtd_store_problem){ 401, "token_revoked",
						      "the account that asks was changed meanwhile; nothing was done" };
	case -EALREADY:
		return (struct ohtd_store_problem){ 409, "setup_done",
						      "there is an administrator already" };
	case -EKEYREJECTED:
		return (struct ohtd_store_problem){ 403, "setup_code_wrong",
						      "this is not the set-up code" };
	case -EKEYEXPIRED:
		return (struct ohtd_store_problem){ 403, "setup_code_retired",
						      "there is no set-up code any more; a new start of ohtd draws one" };
	default:
		return ohtd_store_problem(error);
	}
}

OHTD_SHAPE_SHARED(ohtd_account_view, "Account",
	OHTD_INTEGER(ohtd_account_view, id, .summary = "Number, never given to another account"),
	OHTD_TEXT(ohtd_account_view, username, .summary = "Name to log in with",
		  .example = "\"anna\""),
	OHTD_TEXT(ohtd_account_view, full_name, .summary = "As the person says it (auth/profile); empty: not said", .example = "\"Anna Berg\""),
	OHTD_WORD(ohtd_account_view, role, .words = &ohtd_role_words, .summary = "What is allowed"),
	OHTD_BOOLEAN(ohtd_account_view, disabled, .summary = "The account cannot log in"),
	OHTD_BOOLEAN(ohtd_account_view, service, .summary = "Programs come in with its keys; it has no password"),
	OHTD_BOOLEAN(ohtd_account_view, device, .summary = "A service account of a device, which comes in with a key of its own and has no others"),
	OHTD_BOOLEAN(ohtd_account_view, second_factor, .summary = "A log-in needs a code besides the password"),
	OHTD_TIME(ohtd_account_view, created, .flags = OHTD_NULL, .summary = "When it was made"));

OHTD_SHAPE_SHARED(ohtd_account_page, "AccountPage",
	OHTD_LIST(ohtd_account_page, items, ohtd_account_view, .summary = "Accounts in the order asked for"),
	OHTD_NEXT_CURSOR(ohtd_account_page));

#define NEW_PASSWORD(S_, flags_)							\
	OHTD_TEXT(S_, password, .flags = OHTD_SECRET | (flags_), .min = OHTD_PASSWORD_BYTES_MIN, \
		  .max = OHTD_PASSWORD_BYTES_MAX, .summary = "New password; its length counts in bytes of UTF-8", \
		  .example = "\"correct horse battery\"")

OHTD_SHAPE_SHARED(ohtd_account_new, "NewAccount",
	OHTD_TEXT(ohtd_account_new, username, .flags = OHTD_NEEDED, .min = 1,
		  .max = OHTD_USER_NAME_MAX, .unfit = ohtd_account_name_unfit,
		  .pattern = OHTD_USER_NAME_PATTERN,
		  .summary = "Letters, digits and . _ - @", .example = "\"anna\""),
	NEW_PASSWORD(ohtd_account_new, 0),
	OHTD_WORD(ohtd_account_new, role, .flags = OHTD_NEEDED, .words = &ohtd_role_words,
		  .summary = "What is allowed", .example = "\"operator\""),
	OHTD_TRISTATE(ohtd_account_new, service, .summary = "true: an account of programs, which has keys and no password"));

OHTD_SHAPE_SHARED(ohtd_account_patch, "AccountChange",
	NEW_PASSWORD(ohtd_account_patch, OHTD_SOME),
	OHTD_WORD(ohtd_account_patch, role, .flags = OHTD_SOME, .words = &ohtd_role_words, .preset = OHTD_NONE,
		  .summary = "What is allowed from now on"),
	OHTD_TRISTATE(ohtd_account_patch, disabled, .flags = OHTD_SOME, .summary = "Whether the account can log in"));

const char *ohtd_people_new_unfit(const struct ohtd_account_new *said)
{
	if (said->service > 0)
		return said->password ? "a service account has no password" : NULL;
	return said->password ? NULL : "an account of a person needs a password";
}

struct ohtd_account_view ohtd_account_view_of(const struct ohtd_user *user)
{
	return (struct ohtd_account_view){
		.id = user->id, .username = user->name, .full_name = user->full_name, .role = user->role,
		.disabled = user->disabled, .service = user->service, .device = user->device, .second_factor = user->second_factor, .created = user->created_s * (int64_t)OHTD_NS_PER_S,
	};
}

void ohtd_account_take_new(struct ohtd_account_order *order, const struct ohtd_account_new *said)
{
	order->act = OHTD_ACCOUNT_ADD;
	order->user.role = (int)said->role;
	snprintf(order->user.name, sizeof(order->user.name), "%s", said->username);
	order->user.service = said->service > 0;
	if (said->password)
		ohtd_secret_set(&order->password.secret, said->password);
}

void ohtd_account_take_patch(struct ohtd_account_order *order, int64_t id,
			     const struct ohtd_account_patch *said)
{
	order->act = OHTD_ACCOUNT_CHANGE;
	order->change.id = id;
	order->change.role = said->role == OHTD_NONE ? 0 : (int)said->role;
	order->change.disabled = said->disabled < 0 ? -1 : said->disabled > 0;
	if (said->password)
		ohtd_secret_set(&order->password.secret, said->password);
}

bool ohtd_account_patch_is_empty(const struct ohtd_account_patch *said)
{
	return !said->password && said->role == OHTD_NONE && said->disabled < 0;
}

static void take_robot(struct ohtd_call *call, struct ohtd_password_new *fresh)
{
	char place[OHTD_ROBOT_PLACE_BYTES];

	ohtd_settings_name(call->services->settings, fresh->robot, place);
}

void ohtd_people_take_password(struct ohtd_call *call, struct ohtd_password_new *fresh, const char *password)
{
	ohtd_secret_set(&fresh->secret, password);
	take_robot(call, fresh);
}

void ohtd_people_refuse_password(struct ohtd_call *call, const char *pointer, const struct ohtd_password_new *fresh)
{
	ohtd_reply_member(call, pointer, "guessable", "%s", fresh->unfit);
}

/* ---- the routes ---- */

static void reply_refusal(struct ohtd_call *call, int error)
{
	struct ohtd_store_problem problem = ohtd_account_problem(error);

	ohtd_reply_problem(call, problem.status, problem.code, "%s", problem.detail);
}

/* ---- what changes accounts ---- */

struct order_job {
	struct ohtd_late late;
	struct ohtd_auth *auth;
	struct ohtd_setup *setup;
	struct ohtd_courses *courses;
	int64_t by_id;			/* who asks, 0: nobody with an account */
	int64_t by_epoch;
	struct ohtd_account_order order;
};

/* Also when the client has left: it has been done. */
static void settle_order(struct ohtd_late *late)
{
	struct order_job *job = (struct order_job *)late;

	if (!late->result) {
		ohtd_account_told(&job->order, job->auth, job->setup);
		ohtd_courses_accounts_changed(job->courses);
	}
	if (late->result == -EALREADY)
		ohtd_setup_done(job->setup);
}

static struct order_job *make_order(struct ohtd_call *call, const char *by)
{
	struct order_job *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return NULL;
	job->late.settle = settle_order;
	job->auth = call->services->auth;
	job->setup = call->services->setup;
	job->courses = call->services->courses;
	job->by_id = call->who.user_id;
	job->by_epoch = call->who.epoch;
	job->order.now_s = ohtd_clock_wall_s(call->services->clock);
	job->order.change.disabled = -1;
	job->order.change.by_role = (int)call->who.role;
	snprintf(job->order.by, sizeof(job->order.by), "%s", by);
	return job;
}

static void answer_order(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct order_job *job = (const struct order_job *)late;
	struct ohtd_account_view view = ohtd_account_view_of(&job->order.user);

	if (late->result == -EDOM)
		ohtd_people_refuse_password(call, "/password", &job->order.password);
	else if (late->result)
		reply_refusal(call, late->result);
	else if (job->order.change.deleted)
		ohtd_reply_empty(call, 204);
	else
		OHTD_REPLY(call, job->order.act == OHTD_ACCOUNT_CHANGE ? 200 : 201,
			   ohtd_account_view, &view);
}

int ohtd_people_giver_check(struct ohtd_db *db, int64_t id, int64_t epoch)
{
	struct ohtd_user by = { .id = id };
	int r = id ? ohtd_db_user_get(db, &by) : 0;

	if (r == -ENOENT || (id && !r && (by.disabled || by.epoch != epoch)))
		return -ECANCELED;
	return r;
}

static int work_order(struct ohtd_db *db, void *arg)
{
	struct order_job *job = arg;
	int r = ohtd_people_giver_check(db, job->by_id, job->by_epoch);

	return r ? r : ohtd_account_work(db, &job->order);
}

static int work_name(struct ohtd_db *db, void *user)
{
	return ohtd_db_user_get(db, user);
}

/* On a thread for passwords. */
static int act_order(struct ohtd_late *late)
{
	struct order_job *job = (struct order_job *)late;
	struct ohtd_account_order *order = &job->order;
	int r = 0;

	if (order->act == OHTD_ACCOUNT_CHANGE) {
		order->user.id = order->change.id;
		r = ohtd_store_read(late->store, work_name, &order->user);
	}
	r = r ? r : ohtd_account_prepare(order);
	ohtd_secret_forget(&order->password.secret);
	return r ? r : ohtd_server_store_late(late, work_order);
}

static void submit(struct ohtd_call *call, struct order_job *job)
{
	take_robot(call, &job->order.password);
	if (*job->order.password.secret.revealed)
		ohtd_late_check(call, &job->late, NULL, act_order, answer_order);
	else
		ohtd_late_write(call, &job->late, work_order, answer_order);
}

static void post_user(struct ohtd_call *call)
{
	const struct ohtd_account_new *said = OHTD_INPUT(call, ohtd_account_new);
	const char *unfit = ohtd_people_new_unfit(said);
	struct order_job *job;

	if (unfit) {
		ohtd_reply_member(call, "/password", said->password ? "contradiction" : "missing", "%s", unfit);
		return;
	}
	if (said->role > (int64_t)call->who.role) {
		reply_refusal(call, -EACCES);
		return;
	}
	job = make_order(call, call->who.user);
	if (!job)
		return;
	ohtd_account_take_new(&job->order, said);
	submit(call, job);
}

static void patch_user(struct ohtd_call *call)
{
	const struct ohtd_account_patch *said = OHTD_INPUT(call, ohtd_account_patch);
	struct order_job *job;

	if (ohtd_account_patch_is_empty(said)) {
		ohtd_reply_member(call, "", "empty", OHTD_ACCOUNT_PATCH_EMPTY);
		return;
	}
	job = make_order(call, call->who.user);
	if (!job)
		return;
	ohtd_account_take_patch(&job->order, call->params.id, said);
	submit(call, job);
}

static void delete_user(struct ohtd_call *call)
{
	struct order_job *job = make_order(call, call->who.user);

	if (!job)
		return;
	job->order.act = OHTD_ACCOUNT_CHANGE;
	job->order.change.id = call->params.id;
	job->order.change.deleted = true;
	submit(call, job);
}

/* ---- POST setup ---- */

struct setup_input {
	const char *code;
	const char *username;
	const char *password;
};

OHTD_SHAPE(setup_input, "Setup",
	OHTD_TEXT(setup_input, code, .flags = OHTD_NEEDED | OHTD_SECRET, .min = 1,
		  .max = OHTD_SECRET_BYTES - 1,
		  .summary = "The set-up code; hyphens, spaces and the case of letters do not count",
		  .example = "\"K7QM-2F9X-TR4C-0ZBD\""),
	OHTD_TEXT(setup_input, username, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_USER_NAME_MAX,
		  .unfit = ohtd_account_name_unfit, .pattern = OHTD_USER_NAME_PATTERN,
		  .summary = "Letters, digits and . _ - @",
		  .example = "\"anna\""),
	OHTD_TEXT(setup_input, password, .flags = OHTD_NEEDED | OHTD_SECRET,
		  .min = OHTD_PASSWORD_BYTES_MIN, .max = OHTD_PASSWORD_BYTES_MAX,
		  .summary = "Password of the administrator",
		  .example = "\"correct horse battery\""));

/* Here, so that a request without the code takes no place of a log-in. 0, or it has been refused. */
static int check_code(struct ohtd_call *call, const char *text)
{
	struct ohtd_secret code;
	int r = -EALREADY;

	ohtd_secret_set(&code, text);
	switch (ohtd_setup_check(call->services->setup, &code)) {
	case OHTD_SETUP_RIGHT:
		r = 0;
		break;
	case OHTD_SETUP_WRONG:
		r = -EKEYREJECTED;
		break;
	case OHTD_SETUP_RETIRED:
		r = -EKEYEXPIRED;
		break;
	case OHTD_SETUP_DONE:
		break;
	}
	ohtd_secret_forget(&code);
	if (r)
		reply_refusal(call, r);
	return r;
}

static void post_setup(struct ohtd_call *call)
{
	const struct setup_input *said = OHTD_INPUT(call, setup_input);
	const struct ohtd_account_new first = {
		.username = said->username, .password = said->password,
		.role = OHTD_ROLE_ADMINISTRATOR,
	};
	struct order_job *job;

	if (!ohtd_setup_is_required(call->services->setup)) {
		reply_refusal(call, -EALREADY);
		return;
	}
	if (check_code(call, said->code))
		return;
	job = make_order(call, "set-up code");
	if (!job)
		return;
	ohtd_account_take_new(&job->order, &first);
	job->order.act = OHTD_ACCOUNT_ADD_FIRST;
	submit(call, job);
}

/* ---- what is there ---- */

static const char *const user_sorts[] = {
	OHTD_SORT_BY("id"), OHTD_SORT_BY("username"), OHTD_SORT_BY("role"),
	OHTD_SORT_BY("disabled"), OHTD_SORT_BY("created"),
};
OHTD_WORDS_OF(user_sort_words, user_sorts);

struct user_query {
	struct ohtd_page page;
	int64_t sort;
	int64_t role;
	int8_t disabled;
	int8_t service;
	const char *username;
	const char *q;
};

OHTD_SHAPE(user_query, "AccountQuery",
	OHTD_PART(user_query, page, ohtd_page),
	OHTD_SORT(user_query, user_sort_words),
	OHTD_WORD(user_query, role, .words = &ohtd_role_words, .preset = OHTD_NONE,
		  .summary = "Only accounts of this role"),
	OHTD_TRISTATE(user_query, disabled,
		      .summary = "Only accounts that are disabled, or that are not"),
	OHTD_TRISTATE(user_query, service, .summary = "Only accounts of programs, or only of people"),
	OHTD_FILTER(user_query, username, "Only the account of this name, capital letters or not"),
	OHTD_SEARCH(user_query, "username or full_name"));

static void show_user(struct ohtd_call *call, const void *row, void *item)
{
	(void)call;
	*(struct ohtd_account_view *)item = ohtd_account_view_of(row);
}

static const struct ohtd_stored_list kept_users = { .row = &ohtd_kept_users, .show = show_user };

struct user_detail {
	struct ohtd_account_view account;
	const struct ohtd_session_view *sessions;
	size_t sessions_count;
};

OHTD_SHAPE(user_detail, "AccountDetail",
	OHTD_PART(user_detail, account, ohtd_account_view),
	OHTD_LIST(user_detail, sessions, ohtd_session_view,
		  .summary = "Sessions of the account, the newest first"));

struct look_job {
	struct ohtd_late late;
	struct ohtd_user user;
};

static void answer_look(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct look_job *job = (const struct look_job *)late;
	struct user_detail detail = { .account = ohtd_account_view_of(&job->user) };

	if (late->result < 0) {
		reply_refusal(call, late->result);
		return;
	}
	detail.sessions = ohtd_session_views(call, job->user.id, &detail.sessions_count);
	OHTD_REPLY(call, 200, user_detail, &detail);
}

static int work_look(struct ohtd_db *db, void *arg)
{
	return ohtd_db_user_get(db, &((struct look_job *)arg)->user);
}

static void get_user(struct ohtd_call *call)
{
	struct look_job *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->user.id = call->params.id;
	ohtd_late_read(call, &job->late, work_look, answer_look);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "users", .role = OHTD_ROLE_ADMINISTRATOR,
		.flags = OHTD_ROUTE_STORE,
		.query = &user_query_shape,
		.replies = { { 200, &ohtd_account_page_shape } },
		.handle = ohtd_stored_list_get, .list = &kept_users,
		.summary = "Accounts",
	}, {
		.method = OHTD_POST, .path = "users", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "make", "made", " an account" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED | OHTD_ROUTE_ATOMIC, .body_bytes_max = 1024, .body = &ohtd_account_new_shape,
		.replies = { { 201, &ohtd_account_view_shape } },
		.problems = { "user_exists", "role_above_own" },
		.handle = post_user,
		.summary = "Make an account",
	}, {
		.method = OHTD_GET, .path = "users/{id}", .role = OHTD_ROLE_ADMINISTRATOR,
		.flags = OHTD_ROUTE_STORE,
		.replies = { { 200, &user_detail_shape } },
		.problems = { "not_found" },
		.handle = get_user,
		.summary = "An account and its sessions",
	}, {
		.method = OHTD_PATCH, .path = "users/{id}", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "change", "changed", " an account" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024, .body = &ohtd_account_patch_shape,
		.replies = { { 200, &ohtd_account_view_shape } },
		.problems = { "not_found", "last_administrator", "role_above_own", "service_account" },
		.handle = patch_user,
		.summary = "Change password, role or disabled of an account; ends its sessions",
	}, {
		.method = OHTD_DELETE, .path = "users/{id}", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "delete", "deleted", " an account" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024,
		.replies = { { 204, NULL } },
		.problems = { "not_found", "last_administrator", "role_above_own" },
		.handle = delete_user,
		.summary = "Delete an account; the journal keeps its name",
	}, {
		.method = OHTD_POST, .path = "setup",
		.act = { "make", "made", " the first account" },
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024, .body = &setup_input_shape,
		.replies = { { 201, &ohtd_account_view_shape } },
		.problems = { "setup_done", "setup_code_wrong", "setup_code_retired", "user_exists" },
		.handle = post_setup,
		.summary = "Make the first administrator, with the set-up code",
	},
};

OHTD_ROUTE_TABLE(ohtd_user_routes, "Accounts", routes);
