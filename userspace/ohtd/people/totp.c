// SPDX-License-Identifier: GPL-2.0-or-later
/* auth/totp: the second factor of the own account; users/{id}/totp: an administrator takes it away. */
#include "people/people.h"
#include "server/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <qrencode.h>

#include "auth/accounts.h"
#include "auth/session.h"
#include "base/clock.h"
#include "base/log.h"
#include "people/account.h"
#include "server/late.h"
#include "settings/settings.h"

/* ---- how it is told ---- */

enum { OFF, PENDING, ON };
static const char *const states[] = { [OFF] = "off", [PENDING] = "pending", [ON] = "on" };
OHTD_WORDS_OF(state_words, states);

struct second_view {
	int64_t state;
	int64_t since;
	int recovery_codes;
	bool clock_kept;
};

OHTD_SHAPE(second_view, "SecondFactor",
	OHTD_WORD(second_view, state, .words = &state_words,
		  .summary = "on: a log-in needs a code; pending: it waits for its first code, and a log-in needs none"),
	OHTD_TIME(second_view, since, .flags = OHTD_NULL, .summary = "Since when it is so; null: it is off"),
	OHTD_INTEGER(second_view, recovery_codes, .summary = "Recovery codes that are left"),
	OHTD_BOOLEAN(second_view, clock_kept, .summary = "The time of day of the robot is kept right; without that only recovery codes are taken"));

struct secret_view {
	const char *secret;
	const char *uri;
	const char *qr;
};

OHTD_SHAPE(secret_view, "SecondFactorSecret",
	OHTD_TEXT(secret_view, secret, .flags = OHTD_SECRET, .summary = "In base32, for apps that take it by hand; shown once",
		  .example = "\"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\""),
	OHTD_TEXT(secret_view, uri, .flags = OHTD_SECRET, .summary = "The same as apps take it",
		  .example = "\"otpauth://totp/anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=oht\""),
	OHTD_TEXT(secret_view, qr, .flags = OHTD_SECRET, .summary = "The same as a QR code: a line for each row, of 1 (dark) and 0, without its margin",
		  .example = "\"101\\n010\\n101\""));

struct code_item {
	const char *code;
};

OHTD_SHAPE(code_item, "RecoveryCode",
	OHTD_TEXT(code_item, code, .flags = OHTD_SECRET, .summary = "Good once, in the place of a code of the app", .example = "\"K7QM-2F9X-TR4C-0ZBD\""));

struct codes_view {
	const struct code_item *recovery_codes;
	size_t recovery_codes_count;
};

OHTD_SHAPE(codes_view, "RecoveryCodes",
	OHTD_LIST(codes_view, recovery_codes, code_item, .summary = "All that are good from now on; shown once"));

#define PASSWORD_MEMBER(S_)									\
	OHTD_TEXT(S_, password, .flags = OHTD_NEEDED | OHTD_SECRET, .min = 1, .max = OHTD_PASSWORD_BYTES_MAX,	\
		  .summary = "The present password of the account", .example = "\"correct horse battery\"")
#define CODE_MEMBER(S_)										\
	OHTD_TEXT(S_, code, .flags = OHTD_NEEDED | OHTD_SECRET, .min = 1, .max = OHTD_SECRET_BYTES - 1,	\
		  .summary = "Code of the app, or a recovery code; spaces, hyphens and the case of letters do not count", .example = "\"287082\"")

struct password_of_totp {
	const char *password;
};

OHTD_SHAPE(password_of_totp, "SecondFactorBegin", PASSWORD_MEMBER(password_of_totp));

struct code_of_totp {
	const char *code;
};

OHTD_SHAPE(code_of_totp, "SecondFactorCode", CODE_MEMBER(code_of_totp));

/* Recovery codes of others, or no second factor any more, are a way in as strong as password and code. */
struct both_of_totp {
	const char *password;
	const char *code;
};

OHTD_SHAPE(both_of_totp, "SecondFactorChange", PASSWORD_MEMBER(both_of_totp), CODE_MEMBER(both_of_totp));

/* ---- jobs ---- */

