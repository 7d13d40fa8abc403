// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the rtu back-end finds the answer in what it hears; the kernel's engine_held has the same rule. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bus/rtu_receive.h"

static struct rtu_receive line;
static uint8_t sent[RTU_ADU_MAX_BYTES];
static size_t sent_bytes;

static const struct oht_request read_2 = {
	.unit = 4, .function = OHT_READ_HOLDING, .address = 0x0100, .count = 2,
};
static const uint16_t seven = 7;
static const struct oht_request write_1 = {
	.unit = 4, .function = OHT_WRITE_SINGLE, .address = 0x0008, .count = 1, .words = &seven,
};
/* The answer to read_2: 4 and 5; the same of unit 3; unit 4 with one register; exception 2. */
static const uint8_t good[] = { 4, 3, 4, 0, 4, 0, 5, 0x2e, 0xf1 };
static const uint8_t foreign[] = { 3, 3, 4, 0, 4, 0, 5, 0x58, 0x31 };
static const uint8_t shorter[] = { 4, 3, 2, 0, 4, 0x75, 0x87 };
static const uint8_t refused[] = { 4, 0x83, 2, 0xd0, 0xf0 };

static void begin(const struct oht_request *request)
{
	int bytes = rtu_receive_build(request, sent);

	assert_true(bytes > 0);
	sent_bytes = (size_t)bytes;
	rtu_receive_begin(&line, sent, sent_bytes);
}

static int setup(void **state)
{
	(void)state;
	memset(&line, 0, sizeof(line));
	return 0;
}

static enum rtu_verdict hear(const void *bytes, size_t count)
{
	rtu_receive_add(&line, bytes, count);
	return rtu_receive_judge(&line, RTU_SILENCE_NONE);
}

#define HEAR(...) hear((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static struct oht_reply reply_to(const struct oht_request *request)
{
	struct oht_reply reply = { 0 };

	rtu_receive_reply(&line, request, &reply);
	return reply;
}

static void expect_good(enum rtu_verdict verdict)
{
	struct oht_reply reply;

	assert_int_equal(verdict, RTU_ANSWER);
	reply = reply_to(&read_2);
	assert_int_equal(reply.outcome, OHT_OUTCOME_OK);
	assert_int_equal(reply.count, 2);
	assert_int_equal(reply.words[0], 4);
	assert_int_equal(reply.words[1], 5);
}

static void requests_have_their_bytes(void **state)
{
	static const uint8_t read_bytes[] = { 4, 3, 1, 0, 0, 2, 0xc5, 0xa2 };
	static const uint8_t write_bytes[] = { 4, 6, 0, 8, 0, 7, 0x49, 0x9f };
	const struct oht_request coil = { .unit = 4, .function = 1, .count = 1 };

	(void)state;
	begin(&read_2);
	assert_int_equal(sent_bytes, sizeof(read_bytes));
	assert_memory_equal(sent, read_bytes, sizeof(read_bytes));
	begin(&write_1);
	assert_int_equal(sent_bytes, sizeof(write_bytes));
	assert_memory_equal(sent, write_bytes, sizeof(write_bytes));
	assert_int_equal(rtu_receive_build(&coil, sent), -EOPNOTSUPP);
}

static void an_answer_is_complete_by_its_count(void **state)
{
	size_t i;

	(void)state;
	begin(&read_2);
	for (i = 0; i + 1 < sizeof(good); i++)
		assert_int_equal(hear(good + i, 1), RTU_WAIT_REST);
	/* A pause inside, as long as a frame may make one. */
	assert_int_equal(rtu_receive_judge(&line, RTU_SILENCE_GAP), RTU_WAIT_REST);
	expect_good(hear(good + i, 1));
}

