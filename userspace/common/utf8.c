// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/utf8.h"

#include <string.h>

/* By its first byte; 0: no character begins with it. */
static size_t length_of(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Unicode, table 3-7: what the second byte may be, behind some first bytes. */
static int is_second(unsigned char first, unsigned char second)
{
	unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

	return second >= low && second <= high;
}

static int is_inner(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

size_t oht_utf8_character(const char *text, size_t left, uint32_t *number)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t bytes = length_of(*at);
	uint32_t sum = bytes < 2 ? *at : *at & (0x7fu >> bytes);

	if (bytes > left || (bytes > 1 && !is_second(at[0], at[1])))
		return 0;
	for (size_t i = 1; i < bytes; i++) {
		if (!is_inner(at[i]))
			return 0;
		sum = sum << 6 | (at[i] & 0x3f);
	}
	if (number)
		*number = sum;
	return bytes;
}

int oht_utf8_cut(const char *text, size_t most)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t bytes = strnlen(text, most), first = bytes;

	while (first && bytes - first < 3 && is_inner(at[first - 1]))
		first--;
	if (first && first - 1 + length_of(at[first - 1]) > bytes)
		bytes = first - 1;
	return (int)bytes;
}
