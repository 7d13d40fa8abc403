// SPDX-License-Identifier: GPL-2.0-or-later
#include "journal/source.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "oht_client.h"

int ohtd_source_device(struct oht_dev *dev, uint64_t *device)
{
	struct stat node, directory;
	struct oht_dev_info info;
	char path[64];

	if (fstat(oht_dev_fd(dev), &node))
		return -errno;
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u", major(node.st_rdev),
		 minor(node.st_rdev));
	if (stat(path, &directory))
		return -errno;
	/* Ours is still there: so the directory was not that of a successor. */
	if (oht_dev_info(dev, &info))
		return -errno;
	*device = directory.st_ino;
	return 0;
}
