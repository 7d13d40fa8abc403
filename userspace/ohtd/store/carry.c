// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/carry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/db_file.h"
#include "store/db_private.h"

#define BUSY_MS		5000
/* How often it is asked whether it goes on, in steps of SQLite's machine: about each millisecond. */
#define STEPS		20000
/* What is overwritten is zeroed. The file is of no use before it has been synchronised as a whole. */
#define WORK_FILE	"PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA secure_delete = ON;" \
			"PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;"

/* SQL for a table, which earlier schemas may not have, or not with this column. */
struct step {
	const char *table;
	const char *column;
	const char *sql;
};

static const struct step out_steps[] = {
	{ "sessions", "id", "DELETE FROM sessions" },
	{ "webhook_deliveries", "number", "DELETE FROM webhook_deliveries" },
	{ "webhooks", "secret", "UPDATE webhooks SET secret = '', secret_before = ''" },
};

static const struct step in_steps[] = {
	{ "sessions", "id", "DELETE FROM sessions" },
	{ "webhook_deliveries", "number", "DELETE FROM webhook_deliveries" },
	{ "webhooks", "secret", "UPDATE webhooks SET enabled = 0, secret_before = '',"
	  " secret = 'whsec_' || hex(randomblob(24))" },
	{ "users", "epoch", "UPDATE users SET epoch = epoch + 1" },
	{ "command_numbers", "reserved", "UPDATE command_numbers SET reserved = 100000 + "
	  "max(reserved, coalesce((SELECT max(number) FROM commands), 0))" },
};

static const char *const counted[OHTD_CARRY_TABLES] = {
	"users", "config_versions", "alerts", "alert_rules", "commands", "journal", "webhooks",
};

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

static bool has_column(sqlite3 *sql, const struct step *step)
{
	char *text = sqlite3_mprintf("SELECT count(*) FROM pragma_table_info(%Q) WHERE name = %Q", step->table,
				     step->column);
	bool has = text && number(sql, text) == 1;

	sqlite3_free(text);
	return has;
}

static int run_steps(sqlite3 *sql, const struct step *steps, size_t count)
{
	int r = sqlite3_exec(sql, WORK_FILE "BEGIN", NULL, NULL, NULL);

	for (size_t i = 0; r == SQLITE_OK && i < count; i++)
		if (has_column(sql, &steps[i]))
			r = sqlite3_exec(sql, steps[i].sql, NULL, NULL, NULL);
	return r == SQLITE_OK ? sqlite3_exec(sql, "COMMIT", NULL, NULL, NULL) : r;
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

static int strip(const char *path, struct ohtd_carry_count *counts)
{
	sqlite3 *sql = NULL;
	int r = open_file(&sql, path, SQLITE_OPEN_READWRITE);

	if (r == SQLITE_OK)
		r = run_steps(sql, out_steps, sizeof(out_steps) / sizeof(out_steps[0]));
	for (size_t i = 0; r == SQLITE_OK && i < OHTD_CARRY_TABLES; i++) {
		char text[64];

		snprintf(text, sizeof(text), "SELECT count(*) FROM %s", counted[i]);
		counts[i] = (struct ohtd_carry_count){ counted[i], number(sql, text) };
	}
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
	if (!r)
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
	*version = (int)number(sql, "SELECT max(version) FROM schema_migrations");
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

int ohtd_db_carry_in(const char *path)
{
	sqlite3 *sql = NULL;
	int r = open_file(&sql, path, SQLITE_OPEN_READWRITE);

	if (r == SQLITE_OK)
		r = run_steps(sql, in_steps, sizeof(in_steps) / sizeof(in_steps[0]));
	sqlite3_close(sql);
	r = result_of(r);
	return r ? r : ohtd_db_file_sync(path);
}
