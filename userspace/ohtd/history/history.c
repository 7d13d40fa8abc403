// SPDX-License-Identifier: GPL-2.0-or-later
#include "history/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "robot/model.h"
#include "control/robot.h"
#include "store/schema.h"

#define STACK_BYTES	(256 * 1024)
#define TURN_NS		(250 * OHTD_NS_PER_MS)
#define CYCLE_NS	(OHTD_CYCLE_MS * OHTD_NS_PER_MS)
/*
 * Coded intervals are some KiB each. Half an hour of the usual ones; then the oldest are given
 * up.
 */
#define PENDING_MAX	180
/* A clock that moved by more has been set. */
#define ANCHOR_NS	(20 * (int64_t)OHTD_NS_PER_MS)
/* A clock that drifts does not move by so much at a time. */
#define SET_NS		((int64_t)OHTD_NS_PER_S)
/* After a leap of an hour nothing is deleted by its age for a day. */
#define LEAP_NS		(3600 * (int64_t)OHTD_NS_PER_S)
#define DISTRUST_NS	(86400 * OHTD_NS_PER_S)
/* Two clocks are not read at once: less may be no suspend. */
#define SUSPEND_CYCLES	40
/* A computer that is suspended again within the microseconds of a look is not looked at for ever. */
#define LOOKS		8
/* Fewer cycles that were not begun are no gap: the control thread counts them. */
#define CYCLES_GAP	40

/* ---- samples come in; with the lock held ---- */

static void note_gap(struct ohtd_history *history, uint64_t first, uint64_t cycles,
		     const char *reason)
{
	/* What the store works on stays as it was given. */
	ohtd_gaps_note(history->gaps, &history->gap_count, history->busy ? history->task.gap_count : 0, first, cycles, reason);
}

static void drop_first(struct ohtd_history *history)
{
	struct ohtd_history_pending *pending = history->first;

	history->first = pending->next;
	if (!history->first)
		history->last = &history->first;
	history->waiting--;
	ohtd_pending_free(pending);
}

static void give_up(struct ohtd_history *history, uint64_t first, uint64_t cycles)
{
	atomic_fetch_add(&history->dropped, 1);
	note_gap(history, first, cycles, "store_failing");
}

static uint64_t chunk_of(uint64_t cycle)
{
	return cycle / OHTD_CHUNK_CYCLES;
}

static void close_interval(struct ohtd_history *history)
{
	uint64_t first = history->interval.first, cycles = history->interval.cycles;
	struct ohtd_history_pending *pending = ohtd_interval_close(&history->interval);

	if (!pending) {
		give_up(history, first, cycles);
		return;
	}
	if (chunk_of(first) != chunk_of(history->interval.end)) {
		history->seal_due = true;
		/* Nothing is sealed then, and what has become old meanwhile gives room. */
		history->tidy_due = history->tidy_due || history->no_room;
	}
	/* What a task works on must stay: then the newest goes. */
	if (history->waiting == PENDING_MAX && history->busy) {
		give_up(history, first, cycles);
		ohtd_pending_free(pending);
		return;
	}
	if (history->waiting == PENDING_MAX) {
		give_up(history, history->first->first, history->first->cycles);
		drop_first(history);
	}
	*history->last = pending;
	history->last = &pending->next;
	history->waiting++;
}

/* Boot time is read first: a thread that is held up in between finds less, and finds the rest later. */
static uint64_t slept_ns(const struct ohtd_history *history)
{
	const uint64_t boot_ns = ohtd_clock_boottime_ns(history->setup.clock);

	return ohtd_since(boot_ns, ohtd_clock_monotonic_ns(history->setup.clock));
}

/*
 * All that a turn knows of clocks is of one moment. With a suspend between two of its readings the time of day would have it, and the base
 * would not, or the other way round.
 */
