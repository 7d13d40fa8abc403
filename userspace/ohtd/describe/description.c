// SPDX-License-Identifier: GPL-2.0-or-later
/* The memory in which a description of the API is written. */
#include <stdlib.h>
#include <string.h>

#include "describe/openapi.h"

/* Several times what the largest text needs with all buffers before its last one. */
#define SPACE_BYTES	(4u << 20)

/* What a writer's buffers are cut from: the memory is there before, so no writer runs out of it. */
struct space {
	char *next;
	size_t left;
};

static void *take_block(void *from, size_t bytes)
{
	struct space *space = from;
	char *block = space->next;

	bytes = (bytes + 15) & ~(size_t)15;
	if (bytes > space->left)
		abort();
	space->next += bytes;
	space->left -= bytes;
	return block;
}

char *ohtd_description_make(void (*write)(struct ohtd_writer *, const void *), const void *about,
			    size_t *bytes)
{
	char *all = malloc(SPACE_BYTES), *text = NULL;
	struct space space = { all, SPACE_BYTES };
	const struct ohtd_memory memory = { take_block, &space };
	struct ohtd_writer writer;

	if (!all)
		return NULL;
	ohtd_writer_begin(&writer, &memory, 65536);
	write(&writer, about);
	*bytes = writer.used;
	text = malloc(writer.used + 1);
	if (text)
		memcpy(text, writer.text, writer.used);
	free(all);
	return text;
}
