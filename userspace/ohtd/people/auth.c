// SPDX-License-Identifier: GPL-2.0-or-later
/* auth: what takes a password or a token: log-in, renewal, change of the password, elevation. */
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
#include "people/account.h"
#include "server/cookie.h"
#include "server/late.h"
#include "views/words.h"

/* ---- tokens, as they are told ---- */

OHTD_SHAPE_SHARED(ohtd_people_tokens, "Tokens",
	OHTD_TEXT(ohtd_people_tokens, access_token, .flags = OHTD_SECRET,
		  .summary = "For the header Authorization: Bearer"),
	OHTD_TEXT(ohtd_people_tokens, refresh_token, .flags = OHTD_SECRET | OHTD_NULL | OHTD_OMIT,
		  .summary = "For the next renewal, once; not there when it is in the cookie"),
	OHTD_TEXT(ohtd_people_tokens, token_type, .summary = "Bearer"),
	OHTD_INTEGER(ohtd_people_tokens, expires_in, .unit = "s", .summary = "Life of the access token"),
	OHTD_INTEGER(ohtd_people_tokens, refresh_expires_in, .unit = "s",
		     .summary = "What is left of the session"),
	OHTD_WORD(ohtd_people_tokens, role, .words = &ohtd_role_words, .summary = "Role of the account"),
	OHTD_BOOLEAN(ohtd_people_tokens, must_enrol, .summary = "The account must have a second factor and has none: it may only set one up, and stop the robot"));

/* ---- what waits: for a check of a password or for the store ---- */

struct auth_job {
	struct ohtd_late late;
	struct ohtd_auth *auth;
	bool cookie;			/* the refresh token goes into the cookie */
	const char *refused;		/* code and words of a wrong password */
	const char *refused_text;
	int refused_status;
	struct ohtd_principal who;
	struct ohtd_credentials credentials;
	struct ohtd_password_new fresh;
	const char *fresh_pointer;	/* of its member */
	struct ohtd_renewal renewal;
	enum ohtd_auth_result result;
	struct ohtd_grant grant;
};

static void release(struct ohtd_late *late)
{
	struct auth_job *job = (struct auth_job *)late;

	if (job->grant.access_token)
		OPENSSL_cleanse(job->grant.access_token, strlen(job->grant.access_token));
	free(job->grant.access_token);
}

static struct auth_job *make_job(struct ohtd_call *call)
{
	struct auth_job *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return NULL;
	job->late.release = release;
	job->auth = call->services->auth;
	job->who = call->who;
	return job;
}

/* ---- answers ---- */

void ohtd_people_reply_tokens(struct ohtd_call *call, const struct ohtd_grant *grant, bool cookie)
{
	/* He may have been made by ohtd --add-user meanwhile. */
	if (grant->who.role == OHTD_ROLE_ADMINISTRATOR)
		ohtd_setup_done(call->services->setup);
	if (cookie)
		ohtd_cookie_set(call, &grant->refresh_token, grant->refresh_expires_in_s);
	OHTD_REPLY(call, 200, ohtd_people_tokens, (&(struct ohtd_people_tokens){
		.access_token = grant->access_token,
		.refresh_token = cookie ? NULL : grant->refresh_token.revealed,
		.token_type = "Bearer",
		.expires_in = grant->expires_in_s,
		.refresh_expires_in = grant->refresh_expires_in_s,
		.role = (int)grant->who.role,
		.must_enrol = ohtd_auth_must_enrol(call->services->auth, &grant->who),
	}));
}

static void reply_wait(struct ohtd_call *call, unsigned int wait_s)
{
	ohtd_reply_header(call, "retry-after", ohtd_call_text_of(call, "%u", wait_s));
	ohtd_reply_problem(call, 429, "too_many_failures",
			   "too many failed logins; try again in %u s", wait_s);
}

