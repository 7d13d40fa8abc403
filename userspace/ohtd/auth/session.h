/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     logging in and renewing: password or refresh token in, a pair of tokens out.
 * Contexts: ohtd_auth_login() and _refresh(): worker threads, they take long and wait for the
 *           store. ohtd_auth_wait_s(): any thread but the control thread. Create: main thread.
 * Locks:    those of the parts, never two at a time.
 */
#ifndef OHTD_AUTH_SESSION_H
#define OHTD_AUTH_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "auth/password.h"
#include "auth/token.h"
#include "main/secret.h"

struct ohtd_auth;
struct ohtd_store;

#define OHTD_REFRESH_LIFE_S	(7 * 24 * 3600)
#define OHTD_REFRESH_BYTES	44	/* 256 random bits in base64url, and NUL */

enum ohtd_auth_result {
	OHTD_AUTH_GRANTED,
	OHTD_AUTH_REFUSED,	/* wrong name, wrong password, disabled, spent or unknown token */
	OHTD_AUTH_UNAVAILABLE,	/* the store or memory failed */
};

struct ohtd_credentials {
	char username[OHTD_USER_NAME_MAX + 1];
	struct ohtd_secret password;
};

/* What a client gets. */
struct ohtd_grant {
	char *access_token;	/* free() it */
	struct ohtd_secret refresh_token;
	int expires_in_s;
	int error;		/* OHTD_AUTH_UNAVAILABLE: a negative errno of the store, or 0 */
	struct ohtd_principal who;
};

/**
 * ohtd_auth_create() - prepare accounts
 * @store: outlives the result
 * @tokens: outlives the result; told of sessions that were revoked before
 * @clock: outlives the result
 *
 * Return: NULL with errno.
 */
struct ohtd_auth *ohtd_auth_create(struct ohtd_store *store, struct ohtd_tokens *tokens,
				   struct ohtd_clock *clock);
void ohtd_auth_destroy(struct ohtd_auth *auth);

/* Check of an access token, see ohtd_token_check(). */
enum ohtd_token_result ohtd_auth_check(struct ohtd_auth *auth, const char *token,
				       struct ohtd_principal *who);

/* Seconds that @username must wait at @address before the next attempt, 0: none. */
unsigned int ohtd_auth_wait_s(struct ohtd_auth *auth, const char *username, const char *address);

/* @address: numeric, for the back-off and the list of sessions. */
enum ohtd_auth_result ohtd_auth_login(struct ohtd_auth *auth,
				      const struct ohtd_credentials *credentials,
				      const char *address, struct ohtd_grant *grant);

/**
 * ohtd_auth_refresh() - a new pair of tokens for a refresh token
 * @refresh_token: used up by this call
 *
 * A refresh token that was used before has been copied by somebody: its whole session is revoked.
 */
enum ohtd_auth_result ohtd_auth_refresh(struct ohtd_auth *auth,
					const struct ohtd_secret *refresh_token,
					struct ohtd_grant *grant);

/* Access tokens of these sessions are refused from now on. Returns 0 or -ENOMEM. */
int ohtd_auth_end_sessions(struct ohtd_auth *auth, char (*ids)[OHTD_SESSION_ID_BYTES], int count);

/* Why @name cannot be the name of an account, as one sentence; NULL if it can. */
const char *ohtd_auth_name_unfit(const char *name);

#endif /* OHTD_AUTH_SESSION_H */
