/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     accounts, and the way back to the rescue of the configuration, while no daemon runs: one request of ohtctl, answered from the database itself.
 * Contexts: the main thread of a process of its own.
 * Locks:    the lock of the state directory, which decides who may.
 */
#ifndef OHTD_MAIN_OFFLINE_H
#define OHTD_MAIN_OFFLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

struct ohtd_account_order;
struct ohtd_db;

/**
 * struct ohtd_offline - the database in a process that is no daemon
 * @db: the connection
 * @lock_fd: holds the lock of the state directory; -1: a daemon has it
 * @now_s: wall time when it was opened
 * @uid: of the person
 * @state_dir: where it is
 */
struct ohtd_offline {
	struct ohtd_db *db;
	int lock_fd;
	int64_t now_s;
	unsigned int uid;
	char state_dir[OHTD_PATH_BYTES];
};

/**
 * ohtd_offline_open() - open the database for somebody who administers
 * @offline: out
 * @config: says where it is
 * @join: beside a running daemon, which has the lock, only add to it; false: that is refused
 * @why: out, one line
 * @size: of @why
 *
 * Root becomes the owner of the state directory, for good.
 *
 * Return: 0, or not 0 with @why filled and nothing to close.
 */
int ohtd_offline_open(struct ohtd_offline *offline, const struct ohtd_config *config, bool join,
		      char *why, size_t size);
void ohtd_offline_close(struct ohtd_offline *offline);

/* Does what the order says, its password too, with a record of the audit that calls it @act. 0, -EDOM: @order->password.unfit, or another negative errno. */
int ohtd_offline_account(struct ohtd_offline *offline, struct ohtd_account_order *order, const char *act);

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
