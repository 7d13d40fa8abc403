// SPDX-License-Identifier: GPL-2.0-or-later
/* auth/device, devices: tablets and panels that come in with a key of their own, and the persons who let them in. */
#include "people/people.h"
#include "server/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

#include "accounts/devices.h"
#include "auth/accounts.h"
#include "auth/session.h"
#include "base/blank.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/role.h"
#include "lists/stored_list.h"
#include "people/account.h"
#include "people/device_key.h"
#include "server/cookie.h"
#include "server/late.h"
#include "settings/settings.h"
#include "views/words.h"

#define TEXT_MAX(member_)	(sizeof(((struct ohtd_account_device *)0)->member_) - 1)

/* unknown: of no row, only of a device that asks for itself. */
static const char *const states[] = {
	"unknown", [OHTD_DEVICE_WAITING] = "waiting", [OHTD_DEVICE_ACCEPTED] = "accepted", [OHTD_DEVICE_REJECTED] = "rejected",
};
OHTD_WORDS_OF(state_words, states);

static int64_t boot_ms(const struct ohtd_call *call)
{
	return (int64_t)(ohtd_clock_boottime_ns(call->services->clock) / OHTD_NS_PER_MS);
}

/* ---- what shows that a device has its key ---- */

bool ohtd_people_proof_take(struct ohtd_call *call, struct ohtd_people_proof *proof, const char *key, const char *challenge, const char *signature)
{
	proof->boot_ms = boot_ms(call);
	proof->now_s = ohtd_clock_wall_s(call->services->clock);
	snprintf(proof->device.key, sizeof(proof->device.key), "%s", key);
	snprintf(proof->challenge, sizeof(proof->challenge), "%s", challenge);
	snprintf(proof->signature, sizeof(proof->signature), "%s", signature);
	if (ohtd_people_device_print(proof->device.key, proof->device.print))
		return true;
	ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
	return false;
}

static bool is_proven(const struct ohtd_people_proof *proof)
{
	return ohtd_people_challenge_is(proof->device.print, proof->boot_ms, proof->challenge) &&
	       ohtd_people_device_signed(proof->device.key, proof->challenge, proof->signature);
}

static int take(const struct ohtd_people_proof *proof)
{
	return ohtd_people_challenge_take(proof->device.print, proof->boot_ms, proof->challenge);
}

static int work_prove(struct ohtd_db *db, void *arg)
{
	struct ohtd_people_proof *proof = arg;

	return ohtd_account_device_find(db, &proof->device, proof->now_s);
}

static int look(struct ohtd_store *store, struct ohtd_people_proof *proof)
{
	int r = ohtd_store_read(store, work_prove, proof);

	if (r == -ENOENT || (!r && (proof->device.state != OHTD_DEVICE_ACCEPTED || proof->device.disabled || !proof->device.role)))
		return -EACCES;
	return r;
}

/* A device that was removed and accepted anew has another account: what was begun under the first one ended with it. */
int ohtd_people_device_again(struct ohtd_store *store, struct ohtd_people_proof *proof)
{
	const int64_t account = proof->device.user_id;
	int r = look(store, proof);

	return r ? r : proof->device.user_id == account ? 0 : -EACCES;
}

int ohtd_people_device_prove(struct ohtd_store *store, struct ohtd_people_proof *proof)
{
	int r = is_proven(proof) ? look(store, proof) : -EACCES;

	r = r ? r : take(proof);
	return r == -EALREADY ? -EACCES : r;
}

/* ---- a device for itself ---- */

struct challenge_input {
	const char *public_key;
};

OHTD_SHAPE(challenge_input, "DeviceKey", OHTD_PEOPLE_KEY_MEMBER(challenge_input));

struct challenge_view {
	const char *challenge;
	int64_t expires_in_ms;
};

