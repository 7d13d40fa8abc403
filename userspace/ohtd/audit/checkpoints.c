// SPDX-License-Identifier: GPL-2.0-or-later
/* Checkpoints of the tree: signed, kept, compared with the records; and the removal of the oldest records. */
#include "audit/private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "common/file.h"
#include "store/store.h"

#define SIGN_EVERY_NS	(60 * OHTD_NS_PER_S)
/* The oldest records are removed when there are so many too many, so that it is seldom. */
#define SLACK(most_)	((most_) / 8 + 1)

/* @made: begins as zero, or with what is said of kept records. */
static int sign(const struct ohtd_audit *audit, const struct oht_tree *tree, const char *ending,
		struct oht_checkpoint *made, char note[OHT_CHECKPOINT_BYTES])
{
	made->size = tree->size;
	if (snprintf(made->origin, sizeof(made->origin), "%s%s", audit->origin, ending) >= OHT_ORIGIN_BYTES)
		return -EINVAL;
	oht_tree_root(tree, &made->root);
	return oht_checkpoint_sign(audit->key, made, note) ? -EIO : 0;
}

static void add_leaves(void *tree, const struct oht_hash *leaf, uint64_t count)
{
	oht_tree_add_same(tree, leaf, count);
}

/* Lets a copy of @tree grow by the records up to @size. 0, -EBADMSG: one is missing, or another negative errno. */
static int grow(struct ohtd_db *db, struct oht_tree *tree, uint64_t size)
{
	int64_t r = ohtd_db_audit_leaves(db, tree->size, size, add_leaves, tree);

	return r < 0 ? (int)r : r ? -EBADMSG : 0;
}

static bool has_root(const struct oht_tree *tree, const struct oht_hash *root)
{
	struct oht_hash own;

	oht_tree_root(tree, &own);
	return oht_hash_is(&own, root);
}

/* The note that this key has signed of what was removed. False: there is none. */
static bool open_removal(const struct ohtd_audit *audit, const struct ohtd_audit_tree *tree, struct oht_checkpoint *removed)
{
	char verifier[OHT_VERIFIER_BYTES];

	return !oht_checkpoint_rename(audit->verifier, OHT_CHECKPOINT_REMOVED, verifier) &&
	       !oht_checkpoint_open(tree->removed_note, verifier, removed) && removed->size == tree->removed.size &&
	       has_root(&tree->removed, &removed->root);
}

/*
 * This key has signed what was removed, and which records of that are kept: the database alone says nothing of them that would be
 * believed. 0, -EBADMSG: it has not, or another negative errno.
 */
static int check_removal(struct ohtd_db *db, const struct ohtd_audit *audit, const struct ohtd_audit_tree *tree)
{
	struct oht_checkpoint removed;
	struct oht_tree kept;
	int r;

	if (!tree->removed.size)
		return 0;
	if (!open_removal(audit, tree, &removed))
		return -EBADMSG;
	r = ohtd_db_audit_kept(db, tree->removed.size, &kept);
	if (r)
		return r;
	/* A program of before kept none, and did not say so. */
	return kept.size == removed.kept && (!kept.size || has_root(&kept, &removed.kept_root)) ? 0 : -EBADMSG;
}

static int sign_removal(struct ohtd_db *db, const struct ohtd_audit *audit, struct ohtd_audit_tree *tree)
{
	struct oht_checkpoint made = { .has_kept = true };
	struct oht_tree kept;
	int r = ohtd_db_audit_kept(db, tree->removed.size, &kept);

	if (r)
		return r;
	made.kept = kept.size;
	oht_tree_root(&kept, &made.kept_root);
	return sign(audit, &tree->removed, OHT_CHECKPOINT_REMOVED, &made, tree->removed_note);
}

/* ---- the beginning ---- */

/* Records behind the tree were not written by this program. */
static int drop_foreign(struct ohtd_db *db, struct ohtd_audit *audit, const struct ohtd_audit_tree *tree)
{
	int64_t count = ohtd_db_audit_drop_foreign(db, tree->whole.size);

	if (count > 0) {
		ohtd_log(OHTD_LOG_ERROR, "audit", "foreign", "%" PRId64 " records were inserted behind the newest one, and "
			 "are removed", count);
		audit->fault = OHTD_AUDIT_ALTERED;
	}
	return count < 0 ? (int)count : 0;
}

