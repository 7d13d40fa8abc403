// SPDX-License-Identifier: GPL-2.0-or-later
#include "missions/rows.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "journal/notice.h"
#include "store/sql.h"

static const struct ohtd_stored_column mission_columns[] = {
	OHTD_COLUMN(ohtd_mission, id, .asked = "id", .seen = true),
	OHTD_COLUMN(ohtd_mission, external_id, .asked = "external_id"),
	OHTD_COLUMN(ohtd_mission, name, .searched = true),
	OHTD_COLUMN(ohtd_mission, state, .asked = "state", .match = OHTD_MATCH_AMONG),
	OHTD_COLUMN(ohtd_mission, reason),
	OHTD_COLUMN(ohtd_mission, leg),
	OHTD_COLUMN(ohtd_mission, legs),
	OHTD_COLUMN(ohtd_mission, made_legs),
	OHTD_COLUMN(ohtd_mission, through_leg),
	OHTD_COLUMN(ohtd_mission, rounds),
	OHTD_COLUMN(ohtd_mission, round),
	OHTD_COLUMN(ohtd_mission, revision),
	OHTD_COLUMN(ohtd_mission, schedule, .asked = "schedule"),
	OHTD_COLUMN(ohtd_mission, tag, .whole = true),
	OHTD_COLUMN(ohtd_mission, driven_by, .searched = true),
	OHTD_COLUMN(ohtd_mission, made_ns),
	OHTD_COLUMN(ohtd_mission, made_by, .searched = true),
	OHTD_COLUMN(ohtd_mission, began_ns),
	OHTD_COLUMN(ohtd_mission, changed_ns),
	OHTD_COLUMN(ohtd_mission, ended_ns),
};

const struct ohtd_stored_row ohtd_missions_kept = {
	.table = "missions", .bytes = sizeof(struct ohtd_mission), .key = &mission_columns[0],
	OHTD_COLUMNS(mission_columns),
};

static const struct ohtd_stored_column leg_columns[] = {
	OHTD_COLUMN(ohtd_mission_leg, mission),
	OHTD_COLUMN(ohtd_mission_leg, place),
	OHTD_COLUMN(ohtd_mission_leg, kind),
	OHTD_COLUMN(ohtd_mission_leg, station),
	OHTD_COLUMN(ohtd_mission_leg, position_mm),
	OHTD_COLUMN(ohtd_mission_leg, speed_mm_s),
	OHTD_COLUMN(ohtd_mission_leg, wait_s),
	OHTD_COLUMN(ohtd_mission_leg, signal),
	OHTD_COLUMN(ohtd_mission_leg, at_least),
	OHTD_COLUMN(ohtd_mission_leg, at_most),
	OHTD_COLUMN(ohtd_mission_leg, charge_percent),
	OHTD_COLUMN(ohtd_mission_leg, address),
	OHTD_COLUMN(ohtd_mission_leg, register_name),
	OHTD_COLUMN(ohtd_mission_leg, value),
	OHTD_COLUMN(ohtd_mission_leg, deadline_s),
	OHTD_COLUMN(ohtd_mission_leg, retries),
	OHTD_COLUMN(ohtd_mission_leg, tries),
	OHTD_COLUMN(ohtd_mission_leg, on_failure),
	OHTD_COLUMN(ohtd_mission_leg, state),
	OHTD_COLUMN(ohtd_mission_leg, reason),
	OHTD_COLUMN(ohtd_mission_leg, command_id),
	OHTD_COLUMN(ohtd_mission_leg, began_ns),
	OHTD_COLUMN(ohtd_mission_leg, ended_ns),
};

static const struct ohtd_stored_row kept_legs = {
	.table = "mission_legs", .bytes = sizeof(struct ohtd_mission_leg), .key = &leg_columns[1],
	OHTD_COLUMNS(leg_columns),
};

