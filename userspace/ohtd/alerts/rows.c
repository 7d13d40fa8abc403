// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/rows.h"

#include "store/sql.h"

static const struct ohtd_stored_column alert_columns[] = {
	OHTD_COLUMN(ohtd_alert_row, number, .asked = "number"),
	OHTD_COLUMN(ohtd_alert_row, code, .asked = "code", .searched = true),
	OHTD_COLUMN(ohtd_alert_row, severity, .asked = "severity"),
	OHTD_COLUMN(ohtd_alert_row, source, .asked = "source", .searched = true),
	OHTD_COLUMN(ohtd_alert_row, unit, .asked = "address"),
	OHTD_COLUMN(ohtd_alert_row, text, .searched = true),
	OHTD_COLUMN(ohtd_alert_row, subject, .asked = "subject", .searched = true),
	OHTD_COLUMN(ohtd_alert_row, since_ns, .asked = "since"),
	OHTD_COLUMN(ohtd_alert_row, ended_ns, .asked = "ended"),
	OHTD_COLUMN(ohtd_alert_row, times, .asked = "times"),
	OHTD_COLUMN(ohtd_alert_row, cut),
	OHTD_COLUMN(ohtd_alert_row, acknowledged_ns, .seen = true),
	OHTD_COLUMN(ohtd_alert_row, acknowledged_by, .seen = true),
	OHTD_COLUMN(ohtd_alert_row, acknowledged_times, .seen = true),
	OHTD_COLUMN(ohtd_alert_row, muted),
	OHTD_COLUMN(ohtd_alert_row, fastest_ns),
	OHTD_COLUMN(ohtd_alert_row, rested),
	OHTD_COLUMN(ohtd_alert_row, state, .asked = "state", .seen = true),
};

const struct ohtd_stored_row ohtd_kept_alerts = {
	.table = "alerts", .bytes = sizeof(struct ohtd_alert_row), .key = &alert_columns[0],
	.from = "(SELECT *, CASE WHEN ended_ns <> 0 THEN 'ended' WHEN cut THEN 'unknown'"
		" ELSE 'active' END AS state FROM alerts)",
	OHTD_COLUMNS(alert_columns),
};

/*
 * Of one that was told, and stands, the end is told: however often it came meanwhile. Another subject: the account that it is about was erased
 * meanwhile, and with it the text.
 */
#define OR_RENEW									\
	" ON CONFLICT (number) DO UPDATE SET since_ns = excluded.since_ns, ended_ns = excluded.ended_ns, times = excluded.times,"	\
	" muted = excluded.muted AND (muted OR ended_ns <> 0), fastest_ns = excluded.fastest_ns, text = iif(subject = excluded.subject, excluded.text, text)"

static const struct ohtd_statement keep_sql = { OR_RENEW, &ohtd_kept_alerts, ohtd_row_insert };

/* What the store has already is newer, unless the alert has come again or has ended since. */
static const struct ohtd_statement add_sql = {
	OR_RENEW " WHERE excluded.times > times OR (excluded.times = times AND ended_ns = 0)",
	&ohtd_kept_alerts, ohtd_row_insert
};

static const struct ohtd_statement acknowledge_sql = {
	"UPDATE alerts SET acknowledged_ns = :acknowledged_ns, acknowledged_by = :acknowledged_by,"
	" acknowledged_times = max(times, :times)"
	" WHERE number = :number AND acknowledged_times < max(times, :times)", &ohtd_kept_alerts
};

/* By their count: without the store at the start, numbers go on from the time of day. */
static const struct ohtd_statement drop_old_sql = {
	"DELETE FROM alerts WHERE number <="
	" (SELECT number FROM alerts ORDER BY number DESC LIMIT 1 OFFSET :kept)"
};

/* 2: its run has ended, and no later run has raised it again. A start that ends half way leaves it so for the next. */
static const struct ohtd_statement cut_sql = {
	"UPDATE alerts SET cut = 2 WHERE ended_ns = 0 AND cut = 0 AND number <= :last"
};

static const struct ohtd_statement left_sql = {
	" WHERE ended_ns = 0 AND cut <> 1 AND acknowledged_times < times ORDER BY number DESC LIMIT :max", &ohtd_kept_alerts, ohtd_row_select
};

static const struct ohtd_statement carried_sql = { "UPDATE alerts SET cut = 1 WHERE cut = 2 AND number <= :last" };

/* Behind a restore numbers go on above those that were given since the backup (store/carry.c). */
static const struct ohtd_statement newest_sql = {
	"SELECT max(coalesce((SELECT max(number) FROM alerts), 0), coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'alerts'), 0))"
};

