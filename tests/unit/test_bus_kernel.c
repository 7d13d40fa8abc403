// SPDX-License-Identifier: GPL-2.0-or-later
/* The daemon's back-end for the kernel module and its stopper, on a device in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bus/bus.h"
#include "fake_device.h"

#define NODE		"/dev/oht7"

static const struct ohtd_bus_setup setup = { .backend = "kernel", .device = NODE };

static struct ohtd_bus *bus;
static char error[160];

static int create(void **state)
{
	(void)state;
	fake_install();
	fake_add_unit(2, 2);
	error[0] = 0;
	bus = ohtd_bus_create(&setup, error, sizeof(error));
	return bus ? 0 : -1;
}

static int open_bus(void **state)
{
	return create(state) || bus->ops->open(bus, error, sizeof(error));
}

static int destroy(void **state)
{
	(void)state;
	ohtd_bus_destroy(bus);
	assert_int_equal(fake.opens, fake.closes);
	return 0;
}

/* ---- opening ---- */

static void only_known_back_ends_exist(void **state)
{
	const struct ohtd_bus_setup other = { .backend = "usb", .device = NODE };

	(void)state;
	assert_null(ohtd_bus_create(&other, error, sizeof(error)));
	assert_non_null(strstr(error, "'usb'"));
	ohtd_bus_destroy(NULL);
}

static void opens_the_device_and_listens_to_the_stop(void **state)
{
	(void)state;
	assert_true(bus->ops->hardware_stop);
	assert_int_equal(bus->ops->fd(bus), -1);
	assert_int_equal(bus->ops->open(bus, error, sizeof(error)), 0);
	assert_string_equal(fake.path, NODE);
	assert_int_equal(bus->ops->fd(bus), FAKE_FD);
	assert_true(fake.subscribed & OHT_SUBSCRIBE_SAFETY);
}

static void says_why_it_cannot_open(void **state)
{
	(void)state;
	fake.open_error = EACCES;
	assert_int_equal(bus->ops->open(bus, error, sizeof(error)), -EACCES);
	assert_ptr_equal(strstr(error, NODE), error);
	assert_non_null(strstr(error, "group"));
	assert_int_equal(bus->ops->fd(bus), -1);
}

/* Without the records of the stop the daemon would be blind for it: then the device is not kept. */
static void does_not_stay_open_without_the_stop(void **state)
{
	(void)state;
	fake.fail_number = OHT_IOC_SUBSCRIBE;
	fake.fail_error = ENODEV;
	assert_int_equal(bus->ops->open(bus, error, sizeof(error)), -ENODEV);
	assert_ptr_equal(strstr(error, NODE), error);
	assert_int_equal(bus->ops->fd(bus), -1);
	assert_int_equal(fake.opens, fake.closes);
}

static void closes_once_and_opens_again(void **state)
{
	unsigned int closes = fake.closes;

	(void)state;
	bus->ops->close(bus);
	bus->ops->close(bus);
	assert_int_equal(fake.closes, closes + 1);
	assert_int_equal(bus->ops->fd(bus), -1);
	assert_int_equal(bus->ops->open(bus, error, sizeof(error)), 0);
}

/* ---- requests ---- */

static const struct oht_request read_two = {
	.unit = 2, .function = OHT_READ_HOLDING, .address = 0x104, .count = 2, .timeout_us = 20000,
	.priority = OHT_PRIORITY_COMMAND,
};

static void a_request_has_one_event(void **state)
{
	struct oht_event event;
	uint64_t cookie = 0;

	(void)state;
	assert_int_equal(bus->ops->next(bus, &event), 0);
	assert_int_equal(bus->ops->submit(bus, &read_two, &cookie), 0);
	assert_int_equal(bus->ops->next(bus, &event), 0);
	fake.now_ns += read_two.timeout_us * 1000;
	assert_int_equal(bus->ops->next(bus, &event), 1);
	assert_int_equal(event.type, OHT_EVENT_REPLY);
	assert_int_equal(event.reply.cookie, cookie);
	assert_int_equal(event.reply.outcome, OHT_OUTCOME_OK);
	assert_int_equal(event.reply.words[0], 2);
	assert_int_equal(event.reply.words[1], 0x0102);
	assert_int_equal(bus->ops->next(bus, &event), 0);
}

