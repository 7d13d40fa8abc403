// SPDX-License-Identifier: GPL-2.0-or-later
/* A hub that the next life goes on with: nothing is told twice or left out, and nothing odd is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hub_fixture.h"
#include "live/carry.h"

#define BUILD	"1.2.3"

static const char *why;

static char *pack(const struct fixture *fixture, size_t *bytes)
{
	char *data = ohtd_hub_pack(fixture->hub, BUILD, bytes, &why);

	assert_non_null(data);
	return data;
}

/* From one life to the next. */
static void carry(struct fixture *fixture)
{
	size_t bytes;
	char *data = pack(fixture, &bytes);

	ohtd_hub_destroy(fixture->hub);
	fixture->hub = ohtd_hub_unpack(hub_kinds, CHANNELS, BUILD, data, bytes, &why);
	free(data);
	assert_non_null(fixture->hub);
	fixture->version = 0;
	fixture->now_ms += 700;
}

static void test_numbers_and_messages_go_on(void **state)
{
	struct fixture *fixture = *state;

	for (int a = 1; a <= 4; a++)
		publish(fixture, EVENTS, a);
	carry(fixture);
	assert_int_equal(ohtd_hub_epoch(fixture->hub), HUB_EPOCH);
	publish(fixture, EVENTS, 5);
	resume(fixture, EVENTS, 2);
	expect_next(fixture, EVENTS, "\"seq\":2,\"ts\":{},\"recovered\":true,\"data\":{}}");
	expect_next(fixture, EVENTS, "{\"type\":\"event\",\"channel\":\"stop\",\"seq\":3,\"ts\":{},\"data\":{\"a\":3}}");
	expect_next(fixture, EVENTS, "\"seq\":4,");
	expect_next(fixture, EVENTS, "\"seq\":5,\"ts\":{},\"data\":{\"a\":5}}");
	expect_next(fixture, EVENTS, NULL);
}

static void test_the_same_state_is_no_news(void **state)
{
	struct fixture *fixture = *state;

	publish(fixture, STATE, 1);
	publish(fixture, TERSE, 1);
	carry(fixture);
	resume(fixture, STATE, 1);
	publish(fixture, STATE, 1);
	publish(fixture, TERSE, 1);
	expect_next(fixture, STATE, "\"recovered\":true");
	expect_next(fixture, STATE, NULL);
	publish(fixture, STATE, 2);
	expect_next(fixture, STATE, "\"seq\":2,\"ts\":{},\"data\":{\"a\":2}}");
	resume(fixture, TERSE, 1);
	expect_next(fixture, TERSE, "\"recovered\":true");
	publish(fixture, TERSE, 2);
	expect_next(fixture, TERSE, "\"seq\":2,");
}

static void test_who_comes_anew_gets_the_newest_state(void **state)
{
	struct fixture *fixture = *state;

	publish(fixture, STATE, 1);
	publish(fixture, STATE, 7);
	carry(fixture);
	ohtd_hub_subscribe(&fixture->place, 0);
	expect_next(fixture, STATE, "\"type\":\"snapshot\",\"channel\":\"place\",\"seq\":2,\"ts\":{},\"recovered\":false,"
				    "\"data\":{\"a\":7,\"b\":[1,\"}\"],\"age\":0}}");
}

static void test_a_full_ring_and_many_lives(void **state)
{
	struct fixture *fixture = *state;
	const int told = 2 * OHTD_CHANNEL_RING + 5;
	char text[32];

	for (int a = 1; a <= told; a++) {
		publish(fixture, EVENTS, a);
		if (a % 50 == 0)
			carry(fixture);
	}
	carry(fixture);
	resume(fixture, EVENTS, (uint64_t)told - OHTD_CHANNEL_RING);
	expect_next(fixture, EVENTS, "recovered\":true");
	for (int a = told - OHTD_CHANNEL_RING + 1; a <= told; a++) {
		snprintf(text, sizeof(text), "\"seq\":%d,", a);
		expect_next(fixture, EVENTS, text);
	}
	expect_next(fixture, EVENTS, NULL);
	resume(fixture, EVENTS, (uint64_t)told - OHTD_CHANNEL_RING - 1);
	expect_next(fixture, EVENTS, "resync");
}

