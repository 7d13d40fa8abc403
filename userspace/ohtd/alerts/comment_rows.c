// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/comment_rows.h"

#include <errno.h>

#include "store/sql.h"

static const struct ohtd_stored_column comment_columns[] = {
	OHTD_COLUMN(ohtd_alert_comment_row, id, .seen = true),
	OHTD_COLUMN(ohtd_alert_comment_row, alert),
	OHTD_COLUMN(ohtd_alert_comment_row, made_ns),
	OHTD_COLUMN(ohtd_alert_comment_row, made_by),
	OHTD_COLUMN(ohtd_alert_comment_row, text),
};

static const struct ohtd_stored_row kept_comments = {
	.table = "alert_comments", .bytes = sizeof(struct ohtd_alert_comment_row), .key = &comment_columns[0],
	OHTD_COLUMNS(comment_columns),
};

/* No row: there is no such alert. */
static const struct ohtd_statement count_sql = {
	"SELECT (SELECT count(*) FROM alert_comments WHERE alert = :alert) FROM alerts WHERE number = :alert"
};
static const struct ohtd_statement insert_sql = { "", &kept_comments, ohtd_row_insert };
static const struct ohtd_statement drop_old_sql = {
	"DELETE FROM alert_comments WHERE id <= (SELECT id FROM alert_comments ORDER BY id DESC LIMIT 1 OFFSET :kept)"
};
static const struct ohtd_statement list_sql = {
	" WHERE alert = :alert ORDER BY id LIMIT :limit", &kept_comments, ohtd_row_select
};

static int count_of(struct ohtd_db *db, int64_t alert)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &count_sql);
	int r;

	ohtd_db_bind_number(s, ":alert", alert);
	r = ohtd_db_row(db, s);
	if (r > 0)
		r = sqlite3_column_int(s, 0);
	else if (!r)
		r = -ENOENT;
	sqlite3_reset(s);
	return r;
}

static int add(struct ohtd_db *db, struct ohtd_alert_comment_row *row)
{
	int r = count_of(db, row->alert);
	sqlite3_stmt *s;

	if (r >= OHTD_ALERT_COMMENTS_MAX)
		return -E2BIG;
	if (r >= 0)
		r = ohtd_db_put(db, &insert_sql, row);
	if (r)
		return r;
	row->id = sqlite3_last_insert_rowid(db->sql);
	s = ohtd_db_statement(db, &drop_old_sql);
	ohtd_db_bind_number(s, ":kept", OHTD_ALERT_COMMENTS_KEPT);
	return ohtd_db_run(db, s);
}

int ohtd_db_alert_comment(struct ohtd_db *db, const struct ohtd_alert_row *alert, struct ohtd_alert_comment_row *row)
{
	int r = ohtd_db_begin(db);

	row->alert = alert->number;
	if (!r && *alert->code)
		r = ohtd_db_alert_bring(db, alert);
	if (!r)
		r = add(db, row);
	return ohtd_db_end(db, r);
}

int ohtd_db_alert_comments(struct ohtd_db *db, int64_t alert, struct ohtd_alert_comment_row *rows)
{
	int count = 0, r = count_of(db, alert);
	sqlite3_stmt *s;

	if (r < 0)
		return r;
	s = ohtd_db_statement(db, &list_sql);
	ohtd_db_bind_number(s, ":alert", alert);
	ohtd_db_bind_number(s, ":limit", OHTD_ALERT_COMMENTS_MAX);
	while ((r = ohtd_db_row(db, s)) > 0 && count < OHTD_ALERT_COMMENTS_MAX)
		ohtd_row_take(s, &kept_comments, &rows[count++]);
	sqlite3_reset(s);
	return r < 0 ? r : count;
}
