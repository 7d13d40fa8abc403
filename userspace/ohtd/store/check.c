// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/check.h"

#include <errno.h>
#include <linux/ioprio.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/thread.h"
#include "store/sql.h"

#define STACK_BYTES	(256 * 1024)
#define WHAT_BYTES	256
#define PAUSE_MS	1000
/* While the stop interrupts a check that may just begin a statement. */
#define STOP_AGAIN_MS	5

struct ohtd_store_check {
	struct ohtd_db *db;
	void (*ended)(void *arg, const char *what);
	void *arg;
	pthread_t thread;
	pthread_mutex_t lock;		/* what follows */
	pthread_cond_t changed;
	bool stopping, over;
};

static sqlite3_stmt *prepare_check(struct ohtd_db *db, const char *table)
{
	char *sql = table ? sqlite3_mprintf("PRAGMA %s(%Q)", db->schema->check, table) :
			    sqlite3_mprintf("PRAGMA integrity_check(1)");
	sqlite3_stmt *s = NULL;

	if (sql)
		sqlite3_prepare_v2(db->sql, sql, -1, &s, NULL);
	sqlite3_free(sql);
	return s;
}

/* A page that the disk cannot read is told as a finding, with SQLite's result behind these words. */
static bool is_disk_error(const char *text)
{
	static const char words[] = "error code=";
	const char *at = strstr(text, words);

	return at && (strtol(at + strlen(words), NULL, 10) & 0xff) == SQLITE_IOERR;
}

static enum ohtd_soundness judge(int result, const char *text)
{
	if ((result & 0xff) == SQLITE_INTERRUPT)
		return OHTD_DB_INTERRUPTED;
	if (text && is_disk_error(text))
		return OHTD_DB_UNREADABLE;
	if (text)
		return !strcmp(text, "ok") ? OHTD_DB_SOUND : OHTD_DB_DAMAGED;
	return ohtd_db_errno(result) == -EUCLEAN ? OHTD_DB_DAMAGED : OHTD_DB_UNREADABLE;
}

enum ohtd_soundness ohtd_db_check(struct ohtd_db *db, const char *table, char *what, size_t size)
{
	sqlite3_stmt *s = prepare_check(db, table);
	int r = s ? sqlite3_step(s) : sqlite3_errcode(db->sql);
	const char *text = r == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
	enum ohtd_soundness found = judge(r, text);

	snprintf(what, size, "%s", text ? text : sqlite3_errmsg(db->sql));
	sqlite3_finalize(s);
	/* It has several lines. */
	for (char *c = what; *c; c++)
		if (*c == '\n')
			*c = ' ';
	return found;
}

/* ---- in the background ---- */

/* False: the thread is to end. */
static bool wait_a_while(struct ohtd_store_check *check)
{
	struct timespec until;
	int r = 0;
	bool go_on;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PAUSE_MS / 1000;
	pthread_mutex_lock(&check->lock);
	while (!check->stopping && !r)
		r = pthread_cond_timedwait(&check->changed, &check->lock, &until);
	go_on = !check->stopping;
	pthread_mutex_unlock(&check->lock);
	return go_on;
}

/* Of the processor and of the disk only what is left. */
static void become_idle(const char *room)
{
	const struct sched_param none = { 0 };

	if (pthread_setschedparam(pthread_self(), SCHED_IDLE, &none) ||
	    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)))
		ohtd_log(OHTD_LOG_INFO, room, "check", "not at the lowest priority");
}

static bool is_stopping(struct ohtd_store_check *check)
{
	bool stopping;

	pthread_mutex_lock(&check->lock);
	stopping = check->stopping;
	pthread_mutex_unlock(&check->lock);
	return stopping;
}

/*
 * A disk that fails once looks the same as damage: only what is found twice in a row is believed.
 * SOUND, DAMAGED, or INTERRUPTED when the thread is to end.
 */
static enum ohtd_soundness check_table(struct ohtd_store_check *check, const char *table, char *what)
{
	unsigned int damaged = 0;

