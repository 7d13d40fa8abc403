// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads samples of some signals in a span: from the file and from memory, joined into columns. */
#include "history/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "robot/model.h"
#include "history/rows.h"

/* The room for runs grows from here to OHTD_HISTORY_RUNS_MAX: a usual span has a few. */
#define RUNS_AT_FIRST	64
#define RUNS_GROWTH	8
/* The room doubles from here to OHTD_HISTORY_GAPS_MAX. */
#define HOLES_AT_FIRST	16
#define CYCLE_NS	(OHTD_CYCLE_MS * (int64_t)OHTD_NS_PER_MS)

/**
 * struct segment - the part of a run that is in the span
 * @run: which
 * @begin: first cycle, and @end behind the last: whole columns
 * @at: place of its first column in the answer, before those are put in order
 * @count: of its columns
 * @parted: an empty column stands behind them
 */
struct segment {
	struct ohtd_history_run run;
	int64_t begin, end;
	size_t at, count;
	bool parted;
};

struct reading {
	struct ohtd_history *history;
	const struct ohtd_history_query *query;
	struct ohtd_history_answer *answer;
	struct ohtd_history_memory memory;
	int64_t group;			/* cycles of a column of the answer */
	struct ohtd_history_run *runs;
	struct segment *segments;	/* one more than there are runs */
	unsigned int run_count, segment_count;
	bool run_refused;		/* what the file says of it is damaged */

	/* while one piece is read */
	const struct segment *segment;
	unsigned int series;
	int64_t piece_first;
	int64_t before;			/* pieces from there on are in memory too */
	struct ohtd_column *scratch;	/* OHTD_CHUNK_COLUMNS */
	struct ohtd_history_gap *gaps;	/* OHTD_HISTORY_GAPS_MAX */
};

/* ---- columns and their times ---- */

int64_t ohtd_run_time(const struct ohtd_history_run *run, int64_t cycle)
{
	int64_t time_ns;

	if (__builtin_mul_overflow(cycle, run->cycle_ns, &time_ns) ||
	    __builtin_add_overflow(run->start_ns, time_ns, &time_ns))
		return cycle < 0 ? INT64_MIN : INT64_MAX;
	return time_ns;
}

static int64_t floor_to(int64_t value, int64_t step)
{
	int64_t rest = value % step;

	return value - (rest < 0 ? rest + step : rest);
}

static int64_t ceil_to(int64_t value, int64_t step)
{
	return floor_to(value + step - 1, step);
}

/*
 * A step becomes a whole number of columns of @level: true if it is at most a quarter longer then. Level 1 is taken for each step of a
 * second and more: samples would be forty times as many.
 */
static bool fits(unsigned int level, int64_t step_ns)
{
	int64_t level_ns = ohtd_level_cycles(level) * CYCLE_NS;

	return level_ns <= step_ns && (level <= 1 || 4 * ceil_to(step_ns, level_ns) <= 5 * step_ns);
}

/* Columns of @level that begin with the query are gone, while there still are longer ones of that time. */
static bool is_gone(const struct reading *reading, unsigned int level)
{
	int64_t begin_ns = ohtd_history_reaches(reading->history, level);

	return reading->query->from_ns < begin_ns &&
	       ohtd_history_reaches(reading->history, OHTD_LEVELS_SHORT) < begin_ns;
}

/* The coarsest level of which the columns can be made, and one that is still there. */
static void choose_level(struct reading *reading)
{
	struct ohtd_history_answer *answer = reading->answer;
	int64_t step_ns = reading->query->step_ns;

	answer->level = OHTD_LEVELS - 1;
	while (answer->level && !fits(answer->level, step_ns))
		answer->level--;
	while (!reading->query->exact && answer->level < OHTD_LEVELS_SHORT && is_gone(reading, answer->level))
		answer->level++;
	answer->step_ns = ceil_to(step_ns, ohtd_level_cycles(answer->level) * CYCLE_NS);
	reading->group = answer->step_ns / CYCLE_NS;
}

static void add_segment(struct reading *reading, const struct ohtd_history_run *run)
{
	const struct ohtd_history_query *query = reading->query;
	int64_t begin = (query->from_ns - run->start_ns) / run->cycle_ns;
	int64_t end = (query->to_ns - run->start_ns + run->cycle_ns - 1) / run->cycle_ns;
	struct segment *segment = &reading->segments[reading->segment_count];

	begin = begin < 0 ? 0 : begin;
	end = end < run->end ? end : run->end;
	if (begin >= end)
		return;
	*segment = (struct segment){
		.run = *run, .begin = floor_to(begin, reading->group),
		.end = ceil_to(end, reading->group),
	};
	segment->count = (size_t)((segment->end - segment->begin) / reading->group);
	reading->segment_count++;
}

