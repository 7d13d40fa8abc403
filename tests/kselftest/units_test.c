// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Units as the bus treats them: a unit that nobody is, its records, and the counters in sysfs.
 * Refusals of the calls are in refusal_test. Source: linux/oht_unit.h, docs/ABI.
 *
 *	units_test				the above; needs nobody at the far end (TAP)
 *	units_test --watch SECONDS UNIT...	is the controller, asks each unit every 50 ms, and
 *						prints one JSON line for each unit record, then one
 *						with the good and bad answers of each unit
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/selftest.h"
#include "lib/tap.h"

#define SYSFS		"/sys/class/oht/oht0/"
#define NOBODY		247
#define DEADMAN_MS	10000
#define UNITS_MAX	8
#define WAIT_MS		15000

static const struct oht_unit_set good_set = {
	.size = sizeof(good_set),
	.unit = NOBODY,
	.retries = 1,
	.degrade_after = 2,
	.timeout_us = 2000,
	.backoff_first_ms = 2000,
	.backoff_max_ms = 3000,
};

static int set(int fd, struct oht_unit_set unit)
{
	return guest_ioctl(fd, OHT_IOC_UNIT_SET, &unit);
}

static int set_never_degraded(int fd, struct oht_unit_set unit)
{
	unit.degrade_after = 0;
	unit.backoff_first_ms = 0;
	unit.backoff_max_ms = 0;
	return set(fd, unit);
}

static void get(int fd, uint8_t unit, struct oht_unit_status *status)
{
	int error;

	*status = (struct oht_unit_status){ .size = sizeof(*status), .unit = unit };
	error = guest_ioctl(fd, OHT_IOC_UNIT_GET, status);
	if (error)
		tap_bail("UNIT_GET %u: %s", unit, strerror(error));
}

static void test_set(int fd, int watcher)
{
	tap_errno(guest_subscribe(watcher, OHT_SUBSCRIBE_UNITS), 0, "SUBSCRIBE: units");
	tap_errno(guest_take(fd, DEADMAN_MS), 0, "the role");
	tap_errno(set(fd, good_set), 0, "UNIT_SET");
	tap_errno(set_never_degraded(fd, good_set), 0, "UNIT_SET: never degraded");
}

/* ---- a unit that is not there ---- */

