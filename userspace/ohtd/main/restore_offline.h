/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a restore while no daemon runs, also of a state directory that is lost.
 * Contexts: the main thread of a process of its own.
 * Locks:    the lock of the state directory.
 */
#ifndef OHTD_MAIN_RESTORE_OFFLINE_H
#define OHTD_MAIN_RESTORE_OFFLINE_H

struct ohtd_config;
struct ohtd_options;

/**
 * ohtd_restore_offline() - check a file and leave it for the next start, which puts it in
 * @config: says where the state is, and the key
 * @options: the file, a backup or a copy of the database as before a migration; whether another robot's is taken too, and the history
 *
 * Says on standard output what it has done, on standard error why it has not.
 *
 * Return: 0, or 1 with nothing changed.
 */
int ohtd_restore_offline(const struct ohtd_config *config, const struct ohtd_options *options);

#endif /* OHTD_MAIN_RESTORE_OFFLINE_H */
