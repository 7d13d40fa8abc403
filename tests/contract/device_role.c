// SPDX-License-Identifier: GPL-2.0-or-later
/* The exclusive role of controller, and the deadman that comes with it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "device.h"

#define SHORT_MS	1000

static void nobody_has_the_role_at_first(void)
{
	static const unsigned long acts[] = {
		OHT_IOC_RESET, OHT_IOC_ENABLE, OHT_IOC_DISABLE, OHT_IOC_HEARTBEAT,
	};
	struct oht_self_test test = { .size = sizeof(test) };
	int fd = dev_open(O_RDWR);
	struct oht_estop_status status = dev_status(fd);
	uint64_t blocking = 99;
	size_t i;

	EXPECT(!(status.flags & (OHT_ESTOP_HAS_CONTROLLER | OHT_ESTOP_IS_CONTROLLER)));
	EXPECT_IS(status.controller_tgid, 0);
	EXPECT_IS(status.deadman_ms, 0);
	for (i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		EXPECT_ERRNO(dev_command(fd, acts[i], 0, NULL), EPERM);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_RESET, 0, &blocking), EPERM);
	EXPECT_IS(blocking, 0);
	EXPECT_ERRNO(dev_call(fd, OHT_IOC_SELF_TEST, &test), EPERM);
	EXPECT_ERRNO(dev_release(fd), EPERM);
}

static void role_is_exclusive(void)
{
	int fd = dev_controller(), other = dev_open(O_RDWR);
	struct oht_estop_status status = dev_status(fd);

	EXPECT(status.flags & OHT_ESTOP_HAS_CONTROLLER);
	EXPECT(status.flags & OHT_ESTOP_IS_CONTROLLER);
	EXPECT_IS(status.controller_tgid, getpid());
	EXPECT_IS(status.deadman_ms, dev_info(fd).deadman_max_ms);
	status = dev_status(other);
	EXPECT(status.flags & OHT_ESTOP_HAS_CONTROLLER);
	EXPECT(!(status.flags & OHT_ESTOP_IS_CONTROLLER));
	EXPECT_ERRNO(dev_take(fd, 0), EBUSY);
	EXPECT_ERRNO(dev_take(other, 0), EBUSY);
	EXPECT_ERRNO(dev_release(other), EPERM);
	EXPECT_ERRNO(dev_command(other, OHT_IOC_HEARTBEAT, 0, NULL), EPERM);
	EXPECT_ERRNO(dev_command(other, OHT_IOC_RESET, 0, NULL), EPERM);
	EXPECT(dev_status(fd).flags & OHT_ESTOP_IS_CONTROLLER);
}

static void period_is_checked(void)
{
	struct oht_control control = { .size = sizeof(control), .action = OHT_CONTROL_TAKE };
	int fd = dev_open(O_RDWR);
	struct oht_info info = dev_info(fd);

	EXPECT_ERRNO(dev_take(fd, info.deadman_min_ms - 1), EINVAL);
	EXPECT_ERRNO(dev_take(fd, info.deadman_max_ms + 1), EINVAL);
	EXPECT(!(dev_status(fd).flags & OHT_ESTOP_HAS_CONTROLLER));
	EXPECT_ERRNO(dev_call(fd, OHT_IOC_CONTROL, &control), 0);
	EXPECT_IS(control.deadman_ms, info.deadman_default_ms);
	/* The range is looked at before who has the role. */
	EXPECT_ERRNO(dev_take(fd, info.deadman_max_ms + 1), EINVAL);
}

static int control(int fd, struct oht_control wanted)
{
	wanted.size = sizeof(wanted);
	return dev_call(fd, OHT_IOC_CONTROL, &wanted);
}

static void control_has_a_form(void)
{
	int fd = dev_open(O_RDWR);

	EXPECT_ERRNO(control(fd, (struct oht_control){ .action = 0 }), EINVAL);
	EXPECT_ERRNO(control(fd, (struct oht_control){ .action = 3 }), EINVAL);
	EXPECT_ERRNO(control(fd, (struct oht_control){ .action = OHT_CONTROL_TAKE,
						      .reserved = 1 }), EINVAL);
	EXPECT_ERRNO(control(fd, (struct oht_control){ .action = OHT_CONTROL_RELEASE,
						      .reserved = 1 }), EINVAL);
	EXPECT_ERRNO(control(fd, (struct oht_control){ .action = OHT_CONTROL_RELEASE,
						      .deadman_ms = 100 }), EINVAL);
	EXPECT(!(dev_status(fd).flags & OHT_ESTOP_HAS_CONTROLLER));
}

static void farewell_stops_and_frees_the_role(void)
{
	int fd = dev_enabled(), other = dev_open(O_RDWR);
	struct oht_estop_status status;

	EXPECT_ERRNO(dev_release(fd), 0);
	status = dev_status(fd);
	EXPECT_IS(status.state, OHT_ESTOP_STOPPED);
	EXPECT_IS(status.first_cause, OHT_CAUSE_FAREWELL);
	EXPECT_IS(status.outputs, 0);
	EXPECT_IS(status.flags & OHT_ESTOP_HAS_CONTROLLER, 0);
	EXPECT_ERRNO(dev_release(fd), EPERM);
	EXPECT_ERRNO(dev_take(other, 0), 0);
}