static const struct ohtd_statement count_sql = { "SELECT count(*) FROM missions" };
static const struct ohtd_statement insert_sql = { "", &ohtd_missions_kept, ohtd_row_insert };
static const struct ohtd_statement get_sql = { " WHERE id = :id", &ohtd_missions_kept, ohtd_row_select };
static const struct ohtd_statement find_sql = { " WHERE external_id = :external_id AND external_id <> ''", &ohtd_missions_kept, ohtd_row_select };
static const struct ohtd_statement insert_leg_sql = { "", &kept_legs, ohtd_row_insert };
static const struct ohtd_statement legs_sql = {
	" WHERE mission = :mission ORDER BY place LIMIT :limit", &kept_legs, ohtd_row_select
};
#define OVER	"('" OHTD_MISSION_FINISHED "', '" OHTD_MISSION_FAILED "', '" OHTD_MISSION_CANCELLED "')"
static const struct ohtd_statement board_sql = {
	" WHERE id IN (SELECT id FROM missions WHERE state NOT IN " OVER " AND state <> '" OHTD_MISSION_TEMPLATE "' ORDER BY state = '" OHTD_MISSION_WAITING "', id DESC"
	" LIMIT :shown) OR id IN (SELECT id FROM missions WHERE state IN " OVER " ORDER BY ended_ns DESC, id DESC LIMIT :over)"
	" ORDER BY id DESC", &ohtd_missions_kept, ohtd_row_select
};
static const struct ohtd_statement open_sql = {
	"SELECT 1 FROM missions WHERE schedule = :schedule AND schedule <> 0 AND state NOT IN " OVER " LIMIT 1"
};
static const struct ohtd_statement held_sql = { "SELECT 1 FROM missions WHERE state = '" OHTD_MISSION_HELD "' AND reason = :reason LIMIT 1" };
static const struct ohtd_statement leg_sql = { " WHERE mission = :mission AND place = :place", &kept_legs, ohtd_row_select };
static const struct ohtd_statement change_sql = {
	"UPDATE missions SET name = :name, legs = :legs, made_legs = :made_legs, through_leg = :through_leg, rounds = :rounds, revision = :revision,"
	" changed_ns = :changed_ns WHERE id = :id", &ohtd_missions_kept
};
static const struct ohtd_statement keep_sql = {
	"UPDATE missions SET state = :state, reason = :reason, leg = :leg, revision = :revision, tag = :tag, driven_by = :driven_by, began_ns = :began_ns,"
	" changed_ns = :changed_ns, ended_ns = :ended_ns WHERE id = :id", &ohtd_missions_kept
};
static const struct ohtd_statement keep_leg_sql = {
	"UPDATE mission_legs SET state = :state, reason = :reason, tries = :tries, command_id = :command_id, began_ns = :began_ns,"
	" ended_ns = :ended_ns WHERE mission = :mission AND place = :place", &kept_legs
};
static const struct ohtd_statement round_sql = {
	"UPDATE missions SET leg = :leg, round = :round, changed_ns = :changed_ns WHERE id = :id", &ohtd_missions_kept
};
/* As ohtd_missions_row_renew_leg(). */
static const struct ohtd_statement renew_legs_sql = {
	"UPDATE mission_legs SET state = 'waiting', reason = '', tries = 0, command_id = '', began_ns = 0, ended_ns = 0 WHERE mission = :id"
};
/* The word of why it failed is that of the state: one that fails by itself has ended its leg. */
static const struct ohtd_statement end_legs_sql = {
	"UPDATE mission_legs SET state = 'failed', reason = :state, ended_ns = :ended_ns WHERE mission = :id AND state = 'running'",
	&ohtd_missions_kept
};
static const struct ohtd_statement delete_sql = { "DELETE FROM missions WHERE id = :id" };
static const struct ohtd_statement delete_from_sql = { "DELETE FROM mission_legs WHERE mission = :id AND place >= :place" };
static const struct ohtd_statement delete_legs_sql = { "DELETE FROM mission_legs WHERE mission = :id" };
static const struct ohtd_statement delete_schedules_sql = { "DELETE FROM mission_schedules WHERE template = :id" };

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
static const struct ohtd_statement under_way_sql = {
	" WHERE state IN ('running', 'paused') LIMIT 1", &ohtd_missions_kept, ohtd_row_select
};
static const struct ohtd_statement hold_sql = {
	"UPDATE missions SET state = 'held', reason = :reason, revision = revision + 1, changed_ns = :now, leg = coalesce((SELECT min(place) FROM mission_legs"
	" WHERE mission = id AND mission_legs.state NOT IN ('finished', 'skipped')), legs + 1) WHERE state IN ('running', 'paused')"
};
static const struct ohtd_statement renew_held_sql = { "UPDATE missions SET revision = revision + 1 WHERE state = 'held'" };

