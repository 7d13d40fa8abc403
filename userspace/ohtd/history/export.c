// SPDX-License-Identifier: GPL-2.0-or-later
/* All samples of a span in the order of their cycles: a window of some thousand cycles at a time. */
#include "history/export_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* Cycles of a window: four blocks of the codec for few signals, one for many. */
#define WINDOW_LONG	(4 * OHTD_CODEC_BLOCK)
#define WINDOW_SHORT	OHTD_CODEC_BLOCK
#define SIGNALS_FEW	16
/* Windows without an item that one call reads; one for which chunks of signals are read costs more. */
#define WINDOWS_MAX	64
#define CHUNKS_COST	8

static const char *const own_reasons[OHTD_WHY_GAP] = { "", "no_value", "no_data", "damaged" };

struct ohtd_export *ohtd_export_begin(struct ohtd_history *history,
				      const struct ohtd_export_query *query)
{
	size_t room = query->count <= SIGNALS_FEW ? WINDOW_LONG : WINDOW_SHORT;
	struct ohtd_export *export = calloc(1, sizeof(*export));

	if (!export)
		return NULL;
	export->history = history;
	export->query = *query;
	export->room = room;
	export->end_ns = query->from_ns;
	export->values = calloc(query->count * room, sizeof(*export->values));
	export->quality = calloc(query->count, room);
	export->known = calloc(1, room);
	export->why = calloc(room, sizeof(*export->why));
	export->gaps = calloc(OHTD_HISTORY_GAPS_MAX + OHTD_PENDING_GAPS, sizeof(*export->gaps));
	if (export->values && export->quality && export->known && export->why && export->gaps)
		return export;
	ohtd_export_end(export);
	return NULL;
}

void ohtd_export_end(struct ohtd_export *export)
{
	if (!export)
		return;
	free(export->values);
	free(export->quality);
	free(export->known);
	free(export->why);
	free(export->gaps);
	free(export);
}

/* ---- runs ---- */

static int64_t ceil_div(int64_t value, int64_t by)
{
	return value / by + (value % by > 0);
}

/* Behind the last cycle that is asked for. */
static int64_t end_of_run(const struct ohtd_export *export)
{
	return export->limit < export->run.end ? export->limit : export->run.end;
}

static int64_t begin_of_run(const struct ohtd_export *export)
{
	const struct ohtd_history_run *run = &export->run;
	int64_t begin = ceil_div(export->query.from_ns - run->start_ns, run->cycle_ns);

	if (run->run == export->query.begin_run)
		return export->query.begin_cycle;
	return begin < 0 ? 0 : begin;
}

static void note_pause(struct ohtd_export *export, int64_t to_ns, const char *reason)
{
	struct ohtd_stretch *pause = &export->pause;

	to_ns = to_ns < export->query.to_ns ? to_ns : export->query.to_ns;
	if (to_ns <= export->end_ns)
		return;
	*pause = (struct ohtd_stretch){
		.run = export->run.run, .cycle = export->place, .from_ns = export->end_ns,
		.to_ns = to_ns,
	};
	snprintf(pause->reason, sizeof(pause->reason), "%s", export->run_refused ? "damaged" : reason);
	export->run_refused = false;
}

/* Behind a run that is over, or before the first: as far as no run is there by the clock. */
static int look_for_pause(struct ohtd_db *db, struct ohtd_export *export)
{
	const struct ohtd_history_memory *memory = &export->memory;
	struct ohtd_pause pause = { .behind = export->run.run, .from_ns = export->end_ns };
	bool first = !export->run.run;
	int r;

	if (!first && memory->begun && memory->run.run == export->run.run)
		return 0;
	r = ohtd_order_pause(db, memory, export->query.to_ns, &pause);
	if (r < 0 || pause.covered)
		return r;
	if (pause.to_ns == INT64_MAX)
		first = first || !memory->begun;
	note_pause(export, pause.to_ns, first ? "no_data" : "not_running");
	return 0;
}

/* It has yet to find the run in which it goes on. */
static bool is_resumed(const struct ohtd_export *export)
{
	return !export->run.run && export->query.begin_run;
}

/* The next run that has something of the span, from memory if it goes on: 1, 0, or an error. */
static int find_run(struct ohtd_db *db, struct ohtd_export *export, struct ohtd_history_run *run)
{
	bool resumed = is_resumed(export);
	/* Where it goes on is said by the number of the run, whatever its times are. */
	struct ohtd_run_search search = {
		.from_ns = resumed ? 0 : export->query.from_ns, .to_ns = export->query.to_ns,
		.after = resumed ? export->query.begin_run - 1 : export->run.run,
	};
	int r = ohtd_run_find(db, export->history, &export->memory, &search);

	if (search.refused)
		export->run_refused = true;
	*run = search.run;
	return r;
}

static int enter_run(struct ohtd_db *db, struct ohtd_export *export)
{
	bool resumed = is_resumed(export);
	struct ohtd_history_run run;
	int r = find_run(db, export, &run);

	if (r < 0)
		return r;
	/* Another run would be told from its beginning, as if it followed what the client has. */
	if (resumed && (!r || run.run != export->query.begin_run))
		return -ENODATA;
	export->ended = !r;
	r = resumed ? 0 : look_for_pause(db, export);
	if (r < 0 || export->ended)
		return r;
	export->run = run;
	export->place = begin_of_run(export);
	export->limit = ceil_div(export->query.to_ns - run.start_ns, run.cycle_ns);
	return 0;
}

