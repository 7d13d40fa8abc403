// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cuts a register map into requests. Blocks never reach over a gap, since a module may answer
 * exception 02 for it, and never hold more than OHTD_READ_MAX words, since a stop has to wait for
 * the request on the wire.
 */
#include <errno.h>
#include <string.h>

#include "model.h"

static bool readable(const struct ohtd_plan *plan, size_t index)
{
	return plan->map->reg[index].access != OHT_ACCESS_WO;
}

/* May the register at @index follow the last one of @block? */
static bool fits(const struct ohtd_plan *plan, const struct ohtd_block *block, size_t index)
{
	const struct oht_register *reg = &plan->map->reg[index];

	return readable(plan, index) && reg->address == block->address + block->words &&
	       block->words + reg->words <= OHTD_READ_MAX;
}

/* One block that begins at @first and takes in what follows and is not taken yet. */
static struct ohtd_block cut(const struct ohtd_plan *plan, size_t first, bool *taken)
{
	const struct oht_register *reg = &plan->map->reg[first];
	struct ohtd_block block = {
		.address = reg->address,
		.words = reg->words,
		.first = (uint16_t)first,
		.registers = 1,
	};
	size_t next = first + 1;

	taken[first] = true;
	while (next < plan->map->count && !taken[next] && fits(plan, &block, next)) {
		taken[next] = true;
		block.words = (uint16_t)(block.words + plan->map->reg[next].words);
		block.registers++;
		next++;
	}
	return block;
}

static bool has_signal(const struct ohtd_plan *plan, size_t index)
{
	unsigned int i;

	for (i = 0; i < OHTD_SIGNALS; i++)
		if (plan->signal[i] == (int)index)
			return true;
	return false;
}

int ohtd_plan_blocks(struct ohtd_plan *plan)
{
	bool taken[OHTD_REGISTERS_MAX] = { false };
	size_t i;

	if (plan->map->count > OHTD_REGISTERS_MAX)
		return -E2BIG;
	plan->polls = 0;
	plan->sweeps = 0;
	for (i = 0; i < plan->map->count; i++)
		if (!taken[i] && readable(plan, i) && has_signal(plan, i)) {
			if (plan->polls == OHTD_BLOCKS_MAX)
				return -E2BIG;
			plan->poll[plan->polls++] = cut(plan, i, taken);
		}
	for (i = 0; i < plan->map->count; i++)
		if (!taken[i] && readable(plan, i)) {
			if (plan->sweeps == OHTD_BLOCKS_MAX)
				return -E2BIG;
			plan->sweep[plan->sweeps++] = cut(plan, i, taken);
		}
	/* A module without signals is polled all the same, to know that it is there. */
	if (!plan->polls && plan->sweeps)
		plan->poll[plan->polls++] = plan->sweep[0];
	return 0;
}
