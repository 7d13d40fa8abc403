// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <crypt.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>

#include "auth/accounts.h"
#include "auth/live.h"
#include "auth/session.h"
#include "base/clock.h"
#include "store/db.h"
#include "store/schema.h"
#include "store/store.h"
#include "session_fixture.h"
#include "store_fixture.h"

static const unsigned char key[OHTD_TOKEN_KEY_BYTES] = "0123456789abcdef0123456789abcde";

struct ohtd_manual_clock manual;
struct ohtd_clock wall;
struct ohtd_store *store;
struct ohtd_tokens *tokens;
struct ohtd_auth *auth;
int64_t anna_id;

/* ---- the C library's, at a cost that a test can bear; and how often ---- */

atomic_uint hashes;
char hashed_by[8];
void (*meanwhile)(void);

char *crypt_rn(const char *phrase, const char *setting, void *data, int size)
{
	static char *(*real)(const char *, const char *, void *, int);
	void (*act)(void) = meanwhile;
	char cheap[64];

	meanwhile = NULL;
	if (act)
		act();
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "crypt_rn");
	atomic_fetch_add(&hashes, 1);
	snprintf(hashed_by, sizeof(hashed_by), "%s", setting);
	snprintf(cheap, sizeof(cheap), "%s", setting);
	memcpy(cheap + 4, "04", 2);
	return real(phrase, cheap, data, size);
}

/* ---- the fixture ---- */

void session_start(void)
{
	ohtd_clock_init(&wall, &ohtd_clock_manual, &manual, 0);
	store = ohtd_store_start(store_open_db());
	tokens = ohtd_tokens_create(key, sizeof(key), &wall);
	auth = ohtd_auth_create(store, tokens, &wall, key);
	assert_non_null(auth);
}

void session_stop(void)
{
	/* What is away there is of the sessions. */
	ohtd_store_stop(store);
	ohtd_auth_destroy(auth);
	ohtd_tokens_destroy(tokens);
}

void session_restart(void)
{
	session_stop();
	session_start();
}

/* The rows are then of another boot, whose clock says nothing. */
void session_reboot(uint64_t off_ns)
{
	session_stop();
	store_run_sql("UPDATE sessions SET boot_id = 'another'");
	atomic_store(&manual.now_ns, 5 * OHTD_NS_PER_S);
	atomic_fetch_add(&manual.realtime_ns, (int64_t)off_ns);
	session_start();
}

int session_hash(const char *text, char hash[OHTD_PASSWORD_HASH_MAX + 1])
{
	struct ohtd_password_new password = { .user = "" };

	ohtd_secret_set(&password.secret, text);
	return ohtd_password_hash(&password, hash, OHTD_PASSWORD_HASH_MAX + 1);
}

int session_set_up(void **state)
{
	struct ohtd_user user = { .name = "anna", .role = OHTD_ROLE_OPERATOR };
	struct ohtd_db *db;

	(void)state;
	if (store_folder_make())
		return -1;
	atomic_store(&manual.now_ns, 1000 * OHTD_NS_PER_S);
	atomic_store(&manual.realtime_ns, STORE_NOW_S * (int64_t)OHTD_NS_PER_S);
	db = store_open_db();
	session_hash("correct horse", user.password_hash);
	/* crypt() writes the cost that it was called with. */
	ohtd_db_user_add(db, &user, STORE_NOW_S);
	ohtd_db_user_find(db, &user);
	anna_id = user.id;
	ohtd_db_close(db);
	session_start();
	return 0;
}

int session_tear_down(void **state)
{
	(void)state;
	session_stop();
	return store_folder_remove();
}

struct ohtd_credentials credentials_of(const char *name, const char *password)
{
	struct ohtd_credentials credentials = { .address = "192.0.2.1", .agent = "test" };

	snprintf(credentials.username, sizeof(credentials.username), "%s", name);
	ohtd_secret_set(&credentials.password, password);
	return credentials;
}

enum ohtd_auth_result login_with(const char *password, struct ohtd_grant *grant)
{
	struct ohtd_credentials credentials = credentials_of("anna", password);

	return ohtd_auth_login(auth, &credentials, grant);
}

void login(struct ohtd_grant *grant)
{
	assert_int_equal(login_with("correct horse", grant), OHTD_AUTH_GRANTED);
}

static int work_renew(struct ohtd_db *db, void *renewal)
{
	return ohtd_db_session_renew(db, renewal);
}

enum ohtd_auth_result refresh_slowly(const struct ohtd_grant *from, struct ohtd_grant *grant, uint64_t disk_ns)
{
	struct ohtd_renewal renewal;
	int r;

	memset(grant, 0, sizeof(*grant));
	if (!ohtd_auth_renewal_begin(auth, &from->refresh_token, &renewal))
		return OHTD_AUTH_REFUSED;
	r = ohtd_store_call(store, work_renew, &renewal);
	ohtd_manual_clock_advance(&manual, disk_ns);
	return ohtd_auth_renewal_end(auth, &renewal, r, grant);
}

enum ohtd_auth_result refresh(const struct ohtd_grant *from, struct ohtd_grant *grant)
{
	return refresh_slowly(from, grant, 0);
}

enum ohtd_token_result check(const struct ohtd_grant *grant)
{
	struct ohtd_principal who;

	return ohtd_auth_check(auth, grant->access_token, "192.0.2.7", &who);
}

void forget(struct ohtd_grant *grants, int count)
{
	for (int i = 0; i < count; i++)
		free(grants[i].access_token);
}

static int work_end(struct ohtd_db *db, void *id)
{
	return ohtd_db_session_end(db, id, 0);
}

int end_session(const char *id, int64_t user_id)
{
	char copy[OHTD_SESSION_ID_BYTES];
	int r;

	if (!ohtd_auth_end(auth, id, user_id))
		return -ENOENT;
	snprintf(copy, sizeof(copy), "%s", id);
	r = ohtd_store_call(store, work_end, copy);
	if (!r || r == -ENOENT)
		ohtd_auth_gone(auth, copy);
	return r;
}

void order_change(struct ohtd_user_change change)
{
	struct ohtd_account_order order = { .act = OHTD_ACCOUNT_CHANGE, .by = "test",
					    .now_s = STORE_NOW_S, .change = change };

	order.change.id = anna_id;
	if (change.password_hash)
		snprintf(order.hash, sizeof(order.hash), "%s", change.password_hash);
	order.change.by_role = OHTD_ROLE_ADMINISTRATOR;
	assert_int_equal(ohtd_store_call(store, ohtd_account_work, &order), 0);
	ohtd_account_told(&order, auth, NULL);
}
