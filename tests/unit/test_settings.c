// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration: merge patches, what each item takes, and changes that the robot refuses on
 * their way. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>
#include <json-c/json.h>

#include "base/clock.h"
#include "motion/position.h"
#include "robot/codes.h"
#include "robot/motion_limits.h"
#include "robot/robot.h"
#include "settings/settings.h"
#include "store/db_file.h"
#include "store/store.h"
#include "store_fixture.h"

static struct ohtd_settings *settings;

/* Beside a change as well: it waits for none. */
static void describe(void)
{
	static struct ohtd_items items;
	static struct ohtd_rule_table table;
	struct json_object *preset[OHTD_ITEMS_MAX];

	ohtd_settings_describe(settings, &items, preset, &table);
	for (size_t i = 0; i < items.count; i++)
		json_object_put(preset[i]);
}

/* ---- a robot that answers as it is told ---- */

static struct ohtd_limits_block block;
static struct ohtd_command posted;
static unsigned int trials, takes;
static bool refuses_trial, refuses_take, silent_take, takes_silently, waits;
static struct ohtd_rule_table taken;
static struct ohtd_snapshot seen;

void __wrap_ohtd_robot_limits(struct ohtd_robot *robot, struct ohtd_limits_block *to);
void __wrap_ohtd_robot_begin_with(struct ohtd_robot *robot, const struct ohtd_rule_table *table,
				  const struct ohtd_stations *stations, bool wait);
uint32_t __wrap_ohtd_robot_offer(struct ohtd_robot *robot, const struct ohtd_rule_table *table,
				 const struct ohtd_stations *stations);
int __wrap_ohtd_link_post(struct ohtd_link *link, const struct ohtd_command *command);
int __wrap_ohtd_link_take(struct ohtd_link *link, struct ohtd_answer *answer);
int __wrap_ohtd_link_fd(const struct ohtd_link *link);
int __wrap_ohtd_robot_snapshot(const struct ohtd_robot *robot, struct ohtd_snapshot *out);

void __wrap_ohtd_robot_limits(struct ohtd_robot *robot, struct ohtd_limits_block *to)
{
	(void)robot;
	*to = block;
}

void __wrap_ohtd_robot_begin_with(struct ohtd_robot *robot, const struct ohtd_rule_table *table,
				  const struct ohtd_stations *stations, bool wait)
{
	(void)robot;
	(void)stations;
	taken = *table;
	waits = wait;
}

uint32_t __wrap_ohtd_robot_offer(struct ohtd_robot *robot, const struct ohtd_rule_table *table,
				 const struct ohtd_stations *stations)
{
	(void)robot;
	(void)stations;
	taken = *table;
	return 2;
}

int __wrap_ohtd_link_post(struct ohtd_link *link, const struct ohtd_command *command)
{
	(void)link;
	posted = *command;
	trials += command->trial;
	takes += !command->trial;
	describe();
	return 0;
}

int __wrap_ohtd_link_take(struct ohtd_link *link, struct ohtd_answer *answer)
{
	bool refused = posted.trial ? refuses_trial : refuses_take;

	(void)link;
	if (!posted.trial && silent_take) {
		block.generation = takes_silently ? posted.generation : 1;
		return 0;
	}
	*answer = (struct ohtd_answer){ .id = posted.id, .kind = posted.kind };
	if (refused) {
		answer->outcome = OHTD_OUTCOME_REFUSED;
		answer->why.items[0].code = OHTD_WHY_MOVING;
		answer->why.count = 1;
	}
	return 1;
}

int __wrap_ohtd_robot_snapshot(const struct ohtd_robot *robot, struct ohtd_snapshot *out)
{
	(void)robot;
	*out = seen;
	return 0;
}

int __wrap_ohtd_link_fd(const struct ohtd_link *link)
{
	(void)link;
	return -1;
}

/* ---- the rig ---- */

static struct ohtd_manual_clock told = { .now_ns = 1, .realtime_ns = 1800000000000000000 };
static struct ohtd_clock ticking;
static struct ohtd_store *store;

