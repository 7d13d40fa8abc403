/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the life of sessions: log-in, renewal, elevation, change of the own password, a new one by a code, end.
 * Contexts: ohtd_auth_login(), _elevate(), _change_password(), _reset_password(): threads that may wait for the store
 *           and hash passwords. Create: main thread. The rest: any thread but the
 *           control thread.
 * Locks:    those of the parts, never two at a time.
 */
#ifndef OHTD_AUTH_SESSION_H
#define OHTD_AUTH_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/code.h"
#include "auth/password.h"
#include "auth/principal.h"
#include "auth/refresh_token.h"
#include "auth/second.h"
#include "auth/token.h"
#include "base/secret.h"
#include "accounts/sessions.h"

struct ohtd_auth;
struct ohtd_auth_agents;
struct ohtd_auth_keys;
struct ohtd_store;

#define OHTD_SESSION_LIFE_S	(7 * 24 * 3600)
/* For so long the token that was just replaced gives the same successor again. */
#define OHTD_REFRESH_AGAIN_MS	10000
/* A session is elevated for so long after its user has given the password. */
#define OHTD_ELEVATED_MS	(5 * 60 * 1000)
/* A code for a new password is good for so long, and for so many tries. */
#define OHTD_RESET_LIFE_S	3600
#define OHTD_RESET_TRIES	OHTD_ACCOUNT_RESET_TRIES

enum ohtd_auth_result {
	OHTD_AUTH_GRANTED,
	OHTD_AUTH_REFUSED,	/* wrong name, wrong password, disabled, spent or unknown token */
	OHTD_AUTH_TOO_MANY,	/* too many failures, see wait_s */
	OHTD_AUTH_CODE,		/* the password was right, and the code was not, or there was none: see second */
	OHTD_AUTH_CHANGED,	/* somebody else has changed the account meanwhile */
	OHTD_AUTH_UNFIT,	/* the new password may not be set: it says why */
	OHTD_AUTH_UNAVAILABLE,	/* the store or memory failed */
};

/**
 * struct ohtd_credentials - who says that he is whom, and from where
 * @username: as it was typed
 * @password: the present one
 * @address: numeric
 * @agent: what the client calls itself; see ohtd_agent_set()
 * @code: of the second factor, as it was typed; "": none
 */
struct ohtd_credentials {
	char username[OHTD_USER_NAME_MAX + 1];
	struct ohtd_secret password;
	char address[OHTD_SESSION_ADDRESS_BYTES];
	char agent[OHTD_AGENT_BYTES];
	struct ohtd_secret code;
};

/* What a client gets. */
struct ohtd_grant {
	char *access_token;	/* free() it */
	struct ohtd_secret refresh_token;
	int expires_in_s;
	int refresh_expires_in_s;
	unsigned int wait_s;	/* OHTD_AUTH_TOO_MANY: until the next attempt */
	int error;		/* OHTD_AUTH_UNAVAILABLE: a negative errno of the store, or 0 */
	enum ohtd_auth_second_result second;
	struct ohtd_principal who;
};

/**
 * ohtd_auth_create() - prepare accounts
 * @store: outlives the result; asked for the sessions that live
 * @tokens: outlives the result
 * @clock: outlives the result
 * @second_key: that secrets of second factors are sealed with; copied
 *
 * Return: NULL with errno.
 */
struct ohtd_auth *ohtd_auth_create(struct ohtd_store *store, struct ohtd_tokens *tokens,
				   struct ohtd_clock *clock, const unsigned char second_key[OHTD_AUTH_SECOND_KEY_BYTES]);
void ohtd_auth_destroy(struct ohtd_auth *auth);

/*
 * Check of an access token, see ohtd_token_check(), or of a key, see ohtd_auth_keys_check(); one of a session that has ended is
 * REVOKED. @address: of the client, numeric.
 */
enum ohtd_token_result ohtd_auth_check(struct ohtd_auth *auth, const char *token, const char *address,
				       struct ohtd_principal *who);

/* The keys of service accounts. */
struct ohtd_auth_keys *ohtd_auth_keys_of(struct ohtd_auth *auth);

/* Programs at work. */
struct ohtd_auth_agents *ohtd_auth_agents_of(struct ohtd_auth *auth);

/*
 * The least role whose accounts must have a second factor; OHTD_ROLE_NONE: none must. Told some times a second by the main thread, which
 * has it from the configuration.
 */
void ohtd_auth_require_second(struct ohtd_auth *auth, enum ohtd_role from);

/* Must the account of the session of @who have a second factor, and has none? Then it may only set one up, and stop the robot. */
bool ohtd_auth_must_enrol(struct ohtd_auth *auth, const struct ohtd_principal *who);

/* Is the session or the key of @who still alive? For connections that stay open. */
bool ohtd_auth_lives(struct ohtd_auth *auth, const struct ohtd_principal *who);

