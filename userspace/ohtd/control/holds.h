/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the jogs that were refused or ended while the key may still be held.
 * Contexts: control thread only.
 * Locks:    none.
 *
 * A client repeats the request of a jog as long as the key is held: requests of the same session and
 * connection with the same id, with less than 0.5 s between them, are one hold. A jog begins with the
 * first request of a hold. Once a request has been refused, or something else than the holder has
 * ended the jog, all further requests of the hold are refused: what another person does meanwhile
 * (reset, enable, mode, end of control, ...) never sets the robot in motion.
 */
#ifndef OHTD_CONTROL_HOLDS_H
#define OHTD_CONTROL_HOLDS_H

#include <stdbool.h>
#include <stdint.h>

#include "robot/command.h"

struct ohtd_control;

#define OHTD_HOLDS_MAX	16

/**
 * struct ohtd_hold - a hold whose requests are refused
 * @session: of its requests
 * @connection: of its requests
 * @caller_id: of its requests
 * @why: the first refusal, or the end of the jog
 * @until_ns: the end of the hold, put off by each request; 0: the place is free
 */
struct ohtd_hold {
	char session[OHTD_HOLDER_SESSION_BYTES];
	uint64_t connection;
	char caller_id[OHTD_CALLER_ID_BYTES];
	struct ohtd_why_list why;
	uint64_t until_ns;
};

/**
 * struct ohtd_holds - all of them
 * @hold: as many as fit
 * @unknown_until_ns: a request was refused of which no hold could be kept: until then no jog begins
 * @lost: requests of jogs that have found no room on their way to this thread, as counted last
 */
struct ohtd_holds {
	struct ohtd_hold hold[OHTD_HOLDS_MAX];
	uint64_t unknown_until_ns;
	uint32_t lost;
};

/* The jog @command is refused for @why, or has been ended by it: so are the next requests of its hold. */
void ohtd_holds_refuse(struct ohtd_control *control, const struct ohtd_command *command,
		       const struct ohtd_why_list *why);

/**
 * ohtd_holds_forbid() - is the jog @command a further request of a refused hold?
 * @runs: the jog of this hold is under way: its requests keep it going and begin none
 * @why: filled when true is returned
 */
bool ohtd_holds_forbid(struct ohtd_control *control, const struct ohtd_command *command, bool runs,
		       struct ohtd_why_list *why);

/* Once in each cycle: looks for requests that have found no room on their way. */
void ohtd_holds_check(struct ohtd_control *control);

#endif
