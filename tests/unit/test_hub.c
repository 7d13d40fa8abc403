// SPDX-License-Identifier: GPL-2.0-or-later
/* Channels of live data: numbers without gaps, what is left out and said, what is told again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hub_fixture.h"
#include "live/members.h"

/* Two members, each with an age in it: {"a":{"v":@a,"age":@age},"b":{"v":@b,"age":@age}}. */
static void publish_two(struct fixture *fixture, int a, int b, int age)
{
	char text[96], key[64];

	snprintf(text, sizeof(text), "{\"a\":{\"v\":%d,\"age\":%d},\"b\":{\"v\":%d,\"age\":%d}}", a, age, b, age);
	snprintf(key, sizeof(key), "{\"a\":{\"v\":%d},\"b\":{\"v\":%d}}", a, b);
	publish_text(fixture, TERSE, text, key);
}

static const struct oht_set all, only_a = { { 1 } }, only_b = { { 2 } };

static void subscribe_to(struct fixture *fixture, struct oht_set wanted, uint32_t pause_ms)
{
	ohtd_hub_subscribe(&fixture->place, pause_ms);
	fixture->place.wanted = wanted;
}

static bool split(struct ohtd_members *members, const char *text)
{
	return ohtd_members_split(members, text, strlen(text));
}

static void assert_changed(const struct ohtd_members *before, const struct ohtd_members *now, uint64_t bits)
{
	const struct oht_set changed = ohtd_members_changed(before, now);

	assert_int_equal(changed.words[0], bits);
	assert_int_equal(oht_set_count(&changed), __builtin_popcountll(bits));
}

static void test_members(void **state)
{
	static const char *const bad[] = { "", "{", "[1]", "{\"a\":1", "{\"a\":1}x", "x" };
	struct ohtd_members one, two;
	const char *text = "{\"a\":{\"x\":[1,2]},\"b\\\"\":\"},{\\\"\",\"c\":null}";

	(void)state;
	assert_true(ohtd_members_split(&one, text, strlen(text)));
	assert_int_equal(one.count, 3);
	assert_memory_equal(text + one.at[1], "\"b\\\"\":\"},{\\\"\"", one.bytes[1]);
	assert_true(split(&two, "{}"));
	assert_int_equal(two.count, 0);
	assert_changed(&two, &one, 7);
	assert_changed(&one, &one, 0);
	assert_true(split(&two, "{\"a\":1,\"b\\\"\":\"},{\\\"\",\"c\":null}"));
	assert_changed(&two, &one, 1);
	assert_true(split(&two, "{\"z\":1,\"y\":2,\"c\":null}"));
	assert_changed(&two, &one, 7);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(ohtd_members_split(&one, bad[i], strlen(bad[i])));
}

/* {"m0":0,"m1":0,...} of @count members, in which member @odd is 1 and all others are 0. */
static char *many(unsigned int count, unsigned int odd)
{
	static char text[16 * (OHTD_MEMBERS_MAX + 2)];
	size_t used = 0;

	for (unsigned int i = 0; i < count; i++)
		used += (size_t)sprintf(text + used, "%c\"m%u\":%d", i ? ',' : '{', i, i == odd);
	text[used++] = '}';
	text[used] = '\0';
	return text;
}

static void test_each_of_many_members_is_seen(void **state)
{
	struct ohtd_members none, one;
	char *before = strdup(many(OHTD_MEMBERS_MAX, OHTD_MEMBERS_MAX));
	struct oht_set changed;

	(void)state;
	assert_true(OHTD_MEMBERS_MAX >= 128 && split(&none, before));
	for (unsigned int odd = 0; odd < OHTD_MEMBERS_MAX; odd++) {
		assert_true(split(&one, many(OHTD_MEMBERS_MAX, odd)));
		changed = ohtd_members_changed(&none, &one);
		assert_true(oht_set_count(&changed) == 1 && oht_set_has(&changed, odd));
	}
	assert_true(split(&one, many(65, 0)));
	changed = ohtd_members_changed(&none, &one);
	assert_int_equal(oht_set_count(&changed), 65);
	assert_false(split(&one, many(OHTD_MEMBERS_MAX + 1, 0)));
	free(before);
}

