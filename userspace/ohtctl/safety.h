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

#include <stdbool.h>
#include <stdint.h>

struct cli;

#define SAFETY_END_IT	"end it first"

/* What an act leaves in the journal: who did it. */
uint64_t safety_our_tag(void);
/* deadman_ms as oht_dev_control_take(); instead: what to do if another process has the role. */
int safety_take_control(struct cli *cli, uint32_t *deadman_ms, const char *instead);
int safety_reset(struct cli *cli);
/* Only the reset button at the machine resets. */
bool safety_has_button(struct cli *cli);
int safety_enable(struct cli *cli);
int safety_farewell(struct cli *cli);

/* The sentence, or the state as JSON. */
int safety_show_result(struct cli *cli, const char *sentence);

#endif /* OHTCTL_SAFETY_H */
