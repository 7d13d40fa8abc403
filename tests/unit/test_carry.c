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

#include "live/carry.h"

#define EPOCH	77
#define BUILD	"1.2.3"

enum { EVENTS, STATE, TERSE, CHANNELS };

static const struct ohtd_channel_kind kinds[CHANNELS] = {
	{ "stop", .events = true, .prompt = true }, { "place" }, { "signals", .terse = true },
};

static struct ohtd_hub *hub;
static uint64_t version;
static uint64_t now_ms;
static struct ohtd_subscription place;
static const char *why;

static int setup(void **state)
{
	(void)state;
	version = 0;
	now_ms = 5000;
	hub = ohtd_hub_create(kinds, CHANNELS, EPOCH);
	return hub ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	ohtd_hub_destroy(hub);
	return 0;
}

/* The age is no news. */
static void publish_at(int channel, int a, int age)
{
	char text[64], key[64];
	struct ohtd_moment moment = { .version = ++version, .ts = "{\"utc\":\"\"}", .now_ms = now_ms };
	struct ohtd_channel_state state = { .text = text, .key = key };

	state.bytes = (size_t)snprintf(text, sizeof(text), "{\"a\":%d,\"age\":%d}", a, age);
	state.key_bytes = (size_t)snprintf(key, sizeof(key), "{\"a\":%d}", a);
	assert_true(ohtd_hub_begin(hub, version, now_ms));
	ohtd_hub_publish(hub, channel, &state, &moment);
	ohtd_hub_end(hub, &moment);
}

static void publish(int channel, int a)
{
	publish_at(channel, a, 0);
}

static void stay_quiet(int channel, int a, int rounds)
{
	ohtd_hub_listen(hub, channel, true);
	for (int age = 1; age <= rounds; age++) {
		now_ms += OHTD_QUIET_MS;
		publish_at(channel, a, age);
	}
	ohtd_hub_listen(hub, channel, false);
}

/* The next message holds @text; NULL: there is none. */
static void expect_next(int channel, const char *text)
{
	struct ohtd_message *message = ohtd_hub_next(hub, channel, &place, now_ms);

	if (!text) {
		assert_null(message);
		return;
	}
	assert_non_null(message);
	if (!memmem(message->text, message->text_bytes, text, strlen(text)))
		fail_msg("%s is not in %.*s", text, (int)message->text_bytes, message->text);
	ohtd_message_drop(message);
}

static char *pack(size_t *bytes)
{
	char *data = ohtd_hub_pack(hub, BUILD, bytes, &why);

	assert_non_null(data);
	return data;
}

/* From one life to the next. */
static void carry(void)
{
	size_t bytes;
	char *data = pack(&bytes);

	ohtd_hub_destroy(hub);
	hub = ohtd_hub_unpack(kinds, CHANNELS, BUILD, data, bytes, &why);
	free(data);
	assert_non_null(hub);
	version = 0;
	now_ms += 700;
}

static void resume(int channel, uint64_t seq)
{
	ohtd_hub_resume(hub, channel, &place, 0, EPOCH, seq);
}

static void test_numbers_and_messages_go_on(void **state)
{
	(void)state;
	for (int a = 1; a <= 4; a++)
		publish(EVENTS, a);
	carry();
	assert_int_equal(ohtd_hub_epoch(hub), EPOCH);
	publish(EVENTS, 5);
	resume(EVENTS, 2);
	expect_next(EVENTS, "\"seq\":2,\"ts\":{\"utc\":\"\"},\"recovered\":true,\"data\":{}}");
	expect_next(EVENTS, "{\"type\":\"event\",\"channel\":\"stop\",\"seq\":3,\"ts\":{\"utc\":\"\"},\"data\":{\"a\":3}}");
	expect_next(EVENTS, "\"seq\":4,");
	expect_next(EVENTS, "\"seq\":5,\"ts\":{\"utc\":\"\"},\"data\":{\"a\":5}}");
	expect_next(EVENTS, NULL);
}

static void test_the_same_state_is_no_news(void **state)
{
	(void)state;
	publish(STATE, 1);
	publish(TERSE, 1);
	carry();
	resume(STATE, 1);
	publish(STATE, 1);
	publish(TERSE, 1);
	expect_next(STATE, "\"recovered\":true");
	expect_next(STATE, NULL);
	publish(STATE, 2);
	expect_next(STATE, "\"seq\":2,\"ts\":{\"utc\":\"\"},\"data\":{\"a\":2}}");
	resume(TERSE, 1);
	expect_next(TERSE, "\"recovered\":true");
	publish(TERSE, 2);
	expect_next(TERSE, "\"seq\":2,");
}

