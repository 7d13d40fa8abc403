// SPDX-License-Identifier: GPL-2.0-or-later
/* What the process that meets the network cannot do any more, to ohtd above all, whose user it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/landlock.h>

#include "scratch.h"
#include "sender/confine.h"

#define FAILED	255
/* The same on all machines; too new for the headers. */
#define FCHMODAT2	452

static char dir[] = "/tmp/ohtd-sender-XXXXXX";
static char ca_file[64], beside[64];

/* Does @act in a confined process of its own: how that ended, as of waitpid(). */
static int confined(int (*act)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(sender_confine(ca_file) ? FAILED : act());
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == FAILED);
	return status;
}

static int set_up(void **state)
{
	(void)state;
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0)
		skip();
	return 0;
}

static int kill_parent(void)
{
	return kill(getppid(), 0);
}

static int signal_parent(void)
{
	return (int)syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static int signal_parent_with_more(void)
{
	siginfo_t more = { .si_code = SI_QUEUE };

	return (int)syscall(SYS_rt_tgsigqueueinfo, getppid(), getppid(), 0, &more);
}

static int change_mode(void)
{
	return fchmod(-1, 0600);
}

static int change_mode_by_path(void)
{
	return (int)syscall(FCHMODAT2, AT_FDCWD, "/not-there", 0600, 0);
}

static void whoever_signals_ohtd_or_changes_modes_ends(void **state)
{
	static int (*const acts[])(void) = {
		kill_parent, signal_parent, signal_parent_with_more, change_mode, change_mode_by_path,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++) {
		int status = confined(acts[i]);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("act %zu: status 0x%x", i, (unsigned int)status);
	}
}

static int abort_itself(void)
{
	return raise(SIGABRT);
}

static void it_may_end_itself(void **state)
{
	int status = confined(abort_itself);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static int limit_parent(void)
{
	const struct rlimit few = { 3, 3 };

	return prlimit(getppid(), RLIMIT_NOFILE, &few, NULL) ? errno : 0;
}

static int limit_itself(void)
{
	const struct rlimit few = { 3, 3 };

	return setrlimit(RLIMIT_NOFILE, &few) ? errno : 0;
}

static void it_limits_nobody_but_itself(void **state)
{
	struct rlimit before, behind;
	int status;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	status = confined(limit_parent);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &behind), 0);
	assert_int_equal(behind.rlim_cur, before.rlim_cur);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EPERM);
	status = confined(limit_itself);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int read_authorities(void)
{
	return open(ca_file, O_RDONLY) < 0 ? errno : 0;
}

static int read_beside(void)
{
	return open(beside, O_RDONLY) < 0 ? errno : 0;
}

static int read_folder(void)
{
	return open(dir, O_RDONLY | O_DIRECTORY) < 0 ? errno : 0;
}

/* The authorities may lie in the state directory, whose database has the secrets. */
static void it_reads_the_authorities_and_nothing_beside_them(void **state)
{
	int status;

	(void)state;
	status = confined(read_authorities);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1)
		skip();
	status = confined(read_beside);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EACCES);
	status = confined(read_folder);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EACCES);
}

static int make_files(void **state)
{
	(void)state;
	if (scratch_make(dir))
		return -1;
	scratch_put(dir, "ca.crt", "none");
	scratch_put(dir, "oht.db", "none");
	snprintf(ca_file, sizeof(ca_file), "%s/ca.crt", dir);
	snprintf(beside, sizeof(beside), "%s/oht.db", dir);
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	return scratch_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(whoever_signals_ohtd_or_changes_modes_ends, set_up),
		cmocka_unit_test_setup(it_may_end_itself, set_up),
		cmocka_unit_test_setup(it_limits_nobody_but_itself, set_up),
		cmocka_unit_test(it_reads_the_authorities_and_nothing_beside_them),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
