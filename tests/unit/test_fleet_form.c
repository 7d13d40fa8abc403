// SPDX-License-Identifier: GPL-2.0-or-later
/* The fleet's messages: one table for two versions, what is no message, header ids over restarts, and the file of settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "oht-fleet/clock.h"
#include "oht-fleet/errors.h"
#include "oht-fleet/ids.h"
#include "oht-fleet/judge.h"
#include "oht-fleet/robot.h"
#include "oht-fleet/settings.h"
#include "scratch.h"

#define ACTION(rest)	"{\"actions\":[{\"actionType\":\"t\",\"actionId\":\"i\",\"blockingType\":\"NONE\"" rest "}],"	\
			"\"headerId\":1,\"timestamp\":\"x\",\"version\":\"3.0.0\",\"manufacturer\":\"m\",\"serialNumber\":\"s\"}"

static const char *written(enum fleet_version version, const struct fleet_state *state, unsigned int without)
{
	static char text[8192];
	struct json_object *object = form_write(fleet_state_rows, version, state, without);

	snprintf(text, sizeof(text), "%s", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	json_object_put(object);
	return text;
}

static void one_state_has_the_words_of_each_version(void **unused)
{
	static struct fleet_state state = {
		.distance_m = NAN, .power = { .charge_percent = 12.5, .voltage_v = NAN, .current_a = -1.5 }, .mode = FLEET_STARTUP,
		.actions = {{ .id = "a", .status = FLEET_PAUSED }}, .action_count = 1,
		.instants = {{ .id = "b", .status = FLEET_RETRIABLE }}, .instant_count = 1,
		.errors = {{ .type = "X", .level = FLEET_URGENT }}, .error_count = 1,
		.position = { .there = true, .x_m = 0.1, .map = "rail", .localized = true },
	};
	const char *text = written(FLEET_V3_0, &state, 0);

	(void)unused;
	assert_non_null(strstr(text, "\"powerSupply\":{\"stateOfCharge\":12.5,\"batteryCurrent\":-1.5,\"charging\":false}"));
	assert_non_null(strstr(text, "\"mobileRobotPosition\":{\"x\":0.1,\"y\":0,\"theta\":0,\"mapId\":\"rail\",\"localized\":true}"));
	assert_non_null(strstr(text, "\"actionStates\":[{\"actionId\":\"a\",\"actionStatus\":\"PAUSED\"}],\"instantActionStates\":[{\"actionId\":\"b\""));
	assert_non_null(strstr(text, "\"operatingMode\":\"STARTUP\",\"errors\":[{\"errorType\":\"X\",\"errorLevel\":\"URGENT\"}]"));
	text = written(FLEET_V2_1, &state, 0);
	assert_non_null(strstr(text, "\"batteryState\":{\"batteryCharge\":12.5,\"charging\":false}"));
	assert_non_null(strstr(text, "\"agvPosition\":{\"x\":0.1,\"y\":0,\"theta\":0,\"mapId\":\"rail\",\"positionInitialized\":true}"));
	/* Both kinds of actions stand in one list there, and words are those that promise less. */
	assert_non_null(strstr(text, "\"actionStates\":[{\"actionId\":\"a\",\"actionStatus\":\"RUNNING\"},{\"actionId\":\"b\",\"actionStatus\":\"RUNNING\"}]"));
	assert_non_null(strstr(text, "\"operatingMode\":\"SERVICE\",\"errors\":[{\"errorType\":\"X\",\"errorLevel\":\"WARNING\"}]"));
	/* Of what is no news nothing is left. */
	text = written(FLEET_V3_0, &state, FORM_QUIET);
	assert_null(strstr(text, "headerId"));
	assert_null(strstr(text, "Position"));
	assert_null(strstr(text, "stateOfCharge"));
	assert_non_null(strstr(text, "\"charging\""));
}

static enum form_verdict read_instants(const char *text, struct form_fault *fault)
{
	static struct fleet_instant_actions read;
	struct json_object *object = json_tokener_parse(text);
	enum form_verdict verdict;

