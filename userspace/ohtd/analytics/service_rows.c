// SPDX-License-Identifier: GPL-2.0-or-later
#include "analytics/service_rows.h"

#include <errno.h>

#include "store/sql.h"

#define BUCKETS(name_)											\
	OHTD_COLUMN_AS(ohtd_analytics_service_hour, #name_ "_10", name_[0]),				\
	OHTD_COLUMN_AS(ohtd_analytics_service_hour, #name_ "_25", name_[1]),				\
	OHTD_COLUMN_AS(ohtd_analytics_service_hour, #name_ "_50", name_[2]),				\
	OHTD_COLUMN_AS(ohtd_analytics_service_hour, #name_ "_100", name_[3]),				\
	OHTD_COLUMN_AS(ohtd_analytics_service_hour, #name_ "_250", name_[4]),				\
	OHTD_COLUMN_AS(ohtd_analytics_service_hour, #name_ "_1000", name_[5]),				\
	OHTD_COLUMN_AS(ohtd_analytics_service_hour, #name_ "_more", name_[6])

static const struct ohtd_stored_column hour_columns[] = {
	OHTD_COLUMN(ohtd_analytics_service_hour, hour),
	OHTD_COLUMN(ohtd_analytics_service_hour, up_ns),
	OHTD_COLUMN(ohtd_analytics_service_hour, down_ns),
	OHTD_COLUMN(ohtd_analytics_service_hour, starts),
	OHTD_COLUMN(ohtd_analytics_service_hour, cuts),
	OHTD_COLUMN(ohtd_analytics_service_hour, cycles),
	OHTD_COLUMN(ohtd_analytics_service_hour, missed),
	OHTD_COLUMN(ohtd_analytics_service_hour, refused),
	BUCKETS(requests),
	BUCKETS(telemetry),
};

#define ALL_BUCKETS(name_)	#name_ "_10, " #name_ "_25, " #name_ "_50, " #name_ "_100, " #name_ "_250, " #name_ "_1000, " #name_ "_more"
#define COUNTS			"starts, cuts, cycles, missed, refused, " ALL_BUCKETS(requests) ", " ALL_BUCKETS(telemetry)
/* No hour has a day, or 2^40 of anything, so thousands of them are added without an overflow: the row is damaged, and says nothing. */
#define IS_DAMAGED										\
	"(max(up_ns, down_ns) > 86400000000000 OR min(up_ns, down_ns) < 0 OR max(" COUNTS ") > 1099511627776 OR min(" COUNTS ") < 0)"

static const struct ohtd_stored_row kept_hours = {
	.table = "service_hours", .bytes = sizeof(struct ohtd_analytics_service_hour), .key = &hour_columns[0],
	OHTD_COLUMNS(hour_columns),
};

static const struct ohtd_stored_column run_columns[] = {
	OHTD_COLUMN(ohtd_analytics_service_run, boot_id),
	OHTD_COLUMN(ohtd_analytics_service_run, kept_boot_ns),
	OHTD_COLUMN(ohtd_analytics_service_run, ended),
};

static const struct ohtd_stored_row kept_run = {
	.table = "service_run", .bytes = sizeof(struct ohtd_analytics_service_run), .key = &run_columns[1],
	OHTD_COLUMNS(run_columns),
};

#define SUM(name_)	#name_ " = " #name_ " + excluded." #name_
#define SUM_BUCKETS(name_)										\
	SUM(name_##_10) ", " SUM(name_##_25) ", " SUM(name_##_50) ", " SUM(name_##_100) ", "		\
	SUM(name_##_250) ", " SUM(name_##_1000) ", " SUM(name_##_more)

static const struct ohtd_statement add_sql = {
	" ON CONFLICT (hour) DO UPDATE SET " SUM(up_ns) ", " SUM(down_ns) ", " SUM(starts) ", " SUM(cuts) ", " SUM(cycles) ", "
	SUM(missed) ", " SUM(refused) ", " SUM_BUCKETS(requests) ", " SUM_BUCKETS(telemetry), &kept_hours, ohtd_row_insert
};
static const struct ohtd_statement drop_sql = {
	"DELETE FROM service_hours WHERE hour < (SELECT hour FROM service_hours ORDER BY hour DESC LIMIT 1 OFFSET :most - 1)"
};
static const struct ohtd_statement each_sql = {
	" WHERE hour >= :from AND hour < :to AND NOT " IS_DAMAGED " ORDER BY hour", &kept_hours, ohtd_row_select
};
static const struct ohtd_statement drop_damaged_sql = { "DELETE FROM service_hours WHERE " IS_DAMAGED };
static const struct ohtd_statement forget_run_sql = { "DELETE FROM service_run" };
static const struct ohtd_statement note_run_sql = { "", &kept_run, ohtd_row_insert };
static const struct ohtd_statement run_sql = { " LIMIT 1", &kept_run, ohtd_row_select };

static int add(struct ohtd_db *db, const struct ohtd_analytics_service_hour *hours, size_t count, const struct ohtd_analytics_service_run *run)
{
	sqlite3_stmt *s;
	int r = ohtd_db_run(db, ohtd_db_statement(db, &drop_damaged_sql));

	for (size_t i = 0; !r && i < count; i++)
		r = ohtd_db_put(db, &add_sql, &hours[i]);
	if (!r) {
		s = ohtd_db_statement(db, &drop_sql);
		ohtd_db_bind_number(s, ":most", OHTD_ANALYTICS_SERVICE_HOURS_MAX);
		r = ohtd_db_run(db, s);
	}
	if (!r)
		r = ohtd_db_run(db, ohtd_db_statement(db, &forget_run_sql));
	return r ? r : ohtd_db_put(db, &note_run_sql, run);
}

int ohtd_analytics_service_add(struct ohtd_db *db, const struct ohtd_analytics_service_hour *hours, size_t count,
			       const struct ohtd_analytics_service_run *run)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = add(db, hours, count, run);
	return ohtd_db_end(db, r);
}

int ohtd_analytics_service_run(struct ohtd_db *db, struct ohtd_analytics_service_run *run)
{
	return ohtd_db_get(db, &run_sql, run);
}

int ohtd_analytics_service_each(struct ohtd_db *db, int64_t from, int64_t to, void (*take)(const struct ohtd_analytics_service_hour *hour, void *arg),
				void *arg)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &each_sql);
	struct ohtd_analytics_service_hour hour;
	int r;

	ohtd_db_bind_number(s, ":from", from);
	ohtd_db_bind_number(s, ":to", to);
	while ((r = ohtd_db_row(db, s)) > 0) {
		ohtd_row_take(s, &kept_hours, &hour);
		take(&hour, arg);
	}
	sqlite3_reset(s);
	return r;
}
