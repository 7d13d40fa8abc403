// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration: merge patches, what each item takes, and changes that the robot refuses on
 * their way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "dice.h"
#include "motion/position.h"
#include "robot/codes.h"
#include "settings/private.h"
#include "settings_rig.h"
#include "store_fixture.h"

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
	ohtd_settings_change(rig.settings, &change);
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
	rig_begin();
	ohtd_settings_describe(rig.settings, &items, preset, &table);
	assert_true(items.count > 60);
	for (size_t i = 0; i < items.count; i++) {
		const struct ohtd_item *item = &items.item[i];

		if (item->type == OHTD_ITEM_NUMBER && !item->of_many) {
			refused_with(item->pointer, item->min - 1, "range");
			refused_with(item->pointer, item->max + 1, "range");
			if (item->whole)
				refused_with(item->pointer, item->min + 0.5, "type");
			assert_true(json_object_get_double(preset[i]) >= item->min);
		} else if (item->type != OHTD_ITEM_NUMBER && !item->of_many) {
			refused_with(item->pointer, 1, "type");
		}
		json_object_put(preset[i]);
	}
	rig_is_live(1, "OHT-50");
	rig_end();
}

/* Its sign would say on which side of the dock the way out of it is. */
static void a_nought_has_no_sign(void **state)
{
	static const char *const noughts[] = { "-0.0", "-0", "-1e-400" };
	char patch[64];

	(void)state;
	rig_begin();
	for (size_t i = 0; i < sizeof(noughts) / sizeof(noughts[0]); i++) {
		snprintf(patch, sizeof(patch), "{\"motion\":{\"undock_mm\":%s}}", noughts[i]);
		assert_int_equal(rig_result_of(patch), OHTD_CHANGE_DONE);
		rig_is_live(2, "\"undock_mm\":0,");
	}
	rig_end();
}

/* ---- on the way ---- */

static void a_robot_that_moves_leaves_no_version(void **state)
{
	struct ohtd_change change;

	(void)state;
	rig_begin();
	rig.refuses_trial = true;
	rig_ask(&change, "{\"robot\":{\"name\":\"x\"},\"motion\":{\"jog_mm_s\":100}}");
	assert_int_equal(change.result, OHTD_CHANGE_REFUSED);
	assert_int_equal(change.answer.why.items[0].code, OHTD_WHY_MOVING);
	ohtd_change_drop(&change);
	rig_is_live(1, "OHT-50");
	assert_int_equal(store_ask_sql("SELECT count(*) FROM config_versions"), 1);
	/* A name asks nobody. */
	assert_int_equal(rig_result_of("{\"robot\":{\"name\":\"x\"}}"), OHTD_CHANGE_DONE);
	assert_int_equal(rig.trials, 1);
	assert_int_equal(rig.takes, 0);
	rig_is_live(2, "\"name\":\"x\"");
	rig_end();
}

static void a_version_that_the_robot_does_not_take_is_dropped(void **state)
{
	(void)state;
	rig_begin();
	rig.refuses_take = true;
	assert_int_equal(rig_result_of("{\"motion\":{\"jog_mm_s\":100}}"), OHTD_CHANGE_REFUSED);
	rig_is_live(1, "\"jog_mm_s\":250");
	assert_int_equal(store_ask_sql("SELECT max(version) FROM config_versions"), 1);
	rig.refuses_take = false;
	assert_int_equal(rig_result_of("{\"motion\":{\"jog_mm_s\":100}}"), OHTD_CHANGE_DONE);
	/* Its number is not given again. */
	rig_is_live(3, "\"jog_mm_s\":100");
	/* One that could not be dropped is by the next change. */
	store_run_sql("INSERT INTO config_versions SELECT 4, 3, 'x', '', 0, document, 0, 0, 0 FROM "
		      "config_versions WHERE version = 1");
	assert_int_equal(rig_result_of("{\"motion\":{\"jog_mm_s\":120}}"), OHTD_CHANGE_DONE);
	rig_is_live(4, "\"jog_mm_s\":120");
	assert_int_equal(store_ask_sql("SELECT count(*) FROM config_versions"), 3);
	assert_int_equal(store_ask_sql("SELECT author <> 'x' FROM config_versions WHERE version = 4"),
			 1);
	rig_end();
	/* It is no refusal: a start before that makes it live. */
	rig_begin();
	rig.refuses_take = true;
	store_run_sql("CREATE TRIGGER full BEFORE DELETE ON config_versions BEGIN SELECT RAISE(ABORT, 'full'); END");
	assert_int_equal(rig_result_of("{\"motion\":{\"jog_mm_s\":130}}"), OHTD_CHANGE_NOT_TAKEN_BACK);
	store_run_sql("DROP TRIGGER full");
	rig_is_live(4, "\"jog_mm_s\":120");
	rig_end();
	store_run_sql("DELETE FROM config_versions WHERE version = 5");
	store_run_sql("INSERT INTO config_versions SELECT 5, 4, 'x', '', 0, document, 0, 0, 0 FROM "
		      "config_versions WHERE version = 1");
	rig_begin();
	rig_is_live(5, "\"jog_mm_s\":250");
	rig_end();
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
	rig_begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ohtd_change change = {
			.here = true, .here_mm = 1000, .by.role = OHTD_ROLE_SUPERVISOR};

		rig.seen.motion.estimate_mm = cases[i].estimate_mm;
		rig.seen.motion.trust = cases[i].trust;
		rig.seen.position_mm.valid = cases[i].valid;
		change.patch =
			json_tokener_parse("{\"stations\":{\"mill\":{\"position_mm\":1000}}}");
		ohtd_settings_change(rig.settings, &change);
		assert_int_equal(change.result,
				 cases[i].why ? OHTD_CHANGE_REFUSED : OHTD_CHANGE_DONE);
		assert_int_equal(change.answer.why.items[0].code, cases[i].why);
		rig_is_live(cases[i].why ? 1 : 2, "");
		ohtd_change_drop(&change);
	}
	rig_end();
}

