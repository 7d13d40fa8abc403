// SPDX-License-Identifier: GPL-2.0-or-later
/* The rtu back-end's latch, used by the control thread and a loop at once; ThreadSanitizer sees most of it. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

#include "bus/bus.h"

#define ROUNDS	20000

static struct ohtd_bus *bus;
static atomic_bool over;
static uint64_t torn, stops;

static int setup(void **state)
{
	const struct ohtd_bus_setup setup_rtu = {
		.backend = "rtu", .device = "/nonexistent", .baud_bps = 115200, .parity = 'N', .stop_bits = 1,
	};
	char error[256];

	(void)state;
	atomic_store(&over, false);
	torn = 0;
	stops = 0;
	bus = ohtd_bus_create(&setup_rtu, error, sizeof(error));
	return bus ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	ohtd_bus_destroy(bus);
	return 0;
}

/* As a loop does: POST safety/stop stops and then looks. */
static void *stop_on(void *arg)
{
	struct oht_stop_status status;

	(void)arg;
	while (!atomic_load(&over)) {
		if (bus->ops->stop(bus, 7) || bus->ops->stop_status(bus, &status))
			break;
		torn += status.is_controller != status.has_controller;
		torn += !(status.causes & oht_cause_mask(status.first_cause)) && status.causes;
		stops++;
	}
	return NULL;
}

static void loops_stop_while_the_controller_comes_and_goes(void **state)
{
	pthread_t loop;
	unsigned int i;

	(void)state;
	assert_int_equal(pthread_create(&loop, NULL, stop_on, NULL), 0);
	for (i = 0; i < ROUNDS; i++) {
		assert_int_equal(bus->ops->farewell(bus), -EPERM);
		assert_int_equal(bus->ops->heartbeat(bus), -EPERM);
		assert_int_equal(bus->ops->take(bus, NULL), 0);
		assert_int_equal(bus->ops->heartbeat(bus), 0);
		assert_int_equal(bus->ops->farewell(bus), 0);
	}
	atomic_store(&over, true);
	assert_int_equal(pthread_join(loop, NULL), 0);
	assert_int_equal(torn, 0);
}

/* Whatever a reset does meanwhile: after the last stop it is stopped. */
static void a_reset_never_undoes_a_later_stop(void **state)
{
	struct oht_stop_status status;
	unsigned int i, done = 0;
	uint64_t blocking;
	pthread_t loop;
	int r;

	(void)state;
	assert_int_equal(bus->ops->take(bus, NULL), 0);
	assert_int_equal(pthread_create(&loop, NULL, stop_on, NULL), 0);
	for (i = 0; i < ROUNDS; i++) {
		r = bus->ops->reset(bus, 9, &blocking);
		assert_true(!r || r == -EBUSY || r == -ECANCELED);
		done += !r;
	}
	atomic_store(&over, true);
	assert_int_equal(pthread_join(loop, NULL), 0);
	assert_int_equal(torn, 0);
	assert_true(done > 0);
	assert_int_equal(bus->ops->stop(bus, 7), 0);
	assert_int_equal(bus->ops->reset(bus, 9, &blocking), 0);
	assert_int_equal(bus->ops->stop_status(bus, &status), 0);
	assert_int_equal(status.state, OHT_STATE_READY);
	/* Every stop is counted, also those that a reset met. */
	assert_int_equal(status.journal_seq, stops + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(loops_stop_while_the_controller_comes_and_goes, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_reset_never_undoes_a_later_stop, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