static int write_text(const char *name, const char *text)
{
	char path[128];
	int fd, error;

	snprintf(path, sizeof(path), SYSFS "%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	error = write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
	return error;
}

static int submit(int fd, uint8_t unit, uint32_t timeout_us, uint8_t priority)
{
	struct oht_transfer transfer = {
		.size = sizeof(transfer),
		.unit = unit,
		.function = 3,
		.priority = priority,
		.address = 0x100,
		.count = 1,
		.timeout_us = timeout_us,
	};

	return guest_ioctl(fd, OHT_IOC_SUBMIT, &transfer);
}

static void expect_end(int fd, int want_errno, int detail, int attempts, const char *name)
{
	struct oht_record record;

	if (!tap_ok(guest_next_record(fd, OHT_RECORD_COMPLETION, WAIT_MS, &record), "%s: ends", name))
		return;
	tap_errno(-record.completion.status, want_errno, "%s: errno", name);
	tap_is(record.completion.detail, detail, "%s: detail", name);
	tap_is(record.completion.attempts, attempts, "%s: attempts", name);
}

/* Attempts that nobody answered, before the first one of these tests. */
static unsigned int vain_before;

static unsigned int in_vain(int fd)
{
	struct oht_unit_status status;

	get(fd, NOBODY, &status);
	return status.details[OHT_DETAIL_TIMEOUT];
}

/* @fd is the controller. */
static void test_no_time_out(int fd)
{
	struct oht_transfer transfer = {
		.size = sizeof(transfer), .unit = NOBODY, .function = 3, .retries = 1,
		.priority = OHT_PRIO_CYCLIC, .count = 1,
	};

	tap_errno(set(fd, good_set), 0, "UNIT_SET");
	if (selftest_may(SELFTEST_WRITE)) {
		write_text("statistics/timeouts", "0");
		write_text("histograms/turnaround_ns", "0");
	}
	vain_before = in_vain(fd);
	tap_errno(submit(fd, NOBODY - 1, 0, OHT_PRIO_CYCLIC), EINVAL,
		  "SUBMIT: no time-out, and nobody has set one");
	tap_errno(guest_ioctl(fd, OHT_IOC_SUBMIT, &transfer), EINVAL,
		  "SUBMIT: retries without a time-out");
	tap_errno(submit(fd, NOBODY, 0, OHT_PRIO_CYCLIC), 0, "SUBMIT: the unit's time-out");
	expect_end(fd, ETIMEDOUT, OHT_DETAIL_TIMEOUT, 2, "the unit's time-out and retries");
}

/* Its first failure was that of test_no_time_out(). */
static void test_lost(int fd, int watcher)
{
	struct oht_unit_status status;
	struct oht_record record;

	submit(fd, NOBODY, 2000, OHT_PRIO_CYCLIC);
	expect_end(fd, ETIMEDOUT, OHT_DETAIL_TIMEOUT, 1, "the last one");
	if (!tap_ok(guest_next_record(watcher, OHT_RECORD_UNIT, WAIT_MS, &record), "a unit is lost"))
		return;
	tap_is(record.unit.unit, NOBODY, "... this one");
	tap_is(record.unit.to, OHT_HEALTH_DEGRADED, "... degraded");
	tap_is(record.unit.errors_in_row, 2, "... after two failures");
	tap_is(record.unit.last_good_ns, 0, "... and never was there");
	tap_is(record.seq, 1, "... the first record of that descriptor");
	submit(fd, NOBODY, 2000, OHT_PRIO_CYCLIC);
	expect_end(fd, EHOSTUNREACH, OHT_DETAIL_DEGRADED, 0, "degraded");
	get(watcher, NOBODY, &status);
	tap_is(status.health, OHT_HEALTH_DEGRADED, "UNIT_GET: health");
	tap_is(status.flags, OHT_UNIT_CONFIGURED, "... configured");
	tap_is(status.retries, good_set.retries, "... retries");
	tap_is(status.timeout_us, good_set.timeout_us, "... time-out");
	tap_is(status.details[OHT_DETAIL_TIMEOUT] - vain_before, 3, "... attempts in vain");
	tap_ok(status.next_probe_ns > status.changed_ns && status.changed_ns, "... next probe");
}

static void test_probe(int fd, int watcher)
{
	struct oht_unit_status status;
	uint64_t now_ns;

	get(fd, NOBODY, &status);
	now_ns = guest_now_ns();
	if (status.next_probe_ns > now_ns)
		guest_sleep_ms((status.next_probe_ns - now_ns) / 1000000 + 2);
	submit(fd, NOBODY, 0, OHT_PRIO_CYCLIC);
	expect_end(fd, ETIMEDOUT, OHT_DETAIL_TIMEOUT, 1, "the probe");
	get(fd, NOBODY, &status);
	tap_is(status.backoff_ms, good_set.backoff_max_ms, "the back-off has doubled");
	tap_errno(set(fd, good_set), 0, "UNIT_SET: anew");
	get(fd, NOBODY, &status);
	tap_is(status.health, OHT_HEALTH_UNKNOWN, "... forgets that it was lost");
	tap_is(status.errors_in_row, 0, "... and its failures");
	tap_is(guest_subscribe(watcher, 0), 0, "SUBSCRIBE: nothing");
}

/* ---- sysfs ---- */

static long long read_first(const char *name)
{
	char path[128];
	long long value;
	FILE *file;
	int found;

	snprintf(path, sizeof(path), SYSFS "%s", name);
	file = fopen(path, "re");
	if (!file)
		tap_bail("%s: %s", path, strerror(errno));
	found = fscanf(file, "%lld", &value);
	fclose(file);
	return found == 1 ? value : -1;
}

/* Sum of the numbers in a file. */
static long long sum_of(const char *name)
{
	long long sum = 0, value;
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), SYSFS "%s", name);
	file = fopen(path, "re");
	if (!file)
		tap_bail("%s: %s", path, strerror(errno));
	while (fscanf(file, "%lld", &value) == 1)
		sum += value;
	fclose(file);
	return sum;
}