/* RFC 6455, 5.2: seven bits, two bytes, eight bytes of length; never masked. */
static void test_frames(void **state)
{
	static const size_t lengths[] = { 0, 1, 125, 126, 65535, 65536 };
	char *text = malloc(65536);

	(void)state;
	memset(text, 'x', 65536);
	for (size_t i = 0; i < 6; i++) {
		struct ohtd_message *message = ohtd_message_of(&(struct ohtd_message_piece){ text, lengths[i] }, 1);
		const unsigned char *head = (const unsigned char *)message->frame;
		size_t head_bytes = lengths[i] < 126 ? 2 : lengths[i] < 65536 ? 4 : 10;

		assert_int_equal(head[0], 0x81);
		assert_int_equal(head[1], head_bytes == 2 ? lengths[i] : head_bytes == 4 ? 126 : 127);
		if (head_bytes == 4)
			assert_int_equal(head[2] << 8 | head[3], lengths[i]);
		if (head_bytes == 10)
			assert_int_equal(head[7] << 16 | head[8] << 8 | head[9], lengths[i]);
		assert_ptr_equal(message->frame + head_bytes, message->text);
		assert_int_equal(message->frame_bytes, head_bytes + lengths[i]);
		ohtd_message_drop(ohtd_message_hold(message));
		ohtd_message_drop(message);
	}
	free(text);
}

static void test_a_snapshot_then_what_changes(void **state)
{
	struct fixture *fixture = *state;

	ohtd_hub_subscribe(&fixture->place, 0);
	expect_next(fixture, STATE, NULL);
	publish(fixture, STATE, 1);
	expect_next(fixture, STATE, "{\"type\":\"snapshot\",\"channel\":\"place\",\"seq\":1,\"ts\":{},"
				    "\"recovered\":false,\"data\":{\"a\":1,\"b\":[1,\"}\"],\"age\":0}}");
	expect_next(fixture, STATE, NULL);
	publish(fixture, STATE, 2);
	expect_next(fixture, STATE, "\"seq\":2,\"ts\":{},\"data\":{\"a\":2}}");
	/* The same, only older: no news. */
	publish_at(fixture, STATE, 2, 9);
	expect_next(fixture, STATE, NULL);
}

static void test_quiet_is_told_while_somebody_listens(void **state)
{
	struct fixture *fixture = *state;

	publish(fixture, STATE, 1);
	ohtd_hub_subscribe(&fixture->place, 0);
	expect_next(fixture, STATE, "snapshot");
	fixture->now_ms += OHTD_QUIET_MS;
	publish_at(fixture, STATE, 1, 3);
	expect_next(fixture, STATE, NULL);
	ohtd_hub_listen(fixture->hub, STATE, true);
	publish_at(fixture, STATE, 1, 4);
	expect_next(fixture, STATE, "\"data\":{\"age\":4}}");
	publish_at(fixture, STATE, 1, 5);
	expect_next(fixture, STATE, NULL);
	/* Also when the control thread publishes nothing any more. */
	assert_false(ohtd_hub_begin(fixture->hub, fixture->version, fixture->now_ms + OHTD_QUIET_MS - 1));
	assert_true(ohtd_hub_begin(fixture->hub, fixture->version, fixture->now_ms + OHTD_QUIET_MS));
	ohtd_hub_end(fixture->hub, &(struct ohtd_moment){ .version = fixture->version, .ts = "0" });
	ohtd_hub_listen(fixture->hub, STATE, false);
}

static void test_each_version_is_published_once(void **state)
{
	struct fixture *fixture = *state;

	publish(fixture, STATE, 1);
	assert_false(ohtd_hub_begin(fixture->hub, fixture->version, fixture->now_ms));
	assert_false(ohtd_hub_begin(fixture->hub, fixture->version - 1, fixture->now_ms));
}

static void test_state_is_conflated_and_events_are_not(void **state)
{
	struct fixture *fixture = *state;

	for (int channel = EVENTS; channel <= STATE; channel++) {
		publish(fixture, channel, 1);
		ohtd_hub_subscribe(&fixture->place, 0);
		expect_next(fixture, channel, "snapshot");
		for (int a = 2; a <= 4; a++)
			publish(fixture, channel, a);
		if (channel == EVENTS) {
			expect_next(fixture, channel, "{\"type\":\"event\",\"channel\":\"stop\",\"seq\":2,");
			expect_next(fixture, channel, "\"data\":{\"a\":3}}");
			expect_next(fixture, channel, "\"seq\":4,");
		} else {
			expect_next(fixture, channel, "\"seq\":4,\"ts\":{},"
						      "\"conflated\":2,\"data\":{\"a\":4}}");
		}
		expect_next(fixture, channel, NULL);
	}
}

