// SPDX-License-Identifier: GPL-2.0-or-later
/* GET and POST users, PATCH users/{id}, POST setup. */
#include "http/api.h"
#include "http/call.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

#include "auth/session.h"
#include "auth/setup.h"
#include "http/account.h"
#include "http/pending.h"
#include "http/problem.h"
#include "http/route.h"
#include "main/clock.h"
#include "main/log.h"
#include "main/workers.h"
#include "store/store.h"

#define LIMIT_DEFAULT	50
#define LIMIT_MAX	200	/* as in the route table */
/* A password takes seconds on a small board, and others may be in front. */
#define WITHIN_MS	60000

struct users_job {
	struct ohtd_pending pending;
	struct ohtd_work work;
	struct ohtd_store *store;
	struct ohtd_auth *auth;
	struct ohtd_setup *setup;
	int (*act)(struct users_job *job);	/* on a worker; 0, a count, or a negative errno */
	int result;
	struct ohtd_principal who;
	int64_t now_s;
	/* POST setup: the account must be the first of an administrator */
	struct ohtd_secret code;
	bool first;
	/* POST and PATCH */
	struct ohtd_secret password;
	char hash[OHTD_PASSWORD_HASH_MAX + 1];
	struct ohtd_user fresh;
	struct ohtd_user_change change;
	/* GET: asks for one more than is wanted */
	int limit;
	int64_t after;
	struct ohtd_user found[LIMIT_MAX + 1];
};

/* ---- answers ---- */

static struct json_object *list_json(const struct users_job *job)
{
	struct json_object *json = json_object_new_object();
	struct json_object *items = json_object_new_array();
	bool more = job->result > job->limit;
	int count = more ? job->limit : job->result;
	char cursor[24] = "";

	for (int i = 0; i < count; i++)
		json_object_array_add(items, ohtd_account_json(&job->found[i]));
	if (more)
		snprintf(cursor, sizeof(cursor), "%lld", (long long)job->found[count - 1].id);
	json_object_object_add(json, "items", items);
	json_object_object_add(json, "next_cursor", more ? json_object_new_string(cursor) : NULL);
	return json;
}

static void reply_refusal(struct ohtd_call *call, int error)
{
	struct ohtd_account_problem problem = ohtd_account_problem(error);

	if (ohtd_store_state_of(error))
		ohtd_reply_store_problem(call, error);
	else
		ohtd_reply_problem(call, problem.status, problem.code, "%s", problem.detail);
}

static void finish(struct ohtd_pending *pending)
{
	struct users_job *job = (struct users_job *)pending;
	struct ohtd_call *call = pending->call;

	if (call && job->result < 0)
		reply_refusal(call, job->result);
	else if (call && job->fresh.id)
		ohtd_reply_json(call, 201, ohtd_account_json(&job->fresh));
	else if (call && job->change.id)
		ohtd_reply_json(call, 200, ohtd_account_json(&job->change.user));
	else if (call)
		ohtd_reply_json(call, 200, list_json(job));
	OPENSSL_cleanse(job, sizeof(*job));
	free(job);
}

/* ---- on a worker ---- */

static int work_list(struct ohtd_db *db, void *arg)
{
	struct users_job *job = arg;

	return ohtd_db_user_list(db, job->after, job->found, job->limit + 1);
}

static int act_list(struct users_job *job)
{
	return ohtd_store_read(job->store, work_list, job);
}

static int hash_password(struct users_job *job)
{
	if (!*job->password.revealed)
		return 0;
	return ohtd_password_hash(job->password.revealed, job->hash, sizeof(job->hash));
}

static int work_add(struct ohtd_db *db, void *arg)
{
	struct users_job *job = arg;
	int r = job->first ? ohtd_db_user_add_first(db, &job->fresh, job->now_s) :
			     ohtd_db_user_add(db, &job->fresh, job->now_s);

	return r ? r : ohtd_db_user_find(db, &job->fresh);
}

static int make_account(struct users_job *job, const char *by)
{
	int r = hash_password(job);

	if (r)
		return r;
	strcpy(job->fresh.password_hash, job->hash);
	r = ohtd_store_call(job->store, work_add, job);
	if (r)
		return r;
	job->fresh.created_s = job->now_s;
	ohtd_log(OHTD_LOG_NOTICE, "auth", "user_made", "%s (%s) by %s", job->fresh.name,
		 ohtd_role_name(job->fresh.role), by);
	if (job->fresh.role == OHTD_ROLE_ADMINISTRATOR)
		ohtd_setup_done(job->setup);
	return 0;
}

static int act_add(struct users_job *job)
{
	return make_account(job, job->who.user);
}

static int check_code(struct users_job *job)
{
	switch (ohtd_setup_check(job->setup, &job->code)) {
	case OHTD_SETUP_RIGHT:
		return 0;
	case OHTD_SETUP_WRONG:
		return -EKEYREJECTED;
	case OHTD_SETUP_RETIRED:
		return -EKEYEXPIRED;
	default:
		return -EALREADY;
	}
}

/* The code is only used up by an administrator who is in the store. */
static int act_setup(struct users_job *job)
{
	int r = check_code(job);

	job->first = true;
	if (!r)
		r = make_account(job, "set-up code");
	if (r == -EALREADY)
		ohtd_setup_done(job->setup);
	return r;
}

static int work_change(struct ohtd_db *db, void *arg)
{
	struct users_job *job = arg;

	return ohtd_db_user_change(db, &job->change);
}

