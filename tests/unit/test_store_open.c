// SPDX-License-Identifier: GPL-2.0-or-later
/* What the store makes of the file that it finds: older, newer, foreign, not to be written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault_vfs.h"
#include "common/file.h"
#include "store/sql.h"
#include "accounts/users.h"
#include "store_fixture.h"

#define BACKUP		".v1-20270115T080000Z"
#define NOBODY		65534


static int set_up(void **state)
{
	(void)state;
	if (store_folder_make() || fault_vfs_install())
		return -1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fault_vfs_remove();
	return store_folder_remove();
}

/* Without the log of the database and its index, which stay, empty. */
static unsigned int count_files(void)
{
	unsigned int count = 0;
	DIR *folder = opendir(store_dir);
	const struct dirent *entry;

	while ((entry = readdir(folder)))
		count += !strstr(entry->d_name, "-wal") && !strstr(entry->d_name, "-shm") && !strstr(entry->d_name, "-schema");
	closedir(folder);
	return count - 2;
}

/* ---- older ---- */

static void make_version_1(void)
{
	struct ohtd_user user = { .name = "anna", .role = 2, .password_hash = "hash" };
	struct ohtd_db *db = store_open_db();

	assert_int_equal(ohtd_db_user_add(db, &user, STORE_NOW_S), 0);
	ohtd_db_close(db);
	store_run_sql("DROP TABLE journal; DROP TABLE journal_sources; DROP TABLE daemon_runs;"
		"DROP TABLE commands; DROP TABLE command_ids; DROP TABLE request_keys; DROP TABLE command_numbers; DROP TABLE alert_comments; DROP TABLE alert_shelves;"
		"DROP TABLE alerts; DROP TABLE alert_rules;"
		"DROP TABLE audit; DROP TABLE audit_tree; DROP TABLE audit_checkpoints;"
		"DROP TABLE webhooks; DROP TABLE webhook_deliveries; DROP TABLE config_effects; DROP TABLE config_numbers;"
		"DROP TABLE scenarios; DROP TABLE config_versions; DROP TABLE certificates; DROP TABLE courses; DROP TABLE keys; DROP TABLE reset_codes; DROP TABLE registrations; DROP TABLE devices; DROP TABLE pins; DROP TABLE profiles; DROP TABLE second_factors; DROP TABLE missions; DROP TABLE mission_legs; DROP TABLE mission_schedules; DROP TABLE odometer; DROP TABLE odometer_services;"
		"DROP TABLE service_hours; DROP TABLE service_run;"
		"DELETE FROM schema_migrations WHERE version > 1;");
}

static void check_user(struct ohtd_db *db)
{
	struct ohtd_user user = { .name = "anna" };

	assert_int_equal(ohtd_db_user_find(db, &user), 0);
	assert_string_equal(user.password_hash, "hash");
}

