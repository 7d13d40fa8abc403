/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     all that has happened in one list: what is kept of the stop, alerts, commands, missions, scenarios, the configuration, starts and the clock.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call().
 * Locks:    none.
 *
 * Nothing is kept for it: each entry is a row of another table, of which the newest are read.
 */
#ifndef OHTD_JOURNAL_TIMELINE_H
#define OHTD_JOURNAL_TIMELINE_H

#include <stdint.h>

#include "store/list.h"

/* So many entries of the stop's journal, and records of the audit, are looked through. */
#define OHTD_TIMELINE_NEWEST	20000

#define OHTD_TIMELINE_WORD_BYTES	40
#define OHTD_TIMELINE_TEXT_BYTES	320

/* Acts of the audit that are entries: a start of ohtd, and a step of the system's time of day. */
#define OHTD_ACT_START		"start"
#define OHTD_ACT_CLOCK		"clock step"
/* Result of a start: the run before did not end in order. */
#define OHTD_START_CUT		"done, the run before was cut off"

/**
 * struct ohtd_timeline_row - something that has happened
 * @place: tells entries of one time apart
 * @time_ns: wall clock, when it came
 * @ended_ns: the same, when it was over; 0: it is not, or it has no end
 * @kind: "stop", "alert", "command", "mission", "scenario", "setting", "start" or "clock"; OHTD_TIMELINE_TRANSITION
 * @code: what it is, for programs: kind of the journal, code of the alert, verb, state of a mission, of a scenario or behind a transition
 * @text: for people
 * @severity: of an alert, else ""
 * @who: who asked for it, or ""
 * @number: of the alert, command, mission, scenario or version; seq of the journal's entry, number of the audit's record, cycle of a transition
 * @from: state of the robot before a transition; NULL: it is none
 * @to: the same, behind it
 */
struct ohtd_timeline_row {
	int64_t place;
	int64_t time_ns;
	int64_t ended_ns;
	char kind[OHTD_TIMELINE_WORD_BYTES];
	char code[OHTD_TIMELINE_WORD_BYTES];
	char text[OHTD_TIMELINE_TEXT_BYTES];
	char severity[OHTD_TIMELINE_WORD_BYTES];
	char who[OHTD_TIMELINE_WORD_BYTES * 2];
	int64_t number;
	const char *from, *to;
};

/* Kind of the entries that are in no table: the caller finds them in the history. */
#define OHTD_TIMELINE_TRANSITION	"transition"

/* @place of a transition; as all places, a number of its own. */
static inline int64_t ohtd_timeline_place_of_transition(int64_t run, int64_t cycle)
{
	return 8 * (run * (1ll << 40) + cycle) + 5;
}

extern const struct ohtd_stored_row ohtd_kept_timeline;

#endif /* OHTD_JOURNAL_TIMELINE_H */
