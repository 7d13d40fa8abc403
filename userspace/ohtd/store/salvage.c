// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/salvage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "store/carry.h"
#include "store/db_file.h"
#include "store/sql.h"
#include "store/leftover.h"

#define MAKING		".salvaging"
#define MADE		".salvaged"
#define COLUMNS_MAX	64
/* Pages that point to each other in a circle would give the same rows for ever. */
#define REPEATED_MAX	1000

struct salvage {
	sqlite3 *from;
	struct ohtd_schema_pages *lent;	/* what @from reads in place of pages that are damaged */
	struct ohtd_db *to;
	long long rows;
	unsigned int tables_cut;	/* not read to the end */
};

/* A table of the new database, and how it is read in order. */
struct table {
	const char *name;
	const char *ascending, *descending;
};

/* ---- one table ---- */

/* INSERT of the columns that @row has and the new table knows; @places: which they are. */
static sqlite3_stmt *prepare_insert(struct salvage *salvage, const char *table, sqlite3_stmt *row,
				    int *places, int *count)
{
	char *columns = sqlite3_mprintf(""), *marks = sqlite3_mprintf(""), *sql;
	sqlite3_stmt *insert = NULL;

	*count = 0;
	for (int i = 0; i < sqlite3_column_count(row) && *count < COLUMNS_MAX; i++) {
		const char *name = sqlite3_column_name(row, i);

		if (sqlite3_table_column_metadata(salvage->to->sql, "main", table, name, NULL, NULL,
						  NULL, NULL, NULL) != SQLITE_OK)
			continue;
		columns = sqlite3_mprintf("%z%s\"%w\"", columns, *count ? ", " : "", name);
		marks = sqlite3_mprintf("%z%s?", marks, *count ? ", " : "");
		places[(*count)++] = i;
	}
	sql = sqlite3_mprintf("INSERT OR IGNORE INTO \"%w\" (%s) VALUES (%s)", table, columns,
			      marks);
	if (*count && sql)
		sqlite3_prepare_v2(salvage->to->sql, sql, -1, &insert, NULL);
	sqlite3_free(columns);
	sqlite3_free(marks);
	sqlite3_free(sql);
	return insert;
}

/* 1: copied, 0: was there or does not fit, or a negative errno of the new database. */
static int copy_row(struct salvage *salvage, sqlite3_stmt *row, sqlite3_stmt *insert,
		    const int *places, int count)
{
	int r;

	for (int i = 0; i < count; i++)
		sqlite3_bind_value(insert, i + 1, sqlite3_column_value(row, places[i]));
	r = ohtd_db_run(salvage->to, insert);
	if (r)
		return r == -EEXIST ? 0 : r;
	return sqlite3_changes(salvage->to->sql);
}

/* Returns 1 if it came to the end, 0 if damage was in the way, or a negative errno. */
static int copy_rows(struct salvage *salvage, sqlite3_stmt *rows, const char *table,
		     bool until_known)
{
	int places[COLUMNS_MAX], count, repeated = 0, r = 0, step;
	sqlite3_stmt *insert = prepare_insert(salvage, table, rows, places, &count);

	/* None of its columns has kept its name. */
	if (!count)
		return 0;
	if (!insert)
		return -EIO;
	while ((step = sqlite3_step(rows)) == SQLITE_ROW && repeated < REPEATED_MAX) {
		r = copy_row(salvage, rows, insert, places, count);
		if (r < 0 || (!r && until_known))
			break;
		salvage->rows += r;
		repeated = r ? 0 : repeated + 1;
	}
	sqlite3_finalize(insert);
	return r < 0 ? r : step == SQLITE_DONE;
}

static int copy_ordered(struct salvage *salvage, const char *table, const char *order,
			bool until_known)
{
	char *sql = sqlite3_mprintf("SELECT * FROM \"%w\" ORDER BY %s", table, order);
	sqlite3_stmt *rows = NULL;
	int r = sql ? 0 : -ENOMEM;

	if (!r && sqlite3_prepare_v2(salvage->from, sql, -1, &rows, NULL) == SQLITE_OK)
		r = copy_rows(salvage, rows, table, until_known);
	sqlite3_finalize(rows);
	sqlite3_free(sql);
	return r;
}

/* From both ends up to the damage. */
static int copy_table(struct salvage *salvage, const struct table *table)
{
	int r = copy_ordered(salvage, table->name, table->ascending, false);

	if (r)
		return r < 0 ? r : 0;
	salvage->tables_cut++;
	r = copy_ordered(salvage, table->name, table->descending, true);
	return r < 0 ? r : 0;
}