static void test_sysfs(int fd)
{
	struct oht_unit_status status;
	long long sent;

	sent = read_first("statistics/frames_sent");
	tap_ok(sent >= 4, "statistics: frames were sent");
	tap_is(sum_of("histograms/gap_late_ns"), sent, "histogram: each of them");
	tap_is(read_first("conformance/sent_t35_ok") + read_first("conformance/sent_t35_not_judged"),
	       sent, "conformance: each is well or not judged");
	tap_is(read_first("conformance/sent_t35_violation"), 0, "... and none too early");
	tap_ok(read_first("statistics/degraded") >= 1, "statistics: refused as degraded");
	tap_errno(write_text("statistics/timeouts", "0\n"), 0, "statistics: reset");
	tap_is(read_first("statistics/frames_sent"), 0, "... all of the group");
	tap_is(read_first("conformance/sent_t35_not_judged"), 0, "... conformance too");
	get(fd, NOBODY, &status);
	tap_is(status.details[OHT_DETAIL_TIMEOUT], 0, "... and the units'");
	tap_is(sum_of("histograms/gap_late_ns"), sent, "... but not the histograms");
	tap_errno(write_text("histograms/turnaround_ns", "0"), 0, "histogram: reset");
	tap_is(sum_of("histograms/gap_late_ns"), 0, "... all of them");
	tap_is(sum_of("histograms/estop_to_low_ns"), 0, "... the stop's too");
}

static void test_sysfs_refusals(void)
{
	long long sent = read_first("statistics/frames_sent");

	tap_ok(sent >= 4, "statistics: frames were sent");
	tap_errno(write_text("statistics/timeouts", "1"), EINVAL, "statistics: only 0");
	tap_errno(write_text("statistics/timeouts", "x"), EINVAL, "statistics: no word");
	tap_errno(write_text("statistics/timeouts", ""), 0, "statistics: nothing");
	tap_errno(write_text("histograms/turnaround_ns", "2"), EINVAL, "histogram: only 0");
	tap_is(read_first("statistics/frames_sent"), sent, "a refused write changes nothing");
}

/* Both of them while the bus is being used: nothing is torn, and it goes on. */
static void test_sysfs_while_running(int fd)
{
	int i, good = 0;

	for (i = 0; i < 20; i++) {
		submit(fd, NOBODY - 1, 1000, OHT_PRIO_CYCLIC);
		good += !write_text("statistics/timeouts", "0");
		good += !write_text("histograms/turnaround_ns", "0");
	}
	tap_is(good, 40, "reset while transfers are under way");
	for (i = 0; i < 20; i++)
		expect_end(fd, ETIMEDOUT, OHT_DETAIL_TIMEOUT, 1, "beside a reset");
	tap_ok(read_first("statistics/frames_sent") <= 20, "no more is counted than was sent");
}

static void test_end(int fd)
{
	tap_errno(set_never_degraded(fd, good_set), 0, "UNIT_SET: never degraded again");
	tap_errno(guest_release_role(fd), 0, "the role goes back");
}

/* ---- for the end-to-end tests ---- */

struct watch {
	uint8_t unit[UNITS_MAX];
	unsigned int good[UNITS_MAX];
	unsigned int bad[UNITS_MAX];
	unsigned int units;
	unsigned int under_way;
};