bool ohtd_run_is_sound(const struct ohtd_history_run *run)
{
	return run->cycle_ns == CYCLE_NS && run->start_ns >= 0;
}

static void take_run(struct reading *reading, const struct ohtd_history_run *run)
{
	if (ohtd_run_is_sound(run)) {
		add_segment(reading, run);
		return;
	}
	reading->run_refused = true;
	atomic_fetch_add(&reading->history->damaged, 1);
}

/* The run that memory has goes on, whatever the file knows of it. */
static int add_segments(struct reading *reading)
{
	const struct ohtd_history_memory *memory = &reading->memory;

	reading->segments = calloc(reading->run_count + 1, sizeof(*reading->segments));
	if (!reading->segments)
		return -ENOMEM;
	for (unsigned int i = 0; i < reading->run_count; i++)
		if (!memory->begun || reading->runs[i].run != memory->run.run)
			take_run(reading, &reading->runs[i]);
	if (memory->begun)
		add_segment(reading, &memory->run);
	return 0;
}

static int64_t begin_of(const struct segment *segment)
{
	return ohtd_run_time(&segment->run, segment->begin);
}

static int64_t end_of(const struct segment *segment)
{
	return ohtd_run_time(&segment->run, segment->end);
}

/* An empty column stands in front of a time without a run, unless no run follows. Of runs with the same end it stands behind the last one. */
static bool is_parted(const struct reading *reading, unsigned int segment)
{
	int64_t end_ns = end_of(&reading->segments[segment]);
	bool followed = false;

	for (unsigned int i = 0; i < reading->segment_count; i++) {
		const struct segment *other = &reading->segments[i];

		if (i == segment)
			continue;
		if (begin_of(other) > end_ns)
			followed = true;
		else if (end_of(other) > end_ns || (i > segment && end_of(other) == end_ns))
			return false;
	}
	return followed;
}

static int make_room(struct reading *reading)
{
	struct ohtd_history_answer *answer = reading->answer;
	size_t at = 0;

	for (unsigned int i = 0; i < reading->segment_count; i++) {
		reading->segments[i].at = at;
		reading->segments[i].parted = is_parted(reading, i);
		at += reading->segments[i].count + reading->segments[i].parted;
	}
	if (at * reading->query->count > OHTD_HISTORY_COLUMNS_MAX)
		return -E2BIG;
	answer->count = at;
	answer->times_ns = calloc(at + 1, sizeof(*answer->times_ns));
	answer->columns = calloc(at * reading->query->count + 1, sizeof(*answer->columns));
	reading->scratch = calloc(OHTD_CHUNK_COLUMNS, sizeof(*reading->scratch));
	reading->gaps = calloc(OHTD_HISTORY_GAPS_MAX, sizeof(*reading->gaps));
	if (!answer->times_ns || !answer->columns || !reading->scratch || !reading->gaps)
		return -ENOMEM;
	for (unsigned int i = 0; i < reading->segment_count; i++) {
		const struct segment *segment = &reading->segments[i];

		for (size_t k = 0; k < segment->count + segment->parted; k++)
			answer->times_ns[segment->at + k] =
				ohtd_run_time(&segment->run,
					segment->begin + (int64_t)k * reading->group);
	}
	return 0;
}

/* NULL: the cycle is not asked for. */
static struct ohtd_column *column_at(const struct reading *reading, int64_t cycle)
{
	const struct segment *segment = reading->segment;

	if (cycle < segment->begin || cycle >= segment->end)
		return NULL;
	return &reading->answer->columns[reading->series * reading->answer->count + segment->at +
					 (size_t)((cycle - segment->begin) / reading->group)];
}

/* ---- holes ---- */

/* Twice as many each time. False: that is no number of them, or there is no memory. */
static bool has_room(struct ohtd_history_answer *answer)
{
	size_t count = answer->hole_count, room = count ? 2 * count : HOLES_AT_FIRST;
	struct ohtd_history_hole *holes;

	if (count && (count < HOLES_AT_FIRST || count & (count - 1)))
		return true;
	if (count == OHTD_HISTORY_GAPS_MAX)
		return false;
	holes = realloc(answer->holes, room * sizeof(*holes));
	answer->holes = holes ? holes : answer->holes;
	return holes;
}

