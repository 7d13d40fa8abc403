// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/carry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/db_file.h"
#include "store/row.h"
#include "store/sql.h"

#define BUSY_MS		5000
/* How often it is asked whether it goes on, in steps of SQLite's machine: about each millisecond. */
#define STEPS		20000
/* Deleted rows are overwritten with zeros. Nothing reads the file before all of it is synchronised. */
#define WORK_FILE	"PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA secure_delete = ON;" \
			"PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;"

/**
 * struct carried - a table whose rows are changed on the way; those of all others are carried as they are
 * @name: of the table
 * @column: that the steps need; earlier schemas may not have it, or not the table
 * @out: what a copy is changed by; NULL: nothing
 * @in: what one is changed by before it becomes the database; NULL: nothing
 */
struct carried {
	const char *name;
	const char *column;
	const char *out;
	const char *in;
};

/* Numbers are left out behind what is brought back: what was made since had them. */
#define GAP	"100000"

static const struct carried tables[] = {
	{ .name = "certificates", .column = "override_ms", .out = "DELETE FROM certificates WHERE override_ms",
	  .in = "DELETE FROM certificates WHERE override_ms" },
	{ .name = "command_numbers", .column = "reserved", .in = "UPDATE command_numbers SET reserved = " GAP " + "
	  "max(reserved, coalesce((SELECT max(number) FROM commands), 0))" },
	{ .name = "devices", .column = "print", .in = "UPDATE users SET deleted_s = created_s WHERE id IN (SELECT user_id FROM devices WHERE user_id);"
	  " DELETE FROM devices" },
	{ .name = "request_keys", .column = "name", .out = "DELETE FROM request_keys", .in = "DELETE FROM request_keys" },
	{ .name = "keys", .column = "hash", .out = "DELETE FROM keys", .in = "DELETE FROM keys" },
	{ .name = "mission_legs", .column = "command_id", .in = "UPDATE mission_legs SET state = 'failed', reason = 'restored',"
	  " ended_ns = began_ns WHERE state = 'running'" },
	{ .name = "missions", .column = "driven_by", .in = "UPDATE missions SET state = 'cancelled', reason = 'restored',"
	  " ended_ns = changed_ns WHERE state IN ('running', 'paused', 'held')" },
	{ .name = "pins", .column = "hash", .out = "DELETE FROM pins", .in = "DELETE FROM pins" },
	{ .name = "registrations", .column = "password_hash", .out = "DELETE FROM registrations",
	  .in = "DELETE FROM registrations" },
	{ .name = "reset_codes", .column = "hash", .out = "DELETE FROM reset_codes", .in = "DELETE FROM reset_codes" },
	{ .name = "second_factors", .column = "recovery", .out = "DELETE FROM second_factors WHERE NOT confirmed; UPDATE second_factors SET recovery = ''",
	  .in = "DELETE FROM second_factors WHERE NOT confirmed; UPDATE second_factors SET recovery = ''" },
	{ .name = "service_run", .column = "kept_boot_ns", .in = "DELETE FROM service_run" },
	{ .name = "sessions", .column = "id", .out = "DELETE FROM sessions", .in = "DELETE FROM sessions" },
	{ .name = "users", .column = "epoch", .in = "UPDATE users SET epoch = epoch + 1" },
	{ .name = "webhook_deliveries", .column = "number", .out = "DELETE FROM webhook_deliveries",
	  .in = "DELETE FROM webhook_deliveries" },
	{ .name = "webhooks", .column = "secret", .out = "UPDATE webhooks SET secret = '', secret_before = ''",
	  .in = "UPDATE webhooks SET enabled = 0, secret_before = '', secret = 'whsec_' || hex(randomblob(24))" },
};

/* What @out of these rows takes away. */
const char *const ohtd_store_left_out[OHTD_STORE_LEFT_OUT] = {
	"sessions", "keys of programs", "secrets of webhooks", "what webhooks were to be told", "registrations", "codes for a new password", "recovery codes", "PINs",
};

const char *const ohtd_carry_counted[] = {
	"users", "config_versions", "audit", "alerts", "alert_rules", "commands", "journal", "webhooks",
};

#define TABLES	(sizeof(tables) / sizeof(tables[0]))

/* In a file that waits for a start, beside its tables: what the start says of it. */
#define ORDER_TABLE	"CREATE TABLE restore_order (by_whom TEXT, file TEXT, made_ns INTEGER, history INTEGER) STRICT"

bool ohtd_db_carry_changes(const char *table)
{
	for (size_t i = 0; i < TABLES; i++)
		if (!strcmp(tables[i].name, table))
			return true;
	return false;
}