/* Quiet in the life before and in this one is one quiet. */
static void test_quiet_over_two_lives(void **state)
{
	struct fixture *fixture = *state;

	publish(fixture, EVENTS, 1);
	stay_quiet(fixture, EVENTS, 1, 600);
	publish(fixture, EVENTS, 2);
	stay_quiet(fixture, EVENTS, 2, 400);
	carry(fixture);
	stay_quiet(fixture, EVENTS, 2, 100);
	resume(fixture, EVENTS, 1);
	expect_next(fixture, EVENTS, "recovered\":true");
	expect_next(fixture, EVENTS, "\"seq\":601,\"ts\":{},\"conflated\":599,\"data\":{\"age\":600}}");
	expect_next(fixture, EVENTS, "\"type\":\"event\",\"channel\":\"stop\",\"seq\":602,\"ts\":{},\"data\":{\"a\":2,\"age\":0}}");
	expect_next(fixture, EVENTS, "\"seq\":1102,\"ts\":{},\"conflated\":499,\"data\":{\"age\":100}}");
	expect_next(fixture, EVENTS, NULL);
	/* Out of the midst of the first quiet. */
	resume(fixture, EVENTS, 600);
	expect_next(fixture, EVENTS, "recovered\":true");
	expect_next(fixture, EVENTS, "\"seq\":601,\"ts\":{},\"data\":{\"age\":600}}");
}

/* Of a state the changes are carried over, and its messages made of them. */
static void test_state_goes_on_from_each_place(void **state)
{
	struct fixture *fixture = *state;

	publish(fixture, STATE, 1);
	publish(fixture, STATE, 2);
	stay_quiet(fixture, STATE, 2, 600);
	carry(fixture);
	resume(fixture, STATE, 601);
	expect_next(fixture, STATE, "recovered\":true");
	expect_next(fixture, STATE, "\"seq\":602,\"ts\":{},\"data\":{\"age\":600}}");
	expect_next(fixture, STATE, NULL);
	resume(fixture, STATE, 1);
	expect_next(fixture, STATE, "recovered\":true");
	expect_next(fixture, STATE, "\"seq\":602,\"ts\":{},\"conflated\":600,\"data\":{\"a\":2,\"age\":600}}");
	expect_next(fixture, STATE, NULL);
}

static void test_nothing_told_yet(void **state)
{
	struct fixture *fixture = *state;

	carry(fixture);
	resume(fixture, EVENTS, 1);
	expect_next(fixture, EVENTS, "resync");
	expect_next(fixture, EVENTS, NULL);
	publish(fixture, EVENTS, 1);
	expect_next(fixture, EVENTS, "\"seq\":1,");
}

/* Who comes back has a second for what it missed from then on, not from when it was told. */
static void test_time_counts_from_the_return(void **state)
{
	struct fixture *fixture = *state;

	publish(fixture, EVENTS, 1);
	publish(fixture, EVENTS, 2);
	carry(fixture);
	fixture->now_ms += 60000;
	resume(fixture, EVENTS, 1);
	expect_next(fixture, EVENTS, "recovered\":true");
	assert_int_equal(ohtd_hub_event_waits_ms(fixture->hub, EVENTS, &fixture->place), fixture->now_ms);
	fixture->now_ms += 10;
	publish(fixture, EVENTS, 3);
	assert_int_equal(ohtd_hub_event_waits_ms(fixture->hub, EVENTS, &fixture->place), fixture->now_ms - 10);
	expect_next(fixture, EVENTS, "\"seq\":2,");
	assert_int_equal(ohtd_hub_event_waits_ms(fixture->hub, EVENTS, &fixture->place), fixture->now_ms);
	expect_next(fixture, EVENTS, "\"seq\":3,");
	assert_int_equal(ohtd_hub_event_waits_ms(fixture->hub, EVENTS, &fixture->place), 0);
}

static void test_packed_again_it_is_the_same(void **state)
{
	struct fixture *fixture = *state;
	size_t before_bytes, bytes;
	char *before, *after;

	publish(fixture, EVENTS, 1);
	stay_quiet(fixture, EVENTS, 1, 3);
	publish(fixture, EVENTS, 2);
	publish(fixture, TERSE, 2);
	stay_quiet(fixture, TERSE, 2, 3);
	before = pack(fixture, &before_bytes);
	carry(fixture);
	after = pack(fixture, &bytes);
	assert_int_equal(bytes, before_bytes);
	assert_memory_equal(after, before, bytes);
	free(before);
	free(after);
}

/* ---- what is refused ---- */

static void refused(const struct ohtd_channel_kind *of, size_t count, const char *build, const char *data,
		    size_t bytes, const char *reason)
{
	why = NULL;
	assert_null(ohtd_hub_unpack(of, count, build, data, bytes, &why));
	assert_string_equal(why, reason);
}

static void test_each_cut_and_each_bit(void **state)
{
	struct fixture *fixture = *state;
	size_t bytes;
	char *data;

	publish(fixture, EVENTS, 1);
	publish(fixture, STATE, 1);
	data = pack(fixture, &bytes);
	for (size_t n = 0; n < bytes; n++) {
		char *copy = malloc(n ? n : 1);

		memcpy(copy, data, n);
		assert_null(ohtd_hub_unpack(hub_kinds, CHANNELS, BUILD, copy, n, &why));
		free(copy);
	}
	for (size_t i = 0; i < bytes; i++) {
		data[i] ^= 1;
		assert_null(ohtd_hub_unpack(hub_kinds, CHANNELS, BUILD, data, bytes, &why));
		data[i] ^= 1;
	}
	free(data);
}

