// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/behind_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t behind_by_ns(struct ohtd_behind_clock *clock)
{
	int64_t wanted_ns = atomic_load(clock->wanted_ns), by_ns = atomic_load(&clock->by_ns);

	while (wanted_ns < by_ns && !atomic_compare_exchange_weak(&clock->by_ns, &by_ns, wanted_ns))
		;
	return wanted_ns < by_ns ? wanted_ns : by_ns;
}

static uint64_t behind_monotonic_ns(void *context)
{
	(void)context;
	return ohtd_monotonic_ns();
}

static uint64_t behind_boottime_ns(void *context)
{
	struct ohtd_behind_clock *clock = context;
	uint64_t slept_ns = (uint64_t)(clock->first_ns - behind_by_ns(clock));

	return ohtd_clock_system.boottime_ns(NULL) + slept_ns;
}

static int64_t behind_realtime_ns(void *context)
{
	int64_t by_ns = behind_by_ns(context);

	return ohtd_clock_system.realtime_ns(NULL) - by_ns;
}

static bool behind_synchronised(void *context)
{
	(void)context;
	return ohtd_clock_system.synchronised(NULL);
}

static int behind_wait(void *context, struct pollfd *fds, unsigned int count, uint64_t until_ns)
{
	(void)context;
	return ohtd_clock_system.wait(NULL, fds, count, until_ns);
}

static const struct ohtd_clock_ops clock_behind = {
	.monotonic_ns = behind_monotonic_ns,
	.boottime_ns = behind_boottime_ns,
	.realtime_ns = behind_realtime_ns,
	.synchronised = behind_synchronised,
	.wait = behind_wait,
};

static int map_file(struct ohtd_behind_clock *clock, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = 0;
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st))
		r = -errno;
	else if (st.st_size != sizeof(*clock->wanted_ns))
		r = -EINVAL;
	map = r ? MAP_FAILED : mmap(NULL, sizeof(*clock->wanted_ns), PROT_READ, MAP_SHARED, fd, 0);
	if (!r && map == MAP_FAILED)
		r = -errno;
	if (fd >= 0)
		close(fd);
	if (r)
		return r;
	clock->wanted_ns = map;
	clock->first_ns = atomic_load(clock->wanted_ns);
	atomic_init(&clock->by_ns, clock->first_ns);
	return clock->first_ns < 0 ? -EINVAL : 0;
}

int ohtd_behind_clock_begin(struct ohtd_behind_clock *behind, struct ohtd_clock *clock, const char *path, int64_t floor_ns)
{
	int r = *path ? map_file(behind, path) : 0;

	if (*path && !r)
		ohtd_clock_init(clock, &clock_behind, behind, 0);
	else
		ohtd_clock_init(clock, &ohtd_clock_system, NULL, floor_ns);
	return r;
}