static void add_hole(struct reading *reading, int64_t from_ns, int64_t to_ns, const char *reason)
{
	struct ohtd_history_answer *answer = reading->answer;
	struct ohtd_history_hole *hole;

	from_ns = from_ns > reading->query->from_ns ? from_ns : reading->query->from_ns;
	to_ns = to_ns < reading->query->to_ns ? to_ns : reading->query->to_ns;
	if (from_ns >= to_ns || !has_room(answer))
		return;
	hole = &answer->holes[answer->hole_count++];
	*hole = (struct ohtd_history_hole){ .from_ns = from_ns, .to_ns = to_ns };
	snprintf(hole->reason, sizeof(hole->reason), "%s", reason);
}

/* A piece that is damaged is one for each signal: it is told once. */
static void note_damage(struct reading *reading, int64_t first, int64_t cycles)
{
	const struct ohtd_history_answer *answer = reading->answer;
	int64_t from_ns = ohtd_run_time(&reading->segment->run, first);

	atomic_fetch_add(&reading->history->damaged, 1);
	for (size_t i = 0; i < answer->hole_count; i++)
		if (answer->holes[i].from_ns == from_ns)
			return;
	add_hole(reading, from_ns, ohtd_run_time(&reading->segment->run, first + cycles), "damaged");
}

static int compare_holes(const void *a, const void *b)
{
	const struct ohtd_history_hole *left = a, *right = b;

	return (left->from_ns > right->from_ns) - (left->from_ns < right->from_ns);
}

static void add_gaps(struct reading *reading, const struct ohtd_history_run *run,
		     const struct ohtd_history_gap *gaps, int count)
{
	for (int i = 0; i < count; i++)
		add_hole(reading, ohtd_run_time(run, gaps[i].first),
			 ohtd_run_time(run, gaps[i].first + gaps[i].cycles), gaps[i].reason);
}

static bool goes_on(const struct ohtd_history_memory *memory, int64_t run)
{
	return memory->begun && memory->run.run == run;
}

/* Of a time without a run: one may have been there that cannot be read, or that was refused. */
static const char *reason_of(const struct reading *reading, const char *usual)
{
	if (!reading->memory.open)
		return "store_failing";
	return reading->run_refused ? "damaged" : usual;
}

static int compare_segments(const void *a, const void *b)
{
	const struct segment *left = a, *right = b;
	int64_t left_ns = left->run.start_ns, right_ns = right->run.start_ns;

	return (left_ns > right_ns) - (left_ns < right_ns);
}

/* Between the runs by the clock, before the first, and behind one that is over. Last, since it puts the segments in that order. */
static void add_pauses(struct reading *reading)
{
	const struct ohtd_history_memory *memory = &reading->memory;
	int64_t last = 0, end_ns = INT64_MIN;

	qsort(reading->segments, reading->segment_count, sizeof(*reading->segments), compare_segments);
	for (unsigned int i = 0; i < reading->segment_count; i++) {
		const struct ohtd_history_run *run = &reading->segments[i].run;
		int64_t run_end_ns = ohtd_run_time(run, run->end);

		if (!i || !goes_on(memory, last))
			add_hole(reading, end_ns, run->start_ns, reason_of(reading, i ? "not_running" : "no_data"));
		if (i && run_end_ns < end_ns)
			continue;
		end_ns = run_end_ns;
		last = run->run;
	}
	if (!reading->segment_count || !goes_on(memory, last))
		add_hole(reading, end_ns, INT64_MAX,
			 reason_of(reading, reading->segment_count && memory->begun ? "not_running" : "no_data"));
}

/* ---- pieces ---- */

static void join_samples(void *arg, size_t first, const int64_t *values, const int64_t *quality,
			 size_t count)
{
	const struct reading *reading = arg;

	for (size_t i = 0; i < count; i++) {
		struct ohtd_column *column;

		if (quality[i])
			continue;
		column = column_at(reading, reading->piece_first + (int64_t)(first + i));
		if (column)
			ohtd_column_add(column, values[i]);
	}
}

