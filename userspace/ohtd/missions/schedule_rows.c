// SPDX-License-Identifier: GPL-2.0-or-later
#include "missions/schedule_rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/sql.h"

static const struct ohtd_stored_column columns[] = {
	OHTD_COLUMN(ohtd_mission_schedule, id, .asked = "id", .seen = true),
	OHTD_COLUMN(ohtd_mission_schedule, template),
	OHTD_COLUMN(ohtd_mission_schedule, name),
	OHTD_COLUMN(ohtd_mission_schedule, days),
	OHTD_COLUMN(ohtd_mission_schedule, from_min),
	OHTD_COLUMN(ohtd_mission_schedule, until_min),
	OHTD_COLUMN(ohtd_mission_schedule, every_min),
	OHTD_COLUMN(ohtd_mission_schedule, made_ns),
	OHTD_COLUMN(ohtd_mission_schedule, made_by),
	OHTD_COLUMN(ohtd_mission_schedule, last_ns),
	OHTD_COLUMN(ohtd_mission_schedule, last_reason),
	OHTD_COLUMN(ohtd_mission_schedule, last_mission),
};

static const struct ohtd_stored_row kept = {
	.table = "mission_schedules", .bytes = sizeof(struct ohtd_mission_schedule), .key = &columns[0], OHTD_COLUMNS(columns),
};

static const struct ohtd_statement count_sql = { "SELECT count(*) FROM mission_schedules" };
static const struct ohtd_statement insert_sql = { "", &kept, ohtd_row_insert };
static const struct ohtd_statement get_sql = { " WHERE id = :id", &kept, ohtd_row_select };
static const struct ohtd_statement all_sql = { " ORDER BY id LIMIT :limit", &kept, ohtd_row_select };
static const struct ohtd_statement delete_sql = { "DELETE FROM mission_schedules WHERE id = :id" };
static const struct ohtd_statement turn_sql = {
	"UPDATE mission_schedules SET last_ns = :last_ns, last_reason = :last_reason, last_mission = :last_mission WHERE id = :id", &kept
};

/* A damaged row must not lead the calendar astray. */
static void make_sound(struct ohtd_mission_schedule *row)
{
	row->days &= (1 << OHTD_MISSION_DAYS) - 1;
	row->from_min %= 24 * 60;
	row->until_min = row->until_min < row->from_min ? row->from_min : row->until_min % (24 * 60);
	if (row->every_min && row->every_min < OHTD_MISSION_EVERY_MIN)
		row->every_min = OHTD_MISSION_EVERY_MIN;
}

static int has_room(struct ohtd_db *db)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &count_sql);
	int r = ohtd_db_row(db, s);

	if (r > 0)
		r = ohtd_store_take_number(s, 0) >= OHTD_MISSION_SCHEDULES_MAX ? -E2BIG : 0;
	sqlite3_reset(s);
	return r;
}

/* 0, -ENOENT, -ENOTUNIQ: it is none, or a negative errno. */
static int get_template(struct ohtd_db *db, int64_t id, struct ohtd_mission *template)
{
	int r;

	*template = (struct ohtd_mission){ .id = id };
	r = ohtd_mission_get(db, template);
	return r ? r : strcmp(template->state, OHTD_MISSION_TEMPLATE) ? -ENOTUNIQ : 0;
}

static int add(struct ohtd_db *db, struct ohtd_mission_schedule *row)
{
	struct ohtd_mission template;
	int r = get_template(db, row->template, &template);

	if (!r)
		r = has_room(db);
	if (r)
		return r;
	if (!*row->name)
		memcpy(row->name, template.name, sizeof(row->name));
	r = ohtd_db_put(db, &insert_sql, row);
	row->id = r ? 0 : sqlite3_last_insert_rowid(db->sql);
	return r;
}

int ohtd_mission_schedule_add(struct ohtd_db *db, struct ohtd_mission_schedule *row)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = add(db, row);
	return ohtd_db_end(db, r);
}