static void look_at_clocks(struct ohtd_history *history)
{
	struct ohtd_history_moment *look = &history->look;
	unsigned int tries = 0;

	do {
		look->slept_ns = slept_ns(history);
		look->now_ns = ohtd_clock_monotonic_ns(history->setup.clock);
		look->wall_ns = ohtd_clock_wall_of_ns(history->setup.clock, look->now_ns);
	} while (ohtd_since(slept_ns(history), look->slept_ns) > SUSPEND_CYCLES * CYCLE_NS && ++tries < LOOKS);
}

/* Where cycle 0 is on the clock of the day now. The base moves back with each suspend by itself. */
static int64_t start_of(const struct ohtd_history *history)
{
	return history->look.wall_ns - ((int64_t)history->look.now_ns - (int64_t)history->base_ns);
}

static void begin(struct ohtd_history *history, const struct ohtd_sample *sample)
{
	history->base_ns = sample->time_ns - sample->number * CYCLE_NS;
	history->run.start_ns = start_of(history);
	history->next = sample->number;
	history->begun = true;
}

static struct oht_set left_out(const struct ohtd_history *history)
{
	struct oht_set signals;

	for (size_t i = 0; i < OHT_SET_WORDS; i++)
		signals.words[i] = atomic_load(&history->left_out[i]);
	return signals;
}

static void take(struct ohtd_history *history, const struct ohtd_sample *sample, bool lost)
{
	const struct oht_set signals_out = left_out(history);

	if (!history->begun)
		begin(history, sample);
	if (history->interval.cycles && sample->number >= history->interval.end)
		close_interval(history);
	if (sample->number > history->next &&
	    (lost || sample->number - history->next >= CYCLES_GAP))
		note_gap(history, history->next, sample->number - history->next,
			 lost ? "samples_lost" : "cycles_missed");
	ohtd_interval_add(&history->interval, sample, history->flush_cycles, &signals_out);
	atomic_store(&history->coarse, history->interval.share.coarse);
	atomic_store(&history->scarce, history->interval.share.scarce > 0);
	history->next = sample->number + 1;
	if (history->next >= history->interval.end)
		close_interval(history);
	atomic_fetch_add(&history->samples, 1);
}

/*
 * A suspend stops the monotonic clock, by which cycles have their time. It counts as cycles that were not begun, so what was before it
 * stays where it was.
 */
static void look_for_suspend(struct ohtd_history *history)
{
	const struct ohtd_history_moment *look = &history->look;
	uint64_t cycles = ohtd_since(look->slept_ns, history->slept_ns) / CYCLE_NS;

	if (!history->begun) {
		history->slept_ns = look->slept_ns;
	} else if (cycles > SUSPEND_CYCLES) {
		history->slept_before = history->slept_cycles;
		history->slept_cycles += cycles;
		history->slept_ns += cycles * CYCLE_NS;
		history->base_ns -= cycles * CYCLE_NS;
		history->slept_from_ns = history->looked_ns;
	}
	history->looked_ns = look->now_ns;
}

static void take_all(struct ohtd_history *history)
{
	struct ohtd_sample sample;

	look_at_clocks(history);
	look_for_suspend(history);
	while (ohtd_robot_sample(history->setup.robot, &history->reader, &sample)) {
		uint64_t lost = history->reader.lost - atomic_load(&history->lost);

		sample.number += sample.time_ns >= history->slept_from_ns ? history->slept_cycles : history->slept_before;
		take(history, &sample, lost);
		if (history->setup.hear)
			history->setup.hear(history->setup.hear_context, &sample);
		atomic_fetch_add(&history->lost, lost);
	}
}

