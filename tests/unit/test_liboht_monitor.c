// SPDX-License-Identifier: GPL-2.0-or-later
/* liboht: notifications in any shape that a kernel, or somebody else, may send them; every loss. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include <linux/genetlink.h>

#include "fake_link.h"
#include "oht_monitor.h"

#define SOON_MS	10

static struct oht_monitor *monitor;
static struct oht_news news;

/* oht0 with a bus; five entries were there before. */
static int setup(void **state)
{
	(void)state;
	fake_link_install();
	fake_link.devices[0] = (struct fake_netlink_device){ true, true, 5, 5, 5 };
	memset(&news, 0, sizeof(news));
	monitor = oht_monitor_open(OHT_MONITOR_SAFETY | OHT_MONITOR_BUS);
	return monitor ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	oht_monitor_close(monitor);
	return fake_link.opens - fake_link.closes;
}

static void expect(uint32_t type, uint32_t device, uint64_t seq)
{
	assert_int_equal(oht_monitor_read(monitor, &news, 0), 1);
	assert_int_equal(news.type, type);
	assert_int_equal(news.device, device);
	assert_int_equal(news.seq, seq);
}

static void expect_lost(uint32_t of, uint32_t device, uint64_t first, uint64_t count)
{
	expect(OHT_NEWS_LOST, device, first);
	assert_int_equal(news.lost.of, of);
	assert_int_equal(news.lost.count, count);
}

static void expect_nothing(void)
{
	assert_int_equal(oht_monitor_read(monitor, &news, 0), 0);
}

/* ---- what they say ---- */

static void test_all_types(void **state)
{
	(void)state;
	fake_news_safety(0, 6);
	fake_news_unit(0, 6);
	fake_news_cycle(0, 6);
	expect(OHT_NEWS_SAFETY, 0, 6);
	assert_int_equal(news.safety.journal_seq, 6);
	assert_int_equal(news.safety.kind, OHT_KIND_STOP);
	assert_int_equal(news.safety.cause, OHT_STOPPED_BY_BUTTON_A);
	assert_int_equal(news.safety.state_from, OHT_STATE_ENABLED);
	assert_int_equal(news.safety.state_to, OHT_STATE_STOPPED);
	assert_int_equal(news.safety.inputs, OHT_IN_B);
	assert_int_equal(news.safety.low_ns - news.safety.event_ns, 2500);
	assert_int_equal(news.time_ns, news.safety.event_ns);
	expect(OHT_NEWS_UNIT, 0, 6);
	assert_int_equal(news.unit.unit, FAKE_UNIT);
	assert_int_equal(news.unit.from, OHT_UNIT_GOOD);
	assert_int_equal(news.unit.to, OHT_UNIT_DEGRADED);
	assert_int_equal(news.unit.outcome, OHT_OUTCOME_TIMEOUT);
	assert_int_equal(news.unit.errors_in_row, 3);
	expect(OHT_NEWS_CYCLE, 0, 6);
	assert_int_equal(news.cycle.cycle, 900);
	assert_int_equal(news.cycle.count, 4);
	assert_int_equal(news.cycle.entry, 1);
	assert_int_equal(news.cycle.unit, FAKE_UNIT);
	expect_nothing();
}

static void test_older_program(void **state)
{
	(void)state;
	fake_news_safety(0, 6);
	news.safety.kind = 77;
	assert_int_equal(oht_monitor_read_sized(monitor, &news, offsetof(struct oht_news, safety), 0), 1);
	assert_int_equal(news.seq, 6);
	assert_int_equal(news.safety.kind, 77);
}

/* ---- losses ---- */

static void test_gap(void **state)
{
	(void)state;
	fake_news_safety(0, 6);
	fake_news_safety(0, 10);
	fake_news_unit(0, 6);
	expect(OHT_NEWS_SAFETY, 0, 6);
	expect_lost(OHT_NEWS_SAFETY, 0, 7, 3);
	expect(OHT_NEWS_SAFETY, 0, 10);
	expect(OHT_NEWS_UNIT, 0, 6);
	expect_nothing();
}

