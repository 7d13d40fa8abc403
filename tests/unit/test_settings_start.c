// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration at the start: what does not fit, what is damaged, and who is waited for. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <unistd.h>

#include "settings_rig.h"
#include "store/db_file.h"
#include "store/store.h"
#include "store_fixture.h"

static bool is_waiting_for(const char *part)
{
	char why[OHTD_WAITS_BYTES];

	return ohtd_settings_wait(rig.settings, why) && rig.waits && strstr(why, part);
}

static void a_start_that_falls_back_waits_for_a_person(void **state)
{
	struct ohtd_change change;

	(void)state;
	rig_begin();
	assert_false(rig.waits);
	assert_int_equal(rig_result_of("{\"motion\":{\"jog_mm_s\":240,\"speed_mm_s\":600,"
				   "\"soft_max_mm\":12000}}"), OHTD_CHANGE_DONE);
	rig_end();
	/* As a rule of a new release: only what does not agree is given up. */
	store_run_sql("UPDATE config_versions SET document = replace(document, '\"jog_mm_s\":240', "
		      "'\"jog_mm_s\":700') WHERE version = 2");
	rig_begin();
	rig_is_live(3, "\"soft_max_mm\":12000");
	rig_is_live(3, "\"speed_mm_s\":600");
	rig_is_live(3, "\"jog_mm_s\":250");
	assert_true(is_waiting_for("/motion/jog_mm_s 700 -> 250"));
	assert_false(is_waiting_for("soft_max_mm"));
	rig_end();
	/* Another start does not end it. */
	rig_begin();
	rig_is_live(3, "");
	assert_true(is_waiting_for("/motion/jog_mm_s 700 -> 250"));
	/* Nor does who may not choose it, whatever else is changed. */
	for (int i = 0; i < 2; i++) {
		rig_ask_as(&change, OHTD_ROLE_SUPERVISOR, i, "{\"robot\":{\"place\":\"x\"}}");
		assert_int_equal(change.result, OHTD_CHANGE_ROLE);
		assert_string_equal(change.faults.fault[0].pointer, "/motion/jog_mm_s");
		ohtd_change_drop(&change);
	}
	assert_true(is_waiting_for("/motion/jog_mm_s 700 -> 250"));
	rig_end();
	/* A second release after the first: what a person has chosen is still named. */
	store_run_sql("UPDATE config_versions SET document = replace(document, '\"settle_s\":0.2', "
		      "'\"settle_s\":99') WHERE version = 3");
	rig_begin();
	rig_is_live(4, "\"settle_s\":0.2");
	assert_true(is_waiting_for("/motion/jog_mm_s 700 -> 250"));
	assert_false(is_waiting_for("settle_s"));
	/* A person ends it, also by confirming what there is. */
	rig_ask_as(&change, OHTD_ROLE_ADMINISTRATOR, false, "{}");
	assert_int_equal(change.result, OHTD_CHANGE_DONE);
	assert_int_equal(change.differences, 0);
	ohtd_change_drop(&change);
	rig_is_live(5, "\"jog_mm_s\":250");
	assert_false(is_waiting_for(""));
	rig_end();
	rig_begin();
	rig_is_live(5, "");
	assert_false(rig.waits);
	rig_end();
}

/* The version of a release that knew other rules; what is in force then. */
static void begins_with(const char *days, const char *kept)
{
	char sql[300];

	snprintf(sql, sizeof(sql), "UPDATE config_versions SET document = replace(document, '\"samples_days\":30,\"columns_days\":400', '%s') WHERE version = 2", days);
	rig_begin();
	assert_int_equal(rig_result_of("{\"history\":{\"size_mib\":100},\"backup\":{\"keep\":3}}"), OHTD_CHANGE_DONE);
	rig_end();
	store_run_sql(sql);
	rig_begin();
	rig_is_live(3, kept);
	rig_is_live(3, "\"keep\":3");
	assert_true(is_waiting_for("items that do not fit"));
	rig_end();
	store_run_sql("DELETE FROM config_versions; UPDATE config_numbers SET given = 0");
}

