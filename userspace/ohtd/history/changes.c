// SPDX-License-Identifier: GPL-2.0-or-later
#include "history/changes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "history/private.h"
#include "history/walk.h"

/* A column of 64 s, so that one that says it all is enough in front of a window. */
#define APART_CYCLES	2560
/* A span with more runs is cut. */
#define RUNS_MAX	512

/**
 * struct ohtd_changes - see changes.h
 * @query: what was asked for
 * @at_ns: up to here it has been searched
 * @end_ns: and up to here it is, the other end of the span
 * @cut: the span was made shorter, since it had too many runs
 * @steps: chunks that were read
 * @run_count: of @runs
 * @runs: that have something of the span, by their number
 * @walk: through the run that is read
 * @first: first cycle of the window that is read
 * @known: the run has had a good sample in front
 * @value: of the last one
 * @behind: cycle behind it
 * @count: of @found
 * @found: in the order of the query
 */
struct ohtd_changes {
	struct ohtd_changes_query query;
	int64_t at_ns, end_ns;
	bool cut;
	unsigned int steps;
	unsigned int run_count;
	struct ohtd_history_run runs[RUNS_MAX];
	struct ohtd_walk walk;
	int64_t first;
	bool known;
	int64_t value, behind;
	size_t count;
	struct ohtd_history_change found[];
};

struct ohtd_changes *ohtd_changes_begin(const struct ohtd_changes_query *query)
{
	struct ohtd_changes *changes = calloc(1, sizeof(*changes) + query->limit * sizeof(changes->found[0]));
	int64_t from_ns = ohtd_history_reaches(query->history, 0), to_ns;

	if (!changes)
		return NULL;
	from_ns = from_ns > query->from_ns ? from_ns : query->from_ns;
	from_ns = from_ns > 0 ? from_ns : 0;
	to_ns = query->to_ns > from_ns ? query->to_ns : from_ns;
	changes->query = *query;
	changes->at_ns = query->descends ? to_ns : from_ns;
	changes->end_ns = query->descends ? from_ns : to_ns;
	changes->walk.history = query->history;
	return changes;
}

void ohtd_changes_end(struct ohtd_changes *changes)
{
	free(changes);
}

const struct ohtd_history_change *ohtd_changes_found(const struct ohtd_changes *changes, size_t *count, int64_t *until_ns)
{
	*count = changes->count;
	*until_ns = changes->at_ns;
	return changes->found;
}

bool ohtd_changes_go_on(const struct ohtd_changes *changes)
{
	return changes->count < changes->query.limit && (changes->cut || changes->at_ns != changes->end_ns);
}

/* ---- what is found ---- */

static bool is_before(const struct ohtd_changes *changes, const struct ohtd_history_change *one, const struct ohtd_history_change *other)
{
	const struct ohtd_history_change *left = changes->query.descends ? other : one;
	const struct ohtd_history_change *right = changes->query.descends ? one : other;

	if (left->time_ns != right->time_ns)
		return left->time_ns < right->time_ns;
	return left->run != right->run ? left->run < right->run : left->cycle < right->cycle;
}

/* The last one gives way where there is no room. */
static void note(struct ohtd_changes *changes, const struct ohtd_history_change *change)
{
	const size_t limit = changes->query.limit;
	size_t at = changes->count;

	if (!changes->query.wants(changes->query.context, change))
		return;
	while (at && is_before(changes, change, &changes->found[at - 1]))
		at--;
	if (at == limit)
		return;
	changes->count += changes->count < limit;
	memmove(&changes->found[at + 1], &changes->found[at], (changes->count - at - 1) * sizeof(*change));
	changes->found[at] = *change;
}

/* ---- columns ---- */

/* A column that says of each of its cycles the same, or nothing. */
static bool tells(void *context, int64_t cycle, int64_t cycles, const struct ohtd_column *column)
{
	(void)context;
	(void)cycle;
	return !column->count || (column->min == column->max && column->count == cycles);
}

static void take(void *context, int64_t cycle, int64_t cycles, const struct ohtd_column *column)
{
	struct ohtd_changes *changes = context;
	const bool follows = changes->known && cycle - changes->behind <= APART_CYCLES;

	if (!column->count)
		return;
	if (follows && column->first != changes->value && cycle >= changes->first)
		note(changes, &(const struct ohtd_history_change){
			.run = changes->walk.run.run, .cycle = cycle, .time_ns = ohtd_walk_time(&changes->walk, cycle),
			.before = changes->value, .now = column->first,
		});
	changes->known = true;
	changes->value = column->first;
	changes->behind = cycle + cycles;
}

/* ---- windows ---- */

static int64_t cycle_from(const struct ohtd_history_run *run, int64_t time_ns)
{
	const int64_t since_ns = time_ns - run->start_ns;

	return since_ns <= 0 ? 0 : since_ns / run->cycle_ns + (since_ns % run->cycle_ns > 0);
}

