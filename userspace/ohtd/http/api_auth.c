// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/api.h"
#include "http/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

#include "auth/session.h"
#include "auth/setup.h"
#include "http/pending.h"
#include "main/workers.h"

/* A password takes a tenth of a second here, seconds on a small board, and others may be in front. */
#define LOGIN_MS	60000

struct auth_job {
	struct ohtd_pending pending;
	struct ohtd_work work;
	struct ohtd_auth *auth;
	bool is_login;
	struct ohtd_credentials credentials;
	struct ohtd_secret refresh_token;
	char address[OHTD_ADDRESS_BYTES];
	enum ohtd_auth_result result;
	struct ohtd_grant grant;
};

static void reply_grant(struct ohtd_call *call, const struct ohtd_grant *grant)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "access_token",
			       json_object_new_string(grant->access_token));
	json_object_object_add(json, "refresh_token",
			       json_object_new_string(grant->refresh_token.revealed));
	json_object_object_add(json, "token_type", json_object_new_string("Bearer"));
	json_object_object_add(json, "expires_in", json_object_new_int(grant->expires_in_s));
	json_object_object_add(json, "role",
			       json_object_new_string(ohtd_role_name(grant->who.role)));
	ohtd_reply_json(call, 200, json);
}

static void reply_result(struct ohtd_call *call, struct auth_job *job)
{
	if (job->result == OHTD_AUTH_GRANTED) {
		/* He may have been made by ohtd --add-user meanwhile. */
		if (job->grant.who.role == OHTD_ROLE_ADMINISTRATOR)
			ohtd_setup_done(ohtd_call_setup(call));
		reply_grant(call, &job->grant);
	} else if (job->result == OHTD_AUTH_UNAVAILABLE) {
		ohtd_reply_store_problem(call, job->grant.error);
	} else {
		ohtd_reply_header(call, "www-authenticate", "Bearer realm=\"oht\"");
		ohtd_reply_problem(call, 401, job->is_login ? "login_refused" : "refresh_refused",
				   job->is_login ? "name or password is wrong" :
						   "the refresh token is not valid any more");
	}
}

static void free_job(struct auth_job *job)
{
	free(job->grant.access_token);
	OPENSSL_cleanse(job, sizeof(*job));
	free(job);
}

static void finish(struct ohtd_pending *pending)
{
	struct auth_job *job = (struct auth_job *)pending;

	if (pending->call)
		reply_result(pending->call, job);
	free_job(job);
}

/* On a worker. */
static void run_job(struct ohtd_work *work, bool dropped)
{
	struct auth_job *job = (struct auth_job *)((char *)work - offsetof(struct auth_job, work));

	if (dropped)
		job->result = OHTD_AUTH_UNAVAILABLE;
	else if (job->is_login)
		job->result = ohtd_auth_login(job->auth, &job->credentials, job->address,
					      &job->grant);
	else
		job->result = ohtd_auth_refresh(job->auth, &job->refresh_token, &job->grant);
	ohtd_pending_post(&job->pending);
}

static void submit(struct ohtd_call *call, struct auth_job *job)
{
	job->auth = ohtd_call_auth(call);
	job->work.run = run_job;
	snprintf(job->address, sizeof(job->address), "%s", ohtd_call_address(call));
	if (ohtd_pending_begin(&job->pending, call, LOGIN_MS, finish)) {
		free_job(job);
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
		return;
	}
	if (!ohtd_workers_submit(ohtd_call_workers(call), &job->work))
		return;
	ohtd_pending_abandon(&job->pending);
	free_job(job);
	ohtd_reply_header(call, "retry-after", "2");
	ohtd_reply_problem(call, 503, "busy", "too many logins are under way");
}

void ohtd_api_login(struct ohtd_call *call)
{
	const char *username = ohtd_call_text(call, "username");
	unsigned int wait_s = ohtd_auth_wait_s(ohtd_call_auth(call), username,
					       ohtd_call_address(call));
	struct auth_job *job;
	char seconds[16];

	if (wait_s) {
		snprintf(seconds, sizeof(seconds), "%u", wait_s);
		ohtd_reply_header(call, "retry-after", seconds);
		ohtd_reply_problem(call, 429, "too_many_failures",
				   "too many failed logins; try again in %u s", wait_s);
		return;
	}
	job = calloc(1, sizeof(*job));
	if (!job) {
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
		return;
	}
	job->is_login = true;
	snprintf(job->credentials.username, sizeof(job->credentials.username), "%s", username);
	ohtd_secret_set(&job->credentials.password, ohtd_call_text(call, "password"));
	submit(call, job);
}

void ohtd_api_refresh(struct ohtd_call *call)
{
	struct auth_job *job = calloc(1, sizeof(*job));

	if (!job) {
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
		return;
	}
	ohtd_secret_set(&job->refresh_token, ohtd_call_text(call, "refresh_token"));
	submit(call, job);
}
