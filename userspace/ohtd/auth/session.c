// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/session.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "auth/backoff.h"
#include "auth/agents.h"
#include "auth/keys.h"
#include "auth/live.h"
#include "auth/code.h"
#include "base/hex.h"
#include "base/clock.h"
#include "base/log.h"
#include "accounts/pins.h"
#include "store/outbox.h"
#include "store/store.h"

#define LIFE_MS		(OHTD_SESSION_LIFE_S * 1000ll)
#define PAGE		64

/* @ended: its row is to go; @gone: out: there is no row, also where the account has changed. */
struct keeping {
	struct ohtd_session session;
	bool ended;
	bool gone;
};

struct ohtd_auth {
	struct ohtd_store *store;
	struct ohtd_tokens *tokens;
	struct ohtd_clock *clock;
	struct ohtd_backoff *backoff;
	struct ohtd_auth_live *live;
	struct ohtd_auth_keys *keys;
	struct ohtd_auth_agents *agents;
	struct ohtd_outbox key_outbox;
	struct ohtd_account_key key_noted;	/* in it */
	struct ohtd_outbox outbox;
	struct keeping kept;		/* in it */
	atomic_int second_from;	/* enum ohtd_role */
	unsigned char second_key[OHTD_AUTH_SECOND_KEY_BYTES];
};

/* There is no room, or the disk gives errors. A hung disk is waited for; what is damaged is not to grow. */
static bool is_done_without(int r)
{
	enum ohtd_store_state state = r < 0 ? ohtd_store_state_of(r) : OHTD_STORE_OK;

	return state == OHTD_STORE_FULL || state == OHTD_STORE_READ_ONLY || state == OHTD_STORE_FAILING;
}

/* What the store is asked in one go. */
struct page {
	int64_t after;
	struct ohtd_session sessions[PAGE];
};

/* @second: what is asked besides the password. */
struct opening {
	struct ohtd_session session;
	struct ohtd_session_dropped dropped;
	struct ohtd_auth_second_try second;
};

static int work_page(struct ohtd_db *db, void *arg)
{
	struct page *page = arg;

	return ohtd_db_sessions(db, &page->after, page->sessions, PAGE);
}

static int work_user_find(struct ohtd_db *db, void *user)
{
	return ohtd_db_user_find(db, user);
}

static bool is_let_in(enum ohtd_auth_second_result result)
{
	return result == OHTD_AUTH_SECOND_NONE || result == OHTD_AUTH_SECOND_RIGHT;
}

/* The code and the session are one commit. */
static int work_open(struct ohtd_db *db, void *arg)
{
	struct opening *opening = arg;
	int r = ohtd_auth_second_judge(db, &opening->second);

	if (r || !is_let_in(opening->second.result))
		return r;
	return ohtd_db_session_add(db, &opening->session, &opening->dropped);
}

/* @session: the one that goes on, when it is newer than its row. */
struct change {
	struct ohtd_user_change of;
	bool ahead;
	struct ohtd_session session;
};

/* The row first, so that its next generation is one that no token has had. */
static int work_change(struct ohtd_db *db, void *arg)
{
	struct change *change = arg;
	int r = change->ahead ? ohtd_db_session_put(db, &change->session) : 0;

	return r ? r : ohtd_db_user_change(db, &change->of);
}

static int64_t boot_ms(const struct ohtd_auth *auth)
{
	return (int64_t)(ohtd_clock_boottime_ns(auth->clock) / OHTD_NS_PER_MS);
}

/* ---- birth ---- */

/* The rest of its time is counted on the clock of this boot, so that a step of the wall clock does not matter. */
static int recall(struct ohtd_auth *auth, struct ohtd_session *session)
{
	int64_t now_ms = boot_ms(auth);
	int64_t left_ms = ohtd_session_left_ms(session, ohtd_tokens_boot_id(auth->tokens), now_ms,
					       ohtd_clock_wall_s(auth->clock), LIFE_MS);

	session->expires_boot_ms = now_ms + left_ms;
	if (strcmp(session->boot_id, ohtd_tokens_boot_id(auth->tokens)))
		session->previous_until_boot_ms = 0;
	snprintf(session->boot_id, sizeof(session->boot_id), "%s", ohtd_tokens_boot_id(auth->tokens));
	return left_ms > 0 ? ohtd_live_add(auth->live, session) : 0;
}

static int recall_all(struct ohtd_auth *auth)
{
	struct page *page = calloc(1, sizeof(*page));
	int count = PAGE, r = page ? 0 : -ENOMEM;

	while (!r && count == PAGE) {
		count = ohtd_store_read(auth->store, work_page, page);
		r = count < 0 ? count : 0;
		for (int i = 0; !r && i < count; i++)
			r = recall(auth, &page->sessions[i]);
	}
	free(page);
	return r;
}

static int work_keys(struct ohtd_db *db, void *keys)
{
	return ohtd_account_keys(db, 0, keys, OHTD_KEYS_MAX);
}

static int recall_keys(struct ohtd_auth *auth)
{
	struct ohtd_account_key *rows = calloc(OHTD_KEYS_MAX, sizeof(*rows));
	int count = rows ? ohtd_store_read(auth->store, work_keys, rows) : -ENOMEM;
	int r = count < 0 ? count : 0;

	for (int i = 0; !r && i < count; i++)
		r = ohtd_auth_keys_put(auth->keys, &rows[i]);
	free(rows);
	return r;
}

struct ohtd_auth *ohtd_auth_create(struct ohtd_store *store, struct ohtd_tokens *tokens,
				   struct ohtd_clock *clock, const unsigned char second_key[OHTD_AUTH_SECOND_KEY_BYTES])
{
	struct ohtd_auth *auth = calloc(1, sizeof(*auth));
	int r;

