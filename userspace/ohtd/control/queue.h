/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     commands of motion that wait behind the present one, and when the next one begins.
 * Contexts: control thread only. Nothing here allocates, locks or logs.
 * Locks:    none.
 *
 * A stop, a fault, a command that fails and a command that replaces empty the queue; a pause and an
 * obstacle keep it. A command of the queue begins as if it were given at that moment, and is refused
 * for the same reasons; then the commands behind it fail, too.
 */
#ifndef OHTD_CONTROL_QUEUE_H
#define OHTD_CONTROL_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "robot/command.h"
#include "robot/snapshot.h"

struct ohtd_asked;
struct ohtd_control;
struct ohtd_raised;

/* Instead of a link: no loop waits for the answer. */
#define OHTD_LINK_QUEUE	0xff

/**
 * struct ohtd_queue - what waits, the next one first
 * @said: each with its number
 * @count: of @said
 */
struct ohtd_queue {
	struct ohtd_command said[OHTD_QUEUE_MAX];
	uint32_t count;
};

/* Takes a command that is to wait; false: there is nothing to wait for, and nothing was done. */
bool ohtd_queue_take(struct ohtd_control *control, const struct ohtd_asked *asked);
/* CANCEL: one command waits no more. */
void ohtd_queue_cancel(struct ohtd_control *control, const struct ohtd_asked *asked);
/* Begins the next command if its turn has come; false: it has not. */
bool ohtd_queue_advance(struct ohtd_control *control);
/* A command that ohtd_queue_advance() has begun is answered. */
void ohtd_queue_answered(struct ohtd_control *control, const struct ohtd_asked *asked,
			 const struct ohtd_answer *answer);
/* All that waits fails. */
void ohtd_queue_fail(struct ohtd_control *control, const struct ohtd_why *why);
/* An event has been accepted: a stop, and a state without outputs, end all that waits. */
void ohtd_queue_heed(struct ohtd_control *control, const struct ohtd_raised *raised);
/* Once in each cycle: drops what may not begin any more. */
void ohtd_queue_check(struct ohtd_control *control);
bool ohtd_queue_has(const struct ohtd_control *control, uint64_t number);
void ohtd_queue_view(const struct ohtd_control *control, struct ohtd_snapshot *snapshot);

#endif
