/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     tickets: for one connection of a session, where no access token can or should be sent.
 * Contexts: create, destroy: main thread. The rest: any loop.
 * Locks:    its own mutex, for a walk over the table.
 */
#ifndef OHTD_AUTH_TICKET_H
#define OHTD_AUTH_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/principal.h"
#include "base/secret.h"

#define OHTD_TICKET_CHARS	64
#define OHTD_TICKET_LIFE_S	10
/* At a time: of all sessions, and of one, whose oldest makes room. */
#define OHTD_TICKETS_MAX	256
#define OHTD_TICKETS_PER_SESSION	8

/**
 * struct ohtd_ticket_bond - what a ticket is good for only
 * @origin: header Origin, "" without one
 * @address: numeric address of the client
 * @any_page: one that was drawn without a header Origin, by a program, will do for any page
 */
struct ohtd_ticket_bond {
	const char *origin;
	const char *address;
	bool any_page;
};

struct ohtd_tickets;

/* NULL: out of memory. */
struct ohtd_tickets *ohtd_tickets_create(void);
void ohtd_tickets_destroy(struct ohtd_tickets *tickets);

/**
 * ohtd_ticket_draw() - make a ticket
 * @who: with a session
 * @bond: what it is good for
 * @now_boot_ms: CLOCK_BOOTTIME
 * @ticket: out
 *
 * Return: 0; -EAGAIN: there are too many; -EIO: no random numbers.
 */
int ohtd_ticket_draw(struct ohtd_tickets *tickets, const struct ohtd_principal *who,
		     const struct ohtd_ticket_bond *bond, uint64_t now_boot_ms,
		     struct ohtd_secret *ticket);

/*
 * Whose ticket it is: false if it is none, too old, or of another origin or address. Used up in any
 * case. Whether the session still lives is not looked at here.
 */
bool ohtd_ticket_take(struct ohtd_tickets *tickets, const char *ticket,
		      const struct ohtd_ticket_bond *bond, uint64_t now_boot_ms,
		      struct ohtd_principal *who);

#endif /* OHTD_AUTH_TICKET_H */