static void refuse(struct ohtd_call *call, int status, const char *code, const char *text)
{
	if (status == 401)
		ohtd_reply_header(call, "www-authenticate", "Bearer realm=\"oht\"");
	ohtd_reply_problem(call, status, code, "%s", text);
}

static void refuse_code(struct ohtd_call *call, enum ohtd_auth_second_result result)
{
	static const struct { const char *code, *text; } problems[] = {
		[OHTD_AUTH_SECOND_MISSING] = { "code_required", "the account has a second factor: a code is needed besides the password" },
		[OHTD_AUTH_SECOND_WRONG] = { "code_wrong", "the code is wrong, or was taken before" },
		[OHTD_AUTH_SECOND_LOCKED] = { "code_locked", "too many codes were wrong: only a recovery code is taken" },
		[OHTD_AUTH_SECOND_CLOCK] = { "code_clock", "the time of day of the robot is not kept right: only a recovery code is taken" },
		[OHTD_AUTH_SECOND_SEALED] = { "code_sealed", "the robot cannot read the secret of the codes: only a recovery code is taken" },
	};

	ohtd_reply_problem(call, 403, problems[result].code, "%s", problems[result].text);
}

void ohtd_people_refuse(struct ohtd_call *call, enum ohtd_auth_result result, const struct ohtd_grant *grant, int status,
			const char *code, const char *text)
{
	switch (result) {
	case OHTD_AUTH_GRANTED:
		break;
	case OHTD_AUTH_REFUSED:
		refuse(call, status, code, text);
		break;
	case OHTD_AUTH_CODE:
		refuse_code(call, grant->second);
		break;
	case OHTD_AUTH_TOO_MANY:
		reply_wait(call, grant->wait_s);
		break;
	case OHTD_AUTH_CHANGED:
		ohtd_reply_problem(call, 409, "account_changed",
				   "the account was changed meanwhile; log in again");
		break;
	case OHTD_AUTH_UNFIT:
	case OHTD_AUTH_UNAVAILABLE:
		ohtd_reply_store_problem(call, grant->error);
		break;
	}
}

/* A name that is none may be a password in the wrong field: only names of accounts are told. */
static void note_account(struct ohtd_call *call, const struct auth_job *job)
{
	const struct ohtd_principal *who = &job->grant.who;

	if (*who->user)
		call->noted.object = ohtd_call_text_of(call, "%s", who->user);
	if (job->result == OHTD_AUTH_GRANTED)
		call->noted.who = call->noted.object;
}

static void reply_result(struct ohtd_call *call, const struct auth_job *job)
{
	note_account(call, job);
	if (job->result == OHTD_AUTH_GRANTED)
		ohtd_people_reply_tokens(call, &job->grant, job->cookie);
	else if (job->result == OHTD_AUTH_UNFIT)
		ohtd_people_refuse_password(call, job->fresh_pointer, &job->fresh);
	else
		ohtd_people_refuse(call, job->result, &job->grant, job->refused_status, job->refused, job->refused_text);
}

/* ---- passwords: log-in and change ---- */

static void answer_result(struct ohtd_call *call, struct ohtd_late *late)
{
	reply_result(call, (const struct auth_job *)late);
}

/* On a thread for passwords. */
static int act_check(struct ohtd_late *late)
{
	struct auth_job *job = (struct auth_job *)late;

	if (*job->fresh.secret.revealed)
		job->result = ohtd_auth_change_password(job->auth, &job->who, &job->credentials,
							&job->fresh, &job->grant);
	else
		job->result = ohtd_auth_login(job->auth, &job->credentials, &job->grant);
	return 0;
}

void ohtd_people_take_credentials(struct ohtd_call *call, struct ohtd_credentials *credentials, const char *username,
				  const char *password)
{
	const char *agent = ohtd_call_header(call, "user-agent");

	snprintf(credentials->username, sizeof(credentials->username), "%s", username);
	ohtd_secret_set(&credentials->password, password);
	snprintf(credentials->address, sizeof(credentials->address), "%s", ohtd_call_address(call));
	ohtd_agent_set(credentials->agent, agent ? agent : "", agent ? strlen(agent) : 0);
}