/* The run may have grown, and its anchor may have moved. */
static void refresh_run(struct ohtd_export *export)
{
	if (export->memory.begun && export->run.run == export->memory.run.run)
		export->run = export->memory.run;
}

static int read_window(struct ohtd_db *db, struct ohtd_export *export)
{
	int64_t end = end_of_run(export), stop;
	int r;

	if (export->place >= end) {
		/* A client may have more of the run than a crash has left: a gap begins behind that. */
		export->end_ns = ohtd_run_time(&export->run, export->place > export->run.end ? export->place : export->run.end);
		return enter_run(db, export);
	}
	/* Windows begin with a block of the codec, and none is in two chunks. */
	stop = export->place - export->place % (int64_t)export->room + (int64_t)export->room;
	stop = stop < end ? stop : end;
	export->first = export->place;
	export->cycles = (size_t)(stop - export->place);
	r = ohtd_window_read(db, export, end);
	if (r)
		return r;
	ohtd_window_finish(export);
	export->place = export->first + (int64_t)export->cycles;
	return 0;
}

static int work_window(struct ohtd_db *db, void *arg)
{
	struct ohtd_export *export = arg;
	int r = ohtd_db_history_read_begin(db);

	if (r)
		return r;
	refresh_run(export);
	r = export->run.run ? read_window(db, export) : enter_run(db, export);
	ohtd_db_history_read_end(db);
	return r;
}

/* Memory first, as in read.c: what goes from there to the file meanwhile is then in both. */
static int next_window(struct ohtd_export *export)
{
	const struct ohtd_memory_wish wish = {
		.signals = export->query.signals, .count = export->query.count, .samples = true,
		.from = (uint64_t)export->place, .to = (uint64_t)export->place + export->room,
	};
	int r = ohtd_memory_copy(export->history, &wish, &export->memory);

	export->cycles = export->at = 0;
	export->blank = export->found = false;
	export->gap_count = 0;
	/* Before that neither the newest run nor the signals have their numbers. */
	if (!r && !export->memory.open)
		r = -ENOENT;
	if (!r)
		r = ohtd_store_read(export->history->store, work_window, export);
	ohtd_memory_free(&export->memory);
	memset(&export->memory, 0, sizeof(export->memory));
	if (r)
		export->cycles = 0;
	return r;
}

/* ---- items ---- */

static void tell_stretch(struct ohtd_stretch *stretch, struct ohtd_export_item *item)
{
	*item = (struct ohtd_export_item){
		.run = stretch->run, .cycle = stretch->cycle, .time_ns = stretch->from_ns,
		.to_ns = stretch->to_ns,
	};
	memcpy(item->reason, stretch->reason, sizeof(item->reason));
	stretch->reason[0] = 0;
}

static const char *reason_at(const struct ohtd_export *export, size_t at)
{
	unsigned int why = export->blank ? export->blank_why : export->why[at];

	return why < OHTD_WHY_GAP ? own_reasons[why] : export->gaps[why - OHTD_WHY_GAP].reason;
}

/* Cycles from @at on without samples for one reason; returns the place behind them. */
static size_t stretch_end(const struct ohtd_export *export, const char *reason)
{
	size_t at = export->at;

	if (export->blank)
		return export->cycles;
	while (at < export->cycles && !strcmp(reason_at(export, at), reason))
		at++;
	return at;
}

/* True: the stretch that was open is told first. */
static bool extend_stretch(struct ohtd_export *export, const char *reason)
{
	struct ohtd_stretch *open = &export->open;
	int64_t cycle = export->first + (int64_t)export->at;

	if (*open->reason && (strcmp(open->reason, reason) || open->run != export->run.run))
		return true;
	if (!*open->reason) {
		*open = (struct ohtd_stretch){
			.run = export->run.run, .cycle = cycle,
			.from_ns = ohtd_run_time(&export->run, cycle),
		};
		snprintf(open->reason, sizeof(open->reason), "%s", reason);
	}
	export->at = stretch_end(export, reason);
	open->to_ns = ohtd_run_time(&export->run, export->first + (int64_t)export->at);
	return false;
}

/* One cycle of the window, or as many as have no samples: 1 if there is an item. */
static int take_cycle(struct ohtd_export *export, struct ohtd_export_item *item)
{
	const char *reason = reason_at(export, export->at);

	if (*reason) {
		if (!extend_stretch(export, reason))
			return 0;
		tell_stretch(&export->open, item);
		return 1;
	}
	if (*export->open.reason) {
		tell_stretch(&export->open, item);
		return 1;
	}
	*item = (struct ohtd_export_item){
		.run = export->run.run, .cycle = export->first + (int64_t)export->at,
		.values = export->values + export->at, .quality = export->quality + export->at,
		.stride = export->room,
	};
	item->time_ns = ohtd_run_time(&export->run, item->cycle);
	export->at++;
	return 1;
}

int ohtd_export_next(struct ohtd_export *export, struct ohtd_export_item *item)
{
	unsigned int windows = 0;
	int r;

	for (;;) {
		if (export->at < export->cycles) {
			if (take_cycle(export, item))
				return 1;
			continue;
		}
		/* Both stand behind the window. */
		if (*export->pause.reason || export->ended) {
			struct ohtd_stretch *next = *export->open.reason ? &export->open :
								      &export->pause;

			if (!*next->reason)
				return 0;
			tell_stretch(next, item);
			return 1;
		}
		if (windows >= WINDOWS_MAX)
			return -EAGAIN;
		r = next_window(export);
		if (r < 0)
			return r;
		windows += export->found ? CHUNKS_COST : 1;
	}
}
