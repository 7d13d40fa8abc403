/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the way out for values: all signals of each control cycle, as integers.
 * Contexts: take and put: control thread only, never wait, never allocate. Next: other threads, each with a reader of its own.
 * Locks:    none; as event_ring.h: a late reader loses the oldest samples, and is told how many.
 */
#ifndef OHTD_ROBOT_SAMPLES_H
#define OHTD_ROBOT_SAMPLES_H

#include <stdatomic.h>
#include <stdint.h>

#include "robot/telemetry.h"

#define OHTD_SAMPLES		512	/* a power of two; 12.8 s at 40 cycles a second */
#define OHTD_SAMPLE_MAX		OHT_SIGNAL_INTEGER_MAX	/* values are cut to it */
#define OHTD_QUALITY_WORDS	((OHTD_TELEMETRY_SIGNALS + 31) / 32)

/**
 * struct ohtd_sample - all signals at the end of a cycle
 * @number: point of the grid of cycles, from 0; a cycle that was not begun leaves its number out
 * @time_ns: of that point, CLOCK_MONOTONIC
 * @quality: two bits each, from the lowest on: enum ohtd_telemetry_quality
 * @values: ohtd_telemetry_integer() of each; that of the sample before where there is none
 */
struct ohtd_sample {
	uint64_t number;
	uint64_t time_ns;
	uint64_t quality[OHTD_QUALITY_WORDS];
	int64_t values[OHTD_TELEMETRY_SIGNALS];
};

#define OHTD_SAMPLE_WORDS	(sizeof(struct ohtd_sample) / 8)

static inline unsigned int ohtd_sample_quality(const struct ohtd_sample *sample,
					       unsigned int signal)
{
	return (unsigned int)(sample->quality[signal / 32] >> (2 * (signal % 32)) & 3);
}

static inline void ohtd_sample_set_quality(struct ohtd_sample *sample, unsigned int signal,
					   unsigned int quality)
{
	sample->quality[signal / 32] |= (uint64_t)quality << (2 * (signal % 32));
}

/*
 * Zeroed is empty. @count of a slot: number of the put that is in it, 0 while it is being
 * written.
 */
struct ohtd_sample_slot {
	_Atomic uint64_t count;
	_Atomic uint64_t words[OHTD_SAMPLE_WORDS];
};

struct ohtd_samples {
	_Atomic uint64_t newest;
	struct ohtd_sample_slot slots[OHTD_SAMPLES];
};

/* As struct ohtd_event_reader. */
struct ohtd_sample_reader {
	uint64_t seen;
	uint64_t lost;
};

/**
 * struct ohtd_sampler - where the signals are read from, found anew when modules change
 * @known: what was looked at, by index in the snapshot
 * @known_count: of @known
 * @aims: of each signal
 * @last: values of the sample before
 */
struct ohtd_sampler {
	struct {
		const struct oht_regmap *map;
		uint32_t generation;
		uint8_t unit;
		uint8_t assigned;
	} known[OHTD_MODULES_MAX];
	uint32_t known_count;
	struct ohtd_telemetry_aim aims[OHTD_TELEMETRY_SIGNALS];
	int64_t last[OHTD_TELEMETRY_SIGNALS];
};

/**
 * ohtd_sampler_take() - read all signals
 * @sampler: begun zeroed
 * @snapshot: of this cycle
 * @maps: registers of its modules, by their index; NULL: not identified
 * @registers: values of its modules, by their index
 * @sample: takes qualities and values
 */
void ohtd_sampler_take(struct ohtd_sampler *sampler, const struct ohtd_snapshot *snapshot,
		       const struct oht_regmap *const *maps,
		       const struct ohtd_registers *const *registers, struct ohtd_sample *sample);

/* Writer. */
void ohtd_samples_put(struct ohtd_samples *samples, const struct ohtd_sample *sample);

/* Reader: the next sample in order: 1 taken, 0 none. */
int ohtd_samples_next(const struct ohtd_samples *samples, struct ohtd_sample_reader *reader,
		      struct ohtd_sample *sample);

#endif