/* The first of the two looks; the second is when the check begins. True if it has been refused. */
static bool must_wait(struct ohtd_call *call, const char *username)
{
	unsigned int wait_s = ohtd_auth_wait_s(call->services->auth, username,
					       ohtd_call_address(call));

	if (wait_s)
		reply_wait(call, wait_s);
	return wait_s;
}

#define BLANKS	" \t"

#define COOKIE_MEMBER(S_)								\
	OHTD_TRISTATE(S_, cookie,							\
		      .summary = "For pages: the refresh token goes into a cookie, not into the answer")

struct login_input {
	const char *username;
	const char *password;
	const char *code;
	int8_t cookie;
};

OHTD_SHAPE(login_input, "Login",
	OHTD_TEXT(login_input, username, .flags = OHTD_NEEDED | OHTD_PRIVATE | OHTD_TYPED, .min = 1, .max = OHTD_USER_NAME_MAX,
		  .summary = "Name of the account", .example = "\"anna\""),
	OHTD_TEXT(login_input, password, .flags = OHTD_NEEDED | OHTD_SECRET, .min = 1,
		  .max = OHTD_PASSWORD_BYTES_MAX, .summary = "Its password",
		  .example = "\"correct horse battery\""),
	OHTD_PEOPLE_CODE_MEMBER(login_input),
	COOKIE_MEMBER(login_input));

/* No name has blanks, and some keyboards put one behind it. */
static const char *without_blanks(struct ohtd_call *call, const char *name)
{
	size_t n;

	name += strspn(name, BLANKS);
	n = strlen(name);
	while (n && strchr(BLANKS, name[n - 1]))
		n--;
	return ohtd_call_text_of(call, "%.*s", (int)n, name);
}

static void post_login(struct ohtd_call *call)
{
	const struct login_input *said = OHTD_INPUT(call, login_input);
	const char *username = without_blanks(call, said->username);
	struct auth_job *job;

	if ((said->cookie > 0 && !ohtd_cookie_check(call)) || must_wait(call, username))
		return;
	job = make_job(call);
	if (!job)
		return;
	job->cookie = said->cookie > 0;
	job->refused_status = 401;
	job->refused = "login_refused";
	job->refused_text = "name or password is wrong";
	ohtd_people_take_credentials(call, &job->credentials, username, said->password);
	ohtd_secret_set(&job->credentials.code, said->code ? said->code : "");
	job->late.familiar = ohtd_auth_is_familiar(call->services->auth, username, job->credentials.address);
	ohtd_late_check(call, &job->late, job->credentials.address, act_check, answer_result);
}

struct password_input {
	const char *old_password;
	const char *code;
	const char *new_password;
	int8_t cookie;
};

OHTD_SHAPE(password_input, "PasswordChange",
	OHTD_TEXT(password_input, old_password, .flags = OHTD_NEEDED | OHTD_SECRET, .min = 1,
		  .max = OHTD_PASSWORD_BYTES_MAX, .summary = "The present password",
		  .example = "\"correct horse battery\""),
	OHTD_PEOPLE_CODE_MEMBER(password_input),
	OHTD_TEXT(password_input, new_password, .flags = OHTD_NEEDED | OHTD_SECRET,
		  .min = OHTD_PASSWORD_BYTES_MIN, .max = OHTD_PASSWORD_BYTES_MAX,
		  .summary = "The password from now on", .example = "\"another horse battery\""),
	COOKIE_MEMBER(password_input));

static void expect_present_password(struct auth_job *job)
{
	job->refused_status = 403;
	job->refused = "password_wrong";
	job->refused_text = "the present password is wrong";
}