/* ---- all of them ---- */

static int copy_listed(struct salvage *salvage, sqlite3_stmt *s)
{
	int r = 0, count = 0, step;

	while (!r && (step = sqlite3_step(s)) == SQLITE_ROW) {
		const struct table table = { (const char *)sqlite3_column_text(s, 0),
					     (const char *)sqlite3_column_text(s, 1),
					     (const char *)sqlite3_column_text(s, 2) };

		r = copy_table(salvage, &table);
		count++;
	}
	if (!r && step != SQLITE_DONE)
		r = ohtd_db_errno(step);
	return r ? r : count ? 0 : -EIO;
}

/* By the list of the new database: the list of the damaged one may be what is damaged. */
static int copy_tables(struct salvage *salvage)
{
	static const char sql[] =
		"SELECT name,"
		" iif(wr, (SELECT group_concat(c.name, ', ') FROM pragma_table_info(t.name) c"
		"  WHERE c.pk > 0), 'rowid'),"
		" iif(wr, (SELECT group_concat(c.name || ' DESC', ', ')"
		"  FROM pragma_table_info(t.name) c WHERE c.pk > 0), 'rowid DESC')"
		" FROM pragma_table_list t WHERE schema = 'main' AND type = 'table'"
		" AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'schema_migrations'"
		" ORDER BY name";
	sqlite3_stmt *s;
	int r = sqlite3_prepare_v2(salvage->to->sql, sql, -1, &s, NULL);

	r = r == SQLITE_OK ? copy_listed(salvage, s) : ohtd_db_errno(r);
	sqlite3_finalize(s);
	return r;
}

static int copy_all(struct salvage *salvage)
{
	int r = ohtd_db_begin(salvage->to);

	if (!r)
		r = copy_tables(salvage);
	return ohtd_db_end(salvage->to, r);
}

static int mend(struct salvage *salvage)
{
	int r = ohtd_db_begin(salvage->to);

	if (!r)
		r = ohtd_db_errno(sqlite3_exec(salvage->to->sql, salvage->to->schema->mend, NULL,
					       NULL, NULL));
	if (!r && salvage->from)
		r = ohtd_db_errno(ohtd_store_take_numbers(salvage->to->sql, salvage->from));
	if (!r)
		r = ohtd_db_errno(ohtd_store_leave_numbers(salvage->to->sql));
	return ohtd_db_end(salvage->to, r);
}

/* ---- files ---- */

static void name_beside(char *name, const char *path, const char *ending)
{
	snprintf(name, OHTD_DB_PATH_BYTES, "%s%s", path, ending);
}

static void remove_leftovers(const char *making)
{
	static const char *const endings[] = { "", "-journal", "-wal", "-shm" };
	char name[OHTD_DB_PATH_BYTES + 8];

	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%s%s", making, endings[i]);
		unlink(name);
	}
}

