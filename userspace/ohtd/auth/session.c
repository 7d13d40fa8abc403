// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/session.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "auth/backoff.h"
#include "main/clock.h"
#include "main/log.h"
#include "store/store.h"

#define SECRET_BYTES	32
#define REVOKED_MAX	256	/* remembered over a restart of the daemon */

struct ohtd_auth {
	struct ohtd_store *store;
	struct ohtd_tokens *tokens;
	struct ohtd_clock *clock;
	struct ohtd_backoff *backoff;
};

struct revoked_ids {
	char ids[REVOKED_MAX][OHTD_SESSION_ID_BYTES];
};

/* What the store is asked in one go when a session is looked for. */
struct lookup {
	struct ohtd_session session;
	struct ohtd_user user;
};

struct rotation {
	const unsigned char *old_hash, *new_hash;
};

struct revocation {
	const char *id;
	int64_t now_s;
};

static int work_user_find(struct ohtd_db *db, void *user)
{
	return ohtd_db_user_find(db, user);
}

static int work_session_add(struct ohtd_db *db, void *session)
{
	return ohtd_db_session_add(db, session);
}

static int work_session_find(struct ohtd_db *db, void *arg)
{
	struct lookup *lookup = arg;

	return ohtd_db_session_find(db, &lookup->session, &lookup->user);
}

static int work_rotate(struct ohtd_db *db, void *arg)
{
	struct rotation *rotation = arg;

	return ohtd_db_session_rotate(db, rotation->old_hash, rotation->new_hash);
}

static int work_revoke(struct ohtd_db *db, void *arg)
{
	struct revocation *revocation = arg;

	return ohtd_db_session_revoke(db, revocation->id, revocation->now_s);
}

static int work_revoked(struct ohtd_db *db, void *arg)
{
	struct revoked_ids *revoked = arg;

	return ohtd_db_sessions_revoked(db, revoked->ids, REVOKED_MAX);
}

static int64_t wall_s(const struct ohtd_auth *auth)
{
	return ohtd_clock_wall_ns(auth->clock) / (int64_t)OHTD_NS_PER_S;
}

static int64_t boot_s(const struct ohtd_auth *auth)
{
	return (int64_t)(ohtd_clock_boottime_ns(auth->clock) / OHTD_NS_PER_S);
}

/* Access tokens live on over a restart of the daemon, and so must the revoking of their session. */
static int recall_revoked(struct ohtd_auth *auth)
{
	struct revoked_ids *revoked = calloc(1, sizeof(*revoked));
	int count = revoked ? ohtd_store_read(auth->store, work_revoked, revoked) : -ENOMEM;
	int r = count < 0 ? count : 0;

	for (int i = 0; !r && i < count; i++)
		r = ohtd_tokens_revoke(auth->tokens, revoked->ids[i]);
	free(revoked);
	return r;
}

struct ohtd_auth *ohtd_auth_create(struct ohtd_store *store, struct ohtd_tokens *tokens,
				   struct ohtd_clock *clock)
{
	struct ohtd_auth *auth = calloc(1, sizeof(*auth));
	int r;

	if (!auth)
		return NULL;
	auth->store = store;
	auth->tokens = tokens;
	auth->clock = clock;
	auth->backoff = ohtd_backoff_create();
	r = auth->backoff ? recall_revoked(auth) : -ENOMEM;
	if (r) {
		ohtd_auth_destroy(auth);
		errno = -r;
		return NULL;
	}
	return auth;
}

void ohtd_auth_destroy(struct ohtd_auth *auth)
{
	if (!auth)
		return;
	ohtd_backoff_destroy(auth->backoff);
	free(auth);
}

enum ohtd_token_result ohtd_auth_check(struct ohtd_auth *auth, const char *token,
				       struct ohtd_principal *who)
{
	return ohtd_token_check(auth->tokens, token, who);
}

