// SPDX-License-Identifier: GPL-2.0-or-later
#include "blocks.h"

#include <string.h>

#include "command.h"

static bool readable(const struct oht_regmap *map, const uint8_t *marks, size_t index)
{
	return map->reg[index].access != OHT_ACCESS_WO && marks[index] != OHTD_MARK_UNKNOWN;
}

/* One block that begins at @first and takes in what follows and is not taken yet. */
static struct ohtd_block cut(const struct oht_regmap *map, const uint8_t *marks, bool *taken,
			     size_t first)
{
	struct ohtd_block block = {
		.address = map->reg[first].address,
		.words = map->reg[first].words,
		.first = (uint16_t)first,
		.registers = 1,
	};
	size_t next;

	taken[first] = true;
	if (marks[first] == OHTD_MARK_ALONE)
		return block;
	for (next = first + 1; next < map->count; next++) {
		const struct oht_register *reg = &map->reg[next];

		/* What a user has added costs no block of ours anything, whether it is there or not. */
		if (taken[next] || marks[next] != OHTD_MARK_NONE ||
		    reg->access == OHT_ACCESS_WO || reg->added != map->reg[first].added ||
		    reg->address != block.address + block.words ||
		    block.words + reg->words > OHTD_READ_MAX)
			break;
		taken[next] = true;
		block.words = (uint16_t)(block.words + reg->words);
		block.registers++;
	}
	return block;
}

void ohtd_blocks_cut(const struct oht_regmap *map, const int *signals, unsigned int signal_count,
		     const uint8_t *marks, struct ohtd_blocks *blocks)
{
	bool taken[OHTD_REGISTERS_MAX] = { false };
	bool wanted[OHTD_REGISTERS_MAX] = { false };
	size_t i;

	for (i = 0; i < signal_count; i++)
		if (signals[i] >= 0)
			wanted[signals[i]] = true;
	memset(blocks->failures, 0, sizeof(blocks->failures));
	blocks->polls = 0;
	blocks->sweeps = 0;
	for (i = 0; i < map->count; i++)
		if (wanted[i] && !taken[i] && readable(map, marks, i))
			blocks->poll[blocks->polls++] = cut(map, marks, taken, i);
	for (i = 0; i < map->count; i++)
		if (!taken[i] && readable(map, marks, i))
			blocks->sweep[blocks->sweeps++] = cut(map, marks, taken, i);
	/* A module without signals is polled all the same, to know that it is there. */
	if (!blocks->polls && blocks->sweeps)
		blocks->poll[blocks->polls++] = blocks->sweep[0];
}
