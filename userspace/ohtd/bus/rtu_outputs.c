// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtu_outputs.h"

#include <assert.h>

static_assert(sizeof(struct rtu_output) % 8 == 0, "as a sequence count wants it");

int rtu_outputs_init(struct rtu_outputs *outputs)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < OHT_CYCLIC_ENTRIES_MAX; i++)
		ret = ohtd_seqlock_init(&outputs->entry[i], sizeof(struct rtu_output));
	return ret;
}

void rtu_outputs_fini(struct rtu_outputs *outputs)
{
	unsigned int i;

	for (i = 0; i < OHT_CYCLIC_ENTRIES_MAX; i++)
		ohtd_seqlock_fini(&outputs->entry[i]);
}

void rtu_outputs_give(struct rtu_outputs *outputs, unsigned int entry,
		      const struct rtu_output *output)
{
	ohtd_seqlock_publish(&outputs->entry[entry], output);
}

bool rtu_outputs_take(const struct rtu_outputs *outputs, unsigned int entry, uint32_t generation,
		      uint64_t epoch, struct rtu_output *output)
{
	return !ohtd_seqlock_copy(&outputs->entry[entry], output) &&
	       output->generation == generation && output->epoch == epoch;
}

uint64_t rtu_outputs_mask(const struct rtu_outputs *outputs, unsigned int count,
			  uint32_t generation, uint64_t epoch)
{
	struct rtu_output output;
	uint64_t mask = 0;
	unsigned int i;

	for (i = 0; i < count; i++)
		if (rtu_outputs_take(outputs, i, generation, epoch, &output))
			mask |= 1ull << i;
	return mask;
}
