// SPDX-License-Identifier: GPL-2.0-or-later
#include "tables/missions.h"

#include <errno.h>
#include <string.h>

#include "store/db_private.h"

static const struct ohtd_stored_column mission_columns[] = {
	OHTD_COLUMN(ohtd_tables_mission, id, .asked = "id", .seen = true),
	OHTD_COLUMN(ohtd_tables_mission, name, .searched = true),
	OHTD_COLUMN(ohtd_tables_mission, state, .asked = "state", .match = OHTD_MATCH_AMONG),
	OHTD_COLUMN(ohtd_tables_mission, reason),
	OHTD_COLUMN(ohtd_tables_mission, leg),
	OHTD_COLUMN(ohtd_tables_mission, legs),
	OHTD_COLUMN(ohtd_tables_mission, tag),
	OHTD_COLUMN(ohtd_tables_mission, driven_by, .searched = true),
	OHTD_COLUMN(ohtd_tables_mission, made_ns),
	OHTD_COLUMN(ohtd_tables_mission, made_by, .searched = true),
	OHTD_COLUMN(ohtd_tables_mission, began_ns),
	OHTD_COLUMN(ohtd_tables_mission, changed_ns),
	OHTD_COLUMN(ohtd_tables_mission, ended_ns),
};

const struct ohtd_stored_row ohtd_tables_missions_kept = {
	.table = "missions", .bytes = sizeof(struct ohtd_tables_mission), .key = &mission_columns[0],
	OHTD_COLUMNS(mission_columns),
};

static const struct ohtd_stored_column leg_columns[] = {
	OHTD_COLUMN(ohtd_tables_leg, mission),
	OHTD_COLUMN(ohtd_tables_leg, place),
	OHTD_COLUMN(ohtd_tables_leg, kind),
	OHTD_COLUMN(ohtd_tables_leg, station),
	OHTD_COLUMN(ohtd_tables_leg, position_mm),
	OHTD_COLUMN(ohtd_tables_leg, speed_mm_s),
	OHTD_COLUMN(ohtd_tables_leg, wait_s),
	OHTD_COLUMN(ohtd_tables_leg, deadline_s),
	OHTD_COLUMN(ohtd_tables_leg, on_failure),
	OHTD_COLUMN(ohtd_tables_leg, state),
	OHTD_COLUMN(ohtd_tables_leg, reason),
	OHTD_COLUMN(ohtd_tables_leg, command_id),
	OHTD_COLUMN(ohtd_tables_leg, began_ns),
	OHTD_COLUMN(ohtd_tables_leg, ended_ns),
};

static const struct ohtd_stored_row kept_legs = {
	.table = "mission_legs", .bytes = sizeof(struct ohtd_tables_leg), .key = &leg_columns[1],
	OHTD_COLUMNS(leg_columns),
};

static const struct ohtd_statement count_sql = { "SELECT count(*) FROM missions" };
static const struct ohtd_statement insert_sql = { "", &ohtd_tables_missions_kept, ohtd_row_insert };
static const struct ohtd_statement get_sql = { " WHERE id = :id", &ohtd_tables_missions_kept, ohtd_row_select };
static const struct ohtd_statement insert_leg_sql = { "", &kept_legs, ohtd_row_insert };
static const struct ohtd_statement legs_sql = {
	" WHERE mission = :mission ORDER BY place LIMIT :limit", &kept_legs, ohtd_row_select
};
static const struct ohtd_statement change_sql = {
	"UPDATE missions SET name = :name, legs = :legs, changed_ns = :changed_ns WHERE id = :id", &ohtd_tables_missions_kept
};
static const struct ohtd_statement keep_sql = {
	"UPDATE missions SET state = :state, reason = :reason, leg = :leg, tag = :tag, driven_by = :driven_by, began_ns = :began_ns,"
	" changed_ns = :changed_ns, ended_ns = :ended_ns WHERE id = :id", &ohtd_tables_missions_kept
};
static const struct ohtd_statement keep_leg_sql = {
	"UPDATE mission_legs SET state = :state, reason = :reason, command_id = :command_id, began_ns = :began_ns,"
	" ended_ns = :ended_ns WHERE mission = :mission AND place = :place", &kept_legs
};
/* The word of why it failed is that of the state: one that fails by itself has ended its leg. */
static const struct ohtd_statement end_legs_sql = {
	"UPDATE mission_legs SET state = 'failed', reason = :state, ended_ns = :ended_ns WHERE mission = :id AND state = 'running'",
	&ohtd_tables_missions_kept
};
static const struct ohtd_statement delete_sql = { "DELETE FROM missions WHERE id = :id" };
static const struct ohtd_statement delete_legs_sql = { "DELETE FROM mission_legs WHERE mission = :id" };

