// SPDX-License-Identifier: GPL-2.0-or-later
/* The runs of a span, one after the other: those of the file, and the newest as memory has it. */
#include "history/private.h"

#include <errno.h>

int ohtd_run_find(struct ohtd_db *db, struct ohtd_history *history, const struct ohtd_history_memory *memory,
		  struct ohtd_run_search *search)
{
	int64_t behind = search->after;
	int r;

	while ((r = ohtd_db_history_next_run(db, search->from_ns, search->to_ns, behind,
					     &search->run)) > 0) {
		behind = search->run.run;
		if (memory->begun && search->run.run == memory->run.run)
			break;
		/* No checksum covers the row of a run. */
		if (ohtd_run_is_sound(&search->run))
			return 1;
		search->refused = true;
		atomic_fetch_add(&history->damaged, 1);
	}
	if (r < 0)
		return r;
	if (!memory->begun || memory->run.run <= search->after ||
	    memory->run.start_ns >= search->to_ns)
		return 0;
	search->run = memory->run;
	return 1;
}

struct search {
	struct ohtd_history *history;
	struct ohtd_history_memory memory;
	struct ohtd_run_search of;
};

static int work_search(struct ohtd_db *db, void *arg)
{
	struct search *search = arg;

	return ohtd_run_find(db, search->history, &search->memory, &search->of);
}

int ohtd_history_next_run(struct ohtd_history *history, int64_t from_ns, int64_t to_ns,
			  struct ohtd_history_run *run)
{
	/* No samples are copied: the run alone is wanted. */
	const struct ohtd_memory_wish wish = { 0 };
	struct search search = {
		.history = history,
		.of = { .from_ns = from_ns, .to_ns = to_ns, .after = run->run },
	};
	int r = ohtd_memory_copy(history, &wish, &search.memory);

	/* Before the file is open, the newest run has no number. */
	if (!r && !search.memory.open)
		r = -ENOENT;
	if (!r)
		r = ohtd_store_read(history->store, work_search, &search);
	ohtd_memory_free(&search.memory);
	if (r > 0)
		*run = search.of.run;
	return r;
}