int ohtd_auth_end_sessions(struct ohtd_auth *auth, char (*ids)[OHTD_SESSION_ID_BYTES], int count)
{
	int r = 0;

	for (int i = 0; i < count; i++)
		if (ohtd_tokens_revoke(auth->tokens, ids[i]))
			r = -ENOMEM;
	return r;
}

unsigned int ohtd_auth_wait_s(struct ohtd_auth *auth, const char *username, const char *address)
{
	return ohtd_backoff_wait_s(auth->backoff, username, address,
				   ohtd_clock_boottime_ns(auth->clock));
}

const char *ohtd_auth_name_unfit(const char *name)
{
	size_t n = strlen(name);

	if (!n || n > OHTD_USER_NAME_MAX)
		return "a name has 1 to 64 characters";
	for (size_t i = 0; i < n; i++)
		if (!isascii(name[i]) || (!isalnum((unsigned char)name[i]) &&
					  !strchr("._-@", name[i])))
			return "a name has only letters, digits and . _ - @";
	return NULL;
}

/* What is stored of a refresh token. */
static int hash_secret(const struct ohtd_secret *secret, unsigned char *hash)
{
	return EVP_Digest(secret->revealed, strlen(secret->revealed), hash, NULL, EVP_sha256(),
			  NULL) == 1 ? 0 : -EIO;
}

/* A new refresh token, and what is stored of it. */
static int draw_secret(struct ohtd_secret *secret, unsigned char *hash)
{
	char *text = secret->revealed;
	unsigned char raw[SECRET_BYTES], coded[OHTD_REFRESH_BYTES + 4];

	if (RAND_bytes(raw, sizeof(raw)) != 1)
		return -EIO;
	EVP_EncodeBlock(coded, raw, sizeof(raw));
	for (int i = 0; i < OHTD_REFRESH_BYTES - 1; i++)
		text[i] = coded[i] == '+' ? '-' : coded[i] == '/' ? '_' : (char)coded[i];
	text[OHTD_REFRESH_BYTES - 1] = 0;
	return hash_secret(secret, hash);
}

static int draw_session_id(char *id)
{
	unsigned char raw[(OHTD_SESSION_ID_BYTES - 1) / 2];

	if (RAND_bytes(raw, sizeof(raw)) != 1)
		return -EIO;
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(id + 2 * i, 3, "%02x", raw[i]);
	return 0;
}

static int open_session(struct ohtd_auth *auth, const struct ohtd_user *user, const char *address,
			struct ohtd_grant *grant)
{
	struct ohtd_session session = { .user_id = user->id, .as = user };

	session.created_s = wall_s(auth);
	session.expires_s = session.created_s + OHTD_REFRESH_LIFE_S;
	session.expires_boot_s = boot_s(auth) + OHTD_REFRESH_LIFE_S;
	snprintf(session.address, sizeof(session.address), "%s", address);
	snprintf(session.boot_id, sizeof(session.boot_id), "%s",
		 ohtd_tokens_boot_id(auth->tokens));
	if (draw_session_id(session.id) || draw_secret(&grant->refresh_token, session.refresh_hash))
		return -EIO;
	strcpy(grant->who.session, session.id);
	return ohtd_store_call(auth->store, work_session_add, &session);
}

static enum ohtd_auth_result issue(struct ohtd_auth *auth, const struct ohtd_user *user,
				   struct ohtd_grant *grant)
{
	grant->who.user_id = user->id;
	grant->who.role = user->role;
	strcpy(grant->who.user, user->name);
	grant->expires_in_s = OHTD_TOKEN_LIFE_S;
	grant->access_token = ohtd_token_issue(auth->tokens, &grant->who);
	return grant->access_token ? OHTD_AUTH_GRANTED : OHTD_AUTH_UNAVAILABLE;
}

