// SPDX-License-Identifier: GPL-2.0-or-later
/* What a back-end does that stops in hardware. */
#include <errno.h>

#include "bus.h"

static void role_is_exclusive(void)
{
	uint32_t deadman_ms = 0;
	uint64_t blocking;

	place.rival(true);
	EXPECT(bus_status().has_controller);
	EXPECT(!bus_status().is_controller);
	EXPECT_ERRNO(-bus->ops->take(bus, &deadman_ms), EBUSY);
	EXPECT_ERRNO(-bus->ops->heartbeat(bus), EPERM);
	EXPECT_ERRNO(-bus->ops->farewell(bus), EPERM);
	EXPECT_ERRNO(-bus->ops->reset(bus, 0, &blocking), EPERM);
	EXPECT_ERRNO(-bus->ops->stop(bus, 0), 0);
	place.rival(false);
	EXPECT_ERRNO(-bus->ops->take(bus, &deadman_ms), 0);
	EXPECT_ERRNO(-bus->ops->take(bus, &deadman_ms), EBUSY);
}

static void period_is_checked(void)
{
	struct oht_dev_info info;
	uint32_t deadman_ms;

	EXPECT_IS(bus->ops->info(bus, &info), 0);
	deadman_ms = info.deadman_min_ms - 1;
	EXPECT_ERRNO(-bus->ops->take(bus, &deadman_ms), EINVAL);
	deadman_ms = info.deadman_max_ms + 1;
	EXPECT_ERRNO(-bus->ops->take(bus, &deadman_ms), EINVAL);
	EXPECT(!bus_status().has_controller);
	deadman_ms = 0;
	EXPECT_ERRNO(-bus->ops->take(bus, &deadman_ms), 0);
	EXPECT_IS(deadman_ms, info.deadman_default_ms);
	EXPECT_IS(bus_status().deadman_ms, deadman_ms);
}

static void acts_on_outputs_need_the_role(void)
{
	const struct oht_stop_telegram telegram = {
		.unit = place.unit, .function = OHT_WRITE_SINGLE, .count = 1,
	};
	uint64_t blocking = 99;
	uint32_t failed;

	EXPECT_ERRNO(-bus->ops->enable(bus, 0, &blocking), EPERM);
	EXPECT_IS(blocking, 0);
	EXPECT_ERRNO(-bus->ops->disable(bus, 0), EPERM);
	EXPECT_ERRNO(-bus->ops->self_test(bus, &failed), EPERM);
	EXPECT_ERRNO(-bus->ops->telegrams(bus, &telegram, 1), EPERM);
}

static void button_stops_and_stands(void)
{
	uint64_t blocking = 0;
	struct oht_safety_event told;

	bus_take();
	bus_enable();
	place.press(true);
	told = bus_told_stop();
	EXPECT(told.cause == OHT_STOPPED_BY_BUTTON_A || told.cause == OHT_STOPPED_BY_BUTTON_B);
	EXPECT(told.low_ns >= told.event_ns);
	EXPECT_IS(bus_status().inputs & (OHT_IN_A | OHT_IN_B), 0);
	EXPECT_ERRNO(-bus->ops->reset(bus, 0, &blocking), EBUSY);
	EXPECT_IS(blocking, oht_cause_mask(OHT_STOPPED_BY_BUTTON_A) |
			    oht_cause_mask(OHT_STOPPED_BY_BUTTON_B));
	EXPECT_IS(bus_status().standing, blocking);
	place.press(false);
	bus_reset();
}