OHTD_SHAPE(challenge_view, "DeviceChallenge",
	OHTD_TEXT(challenge_view, challenge, .summary = "What the device signs: the line \"oht device 1\", then this text, by ECDSA with SHA-256"),
	OHTD_INTEGER(challenge_view, expires_in_ms, .unit = "ms", .summary = "Life of the challenge; it is good once, and for this key"));

static void post_challenge(struct ohtd_call *call)
{
	char print[OHTD_DEVICE_PRINT_BYTES], challenge[OHTD_PEOPLE_CHALLENGE_BYTES];

	if (!ohtd_people_device_print(OHTD_INPUT(call, challenge_input)->public_key, print) ||
	    ohtd_people_challenge_make(print, boot_ms(call), challenge)) {
		ohtd_reply_problem(call, 500, "internal", "there are no random numbers");
		return;
	}
	OHTD_REPLY(call, 200, challenge_view, (&(struct challenge_view){ challenge, OHTD_PEOPLE_CHALLENGE_MS }));
}

struct proof_input {
	const char *public_key;
	const char *challenge;
	const char *signature;
};

OHTD_SHAPE(proof_input, "DeviceProof", OHTD_PEOPLE_PROOF_MEMBERS(proof_input));

enum act {
	ENROL,
	LOOK,
	LOG_IN,
};

struct device_late {
	struct ohtd_late late;
	struct ohtd_auth *auth;
	enum act act;
	bool cookie;
	struct ohtd_people_proof proof;
	bool proven, taken, full;
	struct ohtd_user user;
	struct ohtd_credentials credentials;
	enum ohtd_auth_result result;
	struct ohtd_grant grant;
};

static void release(struct ohtd_late *late)
{
	struct device_late *job = (struct device_late *)late;

	if (job->grant.access_token)
		OPENSSL_cleanse(job->grant.access_token, strlen(job->grant.access_token));
	free(job->grant.access_token);
}

static int work_ask(struct ohtd_db *db, void *arg)
{
	return ohtd_account_device_ask(db, &((struct device_late *)arg)->proof.device);
}

static int work_find(struct ohtd_db *db, void *arg)
{
	struct device_late *job = arg;
	int r = ohtd_account_device_find(db, &job->proof.device, job->proof.now_s);

	if (r || job->proof.device.state != OHTD_DEVICE_ACCEPTED)
		return r;
	job->user.id = job->proof.device.user_id;
	return ohtd_db_user_get(db, &job->user);
}

static int log_in(struct device_late *job)
{
	int r;

	if (job->proof.device.state != OHTD_DEVICE_ACCEPTED || job->user.disabled)
		return 0;
	/* Behind all that others could make go wrong, so that a stranger fills no place of what was taken. */
	r = take(&job->proof);
	job->taken = r == -EALREADY;
	job->full = r == -EBUSY;
	if (!r)
		job->result = ohtd_auth_open(job->auth, &job->user, &job->credentials, &job->grant);
	return 0;
}

/* On a thread for passwords: each costs a check of a signature, and strangers may ask. */
static int act_prove(struct ohtd_late *late)
{
	struct device_late *job = (struct device_late *)late;
	int r;

	job->proven = is_proven(&job->proof);
	if (!job->proven)
		return 0;
	if (job->act == ENROL)
		return ohtd_store_call(late->store, work_ask, job);
	r = ohtd_store_read(late->store, work_find, job);
	if (r == -ENOENT)
		job->proof.device.state = 0;
	else if (!r && job->act == LOG_IN)
		r = log_in(job);
	return r == -ENOENT ? 0 : r;
}

struct device_state_view {
	int state;
	const char *words;
	const char *name;
	int64_t role;
};

OHTD_SHAPE(device_state_view, "DeviceState",
	OHTD_WORD(device_state_view, state, .words = &state_words, .summary = "unknown: it has never asked, has waited too long or was removed"),
	OHTD_TEXT(device_state_view, words, .summary = "Fingerprint of the key in six words: the person who accepts compares them", .example = "\"able cabin face gain habit ice\""),
	OHTD_TEXT(device_state_view, name, .flags = OHTD_NULL, .summary = "Of an accepted device: name of its account", .example = "\"panel-hall-7\""),
	OHTD_WORD(device_state_view, role, .words = &ohtd_role_words, .flags = OHTD_NULL, .summary = "The same: its role"));

