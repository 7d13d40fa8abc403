// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/db_private.h"

#include <errno.h>
#include <stdio.h>


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

unsigned int ohtd_db_damaged_files(const struct ohtd_db *db)
{
	return ohtd_db_file_count_damaged(db->path);
}

int ohtd_db_checkpoint(struct ohtd_db *db)
{
	int pages = -1, copied = -1;
	int r = sqlite3_wal_checkpoint_v2(db->sql, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);

	/* Another process does it: the next time then. */
	if ((r & 0xff) == SQLITE_BUSY)
		return 0;
	if (r != SQLITE_OK)
		return ohtd_db_errno(r);
	return copied > 0 ? copied : 0;
}

int ohtd_db_log_pages(const struct ohtd_db *db)
{
	return db->log_pages;
}

void ohtd_db_fold(struct ohtd_db *db)
{
	sqlite3_busy_timeout(db->sql, 0);
	sqlite3_wal_checkpoint_v2(db->sql, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
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
