/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is kept of the audit: its records, the right edge of their tree, signed checkpoints.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call().
 * Locks:    none.
 */
#ifndef OHTD_AUDIT_ROWS_H
#define OHTD_AUDIT_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/checkpoint.h"
#include "common/tree.h"
#include "store/list.h"

struct ohtd_db;

#define OHTD_AUDIT_BOOT_BYTES	40
#define OHTD_AUDIT_WHO_BYTES	65
#define OHTD_AUDIT_ACT_BYTES	81
#define OHTD_AUDIT_OBJECT_BYTES	129
#define OHTD_AUDIT_SAID_BYTES	1025
#define OHTD_AUDIT_RESULT_BYTES	49
#define OHTD_AUDIT_SOURCE_BYTES	65
#define OHTD_AUDIT_REQUEST_BYTES	65

/* How many checkpoints are kept. */
#define OHTD_AUDIT_CHECKPOINTS	1000

/**
 * struct ohtd_audit_row - a record
 * @number: from 1 on; given when it is kept
 * @time_ns: wall clock, whole milliseconds
 * @boot: of the kernel
 * @who: name of an account, "uid N", "ohtd"; "": not known
 * @act: method and path of a route, or a word
 * @object: what was to be changed; "": nothing more than @act says
 * @before: JSON, or "": not told
 * @after: the same
 * @result: status of HTTP and, of a refusal, the code of the problem
 * @source: address of the client, "local", or ""
 * @request_id: of the request, or ""
 * @leaf: hash in the tree; given when it is kept
 * @text: never filled: only for the filter of that name
 */
struct ohtd_audit_row {
	int64_t number;
	int64_t time_ns;
	char boot[OHTD_AUDIT_BOOT_BYTES];
	char who[OHTD_AUDIT_WHO_BYTES];
	char act[OHTD_AUDIT_ACT_BYTES];
	char object[OHTD_AUDIT_OBJECT_BYTES];
	char before[OHTD_AUDIT_SAID_BYTES];
	char after[OHTD_AUDIT_SAID_BYTES];
	char result[OHTD_AUDIT_RESULT_BYTES];
	char source[OHTD_AUDIT_SOURCE_BYTES];
	char request_id[OHTD_AUDIT_REQUEST_BYTES];
	char leaf[OHT_HASH_HEX_BYTES];
	char text[1];
};

/* Has what the record is about been refused? */
static inline bool ohtd_audit_is_refused(const struct ohtd_audit_row *row)
{
	return *row->result == '4' || *row->result == '5';
}

/* All records. */
extern const struct ohtd_stored_row ohtd_kept_audit;

/**
 * struct ohtd_audit_tree - the tree of the records
 * @whole: all of them
 * @removed: those that were removed from the beginning, but for the few that are kept
 * @removed_note: their checkpoint, which says which of them are kept; "": none were removed
 */
struct ohtd_audit_tree {
	struct oht_tree whole;
	struct oht_tree removed;
	char removed_note[OHT_CHECKPOINT_BYTES];
};

/* The tree as it was kept; an empty one before the first record. 0, -EBADMSG: what is there is none, or another errno. */
int ohtd_db_audit_tree(struct ohtd_db *db, struct ohtd_audit_tree *tree);

/**
 * ohtd_db_audit_append() - keep one record more
 * @db: in a transaction
 * @tree: from ohtd_db_audit_tree(); the caller keeps it by ohtd_db_audit_keep_tree() behind the last record
 * @row: number and leaf are filled in
 *
 * Return: 0 or a negative errno.
 */
int ohtd_db_audit_append(struct ohtd_db *db, struct ohtd_audit_tree *tree, struct ohtd_audit_row *row);
int ohtd_db_audit_keep_tree(struct ohtd_db *db, const struct ohtd_audit_tree *tree);

/**
 * ohtd_db_audit_act() - do something and record it, both or none
 * @db: outside of a transaction, or in one
 * @work: what is done; a negative return undoes it, and nothing is recorded
 * @arg: for @work
 * @describe: fills in @row when it has been done
 * @row: the record
 *
 * Return: of @work, or another negative errno.
 */
int ohtd_db_audit_act(struct ohtd_db *db, int (*work)(struct ohtd_db *db, void *arg), void *arg,
		      void (*describe)(struct ohtd_audit_row *row, void *arg), struct ohtd_audit_row *row);

/**
 * ohtd_db_audit_leaves() - read leaves one after the other
 * @db: where
 * @from: number of the record in front of the first
 * @to: number of the last
 * @take: gets each, and the same ones that follow one another at once; what is missing or cannot be read is all zero
 * @arg: for @take
 *
 * Return: how many records are missing, or a negative errno.
 */
int64_t ohtd_db_audit_leaves(struct ohtd_db *db, uint64_t from, uint64_t to,
			     void (*take)(void *arg, const struct oht_hash *leaf, uint64_t count), void *arg);

/* No record has a greater number: it would be that of a damaged row. */
#define OHTD_AUDIT_NUMBER_MAX	OHTD_NUMBER_MAX

/*
 * Makes the tree anew of the leaves that are there, when what was kept of it is gone. Rows behind OHTD_AUDIT_NUMBER_MAX are deleted. 0 or a
 * negative errno.
 */
int ohtd_db_audit_mend(struct ohtd_db *db, struct ohtd_audit_tree *tree);

/* Keeps a checkpoint, and of all only the newest. 0 or a negative errno. */
int ohtd_db_audit_keep_note(struct ohtd_db *db, uint64_t size, int64_t time_ns, const char *note);

/* Removes records behind number @size, and what was signed of them. How many there were, or a negative errno. */
int64_t ohtd_db_audit_drop_foreign(struct ohtd_db *db, uint64_t size);

/**
 * ohtd_db_audit_remove() - remove old records that need not be kept
 * @db: in a transaction
 * @from: number in front of the first
 * @to: number of the last
 * @most: how many are kept of all up to @to; the oldest of more are removed
 * @keeps: says of each whether it is kept. A record that is not what its hash was made of is kept, so that the change is found
 * @arg: for @keeps
 *
 * Return: 0 or a negative errno.
 */
int ohtd_db_audit_remove(struct ohtd_db *db, uint64_t from, uint64_t to, int64_t most,
			 bool (*keeps)(const struct ohtd_audit_row *row, void *arg), void *arg);

/* The tree of the records up to number @to that are kept. 0 or a negative errno. */
int ohtd_db_audit_kept(struct ohtd_db *db, uint64_t to, struct oht_tree *kept);

/*
 * Takes the whole audit of another database, at @path, in place of its own, or nothing of it. 0, -EBADMSG: it cannot be read
 * there, or another negative errno.
 */
int ohtd_db_audit_take(struct ohtd_db *db, const char *path);

#endif /* OHTD_AUDIT_ROWS_H */
