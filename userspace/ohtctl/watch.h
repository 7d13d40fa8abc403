/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all that goes on until Ctrl-C shares.
 *
 * Owns:     nothing.
 * Contexts: the program's one thread.
 * Locks:    none.
 */
#ifndef OHTCTL_WATCH_H
#define OHTCTL_WATCH_H

#include <stdint.h>

struct cli;

/* Open the device, ask for events (OHT_WANT_*), mind signals; 0 or an exit code. */
int watch_begin(struct cli *cli, unsigned int flags, uint32_t wanted);

/*
 * Show events for so long; negative until interrupted. *left: events still wanted, NULL without
 * end. 0, or an exit code after a complaint.
 */
int watch_events(struct cli *cli, double wait_ms, uint32_t *left);

#endif /* OHTCTL_WATCH_H */
