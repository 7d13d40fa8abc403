// SPDX-License-Identifier: GPL-2.0-or-later
/* When the stop was last proved: over restarts of the program and of the machine, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "alerts/proof.h"
#include "base/clock.h"
#include "base/part.h"
#include "oht_client.h"
#include "robot/snapshot.h"
#include "store_fixture.h"

#define DAY_NS	(86400 * OHTD_NS_PER_S)
#define FLOOR_NS	(1800000000 * (int64_t)OHTD_NS_PER_S)

static struct ohtd_manual_clock manual;
static struct ohtd_clock ck;
static struct ohtd_proof proof;
/* As the driver says it behind a start of the machine. */
static const struct ohtd_safety_view never = { .hardware_stop = 1, .opened_age_s = OHT_NEVER_SECONDS };

static void start(void)
{
	ohtd_proof_open(&proof, store_dir, &ck, NULL);
}

static void go_on(unsigned int days)
{
	ohtd_manual_clock_advance(&manual, days * DAY_NS);
}

static struct ohtd_proof_view look(void)
{
	struct ohtd_proof_view view;

	ohtd_proof_look(&proof, &view);
	return view;
}

static int set_up(void **state)
{
	(void)state;
	manual.now_ns = 1000 * OHTD_NS_PER_S;
	manual.realtime_ns = FLOOR_NS + (int64_t)DAY_NS;
	manual.synchronised = true;
	ohtd_clock_init(&ck, &ohtd_clock_manual, &manual, FLOOR_NS);
	return store_folder_make();
}

static int tear_down(void **state)
{
	(void)state;
	return store_folder_remove();
}

/* Codes of the alerts that stand, and the text of the last one. */
static char codes[64], text[OHTD_PART_TEXT_BYTES];

static void take_report(const struct ohtd_part_reports *to, const struct ohtd_part_report *report)
{
	const size_t used = strlen(codes);

	(void)to;
	snprintf(codes + used, sizeof(codes) - used, "%s ", ohtd_alert_proof_part.alerts[report->alert].code);
	snprintf(text, sizeof(text), "%s", report->text);
}

static const char *judged(void)
{
	const struct ohtd_part_reports to = { .add = take_report };

	codes[0] = '\0';
	ohtd_alert_proof_part.judge(&proof, &to);
	return codes;
}

static void what_was_never_done_is_due_from_the_first_start_on(void **state)
{
	(void)state;
	start();
	ohtd_proof_note(&proof, &never);
	assert_int_equal(look().test_age_s, 0);
	go_on(OHTD_SELF_TEST_DAYS);
	start();
	ohtd_proof_note(&proof, &never);
	assert_false(look().test_due);
	assert_string_equal(judged(), "");
	go_on(1);
	assert_true(look().test_due && !look().tested);
	assert_false(look().press_due);
	assert_string_equal(judged(), "self_test_due ");
	assert_non_null(strstr(text, "There was no self-test of the stop in "));
	go_on(OHTD_BUTTON_PRESS_DAYS - OHTD_SELF_TEST_DAYS);
	assert_true(look().press_due && !look().pressed);
	assert_string_equal(judged(), "self_test_due button_press_due ");
	assert_non_null(strstr(text, "There was no press of the emergency-stop button in "));
	ohtd_proof_note(&proof, &(struct ohtd_safety_view){ .hardware_stop = 1, .opened_age_s = 1 });
	assert_string_equal(judged(), "self_test_due ");
}

static void what_was_done_is_known_behind_a_restart_of_the_machine(void **state)
{
	struct ohtd_safety_view done = never;

	(void)state;
	start();
	ohtd_proof_note(&proof, &never);
	go_on(400);
	assert_true(look().press_due && look().test_due);
	done.tested_ns = manual.now_ns - 3600 * OHTD_NS_PER_S;
	done.opened_age_s = 7200;
	ohtd_proof_note(&proof, &done);
	assert_false(look().press_due || look().test_due);
	start();
	assert_int_equal(look().test_age_s, 3600);
	assert_int_equal(look().press_age_s, 7200);
	ohtd_proof_note(&proof, &never);
	go_on(32);
	assert_true(look().test_due && look().tested);
	assert_false(look().press_due);
}

/* The machine came up with the date of the build; a year later by its clock it is the same morning. */
static void a_time_that_nobody_keeps_right_begins_nothing(void **state)
{
	(void)state;
	manual.synchronised = false;
	start();
	ohtd_proof_note(&proof, &never);
	manual.realtime_ns += 366 * (int64_t)DAY_NS;
	assert_true(look().test_age_s < 0 && !look().test_due);
	manual.synchronised = true;
	ohtd_proof_note(&proof, &never);
	assert_int_equal(look().test_age_s, 0);
}

static void a_device_without_a_stop_has_nothing_to_prove(void **state)
{
	struct ohtd_safety_view none = never;

	(void)state;
	none.hardware_stop = 0;
	start();
	ohtd_proof_note(&proof, &never);
	start();
	ohtd_proof_note(&proof, &none);
	go_on(400);
	assert_false(look().test_due || look().press_due);
}

static void what_makes_no_sense_is_begun_anew(void **state)
{
	static const char *const texts[] = { "", "1", "1 2\n", "1 2 x\n", "1 2 3\n4", "-1 2 3\n", "1 2 9999999999999\n" };
	char path[80];

	(void)state;
	snprintf(path, sizeof(path), "%s/proof", store_dir);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		FILE *file = fopen(path, "w");

		assert_non_null(file);
		fputs(texts[i], file);
		fclose(file);
		start();
		assert_true(look().test_age_s < 0 && !look().tested);
	}
}

/* Noted by a clock that was two years ahead: nothing would be due for as long. */
static void a_time_that_has_not_come_proves_nothing(void **state)
{
	const long long ahead_s = (long long)(manual.realtime_ns / 1000000000) + 2 * 366 * 86400LL;
	char path[80];
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s/proof", store_dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "%lld %lld %lld\n", ahead_s, ahead_s, ahead_s);
	fclose(file);
	start();
	assert_true(look().test_age_s < 0 && !look().tested && !look().pressed);
	ohtd_proof_note(&proof, &never);
	assert_int_equal(look().test_age_s, 0);
	go_on(400);
	assert_true(look().test_due && look().press_due);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_time_that_has_not_come_proves_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_never_done_is_due_from_the_first_start_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_done_is_known_behind_a_restart_of_the_machine, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_time_that_nobody_keeps_right_begins_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_device_without_a_stop_has_nothing_to_prove, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_makes_no_sense_is_begun_anew, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
