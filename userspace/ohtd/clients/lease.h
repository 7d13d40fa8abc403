/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is said to the control thread about the lease without a command of a client: its holder was heard, its session has
 *           ended, or the connection of a jog is gone.
 * Contexts: the loop of the client.
 * Locks:    none.
 */
#ifndef OHTD_CLIENTS_LEASE_H
#define OHTD_CLIENTS_LEASE_H

#include "auth/principal.h"
#include "robot/snapshot.h"

struct ohtd_link;

/* A session as the control thread knows it: that of an access token, or the uid of the local socket. */
struct ohtd_holder ohtd_holder_of(const struct ohtd_principal *who);

/**
 * ohtd_clients_lease_heard() - renew the lease of a client that was heard
 * @link: that of the client's loop
 * @view: the lease as it is published
 * @who: the client; nothing happens unless it has the lease, or the lease is offered to its account
 * @now_ms: CLOCK_MONOTONIC
 * @renewed_ms: of the newest renewal by this loop; updated
 */
void ohtd_clients_lease_heard(struct ohtd_link *link, const struct ohtd_control_view *view, const struct ohtd_principal *who,
			      uint64_t now_ms, uint64_t *renewed_ms);

/* The session of @holder has ended. */
void ohtd_clients_lease_end(struct ohtd_link *link, const struct ohtd_holder *holder);

/* A connection over which a jog came is gone. */
void ohtd_clients_hung_up(struct ohtd_link *link, uint64_t connection);

#endif /* OHTD_CLIENTS_LEASE_H */
