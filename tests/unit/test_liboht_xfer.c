// SPDX-License-Identifier: GPL-2.0-or-later
/* liboht: transfers, and the synchronous exchange while other events arrive. */
#include <errno.h>

#include "liboht_fixture.h"

static struct oht_reply reply;

/* ---- submit ---- */

static void submit_passes_everything(void **state)
{
	static const uint16_t words[] = { 0xBEEF, 0x1234, 0 };
	const struct oht_request request = {
		.unit = 247,
		.function = OHT_WRITE_MULTIPLE,
		.priority = OHT_PRIORITY_COMMAND,
		.retries = 10,
		.address = 0xFFF0,
		.count = 3,
		.timeout_us = 123456,
		.flags = OHT_REQUEST_WHILE_STOPPED,
		.words = words,
	};
	uint64_t cookie;

	(void)state;
	assert_int_equal(oht_dev_submit(dev, &request, &cookie), 0);
	assert_int_equal(cookie, fake.transfer.cookie);
	assert_int_equal(fake.transfer.unit, 247);
	assert_int_equal(fake.transfer.function, 16);
	assert_int_equal(fake.transfer.priority, OHT_PRIO_COMMAND);
	assert_int_equal(fake.transfer.retries, 10);
	assert_int_equal(fake.transfer.address, 0xFFF0);
	assert_int_equal(fake.transfer.count, 3);
	assert_int_equal(fake.transfer.timeout_us, 123456);
	assert_int_equal(fake.transfer.flags, OHT_TRANSFER_WHILE_STOPPED);
	assert_memory_equal(fake.transfer_words, words, sizeof(words));
}