static void test_gap_at_the_beginning(void **state)
{
	(void)state;
	fake_news_cycle(0, 8);
	expect_lost(OHT_NEWS_CYCLE, 0, 6, 2);
	expect(OHT_NEWS_CYCLE, 0, 8);
}

/* The socket's complaint says nothing, and ends nothing. */
static void test_no_buffers(void **state)
{
	(void)state;
	fake_news_safety(0, 6);
	fake_news_error(ENOBUFS);
	fake_news_safety(0, 7);
	fake_news_error(ENOBUFS);
	fake_news_safety(0, 9);
	expect(OHT_NEWS_SAFETY, 0, 6);
	expect(OHT_NEWS_SAFETY, 0, 7);
	expect_lost(OHT_NEWS_SAFETY, 0, 8, 1);
	expect(OHT_NEWS_SAFETY, 0, 9);
	expect_nothing();
}

static void test_other_error(void **state)
{
	(void)state;
	fake_news_error(ENOMEM);
	assert_int_equal(oht_monitor_read(monitor, &news, 0), -1);
	assert_int_equal(errno, ENOMEM);
	fake_news_safety(0, 6);
	expect(OHT_NEWS_SAFETY, 0, 6);
}

/* A driver that was bound anew counts anew: not 2^64 are missing. */
static void test_bound_anew(void **state)
{
	(void)state;
	fake_news_safety(0, 6);
	fake_news_safety(0, 1);
	fake_news_safety(0, 2);
	fake_news_safety(0, 2);
	expect(OHT_NEWS_SAFETY, 0, 6);
	expect(OHT_NEWS_SAFETY, 0, 1);
	expect(OHT_NEWS_SAFETY, 0, 2);
	/* Anew once more, and its first one is missing. */
	expect_lost(OHT_NEWS_SAFETY, 0, 1, 1);
	expect(OHT_NEWS_SAFETY, 0, 2);
	expect_nothing();
}

/* And before anything has come of it. */
static void test_bound_anew_at_the_beginning(void **state)
{
	(void)state;
	fake_news_safety(0, 3);
	expect_lost(OHT_NEWS_SAFETY, 0, 1, 2);
	expect(OHT_NEWS_SAFETY, 0, 3);
}

/* Made before we had asked, and told late because somebody else was listening. */
static void test_told_late(void **state)
{
	(void)state;
	fake_news_safety_begin(0, 4);
	fake_news_u64(OHT_A_TIME_NS, 1);
	fake_news_send(0, 0, false);
	fake_news_safety(0, 5);
	fake_news_safety(0, 6);
	expect(OHT_NEWS_SAFETY, 0, 4);
	expect(OHT_NEWS_SAFETY, 0, 5);
	expect(OHT_NEWS_SAFETY, 0, 6);
	expect_nothing();
}

static void test_a_device_that_comes(void **state)
{
	(void)state;
	fake_news_safety(3, 1);
	fake_news_safety(3, 4);
	fake_news_safety(0, 6);
	expect(OHT_NEWS_SAFETY, 3, 1);
	expect_lost(OHT_NEWS_SAFETY, 3, 2, 2);
	expect(OHT_NEWS_SAFETY, 3, 4);
	expect(OHT_NEWS_SAFETY, 0, 6);
}

static void test_losses_at_the_end(void **state)
{
	(void)state;
	fake_news_safety(0, 6);
	fake_link.devices[0].safety_seq = 9;
	fake_link.devices[0].unit_seq = 6;
	fake_link.devices[2] = (struct fake_netlink_device){ true, false, 1, 0, 0 };
	assert_int_equal(oht_monitor_settle(monitor), 0);
	expect(OHT_NEWS_SAFETY, 0, 6);
	/* In the time that it is given. */
	fake_news_safety(0, 7);
	expect(OHT_NEWS_SAFETY, 0, 7);
	expect_lost(OHT_NEWS_SAFETY, 0, 8, 2);
	expect_lost(OHT_NEWS_UNIT, 0, 6, 1);
	expect_lost(OHT_NEWS_SAFETY, 2, 1, 1);
	expect_nothing();
	/* Told once; and what comes all the same afterwards is of a new life or none. */
	fake_news_safety(0, 10);
	expect(OHT_NEWS_SAFETY, 0, 10);
}

