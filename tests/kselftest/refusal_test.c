// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Refusals of every call of /dev/oht0, counted: at least eight of each, with the errno that docs/uapi.md documents, and
 * after each one device, descriptors and machine are as they were. What else each call refuses is in the other programs.
 * Source: docs/uapi.md, linux/oht.h. A stop stops also when it is refused: the machine is stopped then.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/place.h"
#include "lib/plan.h"
#include "lib/selftest.h"
#include "lib/tap.h"

#define LEAST		8
#define TAIL_BYTES	64
#define ARG_BYTES	1024
#define NOBODY		65534
/* No program has memory there. */
#define KERNEL_ADDRESS	((void *)(~0ULL << 12))
#define FRAMES_SENT	"/sys/class/oht/oht0/statistics/frames_sent"

enum number {
	INFO, SUBMIT, CANCEL, SUBSCRIBE, ESTOP_STATUS, STOP, CONTROL, RESET, ENABLE, DISABLE, HEARTBEAT, TELEGRAMS,
	TELEGRAM_STATUS, SELF_TEST, UNIT_SET, UNIT_GET, PLAN_STAGE, PLAN_COMMIT, PLAN_CLEAR, OUTPUTS, PLAN_STATUS,
	IOCTLS, OPEN = IOCTLS, READ, WRITE, SEEK, MMAP, CALLS
};

/* ---- structures in which nothing is wrong ---- */

static const uint16_t word;
static const struct oht_info info = { .size = sizeof(info) };
static const struct oht_transfer transfer = {
	.size = sizeof(transfer), .unit = SELFTEST_UNIT, .function = 3, .count = 1, .timeout_us = 1000,
	.priority = OHT_PRIO_BACKGROUND,
};
static const struct oht_cancel cancel = { .size = sizeof(cancel), .cookie = 4711 };
static const struct oht_subscribe subscribe = { .size = sizeof(subscribe) };
static const struct oht_estop_status estop_status = { .size = sizeof(estop_status) };
static const struct oht_command command = { .size = sizeof(command) };
static const struct oht_control control = { .size = sizeof(control), .action = OHT_CONTROL_RELEASE };
static const struct oht_telegrams telegrams = { .size = sizeof(telegrams) };
static const struct oht_telegram_status telegram_status = { .size = sizeof(telegram_status) };
static const struct oht_self_test self_test = { .size = sizeof(self_test) };
static const struct oht_unit_set unit_set = { .size = sizeof(unit_set), .unit = SELFTEST_UNIT, .timeout_us = 1000 };
static const struct oht_unit_status unit_status = { .size = sizeof(unit_status), .unit = SELFTEST_UNIT };
static const struct oht_plan_commit plan_commit_arg = { .size = sizeof(plan_commit_arg) };
static const struct oht_plan_clear plan_clear_arg = { .size = sizeof(plan_clear_arg) };
static const struct oht_outputs outputs = { .size = sizeof(outputs), .count = 1, .words = (uintptr_t)&word };
static const struct oht_plan_status plan_status_arg = { .size = sizeof(plan_status_arg) };

struct call {
	const char *name;
	unsigned long cmd;
	const void *good;	/* NULL: that of lib/plan.h */
	uint32_t size;
	bool writes;
};