/* The thread that asks did not run for so long that it gave up. */
static void an_answer_that_does_not_come_is_looked_for(void **state)
{
	(void)state;
	rig_begin();
	rig.silent_take = true;
	for (int i = 0; i < 2; i++) {
		struct ohtd_change change = { .valid_ms = 1, .by.role = OHTD_ROLE_ADMINISTRATOR };

		rig.takes_silently = i;
		change.patch = json_tokener_parse("{\"motion\":{\"jog_mm_s\":100}}");
		ohtd_settings_change(rig.settings, &change);
		assert_int_equal(change.result, i ? OHTD_CHANGE_DONE : OHTD_CHANGE_NOT_POSTED);
		rig_is_live(1 + 2 * i, i ? "\"jog_mm_s\":100" : "\"jog_mm_s\":250");
		assert_int_equal(store_ask_sql("SELECT count(*) FROM config_versions"), 1 + i);
		ohtd_change_drop(&change);
	}
	rig_end();
}

/* ---- a version that returns by itself ---- */

#define HISTORIES	100
#define HISTORIES_SOAK	10000
#define STEPS		12
/* Histories on one database. */
#define HISTORIES_ONE	100
#define VERSIONS	(2 * HISTORIES_ONE * STEPS + 2)

/* Two items: the robot has to take the one, and asks nobody for the other. */
struct live {
	int speed, name;
};

/* What is to be live: @kept, or @tried while that waits for its confirmation; @of: what each version has, speed 0: there is none. */
struct histories {
	uint64_t seed;
	struct live kept, tried;
	bool waits;
	int64_t given;
	struct live of[VERSIONS];
};

static bool is_same(struct live a, struct live b)
{
	return a.speed == b.speed && a.name == b.name;
}

/* A number is never given twice, whatever has become of the versions in between. */
static void note_number(struct histories *h, const struct ohtd_change *change)
{
	assert_true(change->version.version > h->given && change->version.version < VERSIONS);
	h->given = change->version.version;
}

static unsigned int draw(struct histories *h, unsigned int below)
{
	h->seed = h->seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)(h->seed >> 33) % below;
}

/* @asked: without its patch, which is dropped with each answer. Busy: the thread still tells what has returned. */
static void ask_again(struct ohtd_change *change, const char *patch, const struct ohtd_change *asked)
{
	do {
		*change = *asked;
		change->patch = patch ? json_tokener_parse(patch) : NULL;
		change->by.role = OHTD_ROLE_ADMINISTRATOR;
		change->elevated = true;
		ohtd_settings_change(rig.settings, change);
		ohtd_change_drop(change);
	} while (change->result == OHTD_CHANGE_BUSY);
}

static void ask_for(struct ohtd_change *change, int speed, uint32_t confirm_within_s)
{
	const struct ohtd_change asked = { .confirm_within_s = confirm_within_s };
	char patch[64];

	snprintf(patch, sizeof(patch), "{\"motion\":{\"jog_mm_s\":%d}}", speed);
	ask_again(change, patch, &asked);
}

static bool is_pending(void)
{
	struct ohtd_unconfirmed pending;

	ohtd_settings_pending(rig.settings, &pending);
	return pending.version;
}

