/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the handle and its statements, for the files that read and write rows.
 * Contexts: as db.h.
 * Locks:    none.
 */
#ifndef OHTD_STORE_SQL_H
#define OHTD_STORE_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/db.h"
#include "store/db_file.h"
#include "store/row.h"
#include "store/schema.h"

/**
 * struct ohtd_statement - SQL text that is prepared when a connection first needs it
 * @sql: the text, whose parameters may have the names of the row's columns
 * @row: what is bound and taken, or NULL
 * @begin: writes what stands before @sql: ohtd_row_select() or ohtd_row_insert(), or NULL
 *
 * Declared static const in the file of the function that runs it. The address is the key.
 */
struct ohtd_statement {
	const char *sql;
	const struct ohtd_stored_row *row;
	void (*begin)(sqlite3_str *sql, const struct ohtd_stored_row *row);
};

struct ohtd_prepared {
	const struct ohtd_statement *statement;
	sqlite3_stmt *s;
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
 * @schema: of the file
 * @prepared: the statements that were needed so far
 * @prepared_count: how many
 * @prepare_result: SQLite's result of the last statement that could not be prepared
 * @path: of the file
 * @depth: transactions that are open, one within the other
 * @log_pages: length of the write-ahead log after the newest commit
 * @log: its bounds
 */
struct ohtd_db {
	sqlite3 *sql;
	const struct ohtd_schema *schema;
	struct ohtd_prepared *prepared;
	unsigned int prepared_count;
	int prepare_result;
	char path[OHTD_DB_PATH_BYTES];
	unsigned int depth;
	int log_pages;
	struct ohtd_log_bounds log;
};

/*
 * Applies all that is missing up to version @target, or nothing. @path: named in @why. 0, or -1 with
 * @why filled.
 */
int ohtd_db_migrate(struct ohtd_db *db, const char *path, int target, long long now_s, char *why,
		    size_t size);

/* Version of the schema, as the rows of the file say it; below 1: they say none, or cannot be read. */
int ohtd_db_version(struct ohtd_db *db);
/* The same told by how many rows there are, one for each version: good where their numbers may be damage. Below 0: not readable. */
int ohtd_db_version_counted(struct ohtd_db *db);

/* The name for SQLite, with SQLITE_OPEN_URI, of a file that has no log and gets none: for sqlite3_free(). NULL: out of memory. */
char *ohtd_db_name_unchanging(const char *path);

enum ohtd_db_worth {
	OHTD_DB_NO_WORTH,	/* not there, no database, or none of ours */
	OHTD_DB_HARMED,		/* one of ours, which is not whole */
	OHTD_DB_WHOLE,
};

/*
 * What the file at @path is worth; all of it is read, and nothing is changed. enum ohtd_db_worth, or a negative errno if the disk gave
 * errors. Unless it is whole, @why has one line that begins with the path. Before any thread has the database open.
 */
int ohtd_db_weigh(const struct ohtd_schema *schema, const char *path, char *why, size_t size);

/* First column of the first row; -1 if there is none or the query failed. */
int ohtd_db_number(struct ohtd_db *db, const char *sql);

/*
 * The statement, reset and with nothing bound. NULL if it cannot be prepared: then binding does
 * nothing, and ohtd_db_row() and ohtd_db_run() return the reason.
 */
sqlite3_stmt *ohtd_db_statement(struct ohtd_db *db, const struct ohtd_statement *statement);

/* Before the connection is closed. */
void ohtd_db_forget_statements(struct ohtd_db *db);

/*
 * Steps to the next row. Returns 1 if there is one, 0 at the end, or a negative errno. After the
 * last call, sqlite3_reset() ends the reading.
 */
int ohtd_db_row(struct ohtd_db *db, sqlite3_stmt *s);

/* Runs a statement that returns no row. Returns 0 or a negative errno. */
int ohtd_db_run(struct ohtd_db *db, sqlite3_stmt *s);

/*
 * A transaction, or a part of one that is open already, which can be undone alone. The end commits
 * if @result is 0, else undoes; returns what became of it. Some errors undo the whole transaction.
 */
int ohtd_db_begin(struct ohtd_db *db);
int ohtd_db_end(struct ohtd_db *db, int result);

/*
 * Deletes rows whose own number is none, by damage: SQLite gives no number behind the greatest one, and a list has no end with it. Not within
 * a transaction.
 */
void ohtd_store_drop_numberless(struct ohtd_db *db);

/* True if an error has undone the transaction that is open. */
bool ohtd_db_is_undone(const struct ohtd_db *db);

/* By the name of the parameter. The text is copied. */
void ohtd_db_bind_text(sqlite3_stmt *s, const char *name, const char *text);
void ohtd_db_bind_number(sqlite3_stmt *s, const char *name, int64_t number);
/* A number, or a time in ns: not negative, at most OHTD_TIME_MAX_NS. */
int64_t ohtd_store_take_number(sqlite3_stmt *s, int column);
/* NULL becomes "". */
void ohtd_db_take_text(sqlite3_stmt *s, int column, char *to, size_t size);

/* "SELECT all columns FROM ...", and "INSERT INTO its table (...) VALUES (...)". */
void ohtd_row_select(sqlite3_str *sql, const struct ohtd_stored_row *row);
void ohtd_row_insert(sqlite3_str *sql, const struct ohtd_stored_row *row);

/* Fills the struct at @to from what has been selected. */
void ohtd_row_take(sqlite3_stmt *s, const struct ohtd_stored_row *row, void *to);

/* ohtd_db_statement() with the members of the struct at @from bound by the names of their columns. */
sqlite3_stmt *ohtd_db_bound(struct ohtd_db *db, const struct ohtd_statement *statement,
			    const void *from);

/* The same and ohtd_db_run(). */
int ohtd_db_put(struct ohtd_db *db, const struct ohtd_statement *statement, const void *from);

/* The same and the first row to the struct. 0, -ENOENT if there is none, or a negative errno. */
int ohtd_db_get(struct ohtd_db *db, const struct ohtd_statement *statement, void *row);

/* Makes a copy, PATH-schema, of the pages of an open and sound database that say where each table begins, unless there is one. */
void ohtd_schema_pages_keep(struct ohtd_db *db);
/* Are these pages in the file at @path, which no connection has open, damaged? Then @why has one line. */
bool ohtd_schema_pages_harmed(const struct ohtd_schema *schema, const char *path, char *why, size_t size);

/*
 * Has @sql, which is open and has read nothing yet, read the copy in place of these pages. NULL: there is no copy of this file
 * and its tables. To be ended when @sql has been closed.
 */
struct ohtd_schema_pages *ohtd_schema_pages_lend(const struct ohtd_schema *schema, const char *path, sqlite3 *sql);
void ohtd_schema_pages_end(struct ohtd_schema_pages *lent);

/* Once, before a database is opened: writes of SQLite beyond a quota are those on a full disk. */
void ohtd_db_know_quota(void);

/* Negative errno for an SQLite result. */
int ohtd_db_errno(int result);

#endif /* OHTD_STORE_SQL_H */
