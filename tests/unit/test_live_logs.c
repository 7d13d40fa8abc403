// SPDX-License-Identifier: GPL-2.0-or-later
/* What the channel of the log tells: the lines since the message before, and how many more there were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log_tail.h"
#include "live/channels.h"
#include "api/api.h"
#include "json/writer.h"

static void *taken[512];
static size_t taken_count;

static void *take(void *from, size_t bytes)
{
	(void)from;
	assert_true(taken_count < sizeof(taken) / sizeof(taken[0]));
	return taken[taken_count++] = calloc(1, bytes);
}

static int forget(void **state)
{
	(void)state;
	while (taken_count)
		free(taken[--taken_count]);
	return 0;
}

/* Writes lines, and returns the number of the last one. */
static uint64_t write_lines(unsigned int count)
{
	struct ohtd_log_line line = { .level = OHTD_LOG_INFO, .room = "main", .code = "tried" };

	while (count--)
		ohtd_log_tail_add(&line);
	return line.seq;
}

/* What is told of the lines behind @from, up to @to. */
static const char *told(uint64_t from, uint64_t to)
{
	const struct ohtd_memory memory = { .take = take };
	const struct ohtd_logged logged = { from, to };
	const struct ohtd_scene scene = { .logged = &logged, .memory = &memory };
	struct ohtd_writer writer;
	char *text;

	ohtd_writer_begin(&writer, &memory, 256);
	ohtd_write_shape(&writer, ohtd_live_logs_view.shape, ohtd_live_logs_view.make(&scene));
	assert_null(writer.fault);
	text = take(NULL, writer.used + 1);
	memcpy(text, writer.text, writer.used);
	return text;
}

static void assert_tells(const char *text, uint64_t newest, unsigned int count, unsigned int left_out)
{
	const char *at = text;
	unsigned int lines = 0;
	char wanted[32];

	while ((at = strstr(at, "\"seq\":"))) {
		snprintf(wanted, sizeof(wanted), "\"seq\":%llu,", (unsigned long long)newest - lines);
		assert_memory_equal(at, wanted, strlen(wanted));
		lines++;
		at++;
	}
	assert_int_equal(lines, count);
	snprintf(wanted, sizeof(wanted), "\"left_out\":%u,", left_out);
	assert_non_null(strstr(text, wanted));
}

static void nothing_is_told_of_no_lines(void **state)
{
	uint64_t newest = write_lines(3);

	(void)state;
	assert_tells(told(newest, newest), newest, 0, 0);
}

static void lines_since_the_message_before_are_told(void **state)
{
	uint64_t before = write_lines(5), newest = write_lines(7);

	(void)state;
	assert_tells(told(before, newest), newest, 7, 0);
	/* Lines that are newer wait for the next message. */
	write_lines(2);
	assert_tells(told(before, newest), newest, 7, 0);
}

static void a_burst_is_told_in_part_and_counted(void **state)
{
	uint64_t before = write_lines(1), newest = write_lines(OHTD_LOGGED_MAX);

	(void)state;
	assert_tells(told(before, newest), newest, OHTD_LOGGED_MAX, 0);
	newest = write_lines(36);
	assert_tells(told(before, newest), newest, OHTD_LOGGED_MAX, 36);
}

/* The tail has forgotten the oldest of them: what is gone is counted like the others. */
static void more_lines_than_the_tail_keeps(void **state)
{
	uint64_t before = write_lines(1), newest = write_lines(2 * OHTD_LOG_TAIL_LINES);

	(void)state;
	assert_tells(told(before, newest), newest, OHTD_LOGGED_MAX, 2 * OHTD_LOG_TAIL_LINES - OHTD_LOGGED_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(nothing_is_told_of_no_lines, forget),
		cmocka_unit_test_teardown(lines_since_the_message_before_are_told, forget),
		cmocka_unit_test_teardown(a_burst_is_told_in_part_and_counted, forget),
		cmocka_unit_test_teardown(more_lines_than_the_tail_keeps, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
