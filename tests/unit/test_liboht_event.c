// SPDX-License-Identifier: GPL-2.0-or-later
/* liboht: events, in any order and shape that a kernel may send them. */
#include <errno.h>

#include "liboht_fixture.h"

/* ---- events ---- */

static void reply_is_complete(void **state)
{
	uint64_t cookie = submit();

	(void)state;
	fake_complete(cookie, -EBADMSG, OHT_DETAIL_CRC, 500);
	expect_reply(cookie);
	assert_int_equal(event.reply.error, EBADMSG);
	assert_int_equal(event.reply.outcome, OHT_OUTCOME_CRC);
	assert_int_equal(event.reply.attempts, 1);
	assert_int_equal(event.reply.unit, 2);
	assert_int_equal(event.reply.function, 3);
	assert_int_equal(event.reply.count, 2);
	assert_int_equal(event.reply.turnaround_ns, 1750000);
	assert_int_equal(event.reply.words[0], 500);
	assert_int_equal(event.reply.words[1], 501);
	assert_int_equal(event.time_ns, fake.now_ns);
	assert_int_equal(event.lost, 0);
}

static void safety_event_is_complete(void **state)
{
	(void)state;
	fake.tag = 31;
	fake.stop.causes = OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A);
	fake.stop.inputs = OHT_INPUT_B;
	button();
	expect_safety(1);
	assert_int_equal(event.safety.kind, OHT_KIND_STOP);
	assert_int_equal(event.safety.cause, OHT_STOPPED_BY_BUTTON_A);
	assert_int_equal(event.safety.causes, oht_cause_mask(OHT_STOPPED_BY_BUTTON_A));
	assert_int_equal(event.safety.tag, 31);
	assert_int_equal(event.safety.state_from, OHT_STATE_ENABLED);
	assert_int_equal(event.safety.state_to, OHT_STATE_STOPPED);
	assert_int_equal(event.safety.low_ns - event.safety.event_ns, 3000);
	assert_int_equal(event.safety.inputs, OHT_IN_B);
	assert_int_equal(event.safety.outputs, 0);
}

static void nothing_there_does_not_wait(void **state)
{
	(void)state;
	expect_nothing();
	assert_int_equal(fake.polls, 0);
}

static void waits_as_long_as_asked(void **state)
{
	int64_t begin_ns = fake.now_ns;

	(void)state;
	assert_int_equal(oht_dev_read_event(dev, &event, 70), 0);
	assert_int_equal(fake.now_ns - begin_ns, 70000000);
}

/* What is passed over must neither end the wait nor lengthen it. */
static void waits_on_behind_unknown_records(void **state)
{
	int64_t begin_ns = fake.now_ns;

	(void)state;
	fake_unknown_record();
	assert_int_equal(oht_dev_read_event(dev, &event, 70), 0);
	assert_int_equal(fake.now_ns - begin_ns, 70000000);
	fake_unknown_record();
	button();
	fake_unknown_record();
	expect_safety(1);
	expect_nothing();
}

static void come_during_poll(void)
{
	fake.on_poll = NULL;
	button();
}

static void wakes_when_a_record_comes(void **state)
{
	int64_t begin_ns = fake.now_ns;

	(void)state;
	fake.on_poll = come_during_poll;
	assert_int_equal(oht_dev_read_event(dev, &event, -1), 1);
	assert_int_equal(event.type, OHT_EVENT_SAFETY);
	assert_int_equal(fake.now_ns, begin_ns);
}

static void signal_ends_the_wait_and_loses_nothing(void **state)
{
	(void)state;
	fake.poll_error = EINTR;
	assert_int_equal(oht_dev_read_event(dev, &event, -1), -1);
	assert_int_equal(errno, EINTR);
	button();
	expect_safety(1);
}

static void order_is_that_of_the_kernel(void **state)
{
	uint64_t a = submit(), b = submit();

	(void)state;
	fake_complete(b, 0, OHT_DETAIL_OK, 0);
	button();
	fake_complete(a, 0, OHT_DETAIL_OK, 0);
	button();
	expect_reply(b);
	expect_safety(1);
	expect_reply(a);
	expect_safety(2);
	expect_nothing();
}

