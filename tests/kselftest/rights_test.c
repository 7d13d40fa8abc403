// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may do what: a node that one group may write and another one may read, and a call of the last
 * controller beside the next one. Source: docs/uapi.md.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/selftest.h"
#include "lib/tap.h"

#define DEADMAN_MS	10000
#define USERS		990	/* group oht */
#define WATCHERS	991	/* group oht-watch */
#define NOBODY		65534
#define ROUNDS		2000
#define LOOKS		20
#define ACL		"system.posix_acl_access"
/* A second node of the same device: that of the system stays as it is. */
#define NODE		"/dev/.oht-selftest"

/* An access list as the extended attribute has it. */
struct acl_entry {
	uint16_t tag;
	uint16_t permissions;
	uint32_t id;
};

struct acl {
	uint32_t version;
	struct acl_entry entry[5];
};

#define ENTRY(what, who, may) { .tag = htole16(what), .permissions = htole16(may), .id = htole32(who) }

/* What the rule of udev makes: owner and group read and write, another group reads. */
static void share(void)
{
	const struct acl acl = { .version = htole32(2), .entry = {
		ENTRY(0x01, UINT32_MAX, 6), ENTRY(0x04, UINT32_MAX, 6), ENTRY(0x08, WATCHERS, 4),
		ENTRY(0x10, UINT32_MAX, 6), ENTRY(0x20, UINT32_MAX, 0) } };
	struct stat device;

	unlink(NODE);
	if (stat(GUEST_DEVICE, &device) || mknod(NODE, S_IFCHR | 0600, device.st_rdev))
		tap_bail("%s: %s", NODE, strerror(errno));
	if (chown(NODE, 0, USERS) || chmod(NODE, 0660))
		tap_bail("chown, chmod: %s", strerror(errno));
	if (setxattr(NODE, ACL, &acl, sizeof(acl), 0))
		tap_bail("setxattr: %s", strerror(errno));
}

/* What a user of that group alone gets: the errno of opening for reading, for both, and of calls on the first. */
struct outcome {
	int reading, both, stop, status, submit, take, enable;
};

static struct outcome try_all(void)
{
	struct oht_estop_status status = { .size = sizeof(status) };
	struct outcome outcome = { 0 };
	int fd = open(NODE, O_RDWR | O_CLOEXEC);

	outcome.both = fd < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	fd = open(NODE, O_RDONLY | O_CLOEXEC);
	outcome.reading = fd < 0 ? errno : 0;
	if (fd < 0)
		return outcome;
	outcome.status = guest_ioctl(fd, OHT_IOC_ESTOP_STATUS, &status);
	outcome.submit = guest_submit(fd, guest_read);
	outcome.take = guest_take(fd, DEADMAN_MS);
	outcome.enable = guest_command(fd, OHT_IOC_ENABLE, 0, NULL);
	outcome.stop = guest_command(fd, OHT_IOC_STOP, 7, NULL);
	close(fd);
	return outcome;
}

static struct outcome try_as(gid_t group)
{
	struct outcome outcome = { 0 };
	int ends[2];
	pid_t child;

	if (pipe(ends))
		tap_bail("pipe: %s", strerror(errno));
	child = fork();
	if (!child) {
		if (setgroups(1, &group) || setresgid(NOBODY, NOBODY, NOBODY) ||
		    setresuid(NOBODY, NOBODY, NOBODY))
			_exit(1);
		outcome = try_all();
		_exit(write(ends[1], &outcome, sizeof(outcome)) != sizeof(outcome));
	}
	close(ends[1]);
	if (child < 0 || read(ends[0], &outcome, sizeof(outcome)) != sizeof(outcome))
		tap_bail("a user of group %u says nothing", group);
	close(ends[0]);
	waitpid(child, NULL, 0);
	return outcome;
}

static void test_groups(void)
{
	int fd = guest_open(O_RDWR);
	struct outcome outcome;
	uint32_t state;

	share();
	if (selftest_may(SELFTEST_ENABLE))
		guest_make_enabled(fd, DEADMAN_MS);
	outcome = try_as(WATCHERS);
	state = guest_state(fd);
	tap_errno(outcome.reading, 0, "oht-watch: opens for reading");
	tap_errno(outcome.both, EACCES, "oht-watch: does not open for writing");
	tap_errno(outcome.status, 0, "oht-watch: ESTOP_STATUS");
	tap_errno(outcome.submit, EBADF, "oht-watch: SUBMIT");
	tap_errno(outcome.take, EBADF, "oht-watch: CONTROL");
	tap_errno(outcome.enable, EBADF, "oht-watch: ENABLE");
	tap_errno(outcome.stop, 0, "oht-watch: STOP");
	tap_is(state, OHT_ESTOP_STOPPED, "... and the machine is stopped");

	outcome = try_as(USERS);
	tap_errno(outcome.both, 0, "oht: opens for writing");
	outcome = try_as(NOBODY);
	tap_errno(outcome.reading, EACCES, "anybody else: does not open for reading");
	unlink(NODE);
	close(fd);
}

/* ---- the role passes on ---- */

struct last {
	pthread_t thread;
	atomic_bool ended;
	int fd;
	unsigned int done;
};

static int set_retries(int fd, uint8_t retries)
{
	struct oht_unit_set set = {
		.size = sizeof(set), .unit = SELFTEST_UNIT, .retries = retries, .timeout_us = 1000,
	};

	return guest_ioctl(fd, OHT_IOC_UNIT_SET, &set);
}

static unsigned int retries_of(int fd)
{
	struct oht_unit_status status = { .size = sizeof(status), .unit = SELFTEST_UNIT };

	if (guest_ioctl(fd, OHT_IOC_UNIT_GET, &status))
		tap_bail("UNIT_GET failed");
	return status.retries;
}

static void *last_run(void *arg)
{
	struct last *last = arg;

	while (!atomic_load(&last->ended))
		last->done += !set_retries(last->fd, 1);
	return NULL;
}

static void test_succession(void)
{
	struct last last = { .fd = guest_open(O_RDWR) };
	int next = guest_open(O_RDWR);
	unsigned int wrong = 0, i, k;

	if (pthread_create(&last.thread, NULL, last_run, &last))
		tap_bail("pthread_create failed");
	for (i = 0; i < ROUNDS; i++) {
		if (guest_take(last.fd, DEADMAN_MS) || guest_release_role(last.fd) ||
		    guest_take(next, DEADMAN_MS) || set_retries(next, 2))
			tap_bail("the role does not pass on");
		for (k = 0; k < LOOKS; k++)
			wrong += retries_of(next) != 2;
		if (guest_release_role(next))
			tap_bail("RELEASE failed");
	}
	atomic_store(&last.ended, true);
	pthread_join(last.thread, NULL);
	tap_note("value rights.last_done %u", last.done);
	tap_is(wrong, 0, "no call of the last controller after the next one has the role");
	close(last.fd);
	close(next);
}

int main(void)
{
	selftest_begin();
	TAP_TEST(test_groups(), "two groups");
	TAP_TEST(test_succession(), "a call beside the next controller");
	return tap_done();
}
