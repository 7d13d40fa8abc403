// SPDX-License-Identifier: GPL-2.0-or-later
/* What a back-end does not do that has no outputs, and how its stop is told. */
#include <errno.h>

#include "bus.h"

static void there_are_no_outputs(void)
{
	const struct oht_stop_telegram telegram = {
		.unit = place.unit, .function = OHT_WRITE_SINGLE, .count = 1,
	};
	const uint16_t word = 1;
	uint64_t blocking = 99;
	uint32_t failed = 99;
	struct oht_dev_info info;

	bus_take();
	bus_reset();
	EXPECT_ERRNO(-bus->ops->enable(bus, 0, &blocking), EOPNOTSUPP);
	EXPECT_IS(blocking, 0);
	EXPECT_ERRNO(-bus->ops->self_test(bus, &failed), EOPNOTSUPP);
	EXPECT_ERRNO(-bus->ops->telegrams(bus, &telegram, 1), EOPNOTSUPP);
	EXPECT_ERRNO(-bus->ops->outputs(bus, 1, 0, &word, 1, false), EOPNOTSUPP);
	EXPECT_ERRNO(-bus->ops->outputs(bus, 1, 0, &word, 1, true), EOPNOTSUPP);
	EXPECT_IS(bus_status().outputs, 0);
	EXPECT_IS(bus->ops->info(bus, &info), 0);
	EXPECT(!(info.caps & OHT_HAS_ESTOP));
	EXPECT(info.caps & OHT_HAS_BUS);
}

/* Nobody would act on a late heartbeat, so none is promised. */
static void there_is_no_deadman(void)
{
	uint32_t deadman_ms = 100;

	EXPECT_ERRNO(-bus->ops->take(bus, &deadman_ms), 0);
	EXPECT_IS(deadman_ms, 0);
	bus_reset();
	place.pass_ms(bus, 300);
	EXPECT_IS(bus_status().state, OHT_STATE_READY);
}

static void first_cause_stays_the_first(void)
{
	bus_take();
	bus_reset();
	EXPECT_ERRNO(-bus->ops->farewell(bus), 0);
	EXPECT_ERRNO(-bus->ops->stop(bus, 0), 0);
	EXPECT_IS(bus_status().first_cause, OHT_STOPPED_BY_FAREWELL);
	EXPECT_IS(bus_status().causes, oht_cause_mask(OHT_STOPPED_BY_FAREWELL) |
				       oht_cause_mask(OHT_STOPPED_BY_SOFTWARE));
}

const struct contract_test bus_software_tests[] = {
	CONTRACT(there_are_no_outputs),
	CONTRACT(there_is_no_deadman),
	CONTRACT(first_cause_stays_the_first),
};
const size_t bus_software_count = sizeof(bus_software_tests) / sizeof(bus_software_tests[0]);