/* Nothing is written anew when the clock is set: the run moves as a whole. */
static void follow_clock(struct ohtd_history *history)
{
	struct ohtd_clock_view view;
	int64_t start_ns, moved_ns;

	if (!history->begun)
		return;
	start_ns = start_of(history);
	moved_ns = start_ns - history->run.start_ns;
	ohtd_clock_look(history->setup.clock, &view);
	if (moved_ns > SET_NS || moved_ns < -SET_NS)
		history->clock_set = true;
	if (moved_ns > LEAP_NS)
		history->jump_boot_ns = ohtd_clock_boottime_ns(history->setup.clock);
	if (moved_ns > ANCHOR_NS || moved_ns < -ANCHOR_NS ||
	    view.synchronised != history->run.synchronised) {
		history->run.start_ns = start_ns;
		history->run.synchronised = view.synchronised;
		history->anchor_moved = true;
	}
}

/* ---- tasks for the thread of the store ---- */

static void free_rows(struct ohtd_task *task)
{
	for (unsigned int i = 0; task->blobs && i < 2 * task->row_count; i++)
		ohtd_bytes_free(&task->blobs[i]);
	free(task->blobs);
	free(task->rows);
	task->blobs = NULL;
	task->rows = NULL;
	task->row_count = 0;
}

/* The same parts with the numbers that signals have in the file. */
static void renumber(const struct ohtd_history *history, const struct ohtd_bytes *from,
		     struct ohtd_bytes *to)
{
	struct ohtd_span rest = { from->data, from->used }, part;
	int64_t signal;

	while (ohtd_coded_next_part(&rest, &signal, &part) > 0) {
		const struct ohtd_bytes bytes = {
			.data = (unsigned char *)(uintptr_t)part.at, .used = part.left,
		};

		ohtd_coded_put_part(to, history->signal_ids[signal], &bytes);
	}
	ohtd_coded_close(to);
}

/* With the lock held. False: out of memory. */
static bool fill_rows(struct ohtd_history *history, struct ohtd_task *task)
{
	const struct ohtd_history_pending *pending = history->first;
	bool whole = true;

	task->rows = calloc(history->waiting + 1, sizeof(*task->rows));
	task->blobs = calloc(history->waiting + 1, 2 * sizeof(*task->blobs));
	if (!task->rows || !task->blobs)
		return false;
	for (; pending; pending = pending->next) {
		struct ohtd_history_interval *row = &task->rows[task->row_count];
		struct ohtd_bytes *columns = &task->blobs[2 * task->row_count];
		struct ohtd_bytes *samples = columns + 1;

		renumber(history, &pending->columns, columns);
		renumber(history, &pending->samples, samples);
		*row = (struct ohtd_history_interval){
			.run = history->run.run, .first = (int64_t)pending->first,
			.cycles = pending->cycles, .columns = columns->data,
			.columns_bytes = columns->used, .samples = samples->data,
			.samples_bytes = samples->used,
		};
		task->row_count++;
		whole = whole && !columns->failed && !samples->failed;
	}
	return whole;
}

/* With the lock held. */
static bool fill_flush(struct ohtd_history *history, struct ohtd_task *task)
{
	if (!fill_rows(history, task)) {
		free_rows(task);
		return false;
	}
	memcpy(task->gaps, history->gaps, sizeof(task->gaps));
	/* One place stays for a gap that comes meanwhile. */
	task->gap_count = history->gap_count < OHTD_PENDING_GAPS ? history->gap_count : OHTD_PENDING_GAPS - 1;
	for (unsigned int i = 0; i < task->gap_count; i++)
		task->gaps[i].run = history->run.run;
	task->anchor = history->anchor_moved;
	return true;
}

static bool is_trusted(const struct ohtd_history *history)
{
	uint64_t boot_ns = ohtd_clock_boottime_ns(history->setup.clock);

	return history->run.synchronised &&
	       (!history->jump_boot_ns || ohtd_since(boot_ns, history->jump_boot_ns) > DISTRUST_NS);
}

