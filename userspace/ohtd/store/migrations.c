// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/db_private.h"

#include <stddef.h>

/*
 * Forward only, one transaction each. What has been released is never edited; a change is a new
 * entry. Times are wall-clock seconds; *_boot_s are CLOCK_BOOTTIME seconds and only mean something
 * together with boot_id.
 */
static const char *const migrations[OHTD_SCHEMA_VERSION] = {
	"CREATE TABLE schema_migrations ("
	"	version INTEGER PRIMARY KEY,"
	"	applied_s INTEGER NOT NULL"
	") STRICT;"
	"CREATE TABLE users ("
	"	id INTEGER PRIMARY KEY,"
	"	name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (length(name) BETWEEN 1 AND 64),"
	"	role INTEGER NOT NULL CHECK (role BETWEEN 1 AND 4),"
	"	password_hash TEXT NOT NULL CHECK (length(password_hash) > 0),"
	"	disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),"
	"	created_s INTEGER NOT NULL"
	") STRICT;"
	"CREATE TABLE sessions ("
	"	id TEXT PRIMARY KEY,"
	"	user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
	"	refresh_hash BLOB NOT NULL UNIQUE CHECK (length(refresh_hash) = 32),"
	"	previous_hash BLOB CHECK (length(previous_hash) = 32),"
	"	address TEXT NOT NULL,"
	"	created_s INTEGER NOT NULL,"
	"	expires_s INTEGER NOT NULL,"
	"	boot_id TEXT NOT NULL,"
	"	expires_boot_s INTEGER NOT NULL,"
	"	revoked_s INTEGER"
	") STRICT;"
	"CREATE INDEX sessions_previous ON sessions (previous_hash);"
	"CREATE INDEX sessions_user ON sessions (user_id);",
};

const char *const ohtd_statements[OHTD_STATEMENTS] = {
	[OHTD_USER_FIND] =
		"SELECT id, name, role, password_hash, disabled FROM users WHERE name = :name",
	[OHTD_USER_ADD] =
		"INSERT INTO users (name, role, password_hash, created_s)"
		" VALUES (:name, :role, :hash, :now)",
	[OHTD_SESSION_ADD] =
		"INSERT INTO sessions (id, user_id, refresh_hash, address, created_s, expires_s,"
		" boot_id, expires_boot_s) VALUES (:id, :user, :hash, :address, :now, :expires,"
		" :boot, :expires_boot)",
	[OHTD_SESSION_FIND] =
		"SELECT s.id, s.expires_s, s.boot_id, s.expires_boot_s, s.revoked_s IS NOT NULL,"
		" s.refresh_hash = :hash, u.id, u.name, u.role, u.disabled"
		" FROM sessions s JOIN users u ON u.id = s.user_id"
		" WHERE s.refresh_hash = :hash OR s.previous_hash = :hash",
	[OHTD_SESSION_ROTATE] =
		"UPDATE sessions SET previous_hash = refresh_hash, refresh_hash = :new"
		" WHERE refresh_hash = :old AND revoked_s IS NULL",
	[OHTD_SESSION_REVOKE] =
		"UPDATE sessions SET revoked_s = :now WHERE id = :id AND revoked_s IS NULL",
	[OHTD_SESSION_REVOKED] =
		"SELECT id FROM sessions WHERE revoked_s IS NOT NULL ORDER BY revoked_s DESC"
		" LIMIT :limit",
	[OHTD_SESSION_EXPIRE] =
		"DELETE FROM sessions WHERE user_id = :user AND id NOT IN (SELECT id FROM sessions"
		" WHERE user_id = :user ORDER BY created_s DESC, rowid DESC LIMIT :keep)",
};

static int note_version(struct ohtd_db *db, int version, long long now_s)
{
	char *sql = sqlite3_mprintf("INSERT INTO schema_migrations VALUES (%d, %lld);"
				    "PRAGMA application_id = %d;", version, now_s,
				    OHTD_APPLICATION_ID);
	int r = sql ? sqlite3_exec(db->sql, sql, NULL, NULL, NULL) : SQLITE_NOMEM;

	sqlite3_free(sql);
	return r;
}

/* Asked inside the transaction: another process may have been faster. */
static int present_version(struct ohtd_db *db)
{
	if (!ohtd_db_number(db, "SELECT count(*) FROM sqlite_schema"))
		return 0;
	return ohtd_db_number(db, "SELECT max(version) FROM schema_migrations");
}

static int apply_next(struct ohtd_db *db, long long now_s)
{
	int version = present_version(db);
	int r;

	if (version < 0)
		return SQLITE_ERROR;
	if (version >= OHTD_SCHEMA_VERSION)
		return SQLITE_OK;
	r = sqlite3_exec(db->sql, migrations[version], NULL, NULL, NULL);
	return r == SQLITE_OK ? note_version(db, version + 1, now_s) : r;
}

int ohtd_db_migrate(struct ohtd_db *db, long long now_s)
{
	int r = SQLITE_OK;

	for (int i = 0; r == SQLITE_OK && i < OHTD_SCHEMA_VERSION; i++) {
		r = sqlite3_exec(db->sql, "BEGIN IMMEDIATE", NULL, NULL, NULL);
		if (r == SQLITE_OK)
			r = apply_next(db, now_s);
		if (r == SQLITE_OK)
			r = sqlite3_exec(db->sql, "COMMIT", NULL, NULL, NULL);
		if (r != SQLITE_OK)
			sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	}
	return r;
}
