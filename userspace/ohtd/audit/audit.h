/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the audit: records on their way to the store, their tree, its signed checkpoints.
 * Contexts: add, look: any thread but the control thread, they never wait. Turn: main thread. Head, prove, keep_head: threads
 *           that may wait (workers). Create, end: main thread.
 * Locks:    one, of the records that wait; held for a few instructions, and while the store takes a job.
 *
 * Records wait in memory, at most OHTD_AUDIT_WAITING_MAX and those that are waited for, until the store has them; all that wait become one batch. While the
 * store cannot write they go on waiting, and a gap record in front of them says so, and how many more there were.
 */
#ifndef OHTD_AUDIT_AUDIT_H
#define OHTD_AUDIT_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/checkpoint.h"
#include "audit/rows.h"

struct ohtd_audit;
struct ohtd_clock;
struct ohtd_daemon_part;
struct ohtd_store;

/* Of records that may be left out no more than the first number wait, of all the second. */
#define OHTD_AUDIT_WAITING_USUAL	512
#define OHTD_AUDIT_WAITING_MAX		2048
/* How many records are kept, and how many of the older ones that last. */
#define OHTD_AUDIT_MOST		100000

/**
 * struct ohtd_audit_setup - what the audit is made of
 * @store: where records are kept
 * @clock: of the daemon
 * @boot_id: of the kernel
 * @key: the device's key, copied
 * @head_path: file with the newest checkpoint, outside of the database
 * @most: how many records are kept; of older ones as many of those that last
 * @lasts: says of an act whether it lasts, so that its record is kept for long; NULL: none does
 * @on_trial: the database may be another one at the next start: until ohtd_audit_stays() its checkpoints are not written there
 */
struct ohtd_audit_setup {
	struct ohtd_store *store;
	struct ohtd_clock *clock;
	const char *boot_id;
	const unsigned char *key;
	const char *head_path;
	int64_t most;
	bool (*lasts)(const char *act);
	bool on_trial;
};

struct ohtd_audit_entry;

/**
 * struct ohtd_audit_wait - somebody who waits for a record to be on the disk
 * @next: private
 * @room: from ohtd_audit_room(), and the audit's from then on: what has been done is not refused for want of memory
 * @kept: called once: 0, or the negative errno for which it is not there (it still waits in memory);
 *	on any thread, must not wait
 */
struct ohtd_audit_wait {
	struct ohtd_audit_wait *next;
	struct ohtd_audit_entry *room;
	void (*kept)(struct ohtd_audit_wait *wait, int error);
};

/* Room for one record, for free(); NULL: out of memory. */
struct ohtd_audit_entry *ohtd_audit_room(void);

/* Flags of ohtd_audit_add(). Without one of REFUSED, USUAL and LASTING the record is kept, however many there are. */
#define OHTD_AUDIT_REFUSED	(1U << 0)	/* of too many at a time some are only counted */
#define OHTD_AUDIT_REPEATS	(1U << 1)	/* of the same again within 10 s only the end is kept, with the number */
#define OHTD_AUDIT_USUAL	(1U << 2)	/* an everyday act of an account: as of refusals, but of far more */
#define OHTD_AUDIT_LASTING	(1U << 3)	/* an act that lasts and could not be refused: the same, beside those of every day */
#define OHTD_AUDIT_LOG_IN	(1U << 4)	/* with REFUSED: the object is the account whose password was wrong, if there is one */

/* The result of the comparison of the tree with itself at the start. */
enum ohtd_audit_fault {
	OHTD_AUDIT_SOUND,
	OHTD_AUDIT_CUT,		/* the newest checkpoint has more records than there are */
	OHTD_AUDIT_ALTERED,	/* the records are others than when the newest checkpoint was signed */
	OHTD_AUDIT_FAULTS,
};

/**
 * struct ohtd_audit_view - how it does
 * @fault: enum ohtd_audit_fault, of this start
 * @size: records so far
 * @waiting: records that are not on the disk
 * @lost: records for which there was no room in memory, since the start
 * @left_out: records that were only counted, since the start
 */
struct ohtd_audit_view {
	unsigned int fault;
	uint64_t size;
	unsigned int waiting;
	uint64_t lost;
	uint64_t left_out;
};

/**
 * struct ohtd_audit_proof - that one tree is the beginning of another
 * @from: records of the smaller one
 * @to: of the larger one
 * @from_root: the root of each
 * @to_root: the same
 * @hashes: as RFC 6962 has them
 * @count: of @hashes
 * @removed: records that were removed from the beginning, as their tree and its checkpoint
 * @removed_note: "": none were
 */
