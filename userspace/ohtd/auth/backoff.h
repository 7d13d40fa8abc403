/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how long a failed login makes the next one wait, per account and address.
 * Contexts: any thread but the control thread.
 * Locks:    its own mutex, for a walk over a small table.
 *
 * Never a hard lock: the wait ends at OHTD_BACKOFF_MAX_S, attempts during it do not prolong it, and
 * another address is not concerned. The stop does not come through here.
 */
#ifndef OHTD_AUTH_BACKOFF_H
#define OHTD_AUTH_BACKOFF_H

#include <stdint.h>

struct ohtd_backoff;

#define OHTD_BACKOFF_FREE	3	/* failures without a wait */
#define OHTD_BACKOFF_MAX_S	30
#define OHTD_BACKOFF_FORGET_S	900	/* after that long without a failure */

struct ohtd_backoff *ohtd_backoff_create(void);
void ohtd_backoff_destroy(struct ohtd_backoff *backoff);

/* Seconds until this account may be tried again from this address; 0: now. @now_ns: CLOCK_BOOTTIME. */
unsigned int ohtd_backoff_wait_s(struct ohtd_backoff *backoff, const char *account,
				 const char *address, uint64_t now_ns);

void ohtd_backoff_failed(struct ohtd_backoff *backoff, const char *account, const char *address,
			 uint64_t now_ns);
void ohtd_backoff_succeeded(struct ohtd_backoff *backoff, const char *account,
			    const char *address);

#endif /* OHTD_AUTH_BACKOFF_H */
