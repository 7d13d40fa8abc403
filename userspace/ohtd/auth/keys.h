/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the keys of service accounts, in memory: a key that is not in here lets no program in.
 * Contexts: any thread but the control thread.
 * Locks:    its own mutex, for a look at one key; for a walk over all where a list is made or an account changes.
 *
 * A key is "oht_ID_SECRET". The robot keeps the SHA-256 of the secret, which has 256 random bits. A key is added when the store has
 * it, and leaves when the store has let it go. Its account is here too, so that a change of the account holds at once.
 *
 * What bounds a key (scope, rate, addresses, expiry) bounds no stop; only its end does.
 */
#ifndef OHTD_AUTH_KEYS_H
#define OHTD_AUTH_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/principal.h"
#include "auth/token.h"
#include "accounts/keys.h"

struct ohtd_auth_keys;
struct ohtd_clock;
struct ohtd_daemon_part;

#define OHTD_KEY_PREFIX		"oht_"
#define OHTD_KEY_SECRET_CHARS	64
#define OHTD_KEY_TEXT_BYTES	(4 + OHTD_KEY_ID_BYTES - 1 + 1 + OHTD_KEY_SECRET_CHARS + 1)
#define OHTD_KEY_UNUSED_DAYS	90	/* then there is an alert */
#define OHTD_KEY_ENDS_DAYS	14	/* the same before its end */

/* NULL: out of memory. @clock: outlives the result. */
struct ohtd_auth_keys *ohtd_auth_keys_create(struct ohtd_clock *clock);
void ohtd_auth_keys_destroy(struct ohtd_auth_keys *keys);

/* Draws id and secret of a key. @text: out, what a program sends. 0 or -EIO. */
int ohtd_auth_key_draw(struct ohtd_account_key *key, char text[OHTD_KEY_TEXT_BYTES]);

/* Is @text meant as a key? */
bool ohtd_auth_key_is(const char *text);

/* The store has the key, which is new. 0 or -ENOMEM. */
int ohtd_auth_keys_put(struct ohtd_auth_keys *keys, const struct ohtd_account_key *key);

/* In the store the key ends earlier. This may be told behind its end, which stays. */
void ohtd_auth_keys_cut(struct ohtd_auth_keys *keys, const struct ohtd_account_key *key);

/* The store has it no more. */
void ohtd_auth_keys_end(struct ohtd_auth_keys *keys, const char *id);

/* An account was changed: its keys have less or more to say from now on, or have ended. 0 or -ENOMEM. */
int ohtd_auth_keys_account(struct ohtd_auth_keys *keys, const struct ohtd_user *user, bool deleted);

/**
 * ohtd_auth_keys_check() - whose key it is
 * @text: as it was sent
 * @address: numeric, of the client
 * @who: filled unless the result is INVALID
 *
 * Return: as ohtd_auth_check(); REVOKED: its account is disabled.
 */
enum ohtd_token_result ohtd_auth_keys_check(struct ohtd_auth_keys *keys, const char *text, const char *address,
					    struct ohtd_principal *who);

/* Id of the key by which @who came; NULL: none. Good for as long as @who is. */
const char *ohtd_auth_key_of(const struct ohtd_principal *who);

/* Does the key of a session's id let in, and is its account the one of @epoch? 0: of any. */
bool ohtd_auth_keys_live(struct ohtd_auth_keys *keys, const char *session, int64_t epoch);

/* Does the key of @who permit a route under the heading @tag, about module @unit, or 0? */
bool ohtd_auth_keys_permit(struct ohtd_auth_keys *keys, const struct ohtd_principal *who, const char *tag, unsigned int unit);

/* Does it permit a robot command of that name? */
bool ohtd_auth_keys_permit_verb(struct ohtd_auth_keys *keys, const struct ohtd_principal *who, const char *verb);

/* Requests each second that it may make, 0: no bound. */
unsigned int ohtd_auth_keys_rate(struct ohtd_auth_keys *keys, const struct ohtd_principal *who);

/* A text that others may have read has a key in it: if it is one of ours, an alert says so. Returns whether it looks like one. */
bool ohtd_auth_keys_expose(struct ohtd_auth_keys *keys, const char *text);

/* Brings uses, exposure and end of a row of the store up to what is known here. */
void ohtd_auth_keys_freshen(struct ohtd_auth_keys *keys, struct ohtd_account_key *row);

/* A key whose row is to be written anew (ohtd_account_key_note()), at most each hour. False: there is none. */
bool ohtd_auth_keys_due(struct ohtd_auth_keys *keys, struct ohtd_account_key *key);

enum ohtd_auth_key_concern {
	OHTD_KEY_FINE,
	OHTD_KEY_EXPOSED,
	OHTD_KEY_ENDED,
	OHTD_KEY_ENDS,
	OHTD_KEY_UNUSED,
};

/* Calls @tell for each key with a concern, the gravest first. It must call nothing in here. */
void ohtd_auth_keys_concerns(struct ohtd_auth_keys *keys, void (*tell)(void *arg, enum ohtd_auth_key_concern concern, const struct ohtd_account_key *key),
			     void *arg);

/* keys_part.c: keys to look after; its object is a struct ohtd_auth. */
extern const struct ohtd_daemon_part ohtd_auth_keys_part;

#endif /* OHTD_AUTH_KEYS_H */
