/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the threads that hash passwords, and who may wait for them.
 * Contexts: start and stop: main thread. Submit: any thread; never blocks.
 * Locks:    its own mutex around the places, for a walk over a few of them; that of the queue.
 *
 * Nothing else runs on these threads, so no flood of log-ins holds up what does not need a password;
 * they have less of the processor than the loops. Work of a known person (logged in, with the
 * set-up code, or logging in from where the account has logged in before) goes before all other
 * log-ins, has places of its own, and one of the two threads that no other log-in ever has. One address has only a part of the places for log-ins, one
 * account, or such an address, only a part of the others.
 */
#ifndef OHTD_AUTH_CHECKS_H
#define OHTD_AUTH_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/workers.h"

struct ohtd_checks;

#define OHTD_CHECK_PLACES		16	/* for log-ins, with those under way */
#define OHTD_CHECK_PLACES_PER_ADDRESS	8
#define OHTD_CHECK_PLACES_PER_ACCOUNT	4	/* of 16 for works of the known */

/**
 * struct ohtd_check - embedded in what belongs to the work
 * @work: private
 * @checks: private
 * @place: private
 * @known: private
 * @run: called once on a thread of the pool; @dropped: the pool ends, do not work, only say so
 */
struct ohtd_check {
	struct ohtd_work work;
	struct ohtd_checks *checks;
	int place;
	bool known;
	void (*run)(struct ohtd_check *check, bool dropped);
};

/* NULL with errno. */
struct ohtd_checks *ohtd_checks_start(void);

/* Drops what waits and takes no more: a check that waited behind others would hold up the end. NULL is allowed. */
void ohtd_checks_close(struct ohtd_checks *checks);

/* Closes, waits for what is being done, ends the threads; what is submitted then is refused. NULL is allowed. */
void ohtd_checks_stop(struct ohtd_checks *checks);

/* Stopped, and nobody submits any more. NULL is allowed. */
void ohtd_checks_destroy(struct ohtd_checks *checks);

/**
 * ohtd_checks_submit() - have a check made
 * @checks: the pool
 * @check: run must be set
 * @address: who logs in, numeric; all of a /64 of IPv6 count as one
 *
 * Return: 0, -EAGAIN when there is no place, -ESHUTDOWN; then run() is not called.
 */
int ohtd_checks_submit(struct ohtd_checks *checks, struct ohtd_check *check, const char *address);

/* The same for the log-in of an account that has logged in from @address before: among those of the known. */
int ohtd_auth_checks_submit_familiar(struct ohtd_checks *checks, struct ohtd_check *check, const char *address);

/* The same for an account that has logged in, or 0 with the set-up code; -EDQUOT: the account has its part of the places. */
int ohtd_checks_submit_known(struct ohtd_checks *checks, struct ohtd_check *check, uint64_t account);

#endif /* OHTD_AUTH_CHECKS_H */