	if (!auth)
		return NULL;
	auth->store = store;
	auth->tokens = tokens;
	auth->clock = clock;
	memcpy(auth->second_key, second_key, sizeof(auth->second_key));
	auth->backoff = ohtd_backoff_create();
	auth->live = ohtd_live_create();
	auth->keys = ohtd_auth_keys_create(clock);
	auth->agents = ohtd_auth_agents_create();
	ohtd_outbox_init(&auth->outbox, store, clock, NULL, NULL);
	ohtd_outbox_init(&auth->key_outbox, store, clock, NULL, NULL);
	r = auth->backoff && auth->live && auth->keys && auth->agents ? recall_all(auth) : -ENOMEM;
	r = r ? r : recall_keys(auth);
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
	ohtd_live_destroy(auth->live);
	ohtd_auth_keys_destroy(auth->keys);
	ohtd_auth_agents_destroy(auth->agents);
	OPENSSL_cleanse(auth->second_key, sizeof(auth->second_key));
	free(auth);
}

/* ---- tokens ---- */

struct ohtd_auth_agents *ohtd_auth_agents_of(struct ohtd_auth *auth)
{
	return auth->agents;
}

struct ohtd_auth_keys *ohtd_auth_keys_of(struct ohtd_auth *auth)
{
	return auth->keys;
}

enum ohtd_token_result ohtd_auth_check(struct ohtd_auth *auth, const char *token, const char *address,
				       struct ohtd_principal *who)
{
	enum ohtd_token_result result;

	if (ohtd_auth_key_is(token))
		return ohtd_auth_keys_check(auth->keys, token, address, who);
	result = ohtd_token_check(auth->tokens, token, who);
	if (result == OHTD_TOKEN_INVALID ||
	    ohtd_live_use(auth->live, who->session, who->user_id, &who->epoch, ohtd_clock_wall_s(auth->clock),
			  boot_ms(auth)))
		return result;
	return OHTD_TOKEN_REVOKED;
}

void ohtd_auth_require_second(struct ohtd_auth *auth, enum ohtd_role from)
{
	atomic_store(&auth->second_from, (int)from);
}

bool ohtd_auth_must_enrol(struct ohtd_auth *auth, const struct ohtd_principal *who)
{
	int from = atomic_load(&auth->second_from);

	return from && !who->local && !who->by_key && *who->session && (int)who->role >= from &&
	       !ohtd_auth_live_has_second(auth->live, who->session);
}

bool ohtd_auth_lives(struct ohtd_auth *auth, const struct ohtd_principal *who)
{
	if (who->by_key)
		return ohtd_auth_keys_live(auth->keys, who->session, who->epoch);
	return ohtd_live_lives(auth->live, who->session, who->user_id, who->epoch, boot_ms(auth));
}

bool ohtd_auth_session_lives(struct ohtd_auth *auth, const char *id)
{
	return ohtd_live_has(auth->live, id, boot_ms(auth)) || ohtd_auth_keys_live(auth->keys, id, 0);
}

static enum ohtd_auth_result grant_for(struct ohtd_auth *auth, const struct ohtd_user *user,
				       const struct ohtd_session *session, struct ohtd_grant *grant)
{
	grant->who.user_id = user->id;
	grant->who.role = user->role;
	grant->who.epoch = user->epoch;
	strcpy(grant->who.user, user->name);
	strcpy(grant->who.session, session->id);
	grant->expires_in_s = OHTD_TOKEN_LIFE_S;
	grant->refresh_expires_in_s = (int)((session->expires_boot_ms - boot_ms(auth)) / 1000);
	if (ohtd_refresh_token_make(auth->tokens, session->id, session->generation,
				    &grant->refresh_token))
		return OHTD_AUTH_UNAVAILABLE;
	grant->access_token = ohtd_token_issue(auth->tokens, &grant->who);
	return grant->access_token ? OHTD_AUTH_GRANTED : OHTD_AUTH_UNAVAILABLE;
}

static enum ohtd_auth_result refused(struct ohtd_grant *grant, int r)
{
	grant->error = r == -ENOENT ? 0 : r;
	return r == -ENOENT ? OHTD_AUTH_REFUSED : r == -EDOM ? OHTD_AUTH_UNFIT : OHTD_AUTH_UNAVAILABLE;
}

/* ---- passwords ---- */

unsigned int ohtd_auth_wait_s(struct ohtd_auth *auth, const char *username, const char *address)
{
	return ohtd_backoff_wait_s(auth->backoff, username, address,
				   ohtd_clock_boottime_ns(auth->clock));
}

bool ohtd_auth_is_familiar(struct ohtd_auth *auth, const char *username, const char *address)
{
	return ohtd_auth_backoff_is_familiar(auth->backoff, username, address);
}