static void only_the_item_that_contradicts_has_its_default(void **state)
{
	(void)state;
	begins_with("\"samples_days\":60,\"columns_days\":50", "\"samples_days\":30,\"columns_days\":50,\"size_mib\":100");
	/* It has its default: the other one is in the way, and with it goes the group. */
	begins_with("\"samples_days\":30,\"columns_days\":20", "\"samples_days\":30,\"columns_days\":400,\"size_mib\":2048");
}

/* Lists, and one more item of a file, that a person may have written. */
static void write_config(struct ohtd_config *config)
{
	*config = ohtd_config_preset;
	snprintf(config->gateway_write_from, sizeof(config->gateway_write_from), "192.0.2.20");
	snprintf(config->gateway_write_registers, sizeof(config->gateway_write_registers), "1:7");
	config->gateway_idle_s = 30;
	config->backup_hour = 5;
	config->queries_per_s = 7;
	config->log_level = OHTD_LOG_DEBUG;
	rig.config = config;
}

#define OF_FILE	"\"gateway\":{\"idle_s\":30,\"fresh_ms\":1000,\"write_from\":\"192.0.2.20\",\"write_registers\":\"1:7\"}"
#define PRESET	"\"gateway\":{\"idle_s\":60,\"fresh_ms\":1000,\"write_from\":\"\",\"write_registers\":\"\"}"

static void null_is_the_default_whatever_the_file_says(void **state)
{
	static struct ohtd_config config;

	(void)state;
	write_config(&config);
	rig_begin();
	rig_is_live(1, OF_FILE);
	assert_int_equal(rig_result_of("{\"gateway\":null,\"backup\":{\"hour\":null},\"rates\":null,\"log\":{\"level\":null}}"), OHTD_CHANGE_DONE);
	for (int i = 0; i < 2; i++) {
		rig_is_live(2, PRESET);
		rig_is_live(2, "\"hour\":2");
		rig_is_live(2, "\"queries_per_s\":250");
		rig_is_live(2, "\"level\":\"info\"");
		rig_end();
		rig_begin();
	}
	rig_end();
	rig.config = NULL;
}

static void a_file_that_contradicts_is_not_taken_over(void **state)
{
	static struct ohtd_config config;

	(void)state;
	write_config(&config);
	*config.gateway_write_registers = 0;
	rig_begin();
	rig_is_live(1, "\"write_from\":\"\",\"write_registers\":\"\"");
	assert_int_equal(rig_result_of("{\"motion\":{\"jog_mm_s\":100}}"), OHTD_CHANGE_DONE);
	rig_end();
	rig.config = NULL;
}

static enum ohtd_change_result rollback_to(int64_t version);

#define TAKE_OUT	"UPDATE config_versions SET document = json_remove(document, '$.gateway')"

/* Versions of a release that had no such items; the file is asked once. */
static void new_items_are_taken_over_once(void **state)
{
	static struct ohtd_config config;

	(void)state;
	rig_begin();
	assert_int_equal(rig_result_of("{\"motion\":{\"jog_mm_s\":100}}"), OHTD_CHANGE_DONE);
	rig_end();
	store_run_sql(TAKE_OUT);
	write_config(&config);
	rig_begin();
	rig_is_live(3, OF_FILE);
	rig_is_live(3, "\"jog_mm_s\":100");
	assert_false(rig.waits);
	rig_end();
	rig.config = NULL;
	rig_begin();
	rig_is_live(3, OF_FILE);
	/* A version that says nothing of them leaves them as they are, also one that a file would make another one. */
	assert_int_equal(rig_result_of("{\"gateway\":{\"idle_s\":40}}"), OHTD_CHANGE_DONE);
	assert_int_equal(rollback_to(1), OHTD_CHANGE_DONE);
	rig_is_live(5, "\"gateway\":{\"idle_s\":40,\"fresh_ms\":1000,\"write_from\":\"192.0.2.20\"");
	rig_is_live(5, "\"jog_mm_s\":250");
	rig_end();
	/* What nobody has chosen stays so. */
	store_run_sql("UPDATE config_versions SET document = replace(document, '\"jog_mm_s\":250', '\"jog_mm_s\":7000000') WHERE version = 5");
	rig_begin();
	rig_is_live(6, "\"jog_mm_s\":250");
	rig_end();
	store_run_sql(TAKE_OUT " WHERE version = 6");
	rig_begin();
	rig_is_live(7, PRESET);
	assert_true(is_waiting_for("/motion/jog_mm_s 7000000 -> 250"));
	rig_end();
}