static void noise_in_front_is_skipped(void **state)
{
	(void)state;
	begin(&read_2);
	assert_int_equal(HEAR(0x00, 0xff, 0x00, 0xf8), RTU_WAIT);
	expect_good(hear(good, sizeof(good)));
	/* Bytes that may begin a frame: silence shows that they were none. */
	begin(&read_2);
	HEAR(0x05, 0x03, 0x70);
	assert_int_not_equal(hear(good, sizeof(good)), RTU_BROKEN);
	expect_good(rtu_receive_judge(&line, RTU_SILENCE_GAP));
	/* The address of our own unit. */
	begin(&read_2);
	HEAR(0x04);
	expect_good(hear(good, sizeof(good)));
}

static void a_foreign_frame_in_front_is_skipped(void **state)
{
	(void)state;
	begin(&read_2);
	assert_int_equal(hear(foreign, sizeof(foreign)), RTU_WAIT);
	assert_int_equal(line.noted, OHT_OUTCOME_UNIT);
	assert_int_equal(hear(shorter, sizeof(shorter)), RTU_WAIT);
	assert_int_equal(line.noted, OHT_OUTCOME_LENGTH);
	expect_good(hear(good, sizeof(good)));
}

/* Its register values look like our answer; what counts comes behind them. */
static void values_of_a_foreign_frame_are_no_answer(void **state)
{
	static const uint8_t wrapped[] = {
		3, 3, 10, 4, 3, 4, 0, 9, 0, 9, 0xbf, 0x37, 0, 0x53, 0xf3,
	};

	(void)state;
	begin(&read_2);
	assert_int_not_equal(hear(wrapped, sizeof(wrapped) - 2), RTU_ANSWER);
	assert_int_equal(hear(wrapped + sizeof(wrapped) - 2, 2), RTU_WAIT);
	assert_int_equal(line.noted, OHT_OUTCOME_UNIT);
	expect_good(hear(good, sizeof(good)));
}

static void an_echo_is_skipped(void **state)
{
	struct oht_reply reply;

	(void)state;
	begin(&read_2);
	assert_int_not_equal(hear(sent, 3), RTU_ANSWER);
	assert_int_equal(hear(sent + 3, sent_bytes - 3), RTU_WAIT);
	expect_good(hear(good, sizeof(good)));
	assert_int_equal(line.echo, RTU_ECHO_YES);
	/* Now it is known, and an echo without an answer never passes for one. */
	begin(&write_1);
	assert_int_equal(hear(sent, sent_bytes), RTU_WAIT);
	assert_int_equal(rtu_receive_judge(&line, RTU_SILENCE_LONG), RTU_WAIT);
	assert_int_equal(hear(sent, sent_bytes), RTU_ANSWER);
	reply = reply_to(&write_1);
	assert_int_equal(reply.outcome, OHT_OUTCOME_OK);
	assert_int_equal(reply.count, 1);
}

static void learn_that_there_is_none(void)
{
	begin(&read_2);
	expect_good(hear(good, sizeof(good)));
	assert_int_equal(line.echo, RTU_ECHO_NO);
}

static void a_line_of_which_nothing_is_known_confirms_no_write(void **state)
{
	(void)state;
	begin(&write_1);
	assert_int_equal(hear(sent, sent_bytes), RTU_WAIT);
	assert_int_equal(rtu_receive_judge(&line, RTU_SILENCE_LONG), RTU_WAIT);
	learn_that_there_is_none();
	begin(&write_1);
	assert_int_equal(hear(sent, sent_bytes), RTU_ANSWER);
}

/* The adapter was exchanged for one that echoes: a write to a silent unit must not be confirmed by its own echo. */
static void an_echo_may_come_later(void **state)
{
	(void)state;
	learn_that_there_is_none();
	begin(&read_2);
	assert_int_not_equal(hear(sent, sent_bytes), RTU_ANSWER);
	hear(good, sizeof(good));
	expect_good(rtu_receive_judge(&line, RTU_SILENCE_GAP));
	begin(&write_1);
	assert_int_not_equal(hear(sent, sent_bytes), RTU_ANSWER);
	begin(&read_2);
	assert_int_equal(hear(sent, sent_bytes), RTU_WAIT);
	expect_good(hear(good, sizeof(good)));
	assert_int_equal(line.echo, RTU_ECHO_YES);
}

