/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how many passwords may be guessed: per account and address, per address, and in all.
 * Contexts: any thread but the control thread.
 * Locks:    its own mutex, for a walk over two small tables.
 *
 * Never a hard lock: a wait ends at OHTD_BACKOFF_MAX_S, attempts during a wait do not prolong it,
 * and an address that has not failed is always let in. The stop does not come through here.
 *
 * An attempt is looked at twice: when it comes, and when its turn has come. From then on the attempt
 * counts as failed until it has succeeded, so that a burst gets no more guesses than attempts that
 * come one after the other.
 */
#ifndef OHTD_AUTH_BACKOFF_H
#define OHTD_AUTH_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

struct ohtd_backoff;

#define OHTD_BACKOFF_FREE	3	/* failures of a pair without a wait */
#define OHTD_BACKOFF_MAX_S	30
#define OHTD_BACKOFF_FORGET_S	900	/* after that long without a failure */
/* An address may fail so often at once, and then once in so many seconds. */
#define OHTD_BACKOFF_ADDRESS_FREE	20
#define OHTD_BACKOFF_ADDRESS_S		3
/* The same of all addresses together; beyond, an address that has failed waits for the longest time. */
#define OHTD_BACKOFF_ALL_FREE		60
#define OHTD_BACKOFF_ALL_S		1

/* Pairs of account and address that have logged in. */
#define OHTD_BACKOFF_FAMILIAR	64

enum ohtd_backoff_outcome {
	OHTD_BACKOFF_FAILED,
	OHTD_BACKOFF_SUCCEEDED,
	OHTD_BACKOFF_UNJUDGED,	/* nothing was found out about the password */
};

/* NULL: out of memory. */
struct ohtd_backoff *ohtd_backoff_create(void);
void ohtd_backoff_destroy(struct ohtd_backoff *backoff);

/* Seconds until this account may be tried again from this address; 0: now. @now_ns: CLOCK_BOOTTIME. */
unsigned int ohtd_backoff_wait_s(struct ohtd_backoff *backoff, const char *account,
				 const char *address, uint64_t now_ns);

/* The same when a check begins. 0: the check has begun, and ohtd_backoff_end() must follow. */
unsigned int ohtd_backoff_begin(struct ohtd_backoff *backoff, const char *account,
				const char *address, uint64_t now_ns);

/**
 * ohtd_auth_backoff_is_familiar() - has the account logged in from this address?
 * @backoff: the tables
 * @account: name of the account
 * @address: numeric
 *
 * Of the newest OHTD_BACKOFF_FAMILIAR pairs since the start. A failure of the pair ends it.
 *
 * Return: true: its log-in goes before those of strangers.
 */
bool ohtd_auth_backoff_is_familiar(struct ohtd_backoff *backoff, const char *account, const char *address);

void ohtd_backoff_end(struct ohtd_backoff *backoff, const char *account, const char *address,
		      enum ohtd_backoff_outcome outcome, uint64_t now_ns);

#endif /* OHTD_AUTH_BACKOFF_H */
