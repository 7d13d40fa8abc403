// SPDX-License-Identifier: GPL-2.0-or-later
/* auth/pin: the PIN of the own account; auth/elevate/pin: what it opens, on an accepted device; users/{id}/pin: an administrator takes it away. */
#include "people/people.h"
#include "server/call.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "accounts/devices.h"
#include "accounts/pins.h"
#include "auth/accounts.h"
#include "auth/session.h"
#include "base/clock.h"
#include "base/log.h"
#include "people/account.h"
#include "people/device_key.h"
#include "server/late.h"
#include "settings/settings.h"

#define PIN_MEMBER(S_, unfit_, summary_)								\
	OHTD_TEXT(S_, pin, .flags = OHTD_NEEDED | OHTD_SECRET, .min = OHTD_PIN_DIGITS_MIN, .max = OHTD_PIN_DIGITS_MAX,	\
		  .unfit = unfit_, .pattern = "^[0-9]{6,10}$", .summary = summary_, .example = "\"735194\"")

/* ---- jobs of a thread for passwords ---- */

struct pin_job {
	struct ohtd_late late;
	struct ohtd_auth *auth;
	struct ohtd_principal who;
	struct ohtd_credentials credentials;
	struct ohtd_secret pin;
	struct ohtd_people_proof proof;
	enum ohtd_auth_result result;
	struct ohtd_grant grant;
};

static void release(struct ohtd_late *late)
{
	struct pin_job *job = (struct pin_job *)late;

	ohtd_secret_forget(&job->pin);
	ohtd_secret_forget(&job->credentials.password);
	ohtd_secret_forget(&job->credentials.code);
}

/* NULL: it has been refused. */
static struct pin_job *make_job(struct ohtd_call *call, const char *password)
{
	struct pin_job *job;

	if (!ohtd_call_has_session(call))
		return NULL;
	job = ohtd_late_make(call, sizeof(*job));
	if (!job)
		return NULL;
	job->late.release = release;
	job->auth = call->services->auth;
	job->who = call->who;
	ohtd_people_take_credentials(call, &job->credentials, call->who.user, password);
	return job;
}

/* ---- the own PIN ---- */

enum { OFF, ON };
static const char *const states[] = { [OFF] = "off", [ON] = "on" };
OHTD_WORDS_OF(state_words, states);

struct pin_view {
	int64_t state;
	int64_t since;
	int tries_left;
};

OHTD_SHAPE(pin_view, "Pin",
	OHTD_WORD(pin_view, state, .words = &state_words, .summary = "on: the account has one"),
	OHTD_TIME(pin_view, since, .flags = OHTD_NULL, .summary = "Since when; null: it has none"),
	OHTD_INTEGER(pin_view, tries_left, .summary = "Wrong ones that are left, until the password has elevated; 0: it opens nothing"));

struct look_job {
	struct ohtd_late late;
	struct ohtd_account_pin pin;
};

static int work_look(struct ohtd_db *db, void *arg)
{
	return ohtd_account_pin_get(db, &((struct look_job *)arg)->pin);
}

static void answer_look(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct ohtd_account_pin *pin = &((const struct look_job *)late)->pin;
	struct pin_view view = { .since = OHTD_NONE };

	if (late->result && late->result != -ENOENT) {
		ohtd_reply_store_problem(call, late->result);
		return;
	}
	if (!late->result)
		view = (struct pin_view){
			.state = ON, .since = pin->made_s * (int64_t)OHTD_NS_PER_S,
			.tries_left = pin->wrong < OHTD_ACCOUNT_PIN_TRIES ? OHTD_ACCOUNT_PIN_TRIES - pin->wrong : 0,
		};
	OHTD_REPLY(call, 200, pin_view, &view);
}

static void get_pin(struct ohtd_call *call)
{
	struct look_job *job;

	if (!ohtd_call_has_session(call))
		return;
	job = ohtd_late_make(call, sizeof(*job));
	if (!job)
		return;
	job->pin.user_id = call->who.user_id;
	ohtd_late_read(call, &job->late, work_look, answer_look);
}

struct pin_input {
	const char *password;
	const char *code;
	const char *pin;
};

OHTD_SHAPE(pin_input, "PinSet",
	OHTD_TEXT(pin_input, password, .flags = OHTD_NEEDED | OHTD_SECRET, .min = 1, .max = OHTD_PASSWORD_BYTES_MAX,
		  .summary = "The present password of the account", .example = "\"correct horse battery\""),
	OHTD_PEOPLE_CODE_MEMBER(pin_input),
	PIN_MEMBER(pin_input, ohtd_auth_pin_unfit, "6 to 10 digits, neither in a row nor the same ones again and again"));