static void test_nothing_lost_at_the_end(void **state)
{
	(void)state;
	fake_news_unit(0, 6);
	fake_link.devices[0].unit_seq = 6;
	assert_int_equal(oht_monitor_settle(monitor), 0);
	expect(OHT_NEWS_UNIT, 0, 6);
	/* Without waiting. */
	assert_int_equal(oht_monitor_read(monitor, &news, 1000000), 0);
}

static void test_end_after_a_new_life(void **state)
{
	(void)state;
	fake_link.devices[0].safety_seq = 2;
	assert_int_equal(oht_monitor_settle(monitor), 0);
	fake_news_safety(0, 1);
	expect(OHT_NEWS_SAFETY, 0, 1);
	expect_lost(OHT_NEWS_SAFETY, 0, 2, 1);
	expect_nothing();
	fake_link.devices[0].unit_seq = 3;
	assert_int_equal(oht_monitor_settle(monitor), 0);
	expect_lost(OHT_NEWS_UNIT, 0, 1, 3);
	expect_nothing();
}

static void test_end_of_a_device_that_has_gone(void **state)
{
	(void)state;
	fake_link.devices[0].there = false;
	assert_int_equal(oht_monitor_settle(monitor), 0);
	assert_int_equal(oht_monitor_read(monitor, &news, SOON_MS), 0);
	fake_link.answer_error = ENOENT;
	assert_int_equal(oht_monitor_settle(monitor), -1);
	assert_int_equal(errno, ENOENT);
}

/* ---- a module that is removed and loaded again ---- */

/* From now on the family has another number, and oht0 counts anew. */
static void load_again(void)
{
	fake_news_family(CTRL_CMD_DELFAMILY, OHT_GENL_NAME);
	fake_link.family++;
	fake_link.groups = 0;
	fake_link.devices[0] = (struct fake_netlink_device){ true, true, 0, 0, 0 };
}

/* What it told before the groups were joined again is lost, and counted. */
static void test_loaded_again(void **state)
{
	(void)state;
	fake_news_safety(0, 6);
	load_again();
	fake_news_family(CTRL_CMD_NEWFAMILY, OHT_GENL_NAME);
	fake_news_safety(0, 3);
	fake_news_cycle(0, 1);
	expect(OHT_NEWS_SAFETY, 0, 6);
	expect_lost(OHT_NEWS_SAFETY, 0, 1, 2);
	expect(OHT_NEWS_SAFETY, 0, 3);
	expect(OHT_NEWS_CYCLE, 0, 1);
	expect_nothing();
	assert_int_equal(fake_link.groups, OHT_MONITOR_SAFETY | OHT_MONITOR_BUS);
	/* At the end it is asked by its new number. */
	fake_link.devices[0].safety_seq = 5;
	assert_int_equal(oht_monitor_settle(monitor), 0);
	expect_lost(OHT_NEWS_SAFETY, 0, 4, 2);
	expect_nothing();
}

/* When the word of it was lost with others. */
static void test_loaded_again_unheard(void **state)
{
	(void)state;
	fake_news_error(ENOBUFS);
	fake_news_safety(0, 6);
	load_again();
	expect(OHT_NEWS_SAFETY, 0, 6);
	expect_nothing();
	fake_news_safety(0, 2);
	expect_lost(OHT_NEWS_SAFETY, 0, 1, 1);
	expect(OHT_NEWS_SAFETY, 0, 2);
	assert_int_equal(fake_link.renewals, 1);
}

