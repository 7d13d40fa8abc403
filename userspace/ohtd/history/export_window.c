// SPDX-License-Identifier: GPL-2.0-or-later
/* A window of an export: all samples of some cycles of a run, from the file and from memory. */
#include "history/export_private.h"

#include <errno.h>
#include <string.h>

/* Of a sample: nothing is known of it. */
#define UNKNOWN		0xff

/* ---- pieces ---- */

/* Which part of @count cycles from @cycle on is in the window; false: none. */
static bool clip(const struct ohtd_export *export, int64_t cycle, int64_t count, size_t *begin,
		 size_t *end)
{
	int64_t from = cycle - export->first, to = from + count;

	from = from < 0 ? 0 : from;
	to = to < (int64_t)export->cycles ? to : (int64_t)export->cycles;
	*begin = (size_t)from;
	*end = (size_t)to;
	return from < to;
}

static void note_known(struct ohtd_export *export, int64_t cycle, int64_t count)
{
	size_t begin, end;

	if (clip(export, cycle, count, &begin, &end))
		memset(export->known + begin, true, end - begin);
}

static void join_samples(void *arg, size_t first, const int64_t *values, const int64_t *quality,
			 size_t count)
{
	struct ohtd_export *export = arg;
	int64_t cycle = export->piece_first + (int64_t)first;
	size_t row = export->series * export->room, begin, end, skipped;

	if (!clip(export, cycle, (int64_t)count, &begin, &end))
		return;
	skipped = (size_t)((int64_t)begin + export->first - cycle);
	memcpy(export->values + row + begin, values + skipped, (end - begin) * sizeof(*values));
	for (size_t i = begin; i < end; i++) {
		int64_t found = quality[skipped + i - begin];

		export->quality[row + i] = found < 0 || found > OHTD_TELEMETRY_NONE ?
					   OHTD_TELEMETRY_NONE : (uint8_t)found;
	}
}

/* What of the piece is in the window cannot be read, for the signal that is being read. */
static void note_damage(struct ohtd_export *export, int64_t first, int64_t cycles)
{
	size_t begin, end;

	if (clip(export, first, cycles, &begin, &end))
		memset(export->quality + export->series * export->room + begin, OHTD_EXPORT_DAMAGED,
		       end - begin);
	/* A piece is in many windows, and is counted once. */
	if (first >= export->first)
		atomic_fetch_add(&export->history->damaged, 1);
}

static int take_samples(struct ohtd_export *export, struct ohtd_span part, int64_t first,
			int64_t cycles)
{
	int64_t begin = export->first - first, end = begin + (int64_t)export->cycles;

	export->piece_first = first;
	if (end <= 0)
		return 0;
	return ohtd_coded_take_samples(part, (size_t)cycles, begin < 0 ? 0 : (size_t)begin,
				       (size_t)end, join_samples, export);
}

/* All signals out of one interval. @ids: their numbers in it; NULL: those of telemetry. */
static void take_parts(struct ohtd_export *export, const struct ohtd_span *inside,
		       const int64_t *ids, int64_t first, int64_t cycles)
{
	note_known(export, first, cycles);
	for (unsigned int i = 0; i < export->query.count; i++) {
		unsigned int signal = export->query.signals[i];
		struct ohtd_span part = { 0 };
		int r = !inside ? -EBADMSG :
			ohtd_coded_find_part(*inside, ids ? ids[signal] : signal, &part);

		export->series = i;
		if (r > 0)
			r = take_samples(export, part, first, cycles);
		if (r < 0)
			note_damage(export, first, cycles);
	}
}

static int take_interval(const struct ohtd_history_piece *piece, void *arg)
{
	struct ohtd_export *export = arg;
	const struct ohtd_history_memory *memory = &export->memory;
	struct ohtd_span inside;
	bool good;

	if (memory->begun && piece->run == memory->run.run && piece->first >= memory->first)
		return 0;
	good = !ohtd_coded_open(piece->data, piece->bytes, &inside);
	take_parts(export, good ? &inside : NULL, export->history->signal_ids, piece->first,
		   piece->cycles);
	return 0;
}

static int take_chunk(const struct ohtd_history_piece *piece, void *arg)
{
	struct ohtd_export *export = arg;
	int64_t first = piece->first * OHTD_CHUNK_CYCLES;
	struct ohtd_span inside;

	export->found = true;
	note_known(export, first, piece->cycles);
	if (ohtd_coded_open(piece->data, piece->bytes, &inside) ||
	    take_samples(export, inside, first, piece->cycles))
		note_damage(export, first, piece->cycles);
	return 0;
}

/* ---- a window ---- */

static int64_t end_of_chunk(int64_t cycle)
{
	return (cycle / OHTD_CHUNK_CYCLES + 1) * OHTD_CHUNK_CYCLES;
}

/* Something of the chunk may be in memory alone. */
static bool reaches_memory(const struct ohtd_export *export)
{
	const struct ohtd_history_memory *memory = &export->memory;

	return memory->begun && export->run.run == memory->run.run &&
	       (memory->gap_count || memory->first < end_of_chunk(export->first));
}