	*fault = (struct form_fault){ 0 };
	verdict = form_read(fleet_instant_rows, FLEET_V3_0, object, &read, fault);
	json_object_put(object);
	return verdict;
}

static void what_is_no_message_is_blamed_by_its_place(void **unused)
{
	static const struct {
		const char *text;
		enum form_verdict verdict;
		const char *place;
	} cases[] = {
		{ ACTION(""), FORM_FINE, "" },
		{ ACTION(",\"unknown\":{\"of\":[\"later\"]}"), FORM_FINE, "" },
		{ ACTION(",\"actionParameters\":[{\"key\":\"k\",\"value\":[1,{\"a\":null}]}]"), FORM_FINE, "" },
		{ ACTION(",\"actionParameters\":[{\"key\":\"k\"}]"), FORM_WRONG, "actions[0].actionParameters[0].value" },
		{ ACTION(",\"actionParameters\":[{\"key\":7,\"value\":1}]"), FORM_WRONG, "actions[0].actionParameters[0].key" },
		{ ACTION(",\"actionParameters\":[1]"), FORM_WRONG, "actions[0].actionParameters[0]" },
		{ ACTION(",\"actionParameters\":null"), FORM_WRONG, "actions[0].actionParameters" },
		{ ACTION(",\"blockingType\":\"LATER\""), FORM_WRONG, "actions[0].blockingType" },
		{ ACTION(",\"retriable\":\"yes\""), FORM_WRONG, "actions[0].retriable" },
		{ ACTION(",\"actionId\":\"\""), FORM_WRONG, "actions[0].actionId" },
		{ ACTION(",\"actionId\":\"a\\u0000b\""), FORM_WRONG, "actions[0].actionId" },
		{ ACTION(",\"actionId\":\"a\\nb\""), FORM_WRONG, "actions[0].actionId" },
		{ ACTION(",\"actionId\":\"0123456789012345678901234567890123456789012345678901234567890123\""), FORM_FINE, "" },
		{ ACTION(",\"actionId\":\"01234567890123456789012345678901234567890123456789012345678901234\""), FORM_TOO_LARGE, "actions[0].actionId" },
		{ ACTION(",\"actionParameters\":[0,0,0,0,0]"), FORM_TOO_LARGE, "actions[0].actionParameters" },
		{ "{\"headerId\":-1,\"actions\":[]}", FORM_WRONG, "headerId" },
		{ "{\"headerId\":1.5,\"actions\":[]}", FORM_WRONG, "headerId" },
		{ "{\"headerId\":4294967296,\"actions\":[]}", FORM_WRONG, "headerId" },
		{ "{\"headerId\":1e400,\"actions\":[]}", FORM_WRONG, "headerId" },
		{ "{\"headerId\":true,\"actions\":[]}", FORM_WRONG, "headerId" },
		{ "{}", FORM_WRONG, "headerId" },
		{ "[]", FORM_WRONG, "" },
		{ "7", FORM_WRONG, "" },
		{ "null", FORM_WRONG, "" },
	};
	struct form_fault fault;

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (read_instants(cases[i].text, &fault) != cases[i].verdict || strcmp(fault.place, cases[i].place))
			fail_msg("%s: %d at '%s'", cases[i].text, (int)fault.verdict, fault.place);
	}
}

