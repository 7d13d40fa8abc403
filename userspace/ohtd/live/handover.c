// SPDX-License-Identifier: GPL-2.0-or-later
#include "live/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL	0x0008U
#endif

int ohtd_handover_make(void)
{
	int fd = memfd_create("ohtd-live", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	/* A kernel before 6.3 does not know the last one. */
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("ohtd-live", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

int ohtd_handover_write(int fd, const void *data, size_t bytes)
{
	size_t done = 0;

	while (done < bytes) {
		ssize_t n = pwrite(fd, (const char *)data + done, bytes - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENOSPC;
		done += (size_t)n;
	}
	return fcntl(fd, F_ADD_SEALS, SEALS) ? -errno : 0;
}

static bool read_all(int fd, char *data, size_t bytes)
{
	size_t done = 0;

	while (done < bytes) {
		ssize_t n = pread(fd, data + done, bytes - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

char *ohtd_handover_read(int fd, size_t bytes_max, size_t *bytes, const char **why)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;
	char *data;

	*why = "not a sealed file in memory";
	/* Any other kind of file has no seals, and reading it might wait. */
	if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st))
		return NULL;
	*why = st.st_size ? "too much" : "empty";
	if (st.st_size <= 0 || (uintmax_t)st.st_size > bytes_max)
		return NULL;
	*why = "cannot be read";
	*bytes = (size_t)st.st_size;
	data = malloc(*bytes);
	if (data && read_all(fd, data, *bytes))
		return data;
	free(data);
	return NULL;
}