static enum ohtd_change_result differ(int64_t version)
{
	struct ohtd_change change = { .version.version = version };

	ohtd_settings_differ(rig.settings, &change);
	ohtd_change_drop(&change);
	return change.result;
}

static enum ohtd_change_result rollback_to(int64_t version)
{
	struct ohtd_change change = { .back_to = version, .by.role = OHTD_ROLE_ADMINISTRATOR };

	ohtd_settings_change(rig.settings, &change);
	ohtd_change_drop(&change);
	return change.result;
}

static void a_damaged_version_is_passed_over(void **state)
{
	(void)state;
	rig_begin();
	assert_int_equal(rig_result_of("{\"motion\":{\"jog_mm_s\":100}}"), OHTD_CHANGE_DONE);
	assert_int_equal(rig_result_of("{\"motion\":{\"jog_mm_s\":120}}"), OHTD_CHANGE_DONE);
	rig_end();
	store_run_sql("UPDATE config_versions SET document = 'x' WHERE version = 3");
	rig_begin();
	rig_is_live(4, "\"jog_mm_s\":100");
	assert_true(is_waiting_for("cannot be read"));
	assert_int_equal(store_ask_sql("SELECT count(*) FROM config_versions"), 4);
	/* Nor by anybody else; what came of it can be. */
	assert_int_equal(differ(4), OHTD_CHANGE_DONE);
	assert_int_equal(differ(3), OHTD_CHANGE_NO_VERSION);
	assert_int_equal(rollback_to(3), OHTD_CHANGE_NO_VERSION);
	rig_end();
	store_run_sql("UPDATE config_versions SET document = 'x'");
	rig_begin();
	rig_is_live(5, "\"jog_mm_s\":250");
	assert_true(is_waiting_for("cannot be read"));
	rig_end();
}

/* The version before it may be from before the items: what a person has taken away must not come back with it. */
static void a_damaged_version_asks_no_file(void **state)
{
	static struct ohtd_config config;

	(void)state;
	write_config(&config);
	rig_begin();
	assert_int_equal(rig_result_of("{\"gateway\":{\"write_from\":\"\",\"write_registers\":\"\"}}"), OHTD_CHANGE_DONE);
	rig_end();
	store_run_sql(TAKE_OUT " WHERE version = 1");
	store_run_sql("UPDATE config_versions SET document = 'x' WHERE version = 2");
	rig_begin();
	rig_is_live(3, PRESET);
	assert_true(is_waiting_for("cannot be read"));
	rig_end();
	rig.config = NULL;
}

/* What nobody has confirmed is not live either when the version before it cannot be read. */
static void a_damaged_version_is_not_returned_to(void **state)
{
	struct ohtd_change change = {
		.patch = json_tokener_parse("{\"motion\":{\"jog_mm_s\":120}}"), .confirm_within_s = 60, .elevated = true,
		.by.role = OHTD_ROLE_ADMINISTRATOR,
	};

	(void)state;
	rig_begin();
	assert_int_equal(rig_result_of("{\"motion\":{\"jog_mm_s\":90}}"), OHTD_CHANGE_DONE);
	assert_int_equal(rig_result_of("{\"motion\":{\"jog_mm_s\":100}}"), OHTD_CHANGE_DONE);
	ohtd_settings_change(rig.settings, &change);
	assert_int_equal(change.result, OHTD_CHANGE_DONE);
	ohtd_change_drop(&change);
	rig_end();
	store_run_sql("UPDATE config_versions SET document = 'x' WHERE version = 3");
	rig_begin();
	rig_is_live(5, "\"jog_mm_s\":90");
	assert_true(is_waiting_for("cannot be read"));
	rig_end();
}

