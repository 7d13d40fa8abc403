/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the files of this folder share: the handle and its prepared statements.
 * Contexts: as db.h.
 * Locks:    none.
 */
#ifndef OHTD_STORE_DB_PRIVATE_H
#define OHTD_STORE_DB_PRIVATE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/db.h"
#include "store/db_file.h"

/* "OHTD": tells our files from those of other programs. */
#define OHTD_APPLICATION_ID	0x4f485444

enum ohtd_statement {
	OHTD_USER_FIND,
	OHTD_USER_ADD,
	OHTD_USER_GET,
	OHTD_USER_LIST,
	OHTD_USER_CHANGE,
	OHTD_USER_OTHER_ADMINS,
	OHTD_USER_SESSIONS,
	OHTD_USER_SESSIONS_END,
	OHTD_SESSION_ADD,
	OHTD_SESSION_FIND,
	OHTD_SESSION_ROTATE,
	OHTD_SESSION_REVOKE,
	OHTD_SESSION_REVOKED,
	OHTD_SESSION_EXPIRE,
	OHTD_JOURNAL_SOURCE_ADD,
	OHTD_JOURNAL_SOURCE_FIND,
	OHTD_JOURNAL_RUN_ADD,
	OHTD_JOURNAL_ADD,
	OHTD_JOURNAL_LIST,
	OHTD_STATEMENTS,
};

/**
 * struct ohtd_log_bounds - lengths of the write-ahead log, in pages
 * @due: what is copied into the file at a time, while others write
 * @wait: from there on the writer waits for the last @rest pages, so that the log begins anew
 * @rest: see @wait
 * @max: nothing is written any more
 */
struct ohtd_log_bounds {
	int due, wait, rest, max;
};

/**
 * struct ohtd_db - a connection
 * @sql: SQLite's
 * @statements: prepared, by enum ohtd_statement
 * @path: of the file
 * @depth: transactions that are open, one within the other
 * @log_pages: length of the write-ahead log after the newest commit
 * @log: its bounds
 */
struct ohtd_db {
	sqlite3 *sql;
	sqlite3_stmt *statements[OHTD_STATEMENTS];
	char path[OHTD_DB_PATH_BYTES];
	unsigned int depth;
	int log_pages;
	struct ohtd_log_bounds log;
};

/* All SQL text that runs after the migrations. */
extern const char *const ohtd_statements[OHTD_STATEMENTS];

/* Makes what a repair has copied consistent. */
extern const char ohtd_mend_sql[];

/* Applies all that is missing up to OHTD_SCHEMA_VERSION, or nothing. 0, or -1 with @why filled. */
int ohtd_db_migrate(struct ohtd_db *db, const char *path, long long now_s, char *why, size_t size);

/* First column of the first row; -1 if there is none or the query failed. */
int ohtd_db_number(struct ohtd_db *db, const char *sql);

/* The statement, reset and with nothing bound. */
sqlite3_stmt *ohtd_db_statement(struct ohtd_db *db, enum ohtd_statement which);

/* Runs a statement that returns no row. Returns 0 or a negative errno. */
int ohtd_db_run(sqlite3_stmt *statement);

/*
 * A transaction, or a part of one that is open already, which can be undone alone. The end commits
 * if @result is 0, else undoes; returns what became of it. Some errors undo the whole transaction.
 */
int ohtd_db_begin(struct ohtd_db *db);
int ohtd_db_end(struct ohtd_db *db, int result);

/* True if an error has undone the transaction that is open. */
bool ohtd_db_is_undone(const struct ohtd_db *db);

/* By the name of the parameter. The text is copied. */
void ohtd_db_bind_text(sqlite3_stmt *s, const char *name, const char *text);
void ohtd_db_bind_number(sqlite3_stmt *s, const char *name, int64_t number);
/* NULL becomes "". */
void ohtd_db_take_text(sqlite3_stmt *s, int column, char *to, size_t size);

/* Negative errno for an SQLite result. */
int ohtd_db_errno(int result);

#endif /* OHTD_STORE_DB_PRIVATE_H */
