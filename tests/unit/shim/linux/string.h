/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     memchr_inv(); all else is the C library's, under the kernel's names.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_STRING_H
#define OHT_SHIM_LINUX_STRING_H

#include <string.h>

/* The first of @bytes that is not @value, or NULL. */
static inline void *memchr_inv(const void *from, int value, size_t bytes)
{
	const unsigned char *at = from;

	for (; bytes; bytes--, at++)
		if (*at != (unsigned char)value)
			return (void *)at;
	return NULL;
}

#endif /* OHT_SHIM_LINUX_STRING_H */
