/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     small files of the state folder in which the robot leaves something for the next run: read once, replaced as a whole.
 * Contexts: recall: main thread, before the robot starts. Write: a worker, one at a time; at the end the main thread.
 * Locks:    none.
 */
#ifndef OHTD_MAIN_KEPT_FILE_H
#define OHTD_MAIN_KEPT_FILE_H

#include <stdbool.h>
#include <stdint.h>

#define OHTD_KEPT_FILE_BYTES	512

/**
 * struct ohtd_kept_kind - a file of this kind
 * @name: in the state folder
 * @word: of its lines in the log
 * @unread: what follows when it cannot be read, for people
 * @unwritten: what follows when it cannot be written
 */
struct ohtd_kept_kind {
	const char *name;
	const char *word;
	const char *unread;
	const char *unwritten;
};

/* @again_ns: CLOCK_MONOTONIC, when a file that could not be written is tried again. Begins as zero. */
struct ohtd_kept_file {
	uint64_t again_ns;
};

/**
 * ohtd_kept_recall() - read a file
 * @kind: which
 * @state_dir: its folder
 * @take: takes its text, which it may change. False: the text makes no sense
 * @arg: for @take
 *
 * The log tells of a file that cannot be used.
 *
 * Return: 0, -ENOENT: there is none yet, -EINVAL: it makes no sense, or another negative errno.
 */
int ohtd_kept_recall(const struct ohtd_kept_kind *kind, const char *state_dir, bool (*take)(char *text, void *arg), void *arg);

/* False: it could not be written a short time ago. */
static inline bool ohtd_kept_is_due(const struct ohtd_kept_file *file, uint64_t now_ns)
{
	return now_ns >= file->again_ns;
}

/* Replaces the file. Return: 0, or a negative errno: the log says it, and the file is not due for a while. */
int ohtd_kept_write(const struct ohtd_kept_kind *kind, struct ohtd_kept_file *file, const char *state_dir, const char *text,
		    uint64_t now_ns);

/* Makes the file senseless in its place, since it could not be replaced. @otherwise: what follows if that fails as well, for people. */
void ohtd_kept_spoil(const struct ohtd_kept_kind *kind, const char *state_dir, const char *otherwise);

#endif /* OHTD_MAIN_KEPT_FILE_H */