struct asking {
	bool (*goes_on)(void *arg);
	void *arg;
};

static int ask(void *arg)
{
	const struct asking *asking = arg;

	return asking->goes_on && !asking->goes_on(asking->arg);
}

static int result_of(int r)
{
	return (r & 0xff) == SQLITE_INTERRUPT ? -ECANCELED : ohtd_db_errno(r);
}

static int open_file(sqlite3 **sql, const char *path, int flags)
{
	int r = sqlite3_open_v2(path, sql, flags | SQLITE_OPEN_NOMUTEX, NULL);

	if (r == SQLITE_OK) {
		sqlite3_busy_timeout(*sql, BUSY_MS);
		sqlite3_db_config(*sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	}
	return r;
}

static int64_t number(sqlite3 *sql, const char *text)
{
	sqlite3_stmt *s = NULL;
	int64_t value = -1;

	if (sqlite3_prepare_v2(sql, text, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		value = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return value;
}

static bool has_column(sqlite3 *sql, const char *table, const char *column)
{
	char *text = sqlite3_mprintf("SELECT count(*) FROM pragma_table_info(%Q) WHERE name = %Q", table, column);
	bool has = text && number(sql, text) == 1;

	sqlite3_free(text);
	return has;
}

/* The keeper of alerts asks for the floor of its numbers; all others are AUTOINCREMENT. */
static const char floor_of_alerts[] =
	"DELETE FROM sqlite_sequence WHERE name = 'alerts' AND seq < (SELECT max(number) FROM alerts);"
	"INSERT INTO sqlite_sequence (name, seq) SELECT 'alerts', coalesce(max(number), 0) FROM alerts"
	" WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'alerts')";

/* Left out are tables whose rows are deleted by their distance from the newest number, and that no route names. */
static const char leave_numbers[] =
	"INSERT INTO sqlite_sequence (name, seq) SELECT name, 0 FROM sqlite_schema WHERE type = 'table'"
	" AND sql LIKE '%AUTOINCREMENT%' AND name NOT IN (SELECT name FROM sqlite_sequence);"
	"UPDATE sqlite_sequence SET seq = seq + " GAP " WHERE name NOT IN ('journal_sources', 'odometer_services')";

int ohtd_store_leave_numbers(sqlite3 *sql)
{
	int r = SQLITE_OK;

	if (!has_column(sql, "sqlite_sequence", "seq"))
		return r;
	if (has_column(sql, "alerts", "number"))
		r = sqlite3_exec(sql, floor_of_alerts, NULL, NULL, NULL);
	return r == SQLITE_OK ? sqlite3_exec(sql, leave_numbers, NULL, NULL, NULL) : r;
}

/* A number that large is damage, and the gap behind it still has room. */
#define GIVEN_SQL	"seq > 0 AND seq < " OHTD_NUMBER_MAX_SQL " / 2"

static const char given_sql[] = "SELECT name, seq FROM sqlite_sequence WHERE " GIVEN_SQL;
static const char given_alerts_sql[] = "SELECT 'alerts', seq FROM (SELECT max(number) AS seq FROM alerts) WHERE " GIVEN_SQL;
static const char given_commands_sql[] = "SELECT 'command_numbers', seq FROM (SELECT max(reserved) AS seq FROM command_numbers) WHERE " GIVEN_SQL;

static int take_number(sqlite3 *sql, const char *table, int64_t seq)
{
	char *text = !strcmp(table, "command_numbers") ?
		sqlite3_mprintf("UPDATE command_numbers SET reserved = %lld WHERE reserved < %lld", (long long)seq, (long long)seq) :
		sqlite3_mprintf("DELETE FROM sqlite_sequence WHERE name = %Q AND seq < %lld;"
				"INSERT INTO sqlite_sequence (name, seq) SELECT name, %lld FROM sqlite_schema WHERE type = 'table' AND name = %Q"
				" AND name NOT IN (SELECT name FROM sqlite_sequence)", table, (long long)seq, (long long)seq, table);
	int r = text ? sqlite3_exec(sql, text, NULL, NULL, NULL) : SQLITE_NOMEM;

	sqlite3_free(text);
	return r;
}

static int take_given(sqlite3 *sql, sqlite3 *from, const char *given)
{
	sqlite3_stmt *s = NULL;
	int r = SQLITE_OK;

	/* What cannot be read there is without numbers. */
	if (sqlite3_prepare_v2(from, given, -1, &s, NULL) == SQLITE_OK)
		while (r == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
			if (sqlite3_column_text(s, 0))
				r = take_number(sql, (const char *)sqlite3_column_text(s, 0), sqlite3_column_int64(s, 1));
	sqlite3_finalize(s);
	return r;
}

int ohtd_store_take_numbers(sqlite3 *sql, sqlite3 *from)
{
	int r = SQLITE_OK;

	if (!has_column(sql, "sqlite_sequence", "seq"))
		return r;
	r = take_given(sql, from, given_sql);
	if (r == SQLITE_OK && has_column(sql, "alerts", "number"))
		r = take_given(sql, from, given_alerts_sql);
	if (r == SQLITE_OK && has_column(sql, "command_numbers", "reserved"))
		r = take_given(sql, from, given_commands_sql);
	return r;
}

static int run_steps(sqlite3 *sql, bool in)
{
	int r = SQLITE_OK;

	for (size_t i = 0; r == SQLITE_OK && i < TABLES; i++) {
		const char *step = in ? tables[i].in : tables[i].out;

		if (step && has_column(sql, tables[i].name, tables[i].column))
			r = sqlite3_exec(sql, step, NULL, NULL, NULL);
	}
	return in && r == SQLITE_OK ? ohtd_store_leave_numbers(sql) : r;
}

static int copy(const char *path, const char *to, struct asking *asking)
{
	sqlite3 *sql = NULL;
	char *text = sqlite3_mprintf("VACUUM INTO %Q", to);
	int r = open_file(&sql, path, SQLITE_OPEN_READONLY);

	if (!text)
		r = SQLITE_NOMEM;
	sqlite3_progress_handler(sql, STEPS, ask, asking);
	if (r == SQLITE_OK)
		r = sqlite3_exec(sql, text, NULL, NULL, NULL);
	sqlite3_free(text);
	sqlite3_close(sql);
	return result_of(r);
}

static void count_rows(sqlite3 *sql, struct ohtd_carry_count *counts)
{
	for (size_t i = 0; i < OHTD_CARRY_TABLES; i++) {
		char text[64];

		snprintf(text, sizeof(text), "SELECT count(*) FROM %s", ohtd_carry_counted[i]);
		counts[i] = (struct ohtd_carry_count){ ohtd_carry_counted[i], number(sql, text) };
	}
}

static int strip(const char *path, struct ohtd_carry_count *counts)
{
	sqlite3 *sql = NULL;
	int r = open_file(&sql, path, SQLITE_OPEN_READWRITE);

	if (r == SQLITE_OK)
		r = sqlite3_exec(sql, WORK_FILE "BEGIN", NULL, NULL, NULL);
	if (r == SQLITE_OK)
		r = run_steps(sql, false);
	if (r == SQLITE_OK)
		r = sqlite3_exec(sql, "COMMIT", NULL, NULL, NULL);
	if (r == SQLITE_OK)
		count_rows(sql, counts);
	sqlite3_close(sql);
	return result_of(r);
}

int ohtd_db_carry_out(const struct ohtd_schema *schema, const char *path, const char *to,
		      struct ohtd_carry_count counts[OHTD_CARRY_TABLES], bool (*goes_on)(void *arg), void *arg)
{
	struct asking asking = { goes_on, arg };
	char why[128];
	int version, r = ohtd_db_file_make(to);

	if (r)
		return r;
	r = copy(path, to, &asking);
	if (!r && counts)
		r = strip(to, counts);
	if (!r)
		r = ohtd_db_carry_check(schema, to, &version, why, sizeof(why));
	if (r)
		unlink(to);
	return r;
}

static int refuse(char *why, size_t size, int error, const char *text)
{
	snprintf(why, size, "%s", text);
	return error;
}

static int check_open(sqlite3 *sql, const struct ohtd_schema *schema, int *version, char *why, size_t size)
{
	int newest = ohtd_schema_version(schema);
	sqlite3_stmt *s = NULL;
	bool sound;

	if (sqlite3_prepare_v2(sql, "PRAGMA integrity_check(1)", -1, &s, NULL) != SQLITE_OK ||
	    sqlite3_step(s) != SQLITE_ROW) {
		int r = ohtd_db_errno(sqlite3_errcode(sql));

		sqlite3_finalize(s);
		return refuse(why, size, r == -EUCLEAN ? -EBADMSG : r, "its database cannot be read");
	}
	sound = !strcmp((const char *)sqlite3_column_text(s, 0), "ok");
	sqlite3_finalize(s);
	if (!sound)
		return refuse(why, size, -EBADMSG, "its database is damaged");
	if ((uint32_t)number(sql, "PRAGMA application_id") != schema->application_id)
		return refuse(why, size, -EBADMSG, "its database is another program's");
	*version = ohtd_db_version(&(struct ohtd_db){ .sql = sql });
	if (*version < 1)
		return refuse(why, size, -EBADMSG, "its database has no schema version");
	if (*version <= newest)
		return 0;
	snprintf(why, size, "its schema %d is newer than this program's %d", *version, newest);
	return -ENOTSUP;
}

int ohtd_db_carry_check(const struct ohtd_schema *schema, const char *path, int *version, char *why,
			size_t size)
{
	sqlite3 *sql = NULL;
	int r = open_file(&sql, path, SQLITE_OPEN_READWRITE);

	if (r == SQLITE_OK)
		r = check_open(sql, schema, version, why, size);
	else
		r = refuse(why, size, ohtd_db_errno(r), "its database cannot be opened");
	sqlite3_close(sql);
	return r;
}

/* All that is sealed has its longest columns in coarse; what is not, lies in intervals. Row by row: a sorted one would need a file in /tmp. */
#define SPAN	"SELECT min(first), max(behind) FROM (" \
		"SELECT start_ns + chunk * 163840 * cycle_ns AS first, start_ns + (chunk * 163840 + cycles) * cycle_ns AS behind " \
		"FROM coarse JOIN runs USING (run) UNION ALL SELECT start_ns + (place & 0xffffffffff) * cycle_ns, " \
		"start_ns + ((place & 0xffffffffff) + cycles) * cycle_ns FROM intervals JOIN runs ON run = place >> 40)"

int ohtd_db_carry_span(const char *path, int64_t *from_ns, int64_t *to_ns)
{
	sqlite3 *sql = NULL;
	sqlite3_stmt *s = NULL;
	int r = open_file(&sql, path, SQLITE_OPEN_READONLY);

	if (r == SQLITE_OK)
		r = sqlite3_prepare_v2(sql, SPAN, -1, &s, NULL);
	if (r == SQLITE_OK)
		r = sqlite3_step(s);
	if (r == SQLITE_ROW) {
		*from_ns = sqlite3_column_int64(s, 0);
		*to_ns = sqlite3_column_int64(s, 1);
		r = SQLITE_OK;
	}
	sqlite3_finalize(s);
	sqlite3_close(sql);
	return ohtd_db_errno(r);
}

/* ---- in ---- */

static int leave_order(sqlite3 *sql, const struct ohtd_carry_order *order)
{
	char *text = sqlite3_mprintf("DROP TABLE IF EXISTS restore_order; " ORDER_TABLE
				     "; INSERT INTO restore_order VALUES (%Q, %Q, %lld, %d)", order->by, order->file,
				     (long long)order->made_ns, order->history);
	int r = text ? sqlite3_exec(sql, text, NULL, NULL, NULL) : SQLITE_NOMEM;

	sqlite3_free(text);
	return r;
}

int ohtd_store_disown(const char *path)
{
	sqlite3 *sql = NULL;
	int r = open_file(&sql, path, SQLITE_OPEN_READWRITE);

	if (r == SQLITE_OK)
		r = sqlite3_exec(sql, "PRAGMA user_version = 0", NULL, NULL, NULL);
	sqlite3_close(sql);
	r = result_of(r);
	return r ? r : ohtd_db_file_sync(path);
}

int ohtd_db_carry_in(const char *path, const struct ohtd_carry_order *order)
{
	sqlite3 *sql = NULL;
	int r = open_file(&sql, path, SQLITE_OPEN_READWRITE);

	if (r == SQLITE_OK)
		r = sqlite3_exec(sql, WORK_FILE "BEGIN", NULL, NULL, NULL);
	if (r == SQLITE_OK)
		r = run_steps(sql, true);
	if (r == SQLITE_OK)
		r = leave_order(sql, order);
	if (r == SQLITE_OK)
		r = sqlite3_exec(sql, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(sql);
	r = result_of(r);
	return r ? r : ohtd_db_file_sync(path);
}

/* ---- the start ---- */

static const struct ohtd_statement order_sql = { "SELECT by_whom, file, made_ns FROM restore_order" };

static int open_unchanging(sqlite3 **from, const char *path)
{
	char *name = ohtd_db_name_unchanging(path);
	int r = name ? open_file(from, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI) : SQLITE_NOMEM;

	sqlite3_free(name);
	return r;
}

bool ohtd_db_carry_is_ordered(const char *path)
{
	sqlite3 *sql = NULL;
	bool ordered = open_unchanging(&sql, path) == SQLITE_OK && has_column(sql, "restore_order", "made_ns");

	sqlite3_close(sql);
	return ordered;
}

bool ohtd_db_carry_has_history(const char *path)
{
	sqlite3 *sql = NULL;
	bool has = open_unchanging(&sql, path) == SQLITE_OK && number(sql, "SELECT history FROM restore_order") == 1;

	sqlite3_close(sql);
	return has;
}

int ohtd_db_carry_take_order(struct ohtd_db *db, struct ohtd_carry_order *order)
{
	sqlite3_stmt *s;
	int r;

	*order = (struct ohtd_carry_order){ .made_ns = 0 };
	if (!has_column(db->sql, "restore_order", "made_ns"))
		return 0;
	s = ohtd_db_statement(db, &order_sql);
	r = ohtd_db_row(db, s);
	if (r > 0) {
		ohtd_db_take_text(s, 0, order->by, sizeof(order->by));
		ohtd_db_take_text(s, 1, order->file, sizeof(order->file));
		order->made_ns = sqlite3_column_int64(s, 2);
	}
	sqlite3_reset(s);
	return r < 0 ? r : ohtd_db_errno(sqlite3_exec(db->sql, "DROP TABLE restore_order", NULL, NULL, NULL));
}

/* "INSERT INTO table (its columns) VALUES (?,...)"; NULL: out of memory. */
static char *insert_for(const char *table, sqlite3_stmt *rows)
{
	sqlite3_str *text = sqlite3_str_new(NULL);
	int columns = sqlite3_column_count(rows);

	sqlite3_str_appendf(text, "INSERT INTO \"%w\" (", table);
	for (int i = 0; i < columns; i++)
		sqlite3_str_appendf(text, "%s\"%w\"", i ? "," : "", sqlite3_column_name(rows, i));
	sqlite3_str_appendall(text, ") VALUES (");
	for (int i = 0; i < columns; i++)
		sqlite3_str_appendall(text, i ? ",?" : "?");
	sqlite3_str_appendall(text, ")");
	return sqlite3_str_finish(text);
}

static int insert_row(sqlite3_stmt *insert, sqlite3_stmt *rows)
{
	for (int i = 0; i < sqlite3_column_count(rows); i++)
		sqlite3_bind_value(insert, i + 1, sqlite3_column_value(rows, i));
	sqlite3_step(insert);
	return sqlite3_reset(insert);
}

static int insert_rows(struct ohtd_db *db, const char *table, sqlite3_stmt *rows)
{
	char *text = insert_for(table, rows);
	sqlite3_stmt *insert = NULL;
	int r = SQLITE_OK, step;

	/* Of a schema that this program does not know. */
	if (text && sqlite3_prepare_v2(db->sql, text, -1, &insert, NULL) != SQLITE_OK)
		r = SQLITE_NOTADB;
	sqlite3_free(text);
	while (insert && r == SQLITE_OK && (step = sqlite3_step(rows)) != SQLITE_DONE)
		r = step == SQLITE_ROW ? insert_row(insert, rows) : SQLITE_NOTADB;
	sqlite3_finalize(insert);
	return text ? r : SQLITE_NOMEM;
}

static int take_table(struct ohtd_db *db, const char *table, sqlite3 *from)
{
	char *all = sqlite3_mprintf("SELECT * FROM \"%w\"", table);
	char *empty = sqlite3_mprintf("DELETE FROM \"%w\"", table);
	sqlite3_stmt *rows = NULL;
	int r = all && empty ? SQLITE_OK : SQLITE_NOMEM;

	if (r == SQLITE_OK && sqlite3_prepare_v2(from, all, -1, &rows, NULL) != SQLITE_OK)
		r = SQLITE_NOTADB;
	if (r == SQLITE_OK)
		r = sqlite3_exec(db->sql, empty, NULL, NULL, NULL);
	if (r == SQLITE_OK)
		r = insert_rows(db, table, rows);
	sqlite3_finalize(rows);
	sqlite3_free(all);
	sqlite3_free(empty);
	return r;
}

int ohtd_db_carry_over(struct ohtd_db *db, const char *path, const char *const *names, size_t count)
{
	sqlite3 *from = NULL;
	int r = open_unchanging(&from, path) == SQLITE_OK ? SQLITE_OK : SQLITE_NOTADB;

	for (size_t i = 0; r == SQLITE_OK && i < count; i++)
		r = take_table(db, names[i], from);
	if (r == SQLITE_OK)
		r = ohtd_store_take_numbers(db->sql, from);
	sqlite3_close(from);
	return r == SQLITE_NOTADB ? -EBADMSG : ohtd_db_errno(r);
}
