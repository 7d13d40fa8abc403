// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/alerts.h"

#include <errno.h>

#include "store/db_private.h"

#define INSERT										\
	"INSERT INTO alerts (number, code, severity, source, unit, text, since_ns, ended_ns, times, cut)"	\
	" VALUES (:number, :code, :severity, :source, :unit, :text, :since, :ended, :times, 0)"			\
	" ON CONFLICT (number) DO "

static const struct ohtd_statement keep_sql = {
	INSERT "UPDATE SET ended_ns = excluded.ended_ns, times = excluded.times"
};

/* What the store has already is newer, unless the alert has come again since. */
static const struct ohtd_statement add_sql = {
	INSERT "UPDATE SET ended_ns = excluded.ended_ns, times = excluded.times WHERE excluded.times > times"
};

static const struct ohtd_statement acknowledge_sql = {
	"UPDATE alerts SET acknowledged_ns = :now, acknowledged_by = :by, acknowledged_times = max(times, :times)"
	" WHERE number = :number AND acknowledged_times < max(times, :times)"
};

/* By their count: without the store at the start, numbers go on from the time of day. */
static const struct ohtd_statement drop_old_sql = {
	"DELETE FROM alerts WHERE number <="
	" (SELECT number FROM alerts ORDER BY number DESC LIMIT 1 OFFSET :kept)"
};

static const struct ohtd_statement cut_sql = {
	"UPDATE alerts SET cut = 1 WHERE ended_ns = 0 AND cut = 0 AND number <= :last"
};

static const struct ohtd_statement newest_sql = { "SELECT coalesce(max(number), 0) FROM alerts" };

#define SELECT										\
	"SELECT number, code, severity, source, unit, text, since_ns, ended_ns, times, cut,"	\
	" acknowledged_ns, acknowledged_by, acknowledged_times FROM alerts"

static const struct ohtd_statement get_sql = { SELECT " WHERE number = :number" };

static const struct ohtd_statement list_sql = {
	SELECT
	" WHERE number < :before AND code = coalesce(:code, code) AND (:unit < 0 OR unit = :unit)"
	" ORDER BY number DESC LIMIT :limit"
};

static int put(struct ohtd_db *db, const struct ohtd_statement *sql, const struct ohtd_alert_row *row)
{
	sqlite3_stmt *s = ohtd_db_statement(db, sql);

	ohtd_db_bind_number(s, ":number", row->number);
	ohtd_db_bind_text(s, ":code", row->code);
	ohtd_db_bind_text(s, ":severity", row->severity);
	ohtd_db_bind_text(s, ":source", row->source);
	ohtd_db_bind_number(s, ":unit", row->unit);
	ohtd_db_bind_text(s, ":text", row->text);
	ohtd_db_bind_number(s, ":since", row->since_ns);
	ohtd_db_bind_number(s, ":ended", row->ended_ns);
	ohtd_db_bind_number(s, ":times", row->times);
	return ohtd_db_run(db, s);
}

static int drop_old(struct ohtd_db *db)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &drop_old_sql);

	ohtd_db_bind_number(s, ":kept", OHTD_ALERTS_KEPT);
	return ohtd_db_run(db, s);
}

int ohtd_db_alerts_keep(struct ohtd_db *db, const struct ohtd_alert_row *rows, unsigned int count)
{
	int r = ohtd_db_begin(db);

	for (unsigned int i = 0; !r && i < count; i++)
		r = put(db, &keep_sql, &rows[i]);
	if (!r)
		r = drop_old(db);
	return ohtd_db_end(db, r);
}

static int find_newest(struct ohtd_db *db, int64_t *newest)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &newest_sql);
	int r = ohtd_db_row(db, s);

	if (r > 0)
		*newest = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return r < 0 ? r : 0;
}

int ohtd_db_alerts_cut(struct ohtd_db *db, int64_t last)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &cut_sql);

	ohtd_db_bind_number(s, ":last", last);
	return ohtd_db_run(db, s);
}

int ohtd_db_alerts_begin(struct ohtd_db *db, int64_t *newest)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = ohtd_db_alerts_cut(db, INT64_MAX);
	if (!r)
		r = find_newest(db, newest);
	return ohtd_db_end(db, r);
}

static void take_row(sqlite3_stmt *s, struct ohtd_alert_row *row)
{
	row->number = sqlite3_column_int64(s, 0);
	ohtd_db_take_text(s, 1, row->code, sizeof(row->code));
	ohtd_db_take_text(s, 2, row->severity, sizeof(row->severity));
	ohtd_db_take_text(s, 3, row->source, sizeof(row->source));
	row->unit = (uint8_t)sqlite3_column_int(s, 4);
	ohtd_db_take_text(s, 5, row->text, sizeof(row->text));
	row->since_ns = sqlite3_column_int64(s, 6);
	row->ended_ns = sqlite3_column_int64(s, 7);
	row->times = sqlite3_column_int64(s, 8);
	row->cut = sqlite3_column_int(s, 9) != 0;
	row->acknowledged_ns = sqlite3_column_int64(s, 10);
	ohtd_db_take_text(s, 11, row->acknowledged_by, sizeof(row->acknowledged_by));
	row->acknowledged_times = sqlite3_column_int64(s, 12);
}

/* How many rows were changed, or a negative errno. */
static int acknowledge(struct ohtd_db *db, const struct ohtd_alert_row *row)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &acknowledge_sql);
	int r;

	ohtd_db_bind_number(s, ":number", row->number);
	ohtd_db_bind_number(s, ":now", row->acknowledged_ns);
	ohtd_db_bind_text(s, ":by", row->acknowledged_by);
	ohtd_db_bind_number(s, ":times", row->times);
	r = ohtd_db_run(db, s);
	return r ? r : sqlite3_changes(db->sql);
}

static int get(struct ohtd_db *db, struct ohtd_alert_row *row)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &get_sql);
	int r;

	ohtd_db_bind_number(s, ":number", row->number);
	r = ohtd_db_row(db, s);
	if (r > 0)
		take_row(s, row);
	sqlite3_reset(s);
	return r > 0 ? 0 : r ? r : -ENOENT;
}

int ohtd_db_alert_acknowledge(struct ohtd_db *db, struct ohtd_alert_row *row)
{
	int64_t times = row->times;
	int r = ohtd_db_begin(db), changed = 0;

	if (!r && *row->code)
		r = put(db, &add_sql, row);
	if (!r)
		r = changed = acknowledge(db, row);
	if (r >= 0)
		r = get(db, row);
	r = ohtd_db_end(db, r);
	/* The store may not know yet that it has come again. */
	if (row->times < times)
		row->times = times;
	return r ? r : changed;
}

int ohtd_db_alerts_list(struct ohtd_db *db, int64_t before, const char *code, int unit, struct ohtd_alert_row *rows,
			unsigned int max)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &list_sql);
	unsigned int count = 0;
	int r;

	ohtd_db_bind_number(s, ":before", before);
	ohtd_db_bind_text(s, ":code", code);
	ohtd_db_bind_number(s, ":unit", unit);
	ohtd_db_bind_number(s, ":limit", max);
	while ((r = ohtd_db_row(db, s)) > 0 && count < max)
		take_row(s, &rows[count++]);
	sqlite3_reset(s);
	return r < 0 ? r : (int)count;
}