static void each_act_is_told_once(void)
{
	static const uint32_t kinds[] = {
		OHT_KIND_CONTROL, OHT_KIND_RESET, OHT_KIND_ENABLE, OHT_KIND_DISABLE, OHT_KIND_STOP,
	};
	struct oht_event event;
	uint64_t seq = bus_status().journal_seq;
	unsigned int i;

	bus_take();
	bus_enable();
	EXPECT_ERRNO(-bus->ops->disable(bus, 7), 0);
	EXPECT_ERRNO(-bus->ops->stop(bus, 8), 0);
	/* Known already. */
	EXPECT_ERRNO(-bus->ops->stop(bus, 9), 0);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		EXPECT_IS(bus->ops->next(bus, &event), 1);
		EXPECT_IS(event.type, OHT_EVENT_SAFETY);
		EXPECT_IS(event.safety.kind, kinds[i]);
		EXPECT_IS(event.safety.journal_seq, seq + 1 + i);
	}
	EXPECT_IS(event.safety.tag, 8);
	/* The outputs were low. */
	EXPECT_IS(event.safety.low_ns, 0);
	EXPECT_IS(bus->ops->next(bus, &event), 0);
}

static void a_stop_ends_writes_that_wait(void)
{
	const uint16_t word = 1;
	struct oht_request slow = bus_read_of(place.silent_unit), write = bus_read_of(place.unit);
	struct oht_reply reply;
	uint64_t first, second;

	slow.priority = OHT_PRIORITY_COMMAND;
	write.flags = OHT_REQUEST_WHILE_STOPPED;
	write.function = OHT_WRITE_SINGLE;
	write.words = &word;
	first = bus_submit(&slow);
	second = bus_submit(&write);
	EXPECT_ERRNO(-bus->ops->stop(bus, 0), 0);
	reply = bus_reply(second);
	EXPECT_IS(reply.outcome, OHT_OUTCOME_STOPPED);
	EXPECT_ERRNO(reply.error, ECANCELED);
	EXPECT_IS(reply.attempts, 0);
	bus_reply(first);
	EXPECT_IS(bus_reply(bus_submit(&write)).error, 0);
}

static void commands_overtake(void)
{
	struct oht_request slow = bus_read_of(place.silent_unit);
	struct oht_request quick = bus_read_of(place.unit);
	uint64_t first, background, command;

	slow.priority = OHT_PRIORITY_COMMAND;
	first = bus_submit(&slow);
	background = bus_submit(&quick);
	quick.priority = OHT_PRIORITY_COMMAND;
	command = bus_submit(&quick);
	bus_reply(first);
	bus_reply(command);
	bus_reply(background);
}

static void requests_have_a_form(void)
{
	const uint16_t word = 1;
	struct oht_request request = bus_read_of(place.unit);
	uint64_t cookie;

	request.priority = 0;
	EXPECT_ERRNO(-bus->ops->submit(bus, &request, &cookie), EINVAL);
	request = bus_read_of(0);
	EXPECT_ERRNO(-bus->ops->submit(bus, &request, &cookie), EINVAL);
	request = bus_read_of(248);
	EXPECT_ERRNO(-bus->ops->submit(bus, &request, &cookie), EINVAL);
	request = bus_read_of(place.unit);
	request.words = &word;
	EXPECT_ERRNO(-bus->ops->submit(bus, &request, &cookie), EINVAL);
	request = bus_read_of(place.unit);
	request.timeout_us = 999;
	EXPECT_ERRNO(-bus->ops->submit(bus, &request, &cookie), EINVAL);
	request = bus_read_of(place.unit);
	request.function = 7;
	EXPECT_ERRNO(-bus->ops->submit(bus, &request, &cookie), EOPNOTSUPP);
}

static void telegrams_are_checked(void)
{
	struct oht_stop_telegram list[OHT_STOP_TELEGRAMS_MAX + 1] = {
		{ .unit = place.unit, .function = OHT_WRITE_SINGLE, .address = place.address,
		  .count = 1, .words = { 1 } },
	};

	bus_take();
	EXPECT_ERRNO(-bus->ops->telegrams(bus, list, OHT_STOP_TELEGRAMS_MAX + 1), EINVAL);
	EXPECT_ERRNO(-bus->ops->telegrams(bus, list, 2), EINVAL);
	list[0].count = 2;
	EXPECT_ERRNO(-bus->ops->telegrams(bus, list, 1), EINVAL);
	list[0].count = 1;
	list[0].function = OHT_READ_HOLDING;
	EXPECT_ERRNO(-bus->ops->telegrams(bus, list, 1), EINVAL);
	list[0].function = OHT_WRITE_SINGLE;
	list[0].unit = 0;
	EXPECT_ERRNO(-bus->ops->telegrams(bus, list, 1), EINVAL);
	list[0].unit = place.unit;
	EXPECT_ERRNO(-bus->ops->telegrams(bus, list, 1), 0);
	EXPECT_ERRNO(-bus->ops->telegrams(bus, NULL, 0), 0);
}

