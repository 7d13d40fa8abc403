/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is kept about commands of motion: one row each, brought up to date by its phases.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call().
 * Locks:    none.
 */
#ifndef OHTD_JOURNAL_COMMAND_ROWS_H
#define OHTD_JOURNAL_COMMAND_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "store/list.h"
#include "accounts/users.h"

struct ohtd_db;

#define OHTD_COMMANDS_KEPT		50000	/* a move a minute for a month; older ones are dropped */
#define OHTD_COMMANDS_DROP_EACH		256	/* so many numbers apart, since it looks at all of them */
#define OHTD_COMMAND_ID_BYTES		72
#define OHTD_COMMAND_WORD_BYTES		32
#define OHTD_COMMAND_USER_BYTES		72

/**
 * struct ohtd_command_row - a command as it is kept
 * @number: running, never given twice
 * @caller_id: the client's own, or ""
 * @tag: who, as in the journal of the stop
 * @user: who, as it was called then
 * @verb: "move"
 * @state: "waiting", "initializing", "running", "paused", "retriable", "finished" or "failed"
 * @reason: why it failed, or ""
 * @position_mm: target; not a number: none
 * @speed_mm_s: of a jog, or the highest that is wanted; not a number: none
 * @accepted_ns: wall clock
 * @began_ns: the same, 0: not yet
 * @ended_ns: the same, 0: not yet
 */
struct ohtd_command_row {
	int64_t number;
	char caller_id[OHTD_COMMAND_ID_BYTES];
	int64_t tag;
	char user[OHTD_COMMAND_USER_BYTES];
	char verb[OHTD_COMMAND_WORD_BYTES];
	char state[OHTD_COMMAND_WORD_BYTES];
	char reason[OHTD_COMMAND_WORD_BYTES];
	double position_mm;
	double speed_mm_s;
	int64_t accepted_ns;
	int64_t began_ns;
	int64_t ended_ns;
};

/* Keeps the newest phase of each, and now and then drops what is too old; all of them or, on an error, none. */
int ohtd_db_commands_keep(struct ohtd_db *db, const struct ohtd_command_row *rows,
			  unsigned int count);

/**
 * ohtd_db_command_note() - note an order with an id before it is driven
 * @db: in a transaction
 * @row: as the client asked for it; @row->number: out: of the newest command that is kept
 *
 * A run that is cut short leaves the note, and ohtd_db_commands_begin() makes a command of it that has failed: nothing knows whether it was driven.
 *
 * Return: 0 or a negative errno.
 */
int ohtd_db_command_note(struct ohtd_db *db, struct ohtd_command_row *row);
/* The order was refused, or is of a command that was known before. 0 or a negative errno. */
int ohtd_db_command_forget(struct ohtd_db *db, const struct ohtd_command_row *row);

/**
 * ohtd_db_commands_begin() - at the start of a run: what the last one left open has ended
 * @now_ns: wall clock
 * @margin: so many numbers may be given before ohtd_db_commands_reserve()
 * @given: out: numbers up to this one may have been given already
 *
 * Return: how many were open and are "failed" now, for the reason "aborted_by_restart"; or a negative
 * errno.
 */
int ohtd_db_commands_begin(struct ohtd_db *db, int64_t now_ns, int64_t margin, int64_t *given);

/* The same for commands up to number @last, when the start could not do it. How many, or a negative errno. */
int ohtd_db_commands_abort(struct ohtd_db *db, int64_t now_ns, int64_t last);

/* Numbers up to @number may be given from now on; at the end of a run: have been given. */
int ohtd_db_commands_reserve(struct ohtd_db *db, int64_t number);

/* @row->number says which; the rest is filled. 0, -ENOENT or another negative errno. */
int ohtd_db_command_get(struct ohtd_db *db, struct ohtd_command_row *row);

/* Takes one; returns 0 to go on, or what the reading ends with. */
typedef int (*ohtd_command_reader)(const struct ohtd_command_row *row, void *arg);

/* Commands that ended from one time of day to before another, in the order of their numbers. */
int ohtd_db_commands_ended(struct ohtd_db *db, int64_t from_ns, int64_t to_ns,
			   ohtd_command_reader reader, void *arg);

/* All with an id of their client, the newest first, until @reader has enough. */
int ohtd_db_commands_with_id(struct ohtd_db *db, ohtd_command_reader reader, void *arg);

/* Time of day since when none was dropped; 0: none ever was. A negative number: errno. */
int64_t ohtd_db_commands_since(struct ohtd_db *db);

/* All of them, the greatest number the newest. */
extern const struct ohtd_stored_row ohtd_kept_commands;

#endif /* OHTD_JOURNAL_COMMAND_ROWS_H */
