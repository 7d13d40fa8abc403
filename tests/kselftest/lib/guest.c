// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

/* The platform device and its driver; remembered, since they cannot be looked up while unbound. */
static char device_name[NAME_MAX + 1];
static char driver[PATH_MAX];

const struct oht_transfer guest_read = {
	.size = sizeof(guest_read),
	.unit = 247,
	.function = 3,
	.priority = OHT_PRIO_BACKGROUND,
	.count = 1,
	.timeout_us = 1000,
};

int guest_open_path(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		tap_bail("%s: %s", path, strerror(errno));
	return fd;
}

bool guest_is_exact(int argc, char **argv)
{
	bool exact = argc == 2 && !strcmp(argv[1], "--exact");

	if (argc > 1 && !exact)
		tap_bail("usage: %s [--exact]", argv[0]);
	return exact;
}

uint64_t guest_number(const char *text, uint64_t limit)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (end == text || *end || errno || value > limit)
		tap_bail("'%s' is no number up to %llu", text, (unsigned long long)limit);
	return value;
}

unsigned int guest_default_seed(void)
{
	const char *seed = getenv("OHT_SEED");

	return seed && *seed ? (unsigned int)guest_number(seed, UINT32_MAX) : 1;
}

void guest_seed(unsigned int seed)
{
	srandom(seed);
	tap_note("seed %u", seed);
}

int guest_open(int flags)
{
	return guest_open_path(GUEST_DEVICE, flags);
}

int guest_ioctl(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) < 0 ? errno : 0;
}

int guest_submit(int fd, struct oht_transfer transfer)
{
	return guest_ioctl(fd, OHT_IOC_SUBMIT, &transfer);
}

int guest_command(int fd, unsigned long cmd, uint64_t tag, uint64_t *blocking)
{
	struct oht_command command = { .size = sizeof(command), .tag = tag };
	int error = guest_ioctl(fd, cmd, &command);

	if (blocking)
		*blocking = command.blocking;
	return error;
}

int guest_take(int fd, uint32_t deadman_ms)
{
	struct oht_control control = {
		.size = sizeof(control),
		.action = OHT_CONTROL_TAKE,
		.deadman_ms = deadman_ms,
	};

	return guest_ioctl(fd, OHT_IOC_CONTROL, &control);
}

int guest_release_role(int fd)
{
	struct oht_control control = { .size = sizeof(control), .action = OHT_CONTROL_RELEASE };

	return guest_ioctl(fd, OHT_IOC_CONTROL, &control);
}

int guest_subscribe(int fd, uint32_t mask)
{
	struct oht_subscribe subscribe = { .size = sizeof(subscribe), .mask = mask };

	return guest_ioctl(fd, OHT_IOC_SUBSCRIBE, &subscribe);
}

void guest_status(int fd, struct oht_estop_status *status)
{
	int error;

	memset(status, 0, sizeof(*status));
	status->size = sizeof(*status);
	error = guest_ioctl(fd, OHT_IOC_ESTOP_STATUS, status);
	if (error)
		tap_bail("status: %s", strerror(error));
}

void guest_info(int fd, struct oht_info *info)
{
	int error;

	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	error = guest_ioctl(fd, OHT_IOC_INFO, info);
	if (error)
		tap_bail("info: %s", strerror(error));
}

void guest_device_info(struct oht_info *info)
{
	int fd = guest_open(O_RDONLY);

	guest_info(fd, info);
	close(fd);
}

uint32_t guest_state(int fd)
{
	struct oht_estop_status status;

	guest_status(fd, &status);
	return status.state;
}

/* Sleeps until the channels have been closed long enough, if they are closed. */
static void wait_stable(int fd)
{
	static struct oht_info info;
	struct oht_estop_status status;
	uint64_t stable_ns, now_ns;

	if (!info.size)
		guest_info(fd, &info);
	guest_status(fd, &status);
	now_ns = guest_now_ns();
	stable_ns = status.closed_since_ns + info.reset_stable_ms * 1000000ULL;
	if (status.closed_since_ns && stable_ns > now_ns)
		guest_sleep_ms((stable_ns - now_ns) / 1000000);
}

