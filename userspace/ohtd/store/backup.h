/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a copy of the database as a file of its own.
 * Contexts: the thread that owns the handle.
 * Locks:    none.
 */
#ifndef OHTD_STORE_BACKUP_H
#define OHTD_STORE_BACKUP_H

#include <stddef.h>

struct ohtd_db;

/**
 * ohtd_db_back_up() - copy it beside itself, as PATH.vVERSION-TIME
 * @version: of its schema
 * @now_s: wall clock in seconds
 * @name: out: the copy's path
 * @size: of @name in bytes
 *
 * Return: 0 when the copy and its name are on the disk; else a negative errno, and there is no copy.
 */
int ohtd_db_back_up(struct ohtd_db *db, int version, long long now_s, char *name, size_t size);

#endif /* OHTD_STORE_BACKUP_H */
