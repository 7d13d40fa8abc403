// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/users.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/db_private.h"

static void bind_text(sqlite3_stmt *s, const char *name, const char *text)
{
	sqlite3_bind_text(s, sqlite3_bind_parameter_index(s, name), text, -1, SQLITE_TRANSIENT);
}

static void bind_number(sqlite3_stmt *s, const char *name, int64_t number)
{
	sqlite3_bind_int64(s, sqlite3_bind_parameter_index(s, name), number);
}

static void bind_hash(sqlite3_stmt *s, const char *name, const unsigned char *hash)
{
	sqlite3_bind_blob(s, sqlite3_bind_parameter_index(s, name), hash, OHTD_REFRESH_HASH_BYTES,
			  SQLITE_TRANSIENT);
}

static void take_text(sqlite3_stmt *s, int column, char *to, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	snprintf(to, size, "%s", text ? text : "");
}

int ohtd_db_user_find(struct ohtd_db *db, struct ohtd_user *user)
{
	sqlite3_stmt *s = ohtd_db_statement(db, OHTD_USER_FIND);
	int r;

	bind_text(s, ":name", user->name);
	r = sqlite3_step(s);
	if (r == SQLITE_ROW) {
		user->id = sqlite3_column_int64(s, 0);
		take_text(s, 1, user->name, sizeof(user->name));
		user->role = sqlite3_column_int(s, 2);
		take_text(s, 3, user->password_hash, sizeof(user->password_hash));
		user->disabled = sqlite3_column_int(s, 4);
	}
	sqlite3_reset(s);
	return r == SQLITE_DONE ? -ENOENT : ohtd_db_errno(r);
}

int ohtd_db_user_add(struct ohtd_db *db, const struct ohtd_user *user, int64_t now_s)
{
	sqlite3_stmt *s = ohtd_db_statement(db, OHTD_USER_ADD);

	bind_text(s, ":name", user->name);
	bind_number(s, ":role", user->role);
	bind_text(s, ":hash", user->password_hash);
	bind_number(s, ":now", now_s);
	return ohtd_db_run(s);
}

static int insert_session(struct ohtd_db *db, const struct ohtd_session *session)
{
	sqlite3_stmt *s = ohtd_db_statement(db, OHTD_SESSION_ADD);

	bind_text(s, ":id", session->id);
	bind_number(s, ":user", session->user_id);
	bind_hash(s, ":hash", session->refresh_hash);
	bind_text(s, ":address", session->address);
	bind_number(s, ":now", session->created_s);
	bind_number(s, ":expires", session->expires_s);
	bind_text(s, ":boot", session->boot_id);
	bind_number(s, ":expires_boot", session->expires_boot_s);
	return ohtd_db_run(s);
}

static int drop_oldest(struct ohtd_db *db, int64_t user_id)
{
	sqlite3_stmt *s = ohtd_db_statement(db, OHTD_SESSION_EXPIRE);

	bind_number(s, ":user", user_id);
	bind_number(s, ":keep", OHTD_SESSIONS_PER_USER);
	return ohtd_db_run(s);
}

int ohtd_db_session_add(struct ohtd_db *db, const struct ohtd_session *session)
{
	int r = ohtd_db_errno(sqlite3_exec(db->sql, "BEGIN IMMEDIATE", NULL, NULL, NULL));

	if (!r)
		r = insert_session(db, session);
	if (!r)
		r = drop_oldest(db, session->user_id);
	if (!r)
		r = ohtd_db_errno(sqlite3_exec(db->sql, "COMMIT", NULL, NULL, NULL));
	if (r)
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

int ohtd_db_session_find(struct ohtd_db *db, struct ohtd_session *session, struct ohtd_user *user)
{
	sqlite3_stmt *s = ohtd_db_statement(db, OHTD_SESSION_FIND);
	int r;

	bind_hash(s, ":hash", session->refresh_hash);
	r = sqlite3_step(s);
	if (r == SQLITE_ROW) {
		take_text(s, 0, session->id, sizeof(session->id));
		session->expires_s = sqlite3_column_int64(s, 1);
		take_text(s, 2, session->boot_id, sizeof(session->boot_id));
		session->expires_boot_s = sqlite3_column_int64(s, 3);
		session->revoked = sqlite3_column_int(s, 4);
		session->superseded = !sqlite3_column_int(s, 5);
		session->user_id = user->id = sqlite3_column_int64(s, 6);
		take_text(s, 7, user->name, sizeof(user->name));
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

	bind_text(s, ":id", id);
	bind_number(s, ":now", now_s);
	return ohtd_db_run(s);
}

int ohtd_db_sessions_revoked(struct ohtd_db *db, char (*ids)[OHTD_SESSION_ID_BYTES], int max)
{
	sqlite3_stmt *s = ohtd_db_statement(db, OHTD_SESSION_REVOKED);
	int r, count = 0;

	bind_number(s, ":limit", max);
	while ((r = sqlite3_step(s)) == SQLITE_ROW && count < max)
		take_text(s, 0, ids[count++], OHTD_SESSION_ID_BYTES);
	sqlite3_reset(s);
	return r == SQLITE_DONE || r == SQLITE_ROW ? count : ohtd_db_errno(r);
}
