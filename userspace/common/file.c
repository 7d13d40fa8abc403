// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, char *data, size_t bytes_max, size_t *length_bytes)
{
	size_t used = 0;

	for (;;) {
		ssize_t n = read(fd, data + used, bytes_max + 1 - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		used += (size_t)n;
		if (used > bytes_max)
			return -EFBIG;
	}
	data[used] = 0;
	*length_bytes = used;
	return 0;
}

int oht_file_open(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

int oht_file_take(int fd, size_t bytes_max, char **data, size_t *length_bytes)
{
	size_t length = 0;
	int r;

	*data = malloc(bytes_max + 2);
	r = *data ? read_all(fd, *data, bytes_max, &length) : -ENOMEM;
	close(fd);
	if (r) {
		free(*data);
		*data = NULL;
		return r;
	}
	if (length_bytes)
		*length_bytes = length;
	return 0;
}

int oht_file_read(const char *path, size_t bytes_max, char **data, size_t *length_bytes)
{
	int fd = oht_file_open(path);

	return fd < 0 ? -errno : oht_file_take(fd, bytes_max, data, length_bytes);
}

static int write_all(int fd, const char *data, size_t length_bytes)
{
	while (length_bytes) {
		ssize_t n = write(fd, data, length_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		length_bytes -= (size_t)n;
	}
	return fsync(fd) ? -errno : 0;
}

int oht_file_sync_folder_of(const char *path)
{
	char copy[PATH_MAX];
	int fd, r = 0;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd))
		r = -errno;
	close(fd);
	return r;
}

int oht_file_replace(const char *path, const void *data, size_t length_bytes, mode_t mode)
{
	char fresh[PATH_MAX];
	int fd, r;

	if (snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh))
		return -ENAMETOOLONG;
	unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fchmod(fd, mode) ? -errno : write_all(fd, data, length_bytes);
	if (close(fd) && !r)
		r = -errno;
	if (!r && rename(fresh, path))
		r = -errno;
	if (r) {
		unlink(fresh);
		return r;
	}
	return oht_file_sync_folder_of(path);
}