static int run_of(struct ohtd_db *db, const struct ohtd_statement *sql, int64_t id)
{
	sqlite3_stmt *s = ohtd_db_statement(db, sql);

	ohtd_db_bind_number(s, ":id", id);
	return ohtd_db_run(db, s);
}

/* 1, 0: there is none at that place, or a negative errno. */
static int read_leg(struct ohtd_db *db, int64_t mission, int64_t place, struct ohtd_mission_leg *leg)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &leg_sql);
	int r;

	ohtd_db_bind_number(s, ":mission", mission);
	ohtd_db_bind_number(s, ":place", place);
	r = ohtd_db_row(db, s);
	*leg = (struct ohtd_mission_leg){ 0 };
	if (r > 0)
		ohtd_row_take(s, &kept_legs, leg);
	sqlite3_reset(s);
	return r;
}

/* ---- making, changing, deleting ---- */

static int refuse_too_many(struct ohtd_db *db)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &count_sql);
	int r = ohtd_db_row(db, s);

	if (r > 0)
		r = ohtd_store_take_number(s, 0) >= OHTD_MISSIONS_MAX ? -E2BIG : 0;
	sqlite3_reset(s);
	return r;
}

void ohtd_missions_row_renew_leg(struct ohtd_mission_leg *leg)
{
	snprintf(leg->state, sizeof(leg->state), "%s", OHTD_MISSION_LEG_WAITING);
	*leg->reason = 0;
	*leg->command_id = 0;
	leg->tries = leg->began_ns = leg->ended_ns = 0;
}

static int add_legs(struct ohtd_db *db, int64_t mission, int64_t first, struct ohtd_mission_leg *legs, int64_t count)
{
	int r = 0;

	for (int64_t i = 0; !r && i < count; i++) {
		legs[i].mission = mission;
		legs[i].place = first + i;
		r = ohtd_db_put(db, &insert_leg_sql, &legs[i]);
	}
	return r;
}

int ohtd_mission_add(struct ohtd_db *db, struct ohtd_mission *row, struct ohtd_mission_leg *legs)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = refuse_too_many(db);
	if (!r)
		r = ohtd_db_put(db, &insert_sql, row);
	if (!r) {
		row->id = sqlite3_last_insert_rowid(db->sql);
		r = add_legs(db, row->id, 1, legs, row->legs);
	}
	return ohtd_db_end(db, r);
}

static int change(struct ohtd_db *db, struct ohtd_mission *row, struct ohtd_mission_leg *legs)
{
	const struct ohtd_mission wished = *row;
	int r = ohtd_mission_get(db, row);

	if (r)
		return r;
	if (strcmp(row->state, OHTD_MISSION_WAITING) && strcmp(row->state, OHTD_MISSION_TEMPLATE))
		return -EINPROGRESS;
	if (wished.revision && wished.revision != row->revision)
		return -ESTALE;
	row->revision++;
	if (*wished.name)
		memcpy(row->name, wished.name, sizeof(row->name));
	if (wished.rounds >= 0)
		row->rounds = wished.rounds;
	row->changed_ns = wished.changed_ns;
	if (legs) {
		row->legs = row->made_legs = row->through_leg = wished.legs;
		r = run_of(db, &delete_legs_sql, row->id);
		if (!r)
			r = add_legs(db, row->id, 1, legs, row->legs);
	}
	return r ? r : ohtd_db_put(db, &change_sql, row);
}