#define CALL(name_, arg_, writes_) \
	[name_] = { #name_, OHT_IOC_##name_, &(arg_), sizeof(arg_), writes_ }

static const struct call calls[CALLS] = {
	CALL(INFO, info, false),
	CALL(SUBMIT, transfer, true),
	CALL(CANCEL, cancel, true),
	CALL(SUBSCRIBE, subscribe, false),
	CALL(ESTOP_STATUS, estop_status, false),
	CALL(STOP, command, false),
	CALL(CONTROL, control, true),
	CALL(RESET, command, true),
	CALL(ENABLE, command, true),
	CALL(DISABLE, command, true),
	CALL(HEARTBEAT, command, true),
	CALL(TELEGRAMS, telegrams, true),
	CALL(TELEGRAM_STATUS, telegram_status, false),
	CALL(SELF_TEST, self_test, true),
	CALL(UNIT_SET, unit_set, true),
	CALL(UNIT_GET, unit_status, false),
	CALL(PLAN_STAGE, plan_stage, true),
	CALL(PLAN_COMMIT, plan_commit_arg, true),
	CALL(PLAN_CLEAR, plan_clear_arg, true),
	CALL(OUTPUTS, outputs, true),
	CALL(PLAN_STATUS, plan_status_arg, false),
	[OPEN] = { .name = "open" },
	[READ] = { .name = "read" },
	[WRITE] = { .name = "write" },
	[SEEK] = { .name = "lseek" },
	[MMAP] = { .name = "mmap" },
};

/* ---- the device as it is ---- */

struct state {
	struct oht_info info;
	struct oht_estop_status status;
	struct oht_telegram_status telegrams;
	struct oht_plan_status plan;
	struct oht_unit_status unit[SELFTEST_UNITS];
	long long frames_sent;
	unsigned int descriptors;	/* of this process */
	unsigned int called;	/* safety records that calls have made */
	unsigned int alone;	/* and those of timers and interrupts, as of a host that stalls */
	bool something_to_read;
};

/* A second descriptor, to look with. */
static int watcher = -1;
static unsigned int refusals[CALLS];

static unsigned int count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned int count = 0;

	if (!folder)
		tap_bail("/proc/self/fd: %s", strerror(errno));
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static long long count_frames(void)
{
	FILE *file = fopen(FRAMES_SENT, "re");
	long long count = -1;

	if (!file || fscanf(file, "%lld", &count) != 1)
		tap_bail("%s cannot be read", FRAMES_SENT);
	fclose(file);
	return count;
}

static void look(int fd, struct state *state)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	static unsigned int called, alone;
	struct oht_record record;
	unsigned int i;

	memset(state, 0, sizeof(*state));
	guest_info(watcher, &state->info);
	guest_status(watcher, &state->status);	/* without what goes with time or the button: */
	state->status.standing = 0;
	state->status.inputs = 0;
	state->status.closed_since_ns = 0;
	state->status.opened_age_s = 0;
	state->status.journal_seq = 0;
	while (guest_next_safety(watcher, 0, &record))
		*(record.safety.tgid ? &called : &alone) += 1;
	state->called = called;
	state->alone = alone;
	state->telegrams.size = sizeof(state->telegrams);
	plan_status(watcher, &state->plan);
	for (i = 0; i < SELFTEST_UNITS; i++) {
		state->unit[i].size = sizeof(state->unit[i]);
		state->unit[i].unit = SELFTEST_UNIT + i;
		if (guest_ioctl(watcher, OHT_IOC_UNIT_GET, &state->unit[i]))
			tap_bail("UNIT_GET failed");
	}
	if (guest_ioctl(watcher, OHT_IOC_TELEGRAM_STATUS, &state->telegrams))
		tap_bail("TELEGRAM_STATUS failed");
	state->frames_sent = count_frames();
	state->descriptors = count_descriptors();
	state->something_to_read = fd >= 0 && poll(&wait, 1, 0) > 0;
}

/* After a stop the safety part is another one, and must be that of a machine that is stopped. */
static void expect_same(enum number number, const struct state *before, struct state *after, const char *what)
{
	if (number == STOP) {
		tap_ok(after->status.state == OHT_ESTOP_STOPPED && !after->status.outputs, "%s: %s: stopped",
		       calls[number].name, what);
		after->status = before->status;
		after->called = before->called;
	}
	if (before->alone != after->alone) {
		after->alone = before->alone;
		after->status.causes = before->status.causes;
	}
	tap_ok(!memcmp(before, after, sizeof(*before)), "%s: %s: nothing has changed", calls[number].name, what);
	if (before->called != after->called || before->descriptors != after->descriptors)
		tap_note("records %u -> %u, descriptors %u -> %u", before->called, after->called,
			 before->descriptors, after->descriptors);
}

/* ---- ioctls ---- */

union argument {
	uint32_t size;
	uint8_t bytes[ARG_BYTES];
	uint64_t align;
};

static void refuse(int fd, enum number number, unsigned long cmd, void *arg, int want, const char *what)
{
	struct state before, after;

	look(fd, &before);
	tap_errno(guest_ioctl(fd, cmd, arg), want, "%s: %s", calls[number].name, what);
	look(fd, &after);
	expect_same(number, &before, &after, what);
	refusals[number]++;
}