static void watch_record(struct watch *watch, const struct oht_record *record)
{
	const struct oht_unit_record *unit = &record->unit;
	unsigned int i;

	if (record->type == OHT_RECORD_UNIT) {
		printf("{\"unit\":%u,\"from\":%u,\"to\":%u,\"detail\":%u,\"errors\":%u}\n",
		       unit->unit, unit->from, unit->to, unit->detail,
		       unit->errors_in_row);
		fflush(stdout);
		return;
	}
	if (record->type != OHT_RECORD_COMPLETION)
		return;
	watch->under_way--;
	for (i = 0; i < watch->units; i++) {
		if (watch->unit[i] != record->completion.unit)
			continue;
		if (record->completion.status)
			watch->bad[i]++;
		else
			watch->good[i]++;
	}
}

static void watch_run(int fd, struct watch *watch, uint64_t end_ns)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	uint64_t next_ns = guest_now_ns();
	struct oht_record record;
	unsigned int i;

	while (guest_now_ns() < end_ns || watch->under_way) {
		if (guest_now_ns() >= next_ns && guest_now_ns() < end_ns && !watch->under_way) {
			next_ns += 50000000;
			guest_command(fd, OHT_IOC_HEARTBEAT, 0, NULL);
			for (i = 0; i < watch->units; i++)
				watch->under_way += !submit(fd, watch->unit[i], 0, OHT_PRIO_CYCLIC);
		}
		if (poll(&wait, 1, 5) > 0 && read(fd, &record, sizeof(record)) == sizeof(record))
			watch_record(watch, &record);
	}
}

static int watch_main(int count, char **words)
{
	struct oht_unit_set unit = good_set;
	int fd = guest_open(O_RDWR | O_NONBLOCK);
	struct watch watch = { .units = 0 };
	unsigned int i;

	if (count < 2 || count > UNITS_MAX + 1)
		return 2;
	/* A loaded host holds the far end up for more than half a second now and then. */
	unit.timeout_us = 1000000;
	unit.retries = 0;
	if (guest_take(fd, DEADMAN_MS) || guest_subscribe(fd, OHT_SUBSCRIBE_UNITS))
		tap_bail("no role, or no subscription");
	for (i = 1; i < (unsigned int)count; i++) {
		unit.unit = watch.unit[watch.units++] = atoi(words[i]);
		if (set(fd, unit))
			tap_bail("unit %s", words[i]);
	}
	watch_run(fd, &watch, guest_now_ns() + strtoull(words[0], NULL, 0) * 1000000000u);
	/* Whoever comes after us finds the units as we did. */
	for (i = 0; i < watch.units; i++) {
		unit.unit = watch.unit[i];
		set_never_degraded(fd, unit);
		printf("{\"unit\":%u,\"good\":%u,\"bad\":%u}\n", watch.unit[i], watch.good[i],
		       watch.bad[i]);
	}
	return guest_release_role(fd) ? 1 : 0;
}

int main(int argc, char **argv)
{
	int fd, watcher;

	if (argc > 1 && !strcmp(argv[1], "--watch"))
		return watch_main(argc - 2, argv + 2);
	selftest_begin();
	fd = guest_open(O_RDWR);
	watcher = guest_open(O_RDONLY);
	TAP_TEST(test_set(fd, watcher), "the role and UNIT_SET");
	TAP_TEST(test_no_time_out(fd), "a request without a time-out");
	TAP_TEST(test_lost(fd, watcher), "a unit is lost");
	TAP_TEST(test_probe(fd, watcher), "a lost unit is probed");
	TAP_TEST(test_sysfs_refusals(), "refusals of sysfs");
	SELFTEST_IF(SELFTEST_WRITE, test_sysfs(fd), "sysfs");
	SELFTEST_IF(SELFTEST_WRITE, test_sysfs_while_running(fd), "sysfs while the bus runs");
	TAP_TEST(test_end(fd), "the role goes back");
	close(watcher);
	close(fd);
	return tap_done();
}