static int act_change(struct users_job *job)
{
	const struct ohtd_user_change *change = &job->change;
	int r = hash_password(job);

	if (r)
		return r;
	if (*job->hash)
		job->change.password_hash = job->hash;
	r = ohtd_store_call(job->store, work_change, job);
	if (r)
		return r;
	ohtd_log(OHTD_LOG_NOTICE, "auth", "user_changed", "%s is %s%s%s, by %s", change->user.name,
		 ohtd_role_name(change->user.role), change->user.disabled ? ", disabled" : "",
		 change->password_hash ? ", has a new password" : "", job->who.user);
	if (ohtd_auth_end_sessions(job->auth, job->change.ended, change->ended_count))
		ohtd_log(OHTD_LOG_ERROR, "auth", "revoke_failed", "sessions of %s",
			 change->user.name);
	return 0;
}

static void run_job(struct ohtd_work *work, bool dropped)
{
	struct users_job *job = (struct users_job *)((char *)work -
						     offsetof(struct users_job, work));

	job->result = dropped ? -ESHUTDOWN : job->act(job);
	ohtd_pending_post(&job->pending);
}

/* ---- what is asked for ---- */

static void submit(struct ohtd_call *call, struct users_job *job,
		   int (*act)(struct users_job *job))
{
	job->act = act;
	job->work.run = run_job;
	job->store = ohtd_call_store(call);
	job->auth = ohtd_call_auth(call);
	job->setup = ohtd_call_setup(call);
	job->who = call->who;
	job->now_s = ohtd_clock_wall_ns(ohtd_call_clock(call)) / (int64_t)OHTD_NS_PER_S;
	job->change.now_s = job->now_s;
	job->change.by_role = call->who.role;
	if (ohtd_pending_begin(&job->pending, call, WITHIN_MS, finish)) {
		free(job);
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
		return;
	}
	if (!ohtd_workers_submit(ohtd_call_workers(call), &job->work))
		return;
	ohtd_pending_abandon(&job->pending);
	OPENSSL_cleanse(job, sizeof(*job));
	free(job);
	ohtd_reply_header(call, "retry-after", "2");
	ohtd_reply_problem(call, 503, "busy", "too many requests are under way");
}

static int refuse(struct ohtd_call *call, const char *pointer, const char *code,
		  const char *detail)
{
	struct json_object *errors = json_object_new_array();

	ohtd_error_add(errors, pointer, code, detail);
	ohtd_reply_problem_list(call, 400, "validation", detail, errors);
	return -1;
}

/* Name and password as the route table cannot describe them. */
static int check_texts(struct ohtd_call *call)
{
	const char *name = ohtd_call_text(call, "username");
	const char *password = ohtd_call_text(call, "password");
	const char *unfit = name ? ohtd_auth_name_unfit(name) : NULL;

	if (unfit)
		return refuse(call, "/username", "unfit", unfit);
	unfit = password ? ohtd_password_unfit(password) : NULL;
	if (unfit)
		return refuse(call, "/password", "unfit", unfit);
	return 0;
}

static struct users_job *make_job(struct ohtd_call *call)
{
	struct users_job *job = calloc(1, sizeof(*job));

	if (!job)
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
	return job;
}

void ohtd_api_users(struct ohtd_call *call)
{
	struct json_object *limit = json_object_object_get(call->body, "limit");
	const char *cursor = ohtd_call_text(call, "cursor");
	int64_t after = cursor ? ohtd_route_id(cursor, strlen(cursor)) : 0;
	struct users_job *job;

	if (cursor && !after) {
		refuse(call, "/cursor", "bad_cursor", "is no next_cursor of this list");
		return;
	}
	job = make_job(call);
	if (!job)
		return;
	job->limit = limit ? json_object_get_int(limit) : LIMIT_DEFAULT;
	job->after = after;
	submit(call, job, act_list);
}

/* For a new account, as the body describes it. */
static struct users_job *make_add_job(struct ohtd_call *call, int role)
{
	struct users_job *job = make_job(call);

	if (!job)
		return NULL;
	strcpy(job->fresh.name, ohtd_call_text(call, "username"));
	job->fresh.role = role;
	ohtd_secret_set(&job->password, ohtd_call_text(call, "password"));
	return job;
}

void ohtd_api_user_add(struct ohtd_call *call)
{
	int role = (int)ohtd_role_parse(ohtd_call_text(call, "role"));
	struct users_job *job;

	if (check_texts(call))
		return;
	if (role > (int)call->who.role) {
		reply_refusal(call, -EACCES);
		return;
	}
	job = make_add_job(call, role);
	if (job)
		submit(call, job, act_add);
}

void ohtd_api_setup(struct ohtd_call *call)
{
	struct users_job *job;

	if (!ohtd_setup_is_required(ohtd_call_setup(call))) {
		reply_refusal(call, -EALREADY);
		return;
	}
	if (check_texts(call))
		return;
	job = make_add_job(call, OHTD_ROLE_ADMINISTRATOR);
	if (!job)
		return;
	ohtd_secret_set(&job->code, ohtd_call_text(call, "code"));
	submit(call, job, act_setup);
}

void ohtd_api_user_change(struct ohtd_call *call)
{
	struct json_object *disabled = json_object_object_get(call->body, "disabled");
	const char *password = ohtd_call_text(call, "password");
	const char *role = ohtd_call_text(call, "role");
	struct users_job *job;

	if (!disabled && !password && !role) {
		refuse(call, "", "empty", "say what is to be changed");
		return;
	}
	if (check_texts(call))
		return;
	job = make_job(call);
	if (!job)
		return;
	job->change.id = call->id;
	job->change.role = role ? (int)ohtd_role_parse(role) : 0;
	job->change.disabled = disabled ? json_object_get_boolean(disabled) : -1;
	if (password)
		ohtd_secret_set(&job->password, password);
	submit(call, job, act_change);
}
