// SPDX-License-Identifier: GPL-2.0-or-later
/* Acts of a span: commands that ended, and stops. */
#include "analytics/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oht_client.h"
#include "store/store.h"
#include "journal/command_rows.h"

/* Entries of the journal that are looked at in one step. */
#define ENTRIES		4096
#define ENDINGS		64

/* ---- commands ---- */

/* The ending of a cell for a reason, made if it is new; NULL: out of memory. */
static struct ohtd_ending *ending_of(struct ohtd_analysis *analysis, struct ohtd_cell *cell,
				     const char *reason)
{
	struct ohtd_ending *ending;

	for (int i = cell->ending; i >= 0; i = analysis->endings[i].next)
		if (!strcmp(analysis->endings[i].reason, reason))
			return &analysis->endings[i];
	if (analysis->ending_count == analysis->ending_room) {
		int room = analysis->ending_room ? 2 * analysis->ending_room : ENDINGS;

		ending = realloc(analysis->endings, (size_t)room * sizeof(*ending));
		if (!ending)
			return NULL;
		analysis->endings = ending;
		analysis->ending_room = room;
	}
	ending = &analysis->endings[analysis->ending_count];
	*ending = (struct ohtd_ending){ .next = cell->ending };
	snprintf(ending->reason, sizeof(ending->reason), "%s", reason);
	cell->ending = analysis->ending_count++;
	return ending;
}

static int add_move(struct ohtd_analysis *analysis, struct ohtd_cell *cell,
		    const struct ohtd_command_row *row, bool finished)
{
	struct ohtd_ending *ending;

	if (finished) {
		cell->moves_finished++;
		return 0;
	}
	cell->moves_failed++;
	ending = ending_of(analysis, cell, row->reason);
	if (!ending)
		return -ENOMEM;
	ending->count++;
	return 0;
}

static int take_command(const struct ohtd_command_row *row, void *arg)
{
	struct ohtd_analysis *analysis = arg;
	struct ohtd_cell *cell = ohtd_cell_find(analysis->cells, analysis->count, row->ended_ns,
						&analysis->hint);
	const bool finished = !strcmp(row->state, "finished");

	if (!cell)
		return 0;
	if (!strcmp(row->verb, "move") || !strcmp(row->verb, "home"))
		return add_move(analysis, cell, row, finished);
	if (!strcmp(row->verb, "dock")) {
		cell->docks++;
		cell->docks_finished += finished;
	}
	return 0;
}

/* Before that time the oldest ones have been dropped. */
static void note_lost(struct ohtd_analysis *analysis, int64_t since_ns)
{
	for (size_t i = 0; i < analysis->count; i++) {
		struct ohtd_cell *cell = &analysis->cells[i];
		int64_t to_ns = since_ns < cell->to_ns ? since_ns : cell->to_ns;

		cell->commands_lost_ns = to_ns > cell->from_ns ? to_ns - cell->from_ns : 0;
	}
}

static int work_commands(struct ohtd_db *db, void *arg)
{
	struct ohtd_analysis *analysis = arg;
	int64_t since_ns = ohtd_db_commands_since(db);

	if (since_ns < 0)
		return (int)since_ns;
	note_lost(analysis, since_ns);
	return ohtd_db_commands_ended(db, analysis->query.from_ns, analysis->query.to_ns,
				      take_command, analysis);
}

int ohtd_analysis_read_commands(struct ohtd_analysis *analysis)
{
	return ohtd_store_read(analysis->query.store, work_commands, analysis);
}

/* ---- the journal of the stop ---- */

/* A further cause of a stop that stands is no new stop. */
static bool is_new_stop(const struct ohtd_entry_brief *entry)
{
	return (entry->kind == OHT_KIND_STOP || entry->kind == OHT_KIND_GLITCH) &&
	       entry->state_from != OHT_STATE_STOPPED;
}

static void take_entry(struct ohtd_analysis *analysis, const struct ohtd_entry_brief *entry)
{
	struct ohtd_cell *cell = ohtd_cell_find(analysis->cells, analysis->count, entry->wall_ns,
						&analysis->hint);

	if (!cell)
		return;
	cell->entries_missing += entry->missing;
	if (!entry->missing && is_new_stop(entry))
		cell->stops[entry->cause < OHTD_CELL_CAUSES ? entry->cause : OHTD_CELL_CAUSES - 1]++;
}

static int work_journal(struct ohtd_db *db, void *arg)
{
	struct ohtd_analysis *analysis = arg;
	struct ohtd_entry_brief *entries = calloc(ENTRIES, sizeof(*entries));
	int count = entries ? ohtd_db_journal_next(db, &analysis->entry, entries, ENTRIES) : -ENOMEM;

	for (int i = 0; i < count; i++)
		take_entry(analysis, &entries[i]);
	if (count > 0)
		analysis->entry = entries[count - 1].place;
	free(entries);
	return count < 0 ? count : count == ENTRIES;
}

int ohtd_analysis_read_journal(struct ohtd_analysis *analysis)
{
	return ohtd_store_read(analysis->query.store, work_journal, analysis);
}