static int act_set(struct ohtd_late *late)
{
	struct pin_job *job = (struct pin_job *)late;

	job->result = ohtd_auth_pin_set(job->auth, &job->who, &job->credentials, &job->pin, &job->grant);
	return 0;
}

static void answer_set(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct pin_job *job = (const struct pin_job *)late;

	if (job->result == OHTD_AUTH_GRANTED)
		ohtd_reply_empty(call, 204);
	else
		ohtd_people_refuse(call, job->result, &job->grant, 403, "password_wrong", "the present password is wrong");
}

static void put_pin(struct ohtd_call *call)
{
	const struct pin_input *said = OHTD_INPUT(call, pin_input);
	struct pin_job *job = make_job(call, said->password);

	if (!job)
		return;
	ohtd_secret_set(&job->pin, said->pin);
	ohtd_secret_set(&job->credentials.code, said->code ? said->code : "");
	ohtd_late_check(call, &job->late, NULL, act_set, answer_set);
}

/* Ends a PIN: the own one, or as an administrator that of @id. */
struct end_job {
	struct ohtd_late late;
	struct ohtd_auth *auth;
	struct ohtd_user user;
	bool of_other;
	int by_role;
	int64_t by_id, by_epoch;
	char by[OHTD_USER_NAME_MAX + 1];
};

static int work_end(struct ohtd_db *db, void *arg)
{
	struct end_job *job = arg;
	int r = job->of_other ? ohtd_people_giver_check(db, job->by_id, job->by_epoch) : 0;

	r = r ? r : ohtd_db_user_get(db, &job->user);
	if (!r && job->of_other && job->user.role > job->by_role)
		r = -EACCES;
	return r ? r : ohtd_account_pin_end(db, job->user.id);
}

/* Also when the client has left: it has been done. */
static void settle_end(struct ohtd_late *late)
{
	const struct end_job *job = (const struct end_job *)late;

	if (late->result)
		return;
	ohtd_auth_pin_ended(job->auth, job->user.id);
	ohtd_log(OHTD_LOG_NOTICE, "auth", "pin_off", "%s by %s", job->user.name, job->by);
}

static void answer_end(struct ohtd_call *call, struct ohtd_late *late)
{
	struct ohtd_store_problem problem = ohtd_account_problem(late->result);

	if (!late->result)
		ohtd_reply_empty(call, 204);
	else
		ohtd_reply_problem(call, problem.status, problem.code, "%s", problem.detail);
}

static void end(struct ohtd_call *call, int64_t id, bool of_other)
{
	struct end_job *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->late.settle = settle_end;
	job->auth = call->services->auth;
	job->user.id = id;
	job->of_other = of_other;
	job->by_role = (int)call->who.role;
	job->by_id = call->who.user_id;
	job->by_epoch = call->who.epoch;
	snprintf(job->by, sizeof(job->by), "%s", call->who.user);
	ohtd_late_write(call, &job->late, work_end, answer_end);
}

static void delete_pin(struct ohtd_call *call)
{
	if (ohtd_call_has_session(call))
		end(call, call->who.user_id, false);
}

static void delete_pin_of(struct ohtd_call *call)
{
	end(call, call->params.id, true);
}

/* ---- what it opens ---- */

/* What cannot be a PIN takes no try. */
static const char *typed_unfit(const char *pin)
{
	return pin[strspn(pin, "0123456789")] ? "is of digits alone" : NULL;
}

struct pin_elevate_input {
	const char *pin;
	const char *public_key;
	const char *challenge;
	const char *signature;
};

OHTD_SHAPE(pin_elevate_input, "ElevateByPin",
	PIN_MEMBER(pin_elevate_input, typed_unfit, "The PIN of the own account"),
	OHTD_PEOPLE_PROOF_MEMBERS(pin_elevate_input));

struct pin_elevated {
	int64_t elevated_for_ms;
};

OHTD_SHAPE(pin_elevated, "ElevatedByPin",
	OHTD_INTEGER(pin_elevated, elevated_for_ms, .unit = "ms", .summary = "From now, for what only the layer plant asks the password for"));

/* The device first: without one no PIN is looked at, and no try is taken. */
int ohtd_people_pin_elevate(struct ohtd_store *store, struct ohtd_auth *auth, const struct ohtd_principal *who, const struct ohtd_credentials *credentials,
			    struct ohtd_people_proof *proof, enum ohtd_auth_result *result, struct ohtd_grant *grant)
{
	int r = ohtd_people_device_prove(store, proof);

	if (r)
		return r;
	*result = ohtd_auth_pin_elevate(auth, who, credentials, proof->device.user_id, grant);
	if (*result != OHTD_AUTH_GRANTED)
		return 0;
	/* The device may have been removed since the first look, and its elevations have ended before this one began. */
	r = ohtd_people_device_again(store, proof);
	if (r)
		ohtd_auth_pin_lower(auth, who);
	return r;
}

