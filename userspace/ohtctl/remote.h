/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs as an ohtd does them: the one that --url or --socket names, else the one that is the
 * controller of this machine. As cmd.h.
 *
 * Owns:     nothing.
 * Contexts: the program's one thread; waits for answers.
 * Locks:    none.
 */
#ifndef OHTCTL_REMOTE_H
#define OHTCTL_REMOTE_H

#include <stdint.h>

#include <stdbool.h>

struct cli;

/* Is the controller of the open device an ohtd? Then it does what only the controller may do. */
bool remote_is_controller(struct cli *cli);

#define REMOTE_CALL(name, ...) int remote_##name(struct cli *cli, int count, char **arguments);
#define REMOTE_ACT REMOTE_CALL
#include "remote.def"

/* Not for a stop that comes after the beginning of the call. */
int remote_safety_reset(struct cli *cli, int count, char **arguments);
/* All modules, a line each. */
int remote_modules(struct cli *cli);
/* Unit address of a number or the name of a module. */
int remote_find_unit(struct cli *cli, const char *module, int64_t *unit);
int remote_scan(struct cli *cli, int count, char **arguments);
int remote_read(struct cli *cli, int count, char **arguments);
/* cmd_module.c: as module write, one register by name. */
int remote_write(struct cli *cli, int count, char **arguments);
int remote_events(struct cli *cli, int count, char **arguments);
int remote_journal(struct cli *cli, int count, char **arguments);
int remote_safety_watch(struct cli *cli, int count, char **arguments);
int remote_logs(struct cli *cli, int count, char **arguments);

#endif /* OHTCTL_REMOTE_H */
