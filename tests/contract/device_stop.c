// SPDX-License-Identifier: GPL-2.0-or-later
/* The states of the stop, their order, and what forbids a step. */
#include <errno.h>
#include <fcntl.h>

#include "device.h"

#define BUTTONS	(OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A) | OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_B))

static void stopped_forbids(void)
{
	int fd = dev_controller();
	uint64_t blocking = 0;

	EXPECT_IS(dev_status(fd).state, OHT_ESTOP_STOPPED);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_STOP, 0, NULL), 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_ENABLE, 0, &blocking), ECANCELED);
	EXPECT(blocking & OHT_CAUSE_BIT(OHT_CAUSE_SOFTWARE));
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_DISABLE, 0, NULL), ECANCELED);
	EXPECT_IS(dev_status(fd).outputs, 0);
}

static void ready_forbids(void)
{
	int fd = dev_ready();
	struct oht_estop_status status = dev_status(fd);
	struct oht_self_test test = { .size = sizeof(test) };

	EXPECT_IS(status.state, OHT_ESTOP_READY);
	EXPECT_IS(status.causes, 0);
	EXPECT_IS(status.first_cause, OHT_CAUSE_NONE);
	EXPECT_IS(status.outputs, 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_RESET, 0, NULL), ECANCELED);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_DISABLE, 0, NULL), ECANCELED);
	EXPECT_ERRNO(dev_call(fd, OHT_IOC_SELF_TEST, &test), ECANCELED);
	EXPECT_IS(dev_status(fd).state, OHT_ESTOP_READY);
}

static void enabled_forbids(void)
{
	int fd = dev_enabled();
	struct oht_estop_status status = dev_status(fd);
	uint64_t blocking = 99;

	EXPECT_IS(status.state, OHT_ESTOP_ENABLED);
	EXPECT_IS(status.outputs, OHT_OUTPUT_ENABLE_1 | OHT_OUTPUT_ENABLE_2);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_ENABLE, 0, &blocking), ECANCELED);
	EXPECT_IS(blocking, 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_RESET, 0, NULL), ECANCELED);
	EXPECT_IS(dev_status(fd).state, OHT_ESTOP_ENABLED);
}

static void disable_latches_nothing(void)
{
	int fd = dev_enabled();
	struct oht_estop_status status;

	EXPECT_ERRNO(dev_command(fd, OHT_IOC_DISABLE, 0, NULL), 0);
	status = dev_status(fd);
	EXPECT_IS(status.state, OHT_ESTOP_READY);
	EXPECT_IS(status.outputs, 0);
	EXPECT_IS(status.causes, 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_ENABLE, 0, NULL), 0);
}

static void anybody_may_stop(void)
{
	int fd = dev_enabled(), other = dev_open(O_RDWR);
	struct oht_estop_status status;

	EXPECT_ERRNO(dev_command(other, OHT_IOC_STOP, 7, NULL), 0);
	status = dev_status(fd);
	EXPECT_IS(status.state, OHT_ESTOP_STOPPED);
	EXPECT_IS(status.first_cause, OHT_CAUSE_SOFTWARE);
	EXPECT_IS(status.causes, OHT_CAUSE_BIT(OHT_CAUSE_SOFTWARE));
	EXPECT_IS(status.outputs, 0);
	EXPECT(status.flags & OHT_ESTOP_IS_CONTROLLER);
	EXPECT_ERRNO(dev_command(other, OHT_IOC_STOP, 8, NULL), 0);
}

static void reserved_members_are_looked_at(void)
{
	static const unsigned long acts[] = {
		OHT_IOC_RESET, OHT_IOC_ENABLE, OHT_IOC_DISABLE, OHT_IOC_HEARTBEAT,
	};
	struct oht_command flags = { .size = sizeof(flags), .flags = 1 };
	struct oht_command reserved = { .size = sizeof(reserved), .reserved = { 0, 1 } };
	struct oht_self_test test = { .size = sizeof(test), .flags = 1 };
	int fd = dev_enabled();
	size_t i;

	for (i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		EXPECT_ERRNO(dev_call(fd, acts[i], &flags), EINVAL);
		EXPECT_ERRNO(dev_call(fd, acts[i], &reserved), EINVAL);
	}
	EXPECT_ERRNO(dev_call(fd, OHT_IOC_SELF_TEST, &test), EINVAL);
	EXPECT_IS(dev_status(fd).state, OHT_ESTOP_ENABLED);
}

