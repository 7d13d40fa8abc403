/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     accounts while no daemon runs: one request of ohtctl, answered from the database itself.
 * Contexts: the main thread of a process of its own.
 * Locks:    the lock of the state directory, which decides who may.
 */
#ifndef OHTD_MAIN_OFFLINE_H
#define OHTD_MAIN_OFFLINE_H

struct ohtd_config;

/**
 * ohtd_offline_serve() - answer one request
 * @config: says where the database is
 *
 * Reads from standard input "METHOD PATH SOCKET", an end of line, and the body; writes the answer, as
 * the daemon's local socket would, to standard output. SOCKET must be that of @config, else somebody
 * wants another daemon's accounts.
 *
 * Return: 0 if there was an answer, a refusal too; 1 after one line on standard error.
 */
int ohtd_offline_serve(const struct ohtd_config *config);

#endif /* OHTD_MAIN_OFFLINE_H */
