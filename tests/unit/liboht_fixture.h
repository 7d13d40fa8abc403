/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the tests of liboht's transfers and events share: a fake device that holds its answers, open and subscribed.
 * Contexts: one test program, one thread.
 * Locks:    none.
 */
#ifndef OHT_TEST_LIBOHT_FIXTURE_H
#define OHT_TEST_LIBOHT_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "fake_device.h"
#include "oht_client.h"

static const struct oht_request read_two = {
	.unit = 2,
	.function = OHT_READ_HOLDING,
	.priority = OHT_PRIORITY_CYCLIC,
	.retries = 1,
	.address = 0x10,
	.count = 2,
	.timeout_us = 20000,
};

static struct oht_dev *dev;
static struct oht_event event;

static inline int setup(void **state)
{
	(void)state;
	fake_install();
	fake.hold = true;
	memset(&event, 0, sizeof(event));
	dev = oht_dev_open(NULL, 0);
	return dev ? oht_dev_subscribe_safety(dev, true) : -1;
}

static inline int teardown(void **state)
{
	(void)state;
	oht_dev_close(dev);
	return 0;
}

static inline uint64_t submit(void)
{
	uint64_t cookie = 0;

	assert_int_equal(oht_dev_submit(dev, &read_two, &cookie), 0);
	assert_int_not_equal(cookie, 0);
	return cookie;
}

static inline void button(void)
{
	fake_safety(OHT_SAFETY_STOP, OHT_CAUSE_BUTTON_A, OHT_ESTOP_ENABLED, OHT_ESTOP_STOPPED);
}

static inline void expect_reply(uint64_t cookie)
{
	assert_int_equal(oht_dev_read_event(dev, &event, 0), 1);
	assert_int_equal(event.type, OHT_EVENT_REPLY);
	assert_int_equal(event.reply.cookie, cookie);
}

static inline void expect_safety(uint64_t journal_seq)
{
	assert_int_equal(oht_dev_read_event(dev, &event, 0), 1);
	assert_int_equal(event.type, OHT_EVENT_SAFETY);
	assert_int_equal(event.safety.journal_seq, journal_seq);
}

static inline void expect_nothing(void)
{
	assert_int_equal(oht_dev_read_event(dev, &event, 0), 0);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

#endif