int ohtd_mission_schedules(struct ohtd_db *db, struct ohtd_mission_schedule *rows)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &all_sql);
	int count = 0, r;

	ohtd_db_bind_number(s, ":limit", OHTD_MISSION_SCHEDULES_MAX);
	for (; (r = ohtd_db_row(db, s)) > 0 && count < OHTD_MISSION_SCHEDULES_MAX; count++) {
		ohtd_row_take(s, &kept, &rows[count]);
		make_sound(&rows[count]);
	}
	sqlite3_reset(s);
	return r < 0 ? r : count;
}

int ohtd_mission_schedule_get(struct ohtd_db *db, struct ohtd_mission_schedule *row)
{
	int r = ohtd_db_get(db, &get_sql, row);

	if (!r)
		make_sound(row);
	return r;
}

int ohtd_mission_schedule_delete(struct ohtd_db *db, int64_t id)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &delete_sql);
	int r;

	ohtd_db_bind_number(s, ":id", id);
	r = ohtd_db_run(db, s);
	return r ? r : sqlite3_changes(db->sql) ? 0 : -ENOENT;
}

/* ---- a time has come ---- */

/* A mission with the legs of the template. 0, -ENOENT, -ENOTUNIQ, -E2BIG or a negative errno. */
static int make_mission(struct ohtd_db *db, struct ohtd_mission_turn *turn)
{
	struct ohtd_mission template, *row = &turn->mission;
	int r = get_template(db, turn->schedule.template, &template), count;

	if (r)
		return r;
	count = ohtd_mission_legs(db, template.id, turn->legs);
	if (count < 0)
		return count;
	for (int i = 0; i < count; i++)
		ohtd_missions_row_renew_leg(&turn->legs[i]);
	*row = (struct ohtd_mission){
		.leg = 1, .legs = count, .made_legs = count, .through_leg = count, .rounds = template.rounds, .round = 1, .revision = 1,
		.schedule = turn->schedule.id, .made_ns = turn->now_ns, .changed_ns = turn->now_ns,
	};
	memcpy(row->name, turn->schedule.name, sizeof(row->name));
	memcpy(row->made_by, turn->schedule.made_by, sizeof(row->made_by));
	snprintf(row->state, sizeof(row->state), "%s", OHTD_MISSION_WAITING);
	snprintf(row->reason, sizeof(row->reason), "%s", turn->waits);
	return ohtd_mission_add(db, row, turn->legs);
}

/* Why no mission can be made, unless @r is an error of the store. */
static const char *skip_of(int r)
{
	return r == -ENOENT || r == -ENOTUNIQ ? OHTD_MISSION_NO_TEMPLATE : r == -E2BIG ? OHTD_MISSION_TOO_MANY : NULL;
}

static int turn_to(struct ohtd_db *db, struct ohtd_mission_turn *turn)
{
	struct ohtd_mission_schedule *schedule = &turn->schedule;
	int r = ohtd_mission_schedule_get(db, schedule);

	turn->mission.id = 0;
	if (r)
		return r;
	if (schedule->last_ns >= turn->at_ns && !ohtd_mission_schedule_was_ahead(schedule, turn->now_ns))
		return -EALREADY;
	if (!turn->skip) {
		r = ohtd_missions_row_is_open(db, schedule->id);
		if (r < 0)
			return r;
		if (r)
			turn->skip = OHTD_MISSION_NOT_OVER;
	}
	if (!turn->skip) {
		r = make_mission(db, turn);
		turn->skip = skip_of(r);
		if (r && !turn->skip)
			return r;
	}
	schedule->last_ns = turn->at_ns;
	snprintf(schedule->last_reason, sizeof(schedule->last_reason), "%s", turn->skip ? turn->skip : "");
	if (turn->skip)
		turn->mission.id = 0;
	else
		schedule->last_mission = turn->mission.id;
	return ohtd_db_put(db, &turn_sql, schedule);
}

int ohtd_mission_schedule_turn(struct ohtd_db *db, struct ohtd_mission_turn *turn)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = turn_to(db, turn);
	r = ohtd_db_end(db, r);
	if (r)
		turn->mission.id = 0;
	return r;
}