static void test_a_pause_conflates_state_only(void **state)
{
	struct fixture *fixture = *state;

	publish(fixture, STATE, 1);
	ohtd_hub_subscribe(&fixture->place, 100);
	expect_next(fixture, STATE, "snapshot");
	publish(fixture, STATE, 2);
	fixture->now_ms += 99;
	publish(fixture, STATE, 3);
	expect_next(fixture, STATE, NULL);
	fixture->now_ms++;
	expect_next(fixture, STATE, "\"conflated\":1,");
	publish(fixture, EVENTS, 1);
	ohtd_hub_subscribe(&fixture->place, 100);
	expect_next(fixture, EVENTS, "snapshot");
	publish(fixture, EVENTS, 2);
	expect_next(fixture, EVENTS, "event");
}

static void test_a_whole_channel_has_whole_states(void **state)
{
	struct fixture *fixture = *state;

	ohtd_hub_subscribe(&fixture->place, 0);
	ohtd_hub_listen(fixture->hub, WHOLE, true);
	expect_next(fixture, WHOLE, NULL);
	publish(fixture, WHOLE, 1);
	expect_next(fixture, WHOLE, "{\"a\":1,\"b\":[1,\"}\"],\"age\":0}");
	expect_next(fixture, WHOLE, NULL);
	for (int a = 2; a <= 5; a++)
		publish(fixture, WHOLE, a);
	expect_next(fixture, WHOLE, "{\"a\":5,\"b\":[1,\"}\"],\"age\":0}");
	expect_next(fixture, WHOLE, NULL);
	ohtd_hub_listen(fixture->hub, WHOLE, false);
}

static void test_whole_events_are_not_left_out(void **state)
{
	struct fixture *fixture = *state;

	ohtd_hub_subscribe(&fixture->place, 1000);
	ohtd_hub_listen(fixture->hub, WHOLE_EVENTS, true);
	publish(fixture, WHOLE_EVENTS, 1);
	expect_next(fixture, WHOLE_EVENTS, "{\"a\":1,");
	for (int a = 2; a <= 4; a++)
		publish(fixture, WHOLE_EVENTS, a);
	for (int a = 2; a <= 4; a++) {
		struct ohtd_message *message = ohtd_hub_next(fixture->hub, WHOLE_EVENTS, &fixture->place,
							     fixture->now_ms);

		assert_true(message->event);
		assert_int_equal(message->seq, a);
		assert_int_equal(message->text[5], '0' + a);
		ohtd_message_drop(message);
	}
	/* Farther behind than the ring reaches: that is said, and then comes what is now. */
	for (int a = 0; a <= OHTD_CHANNEL_RING; a++)
		publish(fixture, WHOLE_EVENTS, a);
	expect_next(fixture, WHOLE_EVENTS, "resync");
	expect_next(fixture, WHOLE_EVENTS, "{\"a\":128,");
	expect_next(fixture, WHOLE_EVENTS, NULL);
	ohtd_hub_listen(fixture->hub, WHOLE_EVENTS, false);
}

static void test_nothing_whole_is_kept_for_nobody(void **state)
{
	struct fixture *fixture = *state;

	for (int channel = WHOLE; channel <= WHOLE_EVENTS; channel++) {
		publish(fixture, channel, 1);
		ohtd_hub_subscribe(&fixture->place, 0);
		ohtd_hub_listen(fixture->hub, channel, true);
		expect_next(fixture, channel, NULL);
		publish(fixture, channel, 2);
		expect_next(fixture, channel, "{\"a\":2,");
		ohtd_hub_listen(fixture->hub, channel, false);
		publish(fixture, channel, 3);
		ohtd_hub_subscribe(&fixture->place, 0);
		ohtd_hub_listen(fixture->hub, channel, true);
		expect_next(fixture, channel, NULL);
		publish(fixture, channel, 4);
		expect_next(fixture, channel, "{\"a\":4,");
		ohtd_hub_listen(fixture->hub, channel, false);
	}
}

