/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     routes about people and programs that come in: log-in, sessions, accounts, keys, agents.
 * Contexts: the loop that received the request.
 * Locks:    none.
 */
#ifndef OHTD_PEOPLE_PEOPLE_H
#define OHTD_PEOPLE_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "accounts/devices.h"
#include "auth/session.h"
#include "http/route.h"
#include "json/member.h"
#include "people/device_key.h"

struct ohtd_call;
struct ohtd_store;

/* Where an account with a second factor gives its code beside the password, and what is refused then. */
#define OHTD_PEOPLE_CODE_MEMBER(S_)							\
	OHTD_TEXT(S_, code, .flags = OHTD_SECRET, .min = 1, .max = OHTD_SECRET_BYTES - 1,	\
		  .summary = "With a second factor: the code of the app, or a recovery code", .example = "\"287082\"")
#define OHTD_PEOPLE_CODE_PROBLEMS	"code_required", "code_wrong", "code_locked", "code_clock", "code_sealed"

/* Tables of routes, each beside its handlers; api/routes.def lists them with all others. */
extern const struct ohtd_route_table ohtd_agent_routes, ohtd_auth_routes, ohtd_people_certificate_routes, ohtd_people_course_routes, ohtd_people_device_routes, ohtd_people_import_routes, ohtd_people_pin_routes, ohtd_session_routes, ohtd_key_routes, ohtd_profile_routes, ohtd_registration_routes, ohtd_reset_code_routes,
	ohtd_people_signing_key_routes, ohtd_people_totp_routes, ohtd_user_routes;

/* auth.c: what a client says of itself; the code is set by the caller. */
void ohtd_people_take_credentials(struct ohtd_call *call, struct ohtd_credentials *credentials, const char *username,
				  const char *password);

/* auth.c: refuses all but OHTD_AUTH_GRANTED; @status, @code and @text are those of a wrong password. */
void ohtd_people_refuse(struct ohtd_call *call, enum ohtd_auth_result result, const struct ohtd_grant *grant, int status,
			const char *code, const char *text);

/* auth.c: tokens, as they are told. */
struct ohtd_people_tokens {
	const char *access_token;
	const char *refresh_token;
	const char *token_type;
	int expires_in;
	int refresh_expires_in;
	int role;
	bool must_enrol;
};

extern const struct ohtd_shape ohtd_people_tokens_shape;

/* auth.c: 200 with the tokens of @grant. @cookie: the refresh token goes into the cookie. */
void ohtd_people_reply_tokens(struct ohtd_call *call, const struct ohtd_grant *grant, bool cookie);

/* users.c: a password that is to be set on this robot, by its text. */
void ohtd_people_take_password(struct ohtd_call *call, struct ohtd_password_new *fresh, const char *password);

/* users.c: refuses the member @pointer, a password that may not be set. */
void ohtd_people_refuse_password(struct ohtd_call *call, const char *pointer, const struct ohtd_password_new *fresh);
/**
 * struct ohtd_people_words - a list of words in a body, which is kept as one text
 * @pointer: of the list
 * @complaint: behind a word that does not fit
 * @fits: whether one does
 * @bytes: of the text
 */
struct ohtd_people_words {
	const char *pointer;
	const char *complaint;
	bool (*fits)(struct ohtd_call *call, const char *text);
	size_t bytes;
};

/* words.c: the texts as one, with commas between them. False: they have been refused. */
bool ohtd_people_join(struct ohtd_call *call, const struct ohtd_people_words *kind, const char *const *texts, size_t count, char *words);

/* The other way round, in the memory of the request. */
const char *const *ohtd_people_split(struct ohtd_call *call, const char *words, size_t *count);

/* A unit address in decimal, as the check of a request has it. */
bool ohtd_people_is_unit(struct ohtd_call *call, const char *text);

/* totp.c: a QR code in the memory of the request: a line for each row, of 1 (dark) and 0, without its margin. Never NULL. */
const char *ohtd_people_qr(struct ohtd_call *call, const char *text);

/* sessions.c: how a session is shown. */
struct ohtd_session_view {
	const char *id;
	int kind;
	int64_t created;
	int64_t last_used;
	const char *address;
	const char *user_agent;
	bool current;
	uint64_t number;	/* for cursors, not shown: the newest session has the greatest */
};

extern const struct ohtd_shape ohtd_session_view_shape;

/* The sessions of an account, the newest first, in the request's memory. */
const struct ohtd_session_view *ohtd_session_views(struct ohtd_call *call, int64_t user_id,
						   size_t *count);

/* What shows that a request comes from a device: of the device itself, or of a person beside it. @device: key and print, the rest is of the store. */
struct ohtd_people_proof {
	int64_t boot_ms, now_s;
	char challenge[OHTD_PEOPLE_CHALLENGE_BYTES];
	char signature[OHTD_PEOPLE_SIGNATURE_TEXT + 1];
	struct ohtd_account_device device;
};

/* False: it has been refused, and the job is to be dropped. */
bool ohtd_people_proof_take(struct ohtd_call *call, struct ohtd_people_proof *proof, const char *key, const char *challenge, const char *signature);

/*
 * Takes the challenge. For a thread that may wait for the store. 0; -EACCES: no accepted device has signed it, or it was taken; -EBUSY: too many
 * were taken within a minute; or another negative errno of the store.
 */
int ohtd_people_device_prove(struct ohtd_store *store, struct ohtd_people_proof *proof);

/* Is the device still accepted, with the same account, and not disabled? 0, -EACCES or another negative errno of the store. */
int ohtd_people_device_again(struct ohtd_store *store, struct ohtd_people_proof *proof);

/*
 * pin.c: elevates the session of @who by the PIN in @credentials, on the device of @proof. 0 with @result, or as ohtd_people_device_prove():
 * the session is not elevated then.
 */
int ohtd_people_pin_elevate(struct ohtd_store *store, struct ohtd_auth *auth, const struct ohtd_principal *who, const struct ohtd_credentials *credentials,
			    struct ohtd_people_proof *proof, enum ohtd_auth_result *result, struct ohtd_grant *grant);

#endif /* OHTD_PEOPLE_PEOPLE_H */
