// SPDX-License-Identifier: GPL-2.0-or-later
#include "training/rows.h"

#include "store/sql.h"
#include "store/list.h"

static const struct ohtd_stored_column columns[] = {
	OHTD_COLUMN(ohtd_training_run, id, .seen = true),
	OHTD_COLUMN(ohtd_training_run, name),
	OHTD_COLUMN(ohtd_training_run, person),
	OHTD_COLUMN(ohtd_training_run, user_id),
	OHTD_COLUMN(ohtd_training_run, state),
	OHTD_COLUMN(ohtd_training_run, reason),
	OHTD_COLUMN(ohtd_training_run, done),
	OHTD_COLUMN(ohtd_training_run, times),
	OHTD_COLUMN(ohtd_training_run, began_ns),
	OHTD_COLUMN(ohtd_training_run, ended_ns),
};

static const struct ohtd_stored_row kept = {
	.table = "scenarios", .bytes = sizeof(struct ohtd_training_run), .key = &columns[0], OHTD_COLUMNS(columns),
};

static const struct ohtd_statement insert_sql = { "", &kept, ohtd_row_insert };
static const struct ohtd_statement trim_sql = {
	"DELETE FROM scenarios WHERE id <= (SELECT id FROM scenarios ORDER BY id DESC LIMIT 1 OFFSET :kept)"
};
static const struct ohtd_statement keep_sql = {
	"UPDATE scenarios SET state = :state, reason = :reason, done = :done, times = :times, ended_ns = :ended_ns WHERE id = :id", &kept
};
static const struct ohtd_statement get_sql = { " WHERE id = :id", &kept, ohtd_row_select };
static const struct ohtd_statement recent_sql = { " ORDER BY id DESC LIMIT :limit", &kept, ohtd_row_select };
static const struct ohtd_statement end_sql = {
	"UPDATE scenarios SET state = '" OHTD_TRAINING_ENDED "', reason = :reason, ended_ns = :now WHERE state = '" OHTD_TRAINING_RUNNING "'"
};

int ohtd_training_run_add(struct ohtd_db *db, struct ohtd_training_run *run)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = ohtd_db_put(db, &insert_sql, run);
	if (!r) {
		sqlite3_stmt *s = ohtd_db_statement(db, &trim_sql);

		run->id = sqlite3_last_insert_rowid(db->sql);
		ohtd_db_bind_number(s, ":kept", OHTD_TRAINING_KEPT);
		r = ohtd_db_run(db, s);
	}
	return ohtd_db_end(db, r);
}

int ohtd_training_run_keep(struct ohtd_db *db, const struct ohtd_training_run *run)
{
	return ohtd_db_put(db, &keep_sql, run);
}

int ohtd_training_run_get(struct ohtd_db *db, struct ohtd_training_run *run)
{
	return ohtd_db_get(db, &get_sql, run);
}

int ohtd_training_runs_read(struct ohtd_db *db, struct ohtd_training_runs *runs)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &recent_sql);
	int r;

	runs->count = 0;
	ohtd_db_bind_number(s, ":limit", OHTD_TRAINING_RECENT);
	while ((r = ohtd_db_row(db, s)) > 0 && runs->count < OHTD_TRAINING_RECENT)
		ohtd_row_take(s, &kept, &runs->items[runs->count++]);
	sqlite3_reset(s);
	return r < 0 ? r : 0;
}

int ohtd_training_runs_end(struct ohtd_db *db, const char *reason, int64_t now_ns)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &end_sql);
	int r;

	ohtd_db_bind_text(s, ":reason", reason);
	ohtd_db_bind_number(s, ":now", now_ns);
	r = ohtd_db_run(db, s);
	return r ? r : sqlite3_changes(db->sql);
}
