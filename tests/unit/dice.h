/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chance that a seed repeats.
 *
 * Owns:     nothing; the seed is the caller's.
 * Contexts: any.
 * Locks:    none.
 */
#ifndef DICE_H
#define DICE_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* OHT_SEED, else another one each time; said, so that a run can be had again. */
static inline unsigned int dice_seed(void)
{
	const char *wanted = getenv("OHT_SEED");
	unsigned int seed = wanted ? (unsigned int)strtoul(wanted, NULL, 10) :
				     (unsigned int)time(NULL);

	printf("OHT_SEED=%u\n", seed);
	return seed;
}

/* 0 to @sides - 1. */
static inline unsigned int dice(unsigned int *seed, unsigned int sides)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % sides;
}

#endif /* DICE_H */
