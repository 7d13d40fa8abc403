/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the database as it is carried away and brought back: without what would open something of today, and with the
 *           records of today.
 * Contexts: a thread that may wait, with connections of its own, beside the store thread; what takes a handle: the thread
 *           that owns it.
 * Locks:    none. One read transaction while the pages are copied: writers do not wait for it, but the
 *           write-ahead log cannot begin anew meanwhile.
 */
#ifndef OHTD_STORE_CARRY_H
#define OHTD_STORE_CARRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ohtd_db;
struct ohtd_schema;
struct sqlite3;

/* What a copy of the database does not have, for people. */
#define OHTD_STORE_LEFT_OUT	8
extern const char *const ohtd_store_left_out[OHTD_STORE_LEFT_OUT];

/* Tables whose rows people know. */
#define OHTD_CARRY_TABLES	8
extern const char *const ohtd_carry_counted[OHTD_CARRY_TABLES];

/* Rows of one of those. */
struct ohtd_carry_count {
	const char *table;
	int64_t rows;
};

/**
 * ohtd_db_carry_out() - copy a database that is in use into a new file, without secrets
 * @schema: which kind of database
 * @path: the database
 * @to: the file to make, 0600; removed again unless 0 is returned
 * @counts: out: rows of the tables; NULL: it is the history, which has neither these nor secrets
 * @goes_on: asked all the time; false ends it. NULL: it always goes on
 * @arg: for @goes_on
 *
 * All pages are of one moment. What ohtd_store_left_out names is not in the copy, nor in pages that nothing uses.
 *
 * Return: 0, -ECANCELED, or another negative errno. The file has not been synchronised.
 */
int ohtd_db_carry_out(const struct ohtd_schema *schema, const char *path, const char *to,
		      struct ohtd_carry_count counts[OHTD_CARRY_TABLES], bool (*goes_on)(void *arg), void *arg);

/* From when to when a copy of the history has values, wall clock; 0 and 0: it has none. 0 or a negative errno. */
int ohtd_db_carry_span(const char *path, int64_t *from_ns, int64_t *to_ns);

/**
 * ohtd_db_carry_check() - whether a file could become the database
 * @schema: which kind of database it must be
 * @path: the file, which no process uses
 * @version: out: version of its schema
 * @why: on failure one line, which does not name the file
 * @size: of @why in bytes
 *
 * All of it is read.
 *
 * Return: 0; -EBADMSG: damaged or another program's; -ENOTSUP: of a newer schema; or another negative errno.
 */
int ohtd_db_carry_check(const struct ohtd_schema *schema, const char *path, int *version, char *why,
			size_t size);

#define OHTD_CARRY_BY_BYTES	65
#define OHTD_CARRY_FILE_BYTES	80

/**
 * struct ohtd_carry_order - a restore, for the start that carries it out
 * @by: account that ordered it; "": not known
 * @file: name of the file, without its folder
 * @made_ns: wall clock of the backup; 0: not known
 * @history: the history waits beside it, and goes the same way
 */
struct ohtd_carry_order {
	char by[OHTD_CARRY_BY_BYTES];
	char file[OHTD_CARRY_FILE_BYTES];
	int64_t made_ns;
	bool history;
};

/**
 * ohtd_db_carry_in() - make a file that was checked fit to become the database
 * @path: the file, which no process uses; any earlier schema is taken
 * @order: kept in it for the start
 *
 * All sessions, keys and codes for a new password end and tokens are void. What sends by itself is switched off, with new secrets that no
 * receiver knows. Numbers of commands continue 100000 behind the highest one in the file.
 *
 * Return: 0 when it is on the disk, or a negative errno.
 */
int ohtd_db_carry_in(const char *path, const struct ohtd_carry_order *order);

/* A file that no process uses, with its log, is of nobody any more (db_file.h). 0 when it is on the disk, or a negative errno. */
int ohtd_store_disown(const char *path);

/* Whether ohtd_db_carry_in() has made the file, which no process uses, so that a start may put it in. */
bool ohtd_db_carry_is_ordered(const char *path);
/* Whether the order in it says that the history waits beside it. */
bool ohtd_db_carry_has_history(const char *path);

/* Takes out what ohtd_db_carry_in() has left; all empty if it has not been there. 0 or a negative errno. */
int ohtd_db_carry_take_order(struct ohtd_db *db, struct ohtd_carry_order *order);

/**
 * ohtd_db_carry_over() - take tables of another database in place of one's own, and go on behind the numbers that it has given
 * @db: in a transaction, which the caller undoes after an error
 * @path: the other database; no process writes to it, and its write-ahead log is empty
 * @names: of the tables
 * @count: how many
 *
 * Return: 0; -EBADMSG: they cannot be read there, or have another form; or another negative errno, of @db.
 */
int ohtd_db_carry_over(struct ohtd_db *db, const char *path, const char *const *names, size_t count);

/* Whether rows of a table of this name are changed on the way out or in. */
bool ohtd_db_carry_changes(const char *table);

/**
 * ohtd_store_leave_numbers() - let the rows that are made later have numbers that none had before
 * @sql: a database of which rows were lost, or that is older than what was made with it
 *
 * A client may still have the number of a row that is not there any more. It must not name another mission, account or alert.
 *
 * Return: SQLITE_OK or the error.
 */
int ohtd_store_leave_numbers(struct sqlite3 *sql);

/**
 * ohtd_store_take_numbers() - go on behind the numbers of another database
 * @sql: rows that are made later get no number that @from has given
 * @from: another one of the same robot; numbers that cannot be read there are left out
 *
 * Return: SQLITE_OK or the error of @sql.
 */
int ohtd_store_take_numbers(struct sqlite3 *sql, struct sqlite3 *from);

#endif /* OHTD_STORE_CARRY_H */