static void ids_go_on_over_ends_and_kills(void **unused)
{
	char dir[] = "/tmp/oht-fleet-XXXXXX", path[64], large[4096], *text;
	struct fleet_ids ids;
	uint32_t id, last;

	(void)unused;
	assert_int_equal(scratch_make(dir), 0);
	snprintf(path, sizeof(path), "%s/ids", dir);
	assert_int_equal(fleet_ids_open(&ids, path), 0);
	for (uint32_t i = 0; i < 3 * FLEET_IDS_STEP; i++) {
		assert_int_equal(fleet_ids_next(&ids, FLEET_STATE, &id), 0);
		assert_int_equal(id, i);
	}
	/* A kill: what is open now goes on from the disk, ahead of all that was used. */
	for (int kill = 0; kill < 20; kill++) {
		last = id;
		assert_int_equal(fleet_ids_open(&ids, path), 0);
		for (int i = 0; i <= kill * 100; i++) {
			assert_int_equal(fleet_ids_next(&ids, FLEET_STATE, &id), 0);
			assert_true(i ? id == last + 1 : id > last && id <= last + FLEET_IDS_STEP + 1);
			last = id;
		}
		/* Each topic counts for itself, and no topic's writing takes another's back. */
		assert_int_equal(fleet_ids_next(&ids, FLEET_CONNECTION, &last), 0);
	}
	assert_int_equal(fleet_ids_close(&ids), 0);
	assert_int_equal(fleet_ids_open(&ids, path), 0);
	assert_int_equal(fleet_ids_next(&ids, FLEET_STATE, &last), 0);
	assert_int_equal(last, id + 1);
	/* A disk that takes nothing: ids go on all the same, and it is said each time. */
	ids.path = "/proc/none/ids";
	ids.left[FLEET_STATE] = 0;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fleet_ids_next(&ids, FLEET_STATE, &id), -1);
		assert_int_equal(id, ++last);
	}
	/* What is not such a file begins anew, and says so. */
	memset(large, '1', sizeof(large));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(oht_file_replace(path, i ? large : "state -", i ? sizeof(large) : 7, 0600), 0);
		assert_int_equal(fleet_ids_open(&ids, path), -1);
		assert_int_equal(errno, EINVAL);
		assert_int_equal(ids.next[FLEET_STATE], 0);
	}
	assert_int_equal(oht_file_read(path, 3, &text, NULL), -EFBIG);
	assert_null(text);
	assert_int_equal(scratch_remove(dir), 0);
}

#define MUST	"[broker]\nhost = b\n[robot]\nmanufacturer = m\nserial = s\n"

static void settings_are_refused_by_line(void **unused)
{
	static const struct {
		const char *text, *complaint;
	} cases[] = {
		{ MUST, NULL },
		{ MUST "version = 2.1\n[nodes]\nA 1 = dock\n[timing]\nstate_ms = 1000\n", NULL },
		{ "", "[broker] host is missing" },
		{ "[broker]\nhost = b\n[robot]\nmanufacturer = m\n", "[robot] serial is missing" },
		{ MUST "serial = t\n", ":6: serial stands twice" },
		{ MUST "interface = a/b\n", ":6: interface: only" },
		{ MUST "interface = #\n", ":6: " },
		{ MUST "version = 2.0\n", ":6: version: expected 3.0 or 2.1" },
		{ MUST "colour = red\n", ":6: [robot] has no key colour" },
		{ MUST "[broker]\nport = 65536\n", ":7: port: expected a whole number from 1 to 65535" },
		{ MUST "[broker]\ntls = no\nauthorities = a\n", "authorities and certificate need tls = yes" },
		{ MUST "[broker]\nkey = a\n", "certificate and key belong together" },
		{ MUST "[broker]\npassword_file = a\n", "password_file needs user" },
		{ MUST "[timing]\nstate_ms = 30001\n", ":7: state_ms: " },
		{ MUST "[factsheet]\nlength_m = nan\n", ":7: length_m: expected a number" },
		{ MUST "[nodes]\nA = dock\nA = home\n", ":8: node A stands twice" },
		{ MUST "[nodes]\nA =\n", ":7: A: expected NODE = STATION" },
		{ MUST "[home_assistant]\nprefix = homeassistant\nperiod_ms = 100\n", NULL },
		{ MUST "[home_assistant]\nprefix =\n", ":7: prefix: only" },
		{ MUST "[home_assistant]\nprefix = a/b\n", ":7: prefix: only" },
		{ MUST "[home_assistant]\nperiod_ms = 99\n", ":7: period_ms: " },
		{ MUST "[home_assistant]\nstop = no\n", ":7: [home_assistant] has no key stop" },
		/* All of them are said again in messages. */
		{ MUST "[factsheet]\nseries = caf\xe9\n", ":7: this line is not in UTF-8" },
		{ MUST "[nodes]\n\xc3 = mill\n", ":7: this line is not in UTF-8" },
		{ MUST "[nodes]\nA = \xed\xa0\x80\n", ":7: this line is not in UTF-8" },
	};
	static struct fleet_settings settings;
	char dir[] = "/tmp/oht-fleet-XXXXXX", path[64], why[512];

	(void)unused;
	assert_int_equal(scratch_make(dir), 0);
	snprintf(path, sizeof(path), "%s/conf", dir);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r;

		assert_int_equal(oht_file_replace(path, cases[i].text, strlen(cases[i].text), 0600), 0);
		r = fleet_settings_load(&settings, path, why, sizeof(why));
		if (!r != !cases[i].complaint || (r && !strstr(why, cases[i].complaint)))
			fail_msg("case %zu: %s", i, r ? why : "taken");
		if (i == 1) {
			assert_string_equal(fleet_settings_station(&settings, "A 1"), "dock");
			assert_string_equal(fleet_settings_station(&settings, "B"), "B");
			assert_string_equal(fleet_settings_node(&settings, "dock"), "A 1");
			assert_int_equal(settings.version, FLEET_V2_1);
		}
	}
	assert_int_equal(scratch_remove(dir), 0);
}