struct totp_job {
	struct ohtd_late late;
	struct ohtd_auth *auth;
	struct ohtd_principal who;
	struct ohtd_credentials credentials;
	struct ohtd_auth_second_order order;
	enum ohtd_auth_result result;
	struct ohtd_grant grant;
};

/* On a thread for passwords. */
static int act(struct ohtd_late *late)
{
	struct totp_job *job = (struct totp_job *)late;

	job->result = ohtd_auth_second(job->auth, &job->who, &job->credentials, &job->order, &job->grant);
	return 0;
}

static void refuse(struct ohtd_call *call, const struct totp_job *job)
{
	if (job->result == OHTD_AUTH_UNAVAILABLE && job->grant.error == -EEXIST)
		ohtd_reply_problem(call, 409, "second_factor_exists", "%s has a second factor already", job->who.user);
	else if (job->result == OHTD_AUTH_UNAVAILABLE && job->grant.error == -ENODATA)
		ohtd_reply_problem(call, 409, "no_second_factor", "%s has no second factor %s", job->who.user,
				   job->order.act == OHTD_AUTH_SECOND_CONFIRM ? "that waits for a code" : "");
	else
		ohtd_people_refuse(call, job->result, &job->grant, 403, "password_wrong", "the present password is wrong");
}

/* %XX for all but letters, digits and - . _ ~ */
static const char *encode(struct ohtd_call *call, const char *text)
{
	char *encoded = ohtd_call_alloc(call, 3 * strlen(text) + 1), *to = encoded;

	for (; *text; text++)
		if (strchr("-._~", *text) || (*text >= '0' && *text <= '9') || (*text >= 'A' && *text <= 'Z') || (*text >= 'a' && *text <= 'z'))
			*to++ = *text;
		else
			to += sprintf(to, "%%%02X", (unsigned int)(unsigned char)*text);
	return encoded;
}

/* The account is known by its name, the robot by the issuer. */
static const char *uri_of(struct ohtd_call *call, const struct totp_job *job)
{
	char robot[OHTD_ROBOT_NAME_BYTES], place[OHTD_ROBOT_PLACE_BYTES];

	ohtd_settings_name(call->services->settings, robot, place);
	return ohtd_call_text_of(call, "otpauth://totp/%s?secret=%s&issuer=%s", encode(call, job->who.user), job->order.secret,
				 encode(call, *robot ? robot : "oht"));
}

const char *ohtd_people_qr(struct ohtd_call *call, const char *content)
{
	QRcode *qr = QRcode_encodeString8bit(content, 0, QR_ECLEVEL_L);
	char *text, *to;

	if (!qr)
		return "";
	text = to = ohtd_call_alloc(call, (size_t)qr->width * ((size_t)qr->width + 1));
	for (int row = 0; row < qr->width; row++) {
		for (int column = 0; column < qr->width; column++)
			*to++ = qr->data[row * qr->width + column] & 1 ? '1' : '0';
		*to++ = row + 1 < qr->width ? '\n' : '\0';
	}
	OPENSSL_cleanse(qr->data, (size_t)qr->width * (size_t)qr->width);
	QRcode_free(qr);
	return text;
}

static void answer_secret(struct ohtd_call *call, const struct totp_job *job)
{
	const char *uri = uri_of(call, job);

	OHTD_REPLY(call, 201, secret_view, (&(struct secret_view){ .secret = job->order.secret, .uri = uri, .qr = ohtd_people_qr(call, uri) }));
}

static void answer_codes(struct ohtd_call *call, const struct totp_job *job)
{
	struct code_item items[OHTD_ACCOUNT_RECOVERY_CODES];

	for (int i = 0; i < OHTD_ACCOUNT_RECOVERY_CODES; i++)
		items[i].code = job->order.codes[i];
	OHTD_REPLY(call, 200, codes_view, (&(struct codes_view){ items, OHTD_ACCOUNT_RECOVERY_CODES }));
}