static void reply_state(struct ohtd_call *call, const struct device_late *job, int status)
{
	char words[OHTD_PEOPLE_DEVICE_WORDS_BYTES];
	const bool accepted = job->proof.device.state == OHTD_DEVICE_ACCEPTED;

	ohtd_people_device_words(job->proof.device.print, words);
	OHTD_REPLY(call, status, device_state_view, (&(struct device_state_view){
		.state = job->proof.device.state, .words = words, .name = accepted ? job->user.name : NULL,
		.role = accepted && job->user.role ? job->user.role : OHTD_NONE,
	}));
}

static void refuse_unproven(struct ohtd_call *call)
{
	ohtd_reply_header(call, "www-authenticate", "Bearer realm=\"oht\"");
	ohtd_reply_problem(call, 401, "device_refused", "the robot does not let this device in: key, challenge and signature do not belong together, "
			   "the challenge was taken or is too old, or the device was never accepted");
}

static void answer_enrol(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct device_late *job = (const struct device_late *)late;

	if (late->result == -EMFILE)
		ohtd_reply_problem(call, 429, "too_many_devices", "%d devices of this address wait for an administrator", OHTD_REGISTRATIONS_OF_CLIENT);
	else if (late->result == -ENFILE)
		ohtd_reply_problem(call, 429, "too_many_devices", "%d devices wait for an administrator", OHTD_REGISTRATIONS_MAX);
	else if (late->result)
		ohtd_reply_store_problem(call, late->result);
	else if (!job->proven)
		refuse_unproven(call);
	else if (job->proof.device.state == OHTD_DEVICE_REJECTED)
		ohtd_reply_problem(call, 403, "device_rejected", "a person has rejected this device");
	else
		reply_state(call, job, 202);
}

static void answer_look(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct device_late *job = (const struct device_late *)late;

	if (late->result)
		ohtd_reply_store_problem(call, late->result);
	else if (!job->proven)
		refuse_unproven(call);
	else
		reply_state(call, job, 200);
}

/* A device that has shown its key learns what became of it; a client without the key learns nothing. */
static void answer_login(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct device_late *job = (const struct device_late *)late;

	if (job->proven && *job->user.name)
		call->noted.object = ohtd_call_text_of(call, "%s", job->user.name);
	if (late->result) {
		ohtd_reply_store_problem(call, late->result);
	} else if (job->proven && job->proof.device.state == OHTD_DEVICE_REJECTED) {
		ohtd_reply_problem(call, 403, "device_rejected", "a person has rejected this device");
	} else if (job->full) {
		ohtd_reply_problem(call, 503, "busy", "this device has shown its key too often within a minute");
	} else if (job->proven && job->proof.device.state == OHTD_DEVICE_ACCEPTED && !job->user.disabled && !job->taken) {
		if (job->result == OHTD_AUTH_GRANTED) {
			call->noted.who = call->noted.object;
			ohtd_people_reply_tokens(call, &job->grant, job->cookie);
		} else {
			ohtd_people_refuse(call, job->result, &job->grant, 401, "device_refused", "the account of the device was changed meanwhile");
		}
	} else {
		refuse_unproven(call);
	}
}

/* NULL: it has been refused. */
static struct device_late *begin(struct ohtd_call *call, enum act act, const struct proof_input *proof)
{
	const char *agent = ohtd_call_header(call, "user-agent");
	struct device_late *job = ohtd_late_make(call, sizeof(*job));
	struct ohtd_account_device *device;