/* The next task. The caller holds the lock. */
static enum ohtd_history_task next_task(const struct ohtd_history *history)
{
	if (!history->begun || ohtd_clock_monotonic_ns(history->setup.clock) < history->retry_ns)
		return OHTD_TASK_NONE;
	if (!atomic_load(&history->open))
		return OHTD_TASK_OPEN;
	if (history->no_room && history->tidy_due)
		return OHTD_TASK_TIDY;
	/* A clock that was set tells another time of all that is on the disk: a kill must not take that back. */
	if (history->first || history->clock_set)
		return OHTD_TASK_FLUSH;
	if (history->move_due)
		return OHTD_TASK_MOVE;
	if (history->seal_due)
		return OHTD_TASK_SEAL;
	return history->tidy_due ? OHTD_TASK_TIDY : OHTD_TASK_NONE;
}

static void note_done(struct ohtd_store_job *job)
{
	struct ohtd_history *history = ((struct ohtd_task *)job)->history;

	pthread_mutex_lock(&history->lock);
	history->task_done = true;
	pthread_cond_signal(&history->wake);
	pthread_mutex_unlock(&history->lock);
}

/* With the lock held. */
static void prepare(struct ohtd_history *history, enum ohtd_history_task kind)
{
	struct ohtd_task *task = &history->task;

	task->kind = kind;
	task->history = history;
	task->gap_count = 0;
	task->run = history->run;
	task->trusted = is_trusted(history);
	task->keep = history->keep;
	task->current_chunk = (int64_t)chunk_of(history->next);
	task->job = (struct ohtd_store_job){
		.work = ohtd_task_work, .arg = task, .done = note_done,
		/* Without its number a run cannot be read. */
		.spares = kind == OHTD_TASK_OPEN || kind == OHTD_TASK_TIDY,
	};
	if (kind == OHTD_TASK_FLUSH && !fill_flush(history, task))
		task->kind = OHTD_TASK_NONE;
	/* What becomes due while the task runs is not in it. */
	if (kind == OHTD_TASK_TIDY)
		history->tidy_due = false;
	if (kind == OHTD_TASK_SEAL)
		history->seal_due = false;
}

/* With the lock held. What the store has kept is not kept here any more. */
static void end_flush(struct ohtd_history *history, struct ohtd_task *task)
{
	unsigned int gaps = history->gap_count - task->gap_count;

	for (unsigned int i = 0; i < task->row_count; i++)
		drop_first(history);
	memmove(history->gaps, history->gaps + task->gap_count, gaps * sizeof(*history->gaps));
	history->gap_count = gaps;
	if (task->anchor && task->run.start_ns == history->run.start_ns &&
	    task->run.synchronised == history->run.synchronised) {
		history->anchor_moved = false;
		/* It reaches to another time of day now. */
		history->tidy_due = history->tidy_due || history->clock_set;
		history->clock_set = false;
	}
	atomic_fetch_add(&history->flushes, task->row_count > 0);
}

/* With the lock held. Old rows go before the next attempt to keep something, unless they cannot go either. */
static void note_room(struct ohtd_history *history, enum ohtd_history_task kind, int result)
{
	if (kind == OHTD_TASK_FLUSH) {
		history->tidy_due = history->tidy_due || (result == -ENOSPC && !history->no_room);
		history->no_room = result == -ENOSPC;
	} else if (kind == OHTD_TASK_TIDY && result < 0) {
		history->no_room = false;
	}
}

