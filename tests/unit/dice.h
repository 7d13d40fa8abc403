/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chance that a seed repeats, and series of runs of which each has a seed of its own: OHT_SEED is that of the first,
 * OHT_RUNS how many there are, so both with OHT_RUNS=1 are one run again.
 *
 * Owns:     nothing; the seed is the caller's.
 * Contexts: any.
 * Locks:    none.
 */
#ifndef DICE_H
#define DICE_H

#include <stdint.h>
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

/* A longer or shorter series than @usual begins elsewhere each time, 10,000 seeds apart for each second. */
static inline uint64_t series_first(uint64_t usual)
{
	const char *wanted = getenv("OHT_SEED");

	if (wanted)
		return strtoull(wanted, NULL, 10);
	return getenv("OHT_RUNS") ? (uint64_t)time(NULL) * 10000 : usual;
}

/* Said, since check-sanitizers holds the gate to it. */
static inline unsigned int series_runs(unsigned int usual)
{
	const char *wanted = getenv("OHT_RUNS");
	unsigned int runs = wanted ? (unsigned int)strtoul(wanted, NULL, 10) : usual;

	printf("a series of %u runs\n", runs);
	return runs;
}

/* 0 to @sides - 1. */
static inline unsigned int dice(unsigned int *seed, unsigned int sides)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % sides;
}

#endif /* DICE_H */