static void a_full_queue_is_told_as_such(void **state)
{
	uint64_t cookie;

	(void)state;
	fake.fail_number = OHT_IOC_SUBMIT;
	fake.fail_error = EAGAIN;
	assert_int_equal(bus->ops->submit(bus, &read_two, &cookie), -EAGAIN);
}

static void cancels_what_is_under_way(void **state)
{
	uint64_t cookie;

	(void)state;
	fake.hold = true;
	assert_int_equal(bus->ops->submit(bus, &read_two, &cookie), 0);
	assert_int_equal(bus->ops->cancel(bus, cookie), 0);
	assert_int_equal(fake.cancelled, cookie);
	assert_int_equal(bus->ops->cancel(bus, cookie + 1), -ENOENT);
}

/* ---- the stop ---- */

static uint32_t state_now(void)
{
	struct oht_stop_status status;

	assert_int_equal(bus->ops->stop_status(bus, &status), 0);
	return status.state;
}

static void nothing_is_enabled_without_the_role(void **state)
{
	const struct oht_stop_telegram telegram = {
		.unit = 2, .function = OHT_WRITE_SINGLE, .count = 1,
	};
	uint64_t blocking;

	(void)state;
	assert_int_equal(bus->ops->reset(bus, 0, &blocking), -EPERM);
	assert_int_equal(bus->ops->enable(bus, 0, &blocking), -EPERM);
	assert_int_equal(bus->ops->disable(bus, 0), -EPERM);
	assert_int_equal(bus->ops->heartbeat(bus), -EPERM);
	assert_int_equal(bus->ops->farewell(bus), -EPERM);
	assert_int_equal(bus->ops->telegrams(bus, &telegram, 1), -EPERM);
	assert_int_equal(state_now(), OHT_STATE_STOPPED);
}

static void take_role(void)
{
	uint32_t deadman_ms = 0;

	assert_int_equal(bus->ops->take(bus, &deadman_ms), 0);
	assert_int_equal(deadman_ms, fake.info.deadman_default_ms);
}

static void the_controller_enables_step_by_step(void **state)
{
	uint64_t blocking = 0;

	(void)state;
	take_role();
	assert_int_equal(bus->ops->enable(bus, 7, &blocking), -ECANCELED);
	assert_int_equal(bus->ops->reset(bus, 8, &blocking), 0);
	assert_int_equal(fake.command.tag, 8);
	assert_int_equal(state_now(), OHT_STATE_READY);
	fake.missing = 4;
	assert_int_equal(bus->ops->enable(bus, 9, &blocking), -EBUSY);
	assert_int_equal(blocking, 4);
	fake.missing = 0;
	assert_int_equal(bus->ops->enable(bus, 10, &blocking), 0);
	assert_int_equal(state_now(), OHT_STATE_ENABLED);
	assert_int_equal(bus->ops->heartbeat(bus), 0);
	assert_int_equal(fake.heartbeats, 1);
	assert_int_equal(bus->ops->disable(bus, 11), 0);
	assert_int_equal(state_now(), OHT_STATE_READY);
}

static void a_stop_needs_no_role_and_comes_as_a_record(void **state)
{
	struct oht_event event;
	uint64_t blocking;

	(void)state;
	take_role();
	assert_int_equal(bus->ops->reset(bus, 0, &blocking), 0);
	while (bus->ops->next(bus, &event) == 1)
		;
	assert_int_equal(bus->ops->stop(bus, 0x1234), 0);
	assert_int_equal(fake.command.tag, 0x1234);
	assert_int_equal(state_now(), OHT_STATE_STOPPED);
	assert_int_equal(bus->ops->next(bus, &event), 1);
	assert_int_equal(event.type, OHT_EVENT_SAFETY);
	assert_int_equal(event.safety.cause, OHT_STOPPED_BY_SOFTWARE);
	assert_int_equal(event.safety.state_to, OHT_STATE_STOPPED);
}

static void a_farewell_gives_the_role_back(void **state)
{
	uint32_t deadman_ms = 0;

	(void)state;
	take_role();
	assert_int_equal(bus->ops->take(bus, &deadman_ms), -EBUSY);
	assert_int_equal(bus->ops->farewell(bus), 0);
	assert_int_equal(fake.farewells, 1);
	assert_int_equal(bus->ops->heartbeat(bus), -EPERM);
}

