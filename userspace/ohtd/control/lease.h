/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     who is in control of the robot: at most one session, for as long as it says something.
 * Contexts: control thread only; loops see it in the snapshot and ask by commands.
 * Locks:    none.
 *
 * A session that sends a verb which needs control (verbs.def) while no session has it gets it with that; a
 * command that is refused leaves nothing behind. The lease ends OHTD_LEASE_NS of the boot clock after
 * the newest message of its holder.
 */
#ifndef OHTD_CONTROL_LEASE_H
#define OHTD_CONTROL_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "robot/command.h"
#include "robot/snapshot.h"

struct ohtd_asked;
struct ohtd_control;

#define OHTD_LEASE_NS	(10 * 1000000000ull)

/**
 * struct ohtd_lease - the lease as this thread holds it
 * @view: as it is published
 * @provisional: taken by a command that is under way: if all that it has admitted fail, the lease has never been
 * @number: counts leases, from 1
 * @under_way: commands that it has admitted while it was provisional, and that are not answered yet
 */
struct ohtd_lease {
	struct ohtd_control_view view;
	bool provisional;
	uint32_t number;
	uint32_t under_way;
};

/**
 * ohtd_lease_admit() - may this command be begun, as far as role and control go?
 * @asked: a message of its session, so that it renews the lease of that session
 * @why: filled when false is returned
 */
bool ohtd_lease_admit(struct ohtd_control *control, struct ohtd_asked *asked,
		      struct ohtd_why_list *why);

/* The command is answered: the first that is done makes a provisional lease firm, the last that fails ends it. */
void ohtd_lease_settle(struct ohtd_control *control, const struct ohtd_asked *asked,
		       unsigned int outcome);

/* Requests to the lease itself: kinds OHTD_COMMAND_CONTROL_*. False with @why filled. */
bool ohtd_lease_ask(struct ohtd_control *control, const struct ohtd_command *command,
		    struct ohtd_why_list *why);

/* Once in each cycle: ends what has expired. */
void ohtd_lease_check(struct ohtd_control *control);

/* Is @session the holder's? */
bool ohtd_lease_is_of(const struct ohtd_control_view *view, const struct ohtd_holder *session);

#endif