/* The thread has taken it back. */
static void await_return(struct histories *h)
{
	static const struct timespec moment = { .tv_nsec = 100000 };

	for (int i = 0; i < 100000 && is_pending(); i++)
		nanosleep(&moment, NULL);
	assert_false(is_pending());
	h->waits = false;
}

/* What has become of a change that wants @wanted. */
static void note_change(struct histories *h, const struct ohtd_change *change, struct live wanted)
{
	if (h->waits || is_same(wanted, h->kept)) {
		assert_int_equal(change->result, h->waits ? OHTD_CHANGE_PENDING : OHTD_CHANGE_DONE);
		return;
	}
	assert_int_equal(change->result, OHTD_CHANGE_DONE);
	note_number(h, change);
	h->waits = change->confirm_within_s;
	h->tried = wanted;
	if (!h->waits)
		h->kept = wanted;
}

static void change_something(struct histories *h, bool trial)
{
	const struct ohtd_change asked = { .confirm_within_s = draw(h, 2) ? 5 + draw(h, 596) : 0, .trial = trial };
	unsigned int what = draw(h, 3);
	struct live wanted = h->kept;
	struct ohtd_change change;
	char patch[96];

	if (what != 1)
		wanted.speed = 100 + (int)draw(h, 100);
	if (what)
		wanted.name = 100 + (int)draw(h, 10);
	snprintf(patch, sizeof(patch), "{\"motion\":{\"jog_mm_s\":%d},\"robot\":{\"name\":\"%d\"}}", wanted.speed, wanted.name);
	ask_again(&change, patch, &asked);
	if (trial)
		assert_int_equal(change.result, h->waits ? OHTD_CHANGE_PENDING : OHTD_CHANGE_DONE);
	else
		note_change(h, &change, wanted);
}

/* Behind the first version, which the files have made. */
static void roll_back(struct histories *h)
{
	const struct ohtd_change asked = {
		.back_to = 2 + (int64_t)draw(h, (unsigned int)h->given - 1), .confirm_within_s = draw(h, 2) ? 5 + draw(h, 596) : 0,
	};
	struct ohtd_change change;

	ask_again(&change, NULL, &asked);
	if (h->of[asked.back_to].speed || h->waits)
		note_change(h, &change, h->of[asked.back_to]);
	else
		assert_int_equal(change.result, OHTD_CHANGE_NO_VERSION);
}

static void decide(struct histories *h, void (*act)(struct ohtd_settings *, struct ohtd_change *), bool anew)
{
	struct ohtd_change change = { .by.role = OHTD_ROLE_ADMINISTRATOR, .confirm_within_s = 600, .opened_ns = anew ? UINT64_MAX : 0 };

	act(rig.settings, &change);
	ohtd_change_drop(&change);
	if (!h->waits)
		assert_int_equal(change.result, OHTD_CHANGE_NOTHING_PENDING);
	else if (act == ohtd_settings_confirm && !anew)
		assert_int_equal(change.result, OHTD_CHANGE_OLD_CONNECTION);
	else
		assert_int_equal(change.result, OHTD_CHANGE_DONE);
	if (!change.result && act == ohtd_settings_confirm)
		h->kept = h->tried;
	h->waits = h->waits && (change.result || act == ohtd_settings_extend);
}

static void begin_again(struct histories *h)
{
	rig_end();
	rig_begin();
	h->waits = false;
}

static void copy_file(const char *from, const char *to)
{
	static char data[1 << 20];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	size_t n;

	assert_true(in && out);
	while ((n = fread(data, 1, sizeof(data), in)))
		assert_int_equal(fwrite(data, 1, n, out), n);
	fclose(in);
	assert_int_equal(fclose(out), 0);
	/* The database must not be open to others. */
	assert_int_equal(chmod(to, 0600), 0);
}

/* The next run begins with what the disk had at one moment, which may be one in the middle of a return. */
static void be_killed(struct histories *h)
{
	static const char *const endings[] = { "", "-wal" };
	struct ohtd_well well = rig_all_well;
	char live[80], kept[2][80];

	well.device = draw(h, 2);
	rig_set_well(&well);
	for (unsigned int i = 0; i < 2; i++) {
		snprintf(live, sizeof(live), "%s%s", store_path, endings[i]);
		snprintf(kept[i], sizeof(kept[i]), "%s.killed%s", store_path, endings[i]);
		copy_file(live, kept[i]);
	}
	rig_end();
	for (unsigned int i = 0; i < 2; i++) {
		snprintf(live, sizeof(live), "%s%s", store_path, endings[i]);
		assert_int_equal(rename(kept[i], live), 0);
	}
	snprintf(live, sizeof(live), "%s-shm", store_path);
	unlink(live);
	rig_begin();
	h->waits = false;
}

