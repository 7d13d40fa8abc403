// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sql.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

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

static int prepare(struct ohtd_db *db, const struct ohtd_statement *statement)
{
	size_t bytes = (db->prepared_count + 1) * sizeof(*db->prepared);
	struct ohtd_prepared *grown = realloc(db->prepared, bytes);
	sqlite3_str *sql = sqlite3_str_new(db->sql);
	int r = SQLITE_NOMEM;
	char *text;

	if (statement->begin)
		statement->begin(sql, statement->row);
	sqlite3_str_appendall(sql, statement->sql);
	text = sqlite3_str_finish(sql);
	if (grown)
		db->prepared = grown;
	if (grown && text) {
		grown += db->prepared_count;
		grown->statement = statement;
		r = sqlite3_prepare_v3(db->sql, text, -1, SQLITE_PREPARE_PERSISTENT, &grown->s,
				       NULL);
	}
	if (r == SQLITE_OK)
		db->prepared_count++;
	sqlite3_free(text);
	return r;
}

sqlite3_stmt *ohtd_db_statement(struct ohtd_db *db, const struct ohtd_statement *statement)
{
	unsigned int i = 0;

	while (i < db->prepared_count && db->prepared[i].statement != statement)
		i++;
	if (i == db->prepared_count) {
		db->prepare_result = prepare(db, statement);
		if (db->prepare_result != SQLITE_OK)
			return NULL;
	}
	sqlite3_reset(db->prepared[i].s);
	sqlite3_clear_bindings(db->prepared[i].s);
	return db->prepared[i].s;
}

void ohtd_db_forget_statements(struct ohtd_db *db)
{
	for (unsigned int i = 0; i < db->prepared_count; i++)
		sqlite3_finalize(db->prepared[i].s);
	free(db->prepared);
	db->prepared = NULL;
	db->prepared_count = 0;
}

int ohtd_db_row(struct ohtd_db *db, sqlite3_stmt *s)
{
	int r = s ? sqlite3_step(s) : db->prepare_result;

	return r == SQLITE_ROW ? 1 : ohtd_db_errno(r);
}

int ohtd_db_run(struct ohtd_db *db, sqlite3_stmt *s)
{
	int r = ohtd_db_row(db, s);

	sqlite3_reset(s);
	return r < 0 ? r : 0;
}

bool ohtd_db_is_undone(const struct ohtd_db *db)
{
	return sqlite3_get_autocommit(db->sql);
}

/*
 * By depth. A part is named by its own, so that a part that could not begin does not undo the one
 * around it.
 */
#define DEPTH_MAX	5

static const struct ohtd_statement begin_sql[DEPTH_MAX] = {
	{ "BEGIN IMMEDIATE" }, { "SAVEPOINT part1" }, { "SAVEPOINT part2" }, { "SAVEPOINT part3" },
	{ "SAVEPOINT part4" },
};

static const struct ohtd_statement undo_sql[DEPTH_MAX] = {
	{ "ROLLBACK" }, { "ROLLBACK TO part1" }, { "ROLLBACK TO part2" }, { "ROLLBACK TO part3" },
	{ "ROLLBACK TO part4" },
};

static const struct ohtd_statement end_sql[DEPTH_MAX] = {
	{ "COMMIT" }, { "RELEASE part1" }, { "RELEASE part2" }, { "RELEASE part3" },
	{ "RELEASE part4" },
};

static int run_at_depth(struct ohtd_db *db, const struct ohtd_statement *statements)
{
	if (db->depth >= DEPTH_MAX)
		return -EOVERFLOW;
	return ohtd_db_run(db, ohtd_db_statement(db, &statements[db->depth]));
}

/* A step that runs out of memory must still be undone, so the statement for that is prepared first. */
static int begin(struct ohtd_db *db)
{
	if (db->depth < DEPTH_MAX && !ohtd_db_statement(db, &undo_sql[db->depth]))
		return ohtd_db_errno(db->prepare_result);
	return run_at_depth(db, begin_sql);
}

int ohtd_db_begin(struct ohtd_db *db)
{
	int r = begin(db);

	db->depth++;
	return r;
}

static int end_part(struct ohtd_db *db, int result)
{
	int r = 0;

	if (result)
		r = run_at_depth(db, undo_sql);
	if (!r)
		r = run_at_depth(db, end_sql);
	return result ? result : r;
}

static int end_all(struct ohtd_db *db, int result)
{
	if (!result)
		result = run_at_depth(db, end_sql);
	if (result && !ohtd_db_is_undone(db))
		run_at_depth(db, undo_sql);
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

void ohtd_db_leave_log(struct ohtd_db *db)
{
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

long long ohtd_db_changes(const struct ohtd_db *db)
{
	return sqlite3_total_changes64(db->sql);
}

/* It changes nothing, but writes the first page and synchronises it. */
int ohtd_db_probe(struct ohtd_db *db)
{
	char sql[48];
	int r = ohtd_db_begin(db);

	snprintf(sql, sizeof(sql), "PRAGMA application_id = %u", db->schema->application_id);
	if (!r)
		r = ohtd_db_errno(sqlite3_exec(db->sql, sql, NULL, NULL, NULL));
	return ohtd_db_end(db, r);
}