static void close_stops_and_frees_the_role(void)
{
	int fd = dev_enabled(), other = dev_open(O_RDWR);
	struct oht_record record;

	EXPECT_ERRNO(dev_subscribe(other, OHT_SUBSCRIBE_SAFETY, 0), 0);
	dev_close(fd);
	record = dev_next(other, OHT_RECORD_SAFETY);
	EXPECT_IS(record.safety.kind, OHT_SAFETY_STOP);
	EXPECT_IS(record.safety.cause, OHT_CAUSE_CLOSE);
	EXPECT_IS(record.safety.state_from, OHT_ESTOP_ENABLED);
	EXPECT(record.safety.low_ns >= record.safety.event_ns);
	EXPECT_IS(dev_status(other).flags & OHT_ESTOP_HAS_CONTROLLER, 0);
	EXPECT_ERRNO(dev_take(other, 0), 0);
}

/* Closing another descriptor of the same process is not the controller's end. */
static void close_of_another_stops_nothing(void)
{
	int fd = dev_enabled(), other = dev_open(O_RDWR);

	dev_close(other);
	EXPECT_IS(dev_status(fd).state, OHT_ESTOP_ENABLED);
}

static int enabled_for(uint32_t deadman_ms)
{
	int fd = dev_ready();

	EXPECT_ERRNO(dev_release(fd), 0);
	EXPECT_ERRNO(dev_take(fd, deadman_ms), 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_RESET, 0, NULL), 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_ENABLE, 0, NULL), 0);
	return fd;
}

static void deadman_stops(void)
{
	int fd = enabled_for(SHORT_MS), other = dev_open(O_RDWR);
	uint64_t taken_ns = dev_now_ns(), blocking = 0;
	struct oht_estop_status status;
	struct oht_record record;

	EXPECT_ERRNO(dev_subscribe(other, OHT_SUBSCRIBE_SAFETY, 0), 0);
	record = dev_next(other, OHT_RECORD_SAFETY);
	EXPECT_IS(record.safety.kind, OHT_SAFETY_STOP);
	EXPECT_IS(record.safety.cause, OHT_CAUSE_DEADMAN);
	EXPECT_IS(record.safety.tgid, 0);
	EXPECT(record.safety.low_ns >= record.safety.event_ns);
	/* Not long before its time: the role was taken just before. */
	EXPECT(record.safety.event_ns + 100000000 > taken_ns + SHORT_MS * 900000ULL);
	status = dev_status(fd);
	EXPECT_IS(status.first_cause, OHT_CAUSE_DEADMAN);
	EXPECT_IS(status.outputs, 0);
	EXPECT(status.flags & OHT_ESTOP_IS_CONTROLLER);
	EXPECT(status.standing & OHT_CAUSE_BIT(OHT_CAUSE_DEADMAN));
	/* It stands until the heart beats again. */
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY);
	EXPECT_IS(blocking, OHT_CAUSE_BIT(OHT_CAUSE_DEADMAN));
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_HEARTBEAT, 0, NULL), 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_RESET, 0, NULL), 0);
}

static void heartbeats_keep_the_deadman_off(void)
{
	int fd = enabled_for(SHORT_MS), i;

	for (i = 0; i < 10; i++) {
		dev_sleep_ms(fd, SHORT_MS / 4);
		EXPECT_ERRNO(dev_command(fd, OHT_IOC_HEARTBEAT, 0, NULL), 0);
	}
	EXPECT_IS(dev_status(fd).state, OHT_ESTOP_ENABLED);
}

/* Nothing but HEARTBEAT is one. */
static void other_calls_are_no_heartbeat(void)
{
	int fd = enabled_for(SHORT_MS), i;

	for (i = 0; i < 12 && dev_status(fd).state == OHT_ESTOP_ENABLED; i++)
		dev_sleep_ms(fd, SHORT_MS / 4);
	EXPECT_IS(dev_status(fd).first_cause, OHT_CAUSE_DEADMAN);
}

const struct contract_test role_tests[] = {
	CONTRACT(nobody_has_the_role_at_first),
	CONTRACT(role_is_exclusive),
	CONTRACT(period_is_checked),
	CONTRACT(control_has_a_form),
	CONTRACT(farewell_stops_and_frees_the_role),
	CONTRACT(close_stops_and_frees_the_role),
	CONTRACT(close_of_another_stops_nothing),
	CONTRACT(deadman_stops),
	CONTRACT(heartbeats_keep_the_deadman_off),
	CONTRACT(other_calls_are_no_heartbeat),
};
const size_t role_count = sizeof(role_tests) / sizeof(role_tests[0]);