	if (!job)
		return NULL;
	job->late.release = release;
	job->auth = call->services->auth;
	job->act = act;
	if (!ohtd_people_proof_take(call, &job->proof, proof->public_key, proof->challenge, proof->signature)) {
		ohtd_late_drop(&job->late);
		return NULL;
	}
	device = &job->proof.device;
	device->state = OHTD_DEVICE_WAITING;
	device->created_s = job->proof.now_s;
	device->until_s = job->proof.now_s + OHTD_REGISTRATION_LIFE_S;
	snprintf(device->address, sizeof(device->address), "%s", ohtd_call_address(call));
	ohtd_address_fold(device->client, device->address);
	ohtd_agent_set(device->agent, agent ? agent : "", agent ? strlen(agent) : 0);
	strcpy(job->credentials.address, device->address);
	strcpy(job->credentials.agent, device->agent);
	return job;
}

/* ---- a device asks ---- */

struct enrol_input {
	const char *public_key;
	const char *challenge;
	const char *signature;
	const char *note;
};

OHTD_SHAPE(enrol_input, "DeviceEnrolment", OHTD_PEOPLE_PROOF_MEMBERS(enrol_input),
	OHTD_TEXT(enrol_input, note, .flags = OHTD_PRIVATE, .max = TEXT_MAX(note), .unfit = ohtd_optional_line_unfit,
		  .summary = "For the person who accepts: one line", .example = "\"panel beside the dock\""));

static void post_enrol(struct ohtd_call *call)
{
	const struct enrol_input *said = OHTD_INPUT(call, enrol_input);
	struct device_late *job;

	if (!ohtd_settings_takes_devices(call->services->settings)) {
		ohtd_reply_problem(call, 403, "devices_off", "this robot lets no further devices in (/access/devices)");
		return;
	}
	job = begin(call, ENROL, &(struct proof_input){ said->public_key, said->challenge, said->signature });
	if (!job)
		return;
	snprintf(job->proof.device.note, sizeof(job->proof.device.note), "%s", said->note ? said->note : "");
	ohtd_late_check(call, &job->late, job->credentials.address, act_prove, answer_enrol);
}

static void post_state(struct ohtd_call *call)
{
	struct device_late *job = begin(call, LOOK, OHTD_INPUT(call, proof_input));

	if (job)
		ohtd_late_check(call, &job->late, job->credentials.address, act_prove, answer_look);
}

struct device_login_input {
	const char *public_key;
	const char *challenge;
	const char *signature;
	int8_t cookie;
};

OHTD_SHAPE(device_login_input, "DeviceLogin", OHTD_PEOPLE_PROOF_MEMBERS(device_login_input),
	OHTD_TRISTATE(device_login_input, cookie, .summary = "For pages: the refresh token goes into a cookie, not into the answer"));

static void post_login(struct ohtd_call *call)
{
	const struct device_login_input *said = OHTD_INPUT(call, device_login_input);
	struct device_late *job;

	if (said->cookie > 0 && !ohtd_cookie_check(call))
		return;
	job = begin(call, LOG_IN, &(struct proof_input){ said->public_key, said->challenge, said->signature });
	if (!job)
		return;
	job->cookie = said->cookie > 0;
	ohtd_late_check(call, &job->late, job->credentials.address, act_prove, answer_login);
}

/* ---- a person looks ---- */

struct device_view {
	int64_t id;
	int64_t state;
	const char *words;
	const char *name;
	int64_t user_id;
	int64_t role;
	const char *note;
	const char *address;
	const char *user_agent;
	int64_t created;
	int64_t expires;
	int64_t decided;
	const char *decided_by;
	int64_t last_used;
};

