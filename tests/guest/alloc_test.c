// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory runs out: in each operation the first allocation fails, then the second, and so on until
 * none is left to fail. The operation succeeds or says so, leaves nothing behind, and the next one
 * works. Source: Documentation/fault-injection of Linux. Needs a kernel with fault injection.
 *
 *	alloc_test --stride N	N: of the allocations of a probe, every how many
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/plan.h"
#include "lib/tap.h"

#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define FAILURES_MAX	2000
#define DEADMAN_MS	10000
#define WAIT_MS		15000
/* A probe has hundreds of allocations, and each takes a probe that fails and one that does not. */
#define STRIDE_MAX	100
/* Even with the largest stride a probe has so many. */
#define PROBE_FAILURES	3

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

/* ---- operations ---- */

static int submit(int fd)
{
	return guest_submit(fd, guest_read);
}

static int take(int fd)
{
	return guest_take(fd, DEADMAN_MS);
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

static int subscribe(int fd)
{
	return guest_subscribe(fd, OHT_SUBSCRIBE_SAFETY | OHT_SUBSCRIBE_CYCLE | OHT_SUBSCRIBE_UNITS);
}

static int set_unit(int fd)
{
	struct oht_unit_set unit = {
		.size = sizeof(unit), .unit = 247, .timeout_us = 1000,
	};

	return guest_ioctl(fd, OHT_IOC_UNIT_SET, &unit);
}

static int set_telegrams(int fd)
{
	struct oht_telegrams telegrams = { .size = sizeof(telegrams) };

	return guest_ioctl(fd, OHT_IOC_TELEGRAMS, &telegrams);
}

static int stage(int fd)
{
	plan_make_good();
	return guest_ioctl(fd, OHT_IOC_PLAN_STAGE, &plan_stage);
}

static int commit(int fd)
{
	return plan_commit(fd, 0, NULL);
}

/* The record of a transfer that has ended. */
static int read_record(int fd)
{
	struct oht_record record;

	return read(fd, &record, sizeof(record)) < 0 ? errno : 0;
}

/* Also what a look at it takes: the page tables. */
static int map_image(int fd)
{
	struct oht_image *image = mmap(NULL, sizeof(*image), PROT_READ, MAP_SHARED, fd, 0);
	int error = image == MAP_FAILED ? errno : 0;

	if (error)
		return error;
	if (image->header.abi_version != OHT_ABI_VERSION)
		error = EPROTO;
	munmap(image, sizeof(*image));
	return error;
}

static const uint16_t output_words[] = { 1, 2, 3 };

static int set_outputs_now(int fd)
{
	struct oht_plan_status status;
	struct oht_outputs set = {
		.size = sizeof(set), .flags = OHT_OUTPUTS_NOW, .entry = PLAN_ENTRIES - 1,
		.count = sizeof(output_words) / sizeof(output_words[0]),
		.words = (uintptr_t)output_words,
	};

	plan_status(fd, &status);
	set.generation = status.generation;
	return guest_ioctl(fd, OHT_IOC_OUTPUTS, &set);
}

/* ---- what they need ---- */

/* A plan of before that still waits for the end of an exchange would refuse the next one. */
static int take_and_stage(int fd)
{
	int error = take(fd);

	if (!error)
		error = plan_clear(fd, 0);
	return error ? error : stage(fd);
}

static int submit_and_wait(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	int error = submit(fd);

	if (!error && poll(&wait, 1, WAIT_MS) != 1)
		return ETIMEDOUT;
	return error;
}

static int submit_and_reap(int fd)
{
	int error = submit_and_wait(fd);

	return error ? error : read_record(fd);
}

/* The plan is in force, and the machine enabled: the outputs go on the wire at once. */
static int run_and_enable(int fd)
{
	struct oht_plan_commit made;
	struct oht_image *image;
	bool runs;
	int error;

	guest_make_enabled(fd, DEADMAN_MS);
	error = plan_clear(fd, 0);
	error = error ? error : stage(fd);
	error = error ? error : plan_commit(fd, 0, &made);
	if (error)
		return error;
	image = plan_map_image(fd);
	runs = plan_wait_generation(image, made.generation);
	munmap(image, sizeof(*image));
	return runs ? 0 : ETIMEDOUT;
}

/* A control loop does it again and again: it must not allocate. */
#define NONE	-1

struct operation {
	const char *name;
	int (*run)(int fd);
	int (*prepare)(int fd);	/* with all the memory there is; NULL: nothing */
	int at_least;	/* allocations that it must have, or the sweep has tested nothing; or NONE */
};

static const struct operation operations[] = {
	{ "open", reopen, NULL, 1 },
	{ "submit", submit, NULL, 1 },
	{ "submit again", submit, submit_and_reap, NONE },
	{ "take the role", take, NULL, 0 },
	{ "status", read_status, NULL, 0 },
	{ "subscribe", subscribe, NULL, 0 },
	{ "settings of a unit", set_unit, take, 0 },
	{ "telegrams", set_telegrams, take, 0 },
	{ "stage a plan", stage, take, 1 },
	{ "commit a plan", commit, take_and_stage, 0 },
	{ "read a record", read_record, submit_and_wait, NONE },
	{ "map the image", map_image, NULL, 1 },
	{ "outputs out of turn", set_outputs_now, run_and_enable, NONE },
};

/*
 * An own descriptor each time: what is under way goes with it. That it goes may fail an allocation
 * too, except where the operation itself is to have none.
 */
static int with_device(const struct operation *op, int nth, const char *count, bool *failed)
{
	int fd = guest_open(O_RDWR);
	int error = op->prepare ? op->prepare(fd) : 0;

	if (error)
		tap_bail("%s: cannot be prepared: %s", op->name, strerror(error));
	if (pwrite(nth, count, strlen(count), 0) < 0)
		tap_bail("%s: %s", FAIL_NTH, strerror(errno));
	error = op->run(fd);
	if (op->at_least == NONE)
		*failed = has_failed(nth);
	if (close(fd))
		error = errno;
	if (op->at_least != NONE)
		*failed = has_failed(nth);
	return error;
}

static void test_operation(const struct operation *op, int nth)
{
	int failures = 0, refused = 0, wrong = 0, error;
	char count[16];
	bool failed;

	do {
		snprintf(count, sizeof(count), "%d", failures + 1);
		error = with_device(op, nth, count, &failed);
		if (!failed)
			break;
		refused += !!error;
		if (error && error != ENOMEM) {
			tap_note("%s: allocation %s failed: %s", op->name, count, strerror(error));
			wrong++;
		}
	} while (++failures < FAILURES_MAX);
	tap_is(wrong, 0, "an allocation that fails gives ENOMEM or does no harm");
	tap_ok(failures >= op->at_least && refused >= op->at_least && failures < FAILURES_MAX,
	       "%d allocations failed in turn, %d of them refused the call", failures, refused);
	if (op->at_least == NONE)
		tap_is(failures, 0, "it allocates nothing");
	tap_errno(error, 0, "works when none fails");
}

/* Without a device to open: the probe itself runs out of memory at each of its allocations. */
static void test_probe(int nth, int stride)
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
	tap_ok(failures >= PROBE_FAILURES && failures < FAILURES_MAX, "probe: %d allocations failed, every %d. one",
	       failures, stride);
	tap_errno(error, 0, "probe: works when none fails");
	tap_errno(open_close(), 0, "probe: the device is there");
}

int main(int argc, char **argv)
{
	unsigned int i;
	int nth, stride;

	if (argc != 3 || strcmp(argv[1], "--stride"))
		tap_bail("usage: alloc_test --stride N");
	stride = (int)guest_number(argv[2], STRIDE_MAX);
	if (!stride)
		tap_bail("a stride of 0 has no end");
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		set(settings[i][0], settings[i][1]);
	nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	if (nth < 0)
		tap_bail("%s: %s", FAIL_NTH, strerror(errno));
	for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		TAP_TEST(test_operation(&operations[i], nth), "no memory: %s", operations[i].name);
	TAP_TEST(test_probe(nth, stride), "no memory: probe");
	return tap_done();
}
