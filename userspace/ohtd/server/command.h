/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     commands to the control thread on their way through a loop, for any kind of client:
 *           a request (call.h) or a WebSocket.
 * Contexts: the loop that posts the command.
 * Locks:    none.
 */
#ifndef OHTD_SERVER_COMMAND_H
#define OHTD_SERVER_COMMAND_H

#include "robot/command.h"

/* The heading of POST robot/commands, which a key must permit for a verb, by whichever way that comes. */
#define OHTD_COMMAND_TAG	"Robot"

struct ohtd_loop;
struct ohtd_principal;

/* What waits for an answer begins with it. @take is called once; the object is then its own again. */
struct ohtd_waiting {
	void (*take)(struct ohtd_waiting *waiting, const struct ohtd_answer *answer);
};

/**
 * ohtd_command_post() - hand a command to the control thread; an order with an id of its client when that is on the disk
 * @who: whose it is
 * @command: id, role and session are filled in, tag too when it is 0
 * @waiting: gets the answer, at the latest shortly after the command's deadline
 *
 * Return: 0, -EACCES: the key of @who does not permit it, or a negative errno of ohtd_link_post(); then nothing will come.
 */
int ohtd_command_post(struct ohtd_loop *loop, const struct ohtd_principal *who,
		      struct ohtd_command *command, struct ohtd_waiting *waiting);

#endif /* OHTD_SERVER_COMMAND_H */