void ohtd_agent_set(char *agent, const char *text, size_t length)
{
	size_t n = length < OHTD_AGENT_BYTES - 1 ? length : OHTD_AGENT_BYTES - 1;

	for (size_t i = 0; i < n; i++)
		agent[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	agent[n] = 0;
}

/* 0 with @user filled, -ENOENT, or an errno of the store. Unknown names take as long as known ones. */
static int match(struct ohtd_auth *auth, const struct ohtd_credentials *credentials,
		 struct ohtd_user *user)
{
	bool known;
	int r;

	strcpy(user->name, credentials->username);
	r = ohtd_store_read(auth->store, work_user_find, user);
	if (r && r != -ENOENT)
		return r;
	known = !r && !user->disabled && !user->service;
	return ohtd_password_matches(credentials->password.revealed,
				     known ? user->password_hash : NULL) ? 0 : -ENOENT;
}

static enum ohtd_backoff_outcome outcome_of(int result)
{
	return !result ? OHTD_BACKOFF_SUCCEEDED :
	       result == -ENOENT ? OHTD_BACKOFF_FAILED : OHTD_BACKOFF_UNJUDGED;
}

/* False: it must wait, see grant->wait_s. */
static bool begin_attempt(struct ohtd_auth *auth, const struct ohtd_credentials *credentials, struct ohtd_grant *grant)
{
	memset(grant, 0, sizeof(*grant));
	grant->wait_s = ohtd_backoff_begin(auth->backoff, credentials->username, credentials->address,
					   ohtd_clock_boottime_ns(auth->clock));
	return !grant->wait_s;
}

static void end_attempt(struct ohtd_auth *auth, const struct ohtd_credentials *credentials, enum ohtd_backoff_outcome outcome)
{
	ohtd_backoff_end(auth->backoff, credentials->username, credentials->address, outcome, ohtd_clock_boottime_ns(auth->clock));
}

/* ---- codes of the second factor ---- */

static void begin_second(struct ohtd_auth *auth, const struct ohtd_credentials *credentials, int64_t user_id,
			 struct ohtd_auth_second_try *try)
{
	struct ohtd_clock_view clock;

	ohtd_clock_look(auth->clock, &clock);
	try->now = (struct ohtd_auth_second_now){
		.key = auth->second_key, .now_s = clock.wall_ns / (int64_t)OHTD_NS_PER_S, .kept = clock.synchronised,
	};
	try->user_id = user_id;
	try->code = credentials->code;
}

/* A log-in without a code learns that one is needed: that is no failure, and does not reset the count of failures. */
static enum ohtd_backoff_outcome outcome_of_second(int r, enum ohtd_auth_second_result result)
{
	if (r)
		return OHTD_BACKOFF_UNJUDGED;
	if (is_let_in(result))
		return OHTD_BACKOFF_SUCCEEDED;
	return result == OHTD_AUTH_SECOND_WRONG || result == OHTD_AUTH_SECOND_LOCKED ? OHTD_BACKOFF_FAILED : OHTD_BACKOFF_UNJUDGED;
}

/* Says in the log what became of a code. True: it is right, or none is needed. */
static bool tell_second(const struct ohtd_auth_second_try *try, const char *user, const char *address)
{
	static const char *const texts[] = {
		[OHTD_AUTH_SECOND_WRONG] = "wrong, or taken before",
		[OHTD_AUTH_SECOND_LOCKED] = "too many were wrong: only a recovery code is taken",
		[OHTD_AUTH_SECOND_CLOCK] = "the time of day is not kept right: only a recovery code is taken",
		[OHTD_AUTH_SECOND_SEALED] = "totp.key is not the key of this secret: only a recovery code is taken",
	};

	if (try->recovery && try->result == OHTD_AUTH_SECOND_RIGHT)
		ohtd_log(OHTD_LOG_NOTICE, "auth", "recovery_code_used", "%s, from %s, %d are left", user, address, try->left);
	if (try->result < sizeof(texts) / sizeof(texts[0]) && texts[try->result])
		ohtd_log(OHTD_LOG_NOTICE, "auth", "code_refused", "%s, from %s: %s", user, address, texts[try->result]);
	return is_let_in(try->result);
}

static enum ohtd_auth_result refused_code(struct ohtd_grant *grant, const struct ohtd_auth_second_try *try)
{
	grant->second = try->result;
	return OHTD_AUTH_CODE;
}

static int work_judge(struct ohtd_db *db, void *try)
{
	return ohtd_auth_second_judge(db, try);
}

/*
 * Password and, where the account has a second factor, the code: asked for by each act that gives its person another way in.
 * @user: out. OHTD_AUTH_CHANGED: the account is another one than when the session was opened.
 */
static enum ohtd_auth_result check_person(struct ohtd_auth *auth, const struct ohtd_principal *who, const struct ohtd_credentials *credentials,
					  struct ohtd_user *user, struct ohtd_grant *grant)
{
	struct ohtd_auth_second_try second = { 0 };
	int r;

	if (!begin_attempt(auth, credentials, grant))
		return OHTD_AUTH_TOO_MANY;
	r = match(auth, credentials, user);
	if (r) {
		end_attempt(auth, credentials, outcome_of(r));
		return refused(grant, r);
	}
	/* Without a second factor nothing is written, so that a full disk does not prevent an elevation. */
	if (user->second_factor) {
		begin_second(auth, credentials, user->id, &second);
		r = ohtd_store_call(auth->store, work_judge, &second);
		OPENSSL_cleanse(&second.code, sizeof(second.code));
	}
	end_attempt(auth, credentials, outcome_of_second(r, second.result));
	if (r)
		return refused(grant, r);
	if (!tell_second(&second, user->name, credentials->address))
		return refused_code(grant, &second);
	return user->id == who->user_id && user->epoch == who->epoch ? OHTD_AUTH_GRANTED : OHTD_AUTH_CHANGED;
}

static int draw_session_id(char *id)
{
	unsigned char raw[(OHTD_SESSION_ID_BYTES - 1) / 2];

	if (RAND_bytes(raw, sizeof(raw)) != 1)
		return -EIO;
	ohtd_hex_text(id, raw, sizeof(raw));
	return 0;
}

static int prepare(struct ohtd_auth *auth, const struct ohtd_user *user,
		   const struct ohtd_credentials *credentials, struct ohtd_session *session)
{
	session->user_id = user->id;
	session->epoch = user->epoch;
	session->generation = 1;
	session->created_s = ohtd_clock_wall_s(auth->clock);
	session->used_s = session->created_s;
	session->expires_s = session->created_s + OHTD_SESSION_LIFE_S;
	session->expires_boot_ms = boot_ms(auth) + LIFE_MS;
	strcpy(session->address, credentials->address);
	strcpy(session->agent, credentials->agent);
	strcpy(session->name, user->name);
	session->role = user->role;
	snprintf(session->boot_id, sizeof(session->boot_id), "%s",
		 ohtd_tokens_boot_id(auth->tokens));
	return draw_session_id(session->id);
}

/*
 * A session that lives in memory only: the store has not looked whether its account is still what
 * it was when the password was checked. What changes it from now on finds the session. @refusal: of
 * the store.
 */
static int keep_in_memory(struct ohtd_auth *auth, const struct ohtd_session *session, int refusal)
{
	struct ohtd_user user = { 0 };
	int r;

	strcpy(user.name, session->name);
	r = ohtd_store_read(auth->store, work_user_find, &user);
	if (!r && (user.id != session->user_id || user.epoch != session->epoch || user.disabled))
		r = -ENOENT;
	/* That a code was taken must be on the disk. */
	if (!r && user.second_factor)
		r = refusal;
	if (r)
		return r;
	ohtd_live_keep(auth->live, session->id, OHTD_SESSIONS_PER_USER);
	ohtd_log(OHTD_LOG_WARNING, "auth", "session_not_kept",
		 "%s, session %s lives in memory until the disk takes it", user.name, session->id);
	return 0;
}

/* The session lives in memory first: whatever ends it from the commit on finds it there. */
static int open_session(struct ohtd_auth *auth, const char *user, struct opening *opening,
			const struct ohtd_credentials *credentials)
{
	int r = ohtd_live_add(auth->live, &opening->session);

	begin_second(auth, credentials, opening->session.user_id, &opening->second);
	if (r)
		return r;
	r = ohtd_store_call(auth->store, work_open, opening);
	if (is_done_without(r)) {
		r = keep_in_memory(auth, &opening->session, r);
		/* What it has pushed out in the store came back with the rest. */
		opening->dropped.count = 0;
	}
	if (r || !is_let_in(opening->second.result))
		ohtd_live_forget(auth->live, opening->session.id);
	for (int i = 0; !r && i < opening->dropped.count; i++) {
		ohtd_live_forget(auth->live, opening->dropped.ids[i]);
		ohtd_log(OHTD_LOG_NOTICE, "auth", "session_ended",
			 "%s, session %s: the oldest of more than %d", user, opening->dropped.ids[i],
			 OHTD_SESSIONS_PER_USER);
	}
	return r;
}

static enum ohtd_auth_result refused_login(const struct ohtd_credentials *credentials, const struct ohtd_user *user, int r,
					   struct ohtd_grant *grant)
{
	if (r == -ENOENT)
		ohtd_log(OHTD_LOG_NOTICE, "auth", "login_refused", "from %s", credentials->address);
	if (r == -ENOENT && user->id)
		strcpy(grant->who.user, user->name);
	return refused(grant, r);
}

enum ohtd_auth_result ohtd_auth_login(struct ohtd_auth *auth,
				      const struct ohtd_credentials *credentials,
				      struct ohtd_grant *grant)
{
	struct opening opening = { 0 };
	struct ohtd_user user = { 0 };
	int r;

	if (!begin_attempt(auth, credentials, grant))
		return OHTD_AUTH_TOO_MANY;
	r = match(auth, credentials, &user);
	if (r) {
		end_attempt(auth, credentials, outcome_of(r));
		return refused_login(credentials, &user, r, grant);
	}
	r = prepare(auth, &user, credentials, &opening.session);
	/* -ENOENT: somebody has changed the account while the password was being looked at. */
	if (!r)
		r = open_session(auth, user.name, &opening, credentials);
	end_attempt(auth, credentials, outcome_of_second(r, opening.second.result));
	OPENSSL_cleanse(&opening.second.code, sizeof(opening.second.code));
	if (r)
		return refused(grant, r);
	strcpy(grant->who.user, user.name);
	if (!tell_second(&opening.second, user.name, credentials->address))
		return refused_code(grant, &opening.second);
	if (opening.second.result == OHTD_AUTH_SECOND_RIGHT)
		ohtd_auth_live_note_second(auth->live, user.id, true);
	ohtd_log(OHTD_LOG_INFO, "auth", "login", "%s (%s) from %s", user.name,
		 ohtd_role_name(user.role), credentials->address);
	return grant_for(auth, &user, &opening.session, grant);
}

enum ohtd_auth_result ohtd_auth_open(struct ohtd_auth *auth, const struct ohtd_user *user,
				     const struct ohtd_credentials *credentials, struct ohtd_grant *grant)
{
	struct opening opening = { 0 };
	int r = prepare(auth, user, credentials, &opening.session);

	memset(grant, 0, sizeof(*grant));
	/* Its key is what it has; no rule on second factors shuts it out. */
	opening.session.second = true;
	opening.session.device = true;
	r = r ? r : open_session(auth, user->name, &opening, credentials);
	if (r)
		return refused(grant, r);
	ohtd_log(OHTD_LOG_INFO, "auth", "login", "device %s (%s) from %s", user->name, ohtd_role_name(user->role), credentials->address);
	return grant_for(auth, user, &opening.session, grant);
}

/* The store has changed the account; @change->keep goes on. */
static enum ohtd_auth_result grant_kept(struct ohtd_auth *auth,
					const struct ohtd_user_change *change,
					struct ohtd_grant *grant)
{
	struct ohtd_session sessions[OHTD_SESSIONS_PER_USER];
	int count;

	ohtd_live_raise(auth->live, change->keep, change->user.epoch, change->generation);
	ohtd_live_end_user(auth->live, change->id, change->user.epoch);
	count = ohtd_auth_sessions(auth, change->id, sessions, OHTD_SESSIONS_PER_USER);
	for (int i = 0; i < count; i++) {
		if (strcmp(sessions[i].id, change->keep))
			continue;
		sessions[i].generation = change->generation;
		return grant_for(auth, &change->user, &sessions[i], grant);
	}
	/* The session has been ended since, but the change may have written its row. */
	ohtd_live_bury(auth->live, change->keep, change->id);
	return OHTD_AUTH_CHANGED;
}

enum ohtd_auth_result ohtd_auth_change_password(struct ohtd_auth *auth,
						const struct ohtd_principal *who,
						const struct ohtd_credentials *credentials,
						struct ohtd_password_new *fresh,
						struct ohtd_grant *grant)
{
	char hash[OHTD_PASSWORD_HASH_MAX + 1];
	struct ohtd_user user = { 0 };
	struct change change = { .of = {
		.id = who->user_id, .disabled = -1, .by_role = (int)who->role, .epoch = who->epoch,
		.keep = who->session, .password_hash = hash, .now_s = ohtd_clock_wall_s(auth->clock),
	} };
	enum ohtd_auth_result result;
	int r;

	memset(grant, 0, sizeof(*grant));
	strcpy(fresh->user, who->user);
	/* Before the check, which takes the code. */
	if (!ohtd_auth_password_fits(fresh))
		return refused(grant, -EDOM);
	result = check_person(auth, who, credentials, &user, grant);
	if (result != OHTD_AUTH_GRANTED)
		return result;
	r = ohtd_password_hash(fresh, hash, sizeof(hash));
	if (r)
		return refused(grant, r);
	change.ahead = ohtd_live_find_ahead(auth->live, who->session, &change.session);
	r = ohtd_store_call(auth->store, work_change, &change);
	OPENSSL_cleanse(hash, sizeof(hash));
	if (r == -ESTALE || r == -ENOENT)
		return OHTD_AUTH_CHANGED;
	if (r)
		return refused(grant, r);
	ohtd_log(OHTD_LOG_NOTICE, "auth", "password_changed", "%s, from %s", user.name,
		 credentials->address);
	return grant_kept(auth, &change.of, grant);
}

/* ---- a new password by a code ---- */

int ohtd_auth_reset_draw(struct ohtd_auth *auth, struct ohtd_account_reset_code *code, char text[OHTD_CODE_TEXT_BYTES])
{
	char drawn[OHTD_CODE_CHARS];
	int r = ohtd_auth_code_draw(drawn);

	if (r)
		return r;
	ohtd_auth_code_text(text, drawn);
	OPENSSL_cleanse(drawn, sizeof(drawn));
	code->tries = OHTD_RESET_TRIES;
	code->until_boot_ms = boot_ms(auth) + OHTD_RESET_LIFE_S * 1000ll;
	snprintf(code->boot_id, sizeof(code->boot_id), "%s", ohtd_tokens_boot_id(auth->tokens));
	return ohtd_auth_code_hash(text, code->hash);
}

static int work_reset(struct ohtd_db *db, void *reset)
{
	return ohtd_account_reset_take(db, reset);
}

/* 0, -ENOENT: the code is not that of the account, or another negative errno. */
static int take_code(struct ohtd_auth *auth, const struct ohtd_credentials *credentials, struct ohtd_password_new *fresh,
		     struct ohtd_account_reset *reset)
{
	char hash[OHTD_PASSWORD_HASH_MAX + 1];
	int r;

	strcpy(fresh->user, credentials->username);
	r = ohtd_password_hash(fresh, hash, sizeof(hash));
	*reset = (struct ohtd_account_reset){
		.now_boot_ms = boot_ms(auth), .life_ms = OHTD_RESET_LIFE_S * 1000ll, .password_hash = hash,
		.now_s = ohtd_clock_wall_s(auth->clock),
	};
	strcpy(reset->user.name, credentials->username);
	snprintf(reset->code.boot_id, sizeof(reset->code.boot_id), "%s", ohtd_tokens_boot_id(auth->tokens));
	r = r ? r : ohtd_auth_code_hash(credentials->password.revealed, reset->code.hash);
	r = r ? r : ohtd_store_call(auth->store, work_reset, reset);
	OPENSSL_cleanse(hash, sizeof(hash));
	return r ? r : reset->right ? 0 : -ENOENT;
}

enum ohtd_auth_result ohtd_auth_reset_password(struct ohtd_auth *auth,
					       const struct ohtd_credentials *credentials,
					       struct ohtd_password_new *fresh,
					       struct ohtd_grant *grant)
{
	const char *name = credentials->username, *address = credentials->address;
	struct ohtd_account_reset reset;
	int r;

	memset(grant, 0, sizeof(*grant));
	grant->wait_s = ohtd_backoff_begin(auth->backoff, name, address, ohtd_clock_boottime_ns(auth->clock));
	if (grant->wait_s)
		return OHTD_AUTH_TOO_MANY;
	r = take_code(auth, credentials, fresh, &reset);
	ohtd_backoff_end(auth->backoff, name, address, outcome_of(r), ohtd_clock_boottime_ns(auth->clock));
	if (reset.user.id)
		strcpy(grant->who.user, reset.user.name);
	if (r == -ENOENT)
		ohtd_log(OHTD_LOG_NOTICE, "auth", "reset_refused", "from %s", address);
	if (r)
		return refused(grant, r);
	ohtd_log(OHTD_LOG_NOTICE, "auth", "password_reset", "%s, by a code, from %s", reset.user.name, address);
	ohtd_auth_changed(auth, &reset.user, false);
	return OHTD_AUTH_GRANTED;
}

/* ---- PINs ---- */

static int work_pin_try(struct ohtd_db *db, void *pin)
{
	return ohtd_account_pin_try(db, pin);
}

static int work_pin_right(struct ohtd_db *db, void *pin)
{
	return ohtd_account_pin_right(db, pin);
}

/* The password gives the tries of the PIN back. */
static void forgive_pin(struct ohtd_auth *auth, int64_t user_id)
{
	struct ohtd_account_pin pin = { .user_id = user_id };

	if (ohtd_store_call(auth->store, work_pin_right, &pin))
		ohtd_log(OHTD_LOG_WARNING, "auth", "pin_tries", "account %lld: the store does not take that they are back", (long long)user_id);
}

struct pin_put {
	struct ohtd_auth *auth;
	const struct ohtd_principal *who;	/* when the person was checked */
	struct ohtd_account_pin pin;
};

static int work_pin_put(struct ohtd_db *db, void *arg)
{
	const struct pin_put *put = arg;

	return ohtd_auth_lives(put->auth, put->who) ? ohtd_account_pin_put(db, &put->pin, put->who->epoch) : -ESTALE;
}

void ohtd_auth_pin_ended(struct ohtd_auth *auth, int64_t user_id)
{
	ohtd_auth_live_end_pin(auth->live, user_id);
}

void ohtd_auth_pin_lower(struct ohtd_auth *auth, const struct ohtd_principal *who)
{
	ohtd_auth_live_elevate_by_pin(auth->live, who->session, who->user_id, who->epoch, boot_ms(auth), 0, 0);
}

enum ohtd_auth_result ohtd_auth_pin_set(struct ohtd_auth *auth, const struct ohtd_principal *who,
					const struct ohtd_credentials *credentials, const struct ohtd_secret *pin, struct ohtd_grant *grant)
{
	struct pin_put put = { auth, who, { .user_id = who->user_id, .made_s = ohtd_clock_wall_s(auth->clock) } };
	struct ohtd_user user = { 0 };
	enum ohtd_auth_result result = check_person(auth, who, credentials, &user, grant);
	int r;

	if (result != OHTD_AUTH_GRANTED)
		return result;
	r = ohtd_auth_pin_hash(pin->revealed, put.pin.hash, sizeof(put.pin.hash));
	r = r ? r : ohtd_store_call(auth->store, work_pin_put, &put);
	OPENSSL_cleanse(put.pin.hash, sizeof(put.pin.hash));
	if (r == -ESTALE)
		return OHTD_AUTH_CHANGED;
	if (r)
		return refused(grant, r);
	ohtd_auth_pin_ended(auth, who->user_id);
	ohtd_log(OHTD_LOG_NOTICE, "auth", "pin_set", "%s, from %s", who->user, credentials->address);
	return OHTD_AUTH_GRANTED;
}

/* 0, -ENOENT: it is wrong, or there is none; -EDQUOT: no try is left; or another negative errno. */
static int judge_pin(struct ohtd_auth *auth, struct ohtd_account_pin *pin, const char *typed)
{
	int r = ohtd_store_call(auth->store, work_pin_try, pin);
	bool right;

	if (r && r != -ENOENT && r != -EDQUOT)
		return r;
	right = ohtd_password_matches(typed, r ? NULL : pin->hash);
	return r || right ? r : -ENOENT;
}

/*
 * The elevation before the second look at the PIN: what ends it meanwhile finds either that, or leaves no such row.
 * 0, -ESTALE: the session has ended, or its account has changed; or as ohtd_account_pin_right().
 */
static int elevate_by_pin(struct ohtd_auth *auth, const struct ohtd_principal *who, const struct ohtd_account_pin *pin, int64_t device)
{
	const int64_t now_ms = boot_ms(auth);
	const bool lives = ohtd_auth_live_elevate_by_pin(auth->live, who->session, who->user_id, who->epoch, now_ms, now_ms + OHTD_ELEVATED_MS, device);
	int r = ohtd_store_call(auth->store, work_pin_right, (void *)pin);

	if (r)
		ohtd_auth_pin_lower(auth, who);
	return r || lives ? r : -ESTALE;
}

enum ohtd_auth_result ohtd_auth_pin_elevate(struct ohtd_auth *auth, const struct ohtd_principal *who,
					    const struct ohtd_credentials *credentials, int64_t device, struct ohtd_grant *grant)
{
	struct ohtd_account_pin pin = { .user_id = who->user_id };
	int r;

	if (!begin_attempt(auth, credentials, grant))
		return OHTD_AUTH_TOO_MANY;
	r = judge_pin(auth, &pin, credentials->password.revealed);
	r = r ? r : elevate_by_pin(auth, who, &pin, device);
	OPENSSL_cleanse(pin.hash, sizeof(pin.hash));
	/* A right PIN shows no password: it ends no wait for wrong passwords. */
	end_attempt(auth, credentials, r ? outcome_of(r) : OHTD_BACKOFF_UNJUDGED);
	if (r == -ENOENT || r == -EDQUOT)
		ohtd_log(OHTD_LOG_NOTICE, "auth", "pin_refused", "%s, from %s: %s", who->user, credentials->address,
			 r == -EDQUOT ? "no try is left" : "wrong, or none is set");
	if (r == -ESTALE)
		return OHTD_AUTH_CHANGED;
	if (r)
		return refused(grant, r);
	ohtd_log(OHTD_LOG_NOTICE, "auth", "elevated", "%s (%s) from %s, session %s, by the PIN, for %d s", who->user, ohtd_role_name(who->role),
		 credentials->address, who->session, OHTD_ELEVATED_MS / 1000);
	return OHTD_AUTH_GRANTED;
}

int64_t ohtd_auth_pin_ms(struct ohtd_auth *auth, const struct ohtd_principal *who)
{
	return ohtd_auth_live_pin_ms(auth->live, who->session, who->user_id, who->epoch, boot_ms(auth));
}

/* ---- elevation ---- */

static bool elevate_until(struct ohtd_auth *auth, const struct ohtd_principal *who, int64_t now_ms,
			  int64_t until_ms)
{
	return ohtd_live_elevate(auth->live, who->session, who->user_id, who->epoch, now_ms,
				 until_ms);
}

enum ohtd_auth_result ohtd_auth_elevate(struct ohtd_auth *auth, const struct ohtd_principal *who,
					const struct ohtd_credentials *credentials,
					struct ohtd_grant *grant)
{
	struct ohtd_user user = { 0 };
	enum ohtd_auth_result result = check_person(auth, who, credentials, &user, grant);
	int64_t now_ms;

	if (result == OHTD_AUTH_REFUSED)
		ohtd_log(OHTD_LOG_NOTICE, "auth", "elevation_refused", "%s, from %s", who->user, credentials->address);
	if (result != OHTD_AUTH_GRANTED)
		return result;
	if (user.pin_tried)
		forgive_pin(auth, user.id);
	now_ms = boot_ms(auth);
	/* A change of the account meanwhile has given it another epoch, or ended the session. */
	if (!elevate_until(auth, who, now_ms, now_ms + OHTD_ELEVATED_MS))
		return OHTD_AUTH_CHANGED;
	ohtd_log(OHTD_LOG_NOTICE, "auth", "elevated", "%s (%s) from %s, session %s, for %d s",
		 user.name, ohtd_role_name(user.role), credentials->address, who->session,
		 OHTD_ELEVATED_MS / 1000);
	return OHTD_AUTH_GRANTED;
}

void ohtd_auth_lower(struct ohtd_auth *auth, const struct ohtd_principal *who, const char *address)
{
	if (!ohtd_auth_elevated_ms(auth, who) && !ohtd_auth_pin_ms(auth, who))
		return;
	elevate_until(auth, who, boot_ms(auth), 0);
	ohtd_auth_pin_lower(auth, who);
	ohtd_log(OHTD_LOG_NOTICE, "auth", "elevation_ended", "%s, session %s, from %s", who->user,
		 who->session, address);
}

int64_t ohtd_auth_elevated_ms(struct ohtd_auth *auth, const struct ohtd_principal *who)
{
	return ohtd_live_elevated_ms(auth->live, who->session, who->user_id, who->epoch,
				     boot_ms(auth));
}

/* ---- the second factor, by its own account ---- */

static void tell_order(struct ohtd_auth *auth, const struct ohtd_principal *who, const struct ohtd_credentials *credentials,
		       const struct ohtd_auth_second_order *order)
{
	static const char *const words[] = {
		[OHTD_AUTH_SECOND_ENROL] = "second_factor_begun", [OHTD_AUTH_SECOND_CONFIRM] = "second_factor_on",
		[OHTD_AUTH_SECOND_RENEW] = "recovery_codes_drawn", [OHTD_AUTH_SECOND_REMOVE] = "second_factor_off",
	};

	ohtd_log(OHTD_LOG_NOTICE, "auth", words[order->act], "%s, from %s", who->user, credentials->address);
	if (order->raised)
		ohtd_auth_live_raise_all(auth->live, who->user_id, order->act == OHTD_AUTH_SECOND_CONFIRM ? who->session : NULL, order->raised);
	if (order->act == OHTD_AUTH_SECOND_CONFIRM)
		ohtd_auth_pin_ended(auth, who->user_id);
	if (order->act == OHTD_AUTH_SECOND_CONFIRM || order->act == OHTD_AUTH_SECOND_REMOVE)
		ohtd_auth_live_note_second(auth->live, who->user_id, order->act == OHTD_AUTH_SECOND_CONFIRM);
}

struct second_work {
	struct ohtd_auth *auth;
	const struct ohtd_principal *who;
	struct ohtd_auth_second_order *order;
};

/* A session that has ended while its order waited gives none. */
static int work_second(struct ohtd_db *db, void *arg)
{
	const struct second_work *work = arg;

	return ohtd_auth_lives(work->auth, work->who) ? ohtd_auth_second_work(db, work->order) : -ESTALE;
}

enum ohtd_auth_result ohtd_auth_second(struct ohtd_auth *auth, const struct ohtd_principal *who,
				       const struct ohtd_credentials *credentials,
				       struct ohtd_auth_second_order *order, struct ohtd_grant *grant)
{
	struct second_work work = { auth, who, order };
	struct ohtd_user user = { .id = who->user_id };
	int r = 0;

	if (!begin_attempt(auth, credentials, grant))
		return OHTD_AUTH_TOO_MANY;
	if (order->act != OHTD_AUTH_SECOND_CONFIRM)
		r = match(auth, credentials, &user);
	if (r) {
		end_attempt(auth, credentials, outcome_of(r));
		return refused(grant, r);
	}
	order->epoch = who->epoch;
	order->keep = who->session;
	begin_second(auth, credentials, who->user_id, &order->try);
	r = user.id == who->user_id ? ohtd_store_call(auth->store, work_second, &work) : -ESTALE;
	end_attempt(auth, credentials, outcome_of_second(r, order->try.result));
	if (r == -ESTALE)
		return OHTD_AUTH_CHANGED;
	if (r)
		return refused(grant, r == -ENOENT ? -ENODATA : r);
	if (!tell_second(&order->try, who->user, credentials->address))
		return refused_code(grant, &order->try);
	tell_order(auth, who, credentials, order);
	return OHTD_AUTH_GRANTED;
}

/* ---- renewal ---- */

bool ohtd_auth_renewal_begin(struct ohtd_auth *auth, const struct ohtd_secret *token,
			     struct ohtd_renewal *renewal)
{
	memset(renewal, 0, sizeof(*renewal));
	renewal->now_s = ohtd_clock_wall_s(auth->clock);
	renewal->now_boot_ms = boot_ms(auth);
	renewal->again_ms = OHTD_REFRESH_AGAIN_MS;
	renewal->life_ms = LIFE_MS;
	renewal->boot_id = ohtd_tokens_boot_id(auth->tokens);
	if (!ohtd_refresh_token_read(auth->tokens, token, renewal->id, &renewal->generation))
		return false;
	renewal->again_until_boot_ms = ohtd_live_again_until_ms(auth->live, renewal->id, &renewal->again_epoch);
	renewal->ahead = ohtd_live_find_ahead(auth->live, renewal->id, &renewal->session);
	return true;
}

enum ohtd_auth_result ohtd_auth_renewal_end(struct ohtd_auth *auth,
					    struct ohtd_renewal *renewal, int r,
					    struct ohtd_grant *grant)
{
	bool unwritten = is_done_without(r);

	memset(grant, 0, sizeof(*grant));
	if (unwritten)
		r = ohtd_live_renew(auth->live, renewal);
	if (!r && renewal->result == OHTD_REUSED) {
		if (unwritten)
			ohtd_live_end(auth->live, renewal->id, 0);
		else
			ohtd_live_forget(auth->live, renewal->id);
		ohtd_log(OHTD_LOG_WARNING, "auth", "refresh_reused",
			 "a spent refresh token of %s came again: session ended", renewal->user.name);
		r = -ENOENT;
	}
	if (r)
		return refused(grant, r);
	/* The disk may have taken longer than the time that the client has to try again. */
	if (renewal->result == OHTD_RENEWED && !unwritten &&
	    !ohtd_live_renewed(auth->live, &renewal->session, boot_ms(auth) + OHTD_REFRESH_AGAIN_MS)) {
		/* The renewal of a session without a row writes one, also behind a log-out. */
		ohtd_live_bury(auth->live, renewal->id, renewal->session.user_id);
		return refused(grant, -ENOENT);
	}
	return grant_for(auth, &renewal->user, &renewal->session, grant);
}

/* ---- what a full disk did not take ---- */

static int work_keep(struct ohtd_db *db, void *arg)
{
	struct keeping *kept = arg;
	int r = kept->ended ? ohtd_db_session_end(db, kept->session.id, 0) :
			      ohtd_db_session_put(db, &kept->session);

	kept->gone = r == -ENOENT || (!r && kept->ended);
	return kept->gone ? 0 : r;
}

static void settle(struct ohtd_auth *auth, struct keeping *kept)
{
	if (ohtd_outbox_take(&auth->outbox) != OHTD_OUTBOX_KEPT)
		return;
	if (kept->gone)
		ohtd_live_forget(auth->live, kept->session.id);
	else if (!ohtd_live_written(auth->live, &kept->session))
		/* It ended while its row was written. */
		ohtd_live_bury(auth->live, kept->session.id, kept->session.user_id);
}

static int work_note(struct ohtd_db *db, void *key)
{
	return ohtd_account_key_note(db, key);
}

/* What a full disk does not take of the uses of keys is written an hour later. */
static void keep_keys(struct ohtd_auth *auth)
{
	ohtd_outbox_take(&auth->key_outbox);
	if (ohtd_outbox_is_free(&auth->key_outbox) && ohtd_auth_keys_due(auth->keys, &auth->key_noted))
		ohtd_outbox_send(&auth->key_outbox, work_note, &auth->key_noted);
}

void ohtd_auth_keep(struct ohtd_auth *auth)
{
	struct keeping *kept = &auth->kept;
	struct ohtd_store_view view;

	settle(auth, kept);
	keep_keys(auth);
	ohtd_store_look(auth->store, &view);
	if (!ohtd_outbox_is_free(&auth->outbox) || view.state ||
	    !ohtd_live_find_ahead(auth->live, NULL, &kept->session))
		return;
	kept->ended = !kept->session.epoch;
	ohtd_outbox_send(&auth->outbox, work_keep, kept);
}

/* ---- ends ---- */

bool ohtd_auth_end(struct ohtd_auth *auth, const char *id, int64_t user_id)
{
	return ohtd_live_end(auth->live, id, user_id);
}

void ohtd_auth_gone(struct ohtd_auth *auth, const char *id)
{
	ohtd_live_forget(auth->live, id);
}

void ohtd_auth_changed(struct ohtd_auth *auth, const struct ohtd_user *user, bool deleted)
{
	ohtd_live_end_user(auth->live, user->id, user->epoch);
	ohtd_auth_pin_ended(auth, user->id);
	if (ohtd_auth_keys_account(auth->keys, user, deleted))
		ohtd_log(OHTD_LOG_ERROR, "auth", "out_of_memory", "keys of %s are as before until a restart", user->name);
}

int ohtd_auth_sessions(struct ohtd_auth *auth, int64_t user_id, struct ohtd_session *sessions,
		       int max)
{
	return ohtd_live_list(auth->live, user_id, boot_ms(auth), sessions, max);
}
