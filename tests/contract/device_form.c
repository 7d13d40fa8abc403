// SPDX-License-Identifier: GPL-2.0-or-later
/* What all ioctls have in common: sizes, numbers, descriptors that may only look. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "device.h"

#define TAIL_BYTES	64
#define ARG_BYTES	1024

static const struct call {
	unsigned long number;
	uint32_t size;
	bool writes;
} calls[] = {
	{ OHT_IOC_INFO, sizeof(struct oht_info), false },
	{ OHT_IOC_SUBMIT, sizeof(struct oht_transfer), true },
	{ OHT_IOC_CANCEL, sizeof(struct oht_cancel), true },
	{ OHT_IOC_SUBSCRIBE, sizeof(struct oht_subscribe), false },
	{ OHT_IOC_ESTOP_STATUS, sizeof(struct oht_estop_status), false },
	{ OHT_IOC_STOP, sizeof(struct oht_command), false },
	{ OHT_IOC_CONTROL, sizeof(struct oht_control), true },
	{ OHT_IOC_RESET, sizeof(struct oht_command), true },
	{ OHT_IOC_ENABLE, sizeof(struct oht_command), true },
	{ OHT_IOC_DISABLE, sizeof(struct oht_command), true },
	{ OHT_IOC_HEARTBEAT, sizeof(struct oht_command), true },
	{ OHT_IOC_TELEGRAMS, sizeof(struct oht_telegrams), true },
	{ OHT_IOC_TELEGRAM_STATUS, sizeof(struct oht_telegram_status), false },
	{ OHT_IOC_SELF_TEST, sizeof(struct oht_self_test), true },
	{ OHT_IOC_UNIT_SET, sizeof(struct oht_unit_set), true },
	{ OHT_IOC_UNIT_GET, sizeof(struct oht_unit_status), false },
	{ OHT_IOC_PLAN_STAGE, sizeof(struct oht_plan_stage), true },
	{ OHT_IOC_PLAN_COMMIT, sizeof(struct oht_plan_commit), true },
	{ OHT_IOC_PLAN_CLEAR, sizeof(struct oht_plan_clear), true },
	{ OHT_IOC_OUTPUTS, sizeof(struct oht_outputs), true },
	{ OHT_IOC_PLAN_STATUS, sizeof(struct oht_plan_status), false },
};

#define CALLS	(sizeof(calls) / sizeof(calls[0]))

static union {
	uint32_t size;
	uint64_t align;
	uint8_t bytes[ARG_BYTES];
} arg;

static int call_with(int fd, const struct call *call, uint32_t size, uint8_t tail)
{
	memset(&arg, 0, sizeof(arg));
	arg.size = size;
	arg.bytes[call->size + TAIL_BYTES / 2] = tail;
	return dev_call(fd, call->number, &arg);
}

/* @size is relative to that of each structure. */
static void expect_all(int size, uint8_t tail, int error)
{
	int fd = dev_open(O_RDWR);
	const struct call *call;

	for (call = calls; call < calls + CALLS; call++)
		if (call_with(fd, call, call->size + (uint32_t)size, tail) != error)
			contract_failed(__FILE__, __LINE__, "ioctl %#lx, %d bytes longer: not %s",
					call->number, size, strerror(error));
}

static void no_structure_is_efault(void)
{
	int fd = dev_open(O_RDWR);
	const struct call *call;

	for (call = calls; call < calls + CALLS; call++)
		EXPECT_ERRNO(dev_call(fd, call->number, NULL), EFAULT);
}

static void size_zero_is_refused(void)
{
	int fd = dev_open(O_RDWR);
	const struct call *call;

	for (call = calls; call < calls + CALLS; call++)
		EXPECT_ERRNO(call_with(fd, call, 0, 0), EINVAL);
}

static void one_byte_short_is_refused(void)
{
	expect_all(-1, 0, EINVAL);
}

static void long_and_dirty_is_refused(void)
{
	expect_all(TAIL_BYTES, 1, E2BIG);
}

