// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Everybody at once, on two CPUs: whoever can use the device does, as fast as it goes, while the wire
 * in software (oht_sim) answers; then once more, and the driver is taken away in the middle of it.
 * Each call may only fail as linux/oht.h says, and each transfer completes once. What a crowd breaks
 * shows in the kernel log: this is what detectors of data races watch.
 *
 *	crowd_test [SECONDS [SEED]]
 *
 * At least so long, and until each of them has had its turns, however slow the kernel is.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/plan.h"
#include "lib/stim.h"
#include "lib/tap.h"

#define SYSFS		"/sys/class/oht/oht0/"
#define DEADMAN_MS	10000
#define ERRORS_MAX	8
/* Of each, before the crowd may part; and how long that may take with nothing going on at all. */
#define GOOD_ROUNDS	5
#define PATIENCE_MS	120000
#define WAIT_MS		15000

/* One that uses the device; @once() is called until the time is over or the device gone. */
struct member {
	const char *name;
	int (*once)(struct member *member);	/* 0 or the errno of the first call that failed */
	int cpu;
	int may_fail[ERRORS_MAX];
	pthread_t thread;
	unsigned int seed;
	int fd;
	uint64_t rounds;
	atomic_uint good;
	int wrong;			/* the first errno that it may not fail with */
	bool at_end;			/* read() has said so: it reads no more */
	uint64_t submitted;
	uint64_t completed;
};

static atomic_bool ended;
static bool going;			/* the device may go: ENODEV is right */
static int controller;			/* descriptor of all who need that role */
static int stim;
static unsigned int crowd_seed;

/* ---- transfers ---- */

static int submit(struct member *member, __u64 *cookie)
{
	static const uint16_t words[2] = { 1, 2 };
	unsigned int dice = rand_r(&member->seed);
	struct oht_transfer transfer = {
		.size = sizeof(transfer),
		.unit = 2 + dice % 5,		/* 6 is nobody's */
		.function = dice & 64 ? 16 : 3,
		.priority = 1 + dice % 3,
		.count = dice & 64 ? 2 : 1 + dice % 8,
		.flags = dice & 128 ? OHT_TRANSFER_WHILE_STOPPED : 0,
		.timeout_us = 5000,
		.words = dice & 64 ? (uintptr_t)words : 0,
	};
	int error = guest_ioctl(member->fd, OHT_IOC_SUBMIT, &transfer);

	member->submitted += !error;
	*cookie = transfer.cookie;
	return error;
}

/* False: no record was there. */
static bool reap_one(struct member *member)
{
	struct oht_record record;
	ssize_t got = read(member->fd, &record, sizeof(record));

	member->at_end = !got;
	if (got != sizeof(record))
		return false;
	member->completed += record.type == OHT_RECORD_COMPLETION;
	return true;
}

static int reap(struct member *member, int timeout_ms)
{
	struct pollfd wait = { .fd = member->fd, .events = POLLIN };

	while (!member->at_end && poll(&wait, 1, timeout_ms) > 0)
		if (!reap_one(member) && !member->at_end)
			return errno;
	return member->at_end ? ENODEV : 0;
}

static int transfer_once(struct member *member)
{
	struct oht_cancel cancel = { .size = sizeof(cancel) };
	int error = submit(member, &cancel.cookie), gone;

	if (!error && rand_r(&member->seed) % 4 == 0)
		error = guest_ioctl(member->fd, OHT_IOC_CANCEL, &cancel);
	gone = reap(member, error == EAGAIN ? 10 : 0);
	return gone ? gone : error;
}

/* What is under way and what is subscribed to goes with the descriptor. */
static int open_once(struct member *member)
{
	__u64 cookie;
	int error;

	member->fd = open(GUEST_DEVICE, O_RDWR | O_CLOEXEC);
	if (member->fd < 0)
		return errno;
	member->at_end = false;
	error = guest_subscribe(member->fd, OHT_SUBSCRIBE_SAFETY | OHT_SUBSCRIBE_CYCLE |
				OHT_SUBSCRIBE_UNITS);
	if (!error)
		error = submit(member, &cookie);
	reap(member, 2);
	close(member->fd);
	member->fd = -1;
	return error;
}

/* ---- the controller ---- */

static int command_once(struct member *member)
{
	static const unsigned long commands[] = {
		OHT_IOC_RESET, OHT_IOC_ENABLE, OHT_IOC_ENABLE, OHT_IOC_DISABLE, OHT_IOC_STOP,
	};
	int error = guest_command(controller, OHT_IOC_HEARTBEAT, 0, NULL);

	if (!error)
		error = guest_command(controller, commands[member->rounds % 5], 0, NULL);
	usleep(rand_r(&member->seed) % 3000);
	return error;
}

