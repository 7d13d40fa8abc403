// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "store/backup.h"
#include "store/check.h"
#include "store/sql.h"
#include "store/salvage.h"
#include "store/words.h"
#include "store/written.h"

#define BUSY_MS		5000
#define WHY_BYTES	512
#define LOG_BYTES_KEPT	"25165824"	/* 24 MiB; of a log that was once longer */
#define READER_CACHE	"-256"	/* KiB; there are few readers, and their questions are small */
/* Nothing is written outside the directory of the state, which is all that can be reached. */
#define EVERY_CONNECTION	"PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;"

/* What opening found, besides versions from 0 on. */
enum { NOT_OURS = -1, DAMAGED = -2, FAILED = -3, NEWER = -4, UNNUMBERED = -5 };

/*
 * The log is copied into the file beside the writer. At 48 MiB the writer waits for the rest, which is three
 * synchronisations more for those who write at that moment: of 50 who never pause less than one in 200.
 */
static const struct ohtd_log_bounds log_bounds = { .wait = 12000, .rest = 200, .max = 24000 };

static bool is_damage(const struct ohtd_db *db)
{
	int r = sqlite3_errcode(db->sql) & 0xff;

	return r == SQLITE_CORRUPT || r == SQLITE_NOTADB;
}

/* Version of the schema in the file, 0 for an empty one, or one of those above with @why filled. */
static int read_version(struct ohtd_db *db, char *why, size_t size)
{
	int newest = ohtd_schema_version(db->schema);
	int tables = ohtd_db_number(db, "SELECT count(*) FROM sqlite_schema");
	int id = tables < 0 ? -1 : ohtd_db_number(db, "PRAGMA application_id");
	int version;

	if (tables < 0) {
		snprintf(why, size, "%s: %s", db->path, sqlite3_errmsg(db->sql));
		return is_damage(db) ? DAMAGED : FAILED;
	}
	if (!tables && !id)
		return 0;
	if ((uint32_t)id != db->schema->application_id) {
		snprintf(why, size, "%s: database of another program (application id 0x%08x)",
			 db->path, (unsigned int)id);
		return NOT_OURS;
	}
	version = ohtd_db_version(db);
	if (version < 1 && is_damage(db))
		version = DAMAGED;
	if (version < 1)
		snprintf(why, size, "%s: no schema version in it", db->path);
	else if (version > newest)
		snprintf(why, size, "%s: schema %d is newer than this program's %d: install the newer program "
			 "again, or go back as in the runbook 'Upgrade, and back'", db->path, version, newest);
	else
		return version;
	return version > newest ? NEWER : version == DAMAGED ? DAMAGED : UNNUMBERED;
}

/* Instead of SQLite's own checkpoint within a commit, for which somebody would wait. */
static int note_log_pages(void *arg, sqlite3 *sql, const char *name, int pages)
{
	struct ohtd_db *db = arg;

	(void)sql;
	(void)name;
	db->log_pages = pages;
	return SQLITE_OK;
}

static int refuse(const struct ohtd_db *db, char *why, size_t size)
{
	snprintf(why, size, "%s: %s", db->path, sqlite3_errmsg(db->sql));
	return -1;
}

/* Settings fixed at creation come before the journal's mode, which writes the first page. */
static int set_up(struct ohtd_db *db, int version, char *why, size_t size)
{
	int r = version ? SQLITE_OK : sqlite3_exec(db->sql, db->schema->create, NULL, NULL, NULL);

	if (r == SQLITE_OK)
		r = sqlite3_exec(db->sql,
			     "PRAGMA journal_mode = WAL;"
			     "PRAGMA journal_size_limit = " LOG_BYTES_KEPT ";"
			     "PRAGMA synchronous = FULL;"
			     "PRAGMA foreign_keys = ON;"
			     EVERY_CONNECTION, NULL, NULL, NULL);
	if (r == SQLITE_OK)
		r = sqlite3_exec(db->sql, db->schema->settings, NULL, NULL, NULL);
	return r == SQLITE_OK ? 0 : refuse(db, why, size);
}

/* With a copy of what there was, unless it is bulk. A step that fails leaves neither a change nor the copy. */
static int migrate(struct ohtd_db *db, int version, long long now_s, char *why, size_t size)
{
	int newest = ohtd_schema_version(db->schema), r;
	char copy[OHTD_DB_PATH_BYTES] = "";

	if (version == newest)
		return 0;
	r = version && !db->schema->bulk ? ohtd_db_back_up(db, version, now_s, copy, sizeof(copy)) : 0;
	if (r) {
		snprintf(why, size, "%s: no backup before the migration: %s", db->path,
			 strerror(-r));
		return -1;
	}
	r = ohtd_db_migrate(db, db->path, newest, now_s, why, size);
	if (r && *copy)
		unlink(copy);
	else if (!r && version)
		ohtd_log(OHTD_LOG_NOTICE, db->schema->room, "migrated", "schema %d to %d%s%s", version,
			 newest, *copy ? "; before: " : "", copy);
	return r;
}

