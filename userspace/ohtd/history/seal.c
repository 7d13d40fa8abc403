// SPDX-License-Identifier: GPL-2.0-or-later
/* The intervals of a chunk become one piece of each signal and level. */
#include "history/private.h"

#include <errno.h>
#include <stdlib.h>

#include "history/rows.h"

#define SIGNALS_A_STEP	8

/**
 * struct sealer - a signal of a chunk
 * @signal: its number in the file
 * @start: first cycle of the chunk
 * @next: cycle of the chunk that comes next
 * @any: it has at least one part
 * @any_bad: at least one sample is not good
 * @db: gets a gap for each interval that cannot be read
 * @run: of the chunk
 * @damaged: counts them
 * @values: of the block that is being filled; so are @quality and @filled
 * @values_coded: of the blocks before; so is @quality_coded
 * @columns: of level 1
 */
struct sealer {
	int64_t signal;
	int64_t start;
	size_t next;
	bool any, any_bad;
	struct ohtd_db *db;
	int64_t run;
	_Atomic uint64_t *damaged;
	int64_t values[OHTD_CODEC_BLOCK], quality[OHTD_CODEC_BLOCK];
	size_t filled;
	struct ohtd_bytes values_coded, quality_coded;
	struct ohtd_column columns[OHTD_CHUNK_COLUMNS];
};

static void end_block(struct sealer *sealer)
{
	ohtd_codec_put(&sealer->values_coded, sealer->values, sealer->filled);
	ohtd_codec_put(&sealer->quality_coded, sealer->quality, sealer->filled);
	sealer->filled = 0;
}

static void add(struct sealer *sealer, int64_t value, int64_t quality)
{
	if (!quality)
		ohtd_column_add(&sealer->columns[sealer->next / OHTD_LEVEL_CYCLES], value);
	else
		sealer->any_bad = true;
	sealer->values[sealer->filled] = value;
	sealer->quality[sealer->filled++] = quality;
	sealer->next++;
	if (sealer->filled == OHTD_CODEC_BLOCK)
		end_block(sealer);
}

/* Up to @next, or to the end of the chunk, nothing is kept of the signal. */
static void fill_up(struct sealer *sealer, size_t next, int64_t value)
{
	while (sealer->next < next && sealer->next < OHTD_CHUNK_CYCLES)
		add(sealer, value, OHTD_TELEMETRY_NONE);
}

struct placed {
	struct sealer *sealer;
	size_t at;
};

static void take_block(void *arg, size_t first, const int64_t *values, const int64_t *quality,
		       size_t count)
{
	const struct placed *placed = arg;

	fill_up(placed->sealer, placed->at + first, values[0]);
	for (size_t i = 0; i < count; i++)
		if (placed->at + first + i == placed->sealer->next &&
		    placed->sealer->next < OHTD_CHUNK_CYCLES)
			add(placed->sealer, values[i], quality[i]);
}

/* All signals are damaged together: the first one tells it. */
static int note_damage(const struct sealer *sealer, const struct ohtd_history_piece *piece)
{
	const struct ohtd_history_gap gap = {
		.run = sealer->run, .first = piece->first, .cycles = piece->cycles,
		.reason = "damaged",
	};

	if (sealer->signal != 1)
		return 0;
	atomic_fetch_add(sealer->damaged, 1);
	return ohtd_db_history_add_gap(sealer->db, &gap);
}

static int take_interval(const struct ohtd_history_piece *piece, void *arg)
{
	struct sealer *sealer = arg;
	struct placed placed = { sealer, (size_t)(piece->first - sealer->start) };
	struct ohtd_span inside, part = { 0 };
	int r = ohtd_coded_open(piece->data, piece->bytes, &inside);

	if (!r)
		r = ohtd_coded_find_part(inside, sealer->signal, &part);
	if (r > 0) {
		sealer->any = true;
		r = ohtd_coded_take_samples(part, (size_t)piece->cycles, 0, SIZE_MAX, take_block,
					    &placed);
	}
	return r == -EBADMSG ? note_damage(sealer, piece) : r < 0 ? r : 0;
}

static int put(struct ohtd_db *db, const struct sealer *sealer, unsigned int level,
	       const struct ohtd_task *task, struct ohtd_bytes *blob)
{
	struct ohtd_history_piece piece = {
		.run = task->seal_run, .first = sealer->start, .cycles = (int64_t)sealer->next,
	};

	ohtd_coded_close(blob);
	if (blob->failed)
		return -ENOMEM;
	piece.data = blob->data;
	piece.bytes = blob->used;
	return ohtd_db_history_put_chunk(db, level, sealer->signal, task->seal_chunk, &piece);
}

static int put_all(struct ohtd_db *db, struct sealer *sealer, const struct ohtd_task *task)
{
	size_t count = (sealer->next + OHTD_LEVEL_CYCLES - 1) / OHTD_LEVEL_CYCLES;
	struct ohtd_bytes blob = { 0 };
	int r;

	if (sealer->filled)
		end_block(sealer);
	ohtd_bytes_put(&blob, sealer->values_coded.data, sealer->values_coded.used);
	if (sealer->any_bad)
		ohtd_bytes_put(&blob, sealer->quality_coded.data, sealer->quality_coded.used);
	blob.failed |= sealer->values_coded.failed | sealer->quality_coded.failed;
	r = put(db, sealer, 0, task, &blob);
	for (unsigned int level = 1; !r && level < OHTD_LEVELS; level++) {
		if (level > 1)
			count = ohtd_columns_join(sealer->columns, count);
		blob.used = 0;
		ohtd_columns_put(&blob, sealer->columns, count);
		r = put(db, sealer, level, task, &blob);
	}
	ohtd_bytes_free(&blob);
	return r;
}

static int seal_signal(struct ohtd_db *db, struct ohtd_task *task, int64_t signal, size_t cycles)
{
	struct sealer *sealer = calloc(1, sizeof(*sealer));
	int r;

	if (!sealer)
		return -ENOMEM;
	sealer->db = db;
	sealer->run = task->seal_run;
	sealer->damaged = &task->history->damaged;
	sealer->signal = signal;
	sealer->start = task->seal_chunk * OHTD_CHUNK_CYCLES;
	r = ohtd_db_history_intervals(db, true, task->seal_run, sealer->start,
				      sealer->start + OHTD_CHUNK_CYCLES, take_interval, sealer);
	if (!r && sealer->any) {
		int64_t last = sealer->filled ? sealer->values[sealer->filled - 1] : 0;

		fill_up(sealer, cycles, last);
		r = put_all(db, sealer, task);
	}
	ohtd_bytes_free(&sealer->values_coded);
	ohtd_bytes_free(&sealer->quality_coded);
	free(sealer);
	return r;
}

int ohtd_seal_step(struct ohtd_db *db, struct ohtd_task *task)
{
	int64_t start = task->seal_chunk * OHTD_CHUNK_CYCLES, end = start + OHTD_CHUNK_CYCLES;
	int64_t newest = ohtd_db_history_newest_signal(db), signal = task->seal_signal;
	int64_t till = ohtd_db_history_interval_end(db, task->seal_run, end);
	int r = newest < 0 ? (int)newest : till < 0 ? (int)till : 0;

	till = till > end ? end : till;
	for (unsigned int i = 0; !r && i < SIGNALS_A_STEP && signal <= newest; i++)
		r = seal_signal(db, task, signal++, (size_t)(till - start));
	if (r)
		return r;
	task->seal_signal = signal;
	if (signal <= newest)
		return 1;
	return ohtd_db_history_drop_intervals(db, task->seal_run, start, end);
}
