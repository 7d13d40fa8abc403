/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the database: opening it safely, its migrations, its named statements.
 * Contexts: one thread at a time per handle: the store thread, or main() before it exists.
 * Locks:    none of its own; SQLite's file locks keep other processes apart.
 *
 * Only files of this folder know SQLite. Every write is synchronised to the disk before the
 * function returns (journal WAL, synchronous FULL).
 */
#ifndef OHTD_STORE_DB_H
#define OHTD_STORE_DB_H

#include <stddef.h>

struct ohtd_db;

/* The newest schema that this program knows. */
#define OHTD_SCHEMA_VERSION	2

/**
 * ohtd_db_open() - open or make the database and bring it to OHTD_SCHEMA_VERSION
 * @db: receives the handle
 * @path: the file; made with mode 0600 if it is not there
 * @now_s: wall clock in seconds, noted beside a migration
 * @why: on failure one line that begins with @path
 * @size: of @why in bytes
 *
 * A file that others may read, that is no database, that belongs to another program or that has a
 * newer schema is refused and not changed.
 *
 * Return: 0, or -1 with @why filled.
 */
int ohtd_db_open(struct ohtd_db **db, const char *path, long long now_s, char *why, size_t size);

/* NULL is allowed. */
void ohtd_db_close(struct ohtd_db *db);

#endif /* OHTD_STORE_DB_H */
