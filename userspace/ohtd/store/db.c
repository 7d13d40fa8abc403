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
#define WHY_BYTES	512
/* 8 MiB. A checkpoint synchronises twice, and whoever comes meanwhile waits for it: seldom. */
#define LOG_PAGES_MAX	2000
#define READER_CACHE	"-256"	/* KiB; there are few readers, and their questions are small */

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
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EUCLEAN;
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

static int run_text(struct ohtd_db *db, const char *sql)
{
	return ohtd_db_errno(sqlite3_exec(db->sql, sql, NULL, NULL, NULL));
}

bool ohtd_db_is_undone(const struct ohtd_db *db)
{
	return sqlite3_get_autocommit(db->sql);
}

/* Parts are named by their depth, so that one that could not begin does not undo the one around it. */
static int run_part(struct ohtd_db *db, const char *verb)
{
	char sql[48];

	snprintf(sql, sizeof(sql), "%s part%u", verb, db->depth);
	return run_text(db, sql);
}

int ohtd_db_begin(struct ohtd_db *db)
{
	int r = db->depth ? run_part(db, "SAVEPOINT") : run_text(db, "BEGIN IMMEDIATE");

	db->depth++;
	return r;
}

static int end_part(struct ohtd_db *db, int result)
{
	int r = 0;

	if (result)
		r = run_part(db, "ROLLBACK TO");
	if (!r)
		r = run_part(db, "RELEASE");
	return result ? result : r;
}

static int end_all(struct ohtd_db *db, int result)
{
	if (!result)
		result = run_text(db, "COMMIT");
	if (result && !ohtd_db_is_undone(db))
		run_text(db, "ROLLBACK");
	return result;
}

int ohtd_db_end(struct ohtd_db *db, int result)
{
	db->depth--;
	if (ohtd_db_is_undone(db))
		return result ? result : -EIO;
	return db->depth ? end_part(db, result) : end_all(db, result);
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

static int prepare_all(struct ohtd_db *db)
{
	int r = SQLITE_OK;

	for (int i = 0; r == SQLITE_OK && i < OHTD_STATEMENTS; i++)
		r = sqlite3_prepare_v3(db->sql, ohtd_statements[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &db->statements[i], NULL);
	return r;
}

/* Instead of SQLite's own checkpoint within a commit, for which somebody would wait. */
static int note_log_pages(void *arg, sqlite3 *sql, const char *name, int pages)
{
	struct ohtd_db *db = arg;

	(void)sql;
	(void)name;
	db->log_pages = pages;
	return SQLITE_OK;
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
	return r == SQLITE_OK ? prepare_all(db) : r;
}

static int open_handle(struct ohtd_db *db, const char *path, int flags, char *why, size_t size)
{
	snprintf(db->path, sizeof(db->path), "%s", path);
	if (sqlite3_open_v2(path, &db->sql, flags | SQLITE_OPEN_NOMUTEX, NULL)) {
		snprintf(why, size, "%s: %s", path, sqlite3_errmsg(db->sql));
		return -1;
	}
	sqlite3_extended_result_codes(db->sql, 1);
	sqlite3_busy_timeout(db->sql, BUSY_MS);
	/* Until the file is known to be ours, closing must not fold its log into it. */
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return 0;
}

static int open_checked(struct ohtd_db *db, const char *path, long long now_s, char *why,
			size_t size)
{
	int version;

	if (open_handle(db, path, SQLITE_OPEN_READWRITE, why, size))
		return -1;
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
	db->log_pages_max = LOG_PAGES_MAX;
	sqlite3_wal_hook(db->sql, note_log_pages, db);
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

int ohtd_db_open_reader(struct ohtd_db **reader, const struct ohtd_db *db)
{
	char why[WHY_BYTES];
	int r;

	*reader = calloc(1, sizeof(**reader));
	if (!*reader)
		return -ENOMEM;
	r = open_handle(*reader, db->path, SQLITE_OPEN_READONLY, why, sizeof(why)) ? -EIO : 0;
	if (!r)
		r = run_text(*reader, "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;"
				      "PRAGMA cache_size = " READER_CACHE ";");
	if (!r)
		r = ohtd_db_errno(prepare_all(*reader));
	if (r) {
		ohtd_db_close(*reader);
		*reader = NULL;
	}
	return r;
}

int ohtd_db_checkpoint(struct ohtd_db *db)
{
	int r = sqlite3_wal_checkpoint_v2(db->sql, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	/* A reader or another process is in the way: the next time then. */
	if (r == SQLITE_OK || (r & 0xff) == SQLITE_BUSY)
		db->log_pages = 0;
	return (r & 0xff) == SQLITE_BUSY ? 0 : ohtd_db_errno(r);
}

bool ohtd_db_is_log_long(const struct ohtd_db *db)
{
	return db->log_pages >= db->log_pages_max;
}

long long ohtd_db_changes(const struct ohtd_db *db)
{
	return sqlite3_total_changes64(db->sql);
}

/* It changes nothing, but writes the first page and synchronises it. */
int ohtd_db_probe(struct ohtd_db *db)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = run_text(db, "PRAGMA user_version = 0");
	return ohtd_db_end(db, r);
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
