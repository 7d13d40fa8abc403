// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For LD_PRELOAD: a thread that does not go on. The file OHT_SHIM_HANG has one byte for each of the
 * calls below; while it is not 0, the call does not return. With 2 only the first thread that comes is held.
 *
 *   0  the control thread's ppoll()
 *   1  the first loop's epoll_wait()
 *   2  any thread's fsync() and fdatasync()
 *   3  a worker's write(), by which it hands its result to a loop
 *   4  a worker's pread() of history.db or its log in the folder OHT_SHIM_HANG_READS
 *   5  every loop's epoll_wait()
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CALLS	6
#define PATH_BYTES	512

static const volatile unsigned char *hangs;

static void __attribute__((constructor)) find(void)
{
	const char *path = getenv("OHT_SHIM_HANG");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map;

	if (fd < 0)
		return;
	map = mmap(NULL, CALLS, PROT_READ, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		hangs = map;
	close(fd);
}

/* @thread: how its name begins, NULL for any. */
static void hang(unsigned int call, const char *thread)
{
	static atomic_uint held[CALLS];
	char name[16] = "";

	if (!hangs || !hangs[call])
		return;
	prctl(PR_GET_NAME, name);
	if (thread && strncmp(name, thread, strlen(thread)))
		return;
	if (!atomic_fetch_add(&held[call], 1) || hangs[call] == 1)
		while (hangs[call])
			usleep(5000);
	atomic_fetch_sub(&held[call], 1);
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *signals)
{
	static int (*real)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "ppoll");
	hang(0, "ohtd-control");
	return real(fds, count, timeout, signals);
}

int epoll_wait(int fd, struct epoll_event *events, int count, int timeout_ms)
{
	static int (*real)(int, struct epoll_event *, int, int);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "epoll_wait");
	hang(1, "ohtd-loop0");
	hang(5, "ohtd-loop");
	return real(fd, events, count, timeout_ms);
}

int fsync(int fd)
{
	static int (*real)(int);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "fsync");
	hang(2, NULL);
	return real(fd);
}

int fdatasync(int fd)
{
	static int (*real)(int);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
	hang(2, NULL);
	return real(fd);
}

ssize_t write(int fd, const void *bytes, size_t count)
{
	static ssize_t (*real)(int, const void *, size_t);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "write");
	hang(3, "ohtd-worker");
	return real(fd, bytes, count);
}

static bool is_file(const struct stat *opened, const char *name)
{
	const char *folder = getenv("OHT_SHIM_HANG_READS");
	char path[PATH_BYTES];
	struct stat there;

	snprintf(path, sizeof(path), "%s/%s", folder ? folder : "", name);
	return !stat(path, &there) && there.st_dev == opened->st_dev && there.st_ino == opened->st_ino;
}

ssize_t pread64(int fd, void *bytes, size_t count, off64_t at)
{
	static ssize_t (*real)(int, void *, size_t, off64_t);
	struct stat opened;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "pread64");
	if (hangs && hangs[4] && !fstat(fd, &opened) && (is_file(&opened, "history.db") || is_file(&opened, "history.db-wal")))
		hang(4, "ohtd-worker");
	return real(fd, bytes, count, at);
}
