// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs ohtctl inside a test, on the fake device. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "fake_device.h"
#include "ohtctl_runner.h"

#define WORDS_MAX	140

char *out_text, *err_text;
static struct json_object *parsed;

static void forget_output(void)
{
	free(out_text);
	free(err_text);
	json_object_put(parsed);
	out_text = NULL;
	err_text = NULL;
	parsed = NULL;
}

int runner_setup(void **state)
{
	(void)state;
	fake_install();
	fake_add_unit(2, 2);
	unsetenv("OHT_DEVICE");
	setenv("OHT_DATA", DATA_DIR, 1);
	return 0;
}

int runner_teardown(void **state)
{
	(void)state;
	forget_output();
	cli_release_signals();
	assert_int_equal(fake.opens, fake.closes);
	return 0;
}

int run(const char *line)
{
	char copy[2048];
	char *argv[WORDS_MAX + 2] = { (char *)"ohtctl" };
	size_t out_bytes, err_bytes;
	FILE *out, *err;
	int argc = 1, result;
	char *word, *rest;

	forget_output();
	snprintf(copy, sizeof(copy), "%s", line);
	for (word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		assert_true(argc < WORDS_MAX);
		argv[argc++] = word;
	}
	out = open_memstream(&out_text, &out_bytes);
	err = open_memstream(&err_text, &err_bytes);
	result = ohtctl_run(argc, argv, out, err);
	fclose(out);
	fclose(err);
	return result;
}

int run_json(const char *line)
{
	char with_json[2048];
	int result;

	snprintf(with_json, sizeof(with_json), "%s --json", line);
	result = run(with_json);
	assert_string_equal(err_text, "");
	parsed = json_tokener_parse(out_text);
	assert_non_null(parsed);
	assert_int_equal(out_text[strlen(out_text) - 1], '\n');
	return result;
}

void expect_wrong_usage(const struct usage_case *cases, size_t count)
{
	const struct usage_case *c;

	for (c = cases; c < cases + count; c++) {
		assert_int_equal(run(c->line), 2);
		assert_string_equal(out_text, "");
		if (!strstr(err_text, c->complaint))
			fail_msg("'%s': %s", c->line, err_text);
		/* One line. */
		assert_ptr_equal(strchr(err_text, '\n'), err_text + strlen(err_text) - 1);
	}
	assert_int_equal(fake.opens, 0);
}

struct json_object *member(const char *path)
{
	struct json_object *object;

	assert_int_equal(json_pointer_get(parsed, path, &object), 0);
	return object;
}

int64_t number(const char *path)
{
	assert_true(json_object_is_type(member(path), json_type_int));
	return json_object_get_int64(member(path));
}

const char *text(const char *path)
{
	return json_object_get_string(member(path));
}
