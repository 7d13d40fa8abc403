// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl safety commission, with somebody at the button and faults in the machine. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "commission_person.h"
#include "fake_device.h"
#include "ohtctl_runner.h"
#include "scratch.h"

static char dir[] = "/tmp/oht-commission-XXXXXX";
static char path[256], line[512];
static struct json_object *report;

static const char *in_dir(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int setup(void **state)
{
	if (runner_setup(state) || scratch_make(dir))
		return -1;
	mkdir(in_dir("oht0"), 0755);
	mkdir(in_dir("oht0/histograms"), 0755);
	mkdir(in_dir("oht0/device"), 0755);
	mkdir(in_dir("oht0/device/of_node"), 0755);
	scratch_put(dir, "oht0/histograms/estop_to_low_ns", "0 0 0 0 0 0 0 0 0 0 0 0 99\n");
	scratch_put(dir, "oht0/device/of_node/status", "x");
	setenv("OHT_SYSFS", dir, 1);
	fake.stop.opened_age_s = OHT_NEVER_S;
	person_comes();
	return 0;
}

static int teardown(void **state)
{
	json_object_put(report);
	report = NULL;
	unsetenv("OHT_SYSFS");
	return runner_teardown(state) || scratch_remove(dir);
}

/* Runs it with these options, and reads the report; its exit code. */
static int commission(const char *options)
{
	int result;

	json_object_put(report);
	snprintf(line, sizeof(line), "safety commission --report %s/r %s", dir, options);
	result = run(line);
	report = json_object_from_file(in_dir("r.json"));
	return result;
}

static const char *in_report(const char *pointer)
{
	struct json_object *found;

	assert_non_null(report);
	assert_int_equal(json_pointer_get(report, pointer, &found), 0);
	return json_object_get_string(found);
}

static const char *step(const char *name, const char *what)
{
	struct json_object *steps = json_object_object_get(report, "steps");

	for (size_t i = 0; i < json_object_array_length(steps); i++) {
		struct json_object *one = json_object_array_get_idx(steps, i);

		if (!strcmp(json_object_get_string(json_object_object_get(one, "name")), name))
			return json_object_get_string(json_object_object_get(one, what));
	}
	fail_msg("no step %s", name);
	return NULL;
}

static void stopped_for_a_person(void)
{
	assert_int_equal(fake.stop.state, OHT_ESTOP_STOPPED);
	assert_int_equal(fake.stop.outputs, 0);
	assert_true(fake.stop.causes & OHT_CAUSE_BIT(OHT_CAUSE_SOFTWARE));
	assert_false(fake.stop.flags & OHT_ESTOP_HAS_CONTROLLER);
}

/* It failed at that step with these words, nothing was made after it, and the machine is stopped. */
static void failed_at(const char *name, const char *words)
{
	assert_string_equal(in_report("/result"), "failed");
	assert_string_equal(step(name, "result"), "failed");
	if (!strstr(step(name, "remark"), words))
		fail_msg("%s: %s", name, step(name, "remark"));
	assert_string_equal(step("latency", "result"),
			    strcmp(name, "latency") ? "not_made" : "failed");
	stopped_for_a_person();
}

static void walks_through_a_machine_in_order(void **state)
{
	static const char *const passed[] = {
		"present", "self_test", "channel_a", "channel_b", "button", "release", "reset",
		"enable", "software", "deadman", "latency", "proof_test",
	};

	(void)state;
	assert_int_equal(commission("--by Ada"), 0);
	assert_string_equal(in_report("/result"), "passed");
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		assert_string_equal(step(passed[i], "result"), "passed");
	assert_string_equal(step("contacts", "result"), "skipped");
	assert_string_equal(step("telegrams", "result"), "skipped");
	assert_string_equal(step("drive", "result"), "skipped");
	assert_string_equal(in_report("/by/name"), "Ada");
	assert_string_equal(in_report("/device/port"), "pl011");
	assert_string_equal(in_report("/device_tree/status"), "78");
	assert_null(in_report("/signature"));
	assert_string_equal(in_report("/steps/2/records/2/cause"), "button_a");
	assert_string_equal(in_report("/left/state"), "stopped");
	/* In order: a farewell, which any controller takes away. */
	assert_int_equal(fake.stop.causes & ~OHT_CAUSE_BIT(OHT_CAUSE_DEADMAN),
			 OHT_CAUSE_BIT(OHT_CAUSE_FAREWELL));
	assert_int_equal(fake.stop.outputs, 0);
	assert_int_equal(fake.farewells, 1);
	assert_string_equal(err_text, "");
}

static size_t slurp(const char *name, char *bytes, size_t room)
{
	FILE *file = fopen(in_dir(name), "re");
	size_t got;

	assert_non_null(file);
	got = fread(bytes, 1, room, file);
	fclose(file);
	assert_true(got < room);
	bytes[got] = '\0';
	return got;
}

static char big[65536];

static void text_has_the_digest_of_the_bytes(void **state)
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	char hex[65], words[32768];
	size_t bytes;

	(void)state;
	assert_int_equal(commission(""), 0);
	bytes = slurp("r.json", big, sizeof(big));
	assert_int_equal(EVP_Digest(big, bytes, sum, NULL, EVP_sha256(), NULL), 1);
	for (int i = 0; i < 32; i++)
		sprintf(hex + 2 * i, "%02x", sum[i]);
	slurp("r.txt", words, sizeof(words));
	assert_non_null(strstr(words, hex));
	assert_non_null(strstr(words, "Unsigned: no --key was given"));
	assert_non_null(strstr(words, "Result: passed; the machine is left stopped"));
	assert_non_null(strstr(words, "stop     button_a  enabled -> stopped"));
	/* What the person saw is what is kept. */
	assert_string_equal(words, out_text);
	assert_int_equal(access(in_dir("r.json.sig"), F_OK), -1);
}

