// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For LD_PRELOAD: a process that is gone at a moment. The file OHT_SHIM_CUT has in its 8 bytes how many calls are left that
 * change a folder or make something last; instead of the last of them it is killed. 0: it goes on.
 *
 * With OHT_SHIM_DISK, a folder, the power is gone as well: what of the folder OHT_SHIM_STATE would be on a disk is kept there. Each
 * file as it was when it was last synchronised, under a name of its own; "names": which names these had when the folder was; "now":
 * when the process was killed. Folders in it, and memory that happens to have a name (-shm), are not looked at.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES	512

static _Atomic int64_t *left;
static const char *disk, *state;

/* ---- what is on the disk ---- */

/* Numbers of inodes are given again. */
static int name_file(int fd, char path[PATH_BYTES])
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME | STATX_TYPE, &st) || !S_ISREG(st.stx_mode))
		return -1;
	return snprintf(path, PATH_BYTES, "%s/%llu-%llu.%u", disk, (unsigned long long)st.stx_ino,
			(unsigned long long)st.stx_btime.tv_sec, st.stx_btime.tv_nsec);
}

static void keep_file(int fd)
{
	char path[PATH_BYTES], block[65536], own[64];
	int from, to;
	off_t at = 0;
	ssize_t n;

	if (name_file(fd, path) < 0)
		return;
	snprintf(own, sizeof(own), "/proc/self/fd/%d", fd);
	from = open(own, O_RDONLY | O_CLOEXEC);
	to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	while (from >= 0 && to >= 0 && (n = pread(from, block, sizeof(block), at)) > 0)
		at += write(to, block, (size_t)n);
	close(from);
	close(to);
}

/* @each: called for each file of the state folder. */
static void keep_names(const char *as, void (*each)(int fd))
{
	char path[PATH_BYTES];
	DIR *folder = opendir(state);
	struct dirent *entry;
	FILE *list;

	snprintf(path, sizeof(path), "%s/%s", disk, as);
	list = fopen(path, "we");
	while (folder && list && (entry = readdir(folder))) {
		const char *end = strrchr(entry->d_name, '-');
		/* To close one would drop the locks of the process on it, and who opens the database then cuts it off under its map. */
		int fd = end && !strcmp(end, "-shm") ? -1 :
			 openat(dirfd(folder), entry->d_name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

		if (fd >= 0 && name_file(fd, path) > 0) {
			fprintf(list, "%s %s\n", strrchr(path, '/') + 1, entry->d_name);
			if (each)
				each(fd);
		}
		if (fd >= 0)
			close(fd);
	}
	if (list)
		fclose(list);
	if (folder)
		closedir(folder);
}

static int is_same(int fd, const char *path)
{
	struct stat a, b;

	return !fstat(fd, &a) && !stat(path, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static void synced(int fd)
{
	char path[PATH_BYTES], own[64];
	ssize_t n;

	if (!disk)
		return;
	if (is_same(fd, state)) {
		keep_names("names", NULL);
		return;
	}
	snprintf(own, sizeof(own), "/proc/self/fd/%d", fd);
	n = readlink(own, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = 0;
	if (!strncmp(path, state, strlen(state)) && path[strlen(state)] == '/')
		keep_file(fd);
}

/* ---- the end ---- */

static void __attribute__((constructor)) find(void)
{
	const char *path = getenv("OHT_SHIM_CUT");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *map;

	if (fd < 0)
		return;
	map = mmap(NULL, sizeof(*left), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		left = map;
	close(fd);
	disk = getenv("OHT_SHIM_DISK");
	state = getenv("OHT_SHIM_STATE");
	if (disk)
		keep_names("names", keep_file);
}

static void count(void)
{
	if (!left || atomic_load(left) <= 0 || atomic_fetch_sub(left, 1) != 1)
		return;
	if (disk)
		keep_names("now", NULL);
	raise(SIGKILL);
}

#define CALL(name_, parameters_, ...)							\
	int name_ parameters_								\
	{										\
		static int (*real)parameters_;						\
											\
		if (!real)								\
			*(void **)&real = dlsym(RTLD_NEXT, #name_);			\
		count();								\
		return real(__VA_ARGS__);						\
	}

CALL(rename, (const char *from, const char *to), from, to)
CALL(link, (const char *from, const char *to), from, to)
CALL(unlink, (const char *path), path)

/* What it has written by the time of the call is on the disk when the call is over. */
#define SYNC(name_)									\
	int name_(int fd)								\
	{										\
		static int (*real)(int fd);						\
											\
		if (!real)								\
			*(void **)&real = dlsym(RTLD_NEXT, #name_);			\
		count();								\
		synced(fd);								\
		return real(fd);							\
	}

SYNC(fsync)
SYNC(fdatasync)