static void absurdly_long_is_refused(void)
{
	int fd = dev_open(O_RDWR);
	const struct call *call;

	for (call = calls; call < calls + CALLS; call++)
		EXPECT_ERRNO(call_with(fd, call, UINT32_MAX, 0), E2BIG);
}

static void long_and_zero_is_as_exact(void)
{
	int fd = dev_open(O_RDWR), exact;
	const struct call *call;

	for (call = calls; call < calls + CALLS; call++) {
		exact = call_with(fd, call, call->size, 0);
		EXPECT_ERRNO(call_with(fd, call, call->size + TAIL_BYTES, 0), exact);
		/* What the kernel knows, not what the caller had; also beside a refusal. */
		EXPECT_IS(arg.size, call->size);
	}
}

static void nothing_is_written_beyond_the_size(void)
{
	int fd = dev_open(O_RDWR);

	memset(&arg, 0xa5, sizeof(arg));
	arg.size = sizeof(struct oht_info);
	EXPECT_ERRNO(dev_call(fd, OHT_IOC_INFO, &arg), 0);
	EXPECT_IS(arg.bytes[sizeof(struct oht_info)], 0xa5);
}

static void unknown_numbers_are_refused(void)
{
	int fd = dev_open(O_RDWR);

	memset(&arg, 0, sizeof(arg));
	arg.size = sizeof(struct oht_info);
	EXPECT_ERRNO(dev_call(fd, _IO(OHT_IOC_MAGIC, 0x0e), &arg), ENOTTY);
	EXPECT_ERRNO(dev_call(fd, _IO(OHT_IOC_MAGIC, 0x15), &arg), ENOTTY);
	EXPECT_ERRNO(dev_call(fd, _IO(OHT_IOC_MAGIC, 0xff), &arg), ENOTTY);
	EXPECT_ERRNO(dev_call(fd, _IO(OHT_IOC_MAGIC + 1, 0), &arg), ENOTTY);
	EXPECT_ERRNO(dev_call(fd, _IOR(OHT_IOC_MAGIC, 0, struct oht_info), &arg), ENOTTY);
}

/* Also before anything else is looked at. */
static void read_only_descriptors_do_not_act(void)
{
	int fd = dev_open(O_RDONLY);
	const struct call *call;

	for (call = calls; call < calls + CALLS; call++) {
		if (call->writes) {
			EXPECT_ERRNO(call_with(fd, call, call->size, 0), EBADF);
			EXPECT_ERRNO(call_with(fd, call, 0, 0), EBADF);
		} else {
			EXPECT(call_with(fd, call, call->size, 0) != EBADF);
		}
	}
}

static void info_is_sane(void)
{
	struct oht_info info = dev_info(dev_open(O_RDONLY));

	EXPECT_IS(info.size, sizeof(info));
	EXPECT_IS(info.abi_version, OHT_ABI_VERSION);
	EXPECT(info.caps & OHT_CAP_ESTOP);
	EXPECT(info.caps & OHT_CAP_CHANNEL_B);
	EXPECT(info.caps & OHT_CAP_BUS);
	EXPECT_IS(info.deadman_min_ms, 10);
	EXPECT_IS(info.deadman_max_ms, 10000);
	EXPECT_IS(info.turnaround_max_us, 5000000);
	EXPECT(info.t15_ns && info.t15_ns < info.t35_ns);
	EXPECT(info.deadman_default_ms >= info.deadman_min_ms &&
	       info.deadman_default_ms <= info.deadman_max_ms);
	EXPECT(!info.reserved[0] && !info.reserved[1]);
}

const struct contract_test form_tests[] = {
	CONTRACT(no_structure_is_efault),
	CONTRACT(size_zero_is_refused),
	CONTRACT(one_byte_short_is_refused),
	CONTRACT(long_and_dirty_is_refused),
	CONTRACT(absurdly_long_is_refused),
	CONTRACT(long_and_zero_is_as_exact),
	CONTRACT(nothing_is_written_beyond_the_size),
	CONTRACT(unknown_numbers_are_refused),
	CONTRACT(read_only_descriptors_do_not_act),
	CONTRACT(info_is_sane),
};
const size_t form_count = sizeof(form_tests) / sizeof(form_tests[0]);
