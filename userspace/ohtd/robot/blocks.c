// SPDX-License-Identifier: GPL-2.0-or-later
#include "robot/blocks.h"

#include "robot/command.h"

void ohtd_marks_refused(uint8_t *marks, const struct ohtd_block *block)
{
	unsigned int i;

	for (i = block->first; i < block->first + block->registers; i++)
		marks[i] = block->registers == 1       ? OHTD_MARK_UNKNOWN :
			   marks[i] == OHTD_MARK_AGAIN ? OHTD_MARK_SINGLE :
							 OHTD_MARK_ALONE;
}

bool ohtd_marks_answered(uint8_t *marks, const struct ohtd_block *block)
{
	if (marks[block->first] != OHTD_MARK_ALONE)
		return false;
	marks[block->first] = OHTD_MARK_AGAIN;
	return true;
}

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
	if (!ohtd_mark_joins(marks[first]))
		return block;
	for (next = first + 1; next < map->count; next++) {
		const struct oht_register *reg = &map->reg[next];

		/* What a user has added costs no block of ours anything, whether it is there or not. */
		if (taken[next] || !ohtd_mark_joins(marks[next]) ||
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

/* How many registers each polled block has, by its first register. */
static void measure(const struct ohtd_blocks *blocks, uint16_t *registers)
{
	unsigned int i;

	for (i = 0; i < blocks->polls; i++)
		registers[blocks->poll[i].first] = blocks->poll[i].registers;
}

/* A module may have its map cut more often than a block needs to be seen failing. */
static void forget_failures_of_others(struct ohtd_blocks *blocks, const uint16_t *before)
{
	uint16_t now[OHTD_REGISTERS_MAX] = { 0 };
	unsigned int i;

	measure(blocks, now);
	for (i = 0; i < OHTD_REGISTERS_MAX; i++)
		if (now[i] != before[i])
			blocks->failures[i] = 0;
}

/*
 * A module without signals, or one that refuses all of them, is polled all the same, to know that it is there. A refusal says that as well, so this
 * poll stays the same: with another one for each register that is refused the plan would begin anew each time, and its later turns would never come.
 */
static void poll_for_presence(const struct oht_regmap *map, const bool *wanted, struct ohtd_blocks *blocks)
{
	size_t first = map->count, i;

	for (i = 0; i < map->count; i++)
		if (map->reg[i].access != OHT_ACCESS_WO && (first == map->count || (wanted[i] && !wanted[first])))
			first = i;
	if (first == map->count)
		return;
	blocks->poll[blocks->polls++] = blocks->sweeps && blocks->sweep[0].first == first ? blocks->sweep[0] : (struct ohtd_block){
		.address = map->reg[first].address, .words = map->reg[first].words, .first = (uint16_t)first, .registers = 1,
	};
}

void ohtd_blocks_cut(const struct oht_regmap *map, const int *signals, unsigned int signal_count,
		     const uint8_t *marks, struct ohtd_blocks *blocks)
{
	bool taken[OHTD_REGISTERS_MAX] = { false };
	bool wanted[OHTD_REGISTERS_MAX] = { false };
	uint16_t before[OHTD_REGISTERS_MAX] = { 0 };
	size_t i;

	measure(blocks, before);
	for (i = 0; i < signal_count; i++)
		if (signals[i] >= 0)
			wanted[signals[i]] = true;
	blocks->polls = 0;
	blocks->sweeps = 0;
	for (i = 0; i < map->count; i++)
		if (wanted[i] && !taken[i] && readable(map, marks, i))
			blocks->poll[blocks->polls++] = cut(map, marks, taken, i);
	for (i = 0; i < map->count; i++)
		if (!taken[i] && readable(map, marks, i))
			blocks->sweep[blocks->sweeps++] = cut(map, marks, taken, i);
	if (!blocks->polls)
		poll_for_presence(map, wanted, blocks);
	forget_failures_of_others(blocks, before);
}

bool ohtd_block_has(const struct ohtd_block *block, const int *places, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (places[i] >= block->first && places[i] < block->first + block->registers)
			return true;
	return false;
}

void ohtd_blocks_count_failure(struct ohtd_blocks *blocks, const struct ohtd_block *block)
{
	uint16_t *failures = &blocks->failures[block->first];

	*failures += *failures < UINT16_MAX;
}

bool ohtd_blocks_any_fails(const struct ohtd_blocks *blocks, unsigned int failures)
{
	unsigned int i;

	for (i = 0; i < blocks->polls; i++)
		if (blocks->failures[blocks->poll[i].first] >= failures)
			return true;
	return false;
}
