/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     bytes as hexadecimal digits, and the value of a digit.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_BASE_HEX_H
#define OHTD_BASE_HEX_H

#include <stddef.h>

/* 0 to 15; -1: @c is no digit. Takes a char or an unsigned char. */
static inline int ohtd_hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Two digits for each of @bytes, in small letters; @text ends with NUL. */
static inline void ohtd_hex_text(char *text, const unsigned char *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		*text++ = digits[bytes[i] >> 4];
		*text++ = digits[bytes[i] & 0xf];
	}
	*text = 0;
}

#endif /* OHTD_BASE_HEX_H */
