// SPDX-License-Identifier: GPL-2.0-or-later
/* What the thread of the store does for history: one transaction each. */
#include "history/private.h"

#include <errno.h>

#include "base/clock.h"
#include "history/rows.h"

/* A step of a deletion; others can write in between. */
#define DROPPED_A_STEP	128
#define MOVED_A_STEP	2048
#define PAGES_A_STEP	512
/* A run that begins so long after the one before may have a clock that was set forward, until so much has been kept since. */
#define AWAY_NS		(7 * OHTD_DAY_NS)
#define RAN_NS		OHTD_DAY_NS

/* How far back the levels reach that go early, and the one behind them: without anything, to the run that goes on. */
static int look_back(struct ohtd_db *db, struct ohtd_task *task)
{
	int64_t from_ns;
	int r = 0;

	/* Fine ones last: a reader compares them with what is behind them. */
	for (int level = OHTD_LEVELS_SHORT; r >= 0 && level >= 0; level--) {
		r = ohtd_db_history_reaches(db, (unsigned int)level, OHTD_CHUNK_CYCLES, &from_ns);
		if (r >= 0)
			atomic_store(&task->history->from_ns[level], r ? from_ns : task->run.start_ns);
	}
	return r < 0 ? r : 0;
}

static int64_t number_of(struct ohtd_db *db, unsigned int signal)
{
	const struct ohtd_telemetry_info *info = ohtd_telemetry_info(signal);
	char origin[OHTD_TELEMETRY_PLACE_BYTES];
	const struct ohtd_history_signal known = {
		.name = info->name, .unit = info->unit, .type = ohtd_telemetry_type_name(info->type),
		.origin = ohtd_telemetry_place(signal, origin), .decimals = ohtd_telemetry_origin(signal)->decimals,
	};

	return ohtd_db_history_signal(db, &known);
}

static int open_run(struct ohtd_db *db, struct ohtd_task *task)
{
	int r = ohtd_history_own(db, task->history->setup.owner);

	if (!r)
		r = ohtd_db_history_begin(db, &task->run);
	for (unsigned int i = 0; !r && i < ohtd_telemetry_count(); i++) {
		int64_t id = number_of(db, i);

		task->history->signal_ids[i] = id;
		r = id < 0 ? (int)id : 0;
	}
	if (!r)
		r = ohtd_db_history_leapt(db, AWAY_NS, RAN_NS);
	task->leapt = r > 0;
	return r < 0 ? r : look_back(db, task);
}

static int flush(struct ohtd_db *db, struct ohtd_task *task)
{
	int r = task->anchor ? ohtd_db_history_anchor(db, &task->run) : 0;

	for (unsigned int i = 0; !r && i < task->row_count; i++)
		r = ohtd_db_history_add(db, &task->rows[i]);
	for (unsigned int i = 0; !r && i < task->gap_count; i++)
		r = ohtd_db_history_add_gap(db, &task->gaps[i]);
	return r;
}

static int move(struct ohtd_db *db, struct ohtd_task *task)
{
	int r = ohtd_db_history_move(db, &task->moved_to, MOVED_A_STEP);

	task->again = r > 0;
	return r < 0 ? r : 0;
}

/* The chunk of the first interval, unless it still grows. */
static int seal(struct ohtd_db *db, struct ohtd_task *task)
{
	int64_t run, first, chunk;
	int r = ohtd_db_history_oldest(db, &run, &first);

	task->again = false;
	if (r <= 0)
		return r;
	chunk = first / OHTD_CHUNK_CYCLES;
	if (run == task->run.run && chunk >= task->current_chunk)
		return 0;
	if (run != task->seal_run || chunk != task->seal_chunk) {
		task->seal_run = run;
		task->seal_chunk = chunk;
		task->seal_signal = 1;
	}
	r = ohtd_seal_step(db, task);
	/* There may be a further one behind it. */
	task->again = r >= 0;
	return r < 0 ? r : 0;
}

static int drop_old(struct ohtd_db *db, struct ohtd_task *task, int64_t now_ns, int64_t bytes)
{
	int64_t span_ns = OHTD_CHUNK_CYCLES * task->run.cycle_ns;

	for (unsigned int level = 0; task->keep.bytes_max && level < OHTD_LEVELS; level++) {
		int64_t days = level < OHTD_LEVELS_SHORT ? task->keep.samples_days : task->keep.columns_days;
		int64_t before_ns = task->trusted ? now_ns - days * OHTD_DAY_NS : INT64_MIN;
		int r;

		/* No room: the oldest goes, whatever its age and the clock; fine levels first. */
		if (bytes > task->keep.bytes_max)
			before_ns = INT64_MAX;
		if (before_ns == INT64_MIN)
			continue;
		r = ohtd_db_history_drop_old(db, level, span_ns, before_ns, DROPPED_A_STEP);
		if (r)
			return r;
	}
	return 0;
}

static int tidy(struct ohtd_db *db, struct ohtd_task *task)
{
	struct ohtd_history *history = task->history;
	int r = ohtd_db_history_give_back(db, PAGES_A_STEP);
	int64_t bytes;

	task->again = r > 0;
	/* The rest looks at all runs: once, not with each step of free pages. */
	if (r)
		return r < 0 ? r : 0;
	bytes = ohtd_db_history_bytes(db);
	r = drop_old(db, task, ohtd_clock_wall_ns(history->setup.clock), bytes);
	task->again = r > 0;
	if (!r)
		r = look_back(db, task);
	if (!r)
		r = ohtd_db_history_drop_empty(db, task->run.run);
	if (bytes >= 0)
		atomic_store(&history->bytes, (uint64_t)bytes);
	return r < 0 ? r : 0;
}

int ohtd_task_work(struct ohtd_db *db, void *arg)
{
	struct ohtd_task *task = arg;
	int r;

	switch (task->kind) {
	case OHTD_TASK_OPEN:
		r = open_run(db, task);
		break;
	case OHTD_TASK_FLUSH:
		r = flush(db, task);
		break;
	case OHTD_TASK_MOVE:
		r = move(db, task);
		break;
	case OHTD_TASK_SEAL:
		r = seal(db, task);
		break;
	default:
		r = tidy(db, task);
		break;
	}
	return r;
}