/* Whatever is wrong with the call, the machine stops; then the caller learns what was wrong. */
static void a_reader_may_stop(void)
{
	int fd = dev_enabled(), reader = dev_open(O_RDONLY);

	EXPECT_ERRNO(dev_command(reader, OHT_IOC_STOP, 77, NULL), 0);
	EXPECT_IS(dev_status(fd).state, OHT_ESTOP_STOPPED);
	EXPECT_IS(dev_status(fd).first_cause, OHT_CAUSE_SOFTWARE);
	EXPECT_IS(dev_status(fd).outputs, 0);
	EXPECT_ERRNO(dev_command(reader, OHT_IOC_RESET, 0, NULL), EBADF);
}

static void a_stop_that_is_wrong_stops(void)
{
	struct oht_command wrong[] = {
		{ .size = sizeof(wrong[0]), .tag = 9, .flags = 1 },
		{ .size = sizeof(wrong[0]), .tag = 9, .reserved = { 0, 1 } },
		{ .size = sizeof(wrong[0]) - 1, .tag = 9 },
	};
	struct oht_estop_status status;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		int fd = dev_enabled();

		EXPECT_ERRNO(dev_call(fd, OHT_IOC_STOP, &wrong[i]), EINVAL);
		status = dev_status(fd);
		EXPECT_IS(status.state, OHT_ESTOP_STOPPED);
		EXPECT_IS(status.first_cause, OHT_CAUSE_SOFTWARE);
		EXPECT_IS(status.outputs, 0);
		dev_close_all();
	}
}

static void causes_are_collected(void)
{
	int fd = dev_enabled();
	struct oht_estop_status status;

	EXPECT_ERRNO(dev_command(fd, OHT_IOC_STOP, 0, NULL), 0);
	place_press(OHT_INPUT_A | OHT_INPUT_B);
	status = dev_status(fd);
	EXPECT_IS(status.first_cause, OHT_CAUSE_SOFTWARE);
	EXPECT_IS(status.causes, BUTTONS | OHT_CAUSE_BIT(OHT_CAUSE_SOFTWARE));
	EXPECT_IS(status.inputs & (OHT_INPUT_A | OHT_INPUT_B), 0);
	EXPECT_IS(status.closed_since_ns, 0);
}

static void one_channel_stops(void)
{
	int fd = dev_enabled();
	struct oht_estop_status status;
	uint64_t blocking = 0;

	place_press(OHT_INPUT_B);
	status = dev_status(fd);
	EXPECT_IS(status.state, OHT_ESTOP_STOPPED);
	EXPECT_IS(status.first_cause, OHT_CAUSE_BUTTON_B);
	EXPECT_IS(status.outputs, 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY);
	EXPECT_IS(blocking, OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_B));
}

/* However shortly: the other contact may be welded. */
static void one_channel_alone_stands(void)
{
	int fd = dev_enabled();
	uint64_t blocking = 0;

	place_press(OHT_INPUT_A);
	place_unpress();
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY);
	EXPECT(blocking & OHT_CAUSE_BIT(OHT_CAUSE_DISCREPANCY));
	dev_sleep_ms(fd, 2 * dev_info(fd).reset_stable_ms);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY);
	EXPECT_IS(blocking, OHT_CAUSE_BIT(OHT_CAUSE_DISCREPANCY));
	place_press(OHT_INPUT_A | OHT_INPUT_B);
	EXPECT_IS(dev_status(fd).inputs & (OHT_INPUT_A | OHT_INPUT_B), 0);
	place_unpress();
	dev_reset(fd);
}

/* Closed again is not closed long enough. */
static void button_stands_until_it_is_stable(void)
{
	int fd = dev_enabled();
	struct oht_estop_status status;
	uint64_t blocking = 0, released_ns;

	place_press(OHT_INPUT_A | OHT_INPUT_B);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY);
	EXPECT_IS(blocking, BUTTONS);
	released_ns = dev_now_ns();
	place_unpress();
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY);
	EXPECT_IS(blocking, BUTTONS);
	EXPECT_IS(dev_status(fd).standing, BUTTONS);
	dev_reset(fd);
	EXPECT(dev_now_ns() - released_ns >= dev_info(fd).reset_stable_ms * 1000000ULL);
	status = dev_status(fd);
	EXPECT_IS(status.standing, 0);
	EXPECT(status.closed_since_ns >= released_ns);
	EXPECT_IS(status.opened_age_s < 60, 1);
}