/* Said again in a state, half a character would make it no JSON for everybody who reads it. */
static void what_is_no_json_is_no_message(void **unused)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{ "{\"a\":[1,\"\xc3\xa9\",null]}", true }, { " {} \n", true }, { "", false }, { "{}x", false }, { "{}{}", false },
		{ "{\"a\":1,}", false }, { "{a:1}", false }, { "/* */{}", false }, { "{\"a\":\"\xc3\"}", false }, { "{\"a\":\"\xff\"}", false },
		{ "{\"a\":\"\xed\xa0\x80\"}", false }, { "{\"a\":1", false },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json_object *value = form_parse(rows[i].text, strlen(rows[i].text));

		if (!!value != rows[i].good)
			fail_msg("%s: %s", rows[i].text, rows[i].good ? "refused" : "taken");
		json_object_put(value);
	}
	assert_null(form_parse("{}", 3));
}

/* The newest state alone is not enough: an order would be judged without limits and stations, and refused for a role that is there. */
static void a_robot_is_known_with_its_limits_and_the_own_role(void **unused)
{
	static struct fleet_robot robot;
	struct json_object *object = json_object_new_object();

	(void)unused;
	for (int i = 0; i < FLEET_CHANNELS; i++)
		robot.data[i] = object;
	assert_false(fleet_robot_is_known(&robot));
	robot.stations = robot.factsheet = object;
	assert_false(fleet_robot_is_known(&robot));
	snprintf(robot.user, sizeof(robot.user), "fleet");
	assert_true(fleet_robot_is_known(&robot));
	robot.stations = NULL;
	assert_false(fleet_robot_is_known(&robot));
	robot.stations = object;
	robot.factsheet = NULL;
	assert_false(fleet_robot_is_known(&robot));
	json_object_put(object);
}

static void count_answer(void *arg, int status, struct json_object *answer)
{
	(void)answer;
	assert_int_equal(status, 0);
	++*(int *)arg;
}

