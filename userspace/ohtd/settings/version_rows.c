// SPDX-License-Identifier: GPL-2.0-or-later
#include "settings/version_rows.h"

#include <errno.h>

#include "store/carry.h"
#include "store/sql.h"

#define DAY_NS	(86400 * 1000000000LL)

#define VERSIONS									\
	"(SELECT *, CASE WHEN waits = 1 THEN 'waiting'"					\
	" WHEN version < (SELECT max(version) FROM config_versions WHERE waits = 0) THEN 'past'"	\
	" WHEN returns_to > 0 THEN 'pending' ELSE 'live' END AS state FROM config_versions)"

static const struct ohtd_stored_column version_columns[] = {
	OHTD_COLUMN(ohtd_config_version, version, .asked = "version"),
	OHTD_COLUMN(ohtd_config_version, parent),
	OHTD_COLUMN(ohtd_config_version, author, .asked = "author"),
	OHTD_COLUMN(ohtd_config_version, reason),
	OHTD_COLUMN(ohtd_config_version, created_ns),
	OHTD_COLUMN(ohtd_config_version, returns_to),
	OHTD_COLUMN(ohtd_config_version, state, .seen = true),
	OHTD_COLUMN(ohtd_config_version, rescue),
	OHTD_COLUMN(ohtd_config_version, waits),
};

const struct ohtd_stored_row ohtd_kept_config_versions = {
	.table = "config_versions", .bytes = sizeof(struct ohtd_config_version),
	.key = &version_columns[0], .from = VERSIONS, OHTD_COLUMNS(version_columns),
};

static const struct ohtd_stored_column kept_columns[] = {
	OHTD_COLUMN_AS(ohtd_config_kept, "version", head.version),
	OHTD_COLUMN_AS(ohtd_config_kept, "parent", head.parent),
	OHTD_COLUMN_AS(ohtd_config_kept, "author", head.author),
	OHTD_COLUMN_AS(ohtd_config_kept, "reason", head.reason),
	OHTD_COLUMN_AS(ohtd_config_kept, "created_ns", head.created_ns),
	OHTD_COLUMN_AS(ohtd_config_kept, "returns_to", head.returns_to),
	OHTD_COLUMN_AS(ohtd_config_kept, "state", head.state, .seen = true),
	OHTD_COLUMN_AS(ohtd_config_kept, "rescue", head.rescue),
	OHTD_COLUMN_AS(ohtd_config_kept, "waits", head.waits),
	OHTD_COLUMN(ohtd_config_kept, document),
};

static const struct ohtd_stored_row kept_row = {
	.table = "config_versions", .bytes = sizeof(struct ohtd_config_kept),
	.key = &kept_columns[0], .from = VERSIONS, OHTD_COLUMNS(kept_columns),
};

static const struct ohtd_statement newest_sql = {
	" WHERE waits = 0 ORDER BY version DESC LIMIT 1", &kept_row, ohtd_row_select
};

static const struct ohtd_statement get_sql = {
	" WHERE version = :version", &kept_row, ohtd_row_select
};

static const struct ohtd_statement rescue_sql = {
	" WHERE rescue = 1", &kept_row, ohtd_row_select
};

static const struct ohtd_statement waiting_sql = {
	" WHERE waits = 1", &ohtd_kept_config_versions, ohtd_row_select
};

static const struct ohtd_statement head_sql = {
	" WHERE version = :version", &ohtd_kept_config_versions, ohtd_row_select
};

static const struct ohtd_statement unmark_sql = { "UPDATE config_versions SET rescue = 0 WHERE rescue = 1" };

static const struct ohtd_statement mark_sql = {
	"UPDATE config_versions SET rescue = 1 WHERE version = :version AND returns_to = 0 AND waits = 0"
};

static const struct ohtd_statement add_sql = { "", &kept_row, ohtd_row_insert };

/* A version that waits behind one made while no daemon ran is dropped by the next start, which says so. */
static const struct ohtd_statement drop_sql = {
	"DELETE FROM config_versions WHERE version > :parent AND (waits = 0 OR version >= :version)"
};

static const struct ohtd_statement drop_old_sql = {
	"DELETE FROM config_versions AS old WHERE version <= :version - :most AND rescue = 0 AND waits = 0 AND created_ns / :day ="
	" (SELECT created_ns / :day FROM config_versions WHERE version > old.version AND waits = 0 ORDER BY version LIMIT 1)"
};