/* The checkpoint in the file beside the database. False: there is none that this key has signed. */
static bool read_head(const struct ohtd_audit *audit, struct oht_checkpoint *newest)
{
	const char *wrong;
	char *text;

	if (oht_file_read(audit->head_path, OHT_CHECKPOINT_BYTES, &text, NULL))
		return false;
	wrong = oht_checkpoint_open(text, audit->verifier, newest);
	free(text);
	if (wrong)
		ohtd_log(OHTD_LOG_WARNING, "audit", "no_checkpoint", "%s: %s", audit->head_path, wrong);
	return !wrong;
}

/* Grows @tree by the records up to @size. 0, -EBADMSG: its root is not @root then, or another negative errno. */
static int grow_to(struct ohtd_db *db, struct oht_tree *tree, uint64_t size, const struct oht_hash *root)
{
	int r = grow(db, tree, size);

	return r ? r : has_root(tree, root) ? 0 : -EBADMSG;
}

/* The records are those of the newest checkpoint, and those of the tree. */
static int compare_records(struct ohtd_db *db, const struct ohtd_audit_tree *tree, const struct oht_checkpoint *newest)
{
	struct oht_tree then = tree->removed;
	struct oht_hash root;
	int r = 0;

	/* Older than what was removed since: what is signed of that is all that can be said. */
	if (newest->size >= then.size)
		r = grow_to(db, &then, newest->size, &newest->root);
	oht_tree_root(&tree->whole, &root);
	return r ? r : grow_to(db, &then, tree->whole.size, &root);
}

/*
 * Compares with the file beside the database. A key that is new has signed neither that file nor what was removed: it signs what it
 * finds, a record says so, and a witness tells that the key is another one. 0 or a negative errno.
 */
static int compare(struct ohtd_db *db, struct ohtd_audit *audit, struct ohtd_audit_tree *tree)
{
	struct oht_checkpoint newest = { .size = 0 };
	bool has_head = read_head(audit, &newest);
	int r = check_removal(db, audit, tree);
	bool is_signed = !r;

	if ((r && r != -EBADMSG) || (is_signed && !has_head))
		return r;
	if (!has_head) {
		audit->signed_anew = true;
		r = sign_removal(db, audit, tree);
		return r ? r : ohtd_db_audit_keep_tree(db, tree);
	}
	if (newest.size > tree->whole.size) {
		audit->fault = OHTD_AUDIT_CUT;
		return 0;
	}
	if (!is_signed)
		ohtd_log(OHTD_LOG_ERROR, "audit", "removed_unsigned", "of the first %" PRIu64 " records others are gone than this "
			 "robot has signed as removed for their age", tree->removed.size);
	r = is_signed ? compare_records(db, tree, &newest) : -EBADMSG;
	if (r != -EBADMSG)
		return r;
	audit->fault = OHTD_AUDIT_ALTERED;
	return 0;
}

int ohtd_audit_begin(struct ohtd_db *db, void *arg)
{
	struct ohtd_audit *audit = arg;
	struct ohtd_audit_tree tree;
	int r = ohtd_db_audit_tree(db, &tree);

	if (r == -EBADMSG || (!r && !tree.whole.size))
		r = ohtd_db_audit_mend(db, &tree);
	if (!r)
		r = drop_foreign(db, audit, &tree);
	if (!r)
		r = compare(db, audit, &tree);
	if (!r)
		atomic_store(&audit->size, tree.whole.size);
	return r;
}

/* ---- retention ---- */

/* Acts that were done and that last stay for long; commands, log-ins and refusals are what robots have the most of. */
static bool keeps(const struct ohtd_audit_row *row, void *arg)
{
	const struct ohtd_audit *audit = arg;

	return audit->lasts && !ohtd_audit_is_refused(row) && audit->lasts(row->act);
}

