/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     which characters show nothing, and what a line for people has.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_BASE_BLANK_H
#define OHTD_BASE_BLANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at the beginning of @text, UTF-8, if it shows nothing, as a space, U+2003 or U+200B; else 0. */
size_t ohtd_blank_bytes(const char *text);

/* Does nothing of @text show? True for an empty text. */
bool ohtd_is_blank(const char *text);

/**
 * ohtd_unprintable() - the first character of a text, UTF-8, that may not stand in a line for people
 * @text: ends with NUL
 * @at: receives where it is, in bytes
 *
 * Those are control characters, and what shows nothing or turns the direction of writing, as U+200B, U+202E and U+1D159; but not spaces,
 * U+200C and U+200D, which join letters, and selectors of a variant.
 *
 * Return: its number in Unicode, or 0: there is none.
 */
uint32_t ohtd_unprintable(const char *text, size_t *at);

/* Why a text of a request is no line that can be shown, as words behind which "not 'TEXT'" fits; NULL: it is one. */
const char *ohtd_line_unfit(const char *text);

/* The same of a text of blanks alone as well. */
const char *ohtd_text_unfit(const char *text);

/* A line, or nothing: an empty text takes back what was said. */
const char *ohtd_optional_line_unfit(const char *text);

#endif /* OHTD_BASE_BLANK_H */