static void refuse_copy(int fd, enum number number, uint32_t size, size_t dirty, int want, const char *what)
{
	union argument arg;

	memset(&arg, 0, sizeof(arg));
	memcpy(&arg, calls[number].good, calls[number].size);
	arg.size = size;
	if (dirty)
		arg.bytes[dirty] = 1;
	refuse(fd, number, calls[number].cmd, &arg, want, what);
}

static void refuse_place(int fd, enum number number, place_t place, const char *what)
{
	uint8_t *map = place_map(2);

	refuse(fd, number, calls[number].cmd, place(calls[number].good, calls[number].size, map), EFAULT, what);
	munmap(map, 2 * place_page_bytes());
}

/* What is refused of each call in the same way. */
static void test_form(int fd, int reader, enum number number)
{
	const struct call *call = &calls[number];
	union argument arg;

	memset(&arg, 0, sizeof(arg));
	memcpy(&arg, call->good, call->size);
	refuse(fd, number, call->cmd, NULL, EFAULT, "NULL");
	refuse(fd, number, call->cmd, KERNEL_ADDRESS, EFAULT, "an address of the kernel");
	refuse_place(fd, number, place_unmapped, "in no page");
	refuse_place(fd, number, place_tail_unmapped, "its end in no page");
	refuse_copy(fd, number, 0, 0, EINVAL, "size 0");
	refuse_copy(fd, number, sizeof(uint32_t) - 1, 0, EINVAL, "a size without the size");
	refuse_copy(fd, number, call->size - 1, 0, EINVAL, "one byte short");
	refuse_copy(fd, number, call->size + TAIL_BYTES, call->size, E2BIG, "long, first byte not zero");
	refuse_copy(fd, number, call->size + TAIL_BYTES, call->size + TAIL_BYTES - 1, E2BIG, "long, last byte not zero");
	refuse_copy(fd, number, UINT32_MAX, 0, E2BIG, "4 GiB long");
	if (call->writes)
		refuse(reader, number, call->cmd, &arg, EBADF, "a descriptor that is open for reading");
	/* STOP has another number then, and stops nothing. */
	refuse(fd, number, call->cmd | IOC_OUT, &arg, ENOTTY, "a direction in the number");
	refuse(fd, number, call->cmd | 1 << _IOC_SIZESHIFT, &arg, ENOTTY, "a size in the number");
}

static void test_forms(void)
{
	int fd = guest_open(O_RDWR), reader = guest_open(O_RDONLY), number;

	for (number = 0; number < IOCTLS; number++)
		test_form(fd, reader, number);
	close(fd);
	close(reader);
}

/* One member of a good structure that is wrong. */
struct member {
	enum number number;
	const char *name;
	size_t offset;
	size_t bytes;
	uint64_t value;
	int want;
};

#define MEMBER(number_, type_, member_, value_, want_)	{					\
		.number = number_, .name = #member_ " = " #value_,				\
		.offset = offsetof(struct type_, member_),					\
		.bytes = sizeof(((struct type_ *)0)->member_), .value = value_, .want = want_ }

