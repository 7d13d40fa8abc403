// SPDX-License-Identifier: GPL-2.0-or-later
#include "settings/alert_rule_rows.h"

#include "store/db_private.h"

static const struct ohtd_stored_column rule_columns[] = {
	OHTD_COLUMN(ohtd_alert_rule_row, code),
	OHTD_COLUMN(ohtd_alert_rule_row, revision, .whole = true),
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

static const struct ohtd_statement list_sql = {
	" ORDER BY code LIMIT :limit", &kept_rules, ohtd_row_select
};

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
