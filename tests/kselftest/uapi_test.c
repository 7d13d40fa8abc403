// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the calls of /dev/oht0 refuse and do with the role, the stop and its telegrams, as include/uapi/linux/oht.h documents
 * it. Sizes, addresses and numbers are in refusal_test, transfers in submit_test and units_test. Needs nobody at the
 * far end of the wire. It ends by taking the driver off its device and putting it back, if that is allowed.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/selftest.h"
#include "lib/tap.h"

#define TAIL_BYTES	64
#define ARG_BYTES_MAX	768
#define WAIT_MS		15000

struct call {
	const char *name;
	unsigned long cmd;
	uint32_t size;
	bool writes;
	int plain;			/* errno of a structure with nothing but its size in it */
};

static const struct call calls[] = {
	{ "INFO", OHT_IOC_INFO, sizeof(struct oht_info), false, 0 },
	{ "SUBMIT", OHT_IOC_SUBMIT, sizeof(struct oht_transfer), true, 0 },
	{ "CANCEL", OHT_IOC_CANCEL, sizeof(struct oht_cancel), true, 0 },
	{ "SUBSCRIBE", OHT_IOC_SUBSCRIBE, sizeof(struct oht_subscribe), false, 0 },
	{ "ESTOP_STATUS", OHT_IOC_ESTOP_STATUS, sizeof(struct oht_estop_status), false, 0 },
	{ "STOP", OHT_IOC_STOP, sizeof(struct oht_command), false, 0 },
	{ "CONTROL", OHT_IOC_CONTROL, sizeof(struct oht_control), true, 0 },
	{ "RESET", OHT_IOC_RESET, sizeof(struct oht_command), true, 0 },
	{ "ENABLE", OHT_IOC_ENABLE, sizeof(struct oht_command), true, 0 },
	{ "DISABLE", OHT_IOC_DISABLE, sizeof(struct oht_command), true, 0 },
	{ "HEARTBEAT", OHT_IOC_HEARTBEAT, sizeof(struct oht_command), true, 0 },
	{ "TELEGRAMS", OHT_IOC_TELEGRAMS, sizeof(struct oht_telegrams), true, 0 },
	{ "TELEGRAM_STATUS", OHT_IOC_TELEGRAM_STATUS, sizeof(struct oht_telegram_status), false, 0 },
	{ "SELF_TEST", OHT_IOC_SELF_TEST, sizeof(struct oht_self_test), true, 0 },
	{ "UNIT_SET", OHT_IOC_UNIT_SET, sizeof(struct oht_unit_set), true, 0 },
	{ "UNIT_GET", OHT_IOC_UNIT_GET, sizeof(struct oht_unit_status), false, EINVAL },
	{ "PLAN_STAGE", OHT_IOC_PLAN_STAGE, sizeof(struct oht_plan_stage), true, 0 },
	{ "PLAN_COMMIT", OHT_IOC_PLAN_COMMIT, sizeof(struct oht_plan_commit), true, 0 },
	{ "PLAN_CLEAR", OHT_IOC_PLAN_CLEAR, sizeof(struct oht_plan_clear), true, 0 },
	{ "OUTPUTS", OHT_IOC_OUTPUTS, sizeof(struct oht_outputs), true, 0 },
	{ "PLAN_STATUS", OHT_IOC_PLAN_STATUS, sizeof(struct oht_plan_status), false, 0 },
};

#define CALLS	(sizeof(calls) / sizeof(calls[0]))

union argument {
	uint32_t size;
	uint8_t bytes[ARG_BYTES_MAX];
	uint64_t align;
};

static int call_with_size(int fd, const struct call *call, uint32_t size, uint8_t tail)
{
	union argument arg;

	memset(&arg, 0, sizeof(arg));
	arg.size = size;
	arg.bytes[call->size + TAIL_BYTES / 2] = tail;
	return guest_ioctl(fd, call->cmd, &arg);
}

/* As of a program that was compiled with a later header. */
static void test_longer(int fd)
{
	const struct call *call;

	for (call = calls; call < calls + CALLS; call++)
		tap_errno(call_with_size(fd, call, call->size + TAIL_BYTES, 0), call_with_size(fd, call, call->size, 0),
			  "%s: long and zero is as exact", call->name);
}

static void test_read_only(void)
{
	int fd = guest_open(O_RDONLY);
	const struct call *call;

	for (call = calls; call < calls + CALLS; call++)
		tap_errno(call_with_size(fd, call, call->size, 0), call->writes ? EBADF : call->plain,
			  "%s: read-only descriptor", call->name);
	close(fd);
}

/* ---- transfers ---- */

