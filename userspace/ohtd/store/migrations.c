// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/db_private.h"

#include <stddef.h>
#include <stdio.h>

/*
 * Forward only, all that are missing in one transaction. What has been released is never edited; a change is a new
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

	/* Numbers of 64 bits without a sign (device, causes, tag) are kept as those with one. */
	"CREATE TABLE journal_sources ("
	"	id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	boot_id TEXT NOT NULL,"
	"	device INTEGER NOT NULL,"
	"	UNIQUE (boot_id, device)"
	") STRICT;"
	"CREATE TABLE journal ("
	"	source INTEGER NOT NULL REFERENCES journal_sources (id),"
	"	seq INTEGER NOT NULL CHECK (seq > 0),"
	"	missing INTEGER NOT NULL CHECK (missing >= 0),"
	"	wall_ns INTEGER NOT NULL,"
	"	event_ns INTEGER NOT NULL,"
	"	low_ns INTEGER NOT NULL,"
	"	kind INTEGER NOT NULL,"
	"	cause INTEGER NOT NULL,"
	"	causes INTEGER NOT NULL,"
	"	state_from INTEGER NOT NULL,"
	"	state_to INTEGER NOT NULL,"
	"	inputs INTEGER NOT NULL,"
	"	outputs INTEGER NOT NULL,"
	"	tag INTEGER NOT NULL,"
	"	tgid INTEGER NOT NULL,"
	"	PRIMARY KEY (source, seq)"
	") STRICT, WITHOUT ROWID;"
	/* Processes that were an ohtd: tells whose tags are users. */
	"CREATE TABLE daemon_runs ("
	"	boot_id TEXT NOT NULL,"
	"	tgid INTEGER NOT NULL,"
	"	PRIMARY KEY (boot_id, tgid)"
	") STRICT, WITHOUT ROWID;",
};

const char *const ohtd_statements[OHTD_STATEMENTS] = {
	[OHTD_USER_FIND] =
		"SELECT id, name, role, password_hash, disabled FROM users WHERE name = :name",
	[OHTD_USER_ADD] =
		"INSERT INTO users (name, role, password_hash, created_s)"
		" VALUES (:name, :role, :hash, :now)",
	[OHTD_USER_GET] =
		"SELECT id, name, role, disabled, created_s FROM users WHERE id = :id",
	[OHTD_USER_LIST] =
		"SELECT id, name, role, disabled, created_s FROM users WHERE id > :after"
		" ORDER BY id LIMIT :limit",
	[OHTD_USER_CHANGE] =
		"UPDATE users SET role = :role, disabled = :disabled,"
		" password_hash = coalesce(:hash, password_hash) WHERE id = :id",
	[OHTD_USER_OTHER_ADMINS] =
		"SELECT count(*) FROM users WHERE role = 4 AND NOT disabled AND id <> :id",
	[OHTD_USER_SESSIONS] =
		"SELECT id FROM sessions WHERE user_id = :id AND revoked_s IS NULL LIMIT :limit",
	[OHTD_USER_SESSIONS_END] =
		"UPDATE sessions SET revoked_s = :now WHERE user_id = :id AND revoked_s IS NULL",
	/* Not for an account that has changed since its password was looked at. */
	[OHTD_SESSION_ADD] =
		"INSERT INTO sessions (id, user_id, refresh_hash, address, created_s, expires_s,"
		" boot_id, expires_boot_s) SELECT :id, u.id, :hash, :address, :now, :expires,"
		" :boot, :expires_boot FROM users u WHERE u.id = :user AND NOT u.disabled"
		" AND u.role = coalesce(:role, u.role)"
		" AND u.password_hash = coalesce(:known, u.password_hash)",
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
	[OHTD_JOURNAL_SOURCE_ADD] =
		"INSERT INTO journal_sources (boot_id, device) VALUES (:boot, :device)"
		" ON CONFLICT DO NOTHING",
	/* Nothing is ever added behind the newest, so the newest says what is there. */
	[OHTD_JOURNAL_SOURCE_FIND] =
		"SELECT id, coalesce((SELECT seq + max(missing, 1) FROM journal"
		" WHERE source = id ORDER BY seq DESC LIMIT 1), 1)"
		" FROM journal_sources WHERE boot_id = :boot AND device = :device",
	[OHTD_JOURNAL_RUN_ADD] =
		"INSERT INTO daemon_runs (boot_id, tgid) VALUES (:boot, :tgid)"
		" ON CONFLICT DO NOTHING",
	[OHTD_JOURNAL_ADD] =
		"INSERT INTO journal (source, seq, missing, wall_ns, event_ns, low_ns, kind, cause,"
		" causes, state_from, state_to, inputs, outputs, tag, tgid) VALUES (:source, :seq,"
		" :missing, :wall, :event, :low, :kind, :cause, :causes, :from, :to, :inputs,"
		" :outputs, :tag, :tgid) ON CONFLICT (source, seq) DO NOTHING",
	[OHTD_JOURNAL_LIST] =
		"SELECT j.source, j.seq, j.missing, j.wall_ns, j.event_ns, j.low_ns, j.kind,"
		" j.cause, j.causes, j.state_from, j.state_to, j.inputs, j.outputs, j.tag, j.tgid,"
		" s.boot_id, s.device, r.tgid IS NOT NULL, u.name"
		" FROM journal j JOIN journal_sources s ON s.id = j.source"
		" LEFT JOIN daemon_runs r ON r.boot_id = s.boot_id AND r.tgid = j.tgid"
		" LEFT JOIN users u ON u.id = j.tag AND r.tgid IS NOT NULL"
		" WHERE (j.source, j.seq) < (:source, :seq)"
		" AND (:kind < 0 OR j.kind = :kind) AND (:cause < 0 OR j.cause = :cause)"
		" ORDER BY j.source DESC, j.seq DESC LIMIT :limit",
};