/* The same of a session by its id, whatever the account has become since its tokens were made. */
bool ohtd_auth_session_lives(struct ohtd_auth *auth, const char *id);

/* Has @username logged in from @address lately? */
bool ohtd_auth_is_familiar(struct ohtd_auth *auth, const char *username, const char *address);

/* Seconds that @username must wait at @address before the next attempt, 0: none. */
unsigned int ohtd_auth_wait_s(struct ohtd_auth *auth, const char *username, const char *address);

/* Copies at most OHTD_AGENT_BYTES - 1 characters; what is not printable ASCII becomes '?'. */
void ohtd_agent_set(char *agent, const char *text, size_t length);

/* Refused, @grant->who.user names the account whose password was wrong; "": there is no such account. */
enum ohtd_auth_result ohtd_auth_login(struct ohtd_auth *auth,
				      const struct ohtd_credentials *credentials,
				      struct ohtd_grant *grant);

/**
 * ohtd_auth_open() - open a session for a service account whose device has shown that it has its key
 * @user: as the store has it
 * @credentials: address and agent
 * @grant: a pair of tokens
 *
 * Return: OHTD_AUTH_REFUSED: the account was changed meanwhile.
 */
enum ohtd_auth_result ohtd_auth_open(struct ohtd_auth *auth, const struct ohtd_user *user,
				     const struct ohtd_credentials *credentials, struct ohtd_grant *grant);

/**
 * ohtd_auth_change_password() - let somebody who is logged in change his own password
 * @who: with a session, which goes on with the new pair of tokens; all others end
 * @credentials: the name is that of @who; the code where the account has a second factor
 * @fresh: the new password, with the name of the robot
 *
 * Return: OHTD_AUTH_REFUSED: the present password is wrong; OHTD_AUTH_CODE: see @grant->second.
 */
enum ohtd_auth_result ohtd_auth_change_password(struct ohtd_auth *auth,
						const struct ohtd_principal *who,
						const struct ohtd_credentials *credentials,
						struct ohtd_password_new *fresh,
						struct ohtd_grant *grant);

/**
 * ohtd_auth_reset_draw() - draw a code for a new password
 * @code: out: all but account and epoch, for ohtd_account_reset_give()
 * @text: out: the code as a person reads it, which is nowhere else
 *
 * Return: 0 or -EIO.
 */
int ohtd_auth_reset_draw(struct ohtd_auth *auth, struct ohtd_account_reset_code *code, char text[OHTD_CODE_TEXT_BYTES]);

/**
 * ohtd_auth_reset_password() - set a new password by a reset code
 * @credentials: the code is in the place of the password
 * @fresh: the new password, with the name of the robot
 * @grant: no tokens; wait_s, error and who only
 *
 * All sessions of the account end. A wrong code counts as a failed log-in, and uses up one try of the code. An unknown name, an account
 * without a code, a wrong code and an ended code take the same time.
 *
 * Return: OHTD_AUTH_REFUSED for each of these; @grant->who.user names the account, "": there is no such account.
 */
enum ohtd_auth_result ohtd_auth_reset_password(struct ohtd_auth *auth,
					       const struct ohtd_credentials *credentials,
					       struct ohtd_password_new *fresh,
					       struct ohtd_grant *grant);

/**
 * ohtd_auth_elevate() - elevate a session for OHTD_ELEVATED_MS from now
 * @who: with the session
 * @credentials: the name is that of @who
 * @grant: no tokens; wait_s and error only
 *
 * The session keeps its role. Elevation ends with the session, with a change of the account and
 * with the daemon.
 *
 * Return: OHTD_AUTH_REFUSED: the password is wrong; OHTD_AUTH_CHANGED: the session has ended or the
 * account was changed while the password was checked.
 */
enum ohtd_auth_result ohtd_auth_elevate(struct ohtd_auth *auth, const struct ohtd_principal *who,
					const struct ohtd_credentials *credentials,
					struct ohtd_grant *grant);

/**
 * ohtd_auth_pin_set() - set the PIN of an account
 * @who: with a session
 * @credentials: name and password of @who, and the code where the account has a second factor
 * @pin: as ohtd_auth_pin_unfit() takes it
 * @grant: no tokens; wait_s and error only
 *
 * Return: OHTD_AUTH_REFUSED: the password is wrong; OHTD_AUTH_CODE: see @grant->second; OHTD_AUTH_CHANGED: the account was changed meanwhile.
 */
enum ohtd_auth_result ohtd_auth_pin_set(struct ohtd_auth *auth, const struct ohtd_principal *who,
					const struct ohtd_credentials *credentials, const struct ohtd_secret *pin, struct ohtd_grant *grant);