static void test_not_loaded_again(void **state)
{
	(void)state;
	/* It goes; another one comes; somebody says so who is not the kernel; a message is cut short. */
	fake_news_family(CTRL_CMD_DELFAMILY, OHT_GENL_NAME);
	fake_news_family(CTRL_CMD_NEWFAMILY, "oht2");
	fake_news_begin(GENL_ID_CTRL, CTRL_CMD_NEWFAMILY);
	fake_news_bytes(CTRL_ATTR_FAMILY_NAME, OHT_GENL_NAME, sizeof(OHT_GENL_NAME));
	fake_news_send(4711, 0, false);
	fake_news_begin(GENL_ID_CTRL, CTRL_CMD_NEWFAMILY);
	fake_news_send(0, GENL_HDRLEN, true);
	expect_nothing();
	assert_int_equal(fake_link.renewals, 0);
	/* It has gone again before we could join. */
	fake_link.renew_error = ENOENT;
	fake_news_family(CTRL_CMD_NEWFAMILY, OHT_GENL_NAME);
	expect_nothing();
	/* Who can hear no more is told. */
	fake_link.renew_error = ENOMEM;
	fake_news_family(CTRL_CMD_NEWFAMILY, OHT_GENL_NAME);
	assert_int_equal(oht_monitor_read(monitor, &news, 0), -1);
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(fake_link.renewals, 2);
}

/* Only of the groups that were joined. */
static void test_one_group(void **state)
{
	(void)state;
	oht_monitor_close(monitor);
	monitor = oht_monitor_open(OHT_MONITOR_SAFETY);
	assert_int_equal(fake_link.groups, OHT_MONITOR_SAFETY);
	fake_link.devices[0].unit_seq = 100;
	fake_link.devices[0].cycle_seq = 100;
	assert_int_equal(oht_monitor_settle(monitor), 0);
	assert_int_equal(oht_monitor_read(monitor, &news, SOON_MS), 0);
}

/* ---- hostile bytes ---- */

/* Thrown away, and the next one tells that something is missing. */
static void expect_thrown_away(void)
{
	fake_news_safety(0, 7);
	expect_lost(OHT_NEWS_SAFETY, 0, 6, 1);
	expect(OHT_NEWS_SAFETY, 0, 7);
	expect_nothing();
	oht_monitor_close(monitor);
	monitor = oht_monitor_open(OHT_MONITOR_SAFETY | OHT_MONITOR_BUS);
}

static void test_other_senders(void **state)
{
	(void)state;
	fake_news_safety_begin(0, 6);
	fake_news_send(4711, 0, false);
	expect_thrown_away();
	fake_news_begin(fake_link.family + 1, OHT_CMD_SAFETY_NTF);
	fake_news_send(0, 0, false);
	expect_thrown_away();
}

/* At every byte, with the length that it had and with the length that is left. */
static void test_cut_short(void **state)
{
	size_t cut;
	int said;

	(void)state;
	/* All but the last attribute, OHT_A_LOW_NS, must be there: 4 bytes of head and 8 of value. */
	for (said = 0; said < 2; said++) {
		for (cut = 1; cut <= 108; cut++) {
			if (said && cut == 12)
				continue;
			fake_news_safety_begin(0, 6);
			fake_news_send(0, cut, said);
			expect_thrown_away();
		}
	}
}

static void test_wrong_lengths(void **state)
{
	static const uint16_t attributes[] = {
		OHT_A_DEVICE, OHT_A_SEQ, OHT_A_TIME_NS, OHT_A_KIND, OHT_A_STATE_FROM, OHT_A_STATE,
		OHT_A_CAUSE, OHT_A_CAUSES, OHT_A_INPUTS, OHT_A_OUTPUTS, OHT_A_LOW_NS,
	};
	static const size_t lengths[] = { 0, 1, 3, 5, 7, 9, 16 };
	const uint64_t zeros[2] = { 0 };
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		for (j = 0; j < sizeof(lengths) / sizeof(lengths[0]); j++) {
			fake_news_safety_begin(0, 6);
			fake_news_bytes(attributes[i], zeros, lengths[j]);
			fake_news_send(0, 0, false);
			expect_thrown_away();
		}
	}
}