static void self_test_finds_nothing(void)
{
	struct oht_self_test test = { .size = sizeof(test), .failed = 99 };
	int fd = dev_controller();
	uint64_t began_ns = dev_now_ns();

	EXPECT_ERRNO(dev_call(fd, OHT_IOC_SELF_TEST, &test), 0);
	EXPECT_IS(test.failed, 0);
	EXPECT(dev_status(fd).tested_ns >= began_ns);
	EXPECT_IS(dev_status(fd).test_failed, 0);
}

static const struct oht_telegrams one_telegram = {
	.size = sizeof(one_telegram), .count = 1,
	.list = { { .unit = UNIT_A, .function = 6, .count = 1, .words = { 1 } } },
};

static int set_telegrams(int fd, struct oht_telegrams telegrams)
{
	return dev_call(fd, OHT_IOC_TELEGRAMS, &telegrams);
}

#define EXPECT_REFUSED(fd, member, value) do {					\
		struct oht_telegrams telegrams = one_telegram;			\
										\
		telegrams.member = (value);					\
		EXPECT_ERRNO(set_telegrams(fd, telegrams), EINVAL);		\
	} while (0)

static void telegrams_are_checked(void)
{
	struct oht_telegram_status status = { .size = sizeof(status) };
	int fd = dev_controller();

	EXPECT_REFUSED(fd, flags, 1);
	EXPECT_REFUSED(fd, reserved, 1);
	EXPECT_REFUSED(fd, count, OHT_TELEGRAMS_MAX + 1);
	EXPECT_REFUSED(fd, count, 0);
	EXPECT_REFUSED(fd, count, 2);
	EXPECT_REFUSED(fd, list[0].unit, 0);
	EXPECT_REFUSED(fd, list[0].unit, 248);
	EXPECT_REFUSED(fd, list[0].function, 3);
	EXPECT_REFUSED(fd, list[0].function, 5);
	EXPECT_REFUSED(fd, list[0].count, 0);
	EXPECT_REFUSED(fd, list[0].count, 2);
	EXPECT_REFUSED(fd, list[0].reserved, 1);
	EXPECT_REFUSED(fd, list[0].reserved2, 1);
	EXPECT_REFUSED(fd, list[0].turnaround_us, 5000001);
	EXPECT_REFUSED(fd, list[0].words[1], 1);
	EXPECT_REFUSED(fd, list[OHT_TELEGRAMS_MAX - 1].unit, 1);
	EXPECT_ERRNO(dev_call(fd, OHT_IOC_TELEGRAM_STATUS, &status), 0);
	EXPECT_IS(status.set, 0);
	EXPECT_ERRNO(set_telegrams(fd, one_telegram), 0);
	EXPECT_ERRNO(dev_call(fd, OHT_IOC_TELEGRAM_STATUS, &status), 0);
	EXPECT_IS(status.set, 1);
	EXPECT_ERRNO(set_telegrams(dev_open(O_RDWR), one_telegram), EPERM);
	EXPECT_ERRNO(set_telegrams(fd, (struct oht_telegrams){ .size = sizeof(one_telegram) }), 0);
}

const struct contract_test stop_tests[] = {
	CONTRACT(stopped_forbids),
	CONTRACT(ready_forbids),
	CONTRACT(enabled_forbids),
	CONTRACT(disable_latches_nothing),
	CONTRACT(anybody_may_stop),
	CONTRACT(a_reader_may_stop),
	CONTRACT(a_stop_that_is_wrong_stops),
	CONTRACT(reserved_members_are_looked_at),
	CONTRACT(causes_are_collected),
	CONTRACT(one_channel_stops),
	CONTRACT(one_channel_alone_stands),
	CONTRACT(button_stands_until_it_is_stable),
	CONTRACT(self_test_finds_nothing),
	CONTRACT(telegrams_are_checked),
};
const size_t stop_count = sizeof(stop_tests) / sizeof(stop_tests[0]);