static bool has_log(const char *path)
{
	char log[OHTD_DB_PATH_BYTES + 8];

	snprintf(log, sizeof(log), "%s-wal", path);
	return !access(log, F_OK);
}

/* SQLite gives each connection 20 pages at once, of which most need a few. */
static void take_pages_singly(void)
{
	sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
}

static int open_handle(struct ohtd_db *db, const struct ohtd_schema *schema, const char *path, int flags, char *why, size_t size)
{
	bool log = has_log(path);
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int persist = 1;

	pthread_once(&once, take_pages_singly);
	ohtd_db_know_quota();
	db->schema = schema;
	snprintf(db->path, sizeof(db->path), "%s", path);
	if (sqlite3_open_v2(path, &db->sql, flags | SQLITE_OPEN_NOMUTEX, ohtd_written_name(schema->written)) || ohtd_db_learn_words(db->sql)) {
		snprintf(why, size, "%s: %s", path, sqlite3_errmsg(db->sql));
		return -1;
	}
	sqlite3_busy_timeout(db->sql, BUSY_MS);
	/* Until the file is known to be ours, closing must not fold its log into it, if it has one. */
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, log, NULL);
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	/* The log, emptied, and its index stay: on a full or read-only disk they could not be made anew, and nothing be read. */
	sqlite3_file_control(db->sql, NULL, SQLITE_FCNTL_PERSIST_WAL, &persist);
	return 0;
}

/* Those of the audit are looked after by themselves, and those of shelves are times in ns. */
#define OF_OWN_NUMBER								\
	" FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.sql NOT LIKE '%WITHOUT ROWID%' AND t.name NOT IN ('audit', 'alert_shelves')"	\
	" AND c.pk = 1 AND c.type = 'INTEGER' AND (SELECT count(*) FROM pragma_table_info(t.name) WHERE pk) = 1"