static int act_elevate(struct ohtd_late *late)
{
	struct pin_job *job = (struct pin_job *)late;

	return ohtd_people_pin_elevate(late->store, job->auth, &job->who, &job->credentials, &job->proof, &job->result, &job->grant);
}

static void answer_elevate(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct pin_job *job = (const struct pin_job *)late;

	if (late->result == -EACCES)
		ohtd_reply_problem(call, 403, "pin_device", "a PIN is taken on an accepted device alone: key, challenge and signature do not belong together, "
				   "the challenge was taken or is too old, or the device is not accepted");
	else if (late->result == -EBUSY)
		ohtd_reply_problem(call, 503, "busy", "this device has shown its key too often within a minute");
	else if (late->result)
		ohtd_reply_store_problem(call, late->result);
	else if (job->result == OHTD_AUTH_GRANTED)
		OHTD_REPLY(call, 200, pin_elevated, (&(struct pin_elevated){ OHTD_ELEVATED_MS }));
	else if (job->result == OHTD_AUTH_UNAVAILABLE && job->grant.error == -EDQUOT)
		ohtd_reply_problem(call, 403, "pin_locked", "%d PINs in a row were wrong: elevate the session by the password", OHTD_ACCOUNT_PIN_TRIES);
	else
		ohtd_people_refuse(call, job->result, &job->grant, 403, "pin_refused", "the PIN is wrong, or the account has none");
}

static void post_elevate(struct ohtd_call *call)
{
	const struct pin_elevate_input *said = OHTD_INPUT(call, pin_elevate_input);
	struct pin_job *job;

	if (ohtd_settings_layer(call->services->settings) != OHTD_LAYER_PLANT) {
		ohtd_reply_problem(call, 403, "pin_layer", "a PIN opens what only the layer plant asks the password for, and the layer is another one");
		return;
	}
	job = make_job(call, said->pin);
	if (!job)
		return;
	if (!ohtd_people_proof_take(call, &job->proof, said->public_key, said->challenge, said->signature)) {
		ohtd_late_drop(&job->late);
		return;
	}
	ohtd_late_check(call, &job->late, NULL, act_elevate, answer_elevate);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "auth/pin", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE,
		.replies = { { 200, &pin_view_shape } },
		.problems = { "no_session" },
		.handle = get_pin,
		.summary = "The PIN of the own account: whether there is one",
	}, {
		.method = OHTD_PUT, .path = "auth/pin", .role = OHTD_ROLE_VIEWER,
		.act = { "set", "set", " the own PIN" },
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024, .body = &pin_input_shape,
		.replies = { { 204, NULL } },
		.problems = { "password_wrong", OHTD_PEOPLE_CODE_PROBLEMS, "account_changed", "no_session", "too_many_failures" },
		.handle = put_pin,
		.summary = "Set the PIN of the own account, by the password, and the code of a second factor",
		.text = "It ends with each new password of the account.",
	}, {
		.method = OHTD_DELETE, .path = "auth/pin", .role = OHTD_ROLE_VIEWER,
		.act = { "end", "ended", " the own PIN" },
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024,
		.replies = { { 204, NULL } },
		.problems = { "no_session" },
		.handle = delete_pin,
		.summary = "End the PIN of the own account; also where there is none",
	}, {
		.method = OHTD_POST, .path = "auth/elevate/pin", .role = OHTD_ROLE_VIEWER,
		.act = { "elevate", "elevated", " the session by the PIN" },
		.flags = OHTD_ROUTE_DAILY | OHTD_ROUTE_STORE, .body_bytes_max = 1024, .body = &pin_elevate_input_shape,
		.replies = { { 200, &pin_elevated_shape } },
		.problems = { "pin_layer", "pin_device", "pin_refused", "pin_locked", "account_changed", "no_session", "too_many_failures", "busy" },
		.handle = post_elevate,
		.summary = "Elevate the own session for 5 minutes by the PIN, on an accepted device, for what only the layer plant asks the password for",
		.text = "These are the routes with x-elevation in-plant. All others want the password. Five wrong ones in a row, and the PIN opens nothing until "
			"the password has elevated a session of the account.",
	}, {
		.method = OHTD_DELETE, .path = "users/{id}/pin", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "end", "ended", " a PIN" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024,
		.replies = { { 204, NULL } },
		.problems = { "not_found", "role_above_own" },
		.handle = delete_pin_of,
		.summary = "End the PIN of an account; also where there is none",
	},
};

OHTD_ROUTE_TABLE(ohtd_people_pin_routes, "Accounts", routes);
