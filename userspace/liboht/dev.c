// SPDX-License-Identifier: GPL-2.0-or-later
/* Opening, closing and describing a device. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define OPEN_FLAGS	(OHT_OPEN_READ_ONLY | OHT_OPEN_ANY_ABI)

int oht_dev_ioctl(struct oht_dev *dev, unsigned long number, void *argument)
{
	return oht_sys->ioctl(dev->fd, number, argument) < 0 ? -1 : 0;
}

static int check_abi(struct oht_dev *dev)
{
	struct oht_dev_info info;

	if (oht_dev_info(dev, &info))
		return -1;
	if (info.abi_version != OHT_ABI_VERSION) {
		errno = EPROTONOSUPPORT;
		return -1;
	}
	return 0;
}

static int open_flags(unsigned int flags)
{
	return (flags & OHT_OPEN_READ_ONLY ? O_RDONLY : O_RDWR) | O_NONBLOCK | O_CLOEXEC;
}

OHT_PUBLIC struct oht_dev *oht_dev_open(const char *path, unsigned int flags)
{
	struct oht_dev *dev;

	if (flags & ~OPEN_FLAGS) {
		errno = EINVAL;
		return NULL;
	}
	dev = calloc(1, sizeof(*dev));
	if (!dev)
		return NULL;
	dev->fd = oht_sys->open(path ? path : OHT_DEFAULT_DEVICE, open_flags(flags));
	if (dev->fd < 0) {
		free(dev);
		return NULL;
	}
	if (!(flags & OHT_OPEN_ANY_ABI) && check_abi(dev)) {
		oht_dev_close(dev);
		return NULL;
	}
	return dev;
}

OHT_PUBLIC void oht_dev_close(struct oht_dev *dev)
{
	int error = errno;

	if (!dev)
		return;
	oht_sys->close(dev->fd);
	free(dev);
	errno = error;
}

OHT_PUBLIC int oht_dev_fd(const struct oht_dev *dev)
{
	return dev->fd;
}

OHT_PUBLIC uint32_t oht_abi_version(void)
{
	return OHT_ABI_VERSION;
}

OHT_PUBLIC int oht_dev_info_sized(struct oht_dev *dev, struct oht_dev_info *info, size_t info_bytes)
{
	struct oht_dev_info whole;
	struct oht_info raw = { .size = sizeof(raw) };

	if (oht_dev_ioctl(dev, OHT_IOC_INFO, &raw))
		return -1;
	whole = (struct oht_dev_info){
		.abi_version = raw.abi_version,
		.caps = raw.caps,
		.baud_bps = raw.baud_bps,
		.baud_effective_millibps = raw.baud_effective_millibps,
		.char_bits = raw.char_bits,
		.parity = raw.parity,
		.stop_bits = raw.stop_bits,
		.char_ns = raw.char_ns,
		.t15_ns = raw.t15_ns,
		.t35_ns = raw.t35_ns,
		.turnaround_max_us = raw.turnaround_max_us,
		.deadman_min_ms = raw.deadman_min_ms,
		.deadman_max_ms = raw.deadman_max_ms,
		.deadman_default_ms = raw.deadman_default_ms,
		.supervision_period_us = raw.supervision_period_us,
		.reset_stable_ms = raw.reset_stable_ms,
		.discrepancy_window_ms = raw.discrepancy_window_ms,
		.feedback_settle_ms = raw.feedback_settle_ms,
		.cpu_stall_us = raw.cpu_stall_us,
	};
	memcpy(whole.port, raw.port, sizeof(whole.port) - 1);
	oht_give(info, info_bytes, &whole, sizeof(whole));
	return 0;
}

/* Asks the module once more: its number is worth the second opening. */
static void write_abi_text(const char *path, char *text, size_t text_bytes)
{
	struct oht_dev *dev = oht_dev_open(path, OHT_OPEN_READ_ONLY | OHT_OPEN_ANY_ABI);
	struct oht_dev_info info;

	if (!dev || oht_dev_info(dev, &info))
		snprintf(text, text_bytes, "%s: %s", path, oht_errno_text(EPROTONOSUPPORT));
	else
		snprintf(text, text_bytes, "%s: %s %u, this program %u: %s", path,
			 "the module speaks ABI version", info.abi_version, OHT_ABI_VERSION,
			 "install both of one release");
	oht_dev_close(dev);
}

static const char *open_error_text(int error)
{
	switch (error) {
	case ENOENT:
		return "no such device: the module is not loaded (modprobe oht), or the device tree has "
		       "no enabled oht,... node; dmesg says more";
	case EACCES:
	case EPERM:
		return "no permission: run as root or as a member of the group oht; members of oht-watch "
		       "may look and stop";
	case ENOTTY:
		return "this is not an oht device";
	case ENXIO:
		return oht_errno_text(ENODEV);
	default:
		return oht_errno_text(error);
	}
}

OHT_PUBLIC void oht_open_text(const char *path, int error, char *text, size_t text_bytes)
{
	int saved = errno;

	if (!path)
		path = OHT_DEFAULT_DEVICE;
	if (error == EPROTONOSUPPORT)
		write_abi_text(path, text, text_bytes);
	else
		snprintf(text, text_bytes, "%s: %s", path, open_error_text(error));
	errno = saved;
}
