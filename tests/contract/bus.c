// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The contract of the daemon's bus seam, for the bus in memory, the rtu back-end on a simulator and
 * the kernel back-end on the fake device and on the board.
 */
#include "bus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS	10000
#define STEP_MS		5
/* Exchanges in a row that a host may spoil. */
#define TRIES		10

struct ohtd_bus *bus;

struct oht_stop_status bus_status(void)
{
	struct oht_stop_status status;

	EXPECT_IS(bus->ops->stop_status(bus, &status), 0);
	return status;
}

void bus_take(void)
{
	struct oht_dev_info info;
	uint32_t deadman_ms;

	EXPECT_IS(bus->ops->info(bus, &info), 0);
	deadman_ms = info.deadman_max_ms;
	EXPECT_ERRNO(-bus->ops->take(bus, &deadman_ms), 0);
}

void bus_reset(void)
{
	uint64_t blocking;
	int waited_ms, ret = -EBUSY;

	for (waited_ms = 0; ret == -EBUSY && waited_ms < PATIENCE_MS; waited_ms += STEP_MS) {
		ret = bus->ops->reset(bus, 0, &blocking);
		if (ret == -EBUSY)
			place.pass_ms(bus, STEP_MS);
	}
	EXPECT_ERRNO(-ret, 0);
}

void bus_enable(void)
{
	uint64_t blocking;

	bus_reset();
	EXPECT_ERRNO(-bus->ops->enable(bus, 0, &blocking), 0);
	EXPECT_IS(bus_status().state, OHT_STATE_ENABLED);
}

struct oht_request bus_read_of(uint8_t unit)
{
	return (struct oht_request){
		.unit = unit, .function = OHT_READ_HOLDING, .priority = OHT_PRIORITY_BACKGROUND,
		.address = place.address, .count = 1, .timeout_us = 200000,
	};
}

uint64_t bus_submit(const struct oht_request *request)
{
	uint64_t cookie = 0;

	EXPECT_ERRNO(-bus->ops->submit(bus, request, &cookie), 0);
	EXPECT(cookie != 0);
	return cookie;
}

/* Within a time that no host is too slow for. */
static struct oht_event next_event(void)
{
	struct oht_event event = { 0 };
	int waited_ms, ret;

	for (waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms += STEP_MS) {
		ret = bus->ops->next(bus, &event);
		if (ret == 1)
			return event;
		EXPECT_ERRNO(-ret, 0);
		place.pass_ms(bus, STEP_MS);
	}
	contract_failed(__FILE__, __LINE__, "no event came");
}

struct oht_reply bus_reply(uint64_t cookie)
{
	struct oht_event event;

	do {
		event = next_event();
	} while (event.type != OHT_EVENT_REPLY);
	EXPECT_IS(event.reply.cookie, cookie);
	return event.reply;
}

/* The unit was there: its answer came late, or in pieces too far apart. */
static bool is_spoiled(const struct oht_reply *reply)
{
	return reply->attempts > 1 || reply->outcome == OHT_OUTCOME_TIMEOUT || reply->outcome == OHT_OUTCOME_SHORT ||
	       reply->outcome == OHT_OUTCOME_CRC || reply->outcome == OHT_OUTCOME_PAUSED;
}

struct oht_reply bus_answer(const struct oht_request *request)
{
	struct oht_reply reply = bus_reply(bus_submit(request));
	int tries;

	for (tries = 1; place.stalls && tries < TRIES && is_spoiled(&reply); tries++)
		reply = bus_reply(bus_submit(request));
	return reply;
}

struct oht_safety_event bus_told_stop(void)
{
	struct oht_event event;

	do {
		event = next_event();
		EXPECT_IS(event.type, OHT_EVENT_SAFETY);
	} while (event.safety.kind != OHT_KIND_STOP);
	EXPECT_IS(event.safety.state_to, OHT_STATE_STOPPED);
	return event.safety;
}

void bus_expect_quiet(unsigned int ms)
{
	struct oht_event event;
	unsigned int waited_ms;

	for (waited_ms = 0; waited_ms <= ms; waited_ms += STEP_MS) {
		EXPECT_IS(bus->ops->next(bus, &event), 0);
		place.pass_ms(bus, STEP_MS);
	}
}

static void open_it(void)
{
	char error[OHT_TEXT_BYTES];

	if (bus->ops->open(bus, error, sizeof(error)))
		contract_failed(__FILE__, __LINE__, "open: %s", error);
}

void bus_reopen(void)
{
	bus->ops->close(bus);
	open_it();
}

static void destroy(void)
{
	if (!bus)
		return;
	bus->ops->close(bus);
	bus->ops->destroy(bus);
	bus = NULL;
}

static void prepare(void)
{
	destroy();
	bus = place.create();
	EXPECT(bus != NULL);
	open_it();
}

int bus_main(void)
{
	const struct contract_test *more = bus_software_tests;
	size_t count = bus_software_count, outputs = 0;
	struct contract_test *tests;
	int code;

	bus = place.create();
	if (!bus)
		return 1;
	if (ohtd_bus_has_outputs(bus))
		outputs = bus_outputs_count;
	if (bus->ops->hardware_stop) {
		more = bus_hardware_tests;
		count = bus_hardware_count;
	} else if (outputs) {
		more = bus_simulated_tests;
		count = bus_simulated_count;
	}
	tests = calloc(bus_common_count + outputs + count, sizeof(*tests));
	if (!tests)
		abort();
	memcpy(tests, bus_common_tests, bus_common_count * sizeof(*tests));
	memcpy(tests + bus_common_count, bus_outputs_tests, outputs * sizeof(*tests));
	/* The last of them takes the device away. */
	memcpy(tests + bus_common_count + outputs, more, count * sizeof(*tests));
	code = contract_run(tests, bus_common_count + outputs + count, prepare);
	destroy();
	free(tests);
	return code;
}