/* The head of an attribute that says that it is longer than what is left, or shorter than its head. */
static void test_lying_lengths(void **state)
{
	static const uint16_t lengths[] = { 0, 1, 3, 5, 64, 0x7fff, 0xffff };
	uint16_t head[2] = { 0, OHT_A_NAME };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		head[0] = lengths[i];
		fake_news_safety_begin(0, 6);
		fake_news_raw(head, sizeof(head));
		fake_news_send(0, 0, false);
		expect_thrown_away();
	}
}

static void test_out_of_range(void **state)
{
	static const struct { uint16_t attribute; uint32_t value; } wrong[] = {
		{ OHT_A_STATE, 256 }, { OHT_A_STATE_FROM, UINT32_MAX }, { OHT_A_INPUTS, 256 },
		{ OHT_A_OUTPUTS, 65536 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		fake_news_safety_begin(0, 6);
		fake_news_u32(wrong[i].attribute, wrong[i].value);
		fake_news_send(0, 0, false);
		expect_thrown_away();
	}
	fake_news_safety_begin(0, 0);
	fake_news_send(0, 0, false);
	expect_thrown_away();
}

/* Of a newer kernel: words that are not known are no reason to throw the others away. */
static void test_newer_kernel(void **state)
{
	(void)state;
	fake_news_safety_begin(0, 6);
	fake_news_bytes(OHT_A_MAX + 1, "new", 3);
	fake_news_bytes(OHT_A_MAX + 900, "", 0);
	fake_news_u32(OHT_A_KIND, 77);
	fake_news_send(0, 0, false);
	fake_news_begin(fake_link.family, OHT_CMD_CYCLE_NTF + 1);
	fake_news_u32(OHT_A_DEVICE, 0);
	fake_news_send(0, 0, false);
	fake_news_safety(0, 7);
	expect(OHT_NEWS_SAFETY, 0, 6);
	assert_int_equal(news.safety.kind, 77);
	expect(OHT_NEWS_SAFETY, 0, 7);
	expect_nothing();
}

static void test_nothing_at_all(void **state)
{
	(void)state;
	fake_news_begin(fake_link.family, OHT_CMD_SAFETY_NTF);
	fake_news_send(0, 20, false);
	fake_news_begin(fake_link.family, OHT_CMD_SAFETY_NTF);
	fake_news_send(0, 4, true);
	expect_thrown_away();
}

/* ---- open, and ask ---- */

static void test_open_refusals(void **state)
{
	static const int errors[] = { ENOENT, EPERM, ENOMEM, EAFNOSUPPORT };
	size_t i;

	(void)state;
	assert_null(oht_monitor_open(4));
	assert_int_equal(errno, EINVAL);
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake_link.open_error = errors[i];
		assert_null(oht_monitor_open(OHT_MONITOR_BUS));
		assert_int_equal(errno, errors[i]);
	}
	fake_link.open_error = 0;
	fake_link.answer_error = ENOMEM;
	assert_null(oht_monitor_open(OHT_MONITOR_BUS));
	assert_int_equal(errno, ENOMEM);
	fake_link.answer_error = 0;
	oht_monitor_close(NULL);
}

static void test_ask(void **state)
{
	struct oht_statistics_view statistics;
	struct oht_device_view view;
	struct oht_unit_view unit;
	uint32_t devices[2];
	uint8_t units[4];

	(void)state;
	fake_link.devices[1] = (struct fake_netlink_device){ true, false, 1, 0, 0 };
	fake_link.devices[2].there = true;
	assert_int_equal(oht_monitor_devices(monitor, devices, 2), 3);
	assert_int_equal(devices[0], 0);
	assert_int_equal(devices[1], 1);
	assert_int_equal(oht_monitor_devices(monitor, NULL, 0), 3);
	assert_int_equal(oht_monitor_device(monitor, 0, &view), 0);
	assert_string_equal(view.name, "oht0");
	assert_string_equal(view.port, "pl011");
	assert_int_equal(view.baud_bps, 115200);
	assert_int_equal(view.causes, oht_cause_mask(OHT_STOPPED_BY_START));
	assert_int_equal(view.safety_seq, 5);
	assert_int_equal(oht_monitor_device(monitor, 1, &view), 0);
	assert_string_equal(view.port, "");
	assert_int_equal(oht_monitor_statistics(monitor, 0, &statistics), 0);
	assert_int_equal(statistics.values[OHT_A_STAT_REPLIES_OK], 1234);
	assert_int_equal(statistics.values[OHT_A_STAT_RETRIES], 0);
	assert_int_equal(oht_monitor_units(monitor, 0, units, 4), 1);
	assert_int_equal(units[0], FAKE_UNIT);
	assert_int_equal(oht_monitor_unit(monitor, 0, FAKE_UNIT, &unit), 0);
	assert_int_equal(unit.policy.unit, FAKE_UNIT);
	assert_int_equal(unit.state, OHT_UNIT_DEGRADED);
	assert_int_equal(unit.errors_in_row, 9);
	assert_int_equal(unit.backoff_ms, 400);
}

