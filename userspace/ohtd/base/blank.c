// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/blank.h"

#include <stdint.h>

#include "common/utf8.h"

struct range {
	uint32_t first, last;
};

/* White_Space and Default_Ignorable_Code_Point of Unicode 15, the empty pattern of Braille and the empty note. */
static const struct range blanks[] = {
	{ 0x09, 0x0d }, { 0x20, 0x20 }, { 0x85, 0x85 }, { 0xa0, 0xa0 }, { 0xad, 0xad }, { 0x34f, 0x34f }, { 0x61c, 0x61c },
	{ 0x115f, 0x1160 }, { 0x1680, 0x1680 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x2000, 0x200f }, { 0x2028, 0x202f },
	{ 0x205f, 0x206f }, { 0x2800, 0x2800 }, { 0x3000, 0x3000 }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 }, { 0xfff0, 0xfff8 }, { 0x1bca0, 0x1bca3 }, { 0x1d159, 0x1d159 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

/* Of those, what stands between visible characters: spaces, joiners of letters and symbols, selectors of a variant. */
static const struct range between[] = {
	{ 0x20, 0x20 }, { 0xa0, 0xa0 }, { 0x1680, 0x1680 }, { 0x180b, 0x180d }, { 0x180f, 0x180f }, { 0x2000, 0x200a }, { 0x200c, 0x200d },
	{ 0x202f, 0x202f }, { 0x205f, 0x205f }, { 0x2800, 0x2800 }, { 0x3000, 0x3000 }, { 0xfe00, 0xfe0f }, { 0xe0100, 0xe01ef },
};

/* Control characters, and marks of notes between lines. */
static const struct range controls[] = { { 0x01, 0x1f }, { 0x7f, 0x9f }, { 0xfff9, 0xfffb } };

#define IS_IN(number, ranges)	is_in(number, ranges, sizeof(ranges) / sizeof((ranges)[0]))

static bool is_in(uint32_t number, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (number >= ranges[i].first && number <= ranges[i].last)
			return true;
	return false;
}

size_t ohtd_blank_bytes(const char *text)
{
	uint32_t number;
	size_t bytes = oht_utf8_character(text, SIZE_MAX, &number);

	return bytes && IS_IN(number, blanks) ? bytes : 0;
}

bool ohtd_is_blank(const char *text)
{
	size_t bytes;

	while (*text && (bytes = ohtd_blank_bytes(text)))
		text += bytes;
	return !*text;
}

uint32_t ohtd_unprintable(const char *text, size_t *at)
{
	uint32_t number;
	size_t bytes;

	for (const char *c = text; *c; c += bytes ? bytes : 1) {
		bytes = oht_utf8_character(c, SIZE_MAX, &number);
		if (!bytes || !(IS_IN(number, controls) || (IS_IN(number, blanks) && !IS_IN(number, between))))
			continue;
		*at = (size_t)(c - text);
		return number;
	}
	return 0;
}

const char *ohtd_text_unfit(const char *text)
{
	size_t at;

	return ohtd_unprintable(text, &at) ? "must be one line without control characters and others that do not show" : NULL;
}

const char *ohtd_line_unfit(const char *text)
{
	return ohtd_is_blank(text) ? "must have more than blanks" : ohtd_text_unfit(text);
}

const char *ohtd_optional_line_unfit(const char *text)
{
	return *text ? ohtd_line_unfit(text) : NULL;
}