static void submit_is_bounded_until_events_are_taken(void **state)
{
	uint64_t first = submit();
	uint64_t cookie;
	int i;

	(void)state;
	for (i = 1; i < OHT_UNDER_WAY_MAX; i++)
		submit();
	assert_int_equal(oht_dev_submit(dev, &read_two, &cookie), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(fake.submits, OHT_UNDER_WAY_MAX);
	fake_complete(first, 0, OHT_DETAIL_OK, 0);
	expect_reply(first);
	submit();
}

static void refused_submit_leaves_room(void **state)
{
	uint64_t cookie;
	int i;

	(void)state;
	for (i = 0; i < 2 * OHT_UNDER_WAY_MAX; i++) {
		fake.fail_number = OHT_IOC_SUBMIT;
		fake.fail_error = EOPNOTSUPP;
		assert_int_equal(oht_dev_submit(dev, &read_two, &cookie), -1);
		assert_int_equal(errno, EOPNOTSUPP);
	}
	submit();
}

/* ---- transact ---- */

static void goes_away(void)
{
	fake.gone = true;
}

static void transact_reads(void **state)
{
	(void)state;
	fake.hold = false;
	fake_add_unit(2, 2);
	fake.words[2][0x10] = 77;
	fake.words[2][0x11] = 78;
	assert_int_equal(oht_dev_transact(dev, &read_two, &reply, 100), 0);
	assert_int_equal(reply.count, 2);
	assert_int_equal(reply.words[0], 77);
	assert_int_equal(reply.words[1], 78);
	expect_nothing();
}

static void transact_tells_the_exception(void **state)
{
	struct oht_request request = read_two;

	(void)state;
	fake.hold = false;
	fake_add_unit(2, 2);
	request.address = FAKE_REGISTERS;
	assert_int_equal(oht_dev_transact(dev, &request, &reply, 100), -1);
	assert_int_equal(errno, EREMOTEIO);
	assert_int_not_equal(reply.cookie, 0);
	assert_int_equal(reply.outcome, OHT_OUTCOME_EXCEPTION);
	assert_int_equal(reply.exception, 2);
}

static void transact_tells_a_silent_unit_from_its_own_wait(void **state)
{
	(void)state;
	fake.hold = false;
	assert_int_equal(oht_dev_transact(dev, &read_two, &reply, 100), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_int_not_equal(reply.cookie, 0);
	assert_int_equal(reply.outcome, OHT_OUTCOME_TIMEOUT);

	fake.hold = true;
	assert_int_equal(oht_dev_transact(dev, &read_two, &reply, 100), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_int_equal(reply.cookie, 0);
}

static uint64_t other;

static void all_sorts_arrive(void)
{
	button();
	fake_complete(other, 0, OHT_DETAIL_OK, 100);
	fake_unknown_record();
	fake_complete(fake.transfer.cookie, 0, OHT_DETAIL_OK, 200);
	button();
}

static void transact_keeps_what_comes_between(void **state)
{
	(void)state;
	other = submit();
	fake.on_poll = all_sorts_arrive;
	assert_int_equal(oht_dev_transact(dev, &read_two, &reply, 100), 0);
	assert_int_equal(reply.words[0], 200);
	expect_safety(1);
	expect_reply(other);
	assert_int_equal(event.reply.words[0], 100);
	expect_safety(2);
	expect_nothing();
}

static void ends_late(void)
{
	fake.now_ns += 60 * 1000000;
	button();
}

/* Others' events must not lengthen the wait. */
static void transact_waits_as_long_as_asked(void **state)
{
	int64_t begin_ns = fake.now_ns;

	(void)state;
	fake.on_poll = ends_late;
	assert_int_equal(oht_dev_transact(dev, &read_two, &reply, 100), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_int_equal(fake.now_ns - begin_ns, 120000000);
	fake.on_poll = NULL;
	expect_safety(1);
	expect_safety(2);
	expect_nothing();
}

static void late_result_of_a_given_up_transfer_vanishes(void **state)
{
	uint64_t late;

	(void)state;
	assert_int_equal(oht_dev_transact(dev, &read_two, &reply, 20), -1);
	late = fake.transfer.cookie;
	assert_int_equal(fake.cancelled, late);
	button();
	expect_safety(1);
	expect_nothing();
}

static void given_up_transfers_count_until_they_end(void **state)
{
	uint64_t first = 0, cookie;
	int i;

	(void)state;
	for (i = 0; i < OHT_UNDER_WAY_MAX; i++) {
		/* As if it were ending at this moment: the cancel comes too late. */
		fake.fail_number = OHT_IOC_CANCEL;
		fake.fail_error = ENOENT;
		assert_int_equal(oht_dev_transact(dev, &read_two, &reply, 0), -1);
		assert_int_equal(errno, ETIMEDOUT);
		if (!i)
			first = fake.transfer.cookie;
	}
	assert_int_equal(oht_dev_transact(dev, &read_two, &reply, 0), -1);
	assert_int_equal(errno, EAGAIN);
	fake_complete(first, -EINTR, OHT_DETAIL_CANCELLED, 0);
	expect_nothing();
	assert_int_equal(oht_dev_submit(dev, &read_two, &cookie), 0);
}

static void signal_ends_transact(void **state)
{
	(void)state;
	fake.poll_error = EINTR;
	assert_int_equal(oht_dev_transact(dev, &read_two, &reply, -1), -1);
	assert_int_equal(errno, EINTR);
	assert_int_equal(reply.cookie, 0);
	assert_int_equal(fake.cancelled, fake.transfer.cookie);
}

static void transact_ends_with_the_device(void **state)
{
	(void)state;
	fake.on_poll = goes_away;
	assert_int_equal(oht_dev_transact(dev, &read_two, &reply, -1), -1);
	assert_int_equal(errno, ENODEV);
	assert_int_equal(reply.cookie, 0);
}

static void answer_then_broken_record(void)
{
	fake.on_poll = NULL;
	fake_complete(fake.transfer.cookie, 0, OHT_DETAIL_OK, 42);
	button();
	fake.cut_bytes = 5;
}

static void transact_takes_its_result_in_front_of_nonsense(void **state)
{
	(void)state;
	fake.on_poll = answer_then_broken_record;
	assert_int_equal(oht_dev_transact(dev, &read_two, &reply, -1), 0);
	assert_int_equal(reply.words[0], 42);
	expect_nothing();
}

static void transact_does_not_submit_twice_after_refusal(void **state)
{
	(void)state;
	fake.fail_number = OHT_IOC_SUBMIT;
	fake.fail_error = EINVAL;
	memset(&reply, 0xFF, sizeof(reply));
	assert_int_equal(oht_dev_transact(dev, &read_two, &reply, -1), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(reply.cookie, 0);
	assert_int_equal(fake.submits, 0);
}

static void flood(void)
{
	int i;

	fake.on_poll = NULL;
	for (i = 0; i < OHT_UNDER_WAY_MAX + 5; i++)
		button();
	fake_complete(fake.transfer.cookie, 0, OHT_DETAIL_OK, 0);
}

/* A caller that never reads safety events loses the oldest and is told so. */
static void oldest_safety_events_give_way(void **state)
{
	int i;

	(void)state;
	fake.on_poll = flood;
	assert_int_equal(oht_dev_transact(dev, &read_two, &reply, -1), 0);
	expect_safety(6);
	assert_int_equal(event.lost, 5);
	for (i = 7; i <= OHT_UNDER_WAY_MAX + 5; i++) {
		expect_safety(i);
		assert_int_equal(event.lost, 0);
	}
	expect_nothing();
}

static void gap_then_answer(void)
{
	fake.on_poll = NULL;
	fake_skip(3);
	fake_complete(fake.transfer.cookie, 0, OHT_DETAIL_OK, 0);
	fake_skip(2);
	button();
}

static void gap_before_the_own_result_is_not_forgotten(void **state)
{
	(void)state;
	fake.on_poll = gap_then_answer;
	assert_int_equal(oht_dev_transact(dev, &read_two, &reply, -1), 0);
	expect_safety(1);
	assert_int_equal(event.lost, 5);
}

/* All queued replies fit, whatever the order, and come out in order. */
static void full_house(void **state)
{
	uint64_t cookies[OHT_UNDER_WAY_MAX];
	int i;

	(void)state;
	for (i = 0; i < OHT_UNDER_WAY_MAX - 1; i++)
		cookies[i] = submit();
	for (i = 0; i < OHT_UNDER_WAY_MAX - 1; i++)
		fake_complete(cookies[i], 0, OHT_DETAIL_OK, i);
	fake.hold = false;
	fake_add_unit(2, 2);
	assert_int_equal(oht_dev_transact(dev, &read_two, &reply, 100), 0);
	for (i = 0; i < OHT_UNDER_WAY_MAX - 1; i++) {
		expect_reply(cookies[i]);
		assert_int_equal(event.reply.words[0], i);
	}
	expect_nothing();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(submit_passes_everything),
		CASE(submit_is_bounded_until_events_are_taken),
		CASE(refused_submit_leaves_room),
		CASE(transact_reads),
		CASE(transact_tells_the_exception),
		CASE(transact_tells_a_silent_unit_from_its_own_wait),
		CASE(transact_keeps_what_comes_between),
		CASE(transact_waits_as_long_as_asked),
		CASE(late_result_of_a_given_up_transfer_vanishes),
		CASE(given_up_transfers_count_until_they_end),
		CASE(signal_ends_transact),
		CASE(transact_ends_with_the_device),
		CASE(transact_takes_its_result_in_front_of_nonsense),
		CASE(transact_does_not_submit_twice_after_refusal),
		CASE(oldest_safety_events_give_way),
		CASE(gap_before_the_own_result_is_not_forgotten),
		CASE(full_house),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
