// SPDX-License-Identifier: GPL-2.0-or-later
/* A process that has entered the sandbox: what it may still do, and what ends it at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "main/sandbox.h"

#define GOOD		42
#define UNFILTERED	43

/* Does @act in a process of its own inside the sandbox; how that process ended, as of waitpid(2). */
static int in_sandbox(void (*act)(void))
{
	pid_t pid = fork();
	int status = -1;
	char why[128];
	int r;

	if (!pid) {
		r = ohtd_sandbox_enter(why, sizeof(why));
		if (r)
			_exit(r > 0 ? UNFILTERED : 1);
		act();
		_exit(GOOD);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == UNFILTERED)
		skip();
	return status;
}

/* ---- what ends it ---- */

static void run_a_program(void)
{
	execl("/bin/true", "true", (char *)NULL);
}

static void make_a_process(void)
{
	/* The C library's fork(): clone() without CLONE_THREAD. */
	if (!fork())
		_exit(0);
}

static void trace(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void open_internet_socket(void)
{
	socket(AF_INET, SOCK_STREAM, 0);
}

static void open_netlink_socket(void)
{
	socket(AF_NETLINK, SOCK_RAW, 0);
}

static void open_packet_socket(void)
{
	socket(AF_PACKET, SOCK_RAW, 0);
}

static void map_code(void)
{
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void make_memory_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static void become_somebody(void)
{
	if (setuid(65534))
		return;
}

static void signal_somebody(void)
{
	kill(getppid(), 0);
}

static void signal_a_thread_of_somebody(void)
{
	syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static void type_into_a_terminal(void)
{
	ioctl(0, TIOCSTI, "x");
}

static void raise_a_limit(void)
{
	struct rlimit limit = { 1, 1 };

	setrlimit(RLIMIT_NOFILE, &limit);
}

static void become_traceable(void)
{
	prctl(PR_SET_DUMPABLE, 1);
}

static void set_the_clock(void)
{
	struct timespec ts = { 0 };

	clock_settime(CLOCK_REALTIME, &ts);
}

static void start_io_uring(void)
{
	syscall(SYS_io_uring_setup, 1, NULL);
}

static void read_memory_of_somebody(void)
{
	syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
}

static void unshare_names(void)
{
	syscall(SYS_unshare, 0);
}

static void mount_something(void)
{
	syscall(SYS_mount, "", "", "", 0, "");
}

static void load_bpf(void)
{
	syscall(SYS_bpf, 0, NULL, 0);
}

static void *forbidden_in_thread(void *arg)
{
	(void)arg;
	open_internet_socket();
	return NULL;
}

/* Not the thread alone: the whole process goes. */
static void in_a_later_thread(void)
{
	pthread_t thread;

	if (!pthread_create(&thread, NULL, forbidden_in_thread, NULL))
		pthread_join(thread, NULL);
}

static void forbidden_calls_end_the_process(void **state)
{
	static void (*const acts[])(void) = {
		run_a_program, make_a_process, trace, open_internet_socket, open_netlink_socket,
		open_packet_socket, map_code, make_memory_code, become_somebody, signal_somebody,
		signal_a_thread_of_somebody, type_into_a_terminal, raise_a_limit,
		become_traceable, set_the_clock, start_io_uring, read_memory_of_somebody,
		unshare_names, mount_something, load_bpf, in_a_later_thread,
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		int status = in_sandbox(acts[i]);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("act %u was let through: status %x", i, (unsigned int)status);
	}
}

/* ---- what goes on ---- */

static void *nothing(void *arg)
{
	return arg;
}

static void live(void)
{
	char name[] = "/tmp/ohtd-sandbox-XXXXXX";
	int fd = mkstemp(name), here, pair[2];
	pthread_t thread;

	if (fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) || close(fd) || unlink(name))
		_exit(2);
	here = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (here < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		_exit(3);
	if (pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL))
		_exit(4);
	free(malloc(1 << 20));
}

static void daemons_life_goes_on(void **state)
{
	int status = in_sandbox(live);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), GOOD);
}

static void is_privileged_no_more(void)
{
	char line[128], *found = NULL;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && !found && fgets(line, sizeof(line), f))
		if (!strncmp(line, "NoNewPrivs:", 11))
			found = line;
	if (!found || !strchr(found, '1'))
		_exit(2);
}

static void there_are_no_new_privileges(void **state)
{
	int status = in_sandbox(is_privileged_no_more);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), GOOD);
}

static void end_itself(void)
{
	abort();
}

/* What an assertion of a library does; it must look like that and not like an attack. */
static void abort_is_an_abort(void **state)
{
	int status = in_sandbox(end_itself);

	(void)state;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forbidden_calls_end_the_process),
		cmocka_unit_test(daemons_life_goes_on),
		cmocka_unit_test(there_are_no_new_privileges),
		cmocka_unit_test(abort_is_an_abort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
