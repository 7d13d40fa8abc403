// SPDX-License-Identifier: GPL-2.0-only
/* The table of what is heard, on the kernel's engine: each character by itself, and as a FIFO hands them over. */
#include <kunit/test.h>
#include <linux/kernel.h>

#include "../../kernel/tests/engine_fake.h"
#include "heard_cases.h"

#define UNIT		4
#define PAUSE_MAX_US	8000
#define GAP_NS		(5 * FAKE_MS)
/* Longer than the time-out of fake_xfer(). */
#define SILENCE_NS	(60 * FAKE_MS)
#define END_OF_TEXT	-3

static const u8 details[] = {
	[OHT_DETAIL_OK] = HEARD_OK, [OHT_DETAIL_EXCEPTION] = HEARD_EXCEPTION, [OHT_DETAIL_TIMEOUT] = HEARD_TIMEOUT,
	[OHT_DETAIL_SHORT] = HEARD_SHORT, [OHT_DETAIL_PAUSED] = HEARD_SHORT, [OHT_DETAIL_CRC] = HEARD_CRC,
	[OHT_DETAIL_LENGTH] = HEARD_LENGTH, [OHT_DETAIL_UNIT] = HEARD_OTHER_UNIT,
	[OHT_DETAIL_FUNCTION] = HEARD_OTHER_FUNCTION, [OHT_DETAIL_ECHO] = HEARD_OTHER_ECHO,
};

static const struct oht_xfer requests[HEARD_REQUESTS] = {
	[HEARD_READ] = { .unit = UNIT, .function = 3, .address = 0x0100, .count = 2 },
	[HEARD_WRITE_ONE] = { .unit = UNIT, .function = 6, .address = 0x0008, .count = 1, .words = { 7 } },
	[HEARD_WRITE_MORE] = { .unit = UNIT, .function = 16, .address = 0x0008, .count = 2, .words = { 1, 2 } },
	[HEARD_WRITE_ALL] = { .function = 6, .address = 0x0008, .count = 1, .words = { 7 } },
};

static const u8 echoes[] = {
	[HEARD_UNKNOWN] = OHT_ECHO_UNKNOWN, [HEARD_NO_ECHO] = OHT_ECHO_NO, [HEARD_ECHO] = OHT_ECHO_YES,
};

/* The FIFO of the fake tells of less than its level only behind the last character of all. */
static bool is_told(const struct heard_case *c, unsigned int level)
{
	return level == 1 || (!strchr(c->behind, GAP[0]) && !strchr(c->behind, SILENCE[0]));
}

static void say(const char *text, u64 at_ns)
{
	u8 data;
	int next;

	while ((next = heard_next(&text)) != END_OF_TEXT) {
		data = (u8)next;
		if (next >= 0)
			at_ns = fake_say(at_ns, &data, 1);
		else
			at_ns += next == -1 ? GAP_NS : SILENCE_NS;
	}
}

static struct oht_xfer *exchange(struct kunit *test, const struct heard_case *c, unsigned int level)
{
	const struct oht_engine_policy policy = { .set = true, .timeout_us = 50000, .pause_max_us = PAUSE_MAX_US };
	const struct oht_xfer *request = &requests[c->request];
	struct oht_xfer *x;

	fake_init(test, 115200);
	fake.rx_level = level;
	fake.engine.echo = echoes[c->line];
	KUNIT_ASSERT_EQ(test, oht_engine_set_policy(&fake.engine, UNIT, &policy), 0);
	x = fake_xfer(0, request->unit, request->function, request->address, request->count);
	memcpy(x->words, request->words, sizeof(x->words));
	fake_submit(0);
	while (!fake.frame_count)
		fake_step(FAKE_NEVER);
	say(c->beside, fake_last()->start_ns);
	say(c->behind, fake_last()->end_ns + FAKE_MS);
	fake_run_done(0);
	return x;
}

static void the_engine_judges_by_the_table(struct kunit *test)
{
	static const unsigned int levels[] = { 1, 4, 14 };
	unsigned int i, wrong = 0;

	for (i = 0; i < HEARD_CASES * ARRAY_SIZE(levels); i++) {
		const struct heard_case *c = &heard_cases[i / ARRAY_SIZE(levels)];
		unsigned int level = levels[i % ARRAY_SIZE(levels)];
		struct oht_xfer *x;

		if (!is_told(c, level))
			continue;
		x = exchange(test, c, level);
		if (details[x->detail] == c->outcome &&
		    (c->outcome != HEARD_OK || c->request != HEARD_READ || (x->words[0] == 4 && x->words[1] == 5)))
			continue;
		print_error("%s, %u at once: detail %u\n", c->name, level, x->detail);
		wrong++;
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

static struct kunit_case heard_kernel_cases[] = {
	KUNIT_CASE(the_engine_judges_by_the_table),
	{ }
};

static struct kunit_suite heard_kernel_suite = {
	.name = "heard_kernel",
	.test_cases = heard_kernel_cases,
};
kunit_test_suites(&heard_kernel_suite);