static void test_who_comes_anew_gets_the_newest_state(void **state)
{
	(void)state;
	publish(STATE, 1);
	publish(STATE, 7);
	carry();
	ohtd_hub_subscribe(&place, 0);
	expect_next(STATE, "\"type\":\"snapshot\",\"channel\":\"place\",\"seq\":2,\"ts\":{\"utc\":\"\"},\"recovered\":false,"
			   "\"data\":{\"a\":7,\"age\":0}}");
}

static void test_a_full_ring_and_many_lives(void **state)
{
	const int told = 2 * OHTD_CHANNEL_RING + 5;
	char text[32];

	(void)state;
	for (int a = 1; a <= told; a++) {
		publish(EVENTS, a);
		if (a % 50 == 0)
			carry();
	}
	carry();
	resume(EVENTS, (uint64_t)told - OHTD_CHANNEL_RING);
	expect_next(EVENTS, "recovered\":true");
	for (int a = told - OHTD_CHANNEL_RING + 1; a <= told; a++) {
		snprintf(text, sizeof(text), "\"seq\":%d,", a);
		expect_next(EVENTS, text);
	}
	expect_next(EVENTS, NULL);
	resume(EVENTS, (uint64_t)told - OHTD_CHANNEL_RING - 1);
	expect_next(EVENTS, "resync");
}

/* Quiet in the life before and in this one is one quiet. */
static void test_quiet_over_two_lives(void **state)
{
	(void)state;
	publish(EVENTS, 1);
	stay_quiet(EVENTS, 1, 600);
	publish(EVENTS, 2);
	stay_quiet(EVENTS, 2, 400);
	carry();
	stay_quiet(EVENTS, 2, 100);
	resume(EVENTS, 1);
	expect_next(EVENTS, "recovered\":true");
	expect_next(EVENTS, "\"seq\":601,\"ts\":{\"utc\":\"\"},\"conflated\":599,\"data\":{\"age\":600}}");
	expect_next(EVENTS, "\"type\":\"event\",\"channel\":\"stop\",\"seq\":602,\"ts\":{\"utc\":\"\"},\"data\":{\"a\":2,\"age\":0}}");
	expect_next(EVENTS, "\"seq\":1102,\"ts\":{\"utc\":\"\"},\"conflated\":499,\"data\":{\"age\":100}}");
	expect_next(EVENTS, NULL);
	/* Out of the midst of the first quiet. */
	resume(EVENTS, 600);
	expect_next(EVENTS, "recovered\":true");
	expect_next(EVENTS, "\"seq\":601,\"ts\":{\"utc\":\"\"},\"data\":{\"age\":600}}");
}

/* Of a state the changes are carried over, and its messages made of them. */
static void test_state_goes_on_from_each_place(void **state)
{
	(void)state;
	publish(STATE, 1);
	publish(STATE, 2);
	stay_quiet(STATE, 2, 600);
	carry();
	resume(STATE, 601);
	expect_next(STATE, "recovered\":true");
	expect_next(STATE, "\"seq\":602,\"ts\":{\"utc\":\"\"},\"data\":{\"age\":600}}");
	expect_next(STATE, NULL);
	resume(STATE, 1);
	expect_next(STATE, "recovered\":true");
	expect_next(STATE, "\"seq\":602,\"ts\":{\"utc\":\"\"},\"conflated\":600,\"data\":{\"a\":2,\"age\":600}}");
	expect_next(STATE, NULL);
}

static void test_nothing_told_yet(void **state)
{
	(void)state;
	carry();
	resume(EVENTS, 1);
	expect_next(EVENTS, "resync");
	expect_next(EVENTS, NULL);
	publish(EVENTS, 1);
	expect_next(EVENTS, "\"seq\":1,");
}

