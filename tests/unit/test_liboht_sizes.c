// SPDX-License-Identifier: GPL-2.0-or-later
/* liboht: programs that were compiled with a smaller or larger structure than the library's. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "fake_device.h"
#include "oht_client.h"
#include "oht_plan.h"
#include "oht_telegram.h"

#define POISON		0xA5
/* What a later version might have more. */
#define MORE_BYTES	64
#define BYTES_MAX	2048

static struct oht_dev *dev;
static struct oht_image_view *view;

static int setup(void **state)
{
	(void)state;
	fake_install();
	fake_add_unit(2, 2);
	dev = oht_dev_open(NULL, 0);
	view = oht_image_open(NULL);
	return dev && view ? oht_dev_subscribe_safety(dev, true) : -1;
}

static int teardown(void **state)
{
	(void)state;
	oht_image_close(view);
	oht_dev_close(dev);
	return 0;
}

/* ---- the calls, each so that it gives the same every time ---- */

static int info(void *to, size_t bytes)
{
	return oht_dev_info_sized(dev, to, bytes);
}

static int stop_status(void *to, size_t bytes)
{
	return oht_dev_stop_status_sized(dev, to, bytes);
}

static int unit_get(void *to, size_t bytes)
{
	return oht_dev_unit_get_sized(dev, 2, to, bytes);
}

static int telegrams(void *to, size_t bytes)
{
	return oht_dev_telegrams_sized(dev, to, bytes);
}

static int plan_status(void *to, size_t bytes)
{
	return oht_plan_status_sized(dev, to, bytes);
}

static int image_head(void *to, size_t bytes)
{
	return oht_image_read_head_sized(view, to, bytes);
}

static int image_value(void *to, size_t bytes)
{
	return oht_image_read_sized(view, 1, to, bytes);
}

/* Nothing is laid ready, so that it is refused: the figures come all the same. */
static int plan_commit(void *to, size_t bytes)
{
	return oht_plan_commit_sized(dev, true, to, bytes, NULL) ? 0 : -1;
}

static int object(void *to, size_t bytes)
{
	static const struct oht_reply reply = {
		.function = OHT_IDENTIFY, .is_pdu = true, .count = 10,
		.pdu = { 0x2B, 0x0E, 1, 1, 0, 0, 1, 0, 1, 'x' },
	};

	return oht_reply_object_sized(&reply, 0, to, bytes) ? 0 : -1;
}

static const struct call {
	const char *name;
	int (*call)(void *to, size_t bytes);
	size_t bytes;
} calls[] = {
	{ "info", info, sizeof(struct oht_dev_info) },
	{ "stop_status", stop_status, sizeof(struct oht_stop_status) },
	{ "unit_get", unit_get, sizeof(struct oht_unit_view) },
	{ "telegrams", telegrams, sizeof(struct oht_stop_telegrams) },
	{ "plan_status", plan_status, sizeof(struct oht_cyclic_status) },
	{ "plan_commit", plan_commit, sizeof(struct oht_cyclic_figures) },
	{ "image_head", image_head, sizeof(struct oht_cyclic_head) },
	{ "image_value", image_value, sizeof(struct oht_cyclic_value) },
	{ "object", object, sizeof(struct oht_object) },
};

static void expect_all(const char *name, const uint8_t *from, const uint8_t *to, uint8_t value)
{
	for (; from < to; from++)
		if (*from != value)
			fail_msg("%s: a byte is 0x%02X, not 0x%02X", name, *from, value);
}

static void smaller_gets_its_part_and_nothing_is_overrun(void **state)
{
	uint8_t whole[BYTES_MAX], part[BYTES_MAX];
	const struct call *c;
	size_t bytes;

	(void)state;
	for (c = calls; c < calls + sizeof(calls) / sizeof(calls[0]); c++) {
		memset(whole, POISON, sizeof(whole));
		assert_int_equal(c->call(whole, c->bytes), 0);
		expect_all(c->name, whole + c->bytes, whole + sizeof(whole), POISON);
		for (bytes = 0; bytes < c->bytes; bytes += 4) {
			memset(part, POISON, sizeof(part));
			assert_int_equal(c->call(part, bytes), 0);
			expect_all(c->name, part + bytes, part + sizeof(part), POISON);
		}
	}
}

static void larger_gets_zeros_behind(void **state)
{
	uint8_t whole[BYTES_MAX];
	const struct call *c;

	(void)state;
	for (c = calls; c < calls + sizeof(calls) / sizeof(calls[0]); c++) {
		memset(whole, POISON, sizeof(whole));
		assert_int_equal(c->call(whole, c->bytes + MORE_BYTES), 0);
		expect_all(c->name, whole + c->bytes, whole + c->bytes + MORE_BYTES, 0);
		expect_all(c->name, whole + c->bytes + MORE_BYTES, whole + sizeof(whole), POISON);
	}
}