/* Samples @begin to @end of the piece are in the span. */
static int take_samples(struct reading *reading, struct ohtd_span part, int64_t cycles)
{
	int64_t begin = reading->segment->begin - reading->piece_first;
	int64_t end = reading->segment->end - reading->piece_first;

	if (end <= 0)
		return 0;
	return ohtd_coded_take_samples(part, (size_t)cycles, begin < 0 ? 0 : (size_t)begin,
				       (size_t)end, join_samples, reading);
}

/* A column of the answer is a whole number of those in scratch. */
static void join_columns(const struct reading *reading, size_t count, int64_t column_cycles)
{
	const struct segment *segment = reading->segment;
	int64_t cycle = reading->piece_first;

	for (size_t i = 0; i < count;) {
		struct ohtd_column *column = column_at(reading, cycle);
		int64_t end = column ? segment->begin + ((cycle - segment->begin) / reading->group + 1) *
			      reading->group : cycle + column_cycles;

		for (; i < count && cycle < end; i++, cycle += column_cycles)
			if (column)
				ohtd_column_join(column, &reading->scratch[i]);
	}
}

static int take_columns(struct reading *reading, struct ohtd_span part, int64_t cycles,
			int64_t column_cycles)
{
	size_t count = (size_t)((cycles + column_cycles - 1) / column_cycles);
	int r;

	if (count > OHTD_CHUNK_COLUMNS)
		return -EBADMSG;
	r = ohtd_columns_take(&part, reading->scratch, count);
	if (!r)
		join_columns(reading, count, column_cycles);
	return r;
}

static int take_part(struct reading *reading, struct ohtd_span part, int64_t cycles)
{
	return reading->answer->level ? take_columns(reading, part, cycles, OHTD_LEVEL_CYCLES) :
					take_samples(reading, part, cycles);
}

/* All signals that are asked for, out of one interval. @ids: their numbers in it. */
static int take_parts(struct reading *reading, struct ohtd_span inside, const int64_t *ids,
		      int64_t cycles)
{
	int r = 0;

	for (unsigned int i = 0; r >= 0 && i < reading->query->count; i++) {
		struct ohtd_span part = { 0 };

		r = ohtd_coded_find_part(inside, ids[i], &part);
		reading->series = i;
		if (r > 0)
			r = take_part(reading, part, cycles);
	}
	return r < 0 ? r : 0;
}

static int take_interval(const struct ohtd_history_piece *piece, void *arg)
{
	struct reading *reading = arg;
	int64_t ids[OHTD_HISTORY_SIGNALS_MAX] = { 0 };
	struct ohtd_span inside;
	int r;

	if (piece->first >= reading->before)
		return 0;
	for (unsigned int i = 0; i < reading->query->count; i++)
		ids[i] = reading->history->signal_ids[reading->query->signals[i]];
	reading->piece_first = piece->first;
	r = ohtd_coded_open(piece->data, piece->bytes, &inside);
	if (!r)
		r = take_parts(reading, inside, ids, piece->cycles);
	if (r == -EBADMSG)
		note_damage(reading, piece->first, piece->cycles);
	return r == -EBADMSG ? 0 : r;
}

static int take_chunk(const struct ohtd_history_piece *piece, void *arg)
{
	struct reading *reading = arg;
	unsigned int level = reading->answer->level;
	struct ohtd_span inside;
	int r = ohtd_coded_open(piece->data, piece->bytes, &inside);

	reading->piece_first = piece->first * OHTD_CHUNK_CYCLES;
	if (!r && level)
		r = take_columns(reading, inside, piece->cycles, ohtd_level_cycles(level));
	else if (!r)
		r = take_samples(reading, inside, piece->cycles);
	if (r == -EBADMSG)
		note_damage(reading, reading->piece_first, piece->cycles);
	return r == -EBADMSG ? 0 : r;
}

/* ---- the file ---- */

