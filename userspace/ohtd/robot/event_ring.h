/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the way out for what has happened: every transition, refusal and phase, one record each.
 * Contexts: put: control thread only, never waits. Read: any thread, each with a place of its own.
 * Locks:    none; every record has a sequence number, and all words are atomics. Nothing is left out:
 *           a reader that is too slow is told how many records it has not seen.
 */
#ifndef OHTD_ROBOT_EVENT_RING_H
#define OHTD_ROBOT_EVENT_RING_H

#include <stdatomic.h>
#include <stdint.h>

#include "oht_client.h"
#include "robot/snapshot.h"

#define OHTD_EVENT_RECORDS	1024	/* a power of two; minutes, even while everything fails */

enum ohtd_record_kind {
	OHTD_RECORD_TRANSITION,		/* an event was accepted; @from may equal @to */
	OHTD_RECORD_REFUSAL,		/* an event was not; @why has everything in the way */
	OHTD_RECORD_WAIT_BEGUN,		/* @action waits, the rest of the row behind it */
	OHTD_RECORD_WAIT_OVER,		/* @action has come to its end */
	OHTD_RECORD_WAIT_LATE,		/* the time limit of @action is over, and the rest was done */
	OHTD_RECORD_WAIT_CUT,		/* a later event ended the wait, and the rest was done */
	OHTD_RECORD_JOURNAL,		/* reason, position and person are to be kept */
	OHTD_RECORD_ALERT,		/* an alert is raised */
	OHTD_RECORD_ALERT_OVER,		/* the alerts of the fault list are resolved */
	OHTD_RECORD_FAULT,		/* a further entry of the fault list */
	OHTD_RECORD_CONTROL_TAKEN,	/* @user is in control, and nobody was before */
	OHTD_RECORD_CONTROL_TAKEN_OVER,	/* @user is in control in place of @before, who was not asked */
	OHTD_RECORD_CONTROL_HANDED_OVER,	/* @before has given it to @user */
	OHTD_RECORD_CONTROL_RELEASED,	/* @before has given it back */
	OHTD_RECORD_CONTROL_EXPIRED,	/* nothing was heard of @before */
	OHTD_RECORD_CONTROL_ENDED,	/* the session of @before has ended */
	OHTD_RECORD_COMMAND,		/* @command has come into another state */
	OHTD_RECORD_MODE,		/* @user has chosen the mode @mode in place of @mode_before */
	OHTD_RECORD_LIMITS,		/* @user: limits of motion of the reading @generation are in force */
	OHTD_RECORD_PASSAGE,		/* a station or a tag was passed */
	OHTD_RECORD_DRIVE_LEFT_ON,	/* the daemon ends and the drive has not confirmed the stop telegrams */
	OHTD_RECORD_STOP,		/* a stop has begun, on a back-end without a journal: @stop */
	OHTD_RECORDS,
};

#define OHTD_NO_ACTION	0xff

/**
 * struct ohtd_event_record - one thing that has happened
 * @number: counts from 1, without gaps
 * @time_ns: CLOCK_MONOTONIC
 * @tag: of the person's act, 0: by itself
 * @position_mm: as in the snapshot
 * @kind: enum ohtd_record_kind
 * @from: enum ohtd_state
 * @to: enum ohtd_state
 * @event: enum ohtd_event
 * @role: of the request, enum ohtd_role or OHTD_ROLE_SYSTEM
 * @link: TRANSITION: number of the link by which it was asked for, from 1 on; 0: by none
 * @action: index into ohtd_phrases, OHTD_NO_ACTION: none is meant
 * @line: row of state_machine.csv, 0: none
 * @why: the reason, or the reasons of a refusal
 * @generation: LIMITS: of struct ohtd_limits_block
 * @mode: MODE: enum ohtd_mode from now on
 * @mode_before: MODE: enum ohtd_mode before
 * @user: CONTROL_*: the holder from now on, "" without one. MODE, LIMITS: the person that asked
 * @before: CONTROL_*: the holder before this event, "" without one
 * @command: COMMAND: as it is now
 * @passage: PASSAGE: what was passed
 * @stop: STOP: as the back-end reports it
 */
struct ohtd_event_record {
	uint64_t number;
	uint64_t time_ns;
	uint64_t tag;
	struct ohtd_value position_mm;
	uint8_t kind;
	uint8_t from;
	uint8_t to;
	uint8_t event;
	uint8_t role;
	uint8_t action;
	uint16_t line;
	struct ohtd_why_list why;
	uint32_t generation;
	uint8_t mode;
	uint8_t mode_before;
	uint8_t link;
	uint8_t pad[5];
	char user[OHTD_HOLDER_USER_BYTES];
	char before[OHTD_HOLDER_USER_BYTES];
	struct ohtd_command_view command;
	struct ohtd_passage_view passage;
	struct oht_safety_event stop;
};

#define OHTD_EVENT_RECORD_WORDS	(sizeof(struct ohtd_event_record) / 8)

_Static_assert(sizeof(struct ohtd_event_record) % 8 == 0, "copied in words of eight bytes");

/* Zeroed is empty. @number of a slot: of the record in it, 0 while it is being written. */
struct ohtd_event_slot {
	_Atomic uint64_t number;
	_Atomic uint64_t words[OHTD_EVENT_RECORD_WORDS];
};

struct ohtd_event_ring {
	_Atomic uint64_t newest;
	struct ohtd_event_slot slots[OHTD_EVENT_RECORDS];
};

/**
 * struct ohtd_event_reader - how far a reader is
 * @seen: number of the last record read or lost; 0: begins with the oldest
 * @lost: records that were overwritten before they were read
 */
struct ohtd_event_reader {
	uint64_t seen;
	uint64_t lost;
};

/* Writer: @record gets its number. */
void ohtd_event_ring_put(struct ohtd_event_ring *ring, struct ohtd_event_record *record);

/* The next record in order: 1 taken, 0 none. */
int ohtd_event_ring_next(const struct ohtd_event_ring *ring, struct ohtd_event_reader *reader,
			 struct ohtd_event_record *record);

/* Stable name for JSON and logs: "transition". Never NULL. */
const char *ohtd_record_name(unsigned int kind);

#endif
