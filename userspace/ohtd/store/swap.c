// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/swap.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/carry.h"
#include "store/db_file.h"
#include "store/sql.h"
#include "store/leftover.h"

#define BUSY_MS	5000

static void name_beside(char *name, const char *path, const char *ending)
{
	snprintf(name, OHTD_DB_PATH_BYTES + 16, "%s%s", path, ending);
}

static bool is_there(const char *path, const char *ending)
{
	char name[OHTD_DB_PATH_BYTES + 16];

	name_beside(name, path, ending);
	return !access(name, F_OK);
}

static int drop(const char *path, const char *ending)
{
	char name[OHTD_DB_PATH_BYTES + 16];

	name_beside(name, path, ending);
	return unlink(name) && errno != ENOENT ? -errno : 0;
}

static int move(const char *path, const char *ending, const char *to)
{
	char name[OHTD_DB_PATH_BYTES + 16];

	name_beside(name, path, ending);
	return rename(name, to) ? -errno : ohtd_db_file_sync_folder(path);
}

int ohtd_db_swap_arm(const char *path, const char *prepared)
{
	char name[OHTD_DB_PATH_BYTES + 16];

	if (ohtd_db_swap_waits(path))
		return -EBUSY;
	name_beside(name, path, ".restore");
	return rename(prepared, name) ? -errno : ohtd_db_file_sync_folder(path);
}

int ohtd_db_swap_disarm(const char *history)
{
	return drop(history, ".restore");
}

int ohtd_db_swap_withdraw(const char *path, const char *history)
{
	int r;

	if (!is_there(path, ".restore"))
		return -ENOENT;
	r = drop(path, ".restore");
	if (!r)
		r = ohtd_db_file_sync_folder(path);
	if (!r)
		r = ohtd_db_swap_disarm(history);
	return r ? r : ohtd_db_file_sync_folder(path);
}

bool ohtd_db_swap_waits(const char *path)
{
	return is_there(path, ".restore") || is_there(path, ".trial");
}

static int mark_trial(const char *path)
{
	char name[OHTD_DB_PATH_BYTES + 16];
	int r;

	name_beside(name, path, ".trial");
	r = ohtd_db_file_make(name);
	return r == -EEXIST ? 0 : r;
}

static int end_trial(const char *path)
{
	int r = is_there(path, ".trial") ? drop(path, ".trial") : 0;

	return r ? r : ohtd_db_file_sync_folder(path);
}

/* Whether PATH.before is the way back: what a person has copied there is not. */
static bool goes_back(const char *path)
{
	return is_there(path, ".trial") || !is_there(path, "");
}

