// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/command_keeper.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "clients/command.h"
#include "control/life.h"
#include "control/robot.h"
#include "robot/verbs.h"
#include "journal/command_rows.h"
#include "store/outbox.h"

/* More than a robot is given in the time that a disk may hang. */
#define MARGIN		100000
#define BATCH		64
#define PENDING_MAX	256

/**
 * struct ohtd_keeper - phases on their way
 * @outbox: the way of @rows
 * @reader: place in the ring of events
 * @reserved: numbers up to this one may be given
 * @newest: greatest number so far
 * @before: greatest number of the runs before
 * @begun: what those left open has been ended
 * @count: of @rows, which are with the store or wait for another try
 * @pending_count: of @pending, which come next: the newest phase of each
 */
struct ohtd_keeper {
	struct ohtd_outbox outbox;
	struct ohtd_clock *clock;
	struct ohtd_event_reader reader;
	int64_t reserved;
	int64_t newest;
	int64_t before;
	bool begun;
	unsigned int count;
	struct ohtd_command_row rows[BATCH];
	unsigned int pending_count;
	struct ohtd_command_row pending[PENDING_MAX];
};

static const struct ohtd_outbox_words words = {
	.room = "main",
	.refused = "commands_not_kept", .refused_text = "what becomes of commands is not written now",
	.kept = "commands_kept", .kept_text = "what becomes of commands is written again",
};

/* ---- on the store's thread ---- */

static int work_keep(struct ohtd_db *db, void *arg)
{
	struct ohtd_keeper *keeper = arg;
	int r = 0;

	if (!keeper->begun)
		r = ohtd_db_commands_abort(db, ohtd_clock_wall_ns(keeper->clock), keeper->before);
	if (r >= 0)
		r = ohtd_db_commands_keep(db, keeper->rows, keeper->count);
	if (!r)
		r = ohtd_db_commands_reserve(db, keeper->reserved);
	return r;
}

/* ---- the beginning ---- */

struct begin {
	int64_t now_ns;
	int64_t given;
	struct ohtd_life *known;
};

/* A task of which the database has the words; anything else is passed over. Returns 1 when there is no room for more. */
static int recall(const struct ohtd_command_row *row, void *arg)
{
	struct ohtd_recent recent = {
		.number = (uint64_t)row->number, .tag = (uint64_t)row->tag, .earlier = true, .speed_mm_s = row->speed_mm_s,
	};

	while (recent.kind <= OHTD_COMMAND_LAST && strcmp(ohtd_verb_word(recent.kind), row->verb))
		recent.kind++;
	if (!(ohtd_verb_row(recent.kind)->flags & OHTD_IS_TASK))
		return 0;
	while (recent.state < OHTD_COMMAND_STATES && strcmp(ohtd_command_state_name(recent.state), row->state))
		recent.state++;
	recent.target_mm = ohtd_verb_row(recent.kind)->flags & OHTD_TAKES_TARGET ? row->position_mm : NAN;
	snprintf(recent.caller_id, sizeof(recent.caller_id), "%s", row->caller_id);
	return !ohtd_life_recall(arg, &recent);
}

static int work_begin(struct ohtd_db *db, void *arg)
{
	struct begin *begin = arg;
	int aborted = ohtd_db_commands_begin(db, begin->now_ns, MARGIN, &begin->given), r;

	if (aborted < 0)
		return aborted;
	r = ohtd_db_commands_with_id(db, recall, begin->known);
	return r < 0 ? r : aborted;
}