/* What the version to which it returns does not have is as nobody has asked to change it: as in the one that returns. */
static void what_returns_asks_no_file(void **state)
{
	static struct ohtd_config config;
	struct ohtd_change change = {
		.patch = json_tokener_parse("{\"motion\":{\"jog_mm_s\":100}}"), .confirm_within_s = 60, .elevated = true,
		.by.role = OHTD_ROLE_ADMINISTRATOR,
	};

	(void)state;
	write_config(&config);
	rig_begin();
	assert_int_equal(rig_result_of("{\"gateway\":{\"idle_s\":40,\"write_from\":\"\",\"write_registers\":\"\"}}"), OHTD_CHANGE_DONE);
	ohtd_settings_change(rig.settings, &change);
	assert_int_equal(change.result, OHTD_CHANGE_DONE);
	ohtd_change_drop(&change);
	rig_end();
	store_run_sql(TAKE_OUT " WHERE version = 2");
	rig_begin();
	rig_is_live(4, "\"jog_mm_s\":250");
	rig_is_live(4, "\"gateway\":{\"idle_s\":40,\"fresh_ms\":1000,\"write_from\":\"\",\"write_registers\":\"\"}");
	rig_end();
	rig.config = NULL;
}

/* ---- a damaged database ---- */

/* The page of the newest version: the last one below the root of the table. */
static unsigned int newest_page(void)
{
	long long root =
		store_ask_sql("SELECT rootpage FROM sqlite_schema WHERE name = 'config_versions'");
	unsigned char head[12];
	int fd = open(store_path, O_RDONLY);

	assert_int_equal(pread(fd, head, sizeof(head), (off_t)(root - 1) * STORE_PAGE),
			 sizeof(head));
	close(fd);
	/* An inner page, whose rightmost child is in the header. */
	assert_int_equal(head[0], 5);
	return (unsigned int)head[10] << 8 | head[11];
}

static void smash_an_index(void)
{
	store_smash((unsigned int)store_ask_sql("SELECT rootpage FROM sqlite_schema WHERE name = "
						"'users_name'"));
	assert_int_equal(ohtd_db_file_set_suspect(store_path), 0);
}

static void set_aside(const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "%s.damaged-%s", store_path, name);
	close(open(path, O_CREAT | O_WRONLY, 0600));
}

static void a_damaged_page_is_repaired_and_waited_for(void **state)
{
	struct ohtd_change change;
	char path[96];

	(void)state;
	rig_begin();
	assert_int_equal(rig_result_of("{\"motion\":{\"jog_mm_s\":100}}"), OHTD_CHANGE_DONE);
	assert_int_equal(rig_result_of("{\"motion\":{\"jog_mm_s\":120}}"), OHTD_CHANGE_DONE);
	rig_end();
	store_smash(newest_page());
	/* It is no damaged version: nothing is taken in its place before the repair. */
	assert_null(rig_open());
	assert_int_equal(errno, EUCLEAN);
	ohtd_store_stop(rig.store);
	rig_begin();
	/* The number of the one that was lost is not given again. */
	rig_is_live(4, "\"jog_mm_s\":100");
	assert_true(is_waiting_for("the database was repaired"));
	rig_end();
	/* Whoever follows the alert of the damaged file does not end it. */
	snprintf(path, sizeof(path), "%s.damaged-20270115T080000Z", store_path);
	assert_int_equal(unlink(path), 0);
	rig_begin();
	rig_is_live(4, "");
	assert_true(is_waiting_for("the database was repaired"));
	/* Any item may have been another one, also those that ask for the password. */
	rig_ask_as(&change, OHTD_ROLE_ADMINISTRATOR, false, "{}");
	assert_int_equal(change.result, OHTD_CHANGE_ELEVATION);
	ohtd_change_drop(&change);
	assert_int_equal(rig_result_of("{}"), OHTD_CHANGE_DONE);
	rig_end();
	/* Nor does a clock that was ahead bring it back. */
	set_aside("20990101T000000Z");
	rig_begin();
	rig_is_live(5, "\"jog_mm_s\":100");
	assert_false(rig.waits);
	rig_end();
	/* A repair that has lost no version cannot know it. */
	smash_an_index();
	rig_begin();
	rig_is_live(6, "\"jog_mm_s\":100");
	assert_true(is_waiting_for("the database was repaired"));
	rig_end();
}

