// SPDX-License-Identifier: GPL-2.0-or-later
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "internal.h"

#define FILES_MAX	4
#define PATIENCE_MS	10000
#define STEP_MS		20

static int files[FILES_MAX];
static unsigned int files_count;

static int error_of(int result)
{
	return result < 0 ? errno : 0;
}

int dev_open(int flags)
{
	int fd = oht_sys->open(OHT_DEFAULT_DEVICE, flags | O_NONBLOCK | O_CLOEXEC);

	EXPECT(files_count < FILES_MAX);
	if (fd < 0)
		contract_failed(__FILE__, __LINE__, "open: %s", strerror(errno));
	files[files_count++] = fd;
	return fd;
}

void dev_close(int fd)
{
	unsigned int i = 0;

	while (files[i] != fd)
		i++;
	files[i] = files[--files_count];
	oht_sys->close(fd);
}

void dev_close_all(void)
{
	while (files_count)
		oht_sys->close(files[--files_count]);
}

int dev_call(int fd, unsigned long number, void *argument)
{
	return error_of(oht_sys->ioctl(fd, number, argument));
}

int dev_command(int fd, unsigned long number, uint64_t tag, uint64_t *blocking)
{
	struct oht_command command = { .size = sizeof(command), .tag = tag };
	int error = dev_call(fd, number, &command);

	if (blocking)
		*blocking = command.blocking;
	return error;
}

int dev_take(int fd, uint32_t deadman_ms)
{
	struct oht_control control = { .size = sizeof(control), .action = OHT_CONTROL_TAKE,
				       .deadman_ms = deadman_ms };

	return dev_call(fd, OHT_IOC_CONTROL, &control);
}

int dev_release(int fd)
{
	struct oht_control control = { .size = sizeof(control), .action = OHT_CONTROL_RELEASE };

	return dev_call(fd, OHT_IOC_CONTROL, &control);
}

int dev_subscribe(int fd, uint32_t mask, uint64_t safety_from)
{
	struct oht_subscribe wanted = { .size = sizeof(wanted), .mask = mask,
					.safety_from = safety_from };

	return dev_call(fd, OHT_IOC_SUBSCRIBE, &wanted);
}

int dev_submit(int fd, struct oht_transfer transfer, uint64_t *cookie)
{
	int error;

	transfer.size = sizeof(transfer);
	error = dev_call(fd, OHT_IOC_SUBMIT, &transfer);
	if (cookie)
		*cookie = transfer.cookie;
	return error;
}

int dev_cancel(int fd, uint64_t cookie)
{
	struct oht_cancel cancel = { .size = sizeof(cancel), .cookie = cookie };

	return dev_call(fd, OHT_IOC_CANCEL, &cancel);
}

struct oht_info dev_info(int fd)
{
	struct oht_info info = { .size = sizeof(info) };

	EXPECT_ERRNO(dev_call(fd, OHT_IOC_INFO, &info), 0);
	return info;
}

struct oht_estop_status dev_status(int fd)
{
	struct oht_estop_status status = { .size = sizeof(status) };

	EXPECT_ERRNO(dev_call(fd, OHT_IOC_ESTOP_STATUS, &status), 0);
	return status;
}

uint64_t dev_now_ns(void)
{
	return (uint64_t)oht_sys->monotonic_ns();
}

struct oht_transfer dev_read_of(uint8_t unit)
{
	return (struct oht_transfer){
		.size = sizeof(struct oht_transfer), .unit = unit, .function = 3,
		.priority = OHT_PRIO_BACKGROUND, .count = 1, .timeout_us = 20000,
	};
}

/* ---- records and time ---- */

short dev_poll(int fd, short events, int timeout_ms)
{
	struct pollfd wait = { .fd = fd, .events = events };

	EXPECT(oht_sys->poll(&wait, 1, timeout_ms) >= 0);
	return wait.revents;
}

void dev_sleep_ms(int fd, unsigned int ms)
{
	EXPECT_IS(dev_poll(fd, 0, (int)ms), 0);
}

int dev_read(int fd, struct oht_record *record)
{
	ssize_t bytes = oht_sys->read(fd, record, sizeof(*record));

	if (bytes < 0)
		return -errno;
	EXPECT(bytes == 0 || bytes == sizeof(*record));
	return bytes > 0;
}

struct oht_record dev_next(int fd, uint32_t type)
{
	struct oht_record record = { .type = 0 };

	EXPECT(dev_poll(fd, POLLIN, PATIENCE_MS) & POLLIN);
	EXPECT_IS(dev_read(fd, &record), 1);
	EXPECT_IS(record.type, type);
	EXPECT_IS(record.size, sizeof(record));
	return record;
}

struct oht_completion dev_completion(int fd, uint64_t cookie)
{
	struct oht_record record = dev_next(fd, OHT_RECORD_COMPLETION);

	EXPECT_IS(record.completion.cookie, cookie);
	return record.completion;
}

bool dev_is_quiet(int fd)
{
	struct oht_record record;

	return dev_read(fd, &record) == -EAGAIN;
}

int dev_controller(void)
{
	int fd = dev_open(O_RDWR);

	EXPECT_ERRNO(dev_take(fd, dev_info(fd).deadman_max_ms), 0);
	return fd;
}

void dev_reset(int fd)
{
	int error = EBUSY, waited_ms;

	for (waited_ms = 0; error == EBUSY && waited_ms < PATIENCE_MS; waited_ms += STEP_MS) {
		error = dev_command(fd, OHT_IOC_RESET, 0, NULL);
		if (error == EBUSY)
			dev_sleep_ms(fd, STEP_MS);
	}
	EXPECT_ERRNO(error, 0);
}

int dev_ready(void)
{
	int fd = dev_controller();

	dev_reset(fd);
	return fd;
}

int dev_enabled(void)
{
	int fd = dev_ready();

	EXPECT_ERRNO(dev_command(fd, OHT_IOC_ENABLE, 0, NULL), 0);
	return fd;
}
