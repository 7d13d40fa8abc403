/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     the plan in force and the one after it: grid, what is due, outputs, losses, counters;
 *           the only writer of the process image.
 * Contexts: said at each call; the grid's tick is a hard timer interrupt.
 * Locks:    cycle->mutex for what user space lays ready; everything else belongs to engine.lock.
 *           Order: oht->life -> cycle->mutex -> engine.lock. Never with estop.lock.
 *
 * Source: docs/architecture.md, A plan's register. cycle.c is compiled on the host too;
 * cycle_run.c has the timer and what the rest of the kernel module is told.
 */
#ifndef OHT_CYCLE_H
#define OHT_CYCLE_H

#include <linux/types.h>
#include <linux/oht.h>
#include "engine.h"
#include "image.h"
#include "journal.h"
#include "plan.h"

struct oht_cycle;
struct oht_cycle_layout;

/* What a cycle tells; engine lock held, interrupts off: must not sleep nor call back. */
struct oht_cycle_ops {
	/* An entry was lost whose loss stops. */
	void (*lost)(void *context);
	/*
	 * By then the next such entry must be heard, and the timer must come; a time in the past:
	 * one is lost; 0: there is no plan.
	 */
	void (*await)(void *context, u64 by_ns);
	/* There is a new record. */
	void (*recorded)(void *context);
};

/**
 * struct oht_cycle_entry - one entry of a layout
 * @xfer: carries it; busy while its state is not NEW
 * @urgent: carries outputs out of turn; if it is on the wire already, @xfer does
 * @layout: whose it is
 * @next_due: first cycle in which it is to be exchanged
 * @busy_ns: what its exchange takes of a cycle, as computed
 * @due_ns: the point of the grid at which its next turn is due, whatever plan is in force then
 * @early: @next_due is not its own turn in this plan, but what plans before owe it
 * @yielded: its turn was in a cycle that was given, and it has not been begun since
 * @errors: periods on end whose first exchange failed
 * @judged: the first exchange of its period has ended; further ones add no error
 * @judge_ns: its first turn from then on begins a period
 * @heard_by_ns: it is lost if it has not been heard by then; 0: its loss does not stop
 * @put_off: another plan has put that off since it was heard
 * @lost: errors have reached the entry's limit, or it has not been heard in time
 * @has_outputs: @outputs are valid, unless there has been a stop or a DISABLE since
 * @halts: how often the machine had been stopped or disabled when they were set
 * @outputs: what it writes
 */
struct oht_cycle_entry {
	struct oht_xfer xfer;
	struct oht_xfer urgent;
	struct oht_cycle_layout *layout;
	u64 next_due;
	u64 busy_ns;
	u64 due_ns;
	bool early;
	bool yielded;
	u32 errors;
	bool judged;
	u64 judge_ns;
	u64 heard_by_ns;
	bool put_off;
	bool lost;
	bool has_outputs;
	u32 halts;
	u16 outputs[OHT_WORDS_MAX];
};

/**
 * struct oht_cycle_layout - a plan and its exchanges
 * @cycle: whose it is
 * @plan: constant while the layout is next or running
 * @figures: as @plan
 * @generation: as @plan
 * @entry: by the plan's index
 */
struct oht_cycle_layout {
	struct oht_cycle *cycle;
	struct oht_plan plan;
	struct oht_plan_figures figures;
	u32 generation;
	struct oht_cycle_entry entry[OHT_PLAN_ENTRIES_MAX];
};

/**
 * struct oht_cycle - the cyclic side of one bus; too big for anything but vmalloc
 * @engine: constant
 * @image: constant
 * @ops: constant
 * @context: constant
 * @exact: the port has exact timing; constant
 * @stall_ns: so long a CPU of this board may handle no interrupts, its timers neither; constant
 * @staged: laid ready by user space (caller's lock: cycle->mutex of cycle_run.c)
 * @has_staged: so is this
 * @layout: memory of @running and @next
 * @running: the plan in force, NULL: none
 * @next: put in force at the next beginning of a cycle, NULL: none
 * @generation: of the newest layout that was made, or of the last end of a plan
 * @grid_ns: the next point of the grid
 * @begin_ns: the point of the grid that began the present cycle
 * @beginning: its exchanges are being handed over
 * @passed: points before it for which the timer did not come
 * @end_ns: that at which it must be over
 * @index: points of the grid since @running came in force; due are the entries up to it
 * @give_cycle: the first one that may be given away, counted as status.cycles
 * @give: whether the coming one is given away if a transfer still wants it
 * @overrun: the present one has been counted as exceeded
 * @urgent_ns: what exchanges out of turn have taken, as computed, since a cycle began in time
 * @late: the next one may begin late because of them
 * @taken: when it began something else was on the bus
 * @heard_by_ns: the earliest of the entries in force; 0: there is none
 * @told_by_ns: what @ops->await was told last: that, or when the timer must come
 * @status: counters
 * @header: what the image's head says
 * @journal: records
 */
