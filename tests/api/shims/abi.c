// SPDX-License-Identifier: GPL-2.0-or-later
/* For LD_PRELOAD: whatever is opened is a device of a kernel module of another release. */
#include <stdarg.h>
#include <dlfcn.h>
#include <sys/ioctl.h>
#include <linux/oht.h>

#define OTHER_RELEASE	41

int ioctl(int fd, unsigned long number, ...)
{
	static int (*real)(int, unsigned long, void *);
	struct oht_info *info;
	va_list rest;

	va_start(rest, number);
	info = va_arg(rest, void *);
	va_end(rest);
	if (number == OHT_IOC_INFO) {
		info->abi_version = OHT_ABI_VERSION + OTHER_RELEASE;
		return 0;
	}
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "ioctl");
	return real(fd, number, info);
}
