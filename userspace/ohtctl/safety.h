/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Acts on the stop that several verbs make. Each returns 0, or an exit code after a complaint.
 *
 * Owns:     nothing.
 * Contexts: the program's one thread, with the device open for writing.
 * Locks:    none.
 */
#ifndef OHTCTL_SAFETY_H
#define OHTCTL_SAFETY_H

#include <stdint.h>

struct cli;

/* deadman_ms as oht_dev_control_take(). */
int safety_take_control(struct cli *cli, uint32_t *deadman_ms);
int safety_reset(struct cli *cli);
int safety_enable(struct cli *cli);
int safety_farewell(struct cli *cli);

/* The sentence, or the state as JSON. */
int safety_show_result(struct cli *cli, const char *sentence);

#endif /* OHTCTL_SAFETY_H */
