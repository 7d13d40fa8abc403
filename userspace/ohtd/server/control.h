/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the loops tell the control thread about the lease without being asked: that its
 *           holder was heard, and that a session has ended.
 * Contexts: a loop.
 * Locks:    none; auth/live.h for a look at a session.
 */
#ifndef OHTD_SERVER_CONTROL_H
#define OHTD_SERVER_CONTROL_H

#include "auth/principal.h"
#include "robot/snapshot.h"

struct ohtd_loop;

/* A session as the control thread knows it: that of an access token, or the uid of the local socket. */
struct ohtd_holder ohtd_holder_of(const struct ohtd_principal *who);

/* Something was heard of @who: if it is in control, it stays so. */
void ohtd_control_heard(struct ohtd_loop *loop, const struct ohtd_principal *who);

/* A connection over which a jog came is gone. */
void ohtd_control_hung_up(struct ohtd_loop *loop, uint64_t connection);

/* Once in each tick of a loop: control ends with the session of its holder. */
void ohtd_control_tick(struct ohtd_loop *loop);

#endif /* OHTD_SERVER_CONTROL_H */
