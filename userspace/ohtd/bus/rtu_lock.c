// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtu_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "rtu_settings.h"

/* The kernel ignores the mark for root, so it must be read. */
static bool is_marked(int fd)
{
	int marked = 0;

	return !rtu_settings_fd_is_pty(fd) && !ioctl(fd, TIOCGEXCL, &marked) && marked;
}

/* 0 or a negative errno. */
static int lock(int fd)
{
	/* Lock terminals only: /dev/null and the like belong to other programs as well. */
	if (!isatty(fd))
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return is_marked(fd) ? -EBUSY : 0;
}

int rtu_lock_take(const char *device, int *fd, char *error, size_t error_bytes)
{
	int ret;

	*fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	ret = *fd < 0 ? -errno : lock(*fd);
	if (!ret)
		return 0;
	if (ret == -EBUSY)
		snprintf(error, error_bytes, "%s: another program has the line; end it (fuser names it)", device);
	else
		snprintf(error, error_bytes, "%s: cannot open the line: %s", device, strerror(-ret));
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return ret;
}

void rtu_lock_mark(int fd)
{
	/*
	 * Not on a pty: the simulator keeps it open behind a kill of this process, and the mark lasts until the last
	 * program has closed the line.
	 */
	if (!rtu_settings_fd_is_pty(fd))
		ioctl(fd, TIOCEXCL);
}

void rtu_lock_leave(int fd)
{
	if (fd < 0)
		return;
	/* Another program may have opened the line before us: then the mark would outlast our close. */
	if (!rtu_settings_fd_is_pty(fd))
		ioctl(fd, TIOCNXCL);
	close(fd);
}
