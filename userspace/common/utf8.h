/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the step over one character of UTF-8, and where a text may be cut.
 * Contexts: any; pure functions.
 * Locks:    none.
 */
#ifndef OHT_COMMON_UTF8_H
#define OHT_COMMON_UTF8_H

#include <stddef.h>
#include <stdint.h>

/**
 * oht_utf8_character() - the character at the beginning of a text
 * @text: ends with NUL, or has @left bytes
 * @left: how many may be looked at, at least 1; SIZE_MAX: up to NUL
 * @number: receives its number in Unicode; may be NULL
 *
 * Return: its bytes, 1 to 4; 0: what is there is no UTF-8, as a surrogate, a longer form than needed, or a part of a character.
 */
size_t oht_utf8_character(const char *text, size_t left, uint32_t *number);

/**
 * oht_utf8_cut() - how much of a text is whole characters
 * @text: ends with NUL, or has @most bytes
 * @most: bytes
 *
 * Also of a text that was cut within its last character already.
 *
 * Return: at most @most bytes, for "%.*s".
 */
int oht_utf8_cut(const char *text, size_t most);

#endif /* OHT_COMMON_UTF8_H */
