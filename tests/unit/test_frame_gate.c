// SPDX-License-Identifier: GPL-2.0-or-later
/* What a WebSocket reads comes to the library by frames, however the bytes come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "live/frame_gate.h"

#define CLOSE	"\x88\x85\1\2\3\4\x02\xea\xe1\x86\xad"
#define TEXT	"\x81\x83\1\2\3\4abc"
#define BUFFER	4096

struct line {
	const char *at;
	size_t left, step;
};

static ssize_t give(void *arg, uint8_t *to, size_t bytes)
{
	struct line *line = arg;

	if (bytes > line->step)
		bytes = line->step;
	if (bytes > line->left)
		bytes = line->left;
	memcpy(to, line->at, bytes);
	line->at += bytes;
	line->left -= bytes;
	return (ssize_t)bytes;
}

/* All of it comes, so many bytes at a time; checks how long what is handed over is, to a 0. */
static void pieces_are(const char *data, size_t size, size_t step, const ssize_t *pieces)
{
	struct ohtd_frame_gate gate = { .held_bytes = 0 };
	struct line line = { data, size, step };
	uint8_t got[BUFFER];
	size_t used = 0;

	for (; *pieces; pieces++) {
		assert_int_equal(ohtd_frame_gate_read(&gate, got, sizeof(got), give, &line), *pieces);
		assert_memory_equal(got, data + used, (size_t)*pieces);
		used += (size_t)*pieces;
	}
	assert_int_equal(ohtd_frame_gate_read(&gate, got, sizeof(got), give, &line), 0);
	assert_int_equal(used + gate.held_bytes, size);
}

#define PIECES(data_, step_, ...)	\
	pieces_are(data_, sizeof(data_) - 1, step_, (const ssize_t[]){ __VA_ARGS__, 0 })

static void a_control_frame_comes_whole(void **state)
{
	(void)state;
	for (size_t step = 1; step < 14; step++) {
		PIECES(CLOSE, step, 11);
		PIECES("\x89\x80\1\2\3\4" CLOSE, step, 6, 11);
		PIECES("\x8a\x00" CLOSE, step, 2, 11);
	}
}

static void an_unfinished_one_is_held_back(void **state)
{
	(void)state;
	for (size_t bytes = 1; bytes < sizeof(CLOSE) - 1; bytes++)
		pieces_are(CLOSE, bytes, 3, (const ssize_t[]){ 0 });
}

static void data_comes_behind_its_head(void **state)
{
	(void)state;
	PIECES(TEXT TEXT, 100, 6, 3, 6, 3);
	PIECES(TEXT CLOSE, 2, 6, 2, 1, 11);
	PIECES("\x81\x80\1\2\3\4" TEXT, 1, 6, 6, 1, 1, 1);
	PIECES("\x01\xfe\0\x03\1\2\3\4abc" CLOSE, 5, 8, 3, 11);
	PIECES("\x01\x7f\0\0\0\0\0\0\0\x03" "abc" TEXT, 5, 10, 3, 6, 3);
	PIECES("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\1\2\3\4abcdef", 4, 14, 4, 2);
}

/* They are refused by their first two bytes, and what follows is not waited for. */
static void no_more_of_what_is_none_is_held(void **state)
{
	(void)state;
	PIECES("\x89\xfe", 1, 2);
	PIECES("\x88\xff", 1, 2);
	PIECES("\x09\xe4", 1, 2);
}

static void a_frame_needs_room(void **state)
{
	struct ohtd_frame_gate gate = { .held_bytes = 0 };
	struct line line = { TEXT, sizeof(TEXT) - 1, 100 };
	uint8_t got[BUFFER];

	(void)state;
	assert_int_equal(ohtd_frame_gate_read(&gate, got, OHTD_GATE_BYTES - 1, give, &line), -1);
	assert_int_equal(ohtd_frame_gate_read(&gate, got, OHTD_GATE_BYTES, give, &line), 6);
	assert_int_equal(ohtd_frame_gate_read(&gate, got, 2, give, &line), 2);
	assert_int_equal(ohtd_frame_gate_read(&gate, got, 2, give, &line), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_control_frame_comes_whole),
		cmocka_unit_test(an_unfinished_one_is_held_back),
		cmocka_unit_test(data_comes_behind_its_head),
		cmocka_unit_test(no_more_of_what_is_none_is_held),
		cmocka_unit_test(a_frame_needs_room),
	};

	return cmocka_run_group_tests_name("frame_gate", tests, NULL, NULL);
}
