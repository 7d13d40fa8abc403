// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For LD_PRELOAD: a start that the system refuses something. Threads, eventfds and epoll instances that the main thread makes are counted
 * together; the one of number OHT_SHIM_BIRTH is refused, and the file OHT_SHIM_BIRTH_SEEN gets a byte for it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Counts, and says whether this one is it. */
static bool refuses(void)
{
	static atomic_long count;
	const char *number = getenv("OHT_SHIM_BIRTH"), *seen = getenv("OHT_SHIM_BIRTH_SEEN");
	int fd;

	/* What other threads make comes in no certain order. */
	if (!number || gettid() != getpid() || atomic_fetch_add(&count, 1) + 1 != atol(number))
		return false;
	fd = seen ? open(seen, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
	if (fd >= 0) {
		if (write(fd, "x", 1) != 1)
			abort();
		close(fd);
	}
	return true;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
	return refuses() ? EAGAIN : real(thread, attr, run, arg);
}

int eventfd(unsigned int count, int flags)
{
	static int (*real)(unsigned int, int);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "eventfd");
	if (!refuses())
		return real(count, flags);
	errno = EMFILE;
	return -1;
}

int epoll_create1(int flags)
{
	static int (*real)(int);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "epoll_create1");
	if (!refuses())
		return real(flags);
	errno = EMFILE;
	return -1;
}
