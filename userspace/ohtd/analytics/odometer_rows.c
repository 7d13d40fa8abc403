// SPDX-License-Identifier: GPL-2.0-or-later
#include "analytics/odometer_rows.h"

#include <errno.h>
#include <math.h>

#include "store/sql.h"

static const struct ohtd_stored_column columns[] = {
	OHTD_COLUMN(ohtd_analytics_odometer_row, distance_mm),
	OHTD_COLUMN(ohtd_analytics_odometer_row, moving_ms),
	OHTD_COLUMN(ohtd_analytics_odometer_row, enabled_ms),
	OHTD_COLUMN(ohtd_analytics_odometer_row, starts),
	OHTD_COLUMN(ohtd_analytics_odometer_row, falls),
	OHTD_COLUMN(ohtd_analytics_odometer_row, since_ns),
};

static const struct ohtd_stored_row kept = {
	.table = "odometer", .bytes = sizeof(struct ohtd_analytics_odometer_row), .key = &columns[5], OHTD_COLUMNS(columns),
};

static const struct ohtd_stored_column work_columns[] = {
	OHTD_COLUMN(ohtd_analytics_work_row, wear),
	OHTD_COLUMN_AS(ohtd_analytics_work_row, "done_at", at),
	OHTD_COLUMN(ohtd_analytics_work_row, done_ns),
	OHTD_COLUMN(ohtd_analytics_work_row, done_by),
	OHTD_COLUMN(ohtd_analytics_work_row, note),
};

static const struct ohtd_stored_row kept_work = {
	.table = "odometer_services", .bytes = sizeof(struct ohtd_analytics_work_row), .key = &work_columns[0], OHTD_COLUMNS(work_columns),
};

static const struct ohtd_statement get_sql = { " LIMIT 1", &kept, ohtd_row_select };
static const struct ohtd_statement delete_sql = { "DELETE FROM odometer" };
static const struct ohtd_statement insert_sql = { "", &kept, ohtd_row_insert };
static const struct ohtd_statement work_sql = { " WHERE wear = :wear ORDER BY id DESC LIMIT 1", &kept_work, ohtd_row_select };
static const struct ohtd_statement insert_work_sql = { "", &kept_work, ohtd_row_insert };
static const struct ohtd_statement prune_sql = {
	"DELETE FROM odometer_services WHERE id <= (SELECT max(id) FROM odometer_services) - :max"
	" AND id NOT IN (SELECT max(id) FROM odometer_services GROUP BY wear)"
};

int ohtd_analytics_odometer_get(struct ohtd_db *db, struct ohtd_analytics_odometer_row *row)
{
	int r;

	*row = (struct ohtd_analytics_odometer_row){ 0 };
	r = ohtd_db_get(db, &get_sql, row);
	/* A damaged row must not end as a sum that is none. */
	if (!isfinite(row->distance_mm) || row->distance_mm < 0)
		row->distance_mm = 0;
	return r == -ENOENT ? 0 : r;
}

int ohtd_analytics_works_get(struct ohtd_db *db, struct ohtd_analytics_work_row *rows)
{
	int r = 0;

	for (int64_t i = 0; !r && i < OHTD_ANALYTICS_WEARS; i++) {
		rows[i] = (struct ohtd_analytics_work_row){ .wear = i };
		r = ohtd_db_get(db, &work_sql, &rows[i]);
		if (!isfinite(rows[i].at))
			rows[i].at = 0;
		if (r == -ENOENT)
			r = 0;
	}
	return r;
}

int ohtd_analytics_odometer_put(struct ohtd_db *db, const struct ohtd_analytics_odometer_row *row)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = ohtd_db_run(db, ohtd_db_statement(db, &delete_sql));
	if (!r)
		r = ohtd_db_put(db, &insert_sql, row);
	return ohtd_db_end(db, r);
}

static int add_work(struct ohtd_db *db, const struct ohtd_analytics_work_row *work)
{
	int r = ohtd_db_put(db, &insert_work_sql, work);
	sqlite3_stmt *s = ohtd_db_statement(db, &prune_sql);

	ohtd_db_bind_number(s, ":max", OHTD_ANALYTICS_WORKS_MAX);
	return r ? r : ohtd_db_run(db, s);
}

int ohtd_analytics_work_add(struct ohtd_db *db, const struct ohtd_analytics_odometer_row *row, const struct ohtd_analytics_work_row *work)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = ohtd_analytics_odometer_put(db, row);
	if (!r)
		r = add_work(db, work);
	return ohtd_db_end(db, r);
}