static void test_resume(void **state)
{
	struct fixture *fixture = *state;

	for (int channel = EVENTS; channel <= STATE; channel++)
		for (int a = 1; a <= 5; a++)
			publish(fixture, channel, a);
	ohtd_hub_resume(fixture->hub, EVENTS, &fixture->place, 0, HUB_EPOCH, 3);
	expect_next(fixture, EVENTS, "\"type\":\"snapshot\",\"channel\":\"stop\",\"seq\":3,");
	expect_next(fixture, EVENTS, "\"seq\":4,");
	expect_next(fixture, EVENTS, "\"seq\":5,");
	expect_next(fixture, EVENTS, NULL);
	ohtd_hub_resume(fixture->hub, STATE, &fixture->place, 0, HUB_EPOCH, 3);
	expect_next(fixture, STATE, "\"recovered\":true,\"data\":{}}");
	expect_next(fixture, STATE, "\"conflated\":1,\"data\":{\"a\":5}}");
	/* The newest one: nothing was missed. */
	ohtd_hub_resume(fixture->hub, EVENTS, &fixture->place, 0, HUB_EPOCH, 5);
	expect_next(fixture, EVENTS, "\"recovered\":true");
	expect_next(fixture, EVENTS, NULL);
}

static void test_an_age_inside_of_a_terse_member_is_not_told(void **state)
{
	struct fixture *fixture = *state;

	ohtd_hub_listen(fixture->hub, TERSE, true);
	publish_two(fixture, 1, 1, 0);
	subscribe_to(fixture, all, 0);
	expect_next(fixture, TERSE, "\"data\":{\"a\":{\"v\":1,\"age\":0},\"b\":{\"v\":1,\"age\":0}}}");
	publish_two(fixture, 1, 1, 7);
	expect_next(fixture, TERSE, NULL);
	publish_two(fixture, 1, 2, 9);
	expect_next(fixture, TERSE, "\"seq\":2,\"ts\":{},\"data\":{\"b\":{\"v\":2,\"age\":9}}}");
	/* Quiet is told all the same, and says nothing. */
	fixture->now_ms += OHTD_QUIET_MS;
	publish_two(fixture, 1, 2, 20);
	expect_next(fixture, TERSE, "\"seq\":3,\"ts\":{},\"data\":{}}");
	/* Whoever comes now gets it as it is. */
	subscribe_to(fixture, all, 0);
	expect_next(fixture, TERSE, "\"data\":{\"a\":{\"v\":1,\"age\":20},\"b\":{\"v\":2,\"age\":20}}}");
	ohtd_hub_listen(fixture->hub, TERSE, false);
}

static void test_only_what_is_wanted_is_told(void **state)
{
	struct fixture *fixture = *state;

	publish_two(fixture, 1, 1, 0);
	subscribe_to(fixture, only_b, 0);
	expect_next(fixture, TERSE, "\"recovered\":false,\"data\":{\"b\":{\"v\":1,\"age\":0}}}");
	publish_two(fixture, 2, 1, 1);
	expect_next(fixture, TERSE, NULL);
	publish_two(fixture, 3, 1, 2);
	expect_next(fixture, TERSE, NULL);
	/* What was left out is counted, so that no number is missing. */
	publish_two(fixture, 4, 2, 3);
	expect_next(fixture, TERSE, "\"seq\":4,\"ts\":{},\"conflated\":2,\"data\":{\"b\":{\"v\":2,\"age\":3}}}");
	publish_two(fixture, 5, 3, 4);
	expect_next(fixture, TERSE, "\"seq\":5,\"ts\":{},\"data\":{\"b\":{\"v\":3,\"age\":4}}}");
	expect_next(fixture, TERSE, NULL);
	/* Others still get all. */
	subscribe_to(fixture, all, 0);
	expect_next(fixture, TERSE, "\"data\":{\"a\":{\"v\":5,");
	publish_two(fixture, 6, 3, 5);
	expect_next(fixture, TERSE, "\"data\":{\"a\":{\"v\":6,\"age\":5}}}");
}

