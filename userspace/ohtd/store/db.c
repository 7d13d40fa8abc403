// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/db_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS		5000

int ohtd_db_errno(int result)
{
	switch (result & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return -EROFS;
	case SQLITE_NOMEM:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

sqlite3_stmt *ohtd_db_statement(struct ohtd_db *db, enum ohtd_statement which)
{
	sqlite3_reset(db->statements[which]);
	sqlite3_clear_bindings(db->statements[which]);
	return db->statements[which];
}

int ohtd_db_run(sqlite3_stmt *statement)
{
	int r = sqlite3_step(statement);

	sqlite3_reset(statement);
	return ohtd_db_errno(r);
}

int ohtd_db_begin(struct ohtd_db *db)
{
	return ohtd_db_errno(sqlite3_exec(db->sql, "BEGIN IMMEDIATE", NULL, NULL, NULL));
}

int ohtd_db_end(struct ohtd_db *db, int result)
{
	if (!result)
		result = ohtd_db_errno(sqlite3_exec(db->sql, "COMMIT", NULL, NULL, NULL));
	/* Some errors have undone it already. */
	if (result && !sqlite3_get_autocommit(db->sql))
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	return result;
}

void ohtd_db_bind_text(sqlite3_stmt *s, const char *name, const char *text)
{
	sqlite3_bind_text(s, sqlite3_bind_parameter_index(s, name), text, -1, SQLITE_TRANSIENT);
}

void ohtd_db_bind_number(sqlite3_stmt *s, const char *name, int64_t number)
{
	sqlite3_bind_int64(s, sqlite3_bind_parameter_index(s, name), number);
}

void ohtd_db_take_text(sqlite3_stmt *s, int column, char *to, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	snprintf(to, size, "%s", text ? text : "");
}

/* Makes the file with mode 0600 from its first moment, and refuses one that others may read. */
static int check_file(const char *path, char *why, size_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	close(fd);
	if (!S_ISREG(st.st_mode)) {
		snprintf(why, size, "%s: not a regular file", path);
		return -1;
	}
	if (st.st_mode & 077) {
		snprintf(why, size, "%s: mode %04o lets others in, must be 0600", path,
			 (unsigned int)st.st_mode & 07777);
		return -1;
	}
	return 0;
}

int ohtd_db_number(struct ohtd_db *db, const char *sql)
{
	sqlite3_stmt *statement;
	int value = -1;

	if (sqlite3_prepare_v2(db->sql, sql, -1, &statement, NULL) != SQLITE_OK)
		return -1;
	if (sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

/* Version of the schema in the file, 0 for an empty one, -1 with @why filled if it is not ours. */
static int read_version(struct ohtd_db *db, const char *path, char *why, size_t size)
{
	int tables = ohtd_db_number(db, "SELECT count(*) FROM sqlite_schema");
	int id = tables < 0 ? -1 : ohtd_db_number(db, "PRAGMA application_id");
	int version;

	if (tables < 0) {
		snprintf(why, size, "%s: %s", path, sqlite3_errmsg(db->sql));
		return -1;
	}
	if (!tables && !id)
		return 0;
	if (id != OHTD_APPLICATION_ID) {
		snprintf(why, size, "%s: database of another program (application id 0x%08x)",
			 path, (unsigned int)id);
		return -1;
	}
	version = ohtd_db_number(db, "SELECT max(version) FROM schema_migrations");
	if (version < 1)
		snprintf(why, size, "%s: no schema version in it", path);
	else if (version > OHTD_SCHEMA_VERSION)
		snprintf(why, size, "%s: schema %d is newer than this program's %d", path, version,
			 OHTD_SCHEMA_VERSION);
	return version >= 1 && version <= OHTD_SCHEMA_VERSION ? version : -1;
}

/* A file of its own with mode 0600, which VACUUM then fills. */
static int make_backup_file(const char *path)
{
	int fd;

	unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	return close(fd);
}

/* The database as it is before a migration, beside it: PATH.v1 */
static int back_up(struct ohtd_db *db, const char *path, int version)
{
	char *copy = sqlite3_mprintf("%s.v%d", path, version);
	char *sql = sqlite3_mprintf("VACUUM INTO %Q", copy);
	int r = copy && sql ? SQLITE_OK : SQLITE_NOMEM;

	if (r == SQLITE_OK && make_backup_file(copy))
		r = SQLITE_CANTOPEN;
	if (r == SQLITE_OK)
		r = sqlite3_exec(db->sql, sql, NULL, NULL, NULL);
	if (r != SQLITE_OK && copy)
		unlink(copy);
	sqlite3_free(sql);
	sqlite3_free(copy);
	return r;
}

static int set_up(struct ohtd_db *db, long long now_s)
{
	int r = sqlite3_exec(db->sql,
			     "PRAGMA journal_mode = WAL;"
			     "PRAGMA synchronous = FULL;"
			     "PRAGMA foreign_keys = ON;"
			     "PRAGMA trusted_schema = OFF;", NULL, NULL, NULL);

	if (r == SQLITE_OK)
		r = ohtd_db_migrate(db, now_s);
	for (int i = 0; r == SQLITE_OK && i < OHTD_STATEMENTS; i++)
		r = sqlite3_prepare_v3(db->sql, ohtd_statements[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &db->statements[i], NULL);
	return r;
}

static int open_checked(struct ohtd_db *db, const char *path, long long now_s, char *why,
			size_t size)
{
	int version;

	if (sqlite3_open_v2(path, &db->sql, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL)) {
		snprintf(why, size, "%s: %s", path, sqlite3_errmsg(db->sql));
		return -1;
	}
	sqlite3_busy_timeout(db->sql, BUSY_MS);
	/* Until the file is known to be ours, closing must not fold its log into it. */
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	version = read_version(db, path, why, size);
	if (version < 0)
		return -1;
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	if (version && version < OHTD_SCHEMA_VERSION && back_up(db, path, version)) {
		snprintf(why, size, "%s: no backup before the migration: %s", path,
			 sqlite3_errmsg(db->sql));
		return -1;
	}
	if (set_up(db, now_s) != SQLITE_OK) {
		snprintf(why, size, "%s: %s", path, sqlite3_errmsg(db->sql));
		return -1;
	}
	return 0;
}

int ohtd_db_open(struct ohtd_db **db, const char *path, long long now_s, char *why, size_t size)
{
	*db = NULL;
	if (check_file(path, why, size))
		return -1;
	*db = calloc(1, sizeof(**db));
	if (!*db) {
		snprintf(why, size, "%s: out of memory", path);
		return -1;
	}
	if (open_checked(*db, path, now_s, why, size)) {
		ohtd_db_close(*db);
		*db = NULL;
		return -1;
	}
	return 0;
}

void ohtd_db_close(struct ohtd_db *db)
{
	if (!db)
		return;
	for (int i = 0; i < OHTD_STATEMENTS; i++)
		sqlite3_finalize(db->statements[i]);
	sqlite3_close(db->sql);
	free(db);
}
