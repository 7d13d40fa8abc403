// SPDX-License-Identifier: GPL-2.0-or-later
#include "hub_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

const struct ohtd_channel_kind hub_kinds[CHANNELS] = {
	{ "stop", true }, { "place", false }, { "signals", .terse = true },
	{ "/place", .whole = true }, { "/stop", .events = true, .prompt = true, .whole = true },
};

int hub_set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->hub = ohtd_hub_create(hub_kinds, CHANNELS, HUB_EPOCH);
	fixture->now_ms = 5000;
	*state = fixture;
	return fixture->hub ? 0 : -1;
}

int hub_tear_down(void **state)
{
	struct fixture *fixture = *state;

	ohtd_hub_destroy(fixture->hub);
	free(fixture);
	return 0;
}

void publish_text(struct fixture *fixture, int channel, const char *text, const char *key)
{
	struct ohtd_moment moment = { .version = ++fixture->version, .ts = "{}", .now_ms = fixture->now_ms };
	struct ohtd_channel_state state = { text, strlen(text), key, strlen(key) };

	assert_true(ohtd_hub_begin(fixture->hub, fixture->version, fixture->now_ms));
	ohtd_hub_publish(fixture->hub, channel, &state, &moment);
	ohtd_hub_end(fixture->hub, &moment);
}

void publish_at(struct fixture *fixture, int channel, int a, int age)
{
	char text[64], key[64];

	snprintf(text, sizeof(text), "{\"a\":%d,\"b\":[1,\"}\"],\"age\":%d}", a, age);
	snprintf(key, sizeof(key), "{\"a\":%d}", a);
	publish_text(fixture, channel, text, key);
}

void publish(struct fixture *fixture, int channel, int a)
{
	publish_at(fixture, channel, a, 0);
}

void stay_quiet(struct fixture *fixture, int channel, int a, int rounds)
{
	ohtd_hub_listen(fixture->hub, STATE, true);
	for (int age = 1; age <= rounds; age++) {
		fixture->now_ms += OHTD_QUIET_MS;
		publish_at(fixture, channel, a, age);
	}
	ohtd_hub_listen(fixture->hub, STATE, false);
}

void resume(struct fixture *fixture, int channel, uint64_t seq)
{
	ohtd_hub_resume(fixture->hub, channel, &fixture->place, 0, HUB_EPOCH, seq);
}

void expect_next(struct fixture *fixture, int channel, const char *text)
{
	struct ohtd_message *message = ohtd_hub_next(fixture->hub, channel, &fixture->place,
						     fixture->now_ms);

	if (!text) {
		assert_null(message);
		return;
	}
	assert_non_null(message);
	if (!memmem(message->text, message->text_bytes, text, strlen(text)))
		fail_msg("%s is not in %.*s", text, (int)message->text_bytes, message->text);
	ohtd_message_drop(message);
}