static void an_older_schema_is_migrated_and_kept(void **state)
{
	char copy[96];
	struct ohtd_db *db;
	struct stat st;

	(void)state;
	make_version_1();
	db = store_open_db();
	check_user(db);
	assert_int_equal(ohtd_db_number(db, "SELECT max(version) FROM schema_migrations"),
			 ohtd_schema_version(&ohtd_small_schema));
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM journal"), 0);
	ohtd_db_close(db);
	snprintf(copy, sizeof(copy), "%s" BACKUP, store_path);
	assert_int_equal(stat(copy, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(count_files(), 2);
	/* It is what there was before, and can be put back; the next copy does not replace it. */
	assert_int_equal(rename(copy, store_path), 0);
	ohtd_db_close(store_open_db());
	assert_int_equal(rename(copy, store_path), 0);
	assert_int_equal(mkdir(copy, 0700), 0);
	db = store_open_db();
	check_user(db);
	ohtd_db_close(db);
	strcat(copy, ".2");
	assert_int_equal(stat(copy, &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void a_step_that_fails_leaves_what_there_was(void **state)
{
	struct ohtd_db *db;

	(void)state;
	make_version_1();
	/* The second step makes a table of this name, after others. */
	store_run_sql("CREATE TABLE daemon_runs (n)");
	for (int i = 0; i < 3; i++) {
		store_refuse_open("the migration to schema 2 has failed, nothing was changed: "
			    "table daemon_runs already exists");
		assert_int_equal(count_files(), 1);
	}
	store_run_sql("DROP TABLE daemon_runs; CREATE TABLE kept AS SELECT count(*) AS n FROM"
		" sqlite_schema WHERE name = 'journal'");
	db = store_open_db();
	check_user(db);
	assert_int_equal(ohtd_db_number(db, "SELECT n FROM kept"), 0);
	ohtd_db_close(db);
}

/* Whatever call fails: it is migrated, or it is as it was; and the next start is a good one. OHT_SOAK=1 takes each call. */
static void each_call_of_a_migration_fails_once(void **state)
{
	static const struct { unsigned int op; int code; } kinds[] = {
		{ FAULT_WRITE, SQLITE_FULL }, { FAULT_SYNC, SQLITE_IOERR_FSYNC },
		{ FAULT_OPEN, SQLITE_CANTOPEN }, { FAULT_READ, SQLITE_IOERR_READ },
	};
	uint64_t step = getenv("OHT_SOAK") ? 1 : 7;
	unsigned int refused = 0;

	for (unsigned int kind = 0; kind < 4; kind++) {
		bool failed = true;

		for (uint64_t number = 1; failed; number += step) {
			struct ohtd_db *db;

			tear_down(state);
			set_up(state);
			make_version_1();
			fault_vfs_set(&(struct fault_plan){ .ops = kinds[kind].op,
				.first = number, .count = 1, .code = kinds[kind].code });
			refused += !!ohtd_db_open(&db, &ohtd_small_schema, store_path, STORE_NOW_S, store_why, sizeof(store_why));
			ohtd_db_close(db);
			failed = fault_vfs_calls(kinds[kind].op) >= number;
			fault_vfs_set(&(struct fault_plan){ 0 });
			db = store_open_db();
			check_user(db);
			assert_int_equal(ohtd_db_damaged_files(db), 0);
			ohtd_db_close(db);
		}
	}
	print_message("%u times refused\n", refused);
	assert_true(refused > 20);
}

#define CUT_DIR	"/cut"

/* The folder has what the cut has left of each file, and nothing else. */
static void take_what_is_left(void)
{
	char from[256], to[256], dir[64];
	const struct dirent *entry;
	DIR *folder;

	snprintf(dir, sizeof(dir), "%s" CUT_DIR, store_dir);
	for (int pass = 0; pass < 2; pass++) {
		folder = opendir(pass ? dir : store_dir);
		assert_non_null(folder);
		while ((entry = readdir(folder))) {
			snprintf(from, sizeof(from), "%s/%.100s", pass ? dir : store_dir, entry->d_name);
			snprintf(to, sizeof(to), "%s/%.100s", store_dir, entry->d_name);
			if (entry->d_type != DT_REG)
				continue;
			assert_int_equal(pass ? rename(from, to) : unlink(from), 0);
			if (pass)
				assert_int_equal(chmod(to, 0600), 0);
		}
		closedir(folder);
	}
	assert_int_equal(rmdir(dir), 0);
}

/* An update in a process of its own, without power from the nth change on. False: it got to its end before. */
static bool migrate_cut(uint64_t nth)
{
	struct fault_plan plan = { .cut_at = nth, .seed = (unsigned int)nth };
	char dir[64];
	int status;
	pid_t pid;

	snprintf(dir, sizeof(dir), "%s" CUT_DIR, store_dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	plan.cut_dir = dir;
	pid = fork();
	if (!pid) {
		struct ohtd_db *db;

		/* What was made before is on the disk. */
		fault_vfs_remove();
		if (fault_vfs_install())
			_exit(2);
		fault_vfs_set(&plan);
		if (ohtd_db_open(&db, &ohtd_small_schema, store_path, STORE_NOW_S, store_why, sizeof(store_why)))
			_exit(2);
		ohtd_db_close(db);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	if (WEXITSTATUS(status))
		assert_int_equal(rmdir(dir), 0);
	else
		take_what_is_left();
	return !WEXITSTATUS(status);
}

/* The old schema or the new one, never neither; what was not synchronised is lost by chance. OHT_SOAK=1 takes each change. */
static void power_cuts_in_a_migration(void **state)
{
	uint64_t step = getenv("OHT_SOAK") ? 1 : 13;
	unsigned int old = 0, cuts = 0;
	bool cut = true;

	for (uint64_t nth = 1; cut; nth += step) {
		struct ohtd_db *db;

		tear_down(state);
		set_up(state);
		make_version_1();
		cut = migrate_cut(nth);
		cuts += cut;
		old += store_ask_sql("SELECT max(version) FROM schema_migrations") == 1;
		db = store_open_db();
		check_user(db);
		assert_int_equal(ohtd_db_damaged_files(db), 0);
		ohtd_db_close(db);
	}
	print_message("%u power cuts, %u times the old schema\n", cuts, old);
	assert_true(old > 4 && cuts > old);
}

static void no_copy_no_migration(void **state)
{
	(void)state;
	make_version_1();
	/* The copy's journal cannot be made any more. */
	fault_vfs_set(&(struct fault_plan){ .ops = FAULT_WRITE, .first = 1, .count = UINT64_MAX,
					    .code = SQLITE_FULL });
	store_refuse_open("no backup before the migration: No space left on device");
	assert_int_equal(count_files(), 1);
}

/* ---- newer, foreign ---- */

/* Neither the file nor the folder changes. */
static void refuse_unchanged(const char *text)
{
	char *before, *after;
	size_t before_bytes, after_bytes;
	unsigned int files = count_files();

	assert_int_equal(oht_file_read(store_path, 1 << 22, &before, &before_bytes), 0);
	store_refuse_open(text);
	assert_int_equal(oht_file_read(store_path, 1 << 22, &after, &after_bytes), 0);
	assert_int_equal(before_bytes, after_bytes);
	assert_memory_equal(before, after, before_bytes);
	assert_int_equal(count_files(), files);
	free(before);
	free(after);
}

static void a_newer_schema_is_refused_with_both_versions(void **state)
{
	char text[96];

	(void)state;
	ohtd_db_close(store_open_db());
	store_run_sql("INSERT INTO schema_migrations VALUES (99, 0)");
	snprintf(text, sizeof(text), "schema 99 is newer than this program's %d",
		 ohtd_schema_version(&ohtd_small_schema));
	refuse_unchanged(text);
}

static void foreign_files_are_refused(void **state)
{
	char text[200];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t bytes = 1; bytes <= sizeof(text); bytes += 99) {
		oht_file_replace(store_path, text, bytes, 0600);
		refuse_unchanged("file is not a database");
	}
	unlink(store_path);
	store_run_sql("PRAGMA journal_mode = WAL; CREATE TABLE mails (n); PRAGMA application_id = 7;");
	chmod(store_path, 0600);
	refuse_unchanged("database of another program (application id 0x00000007)");
	unlink(store_path);
	store_run_sql("CREATE TABLE mails (n);");
	chmod(store_path, 0600);
	refuse_unchanged("database of another program (application id 0x00000000)");
}

/* As a power cut leaves it: set aside, and a new one made. */
static void a_file_cut_within_its_header_is_set_aside(void **state)
{
	static const off_t lengths[] = { 99, 7, 4096 };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		ohtd_db_close(store_open_db());
		/* The last one comes back as zeros. */
		assert_int_equal(truncate(store_path, i == 2 ? 0 : lengths[i]), 0);
		assert_int_equal(truncate(store_path, lengths[i]), 0);
		ohtd_db_close(store_open_db());
		assert_int_equal(ohtd_db_file_count_damaged(store_path), i + 1);
	}
}

/* Without the right to do everything, which root has. */
static void in_a_folder_that_cannot_be_written(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	ohtd_db_close(store_open_db());
	if (!geteuid())
		assert_int_equal(chown(store_path, NOBODY, NOBODY) || chown(store_dir, NOBODY, NOBODY), 0);
	chmod(store_dir, 0500);
	pid = fork();
	if (!pid) {
		if (!geteuid() && (setgid(NOBODY) || setuid(NOBODY)))
			_exit(2);
		refuse_unchanged("cannot be written: Permission denied");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	chmod(store_dir, 0700);
	assert_int_equal(status, 0);
}

/* ---- beside the one that holds it ---- */

static void refuse_join(const char *text)
{
	struct ohtd_db *db;

	assert_int_equal(ohtd_db_join(&db, &ohtd_small_schema, store_path, store_why, sizeof(store_why)), -1);
	assert_null(db);
	if (!strstr(store_why, text))
		fail_msg("'%s' does not say '%s'", store_why, text);
}

static void whoever_joins_makes_and_changes_nothing(void **state)
{
	struct ohtd_user user = { .name = "bert", .role = 2, .password_hash = "hash" };
	struct ohtd_db *db, *other;

	(void)state;
	refuse_join("No such file");
	assert_int_equal(count_files(), 0);
	make_version_1();
	refuse_join("schema 1, which the running ohtd does not have");
	assert_int_equal(count_files(), 1);
	db = store_open_db();
	assert_int_equal(ohtd_db_join(&other, &ohtd_small_schema, store_path, store_why, sizeof(store_why)), 0);
	assert_int_equal(ohtd_db_user_add(other, &user, STORE_NOW_S), 0);
	ohtd_db_close(other);
	assert_int_equal(ohtd_db_user_find(db, &user), 0);
	ohtd_db_close(db);
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(an_older_schema_is_migrated_and_kept),
		CASE(a_step_that_fails_leaves_what_there_was),
		CASE(each_call_of_a_migration_fails_once),
		CASE(power_cuts_in_a_migration),
		CASE(no_copy_no_migration),
		CASE(a_newer_schema_is_refused_with_both_versions),
		CASE(foreign_files_are_refused),
		CASE(a_file_cut_within_its_header_is_set_aside),
		CASE(in_a_folder_that_cannot_be_written),
		CASE(whoever_joins_makes_and_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