static void test_cancel(int fd)
{
	struct oht_cancel cancel = { .size = sizeof(cancel), .cookie = 4711 };
	struct oht_transfer transfer = guest_read;
	struct oht_record record;

	tap_errno(guest_ioctl(fd, OHT_IOC_CANCEL, &cancel), ENOENT, "CANCEL: unknown cookie");
	cancel.flags = 1;
	tap_errno(guest_ioctl(fd, OHT_IOC_CANCEL, &cancel), EINVAL, "CANCEL: a flag");

	transfer.timeout_us = 500000;
	guest_ioctl(fd, OHT_IOC_SUBMIT, &transfer);
	cancel.flags = 0;
	cancel.cookie = transfer.cookie;
	tap_errno(guest_ioctl(fd, OHT_IOC_CANCEL, &cancel), 0, "CANCEL: under way");
	tap_errno(guest_ioctl(fd, OHT_IOC_CANCEL, &cancel), ENOENT, "CANCEL: twice");
	if (!tap_ok(guest_next_record(fd, OHT_RECORD_COMPLETION, WAIT_MS, &record), "its record comes at once"))
		return;
	tap_errno(-record.completion.status, EINTR, "... interrupted");
	tap_is(record.completion.detail, OHT_DETAIL_CANCELLED, "... detail");
}

/* ---- commands ---- */

static void test_reserved(int fd)
{
	static const unsigned long commands[] = {
		OHT_IOC_STOP, OHT_IOC_RESET, OHT_IOC_ENABLE, OHT_IOC_DISABLE, OHT_IOC_HEARTBEAT,
	};
	struct oht_command flags = { .size = sizeof(flags), .flags = 1 };
	struct oht_command reserved = { .size = sizeof(reserved), .reserved = { 0, 1 } };
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		tap_errno(guest_ioctl(fd, commands[i], &flags), EINVAL, "command %zu: a flag", i);
		tap_errno(guest_ioctl(fd, commands[i], &reserved), EINVAL, "command %zu: reserved",
			  i);
	}
	tap_errno(guest_subscribe(fd, 1U << 31), EINVAL, "SUBSCRIBE: unknown bit");
}

static void refuse_control(int fd, struct oht_control control, const char *name)
{
	control.size = sizeof(control);
	tap_errno(guest_ioctl(fd, OHT_IOC_CONTROL, &control), EINVAL, "CONTROL: %s", name);
}

static void test_control(int fd)
{
	struct oht_info info;
	int other = guest_open(O_RDWR);

	guest_info(fd, &info);
	refuse_control(fd, (struct oht_control){ .action = 0 }, "action 0");
	refuse_control(fd, (struct oht_control){ .action = 3 }, "action 3");
	refuse_control(fd, (struct oht_control){ .action = OHT_CONTROL_TAKE, .reserved = 1 },
		       "reserved");
	refuse_control(fd, (struct oht_control){ .action = OHT_CONTROL_TAKE,
		       .deadman_ms = info.deadman_min_ms - 1 }, "deadman too short");
	refuse_control(fd, (struct oht_control){ .action = OHT_CONTROL_TAKE,
		       .deadman_ms = info.deadman_max_ms + 1 }, "deadman too long");
	refuse_control(fd, (struct oht_control){ .action = OHT_CONTROL_RELEASE, .deadman_ms = 1 },
		       "release with a period");
	tap_errno(guest_release_role(fd), EPERM, "CONTROL: release without the role");

	tap_errno(guest_take(fd, info.deadman_max_ms), 0, "CONTROL: take");
	tap_errno(guest_take(fd, 0), EBUSY, "CONTROL: take twice");
	tap_errno(guest_take(other, 0), EBUSY, "CONTROL: somebody else takes");
	tap_errno(guest_command(other, OHT_IOC_RESET, 0, NULL), EPERM, "RESET: not the controller");
	tap_errno(guest_command(other, OHT_IOC_ENABLE, 0, NULL), EPERM,
		  "ENABLE: not the controller");
	tap_errno(guest_command(other, OHT_IOC_DISABLE, 0, NULL), EPERM,
		  "DISABLE: not the controller");
	tap_errno(guest_command(other, OHT_IOC_HEARTBEAT, 0, NULL), EPERM,
		  "HEARTBEAT: not the controller");
	tap_errno(guest_command(other, OHT_IOC_STOP, 0, NULL), 0, "STOP: anybody");
	close(other);
}

/* ---- stop telegrams ---- */

static const struct oht_telegrams good_telegrams = {
	.size = sizeof(good_telegrams),
	.count = 1,
	.list = { { .unit = 247, .function = 6, .count = 1, .words = { 1 } } },
};

