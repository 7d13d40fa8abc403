// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For LD_PRELOAD: a system whose time of day is off by OHT_SHIM_CLOCK's 8 bytes (seconds, signed, in
 * the order of this machine), whose boot time by OHT_SHIM_BOOT's, and whose monotonic time by
 * OHT_SHIM_MONOTONIC's, read anew for every question. The other clocks are as they are. Whether somebody keeps the time
 * of day right is said by OHT_SHIM_KEPT's: 0: nobody does; 2: somebody does, and leaves STA_UNSYNC set.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *off_s, *boot_off_s, *monotonic_off_s, *kept;
static int (*real_adjtimex)(struct timex *);
static int (*real_clock_gettime)(clockid_t, struct timespec *);

static const volatile int64_t *open_offset(const char *variable)
{
	const char *path = getenv(variable);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map;

	if (fd < 0)
		return NULL;
	map = mmap(NULL, sizeof(*off_s), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	return map == MAP_FAILED ? NULL : map;
}

static void __attribute__((constructor)) find(void)
{
	real_clock_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT,
									  "clock_gettime");
	off_s = open_offset("OHT_SHIM_CLOCK");
	boot_off_s = open_offset("OHT_SHIM_BOOT");
	monotonic_off_s = open_offset("OHT_SHIM_MONOTONIC");
	kept = open_offset("OHT_SHIM_KEPT");
	real_adjtimex = (int (*)(struct timex *))dlsym(RTLD_NEXT, "adjtimex");
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
	int r;

	if (!real_clock_gettime)
		find();
	r = real_clock_gettime(id, ts);
	if (!r && off_s && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		ts->tv_sec += (time_t)*off_s;
	if (!r && boot_off_s && id == CLOCK_BOOTTIME)
		ts->tv_sec += (time_t)*boot_off_s;
	if (!r && monotonic_off_s && id == CLOCK_MONOTONIC)
		ts->tv_sec += (time_t)*monotonic_off_s;
	return r;
}

int adjtimex(struct timex *state)
{
	int r;

	if (!real_adjtimex)
		find();
	r = real_adjtimex(state);
	if (!kept)
		return r;
	state->status = *kept == 1 ? 0 : STA_UNSYNC;
	state->maxerror = *kept ? 250000 : 16000000;
	return *kept == 1 ? TIME_OK : TIME_ERROR;
}

int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec ts;
	int r = clock_gettime(CLOCK_REALTIME, &ts);

	(void)tz;
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return r;
}

time_t time(time_t *t)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (t)
		*t = ts.tv_sec;
	return ts.tv_sec;
}
