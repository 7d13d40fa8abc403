// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl profile: the template is good as it is, and a file that is wrong hears all of it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_device.h"
#include "ohtctl_runner.h"

#define PATH	"/tmp/oht-profile-XXXXXX"
#define CHECK	"--data " DATA_DIR " profile check "

static char path[] = PATH;

static int setup(void **state)
{
	strcpy(path, PATH);
	if (runner_setup(state))
		return -1;
	return close(mkstemp(path));
}

static int teardown(void **state)
{
	return unlink(path) | runner_teardown(state);
}

static void put(const char *content)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(content, file);
	assert_int_equal(fclose(file), 0);
}

static int check(int (*runner)(const char *line))
{
	char line[sizeof(CHECK) + sizeof(path)];

	snprintf(line, sizeof(line), CHECK "%s", path);
	return runner(line);
}

static void template_is_good_as_it_is(void **state)
{
	(void)state;
	assert_int_equal(run("profile new"), 0);
	assert_string_equal(err_text, "");
	assert_int_equal(out_text[0], '#');
	put(out_text);
	assert_int_equal(check(run), 0);
	assert_non_null(strstr(out_text, ": 4 registers, nothing is wrong\n"));
	assert_int_equal(run_json("profile new"), 0);
	assert_int_equal(text("/template")[0], '#');
	/* It asks neither the device nor ohtd. */
	assert_int_equal(fake.opens, 0);
}

static void column_that_is_skipped_is_told_of_a_good_file(void **state)
{
	(void)state;
	assert_int_equal(run("profile new"), 0);
	memcpy(strstr(out_text, "description,history,"), "description,History", 19);
	put(out_text);
	assert_int_equal(check(run), 0);
	assert_non_null(strstr(out_text, ":1: column 'History' is skipped: the name of the column is 'history'\n"));
	assert_non_null(strstr(out_text, ": 4 registers, 1 complaint; ohtd would use it\n"));
	assert_int_equal(check(run_json), 0);
	assert_int_equal(number("/count"), 1);
	assert_true(json_object_get_boolean(member("/good")));
}

static void all_that_is_wrong_is_told(void **state)
{
	char *rows;

	(void)state;
	assert_int_equal(run("profile new"), 0);
	rows = strstr(out_text, "common,power,0x0150");
	memcpy(rows, "common,power,0x0100", 19);	/* device_id is there */
	rows = strstr(out_text, "i16,0.1,degC");
	memcpy(rows, "i99", 3);
	put(out_text);
	assert_int_equal(check(run), 1);
	assert_non_null(strstr(out_text, "address: same address twice, also in registers.csv:"));
	assert_non_null(strstr(out_text, "type: must be one of"));
	assert_non_null(strstr(out_text, "'i99'"));
	assert_non_null(strstr(err_text, ": 2 complaints; ohtd would not use it\n"));
	assert_int_equal(check(run_json), 1);
	assert_int_equal(number("/count"), 2);
	assert_non_null(strstr(text("/complaints/0"), "'i99'"));
	assert_non_null(strstr(text("/complaints/1"), "same address twice"));
	assert_false(json_object_get_boolean(member("/good")));
}

static void file_that_cannot_be_read_is_told(void **state)
{
	(void)state;
	assert_int_equal(run("--data " DATA_DIR " profile check /nonexistent"), 1);
	assert_non_null(strstr(out_text, "/nonexistent: No such file or directory"));
	assert_non_null(strstr(err_text, ": 1 complaint;"));
	assert_int_equal(run("--data " DATA_DIR " profile check /tmp"), 1);
	assert_non_null(strstr(out_text, "/tmp: not a regular file"));
	assert_int_equal(run("--data /nonexistent profile check /tmp"), 1);
	assert_non_null(strstr(err_text, "--data names the directory"));
}

static void wrong_usage_is_told(void **state)
{
	static const struct usage_case cases[] = {
		{ "profile", "profile" },
		{ "profile check", "too few" },
		{ "profile check a b", "too many" },
		{ "profile new x", "too many" },
	};

	(void)state;
	expect_wrong_usage(cases, sizeof(cases) / sizeof(cases[0]));
}

#define CASE(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(template_is_good_as_it_is),
		CASE(column_that_is_skipped_is_told_of_a_good_file),
		CASE(all_that_is_wrong_is_told),
		CASE(file_that_cannot_be_read_is_told),
		CASE(wrong_usage_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