static char error[OHT_ERROR_BYTES];

/* The settings, or NULL. */
static struct ohtd_settings *open_settings(void)
{
	struct ohtd_settings_setup setup = { .clock = &ticking, .level = OHTD_LOG_INFO };

	ohtd_clock_init(&ticking, &ohtd_clock_manual, &told, 0);
	assert_int_equal(ohtd_rules_load(OHT_SOURCE_DATADIR, &block.table, NULL, error), 0);
	assert_int_equal(ohtd_stations_load(OHT_SOURCE_DATADIR, &block.stations, error), 0);
	store = ohtd_store_start(store_open_db());
	assert_non_null(store);
	setup.store = store;
	trials = takes = 0;
	refuses_trial = refuses_take = silent_take = false;
	return ohtd_settings_open(&setup, error, sizeof(error));
}

static void begin(void)
{
	settings = open_settings();
	assert_non_null(settings);
}

static void end(void)
{
	ohtd_settings_close(settings);
	ohtd_store_stop(store);
}

static void ask_as(struct ohtd_change *change, enum ohtd_role role, bool elevated,
		   const char *patch)
{
	memset(change, 0, sizeof(*change));
	change->patch = json_tokener_parse(patch);
	assert_non_null(change->patch);
	change->by.role = (uint8_t)role;
	change->elevated = elevated;
	ohtd_settings_change(settings, change);
}

static void ask(struct ohtd_change *change, const char *patch)
{
	ask_as(change, OHTD_ROLE_ADMINISTRATOR, true, patch);
}

static enum ohtd_change_result result_of(const char *patch)
{
	struct ohtd_change change;

	ask(&change, patch);
	ohtd_change_drop(&change);
	return change.result;
}

static void is_live(int64_t version, const char *part)
{
	char text[OHTD_CONFIG_DOCUMENT_BYTES];

	assert_int_equal(ohtd_settings_text(settings, text, sizeof(text)), version);
	assert_non_null(strstr(text, part));
}

/* ---- RFC 7396 ---- */

