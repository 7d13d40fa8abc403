// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "common/file.h"

#define NAMES_MAX	100
#define RESERVE_BYTES	(UINT64_C(64) << 20)
#define RESERVE_PART	8	/* of a small disk: the log of oht.db alone may take some MiB */

static _Atomic unsigned int keys_closed;

static int close_to_others(int fd, const char *path)
{
	struct stat st, named;

	if (fstat(fd, &st))
		return -errno;
	if (!(st.st_mode & 077) || !S_ISREG(st.st_mode))
		return 0;
	/* What a link leads to may be a file of somebody else. */
	if (lstat(path, &named) || S_ISLNK(named.st_mode))
		return -EACCES;
	if (fchmod(fd, st.st_mode & 0700))
		return -EACCES;
	ohtd_log(OHTD_LOG_WARNING, "main", "key_was_open", "%s had mode %04o, so others could read this key; the mode is %04o now. "
		 "Where somebody else has been on this machine, make the key anew", path, (unsigned int)st.st_mode & 07777,
		 (unsigned int)st.st_mode & 0700);
	atomic_fetch_add(&keys_closed, 1);
	return 0;
}

int ohtd_file_read_key(const char *path, size_t bytes_max, char **data, size_t *length_bytes)
{
	int fd = oht_file_open(path), r;

	if (fd < 0)
		return -errno;
	r = close_to_others(fd, path);
	if (!r)
		return oht_file_take(fd, bytes_max, data, length_bytes);
	close(fd);
	return r;
}

unsigned int ohtd_file_keys_closed(void)
{
	return atomic_load(&keys_closed);
}

int ohtd_file_spoil(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600), r = 0;

	if (fd < 0)
		return -errno;
	if (pwrite(fd, "?", 1, 0) != 1 || fsync(fd))
		r = errno ? -errno : -EIO;
	close(fd);
	return r;
}

bool ohtd_file_is_unusable(int error)
{
	return error == -EISDIR || error == -EFBIG || error == -EACCES || error == -EPERM ||
	       error == -ELOOP || error == -ENXIO || error == -EINVAL;
}

bool ohtd_file_has_no_room(int error)
{
	return error == -ENOSPC || error == -EDQUOT;
}

int ohtd_file_room(const char *path, uint64_t bytes)
{
	uint64_t there, reserve;
	struct statvfs st;

	if (statvfs(path, &st))
		return -errno;
	there = (uint64_t)st.f_bavail * st.f_frsize;
	reserve = (uint64_t)st.f_blocks * st.f_frsize / RESERVE_PART;
	if (reserve > RESERVE_BYTES)
		reserve = RESERVE_BYTES;
	/* A sum could wrap: @bytes may come from a manifest. */
	return there < reserve || there - reserve < bytes ? -ENOSPC : 0;
}

int ohtd_file_name_aside(char *name, size_t size, const char *path, const char *ending,
			 long long now_s)
{
	char log[PATH_MAX], when[32];
	time_t time_s = (time_t)now_s;
	struct stat st;
	struct tm tm;

	strftime(when, sizeof(when), OHTD_FILE_TIME, gmtime_r(&time_s, &tm));
	for (int i = 1; i < NAMES_MAX; i++) {
		int n = i == 1 ? snprintf(name, size, "%s%s%s", path, ending, when) :
				 snprintf(name, size, "%s%s%s.%d", path, ending, when, i);

		if (n < 0 || (size_t)n >= size ||
		    snprintf(log, sizeof(log), "%s-wal", name) >= (int)sizeof(log))
			return -ENAMETOOLONG;
		if (lstat(name, &st) && lstat(log, &st))
			return 0;
	}
	return -EEXIST;
}

int ohtd_file_set_aside(const char *path, long long now_s)
{
	char name[PATH_MAX];
	struct stat st;
	int r = ohtd_file_name_aside(name, sizeof(name), path, OHTD_FILE_DAMAGED, now_s);

	if (r)
		return r;
	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	/* Under Landlock no link gets another name, and there is nothing in it that could be lost. */
	if (S_ISLNK(st.st_mode) ? unlink(path) : rename(path, name))
		return -errno;
	return oht_file_sync_folder_of(path);
}