static int set_telegrams(int fd, struct oht_telegrams telegrams)
{
	return guest_ioctl(fd, OHT_IOC_TELEGRAMS, &telegrams);
}

#define REFUSE_TELEGRAM(fd, name, member, value) do {			\
		struct oht_telegrams telegrams = good_telegrams;	\
									\
		telegrams.member = (value);				\
		tap_errno(set_telegrams(fd, telegrams), EINVAL,		\
			  "TELEGRAMS: " name);				\
	} while (0)

static void telegram_status(int fd, struct oht_telegram_status *status)
{
	memset(status, 0, sizeof(*status));
	status->size = sizeof(*status);
	if (guest_ioctl(fd, OHT_IOC_TELEGRAM_STATUS, status))
		tap_bail("TELEGRAM_STATUS: %s", strerror(errno));
}

/* @fd has the role. */
static void test_telegrams(int fd)
{
	struct oht_telegram_status status;
	int other = guest_open(O_RDWR);

	REFUSE_TELEGRAM(fd, "a flag", flags, 1);
	REFUSE_TELEGRAM(fd, "reserved", reserved, 1);
	REFUSE_TELEGRAM(fd, "9 of them", count, 9);
	REFUSE_TELEGRAM(fd, "fewer than there are", count, 0);
	REFUSE_TELEGRAM(fd, "more than there are", count, 2);
	REFUSE_TELEGRAM(fd, "broadcast", list[0].unit, 0);
	REFUSE_TELEGRAM(fd, "unit 248", list[0].unit, 248);
	REFUSE_TELEGRAM(fd, "a read", list[0].function, 3);
	REFUSE_TELEGRAM(fd, "a coil", list[0].function, 5);
	REFUSE_TELEGRAM(fd, "function 6 with 2 registers", list[0].count, 2);
	REFUSE_TELEGRAM(fd, "no register", list[0].count, 0);
	REFUSE_TELEGRAM(fd, "reserved of one", list[0].reserved, 1);
	REFUSE_TELEGRAM(fd, "second reserved of one", list[0].reserved2, 1);
	REFUSE_TELEGRAM(fd, "turnaround of an hour", list[0].turnaround_us, 3600000000U);
	REFUSE_TELEGRAM(fd, "a value beyond the count", list[0].words[1], 1);
	REFUSE_TELEGRAM(fd, "dirty beyond the list", list[7].unit, 1);
	tap_errno(set_telegrams(other, good_telegrams), EPERM, "TELEGRAMS: not the controller");
	close(other);
	telegram_status(fd, &status);
	tap_is(status.set, 0, "TELEGRAMS: nothing was set by what was refused");
}

/* @fd has the role. Nobody is unit 247, so all of them time out. */
static void test_telegram_is_sent(int fd)
{
	struct oht_telegram_status before, status;

	/* An answer that is awaited is given up for a stop, which then repeats once more. */
	guest_sleep_ms(300);
	telegram_status(fd, &before);
	tap_errno(set_telegrams(fd, good_telegrams), 0, "TELEGRAMS: one");
	tap_errno(guest_command(fd, OHT_IOC_STOP, 0, NULL), 0, "STOP with a telegram");
	GUEST_UNTIL((telegram_status(fd, &status), status.runs > before.runs &&
		     !(status.flags & OHT_TELEGRAMS_RUNNING)), WAIT_MS);
	tap_is(status.runs, before.runs + 1, "TELEGRAM_STATUS: one more stop had some");
	tap_is(status.count, 1, "... one telegram");
	/* Once more if it came while an answer to an earlier test's request was awaited. */
	tap_ok(status.results[0].attempts == 3 || status.results[0].attempts == 4,
	       "... sent three times or four");
	tap_errno(-status.results[0].status, ETIMEDOUT, "... and nobody answered");
	tap_ok(status.results[0].sent_ns > status.asked_ns, "... after it was asked for");
	tap_errno(set_telegrams(fd, (struct oht_telegrams){ .size = sizeof(good_telegrams) }), 0,
		  "TELEGRAMS: none any more");
}

/* @fd has the role. */
static void test_states(int fd)
{
	uint64_t blocking;

	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, &blocking), ECANCELED, "ENABLE: stopped");
	tap_ok(blocking & OHT_CAUSE_BIT(OHT_CAUSE_SOFTWARE), "... and says why");
	tap_errno(guest_command(fd, OHT_IOC_DISABLE, 0, NULL), ECANCELED, "DISABLE: stopped");
}

