/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the way of a backup back: unpacked, checked, made fit, and left for the next start.
 * Contexts: a thread that may wait; with the daemon down, the main thread of another process.
 * Locks:    none; the caller sees to it that only one is under way.
 *
 * Nothing of the state in force is changed: what is prepared gets its name last (store/swap.h).
 */
#ifndef OHTD_JOBS_RESTORE_H
#define OHTD_JOBS_RESTORE_H

#include <stdbool.h>
#include <stddef.h>

#include "jobs/archive.h"
#include "jobs/manifest.h"

struct ohtd_schema;

/**
 * struct ohtd_backup_database - a database that is part of a backup
 * @schema: which kind
 * @file: its name in the state directory
 * @copy: name of its copy while a backup is made
 */
struct ohtd_backup_database {
	const struct ohtd_schema *schema;
	const char *file, *copy;
};

/* As they are in a backup; the first is in each. */
extern const struct ohtd_backup_database ohtd_backup_databases[OHTD_ARCHIVE_PARTS];

/**
 * struct ohtd_restore - a file that is checked or restored
 * @state_dir: the state directory
 * @file: the backup; with @plain also a database itself, as the copies before a migration
 * @robot_id: of this robot; "": it has none yet, and any is taken
 * @foreign: another robot's is taken too
 * @plain: see @file
 * @not_encrypted: also where there is a key, it may be in clear: then nothing says that a robot with that key made it
 * @without_history: one that is in the backup is not looked at
 * @by: account that ordered it
 * @work: key and progress
 * @manifest: out; of a database itself only its schema
 * @history: out: a history is a part of it
 * @in_clear: out: it is in clear although there is a key
 * @why: out, on failure: one sentence
 */
struct ohtd_restore {
	const char *state_dir;
	const char *file;
	const char *robot_id;
	bool foreign;
	bool plain;
	bool not_encrypted;
	bool without_history;
	const char *by;
	struct ohtd_archive_work work;
	struct ohtd_manifest manifest;
	bool history, in_clear;
	char why[160];
};

/*
 * Reads all of it. 0; -EBADMSG: damaged; -ENOTSUP: newer than this program; -ENOKEY, -EKEYREJECTED: as
 * ohtd_archive_read(); -EXDEV: another robot's; -ECANCELED; or another negative errno.
 */
int ohtd_restore_check(struct ohtd_restore *restore);

/*
 * The same, and leaves it for the next start. @commits: asked in front of the last step; false: -ECANCELED.
 * -EBUSY: another one waits already.
 */
int ohtd_restore_prepare(struct ohtd_restore *restore, bool (*commits)(void *arg));

/* Removes what waits in @state_dir for the next start. 0, -ENOENT: nothing waits, or another negative errno. */
int ohtd_restore_withdraw(const char *state_dir);

/* How much the database may be; the history as much as the manifest says, since that fits on the disk. */
#define OHTD_RESTORE_BYTES_MAX	(UINT64_C(4) << 30)

#endif /* OHTD_JOBS_RESTORE_H */
