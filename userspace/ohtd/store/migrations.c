// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sql.h"

#include <stdio.h>
#include <string.h>

static int run_sql(struct ohtd_db *db, const char *sql)
{
	return ohtd_db_errno(sqlite3_exec(db->sql, sql, NULL, NULL, NULL));
}

static int note_version(struct ohtd_db *db, int version, long long now_s)
{
	char *sql = sqlite3_mprintf("INSERT INTO schema_migrations VALUES (%d, %lld);"
				    "PRAGMA application_id = %d;", version, now_s,
				    (int)db->schema->application_id);
	int r = sql ? run_sql(db, sql) : ohtd_db_errno(SQLITE_NOMEM);

	sqlite3_free(sql);
	return r;
}

int ohtd_db_version(struct ohtd_db *db)
{
	return ohtd_db_number(db, "SELECT max(version) FROM schema_migrations");
}

int ohtd_db_version_counted(struct ohtd_db *db)
{
	return ohtd_db_number(db, "SELECT count(*) FROM schema_migrations");
}

/* Asked inside the transaction: another process may have been faster. */
static int present_version(struct ohtd_db *db)
{
	if (!ohtd_db_number(db, "SELECT count(*) FROM sqlite_schema"))
		return 0;
	return ohtd_db_version(db);
}

/* Brings the database from version @number to the next; @why says what has failed. */
static int apply(struct ohtd_db *db, int number, long long now_s, const char **why)
{
	const struct ohtd_migration *migration = &db->schema->migrations[number];
	int r = run_sql(db, migration->sql);

	if (!r && migration->step) {
		r = migration->step(db);
		*why = r ? strerror(-r) : NULL;
	}
	return r ? r : note_version(db, number + 1, now_s);
}

static int apply_all(struct ohtd_db *db, int target, long long now_s, int *version,
		     const char **why)
{
	int r = 0;

	*version = present_version(db);
	if (*version < 0)
		return -1;
	while (!r && *version < target) {
		r = apply(db, *version, now_s, why);
		*version += 1;
	}
	return r;
}

int ohtd_db_migrate(struct ohtd_db *db, const char *path, int target, long long now_s, char *why,
		    size_t size)
{
	const char *step_failed = NULL;
	int version = 0, r = run_sql(db, "BEGIN IMMEDIATE");

	if (!r)
		r = apply_all(db, target, now_s, &version, &step_failed);
	if (!r)
		r = run_sql(db, "COMMIT");
	if (!r)
		return 0;
	snprintf(why, size, "%s: the migration to schema %d has failed, nothing was changed: %s",
		 path, version, step_failed ? step_failed : sqlite3_errmsg(db->sql));
	run_sql(db, "ROLLBACK");
	return -1;
}
