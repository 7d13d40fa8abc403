// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/commands.h"

#include <errno.h>
#include <math.h>

#include "store/db_private.h"

static const struct ohtd_statement keep_sql = {
	"INSERT INTO commands (number, caller_id, tag, user, verb, state, reason, position_mm,"
	" speed_mm_s, accepted_ns, began_ns, ended_ns) VALUES (:number, :id, :tag, :user, :verb,"
	" :state, :reason, :position, :speed, :accepted, :began, :ended)"
	" ON CONFLICT (number) DO UPDATE SET state = excluded.state, reason = excluded.reason,"
	" position_mm = excluded.position_mm, speed_mm_s = excluded.speed_mm_s,"
	" began_ns = excluded.began_ns, ended_ns = excluded.ended_ns"
};

/* By their count: behind a crash the numbers have a gap. */
static const struct ohtd_statement drop_old_sql = {
	"DELETE FROM commands WHERE number <="
	" (SELECT number FROM commands ORDER BY number DESC LIMIT 1 OFFSET :kept)"
};

static const struct ohtd_statement abort_sql = {
	"UPDATE commands SET state = 'failed', reason = 'aborted_by_restart', ended_ns = :now"
	" WHERE ended_ns = 0 AND number <= :last"
};

static const struct ohtd_statement given_sql = {
	"SELECT max(coalesce(max(reserved), 0), coalesce((SELECT max(number) FROM commands), 0)) FROM command_numbers"
};

static const struct ohtd_statement reserve_sql = {
	"UPDATE command_numbers SET reserved = :number"
};

#define ROW_SQL	"SELECT number, caller_id, tag, user, verb, state, reason, position_mm, speed_mm_s," \
		" accepted_ns, began_ns, ended_ns FROM commands "

static const struct ohtd_statement get_sql = { ROW_SQL "WHERE number = :number" };
static const struct ohtd_statement list_sql = {
	ROW_SQL "WHERE number < :before ORDER BY number DESC LIMIT :limit"
};

/* What is not a number is null. */
static void bind_real(sqlite3_stmt *s, const char *name, double number)
{
	if (s && isfinite(number))
		sqlite3_bind_double(s, sqlite3_bind_parameter_index(s, name), number);
}

static int keep(struct ohtd_db *db, const struct ohtd_command_row *row)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &keep_sql);

	ohtd_db_bind_number(s, ":number", row->number);
	ohtd_db_bind_text(s, ":id", row->caller_id);
	ohtd_db_bind_number(s, ":tag", row->tag);
	ohtd_db_bind_text(s, ":user", row->user);
	ohtd_db_bind_text(s, ":verb", row->verb);
	ohtd_db_bind_text(s, ":state", row->state);
	ohtd_db_bind_text(s, ":reason", row->reason);
	bind_real(s, ":position", row->position_mm);
	bind_real(s, ":speed", row->speed_mm_s);
	ohtd_db_bind_number(s, ":accepted", row->accepted_ns);
	ohtd_db_bind_number(s, ":began", row->began_ns);
	ohtd_db_bind_number(s, ":ended", row->ended_ns);
	return ohtd_db_run(db, s);
}

static int drop_old(struct ohtd_db *db)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &drop_old_sql);

	ohtd_db_bind_number(s, ":kept", OHTD_COMMANDS_KEPT);
	return ohtd_db_run(db, s);
}

int ohtd_db_commands_keep(struct ohtd_db *db, const struct ohtd_command_row *rows,
			  unsigned int count)
{
	int r = ohtd_db_begin(db);

	for (unsigned int i = 0; !r && i < count; i++)
		r = keep(db, &rows[i]);
	if (!r)
		r = drop_old(db);
	return ohtd_db_end(db, r);
}

/* ---- a run of the daemon ---- */

int ohtd_db_commands_abort(struct ohtd_db *db, int64_t now_ns, int64_t last)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &abort_sql);
	int r;

	ohtd_db_bind_number(s, ":now", now_ns);
	ohtd_db_bind_number(s, ":last", last);
	r = ohtd_db_run(db, s);
	return r ? r : sqlite3_changes(db->sql);
}

static int find_given(struct ohtd_db *db, int64_t *given)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &given_sql);
	int r = ohtd_db_row(db, s);

	if (r > 0)
		*given = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return r > 0 ? 0 : r ? r : -ENOENT;
}

int ohtd_db_commands_reserve(struct ohtd_db *db, int64_t number)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &reserve_sql);

	ohtd_db_bind_number(s, ":number", number);
	return ohtd_db_run(db, s);
}

int ohtd_db_commands_begin(struct ohtd_db *db, int64_t now_ns, int64_t margin, int64_t *given)
{
	int aborted = 0, r = ohtd_db_begin(db);

	if (!r)
		r = aborted = ohtd_db_commands_abort(db, now_ns, INT64_MAX);
	if (r >= 0)
		r = find_given(db, given);
	if (!r)
		r = ohtd_db_commands_reserve(db, *given + margin);
	r = ohtd_db_end(db, r);
	return r ? r : aborted;
}

/* ---- reading ---- */

static double take_real(sqlite3_stmt *s, int column)
{
	return sqlite3_column_type(s, column) == SQLITE_NULL ? NAN : sqlite3_column_double(s, column);
}

static void take_row(sqlite3_stmt *s, struct ohtd_command_row *row)
{
	row->number = sqlite3_column_int64(s, 0);
	ohtd_db_take_text(s, 1, row->caller_id, sizeof(row->caller_id));
	row->tag = sqlite3_column_int64(s, 2);
	ohtd_db_take_text(s, 3, row->user, sizeof(row->user));
	ohtd_db_take_text(s, 4, row->verb, sizeof(row->verb));
	ohtd_db_take_text(s, 5, row->state, sizeof(row->state));
	ohtd_db_take_text(s, 6, row->reason, sizeof(row->reason));
	row->position_mm = take_real(s, 7);
	row->speed_mm_s = take_real(s, 8);
	row->accepted_ns = sqlite3_column_int64(s, 9);
	row->began_ns = sqlite3_column_int64(s, 10);
	row->ended_ns = sqlite3_column_int64(s, 11);
}

int ohtd_db_command_get(struct ohtd_db *db, struct ohtd_command_row *row)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &get_sql);
	int r;

	ohtd_db_bind_number(s, ":number", row->number);
	r = ohtd_db_row(db, s);
	if (r > 0)
		take_row(s, row);
	sqlite3_reset(s);
	return r > 0 ? 0 : r ? r : -ENOENT;
}

int ohtd_db_command_list(struct ohtd_db *db, int64_t before, struct ohtd_command_row *rows,
			 unsigned int max)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &list_sql);
	unsigned int count = 0;
	int r;

	ohtd_db_bind_number(s, ":before", before);
	ohtd_db_bind_number(s, ":limit", max);
	while ((r = ohtd_db_row(db, s)) > 0 && count < max)
		take_row(s, &rows[count++]);
	sqlite3_reset(s);
	return r < 0 ? r : (int)count;
}