/* Whether PATH.before is a second name of the database, and not another file. */
static bool is_same(const char *path)
{
	char name[OHTD_DB_PATH_BYTES + 16];
	struct stat a, b;

	name_beside(name, path, ".before");
	return !stat(path, &a) && !stat(name, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Of one that was not changed for another one any more: it is made again when it is needed. 0 or a negative errno. */
static int drop_second_name(const char *path)
{
	return is_same(path) ? drop(path, ".before") : 0;
}

/*
 * Copies the write-ahead log of the old database into its file. A damaged database is kept without its log. 0 or a negative
 * errno.
 */
static int fold(const char *path)
{
	sqlite3 *sql = NULL;
	int r = sqlite3_open_v2(path, &sql, SQLITE_OPEN_READWRITE, NULL);

	if (r == SQLITE_OK) {
		sqlite3_busy_timeout(sql, BUSY_MS);
		r = sqlite3_exec(sql, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
	}
	sqlite3_close(sql);
	r = ohtd_db_errno(r);
	return r == -EUCLEAN ? 0 : r;
}

/* PATH + @ending becomes PATH + @ending-TIME, if it is there. 0 or a negative errno. */
static int keep(const char *path, const char *ending, long long now_s)
{
	char name[OHTD_DB_PATH_BYTES + 64], dated[32];
	int r;

	if (!is_there(path, ending))
		return 0;
	snprintf(dated, sizeof(dated), "%s-", ending);
	r = ohtd_file_name_aside(name, sizeof(name), path, dated, now_s);
	return r ? r : move(path, ending, name);
}

static int keep_before(const char *path, long long now_s)
{
	int r = keep(path, ".before", now_s);

	return r ? r : end_trial(path);
}

/* A second name for the old one. It is whole by itself when it gets the name. What has the name and is not the old one keeps another one. */
static int keep_old(const char *path, long long now_s)
{
	char name[OHTD_DB_PATH_BYTES + 16];
	int r;

	if (!is_there(path, "") || is_same(path))
		return 0;
	r = keep_before(path, now_s);
	if (!r)
		r = fold(path);
	if (r)
		return r;
	name_beside(name, path, ".before");
	return link(path, name) ? -errno : ohtd_db_file_sync_folder(path);
}

/*
 * Logs belong to one file only: they are gone for good before another file has the name. A rollback journal is there when the
 * start was killed while it changed the restored file to a write-ahead log.
 */
static int drop_logs(const char *path)
{
	int r = drop(path, "-journal");

	if (!r)
		r = drop(path, "-wal");
	if (!r)
		r = drop(path, "-shm");
	return r ? r : ohtd_db_file_sync_folder(path);
}

static int put_in(const char *path, int (*before)(void *arg), void *arg, long long now_s)
{
	int r = keep_old(path, now_s);

	if (!r && before)
		r = before(arg);
	if (!r)
		r = drop_logs(path);
	if (!r)
		r = mark_trial(path);
	if (!r)
		r = move(path, ".restore", path);
	return r ? r : OHTD_SWAP_IN;
}

static int put_back(const char *path)
{
	int r = drop_logs(path);

	if (!r)
		r = move(path, ".before", path);
	if (!r)
		r = end_trial(path);
	return r ? r : OHTD_SWAP_BACK;
}

/* Whether a restore has made PATH.restore, and not a person who has copied something there: that is set aside. 1, 0 or a negative errno. */
static int waits_to_be_put_in(const struct ohtd_schema *schema, const char *path, bool *foreign, long long now_s)
{
	char name[OHTD_DB_PATH_BYTES + 16];
	int r = ohtd_db_leftover(schema, path, ".restore", OHTD_LEFT_RESTORE, now_s);

	name_beside(name, path, ".restore");
	*foreign = r > 0 && is_there(path, "") && !ohtd_db_carry_is_ordered(name);
	return *foreign ? keep(path, ".restore", now_s) : r;
}

/* ---- the history ---- */

/*
 * Behind the database, which is new or stays. What waits and is not named by its order a person has left, or a restore that was cut before its
 * database waited, too.
 */
static int follow(const char *path, const char *history, bool *foreign, long long now_s)
{
	int r = drop_second_name(history);

	if (!r && is_there(history, ".restore") && ohtd_db_carry_has_history(path))
		return put_in(history, NULL, NULL, now_s);
	*foreign |= is_there(history, ".restore") || (is_there(history, ".before") && !is_there(history, ".trial"));
	if (!r)
		r = keep_before(history, now_s);
	return r ? r : keep(history, ".restore", now_s);
}

/*
 * In front of the database, which is still the new one. A history that had nothing before it stays: there is nothing to go back to, and what it
 * tells is true.
 */
static int go_back(const char *path, const char *history, long long now_s)
{
	bool waits = is_there(history, ".restore") && ohtd_db_carry_has_history(path);
	int r = drop_second_name(history);

	if (!r)
		r = is_there(history, ".trial") && is_there(history, ".before") ? put_back(history) : keep_before(history, now_s);
	if (r >= 0 && waits)
		r = drop(history, ".restore");
	return r < 0 ? r : 0;
}

/* ---- both ---- */

static int put_both_back(const char *path, const char *history, long long now_s)
{
	int r = go_back(path, history, now_s);

	return r ? r : put_back(path);
}

int ohtd_db_swap(const struct ohtd_schema *schema, const char *path, const char *history, int (*before)(void *arg), void *arg,
		 long long now_s)
{
	int r = drop_second_name(path);
	bool foreign = false;
	int old = r ? r : ohtd_db_leftover(schema, path, ".before", OHTD_LEFT_BEFORE, now_s);
	int fresh = old < 0 ? old : waits_to_be_put_in(schema, path, &foreign, now_s);
	int followed;

	if (fresh < 0)
		return fresh;
	if (!fresh && old && goes_back(path))
		return put_both_back(path, history, now_s);
	r = fresh ? put_in(path, before, arg, now_s) : keep_before(path, now_s);
	foreign |= old && !fresh;
	followed = r < 0 ? r : follow(path, history, &foreign, now_s);
	/* Without a restore the history must not keep the daemon from its accounts: the next start tries again. */
	if (r < 0 || (fresh && followed < 0))
		return r < 0 ? r : followed;
	return fresh ? OHTD_SWAP_IN : foreign ? OHTD_SWAP_FOREIGN : OHTD_SWAP_NONE;
}

bool ohtd_db_swap_undo(const struct ohtd_schema *schema, const char *path, const char *history, long long now_s)
{
	return is_there(path, ".trial") && ohtd_db_leftover(schema, path, ".before", OHTD_LEFT_BEFORE, now_s) > 0 &&
	       put_both_back(path, history, now_s) == OHTD_SWAP_BACK;
}

int ohtd_db_swap_keep(const char *path, const char *history, long long now_s)
{
	int r = keep_before(path, now_s);

	/* The next start does the rest of the history. */
	if (!r)
		keep_before(history, now_s);
	return r;
}
