// SPDX-License-Identifier: GPL-2.0-or-later
/* A device in memory: its system calls, and the rules that all ioctls share; see fake_device.h. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "fake_device.h"
#include "internal.h"

#define NS_PER_MS	1000000LL
#define SIZE_MAX_BYTES	4096

struct fake_device fake;

/* ---- ioctls ---- */

typedef int (*execute)(int file, unsigned long number, void *argument);

static int do_info(int file, unsigned long number, void *argument)
{
	(void)file;
	(void)number;
	*(struct oht_info *)argument = fake.info;
	return 0;
}

static int do_subscribe(int file, unsigned long number, void *argument)
{
	(void)number;
	return fake_subscribe(file, argument);
}

static const struct call {
	unsigned long number;
	uint32_t size;
	bool writes;
	execute run;
} calls[] = {
	{ OHT_IOC_INFO, sizeof(struct oht_info), false, do_info },
	{ OHT_IOC_SUBMIT, sizeof(struct oht_transfer), true, fake_wire_ioctl },
	{ OHT_IOC_CANCEL, sizeof(struct oht_cancel), true, fake_wire_ioctl },
	{ OHT_IOC_SUBSCRIBE, sizeof(struct oht_subscribe), false, do_subscribe },
	{ OHT_IOC_ESTOP_STATUS, sizeof(struct oht_estop_status), false, fake_stop_ioctl },
	{ OHT_IOC_STOP, sizeof(struct oht_command), false, fake_stop_ioctl },
	{ OHT_IOC_CONTROL, sizeof(struct oht_control), true, fake_stop_ioctl },
	{ OHT_IOC_RESET, sizeof(struct oht_command), true, fake_stop_ioctl },
	{ OHT_IOC_ENABLE, sizeof(struct oht_command), true, fake_stop_ioctl },
	{ OHT_IOC_DISABLE, sizeof(struct oht_command), true, fake_stop_ioctl },
	{ OHT_IOC_HEARTBEAT, sizeof(struct oht_command), true, fake_stop_ioctl },
	{ OHT_IOC_TELEGRAMS, sizeof(struct oht_telegrams), true, fake_stop_ioctl },
	{ OHT_IOC_TELEGRAM_STATUS, sizeof(struct oht_telegram_status), false, fake_stop_ioctl },
	{ OHT_IOC_SELF_TEST, sizeof(struct oht_self_test), true, fake_stop_ioctl },
	{ OHT_IOC_UNIT_SET, sizeof(struct oht_unit_set), true, fake_plan_ioctl },
	{ OHT_IOC_UNIT_GET, sizeof(struct oht_unit_status), false, fake_plan_ioctl },
	{ OHT_IOC_PLAN_STAGE, sizeof(struct oht_plan_stage), true, fake_plan_ioctl },
	{ OHT_IOC_PLAN_COMMIT, sizeof(struct oht_plan_commit), true, fake_plan_ioctl },
	{ OHT_IOC_PLAN_CLEAR, sizeof(struct oht_plan_clear), true, fake_plan_ioctl },
	{ OHT_IOC_OUTPUTS, sizeof(struct oht_outputs), true, fake_plan_ioctl },
	{ OHT_IOC_PLAN_STATUS, sizeof(struct oht_plan_status), false, fake_plan_ioctl },
};

#define CALLS	(sizeof(calls) / sizeof(calls[0]))

/* What a stop does whose own structure is wrong. */
static int stop_and_say(int file, int error)
{
	struct oht_command command = { .size = sizeof(command) };

	fake_stop_ioctl(file, OHT_IOC_STOP, &command);
	return error;
}

static int check_tail(const uint8_t *argument, uint32_t known, uint32_t size)
{
	uint32_t i;

	if (size > SIZE_MAX_BYTES)
		return E2BIG;
	for (i = known; i < size; i++)
		if (argument[i])
			return E2BIG;
	return 0;
}

static int check_size(const struct call *call, const void *argument)
{
	uint32_t size;

	if (!argument)
		return EFAULT;
	memcpy(&size, argument, sizeof(size));
	return size < call->size ? EINVAL : check_tail(argument, call->size, size);
}

static int do_ioctl(int file, unsigned long number, void *argument)
{
	union {
		uint32_t size;
		uint64_t align;
		uint8_t bytes[1024];
	} copy;
	size_t i = 0;
	int error;

	while (i < CALLS && calls[i].number != number)
		i++;
	if (i == CALLS)
		return ENOTTY;
	if (calls[i].writes && fake.files[file].read_only)
		return EBADF;
	error = check_size(&calls[i], argument);
	if (error)
		return number == OHT_IOC_STOP ? stop_and_say(file, error) : error;
	memcpy(&copy, argument, calls[i].size);
	error = calls[i].run(file, number, &copy);
	copy.size = calls[i].size;
	memcpy(argument, &copy, calls[i].size);
	return error;
}

/* ---- time ---- */

static void run_due(void)
{
	if (fake.gone)
		return;
	fake_wire_run();
	fake_stop_run();
	fake_plan_run();
}

