/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     which tables a kind of database has, and how they came to be.
 * Contexts: as db.h.
 * Locks:    none; all of it is constant.
 *
 * A schema is a folder of SQL files below migrations/, which the build embeds. They only go
 * forward, and what has been released is never edited: a change is a new file.
 */
#ifndef OHTD_STORE_SCHEMA_H
#define OHTD_STORE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ohtd_db;
struct ohtd_store_written;

#define OHTD_DB_PAGE_BYTES	4096

/**
 * struct ohtd_migration - one step from a version of the schema to the next
 * @sql: runs first; NULL: this is the end of a list
 * @step: runs after @sql in the same transaction, for what SQL cannot say; 0 or a negative errno.
 *	May be NULL
 */
struct ohtd_migration {
	const char *sql;
	int (*step)(struct ohtd_db *db);
};

/**
 * struct ohtd_schema - a kind of database
 * @room: under which its store logs
 * @thread: name of the thread that writes
 * @application_id: tells its files from those of other programs and other kinds
 * @migrations: in order; the first makes version 1 from nothing, with the table schema_migrations
 * @create: pragmas of a new file, which cannot be changed later
 * @settings: pragmas of each connection that writes, beyond those of all kinds
 * @check: the pragma that reads one table in the background
 * @mend: SQL that mends references to lost rows after a repair, on the newest version
 * @written: what is written for it is counted there
 * @log_due: pages of the log that are copied into the file at a time, beside the writer
 * @yields: bytes that must be free besides the reserve of the disk before a store that stopped there writes again; 0: the store
 *	may use the reserve
 * @bulk: too much for a copy before each migration, which therefore only adds to what there is
 */
struct ohtd_schema {
	const char *room;
	const char *thread;
	uint32_t application_id;
	const struct ohtd_migration *migrations;
	const char *create;
	const char *settings;
	const char *check;
	const char *mend;
	struct ohtd_store_written *written;
	int log_due;
	uint64_t yields;
	bool bulk;
};

/* Accounts and the stop's journal: little, and each row matters. */
extern const struct ohtd_schema ohtd_small_schema;

/*
 * Bulk that is written all the time and deleted when it is old: room that is given back to the disk in
 * steps, and nothing overwritten that is deleted. Each commit waits for the disk, so that a power cut takes
 * no more than what was not committed; there are few commits. Small pages,
 * since a commit writes whole ones. A long log, since of a page that was written again and again only the last is copied.
 */
extern const struct ohtd_schema ohtd_history_schema;

/* The version that this program knows, which is the newest. */
int ohtd_schema_version(const struct ohtd_schema *schema);

#endif /* OHTD_STORE_SCHEMA_H */