static const struct member members[] = {
	MEMBER(SUBMIT, oht_transfer, flags, 8, EINVAL),
	MEMBER(SUBMIT, oht_transfer, unit, 248, EINVAL),
	MEMBER(SUBMIT, oht_transfer, function, 7, EOPNOTSUPP),
	MEMBER(SUBMIT, oht_transfer, priority, 0, EINVAL),
	MEMBER(SUBMIT, oht_transfer, retries, 11, EINVAL),
	MEMBER(SUBMIT, oht_transfer, count, 126, EINVAL),
	MEMBER(SUBMIT, oht_transfer, timeout_us, 999, EINVAL),
	MEMBER(SUBMIT, oht_transfer, words, 4096, EINVAL),
	MEMBER(CANCEL, oht_cancel, flags, 1, EINVAL),
	MEMBER(CANCEL, oht_cancel, cookie, 0, ENOENT),
	MEMBER(CANCEL, oht_cancel, cookie, UINT64_MAX, ENOENT),
	MEMBER(SUBSCRIBE, oht_subscribe, mask, 8, EINVAL),
	MEMBER(SUBSCRIBE, oht_subscribe, mask, 0x80000000, EINVAL),
	MEMBER(SUBSCRIBE, oht_subscribe, safety_from, 1, EINVAL),
	MEMBER(STOP, oht_command, flags, 1, EINVAL),
	MEMBER(STOP, oht_command, reserved[0], 1, EINVAL),
	MEMBER(STOP, oht_command, reserved[1], 1, EINVAL),
	MEMBER(CONTROL, oht_control, action, 0, EINVAL),
	MEMBER(CONTROL, oht_control, action, 3, EINVAL),
	MEMBER(CONTROL, oht_control, deadman_ms, 1, EINVAL),
	MEMBER(CONTROL, oht_control, reserved, 1, EINVAL),
	MEMBER(RESET, oht_command, flags, 1, EINVAL),
	MEMBER(RESET, oht_command, reserved[1], 1, EINVAL),
	MEMBER(ENABLE, oht_command, flags, 1, EINVAL),
	MEMBER(ENABLE, oht_command, reserved[1], 1, EINVAL),
	MEMBER(DISABLE, oht_command, flags, 1, EINVAL),
	MEMBER(DISABLE, oht_command, reserved[1], 1, EINVAL),
	MEMBER(HEARTBEAT, oht_command, flags, 1, EINVAL),
	MEMBER(HEARTBEAT, oht_command, reserved[1], 1, EINVAL),
	MEMBER(TELEGRAMS, oht_telegrams, flags, 1, EINVAL),
	MEMBER(TELEGRAMS, oht_telegrams, reserved, 1, EINVAL),
	MEMBER(TELEGRAMS, oht_telegrams, count, 9, EINVAL),
	MEMBER(TELEGRAMS, oht_telegrams, list[7].unit, 1, EINVAL),
	MEMBER(SELF_TEST, oht_self_test, flags, 1, EINVAL),
	MEMBER(SELF_TEST, oht_self_test, reserved, 1, EINVAL),
	MEMBER(UNIT_SET, oht_unit_set, unit, 0, EINVAL),
	MEMBER(UNIT_SET, oht_unit_set, unit, 248, EINVAL),
	MEMBER(UNIT_SET, oht_unit_set, retries, 11, EINVAL),
	MEMBER(UNIT_SET, oht_unit_set, pad, 1, EINVAL),
	MEMBER(UNIT_SET, oht_unit_set, flags, 1, EINVAL),
	MEMBER(UNIT_SET, oht_unit_set, timeout_us, 0, EINVAL),
	MEMBER(UNIT_SET, oht_unit_set, backoff_first_ms, 10, EINVAL),
	MEMBER(UNIT_SET, oht_unit_set, pause_max_us, 50001, EINVAL),
	MEMBER(UNIT_SET, oht_unit_set, rest_us, 50001, EINVAL),
	MEMBER(UNIT_GET, oht_unit_status, unit, 0, EINVAL),
	MEMBER(UNIT_GET, oht_unit_status, unit, 248, EINVAL),
	MEMBER(UNIT_GET, oht_unit_status, rest_us, 1, EINVAL),
	MEMBER(PLAN_STAGE, oht_plan_stage, flags, 1, EINVAL),
	MEMBER(PLAN_STAGE, oht_plan_stage, entry_size, 31, EINVAL),
	MEMBER(PLAN_STAGE, oht_plan_stage, count, 0, EINVAL),
	MEMBER(PLAN_STAGE, oht_plan_stage, count, OHT_PLAN_ENTRIES_MAX + 1, EINVAL),
	MEMBER(PLAN_COMMIT, oht_plan_commit, flags, 2, EINVAL),
	MEMBER(PLAN_COMMIT, oht_plan_commit, reserved, 1, EINVAL),
	MEMBER(PLAN_CLEAR, oht_plan_clear, flags, 1, EINVAL),
	MEMBER(OUTPUTS, oht_outputs, flags, OHT_OUTPUTS_NOW << 1, EINVAL),
	MEMBER(OUTPUTS, oht_outputs, count, 0, EINVAL),
	MEMBER(OUTPUTS, oht_outputs, count, 126, EINVAL),
};