/* The part is that of the whole, by members. */
static void an_older_program_reads_what_it_knows(void **state)
{
	struct oht_stop_status old;
	struct oht_dev_info whole, part;
	const size_t bytes = offsetof(struct oht_dev_info, turnaround_max_us);

	(void)state;
	assert_int_equal(oht_dev_info(dev, &whole), 0);
	memset(&part, POISON, sizeof(part));
	assert_int_equal(oht_dev_info_sized(dev, &part, bytes), 0);
	assert_int_equal(part.abi_version, whole.abi_version);
	assert_int_equal(part.caps, whole.caps);
	assert_string_equal(part.port, whole.port);
	assert_int_equal(part.t35_ns, whole.t35_ns);
	assert_int_not_equal(part.turnaround_max_us, whole.turnaround_max_us);

	fake.stop.journal_seq = 77;
	assert_int_equal(oht_dev_stop_status_sized(dev, &old, offsetof(struct oht_stop_status,
								       tested_ns)), 0);
	assert_int_equal(old.journal_seq, 77);
}

/* ---- what does not give the same twice ---- */

static const struct oht_request read_two = {
	.unit = 2, .function = OHT_READ_HOLDING, .priority = OHT_PRIORITY_CYCLIC, .retries = 0,
	.address = 0x10, .count = 2, .timeout_us = 20000,
};

static void replies_of_another_size(void **state)
{
	uint8_t buffer[BYTES_MAX];
	struct oht_reply *reply = (void *)buffer;
	const size_t small = offsetof(struct oht_reply, words) + 2;
	struct oht_request refused = read_two;

	(void)state;
	fake.words[2][0x10] = 0x1234;
	memset(buffer, POISON, sizeof(buffer));
	assert_int_equal(oht_dev_transact_sized(dev, &read_two, reply, small, 1000), 0);
	assert_int_equal(reply->count, 2);
	assert_int_equal(reply->words[0], 0x1234);
	expect_all("reply", buffer + small, buffer + sizeof(buffer), POISON);
	assert_int_equal(oht_dev_transact_sized(dev, &read_two, reply, sizeof(*reply) + MORE_BYTES,
						1000), 0);
	expect_all("reply", buffer + sizeof(*reply), buffer + sizeof(*reply) + MORE_BYTES, 0);
	expect_all("reply", buffer + sizeof(*reply) + MORE_BYTES, buffer + sizeof(buffer), POISON);
	/* Without a result it is zero, of every size. */
	refused.count = 0;
	memset(buffer, POISON, sizeof(buffer));
	assert_int_equal(oht_dev_transact_sized(dev, &refused, reply, small, 1000), -1);
	expect_all("reply", buffer, buffer + small, 0);
	expect_all("reply", buffer + small, buffer + sizeof(buffer), POISON);
}

static void events_of_another_size(void **state)
{
	uint8_t buffer[BYTES_MAX];
	struct oht_event *event = (void *)buffer;
	const size_t small = offsetof(struct oht_event, safety) + sizeof(struct oht_safety_event);

	(void)state;
	memset(buffer, POISON, sizeof(buffer));
	assert_int_equal(oht_dev_read_event_sized(dev, event, small, 0), 0);
	expect_all("no event", buffer, buffer + sizeof(buffer), POISON);
	fake_safety(OHT_SAFETY_STOP, OHT_CAUSE_BUTTON_A, OHT_ESTOP_ENABLED, OHT_ESTOP_STOPPED);
	fake_safety(OHT_SAFETY_STOP, OHT_CAUSE_BUTTON_B, OHT_ESTOP_STOPPED, OHT_ESTOP_STOPPED);
	assert_int_equal(oht_dev_read_event_sized(dev, event, small, 0), 1);
	assert_int_equal(event->safety.cause, OHT_STOPPED_BY_BUTTON_A);
	expect_all("event", buffer + small, buffer + sizeof(buffer), POISON);
	assert_int_equal(oht_dev_read_event_sized(dev, event, sizeof(*event) + MORE_BYTES, 0), 1);
	assert_int_equal(event->safety.cause, OHT_STOPPED_BY_BUTTON_B);
	expect_all("event", buffer + sizeof(*event), buffer + sizeof(*event) + MORE_BYTES, 0);
	expect_all("event", buffer + sizeof(*event) + MORE_BYTES, buffer + sizeof(buffer), POISON);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(smaller_gets_its_part_and_nothing_is_overrun),
		CASE(larger_gets_zeros_behind),
		CASE(an_older_program_reads_what_it_knows),
		CASE(replies_of_another_size),
		CASE(events_of_another_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
