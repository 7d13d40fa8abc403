/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     when the disk of the state folder has too little room: for the alert disk_low and for `ohtctl doctor`.
 * Contexts: any; a pure function.
 * Locks:    none.
 */
#ifndef OHT_COMMON_DISK_LOW_H
#define OHT_COMMON_DISK_LOW_H

#include <stdint.h>

#define OHT_DISK_LOW_PART	20	/* 5 % */
#define OHT_DISK_LOW_BYTES	(1ull << 30)

/**
 * oht_disk_low_bytes() - say below how much room a disk is low
 * @size_bytes: of the disk
 *
 * Return: 5 % of the disk in bytes, at most 1 GiB: databases grow, and a backup needs room beside them.
 */
static inline uint64_t oht_disk_low_bytes(uint64_t size_bytes)
{
	return size_bytes / OHT_DISK_LOW_PART < OHT_DISK_LOW_BYTES ? size_bytes / OHT_DISK_LOW_PART : OHT_DISK_LOW_BYTES;
}

#endif