/* @fd has the role. */
static void test_enable(int fd)
{
	tap_errno(guest_reset_when_stable(fd, 0), 0, "RESET");
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, NULL), ECANCELED, "RESET: ready");
	tap_errno(guest_command(fd, OHT_IOC_DISABLE, 0, NULL), ECANCELED, "DISABLE: ready");
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), 0, "ENABLE");
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), ECANCELED, "ENABLE: twice");
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, NULL), ECANCELED, "RESET: enabled");
	tap_errno(guest_command(fd, OHT_IOC_DISABLE, 0, NULL), 0, "DISABLE");
}

static void test_release(int fd)
{
	tap_errno(guest_release_role(fd), 0, "CONTROL: release");
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "... which stops");
}

static void test_unbind(void)
{
	int fd = guest_open(O_RDWR);
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	struct oht_transfer transfer = guest_read;
	struct oht_record record;
	const struct call *call;

	guest_subscribe(fd, OHT_SUBSCRIBE_SAFETY);
	transfer.timeout_us = 1000000;
	guest_submit(fd, transfer);
	if (!tap_errno(guest_unbind(), 0, "unbind with a descriptor open"))
		return;
	tap_is(poll(&wait, 1, 0), 1, "poll: something to say");
	tap_ok((wait.revents & (POLLHUP | POLLERR)) == (POLLHUP | POLLERR), "poll: HUP and ERR");
	for (call = calls; call < calls + CALLS; call++)
		tap_errno(call_with_size(fd, call, call->size, 0), ENODEV, "%s: gone", call->name);

	tap_ok(read(fd, &record, sizeof(record)) == sizeof(record) &&
	       record.type == OHT_RECORD_SAFETY && record.safety.cause == OHT_CAUSE_UNBIND,
	       "read: the stop for unbind");
	tap_ok(read(fd, &record, sizeof(record)) == sizeof(record) &&
	       record.type == OHT_RECORD_COMPLETION && record.completion.status == -ENODEV,
	       "read: the transfer that was under way");
	tap_is(read(fd, &record, sizeof(record)), 0, "read: then the end");
	tap_is(open(GUEST_DEVICE, O_RDWR | O_CLOEXEC), -1, "no device to open");
	tap_errno(guest_bind(), 0, "bind beside the old descriptor");
	close(fd);
	fd = guest_open(O_RDWR);
	tap_errno(guest_command(fd, OHT_IOC_STOP, 0, NULL), 0, "the new device works");
	close(fd);
}

static void write_attribute(const char *path, const char *text, int *error)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		tap_bail("%s: %s", path, strerror(errno));
	*error = write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
}

/* Root may give the driver any device: it refuses those whose UART it does not know. */
static void test_strange_device(void)
{
	char path[PATH_MAX], driver[PATH_MAX];
	int error = 0, refused = 0;
	glob_t found;
	size_t i;

	if (glob("/sys/bus/platform/devices/*", 0, NULL, &found))
		tap_bail("no platform devices");
	for (i = 0; i < found.gl_pathc && !refused; i++) {
		snprintf(driver, sizeof(driver), "%s/driver", found.gl_pathv[i]);
		if (!access(driver, F_OK))
			continue;
		snprintf(path, sizeof(path), "%s/driver_override", found.gl_pathv[i]);
		write_attribute(path, "oht", &error);
		write_attribute("/sys/bus/platform/drivers/oht/bind",
				strrchr(found.gl_pathv[i], '/') + 1, &refused);
		write_attribute(path, "\n", &error);
		tap_errno(refused, ENODEV, "bind to %s", strrchr(found.gl_pathv[i], '/') + 1);
	}
	tap_ok(refused, "there is a device without a driver");
	globfree(&found);
}

int main(void)
{
	int fd;

	selftest_begin();
	fd = guest_open(O_RDWR);
	TAP_TEST(test_longer(fd), "longer structures");
	TAP_TEST(test_read_only(), "read-only descriptor");
	TAP_TEST(test_cancel(fd), "CANCEL");
	TAP_TEST(test_reserved(fd), "reserved members of commands");
	TAP_TEST(test_control(fd), "CONTROL");
	TAP_TEST(test_telegrams(fd), "TELEGRAMS");
	SELFTEST_IF(SELFTEST_WRITE, test_telegram_is_sent(fd), "a telegram of a stop");
	TAP_TEST(test_states(fd), "RESET, ENABLE, DISABLE while stopped");
	SELFTEST_IF(SELFTEST_ENABLE, test_enable(fd), "RESET, ENABLE, DISABLE");
	TAP_TEST(test_release(fd), "the role goes back");
	close(fd);

	SELFTEST_IF(SELFTEST_UNBIND, test_unbind(), "unbind with a descriptor open");
	SELFTEST_IF(SELFTEST_UNBIND, test_strange_device(), "a device that is none of ours");
	return tap_done();
}