/*
 * After a repair. What refers to a row that was lost: sessions go with their user; an entry of the
 * journal is worth more than its source, which is then one of its own. Entries that were lost
 * become gaps, as those that were never read; the state is that of the entry behind.
 */
const char ohtd_mend_sql[] =
	"DELETE FROM sessions WHERE user_id NOT IN (SELECT id FROM users);"
	"INSERT INTO journal_sources (id, boot_id, device) SELECT DISTINCT source, 'lost', source"
	" FROM journal WHERE source NOT IN (SELECT id FROM journal_sources);"
	"INSERT INTO journal (source, seq, missing, wall_ns, event_ns, low_ns, kind, cause, causes,"
	" state_from, state_to, inputs, outputs, tag, tgid)"
	" SELECT source, next, seq - next, wall_ns, event_ns, 0, 0, 0, 0, state_from, state_from,"
	" inputs, outputs, 0, 0 FROM (SELECT *, lag(seq + max(missing, 1), 1, 1)"
	" OVER (PARTITION BY source ORDER BY seq) AS next FROM journal) WHERE seq > next;";

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

static int apply_all(struct ohtd_db *db, int *version, long long now_s)
{
	int r = SQLITE_OK;

	*version = present_version(db);
	if (*version < 0)
		return SQLITE_ERROR;
	while (r == SQLITE_OK && *version < OHTD_SCHEMA_VERSION) {
		r = sqlite3_exec(db->sql, migrations[*version], NULL, NULL, NULL);
		if (r == SQLITE_OK)
			r = note_version(db, ++*version, now_s);
	}
	return r;
}

int ohtd_db_migrate(struct ohtd_db *db, const char *path, long long now_s, char *why, size_t size)
{
	int version = 0, r = sqlite3_exec(db->sql, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (r == SQLITE_OK)
		r = apply_all(db, &version, now_s);
	if (r == SQLITE_OK)
		r = sqlite3_exec(db->sql, "COMMIT", NULL, NULL, NULL);
	if (r == SQLITE_OK)
		return 0;
	snprintf(why, size, "%s: the migration has failed at schema %d, nothing was changed: %s", path,
		 version, sqlite3_errmsg(db->sql));
	sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}