static const struct ohtd_statement give_sql = {
	"UPDATE config_numbers SET given = max(iif(given < " OHTD_NUMBER_MAX_SQL ", given, 0), :version)"
};

static const struct ohtd_statement given_sql = {
	"SELECT max(coalesce(max(given) FILTER (WHERE given < " OHTD_NUMBER_MAX_SQL "), 0), coalesce((SELECT max(version) FROM config_versions), 0))"
	" FROM config_numbers"
};

static const struct ohtd_statement drop_one_sql = {
	"DELETE FROM config_versions WHERE version = :version"
};

static const struct ohtd_statement confirm_sql = {
	"UPDATE config_versions SET returns_to = 0 WHERE version = :version"
};

int ohtd_db_config_newest(struct ohtd_db *db, struct ohtd_config_kept *kept)
{
	return ohtd_db_get(db, &newest_sql, kept);
}

int ohtd_db_config_get(struct ohtd_db *db, struct ohtd_config_kept *kept)
{
	return ohtd_db_get(db, &get_sql, kept);
}

int ohtd_db_config_rescue(struct ohtd_db *db, struct ohtd_config_kept *kept)
{
	return ohtd_db_get(db, &rescue_sql, kept);
}

int ohtd_db_config_waiting(struct ohtd_db *db, struct ohtd_config_version *head)
{
	return ohtd_db_get(db, &waiting_sql, head);
}

static int run(struct ohtd_db *db, const struct ohtd_statement *sql, int64_t version)
{
	sqlite3_stmt *s = ohtd_db_statement(db, sql);

	ohtd_db_bind_number(s, ":version", version);
	return ohtd_db_run(db, s);
}

static int mark(struct ohtd_db *db, int64_t version)
{
	int r = run(db, &mark_sql, version);

	return r ? r : sqlite3_changes(db->sql) ? 0 : -ENOENT;
}

int ohtd_db_config_mark(struct ohtd_db *db, struct ohtd_config_version *head)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = ohtd_db_run(db, ohtd_db_statement(db, &unmark_sql));
	if (!r)
		r = mark(db, head->version);
	if (!r)
		r = ohtd_db_get(db, &head_sql, head);
	return ohtd_db_end(db, r);
}

static int drop_behind(struct ohtd_db *db, const struct ohtd_config_version *head)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &drop_sql);

	ohtd_db_bind_number(s, ":parent", head->parent);
	ohtd_db_bind_number(s, ":version", head->version);
	return ohtd_db_run(db, s);
}

static int drop_old(struct ohtd_db *db, int64_t version)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &drop_old_sql);

	ohtd_db_bind_number(s, ":version", version);
	ohtd_db_bind_number(s, ":most", OHTD_CONFIG_VERSIONS_MOST);
	ohtd_db_bind_number(s, ":day", DAY_NS);
	return ohtd_db_run(db, s);
}

int ohtd_db_config_add(struct ohtd_db *db, const struct ohtd_config_kept *kept)
{
	int r = ohtd_db_begin(db);

	/* The first one has nothing behind it to drop: who takes it for that has not read the others. */
	if (!r && kept->head.parent)
		r = drop_behind(db, &kept->head);
	if (!r)
		r = ohtd_db_put(db, &add_sql, kept);
	if (!r)
		r = run(db, &give_sql, kept->head.version);
	if (!r)
		r = drop_old(db, kept->head.version);
	return ohtd_db_end(db, r);
}

int ohtd_db_config_given(struct ohtd_db *db, int64_t *given)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &given_sql);
	int r = ohtd_db_row(db, s);

	if (r > 0)
		*given = ohtd_store_take_number(s, 0);
	sqlite3_reset(s);
	return r > 0 ? 0 : r ? r : -ENOENT;
}

int ohtd_db_config_take_given(struct ohtd_db *db, const char *path)
{
	static const char *const tables[] = { "config_numbers" };
	int r = ohtd_db_begin(db);

	return r ? r : ohtd_db_end(db, ohtd_db_carry_over(db, path, tables, 1));
}

int ohtd_db_config_drop(struct ohtd_db *db, int64_t version)
{
	return run(db, &drop_one_sql, version);
}

int ohtd_db_config_confirm(struct ohtd_db *db, int64_t version)
{
	return run(db, &confirm_sql, version);
}