int guest_reset_when_stable(int fd, uint64_t tag)
{
	uint64_t end = guest_now_ns() + 3000000000ULL;
	int error;

	guest_command(fd, OHT_IOC_HEARTBEAT, 0, NULL);
	wait_stable(fd);
	for (;;) {
		guest_command(fd, OHT_IOC_HEARTBEAT, 0, NULL);
		error = guest_command(fd, OHT_IOC_RESET, tag, NULL);
		if (error != EBUSY || guest_now_ns() > end)
			return error;
		guest_sleep_ms(1);
	}
}

void guest_make_enabled(int fd, uint32_t deadman_ms)
{
	int error = guest_take(fd, deadman_ms);

	if (!error)
		error = guest_reset_when_stable(fd, 0);
	if (!error)
		error = guest_command(fd, OHT_IOC_ENABLE, 0, NULL);
	if (error)
		tap_bail("cannot enable: %s", strerror(error));
}

static bool readable(int fd, int timeout_ms)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	return poll(&wait, 1, timeout_ms) > 0 && (wait.revents & POLLIN);
}

bool guest_next_record(int fd, uint32_t type, int timeout_ms, struct oht_record *record)
{
	while (readable(fd, timeout_ms)) {
		if (read(fd, record, sizeof(*record)) != sizeof(*record))
			return false;
		if (record->type == type)
			return true;
	}
	return false;
}

bool guest_next_safety(int fd, int timeout_ms, struct oht_record *record)
{
	return guest_next_record(fd, OHT_RECORD_SAFETY, timeout_ms, record);
}

void guest_drain(int fd)
{
	struct oht_record record;

	while (readable(fd, 0))
		if (read(fd, &record, sizeof(record)) != sizeof(record))
			return;
}

uint64_t guest_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void guest_sleep_ms(unsigned int ms)
{
	struct timespec wait = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	while (nanosleep(&wait, &wait) && errno == EINTR)
		;
}

void guest_pin_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		tap_bail("cannot run on CPU %d: %s", cpu, strerror(errno));
}

int guest_cpus(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}

int guest_set_cpu(int cpu, bool online)
{
	char path[80];
	int fd, error = 0;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, online ? "1" : "0", 1) != 1)
		error = errno;
	close(fd);
	return error;
}

void guest_estop_attribute(const char *name, char *text, size_t bytes)
{
	char path[80];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/oht/oht0/estop/%s", name);
	file = fopen(path, "re");
	if (!file || !fgets(text, bytes, file))
		tap_bail("no %s", path);
	text[strcspn(text, "\n")] = 0;
	fclose(file);
}

int guest_supervision_cpu(void)
{
	char text[32];
	int cpu;

	guest_estop_attribute("supervision_cpu", text, sizeof(text));
	if (sscanf(text, "%d", &cpu) != 1)
		tap_bail("supervision_cpu: %s", text);
	return cpu;
}

uint64_t guest_interrupts(const char *owner)
{
	FILE *table = fopen("/proc/interrupts", "re");
	unsigned long long count;
	uint64_t sum = 0;
	bool found = false;
	char line[512];
	char *at, *end;

	if (!table)
		tap_bail("/proc/interrupts: %s", strerror(errno));
	while (!found && fgets(line, sizeof(line), table)) {
		at = strchr(line, ':');
		found = at && strstr(line, owner);
		for (at = found ? at + 1 : NULL; at; at = end) {
			count = strtoull(at, &end, 10);
			if (end == at)
				break;
			sum += count;
		}
	}
	fclose(table);
	if (!found)
		tap_bail("/proc/interrupts: no %s", owner);
	return sum;
}

static int write_name(const char *what)
{
	char path[PATH_MAX + 8];
	int error = 0, fd;

	snprintf(path, sizeof(path), "%s/%s", driver, what);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (write(fd, device_name, strlen(device_name)) < 0)
		error = errno;
	close(fd);
	return error;
}

int guest_unbind(void)
{
	char path[PATH_MAX];

	if (!realpath("/sys/class/oht/oht0/device", path) ||
	    !realpath("/sys/class/oht/oht0/device/driver", driver))
		return errno;
	snprintf(device_name, sizeof(device_name), "%s", basename(path));
	return write_name("unbind");
}

int guest_bind(void)
{
	return write_name("bind");
}

void guest_rebind(void)
{
	int error = guest_unbind();

	if (!error)
		error = guest_bind();
	if (error)
		tap_bail("cannot start anew: %s", strerror(error));
}
