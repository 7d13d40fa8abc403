// SPDX-License-Identifier: GPL-2.0-or-later
/* Length and checksum of Modbus RTU requests (Modbus application protocol 1.1b3, chapter 6). */
#include "adu.h"

uint16_t oht_sim_crc16(const uint8_t *bytes, size_t len)
{
	uint16_t crc = 0xffff;
	int bit;

	while (len--) {
		crc ^= *bytes++;
		for (bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (uint16_t)(crc >> 1 ^ 0xa001) : (uint16_t)(crc >> 1);
	}
	return crc;
}

size_t oht_sim_adu_seal(uint8_t *adu, size_t len)
{
	uint16_t crc = oht_sim_crc16(adu, len);

	adu[len] = (uint8_t)crc;
	adu[len + 1] = (uint8_t)(crc >> 8);
	return len + 2;
}

bool oht_sim_adu_sealed(const uint8_t *adu, size_t len)
{
	/* Run over its own checksum, low byte first, the remainder is zero. */
	return len >= OHT_SIM_ADU_MIN_BYTES && !oht_sim_crc16(adu, len);
}

/* @at: where the request says how many bytes of data follow that place. */
static size_t counted(const uint8_t *adu, size_t len, size_t at)
{
	return len > at ? at + 1 + adu[at] + 2 : 0;
}

size_t oht_sim_adu_request_bytes(const uint8_t *adu, size_t len)
{
	if (len < 2)
		return 0;
	switch (adu[1]) {
	case 1: case 2: case 3: case 4: case 5: case 6: case 8:
		return 8;
	case 7: case 11: case 12: case 17:
		return 4;
	case 15: case 16:
		return counted(adu, len, 6);
	case 20: case 21:
		return counted(adu, len, 2);
	case 22:
		return 10;
	case 23:
		return counted(adu, len, 10);
	case 24:
		return 6;
	case 43:
		/* Of its MEI types only 14 has a known length. */
		if (len < 3)
			return 0;
		return adu[2] == 14 ? 7 : SIZE_MAX;
	default:
		return SIZE_MAX;
	}
}
