// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory runs out: in each operation the first allocation fails, then the second, and so on until
 * none is left to fail. The operation succeeds or says so, leaves nothing behind, and the next one
 * works. Source: Documentation/fault-injection of Linux (fail_nth).
 * Needs a kernel with fault injection.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/tap.h"

#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define FAILURES_MAX	2000
/* A probe has hundreds of allocations and takes long: each so many fails, all with --all. */
#define PROBE_STRIDE	7

static const char * const settings[][2] = {
	/* Allocations that may sleep fail too, and none tells the console. */
	{ "/sys/kernel/debug/failslab/ignore-gfp-wait", "N" },
	{ "/sys/kernel/debug/failslab/verbose", "0" },
	{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N" },
	{ "/sys/kernel/debug/fail_page_alloc/min-order", "0" },
	{ "/sys/kernel/debug/fail_page_alloc/verbose", "0" },
};

static void set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		tap_bail("%s: %s: %s", path, value, strerror(errno));
	close(fd);
}

/* Whether the operation met its failure: the kernel counts down to 0. */
static bool has_failed(int nth)
{
	char left[16] = "";

	if (pread(nth, left, sizeof(left) - 1, 0) < 0)
		tap_bail("%s: %s", FAIL_NTH, strerror(errno));
	if (pwrite(nth, "0", 1, 0) < 0)
		tap_bail("%s: %s", FAIL_NTH, strerror(errno));
	return left[0] == '0';
}

static int open_close(void)
{
	int fd = open(GUEST_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* An own descriptor each time: what is under way goes with it. */
static int with_device(int (*operation)(int fd), int nth, const char *count)
{
	int fd = guest_open(O_RDWR);
	int error;

	if (pwrite(nth, count, strlen(count), 0) < 0)
		tap_bail("%s: %s", FAIL_NTH, strerror(errno));
	error = operation(fd);
	return close(fd) ? errno : error;
}

static int submit(int fd)
{
	return guest_submit(fd, guest_read);
}

static int take(int fd)
{
	return guest_take(fd, 1000);
}

static int read_status(int fd)
{
	struct oht_estop_status status = { .size = sizeof(status) };

	return guest_ioctl(fd, OHT_IOC_ESTOP_STATUS, &status);
}

static int reopen(int fd)
{
	(void)fd;
	return open_close();
}

struct operation {
	const char *name;
	int (*run)(int fd);
	int at_least;	/* allocations that it must have, or the sweep has tested nothing */
};

static const struct operation operations[] = {
	{ "open", reopen, 1 },
	{ "submit", submit, 1 },
	{ "take the role", take, 0 },
	{ "status", read_status, 0 },
};

static void sweep(const struct operation *op, int nth)
{
	int failures = 0, wrong = 0, error;
	char count[16];

	do {
		snprintf(count, sizeof(count), "%d", failures + 1);
		error = with_device(op->run, nth, count);
		if (!has_failed(nth))
			break;
		if (error && error != ENOMEM) {
			tap_note("%s: allocation %s failed: %s", op->name, count, strerror(error));
			wrong++;
		}
	} while (++failures < FAILURES_MAX);
	tap_is(wrong, 0, "%s: an allocation that fails gives ENOMEM or does no harm", op->name);
	tap_ok(failures >= op->at_least && failures < FAILURES_MAX,
	       "%s: %d allocations failed in turn", op->name, failures);
	tap_errno(error, 0, "%s: works when none fails", op->name);
}

/* Without a device to open: the probe itself runs out of memory at each of its allocations. */
static void sweep_probe(int nth, int stride)
{
	int number = 1, failures = 0, error;
	char count[16];
	bool failed;

	do {
		if (guest_unbind())
			tap_bail("unbind: %s", strerror(errno));
		snprintf(count, sizeof(count), "%d", number);
		number += stride;
		if (pwrite(nth, count, strlen(count), 0) < 0)
			tap_bail("%s: %s", FAIL_NTH, strerror(errno));
		error = guest_bind();
		failed = has_failed(nth);
		if (error && guest_bind())
			tap_bail("after allocation %s failed in a probe, none works: %s", count,
				 strerror(errno));
	} while (failed && ++failures < FAILURES_MAX);
	tap_ok(failures > 10 && failures < FAILURES_MAX, "probe: %d allocations failed, every %d. one",
	       failures, stride);
	tap_errno(error, 0, "probe: works when none fails");
	tap_errno(open_close(), 0, "probe: the device is there");
}

int main(int argc, char **argv)
{
	int nth, stride = argc > 1 && !strcmp(argv[1], "--all") ? 1 : PROBE_STRIDE;
	unsigned int i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		set(settings[i][0], settings[i][1]);
	nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	if (nth < 0)
		tap_bail("%s: %s", FAIL_NTH, strerror(errno));
	for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		sweep(&operations[i], nth);
	sweep_probe(nth, stride);
	return tap_done();
}