/* None of the signals has samples there: the rest of the chunk is passed over at once. */
static int pass_chunk(struct ohtd_db *db, struct ohtd_export *export, int64_t end)
{
	int64_t chunk_end = end_of_chunk(export->first);
	int kept = ohtd_db_history_has_chunk(db, export->run.run,
					     export->first / OHTD_CHUNK_CYCLES);
	int gaps = kept < 0 || export->gap_count ? 0 :
		   ohtd_db_history_gaps(db, export->run.run, export->first, chunk_end, export->gaps, 1);

	if (kept < 0 || gaps < 0)
		return kept < 0 ? kept : gaps;
	if (kept)
		memset(export->known, true, export->cycles);
	export->blank = !export->gap_count && !gaps;
	export->blank_why = kept ? OHTD_WHY_NO_VALUE : OHTD_WHY_NO_DATA;
	if (export->blank && chunk_end < end)
		end = chunk_end;
	if (export->blank)
		export->cycles = (size_t)(end - export->first);
	return 0;
}

static int read_chunks(struct ohtd_db *db, struct ohtd_export *export, int64_t end)
{
	int64_t chunk = export->first / OHTD_CHUNK_CYCLES;
	int r = 0;

	export->found = false;
	for (unsigned int i = 0; !r && i < export->query.count; i++) {
		export->series = i;
		r = ohtd_db_history_chunks(db, 0,
			export->history->signal_ids[export->query.signals[i]],
			export->run.run, chunk, chunk, take_chunk, export);
	}
	return r || export->found || reaches_memory(export) ? r : pass_chunk(db, export, end);
}

static int read_intervals(struct ohtd_db *db, struct ohtd_export *export)
{
	/* The first may have begun before the window. */
	int64_t from = export->first - OHTD_HISTORY_FLUSH_S_MAX * OHTD_LEVEL_CYCLES;

	return ohtd_db_history_intervals(db, true, export->run.run, from < 0 ? 0 : from,
					 export->first + (int64_t)export->cycles, take_interval,
					 export);
}

static int read_gaps(struct ohtd_db *db, struct ohtd_export *export)
{
	int r = ohtd_db_history_gaps(db, export->run.run, export->first,
				     export->first + (int64_t)export->cycles, export->gaps,
				     OHTD_HISTORY_GAPS_MAX);

	export->gap_count = r < 0 ? 0 : (unsigned int)r;
	return r < 0 ? r : 0;
}

int ohtd_window_read(struct ohtd_db *db, struct ohtd_export *export, int64_t end)
{
	int64_t unsealed = ohtd_db_history_first_interval(db, export->run.run);
	int r = unsealed < 0 && unsealed != -ENOENT ? (int)unsealed : read_gaps(db, export);

	memset(export->quality, UNKNOWN, export->query.count * export->room);
	memset(export->known, false, export->room);
	if (r)
		return r;
	/* While a chunk is being sealed its intervals count, which are still there. */
	if (unsealed >= 0 && unsealed < end_of_chunk(export->first))
		return read_intervals(db, export);
	return read_chunks(db, export, end);
}

static void read_memory(struct ohtd_export *export)
{
	const struct ohtd_history_memory *memory = &export->memory;
	const struct ohtd_interval *interval = &memory->interval;

	if (!memory->begun || export->run.run != memory->run.run)
		return;
	for (const struct ohtd_history_pending *pending = memory->pending; pending; pending = pending->next)
		take_parts(export, &(struct ohtd_span){ pending->samples.data, pending->samples.used },
			   NULL, (int64_t)pending->first, pending->cycles);
	note_known(export, (int64_t)interval->first, interval->cycles);
	export->piece_first = (int64_t)interval->first;
	for (unsigned int i = 0; i < export->query.count; i++) {
		const uint8_t *narrow = interval->quality + (size_t)i * interval->room;
		int64_t quality[OHTD_HISTORY_FLUSH_S_MAX * OHTD_LEVEL_CYCLES];

		for (uint32_t at = 0; at < interval->cycles; at++)
			quality[at] = narrow[at];
		export->series = i;
		join_samples(export, 0, interval->values + (size_t)i * interval->room, quality,
			     interval->cycles);
	}
	for (unsigned int i = 0; i < memory->gap_count; i++)
		export->gaps[export->gap_count++] = memory->gaps[i];
}

/* A cycle is told if one of the signals had a value, whatever a gap says of it. */
static void judge(struct ohtd_export *export)
{
	for (size_t at = 0; at < export->cycles; at++)
		export->why[at] = export->known[at] ? OHTD_WHY_NO_VALUE : OHTD_WHY_NO_DATA;
	for (unsigned int i = 0; i < export->gap_count; i++) {
		size_t begin, end;

		if (!clip(export, export->gaps[i].first, export->gaps[i].cycles, &begin, &end))
			continue;
		for (size_t at = begin; at < end; at++)
			export->why[at] = (uint16_t)(OHTD_WHY_GAP + i);
	}
	for (unsigned int i = 0; i < export->query.count; i++) {
		uint8_t *quality = export->quality + i * export->room;

		for (size_t at = 0; at < export->cycles; at++) {
			if (quality[at] < OHTD_TELEMETRY_NONE)
				export->why[at] = OHTD_WHY_SAMPLES;
			else if (quality[at] == OHTD_EXPORT_DAMAGED && export->why[at])
				export->why[at] = OHTD_WHY_DAMAGED;
			else if (quality[at] == UNKNOWN)
				quality[at] = OHTD_TELEMETRY_NONE;
		}
	}
}

void ohtd_window_finish(struct ohtd_export *export)
{
	if (export->blank)
		return;
	read_memory(export);
	judge(export);
}
