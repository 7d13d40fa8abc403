// SPDX-License-Identifier: GPL-2.0-or-later
#include "history/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct depth - one kind of columns
 * @level: of the history
 * @piece_cycles: so many are read at once; whole columns, and a part of a chunk
 */
struct depth {
	unsigned int level;
	int64_t piece_cycles;
};

/* Columns of 64 s, which a chunk has 64 of; of 1 s; samples. */
static const struct depth depths[OHTD_WALK_DEPTHS] = {
	{ 3, OHTD_CHUNK_CYCLES }, { 1, OHTD_CHUNK_CYCLES }, { 0, 8192 },
};

/* ---- time that two runs have ---- */

static int64_t greater_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t lower_of(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static struct ohtd_walk_span span_of_run(const struct ohtd_walk *walk)
{
	return (struct ohtd_walk_span){
		.from_ns = walk->run.start_ns, .to_ns = ohtd_walk_time(walk, walk->run.end),
	};
}

int64_t ohtd_walk_twice(const struct ohtd_walk *walk, int64_t from_ns, int64_t to_ns)
{
	const struct ohtd_walk_span run = span_of_run(walk);
	int64_t twice_ns = 0;

	from_ns = greater_of(from_ns, run.from_ns);
	to_ns = lower_of(to_ns, run.to_ns);
	for (size_t i = 0; from_ns < to_ns && i < walk->told_count; i++) {
		const struct ohtd_walk_span *told = &walk->told[i];

		twice_ns += greater_of(0, lower_of(to_ns, told->to_ns) - greater_of(from_ns, told->from_ns));
	}
	return twice_ns;
}

/* The run joins the spans that it touches: all become one. 0 or a negative errno. */
static int note_run(struct ohtd_walk *walk)
{
	struct ohtd_walk_span run = span_of_run(walk), *told = walk->told;
	size_t i = 0;

	while (i < walk->told_count) {
		if (told[i].from_ns > run.to_ns || told[i].to_ns < run.from_ns) {
			i++;
			continue;
		}
		run.from_ns = lower_of(run.from_ns, told[i].from_ns);
		run.to_ns = greater_of(run.to_ns, told[i].to_ns);
		told[i] = told[--walk->told_count];
		/* The longer span may touch one that was passed. */
		i = 0;
	}
	if (walk->told_count == walk->told_room) {
		told = realloc(told, (2 * walk->told_room + 1) * sizeof(*told));
		if (!told)
			return -ENOMEM;
		walk->told = told;
		walk->told_room = 2 * walk->told_room + 1;
	}
	told[walk->told_count++] = run;
	return 0;
}

void ohtd_walk_end(struct ohtd_walk *walk)
{
	free(walk->told);
	walk->told = NULL;
	walk->told_count = walk->told_room = 0;
}

/* ---- runs ---- */

static int64_t ceil_div(int64_t value, int64_t by)
{
	return value / by + (value % by > 0);
}

int ohtd_walk_next_run(struct ohtd_walk *walk, int64_t from_ns, int64_t to_ns)
{
	struct ohtd_history_run *run = &walk->run;
	int r = run->run ? note_run(walk) : 0;

	if (!r)
		r = ohtd_history_next_run(walk->history, from_ns, to_ns, run);
	if (r <= 0)
		return r;
	walk->first = ceil_div(from_ns - run->start_ns, run->cycle_ns);
	walk->first = walk->first > 0 ? walk->first : 0;
	walk->limit = ceil_div(to_ns - run->start_ns, run->cycle_ns);
	walk->limit = walk->limit < run->end ? walk->limit : run->end;
	return 1;
}

int64_t ohtd_walk_time(const struct ohtd_walk *walk, int64_t cycle)
{
	return walk->run.start_ns + cycle * walk->run.cycle_ns;
}

int64_t ohtd_walk_chunk_of(int64_t cycle)
{
	return cycle - cycle % OHTD_CHUNK_CYCLES;
}

/* ---- pieces ---- */

static void drop_piece(struct ohtd_walk_piece *piece)
{
	ohtd_history_answer_free(&piece->answer);
	piece->begin = piece->end = 0;
}

/* Reads the piece with this cycle, unless that is loaded already. */
static int load_piece(struct ohtd_walk *walk, unsigned int depth, int64_t cycle)
{
	const int64_t cycles = ohtd_level_cycles(depths[depth].level);
	const int64_t begin = cycle - cycle % depths[depth].piece_cycles;
	const int64_t end = begin + depths[depth].piece_cycles;
	struct ohtd_walk_piece *piece = &walk->pieces[depth];
	struct ohtd_history_stretch stretch = {
		.run = walk->run, .level = depths[depth].level, .count = walk->visitor->count,
		.first = begin > walk->first ? begin : walk->first,
		.end = end < walk->limit ? end : walk->limit,
	};
	int r;

	if (cycle >= piece->begin && cycle < piece->end)
		return 0;
	drop_piece(piece);
	memcpy(stretch.signals, walk->visitor->signals, sizeof(walk->visitor->signals));
	r = ohtd_history_read_stretch(walk->history, &stretch, &piece->answer);
	if (r)
		return r;
	piece->begin = stretch.first - stretch.first % cycles;
	piece->end = piece->begin + (int64_t)piece->answer.count * cycles;
	return 0;
}

/* ---- columns ---- */

static int show(struct ohtd_walk *walk, unsigned int depth, int64_t first, int64_t end);

/* Finer columns of what is not said yet, down to a cycle. */
static int descend(struct ohtd_walk *walk, unsigned int depth, int64_t first, int64_t end)
{
	first = first > walk->first ? first : walk->first;
	end = end < walk->limit ? end : walk->limit;
	return depth < walk->deepest && first < end ? show(walk, depth + 1, first, end) : 0;
}

static bool tells(const struct ohtd_walk *walk, unsigned int depth, int64_t cycle, struct ohtd_column *columns)
{
	const struct ohtd_walk_piece *piece = &walk->pieces[depth];
	const int64_t cycles = ohtd_level_cycles(depths[depth].level);
	const size_t place = (size_t)((cycle - piece->begin) / cycles);

	if (cycle < walk->first || cycle + cycles > walk->limit)
		return false;
	for (unsigned int i = 0; i < walk->visitor->count; i++)
		columns[i] = piece->answer.columns[i * piece->answer.count + place];
	return walk->visitor->tells(walk->visitor->context, cycle, cycles, columns);
}

static int show(struct ohtd_walk *walk, unsigned int depth, int64_t first, int64_t end)
{
	const int64_t cycles = ohtd_level_cycles(depths[depth].level);
	struct ohtd_column columns[OHTD_WALK_SIGNALS];
	int64_t at = first - first % cycles, open = at;	/* from @open on nothing has been taken */
	int r = 0;

	for (; !r && at < end; at += cycles) {
		r = load_piece(walk, depth, at);
		if (r || !tells(walk, depth, at, columns))
			continue;
		/* Columns are taken in their order. */
		r = descend(walk, depth, open, at);
		if (r)
			break;
		walk->visitor->take(walk->visitor->context, at, cycles, columns);
		open = at + cycles;
	}
	return r ? r : descend(walk, depth, open, end);
}

/* The finest depth whose columns may still be kept for a time that ends at @end_ns. */
static unsigned int deepest_at(const struct ohtd_walk *walk, int64_t end_ns)
{
	unsigned int depth = OHTD_WALK_DEPTHS - 1;

	while (depth && end_ns <= ohtd_history_reaches(walk->history, depths[depth].level))
		depth--;
	return depth;
}

int ohtd_walk_chunk(struct ohtd_walk *walk, int64_t place, const struct ohtd_walk_visitor *visitor)
{
	const int64_t end = place + OHTD_CHUNK_CYCLES;
	int r;

	walk->visitor = visitor;
	walk->deepest = deepest_at(walk, ohtd_walk_time(walk, end));
	r = show(walk, 0, place > walk->first ? place : walk->first, end < walk->limit ? end : walk->limit);
	for (unsigned int i = 0; i < OHTD_WALK_DEPTHS; i++)
		drop_piece(&walk->pieces[i]);
	return r;
}