int ohtd_mission_change(struct ohtd_db *db, struct ohtd_mission *row, struct ohtd_mission_leg *legs)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = change(db, row, legs);
	return ohtd_db_end(db, r);
}

int ohtd_mission_delete(struct ohtd_db *db, struct ohtd_mission *row)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = ohtd_mission_get(db, row);
	if (!r && (!strcmp(row->state, OHTD_MISSION_RUNNING) || !strcmp(row->state, OHTD_MISSION_PAUSED)))
		r = -EINPROGRESS;
	if (!r)
		r = run_of(db, &delete_legs_sql, row->id);
	if (!r)
		r = run_of(db, &delete_schedules_sql, row->id);
	if (!r)
		r = run_of(db, &delete_sql, row->id);
	return ohtd_db_end(db, r);
}

int ohtd_missions_row_is_open(struct ohtd_db *db, int64_t schedule)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &open_sql);
	int r;

	ohtd_db_bind_number(s, ":schedule", schedule);
	r = ohtd_db_row(db, s);
	sqlite3_reset(s);
	return r;
}

int ohtd_missions_row_is_held(struct ohtd_db *db, const char *reason)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &held_sql);
	int r;

	ohtd_db_bind_text(s, ":reason", reason);
	r = ohtd_db_row(db, s);
	sqlite3_reset(s);
	return r;
}

/* ---- more legs, and more of them released ---- */

static bool is_same(double one, double other)
{
	return one == other || (isnan(one) && isnan(other));
}

/* The first member in which what was @said of a leg is not what is @kept of it; NULL: they do the same. */
static const char *difference(const struct ohtd_mission_leg *said, const struct ohtd_mission_leg *kept)
{
	return strcmp(said->kind, kept->kind) ? "kind" :
	       strcmp(said->station, kept->station) ? "station" :
	       !is_same(said->position_mm, kept->position_mm) ? "position_mm" :
	       !is_same(said->speed_mm_s, kept->speed_mm_s) ? "speed_mm_s" :
	       said->wait_s != kept->wait_s ? "wait_s" :
	       strcmp(said->signal, kept->signal) ? "signal" :
	       !is_same(said->at_least, kept->at_least) ? "at_least" :
	       !is_same(said->at_most, kept->at_most) ? "at_most" :
	       !is_same(said->charge_percent, kept->charge_percent) ? "charge_percent" :
	       said->address != kept->address ? "address" :
	       strcmp(said->register_name, kept->register_name) ? "register_name" :
	       !is_same(said->value, kept->value) ? "value" :
	       said->retries != kept->retries ? "retries" :
	       said->deadline_s != kept->deadline_s ? "deadline_s" :
	       strcmp(said->on_failure, kept->on_failure) ? "on_failure" : NULL;
}

int ohtd_mission_compare(struct ohtd_db *db, int64_t mission, struct ohtd_mission_extension *more)
{
	struct ohtd_mission_leg kept;

	for (more->differs = 0; more->differs < more->count; more->differs++) {
		int r = read_leg(db, mission, more->first + more->differs, &kept);

		if (r < 0)
			return r;
		more->member = r ? difference(&more->legs[more->differs], &kept) : "kind";
		if (more->member)
			return 0;
	}
	return 1;
}

bool ohtd_mission_is_over(const struct ohtd_mission *row)
{
	return !strcmp(row->state, OHTD_MISSION_FINISHED) || !strcmp(row->state, OHTD_MISSION_FAILED) ||
	       !strcmp(row->state, OHTD_MISSION_CANCELLED);
}

/* Why not, as ohtd_mission_extend(), 1 likewise; 0: it is to be done. */
static int judge(struct ohtd_db *db, const struct ohtd_mission *row, struct ohtd_mission_extension *more)
{
	int r = 0;

	if (!more->first)
		more->first = row->legs + 1;
	more->member = "first_leg";
	if (more->first > row->legs + 1)
		return -ERANGE;
	if (!more->count)
		r = more->through <= row->through_leg;
	else if (more->first <= row->legs)
		r = ohtd_mission_compare(db, row->id, more);
	if (r)
		return r;
	if (ohtd_mission_is_over(row))
		return -EALREADY;
	if (more->count && more->first <= row->through_leg)
		return -ESTALE;
	return more->first - 1 + more->count > OHTD_MISSION_LEGS_MAX ? -E2BIG : 0;
}