struct oht_cycle {
	struct oht_engine *engine;
	struct oht_image *image;
	const struct oht_cycle_ops *ops;
	void *context;
	bool exact;
	u64 stall_ns;

	struct oht_plan staged;
	bool has_staged;

	struct oht_cycle_layout layout[2];
	struct oht_cycle_layout *running;
	struct oht_cycle_layout *next;
	u32 generation;
	u64 grid_ns;
	u64 begin_ns;
	bool beginning;
	u64 passed;
	u64 end_ns;
	u64 index;
	u64 give_cycle;
	bool give;
	bool overrun;
	u64 urgent_ns;
	bool late;
	bool taken;
	u64 heard_by_ns;
	u64 told_by_ns;
	struct oht_plan_status status;
	struct oht_image_header header;
	OHT_DECLARE_JOURNAL(struct oht_cycle_record, OHT_CYCLE_RECORDS_MAX) journal;
};

/**
 * oht_cycle_init() - a cyclic side without a plan
 * @cycle: zeroed
 * @engine: initialised; may be given up before @cycle is, but not freed
 * @image: from oht_image_alloc()
 * @exact: the port has exact timing
 *
 * Context: process. The caller then sets @ops, @context and, for a board that says so, @stall_ns.
 */
void oht_cycle_init(struct oht_cycle *cycle, struct oht_engine *engine, struct oht_image *image,
		    bool exact);

/* ---- plans; process context, one caller at a time (cycle_run.c has the mutex) ---- */

/**
 * oht_cycle_stage() - lay a plan ready
 * @cycle: the cycle
 * @plan: copied
 * @bad_entry: out: as oht_plan_check()
 *
 * Return: as oht_plan_check() and oht_plan_check_holds(); with an error what was laid ready before
 * stays.
 */
int oht_cycle_stage(struct oht_cycle *cycle, const struct oht_plan *plan, u32 *bad_entry);

/* Number of the layout that the next commit makes, if no other call comes first. Process. */
u32 oht_cycle_next_generation(struct oht_cycle *cycle);

/**
 * oht_cycle_commit() - put what is laid ready in force at the next beginning of a cycle
 * @cycle: the cycle
 * @dry: only compute
 * @figures: out, also with -EDQUOT
 * @generation: out: number of the layout, 0 if @dry
 *
 * Takes engine.lock. With 0 and not @dry the caller sees to it that oht_cycle_tick() is called.
 *
 * Return: 0, -ENOENT (nothing laid ready), -EBUSY (one is waiting), -EDQUOT (see
 * oht_plan_compute()).
 */
int oht_cycle_commit(struct oht_cycle *cycle, bool dry, struct oht_plan_figures *figures,
		     u32 *generation);

/* Ends the plan; the caller has stopped the ticks. Takes engine.lock. */
void oht_cycle_clear(struct oht_cycle *cycle);

/* ---- any context, take engine.lock ---- */

/**
 * oht_cycle_tick() - a point of the grid has come
 * @cycle: the cycle
 *
 * Context: hard timer interrupt; also for the beginning of a grid (no plan in force, one waits).
 *
 * Return: the next point, CLOCK_MONOTONIC; 0: there is no grid any more.
 */
u64 oht_cycle_tick(struct oht_cycle *cycle);

/**
 * oht_cycle_set_outputs() - what an entry writes from now on
 * @cycle: the cycle
 * @outputs: generation, entry and count
 * @words: @count values
 *
 * With OHT_OUTPUTS_NOW they are also sent out of turn; @done of any transfer may be called.
 *
 * Return: 0, -ENOENT (not this layout), -EINVAL (no outputs, or another number of them, or NOW of a
 * combined exchange), -ECANCELED (stopped).
 */
