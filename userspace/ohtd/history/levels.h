/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     columns: what is left of the samples of a stretch of time when it is drawn as one
 *           point.
 * Contexts: any thread; pure functions.
 * Locks:    none.
 *
 * A column of level n has 8 times as many samples as one of level n - 1, and begins at a
 * multiple of that many cycles of its run. A chunk has exactly one column of the coarsest
 * level, so that no column lies in two chunks.
 */
#ifndef OHTD_HISTORY_LEVELS_H
#define OHTD_HISTORY_LEVELS_H

#include <stddef.h>
#include <stdint.h>

#include "history/codec.h"

/*
 * Level 0 are the samples; levels 1 to 5 are columns of 1, 8, 64, 512 and 4096 s at 40 cycles a
 * second.
 */
#define OHTD_LEVELS		6
#define OHTD_LEVEL_CYCLES	40	/* of a column of level 1 */
#define OHTD_LEVEL_FACTOR	8
#define OHTD_CHUNK_CYCLES	163840	/* of a column of the coarsest level, and of a chunk */
#define OHTD_CHUNK_COLUMNS	4096	/* of level 1 in a chunk */

/*
 * Values are less than that, either way: their sum over a chunk is an int64, and each is a
 * double. The control thread cuts what is more.
 */
#define OHTD_VALUE_MAX		(1ll << 45)

/**
 * struct ohtd_column - of the good samples of a stretch; without one all is 0
 * @count: good samples
 */
struct ohtd_column {
	int64_t first, last, min, max, sum;
	int64_t count;
};

/* Samples in a column of @level; 1 for level 0. */
uint32_t ohtd_level_cycles(unsigned int level);

/* Joins a later column to @to. */
void ohtd_column_join(struct ohtd_column *to, const struct ohtd_column *later);

/* Joins a good sample to @to. */
void ohtd_column_add(struct ohtd_column *to, int64_t value);

/*
 * Columns of @cycles samples each from @count samples, of which the first begins a column; the
 * last column may have fewer. @quality: enum ohtd_telemetry_quality of each. Returns how many
 * columns.
 */
size_t ohtd_columns_of_samples(const int64_t *values, const int64_t *quality, size_t count,
			       uint32_t cycles, struct ohtd_column *columns);

/* The columns of the next level in place of @columns; returns how many. */
size_t ohtd_columns_join(struct ohtd_column *columns, size_t count);

/* As up to six series: counts, and the rest as far from the lowest value as it is. */
void ohtd_columns_put(struct ohtd_bytes *to, const struct ohtd_column *columns, size_t count);

/* Back; @columns NULL: only moves on. 0, -EBADMSG or -ENOMEM. */
int ohtd_columns_take(struct ohtd_span *from, struct ohtd_column *columns, size_t count);

#endif /* OHTD_HISTORY_LEVELS_H */
