/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the state directory: its lock, its keys, the marks of a run that has not ended in order and
 *           of a robot that had an administrator.
 * Contexts: main thread.
 * Locks:    a file lock that keeps a second daemon away from the same directory.
 */
#ifndef OHTD_MAIN_STATE_H
#define OHTD_MAIN_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "auth/seal.h"

struct ohtd_clock;
struct ohtd_db;

/* Makes the directory (0700) if it is not there; its parent must be. 0, or -1 with @why filled. */
int ohtd_state_ensure(const char *dir, char *why, size_t size);

/*
 * A process of root becomes the user whose folder it is, for good: files that root makes there
 * the daemon could not open. 0, or -1 with @why filled.
 */
int ohtd_state_become_owner(const char *dir, char *why, size_t size);

/* A descriptor that holds the lock, or -1 with errno and @why filled; EWOULDBLOCK: another process holds it. */
int ohtd_state_lock(const char *dir, char *why, size_t size);

/**
 * struct ohtd_state_key - a key of this machine
 * @file: its name
 * @anew: what a new one means, for the log
 * @credential: a credential of systemd of that name comes first, and then nothing is stored
 */
struct ohtd_state_key {
	const char *file;
	const char *anew;
	bool credential;
};

/* A key of the service manager: which processes may read it is its affair. False: there is none of that name. */
bool ohtd_main_credential(const char *name, unsigned char *key, size_t bytes);

/* A key for one @purpose, made of the credential keys.seal. False: there is none, or no memory, and what it would seal is in clear. */
bool ohtd_main_seal(const char *purpose, unsigned char key[OHTD_AUTH_SEAL_KEY_BYTES]);

extern const struct ohtd_state_key ohtd_token_key, ohtd_main_totp_key, ohtd_audit_key;

/*
 * Reads a key of exactly @bytes, or draws it and stores it (0600). What is no key (empty, cut, zeros, a folder, not
 * to be read) is set aside first, and logged. 0, or -1 with @why filled.
 */
int ohtd_state_key(const char *dir, const struct ohtd_state_key *which, unsigned char *key, size_t bytes,
		   long long now_s, char *why, size_t size);

/**
 * ohtd_state_open_database() - open the database of accounts, and note what was lost of it
 * @db: out
 * @dir: state directory
 * @now_s: wall time
 * @why: on failure one line
 * @size: of @why
 *
 * A database that is empty or gone, although other files say that the robot has run before, and one that
 * was set aside by this or an earlier start, are noted as by ohtd_state_note_administered():
 * accounts may be among what was lost.
 *
 * Return: 0, or not 0 with errno and @why.
 */
int ohtd_state_open_database(struct ohtd_db **db, const char *dir, long long now_s, char *why,
			     size_t size);

/**
 * ohtd_state_swap_database() - put in the database that a restore has left, or the old one back
 * @dir: state directory
 * @now_s: wall clock in seconds
 * @why: on failure one line
 * @size: of @why
 *
 * With another database the key of tokens is another one too: no session goes on.
 *
 * Return: enum ohtd_swap_found, or -1 with errno and @why; then nothing may be opened.
 */
int ohtd_state_swap_database(const char *dir, long long now_s, char *why, size_t size);
/* Puts the old database back because the new one cannot be used. True if there was one. */
bool ohtd_state_undo_swap(const char *dir, long long now_s);
/* Path of the database of before, while another one is on trial; "": there was none. */
void ohtd_state_before_swap(const char *dir, char *path, size_t size);
/* The daemon can begin with what was put in, which stays. 0, or -1 with errno and @why: then it may go back at the next start. */
int ohtd_state_keep_swap(const char *dir, long long now_s, char *why, size_t size);
/* Whether a start is to put one in, or has not been ready with it yet. */
bool ohtd_state_swap_waits(const char *dir);

/*
 * A mark says for good that there has been an administrator, or that accounts were lost: a robot without an
 * administrator is then no new one, and gives no set-up code.
 */
void ohtd_state_note_administered(const char *dir);
bool ohtd_state_was_administered(const char *dir);

/*
 * A run leaves a mark from its beginning to its end in order. @waits: the next one is to wait for a person: the mark
 * stays and says so. 0, or a negative errno: this run has no mark.
 */
int ohtd_state_begin_run(const char *dir);
void ohtd_state_end_run(const char *dir, bool waits);
/* The mark of an earlier run is still there: the robot is to wait for a person. */
bool ohtd_main_is_unclean(const char *dir);
/* The same, and the run before was cut short. */
bool ohtd_state_was_cut(const char *dir);

/**
 * ohtd_state_recall_time() - let the wall time go on where an earlier run left it
 * @dir: state directory
 * @clock: raised to what is stored; within one boot also by what has passed since
 * @boot_id: of this boot
 *
 * A file that is missing or makes no sense changes nothing.
 */
void ohtd_state_recall_time(const char *dir, struct ohtd_clock *clock, const char *boot_id);

/* Stores the wall time for the next run, as far as it is certain. */
void ohtd_state_store_time(const char *dir, struct ohtd_clock *clock, const char *boot_id);

#endif /* OHTD_MAIN_STATE_H */