static const struct ohtd_statement get_sql = {
	" WHERE number = :number", &ohtd_kept_alerts, ohtd_row_select
};

static int note_none(struct ohtd_db *db, const struct ohtd_alert_row *row)
{
	(void)db;
	(void)row;
	return 0;
}

static int note_no_cut(struct ohtd_db *db, int64_t last, int64_t now_ns)
{
	(void)db;
	(void)last;
	(void)now_ns;
	return 0;
}

static int bound_nothing(struct ohtd_db *db)
{
	(void)db;
	return 0;
}

static const struct ohtd_alerts_listener no_listener = { note_none, note_no_cut, bound_nothing };

static const struct ohtd_alerts_listener *listener = &no_listener;

void ohtd_alerts_listen(const struct ohtd_alerts_listener *told)
{
	listener = told ? told : &no_listener;
}

static int drop_old(struct ohtd_db *db)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &drop_old_sql);

	ohtd_db_bind_number(s, ":kept", OHTD_ALERTS_KEPT);
	return ohtd_db_run(db, s);
}

int ohtd_db_alerts_keep(struct ohtd_db *db, const struct ohtd_alert_row *rows, unsigned int count)
{
	int r = ohtd_db_begin(db), queued = 0;

	for (unsigned int i = 0; !r && i < count; i++) {
		r = listener->note(db, &rows[i]);
		queued += r;
		if (r >= 0)
			r = ohtd_db_put(db, &keep_sql, &rows[i]);
	}
	if (!r && queued)
		r = listener->bound(db);
	if (!r)
		r = drop_old(db);
	return ohtd_db_end(db, r);
}

static int find_newest(struct ohtd_db *db, int64_t *newest)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &newest_sql);
	int r = ohtd_db_row(db, s);

	if (r > 0)
		*newest = ohtd_store_take_number(s, 0);
	sqlite3_reset(s);
	return r < 0 ? r : 0;
}

int ohtd_db_alerts_cut(struct ohtd_db *db, int64_t last, int64_t now_ns)
{
	sqlite3_stmt *s;
	int r = ohtd_db_begin(db);

	if (!r)
		r = listener->note_cut(db, last, now_ns);
	if (!r) {
		s = ohtd_db_statement(db, &cut_sql);
		ohtd_db_bind_number(s, ":last", last);
		r = ohtd_db_run(db, s);
	}
	return ohtd_db_end(db, r);
}

int ohtd_db_alerts_left(struct ohtd_db *db, struct ohtd_alert_row *rows, unsigned int max)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &left_sql);
	unsigned int count = 0;
	int r;

	ohtd_db_bind_number(s, ":max", max);
	while ((r = ohtd_db_row(db, s)) > 0 && count < max)
		ohtd_row_take(s, &ohtd_kept_alerts, &rows[count++]);
	sqlite3_reset(s);
	return r < 0 ? r : (int)count;
}

int ohtd_alerts_carried(struct ohtd_db *db, int64_t last)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &carried_sql);

	ohtd_db_bind_number(s, ":last", last);
	return ohtd_db_run(db, s);
}

int ohtd_db_alerts_begin(struct ohtd_db *db, int64_t now_ns, int64_t *newest)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = ohtd_db_alerts_cut(db, INT64_MAX, now_ns);
	if (!r)
		r = find_newest(db, newest);
	return ohtd_db_end(db, r);
}

int ohtd_db_alert_get(struct ohtd_db *db, struct ohtd_alert_row *row)
{
	return ohtd_db_get(db, &get_sql, row);
}

int ohtd_db_alert_bring(struct ohtd_db *db, const struct ohtd_alert_row *row)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = listener->note(db, row);
	if (r > 0)
		r = listener->bound(db);
	if (!r)
		r = ohtd_db_put(db, &add_sql, row);
	return ohtd_db_end(db, r);
}

int ohtd_db_alert_acknowledge(struct ohtd_db *db, struct ohtd_alert_row *row)
{
	int64_t times = row->times;
	int r = ohtd_db_begin(db), changed = 0;

	if (!r && *row->code)
		r = ohtd_db_alert_bring(db, row);
	if (!r)
		r = ohtd_db_put(db, &acknowledge_sql, row);
	changed = sqlite3_changes(db->sql);
	if (!r)
		r = ohtd_db_get(db, &get_sql, row);
	r = ohtd_db_end(db, r);
	/* The store may not know yet that it has come again. */
	if (row->times < times)
		row->times = times;
	return r ? r : changed;
}