void ohtd_store_drop_numberless(struct ohtd_db *db)
{
	sqlite3_stmt *s;
	int dropped = 0, r;

	/* What refers to such a row refers to none in any case. */
	sqlite3_exec(db->sql, "PRAGMA foreign_keys = OFF", NULL, NULL, NULL);
	r = sqlite3_prepare_v2(db->sql, "SELECT t.name, c.name" OF_OWN_NUMBER, -1, &s, NULL);

	while (r == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
		const char *table = (const char *)sqlite3_column_text(s, 0), *number = (const char *)sqlite3_column_text(s, 1);
		char *sql = sqlite3_mprintf("DELETE FROM \"%w\" WHERE \"%w\" >= " OHTD_NUMBER_MAX_SQL " OR \"%w\" < 0", table, number, number);

		r = sql ? sqlite3_exec(db->sql, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
		dropped += r == SQLITE_OK ? sqlite3_changes(db->sql) : 0;
		sqlite3_free(sql);
	}
	sqlite3_finalize(s);
	sqlite3_exec(db->sql, "DELETE FROM sqlite_sequence WHERE seq >= " OHTD_NUMBER_MAX_SQL " OR seq < 0; PRAGMA foreign_keys = ON", NULL, NULL, NULL);
	if (dropped)
		ohtd_log(OHTD_LOG_ERROR, db->schema->room, "rows_dropped", "%s: %d damaged rows had numbers that no row gets, and are deleted",
			 db->path, dropped);
}

static int open_sound(struct ohtd_db *db, int version, long long now_s, char *why, size_t size)
{
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	if (set_up(db, version, why, size) || migrate(db, version, now_s, why, size))
		return -1;
	/* A disk that takes nothing now is no reason not to start. */
	if (!db->schema->bulk)
		ohtd_store_drop_numberless(db);
	db->log = log_bounds;
	db->log.due = db->schema->log_due;
	sqlite3_wal_hook(db->sql, note_log_pages, db);
	return 0;
}

/* 0, or FAILED or DAMAGED with @why filled. */
static int check(struct ohtd_db *db, char *why, size_t size)
{
	char what[WHY_BYTES];
	enum ohtd_soundness found = ohtd_db_check(db, NULL, what, sizeof(what));

	if (found == OHTD_DB_SOUND)
		return 0;
	snprintf(why, size, "%s: %s", db->path, what);
	return found == OHTD_DB_DAMAGED ? DAMAGED : FAILED;
}

/*
 * NOT_OURS, or as check(). A newer program leaves no gap before its number: in a damaged file such a one is damage, too. So is the loss
 * of all numbers.
 */
static int judge_number(struct ohtd_db *db, int version, char *why, size_t size)
{
	int counted = ohtd_db_version_counted(db), r = 0;

	if (version == UNNUMBERED || (counted >= 0 && counted < ohtd_db_version(db)))
		r = check(db, why, size);
	return r ? r : NOT_OURS;
}

char *ohtd_db_name_unchanging(const char *path)
{
	sqlite3_str *name = sqlite3_str_new(NULL);

	sqlite3_str_appendall(name, "file:");
	for (; *path; path++)
		sqlite3_str_appendf(name, strchr("%?#", *path) ? "%%%02x" : "%c", (unsigned char)*path);
	sqlite3_str_appendall(name, "?immutable=1");
	return sqlite3_str_finish(name);
}

/* With its log if it has one; else without making one. */
static int open_to_weigh(struct ohtd_db *db, const char *path)
{
	bool log = has_log(path);
	char *name = log ? NULL : ohtd_db_name_unchanging(path);
	int r = SQLITE_NOMEM;

	if (log || name)
		r = sqlite3_open_v2(log ? path : name, &db->sql, SQLITE_OPEN_NOMUTEX |
				    (log ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY | SQLITE_OPEN_URI), NULL);
	sqlite3_free(name);
	if (r == SQLITE_OK) {
		sqlite3_busy_timeout(db->sql, BUSY_MS);
		sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		r = ohtd_db_learn_words(db->sql);
	}
	return ohtd_db_errno(r);
}

/* enum ohtd_db_worth or a negative errno, of what is open. */
static int weigh_open(struct ohtd_db *db, char *why, size_t size)
{
	int version = read_version(db, why, size), r = version;

	/* A file without the header of a database has no row that could be read. */
	if (version == DAMAGED && (sqlite3_errcode(db->sql) & 0xff) == SQLITE_NOTADB)
		return OHTD_DB_NO_WORTH;
	if (version > 0)
		r = check(db, why, size);
	else if (version == NEWER || version == UNNUMBERED)
		r = judge_number(db, version, why, size);
	if (!version)
		snprintf(why, size, "%s: there is nothing in it", db->path);
	if (r == FAILED)
		return -EIO;
	if (r == DAMAGED)
		return OHTD_DB_HARMED;
	return version > 0 ? OHTD_DB_WHOLE : OHTD_DB_NO_WORTH;
}

int ohtd_db_weigh(const struct ohtd_schema *schema, const char *path, char *why, size_t size)
{
	struct ohtd_db db = { .schema = schema };
	int r;

	if (ohtd_db_file_check(path, schema->application_id, false, why, size))
		return errno == EIO ? -EIO : OHTD_DB_NO_WORTH;
	/* SQLite would delete such a log. */
	if (ohtd_db_file_is_in_log(path)) {
		snprintf(why, size, "%s: what it has is in its log", path);
		return OHTD_DB_HARMED;
	}
	snprintf(db.path, sizeof(db.path), "%s", path);
	r = open_to_weigh(&db, path);
	if (r)
		snprintf(why, size, "%s: %s", path, strerror(-r));
	else
		r = weigh_open(&db, why, size);
	ohtd_db_forget_statements(&db);
	sqlite3_close(db.sql);
	return r;
}

/* 0, or NOT_OURS, DAMAGED or FAILED with @why filled. */
static int try_open(struct ohtd_db **db, const struct ohtd_schema *schema, const char *path,
		    long long now_s, char *why, size_t size)
{
	int version = FAILED, r;

	*db = calloc(1, sizeof(**db));
	if (!*db) {
		snprintf(why, size, "%s: out of memory", path);
		return FAILED;
	}
	if (!open_handle(*db, schema, path, SQLITE_OPEN_READWRITE, why, size))
		version = read_version(*db, why, size);
	r = version < 0 ? version : 0;
	if (version > 0 && ohtd_db_file_is_suspect(path))
		r = check(*db, why, size);
	else if (version == NEWER || version == UNNUMBERED)
		r = ohtd_db_file_is_suspect(path) ? judge_number(*db, version, why, size) : NOT_OURS;
	if (version >= 0 && !r)
		r = open_sound(*db, version, now_s, why, size) ? FAILED : 0;
	if (!r)
		ohtd_schema_pages_keep(*db);
	if (r) {
		ohtd_db_close(*db);
		*db = NULL;
	}
	return r;
}

/* A disk that fails once looks the same as damage: only what is found twice is believed. */
static int try_twice(struct ohtd_db **db, const struct ohtd_schema *schema, const char *path, long long now_s, char *why, size_t size)
{
	int r = try_open(db, schema, path, now_s, why, size);

	return r == DAMAGED ? try_open(db, schema, path, now_s, why, size) : r;
}

int ohtd_db_open(struct ohtd_db **db, const struct ohtd_schema *schema, const char *path,
		 long long now_s, char *why, size_t size)
{
	char what[WHY_BYTES];
	bool in_log, harmed;
	int r;

	*db = NULL;
	if (ohtd_db_salvage_finish(schema, path, now_s, why, size)) {
		errno = EIO;
		return -1;
	}
	in_log = ohtd_db_file_is_in_log(path);
	r = in_log ? ohtd_db_file_wake_log(path) : 0;
	if (r) {
		snprintf(why, size, "%s: cannot be read from its log: %s", path, strerror(-r));
		errno = -r;
		return -1;
	}
	harmed = !in_log && ohtd_schema_pages_harmed(schema, path, why, size) && ohtd_schema_pages_harmed(schema, path, why, size);
	if (ohtd_db_file_check(path, harmed ? 0 : schema->application_id, true, why, size))
		return -1;
	r = harmed ? DAMAGED : try_twice(db, schema, path, now_s, why, size);
	if (r == DAMAGED && ohtd_db_file_read_through(path, why, size)) {
		errno = EIO;
		return -1;
	}
	snprintf(what, sizeof(what), "%s", r ? why : "");
	if (r == DAMAGED && !ohtd_db_salvage(schema, path, now_s, what, why, size))
		r = try_open(db, schema, path, now_s, why, size);
	if (r) {
		errno = r == NOT_OURS ? EINVAL : EIO;
		return -1;
	}
	r = ohtd_db_file_clear_suspect(path);
	if (r)
		ohtd_log(OHTD_LOG_WARNING, schema->room, "suspect", "%s.suspect stays: %s", path,
			 strerror(-r));
	return 0;
}

int ohtd_db_join(struct ohtd_db **db, const struct ohtd_schema *schema, const char *path, char *why,
		 size_t size)
{
	int version = NOT_OURS, r = -1;

	*db = NULL;
	if (ohtd_db_file_check(path, schema->application_id, false, why, size))
		return -1;
	*db = calloc(1, sizeof(**db));
	if (!*db) {
		snprintf(why, size, "%s: out of memory", path);
		return -1;
	}
	if (!open_handle(*db, schema, path, SQLITE_OPEN_READWRITE, why, size))
		version = read_version(*db, why, size);
	if (version == ohtd_schema_version(schema))
		r = open_sound(*db, version, 0, why, size);
	else if (version >= 0)
		snprintf(why, size, "%s: schema %d, which the running ohtd does not have", path,
			 version);
	if (r) {
		ohtd_db_close(*db);
		*db = NULL;
	}
	return r;
}

/* One more to the same file, set up by @sql. */
static int open_more(struct ohtd_db **more, const struct ohtd_db *db, int flags, const char *sql)
{
	char why[WHY_BYTES];
	int r;

	*more = calloc(1, sizeof(**more));
	if (!*more)
		return -ENOMEM;
	r = open_handle(*more, db->schema, db->path, flags, why, sizeof(why)) ? -EIO : 0;
	if (!r)
		r = ohtd_db_errno(sqlite3_exec((*more)->sql, sql, NULL, NULL, NULL));
	if (r) {
		ohtd_db_close(*more);
		*more = NULL;
	}
	return r;
}

int ohtd_db_open_reader(struct ohtd_db **reader, const struct ohtd_db *db)
{
	/* The last statement shows at once whether the file can be read. */
	return open_more(reader, db, SQLITE_OPEN_READONLY, "PRAGMA query_only = ON;"
			 EVERY_CONNECTION
			 "PRAGMA cache_size = " READER_CACHE ";"
			 "SELECT count(*) FROM sqlite_schema");
}

int ohtd_db_open_copier(struct ohtd_db **copier, const struct ohtd_db *db)
{
	/* It only knows that there is a log once it has read something. */
	return open_more(copier, db, SQLITE_OPEN_READWRITE, "PRAGMA synchronous = FULL;"
			 EVERY_CONNECTION
			 "PRAGMA cache_size = " READER_CACHE ";"
			 "SELECT count(*) FROM sqlite_schema");
}

void ohtd_db_close(struct ohtd_db *db)
{
	if (!db)
		return;
	ohtd_db_forget_statements(db);
	sqlite3_close(db->sql);
	free(db);
}
