/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the backups of the database, as files in STATE/backups.
 * Contexts: open, close: main thread. List, look, remove, tick: threads that may wait; make, verify, restore
 *           too, which look for files. The work is a job (jobs.h).
 * Locks:    that of the jobs; one of its own for what waits for the next start.
 *
 * A backup is written under another name, synchronised, and then gets its name: what has the name is whole.
 */
#ifndef OHTD_JOBS_BACKUPS_H
#define OHTD_JOBS_BACKUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jobs/jobs.h"
#include "jobs/manifest.h"

struct ohtd_backups;
struct ohtd_clock;
struct ohtd_daemon_part;
struct ohtd_settings;

#define OHTD_BACKUPS_MAX	64	/* that are kept; then none is made by hand */

/**
 * struct ohtd_backups_setup - what it needs; everything outlives it
 * @state_dir: the state directory
 * @key_file: 64 hexadecimal digits; "": backups are not encrypted
 * @clock: time of day
 * @jobs: does the work
 * @settings: knows the robot's name, when backups are made by themselves, and how many of those are kept
 */
struct ohtd_backups_setup {
	const char *state_dir;
	const char *key_file;
	struct ohtd_clock *clock;
	struct ohtd_jobs *jobs;
	struct ohtd_settings *settings;
};

/**
 * struct ohtd_backup_view - a backup as it is shown
 * @id: its time of day, as 20261127030000
 * @bytes: of its file
 * @encrypted: a key opens it
 * @damaged: its manifest cannot be read; then nothing else is known
 * @manifest: what it says of itself; only a verification says whether that is true
 */
struct ohtd_backup_view {
	int64_t id;
	uint64_t bytes;
	bool encrypted, damaged;
	struct ohtd_manifest manifest;
};

/* A key file that is no key is logged; then no backup is made. NULL with errno. */
struct ohtd_backups *ohtd_backups_open(const struct ohtd_backups_setup *setup);
void ohtd_backups_close(struct ohtd_backups *backups);
/* Hexadecimal; drawn for this run alone when it could not be written down. */
const char *ohtd_backups_robot_id(const struct ohtd_backups *backups);

/* Now and then, by one thread at a time: whether it is time for one. */
void ohtd_backups_tick(struct ohtd_backups *backups);

/**
 * ohtd_backup_is_due() - whether it is time for one
 * @now_s: wall clock
 * @newest_s: when the newest was made that is not of the future, 0: there is none
 * @up_s: for how long the daemon has been up
 * @hour: of the night
 *
 * In that hour if there is none of the last 12 hours. A machine that is switched off at night has
 * one when it has been up for two hours and there is none of the last 36.
 */
bool ohtd_backup_is_due(int64_t now_s, int64_t newest_s, int64_t up_s, unsigned int hour);

/* @history: with it. Id of the job, or a negative errno: of ohtd_jobs_submit(); -ENOKEY: the key file is none; -E2BIG: too many are kept. */
int64_t ohtd_backups_make(struct ohtd_backups *backups, bool history, const char *by);
/* Id of the job, or a negative errno: -ENOENT: there is no such backup. */
int64_t ohtd_backups_verify(struct ohtd_backups *backups, int64_t id, const char *by);

/**
 * struct ohtd_restore_wish - what a person says of a restore
 * @foreign: the backup may be another robot's
 * @not_encrypted: it may be in clear although this robot has a key
 * @history: with its history, if it has one
 */
struct ohtd_restore_wish {
	bool foreign, not_encrypted, history;
};

/* As ohtd_backups_verify(). The database is another one after the next start. */
int64_t ohtd_backups_restore(struct ohtd_backups *backups, int64_t id, const struct ohtd_restore_wish *wish, const char *by);

/**
 * struct ohtd_restore_wait - a restore that the next start puts in
 * @backup: id of the backup; 0: none waits
 * @in_clear: it is not encrypted although this robot has a key
 * @since_ns: monotonic, when it was ready
 * @by: account that ordered it
 */
struct ohtd_restore_wait {
	int64_t backup;
	bool in_clear;
	uint64_t since_ns;
	char by[OHTD_JOB_BY_BYTES];
};

/**
 * struct ohtd_backup_trouble - why backups by themselves are not as they should be
 * @since_ns: monotonic, when that was seen; 0: they are
 * @text: one sentence
 */
struct ohtd_backup_trouble {
	uint64_t since_ns;
	char text[OHTD_JOB_TEXT_BYTES + 64];
};

/* The newest attempt has failed, or the newest backup is older than two days, while they are to be made. Any thread, without a wait for a disk. */
void ohtd_backups_trouble(struct ohtd_backups *backups, struct ohtd_backup_trouble *trouble);

/* Any thread, without a wait for a disk. */
void ohtd_backups_waits(struct ohtd_backups *backups, struct ohtd_restore_wait *wait);
/* Takes the restore of that backup back. 0, -ENOENT: none of it waits, or another negative errno. */
int ohtd_backups_withdraw(struct ohtd_backups *backups, int64_t id);

/* The newest first, at most OHTD_BACKUPS_MAX; how many, or a negative errno. */
int ohtd_backups_list(struct ohtd_backups *backups, struct ohtd_backup_view *views);
/* 0 or -ENOENT or another negative errno. */
int ohtd_backups_look(struct ohtd_backups *backups, int64_t id, struct ohtd_backup_view *view);
int ohtd_backups_remove(struct ohtd_backups *backups, int64_t id);
/* Path of its file. */
void ohtd_backups_path(const struct ohtd_backups *backups, int64_t id, char *path, size_t size);

/* ---- also while no daemon runs ---- */

/* 0 with the key; -ENOENT: "" ; -EINVAL: no key; -EACCES: others may read it, and its mode cannot be changed; or another negative errno. */
int ohtd_backup_key(const char *file, unsigned char key[OHTD_ARCHIVE_KEY_BYTES]);
/* Id of the robot whose state directory it is; "": it has none. */
void ohtd_backup_robot_id(const char *state_dir, char id[2 * OHTD_ROBOT_ID_BYTES + 1]);
/* Makes it that. 0 or a negative errno. */
int ohtd_backup_keep_robot_id(const char *state_dir, const char *id);

/* part.c: what is not well with it. */
extern const struct ohtd_daemon_part ohtd_jobs_part;

#endif /* OHTD_JOBS_BACKUPS_H */
