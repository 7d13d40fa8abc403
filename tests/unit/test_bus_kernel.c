// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The daemon's back-end for the kernel module and its stopper, on a device in memory: what the contract of
 * all back-ends (tests/contract, which has this one on the same device) does not show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
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

/* ---- the stop ---- */

static void take_role(void)
{
	uint32_t deadman_ms = 0;

	assert_int_equal(bus->ops->take(bus, &deadman_ms), 0);
}

static void what_is_missing_forbids_to_enable(void **state)
{
	uint64_t blocking = 0;

	(void)state;
	take_role();
	assert_int_equal(bus->ops->reset(bus, 8, &blocking), 0);
	assert_int_equal(fake.command.tag, 8);
	fake.missing = 4;
	assert_int_equal(bus->ops->enable(bus, 9, &blocking), -EBUSY);
	assert_int_equal(blocking, 4);
	fake.missing = 0;
	assert_int_equal(bus->ops->enable(bus, 10, &blocking), 0);
	assert_int_equal(fake.command.tag, 10);
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

static void facts_and_self_test_of_a_device_that_went_away(void **state)
{
	struct oht_dev_info info;
	uint32_t failed;

	(void)state;
	fake.gone = true;
	assert_int_equal(bus->ops->info(bus, &info), -ENODEV);
	assert_int_equal(bus->ops->self_test(bus, &failed), -ENODEV);
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
		OPEN(what_is_missing_forbids_to_enable),
		OPEN(a_self_test_tells_what_failed),
		OPEN(facts_of_the_device),
		OPEN(facts_and_self_test_of_a_device_that_went_away),
		OPEN(a_stopper_has_its_own_descriptor),
		OPEN(a_stopper_looks_for_a_device_that_came_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