/* Members are looked at before the role, which @fd does not have. */
static void test_members(void)
{
	const struct member *member;
	int fd = guest_open(O_RDWR);
	union argument arg;
	size_t i;

	for (member = members; member < members + sizeof(members) / sizeof(members[0]); member++) {
		memset(&arg, 0, sizeof(arg));
		memcpy(&arg, calls[member->number].good, calls[member->number].size);
		/* Byte by byte, the lowest one first: so are numbers on all machines that Linux calls arm64 and amd64. */
		for (i = 0; i < member->bytes; i++)
			arg.bytes[member->offset + i] = (uint8_t)(member->value >> (8 * i));
		refuse(fd, member->number, calls[member->number].cmd, &arg, member->want, member->name);
	}
	close(fd);
}

/* ---- roles and states ---- */

static void refuse_good(int fd, enum number number, int want, const char *what)
{
	refuse_copy(fd, number, calls[number].size, 0, want, what);
}

static void refuse_followers(int fd, const char *what)
{
	static const enum number led[] = {
		CONTROL, RESET, ENABLE, DISABLE, HEARTBEAT, TELEGRAMS, SELF_TEST, UNIT_SET, PLAN_STAGE, PLAN_COMMIT,
		PLAN_CLEAR, OUTPUTS,
	};
	size_t i;

	for (i = 0; i < sizeof(led) / sizeof(led[0]); i++)
		refuse_good(fd, led[i], EPERM, what);
}

static void refuse_take(int fd, uint32_t deadman_ms, int want, const char *what)
{
	struct oht_control take = { .size = sizeof(take), .action = OHT_CONTROL_TAKE, .deadman_ms = deadman_ms };

	refuse(fd, CONTROL, OHT_IOC_CONTROL, &take, want, what);
}

static void test_roles(void)
{
	int fd = guest_open(O_RDWR), other = guest_open(O_RDWR);
	struct oht_info limits;

	guest_info(fd, &limits);
	refuse_followers(fd, "without a controller");
	refuse_take(fd, limits.deadman_min_ms - 1, EINVAL, "deadman too short");
	refuse_take(fd, limits.deadman_max_ms + 1, EINVAL, "deadman too long");
	if (guest_take(fd, limits.deadman_max_ms))
		tap_bail("the role is not free");
	/* The last controller may have laid one ready. */
	if (plan_clear(fd, 0))
		tap_bail("PLAN_CLEAR failed");
	refuse_take(fd, 0, EBUSY, "take twice");
	refuse_take(other, 0, EBUSY, "take from another one");
	refuse_followers(other, "beside the controller");
	refuse_good(fd, ENABLE, ECANCELED, "while stopped");
	refuse_good(fd, DISABLE, ECANCELED, "while stopped");
	refuse_good(fd, PLAN_COMMIT, ENOENT, "nothing is laid ready");
	refuse_good(fd, OUTPUTS, ENOENT, "no plan is in force");
	if (guest_release_role(fd))
		tap_bail("RELEASE failed");
	close(other);
	close(fd);
}

/* ---- the other calls ---- */

/* The last call has returned @result; the device was @before. */
static void refused(enum number number, const struct state *before, long long result, int want, const char *what)
{
	int error = result < 0 ? errno : 0;
	struct state after;

	look(-1, &after);
	tap_errno(error, want, "%s: %s", calls[number].name, what);
	expect_same(number, before, &after, what);
	refusals[number]++;
}

#define REFUSED(number, call, want, what) do {				\
		struct state before;					\
									\
		look(-1, &before);					\
		errno = 0;						\
		refused(number, &before, (long long)(call), want, what);	\
	} while (0)

/* Somebody who is in no group, in a process of its own: the errno of that open(). */
static int open_as_nobody(int flags)
{
	pid_t child = fork();
	int status, fd;

	if (!child) {
		if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
			_exit(0);
		fd = open(GUEST_DEVICE, flags);
		_exit(fd < 0 ? errno : 0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		tap_bail("no second process");
	errno = WEXITSTATUS(status);
	return errno ? -1 : 0;
}

static int open_beyond_limit(void)
{
	struct rlimit before, none = { 0 };
	int fd, error;

	if (getrlimit(RLIMIT_NOFILE, &before))
		tap_bail("getrlimit: %s", strerror(errno));
	none.rlim_max = before.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &none))
		tap_bail("setrlimit: %s", strerror(errno));
	fd = open(GUEST_DEVICE, O_RDWR);
	error = errno;
	if (setrlimit(RLIMIT_NOFILE, &before))
		tap_bail("setrlimit: %s", strerror(errno));
	errno = error;
	return fd;
}

