// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loaded in front of a program (LD_PRELOAD): its writes and synchronisations of the database fail as
 * the file says that OHT_DISK_SHIM names: "full", "quota", "eio", or nothing. While it says "held", synchronising does not end.
 * A word behind it means all files that have it in their path, instead of the database.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static void read_order(char *order, size_t size)
{
	const char *path = getenv("OHT_DISK_SHIM");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = fd >= 0 ? read(fd, order, size - 1) : 0;

	order[n > 0 ? n : 0] = 0;
	if (fd >= 0)
		close(fd);
}

/* Not -shm, which is memory that happens to have a name. */
static int is_database(const char *path)
{
	return strstr(path, "/oht.db") && !strstr(path, "-shm");
}

static void read_path(int fd, char *path, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, size - 1);
	path[n > 0 ? n : 0] = 0;
}

static int is_meant(const char *order, const char *path)
{
	const char *word = strchr(order, ' ');

	return word ? strstr(path, word + 1) != NULL : is_database(path);
}

/* 0, or the errno that the call fails with. */
static int judge(int fd, int writes)
{
	char order[64], path[512];

	read_path(fd, path, sizeof(path));
	/* The others are not even looked up. */
	if (!is_database(path) && !strstr(path, "/backups/") && !strstr(path, ".unpacked"))
		return 0;
	read_order(order, sizeof(order));
	if (!is_meant(order, path))
		return 0;
	if (!strncmp(order, "full", 4))
		return writes ? ENOSPC : 0;
	if (!strncmp(order, "quota", 5))
		return writes ? EDQUOT : 0;
	if (!strncmp(order, "eio", 3))
		return EIO;
	while (!writes && !strncmp(order, "held", 4)) {
		usleep(5000);
		read_order(order, sizeof(order));
	}
	return 0;
}

/* With large files, as everything here is built and SQLite too, its symbol is pwrite64. */
ssize_t pwrite(int fd, const void *data, size_t bytes, off_t at)
{
	ssize_t (*real)(int, const void *, size_t, off_t) =
		(ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite64");

	errno = judge(fd, 1);
	return errno ? -1 : real(fd, data, bytes, at);
}

ssize_t write(int fd, const void *data, size_t bytes)
{
	ssize_t (*real)(int, const void *, size_t) = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");

	errno = judge(fd, 1);
	return errno ? -1 : real(fd, data, bytes);
}

int fdatasync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");

	errno = judge(fd, 0);
	return errno ? -1 : real(fd);
}

int fsync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");

	errno = judge(fd, 0);
	return errno ? -1 : real(fd);
}
