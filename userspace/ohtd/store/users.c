// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/users.h"

#include <errno.h>

#include "store/db_private.h"

static void bind_hash(sqlite3_stmt *s, const char *name, const unsigned char *hash)
{
	sqlite3_bind_blob(s, sqlite3_bind_parameter_index(s, name), hash, OHTD_REFRESH_HASH_BYTES,
			  SQLITE_TRANSIENT);
}

int ohtd_db_user_find(struct ohtd_db *db, struct ohtd_user *user)
{
	sqlite3_stmt *s = ohtd_db_statement(db, OHTD_USER_FIND);
	int r;

	ohtd_db_bind_text(s, ":name", user->name);
	r = sqlite3_step(s);
	if (r == SQLITE_ROW) {
		user->id = sqlite3_column_int64(s, 0);
		ohtd_db_take_text(s, 1, user->name, sizeof(user->name));
		user->role = sqlite3_column_int(s, 2);
		ohtd_db_take_text(s, 3, user->password_hash, sizeof(user->password_hash));
		user->disabled = sqlite3_column_int(s, 4);
	}
	sqlite3_reset(s);
	return r == SQLITE_DONE ? -ENOENT : ohtd_db_errno(r);
}

int ohtd_db_user_add(struct ohtd_db *db, const struct ohtd_user *user, int64_t now_s)
{
	sqlite3_stmt *s = ohtd_db_statement(db, OHTD_USER_ADD);

	ohtd_db_bind_text(s, ":name", user->name);
	ohtd_db_bind_number(s, ":role", user->role);
	ohtd_db_bind_text(s, ":hash", user->password_hash);
	ohtd_db_bind_number(s, ":now", now_s);
	return ohtd_db_run(s);
}

static int insert_session(struct ohtd_db *db, const struct ohtd_session *session)
{
	sqlite3_stmt *s = ohtd_db_statement(db, OHTD_SESSION_ADD);
	int r;

	ohtd_db_bind_text(s, ":id", session->id);
	ohtd_db_bind_number(s, ":user", session->user_id);
	bind_hash(s, ":hash", session->refresh_hash);
	ohtd_db_bind_text(s, ":address", session->address);
	ohtd_db_bind_number(s, ":now", session->created_s);
	ohtd_db_bind_number(s, ":expires", session->expires_s);
	ohtd_db_bind_text(s, ":boot", session->boot_id);
	ohtd_db_bind_number(s, ":expires_boot", session->expires_boot_s);
	if (session->as) {
		ohtd_db_bind_number(s, ":role", session->as->role);
		ohtd_db_bind_text(s, ":known", session->as->password_hash);
	}
	r = ohtd_db_run(s);
	return r ? r : sqlite3_changes(db->sql) ? 0 : -ENOENT;
}

static int drop_oldest(struct ohtd_db *db, int64_t user_id)
{
	sqlite3_stmt *s = ohtd_db_statement(db, OHTD_SESSION_EXPIRE);

	ohtd_db_bind_number(s, ":user", user_id);
	ohtd_db_bind_number(s, ":keep", OHTD_SESSIONS_PER_USER);
	return ohtd_db_run(s);
}

int ohtd_db_session_add(struct ohtd_db *db, const struct ohtd_session *session)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = insert_session(db, session);
	if (!r)
		r = drop_oldest(db, session->user_id);
	return ohtd_db_end(db, r);
}

int ohtd_db_session_find(struct ohtd_db *db, struct ohtd_session *session, struct ohtd_user *user)
{
	sqlite3_stmt *s = ohtd_db_statement(db, OHTD_SESSION_FIND);
	int r;

	bind_hash(s, ":hash", session->refresh_hash);
	r = sqlite3_step(s);
	if (r == SQLITE_ROW) {
		ohtd_db_take_text(s, 0, session->id, sizeof(session->id));
		session->expires_s = sqlite3_column_int64(s, 1);
		ohtd_db_take_text(s, 2, session->boot_id, sizeof(session->boot_id));
		session->expires_boot_s = sqlite3_column_int64(s, 3);
		session->revoked = sqlite3_column_int(s, 4);
		session->superseded = !sqlite3_column_int(s, 5);
		session->user_id = user->id = sqlite3_column_int64(s, 6);
		ohtd_db_take_text(s, 7, user->name, sizeof(user->name));
		user->role = sqlite3_column_int(s, 8);
		user->disabled = sqlite3_column_int(s, 9);
	}
	sqlite3_reset(s);
	return r == SQLITE_DONE ? -ENOENT : ohtd_db_errno(r);
}

int ohtd_db_session_rotate(struct ohtd_db *db, const unsigned char *old_hash,
			   const unsigned char *new_hash)
{
	sqlite3_stmt *s = ohtd_db_statement(db, OHTD_SESSION_ROTATE);
	int r;

	bind_hash(s, ":old", old_hash);
	bind_hash(s, ":new", new_hash);
	r = ohtd_db_run(s);
	return r ? r : sqlite3_changes(db->sql) ? 0 : -ENOENT;
}

int ohtd_db_session_revoke(struct ohtd_db *db, const char *id, int64_t now_s)
{
	sqlite3_stmt *s = ohtd_db_statement(db, OHTD_SESSION_REVOKE);

	ohtd_db_bind_text(s, ":id", id);
	ohtd_db_bind_number(s, ":now", now_s);
	return ohtd_db_run(s);
}

int ohtd_db_sessions_revoked(struct ohtd_db *db, char (*ids)[OHTD_SESSION_ID_BYTES], int max)
{
	sqlite3_stmt *s = ohtd_db_statement(db, OHTD_SESSION_REVOKED);
	int r, count = 0;

	ohtd_db_bind_number(s, ":limit", max);
	while ((r = sqlite3_step(s)) == SQLITE_ROW && count < max)
		ohtd_db_take_text(s, 0, ids[count++], OHTD_SESSION_ID_BYTES);
	sqlite3_reset(s);
	return r == SQLITE_DONE || r == SQLITE_ROW ? count : ohtd_db_errno(r);
}