/* With the lock held. */
static void end_task(struct ohtd_history *history)
{
	struct ohtd_task *task = &history->task;
	bool good = task->job.result >= 0;

	history->busy = false;
	note_room(history, task->kind, task->job.result);
	history->retry_ns = good ? 0 : ohtd_clock_monotonic_ns(history->setup.clock) +
				       OHTD_NS_PER_S;
	/* What a commit did not take has been undone: the chunk is sealed from its first signal on, and moving begins anew. */
	if (!good)
		task->seal_run = task->moved_to = 0;
	if (good && task->kind == OHTD_TASK_OPEN) {
		history->run.run = task->run.run;
		history->move_due = history->seal_due = history->tidy_due = true;
		/* What a clock does that was set in a run before is the same: kill -9 does not make it right. */
		if (task->leapt)
			history->jump_boot_ns = ohtd_clock_boottime_ns(history->setup.clock);
		atomic_store(&history->open, true);
	} else if (good && task->kind == OHTD_TASK_FLUSH) {
		end_flush(history, task);
	} else if (good && task->kind == OHTD_TASK_MOVE) {
		history->move_due = task->again;
	} else if (good && task->kind == OHTD_TASK_SEAL) {
		history->tidy_due = history->tidy_due || !task->again;
	}
	/* It may be due once more already. */
	if (task->kind == OHTD_TASK_TIDY && (!good || task->again))
		history->tidy_due = true;
	if (task->kind == OHTD_TASK_SEAL && (!good || task->again))
		history->seal_due = true;
	if (task->kind == OHTD_TASK_FLUSH)
		free_rows(task);
}

/* With the lock held, which is left meanwhile. */
static void give_task(struct ohtd_history *history)
{
	enum ohtd_history_task kind = history->busy ? OHTD_TASK_NONE : next_task(history);
	int r;

	if (kind == OHTD_TASK_NONE)
		return;
	prepare(history, kind);
	if (history->task.kind == OHTD_TASK_NONE)
		return;
	history->busy = true;
	history->task_done = false;
	r = ohtd_store_submit(history->store, &history->task.job);
	if (!r)
		return;
	/* A store that takes nothing is asked again later. */
	history->task.job.result = r;
	end_task(history);
}

/* ---- the thread ---- */

/* With the lock held. */
static void wait_for_turn(struct ohtd_history *history)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)TURN_NS;
	if (until.tv_nsec >= (long)OHTD_NS_PER_S) {
		until.tv_nsec -= (long)OHTD_NS_PER_S;
		until.tv_sec++;
	}
	while (!history->stopping && !history->task_done &&
	       pthread_cond_timedwait(&history->wake, &history->lock, &until) != ETIMEDOUT)
		;
}

static void *run_thread(void *arg)
{
	struct ohtd_history *history = arg;

	pthread_mutex_lock(&history->lock);
	while (!history->stopping) {
		take_all(history);
		follow_clock(history);
		if (history->busy && history->task_done) {
			history->task_done = false;
			end_task(history);
		}
		give_task(history);
		wait_for_turn(history);
	}
	pthread_mutex_unlock(&history->lock);
	return NULL;
}

/* ---- start and end ---- */

static void init_lock(struct ohtd_history *history)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&history->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&history->wake, &attr);
	pthread_condattr_destroy(&attr);
}

static void release(struct ohtd_history *history)
{
	ohtd_store_stop(history->store);
	free_rows(&history->task);
	while (history->first)
		drop_first(history);
	ohtd_interval_free(&history->interval);
	pthread_cond_destroy(&history->wake);
	pthread_mutex_destroy(&history->lock);
	free(history);
}

static void set_up(struct ohtd_history *history, const struct ohtd_history_setup *setup)
{
	history->setup = *setup;
	snprintf(history->path, sizeof(history->path), "%s", setup->path);
	history->setup.path = history->path;
	history->flush_cycles = setup->flush_s * OHTD_LEVEL_CYCLES;
	history->last = &history->first;
	history->run.cycle_ns = (int64_t)CYCLE_NS;
	snprintf(history->run.boot_id, sizeof(history->run.boot_id), "%s", setup->boot_id);
}

/* Signals of the user's tables may make intervals twice as long. */
static uint32_t longest_interval(const struct ohtd_history *history)
{
	const bool is_alone = ohtd_telemetry_count() == OHTD_TELEMETRY_BUILT_IN;

	return is_alone || history->setup.flush_s > OHTD_HISTORY_FLUSH_S_MAX / 2 ? history->flush_cycles : 2 * history->flush_cycles;
}

struct ohtd_history *ohtd_history_start(const struct ohtd_history_setup *setup)
{
	static const struct ohtd_thread what = { "ohtd-values", STACK_BYTES, run_thread };
	struct ohtd_history *history = calloc(1, sizeof(*history));
	int r;