/* A socket that refuses, for a minute of the clock of the program: by what it returns it is never asked in the same moment again. */
static void a_refusal_is_followed_by_a_pause(void **unused)
{
	struct fleet_robot robot;
	int64_t now_ms = 1000, last_dial_ms = 0;
	int answers = 0, turns = 0, dials = 0;

	(void)unused;
	assert_int_equal(fleet_robot_open(&robot, "/proc/none/socket"), 0);
	while (now_ms < 61000) {
		int64_t next_ms = fleet_robot_work(&robot, now_ms);

		if (robot.stream.state == FLEET_HTTP_FAILED) {
			assert_true(!dials++ || now_ms - last_dial_ms >= 500);
			last_dial_ms = now_ms;
		}
		/* As those who want something at each of its failures. */
		while (robot.count < FLEET_QUESTIONS_MAX)
			assert_int_equal(fleet_robot_ask(&robot, "GET", "robot", NULL, NULL, count_answer, &answers), 0);
		next_ms = fleet_sooner(next_ms, fleet_robot_begin(&robot, now_ms));
		if (next_ms < now_ms + FLEET_FLOOR_MS)
			fail_msg("behind %" PRId64 " ms: again in %" PRId64, now_ms, next_ms - now_ms);
		now_ms = next_ms;
		turns++;
	}
	assert_true(dials >= 60 && answers >= 60);
	assert_true(turns <= 60000 / FLEET_FLOOR_MS);
	fleet_robot_close(&robot);
}

static void a_pause_has_a_floor_and_chance(void **unused)
{
	int low = INT_MAX, high = 0;

	(void)unused;
	assert_int_equal(fleet_wait_ms(1000, 1000, 500), FLEET_FLOOR_MS);
	assert_int_equal(fleet_wait_ms(1, 1000, 500), FLEET_FLOOR_MS);
	assert_int_equal(fleet_wait_ms(1005, 1000, 500), 5);
	assert_int_equal(fleet_wait_ms(FLEET_NEVER, 1000, 500), 500);
	for (int i = 0; i < 1000; i++) {
		int pause_ms = fleet_chance_ms(1000);

		assert_in_range(pause_ms, 500, 1000);
		low = pause_ms < low ? pause_ms : low;
		high = pause_ms > high ? pause_ms : high;
	}
	/* Of a thousand none in the first or last tenth: one chance in 10^45. */
	assert_true(low < 550 && high > 950);
}

static struct fleet_verdict judged(const struct fleet_judge *judge, uint32_t update, const char *first, uint32_t sequence)
{
	static struct fleet_order order;
	char digest[FLEET_DIGEST_BYTES];

	order = (struct fleet_order){ .update = update, .node_count = 2, .edge_count = 1 };
	snprintf(order.id, sizeof(order.id), "order");
	for (uint32_t i = 0; i < 2; i++) {
		struct fleet_node *node = &order.nodes[i];

		snprintf(node->id, sizeof(node->id), "%s", i ? "end" : first);
		node->sequence = sequence + 2 * i;
		node->released = true;
		node->position = (struct fleet_node_position){ .there = true, .x_m = i, .theta = NAN, .deviation_m = NAN, .map = "rail" };
	}
	order.edges[0] = (struct fleet_edge){ .sequence = sequence + 1, .released = true };
	return fleet_judge_order(judge, &order, digest);
}

