/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the outside of a Modbus RTU frame as a slave sees it: length and checksum.
 * Contexts: the simulator's one thread; pure functions.
 * Locks:    none.
 *
 * Written apart from kernel/frame.c on purpose: the far end that judges the master must not share
 * its mistakes.
 */
#ifndef OHT_SIM_ADU_H
#define OHT_SIM_ADU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OHT_SIM_ADU_MAX_BYTES	256u	/* unit, PDU of at most 253, checksum */
#define OHT_SIM_ADU_MIN_BYTES	4u	/* unit, function, checksum */

/* Checksum of Modbus RTU (polynomial 0xA001 reflected, start 0xFFFF). */
uint16_t oht_sim_crc16(const uint8_t *bytes, size_t len);

/* Appends the checksum, low byte first, to @len bytes; the buffer has room. Returns len + 2. */
size_t oht_sim_adu_seal(uint8_t *adu, size_t len);

/* Does a frame of @len bytes end with its own checksum? */
bool oht_sim_adu_sealed(const uint8_t *adu, size_t len);

/**
 * oht_sim_adu_request_bytes() - how long will this request be?
 * @adu: its beginning
 * @len: how much of it there is
 *
 * Return: bytes with checksum; 0 when the beginning does not tell yet; SIZE_MAX when the function
 * code does not tell at all, so that only silence ends the frame.
 */
size_t oht_sim_adu_request_bytes(const uint8_t *adu, size_t len);

#endif
