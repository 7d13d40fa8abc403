// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One program has the line of the rtu back-end. A pty stands for a real line as well: only its kind is hidden
 * from the back-end, and the kernel does the rest.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "bus/bus.h"

#define USB_MAJOR	188
#define NOBODY		65534

static int far_end = -1;
static char device[64], error[OHT_TEXT_BYTES];
static struct ohtd_bus *ours, *other;
static bool is_real;

/* In the place of those of the C library. */
int stat(const char *restrict path, struct stat *restrict status)
{
	int ret = fstatat(AT_FDCWD, path, status, 0);

	if (is_real)
		status->st_rdev = makedev(USB_MAJOR, 0);
	return ret;
}

int fstat(int fd, struct stat *status)
{
	int ret = fstatat(fd, "", status, AT_EMPTY_PATH);

	if (is_real)
		status->st_rdev = makedev(USB_MAJOR, 0);
	return ret;
}

static struct ohtd_bus *make_bus(uint32_t baud_bps)
{
	const struct ohtd_bus_setup line = {
		.backend = "rtu", .device = device, .baud_bps = baud_bps, .parity = 'N', .stop_bits = 1,
	};
	struct ohtd_bus *bus = ohtd_bus_create(&line, error, sizeof(error));

	assert_non_null(bus);
	return bus;
}

static int setup(void **state)
{
	(void)state;
	is_real = false;
	far_end = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(far_end >= 0);
	assert_int_equal(grantpt(far_end) | unlockpt(far_end), 0);
	assert_int_equal(ptsname_r(far_end, device, sizeof(device)), 0);
	assert_int_equal(chmod(device, 0666), 0);
	ours = make_bus(19200);
	other = make_bus(9600);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ohtd_bus_destroy(ours);
	ohtd_bus_destroy(other);
	close(far_end);
	return 0;
}

static int open_line(struct ohtd_bus *bus)
{
	*error = '\0';
	return bus->ops->open(bus, error, sizeof(error));
}

static void assert_taken(void)
{
	assert_int_equal(open_line(other), -EBUSY);
	assert_non_null(strstr(error, device));
	assert_non_null(strstr(error, "another program has the line; end it"));
	assert_null(strchr(error, '\n'));
}

static tcflag_t flags_of_line(void)
{
	struct termios line;

	assert_int_equal(tcgetattr(far_end, &line), 0);
	return line.c_cflag;
}

static void a_second_daemon_is_refused_and_changes_nothing(void **state)
{
	tcflag_t flags;

	(void)state;
	assert_int_equal(open_line(ours), 0);
	flags = flags_of_line();
	assert_taken();
	assert_int_equal(flags_of_line(), flags);
	ours->ops->close(ours);
	assert_int_equal(open_line(other), 0);
}

/* As picocom, tio and pyserial do it. */
static void a_program_that_locks_the_line_keeps_it(void **state)
{
	int fd = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC);

	(void)state;
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_taken();
	close(fd);
	assert_int_equal(open_line(other), 0);
}

/* Also against root, whom the kernel lets in. */
static void a_program_that_marks_a_real_line_keeps_it(void **state)
{
	int fd = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC);

	(void)state;
	is_real = true;
	assert_int_equal(ioctl(fd, TIOCEXCL), 0);
	assert_taken();
	assert_int_equal(ioctl(fd, TIOCNXCL), 0);
	assert_int_equal(open_line(other), 0);
	close(fd);
}

/* The errno of another user's program that opens the line. */
static int stranger_gets(void)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(setuid(NOBODY) || open(device, O_RDWR | O_NOCTTY) < 0 ? errno : 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void nobody_else_opens_a_real_line_meanwhile(void **state)
{
	int fd = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC);

	(void)state;
	if (geteuid())
		skip();
	is_real = true;
	assert_int_equal(open_line(ours), 0);
	assert_int_equal(stranger_gets(), EBUSY);
	/* Though somebody else had it open before, the line is free again, and is ours again. */
	ours->ops->close(ours);
	assert_int_equal(stranger_gets(), 0);
	assert_int_equal(open_line(ours), 0);
	close(fd);
}

/* The simulator keeps its end open: behind a kill nobody would take the mark from the line. */
static void a_pty_is_locked_and_not_marked(void **state)
{
	int fd = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC), marked = 1;

	(void)state;
	assert_int_equal(open_line(ours), 0);
	assert_int_equal(ioctl(fd, TIOCGEXCL, &marked), 0);
	assert_int_equal(marked, 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_second_daemon_is_refused_and_changes_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_program_that_locks_the_line_keeps_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_program_that_marks_a_real_line_keeps_it, setup,
						teardown),
		cmocka_unit_test_setup_teardown(nobody_else_opens_a_real_line_meanwhile, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_pty_is_locked_and_not_marked, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