static void longer_records_of_a_newer_kernel(void **state)
{
	uint64_t cookie = submit();

	(void)state;
	fake.record_bytes += 64;
	button();
	fake_complete(cookie, 0, OHT_DETAIL_OK, 9);
	button();
	expect_safety(1);
	expect_reply(cookie);
	assert_int_equal(event.reply.words[1], 10);
	expect_safety(2);
	expect_nothing();
}

static void count_beyond_the_record_is_cut(void **state)
{
	uint64_t cookie = submit();

	(void)state;
	fake_complete(cookie, 0, OHT_DETAIL_OK, 0);
	fake_newest()->completion.count = 0xFFFF;
	expect_reply(cookie);
	assert_int_equal(event.reply.count, OHT_REGISTERS_MAX);
}

/* The whole records before a broken one are still handed out. */
static void partial_record_is_nonsense(void **state)
{
	(void)state;
	button();
	button();
	fake.cut_bytes = 1;
	assert_int_equal(oht_dev_read_event(dev, &event, 0), -1);
	assert_int_equal(errno, EIO);
	expect_safety(1);
	expect_nothing();
}

static void read_below_a_record_is_nonsense(void **state)
{
	(void)state;
	button();
	fake.cut_bytes = sizeof(struct oht_record) - 3;
	assert_int_equal(oht_dev_read_event(dev, &event, 0), -1);
	assert_int_equal(errno, EIO);
}

static void poison_size(uint32_t size)
{
	struct oht_record *record;

	button();
	record = fake_newest();
	record->size = size;
	assert_int_equal(oht_dev_read_event(dev, &event, 0), -1);
	assert_int_equal(errno, EIO);
}

static void impossible_record_sizes_are_nonsense(void **state)
{
	(void)state;
	poison_size(0);
	poison_size(sizeof(struct oht_record) - 1);
	poison_size(sizeof(struct oht_record) + 1);
	poison_size(UINT32_MAX);
	button();
	expect_safety(5);
}

static void dropped_records_are_told(void **state)
{
	(void)state;
	button();
	fake_skip(7);
	button();
	button();
	expect_safety(1);
	assert_int_equal(event.lost, 0);
	expect_safety(2);
	assert_int_equal(event.lost, 7);
	expect_safety(3);
	assert_int_equal(event.lost, 0);
}

static void records_lost_before_the_first_are_told(void **state)
{
	(void)state;
	fake_skip(3);
	button();
	expect_safety(1);
	assert_int_equal(event.lost, 3);
}

static void last_events_come_before_the_end(void **state)
{
	uint64_t cookie = submit();

	(void)state;
	fake_complete(cookie, -ENODEV, OHT_DETAIL_GONE, 0);
	fake.gone = true;
	expect_reply(cookie);
	assert_int_equal(event.reply.error, ENODEV);
	assert_int_equal(oht_dev_read_event(dev, &event, -1), -1);
	assert_int_equal(errno, ENODEV);
	assert_int_equal(oht_dev_read_event(dev, &event, 0), -1);
	assert_int_equal(errno, ENODEV);
}

static void goes_away(void)
{
	fake.gone = true;
}

static void device_may_vanish_during_the_wait(void **state)
{
	(void)state;
	fake.on_poll = goes_away;
	assert_int_equal(oht_dev_read_event(dev, &event, 1000), -1);
	assert_int_equal(errno, ENODEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(reply_is_complete),
		CASE(safety_event_is_complete),
		CASE(nothing_there_does_not_wait),
		CASE(waits_as_long_as_asked),
		CASE(waits_on_behind_unknown_records),
		CASE(wakes_when_a_record_comes),
		CASE(signal_ends_the_wait_and_loses_nothing),
		CASE(order_is_that_of_the_kernel),
		CASE(longer_records_of_a_newer_kernel),
		CASE(count_beyond_the_record_is_cut),
		CASE(partial_record_is_nonsense),
		CASE(read_below_a_record_is_nonsense),
		CASE(impossible_record_sizes_are_nonsense),
		CASE(dropped_records_are_told),
		CASE(records_lost_before_the_first_are_told),
		CASE(last_events_come_before_the_end),
		CASE(device_may_vanish_during_the_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