static int remove_to(struct ohtd_db *db, struct ohtd_audit *audit, struct ohtd_audit_tree *tree, uint64_t from)
{
	int r = ohtd_db_audit_remove(db, from, tree->removed.size, audit->most, keeps, audit);

	if (!r)
		r = sign_removal(db, audit, tree);
	return r ? r : ohtd_db_audit_keep_tree(db, tree);
}

/*
 * Nothing is removed of records that are not those of the tree, nor behind some of which this key has not signed that they were removed.
 * 0 or a negative errno.
 */
static int remove_old(struct ohtd_db *db, struct ohtd_audit *audit, struct ohtd_audit_tree *tree)
{
	uint64_t most = (uint64_t)audit->most, size = tree->whole.size, from = tree->removed.size;
	struct oht_hash root;
	struct oht_tree all;
	int r;

	if (size - from < most + SLACK(most))
		return 0;
	r = check_removal(db, audit, tree);
	if (!r)
		r = grow(db, &tree->removed, size - most);
	all = tree->removed;
	oht_tree_root(&tree->whole, &root);
	if (!r)
		r = grow_to(db, &all, size, &root);
	if (r == -EBADMSG) {
		ohtd_log(OHTD_LOG_ERROR, "audit", "altered", "the oldest records are not removed: they are others than they were");
		return 0;
	}
	return r ? r : remove_to(db, audit, tree, from);
}

/* ---- a checkpoint ---- */

static int work_sign(struct ohtd_db *db, void *arg)
{
	struct ohtd_audit *audit = arg;
	struct ohtd_audit_tree tree;
	int r = ohtd_db_audit_tree(db, &tree);

	audit->made = (struct oht_checkpoint){ .size = 0 };
	if (!r)
		r = sign(audit, &tree.whole, "", &audit->made, audit->made_note);
	if (!r && tree.whole.size > atomic_load(&audit->signed_size))
		r = ohtd_db_audit_keep_note(db, tree.whole.size, ohtd_clock_wall_ns(audit->clock), audit->made_note);
	return r ? r : remove_old(db, audit, &tree);
}

/* The signature is logged too: a log that is collected elsewhere is a witness, so no level of the log leaves the line out. */
static void tell(const struct ohtd_audit *audit)
{
	char root[OHT_HASH_HEX_BYTES];
	const char *signature = strstr(audit->made_note, "\n\n");
	const char *last = signature ? strrchr(signature, ' ') : NULL;

	oht_hash_text(&audit->made.root, root);
	ohtd_log_always("audit", "checkpoint", "%s %" PRIu64 " %s %.*s", audit->origin, audit->made.size, root,
			last ? (int)strcspn(last + 1, "\n") : 0, last ? last + 1 : "");
}

/* Behind the commit. */
static void note(struct ohtd_audit *audit)
{
	if (audit->made.size <= atomic_load(&audit->signed_size))
		return;
	tell(audit);
	pthread_mutex_lock(&audit->head_lock);
	snprintf(audit->head, sizeof(audit->head), "%s", audit->made_note);
	audit->head_is_new = true;
	pthread_mutex_unlock(&audit->head_lock);
	atomic_store(&audit->signed_size, audit->made.size);
}

static void is_signed(struct ohtd_store_job *job)
{
	struct ohtd_audit *audit = job->arg;

	if (job->result >= 0)
		note(audit);
	atomic_store(&audit->signing, false);
}

void ohtd_audit_sign(struct ohtd_audit *audit, uint64_t now_ns)
{
	if (ohtd_since(now_ns, audit->sign_ns) < SIGN_EVERY_NS || atomic_load(&audit->size) <= atomic_load(&audit->signed_size) ||
	    atomic_exchange(&audit->signing, true))
		return;
	audit->sign_ns = now_ns;
	audit->sign_job = (struct ohtd_store_job){ .work = work_sign, .arg = audit, .done = is_signed };
	if (ohtd_store_submit(audit->store, &audit->sign_job))
		atomic_store(&audit->signing, false);
}

void ohtd_audit_sign_last(struct ohtd_audit *audit)
{
	if (ohtd_store_call(audit->store, work_sign, audit) >= 0)
		note(audit);
}