static void lose_module(struct histories *h)
{
	struct ohtd_well well = rig_all_well;

	well.modules[0] = 0;
	rig_set_well(&well);
	await_return(h);
	rig_set_well(&rig_all_well);
}

/* Moving, it cannot return: it does when the robot stands. */
static void expire(struct histories *h)
{
	rig.refuses_take = draw(h, 2);
	rig_pass(601);
	if (h->waits && rig.refuses_take && h->tried.speed != h->kept.speed) {
		unsigned int takes = rig.takes;

		while (rig.takes < takes + 3)
			assert_true(is_pending());
	}
	rig.refuses_take = false;
	await_return(h);
}

/* ---- one that waits for standstill ---- */

static void ask_at_standstill(struct ohtd_change *change, int speed, uint32_t confirm_within_s)
{
	char patch[64];

	snprintf(patch, sizeof(patch), "{\"motion\":{\"jog_mm_s\":%d}}", speed);
	do {
		*change = (struct ohtd_change){
			.patch = json_tokener_parse(patch), .by = { .role = OHTD_ROLE_ADMINISTRATOR, .user = "anna" },
			.elevated = true, .at_standstill = true, .wait_s = 100, .confirm_within_s = confirm_within_s,
			.reason = "why",
		};
		ohtd_settings_change(rig.settings, change);
		ohtd_change_drop(change);
	} while (change->result == OHTD_CHANGE_BUSY);
}

static bool is_waiting(void)
{
	struct ohtd_unconfirmed pending;

	ohtd_settings_pending(rig.settings, &pending);
	return pending.version && pending.waits;
}

static void await_standstill(void)
{
	static const struct timespec moment = { .tv_nsec = 100000 };

	struct ohtd_change change = { .by.role = OHTD_ROLE_ADMINISTRATOR };

	for (int i = 0; i < 100000 && is_waiting(); i++)
		nanosleep(&moment, NULL);
	assert_false(is_waiting());
	/* Refused in any case, when the thread has told everything. */
	ohtd_settings_confirm(rig.settings, &change);
	assert_true(change.result);
}

static void is_dropped(const char *cause)
{
	char why[OHTD_RETURNED_BYTES];

	await_standstill();
	assert_true(ohtd_settings_dropped(rig.settings, why));
	assert_non_null(strstr(why, cause));
	assert_non_null(strstr(rig.noted, "ohtd: drop of a change"));
}

/* It begins to move again while it is told to take it, more than once. */
static void move_before_it_is_taken(void)
{
	unsigned int takes = rig.takes;

	rig.refuses_take = true;
	rig.moves = false;
	while (rig.takes < takes + 3)
		assert_true(is_waiting());
	rig.moves = true;
	rig.refuses_take = false;
}

static void refuse_others(void)
{
	struct ohtd_change change = { .by.role = OHTD_ROLE_ADMINISTRATOR, .opened_ns = UINT64_MAX };

	ask_for(&change, 99, 0);
	assert_int_equal(change.result, OHTD_CHANGE_PENDING);
	assert_true(change.pending.waits);
	change = (struct ohtd_change){ .by.role = OHTD_ROLE_ADMINISTRATOR, .opened_ns = UINT64_MAX };
	ohtd_settings_confirm(rig.settings, &change);
	assert_int_equal(change.result, OHTD_CHANGE_NOT_LIVE);
	change = (struct ohtd_change){ .by = { .role = OHTD_ROLE_SUPERVISOR, .user = "bert" } };
	ohtd_settings_give_up(rig.settings, &change);
	assert_int_equal(change.result, OHTD_CHANGE_NOT_YOURS);
}

/* What becomes of one that waits. True: it is live. */
static bool end_waiting(struct histories *h)
{
	struct ohtd_change change = { .by.role = OHTD_ROLE_ADMINISTRATOR };

	switch (draw(h, 6)) {
	case 0:
		ohtd_settings_give_up(rig.settings, &change);
		assert_int_equal(change.result, OHTD_CHANGE_DONE);
		ohtd_change_drop(&change);
		return false;
	case 1:
		rig_pass(101);
		is_dropped("the robot did not stand within 100 s");
		return false;
	case 2:
		rig_end();
		rig_begin();
		is_dropped("ohtd ended");
		return false;
	case 3:
		rig.held = true;
		rig.moves = false;
		is_dropped("control_held");
		rig.held = false;
		return false;
	default:
		rig.moves = false;
		await_standstill();
		return true;
	}
}