static void the_examples_of_the_rfc(void **state)
{
	static const struct {
		const char *tree, *patch, *result;
	} cases[] = {
		{"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
		{"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
		{"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
		{"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
		{"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
		{"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
		{"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
		 "{\"a\":{\"b\":\"d\"}}"},
		{"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
		{"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
		{"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
		{"{\"a\":\"foo\"}", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *tree = json_tokener_parse(cases[i].tree);
		struct json_object *patch = json_tokener_parse(cases[i].patch);

		assert_true(ohtd_tree_merge(tree, patch));
		assert_string_equal(json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PLAIN),
				    cases[i].result);
		json_object_put(tree);
		json_object_put(patch);
	}
}

/* ---- each item ---- */

static void refused_with(const char *pointer, double value, const char *code)
{
	struct json_object *patch = json_object_new_object(), *at = patch;
	struct ohtd_change change = {
		.patch = patch, .trial = true, .by.role = OHTD_ROLE_ADMINISTRATOR};
	char name[OHTD_POINTER_BYTES];
	const char *rest = pointer;
	size_t n;

	while (n = strcspn(++rest, "/"), rest[n]) {
		struct json_object *inner = json_object_new_object();

		snprintf(name, sizeof(name), "%.*s", (int)n, rest);
		json_object_object_add(at, name, inner);
		at = inner;
		rest += n;
	}
	json_object_object_add(at, rest, json_object_new_double(value));
	ohtd_settings_change(settings, &change);
	assert_int_equal(change.result, OHTD_CHANGE_FAULTY);
	assert_string_equal(change.faults.fault[0].pointer, pointer);
	assert_string_equal(change.faults.fault[0].code, code);
	ohtd_change_drop(&change);
}

static void each_number_has_its_range(void **state)
{
	static struct ohtd_items items;
	static struct ohtd_rule_table table;
	struct json_object *preset[OHTD_ITEMS_MAX];

	(void)state;
	begin();
	ohtd_settings_describe(settings, &items, preset, &table);
	assert_true(items.count > 60);
	for (size_t i = 0; i < items.count; i++) {
		const struct ohtd_item *item = &items.item[i];

		if (item->row >= 0) {
			refused_with(item->pointer, item->min - 1, "range");
			refused_with(item->pointer, item->max + 1, "range");
			assert_true(json_object_get_double(preset[i]) >= item->min);
		} else if (item->type != OHTD_ITEM_NUMBER) {
			refused_with(item->pointer, 1, "type");
		}
		json_object_put(preset[i]);
	}
	is_live(1, "OHT-50");
	end();
}

/* ---- on the way ---- */

static void a_robot_that_moves_leaves_no_version(void **state)
{
	struct ohtd_change change;

	(void)state;
	begin();
	refuses_trial = true;
	ask(&change, "{\"robot\":{\"name\":\"x\"},\"motion\":{\"jog_mm_s\":100}}");
	assert_int_equal(change.result, OHTD_CHANGE_REFUSED);
	assert_int_equal(change.answer.why.items[0].code, OHTD_WHY_MOVING);
	ohtd_change_drop(&change);
	is_live(1, "OHT-50");
	assert_int_equal(store_ask_sql("SELECT count(*) FROM config_versions"), 1);
	/* A name asks nobody. */
	assert_int_equal(result_of("{\"robot\":{\"name\":\"x\"}}"), OHTD_CHANGE_DONE);
	assert_int_equal(trials, 1);
	assert_int_equal(takes, 0);
	is_live(2, "\"name\":\"x\"");
	end();
}

static void a_version_that_the_robot_does_not_take_is_dropped(void **state)
{
	(void)state;
	begin();
	refuses_take = true;
	assert_int_equal(result_of("{\"motion\":{\"jog_mm_s\":100}}"), OHTD_CHANGE_REFUSED);
	is_live(1, "\"jog_mm_s\":250");
	assert_int_equal(store_ask_sql("SELECT max(version) FROM config_versions"), 1);
	refuses_take = false;
	assert_int_equal(result_of("{\"motion\":{\"jog_mm_s\":100}}"), OHTD_CHANGE_DONE);
	is_live(2, "\"jog_mm_s\":100");
	/* One that could not be dropped is by the next change. */
	store_run_sql("INSERT INTO config_versions SELECT 3, 2, 'x', '', 0, document FROM "
		      "config_versions WHERE version = 1");
	assert_int_equal(result_of("{\"motion\":{\"jog_mm_s\":120}}"), OHTD_CHANGE_DONE);
	is_live(3, "\"jog_mm_s\":120");
	assert_int_equal(store_ask_sql("SELECT count(*) FROM config_versions"), 3);
	assert_int_equal(store_ask_sql("SELECT author <> 'x' FROM config_versions WHERE version = 3"),
			 1);
	end();
	/* A start before that makes it live. */
	store_run_sql("INSERT INTO config_versions SELECT 4, 3, 'x', '', 0, document FROM "
		      "config_versions WHERE version = 1");
	begin();
	is_live(4, "\"jog_mm_s\":250");
	end();
}

/* Between the request and the version it was pushed, or has lost its position. */
static void a_station_is_taught_where_the_robot_still_stands(void **state)
{
	static const struct {
		double estimate_mm;
		bool valid;
		uint32_t trust;
		unsigned int why;
	} cases[] = {
		{1003, true, OHTD_POSITION_TRUSTED, OHTD_WHY_MOVING},
		{1000, true, OHTD_POSITION_SILENT, OHTD_WHY_POSITION_LOST},
		{1000, false, OHTD_POSITION_TRUSTED, OHTD_WHY_POSITION_LOST},
		{1001, true, OHTD_POSITION_TRUSTED, 0},
	};

	(void)state;
	begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ohtd_change change = {
			.here = true, .here_mm = 1000, .by.role = OHTD_ROLE_SUPERVISOR};

		seen.motion.estimate_mm = cases[i].estimate_mm;
		seen.motion.trust = cases[i].trust;
		seen.position_mm.valid = cases[i].valid;
		change.patch =
			json_tokener_parse("{\"stations\":{\"mill\":{\"position_mm\":1000}}}");
		ohtd_settings_change(settings, &change);
		assert_int_equal(change.result,
				 cases[i].why ? OHTD_CHANGE_REFUSED : OHTD_CHANGE_DONE);
		assert_int_equal(change.answer.why.items[0].code, cases[i].why);
		is_live(cases[i].why ? 1 : 2, "");
		ohtd_change_drop(&change);
	}
	end();
}

/* The thread that asks did not run for so long that it gave up. */
static void an_answer_that_does_not_come_is_looked_for(void **state)
{
	(void)state;
	begin();
	silent_take = true;
	for (int i = 0; i < 2; i++) {
		struct ohtd_change change = { .valid_ms = 1, .by.role = OHTD_ROLE_ADMINISTRATOR };

		takes_silently = i;
		change.patch = json_tokener_parse("{\"motion\":{\"jog_mm_s\":100}}");
		ohtd_settings_change(settings, &change);
		assert_int_equal(change.result, i ? OHTD_CHANGE_DONE : OHTD_CHANGE_NOT_POSTED);
		is_live(1 + i, i ? "\"jog_mm_s\":100" : "\"jog_mm_s\":250");
		assert_int_equal(store_ask_sql("SELECT count(*) FROM config_versions"), 1 + i);
		ohtd_change_drop(&change);
	}
	end();
}

static bool is_waiting_for(const char *part)
{
	char why[OHTD_WAITS_BYTES];

	return ohtd_settings_wait(settings, why) && waits && strstr(why, part);
}

static void a_start_that_falls_back_waits_for_a_person(void **state)
{
	struct ohtd_change change;

	(void)state;
	begin();
	assert_false(waits);
	assert_int_equal(result_of("{\"motion\":{\"jog_mm_s\":240,\"speed_mm_s\":600,"
				   "\"soft_max_mm\":12000}}"), OHTD_CHANGE_DONE);
	end();
	/* As a rule of a new release: only what does not agree is given up. */
	store_run_sql("UPDATE config_versions SET document = replace(document, '\"jog_mm_s\":240', "
		      "'\"jog_mm_s\":700') WHERE version = 2");
	begin();
	is_live(3, "\"soft_max_mm\":12000");
	is_live(3, "\"speed_mm_s\":600");
	is_live(3, "\"jog_mm_s\":250");
	assert_true(is_waiting_for("/motion/jog_mm_s 700 -> 250"));
	assert_false(is_waiting_for("soft_max_mm"));
	end();
	/* Another start does not end it. */
	begin();
	is_live(3, "");
	assert_true(is_waiting_for("/motion/jog_mm_s 700 -> 250"));
	/* Nor does who may not choose it, whatever else is changed. */
	for (int i = 0; i < 2; i++) {
		ask_as(&change, OHTD_ROLE_SUPERVISOR, i, "{\"robot\":{\"place\":\"x\"}}");
		assert_int_equal(change.result, OHTD_CHANGE_ROLE);
		assert_string_equal(change.faults.fault[0].pointer, "/motion/jog_mm_s");
		ohtd_change_drop(&change);
	}
	assert_true(is_waiting_for("/motion/jog_mm_s 700 -> 250"));
	end();
	/* A second release after the first: what a person has chosen is still named. */
	store_run_sql("UPDATE config_versions SET document = replace(document, '\"settle_s\":0.2', "
		      "'\"settle_s\":99') WHERE version = 3");
	begin();
	is_live(4, "\"settle_s\":0.2");
	assert_true(is_waiting_for("/motion/jog_mm_s 700 -> 250"));
	assert_false(is_waiting_for("settle_s"));
	/* A person ends it, also by confirming what there is. */
	ask_as(&change, OHTD_ROLE_ADMINISTRATOR, false, "{}");
	assert_int_equal(change.result, OHTD_CHANGE_DONE);
	assert_int_equal(change.differences, 0);
	ohtd_change_drop(&change);
	is_live(5, "\"jog_mm_s\":250");
	assert_false(is_waiting_for(""));
	end();
	begin();
	is_live(5, "");
	assert_false(waits);
	end();
}

static enum ohtd_change_result differ(int64_t version)
{
	struct ohtd_change change = { .version.version = version };

	ohtd_settings_differ(settings, &change);
	ohtd_change_drop(&change);
	return change.result;
}

static enum ohtd_change_result rollback_to(int64_t version)
{
	struct ohtd_change change = { .back_to = version, .by.role = OHTD_ROLE_ADMINISTRATOR };

	ohtd_settings_change(settings, &change);
	ohtd_change_drop(&change);
	return change.result;
}

static void a_damaged_version_is_passed_over(void **state)
{
	(void)state;
	begin();
	assert_int_equal(result_of("{\"motion\":{\"jog_mm_s\":100}}"), OHTD_CHANGE_DONE);
	assert_int_equal(result_of("{\"motion\":{\"jog_mm_s\":120}}"), OHTD_CHANGE_DONE);
	end();
	store_run_sql("UPDATE config_versions SET document = 'x' WHERE version = 3");
	begin();
	is_live(4, "\"jog_mm_s\":100");
	assert_true(is_waiting_for("cannot be read"));
	assert_int_equal(store_ask_sql("SELECT count(*) FROM config_versions"), 4);
	/* Nor by anybody else; what came of it can be. */
	assert_int_equal(differ(4), OHTD_CHANGE_DONE);
	assert_int_equal(differ(3), OHTD_CHANGE_NO_VERSION);
	assert_int_equal(rollback_to(3), OHTD_CHANGE_NO_VERSION);
	end();
	store_run_sql("UPDATE config_versions SET document = 'x'");
	begin();
	is_live(5, "\"jog_mm_s\":250");
	assert_true(is_waiting_for("cannot be read"));
	end();
}

/* ---- a damaged database ---- */

/* The page of the newest version: the last one below the root of the table. */
static unsigned int newest_page(void)
{
	long long root = store_ask_sql("SELECT rootpage FROM sqlite_schema WHERE name = 'config_versions'");
	unsigned char head[12];
	int fd = open(store_path, O_RDONLY);

	assert_int_equal(pread(fd, head, sizeof(head), (off_t)(root - 1) * STORE_PAGE), sizeof(head));
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
	begin();
	assert_int_equal(result_of("{\"motion\":{\"jog_mm_s\":100}}"), OHTD_CHANGE_DONE);
	assert_int_equal(result_of("{\"motion\":{\"jog_mm_s\":120}}"), OHTD_CHANGE_DONE);
	end();
	store_smash(newest_page());
	/* It is no damaged version: nothing is taken in its place before the repair. */
	assert_null(open_settings());
	assert_int_equal(errno, EUCLEAN);
	ohtd_store_stop(store);
	begin();
	is_live(3, "\"jog_mm_s\":100");
	assert_true(is_waiting_for("the database was repaired"));
	end();
	/* Whoever follows the alert of the damaged file does not end it. */
	snprintf(path, sizeof(path), "%s.damaged-20270115T080000Z", store_path);
	assert_int_equal(unlink(path), 0);
	begin();
	is_live(3, "");
	assert_true(is_waiting_for("the database was repaired"));
	/* Any item may have been another one, also those that ask for the password. */
	ask_as(&change, OHTD_ROLE_ADMINISTRATOR, false, "{}");
	assert_int_equal(change.result, OHTD_CHANGE_ELEVATION);
	ohtd_change_drop(&change);
	assert_int_equal(result_of("{}"), OHTD_CHANGE_DONE);
	end();
	/* Nor does a clock that was ahead bring it back. */
	set_aside("20990101T000000Z");
	begin();
	is_live(4, "\"jog_mm_s\":100");
	assert_false(waits);
	end();
	/* A repair that has lost no version cannot know it. */
	smash_an_index();
	begin();
	is_live(5, "\"jog_mm_s\":100");
	assert_true(is_waiting_for("the database was repaired"));
	end();
}

static void a_repair_that_finds_no_version_is_waited_for(void **state)
{
	(void)state;
	/* A file of long ago beside a database of a release before versions. */
	set_aside("20260101T000000Z");
	begin();
	is_live(1, "\"jog_mm_s\":250");
	assert_false(waits);
	end();
	store_run_sql("DELETE FROM config_versions");
	smash_an_index();
	for (int i = 0; i < 2; i++) {
		begin();
		is_live(2, "\"jog_mm_s\":250");
		assert_true(is_waiting_for("all versions were lost"));
		end();
	}
}

static void what_could_not_be_written_is_by_the_next_version(void **state)
{
	struct ohtd_change change = { .if_version = 7, .by.role = OHTD_ROLE_ADMINISTRATOR };

	(void)state;
	begin();
	end();
	store_run_sql("DELETE FROM config_versions; CREATE TRIGGER full BEFORE INSERT ON "
		      "config_versions BEGIN SELECT RAISE(ABORT, 'full'); END");
	begin();
	is_live(0, "\"jog_mm_s\":250");
	ohtd_settings_change(settings, &change);
	assert_int_equal(change.result, OHTD_CHANGE_OUTDATED);
	assert_int_equal(change.version.version, 0);
	ohtd_change_drop(&change);
	store_run_sql("DROP TRIGGER full");
	assert_int_equal(result_of("{}"), OHTD_CHANGE_DONE);
	is_live(1, "\"jog_mm_s\":250");
	end();
}

static void the_robot_begins_with_the_newest(void **state)
{
	(void)state;
	begin();
	/* The dock of the legacy layout would be outside. */
	assert_int_equal(result_of("{\"motion\":{\"soft_min_mm\":{\"legacy\":10}}}"),
			 OHTD_CHANGE_FAULTY);
	assert_int_equal(
		result_of("{\"motion\":{\"jog_mm_s\":100,\"lag_s\":{\"canonical\":0.15}}}"),
		OHTD_CHANGE_DONE);
	end();
	memset(&taken, 0, sizeof(taken));
	begin();
	assert_true(taken.rules[0].value[OHTD_RULE_JOG_MM_S] == 100);
	assert_true(taken.rules[0].value[OHTD_RULE_LAG_S] == 0.15);
	assert_true(taken.rules[1].value[OHTD_RULE_LAG_S] == 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_of_the_rfc),
		cmocka_unit_test_setup_teardown(each_number_has_its_range, store_set_up,
						store_tear_down),
		cmocka_unit_test_setup_teardown(a_robot_that_moves_leaves_no_version, store_set_up,
						store_tear_down),
		cmocka_unit_test_setup_teardown(a_version_that_the_robot_does_not_take_is_dropped,
						store_set_up, store_tear_down),
		cmocka_unit_test_setup_teardown(the_robot_begins_with_the_newest, store_set_up,
						store_tear_down),
		cmocka_unit_test_setup_teardown(a_start_that_falls_back_waits_for_a_person,
						store_set_up, store_tear_down),
		cmocka_unit_test_setup_teardown(a_station_is_taught_where_the_robot_still_stands,
						store_set_up, store_tear_down),
		cmocka_unit_test_setup_teardown(an_answer_that_does_not_come_is_looked_for,
						store_set_up, store_tear_down),
		cmocka_unit_test_setup_teardown(a_damaged_version_is_passed_over, store_set_up,
						store_tear_down),
		cmocka_unit_test_setup_teardown(a_damaged_page_is_repaired_and_waited_for,
						store_set_up, store_tear_down),
		cmocka_unit_test_setup_teardown(what_could_not_be_written_is_by_the_next_version,
						store_set_up, store_tear_down),
		cmocka_unit_test_setup_teardown(a_repair_that_finds_no_version_is_waited_for,
						store_set_up, store_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