static const struct ohtd_statement finish_legs_sql = {
	"UPDATE mission_legs SET state = 'finished', reason = '', ended_ns = :now WHERE state = 'running' AND command_id <> ''"
	" AND EXISTS (SELECT 1 FROM commands AS c JOIN missions AS m ON m.id = mission WHERE c.caller_id = command_id"
	" AND c.tag = m.tag AND c.state = 'finished')"
};
/* A leg of a mission that is held waits for a person, and goes on waiting. */
static const struct ohtd_statement interrupt_legs_sql = {
	"UPDATE mission_legs SET state = 'waiting', reason = :reason, ended_ns = :now WHERE state = 'running'"
	" AND mission IN (SELECT id FROM missions WHERE state IN ('running', 'paused'))"
};
static const struct ohtd_statement hold_sql = {
	"UPDATE missions SET state = 'held', reason = :reason, changed_ns = :now, leg = coalesce((SELECT min(place) FROM mission_legs"
	" WHERE mission = id AND mission_legs.state <> 'finished'), legs + 1) WHERE state IN ('running', 'paused')"
};

static int run_of(struct ohtd_db *db, const struct ohtd_statement *sql, int64_t id)
{
	sqlite3_stmt *s = ohtd_db_statement(db, sql);

	ohtd_db_bind_number(s, ":id", id);
	return ohtd_db_run(db, s);
}

/* ---- making, changing, deleting ---- */

static int refuse_too_many(struct ohtd_db *db)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &count_sql);
	int r = ohtd_db_row(db, s);

	if (r > 0)
		r = sqlite3_column_int64(s, 0) >= OHTD_TABLES_MISSIONS_MAX ? -E2BIG : 0;
	sqlite3_reset(s);
	return r;
}

static int add_legs(struct ohtd_db *db, const struct ohtd_tables_mission *row, struct ohtd_tables_leg *legs)
{
	int r = 0;

	for (int64_t i = 0; !r && i < row->legs; i++) {
		legs[i].mission = row->id;
		legs[i].place = i + 1;
		r = ohtd_db_put(db, &insert_leg_sql, &legs[i]);
	}
	return r;
}

int ohtd_tables_mission_add(struct ohtd_db *db, struct ohtd_tables_mission *row, struct ohtd_tables_leg *legs)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = refuse_too_many(db);
	if (!r)
		r = ohtd_db_put(db, &insert_sql, row);
	if (!r) {
		row->id = sqlite3_last_insert_rowid(db->sql);
		r = add_legs(db, row, legs);
	}
	return ohtd_db_end(db, r);
}

static int change(struct ohtd_db *db, struct ohtd_tables_mission *row, struct ohtd_tables_leg *legs)
{
	const struct ohtd_tables_mission wished = *row;
	int r = ohtd_tables_mission_get(db, row);

	if (r)
		return r;
	if (strcmp(row->state, OHTD_TABLES_MISSION_WAITING))
		return -EINPROGRESS;
	if (*wished.name)
		memcpy(row->name, wished.name, sizeof(row->name));
	row->changed_ns = wished.changed_ns;
	if (legs) {
		row->legs = wished.legs;
		r = run_of(db, &delete_legs_sql, row->id);
		if (!r)
			r = add_legs(db, row, legs);
	}
	return r ? r : ohtd_db_put(db, &change_sql, row);
}

