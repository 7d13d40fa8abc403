/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a few connections that only read.
 * Contexts: open and close: main thread. Take and give: threads that may wait.
 * Locks:    one mutex, for a few instructions.
 */
#ifndef OHTD_STORE_READERS_H
#define OHTD_STORE_READERS_H

struct ohtd_db;
struct ohtd_readers;

/* As many as threads read at a time without waiting for each other. */
#define OHTD_READERS	2

/* To the file of @db. NULL with errno. */
struct ohtd_readers *ohtd_readers_open(const struct ohtd_db *db);

/* None may be taken. NULL is allowed. */
void ohtd_readers_close(struct ohtd_readers *readers);

/* Waits for a free one, behind the threads that wait already; it must be given back. NULL: none was free for @within_s. */
struct ohtd_db *ohtd_readers_take(struct ohtd_readers *readers, unsigned int within_s);
void ohtd_readers_give(struct ohtd_readers *readers, struct ohtd_db *db);

#endif /* OHTD_STORE_READERS_H */