/* Who comes back has a second for what it missed from then on, not from when it was told. */
static void test_time_counts_from_the_return(void **state)
{
	(void)state;
	publish(EVENTS, 1);
	publish(EVENTS, 2);
	carry();
	now_ms += 60000;
	resume(EVENTS, 1);
	expect_next(EVENTS, "recovered\":true");
	assert_int_equal(ohtd_hub_event_waits_ms(hub, EVENTS, &place), now_ms);
	now_ms += 10;
	publish(EVENTS, 3);
	assert_int_equal(ohtd_hub_event_waits_ms(hub, EVENTS, &place), now_ms - 10);
	expect_next(EVENTS, "\"seq\":2,");
	assert_int_equal(ohtd_hub_event_waits_ms(hub, EVENTS, &place), now_ms);
	expect_next(EVENTS, "\"seq\":3,");
	assert_int_equal(ohtd_hub_event_waits_ms(hub, EVENTS, &place), 0);
}

static void test_packed_again_it_is_the_same(void **state)
{
	size_t before_bytes, bytes;
	char *before, *after;

	(void)state;
	publish(EVENTS, 1);
	stay_quiet(EVENTS, 1, 3);
	publish(EVENTS, 2);
	publish(TERSE, 2);
	stay_quiet(TERSE, 2, 3);
	before = pack(&before_bytes);
	carry();
	after = pack(&bytes);
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
	size_t bytes;
	char *data;

	(void)state;
	publish(EVENTS, 1);
	publish(STATE, 1);
	data = pack(&bytes);
	for (size_t n = 0; n < bytes; n++) {
		char *copy = malloc(n ? n : 1);

		memcpy(copy, data, n);
		assert_null(ohtd_hub_unpack(kinds, CHANNELS, BUILD, copy, n, &why));
		free(copy);
	}
	for (size_t i = 0; i < bytes; i++) {
		data[i] ^= 1;
		assert_null(ohtd_hub_unpack(kinds, CHANNELS, BUILD, data, bytes, &why));
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
	static const unsigned char others[] = { 0x01, 0x02, 0x80, 0xff };
	size_t bytes, again_bytes, taken = 0;
	char *data, *again;

	(void)state;
	publish(EVENTS, 1);
	stay_quiet(EVENTS, 1, 3);
	publish(EVENTS, 2);
	publish(STATE, 1);
	stay_quiet(STATE, 1, 2);
	data = pack(&bytes);
	for (size_t i = 0; i < (bytes - sizeof(uint64_t)) * sizeof(others); i++) {
		struct ohtd_hub *other;

		data[i / sizeof(others)] ^= (char)others[i % sizeof(others)];
		put_sum(data, bytes);
		other = ohtd_hub_unpack(kinds, CHANNELS, BUILD, data, bytes, &why);
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
	static const struct ohtd_channel_kind others[CHANNELS] = {
		{ "stop", .events = true }, { "speed" }, { "signals", .terse = true },
	};
	size_t bytes;
	char *data;

	(void)state;
	publish(STATE, 1);
	data = pack(&bytes);
	refused(kinds, CHANNELS, "1.2.4", data, bytes, "another version of the daemon has written it");
	refused(kinds, CHANNELS, "", data, bytes, "another version of the daemon has written it");
	refused(others, CHANNELS, BUILD, data, bytes, "makes no sense");
	refused(kinds, CHANNELS - 1, BUILD, data, bytes, "makes no sense");
	data[7]++;
	refused(kinds, CHANNELS, BUILD, data, bytes, "not of this form");
	data[7]--;
	data[20] ^= 4;
	refused(kinds, CHANNELS, BUILD, data, bytes, "wrong checksum");
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
	put(data, "OHTLIVE2");
	refused(kinds, CHANNELS, BUILD, data, OHTD_CARRY_BYTES_MAX + 1, "not of this form");
	free(data);
}

static void test_too_much_is_not_written(void **state)
{
	const size_t text_bytes = 1u << 20;
	char *text = malloc(text_bytes);
	size_t bytes;

	(void)state;
	memset(text, 'x', text_bytes);
	put(text, "{\"a\":\"");
	put(text + text_bytes - 2, "\"}");
	for (int i = 0; i < 8; i++) {
		struct ohtd_moment moment = { .version = ++version, .ts = "{}", .now_ms = now_ms };
		struct ohtd_channel_state big = { text, text_bytes, text, text_bytes };

		text[10] = (char)('a' + i);
		assert_true(ohtd_hub_begin(hub, version, now_ms));
		ohtd_hub_publish(hub, EVENTS, &big, &moment);
		ohtd_hub_end(hub, &moment);
	}
	assert_null(ohtd_hub_pack(hub, BUILD, &bytes, &why));
	assert_string_equal(why, "too much");
	free(text);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

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
