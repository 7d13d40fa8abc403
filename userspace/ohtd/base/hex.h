/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     bytes as hexadecimal digits, there and back.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_BASE_HEX_H
#define OHTD_BASE_HEX_H

#include <stdbool.h>
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

/* Reads 2 * @count digits of @text, which may go on behind them. False: a character before is no digit; @bytes is then cut short. */
static inline bool ohtd_hex_read(unsigned char *bytes, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		int high = ohtd_hex_digit(text[2 * i]);
		int low = high < 0 ? -1 : ohtd_hex_digit(text[2 * i + 1]);

		if (low < 0)
			return false;
		bytes[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

#endif /* OHTD_BASE_HEX_H */
