// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT(list)	(sizeof(list) / sizeof((list)[0]))

/* Whatever the arguments are. Names that an architecture does not have are passed over. */
static const int allowed[] = {
	/* bytes in and out */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64),
	SCMP_SYS(pwrite64), SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(fcntl), SCMP_SYS(dup),
	SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(pipe2), SCMP_SYS(eventfd2),
	/* files: the store, the certificates at a reload, the device when it comes back */
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(stat), SCMP_SYS(fstat), SCMP_SYS(lstat),
	SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(statfs), SCMP_SYS(fstatfs),
	SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
	SCMP_SYS(readlinkat), SCMP_SYS(getcwd), SCMP_SYS(getdents64), SCMP_SYS(fsync),
	SCMP_SYS(fdatasync), SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(flock),
	SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat),
	SCMP_SYS(renameat2), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(chmod),
	SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(umask), SCMP_SYS(fadvise64),
	/* SQLite, as root: a new log belongs to whom the database belongs to */
	SCMP_SYS(fchown),
	/* connections */
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(connect), SCMP_SYS(shutdown),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
	SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
	/* waiting */
	SCMP_SYS(epoll_create), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(poll),
	SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(futex),
	SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(sched_yield),
	SCMP_SYS(restart_syscall), SCMP_SYS(alarm), SCMP_SYS(setitimer),
	/* time, chance, who we are */
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime), SCMP_SYS(getrandom), SCMP_SYS(sysinfo), SCMP_SYS(uname),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
	SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getrusage), SCMP_SYS(capget),
	/* threads and memory */
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_setaffinity), SCMP_SYS(sched_getparam),
	SCMP_SYS(sched_getscheduler), SCMP_SYS(sched_setscheduler), SCMP_SYS(ioprio_set), SCMP_SYS(membarrier),
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	/* signals of our own */
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
};

/* A call that depends on one argument: (argument & mask) == value. */
struct condition {
	int call;
	unsigned int argument;
	uint64_t mask;
	uint64_t value;
};

static const struct condition conditions[] = {
	/* no code that was not there */
	{ SCMP_SYS(mmap), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mprotect), 2, PROT_EXEC, 0 },
	/* threads, not processes; glibc falls back to clone() where clone3() is not there */
	{ SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD },
	/* the service manager and its journal */
	{ SCMP_SYS(socket), 0, UINT64_MAX, AF_UNIX },
	{ SCMP_SYS(socketpair), 0, UINT64_MAX, AF_UNIX },
	{ SCMP_SYS(prctl), 0, UINT64_MAX, PR_SET_NAME },
	{ SCMP_SYS(prctl), 0, UINT64_MAX, PR_GET_NAME },
	/* asking for limits, not setting them */
	{ SCMP_SYS(prlimit64), 2, UINT64_MAX, 0 },
};

static int add_conditions(scmp_filter_ctx filter)
{
	int r = 0;

	for (size_t i = 0; !r && i < COUNT(conditions); i++) {
		const struct condition *c = &conditions[i];

		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, c->call, 1,
				     SCMP_CMP64(c->argument, SCMP_CMP_MASKED_EQ, c->mask,
						c->value));
	}
	return r;
}

/*
 * Requests of devices and lines, but not those that put characters into a terminal as if somebody
 * had typed them (TIOCSTI, TIOCLINUX). Their numbers are 32 bits wide, whatever stands above.
 */
static int add_ioctl(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp requests[] = {
		SCMP_A1_32(SCMP_CMP_LT, TIOCSTI), SCMP_A1_32(SCMP_CMP_GT, TIOCLINUX),
		SCMP_A1_32(SCMP_CMP_EQ, TIOCMGET), SCMP_A1_32(SCMP_CMP_EQ, TIOCMBIS),
		SCMP_A1_32(SCMP_CMP_EQ, TIOCMBIC), SCMP_A1_32(SCMP_CMP_EQ, TIOCMSET),
		SCMP_A1_32(SCMP_CMP_EQ, FIONREAD),
	};
	int r = 0;

	for (size_t i = 0; !r && i < COUNT(requests); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, requests[i]);
	return r;
}

static int fill(scmp_filter_ctx filter)
{
	int r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	for (size_t i = 0; !r && i < COUNT(allowed); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	if (!r)
		r = add_conditions(filter);
	if (!r)
		r = add_ioctl(filter);
	if (!r)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	/* abort(), which tells the signal to ourselves. */
	if (!r)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				     SCMP_A0_32(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	return r ? r : seccomp_load(filter);
}

static int load_filter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r;

	if (!filter)
		return -ENOMEM;
	r = fill(filter);
	seccomp_release(filter);
	return r;
}

bool ohtd_sandbox_is_impossible(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return true;
#else
	return false;
#endif
}

int ohtd_sandbox_enter(char *why, size_t size)
{
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
		snprintf(why, size, "no new privileges: %s", strerror(errno));
		return -1;
	}
	/* -EINVAL of the kernel, asked without a filter: it has none. */
	if (ohtd_sandbox_is_impossible() || prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0)
		return 1;
	r = load_filter();
	if (!r)
		return 0;
	snprintf(why, size, "system call filter: %s", strerror(-r));
	return -1;
}