static int64_t next_ns(void)
{
	int64_t wire_ns = fake_wire_next_ns(), stop_ns = fake_stop_next_ns();

	if (fake.gone)
		return INT64_MAX;
	return wire_ns < stop_ns ? wire_ns : stop_ns;
}

/* ---- the system calls ---- */

static int file_of(int fd)
{
	assert_in_range(fd, FAKE_FD, FAKE_FD + FAKE_FILES - 1);
	assert_true(fake.files[fd - FAKE_FD].open);
	return fd - FAKE_FD;
}

static int fake_open(const char *path, int flags)
{
	int file = 0, error = fake.open_error ? fake.open_error : fake.gone ? ENOENT : 0;

	if (error) {
		errno = error;
		return -1;
	}
	while (fake.files[file].open)
		assert_in_range(++file, 0, FAKE_FILES - 1);
	snprintf(fake.path, sizeof(fake.path), "%s", path);
	fake.open_flags = flags;
	memset(&fake.files[file], 0, sizeof(fake.files[file]));
	fake.files[file].open = true;
	fake.files[file].read_only = (flags & O_ACCMODE) == O_RDONLY;
	fake.opens++;
	return FAKE_FD + file;
}

static int fake_close(int fd)
{
	int file = file_of(fd);

	fake.closes++;
	fake_stop_forget(file);
	fake_wire_forget(file);
	fake.files[file].open = false;
	return 0;
}

static int fake_ioctl(int fd, unsigned long number, void *argument)
{
	int error, file = file_of(fd);

	fake.now_ns += fake.nap_ns;
	run_due();
	if (fake.fail_error && fake.fail_number == number) {
		error = fake.fail_error;
		fake.fail_error = 0;
	} else {
		error = fake.gone ? ENODEV : do_ioctl(file, number, argument);
	}
	if (!error)
		return 0;
	errno = error;
	return -1;
}

static ssize_t fake_read(int fd, void *buffer, size_t bytes)
{
	run_due();
	return fake_read_records(file_of(fd), buffer, bytes);
}

static int fake_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	int64_t until_ns = timeout_ms < 0 ? INT64_MAX : fake.now_ns + timeout_ms * NS_PER_MS;
	int file = file_of(fds->fd);

	assert_int_equal(count, 1);
	fake.polls++;
	if (fake.on_poll)
		fake.on_poll();
	if (fake.poll_error) {
		errno = fake.poll_error;
		fake.poll_error = 0;
		return -1;
	}
	for (;;) {
		run_due();
		fds->revents = fake_ready(file) & (fds->events | POLLHUP | POLLERR);
		if (fds->revents)
			return 1;
		if (next_ns() > until_ns)
			break;
		/* A wait without end that nothing ends would hang for ever. */
		assert_true(next_ns() != INT64_MAX);
		fake.now_ns = next_ns() > fake.now_ns ? next_ns() : fake.now_ns;
	}
	assert_true(timeout_ms >= 0);
	fake.now_ns = until_ns;
	return 0;
}

static int64_t fake_monotonic_ns(void)
{
	return fake.now_ns;
}

static const struct oht_sys fake_sys = {
	.open = fake_open,
	.close = fake_close,
	.ioctl = fake_ioctl,
	.read = fake_read,
	.poll = fake_poll,
	.monotonic_ns = fake_monotonic_ns,
	.map = fake_map,
	.unmap = fake_unmap,
};

void fake_unbind(void)
{
	fake_stop(OHT_CAUSE_UNBIND);
	fake_wire_abort(true);
	fake.image.header.flags |= OHT_PLAN_GONE;
	fake.gone = true;
}

void fake_install(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.info = (struct oht_info){
		.size = sizeof(struct oht_info),
		.abi_version = OHT_ABI_VERSION,
		.caps = OHT_CAP_EXACT_TIMING | OHT_CAP_ESTOP | OHT_CAP_CHANNEL_B | OHT_CAP_BUS,
		.port = "pl011",
		.baud_bps = 115200,
		.char_bits = 10,
		.baud_effective_millibps = 115384615,
		.stop_bits = 1,
		.char_ns = 86667,
		.t15_ns = 750000,
		.t35_ns = 1750000,
		.turnaround_max_us = 5000000,
		.deadman_min_ms = 10,
		.deadman_max_ms = 10000,
		.deadman_default_ms = 100,
		.supervision_period_us = 2000,
		.reset_stable_ms = 500,
		.discrepancy_window_ms = 500,
		.feedback_settle_ms = 50,
		.cpu_stall_us = 4000,
	};
	fake_plan_install();
	fake.stop.causes = OHT_CAUSE_BIT(OHT_CAUSE_START);
	fake.stop.first_cause = OHT_CAUSE_START;
	fake.stop.inputs = OHT_INPUT_A | OHT_INPUT_B;
	fake.now_ns = 5000 * NS_PER_MS;
	fake.stop.since_ns = fake.stop.closed_since_ns = 1000 * NS_PER_MS;
	fake.record_bytes = sizeof(struct oht_record);
	oht_sys = &fake_sys;
}
