// SPDX-License-Identifier: GPL-2.0-or-later
/* Outputs that are a state of the process: the states as on the board, and what is not promised. */
#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "bus.h"

#define SHORT_MS	1000

static void states_have_an_order(void)
{
	uint64_t blocking = 0;

	EXPECT_ERRNO(-bus->ops->enable(bus, 0, &blocking), EPERM);
	EXPECT_ERRNO(-bus->ops->disable(bus, 0), EPERM);
	bus_take();
	EXPECT_ERRNO(-bus->ops->stop(bus, 0), 0);
	EXPECT_ERRNO(-bus->ops->enable(bus, 0, &blocking), ECANCELED);
	EXPECT(blocking & oht_cause_mask(OHT_STOPPED_BY_SOFTWARE));
	bus_enable();
	EXPECT_IS(bus_status().outputs, OHT_OUT_ENABLE_1 | OHT_OUT_ENABLE_2);
	EXPECT_ERRNO(-bus->ops->enable(bus, 0, &blocking), ECANCELED);
	EXPECT_ERRNO(-bus->ops->reset(bus, 0, &blocking), ECANCELED);
	EXPECT_ERRNO(-bus->ops->disable(bus, 0), 0);
	EXPECT_IS(bus_status().state, OHT_STATE_READY);
	EXPECT_IS(bus_status().outputs, 0);
	EXPECT_ERRNO(-bus->ops->enable(bus, 0, &blocking), 0);
	EXPECT_ERRNO(-bus->ops->stop(bus, 0), 0);
	EXPECT_IS(bus_status().state, OHT_STATE_STOPPED);
	EXPECT_IS(bus_status().outputs, 0);
}

/* Of this host, whatever time the place has. */
static uint64_t real_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * OHTD_NS_PER_S + (uint64_t)now.tv_nsec;
}

/* As on the board, by a thread of this process: it says nothing of the process that is gone. */
static void deadman_stops_a_silent_controller(void)
{
	uint32_t deadman_ms = SHORT_MS;
	uint64_t blocking = 0, before_ns, longest_ns = 0, now_ns;
	int i;

	before_ns = real_ns();
	EXPECT_ERRNO(-bus->ops->take(bus, &deadman_ms), 0);
	EXPECT_IS(deadman_ms, SHORT_MS);
	bus_enable();
	for (i = 0; i < 8; i++) {
		place.pass_ms(bus, SHORT_MS / 4);
		EXPECT_ERRNO(-bus->ops->heartbeat(bus), 0);
		now_ns = real_ns();
		longest_ns = now_ns - before_ns > longest_ns ? now_ns - before_ns : longest_ns;
		before_ns = now_ns;
	}
	/* A host that held this program up for so long has made the heartbeat late. */
	if (longest_ns < SHORT_MS * OHTD_NS_PER_MS)
		EXPECT_IS(bus_status().state, OHT_STATE_ENABLED);
	EXPECT_IS(bus_told_stop().cause, OHT_STOPPED_BY_DEADMAN);
	EXPECT_IS(bus_status().outputs, 0);
	EXPECT(bus_status().is_controller);
	EXPECT_ERRNO(-bus->ops->reset(bus, 0, &blocking), EBUSY);
	EXPECT_IS(blocking, oht_cause_mask(OHT_STOPPED_BY_DEADMAN));
	EXPECT_ERRNO(-bus->ops->heartbeat(bus), 0);
	EXPECT_ERRNO(-bus->ops->reset(bus, 0, &blocking), 0);
}

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
	CONTRACT(states_have_an_order),
	CONTRACT(deadman_stops_a_silent_controller),
	CONTRACT(nothing_of_the_hardware_is_claimed),
	CONTRACT(a_stop_ends_writes_that_wait),
};
const size_t bus_simulated_count = sizeof(bus_simulated_tests) / sizeof(bus_simulated_tests[0]);
