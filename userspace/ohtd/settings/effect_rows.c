// SPDX-License-Identifier: GPL-2.0-or-later
#include "settings/effect_rows.h"

#include "store/sql.h"

#define PAIR(m_)									\
	OHTD_COLUMN_AS(ohtd_config_effect, #m_ "_before", before.m_),			\
	OHTD_COLUMN_AS(ohtd_config_effect, #m_ "_after", after.m_)

static const struct ohtd_stored_column columns[] = {
	OHTD_COLUMN(ohtd_config_effect, version),
	OHTD_COLUMN(ohtd_config_effect, ended),
	OHTD_COLUMN(ohtd_config_effect, before_ms),
	OHTD_COLUMN(ohtd_config_effect, after_ms),
	PAIR(cycles),
	PAIR(missed),
	PAIR(exceeded),
	PAIR(exchanges),
	PAIR(failed),
	PAIR(control_cycles),
	PAIR(control_missed),
	PAIR(control_late_us),
	PAIR(alerts),
};

static const struct ohtd_stored_row kept_row = {
	.table = "config_effects", .bytes = sizeof(struct ohtd_config_effect), .key = &columns[0], OHTD_COLUMNS(columns),
};

static const struct ohtd_statement add_sql = { "", &kept_row, ohtd_row_insert };

static const struct ohtd_statement get_sql = { " WHERE version = :version", &kept_row, ohtd_row_select };

int ohtd_db_config_effect_add(struct ohtd_db *db, const struct ohtd_config_effect *effect)
{
	return ohtd_db_put(db, &add_sql, effect);
}

int ohtd_db_config_effect_get(struct ohtd_db *db, struct ohtd_config_effect *effect)
{
	return ohtd_db_get(db, &get_sql, effect);
}
