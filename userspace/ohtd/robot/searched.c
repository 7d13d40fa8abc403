// SPDX-License-Identifier: GPL-2.0-or-later
#include "robot/searched.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "robot/model.h"

#define DIGITS_MAX	3

bool ohtd_searched_has(const struct ohtd_searched *searched, uint8_t unit)
{
	return unit && memchr(searched->unit, unit, searched->count);
}

/* ---- from a text ---- */

/* The number at @text, without leading zeros; 0: there is none, or it is no address. @text goes on behind it. */
static unsigned int take_unit(const char **text)
{
	unsigned int unit = 0, digits = 0;

	while (isdigit((unsigned char)(*text)[digits]) && digits < DIGITS_MAX && (unit || !digits))
		unit = unit * 10 + (unsigned int)((*text)[digits++] - '0');
	*text += digits;
	return unit <= OHTD_UNIT_MAX ? unit : 0;
}

/* "17" or "2-5" that ends at @end; NULL, or what is wrong. @too_many: set if it is the whole text. */
static const char *take_part(const char *text, const char *end, struct ohtd_searched *searched, bool *too_many)
{
	unsigned int first = take_unit(&text), last = first;
	const char *hyphen = text;

	if (*text == '-') {
		text++;
		last = take_unit(&text);
	}
	if (!first || !last || text != end)
		return "unit addresses are 1 to 247, alone or in spans, as 2-5,17";
	if (hyphen != text && last <= first)
		return "a span rises, as 2-5";
	if (searched->count && first <= searched->unit[searched->count - 1])
		return "each address stands once, in rising order";
	*too_many = last - first >= (unsigned int)OHTD_MODULES_MAX - searched->count;
	if (*too_many)
		return "at most 8 addresses are searched";
	while (first <= last)
		searched->unit[searched->count++] = (uint8_t)first++;
	return NULL;
}

_Static_assert(OHTD_MODULES_MAX == 8 && OHTD_UNIT_MAX == 247, "as the texts say");

const char *ohtd_searched_read(const char *text, struct ohtd_searched *searched, struct ohtd_part *part)
{
	const char *whole = text, *why;
	bool too_many = false;

	memset(searched, 0, sizeof(*searched));
	for (;;) {
		size_t n = strcspn(text, ",");

		why = take_part(text, text + n, searched, &too_many);
		if (why && part)
			*part = too_many ? (struct ohtd_part){ .text = whole, .bytes = (int)strlen(whole) }
					 : (struct ohtd_part){ .text = text, .bytes = (int)n };
		if (why || !text[n])
			return why;
		text += n + 1;
	}
}

/* ---- to a text ---- */

/* Index of the last address of the span that begins at @i. */
static unsigned int end_of_span(const struct ohtd_searched *searched, unsigned int i)
{
	while (i + 1u < searched->count && searched->unit[i + 1] == searched->unit[i] + 1)
		i++;
	return i;
}

void ohtd_searched_text(const struct ohtd_searched *searched, char text[OHTD_SEARCHED_BYTES])
{
	size_t used = 0;

	*text = 0;
	for (unsigned int i = 0, last; i < searched->count; i = last + 1) {
		last = end_of_span(searched, i);
		used += (size_t)snprintf(text + used, OHTD_SEARCHED_BYTES - used, "%s%u", i ? "," : "", searched->unit[i]);
		if (last > i)
			used += (size_t)snprintf(text + used, OHTD_SEARCHED_BYTES - used, "-%u", searched->unit[last]);
	}
}

/* ---- the default ---- */

static bool is_chosen(const struct ohtd_model *model, unsigned int unit, unsigned int *room)
{
	if (model && ohtd_model_by_unit(model, (uint8_t)unit))
		return true;
	if (!*room)
		return false;
	--*room;
	return true;
}

_Static_assert(OHTD_KINDS_MAX <= OHTD_MODULES_MAX, "each module has its place");

void ohtd_searched_preset(const struct ohtd_model *model, struct ohtd_searched *searched)
{
	unsigned int room = OHTD_MODULES_MAX - (model ? model->count : 0);

	memset(searched, 0, sizeof(*searched));
	for (unsigned int unit = 1; unit <= OHTD_UNIT_MAX; unit++)
		if (is_chosen(model, unit, &room))
			searched->unit[searched->count++] = (uint8_t)unit;
}
