/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is kept of the stop's journal: every entry of the kernel's that could be read, once.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call().
 * Locks:    none.
 *
 * The kernel numbers the entries from 1 on, anew for each device that a driver makes. So an entry's
 * name is the boot, the device and the number; the first two are a source.
 */
#ifndef OHTD_JOURNAL_ROWS_H
#define OHTD_JOURNAL_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "oht_client.h"
#include "store/list.h"
#include "accounts/users.h"

struct ohtd_db;

/* The oldest entries beyond are dropped: at each start, and once in as many entries as the second says. */
#define OHTD_JOURNAL_KEPT	1000000
#define OHTD_JOURNAL_DROP_EVERY	1024
/* So many at a time: a journal of before there was a bound would hold up the store for long. */
#define OHTD_JOURNAL_DROP_MOST	4096
/* Boots of which the journal has no entry, and runs of the daemon: the newest are kept. */
#define OHTD_JOURNAL_RUNS_KEPT	10000

/**
 * struct ohtd_source - what numbers its entries by itself
 * @boot_id: of the running kernel
 * @device: tells the devices of one boot apart
 */
struct ohtd_source {
	char boot_id[OHTD_BOOT_ID_BYTES];
	uint64_t device;
};

/**
 * struct ohtd_entry - an entry, or a gap
 * @wall_ns: time of day of @event.event_ns, since 1970
 * @missing: 0 for an entry. A gap: so many entries from @event.journal_seq on have not been read;
 *	the rest of @event is then the state in which the stop was found afterwards, kind 0
 * @event: as the kernel says it
 */
struct ohtd_entry {
	int64_t wall_ns;
	uint64_t missing;
	struct oht_safety_event event;
};

/**
 * struct ohtd_entry_place - where an entry stands among all
 * @source: number of the source, in the order in which they were met
 * @seq: its journal_seq
 */
struct ohtd_entry_place {
	int64_t source;
	uint64_t seq;
};

#define OHTD_ENTRY_WORDS_BYTES	160
#define OHTD_SEARCHED_ENTRIES	"20000"	/* the newest */

/**
 * struct ohtd_entry_found - an entry and what is known about it
 * @source_id: number of its source
 * @source: whose entry
 * @entry: the entry
 * @by_daemon: made by a call of an ohtd: its tag is the number of a user, or our own
 * @user: name of the user of that number, "" if there is none
 * @words: of kind and cause, as people and programs say them
 */
struct ohtd_entry_found {
	int64_t source_id;
	struct ohtd_source source;
	struct ohtd_entry entry;
	bool by_daemon;
	char user[OHTD_USER_NAME_MAX + 1];
	char words[OHTD_ENTRY_WORDS_BYTES];
};

/*
 * Number of a run: its process, and when it began. The kernel gives the number of a process again when it has been through all of
 * them: what another process does under it, before or after the run, is none of ours. One daemon runs at a time, so an entry is of the newest
 * run that had begun by then, if that was its process. @began_ns: of the clock of the entries.
 */
#define OHTD_RUN_PID_BITS	22	/* more has no Linux */

/* The same for statements: the bits of the process. */
#define OHTD_RUN_PID	"4194303"
_Static_assert((1 << OHTD_RUN_PID_BITS) - 1 == 4194303, "OHTD_RUN_PID has the bits");

/* Joins, as r, the run of a daemon that has made entry j of source s. */
#define OHTD_JOURNAL_RUN_OF_ENTRY							\
	" LEFT JOIN daemon_runs r ON r.boot_id = s.boot_id AND r.tgid & " OHTD_RUN_PID " = j.tgid"	\
	" AND r.tgid = coalesce((SELECT q.tgid FROM daemon_runs q WHERE q.boot_id = s.boot_id"		\
	" AND q.tgid BETWEEN " OHTD_RUN_PID " + 1 AND j.event_ns / 1000000 << 22 | " OHTD_RUN_PID	\
	" ORDER BY q.tgid DESC LIMIT 1), j.tgid)"

static inline uint64_t ohtd_run_of(uint32_t tgid, uint64_t began_ns)
{
	return began_ns / 1000000 << OHTD_RUN_PID_BITS | tgid;
}

/**
 * ohtd_db_journal_source() - look a source up, or note a new one
 * @source: whose entries are going to come
 * @run: ohtd_run_of() this process, whose calls the kernel's entries will name
 * @place: out: its number, and of the first entry that is not kept yet
 *
 * Return: 0 or a negative errno.
 */
int ohtd_db_journal_source(struct ohtd_db *db, const struct ohtd_source *source, uint64_t run,
			   struct ohtd_entry_place *place);

/**
 * ohtd_db_journal_add() - keep entries: all of them or, on an error, none
 * @source: number of the source
 * @entries: in any order; those that are kept already stay as they are
 * @count: how many
 *
 * Return: 0 when they are on the disk, or a negative errno.
 */
int ohtd_db_journal_add(struct ohtd_db *db, int64_t source, const struct ohtd_entry *entries,
			unsigned int count);

/**
 * struct ohtd_entry_brief - what counting needs of an entry
 * @place: where it stands
 * @wall_ns: time of day
 * @missing: 0 for an entry; else so many were not read
 * @kind: enum oht_safety_event_kind
 * @cause: enum oht_stop_cause
 * @state_from: enum oht_stop_state before it
 */
struct ohtd_entry_brief {
	struct ohtd_entry_place place;
	int64_t wall_ns;
	uint64_t missing;
	uint32_t kind, cause, state_from;
};

/* The next entries behind @behind (all 0: the first), at most @max. How many, or a negative errno. */
int ohtd_db_journal_next(struct ohtd_db *db, const struct ohtd_entry_place *behind,
			 struct ohtd_entry_brief *entries, unsigned int max);

/* All of them as struct ohtd_entry_found, the oldest the first. */
extern const struct ohtd_stored_row ohtd_kept_entries;

#endif /* OHTD_JOURNAL_ROWS_H */
