// SPDX-License-Identifier: GPL-2.0-or-later
#include "journal/command_rows.h"

#include <errno.h>

#include "store/sql.h"

static const struct ohtd_stored_column command_columns[] = {
	OHTD_COLUMN(ohtd_command_row, number, .asked = "number"),
	OHTD_COLUMN(ohtd_command_row, caller_id, .asked = "id", .searched = true),
	OHTD_COLUMN(ohtd_command_row, tag, .whole = true),
	OHTD_COLUMN(ohtd_command_row, user, .asked = "by", .searched = true),
	OHTD_COLUMN(ohtd_command_row, verb, .asked = "verb", .searched = true),
	OHTD_COLUMN(ohtd_command_row, state, .asked = "state", .searched = true),
	OHTD_COLUMN(ohtd_command_row, reason, .asked = "reason", .searched = true),
	OHTD_COLUMN(ohtd_command_row, position_mm),
	OHTD_COLUMN(ohtd_command_row, speed_mm_s),
	OHTD_COLUMN(ohtd_command_row, accepted_ns, .asked = "accepted"),
	OHTD_COLUMN(ohtd_command_row, began_ns),
	OHTD_COLUMN(ohtd_command_row, ended_ns, .asked = "ended"),
};

const struct ohtd_stored_row ohtd_kept_commands = {
	.table = "commands", .bytes = sizeof(struct ohtd_command_row), .key = &command_columns[0],
	OHTD_COLUMNS(command_columns),
};

/* A clock that was set meanwhile moves all three times, so that none ends before it begins. */
static const struct ohtd_statement keep_sql = {
	" ON CONFLICT (number) DO UPDATE SET state = excluded.state, reason = excluded.reason,"
	" accepted_ns = CASE WHEN abs(excluded.accepted_ns - accepted_ns) < 1000000000 THEN accepted_ns ELSE excluded.accepted_ns END,"
	" position_mm = excluded.position_mm, speed_mm_s = excluded.speed_mm_s,"
	" began_ns = excluded.began_ns, ended_ns = excluded.ended_ns",
	&ohtd_kept_commands, ohtd_row_insert
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
	"SELECT max(coalesce(max(reserved) FILTER (WHERE reserved < " OHTD_NUMBER_MAX_SQL "), 0), coalesce((SELECT max(number) FROM commands), 0))"
	" FROM command_numbers"
};

static const struct ohtd_statement reserve_sql = {
	"UPDATE command_numbers SET reserved = :number"
};

static const struct ohtd_statement get_sql = {
	" WHERE number = :number", &ohtd_kept_commands, ohtd_row_select
};

static const struct ohtd_statement ended_sql = {
	" WHERE ended_ns >= :from AND ended_ns < :to ORDER BY number",
	&ohtd_kept_commands, ohtd_row_select
};

static const struct ohtd_statement with_id_sql = {
	" WHERE caller_id <> '' ORDER BY number DESC", &ohtd_kept_commands, ohtd_row_select
};

/* A table that is not full has lost none. */
static const struct ohtd_statement since_sql = {
	"SELECT CASE WHEN count(*) < :kept THEN 0 ELSE min(accepted_ns) END FROM commands"
};

/* ---- orders before they are driven ---- */

/* The same columns: a note becomes a command. */
static const struct ohtd_stored_row noted_row = {
	.table = "command_ids", .bytes = sizeof(struct ohtd_command_row), .key = &command_columns[0],
	OHTD_COLUMNS(command_columns),
};

static const struct ohtd_statement newest_sql = { "SELECT coalesce(max(number), 0) FROM commands" };

static const struct ohtd_statement note_sql = {
	" ON CONFLICT (tag, caller_id) DO UPDATE SET number = excluded.number, user = excluded.user, verb = excluded.verb,"
	" position_mm = excluded.position_mm, speed_mm_s = excluded.speed_mm_s, accepted_ns = excluded.accepted_ns",
	&noted_row, ohtd_row_insert
};

static const struct ohtd_statement forget_sql = { "DELETE FROM command_ids WHERE tag = :tag AND caller_id = :caller_id" };

/* An id may be that of another command of long before. */
#define IS_KEPT	"EXISTS (SELECT 1 FROM commands AS c WHERE c.number > command_ids.number AND c.tag = command_ids.tag"	\
		" AND c.caller_id = command_ids.caller_id)"

