/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how many requests of a kind one client may make each second.
 * Contexts: any loop; nothing here waits.
 * Locks:    one mutex for each budget, for a walk over a small table.
 *
 * A client has a bucket of tokens that holds those of OHTD_BUDGET_BURST_S; each request takes one.
 * A client is an account, a key of one, an administrator of this machine, or, without a log-in, an address. When
 * the table has no place left, the client that owes least is forgotten: a flood of new clients
 * gives the table nothing to grow by, and a client that is waited for cannot push itself out.
 *
 * What stops the robot, tells its health, renews a session or is answered from memory has no
 * budget; commands that the store does not keep have the ring of the control thread as their bound, and
 * some of them stop. How many lasting changes an account may make in the long run, the audit says (audit/audit.h).
 */
#ifndef OHTD_HTTP_BUDGET_H
#define OHTD_HTTP_BUDGET_H

#include <stdint.h>

struct ohtd_budgets;
struct ohtd_route;

#define OHTD_BUDGET_BURST_S	10

enum ohtd_budget {
	OHTD_BUDGET_NONE,
	OHTD_BUDGET_LOGINS,
	OHTD_BUDGET_CHANGES,	/* what the store keeps, and all else that is no command */
	OHTD_BUDGET_QUERIES,	/* what is read from the database */
	OHTD_BUDGET_KEYS,	/* all of a key that has a rate of its own, but for what stops the robot */
	OHTD_BUDGETS,
};

/* The budget that a request of this route is counted in. */
enum ohtd_budget ohtd_budget_of(const struct ohtd_route *route);

/* "logins", "changes", "queries"; NULL for OHTD_BUDGET_NONE. */
const char *ohtd_budget_name(enum ohtd_budget budget);

/* NULL when there is no memory. */
struct ohtd_budgets *ohtd_budgets_create(void);
void ohtd_budgets_destroy(struct ohtd_budgets *budgets);

/**
 * ohtd_budget_take() - count a request
 * @budgets: the tables
 * @budget: in which of them
 * @client: names the client
 * @per_s: so many it may make each second at present; 0: as many as it likes
 * @now_ns: CLOCK_BOOTTIME
 *
 * Return: 0, or the seconds after which the client may ask again; such a request is not counted.
 */
unsigned int ohtd_budget_take(struct ohtd_budgets *budgets, enum ohtd_budget budget,
			      const char *client, unsigned int per_s, uint64_t now_ns);

/* How many requests have been refused so far. */
uint64_t ohtd_budget_refused(const struct ohtd_budgets *budgets, enum ohtd_budget budget);

#endif /* OHTD_HTTP_BUDGET_H */