static int read_segment(struct ohtd_db *db, struct reading *reading, const struct segment *segment)
{
	int64_t unsealed = ohtd_db_history_first_interval(db, segment->run.run);
	int64_t sealed_to = segment->end;
	int count = 0, r = unsealed < 0 && unsealed != -ENOENT ? (int)unsealed : 0;

	reading->segment = segment;
	reading->before = reading->memory.begun && segment->run.run == reading->memory.run.run ?
			  reading->memory.first : INT64_MAX;
	if (unsealed >= 0 && floor_to(unsealed, OHTD_CHUNK_CYCLES) < sealed_to)
		sealed_to = floor_to(unsealed, OHTD_CHUNK_CYCLES);
	for (unsigned int i = 0; !r && sealed_to > segment->begin && i < reading->query->count; i++) {
		reading->series = i;
		r = ohtd_db_history_chunks(db, reading->answer->level,
					   reading->history->signal_ids[reading->query->signals[i]],
					   segment->run.run, segment->begin / OHTD_CHUNK_CYCLES,
					   (sealed_to - 1) / OHTD_CHUNK_CYCLES, take_chunk, reading);
	}
	/* The first may have begun before the span. */
	if (!r && unsealed >= 0)
		r = ohtd_db_history_intervals(db, !reading->answer->level, segment->run.run,
			segment->begin > OHTD_HISTORY_FLUSH_S_MAX * OHTD_LEVEL_CYCLES ?
			segment->begin - OHTD_HISTORY_FLUSH_S_MAX * OHTD_LEVEL_CYCLES : 0,
			segment->end, take_interval, reading);
	if (!r)
		count = ohtd_db_history_gaps(db, segment->run.run, segment->begin, segment->end,
					     reading->gaps, OHTD_HISTORY_GAPS_MAX);
	add_gaps(reading, &segment->run, reading->gaps, count);
	return r < 0 ? r : count < 0 ? count : 0;
}

static int find_runs(struct ohtd_db *db, struct reading *reading)
{
	int max = RUNS_AT_FIRST, r;

	for (;;) {
		struct ohtd_history_run *runs = realloc(reading->runs, ((size_t)max + 1) * sizeof(*runs));

		if (!runs)
			return -ENOMEM;
		reading->runs = runs;
		r = ohtd_db_history_runs(db, reading->query->from_ns, reading->query->to_ns, runs, max + 1);
		if (r <= max)
			break;
		if (max >= OHTD_HISTORY_RUNS_MAX)
			return -E2BIG;
		max *= RUNS_GROWTH;
	}
	reading->run_count = r < 0 ? 0 : (unsigned int)r;
	return r < 0 ? r : 0;
}

static int work_read(struct ohtd_db *db, void *arg)
{
	struct reading *reading = arg;
	int r = ohtd_db_history_read_begin(db);

	if (r)
		return r;
	r = find_runs(db, reading);
	if (!r)
		r = add_segments(reading);
	if (!r)
		r = make_room(reading);
	for (unsigned int i = 0; !r && i < reading->segment_count; i++)
		r = read_segment(db, reading, &reading->segments[i]);
	ohtd_db_history_read_end(db);
	return r;
}

/* ---- memory ---- */

static void read_open_interval(struct reading *reading)
{
	const struct ohtd_interval *interval = &reading->memory.interval;

	for (unsigned int i = 0; i < reading->query->count; i++) {
		reading->series = i;
		for (uint32_t at = 0; at < interval->cycles; at++) {
			size_t place = (size_t)i * interval->room + at;
			struct ohtd_column *column;

			if (interval->quality[place])
				continue;
			column = column_at(reading, (int64_t)(interval->first + at));
			if (column)
				ohtd_column_add(column, interval->values[place]);
		}
	}
}

static int read_memory(struct reading *reading)
{
	unsigned int count = reading->segment_count;
	const struct segment *segment = count ? &reading->segments[count - 1] : NULL;
	int64_t ids[OHTD_HISTORY_SIGNALS_MAX] = { 0 };
	int r = 0;

	if (!reading->memory.begun || !segment || segment->run.run != reading->memory.run.run)
		return 0;
	for (unsigned int i = 0; i < reading->query->count; i++)
		ids[i] = reading->query->signals[i];
	reading->segment = segment;
	for (const struct ohtd_history_pending *pending = reading->memory.pending; !r && pending;
	     pending = pending->next) {
		const struct ohtd_bytes *bytes = reading->answer->level ? &pending->columns :
									  &pending->samples;

		reading->piece_first = (int64_t)pending->first;
		r = take_parts(reading, (struct ohtd_span){ bytes->data, bytes->used }, ids,
			       pending->cycles);
	}
	read_open_interval(reading);
	add_gaps(reading, &segment->run, reading->memory.gaps, (int)reading->memory.gap_count);
	return r;
}

/* As asked for, moved out to whole columns of the newest run. */
static void snap(struct reading *reading)
{
	const struct ohtd_history_query *query = reading->query;
	struct ohtd_history_answer *answer = reading->answer;
	int64_t start_ns = !reading->segment_count ? 0 :
			   reading->segments[reading->segment_count - 1].run.start_ns;

	answer->from_ns = start_ns + floor_to(query->from_ns - start_ns, answer->step_ns);
	answer->to_ns = start_ns + ceil_to(query->to_ns - start_ns, answer->step_ns);
}