static const struct ohtd_statement drop_kept_sql = { "DELETE FROM command_ids WHERE " IS_KEPT };
static const struct ohtd_statement drop_all_sql = { "DELETE FROM command_ids" };

static const struct ohtd_statement fail_noted_sql = {
	"INSERT INTO commands SELECT :given + row_number() OVER (ORDER BY rowid), caller_id, tag, user, verb, 'failed', 'aborted_by_restart',"
	" position_mm, speed_mm_s, accepted_ns, 0, :now FROM command_ids WHERE NOT " IS_KEPT
};

int ohtd_db_command_note(struct ohtd_db *db, struct ohtd_command_row *row)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &newest_sql);
	int r = ohtd_db_row(db, s);

	if (r > 0)
		row->number = ohtd_store_take_number(s, 0);
	sqlite3_reset(s);
	return r > 0 ? ohtd_db_put(db, &note_sql, row) : r ? r : -ENOENT;
}

int ohtd_db_command_forget(struct ohtd_db *db, const struct ohtd_command_row *row)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &forget_sql);

	ohtd_db_bind_number(s, ":tag", row->tag);
	ohtd_db_bind_text(s, ":caller_id", row->caller_id);
	return ohtd_db_run(db, s);
}

/* How many of them nobody has heard of since, or a negative errno. */
static int fail_noted(struct ohtd_db *db, int64_t now_ns, int64_t given)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &fail_noted_sql);
	int r, count;

	ohtd_db_bind_number(s, ":given", given);
	ohtd_db_bind_number(s, ":now", now_ns);
	r = ohtd_db_run(db, s);
	count = sqlite3_changes(db->sql);
	if (!r)
		r = ohtd_db_run(db, ohtd_db_statement(db, &drop_all_sql));
	return r ? r : count;
}

static bool is_drop_due(const struct ohtd_command_row *rows, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (rows[i].number % OHTD_COMMANDS_DROP_EACH == 0)
			return true;
	return false;
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
		r = ohtd_db_put(db, &keep_sql, &rows[i]);
	if (!r)
		r = ohtd_db_run(db, ohtd_db_statement(db, &drop_kept_sql));
	if (!r && is_drop_due(rows, count))
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
		*given = ohtd_store_take_number(s, 0);
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
	int aborted = 0, noted = 0, r = ohtd_db_begin(db);

	if (!r)
		r = aborted = ohtd_db_commands_abort(db, now_ns, INT64_MAX);
	if (r >= 0)
		r = find_given(db, given);
	if (!r)
		r = noted = fail_noted(db, now_ns, *given);
	if (r >= 0) {
		*given += noted;
		r = ohtd_db_commands_reserve(db, *given + margin);
	}
	/* A run of few commands may reach no number at which the oldest go. */
	if (!r)
		r = drop_old(db);
	r = ohtd_db_end(db, r);
	return r ? r : aborted + noted;
}

/* ---- reading ---- */

int ohtd_db_command_get(struct ohtd_db *db, struct ohtd_command_row *row)
{
	return ohtd_db_get(db, &get_sql, row);
}

static int read_commands(struct ohtd_db *db, sqlite3_stmt *s, ohtd_command_reader reader, void *arg)
{
	struct ohtd_command_row row;
	int r, taken = 0;

	while (!taken && (r = ohtd_db_row(db, s)) > 0) {
		ohtd_row_take(s, &ohtd_kept_commands, &row);
		taken = reader(&row, arg);
	}
	sqlite3_reset(s);
	return taken ? taken : r;
}

int ohtd_db_commands_ended(struct ohtd_db *db, int64_t from_ns, int64_t to_ns,
			   ohtd_command_reader reader, void *arg)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &ended_sql);

	ohtd_db_bind_number(s, ":from", from_ns);
	ohtd_db_bind_number(s, ":to", to_ns);
	return read_commands(db, s, reader, arg);
}

int ohtd_db_commands_with_id(struct ohtd_db *db, ohtd_command_reader reader, void *arg)
{
	return read_commands(db, ohtd_db_statement(db, &with_id_sql), reader, arg);
}

int64_t ohtd_db_commands_since(struct ohtd_db *db)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &since_sql);
	int64_t since = 0;
	int r;

	ohtd_db_bind_number(s, ":kept", OHTD_COMMANDS_KEPT);
	r = ohtd_db_row(db, s);
	if (r > 0)
		since = ohtd_store_take_number(s, 0);
	sqlite3_reset(s);
	return r < 0 ? r : since;
}
