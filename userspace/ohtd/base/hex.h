/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the value of a hexadecimal digit.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_BASE_HEX_H
#define OHTD_BASE_HEX_H

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

#endif /* OHTD_BASE_HEX_H */
