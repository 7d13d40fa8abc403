// SPDX-License-Identifier: GPL-2.0-or-later
/* The description of messages refuses a state that the hub could not publish. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "api/api.h"
#include "describe/asyncapi.h"
#include "live/channels.h"
#include "live/members.h"
#include "views/scene.h"

struct large {
	int64_t number[OHTD_MEMBERS_MAX + 1];
};

static struct ohtd_member members[OHTD_MEMBERS_MAX + 1];
static struct ohtd_shape part = { .name = "Part", .bytes = sizeof(struct large), .members = members, .count = OHTD_MEMBERS_MAX - 1 };
static const struct ohtd_member outer[] = {
	{ .name = "first", .key = "\"first\":", .key_bytes = 8, .type = OHTD_IS_INTEGER, .offset = 0, .summary = "A number" },
	{ .name = "part", .key = "\"part\":", .key_bytes = 7, .type = OHTD_IS_PART, .shape = &part, .summary = "More numbers" },
};
static const struct ohtd_shape large_shape = { .name = "Large", .bytes = sizeof(struct large), .members = outer, .count = 2 };

static void a_state_with_more_members_than_the_hub_takes_is_refused(void **state)
{
	static char names[OHTD_MEMBERS_MAX + 1][16], keys[OHTD_MEMBERS_MAX + 1][16];
	const struct ohtd_view view = { .shape = &large_shape };
	struct ohtd_channel_table table = ohtd_channel_table;
	char why[256], *text;
	size_t bytes;

	(void)state;
	for (unsigned int i = 0; i <= OHTD_MEMBERS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "n%u", i);
		members[i] = (struct ohtd_member){
			.name = names[i], .key = keys[i], .key_bytes = (unsigned int)snprintf(keys[i], sizeof(keys[i]), "\"n%u\":", i),
			.type = OHTD_IS_INTEGER, .offset = i * sizeof(int64_t), .summary = "A number",
		};
	}
	table.channels[OHTD_CHANNEL_BUS].view = &view;
	ohtd_channels_set(&table);
	text = ohtd_asyncapi_make(&bytes, why, sizeof(why));
	assert_non_null(text);
	free(text);
	part.count++;
	assert_null(ohtd_asyncapi_make(&bytes, why, sizeof(why)));
	assert_string_equal(why, "channel bus: its state has 129 members, more than OHTD_MEMBERS_MAX, 128");
	part.count--;
	ohtd_channels_set(&ohtd_channel_table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_state_with_more_members_than_the_hub_takes_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