static void wait_for_standstill(struct histories *h)
{
	uint32_t within_s = draw(h, 2) ? 600 : 0;
	int speed = 100 + (int)draw(h, 100);
	struct live wanted = { speed, h->kept.name };
	char text[OHTD_CONFIG_DOCUMENT_BYTES];
	int64_t base = ohtd_settings_text(rig.settings, text, sizeof(text));
	struct ohtd_change change;

	rig.moves = true;
	ask_at_standstill(&change, speed, within_s);
	if (h->waits || is_same(wanted, h->kept)) {
		assert_int_equal(change.result, h->waits ? OHTD_CHANGE_PENDING : OHTD_CHANGE_DONE);
		rig.moves = false;
		return;
	}
	assert_int_equal(change.result, OHTD_CHANGE_DONE);
	assert_string_equal(change.version.state, "waiting");
	note_number(h, &change);
	refuse_others();
	if (!draw(h, 3))
		move_before_it_is_taken();
	assert_true(is_waiting());
	rig_is_live(base, "");
	if (end_waiting(h)) {
		assert_non_null(strstr(rig.noted, "anna: change at standstill"));
		h->tried = wanted;
		h->waits = within_s;
		h->kept = within_s ? h->kept : wanted;
	}
	rig.moves = false;
	assert_int_equal(store_ask_sql("SELECT count(*) FROM config_versions WHERE waits = 1"), 0);
}

/* ---- the store does not drop it ---- */

static void fill_disk(void)
{
	store_run_sql("CREATE TRIGGER full BEFORE DELETE ON config_versions BEGIN SELECT RAISE(ABORT, 'full'); END");
}

/* The robot has refused it, and the thread has done with that. */
static void await_refusal(void)
{
	struct ohtd_change change = { .by.role = OHTD_ROLE_ADMINISTRATOR };
	unsigned int trials = rig.trials;

	rig.held = true;
	rig.moves = false;
	WAIT_FOR(rig.trials > trials);
	ohtd_settings_confirm(rig.settings, &change);
	rig.held = false;
}

/* It waits as long as the list says so, and is not live though the robot stands. */
static void stays_until_it_is_dropped(const char *cause)
{
	char why[OHTD_RETURNED_BYTES];
	unsigned int takes = rig.takes;

	for (int i = 0; i < 3; i++) {
		struct ohtd_change change = { .by.role = OHTD_ROLE_ADMINISTRATOR };

		rig_pass(2);
		store_nap();
		ohtd_settings_give_up(rig.settings, &change);
		assert_int_equal(change.result, OHTD_CHANGE_NOT_KEPT);
		assert_true(is_waiting());
		assert_false(ohtd_settings_dropped(rig.settings, why));
	}
	assert_int_equal(store_ask_sql("SELECT count(*) FROM config_versions WHERE waits = 1"), 1);
	store_run_sql("DROP TRIGGER full");
	rig_pass(2);
	is_dropped(cause);
	assert_int_equal(rig.takes, takes);
	rig_is_live(1, "\"jog_mm_s\":250");
	assert_int_equal(store_ask_sql("SELECT count(*) FROM config_versions"), 1);
}

static void what_the_store_does_not_drop_waits_to_be(void **state)
{
	struct ohtd_change change;

	(void)state;
	rig_begin();
	rig.moves = true;
	ask_at_standstill(&change, 111, 0);
	fill_disk();
	await_refusal();
	stays_until_it_is_dropped("control_held");
	rig.moves = true;
	ask_at_standstill(&change, 112, 0);
	assert_int_equal(change.version.version, 3);
	fill_disk();
	rig_end();
	rig_begin();
	stays_until_it_is_dropped("ohtd ended");
	rig_end();
}

/* Everywhere the same: what is shown, what the robot has taken, and what a start would find. */
static void check_live(struct histories *h)
{
	struct live live = h->waits ? h->tried : h->kept;
	int64_t newest = (int64_t)store_ask_sql("SELECT max(version) FROM config_versions");
	char text[32], name[OHTD_ROBOT_NAME_BYTES], place[OHTD_ROBOT_PLACE_BYTES];

	snprintf(text, sizeof(text), "\"jog_mm_s\":%d", live.speed);
	rig_is_live(newest, text);
	snprintf(text, sizeof(text), "\"name\":\"%d\"", live.name);
	rig_is_live(newest, text);
	ohtd_settings_name(rig.settings, name, place);
	assert_int_equal(atoi(name), live.name);
	assert_int_equal((int)rig.taken.rules[0].value[OHTD_RULE_JOG_MM_S], live.speed);
	assert_int_equal(store_ask_sql("SELECT document ->> '$.motion.jog_mm_s' FROM config_versions"
				       " ORDER BY version DESC LIMIT 1"), live.speed);
	assert_int_equal(store_ask_sql("SELECT CAST(document ->> '$.robot.name' AS INTEGER) FROM config_versions"
				       " ORDER BY version DESC LIMIT 1"), live.name);
	assert_int_equal(store_ask_sql("SELECT returns_to > 0 FROM config_versions ORDER BY version DESC LIMIT 1"),
			 h->waits);
	h->given = newest > h->given ? newest : h->given;
	h->of[newest] = live;
}