static void answer(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct totp_job *job = (const struct totp_job *)late;

	if (job->result != OHTD_AUTH_GRANTED)
		refuse(call, job);
	else if (job->order.act == OHTD_AUTH_SECOND_ENROL)
		answer_secret(call, job);
	else if (job->order.act == OHTD_AUTH_SECOND_REMOVE)
		ohtd_reply_empty(call, 204);
	else
		answer_codes(call, job);
}

static void begin(struct ohtd_call *call, enum ohtd_auth_second_act wanted, const char *password, const char *code)
{
	struct totp_job *job;

	if (!ohtd_call_has_session(call))
		return;
	job = ohtd_late_make(call, sizeof(*job));
	if (!job)
		return;
	job->auth = call->services->auth;
	job->who = call->who;
	job->order.act = wanted;
	ohtd_people_take_credentials(call, &job->credentials, call->who.user, password);
	ohtd_secret_set(&job->credentials.code, code);
	ohtd_late_check(call, &job->late, NULL, act, answer);
}

static void post_totp(struct ohtd_call *call)
{
	begin(call, OHTD_AUTH_SECOND_ENROL, OHTD_INPUT(call, password_of_totp)->password, "");
}

static void post_confirm(struct ohtd_call *call)
{
	begin(call, OHTD_AUTH_SECOND_CONFIRM, "", OHTD_INPUT(call, code_of_totp)->code);
}

static void change(struct ohtd_call *call, enum ohtd_auth_second_act wanted)
{
	const struct both_of_totp *said = OHTD_INPUT(call, both_of_totp);

	begin(call, wanted, said->password, said->code);
}

static void post_recovery(struct ohtd_call *call)
{
	change(call, OHTD_AUTH_SECOND_RENEW);
}

static void delete_totp(struct ohtd_call *call)
{
	change(call, OHTD_AUTH_SECOND_REMOVE);
}

/* ---- what there is ---- */

struct look_job {
	struct ohtd_late late;
	struct ohtd_account_second second;
};

static int work_look(struct ohtd_db *db, void *arg)
{
	return ohtd_account_second_get(db, &((struct look_job *)arg)->second);
}

static void answer_look(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct ohtd_account_second *second = &((const struct look_job *)late)->second;
	struct second_view view = { .since = OHTD_NONE };
	struct ohtd_clock_view clock;

	if (late->result && late->result != -ENOENT) {
		ohtd_reply_store_problem(call, late->result);
		return;
	}
	ohtd_clock_look(call->services->clock, &clock);
	view.clock_kept = clock.synchronised;
	if (!late->result) {
		view.state = second->confirmed ? ON : PENDING;
		view.since = second->made_s * (int64_t)OHTD_NS_PER_S;
		view.recovery_codes = (int)(strlen(second->recovery) / OHTD_ACCOUNT_RECOVERY_DIGITS);
	}
	OHTD_REPLY(call, 200, second_view, &view);
}

static void get_totp(struct ohtd_call *call)
{
	struct look_job *job;

	if (!ohtd_call_has_session(call))
		return;
	job = ohtd_late_make(call, sizeof(*job));
	if (!job)
		return;
	job->second.user_id = call->who.user_id;
	ohtd_late_read(call, &job->late, work_look, answer_look);
}

/* ---- an administrator takes it away ---- */

struct take_job {
	struct ohtd_late late;
	struct ohtd_auth *auth;
	struct ohtd_user_change change;
	int64_t by_id, by_epoch;
	char by[OHTD_USER_NAME_MAX + 1];
};

/* The sessions of the account end with its epoch. */
static int work_take(struct ohtd_db *db, void *arg)
{
	struct take_job *job = arg;
	int r = ohtd_people_giver_check(db, job->by_id, job->by_epoch);

	r = r ? r : ohtd_db_user_change(db, &job->change);
	if (r)
		return r;
	r = ohtd_account_second_end(db, job->change.id);
	return r == -ENOENT ? -ENODATA : r;
}

/* Also when the client has left: it has been done. */
static void settle_take(struct ohtd_late *late)
{
	const struct take_job *job = (const struct take_job *)late;

	if (late->result)
		return;
	ohtd_log(OHTD_LOG_NOTICE, "auth", "second_factor_taken", "%s by %s", job->change.user.name, job->by);
	ohtd_auth_changed(job->auth, &job->change.user, false);
}

