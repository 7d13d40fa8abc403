/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the CRC that the kernel offers as crc16(), from its polynomial 0x8005 reflected.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_CRC16_H
#define OHT_SHIM_LINUX_CRC16_H

#include <linux/types.h>

static inline u16 crc16(u16 crc, const u8 *data, size_t bytes)
{
	unsigned int bit;

	while (bytes--) {
		crc ^= *data++;
		for (bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
	}
	return crc;
}

#endif /* OHT_SHIM_LINUX_CRC16_H */