static void test_a_filter_reaches_the_last_member(void **state)
{
	struct fixture *fixture = *state;
	struct oht_set last = { 0 };

	oht_set_add(&last, OHTD_MEMBERS_MAX - 1);
	publish_text(fixture, TERSE, many(OHTD_MEMBERS_MAX, 0), many(OHTD_MEMBERS_MAX, 0));
	subscribe_to(fixture, last, 0);
	expect_next(fixture, TERSE, "\"recovered\":false,\"data\":{\"m127\":0}}");
	publish_text(fixture, TERSE, many(OHTD_MEMBERS_MAX, 63), many(OHTD_MEMBERS_MAX, 63));
	expect_next(fixture, TERSE, NULL);
	publish_text(fixture, TERSE, many(OHTD_MEMBERS_MAX, 127), many(OHTD_MEMBERS_MAX, 127));
	expect_next(fixture, TERSE, "\"conflated\":1,\"data\":{\"m127\":1}}");
}

static void test_a_filter_is_not_silence(void **state)
{
	struct fixture *fixture = *state;

	publish_two(fixture, 1, 1, 0);
	subscribe_to(fixture, only_b, 0);
	expect_next(fixture, TERSE, "snapshot");
	publish_two(fixture, 2, 1, 1);
	fixture->now_ms += OHTD_QUIET_MS - 1;
	expect_next(fixture, TERSE, NULL);
	fixture->now_ms++;
	expect_next(fixture, TERSE, "\"type\":\"update\",\"channel\":\"signals\",\"seq\":2,\"ts\":{},\"data\":{}}");
	expect_next(fixture, TERSE, NULL);
}

static void test_a_filter_with_a_pause_and_a_resume(void **state)
{
	struct fixture *fixture = *state;

	publish_two(fixture, 1, 1, 0);
	subscribe_to(fixture, only_a, 100);
	expect_next(fixture, TERSE, "snapshot");
	publish_two(fixture, 2, 1, 1);
	expect_next(fixture, TERSE, NULL);
	publish_two(fixture, 2, 2, 2);
	fixture->now_ms += 100;
	expect_next(fixture, TERSE, "\"seq\":3,\"ts\":{},\"conflated\":1,\"data\":{\"a\":{\"v\":2,\"age\":2}}}");
	publish_two(fixture, 3, 3, 3);
	ohtd_hub_resume(fixture->hub, TERSE, &fixture->place, 0, HUB_EPOCH, 3);
	fixture->place.wanted = only_a;
	expect_next(fixture, TERSE, "\"seq\":3,\"ts\":{},\"recovered\":true,\"data\":{}}");
	expect_next(fixture, TERSE, "\"seq\":4,\"ts\":{},\"data\":{\"a\":{\"v\":3,\"age\":3}}}");
	/* What is not known any more: all that is wanted. */
	for (int b = 4; b <= OHTD_CHANNEL_RING + 6; b++)
		publish_two(fixture, 3, b, b);
	expect_next(fixture, TERSE, "\"data\":{\"a\":{\"v\":3,");
	expect_next(fixture, TERSE, NULL);
}

static void test_listeners_are_counted_by_channel(void **state)
{
	struct fixture *fixture = *state;

	ohtd_hub_listen(fixture->hub, STATE, true);
	ohtd_hub_listen(fixture->hub, TERSE, true);
	ohtd_hub_listen(fixture->hub, TERSE, true);
	assert_int_equal(ohtd_hub_listeners(fixture->hub, EVENTS), 0);
	assert_int_equal(ohtd_hub_listeners(fixture->hub, STATE), 1);
	assert_int_equal(ohtd_hub_listeners(fixture->hub, TERSE), 2);
	ohtd_hub_listen(fixture->hub, TERSE, false);
	ohtd_hub_listen(fixture->hub, STATE, false);
	assert_int_equal(ohtd_hub_listeners(fixture->hub, STATE), 0);
	assert_int_equal(ohtd_hub_listeners(fixture->hub, TERSE), 1);
}