static void telegrams_reach_the_module(void **state)
{
	const struct oht_stop_telegram list[] = {
		{ .unit = 4, .function = OHT_WRITE_SINGLE, .address = 0x10, .count = 1,
		  .words = { 1 } },
	};

	(void)state;
	take_role();
	assert_int_equal(bus->ops->telegrams(bus, list, 1), 0);
	assert_int_equal(fake.telegrams.count, 1);
	assert_int_equal(fake.telegrams.list[0].unit, 4);
	assert_int_equal(fake.telegrams.list[0].address, 0x10);
}

static void a_self_test_tells_what_failed(void **state)
{
	uint32_t failed = 0;

	(void)state;
	take_role();
	fake.test_failed = 2;
	assert_int_equal(bus->ops->self_test(bus, &failed), 0);
	assert_int_equal(failed, 2);
}

static void facts_of_the_device(void **state)
{
	struct oht_dev_info info;

	(void)state;
	assert_int_equal(bus->ops->info(bus, &info), 0);
	assert_int_equal(info.abi_version, OHT_ABI_VERSION);
	assert_int_equal(info.baud_bps, fake.info.baud_bps);
}

static void a_device_that_went_away_is_told_by_every_call(void **state)
{
	struct oht_stop_status status;
	struct oht_dev_info info;
	struct oht_event event;
	uint32_t number = 0;
	uint64_t cookie;

	(void)state;
	fake.gone = true;
	assert_int_equal(bus->ops->next(bus, &event), -ENODEV);
	assert_int_equal(bus->ops->submit(bus, &read_two, &cookie), -ENODEV);
	assert_int_equal(bus->ops->stop_status(bus, &status), -ENODEV);
	assert_int_equal(bus->ops->info(bus, &info), -ENODEV);
	assert_int_equal(bus->ops->stop(bus, 0), -ENODEV);
	assert_int_equal(bus->ops->take(bus, &number), -ENODEV);
	assert_int_equal(bus->ops->heartbeat(bus), -ENODEV);
	assert_int_equal(bus->ops->self_test(bus, &number), -ENODEV);
}

/* ---- a stop of its own ---- */

static void a_stopper_has_its_own_descriptor(void **state)
{
	struct ohtd_stopper stopper = { 0 };
	unsigned int opens = fake.opens;

	(void)state;
	assert_int_equal(ohtd_stopper_open(&stopper, bus), 0);
	assert_int_equal(fake.opens, opens + 1);
	bus->ops->close(bus);
	assert_int_equal(ohtd_stopper_stop(&stopper, 5), 0);
	assert_int_equal(fake.command.tag, 5);
	assert_true(ohtd_stopper_stopped_since(&stopper, UINT64_MAX));
	assert_false(ohtd_stopper_stopped_since(&stopper, 0));
	ohtd_stopper_close(&stopper);
	assert_false(ohtd_stopper_stopped_since(&stopper, UINT64_MAX));
}

static void a_stopper_looks_for_a_device_that_came_back(void **state)
{
	struct ohtd_stopper stopper = { 0 };

	(void)state;
	fake.open_error = ENOENT;
	assert_int_equal(ohtd_stopper_open(&stopper, bus), -ENOENT);
	assert_int_equal(ohtd_stopper_stop(&stopper, 6), -ENODEV);
	fake.open_error = 0;
	assert_int_equal(ohtd_stopper_stop(&stopper, 7), 0);
	assert_int_equal(fake.command.tag, 7);
	ohtd_stopper_close(&stopper);
}

#define CLOSED(f)	cmocka_unit_test_setup_teardown(f, create, destroy)
#define OPEN(f)		cmocka_unit_test_setup_teardown(f, open_bus, destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLOSED(only_known_back_ends_exist),
		CLOSED(opens_the_device_and_listens_to_the_stop),
		CLOSED(says_why_it_cannot_open),
		CLOSED(does_not_stay_open_without_the_stop),
		OPEN(closes_once_and_opens_again),
		OPEN(a_request_has_one_event),
		OPEN(a_full_queue_is_told_as_such),
		OPEN(cancels_what_is_under_way),
		OPEN(nothing_is_enabled_without_the_role),
		OPEN(the_controller_enables_step_by_step),
		OPEN(a_stop_needs_no_role_and_comes_as_a_record),
		OPEN(a_farewell_gives_the_role_back),
		OPEN(telegrams_reach_the_module),
		OPEN(a_self_test_tells_what_failed),
		OPEN(facts_of_the_device),
		OPEN(a_device_that_went_away_is_told_by_every_call),
		OPEN(a_stopper_has_its_own_descriptor),
		OPEN(a_stopper_looks_for_a_device_that_came_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