static void post_password_change(struct ohtd_call *call)
{
	const struct password_input *said = OHTD_INPUT(call, password_input);
	struct auth_job *job;

	if (!ohtd_call_has_session(call) || (said->cookie > 0 && !ohtd_cookie_check(call)))
		return;
	if (must_wait(call, call->who.user))
		return;
	job = make_job(call);
	if (!job)
		return;
	job->cookie = said->cookie > 0;
	expect_present_password(job);
	ohtd_people_take_credentials(call, &job->credentials, call->who.user, said->old_password);
	ohtd_secret_set(&job->credentials.code, said->code ? said->code : "");
	ohtd_people_take_password(call, &job->fresh, said->new_password);
	job->fresh_pointer = "/new_password";
	ohtd_late_check(call, &job->late, NULL, act_check, answer_result);
}

/* ---- a new password by a code ---- */

struct reset_input {
	const char *username;
	const char *reset_code;
	const char *password;
};

OHTD_SHAPE(reset_input, "PasswordReset",
	OHTD_TEXT(reset_input, username, .flags = OHTD_NEEDED | OHTD_PRIVATE | OHTD_TYPED, .min = 1, .max = OHTD_USER_NAME_MAX,
		  .summary = "Name of the account", .example = "\"anna\""),
	OHTD_TEXT(reset_input, reset_code, .flags = OHTD_NEEDED | OHTD_SECRET, .min = 1, .max = OHTD_SECRET_BYTES - 1,
		  .summary = "The code that an administrator has given; hyphens, spaces and the case of letters do not count",
		  .example = "\"K7QM-2F9X-TR4C-0ZBD\""),
	OHTD_TEXT(reset_input, password, .flags = OHTD_NEEDED | OHTD_SECRET, .min = OHTD_PASSWORD_BYTES_MIN,
		  .max = OHTD_PASSWORD_BYTES_MAX, .summary = "The password from now on", .example = "\"another horse battery\""));

/* On a thread for passwords. */
static int act_reset(struct ohtd_late *late)
{
	struct auth_job *job = (struct auth_job *)late;

	job->result = ohtd_auth_reset_password(job->auth, &job->credentials, &job->fresh, &job->grant);
	return 0;
}

static void answer_reset(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct auth_job *job = (const struct auth_job *)late;

	if (job->result != OHTD_AUTH_GRANTED) {
		reply_result(call, job);
		return;
	}
	note_account(call, job);
	ohtd_reply_empty(call, 204);
}

static void post_reset(struct ohtd_call *call)
{
	const struct reset_input *said = OHTD_INPUT(call, reset_input);
	const char *username = without_blanks(call, said->username);
	struct auth_job *job;

	if (must_wait(call, username))
		return;
	job = make_job(call);
	if (!job)
		return;
	job->refused_status = 403;
	job->refused = "reset_refused";
	job->refused_text = "the name and the code do not belong together, or the code has ended";
	ohtd_people_take_credentials(call, &job->credentials, username, said->reset_code);
	ohtd_people_take_password(call, &job->fresh, said->password);
	job->fresh_pointer = "/password";
	ohtd_late_check(call, &job->late, job->credentials.address, act_reset, answer_reset);
}

/* ---- elevation ---- */

struct elevate_input {
	const char *password;
	const char *code;
};

OHTD_SHAPE(elevate_input, "Elevate",
	OHTD_TEXT(elevate_input, password, .flags = OHTD_NEEDED | OHTD_SECRET, .min = 1,
		  .max = OHTD_PASSWORD_BYTES_MAX, .summary = "The present password of the account",
		  .example = "\"correct horse battery\""),
	OHTD_PEOPLE_CODE_MEMBER(elevate_input));

struct elevated {
	int64_t elevated_for_ms;
};

OHTD_SHAPE(elevated, "Elevated",
	OHTD_INTEGER(elevated, elevated_for_ms, .unit = "ms", .summary = "From now"));

