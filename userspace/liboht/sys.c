// SPDX-License-Identifier: GPL-2.0-or-later
/* The system calls of the library, and waiting against its clock. */
#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

#define NS_PER_MS	1000000LL
#define NS_PER_S	1000000000LL

static int real_open(const char *path, int flags)
{
	return open(path, flags);
}

static int real_ioctl(int fd, unsigned long number, void *argument)
{
	return ioctl(fd, number, argument);
}

static int64_t real_monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static const void *real_map(int fd, size_t bytes)
{
	void *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);

	return map == MAP_FAILED ? NULL : map;
}

static void real_unmap(const void *map, size_t bytes)
{
	munmap((void *)(uintptr_t)map, bytes);
}

const struct oht_sys oht_sys_real = {
	.open = real_open,
	.close = close,
	.ioctl = real_ioctl,
	.read = read,
	.poll = poll,
	.monotonic_ns = real_monotonic_ns,
	.map = real_map,
	.unmap = real_unmap,
};

const struct oht_sys *oht_sys = &oht_sys_real;

int64_t oht_deadline_ns(int timeout_ms)
{
	if (timeout_ms < 0)
		return INT64_MAX;
	return oht_sys->monotonic_ns() + timeout_ms * NS_PER_MS;
}

int oht_deadline_left_ms(int64_t deadline_ns)
{
	int64_t left_ns;

	if (deadline_ns == INT64_MAX)
		return -1;
	left_ns = deadline_ns - oht_sys->monotonic_ns();
	if (left_ns <= 0)
		return 0;
	return (int)((left_ns + NS_PER_MS - 1) / NS_PER_MS);
}
