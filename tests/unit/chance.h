/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chance of 64 bits that a seed repeats, for what dice.h is too coarse for.
 *
 * Owns:     nothing; the seed is the caller's.
 * Contexts: any.
 * Locks:    none.
 */
#ifndef CHANCE_H
#define CHANCE_H

#include <math.h>
#include <stdint.h>

/* splitmix64 */
static inline uint64_t chance_next(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* 0 to @sides - 1. */
static inline uint64_t chance(uint64_t *seed, uint64_t sides)
{
	return chance_next(seed) % sides;
}

/* Of the normal distribution, nearly. */
static inline double chance_noise(uint64_t *seed)
{
	double sum = 0;

	for (int i = 0; i < 12; i++)
		sum += (double)(chance_next(seed) >> 11) / (double)(1ull << 53);
	return sum - 6;
}

#endif /* CHANCE_H */