static void step(struct histories *h)
{
	switch (draw(h, 14)) {
	case 0:
		decide(h, ohtd_settings_confirm, true);
		break;
	case 1:
		decide(h, ohtd_settings_confirm, false);
		break;
	case 2:
		decide(h, ohtd_settings_extend, false);
		break;
	case 3:
		decide(h, ohtd_settings_give_up, false);
		break;
	case 4:
		begin_again(h);
		break;
	case 5:
		lose_module(h);
		break;
	case 6:
		expire(h);
		break;
	case 7:
		wait_for_standstill(h);
		break;
	case 8:
		change_something(h, true);
		break;
	case 9:
		roll_back(h);
		break;
	case 10:
		rig_step_clock((int)draw(h, 2 * 86400) - 86400);
		break;
	case 11:
		be_killed(h);
		break;
	default:
		change_something(h, false);
	}
}

/* On a database of their own. The next person can still change it. */
static void play(struct histories *h, unsigned int first, unsigned int count)
{
	struct ohtd_change change;

	*h = (struct histories){ .kept = { 250, 100 } };
	rig_begin();
	ask_again(&change, "{\"robot\":{\"name\":\"100\"}}", &(const struct ohtd_change){ 0 });
	check_live(h);
	for (unsigned int i = 0; i < count * STEPS; i++) {
		if (!(i % STEPS))
			h->seed = first + i / STEPS;
		step(h);
		check_live(h);
	}
	while (h->waits)
		decide(h, ohtd_settings_give_up, false);
	ask_for(&change, 99, 0);
	assert_int_equal(change.result, OHTD_CHANGE_DONE);
	rig_end();
}

/* OHT_SOAK=1 makes it 10,000, another number so many; the seed is that of the first history. */
static unsigned int count_histories(void)
{
	const char *soak = getenv("OHT_SOAK");
	unsigned int count = soak ? (unsigned int)strtoul(soak, NULL, 10) : HISTORIES;

	return count == 1 ? HISTORIES_SOAK : count;
}

static void always_one_of_two_versions_is_live(void **state)
{
	unsigned int first = getenv("OHT_SOAK") || getenv("OHT_SEED") ? dice_seed() : 0;
	struct histories *h = calloc(1, sizeof(*h));
	unsigned int count = count_histories();

	assert_non_null(h);
	for (unsigned int i = 0; i < count; i += HISTORIES_ONE) {
		if (i) {
			store_tear_down(state);
			store_set_up(state);
		}
		play(h, first + i, HISTORIES_ONE);
	}
	free(h);
}

/* ---- early return ---- */

/* Twice from now on, while something is pending. */
static void look_again(void)
{
	unsigned int looks = rig.looks;

	WAIT_FOR(!is_pending() || rig.looks > looks + 2);
}

static void has_returned_for(const char *cause, int64_t version)
{
	char why[OHTD_RETURNED_BYTES];

	WAIT_FOR(!is_pending());
	WAIT_FOR(ohtd_settings_returned(rig.settings, why));
	assert_non_null(strstr(why, cause));
	rig_is_live(version, "\"jog_mm_s\":250");
}