/* On a thread for passwords. */
static int act_elevate(struct ohtd_late *late)
{
	struct auth_job *job = (struct auth_job *)late;

	job->result = ohtd_auth_elevate(job->auth, &job->who, &job->credentials, &job->grant);
	return 0;
}

static void answer_elevate(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct auth_job *job = (const struct auth_job *)late;

	if (job->result == OHTD_AUTH_GRANTED)
		OHTD_REPLY(call, 200, elevated, (&(struct elevated){ OHTD_ELEVATED_MS }));
	else
		reply_result(call, job);
}

static void post_elevate(struct ohtd_call *call)
{
	const struct elevate_input *said = OHTD_INPUT(call, elevate_input);
	struct auth_job *job;

	if (!ohtd_call_has_session(call) || must_wait(call, call->who.user))
		return;
	job = make_job(call);
	if (!job)
		return;
	expect_present_password(job);
	ohtd_people_take_credentials(call, &job->credentials, call->who.user, said->password);
	ohtd_secret_set(&job->credentials.code, said->code ? said->code : "");
	ohtd_late_check(call, &job->late, NULL, act_elevate, answer_elevate);
}

static void delete_elevate(struct ohtd_call *call)
{
	if (!ohtd_call_has_session(call))
		return;
	ohtd_auth_lower(call->services->auth, &call->who, ohtd_call_address(call));
	ohtd_reply_empty(call, 204);
}

/* ---- renewal ---- */

struct refresh_input {
	const char *refresh_token;
};

OHTD_SHAPE(refresh_input, "Refresh",
	OHTD_TEXT(refresh_input, refresh_token, .flags = OHTD_SECRET, .min = 1,
		  .max = OHTD_SECRET_BYTES - 1,
		  .summary = "The refresh token; left out when it is in the cookie",
		  .example = "\"nBuKfV5POisc\""));

static int work_renew(struct ohtd_db *db, void *arg)
{
	struct auth_job *job = arg;

	return ohtd_db_session_renew(db, &job->renewal);
}

static void settle_renewal(struct ohtd_late *late)
{
	struct auth_job *job = (struct auth_job *)late;

	job->result = ohtd_auth_renewal_end(job->auth, &job->renewal, late->result, &job->grant);
	/* Done without the store. */
	if (job->result != OHTD_AUTH_UNAVAILABLE && late->result != -ESHUTDOWN)
		late->result = 0;
}

static void answer_renewal(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct auth_job *job = (const struct auth_job *)late;

	if (job->cookie && job->result == OHTD_AUTH_REFUSED)
		ohtd_cookie_clear(call);
	reply_result(call, job);
}

/* A token that is not ours is refused at once, and takes no place in a queue. */
static void renew(struct ohtd_call *call, const struct ohtd_secret *token, bool cookie)
{
	struct auth_job *job = make_job(call);

	if (!job)
		return;
	job->cookie = cookie;
	job->refused_status = 401;
	job->refused = "refresh_refused";
	job->refused_text = "the refresh token is not valid any more";
	job->late.settle = settle_renewal;
	if (ohtd_auth_renewal_begin(job->auth, token, &job->renewal)) {
		ohtd_late_write(call, &job->late, work_renew, answer_renewal);
		return;
	}
	if (cookie)
		ohtd_cookie_clear(call);
	refuse(call, job->refused_status, job->refused, job->refused_text);
	ohtd_late_drop(&job->late);
}

static void post_refresh(struct ohtd_call *call)
{
	const struct refresh_input *said = OHTD_INPUT(call, refresh_input);
	struct ohtd_secret token = { "" };

	if (said->refresh_token) {
		ohtd_secret_set(&token, said->refresh_token);
		renew(call, &token, false);
	} else if (ohtd_cookie_check(call)) {
		/* Without a cookie there is the empty token, which is refused. */
		if (!ohtd_cookie_take(call, &token))
			ohtd_secret_forget(&token);
		renew(call, &token, true);
	}
	ohtd_secret_forget(&token);
}