static int put_legs(struct ohtd_db *db, struct ohtd_mission *row, struct ohtd_mission_extension *more)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &delete_from_sql);
	int r;

	ohtd_db_bind_number(s, ":id", row->id);
	ohtd_db_bind_number(s, ":place", more->first);
	r = ohtd_db_run(db, s);
	row->legs = more->first - 1 + more->count;
	return r ? r : add_legs(db, row->id, more->first, more->legs, more->count);
}

static int extend(struct ohtd_db *db, struct ohtd_mission *row, struct ohtd_mission_extension *more)
{
	int r = ohtd_mission_get(db, row), there;
	int64_t through;

	if (r)
		return r;
	there = judge(db, row, more);
	if (there < 0 || (there && ohtd_mission_is_over(row)))
		return there;
	if (!there && more->count)
		r = put_legs(db, row, more);
	if (r)
		return r;
	through = more->through == OHTD_MISSION_THESE ? more->first - 1 + more->count : more->through;
	more->member = "through_leg";
	if (through > row->legs)
		return -ERANGE;
	if (through > row->through_leg)
		row->through_leg = through;
	row->revision++;
	row->changed_ns = more->now_ns;
	r = ohtd_db_put(db, &change_sql, row);
	return r ? r : there;
}

int ohtd_mission_extend(struct ohtd_db *db, struct ohtd_mission *row, struct ohtd_mission_extension *more)
{
	int r = ohtd_db_begin(db), there = 0;

	if (!r)
		r = there = extend(db, row, more);
	r = ohtd_db_end(db, r > 0 ? 0 : r);
	return r ? r : there;
}

/* ---- while one is driven ---- */

#define SUBJECT_BYTES	32
#define TEXT_BYTES	256

/* States that give a notice, with what it says. */
static const struct {
	const char *state;
	const char *code;
	const char *text;
} noticed[] = {
	{ OHTD_MISSION_HELD, "mission_held", "is held" },
	{ OHTD_MISSION_FAILED, "mission_failed", "has failed" },
	{ OHTD_MISSION_FINISHED, "mission_finished", "has finished" },
};

/* @row is not kept yet: it is told once that it comes into a state. */
static int tell(struct ohtd_db *db, const struct ohtd_mission *row, const char *why)
{
	struct ohtd_mission kept = { .id = row->id };
	char subject[SUBJECT_BYTES], text[TEXT_BYTES];
	int r = ohtd_mission_get(db, &kept);

	if (r || !strcmp(kept.state, row->state))
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; i < sizeof(noticed) / sizeof(noticed[0]); i++) {
		if (strcmp(row->state, noticed[i].state))
			continue;
		snprintf(subject, sizeof(subject), "mission %" PRId64, row->id);
		snprintf(text, sizeof(text), "Mission %" PRId64 " (%s) %s at leg %" PRId64 " of %" PRId64 ".%s%s", row->id, row->name,
			 noticed[i].text, row->leg <= row->legs ? row->leg : row->legs, row->legs, *why ? " " : "", why);
		return ohtd_journal_notify(db, &(struct ohtd_journal_notice){ "missions", noticed[i].code, subject, text, row->changed_ns });
	}
	return 0;
}

static int keep(struct ohtd_db *db, const struct ohtd_mission *row, const struct ohtd_mission_leg *leg)
{
	int r = ohtd_db_put(db, &keep_sql, row);

	if (!r && leg)
		r = ohtd_db_put(db, &keep_leg_sql, leg);
	return r || !ohtd_mission_is_over(row) ? r : ohtd_db_put(db, &end_legs_sql, row);
}