static void test_open(void)
{
	REFUSED(OPEN, open_as_nobody(O_RDONLY), EACCES, "anybody, for reading");
	REFUSED(OPEN, open_as_nobody(O_WRONLY), EACCES, "anybody, for writing");
	REFUSED(OPEN, open_as_nobody(O_RDWR), EACCES, "anybody, for both");
	REFUSED(OPEN, open(GUEST_DEVICE, O_RDWR | O_DIRECTORY), ENOTDIR, "as a folder");
	REFUSED(OPEN, open(GUEST_DEVICE "/", O_RDWR), ENOTDIR, "as a path to a folder");
	REFUSED(OPEN, open(GUEST_DEVICE "/0", O_RDWR), ENOTDIR, "something below it");
	REFUSED(OPEN, open(GUEST_DEVICE, O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST, "as a new file");
	REFUSED(OPEN, open(GUEST_DEVICE, O_RDWR | O_DIRECT), EINVAL, "past the page cache");
	REFUSED(OPEN, open_beyond_limit(), EMFILE, "beyond the limit of descriptors");
}

static void test_read_write(void)
{
	int fd = guest_open(O_RDWR | O_NONBLOCK), reader = guest_open(O_RDONLY), writer = guest_open(O_WRONLY);
	int path = guest_open(O_PATH);
	char buffer[sizeof(struct oht_record)];
	struct iovec halves[2] = { { buffer, 160 }, { buffer + 160, sizeof(buffer) - 160 } };

	memset(buffer, 0, sizeof(buffer));
	REFUSED(READ, read(fd, buffer, 0), EINVAL, "nothing");
	REFUSED(READ, read(fd, buffer, 1), EINVAL, "one byte");
	REFUSED(READ, read(fd, buffer, sizeof(buffer) - 1), EINVAL, "less than a record");
	REFUSED(READ, read(fd, buffer, sizeof(buffer)), EAGAIN, "nothing is there");
	REFUSED(READ, readv(fd, halves, 2), EINVAL, "a record in two halves");
	REFUSED(READ, read(fd, KERNEL_ADDRESS, sizeof(buffer)), EFAULT, "into the kernel");
	REFUSED(READ, pread(fd, buffer, sizeof(buffer), 0), ESPIPE, "from a place");
	REFUSED(READ, read(writer, buffer, sizeof(buffer)), EBADF, "a descriptor for writing");
	REFUSED(READ, read(path, buffer, sizeof(buffer)), EBADF, "a descriptor for its path");

	REFUSED(WRITE, write(fd, buffer, 1), EINVAL, "one byte");
	REFUSED(WRITE, write(fd, buffer, sizeof(buffer)), EINVAL, "a record");
	REFUSED(WRITE, writev(fd, halves, 2), EINVAL, "a record in two halves");
	REFUSED(WRITE, write(fd, KERNEL_ADDRESS, 1), EINVAL, "from the kernel");
	REFUSED(WRITE, write(writer, buffer, 1), EINVAL, "a descriptor for writing");
	REFUSED(WRITE, write(reader, buffer, 1), EBADF, "a descriptor for reading");
	REFUSED(WRITE, write(path, buffer, 1), EBADF, "a descriptor for its path");
	REFUSED(WRITE, pwrite(fd, buffer, 1, 0), ESPIPE, "to a place");

	REFUSED(SEEK, lseek(fd, 0, SEEK_SET), ESPIPE, "to the begin");
	REFUSED(SEEK, lseek(fd, 0, SEEK_CUR), ESPIPE, "to where it is");
	REFUSED(SEEK, lseek(fd, 0, SEEK_END), ESPIPE, "to the end");
	REFUSED(SEEK, lseek(fd, 1, SEEK_SET), ESPIPE, "forward");
	REFUSED(SEEK, lseek(fd, -1, SEEK_CUR), ESPIPE, "backward");
	REFUSED(SEEK, lseek(fd, 0, SEEK_DATA), ESPIPE, "to data");
	REFUSED(SEEK, lseek(reader, 0, SEEK_HOLE), ESPIPE, "to a hole");
	REFUSED(SEEK, lseek(path, 0, SEEK_SET), EBADF, "a descriptor for its path");
	close(path);
	close(writer);
	close(reader);
	close(fd);
}

/* MAP_FAILED is -1, and all else would be unmapped by the end of the program. */
#define MAP(fd, bytes, protection, flags, offset) ((intptr_t)mmap(NULL, bytes, protection, flags, fd, offset) == -1 ? -1 : 0)

static void test_mmap(void)
{
	size_t page = place_page_bytes(), bytes = (sizeof(struct oht_image) + page - 1) / page * page;
	int fd = guest_open(O_RDWR), reader = guest_open(O_RDONLY), writer = guest_open(O_WRONLY);

	REFUSED(MMAP, MAP(fd, 0, PROT_READ, MAP_SHARED, 0), EINVAL, "nothing");
	REFUSED(MMAP, MAP(fd, bytes + page, PROT_READ, MAP_SHARED, 0), EINVAL, "too long");
	REFUSED(MMAP, MAP(fd, page, PROT_READ, MAP_SHARED, page), EINVAL, "from the second page");
	REFUSED(MMAP, MAP(fd, page, PROT_READ, MAP_SHARED, 1), EINVAL, "from the second byte");
	REFUSED(MMAP, MAP(fd, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EACCES, "to be written");
	REFUSED(MMAP, MAP(fd, bytes, PROT_WRITE, MAP_SHARED, 0), EACCES, "only to be written");
	REFUSED(MMAP, MAP(fd, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0), EACCES, "a copy to be written");
	REFUSED(MMAP, MAP(fd, bytes, PROT_READ | PROT_EXEC, MAP_SHARED, 0), EACCES, "to be executed");
	REFUSED(MMAP, MAP(reader, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EACCES, "to be written, by a reader");
	REFUSED(MMAP, MAP(writer, bytes, PROT_READ, MAP_SHARED, 0), EACCES, "a descriptor for writing");
	REFUSED(MMAP, MAP(fd, bytes, PROT_READ, 0, 0), EINVAL, "neither shared nor private");
	close(writer);
	close(reader);
	close(fd);
}

static void test_count(void)
{
	unsigned int number, sum = 0, fewest = 0;

	for (number = 0; number < CALLS; number++) {
		sum += refusals[number];
		if (refusals[number] < refusals[fewest])
			fewest = number;
		tap_ok(refusals[number] >= LEAST, "%s: %u refusals", calls[number].name, refusals[number]);
	}
	tap_note("refusals: %u calls, %u refusals, fewest %u (%s)", CALLS, sum, refusals[fewest], calls[fewest].name);
	tap_note("value refusals.all %u", sum);
	tap_note("value refusals.fewest %u", refusals[fewest]);
}

/* A call that the kernel knows, and of which nothing is refused here. */
static void test_no_call_is_forgotten(void)
{
	unsigned int nr, number;

	for (nr = 0; nr < 0x100; nr++) {
		for (number = 0; number < IOCTLS && calls[number].cmd != _IO(OHT_IOC_MAGIC, nr); number++)
			;
		if (number == IOCTLS)
			tap_errno(guest_ioctl(watcher, _IO(OHT_IOC_MAGIC, nr), NULL), ENOTTY, "number %#x", nr);
	}
}

int main(void)
{
	selftest_begin();
	plan_make_good();
	watcher = guest_open(O_RDONLY);
	guest_subscribe(watcher, OHT_SUBSCRIBE_SAFETY);
	TAP_TEST(test_no_call_is_forgotten(), "every call has refusals");
	TAP_TEST(test_forms(), "refusals of each structure");
	TAP_TEST(test_members(), "refusals of members");
	TAP_TEST(test_roles(), "refusals of roles and states");
	TAP_TEST(test_open(), "refusals of open");
	TAP_TEST(test_read_write(), "refusals of read, write and seek");
	TAP_TEST(test_mmap(), "refusals of mmap");
	TAP_TEST(test_count(), "at least eight refusals of each call");
	close(watcher);
	return tap_done();
}