static EVP_PKEY *make_key(const char *type, const char *curve)
{
	EVP_PKEY *key = curve ? EVP_PKEY_Q_keygen(NULL, NULL, type, curve)
			      : EVP_PKEY_Q_keygen(NULL, NULL, type);
	FILE *file = fopen(in_dir("key.pem"), "we");

	assert_non_null(key);
	assert_non_null(file);
	assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(file);
	return key;
}

static int verify(EVP_PKEY *key, const char *content, size_t bytes)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t signature[1024];
	size_t length = slurp("r.json.sig", (char *)signature, sizeof(signature));
	int done;

	assert_int_equal(EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, key, NULL), 1);
	done = EVP_DigestVerify(context, signature, length, (const uint8_t *)content, bytes);
	EVP_MD_CTX_free(context);
	return done;
}

static void signs_with_keys_of_several_kinds(void **state)
{
	static const char *const kinds[][2] = { { "ED25519", NULL }, { "EC", "P-256" } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		EVP_PKEY *key = make_key(kinds[i][0], kinds[i][1]);
		char options[300];
		size_t bytes;

		snprintf(options, sizeof(options), "--key %s/key.pem", dir);
		person.done = 0;
		assert_int_equal(commission(options), 0);
		bytes = slurp("r.json", big, sizeof(big));
		assert_int_equal(verify(key, big, bytes), 1);
		assert_string_equal(in_report("/signature/key"), kinds[i][0]);
		assert_int_equal(strlen(in_report("/signature/public_key_sha256")), 64);
		/* One changed character is another report. */
		*strstr(big, "passed") = 'P';
		assert_int_not_equal(verify(key, big, bytes), 1);
		EVP_PKEY_free(key);
		unlink(in_dir("r.json"));
		unlink(in_dir("r.txt"));
		unlink(in_dir("r.json.sig"));
	}
}

