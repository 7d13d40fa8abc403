/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run of random samples of a few signals.
 *
 * Owns:     nothing.
 * Contexts: any; pure functions.
 * Locks:    none.
 */
#ifndef HISTORY_RUN_H
#define HISTORY_RUN_H

#include <stdint.h>

#include "chance.h"
#include "history/levels.h"

#define CYCLES_MAX	(3 * OHTD_CHUNK_CYCLES)
#define SIGNALS		4

/* What the model knows of a run. */
struct run {
	int64_t start_ns;
	uint64_t cycles;
	int64_t values[SIGNALS][CYCLES_MAX];
	uint8_t quality[SIGNALS][CYCLES_MAX];
};

/* Noise, a slow one with steps, words, a counter that begins anew at times; each is bad now and then, and cycles are left out. */
static inline void make_run(struct run *made, uint64_t cycles, uint64_t *seed)
{
	int64_t position = 0, word = 0, count = 0;
	unsigned int bad[SIGNALS] = { 0 }, missing = 0;

	made->cycles = cycles;
	for (uint64_t at = 0; at < cycles; at++) {
		position += chance(seed, 9) ? 0 : (int64_t)chance(seed, 400) - 200;
		word = chance(seed, 5000) ? word : (int64_t)chance(seed, 12);
		count = chance(seed, 20000) ? count + (int64_t)chance(seed, 3) : 0;
		made->values[0][at] = 250 + (int64_t)(2 * chance_noise(seed));
		made->values[1][at] = position;
		made->values[2][at] = word;
		made->values[3][at] = count;
		missing = missing ? missing - 1 : chance(seed, 20000) ? 0 : (unsigned int)chance(seed, 300);
		for (unsigned int i = 0; i < SIGNALS; i++) {
			bad[i] = bad[i] ? bad[i] - 1 : chance(seed, 4000) ? 0 : (unsigned int)chance(seed, 200);
			made->quality[i][at] = missing ? 0xff : bad[i] ? (uint8_t)(1 + bad[i] % 3) : 0;
		}
	}
	/* Its ends are there. */
	for (unsigned int i = 0; i < SIGNALS; i++)
		made->quality[i][0] = made->quality[i][cycles - 1] = 0;
}

#endif /* HISTORY_RUN_H */
