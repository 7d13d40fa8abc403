// SPDX-License-Identifier: GPL-2.0-or-later
/* Outputs that are a state of the process: what is not promised of them. */
#include <errno.h>

#include "bus.h"

static void nothing_of_the_hardware_is_claimed(void)
{
	const struct oht_stop_telegram telegram = {
		.unit = place.unit, .function = OHT_WRITE_SINGLE, .count = 1,
	};
	struct oht_dev_info info;
	uint32_t failed = 99, deadman_ms = 0;

	EXPECT(!bus->ops->hardware_stop);
	EXPECT_IS(bus->ops->info(bus, &info), 0);
	EXPECT(!(info.caps & OHT_HAS_ESTOP));
	deadman_ms = info.deadman_max_ms + 1;
	EXPECT_ERRNO(-bus->ops->take(bus, &deadman_ms), EINVAL);
	bus_take();
	EXPECT_ERRNO(-bus->ops->self_test(bus, &failed), EOPNOTSUPP);
	EXPECT_ERRNO(-bus->ops->telegrams(bus, &telegram, 1), EOPNOTSUPP);
}

/* A write that waits behind another one does not outlive a stop, whatever comes after it. */
static void a_stop_ends_writes_that_wait(void)
{
	const uint16_t word = 1;
	struct oht_request slow = bus_read_of(place.silent_unit), write = bus_read_of(place.unit);
	struct oht_reply reply;
	uint64_t first, second;

	bus_take();
	bus_enable();
	write.function = OHT_WRITE_SINGLE;
	write.words = &word;
	first = bus_submit(&slow);
	second = bus_submit(&write);
	EXPECT_ERRNO(-bus->ops->stop(bus, 0), 0);
	bus_reset();
	bus_reply(first);
	reply = bus_reply(second);
	EXPECT_IS(reply.outcome, OHT_OUTCOME_STOPPED);
	EXPECT_ERRNO(reply.error, ECANCELED);
	EXPECT_IS(reply.attempts, 0);
	EXPECT_IS(bus_reply(bus_submit(&write)).error, 0);
}

const struct contract_test bus_simulated_tests[] = {
	CONTRACT(nothing_of_the_hardware_is_claimed),
	CONTRACT(a_stop_ends_writes_that_wait),
};
const size_t bus_simulated_count = sizeof(bus_simulated_tests) / sizeof(bus_simulated_tests[0]);
