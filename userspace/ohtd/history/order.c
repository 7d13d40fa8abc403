// SPDX-License-Identifier: GPL-2.0-or-later
/* The order of time, when a clock that was set back lets runs overlap: of columns, and of what is between runs. */
#include "history/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- columns ---- */

struct place {
	int64_t time_ns;
	size_t at;
};

/* Of the same time the column of the earlier run, which stands in front. */
static int compare_places(const void *a, const void *b)
{
	const struct place *left = a, *right = b;

	if (left->time_ns != right->time_ns)
		return left->time_ns < right->time_ns ? -1 : 1;
	return (left->at > right->at) - (left->at < right->at);
}

static bool is_in_order(const struct ohtd_history_answer *answer)
{
	for (size_t i = 1; i < answer->count; i++)
		if (answer->times_ns[i] < answer->times_ns[i - 1])
			return false;
	return true;
}

/* @row: of one signal. */
static void put_in_order(struct ohtd_column *row, const struct place *places, struct ohtd_column *scratch, size_t count)
{
	memcpy(scratch, row, count * sizeof(*row));
	for (size_t i = 0; i < count; i++)
		row[i] = scratch[places[i].at];
}

int ohtd_order_columns(struct ohtd_history_answer *answer, unsigned int signals)
{
	struct ohtd_column *scratch;
	struct place *places;

	if (is_in_order(answer))
		return 0;
	places = calloc(answer->count, sizeof(*places));
	scratch = calloc(answer->count, sizeof(*scratch));
	for (size_t i = 0; places && i < answer->count; i++)
		places[i] = (struct place){ answer->times_ns[i], i };
	if (places && scratch) {
		qsort(places, answer->count, sizeof(*places), compare_places);
		for (size_t i = 0; i < answer->count; i++)
			answer->times_ns[i] = places[i].time_ns;
		for (unsigned int i = 0; i < signals; i++)
			put_in_order(answer->columns + i * answer->count, places, scratch, answer->count);
	}
	free(scratch);
	free(places);
	return places && scratch ? 0 : -ENOMEM;
}

/* ---- between runs ---- */

static void look_at(struct ohtd_pause *pause, const struct ohtd_history_run *run)
{
	int64_t end_ns = ohtd_run_time(run, run->end);

	if (run->run == pause->behind)
		return;
	/* Of runs with the same end the pause is behind the last one. */
	if (run->start_ns <= pause->from_ns)
		pause->covered |= end_ns > pause->from_ns || (end_ns == pause->from_ns && run->run > pause->behind);
	else if (run->start_ns < pause->to_ns)
		pause->to_ns = run->start_ns;
}

int ohtd_order_pause(struct ohtd_db *db, const struct ohtd_history_memory *memory, int64_t until_ns,
		     struct ohtd_pause *pause)
{
	struct ohtd_history_run run = { 0 };
	int r;

	pause->covered = false;
	pause->to_ns = INT64_MAX;
	while ((r = ohtd_db_history_next_run(db, pause->from_ns - 1, until_ns, run.run, &run)) > 0)
		if (ohtd_run_is_sound(&run) && !(memory->begun && run.run == memory->run.run))
			look_at(pause, &run);
	if (memory->begun && memory->run.start_ns < until_ns)
		look_at(pause, &memory->run);
	return r < 0 ? r : 0;
}