static int set_once(struct member *member)
{
	struct oht_unit_set unit = {
		.size = sizeof(unit),
		.unit = 2 + member->rounds % 5,
		.degrade_after = 3,
		.timeout_us = 5000,
		.backoff_first_ms = 10,
		.backoff_max_ms = 20,
	};
	struct oht_telegrams telegrams = {
		.size = sizeof(telegrams),
		.count = member->rounds % 2,
	};
	int error = guest_ioctl(controller, OHT_IOC_UNIT_SET, &unit);

	telegrams.list[0] = (struct oht_telegram){ .unit = 4, .function = 6, .count = 1 };
	if (!telegrams.count)
		telegrams.list[0] = (struct oht_telegram){ 0 };
	usleep(1000);
	return error ? error : guest_ioctl(controller, OHT_IOC_TELEGRAMS, &telegrams);
}

static int write_outputs(uint32_t generation)
{
	uint16_t words[3] = { 1, 2, 3 };
	struct oht_outputs outputs = {
		.size = sizeof(outputs),
		.generation = generation,
		.entry = 2,
		.count = 3,
		.words = (uintptr_t)words,
	};
	int error = guest_ioctl(controller, OHT_IOC_OUTPUTS, &outputs);

	/* Stopped; the plan is not in force yet. */
	return error == ECANCELED || error == ENOENT ? 0 : error;
}

static int plan_once(struct member *member)
{
	struct oht_plan_stage stage = plan_stage;
	struct oht_plan_commit made;
	int error = guest_ioctl(controller, OHT_IOC_PLAN_STAGE, &stage);

	if (!error)
		error = plan_commit(controller, 0, &made);
	if (error)
		return error;
	usleep(PLAN_CYCLE_US * 2);
	error = write_outputs(made.generation);
	if (!error && member->rounds % 4 == 0)
		error = plan_clear(controller, 0);
	return error;
}

/* The button, which needs no device of ours. */
static int press_once(struct member *member)
{
	guest_press(stim, OHT_STIM_A | OHT_STIM_B);
	guest_unpress(stim, OHT_STIM_A | OHT_STIM_B);
	/* Closed for long enough to be reset in between. */
	usleep(20000 + rand_r(&member->seed) % 30000);
	return 0;
}

/* ---- who only looks ---- */

static int look_once(struct member *member)
{
	struct oht_unit_status unit = { .size = sizeof(unit), .unit = 4 };
	struct oht_telegram_status telegrams = { .size = sizeof(telegrams) };
	struct oht_estop_status estop = { .size = sizeof(estop) };
	struct oht_plan_status plan = { .size = sizeof(plan) };
	struct oht_info info = { .size = sizeof(info) };
	int error = guest_ioctl(member->fd, OHT_IOC_INFO, &info);

	if (!error)
		error = guest_ioctl(member->fd, OHT_IOC_ESTOP_STATUS, &estop);
	if (!error)
		error = guest_ioctl(member->fd, OHT_IOC_PLAN_STATUS, &plan);
	if (!error)
		error = guest_ioctl(member->fd, OHT_IOC_TELEGRAM_STATUS, &telegrams);
	if (!error)
		error = guest_ioctl(member->fd, OHT_IOC_UNIT_GET, &unit);
	return error;
}

static int read_attribute(const char *path, const struct stat *about, int type)
{
	int fd = type == FTW_F && (about->st_mode & 0444) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char text[4096];

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text)) < 0)
		text[0] = '\0';
	close(fd);
	return atomic_load(&ended);
}

static void write_zero(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "0", 1) < 0 && !going)
		tap_bail("%s: %s", path, strerror(errno));
	close(fd);
}

/* Files of a device that goes are not there any more, which is all that can be asked of them. */
static int sysfs_once(struct member *member)
{
	static const char * const trees[] = {
		SYSFS "statistics/", SYSFS "estop/", SYSFS "conformance/", SYSFS "histograms/",
	};
	unsigned int i;

	for (i = 0; i < 4; i++)
		ftw(trees[i], read_attribute, 4);
	if (member->rounds % 4 == 0)
		write_zero(SYSFS "statistics/frames_sent");
	return 0;
}

static int image_once(struct member *member)
{
	struct oht_image *image = mmap(NULL, sizeof(*image), PROT_READ, MAP_SHARED, member->fd, 0);
	struct oht_image_header header;
	struct oht_image_slot slot;

	if (image == MAP_FAILED)
		return errno;
	plan_read_header(image, &header);
	plan_read_slot(image, member->rounds % PLAN_ENTRIES, &slot);
	munmap(image, sizeof(*image));
	return 0;
}

/* ---- the crowd ---- */

static struct member members[] = {
	{ .name = "transfers", .once = transfer_once, .cpu = 0,
	  .may_fail = { EAGAIN, ENOENT, EPERM } },
	{ .name = "transfers too", .once = transfer_once, .cpu = 1,
	  .may_fail = { EAGAIN, ENOENT, EPERM } },
	{ .name = "open and close", .once = open_once, .cpu = 1, .may_fail = { EAGAIN, EPERM } },
	{ .name = "commands", .once = command_once, .cpu = 1, .may_fail = { EBUSY, ECANCELED } },
	{ .name = "settings", .once = set_once, .cpu = 0 },
	{ .name = "plans", .once = plan_once, .cpu = 1, .may_fail = { EBUSY } },
	{ .name = "button", .once = press_once, .cpu = 1 },
	{ .name = "status", .once = look_once, .cpu = 0 },
	{ .name = "attributes", .once = sysfs_once, .cpu = 1 },
	{ .name = "image", .once = image_once, .cpu = 0 },
};