static void put_sum(char *data, size_t bytes)
{
	uint64_t sum = 0xcbf29ce484222325;

	for (size_t i = 0; i < bytes - sizeof(sum); i++)
		sum = (sum ^ (unsigned char)data[i]) * 0x100000001b3;
	memcpy(data + bytes - sizeof(sum), &sum, sizeof(sum));
}

/* A hub with a byte that is wrong, and a sum that is right, is refused or is as what was written. */
static void test_each_byte_with_a_right_sum(void **state)
{
	struct fixture *fixture = *state;
	static const unsigned char others[] = { 0x01, 0x02, 0x80, 0xff };
	size_t bytes, again_bytes, taken = 0;
	char *data, *again;

	publish(fixture, EVENTS, 1);
	stay_quiet(fixture, EVENTS, 1, 3);
	publish(fixture, EVENTS, 2);
	publish(fixture, STATE, 1);
	stay_quiet(fixture, STATE, 1, 2);
	data = pack(fixture, &bytes);
	for (size_t i = 0; i < (bytes - sizeof(uint64_t)) * sizeof(others); i++) {
		struct ohtd_hub *other;

		data[i / sizeof(others)] ^= (char)others[i % sizeof(others)];
		put_sum(data, bytes);
		other = ohtd_hub_unpack(hub_kinds, CHANNELS, BUILD, data, bytes, &why);
		if (other) {
			taken++;
			again = ohtd_hub_pack(other, BUILD, &again_bytes, &why);
			assert_int_equal(again_bytes, bytes);
			assert_memory_equal(again, data, bytes);
			free(again);
			ohtd_hub_destroy(other);
		}
		data[i / sizeof(others)] ^= (char)others[i % sizeof(others)];
	}
	/* Letters of values may be others, lengths, numbers and names may not. */
	assert_in_range(taken, 1, bytes * sizeof(others) / 2);
	free(data);
}

static void test_what_another_daemon_has_written(void **state)
{
	struct fixture *fixture = *state;
	static const struct ohtd_channel_kind others[CHANNELS] = {
		{ "stop", .events = true }, { "speed" }, { "signals", .terse = true }, { "/place" }, { "/stop" },
	};
	size_t bytes;
	char *data;

	publish(fixture, STATE, 1);
	data = pack(fixture, &bytes);
	refused(hub_kinds, CHANNELS, "1.2.4", data, bytes, "another version of the daemon has written it");
	refused(hub_kinds, CHANNELS, "", data, bytes, "another version of the daemon has written it");
	refused(others, CHANNELS, BUILD, data, bytes, "makes no sense");
	refused(hub_kinds, CHANNELS - 1, BUILD, data, bytes, "makes no sense");
	data[7]++;
	refused(hub_kinds, CHANNELS, BUILD, data, bytes, "not of this form");
	data[7]--;
	data[20] ^= 4;
	refused(hub_kinds, CHANNELS, BUILD, data, bytes, "wrong checksum");
	free(data);
}

static void put(char *to, const char *text)
{
	while (*text)
		*to++ = *text++;
}

static void test_too_much(void **state)
{
	char *data = calloc(1, OHTD_CARRY_BYTES_MAX + 1);

	(void)state;
	put(data, "OHTLIVE3");
	refused(hub_kinds, CHANNELS, BUILD, data, OHTD_CARRY_BYTES_MAX + 1, "not of this form");
	free(data);
}

static void test_too_much_is_not_written(void **state)
{
	struct fixture *fixture = *state;
	const size_t text_bytes = 1u << 20;
	char *text = calloc(1, text_bytes + 1);
	size_t bytes;

	memset(text, 'x', text_bytes);
	put(text, "{\"a\":\"");
	put(text + text_bytes - 2, "\"}");
	for (int i = 0; i < 8; i++) {
		text[10] = (char)('a' + i);
		publish_text(fixture, EVENTS, text, text);
	}
	assert_null(ohtd_hub_pack(fixture->hub, BUILD, &bytes, &why));
	assert_string_equal(why, "too much");
	free(text);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, hub_set_up, hub_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_numbers_and_messages_go_on),
		TEST(test_the_same_state_is_no_news),
		TEST(test_who_comes_anew_gets_the_newest_state),
		TEST(test_a_full_ring_and_many_lives),
		TEST(test_quiet_over_two_lives),
		TEST(test_state_goes_on_from_each_place),
		TEST(test_nothing_told_yet),
		TEST(test_time_counts_from_the_return),
		TEST(test_packed_again_it_is_the_same),
		TEST(test_each_cut_and_each_bit),
		TEST(test_each_byte_with_a_right_sum),
		TEST(test_what_another_daemon_has_written),
		TEST(test_too_much),
		TEST(test_too_much_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