OHTD_SHAPE(device_view, "Device",
	OHTD_INTEGER(device_view, id, .summary = "Number of the device"),
	OHTD_WORD(device_view, state, .words = &state_words, .summary = "waiting: a person decides"),
	OHTD_TEXT(device_view, words, .summary = "Fingerprint of the key in six words: as the screen of the device shows them", .example = "\"able cabin face gain habit ice\""),
	OHTD_TEXT(device_view, name, .flags = OHTD_NULL, .summary = "Of an accepted device: name of its account", .example = "\"panel-hall-7\""),
	OHTD_INTEGER(device_view, user_id, .flags = OHTD_NULL, .summary = "The same: number of its account"),
	OHTD_WORD(device_view, role, .words = &ohtd_role_words, .flags = OHTD_NULL, .summary = "The same: its role"),
	OHTD_TEXT(device_view, note, .summary = "What the device says of itself; empty: nothing", .example = "\"panel beside the dock\""),
	OHTD_TEXT(device_view, address, .summary = "Address from which it asked", .example = "\"192.0.2.7\""),
	OHTD_TEXT(device_view, user_agent, .summary = "What the client called itself", .example = "\"Mozilla/5.0\""),
	OHTD_TIME(device_view, created, .flags = OHTD_NULL, .summary = "When it asked"),
	OHTD_TIME(device_view, expires, .flags = OHTD_NULL, .summary = "Waiting: when it ends without a decision"),
	OHTD_TIME(device_view, decided, .flags = OHTD_NULL, .summary = "When a person decided"),
	OHTD_TEXT(device_view, decided_by, .summary = "Account that decided, or its number behind a leaver; empty: none, or a local user", .example = "\"anna\""),
	OHTD_TIME(device_view, last_used, .flags = OHTD_NULL,
		  .summary = "Newest request of a session of the device that lives; after a restart of ohtd the newest renewal; null: no session lives"));

