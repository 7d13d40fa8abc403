// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/shelf_rows.h"

#include <errno.h>
#include <stdio.h>

#include "store/sql.h"

static const struct ohtd_stored_column shelf_columns[] = {
	OHTD_COLUMN(ohtd_alert_shelf_row, id, .whole = true),
	OHTD_COLUMN(ohtd_alert_shelf_row, code),
	OHTD_COLUMN(ohtd_alert_shelf_row, source),
	OHTD_COLUMN(ohtd_alert_shelf_row, unit),
	OHTD_COLUMN(ohtd_alert_shelf_row, subject),
	OHTD_COLUMN(ohtd_alert_shelf_row, made_ns),
	OHTD_COLUMN(ohtd_alert_shelf_row, until_ns),
	OHTD_COLUMN(ohtd_alert_shelf_row, made_by),
	OHTD_COLUMN(ohtd_alert_shelf_row, reason),
};

static const struct ohtd_stored_row kept_shelves = {
	.table = "alert_shelves", .bytes = sizeof(struct ohtd_alert_shelf_row), .key = &shelf_columns[0],
	OHTD_COLUMNS(shelf_columns),
};

#define IS_ALERT	"code = :code AND source = :source AND unit = :unit AND subject = :subject"
#define OF_ALERT	" WHERE " IS_ALERT

/* Of those that are there, and how many are of other alerts: an id is not given again before its end was heard of. */
static const struct ohtd_statement look_sql = {
	"SELECT coalesce(max(id), 0), coalesce(sum(NOT (" IS_ALERT ")), 0)"
	" FROM alert_shelves", &kept_shelves
};
static const struct ohtd_statement forget_sql = { "DELETE FROM alert_shelves" OF_ALERT, &kept_shelves };
static const struct ohtd_statement insert_sql = { "", &kept_shelves, ohtd_row_insert };
static const struct ohtd_statement get_sql = { OF_ALERT, &kept_shelves, ohtd_row_select };
static const struct ohtd_statement end_sql = { "DELETE FROM alert_shelves WHERE id = :id" };
static const struct ohtd_statement list_sql = { " ORDER BY id LIMIT :limit", &kept_shelves, ohtd_row_select };

const char *ohtd_alerts_shelf_words(const struct ohtd_alert_shelf_row *row, char words[OHTD_ALERT_SHELF_WORDS_BYTES])
{
	snprintf(words, OHTD_ALERT_SHELF_WORDS_BYTES, "%s of %s, unit %u%s%s", row->code, row->source, row->unit, *row->subject ? ", " : "",
		 row->subject);
	return words;
}

/* The id that @row gets: time goes on where all shelves have ended. */
static int choose_id(struct ohtd_db *db, struct ohtd_alert_shelf_row *row)
{
	sqlite3_stmt *s = ohtd_db_bound(db, &look_sql, row);
	int r = ohtd_db_row(db, s);

	if (r > 0) {
		row->id = ohtd_store_take_number(s, 0) + 1;
		if (row->id < row->made_ns)
			row->id = row->made_ns;
		r = ohtd_store_take_number(s, 1) >= OHTD_ALERT_SHELVES_MAX ? -E2BIG : 0;
	}
	sqlite3_reset(s);
	return r;
}

int ohtd_db_alert_shelve(struct ohtd_db *db, struct ohtd_alert_shelf_row *row)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = choose_id(db, row);
	if (!r)
		r = ohtd_db_put(db, &forget_sql, row);
	if (!r)
		r = ohtd_db_put(db, &insert_sql, row);
	return ohtd_db_end(db, r);
}

int ohtd_db_alert_unshelve(struct ohtd_db *db, struct ohtd_alert_shelf_row *row)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = ohtd_db_get(db, &get_sql, row);
	if (!r)
		r = ohtd_db_put(db, &forget_sql, row);
	return ohtd_db_end(db, r);
}

int ohtd_db_alert_shelf_end(struct ohtd_db *db, int64_t id)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &end_sql);

	ohtd_db_bind_number(s, ":id", id);
	return ohtd_db_run(db, s);
}

int ohtd_db_alert_shelves(struct ohtd_db *db, struct ohtd_alert_shelf_row *rows)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &list_sql);
	int count = 0, r;

	ohtd_db_bind_number(s, ":limit", OHTD_ALERT_SHELVES_MAX);
	while ((r = ohtd_db_row(db, s)) > 0 && count < OHTD_ALERT_SHELVES_MAX)
		ohtd_row_take(s, &kept_shelves, &rows[count++]);
	sqlite3_reset(s);
	return r < 0 ? r : count;
}
