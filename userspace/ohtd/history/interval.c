// SPDX-License-Identifier: GPL-2.0-or-later
/* An interval of samples: taken one by one, coded at once. */
#include "history/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int ohtd_interval_init(struct ohtd_interval *interval, uint32_t cycles)
{
	interval->room = cycles;
	interval->values = calloc((size_t)cycles * ohtd_telemetry_count(), sizeof(int64_t));
	interval->quality = calloc((size_t)cycles * ohtd_telemetry_count(), 1);
	return interval->values && interval->quality ? 0 : -ENOMEM;
}

void ohtd_interval_free(struct ohtd_interval *interval)
{
	free(interval->values);
	free(interval->quality);
}

/* It ends at a multiple of its length, or with its chunk. */
static void begin(struct ohtd_interval *interval, uint64_t number, uint32_t flush_cycles)
{
	uint64_t chunk_end = (number / OHTD_CHUNK_CYCLES + 1) * OHTD_CHUNK_CYCLES;

	/* A commit writes whole pages: half as many of them make up for what noise needs. */
	if (interval->share.scarce && 2 * flush_cycles <= interval->room)
		flush_cycles *= 2;
	interval->first = number - number % OHTD_LEVEL_CYCLES;
	interval->end = (number / flush_cycles + 1) * flush_cycles;
	if (interval->end > chunk_end)
		interval->end = chunk_end;
	interval->used = (struct oht_set){ 0 };
}

/* Cycles that were not begun: the value stays, which costs least, and counts for nothing. */
static void skip_to(struct ohtd_interval *interval, uint32_t cycles, const struct ohtd_sample *sample)
{
	uint32_t from = interval->cycles;

	for (unsigned int i = 0; i < ohtd_telemetry_count(); i++) {
		int64_t *values = interval->values + (size_t)i * interval->room;
		int64_t before = from ? values[from - 1] : sample->values[i];

		for (uint32_t at = from; at < cycles; at++)
			values[at] = before;
		memset(interval->quality + (size_t)i * interval->room + from, OHTD_TELEMETRY_NONE,
		       cycles - from);
	}
	interval->cycles = cycles;
}

void ohtd_interval_add(struct ohtd_interval *interval, const struct ohtd_sample *sample,
		       uint32_t flush_cycles, const struct oht_set *left_out)
{
	uint32_t at;

	if (!interval->cycles)
		begin(interval, sample->number, flush_cycles);
	at = (uint32_t)(sample->number - interval->first);
	if (at > interval->cycles)
		skip_to(interval, at, sample);
	ohtd_history_share_refill(&interval->share);
	for (unsigned int i = 0; i < ohtd_telemetry_count(); i++) {
		const bool is_out = oht_set_has(left_out, i), is_own = i >= OHTD_TELEMETRY_BUILT_IN;
		unsigned int quality = is_out ? OHTD_TELEMETRY_NONE : ohtd_sample_quality(sample, i);
		int64_t *value = &interval->values[(size_t)i * interval->room + at];

		/* Of a value that is not kept the one before costs least. */
		*value = is_out && at ? value[-1] : sample->values[i];
		if (is_own && is_out)
			ohtd_history_share_leave_out(&interval->share, i);
		else if (is_own)
			ohtd_history_share_take(&interval->share, i, value, &quality);
		interval->quality[(size_t)i * interval->room + at] = (uint8_t)quality;
		if (quality != OHTD_TELEMETRY_NONE)
			oht_set_add(&interval->used, i);
	}
	interval->cycles = at + 1;
}

static void code_signal(const struct ohtd_interval *interval, unsigned int signal,
			struct ohtd_history_pending *to)
{
	const int64_t *values = interval->values + (size_t)signal * interval->room;
	const uint8_t *narrow = interval->quality + (size_t)signal * interval->room;
	int64_t quality[OHTD_HISTORY_FLUSH_S_MAX * OHTD_LEVEL_CYCLES];
	struct ohtd_column columns[OHTD_HISTORY_FLUSH_S_MAX];
	struct ohtd_bytes part = { 0 };
	size_t count;

	for (uint32_t i = 0; i < interval->cycles; i++)
		quality[i] = narrow[i];
	ohtd_coded_put_samples(&part, values, quality, interval->cycles);
	ohtd_coded_put_part(&to->samples, signal, &part);
	part.used = 0;
	count = ohtd_columns_of_samples(values, quality, interval->cycles, OHTD_LEVEL_CYCLES,
					columns);
	ohtd_columns_put(&part, columns, count);
	ohtd_coded_put_part(&to->columns, signal, &part);
	ohtd_bytes_free(&part);
}

struct ohtd_history_pending *ohtd_interval_close(struct ohtd_interval *interval)
{
	struct ohtd_history_pending *pending = calloc(1, sizeof(*pending));

	if (pending) {
		pending->first = interval->first;
		pending->cycles = interval->cycles;
		for (unsigned int i = 0; i < ohtd_telemetry_count(); i++)
			if (oht_set_has(&interval->used, i))
				code_signal(interval, i, pending);
	}
	interval->cycles = 0;
	if (pending && (pending->columns.failed || pending->samples.failed)) {
		ohtd_pending_free(pending);
		return NULL;
	}
	return pending;
}

void ohtd_pending_free(struct ohtd_history_pending *pending)
{
	if (!pending)
		return;
	ohtd_bytes_free(&pending->columns);
	ohtd_bytes_free(&pending->samples);
	free(pending);
}