enum ohtd_auth_result ohtd_auth_login(struct ohtd_auth *auth,
				      const struct ohtd_credentials *credentials,
				      const char *address, struct ohtd_grant *grant)
{
	struct ohtd_user user = { 0 };
	bool known, matches;
	int r;

	memset(grant, 0, sizeof(*grant));
	strcpy(user.name, credentials->username);
	r = ohtd_store_read(auth->store, work_user_find, &user);
	if (r && r != -ENOENT) {
		grant->error = r;
		return OHTD_AUTH_UNAVAILABLE;
	}
	known = !r && !user.disabled;
	matches = ohtd_password_matches(credentials->password.revealed, known ? user.password_hash : NULL);
	if (!matches) {
		ohtd_backoff_failed(auth->backoff, credentials->username, address,
				    ohtd_clock_boottime_ns(auth->clock));
		ohtd_log(OHTD_LOG_NOTICE, "auth", "login_refused", "from %s", address);
		return OHTD_AUTH_REFUSED;
	}
	ohtd_backoff_succeeded(auth->backoff, credentials->username, address);
	r = open_session(auth, &user, address, grant);
	/* -ENOENT: somebody has changed the account while the password was being looked at. */
	grant->error = r == -ENOENT ? 0 : r;
	if (r)
		return r == -ENOENT ? OHTD_AUTH_REFUSED : OHTD_AUTH_UNAVAILABLE;
	ohtd_log(OHTD_LOG_INFO, "auth", "login", "%s (%s) from %s", user.name,
		 ohtd_role_name(user.role), address);
	return issue(auth, &user, grant);
}

/* Within the boot that made the session its own clock counts; wall time only after a reboot. */
static bool session_expired(const struct ohtd_auth *auth, const struct ohtd_session *session)
{
	if (!strcmp(session->boot_id, ohtd_tokens_boot_id(auth->tokens)))
		return boot_s(auth) >= session->expires_boot_s;
	return wall_s(auth) >= session->expires_s;
}

static void revoke(struct ohtd_auth *auth, const struct lookup *lookup)
{
	struct revocation revocation = { lookup->session.id, wall_s(auth) };

	ohtd_log(OHTD_LOG_WARNING, "auth", "refresh_reused",
		 "a spent refresh token of %s came again: session ended", lookup->user.name);
	if (ohtd_tokens_revoke(auth->tokens, revocation.id) ||
	    ohtd_store_call(auth->store, work_revoke, &revocation))
		ohtd_log(OHTD_LOG_ERROR, "auth", "revoke_failed", "session of %s",
			 lookup->user.name);
}

enum ohtd_auth_result ohtd_auth_refresh(struct ohtd_auth *auth,
					const struct ohtd_secret *refresh_token,
					struct ohtd_grant *grant)
{
	unsigned char new_hash[OHTD_REFRESH_HASH_BYTES];
	struct lookup lookup = { 0 };
	struct rotation rotation = { lookup.session.refresh_hash, new_hash };
	int r;

	memset(grant, 0, sizeof(*grant));
	if (hash_secret(refresh_token, lookup.session.refresh_hash) ||
	    draw_secret(&grant->refresh_token, new_hash))
		return OHTD_AUTH_UNAVAILABLE;
	r = ohtd_store_read(auth->store, work_session_find, &lookup);
	if (!r && lookup.session.superseded && !lookup.session.revoked)
		revoke(auth, &lookup);
	if (!r && (lookup.session.superseded || lookup.session.revoked || lookup.user.disabled ||
		   session_expired(auth, &lookup.session)))
		r = -ENOENT;
	if (!r)
		r = ohtd_store_call(auth->store, work_rotate, &rotation);
	grant->error = r == -ENOENT ? 0 : r;
	if (r)
		return r == -ENOENT ? OHTD_AUTH_REFUSED : OHTD_AUTH_UNAVAILABLE;
	strcpy(grant->who.session, lookup.session.id);
	return issue(auth, &lookup.user, grant);
}
