/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the words that the plan of the rtu back-end writes while the simulated outputs are on.
 * Contexts: give: control thread. Mask and take: the line's thread.
 * Locks:    none; a sequence count for each entry.
 */
#ifndef OHTD_BUS_RTU_OUTPUTS_H
#define OHTD_BUS_RTU_OUTPUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/seqlock.h"
#include "oht_plan.h"

#define RTU_OUTPUT_WORDS_MAX	123	/* of one write */

/**
 * struct rtu_output - what an entry writes
 * @epoch: of the latch when it was given; void in any other
 * @generation: of the plan, 0: nothing was given
 * @words: @count of the entry
 */
struct rtu_output {
	uint64_t epoch;
	uint32_t generation;
	uint16_t words[RTU_OUTPUT_WORDS_MAX + 3];	/* a multiple of 8 bytes in all */
};

struct rtu_outputs {
	struct ohtd_seqlock entry[OHT_CYCLIC_ENTRIES_MAX];
};

int rtu_outputs_init(struct rtu_outputs *outputs);
void rtu_outputs_fini(struct rtu_outputs *outputs);

void rtu_outputs_give(struct rtu_outputs *outputs, unsigned int entry,
		      const struct rtu_output *output);

/* The newest words of an entry; false: none were given in this generation and epoch. */
bool rtu_outputs_take(const struct rtu_outputs *outputs, unsigned int entry, uint32_t generation,
		      uint64_t epoch, struct rtu_output *output);

/* One bit for each of the first @count entries that has words. */
uint64_t rtu_outputs_mask(const struct rtu_outputs *outputs, unsigned int count,
			  uint32_t generation, uint64_t epoch);

#endif