/**
 * ohtd_auth_pin_elevate() - elevate a session by the PIN, for what only the layer plant asks the password for
 * @who: with the session. The caller has seen that it comes from an accepted device, in that layer
 * @credentials: the name is that of @who, the PIN is in the place of the password
 * @device: account of the device
 * @grant: no tokens; wait_s and error only
 *
 * A try is on the disk before the PIN is compared. An account without a PIN takes the time of one with a PIN.
 *
 * Return: OHTD_AUTH_REFUSED: the PIN is wrong, or there is none; OHTD_AUTH_UNAVAILABLE with the error -EDQUOT: no try is left;
 * OHTD_AUTH_CHANGED as ohtd_auth_elevate().
 */
enum ohtd_auth_result ohtd_auth_pin_elevate(struct ohtd_auth *auth, const struct ohtd_principal *who,
					    const struct ohtd_credentials *credentials, int64_t device, struct ohtd_grant *grant);

/* The PIN of the account has ended, or is another one, or it is the account of a device: no session stays elevated by that PIN, or on that device. */
void ohtd_auth_pin_ended(struct ohtd_auth *auth, int64_t user_id);

/* Ends the elevation of the session of @who by the PIN, and of no other. */
void ohtd_auth_pin_lower(struct ohtd_auth *auth, const struct ohtd_principal *who);

/* How long the session of @who stays elevated by the PIN, in ms; 0: it is not. */
int64_t ohtd_auth_pin_ms(struct ohtd_auth *auth, const struct ohtd_principal *who);

/* Ends each elevation of the session of @who. @address: of the client, for the log. */
void ohtd_auth_lower(struct ohtd_auth *auth, const struct ohtd_principal *who, const char *address);

/* How long the session of @who stays elevated, in ms; 0: it is not elevated. */
int64_t ohtd_auth_elevated_ms(struct ohtd_auth *auth, const struct ohtd_principal *who);

/**
 * ohtd_auth_second() - what the person of an account does with its second factor
 * @who: with the session
 * @credentials: the name is that of @who. ENROL takes the password, CONFIRM the code, RENEW and REMOVE take both
 * @order: in: act. Out: what was drawn, and the result of the code
 * @grant: no tokens; wait_s, error and second only
 *
 * CONFIRM ends all other sessions of the account: the password alone has opened them. CONFIRM, RENEW and REMOVE end each elevation, and whatever
 * was judged before them and is not granted yet: OHTD_AUTH_CHANGED.
 *
 * Return: OHTD_AUTH_REFUSED: the password is wrong; OHTD_AUTH_CODE: see @grant->second; OHTD_AUTH_UNAVAILABLE with the error -EEXIST
 * (ENROL, and there is one) or -ENODATA (there is none that this could be done with).
 */
enum ohtd_auth_result ohtd_auth_second(struct ohtd_auth *auth, const struct ohtd_principal *who,
				       const struct ohtd_credentials *credentials,
				       struct ohtd_auth_second_order *order, struct ohtd_grant *grant);

/**
 * ohtd_auth_renewal_begin() - read a refresh token
 * @renewal: out, for ohtd_db_session_renew() in the store
 *
 * Return: false if it was not made by us; nothing is to be done then.
 */
bool ohtd_auth_renewal_begin(struct ohtd_auth *auth, const struct ohtd_secret *token,
			     struct ohtd_renewal *renewal);

/**
 * ohtd_auth_renewal_end() - a new pair of tokens
 * @renewal: after the store
 * @r: what the store has returned
 *
 * A store that takes nothing for want of room is done without: the session goes on in memory. A token that was replaced before has been copied by somebody, unless it comes again at once: its
 * session has ended.
 */
enum ohtd_auth_result ohtd_auth_renewal_end(struct ohtd_auth *auth,
					    struct ohtd_renewal *renewal, int r,
					    struct ohtd_grant *grant);

/*
 * To be called some times a second by the main thread: what the store did not take of sessions, and
 * of their ends, is written when it takes something again, one after the other. The store is
 * stopped before ohtd_auth_destroy().
 */
void ohtd_auth_keep(struct ohtd_auth *auth);

/**
 * ohtd_auth_end() - end a session
 * @id: which
 * @user_id: must be its user; 0: any
 *
 * Its access tokens are refused from now on. ohtd_db_session_end() follows in the store, and after
 * that ohtd_auth_gone(); if the store does not take it, ohtd_auth_keep() asks again. Until then a
 * restart brings the session back.
 *
 * Return: false if there is no such session.
 */
bool ohtd_auth_end(struct ohtd_auth *auth, const char *id, int64_t user_id);
void ohtd_auth_gone(struct ohtd_auth *auth, const char *id);

/* The store has changed or @deleted this account, and ended its sessions that are of an earlier epoch. */
void ohtd_auth_changed(struct ohtd_auth *auth, const struct ohtd_user *user, bool deleted);

/* The sessions of an account, the newest first. Returns how many were filled. */
int ohtd_auth_sessions(struct ohtd_auth *auth, int64_t user_id, struct ohtd_session *sessions,
		       int max);

#endif /* OHTD_AUTH_SESSION_H */
