// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/sse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENT_BYTES	(1024 * 1024)

static bool append(char **text, size_t *used, const char *bytes, size_t count)
{
	char *larger;

	if (*used + count > EVENT_BYTES)
		return false;
	larger = realloc(*text, *used + count + 1);
	if (!larger)
		return false;
	memcpy(larger + *used, bytes, count);
	*text = larger;
	*used += count;
	larger[*used] = '\0';
	return true;
}

/* It becomes a header of a request: nothing else than the daemon puts into one. */
static void take_id(struct oht_sse *sse, const char *id)
{
	size_t length = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789:,_-");

	if (length && !id[length] && length < sizeof(sse->id))
		snprintf(sse->id, sizeof(sse->id), "%s", id);
}

/* A line without its end. */
static bool take_line(struct oht_sse *sse, const char *line, oht_sse_fn tell, void *arg)
{
	const char *value = strchr(line, ':');
	size_t name_bytes = value ? (size_t)(value - line) : strlen(line);

	if (!*line) {
		if (sse->data_bytes)
			tell(arg, sse->data, sse->id);
		sse->data_bytes = 0;
		sse->id[0] = '\0';
		return true;
	}
	value = value ? value + 1 + (value[1] == ' ') : "";
	if (name_bytes == 2 && !strncmp(line, "id", 2))
		take_id(sse, value);
	if (name_bytes != 4 || strncmp(line, "data", 4))
		return true;
	if (sse->data_bytes && !append(&sse->data, &sse->data_bytes, "\n", 1))
		return false;
	return append(&sse->data, &sse->data_bytes, value, strlen(value));
}

static bool end_line(struct oht_sse *sse, oht_sse_fn tell, void *arg)
{
	bool good;

	if (sse->line_bytes && sse->line[sse->line_bytes - 1] == '\r')
		sse->line[--sse->line_bytes] = '\0';
	good = take_line(sse, sse->line_bytes ? sse->line : "", tell, arg);
	sse->line_bytes = 0;
	return good;
}

bool oht_sse_take(struct oht_sse *sse, const char *bytes, size_t count, oht_sse_fn tell, void *arg)
{
	while (count) {
		const char *end = memchr(bytes, '\n', count);
		size_t piece = end ? (size_t)(end - bytes) : count;

		if (!append(&sse->line, &sse->line_bytes, bytes, piece))
			return false;
		if (!end)
			return true;
		if (!end_line(sse, tell, arg))
			return false;
		bytes += piece + 1;
		count -= piece + 1;
	}
	return true;
}

void oht_sse_forget(struct oht_sse *sse)
{
	free(sse->line);
	free(sse->data);
	*sse = (struct oht_sse){ 0 };
}