int ohtd_tables_mission_change(struct ohtd_db *db, struct ohtd_tables_mission *row, struct ohtd_tables_leg *legs)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = change(db, row, legs);
	return ohtd_db_end(db, r);
}

int ohtd_tables_mission_delete(struct ohtd_db *db, struct ohtd_tables_mission *row)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = ohtd_tables_mission_get(db, row);
	if (!r && (!strcmp(row->state, OHTD_TABLES_MISSION_RUNNING) || !strcmp(row->state, OHTD_TABLES_MISSION_PAUSED)))
		r = -EINPROGRESS;
	if (!r)
		r = run_of(db, &delete_legs_sql, row->id);
	if (!r)
		r = run_of(db, &delete_sql, row->id);
	return ohtd_db_end(db, r);
}

/* ---- while one is driven ---- */

static int keep(struct ohtd_db *db, const struct ohtd_tables_mission *row, const struct ohtd_tables_leg *leg)
{
	int r = ohtd_db_put(db, &keep_sql, row);

	if (!r && leg)
		r = ohtd_db_put(db, &keep_leg_sql, leg);
	return r || !row->ended_ns ? r : ohtd_db_put(db, &end_legs_sql, row);
}

int ohtd_tables_mission_keep(struct ohtd_db *db, const struct ohtd_tables_mission *row, const struct ohtd_tables_leg *leg)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = keep(db, row, leg);
	return ohtd_db_end(db, r);
}

int ohtd_tables_mission_note(struct ohtd_db *db, const struct ohtd_tables_mission *row, const struct ohtd_tables_leg *leg,
			     struct ohtd_command_row *command)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = keep(db, row, leg);
	if (!r)
		r = ohtd_db_command_note(db, command);
	return ohtd_db_end(db, r);
}

/* ---- a run of the daemon ---- */

static int run_at(struct ohtd_db *db, const struct ohtd_statement *sql, const char *reason, int64_t now_ns)
{
	sqlite3_stmt *s = ohtd_db_statement(db, sql);

	ohtd_db_bind_number(s, ":now", now_ns);
	if (reason)
		ohtd_db_bind_text(s, ":reason", reason);
	return ohtd_db_run(db, s);
}

int ohtd_tables_missions_begin(struct ohtd_db *db, const char *reason, int64_t now_ns)
{
	int r = ohtd_db_begin(db), held = 0;

	if (!r)
		r = run_at(db, &finish_legs_sql, NULL, now_ns);
	if (!r)
		r = run_at(db, &interrupt_legs_sql, reason, now_ns);
	if (!r)
		r = run_at(db, &hold_sql, reason, now_ns);
	if (!r)
		held = sqlite3_changes(db->sql);
	r = ohtd_db_end(db, r);
	return r ? r : held;
}

/* ---- reading ---- */

int ohtd_tables_mission_get(struct ohtd_db *db, struct ohtd_tables_mission *row)
{
	return ohtd_db_get(db, &get_sql, row);
}

int ohtd_tables_mission_legs(struct ohtd_db *db, int64_t mission, struct ohtd_tables_leg *legs)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &legs_sql);
	int count = 0, r;

	ohtd_db_bind_number(s, ":mission", mission);
	ohtd_db_bind_number(s, ":limit", OHTD_TABLES_MISSION_LEGS_MAX);
	while ((r = ohtd_db_row(db, s)) > 0 && count < OHTD_TABLES_MISSION_LEGS_MAX)
		ohtd_row_take(s, &kept_legs, &legs[count++]);
	sqlite3_reset(s);
	if (r < 0)
		return r;
	return count ? count : -ENOENT;
}