/* A transceiver that switches makes a byte in front of the echo: a write to a silent unit is not confirmed all the same. */
static void a_byte_in_front_makes_no_answer_of_an_echo(void **state)
{
	static const uint8_t fronts[] = { 0x00, 0x7f, 0x01 };
	static const enum rtu_echo known[] = { RTU_ECHO_UNKNOWN, RTU_ECHO_YES };
	unsigned int i;

	(void)state;
	for (i = 0; i < 2 * sizeof(fronts); i++) {
		line.echo = known[i % 2];
		begin(&write_1);
		assert_int_not_equal(hear(&fronts[i / 2], 1), RTU_ANSWER);
		assert_int_not_equal(hear(sent, sent_bytes), RTU_ANSWER);
		assert_int_not_equal(rtu_receive_judge(&line, RTU_SILENCE_GAP), RTU_ANSWER);
		assert_int_not_equal(rtu_receive_judge(&line, RTU_SILENCE_LONG), RTU_ANSWER);
	}
}

/* The echo that comes later has a zero in front: one read shows it as well. */
static void an_echo_behind_a_zero_may_come_later(void **state)
{
	(void)state;
	learn_that_there_is_none();
	begin(&read_2);
	HEAR(0x00);
	hear(sent, sent_bytes);
	hear(good, sizeof(good));
	expect_good(rtu_receive_judge(&line, RTU_SILENCE_GAP));
	begin(&write_1);
	HEAR(0x00);
	assert_int_not_equal(hear(sent, sent_bytes), RTU_ANSWER);
}

/* What has come of the echo is as long as an answer, and not all of it: then the rest is not heard in this exchange. */
static void an_echo_in_pieces_is_found(void **state)
{
	static const uint16_t words[] = { 1, 2 };
	static const struct oht_request requests[] = {
		{ .unit = 4, .function = OHT_READ_HOLDING, .address = 0x0205, .count = 1 },
		{ .unit = 4, .function = OHT_WRITE_MULTIPLE, .address = 0x0008, .count = 2, .words = words },
	};
	unsigned int i, n;
	size_t byte;

	(void)state;
	for (i = 0; i < 2; i++) {
		learn_that_there_is_none();
		for (n = 0; n < 4; n++) {
			begin(&requests[i]);
			for (byte = 0; byte < sent_bytes && hear(sent + byte, 1) != RTU_BROKEN; byte++)
				;
		}
		assert_int_equal(byte, sent_bytes);
	}
}

static void another_value_is_not_repeated(void **state)
{
	static const uint8_t other[] = { 4, 6, 0, 8, 0, 6, 0x88, 0x5f };

	(void)state;
	learn_that_there_is_none();
	begin(&write_1);
	assert_int_equal(hear(other, sizeof(other)), RTU_WAIT);
	assert_int_equal(line.noted, OHT_OUTCOME_ECHO);
}

static void exceptions_are_answers(void **state)
{
	struct oht_reply reply;

	(void)state;
	begin(&read_2);
	assert_int_equal(hear(refused, sizeof(refused)), RTU_ANSWER);
	reply = reply_to(&read_2);
	assert_int_equal(reply.outcome, OHT_OUTCOME_EXCEPTION);
	assert_int_equal(reply.error, EREMOTEIO);
	assert_int_equal(reply.exception, 2);
}

