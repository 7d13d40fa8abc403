/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     one h2o loop's connection to the control thread: rings, eventfd, stopper, progress.
 * Contexts: see robot.h for the loop's side; here the control thread's side.
 * Locks:    none.
 */
#ifndef OHTD_CONTROL_LINK_H
#define OHTD_CONTROL_LINK_H

#include <stdatomic.h>
#include <stdbool.h>

#include "bus/bus.h"
#include "base/clock.h"
#include "base/ring.h"
#include "control/robot.h"

/**
 * struct ohtd_link - members of the loop first, then shared ones
 * @in_flight: posted and not taken; so the ring of answers can never be full
 * @device_seen: @device_epoch when the stopper was opened last
 * @clock: constant
 * @wake_fd: constant; wakes the control thread
 * @answer_fd: constant; wakes the loop
 * @progress: counted up by the loop; 0 not watched yet
 * @jogs_lost: jogs that the loop could not post, as too many commands were in flight
 * @closing: control thread: no more commands
 * @device_epoch: control thread: counts openings and closings of the device
 */
struct ohtd_link {
	uint32_t in_flight;
	uint32_t device_seen;
	struct ohtd_stopper stopper;
	struct ohtd_bus *bus;
	struct ohtd_clock *clock;
	int wake_fd;
	int answer_fd;
	struct ohtd_ring commands;
	struct ohtd_ring answers;
	struct ohtd_command command[OHTD_LINK_COMMANDS];
	struct ohtd_answer answer[OHTD_LINK_COMMANDS];
	_Atomic uint64_t progress;
	_Atomic uint32_t jogs_lost;
	atomic_bool closing;
	_Atomic uint32_t *device_epoch;
};

/* Main thread. 0 or a negative errno. */
int ohtd_link_init(struct ohtd_link *link, struct ohtd_bus *bus, struct ohtd_clock *clock,
		   int wake_fd, _Atomic uint32_t *device_epoch);
void ohtd_link_fini(struct ohtd_link *link);

/* Control thread: the oldest command into @command, or false. */
bool ohtd_link_receive(struct ohtd_link *link, struct ohtd_command *command);

/* Control thread: gives the answer to a command that it has received. */
void ohtd_link_reply(struct ohtd_link *link, const struct ohtd_answer *answer);

/* Control thread: something in the snapshot has changed that the loop wants to know at once. */
void ohtd_link_notify(struct ohtd_link *link);

#endif
