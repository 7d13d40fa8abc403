// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/blank.h"

#include <ctype.h>
#include <stdint.h>

/* White_Space and Default_Ignorable_Code_Point of Unicode 15, and the empty pattern of Braille. */
static const uint32_t blanks[][2] = {
	{ 0x09, 0x0d }, { 0x20, 0x20 }, { 0x85, 0x85 }, { 0xa0, 0xa0 }, { 0xad, 0xad }, { 0x34f, 0x34f }, { 0x61c, 0x61c },
	{ 0x115f, 0x1160 }, { 0x1680, 0x1680 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x2000, 0x200f }, { 0x2028, 0x202f },
	{ 0x205f, 0x206f }, { 0x2800, 0x2800 }, { 0x3000, 0x3000 }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 }, { 0xfff0, 0xfff8 }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

/* Bytes of a character, 0: no UTF-8. Its number into @number. */
static size_t take_character(const unsigned char *at, uint32_t *number)
{
	size_t bytes = *at < 0x80 ? 1 : *at < 0xc0 ? 0 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;

	*number = bytes == 1 ? *at : *at & (0x7fu >> bytes);
	for (size_t i = 1; i < bytes; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		*number = *number << 6 | (at[i] & 0x3f);
	}
	return bytes;
}

size_t ohtd_blank_bytes(const char *text)
{
	uint32_t number;
	size_t bytes = take_character((const unsigned char *)text, &number);

	for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++)
		if (number >= blanks[i][0] && number <= blanks[i][1])
			return bytes;
	return 0;
}

bool ohtd_is_blank(const char *text)
{
	size_t bytes;

	while (*text && (bytes = ohtd_blank_bytes(text)))
		text += bytes;
	return !*text;
}

const char *ohtd_line_unfit(const char *text)
{
	for (const char *c = text; *c; c++)
		if (iscntrl((unsigned char)*c))
			return "must be one line without control characters";
	return ohtd_is_blank(text) ? "must have more than blanks" : NULL;
}
