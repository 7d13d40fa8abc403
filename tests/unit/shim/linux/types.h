/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the kernel's names of integers, on top of the uapi header of the same name.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_TYPES_H
#define OHT_SHIM_LINUX_TYPES_H

#include_next <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define __iomem
#define __acquires(lock)
#define __releases(lock)
#define U32_MAX		UINT32_MAX
#define U64_MAX		UINT64_MAX

#endif /* OHT_SHIM_LINUX_TYPES_H */
