// SPDX-License-Identifier: GPL-2.0-or-later
#include "settings/alert_rule_rows.h"

#include "store/sql.h"

#define RULE_COLUMN(name_, member_, ...)	OHTD_COLUMN_AS(ohtd_alert_rule, name_, member_, __VA_ARGS__)

static const struct ohtd_stored_column rule_columns[] = {
	RULE_COLUMN("code", code),
	RULE_COLUMN("enabled", enabled, .most = 1),
	RULE_COLUMN("signal", signal),
	RULE_COLUMN("kind", kind, .most = 2),
	RULE_COLUMN("minus", minus),
	RULE_COLUMN("window_ms", window_ms),
	RULE_COLUMN("below", below, .most = 1),
	RULE_COLUMN("boundary", limit),
	RULE_COLUMN("hysteresis", hysteresis),
	RULE_COLUMN("on_ms", on_ms),
	RULE_COLUMN("off_ms", off_ms),
	RULE_COLUMN("severity = 'critical'", severity, .most = 1),
	RULE_COLUMN("latching", latching, .most = 1),
	RULE_COLUMN("behind_modules", behind_modules, .most = 1),
	RULE_COLUMN("suppressed", suppressed),
	RULE_COLUMN("family", group),
	RULE_COLUMN("text", text),
	RULE_COLUMN("consequence", consequence),
	RULE_COLUMN("action", action),
};

static const struct ohtd_stored_row kept_rules = {
	.table = "alert_rules", .bytes = sizeof(struct ohtd_alert_rule),
	.key = &rule_columns[0], OHTD_COLUMNS(rule_columns),
};

static const struct ohtd_statement list_sql = {
	" ORDER BY code LIMIT :limit", &kept_rules, ohtd_row_select
};

int ohtd_db_alert_rules_list(struct ohtd_db *db, struct ohtd_alert_rule *rows)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &list_sql);
	int count = 0, r;

	ohtd_db_bind_number(s, ":limit", OHTD_ALERT_RULE_ROWS);
	while ((r = ohtd_db_row(db, s)) > 0 && count < OHTD_ALERT_RULE_ROWS)
		ohtd_row_take(s, &kept_rules, &rows[count++]);
	sqlite3_reset(s);
	return r < 0 ? r : count;
}