#define MEMBERS	(sizeof(members) / sizeof(members[0]))

static bool may_fail_with(const struct member *member, int error)
{
	int i;

	for (i = 0; i < ERRORS_MAX && member->may_fail[i]; i++)
		if (member->may_fail[i] == error)
			return true;
	return going && (error == ENODEV || error == ENOENT || error == ENXIO);
}

static void *take_part(void *argument)
{
	struct member *member = argument;
	int error = 0;

	guest_pin_cpu(member->cpu);
	while (!atomic_load(&ended) && error != ENODEV) {
		error = member->once(member);
		if (!error)
			atomic_fetch_add(&member->good, 1);
		member->rounds++;
		if (error && !may_fail_with(member, error) && !member->wrong)
			member->wrong = error;
	}
	return NULL;
}

static void gather(void)
{
	struct member *member;

	controller = guest_open(O_RDWR);
	if (guest_take(controller, DEADMAN_MS))
		tap_bail("somebody else is the controller");
	atomic_store(&ended, false);
	for (member = members; member < members + MEMBERS; member++) {
		member->fd = member->once == open_once ? -1 : guest_open(O_RDWR | O_NONBLOCK);
		member->rounds = member->submitted = member->completed = 0;
		atomic_store(&member->good, 0);
		member->wrong = 0;
		member->at_end = false;
		member->seed = crowd_seed + (unsigned int)(member - members);
		if (pthread_create(&member->thread, NULL, take_part, member))
			tap_bail("no thread");
	}
}

/* Whether each has had enough good rounds; names the first that has not. */
static bool all_had_their_turns(const char **late)
{
	struct member *member;

	for (member = members; member < members + MEMBERS; member++) {
		*late = member->name;
		if (atomic_load(&member->good) < GOOD_ROUNDS)
			return false;
	}
	return true;
}

static void go_on_for(unsigned int seconds)
{
	const char *late;

	guest_sleep_ms(seconds * 1000);
	if (!GUEST_UNTIL(all_had_their_turns(&late), PATIENCE_MS))
		tap_note("%s: not had %d good rounds", late, GOOD_ROUNDS);
}

static void leave(void)
{
	struct member *member;

	for (member = members; member < members + MEMBERS; member++)
		if (member->fd >= 0)
			close(member->fd);
	close(controller);
}

static void part(const char *when)
{
	struct member *member;

	atomic_store(&ended, true);
	for (member = members; member < members + MEMBERS; member++) {
		pthread_join(member->thread, NULL);
		tap_ok(member->good >= GOOD_ROUNDS, "%s: %s: %u of %llu rounds were good", when,
		       member->name, member->good, (unsigned long long)member->rounds);
		tap_errno(member->wrong, 0, "... and the others failed as they may");
	}
}

/* Whatever is still under way. */
static void reap_all(struct member *member)
{
	struct oht_record record;

	while (member->completed < member->submitted &&
	       guest_next_record(member->fd, OHT_RECORD_COMPLETION, WAIT_MS, &record))
		member->completed++;
}

static void test_crowd(unsigned int seconds)
{
	unsigned int i;

	going = false;
	gather();
	go_on_for(seconds);
	part("crowd");
	for (i = 0; i < 2; i++) {
		reap_all(&members[i]);
		tap_is((long long)members[i].completed, (long long)members[i].submitted,
		       "%s: completed, each once", members[i].name);
	}
	leave();
}

static void test_unbind(void)
{
	unsigned int i;

	going = true;
	gather();
	go_on_for(1);
	tap_errno(guest_unbind(), 0, "unbind in the middle of it");
	part("unbind");
	/* The end comes behind the last completion: for who stops there, none is missing. */
	for (i = 0; i < 2; i++) {
		while (!members[i].at_end && reap_one(&members[i]))
			;
		tap_ok(members[i].at_end, "%s: read to the end", members[i].name);
		tap_is((long long)members[i].completed, (long long)members[i].submitted,
		       "%s: completed before it, each once", members[i].name);
	}
	leave();
	tap_errno(guest_bind(), 0, "bind");
}

int main(int argc, char **argv)
{
	unsigned int seconds = argc > 1 ? (unsigned int)guest_number(argv[1], 86400) : 5, i;

	crowd_seed = argc > 2 ? (unsigned int)guest_number(argv[2], UINT32_MAX) : guest_default_seed();
	guest_seed(crowd_seed);
	stim = guest_open_stim();
	plan_make_good();
	/* Of modules that answer. */
	for (i = 0; i < PLAN_ENTRIES; i++)
		plan_entries[i].unit = 3 + i;
	TAP_TEST(test_crowd(seconds), "crowd");
	TAP_TEST(test_unbind(), "crowd, and the driver is taken away");
	TAP_TEST(test_crowd(1), "crowd once more");
	return tap_done();
}