/* Where the window that ends at @to_ns begins: each run is there in all of it or in nothing of it, with one chunk at most. */
static int64_t begin_before(const struct ohtd_changes *changes, int64_t to_ns)
{
	int64_t from_ns = changes->end_ns;

	for (unsigned int i = 0; i < changes->run_count; i++) {
		const struct ohtd_history_run *run = &changes->runs[i];
		int64_t begin_ns = ohtd_run_time(run, run->end);

		if (run->start_ns >= to_ns)
			continue;
		if (begin_ns >= to_ns)
			begin_ns = ohtd_run_time(run, ohtd_walk_chunk_of((to_ns - 1 - run->start_ns) / run->cycle_ns));
		from_ns = begin_ns > from_ns ? begin_ns : from_ns;
	}
	return from_ns;
}

/* The same of the window that begins at @from_ns. */
static int64_t end_behind(const struct ohtd_changes *changes, int64_t from_ns)
{
	int64_t to_ns = changes->end_ns;

	for (unsigned int i = 0; i < changes->run_count; i++) {
		const struct ohtd_history_run *run = &changes->runs[i];
		int64_t end_ns = run->start_ns;

		if (ohtd_run_time(run, run->end) <= from_ns)
			continue;
		if (end_ns <= from_ns)
			end_ns = ohtd_run_time(run, ohtd_walk_chunk_of(cycle_from(run, from_ns)) + OHTD_CHUNK_CYCLES);
		to_ns = end_ns < to_ns ? end_ns : to_ns;
	}
	return to_ns;
}

/* What a run has of a window. */
static int read_run(struct ohtd_changes *changes, const struct ohtd_history_run *run, int64_t from_ns, int64_t to_ns)
{
	const struct ohtd_walk_visitor visitor = {
		.signals = { changes->query.signal }, .count = 1, .tells = tells, .take = take, .context = changes,
	};
	const int64_t end = cycle_from(run, to_ns);
	struct ohtd_walk *walk = &changes->walk;
	int r = 0;

	changes->first = cycle_from(run, from_ns);
	changes->known = false;
	walk->run = *run;
	walk->first = changes->first > APART_CYCLES ? changes->first - APART_CYCLES : 0;
	walk->limit = end < run->end ? end : run->end;
	if (changes->first >= walk->limit)
		return 0;
	for (int64_t place = ohtd_walk_chunk_of(walk->first); !r && place < walk->limit; place += OHTD_CHUNK_CYCLES)
		r = ohtd_walk_chunk(walk, place, &visitor);
	return r;
}

static int read_window(struct ohtd_changes *changes)
{
	const int64_t at_ns = changes->at_ns;
	const int64_t next_ns = changes->query.descends ? begin_before(changes, at_ns) : end_behind(changes, at_ns);
	const int64_t from_ns = at_ns < next_ns ? at_ns : next_ns, to_ns = at_ns < next_ns ? next_ns : at_ns;
	int r = 0;

	for (unsigned int i = 0; !r && i < changes->run_count; i++)
		r = read_run(changes, &changes->runs[i], from_ns, to_ns);
	changes->at_ns = next_ns;
	changes->steps++;
	return r;
}

/* ---- runs ---- */

/* The half that comes first is searched; the rest is left to the next search. */
static int halve(struct ohtd_changes *changes)
{
	const int64_t half_ns = (changes->end_ns - changes->at_ns) / 2;

	if (half_ns > -(int64_t)OHTD_NS_PER_S && half_ns < (int64_t)OHTD_NS_PER_S)
		return -E2BIG;
	changes->end_ns -= half_ns;
	changes->cut = true;
	return 1;
}

static int find_runs(struct ohtd_changes *changes)
{
	const int64_t from_ns = changes->query.descends ? changes->end_ns : changes->at_ns;
	const int64_t to_ns = changes->query.descends ? changes->at_ns : changes->end_ns;
	struct ohtd_history_run run = { 0 };
	int r;

	changes->run_count = 0;
	while ((r = ohtd_history_next_run(changes->query.history, from_ns, to_ns, &run)) > 0) {
		if (changes->run_count == RUNS_MAX)
			return halve(changes);
		changes->runs[changes->run_count++] = run;
	}
	/* Nothing more is to be found. */
	if (!r && !changes->run_count)
		changes->at_ns = changes->end_ns;
	return r < 0 ? r : changes->run_count > 0;
}

int ohtd_changes_step(struct ohtd_changes *changes)
{
	int r;

	if (changes->at_ns == changes->end_ns)
		return 0;
	if (!changes->run_count)
		return find_runs(changes);
	r = read_window(changes);
	if (r)
		return r;
	return changes->at_ns != changes->end_ns && changes->count < changes->query.limit &&
	       changes->steps < changes->query.steps_max;
}
