// SPDX-License-Identifier: GPL-2.0-or-later
#include "robot/samples.h"

#include <stdbool.h>
#include <string.h>

/* ---- reading all signals ---- */

static bool is_known(const struct ohtd_sampler *sampler, const struct ohtd_snapshot *snapshot,
		     const struct oht_regmap *const *maps)
{
	if (sampler->known_count != snapshot->module_count)
		return false;
	for (unsigned int i = 0; i < snapshot->module_count; i++)
		if (sampler->known[i].map != maps[i] ||
		    sampler->known[i].generation != snapshot->modules[i].generation ||
		    sampler->known[i].unit != snapshot->modules[i].unit ||
		    sampler->known[i].assigned != snapshot->modules[i].assigned)
			return false;
	return true;
}

static void look(struct ohtd_sampler *sampler, const struct ohtd_snapshot *snapshot,
		 const struct oht_regmap *const *maps)
{
	sampler->known_count = snapshot->module_count;
	for (unsigned int i = 0; i < snapshot->module_count; i++) {
		sampler->known[i].map = maps[i];
		sampler->known[i].generation = snapshot->modules[i].generation;
		sampler->known[i].unit = snapshot->modules[i].unit;
		sampler->known[i].assigned = snapshot->modules[i].assigned;
	}
	for (unsigned int i = 0; i < ohtd_telemetry_count(); i++)
		sampler->aims[i] = ohtd_telemetry_aim(snapshot, maps, i);
}

void ohtd_sampler_take(struct ohtd_sampler *sampler, const struct ohtd_snapshot *snapshot,
		       const struct oht_regmap *const *maps,
		       const struct ohtd_registers *const *registers, struct ohtd_sample *sample)
{
	if (!is_known(sampler, snapshot, maps))
		look(sampler, snapshot, maps);
	memset(sample->quality, 0, sizeof(sample->quality));
	for (unsigned int i = 0; i < ohtd_telemetry_count(); i++) {
		const struct ohtd_telemetry_aim *aim = &sampler->aims[i];
		const struct ohtd_reading reading =
			ohtd_telemetry_read_at(snapshot, snapshot->time_ns, i, aim,
					       aim->module < 0 ? NULL : registers[aim->module]);

		if (reading.quality != OHTD_TELEMETRY_NONE)
			sampler->last[i] = ohtd_telemetry_integer(i, reading.value,
								  OHTD_SAMPLE_MAX);
		sample->values[i] = sampler->last[i];
		ohtd_sample_set_quality(sample, i, reading.quality);
	}
}

/* ---- the ring ---- */

void ohtd_samples_put(struct ohtd_samples *samples, const struct ohtd_sample *sample)
{
	uint64_t count = atomic_load_explicit(&samples->newest, memory_order_relaxed) + 1;
	struct ohtd_sample_slot *slot = &samples->slots[count % OHTD_SAMPLES];
	uint64_t words[OHTD_SAMPLE_WORDS];

	memcpy(words, sample, sizeof(words));
	/* A reader that sees a new word sees the nought too, and drops what it has copied. */
	atomic_store_explicit(&slot->count, 0, memory_order_relaxed);
	for (size_t i = 0; i < OHTD_SAMPLE_WORDS; i++)
		atomic_store_explicit(&slot->words[i], words[i], memory_order_release);
	atomic_store_explicit(&slot->count, count, memory_order_release);
	atomic_store_explicit(&samples->newest, count, memory_order_release);
}

/* False: the slot has another sample by now. */
static bool copy(const struct ohtd_sample_slot *slot, uint64_t count, struct ohtd_sample *sample)
{
	uint64_t words[OHTD_SAMPLE_WORDS];

	if (atomic_load_explicit(&slot->count, memory_order_acquire) != count)
		return false;
	for (size_t i = 0; i < OHTD_SAMPLE_WORDS; i++)
		words[i] = atomic_load_explicit(&slot->words[i], memory_order_acquire);
	if (atomic_load_explicit(&slot->count, memory_order_relaxed) != count)
		return false;
	memcpy(sample, words, sizeof(words));
	return true;
}

int ohtd_samples_next(const struct ohtd_samples *samples, struct ohtd_sample_reader *reader,
		      struct ohtd_sample *sample)
{
	for (;;) {
		uint64_t newest = atomic_load_explicit(&samples->newest, memory_order_acquire);
		uint64_t next = reader->seen + 1;

		if (reader->seen >= newest)
			return 0;
		if (newest - reader->seen <= OHTD_SAMPLES &&
		    copy(&samples->slots[next % OHTD_SAMPLES], next, sample)) {
			reader->seen = next;
			return 1;
		}
		/* Overwritten: one is lost for certain; the next turn of the loop looks again. */
		reader->seen = newest - next >= OHTD_SAMPLES ? newest - OHTD_SAMPLES : next;
		reader->lost += reader->seen - (next - 1);
	}
}
