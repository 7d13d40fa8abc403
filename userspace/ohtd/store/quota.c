// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A quota that is used up is a disk without room. SQLite knows ENOSPC only, and takes EDQUOT for a disk that fails; so its writes
 * say ENOSPC for both.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/types.h>
#include <unistd.h>

#include "store/sql.h"

typedef ssize_t (*pwrite_call)(int fd, const void *data, size_t bytes, off_t at);
typedef ssize_t (*write_call)(int fd, const void *data, size_t bytes);

static pwrite_call real_pwrite;
static write_call real_write;

static ssize_t judged(ssize_t n)
{
	if (n < 0 && errno == EDQUOT)
		errno = ENOSPC;
	return n;
}

static ssize_t quota_pwrite(int fd, const void *data, size_t bytes, off_t at)
{
	return judged(real_pwrite(fd, data, bytes, at));
}

static ssize_t quota_write(int fd, const void *data, size_t bytes)
{
	return judged(real_write(fd, data, bytes));
}

static void replace_calls(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find("unix");

	if (!vfs || vfs->iVersion < 3)
		return;
	/* Which of them it calls depends on how it was built; all offsets have 64 bits here. */
	real_pwrite = (pwrite_call)vfs->xGetSystemCall(vfs, "pwrite64");
	if (real_pwrite)
		vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)quota_pwrite);
	else if ((real_pwrite = (pwrite_call)vfs->xGetSystemCall(vfs, "pwrite")))
		vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)quota_pwrite);
	real_write = (write_call)vfs->xGetSystemCall(vfs, "write");
	if (real_write)
		vfs->xSetSystemCall(vfs, "write", (sqlite3_syscall_ptr)quota_write);
}

void ohtd_db_know_quota(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, replace_calls);
}