/* Not in its place and without a log of its own until it is whole. */
static int make(struct salvage *salvage, const char *making, char *why, size_t size)
{
	struct ohtd_db *db = salvage->to;

	remove_leftovers(making);
	if (!ohtd_db_file_make(making) &&
	    sqlite3_open_v2(making, &db->sql, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
	    sqlite3_exec(db->sql, db->schema->create, NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_exec(db->sql, "PRAGMA synchronous = FULL", NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	snprintf(why, size, "%s: cannot be made", making);
	return -1;
}

/* Whatever the damaged one says about itself is not believed. */
static int open_damaged(struct salvage *salvage, const char *path)
{
	if (sqlite3_open_v2(path, &salvage->from, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		return -EIO;
	salvage->lent = ohtd_schema_pages_lend(salvage->to->schema, path, salvage->from);
	sqlite3_db_config(salvage->from, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	/* Without the second, nothing is read of a file that is shorter than its header says. */
	return ohtd_db_errno(sqlite3_exec(salvage->from, "PRAGMA trusted_schema = OFF;"
					  "PRAGMA writable_schema = ON;"
					  "PRAGMA cell_size_check = ON;", NULL, NULL, NULL));
}

/* Rows are copied into tables of their own version, since a migration may convert them. */
static int find_version(struct salvage *salvage)
{
	struct ohtd_db from = { .sql = salvage->from };
	int newest = ohtd_schema_version(salvage->to->schema);
	int version = ohtd_db_version_counted(&from);

	return version >= 1 && version <= newest ? version : newest;
}

/* 0, or -1 with @why filled. A database that cannot even be opened has nothing to be copied. */
static int rebuild(struct salvage *salvage, const char *path, const char *making, long long now_s,
		   char *why, size_t size)
{
	int newest = ohtd_schema_version(salvage->to->schema), r = 0;
	bool open = !open_damaged(salvage, path);
	int version = open ? find_version(salvage) : newest;

	if (ohtd_db_migrate(salvage->to, making, version, now_s, why, size))
		return -1;
	if (open)
		r = copy_all(salvage);
	else
		salvage->tables_cut++;
	if (!r && ohtd_db_migrate(salvage->to, making, newest, now_s, why, size))
		return -1;
	/* Rows that were read bring such numbers along, and what is mended needs numbers behind them. */
	if (!r && !salvage->to->schema->bulk)
		ohtd_store_drop_numberless(salvage->to);
	if (!r)
		r = mend(salvage);
	if (r)
		snprintf(why, size, "%s: not repaired: %s", path, strerror(-r));
	return r ? -1 : 0;
}

static int build(struct salvage *salvage, const struct ohtd_schema *schema, const char *path,
		 const char *making, long long now_s, char *why, size_t size)
{
	struct ohtd_db db = { .schema = schema };
	int r;

	salvage->to = &db;
	r = make(salvage, making, why, size);
	if (!r)
		r = rebuild(salvage, path, making, now_s, why, size);
	sqlite3_close(salvage->from);
	ohtd_schema_pages_end(salvage->lent);
	salvage->to = NULL;
	ohtd_db_forget_statements(&db);
	if (sqlite3_close(db.sql) != SQLITE_OK && !r) {
		snprintf(why, size, "%s: cannot be closed", making);
		r = -1;
	}
	return r;
}

bool ohtd_db_salvage_waits(const char *path)
{
	char made[OHTD_DB_PATH_BYTES];

	name_beside(made, path, MADE);
	return !access(made, F_OK);
}

static int put_in_place(const struct ohtd_schema *schema, const char *made, const char *path, long long now_s, char *why, size_t size)
{
	char aside[OHTD_DB_PATH_BYTES];
	int r = ohtd_db_file_set_aside(path, now_s, aside, sizeof(aside));

	if (!r && rename(made, path))
		r = -errno;
	if (!r)
		r = ohtd_db_file_sync_folder(path);
	if (r)
		snprintf(why, size, "%s: cannot be put in its place: %s", made, strerror(-r));
	else
		ohtd_log(OHTD_LOG_ERROR, schema->room, "set_aside",
			 "the damaged database is kept as %s", aside);
	return r ? -1 : 0;
}

int ohtd_db_salvage_finish(const struct ohtd_schema *schema, const char *path, long long now_s,
			   char *why, size_t size)
{
	int r = ohtd_db_leftover(schema, path, MADE, OHTD_LEFT_REPAIR, now_s);
	char made[OHTD_DB_PATH_BYTES];

	name_beside(made, path, MADE);
	if (r < 0)
		snprintf(why, size, "%s: %s", made, strerror(-r));
	return r > 0 ? put_in_place(schema, made, path, now_s, why, size) : r;
}

/* The rebuilt file is no longer than the damaged one. Bulk leaves the reserve of the disk alone here, too. */
static bool has_room(const struct ohtd_schema *schema, const char *path)
{
	struct stat st;

	return !schema->yields || stat(path, &st) || ohtd_file_room(path, (uint64_t)st.st_size) != -ENOSPC;
}

int ohtd_db_salvage(const struct ohtd_schema *schema, const char *path, long long now_s,
		    const char *what, char *why, size_t size)
{
	char making[OHTD_DB_PATH_BYTES], made[OHTD_DB_PATH_BYTES];
	struct salvage salvage = { 0 };
	int r;

	if (!has_room(schema, path)) {
		snprintf(why, size, "%s; there is no room to repair it, or no more than the reserve of the disk", what);
		return -1;
	}
	ohtd_log(OHTD_LOG_ERROR, schema->room, "damaged", "%s", what);
	name_beside(making, path, MAKING);
	name_beside(made, path, MADE);
	if (build(&salvage, schema, path, making, now_s, why, size)) {
		remove_leftovers(making);
		return -1;
	}
	r = ohtd_db_file_sync(making);
	if (!r && rename(making, made))
		r = -errno;
	if (!r)
		r = ohtd_db_file_sync_folder(made);
	if (r) {
		snprintf(why, size, "%s: %s", making, strerror(-r));
		return -1;
	}
	ohtd_log(OHTD_LOG_ERROR, schema->room, "salvaged",
		 "%lld rows were read; %u tables not to their end", salvage.rows, salvage.tables_cut);
	return put_in_place(schema, made, path, now_s, why, size);
}
