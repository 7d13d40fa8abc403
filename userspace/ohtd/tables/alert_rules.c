// SPDX-License-Identifier: GPL-2.0-or-later
#include "tables/alert_rules.h"

#include <errno.h>

#include "store/db_private.h"

static const struct ohtd_stored_column rule_columns[] = {
	OHTD_COLUMN(ohtd_alert_rule_row, code),
	OHTD_COLUMN(ohtd_alert_rule_row, revision),
	OHTD_COLUMN(ohtd_alert_rule_row, shipped),
	OHTD_COLUMN(ohtd_alert_rule_row, enabled),
	OHTD_COLUMN(ohtd_alert_rule_row, signal),
	OHTD_COLUMN(ohtd_alert_rule_row, kind),
	OHTD_COLUMN(ohtd_alert_rule_row, minus),
	OHTD_COLUMN(ohtd_alert_rule_row, window_ms),
	OHTD_COLUMN(ohtd_alert_rule_row, below),
	OHTD_COLUMN_AS(ohtd_alert_rule_row, "boundary", limit),
	OHTD_COLUMN(ohtd_alert_rule_row, hysteresis),
	OHTD_COLUMN(ohtd_alert_rule_row, on_ms),
	OHTD_COLUMN(ohtd_alert_rule_row, off_ms),
	OHTD_COLUMN(ohtd_alert_rule_row, severity),
	OHTD_COLUMN(ohtd_alert_rule_row, latching),
	OHTD_COLUMN(ohtd_alert_rule_row, behind_modules),
	OHTD_COLUMN(ohtd_alert_rule_row, suppressed),
	OHTD_COLUMN_AS(ohtd_alert_rule_row, "family", group),
	OHTD_COLUMN(ohtd_alert_rule_row, text),
	OHTD_COLUMN(ohtd_alert_rule_row, consequence),
	OHTD_COLUMN(ohtd_alert_rule_row, action),
};

static const struct ohtd_stored_row kept_rules = {
	.table = "alert_rules", .bytes = sizeof(struct ohtd_alert_rule_row),
	.key = &rule_columns[1], OHTD_COLUMNS(rule_columns),
};

static const struct ohtd_statement revision_sql = {
	"SELECT coalesce(max(revision), 0) FROM alert_rules WHERE code = :code"
};

static const struct ohtd_statement count_sql = {
	"SELECT count(*) FROM alert_rules WHERE NOT shipped"
};

static const struct ohtd_statement insert_sql = { "", &kept_rules, ohtd_row_insert };

static const struct ohtd_statement delete_sql = {
	"DELETE FROM alert_rules WHERE code = :code", &kept_rules
};

static const struct ohtd_statement list_sql = {
	" ORDER BY code LIMIT :limit", &kept_rules, ohtd_row_select
};

static int number_of(struct ohtd_db *db, sqlite3_stmt *s, int64_t *number)
{
	int r = ohtd_db_row(db, s);

	if (r > 0)
		*number = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return r < 0 ? r : 0;
}

static int check(struct ohtd_db *db, const struct ohtd_alert_rule_row *row, int64_t revision,
		 int max)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &revision_sql);
	int64_t present = 0, count = 0;
	int r;

	ohtd_db_bind_text(s, ":code", row->code);
	r = number_of(db, s, &present);
	if (!r)
		r = number_of(db, ohtd_db_statement(db, &count_sql), &count);
	if (r)
		return r;
	if (present != revision)
		return -ESTALE;
	return !revision && !row->shipped && count >= max ? -E2BIG : 0;
}

int ohtd_db_alert_rule_put(struct ohtd_db *db, struct ohtd_alert_rule_row *row, int64_t revision,
			   int64_t now_us, int max)
{
	int r = ohtd_db_begin(db);

	row->revision = now_us > revision ? now_us : revision + 1;
	if (!r)
		r = check(db, row, revision, max);
	if (!r)
		r = ohtd_db_put(db, &delete_sql, row);
	if (!r)
		r = ohtd_db_put(db, &insert_sql, row);
	return ohtd_db_end(db, r);
}

int ohtd_db_alert_rule_delete(struct ohtd_db *db, const char *code)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &delete_sql);
	int r;

	ohtd_db_bind_text(s, ":code", code);
	r = ohtd_db_run(db, s);
	return r ? r : sqlite3_changes(db->sql) > 0;
}

int ohtd_db_alert_rules_list(struct ohtd_db *db, struct ohtd_alert_rule_row *rows)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &list_sql);
	int count = 0, r;

	ohtd_db_bind_number(s, ":limit", OHTD_ALERT_RULE_ROWS);
	while ((r = ohtd_db_row(db, s)) > 0 && count < OHTD_ALERT_RULE_ROWS)
		ohtd_row_take(s, &kept_rules, &rows[count++]);
	sqlite3_reset(s);
	return r < 0 ? r : count;
}