/* Each is told in a line, leaves no file, and the machine was not touched. */
static void refusals_touch_nothing(void **state)
{
	static const struct { const char *options, *complaint; int exit_code; } cases[] = {
		{ "--key %s/nothing.pem", "No such file", 1 },
		{ "--key %s/oht0/device/of_node/status", "no private key in PEM form", 1 },
		{ "--step-timeout-s 0", "must be 1..86400", 2 },
		{ "--deadman-ms 10001", "10..10000 here", 2 },
		{ "--rounds 3", "does not belong", 2 },
		{ "now", "too many arguments", 2 },
		{ "--drive 40", "no known module belongs on unit 40", 2 },
		{ "--drive power", "motor1_direction", 2 },
		{ "--by", "needs a value", 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char options[256];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(options, sizeof(options), cases[i].options, dir);
#pragma GCC diagnostic pop
		assert_int_equal(commission(options), cases[i].exit_code);
		if (!strstr(err_text, cases[i].complaint))
			fail_msg("%s: %s", options, err_text);
		assert_null(report);
		assert_int_equal(access(in_dir("r.txt"), F_OK), -1);
		assert_int_equal(fake.stop.journal_seq, 0);
	}
}

static void reports_are_never_overwritten(void **state)
{
	(void)state;
	scratch_put(dir, "r.txt", "an older one\n");
	assert_int_equal(commission(""), 1);
	assert_non_null(strstr(err_text, "r.txt: File exists"));
	slurp("r.txt", big, sizeof(big));
	assert_string_equal(big, "an older one\n");
	assert_int_equal(access(in_dir("r.json"), F_OK), -1);
	assert_int_equal(fake.stop.journal_seq, 0);
	snprintf(line, sizeof(line), "safety commission --report %s/nowhere/r", dir);
	assert_int_equal(run(line), 1);
	assert_non_null(strstr(err_text, "No such file"));
}

static void gives_way_to_a_controller(void **state)
{
	(void)state;
	fake.stop.state = OHT_ESTOP_ENABLED;
	fake.stop.flags = OHT_ESTOP_HAS_CONTROLLER;
	fake.stop.controller_tgid = OTHER_TGID;
	assert_int_equal(commission(""), 1);
	assert_non_null(strstr(err_text, "is the controller: end it first"));
	assert_int_equal(fake.stop.state, OHT_ESTOP_ENABLED);
	assert_null(report);
}

static void needs_a_stop(void **state)
{
	(void)state;
	fake.info.caps &= ~OHT_CAP_ESTOP;
	assert_int_equal(commission(""), 1);
	assert_non_null(strstr(err_text, "has no emergency stop"));
	fake.open_error = ENOENT;
	assert_int_equal(commission(""), 3);
}

/* ---- machines with a fault ---- */

struct defect {
	const char *name;
	bool *is;			/* of the machine or of the person; it is so */
	const char *options, *step, *words;
};

static struct defect defects[] = {
	{ "swapped channels", &person.swapped, "", "channel_a", "stopped by button_b" },
	{ "bridged channels", &person.bridged, "", "channel_a", "the other channel opened as well" },
	{ "a disagreement that nobody notices", &person.tolerant, "", "channel_a", "was not noticed" },
	{ "a contact that does not open", &person.one_contact, "--step-timeout-s 3", "present", "not all channels were seen open" },
	{ "a release that resets", &person.forgets, "", "release", "the release alone" },
	{ "a reset while it is pressed", &person.hasty, "", "button", "a reset was accepted" },
	{ "no deadman", &person.immortal, "", "deadman", "no stop without heartbeats" },
};

static int setup_defect(void **state)
{
	const struct defect *defect = *state;

	if (setup(state))
		return -1;
	*defect->is = true;
	return 0;
}

static void defect_is_found(void **state)
{
	const struct defect *defect = *state;

	assert_int_equal(commission(defect->options), 1);
	failed_at(defect->step, defect->words);
}

static void what_the_self_test_finds_ends_it(void **state)
{
	(void)state;
	fake.test_failed = OHT_SELF_TEST_OUTPUT_2;
	assert_int_equal(commission(""), 1);
	failed_at("self_test", "enable output 2 reads high");
	assert_string_equal(step("channel_a", "result"), "not_made");
}

static void slow_and_uncounted_stops_are_found(void **state)
{
	(void)state;
	scratch_put(dir, "oht0/histograms/estop_to_low_ns", "0 0 3\n");
	assert_int_equal(commission(""), 1);
	failed_at("latency", "the histogram has 3 stops");
	unlink(in_dir("r.json"));
	unlink(in_dir("r.txt"));
	unlink(in_dir("oht0/histograms/estop_to_low_ns"));
	person.done = 0;
	assert_int_equal(commission(""), 1);
	failed_at("latency", "No such file");
}

static void a_slow_stop_is_found(void **state)
{
	(void)state;
	fake.info.supervision_period_us = 2;
	assert_int_equal(commission(""), 1);
	failed_at("latency", "a stop took 3.0 us");
}

static void nobody_comes(void **state)
{
	(void)state;
	person.absent = true;
	assert_int_equal(commission("--step-timeout-s 2"), 1);
	failed_at("present", "not all channels");
	assert_in_range(fake.heartbeats, 20, 1000);
}

/* ---- what a machine may have besides ---- */

static void contacts_are_timed(void **state)
{
	(void)state;
	fake.info.caps |= OHT_CAP_FEEDBACK;
	assert_int_equal(commission(""), 0);
	assert_string_equal(step("contacts", "result"), "passed");
	unlink(in_dir("r.json"));
	unlink(in_dir("r.txt"));
	person.done = 0;
	person.opens_after_ms = 60;
	assert_int_equal(commission(""), 1);
	failed_at("contacts", "open only after");
}

static void welded_contacts_are_found(void **state)
{
	(void)state;
	fake.info.caps |= OHT_CAP_FEEDBACK;
	person.welded = true;
	assert_int_equal(commission(""), 1);
	failed_at("contacts", "not seen to open");
}

static void one_channel_skips_what_needs_two(void **state)
{
	(void)state;
	fake.info.caps &= ~OHT_CAP_CHANNEL_B;
	assert_int_equal(commission(""), 0);
	assert_string_equal(step("channel_a", "result"), "skipped");
	assert_string_equal(step("button", "result"), "passed");
}

static void a_reset_button_is_asked_for(void **state)
{
	(void)state;
	fake.info.caps |= OHT_CAP_RESET_BUTTON;
	assert_int_equal(commission(""), 0);
	assert_non_null(strstr(out_text, "-> press the reset button"));
	assert_string_equal(step("reset", "result"), "passed");
}

static void unanswered_telegrams_are_found(void **state)
{
	(void)state;
	fake.telegram_status = (struct oht_telegram_status){ .set = 1, .count = 1, .runs = 7 };
	assert_int_equal(commission(""), 1);
	failed_at("telegrams", "not all been sent");
}

/* ---- the drive's own time-out ---- */

#define DRIVE		4
#define ENABLE		0x0001
#define SPEED		0x0002
#define ACTUAL		0x0006
#define SECOND_MOTOR	0x0010

static struct {
	int64_t timeout_ns, asked_ns;
	bool deaf;
} drive;

/* It turns as it is told, until nothing has come for longer than its time-out. */
static void drive_answers(void)
{
	for (unsigned int motor = 0; motor <= SECOND_MOTOR; motor += SECOND_MOTOR) {
		uint16_t *words = fake.words[DRIVE] + motor;

		if (drive.timeout_ns && fake.now_ns - drive.asked_ns > drive.timeout_ns)
			words[SPEED] = 0;
		words[ACTUAL] = drive.deaf ? 0 : words[SPEED];
	}
	drive.asked_ns = fake.now_ns;
}

static void a_drive_is_turned_and_left_alone(void **state)
{
	static const struct { int64_t timeout_ns; bool deaf, present; const char *result, *words; } cases[] = {
		{ 500000000, false, true, "passed", "unit 4 stands after 2000 ms" },
		{ 0, false, true, "skipped", "motor2_actual_speed of unit 4 is not 0 after 2000 ms" },
		{ 3000000000, false, true, "skipped", "no time-out of its own, or a longer one" },
		{ 0, true, true, "failed", "motor2_actual_speed of unit 4 is 0: it does not turn" },
		{ 0, false, false, "failed", "motor1_direction of unit 4: no answer" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool fails = !strcmp(cases[i].result, "failed");

		drive.timeout_ns = cases[i].timeout_ns;
		drive.deaf = cases[i].deaf;
		fake.present[DRIVE] = cases[i].present;
		fake.on_answer = drive_answers;
		person.done = 0;
		assert_int_equal(commission(i % 2 ? "--drive travel_motor" : "--drive 4"), fails);
		assert_string_equal(step("drive", "result"), cases[i].result);
		if (!strstr(step("drive", "remark"), cases[i].words))
			fail_msg("%zu: %s", i, step("drive", "remark"));
		assert_int_equal(fake.words[DRIVE][SPEED] + fake.words[DRIVE][SECOND_MOTOR + SPEED], 0);
		assert_int_equal(fake.words[DRIVE][ENABLE] + fake.words[DRIVE][SECOND_MOTOR + ENABLE], 0);
		assert_int_equal(fake.stop.outputs, 0);
		unlink(in_dir("r.json"));
		unlink(in_dir("r.txt"));
	}
}

static void nobody_agrees_and_no_drive_turns(void **state)
{
	(void)state;
	fake.present[DRIVE] = true;
	fake.on_answer = drive_answers;
	person.leaves_at = "will turn its drive forward";
	assert_int_equal(commission("--drive 4"), 1);
	assert_string_equal(step("drive", "result"), "interrupted");
	assert_int_equal(fake.submits, 0);
	stopped_for_a_person();
}

/* ---- an early end ---- */

static void ctrl_c_leaves_it_stopped(void **state)
{
	(void)state;
	person.leaves_at = "open channel b alone";
	assert_int_equal(commission(""), 1);
	assert_true(person.was_high);
	assert_string_equal(in_report("/result"), "interrupted");
	assert_string_equal(step("channel_a", "result"), "passed");
	assert_string_equal(step("channel_b", "result"), "interrupted");
	assert_string_equal(step("button", "result"), "not_made");
	stopped_for_a_person();
}

static void a_device_that_goes_ends_it(void **state)
{
	(void)state;
	person.pulls_at = "open channel a alone";
	assert_int_equal(commission(""), 3);
	assert_string_equal(in_report("/result"), "interrupted");
	assert_null(in_report("/left"));
	assert_non_null(strstr(out_text, "left without its driver"));
	/* So that closing does not complain of it. */
	fake.stop.flags = 0;
}

static void json_is_one_object_per_line(void **state)
{
	struct json_object *object = NULL;
	char *said;

	(void)state;
	person.absent = true;
	assert_int_equal(commission("--json --step-timeout-s 1"), 1);
	assert_string_equal(err_text, "");
	for (said = strtok(out_text, "\n"); said; said = strtok(NULL, "\n")) {
		json_object_put(object);
		object = json_tokener_parse(said);
		assert_non_null(object);
	}
	assert_string_equal(json_object_get_string(json_object_object_get(object, "result")), "failed");
	assert_int_equal(json_object_get_string_len(json_object_object_get(object, "sha256")), 64);
	json_object_put(object);
}

#define CASE(function)	cmocka_unit_test_setup_teardown(function, setup, teardown)
#define DEFECT(i)	{ defects[i].name, defect_is_found, setup_defect, teardown, &defects[i] }

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(walks_through_a_machine_in_order),
		CASE(text_has_the_digest_of_the_bytes),
		CASE(signs_with_keys_of_several_kinds),
		CASE(refusals_touch_nothing),
		CASE(reports_are_never_overwritten),
		CASE(gives_way_to_a_controller),
		CASE(needs_a_stop),
		DEFECT(0), DEFECT(1), DEFECT(2), DEFECT(3), DEFECT(4), DEFECT(5), DEFECT(6),
		CASE(what_the_self_test_finds_ends_it),
		CASE(slow_and_uncounted_stops_are_found),
		CASE(a_slow_stop_is_found),
		CASE(nobody_comes),
		CASE(contacts_are_timed),
		CASE(welded_contacts_are_found),
		CASE(one_channel_skips_what_needs_two),
		CASE(a_reset_button_is_asked_for),
		CASE(unanswered_telegrams_are_found),
		CASE(a_drive_is_turned_and_left_alone),
		CASE(nobody_agrees_and_no_drive_turns),
		CASE(ctrl_c_leaves_it_stopped),
		CASE(a_device_that_goes_ends_it),
		CASE(json_is_one_object_per_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