static void release(struct reading *reading)
{
	ohtd_memory_free(&reading->memory);
	free(reading->runs);
	free(reading->segments);
	free(reading->scratch);
	free(reading->gaps);
	free(reading);
}

int ohtd_history_read(struct ohtd_history *history, const struct ohtd_history_query *query,
		      struct ohtd_history_answer *answer)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	struct ohtd_memory_wish wish = {
		.signals = query->signals, .count = query->count, .to = UINT64_MAX,
	};
	int r;

	*answer = (struct ohtd_history_answer){ 0 };
	if (!reading)
		return -ENOMEM;
	reading->history = history;
	reading->query = query;
	reading->answer = answer;
	choose_level(reading);
	/*
	 * Memory first: what goes from there to the file meanwhile is then in both, and not in
	 * none.
	 */
	wish.samples = !answer->level;
	r = ohtd_memory_copy(history, &wish, &reading->memory);
	if (!r && reading->memory.open) {
		r = ohtd_store_read(history->store, work_read, reading);
	} else if (!r) {
		r = add_segments(reading);
		r = r ? r : make_room(reading);
	}
	if (!r)
		r = read_memory(reading);
	if (!r)
		r = ohtd_order_columns(answer, query->count);
	if (!r) {
		snap(reading);
		add_pauses(reading);
		if (answer->hole_count)
			qsort(answer->holes, answer->hole_count, sizeof(*answer->holes), compare_holes);
	}
	release(reading);
	return r;
}

/* ---- one run ---- */

static int work_stretch(struct ohtd_db *db, void *arg)
{
	struct reading *reading = arg;
	int r = ohtd_db_history_read_begin(db);

	if (r)
		return r;
	r = read_segment(db, reading, &reading->segments[0]);
	ohtd_db_history_read_end(db);
	return r;
}

static int set_stretch(struct reading *reading, const struct ohtd_history_stretch *stretch)
{
	struct segment *segment = reading->segments = calloc(1, sizeof(*segment));

	if (!segment)
		return -ENOMEM;
	reading->group = ohtd_level_cycles(stretch->level);
	reading->answer->level = stretch->level;
	reading->answer->step_ns = reading->group * CYCLE_NS;
	*segment = (struct segment){
		.run = stretch->run, .begin = floor_to(stretch->first, reading->group),
		.end = ceil_to(stretch->end, reading->group),
	};
	segment->count = (size_t)((segment->end - segment->begin) / reading->group);
	reading->segment_count = 1;
	return 0;
}

static int read_stretch(struct reading *reading)
{
	const struct segment *segment = &reading->segments[0];
	const struct ohtd_memory_wish wish = {
		.signals = reading->query->signals, .count = reading->query->count,
		.samples = !reading->answer->level,
		.from = (uint64_t)segment->begin, .to = (uint64_t)segment->end,
	};
	int r = ohtd_memory_copy(reading->history, &wish, &reading->memory);

	if (!r && !reading->memory.open)
		r = -ENOENT;
	if (!r)
		r = make_room(reading);
	if (!r)
		r = ohtd_store_read(reading->history->store, work_stretch, reading);
	return r ? r : read_memory(reading);
}

int ohtd_history_read_stretch(struct ohtd_history *history,
			      const struct ohtd_history_stretch *stretch,
			      struct ohtd_history_answer *answer)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	/* Holes are not cut to a span. */
	struct ohtd_history_query query = {
		.from_ns = INT64_MIN, .to_ns = INT64_MAX, .count = stretch->count,
	};
	int r;

	*answer = (struct ohtd_history_answer){ 0 };
	if (!reading)
		return -ENOMEM;
	memcpy(query.signals, stretch->signals, sizeof(query.signals));
	reading->history = history;
	reading->query = &query;
	reading->answer = answer;
	r = set_stretch(reading, stretch);
	if (!r)
		r = read_stretch(reading);
	release(reading);
	return r;
}

void ohtd_history_answer_free(struct ohtd_history_answer *answer)
{
	free(answer->times_ns);
	free(answer->columns);
	free(answer->holes);
	answer->holes = NULL;
	answer->hole_count = 0;
	answer->times_ns = NULL;
	answer->columns = NULL;
}
