// SPDX-License-Identifier: GPL-2.0-or-later
/* A message of a viewer in Foxglove's protocol. Input: the message. */
#include "fuzz.h"

#include <stdbool.h>

#include "live/foxglove_say.h"

static void read_said(struct ohtd_foxglove_said *said, const char *text, size_t bytes)
{
	ohtd_foxglove_read(said, text, bytes);
#ifdef FUZZ_SEED_DEFECT
	/* Forgets that a refused message is refused as a whole. */
	if (said->op == OHTD_FOXGLOVE_REFUSED && strstr(said->why, "[1]"))
		said->count = 1;
#endif
}

/* The same message as we would write it. */
static size_t write_said(const struct ohtd_foxglove_said *said, char *text, size_t size)
{
	bool begins = said->op == OHTD_FOXGLOVE_SUBSCRIBE;
	size_t used = (size_t)snprintf(text, size, "{\"op\":\"%s\",\"%s\":[",
				       begins ? "subscribe" : "unsubscribe",
				       begins ? "subscriptions" : "subscriptionIds");

	for (size_t i = 0; i < said->count; i++)
		used += (size_t)snprintf(text + used, size - used, begins ?
					 "%s{\"id\":%u,\"channelId\":%u}" : "%s%u", i ? "," : "",
					 said->wishes[i].id, said->wishes[i].channel);
	used += (size_t)snprintf(text + used, size - used, "]}");
	return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ohtd_foxglove_said said, again;
	char *text = fuzz_copy(data, size), written[8192];

	read_said(&said, text, size);
	HOLDS("no more subscriptions than there is room for",
	      said.count <= OHTD_FOXGLOVE_WISHES_MAX);
	HOLDS("a refusal says why, and nothing else does",
	      (said.op == OHTD_FOXGLOVE_REFUSED) == (*said.why != 0));
	HOLDS("a refused message wants nothing", said.op != OHTD_FOXGLOVE_REFUSED || !said.count);
	if (said.op != OHTD_FOXGLOVE_REFUSED) {
		ohtd_foxglove_read(&again, written, write_said(&said, written, sizeof(written)));
		HOLDS("what is taken means the same when it is written again",
		      again.op == said.op && again.count == said.count &&
		      !memcmp(again.wishes, said.wishes, said.count * sizeof(said.wishes[0])));
	}
	free(text);
	return 0;
}
