/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     counting what SQLite writes to the disk for a kind of database.
 * Contexts: any thread.
 * Locks:    none; atomics.
 *
 * All connections of a kind count together: the one that writes, the one that copies the log, and readers. Not counted is what
 * is put beside the database (a backup, a repair, a restore), the index of the log (-shm), which is shared memory in a file, and
 * what the file system adds.
 */
#ifndef OHTD_STORE_WRITTEN_H
#define OHTD_STORE_WRITTEN_H

#include <stdint.h>

struct ohtd_store_written;

extern struct ohtd_store_written ohtd_small_written;
extern struct ohtd_store_written ohtd_history_written;

/**
 * ohtd_written_name() - how SQLite is told to count
 * @written: the counters of the kind, NULL: it has none
 *
 * Return: the name of a VFS, which writes as the usual one. NULL stands for the usual one.
 */
const char *ohtd_written_name(struct ohtd_store_written *written);

/**
 * ohtd_written_look() - what was written since the start of the program
 * @written: the counters of the kind, NULL: it has none
 * @bytes: into the log and into the file
 * @synchronisations: how often the disk was waited for
 */
void ohtd_written_look(struct ohtd_store_written *written, uint64_t *bytes, uint64_t *synchronisations);

#endif /* OHTD_STORE_WRITTEN_H */