static void test_what_cannot_be_resumed(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		uint64_t epoch, seq;
	} wrong[] = { { HUB_EPOCH + 1, 3 }, { HUB_EPOCH, 0 }, { HUB_EPOCH, 1ull << 53 }, { HUB_EPOCH, 1 } };

	for (int a = 1; a <= OHTD_CHANNEL_RING + 2; a++)
		publish(fixture, EVENTS, a);
	for (size_t i = 0; i < 4; i++) {
		ohtd_hub_resume(fixture->hub, EVENTS, &fixture->place, 0, wrong[i].epoch, wrong[i].seq);
		expect_next(fixture, EVENTS, "{\"type\":\"resync\",\"channel\":\"stop\"}");
		expect_next(fixture, EVENTS, "\"recovered\":false");
		expect_next(fixture, EVENTS, NULL);
	}
	/* The oldest that goes. */
	ohtd_hub_resume(fixture->hub, EVENTS, &fixture->place, 0, HUB_EPOCH, 2);
	expect_next(fixture, EVENTS, "\"recovered\":true");
	expect_next(fixture, EVENTS, "\"seq\":3,");
}

static void test_a_subscriber_who_was_overtaken_begins_anew(void **state)
{
	struct fixture *fixture = *state;

	publish(fixture, EVENTS, 1);
	ohtd_hub_subscribe(&fixture->place, 0);
	expect_next(fixture, EVENTS, "snapshot");
	for (int a = 2; a <= OHTD_CHANNEL_RING + 3; a++)
		publish(fixture, EVENTS, a);
	expect_next(fixture, EVENTS, "resync");
	expect_next(fixture, EVENTS, "snapshot");
	publish(fixture, STATE, 1);
	ohtd_hub_subscribe(&fixture->place, 0);
	expect_next(fixture, STATE, "snapshot");
	for (int a = 2; a <= OHTD_CHANNEL_RING + 3; a++)
		publish(fixture, STATE, a);
	/* What has changed is not known any more, so everything is told. */
	expect_next(fixture, STATE, "\"conflated\":129,\"data\":{\"a\":131,\"b\":");
}

static void test_how_long_an_event_waits(void **state)
{
	struct fixture *fixture = *state;

	publish(fixture, EVENTS, 1);
	ohtd_hub_subscribe(&fixture->place, 0);
	assert_int_equal(ohtd_hub_event_waits_ms(fixture->hub, EVENTS, &fixture->place), 0);
	expect_next(fixture, EVENTS, "snapshot");
	assert_int_equal(ohtd_hub_event_waits_ms(fixture->hub, EVENTS, &fixture->place), 0);
	ohtd_hub_listen(fixture->hub, STATE, true);
	fixture->now_ms += OHTD_QUIET_MS;
	publish(fixture, EVENTS, 1);
	assert_int_equal(ohtd_hub_event_waits_ms(fixture->hub, EVENTS, &fixture->place), 0);
	fixture->now_ms += 10;
	publish(fixture, EVENTS, 2);
	fixture->now_ms += 10;
	publish(fixture, EVENTS, 3);
	assert_int_equal(ohtd_hub_event_waits_ms(fixture->hub, EVENTS, &fixture->place),
			 fixture->now_ms - 10);
}

static void test_epoch(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(ohtd_hub_epoch(fixture->hub), HUB_EPOCH);
}

#define TEST(test_)	cmocka_unit_test_setup_teardown(test_, hub_set_up, hub_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_members),
		TEST(test_each_of_many_members_is_seen),
		TEST(test_frames),
		TEST(test_a_snapshot_then_what_changes),
		TEST(test_quiet_is_told_while_somebody_listens),
		TEST(test_each_version_is_published_once),
		TEST(test_state_is_conflated_and_events_are_not),
		TEST(test_a_pause_conflates_state_only),
		TEST(test_a_whole_channel_has_whole_states),
		TEST(test_whole_events_are_not_left_out),
		TEST(test_nothing_whole_is_kept_for_nobody),
		TEST(test_resume),
		TEST(test_an_age_inside_of_a_terse_member_is_not_told),
		TEST(test_only_what_is_wanted_is_told),
		TEST(test_a_filter_reaches_the_last_member),
		TEST(test_a_filter_is_not_silence),
		TEST(test_a_filter_with_a_pause_and_a_resume),
		TEST(test_listeners_are_counted_by_channel),
		TEST(test_what_cannot_be_resumed),
		TEST(test_a_subscriber_who_was_overtaken_begins_anew),
		TEST(test_how_long_an_event_waits),
		TEST(test_epoch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
