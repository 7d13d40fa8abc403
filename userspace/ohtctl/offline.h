/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A request that no ohtd is there to answer: another ohtd does it, on the database itself.
 *
 * Owns:     nothing that outlives a call.
 * Contexts: the program's one thread; waits for the answer.
 * Locks:    none; ohtd takes that of its state directory.
 */
#ifndef OHTCTL_OFFLINE_H
#define OHTCTL_OFFLINE_H

#include <stdbool.h>
#include <stddef.h>

struct http_answer;

#define OFFLINE_DEFAULT_CONFIG	"/etc/oht/ohtd.conf"

struct cli;

/**
 * offline_exchange() - run "ohtd --administer" for one request
 * @cli: where complaints go, the configuration, and the socket that nobody listens at
 * @method: "GET", "POST", ...
 * @path: below /api/v1/
 * @body: JSON, "" for none
 * @answer: takes the status and body that a daemon would have answered
 * @size: of its body, less one byte; the caller has allocated that, zeroed
 *
 * Return: CLI_DONE, or CLI_NO_DEVICE after a complaint.
 */
int offline_exchange(struct cli *cli, const char *method, const char *path, const char *body,
		     struct http_answer *answer, size_t size);

/**
 * offline_restore() - run "ohtd --restore" for a file, while no ohtd runs
 * @cli: where complaints go, and the configuration
 * @file: a backup, or a copy of the database
 * @foreign: another robot's is taken too
 * @history: with the history that is in it
 *
 * Return: CLI_DONE, or CLI_FAILED or CLI_NO_DEVICE after a complaint.
 */
int offline_restore(struct cli *cli, const char *file, bool foreign, bool history);

#endif /* OHTCTL_OFFLINE_H */
