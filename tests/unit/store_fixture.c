// SPDX-License-Identifier: GPL-2.0-or-later
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "scratch.h"
#include "store/db.h"
#include "store/schema.h"
#include "accounts/users.h"

char store_dir[] = "/tmp/ohtd-store-XXXXXX";
char store_path[64], store_why[512];
atomic_bool store_hold, store_held;

int store_folder_make(void)
{
	ohtd_log_set_level(OHTD_LOG_ERROR);
	/* What must not be open to others is not so by itself. */
	umask(022);
	if (scratch_make(store_dir))
		return -1;
	snprintf(store_path, sizeof(store_path), "%s/oht.db", store_dir);
	return 0;
}

int store_folder_remove(void)
{
	return scratch_remove(store_dir);
}

int store_set_up(void **state)
{
	(void)state;
	return store_folder_make();
}

int store_tear_down(void **state)
{
	(void)state;
	return store_folder_remove();
}

struct ohtd_db *store_open_db(void)
{
	struct ohtd_db *db;

	if (ohtd_db_open(&db, &ohtd_small_schema, store_path, STORE_NOW_S, store_why, sizeof(store_why)))
		fail_msg("%s", store_why);
	return db;
}

void store_refuse_open(const char *text)
{
	struct ohtd_db *db;

	assert_int_equal(ohtd_db_open(&db, &ohtd_small_schema, store_path, STORE_NOW_S, store_why, sizeof(store_why)),
			 -1);
	assert_null(db);
	if (!strstr(store_why, text) || strchr(store_why, '\n'))
		fail_msg("'%s' does not say '%s' in one line", store_why, text);
}

/* A connection beside that of the program, which may be writing. */
static sqlite3 *open_raw(void)
{
	sqlite3 *raw;

	assert_int_equal(sqlite3_open(store_path, &raw), SQLITE_OK);
	sqlite3_busy_timeout(raw, 60000);
	return raw;
}

void store_run_sql(const char *sql)
{
	sqlite3 *raw = open_raw();
	char *error = NULL;

	if (sqlite3_exec(raw, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s", error);
	sqlite3_close(raw);
}

long long store_ask_sql(const char *sql)
{
	sqlite3 *raw = open_raw();
	long long number;
	sqlite3_stmt *s;

	if (sqlite3_prepare_v2(raw, sql, -1, &s, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(raw));
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	number = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(raw);
	return number;
}

void store_smash(unsigned int page)
{
	unsigned char noise[STORE_PAGE];
	int fd = open(store_path, O_WRONLY);

	memset(noise, 0xa5, sizeof(noise));
	assert_int_equal(pwrite(fd, noise, sizeof(noise), (off_t)(page - 1) * STORE_PAGE),
			 sizeof(noise));
	close(fd);
}

void store_nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

int store_work_add(struct ohtd_db *db, void *name)
{
	struct ohtd_user user = { .role = 1, .password_hash = "hash" };

	snprintf(user.name, sizeof(user.name), "%s", (const char *)name);
	return ohtd_db_user_add(db, &user, STORE_NOW_S);
}

int store_work_find(struct ohtd_db *db, void *name)
{
	struct ohtd_user user = { 0 };

	snprintf(user.name, sizeof(user.name), "%s", (const char *)name);
	return ohtd_db_user_find(db, &user);
}

int store_work_hang(struct ohtd_db *db, void *unused)
{
	(void)db;
	(void)unused;
	atomic_store(&store_held, true);
	while (atomic_load(&store_hold))
		store_nap();
	return 0;
}