	while (!is_stopping(check)) {
		enum ohtd_soundness found;

		become_idle(check->db->schema->room);
		found = ohtd_db_check(check->db, table, what, WHAT_BYTES);
		damaged = found == OHTD_DB_DAMAGED ? damaged + 1 : 0;
		if (found == OHTD_DB_SOUND || damaged == 2)
			return found;
		if (found != OHTD_DB_DAMAGED && !wait_a_while(check))
			break;
	}
	return OHTD_DB_INTERRUPTED;
}

/* The names of all tables, each ended by NUL, and an empty one behind. NULL: cannot be read now. */
static char *list_tables(struct ohtd_db *db)
{
	sqlite3_str *names = sqlite3_str_new(db->sql);
	sqlite3_stmt *s;
	char *text;
	int r = sqlite3_prepare_v2(db->sql, "SELECT name FROM pragma_table_list WHERE schema = 'main'"
				   " AND type = 'table'", -1, &s, NULL);

	while (s && (r = sqlite3_step(s)) == SQLITE_ROW) {
		sqlite3_str_appendall(names, (const char *)sqlite3_column_text(s, 0));
		sqlite3_str_appendchar(names, 1, 0);
	}
	sqlite3_finalize(s);
	sqlite3_str_appendchar(names, 1, 0);
	text = sqlite3_str_finish(names);
	if (r == SQLITE_DONE)
		return text;
	sqlite3_free(text);
	return NULL;
}

static void check_all(struct ohtd_store_check *check)
{
	enum ohtd_soundness found = OHTD_DB_SOUND;
	char what[WHAT_BYTES] = "", *names;

	do {
		names = list_tables(check->db);
	} while (!names && wait_a_while(check));
	if (!names)
		return;
	for (const char *name = names; found == OHTD_DB_SOUND && *name;
	     name += strlen(name) + 1)
		found = check_table(check, name, what);
	if (found == OHTD_DB_SOUND || found == OHTD_DB_DAMAGED)
		check->ended(check->arg, found == OHTD_DB_SOUND ? NULL : what);
	sqlite3_free(names);
}

static void *check_main(void *arg)
{
	struct ohtd_store_check *check = arg;

	check_all(check);
	pthread_mutex_lock(&check->lock);
	check->over = true;
	pthread_cond_broadcast(&check->changed);
	pthread_mutex_unlock(&check->lock);
	return NULL;
}

static void release(struct ohtd_store_check *check)
{
	ohtd_db_close(check->db);
	pthread_cond_destroy(&check->changed);
	pthread_mutex_destroy(&check->lock);
	free(check);
}

struct ohtd_store_check *ohtd_check_start(const struct ohtd_db *db,
				    void (*ended)(void *arg, const char *what), void *arg)
{
	const struct ohtd_thread what = { "ohtd-check", STACK_BYTES, check_main };
	struct ohtd_store_check *check = calloc(1, sizeof(*check));
	pthread_condattr_t attr;
	int r;

	if (!check)
		return NULL;
	check->ended = ended;
	check->arg = arg;
	pthread_mutex_init(&check->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&check->changed, &attr);
	pthread_condattr_destroy(&attr);
	r = -ohtd_db_open_reader(&check->db, db);
	if (!r)
		r = ohtd_thread_start(&check->thread, &what, check);
	if (!r)
		return check;
	release(check);
	errno = r;
	return NULL;
}

/* A thread that gets no processor keeps its old state of the database: it ends that as others run. */
void ohtd_check_pause(struct ohtd_store_check *check)
{
	const struct sched_param none = { 0 };

	pthread_setschedparam(check->thread, SCHED_OTHER, &none);
	sqlite3_interrupt(check->db->sql);
}

bool ohtd_check_runs(struct ohtd_store_check *check)
{
	bool runs;

	pthread_mutex_lock(&check->lock);
	runs = !check->over;
	pthread_mutex_unlock(&check->lock);
	return runs;
}

void ohtd_check_stop(struct ohtd_store_check *check)
{
	if (!check)
		return;
	pthread_mutex_lock(&check->lock);
	check->stopping = true;
	pthread_cond_broadcast(&check->changed);
	while (!check->over) {
		struct timespec until;

		sqlite3_interrupt(check->db->sql);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += STOP_AGAIN_MS * 1000000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&check->changed, &check->lock, &until);
	}
	pthread_mutex_unlock(&check->lock);
	pthread_join(check->thread, NULL);
	release(check);
}