static void what_is_broken_is_told(void **state)
{
	uint8_t bad[sizeof(good)];

	(void)state;
	memcpy(bad, good, sizeof(good));
	bad[4] ^= 1;
	begin(&read_2);
	assert_int_equal(hear(bad, sizeof(bad)), RTU_BROKEN);
	assert_int_equal(line.noted, OHT_OUTCOME_CRC);
	begin(&read_2);
	assert_int_equal(hear(good, sizeof(good) - 2), RTU_WAIT_REST);
	assert_int_equal(rtu_receive_judge(&line, RTU_SILENCE_LONG), RTU_BROKEN);
	assert_int_equal(line.noted, OHT_OUTCOME_SHORT);
}

/* Whatever is heard in front, in whatever pieces: it ends, and an answer is only what was sent as one. */
static void any_noise_is_judged_alike(void **state)
{
	uint32_t dice = 1;
	unsigned int round, i, count;
	enum rtu_verdict verdict = RTU_WAIT;
	uint8_t byte;

	(void)state;
	for (round = 0; round < 20000; round++) {
		line.echo = RTU_ECHO_NO;
		begin(&read_2);
		count = round % 7;
		for (i = 0; i < count; i++) {
			dice = dice * 1664525 + 1013904223;
			byte = (uint8_t)(dice >> 24);
			/* No unit of ours and no exception of it: that would be an answer of its own. */
			byte = byte == 4 ? 5 : byte;
			verdict = hear(&byte, 1);
			assert_int_not_equal(verdict, RTU_ANSWER);
		}
		verdict = hear(good, sizeof(good));
		if (verdict != RTU_ANSWER)
			verdict = rtu_receive_judge(&line, RTU_SILENCE_LONG);
		expect_good(verdict);
	}
}

/* Unit 4 babbles: what begins behind the time for an answer is none, what has begun before goes on. */
static void nothing_begins_behind_the_end(void **state)
{
	unsigned int i;

	(void)state;
	begin(&read_2);
	assert_int_equal(HEAR(4), RTU_WAIT_REST);
	rtu_receive_close(&line);
	assert_int_equal(rtu_receive_judge(&line, RTU_SILENCE_NONE), RTU_WAIT_REST);
	for (i = 0; i < 2 * RTU_HEARD_MAX_BYTES; i++)
		assert_int_equal(HEAR(4), RTU_WAIT);
	begin(&read_2);
	assert_int_equal(HEAR(0x21, 4, 4, 4), RTU_WAIT_REST);
	rtu_receive_close(&line);
	assert_int_equal(hear(good + 1, sizeof(good) - 2), RTU_WAIT_REST);
	rtu_receive_close(&line);
	expect_good(hear(good + sizeof(good) - 1, 1));
	begin(&read_2);
	rtu_receive_close(&line);
	assert_int_equal(hear(good, sizeof(good) - 1), RTU_WAIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(requests_have_their_bytes, setup),
		cmocka_unit_test_setup(an_answer_is_complete_by_its_count, setup),
		cmocka_unit_test_setup(noise_in_front_is_skipped, setup),
		cmocka_unit_test_setup(a_foreign_frame_in_front_is_skipped, setup),
		cmocka_unit_test_setup(values_of_a_foreign_frame_are_no_answer, setup),
		cmocka_unit_test_setup(an_echo_is_skipped, setup),
		cmocka_unit_test_setup(a_line_of_which_nothing_is_known_confirms_no_write, setup),
		cmocka_unit_test_setup(an_echo_may_come_later, setup),
		cmocka_unit_test_setup(a_byte_in_front_makes_no_answer_of_an_echo, setup),
		cmocka_unit_test_setup(an_echo_behind_a_zero_may_come_later, setup),
		cmocka_unit_test_setup(an_echo_in_pieces_is_found, setup),
		cmocka_unit_test_setup(another_value_is_not_repeated, setup),
		cmocka_unit_test_setup(exceptions_are_answers, setup),
		cmocka_unit_test_setup(what_is_broken_is_told, setup),
		cmocka_unit_test_setup(nothing_begins_behind_the_end, setup),
		cmocka_unit_test_setup(any_noise_is_judged_alike, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