/* What went well before the change and does not now takes it back; what was bad before does not. */
static void what_goes_worse_takes_a_version_back(void **state)
{
	static const struct {
		struct ohtd_well well;
		const char *cause;
	} cases[] = {
		{ { .threads = true, .store = true, .modules = { 1 << 4 } }, "since the device of the bus was lost" },
		{ { .device = true, .store = true, .modules = { 1 << 4 } }, "since a thread of ohtd stalled" },
		{ { .device = true, .threads = true, .modules = { 1 << 4 } }, "since the store took no changes any more" },
		{ { .device = true, .threads = true, .store = true, .modules = { 1 << 4 }, .cycles = 40, .missed = 9 },
		  "since the bus missed cycles" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		bool before = i % 2;
		struct ohtd_change change;

		rig_begin();
		if (before)
			rig_set_well(&cases[i / 2].well);
		ask_for(&change, 111, 600);
		assert_int_equal(change.result, OHTD_CHANGE_DONE);
		look_again();
		rig_set_well(&cases[i / 2].well);
		look_again();
		/* A share of missed cycles is judged when its second is over. */
		rig_pass(2);
		if (before) {
			look_again();
			assert_true(is_pending());
			rig_is_live(change.version.version, "\"jog_mm_s\":111");
		} else {
			has_returned_for(cases[i / 2].cause, change.version.version + 1);
		}
		rig_end();
	}
}

/* It returns, and the next start does not bring it back. */
static void a_version_is_given_up_though_the_store_is_full(void **state)
{
	struct ohtd_change change;

	(void)state;
	rig_begin();
	ask_for(&change, 111, 600);
	store_run_sql("CREATE TRIGGER full BEFORE INSERT ON config_versions BEGIN SELECT RAISE(ABORT, 'full'); END");
	change = (struct ohtd_change){ .by.role = OHTD_ROLE_ADMINISTRATOR };
	ohtd_settings_give_up(rig.settings, &change);
	assert_int_equal(change.result, OHTD_CHANGE_DONE);
	ohtd_change_drop(&change);
	assert_false(is_pending());
	/* No version on the disk has these values. */
	rig_is_live(0, "\"jog_mm_s\":250");
	rig_end();
	store_run_sql("DROP TRIGGER full");
	rig_begin();
	rig_is_live(3, "\"jog_mm_s\":250");
	rig_end();
}

static void let_no_version_in(void)
{
	store_run_sql("CREATE TRIGGER full BEFORE INSERT ON config_versions BEGIN SELECT RAISE(ABORT, 'full'); END");
}

/* The version @number returns, which cannot be written down. */
static void return_without_a_disk(int64_t number)
{
	struct ohtd_change change;

	ask_for(&change, 111, 600);
	assert_int_equal(change.version.version, number);
	let_no_version_in();
	change = (struct ohtd_change){ .by.role = OHTD_ROLE_ADMINISTRATOR };
	ohtd_settings_give_up(rig.settings, &change);
	assert_int_equal(change.version.version, number + 1);
	ohtd_change_drop(&change);
	ohtd_version_keep_held(rig.settings);
	rig_is_live(0, "\"jog_mm_s\":250");
	store_run_sql("DROP TRIGGER full");
}

/* Under the number with which its return was told. */
static void what_has_returned_is_written_down_when_there_is_room(void **state)
{
	struct ohtd_change change;
	char why[OHTD_RETURNED_BYTES];

	(void)state;
	rig_begin();
	return_without_a_disk(2);
	ohtd_version_keep_held(rig.settings);
	rig_is_live(3, "\"jog_mm_s\":250");
	assert_int_equal(store_ask_sql("SELECT max(version) FROM config_versions"), 3);
	/* A person was faster: that number is nobody's. */
	return_without_a_disk(4);
	ask_for(&change, 112, 0);
	assert_int_equal(change.version.version, 6);
	ask_for(&change, 111, 600);
	rig_end();
	let_no_version_in();
	rig_begin();
	assert_true(ohtd_settings_returned(rig.settings, why));
	assert_non_null(strstr(why, "version 7 was not confirmed before ohtd ended, so version 8 has"));
	assert_non_null(strstr(rig.noted, "version 8 version 7 was not confirmed"));
	store_run_sql("DROP TRIGGER full");
	ohtd_version_keep_held(rig.settings);
	rig_is_live(8, "\"jog_mm_s\":112");
	rig_end();
}

/* ---- what deletes ---- */

static void nothing_is_deleted_by_what_may_return(void **state)
{
	struct ohtd_change change = {
		.patch = json_tokener_parse("{\"history\":{\"samples_days\":1},\"backup\":{\"keep\":1}}"),
		.by.role = OHTD_ROLE_ADMINISTRATOR, .elevated = true, .confirm_within_s = 600,
	};
	struct ohtd_past_values past = { 0 };

	(void)state;
	rig_begin();
	assert_true(ohtd_settings_past(rig.settings, &past));
	assert_true(past.samples_days == 30 && past.backups == 14);
	ohtd_settings_change(rig.settings, &change);
	assert_int_equal(change.result, OHTD_CHANGE_DONE);
	ohtd_change_drop(&change);
	rig_is_live(2, "\"keep\":1");
	assert_false(ohtd_settings_past(rig.settings, &past));
	assert_true(past.samples_days == 30 && past.backups == 14);
	change = (struct ohtd_change){ .by.role = OHTD_ROLE_ADMINISTRATOR, .opened_ns = UINT64_MAX };
	ohtd_settings_confirm(rig.settings, &change);
	assert_int_equal(change.result, OHTD_CHANGE_DONE);
	ohtd_change_drop(&change);
	assert_true(ohtd_settings_past(rig.settings, &past));
	assert_true(past.samples_days == 1 && past.backups == 1);
	rig_end();
}

/* ---- searched units ---- */

static void searches(const char *text)
{
	char now[OHTD_SEARCHED_BYTES];

	ohtd_searched_text(&rig.searched, now);
	assert_string_equal(now, text);
}

static void required_modules_stay_searched(void **state)
{
	char error[OHT_ERROR_BYTES];
	struct ohtd_model *model = ohtd_model_load(OHT_SOURCE_DATADIR, NULL, error);
	struct ohtd_change change;

	(void)state;
	assert_non_null(model);
	rig.model = model;
	rig_begin();
	searches("1-8");
	rig_ask(&change, "{\"bus\":{\"units\":\"2,4-10\"}}");
	assert_int_equal(change.result, OHTD_CHANGE_FAULTY);
	assert_true(change.faults.contradiction);
	assert_string_equal(change.faults.fault[0].pointer, "/bus/units");
	assert_string_equal(change.faults.fault[0].detail, "the required module safety is at unit 3, which is not among 2,4-10");
	ohtd_change_drop(&change);
	rig_ask(&change, "{\"bus\":{\"units\":\"2,3,8-2\"}}");
	assert_int_equal(change.result, OHTD_CHANGE_FAULTY);
	assert_string_equal(change.faults.fault[0].detail, "a span rises, as 2-5, not '8-2'");
	ohtd_change_drop(&change);
	rig_is_live(1, "\"units\":\"1-8\"");
	assert_int_equal(rig.trials, 0);
	assert_int_equal(rig_result_of("{\"bus\":{\"units\":\"2-5,17\"}}"), OHTD_CHANGE_DONE);
	searches("2-5,17");
	assert_int_equal(rig_result_of("{\"motion\":{\"jog_mm_s\":100}}"), OHTD_CHANGE_DONE);
	searches("2-5,17");
	/* Known before the control thread begins. */
	rig_end();
	memset(&rig.searched, 0, sizeof(rig.searched));
	rig_begin();
	searches("2-5,17");
	rig_end();
	rig.model = NULL;
	ohtd_model_free(model);
}

/* It is gone since nothing asks it any more; one that is searched and gone is what such a change is taken back for. */
static void module_that_is_not_searched_takes_nothing_back(void **state)
{
	static const char *const patches[] = { "{\"bus\":{\"units\":\"1-3\"}}", "{\"bus\":{\"units\":\"1-4\"}}" };
	struct ohtd_well without_module = rig_all_well;
	struct ohtd_unconfirmed pending;
	unsigned int from;

	(void)state;
	without_module.modules[0] = 0;
	for (unsigned int i = 0; i < 2; i++) {
		struct ohtd_change change = {
			.patch = json_tokener_parse(patches[i]), .by.role = OHTD_ROLE_ADMINISTRATOR, .elevated = true, .confirm_within_s = 600,
		};

		rig_begin();
		ohtd_settings_change(rig.settings, &change);
		assert_int_equal(change.result, OHTD_CHANGE_DONE);
		ohtd_change_drop(&change);
		rig_set_well(&without_module);
		from = rig.looks;
		while (rig.looks < from + 10) {
			ohtd_settings_pending(rig.settings, &pending);
			if (i && !pending.version)
				break;
		}
		ohtd_settings_pending(rig.settings, &pending);
		assert_int_equal(pending.version != 0, !i);
		searches(i ? "1-8" : "1-3");
		change = (struct ohtd_change){ .by.role = OHTD_ROLE_ADMINISTRATOR, .elevated = true };
		ohtd_settings_give_up(rig.settings, &change);
		ohtd_change_drop(&change);
		rig_end();
	}
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, store_set_up, store_tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_of_the_rfc),
		CASE(each_number_has_its_range),
		CASE(a_nought_has_no_sign),
		CASE(a_robot_that_moves_leaves_no_version),
		CASE(a_version_that_the_robot_does_not_take_is_dropped),
		CASE(a_station_is_taught_where_the_robot_still_stands),
		CASE(an_answer_that_does_not_come_is_looked_for),
		CASE(always_one_of_two_versions_is_live),
		CASE(what_the_store_does_not_drop_waits_to_be),
		CASE(what_goes_worse_takes_a_version_back),
		CASE(a_version_is_given_up_though_the_store_is_full),
		CASE(what_has_returned_is_written_down_when_there_is_room),
		CASE(nothing_is_deleted_by_what_may_return),
		CASE(required_modules_stay_searched),
		CASE(module_that_is_not_searched_takes_nothing_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
