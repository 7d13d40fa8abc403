// SPDX-License-Identifier: GPL-2.0-or-later
#include "json/blocks.h"

#include <stdlib.h>

struct ohtd_json_block {
	struct ohtd_json_block *next;
	_Alignas(max_align_t) unsigned char bytes[];
};

void *ohtd_json_block_take(void *blocks, size_t bytes)
{
	struct ohtd_json_block **list = blocks, *block = calloc(1, sizeof(*block) + bytes);

	if (!block)
		abort();
	block->next = *list;
	*list = block;
	return block->bytes;
}

void ohtd_json_blocks_free(struct ohtd_json_block **blocks, const void *text)
{
	struct ohtd_json_block *block = *blocks, *next;

	*blocks = NULL;
	for (; block; block = next) {
		next = block->next;
		if (block->bytes == text) {
			block->next = NULL;
			*blocks = block;
		} else {
			free(block);
		}
	}
}
