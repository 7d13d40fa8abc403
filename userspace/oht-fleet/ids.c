// SPDX-License-Identifier: GPL-2.0-or-later
#include "oht-fleet/ids.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"

#define FILE_BYTES	512

static const char *const names[FLEET_TOPICS] = {
	[FLEET_CONNECTION] = "connection", [FLEET_STATE] = "state", [FLEET_VISUALIZATION] = "visualization", [FLEET_FACTSHEET] = "factsheet",
};

/* One line "TOPIC NUMBER". */
static int take_line(struct fleet_ids *ids, const char *line)
{
	char name[32], end;
	uint32_t number;

	if (sscanf(line, "%31s %" SCNu32 "%c", name, &number, &end) != 2)
		return -1;
	for (int i = 0; i < FLEET_TOPICS; i++)
		if (!strcmp(names[i], name))
			ids->next[i] = number;
	return 0;
}

int fleet_ids_open(struct fleet_ids *ids, const char *path)
{
	char *text, *rest, *line;
	int r;

	*ids = (struct fleet_ids){ .path = path };
	r = oht_file_read(path, FILE_BYTES, &text, NULL);
	if (r) {
		/* A file that is larger than any of them is damaged, as one with other words. */
		errno = r == -EFBIG ? EINVAL : -r;
		return r == -ENOENT ? 0 : -1;
	}
	for (line = strtok_r(text, "\n", &rest); line && !r; line = strtok_r(NULL, "\n", &rest))
		r = take_line(ids, line);
	free(text);
	if (r) {
		*ids = (struct fleet_ids){ .path = path };
		errno = EINVAL;
	}
	return r;
}

/* Numbers begin anew behind the greatest. */
static int note(const struct fleet_ids *ids)
{
	char text[FILE_BYTES];
	size_t used = 0;
	int r;

	for (int i = 0; i < FLEET_TOPICS; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %" PRIu32 "\n", names[i], ids->next[i] + ids->left[i]);
	r = oht_file_replace(ids->path, text, used, 0600);
	if (!r)
		return 0;
	errno = -r;
	return -1;
}

int fleet_ids_next(struct fleet_ids *ids, enum fleet_topic topic, uint32_t *id)
{
	int r = 0;

	if (!ids->left[topic]) {
		ids->left[topic] = FLEET_IDS_STEP;
		r = note(ids);
		/* A write that failed is tried again with the next message. */
		if (r)
			ids->left[topic] = 1;
	}
	ids->left[topic]--;
	*id = ids->next[topic]++;
	return r;
}

int fleet_ids_close(struct fleet_ids *ids)
{
	memset(ids->left, 0, sizeof(ids->left));
	return note(ids);
}
