// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The simulated disk itself: that it can lose what it should, in each way. That it fails and fills up as told, and
 * loses nothing that was synchronised, is what the tests of the store stand on (store_group, store_campaign).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fault_vfs.h"
#include "scratch.h"

#define BLOCK		4096
#define BLOCKS		8
#define CUTS		60

static char dir[] = "/tmp/ohtd-fault-XXXXXX";
static char path[64], cut_dir[64], cut_path[80];

static int set_up(void **state)
{
	(void)state;
	if (scratch_make(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/db", dir);
	snprintf(cut_dir, sizeof(cut_dir), "%s/cut", dir);
	snprintf(cut_path, sizeof(cut_path), "%s/db", cut_dir);
	return mkdir(cut_dir, 0700) || fault_vfs_install();
}

static int tear_down(void **state)
{
	(void)state;
	fault_vfs_remove();
	return scratch_remove(dir);
}

static void plan(struct fault_plan wanted)
{
	wanted.cut_dir = cut_dir;
	fault_vfs_set(&wanted);
}

/* ---- through SQLite ---- */

static sqlite3 *open_sql(const char *synchronous)
{
	char text[96];
	sqlite3 *sql;

	snprintf(text, sizeof(text), "PRAGMA journal_mode = WAL; PRAGMA synchronous = %s;"
		 "CREATE TABLE IF NOT EXISTS t (n);", synchronous);
	assert_int_equal(sqlite3_open(path, &sql), SQLITE_OK);
	assert_int_equal(sqlite3_exec(sql, text, NULL, NULL, NULL), SQLITE_OK);
	return sql;
}

static int insert(sqlite3 *sql, int n)
{
	char text[64];

	snprintf(text, sizeof(text), "INSERT INTO t VALUES (%d)", n);
	return sqlite3_exec(sql, text, NULL, NULL, NULL);
}

static int count_rows(sqlite3 *sql)
{
	sqlite3_stmt *s;
	int n = -1;

	if (sqlite3_prepare_v2(sql, "SELECT count(*) FROM t", -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return n;
}

static void a_slow_disk_takes_its_time(void **state)
{
	sqlite3 *sql = open_sql("FULL");
	struct timespec begin, end;

	(void)state;
	plan((struct fault_plan){ .sync_ms = 30 });
	clock_gettime(CLOCK_MONOTONIC, &begin);
	insert(sql, 1);
	insert(sql, 2);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_true((end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000 >= 60);
	sqlite3_close(sql);
}

/* Cut after @cut_at changes; returns how many rows had been acknowledged. */
static int insert_until_cut(uint64_t cut_at, unsigned int seed)
{
	int *acknowledged = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = fork();
	int status, n;

	if (!pid) {
		sqlite3 *sql = open_sql("OFF");

		plan((struct fault_plan){ .cut_at = cut_at, .seed = seed });
		while (insert(sql, *acknowledged) == SQLITE_OK)
			++*acknowledged;
		_exit(2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	n = *acknowledged;
	munmap(acknowledged, sizeof(int));
	return n;
}

/* Often enough a cut takes something that had been acknowledged, or all of the database. */
static void what_is_not_synchronised_is_lost(void **state)
{
	int losses = 0;

	(void)state;
	for (unsigned int i = 0; i < CUTS; i++) {
		int acknowledged = insert_until_cut(20 + i * 3, i), kept;
		sqlite3 *sql;

		assert_true(acknowledged > 0);
		/* Not through the simulated disk, which is that of the next child. */
		assert_int_equal(sqlite3_open_v2(cut_path, &sql, SQLITE_OPEN_READWRITE, "unix"), SQLITE_OK);
		kept = count_rows(sql);
		sqlite3_close(sql);
		losses += kept < acknowledged;
		tear_down(NULL);
		set_up(NULL);
	}
	assert_in_range(losses, CUTS / 4, CUTS);
}

/* ---- a single file ---- */

enum { KEPT, LOST, TORN, FATES };

static void write_block(sqlite3_file *file, int n, char c)
{
	char data[BLOCK];

	memset(data, c, sizeof(data));
	assert_int_equal(file->pMethods->xWrite(file, data, BLOCK, (sqlite3_int64)n * BLOCK),
			 SQLITE_OK);
}

/* Blocks are made of a, synchronised, and overwritten by b; what is then found of them. */
static void overwrite_and_cut(unsigned int seed, int *fates)
{
	int flags = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	char name[80] = { 0 };
	sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
	char data[BLOCK];
	int i, b, fd;
	pid_t pid;

	/* A name that SQLite hands to a VFS ends with two zeros. */
	snprintf(name, sizeof(name) - 4, "%s", path);
	pid = fork();
	if (!pid) {
		if (vfs->xOpen(vfs, name, file, flags, NULL))
			_exit(2);
		plan((struct fault_plan){ .seed = seed });
		for (i = 0; i < BLOCKS; i++)
			write_block(file, i, 'a');
		file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
		for (i = 0; i < BLOCKS; i++)
			write_block(file, i, 'b');
		fault_vfs_cut();
	}
	free(file);
	assert_int_equal(waitpid(pid, &i, 0), pid);
	assert_int_equal(i, 0);
	fd = open(cut_path, O_RDONLY);
	for (i = 0; i < BLOCKS; i++) {
		assert_int_equal(read(fd, data, BLOCK), BLOCK);
		for (int at = b = 0; at < BLOCK; at++) {
			/* Nothing but what was once written, and no sector in pieces. */
			assert_true(data[at] == 'a' || data[at] == 'b');
			assert_int_equal(data[at], data[at / 512 * 512]);
			b += data[at] == 'b';
		}
		fates[i] = b == BLOCK ? KEPT : b ? TORN : LOST;
	}
	close(fd);
	unlink(path);
}

static void each_fate_happens_and_in_any_order(void **state)
{
	int fates[BLOCKS], counts[FATES] = { 0 }, overtaken = 0;

	(void)state;
	for (unsigned int seed = 0; seed < 20; seed++) {
		overwrite_and_cut(seed, fates);
		for (int i = 0; i < BLOCKS; i++)
			counts[fates[i]]++;
		for (int i = 1; i < BLOCKS; i++)
			overtaken += fates[i - 1] == LOST && fates[i] == KEPT;
	}
	assert_true(counts[KEPT] && counts[LOST] && counts[TORN] && overtaken);
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(a_slow_disk_takes_its_time),
		CASE(what_is_not_synchronised_is_lost),
		CASE(each_fate_happens_and_in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
