// SPDX-License-Identifier: GPL-2.0-or-later
#include "oht-fleet/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t written = write(fd, text, left);

		if (written < 0)
			return -1;
		text += written;
		left -= (size_t)written;
	}
	return fsync(fd);
}

/* The new name is on the disk only when its folder is. */
static int sync_folder(const char *path)
{
	char copy[PATH_MAX];
	int fd, r;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	r = fsync(fd);
	close(fd);
	return r;
}

int fleet_keep_write(const char *path, const char *text)
{
	char fresh[PATH_MAX];
	int fd, error;

	if (snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	error = write_all(fd, text) ? errno : 0;
	if (close(fd) && !error)
		error = errno;
	if (!error && rename(fresh, path))
		error = errno;
	if (!error)
		return sync_folder(path);
	unlink(fresh);
	errno = error;
	return -1;
}

char *fleet_keep_read(const char *path, size_t max)
{
	FILE *file = fopen(path, "re");
	char *text = file ? malloc(max + 2) : NULL;
	size_t bytes;

	if (!text) {
		if (file)
			fclose(file);
		return NULL;
	}
	bytes = fread(text, 1, max + 1, file);
	if (ferror(file) || bytes > max) {
		int error = bytes > max ? EFBIG : errno;

		free(text);
		fclose(file);
		errno = error;
		return NULL;
	}
	fclose(file);
	text[bytes] = '\0';
	return text;
}
