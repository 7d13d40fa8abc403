/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the running daemon: everything is opened, started, and ended in the reverse order.
 * Contexts: main thread.
 * Locks:    none.
 */
#ifndef OHTD_MAIN_DAEMON_H
#define OHTD_MAIN_DAEMON_H

#include <stdbool.h>

struct ohtd_config;

/*
 * Whether a failure because of @error stays until a person mends it: settings, files and data that are wrong. A port
 * that is in use, a disk that fails, memory and descriptors that are missing may be different for the next start.
 */
bool ohtd_is_lasting(int error);

/**
 * ohtd_daemon_run() - run until SIGTERM or SIGINT
 * @config: validated
 * @config_path: read again on SIGHUP
 *
 * Return: the process's exit status; when it is 1, one line has said why.
 */
int ohtd_daemon_run(struct ohtd_config *config, const char *config_path);

#endif /* OHTD_MAIN_DAEMON_H */
