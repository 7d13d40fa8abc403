// SPDX-License-Identifier: GPL-2.0-or-later
/* What a viewer says in Foxglove's protocol, and what it offers in its handshake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "http/accept.h"
#include "live/foxglove_say.h"

static struct ohtd_foxglove_said read_text(const char *text)
{
	struct ohtd_foxglove_said said;

	ohtd_foxglove_read(&said, text, strlen(text));
	return said;
}

static void test_subscribe(void **state)
{
	struct ohtd_foxglove_said said = read_text(
		"{\"op\":\"subscribe\",\"subscriptions\":[{\"id\":0,\"channelId\":3},{\"channelId\":1,\"id\":4294967295}]}");

	(void)state;
	assert_int_equal(said.op, OHTD_FOXGLOVE_SUBSCRIBE);
	assert_int_equal(said.count, 2);
	assert_int_equal(said.wishes[0].id, 0);
	assert_int_equal(said.wishes[0].channel, 3);
	assert_int_equal(said.wishes[1].id, 4294967295u);
	assert_int_equal(said.wishes[1].channel, 1);
	said = read_text("{\"op\":\"subscribe\",\"subscriptions\":[]}");
	assert_int_equal(said.op, OHTD_FOXGLOVE_SUBSCRIBE);
	assert_int_equal(said.count, 0);
}

static void test_unsubscribe(void **state)
{
	struct ohtd_foxglove_said said = read_text("{\"op\":\"unsubscribe\",\"subscriptionIds\":[7,0]}");

	(void)state;
	assert_int_equal(said.op, OHTD_FOXGLOVE_UNSUBSCRIBE);
	assert_int_equal(said.count, 2);
	assert_int_equal(said.wishes[0].id, 7);
	assert_int_equal(said.wishes[1].id, 0);
}

static void test_sixty_four_at_once(void **state)
{
	char text[1024];

	(void)state;
	for (size_t count = 64; count <= 65; count++) {
		size_t used = (size_t)sprintf(text, "{\"op\":\"unsubscribe\",\"subscriptionIds\":[");
		struct ohtd_foxglove_said said;

		for (size_t i = 0; i < count; i++)
			used += (size_t)sprintf(text + used, "%s%zu", i ? "," : "", i);
		strcpy(text + used, "]}");
		said = read_text(text);
		assert_int_equal(said.op, count == 64 ? OHTD_FOXGLOVE_UNSUBSCRIBE : OHTD_FOXGLOVE_REFUSED);
		assert_int_equal(said.count, count == 64 ? 64 : 0);
	}
}

static void test_refusals(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} wrong[] = {
		{ "", "byte 0" }, { "[]", "no JSON object" }, { "7", "no JSON object" }, { "null", "no JSON object" },
		{ "{\"op\":\"subscribe\"", "byte" }, { "{}", "op is missing" }, { "{\"op\":[]}", "op is missing" },
		{ "{\"op\":\"fly\"}", "'fly' is no operation" }, { "{\"op\":\"Subscribe\"}", "no operation" },
		{ "{\"op\":\"subscribe\",\"subscriptions\":null}", "subscriptions is missing" },
		{ "{\"op\":\"subscribe\",\"subscriptions\":[{\"id\":1,\"channelId\":1},{}]}", "subscriptions[1]" },
		{ "{\"op\":\"subscribe\",\"subscriptions\":[{\"id\":4294967296,\"channelId\":1}]}", "subscriptions[0]" },
		{ "{\"op\":\"subscribe\",\"subscriptions\":[{\"id\":1,\"channelId\":-1}]}", "subscriptions[0]" },
		{ "{\"op\":\"subscribe\",\"subscriptions\":[{\"id\":true,\"channelId\":1}]}", "subscriptions[0]" },
		{ "{\"op\":\"unsubscribe\",\"subscriptionIds\":[9223372036854775807]}", "subscriptionIds[0]" },
		{ "{\"op\":\"unsubscribe\",\"subscriptionIds\":[1.5]}", "subscriptionIds[0]" },
		{ "{\"op\":\"advertise\",\"channels\":[]}", "advertise: nothing can be sent" },
		{ "{\"op\":\"fetchAsset\"}", "no assets" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct ohtd_foxglove_said said = read_text(wrong[i].text);

		assert_int_equal(said.op, OHTD_FOXGLOVE_REFUSED);
		assert_int_equal(said.count, 0);
		if (!strstr(said.why, wrong[i].why))
			fail_msg("%s: %s", wrong[i].text, said.why);
	}
}

static void test_offers(void **state)
{
	static const char *const known[] = { "a.v1", "b.v1", NULL };
	static const char *const none[] = { "", ",", " ,\t", "a.v", "a.v11", "A.V1", "a.v1;q=1", "x, y", "a .v1" };

	(void)state;
	assert_string_equal(ohtd_accept_first("a.v1", known), "a.v1");
	assert_string_equal(ohtd_accept_first("b.v1, a.v1", known), "b.v1");
	assert_string_equal(ohtd_accept_first("x,,\ty , a.v1,b.v1", known), "a.v1");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_null(ohtd_accept_first(none[i], known));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_subscribe),
		cmocka_unit_test(test_unsubscribe),
		cmocka_unit_test(test_sixty_four_at_once),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_offers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
