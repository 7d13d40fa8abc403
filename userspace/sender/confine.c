// SPDX-License-Identifier: GPL-2.0-or-later
#include "sender/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/landlock.h>

#define COUNT(list)	(sizeof(list) / sizeof((list)[0]))
/* All that the first version of Landlock knows: execute up to make_sym. */
#define ALL_RIGHTS	((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

/* The same on all machines; libseccomp may not know it yet. */
#define FCHMODAT2	452

/* The resolver's settings are a link to one of these in /run on many machines. The rest of it is not its business. */
static const char *const read_dirs[] = {
	"/etc", "/usr", "/lib", "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager", "/run/connman",
};

static const int forbidden[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(kill), SCMP_SYS(tkill),
	SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo),
	SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_send_signal), SCMP_SYS(pidfd_getfd),
	SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(mount), SCMP_SYS(umount2),
	SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(bpf), SCMP_SYS(io_uring_setup), SCMP_SYS(keyctl),
	SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(userfaultfd), SCMP_SYS(perf_event_open),
	SCMP_SYS(memfd_create), SCMP_SYS(open_by_handle_at), SCMP_SYS(sched_setscheduler), SCMP_SYS(sched_setattr),
	SCMP_SYS(creat), SCMP_SYS(truncate), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat),
	SCMP_SYS(renameat2), SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(symlink), SCMP_SYS(symlinkat), SCMP_SYS(mkdir),
	SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(mknod), SCMP_SYS(mknodat), SCMP_SYS(chmod), SCMP_SYS(fchmodat),
	SCMP_SYS(chown), SCMP_SYS(fchownat), SCMP_SYS(fchmod), SCMP_SYS(fchown), SCMP_SYS(lchown), SCMP_SYS(setxattr),
	SCMP_SYS(lsetxattr), SCMP_SYS(fsetxattr), SCMP_SYS(utimensat),
	FCHMODAT2,
};

/* Each of these flags means that something is written. */
static const unsigned int writing[] = { O_WRONLY, O_RDWR, O_CREAT, O_TRUNC };

static int allow(int ruleset, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights };
	int r;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return 0;
	r = (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
	return r;
}

static int confine_files(const char *ca_file)
{
	const struct landlock_ruleset_attr attr = { .handled_access_fs = ALL_RIGHTS };
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0), r = 0;

	/* The kernel has no Landlock: permissions and the filter remain. */
	if (ruleset < 0)
		return 0;
	for (size_t i = 0; !r && i < COUNT(read_dirs); i++)
		r = allow(ruleset, read_dirs[i], LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR);
	/* Not what is beside it: that may be the database. */
	if (!r && ca_file)
		r = allow(ruleset, ca_file, LANDLOCK_ACCESS_FS_READ_FILE);
	if (!r)
		r = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
	close(ruleset);
	return r;
}

/* Also where the kernel has no Landlock. A library that tries is told no and goes on. */
static int refuse_writing(scmp_filter_ctx filter)
{
	int r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0);

	for (size_t i = 0; !r && i < COUNT(writing); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 1,
				     SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, writing[i], writing[i]));
	for (size_t i = 0; !r && i < COUNT(writing); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(open), 1,
				     SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, writing[i], writing[i]));
	return r;
}

/* ohtd has the same user: a signal or a limit of its own from here would end the robot. */
static int keep_to_itself(scmp_filter_ctx filter)
{
	int r = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(tgkill), 1,
				 SCMP_A0_32(SCMP_CMP_NE, (uint32_t)getpid()));

	return r ? r : seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prlimit64), 1,
					SCMP_A0_32(SCMP_CMP_NE, 0));
}

static int confine_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r = filter ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < COUNT(forbidden); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, forbidden[i], 0);
	if (!r)
		r = keep_to_itself(filter);
	if (!r)
		r = refuse_writing(filter);
	/* Threads for names, no processes; glibc falls back to clone() where clone3() is not there. */
	if (!r)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (!r)
		r = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), 1,
				     SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	if (!r)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}

int sender_confine(const char *ca_file)
{
	const struct rlimit none = { 0, 0 };
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || setrlimit(RLIMIT_CORE, &none) || confine_files(ca_file))
		return -1;
	/* A kernel without filters. */
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0)
		return 0;
	r = confine_calls();
	if (!r)
		return 0;
	errno = -r;
	return -1;
}
