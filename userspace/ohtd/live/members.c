// SPDX-License-Identifier: GPL-2.0-or-later
#include "live/members.h"

#include <string.h>

/* Behind the text whose opening quotation mark is at @at. */
static size_t behind_text(const char *text, size_t bytes, size_t at)
{
	for (at++; at < bytes && text[at] != '"'; at++)
		if (text[at] == '\\')
			at++;
	return at + 1;
}

/* Where the member that begins at @at ends: at the comma or bracket of the object itself. */
static size_t end_of(const char *text, size_t bytes, size_t at)
{
	size_t depth = 0;

	while (at < bytes) {
		char c = text[at];

		if (c == '"') {
			at = behind_text(text, bytes, at);
			continue;
		}
		if (!depth && (c == ',' || c == '}'))
			break;
		if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
		at++;
	}
	return at;
}

bool ohtd_members_split(struct ohtd_members *members, const char *text, size_t bytes)
{
	size_t at = 1;

	members->text = text;
	members->count = 0;
	if (bytes < 2 || text[0] != '{')
		return false;
	while (at < bytes && text[at] == '"') {
		size_t end = end_of(text, bytes, at);

		if (end >= bytes || members->count == OHTD_MEMBERS_MAX)
			return false;
		members->at[members->count] = at;
		members->bytes[members->count++] = end - at;
		at = end + 1;
		if (text[end] == '}')
			return at == bytes;
	}
	return bytes == 2 && text[1] == '}';
}

static bool same_name(const struct ohtd_members *a, const struct ohtd_members *b, size_t i)
{
	size_t n = behind_text(a->text + a->at[i], a->bytes[i], 0);

	return n <= a->bytes[i] && n <= b->bytes[i] &&
	       !memcmp(a->text + a->at[i], b->text + b->at[i], n);
}

struct oht_set ohtd_members_changed(const struct ohtd_members *before, const struct ohtd_members *now)
{
	const struct oht_set all = oht_set_below((unsigned int)now->count);
	struct oht_set changed = { 0 };

	if (before->count != now->count)
		return all;
	for (unsigned int i = 0; i < now->count; i++) {
		if (!same_name(before, now, i))
			return all;
		if (before->bytes[i] != now->bytes[i] ||
		    memcmp(before->text + before->at[i], now->text + now->at[i], now->bytes[i]))
			oht_set_add(&changed, i);
	}
	return changed;
}