struct device_page {
	const struct device_view *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(device_page, "DevicePage",
	OHTD_LIST(device_page, items, device_view, .summary = "Devices in the order asked for"),
	OHTD_NEXT_CURSOR(device_page));

static const char *const sorts[] = { OHTD_SORT_BY("id"), OHTD_SORT_BY("created") };
OHTD_WORDS_OF(sort_words, sorts);

struct device_query {
	struct ohtd_page page;
	int64_t sort;
	int64_t state;
};

OHTD_SHAPE(device_query, "DeviceQuery",
	OHTD_PART(device_query, page, ohtd_page),
	OHTD_SORT(device_query, sort_words),
	OHTD_WORD(device_query, state, .words = &state_words, .preset = OHTD_NONE, .summary = "Only devices of this state"));

static int64_t wall_ns(int64_t seconds)
{
	return seconds ? seconds * (int64_t)OHTD_NS_PER_S : OHTD_NONE;
}

/* Wall clock in ns of the newest use of a session of the account. */
static int64_t last_used(struct ohtd_call *call, int64_t user_id)
{
	struct ohtd_session sessions[OHTD_SESSIONS_PER_USER];
	int count = user_id ? ohtd_auth_sessions(call->services->auth, user_id, sessions, OHTD_SESSIONS_PER_USER) : 0;
	int64_t newest_s = 0;

	for (int i = 0; i < count; i++)
		if (sessions[i].used_s > newest_s)
			newest_s = sessions[i].used_s;
	return wall_ns(newest_s);
}

static void show(struct ohtd_call *call, const void *row, void *item)
{
	const struct ohtd_account_device *kept = row;
	char *words = ohtd_call_alloc(call, OHTD_PEOPLE_DEVICE_WORDS_BYTES);

	ohtd_people_device_words(kept->print, words);
	*(struct device_view *)item = (struct device_view){
		.id = kept->id, .state = kept->state, .words = words, .name = *kept->name ? kept->name : NULL,
		.user_id = kept->user_id ? kept->user_id : OHTD_NONE, .role = kept->role ? kept->role : OHTD_NONE,
		.note = kept->note, .address = kept->address, .user_agent = kept->agent, .created = wall_ns(kept->created_s),
		.expires = kept->state == OHTD_DEVICE_WAITING ? wall_ns(kept->until_s) : OHTD_NONE, .decided = wall_ns(kept->decided_s),
		.decided_by = kept->decided_by, .last_used = last_used(call, kept->user_id),
	};
}

static const struct ohtd_stored_list kept_devices = { .row = &ohtd_account_devices, .show = show };

/* ---- a person decides ---- */

struct acceptance {
	const char *name;
	int64_t role;
};

OHTD_SHAPE(acceptance, "DeviceAcceptance",
	OHTD_TEXT(acceptance, name, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_USER_NAME_MAX, .unfit = ohtd_account_name_unfit,
		  .pattern = OHTD_USER_NAME_PATTERN, .summary = "Name of its account: letters, digits and . _ - @", .example = "\"panel-hall-7\""),
	OHTD_WORD(acceptance, role, .words = &ohtd_role_words, .preset = OHTD_ROLE_VIEWER, .summary = "Its role, at most the own one"));

struct decide_late {
	struct ohtd_late late;
	struct ohtd_auth *auth;
	bool remove;
	int64_t by_epoch;
	char by[OHTD_USER_NAME_MAX + 1];
	struct ohtd_account_device_decision decision;
};

static int work_decide(struct ohtd_db *db, void *arg)
{
	struct decide_late *job = arg;
	int r = ohtd_people_giver_check(db, job->decision.by_id, job->by_epoch);

	if (r)
		return r;
	return job->remove ? ohtd_account_device_remove(db, &job->decision) : ohtd_account_device_decide(db, &job->decision);
}

/* Also when the client has left: it has been done. */
static void settle_decide(struct ohtd_late *late)
{
	const struct decide_late *job = (const struct decide_late *)late;
	const struct ohtd_account_device_decision *decision = &job->decision;

	if (late->result)
		return;
	if (decision->ended)
		ohtd_auth_changed(job->auth, &decision->user, true);
	ohtd_log(OHTD_LOG_NOTICE, "auth", job->remove ? "device_removed" : decision->accept ? "device_accepted" : "device_rejected",
		 "number %lld%s%s, by %s", (long long)decision->id, *decision->user.name ? ", " : "", decision->user.name, job->by);
}

static void answer_decide(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct decide_late *job = (const struct decide_late *)late;
	struct ohtd_account_view view = ohtd_account_view_of(&job->decision.user);
	struct ohtd_store_problem problem;

	if (*job->decision.user.name)
		call->noted.object = ohtd_call_text_of(call, "%s", job->decision.user.name);
	if (late->result == -ENOENT) {
		ohtd_reply_problem(call, 404, "not_found", "there is no device %lld, or it has waited too long", (long long)job->decision.id);
	} else if (late->result == -EALREADY) {
		ohtd_reply_problem(call, 409, "device_decided", "device %lld was accepted or rejected before", (long long)job->decision.id);
	} else if (late->result) {
		problem = ohtd_account_problem(late->result);
		ohtd_reply_problem(call, problem.status, problem.code, "%s", problem.detail);
	} else if (job->decision.accept) {
		OHTD_REPLY(call, 201, ohtd_account_view, &view);
	} else {
		ohtd_reply_empty(call, 204);
	}
}

static struct decide_late *decide(struct ohtd_call *call)
{
	struct decide_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return NULL;
	job->late.settle = settle_decide;
	job->auth = call->services->auth;
	job->by_epoch = call->who.epoch;
	snprintf(job->by, sizeof(job->by), "%s", call->who.user);
	job->decision = (struct ohtd_account_device_decision){
		.id = call->params.id, .by_id = call->who.user_id, .by_role = (int)call->who.role,
		.now_s = ohtd_clock_wall_s(call->services->clock),
	};
	return job;
}

static void post_accept(struct ohtd_call *call)
{
	const struct acceptance *said = OHTD_INPUT(call, acceptance);
	struct decide_late *job = decide(call);

	if (!job)
		return;
	job->decision.accept = true;
	job->decision.user.role = (int)said->role;
	snprintf(job->decision.user.name, sizeof(job->decision.user.name), "%s", said->name);
	ohtd_late_write(call, &job->late, work_decide, answer_decide);
}

static void post_reject(struct ohtd_call *call)
{
	struct decide_late *job = decide(call);

	if (job)
		ohtd_late_write(call, &job->late, work_decide, answer_decide);
}

static void delete_device(struct ohtd_call *call)
{
	struct decide_late *job = decide(call);

	if (!job)
		return;
	job->remove = true;
	ohtd_late_write(call, &job->late, work_decide, answer_decide);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_POST, .path = "auth/device/challenge", .rate = OHTD_RATE_LOGIN,
		.act = { "draw", "drew", " a challenge for a device" },
		.flags = OHTD_ROUTE_QUIET, .body_bytes_max = 1024, .body = &challenge_input_shape,
		.replies = { { 200, &challenge_view_shape } },
		.problems = { "internal" },
		.handle = post_challenge,
		.summary = "Draw a challenge for a device, known or not",
	}, {
		.method = OHTD_POST, .path = "auth/device/enrol", .rate = OHTD_RATE_LOGIN,
		.act = { "ask", "asked", " for a device to be let in" },
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 2048, .body = &enrol_input_shape,
		.replies = { { 202, &device_state_view_shape } },
		.problems = { "devices_off", "device_refused", "device_rejected", "too_many_devices" },
		.handle = post_enrol,
		.summary = "Ask for a device to be let in; a person accepts or rejects it",
		.text = "Off unless /access/devices is yes. The same key again is the same request; a key that was rejected stays rejected.",
	}, {
		.method = OHTD_POST, .path = "auth/device/state", .rate = OHTD_RATE_LOGIN,
		.act = { "ask", "asked", " what became of a device" },
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_QUIET, .body_bytes_max = 1024, .body = &proof_input_shape,
		.replies = { { 200, &device_state_view_shape } },
		.problems = { "device_refused" },
		.handle = post_state,
		.summary = "What has become of the own request, for a device that waits",
	}, {
		.method = OHTD_POST, .path = "auth/device/login", .rate = OHTD_RATE_LOGIN,
		.act = { "log", "logged", " in as a device" },
		.flags = OHTD_ROUTE_DAILY | OHTD_ROUTE_STORE, .body_bytes_max = 1024, .body = &device_login_input_shape,
		.replies = { { 200, &ohtd_people_tokens_shape } },
		.problems = { "device_refused", "device_rejected", "busy", "cross_origin" },
		.handle = post_login,
		.summary = "Signature of an accepted device against tokens",
		.text = "A session of a device has the role that it was accepted with, and cannot be elevated.",
	}, {
		.method = OHTD_GET, .path = "devices", .role = OHTD_ROLE_ADMINISTRATOR,
		.flags = OHTD_ROUTE_STORE,
		.query = &device_query_shape,
		.replies = { { 200, &device_page_shape } },
		.handle = ohtd_stored_list_get, .list = &kept_devices,
		.summary = "Devices that wait, are accepted or were rejected",
	}, {
		.method = OHTD_POST, .path = "devices/{id}/accept", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "accept", "accepted", " a device" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024, .body = &acceptance_shape,
		.replies = { { 201, &ohtd_account_view_shape } },
		.problems = { "not_found", "device_decided", "user_exists", "role_above_own" },
		.handle = post_accept,
		.summary = "Let a device in that waits, with an account of its own",
	}, {
		.method = OHTD_POST, .path = "devices/{id}/reject", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "reject", "rejected", " a device" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024,
		.replies = { { 204, NULL } },
		.problems = { "not_found", "device_decided" },
		.handle = post_reject,
		.summary = "Reject a device that waits; its key stays rejected",
	}, {
		.method = OHTD_DELETE, .path = "devices/{id}", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "remove", "removed", " a device" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024,
		.replies = { { 204, NULL } },
		.problems = { "not_found", "role_above_own" },
		.handle = delete_device,
		.summary = "Forget a device: its account and its sessions end, and its key may ask again",
	},
};

OHTD_ROUTE_TABLE(ohtd_people_device_routes, "Accounts", routes);
