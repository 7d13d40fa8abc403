/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     devices without properties, and memory that goes with the next one.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_DEVICE_H
#define OHT_SHIM_LINUX_DEVICE_H

#include <assert.h>
#include <string.h>
#include <linux/types.h>

#define GFP_KERNEL	0

struct device {
	_Alignas(16) unsigned char memory[1024];
	size_t used_bytes;
};

static inline void *devm_kzalloc(struct device *dev, size_t bytes, int flags)
{
	(void)flags;
	assert(!dev->used_bytes && bytes <= sizeof(dev->memory));
	dev->used_bytes = bytes;
	return memset(dev->memory, 0, bytes);
}

/* Says nothing: the tests look at what is returned. */
__attribute__((format(printf, 2, 3)))
static inline void dev_err(struct device *dev, const char *format, ...)
{
	(void)dev;
	(void)format;
}

__attribute__((format(printf, 3, 4)))
static inline int dev_err_probe(struct device *dev, int err, const char *format, ...)
{
	(void)dev;
	(void)format;
	return err;
}

#endif /* OHT_SHIM_LINUX_DEVICE_H */