void ohtd_audit_stays(struct ohtd_audit *audit)
{
	atomic_store(&audit->on_trial, false);
}

void ohtd_audit_keep_head(struct ohtd_audit *audit)
{
	char text[OHT_CHECKPOINT_BYTES];
	bool is_new;
	int r;

	if (atomic_load(&audit->on_trial))
		return;
	pthread_mutex_lock(&audit->head_lock);
	is_new = audit->head_is_new;
	audit->head_is_new = false;
	memcpy(text, audit->head, sizeof(text));
	pthread_mutex_unlock(&audit->head_lock);
	if (!is_new)
		return;
	r = oht_file_replace(audit->head_path, text, strlen(text), 0600);
	if (r)
		ohtd_log(OHTD_LOG_WARNING, "audit", "no_checkpoint", "%s: %s", audit->head_path, strerror(-r));
}

/* ---- for clients ---- */

static int read_tree(struct ohtd_db *db, void *arg)
{
	return ohtd_db_audit_tree(db, arg);
}

int ohtd_audit_head(struct ohtd_audit *audit, char text[OHT_CHECKPOINT_BYTES])
{
	struct oht_checkpoint made = { .size = 0 };
	struct ohtd_audit_tree tree;
	int r = ohtd_store_read(audit->store, read_tree, &tree);

	return r < 0 ? r : sign(audit, &tree.whole, "", &made, text);
}

/**
 * struct proving - a proof while it is made
 * @proof: what is asked for
 * @leaves: behind what was removed, up to @proof->to
 * @count: of @leaves so far
 */
struct proving {
	struct ohtd_audit_proof *proof;
	struct oht_hash *leaves;
	uint64_t count;
};

static void take_leaves(void *arg, const struct oht_hash *leaf, uint64_t count)
{
	struct proving *proving = arg;

	while (count--)
		proving->leaves[proving->count++] = *leaf;
}

/* Root of the first @size leaves, of which all removed ones are among. */
static void root_at(const struct proving *proving, uint64_t size, struct oht_hash *root)
{
	struct oht_tree tree = proving->proof->removed;

	for (uint64_t i = tree.size; i < size; i++)
		oht_tree_add(&tree, &proving->leaves[i - proving->proof->removed.size]);
	oht_tree_root(&tree, root);
}

static int prove(struct proving *proving)
{
	struct ohtd_audit_proof *proof = proving->proof;
	int count = oht_tree_prove(&proof->removed, proving->leaves, proof->from, proof->to, proof->hashes);

	if (count < 0)
		return -ENOENT;
	proof->count = (unsigned int)count;
	root_at(proving, proof->from, &proof->from_root);
	root_at(proving, proof->to, &proof->to_root);
	return 0;
}

static int work_prove(struct ohtd_db *db, void *arg)
{
	struct proving *proving = arg;
	struct ohtd_audit_proof *proof = proving->proof;
	struct ohtd_audit_tree tree;
	int64_t missing;
	int r = ohtd_db_audit_tree(db, &tree);

	if (r)
		return r;
	if (proof->to > tree.whole.size || proof->from > proof->to)
		return -ERANGE;
	if (proof->from < tree.removed.size)
		return -ENOENT;
	proof->removed = tree.removed;
	memcpy(proof->removed_note, tree.removed_note, sizeof(proof->removed_note));
	proving->leaves = calloc(proof->to - tree.removed.size + 1, sizeof(*proving->leaves));
	if (!proving->leaves)
		return -ENOMEM;
	missing = ohtd_db_audit_leaves(db, tree.removed.size, proof->to, take_leaves, proving);
	return missing < 0 ? (int)missing : prove(proving);
}

int ohtd_audit_prove(struct ohtd_audit *audit, struct ohtd_audit_proof *proof)
{
	struct proving proving = { .proof = proof };
	int r;

	/* All leaves are read for it: more than one at a time would keep the readers of the store from all others. */
	if (atomic_exchange(&audit->proves, true))
		return -EBUSY;
	r = ohtd_store_read(audit->store, work_prove, &proving);
	atomic_store(&audit->proves, false);
	free(proving.leaves);
	return r < 0 ? r : 0;
}
