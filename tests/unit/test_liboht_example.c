// SPDX-License-Identifier: GPL-2.0-or-later
/* The examples of docs/liboht.md are those in the tree, and the first one works. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_device.h"

int example_main(void);
#define main example_main
#include "../../userspace/liboht/example.c"
#undef main

#define FILE_BYTES	16384

static int setup(void **state)
{
	(void)state;
	fake_install();
	fake_add_unit(2, 2);
	fake.words[2][0] = 482;
	return 0;
}

/* Run the example with its standard output in text; its exit code. */
static int run(char text[FILE_BYTES])
{
	FILE *capture = tmpfile();
	int saved = dup(STDOUT_FILENO);
	size_t length;
	int result;

	assert_non_null(capture);
	fflush(stdout);
	dup2(fileno(capture), STDOUT_FILENO);
	result = example_main();
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(capture);
	length = fread(text, 1, FILE_BYTES - 1, capture);
	text[length] = '\0';
	fclose(capture);
	assert_int_equal(fake.opens, fake.closes);
	return result;
}

static void press_button(void)
{
	/* It waits for the battery first. */
	if (!fake.subscribed)
		return;
	fake.on_poll = NULL;
	fake_press(OHT_INPUT_A);
}

static void reads_and_tells(void **state)
{
	char text[FILE_BYTES];

	(void)state;
	fake.on_poll = press_button;
	assert_int_equal(run(text), 0);
	assert_string_equal(text, "48.2 V, answered after 1.75 ms\n#1: stopped (button_a)\n");
}

static void fails_without_module_or_device(void **state)
{
	char text[FILE_BYTES];

	(void)state;
	fake.present[2] = false;
	assert_int_equal(run(text), 1);
	assert_string_equal(text, "");
	fake.open_error = ENOENT;
	assert_int_equal(run(text), 1);
}

static void load(const char *path, char text[FILE_BYTES])
{
	FILE *file = fopen(path, "re");
	size_t length;

	assert_non_null(file);
	length = fread(text, 1, FILE_BYTES - 1, file);
	assert_in_range(length, 1, FILE_BYTES - 2);
	text[length] = '\0';
	fclose(file);
}

static void page_shows_the_same_sources(void **state)
{
	char page[FILE_BYTES], source[FILE_BYTES];

	(void)state;
	load(SOURCE_DIR "/docs/liboht.md", page);
	load(SOURCE_DIR "/userspace/liboht/example.c", source);
	assert_non_null(strstr(page, source));
	load(SOURCE_DIR "/userspace/liboht/example_monitor.c", source);
	assert_non_null(strstr(page, source));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reads_and_tells, setup),
		cmocka_unit_test_setup(fails_without_module_or_device, setup),
		cmocka_unit_test_setup(page_shows_the_same_sources, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