int ohtd_mission_keep(struct ohtd_db *db, const struct ohtd_mission *row, const struct ohtd_mission_leg *leg, const char *why)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = tell(db, row, why);
	if (!r)
		r = keep(db, row, leg);
	return ohtd_db_end(db, r);
}

int ohtd_mission_note(struct ohtd_db *db, const struct ohtd_mission *row, const struct ohtd_mission_leg *leg,
		      struct ohtd_command_row *command)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = keep(db, row, leg);
	if (!r)
		r = ohtd_db_command_note(db, command);
	return ohtd_db_end(db, r);
}

int ohtd_missions_row_begin_round(struct ohtd_db *db, const struct ohtd_mission *row)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = run_of(db, &renew_legs_sql, row->id);
	if (!r)
		r = ohtd_db_put(db, &round_sql, row);
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

/* One mission is driven at a time. */
static int tell_hold(struct ohtd_db *db, const char *why, int64_t now_ns)
{
	struct ohtd_mission row;
	int r = ohtd_db_get(db, &under_way_sql, &row);

	if (r)
		return r == -ENOENT ? 0 : r;
	snprintf(row.state, sizeof(row.state), "%s", OHTD_MISSION_HELD);
	row.changed_ns = now_ns;
	return tell(db, &row, why);
}

int ohtd_missions_row_renew_held(struct ohtd_db *db)
{
	int r = ohtd_db_run(db, ohtd_db_statement(db, &renew_held_sql));

	return r < 0 ? r : sqlite3_changes(db->sql);
}

int ohtd_missions_begin(struct ohtd_db *db, const char *reason, const char *why, int64_t now_ns)
{
	int r = ohtd_db_begin(db), held = 0;

	if (!r)
		r = ohtd_db_run(db, ohtd_db_statement(db, &renew_held_sql));
	if (!r)
		r = run_at(db, &finish_legs_sql, NULL, now_ns);
	if (!r)
		r = run_at(db, &interrupt_legs_sql, reason, now_ns);
	if (!r)
		r = tell_hold(db, why, now_ns);
	if (!r)
		r = run_at(db, &hold_sql, reason, now_ns);
	if (!r)
		held = sqlite3_changes(db->sql);
	r = ohtd_db_end(db, r);
	return r ? r : held;
}

/* ---- reading ---- */

int ohtd_mission_get(struct ohtd_db *db, struct ohtd_mission *row)
{
	return ohtd_db_get(db, &get_sql, row);
}

int ohtd_mission_find(struct ohtd_db *db, struct ohtd_mission *row)
{
	return ohtd_db_get(db, &find_sql, row);
}

int ohtd_mission_legs(struct ohtd_db *db, int64_t mission, struct ohtd_mission_leg *legs)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &legs_sql);
	int count = 0, r;

	ohtd_db_bind_number(s, ":mission", mission);
	ohtd_db_bind_number(s, ":limit", OHTD_MISSION_LEGS_MAX);
	while ((r = ohtd_db_row(db, s)) > 0 && count < OHTD_MISSION_LEGS_MAX)
		ohtd_row_take(s, &kept_legs, &legs[count++]);
	sqlite3_reset(s);
	if (r < 0)
		return r;
	return count ? count : -ENOENT;
}

int ohtd_missions_board(struct ohtd_db *db, struct ohtd_mission_board *board)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &board_sql);
	unsigned int count = 0;
	int r;

	ohtd_db_bind_number(s, ":shown", OHTD_MISSIONS_SHOWN);
	ohtd_db_bind_number(s, ":over", OHTD_MISSIONS_SHOWN_OVER);
	while ((r = ohtd_db_row(db, s)) > 0 && count < sizeof(board->items) / sizeof(board->items[0]))
		ohtd_row_take(s, &ohtd_missions_kept, &board->items[count++].row);
	sqlite3_reset(s);
	for (unsigned int i = 0; i < count && r >= 0; i++)
		r = read_leg(db, board->items[i].row.id, board->items[i].row.leg, &board->items[i].leg);
	board->count = count;
	return r < 0 ? r : 0;
}