static void self_test_is_for_the_stopped(void)
{
	uint32_t failed = 99;

	bus_take();
	EXPECT_ERRNO(-bus->ops->self_test(bus, &failed), 0);
	EXPECT_IS(failed, 0);
	EXPECT(bus_status().tested_ns != 0);
	bus_reset();
	EXPECT_ERRNO(-bus->ops->self_test(bus, &failed), ECANCELED);
}

/* The last: what was under way ends, and all calls say that the device has gone. */
static void gone_is_gone(void)
{
	struct oht_request slow = bus_read_of(place.silent_unit);
	bool stopped = false, ended = false;
	struct oht_stop_status status;
	struct oht_event event;
	uint32_t deadman_ms = 0;
	uint64_t cookie, blocking;
	int ret;

	bus_take();
	bus_enable();
	slow.timeout_us = 3000000;
	bus_submit(&slow);
	place.unplug(true);
	EXPECT_ERRNO(-bus->ops->stop_status(bus, &status), ENODEV);
	EXPECT_ERRNO(-bus->ops->heartbeat(bus), ENODEV);
	EXPECT_ERRNO(-bus->ops->stop(bus, 0), ENODEV);
	EXPECT_ERRNO(-bus->ops->reset(bus, 0, &blocking), ENODEV);
	EXPECT_ERRNO(-bus->ops->enable(bus, 0, &blocking), ENODEV);
	EXPECT_ERRNO(-bus->ops->disable(bus, 0), ENODEV);
	EXPECT_ERRNO(-bus->ops->take(bus, &deadman_ms), ENODEV);
	EXPECT_ERRNO(-bus->ops->farewell(bus), ENODEV);
	EXPECT_ERRNO(-bus->ops->telegrams(bus, NULL, 0), ENODEV);
	EXPECT_ERRNO(-bus->ops->submit(bus, &slow, &cookie), ENODEV);
	while ((ret = bus->ops->next(bus, &event)) == 1) {
		stopped |= event.type == OHT_EVENT_SAFETY && event.safety.kind == OHT_KIND_STOP &&
			   event.safety.cause == OHT_STOPPED_BY_UNBIND;
		ended |= event.type == OHT_EVENT_REPLY && event.reply.outcome == OHT_OUTCOME_GONE &&
			 event.reply.error == ENODEV;
	}
	EXPECT_ERRNO(-ret, ENODEV);
	EXPECT(stopped && ended);
	bus->ops->close(bus);
	place.unplug(false);
	bus_reopen();
	EXPECT_IS(bus_status().state, OHT_STATE_STOPPED);
	EXPECT_IS(bus_status().first_cause, OHT_STOPPED_BY_START);
	EXPECT(!bus_status().has_controller);
}

const struct contract_test bus_hardware_tests[] = {
	CONTRACT(role_is_exclusive),
	CONTRACT(period_is_checked),
	CONTRACT(acts_on_outputs_need_the_role),
	CONTRACT(button_stops_and_stands),
	CONTRACT(each_act_is_told_once),
	CONTRACT(a_stop_ends_writes_that_wait),
	CONTRACT(commands_overtake),
	CONTRACT(requests_have_a_form),
	CONTRACT(telegrams_are_checked),
	CONTRACT(self_test_is_for_the_stopped),
	CONTRACT(gone_is_gone),
};
const size_t bus_hardware_count = sizeof(bus_hardware_tests) / sizeof(bus_hardware_tests[0]);