int oht_cycle_set_outputs(struct oht_cycle *cycle, const struct oht_outputs *outputs,
			  const u16 *words);

/* Stopped: outputs that were set before are not sent any more, the image shows the new state. */
void oht_cycle_stopped(struct oht_cycle *cycle);

/* Fills all but @status->size. */
void oht_cycle_status(struct oht_cycle *cycle, struct oht_plan_status *status);

/* The engine has been shut down: the image says so. */
void oht_cycle_gone(struct oht_cycle *cycle);

/**
 * oht_cycle_journal_read() - copy a record
 * @cycle: the cycle
 * @seq: in: number of the record wanted, moved on to the oldest one kept, 0 for none; out: the one
 *	after it
 * @record: out
 *
 * Return: false: there is none yet.
 */
bool oht_cycle_journal_read(struct oht_cycle *cycle, u64 *seq, struct oht_cycle_record *record);
u64 oht_cycle_journal_seq(struct oht_cycle *cycle);

/* ---- for the files of the plan; engine lock held ---- */

/* enum oht_estop_state as it is now. */
static inline u32 oht_cycle_state(const struct oht_cycle *cycle)
{
	return cycle->engine->gate.state(cycle->engine->gate.context);
}

/* How often the machine has been stopped or disabled. */
static inline u32 oht_cycle_halts(const struct oht_cycle *cycle)
{
	return cycle->engine->gate.halts(cycle->engine->gate.context);
}

static inline u64 oht_cycle_now_ns(const struct oht_cycle *cycle)
{
	return cycle->engine->clock->now_ns(cycle->engine);
}

/*
 * cycle.c: outputs of entry @index have been set. Send them out of turn if the machine is enabled
 * and there is time; else they wait for their turn.
 */
void oht_cycle_hurry(struct oht_cycle *cycle, u16 index);

/* cycle.c: the next record, with what every record has. */
struct oht_cycle_record *oht_cycle_record(struct oht_cycle *cycle, u32 kind, u32 count);

/* ---- cycle_loss.c, for cycle.c; engine lock held ---- */

/*
 * The plan in force has taken the place of @before (NULL: of none) at @cycle->grid_ns; it has
 * ended.
 */
void oht_cycle_loss_begin(struct oht_cycle *cycle, const struct oht_cycle_layout *before);
void oht_cycle_loss_end(struct oht_cycle *cycle);

/* The timer has come: when it must come again. */
void oht_cycle_loss_tick(struct oht_cycle *cycle);

/* By when the next entry is lost that is not, U64_MAX: there is none. */
u64 oht_cycle_loss_next_ns(const struct oht_cycle *cycle);

/* Entry @index of the plan in force has its turn in the present cycle. */
void oht_cycle_loss_turn(struct oht_cycle *cycle, u16 index);

/* An exchange of entry @index of the plan in force has worked; has failed; was not to be sent. */
void oht_cycle_loss_heard(struct oht_cycle *cycle, u16 index, u64 now_ns);
void oht_cycle_loss_failed(struct oht_cycle *cycle, u16 index, u64 now_ns);
void oht_cycle_loss_excuse(struct oht_cycle *cycle, u16 index, u64 now_ns);

/* A point of the grid: is an entry lost that could not be asked? */
void oht_cycle_loss_look(struct oht_cycle *cycle, u64 now_ns);

/* ---- cycle_tell.c, for cycle.c: what the tracepoint oht_cycle says; engine lock held ---- */

/* Fill in how the present point of the grid was found. */
void oht_cycle_note_start(const struct oht_cycle *cycle, struct oht_engine_start *start,
			  u64 now_ns);

/* The present point begins no exchange: enum oht_engine_fate says why. */
void oht_cycle_tell(const struct oht_cycle *cycle, unsigned int fate, u64 now_ns);

/* The cycle that was begun has nothing left to send; nothing is said if it has sent something. */
void oht_cycle_tell_unsent(struct oht_cycle *cycle, unsigned int fate, u64 now_ns);

#endif /* OHT_CYCLE_H */