static void answer_take(struct ohtd_call *call, struct ohtd_late *late)
{
	struct ohtd_store_problem problem = ohtd_account_problem(late->result);

	if (!late->result)
		ohtd_reply_empty(call, 204);
	else if (late->result == -ENODATA)
		ohtd_reply_problem(call, 409, "no_second_factor", "the account has no second factor");
	else
		ohtd_reply_problem(call, problem.status, problem.code, "%s", problem.detail);
}

static void delete_totp_of(struct ohtd_call *call)
{
	struct take_job *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->late.settle = settle_take;
	job->auth = call->services->auth;
	job->change = (struct ohtd_user_change){
		.id = call->params.id, .disabled = -1, .by_role = (int)call->who.role, .now_s = ohtd_clock_wall_s(call->services->clock),
	};
	job->by_id = call->who.user_id;
	job->by_epoch = call->who.epoch;
	snprintf(job->by, sizeof(job->by), "%s", call->who.user);
	ohtd_late_write(call, &job->late, work_take, answer_take);
}

#define CODE_PROBLEMS	"no_second_factor", "code_wrong", "code_locked", "code_clock", "code_sealed", "account_changed", "no_session",	\
	"too_many_failures"

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "auth/totp", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_ENROL,
		.replies = { { 200, &second_view_shape } },
		.problems = { "no_session" },
		.handle = get_totp,
		.summary = "The second factor of the own account",
	}, {
		.method = OHTD_POST, .path = "auth/totp", .role = OHTD_ROLE_VIEWER,
		.act = { "begin", "began", " a second factor" },
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_ENROL, .body_bytes_max = 1024, .body = &password_of_totp_shape,
		.replies = { { 201, &secret_view_shape } },
		.problems = { "password_wrong", "second_factor_exists", "code_clock", "account_changed", "no_session", "too_many_failures" },
		.handle = post_totp,
		.summary = "Draw the secret of a second factor, which waits for its first code",
		.text = "Time-based codes (RFC 6238): SHA-1, 6 digits, 30 s. The secret is shown in this answer and never again, and takes the place of one "
			"that waits.",
	}, {
		.method = OHTD_POST, .path = "auth/totp/confirm", .role = OHTD_ROLE_VIEWER,
		.act = { "switch", "switched", " the second factor on" },
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_ENROL, .body_bytes_max = 1024, .body = &code_of_totp_shape,
		.replies = { { 200, &codes_view_shape } },
		.problems = { CODE_PROBLEMS },
		.handle = post_confirm,
		.summary = "Switch the second factor on by its first code; ends all other sessions of the account",
		.text = "From now on a log-in and an elevation need a code besides the password.",
	}, {
		.method = OHTD_POST, .path = "auth/totp/recovery", .role = OHTD_ROLE_VIEWER,
		.act = { "draw", "drew", " recovery codes" },
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024, .body = &both_of_totp_shape,
		.replies = { { 200, &codes_view_shape } },
		.problems = { "password_wrong", CODE_PROBLEMS },
		.handle = post_recovery,
		.summary = "Draw other recovery codes, by the password and a code; the earlier ones end",
	}, {
		.method = OHTD_DELETE, .path = "auth/totp", .role = OHTD_ROLE_VIEWER,
		.act = { "switch", "switched", " the second factor off" },
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024, .body = &both_of_totp_shape,
		.replies = { { 204, NULL } },
		.problems = { "password_wrong", CODE_PROBLEMS },
		.handle = delete_totp,
		.summary = "Switch the own second factor off, by the password and a code",
	}, {
		.method = OHTD_DELETE, .path = "users/{id}/totp", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "take", "took", " a second factor away" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024,
		.replies = { { 204, NULL } },
		.problems = { "not_found", "role_above_own", "no_second_factor" },
		.handle = delete_totp_of,
		.summary = "Take the second factor of an account away; ends its sessions",
	},
};

OHTD_ROUTE_TABLE(ohtd_people_totp_routes, "Accounts", routes);