static void expect_errno(int result, int error)
{
	assert_int_equal(result, -1);
	assert_int_equal(errno, error);
}

static void test_ask_refusals(void **state)
{
	struct oht_statistics_view statistics;
	struct oht_device_view view;
	struct oht_unit_view unit;

	(void)state;
	fake_link.devices[1].there = true;
	expect_errno(oht_monitor_device(monitor, 3, &view), ENODEV);
	expect_errno(oht_monitor_device(monitor, UINT32_MAX, &view), ENODEV);
	expect_errno(oht_monitor_statistics(monitor, 3, &statistics), ENODEV);
	expect_errno(oht_monitor_statistics(monitor, 1, &statistics), EOPNOTSUPP);
	expect_errno(oht_monitor_units(monitor, 1, NULL, 0), EOPNOTSUPP);
	expect_errno(oht_monitor_unit(monitor, 0, 0, &unit), EINVAL);
	expect_errno(oht_monitor_unit(monitor, 0, 248, &unit), EINVAL);
	fake_link.answer_error = ENOENT;
	expect_errno(oht_monitor_devices(monitor, NULL, 0), ENOENT);
	fake_link.answer_error = 0;
	fake_link.silent = true;
	expect_errno(oht_monitor_device(monitor, 0, &view), ETIMEDOUT);
	fake_link.silent = false;
	assert_int_equal(oht_monitor_device(monitor, 0, &view), 0);
}

static void test_words(void **state)
{
	unsigned int i;

	(void)state;
	assert_string_equal(oht_news_name(OHT_NEWS_SAFETY), "safety");
	assert_string_equal(oht_news_name(OHT_NEWS_LOST), "lost");
	assert_string_equal(oht_news_name(0), "unknown");
	assert_string_equal(oht_news_name(5), "unknown");
	assert_null(oht_statistic_name(0));
	assert_null(oht_statistic_name(OHT_A_STAT_PAD));
	assert_null(oht_statistic_name(OHT_A_STAT_MAX + 1));
	for (i = OHT_A_STAT_FRAMES_SENT; i <= OHT_A_STAT_MAX; i++)
		assert_non_null(oht_statistic_name(i));
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_types), TEST(test_older_program), TEST(test_gap),
		TEST(test_gap_at_the_beginning), TEST(test_no_buffers), TEST(test_other_error),
		TEST(test_bound_anew), TEST(test_bound_anew_at_the_beginning), TEST(test_told_late),
		TEST(test_a_device_that_comes), TEST(test_losses_at_the_end),
		TEST(test_nothing_lost_at_the_end), TEST(test_end_after_a_new_life),
		TEST(test_end_of_a_device_that_has_gone), TEST(test_loaded_again),
		TEST(test_loaded_again_unheard), TEST(test_not_loaded_again), TEST(test_one_group),
		TEST(test_other_senders), TEST(test_cut_short), TEST(test_wrong_lengths),
		TEST(test_lying_lengths), TEST(test_out_of_range), TEST(test_newer_kernel),
		TEST(test_nothing_at_all), TEST(test_open_refusals), TEST(test_ask),
		TEST(test_ask_refusals), TEST(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
