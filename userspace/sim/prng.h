/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     repeatable randomness: everything random in a run comes from one seed.
 * Contexts: the simulator's one thread.
 * Locks:    none.
 */
#ifndef OHT_SIM_PRNG_H
#define OHT_SIM_PRNG_H

#include <stdint.h>

struct oht_sim_prng {
	uint64_t state;
};

/* Next 64 bits (SplitMix64, Steele, Lea, Flood 2014). Any seed is good, 0 included. */
static inline uint64_t oht_sim_prng_next(struct oht_sim_prng *prng)
{
	uint64_t z = prng->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Evenly in [-1, 1). */
static inline double oht_sim_prng_noise(struct oht_sim_prng *prng)
{
	return (double)(int64_t)oht_sim_prng_next(prng) / 9223372036854775808.0;
}

#endif
