// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * quiet_cycles SEED CYCLES: control cycles in virtual time, on the simulated modules and with everything
 * that can happen to them; counts what the control thread must not do in a turn: allocate, free, take
 * a lock, wait for one, or write to anything but the eventfd of a loop. Prints
 * "cycles N allocations N locks N writes N"; ends with 1 if it was not quiet.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "virtual_run.h"

enum kind { ALLOCATION, LOCK, WRITE, KINDS };

static unsigned long counts[KINDS];
static bool watching;
static uint64_t turns, cycles;	/* of all daemons of the run */

static void note(enum kind kind)
{
	if (watching)
		counts[kind]++;
}

/* ---- in front of the C library, for everybody in this process ---- */

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *memory);

void *malloc(size_t bytes)
{
	note(ALLOCATION);
	return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
	note(ALLOCATION);
	return __libc_calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes)
{
	note(ALLOCATION);
	return __libc_realloc(memory, bytes);
}

int posix_memalign(void **memory, size_t alignment, size_t bytes)
{
	note(ALLOCATION);
	*memory = __libc_memalign(alignment, bytes);
	return *memory ? 0 : 12;	/* ENOMEM */
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
	note(ALLOCATION);
	return __libc_memalign(alignment, bytes);
}

void free(void *memory)
{
	note(ALLOCATION);
	__libc_free(memory);
}

/* ISO C has no way from what dlsym() finds to a function. */
#define NEXT(type, name, ...)							\
	union { void *found; type (*call)(__VA_ARGS__); } next_ = { dlsym(RTLD_NEXT, name) }

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	NEXT(int, "pthread_mutex_lock", pthread_mutex_t *);
	note(LOCK);
	return next_.call(mutex);
}

int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	NEXT(int, "pthread_mutex_trylock", pthread_mutex_t *);
	note(LOCK);
	return next_.call(mutex);
}

int pthread_rwlock_rdlock(pthread_rwlock_t *rwlock)
{
	NEXT(int, "pthread_rwlock_rdlock", pthread_rwlock_t *);
	note(LOCK);
	return next_.call(rwlock);
}

int pthread_rwlock_wrlock(pthread_rwlock_t *rwlock)
{
	NEXT(int, "pthread_rwlock_wrlock", pthread_rwlock_t *);
	note(LOCK);
	return next_.call(rwlock);
}

int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	NEXT(int, "pthread_cond_wait", pthread_cond_t *, pthread_mutex_t *);
	note(LOCK);
	return next_.call(cond, mutex);
}

static bool is_eventfd(int fd)
{
	char name[64], target[64];
	ssize_t n;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = readlink(name, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = 0;
	return !strcmp(target, "anon_inode:[eventfd]");
}

ssize_t write(int fd, const void *data, size_t bytes)
{
	NEXT(ssize_t, "write", int, const void *, size_t);

	if (watching && !is_eventfd(fd))
		counts[WRITE]++;
	return next_.call(fd, data, bytes);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	NEXT(ssize_t, "writev", int, const struct iovec *, int);
	note(WRITE);
	return next_.call(fd, parts, count);
}

ssize_t send(int fd, const void *data, size_t bytes, int flags)
{
	NEXT(ssize_t, "send", int, const void *, size_t, int);
	note(WRITE);
	return next_.call(fd, data, bytes, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	NEXT(ssize_t, "sendmsg", int, const struct msghdr *, int);
	note(WRITE);
	return next_.call(fd, message, flags);
}

/* ---- a turn of the control thread; the linker puts this in front of it ---- */

void __real_ohtd_control_turn(struct ohtd_control *control);
void __wrap_ohtd_control_turn(struct ohtd_control *control);

void __wrap_ohtd_control_turn(struct ohtd_control *control)
{
	uint64_t before = control->snapshot.bus.cycles;

	turns++;
	watching = true;
	__real_ohtd_control_turn(control);
	watching = false;
	cycles += control->snapshot.bus.cycles - before;
}

/* ---- */

/* Nothing is proved by a watch that sees nothing. */
static void check_watch(void)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	void *volatile memory;

	watching = true;
	memory = malloc(10);
	free(memory);
	pthread_mutex_lock(&mutex);
	write(STDOUT_FILENO, "", 0);
	watching = false;
	pthread_mutex_unlock(&mutex);
	if (counts[ALLOCATION] < 2 || counts[LOCK] != 1 || counts[WRITE] != 1) {
		fprintf(stderr, "the watch is blind: %lu %lu %lu\n", counts[ALLOCATION],
			counts[LOCK], counts[WRITE]);
		exit(2);
	}
	memset(counts, 0, sizeof(counts));
}

int main(int argc, char **argv)
{
	static struct virtual_run run;
	uint64_t wanted;

	if (argc != 3)
		return 2;
	wanted = strtoull(argv[2], NULL, 10);
	check_watch();
	virtual_begin(&run, strtoull(argv[1], NULL, 10), OHT_PROFILE_CANONICAL);
	while (cycles < wanted) {
		fixture_run_ms(run.f, 20 + virtual_roll(&run, 1000));
		virtual_act(&run);
	}
	printf("cycles %llu allocations %lu locks %lu writes %lu\n",
	       (unsigned long long)cycles, counts[ALLOCATION], counts[LOCK], counts[WRITE]);
	virtual_end(&run);
	return turns < wanted || counts[ALLOCATION] || counts[LOCK] || counts[WRITE];
}