struct ohtd_keeper *ohtd_keeper_create(struct ohtd_store *store, struct ohtd_clock *clock,
				       uint64_t *given, struct ohtd_life *known)
{
	struct ohtd_keeper *keeper = calloc(1, sizeof(*keeper));
	struct begin begin = { .now_ns = ohtd_clock_wall_ns(clock), .known = known };
	int r;

	if (!keeper)
		return NULL;
	memset(known, 0, sizeof(*known));
	r = ohtd_store_call(store, work_begin, &begin);
	if (r < 0) {
		begin.given = begin.now_ns / (int64_t)OHTD_NS_PER_S;
		ohtd_log(OHTD_LOG_WARNING, "main", "commands_not_read",
			 "%s: numbers of commands go on from %" PRId64, strerror(-r), begin.given);
	} else if (r > 0) {
		ohtd_log(OHTD_LOG_WARNING, "main", "commands_aborted",
			 "%d commands had not ended when the last run was cut short", r);
	}
	ohtd_outbox_init(&keeper->outbox, store, clock, &words, NULL);
	keeper->clock = clock;
	keeper->newest = keeper->before = begin.given;
	keeper->begun = r >= 0;
	keeper->reserved = begin.given + MARGIN;
	*given = (uint64_t)begin.given;
	return keeper;
}

/* ---- phases ---- */

static void fill(struct ohtd_keeper *keeper, const struct ohtd_command_view *view,
		 struct ohtd_command_row *row)
{
	*row = ohtd_command_row_of(view, keeper->clock);
	if (row->number > keeper->newest)
		keeper->newest = row->number;
}

/* Of the command of that number, or a new one. */
static struct ohtd_command_row *pending_of(struct ohtd_keeper *keeper, uint64_t number)
{
	for (unsigned int i = 0; i < keeper->pending_count; i++)
		if (keeper->pending[i].number == (int64_t)number)
			return &keeper->pending[i];
	return &keeper->pending[keeper->pending_count++];
}

/* Also while the store is at work: the ring does not wait for a disk. */
static void gather(struct ohtd_keeper *keeper, const struct ohtd_robot *robot)
{
	struct ohtd_event_record record;

	while (keeper->pending_count < PENDING_MAX && ohtd_robot_event(robot, &keeper->reader, &record))
		if (record.kind == OHTD_RECORD_COMMAND)
			fill(keeper, &record.command, pending_of(keeper, record.command.number));
}

/* The next ones for the store, unless the last ones wait for another try. */
static void take_pending(struct ohtd_keeper *keeper)
{
	unsigned int count = keeper->pending_count < BATCH ? keeper->pending_count : BATCH;

	if (keeper->count)
		return;
	memcpy(keeper->rows, keeper->pending, count * sizeof(keeper->rows[0]));
	keeper->pending_count -= count;
	memmove(keeper->pending, keeper->pending + count, keeper->pending_count * sizeof(keeper->pending[0]));
	keeper->count = count;
	if (keeper->newest > keeper->reserved - MARGIN / 2)
		keeper->reserved = keeper->newest + MARGIN;
}

static void note_result(struct ohtd_keeper *keeper)
{
	if (ohtd_outbox_take(&keeper->outbox) != OHTD_OUTBOX_KEPT)
		return;
	keeper->begun = true;
	keeper->count = 0;
}

void ohtd_keeper_turn(struct ohtd_keeper *keeper, const struct ohtd_robot *robot)
{
	gather(keeper, robot);
	note_result(keeper);
	if (!ohtd_outbox_is_free(&keeper->outbox))
		return;
	take_pending(keeper);
	if (keeper->count)
		ohtd_outbox_send(&keeper->outbox, work_keep, keeper);
}

/* ---- the end ---- */

void ohtd_keeper_end(struct ohtd_keeper *keeper, const struct ohtd_robot *robot)
{
	int r;

	if (!keeper)
		return;
	r = ohtd_outbox_write(&keeper->outbox, NULL, NULL);
	note_result(keeper);
	do {
		if (r < 0)
			break;
		gather(keeper, robot);
		take_pending(keeper);
		/* In order, so that no number is left out. */
		keeper->reserved = keeper->newest;
		r = ohtd_outbox_write(&keeper->outbox, work_keep, keeper);
		note_result(keeper);
	} while (keeper->pending_count || keeper->reader.seen < ohtd_robot_events(robot));
	if (r < 0)
		ohtd_log(OHTD_LOG_WARNING, "main", "commands_not_kept",
			 "what became of the last commands is not written: %s", strerror(-r));
}

void ohtd_keeper_destroy(struct ohtd_keeper *keeper)
{
	free(keeper);
}