	if (!history)
		return NULL;
	set_up(history, setup);
	init_lock(history);
	r = -ohtd_interval_init(&history->interval, longest_interval(history));
	if (!r) {
		history->store = ohtd_store_prepare(&ohtd_history_schema, history->path,
						    setup->clock);
		r = history->store ? 0 : errno;
	}
	if (!r)
		r = ohtd_thread_start(&history->thread, &what, history);
	if (!r)
		return history;
	release(history);
	errno = r;
	return NULL;
}

/* The last samples, behind a task that is still worked on. */
static void flush_rest(struct ohtd_history *history)
{
	pthread_mutex_lock(&history->lock);
	take_all(history);
	if (history->interval.cycles)
		close_interval(history);
	while (history->busy && !history->task_done)
		pthread_cond_wait(&history->wake, &history->lock);
	if (history->busy)
		end_task(history);
	history->retry_ns = 0;
	for (int tries = 0; tries < 2 && history->first; tries++) {
		give_task(history);
		while (history->busy && !history->task_done)
			pthread_cond_wait(&history->wake, &history->lock);
		if (history->busy)
			end_task(history);
	}
	pthread_mutex_unlock(&history->lock);
}

void ohtd_history_stop(struct ohtd_history *history)
{
	if (!history)
		return;
	pthread_mutex_lock(&history->lock);
	history->stopping = true;
	pthread_cond_broadcast(&history->wake);
	pthread_mutex_unlock(&history->lock);
	pthread_join(history->thread, NULL);
	flush_rest(history);
	release(history);
}

void ohtd_history_keep(struct ohtd_history *history, const struct ohtd_history_keep *keep)
{
	struct ohtd_history_keep *kept = &history->keep;

	pthread_mutex_lock(&history->lock);
	if (keep->samples_days != kept->samples_days || keep->columns_days != kept->columns_days ||
	    keep->bytes_max != kept->bytes_max)
		history->tidy_due = true;
	*kept = *keep;
	pthread_mutex_unlock(&history->lock);
}

void ohtd_history_leave_out(struct ohtd_history *history, const struct oht_set *signals)
{
	for (size_t i = 0; i < OHT_SET_WORDS; i++)
		atomic_store(&history->left_out[i], signals->words[i]);
}

bool ohtd_history_keeps(const struct ohtd_history *history, unsigned int signal)
{
	const struct oht_set signals = left_out(history);

	return !oht_set_has(&signals, signal);
}

int64_t ohtd_history_reaches(const struct ohtd_history *history, unsigned int level)
{
	return atomic_load(&history->from_ns[level < OHTD_LEVELS_SHORT ? level : OHTD_LEVELS_SHORT]);
}

void ohtd_history_watch(struct ohtd_history *history)
{
	ohtd_store_watch(history->store);
}

void ohtd_history_look(struct ohtd_history *history, struct ohtd_history_view *view)
{
	struct ohtd_store_view store;

	ohtd_store_look(history->store, &store);
	*view = (struct ohtd_history_view){
		.state = ohtd_store_is_hung(&store, ohtd_monotonic_ns()) ? OHTD_STORE_HUNG :
									    store.state,
		.samples = atomic_load(&history->samples), .lost = atomic_load(&history->lost),
		.flushes = atomic_load(&history->flushes),
		.dropped = atomic_load(&history->dropped),
		.written = store.written, .synchronisations = store.synchronisations, .bytes = atomic_load(&history->bytes),
		.damaged = atomic_load(&history->damaged), .others = history->setup.others,
	};
	view->waiting = atomic_load(&history->waiting);
	view->coarse = atomic_load(&history->coarse);
	view->is_coarse = atomic_load(&history->scarce);
	view->coarse_flush_s = longest_interval(history) / OHTD_LEVEL_CYCLES;
}
