/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how many of the places that all clients share each client holds.
 * Contexts: any thread.
 * Locks:    its own mutex, for a look into one chain.
 *
 * A client is an address as ohtd_address_fold() writes it.
 */
#ifndef OHTD_HTTP_SHARES_H
#define OHTD_HTTP_SHARES_H

#include <stdbool.h>

struct ohtd_shares;

enum ohtd_share {
	OHTD_SHARE_OWN,		/* connections */
	OHTD_SHARE_KEPT,	/* connections in places kept for the stop */
	OHTD_SHARE_STRANGER,	/* WebSockets whose client has not logged in */
	OHTD_SHARES,
};

/* NULL: out of memory. */
struct ohtd_shares *ohtd_shares_create(void);
void ohtd_shares_destroy(struct ohtd_shares *shares);

/* Takes one place more. False: @client has @max of them already, or there is no memory. */
bool ohtd_shares_take(struct ohtd_shares *shares, enum ohtd_share kind, const char *client, unsigned int max);

/* Gives back a place that was taken. */
void ohtd_shares_give(struct ohtd_shares *shares, enum ohtd_share kind, const char *client);

#endif /* OHTD_HTTP_SHARES_H */
