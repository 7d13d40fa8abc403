/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the lease as loops and their connections see it: which of them was heard, and which session
 *           has ended (clients/lease.h).
 * Contexts: a loop.
 * Locks:    none; auth/live.h for a look at a session.
 */
#ifndef OHTD_SERVER_CONTROL_H
#define OHTD_SERVER_CONTROL_H

#include "clients/lease.h"

struct ohtd_loop;

/* Something was heard of @who: if it is in control, it stays so. */
void ohtd_control_heard(struct ohtd_loop *loop, const struct ohtd_principal *who);

/* Once in each tick of a loop: control ends with the session of its holder. */
void ohtd_control_tick(struct ohtd_loop *loop);

#endif /* OHTD_SERVER_CONTROL_H */
