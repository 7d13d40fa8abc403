/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the files of this room share.
 * Contexts: as audit.h.
 * Locks:    as audit.h.
 */
#ifndef OHTD_AUDIT_PRIVATE_H
#define OHTD_AUDIT_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "audit/audit.h"
#include "store/store.h"

#define OHTD_AUDIT_SERIES	16

struct ohtd_audit_entry {
	struct ohtd_audit_entry *next;
	struct ohtd_audit_wait *wait;
	struct ohtd_audit_row row;
};

/* Accounts that have buckets of their own; all others share theirs. */
#define OHTD_AUDIT_ACCOUNTS	32

/* What an account may flood the audit with. */
enum ohtd_audit_flood {
	OHTD_AUDIT_REFUSALS,
	OHTD_AUDIT_ATTEMPTS,	/* to log in as that account, by nobody who is known */
	OHTD_AUDIT_ACTS,	/* commands and what else moves: they are done also when the bucket is empty */
	OHTD_AUDIT_CHANGES,	/* what lasts */
	OHTD_AUDIT_FLOODS,
};

/**
 * struct ohtd_audit_bucket - how many records of a kind an account may have
 * @left: how many more, now
 * @filled_ns: CLOCK_MONOTONIC when @left was right
 * @left_out: only counted, since the newest record that says so
 * @since_ns: wall clock of the first of them
 * @told_ns: CLOCK_MONOTONIC of that record
 */
struct ohtd_audit_bucket {
	double left;
	uint64_t filled_ns;
	uint64_t left_out;
	int64_t since_ns;
	uint64_t told_ns;
};

/**
 * struct ohtd_audit_account - the buckets of an account
 * @who: its name; "": the place is free
 * @buckets: by enum ohtd_audit_flood
 */
struct ohtd_audit_account {
	char who[OHTD_AUDIT_WHO_BYTES];
	struct ohtd_audit_bucket buckets[OHTD_AUDIT_FLOODS];
};

/**
 * struct ohtd_audit_series - the same act again and again
 * @row: of its newest time
 * @count: how often, behind the first one; its place is free while @last_ns is 0
 * @last_ns: CLOCK_MONOTONIC of the newest
 */
struct ohtd_audit_series {
	struct ohtd_audit_row row;
	uint64_t count;
	uint64_t last_ns;
};

/**
 * struct ohtd_audit_gap - while the store could not write
 * @since_ns: wall clock; 0: there was none
 * @lost: records for which there was no room
 */
struct ohtd_audit_gap {
	int64_t since_ns;
	uint64_t lost;
};

struct ohtd_audit {
	struct ohtd_store *store;
	struct ohtd_clock *clock;
	char boot_id[OHTD_AUDIT_BOOT_BYTES];
	unsigned char key[OHT_SIGN_KEY_BYTES];
	char origin[OHT_ORIGIN_BYTES];
	char verifier[OHT_VERIFIER_BYTES];
	char head_path[512];
	int64_t most;
	bool (*lasts)(const char *act);
	unsigned int fault;
	bool signed_anew;		/* what was removed, by a key that is new */
	atomic_bool on_trial;
	atomic_bool proves;

	pthread_mutex_t lock;
	struct ohtd_audit_entry *first, **last;
	unsigned int waiting;
	bool away;			/* the job is with the store */
	uint64_t again_ns;		/* CLOCK_MONOTONIC from which the store is asked again */
	struct ohtd_audit_gap gap;
	struct ohtd_audit_bucket strangers;
	struct ohtd_audit_account accounts[OHTD_AUDIT_ACCOUNTS + 1];	/* the last one: of all others */
	struct ohtd_audit_series series[OHTD_AUDIT_SERIES];
	uint64_t lost, left_out;

	/* The store thread's while the job is away. */
	struct ohtd_store_job job;
	unsigned int batch;		/* records of the job */
	struct ohtd_audit_gap told;	/* the gap that it tells of */
	uint64_t written;		/* records in the tree behind it */

	_Atomic uint64_t size;		/* records on the disk */

	/* Checkpoints: main thread, and the store thread while @signing. */
	struct ohtd_store_job sign_job;
	atomic_bool signing;
	uint64_t sign_ns;		/* CLOCK_MONOTONIC of the newest try */
	_Atomic uint64_t signed_size;
	struct oht_checkpoint made;
	char made_note[OHT_CHECKPOINT_BYTES];

	/* The newest one on its way to its file; of @head_lock. */
	pthread_mutex_t head_lock;
	char head[OHT_CHECKPOINT_BYTES];
	bool head_is_new;
};

/* Control characters of all texts become ?. */
void ohtd_audit_make_printable(struct ohtd_audit_row *row);

/* checkpoints.c: compares the records with the newest checkpoint. On the store's thread or before there are others. */
int ohtd_audit_begin(struct ohtd_db *db, void *audit);
/* One checkpoint, if there is news; on the main thread, which does not wait. */
void ohtd_audit_sign(struct ohtd_audit *audit, uint64_t now_ns);
/* The same at the end, which waits. */
void ohtd_audit_sign_last(struct ohtd_audit *audit);

#endif /* OHTD_AUDIT_PRIVATE_H */