static void an_update_fits_to_what_is_released(void **unused)
{
	static const struct {
		uint32_t update;
		const char *first;
		uint32_t sequence;
		enum fleet_refusal refusal;
	} rows[] = {
		{ 4, "base", 6, FLEET_OUTDATED_ORDER_UPDATE }, { 0, "base", 6, FLEET_OUTDATED_ORDER_UPDATE }, { 5, "base", 6, FLEET_SAME_ORDER_UPDATE_ID },
		{ 6, "base", 4, FLEET_WRONG_STITCH }, { 6, "base", 8, FLEET_WRONG_STITCH }, { 6, "planned", 8, FLEET_WRONG_STITCH },
		{ 6, "last", 6, FLEET_WRONG_STITCH }, { 6, "base", 6, FLEET_NOT_REFUSED }, { UINT32_MAX, "base", 6, FLEET_NOT_REFUSED },
	};
	static struct fleet_job job = { .order = "order", .update = 5, .digest = "0", .last_node = "last", .base_node = "base", .base_sequence = 6 };
	static struct fleet_settings settings = { .map = "rail" };
	static struct fleet_robot robot = { .user = "fleet", .may_drive = true };
	struct fleet_judge judge = { .job = &job, .settings = &settings, .robot = &robot, .mode = FLEET_AUTOMATIC };

	(void)unused;
	robot.factsheet = json_tokener_parse("{\"lengths\":{\"soft_min_mm\":0,\"soft_max_mm\":1000}}");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(judged(&judge, rows[i].update, rows[i].first, rows[i].sequence).refusal, rows[i].refusal);
	/* A person has the robot, or it is about to hibernate; the same while ohtd is away is no such thing. */
	judge.mode = FLEET_MANUAL;
	assert_int_equal(judged(&judge, 6, "base", 6).refusal, FLEET_NOT_REFUSED);
	for (int i = 0; i < FLEET_CHANNELS; i++)
		robot.data[i] = robot.factsheet;
	robot.stations = json_object_new_array();
	assert_int_equal(judged(&judge, 6, "base", 6).refusal, FLEET_ROBOT_NOT_AVAILABLE);
	judge.mode = FLEET_AUTOMATIC;
	assert_int_equal(judged(&judge, 6, "base", 6).refusal, FLEET_NOT_REFUSED);
	judge.hibernates = true;
	assert_int_equal(judged(&judge, 6, "base", 6).refusal, FLEET_ROBOT_NOT_AVAILABLE);
	robot.data[0] = NULL;
	json_object_put(robot.stations);
	robot.stations = NULL;
	/* A limit that is not known permits nothing. */
	json_object_put(robot.factsheet);
	robot.factsheet = NULL;
	assert_int_equal(judged(&judge, 6, "base", 6).refusal, FLEET_NO_ROUTE_TO_TARGET);
	job.cancelled = true;
	assert_int_equal(judged(&judge, 6, "base", 6).refusal, FLEET_ORDER_UPDATE_FOLLOWING_CANCEL);
}

static void refusals_end_with_what_the_standard_names(void **unused)
{
	static struct fleet_errors errors;
	char text[16];

	(void)unused;
	fleet_error_refer(fleet_errors_add(&errors, FLEET_V3_0, FLEET_OTHER_ORDER_ACTIVE, "a"), "orderId", "o");
	fleet_errors_add(&errors, FLEET_V3_0, FLEET_INVALID_INSTANT_ACTION, "b");
	fleet_errors_add(&errors, FLEET_V3_0, FLEET_ROBOT_NOT_AVAILABLE, "c");
	fleet_errors_add(&errors, FLEET_V3_0, FLEET_OTHER_ORDER_ACTIVE, "a");
	assert_int_equal(errors.count, 3);
	fleet_errors_end(&errors, FLEET_UNTIL_INSTANT);
	fleet_errors_end(&errors, FLEET_UNTIL_ORDER);
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.list[0].type, "MOBILE_ROBOT_NOT_AVAILABLE");
	/* What is wrong in many ways leaves room for the robot's own faults. */
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "%d", i);
		fleet_errors_add(&errors, FLEET_V2_1, FLEET_VALIDATION_FAILURE, text);
	}
	assert_int_equal(errors.count, FLEET_ERRORS_MAX / 2);
	assert_string_equal(errors.list[errors.count - 1].description, "99");
	assert_string_equal(errors.list[errors.count - 1].type, "validationError");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_state_has_the_words_of_each_version),
		cmocka_unit_test(what_is_no_json_is_no_message),
		cmocka_unit_test(an_update_fits_to_what_is_released),
		cmocka_unit_test(a_robot_is_known_with_its_limits_and_the_own_role),
		cmocka_unit_test(a_refusal_is_followed_by_a_pause),
		cmocka_unit_test(a_pause_has_a_floor_and_chance),
		cmocka_unit_test(what_is_no_message_is_blamed_by_its_place),
		cmocka_unit_test(ids_go_on_over_ends_and_kills),
		cmocka_unit_test(settings_are_refused_by_line),
		cmocka_unit_test(refusals_end_with_what_the_standard_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