static void a_repair_that_finds_no_version_is_waited_for(void **state)
{
	(void)state;
	/* A file of long ago beside a database of a release before versions. */
	set_aside("20260101T000000Z");
	rig_begin();
	rig_is_live(1, "\"jog_mm_s\":250");
	assert_false(rig.waits);
	rig_end();
	store_run_sql("DELETE FROM config_versions");
	smash_an_index();
	for (int i = 0; i < 2; i++) {
		rig_begin();
		rig_is_live(3, "\"jog_mm_s\":250");
		assert_true(is_waiting_for("all versions were lost"));
		rig_end();
	}
	/* In the words of a release of before, too. */
	store_run_sql("UPDATE config_versions SET reason = 'all versions were lost: taken over from motion.csv, stations.csv and ohtd.conf' WHERE version = 3");
	rig_begin();
	rig_is_live(3, "");
	assert_true(is_waiting_for("all versions were lost"));
	rig_end();
}

static void what_could_not_be_written_is_by_the_next_version(void **state)
{
	struct ohtd_change change = { .if_version = 7, .by.role = OHTD_ROLE_ADMINISTRATOR };

	(void)state;
	rig_begin();
	rig_end();
	store_run_sql("DELETE FROM config_versions; CREATE TRIGGER full BEFORE INSERT ON "
		      "config_versions BEGIN SELECT RAISE(ABORT, 'full'); END");
	rig_begin();
	rig_is_live(0, "\"jog_mm_s\":250");
	ohtd_settings_change(rig.settings, &change);
	assert_int_equal(change.result, OHTD_CHANGE_OUTDATED);
	assert_int_equal(change.version.version, 0);
	ohtd_change_drop(&change);
	store_run_sql("DROP TRIGGER full");
	assert_int_equal(rig_result_of("{}"), OHTD_CHANGE_DONE);
	/* The log has named the one that could not be written. */
	rig_is_live(3, "\"jog_mm_s\":250");
	rig_end();
}

static void the_robot_begins_with_the_newest(void **state)
{
	(void)state;
	rig_begin();
	/* The dock of the legacy layout would be outside. */
	assert_int_equal(rig_result_of("{\"motion\":{\"soft_min_mm\":{\"legacy\":10}}}"),
			 OHTD_CHANGE_FAULTY);
	assert_int_equal(
		rig_result_of("{\"motion\":{\"jog_mm_s\":100,\"lag_s\":{\"canonical\":0.15}}}"),
		OHTD_CHANGE_DONE);
	rig_end();
	memset(&rig.taken, 0, sizeof(rig.taken));
	rig_begin();
	assert_true(rig.taken.rules[0].value[OHTD_RULE_JOG_MM_S] == 100);
	assert_true(rig.taken.rules[0].value[OHTD_RULE_LAG_S] == 0.15);
	assert_true(rig.taken.rules[1].value[OHTD_RULE_LAG_S] == 0);
	rig_end();
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, store_set_up, store_tear_down)
	const struct CMUnitTest tests[] = {
		CASE(the_robot_begins_with_the_newest),
		CASE(a_start_that_falls_back_waits_for_a_person),
		CASE(only_the_item_that_contradicts_has_its_default),
		CASE(null_is_the_default_whatever_the_file_says),
		CASE(a_file_that_contradicts_is_not_taken_over),
		CASE(new_items_are_taken_over_once),
		CASE(a_damaged_version_is_passed_over),
		CASE(a_damaged_version_asks_no_file),
		CASE(a_damaged_version_is_not_returned_to),
		CASE(what_returns_asks_no_file),
		CASE(a_damaged_page_is_repaired_and_waited_for),
		CASE(what_could_not_be_written_is_by_the_next_version),
		CASE(a_repair_that_finds_no_version_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