struct ohtd_audit_proof {
	uint64_t from, to;
	struct oht_hash from_root, to_root;
	struct oht_hash hashes[OHT_PROOF_MAX];
	unsigned int count;
	struct oht_tree removed;
	char removed_note[OHT_CHECKPOINT_BYTES];
};

/**
 * ohtd_audit_restored() - make the audit of today the one of a database that was restored, and record the restore
 * @setup: of the audit, which is not there yet
 * @before: the database of before, whose audit is that of today; "": there was none
 *
 * One transaction: after a crash all of it is done or nothing. An audit of before that cannot be read is told in the log and in
 * the record; then the audit of the backup goes on.
 *
 * Return: 0 or a negative errno.
 */
int ohtd_audit_restored(const struct ohtd_audit_setup *setup, const char *before);

/* Records that the database of before a restore is back. */
void ohtd_audit_restore_undone(struct ohtd_audit *audit);

/*
 * Looks whether the records are those of the newest checkpoint. A store that cannot be read now is none: records wait.
 * NULL: out of memory, or no key can be made.
 */
struct ohtd_audit *ohtd_audit_create(const struct ohtd_audit_setup *setup);

/**
 * ohtd_audit_add() - add a record, without waiting
 * @audit: the audit
 * @row: copied; time and boot are filled in here
 * @flags: OHTD_AUDIT_*
 * @wait: is told when it is kept; NULL: nobody is
 */
void ohtd_audit_add(struct ohtd_audit *audit, const struct ohtd_audit_row *row, unsigned int flags,
		    struct ohtd_audit_wait *wait);

/**
 * ohtd_audit_admit() - take the place of a record before the act is done
 * @audit: the audit
 * @who: name of the account
 *
 * What lasts is never left out of the audit, so an account may do only so much of it. The record is added without a flag.
 *
 * Return: 0, or the seconds after which the account may ask again.
 */
unsigned int ohtd_audit_admit(struct ohtd_audit *audit, const char *who);

/* Gives that place back: the act was refused. */
void ohtd_audit_give_back(struct ohtd_audit *audit, const char *who);

/* Member after of a record; too long for it: how long it was. */
void ohtd_audit_set_after(struct ohtd_audit_row *row, const char *after);

/**
 * ohtd_audit_own() - add a record of what ohtd itself has done or found, without waiting
 * @audit: the audit
 * @act: a word, as "start"
 * @object: what it was about; "": nothing more than @act says
 * @after: JSON, or "": not told
 * @result: of it, as "done"
 *
 * No account has the name that stands in such a record (auth/accounts.h). Thread: as for ohtd_audit_add().
 */
void ohtd_audit_own(struct ohtd_audit *audit, const char *act, const char *object, const char *after, const char *result);

/* Four times a second: what waits is tried again, what repeats is ended, the minute's checkpoint is made. */
void ohtd_audit_turn(struct ohtd_audit *audit);

/* Writes the newest checkpoint into its file, if it is not there yet. */
void ohtd_audit_keep_head(struct ohtd_audit *audit);

/* At the end, before the store stops: writes what waits and a checkpoint of all. NULL is allowed. */
void ohtd_audit_end(struct ohtd_audit *audit);
void ohtd_audit_destroy(struct ohtd_audit *audit);

/* The records on the disk stay for the next start. */
void ohtd_audit_stays(struct ohtd_audit *audit);

/* Signs a checkpoint of what is on the disk. 0 or a negative errno. */
int ohtd_audit_head(struct ohtd_audit *audit, char note[OHT_CHECKPOINT_BYTES]);

/*
 * Fills the proof from @proof->from to @proof->to. 0, -ERANGE: there are not so many records, -ENOENT: @proof->from lies within
 * what was removed, -EBUSY: another proof is under way, or another negative errno.
 */
int ohtd_audit_prove(struct ohtd_audit *audit, struct ohtd_audit_proof *proof);

/* Of the key with which checkpoints are signed; lives as long as the audit. */
const char *ohtd_audit_verifier(const struct ohtd_audit *audit);
const char *ohtd_audit_origin(const struct ohtd_audit *audit);

void ohtd_audit_look(struct ohtd_audit *audit, struct ohtd_audit_view *view);

/* part.c: what is not well with it. */
extern const struct ohtd_daemon_part ohtd_audit_part;

#endif /* OHTD_AUDIT_AUDIT_H */