#define CHECK_PROBLEMS	"too_many_failures", "cross_origin"

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_POST, .path = "auth/login", .rate = OHTD_RATE_LOGIN,
		.act = { "log", "logged", " in" },
		.flags = OHTD_ROUTE_DAILY | OHTD_ROUTE_MEMORY | OHTD_ROUTE_STORE, .body_bytes_max = 1024, .body = &login_input_shape,
		.replies = { { 200, &ohtd_people_tokens_shape } },
		.problems = { "login_refused", OHTD_PEOPLE_CODE_PROBLEMS, CHECK_PROBLEMS },
		.handle = post_login,
		.summary = "Password against tokens; of more than 32 sessions of an account the oldest ends",
		.text = "An account with a second factor needs a code as well. Without one the answer to the right password is 403 code_required: ask for it, "
			"and send all again.",
	}, {
		.method = OHTD_POST, .path = "auth/refresh", .rate = OHTD_RATE_RENEW,
		.act = { "renew", "renewed", " a session" },
		.flags = OHTD_ROUTE_QUIET | OHTD_ROUTE_STORE, .body_bytes_max = 1024, .body = &refresh_input_shape,
		.replies = { { 200, &ohtd_people_tokens_shape } },
		.problems = { "refresh_refused", "cross_origin" },
		.handle = post_refresh,
		.summary = "Refresh token against new tokens",
	}, {
		.method = OHTD_POST, .path = "auth/password/change", .role = OHTD_ROLE_VIEWER,
		.act = { "change", "changed", " the own password" },
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_ENROL, .body_bytes_max = 1024, .body = &password_input_shape,
		.replies = { { 200, &ohtd_people_tokens_shape } },
		.problems = { "password_wrong", OHTD_PEOPLE_CODE_PROBLEMS, "account_changed", "no_session", CHECK_PROBLEMS },
		.handle = post_password_change,
		.summary = "Change the own password, with the code of a second factor; ends all other sessions",
	}, {
		.method = OHTD_POST, .path = "auth/reset", .rate = OHTD_RATE_LOGIN,
		.act = { "set", "set", " a new password by a code" },
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024, .body = &reset_input_shape,
		.replies = { { 204, NULL } },
		.problems = { "reset_refused", "too_many_failures" },
		.handle = post_reset,
		.summary = "Set a new password by a code from an administrator; ends all sessions of the account",
		.text = "The answer is the same for an unknown name, an account without a code, a wrong code and one that has ended.",
	}, {
		.method = OHTD_POST, .path = "auth/elevate", .role = OHTD_ROLE_VIEWER,
		.act = { "elevate", "elevated", " the session" },
		.flags = OHTD_ROUTE_DAILY | OHTD_ROUTE_MEMORY | OHTD_ROUTE_STORE, .body_bytes_max = 1024, .body = &elevate_input_shape,
		.replies = { { 200, &elevated_shape } },
		.problems = { "password_wrong", OHTD_PEOPLE_CODE_PROBLEMS, "account_changed", "no_session",
			      "too_many_failures" },
		.handle = post_elevate,
		.summary = "Elevate the own session for 5 minutes, by the password, and by a code where there is a second factor",
		.text = "Writes to safety-critical registers and mode maintenance need it. It gives no "
			"role. It ends with DELETE, with the session, and with a change of the "
			"password or the account.",
	}, {
		.method = OHTD_DELETE, .path = "auth/elevate", .role = OHTD_ROLE_VIEWER,
		.act = { "end", "ended", " the elevation" },
		.flags = OHTD_ROUTE_DAILY | OHTD_ROUTE_MEMORY, .body_bytes_max = 1024,
		.replies = { { 204, NULL } },
		.problems = { "no_session" },
		.handle = delete_elevate,
		.summary = "End the elevation of the own session",
	},
};

OHTD_ROUTE_TABLE(ohtd_auth_routes, "Sessions", routes);
